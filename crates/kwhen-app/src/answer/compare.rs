//! One consumption under many tariffs.

use kwhen::bill::Projection;
use kwhen::bill::compare::Comparison;
use serde::Serialize;

/// The comparison with what each tariff will come to.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compared {
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// In the order of the tariffs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projections: Option<Vec<Projection>>,
    /// The end of what was projected, as it was asked for.
    #[serde(skip)]
    pub project_to: Option<String>,
    /// What was noticed of readings and tariffs.
    #[serde(rename = "notices", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
