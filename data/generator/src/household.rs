//! One household's electricity, appliance by appliance and minute by minute.

use crate::clock::{HOME_FROM, HOME_TO, is_weekend, local_day, offset_minutes, slot_of, weekday};
use crate::random::SplitMix64;
use crate::trigonometry::ONE;
use crate::weather::{Weather, winter};

/// Consumption of each slot in watt-hours, from local midnight of 2025-11-01.
#[must_use]
pub fn consumption(seed: u64) -> Vec<i64> {
    let mut meter = Meter::new();
    always_on(seed, &mut meter);
    fridge(seed, &mut meter);
    let mut random = SplitMix64::stream(seed, "appliances");
    let mut car = SplitMix64::stream(seed, "car");
    for day in 0..365 {
        let charge = charging(day, &mut car);
        if is_away(day) {
            continue;
        }
        appliances(day, &mut random, &mut meter);
        if let Some((start, minutes)) = charge {
            meter.add(day, start, minutes, 7_150);
        }
    }
    meter.watt_hours()
}

/// Generation of each slot in watt-hours: 4 kW of panels on the roof, after the inverter.
#[must_use]
pub fn solar(weather: &Weather) -> Vec<i64> {
    let skip = usize::try_from(HOME_FROM).unwrap_or(0);
    weather
        .sunshine
        .iter()
        .skip(skip)
        .take(slots())
        .map(|watts| (watts * 4 * 96 / 100).min(3_680) / 2)
        .collect()
}

/// Local days that the meter never reported, and runs of slots lost on others.
#[must_use]
pub fn is_lost(slot: i64) -> bool {
    // (local day, first local half-hour, slots): 9 Dec, 22 Jan, 17 Feb (all day), 6 May, 19 Jul, 14 Sep twice.
    const LOST: [(i64, i64, i64); 7] =
        [(38, 27, 1), (82, 14, 5), (108, 0, 48), (186, 9, 1), (260, 40, 1), (317, 3, 1), (317, 30, 1)];
    LOST.iter().any(|&(day, half_hour, count)| {
        let (first, _) = slot_of(day, half_hour * 30);
        (first..first + count).contains(&slot)
    })
}

fn slots() -> usize {
    usize::try_from(HOME_TO - HOME_FROM).unwrap_or(0)
}

/// A week's holiday, 8 to 14 August, and two winter weekends away.
fn is_away(day: i64) -> bool {
    (280..287).contains(&day) || (98..100).contains(&day) || (126..128).contains(&day)
}

/// Watt-minutes of each slot.
struct Meter {
    slots: Vec<i64>,
}

impl Meter {
    fn new() -> Self {
        Self { slots: vec![0; slots()] }
    }

    /// Draws `watts` for `minutes` from a wall-clock minute of a local day; what lies outside the year is dropped.
    fn add(&mut self, day: i64, minute_of_day: i64, minutes: i64, watts: i64) {
        let (mut slot, mut into) = slot_of(day, minute_of_day);
        let mut left = minutes;
        while left > 0 {
            let here = left.min(30 - into);
            self.add_to_slot(slot, here * watts);
            left -= here;
            slot += 1;
            into = 0;
        }
    }

    fn add_to_slot(&mut self, slot: i64, watt_minutes: i64) {
        if let Some(held) = usize::try_from(slot - HOME_FROM).ok().and_then(|index| self.slots.get_mut(index))
        {
            *held += watt_minutes;
        }
    }

    /// Whole watt-hours as a register counts them: what a slot leaves over is counted in the next.
    fn watt_hours(&self) -> Vec<i64> {
        let mut carried = 0;
        self.slots
            .iter()
            .map(|watt_minutes| {
                carried += watt_minutes;
                let whole = carried / 60;
                carried %= 60;
                whole
            })
            .collect()
    }
}

/// Router, standby and alarm and a freezer: 92 to 104 W day and night, and the heating's pump on winter mornings and evenings.
fn always_on(seed: u64, meter: &mut Meter) {
    let mut random = SplitMix64::stream(seed, "always on");
    for slot in HOME_FROM..HOME_TO {
        let half_hour = (slot - HOME_FROM + offset_minutes(slot) / 30).rem_euclid(48);
        let heating =
            winter(slot) > -2_000 && (matches!(half_hour, 12..=17 | 32..=43)) && !is_away(local_day(slot));
        let pump = if heating { 30 + 65 * (winter(slot) + 2_000) / (ONE + 2_000) } else { 0 };
        meter.add_to_slot(slot, 30 * (random.between(92, 104) + pump));
    }
}

/// A compressor that runs about a third of the time.
fn fridge(seed: u64, meter: &mut Meter) {
    let mut random = SplitMix64::stream(seed, "fridge");
    let mut minute = 0;
    while minute < 365 * 1440 {
        let warm = (ONE - winter(HOME_FROM + minute / 30)) * 4 / (2 * ONE);
        let running = random.between(15, 19) + warm;
        meter.add(0, minute, running, random.between(92, 99));
        minute += running + random.between(30, 38);
    }
}

fn appliances(day: i64, random: &mut SplitMix64, meter: &mut Meter) {
    let weekend = is_weekend(day);
    let depth = winter(HOME_FROM + day * 48);
    let wake = if weekend { random.between(470, 540) } else { random.between(375, 400) };
    let sleep = random.between(1_350, 1_420);
    let home_all_day = weekend || weekday(day) == 2 || weekday(day) == 4;

    lights(day, wake, sleep, depth, random, meter);

    // Kettle and toaster at breakfast, kettles through the day, more when somebody is in.
    meter.add(day, wake + 15, 3, 2_900);
    meter.add(day, wake + random.between(20, 35), 4, 1_100);
    meter.add(
        day,
        wake + random.between(5, 20),
        7,
        random.between(7_000, 8_400) * i64::from(random.chance(450)),
    );
    let kettles = if home_all_day { 5 } else { 2 };
    for _ in 0..random.between(kettles - 1, kettles + 1) {
        let from = if home_all_day { wake + 90 } else { 1_050 };
        meter.add(day, random.between(from, sleep - 40), 3, 2_900);
    }

    // Desks on the days at home, the television every evening.
    if home_all_day && !weekend {
        meter.add(day, 530, random.between(470, 520), random.between(95, 130));
    }
    let evening = random.between(1_110, 1_170);
    meter.add(day, evening, sleep - evening, random.between(120, 150));

    cook(day, weekend, random, meter);
    wash(day, weekend, depth, random, meter);
}

fn lights(day: i64, wake: i64, sleep: i64, depth: i64, random: &mut SplitMix64, meter: &mut Meter) {
    // Dark until about 07:00 in winter and from 16:00; in summer from 21:15.
    let dusk = 1_120 - 160 * depth / ONE;
    let dawn = 390 + 85 * depth / ONE;
    if dawn > wake {
        meter.add(day, wake, dawn - wake + 30, random.between(110, 170));
    }
    if sleep > dusk {
        meter.add(day, dusk, sleep - dusk, random.between(110, 190));
    }
}

fn cook(day: i64, weekend: bool, random: &mut SplitMix64, meter: &mut Meter) {
    let dinner = random.between(1_050, 1_130);
    if random.chance(650) {
        meter.add(day, dinner, 12, 2_300);
        meter.add(day, dinner + 12, random.between(15, 35), 950);
    }
    meter.add(day, dinner + random.between(0, 20), random.between(12, 25), random.between(1_100, 1_700));
    if weekend {
        meter.add(day, random.between(720, 780), random.between(15, 30), 1_500);
    }
    // Christmas dinner: day 54.
    if day == 54 {
        meter.add(day, 600, 240, 1_700);
    }
}

fn wash(day: i64, weekend: bool, depth: i64, random: &mut SplitMix64, meter: &mut Meter) {
    if random.chance(if weekend { 700 } else { 300 }) {
        let start = if weekend { random.between(570, 900) } else { random.between(1_060, 1_200) };
        meter.add(day, start, 18, 2_050);
        meter.add(day, start + 18, 70, 190);
        if depth > 3_000 && random.chance(500) {
            meter.add(day, start + 95, random.between(60, 90), 1_000);
        }
    }
    if random.chance(600) {
        let start = random.between(1_200, 1_290);
        meter.add(day, start, 16, 1_950);
        meter.add(day, start + 50, 14, 1_950);
        meter.add(day, start, 95, 70);
    }
}

/// The car charges from a timer at 00:30 on two or three nights a week: start minute and minutes.
fn charging(day: i64, random: &mut SplitMix64) -> Option<(i64, i64)> {
    let nights = random.chance(match weekday(day) {
        0 | 3 => 600,
        5 => 350,
        _ => 120,
    });
    let minutes = random.between(50, 150);
    nights.then_some((30, minutes))
}
