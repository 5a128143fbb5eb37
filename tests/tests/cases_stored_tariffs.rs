//! Accounts of other kinds from the store: a business, a tariff with dispatches.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, Answer, Fault, KEY, MPAN, Server};
use kwhen_tests::command::{Outcome, kwhen, kwhen_with};
use serde_json::{Value, json};

const DAYS: [&str; 4] = ["--from", "2026-11-01", "--to", "2026-11-05"];

fn page(rows: Vec<Value>) -> Answer {
    let page = json!({"count": rows.len(), "next": null, "previous": null, "results": rows});
    Answer::json(200, page.to_string())
}

fn rate(from: &str, to: Option<&str>, exc: f64, inc: Option<f64>) -> Value {
    json!({"value_exc_vat": exc, "value_inc_vat": inc, "valid_from": from, "valid_to": to, "payment_method": null})
}

/// 1 kWh in every half-hour of 1 to 4 November 2026, which are 192.
fn readings() -> Vec<Value> {
    let slot = |index: i64| {
        let at = |index: i64| {
            chrono::DateTime::from_timestamp(1_793_491_200 + index * 1800, 0).unwrap().to_rfc3339()
        };
        json!({"consumption": 1.0, "interval_start": at(index), "interval_end": at(index + 1)})
    };
    (0..192).map(slot).collect()
}

/// A store that was filled by the three commands: account, readings, rates.
struct Filled {
    _folder: tempfile::TempDir,
    store: String,
}

impl Filled {
    /// `product` is what the service says of the product; `None`: it has none of that name.
    fn with(code: &str, unit_rates: Vec<Value>, standing: Value, product: Option<Value>) -> Self {
        let server = Server::start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("kwhen.db").display().to_string();
        let account = json!({"number": ACCOUNT, "properties": [{"id": 1, "electricity_meter_points": [{
            "mpan": MPAN, "is_export": false, "meters": [{"serial_number": "M1"}],
            "agreements": [{"tariff_code": code, "valid_from": "2026-01-01T00:00:00Z", "valid_to": null}]}], "gas_meter_points": []}]});
        let product = product.map_or_else(
            || Answer::detail(404, "No EnergyProduct matches the given query."),
            |product| Answer::json(200, product.to_string()),
        );
        let answers = [
            Answer::json(200, account.to_string()),
            page(readings()),
            page(unit_rates),
            page(vec![standing]),
            product,
        ];
        server.fail_with(answers.iter().map(Fault::answer));
        let url = server.url();
        let place = ["--instance", &url, "--allow-http", "--store", &store, "--format", "json"];
        for what in [
            &["account", ACCOUNT][..],
            &[&["consumption"], &DAYS[..]].concat(),
            &[&["rates"], &DAYS[..]].concat(),
        ] {
            let made = kwhen_with([&["fetch"], what, &place].concat(), b"", &[("KWHEN_API_KEY", KEY)]);
            assert_eq!((made.code, made.stderr.as_str()), (0, ""), "{what:?}: {}", made.stdout);
        }
        let asked: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
        assert_eq!(asked.len(), 5, "{asked:?}");
        Self { _folder: folder, store }
    }

    fn bill(&self, more: &[&str]) -> Outcome {
        kwhen([&["bill", "--store", &self.store, "--format", "json"], &DAYS[..], more].concat())
    }

    /// Net, VAT and total of the account's bill.
    fn money(&self, more: &[&str]) -> [String; 3] {
        let made = self.bill(more);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let statement: Value = serde_json::from_str(&made.stdout).unwrap();
        let bill = statement["supplies"].get(0).map_or(&statement, |supply| &supply["agreements"][0]);
        ["net_minor", "vat_minor", "total_minor"].map(|field| bill[field].as_str().unwrap().to_owned())
    }
}

fn money(amounts: [&str; 3]) -> [String; 3] {
    amounts.map(str::to_owned)
}

fn product(code: &str, is_business: bool) -> Option<Value> {
    Some(json!({"code": code, "full_name": "A product", "is_business": is_business}))
}

/// 192 kWh at 25 p and four days at 50 p are 5,000 p; VAT of 20 % makes them 6,000 p.
#[test]
fn a_business_is_told_by_its_product_without_a_further_command() {
    let since = "2026-01-01T00:00:00Z";
    let code = "E-1R-BUS-12M-FIXED-SEPTEMBER2024-24-09-11-C";
    let prices = |exc: f64, inc: f64| rate(since, None, exc, Some(inc));
    let handed = Filled::with(
        code,
        vec![prices(25.0, 30.0)],
        prices(50.0, 60.0),
        product("BUS-12M-FIXED-SEPTEMBER2024-24-09-11", true),
    );
    assert_eq!(handed.money(&[]), money(["5000", "1000", "6000"]));
    assert_eq!(handed.money(&["--tariff", code, "--consumption", MPAN]), money(["5000", "1000", "6000"]));
    // A code and prices that do not say it: the product does, whichever way.
    let code = "E-1R-FIX-12M-24-09-11-C";
    let bare = |exc: f64| rate(since, None, exc, None);
    for (is_business, expected) in [(true, ["5000", "1000", "6000"]), (false, ["5000", "0", "5000"])] {
        let told = product("FIX-12M-24-09-11", is_business);
        let stored = Filled::with(code, vec![bare(25.0)], bare(50.0), told);
        assert_eq!(stored.money(&[]), money(expected));
        assert_eq!(stored.money(&["--customer", "business"]), money(["5000", "1000", "6000"]));
    }
    // A product that is gone: the code and the prices say it, and that is said.
    let gone = Filled::with(code, vec![prices(25.0, 30.0)], prices(50.0, 60.0), None);
    assert_eq!(gone.money(&[]), money(["5000", "1000", "6000"]));
}

/// A day has 12 half-hours at 7 p and 36 at 28 p: 1,092 p, and 50 p to stand; one dispatched hour saves 42 p.
#[test]
fn a_stored_tariff_takes_dispatches() {
    let code = "E-1R-INTELLI-VAR-24-10-29-C";
    let mut rates = Vec::new();
    for day in 30..=36_i64 {
        let at = |day: i64, time: &str| {
            let date =
                chrono::NaiveDate::from_ymd_opt(2026, 10, 1).unwrap() + chrono::TimeDelta::days(day - 1);
            format!("{date}T{time}:00Z")
        };
        rates.push(rate(&at(day, "23:30"), Some(&at(day + 1, "05:30")), 7.0, Some(7.0)));
        rates.push(rate(&at(day + 1, "05:30"), Some(&at(day + 1, "23:30")), 28.0, Some(28.0)));
    }
    rates.reverse();
    let standing = rate("2026-01-01T00:00:00Z", None, 50.0, Some(50.0));
    let stored = Filled::with(code, rates, standing, product("INTELLI-VAR-24-10-29", false));
    let dispatches = "tests/cases/store-intelligent-go-dispatches/d.csv";
    let named = ["--tariff", code, "--consumption", MPAN];
    for by in [&[][..], &named] {
        assert_eq!(stored.money(by), money(["4568", "0", "4568"]));
        let with = [by, &["--dispatches", dispatches]].concat();
        assert_eq!(stored.money(&with), money(["4526", "0", "4526"]));
    } // What the store knows of them is taken without a flag, and the hours that it does not know are said.
    let rows = std::fs::read_to_string(kwhen_tests::repository().join(dispatches)).unwrap();
    let told = rows.lines().skip(1).map(|row| {
        let (from, to) = row.split_once(',').unwrap();
        serde_json::from_value(json!({"start": from, "end": to, "meta": {"source": "smart-charge"}})).unwrap()
    });
    let told: Vec<kwhen_fetch::graphql::Dispatch> = told.collect();
    let end = kwhen::time::parse_instant(told[0].end.as_deref().unwrap()).unwrap();
    let store = kwhen_fetch::store::Store::open(&stored.store).unwrap();
    store.keep_dispatches(ACCOUNT, &told, end).unwrap();
    drop(store);
    assert_eq!(stored.money(&[]), money(["4526", "0", "4526"]));
    let said = stored.bill(&[]).stderr;
    assert!(
        said.contains("the store does not know the dispatches of A-12AB34CD from 2026-11-01T00:00:00Z to "),
        "{said}"
    );
    assert_eq!(said.matches("the store does not know").count(), 2, "{said}");
    // A tariff that does not pay for them takes none.
    let since = "2026-01-01T00:00:00Z";
    let prices = vec![rate(since, None, 25.0, Some(25.0))];
    let plain = Filled::with(
        "E-1R-FIX-12M-24-09-11-C",
        prices,
        rate(since, None, 50.0, Some(50.0)),
        product("FIX-12M-24-09-11", false),
    );
    let store = kwhen_fetch::store::Store::open(&plain.store).unwrap();
    store.keep_dispatches(ACCOUNT, &told, end).unwrap();
    drop(store);
    assert_eq!(plain.bill(&[]).stderr, "");
}
