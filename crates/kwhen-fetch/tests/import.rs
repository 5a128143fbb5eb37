//! Data import: the documents' examples of account payloads, written anew, as types; faults with the service's paths; the endpoints.

#![recursion_limit = "256"]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{Answer, Fault, Server};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::import::{
    self, AccountData, ImportOutcome, ImportProcess, MeterPointStatus, NoteBatch, NoteResult,
    PaymentInstruction, PaymentInstructionCreated, Validate,
};
use kwhen_fetch::protocol::Settings;
use kwhen_fetch::{Credentials, Instance, Secret};
use serde_json::{Value, json};

/// The documents' account, with every field of theirs.
fn example() -> Value {
    json!({
        "import_supplier": "TENTACLE_ENERGY", "external_account_number": "EXTERNAL-1234", "unknown_occupier": false,
        "customers": [{"given_name": "Bob", "family_name": "Jabłoński", "email": "bob@jablonski.com", "mobile": "07123456789",
            "landline": "02072343456", "date_of_birth": "1989-01-11", "title": "Mr", "salutation": "Hi",
            "psr": [{"elec_industry_code": "01", "effective_from": "2012-01-01"},
                {"gas_industry_code": "01", "effective_from": "2012-01-01"}],
            "customer_preferences": {"opted_into_sms": true, "opted_into_recommended": true, "opted_into_updates": true,
                "opted_into_third_parties": true, "opted_into_offers": true, "is_user_psr_consent_obtained": true}}],
        "billing_name": "Robert Jabłoński", "billing_address1": "123 Fake Street", "billing_address2": "", "billing_address3": "",
        "billing_address4": "", "billing_address5": "", "billing_postcode": "W1F 9DE", "account_type": "DOMESTIC",
        "sales_channel": "DIRECT", "sales_subchannel": "",
        "supply_addresses": [{"supply_address1": "123 Fake Street", "supply_address2": "", "supply_address3": "",
            "supply_address4": "", "supply_address5": "", "supply_postcode": "W1F 9DE", "is_landlord": false,
            "customer_at_supply_address_from_date": "2019-01-01",
            "meter_points": [electricity_point(), gas_point()],
            "property_administrators": [{"given_name": "Groundskeeper", "family_name": "Willie",
                "email": "groundskeeper@willie.com", "mobile": "07712354321", "landline": "+442076543210",
                "date_of_birth": "1955-02-23", "title": "Mr", "salutation": "Hi", "address1": "114A East Road",
                "address2": "Kirkwall", "address3": "Orkney", "address4": "", "address5": "", "postcode": "KW15 5LL"}]}],
        "contracts": [{"mpxn": "1200060176720", "tariff_code": "ELEC-1234-J", "effective_from": "2019-08-01"},
            {"mpxn": "9353824109", "tariff_code": "GAS-1234-J", "effective_from": "2019-08-01"}],
        "last_statement_balance": "20.00", "last_statement_issue_date": "2019-08-01", "last_billed_to_date": "2019-08-01",
        "transfer_balance": "30.00",
        "current_statement_transactions": [
            {"transaction_id": "1", "transaction_date": "2019-08-04", "amount": "10.00", "type": "REPAYMENT",
                "reason": "Customer refund", "payment_type": ""},
            {"transaction_id": "2", "transaction_date": "2019-08-05", "amount": "20.00", "type": "PAYMENT", "reason": "Card payment"}],
        "historical_statement_transactions": [
            {"transaction_id": "3", "transaction_date": "2018-08-05", "amount": "10.00", "type": "PAYMENT", "reason": "Card payment"},
            {"transaction_id": "4", "transaction_date": "2018-07-05", "amount": "10.00", "type": "CREDIT",
                "reason": "DIRECT_DEBIT_DISCOUNT"}],
        "payment_schedules": [
            {"amount": "6.00", "day_of_month": 10, "frequency": "MONTHLY", "means": "DD", "start_date": "2018-01-01",
                "is_debt_repayment_plan": true, "debt_repayment_element": "2.00", "debt_repayment_end_date": "2020-03-26"},
            {"amount": "60.00", "day_of_month": 2, "frequency": "MONTHLY", "means": "DD", "start_date": "2018-01-01"}],
        "references": [{"namespace": "tentacle-energy.allpay-client-reference-number", "value": "1234567890"}],
        "notes": [{"created_at": "2018-10-10T10:20:00Z", "body": "This is a note",
            "document_paths": [{"document_path": "/notes/1234/attachment.jpg"}]}],
        "statements": [
            {"bill_period_from_date": "2019-06-01", "bill_period_to_date": "2019-07-01",
                "statement_path": "/EXTERNAL-1234/2019-06-01-to-2019-07-01.pdf", "statement_id": "54321"},
            {"bill_period_from_date": "2019-07-01", "bill_period_to_date": "2019-08-01",
                "statement_path": "/EXTERNAL-1234/2019-07-01-to-2019-08-01.pdf", "statement_id": "12345"}],
        "warm_home_discount": [{"tax_year": "2017/18", "account_type": "CREDIT", "group": "CORE"}],
        "dunning_path": {"path_name": "standard_domestic", "start_date": "2020-03-26"},
        "debt": {"agency_name": "Debt R Us", "start_date": "2019-03-26", "is_insolvent": false,
            "aged_debt": [{"debt_amount": "123.00", "due_date": "2020-12-01"}]},
        "last_payment_review_date": "2019-06-01", "next_bill_due_date": "2019-09-20", "smart_read_frequency": "HALF_HOURLY",
        "smart_read_cycle_day": 10, "communication_preference": "ONLINE", "document_accessibility": "LARGE_PRINT",
        "account_campaigns": [{"slug": "super_account", "campaign_note": "Campaign note"}],
        "metadata": [{"key": "metadata_key", "value": {"some_data": "some_value"}}]})
}

fn electricity_point() -> Value {
    json!({"mpxn": "1200060176720", "mpid": "TENT", "supply_start_date": "2019-01-01", "profile_class": 1, "ssc": "0393",
        "meters": [{"meter_serial_number": "Z16N389556", "installed_on": "2001-01-01",
            "registers": [{"register_id": "1", "tpr": "00001", "number_of_digits": 5},
                {"register_id": "X", "tpr": "00043", "number_of_digits": 5, "is_settlement": false}],
            "transfer_readings": [{"register_id": "1", "reading_date": "2019-08-01", "reading_value": "1000.00",
                "reading_type": "CUSTOMER"}],
            "reading_history": [{"register_id": "1", "reading_date": "2019-06-20", "reading_value": "980.00",
                "reading_type": "CUSTOMER", "billed": true},
                {"register_id": "1", "reading_date": "2019-05-20", "reading_value": "960.00", "reading_type": "ROUTINE",
                "billed": true}]}],
        "et_in_progress": false, "dr_in_progress": false,
        "smart_refusal_interest": {"type": "NOT_INTERESTED", "date": "2020-04-01", "refusal_reason": "DO_NOT_OWN_HOME",
            "source": "EMAIL"},
        "eac_history": [{"effective_from": "2019-10-01", "tpr": "00001", "consumption": "1500", "source": "D0019"},
            {"effective_from": "2019-09-01", "tpr": "00001", "consumption": "1300", "source": "D0019"}]})
}

fn gas_point() -> Value {
    json!({"mpxn": "9353824109", "mpid": "TEN", "shipper_mpid": "TCL", "supply_start_date": "2019-04-10",
        "meters": [{"meter_serial_number": "54BV", "installed_on": "2002-01-01", "gas_number_of_digits": 5,
            "smart_type": "SMETS1", "transfer_readings": [{"reading_date": "2019-08-01", "reading_value": "500.00",
                "reading_type": "CUSTOMER"}],
            "is_prepay": true, "prepay_details": {"debt_balance": "21.3", "credit_balance": "12.3",
                "transfer_vend_read_date": "2019-07-31",
                "gas_debt_repayment_options": {"weekly_min": "3.00", "weekly_max": "3.50"}}}],
        "et_in_progress": false, "dr_in_progress": false,
        "aq_history": [{"effective_from": "2019-01-01", "consumption": "8720"},
            {"effective_from": "2018-01-01", "effective_to": "2018-12-31", "consumption": "8712"},
            {"effective_from": "2017-01-01", "effective_to": "2017-12-31", "consumption": "8716"}]})
}

/// Decimals in strings as decimals: both are taken for one another.
fn same_numbers(value: Value, path: &str) -> Value {
    const DECIMALS: [&str; 11] = [
        "reading_value",
        "consumption",
        "amount",
        "debt_balance",
        "credit_balance",
        "weekly_min",
        "weekly_max",
        "last_statement_balance",
        "transfer_balance",
        "debt_repayment_element",
        "debt_amount",
    ];
    match value {
        Value::String(text) if DECIMALS.contains(&path) => serde_json::from_str(&text).unwrap(),
        Value::Object(map) => {
            map.into_iter().map(|(name, value)| (name.clone(), same_numbers(value, &name))).collect()
        }
        Value::Array(list) => list.into_iter().map(|value| same_numbers(value, path)).collect(),
        other => other,
    }
}

/// Which fields are typed nowhere, by path.
fn untyped(debug: &str) -> Vec<&str> {
    debug.split("extra: {").skip(1).filter(|rest| !rest.starts_with('}')).collect()
}

#[test]
fn the_documents_account_is_typed_to_the_last_field() {
    let account: AccountData = serde_json::from_value(example()).unwrap();
    assert_eq!(account.faults(), []);
    let again = serde_json::to_string(&account).unwrap();
    let read: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(same_numbers(read, ""), same_numbers(example(), ""));
    // Digits stay, and nothing but the metadata is left as it came.
    assert!(
        again.contains(r#""reading_value":1000.00"#) && again.contains(r#""debt_balance":21.3"#),
        "{again}"
    );
    assert_eq!(untyped(&format!("{account:?}")), Vec::<&str>::new());
    assert!(account.metadata.is_some());

    let points = account.supply_addresses.as_ref().unwrap()[0].meter_points.as_ref().unwrap();
    assert_eq!(
        points.iter().map(|point| point.mpxn.as_str()).collect::<Vec<_>>(),
        ["1200060176720", "9353824109"]
    );
    let (electricity, gas) = (&points[0].meters.as_ref().unwrap()[0], &points[1].meters.as_ref().unwrap()[0]);
    let registers = electricity.registers.as_ref().unwrap();
    assert_eq!((registers[1].register_id.as_str(), registers[1].is_settlement), ("X", Some(false)));
    let history = electricity.reading_history.as_ref().unwrap();
    assert_eq!((history[1].reading_value.as_str(), history[1].billed), ("960.00", Some(true)));
    assert_eq!((gas.gas_number_of_digits, gas.is_prepay), (Some(5), Some(true)));
    assert_eq!(points[1].aq_history.as_ref().unwrap()[2].consumption.as_str(), "8716");
    let refusal = points[0].smart_refusal_interest.as_ref().unwrap();
    assert_eq!(refusal.kind, "NOT_INTERESTED");
}

/// The faults of the example with something in it put otherwise.
fn faults(path: &str, value: Value) -> Vec<(String, String)> {
    let mut account = example();
    *account.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
    let account: AccountData = serde_json::from_value(account).unwrap();
    account.faults().into_iter().map(|fault| (fault.attr, fault.code)).collect()
}

#[test]
fn faults_have_the_services_paths() {
    let point = "/supply_addresses/0/meter_points/0";
    let meter = &format!("{point}/meters/0");
    let gas = "/supply_addresses/0/meter_points/1";
    let cases = [
        (format!("{point}/ssc"), json!("393"), "invalid"),
        (format!("{point}/profile_class"), json!(9), "invalid"),
        (format!("{point}/supply_start_date"), json!("2019-02-30"), "invalid"),
        (format!("{point}/smart_refusal_interest/date"), json!("1/4/2020"), "invalid"),
        (format!("{point}/eac_history/1/tpr"), json!("1"), "invalid"),
        (format!("{meter}/meter_serial_number"), json!(" "), "blank"),
        (format!("{meter}/installed_on"), json!("2001"), "invalid"),
        (format!("{meter}/registers/1/tpr"), json!("0004X"), "invalid"),
        (format!("{meter}/registers/1/register_id"), json!("1"), "unique"),
        (format!("{meter}/registers/0/number_of_digits"), json!(0), "min_value"),
        (format!("{meter}/transfer_readings/0/register_id"), json!("2"), "invalid"),
        (format!("{meter}/transfer_readings/0/register_id"), json!(null), "required"),
        (format!("{meter}/transfer_readings/0/reading_date"), json!("2019-8-1"), "invalid"),
        (format!("{meter}/reading_history/1/reading_value"), json!("-960"), "invalid"),
        (format!("{gas}/meters/0/gas_number_of_digits"), json!(-5), "min_value"),
        (format!("{gas}/meters/0/prepay_details/transfer_vend_read_date"), json!(""), "invalid"),
        (
            format!("{gas}/meters/0/prepay_details/gas_debt_repayment_options/weekly_max"),
            json!("2.99"),
            "invalid",
        ),
        (format!("{gas}/aq_history/1/effective_to"), json!("2017-12-31"), "invalid"),
        ("/supply_addresses/0/customer_at_supply_address_from_date".into(), json!("never"), "invalid"),
        (
            "/supply_addresses/0/property_administrators/0/mobile".into(),
            json!("abcde"),
            "invalid_phone_number",
        ),
        ("/supply_addresses/0/property_administrators/0/email".into(), json!("willie"), "invalid"),
        ("/customers/0/psr/1/effective_from".into(), json!("2012"), "invalid"),
        ("/contracts/1/mpxn".into(), json!("9353824108"), "invalid"),
        ("/payment_schedules/0/debt_repayment_end_date".into(), json!("2020-13-26"), "invalid"),
        ("/payment_schedules/1/day_of_month".into(), json!(32), "invalid"),
        ("/notes/0/created_at".into(), json!("2018-10-10T10:20:00"), "invalid"),
        ("/notes/0/document_paths/0/document_path".into(), json!(""), "blank"),
        ("/statements/1/bill_period_to_date".into(), json!("2019-06-30"), "invalid"),
        ("/debt/aged_debt/0/due_date".into(), json!("soon"), "invalid"),
        ("/dunning_path/start_date".into(), json!("soon"), "invalid"),
        ("/next_bill_due_date".into(), json!("20/09/2019"), "invalid"),
    ];
    for (pointer, value, code) in cases {
        let attr = pointer.trim_start_matches('/').replace('/', ".");
        assert_eq!(faults(&pointer, value), [(attr, code.to_owned())]);
    }
    // A meter point's number is wrong in itself, and then the contract's is not among them either.
    let named = |attr: &str, code: &str| (attr.to_owned(), code.to_owned());
    let orphan = named("contracts.0.mpxn", "invalid");
    for (number, code) in [("120006017672", "invalid"), ("1200060176720 ", "invalid"), ("", "blank")] {
        let own = named("supply_addresses.0.meter_points.0.mpxn", code);
        assert_eq!(faults(&format!("{point}/mpxn"), json!(number)), [own, orphan.clone()]);
    }
    let twice = named("supply_addresses.0.meter_points.1.mpxn", "unique");
    let orphan = named("contracts.1.mpxn", "invalid");
    assert_eq!(faults(&format!("{gas}/mpxn"), json!("1200060176720")), [twice, orphan]);
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    let mut account = example();
    *account
        .pointer_mut("/supply_addresses/0/meter_points/0/meters/0/registers/1/number_of_digits")
        .unwrap() = json!("five");
    let error = serde_json::from_value::<AccountData>(account).unwrap_err().to_string();
    for part in ["supply_addresses", "meter_points", "meters", "registers", "number_of_digits"] {
        assert!(error.contains(part), "{error}");
    }
}

fn client(server: &Server) -> Client {
    let mut settings = Settings::new(Instance::allowing_plain_http(&server.url()).unwrap())
        .with_credentials(Credentials::OrganisationKey(Secret::new("organisation")));
    settings.retry.base = std::time::Duration::from_millis(1);
    Client::new(settings).unwrap()
}

#[test]
fn payment_instructions_notes_and_lists() {
    let server = Server::start().unwrap();
    let client = client(&server);
    let mut instruction: PaymentInstruction =
        serde_json::from_value(json!({"import_supplier": "TENTACLE_ENERGY",
        "external_account_number": "EXTERNAL-1234", "vendor": "STRIPE",
        "instruction_reference": "THIS-IS-A-FAKE-REFERENCE", "type": "CARD"}))
        .unwrap();
    assert_eq!(instruction.faults(), []);
    // The first answer is for the token; then what the documents say: a 500 is to be tried again as it is, a 400 is not.
    let created = r#"{"kraken_account_number": "A-C90DC431", "reference": "THIS-IS-A-FAKE-REFERENCE"}"#;
    server.fail_with([Fault::None, Fault::status(500), Fault::answer(&Answer::json(201, created))]);
    let outcome = client.run(import::create_payment_instruction(&instruction).unwrap()).unwrap();
    let ImportOutcome::Accepted(PaymentInstructionCreated { kraken_account_number, reference, .. }) = outcome
    else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (kraken_account_number.as_str(), reference.as_str()),
        ("A-C90DC431", "THIS-IS-A-FAKE-REFERENCE")
    );
    let seen = server.seen();
    assert_eq!((seen.len(), seen[2].path.as_str()), (3, "/v1/data-import/payment-instruction/create/"));
    assert_eq!((&seen[2].method, &seen[2].body), (&seen[1].method, &seen[1].body));
    let sent: Value = serde_json::from_str(&seen[2].body).unwrap();
    assert_eq!(sent["type"], "CARD");
    instruction.vendor = " ".into();
    assert_eq!(instruction.faults()[0].attr, "vendor");
    let refusal = r#"{"detail": "no", "code": "x", "errors": [{"detail": "blank", "code": "blank", "attr": "vendor"}]}"#;
    server.fail_with([Fault::answer(&Answer::json(400, refusal))]);
    let stopped = client.run(import::create_payment_instruction(&instruction).unwrap()).unwrap_err();
    assert!(stopped.is_invalid() && stopped.to_string().contains("nothing was sent: vendor"), "{stopped}");
    assert_eq!(server.seen().len(), 3, "what is checked here first is not sent");
    let unchecked = import::create_payment_instruction(&instruction).unwrap().unchecked();
    let outcome = client.run(unchecked).unwrap();
    let ImportOutcome::Refused(errors) = outcome else { panic!("{outcome:?}") };
    assert_eq!((errors[0].attr.as_str(), server.seen().len()), ("vendor", 4));

    let notes: NoteBatch = serde_json::from_value(json!({"import_supplier": "TENTACLE_ENERGY",
        "external_account_number": "EXTERNAL-1234", "notes": [
            {"body": "Some important pinned note.", "is_pinned": true, "unpin_at": "2020-06-01T12:00:00Z"},
            {"created_at": "2020-02-01T12:00:00Z", "body": "Some important note with an attachment.",
                "document_paths": [{"document_path": "some/path/to/a/document.pdf"}]}]}))
    .unwrap();
    assert_eq!(notes.faults(), []);
    let results = r#"[{"created_at": "2020-01-01T12:00:00Z", "body": "Something very important to import.",
        "status": "NOTE_CREATION_SUCCESS"}, {"created_at": "2020-02-01T12:00:00Z",
        "body": "Something else very important to import.", "status": "NOTE_ALREADY_EXISTS"}]"#;
    server.fail_with([Fault::answer(&Answer::json(201, results))]);
    let outcome = client.run(import::create_notes(&notes).unwrap()).unwrap();
    let ImportOutcome::Accepted::<Vec<NoteResult>>(results) = outcome else { panic!("{outcome:?}") };
    assert_eq!(results[1].status, "NOTE_ALREADY_EXISTS");

    let pending =
        r#"[{"external_account_number": "1234", "kraken_account_number": null, "account_created_at": null}]"#;
    let done = r#"[{"external_account_number": "5678", "kraken_account_number": "A-56785678",
        "account_created_at": "2020-01-01T12:00:00Z"}]"#;
    let statuses = r#"[{"mpxn": "9349409806", "status": "PRE_REGISTRATION"}]"#;
    server.fail_with([pending, done, statuses].map(|body| Fault::answer(&Answer::json(200, body))));
    let list: Vec<ImportProcess> = client.run(import::pending_imports("TENTACLE_ENERGY", "1234")).unwrap();
    assert_eq!(list[0].kraken_account_number, None);
    let list: Vec<ImportProcess> = client.run(import::done_imports("TENTACLE_ENERGY", "1234")).unwrap();
    assert_eq!(list[0].kraken_account_number.as_deref(), Some("A-56785678"));
    let list: Vec<MeterPointStatus> =
        client.run(import::meter_point_statuses("TENTACLE_ENERGY", "EXTERNAL-1234")).unwrap();
    assert_eq!((list[0].mpxn.as_str(), list[0].status.as_str()), ("9349409806", "PRE_REGISTRATION"));
    let paths: Vec<String> = server.seen().into_iter().skip(5).map(|seen| seen.path).collect();
    assert_eq!(
        paths,
        [
            "/v1/data-import/pending-account-import-processes/TENTACLE_ENERGY/1234/",
            "/v1/data-import/imported-account-import-processes/TENTACLE_ENERGY/1234/",
            "/v1/data-import/meterpoint-statuses-for-account/TENTACLE_ENERGY/EXTERNAL-1234/",
        ]
    );
}

#[test]
fn registration_flows_are_sent_once_and_their_404_is_told() {
    let server = Server::start().unwrap();
    let client = client(&server);
    let flows = |number: &str| {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 4, 1);
        client.run(import::send_registration_flows("TENTACLE_ENERGY", number, date))
    };
    let unknown = flows("EXTERNAL-1234").unwrap_err();
    assert!(unknown.is_not_found() && unknown.to_string().contains("Account not found for EXTERNAL-1234."));
    server.change(|world| {
        world.staged.insert("EXTERNAL-1234".into(), true);
    });
    server.forget();
    let sent = flows("EXTERNAL-1234").unwrap();
    let points = &sent[0].meter_points;
    assert_eq!(
        (points[0].status.as_str(), points[0].error_detail.as_deref()),
        ("REGISTRATION_FLOW_SUCCESS", None)
    );
    assert_eq!(points[1].error_detail.as_deref(), Some("TEN not current supplier"));
    let seen = server.seen();
    let one = seen.last().unwrap();
    assert_eq!((one.method.as_str(), one.body.as_str()), ("POST", ""));
    assert_eq!(one.path, "/v1/data-import/send-registration-flows/TENTACLE_ENERGY/EXTERNAL-1234/");
    assert_eq!(one.parameter("supply_start_date"), Some("2026-04-01"));
    server.forget();
    server.fail_with([Fault::status(503)]);
    assert!(flows("EXTERNAL-1234").unwrap_err().is_server());
    assert_eq!(server.seen().len(), 1, "what may have been carried out is not sent again");
}
