//! Requests as JSON: an object whose keys are the names of flags, and the schema of such an object. Both are made from the description of
//! the flags, so that a field has one name, one line of help and one reader.

use crate::failure::{Failure, Result};
use clap::{Arg, ArgAction, Command};
use kwhen::names::nearest;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::fmt;

/// The fields of a request, in their order.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object whose keys are the names of flags")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Fields, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if fields.iter().any(|(before, _)| *before == name) {
                        return Err(A::Error::custom(format!("field {name}: is there twice")));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The arguments of a command that a request in JSON stands for. A text or a number is the value of a flag (a number goes as it is
/// written, digit by digit), `true` gives a flag that takes none, `false` leaves it out, a list gives it as often.
///
/// # Errors
/// It is no object of JSON, a field is not one of the command's (the nearest is named), or a value is of another type.
pub fn arguments(command: &Command, json: &[u8], name: &str) -> Result<Vec<String>> {
    arguments_as(command, json, name, |_, text| Ok(text))
}

/// Likewise, with each value as `taken` takes it, or refuses it.
pub(crate) fn arguments_as(
    command: &Command,
    json: &[u8],
    name: &str,
    taken: impl Fn(&Arg, String) -> std::result::Result<String, String>,
) -> Result<Vec<String>> {
    let refused = |what: String| Failure::usage(format!("{name}: {what}"));
    let Fields(fields) =
        serde_json::from_slice(json).map_err(|error| refused(format!("is no request in JSON: {error}")))?;
    let (mut flags, mut bare) = (Vec::new(), Vec::new());
    for (field, value) in fields {
        let wrong = |what: &str| refused(format!("field {field}: {what}, not {value}"));
        let Some(arg) = asked(command).find(|arg| key(arg) == field.replace('-', "_")) else {
            let known: Vec<String> = asked(command).map(key).collect();
            let near = nearest(&field, known.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(refused(format!(
                "field {field}: {} has none of this name{hint}",
                command.get_name()
            )));
        };
        let values = values_of(arg, &exact(&value).map_err(|error| wrong(&error.to_string()))?);
        let values = values.map_err(wrong)?;
        let values = values
            .into_iter()
            .map(|value| value.map(|text| taken(arg, text)).transpose())
            .collect::<std::result::Result<Vec<_>, String>>()
            .map_err(|what| refused(format!("field {field}: {what}")))?;
        match arg.get_long() {
            Some(long) => flags.extend(written(long, values)),
            None => bare.extend(values.into_iter().flatten()),
        }
    }
    if !bare.is_empty() {
        flags.push("--".to_owned());
        flags.append(&mut bare);
    }
    Ok(flags)
}

/// The flag as it is written on a command line with a value, whose numbers are texts.
///
/// # Errors
/// The flag takes no such value.
pub(crate) fn given_as(arg: &Arg, value: &Value, place: &str) -> Result<Vec<String>> {
    let wrong = |what: &str| Failure::usage(format!("{place}: {}: {what}, not {value}", key(arg)));
    let values = values_of(arg, value).map_err(wrong)?;
    Ok(arg.get_long().map_or_else(Vec::new, |long| written(long, values)))
}

fn written(long: &str, values: Vec<Option<String>>) -> Vec<String> {
    let flag = |value: Option<String>| match value {
        Some(value) => format!("--{long}={value}"),
        None => format!("--{long}"),
    };
    values.into_iter().map(flag).collect()
}

/// A value of JSON with its numbers as they are written: their digits are not to be rounded on the way.
fn exact(raw: &RawValue) -> serde_json::Result<Value> {
    Ok(match serde_json::from_str(raw.get())? {
        Value::Number(_) => raw.get().into(),
        Value::Array(_) => {
            let list: Vec<Box<RawValue>> = serde_json::from_str(raw.get())?;
            list.iter().map(|value| exact(value)).collect::<serde_json::Result<Vec<_>>>()?.into()
        }
        other => other,
    })
}

/// What a flag is given: once for each, without a value where it takes none; or what its value must be.
fn values_of(arg: &Arg, value: &Value) -> std::result::Result<Vec<Option<String>>, &'static str> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err("must be a text or a number"),
    };
    match value {
        Value::Bool(given) if !takes_value(arg) => Ok(if *given { vec![None] } else { Vec::new() }),
        _ if !takes_value(arg) => Err("must be true or false"),
        Value::Array(list) if takes_many(arg) => list.iter().map(text).collect(),
        Value::Array(_) => Err("must be one value"),
        one => Ok(vec![text(one)?]),
    }
}

/// The schema (JSON Schema 2020-12) of a command's requests.
#[must_use]
pub fn schema(command: &Command, title: &str) -> Value {
    schema_of(command, title, |_| true)
}

/// Likewise, of the fields that `is_asked` lets through.
pub(crate) fn schema_of(command: &Command, title: &str, is_asked: impl Fn(&Arg) -> bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for arg in asked(command).filter(|arg| is_asked(arg)) {
        properties.insert(key(arg), field(arg));
        if arg.is_required_set() {
            required.push(Value::String(key(arg)));
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("A request of {title}"),
        "description": command.get_about().map(ToString::to_string),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// One field of a request.
fn field(arg: &Arg) -> Value {
    let mut field = Map::new();
    if let Some(help) = arg.get_help() {
        field.insert("description".into(), help.to_string().into());
    }
    let one = || {
        let values: Vec<Value> = arg
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().into())
            .collect();
        if values.is_empty() { json!({"type": ["string", "number"]}) } else { json!({"enum": values}) }
    };
    let shape = match (takes_value(arg), takes_many(arg)) {
        (false, _) => json!({"type": "boolean"}),
        (true, true) => {
            let one = one();
            json!({"anyOf": [one.clone(), {"type": "array", "items": one}]})
        }
        (true, false) => one(),
    };
    if let Value::Object(shape) = shape {
        field.extend(shape);
    }
    if let Some(default) = arg.get_default_values().first().filter(|_| takes_value(arg)) {
        field.insert("default".into(), default.to_string_lossy().into());
    }
    if let Some(form) = arg.get_value_names().and_then(<[_]>::first).filter(|_| takes_value(arg)) {
        field.insert("x-form".into(), form.as_str().into());
    }
    Value::Object(field)
}

/// The arguments that a request may hold: all but those that are about the command line itself.
pub(crate) fn asked(command: &Command) -> impl Iterator<Item = &Arg> {
    const OF_THE_LINE: [&str; 8] = ["help", "version", "ask", "config", "format", "color", "html", "plain"];
    command.get_arguments().filter(|arg| !OF_THE_LINE.contains(&arg.get_id().as_str()))
}

/// A field's name: the flag's, with underscores.
pub(crate) fn key(arg: &Arg) -> String {
    arg.get_long().unwrap_or(arg.get_id().as_str()).replace('-', "_")
}

pub(crate) fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

fn takes_many(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append) || arg.get_value_delimiter().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Args as _;

    fn command() -> Command {
        #[derive(clap::Args)]
        struct Asked {
            #[arg(long)]
            _kwh: Option<String>,
            #[arg(long)]
            _split: bool,
            #[arg(long = "tariff")]
            _tariffs: Vec<String>,
            _code: Option<String>,
        }
        Asked::augment_args(Command::new("ask"))
    }

    fn given(json: &str) -> std::result::Result<Vec<String>, String> {
        arguments(&command(), json.as_bytes(), "ask.json").map_err(|failure| failure.to_string())
    }

    #[test]
    fn fields_become_flags_digit_by_digit() {
        let flags =
            given(r#"{"kwh": 0.1000000000000000000001, "split": true, "tariff": ["a", "b"], "_code": "X"}"#);
        assert_eq!(
            flags.unwrap(),
            ["--kwh=0.1000000000000000000001", "--split", "--tariff=a", "--tariff=b", "--", "X"]
        );
        assert_eq!(given(r#"{"split": false}"#).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |json: &str| given(json).unwrap_err();
        assert_eq!(
            message(r#"{"tarif": "a"}"#),
            "ask.json: field tarif: ask has none of this name; did you mean tariff?"
        );
        assert!(message(r#"{"kwh": true}"#).contains("field kwh: must be a text or a number, not true"));
        assert!(message(r#"{"kwh": [1]}"#).contains("field kwh: must be one value, not [1]"));
        // As the schemas say: a field that is not asked for is left out.
        assert!(message(r#"{"kwh": null}"#).contains("field kwh: must be a text or a number, not null"));
        assert!(message(r#"{"split": null}"#).contains("field split: must be true or false"));
        assert!(message(r#"{"split": "yes"}"#).contains("field split: must be true or false"));
        assert!(message(r#"{"kwh": 1, "kwh": 2}"#).contains("field kwh: is there twice"));
        assert!(message("[1]").contains("an object whose keys are the names of flags"));
        assert!(message("{").contains("is no request in JSON"));
    }
}
