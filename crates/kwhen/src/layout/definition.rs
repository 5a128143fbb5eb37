//! A layout as plain data, as its TOML file has it.

use crate::error::{Error, Result};
use crate::input::PriceRole;
use crate::series::VatBasis;
use crate::time::{Calendar, SlotLength};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the columns of a file are and how they are to be read: plain data, written as TOML.
///
/// ```
/// use kwhen::layout::Layout;
/// let layout = Layout::from_toml(r#"
///     name = "logger"
///     columns = ["stamp", "usage"]
///     end = ["stamp"]
///     clock = "+10:00"
///     [[series]]
///     column = "usage"
///     unit = "wh"
/// "#)?;
/// assert_eq!(layout.series.len(), 1);
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its name, by which it is asked for.
    pub name: String,
    /// What writes such files.
    #[serde(default)]
    pub title: String,
    /// Columns that a file of this layout has; names are compared without case and spaces at their ends. A file is taken for a layout
    /// only if it has them all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Columns that a file of this layout does not have.
    #[serde(default)]
    pub without: Vec<String>,
    /// What a file of this layout says beside its rows (in JSON, the plain fields of the objects around them).
    #[serde(default)]
    pub beside: Vec<Condition>,
    /// What parts the fields; told from the file if not said.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// The decimal mark, `.` or `,`; told from the file if not said.
    #[serde(default)]
    pub decimal: Option<DecimalMark>,
    /// The column of starts, or two: of dates and of times.
    #[serde(default)]
    pub start: Vec<String>,
    /// The column of ends, or two: of dates and of times. With no start, rows are labelled at their end.
    #[serde(default)]
    pub end: Vec<String>,
    /// Whether the day or the month comes first where either may; told from the file if not said.
    #[serde(default)]
    pub date_order: Option<DateOrder>,
    /// The clock of times without a zone; the calendar's if not said.
    #[serde(default)]
    pub clock: Option<LayoutClock>,
    /// How many minutes a row lasts; told from the file if not said.
    #[serde(default)]
    pub slot_minutes: Option<u32>,
    /// Whether rows that are left out between others were of no energy: only where a file holds no reading of zero at all.
    #[serde(default)]
    pub left_out_is_zero: bool,
    /// Whether the days that the rows fill tell if a time is a start or an end, since the files do not say it.
    #[serde(default)]
    pub label_by_days: bool,
    /// How many seconds its times may be off the minute that they mean.
    #[serde(default)]
    pub snap_seconds: u32,
    /// The key under which its rows lie in JSON; any if not said.
    #[serde(default)]
    pub list: Option<String>,
    /// What is taken for granted of such files and is not said by them, for people.
    #[serde(default)]
    pub unsure: Vec<String>,
    /// Columns that say which meter a row is of: a file of several is refused until one is named.
    #[serde(default)]
    pub meter: Vec<String>,
    /// What is read, one for each column of values or each kind of row.
    #[serde(default)]
    pub series: Vec<SeriesColumn>,
}

/// One series of a layout: a column, or those of its rows that meet some conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesColumn {
    /// Its name, by which it is asked for; the column's if not said.
    #[serde(default)]
    pub name: Option<String>,
    /// The column of its values. `*` in a layout of wide days: the columns that are times of day. With a `*` at its end: every column
    /// that begins so, each a series of its own.
    pub column: String,
    /// Other columns whose values are added to it, such as the night register beside that of the day. A row in which one is blank has
    /// no value.
    #[serde(default)]
    pub plus: Vec<String>,
    /// What the values count.
    pub unit: Unit,
    /// Which way the energy goes, where the file says it.
    #[serde(default)]
    pub role: Option<PriceRole>,
    /// Whether VAT is in a price, where the file says it.
    #[serde(default)]
    pub vat: Option<VatBasis>,
    /// Which rows are its own; all if not said.
    #[serde(default)]
    pub rows: Vec<Condition>,
    /// Whether it is taken where several would do.
    #[serde(default)]
    pub preferred: bool,
    /// Whether the values are the readings of a register, of which the difference is the energy.
    #[serde(default)]
    pub register: Option<RegisterAt>,
    /// Whether values below zero are energy and those above zero are not: a column that counts the other way.
    #[serde(default)]
    pub negate: bool,
}

/// A condition on a field of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// What its text is or begins with, without case: one of these.
    pub begins: Vec<String>,
}

/// When in its row a register is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegisterAt {
    /// At the time of the row: what flowed since is the next row's reading less this one's.
    Time,
    /// At the end of the slot that begins at the time of the row: what flowed in it is this row's reading less the one's before.
    End,
}

/// The decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecimalMark {
    /// `0.5`
    #[serde(rename = ".")]
    Point,
    /// `0,5`
    #[serde(rename = ",")]
    Comma,
}

/// Whether the day or the month comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 31/01/2026
    DayFirst,
    /// 01/31/2026
    MonthFirst,
}

/// Whether a row is labelled with its start or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// With its start.
    Start,
    /// With its end.
    End,
}

/// What values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// kWh.
    Kwh,
    /// Wh.
    Wh,
    /// MWh.
    Mwh,
    /// kW, the mean of the row.
    Kw,
    /// W, the mean of the row.
    W,
    /// Cubic metres of gas.
    M3,
    /// Pence (cents) a kWh.
    MinorPerKwh,
    /// Pounds (euros) a kWh.
    MajorPerKwh,
    /// Pounds (euros) a MWh.
    MajorPerMwh,
    /// Pence (cents) a day: a standing charge.
    MinorPerDay,
    /// Pounds (euros) a day: a standing charge.
    MajorPerDay,
    /// What rows cost: no price.
    Cost,
}

/// What a unit is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Reading,
    Rate,
    StandingCharge,
    Cost,
}

impl Unit {
    const NAMES: [(Self, &'static str); 12] = [
        (Self::Kwh, "kwh"),
        (Self::Wh, "wh"),
        (Self::Mwh, "mwh"),
        (Self::Kw, "kw"),
        (Self::W, "w"),
        (Self::M3, "m3"),
        (Self::MinorPerKwh, "minor-per-kwh"),
        (Self::MajorPerKwh, "major-per-kwh"),
        (Self::MajorPerMwh, "major-per-mwh"),
        (Self::MinorPerDay, "minor-per-day"),
        (Self::MajorPerDay, "major-per-day"),
        (Self::Cost, "cost"),
    ];

    /// By its name in a layout, whatever its case.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name.trim()));
        found.map(|(unit, _)| *unit).ok_or_else(|| {
            let known: Vec<&str> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            Error::syntax(format!("not a unit; one of {}", known.join(", "))).with_value(name)
        })
    }

    /// Its name in a layout.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(unit, _)| *unit == self).map_or("", |(_, name)| name)
    }

    pub(super) const fn measure(self) -> Measure {
        match self {
            Self::Kwh | Self::Wh | Self::Mwh | Self::Kw | Self::W | Self::M3 => Measure::Reading,
            Self::MinorPerKwh | Self::MajorPerKwh | Self::MajorPerMwh => Measure::Rate,
            Self::MinorPerDay | Self::MajorPerDay => Measure::StandingCharge,
            Self::Cost => Measure::Cost,
        }
    }

    /// The power of ten between it and kWh (kW), pence a kWh or pence a day.
    pub(super) const fn power_of_ten(self) -> i32 {
        match self {
            Self::Wh | Self::W => -3,
            Self::Mwh => 3,
            Self::MajorPerKwh | Self::MajorPerDay => 2,
            Self::MajorPerMwh => -1,
            Self::Kwh | Self::Kw | Self::M3 | Self::MinorPerKwh | Self::MinorPerDay | Self::Cost => 0,
        }
    }

    /// Whether it is a mean power, of which the row's length makes energy.
    pub(super) const fn is_power(self) -> bool {
        matches!(self, Self::Kw | Self::W)
    }
}

/// The clock of times without a zone: an IANA zone, or one that stands so far from UTC all year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutClock {
    /// The civil time of a place.
    Zone(Calendar),
    /// So many seconds east of UTC, all year.
    Fixed(i32),
}

impl LayoutClock {
    /// From `Europe/London`, `UTC` or `+10:00`.
    pub fn named(text: &str) -> Result<Self> {
        if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
            return Ok(Self::Fixed(0));
        }
        let fixed = || {
            let (sign, digits) = match text.as_bytes() {
                [b'+', ..] => (1, text.get(1..)?),
                [b'-', ..] => (-1, text.get(1..)?),
                _ => return None,
            };
            let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            ((0..24).contains(&hours) && (0..60).contains(&minutes))
                .then_some(Self::Fixed(sign * (hours * 3600 + minutes * 60)))
        };
        if text.starts_with(['+', '-']) {
            return fixed()
                .ok_or_else(|| Error::syntax("not an offset from UTC such as +10:00").with_value(text));
        }
        Calendar::named(text).map(Self::Zone)
    }
}

impl fmt::Display for LayoutClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zone(calendar) => f.write_str(calendar.name()),
            Self::Fixed(0) => f.write_str("UTC"),
            Self::Fixed(offset) => {
                let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
                write!(f, "{sign}{:02}:{:02}", size / 3600, size / 60 % 60)
            }
        }
    }
}

impl Serialize for LayoutClock {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LayoutClock {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::named(&text).map_err(serde::de::Error::custom)
    }
}

impl Layout {
    /// From the text of its TOML file; an error for a key that is not known and for a layout that says nothing of time or values.
    pub fn from_toml(text: &str) -> Result<Self> {
        let layout: Self = toml::from_str(text).map_err(|error| {
            let (message, place) = (error.message().to_owned(), error.span());
            let line =
                place.and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
            let error = Error::syntax(format!("is not a layout: {message}"));
            match line {
                Some(line) => error.in_field(format!("line {line}")),
                None => error,
            }
        })?;
        layout.check()?;
        Ok(layout)
    }

    /// Its TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// What it is called in messages.
    pub(super) fn title_or_name(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    fn check(&self) -> Result<()> {
        if self.start.is_empty() && self.end.is_empty() {
            return Err(
                Error::missing("says neither start nor end: which column is the time?").in_field("start")
            );
        }
        if self.start.len() > 2 || self.end.len() > 2 {
            return Err(Error::syntax("a time is in one column, or in two: date and time").in_field("start"));
        }
        if self.series.is_empty() {
            return Err(Error::missing("has no [[series]]: which column is read?").in_field("series"));
        }
        if let Some(minutes) = self.slot_minutes {
            SlotLength::from_minutes(minutes).map_err(|error| error.in_field("slot_minutes"))?;
        }
        Ok(())
    }
}
