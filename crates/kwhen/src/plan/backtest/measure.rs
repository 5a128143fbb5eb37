//! How good forecasts of load, sun and unpublished rates were, each made with what was known then.

use super::Backtest;
use crate::error::Result;
use crate::plan::forecast::{
    Forecast, Known, Outcome, PastDays, Persistence, SameWeekday, SlotForecast, mean,
};
use crate::quantity::{Rounding, divide};
use chrono::Timelike;

/// What is forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecasted {
    /// Load, in kWh a slot.
    Load,
    /// Solar generation, in kWh a slot.
    Solar,
    /// Import rates that were not published, in p/kWh.
    Rates,
}

impl Forecasted {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Load, Self::Solar, Self::Rates];

    fn of(self, slot: &SlotForecast) -> i64 {
        match self {
            Self::Load => slot.load.units(),
            Self::Solar => slot.solar.units(),
            Self::Rates => slot.import.units(),
        }
    }
}

/// How good a forecast was over some slots. Errors are in 10⁻⁸ kWh or 10⁻⁸ p/kWh, rounded half to even.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// How many slots were forecast; one is forecast anew with each plan.
    pub slots: usize,
    /// The mean of how far off it was.
    pub mean_absolute_error: i64,
    /// The mean pinball loss at 10, 50 and 90 hundredths; of one value alone all three are it.
    pub pinball_loss: i64,
    /// Of 100,000 slots, how many lay between the 10th and the 90th hundredth, both included; `None` for one value alone.
    pub coverage: Option<i64>,
}

/// How good a forecast was, in all and by local hour of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What was forecast.
    pub what: Forecasted,
    /// By whom: yesterday, last week, mean of days, past days.
    pub name: &'static str,
    /// Over all slots.
    pub all: Quality,
    /// By the hour of the local day.
    pub by_hour: [Quality; 24],
}

/// Sums over slots.
#[derive(Clone, Copy, Default)]
struct Sums {
    slots: i128,
    errors: i128,
    /// Ten times the pinball losses at three hundredths.
    losses: i128,
    within: i128,
}

impl Sums {
    /// Counts a slot that turned out as `actual`.
    fn count(&mut self, expected: i64, quantiles: [i64; 3], actual: i64) {
        let off = |value: i64| i128::from(actual) - i128::from(value);
        self.slots += 1;
        self.errors += off(expected).abs();
        for (value, tenths) in quantiles.into_iter().zip([1, 5, 9]) {
            let off = off(value);
            self.losses += if off >= 0 { off * tenths } else { -off * (10 - tenths) };
        }
        let [low, _, high] = quantiles;
        self.within += i128::from((low..=high).contains(&actual));
    }

    fn quality(self, spread: bool) -> Quality {
        let over = |sum: i128, times: i128| {
            let mean = divide(sum, (self.slots * times).max(1), Rounding::HalfEven);
            i64::try_from(mean).unwrap_or(i64::MAX)
        };
        Quality {
            slots: usize::try_from(self.slots).unwrap_or(0),
            mean_absolute_error: over(self.errors, 1),
            pinball_loss: over(self.losses, 30),
            coverage: (spread && self.slots > 0).then(|| over(self.within * 100_000, 1)),
        }
    }
}

/// The names of what is measured, in their order; the last two go by past days.
const NAMES: [&str; 4] = ["yesterday", "last week", "mean of days", "past days"];

impl Backtest<'_> {
    /// How good the forecasts were that could be made whenever plans are made, each with what was known then: of load and sun for the 24
    /// hours after it, of import rates for the first 24 hours that were not published. Plans of the first day have nothing to go by and are
    /// left out.
    pub fn measured(&self, days: PastDays) -> Result<Vec<Measured>> {
        let (site, history) = (self.seen, self.history());
        let past = site.grid().len() - self.site.grid().len();
        let slots_a_day = history.slots_a_day();
        let mut sums = vec![[Sums::default(); 25]; NAMES.len() * Forecasted::ALL.len()];
        let mut outcomes: Vec<Outcome> = Vec::new();
        let moments = self.moments()?.into_iter().map(|(now, until)| (past + now, past + until));
        for (now, rates_until) in moments.filter(|(now, _)| *now >= slots_a_day) {
            let known = Known { site, now, rates_until, slots_a_day };
            let energies = now..now + slots_a_day;
            let rates = rates_until..rates_until + slots_a_day;
            let apart = rates.start.max(energies.end)..rates.end;
            for slot in energies.clone().chain(apart).filter(|slot| *slot < site.grid().len()) {
                days.outcomes(&history, &known, slot, &mut outcomes);
                if outcomes.is_empty() {
                    continue;
                }
                let hour = self.calendar.local(site.span_of(slot).from()).hour() as usize % 24;
                let single =
                    [Persistence.forecast(&known, slot), SameWeekday.forecast(&known, slot), mean(&outcomes)];
                for (place, what) in Forecasted::ALL.into_iter().enumerate() {
                    let wanted = if what == Forecasted::Rates { &rates } else { &energies };
                    if !wanted.contains(&slot) {
                        continue;
                    }
                    let actual = match what {
                        Forecasted::Load => site.load_units(slot),
                        Forecasted::Solar => site.solar_units(slot),
                        Forecasted::Rates => site.import_units(slot),
                    };
                    let ones = single.iter().map(|slot| (what.of(slot), [what.of(slot); 3]));
                    let quantiles = quantiles(&outcomes, what);
                    let [_, median, _] = quantiles;
                    for (name, (expected, quantiles)) in ones.chain([(median, quantiles)]).enumerate() {
                        let Some(of) = sums.get_mut(place * NAMES.len() + name) else { continue };
                        if let Some(all) = of.get_mut(24) {
                            all.count(expected, quantiles, actual);
                        }
                        if let Some(own) = of.get_mut(hour) {
                            own.count(expected, quantiles, actual);
                        }
                    }
                }
            }
        }
        let rows = Forecasted::ALL.into_iter().flat_map(|what| NAMES.map(|name| (what, name))).zip(sums);
        let rows = rows.map(|((what, name), sums)| {
            let spread = name == "past days";
            let mut by_hour = [Quality::default(); 24];
            for (hour, sums) in by_hour.iter_mut().zip(&sums) {
                *hour = sums.quality(spread);
            }
            let all = sums.get(24).copied().unwrap_or_default().quality(spread);
            Measured { what, name, all, by_hour }
        });
        Ok(rows.filter(|row| row.all.slots > 0).collect())
    }
}

/// The values below which a slot's ways stay in 10, 50 and 90 of a hundred, by weight.
fn quantiles(outcomes: &[Outcome], what: Forecasted) -> [i64; 3] {
    let mut order: Vec<(i64, i128)> =
        outcomes.iter().map(|way| (what.of(&way.slot), i128::from(way.weight))).collect();
    order.sort_unstable();
    let total: i128 = order.iter().map(|(_, weight)| weight).sum();
    [10, 50, 90].map(|percent| {
        let mut below = 0;
        let found = order.iter().find(|(_, weight)| {
            below += weight;
            below * 100 >= total * percent
        });
        found.map_or(0, |(value, _)| *value)
    })
}
