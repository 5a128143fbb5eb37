//! Inputs that people's reports were about, read through the command; the right values were worked out by hand.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use serde_json::Value;

/// Runs a line in which `@/` is the folder of a case.
#[track_caller]
fn run(case: &str, line: &str) -> Outcome {
    kwhen(line.split_whitespace().map(|word| word.replace("@/", &format!("tests/cases/{case}/"))))
}

#[track_caller]
fn json(case: &str, line: &str) -> Value {
    run(case, &format!("{line} --format json")).json()
}

fn notices(bill: &Value) -> String {
    bill["notices"].to_string()
}

const DISPATCHED: &str =
    "bill --tariff @/iog.toml --consumption @/use.csv --from 2026-11-02 --to 2026-11-03 --dispatches";

#[test]
fn dispatches_are_read_however_they_were_saved() {
    let case = "json-object-where-rows-are-wanted";
    // 13:00-14:00 is two half-hours at 7 p in place of 28 p: 1092 - 2 x 21.
    for file in ["obj.json", "data.json", "pretty.json", "one.json", "nd.json", "page.json"] {
        assert_eq!(json(case, &format!("{DISPATCHED} @/{file}"))["net_minor"], "1050", "{file}");
    }
    let message = run(case, &format!("{DISPATCHED} @/wronghead.csv")).refusal();
    assert!(message.contains("wronghead.csv") && message.contains("none of the columns start"), "{message}");
}

#[test]
fn tables_within_an_object_say_the_same_as_their_rows_alone() {
    let case = "json-object-where-rows-are-wanted";
    let gas = "bill --tariff @/gas.toml --consumption @/use.csv --gas-unit cubic-metres --calorific-values";
    let statement =
        "reconcile --tariff @/e7.toml --consumption @/use.csv --from 2026-11-02 --to 2026-11-03 --statement";
    for (line, rows, object) in [
        ("bill --tariff @/e7.toml --registers", "reg.json", "regobj.json"),
        (gas, "cv.json", "cvobj.json"),
        (statement, "st.json", "stobj.json"),
    ] {
        assert_eq!(
            json(case, &format!("{line} @/{rows}")),
            json(case, &format!("{line} @/{object}")),
            "{object}"
        );
    }
    // 20 kWh at 10 p and two days at 50 p.
    assert_eq!(json(case, "bill --tariff @/e7.toml --registers @/regobj.json")["net_minor"], "300");
}

#[test]
fn a_bump_charge_is_billed_at_the_usual_rate() {
    let bill = json("dispatch-bump-charge", &format!("{DISPATCHED} @/d.json"));
    assert_eq!(bill["net_minor"], "1050");
    assert!(notices(&bill).contains("row 2 stands for a charge that the customer asked for"), "{bill}");
    let csv = run("dispatch-bump-charge", &format!("{DISPATCHED} @/d.json --format csv"));
    assert_eq!(csv.code, 0);
    assert!(csv.stderr.starts_with("note: row 2 stands for a charge"), "{}", csv.stderr);
}

#[test]
fn prices_whose_repeats_are_left_out_hold_until_the_next() {
    let case = "repeated-prices-left-out";
    let bill = |rates: &str, readings: &str, to: &str| {
        json(
            case,
            &format!("bill --rates @/{rates} --consumption @/{readings} --from 2026-11-02T00:00Z --to {to}"),
        )
    };
    // 2 h at 10, 3 h at 12, then 15, 16 and 17.
    let hours = bill("a03-hour.csv", "use.csv", "2026-11-02T08:00Z");
    assert_eq!(
        (&hours["total_minor"], hours["coverage"]["missing_rates"].as_array().unwrap().len()),
        (&"104".into(), 0)
    );
    assert!(notices(&hours).contains("hold until 2026-11-02T08:00:00Z"), "{hours}");
    // 2 at 10, 2 at 11, 12, 13, 2 at 14, 2 at 15, and of the last at 16 the quarter-hour that is known.
    let quarters = bill("a03-quarter.csv", "use15.csv", "2026-11-02T03:00Z");
    assert_eq!(quarters["total_minor"], "141");
    assert_eq!(quarters["coverage"]["missing_rates"][0]["from"], "2026-11-02T02:45:00Z");
    assert_eq!(bill("ends.csv", "use.csv", "2026-11-02T08:00Z")["total_minor"], "101");
    assert_eq!(bill("openends.csv", "use.csv", "2026-11-02T08:00Z")["total_minor"], "101");
}

#[test]
fn a_list_of_monthly_prices_covers_the_ends_of_long_months() {
    let case = "repeated-prices-left-out";
    let october = json(
        case,
        "bill --rates @/monthly.csv --consumption @/useoct.csv --from 2026-10-30T23:00Z --to 2026-11-01T00:00Z",
    );
    assert_eq!(october["total_minor"], "1100"); // 50 half-hours at 22
    let november =
        json(case, "bill --rates @/monthly.csv --consumption @/usenov.csv --from 2026-11-30 --to 2026-12-02");
    assert_eq!(november["total_minor"], "1200"); // 48 half-hours at 25; whether December costs the same is not known
    assert_eq!(november["coverage"]["missing_rates"][0]["from"], "2026-12-01T00:00:00Z");
    assert!(notices(&november).contains("hold until 2026-12-01T00:00:00Z"), "{november}");
}

#[test]
fn times_a_second_off_are_named_and_taken_on_request() {
    let case = "amber-starts-one-second-late";
    let period = "--from 2026-11-02T00:00Z --to 2026-11-02T02:00Z";
    for (rates, readings, named, total) in [
        (
            "rates.csv",
            "use.csv",
            "rates.csv: row 1 (line 2), field valid_from, value \"2026-11-02T00:00:01Z\": is 1 s after 2026-11-02T00:00:00Z",
            "46",
        ),
        (
            "rates3.csv",
            "use.csv",
            "rates3.csv: row 1 (line 2), field valid_to, value \"2026-11-02T00:29:59Z\": is 1 s before 2026-11-02T00:30:00Z",
            "46",
        ),
        ("rates2.csv", "use1.csv", "use1.csv: row 1 (line 2), field interval_start", "40"),
    ] {
        let line = format!("bill --rates @/{rates} --consumption @/{readings} {period}");
        let message = run(case, &line).refusal();
        assert!(message.contains(named) && message.contains("--snap"), "{message}");
        let bill = json(case, &format!("{line} --snap 1s"));
        assert_eq!(bill["net_minor"], total, "{rates}");
        assert!(notices(&bill).contains("seconds off the minute"), "{bill}");
    }
    for rates in ["rates.csv", "rates3.csv"] {
        let line = format!("cheapest --rates @/{rates} --duration 1h");
        assert!(run(case, &line).refusal().contains("--snap"));
        let found = json(case, &format!("{line} --snap 1s"));
        assert_eq!(found["windows"][0]["average_minor_per_kwh"], "10.5");
    }
    for wrong in ["1", "0s", "30s", "1m"] {
        assert_eq!(
            run(case, &format!("cheapest --rates @/rates.csv --duration 1h --snap {wrong}")).code,
            2,
            "{wrong}"
        );
    }
}

#[test]
fn a_meters_error_value_is_noticed_and_left_out_on_request() {
    let case = "meter-glitch-16777215";
    let line = "bill --rates @/r.csv --consumption @/use.csv --from 2026-11-02 --to 2026-11-03";
    let bill = json(case, line);
    assert!(notices(&bill).contains("row 11 holds a number with all bits set"), "{bill}");
    assert!(run(case, line).stdout_of_success().contains("Note: row 11 holds a number with all bits set"));
    let csv = run(case, &format!("{line} --format csv"));
    assert!(csv.stderr.contains("all bits set"), "{}", csv.stderr);
    // 47 half-hours of 0.2 kWh at 25 p.
    let without = json(case, &format!("{line} --connection-kw 23"));
    assert_eq!(without["net_minor"], "235");
    assert_eq!(without["coverage"]["missing_consumption"][0]["from"], "2026-11-02T05:00:00Z");
    assert!(notices(&without).contains("more than the connection carries"), "{without}");
    let compared =
        run(case, "compare --tariff @/r.csv --consumption @/use.csv --from 2026-11-02 --to 2026-11-03");
    assert!(compared.stdout.contains("all bits set"), "{}", compared.stdout);
}

#[test]
fn prices_shorter_than_the_readings_are_refused_with_what_can_be_done() {
    let case = "quarter-hour-prices-half-hour-load";
    // A plan spreads the load evenly and says so; a bill does not guess.
    let plan = run(case, "battery --rates @/i.csv --load @/l.csv --capacity-kwh 5 --kw 3 --format csv");
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert!(
        plan.stderr.contains("readings of 30 minutes are spread evenly over slots of 15"),
        "{}",
        plan.stderr
    );
    let message = run(case, "bill --rates @/i.csv --consumption @/l.csv --format csv").refusal();
    assert!(message.contains("inside the slot of 30 minutes from 2026-11-02T00:00:00Z"), "{message}");
    assert!(message.contains("at the mean of its rates (--rate-in-slot mean)"), "{message}");
    // What the refusal says works: readings as short as the prices.
    let bill = json(case, "bill --rates @/i.csv --consumption @/l15.csv");
    assert_eq!(bill["coverage"]["billed_slots"], 24);
    let plan = json(case, "battery --rates @/i30.csv --load @/l15.csv --capacity-kwh 5 --kw 3");
    let objective: kwhen::Money = plan["cost_minor"].as_str().unwrap().parse().unwrap();
    assert_eq!(objective.round(6, kwhen::Rounding::HalfEven).to_string(), "51.792798"); // by a linear program
}

#[test]
fn what_is_in_other_units_is_noticed_with_the_flag_that_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let readings = file("wh.csv", "start,kwh\n2026-03-01T00:00:00Z,210\n2026-03-01T00:30:00Z,190\n");
    let kwh = file("kwh.csv", "start,kwh\n2026-03-01T00:00:00Z,0.21\n2026-03-01T00:30:00Z,0.19\n");
    let pounds = file(
        "pounds.csv",
        "valid_from,valid_to,value_inc_vat\n2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,0.2450\n",
    );
    let markets =
        file("mwh.csv", "valid_from,valid_to,value_inc_vat\n2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,245\n");
    let pence = file(
        "pence.csv",
        "valid_from,valid_to,value_inc_vat\n2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,24.50\n",
    );
    let bill = |rates: &str, readings: &str, flags: &[&str]| {
        kwhen(
            [&["bill", "--rates", rates, "--consumption", readings, "--format", "json"][..], flags].concat(),
        )
        .json()
    };
    let right = bill(&pence, &kwh, &[]);
    assert_eq!((&right["total_minor"], &right["notices"]), (&"9.8".into(), &Value::Null)); // 0.4 kWh at 24.5 p
    let wh = bill(&pence, &readings, &[]);
    assert!(
        notices(&wh).contains("2 rows (first: row 1) hold more than 69 kW")
            && notices(&wh).contains("--reading-unit wh"),
        "{wh}"
    );
    assert_eq!(bill(&pence, &readings, &["--reading-unit", "wh"])["total_minor"], "9.8");
    assert!(notices(&bill(&pounds, &kwh, &[])).contains("--rate-unit pounds"));
    assert_eq!(bill(&pounds, &kwh, &["--rate-unit", "pounds"])["total_minor"], "9.8");
    assert!(notices(&bill(&markets, &kwh, &[])).contains("--rate-unit pounds-per-mwh"));
    assert_eq!(bill(&markets, &kwh, &["--rate-unit", "pounds-per-mwh"])["total_minor"], "9.8");
    // A page of standing charges as rates, and rates as standing charges.
    let charges = file(
        "charges.json",
        r#"{"count": 1, "next": null, "results": [{"value_exc_vat": 46.4649, "value_inc_vat": 48.788145, "valid_from": "2024-10-01T00:00:00+01:00", "valid_to": null}]}"#,
    );
    assert!(notices(&bill(&charges, &kwh, &[])).contains("give it as such (--standing-charges)"));
    let swapped =
        kwhen(["bill", "--rates", &pence, "--consumption", &kwh, "--standing-charges", "data/rates.csv"])
            .refusal();
    assert!(
        swapped.contains(
            "rates.csv: row 1 (line 2), field valid_to: holds for 30 minutes, and a standing charge holds for days"
        ),
        "{swapped}"
    );
    // Export rates as import: no VAT in records that ended while import had it.
    let export = file(
        "export.csv",
        "valid_from,valid_to,value_exc_vat,value_inc_vat\n2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,15,15\n",
    );
    // The command says besides that these prices bear other VAT than they are billed with.
    let billed = kwhen(["bill", "--rates", &export, "--consumption", &kwh, "--format", "json"]);
    let billed: Value = serde_json::from_str(&billed.stdout).unwrap();
    assert!(notices(&billed).contains("if it is for export"), "{billed}");
    let import = file(
        "import.csv",
        "valid_from,valid_to,value_exc_vat,value_inc_vat\n2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,20,21\n",
    );
    let plan = kwhen([
        "battery",
        "--rates",
        &import,
        "--export-rates",
        &import,
        "--capacity-kwh",
        "5",
        "--kw",
        "3",
        "--format",
        "json",
    ])
    .json();
    assert!(notices(&plan).contains("if it is for import"), "{plan}");
}

#[test]
fn nine_decimals_are_refused_with_the_flag_that_rounds_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rates.csv");
    std::fs::write(&path, "start,rate\n2026-03-01T00:00:00Z,20.123456785\n2026-03-01T00:30:00Z,21\n")
        .unwrap();
    let cheapest = ["cheapest", "--duration", "30m", "--format", "json", "--rates", path.to_str().unwrap()];
    let message = kwhen(cheapest).refusal();
    assert!(
        message.contains("row 1 (line 2), field rate")
            && message.contains("name a rounding (--round half-even)"),
        "{message}"
    );
    let average = |mode: &str| {
        kwhen(cheapest.into_iter().chain(["--round", mode])).json()["windows"][0]["average_minor_per_kwh"]
            .clone()
    };
    assert_eq!(average("half-even"), "20.12345678");
    assert_eq!(average("half-up"), "20.12345679");
    // Where no rounding can be named, none is spoken of.
    let message =
        kwhen(["cheapest", "--duration", "30m", "--rates", "data/rates.csv", "--max-price", "1.123456789"])
            .stderr;
    assert!(!message.contains("name a rounding"), "{message}");
}

#[test]
fn a_page_that_is_not_the_last_is_said_whatever_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.json");
    std::fs::write(&path, r#"{"count": 5, "next": "https://api.example.org/?page=2", "previous": null, "results": [{"consumption": 0.5, "interval_start": "2026-03-01T00:00:00Z", "interval_end": "2026-03-01T00:30:00Z"}]}"#).unwrap();
    let bill = ["bill", "--rates", "data/rates.csv", "--consumption", path.to_str().unwrap(), "--format"];
    assert!(
        notices(&kwhen(bill.into_iter().chain(["json"])).json())
            .contains("4 rows (first: row 2) are on further pages")
    );
    assert!(
        kwhen(bill.into_iter().chain(["text"])).stdout.contains("4 rows (first: row 2) are on further pages")
    );
    assert!(
        kwhen(bill.into_iter().chain(["csv"])).stderr.contains("4 rows (first: row 2) are on further pages")
    );
}
