//! The tax that a definition says.

use crate::error::{Error, Result};
use crate::tariff::{Country, Taxes, VatRate, VatTable};
use crate::time::Calendar;
use serde::Deserialize;

/// `"21%"`, `"none"`, or a table with rates by date, a country, and a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum TaxDefinition {
    Rate(String),
    Table(TaxTable),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaxTable {
    name: Option<String>,
    rate: Option<String>,
    country: Option<String>,
    #[serde(default)]
    rates: Vec<DatedTax>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatedTax {
    from: String,
    rate: String,
}

impl TaxDefinition {
    /// The tax; dates are those of the clock, and its name, where none is given, that of the country that goes by the clock.
    pub(super) fn taxes(&self, calendar: &Calendar) -> Result<Taxes> {
        let country = Country::of_clock(calendar);
        let table = match self {
            Self::Rate(text) => return Ok(Taxes::flat(text.parse()?, country)),
            Self::Table(table) => table,
        };
        let named = |rates: VatTable| {
            let name = table.name.clone().or_else(|| country.map(|country| country.tax_name().to_owned()));
            Taxes::Given { name: name.unwrap_or_else(|| "VAT".into()), table: rates }
        };
        match (&table.rate, &table.country, table.rates.is_empty()) {
            (Some(rate), None, true) => Ok(named(VatTable::flat(rate.parse()?))),
            (None, Some(code), true) => Ok(Taxes::Country(Country::named(code)?)),
            (None, None, false) => {
                let dated = table.rates.iter().enumerate().map(|(place, dated)| {
                    let numbered = |error: Error| error.in_row(place as u64 + 1);
                    let from =
                        calendar.parse(&dated.from).map_err(|error| numbered(error.in_field("from")))?;
                    let rate: VatRate =
                        dated.rate.parse().map_err(|error: Error| numbered(error.in_field("rate")))?;
                    Ok((from, Some(rate)))
                });
                Ok(named(VatTable::dated(dated.collect::<Result<Vec<_>>>()?)))
            }
            _ => Err(Error::conflict(
                "gives its rate in no way or in several: keep one of rate, rates and country",
            )),
        }
    }
}
