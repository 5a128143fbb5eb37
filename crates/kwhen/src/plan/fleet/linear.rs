//! The linear problem whose optimum steers a search, slot by slot.

use crate::plan::battery::RAW;

/// kWh of a raw unit.
pub(super) const KWH: f64 = 1e-8 / RAW as f64;

/// A column of one slot.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The device whose store it changes, and by how much a unit.
    pub(super) store: Option<(usize, f64)>,
    pub(super) cost: f64,
    pub(super) upper: f64,
    /// The device that takes this from the meter's side (below zero: gives), and how much a unit.
    pub(super) meter: Option<(usize, f64)>,
    /// Its part in the slot's shared rows.
    pub(super) shared: [f64; SHARED],
}

/// The most shared rows of a slot.
pub(super) const SHARED: usize = 8;

/// A column's part in one shared row.
pub(super) fn in_row(row: usize, part: f64) -> [f64; SHARED] {
    let mut shared = [0.0; SHARED];
    if let Some(cell) = shared.get_mut(row) {
        *cell = part;
    }
    shared
}

/// A stretch of a device's level at the end of a slot: how long, and its cost a unit. Cheaper stretches fill first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) length: f64,
    pub(super) cost: f64,
}

/// One slot.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) columns: Vec<Column>,
    /// What the shared rows sum to.
    pub(super) shared: [f64; SHARED],
    /// What each device's store row sums to: what leaves it besides the columns, and the difference of the lowest levels.
    pub(super) drawn: Vec<f64>,
    /// Each device's level at the end above its lowest.
    pub(super) levels: Vec<Vec<Stretch>>,
}

/// The problem: the first levels are in the first slot's `drawn`.
#[derive(Clone, Debug, Default)]
pub(super) struct Relaxation {
    pub(super) devices: usize,
    /// Shared rows in use.
    pub(super) rows: usize,
    pub(super) stages: Vec<Stage>,
}

/// One bounded variable and its multipliers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variable {
    pub(super) x: f64,
    pub(super) w: f64,
    pub(super) z: f64,
    pub(super) v: f64,
    pub(super) theta: f64,
    pub(super) residual: f64,
    pub(super) dx: f64,
    pub(super) dz: f64,
    pub(super) dv: f64,
    pub(super) cost: f64,
}

/// Where a variable is: in a slot's columns, or between a slot's store row and the next.
pub(super) struct Layout {
    /// The first variable of each slot's columns and of each slot's levels.
    pub(super) columns: Vec<usize>,
    pub(super) levels: Vec<usize>,
}
