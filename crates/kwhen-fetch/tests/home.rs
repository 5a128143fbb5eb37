//! The typed queries of a home: each document beside the catalogue of what is documented, and each answer read as its type.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, KEY, MPAN, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::graphql::{self, Commodity};
use kwhen_fetch::protocol::{Operation, Session, Settings};
use kwhen_fetch::{Credentials, Instance, Secret};
use serde_json::Value;

const CATALOGUE: &str = include_str!("../catalogue/operations.json");

/// Compares what an operation sends with the catalogue: every argument with its type, and every field of the first level.
fn check(operation: &impl Operation) {
    let session = Session::new(Settings::new(Instance::great_britain()));
    let body: Value = serde_json::from_slice(&operation.request(&session).unwrap().body.unwrap()).unwrap();
    let document = body["query"].as_str().unwrap();
    let (head, rest) = document.split_once('{').unwrap();
    let rest = rest.trim_start();
    let field: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let catalogue: Value = serde_json::from_str(CATALOGUE).unwrap();
    let operations = catalogue["operations"].as_array().unwrap();
    let found = operations.iter().find(|one| one["kind"] == "query" && one["name"] == field.as_str());
    let found = found.unwrap_or_else(|| panic!("{field} is not documented"));
    let documented = found["arguments"].as_object().unwrap();
    let declared: Vec<(&str, &str)> = head
        .split_once('(')
        .map(|(_, list)| list.trim().trim_end_matches(')'))
        .map(|list| {
            list.split(',')
                .map(|part| part.trim().trim_start_matches('$').split_once(": ").unwrap())
                .collect()
        })
        .unwrap_or_default();
    for (name, kind) in &declared {
        assert_eq!(documented.get(*name).and_then(Value::as_str), Some(*kind), "{field}: {name}");
        assert!(!kind.ends_with('!') || !body["variables"][*name].is_null(), "{field}: {name} is not sent");
    }
    for (name, kind) in documented {
        let is_sent = declared.iter().any(|(known, _)| known == name);
        assert!(is_sent || !kind.as_str().unwrap().ends_with('!'), "{field} needs {name}");
    }
    let returns = match &found["returns"] {
        Value::Array(list) => &list[0],
        other => other,
    };
    // The fields of the first level: what stands outside further brackets.
    let after = rest.strip_prefix(&field).unwrap().trim_start();
    let selection = match after.strip_prefix('(') {
        Some(rest) => rest.split_once(')').unwrap().1,
        None => after,
    };
    let (mut depth, mut word, mut fields) = (0, String::new(), Vec::new());
    for letter in selection.chars() {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            letter if letter.is_alphanumeric() && depth == 1 => {
                word.push(letter);
                continue;
            }
            _ => {}
        }
        if !word.is_empty() {
            fields.push(std::mem::take(&mut word));
        }
    }
    assert!(!fields.is_empty(), "{document}");
    for name in fields {
        assert!(returns.get(&name).is_some(), "{field} returns no {name}");
    }
}

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

#[test]
fn every_document_agrees_with_the_documented_arguments_types_and_fields() {
    let now = at("2026-03-01T00:00:00Z");
    check(&graphql::agreement_terms(Commodity::Electricity, "1").unwrap());
    check(&graphql::agreement_terms(Commodity::Gas, "2").unwrap());
    check(&graphql::follow_on_product(ACCOUNT, (Commodity::Gas, "2"), now, "__typename").unwrap());
    check(&graphql::available_products(ACCOUNT, &[MPAN], now).unwrap());
    check(&graphql::product_eligibility(ACCOUNT, MPAN, "AGILE-24-10-01").unwrap());
    check(&graphql::meter_readings(ACCOUNT, Commodity::Electricity, "101"));
    check(&graphql::meter_readings(ACCOUNT, Commodity::Gas, "201"));
    check(&graphql::fan_club_status(ACCOUNT, "__typename").unwrap());
    check(&graphql::heat_pump_device(ACCOUNT, 1).unwrap());
    check(&graphql::greenness_forecast());
    check(&graphql::energy_mix());
}

fn client(server: &Server) -> Client {
    let instance = Instance::allowing_plain_http(&server.url()).unwrap();
    let settings = Settings::new(instance).with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    let rate = kwhen_fetch::protocol::TokenBucket::new(100, std::time::Duration::ZERO);
    Client::new(Settings { rate, ..settings }).unwrap()
}

#[test]
fn every_answer_is_read_as_its_type() {
    let server = Server::start().unwrap();
    let client = client(&server);
    let now = at("2026-03-01T00:00:00Z");
    let terms = client.run(graphql::agreement_terms(Commodity::Electricity, "1").unwrap()).unwrap();
    assert_eq!(
        (terms.is_revoked, terms.agreed_from.as_deref()),
        (Some(true), Some("2020-01-01T00:00:00.000Z"))
    );
    let next = client
        .run(graphql::follow_on_product(ACCOUNT, (Commodity::Electricity, "1"), now, "__typename").unwrap());
    assert_eq!(next.unwrap().payment_method.as_deref(), Some("ONE"));
    let allowed = client.run(graphql::product_eligibility(ACCOUNT, MPAN, "AGILE-24-10-01").unwrap()).unwrap();
    assert_eq!(allowed.is_eligible, Some(true));
    let meters = client.run(graphql::account_meters(ACCOUNT).unwrap()).unwrap();
    let points = &meters.properties[0].electricity;
    assert_eq!(points[0].meters[0].id.as_ref().map(|id| id.get().to_owned()), Some("\"101\"".to_owned()));
    let readings = client.run(graphql::meter_readings(ACCOUNT, Commodity::Electricity, "101")).unwrap();
    assert_eq!(readings.len(), 3);
    assert_eq!(
        readings[1].registers[1].value.as_ref().map(|value| value.as_str().to_owned()),
        Some("5000.25".to_owned())
    );
    let details = graphql::cost_of_usage_details(
        ACCOUNT,
        ("ELECTRICITY", None),
        now,
        ("DAY", "Europe/London"),
        "__typename",
    );
    assert_eq!(client.run(details).unwrap().len(), 3);
    let green = client.run(graphql::greenness_forecast()).unwrap();
    assert_eq!(green[0].index.as_deref(), Some("ONE"));
    assert_eq!(client.run(graphql::energy_mix()).unwrap().carbon_intensity_index.as_deref(), Some("abc123"));
    assert!(
        client.run(graphql::heat_pump_device(ACCOUNT, 1).unwrap()).unwrap().krakenflex_device_id.is_some()
    );
}
