//! Tariffs that others publish, made into definitions and billed: figures worked by hand.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::bill::BillOptions;
use kwhen::series::{Consumption, Prices, RateSeries};
use kwhen::tariff::{Imported, Tariff, TariffDefinition, Taxes, Wanted, import};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use serde_json::Value;

const NORWAY: &str = include_str!("../../../tests/cases/published-tariffs/fjordnett.yml");

fn imported(text: &str, name: Option<&str>) -> kwhen::Result<Imported> {
    import(text.as_bytes(), Wanted { name, called: "file", address: None }, &Calendar::great_britain())
}

fn tariff(imported: &Imported, zone: &str) -> Tariff {
    let definition: TariffDefinition = serde_json::from_value(imported.definition.clone()).unwrap();
    let market = RateSeries::flat(Prices::Exclusive("10".parse().unwrap()));
    definition.tariff_at(Calendar::named(zone).unwrap(), Some(&market)).unwrap()
}

/// 1 kW through some days.
fn lines(
    imported: &Imported,
    zone: &str,
    from: &str,
    to: &str,
    minutes: u32,
    before: Option<&str>,
) -> Vec<(String, String)> {
    let calendar = Calendar::named(zone).unwrap();
    let at = |text: &str| calendar.parse(text).unwrap();
    let period = Span::new(at(from), at(to)).unwrap();
    let whole = Span::new(at(before.unwrap_or(from)), at(to)).unwrap();
    let grid = Grid::covering(whole, SlotLength::from_minutes(minutes).unwrap()).unwrap();
    let used = kwhen::Energy::from_units(100_000_000 * i64::from(minutes) / 60).unwrap();
    let consumption = Consumption::constant(grid, used);
    let mut tariff = tariff(imported, zone);
    if matches!(tariff.taxes, Taxes::Unknown) || tariff.vat().check(period).is_err() {
        tariff.taxes = Taxes::flat("none".parse().unwrap(), None);
    }
    let options = BillOptions { calendar, ..BillOptions::default() };
    let bill = tariff.bill_both(&consumption, Some(&consumption), period, &[], &options).unwrap();
    bill.lines.iter().map(|line| (line.description.clone(), line.net_minor.to_string())).collect()
}

/// By hand: Friday 3 April 2026 is Good Friday, so all of it costs 18.99; on Thursday 9 April 16 hours cost 28.77 and 8 cost 18.99; on
/// 2 February (a Monday) eight hours of the night cost 16.4. 1 kW through April lies in the first step: a twelfth of 1,536 crowns, though
/// nothing of March is known.
#[test]
fn norways_grid_tariff_goes_by_hours_working_days_and_the_months_peaks() {
    let found = imported(NORWAY, None).unwrap();
    assert_eq!(found.dated.as_deref(), Some("2026-02-01"));
    assert!(found.left_out.iter().any(|text| text.contains("OV_TREFASE")), "{:?}", found.left_out);
    let day = |from, to| lines(&found, "Europe/Oslo", from, to, 60, None);
    let of = |lines: &[(String, String)], name: &str| -> Vec<String> {
        lines.iter().filter(|(text, _)| text.starts_with(name)).map(|(_, net)| net.clone()).collect()
    };
    let good_friday = day("2026-04-03", "2026-04-04");
    assert_eq!(of(&good_friday, "Energiledd"), ["455.76"], "{good_friday:?}");
    let thursday = day("2026-04-09", "2026-04-10");
    assert_eq!(of(&thursday, "Energiledd"), ["151.92", "460.32"], "{thursday:?}");
    let monday = day("2026-02-02", "2026-02-03");
    assert_eq!(of(&monday, "Energiledd"), ["131.2", "460.32"], "{monday:?}");
    let april = day("2026-04-01", "2026-05-01");
    assert_eq!(of(&april, "Fastledd"), ["12800"], "{april:?}");
    // The edge of a step belongs to the one above.
    assert!(
        found.toml.contains("edge = \"outside\"") && found.toml.contains("up_to_kw = \"5\""),
        "{}",
        found.toml
    );
    assert!(
        found
            .toml
            .starts_with("# From fri-nettleie (kraftsystemet.no); licence: CC BY 4.0\n# Dated 2026-02-01\n")
    );
    let read: Value = toml::from_str(&found.toml).unwrap();
    assert_eq!(read, found.definition, "the text says what the definition does");
    assert!(imported(NORWAY, Some("næring")).unwrap_err().to_string().contains("no tariff of that name"));
}

const BELGIUM: &str = include_str!("../../../tests/cases/published-tariffs/imewo.yml");

/// By hand, Monday 5 January 2026 with 1 kWh an hour in and out: transmission 24 × 2.59311; 4 hours at 30 ct and 20 at 10; excise 24 × 5.03;
/// the market's 10 × 1.02 + 0.4; 24 exported for 2 ct; a day of 17.85 euros a year; 1 kW is 2.5, for 451.67484667 ct a kW and month.
#[test]
fn belgiums_tariff_has_least_power_schedule_tiers_index_and_injection() {
    let found = imported(BELGIUM, None).unwrap();
    let shown = lines(&found, "Europe/Brussels", "2026-01-05", "2026-01-06", 15, Some("2026-01-01"));
    let net = |name: &str| -> Vec<&str> {
        shown.iter().filter(|(text, _)| text.starts_with(name)).map(|(_, net)| net.as_str()).collect()
    };
    assert_eq!(net("Consumption, transmission"), ["62.23464"], "{shown:?}");
    assert_eq!(net("Consumption, by time"), ["200", "120"], "{shown:?}");
    assert_eq!(net("Consumption, excise, 0 to 3000"), ["120.72"], "{shown:?}");
    assert_eq!(net("Consumption, market"), ["254.4"], "{shown:?}");
    assert_eq!(net("Injection"), ["-48"], "{shown:?}");
    assert_eq!(net("Fixed, data management"), ["4.89041095890410958904"], "{shown:?}");
    for left in ["night_only", "whole"] {
        assert!(found.left_out.iter().any(|text| text.contains(left)), "{left}: {:?}", found.left_out);
    }
    assert!(found.taken.iter().any(|text| text.contains("Belpex15min")), "{:?}", found.taken);
    assert!(
        found.toml.contains("minimum_kw = \"2.5\"") && found.toml.contains("price_per_kw = \"451.67484667\""),
        "{}",
        found.toml
    );
}

/// By hand, 31 March 2026 with 1 kWh an hour: the hours from 17:00 to 21:00 cost 108.57 øre and the others 12.06; 24 × 72 of tax; a 31st of 4,850.
#[test]
fn denmarks_price_list_goes_by_hour_and_date() {
    let found = imported(DENMARK, None).unwrap();
    let shown = lines(&found, "Europe/Copenhagen", "2026-03-31", "2026-04-01", 60, None);
    let net = |name: &str| -> Vec<&str> {
        shown.iter().filter(|(text, _)| text.starts_with(name)).map(|(_, net)| net.as_str()).collect()
    };
    assert_eq!(net("NT-C note"), ["241.2", "434.28"], "{shown:?}");
    assert_eq!(net("ELAFGIFT note"), ["1728"], "{shown:?}");
    assert_eq!(net("ABO note"), ["156.45161290322580645161"], "{shown:?}");
    let april = lines(&found, "Europe/Copenhagen", "2026-04-01", "2026-04-02", 60, None);
    assert!(
        april.iter().any(|(text, net)| text.starts_with("NT-C note at 47.05") && net == "188.2"),
        "{april:?}"
    );
    assert!(found.left_out.iter().any(|text| text.contains("GEBYR")), "{:?}", found.left_out);
    assert_eq!(found.dated.as_deref(), Some("2026-04-01"));
    let two = DENMARK.replacen("Sundnet A/S", "Bæltnet A/S", 1);
    let error = imported(&two, None).unwrap_err().to_string();
    assert!(error.contains("--name") && error.contains("Bæltnet A/S"), "{error}");
    assert!(imported(&two, Some("Sundnet")).is_ok());
}

const AUSTRALIA: &str = include_str!("../../../tests/cases/published-tariffs/plan.json");
const DENMARK: &str = include_str!("../../../tests/cases/published-tariffs/pricelist.json");

/// By hand, Wednesday 6 May 2026 with 1 kWh an hour in and out: six hours at 45 cents, 18 at 22, 24 exported for 5, 110 a day.
#[test]
fn australias_plan_goes_by_time_of_use_with_feed_in() {
    let found = imported(AUSTRALIA, None).unwrap();
    let shown = lines(&found, "Australia/Sydney", "2026-05-06", "2026-05-07", 60, None);
    let nets: Vec<&str> = shown.iter().map(|(_, net)| net.as_str()).collect();
    assert_eq!(nets, ["396", "270", "-120", "110"], "{shown:?}");
    for left in ["Pay on time", "EXIT", "whose clock"] {
        assert!(found.left_out.iter().any(|text| text.contains(left)), "{left}: {:?}", found.left_out);
    }
    let blocks = AUSTRALIA.replace("\"rateBlockUType\": \"timeOfUseRates\",", "\"singleRate\": {\"period\": \"P1D\", \"rates\": [{\"unitPrice\": \"0.3\", \"volume\": 10}, {\"unitPrice\": \"0.4\", \"volume\": 5}, {\"unitPrice\": \"0.5\"}]},");
    let found = imported(&blocks, None).unwrap();
    let shown = lines(&found, "Australia/Sydney", "2026-05-06", "2026-05-07", 60, None);
    let nets: Vec<&str> = shown.iter().map(|(_, net)| net.as_str()).collect();
    assert_eq!(nets, ["300", "200", "450", "-120", "110"], "{shown:?}");
}

#[test]
fn what_is_no_tariff_or_not_whole_is_refused_in_words() {
    for (text, wanted) in [
        ("", "holds nothing"),
        ("{\"a\": 1}", "none of the tariffs that are known"),
        ("a: [1, 2", "neither YAML nor JSON"),
        ("a: &x 1\nb: *x", "which is not followed"),
        ("tariffer: []\ntariffer: []", "stands twice"),
        ("netteier: X\ntariffer: []", "no tariff of that name"),
        ("{\"data\": {\"plans\": []}}", "give the detail of one"),
        (
            "{\"data\": {\"planId\": \"x\", \"electricityContract\": {\"tariffPeriod\": []}}}",
            "parts of the year",
        ),
        ("- start: '2026-01-01'\n  consumption: {constant_cost: 1x}", "1x"),
        ("- start: '2026-01-01'\n  consumption: {constant_cost: 0.00000000000000000001}", "digits"),
    ] {
        let error = imported(text, None).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text:?}: {error}");
    }
    assert!(imported(&"[".repeat(100_000), None).is_err());
    let shifted = NORWAY.replace("timer: 6-21", "timer: 6-24");
    assert!(imported(&shifted, None).unwrap_err().to_string().contains("not hours"), "{shifted}");
}
