//! The typed GraphQL operations: each document beside the documented arguments, types and fields, and each answer read as its type.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, Utc};
use kwhen_fake_api::{ACCOUNT, AGILE, Fault, KEY, MPAN, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::graphql::{self, mutations};
use kwhen_fetch::protocol::{Operation, Session, Settings};
use kwhen_fetch::wire::Number;
use kwhen_fetch::{Credentials, Error, Instance, Secret};
use serde_json::json;
use std::collections::BTreeMap;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const FROM: &str = "2026-03-01T00:00:00Z";
const TO: &str = "2026-03-02T00:00:00Z";

/// What the documents say of a field: its arguments with their types, and what it returns.
fn documented(field: &str) -> (&'static [(&'static str, &'static str)], &'static [&'static str]) {
    const ACCOUNT_NUMBER: &[(&str, &str)] = &[("accountNumber", "String!")];
    const DISPATCH: &[&str] = &["start", "end", "startDt", "endDt", "deltaKwh", "delta", "meta"];
    const DEVICE: &[&str] = &["possibleErrors", "krakenflexDevice"];
    match field {
        "account" => (
            ACCOUNT_NUMBER,
            &[
                "number",
                "status",
                "balance",
                "electricityAgreements",
                "gasAgreements",
                "trackerTariffDailyPricing",
            ],
        ),
        "applicableRates" => (
            &[
                ("accountNumber", "String!"),
                ("mpxn", "String!"),
                ("startAt", "DateTime!"),
                ("endAt", "DateTime!"),
                ("before", "String"),
                ("after", "String"),
                ("first", "Int"),
                ("last", "Int"),
            ],
            &["pageInfo", "edges", "totalCount", "edgeCount"],
        ),
        "property" => (&[("id", "ID!")], &["id", "measurements", "electricityMeterPoints"]),
        "plannedDispatches" | "completedDispatches" => (ACCOUNT_NUMBER, DISPATCH),
        "smartMeterDataPreferences" => (
            ACCOUNT_NUMBER,
            &[
                "readingFrequency",
                "readingsAnalysisConsentProvided",
                "readingsAnalysisConsentUpdatedDatetime",
            ],
        ),
        "smartMeterTelemetry" => (
            &[
                ("deviceId", "String!"),
                ("start", "DateTime"),
                ("end", "DateTime"),
                ("grouping", "TelemetryGrouping"),
            ],
            &["readAt", "consumption", "demand", "consumptionDelta", "costDelta", "costDeltaWithTax"],
        ),
        "registeredKrakenflexDevice" => (
            ACCOUNT_NUMBER,
            &[
                "krakenflexDeviceId",
                "provider",
                "vehicleMake",
                "vehicleModel",
                "vehicleBatterySizeInKwh",
                "chargePointMake",
                "chargePointModel",
                "chargePointPowerInKw",
                "status",
                "suspended",
                "hasToken",
                "createdAt",
                "stateOfChargeLimit",
                "testDispatchFailureReason",
            ],
        ),
        "vehicleChargingPreferences" => (
            ACCOUNT_NUMBER,
            &[
                "weekdayTargetTime",
                "weekdayTargetSoc",
                "weekendTargetTime",
                "weekendTargetSoc",
                "minimumSocPercentage",
                "maximumSocPercentage",
            ],
        ),
        "costOfCharge" => (
            &[
                ("accountNumber", "String!"),
                ("frequency", "DataFrequency!"),
                ("reportDate", "Date"),
                ("startDate", "Date"),
            ],
            &[
                "costOfChargeId",
                "krakenflexDeviceId",
                "reportDate",
                "isSmartCharge",
                "totalConsumption",
                "totalCostExclTax",
                "totalCostInclTax",
            ],
        ),
        "costOfUsage" => (
            &[
                ("accountNumber", "String"),
                ("meterId", "String"),
                ("fuelType", "FuelType"),
                ("startAt", "DateTime"),
                ("grouping", "ConsumptionGroupings!"),
                ("timezone", "String"),
            ],
            &["costEnabled", "direction", "details"],
        ),
        "savingSessions" => (
            &[("accountNumber", "String")],
            &["account", "events", "eventCount", "nationalAggregatedStats", "prizeDrawInformation"],
        ),
        "smartTariffComparison" => {
            (&[("mpan", "String")], &["currentCost", "currentCostWithTax", "costComparisons"])
        }
        "consumptionEstimates" => (&[], &["low", "medium", "high"]),
        "rateLimit" => (&[], &["limit", "remainingPoints", "usedPoints"]),
        "viewer" => (&[], &["id", "givenName", "familyName", "email", "accounts"]),
        "setVehicleChargePreferences" => (&[("input", "VehicleChargingPreferencesInput")], DEVICE),
        "setBatteryChargingPreferences" => (&[("input", "BatteryChargingPreferencesInput")], DEVICE),
        "triggerBoostCharge" => (&[("input", "AccountNumberInput")], DEVICE),
        "deleteBoostCharge" => (&[("input", "DeleteBoostChargeInput")], DEVICE),
        "setDevicePreferences" => (
            &[("input", "SmartFlexDevicePreferencesInput!")],
            &[
                "id",
                "name",
                "deviceType",
                "provider",
                "integrationDeviceId",
                "status",
                "alerts",
                "preferences",
            ],
        ),
        "joinSavingSessionsEvent" => {
            (&[("input", "JoinSavingSessionsEventInput!")], &["possibleErrors", "joinedEventCodes"])
        }
        other => panic!("{other} is not among the documented fields"),
    }
}

/// The text in the brackets that open at the start of `text`, and what follows them.
fn bracketed(text: &str) -> (&str, &str) {
    let mut depth = 0;
    for (index, letter) in text.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[1..index], &text[index + 1..]);
        }
    }
    panic!("brackets that do not close: {text}")
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once(':').unwrap_or_else(|| panic!("{pair}"));
        (name.trim().trim_start_matches('$').to_owned(), value.trim().to_owned())
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect()
}

/// Compares an operation's document with the documents, and its variables with the document.
#[track_caller]
fn check(operation: &impl Operation) {
    let session = Session::new(Settings::new(Instance::great_britain()));
    let request = operation.request(&session).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    let document = body["query"].as_str().unwrap();
    let start = document.find(['(', '{']).unwrap();
    let (declared, rest) = if document[start..].starts_with('(') {
        let (inside, rest) = bracketed(&document[start..]);
        (pairs(inside), rest)
    } else {
        (BTreeMap::new(), &document[start..])
    };
    let (root, after) = bracketed(rest.trim());
    assert_eq!(after.trim(), "", "{document}");
    let root = root.trim();
    let end = root.find(['(', ' ', '{']).unwrap();
    let (field, rest) = (&root[..end], root[end..].trim_start());
    let (given, rest) = if rest.starts_with('(') {
        let (inside, rest) = bracketed(rest);
        (pairs(inside), rest.trim_start())
    } else {
        (BTreeMap::new(), rest)
    };
    let (mut selection, _) = bracketed(rest);
    let (arguments, fields) = documented(field);
    for (name, variable) in &given {
        let (_, documented) = arguments
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{field} has no argument {name}"));
        assert_eq!(declared[variable.trim_start_matches('$')], *documented, "{field}: {name}");
    }
    for (name, kind) in arguments.iter().filter(|(_, kind)| kind.ends_with('!')) {
        assert!(given.contains_key(*name), "{field} needs {name}: {kind}");
    }
    // Every variable is declared and used, and those that must not be null are sent.
    for (name, kind) in &declared {
        assert!(document.matches(&format!("${name}")).count() > 1, "{field}: ${name} is not used");
        assert!(!kind.ends_with('!') || !body["variables"][name].is_null(), "{field}: ${name} is not sent");
    }
    for name in body["variables"].as_object().unwrap().keys() {
        assert!(declared.contains_key(name), "{field}: {name} is sent but not declared");
    }
    let mut selected = 0;
    while let Some(begin) = selection.find(|c: char| c.is_alphanumeric()) {
        selection = &selection[begin..];
        let end = selection.find(|c: char| !c.is_alphanumeric()).unwrap_or(selection.len());
        assert!(fields.contains(&&selection[..end]), "{field} returns no {}", &selection[..end]);
        selection = selection[end..].trim_start();
        while selection.starts_with(['(', '{']) {
            selection = bracketed(selection).1.trim_start();
        }
        selected += 1;
    }
    assert!(selected > 0, "{document}");
}

fn vehicle() -> mutations::VehicleChargePreferences {
    mutations::VehicleChargePreferences {
        account_number: ACCOUNT.into(),
        weekday_target_time: "07:00".into(),
        weekday_target_soc: 80,
        weekend_target_time: "09:00".into(),
        weekend_target_soc: 90,
    }
}

#[test]
fn every_document_agrees_with_the_documented_arguments_types_and_fields() {
    let (from, to) = (at(FROM), at(TO));
    check(&graphql::account(ACCOUNT, "").unwrap());
    check(&graphql::account(ACCOUNT, "gasAgreements { id }").unwrap());
    check(&graphql::tracker_tariff_daily_pricing(ACCOUNT, "__typename").unwrap());
    check(&graphql::applicable_rates(ACCOUNT, MPAN, from, to));
    check(&graphql::measurements("1", MPAN, "CONSUMPTION", from, to));
    check(&graphql::planned_dispatches(ACCOUNT).unwrap());
    check(&graphql::smart_meter_data_preferences(ACCOUNT).unwrap());
    check(&graphql::completed_dispatches(ACCOUNT).unwrap());
    check(&graphql::smart_meter_telemetry("12-34", Some((from, to)), Some("HALF_HOURLY")).unwrap());
    check(&graphql::cost_of_charge(ACCOUNT, "DAILY").unwrap());
    check(
        &graphql::cost_of_usage(
            ACCOUNT,
            ("ELECTRICITY", Some("meter-1")),
            from,
            ("HALF_HOUR", "Europe/London"),
            "__typename",
        )
        .unwrap(),
    );
    check(&graphql::registered_device(ACCOUNT).unwrap());
    check(&graphql::vehicle_charging_preferences(ACCOUNT).unwrap());
    check(&graphql::saving_sessions(ACCOUNT).unwrap());
    check(&graphql::smart_tariff_comparison(MPAN, "__typename").unwrap());
    check(&graphql::consumption_estimates());
    check(&graphql::rate_limit());
    check(&graphql::viewer());
    check(&mutations::set_vehicle_charge_preferences(&vehicle()).unwrap());
    check(&mutations::set_device_preferences(&json!({ "deviceId": "device-1" })).unwrap());
    check(&mutations::set_battery_charging_preferences(&json!({ "accountNumber": ACCOUNT })).unwrap());
    check(&mutations::trigger_boost_charge(ACCOUNT).unwrap());
    check(&mutations::delete_boost_charge(ACCOUNT).unwrap());
    check(&mutations::join_saving_sessions_event(ACCOUNT, "EVENT_1").unwrap());
}

fn client(server: &Server) -> Client {
    let instance = Instance::allowing_plain_http(&server.url()).unwrap();
    let settings = Settings::new(instance).with_credentials(Credentials::ApiKey(Secret::new(KEY)));
    let rate = kwhen_fetch::protocol::TokenBucket::new(100, std::time::Duration::ZERO);
    Client::new(Settings { rate, ..settings }).unwrap()
}

fn digits(number: Option<&Number>) -> &str {
    number.map_or("none", Number::as_str)
}

#[test]
fn every_query_reads_its_answer() {
    let server = Server::start().unwrap();
    let client = client(&server);
    let (from, to) = (at(FROM), at(TO));

    let account = client.run(graphql::account(ACCOUNT, "").unwrap()).unwrap();
    assert_eq!((account.number.as_deref(), digits(account.balance.as_ref())), (Some(ACCOUNT), "-1234"));
    let agreement = &account.electricity_agreements.unwrap()[0];
    assert_eq!(
        (agreement.valid_from.as_deref(), &agreement.valid_to),
        (Some("2024-10-01T00:00:00+01:00"), &None)
    );
    let tariff = agreement.tariff.as_ref().unwrap();
    assert_eq!(
        (tariff.kind.as_deref(), tariff.tariff_code.as_deref()),
        (Some("HalfHourlyTariff"), Some(AGILE))
    );
    assert_eq!(digits(tariff.standing_charge.as_ref()), "39.535125");
    assert_eq!(tariff.unit_rates.as_ref().unwrap()[0].value.as_str(), "9.2715");

    let rates = client.run(graphql::applicable_rates(ACCOUNT, MPAN, from, to)).unwrap();
    assert_eq!(rates.iter().map(|rate| rate.value.as_str()).collect::<Vec<_>>(), ["9.2715", "-1.575"]);
    let measured = client.run(graphql::measurements("1", MPAN, "CONSUMPTION", from, to)).unwrap();
    assert_eq!(measured.iter().map(|row| digits(row.value.as_ref())).collect::<Vec<_>>(), ["0.1320", "0.2"]);
    assert!(measured[0].meta_data.as_ref().unwrap().get().contains("2.47380"));

    let preferences = client.run(graphql::smart_meter_data_preferences(ACCOUNT).unwrap()).unwrap();
    assert_eq!(preferences.reading_frequency.as_deref(), Some("HALF_HOURLY"));
    let planned = client.run(graphql::planned_dispatches(ACCOUNT).unwrap()).unwrap();
    let completed = client.run(graphql::completed_dispatches(ACCOUNT).unwrap()).unwrap();
    assert_eq!(digits(planned[0].delta.as_ref()), "-10.52");
    assert_eq!(completed[0].start.as_deref(), Some("2026-03-02T23:30:00+00:00"));
    let telemetry = client.run(graphql::smart_meter_telemetry("12-34", None, None).unwrap()).unwrap();
    assert_eq!((digits(telemetry[0].demand.as_ref()), telemetry[0].cost_delta.is_none()), ("412.000", true));
    let device = client.run(graphql::registered_device(ACCOUNT).unwrap()).unwrap();
    assert_eq!(digits(device.vehicle_battery_size_kwh.as_ref()), "64.0");
    let wanted = client.run(graphql::vehicle_charging_preferences(ACCOUNT).unwrap()).unwrap();
    assert_eq!(
        (wanted.weekday_target_time.as_deref(), digits(wanted.weekend_target_soc.as_ref())),
        (Some("07:00"), "90")
    );
    let both = client.run(graphql::Car::new(ACCOUNT).unwrap()).unwrap();
    assert_eq!((both.device, both.preferences), (Some(device), Some(wanted)));
    let charge = client.run(graphql::cost_of_charge(ACCOUNT, "DAILY").unwrap()).unwrap();
    assert_eq!(digits(charge[0].total_cost_excl_tax.as_ref()), "70.10");
    assert_eq!(digits(charge[0].total_cost_incl_tax.as_ref()), "73.605");
    let usage = graphql::cost_of_usage(
        ACCOUNT,
        ("ELECTRICITY", Some("meter-1")),
        from,
        ("HALF_HOUR", "Europe/London"),
        "__typename",
    )
    .unwrap();
    assert_eq!(client.run(usage).unwrap().direction.as_deref(), Some("CONSUMPTION"));
    let sessions = client.run(graphql::saving_sessions(ACCOUNT).unwrap()).unwrap();
    assert_eq!((sessions.events[0].code.as_deref(), sessions.event_count), (Some("EVENT_1"), Some(2)));
    let compared = client.run(graphql::smart_tariff_comparison(MPAN, "__typename").unwrap()).unwrap();
    assert_eq!(digits(compared.current_cost_with_tax.as_ref()), "106.575");
    let tracker = client.run(graphql::tracker_tariff_daily_pricing(ACCOUNT, "__typename").unwrap()).unwrap();
    assert!(tracker.tracker_tariff_daily_pricing.is_some());
    let estimates = client.run(graphql::consumption_estimates()).unwrap();
    assert_eq!(digits(estimates.medium.unwrap().electricity_standard.as_ref()), "2700");
    assert_eq!(client.run(graphql::rate_limit()).unwrap().used_points.as_str(), "10");
    assert_eq!(client.run(graphql::viewer()).unwrap().accounts[0].number, ACCOUNT);
}

#[test]
fn every_mutation_is_sent_once_and_reads_its_answer() {
    let server = Server::start().unwrap();
    let client = client(&server);
    client.run(graphql::rate_limit()).unwrap();
    server.forget();
    let refused = client.run(mutations::set_vehicle_charge_preferences(&vehicle()).unwrap()).unwrap_err();
    assert_eq!(refused.codes(), ["KT-CT-4353"], "an error inside the payload");
    let set = mutations::set_device_preferences(&json!({ "deviceId": "device-1" })).unwrap();
    assert!(client.run(set).unwrap().get().contains("device-1"));
    let battery = mutations::set_battery_charging_preferences(&json!({ "accountNumber": ACCOUNT })).unwrap();
    assert!(client.run(battery).unwrap().get().contains("BatteryDeviceType"));
    assert!(
        client.run(mutations::trigger_boost_charge(ACCOUNT).unwrap()).unwrap().get().contains("device-1")
    );
    assert!(client.run(mutations::delete_boost_charge(ACCOUNT).unwrap()).unwrap().get().contains("device-1"));
    let joined = client.run(mutations::join_saving_sessions_event(ACCOUNT, "EVENT_1").unwrap()).unwrap();
    assert!(joined.get().contains("EVENT_1"));
    let unknown = client.run(mutations::join_saving_sessions_event(ACCOUNT, "EVENT_2").unwrap()).unwrap_err();
    assert_eq!(unknown.codes(), ["KT-GB-5114"]);
    assert_eq!(server.seen().len(), 7);
    // What may have been carried out is not sent again.
    server.forget();
    server.fail_with([Fault::status(503)]);
    assert!(client.run(mutations::trigger_boost_charge(ACCOUNT).unwrap()).unwrap_err().is_server());
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn codes_mean_what_the_documents_say_of_them() {
    let server = Server::start().unwrap();
    let client = client(&server);
    client.run(graphql::rate_limit()).unwrap();
    type Means = fn(&Error) -> bool;
    let cases: [(&str, Means); 8] = [
        ("KT-CT-1111", Error::is_unauthorised),
        ("KT-CT-1112", Error::is_unauthorised),
        ("KT-CT-1113", Error::is_disabled_field),
        ("KT-CT-1128", Error::is_unauthorised),
        ("KT-CT-4123", Error::is_unauthorised),
        ("KT-CT-4177", Error::is_unauthorised),
        ("KT-CT-4321", Error::is_invalid),
        ("KT-CT-4301", Error::is_not_found),
    ];
    for (code, expected) in cases {
        let errors = json!({"data": null, "errors": [{"message": "No.", "extensions": {"errorCode": code}}]});
        server.fail_with([Fault::answer(&kwhen_fake_api::Answer::json(200, errors.to_string()))]);
        let error = client.run(mutations::trigger_boost_charge(ACCOUNT).unwrap()).unwrap_err();
        assert!(expected(&error) && error.codes() == [code], "{code}: {error:?}");
    }
}
