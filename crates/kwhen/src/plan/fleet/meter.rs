//! The meter that the devices share: what a slot costs for what they take and give together, exactly.
//!
//! Energies are whole *raw* units (a 3600th of 10⁻⁸ kWh), prices whole 10⁻⁸ p/kWh, costs their product.

use crate::plan::Power;
use crate::plan::battery::{BatteryRequest, RAW, Site, raw_power};

/// Binary digits of a raw unit in which a device's flow is held: each flow lies between two neighbouring counts of them.
pub(super) const FINE: u32 = 20;

/// What the devices take from the meter's side in a slot, between two counts of fine units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) least: i128,
    pub(super) most: i128,
}

impl Flow {
    pub(super) fn add(&mut self, other: Self) {
        self.least += other.least;
        self.most += other.most;
    }

    /// In raw units, rounded to the nearest.
    pub(super) fn nearest(self) -> i64 {
        clamp((self.least + (1 << (FINE - 1))) >> FINE)
    }

    /// In raw units: not above the flow, and not below it.
    pub(super) fn floor(self) -> i64 {
        clamp(self.least >> FINE)
    }

    pub(super) fn ceiling(self) -> i64 {
        clamp((self.most + (1 << FINE) - 1) >> FINE)
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value > 0 { i64::MAX / 4 } else { i64::MIN / 4 })
}

/// Which ways the meter may turn in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ways {
    pub(super) import: bool,
    pub(super) export: bool,
}

impl Ways {
    pub(super) const BOTH: Self = Self { import: true, export: true };
}

/// What all devices can do in a slot at most, in raw units each way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reach {
    pub(super) charge: i64,
    pub(super) discharge: i64,
    /// What devices take that counts as less given, where what is taken and what is given have prices of their own, and what they give that
    /// counts as less taken.
    pub(super) less_given: i64,
    pub(super) less_taken: i64,
}

/// One slot of the meter.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeterSlot {
    pub(super) import: i64,
    pub(super) export: i64,
    /// Load and all standby.
    pub(super) load: i64,
    pub(super) solar: i64,
    pub(super) import_limit: i64,
    pub(super) export_limit: i64,
}

impl MeterSlot {
    /// What a flow costs where the meter may turn so, not rounded down by more than nothing; `None` where the limits do not allow it. In
    /// price units times fine units.
    pub(super) fn cost(&self, curtailment: bool, flow: Flow, import: bool, export: bool) -> Option<i128> {
        let fine = |value: i64| i128::from(value) << FINE;
        let least_used = if curtailment { 0 } else { self.solar };
        // The meter's flow less the devices': from all solar used to none.
        let (low, high) = (fine(self.load - self.solar), fine(self.load - least_used));
        let most = if import { fine(self.import_limit) } else { 0 };
        let least = if export { -fine(self.export_limit) } else { 0 };
        let price = |net: i128| net * i128::from(if net > 0 { self.import } else { self.export });
        let at = |flow: i128| {
            let (from, to) = ((flow + low).max(least), (flow + high).min(most));
            (from <= to).then(|| price(from).min(price(to)).min(price(0_i128.clamp(from, to))))
        };
        let (first, last) = (at(flow.least)?, at(flow.most)?);
        let steepest = i128::from(self.import.abs().max(self.export.abs()));
        let between = if flow.least == flow.most { 0 } else { steepest * (flow.most - flow.least) };
        Some(first.max(last) + between)
    }
}

/// A corner of what a slot may be: what the devices take and give, and what the meter then costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Corner {
    pub(super) charge: i64,
    pub(super) discharge: i64,
    pub(super) cost: i128,
}

/// The meter.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    pub(super) slots: Vec<MeterSlot>,
    pub(super) curtailment: bool,
    /// Whether no device is held to charge from surplus only, and none to discharge into the load only.
    pub(super) grid_charging: bool,
    pub(super) battery_export: bool,
}

impl Meter {
    /// A site's meter, with the limits that requests set to the connection, and whether any device charges from surplus only or discharges
    /// into the load only.
    pub(super) fn new<'a>(
        site: &Site,
        requests: impl Iterator<Item = &'a BatteryRequest>,
        standby: Power,
        (surplus_only, load_only): (bool, bool),
    ) -> Self {
        let unlimited = i64::MAX / 64;
        let raw = |power: Power, index: usize| {
            i64::try_from(raw_power(power, site.seconds_of(index))).unwrap_or(unlimited).min(unlimited)
        };
        let limit = |power: Option<Power>, index: usize| power.map_or(unlimited, |power| raw(power, index));
        let energy = |units: i64| units.saturating_mul(RAW as i64);
        let mut slots: Vec<MeterSlot> = (0..site.grid().len())
            .map(|index| MeterSlot {
                import: site.import_units(index).saturating_add(site.carbon_units(index)),
                export: site.export_units(index),
                load: energy(site.load_units(index)).saturating_add(raw(standby, index)),
                solar: energy(site.solar_units(index)),
                import_limit: limit(site.import_limit, index),
                export_limit: limit(site.export_limit, index),
            })
            .collect();
        for request in requests {
            for &(span, power) in &request.import_limits {
                for index in site.slots_starting_in(span) {
                    let Some(slot) = slots.get_mut(index) else { break };
                    slot.import_limit = slot.import_limit.min(raw(power, index));
                }
            }
            for &(span, power) in &request.export_limits {
                for index in site.slots_starting_in(span) {
                    let Some(slot) = slots.get_mut(index) else { break };
                    slot.export_limit = slot.export_limit.min(raw(power, index));
                }
            }
        }
        Self {
            slots,
            curtailment: site.curtailment,
            grid_charging: !surplus_only,
            battery_export: !load_only,
        }
    }

    /// Whether charging and discharging are held to one way of the meter, so that they have prices of their own.
    pub(super) const fn is_ruled(&self) -> bool {
        !self.grid_charging || !self.battery_export
    }

    /// Whether a slot has prices of its own for what is taken and what is given: where a rule tells them apart, and where export pays
    /// more than import costs. There the meter would like to do both at once, and a bound from the net flow alone is weak.
    pub(super) fn is_paired(&self, index: usize) -> bool {
        self.is_ruled() || self.slots.get(index).is_some_and(|slot| slot.export > slot.import)
    }

    /// What the devices' flow in a slot costs, not rounded down by more than nothing; `None` where the limits do not allow it.
    /// In price units times fine units.
    pub(super) fn cost(
        &self,
        index: usize,
        flow: Flow,
        charging: bool,
        discharging: bool,
        ways: Ways,
    ) -> Option<i128> {
        let slot = self.slots.get(index)?;
        let import = ways.import && (self.grid_charging || !charging);
        let export = ways.export && (self.battery_export || !discharging);
        slot.cost(self.curtailment, flow, import, export)
    }

    /// One way's cost of a net flow of the devices in whole raw units; `None` where it is not allowed.
    fn way_cost(&self, slot: &MeterSlot, net: i64, importing: bool) -> Option<i128> {
        let least_used = if self.curtailment { 0 } else { slot.solar };
        let (low, high) = (net + slot.load - slot.solar, net + slot.load - least_used);
        let (from, to, price) = if importing {
            (low.max(0), high.min(slot.import_limit), slot.import)
        } else {
            (low.max(-slot.export_limit), high.min(0), slot.export)
        };
        let price = i128::from(price);
        (from <= to).then(|| (price * i128::from(from)).min(price * i128::from(to)))
    }

    /// The net flows of the devices where a way's cost may bend, and the ends of what it allows.
    fn bends(&self, slot: &MeterSlot, importing: bool) -> [i64; 4] {
        let least_used = if self.curtailment { 0 } else { slot.solar };
        let (used, unused) = (slot.solar - slot.load, least_used - slot.load);
        if importing {
            [unused, used, slot.import_limit + unused, slot.import_limit + used]
        } else {
            [unused, used, unused - slot.export_limit, used - slot.export_limit]
        }
    }

    /// The corners of what a slot allows. Without rules only the net flow counts: it stands in `charge`.
    pub(super) fn corners_in_reach(&self, index: usize, ways: Ways, reach: Reach) -> Vec<Corner> {
        let mut corners = Vec::new();
        let Some(slot) = self.slots.get(index) else { return corners };
        let Reach { charge, discharge, less_given, less_taken } = reach;
        let (most_in, most_out) = (charge + less_given, discharge + less_taken);
        for importing in [true, false] {
            let open = if importing { ways.import } else { ways.export };
            // Without its own way open the meter may still stand still.
            if !self.is_paired(index) {
                let still = MeterSlot { import_limit: 0, export_limit: 0, ..*slot };
                let slot = if open { slot } else { &still };
                let bends = self.bends(slot, importing).into_iter().map(|net| net.clamp(-most_out, most_in));
                for net in bends.chain([-most_out, most_in]) {
                    if let Some(cost) = self.way_cost(slot, net, importing) {
                        corners.push(Corner { charge: net, discharge: 0, cost });
                    }
                }
                continue;
            }
            let boxed = if importing {
                (if self.grid_charging { charge } else { 0 }, discharge)
            } else {
                (charge, if self.battery_export { discharge } else { 0 })
            };
            if open {
                let boxed = ((-less_taken, boxed.0), (-less_given, boxed.1));
                self.corners_within(slot, importing, boxed, &mut corners);
            }
            let still = MeterSlot { import_limit: 0, export_limit: 0, ..*slot };
            let boxed = ((-less_taken, charge), (-less_given, discharge));
            self.corners_within(&still, importing, boxed, &mut corners);
        }
        corners.sort_unstable_by_key(|corner| (corner.charge, corner.discharge, corner.cost));
        corners.dedup_by_key(|corner| (corner.charge, corner.discharge));
        corners
    }

    /// The corners of what is taken and what is given, each between two ends.
    fn corners_within(
        &self,
        slot: &MeterSlot,
        importing: bool,
        ((no_charge, charge), (no_discharge, discharge)): ((i64, i64), (i64, i64)),
        out: &mut Vec<Corner>,
    ) {
        let mut add = |taken: i64, given: i64| {
            if let Some(cost) = self.way_cost(slot, taken - given, importing) {
                out.push(Corner { charge: taken, discharge: given, cost });
            }
        };
        for (taken, given) in
            [(no_charge, no_discharge), (charge, no_discharge), (no_charge, discharge), (charge, discharge)]
        {
            add(taken, given);
        }
        for net in self.bends(slot, importing) {
            if net >= no_charge - discharge && net <= charge - no_discharge {
                let taken = (net + no_discharge).max(no_charge);
                add(taken, taken - net);
                let taken = charge.min(discharge + net);
                add(taken, taken - net);
            }
        }
    }
}
