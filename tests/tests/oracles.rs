//! The engine beside programs that share nothing with it: a table of quantities worked by `tests/oracles/quantities.py`, every local day of
//! twelve zones by `tests/oracles/days.py`, and sums of products in every lane beside `Decimal` and wide whole numbers.
//!
//! The tables are large and made again by `tests/oracles/run.sh`, which says where they are (`KWHEN_ORACLES`); without them those tests are
//! skipped and say so. `KWHEN_ORACLE_CASES` is how many random sums are tried, 10,000 by itself.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::series::{Consumption, RateSeries, VatBasis, merge};
use kwhen::tariff::{CalorificValues, GasConversion, GasUnit, VatRate};
use kwhen::time::{Calendar, Grid, SlotLength, parse_instant};
use kwhen::{Energy, Error, Money, Rounding, UnitRate};
use rust_decimal::Decimal;
use std::fs;

/// A table that another program worked, if it was made.
fn table(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("KWHEN_ORACLES") else {
        eprintln!("skipped: no table of {name} was made; see tests/oracles/run.sh");
        return None;
    };
    Some(fs::read_to_string(std::path::Path::new(&folder).join(name)).expect("the table"))
}

fn mode(name: &str) -> Rounding {
    serde_json::from_value(name.into()).expect("a mode")
}

fn shown(result: Result<String, Error>) -> String {
    match result {
        Ok(text) => text,
        Err(error) if error.is_syntax() => "syntax".into(),
        Err(error) if error.is_precision() => "precision".into(),
        Err(error) if error.is_out_of_range() => "range".into(),
        Err(error) => error.to_string(),
    }
}

macro_rules! of_quantity {
    ($kind:ty, $operation:expr, $arguments:expr) => {{
        let fields: Vec<&str> = $arguments.split(',').collect();
        match $operation {
            "parse" => $arguments.parse::<$kind>().map(|value| value.to_string()),
            "round" => Ok(fields[2]
                .parse::<$kind>()
                .unwrap()
                .round(fields[0].parse().unwrap(), mode(fields[1]))
                .to_string()),
            "sum" => <$kind>::sum(fields.iter().map(|term| term.parse::<$kind>().unwrap()))
                .map(|sum| sum.to_string()),
            other => {
                <$kind>::parse_rounded($arguments, mode(other.strip_prefix("parse-").expect("an operation")))
                    .map(|value| value.to_string())
            }
        }
    }};
}

fn answer(operation: &str, kind: &str, arguments: &str) -> String {
    let fields: Vec<&str> = arguments.split(',').collect();
    let vat = || VatRate::from_hundredths_of_percent(fields[0].parse().unwrap()).unwrap();
    let money = |place: usize| fields[place].parse::<Money>().unwrap();
    shown(match operation {
        "product" => {
            Ok((fields[0].parse::<Energy>().unwrap() * fields[1].parse::<UnitRate>().unwrap()).to_string())
        }
        "times" => money(0).times(fields[1].parse().unwrap()).map(|product| product.to_string()),
        "tax" => vat().on(money(1)).map(|due| due.to_string()),
        "without-tax" => vat().net_of(money(1)).map(|net| net.to_string()),
        "rate-with-tax" => vat().on_rate(fields[1].parse().unwrap()).map(|rate| rate.to_string()),
        "gas" => {
            let value = fields[1].parse().unwrap();
            let gas = GasConversion {
                unit: serde_json::from_value::<GasUnit>(fields[0].into()).unwrap(),
                calorific_values: CalorificValues::Fixed(value),
                kwh_rounding: Some((fields[2].parse().unwrap(), mode(fields[3]))),
            };
            gas.energy(fields[4].parse().unwrap(), value).map(|energy| energy.to_string())
        }
        other => match kind {
            "energy" => of_quantity!(Energy, other, arguments),
            "rate" => of_quantity!(UnitRate, other, arguments),
            _ => of_quantity!(Money, other, arguments),
        },
    })
}

#[test]
fn quantities_come_to_what_another_program_worked() {
    let Some(table) = table("quantities.txt") else { return };
    let mut wrong = Vec::new();
    for row in table.lines() {
        let [operation, kind, arguments, expected] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let answer = answer(operation, kind, arguments);
        if answer != expected {
            wrong.push(format!("{row}: {answer}"));
        }
    }
    let rows = table.lines().count();
    assert!(wrong.is_empty(), "{} of {rows} rows: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    println!("{rows} rows agree");
}

#[test]
fn local_days_are_where_another_program_has_them() {
    let Some(table) = table("days.txt") else { return };
    let mut known: Option<(String, Calendar)> = None;
    let mut wrong = Vec::new();
    for row in table.lines() {
        let fields: Vec<&str> = row.split('|').collect();
        if known.as_ref().is_none_or(|(zone, _)| zone != fields[0]) {
            known = Some((fields[0].to_owned(), Calendar::named(fields[0]).expect("a zone")));
        }
        let calendar = &known.as_ref().unwrap().1;
        let found = match calendar.day(fields[1].parse().expect("a date")) {
            Ok(day) => format!("{}|{}", day.from().timestamp(), day.to().timestamp()),
            Err(_) => "none".to_owned(),
        };
        if found != fields[2..].join("|") {
            wrong.push(format!("{row}: {found}"));
        }
    }
    let rows = table.lines().count();
    assert!(wrong.is_empty(), "{} of {rows} days: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    println!("{rows} days agree");
}

/// Numbers that look like chance and are the same every time (splitmix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A count of units of a magnitude and a step, of either sign where that is asked for.
    fn units(&mut self, (most, step): (u64, i64), signed: bool) -> i64 {
        // The edge of a lane now and then.
        let magnitude = if self.below(8) == 0 { most } else { self.below(most + 1) };
        let units = i64::try_from(magnitude).unwrap() * step;
        if signed && self.below(2) == 0 { -units } else { units }
    }
}

/// What fits 16 bits, 32 bits and no fewer than 64, in steps of a power of ten: the lanes that a column may take.
const MAGNITUDES: [(u64, i64); 7] = [
    (32_767, 100_000),
    (32_767, 1),
    (1_000, 1_000_000),
    (2_147_483_647, 1),
    (2_147_483_647, 10_000),
    (100_000_000_000_000_000, 1),
    (40_000_000_000, 1),
];

/// Each sum of products as the series' own lanes give it, beside the same series with a value at its end that no narrow lane holds, beside
/// 128-bit whole numbers, and beside `Decimal` wherever its 96 bits hold every digit.
#[test]
fn sums_in_narrow_lanes_are_those_in_wide_ones_and_those_of_decimals() {
    let cases: u64 = match std::env::var_os("KWHEN_ORACLE_CASES") {
        Some(count) => count.to_str().expect("a number").parse().expect("a number of cases"),
        None => 10_000,
    };
    let mut draws = Draws(20_261_130);
    let start = parse_instant("2026-01-01T00:00:00Z").unwrap();
    let mut by_decimal = 0;
    for case in 0..cases {
        let slots = 1 + usize::try_from(draws.below(if case % 16 == 0 { 400 } else { 70 })).unwrap();
        let of_energy = MAGNITUDES[usize::try_from(draws.below(7)).unwrap()];
        let of_rate = MAGNITUDES[usize::try_from(draws.below(7)).unwrap()];
        let (signed, flat, holes) = (draws.below(3) == 0, draws.below(4) == 0, draws.below(4) == 0);
        let constant = draws.units(of_rate, true);
        let mut energies: Vec<Option<i64>> = Vec::new();
        let mut rates: Vec<i64> = Vec::new();
        for _ in 0..slots {
            let missing = holes && draws.below(5) == 0;
            let energy = draws.units(of_energy, signed);
            energies.push((!missing).then_some(energy));
            rates.push(if flat { constant } else { draws.units(of_rate, true) });
        }
        // The last slot is beyond the range that is summed; one value there puts the whole column into the widest lane.
        let series = |last: i64| {
            let grid = Grid::new(start, SlotLength::HALF_HOUR, slots + 1).unwrap();
            let energy = |units: i64| Energy::from_units(units).unwrap();
            let readings: Vec<Option<Energy>> =
                energies.iter().map(|units| units.map(energy)).chain([Some(energy(last))]).collect();
            let prices: Vec<Option<UnitRate>> = rates
                .iter()
                .copied()
                .chain([last])
                .map(|units| Some(UnitRate::from_units(units).unwrap()))
                .collect();
            (
                Consumption::on_slots(grid, &readings).unwrap(),
                RateSeries::on_slots(&grid, VatBasis::Exclusive, &prices).unwrap(),
            )
        };
        let from = usize::try_from(draws.below(u64::try_from(slots).unwrap())).unwrap();
        let range = from..slots;
        let sums = |last: i64| {
            let (readings, prices) = series(last);
            let merged = merge(&readings, &prices).unwrap();
            let cost = merged.cost(range.clone(), VatBasis::Exclusive).map(Money::units);
            let energy = merged.energy(range.clone()).map(Energy::units);
            (shown(cost.map(|units| units.to_string())), shown(energy.map(|units| units.to_string())))
        };
        let own = sums(0);
        assert_eq!(own, sums(Energy::MAX.units() - 1), "case {case}, {slots} slots from {from}");

        let pairs: Vec<(i64, i64)> =
            range.clone().filter_map(|place| Some((energies[place]?, rates[place]))).collect();
        let wide = |sum: i128, most: i128| {
            if sum.abs() <= most { sum.to_string() } else { "range".to_owned() }
        };
        let energy: i128 = pairs.iter().map(|(energy, _)| i128::from(*energy)).sum();
        assert_eq!(own.1, wide(energy, Energy::MAX.units().into()), "case {case}");
        let product: i128 = pairs.iter().map(|(energy, rate)| i128::from(*energy) * i128::from(*rate)).sum();
        let cost = product
            .checked_mul(10_000)
            .map_or_else(|| "range".to_owned(), |units| wide(units, Money::MAX.units()));
        assert_eq!(own.0, cost, "case {case}");

        // 96 bits hold some 28 digits: within them, Decimal multiplies and adds exactly.
        let digits: u128 = pairs
            .iter()
            .map(|(energy, rate)| u128::from(energy.unsigned_abs()) * u128::from(rate.unsigned_abs()))
            .sum();
        if digits < 10_u128.pow(28) && own.0 != "range" {
            let sum: Decimal =
                pairs.iter().map(|(energy, rate)| Decimal::new(*energy, 8) * Decimal::new(*rate, 8)).sum();
            let money = Money::from_units(own.0.parse().unwrap()).unwrap();
            assert_eq!(money.to_decimal().unwrap(), sum.normalize(), "case {case}");
            by_decimal += 1;
        }
    }
    println!("{cases} cases agree, {by_decimal} of them with Decimal too");
    assert!(by_decimal > cases / 3, "{by_decimal}");
}
