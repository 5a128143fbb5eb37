//! Values of arguments by the type that the documentation names. Without the service's own schema a type that is none of GraphQL's or the
//! service's plain ones is a choice (text) or an input object (JSON), which its name tells.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

/// A type without its `!`, and what is in the brackets of a list.
fn list_of(kind: &str) -> Option<&str> {
    kind.trim_end_matches('!').strip_prefix('[')?.strip_suffix(']')
}

/// Whether the name of a type tells that it is an input object.
fn is_input_object(name: &str) -> bool {
    name.contains("Input") || ["Parameters", "Update"].iter().any(|end| name.ends_with(end))
}

/// A value from what was typed.
pub(crate) fn read(kind: &str, text: &str) -> Result<Value, String> {
    if let Some(inner) = list_of(kind) {
        let value = if text.trim_start().starts_with('[') {
            json(text)?
        } else {
            Value::Array(vec![read(inner, text)?])
        };
        return check(kind, &value).map(|()| value);
    }
    let value = match kind.trim_end_matches('!') {
        "Int" | "Float" | "Boolean" => json(text).unwrap_or_else(|_| text.into()),
        name if is_input_object(name) => json(text).map_err(|error| {
            format!(
                "{error}; it is an input object ({name}): write JSON, such as {{\"accountNumber\": \"A-…\"}}"
            )
        })?,
        _ => text.into(),
    };
    check(kind, &value).map(|()| value)
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("'{}' is not JSON: {error}", crate::error::excerpt(text)))
}

/// Whether a value is one of a type.
pub(crate) fn check(kind: &str, value: &Value) -> Result<(), String> {
    if value.is_null() {
        return if kind.ends_with('!') { Err(format!("must not be null ({kind})")) } else { Ok(()) };
    }
    if let Some(inner) = list_of(kind) {
        return match value {
            Value::Array(list) => list.iter().try_for_each(|one| check(inner, one)),
            // GraphQL takes one value for a list of one.
            one => check(inner, one),
        };
    }
    let name = kind.trim_end_matches('!');
    if plain(name, value)? {
        return Ok(());
    }
    match value {
        Value::Object(_) if is_input_object(name) => Ok(()),
        Value::String(_) if !is_input_object(name) => Ok(()),
        _ if is_input_object(name) => {
            Err(format!("{} is no input object ({name})", crate::error::excerpt(&value.to_string())))
        }
        _ => Err(format!("{} is none of the choices of {name}", crate::error::excerpt(&value.to_string()))),
    }
}

/// Whether a type is a plain one; an error where the value is none of it.
pub(crate) fn plain(name: &str, value: &Value) -> Result<bool, String> {
    let text = value.as_str();
    let good = match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "String" => text.is_some(),
        "ID" => text.is_some() || value.is_i64(),
        "Date" => text.is_some_and(|text| text.parse::<NaiveDate>().is_ok()),
        "DateTime" | "TZAwareDateTime" => text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "Decimal" => {
            value.is_number() || text.is_some_and(|text| text.parse::<rust_decimal::Decimal>().is_ok())
        }
        _ => return Ok(false),
    };
    let wanted = match name {
        "Int" => "a whole number",
        "Float" | "Decimal" => "a number",
        "Boolean" => "true or false",
        "Date" => "a date, such as 2026-03-01",
        "DateTime" | "TZAwareDateTime" => "a time with its zone, such as 2026-03-01T00:00:00Z",
        _ => "text",
    };
    if good {
        Ok(true)
    } else {
        Err(format!("{} is not {wanted} ({name})", crate::error::excerpt(&value.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_read_by_its_type() {
        let good = [
            ("String!", "0012", json!("0012")),
            ("ID!", "2000024512368", json!("2000024512368")),
            ("Int", "7", json!(7)),
            ("Float", "-1.5", json!(-1.5)),
            ("Boolean!", "true", json!(true)),
            ("Date", "2026-03-01", json!("2026-03-01")),
            ("DateTime!", "2026-03-01T00:00:00+01:00", json!("2026-03-01T00:00:00+01:00")),
            ("DataFrequency!", "DAILY", json!("DAILY")),
            ("[String]!", "a", json!(["a"])),
            ("[Int]", "[1, 2]", json!([1, 2])),
            ("LinkUserToLineInput!", r#"{"a":1}"#, json!({"a": 1})),
        ];
        for (kind, text, value) in good {
            assert_eq!(read(kind, text), Ok(value), "{kind} {text}");
        }
        let bad = [
            ("Int", "1.5"),
            ("Int", "3000000000"),
            ("Int!", "null"),
            ("Float", "one"),
            ("Boolean", "yes"),
            ("Date", "2026-02-30"),
            ("DateTime", "2026-03-01"),
            ("[Int]", "[1, \"2\"]"),
            ("[Int]", "[1"),
            ("LinkUserToLineInput!", "A-1"),
            ("LinkUserToLineInput!", "[1]"),
        ];
        for (kind, text) in bad {
            assert!(read(kind, text).is_err(), "{kind} {text}");
        }
        assert!(check("String", &json!(5)).is_err() && check("String", &json!(null)).is_ok());
        assert!(check("DataFrequency!", &json!({"a": 1})).is_err());
    }
}
