//! A statement's lines beside the engine's.

use kwhen::bill::reconcile::Reconciliation;
use serde::Serialize;

/// What agrees and what differs.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reconciled {
    /// Line by line.
    #[serde(flatten)]
    pub reconciliation: Reconciliation,
    /// What was noticed of readings and tariffs.
    #[serde(rename = "notices", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
