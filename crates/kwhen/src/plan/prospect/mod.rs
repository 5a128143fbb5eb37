//! A plan for what is not known yet: expected values over the ways in which slots may turn out, what the plan would have cost in each of
//! them, and what knowing would be worth.

mod insurance;
mod plan;
mod solve;
#[cfg(test)]
mod tests;

pub use insurance::Insurance;
pub use plan::{ExpectedPlan, ExpectedRun, ExpectedSlot, ScenarioCost};

use crate::error::{Error, Result};
use crate::plan::battery::Site;
use crate::plan::forecast::{Forecasts, History, Known, Outcome, PastDays, STATES, SlotForecast, mean};
use crate::quantity::{Energy, UnitRate};
use crate::time::{Calendar, instant_text};
use chrono::{DateTime, Utc};

/// One way in which all slots may turn out together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How many days ago it began, where it is of the past.
    pub days_back: Option<usize>,
    /// How much it counts beside the others.
    pub weight: u64,
    /// One a slot.
    pub slots: Vec<SlotForecast>,
    /// The state of the sky after each slot; empty where there is one only.
    states: Vec<usize>,
}

impl Scenario {
    /// A scenario of load, sun and rates.
    #[must_use]
    pub const fn new(weight: u64, slots: Vec<SlotForecast>) -> Self {
        Self { days_back: None, weight, slots, states: Vec::new() }
    }
}

/// What is known at a moment, and how what is not known may turn out.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// From now on; of its load, sun and unpublished rates nothing is used.
    site: Site,
    outcomes: Vec<Vec<Outcome>>,
    /// Which of the ways of a slot the plan goes by; all, if not said.
    days: Option<PastDays>,
    scenarios: Vec<Scenario>,
    states: usize,
    alike: u32,
    /// The state of the sky now.
    sky: usize,
    /// How many slots' rates are known.
    known_rates: usize,
}

/// The most scenarios and the most slots together: what is kept of them stays below about 100 MB.
const MOST_OUTCOMES: usize = 1_000_000;

impl Prospect {
    /// What lies before a site from `now` to its end, by its own past: load and sun from now on, and rates from `rates_until` on, are not
    /// looked at.
    ///
    /// A slot that has begun is planned whole. Errors: `now` is not within the site, there is no past day to go by, or the site does not
    /// begin and end with a slot.
    pub fn of_past(
        site: &Site,
        now: DateTime<Utc>,
        rates_until: DateTime<Utc>,
        calendar: &Calendar,
        days: PastDays,
        forecasts: &Forecasts,
    ) -> Result<Self> {
        if site.is_cut() {
            return Err(Error::misaligned(
                "a plan for what is not known begins and ends with a slot: give times that do",
            ));
        }
        let grid = site.grid();
        let first = grid.index_of(now).ok_or_else(|| {
            Error::out_of_range(format!("now is not within the site's {}", site.span()))
                .with_value(instant_text(now))
        })?;
        let count = grid.len();
        let until = grid.first_start_from(rates_until.timestamp()).clamp(first, count);
        // What is not known is not there.
        let mut seen = site.clone();
        for series in [&mut seen.load, &mut seen.solar] {
            series.iter_mut().skip(first).for_each(|value| *value = 0);
        }
        for series in [&mut seen.import, &mut seen.export] {
            series.iter_mut().skip(until).for_each(|value| *value = 0);
        }
        forecasts.expect_slots(count - first)?;
        if count.saturating_sub(first).saturating_mul(days.days()) > MOST_OUTCOMES {
            return Err(Error::out_of_range(format!(
                "{} slots and {} past days are more than are looked at together: plan fewer days ahead, or look at fewer back",
                count - first,
                days.days()
            )));
        }
        let history = History::new(&seen, calendar);
        let known = Known { site: &seen, now: first, rates_until: until, slots_a_day: history.slots_a_day() };
        let mut outcomes = Vec::with_capacity(count - first);
        for slot in first..count {
            let mut of_slot = Vec::new();
            days.outcomes(&history, &known, slot, &mut of_slot);
            if of_slot.is_empty() {
                return Err(Error::missing(format!(
                    "there is no past day to go by for {}: load and sun are needed from a whole day before {} on at least",
                    instant_text(seen.span_of(slot).from()),
                    instant_text(now)
                )));
            }
            if let Some((import, export)) = known.rates(slot) {
                for outcome in &mut of_slot {
                    (outcome.slot.import, outcome.slot.export) = (import, export);
                }
            }
            forecasts.apply(slot - first, slot >= known.rates_until(), &mut of_slot);
            outcomes.push(of_slot);
        }
        let scenarios = (1..=days.days()).filter_map(|back| scenario(&outcomes, back)).collect();
        Ok(Self {
            site: seen.part(first..count)?,
            outcomes,
            days: Some(days),
            scenarios,
            states: STATES,
            alike: days.times_alike(),
            sky: history.state_after(first.saturating_sub(1)),
            known_rates: until - first,
        })
    }

    /// What lies before a site in scenarios: its own load, sun and rates are not looked at.
    ///
    /// Errors: there is no scenario, one does not have a value for every slot, or their weights come to nothing.
    pub fn of_scenarios(site: &Site, scenarios: Vec<Scenario>) -> Result<Self> {
        let count = site.grid().len();
        if site.is_cut() {
            return Err(Error::misaligned("scenarios are for whole slots: give times at which slots begin"));
        }
        if scenarios.is_empty() || scenarios.iter().all(|scenario| scenario.weight == 0) {
            return Err(Error::missing(
                "there is no scenario that counts: give one at least a weight above 0",
            ));
        }
        if scenarios.len().saturating_mul(count) > MOST_OUTCOMES {
            return Err(Error::out_of_range(format!(
                "{} scenarios of {count} slots are more than are looked at together",
                scenarios.len()
            )));
        }
        let mut outcomes = vec![Vec::with_capacity(scenarios.len()); count];
        for (number, scenario) in (1_u64..).zip(&scenarios) {
            if scenario.slots.len() != count {
                return Err(Error::misaligned(format!(
                    "a scenario has {} slots where {count} are planned",
                    scenario.slots.len()
                ))
                .in_row(number)
                .in_field("scenarios"));
            }
            let weight = u32::try_from(scenario.weight).ok().filter(|weight| *weight <= MOST_WEIGHT);
            let weight = weight.ok_or_else(|| {
                Error::out_of_range(format!("a scenario's weight is a whole number up to {MOST_WEIGHT}"))
                    .in_row(number)
                    .in_field("weight")
                    .with_value(scenario.weight.to_string())
            })?;
            for (outcomes, slot) in outcomes.iter_mut().zip(&scenario.slots) {
                if slot.load.is_negative() || slot.solar.is_negative() {
                    return Err(Error::out_of_range("load and sun may not be below zero")
                        .in_row(number)
                        .in_field("scenarios")
                        .with_value(slot.load.min(slot.solar).to_string()));
                }
                outcomes.push(Outcome { slot: *slot, weight, before: 0, after: 0, days_back: 0 });
            }
        }
        Ok(Self {
            site: site.clone(),
            outcomes,
            days: None,
            scenarios,
            states: 1,
            alike: 1,
            sky: 0,
            known_rates: 0,
        })
    }

    /// The slots that are planned, with the rates that are known and no load and sun.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// How the slots may turn out together.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// How many slots from the first on have known rates.
    #[must_use]
    pub const fn known_rates(&self) -> usize {
        self.known_rates
    }

    /// The ways in which a slot may turn out.
    #[must_use]
    pub fn outcomes(&self, slot: usize) -> &[Outcome] {
        self.outcomes.get(slot).map_or(&[], Vec::as_slice)
    }

    /// The planned site with each slot at the weighted mean of its ways: load and sun to a watt-hour, rates that are not known to 10⁻⁴ p/kWh,
    /// rounded half to even; known rates as they are. An error where a mean is beyond what a site takes.
    pub fn mean_site(&self) -> Result<Site> {
        let means = self.outcomes.iter().enumerate().map(|(slot, ways)| {
            let mut mean = mean(ways);
            if slot < self.known_rates
                && let Some(way) = ways.first()
            {
                (mean.import, mean.export) = (way.slot.import, way.slot.export);
            }
            mean
        });
        self.site_as(&means.collect::<Vec<_>>())
    }

    /// The planned site with the load, sun and rates of one way.
    fn site_as(&self, slots: &[SlotForecast]) -> Result<Site> {
        let rates = |pick: fn(&SlotForecast) -> UnitRate| slots.iter().map(pick).collect::<Vec<_>>();
        let energies = |pick: fn(&SlotForecast) -> Energy| slots.iter().map(pick).collect::<Vec<_>>();
        let mut site = self.site.clone();
        site.import = rates(|slot| slot.import).iter().map(|rate| rate.units()).collect();
        site.export(&rates(|slot| slot.export))?
            .load(&energies(|slot| slot.load))?
            .solar(&energies(|slot| slot.solar))
    }
}

/// The most that one scenario may count.
const MOST_WEIGHT: u32 = 1_000_000;

/// How the slots turn out together as they did so many days before, where that is known; as on the latest day that is, where it is not.
fn scenario(outcomes: &[Vec<Outcome>], back: usize) -> Option<Scenario> {
    let mut scenario = Scenario { days_back: Some(back), weight: 0, slots: Vec::new(), states: Vec::new() };
    for of_slot in outcomes {
        let latest = of_slot.first()?.days_back;
        let outcome = of_slot.iter().find(|outcome| outcome.days_back == back.max(latest))?;
        scenario.weight += u64::from(outcome.weight);
        scenario.slots.push(outcome.slot);
        scenario.states.push(outcome.after);
    }
    Some(scenario)
}
