//! Serde for quantities: out as decimal text; in from text or a JSON number, with no float in between.

use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// The name by which `serde_json` hands over the bytes of a value untouched (its `raw_value` feature, which `RawValue` uses).
/// A test fails if it ever changes. Formats that do not know the name go on as usual.
const UNTOUCHED: &str = "$serde_json::private::RawValue";

macro_rules! serialise_as_decimal_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                wire::exact(deserializer)
            }
        }
    };
}
pub(super) use serialise_as_decimal_text;

pub(crate) fn exact<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = crate::Error>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_newtype_struct(UNTOUCHED, ExactNumber(PhantomData))
}

struct ExactNumber<T>(PhantomData<T>);

impl<'de, T: FromStr<Err = crate::Error>> Visitor<'de> for ExactNumber<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number or decimal text")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        match map.next_key::<String>()? {
            Some(key) if key == UNTOUCHED => {}
            _ => return Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
        let json: String = map.next_value()?;
        if json.starts_with('"') {
            self.visit_str(&serde_json::from_str::<String>(&json).map_err(de::Error::custom)?)
        } else {
            self.visit_str(&json)
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(de::Error::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Err(E::custom(format!("{number} came as a binary fraction, which is not exact; give it as text")))
    }
}
