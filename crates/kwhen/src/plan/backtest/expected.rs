//! The rolling plan on expected values.

use super::run::{Planner, part};
use crate::plan::battery::Lattice;
use crate::plan::battery::engine::{Chance, Expected, Model, Outlook, Piece, Slope};
use crate::plan::forecast::{History, Known, MIXED, Outcome, PastDays, STATES};
use crate::quantity::Money;
use std::ops::Range;

/// How far a step may be off for the sake of fewer pieces: a hundredth of a penny.
const TOLERANCE: i128 = 10_i128.pow(Money::SCALE - 2);

/// Plans on past days, followed by their expected values in the state that each slot leads to.
pub(super) struct OnPastDays<'a, S> {
    model: &'a Model<S>,
    lattice: &'a Lattice,
    days: &'a PastDays,
    history: &'a History,
    buffers: (Vec<Piece<S>>, Vec<Piece<S>>),
}

impl<'a, S> OnPastDays<'a, S> {
    pub(super) fn new(
        model: &'a Model<S>,
        lattice: &'a Lattice,
        days: &'a PastDays,
        history: &'a History,
    ) -> Self {
        Self { model, lattice, days, history, buffers: (Vec::new(), Vec::new()) }
    }
}

impl<S: Slope> Planner<S> for OnPastDays<'_, S> {
    type Plan = Expected<S>;

    fn plan(
        &self,
        known: &Known<'_>,
        places: Range<usize>,
        level: i64,
        allowed: &[(i64, i64)],
    ) -> Option<Expected<S>> {
        window(self.model, self.lattice, (known, self.days, self.history), places, level, allowed)
    }

    fn drawn(
        &mut self,
        plan: &Expected<S>,
        (index, slot): (usize, usize),
        level: i64,
        change: &[Piece<S>],
    ) -> Option<i64> {
        let (next, acted) = &mut self.buffers;
        plan.drawn_under(index, self.history.state_after(slot), level, change, (next, acted))
    }

    fn bound(plan: &Expected<S>) -> (i128, usize) {
        (plan.bound, plan.left_out)
    }
}

/// The expected values of some slots from now on.
fn window<S: Slope>(
    model: &Model<S>,
    lattice: &Lattice,
    (known, days, history): (&Known<'_>, &PastDays, &History),
    places: Range<usize>,
    level: i64,
    allowed: &[(i64, i64)],
) -> Option<Expected<S>> {
    let actual = model.slots.get(places.clone())?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut chances = Vec::with_capacity(actual.len());
    for (slot, index) in actual.iter().zip(known.now()..) {
        days.outcomes(history, known, index, &mut outcomes);
        days.keep_counted(&mut outcomes, known.rates(index));
        if outcomes.is_empty() {
            // Before the first day is over nothing is known of load and sun: they are taken for none, as by every forecast.
            let (import, export) = known.rates_like(index, 0);
            let slot = crate::plan::forecast::SlotForecast { import, export, ..Default::default() };
            outcomes.push(Outcome { slot, weight: 1, before: MIXED, after: MIXED, days_back: 0 });
        }
        let standby = slot.load - lattice.grid_units(known.site.load_units(index));
        let ways = outcomes.iter().map(|outcome| {
            let mut slot = *slot;
            slot.load = lattice.grid_units(outcome.slot.load.units().max(0)).saturating_add(standby);
            slot.solar = lattice.bus_units(outcome.slot.solar.units().max(0));
            if index >= known.rates_until() {
                let carbon = known.site.carbon_units(index);
                slot.import = lattice.price(outcome.slot.import.units().saturating_add(carbon))?;
                slot.export = lattice.price(outcome.slot.export.units())?;
            }
            Some(Chance { slot, weight: outcome.weight, before: outcome.before, after: outcome.after })
        });
        chances.push(Outlook::joined(ways.collect::<Option<_>>()?));
    }
    let model = part(model, actual.to_vec(), places, level, allowed)?;
    let tolerance = lattice.cost_units(Money::from_units(TOLERANCE).ok()?)?;
    Expected::new(Outlook { model, chances, states: STATES, alike: days.times_alike(), tolerance }).ok()
}
