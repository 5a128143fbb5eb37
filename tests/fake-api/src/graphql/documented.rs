//! What there is nothing of its own for: every documented operation answers made-up values of the documented fields, and the service tells
//! its schema, as far as the documentation shows it.

use super::select::pages;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const CATALOGUE: &str = include_str!("../../../../crates/kwhen-fetch/catalogue/operations.json");

fn operations() -> &'static [Value] {
    static READ: OnceLock<Vec<Value>> = OnceLock::new();
    READ.get_or_init(|| {
        let catalogue: Value = serde_json::from_str(CATALOGUE).unwrap_or_default();
        catalogue.get("operations").and_then(Value::as_array).cloned().unwrap_or_default()
    })
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A documented operation's made-up answer; the schema where that is asked for.
pub(super) fn answer(kind: &str, name: &str) -> Option<Value> {
    if name == "__schema" {
        return Some(schema());
    }
    let found = operations().iter().find(|one| text(one, "kind") == kind && text(one, "name") == name)?;
    let returns = found.get("returns")?;
    if returns.get("edges").is_some() && returns.get("pageInfo").is_some() {
        let row = |id: u8| json!({"id": id.to_string(), "__typename": "Row"});
        return Some(pages(json!([row(1), row(2), row(3)])));
    }
    Some(value(returns))
}

/// A value of a documented shape. A type whose fields are not shown has an `id` alone.
fn value(shape: &Value) -> Value {
    match shape {
        Value::Object(fields) => {
            let mut made: Map<String, Value> =
                fields.iter().map(|(name, shape)| (name.clone(), value(shape))).collect();
            made.entry("__typename").or_insert_with(|| "Shown".into());
            Value::Object(made)
        }
        Value::Array(list) => list.iter().map(value).collect(),
        other => leaf(other.as_str().unwrap_or_default()),
    }
}

fn leaf(kind: &str) -> Value {
    if kind == "[PossibleErrorType]" {
        return json!([]);
    }
    if let Some(inner) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
        return json!([leaf(inner)]);
    }
    match kind {
        "text" | "any" => "abc123".into(),
        "number" => json!(1),
        "boolean" => true.into(),
        "choice" => "ONE".into(),
        "date" => "2020-01-01".into(),
        "time" => "2020-01-01T00:00:00.000Z".into(),
        "json" => super::select::whole(json!({"key": "value"})),
        kind => json!({"__typename": kind.split(" | ").next(), "id": "1"}),
    }
}

/// Input objects and choices whose fields are seen in use; all others are not told.
const INPUTS: &[(&str, &[(&str, &str)])] = &[
    ("AccountNumberInput", &[("accountNumber", "String!")]),
    ("JoinSavingSessionsEventInput", &[("accountNumber", "String!"), ("eventCode", "String!")]),
];
const CHOICES: &[(&str, &[&str])] = &[("DataFrequency", &["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])];

/// The types of all documented operations as introspection tells them.
fn schema() -> Value {
    let mut types = BTreeMap::new();
    let mut roots: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for one in operations() {
        let (name, kind) = (text(one, "name"), text(one, "kind"));
        let mut arguments = Vec::new();
        for (name, wanted) in one.get("arguments").and_then(Value::as_object).into_iter().flatten() {
            let wanted = wanted.as_str().unwrap_or_default();
            arguments.push(json!({"name": name, "defaultValue": null, "type": reference(wanted)}));
            let bare = wanted.trim_matches(['[', ']', '!']);
            types.entry(bare.to_owned()).or_insert_with(|| given(bare));
        }
        let returned =
            returned(&format!("{}_{name}", kind), one.get("returns").unwrap_or(&Value::Null), &mut types);
        roots
            .entry(kind)
            .or_default()
            .push(json!({"name": name, "args": arguments, "type": reference(&returned)}));
    }
    for (kind, fields) in roots {
        let name = if kind == "mutation" { "Mutation" } else { "Query" };
        types.insert(name.to_owned(), object(name, fields));
    }
    types.insert(
        "Row".into(),
        object("Row", vec![json!({"name": "id", "args": [], "type": reference("ID!")})]),
    );
    json!({"queryType": {"name": "Query"}, "mutationType": {"name": "Mutation"}, "types": types.into_values().collect::<Vec<_>>()})
}

fn object(name: &str, fields: Vec<Value>) -> Value {
    json!({"kind": "OBJECT", "name": name, "fields": fields, "inputFields": null, "enumValues": null})
}

fn given(name: &str) -> Value {
    let input =
        |(name, kind): &(&str, &str)| json!({"name": name, "defaultValue": null, "type": reference(kind)});
    if let Some((_, fields)) = INPUTS.iter().find(|(known, _)| *known == name) {
        let fields: Vec<Value> = fields.iter().map(input).collect();
        return json!({"kind": "INPUT_OBJECT", "name": name, "fields": null, "inputFields": fields, "enumValues": null});
    }
    if let Some((_, choices)) = CHOICES.iter().find(|(known, _)| *known == name) {
        let choices: Vec<Value> = choices.iter().map(|choice| json!({"name": choice})).collect();
        return json!({"kind": "ENUM", "name": name, "fields": null, "inputFields": null, "enumValues": choices});
    }
    scalar(name)
}

fn scalar(name: &str) -> Value {
    json!({"kind": "SCALAR", "name": name, "fields": null, "inputFields": null, "enumValues": null})
}

/// The name of the type of a shape, whose types are added.
fn returned(path: &str, shape: &Value, types: &mut BTreeMap<String, Value>) -> String {
    match shape {
        Value::Array(list) => {
            format!("[{}]", returned(path, list.first().unwrap_or(&Value::Null), types))
        }
        Value::Object(fields) => {
            let mut made = Vec::new();
            for (name, shape) in fields {
                let kind = returned(&format!("{path}_{name}"), shape, types);
                made.push(json!({"name": name, "args": [], "type": reference(&kind)}));
            }
            types.insert(path.to_owned(), object(path, made));
            path.to_owned()
        }
        leaf => {
            let kind = leaf.as_str().unwrap_or_default();
            let bare = kind.trim_matches(['[', ']']);
            let known = match bare {
                "PageInfo" => {
                    object(bare, vec![shown("hasNextPage", "Boolean!"), shown("endCursor", "String")])
                }
                "PossibleErrorType" => {
                    object(bare, vec![shown("code", "String"), shown("message", "String")])
                }
                edge if edge.ends_with("Edge") => object(bare, vec![shown("node", "Row")]),
                plain if plain.starts_with(|first: char| first.is_ascii_lowercase()) => scalar(bare),
                _ => object(bare, vec![shown("id", "ID!")]),
            };
            types.insert(bare.to_owned(), known);
            // The list of a connection's edges is shown without its brackets.
            if bare.ends_with("Edge") { format!("[{bare}]") } else { kind.to_owned() }
        }
    }
}

fn shown(name: &str, kind: &str) -> Value {
    json!({"name": name, "args": [], "type": reference(kind)})
}

/// A type's writing as introspection tells it.
fn reference(kind: &str) -> Value {
    if let Some(inner) = kind.strip_suffix('!') {
        return json!({"kind": "NON_NULL", "name": null, "ofType": reference(inner)});
    }
    if let Some(inner) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
        return json!({"kind": "LIST", "name": null, "ofType": reference(inner)});
    }
    json!({"kind": "OBJECT", "name": kind, "ofType": null})
}
