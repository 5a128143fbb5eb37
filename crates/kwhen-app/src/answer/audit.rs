//! The statements of an account beside the engine's own.

use kwhen::bill::audit::Audit;
use kwhen::quantity::Currency;
use serde::Serialize;

/// What agrees, what differs, and why.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Audited {
    /// Statement by statement.
    #[serde(flatten)]
    pub audit: Audit,
    /// What amounts are in: an ISO 4217 code.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is.
    pub minor_digits: u8,
    /// What was noticed of readings and tariffs.
    #[serde(rename = "notices", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
