//! A car that the supplier charges: hours a day that are cheap, prices of its own, what it drew; hours that are free.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, FOUR_RATES, KEY, MPAN, Server};
use kwhen_tests::command::{kwhen, kwhen_with};
use kwhen_tests::folder::Folder;
use serde_json::{Value, json};

const TARIFF: &str = r#"
code = "E-1R-IOG-SMB-TOU-25-12-12-C"
dispatch_rate = "7"
dispatch_hours = 6
bands = [
    { name = "night", from = "23:30", to = "05:30", rate = "7" },
    { name = "day", from = "05:30", to = "23:30", rate = "27" },
]
device = { off_peak_rate = "6", peak_rate = "30" }
"#;

/// Half-hours of 10 January 2026: 0.5 kWh, 4 in six dispatched ones, 1.5 at 20:00.
fn readings(usual: &str, dispatched: &str, evening: &str) -> String {
    let mut text = "start,kwh\n".to_owned();
    for slot in 0..48 {
        let value = match slot {
            2..=5 | 28 | 29 => dispatched,
            40 => evening,
            _ => usual,
        };
        if !value.is_empty() {
            text.push_str(&format!("2026-01-10T{:02}:{:02}:00Z,{value}\n", slot / 2, slot % 2 * 30));
        }
    }
    text
}

const DISPATCHES: &str = "start,end\n2026-01-09T13:00:00Z,2026-01-09T17:50:00Z\n\
    2026-01-10T01:00:00Z,2026-01-10T03:00:00Z\n2026-01-10T14:00:00Z,2026-01-10T15:00:00Z\n";

fn folder() -> Folder {
    Folder::of([
        ("iog.toml", TARIFF.into()),
        ("meter.csv", readings("0.5", "4", "1.5").into()),
        ("car.csv", readings("", "3.5", "1").into()),
        ("dispatches.csv", DISPATCHES.into()),
    ])
}

const BILL: &str =
    "bill --tariff @/iog.toml --consumption @/meter.csv --dispatches @/dispatches.csv --during 2026-01-10";

/// The figures are worked by hand in the engine's own test of the same day: 829 p without VAT, 745 p where minutes count.
#[test]
fn a_car_is_billed_beside_the_home_and_both_ways_to_count_are_shown() {
    let folder = folder();
    let bill = folder.json(&format!("{BILL} --device-consumption @/car.csv"));
    assert_eq!((&bill["net_minor"], &bill["total_minor"]), (&json!("829"), &json!("870.45")));
    assert_eq!(bill["device"], json!({"kwh": "21", "undispatched_kwh": "1", "capped_slots": 0}));
    assert_eq!(
        bill["allowance"],
        json!({"hours": 6, "counted": "half-hours", "cheap_slots": 4, "beyond_slots": 2, "otherwise": {
            "counted": "minutes", "cheap_slots": 5, "beyond_slots": 1, "total_minor": "782.25", "difference_minor": "-88.2"}})
    );
    let page = folder.run(&format!("{BILL} --device-consumption @/car.csv")).stdout_of_success();
    assert!(
        page.contains("The car: 21.000 kWh at prices of its own; 1.000 kWh that it drew without a dispatch are billed with the home's.")
            && page.contains("Dispatched: 4 half-hours within 6 hours from midday to midday, 2 beyond, counted by half-hours. By minutes: 5 within, 1 beyond, and "),
        "{page}"
    );
    let minutes = folder.json(&format!("{BILL} --device-consumption @/car.csv --dispatch-count minutes"));
    assert_eq!(minutes["total_minor"], "782.25");
    // All hours are cheap where as many are allowed: two more half-hours of the car at 6 p.
    let all = folder.json(&format!("{BILL} --device-consumption @/car.csv --dispatch-hours 24"));
    assert_eq!(all["net_minor"], "661");
}

#[test]
fn what_the_car_drew_is_what_its_dispatches_say_where_nobody_else_does() {
    let folder = folder();
    let rows: Vec<Value> = [
        ("2026-01-09T13:00:00Z", "2026-01-09T17:50:00Z", "-30"),
        ("2026-01-10T01:00:00Z", "2026-01-10T03:00:00Z", "-14"),
        ("2026-01-10T14:00:00Z", "2026-01-10T15:00:00Z", "-7"),
    ]
    .map(|(start, end, delta)| json!({"start": start, "end": end, "delta": delta}))
    .to_vec();
    folder.file("told.json", Value::from(rows).to_string());
    let outcome = folder.run(&BILL.replace("dispatches.csv", "told.json --format json"));
    assert!(outcome.stderr.contains("what the car drew is what its dispatches say"), "{}", outcome.stderr);
    let bill: Value = serde_json::from_str(&outcome.stdout).unwrap();
    // 3.5 kWh in each of the six half-hours, and nothing at 20:00, which is the home's either way.
    assert_eq!((&bill["net_minor"], &bill["device"]["undispatched_kwh"]), (&json!("829"), &json!("0")));
}

#[test]
fn what_lacks_or_is_of_no_use_is_refused() {
    let folder = folder();
    folder.file("gap.csv", "start,kwh\n2026-01-10T01:00:00Z,3.5\n2026-01-10T01:30:00Z,3.5\n");
    folder.file("flat.toml", "code = \"FLAT\"\nunit_rate = \"20\"\n");
    folder.file("half.csv", "start,end,kind\n2026-01-10T13:10,2026-01-10T14:00,free\n");
    for (line, reason) in [
        (BILL.to_owned(), "--device-consumption FILE"),
        (format!("{BILL} --device-consumption @/gap.csv"), "2026-01-10T02:00:00Z"),
        (
            "bill --tariff @/flat.toml --consumption @/meter.csv --device-consumption @/car.csv".to_owned(),
            "of no use",
        ),
        (
            "bill --tariff @/flat.toml --consumption @/meter.csv --sessions @/half.csv".to_owned(),
            "field sessions",
        ),
        ("bill --tariff @/flat.toml --consumption @/meter.csv --sessions @/car.csv".to_owned(), "car.csv"),
    ] {
        let message = folder.refused(&line);
        assert!(message.contains(reason), "{line}: {message}");
    }
    // A comparison leaves it out aloud, by any rules.
    for rules in ["exact", "octopus"] {
        let line = format!(
            "compare --consumption @/meter.csv --tariff @/iog.toml --tariff @/flat.toml --rules {rules}"
        );
        let page = folder.run(&line).stdout_of_success();
        assert!(page.contains("was left out") && page.contains("prices of its own for the car"), "{page}");
    }
}

/// 20 kWh at 20 p in the hour, of which 16 are free; a session that pays points is on no bill.
#[test]
fn a_booked_hour_is_free_up_to_its_limit() {
    let folder = folder();
    folder.file("flat.toml", "code = \"FLAT\"\nunit_rate = \"20\"\n");
    let hour = readings("0.5", "0.5", "0.5")
        .replace("T13:00:00Z,0.5", "T13:00:00Z,10")
        .replace("T13:30:00Z,0.5", "T13:30:00Z,10");
    let hour = hour.replace("2026-01-10", "2026-08-22");
    folder.file("hour.csv", hour);
    folder.file(
        "sessions.csv",
        "start,end,kind\n2026-08-22T13:00Z,2026-08-22T14:00Z,WEEKEND_HAPPY_HOUR\n2026-08-22T17:00Z,2026-08-22T18:00Z,POWER_DOWN\n",
    );
    let bill = folder.json(
        "bill --tariff @/flat.toml --consumption @/hour.csv --sessions @/sessions.csv --time-zone UTC --customer domestic --tax 5% --currency GBP",
    );
    assert_eq!(bill["net_minor"], "540");
    let free = bill["lines"].as_array().unwrap().iter().find(|line| line["kind"] == "free_hours").unwrap();
    assert_eq!(free["net_minor"], "-320");
    assert!(bill["notices"].to_string().contains("pays points, which are on no bill"), "{}", bill["notices"]);
}

/// The stored tariff of four rates: the rates of a winter's day by hand, 66.67 and 267.8 tenths of a penny, the car's 6 and 30 p.
#[test]
fn a_stored_tariff_of_four_rates_is_fetched_and_billed() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    server.change(|world| {
        world.agreements = Some(vec![(FOUR_RATES.to_owned(), "2025-12-12T00:00:00Z".to_owned(), None)]);
        world.dispatched =
            Some(vec![("2026-03-01T13:00:00+00:00".to_owned(), "2026-03-01T14:00:00+00:00".to_owned())]);
    });
    let url = server.url();
    let fetch = [
        "fetch",
        "everything",
        ACCOUNT,
        "--from",
        "2026-02-20",
        "--instance",
        &url,
        "--allow-http",
        "--store",
        &store,
    ];
    let outcome = kwhen_with(fetch, b"", &[("KWHEN_API_KEY", KEY)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let page = outcome.stdout;
    for kind in
        ["day-unit-rates", "night-unit-rates", "ev-device-off-peak-unit-rates", "ev-device-peak-unit-rates"]
    {
        assert!(page.contains(&format!("{FOUR_RATES} {kind}")), "{page}");
    }
    let bill = kwhen([
        "bill",
        "--store",
        &store,
        "--consumption",
        MPAN,
        "--during",
        "2026-03-01",
        "--format",
        "json",
    ]);
    assert!(bill.stderr.contains("what the car drew is what its dispatches say"), "{}", bill.stderr);
    let bill: Value = serde_json::from_str(&bill.stdout).unwrap();
    let bill = &bill["supplies"][0]["agreements"][0];
    let line = |rate: &str| {
        let lines = bill["lines"].as_array().unwrap();
        lines
            .iter()
            .find(|line| line["rate_minor_per_kwh"] == rate)
            .unwrap_or_else(|| panic!("{rate}: {bill}"))["kwh"]
            .clone()
    };
    assert_eq!(bill["allowance"]["cheap_slots"], 2);
    // The car drew 3.1 kWh by its dispatch, or what the meter read of it where that is less.
    assert_eq!(line("6"), bill["device"]["kwh"]);
    assert!(line("6.667") != Value::Null && line("26.78") != Value::Null);
    let sum: f64 =
        ["6", "6.667", "26.78"].iter().map(|rate| line(rate).as_str().unwrap().parse::<f64>().unwrap()).sum();
    assert!((sum - bill["kwh"].as_str().unwrap().parse::<f64>().unwrap()).abs() < 1e-9);
}
