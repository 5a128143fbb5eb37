//! GraphQL: documents are read, each field that they ask for is answered, and of the answer only what they select is sent.

mod document;
mod documented;
mod fields;
mod select;

use crate::server::{Seen, World};
use crate::{ACCOUNT, Answer};
use document::{Document, Operation};
use serde_json::{Map, Value, json};

/// Why a field cannot be answered: a code of the service, its words, its kind.
struct Refusal {
    code: &'static str,
    message: String,
    kind: &'static str,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>, kind: &'static str) -> Self {
        Self { code, message: message.into(), kind }
    }
}

pub(crate) fn answer(seen: &Seen, world: &mut World) -> Answer {
    let Ok(body) = serde_json::from_str::<Value>(&seen.body) else {
        return Answer::json(400, r#"{"errors":[{"message":"POST body sent invalid JSON."}]}"#);
    };
    let text = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let document = match document::parse(text) {
        Ok(document) => document,
        Err(message) => return invalid(&message),
    };
    let wanted = body.get("operationName").and_then(Value::as_str);
    let operation = match wanted {
        None if document.operations.len() > 1 => {
            return invalid("Must provide operation name if query contains multiple operations.");
        }
        wanted => document.operations.iter().find(|one| wanted.is_none() || one.name.as_deref() == wanted),
    };
    let Some(operation) = operation else {
        return invalid(&format!("Unknown operation named '{}'.", wanted.unwrap_or_default()));
    };
    let given = body.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut variables = Map::new();
    for (name, is_needed, default) in &operation.variables {
        let value = given.get(name).cloned().or_else(|| default.clone());
        if *is_needed && value.as_ref().is_none_or(Value::is_null) {
            return invalid(&format!("Variable '${name}' of a type that must not be null was not provided."));
        }
        variables.extend(value.map(|value| (name.clone(), value)));
    }
    match carry_out(seen, &document, operation, &variables, world) {
        Ok(answers) => Answer::json(200, json!({ "data": answers }).to_string()),
        Err(Refusal { code, message, kind }) => {
            let extensions = json!({"errorType": kind, "errorCode": code, "errorDescription": message});
            let errors = json!([{"message": message, "extensions": extensions}]);
            Answer::json(200, json!({"errors": errors, "data": null}).to_string())
        }
    }
}

/// A document that is not GraphQL, or that asks for what there is not.
fn invalid(message: &str) -> Answer {
    Answer::json(400, json!({"errors": [{"message": message}]}).to_string())
}

fn carry_out(
    seen: &Seen,
    document: &Document,
    operation: &Operation,
    variables: &Map<String, Value>,
    world: &mut World,
) -> Result<Map<String, Value>, Refusal> {
    let validation = |message: String| Refusal::new("KT-CT-1113", message, "VALIDATION");
    let root = if operation.kind == "mutation" { "Mutation" } else { "Query" };
    let asked =
        select::fields(&operation.selection, document, variables, &|on| on == root, 0).map_err(validation)?;
    let mut answers = Map::new();
    for field in asked {
        if field.name == "__typename" {
            answers.insert(field.key().to_owned(), root.into());
            continue;
        }
        let arguments = field.arguments(variables);
        let is_mutation = operation.kind == "mutation";
        let public = match (is_mutation, field.name.as_str()) {
            (true, "obtainKrakenToken") => Some(fields::token(&arguments, world)?),
            (false, "consumptionEstimates") => Some(fields::consumption_estimates()),
            _ => None,
        };
        let value = match public {
            Some(value) => value,
            None => {
                authorise(seen, world)?;
                let known = if is_mutation {
                    fields::mutation(&field.name, &arguments)
                } else {
                    fields::query(&field.name, &arguments, world)?
                };
                let known = known.or_else(|| documented::answer(&operation.kind, &field.name));
                known.ok_or_else(|| {
                    Refusal::new("KT-CT-1113", "Disabled GraphQL field requested.", "VALIDATION")
                })?
            }
        };
        let value = select::project(&value, field, document, variables).map_err(validation)?;
        select::put(&mut answers, field.key(), value);
    }
    Ok(answers)
}

/// Whether the token is one that was given out and still holds; it may stand with or without `JWT` before it.
fn authorise(seen: &Seen, world: &World) -> Result<(), Refusal> {
    let given = seen.authorization.as_deref().unwrap_or_default();
    let given = given.strip_prefix("JWT ").unwrap_or(given).strip_prefix("token-");
    match given.and_then(|number| number.parse::<u32>().ok()) {
        None => Err(Refusal::new("KT-CT-1112", "'Authorization' header not provided.", "AUTHORIZATION")),
        Some(number) if number < world.expired_below => {
            Err(Refusal::new("KT-CT-1124", "Signature of the JWT has expired.", "APPLICATION"))
        }
        Some(number) if number > world.tokens => Err(unauthorised()),
        Some(_) => Ok(()),
    }
}

fn unauthorised() -> Refusal {
    Refusal::new("KT-CT-1111", "Unauthorized.", "AUTHORIZATION")
}

/// An account's number, which must be the one that the key opens.
fn own_account(arguments: &Map<String, Value>) -> Result<(), Refusal> {
    match arguments.get("accountNumber").and_then(Value::as_str) {
        Some(number) if number != ACCOUNT => Err(unauthorised()),
        _ => Ok(()),
    }
}
