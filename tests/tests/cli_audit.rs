//! `kwhen audit` against an account that the stand-in gave: two years, a change of tariff, five planted faults.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::quantity::Rounding;
use kwhen::{Energy, Money};
use kwhen_fake_api::{ACCOUNT, AGILE, FLEXIBLE, KEY, MPAN, Server};
use kwhen_tests::command::{kwhen, kwhen_with};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

fn fetch(server: &Server, store: &str, arguments: &[&str]) {
    let url = server.url();
    let shared = ["--instance", &url, "--allow-http", "--store", store, "--format", "json"];
    let all = ["fetch"].iter().chain(arguments).chain(&shared);
    let _ = kwhen_with(all, b"", &[("KWHEN_API_KEY", KEY)]).json();
}

/// What a bill comes to: kWh and days, and pence of energy, standing charge, rounding of subtotals, VAT.
#[derive(Clone, Copy, Default)]
struct Sums {
    kwh: Energy,
    days: i64,
    energy: Money,
    standing: Money,
    rounding: Money,
    vat: Money,
}

fn money(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

fn sum(one: Money, other: Money) -> Money {
    Money::sum([one, other]).unwrap()
}

impl Sums {
    fn add(&mut self, bill: &Value) {
        for line in bill["lines"].as_array().unwrap() {
            let net = money(&line["net_minor"]);
            match line["kind"].as_str().unwrap() {
                "energy" => self.energy = sum(self.energy, net),
                "standing_charge" => {
                    self.standing = sum(self.standing, net);
                    self.days += line["days"].as_i64().unwrap();
                }
                "rounding" => self.rounding = sum(self.rounding, net),
                other => panic!("{other}"),
            }
        }
        let kwh: Energy = bill["kwh"].as_str().unwrap().parse().unwrap();
        self.kwh = Energy::sum([self.kwh, kwh]).unwrap();
        self.vat = sum(self.vat, money(&bill["vat_minor"]));
    }

    /// As a statement prints it, in whole pence; `more` stands in the total alone.
    fn printed(self, (from, to): (&str, &str), more: i64) -> String {
        let pence = |money: Money| money.round(0, Rounding::HalfUp);
        let more: Money = more.to_string().parse().unwrap();
        let net = Money::sum([self.energy, self.standing, self.rounding]).unwrap();
        format!(
            "statement {from} {to}\n  energy {} kWh {}\n  standing {} days {}\n  subtotal {}\n  vat {}\n  total {}\n",
            self.kwh.round(1, Rounding::HalfUp),
            pence(self.energy),
            self.days,
            pence(self.standing),
            pence(net),
            pence(self.vat),
            pence(Money::sum([net, self.vat, more]).unwrap())
        )
    }
}

/// A bill of the stored import.
fn billed(store: &str, (from, to): (&str, &str), more: &[&str]) -> Sums {
    let fixed =
        ["bill", "--store", store, "--consumption", MPAN, "--from", from, "--to", to, "--format", "json"];
    let outcome = kwhen(fixed.iter().chain(more));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let bill: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let mut sums = Sums::default();
    match bill["supplies"].as_array() {
        Some(supplies) => {
            for supply in supplies {
                supply["agreements"].as_array().unwrap().iter().for_each(|bill| sums.add(bill));
            }
        }
        None => sums.add(&bill),
    }
    sums
}

const RULES: [&str; 4] = ["--rules", "octopus-statement", "--payment-method", "direct-debit"];

#[test]
fn five_faults_of_two_years_are_found_and_named_and_nothing_else_is() {
    let server = Server::start().unwrap();
    server.change(|world| {
        world.agreements = Some(vec![
            (FLEXIBLE.into(), "2023-12-31T00:00:00Z".into(), Some("2024-10-20T00:00:00+01:00".into())),
            (AGILE.into(), "2024-10-20T00:00:00+01:00".into(), None),
        ]);
    });
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let store = file("kwhen.db");
    let time = ["--from", "2024-01-01", "--to", "2026-03-01"];
    fetch(&server, &store, &["account", ACCOUNT]);
    fetch(&server, &store, &[&["consumption"][..], &time].concat());
    fetch(&server, &store, &[&["rates"][..], &time].concat());

    let first = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let date = |month: u32| first.checked_add_months(chrono::Months::new(month)).unwrap().to_string();
    let mut statements = String::new();
    for month in 0..26 {
        let (from, to) = (date(month), date(month + 1));
        let ends = (from.as_str(), to.as_str());
        let (sums, more) = match from.as_str() {
            // The prices of those who do not pay by direct debit.
            "2024-05-01" => {
                (billed(&store, ends, &["--rules", RULES[1], "--payment-method", "non-direct-debit"]), 0)
            }
            // The tariff changes a day early.
            "2024-10-01" => {
                let part =
                    |tariff: &str, ends| billed(&store, ends, &[&RULES[..], &["--tariff", tariff]].concat());
                let before = part(FLEXIBLE, ("2024-10-01", "2024-10-19"));
                let mut after = part(AGILE, ("2024-10-19", "2024-11-01"));
                after.kwh = Energy::sum([before.kwh, after.kwh]).unwrap();
                after.days += before.days;
                after.energy = sum(before.energy, after.energy);
                after.standing = sum(before.standing, after.standing);
                after.vat = sum(before.vat, after.vat);
                (after, 0)
            }
            // Another rule of rounding.
            "2025-02-01" => {
                (billed(&store, ends, &["--rules", "ladder", "--payment-method", "direct-debit"]), 0)
            }
            // Ten pounds more in the total than its lines add up to.
            "2025-04-01" => (billed(&store, ends, &RULES), 1_000),
            _ => (billed(&store, ends, &RULES), 0),
        };
        let _ = write!(statements, "{}", sums.printed(ends, more));
    }
    std::fs::write(file("statements.txt"), &statements).unwrap();
    // After the last statement a reading of it comes again with another value.
    server.change(|world| {
        let at = "2026-02-26T12:00:00Z".parse().unwrap();
        world.revised.insert(at, 7_777);
    });
    fetch(&server, &store, &["consumption", "--from", "2024-01-01", "--to", "2026-03-02"]);

    let path = file("statements.txt");
    let audit = |more: &[&str]| {
        let fixed = ["audit", "--statements", &path, "--store", &store, "--consumption", MPAN];
        let outcome = kwhen(fixed.iter().chain(&["--payment-method", "direct-debit"]).chain(more));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout
    };
    let found: Value = serde_json::from_str(&audit(&["--format", "json"])).unwrap();
    assert_eq!((found["agreeing"].as_u64(), found["differing"].as_u64()), (Some(21), Some(5)), "{found:#}");
    let wanted = [
        ("2024-05-01", "payment_method"),
        ("2024-10-01", "tariff_change"),
        ("2025-02-01", "rounding_rule"),
        ("2025-04-01", "sums"),
        ("2026-02-01", "replaced_reading"),
    ];
    let differing = found["statements"].as_array().unwrap().iter().filter(|one| one["agrees"] == false);
    for (one, (from, kind)) in differing.zip(wanted) {
        assert!(one["statement"].as_str().unwrap().starts_with(from), "{one:#}");
        assert_eq!(one["causes"][0]["kind"], kind, "{one:#}");
        assert_eq!(one["causes"][0]["explains_all"], true, "{one:#}");
        assert_eq!(one["unexplained_rows"], serde_json::json!([]));
    }
    let page = audit(&["--html", &file("audit.html")]);
    for words in [
        "21 of 26 statements agree to the last printed digit",
        "Likeliest cause: a reading that was replaced later",
        "without direct debit",
        "the agreements say 2024-10-20T00:00:00+01:00",
        "its subtotal and VAT add up to",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    assert!(
        std::fs::read_to_string(Path::new(&file("audit.html"))).unwrap().contains("26 statements audited")
    );
    let rows = audit(&["--format", "csv"]);
    assert!(rows.lines().count() >= 27 && rows.contains("the change of tariff on another day"), "{rows}");
    // Of one quarter alone the others are passed over.
    let quarter: Value =
        serde_json::from_str(&audit(&["--from", "2025-01-01", "--to", "2025-04-01", "--format", "json"]))
            .unwrap();
    assert_eq!(
        (quarter["agreeing"].as_u64(), quarter["differing"].as_u64()),
        (Some(2), Some(1)),
        "{quarter:#}"
    );
}

#[test]
fn one_tariff_and_one_file_of_readings_are_audited_and_bad_statements_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statements.txt").display().to_string();
    let run = |text: &str, more: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let fixed = ["audit", "--statements", &path, "--tariff", "data/tariffs/flat.toml"];
        kwhen(fixed.iter().chain(&["--consumption", "data/consumption.csv"]).chain(more))
    };
    let bill = kwhen([
        "bill",
        "--tariff",
        "data/tariffs/flat.toml",
        "--consumption",
        "data/consumption.csv",
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-01",
        "--rules",
        "octopus-statement",
        "--format",
        "json",
    ]);
    let mut sums = Sums::default();
    sums.add(&serde_json::from_str(&bill.stdout).unwrap());
    let right = sums.printed(("2026-03-01", "2026-04-01"), 0);
    let found = run(&right, &[]).stdout_of_success();
    assert!(found.contains("1 of 1 statement"), "{found}");
    let off = Sums {
        standing: sum(sums.standing, "100".parse().unwrap()),
        vat: sum(sums.vat, "5".parse().unwrap()),
        ..sums
    };
    let found: Value = run(&off.printed(("2026-03-01", "2026-04-01"), 0), &["--format", "json"]).json();
    assert_eq!(found["statements"][0]["causes"][0]["kind"], "standing_charge", "{found:#}");
    for (text, reason) in [
        ("statement 2026-03-01\n", "write: statement FROM TO"),
        ("statement 2026-03-01 2026-04-01\nenergi 12\n", "is none of energy"),
        ("", "no statement is in it"),
    ] {
        let refusal = run(text, &[]).refusal();
        assert!(refusal.contains(reason) && refusal.contains("statements.txt"), "{refusal}");
    }
    let refusal = run(&right, &["--from", "2026-03-05"]).refusal();
    assert!(refusal.contains("no statement lies wholly in"), "{refusal}");
}
