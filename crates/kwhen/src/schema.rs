//! JSON Schema of the values that write themselves as text.

use crate::plan::{Power, Share};
use crate::quantity::{Currency, Energy, Money, UnitRate};
use crate::tariff::{Region, TariffCode, VatRate};
use crate::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// A value that is written as a decimal in a text.
macro_rules! decimal {
    ($($type:ty, $name:literal, $what:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$", "description": $what})
            }
        }
    )*};
}

decimal! {
    Energy, "Energy", "kWh, exactly";
    UnitRate, "UnitRate", "Minor units of the currency (pence) a kWh, exactly";
    Money, "Money", "Minor units of the currency (pence), exactly";
    VatRate, "Percent", "A share in percent";
    Power, "Power", "kW, exactly";
    Share, "Share", "A share, 1 for all";
}

/// A value that is written as a text of its own.
macro_rules! text {
    ($($type:ty, $name:literal, $what:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "description": $what})
            }
        }
    )*};
}

text! {
    Currency, "Currency", "A currency, by its ISO 4217 code";
    Region, "Region", "The letter of a GSP region";
    TariffCode, "TariffCode", "A tariff code";
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "A stretch of time in UTC; its end is not in it",
            "properties": {
                "from": {"type": "string", "format": "date-time"},
                "to": {"type": "string", "format": "date-time"},
            },
            "required": ["from", "to"],
        })
    }
}
