//! A whole tariff: unit rates of any kind, standing charges, taxes, and the file that defines it.

use super::clock::Clock;
use super::{Customer, Direction, DispatchPrices, Fuel, Levy, Schedule, ScheduleBand, TariffCode, VatTable};
use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::series::{Notice, Prices, RateInterval, RateRow, RateSeries, StandingCharges};
use crate::time::{Span, from_seconds};
use chrono::NaiveTime;
use std::collections::BTreeSet;

/// A tariff.
#[derive(Clone, Debug)]
pub struct Tariff {
    /// Its code, or any other name.
    pub code: String,
    /// What it delivers.
    pub fuel: Fuel,
    /// Which way.
    pub direction: Direction,
    /// To whom.
    pub customer: Customer,
    /// p/kWh over time.
    pub unit_rates: UnitRates,
    /// Pence a day over time, if there are any.
    pub standing_charges: Option<StandingCharges>,
    /// Levies per kWh, before VAT.
    pub levies: Vec<Levy>,
    /// What a dispatched half-hour costs, where the tariff has such.
    pub dispatch_prices: Option<DispatchPrices>,
}

/// Unit rates in p/kWh.
#[derive(Clone, Debug)]
pub enum UnitRates {
    /// Known interval by interval: half-hourly, daily, or flat for all time.
    Series(RateSeries),
    /// By time of day. Two or three registers are a schedule too: the band in force says which register counts.
    Schedule(Schedule),
    /// Different ones over time: sorted and disjoint.
    Dated(Vec<(Span, UnitRates)>),
}

/// When the night register of a two-register meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightHours {
    /// Whose times of day these are.
    pub clock: Clock,
    /// When the night begins.
    pub from: NaiveTime,
    /// When it ends.
    pub to: NaiveTime,
}

impl Default for NightHours {
    /// 00:30 to 07:30 UTC all year: a smart meter's Economy 7. Older meters have other hours, by region and by the meter itself.
    fn default() -> Self {
        let time = |hour| NaiveTime::from_hms_opt(hour, 30, 0).unwrap_or(NaiveTime::MIN);
        Self { clock: Clock::Utc, from: time(0), to: time(7) }
    }
}

impl UnitRates {
    /// The rates of a day and a night register as a schedule of bands `night` and `day`, one for each stretch in which neither price
    /// changes. Half-hourly readings are then split by the hours of the night, and registers of these names billed as they were read.
    ///
    /// Where only one of the two is known there is no rate. An error where there is no such stretch at all, and for a night of no length.
    pub fn day_and_night(day: &RateSeries, night: &RateSeries, hours: NightHours) -> Result<Self> {
        let NightHours { clock, from, to } = hours;
        let intervals = day.intervals().chain(night.intervals());
        let edges: BTreeSet<i64> = intervals
            .flat_map(|interval| [interval.span.start_seconds(), interval.span.to_seconds()])
            .collect();
        let mut parts = Vec::new();
        for (start, end) in edges.iter().zip(edges.iter().skip(1)) {
            let at = from_seconds(*start);
            let (Some(day), Some(night)) = (day.at(at), night.at(at)) else { continue };
            let bands = vec![
                ScheduleBand::daily("night", from, to, night),
                ScheduleBand::daily("day", to, from, day),
            ];
            parts.push((Span::from_seconds(*start, *end), Self::Schedule(Schedule::new(clock, bands)?)));
        }
        if parts.is_empty() {
            return Err(Error::missing("day and night rates have no time in common"));
        }
        Ok(Self::Dated(parts))
    }

    /// The rates over a span, as a series.
    pub fn series(&self, span: Span) -> Result<RateSeries> {
        match self {
            Self::Series(series) => Ok(series.clone()),
            Self::Schedule(schedule) => schedule.rate_series(span),
            Self::Dated(parts) => {
                let mut rows = Vec::new();
                for (part, rates) in parts {
                    let Some(part) = part.intersection(span) else { continue };
                    rows.extend(rates.series(part)?.intervals().filter_map(|interval| row(interval, part)));
                }
                if rows.is_empty() {
                    return Err(
                        Error::missing("the tariff has no unit rates then").with_value(span.to_string())
                    );
                }
                RateSeries::from_rows(rows, None)
            }
        }
    }

    /// Every band of every schedule in it, in order.
    #[must_use]
    pub fn bands(&self) -> Vec<&ScheduleBand> {
        match self {
            Self::Series(_) => Vec::new(),
            Self::Schedule(schedule) => schedule.bands().iter().collect(),
            Self::Dated(parts) => parts.iter().flat_map(|(_, rates)| rates.bands()).collect(),
        }
    }

    /// Adds so much to every rate: a business's uplift. An error beyond the range.
    pub fn uplifted(self, uplift: UnitRate) -> Result<Self> {
        let add = |rate: UnitRate| {
            rate.checked_add(uplift)
                .ok_or_else(|| Error::out_of_range("an uplifted rate is beyond the range of p/kWh"))
        };
        let raise = |prices: Prices<UnitRate>| match prices {
            Prices::Exclusive(rate) => Ok(Prices::Exclusive(add(rate)?)),
            // What is known with VAT cannot be raised by an amount without VAT unless the VAT rate is known.
            Prices::Both { exc_vat, .. } => Ok(Prices::Exclusive(add(exc_vat)?)),
            Prices::Inclusive(_) => {
                Err(Error::unsupported("an uplift without VAT needs unit rates without VAT"))
            }
        };
        Ok(match self {
            Self::Series(series) => {
                let whole = series.span();
                let rows = series.intervals().filter_map(|interval| row(interval, whole));
                let rows = rows.map(|row| Ok(RateRow { prices: raise(row.prices)?, ..row }));
                Self::Series(RateSeries::from_rows(rows.collect::<Result<Vec<_>>>()?, None)?)
            }
            Self::Schedule(schedule) => {
                let bands = schedule.bands().iter().cloned();
                let bands = bands.map(|band| Ok(ScheduleBand { prices: raise(band.prices)?, ..band }));
                Self::Schedule(Schedule::new(schedule.clock(), bands.collect::<Result<_>>()?)?)
            }
            Self::Dated(parts) => {
                let parts = parts.into_iter().map(|(span, rates)| Ok((span, rates.uplifted(uplift)?)));
                Self::Dated(parts.collect::<Result<_>>()?)
            }
        })
    }
}

fn row(interval: RateInterval, within: Span) -> Option<RateRow> {
    let span = interval.span.intersection(within)?;
    Some(RateRow {
        row: 0,
        valid_from: Some(span.from()),
        valid_to: Some(span.to()),
        prices: interval.prices,
        payment_method: None,
    })
}

impl Tariff {
    /// A tariff from a series of rates: of gas where its code is one of gas, and of electricity otherwise; of export where its code
    /// says so, and of import otherwise; for a home, unless its code or the VAT of its prices shows a business ([`Tariff::sold_to`]).
    /// A dispatched half-hour costs the lower of the day's two rates.
    #[must_use]
    pub fn from_series(
        code: impl Into<String>,
        rates: RateSeries,
        standing_charges: Option<StandingCharges>,
    ) -> Self {
        let code = code.into();
        let parsed: Option<TariffCode> = code.parse().ok();
        let tariff = Self {
            fuel: parsed.as_ref().and_then(TariffCode::fuel).unwrap_or(Fuel::Electricity),
            direction: Direction::of_code(&code).unwrap_or(Direction::Import),
            code,
            customer: Customer::Domestic,
            unit_rates: UnitRates::Series(rates),
            standing_charges,
            levies: Vec::new(),
            dispatch_prices: Some(DispatchPrices::LowerOfDay),
        };
        tariff.sold_to(None)
    }

    /// The code taken apart, where it is one.
    #[must_use]
    pub fn tariff_code(&self) -> Option<TariffCode> {
        self.code.parse().ok()
    }

    /// VAT on it by date.
    #[must_use]
    pub fn vat(&self) -> VatTable {
        VatTable::great_britain(self.fuel, self.customer, self.direction)
    }

    /// What was noticed when its unit rates and standing charges were read, and of their VAT, as far as it concerns a span.
    #[must_use]
    pub fn notices(&self, span: Span) -> Vec<Notice> {
        let rates = match &self.unit_rates {
            UnitRates::Series(series) => series.notices(),
            UnitRates::Schedule(_) | UnitRates::Dated(_) => &[],
        };
        let standing = self.standing_charges.as_ref().map_or(&[][..], StandingCharges::notices);
        rates
            .iter()
            .chain(standing)
            .filter(|notice| notice.concerns(span))
            .copied()
            .chain(self.tax_notice(span))
            .collect()
    }

    /// The unit rates over a span, dispatched half-hours laid over them. An error where there are dispatches in it and the tariff has
    /// no price for them.
    pub fn rate_series(&self, span: Span, dispatches: &[Span]) -> Result<RateSeries> {
        let series = self.unit_rates.series(span)?;
        if dispatches.iter().all(|dispatch| dispatch.intersection(span).is_none()) {
            return Ok(series);
        }
        let prices = self.dispatch_prices.ok_or_else(|| {
            Error::missing("the tariff has no price for dispatched half-hours").with_value(&self.code)
        })?;
        prices.lay(&series, dispatches, span).map_err(|error| error.with_value(&self.code))
    }

    /// The clock that its times of day go by; `None` for rates that are known interval by interval.
    #[must_use]
    pub fn clock(&self) -> Option<Clock> {
        match &self.unit_rates {
            UnitRates::Series(_) => None,
            UnitRates::Schedule(schedule) => Some(schedule.clock()),
            UnitRates::Dated(parts) => parts.iter().find_map(|(_, rates)| match rates {
                UnitRates::Schedule(schedule) => Some(schedule.clock()),
                UnitRates::Series(_) | UnitRates::Dated(_) => None,
            }),
        }
    }
}
