//! Tariffs, codes and the Agile formula.

use crate::arguments::{Seconds, calendar, instant, json, span, spans};
use crate::errors::{OrRaise, bad_argument};
use crate::rates::Rates;
use crate::standing::Standing;
use kwhen::UnitRate;
use kwhen::tariff::{
    self, AgileFormula, Mpan, Mprn, ProductCode, Region, TariffCode, TariffDefinition, UnitRates,
};
use kwhen::time::Calendar;
use pyo3::prelude::*;
use serde_json::json as value;

/// A tariff.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Tariff {
    /// As it is in Great Britain, or by the clock that it names.
    tariff: tariff::Tariff,
    /// What it was read from: where that names no clock, the tariff goes by the one of what it is used for.
    definition: Option<TariffDefinition>,
}

impl Tariff {
    /// The tariff by the clock of a calendar, unless it names its own.
    pub(crate) fn by_clock(&self, calendar: Calendar) -> PyResult<tariff::Tariff> {
        match &self.definition {
            Some(definition) => definition.clone().tariff(calendar).or_raise(),
            None => Ok(self.tariff.clone()),
        }
    }

    pub(crate) const fn without_definition(tariff: tariff::Tariff) -> Self {
        Self { tariff, definition: None }
    }
}

#[pymethods]
impl Tariff {
    /// From a definition in JSON (it begins with a brace) or TOML.
    #[staticmethod]
    fn read(text: &str) -> PyResult<Self> {
        let definition: TariffDefinition = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| bad_argument(&format!("tariff: {error}")))?
        } else {
            toml::from_str(text).map_err(|error| {
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
                bad_argument(&format!("tariff, line {}: {}", before.lines().count().max(1), error.message()))
            })?
        };
        let tariff = definition.clone().tariff(Calendar::great_britain()).or_raise()?;
        Ok(Self { tariff, definition: Some(definition) })
    }

    /// Every tariff of Kraken's products payload, whose dates are those of a zone.
    #[staticmethod]
    fn products(data: &[u8], zone: &str) -> PyResult<Vec<Self>> {
        let tariffs = tariff::kraken_products(data, calendar(zone)?, None).or_raise()?;
        Ok(tariffs.into_iter().map(Self::without_definition).collect())
    }

    /// From series.
    #[staticmethod]
    #[pyo3(signature = (code, rates, standing=None))]
    fn of(code: &str, rates: &Rates, standing: Option<&Standing>) -> Self {
        let standing = standing.map(|standing| standing.0.clone());
        Self::without_definition(tariff::Tariff::from_series(code, rates.0.clone(), standing))
    }

    #[getter]
    fn code(&self) -> &str {
        &self.tariff.code
    }

    #[getter]
    fn facts(&self) -> PyResult<String> {
        let bands: Vec<String> = self.tariff.unit_rates.bands().iter().map(ToString::to_string).collect();
        let kind = match &self.tariff.unit_rates {
            UnitRates::Series(_) => "series",
            UnitRates::Schedule(_) => "schedule",
            _ => "dated",
        };
        json(&value!({
            "fuel": self.tariff.fuel,
            "direction": self.tariff.direction,
            "customer": self.tariff.customer,
            "kind": kind,
            "bands": bands,
            "standing_charges": self.tariff.standing_charges.is_some(),
        }))
    }

    /// Its unit rates over a span, with its dispatch price laid over some.
    fn rates(&self, during: Seconds, dispatches: Vec<Seconds>, zone: &str) -> PyResult<Rates> {
        self.by_clock(calendar(zone)?)?.rate_series(span(during)?, &spans(&dispatches)?).or_raise().map(Rates)
    }
}

/// What a tariff code says.
#[pyfunction]
pub(crate) fn explain_code(code: &str) -> PyResult<String> {
    let code: TariffCode = code.parse().or_raise()?;
    json(&value!({
        "code": code.to_string(),
        "product": code.product().as_str(),
        "fuel": code.fuel(),
        "region": code.region().letter().to_string(),
        "region_name": code.region().name(),
        "agile": code.product().is_agile_import(),
    }))
}

fn formula(product: &str, region: &str) -> PyResult<AgileFormula> {
    let product: ProductCode = product.parse().or_raise()?;
    let region: Region = region.parse().or_raise()?;
    AgileFormula::new(&product, region).or_raise()
}

/// The Agile price of a half-hour from its wholesale price, both in p/kWh without VAT: rate, limited, peak.
#[pyfunction]
pub(crate) fn agile_price(
    product: &str,
    region: &str,
    wholesale: &str,
    at: i64,
) -> PyResult<(String, bool, bool)> {
    let wholesale: UnitRate = wholesale.parse().or_raise()?;
    let price = formula(product, region)?.price(wholesale, instant(at)?).or_raise()?;
    Ok((price.rate.to_string(), price.limited, price.peak))
}

/// The cap of an Agile product, p/kWh without VAT.
#[pyfunction]
pub(crate) fn agile_cap(product: &str, region: &str) -> PyResult<Option<String>> {
    Ok(formula(product, region)?.cap().map(|cap| cap.to_string()))
}

/// The wholesale prices that give an Agile rate: the least and the greatest, each where there is one.
#[pyfunction]
pub(crate) fn agile_wholesale(product: &str, region: &str, rate: &str, at: i64) -> PyResult<String> {
    let rate: UnitRate = rate.parse().or_raise()?;
    let range = formula(product, region)?.wholesale(rate, instant(at)?).or_raise()?;
    json(&value!({"least": range.least, "greatest": range.greatest}))
}

/// What an MPAN (13 or 21 digits) or an MPRN (6 to 11) says.
#[pyfunction]
pub(crate) fn explain_meter_point(number: &str) -> PyResult<String> {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits > 11 {
        let mpan: Mpan = number.parse().or_raise()?;
        let region = mpan.region();
        return json(&value!({
            "number": mpan.to_string(),
            "kind": "mpan",
            "fuel": "electricity",
            "valid": mpan.check_digit_holds(),
            "warning": mpan.warning(),
            "distributor_id": mpan.distributor_id(),
            "region": region.map(|region| region.letter().to_string()),
            "region_name": region.map(Region::name),
        }));
    }
    let mprn: Mprn = number.parse().or_raise()?;
    json(&value!({
        "number": mprn.to_string(),
        "kind": "mprn",
        "fuel": "gas",
        "valid": mprn.check_digits_hold(),
        "warning": mprn.warning(),
        "distributor_id": None::<u8>,
        "region": None::<String>,
        "region_name": None::<String>,
    }))
}

/// Agile unit rates from wholesale prices.
#[pyfunction]
pub(crate) fn agile_rates(product: &str, region: &str, wholesale: &Rates) -> PyResult<Rates> {
    formula(product, region)?.rates(&wholesale.0).or_raise().map(Rates)
}
