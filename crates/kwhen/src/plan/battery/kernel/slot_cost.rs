//! The cost of changing the store in one slot.
//!
//! At the bus, `solar used + battery out = flow through the inverter`; the meter sees the load less what comes out.
//! `H(y)` is the meter's cost of a flow `y` out of the bus: at most three lines, split where the inverter turns and
//! where the meter turns from import to export. For a battery flow `v` the flow `y` may be anything from `v` (all
//! solar curtailed) to `v + solar`, so the cost is the least of `H` over a window that slides with `v`. Towards a
//! local minimum `T` of `H` that is `H` itself with its left arm moved left by `solar` and a flat stretch between.
//! `H` has one local minimum, or two when import is paid for and export pays as well; then the lower of both is taken.

use super::function::{Piece, Slope, cut, emit, lower_envelope, product};
use super::model::{Device, Mode, Slot, StoreSegment};

/// Builds slot costs; holds the buffers.
#[derive(Debug)]
pub(crate) struct SlotCosts<S> {
    first: Vec<Piece<S>>,
    second: Vec<Piece<S>>,
}

impl<S> Default for SlotCosts<S> {
    fn default() -> Self {
        Self { first: Vec::new(), second: Vec::new() }
    }
}

/// The range of battery flow out (bus units) and of inverter flow out that are allowed.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    battery: (i64, i64),
    inverter: (i64, i64),
}

impl<S: Slope> SlotCosts<S> {
    /// The cost of drawing `e` store units (negative: storing) in any mode.
    pub(crate) fn build(&mut self, device: &Device<S>, slot: &Slot<S>, out: &mut Vec<Piece<S>>) {
        out.clear();
        let simple = device.charge_min == 0
            && device.discharge_min == 0
            && slot.charge_within.0 == 0
            && slot.discharge_within.0 == 0
            && device.grid_charging
            && device.battery_export;
        if simple {
            let charge = if slot.may_charge { device.charge_max.min(slot.charge_within.1) } else { 0 };
            let discharge =
                if slot.may_discharge { device.discharge_max.min(slot.discharge_within.1) } else { 0 };
            let bounds = Bounds { battery: (-charge, discharge), inverter: inverter_bounds(device, slot) };
            self.trace(device, slot, bounds, out);
        } else {
            for mode in [Mode::Idle, Mode::Charge, Mode::Discharge] {
                let mut side = Vec::new();
                self.build_mode(device, slot, mode, &mut side);
                let mut lower = Vec::new();
                lower_envelope(out, &side, &mut lower);
                std::mem::swap(out, &mut lower);
            }
        }
        cut(out, -device.store_charge_max, device.store_discharge_max);
    }

    /// The cost of drawing `e` store units in one mode. Without a least power, a mode may stand at none.
    pub(crate) fn build_mode(
        &mut self,
        device: &Device<S>,
        slot: &Slot<S>,
        mode: Mode,
        out: &mut Vec<Piece<S>>,
    ) {
        out.clear();
        let inverter = allowed_inverter(device, slot, mode);
        let battery = match mode {
            Mode::Idle if slot.may_idle => (0, 0),
            Mode::Charge if slot.may_charge => {
                let (least, most) = slot.charge_within;
                (-device.charge_max.min(most), -device.charge_min.max(least))
            }
            Mode::Discharge if slot.may_discharge => {
                let (least, most) = slot.discharge_within;
                (device.discharge_min.max(least), device.discharge_max.min(most))
            }
            Mode::Idle | Mode::Charge | Mode::Discharge => return,
        };
        let bounds = Bounds { battery, inverter };
        self.trace(device, slot, bounds, out);
        cut(out, -device.store_charge_max, device.store_discharge_max);
    }

    fn trace(&mut self, device: &Device<S>, slot: &Slot<S>, bounds: Bounds, out: &mut Vec<Piece<S>>) {
        let (lo, hi) = bounds.inverter;
        if lo > hi {
            return;
        }
        let zero = S::default();
        let turn = meter_turn(device, slot).clamp(lo, hi);
        let target = match (device.curtailment, slot.import >= zero, slot.export >= zero) {
            (false, ..) | (true, true, true) => hi,
            (true, false, false) => lo,
            (true, true, false) => turn,
            (true, false, true) => {
                self.first.clear();
                self.second.clear();
                trace_towards(device, slot, bounds, hi, &mut self.first);
                trace_towards(device, slot, bounds, lo, &mut self.second);
                lower_envelope(&self.first, &self.second, out);
                return;
            }
        };
        trace_towards(device, slot, bounds, target, out);
    }
}

/// The flow out of the bus that gives so many grid units on the meter's side; below zero it takes them from there.
#[inline]
pub(crate) fn flow_at_bus<S>(device: &Device<S>, given: i64) -> i64 {
    given.saturating_mul(if given >= 0 { device.bus_out } else { device.bus_in })
}

/// The flow out of the bus at which the meter stands still. The load is below zero where other devices give more than it takes.
#[inline]
pub(crate) fn meter_turn<S>(device: &Device<S>, slot: &Slot<S>) -> i64 {
    flow_at_bus(device, slot.load)
}

/// The flows through the inverter that its own limits and the meter's allow.
#[inline]
fn inverter_bounds<S: Slope>(device: &Device<S>, slot: &Slot<S>) -> (i64, i64) {
    // Out of the bus the meter gives export = flow - load; into it, import = load + flow.
    let most = flow_at_bus(device, slot.load.saturating_add(slot.export_limit));
    let least = flow_at_bus(device, slot.load.saturating_sub(slot.import_limit));
    (least.max(-device.inverter_in), most.min(device.inverter_out))
}

/// The flows through the inverter that are allowed in a mode, whether or not the battery moves anything in it.
pub(crate) fn allowed_inverter<S: Slope>(device: &Device<S>, slot: &Slot<S>, mode: Mode) -> (i64, i64) {
    let (lo, hi) = inverter_bounds(device, slot);
    let meter_zero = meter_turn(device, slot);
    match mode {
        Mode::Charge if !device.grid_charging => (lo.max(meter_zero), hi),
        Mode::Discharge if !device.battery_export => (lo, hi.min(meter_zero)),
        Mode::Idle | Mode::Charge | Mode::Discharge => (lo, hi),
    }
}

/// The meter's cost of the flow `y` out of the bus.
#[inline]
pub(crate) fn meter_cost<S: Slope>(device: &Device<S>, slot: &Slot<S>, y: i64) -> i128 {
    let zero = meter_turn(device, slot);
    let price = if y >= zero { slot.export } else { slot.import };
    let out = product(price, zero.max(0) - y.max(0)).wrapping_mul(device.cost_out);
    let inward = product(price, zero.min(0) - y.min(0)).wrapping_mul(device.cost_in);
    out.wrapping_add(inward)
}

/// Which price and which direction of the inverter a stretch of flow meets.
#[derive(Clone, Copy)]
enum Stretch {
    ImportInward,
    ImportOutward,
    ExportInward,
    Export,
    Flat,
}

/// A stretch of battery flow up to `to` over which the price does not change.
#[derive(Clone, Copy)]
struct Span {
    to: i64,
    stretch: Stretch,
}

/// The cost towards the local minimum `target` of the meter's cost, in store units.
fn trace_towards<S: Slope>(
    device: &Device<S>,
    slot: &Slot<S>,
    bounds: Bounds,
    target: i64,
    out: &mut Vec<Piece<S>>,
) {
    let (lo, hi) = bounds.inverter;
    let meter_zero = meter_turn(device, slot);
    let solar = slot.solar;
    // All solar is used where none may be curtailed: the stretch in which it is not is out of bounds.
    let most = if device.curtailment { hi } else { hi - solar };
    let from = bounds.battery.0.max(lo - solar);
    let to = bounds.battery.1.min(most);
    if from > to {
        return;
    }
    // A load below zero (other devices give more than it) turns the meter before the inverter.
    let knots = [lo, meter_zero.min(0).clamp(lo, hi), meter_zero.max(0).clamp(lo, hi), hi];
    let between = if meter_zero >= 0 { Stretch::ImportOutward } else { Stretch::ExportInward };
    let stretches = [Stretch::ImportInward, between, Stretch::Export];
    let [_, low, middle, high] = knots;
    let [inward, between, outward] = stretches;
    // Towards the target from below, along it, and beyond.
    let spans = [
        Span { to: low.min(target) - solar, stretch: inward },
        Span { to: middle.min(target) - solar, stretch: between },
        Span { to: high.min(target) - solar, stretch: outward },
        Span { to: target, stretch: Stretch::Flat },
        Span { to: low, stretch: inward },
        Span { to: middle, stretch: between },
        Span { to: high, stretch: outward },
    ];
    let y = target.clamp(from, from.saturating_add(solar));
    let mut value = meter_cost(device, slot, y);
    if from > 0 {
        value = value.wrapping_add(product(device.wear, from).wrapping_mul(device.cost_throughput));
    }
    let mut segments = device.segments.iter().skip_while(|segment| segment.bus_hi <= from);
    let Some(mut segment) = segments.next().or(device.segments.last()) else { return };
    let mut position = from;
    let mut store = store_at(segment, position);
    let first_store = store;
    let mut uncovered = store;
    for span in spans {
        let end = span.to.min(to);
        while position < end {
            let step = end.min(segment.bus_hi);
            if step > position {
                let slope = stretch_slope(device, slot, segment, span.stretch);
                let store_end = store_at(segment, step);
                emit(out, Piece::through(uncovered, store_end, slope, store, value));
                uncovered = store_end + 1;
                value = value.wrapping_add(product(slope, store_end - store));
                store = store_end;
                position = step;
            }
            if position < end {
                match segments.next() {
                    Some(following) => segment = following,
                    None => return,
                }
            }
        }
    }
    if uncovered == first_store {
        emit(out, Piece::flat(store, store, value));
    }
}

#[inline]
fn store_at<S>(segment: &StoreSegment<S>, bus: i64) -> i64 {
    segment.store_lo + (bus - segment.bus_lo) * segment.ratio
}

#[inline]
fn stretch_slope<S: Slope>(
    device: &Device<S>,
    slot: &Slot<S>,
    segment: &StoreSegment<S>,
    stretch: Stretch,
) -> S {
    let wear = device.wear.times(segment.throughput);
    match stretch {
        Stretch::ImportInward => slot.import.times(segment.inward).negated().plus(wear),
        Stretch::ImportOutward => slot.import.times(segment.outward).negated().plus(wear),
        Stretch::ExportInward => slot.export.times(segment.inward).negated().plus(wear),
        Stretch::Export => slot.export.times(segment.outward).negated().plus(wear),
        Stretch::Flat => wear,
    }
}
