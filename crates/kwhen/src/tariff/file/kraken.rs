//! Tariffs from Kraken's products payload.

use super::reader::Reader;
use crate::error::{Error, Result};
use crate::quantity::{Currency, Money, UnitRate};
use crate::series::{PriceRow, Prices, RateSeries, StandingCharges, VatBasis};
use crate::tariff::{
    Clock, Conditions, Country, Customer, DayClasses, Direction, Fuel, NightHours, Tariff, Taxes, UnitRates,
};
use crate::time::Calendar;
use chrono::NaiveTime;
use serde::Deserialize;

#[derive(Deserialize)]
struct KrakenProduct {
    code: String,
    #[serde(default)]
    is_business: bool,
    #[serde(default)]
    tariffs: Vec<KrakenTariff>,
}

#[derive(Deserialize)]
struct KrakenTariff {
    fuel: String,
    tariff_code: String,
    #[serde(default)]
    unit_rates: Vec<KrakenPrice<UnitRate>>,
    #[serde(default)]
    standing_charges: Vec<KrakenPrice<Money>>,
}

#[derive(Deserialize)]
struct KrakenPrice<T> {
    value: T,
    valid_from_date: Option<String>,
    valid_to_date: Option<String>,
    rate_type: Option<String>,
}

/// Reads the products payload of Kraken's data import (its documentation, "Importing products"): every tariff of every product.
///
/// Values are taken as pence without VAT. A dual-register tariff needs the times at which the night register counts, which the
/// payload does not say: `night` gives them (a smart meter's 00:30 to 07:30 UTC by default). Times without a zone are the calendar's.
pub fn kraken_products(
    bytes: &[u8],
    calendar: Calendar,
    night: Option<(Clock, NaiveTime, NaiveTime)>,
) -> Result<Vec<Tariff>> {
    let products: Vec<KrakenProduct> = serde_json::from_slice(bytes)
        .map_err(|error| Error::syntax(format!("this is no products payload: {error}")))?;
    let night = night.map_or_else(NightHours::default, |(clock, from, to)| NightHours { clock, from, to });
    let mut tariffs = Vec::new();
    for product in products {
        for tariff in product.tariffs {
            let customer = if product.is_business { Customer::Business } else { Customer::Domestic };
            let read = kraken_tariff(tariff, customer, calendar, night);
            tariffs.push(read.map_err(|error| error.in_source(format!("product {}", product.code)))?);
        }
    }
    if tariffs.is_empty() {
        return Err(Error::missing("holds no tariffs"));
    }
    Ok(tariffs)
}

fn kraken_tariff(
    tariff: KrakenTariff,
    customer: Customer,
    calendar: Calendar,
    night: NightHours,
) -> Result<Tariff> {
    let code = tariff.tariff_code;
    let fuel = match tariff.fuel.as_str() {
        "ELECTRICITY" => Fuel::Electricity,
        "GAS" => Fuel::Gas,
        other => {
            return Err(Error::unsupported("is neither ELECTRICITY nor GAS")
                .with_value(other)
                .in_field("fuel"));
        }
    };
    let reader = Reader { calendar, basis: VatBasis::Exclusive, classes: DayClasses::default() };
    let of_type = |wanted: &[&str]| -> Result<Vec<PriceRow<UnitRate>>> {
        let named = |price: &&KrakenPrice<UnitRate>| {
            wanted.contains(&price.rate_type.as_deref().unwrap_or("STANDARD"))
        };
        tariff
            .unit_rates
            .iter()
            .filter(named)
            .enumerate()
            .map(|(place, price)| reader.kraken_row(place, price))
            .collect()
    };
    let known = ["STANDARD", "ECO7_DAY", "ECO7_NIGHT"];
    if let Some(other) = tariff
        .unit_rates
        .iter()
        .filter_map(|price| price.rate_type.as_deref())
        .find(|name| !known.contains(name))
    {
        return Err(Error::unsupported("is none of STANDARD, ECO7_DAY and ECO7_NIGHT")
            .with_value(other)
            .in_field("rate_type"));
    }
    let (standard, day, nights) =
        (of_type(&["STANDARD"])?, of_type(&["ECO7_DAY"])?, of_type(&["ECO7_NIGHT"])?);
    let unit_rates = match (standard.is_empty(), day.is_empty(), nights.is_empty()) {
        (false, true, true) => UnitRates::Series(RateSeries::from_rows(standard, None)?),
        (true, false, false) => {
            let (day, nights) = (RateSeries::from_rows(day, None)?, RateSeries::from_rows(nights, None)?);
            UnitRates::day_and_night(&day, &nights, night)?
        }
        _ => {
            return Err(Error::conflict("needs STANDARD rates, or both ECO7_DAY and ECO7_NIGHT")
                .with_value(&code)
                .in_field("rate_type"));
        }
    };
    let standing = tariff.standing_charges.iter().enumerate();
    let standing =
        standing.map(|(place, price)| reader.kraken_row(place, price)).collect::<Result<Vec<_>>>()?;
    Ok(Tariff {
        fuel,
        direction: Direction::of_code(&code).unwrap_or(Direction::Import),
        customer,
        unit_rates,
        standing_charges: if standing.is_empty() {
            None
        } else {
            Some(StandingCharges::from_rows(standing, None)?)
        },
        levies: Vec::new(),
        allowance: None,
        device_rates: None,
        dispatch_prices: None,
        currency: Currency::GBP,
        taxes: Taxes::Country(Country::great_britain()),
        components: Vec::new(),
        energy_by_components: false,
        netting: None,
        calendar: None,
        conditions: Conditions::default(),
        code,
    })
}

impl Reader {
    fn kraken_row<T: Copy>(&self, place: usize, price: &KrakenPrice<T>) -> Result<PriceRow<T>> {
        let row = place as u64 + 1;
        Ok(PriceRow {
            row,
            valid_from: self
                .instant(price.valid_from_date.as_deref(), "valid_from_date")
                .map_err(|error| error.in_row(row))?,
            valid_to: self
                .instant(price.valid_to_date.as_deref(), "valid_to_date")
                .map_err(|error| error.in_row(row))?,
            prices: Prices::Exclusive(price.value),
            payment_method: None,
        })
    }
}
