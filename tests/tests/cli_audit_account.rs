//! `kwhen audit` of the stored account's own bills: three years of import, export and gas, a change of tariff twice, an exchanged meter,
//! dispatches, a reading that was replaced, and six planted faults.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::Money;
use kwhen::quantity::Rounding;
use kwhen_fake_api::{AGILE, FLEXIBLE, INTELLIGENT, KEY, MPAN, SECOND_MPAN, Server};
use kwhen_tests::command::{Outcome, kwhen, kwhen_with};
use kwhen_tests::folder::Folder;
use serde_json::{Value, json};

const TIME: [&str; 4] = ["--from", "2024-01-01", "--to", "2027-01-01"];
const ACCOUNT_OF: [&str; 6] =
    ["--payment-method", "direct-debit", "--gas-unit", "cubic-metres", "--calorific-value", "39.4"];

fn fetch(server: &Server, store: &str) -> Vec<Value> {
    let url = server.url();
    let place = ["--instance", &url, "--allow-http", "--store", store, "--format", "json"];
    let outcome =
        kwhen_with([&["fetch", "everything"][..], &TIME, &place].concat(), b"", &[("KWHEN_API_KEY", KEY)]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// Three years on Flexible, on Agile and on Intelligent, with an exchanged meter, export from the second spring on, and dispatches by day.
fn three_years() -> Server {
    let server = Server::start().unwrap();
    server.change(|world| {
        let at = |text: &str| text.parse().unwrap();
        (world.now, world.readings_until) = (at("2027-01-03T17:00:00Z"), at("2027-01-02T00:00:00Z"));
        world.holes.clear();
        let change = |text: &str| Some(text.to_owned());
        world.agreements = Some(vec![
            (FLEXIBLE.into(), "2023-12-31T00:00:00Z".into(), change("2024-10-20T00:00:00+01:00")),
            (AGILE.into(), "2024-10-20T00:00:00+01:00".into(), change("2026-02-01T00:00:00Z")),
            (INTELLIGENT.into(), "2026-02-01T00:00:00Z".into(), None),
        ]);
        world.export_since = Some("2025-03-01T00:00:00Z".into());
        world.exchanged_at = Some(at("2025-08-14T10:30:00Z"));
        let dispatch = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        world.dispatched = Some(vec![
            dispatch("2026-03-12T13:00:00+00:00", "2026-03-12T14:30:00+00:00"),
            dispatch("2026-05-07T09:00:00+00:00", "2026-05-07T10:00:00+00:00"),
        ]);
    });
    server
}

fn money(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

/// Whole pence, as the service says amounts.
fn pence(money: Money) -> Value {
    let pence: i64 = money.round(0, Rounding::HalfUp).to_string().parse().unwrap();
    json!(pence)
}

/// A charge for energy as the service says it, from a bill's lines.
fn charge(id: &str, title: &str, ends: (&str, &str), bill: &Value, is_export: bool) -> Value {
    let sum = |kind: &str| {
        let lines = bill["lines"].as_array().unwrap().iter().filter(|line| line["kind"] == kind);
        Money::sum(lines.map(|line| money(&line["net_minor"]))).unwrap()
    };
    // What a supplier pays is written with its sign.
    let signed = |money: Money| pence(if is_export { -money } else { money });
    json!({"id": id, "title": title, "isExport": is_export,
        "amounts": {"net": signed(money(&bill["net_minor"])), "tax": signed(money(&bill["vat_minor"])),
            "gross": signed(money(&bill["total_minor"]))},
        "consumption": {"startDate": ends.0, "endDate": ends.1, "quantity": bill["kwh"], "unit": "kWh",
            "usageCost": pence(sum("energy")), "supplyCharge": pence(sum("standing_charge"))}})
}

/// The day before a local midnight.
fn last_day(to: &str) -> String {
    let date: chrono::NaiveDate = to.parse().unwrap();
    date.pred_opt().unwrap().to_string()
}

/// The date that a bill begins or ends at, in London.
fn date(instant: &Value) -> String {
    let at: chrono::DateTime<chrono::Utc> = instant.as_str().unwrap().parse().unwrap();
    // Its midnights are an hour earlier in summer.
    (at + chrono::TimeDelta::hours(1)).date_naive().to_string()
}

/// A bill of the account's month, as the service tells it, by what `kwhen bill` makes of each supply.
fn bill(store: &str, (from, to): (&str, &str), more: &[&str]) -> Value {
    let fixed = [
        "bill",
        "--store",
        store,
        "--from",
        from,
        "--to",
        to,
        "--rules",
        "octopus-statement",
        "--format",
        "json",
    ];
    let outcome = kwhen(fixed.iter().chain(&ACCOUNT_OF[2..]).chain(more));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let made: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let mut rows = Vec::new();
    for supply in made["supplies"].as_array().unwrap() {
        let (is_export, is_gas) = (supply["direction"] == "export", supply["fuel"] == "gas");
        for part in supply["agreements"].as_array().unwrap() {
            let title = if is_gas { "Gas" } else { "Electricity" };
            let ends = (date(&part["from"]), last_day(&date(&part["to"])));
            let id = format!("{from}-{}", rows.len());
            rows.push(charge(&id, title, (&ends.0, &ends.1), part, is_export));
        }
    }
    let sum = |part: &str| {
        let imported = rows.iter().filter(|row| row["isExport"] == false);
        imported.map(|row| row["amounts"][part].as_i64().unwrap()).sum::<i64>()
    };
    let totals = json!({"netTotal": sum("net"), "taxTotal": sum("tax"), "grossTotal": sum("gross")});
    rows.push(json!({"__typename": "Credit", "id": format!("{from}-credit"), "title": "Octoplus reward",
        "amounts": {"net": 500, "tax": 0, "gross": 500}}));
    rows.push(json!({"__typename": "Payment", "id": format!("{from}-paid"), "title": "Direct debit",
        "amounts": {"net": 9_000, "tax": null, "gross": null}}));
    json!({"id": format!("S-{from}"), "fromDate": from, "toDate": to, "issuedDate": to, "totalCharges": totals,
        "totalCredits": {"netTotal": 500, "taxTotal": 0, "grossTotal": 500}, "transactions": rows})
}

fn months() -> Vec<(String, String)> {
    let first = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let date = |month| (first + chrono::Months::new(month)).to_string();
    (0..36).map(|month| (date(month), date(month + 1))).collect()
}

const DIRECT: [&str; 2] = ["--payment-method", "direct-debit"];

fn bills(store: &str, made: impl Fn(&str, (&str, &str)) -> Option<Value>) -> Vec<Value> {
    let mut bills: Vec<Value> = months()
        .iter()
        .map(|(from, to)| {
            let ends = (from.as_str(), to.as_str());
            made(from, ends).unwrap_or_else(|| bill(store, ends, &DIRECT))
        })
        .collect();
    bills.reverse();
    bills
}

fn audit(store: &str, more: &[&str]) -> Outcome {
    kwhen(["audit", "--store", store].iter().chain(&ACCOUNT_OF).chain(more))
}

fn found(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn counts(found: &Value) -> (u64, u64) {
    (found["agreeing"].as_u64().unwrap(), found["differing"].as_u64().unwrap())
}

#[test]
fn six_faults_of_three_years_are_found_in_the_accounts_own_bills_and_nothing_else() {
    let (server, folder) = (three_years(), Folder::new());
    let store = folder.at("kwhen.db");
    let first = fetch(&server, &store);
    let news = |rows: &[Value]| {
        rows.iter().find(|row| row["series"].as_str().unwrap().starts_with("bills ")).unwrap().clone()
    };
    assert_eq!(news(&first)["added"], 0);
    let refused = audit(&store, &[]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("the store holds no bill of the account"), "{}", refused.stderr);

    // Without a fault nothing is found.
    let right = bills(&store, |_, _| None);
    server.change(|world| world.bills = right.clone());
    // 36 bills, and 36 months of a credit, a payment, import and gas, 22 of export, and one charge more in the month of a change.
    assert_eq!(news(&fetch(&server, &store))["added"], 36 + 36 * 4 + 22 + 1);
    let clean = found(&audit(&store, &["--format", "json"]));
    let odd: Vec<&Value> =
        clean["statements"].as_array().unwrap().iter().filter(|one| one["agrees"] == false).collect();
    assert_eq!(counts(&clean), (36, 0), "{odd:#?}");
    assert_eq!(clean["difference_minor"], "0");
    assert_eq!(clean["beside_energy"].as_array().unwrap().len(), 72);

    let off = folder.at("none.csv");
    std::fs::write(&off, "from,to\n2026-05-07T09:00:00Z,2026-05-07T10:00:00Z\n").unwrap();
    // The import of a bill charged otherwise: parts of its month under a tariff and a payment method.
    let charged = |ends: (&str, &str), parts: &[(&str, &str, &str, &str)]| {
        let mut made = bill(&store, ends, &DIRECT);
        let part = |(tariff, method, from, to): &(&str, &str, &str, &str)| {
            let of = [
                "--consumption",
                MPAN,
                "--tariff",
                tariff,
                "--payment-method",
                method,
                "--from",
                from,
                "--to",
                to,
            ];
            let fixed = ["bill", "--store", &store, "--rules", "octopus-statement", "--format", "json"];
            let outcome = kwhen(fixed.iter().chain(&of));
            assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            let bill = serde_json::from_str(&outcome.stdout).unwrap();
            charge(from, "Electricity", (from, &last_day(to)), &bill, false)
        };
        let rows = made["transactions"].as_array_mut().unwrap();
        rows.retain(|row| row["title"] != "Electricity");
        rows.extend(parts.iter().map(part));
        let sum = |part: &str| {
            let charges = rows.iter().filter(|row| row["consumption"].is_object());
            charges.map(|row| row["amounts"][part].as_i64().unwrap()).sum::<i64>()
        };
        made["totalCharges"] =
            json!({"netTotal": sum("net"), "taxTotal": sum("tax"), "grossTotal": sum("gross")});
        Some(made)
    };
    let wrong = bills(&store, |from, ends| match from {
        // The prices of those who do not pay by direct debit.
        "2024-05-01" => charged(ends, &[(FLEXIBLE, "non-direct-debit", "2024-05-01", "2024-06-01")]),
        // The tariff changes a day early.
        "2024-10-01" => charged(
            ends,
            &[
                (FLEXIBLE, DIRECT[1], "2024-10-01", "2024-10-19"),
                (AGILE, DIRECT[1], "2024-10-19", "2024-11-01"),
            ],
        ),
        // Ten pounds more in the total than its charges come to.
        "2025-04-01" => {
            let mut made = bill(&store, ends, &DIRECT);
            let gross = made["totalCharges"]["grossTotal"].as_i64().unwrap();
            made["totalCharges"]["grossTotal"] = json!(gross + 1_000);
            Some(made)
        }
        // The charge for gas stands there twice, and the totals hold both.
        "2026-06-01" => {
            let mut made = bill(&store, ends, &DIRECT);
            let rows = made["transactions"].as_array_mut().unwrap();
            let mut again = rows.iter().find(|row| row["title"] == "Gas").unwrap().clone();
            again["id"] = json!("again");
            rows.push(again.clone());
            for (part, total) in [("net", "netTotal"), ("tax", "taxTotal"), ("gross", "grossTotal")] {
                let both =
                    made["totalCharges"][total].as_i64().unwrap() + again["amounts"][part].as_i64().unwrap();
                made["totalCharges"][total] = json!(both);
            }
            Some(made)
        }
        // What the supplier charged at its own time is billed by day.
        "2026-03-01" => Some(bill(&store, ends, &[&DIRECT[..], &["--dispatches", &off]].concat())),
        _ => None,
    });
    server.change(|world| world.bills = wrong.clone());
    // Rows with other figures take the place of those that were there.
    fetch(&server, &store);
    // After the last statement a reading of it comes again with another value.
    server.change(|world| {
        world.revised.insert("2026-12-29T12:00:00Z".parse().unwrap(), 7_777);
    });
    let url = server.url();
    let again = ["fetch", "consumption", "--from", "2024-01-01", "--to", "2027-01-02", "--store", &store];
    let again = [&again[..], &["--instance", &url, "--allow-http"]].concat();
    let again = kwhen_with(again, b"", &[("KWHEN_API_KEY", KEY)]);
    assert_eq!(again.code, 0, "{}", again.stderr);

    let all = found(&audit(&store, &["--format", "json"]));
    let differing: Vec<&Value> =
        all["statements"].as_array().unwrap().iter().filter(|one| one["agrees"] == false).collect();
    assert_eq!(counts(&all), (30, 6), "{differing:#?}");
    let wanted = [
        ("S-2024-05-01", "payment_method"),
        ("S-2024-10-01", "tariff_change"),
        ("S-2025-04-01", "sums"),
        ("S-2026-03-01", "dispatch"),
        ("S-2026-06-01", "counted_twice"),
        ("S-2026-12-01", "replaced_reading"),
    ];
    for (one, (name, kind)) in differing.iter().zip(wanted) {
        assert_eq!(one["statement"], name, "{one:#}");
        assert_eq!(one["causes"][0]["kind"], kind, "{one:#}");
        assert_eq!(one["causes"][0]["explains_all"], true, "{one:#}");
        assert_eq!(one["unexplained_rows"], json!([]), "{one:#}");
    }
    assert_eq!(differing[2]["difference_minor"], "1000");
    let evidence = differing[4]["causes"][0]["evidence"].as_str().unwrap();
    assert!(
        evidence.starts_with("the charge for gas from 2026-06-01 to 2026-06-30 stands on it twice"),
        "{evidence}"
    );
    // Of one meter point alone, the others are left out aloud; gas that nobody says the unit of likewise.
    let page =
        kwhen(["audit", "--store", &store, "--fuel", "electricity", "--payment-method", "direct-debit"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
    for words in [
        "31 of 36 statements agree to the last printed digit",
        "its charges come to",
        "what it charges for gas is not audited, since that is not billed here",
        "Octoplus reward",
    ] {
        assert!(page.stdout.contains(words), "{words} is not in {}", page.stdout);
    }
    let one = found(&audit(&store, &["--from", "2025-01-01", "--to", "2025-07-01", "--format", "json"]));
    assert_eq!(counts(&one), (5, 1));
    assert_eq!(one["beside_energy"].as_array().unwrap().len(), 12);
}

/// Two meter points that import electricity: each is fetched and billed, and of a statement each charge goes to the point whose kWh it states. A
/// fault in the one is found there; what is asked of one alone says which it is.
#[test]
fn two_meter_points_of_one_kind_are_fetched_billed_and_audited_each() {
    let (server, folder) = (three_years(), Folder::new());
    server.change(|world| world.second_import = true);
    let store = folder.at("kwhen.db");
    let fetched = fetch(&server, &store);
    for point in [MPAN, SECOND_MPAN] {
        let of_it = |row: &&Value| row["series"].as_str().unwrap().contains(point);
        let added: u64 = fetched.iter().filter(of_it).filter_map(|row| row["added"].as_u64()).sum();
        assert!(added > 40_000, "{point}: {fetched:#?}");
    }
    let months = [("2025-09-01", "2025-10-01"), ("2025-10-01", "2025-11-01")];
    let right: Vec<Value> = months.iter().map(|ends| bill(&store, *ends, &DIRECT)).collect();
    let rows = right[0]["transactions"].as_array().unwrap();
    let charged = |row: &&Value| row["title"] == "Electricity" && row["isExport"] == false;
    assert_eq!(rows.iter().filter(charged).count(), 2, "{rows:#?}");
    server.change(|world| world.bills = right.clone());
    fetch(&server, &store);
    let clean = found(&audit(&store, &["--format", "json"]));
    assert_eq!(counts(&clean), (2, 0), "{clean:#}");
    let lines = clean["statements"][0]["lines"].as_array().unwrap();
    for point in [MPAN, SECOND_MPAN] {
        let name = format!("import {point}");
        assert!(lines.iter().any(|line| line["supply"] == name.as_str()), "{name}: {lines:#?}");
    }
    // Of one alone the other's charges are not taken for its own.
    let line = ["audit", "--store", &store, "--consumption", MPAN, "--format", "json"];
    let one = found(&kwhen(line.iter().chain(&DIRECT)));
    assert_eq!(counts(&one), (2, 0), "{one:#}");
    // Ten kWh more at the one price of the second point, in its own line.
    let mut wrong = right.clone();
    let rows = wrong[0]["transactions"].as_array_mut().unwrap();
    let kwh = |row: &Value| row["consumption"]["quantity"].as_str().and_then(|text| text.parse::<f64>().ok());
    let second = rows
        .iter_mut()
        .filter(|row| charged(&&**row))
        .min_by(|one, other| kwh(one).partial_cmp(&kwh(other)).unwrap())
        .unwrap();
    let more = |value: &mut Value, by: i64| *value = json!(value.as_i64().unwrap() + by);
    more(&mut second["amounts"]["net"], 100);
    more(&mut second["amounts"]["gross"], 100);
    more(&mut second["consumption"]["usageCost"], 100);
    more(&mut wrong[0]["totalCharges"]["netTotal"], 100);
    more(&mut wrong[0]["totalCharges"]["grossTotal"], 100);
    server.change(|world| world.bills = wrong.clone());
    fetch(&server, &store);
    let faulty = found(&audit(&store, &["--format", "json"]));
    assert_eq!(counts(&faulty), (1, 1), "{faulty:#}");
    let odd = faulty["statements"].as_array().unwrap().iter().find(|one| one["agrees"] == false).unwrap();
    let differing = odd["lines"].as_array().unwrap().iter().filter(|line| line["agrees"] == false);
    let names: Vec<&Value> = differing.map(|line| &line["supply"]).collect();
    assert!(
        !names.is_empty() && names.iter().all(|name| **name == format!("import {SECOND_MPAN}").as_str()),
        "{odd:#}"
    );
    // What is of one meter point names both and the flag.
    let now = kwhen(["now", "--store", &store, "--at", "2026-12-01T12:00"]);
    assert_eq!(now.code, 2);
    for part in [MPAN, SECOND_MPAN, "--rates CODE"] {
        assert!(now.stderr.contains(part), "{part}: {}", now.stderr);
    }
}

#[test]
fn the_stored_bills_are_refused_where_they_do_not_go_with_what_is_asked() {
    let refused =
        kwhen(["audit", "--tariff", "data/tariffs/flat.toml", "--consumption", "data/consumption.csv"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--statements FILE is needed"), "{}", refused.stderr);
}

/// Not a test of time: run by hand (`-- --ignored --nocapture`, with `--release`), it says how long the audit of three years from the store takes beside the
/// same three years billed statement by statement, the best of five each. The answer is asserted first.
#[test]
#[ignore = "a measurement, run by hand"]
fn three_years_audited_beside_billed_one_by_one() {
    let (server, folder) = (three_years(), Folder::new());
    let store = folder.at("kwhen.db");
    fetch(&server, &store);
    let right = bills(&store, |_, _| None);
    server.change(|world| world.bills = right.clone());
    fetch(&server, &store);
    assert_eq!(counts(&found(&audit(&store, &["--format", "json"]))), (36, 0));
    let best = |run: &dyn Fn()| {
        let times = (0..5).map(|_| {
            let begun = std::time::Instant::now();
            run();
            begun.elapsed()
        });
        times.min().unwrap()
    };
    let audited = best(&|| assert_eq!(audit(&store, &["--format", "json"]).code, 0));
    let billed = best(&|| {
        for (from, to) in months() {
            bill(&store, (&from, &to), &DIRECT);
        }
    });
    let ratio = billed.as_secs_f64() / audited.as_secs_f64();
    eprintln!(
        "36 statements audited in {audited:?}, billed one by one in {billed:?}: {ratio:.1} times as long"
    );
}
