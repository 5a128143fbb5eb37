//! Tariffs from definition files and from Kraken's products payload.

mod components;
mod every;
mod exported;
mod kraken;
mod reader;
mod taxes;

use super::definition::Tariff;
use super::unit_rates::UnitRates;
use super::{
    Allowance, Charge, Component, ComponentKind, ComponentTax, Conditions, Country, Counts, Customer,
    DeviceRates, Direction, DispatchPrices, Fuel, Levy, Need, Taxes,
};
use crate::error::{Error, Result};
use crate::names::did_you_mean;
use crate::quantity::{Currency, Money, UnitRate};
use crate::series::{Prices, RateSeries, StandingCharges, VatBasis};
use crate::time::{Calendar, Span};
use components::{ComponentDefinition, SpotDefinition, TiersDefinition, day_classes};
use exported::NettingDefinition;
pub use kraken::kraken_products;
use reader::{BandDefinition, ClockName, DatedPrice, PeriodDefinition, Reader};
use serde::Deserialize;
use std::collections::BTreeMap;
use taxes::TaxDefinition;

/// A tariff as a definition file says it; any serde format. Decimals are text (or JSON numbers, taken digit by digit), times without
/// a zone, bands and weekdays go by the clock of `time_zone`, or by the calendar that the file is read with where it names no zone.
///
/// ```
/// use kwhen::tariff::TariffDefinition;
/// use kwhen::time::Calendar;
/// let tariff = TariffDefinition::from_json(br#"{
///     "code": "E-1R-GO-VAR-22-10-14-C", "clock": "local", "standing_charge": "47.85",
///     "bands": [
///         {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.0953"},
///         {"name": "day", "from": "05:30", "to": "00:30", "rate": "25.6"}]}"#, Calendar::great_britain())?;
/// assert_eq!(tariff.unit_rates.bands().len(), 2);
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TariffDefinition {
    code: String,
    #[serde(default)]
    fuel: Option<Fuel>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    customer: Option<Customer>,
    #[serde(default)]
    vat: Option<VatBasis>,
    #[serde(default)]
    time_zone: Option<String>,
    #[serde(default)]
    clock: ClockName,
    #[serde(default)]
    standing_charge: Option<Money>,
    #[serde(default)]
    standing_charges: Vec<DatedPrice<Money>>,
    #[serde(default)]
    unit_rate: Option<UnitRate>,
    #[serde(default)]
    bands: Vec<BandDefinition>,
    #[serde(default)]
    rates: Vec<DatedPrice<UnitRate>>,
    #[serde(default)]
    periods: Vec<PeriodDefinition>,
    #[serde(default)]
    unit_rate_uplift: Option<UnitRate>,
    #[serde(default)]
    climate_change_levy: Option<ClimateChangeLevy>,
    #[serde(default)]
    dispatch_rate: Option<UnitRate>,
    dispatch_hours: Option<u8>,
    device: Option<DeviceDefinition>,
    currency: Option<Currency>,
    tax: Option<TaxDefinition>,
    spot: Option<SpotDefinition>,
    tiers: Option<TiersDefinition>,
    netting: Option<NettingDefinition>,
    #[serde(default)]
    components: Vec<ComponentDefinition>,
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    day_classes: BTreeMap<String, Vec<String>>,
    day_starts: Option<String>,
    sold_from: Option<String>,
    sold_until: Option<String>,
    ends: Option<String>,
    exit_fee: Option<Money>,
    #[serde(default)]
    needs: Vec<Need>,
    prices_of: Option<String>,
}

/// What the energy of the car costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceDefinition {
    off_peak_rate: UnitRate,
    peak_rate: UnitRate,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClimateChangeLevy {
    #[serde(default)]
    relief_percent: u8,
}

impl TariffDefinition {
    /// Reads a tariff from JSON; `calendar` is its clock unless it names one.
    pub fn from_json(bytes: &[u8], calendar: Calendar) -> Result<Tariff> {
        let definition: Self = serde_json::from_slice(bytes).map_err(|error| {
            Error::syntax(did_you_mean(&format!("this is no tariff definition: {error}")))
        })?;
        definition.tariff(calendar)
    }

    /// To whom it says itself that it is sold, whatever its code says.
    #[must_use]
    pub const fn said_customer(&self) -> Option<Customer> {
        self.customer
    }

    /// Which way it says itself that the energy goes, whatever its code says.
    #[must_use]
    pub const fn said_direction(&self) -> Option<Direction> {
        self.direction
    }

    /// The currency that it says itself.
    #[must_use]
    pub const fn said_currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Whether it says itself which tax it bears.
    #[must_use]
    pub const fn says_tax(&self) -> bool {
        self.tax.is_some()
    }

    /// Whether it goes by a market's prices, which [`tariff_at`](Self::tariff_at) must then be given.
    #[must_use]
    pub fn goes_by_market(&self) -> bool {
        self.spot.is_some() || self.components.iter().any(ComponentDefinition::goes_by_market)
    }

    /// The tariff that it defines, where it does not go by a market's prices: see [`tariff_at`](Self::tariff_at).
    pub fn tariff(self, calendar: Calendar) -> Result<Tariff> {
        self.tariff_at(calendar, None)
    }

    /// The tariff that it defines. `calendar` is the clock that its dates, weekdays and times of day go by, unless it names a `time_zone`.
    ///
    /// Which way it goes is said by `direction` or by the code; where neither says it, it is an import tariff.
    ///
    /// `market` has the prices that `spot`, refunds and differences to a fixed price are made from. Currency and tax are those that it
    /// says, else those of the country that goes by its clock.
    ///
    /// An error where the two disagree, where it gives no unit rates or gives them in more than one way, for bands that leave a gap or overlap, and for
    /// periods that overlap.
    pub fn tariff_at(self, calendar: Calendar, market: Option<&RateSeries>) -> Result<Tariff> {
        let calendar = match &self.time_zone {
            Some(name) => Calendar::named(name)?,
            None => calendar,
        };
        let basis = self.vat.unwrap_or(VatBasis::Exclusive);
        let classes = day_classes(&self.holidays, &self.day_classes, self.day_starts.as_deref())?;
        let reader = Reader { calendar, basis, classes };
        let code: Option<super::TariffCode> = self.code.parse().ok();
        let fuel = self
            .fuel
            .or_else(|| code.as_ref().and_then(super::TariffCode::fuel))
            .unwrap_or(Fuel::Electricity);
        let direction = Direction::agreed(&[
            ("the tariff's direction", self.direction),
            (&format!("its code {}", self.code), Direction::of_code(&self.code)),
        ])?;
        let mut components = Vec::new();
        let mut unit_rates = match (&self.tiers, &self.spot) {
            (None, None) => self.read_unit_rates(&reader)?,
            (Some(tiers), None) => {
                self.refuse_other_rates("tiers")?;
                components.extend(tiers.components("Energy", &whole_energy(basis), basis)?);
                UnitRates::Series(RateSeries::flat(Prices::only(basis, UnitRate::ZERO)))
            }
            (None, Some(spot)) => {
                self.refuse_other_rates("spot")?;
                let market = market.ok_or_else(|| {
                    Error::missing("goes by the market's prices: give them (--spot FILE)")
                        .with_value(&self.code)
                        .in_field("spot")
                })?;
                UnitRates::Series(spot.terms().prices(market, &calendar)?)
            }
            (Some(_), Some(_)) => {
                return Err(
                    Error::conflict("gives unit rates by tiers and by spot: keep one").with_value(&self.code)
                );
            }
        };
        let energy_by_components = self.tiers.is_some();
        for component in &self.components {
            components.extend(component.components(&reader, market)?);
        }
        if let Some(uplift) = self.unit_rate_uplift {
            unit_rates = unit_rates.uplifted(uplift)?;
        }
        let levies =
            self.climate_change_levy.iter().map(|levy| Levy::climate_change(fuel, levy.relief_percent));
        let tariff = Tariff {
            fuel,
            direction: direction.unwrap_or(Direction::Import),
            customer: Customer::Domestic,
            standing_charges: self.read_standing_charges(&reader)?,
            levies: levies.collect::<Result<_>>()?,
            dispatch_prices: self.dispatch_rate.map(|rate| DispatchPrices::Fixed(Prices::only(basis, rate))),
            allowance: self.allowance()?,
            device_rates: self.device.as_ref().map(|device| {
                let flat = |rate| UnitRates::Series(RateSeries::flat(Prices::only(basis, rate)));
                DeviceRates { off_peak: flat(device.off_peak_rate), peak: flat(device.peak_rate) }
            }),
            unit_rates,
            currency: Currency::GBP,
            taxes: Taxes::Country(Country::great_britain()),
            components,
            energy_by_components,
            netting: self.netting.as_ref().map(NettingDefinition::netting),
            calendar: self.time_zone.is_some().then_some(calendar),
            conditions: self.read_conditions(&reader)?,
            code: self.code,
        };
        let tax =
            self.tax.map(|tax| tax.taxes(&calendar)).transpose().map_err(|error| error.in_field("tax"))?;
        Ok(tariff.placed(&calendar, self.currency, tax).sold_to(self.customer))
    }

    /// An error where unit rates are given in another way too.
    fn refuse_other_rates(&self, way: &str) -> Result<()> {
        let others = [
            ("unit_rate", self.unit_rate.is_some()),
            ("bands", !self.bands.is_empty()),
            ("rates", !self.rates.is_empty()),
            ("periods", !self.periods.is_empty()),
        ];
        match others.iter().find(|(_, given)| *given) {
            Some((other, _)) => Err(Error::conflict(format!(
                "gives unit rates in more than one way: keep one of {way} and {other}; what is charged beside them is one of its components"
            ))
            .with_value(&self.code)),
            None => Ok(()),
        }
    }

    fn read_unit_rates(&self, reader: &Reader) -> Result<UnitRates> {
        let ways = [
            self.unit_rate.is_some(),
            !self.bands.is_empty(),
            !self.rates.is_empty(),
            !self.periods.is_empty(),
        ];
        match ways.iter().filter(|way| **way).count() {
            1 => {}
            0 => {
                return Err(Error::missing("has no unit rates: give unit_rate, bands, rates or periods")
                    .with_value(&self.code));
            }
            _ => {
                return Err(Error::conflict(
                    "gives unit rates in more than one way: keep one of unit_rate, bands, rates and periods",
                )
                .with_value(&self.code));
            }
        }
        if !self.rates.is_empty() {
            return Ok(UnitRates::Series(RateSeries::from_rows(reader.rows(&self.rates)?, None)?));
        }
        if self.periods.is_empty() {
            return reader.rates(self.unit_rate, &self.bands, self.clock);
        }
        reader.periods(&self.periods, self.clock)
    }

    fn read_conditions(&self, reader: &Reader) -> Result<Conditions> {
        let at = |text: &Option<String>, field: &str| reader.instant(text.as_deref(), field);
        let (sold_from, sold_until) =
            (at(&self.sold_from, "sold_from")?, at(&self.sold_until, "sold_until")?);
        if let (Some(from), Some(until), Some(text)) = (sold_from, sold_until, &self.sold_until)
            && until <= from
        {
            return Err(Error::order("it is sold no longer before it is sold")
                .in_field("sold_until")
                .with_value(text));
        }
        if let Some(fee) = self.exit_fee.filter(|fee| fee.is_negative()) {
            return Err(Error::out_of_range("leaving costs nothing or more")
                .in_field("exit_fee")
                .with_value(fee.to_string()));
        }
        let day = self.prices_of.as_deref().map(|text| {
            text.parse().map_err(|_| {
                Error::syntax("not a date such as 2026-11-30").in_field("prices_of").with_value(text)
            })
        });
        Ok(Conditions {
            sold_from,
            sold_until,
            ends: at(&self.ends, "ends")?,
            exit_fee: self.exit_fee,
            needs: self.needs.clone(),
            is_refused: false,
            prices_of: day.transpose()?,
        })
    }

    fn allowance(&self) -> Result<Option<Allowance>> {
        match self.dispatch_hours {
            None => Ok(None),
            Some(hours @ 1..=24) => Ok(Some(Allowance { hours })),
            Some(other) => Err(Error::out_of_range("is no number of hours a day: 1 to 24")
                .with_value(other.to_string())
                .in_field("dispatch_hours")),
        }
    }

    fn read_standing_charges(&self, reader: &Reader) -> Result<Option<StandingCharges>> {
        match (self.standing_charge, self.standing_charges.is_empty()) {
            (None, true) => Ok(None),
            (Some(price), true) => Ok(Some(StandingCharges::flat(Prices::only(reader.basis, price)))),
            (None, false) => {
                Ok(Some(StandingCharges::from_rows(reader.rows(&self.standing_charges)?, None)?))
            }
            (Some(_), false) => {
                Err(Error::conflict("gives both standing_charge and standing_charges").with_value(&self.code))
            }
        }
    }
}

/// All energy, as what tiers are a part of.
fn whole_energy(basis: VatBasis) -> Component {
    let rates = UnitRates::Series(RateSeries::flat(Prices::only(basis, UnitRate::ZERO)));
    Component {
        name: "Energy".into(),
        kind: ComponentKind::Energy,
        span: Span::always(),
        tax: ComponentTax::OfTariff,
        basis,
        counts: Counts::Import,
        not_below_zero: None,
        charge: Charge::PerKwh { rates, hours: None, portion: None },
    }
}

#[cfg(test)]
mod tests;
