//! One consumption under many tariffs.

use kwhen::bill::Projection;
use kwhen::bill::compare::Comparison;
use kwhen::choice::{Choice, MovedDays, Weighed};
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
    /// The same home under rates of other years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Scenario>,
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

/// A home under rates of other years, all else as it is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Scenario {
    /// Whose rates are others.
    pub rates: Vec<ScenarioRates>,
    /// The choice under them.
    pub choice: Choice,
}

/// Rates of other years, and where they stand.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScenarioRates {
    /// The tariffs that have them.
    pub codes: Vec<String>,
    /// The file of the rates.
    pub file: String,
    /// Which days stand for which; none for rates that hold always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<MovedDays>,
}
