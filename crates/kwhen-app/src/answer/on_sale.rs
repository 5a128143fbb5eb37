//! The tariffs that are on sale on a day.

use chrono::{DateTime, Utc};
use kwhen::tariff::{Direction, Fuel};
use kwhen::{Money, UnitRate};
use serde::Serialize;
use std::collections::BTreeMap;

/// The tariffs that are on sale in a region on a day. `kwhen compare --tariff` takes it as a file: all of them, at these prices.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnSale {
    /// The day: its local date.
    pub on_sale_on: String,
    /// The letter of the GSP region.
    pub region: char,
    /// The name of the GSP region.
    pub region_name: &'static str,
    /// When it was asked which products are on sale, where the store says it.
    #[serde(serialize_with = "as_instant_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub listed_at: Option<DateTime<Utc>>,
    /// The tariffs, by their codes.
    pub tariffs: Vec<OnSaleTariff>,
    /// What is to be known of them.
    pub notices: Vec<String>,
    /// Whether the codes alone are shown.
    #[serde(skip)]
    pub codes_alone: bool,
}

/// A tariff on sale, and what it charges.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnSaleTariff {
    /// The tariff code.
    pub code: String,
    /// The product.
    pub product: String,
    /// The product's name.
    pub name: String,
    /// What is delivered.
    pub fuel: Fuel,
    /// Which way the energy goes.
    pub direction: Direction,
    /// How the prices go.
    pub prices: PriceKind,
    /// The day whose prices these are: its local date.
    pub prices_of: String,
    /// The prices of that day, the lowest first; those of the half-hour that the product shows, where no others are known.
    pub unit_rates: Vec<OnSaleRate>,
    /// The standing charge without VAT, in pence a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing_charge_exc_vat: Option<Money>,
    /// From when it is sold.
    #[serde(serialize_with = "as_instant_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub sold_from: Option<DateTime<Utc>>,
    /// Until when it is sold, where that is settled.
    #[serde(serialize_with = "as_instant_if_any", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub sold_until: Option<DateTime<Utc>>,
    /// How many months the deal lasts, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_months: Option<i64>,
    /// What the product says of leaving, as it says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_fees: Option<String>,
    /// The tariff with that day's prices held over all time, as a definition; none where its prices are its own every half-hour, or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<BTreeMap<&'static str, DefinitionField>>,
}

/// A field of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum DefinitionField {
    /// A text.
    Text(String),
    /// Prices by the time of day.
    Bands(Vec<DefinitionBand>),
}

/// A price by the time of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DefinitionBand {
    /// What it is called.
    pub name: String,
    /// From when, by the clock.
    pub from: String,
    /// Until when.
    pub to: String,
    /// Pence a kWh.
    pub rate: UnitRate,
}

/// How prices go over a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// One price all day.
    Flat,
    /// A price by the time of day.
    TimesOfDay,
    /// A price for each register.
    Registers,
    /// Prices of their own from half-hour to half-hour.
    HalfHourly,
    /// Not known: the store has no prices of the day.
    NotKnown,
}

/// A price of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnSaleRate {
    /// When it holds, by the local clock, or of which register it is; empty where it always does.
    pub when: String,
    /// Pence a kWh without VAT; with it, where the source knows it so alone.
    pub minor_per_kwh: UnitRate,
}

#[expect(clippy::ref_option, reason = "as serde asks for it")]
fn as_instant_if_any<S: serde::Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&instant.map(kwhen::time::instant_text).unwrap_or_default())
}
