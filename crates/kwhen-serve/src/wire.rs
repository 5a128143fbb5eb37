//! What is said and heard over HTTP alone.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What is said of a device: the text that its topic of MQTT takes.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saying {
    /// Such as `80%@07:00`, `ON`.
    pub(crate) value: String,
}

/// A rate as evcc takes it: `value` is a number, in the currency a kWh.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct EvccRate {
    pub(crate) start: String,
    pub(crate) end: String,
    #[schemars(with = "f64")]
    pub(crate) value: Box<RawValue>,
}
