//! The documents' own examples, written anew, each read as its type; and the stand-in's other endpoints.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{KEY, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::protocol::Settings;
use kwhen_fetch::wire::{
    Account, AccountCreated, AccountRequest, GridSupplyPoint, MeterPoint, Page, Product, ProductDetail,
    Quote, QuoteRequest, Rate, Reading, Renewal, rates_to_rows, readings_to_rows,
};
use kwhen_fetch::{Credentials, Instance, Secret, graphql, import, rest};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn client(server: &Server, credentials: Credentials) -> Client {
    let instance = Instance::allowing_plain_http(&server.url()).unwrap();
    Client::new(Settings::new(instance).with_credentials(credentials)).unwrap()
}

fn rows<T: DeserializeOwned>(page: &str) -> Vec<T> {
    let page: Page = serde_json::from_str(page).unwrap();
    page.results.iter().map(|row| row.read().unwrap()).collect()
}

/// What was read is written again as it was, numbers digit by digit; only nulls may go.
fn round_trip<T: DeserializeOwned + Serialize>(json: &str) -> T {
    let read: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let written = serde_json::to_string(&read).unwrap();
    let strip = |text: &str| {
        fn without_nulls(value: serde_json::Value) -> serde_json::Value {
            match value {
                serde_json::Value::Object(map) => {
                    let kept = map.into_iter().filter(|(_, value)| !value.is_null());
                    serde_json::Value::Object(
                        kept.map(|(name, value)| (name, without_nulls(value)))
                            .filter(|(_, value)| !matches!(value, serde_json::Value::Array(list) if list.is_empty()))
                            .filter(|(_, value)| !matches!(value, serde_json::Value::Object(map) if map.is_empty()))
                            .collect(),
                    )
                }
                serde_json::Value::Array(list) => list.into_iter().map(without_nulls).collect(),
                other => other,
            }
        }
        without_nulls(serde_json::from_str(text).unwrap())
    };
    assert_eq!(strip(&written), strip(json));
    read
}

#[test]
fn products() {
    let list: Vec<Product> = rows(
        r#"{"count": 108, "next": "https://api.octopus.energy/v1/products/?page=2", "previous": null, "results": [
        {"code": "VAR-17-01-11", "full_name": "Flexible Octopus January 2017 v1", "display_name": "Flexible Octopus",
         "description": "In words…", "is_variable": true, "is_green": false, "is_tracker": false, "is_prepay": false,
         "is_business": false, "is_restricted": false, "term": 12, "brand": "OCTOPUS_ENERGY",
         "available_from": "2017-05-05T05:37:27Z", "available_to": null,
         "links": [{"href": "https://api.octopus.energy/v1/products/VAR-17-01-11/", "method": "GET", "rel": "self"}]}]}"#,
    );
    assert_eq!((list[0].code.as_str(), list[0].term), ("VAR-17-01-11", Some(12)));
    let detail: ProductDetail = round_trip(
        r#"{"code": "VAR-17-01-11", "full_name": "Flexible Octopus January 2017 v1", "is_variable": true, "term": 12,
        "available_from": "2017-05-05T05:37:27Z", "available_to": null, "tariffs_active_at": "2017-05-05T05:37:27Z",
        "single_register_electricity_tariffs": {"_A": {"direct_debit_monthly": {"code": "E-1R-VAR-17-01-11-A",
            "standard_unit_rate_exc_vat": 10.85, "standard_unit_rate_inc_vat": 10.85, "standing_charge_exc_vat": 20.00,
            "standing_charge_inc_vat": 20.00, "online_discount_exc_vat": 0, "online_discount_inc_vat": 0,
            "dual_fuel_discount_exc_vat": 0, "dual_fuel_discount_inc_vat": 0, "exit_fees_exc_vat": 0, "exit_fees_inc_vat": 0,
            "exit_fees_type": "NONE", "links": [{"href": "https://x/", "method": "GET", "rel": "standing_charges"}]},
            "direct_debit_quarterly": {}}, "_B": {}},
        "dual_register_electricity_tariffs": {}, "single_register_gas_tariffs": {},
        "five_rate_tariffs": {"_C": {"varying": {"code": "E-5R-NEW-C", "lunch_unit_rate_exc_vat": 1.10}}},
        "sample_quotes": {"_A": {"direct_debit_monthly": {"electricity_single_rate": {"annual_cost_inc_vat": 90000, "annual_cost_exc_vat": 85000},
            "electricity_dual_rate": {}}}},
        "sample_consumption": {"electricity_single_rate": {"electricity_standard": 3100},
            "electricity_dual_rate": {"electricity_day": 2436, "electricity_night": 1764},
            "dual_fuel_single_rate": {"electricity_standard": 3100, "gas_standard": 12000}}}"#,
    );
    let tariffs = detail.tariffs().unwrap();
    assert_eq!(tariffs.len(), 2);
    // Digits stay: 20.00 is not 20.0, and a group that is not known yet is read all the same.
    assert_eq!(tariffs[0].3.standing_charge_exc_vat.as_ref().unwrap().as_str(), "20.00");
    assert_eq!(
        (tariffs[1].0.as_str(), tariffs[1].3.extra["lunch_unit_rate_exc_vat"].get()),
        ("five_rate_tariffs", "1.10")
    );
}

/// A group that cannot be read and a tariff without a code are errors, not fewer tariffs.
#[test]
fn no_tariff_of_a_product_is_dropped() {
    let of = |group: &str| {
        let text = format!(r#"{{"code": "VAR-17-01-11", {group}}}"#);
        serde_json::from_str::<ProductDetail>(&text).unwrap().tariffs()
    };
    for (group, parts) in [
        (r#""five_rate_tariffs": [{"code": "E-5R-NEW-C"}]"#, ["five_rate_tariffs", "VAR-17-01-11"]),
        (r#""five_rate_tariffs": {"_C": {"varying": {"code": 5}}}"#, ["five_rate_tariffs", "field code"]),
        (
            r#""single_register_gas_tariffs": {"_C": {"varying": {"standing_charge_exc_vat": 20.00}}}"#,
            ["single_register_gas_tariffs, _C, varying", "no code"],
        ),
    ] {
        let error = of(group).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    for none in [r#""five_rate_tariffs": null"#, r#""single_register_gas_tariffs": {"_C": {"varying": {}}}"#]
    {
        assert_eq!(of(none).unwrap(), []);
    }
}

#[test]
fn charges_and_readings() {
    let rates: Vec<Rate> = rows(
        r#"{"count": 48, "next": null, "previous": null, "results": [
        {"value_exc_vat": 11, "value_inc_vat": 11.55, "valid_from": "2018-05-16T22:30:00Z", "valid_to": "2018-05-16T23:00:00Z"},
        {"value_exc_vat": 10.6, "value_inc_vat": 11.13, "valid_from": "2018-05-16T22:00:00Z", "valid_to": "2018-05-16T22:30:00Z"}]}"#,
    );
    let series = kwhen::RateSeries::from_rows(rates_to_rows(&rates).unwrap(), None).unwrap();
    assert_eq!(series.len(), 2);
    // The example's own third row ends a day before it starts.
    let readings: Vec<Reading> = rows(
        r#"{"count": 48, "next": null, "previous": null, "results": [
        {"consumption": 0.063, "interval_start": "2018-05-19T00:30:00+0100", "interval_end": "2018-05-19T01:00:00+0100"},
        {"consumption": 0.071, "interval_start": "2018-05-19T00:00:00+0100", "interval_end": "2018-05-19T00:30:00+0100"},
        {"consumption": 0.073, "interval_start": "2018-05-18T23:30:00+0100", "interval_end": "2018-05-18T00:00:00+0100"}]}"#,
    );
    let rows = readings_to_rows(&readings).unwrap();
    let refused = kwhen::Consumption::from_rows(&rows).unwrap_err();
    assert_eq!((refused.row(), refused.field()), (Some(3), Some("interval_end")), "{refused}");
    assert_eq!(kwhen::Consumption::from_rows(&rows[..2]).unwrap().total().unwrap().to_string(), "0.134");
    let agile: Rate = round_trip(
        r#"{"value_exc_vat": 5, "value_inc_vat": 5.25, "valid_from": "2020-05-06T21:30:00Z", "valid_to": "2020-05-06T22:00:00Z"}"#,
    );
    assert_eq!(agile.payment_method, None);
    let cheapest: Rate = round_trip(
        r#"{"value_exc_vat": 2, "value_inc_vat": 2.1, "valid_from": "2020-02-12T03:30:00Z", "valid_to": "2020-02-12T04:00:00Z"}"#,
    );
    assert_eq!(cheapest.value_inc_vat.unwrap().unit_rate().unwrap().to_string(), "2.1");
}

#[test]
fn meter_points_and_regions() {
    let point: MeterPoint = round_trip(r#"{"gsp": "_H", "mpan": "2000024512368", "profile_class": 1}"#);
    assert_eq!(point.gsp.as_deref(), Some("_H"));
    let regions: Vec<GridSupplyPoint> =
        rows(r#"{"count": 1, "next": null, "previous": null, "results": [{"group_id": "_A"}]}"#);
    assert_eq!(regions[0].group_id, "_A");
}

const ACCOUNT_REQUEST: &str = r#"{"reference": "12067-056785", "sold_at": "2017-07-28T14:30:00+01:00", "account_type": "DOMESTIC",
    "source": "INTERNET", "is_change_of_tenancy": false, "referral_code": "some-referral-123",
    "quote_code": "1981fd3936cc4cfda70b2e697347b885", "payment": {"method": "MONTHLY_DIRECT_DEBIT",
    "account_name": "Chris Johnson", "account_number": "12345678", "account_sort_code": "111111", "payment_day": 1},
    "billing_address": {"address_line_1": "87 Doveys Close", "address_line_2": "", "address_line_3": "", "town": "Ringwood",
    "county": "", "postcode": "BH24 4BP"}, "users": [{"title": "Dr", "given_name": "Chris", "family_name": "Johnson",
    "date_of_birth": "1966-01-01", "email": "chris@example.com", "mobile": "07742628216", "landline": "02084459876",
    "opted_in_for_marketing": false, "opted_in_to_third_parties": false, "psr": {"requires_signup": false}}],
    "electricity_meter_points": [{"tariff_code": "E-1R-VAR-17-01-11-A", "quote": {"annual_payment": 46576},
    "consumption_standard": 3100, "mpan": "2000024512368", "address": {"address_line_1": "87 Doveys Close", "town": "Ringwood",
    "postcode": "BH24 4BP"}, "meter_type": "CREDIT", "has_smart_meter": false, "current_supplier_name": "EON",
    "current_supplier_tariff": "EON-123"}], "gas_meter_points": [{"tariff_code": "G-1R-VAR-17-01-11-A", "mprn": "3016362107",
    "consumption_standard": 12500, "quote": {"annual_payment": 44961}}],
    "metadata": [{"key": "metadata_key", "value": {"melo": 10284, "some_data": "some_value"}}]}"#;

const RENEWAL: &str = r#"{"agreements": [{"mpxn": "1013004420117", "tariff_code": "E-1R-SOME-PRODUCT-J",
    "valid_from_date": "2019-12-01", "valid_to_date": "2020-12-01", "bespoke_tariff_rates": [{"meter_serial_number": "Z16N389556",
    "standing_charge": 3.25, "registers": [{"register_identifier": "1", "unit_rate": 15.6}]}],
    "commission": {"affiliate_organisation_name": "Some Partner", "unit_rate_uplift": "1.00"}},
    {"mpxn": "9113681703", "tariff_code": "G-1R-SOME-PRODUCT-J", "valid_from_date": "2019-12-01", "valid_to_date": "2020-12-01",
    "bespoke_tariff_rates": [{"meter_serial_number": "GA1244364577", "standing_charge": 3.25, "unit_rate": 15.6}]}]}"#;

#[test]
fn quotes_accounts_and_renewals() {
    round_trip::<QuoteRequest>(
        r#"{"electricity_meter_points": [{"postcode": "BH24 4BP", "consumption_standard": 3100, "mpan": "2000024512368"}],
        "gas_meter_points": [{"postcode": "BH24 4BP", "consumption_standard": 12500}],
        "product_codes": ["VAR-17-01-11"], "business_products_only": true}"#,
    );
    let quote: Quote = round_trip(
        r#"{"code": "50b348fcf01c4a57a5cba10c6c424b4e", "gsp": "_H", "products": [{"id": 4122828, "code": "VAR-17-01-11",
        "monthly_amount": 7930, "annual_amount": 95159, "electricity_til": {"supplier": "Octopus Energy", "tariff_ends_on": "",
        "exit_fees": 0, "tcr": 15.85, "standing_charge": 18.9, "assumed_annual_consumption_day": null,
        "assumed_annual_consumption": 3100, "unit_rate": 13.629, "estimated_annual_cost": 49148, "annual_standing_charge": 6898.5},
        "gas_til": {"tcr": 3.68, "unit_rate": 3.129}}]}"#,
    );
    assert_eq!(
        quote.products[0].electricity_til.as_ref().unwrap().unit_rate.as_ref().unwrap().as_str(),
        "13.629"
    );
    round_trip::<AccountRequest>(ACCOUNT_REQUEST);
    round_trip::<Renewal>(RENEWAL);
    assert_eq!(
        round_trip::<AccountCreated>(r#"{"number": "A-12341234"}"#).number.as_deref(),
        Some("A-12341234")
    );
    let looked_into: AccountCreated = round_trip(r#"{"detail": "We are unable to create an account."}"#);
    assert_eq!((looked_into.number, looked_into.detail.is_some()), (None, true));
}

#[test]
fn endpoints_of_the_stand_in() {
    let server = Server::start().unwrap();
    let client = client(&server, Credentials::ApiKey(Secret::new(KEY)));
    assert_eq!(client.run(rest::products(&rest::ProductFilter::default())).unwrap().len(), 2);
    let detail = client.run(rest::product("VAR-22-11-01", None)).unwrap();
    assert_eq!(
        detail.four_rate_ev_electricity_tariffs["_C"]["varying"].code.as_deref(),
        Some("E-4R-VAR-22-11-01-C")
    );
    assert_eq!(client.run(rest::meter_point(kwhen_fake_api::MPAN)).unwrap().gsp.as_deref(), Some("_H"));
    assert_eq!(client.run(rest::grid_supply_points(Some("BH24 4BP"))).unwrap().len(), 2);
    assert_eq!(client.run(rest::grid_supply_points(Some("XX1 1XX"))).unwrap().len(), 0);
    assert_eq!(client.run(rest::grid_supply_points(Some("EH1 1AA"))).unwrap()[0].group_id, "_N");
    let account: Account = client.run(rest::account(kwhen_fake_api::ACCOUNT)).unwrap();
    let import = &account.properties[0].electricity_meter_points[0];
    let agreements = kwhen::tariff::Agreements::from_rows(&import.agreement_rows().unwrap()).unwrap();
    assert_eq!(agreements.list().len(), 2, "the one of no length is left out");
    assert!(client.run(rest::account("A-FFFFFFFF")).unwrap_err().is_not_found());

    let mut request: QuoteRequest = serde_json::from_str(
        r#"{"electricity_meter_points":[{"postcode":"W1F 9DE","consumption_standard":3100}],"product_codes":["VAR-22-11-01"]}"#,
    )
    .unwrap();
    let quote = client.run(rest::create_quote(&request).unwrap()).unwrap();
    client
        .run(rest::share_quote(&quote.code, quote.products[0].id, &["email@example.com"]).unwrap())
        .unwrap();
    request.product_codes = vec!["a-invalid-code".into()];
    let refused = client.run(rest::create_quote(&request).unwrap()).unwrap_err();
    assert!(refused.is_rejected() && refused.to_string().contains("a-invalid-code"), "{refused}");
    let created =
        client.run(rest::create_account(&serde_json::from_str(ACCOUNT_REQUEST).unwrap()).unwrap()).unwrap();
    assert_eq!(created.number.as_deref(), Some("A-12341234"));
    let renewal: Renewal = serde_json::from_str(RENEWAL).unwrap();
    let renewed = client.run(rest::renew_tariff("A-00000001", &renewal).unwrap()).unwrap();
    assert_eq!(renewed.account_number.as_deref(), Some("A-00000001"));
    let refused = client.run(rest::renew_tariff(kwhen_fake_api::ACCOUNT, &renewal).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("not a business account"), "{refused}");
}

#[test]
fn tokens_by_every_kind_of_credentials() {
    let server = Server::start().unwrap();
    let all = [
        Credentials::ApiKey(Secret::new(KEY)),
        Credentials::EmailAndPassword {
            email: "chris@example.com".into(),
            password: Secret::new("correct horse"),
        },
        Credentials::PreSignedKey(Secret::new("pre-signed")),
        Credentials::OrganisationKey(Secret::new("organisation")),
    ];
    for credentials in all {
        let client = client(&server, credentials);
        let limit = client.run(graphql::rate_limit()).unwrap();
        assert_eq!(limit.remaining_points.as_str(), "49990");
    }
    let client = client(&server, Credentials::ApiKey(Secret::new(KEY)));
    server.forget();
    let dispatches = client.run(graphql::planned_dispatches("A-12AB34CD").unwrap()).unwrap();
    assert_eq!(dispatches[0].delta.as_ref().unwrap().as_str(), "-10.52", "a number that comes as text");
    let account = client.run(graphql::account("A-12AB34CD", "aNewField").unwrap()).unwrap();
    assert_eq!(account.extra["aNewField"].get().replace(' ', ""), "[1.1]");
    assert_eq!(
        client
            .run(graphql::consumption_estimates())
            .unwrap()
            .medium
            .unwrap()
            .electricity_standard
            .unwrap()
            .as_str(),
        "2700"
    );
    // One token served them all, and what anybody may ask was asked without it.
    let tokens: Vec<_> =
        server.seen().into_iter().map(|seen| seen.authorization.unwrap_or_default()).collect();
    assert_eq!(tokens, ["", "JWT token-5", "JWT token-5", ""]);
    let boost = client.run(graphql::mutations::trigger_boost_charge("A-12AB34CD").unwrap()).unwrap();
    assert!(boost.get().contains("device-1"));
}

#[test]
fn data_import() {
    let server = Server::start().unwrap();
    let client = client(&server, Credentials::OrganisationKey(Secret::new("organisation")));
    let account = |landline: &str| {
        serde_json::from_value::<import::AccountData>(serde_json::json!({"import_supplier": "TENTACLE_ENERGY",
            "external_account_number": "1234", "account_type": "DOMESTIC", "customers": [{"given_name": "Bob", "family_name": "J",
            "landline": landline}], "contracts": [{"mpxn": "1200060176720", "tariff_code": "ELEC-1234-J", "effective_from": "2019-08-01"}]}))
        .unwrap()
    };
    let good = account("02072343456");
    client.run(import::validate_account(&good).unwrap()).unwrap();
    let refused = client.run(import::validate_account(&account("abcde")).unwrap()).unwrap();
    let import::ImportOutcome::Refused(errors) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (errors[0].attr.as_str(), errors[0].code.as_str()),
        ("customers.0.landline", "invalid_phone_number")
    );
    client.run(import::stage_account(&good).unwrap()).unwrap();
    let process = import::ProcessRequest::new("TENTACLE_ENERGY", "1234", "Team");
    let trial = client.run(import::dry_run(&process).unwrap()).unwrap();
    assert_eq!(trial, import::ImportOutcome::WouldSucceed);
    let done = client.run(import::process_account(&process).unwrap()).unwrap();
    let import::ImportOutcome::Accepted(done) = done else { panic!("{done:?}") };
    assert_eq!(done.kraken_account_number, "A-E8981832");
    let again = client.run(import::process_account(&process).unwrap()).unwrap();
    let import::ImportOutcome::AlreadyImported(before) = again else { panic!("{again:?}") };
    assert_eq!(
        (before.external_account_number.as_deref(), before.kraken_account_number.as_str()),
        (Some("1234"), "A-E8981832")
    );
    let status = client.run(import::account_status("TENTACLE_ENERGY", "1234")).unwrap();
    assert_eq!(status.status, "COMPLETED");
    assert!(server.seen().iter().skip(1).all(|seen| seen.authorization.as_deref() == Some("Token token-1")));
}
