//! Tariffs of today beside a plain half-hourly bill of as many slots: a year of quarter-hourly prices with grid fees by time, a tax a kWh,
//! VAT and a capacity charge (the limit is 3 times the plain bill), and a tariff in tiers (1.5 times). The answers are compared with plain
//! loops over whole numbers before anything is timed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may fail"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use kwhen::bill::{Bill, BillOptions};
use kwhen::series::{Consumption, VatBasis};
use kwhen::tariff::{Tariff, TariffDefinition};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use kwhen::{Energy, RateSeries, UnitRate};
use kwhen_benches::Random;
use std::hint::black_box;

struct Metered {
    calendar: Calendar,
    grid: Grid,
    period: Span,
    wh: Vec<i64>,
    consumption: Consumption,
    hundredths: Vec<i64>,
    market: RateSeries,
}

impl Metered {
    /// So many slots from the start of 2026 in Berlin.
    fn new(minutes: u32, slots: usize) -> Self {
        let calendar = Calendar::named("Europe/Berlin").expect("a zone");
        let start = calendar.parse("2026-01-01").expect("a date");
        let grid =
            Grid::new(start, SlotLength::from_minutes(minutes).expect("a length"), slots).expect("a grid");
        let mut random = Random::new(11);
        let wh: Vec<i64> = (0..slots).map(|_| random.below(1_500) as i64).collect();
        let hundredths: Vec<i64> = (0..slots).map(|_| random.below(4_300) as i64 - 300).collect();
        let energy: Vec<_> =
            wh.iter().map(|wh| Some(Energy::from_units(wh * 100_000).expect("in range"))).collect();
        let rate: Vec<_> = hundredths
            .iter()
            .map(|rate| Some(UnitRate::from_units(rate * 1_000_000).expect("in range")))
            .collect();
        Self {
            calendar,
            grid,
            period: grid.span().expect("a span"),
            consumption: Consumption::on_slots(grid, &energy).expect("consumption"),
            market: RateSeries::on_slots(&grid, VatBasis::Exclusive, &rate).expect("rates"),
            wh,
            hundredths,
        }
    }

    fn tariff(&self, definition: &str) -> Tariff {
        let definition: TariffDefinition = serde_json::from_str(definition).expect("a definition");
        definition.tariff_at(self.calendar, Some(&self.market)).expect("a tariff")
    }

    fn bill(&self, tariff: &Tariff) -> Bill {
        let options = BillOptions { calendar: self.calendar, ..BillOptions::default() };
        tariff.bill(&self.consumption, self.period, &[], &options).expect("a bill")
    }

    fn hour(&self, slot: usize) -> u32 {
        let at = self.grid.slot(slot).expect("a slot").span.from();
        chrono::Timelike::hour(&self.calendar.local(at))
    }

    fn month(&self, slot: usize) -> u32 {
        let at = self.grid.slot(slot).expect("a slot").span.from();
        let local = self.calendar.local(at);
        chrono::Datelike::year(&local) as u32 * 12 + chrono::Datelike::month0(&local)
    }
}

const SLOTS: usize = 35_040;
const PLAIN: &str =
    r#"{"code": "PLAIN", "currency": "EUR", "tax": "19%", "standing_charge": "32.5", "spot": {}}"#;
const LOADED: &str = r#"{"code": "LOADED", "currency": "EUR", "tax": "19%", "standing_charge": "32.5", "spot": {}, "components": [
    {"name": "Netzentgelt", "bands": [{"from": "00:00", "to": "05:00", "rate": "1.51"}, {"from": "05:00", "to": "17:00", "rate": "7.53"},
        {"from": "17:00", "to": "20:00", "rate": "15.05"}, {"from": "20:00", "to": "24:00", "rate": "7.53"}]},
    {"name": "Stromsteuer", "kind": "tax", "unit_rate": "2.05"},
    {"name": "Leistung", "capacity": {"slot_minutes": 15, "price_per_kw": "400", "every": "month"}}]}"#;
const TIERED: &str = r#"{"code": "TIERED", "currency": "EUR", "tax": "19%", "standing_charge": "32.5",
    "tiers": {"every": "month", "steps": [{"up_to_kwh": "120", "rate": "29.8"}, {"up_to_kwh": "300", "rate": "36.4"}, {"rate": "40.49"}]}}"#;

/// What the lines of a kind come to without tax.
fn net(bill: &Bill, kind: &str) -> String {
    let lines = bill.lines.iter().filter(|line| line.kind.name() == kind);
    kwhen::Money::sum(lines.map(|line| line.net_minor)).expect("a sum").to_string()
}

/// So many 10⁻⁵ cents: Wh times hundredths of a cent a kWh.
fn cents(units: i64) -> String {
    kwhen::Money::from_units(i128::from(units) * 10_i128.pow(15)).expect("money").to_string()
}

fn tariffs_of_today(criterion: &mut Criterion) {
    let half_hours = Metered::new(30, SLOTS);
    let quarters = Metered::new(15, SLOTS);
    let (plain, loaded, tiered) =
        (half_hours.tariff(PLAIN), quarters.tariff(LOADED), half_hours.tariff(TIERED));

    let spot = |of: &Metered| of.wh.iter().zip(&of.hundredths).map(|(wh, rate)| wh * rate).sum::<i64>();
    assert_eq!(net(&half_hours.bill(&plain), "energy"), cents(spot(&half_hours)));
    let bill = quarters.bill(&loaded);
    assert_eq!(net(&bill, "energy"), cents(spot(&quarters)));
    let fee = |slot: usize| -> i64 {
        match quarters.hour(slot) {
            0..5 => 151,
            17..20 => 1_505,
            _ => 753,
        }
    };
    assert_eq!(net(&bill, "grid_fee"), cents((0..SLOTS).map(|slot| quarters.wh[slot] * fee(slot)).sum()));
    assert_eq!(net(&bill, "energy_tax"), cents(quarters.wh.iter().map(|wh| wh * 205).sum()));
    let mut peaks = std::collections::BTreeMap::<u32, i64>::new();
    for slot in 0..SLOTS {
        let peak = peaks.entry(quarters.month(slot)).or_default();
        *peak = quarters.wh[slot].max(*peak);
    }
    // Four times the highest quarter-hour, at 400 cents a kW; the year is whole.
    assert_eq!(net(&bill, "capacity"), cents(peaks.values().map(|wh| wh * 4 * 40_000).sum()));

    let bill = half_hours.bill(&tiered);
    let (mut used, mut costs) = (std::collections::BTreeMap::<u32, i64>::new(), 0_i64);
    for slot in 0..SLOTS {
        let used = used.entry(half_hours.month(slot)).or_default();
        let (from, to) = (*used, *used + half_hours.wh[slot]);
        for (low, high, rate) in [(0, 120_000, 2_980), (120_000, 300_000, 3_640), (300_000, i64::MAX, 4_049)]
        {
            costs += (to.clamp(low, high) - from.clamp(low, high)) * rate;
        }
        *used = to;
    }
    assert_eq!(net(&bill, "energy"), cents(costs));

    let mut group = criterion.benchmark_group("tariffs of today, 35,040 slots");
    group.bench_function("plain half-hourly bill", |b| b.iter(|| black_box(half_hours.bill(&plain))));
    group.bench_function("a year of quarter-hours with grid fees, tax and capacity", |b| {
        b.iter(|| black_box(quarters.bill(&loaded)));
    });
    group.bench_function("three tiers a month", |b| b.iter(|| black_box(half_hours.bill(&tiered))));
    group.finish();
}

criterion_group!(benches, tariffs_of_today);
criterion_main!(benches);
