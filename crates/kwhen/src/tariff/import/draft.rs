//! What every reader of published tariffs makes its definition in.

use crate::error::{Error, Result};
use crate::quantity::Money;
use serde_json::{Map, Value, json};

/// Which of several tariffs of a file is wanted, and what the file is called.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A part of its name: a customer group, an owner, a code.
    pub name: Option<&'a str>,
    /// What a tariff is called that has no name in the file.
    pub called: &'a str,
    /// The address that it was fetched from, if it was.
    pub address: Option<&'a str>,
}

/// A tariff in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) fields: Map<String, Value>,
    pub(super) components: Vec<Value>,
    pub(super) left_out: Vec<String>,
    pub(super) taken: Vec<String>,
    pub(super) goes_by_clock: bool,
}

impl Draft {
    pub(super) fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.fields.insert(field.to_owned(), value.into());
    }

    pub(super) fn leave_out(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    pub(super) fn take(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.taken.contains(&what) {
            self.taken.push(what);
        }
    }
}

/// A number times `up` and over `down`, exactly.
pub(super) fn scaled(text: &str, up: i64, down: i128) -> Result<String> {
    let amount: Money = text.parse().map_err(|error: Error| error.with_value(text))?;
    let amount = amount.times(up)?;
    if amount.units() % down != 0 {
        return Err(Error::precision("has more digits than are held").with_value(text));
    }
    Ok(Money::from_units(amount.units() / down)?.to_string())
}

/// One of several that are called differently: an error that names them where it is not clear which is wanted.
pub(super) fn only<'a>(names: impl IntoIterator<Item = &'a str>, what: &str) -> Result<()> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    match found.as_slice() {
        [] => Err(Error::missing(format!("has no {what} of that name")).in_field("name")),
        [_] => Ok(()),
        several => Err(Error::conflict(format!(
            "has {} {what}s: say which (--name): {}",
            several.len(),
            several.join(", ")
        ))
        .in_field("name")),
    }
}

/// Gives an object a field.
pub(super) fn put(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(key.to_owned(), value.into());
    }
}

/// A dated field, where it is said.
pub(super) fn dated(mut component: Value, from: Option<&str>, to: Option<&str>) -> Value {
    if let Some(from) = from {
        put(&mut component, "from", json!(from));
    }
    if let Some(to) = to {
        put(&mut component, "to", json!(to));
    }
    component
}
