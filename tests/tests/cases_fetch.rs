//! `kwhen fetch` where the service moves and accounts are odd: two addresses of one installation, tariff codes of other forms, meters
//! without numbers, and every format of every list.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{
    ACCOUNT, AGILE, Answer, EXPORT_MPAN, FLEXIBLE, Fault, GAS_METER, KEY, METER, MPAN, MPRN, Server,
};
use kwhen_tests::command::{Outcome, kwhen, kwhen_with};
use serde_json::Value;

const MONTH: [&str; 4] = ["--from", "2026-02-01", "--to", "2026-03-01"];
const ODD: &str = "BUS-PANELP-12M-FIXED-SEPTEMBER2025";
const GAS: &str = "G-1R-VAR-22-11-01-C";

struct Home {
    folder: tempfile::TempDir,
    addresses: String,
}

impl Home {
    fn at(addresses: &[&str]) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), addresses: addresses.join(",") }
    }

    fn store(&self) -> String {
        self.folder.path().join("kwhen.db").display().to_string()
    }

    fn fetch(&self, format: &str, arguments: &[&str]) -> Outcome {
        let store = self.store();
        let kept = ["--store", store.as_str()];
        // A list of products is printed and not kept.
        let kept = if arguments.first() == Some(&"products") { &[][..] } else { &kept[..] };
        let place = ["--instance", &self.addresses, "--allow-http", "--format", format];
        let arguments = ["fetch"].iter().chain(arguments).chain(&place).chain(kept);
        kwhen_with(arguments, b"", &[("KWHEN_API_KEY", KEY)])
    }

    fn status(&self, format: &str) -> String {
        kwhen(["fetch", "status", "--store", &self.store(), "--format", format]).stdout_of_success()
    }
}

fn server_with(agreements: &[(&str, &str, Option<&str>)]) -> Server {
    let server = Server::start().unwrap();
    let list =
        agreements.iter().map(|(code, from, to)| ((*code).into(), (*from).into(), to.map(str::to_owned)));
    server.change(|world| world.agreements = Some(list.collect()));
    server
}

fn month(what: &str) -> Vec<&str> {
    [what].into_iter().chain(MONTH).collect()
}

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split(',').collect()).collect()
}

fn series<'a>(said: &'a Value, name: &str) -> &'a Value {
    said.as_array()
        .unwrap()
        .iter()
        .find(|one| one["series"] == name)
        .unwrap_or_else(|| panic!("{name}: {said}"))
}

#[test]
fn an_odd_code_of_long_ago_is_passed_over_and_named() {
    let server = server_with(&[
        (ODD, "2020-01-01T00:00:00Z", Some("2021-01-01T00:00:00Z")),
        (AGILE, "2021-01-01T00:00:00Z", None),
    ]);
    let home = Home::at(&[&server.url()]);
    assert!(home.fetch("csv", &["account", ACCOUNT]).stdout_of_success().contains(ODD), "kept");
    let said = home.fetch("json", &month("rates")).json();
    assert_eq!(series(&said, &format!("{AGILE} standard-unit-rates"))["added"], 28 * 48);
    let odd = series(&said, ODD);
    let reason = odd["passed_over"].as_str().unwrap();
    assert!(reason.contains("not a tariff code") && reason.contains("from 2020-01-01"), "{reason}");
    assert_eq!(odd["error"], Value::Null, "nothing that was asked for is lacking");
    let text = home.fetch("text", &month("rates")).stdout_of_success();
    assert!(text.contains(&format!("passed over: {ODD}: ")) && !text.contains("--tariff"), "{text}");
    let _ = home.fetch("json", &month("consumption")).json();
    let bill = |more: &[&str]| {
        kwhen([&["bill", "--store", &home.store(), "--format", "json"], &MONTH[..], more].concat())
    };
    let (agreed, named) =
        (bill(&["--fuel", "electricity"]), bill(&["--tariff", AGILE, "--consumption", MPAN]));
    assert_eq!((agreed.code, named.code), (0, 0), "{} {}", agreed.stderr, named.stderr);
    let total =
        |outcome: &Outcome| serde_json::from_str::<Value>(&outcome.stdout).unwrap()["total_minor"].clone();
    assert_eq!(total(&agreed), total(&named));
}

#[test]
fn an_odd_code_in_the_time_asked_for_is_said_and_takes_nothing_with_it() {
    let server = server_with(&[
        (ODD, "2026-01-01T00:00:00Z", Some("2026-02-10T00:00:00Z")),
        ("", "2025-01-01T00:00:00Z", Some("2025-01-02T00:00:00Z")),
        (AGILE, "2026-02-10T00:00:00Z", None),
    ]);
    let home = Home::at(&[&server.url()]);
    let _ = home.fetch("json", &["account", ACCOUNT]).json();
    let _ = home.fetch("json", &month("consumption")).json();
    let outcome = home.fetch("json", &month("rates"));
    // It will be so every night: all that can be fetched was, and what cannot is said.
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with(&format!("note: {ODD}: ")), "{}", outcome.stderr);
    assert!(
        outcome.stderr.lines().count() == 1 && !outcome.stderr.contains("--tariff"),
        "{}",
        outcome.stderr
    );
    let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(series(&said, &format!("{AGILE} standard-unit-rates"))["added"], 28 * 48);
    assert_eq!(series(&said, &format!("{GAS} standard-unit-rates"))["error"], Value::Null);
    let odd = series(&said, ODD);
    assert!(odd["passed_over"].as_str().unwrap().contains(MPAN) && odd["is_lacking"] == true, "{odd}");
    let nameless = series(&said, "an agreement without a tariff code");
    assert!(nameless["passed_over"].is_string() && nameless["is_lacking"].is_null(), "{nameless}");
    let text = home.fetch("text", &month("rates")).stdout;
    assert!(text.contains(&format!("lacking: {ODD}: ")), "{text}");
    // From the day on which the other tariff begins there is a bill.
    let store = home.store();
    let bill = |from: &str, to: &str| {
        kwhen(["bill", "--store", &store, "--fuel", "electricity", "--from", from, "--to", to])
    };
    let after = bill("2026-02-10", "2026-03-01");
    assert_eq!(after.code, 0, "{}", after.stderr);
    // One of its own time says what can be done, which is no fetch.
    let within = bill("2026-02-01", "2026-02-10");
    assert_eq!((within.code, within.stdout.as_str()), (1, ""));
    for part in [ODD, "cannot be fetched", "--tariff FILE --consumption MPAN"] {
        assert!(within.stderr.contains(part), "{}", within.stderr);
    }
    assert!(!within.stderr.contains("kwhen fetch"), "{}", within.stderr);
    // A code given by hand is a mistake on the command line.
    let by_hand = home.fetch("text", &["rates", "--tariff", ODD, "--from", "2026-02-01"]);
    assert!(by_hand.code == 2 && by_hand.stderr.contains("--tariff"), "{}", by_hand.stderr);
}

/// Where nothing at all of what was asked for can be fetched, that is a failure.
#[test]
fn nothing_that_can_be_fetched_is_a_failure() {
    let server = server_with(&[(ODD, "2026-01-01T00:00:00Z", None)]);
    let home = Home::at(&[&server.url()]);
    // Without the gas, whose tariff can be.
    server.fail_with([Fault::Replace(GAS.to_owned(), "GAS-PANELP-12M".to_owned())]);
    let _ = home.fetch("json", &["account", ACCOUNT]).json();
    let outcome = home.fetch("json", &month("rates"));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains(ODD), "{}", outcome.stderr);
}

#[test]
fn a_meter_without_a_serial_number_takes_no_other_with_it() {
    let server = Server::start().unwrap();
    let home = Home::at(&[&server.url()]);
    for (written, odd) in [
        (r#"{"serial_number":""}"#, "no serial number"),
        (r#"{"serial_number":null}"#, "no serial number"),
        (r#"{"serial_number":"12/34"}"#, "12/34"),
    ] {
        let gas = format!(r#"{{"serial_number":"{GAS_METER}"}}"#);
        server.fail_with([Fault::Replace(gas, written.to_owned())]);
        let _ = home.fetch("json", &["account", ACCOUNT]).json();
        let outcome = home.fetch("json", &month("consumption"));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with("note: ") && outcome.stderr.contains(odd), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(MPRN), "{}", outcome.stderr);
        let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert!(series(&said, &format!("electricity {MPAN} {METER}"))["error"].is_null());
    }
}

#[test]
fn either_address_will_do_and_the_status_says_which_answered() {
    let server = Server::start().unwrap();
    let nobody =
        format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let home = Home::at(&[&nobody, &server.url()]);
    let account = home.fetch("json", &["account", ACCOUNT]);
    assert_eq!(account.code, 0, "{}", account.stderr);
    assert!(
        account.stderr.starts_with(&format!("note: {}/ answered, not {nobody}/", server.url())),
        "{}",
        account.stderr
    );
    let rates =
        home.fetch("json", &["rates", "--tariff", AGILE, "--from", "2026-02-01", "--to", "2026-03-01"]);
    let said: Value = serde_json::from_str(&rates.stdout).unwrap();
    assert_eq!(said[0]["answered_by"], format!("{}/", server.url()));
    let status: Value = serde_json::from_str(&home.status("json")).unwrap();
    let held = series(&status, &format!("{AGILE} standard-unit-rates"));
    assert_eq!(held["answered_by"], format!("{}/", server.url()));
    assert!(held["answered_at"].as_str().unwrap().ends_with('Z'));
    assert!(home.status("text").contains(&server.url()));
    // Neither: both are named, and nothing is lost.
    drop(server);
    let refused = home.fetch("json", &["products"]).refusal();
    assert!(
        refused.contains("cannot reach 127.0.0.1") && refused.contains("before that, 127.0.0.1"),
        "{refused}"
    );

    // A page that leads to the other address is followed, one that leads elsewhere is not.
    let (first, second, third) =
        (Server::start().unwrap(), Server::start().unwrap(), Server::start().unwrap());
    let home = Home::at(&[&first.url(), &second.url()]);
    for (to, is_followed) in [(&second, true), (&third, false)] {
        let row = r#"{"code":"A"}"#;
        let page = format!(
            r#"{{"count":3,"next":"{}/v1/products/?page=1","previous":null,"results":[{row}]}}"#,
            to.url()
        );
        first.fail_with([Fault::answer(&Answer::json(200, page))]);
        let outcome = home.fetch("csv", &["products"]);
        assert_eq!(outcome.code == 0, is_followed, "{}", outcome.stderr);
    }
    assert!(third.seen().is_empty() && second.seen().len() == 1);
    let twice = Home::at(&[&first.url(), &first.url()]).fetch("json", &["products"]);
    assert!(twice.code != 0 && twice.stderr.contains("twice"), "{}", twice.stderr);
}

#[test]
fn every_list_has_every_format() {
    let server = Server::start().unwrap();
    let home = Home::at(&[&server.url()]);
    let products = home.fetch("csv", &["products"]).stdout_of_success();
    let table = rows(&products);
    assert_eq!(&table[0][..3], ["code", "direction", "full_name"]);
    assert_eq!((table.len(), table[1][0], table[1][1]), (3, "AGILE-24-10-01", "IMPORT"));
    assert!(table.iter().all(|row| row.len() == table[0].len()), "{products}");

    let account = home.fetch("csv", &["account", ACCOUNT]).stdout_of_success();
    let table = rows(&account);
    assert_eq!(
        table[0],
        ["account", "fuel", "direction", "meter_point", "meters", "tariff_code", "valid_from", "valid_to"]
    );
    assert_eq!(
        table[1],
        [
            ACCOUNT,
            "electricity",
            "import",
            MPAN,
            &format!("OLD0001 {METER}"),
            FLEXIBLE,
            "2023-12-31T00:00:00Z",
            "2025-06-01T00:00:00+01:00"
        ]
    );
    // A meter point without agreements has a row too, and so has gas.
    assert_eq!(table[4], [ACCOUNT, "electricity", "export", EXPORT_MPAN, METER, "", "", ""]);
    assert_eq!(table[5], [ACCOUNT, "gas", "import", MPRN, GAS_METER, GAS, "2023-12-31T00:00:00Z", ""]);
    assert_eq!(table.len(), 6);
    let text = home.fetch("text", &["account", ACCOUNT]).stdout_of_success();
    assert!(
        text.contains(&format!(
            "gas {MPRN}, meter {GAS_METER}\n  {GAS} from 2023-12-31T00:00:00Z to further notice"
        )),
        "{text}"
    );
    assert!(text.contains(&format!("electricity import {MPAN}, meters OLD0001, {METER}\n")), "{text}");

    let rates = ["rates", "--tariff", AGILE, "--from", "2026-02-01", "--to", "2026-03-01"];
    let filled = home.fetch("csv", &rates).stdout_of_success();
    let table = rows(&filled);
    assert_eq!(table[0][..4], ["series", "pages", "added", "arrived_late"]);
    assert_eq!(table[1][..3], [&format!("{AGILE} standard-unit-rates"), "1", "1344"]);
    let meter = [
        "consumption",
        "--meter-point",
        MPAN,
        "--serial-number",
        METER,
        "--from",
        "2025-06-10",
        "--to",
        "2025-06-11",
    ];
    let filled = home.fetch("csv", &meter).stdout_of_success();
    // Two half-hours of that night never came.
    assert_eq!(rows(&filled)[1][6..8], ["2", "2025-06-10T03:00:00Z/2025-06-10T04:00:00Z"]);
    let status = home.status("csv");
    let table = rows(&status);
    assert_eq!(
        table[0],
        [
            "series",
            "rows",
            "first",
            "last",
            "missing_half_hours",
            "missing",
            "answered_by",
            "answered_at",
            "reason",
            "damage"
        ]
    );
    let held = table.iter().find(|row| row[0] == format!("electricity {MPAN} {METER}")).unwrap();
    assert_eq!(
        held[1..6],
        [
            "46",
            "2025-06-09T23:00:00Z",
            "2025-06-10T22:30:00Z",
            "2",
            "2025-06-10T03:00:00Z/2025-06-10T04:00:00Z"
        ]
    );
    // A failure is a row too.
    let failed = home.fetch("csv", &["rates", "--tariff", "E-1R-NOSUCH-24-10-01-C", "--from", "2026-02-01"]);
    assert_eq!((failed.code, rows(&failed.stdout).len()), (1, 4), "{}", failed.stdout);
    assert!(failed.stdout.contains("product NOSUCH-24-10-01"), "{}", failed.stdout);
    assert!(failed.stdout.contains("HTTP 404"), "{}", failed.stdout);
}
