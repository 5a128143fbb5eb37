//! What a series of rates looks like: quantiles, daily spread, cheap and dear times of day, spikes.

use super::SlotPrices;
use crate::error::Result;
use crate::quantity::{Rounding, UnitRate, divide};
use crate::time::{Calendar, LocalBand, PeriodKind, Span};
use chrono::{NaiveTime, Timelike as _};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A rate and the slot that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RateAt {
    /// The slot; the first of equals.
    #[serde(flatten)]
    pub span: Span,
    /// Its rate.
    pub minor_per_kwh: UnitRate,
}

/// The spread of a local day: its dearest slot less its cheapest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DailySpread {
    /// Days that have a rate in at least two slots.
    pub days: usize,
    /// The mean of their spreads, rounded half to even at 8 decimals.
    pub mean_minor_per_kwh: UnitRate,
    /// The smallest.
    pub least_minor_per_kwh: UnitRate,
    /// The largest.
    pub most_minor_per_kwh: UnitRate,
}

/// The mean rate at a time of day on the local clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimeOfDay {
    /// When the slot starts, on the clock.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: NaiveTime,
    /// The mean over all days, rounded half to even at 8 decimals.
    pub mean_minor_per_kwh: UnitRate,
}

/// What a series of rates looks like. Every rate is one that is paid; slots without one are counted and otherwise left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statistics {
    /// Slots that have a rate.
    pub slots: usize,
    /// Slots that have none.
    pub missing: usize,
    /// Slots below 0.
    pub negative: usize,
    /// The mean, rounded half to even at 8 decimals.
    pub mean_minor_per_kwh: UnitRate,
    /// The cheapest slot.
    pub cheapest: RateAt,
    /// The dearest slot.
    pub dearest: RateAt,
    /// The rates that 5, 25, 50, 75 and 95 % of slots do not pass.
    pub quantiles: Vec<Quantile>,
    /// How far apart a day's rates are; `None` where no day has two.
    pub daily_spread: Option<DailySpread>,
    /// The mean by time of day, in order of the clock.
    pub by_time_of_day: Vec<TimeOfDay>,
    /// The times of day whose mean is in the cheapest quarter.
    #[serde(serialize_with = "as_bands")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub cheap_bands: Vec<LocalBand>,
    /// The times of day whose mean is in the dearest quarter.
    #[serde(serialize_with = "as_bands")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub dear_bands: Vec<LocalBand>,
    /// Runs of slots that are dearer than the 75 % quantile by more than three times what lies between it and the 25 % quantile.
    pub spikes: Vec<Span>,
}

/// A rate that a share of slots does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quantile {
    /// The share in per cent.
    pub percent: u32,
    /// The rate: one that a slot has, no mean of two (the nearest rank).
    pub minor_per_kwh: UnitRate,
}

fn as_text<S: Serializer>(time: &NaiveTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.format("%H:%M"))
}

fn as_bands<S: Serializer>(bands: &[LocalBand], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(bands.iter().map(ToString::to_string))
}

impl SlotPrices {
    /// The rate that so many per cent of slots do not pass (the nearest rank); `None` where no slot has a rate.
    #[must_use]
    pub fn quantile(&self, percent: u32) -> Option<UnitRate> {
        nearest_rank(&self.sorted(), percent)
    }

    /// What the rates look like, by days and times of day of a calendar; `None` where no slot has a rate.
    pub fn statistics(&self, calendar: &Calendar) -> Result<Option<Statistics>> {
        let sorted = self.sorted();
        let rates = || self.grid().slots().filter_map(|slot| Some((slot.span, self.paid(slot.index)?)));
        let at = |(span, minor_per_kwh)| RateAt { span, minor_per_kwh };
        let cheapest = rates().min_by_key(|(span, rate)| (*rate, *span)).map(at);
        let dearest = rates().min_by_key(|(span, rate)| (-*rate, *span)).map(at);
        let (Some(cheapest), Some(dearest)) = (cheapest, dearest) else { return Ok(None) };
        let by_time_of_day = self.by_time_of_day(calendar)?;
        let mut means: Vec<UnitRate> = by_time_of_day.iter().map(|time| time.mean_minor_per_kwh).collect();
        means.sort_unstable();
        let (cheap, dear) = (nearest_rank(&means, 25), nearest_rank(&means, 75));
        let slot = self.grid().slot_length().minutes();
        let quantiles = [5, 25, 50, 75, 95]
            .into_iter()
            .filter_map(|percent| Some(Quantile { percent, minor_per_kwh: nearest_rank(&sorted, percent)? }));
        Ok(Some(Statistics {
            slots: sorted.len(),
            missing: self.missing(),
            negative: sorted.iter().filter(|rate| rate.is_negative()).count(),
            mean_minor_per_kwh: mean(sorted.iter().copied())?,
            cheapest,
            dearest,
            quantiles: quantiles.collect(),
            daily_spread: self.daily_spread(calendar)?,
            cheap_bands: bands(&by_time_of_day, slot, |mean| cheap.is_some_and(|cheap| mean <= cheap)),
            dear_bands: bands(&by_time_of_day, slot, |mean| dear.is_some_and(|dear| mean > dear)),
            spikes: self.spikes(&sorted),
            by_time_of_day,
        }))
    }

    fn sorted(&self) -> Vec<UnitRate> {
        let mut rates: Vec<UnitRate> = (0..self.grid().len()).filter_map(|index| self.paid(index)).collect();
        rates.sort_unstable();
        rates
    }

    fn daily_spread(&self, calendar: &Calendar) -> Result<Option<DailySpread>> {
        let Some(span) = self.grid().span() else { return Ok(None) };
        let mut spreads = Vec::new();
        for day in calendar.cut(PeriodKind::Day, span)? {
            let slots = self.grid().slots_starting_in(day.span);
            let rates: Vec<UnitRate> = slots.filter_map(|index| self.paid(index)).collect();
            if let (true, Some(least), Some(most)) = (rates.len() > 1, rates.iter().min(), rates.iter().max())
            {
                spreads.push(UnitRate::from_units(most.units() - least.units())?);
            }
        }
        let (Some(least), Some(most)) = (spreads.iter().min(), spreads.iter().max()) else { return Ok(None) };
        Ok(Some(DailySpread {
            days: spreads.len(),
            mean_minor_per_kwh: mean(spreads.iter().copied())?,
            least_minor_per_kwh: *least,
            most_minor_per_kwh: *most,
        }))
    }

    fn by_time_of_day(&self, calendar: &Calendar) -> Result<Vec<TimeOfDay>> {
        let mut times: BTreeMap<u32, Vec<UnitRate>> = BTreeMap::new();
        for slot in self.grid().slots() {
            if let Some(rate) = self.paid(slot.index) {
                let time = calendar.local(slot.span.from()).num_seconds_from_midnight();
                times.entry(time).or_default().push(rate);
            }
        }
        let mean_at = |(seconds, rates): (&u32, &Vec<UnitRate>)| {
            let from = NaiveTime::from_num_seconds_from_midnight_opt(*seconds, 0).unwrap_or_default();
            Ok(TimeOfDay { from, mean_minor_per_kwh: mean(rates.iter().copied())? })
        };
        times.iter().map(mean_at).collect()
    }

    fn spikes(&self, sorted: &[UnitRate]) -> Vec<Span> {
        let (Some(low), Some(high)) = (nearest_rank(sorted, 25), nearest_rank(sorted, 75)) else {
            return Vec::new();
        };
        let above = i128::from(high.units()) + 3 * i128::from(high.units() - low.units());
        let mut spikes: Vec<Span> = Vec::new();
        for slot in self.grid().slots() {
            if self.paid(slot.index).is_none_or(|rate| i128::from(rate.units()) <= above) {
                continue;
            }
            match spikes.last_mut() {
                Some(last) if last.to_seconds() == slot.span.start_seconds() => {
                    *last = Span::from_seconds(last.start_seconds(), slot.span.to_seconds());
                }
                _ => spikes.push(slot.span),
            }
        }
        spikes
    }
}

/// The smallest of sorted rates that so many per cent of them do not pass.
fn nearest_rank(sorted: &[UnitRate], percent: u32) -> Option<UnitRate> {
    let rank = (sorted.len() * percent.min(100) as usize).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The mean, rounded half to even; nothing of none.
pub(in crate::plan) fn mean(rates: impl Iterator<Item = UnitRate>) -> Result<UnitRate> {
    let (mut count, mut sum) = (0_i128, 0_i128);
    for rate in rates {
        count += 1;
        sum += i128::from(rate.units());
    }
    let mean = if count == 0 { 0 } else { divide(sum, count, Rounding::HalfEven) };
    Ok(UnitRate::from_units(i64::try_from(mean).unwrap_or(0))?)
}

/// Runs of times of day that are in, over midnight where they meet there.
fn bands(times: &[TimeOfDay], slot_minutes: u32, is_in: impl Fn(UnitRate) -> bool) -> Vec<LocalBand> {
    let length = chrono::TimeDelta::minutes(i64::from(slot_minutes));
    let mut bands: Vec<LocalBand> = Vec::new();
    for time in times.iter().filter(|time| is_in(time.mean_minor_per_kwh)) {
        let to = time.from.overflowing_add_signed(length).0;
        match bands.last_mut() {
            Some(last) if last.to == time.from => last.to = to,
            _ => bands.push(LocalBand { from: time.from, to }),
        }
    }
    // The last one may go on after midnight.
    if let [first, .., last] = bands.as_mut_slice()
        && last.to == first.from
    {
        first.from = last.from;
        bands.pop();
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Grid, SlotLength, parse_instant};

    fn rate(text: &str) -> UnitRate {
        text.parse().unwrap()
    }

    /// Two winter days by the hour: cheap from 23:00 to 05:00, dear from 16:00 to 19:00, one spike, one gap, one rate below 0.
    fn two_days() -> SlotPrices {
        let start = parse_instant("2026-01-01T00:00:00Z").unwrap();
        let grid = Grid::new(start, SlotLength::HOUR, 48).unwrap();
        let rates = (0..48).map(|hour| match (hour, hour % 24) {
            (3, _) => Some(rate("-2")),
            (10, _) => None,
            (41, _) => Some(rate("95")),
            (_, 0..5 | 23) => Some(rate("10")),
            (_, 16..19) => Some(rate("30")),
            _ => Some(rate("20")),
        });
        SlotPrices::new(grid, rates).unwrap()
    }

    #[test]
    fn the_figures_are_those_worked_by_hand() {
        let found = two_days().statistics(&Calendar::great_britain()).unwrap().unwrap();
        assert_eq!((found.slots, found.missing, found.negative), (47, 1, 1));
        // 11 at 10, 29 at 20, 5 at 30, one at -2, one at 95: 110 + 580 + 150 - 2 + 95 = 933 over 47.
        assert_eq!(found.mean_minor_per_kwh, rate("19.85106383"));
        assert_eq!((found.cheapest.minor_per_kwh, found.dearest.minor_per_kwh), (rate("-2"), rate("95")));
        let quantiles: Vec<String> =
            found.quantiles.iter().map(|quantile| quantile.minor_per_kwh.to_string()).collect();
        assert_eq!(quantiles, ["10", "10", "20", "20", "30"]);
        let spread = found.daily_spread.unwrap();
        assert_eq!(
            (spread.days, spread.least_minor_per_kwh, spread.most_minor_per_kwh),
            (2, rate("32"), rate("85"))
        );
        assert_eq!(spread.mean_minor_per_kwh, rate("58.5"));
        assert_eq!(found.cheap_bands, ["23:00..05:00".parse().unwrap()]);
        assert_eq!(found.dear_bands, ["16:00..19:00".parse().unwrap()]);
        assert_eq!(
            found.spikes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["2026-01-02T17:00:00Z to 2026-01-02T18:00:00Z"]
        );
    }

    #[test]
    fn quantiles_are_rates_that_slots_have() {
        let prices = two_days();
        assert_eq!((prices.quantile(0), prices.quantile(100)), (Some(rate("-2")), Some(rate("95"))));
        assert_eq!(prices.quantile(2), Some(rate("-2")));
        let none = SlotPrices::new(*prices.grid(), (0..48).map(|_| None)).unwrap();
        assert_eq!((none.quantile(50), none.statistics(&Calendar::great_britain()).unwrap()), (None, None));
    }
}
