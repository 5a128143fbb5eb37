//! What a search has settled about a device.

/// What a device may do in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct May {
    pub(super) idle: bool,
    pub(super) charge: bool,
    pub(super) discharge: bool,
    /// The least and the most that is charged, where anything is, and likewise discharged, in bus units.
    pub(super) charge_within: (i64, i64),
    pub(super) discharge_within: (i64, i64),
}

impl May {
    pub(super) const ALL: Self = Self {
        idle: true,
        charge: true,
        discharge: true,
        charge_within: (0, i64::MAX),
        discharge_within: (0, i64::MAX),
    };
}

/// What a search has settled about one device: what it may do by slot, and its levels by boundary in store units.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) may: Vec<May>,
    pub(super) lo: Vec<i64>,
    pub(super) hi: Vec<i64>,
    /// Whether it charges only while the meter does not import, and discharges only while it does not export.
    pub(super) surplus_only: bool,
    pub(super) load_only: bool,
}
