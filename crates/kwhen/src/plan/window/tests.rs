//! The planners against exhaustive search, and worked cases.

mod exhaustive;
mod ties;
mod worked;

use super::super::SlotPrices;
use crate::time::{Grid, SlotLength, parse_instant};

/// A small generator of its own, so that a failing instance can be made again from its seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 up to below a limit.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    pub(crate) fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

pub(super) fn prices(slot_minutes: u32, rates: &[Option<i64>]) -> SlotPrices {
    let start = parse_instant("2026-01-01T00:00:00Z").unwrap();
    let grid = Grid::new(start, SlotLength::from_minutes(slot_minutes).unwrap(), rates.len()).unwrap();
    let rate = |pence: i64| crate::UnitRate::from_units(pence * 100_000_000).unwrap();
    SlotPrices::new(grid, rates.iter().map(|pence| pence.map(rate))).unwrap()
}
