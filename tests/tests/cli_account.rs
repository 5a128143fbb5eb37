//! All of an account in one run, its completed dispatches, and what is missing and why.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail; the command goes by the clock"
)]

use kwhen_fake_api::{ACCOUNT, AGILE, FLEXIBLE, KEY, Server};
use kwhen_tests::command::{Outcome, kwhen, kwhen_with};
use kwhen_tests::folder::Folder;
use serde_json::Value;

fn fetch(server: &Server, store: &str, words: &[&str]) -> Outcome {
    let url = server.url();
    let place = ["--instance", &url, "--allow-http", "--store", store];
    kwhen_with([&["fetch"], words, &place].concat(), b"", &[("KWHEN_API_KEY", KEY)])
}

fn rows(outcome: &Outcome) -> Vec<Value> {
    assert!(!outcome.stdout.is_empty(), "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn named<'a>(rows: &'a [Value], series: &str) -> &'a Value {
    rows.iter().find(|row| row["series"] == series).unwrap_or_else(|| panic!("no {series} in {rows:?}"))
}

/// Of a tariff only the time in which it is agreed is asked for: Flexible until 31 May 2025, Agile from then on.
#[test]
fn everything_is_fetched_in_one_run_and_a_second_asks_for_the_news_alone() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    let words = ["everything", "--from", "2025-05-01", "--to", "2025-07-01", "--format", "json"];
    let first = fetch(&server, &store, &words);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    let first = rows(&first);
    assert_eq!(named(&first, &format!("dispatches {ACCOUNT}"))["added"], 1);
    // 1 to 30 June, in half-hours.
    assert_eq!(named(&first, &format!("{AGILE} standard-unit-rates"))["added"], 30 * 48);
    let seen = server.seen();
    let asked = |code: &str| -> Vec<(String, String)> {
        let of =
            seen.iter().filter(|seen| seen.path.contains(code) && seen.path.contains("standard-unit-rates"));
        let text = |seen: &kwhen_fake_api::Seen, name: &str| seen.parameter(name).unwrap().to_owned();
        of.map(|seen| (text(seen, "period_from"), text(seen, "period_to"))).collect()
    };
    assert_eq!(asked(FLEXIBLE), [("2025-04-30T23:00:00Z".to_owned(), "2025-05-31T23:00:00Z".to_owned())]);
    assert_eq!(asked(AGILE), [("2025-05-31T23:00:00Z".to_owned(), "2025-06-30T23:00:00Z".to_owned())]);
    server.forget();
    let second = fetch(&server, &store, &words);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert_eq!(named(&rows(&second), &format!("dispatches {ACCOUNT}"))["added"], 0);
    // The account and what is told of it, and no series.
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert!(!paths.iter().any(|path| path.contains("rates") || path.contains("charges")), "{paths:?}");
    let billed =
        ["bill", "--store", &store, "--fuel", "electricity", "--from", "2025-06-05", "--to", "2025-06-06"];
    assert_eq!(kwhen(billed).code, 0);
    // Flexible has prices for two ways to pay, Agile one for all: the gas alone is left out, until somebody says how it is paid.
    let day = ["--from", "2025-06-05", "--to", "2025-06-06"];
    let of_gas = ["--gas-unit", "cubic-metres", "--calorific-value", "39.4", "--format", "json"];
    let bill = |more: &[&str]| kwhen([&["bill", "--store", &store], &day[..], &of_gas, more].concat());
    let some = bill(&[]);
    assert_eq!(some.code, 0, "{}", some.stderr);
    let names = |outcome: &Outcome| -> Vec<String> {
        let bill: Value = serde_json::from_str(&outcome.stdout).unwrap();
        bill["supplies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&some), ["import 2000024512368"]);
    assert!(
        some.stderr.contains("gas 9113681703 is left out")
            && some.stderr.contains("--payment-method direct-debit"),
        "{}",
        some.stderr
    );
    assert_eq!(
        names(&bill(&["--payment-method", "direct-debit"])),
        ["import 2000024512368", "gas 9113681703"]
    );
    let none = bill(&["--fuel", "gas"]);
    assert_eq!((none.code, none.stdout.as_str()), (2, ""), "{}", none.stderr);
    assert!(none.stderr.contains("--payment-method direct-debit or non-direct-debit"), "{}", none.stderr);
    // What fails takes nothing else with it.
    let refused = kwhen([
        "fetch",
        "everything",
        "--from",
        "2025-05-01",
        "--store",
        &store,
        "--instance",
        "http://127.0.0.1:9",
        "--allow-http",
    ]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
}

#[test]
fn what_is_missing_is_said_with_its_reason() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    server.change(|world| {
        world.reading_frequency = "DAILY";
        world.has_no_device = true;
        world.holes.push("2025-06-03T12:00:00Z".parse().unwrap());
    });
    let words = ["everything", ACCOUNT, "--from", "2025-06-01", "--to", "2025-06-06", "--format", "json"];
    let made = fetch(&server, &store, &words);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""));
    let rows = rows(&made);
    let dispatches = named(&rows, &format!("dispatches {ACCOUNT}"));
    assert!(dispatches["passed_over"].as_str().unwrap().contains("Unable to find device"), "{dispatches}");
    let page = kwhen(["fetch", "status", "--store", &store]).stdout_of_success();
    assert!(page.contains("from 2025-06-03T12:00:00Z to 2025-06-03T12:30:00Z: the account's smart meters are set to send readings DAILY"), "{page}");
    let status = kwhen(["fetch", "status", "--store", &store, "--format", "json"]).json();
    let reasons = status.as_array().unwrap().iter().filter(|row| row["reason"].is_string()).count();
    assert_eq!(reasons, 4, "the readings of four meters: {status}");
    assert!(!page.contains("dispatches"), "{page}");
}

#[test]
fn dispatches_are_kept_and_the_hours_that_cannot_be_known_are_said() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    let unsaid = fetch(&server, &store, &["dispatches"]);
    assert_eq!(unsaid.code, 2);
    assert!(unsaid.stderr.contains("kwhen fetch account"), "{}", unsaid.stderr);
    assert_eq!(fetch(&server, &store, &["account", ACCOUNT]).code, 0);
    let planned = fetch(&server, &store, &["dispatches", "--planned", "--format", "csv"]).stdout_of_success();
    let expected = "account,from,to,kwh,source\nA-12AB34CD,2026-03-02T23:30:00Z,2026-03-03T01:00:00Z,10.52,smart-charge\n";
    assert_eq!(planned, expected);
    let status = || kwhen(["fetch", "status", "--store", &store]).stdout_of_success();
    assert!(!status().contains("dispatches"), "what is planned is not kept");
    let completed = fetch(&server, &store, &["dispatches", "--format", "csv"]).stdout_of_success();
    assert_eq!(completed, expected);
    assert!(status().contains("dispatches A-12AB34CD"));
    // Asked before more than a day ago too, there is a time that nobody asked of.
    let kept = kwhen_fetch::store::Store::open(&store).unwrap();
    let before = chrono::Utc::now() - chrono::TimeDelta::hours(40);
    kept.keep_dispatches(ACCOUNT, &[], before).unwrap();
    drop(kept);
    let page = fetch(&server, &store, &["dispatches"]).stdout_of_success();
    assert_eq!(page.matches("not known: dispatches A-12AB34CD from ").count(), 1, "{page}");
    let listed = rows(&fetch(&server, &store, &["dispatches", "--format", "json"]));
    assert_eq!(listed.iter().map(|row| &row["is_known"]).collect::<Vec<_>>(), [true, false]);
    assert!(
        status().contains("they are told for twelve hours alone, and nobody asked in time"),
        "{}",
        status()
    );
    // The rows are what a bill reads.
    let file = folder.file("dispatches.csv", &completed);
    let go = "code = \"GO\"\nstanding_charge = \"50\"\ndispatch_rate = \"7\"\nbands = [{ name = \"night\", from = \"00:30\", to = \"05:30\", rate = \"7\" }, { name = \"day\", from = \"05:30\", to = \"00:30\", rate = \"28\" }]\n";
    let tariff = folder.file("go.toml", go);
    let mut readings = "interval_start,interval_end,consumption\n".to_owned();
    let start: chrono::DateTime<chrono::Utc> = "2026-03-02T00:00:00Z".parse().unwrap();
    for place in 0..96 {
        let at = |place: i32| (start + chrono::TimeDelta::minutes(30 * i64::from(place))).format("%FT%TZ");
        readings += &format!("{},{},1\n", at(place), at(place + 1));
    }
    let readings = folder.file("use.csv", readings);
    let bill = |more: &[&str]| {
        let line = ["bill", "--tariff", &tariff, "--consumption", &readings, "--format", "json"];
        kwhen([&line[..], more].concat()).json()["net_minor"].as_str().unwrap().to_owned()
    };
    // 2 days of 10 half-hours at 7 p and 38 at 28 p, and 100 p; of the three dispatched half-hours two are not cheap already.
    assert_eq!((bill(&[]).as_str(), bill(&["--dispatches", &file]).as_str()), ("2368", "2326"));
}

/// A car of 64 kWh at a charge point of 7 kW, which shall be at 80 % by 07:00 on weekdays and at 90 % by 09:00 at weekends.
#[test]
fn the_plan_of_the_stored_car_needs_no_typing() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    let words = ["everything", "--from", "2026-02-20", "--to", "2026-03-04", "--format", "json"];
    let made = fetch(&server, &store, &words);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""));
    let charge = |words: &[&str]| kwhen([&["charge", "--store", &store, "--format", "json"], words].concat());
    for (from, by, target) in [
        // From Monday evening to Tuesday; from Friday evening to Saturday; from Saturday before its time.
        ("2026-03-02T18:00", "2026-03-03T07:00", "80%"),
        ("2026-02-27T18:00", "2026-02-28T09:00", "90%"),
        ("2026-02-28T08:00", "2026-02-28T09:00", "90%"),
    ] {
        let short = charge(&["--state-of-charge", "50%", "--from", from]);
        let long = charge(&[
            "--rates",
            AGILE,
            "--capacity-kwh",
            "64",
            "--kw",
            "7",
            "--state-of-charge",
            "50%",
            "--target",
            target,
            "--from",
            from,
            "--by",
            by,
        ]);
        assert_eq!((short.code, long.code), (0, 0), "{}{}", short.stderr, long.stderr);
        assert_eq!(short.stdout, long.stdout, "{from}");
    }
    // 30 % of 64 kWh.
    let plan: Value =
        serde_json::from_str(&charge(&["--state-of-charge", "50%", "--from", "2026-03-02T18:00"]).stdout)
            .unwrap();
    assert_eq!((&plan["feasible"], &plan["kwh"]), (&Value::Bool(true), &Value::from("19.2")), "{plan:#}");
    // What is said takes the place of what is stored.
    let said = charge(&[
        "--state-of-charge",
        "50%",
        "--target",
        "60%",
        "--kw",
        "3.5",
        "--from",
        "2026-03-02T18:00",
        "--by",
        "06:00",
    ]);
    let said: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&said["kwh"], &said["to"]),
        (&Value::from("6.4"), &Value::from("2026-03-03T06:00:00Z")),
        "{said:#}"
    );
    // From now on, which is no whole second: what there are no rates for is refused for that.
    let late = kwhen(["charge", "--store", &store, "--state-of-charge", "50%"]).refusal();
    assert!(late.contains("rates") && !late.contains("second"), "{late}");
    server.change(|world| world.has_no_device = true);
    let other = folder.at("other.db");
    assert_eq!(fetch(&server, &other, &words).code, 0);
    let refused =
        kwhen(["charge", "--store", &other, "--state-of-charge", "50%", "--from", "2026-03-02T18:00"])
            .refusal();
    assert!(refused.contains("the store knows no car") && refused.contains("--capacity-kwh"), "{refused}");
    let refused = kwhen(["charge", "--rates", "data/rates.csv", "--state-of-charge", "50%", "--kw", "7"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("say --kwh and --kw"), "{}", refused.stderr);
}
