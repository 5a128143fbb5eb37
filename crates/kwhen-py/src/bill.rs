//! Bills, comparisons, statements, reconciliations.

use crate::arguments::{Seconds, calendar, json, named, options, request, seconds, span, spans};
use crate::errors::{OrRaise, bad_argument};
use crate::series::{Rates, Readings, Standing};
use crate::tariff::Tariff;
use kwhen::bill::compare::CompareRequest;
use kwhen::bill::reconcile::statement_lines;
use kwhen::bill::{self as engine, BillOptions, BillRequest, Metered, Statement, Supply};
use kwhen::tariff::{
    CalorificValue, CalorificValues, Customer, Direction, Fuel, GasConversion, GasUnit, Levy, VatRate,
    VatTable,
};
use kwhen::{UnitRate, input};
use pyo3::prelude::*;
use rust_decimal::Decimal;
use serde::Deserialize;

/// A bill.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Bill(pub(crate) engine::Bill);

#[pymethods]
impl Bill {
    #[getter]
    fn span(&self) -> Seconds {
        seconds(self.0.period)
    }

    #[getter]
    fn kwh(&self) -> String {
        self.0.kwh.to_string()
    }

    #[getter]
    fn net_pence(&self) -> String {
        self.0.net_pence.to_string()
    }

    #[getter]
    fn vat_pence(&self) -> String {
        self.0.vat_pence.to_string()
    }

    #[getter]
    fn total_pence(&self) -> String {
        self.0.total_pence.to_string()
    }

    #[getter]
    fn slots(&self) -> (usize, usize) {
        (self.0.coverage.billed_slots, self.0.coverage.slots)
    }

    /// All of it.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| json(&self.0))
    }

    /// Its lines as CSV.
    fn lines_csv(&self) -> String {
        engine::export::lines_csv(&self.0)
    }

    /// What a longer period would come to at this bill's means.
    fn project(&self, during: Seconds, zone: &str) -> PyResult<String> {
        json(&self.0.project(span(during)?, &calendar(zone)?).or_raise()?)
    }
}

/// How VAT is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taxes {
    #[serde(default)]
    fuel: Option<Fuel>,
    #[serde(default)]
    customer: Option<Customer>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    vat_percent: Option<String>,
    #[serde(default)]
    levies: Vec<(String, UnitRate)>,
}

impl Taxes {
    fn table(&self) -> PyResult<VatTable> {
        let Some(text) = &self.vat_percent else {
            return Ok(VatTable::great_britain(
                self.fuel.unwrap_or(Fuel::Electricity),
                self.customer.unwrap_or(Customer::Domestic),
                self.direction.unwrap_or(Direction::Import),
            ));
        };
        let refused =
            || bad_argument(&format!("vat_percent: {text:?} is not a percentage with two decimals"));
        let percent = Decimal::from_str_exact(text).map_err(|_| refused())?;
        let hundredths = percent.checked_mul(Decimal::ONE_HUNDRED).map(|hundredths| hundredths.normalize());
        let whole = hundredths
            .filter(|hundredths| hundredths.scale() == 0)
            .and_then(|hundredths| u16::try_from(hundredths).ok());
        let rate = VatRate::from_hundredths_of_percent(whole.ok_or_else(refused)?).or_raise()?;
        Ok(VatTable::flat(rate))
    }
}

/// A bill from series.
#[pyfunction]
#[pyo3(signature = (readings, rates, standing, during, zone, rules, missing, by, taxes=None))]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn bill(
    py: Python<'_>,
    readings: &Readings,
    rates: &Rates,
    standing: Option<&Standing>,
    during: Seconds,
    zone: &str,
    rules: &str,
    missing: &str,
    by: Option<&str>,
    taxes: Option<&str>,
) -> PyResult<Bill> {
    let options = options(zone, rules, missing, by)?;
    let taxes = taxes.map(request::<Taxes>).transpose()?;
    let levies: Vec<Levy> = taxes
        .iter()
        .flat_map(|taxes| &taxes.levies)
        .map(|(name, rate)| Levy::flat(name.clone(), *rate))
        .collect();
    let basic = BillRequest::new(&readings.0, &rates.0, span(during)?);
    let request = BillRequest {
        standing_charges: standing.map(|standing| &standing.0),
        calendar: options.calendar,
        vat: taxes.as_ref().map_or(Ok(basic.vat.clone()), Taxes::table)?,
        levies: &levies,
        rules: options.rules,
        missing: options.missing,
        grouping: options.grouping,
        ..basic
    };
    py.detach(|| engine::Bill::new(&request)).or_raise().map(Bill)
}

/// A bill under a tariff.
#[pyfunction]
#[pyo3(signature = (readings, tariff, during, dispatches, zone, rules, missing, by))]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn tariff_bill(
    py: Python<'_>,
    readings: &Readings,
    tariff: &Tariff,
    during: Seconds,
    dispatches: Vec<Seconds>,
    zone: &str,
    rules: &str,
    missing: &str,
    by: Option<&str>,
) -> PyResult<Bill> {
    let (options, during, dispatches) =
        (options(zone, rules, missing, by)?, span(during)?, spans(&dispatches)?);
    py.detach(|| tariff.0.bill(&readings.0, during, &dispatches, &options)).or_raise().map(Bill)
}

fn tariffs(list: &[PyRef<'_, Tariff>]) -> Vec<kwhen::tariff::Tariff> {
    list.iter().map(|tariff| tariff.0.clone()).collect()
}

/// One consumption under many tariffs.
#[pyfunction]
#[pyo3(signature = (readings, list, during, export, export_list, zone, rules, missing))]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn compare(
    py: Python<'_>,
    readings: &Readings,
    list: Vec<PyRef<'_, Tariff>>,
    during: Seconds,
    export: Option<&Readings>,
    export_list: Vec<PyRef<'_, Tariff>>,
    zone: &str,
    rules: &str,
    missing: &str,
) -> PyResult<String> {
    let options = options(zone, rules, missing, None)?;
    let (imports, exports) = (tariffs(&list), tariffs(&export_list));
    let request = CompareRequest {
        consumption: &readings.0,
        export: export.map(|export| &export.0),
        tariffs: &imports,
        export_tariffs: &exports,
        period: span(during)?,
        calendar: options.calendar,
        rules: options.rules,
        missing: options.missing,
    };
    json(&py.detach(|| engine::compare::compare(&request)).or_raise()?)
}

/// How gas becomes kWh.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gas {
    unit: String,
    calorific_value: String,
}

impl Gas {
    fn conversion(&self) -> PyResult<GasConversion> {
        let value: CalorificValue = self.calorific_value.parse().or_raise()?;
        Ok(GasConversion {
            unit: named::<GasUnit>(&self.unit, "gas unit")?,
            calorific_values: CalorificValues::Fixed(value),
            kwh_rounding: None,
        })
    }
}

/// A meter point: name, readings, agreements (JSON or CSV), how gas is converted (JSON), dispatches.
type SupplyParts<'py> = (String, PyRef<'py, Readings>, Vec<u8>, Option<String>, Vec<Seconds>);

/// A statement over agreements.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn statement(
    py: Python<'_>,
    supplies: Vec<SupplyParts<'_>>,
    list: Vec<PyRef<'_, Tariff>>,
    during: Seconds,
    zone: &str,
    rules: &str,
    missing: &str,
    by: Option<&str>,
) -> PyResult<String> {
    let (options, during, tariffs) = (options(zone, rules, missing, by)?, span(during)?, tariffs(&list));
    let mut parts = Vec::with_capacity(supplies.len());
    for (name, readings, agreements, gas, dispatches) in &supplies {
        let agreements = input::agreements(agreements, &options.calendar).or_raise()?;
        let gas = gas.as_deref().map(|text| request::<Gas>(text)?.conversion()).transpose()?;
        parts.push((name.clone(), &readings.0, agreements, gas, spans(dispatches)?));
    }
    let supplies: Vec<Supply<'_>> = parts
        .iter()
        .map(|(name, consumption, agreements, gas, dispatches)| Supply {
            name: name.clone(),
            metered: Metered::Slots(consumption),
            agreements,
            gas: gas.as_ref(),
            dispatches,
        })
        .collect();
    json(&py.detach(|| Statement::new(during, &supplies, &tariffs, &options)).or_raise()?)
}

/// A supplier's statement beside the engine's lines.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn reconcile(
    py: Python<'_>,
    lines: &[u8],
    tariff: &Tariff,
    readings: &Readings,
    dispatches: Vec<Seconds>,
    during: Seconds,
    zone: &str,
    rules: &str,
    missing: &str,
) -> PyResult<String> {
    let options: BillOptions = options(zone, rules, missing, None)?;
    let lines = statement_lines(lines, &options.calendar).or_raise()?;
    let (dispatches, during) = (spans(&dispatches)?, span(during)?);
    let judge =
        || engine::reconcile::reconcile(&lines, &tariff.0, &readings.0, &dispatches, during, &options);
    json(&py.detach(judge).or_raise()?)
}
