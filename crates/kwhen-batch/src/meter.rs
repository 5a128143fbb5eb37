//! Names of meters, and maps by them that are asked without a copy.

use crate::column::MeterRef;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// The name of a meter: text (an MPAN as text keeps its leading zeros) or a whole number. Numbers come before text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MeterName {
    /// From a column of integers.
    Number(i64),
    /// From a column of text.
    Text(Box<str>),
}

impl MeterName {
    pub(crate) fn as_ref(&self) -> MeterRef<'_> {
        match self {
            Self::Number(number) => MeterRef::Number(*number),
            Self::Text(text) => MeterRef::Text(text),
        }
    }
}

impl From<MeterRef<'_>> for MeterName {
    fn from(name: MeterRef<'_>) -> Self {
        match name {
            MeterRef::Number(number) => Self::Number(number),
            MeterRef::Text(text) => Self::Text(text.into()),
        }
    }
}

impl fmt::Display for MeterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A map by the name of a meter.
#[derive(Debug)]
pub(crate) struct MeterMap<T> {
    numbers: HashMap<i64, T>,
    texts: HashMap<Box<str>, T>,
}

impl<T> Default for MeterMap<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), texts: HashMap::new() }
    }
}

impl<T> MeterMap<T> {
    pub(crate) fn get(&self, name: MeterRef<'_>) -> Option<&T> {
        match name {
            MeterRef::Number(number) => self.numbers.get(&number),
            MeterRef::Text(text) => self.texts.get(text),
        }
    }

    pub(crate) fn get_mut(&mut self, name: MeterRef<'_>) -> Option<&mut T> {
        match name {
            MeterRef::Number(number) => self.numbers.get_mut(&number),
            MeterRef::Text(text) => self.texts.get_mut(text),
        }
    }

    pub(crate) fn insert(&mut self, name: MeterName, value: T) {
        match name {
            MeterName::Number(number) => self.numbers.insert(number, value),
            MeterName::Text(text) => self.texts.insert(text, value),
        };
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len() + self.texts.len()
    }

    pub(crate) fn has_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = (MeterName, T)> {
        let numbers = self.numbers.into_iter().map(|(name, value)| (MeterName::Number(name), value));
        numbers.chain(self.texts.into_iter().map(|(name, value)| (MeterName::Text(name), value)))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = MeterRef<'_>> {
        let numbers = self.numbers.keys().map(|name| MeterRef::Number(*name));
        numbers.chain(self.texts.keys().map(|name| MeterRef::Text(name)))
    }
}
