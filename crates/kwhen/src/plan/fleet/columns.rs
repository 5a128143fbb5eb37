//! Column generation: devices answer prices with whole exact walks, and a master mixes the walks at least cost.
//!
//! What a relaxation of single slots cannot see (counted changes, least powers, losses, curves, uneven end values) the walks hold
//! exactly: the bound is that of the best prices for the devices as they are.

use super::branch::Branch;
use super::linear::KWH;
use super::master::{Column, Master, Point};
use super::meter::{Corner, Flow};
use super::node::{Node, Problem, hull};
use super::prices::Prices;
use super::settled::Bounds;
use super::turn::Turn;
use super::walk::Walk;

/// Rounds of prices and walks in one part.
const ROUNDS: usize = 120;

/// A master holds the inverse of its basis, rows by rows, and once more while it is made anew: 256 MB at the most. Longer plans do without.
const MOST_ROWS: usize = 1 << 12;

/// How far prices stay with the best so far: the master's own swing widely.
const STAY: f64 = 0.5;

/// A device's walk that was met.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) device: usize,
    /// As of its device.
    less_given: bool,
    less_taken: bool,
    pub(super) walk: Walk,
}

/// A mix of walks under the best prices found.
#[derive(Clone, Debug)]
pub(super) struct Mix {
    /// Weight and place among the known walks.
    pub(super) weights: Vec<(f64, usize)>,
    /// What the meter costs in the mix by slot, in p.
    pub(super) meter: Vec<f64>,
    /// What the mix would need beyond what there is, in kWh.
    pub(super) unmet: f64,
}

impl Mix {
    /// A device's walks in it, with their weights.
    pub(super) fn of_device<'a>(&self, known: &'a [Known], device: usize) -> Vec<(f64, &'a Walk)> {
        let own = |(weight, place): &(f64, usize)| {
            Some((*weight, &known.get(*place).filter(|one| one.device == device)?.walk))
        };
        self.weights.iter().filter_map(own).collect()
    }
}

/// Whether a walk keeps to a part's bounds.
fn is_within(walk: &Walk, bounds: &Bounds, bus: f64) -> bool {
    let levels = walk.levels.iter().zip(bounds.lo.iter().zip(&bounds.hi));
    let kept = levels.skip(1).all(|(level, (lo, hi))| level >= lo && level <= hi);
    let within = |energy: f64, (least, most): (i64, i64)| {
        energy >= least as f64 * bus - 1e-9 && energy <= most as f64 * bus + 1e-9
    };
    kept && walk.doing.iter().zip(&walk.moved).zip(&bounds.may).all(|((doing, moved), may)| match doing {
        // Where it must run it may still stand at no power, if that is the least.
        0 => may.idle,
        1 => may.charge && within(*moved, may.charge_within),
        _ => may.discharge && within(-moved, may.discharge_within),
    })
}

/// The rows of a master: by slot its first row and whether it has its own for what is taken and given.
struct Rows {
    slots: Vec<(usize, bool)>,
    /// By circuit its first row, one for each slot.
    circuits: Vec<usize>,
    /// By exclusion likewise.
    turns: Vec<usize>,
    devices: usize,
    count: usize,
}

impl Rows {
    fn new(problem: &Problem<'_>) -> Self {
        let mut count = 0;
        let slots = (0..problem.meter.slots.len())
            .map(|index| {
                let paired = problem.meter.is_paired(index);
                let first = count;
                count += if paired { 3 } else { 1 };
                (first, paired)
            })
            .collect();
        let mut blocks = |number: usize| {
            let block = |_| {
                let first = count;
                count += problem.meter.slots.len();
                first
            };
            (0..number).map(block).collect()
        };
        let (circuits, turns) = (blocks(problem.branches.len()), blocks(problem.turns.len()));
        Self { slots, circuits, turns, devices: count, count: count + problem.engines.len() }
    }

    fn of_walk(&self, known: &Known, branches: &[Branch], turns: &[Turn], worth: f64) -> Column {
        let mut rows = Vec::new();
        for (flow, (first, paired)) in known.walk.flows.iter().zip(&self.slots) {
            let energy = flow.nearest() as f64 * KWH;
            let less = if energy > 0.0 { known.less_given } else { known.less_taken };
            // What is taken, and what is given less what counts as less of it.
            if energy != 0.0 && *paired && (energy > 0.0) == less {
                rows.push((first + 1, -energy));
            } else if energy != 0.0 {
                rows.push((*first, energy));
            }
        }
        for (first, _) in self.circuits.iter().zip(branches).filter(|(_, branch)| branch.has(known.device)) {
            let flows = known.walk.flows.iter().enumerate();
            let part = |(slot, flow): (usize, &Flow)| (first + slot, flow.nearest() as f64 * KWH);
            rows.extend(flows.map(part).filter(|(_, energy)| *energy != 0.0));
        }
        for (first, turn) in self.turns.iter().zip(turns).filter(|(_, turn)| turn.has(known.device)) {
            let flows = known.walk.flows.iter().enumerate();
            let part = |(slot, flow): (usize, &Flow)| {
                let energy = flow.nearest().abs() as f64 * KWH;
                (first + slot, energy * turn.share(known.device, slot))
            };
            rows.extend(flows.map(part).filter(|(_, part)| *part != 0.0));
        }
        rows.push((self.devices + known.device, 1.0));
        Column { cost: known.walk.own as f64 * 1e-20 * worth, upper: f64::INFINITY, rows }
    }

    fn prices(&self, point: &Point) -> Prices {
        let dual = |row: usize| point.duals.get(row).copied().unwrap_or(0.0);
        let price = |(first, paired): &(usize, bool)| {
            if *paired { (-dual(*first), dual(first + 1)) } else { (-dual(*first), -dual(*first)) }
        };
        let slots = self.slots.len();
        let of_rows = |first: &usize| (0..slots).map(|slot| -dual(first + slot)).collect();
        Prices {
            meter: self.slots.iter().map(price).collect(),
            circuits: self.circuits.iter().map(of_rows).collect(),
            turns: self.turns.iter().map(of_rows).collect(),
        }
    }
}

impl Problem<'_> {
    /// The best prices for a part, from its own on: raises its bound, and says how the walks mix. `None` where nothing is left in
    /// the part. Stops early where the bound reaches `enough`, and where `go_on`, asked in every step, says no.
    pub(super) fn generate(
        &self,
        node: &mut Node,
        corners: &[Vec<Corner>],
        known: &mut Vec<Known>,
        enough: i128,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Mix> {
        let rows = Rows::new(self);
        if rows.count > MOST_ROWS {
            let least = self.prove(node, &node.prices, corners)?.least;
            node.least = node.least.max(least);
            let meter = vec![0.0; corners.len()];
            return Some(Mix { weights: Vec::new(), meter, unmet: f64::INFINITY });
        }
        let mut right = vec![0.0; rows.count];
        let mut columns: Vec<Column> = Vec::new();
        // The slot of each of the meter's columns.
        let mut meter: Vec<usize> = Vec::new();
        let mut base = vec![0.0; corners.len()];
        // What circuits have free, after the meter's columns.
        let mut spare: Vec<Column> = Vec::new();
        // Where only room is looked for, nothing costs anything.
        let worth = if node.room { 0.0 } else { 1.0 };
        let money = |cost: i128| cost as f64 * 1e-8 * KWH * worth;
        for (index, (corners, (first, paired))) in corners.iter().zip(&rows.slots).enumerate() {
            let mut add = |column: Column| {
                columns.push(column);
                meter.push(index);
            };
            if *paired {
                for corner in corners {
                    let parts = vec![
                        (*first, -(corner.charge as f64) * KWH),
                        (first + 1, -(corner.discharge as f64) * KWH),
                        (first + 2, 1.0),
                    ];
                    add(Column { cost: money(corner.cost), upper: f64::INFINITY, rows: parts });
                }
                if let Some(cell) = right.get_mut(first + 2) {
                    *cell = 1.0;
                }
                continue;
            }
            let hull = hull(corners);
            let Some(least) = hull.first() else { continue };
            if let (Some(cell), Some(base)) = (right.get_mut(*first), base.get_mut(index)) {
                (*cell, *base) = (least.charge as f64 * KWH, money(least.cost));
            }
            for pair in hull.windows(2) {
                let [a, b] = pair else { continue };
                let upper = (b.charge - a.charge) as f64 * KWH;
                add(Column { cost: money(b.cost - a.cost) / upper, upper, rows: vec![(*first, -1.0)] });
            }
        }
        for (branch, first) in self.branches.iter().zip(&rows.circuits) {
            for (slot, (least, most)) in branch.within.iter().enumerate() {
                if let Some(cell) = right.get_mut(first + slot) {
                    *cell = *least as f64 * KWH;
                }
                if most > least {
                    let upper = (most - least) as f64 * KWH;
                    spare.push(Column { cost: 0.0, upper, rows: vec![(first + slot, -1.0)] });
                }
            }
        }
        for row in rows.turns.iter().flat_map(|first| *first..first + corners.len()) {
            spare.push(Column { cost: 0.0, upper: 1.0, rows: vec![(row, -1.0)] });
        }
        for cell in right.iter_mut().skip(rows.devices) {
            *cell = 1.0;
        }
        // What no mix can give may be had at a price that no plan would pay.
        let steepest =
            self.meter.slots.iter().map(|slot| slot.import.abs().max(slot.export.abs())).max().unwrap_or(0);
        let costs: Vec<f64> = columns.iter().map(|column| column.cost).collect();
        columns.append(&mut spare);
        let first_dear = columns.len();
        let dear = if node.room { 1.0 } else { (steepest as f64 * 1e-8 + 1.0) * 20.0 };
        // The first basis: of each row what stands for unmet, of the sign that the row asks for.
        let mut basis = Vec::with_capacity(rows.count);
        let strict = |row: usize| {
            row >= rows.devices || rows.slots.iter().any(|(first, paired)| *paired && row == first + 2)
        };
        for (row, right) in right.iter().enumerate() {
            let cost = if strict(row) { dear * 1_000.0 } else { dear };
            for sign in [1.0, -1.0] {
                if (sign > 0.0) == (*right >= 0.0) {
                    basis.push(columns.len());
                } else if strict(row) {
                    continue;
                }
                columns.push(Column { cost, upper: f64::INFINITY, rows: vec![(row, sign)] });
            }
        }
        let fixed = columns.len();
        let mut used: Vec<usize> = Vec::new();
        for (place, one) in known.iter().enumerate() {
            let bus = self.linear.get(one.device).map_or(0.0, |linear| linear.bus);
            if node.bounds.get(one.device).is_some_and(|bounds| is_within(&one.walk, bounds, bus)) {
                columns.push(rows.of_walk(one, &self.branches, &self.turns, worth));
                used.push(place);
            }
        }
        let offset: f64 = base.iter().sum();
        let mut prices = node.prices.clone();
        let mut centre: Option<(i128, Prices)> = None;
        // Whether the prices asked under are the master's own.
        let mut own = false;
        let mut master = Master::new(right, columns, basis);
        let mut point = None;
        for round in 0..ROUNDS {
            let proof = self.prove(node, &prices, corners)?;
            if proof.least > node.least {
                node.least = proof.least;
                node.prices.clone_from(&prices);
            }
            if centre.as_ref().is_none_or(|(least, _)| proof.least > *least) {
                centre = Some((proof.least, prices.clone()));
            }
            if node.least >= enough {
                break;
            }
            let mut fresh = false;
            for (device, walk) in proof.walks.into_iter().enumerate() {
                let is_known = used.iter().filter_map(|place| known.get(*place)).any(|one| {
                    one.device == device && one.walk.levels == walk.levels && one.walk.flows == walk.flows
                });
                if !is_known {
                    fresh = true;
                    let less =
                        self.linear.get(device).map_or((false, false), |l| (l.less_given, l.less_taken));
                    let one = Known { device, less_given: less.0, less_taken: less.1, walk };
                    master.push(rows.of_walk(&one, &self.branches, &self.turns, worth));
                    used.push(known.len());
                    known.push(one);
                }
            }
            // Numbers that break down steer no further; they prove nothing.
            let Some(solved) = master.solve(go_on) else { break };
            let gap = solved.cost + offset - node.least as f64 * 1e-20;
            let asked = rows.prices(&solved);
            point = Some(solved);
            if round > 0 && (gap < 2e-8 || (own && !fresh)) {
                break;
            }
            own = !fresh;
            prices = match &centre {
                Some((_, best)) if fresh => best.mixed(&asked, STAY),
                _ => asked,
            };
        }
        // Prices are often round: what floats have left off is worth a try.
        for digits in [1e4, 1e6, 1e8] {
            if node.least >= enough {
                break;
            }
            let round = prices.rounded(digits);
            let least = self.prove(node, &round, corners)?.least;
            if least > node.least {
                node.least = least;
                node.prices = round;
            }
        }
        let mut mix = Mix { weights: Vec::new(), meter: base, unmet: f64::INFINITY };
        if let Some(point) = point {
            mix.unmet = point.columns.get(first_dear..fixed).map_or(0.0, |unmet| unmet.iter().sum());
            for (value, (slot, cost)) in point.columns.iter().zip(meter.iter().zip(&costs)) {
                if let Some(cell) = mix.meter.get_mut(*slot) {
                    *cell += value * cost;
                }
            }
            let weights = point.columns.iter().skip(fixed).zip(&used);
            mix.weights = weights
                .filter(|(weight, _)| **weight > 1e-7)
                .map(|(weight, place)| (*weight, *place))
                .collect();
        }
        Some(mix)
    }
}
