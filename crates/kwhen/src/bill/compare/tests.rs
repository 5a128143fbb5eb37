use super::*;
use crate::bill::MissingReadings;
use crate::quantity::UnitRate;
use crate::series::Prices;
use crate::tariff::{Customer, Fuel, TariffDefinition, VatTable};
use crate::time::{Grid, SlotLength, parse_instant};
use proptest::prelude::*;

fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), Calendar::great_britain()).unwrap()
}

fn go(clock: &str, night: &str, weekend: bool) -> Tariff {
    let day = if weekend {
        r#"{"name": "day", "from": "05:30", "to": "00:30", "days": ["mon","tue","wed","thu","fri"], "rate": "31.37"},
           {"name": "weekend", "from": "05:30", "to": "00:30", "days": ["sat","sun"], "months": [1,2,3,4,5,6,7,8,9], "rate": "21"},
           {"name": "autumn weekend", "from": "05:30", "to": "00:30", "days": ["sat","sun"], "months": [10,11,12], "rate": "22"}"#
    } else {
        r#"{"name": "day", "from": "05:30", "to": "00:30", "rate": "31.37"}"#
    };
    tariff(&format!(
        r#"{{"code": "GO-{clock}-{night}", "clock": "{clock}", "climate_change_levy": {{}},
            "standing_charges": [{{"to": "2026-09-15", "price": "47.85"}}, {{"from": "2026-09-15", "price": "51.1"}}],
            "bands": [{{"name": "night", "from": "00:30", "to": "05:30", "rate": "{night}"}}, {day}]}}"#
    ))
}

/// Readings around the end of a month, the VAT change and the autumn clock change.
fn readings() -> impl Strategy<Value = Consumption> {
    prop::collection::vec(prop::option::weighted(0.97, 0_i64..4_000), 3_000..4_200).prop_map(|readings| {
        let start = parse_instant("2026-08-10T11:30:00Z").unwrap();
        let grid = Grid::new(start, SlotLength::HALF_HOUR, readings.len()).unwrap();
        let readings: Vec<_> =
            readings.into_iter().map(|wh| wh.map(|wh| Energy::from_units(wh * 100_000).unwrap())).collect();
        Consumption::on_slots(grid, &readings).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_figure_is_the_one_that_a_bill_gives(consumption in readings(), utc in any::<bool>(), weekend in any::<bool>(), night in -500_i64..1_500) {
        let night = UnitRate::from_units(night * 1_000_000).unwrap().to_string();
        let tariff = go(if utc { "utc" } else { "local" }, &night, weekend);
        let period = consumption.grid().span().unwrap();
        let calendar = Calendar::great_britain();
        let workload = Workload::new(&consumption, period, calendar, &tariff.vat(), MissingReadings::Exclude).unwrap();
        let fast = workload.price(&tariff).unwrap();
        let slow = workload.price_by_bill(&tariff, &BillingRules::exact()).unwrap();
        let by_series = Tariff { unit_rates: UnitRates::Series(tariff.unit_rates.series(period).unwrap()), ..tariff.clone() };
        let series = workload.price(&by_series).unwrap();
        for other in [slow, series] {
            prop_assert_eq!(fast.net_minor, other.net_minor);
            prop_assert_eq!(fast.vat_minor, other.vat_minor);
            prop_assert_eq!(fast.total_minor, other.total_minor);
            prop_assert_eq!(fast.standing_minor, other.standing_minor);
            prop_assert_eq!(fast.kwh, other.kwh);
            prop_assert_eq!(&fast.coverage, &other.coverage);
            prop_assert_eq!(&fast.months, &other.months);
        }
        prop_assert_eq!(Money::sum(fast.months.iter().copied()).unwrap(), fast.total_minor);
    }
}

#[test]
fn tariffs_are_ranked_and_what_prices_less_comes_last() {
    let calendar = Calendar::great_britain();
    let period =
        Span::new(calendar.parse("2026-03-01").unwrap(), calendar.parse("2026-05-01").unwrap()).unwrap();
    let consumption =
        Consumption::constant(Grid::covering(period, SlotLength::HALF_HOUR).unwrap(), "1".parse().unwrap());
    let tariffs = [
        tariff(r#"{"code": "FLAT", "unit_rate": "20"}"#),
        tariff(
            r#"{"code": "SPRING", "rates": [{"to": "2026-04-01", "price": "30"}, {"from": "2026-04-01", "price": "9"}]}"#,
        ),
        tariff(r#"{"code": "HALF", "rates": [{"from": "2026-04-01", "price": "1"}]}"#),
        tariff(r#"{"code": "NEVER", "rates": [{"to": "2025-04-01", "price": "1"}]}"#),
    ];
    let export = Consumption::constant(*consumption.grid(), "0.5".parse().unwrap());
    let outgoing = [tariff(r#"{"code": "OUT", "direction": "export", "unit_rate": "10"}"#)];
    let request = CompareRequest::new(&consumption, &tariffs, period).calendar(calendar);
    let comparison = compare(&request).unwrap();
    let ranked: Vec<(&str, bool)> =
        comparison.tariffs.iter().map(|t| (t.code.as_str(), t.comparable)).collect();
    assert_eq!(ranked, [("SPRING", true), ("FLAT", true), ("HALF", false)]);
    assert_eq!(comparison.unpriced.len(), 1);
    assert!(comparison.unpriced[0].reason.contains("NEVER"));
    // March has 31 days less an hour: 1486 half-hours; April 1440.
    let months: Vec<_> = comparison
        .months
        .iter()
        .map(|m| (m.period.label.as_str(), m.code.as_str(), m.saved_minor.to_string()))
        .collect();
    assert_eq!(months, [("2026-03", "FLAT", "15603".to_owned()), ("2026-04", "SPRING", "0".to_owned())]);
    assert_eq!(comparison.tariffs[0].average_minor_per_kwh.unwrap().to_string(), "20.6483");
    let with_export = compare(&request.clone().exported(&export, &outgoing)).unwrap();
    let flat = with_export.tariffs.iter().find(|t| t.code == "FLAT").unwrap();
    assert_eq!(flat.export_code.as_deref(), Some("OUT"));
    // 2926 × 20 × 1.05 − 2926 × 0.5 × 10
    assert_eq!(
        (flat.total_minor.to_string().as_str(), flat.export_minor.unwrap().to_string().as_str()),
        ("46816", "14630")
    );
    // March and April of 61 days are 2926 half-hours; as far again to the end of May is 4414 of them. Nothing but energy here.
    let end = calendar.parse("2026-06-01").unwrap();
    let whole = Span::new(period.from(), end).unwrap();
    let place = with_export.tariffs.iter().position(|t| t.code == "FLAT").unwrap();
    let projected = &with_export.project(whole, &calendar).unwrap()[place];
    assert_eq!((projected.slots, projected.billed_slots), (4414, 2926));
    // 4414 × 20 × 1.05 − 4414 × 0.5 × 10
    assert_eq!(projected.total_minor.to_string(), "70624");
    assert!(projected.rests_on.contains("export as in 2926 slots"), "{}", projected.rests_on);
    let early = Span::new(calendar.parse("2026-02-01").unwrap(), end).unwrap();
    assert!(with_export.project(early, &calendar).unwrap_err().is_misaligned());
    let rounded = compare(&request.rules(BillingRules::octopus())).unwrap();
    assert_eq!(rounded.tariffs.len(), 3);
    let wrong_way = CompareRequest::new(&consumption, &outgoing, period);
    assert!(compare(&wrong_way).unwrap_err().is_unsupported());
}

#[test]
fn a_band_that_ends_inside_a_slot_is_not_guessed() {
    let odd = tariff(
        r#"{"code": "ODD", "bands": [{"from": "00:10", "to": "05:10", "rate": "1"}, {"from": "05:10", "to": "00:10", "rate": "2"}]}"#,
    );
    let day = Calendar::great_britain().day("2026-03-10".parse().unwrap()).unwrap();
    let consumption =
        Consumption::constant(Grid::covering(day, SlotLength::HALF_HOUR).unwrap(), "1".parse().unwrap());
    let vat = VatTable::great_britain(Fuel::Electricity, Customer::Domestic, Direction::Import);
    let workload =
        Workload::new(&consumption, day, Calendar::great_britain(), &vat, MissingReadings::Exclude).unwrap();
    assert!(workload.price(&odd).unwrap_err().is_misaligned());
    let flat = Tariff::from_series("FLAT", RateSeries::flat(Prices::Inclusive("21".parse().unwrap())), None);
    assert_eq!(workload.price(&flat).unwrap().net_minor.to_string(), "960");
}
