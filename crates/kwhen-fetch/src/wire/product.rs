//! Products and their tariffs.

use super::{Extra, Number, Raw, wire};
use crate::{Error, Result};
use std::collections::BTreeMap;

wire! {
    /// A link to something that goes with a payload.
    Link {
        /// The address.
        href: String,
        /// The method, `GET`.
        method: Option<String>,
        /// What it is: `self`, `standard_unit_rates`, `standing_charges`, …
        rel: Option<String>,
    }

    /// A product as the list shows it.
    Product {
        /// `AGILE-24-10-01`.
        code: String,
        /// `IMPORT` or `EXPORT`, where it is said.
        direction: Option<String>,
        /// The name with its version.
        full_name: Option<String>,
        /// The name.
        display_name: Option<String>,
        /// In a sentence or more.
        description: Option<String>,
        /// Whether its prices can change.
        is_variable: Option<bool>,
        /// Whether it is green.
        is_green: Option<bool>,
        /// Whether it tracks a market.
        is_tracker: Option<bool>,
        /// Whether it is paid in advance.
        is_prepay: Option<bool>,
        /// Whether it is for businesses.
        is_business: Option<bool>,
        /// Whether it is restricted.
        is_restricted: Option<bool>,
        /// How many months it lasts, if that is fixed.
        term: Option<i64>,
        /// The brand that sells it.
        brand: Option<String>,
        /// From when it is sold.
        available_from: Option<String>,
        /// Until when it is sold.
        available_to: Option<String>,
        /// Where more about it is.
        links: Vec<Link>,
    }

    /// A product with all its tariffs at one point in time.
    ProductDetail {
        /// `AGILE-24-10-01`.
        code: String,
        /// The name with its version.
        full_name: Option<String>,
        /// The name.
        display_name: Option<String>,
        /// In a sentence or more.
        description: Option<String>,
        /// Whether its prices can change.
        is_variable: Option<bool>,
        /// Whether it is green.
        is_green: Option<bool>,
        /// Whether it tracks a market.
        is_tracker: Option<bool>,
        /// Whether it is paid in advance.
        is_prepay: Option<bool>,
        /// Whether it is for businesses.
        is_business: Option<bool>,
        /// Whether it is restricted.
        is_restricted: Option<bool>,
        /// How many months it lasts, if that is fixed.
        term: Option<i64>,
        /// The brand that sells it.
        brand: Option<String>,
        /// From when it is sold.
        available_from: Option<String>,
        /// Until when it is sold.
        available_to: Option<String>,
        /// The instant for which the tariffs' charges hold.
        tariffs_active_at: Option<String>,
        /// By region (`_A`), then by payment method.
        single_register_electricity_tariffs: TariffsByRegion,
        /// With a day and a night register.
        dual_register_electricity_tariffs: TariffsByRegion,
        /// With a third, off-peak register.
        three_rate_electricity_tariffs: TariffsByRegion,
        /// For electric vehicles, with four rates.
        four_rate_ev_electricity_tariffs: TariffsByRegion,
        /// Gas.
        single_register_gas_tariffs: TariffsByRegion,
        /// What a year would cost, by region, payment method and kind of supply; pence.
        sample_quotes: BTreeMap<String, BTreeMap<String, BTreeMap<String, SampleQuote>>>,
        /// The consumption that the sample quotes assume; kWh a year.
        sample_consumption: BTreeMap<String, SampleConsumption>,
        /// Where more about it is.
        links: Vec<Link>,
    }

    /// One tariff for one region and one way of paying. Unit rates in p/kWh, standing charges in p/day.
    Tariff {
        /// `E-1R-AGILE-24-10-01-C`; an empty object, which the documents show, has none.
        code: Option<String>,
        /// Without VAT.
        standard_unit_rate_exc_vat: Option<Number>,
        /// With VAT.
        standard_unit_rate_inc_vat: Option<Number>,
        /// By day, without VAT.
        day_unit_rate_exc_vat: Option<Number>,
        /// By day, with VAT.
        day_unit_rate_inc_vat: Option<Number>,
        /// By night, without VAT.
        night_unit_rate_exc_vat: Option<Number>,
        /// By night, with VAT.
        night_unit_rate_inc_vat: Option<Number>,
        /// Off-peak, without VAT.
        off_peak_unit_rate_exc_vat: Option<Number>,
        /// Off-peak, with VAT.
        off_peak_unit_rate_inc_vat: Option<Number>,
        /// Without VAT.
        standing_charge_exc_vat: Option<Number>,
        /// With VAT.
        standing_charge_inc_vat: Option<Number>,
        /// Without VAT.
        online_discount_exc_vat: Option<Number>,
        /// With VAT.
        online_discount_inc_vat: Option<Number>,
        /// Without VAT.
        dual_fuel_discount_exc_vat: Option<Number>,
        /// With VAT.
        dual_fuel_discount_inc_vat: Option<Number>,
        /// Without VAT.
        exit_fees_exc_vat: Option<Number>,
        /// With VAT.
        exit_fees_inc_vat: Option<Number>,
        /// `NONE`, `PER_FUEL`, …
        exit_fees_type: Option<String>,
        /// Where its past charges are.
        links: Vec<Link>,
    }

    /// What a year would cost, in pence.
    SampleQuote {
        /// With VAT.
        annual_cost_inc_vat: Option<Number>,
        /// Without VAT.
        annual_cost_exc_vat: Option<Number>,
    }

    /// A year's consumption in kWh.
    SampleConsumption {
        /// On one register.
        electricity_standard: Option<Number>,
        /// By day.
        electricity_day: Option<Number>,
        /// By night.
        electricity_night: Option<Number>,
        /// Gas.
        gas_standard: Option<Number>,
    }
}

/// Tariffs by payment method: `direct_debit_monthly`, `direct_debit_quarterly`, `varying`, `prepayment`, or one not yet known.
pub type TariffsByPaymentMethod = BTreeMap<String, Tariff>;

/// Tariffs by region, `_A` to `_P`.
pub type TariffsByRegion = BTreeMap<String, TariffsByPaymentMethod>;

impl ProductDetail {
    /// Every tariff: its group's name, its region, its payment method, itself. Groups that this version does not know are read too.
    ///
    /// An error for a group that cannot be read so, and for a tariff with charges and no code; an empty object is no tariff.
    pub fn tariffs(&self) -> Result<Vec<(String, String, String, Tariff)>> {
        let known = [
            ("single_register_electricity_tariffs", &self.single_register_electricity_tariffs),
            ("dual_register_electricity_tariffs", &self.dual_register_electricity_tariffs),
            ("three_rate_electricity_tariffs", &self.three_rate_electricity_tariffs),
            ("four_rate_ev_electricity_tariffs", &self.four_rate_ev_electricity_tariffs),
            ("single_register_gas_tariffs", &self.single_register_gas_tariffs),
        ];
        let named = |place: String| move |error: Error| error.in_request(place);
        let mut groups: Vec<(&str, TariffsByRegion)> =
            known.into_iter().map(|(name, group)| (name, group.clone())).collect();
        for (name, raw) in self.extra.iter().filter(|(name, _)| name.ends_with("_tariffs")) {
            let regions: Option<TariffsByRegion> =
                raw.read().map_err(named(format!("{name} of the product {}", self.code)))?;
            groups.push((name, regions.unwrap_or_default()));
        }
        let mut all = Vec::new();
        for (group, regions) in groups {
            for (region, methods) in regions {
                for (method, tariff) in methods {
                    if tariff.code.is_some() {
                        all.push((group.to_owned(), region.clone(), method, tariff));
                    } else if !tariff.is_empty()? {
                        let place = format!("{group}, {region}, {method} of the product {}", self.code);
                        return Err(Error::malformed("a tariff with charges and no code").in_request(place));
                    }
                }
            }
        }
        Ok(all)
    }
}

impl Tariff {
    /// Whether nothing is said of it.
    fn is_empty(&self) -> Result<bool> {
        let fields: Extra = Raw::of(self)?.read()?;
        Ok(self.links.is_empty() && fields.keys().all(|name| name == "links"))
    }
}
