//! A statement's lines beside the engine's.

use kwhen::bill::reconcile::Reconciliation;
use kwhen::quantity::Currency;
use serde::Serialize;

/// What agrees and what differs.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reconciled {
    /// Line by line.
    #[serde(flatten)]
    pub reconciliation: Reconciliation,
    /// What amounts are in: an ISO 4217 code.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is.
    pub minor_digits: u8,
    /// What was noticed of readings and tariffs.
    #[serde(rename = "notices", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
