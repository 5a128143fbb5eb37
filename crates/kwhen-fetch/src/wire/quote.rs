//! Quotes, for partner organisations.

use super::{Number, wire};

wire! {
    /// What to quote for.
    QuoteRequest {
        /// At most one.
        electricity_meter_points: Option<Vec<QuoteMeterPoint>>,
        /// At most one.
        gas_meter_points: Option<Vec<QuoteMeterPoint>>,
        /// At least one.
        product_codes: Vec<String>,
        /// Whether for a business.
        business_products_only: Option<bool>,
        /// Only where an instance has several brands.
        brand_code: Option<String>,
    }

    /// A place to quote for. One of `gsp` and `postcode` is needed; consumption is in kWh a year.
    QuoteMeterPoint {
        /// The region.
        gsp: Option<String>,
        /// The postcode.
        postcode: Option<String>,
        /// On one register.
        consumption_standard: Option<Number>,
        /// By day.
        consumption_day: Option<Number>,
        /// By night.
        consumption_night: Option<Number>,
        /// Off-peak.
        consumption_off_peak: Option<Number>,
        /// Whether the meter is smart.
        has_smart_meter: Option<bool>,
        /// Needed for businesses.
        mpan: Option<String>,
    }

    /// What was quoted.
    Quote {
        /// Its code.
        code: String,
        /// The region.
        gsp: Option<String>,
        /// One entry a product.
        products: Vec<QuotedProduct>,
    }

    /// One product's quote. Amounts are pence.
    QuotedProduct {
        /// Its number, needed to share it.
        id: i64,
        /// The product.
        code: String,
        /// The name with its version.
        full_name: Option<String>,
        /// The name.
        display_name: Option<String>,
        /// In a sentence or more.
        description: Option<String>,
        /// A month.
        monthly_amount: Option<Number>,
        /// A year.
        annual_amount: Option<Number>,
        /// Electricity in detail.
        electricity_til: Option<TariffInformationLabel>,
        /// Gas in detail.
        gas_til: Option<TariffInformationLabel>,
    }

    /// The label that a supplier must show.
    TariffInformationLabel {
        /// Who.
        supplier: Option<String>,
        /// The tariff's name.
        tariff_name: Option<String>,
        /// Its kind.
        tariff_type: Option<String>,
        /// Its code.
        tariff_code: Option<String>,
        /// How it is paid, in words.
        payment_method: Option<String>,
        /// When it ends; may be empty.
        tariff_ends_on: Option<String>,
        /// Until when the price is sure; may be empty.
        price_guaranteed_until: Option<String>,
        /// What leaving costs.
        exit_fees: Option<Number>,
        /// In words.
        additionals: Option<String>,
        /// The comparison rate in p/kWh.
        tcr: Option<Number>,
        /// p/day.
        standing_charge: Option<Number>,
        /// kWh.
        assumed_annual_consumption: Option<Number>,
        /// kWh.
        assumed_annual_consumption_day: Option<Number>,
        /// kWh.
        assumed_annual_consumption_night: Option<Number>,
        /// kWh.
        assumed_annual_consumption_off_peak: Option<Number>,
        /// p/kWh.
        unit_rate: Option<Number>,
        /// p/kWh.
        unit_rate_day: Option<Number>,
        /// p/kWh.
        unit_rate_night: Option<Number>,
        /// Pence.
        estimated_annual_cost: Option<Number>,
        /// Pence.
        annual_standing_charge: Option<Number>,
    }
}
