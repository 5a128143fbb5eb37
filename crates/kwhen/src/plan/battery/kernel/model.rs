//! The problem in lattice units.

use super::function::{Piece, Slope};

/// What the battery does in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Idle,
    Charge,
    Discharge,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Idle, Self::Charge, Self::Discharge];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Idle => 0,
            Self::Charge => 1,
            Self::Discharge => 2,
        }
    }
}

/// One stretch of bus flow out of the battery over which a bus unit moves a fixed number of store units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreSegment<S> {
    /// Bus units out of the battery (negative: into it), in ascending order from segment to segment.
    pub(crate) bus_lo: i64,
    pub(crate) bus_hi: i64,
    /// Store units drawn at `bus_lo`.
    pub(crate) store_lo: i64,
    /// Store units a bus unit.
    pub(crate) ratio: i64,
    /// Cost units a store unit, for one price unit on energy that comes from the grid side through the inverter's
    /// inward direction, through its outward direction, and on the battery's own throughput (0 while charging).
    pub(crate) inward: S,
    pub(crate) outward: S,
    pub(crate) throughput: S,
}

/// The device over one slot.
#[derive(Clone, Debug)]
pub(crate) struct Device<S> {
    /// Charging from the strongest to the weakest, then discharging from the weakest to the strongest.
    pub(crate) segments: Vec<StoreSegment<S>>,
    /// The strongest charge and discharge, and the weakest other than none, in bus units a slot.
    pub(crate) charge_max: i64,
    pub(crate) discharge_max: i64,
    pub(crate) charge_min: i64,
    pub(crate) discharge_min: i64,
    /// The strongest charge and discharge at the store itself, in store units a slot.
    pub(crate) store_charge_max: i64,
    pub(crate) store_discharge_max: i64,
    /// Bus units to one unit of grid energy that leaves the bus, and that enters it.
    pub(crate) bus_out: i64,
    pub(crate) bus_in: i64,
    /// Bus flow out through the inverter is within `-inverter_in..=inverter_out`.
    pub(crate) inverter_in: i64,
    pub(crate) inverter_out: i64,
    /// Cost units to one price unit times one grid unit, divided by `bus_out`, `bus_in`, and for throughput a bus unit.
    pub(crate) cost_out: i128,
    pub(crate) cost_in: i128,
    pub(crate) cost_throughput: i128,
    /// Wear in price units on the battery's discharge at the bus.
    pub(crate) wear: S,
    /// Store units lost in a slot while there is anything to lose.
    pub(crate) loss: i64,
    /// Whether solar may be curtailed.
    pub(crate) curtailment: bool,
    /// Whether the battery may charge while the meter imports, and discharge while it exports.
    pub(crate) grid_charging: bool,
    pub(crate) battery_export: bool,
}

/// The device in each slot: the same in all of one length; the first and the last may be shorter.
#[derive(Clone, Debug)]
pub(crate) struct Devices<S> {
    pub(crate) whole: Device<S>,
    /// In the first slot, where only part of it is planned.
    pub(crate) first: Option<Device<S>>,
    /// Likewise in the last, with its place.
    pub(crate) last: Option<(usize, Device<S>)>,
}

impl<S: Slope> Devices<S> {
    /// The device in a slot.
    pub(crate) fn at(&self, index: usize) -> &Device<S> {
        match (&self.first, &self.last) {
            (Some(first), _) if index == 0 => first,
            (_, Some((place, last))) if index == *place => last,
            _ => &self.whole,
        }
    }

    /// All of them.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Device<S>> {
        let last = self.last.as_mut().map(|(_, device)| device);
        std::iter::once(&mut self.whole).chain(self.first.as_mut()).chain(last)
    }

    /// Those of some of the slots.
    pub(crate) fn part(&self, places: std::ops::Range<usize>) -> Self {
        let last = self.last.as_ref().filter(|(place, _)| places.contains(place) && *place > 0);
        Self {
            whole: self.whole.clone(),
            first: (places.start == 0).then(|| self.first.clone()).flatten(),
            last: last.map(|(place, device)| (place - places.start, device.clone())),
        }
    }
}

/// One slot's prices, energies and limits. Energies at the grid are grid units, solar is bus units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot<S> {
    pub(crate) import: S,
    pub(crate) export: S,
    pub(crate) load: i64,
    pub(crate) solar: i64,
    pub(crate) import_limit: i64,
    pub(crate) export_limit: i64,
    pub(crate) may_charge: bool,
    pub(crate) may_discharge: bool,
    /// Whether nothing may be done. Without a least power a charge may stand at none all the same.
    pub(crate) may_idle: bool,
    /// The least and the most that is charged, where anything is, and likewise discharged, in bus units, beside the device's own.
    pub(crate) charge_within: (i64, i64),
    pub(crate) discharge_within: (i64, i64),
    /// Store units that leave the store for another purpose (a car's trip).
    pub(crate) draw: i64,
}

/// A price on every store unit short of `level` at a boundary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoftFloor<S> {
    pub(crate) boundary: usize,
    pub(crate) level: i64,
    pub(crate) price: S,
}

/// Limits on the changes of mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModeLimits {
    /// Which changes are counted: `counted[from][to]`.
    pub(crate) counted: [[bool; 3]; 3],
    /// How many may be counted; `None` for any number (when only a price is set).
    pub(crate) at_most: Option<usize>,
    /// Cost units for each counted change.
    pub(crate) price: i128,
    /// The mode before the first slot.
    pub(crate) before: Mode,
}

/// The whole problem.
#[derive(Clone, Debug)]
pub(crate) struct Model<S> {
    pub(crate) devices: Devices<S>,
    pub(crate) slots: Vec<Slot<S>>,
    /// The lowest and highest level at each of the `slots.len() + 1` boundaries.
    pub(crate) lo: Vec<i64>,
    pub(crate) hi: Vec<i64>,
    /// The physical capacity.
    pub(crate) capacity: i64,
    pub(crate) start: i64,
    /// The cost (negative: value) of the level at the end.
    pub(crate) terminal: Vec<Piece<S>>,
    /// In ascending order of boundary.
    pub(crate) soft: Vec<SoftFloor<S>>,
    pub(crate) modes: Option<ModeLimits>,
}

impl<S: Slope> Model<S> {
    /// The level after a slot's loss and draw, from the level that the battery's own action leaves.
    pub(crate) fn level_after(&self, index: usize, acted: i64) -> i64 {
        let draw = self.slots.get(index).map_or(0, |slot| slot.draw);
        (acted - draw - self.devices.at(index).loss).max(0).min(acted - draw)
    }

    /// The cost of the soft floors at a boundary.
    pub(crate) fn shortfall(&self, boundary: usize, level: i64) -> i128 {
        let first = self.soft.partition_point(|floor| floor.boundary < boundary);
        let here = self.soft.iter().skip(first).take_while(|floor| floor.boundary == boundary);
        here.map(|floor| floor.price.wide() * i128::from((floor.level - level).max(0))).sum()
    }
}
