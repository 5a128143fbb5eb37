//! Tariffs and their codes, looked into.

use kwhen::UnitRate;
use kwhen::quantity::Currency;
use kwhen::tariff::{Customer, Direction, Fuel, Need, Sureness};
use kwhen::time::Span;
use serde::Serialize;

/// What a tariff holds, and its unit rates on one day.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shown {
    /// The tariff code.
    pub code: String,
    /// What is delivered.
    pub fuel: Fuel,
    /// Which way the energy goes.
    pub direction: Direction,
    /// To whom it is sold.
    pub customer: Customer,
    /// By which clock its times of day go, where it has such times.
    pub clock: Option<String>,
    /// Its times of day.
    pub bands: Vec<String>,
    /// The day whose rates these are.
    pub date: String,
    /// The VAT of that day, in percent; none where it is not known.
    pub vat_percent: Vec<String>,
    /// The standing charge of that day.
    pub standing_charge: Option<String>,
    /// What it is paid in: an ISO 4217 code.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is.
    pub minor_digits: u8,
    /// What a half-hour costs in which the supplier charges a car, where that has a price of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_rate: Option<String>,
    /// How many hours of those have it from one midday to the next; all where there is no such limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_hours: Option<u8>,
    /// What the car pays on that day, where it has prices of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<ShownDevice>,
    /// The names of what is charged beside energy and standing charges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// What a home must have to get it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// What of it plans do not price, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpriced_in_plans: Vec<String>,
    /// The rates of that day.
    pub rates: Vec<ShownRate>,
}

/// What a car that the supplier charges pays, where it has prices of its own.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownDevice {
    /// Within its hours.
    pub off_peak_rates: Vec<ShownRate>,
    /// Beyond them, and where nobody dispatched it.
    pub peak_rates: Vec<ShownRate>,
}

/// A unit rate of that day, in pence a kWh.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownRate {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// Without VAT, where it is known.
    pub value_exc_vat: Option<UnitRate>,
    /// With VAT: as the source prints it, else with the VAT that is billed, half to even at the eighth decimal, where that is known.
    pub value_inc_vat: Option<UnitRate>,
}

/// A tariff code taken apart.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explained {
    /// The tariff code.
    pub code: String,
    /// What is delivered.
    pub fuel: Option<Fuel>,
    /// How many registers.
    pub registers: Option<String>,
    /// The product.
    pub product: String,
    /// The letter of the GSP region.
    pub region: char,
    /// The name of the GSP region.
    pub region_name: &'static str,
    /// The first two digits of its MPANs.
    pub distributor_id: u8,
    /// Of Agile: the formula.
    pub agile: Option<ExplainedAgile>,
}

/// The Agile formula, worked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExplainedAgile {
    /// The most that is charged, without VAT.
    pub cap_exc_vat: Option<UnitRate>,
    /// The rate that a day-ahead price leads to, without VAT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_rate_exc_vat: Option<UnitRate>,
    /// Whether it is at its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited: Option<bool>,
    /// Whether the half-hour is in the peak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak: Option<bool>,
    /// How sure the formula is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sureness: Option<Sureness>,
    /// The least day-ahead price that leads to a rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wholesale_from: Option<UnitRate>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wholesale_to: Option<UnitRate>,
}
