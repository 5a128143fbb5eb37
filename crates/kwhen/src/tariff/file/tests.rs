use super::*;
use crate::time::Span;
use crate::time::parse_instant;

fn rate_at(tariff: &Tariff, text: &str) -> String {
    let at = parse_instant(text).unwrap();
    let day = Span::new(at, at + chrono::TimeDelta::days(1)).unwrap();
    tariff.rate_series(day, &[]).unwrap().at(at).unwrap().paid().to_string()
}

#[test]
fn a_definition_gives_every_part_of_a_tariff() {
    let tariff = TariffDefinition::from_json(
        br#"{"code": "E-2R-BUS-22-01-01-A", "customer": "business", "clock": "utc",
            "standing_charges": [{"from": "2026-01-01", "to": "2026-04-01", "price": 50.5}, {"from": "2026-04-01", "price": "52"}],
            "periods": [
                {"to": "2026-04-01", "unit_rate": 30},
                {"from": "2026-04-01", "bands": [
                    {"name": "night", "from": "00:30", "to": "07:30", "rate": "15"},
                    {"name": "day", "from": "07:30", "to": "00:30", "days": ["mon", "tue", "wed", "thu", "fri"], "rate": "35"},
                    {"name": "weekend", "from": "07:30", "to": "00:30", "days": ["sat", "sunday"], "rate": "25"}]}],
            "unit_rate_uplift": "1.5", "climate_change_levy": {}, "dispatch_rate": "7"}"#,
        Calendar::great_britain(),
    )
    .unwrap();
    assert_eq!(rate_at(&tariff, "2026-03-31T22:59:00Z"), "31.5");
    assert_eq!(
        rate_at(&tariff, "2026-03-31T23:00:00Z"),
        "36.5",
        "the first of April begins an hour before midnight UTC"
    );
    assert_eq!(
        rate_at(&tariff, "2026-07-01T07:00:00Z"),
        "16.5",
        "08:00 local: the meter's night ends at 07:30 UTC"
    );
    assert_eq!(rate_at(&tariff, "2026-07-04T12:00:00Z"), "26.5");
    assert_eq!(tariff.standing_charges.as_ref().unwrap().intervals().len(), 2);
    assert_eq!((tariff.levies.len(), tariff.customer), (1, Customer::Business));
    let dispatch = Span::new(
        parse_instant("2026-07-01T12:10:00Z").unwrap(),
        parse_instant("2026-07-01T12:20:00Z").unwrap(),
    )
    .unwrap();
    let day = Calendar::great_britain().day("2026-07-01".parse().unwrap()).unwrap();
    let laid = tariff.rate_series(day, &[dispatch]).unwrap();
    assert_eq!(laid.at(dispatch.from()).unwrap().paid().to_string(), "7");
    let outgoing = TariffDefinition::from_json(
        br#"{"code": "E-1R-OUTGOING-FIX-12M-19-05-13-A", "unit_rate": "15"}"#,
        Calendar::great_britain(),
    )
    .unwrap();
    assert_eq!(outgoing.direction, Direction::Export);
}

#[test]
fn what_is_no_tariff_is_refused_with_the_reason() {
    for (json, reason) in [
        (r#"{"code": "X"}"#, "has no unit rates"),
        (r#"{"code": "X", "unit_rate": "1", "rates": [{"price": "2"}]}"#, "more than one way"),
        (r#"{"code": "X", "unit_rate": "1", "unit_rats": 3}"#, "unit_rats"),
        (r#"{"code": "X", "bands": [{"from": "00:30", "to": "05:30", "rate": "1"}]}"#, "gap"),
        (r#"{"code": "X", "bands": [{"from": "00:30", "to": "25:30", "rate": "1"}]}"#, "field to"),
        (
            r#"{"code": "X", "bands": [{"from": "00:00", "to": "24:00", "days": ["someday"], "rate": "1"}]}"#,
            "field days",
        ),
        (
            r#"{"code": "X", "periods": [{"to": "2026-05-01", "unit_rate": "1"}, {"from": "2026-04-01", "unit_rate": "2"}]}"#,
            "overlap",
        ),
        (
            r#"{"code": "X", "periods": [{"from": "2026-05-01", "to": "2026-04-01", "unit_rate": "1"}]}"#,
            "must end after",
        ),
        (r#"{"code": "X", "unit_rate": "one"}"#, "not a decimal"),
        ("[]", "no tariff definition"),
    ] {
        let error = TariffDefinition::from_json(json.as_bytes(), Calendar::great_britain()).unwrap_err();
        assert!(error.to_string().contains(reason), "{json}: {error}");
    }
}

#[test]
fn a_products_payload_gives_its_tariffs() {
    let payload = br#"[{"brand": "B", "code": "SUPER", "is_business": false, "tariffs": [
        {"fuel": "ELECTRICITY", "gsp": "_A", "tariff_code": "E-1R-SUPER-PROD-V1-A", "unit_rates": [
            {"value": "24.5", "valid_from_date": "2019-03-26", "rate_type": "STANDARD"}],
         "standing_charges": [{"value": "50", "valid_from_date": "2019-03-26"}]},
        {"fuel": "ELECTRICITY", "tariff_code": "E-2R-SUPER-PROD-V1-B", "unit_rates": [
            {"value": "30", "valid_from_date": "2019-03-26", "rate_type": "ECO7_DAY"},
            {"value": "15", "valid_from_date": "2019-03-26", "valid_to_date": "2020-03-26", "rate_type": "ECO7_NIGHT"},
            {"value": "16", "valid_from_date": "2020-03-26", "rate_type": "ECO7_NIGHT"}], "standing_charges": []},
        {"fuel": "GAS", "tariff_code": "G-1R-SUPER-PROD-V1-B", "unit_rates": [{"value": "6", "valid_from_date": "2019-03-26"}]}]}]"#;
    let tariffs = kraken_products(payload, Calendar::great_britain(), None).unwrap();
    assert_eq!(
        tariffs.iter().map(|tariff| tariff.fuel).collect::<Vec<_>>(),
        [Fuel::Electricity, Fuel::Electricity, Fuel::Gas]
    );
    assert_eq!(rate_at(&tariffs[0], "2020-07-01T12:00:00Z"), "24.5");
    assert_eq!(rate_at(&tariffs[1], "2019-07-01T07:00:00Z"), "15");
    assert_eq!(rate_at(&tariffs[1], "2020-07-01T07:00:00Z"), "16");
    assert_eq!(rate_at(&tariffs[1], "2020-07-01T07:30:00Z"), "30");
    assert_eq!(rate_at(&tariffs[2], "2020-07-01T07:30:00Z"), "6");
    let odd = br#"[{"code": "S", "tariffs": [{"fuel": "GAS", "tariff_code": "X", "unit_rates": [{"value": "6", "rate_type": "PEAK"}]}]}]"#;
    assert!(kraken_products(odd, Calendar::great_britain(), None).unwrap_err().is_unsupported());
    assert!(kraken_products(b"[]", Calendar::great_britain(), None).unwrap_err().is_missing());
}

/// By hand: Sydney is 11 hours ahead of UTC in January and on the last of March, 10 in July.
#[test]
fn a_file_goes_by_the_calendar_that_it_is_read_with_unless_it_names_its_own() {
    let sydney = Calendar::named("Australia/Sydney").unwrap();
    let read = |json: &str| TariffDefinition::from_json(json.as_bytes(), sydney).unwrap();
    let bands = r#""bands": [{"name": "evening", "from": "18:00", "to": "20:00", "rate": "15"},
        {"name": "rest", "from": "20:00", "to": "18:00", "rate": "30"}]"#;
    // 18:00 in Sydney in January is 07:00 UTC.
    let given = read(&format!(r#"{{"code": "A", {bands}}}"#));
    assert_eq!(rate_at(&given, "2026-01-10T07:00:00Z"), "15");
    assert_eq!(rate_at(&given, "2026-01-10T18:00:00Z"), "30");
    assert_eq!(given.clock().unwrap().name(), "Australia/Sydney");
    let named = read(&format!(r#"{{"code": "A", "time_zone": "Europe/London", {bands}}}"#));
    assert_eq!(rate_at(&named, "2026-01-10T07:00:00Z"), "30");
    assert_eq!(rate_at(&named, "2026-01-10T18:00:00Z"), "15");
    assert_eq!(named.clock().unwrap().name(), "Europe/London");
    let utc = read(&format!(r#"{{"code": "A", "clock": "utc", {bands}}}"#));
    assert_eq!(rate_at(&utc, "2026-07-10T18:00:00Z"), "15");
    assert_eq!(utc.clock().unwrap().name(), "UTC");
    // Dates are Sydney's too: the first of April begins at 13:00 UTC of the day before.
    let dated = read(
        r#"{"code": "A", "rates": [{"to": "2026-04-01", "price": "1"}, {"from": "2026-04-01", "price": "2"}]}"#,
    );
    assert_eq!(rate_at(&dated, "2026-03-31T12:59:00Z"), "1");
    assert_eq!(rate_at(&dated, "2026-03-31T13:00:00Z"), "2");
}
