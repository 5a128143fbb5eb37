//! The names of the columns of consumption.

/// Of either layout.
pub(crate) const METER: &str = "meter";

// A row a reading.
pub(crate) const START: &str = "interval_start";
pub(crate) const WH: &str = "wh";
pub(crate) const KWH: &str = "consumption";

// A row a meter: the dense layout.
pub(crate) const DENSE_START: &str = "start";
pub(crate) const DECIMALS: &str = "decimals";
pub(crate) const WIDTH: &str = "width";
pub(crate) const READINGS: &str = "readings";
pub(crate) const MISSING: &str = "missing";
