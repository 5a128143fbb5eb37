//! One consumption under many tariffs.

use kwhen::bill::Projection;
use kwhen::bill::compare::Comparison;
use kwhen::choice::{Choice, Weighed};
use serde::Serialize;

/// The comparison with what each tariff will come to.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compared {
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// With the home's devices at their best on each, where there are any; the comparison is then of the same half-hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// Sizes of a battery, each on the tariff that is best with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Weighed>,
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
