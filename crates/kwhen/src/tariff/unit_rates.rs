//! Unit rates of any kind: known interval by interval, by time of day, or different ones over time.

use super::clock::Clock;
use super::{Schedule, ScheduleBand};
use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::series::{Prices, RateInterval, RateRow, RateSeries};
use crate::time::{Span, from_seconds};
use chrono::NaiveTime;
use std::collections::BTreeSet;

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

    /// The same where the two lists take turns, as some products publish them: each rate then holds when its row says. Where they have
    /// times in common the hours of the night decide.
    pub fn by_turns_or_hours(day: &RateSeries, night: &RateSeries, hours: NightHours) -> Result<Self> {
        let overlap = day
            .intervals()
            .any(|one| night.intervals().any(|other| one.span.intersection(other.span).is_some()));
        if overlap {
            return Self::day_and_night(day, night, hours);
        }
        let rows = |series: &RateSeries| {
            series.intervals().filter_map(|one| row(one, Span::always())).collect::<Vec<_>>()
        };
        let mut all = rows(day);
        all.extend(rows(night));
        all.sort_by_key(|row| row.valid_from);
        Ok(Self::Series(RateSeries::from_rows(all, None)?))
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
                Self::Schedule(schedule.repriced(bands.collect::<Result<_>>()?)?)
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
