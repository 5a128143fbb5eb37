//! What a running service says of itself: read once, then calls are checked by it before anything is sent.

use crate::catalogue::{OperationKind, value};
use crate::graphql::Call;
use crate::protocol::{Next, Operation, Request, Response, Session};
use crate::wire::Raw;
use crate::{Error, Result};
use graphql_parser::query::{
    Definition, OperationDefinition, Selection, SelectionSet, TypeCondition, parse_query,
};
use kwhen::names::nearest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const QUERY: &str = "query Introspection { __schema { queryType { name } mutationType { name } types { kind name \
    fields(includeDeprecated: true) { name args { ...Input } type { ...Type } } inputFields { ...Input } \
    enumValues(includeDeprecated: true) { name } } } } \
    fragment Input on __InputValue { name defaultValue type { ...Type } } \
    fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } }";

/// A service's types: their fields, inputs and choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    query: String,
    mutation: Option<String>,
    types: BTreeMap<String, Type>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Type {
    kind: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, Field>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
}

/// A field, an argument or an input object's field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Field {
    kind: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_default: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    arguments: BTreeMap<String, Field>,
}

type Inputs = BTreeMap<String, Field>;

impl Field {
    fn is_needed(&self) -> bool {
        self.kind.ends_with('!') && !self.has_default
    }
}

/// Reads a service's schema.
#[derive(Clone, Debug)]
pub struct Introspection(Call<Raw>);

impl Default for Introspection {
    fn default() -> Self {
        Self(Call::query(QUERY, "__schema"))
    }
}

impl Operation for Introspection {
    type Output = Schema;

    fn request(&self, session: &Session) -> Result<Request> {
        self.0.request(session)
    }

    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<Schema>> {
        Ok(match self.0.accept(session, response)? {
            Next::Request => Next::Request,
            Next::Done(raw) => Next::Done(Schema::from_answer(&raw)?),
        })
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        self.0.refused(response)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    query_type: Named,
    mutation_type: Option<Named>,
    types: Vec<ToldType>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldType {
    kind: String,
    name: String,
    #[serde(default)]
    fields: Option<Vec<ToldField>>,
    #[serde(default)]
    input_fields: Option<Vec<ToldInput>>,
    #[serde(default)]
    enum_values: Option<Vec<Named>>,
}

#[derive(Deserialize)]
struct ToldField {
    name: String,
    #[serde(default)]
    args: Vec<ToldInput>,
    #[serde(rename = "type")]
    kind: Reference,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldInput {
    name: String,
    #[serde(rename = "type")]
    kind: Reference,
    #[serde(default)]
    default_value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    kind: String,
    name: Option<String>,
    of_type: Option<Box<Reference>>,
}

impl Reference {
    fn text(&self) -> Result<String> {
        let inner = || match &self.of_type {
            Some(inner) => inner.text(),
            None => Err(Error::malformed("the schema has a type that is wrapped too often")),
        };
        Ok(match self.kind.as_str() {
            "NON_NULL" => format!("{}!", inner()?),
            "LIST" => format!("[{}]", inner()?),
            _ => self.name.clone().ok_or_else(|| Error::malformed("the schema has a type without a name"))?,
        })
    }
}

fn inputs(told: Vec<ToldInput>) -> Result<Inputs> {
    let input = |one: ToldInput| {
        let kind = one.kind.text()?;
        Ok((one.name, Field { kind, has_default: one.default_value.is_some(), arguments: Inputs::new() }))
    };
    told.into_iter().map(input).collect()
}

impl Schema {
    fn from_answer(raw: &Raw) -> Result<Self> {
        let told: Told = raw.read()?;
        let mut types = BTreeMap::new();
        for one in told.types {
            let mut fields = inputs(one.input_fields.unwrap_or_default())?;
            for field in one.fields.unwrap_or_default() {
                let arguments = inputs(field.args)?;
                fields.insert(field.name, Field { kind: field.kind.text()?, has_default: false, arguments });
            }
            let choices = one.enum_values.unwrap_or_default().into_iter().map(|value| value.name).collect();
            types.insert(one.name, Type { kind: one.kind, fields, choices });
        }
        let mutation = told.mutation_type.map(|named| named.name);
        Ok(Self { query: told.query_type.name, mutation, types })
    }

    /// Reads one that was kept with [`Schema::to_json`].
    ///
    /// # Errors
    /// It is none.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::malformed(format!("is no kept schema: {error}")))
    }

    /// As JSON, to be kept.
    ///
    /// # Errors
    /// None in practice; a writer of JSON may fail.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::invalid(error.to_string()))
    }

    /// How many types there are.
    #[must_use]
    pub fn types(&self) -> usize {
        self.types.len()
    }

    /// Checks an operation's arguments, input objects and choices down to the last field, and the fields that are selected, as they stand
    /// between braces with them.
    pub(super) fn check(
        &self,
        kind: OperationKind,
        name: &str,
        arguments: &Map<String, Value>,
        selection: &str,
    ) -> Result<()> {
        let root = match kind {
            OperationKind::Query => Some(&self.query),
            OperationKind::Mutation => self.mutation.as_ref(),
        };
        let fields = root.and_then(|root| self.types.get(root)).map(|root| &root.fields);
        let Some(field) = fields.and_then(|fields| fields.get(name)) else {
            let message = format!(
                "{name}: the documentation has this {kind}, but the service's schema does not: it cannot be called there"
            );
            return Err(Error::invalid(message));
        };
        let faulty = |message: String| Error::invalid(format!("{name}: {message}"));
        let given = arguments.iter().map(|(name, value)| (name.as_str(), value)).collect();
        self.check_object("", &given, &field.arguments, "argument").map_err(faulty)?;
        self.check_selection(name, &field.kind, selection).map_err(faulty)
    }

    fn check_object(
        &self,
        place: &str,
        given: &BTreeMap<&str, &Value>,
        known: &Inputs,
        what: &str,
    ) -> std::result::Result<(), String> {
        let at = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        for (name, value) in given {
            let Some(field) = known.get(*name) else {
                return Err(format!("there is no {what} {}{}", at(name), hint(name, known.keys())));
            };
            self.check_value(&at(name), &field.kind, value)?;
        }
        let lacking =
            known.iter().filter(|(name, field)| field.is_needed() && !given.contains_key(name.as_str()));
        let lacking: Vec<String> =
            lacking.map(|(name, field)| format!("{} ({})", at(name), field.kind)).collect();
        if lacking.is_empty() { Ok(()) } else { Err(format!("needs {}", lacking.join(", "))) }
    }

    fn check_value(&self, place: &str, kind: &str, value: &Value) -> std::result::Result<(), String> {
        if value.is_null() {
            return if kind.ends_with('!') {
                Err(format!("{place} must not be null ({kind})"))
            } else {
                Ok(())
            };
        }
        let inner = kind.trim_end_matches('!');
        if let Some(inner) = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            return match value {
                Value::Array(list) => list
                    .iter()
                    .enumerate()
                    .try_for_each(|(row, one)| self.check_value(&format!("{place}[{row}]"), inner, one)),
                one => self.check_value(place, inner, one),
            };
        }
        let shown = || crate::error::excerpt(&value.to_string());
        let known = self.types.get(inner);
        match known.map(|known| known.kind.as_str()) {
            Some("ENUM") => {
                let choices = known.map_or(&[][..], |known| known.choices.as_slice());
                match value.as_str() {
                    Some(text) if choices.iter().any(|choice| choice == text) => Ok(()),
                    Some(text) => {
                        let listed = if choices.len() <= 12 {
                            format!("; it is one of {}", choices.join(", "))
                        } else {
                            hint(text, choices.iter())
                        };
                        Err(format!("{place}: '{}' is no {inner}{listed}", crate::error::excerpt(text)))
                    }
                    None => Err(format!("{place}: {} is no {inner}", shown())),
                }
            }
            Some("INPUT_OBJECT") => match value {
                Value::Object(object) => {
                    let given = object.iter().map(|(name, value)| (name.as_str(), value)).collect();
                    let empty = Inputs::new();
                    self.check_object(place, &given, known.map_or(&empty, |known| &known.fields), "field")
                }
                _ => Err(format!("{place}: {} is no object ({inner})", shown())),
            },
            // A scalar: those that are known here are looked at, others are the service's to judge.
            _ => value::plain(inner, value).map(|_| ()).map_err(|error| format!("{place}: {error}")),
        }
    }

    fn check_selection(&self, place: &str, kind: &str, selection: &str) -> std::result::Result<(), String> {
        if selection.trim().is_empty() {
            return self.check_leaf(place, kind);
        }
        let document = parse_query::<String>(selection).map_err(|error| error.to_string())?;
        match document.definitions.as_slice() {
            [Definition::Operation(OperationDefinition::SelectionSet(set))] => {
                self.check_set(place, kind, set)
            }
            _ => Err("the fields are no selection".to_owned()),
        }
    }

    fn check_leaf(&self, place: &str, kind: &str) -> std::result::Result<(), String> {
        match self.types.get(bare(kind)) {
            Some(known) if matches!(known.kind.as_str(), "OBJECT" | "INTERFACE" | "UNION") => {
                let names: Vec<&str> = known.fields.keys().map(String::as_str).take(12).collect();
                let such =
                    if names.is_empty() { String::new() } else { format!(", such as {}", names.join(", ")) };
                Err(format!("{place} is a {}: say which of its fields are wanted{such}", bare(kind)))
            }
            _ => Ok(()),
        }
    }

    fn check_set(
        &self,
        place: &str,
        kind: &str,
        set: &SelectionSet<'_, String>,
    ) -> std::result::Result<(), String> {
        let name = bare(kind);
        let Some(known) = self.types.get(name) else {
            return Ok(());
        };
        for one in &set.items {
            match one {
                Selection::Field(field) if field.name == "__typename" => {}
                Selection::Field(field) => {
                    let place = format!("{place}.{}", field.name);
                    let Some(found) = known.fields.get(&field.name) else {
                        let hint = hint(&field.name, known.fields.keys());
                        return Err(format!("{place}: {name} has no field {}{hint}", field.name));
                    };
                    for (argument, _) in &field.arguments {
                        if !found.arguments.contains_key(argument) {
                            let hint = hint(argument, found.arguments.keys());
                            return Err(format!("{place} has no argument {argument}{hint}"));
                        }
                    }
                    let given = |name: &String| field.arguments.iter().any(|(given, _)| given == name);
                    let lacking = found.arguments.iter().find(|(name, one)| one.is_needed() && !given(name));
                    if let Some((name, one)) = lacking {
                        return Err(format!("{place} needs its argument {name} ({})", one.kind));
                    }
                    if field.selection_set.items.is_empty() {
                        self.check_leaf(&place, &found.kind)?;
                    } else if self
                        .types
                        .get(bare(&found.kind))
                        .is_some_and(|inner| matches!(inner.kind.as_str(), "SCALAR" | "ENUM"))
                    {
                        return Err(format!("{place} is a {} and has no fields", found.kind));
                    } else {
                        self.check_set(&place, &found.kind, &field.selection_set)?;
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = match &inline.type_condition {
                        Some(TypeCondition::On(on)) => on.as_str(),
                        None => kind,
                    };
                    if !self.types.contains_key(bare(on)) {
                        let hint = hint(on, self.types.keys());
                        return Err(format!("{place}: there is no type {on}{hint}"));
                    }
                    self.check_set(place, on, &inline.selection_set)?;
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }
}

fn bare(kind: &str) -> &str {
    kind.trim_matches(['[', ']', '!'])
}

fn hint<'a>(unknown: &str, known: impl Iterator<Item = &'a String> + Clone) -> String {
    match nearest(unknown, known.clone().map(String::as_str)) {
        Some(near) => format!("; did you mean {near}?"),
        None => {
            let names: Vec<&str> = known.map(String::as_str).take(13).collect();
            if names.is_empty() || names.len() > 12 {
                String::new()
            } else {
                format!("; there are {}", names.join(", "))
            }
        }
    }
}
