//! Many meters in one pass.

use crate::arguments::{Seconds, calendar, period_kind, rules, seconds, span};
use crate::arrow;
use crate::errors::{OrRaise, raise};
use crate::rates::Rates;
use crate::readings::Readings;
use crate::standing::Standing;
use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray};
use kwhen::Money;
use kwhen::batch::{self as engine, BatchRow, BillPlan, Meter, PlanRequest};
use kwhen::time::SlotLength;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

/// The bills of many meters: rows, and for each meter where its rows are or why it has none.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct BatchBills {
    names: Vec<String>,
    periods: Vec<(Seconds, String)>,
    bills: engine::Bills,
}

/// Bills every meter over every period of a span.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn batch(
    py: Python<'_>,
    meters: Vec<(String, PyRef<'_, Readings>)>,
    rates: &Rates,
    standing: Option<&Standing>,
    during: Seconds,
    by: &str,
    minutes: u32,
    zone: &str,
    rule_text: &str,
) -> PyResult<BatchBills> {
    let request = PlanRequest::new(&rates.0, span(during)?)
        .standing_charges(standing.map(|standing| &standing.0))
        .periods(period_kind(by)?)
        .slot_length(SlotLength::from_minutes(minutes).or_raise()?)
        .calendar(calendar(zone)?)
        .rules(rules(rule_text)?);
    let readings: Vec<_> = meters.iter().map(|(_, readings)| &readings.0).collect();
    let (periods, bills) = py
        .detach(|| {
            let plan = BillPlan::new(&request)?;
            let plans = [&plan];
            let meters: Vec<Meter<'_>> =
                readings.iter().map(|consumption| Meter { consumption, plans: &plans }).collect();
            let periods = plan.periods().iter().map(|period| (seconds(period.span), period.label.clone()));
            Ok((periods.collect(), engine::bill_all(&meters)))
        })
        .or_raise()?;
    Ok(BatchBills { names: meters.into_iter().map(|(name, _)| name).collect(), periods, bills })
}

#[pymethods]
impl BatchBills {
    fn __len__(&self) -> usize {
        self.bills.rows().count()
    }

    /// Names of meters that could not be billed, and why.
    fn refused(&self) -> Vec<(String, String)> {
        let pairs = self.names.iter().zip(self.bills.meters());
        pairs.filter_map(|(name, rows)| Some((name.clone(), rows.err()?.to_string()))).collect()
    }

    /// The sum over all rows: kWh, pence without VAT, VAT, pence to pay.
    fn totals(&self) -> PyResult<(String, String, String, String)> {
        let rows = || self.bills.rows();
        let money = |part: fn(&BatchRow) -> Money| Money::sum(rows().map(part)).or_raise();
        Ok((
            kwhen::Energy::sum(rows().map(|row| row.kwh)).or_raise()?.to_string(),
            money(|row| row.net_minor)?.to_string(),
            money(|row| row.vat_minor)?.to_string(),
            money(|row| row.total_minor)?.to_string(),
        ))
    }

    #[pyo3(signature = (requested=None))]
    fn arrow_stream<'py>(
        &self,
        py: Python<'py>,
        requested: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::stream_capsule(py, self.table()?, requested)
    }
}

/// A column of pence: decimals of twenty places, all that the engine holds.
fn pence(values: impl Iterator<Item = Money>) -> PyResult<ArrayRef> {
    Decimal128Array::from_iter_values(values.map(Money::units))
        .with_precision_and_scale(38, 20)
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|error| raise("OutOfRangeError", &error.to_string(), None, None))
}

impl BatchBills {
    fn table(&self) -> PyResult<RecordBatch> {
        let billed = self.names.iter().zip(self.bills.meters());
        let names: StringArray = billed
            .flat_map(|(name, rows)| {
                std::iter::repeat_n(Some(name.as_str()), rows.map_or(0, |rows| rows.rows().len()))
            })
            .collect();
        let rows = || self.bills.rows();
        let period = |row: &BatchRow| self.periods.get(row.period);
        let whole = |part: fn(&BatchRow) -> usize| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(
                rows().map(|row| i64::try_from(part(row)).unwrap_or(i64::MAX)),
            ))
        };
        let complete: BooleanArray = rows().map(|row| Some(row.slots == row.billed_slots)).collect();
        let labels: StringArray = rows().map(|row| period(row).map(|(_, label)| label.as_str())).collect();
        arrow::batch(vec![
            ("meter", Arc::new(names)),
            ("period", Arc::new(labels)),
            ("from", arrow::instant_column(rows().map(|row| period(row).map(|(span, _)| span.0)))),
            ("to", arrow::instant_column(rows().map(|row| period(row).map(|(span, _)| span.1)))),
            ("slots", whole(|row| row.slots)),
            ("billed_slots", whole(|row| row.billed_slots)),
            ("complete", Arc::new(complete)),
            ("days", Arc::new(Int64Array::from_iter_values(rows().map(|row| row.days)))),
            ("kwh", arrow::decimal_column(rows().map(|row| Some(row.kwh.units())))?),
            ("net_minor", pence(rows().map(|row| row.net_minor))?),
            ("vat_minor", pence(rows().map(|row| row.vat_minor))?),
            ("total_minor", pence(rows().map(|row| row.total_minor))?),
        ])
    }
}
