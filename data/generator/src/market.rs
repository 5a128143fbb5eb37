//! The half-hourly day-ahead price and the Agile prices made from it.

use crate::clock::{
    FORMULA_CHANGE, RATES_FROM, RATES_TO, VAT_CHANGE, is_weekend, local_day, local_half_hour,
};
use crate::random::SplitMix64;
use crate::trigonometry::ONE;
use crate::weather::{Weather, winter};

/// The prices of every slot, in hundredths of a penny a kWh.
#[derive(Debug)]
pub struct Prices {
    /// Agile import, VAT out.
    pub import: Vec<i64>,
    /// Agile outgoing, which carries no VAT.
    pub outgoing: Vec<i64>,
}

impl Prices {
    /// Both prices by the published formulas of London (region C).
    #[must_use]
    pub fn new(seed: u64, weather: &Weather) -> Self {
        let wholesale = wholesale(seed, weather);
        let priced = |formula: fn(i64, i64) -> i64| {
            (RATES_FROM..RATES_TO).zip(&wholesale).map(|(slot, &price)| formula(slot, price)).collect()
        };
        Self { import: priced(import), outgoing: priced(outgoing) }
    }
}

/// Unit rate with VAT, in ten-thousandths of a penny: exactly 1.05 times, or 1.00 from 2026-09-30T23:00Z.
#[must_use]
pub fn with_vat(slot: i64, hundredths: i64) -> i64 {
    hundredths * if slot < VAT_CHANGE { 105 } else { 100 }
}

/// min(2.0 W + 12 from 16:00 to 19:00, 95.23); from 2026-03-31T22:00Z less 3.34.
fn import(slot: i64, wholesale: i64) -> i64 {
    let peak = if is_peak(slot) { 1_200 } else { 0 };
    let offset = if slot < FORMULA_CHANGE { 0 } else { -334 };
    (rounded(2 * wholesale, 10) + offset + peak).min(9_523)
}

/// max(0, 0.95 W + 1.30 + 5.93 from 16:00 to 19:00).
fn outgoing(slot: i64, wholesale: i64) -> i64 {
    let peak = if is_peak(slot) { 593 } else { 0 };
    (rounded(95 * wholesale, 1_000) + 130 + peak).max(0)
}

fn is_peak(slot: i64) -> bool {
    (32..38).contains(&local_half_hour(slot))
}

/// `amount / divisor` to the nearest whole number, halves away from zero.
fn rounded(amount: i64, divisor: i64) -> i64 {
    (amount + amount.signum() * divisor / 2) / divisor
}

/// What demand adds over the day, in hundredths of a pound a MWh, for each local hour: a working day in winter and in
/// summer.
const WINTER_DAY: [i64; 24] = [
    -2_100, -2_350, -2_500, -2_550, -2_350, -1_600, -200, 1_500, 1_900, 1_400, 900, 650, 500, 350, 500,
    1_300, 3_100, 4_400, 4_000, 2_500, 1_000, 0, -900, -1_600,
];
const SUMMER_DAY: [i64; 24] = [
    -600, -900, -1_100, -1_100, -900, -200, 1_000, 1_700, 1_300, 300, -500, -1_000, -1_350, -1_500, -1_400,
    -700, 500, 1_900, 2_900, 3_100, 2_700, 1_900, 900, 0,
];

/// The day-ahead price in hundredths of a pound a MWh.
fn wholesale(seed: u64, weather: &Weather) -> Vec<i64> {
    let mut random = SplitMix64::stream(seed, "market");
    let (mut fuel, mut demand) = (0_i64, 0_i64);
    (RATES_FROM..RATES_TO)
        .zip(weather.wind.iter().zip(&weather.sunshine))
        .map(|(slot, (&wind, &sunshine))| {
            fuel = fuel * 9_990 / 10_000 + random.bell(45_000);
            demand = demand * 9_300 / 10_000 + random.bell(160_000);
            let price = 10_900 + 500 * winter(slot) / ONE + daily_shape(slot) + fuel / 1_000 + demand / 1_000;
            let windy = if wind > 0 { wind * 4_300 / 1_000 } else { wind * 1_900 / 1_000 };
            // Panels everywhere shine together, and most of all on low weekend demand.
            let sunny = sunshine * if is_weekend(local_day(slot)) { 8 } else { 6 };
            bend(price - windy - sunny) + spike(slot, wind, &mut random)
        })
        .collect()
}

fn daily_shape(slot: i64) -> i64 {
    let half_hour = local_half_hour(slot);
    let hourly = |table: &[i64; 24], hour: i64| {
        usize::try_from(hour.rem_euclid(24)).ok().and_then(|hour| table.get(hour)).copied().unwrap_or(0)
    };
    // An hour's value holds at its half past; its first half lies half way from the hour before.
    let at = |table: &[i64; 24]| {
        let hour = half_hour / 2;
        if half_hour % 2 == 1 {
            hourly(table, hour)
        } else {
            i64::midpoint(hourly(table, hour - 1), hourly(table, hour))
        }
    };
    let weight = winter(slot) + ONE;
    let shape = (at(&WINTER_DAY) * weight + at(&SUMMER_DAY) * (2 * ONE - weight)) / (2 * ONE);
    if is_weekend(local_day(slot)) { shape * 7 / 10 - 900 } else { shape }
}

/// Prices fall slowly below £15 and more slowly still below zero, where generators switch off.
fn bend(price: i64) -> i64 {
    if price >= 1_500 {
        price
    } else {
        let low = 1_500 - (1_500 - price) * 4 / 5;
        if low >= 0 { low } else { low * 3 / 4 }
    }
}

/// Scarcity on still winter evenings.
fn spike(slot: i64, wind: i64, random: &mut SplitMix64) -> i64 {
    let draw = random.between(0, 999);
    let evening = (33..38).contains(&local_half_hour(slot));
    if evening && wind < -900 && winter(slot) > 0 && draw < 120 { draw * draw + 3_000 } else { 0 }
}
