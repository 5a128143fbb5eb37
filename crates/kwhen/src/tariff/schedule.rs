//! Prices by time of day, weekday and month.

use super::classes::DayClasses;
use super::clock::{Clock, DayOfClock};
use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::series::{Prices, RateRow, RateSeries};
use crate::time::{DAY_SECONDS, Span, from_seconds};
use chrono::{DateTime, Datelike, NaiveTime, Timelike, Utc, Weekday};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

mod by_day;

const DAY_MINUTES: u32 = 24 * 60;
const WEEKDAY_NAMES: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTH_NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A set of weekdays, and of classes of days such as holidays ([`DayClasses`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays(u64);

/// A set of months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MonthsOfYear(u16);

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);
    /// Monday to Friday.
    pub const WORKING: Self = Self(0b001_1111);
    /// Saturday and Sunday.
    pub const WEEKEND: Self = Self(0b110_0000);

    /// Those of a list.
    #[must_use]
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Self {
        Self(days.into_iter().fold(0, |set, day| set | 1 << day.num_days_from_monday()))
    }

    /// None of them, to be joined to others.
    pub const NONE: Self = Self(0);

    /// The class of days at this place of [`DayClasses`].
    #[must_use]
    pub const fn class(place: usize) -> Self {
        Self(if place < DayClasses::MOST { 1 << (7 + place) } else { 0 })
    }

    /// Those of either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The days of a set that are in this one, by their place: weekdays from 0 (Monday), classes from 7 on.
    const fn has(self, kind: usize) -> bool {
        kind < 64 && self.0 >> kind & 1 == 1
    }
}

impl MonthsOfYear {
    /// All twelve.
    pub const ALL: Self = Self(0b1111_1111_1111);

    /// Those of a list, 1 to 12; an error for any other number.
    pub fn of(months: impl IntoIterator<Item = u32>) -> Result<Self> {
        let mut set = 0;
        for month in months {
            if !(1..=12).contains(&month) {
                return Err(Error::out_of_range("a month is 1 to 12").with_value(month.to_string()));
            }
            set |= 1 << (month - 1);
        }
        Ok(Self(set))
    }

    const fn has(self, month: usize) -> bool {
        self.0 >> month & 1 == 1
    }
}

/// A price and the times at which the clock must stand for it to hold.
///
/// A band that crosses midnight holds at both ends of each of its days: 23:30 to 05:30 on Mondays is Monday 00:00 to 05:30 and
/// Monday 23:30 to 24:00. Equal ends mean the whole day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleBand {
    /// Its name: `off-peak`, `night`.
    pub name: String,
    /// When it opens: a whole minute.
    pub from: NaiveTime,
    /// When it closes: a whole minute; midnight is the end of the day.
    pub to: NaiveTime,
    /// On which days.
    pub weekdays: Weekdays,
    /// In which months.
    pub months: MonthsOfYear,
    /// p/kWh.
    pub prices: Prices<UnitRate>,
}

impl ScheduleBand {
    /// A band of every day of the year.
    #[must_use]
    pub fn daily(name: impl Into<String>, from: NaiveTime, to: NaiveTime, prices: Prices<UnitRate>) -> Self {
        Self { name: name.into(), from, to, weekdays: Weekdays::ALL, months: MonthsOfYear::ALL, prices }
    }
}

/// A stretch of the day of the clock, in minutes, and the band that holds in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DayPart {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) band: usize,
}

/// Prices by the time that a clock shows. At any instant the band holds in which the clock then stands: in the hour that the clock
/// shows twice it holds twice, in the hour that it skips not at all.
///
/// ```
/// use kwhen::series::Prices;
/// use kwhen::tariff::{Clock, Schedule, ScheduleBand};
/// use kwhen::time::Calendar;
/// let time = |text| chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
/// let go = Schedule::new(Clock::great_britain(), vec![
///     ScheduleBand::daily("night", time("00:30"), time("05:30"), Prices::Exclusive("8.0953".parse()?)),
///     ScheduleBand::daily("day", time("05:30"), time("00:30"), Prices::Exclusive("25.6".parse()?)),
/// ])?;
/// let spring = Calendar::great_britain().day("2026-03-29".parse().unwrap())?;
/// let night: i64 = go.pieces(spring).iter().filter(|piece| piece.band == 0).map(|piece| piece.span.seconds()).sum();
/// assert_eq!(night, 4 * 3600); // the clock skips 01:00 to 02:00
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    clock: Clock,
    bands: Vec<ScheduleBand>,
    tables: Vec<Vec<DayPart>>,
    /// The table of each month and weekday.
    table_of: [[u8; 7]; 12],
    /// Days that are of a class, where bands are for such, or days that do not begin at midnight.
    special: Option<Arc<Special>>,
}

/// Which dates are of a class, and the table of each class and month.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Special {
    classes: DayClasses,
    table_of: Vec<[u8; 12]>,
}

/// A stretch of time in which one band of a schedule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulePiece {
    /// When.
    pub span: Span,
    /// The place of the band among the schedule's.
    pub band: usize,
}

impl Schedule {
    /// Builds a schedule; an error unless the bands cover every minute of every kind of day exactly once.
    pub fn new(clock: Clock, bands: Vec<ScheduleBand>) -> Result<Self> {
        Self::with_classes(clock, bands, &DayClasses::default())
    }

    /// The same with classes of days. A date of a class for which there are bands goes by them, whatever weekday it is.
    pub fn with_classes(clock: Clock, bands: Vec<ScheduleBand>, classes: &DayClasses) -> Result<Self> {
        for band in &bands {
            if [band.from, band.to].iter().any(|time| time.second() != 0 || time.nanosecond() != 0) {
                return Err(Error::misaligned("a band must begin and end on a whole minute")
                    .with_value(band.to_string()));
            }
        }
        let mut tables: Vec<Vec<DayPart>> = Vec::new();
        let mut table_of = [[0_u8; 7]; 12];
        for (month, row) in table_of.iter_mut().enumerate() {
            for (weekday, place) in row.iter_mut().enumerate() {
                let table = day_table(&bands, month, weekday, classes)?;
                *place = place_of(&mut tables, table);
            }
        }
        let classes = classes.used(|class| bands.iter().any(|band| band.weekdays.has(7 + class)));
        let mut special = Special { classes, table_of: Vec::new() };
        for class in 0..special.classes.names.len() {
            let mut of_months = [u8::MAX; 12];
            for (month, place) in of_months.iter_mut().enumerate() {
                if bands.iter().any(|band| band.weekdays.has(7 + class)) {
                    *place = place_of(&mut tables, day_table(&bands, month, 7 + class, &special.classes)?);
                }
            }
            special.table_of.push(of_months);
        }
        let is_special = !special.classes.dates.is_empty() || special.classes.starts != 0;
        Ok(Self { clock, bands, tables, table_of, special: is_special.then(|| Arc::new(special)) })
    }

    /// The same, where a last band with these prices holds wherever no other does. An error where two bands hold at once.
    pub(crate) fn filled(
        clock: Clock,
        bands: Vec<ScheduleBand>,
        rest: Prices<UnitRate>,
        classes: &DayClasses,
    ) -> Result<Self> {
        let is_edge = |band: &ScheduleBand| [band.from, band.to];
        let mut edges: Vec<NaiveTime> = bands.iter().flat_map(is_edge).chain([NaiveTime::MIN]).collect();
        edges.sort_unstable();
        edges.dedup();
        let minute = |time: NaiveTime| time.num_seconds_from_midnight() / 60;
        let kinds = 7 + classes.names.len();
        let mut all = bands.clone();
        for (place, from) in edges.iter().enumerate() {
            let to = edges.get(place + 1).copied().unwrap_or(NaiveTime::MIN);
            // Where no band holds from this edge to the next: by month, the kinds of days.
            for month in 0..12 {
                let mut free = Weekdays::NONE;
                for kind in 0..kinds {
                    let in_use = kind < 7 || bands.iter().any(|band| band.weekdays.has(kind));
                    let held = bands.iter().any(|band| {
                        let (opens, closes, at) = (minute(band.from), minute(band.to), minute(*from));
                        let inside = if opens < closes {
                            (opens..closes).contains(&at)
                        } else {
                            at >= opens || at < closes
                        };
                        inside && band.weekdays.has(kind) && band.months.has(month)
                    });
                    if in_use && !held {
                        free = free.or(Weekdays(1 << kind));
                    }
                }
                if free != Weekdays::NONE {
                    let months = MonthsOfYear(1 << month);
                    all.push(ScheduleBand {
                        name: "other".into(),
                        from: *from,
                        to,
                        weekdays: free,
                        months,
                        prices: rest,
                    });
                }
            }
        }
        Self::with_classes(clock, all, classes)
    }

    /// The same with other prices of its bands, in order.
    pub fn repriced(&self, bands: Vec<ScheduleBand>) -> Result<Self> {
        let classes = self.special.as_ref().map(|special| special.classes.clone()).unwrap_or_default();
        Self::with_classes(self.clock, bands, &classes)
    }

    /// Whether some dates are of a class, or days begin at another time than midnight: weekday and month do not say it all.
    pub(crate) const fn is_special(&self) -> bool {
        self.special.is_some()
    }

    /// An error where a span reaches beyond the years for which the dates of a class are given.
    pub(crate) fn check(&self, span: Span) -> Result<()> {
        let Some(special) = &self.special else { return Ok(()) };
        let year = |seconds: i64| {
            from_seconds(seconds + self.clock.offset_at(from_seconds(seconds))).date_naive().year()
        };
        special.classes.check(year(span.start_seconds()), year(span.to_seconds() - 1))
    }

    /// The parts of a day of the clock, in order.
    fn parts_on(&self, day: DayOfClock) -> Cow<'_, [DayPart]> {
        let Some(special) = &self.special else {
            return Cow::Borrowed(self.day_parts(day.month, day.weekday));
        };
        let of = |day: DayOfClock| {
            let class = special.classes.dates.get(&day.number);
            let place =
                class.and_then(|class| special.table_of.get(usize::from(*class))?.get(day.month).copied());
            match place.filter(|place| *place != u8::MAX) {
                Some(place) => self.tables.get(usize::from(place)).map_or(&[][..], Vec::as_slice),
                None => self.day_parts(day.month, day.weekday),
            }
        };
        let starts = special.classes.starts;
        if starts == 0 {
            return Cow::Borrowed(of(day));
        }
        let cut = |parts: &[DayPart], from: u32, to: u32| -> Vec<DayPart> {
            let parts =
                parts.iter().map(|part| DayPart { from: part.from.max(from), to: part.to.min(to), ..*part });
            parts.filter(|part| part.from < part.to).collect()
        };
        let mut parts = cut(of(DayOfClock::of_seconds((day.number - 1) * DAY_SECONDS)), 0, starts);
        parts.extend(cut(of(day), starts, DAY_MINUTES));
        Cow::Owned(parts)
    }

    /// The clock that its times are told by.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Its bands, as given.
    #[must_use]
    pub fn bands(&self) -> &[ScheduleBand] {
        &self.bands
    }

    /// The parts of a day of the clock (month 0 to 11, weekday 0 to 6), in order.
    pub(crate) fn day_parts(&self, month: usize, weekday: usize) -> &[DayPart] {
        let place = self.table_of.get(month).and_then(|row| row.get(weekday)).copied().unwrap_or(0);
        self.tables.get(usize::from(place)).map_or(&[], Vec::as_slice)
    }

    /// The band in force at an instant.
    #[must_use]
    pub fn band_at(&self, instant: DateTime<Utc>) -> usize {
        let local = instant.timestamp() + self.clock.offset_at(instant);
        let day = DayOfClock::of_seconds(local);
        let minute = u32::try_from(local.rem_euclid(DAY_SECONDS) / 60).unwrap_or(0);
        let parts = self.parts_on(day);
        parts.iter().find(|part| (part.from..part.to).contains(&minute)).map_or(0, |part| part.band)
    }

    /// The bands in force over a span, in order, without a break. The zone is looked at once a day, not once a slot.
    #[must_use]
    pub fn pieces(&self, span: Span) -> Vec<SchedulePiece> {
        let mut pieces: Vec<SchedulePiece> = Vec::new();
        for stretch in self.clock.stretches(span) {
            let mut day = DayOfClock::of_seconds(stretch.from + stretch.offset);
            loop {
                let midnight = day.number * DAY_SECONDS - stretch.offset;
                if midnight >= stretch.to {
                    break;
                }
                for part in self.parts_on(day).iter() {
                    let from = (midnight + i64::from(part.from) * 60).max(stretch.from);
                    let to = (midnight + i64::from(part.to) * 60).min(stretch.to);
                    if from >= to {
                        continue;
                    }
                    match pieces.last_mut() {
                        Some(last) if last.band == part.band => {
                            last.span = Span::from_seconds(last.span.start_seconds(), to);
                        }
                        _ => {
                            pieces
                                .push(SchedulePiece { span: Span::from_seconds(from, to), band: part.band });
                        }
                    }
                }
                day = day.next();
            }
        }
        pieces
    }

    /// The unit rates over a span. An error where it reaches beyond the dates of a class of days.
    pub fn rate_series(&self, span: Span) -> Result<RateSeries> {
        self.check(span)?;
        RateSeries::from_rows(self.rate_rows(span), None)
    }

    pub(crate) fn rate_rows(&self, span: Span) -> Vec<RateRow> {
        let row = |(place, piece): (usize, SchedulePiece)| {
            let prices = self.bands.get(piece.band)?.prices;
            Some(RateRow {
                row: place as u64 + 1,
                valid_from: Some(from_seconds(piece.span.start_seconds())),
                valid_to: Some(from_seconds(piece.span.to_seconds())),
                prices,
                payment_method: None,
            })
        };
        self.pieces(span).into_iter().enumerate().filter_map(row).collect()
    }
}

/// The place of a table among all, where it is added if it is new. There are at most 84 for weekdays and months, and 12 a class.
fn place_of(tables: &mut Vec<Vec<DayPart>>, table: Vec<DayPart>) -> u8 {
    let known = tables.iter().position(|known| *known == table);
    let index = known.unwrap_or(tables.len());
    if known.is_none() {
        tables.push(table);
    }
    u8::try_from(index).unwrap_or(u8::MAX)
}

/// The parts of one kind of day; an error that names a minute which no band or more than one band holds.
fn day_table(
    bands: &[ScheduleBand],
    month: usize,
    weekday: usize,
    classes: &DayClasses,
) -> Result<Vec<DayPart>> {
    let minute = |time: NaiveTime| time.num_seconds_from_midnight() / 60;
    let mut parts = Vec::new();
    for (place, band) in bands.iter().enumerate() {
        if !band.weekdays.has(weekday) || !band.months.has(month) {
            continue;
        }
        let (from, to) = (minute(band.from), minute(band.to));
        let mut push = |from, to| {
            if from < to {
                parts.push(DayPart { from, to, band: place });
            }
        };
        if from < to {
            push(from, to);
        } else {
            push(0, to);
            push(from, DAY_MINUTES);
        }
    }
    parts.sort_by_key(|part| (part.from, part.to));
    let day = || {
        let class = weekday.checked_sub(7).and_then(|class| classes.names.get(class));
        let kind = WEEKDAY_NAMES
            .get(weekday)
            .map(|name| format!("{name}s"))
            .or(class.map(|name| format!("days of the class {name}")));
        kind.zip(MONTH_NAMES.get(month))
            .map_or_else(String::new, |(kind, month)| format!("{kind} in {month}"))
    };
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let name = |part: &DayPart| bands.get(part.band).map_or_else(String::new, ToString::to_string);
    let mut reached = 0;
    let mut last: Option<DayPart> = None;
    for part in &parts {
        if part.from > reached {
            return Err(Error::missing(format!(
                "the schedule leaves a gap: no band holds from {} to {} on {}",
                clock(reached),
                clock(part.from),
                day()
            )));
        }
        if let Some(last) = last.filter(|_| part.from < reached) {
            return Err(Error::overlap(format!(
                "two bands hold at {} on {}: {} and {}",
                clock(part.from),
                day(),
                name(&last),
                name(part)
            )));
        }
        reached = part.to;
        last = Some(*part);
    }
    if reached < DAY_MINUTES {
        return Err(Error::missing(format!(
            "the schedule leaves a gap: no band holds from {} to 24:00 on {}",
            clock(reached),
            day()
        )));
    }
    let mut joined: Vec<DayPart> = Vec::with_capacity(parts.len());
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.band == part.band => last.to = part.to,
            _ => joined.push(part),
        }
    }
    Ok(joined)
}

impl fmt::Display for ScheduleBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to =
            if self.to == NaiveTime::MIN { "24:00".to_owned() } else { self.to.format("%H:%M").to_string() };
        write!(f, "{} ({} to {to}, {})", self.name, self.from.format("%H:%M"), self.prices)
    }
}

#[cfg(test)]
mod tests;
