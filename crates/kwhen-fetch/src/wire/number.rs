//! Decimals, digit by digit.

use crate::{Error, Result};
use kwhen::{Energy, Money, UnitRate};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;
use std::fmt;

/// A JSON number (or a number in a JSON string, as some scalars come), kept as it was written: it never passes through a float.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    /// A number from decimal text.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plausible =
            digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
        if !plausible || serde_json::from_str::<&RawValue>(text).is_err() {
            return Err(Error::malformed(format!("'{}' is not a number", crate::error::excerpt(text))));
        }
        Ok(Self(text.to_owned()))
    }

    /// Its digits as they came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a decimal; an error where its digits do not fit.
    pub fn decimal(&self) -> Result<Decimal> {
        let parsed = Decimal::from_str_exact(&self.0).or_else(|_| Decimal::from_scientific(&self.0));
        parsed.map_err(|_| Error::malformed(format!("{} does not fit a decimal", self.0)))
    }

    /// As a unit rate in p/kWh, exactly or not at all.
    pub fn unit_rate(&self) -> Result<UnitRate> {
        Ok(self.0.parse()?)
    }

    /// As pence, exactly or not at all.
    pub fn pence(&self) -> Result<Money> {
        Ok(self.0.parse()?)
    }

    /// As kWh, exactly or not at all.
    pub fn energy(&self) -> Result<Energy> {
        Ok(self.0.parse()?)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = if raw.get().starts_with('"') {
            serde_json::from_str::<String>(raw.get()).map_err(de::Error::custom)?
        } else {
            raw.get().to_owned()
        };
        Self::new(&text).map_err(de::Error::custom)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}
