//! Golden optima, rules worked by hand, and properties.

mod golden;
mod options;
mod properties;

use super::*;
use crate::quantity::{Energy, UnitRate};
use crate::time::{Grid, SlotLength, parse_instant};
pub(crate) use golden::{golden, home};

/// So many half-hours from a winter midnight on.
pub(crate) fn grid(slots: usize) -> Grid {
    Grid::new(parse_instant("2021-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, slots).unwrap()
}

/// The battery of the golden cases: 10 kWh, 5 kW, 0.95 each way.
pub(crate) fn standard(wear: &str) -> Battery {
    Battery::new("10".parse().unwrap(), "5".parse().unwrap())
        .unwrap()
        .with_efficiency("0.95".parse().unwrap(), "0.95".parse().unwrap())
        .with_wear(wear.parse().unwrap())
        .unwrap()
}

pub(super) fn rates(texts: &[&str]) -> Vec<UnitRate> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub(super) fn energies(texts: &[&str]) -> Vec<Energy> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A battery of so many kWh that loses nothing and moves all of it in one half-hour.
pub(crate) fn lossless(capacity: &str) -> Battery {
    Battery::new(capacity.parse().unwrap(), "20".parse().unwrap()).unwrap()
}
