//! `kwhen import`: payloads of data import checked, sent in their order, and what the service says of them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{Answer, Fault, Server};
use kwhen_tests::command::{Outcome, kwhen_with};
use kwhen_tests::folder::Folder;
use serde_json::{Value, json};

fn import(server: &Server, words: &[&str]) -> Outcome {
    let url = server.url();
    let all = ["import"].iter().chain(words).copied().chain(["--instance", &url, "--allow-http"]);
    kwhen_with(all, b"", &[("KWHEN_API_KEY", "organisation")])
}

fn account(number: &str) -> Value {
    json!({"import_supplier": "TENTACLE_ENERGY", "external_account_number": number, "account_type": "DOMESTIC",
        "customers": [{"given_name": "Bob", "family_name": "Jones", "landline": "02072343456"}],
        "contracts": [{"mpxn": "1200060176720", "tariff_code": "ELEC-1234-J", "effective_from": "2019-08-01"}]})
}

fn process(number: &str) -> Value {
    json!({"import_supplier": "TENTACLE_ENERGY", "external_account_number": number, "operations_team_name": "Team"})
}

fn product() -> Value {
    json!([{"brand": "TENTACLE_ENERGY", "code": "SUPER-PROD-V1", "full_name": "Super - v1", "display_name": "Super",
        "description": "d", "available_from_date": "2019-03-26", "tariffs": [{"fuel": "ELECTRICITY", "gsp": "_A",
            "tariff_code": "E-1R-SUPER-PROD-V1-A", "payment_method": "DD", "tariff_type": "STANDARD",
            "unit_rates": [{"value": "1000", "valid_from_date": "2019-03-26", "rate_type": "STANDARD"}],
            "standing_charges": [{"value": "500", "valid_from_date": "2019-03-26"}]}]}])
}

fn transaction(id: &str) -> Value {
    json!({"transaction_id": id, "transaction_date": "2019-10-01", "amount": 53.24, "type": "SUPPLY_CHARGE",
        "product_code": "P", "line_items": [{"rate_band": "CONSUMPTION_STANDARD", "start_date": "2019-10-01",
            "end_date": "2019-11-01", "number_of_units": 4.0, "net_amount": 44.0, "price_per_unit": 11.0}],
        "tax_items": [{"amount": 9.24, "tax_type": "VAT", "value_taxed": 44.0, "rate": 0.21, "unit_type": "PROPORTION"}]})
}

fn transactions(number: &str, list: &[Value]) -> Value {
    json!({"import_supplier": "TENTACLE_ENERGY", "external_account_number": number, "transactions": list})
}

fn notes(number: &str, list: &[Value]) -> Value {
    json!({"import_supplier": "TENTACLE_ENERGY", "external_account_number": number, "notes": list})
}

/// In an order of names that is not that of sending.
fn whole() -> Folder {
    let folder = Folder::new();
    let note = json!({"body": "Something very important to import.", "created_at": "2020-01-01T12:00:00Z"});
    let payment = json!({"import_supplier": "TENTACLE_ENERGY", "external_account_number": "1234", "vendor": "STRIPE",
        "instruction_reference": "THIS-IS-A-FAKE-REFERENCE", "type": "CARD"});
    for (name, payload) in [
        ("a-notes.json", notes("1234", &[note])),
        ("b-payment.json", payment),
        ("c-transactions.json", transactions("1234", &[transaction("1")])),
        ("d-process.json", process("1234")),
        ("e-account.json", account("1234")),
        ("f-products.json", product()),
    ] {
        folder.file(name, payload.to_string());
    }
    folder.file("readme.txt", "no payload");
    folder
}

fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a str> {
    rows.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap()).collect()
}

#[test]
fn payloads_are_sent_in_the_order_that_the_service_needs_when_that_is_said() {
    let (server, folder) = (Server::start().unwrap(), whole());
    let path = folder.at("");
    let checked = import(&server, &["check", &path, "--format", "json"]).json();
    assert_eq!((checked["payloads"].as_array().unwrap().len(), &checked["findings"]), (6, &json!([])));
    let dry = import(&server, &["send", &path, "--format", "json"]).json();
    let order = [
        "f-products.json",
        "e-account.json",
        "d-process.json",
        "c-transactions.json",
        "a-notes.json",
        "b-payment.json",
    ];
    assert_eq!(column(&dry, "file"), order);
    assert_eq!(
        dry[3]["path"],
        "/v1/data-import/transactions/create/?check_previously_added=true&force_add_to_current_statement=true"
    );
    assert!(import(&server, &["send", &path]).stdout_of_success().contains("say --yes"));
    assert!(server.seen().is_empty(), "nothing was sent");
    let sent = import(&server, &["send", &path, "--yes", "--format", "json"]).json();
    assert_eq!(column(&sent, "file"), order);
    assert_eq!(column(&sent, "outcome"), ["taken"; 6]);
    assert_eq!(sent[2]["answer"]["kraken_account_number"], "A-E8981832");
    let paths: Vec<String> = server.seen().into_iter().skip(1).map(|seen| seen.path).collect();
    assert_eq!(paths.len(), 6);
    assert_eq!(paths[0], "/v1/data-import/products/");
    assert!(server.seen().iter().skip(1).all(|seen| seen.authorization.as_deref() == Some("Token token-1")));
    // Sent again, nothing is done twice.
    std::fs::remove_file(folder.at("f-products.json")).unwrap();
    let again = import(&server, &["send", &path, "--yes", "--format", "json"]).json();
    assert_eq!(column(&again, "outcome"), ["imported before", "imported before", "taken", "taken", "taken"]);
    assert_eq!(again[1]["detail"], "A-E8981832");
    assert_eq!(again[2]["answer"]["results"][0]["status"], "TRANSACTION_ALREADY_EXISTS");
    assert_eq!(again[3]["answer"][0]["status"], "NOTE_ALREADY_EXISTS");
}

#[test]
fn faults_stop_it_before_anything_is_sent() {
    let (server, folder) = (Server::start().unwrap(), whole());
    let mut bare = product();
    bare[0]["tariffs"] = json!([]);
    folder.file("f-products.json", bare.to_string());
    folder
        .file("a-notes.json", notes("1234", &[json!({"is_pinned": true}), json!({"body": " "})]).to_string());
    let path = folder.at("");
    let checked = import(&server, &["check", &path, "--format", "csv"]);
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    let rows: Vec<&str> = checked.stdout.lines().collect();
    assert_eq!(
        rows[1],
        "f-products.json,fault,kwhen,0.tariffs,required,A product needs at least one tariff."
    );
    assert_eq!(rows[2], "a-notes.json,fault,kwhen,notes.0,required,A note needs a body or document_paths.");
    assert!(rows[3].starts_with("a-notes.json,fault,kwhen,notes.1,required,"), "{}", checked.stdout);
    assert!(checked.stderr.contains("error: 3 faults"), "{}", checked.stderr);
    let refused = import(&server, &["send", &path, "--yes"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("nothing was sent: 3 faults; --unchecked"), "{}", refused.stderr);
    assert!(server.seen().is_empty());
    // Told so, the service alone decides; the account's own parts go on though a note of it does not.
    let sent = import(&server, &["send", &path, "--yes", "--unchecked", "--format", "json"]);
    let rows: Value = serde_json::from_str(&sent.stdout).unwrap();
    assert_eq!(column(&rows, "outcome")[..4], ["taken"; 4], "{}", sent.stdout);
    // What cannot be read at all is never sent.
    folder.file("z.json", "{\"tariff\": ");
    folder.file("y.json", "{\"tariffs\": []}");
    let refused = import(&server, &["send", &path, "--yes", "--unchecked"]);
    assert!(refused.stderr.contains("nothing was sent: 5 faults\n"), "{}", refused.stderr);
    assert!(refused.stdout.contains("products come as a list"), "{}", refused.stdout);
    let empty = Folder::new();
    assert!(import(&server, &["check", &empty.at("")]).refusal().contains("no file in it ends in .json"));
    assert!(import(&server, &["check", &empty.at("x.json")]).refusal().contains("x.json: cannot be read"));
}

#[test]
fn what_may_be_meant_is_a_warning() {
    let server = Server::start().unwrap();
    let folder = Folder::new();
    let mut products = product();
    products[0]["tariffs"][0]["gsp"] = "_Z".into();
    products[0]["tariffs"][0]["unit_rates"][0]["rate_type"] = "ECO10".into();
    folder.file("products.json", products.to_string());
    let (mut wrong_tax, mut wrong_line) = (transaction("1"), transaction("2"));
    wrong_tax["tax_items"][0]["amount"] = 9.25.into();
    wrong_line["line_items"][0]["net_amount"] = 45.0.into();
    let list = [wrong_tax, wrong_line, transaction("1")];
    folder.file("transactions.json", transactions("1234", &list).to_string());
    let checked = import(&server, &["check", &folder.at(""), "--format", "json"]).json();
    let found = &checked["findings"];
    assert_eq!(
        column(found, "attr"),
        [
            "0.tariffs.0.gsp",
            "0.tariffs.0.unit_rates.0.rate_type",
            "transactions.0.tax_items.0.amount",
            "transactions.1.line_items.0.net_amount",
            "transactions.2.transaction_id",
        ]
    );
    assert_eq!(column(found, "level"), ["warning"; 5]);
    assert_eq!(found[2]["detail"], "9.25 is not 0.21 of 44.0, which is 9.24");
    // Warnings stop nothing, and are said.
    let sent = import(&server, &["send", &folder.at("products.json"), "--yes", "--format", "json"]);
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    assert!(
        sent.stderr.contains("note: products.json: warning 0.tariffs.0.gsp: _Z is none"),
        "{}",
        sent.stderr
    );
}

#[test]
fn what_the_service_refuses_keeps_back_what_hangs_on_it_alone() {
    let server = Server::start().unwrap();
    let folder = Folder::new();
    let mut bad = account("1");
    bad["customers"][0]["landline"] = "0207234345-".into();
    for (name, payload) in [
        ("1-account.json", bad),
        ("1-process.json", process("1")),
        ("2-account.json", account("2")),
        ("2-process.json", process("2")),
        ("3-process.json", process("3")),
        ("4-transactions.json", transactions("4", &[transaction("1")])),
    ] {
        folder.file(name, payload.to_string());
    }
    let path = folder.at("");
    // The service's own check finds it, and changes nothing.
    let checked = import(&server, &["check", &path, "--service", "--format", "json"]);
    let found: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!((checked.code, column(&found["findings"], "by")), (1, vec!["service"]), "{}", checked.stderr);
    assert_eq!(found["findings"][0]["attr"], "customers.0.landline");
    let sent = import(&server, &["send", &path, "--yes", "--format", "json"]);
    let rows: Value = serde_json::from_str(&sent.stdout).unwrap();
    let outcomes = column(&rows, "outcome");
    assert_eq!(outcomes, ["refused", "taken", "not sent", "taken", "failed", "failed"], "{}", sent.stdout);
    assert_eq!(rows[2]["detail"], "1-account.json was not taken");
    assert!(sent.stderr.contains("4 of 6 payloads were not taken"), "{}", sent.stderr);
    // A transaction that cannot be added is named.
    let failed = json!({"status": "TRANSACTION_IMPORT_ERROR", "error_detail": "Transaction is not within the open statement period.",
        "transaction_data": {"transaction_id": "1"}});
    folder.file("4-transactions.json", transactions("2", &[transaction("1")]).to_string());
    server.fail_with([Fault::None, Fault::answer(&Answer::json(400, failed.to_string()))]);
    let sent = import(&server, &["send", &folder.at("4-transactions.json"), "--yes"]);
    assert!(
        sent.stdout.contains("transaction 1: Transaction is not within the open statement period."),
        "{}",
        sent.stdout
    );
    // Where products are not taken, nothing is sent that needs them.
    folder.file("0-products.json", product().to_string());
    server.fail_with([Fault::None, Fault::answer(&Answer::detail(400, "no"))]);
    let sent = import(&server, &["send", &path, "--yes", "--format", "csv"]);
    assert_eq!(sent.stdout.matches("not sent,0-products.json was not taken").count(), 6, "{}", sent.stdout);
}

#[test]
fn meter_points_are_registered_and_imports_listed() {
    let server = Server::start().unwrap();
    let register = ["register", "TENTACLE_ENERGY", "1234", "--supply-start-date", "2026-04-01"];
    let dry = import(&server, &register).stdout_of_success();
    assert!(
        dry.contains(
            "/v1/data-import/send-registration-flows/TENTACLE_ENERGY/1234/?supply_start_date=2026-04-01"
        ),
        "{dry}"
    );
    assert!(server.seen().is_empty());
    let all = [&register[..], &["--yes", "--format", "csv"]].concat();
    assert!(import(&server, &all).refusal().contains("Account not found for 1234."));
    server.change(|world| {
        world.staged.insert("1234".into(), true);
        world.staged.insert("5678".into(), false);
    });
    let done = import(&server, &all);
    assert_eq!(
        done.stdout,
        "mpxn,status,error_detail\n1013004420117,REGISTRATION_FLOW_SUCCESS,\n3406086401,REGISTRATION_FLOW_ERROR,TEN not current supplier\n"
    );
    assert!(done.stderr.contains("1 of 2 meter points were not marked"), "{}", done.stderr);
    let list = import(&server, &["status", "TENTACLE_ENERGY", "--format", "json"]).json();
    assert_eq!(column(&list, "kraken_account_number"), ["A-E8981832", ""]);
    let one = import(&server, &["status", "TENTACLE_ENERGY", "1234", "--format", "json"]).json();
    assert_eq!(column(&one, "status"), ["COMPLETED", "PRE_REGISTRATION"]);
    let staged = import(&server, &["status", "TENTACLE_ENERGY", "5678", "--format", "json"]).json();
    assert_eq!(column(&staged, "status"), ["UNKNOWN"]);
}

/// What `kwhen bill --export kraken` writes passes the checks: every kind of tariff, under every rule of rounding.
#[test]
fn exported_bills_pass_the_checks_and_are_sent() {
    let server = Server::start().unwrap();
    let folder = Folder::new();
    let tariffs = [
        (
            "go.toml",
            "code = \"E-1R-GO-VAR-22-10-14-C\"\nstanding_charge = \"47.85\"\nbands = [\n{ name = \"night\", from = \"00:30\", to = \"05:30\", rate = \"8.0953\" },\n{ name = \"day\", from = \"05:30\", to = \"00:30\", rate = \"26.4123\" },\n]\n",
        ),
        ("flat.toml", "code = \"E-1R-FLAT-C\"\nunit_rate = \"25.0333\"\nstanding_charge = \"50.1\"\n"),
        (
            "business.toml",
            "code = \"E-1R-BUS-C\"\ncustomer = \"business\"\nunit_rate = \"25.0333\"\nstanding_charge = \"50.1\"\n",
        ),
    ];
    let mut readings = "interval_start,interval_end,consumption\n".to_owned();
    let mut rates = "valid_from,valid_to,value_exc_vat,value_inc_vat\n".to_owned();
    let mut paid = "valid_from,valid_to,rate\n".to_owned();
    let start: chrono::DateTime<chrono::Utc> = "2026-03-09T00:00:00Z".parse().unwrap();
    for place in 0..144_i64 {
        let at = |place: i64| (start + chrono::TimeDelta::minutes(30 * place)).format("%FT%TZ");
        let (from, to) = (at(place), at(place + 1));
        readings += &format!("{from},{to},0.{}\n", 101 + (place * 37) % 700);
        let exc = 2000 + (place * 731) % 4001 - 700;
        rates += &format!(
            "{from},{to},{}.{:02},{}.{:04}\n",
            exc / 100,
            exc % 100,
            exc * 105 / 10_000,
            exc * 105 % 10_000
        );
        paid += &format!("{from},{to},{}.{:02}\n", exc / 100, exc % 100);
    }
    folder.file("use.csv", readings);
    folder.file("both.csv", rates);
    folder.file("paid.csv", paid);
    folder.file(
        "standing.csv",
        "valid_from,valid_to,standing_charge\n2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,41.27\n",
    );
    let mut sources: Vec<String> = tariffs
        .iter()
        .map(|(name, text)| {
            folder.file(name, text);
            format!("--tariff @/{name}")
        })
        .collect();
    sources.push("--rates @/both.csv --standing-charges @/standing.csv".to_owned());
    sources.push("--rates @/paid.csv --standing-charges @/standing.csv".to_owned());
    let payloads = Folder::new();
    for (number, source) in sources.iter().enumerate() {
        for rules in ["exact", "octopus", "octopus-statement", "ladder"] {
            let line = format!(
                "bill {source} --consumption @/use.csv --from 2026-03-09 --to 2026-03-12 --rules {rules} --export kraken"
            );
            let exported = folder.run(&line);
            assert_eq!(exported.code, 0, "{line}: {}", exported.stderr);
            let charge: Value = serde_json::from_str(&exported.stdout).unwrap();
            let lines = charge["line_items"].as_array().unwrap();
            assert!(lines.iter().all(|item| item["price_per_unit"].is_number()), "{line}: {charge}");
            assert_eq!(
                charge["tax_items"][0]["rate"],
                if source.contains("business") { 0.2 } else { 0.05 },
                "{line}"
            );
            payloads.file(&format!("{number}-{rules}.json"), exported.stdout);
        }
    }
    let path = payloads.at("");
    let checked = import(&server, &["check", &path, "--format", "json"]);
    // They are right, but to be sent it has to be said whose they are.
    assert!(checked.code == 0 && checked.stderr.contains("not to be sent so"), "{}", checked.stderr);
    assert!(checked.stderr.contains("do not say whose they are"), "{}", checked.stderr);
    let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(checked["payloads"].as_array().unwrap().len(), 20);
    assert_eq!(checked["findings"], json!([]));
    let unsaid = import(&server, &["send", &path, "--yes"]).refusal();
    assert!(unsaid.contains("do not say whose they are"), "{unsaid}");
    server.change(|world| {
        world.staged.insert("1234".into(), true);
    });
    let whose = ["--import-supplier", "TENTACLE_ENERGY", "--external-account-number", "1234"];
    let sent = import(
        &server,
        &[&["send", &payloads.at("0-exact.json"), "--yes", "--format", "json"], &whose[..]].concat(),
    )
    .json();
    assert_eq!(sent[0]["answer"]["results"][0]["status"], "TRANSACTION_ADDED_TO_ACCOUNT");
}

#[test]
fn a_number_that_is_none_a_file_that_cannot_be_read_and_an_answer_that_says_nothing_are_faults() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    // As numbers come, bare and in text; the other files are checked all the same.
    let huge = transactions("1234", &[transaction("1")])
        .to_string()
        .replace("\"net_amount\":44.0", "\"net_amount\":1e999");
    assert!(huge.contains("1e999"), "{huge}");
    folder.file("a.json", huge.replace("53.24", "\"1e400\""));
    folder.file("b.json", transactions("1235", &[transaction("2")]).to_string());
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.at("nowhere"), folder.at("0.json")).unwrap();
    #[cfg(not(unix))]
    folder.file("0.json", [0xff, 0xfe]);
    let path = folder.at("");
    let checked = import(&server, &["check", &path, "--format", "json"]);
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    let found: Value = serde_json::from_str(&checked.stdout).unwrap();
    let faults: Vec<&Value> =
        found["findings"].as_array().unwrap().iter().filter(|one| one["level"] == "fault").collect();
    let places: Vec<_> =
        faults.iter().map(|one| (one["file"].as_str().unwrap(), one["attr"].as_str().unwrap())).collect();
    assert_eq!(
        places,
        [
            ("0.json", ""),
            ("a.json", "transactions.0.amount"),
            ("a.json", "transactions.0.line_items.0.net_amount")
        ],
        "{found:#}"
    );
    assert!(faults[1]["detail"].as_str().unwrap().contains("1e400 is no number"), "{found:#}");
    assert_eq!(found["payloads"].as_array().unwrap().len(), 2, "{found:#}");

    for name in ["0.json", "a.json"] {
        std::fs::remove_file(folder.at(name)).unwrap();
    }
    let result = |status: &str| json!({"results": [{"status": status}]}).to_string();
    for (answer, words) in [
        ("[]".to_owned(), "the answer says not what became of the transactions: []"),
        (json!({"results": []}).to_string(), "of 0 transactions what became of them; 1 were sent"),
        (result("TRANSACTION_LOST"), "says TRANSACTION_LOST of a transaction"),
        (result("TRANSACTION_ADDED_TO_ACCOUNT"), ""),
    ] {
        // The first request asks for the token.
        server.fail_with([Fault::None, Fault::answer(&Answer::json(200, answer))]);
        let sent = import(&server, &["send", &path, "--yes", "--format", "json"]);
        let rows: Value = serde_json::from_str(&sent.stdout).unwrap();
        let outcome = if words.is_empty() { ("taken", 0) } else { ("failed", 1) };
        assert_eq!((rows[0]["outcome"].as_str().unwrap(), sent.code), outcome, "{rows:#}");
        assert!(rows[0]["detail"].as_str().unwrap().contains(words), "{rows:#}");
    }
}
