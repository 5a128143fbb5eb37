//! One documented operation.

use super::shape::Shape;
use super::value;
use crate::{Error, Result};
use kwhen::names::nearest;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// It reads.
    Query,
    /// It changes something.
    Mutation,
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
        })
    }
}

/// A query or mutation as the documentation shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Documented {
    /// Its name, `completedDispatches`.
    pub name: String,
    /// Whether it changes something.
    pub kind: OperationKind,
    /// What it takes, by name.
    #[serde(deserialize_with = "in_order")]
    pub arguments: Vec<Argument>,
    /// What it returns, as far as it is shown.
    pub returns: Shape,
    /// The name of the type that it returns; none where the documentation names none.
    #[serde(default, rename = "type")]
    pub type_name: Option<String>,
    /// The codes of the errors that it may end with; said of mutations alone.
    #[serde(default)]
    pub errors: Vec<String>,
    /// Whether the documentation says that it needs a key. Most others do as well, though it is not said of them.
    #[serde(default)]
    pub needs_key: bool,
    /// Whether it is to be used no more.
    #[serde(default)]
    pub deprecated: bool,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type in GraphQL's writing; `!` at the end: it must be given.
    pub kind: String,
}

impl Argument {
    /// Whether it must be given.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.kind.ends_with('!')
    }
}

impl Documented {
    /// Whether it comes in pages that can be followed: a list with a cursor, and arguments for it.
    #[must_use]
    pub fn is_paged(&self) -> bool {
        let takes = |wanted: &str| self.arguments.iter().any(|argument| argument.name == wanted);
        self.returns.is_paged() && takes("first") && takes("after")
    }

    /// An argument from text, `name=value`: a number, `true` or `false` where its type asks for that, JSON for an object or a list, otherwise
    /// the text itself.
    ///
    /// # Errors
    /// There is no such argument, or the text is no value of its type.
    pub fn argument(&self, text: &str) -> Result<(String, Value)> {
        let (name, text) = text.split_once('=').ok_or_else(|| {
            Error::invalid(format!(
                "argument '{text}': write NAME=VALUE, such as {}",
                match self.arguments.first() {
                    Some(first) => format!("{}=…", first.name),
                    None => "first=10".to_owned(),
                }
            ))
        })?;
        let argument = self.known(name)?;
        let value = value::read(&argument.kind, text).map_err(|error| self.of(argument, &error))?;
        Ok((name.to_owned(), value))
    }

    /// Checks a value against its argument's documented type; what an input object holds is not documented.
    ///
    /// # Errors
    /// There is no such argument, or the value is none of its type.
    pub fn check(&self, name: &str, given: &Value) -> Result<()> {
        let argument = self.known(name)?;
        value::check(&argument.kind, given).map_err(|error| self.of(argument, &error))
    }

    fn of(&self, argument: &Argument, error: &str) -> Error {
        Error::invalid(format!("{}: argument {}: {error}", self.name, argument.name))
    }

    fn known(&self, name: &str) -> Result<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.arguments.iter().map(|argument| argument.name.as_str()).collect();
            let hint = match (nearest(name, names.iter().copied()), names.as_slice()) {
                (Some(near), _) => format!("did you mean {near}?"),
                (None, []) => "it takes none".to_owned(),
                (None, names) => format!("it takes {}", names.join(", ")),
            };
            Error::invalid(format!("{}: there is no argument '{name}'; {hint}", self.name))
        })
    }

    pub(super) fn mentions(&self, word: &str) -> bool {
        fn holds(shape: &Shape, word: &str) -> bool {
            match shape {
                Shape::Leaf(kind) => kind.to_ascii_lowercase().contains(word),
                _ => shape.fields().iter().any(|(name, shape)| {
                    name.to_ascii_lowercase().contains(word) || shape.has_fields() && holds(shape, word)
                }),
            }
        }
        let has = |text: &str| text.to_ascii_lowercase().contains(word);
        has(&self.name)
            || self.type_name.as_deref().is_some_and(has)
            || self.arguments.iter().any(|argument| has(&argument.name) || has(&argument.kind))
            || holds(&self.returns, word)
    }
}

/// Arguments in the order in which they stand.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Argument>, D::Error> {
    let entries = deserializer.deserialize_map(super::shape::InOrder)?;
    let kind = |shape: Shape| match shape {
        Shape::Leaf(kind) => Ok(kind),
        _ => Err(serde::de::Error::custom("an argument's type is text")),
    };
    entries.into_iter().map(|(name, shape)| Ok(Argument { name, kind: kind(shape)? })).collect()
}
