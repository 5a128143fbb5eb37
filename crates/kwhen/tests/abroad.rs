//! Bills of other countries against figures worked by `tests/golden/abroad/work.py`, which shares nothing with the engine.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::bill::{Bill, BillOptions, Grouping};
use kwhen::quantity::Currency;
use kwhen::series::{Consumption, RateInSlot, VatBasis};
use kwhen::tariff::{Tariff, TariffDefinition};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use kwhen::{Energy, Money, RateSeries, UnitRate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

fn case(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/golden/abroad/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).expect("a case")).expect("JSON")
}

struct Worked {
    calendar: Calendar,
    consumption: Consumption,
    exported: Option<Consumption>,
    spot: Option<RateSeries>,
    period: Span,
    options: BillOptions,
}

impl Worked {
    fn of(case: &Value) -> Self {
        let calendar = Calendar::named(case["zone"].as_str().unwrap()).unwrap();
        let at = |value: &Value| calendar.parse(value.as_str().unwrap()).unwrap();
        let readings = &case["readings"];
        let minutes = u32::try_from(readings["slot_minutes"].as_u64().unwrap()).unwrap();
        let whole = Span::new(at(&readings["first"]), at(&readings["day_after_last"])).unwrap();
        let grid = Grid::covering(whole, SlotLength::from_minutes(minutes).unwrap()).unwrap();
        let modulus = readings["modulus"].as_i64().unwrap();
        let small = &case["options"]["small_in_month"];
        let values: Vec<_> = grid
            .slots()
            .map(|slot| {
                let wh = (7_919 * slot.index as i64 + 13) % modulus;
                let month = u64::from(chrono::Datelike::month(&calendar.local(slot.span.from())));
                let by = if Some(month) == small.as_u64() {
                    case["options"]["small_by"].as_i64().unwrap()
                } else {
                    1
                };
                Some(Energy::from_units(wh * 100_000 / by).unwrap())
            })
            .collect();
        let consumption = Consumption::on_slots(grid, &values).unwrap();
        let exported = case["exported"].as_object().map(|sold| {
            let of = |field: &str| sold[field].as_i64().unwrap();
            let sold = |slot: kwhen::time::Slot| {
                let hour = i64::from(chrono::Timelike::hour(&calendar.local(slot.span.from())));
                let open = (of("from_hour")..of("to_hour")).contains(&hour);
                let wh = if open { (4_271 * slot.index as i64 + 7) % of("modulus") } else { 0 };
                Some(Energy::from_units(wh * 100_000).unwrap())
            };
            Consumption::on_slots(grid, &grid.slots().map(sold).collect::<Vec<_>>()).unwrap()
        });
        let spot = case["spot"].as_object().map(|spot| {
            let start = chrono::DateTime::from_timestamp(spot["start"].as_i64().unwrap(), 0).unwrap();
            let count = usize::try_from(spot["count"].as_u64().unwrap()).unwrap();
            let minutes = u32::try_from(spot["slot_minutes"].as_u64().unwrap()).unwrap();
            let grid = Grid::new(start, SlotLength::from_minutes(minutes).unwrap(), count).unwrap();
            let rate = |place: i64| Some(UnitRate::from_units((place * 37 % 101 - 10) * 25_000_000).unwrap());
            let rates: Vec<_> = (0..count as i64).map(rate).collect();
            RateSeries::on_slots(&grid, VatBasis::Exclusive, &rates).unwrap()
        });
        let rate_in_slot =
            if case["options"]["rate_in_slot"] == "mean" { RateInSlot::Mean } else { RateInSlot::Refuse };
        Self {
            calendar,
            consumption,
            exported,
            spot,
            period: Span::new(at(&case["from"]), at(&case["to"])).unwrap(),
            options: BillOptions { calendar, rate_in_slot, ..BillOptions::default() },
        }
    }

    fn tariff(&self, definition: &Value) -> kwhen::Result<Tariff> {
        let definition: TariffDefinition = serde_json::from_value(definition.clone()).expect("a definition");
        definition.tariff_at(self.calendar, self.spot.as_ref())
    }

    fn bill(&self, definition: &Value, grouping: Option<PeriodKind>) -> kwhen::Result<Bill> {
        let options = BillOptions { grouping: grouping.map(Grouping::Periods), ..self.options.clone() };
        self.tariff(definition)?.bill_both(
            &self.consumption,
            self.exported.as_ref(),
            self.period,
            &[],
            &options,
        )
    }
}

/// Everything that the case says, and that pieces by month and by day sum to the whole.
fn check(name: &str) -> Bill {
    let case = case(name);
    let worked = Worked::of(&case);
    let expected = &case["expected"];
    let bill = worked.bill(&case["tariff"], Some(PeriodKind::Month)).expect(name);
    let shown = serde_json::to_value(&bill).unwrap();
    for field in ["kwh", "net_minor", "vat_minor", "total_minor"] {
        if !expected[field].is_null() {
            assert_eq!(shown[field], expected[field], "{name}: {field}\n{:#}", shown["lines"]);
        }
    }
    if let Some(kinds) = expected["kinds"].as_object() {
        let mut found: BTreeMap<String, Money> = BTreeMap::new();
        for line in &bill.lines {
            let sum = found.entry(line.kind.name().to_owned()).or_default();
            *sum = Money::sum([*sum, line.net_minor]).unwrap();
        }
        let found: BTreeMap<_, _> =
            found.into_iter().map(|(kind, sum)| (kind, json!(sum.to_string()))).collect();
        let kinds: BTreeMap<_, _> = kinds.clone().into_iter().collect();
        assert_eq!(found, kinds, "{name}\n{:#}", shown["lines"]);
    }
    if let Some(months) = expected["months"].as_object() {
        for month in bill.periods.iter().flatten() {
            assert_eq!(
                json!(month.net_minor.to_string()),
                months[&month.period.label],
                "{name}: {}",
                month.period.label
            );
        }
    }
    assert!(bill.coverage.is_complete(), "{name}");
    let by_day = worked.bill(&case["tariff"], Some(PeriodKind::Day)).expect(name);
    let days = by_day.periods.iter().flatten();
    assert_eq!(Money::sum(days.map(|day| day.total_minor)).unwrap(), bill.total_minor, "{name} by day");
    bill
}

#[test]
fn berlin_pays_spot_prices_and_a_grid_fee_by_quarter_at_both_clock_changes() {
    for name in ["berlin-spring", "berlin-autumn"] {
        let bill = check(name);
        assert_eq!((bill.currency, bill.minor_digits), (Currency::EUR, 2));
        assert!(bill.lines.iter().any(|line| line.description == "Netzentgelt at 15.05 ct/kWh"));
    }
}

#[test]
fn brussels_pays_for_its_monthly_peaks_up_to_a_ceiling() {
    let bill = check("brussels-capacity");
    let peaks: Vec<_> = bill
        .lines
        .iter()
        .filter(|line| line.kind.name() == "capacity")
        .map(|line| &line.description)
        .collect();
    assert_eq!(peaks.len(), 4, "{peaks:?}");
    assert!(peaks[0].starts_with("Capaciteitstarief ") && peaks[0].ends_with(" kW, 2026-01"), "{peaks:?}");
}

#[test]
fn oslo_pays_by_steps_and_gets_support() {
    check("oslo-steps");
    check("oslo-month-before");
}

#[test]
fn stockholm_counts_night_hours_half() {
    check("stockholm-peaks");
}

#[test]
fn copenhagen_pays_by_season_and_less_tax_above_a_yearly_amount() {
    check("copenhagen-seasons-and-tax");
}

#[test]
fn tokyo_pays_by_tiers_with_tax_in_the_price() {
    let bill = check("tokyo-tiers");
    assert_eq!(bill.minor_digits, 0);
    assert_eq!(bill.currency.shown(bill.total_minor), "¥59,345");
    // The tax is the part that the prices contain.
    let tax = Money::sum([bill.total_minor, -bill.net_minor]).unwrap();
    assert_eq!(tax, bill.vat_minor);
}

#[test]
fn melbourne_has_its_midday_free_up_to_an_amount_a_cycle() {
    check("melbourne-free-midday");
}

#[test]
fn paris_has_days_of_colours_from_six_to_six() {
    check("paris-tempo");
}

#[test]
fn vienna_pays_at_least_so_much_a_month() {
    check("vienna-minimum");
}

#[test]
fn madrids_credit_for_a_month_is_at_most_its_energy() {
    let bill = check("madrid-surplus");
    let lost: Vec<_> =
        bill.lines.iter().filter(|line| line.description.contains("above what energy costs")).collect();
    assert_eq!(lost.len(), 1, "{:?}", bill.lines);
    assert!(lost[0].description.ends_with("in the month from 2026-04-01"), "{:?}", lost[0]);
}

#[test]
fn amsterdam_sets_a_year_off_by_register_and_pays_by_scale() {
    let bill = check("amsterdam-netting");
    assert!(bill.lines.iter().any(|line| line.description.starts_with("Terugleverkosten, ")));
}

#[test]
fn sydney_pays_for_exports_above_a_free_amount() {
    check("sydney-two-way");
}

#[test]
fn athens_sets_off_by_day_and_by_month() {
    check("athens-netting-day");
    check("athens-netting-month");
}

#[test]
fn exported_energy_is_given_whole_or_the_bill_is_refused() {
    let case = case("madrid-surplus");
    let mut worked = Worked::of(&case);
    let exported = worked.exported.take().unwrap();
    let refused = |worked: &Worked| worked.bill(&case["tariff"], None).unwrap_err().to_string();
    assert!(refused(&worked).contains("--export-consumption"), "{}", refused(&worked));
    let mut slots: Vec<_> = exported.iter().collect();
    slots[30] = None;
    worked.exported = Some(Consumption::on_slots(*exported.grid(), &slots).unwrap());
    assert!(refused(&worked).contains("exported energy is not"), "{}", refused(&worked));
    let quarter = Grid::covering(worked.period, SlotLength::from_minutes(15).unwrap()).unwrap();
    worked.exported = Some(Consumption::constant(quarter, "1".parse().unwrap()));
    assert!(refused(&worked).contains("slots of one length"), "{}", refused(&worked));
    // A scale goes by a whole period.
    let amsterdam = self::case("amsterdam-netting");
    let mut cut = Worked::of(&amsterdam);
    let grid = *cut.consumption.grid();
    for series in [Some(&mut cut.consumption), cut.exported.as_mut()].into_iter().flatten() {
        let slots: Vec<_> = series.iter().take(4_000).collect();
        *series = Consumption::on_slots(grid.part(0..4_000), &slots).unwrap();
    }
    cut.period = grid.part(0..2_000).span().unwrap();
    let error = cut.bill(&amsterdam["tariff"], None).unwrap_err().to_string();
    assert!(error.contains("expected_kwh"), "{error}");
    let mut expected = amsterdam["tariff"].clone();
    expected["components"][1]["scale"]["expected_kwh"] = json!("1500");
    let bill = cut.bill(&expected, None).unwrap();
    // By hand: 83 whole days and 8 hours begin 84 of 365 days: 9900 x 84 / 365.
    let cost = bill.lines.iter().find(|line| line.description.starts_with("Terugleverkosten")).unwrap();
    assert_eq!(cost.net_minor.to_string(), "2278.35616438356164383562");
}

#[test]
fn what_cannot_be_billed_is_refused_with_field_value_and_what_to_do() {
    let brussels = case("brussels-capacity");
    let worked = Worked::of(&brussels);
    let paris_case = case("paris-tempo");
    let paris = Worked::of(&paris_case);
    let oslo = case("oslo-steps");
    let bill = |worked: &Worked, definition: &Value, change: Value| {
        let mut definition = definition.clone();
        for (field, value) in change.as_object().unwrap() {
            definition[field] = value.clone();
        }
        worked.bill(&definition, None).expect_err("an error").to_string()
    };
    let flat = json!({"code": "X", "unit_rate": "20"});
    for (error, wanted) in [
        // Belgium's tax is in no table.
        (bill(&worked, &flat, json!({})), "--tax 21%"),
        // Spain's is not in this year.
        (bill(&worked, &flat, json!({"tax": {"country": "ES"}})), "not known from"),
        (bill(&worked, &flat, json!({"tax": "21"})), "not a rate of tax"),
        (bill(&worked, &flat, json!({"tax": {"country": "XX"}})), "not a country"),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "tiers": {"steps": [{"rate": "1"}]}}]}),
            ),
            "every",
        ),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "tiers": {"every": "year", "steps": [{"up_to_kwh": "9", "rate": "1"}]}}]}),
            ),
            "the last has none",
        ),
        (bill(&worked, &flat, json!({"tax": "6%", "components": [{"name": "C"}]})), "charges nothing"),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "fee": "1", "unit_rate": "2", "every": "day"}]}),
            ),
            "keep one of unit_rate, fee",
        ),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "unit_rate": "2", "every": "day"}]}),
            ),
            "leave it out",
        ),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "refund": {"above": "1", "share": "1"}}]}),
            ),
            "--spot",
        ),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "capacity": {"slot_minutes": 10, "price_per_kw": "1", "every": "month"}}]}),
            ),
            "takes power over 10 minutes",
        ),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "capacity": {"slot_minutes": 15, "months_before": 4, "price_per_kw": "1", "every": "month"}}]}),
            ),
            "the peak of 2025-09 is not known",
        ),
        (
            bill(
                &worked,
                &flat,
                json!({"tax": "6%", "components": [{"name": "C", "rates": [{"from": "2026-02-01", "price": "1"}]}]}),
            ),
            "has no price from",
        ),
        // A list of holidays that ends before the bill does.
        (
            bill(
                &paris,
                &flat,
                json!({"tax": "20%", "unit_rate": null, "holidays": ["2025-12-25"], "bands": [
                {"from": "00:00", "to": "00:00", "rate": "1"}, {"from": "00:00", "to": "00:00", "days": ["holiday"], "rate": "2"}]}),
            ),
            "add its dates of that year",
        ),
        (
            bill(
                &paris,
                &flat,
                json!({"unit_rate": null, "bands": [{"from": "00:00", "to": "00:00", "days": ["holiday"], "rate": "1"}]}),
            ),
            "nor a class of days",
        ),
        (bill(&paris, &flat, json!({"day_classes": {"red": ["2026-13-01"]}})), "not a date"),
        (bill(&paris, &flat, json!({"spot": {}})), "keep one of spot and unit_rate"),
    ] {
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
    // A yearly amount needs the year's readings from its beginning on.
    let copenhagen = case("copenhagen-seasons-and-tax");
    let mut late = Worked::of(&copenhagen);
    let july = late.calendar.parse("2026-07-01").unwrap();
    late.period = Span::new(july, late.period.to()).unwrap();
    assert!(late.bill(&copenhagen["tariff"], None).is_ok(), "the readings go back to January");
    let grid = Grid::covering(late.period, SlotLength::from_minutes(60).unwrap()).unwrap();
    late.consumption = Consumption::constant(grid, "1".parse().unwrap());
    let error = late.bill(&copenhagen["tariff"], None).unwrap_err().to_string();
    assert!(error.contains("pro_rata"), "{error}");
    let unknown: Result<TariffDefinition, _> =
        serde_json::from_value(json!({"code": "X", "unit_rate": "1", "currency": "EURO"}));
    assert!(unknown.unwrap_err().to_string().contains("did you mean EUR"));
    drop(oslo);
}
