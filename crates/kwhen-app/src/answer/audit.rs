//! The statements of an account beside the engine's own.

use kwhen::Money;
use kwhen::bill::audit::Audit;
use kwhen::quantity::Currency;
use serde::Serialize;

/// What is on a stored bill beside energy: a credit, a reward, a payment, another charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BesideEnergy {
    /// The statement's number.
    pub statement: String,
    /// `charge`, `credit`, `payment`, `refund`, as the service says it.
    pub kind: String,
    /// What it is for, in the service's words.
    pub title: String,
    /// On which date.
    pub date: Option<String>,
    /// How much, with its tax, with the sign that the service gives it.
    pub amount_minor: Option<Money>,
    /// Whether it was taken back.
    pub taken_back: bool,
}

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
    /// Of statements from the store, what is on them beside energy. It is not compared with anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside_energy: Vec<BesideEnergy>,
    /// What was noticed of readings, tariffs and bills.
    #[serde(rename = "notices", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
