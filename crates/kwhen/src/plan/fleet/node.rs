//! A part of the search: what is settled about meter and devices, its relaxation in floats and its bound in integers.

use super::branch::Branch;
use super::engine::Engine;
use super::linear::{Column, KWH, Relaxation, SHARED, Stage, Stretch, in_row};
use super::meter::{Corner, FINE, Flow, Meter, Reach, Ways};
use super::prices::Prices;
use super::relaxation::Point;
use super::settled::{Bounds, May};
use super::turn::Turn;
use super::walk::{Inverter, Linear, PRICE};
use crate::plan::battery::{BatteryRequest, RAW, Site};

/// 10⁻²⁰ p of a price unit times a raw unit, as a fraction: 10⁴ / 3600.
const MONEY: i128 = crate::quantity::PRODUCT_TO_MONEY;

/// What is settled.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) ways: Vec<Ways>,
    pub(super) bounds: Vec<Bounds>,
    /// No plan within this part costs less, in 10⁻²⁰ p.
    pub(super) least: i128,
    /// Prices to ask under where the relaxation has none, in p/kWh: of what is taken, and of what is given.
    pub(super) prices: Prices,
    /// Whether all costs count as nothing: then a bound above nothing proves that the part holds no plan.
    pub(super) room: bool,
}

/// All that does not change in a search.
#[derive(Clone, Debug)]
pub(super) struct Problem<'a> {
    /// The site as the meter has it: where a hybrid inverter has the sun behind it, without.
    pub(super) site: &'a Site,
    /// The site with its sun, for the hybrid inverter.
    pub(super) sunny: &'a Site,
    pub(super) engines: Vec<Engine>,
    pub(super) linear: Vec<Linear>,
    pub(super) meter: Meter,
    pub(super) branches: Vec<Branch>,
    pub(super) turns: Vec<Turn>,
    /// By device.
    pub(super) rules: Vec<Rule>,
    /// Prices on the shared flow are multiples of this in 10⁻¹² p/kWh.
    pub(super) step: i64,
}

/// When a device may not do what it could: not charge while the meter imports, not discharge while it exports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) surplus_only: bool,
    pub(super) load_only: bool,
}

impl Rule {
    /// What a site asks of all and a request of its own device.
    pub(super) const fn of(site: &Site, request: &BatteryRequest) -> Self {
        Self {
            surplus_only: !site.grid_charging || request.surplus_only,
            load_only: !site.battery_export || request.load_only,
        }
    }

    fn on(self, bounds: Bounds) -> Bounds {
        Bounds { surplus_only: self.surplus_only, load_only: self.load_only, ..bounds }
    }
}

/// What prices prove.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    /// In 10⁻²⁰ p.
    pub(super) least: i128,
    pub(super) walks: Vec<super::walk::Walk>,
    /// The meter's corner in each slot.
    pub(super) corners: Vec<Corner>,
}

impl Node {
    /// About how many bytes it takes over so many slots.
    pub(super) fn bytes(&self, slots: usize) -> usize {
        let device = size_of::<May>() + 2 * size_of::<i64>();
        let shared = self.prices.circuits.len() + self.prices.turns.len();
        let slot = size_of::<Ways>() + size_of::<(f64, f64)>() + shared * size_of::<f64>();
        slots.saturating_mul(slot + self.bounds.len() * device)
    }
}

impl Problem<'_> {
    /// Everything open.
    pub(super) fn root(&self) -> Node {
        let slots = self.meter.slots.len();
        Node {
            ways: vec![Ways::BOTH; slots],
            bounds: self
                .engines
                .iter()
                .zip(&self.rules)
                .map(|(engine, rule)| rule.on(engine.bounds()))
                .collect(),
            least: i128::MIN,
            prices: Prices {
                meter: (0..slots)
                    .map(|index| {
                        let slot = self.meter.slots.get(index);
                        let price = slot.map_or(0.0, |slot| slot.import as f64 * 1e-8);
                        (price, price)
                    })
                    .collect(),
                circuits: vec![vec![0.0; slots]; self.branches.len()],
                turns: vec![vec![0.0; slots]; self.turns.len()],
            },
            room: false,
        }
    }

    /// The corners that a node leaves to a slot's meter.
    pub(super) fn corners(&self, node: &Node, index: usize) -> Vec<Corner> {
        let mut reach = Reach::default();
        for ((engine, linear), bounds) in self.engines.iter().zip(&self.linear).zip(&node.bounds) {
            let (charge, discharge) = engine.reach(index, bounds);
            *(if linear.less_given { &mut reach.less_given } else { &mut reach.charge }) += charge;
            *(if linear.less_taken { &mut reach.less_taken } else { &mut reach.discharge }) += discharge;
        }
        let ways = node.ways.get(index).copied().unwrap_or(Ways::BOTH);
        self.meter.corners_in_reach(index, ways, reach)
    }

    /// A price as a multiple of the step, in 10⁻¹² p/kWh: all prices that a device meets in a slot together stay within what it can be
    /// asked under.
    pub(super) fn whole_price(&self, price: f64) -> i64 {
        let most = self.engines.iter().map(|engine| engine.most_price()).min().unwrap_or(0);
        let most = most / ((self.branches.len() + self.turns.len()) as i64 + 1);
        let steps = (price * 1e12 / self.step as f64).round() as i64;
        steps.saturating_mul(self.step).clamp(-most / self.step * self.step, most / self.step * self.step)
    }

    /// The bound that prices prove within a node; `None` where a device or the meter cannot keep to it at all.
    pub(super) fn prove(&self, node: &Node, prices: &Prices, corners: &[Vec<Corner>]) -> Option<Proof> {
        if self.branches.iter().any(Branch::is_impossible) {
            return None;
        }
        let whole = |price: f64| self.whole_price(price);
        let circuits: Vec<Vec<i64>> =
            prices.circuits.iter().map(|prices| prices.iter().map(|price| whole(*price)).collect()).collect();
        let whole: Vec<(i64, i64)> =
            prices.meter.iter().map(|(taken, given)| (whole(*taken), whole(*given))).collect();
        let mut proof = Proof {
            least: 0,
            walks: Vec::with_capacity(self.engines.len()),
            corners: Vec::with_capacity(whole.len()),
        };
        let devices = self.engines.iter().zip(&self.linear).zip(&node.bounds);
        for (device, ((engine, linear), bounds)) in devices.enumerate() {
            let mut own = linear.own_prices(&whole);
            for (branch, prices) in
                self.branches.iter().zip(&circuits).filter(|(branch, _)| branch.has(device))
            {
                debug_assert_eq!(prices.len(), branch.within.len(), "a price for every slot");
                for (price, more) in own.iter_mut().zip(prices) {
                    (price.0, price.1) = (price.0 + more, price.1 + more);
                }
            }
            for (turn, prices) in self.turns.iter().zip(&prices.turns).filter(|(turn, _)| turn.has(device)) {
                for ((price, whole), slot) in own.iter_mut().zip(prices).zip(0..) {
                    let more = self.price_of_turn(turn, device, slot, *whole);
                    (price.0, price.1) = (price.0 + more, price.1 - more);
                }
            }
            let walk = engine.under_prices(bounds, &own, self.site, node.room).ok()?;
            proof.least = proof.least.saturating_add(walk.least);
            proof.walks.push(walk);
        }
        let mut meter = Some(0_i128);
        for ((taken, given), corners) in whole.iter().zip(corners) {
            let value = |corner: &Corner| {
                let cost = if node.room { 0 } else { corner.cost };
                cost * i128::from(PRICE) - i128::from(*taken) * i128::from(corner.charge)
                    + i128::from(*given) * i128::from(corner.discharge)
            };
            let corner = corners.iter().min_by_key(|corner| value(corner))?;
            meter = meter.and_then(|sum| sum.checked_add(value(corner)));
            proof.corners.push(*corner);
        }
        for (branch, prices) in self.branches.iter().zip(&circuits) {
            meter = meter.and_then(|sum| sum.checked_add(branch.value(prices)?));
        }
        // One member at most pays for its turn: what the dearest would pay is what it costs at most.
        for (turn, prices) in self.turns.iter().zip(&prices.turns) {
            for (price, slot) in prices.iter().zip(0..) {
                let paid = |device: usize| {
                    let price = self.price_of_turn(turn, device, slot, *price);
                    i128::from(price) * i128::from(turn.reach(device, slot))
                };
                let most = (0..self.engines.len()).map(paid).max().unwrap_or(0);
                meter = meter.and_then(|sum| sum.checked_sub(most));
            }
        }
        // Sums that leave the range prove nothing.
        let meter = meter.and_then(|sum| sum.checked_mul(MONEY));
        let meter = meter.map(|sum| sum.div_euclid(RAW * i128::from(PRICE)));
        proof.least = meter.and_then(|meter| proof.least.checked_add(meter)).unwrap_or(i128::MIN);
        Some(proof)
    }

    /// What a member pays a kWh for its turn in a slot, in 10⁻¹² p; nothing where it is of none.
    fn price_of_turn(&self, turn: &Turn, device: usize, slot: usize, price: f64) -> i64 {
        self.whole_price(price.max(0.0) * turn.share(device, slot))
    }

    /// What rounded levels leave open under a part's prices at the meter, in 10⁻²⁰ p.
    pub(super) fn left_open(&self, node: &Node) -> i128 {
        let whole: Vec<(i64, i64)> = node
            .prices
            .meter
            .iter()
            .map(|price| (self.whole_price(price.0), self.whole_price(price.1)))
            .collect();
        let open = |(engine, linear): (&Engine, &Linear)| match engine {
            Engine::Graph(graph) => graph.left_open(&linear.own_prices(&whole)),
            Engine::Store(_) => 0,
        };
        self.engines.iter().zip(&self.linear).map(open).sum()
    }

    /// What a plan costs, rounded up; `None` where the meter cannot carry it.
    pub(super) fn cost(&self, own: i128, flows: &[Flow], doing: &[(bool, bool)]) -> Option<i128> {
        let mut meter = 0_i128;
        for (index, (flow, (charging, discharging))) in flows.iter().zip(doing).enumerate() {
            meter =
                meter.checked_add(self.meter.cost(index, *flow, *charging, *discharging, Ways::BOTH)?)?;
        }
        let per_unit = RAW << FINE;
        // Taken apart so that no product leaves the range.
        let (whole, rest) = (meter.div_euclid(per_unit), meter.rem_euclid(per_unit));
        let money =
            whole.checked_mul(MONEY)?.checked_add((rest * MONEY + per_unit - 1).div_euclid(per_unit))?;
        own.checked_add(money)
    }

    /// The relaxation of a node.
    pub(super) fn relaxation(&self, node: &Node, corners: &[Vec<Corner>]) -> Relaxation {
        let devices = self.engines.len();
        let any = (0..corners.len()).any(|index| self.meter.is_paired(index));
        // The bus of a hybrid inverter is a row of its own after the meter's.
        let bus = if any { 3 } else { 1 };
        let hybrid = self.linear.iter().any(|linear| linear.inverter.is_some());
        // A row for each circuit after that, as many as there is room for.
        let first = bus + usize::from(hybrid);
        let turns = first + self.branches.len();
        let rows = (turns + self.turns.len()).min(SHARED);
        let mut relaxation = Relaxation { devices, rows, stages: Vec::with_capacity(corners.len()) };
        for (index, corners) in corners.iter().enumerate() {
            let paired = self.meter.is_paired(index);
            let mut stage =
                Stage { drawn: vec![0.0; devices], levels: vec![Vec::new(); devices], ..Stage::default() };
            for (device, (linear, bounds)) in self.linear.iter().zip(&node.bounds).enumerate() {
                let mut also = [Also::default(); SHARED];
                for (branch, cell) in self.branches.iter().zip(also.iter_mut().skip(first)) {
                    let part = if branch.has(device) { 1.0 } else { 0.0 };
                    *cell = Also { taken: part, given: -part };
                }
                for (turn, cell) in self.turns.iter().zip(also.iter_mut().skip(turns)) {
                    let share = turn.share(device, index);
                    *cell = Also { taken: share, given: share };
                }
                add_device(&mut stage, linear, bounds, device, Place { index, paired, bus, also });
            }
            for (place, branch) in self.branches.iter().enumerate() {
                branch.add_to(&mut stage, index, first + place);
            }
            for place in 0..self.turns.len() {
                Turn::add_to(&mut stage, turns + place);
            }
            add_meter(&mut stage, corners, paired);
            relaxation.stages.push(stage);
        }
        relaxation
    }

    /// The prices of a relaxation's point.
    pub(super) fn prices(&self, point: &Point) -> Prices {
        let pairs = point.prices.iter().enumerate();
        let meter =
            pairs.map(
                |(index, [first, second, ..])| {
                    if self.meter.is_paired(index) { (*first, -*second) } else { (*first, *first) }
                },
            );
        let any = (0..self.meter.slots.len()).any(|index| self.meter.is_paired(index));
        let hybrid = self.linear.iter().any(|linear| linear.inverter.is_some());
        let first = if any { 3 } else { 1 } + usize::from(hybrid);
        let of_row = |row: usize| {
            let price = |prices: &[f64; SHARED]| prices.get(row).copied().unwrap_or(0.0);
            point.prices.iter().map(price).collect()
        };
        let turns = first + self.branches.len();
        Prices {
            meter: meter.collect(),
            circuits: (first..turns).map(of_row).collect(),
            turns: (turns..turns + self.turns.len()).map(of_row).collect(),
        }
    }
}

/// Where a device's columns go: the slot, whether it has two prices, and the row of a hybrid inverter's bus.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    paired: bool,
    bus: usize,
    /// The device's part in the rows of circuits and exclusions.
    also: [Also; SHARED],
}

/// A part in a shared row of what is taken and of what is given.
#[derive(Clone, Copy, Default)]
struct Also {
    taken: f64,
    given: f64,
}

impl Place {
    /// The row of what is taken (given) at the meter's side, and the sign there.
    fn row(self, given: bool) -> (usize, f64) {
        (usize::from(given && self.paired), if given && !self.paired { -1.0 } else { 1.0 })
    }

    /// Likewise where what is given counts as less taken, or what is taken as less given.
    fn row_of_less(self, given: bool) -> (usize, f64) {
        (usize::from(self.paired && !given), if given || self.paired { -1.0 } else { 1.0 })
    }
}

/// What goes through a hybrid inverter, and its sun.
fn add_inverter(stage: &mut Stage, inverter: &Inverter, device: usize, part_of_slot: f64, place: Place) {
    let sun = inverter.sun.get(place.index).copied().unwrap_or(0.0);
    for (given, (most, ratio)) in [(true, inverter.output), (false, inverter.input)] {
        let (row, sign) = place.row(given);
        let mut shared = in_row(row, sign);
        if let Some(cell) = shared.get_mut(place.bus) {
            *cell = if given { ratio } else { -ratio };
        }
        let upper = most * part_of_slot / ratio;
        let meter = Some((device, if given { -1.0 } else { 1.0 }));
        stage.columns.push(Column { store: None, cost: 0.0, upper, meter, shared });
    }
    if inverter.curtailment {
        let shared = in_row(place.bus, -1.0);
        stage.columns.push(Column { store: None, cost: 0.0, upper: sun, meter: None, shared });
    } else if let Some(cell) = stage.shared.get_mut(place.bus) {
        *cell += sun;
    }
}

fn add_device(stage: &mut Stage, linear: &Linear, bounds: &Bounds, device: usize, place: Place) {
    let index = place.index;
    let may = bounds.may.get(index).copied().unwrap_or(May::ALL);
    let level = |boundary: usize| {
        let lo = bounds.lo.get(boundary).copied().unwrap_or(0) as f64 * linear.level;
        let hi = bounds.hi.get(boundary).copied().unwrap_or(0) as f64 * linear.level;
        (lo, hi)
    };
    let (lo, hi) = level(index + 1);
    let before = if index == 0 { linear.start } else { level(index).0 };
    let part_of_slot = linear.lengths.get(index).copied().unwrap_or(1.0);
    let lost = if lo > 0.0 { linear.loss * part_of_slot } else { 0.0 };
    let mut drawn = linear.draws.get(index).copied().unwrap_or(0.0) + lost + lo - before;
    for (way, segments, open, within, least, most) in [
        (
            0_usize,
            &linear.charge,
            may.charge,
            may.charge_within,
            linear.least.0 * part_of_slot,
            linear.most_stored * part_of_slot,
        ),
        (
            1,
            &linear.discharge,
            may.discharge,
            may.discharge_within,
            linear.least.1 * part_of_slot,
            linear.most_drawn * part_of_slot,
        ),
    ] {
        if !open {
            continue;
        }
        // Where it must run, its least energy is settled.
        let forced = !may.idle && !(if way == 0 { may.discharge } else { may.charge });
        let mut settled = if forced { least.max(within.0 as f64 * linear.bus) } else { 0.0 };
        let mut reach = within.1 as f64 * linear.bus;
        let sign = if way == 0 { 1.0 } else { -1.0 };
        let (row, shared_sign) = match () {
            () if linear.inverter.is_some() => (place.bus, sign),
            () if (if way == 0 { linear.less_given } else { linear.less_taken }) => {
                place.row_of_less(way == 1)
            }
            () => place.row(way == 1),
        };
        let mut room = most;
        for &(length, ratio) in segments {
            let length = (length * part_of_slot).min(reach);
            reach -= length;
            let part = settled.min(length);
            settled -= part;
            drawn -= sign * part * ratio;
            room -= part * ratio;
            if let Some(sum) = stage.shared.get_mut(row) {
                *sum -= shared_sign * part;
            }
            let also = place.also.map(|also| if way == 0 { also.taken } else { also.given });
            for (sum, also) in stage.shared.iter_mut().zip(also) {
                *sum -= also * part;
            }
            let upper = (length - part).min(if ratio > 0.0 { (room / ratio).max(0.0) } else { length });
            room -= upper * ratio;
            let mut shared = in_row(row, shared_sign);
            for (cell, also) in shared.iter_mut().zip(also) {
                *cell += also;
            }
            let cost = if way == 0 { 0.0 } else { linear.wear };
            let meter = linear.inverter.is_none().then_some((device, sign));
            stage.columns.push(Column { store: Some((device, sign * ratio)), cost, upper, meter, shared });
        }
    }
    if let Some(inverter) = &linear.inverter {
        add_inverter(stage, inverter, device, part_of_slot, place);
    }
    if let Some(cell) = stage.drawn.get_mut(device) {
        *cell = drawn;
    }
    let soft = linear.soft.get(index + 1).map_or(&[][..], Vec::as_slice);
    let last = index + 2 == bounds.lo.len();
    if let Some(cell) = stage.levels.get_mut(device) {
        *cell = stretches(lo, hi, soft, if last { &linear.end } else { &[] });
    }
}

/// The stretches of a level between its lowest and highest, the cheapest first.
fn stretches(lo: f64, hi: f64, soft: &[(f64, f64)], end: &[(f64, f64)]) -> Vec<Stretch> {
    let mut bends: Vec<f64> =
        soft.iter().map(|s| s.0).chain(end.iter().map(|e| e.0)).filter(|b| *b > lo && *b < hi).collect();
    bends.push(hi);
    bends.sort_by(f64::total_cmp);
    let mut from = lo;
    let mut stretches = Vec::with_capacity(bends.len());
    for to in bends {
        if to - from > 1e-12 {
            let middle = f64::midpoint(from, to);
            let short: f64 = soft.iter().filter(|s| s.0 > middle).map(|s| s.1).sum();
            let worth = end.iter().find(|e| e.0 > middle).map_or(0.0, |e| e.1);
            stretches.push(Stretch { length: to - from, cost: worth - short });
            from = to;
        }
    }
    stretches.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    stretches
}

fn add_meter(stage: &mut Stage, corners: &[Corner], paired: bool) {
    let money = |cost: i128| cost as f64 * 1e-8 * KWH;
    if paired {
        let [_, _, sum, ..] = &mut stage.shared;
        *sum += 1.0;
        for corner in corners {
            let mut shared = [0.0; SHARED];
            let [taken, given, one, ..] = &mut shared;
            (*taken, *given, *one) = (-(corner.charge as f64) * KWH, -(corner.discharge as f64) * KWH, 1.0);
            let cost = money(corner.cost);
            stage.columns.push(Column { store: None, cost, upper: 1.5, meter: None, shared });
        }
        return;
    }
    let hull = hull(corners);
    let (Some(first), [sum, ..]) = (hull.first(), &mut stage.shared) else { return };
    *sum += first.charge as f64 * KWH;
    for pair in hull.windows(2) {
        let [a, b] = pair else { continue };
        let upper = (b.charge - a.charge) as f64 * KWH;
        let cost = money(b.cost - a.cost) / upper;
        stage.columns.push(Column { store: None, cost, upper, meter: None, shared: in_row(0, -1.0) });
    }
}

/// The corners on the lower hull, in ascending order of the net flow.
pub(super) fn hull(corners: &[Corner]) -> Vec<Corner> {
    let mut sorted = corners.to_vec();
    sorted.sort_unstable_by_key(|corner| (corner.charge, corner.cost));
    sorted.dedup_by_key(|corner| corner.charge);
    let mut hull: Vec<Corner> = Vec::with_capacity(sorted.len());
    for corner in sorted {
        while let [.., a, b] = hull.as_slice() {
            let left = (b.cost - a.cost).saturating_mul(i128::from(corner.charge - b.charge));
            let right = (corner.cost - b.cost).saturating_mul(i128::from(b.charge - a.charge));
            if left < right {
                break;
            }
            hull.pop();
        }
        hull.push(corner);
    }
    hull
}
