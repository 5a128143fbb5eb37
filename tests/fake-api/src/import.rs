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
            let known = world.staged.insert(number.clone(), false).is_some();
            let staged =
                json!({"import_supplier": text("import_supplier"), "external_account_number": number});
            Answer::json(if known { 200 } else { 201 }, staged.to_string())
        }
        ("POST", ["account-import-process", "process"]) => {
            let Some(done) = world.staged.get_mut(&number) else {
                return Answer::detail(400, "No staged account data.");
            };
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
            let list = body.get("transactions").and_then(Value::as_array).cloned().unwrap_or_default();
            let result =
                |data: &Value| json!({"status": "TRANSACTION_ADDED_TO_ACCOUNT", "transaction_data": data});
            let results: Vec<Value> = list.iter().map(result).collect();
            Answer::json(201, json!({ "results": results }).to_string())
        }
        _ => rest::not_found(),
    }
}

fn invalid(body: &Value) -> Option<Answer> {
    let landline = body.pointer("/customers/0/landline")?.as_str()?;
    let good = landline.chars().all(|c| c.is_ascii_digit() || c == '+' || c == ' ');
    let errors = json!({"detail": "Could not validate account data.", "code": "account_failed_validation", "errors": [
        {"detail": format!("{landline} is not a valid phone number"), "code": "invalid_phone_number", "attr": "customers.0.landline"}]});
    (!good).then(|| Answer::json(400, errors.to_string()))
}
