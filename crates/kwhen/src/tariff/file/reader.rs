//! How the texts of a definition are read: instants, dated prices, bands by time of day.

use crate::error::{Error, Result};
use crate::names::hint;
use crate::quantity::UnitRate;
use crate::series::{PriceRow, Prices, RateSeries, VatBasis};
use crate::tariff::{Clock, DayClasses, MonthsOfYear, Schedule, ScheduleBand, UnitRates, Weekdays};
use crate::time::{Calendar, Span};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClockName {
    #[default]
    Local,
    Utc,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BandDefinition {
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) from: String,
    pub(super) to: String,
    #[serde(default)]
    pub(super) days: Vec<String>,
    #[serde(default)]
    pub(super) months: Vec<u32>,
    pub(super) rate: UnitRate,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatedPrice<T> {
    #[serde(default)]
    pub(super) from: Option<String>,
    #[serde(default)]
    pub(super) to: Option<String>,
    pub(super) price: T,
}

/// Unit rates that hold for a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeriodDefinition {
    #[serde(default)]
    pub(super) from: Option<String>,
    #[serde(default)]
    pub(super) to: Option<String>,
    #[serde(default)]
    pub(super) clock: Option<ClockName>,
    #[serde(default)]
    pub(super) unit_rate: Option<UnitRate>,
    #[serde(default)]
    pub(super) bands: Vec<BandDefinition>,
}

/// How the texts of a definition are read.
pub(super) struct Reader {
    pub(super) calendar: Calendar,
    pub(super) basis: VatBasis,
    pub(super) classes: DayClasses,
}

impl Reader {
    pub(super) fn instant(&self, text: Option<&str>, field: &str) -> Result<Option<DateTime<Utc>>> {
        text.map(|text| self.calendar.parse(text).map_err(|error| error.in_field(field))).transpose()
    }

    pub(super) fn span(&self, from: Option<&str>, to: Option<&str>) -> Result<Span> {
        let open = Span::always();
        let from = self.instant(from, "from")?.unwrap_or(open.from());
        Span::new(from, self.instant(to, "to")?.unwrap_or(open.to())).map_err(|error| error.in_field("to"))
    }

    pub(super) fn rows<T: Copy>(&self, prices: &[DatedPrice<T>]) -> Result<Vec<PriceRow<T>>> {
        let row = |(place, dated): (usize, &DatedPrice<T>)| {
            let row = place as u64 + 1;
            let numbered = |error: Error| error.in_row(row);
            Ok(PriceRow {
                row,
                valid_from: self.instant(dated.from.as_deref(), "from").map_err(numbered)?,
                valid_to: self.instant(dated.to.as_deref(), "to").map_err(numbered)?,
                prices: Prices::only(self.basis, dated.price),
                payment_method: None,
            })
        };
        prices.iter().enumerate().map(row).collect()
    }

    pub(super) fn rates(
        &self,
        unit_rate: Option<UnitRate>,
        bands: &[BandDefinition],
        clock: ClockName,
    ) -> Result<UnitRates> {
        match (unit_rate, bands.is_empty()) {
            (Some(rate), true) => Ok(UnitRates::Series(RateSeries::flat(Prices::only(self.basis, rate)))),
            (None, false) => {
                let clock = self.clock(clock);
                let bands = bands.iter().enumerate().map(|(place, band)| {
                    self.band(place, band).map_err(|error| error.in_row(place as u64 + 1))
                });
                Ok(UnitRates::Schedule(Schedule::with_classes(
                    clock,
                    bands.collect::<Result<_>>()?,
                    &self.classes,
                )?))
            }
            (None, true) => Err(Error::missing("has no unit rates: give unit_rate or bands")),
            (Some(_), false) => Err(Error::conflict("gives both unit_rate and bands")),
        }
    }

    /// Unit rates that hold for a time each.
    pub(super) fn periods(&self, periods: &[PeriodDefinition], clock: ClockName) -> Result<UnitRates> {
        let mut parts: Vec<(Span, UnitRates)> = Vec::new();
        for (place, period) in periods.iter().enumerate() {
            let numbered = |error: Error| error.in_row(place as u64 + 1);
            let span = self.span(period.from.as_deref(), period.to.as_deref()).map_err(numbered)?;
            let rates = self.rates(period.unit_rate, &period.bands, period.clock.unwrap_or(clock));
            parts.push((span, rates.map_err(numbered)?));
        }
        parts.sort_by_key(|(span, _)| *span);
        for (earlier, later) in parts.iter().zip(parts.iter().skip(1)) {
            if earlier.0.intersection(later.0).is_some() {
                return Err(Error::overlap(format!(
                    "two periods of the tariff overlap: {} and {}",
                    earlier.0, later.0
                )));
            }
        }
        Ok(UnitRates::Dated(parts))
    }

    /// The clock of a name.
    pub(super) const fn clock(&self, name: ClockName) -> Clock {
        match name {
            ClockName::Local => Clock::Local(self.calendar),
            ClockName::Utc => Clock::Utc,
        }
    }

    /// Weekdays and classes of days by their names; all weekdays where there are none.
    fn days(&self, names: &[String]) -> Result<Weekdays> {
        const DAYS: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        if names.is_empty() {
            return Ok(Weekdays::ALL);
        }
        let mut days = Weekdays::NONE;
        for name in names {
            let day = match (name.parse::<Weekday>(), self.classes.place(name)) {
                (_, Some(class)) => Weekdays::class(class),
                (Ok(day), None) => Weekdays::of([day]),
                (Err(_), None) => {
                    let hint = hint(name, DAYS.into_iter().chain(self.classes.names()));
                    return Err(Error::syntax(format!(
                        "not a weekday such as monday, nor a class of days such as holiday whose dates are given (holidays, or dates under day_classes){hint}"
                    ))
                    .with_value(name)
                    .in_field("days"));
                }
            };
            days = days.or(day);
        }
        Ok(days)
    }

    pub(super) fn band(&self, place: usize, band: &BandDefinition) -> Result<ScheduleBand> {
        let weekdays = self.days(&band.days)?;
        let months = if band.months.is_empty() {
            MonthsOfYear::ALL
        } else {
            MonthsOfYear::of(band.months.iter().copied()).map_err(|error| error.in_field("months"))?
        };
        Ok(ScheduleBand {
            name: band.name.clone().unwrap_or_else(|| format!("band {}", place + 1)),
            from: time_of_day(&band.from).map_err(|error| error.in_field("from"))?,
            to: time_of_day(&band.to).map_err(|error| error.in_field("to"))?,
            weekdays,
            months,
            prices: Prices::only(self.basis, band.rate),
        })
    }
}

/// Dates, and runs of dates as `2026-12-24..2026-12-26`, both in.
pub(super) fn dates(texts: &[String]) -> Result<Vec<NaiveDate>> {
    /// No class has more dates than this.
    const MOST: usize = 50_000;
    let date = |text: &str| {
        text.trim().parse::<NaiveDate>().map_err(|_| {
            Error::syntax("not a date such as 2026-12-25, nor dates such as 2026-12-24..2026-12-26")
                .with_value(text)
        })
    };
    let mut dates = Vec::new();
    for text in texts {
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (date(from)?, date(to)?),
            None => (date(text)?, date(text)?),
        };
        if from > to {
            return Err(Error::order("ends before it begins").with_value(text));
        }
        dates.extend(from.iter_days().take_while(|date| *date <= to).take(MOST));
        if dates.len() > MOST {
            return Err(Error::unsupported("there are at most 50,000 dates in a class").with_value(text));
        }
    }
    Ok(dates)
}

pub(super) fn time_of_day(text: &str) -> Result<NaiveTime> {
    match text {
        "24:00" => Ok(NaiveTime::MIN),
        text => NaiveTime::parse_from_str(text, "%H:%M")
            .map_err(|_| Error::syntax("not a time of day such as 00:30").with_value(text)),
    }
}
