//! Data import.

use crate::server::{Seen, World};
use crate::{Answer, rest};
use serde_json::{Value, json};

pub(crate) fn answer(seen: &Seen, segments: &[&str], world: &mut World) -> Answer {
    let token = seen.authorization.as_deref().and_then(|header| header.strip_prefix("Token token-"));
    if token.is_none() {
        return Answer::detail(401, "Authentication credentials were not provided.");
    }
    let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = text("external_account_number");
    match (seen.method.as_str(), segments) {
        ("POST", ["validate-account" | "validate-products"]) => match invalid(&body) {
            Some(errors) => errors,
            None => Answer::json(200, seen.body.clone()),
        },
        ("POST", ["products"]) => {
            let code = body.get(0).and_then(|product| product.get("code")).cloned().unwrap_or_default();
            Answer::json(201, json!({ "code": code }).to_string())
        }
        ("POST", ["account-import-process", "create-or-update"]) => {
            if let Some(errors) = invalid(&body) {
                return errors;
            }
            // Of an account that was made the documents say only that it is not staged.
            if world.staged.get(&number) == Some(&true) {
                return imported_before(&number);
            }
            let known = world.staged.insert(number.clone(), false).is_some();
            let staged =
                json!({"import_supplier": text("import_supplier"), "external_account_number": number});
            Answer::json(if known { 200 } else { 201 }, staged.to_string())
        }
        ("POST", ["account-import-process", "process"]) => {
            let Some(done) = world.staged.get_mut(&number) else {
                return Answer::detail(400, "No staged account data.");
            };
            if *done {
                return imported_before(&number);
            }
            if body.get("dry_run").and_then(Value::as_bool) == Some(true) {
                return Answer::detail(400, "Account would successfully import. Rolled back due to Dry Run.");
            }
            *done = true;
            Answer::json(201, r#"{"kraken_account_number": "A-E8981832"}"#)
        }
        ("GET", ["account-transfer-status", _, number]) => match world.staged.get(*number) {
            Some(true) => {
                Answer::json(200, r#"{"status": "COMPLETED", "kraken_account_number": "A-E8981832"}"#)
            }
            Some(false) => Answer::json(200, r#"{"status": "UNKNOWN", "kraken_account_number": ""}"#),
            None => rest::not_found(),
        },
        ("POST", ["send-registration-flows", supplier, number]) => match world.staged.get(*number) {
            Some(true) => Answer::json(
                200,
                json!([{"import_supplier_code": supplier, "external_account_number": number, "meter_points": [
                    {"mpxn": "1013004420117", "status": "REGISTRATION_FLOW_SUCCESS"},
                    {"mpxn": "3406086401", "error_detail": "TEN not current supplier", "status": "REGISTRATION_FLOW_ERROR"}]}])
                .to_string(),
            ),
            _ => Answer::json(
                404,
                json!([{"error_detail": format!("Account not found for {number}."), "import_supplier_code": supplier,
                    "external_account_number": number}])
                .to_string(),
            ),
        },
        ("POST", ["transactions", "create"]) => {
            if world.staged.get(&number) != Some(&true) {
                return rest::not_found();
            }
            let list = body.get("transactions").and_then(Value::as_array).cloned().unwrap_or_default();
            // Those before the first that cannot be added are added.
            let mut results = Vec::new();
            for data in list {
                let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                if text("transaction_date").as_str() < OPEN_STATEMENT
                    && seen.parameter("force_add_to_current_statement") == Some("false")
                {
                    let failed = json!({"status": "TRANSACTION_IMPORT_ERROR", "transaction_data": data,
                        "error_detail": "Transaction is not within the open statement period."});
                    return Answer::json(400, failed.to_string());
                }
                let known = !world.transactions.insert((number.clone(), text("transaction_id")));
                let status = if known && seen.parameter("check_previously_added") != Some("false") {
                    "TRANSACTION_ALREADY_EXISTS"
                } else {
                    "TRANSACTION_ADDED_TO_ACCOUNT"
                };
                results.push(json!({"status": status, "transaction_data": data}));
            }
            Answer::json(201, json!({ "results": results }).to_string())
        }
        ("POST", ["notes", "create"]) => {
            if world.staged.get(&number) != Some(&true) {
                return rest::not_found();
            }
            let list = body.get("notes").and_then(Value::as_array).cloned().unwrap_or_default();
            let mut results = Vec::new();
            for note in list {
                let text = |name: &str| note.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
                let known = !world.notes.insert((number.clone(), text("body"), text("created_at")));
                let status = if known { "NOTE_ALREADY_EXISTS" } else { "NOTE_CREATION_SUCCESS" };
                let created_at = text("created_at").unwrap_or_else(|| "2026-03-01T12:00:00Z".to_owned());
                results.push(json!({"created_at": created_at, "body": text("body"), "status": status}));
            }
            Answer::json(201, Value::from(results).to_string())
        }
        ("POST", ["payment-instruction", "create"]) => match world.staged.get(&number) {
            Some(true) => Answer::json(
                201,
                json!({"kraken_account_number": "A-E8981832", "reference": text("instruction_reference")})
                    .to_string(),
            ),
            _ => rest::not_found(),
        },
        ("POST", ["historical-statements", "create"]) => match world.staged.get(&number) {
            Some(true) => Answer::json(201, seen.body.clone()),
            _ => rest::not_found(),
        },
        ("GET", ["all-account-import-processes", _]) => imports(world, |_, _| true),
        ("GET", ["pending-account-import-processes", _, wanted]) => {
            imports(world, |number, done| number == *wanted && !done)
        }
        ("GET", ["imported-account-import-processes", _, wanted]) => {
            imports(world, |number, done| number == *wanted && done)
        }
        ("GET", ["meterpoint-statuses-for-account", _, number]) => match world.staged.get(*number) {
            Some(true) => Answer::json(
                200,
                json!([{"mpxn": "9349409806", "status": "PRE_REGISTRATION"}]).to_string(),
            ),
            _ => Answer::json(404, json!([{"error": format!("No meterpoints found for {number}")}]).to_string()),
        },
        _ => rest::not_found(),
    }
}

fn imported_before(number: &str) -> Answer {
    let before = json!({"detail": "Account has already been imported.", "external_account_number": number,
        "kraken_account_number": "A-E8981832"});
    Answer::json(400, before.to_string())
}

/// The first day of the statement that is open.
const OPEN_STATEMENT: &str = "2019-10-01";

fn imports(world: &World, wanted: impl Fn(&str, bool) -> bool) -> Answer {
    let found = world.staged.iter().filter(|(number, done)| wanted(number, **done));
    let list: Vec<Value> = found
        .map(|(number, done)| {
            let (account, at) = if *done { (json!("A-E8981832"), json!("2020-01-01T12:00:00Z")) } else { (Value::Null, Value::Null) };
            json!({"external_account_number": number, "kraken_account_number": account, "account_created_at": at})
        })
        .collect();
    Answer::json(200, Value::from(list).to_string())
}

fn invalid(body: &Value) -> Option<Answer> {
    let landline = body.pointer("/customers/0/landline")?.as_str()?;
    let good = landline.chars().all(|c| c.is_ascii_digit() || c == '+' || c == ' ');
    let errors = json!({"detail": "Could not validate account data.", "code": "account_failed_validation", "errors": [
        {"detail": format!("{landline} is not a valid phone number"), "code": "invalid_phone_number", "attr": "customers.0.landline"}]});
    (!good).then(|| Answer::json(400, errors.to_string()))
}
