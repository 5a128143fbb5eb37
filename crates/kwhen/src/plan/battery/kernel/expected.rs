//! The backward pass where a slot may turn out in several ways: expected cost-to-go, one function a state.
//!
//! `V_t(m, s) = sum over w of p(w | m) * min over D of g_t(D; w) + V_(t+1)(m'(w), s + D)`: what a slot is like is seen before it is acted
//! in. A step's error is at most the largest error of its sums, since taking minima and means moves no function by more than it is off
//! itself; so the errors of all steps add up to a bound for every level and state.

use super::forward::best_action;
use super::function::{Piece, Slope, Workspace, add_shortfall, at, convolve};
use super::model::{Model, Slot};
use super::slot_cost::SlotCosts;
use super::solve::{Blocked, before_loss, final_function};
use super::thin::Sum;
use super::values::Values;

/// One way in which a slot may turn out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chance<S> {
    pub(crate) slot: Slot<S>,
    /// How much it counts.
    pub(crate) weight: u32,
    /// The state that it was seen to follow, and the one that it leads to.
    pub(crate) before: usize,
    pub(crate) after: usize,
}

/// A problem whose slots are not known.
#[derive(Clone, Debug)]
pub(crate) struct Outlook<S> {
    /// Devices, levels and ends; of its slots only draws count.
    pub(crate) model: Model<S>,
    pub(crate) chances: Vec<Vec<Chance<S>>>,
    pub(crate) states: usize,
    /// From the state that it was seen to follow a chance counts so many times as much as from another; at least once.
    pub(crate) alike: u32,
    /// How far a step may be off for the sake of fewer pieces, in cost units.
    pub(crate) tolerance: i128,
}

/// The expected cost-to-go of every boundary and state.
#[derive(Clone, Debug)]
pub(crate) struct Expected<S> {
    pub(crate) outlook: Outlook<S>,
    values: Vec<Values<S>>,
    /// The most by which any of the functions is off, in cost units.
    pub(crate) bound: i128,
    /// How many ways of slots are left out: in them no level keeps to the limits, whatever is done.
    pub(crate) left_out: usize,
}

/// Buffers that are reused from slot to slot.
struct Buffers<S> {
    workspace: Workspace<S>,
    costs: SlotCosts<S>,
    change: Vec<Piece<S>>,
    answer: Vec<Piece<S>>,
    sum: Sum<S>,
    shifted: Vec<Vec<Piece<S>>>,
}

impl<S: Slope> Outlook<S> {
    /// Ways that are alike are one.
    pub(crate) fn joined(mut chances: Vec<Chance<S>>) -> Vec<Chance<S>> {
        let mut joined: Vec<Chance<S>> = Vec::with_capacity(chances.len());
        for chance in chances.drain(..) {
            match joined.iter_mut().find(|other| Chance { weight: chance.weight, ..**other } == chance) {
                Some(other) => other.weight = other.weight.saturating_add(chance.weight),
                None => joined.push(chance),
            }
        }
        joined
    }

    /// The step before a boundary: the functions of all states, the error that is added, and how many ways are left out since no level
    /// keeps to the limits in them.
    fn step(
        &self,
        index: usize,
        next: &[Vec<Piece<S>>],
        buffers: &mut Buffers<S>,
        out: &mut [Vec<Piece<S>>],
    ) -> (i128, usize) {
        let model = &self.model;
        let (Some(chances), Some(&lo), Some(&hi)) =
            (self.chances.get(index), model.lo.get(index), model.hi.get(index))
        else {
            out.iter_mut().for_each(Vec::clear);
            return (0, 0);
        };
        let device = model.devices.at(index);
        let draw = model.slots.get(index).map_or(0, |slot| slot.draw);
        let Buffers { workspace, costs, change, answer, sum, shifted } = buffers;
        let next = if device.loss > 0 || draw > 0 {
            shifted.resize(next.len(), Vec::new());
            for (function, shifted) in next.iter().zip(shifted.iter_mut()) {
                before_loss(function, device.loss, draw, model.capacity, shifted);
            }
            shifted.as_slice()
        } else {
            next
        };
        // Whatever state a chance followed, it is worked out once: from every state it counts, from its own several times.
        sum.clear(out.len());
        let mut left_out = 0;
        for chance in chances.iter().filter(|chance| chance.weight > 0 && chance.before < out.len()) {
            let Some(following) = next.get(chance.after) else { continue };
            costs.build(device, &chance.slot, change);
            convolve(following, change, lo, hi, workspace, answer);
            if answer.is_empty() {
                left_out += 1;
            } else {
                sum.add(answer, chance.weight, chance.before);
            }
        }
        let mut worst = 0;
        for (state, out) in out.iter_mut().enumerate() {
            worst = worst.max(sum.mean(state, i64::from(self.alike.max(1)), self.tolerance, out));
        }
        (worst, left_out)
    }
}

impl<S: Slope> Expected<S> {
    /// Solves an outlook; what blocks it is the latest boundary at which a state has no level that keeps to the limits in every case.
    pub(crate) fn new(outlook: Outlook<S>) -> Result<Self, Blocked> {
        let model = &outlook.model;
        let end = model.slots.len();
        let mut current = vec![final_function(model); outlook.states.max(1)];
        let mut before = vec![Vec::new(); current.len()];
        let mut values: Vec<Values<S>> =
            current.iter().map(|_| Values::with_boundaries(end.saturating_add(1))).collect();
        let mut buffers = Buffers {
            workspace: Workspace::default(),
            costs: SlotCosts::default(),
            change: Vec::new(),
            answer: Vec::new(),
            sum: Sum::default(),
            shifted: Vec::new(),
        };
        let mut soft = model.soft.iter().rev().peekable();
        let mut bound: i128 = 0;
        let mut left_out = 0;
        let mut boundary = end;
        loop {
            while let Some(floor) = soft.next_if(|floor| floor.boundary >= boundary) {
                for function in &mut current {
                    add_shortfall(function, floor.level, floor.price);
                }
            }
            if current.iter().any(Vec::is_empty) {
                return Err(Blocked::at(boundary));
            }
            for (values, function) in values.iter_mut().zip(&current) {
                values.push(function);
            }
            if boundary == 0 {
                return Ok(Self { values, bound, left_out, outlook });
            }
            boundary -= 1;
            let (error, ways) = outlook.step(boundary, &current, &mut buffers, &mut before);
            bound = bound.saturating_add(error);
            left_out += ways;
            std::mem::swap(&mut current, &mut before);
        }
    }

    /// Unpacks the expected cost-to-go at a boundary in a state.
    pub(crate) fn read(&self, boundary: usize, state: usize, out: &mut Vec<Piece<S>>) {
        match self.values.get(state) {
            Some(values) => values.read(boundary, out),
            None => out.clear(),
        }
    }

    /// The expected cost from a boundary on, for a state and level.
    pub(crate) fn cost(&self, boundary: usize, state: usize, level: i64) -> Option<i128> {
        let mut function = Vec::new();
        self.read(boundary, state, &mut function);
        at(&function, level)
    }

    /// The best draw in a slot, once it is seen what it is like and which state it leads to. `next` and `acted` are buffers.
    pub(crate) fn drawn_under(
        &self,
        index: usize,
        state: usize,
        level: i64,
        change: &[Piece<S>],
        (next, acted): (&mut Vec<Piece<S>>, &mut Vec<Piece<S>>),
    ) -> Option<i64> {
        best_action(self.acted_function(index, state, next, acted), change, level).map(|(drawn, _)| drawn)
    }

    /// The expected cost-to-go after a slot that leads to a state, as a function of the level that the battery's own action leaves.
    pub(crate) fn acted_function<'a>(
        &self,
        index: usize,
        state: usize,
        next: &'a mut Vec<Piece<S>>,
        acted: &'a mut Vec<Piece<S>>,
    ) -> &'a [Piece<S>] {
        let model = &self.outlook.model;
        self.read(index + 1, state, next);
        let draw = model.slots.get(index).map_or(0, |slot| slot.draw);
        let loss = model.devices.at(index).loss;
        if loss == 0 && draw == 0 {
            return next;
        }
        before_loss(next, loss, draw, model.capacity, acted);
        acted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::battery::Prepared;
    use crate::plan::battery::tests::{grid, lossless};
    use crate::plan::battery::{BatteryRequest, Site};
    use crate::{Energy, UnitRate};
    use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

    const LEVELS: i64 = 40;

    /// Every level, every change, every way that each slot may turn out from each state: costs times `4^slots`, in price units times
    /// watt-hours.
    fn enumerated(rates: &[i64], ways: &[Vec<(i64, i64, usize, usize)>], alike: i64) -> Vec<Vec<i128>> {
        let mut next = vec![vec![0_i128; LEVELS as usize + 1]; 2];
        let mut scale = 1_i128;
        for (rate, ways) in rates.iter().zip(ways).rev() {
            let from = |state: usize| {
                let weight = |before: usize| if before == state { alike } else { 1 };
                let total: i64 = ways.iter().map(|way| weight(way.2)).sum();
                (0..=LEVELS)
                    .map(|level| {
                        ways.iter()
                            .map(|&(load, sun, before, after)| {
                                let least = (0..=LEVELS).map(|left| {
                                    let bought = (load - sun + left - level).max(0);
                                    scale * i128::from(rate * bought) + next[after][left as usize]
                                });
                                i128::from(weight(before) * 12 / total) * least.min().unwrap()
                            })
                            .sum::<i128>()
                    })
                    .collect::<Vec<i128>>()
            };
            next = vec![from(0), from(1)];
            scale *= 12;
        }
        next
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Against enumeration of all trees on a small lattice. With rates that the weights divide as often as there are slots the values
        /// are the same to the digit; with others they are within the bound.
        #[test]
        fn expected_values_are_those_of_all_trees(
            rates in prop::collection::vec(0_i64..30, 3),
            ways in prop::collection::vec(prop::collection::vec((0_i64..30, 0_i64..30, 0_usize..2), 4), 3),
            start in 0_i64..=LEVELS,
            whole in prop::bool::ANY,
        ) {
            // Two ways after each state: weights 1:1:1:1 from both, or 2:2:1:1 from its own.
            let alike = if whole { 1 } else { 2 };
            let ways: Vec<Vec<(i64, i64, usize, usize)>> = ways.iter().map(|ways| {
                ways.iter().enumerate().map(|(place, way)| (way.0, way.1, place / 2, way.2)).collect()
            }).collect();
            let rates: Vec<i64> = rates.iter().map(|rate| rate * 1_728).collect();
            let site = Site::new(
                grid(3),
                &rates.iter().map(|rate| UnitRate::from_units(*rate).unwrap()).collect::<Vec<_>>(),
            ).unwrap();
            let battery = lossless("0.04");
            let request = BatteryRequest::starting_at(Energy::from_units(start * 100_000).unwrap());
            let fine = Site::new(grid(3), &[UnitRate::from_units(1).unwrap(); 3]).unwrap();
            let prepared = Prepared::new(&battery, &fine, &request).unwrap();
            let priced = Prepared::with_units(&battery, &site, &request, prepared.lattice.grid_unit, 1).unwrap();
            let lattice = &priced.lattice;
            let model = priced.model::<i64>().unwrap().unwrap();
            let unit = lattice.store_units(100_000);
            let chances = model.slots.iter().zip(&ways).map(|(slot, ways)| {
                let ways = ways.iter().map(|&(load, sun, before, after)| Chance {
                    slot: Slot {
                        load: lattice.grid_units(load * 100_000),
                        solar: lattice.bus_units(sun * 100_000),
                        import_limit: i64::from(u32::MAX),
                        export_limit: i64::from(u32::MAX),
                        ..*slot
                    },
                    weight: 1,
                    before,
                    after,
                });
                Outlook::joined(ways.collect())
            }).collect();
            let solved = Expected::new(Outlook { model, chances, states: 2, alike, tolerance: 0 }).unwrap();
            let all = enumerated(&rates, &ways, i64::from(alike));
            for (state, all) in all.iter().enumerate() {
                for level in 0..=LEVELS {
                    let cost = solved.cost(0, state, level * unit).unwrap();
                    let exact = all[level as usize] * i128::from(unit);
                    prop_assert!((cost * 1_728 - exact).abs() <= solved.bound * 1_728, "{cost} {exact} {}", solved.bound);
                }
            }
            // 12^3 is 1728: every division is without rest.
            prop_assert_eq!(solved.bound, 0);
        }
    }
}
