//! A made-up home with a battery's prices, load and sun.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may fail")]

use crate::Random;
use kwhen::plan::battery::Site;
use kwhen::time::{Grid, SlotLength, parse_instant};
use kwhen::{Energy, UnitRate};

/// A home with prices in 10^-2 p and energies in Wh, so that floats hold them exactly.
#[derive(Clone, Debug)]
pub struct Home {
    /// 10^-2 p/kWh.
    pub import: Vec<i64>,
    /// 10^-2 p/kWh.
    pub export: Vec<i64>,
    /// Wh a half-hour.
    pub load: Vec<i64>,
    /// Wh a half-hour.
    pub solar: Vec<i64>,
}

/// Prices with a daily shape, an evening peak, and windy spells below zero; `base` moves them all.
#[must_use]
pub fn home(slots: usize, base: i64) -> Home {
    let mut random = Random::new(11);
    let mut home = Home { import: vec![], export: vec![], load: vec![], solar: vec![] };
    let (mut weather, mut cloud) = (0_i64, 50_i64);
    for slot in 0..slots {
        let hour = (slot % 48) as i64 / 2;
        weather = weather * 97 / 100 + random.below(240) as i64 - 120;
        cloud = (cloud + random.below(21) as i64 - 10).clamp(0, 100);
        let peak = if (16..19).contains(&hour) { 1_200 } else { 0 };
        let shape = [1_300, 1_100, 1_000, 1_200, 1_700, 1_900, 1_700, 1_600, 1_700, 2_100, 2_000, 1_600]
            [hour as usize / 2];
        let import = base + shape + peak + weather + random.below(200) as i64;
        home.import.push(import);
        home.export.push((import * 45 / 100 + random.below(100) as i64).max(0));
        home.load.push(60 + random.below(250) as i64 + if (17..22).contains(&hour) { 350 } else { 0 });
        let sun = (36 - (hour - 12) * (hour - 12)).max(0);
        home.solar.push(sun * cloud * 2 / 5);
    }
    home
}

impl Home {
    /// The site of it, from the start of 2021 on.
    ///
    /// # Panics
    /// A number is beyond its range.
    #[must_use]
    pub fn site(&self) -> Site {
        let start = parse_instant("2021-01-01T00:00:00Z").expect("an instant");
        let grid = Grid::new(start, SlotLength::HALF_HOUR, self.import.len()).expect("a grid");
        let rates = |v: &[i64]| -> Vec<UnitRate> {
            v.iter().map(|v| UnitRate::from_units(v * 1_000_000).expect("in range")).collect()
        };
        let energies = |v: &[i64]| -> Vec<Energy> {
            v.iter().map(|v| Energy::from_units(v * 100_000).expect("in range")).collect()
        };
        Site::new(grid, &rates(&self.import))
            .and_then(|site| site.export(&rates(&self.export)))
            .and_then(|site| site.load(&energies(&self.load)))
            .and_then(|site| site.solar(&energies(&self.solar)))
            .expect("a site")
            .import_limit("18.4".parse().expect("a power"))
            .export_limit("3.68".parse().expect("a power"))
    }
}
