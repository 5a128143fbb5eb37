//! The rolling plan on expected values.

use super::run::{Moments, Reach, Stuck, Walked, part, walk};
use crate::plan::battery::engine::{Chance, Expected, Model, Outlook, Slope};
use crate::plan::battery::{Lattice, Site};
use crate::plan::forecast::{History, Known, MIXED, Outcome, PastDays, STATES};
use crate::quantity::Money;

/// How far a step may be off for the sake of fewer pieces: a hundredth of a penny.
const TOLERANCE: i128 = 10_i128.pow(Money::SCALE - 2);

/// Plans again at each moment on past days and follows the plans' expected values, in the state that each slot leads to.
pub(super) fn rolling<S: Slope>(
    model: &Model<S>,
    lattice: &Lattice,
    site: &Site,
    (days, history): (&PastDays, &History),
    moments: &Moments,
    ahead: usize,
) -> Result<Walked, Stuck> {
    let count = model.slots.len();
    let slots_a_day = history.slots_a_day();
    let mut next_moment = moments.iter().peekable();
    let mut plan: Option<(usize, Expected<S>)> = None;
    let (mut plans, mut bound) = (0, 0);
    let (mut next, mut acted) = (Vec::new(), Vec::new());
    let reach = Reach::new(model)?;
    let mut walked = walk(model, |index, level, change| {
        if let Some(&(_, rates_until)) = next_moment.next_if(|(moment, _)| *moment <= index) {
            let known = Known { site, now: index, rates_until, slots_a_day };
            let end = (index + ahead).max(rates_until).min(count);
            plan = window(model, lattice, (&known, days, history), end, level, &reach.allowed)
                .map(|solved| (index, solved));
            plans += 1;
            bound = bound.max(plan.as_ref().map_or(0, |(_, solved)| solved.bound));
        }
        let (first, solved) = plan.as_ref()?;
        solved
            .drawn_under(index - first, history.state_after(index), level, change, (&mut next, &mut acted))
            .filter(|drawn| {
                let (lo, hi) = reach.allowed.get(index + 1).copied().unwrap_or((0, 0));
                (lo..=hi).contains(&model.level_after(index, level - drawn))
            })
            .or_else(|| reach.nearest(index, level, change, 0))
    })?;
    walked.plans = plans;
    walked.bound = bound;
    Ok(walked)
}

/// The expected values of the slots from now to `end`.
fn window<S: Slope>(
    model: &Model<S>,
    lattice: &Lattice,
    (known, days, history): (&Known<'_>, &PastDays, &History),
    end: usize,
    level: i64,
    allowed: &[(i64, i64)],
) -> Option<Expected<S>> {
    let places = known.now()..end;
    let actual = model.slots.get(places.clone())?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut chances = Vec::with_capacity(actual.len());
    for (slot, index) in actual.iter().zip(places) {
        days.outcomes(history, known, index, &mut outcomes);
        if outcomes.is_empty() {
            // Before the first day is over nothing is known of load and sun: they are taken for none, as by every forecast.
            let (import, export) = known.rates_like(index, 0);
            let slot = crate::plan::forecast::SlotForecast { import, export, ..Default::default() };
            outcomes.push(Outcome { slot, weight: 1, before: MIXED, after: MIXED });
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
    let model = part(model, actual.to_vec(), known.now(), end, level, allowed)?;
    let tolerance = lattice.cost_units(Money::from_units(TOLERANCE).ok()?)?;
    Expected::new(Outlook { model, chances, states: STATES, alike: days.times_alike(), tolerance }).ok()
}
