//! The contract of the command: what it prints as JSON is what `docs/schema` says.

use crate::repository;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::OnceLock;

/// The schemas of `docs/schema`, by name.
fn schemas() -> &'static BTreeMap<String, Value> {
    static READ: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    READ.get_or_init(|| {
        let files = std::fs::read_dir(repository().join("docs/schema")).into_iter().flatten().flatten();
        let read = files.map(|file| {
            let path = file.path();
            let broken = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", path.display()) };
            let text = std::fs::read(&path).unwrap_or_else(|error| broken(&error));
            let schema = serde_json::from_slice(&text).unwrap_or_else(|error| broken(&error));
            (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), schema)
        });
        read.collect()
    })
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a schema has a type {other}"),
    }
}

/// What is wrong with a value by a schema: the words of JSON Schema 2020-12 that our schemas use. One that is not among them fails the test.
fn wrong(value: &Value, schema: &Value, whole: &Value, place: &str) -> Option<String> {
    const KNOWN: [&str; 24] = [
        "$schema",
        "$defs",
        "$ref",
        "title",
        "description",
        "default",
        "format",
        "pattern",
        "minimum",
        "maximum",
        "x-form",
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "minLength",
        "maxLength",
        "minItems",
    ];
    let rules = match schema {
        Value::Bool(true) => return None,
        Value::Object(rules) => rules,
        other => return Some(format!("{place}: no schema: {other}")),
    };
    if let Some(unknown) = rules.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Some(format!("{place}: a schema says {unknown}, which is not looked at here"));
    }
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let part =
            whole.pointer(path.trim_start_matches('#')).unwrap_or_else(|| panic!("{path} is not there"));
        if let Some(fault) = wrong(value, part, whole, place) {
            return Some(fault);
        }
    }
    let kinds: Vec<&str> = match schema.get("type") {
        None => Vec::new(),
        Some(Value::String(kind)) => vec![kind],
        Some(several) => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(value, kind)) {
        return Some(format!("{place}: {value} is no {}", kinds.join(" or ")));
    }
    if schema.get("enum").is_some() && !list(schema, "enum").any(|one| one == value)
        || schema.get("const").is_some_and(|one| one != value)
    {
        return Some(format!("{place}: {value} is none of the values"));
    }
    // The one pattern there is: a decimal.
    if let (Some(_), Some(text)) = (schema.get("pattern"), value.as_str()) {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        if [whole, part]
            .iter()
            .any(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Some(format!("{place}: {text} is no decimal"));
        }
    }
    if let Some(fields) = value.as_object() {
        if let Some(missing) =
            list(schema, "required").filter_map(Value::as_str).find(|name| !fields.contains_key(*name))
        {
            return Some(format!("{place}: {missing} is missing"));
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields {
            let place = format!("{place}/{name}");
            match known.and_then(|known| known.get(name)) {
                Some(rule) => {
                    if let Some(fault) = wrong(field, rule, whole, &place) {
                        return Some(fault);
                    }
                }
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    return Some(format!("{place}: there is no such field"));
                }
                None => {}
            }
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        let mut faults = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| wrong(value, items, whole, &format!("{place}/{index}")));
        if let Some(fault) = faults.next() {
            return Some(fault);
        }
    }
    let of = |key: &str| list(schema, key).map(|part| wrong(value, part, whole, place)).collect::<Vec<_>>();
    for key in ["anyOf", "oneOf"] {
        let found = of(key);
        if !found.is_empty() && found.iter().all(Option::is_some) {
            return found.into_iter().flatten().next();
        }
    }
    of("allOf").into_iter().flatten().next()
}

/// Whether a request is one that its schema allows.
#[must_use]
pub fn is_request(name: &str, request: &Value) -> bool {
    schemas().get(&format!("{name}-ask")).is_some_and(|schema| wrong(request, schema, schema, "").is_none())
}

/// The fields that the top of a schema names, those of flattened parts too.
fn named(schema: &Value, whole: &Value, fields: &mut Vec<String>) {
    let place = schema.get("$ref").and_then(Value::as_str).and_then(|place| place.strip_prefix('#'));
    if let Some(part) = place.and_then(|place| whole.pointer(place)) {
        named(part, whole, fields);
    }
    fields.extend(
        schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone()),
    );
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            named(part, whole, fields);
        }
    }
}

/// What is wrong with an answer that a run of the command printed, if its arguments asked for JSON and it has a schema.
pub(crate) fn fault<'a>(arguments: impl Iterator<Item = &'a OsStr>, answer: &str) -> Option<String> {
    let words: Vec<&str> = arguments.filter_map(OsStr::to_str).collect();
    let asked = words.windows(2).any(|pair| pair == ["--format", "json"]) || words.contains(&"--format=json");
    let names: Vec<&str> = words.iter().take(2).take_while(|word| !word.starts_with('-')).copied().collect();
    let name = match names.as_slice() {
        _ if !asked => return None,
        ["tariff", what] => format!("tariff-{what}"),
        [name, ..] => (*name).to_owned(),
        [] => return None,
    };
    let is_one = |known: &str| {
        known == name || known.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-') && rest != "-ask")
    };
    let candidates: Vec<_> = schemas().iter().filter(|(known, _)| is_one(known)).collect();
    if candidates.is_empty() {
        return None;
    }
    let value: Value = match serde_json::from_str(answer) {
        Ok(value) => value,
        Err(error) => return Some(format!("no JSON: {error}")),
    };
    let mut faults = Vec::new();
    for (known, schema) in candidates {
        let mut fields = Vec::new();
        named(schema, schema, &mut fields);
        let beyond = value.as_object().into_iter().flatten().find(|(field, _)| !fields.contains(field));
        match (wrong(&value, schema, schema, ""), beyond) {
            (None, None) => return None,
            (Some(error), _) => faults.push(format!("{known}: {error}")),
            (None, Some((field, _))) => faults.push(format!("{known}: has no field {field}")),
        }
    }
    Some(faults.join("\n"))
}
