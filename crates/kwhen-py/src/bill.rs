//! Bills, comparisons, statements, reconciliations.

use crate::arguments::{Seconds, calendar, instant, json, named, options, request, seconds, span, spans};
use crate::errors::{OrRaise, bad_argument, read};
use crate::rates::Rates;
use crate::readings::Readings;
use crate::standing::Standing;
use crate::tariff::Tariff;
use kwhen::bill::audit::{Known, OtherPrices, ReplacedReading, audit as audited, stated_statements};
use kwhen::bill::compare::CompareRequest;
use kwhen::bill::export::{Ledger, LedgerAccounts, SupplyChargeNames};
use kwhen::bill::reconcile::statement_lines;
use kwhen::bill::{self as engine, BillOptions, BillRequest, Metered, Statement, Supply};
use kwhen::tariff::{
    Advance, Agreements, CalorificValue, Country, Customer, Direction, Fuel, GasConversion, GasTerms,
    GasUnit, Levy, VatRate, VatTable,
};
use kwhen::time::{Calendar, Span};
use kwhen::{Rounding, UnitRate, input};
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
    fn net_minor(&self) -> String {
        self.0.net_minor.to_string()
    }

    #[getter]
    fn vat_minor(&self) -> String {
        self.0.vat_minor.to_string()
    }

    #[getter]
    fn total_minor(&self) -> String {
        self.0.total_minor.to_string()
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

    /// A `SUPPLY_CHARGE` transaction of Kraken's data import: its id, the product's code, a reference, what the customer reads.
    fn supply_charge(
        &self,
        transaction_id: &str,
        product_code: &str,
        reference: &str,
        display_note: &str,
        zone: &str,
    ) -> PyResult<String> {
        let names = SupplyChargeNames { transaction_id, product_code, reference, display_note };
        engine::export::kraken_supply_charge(&self.0, &names, &calendar(zone)?).or_raise()
    }

    /// One balanced journal entry. Accounts: energy, standing charge, VAT, supplier; the usual ones of import or export where `None`.
    fn journal(
        &self,
        program: &str,
        payee: &str,
        direction: &str,
        accounts: [Option<String>; 4],
        zone: &str,
    ) -> PyResult<String> {
        let ledger = match program {
            "hledger" => Ledger::Hledger,
            "beancount" => Ledger::Beancount,
            _ => {
                return Err(bad_argument(&format!(
                    "{program:?} is no plain-text accounting program: hledger or beancount"
                )));
            }
        };
        let direction = match direction {
            "import" => Direction::Import,
            "export" => Direction::Export,
            _ => return Err(bad_argument(&format!("{direction:?} is no direction: import or export"))),
        };
        let usual = LedgerAccounts::of(Fuel::Electricity, direction);
        let [energy, standing_charge, vat, supplier] = accounts;
        let accounts = LedgerAccounts {
            energy: energy.unwrap_or(usual.energy),
            standing_charge: standing_charge.unwrap_or(usual.standing_charge),
            vat: vat.unwrap_or(usual.vat),
            supplier: supplier.unwrap_or(usual.supplier),
            direction,
        };
        engine::export::journal(&self.0, ledger, &accounts, payee, &calendar(zone)?).or_raise()
    }

    /// What a longer period would come to at this bill's means.
    fn project(&self, during: Seconds, zone: &str) -> PyResult<String> {
        json(&self.0.project(span(during)?, &calendar(zone)?).or_raise()?)
    }
}

/// How VAT is found.
#[derive(Default, Deserialize)]
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
    /// The rate that was said, or the rates of the country that goes by the clock; an error where those are not known for the period.
    fn table(&self, calendar: &Calendar, period: Span) -> PyResult<VatTable> {
        let Some(text) = &self.vat_percent else {
            let (fuel, customer) =
                (self.fuel.unwrap_or(Fuel::Electricity), self.customer.unwrap_or(Customer::Domestic));
            let direction = self.direction.unwrap_or(Direction::Import);
            let country = Country::of_clock(calendar);
            let table =
                country.map_or_else(VatTable::unknown, |country| country.tax(fuel, customer, direction));
            table.check(period).or_raise()?;
            return Ok(table);
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
    let taxes = taxes.map(request::<Taxes>).transpose()?.unwrap_or_default();
    let levies: Vec<Levy> = taxes.levies.iter().map(|(name, rate)| Levy::flat(name.clone(), *rate)).collect();
    let period = span(during)?;
    let request = BillRequest::new(&readings.0, &rates.0, period)
        .standing_charges(standing.map(|standing| &standing.0))
        .calendar(options.calendar)
        .vat(taxes.table(&options.calendar, period)?)
        .levies(&levies)
        .rules(options.rules)
        .missing(options.missing)
        .grouping(options.grouping);
    py.detach(|| engine::Bill::new(&request)).or_raise().map(Bill)
}

/// A bill under a tariff.
#[pyfunction]
#[pyo3(signature = (readings, tariff, during, dispatches, zone, rules, missing, by, gas, between_readings))]
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
    gas: Option<&str>,
    between_readings: &str,
) -> PyResult<Bill> {
    let (mut options, during, dispatches) =
        (options(zone, rules, missing, by)?, span(during)?, spans(&dispatches)?);
    options.between_readings = named(between_readings, "between_readings")?;
    let (tariff, gas) = (tariff.by_clock(options.calendar)?, conversion(gas)?);
    let made = || {
        let energy = tariff.in_kwh(&readings.0, gas.as_ref(), during, &options.calendar)?;
        tariff.bill(&energy, during, &dispatches, &options)
    };
    py.detach(made).or_raise().map(Bill)
}

/// What the registers of a meter counted.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Registers(Vec<Advance>);

#[pymethods]
impl Registers {
    /// From readings in JSON or CSV: `register`, `at`, `reading`. `digits`: how many the counter has, where it may have gone round.
    #[staticmethod]
    fn read(data: &[u8], digits: Option<u32>, zone: &str) -> PyResult<Self> {
        let readings = input::register_readings(data, &calendar(zone)?).or_raise()?;
        kwhen::tariff::advances(&readings, digits).or_raise().map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// Register, from and to, what it showed at the start and at the end, what it counted.
    fn advances(&self) -> Vec<(String, Seconds, String, String, String)> {
        let row = |advance: &Advance| {
            let [opening, closing, energy] =
                [advance.opening, advance.closing, advance.energy].map(|value| value.to_string());
            (advance.register.clone(), seconds(advance.span), opening, closing, energy)
        };
        self.0.iter().map(row).collect()
    }
}

/// A bill under a tariff from what registers counted; `gas` says how it becomes kWh.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn register_bill(
    py: Python<'_>,
    registers: &Registers,
    tariff: &Tariff,
    during: Seconds,
    zone: &str,
    rules: &str,
    between_readings: &str,
    gas: Option<&str>,
) -> PyResult<Bill> {
    let mut options = options(zone, rules, "exclude", None)?;
    options.between_readings = named(between_readings, "between_readings")?;
    let gas = conversion(gas)?;
    let (during, tariff) = (span(during)?, tariff.by_clock(options.calendar)?);
    let made = || {
        let advances = tariff.advances_in_kwh(&registers.0, gas.as_ref(), &options.calendar)?;
        tariff.bill_registers(&advances, during, &options)
    };
    py.detach(made).or_raise().map(Bill)
}

pub(crate) fn tariffs(
    list: &[PyRef<'_, Tariff>],
    calendar: Calendar,
) -> PyResult<Vec<kwhen::tariff::Tariff>> {
    list.iter().map(|tariff| tariff.by_clock(calendar)).collect()
}

/// One consumption under many tariffs.
#[pyfunction]
#[pyo3(signature = (readings, list, during, export, export_list, zone, rules, missing, gas, between_readings, longer=None))]
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
    gas: Option<&str>,
    between_readings: &str,
    longer: Option<Seconds>,
) -> PyResult<String> {
    let (options, gas) = (options(zone, rules, missing, None)?, conversion(gas)?);
    let calendar = options.calendar;
    let (imports, exports) = (tariffs(&list, calendar)?, tariffs(&export_list, calendar)?);
    let request = CompareRequest::new(&readings.0, &imports, span(during)?)
        .gas(gas.as_ref())
        .exported(export.map(|export| &export.0), &exports)
        .calendar(options.calendar)
        .rules(options.rules)
        .missing(options.missing)
        .between_readings(named(between_readings, "between_readings")?);
    let comparison = py.detach(|| engine::compare::compare(&request)).or_raise()?;
    let mut document = read(serde_json::to_value(&comparison))?;
    if let (Some(longer), Some(fields)) = (longer, document.as_object_mut()) {
        let projections = comparison.project(span(longer)?, &calendar).or_raise()?;
        fields.insert("projections".into(), read(serde_json::to_value(&projections))?);
    }
    json(&document)
}

/// How gas becomes kWh; the core says what must be given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gas {
    unit: String,
    calorific_value: Option<String>,
    /// Daily values in JSON or CSV instead of the one.
    calorific_values: Option<String>,
    calorific_value_places: Option<u32>,
    kwh_places: Option<u32>,
    rounding: Option<Rounding>,
}

impl Gas {
    fn conversion(&self) -> PyResult<GasConversion> {
        let daily = self.calorific_values.as_ref().map(|text| input::calorific_values(text.as_bytes()));
        let terms = GasTerms {
            calorific_value: self
                .calorific_value
                .as_deref()
                .map(str::parse::<CalorificValue>)
                .transpose()
                .or_raise()?,
            calorific_values: daily.transpose().or_raise()?,
            calorific_value_places: self.calorific_value_places,
            kwh_places: self.kwh_places,
            rounding: self.rounding,
        };
        GasConversion::new(named::<GasUnit>(&self.unit, "gas unit")?, terms).or_raise()
    }
}

/// The conversion that an argument says, if it is given.
fn conversion(gas: Option<&str>) -> PyResult<Option<GasConversion>> {
    gas.map(|text| request::<Gas>(text)?.conversion()).transpose()
}

/// What a meter tells.
#[derive(FromPyObject)]
pub(crate) enum MeterParts<'py> {
    Slots(PyRef<'py, Readings>),
    Registers(PyRef<'py, Registers>),
}

/// A meter point: name, what is metered, agreements (JSON or CSV), how gas is converted (JSON), dispatches.
type SupplyParts<'py> = (String, MeterParts<'py>, Vec<u8>, Option<String>, Vec<Seconds>);

/// A meter point, read.
struct Part<'a> {
    name: String,
    metered: Metered<'a>,
    agreements: Agreements,
    gas: Option<GasConversion>,
    dispatches: Vec<Span>,
}

fn parts<'a>(supplies: &'a [SupplyParts<'_>], options: &BillOptions) -> PyResult<Vec<Part<'a>>> {
    let part = |(name, meter, agreements, gas, dispatches): &'a SupplyParts<'_>| {
        let metered = match meter {
            MeterParts::Slots(readings) => Metered::Slots(&readings.0),
            MeterParts::Registers(registers) => Metered::Registers(&registers.0),
        };
        Ok(Part {
            name: name.clone(),
            metered,
            agreements: input::agreements(agreements, &options.calendar).or_raise()?,
            gas: conversion(gas.as_deref())?,
            dispatches: spans(dispatches)?,
        })
    };
    supplies.iter().map(part).collect()
}

fn borrowed<'a>(parts: &'a [Part<'a>]) -> Vec<Supply<'a>> {
    let lend = |part: &'a Part<'a>| Supply {
        name: part.name.clone(),
        metered: part.metered,
        agreements: &part.agreements,
        gas: part.gas.as_ref(),
        events: engine::Events::dispatched(&part.dispatches),
    };
    parts.iter().map(lend).collect()
}

/// All statements of an account beside the engine's own. `other_prices` are tariffs at other prices with what they are, `replaced` readings that
/// came with another value at first: whose, when, what.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn audit(
    py: Python<'_>,
    statements: &[u8],
    supplies: Vec<SupplyParts<'_>>,
    list: Vec<PyRef<'_, Tariff>>,
    other_prices: Vec<(String, PyRef<'_, Tariff>)>,
    replaced: Vec<(String, i64, String)>,
    zone: &str,
    rules: &str,
    missing: &str,
) -> PyResult<String> {
    let options = options(zone, rules, missing, None)?;
    let statements = stated_statements(statements, &options.calendar).or_raise()?;
    let tariffs = tariffs(&list, options.calendar)?;
    let parts = parts(&supplies, &options)?;
    let supplies = borrowed(&parts);
    let other = |(label, tariff): (String, PyRef<'_, Tariff>)| {
        Ok(OtherPrices { label, tariff: tariff.by_clock(options.calendar)? })
    };
    let other_prices = other_prices.into_iter().map(other).collect::<PyResult<Vec<_>>>()?;
    let was = |(supply, start, was): (String, i64, String)| {
        Ok(ReplacedReading { supply, start: instant(start)?, was: was.parse().or_raise()? })
    };
    let replaced = replaced.into_iter().map(was).collect::<PyResult<Vec<_>>>()?;
    let known =
        Known { supplies: &supplies, tariffs: &tariffs, other_prices: &other_prices, replaced: &replaced };
    json(&py.detach(|| audited(&statements, &known, &options)).or_raise()?)
}

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
    between_readings: &str,
) -> PyResult<String> {
    let (mut options, during) = (options(zone, rules, missing, by)?, span(during)?);
    let tariffs = tariffs(&list, options.calendar)?;
    options.between_readings = named(between_readings, "between_readings")?;
    let parts = parts(&supplies, &options)?;
    let supplies = borrowed(&parts);
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
    gas: Option<&str>,
) -> PyResult<String> {
    let (options, gas): (BillOptions, _) = (options(zone, rules, missing, None)?, conversion(gas)?);
    let lines = statement_lines(lines, &options.calendar).or_raise()?;
    let (dispatches, during) = (spans(&dispatches)?, span(during)?);
    let tariff = tariff.by_clock(options.calendar)?;
    let judge = || {
        let energy = tariff.in_kwh(&readings.0, gas.as_ref(), during, &options.calendar)?;
        engine::reconcile::reconcile(
            &lines,
            &tariff,
            &energy,
            engine::Events::dispatched(&dispatches),
            during,
            &options,
        )
    };
    json(&py.detach(judge).or_raise()?)
}
