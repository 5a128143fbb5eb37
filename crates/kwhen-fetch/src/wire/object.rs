//! How payload types are made.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// A piece of JSON kept as it was written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Raw(Box<RawValue>);

impl Raw {
    /// Its text.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Reads it as something.
    pub fn read<T: DeserializeOwned>(&self) -> crate::Result<T> {
        serde_json::from_str(self.get()).map_err(|error| crate::Error::malformed(error.to_string()))
    }

    /// Writes something.
    pub fn of(value: &impl Serialize) -> crate::Result<Self> {
        serde_json::value::to_raw_value(value)
            .map(Self)
            .map_err(|error| crate::Error::invalid(format!("cannot be written as JSON: {error}")))
    }
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Raw {}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

/// The fields that a type does not know, by name.
pub type Extra = BTreeMap<String, Raw>;

/// Takes a field. What is not there reads as null, or else as an empty list or object, where the type allows it.
pub(crate) fn take<T: DeserializeOwned>(fields: &mut Extra, name: &str) -> Result<T, String> {
    match fields.remove(name) {
        Some(raw) if raw.get() != "null" => {
            serde_json::from_str(raw.get()).map_err(|error| format!("field {name}: {error}"))
        }
        _ => ["null", "[]", "{}"]
            .iter()
            .find_map(|nothing| serde_json::from_str(nothing).ok())
            .ok_or_else(|| format!("field {name} is missing or null")),
    }
}

/// Adds a field to what will be written, unless it is null.
pub(crate) fn put(out: &mut BTreeMap<String, Raw>, name: &str, value: &impl Serialize) -> Result<(), String> {
    let raw = Raw::of(value).map_err(|error| format!("field {name}: {error}"))?;
    if raw.get() != "null" {
        out.insert(name.to_owned(), raw);
    }
    Ok(())
}

/// A payload type: public fields, and `extra` for the rest. A field may be given another name on the wire.
macro_rules! wire {
    ($($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $field:ident $(as $name:literal)? : $kind:ty,)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type {
            $($(#[$doc])* pub $field: $kind,)*
            /// Fields that this version does not know.
            pub extra: $crate::wire::Extra,
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let mut fields = <$crate::wire::Extra as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self {
                    $($field: $crate::wire::object::take(&mut fields, $crate::wire::object::name!($field $($name)?))
                        .map_err(serde::de::Error::custom)?,)*
                    extra: fields,
                })
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut fields = self.extra.clone();
                $($crate::wire::object::put(&mut fields, $crate::wire::object::name!($field $($name)?), &self.$field)
                    .map_err(serde::ser::Error::custom)?;)*
                serde::Serialize::serialize(&fields, serializer)
            }
        }
    )+};
}

macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

pub(crate) use {name, wire};
