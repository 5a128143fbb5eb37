//! Unit rates, and the ways in and out of them.

use crate::arguments::{Seconds, basis, instant, seconds, span};
use crate::arrow;
use crate::errors::{OrRaise, raise};
use crate::series::{Columns, OPEN, RateAt, as_float, options, quantity, sentences};
use arrow_array::RecordBatch;
use kwhen::series::{Prices, RateRow, VatBasis};
use kwhen::time::{Grid, SlotLength};
use kwhen::{RateSeries, UnitRate, input};
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

/// What is paid at an instant, then without and with VAT, as text.
type PaidAt = (String, Option<String>, Option<String>);

/// Unit rates.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Rates(pub(crate) RateSeries);

#[pymethods]
impl Rates {
    /// From the bytes of JSON or CSV.
    #[staticmethod]
    #[pyo3(signature = (data, vat_included=true, method=None, mode=None))]
    fn read(
        py: Python<'_>,
        data: &[u8],
        vat_included: bool,
        method: Option<&str>,
        mode: Option<&str>,
    ) -> PyResult<Self> {
        let options = options(vat_included, method, mode)?;
        py.detach(|| input::unit_rates(data, &options)).or_raise().map(Self)
    }

    /// One rate for all time.
    #[staticmethod]
    fn flat(rate: &str, vat_included: bool) -> PyResult<Self> {
        Ok(Self(RateSeries::flat(Prices::only(basis(vat_included), rate.parse().or_raise()?))))
    }

    /// From a table of the Arrow interface. Without a column of ends each rate holds for one slot.
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "one for each column")]
    fn from_arrow(
        data: &Bound<'_, PyAny>,
        start: Vec<String>,
        end: Vec<String>,
        exc_vat: Vec<String>,
        inc_vat: Vec<String>,
        bare: Vec<String>,
        vat_included: bool,
        minutes: u32,
    ) -> PyResult<Self> {
        let table = arrow::table(data)?;
        let (starts, name) = arrow::required(&table, &start)?;
        let starts = arrow::instants(starts, &name)?;
        let ends =
            arrow::column(&table, &end).map(|(array, name)| arrow::instants(array, &name)).transpose()?;
        let prices = |names: &[String]| {
            arrow::column(&table, names).map(|(array, name)| arrow::values(array, &name)).transpose()
        };
        let (mut without, mut with) = (prices(&exc_vat)?, prices(&inc_vat)?);
        if without.is_none() && with.is_none() {
            let (array, name) = arrow::required(&table, &bare)?;
            let values = Some(arrow::values(array, &name)?);
            if vat_included { with = values } else { without = values }
        }
        rate_rows(starts, ends, without, with, minutes).map(Self)
    }

    /// From seconds since 1970 and floats, each the decimal that it is shown as. A NaN leaves its slot without a rate.
    #[staticmethod]
    fn from_floats(
        starts: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, f64>,
        vat_included: bool,
        minutes: u32,
        field: &str,
    ) -> PyResult<Self> {
        let values = (1..)
            .zip(values.as_array())
            .map(|(row, value)| arrow::float_units(*value, row, field))
            .collect::<PyResult<Vec<_>>>()?;
        let starts = starts.as_array().iter().map(|start| Some(*start)).collect();
        let (without, with) = if vat_included { (None, Some(values)) } else { (Some(values), None) };
        rate_rows(starts, None, without, with, minutes).map(Self)
    }

    /// From seconds since 1970 and decimal text; `None` leaves its slot without a rate.
    #[staticmethod]
    fn from_texts(
        starts: Vec<i64>,
        values: Vec<Option<String>>,
        vat_included: bool,
        minutes: u32,
        field: &str,
    ) -> PyResult<Self> {
        let parse = |(row, text): (u64, &Option<String>)| {
            let rate = text.as_deref().map(str::parse::<UnitRate>).transpose();
            rate.map_err(|error| error.in_field(field).in_row(row))
                .or_raise()
                .map(|rate| rate.map(UnitRate::units))
        };
        let values = (1..).zip(&values).map(parse).collect::<PyResult<Vec<_>>>()?;
        let starts = starts.into_iter().map(Some).collect();
        let (without, with) = if vat_included { (None, Some(values)) } else { (Some(values), None) };
        rate_rows(starts, None, without, with, minutes).map(Self)
    }

    #[getter]
    fn span(&self) -> Seconds {
        seconds(self.0.span())
    }

    #[getter]
    fn minutes(&self) -> u32 {
        self.0.slot_length().minutes()
    }

    #[getter]
    fn vat_included(&self) -> bool {
        self.0.paid_basis() == VatBasis::Inclusive
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn gaps(&self) -> Vec<Seconds> {
        self.0.gaps().into_iter().map(seconds).collect()
    }

    fn notices(&self) -> Vec<String> {
        sentences(self.0.notices())
    }

    /// The rate in force at an instant: what is paid, without VAT, with VAT.
    fn at(&self, at: i64) -> PyResult<Option<PaidAt>> {
        let text = |price: Option<UnitRate>| price.map(|price| price.to_string());
        Ok(self.0.at(instant(at)?).map(|prices| {
            (
                prices.paid().to_string(),
                text(prices.on(VatBasis::Exclusive)),
                text(prices.on(VatBasis::Inclusive)),
            )
        }))
    }

    /// Every interval: when, without VAT, with VAT.
    fn intervals(&self) -> Vec<RateAt> {
        let text = |price: Option<UnitRate>| price.map(|price| price.to_string());
        self.0
            .intervals()
            .map(|interval| {
                (
                    seconds(interval.span),
                    text(interval.prices.on(VatBasis::Exclusive)),
                    text(interval.prices.on(VatBasis::Inclusive)),
                )
            })
            .collect()
    }

    /// What is paid in each slot of a span, as seconds and floats; NaN where no rate is known.
    fn floats<'py>(&self, py: Python<'py>, during: Seconds) -> PyResult<Columns<'py>> {
        let grid = Grid::covering(span(during)?, self.0.slot_length()).or_raise()?;
        let rates = self.0.on_grid(&grid, self.0.paid_basis()).or_raise()?;
        let starts: Vec<i64> = grid.slots().map(|slot| slot.span.from().timestamp()).collect();
        let values: Vec<f64> =
            rates.iter().map(|rate| rate.map_or(f64::NAN, |rate| as_float(rate.units()))).collect();
        Ok((starts.into_pyarray(py), values.into_pyarray(py)))
    }

    /// What is paid in each slot of a span, as text.
    fn texts(&self, during: Seconds) -> PyResult<Vec<Option<String>>> {
        let grid = Grid::covering(span(during)?, self.0.slot_length()).or_raise()?;
        let rates = self.0.on_grid(&grid, self.0.paid_basis()).or_raise()?;
        Ok(rates.iter().map(|rate| rate.map(|rate| rate.to_string())).collect())
    }

    fn equals(&self, other: &Self) -> bool {
        self.0.intervals().eq(other.0.intervals())
    }

    #[pyo3(signature = (requested=None))]
    fn arrow_array<'py>(
        &self,
        py: Python<'py>,
        requested: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        arrow::array_capsules(py, self.batch()?, requested)
    }

    #[pyo3(signature = (requested=None))]
    fn arrow_stream<'py>(
        &self,
        py: Python<'py>,
        requested: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::stream_capsule(py, self.batch()?, requested)
    }
}

impl Rates {
    fn batch(&self) -> PyResult<RecordBatch> {
        let starts = self
            .0
            .intervals()
            .map(|interval| Some(interval.span.from().timestamp()).filter(|seconds| *seconds != OPEN.0));
        let ends = self
            .0
            .intervals()
            .map(|interval| Some(interval.span.to().timestamp()).filter(|seconds| *seconds != OPEN.1));
        let prices = |basis| {
            arrow::decimal_column(
                self.0.intervals().map(|interval| interval.prices.on(basis).map(UnitRate::units)),
            )
        };
        arrow::batch(vec![
            ("valid_from", arrow::instant_column(starts)),
            ("valid_to", arrow::instant_column(ends)),
            ("value_exc_vat", prices(VatBasis::Exclusive)?),
            ("value_inc_vat", prices(VatBasis::Inclusive)?),
        ])
    }
}

/// Rows of rates from columns; where there are no ends, each row holds for one slot.
fn rate_rows(
    starts: Vec<Option<i64>>,
    ends: Option<Vec<Option<i64>>>,
    exc_vat: Option<Vec<Option<i64>>>,
    inc_vat: Option<Vec<Option<i64>>>,
    minutes: u32,
) -> PyResult<RateSeries> {
    let slot = SlotLength::from_minutes(minutes).or_raise()?.seconds();
    let values = |column: &Option<Vec<Option<i64>>>, place: usize| {
        column.as_ref().and_then(|column| column.get(place).copied().flatten())
    };
    for column in [&exc_vat, &inc_vat].into_iter().flatten() {
        if column.len() != starts.len() {
            let message = format!("{} starts for {} rates", starts.len(), column.len());
            return Err(raise("MisalignedError", &message, None, None));
        }
    }
    let mut rows = Vec::with_capacity(starts.len());
    for (row, (place, start)) in (1..).zip(starts.iter().enumerate()) {
        let without = quantity(values(&exc_vat, place), UnitRate::from_units, row)?;
        let with = quantity(values(&inc_vat, place), UnitRate::from_units, row)?;
        if without.is_none() && with.is_none() {
            continue;
        }
        let end = match &ends {
            Some(ends) => ends.get(place).copied().flatten(),
            None => start.map(|start| start + slot),
        };
        rows.push(RateRow {
            row,
            valid_from: start.map(instant).transpose()?,
            valid_to: end.map(instant).transpose()?,
            prices: Prices::from_options(without, with).or_raise()?,
            payment_method: None,
        });
    }
    RateSeries::from_rows(rows, None).or_raise()
}
