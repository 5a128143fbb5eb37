//! What is answered: offers and their cells.

use super::days::{MonthCost, ShownDay};
use super::risk::{Advice, Range};
use super::terms::{Move, Terms};
use crate::quantity::{Currency, Energy, Money};
use crate::time::Span;
use serde::Serialize;

/// Every tariff, with the home at its best on each. Money is in minor units, the tax in.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// The common span: what all are set beside each other over.
    #[serde(flatten)]
    pub period: Span,
    /// What all of them are paid in: an ISO 4217 code.
    pub currency: Currency,
    /// The devices.
    pub devices: Vec<String>,
    /// Which cells the offers are ranked by.
    pub ranked_by: Way,
    /// The slots of the span.
    pub slots: usize,
    /// Of them, those with a reading in which every tariff has a price; in the others nothing is done or billed.
    pub planned_slots: usize,
    /// The offer that the home is on, by its place in `offers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<usize>,
    /// Whether to move from it.
    #[serde(rename = "move", skip_serializing_if = "Option::is_none")]
    pub moving: Option<Move>,
    /// Cheapest first; those that the home cannot have come after the others.
    pub offers: Vec<Offer>,
    /// Whether the advice of one month or year held in the next.
    pub advice: Vec<Advice>,
    /// What is to be known of the figures, a sentence each.
    #[serde(skip)]
    pub notices: Vec<String>,
}

/// How the devices were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Planned from day to day on what was known then.
    Rolling,
    /// Planned with all of the time known.
    Foresight,
    /// The readings as they are.
    Used,
}

/// An import tariff with an export tariff, if there are any.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offer {
    /// Its place, from 1.
    pub rank: usize,
    /// The import tariff.
    pub code: String,
    /// The export tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_code: Option<String>,
    /// Whether its prices are taken as published a day ahead; those of times of day are known long before.
    pub published_day_ahead: bool,
    /// As the home was used, without the devices.
    pub used: Cell,
    /// With the devices at their best, all of the time known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foresight: Option<Cell>,
    /// With the devices planned from day to day on what was known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling: Option<Cell>,
    /// Why there is no plan; it is then ranked as used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unplanned: Option<String>,
    /// Whether it has no plan where devices take energy that is in no reading: it then stands after those that have one, and is not set beside
    /// them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lacks_devices: bool,
    /// Whether the home can have it: it is sold, and the home is not known to lack what it needs; or the home is on it.
    pub can_be_had: bool,
    /// Its conditions, where any are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// What it costs more than the present one (negative: less), and what that comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside_present: Option<Beside>,
    /// How what it costs more than the present one, or else than the cheapest, turns out in drawn histories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Its cheapest and its dearest day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<ShownDay>,
    #[serde(skip)]
    pub(super) daily: Vec<Money>,
    #[serde(skip)]
    pub(super) span: Span,
}

/// What a home comes to in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cell {
    /// What is to pay, what is earned by export taken off: the bill.
    pub total_minor: Money,
    /// Of it, what is charged where nothing is used: standing charges and fees.
    pub fixed_minor: Money,
    /// Wear of the devices; no bill has it.
    pub wear_minor: Money,
    /// Bill and wear: what offers are ranked by.
    pub cost_minor: Money,
    /// From the grid.
    pub kwh: Energy,
    /// What is earned by export; it is taken off the total already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_minor: Option<Money>,
    /// What the plan went by: the energy at its prices, wear, soft levels, less the worth of what is left at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective_minor: Option<Money>,
    /// Bill and wear, month by month.
    pub months: Vec<MonthCost>,
}

/// What an offer costs more than the present one, and what of it comes from where. The three sum to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Beside {
    /// In all.
    pub cost_minor: Money,
    /// The same use at other prices.
    pub price_minor: Money,
    /// The devices earn more (negative) or less there than on the present one.
    pub shifting_minor: Money,
    /// Standing charges and fees.
    pub fixed_minor: Money,
}

impl Offer {
    /// The cell that it is ranked by.
    #[must_use]
    pub fn chosen(&self) -> &Cell {
        self.rolling.as_ref().or(self.foresight.as_ref()).unwrap_or(&self.used)
    }

    /// What the devices take off its cost, wear counted; `None` where there is no plan.
    #[must_use]
    pub fn shifted(&self) -> Option<Money> {
        self.foresight.as_ref()?;
        self.used.cost_minor.checked_sub(self.chosen().cost_minor)
    }

    /// The import tariff, and with which export tariff.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.export_code {
            Some(export) => format!("{} with {export}", self.code),
            None => self.code.clone(),
        }
    }
}
