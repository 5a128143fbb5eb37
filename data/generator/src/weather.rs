//! Wind and sunshine over the year: what drives both the market and the roof.

use crate::clock::{HOME_FROM, RATES_FROM, RATES_TO, local_day};
use crate::random::SplitMix64;
use crate::trigonometry::{ONE, TURN, cosine, sine};

/// The weather of every slot.
#[derive(Debug)]
pub struct Weather {
    /// How windy, in thousandths of a standard deviation about the season's mean.
    pub wind: Vec<i64>,
    /// Watts from each kilowatt of panels facing south at 35 degrees in London.
    pub sunshine: Vec<i64>,
}

impl Weather {
    /// The weather of the sample year.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { wind: wind(seed), sunshine: sunshine(seed) }
    }
}

/// +10000 in the depth of winter, -10000 at midsummer.
#[must_use]
pub fn winter(slot: i64) -> i64 {
    // Day 51 is 2025-12-22.
    cosine((local_day(slot) - 51) * TURN / 365)
}

/// Fronts that pass in a day or two, over calm and stormy spells that last a week.
fn wind(seed: u64) -> Vec<i64> {
    let mut random = SplitMix64::stream(seed, "wind");
    let (mut fronts, mut spells) = (0_i64, 0_i64);
    (RATES_FROM..RATES_TO)
        .map(|_| {
            fronts = fronts * 9_700 / 10_000 + random.bell(195_000);
            spells = spells * 9_965 / 10_000 + random.bell(50_000);
            (fronts + spells) / 1_000
        })
        .collect()
}

fn sunshine(seed: u64) -> Vec<i64> {
    let mut random = SplitMix64::stream(seed, "cloud");
    let (mut day_clearness, mut previous_day, mut passing) = (600, -1, 0_i64);
    (RATES_FROM..RATES_TO)
        .map(|slot| {
            let day = local_day(slot);
            if day != previous_day {
                previous_day = day;
                let fresh = random.between(80, 1_000 - 150 * (winter(slot) + ONE) / (2 * ONE));
                day_clearness = (day_clearness * 3 + fresh * 7) / 10;
            }
            passing = passing * 7 / 10 + random.bell(90);
            let clearness = (day_clearness + passing).clamp(40, 1_000);
            panel_watts(slot) * clearness / 1_000
        })
        .collect()
}

/// Clear-sky watts a kilowatt of panels at the middle of a slot.
fn panel_watts(slot: i64) -> i64 {
    const LATITUDE: i64 = 5_150;
    const TILT: i64 = 3_500;
    let declination = -2_344 * winter(slot) / ONE;
    // The sun is in the south at 12:00 UTC; a half-hour is 7.5 degrees.
    let hour_angle = ((slot - HOME_FROM).rem_euclid(48) - 24) * 750 + 375;
    let facing = |latitude: i64| {
        (sine(latitude) * sine(declination)
            + cosine(latitude) * cosine(declination) / ONE * cosine(hour_angle))
            / ONE
    };
    let (elevation, incidence) = (facing(LATITUDE), facing(LATITUDE - TILT));
    if elevation <= 200 || incidence <= 0 {
        return 0;
    }
    // Low sun shines through more air.
    let air = (elevation * 10_000 / (elevation + 1_500)).min(ONE);
    incidence * air / ONE * 1_060 / ONE
}
