//! What of an answer was asked for: fields, under their aliases, of the types that the fragments name.

use super::document::{Document, Field, Selected, Selection};
use serde_json::{Map, Value, json};

/// The key of a type's name, and of the interfaces that it is one of.
const TYPE: &str = "__typename";
pub(super) const INTERFACES: &str = "__interfaces";
/// Marks a value that has no fields to select, whatever it looks like.
const WHOLE: &str = "__whole";

/// A value that comes whole, such as a token's claims.
pub(super) fn whole(value: Value) -> Value {
    Value::Object(Map::from_iter([(WHOLE.to_owned(), value)]))
}

/// Marks a list that comes in pages of one node each.
const PAGES: &str = "__pages";

/// A list that comes in pages: how its cursor stands is an argument of its field.
pub(super) fn pages(nodes: Value) -> Value {
    Value::Object(Map::from_iter([(PAGES.to_owned(), nodes)]))
}

/// Marks a list that comes in pages of as many nodes as are asked for.
const SIZED: &str = "__sized";

/// A list that comes in pages of as many nodes as its field's argument `first` asks for.
pub(super) fn sized(nodes: &[Value]) -> Value {
    Value::Object(Map::from_iter([(SIZED.to_owned(), nodes.into())]))
}

/// Such a page: newest first, as the list has them.
fn sized_page(nodes: &[Value], field: &Field, variables: &Map<String, Value>) -> Result<Value, String> {
    let arguments = field.arguments(variables);
    let first = arguments.get("first").and_then(Value::as_u64).and_then(|first| usize::try_from(first).ok());
    let first =
        first.filter(|first| (1..=100).contains(first)).ok_or("Please provide a 'first' from 1 to 100.")?;
    let after =
        arguments.get("after").and_then(Value::as_str).and_then(|after| after.strip_prefix("cursor-"));
    let at: usize = after.and_then(|number| number.parse().ok()).unwrap_or(0);
    let edges: Vec<Value> = nodes.iter().skip(at).take(first).map(|node| json!({"node": node})).collect();
    let end = at + edges.len();
    Ok(json!({"totalCount": nodes.len(), "edgeCount": edges.len(), "edges": edges,
        "pageInfo": {"hasNextPage": end < nodes.len(), "endCursor": format!("cursor-{end}")}}))
}

/// The page of a list that a field's arguments ask for.
fn page(nodes: &[Value], field: &Field, variables: &Map<String, Value>) -> Value {
    let arguments = field.arguments(variables);
    let after =
        arguments.get("after").and_then(Value::as_str).and_then(|after| after.strip_prefix("cursor-"));
    let at: usize = after.and_then(|number| number.parse().ok()).unwrap_or(0);
    let edges: Vec<Value> = nodes
        .get(at)
        .map(|node| json!({"node": node, "cursor": format!("cursor-{}", at + 1)}))
        .into_iter()
        .collect();
    json!({"totalCount": nodes.len(), "edgeCount": edges.len(), "edges": edges, "pageInfo": {
        "hasNextPage": at + 1 < nodes.len(), "hasPreviousPage": at > 0,
        "startCursor": format!("cursor-{}", at + 1), "endCursor": format!("cursor-{}", at + 1)}})
}

/// Every field of a selection, with those of its fragments that are for this type.
pub(super) fn fields<'a>(
    selection: &'a [Selection],
    document: &'a Document,
    variables: &Map<String, Value>,
    is_of: &dyn Fn(&str) -> bool,
    depth: usize,
) -> Result<Vec<&'a Field>, String> {
    if depth > 50 {
        return Err("Cannot spread a fragment within itself.".into());
    }
    let mut found = Vec::new();
    for one in selection.iter().filter(|one| one.is_wanted(variables)) {
        let (on, inner) = match &one.what {
            Selected::Field(field) => {
                found.push(field);
                continue;
            }
            Selected::Inline { on, selection } => (on.as_deref(), selection),
            Selected::Spread(name) => {
                let fragment =
                    document.fragments.get(name).ok_or_else(|| format!("Unknown fragment '{name}'."))?;
                (Some(fragment.on.as_str()), &fragment.selection)
            }
        };
        if on.is_none_or(is_of) {
            found.extend(fields(inner, document, variables, is_of, depth + 1)?);
        }
    }
    Ok(found)
}

/// What a field's selection leaves of its value; a field that the value lacks is refused.
pub(super) fn project(
    value: &Value,
    field: &Field,
    document: &Document,
    variables: &Map<String, Value>,
) -> Result<Value, String> {
    if let Some(Value::Array(nodes)) = value.get(PAGES) {
        return project(&page(nodes, field, variables), field, document, variables);
    }
    if let Some(Value::Array(nodes)) = value.get(SIZED) {
        return project(&sized_page(nodes, field, variables)?, field, document, variables);
    }
    let object = match value {
        Value::Array(list) => {
            return list.iter().map(|one| project(one, field, document, variables)).collect();
        }
        Value::Object(object) if !object.contains_key(WHOLE) => object,
        Value::Object(object) if field.selection.is_empty() => {
            return Ok(object.get(WHOLE).cloned().unwrap_or_default());
        }
        Value::Null => return Ok(Value::Null),
        scalar if field.selection.is_empty() => return Ok(scalar.clone()),
        _ => {
            return Err(format!(
                "Field '{}' must not have a selection since it has no subfields.",
                field.name
            ));
        }
    };
    if field.selection.is_empty() {
        return Err(format!("Field '{}' must have a selection of subfields.", field.name));
    }
    let name = object.get(TYPE).and_then(Value::as_str);
    let interfaces = object.get(INTERFACES).and_then(Value::as_array);
    // Where a type's name is not known here, a fragment on any type is taken to be on it.
    let is_of = |on: &str| {
        name.is_none_or(|name| name == on)
            || interfaces.is_some_and(|held| held.iter().any(|held| held.as_str() == Some(on)))
    };
    let mut answer = Map::new();
    for inner in fields(&field.selection, document, variables, &is_of, 0)? {
        let value = match object.get(&inner.name) {
            Some(value) if inner.name != INTERFACES => project(value, inner, document, variables)?,
            _ => {
                let of = name.unwrap_or(&field.name);
                return Err(format!("Cannot query field '{}' on type '{of}'.", inner.name));
            }
        };
        put(&mut answer, inner.key(), value);
    }
    Ok(Value::Object(answer))
}

/// Puts a field in; one that is there already keeps what the new one lacks.
pub(super) fn put(answer: &mut Map<String, Value>, key: &str, value: Value) {
    match (answer.get_mut(key), value) {
        (Some(Value::Object(held)), Value::Object(more)) => {
            more.into_iter().for_each(|(key, value)| put(held, &key, value));
        }
        (_, value) => {
            answer.insert(key.to_owned(), value);
        }
    }
}
