//! Handles on series, and the ways in and out of them.

use crate::arguments::{Seconds, basis, instant, named, payment_method, rounding, seconds, span};
use crate::arrow;
use crate::errors::{OrRaise, raise};
use arrow_array::RecordBatch;
use kwhen::input::{self, PriceOptions};
use kwhen::series::{Notice, PriceRow, Prices, RateRow, ReadingRow, StandingCharges, VatBasis};
use kwhen::time::{Grid, SlotLength};
use kwhen::{Consumption, Energy, Money, RateSeries, UnitRate};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use std::collections::HashMap;

/// Two columns of the same length: when, and how much.
type Columns<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

/// A rate's second, its end and its prices without and with VAT as text.
type RateAt = (Seconds, Option<String>, Option<String>);

/// What is paid at an instant, then without and with VAT, as text.
type PaidAt = (String, Option<String>, Option<String>);

/// Metered energy.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Readings(pub(crate) Consumption);

/// Unit rates.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Rates(pub(crate) RateSeries);

/// Standing charges.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Standing(pub(crate) StandingCharges);

fn sentences(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(ToString::to_string).collect()
}

fn options(vat_included: bool, method: Option<&str>, mode: Option<&str>) -> PyResult<PriceOptions> {
    Ok(PriceOptions {
        payment_method: payment_method(method),
        bare_price: basis(vat_included),
        rounding: rounding(mode)?,
    })
}

/// The quantity of a count of 10^-8, or the error that names its row.
fn quantity<T, E: Into<kwhen::Error>>(
    value: Option<i64>,
    from_units: impl Fn(i64) -> Result<T, E>,
    row: u64,
) -> PyResult<Option<T>> {
    value.map(|units| from_units(units).map_err(|error| error.into().in_row(row)).or_raise()).transpose()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what leaves as a float is rounded to one, as the caller asked"
)]
fn as_float(units: i64) -> f64 {
    units as f64 / 1e8
}

fn reading_rows(
    starts: Vec<Option<i64>>,
    ends: Option<Vec<Option<i64>>>,
    values: Vec<Option<i64>>,
) -> PyResult<Consumption> {
    if starts.len() != values.len() {
        return Err(raise(
            "MisalignedError",
            &format!("{} starts for {} readings", starts.len(), values.len()),
            None,
            None,
        ));
    }
    let ends = ends.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
    numbered_rows(
        (1..).zip(starts).zip(values).zip(ends).map(|(((row, start), value), end)| (row, start, end, value)),
    )
}

/// A row's number, start, end and reading in units of 10^-8.
type NumberedRow = (u64, Option<i64>, Option<i64>, Option<i64>);

fn numbered_rows(table: impl Iterator<Item = NumberedRow>) -> PyResult<Consumption> {
    let mut rows = Vec::with_capacity(table.size_hint().0);
    for (row, start, end, value) in table {
        let end = end.map(instant).transpose()?;
        let Some(start) = start else {
            return Err(raise("MissingDataError", &format!("row {row}: has no start"), Some(row), None));
        };
        rows.push(ReadingRow {
            row,
            start: instant(start)?,
            end,
            energy: quantity(value, Energy::from_units, row)?,
        });
    }
    Consumption::from_rows(&rows).or_raise()
}

#[pymethods]
impl Readings {
    /// From the bytes of JSON or CSV.
    #[staticmethod]
    #[pyo3(signature = (data, mode=None))]
    fn read(py: Python<'_>, data: &[u8], mode: Option<&str>) -> PyResult<Self> {
        let mode = rounding(mode)?;
        py.detach(|| input::consumption(data, mode)).or_raise().map(Self)
    }

    /// The same reading in every slot of a span.
    #[staticmethod]
    fn constant(during: Seconds, minutes: u32, kwh: &str) -> PyResult<Self> {
        let slot = SlotLength::from_minutes(minutes).or_raise()?;
        let grid = Grid::covering(span(during)?, slot).or_raise()?;
        Ok(Self(Consumption::constant(grid, kwh.parse().or_raise()?)))
    }

    /// From a table of the Arrow interface.
    #[staticmethod]
    fn from_arrow(
        data: &Bound<'_, PyAny>,
        start: Vec<String>,
        end: Vec<String>,
        value: Vec<String>,
    ) -> PyResult<Self> {
        let table = arrow::table(data)?;
        let (starts, name) = arrow::required(&table, &start)?;
        let starts = arrow::instants(starts, &name)?;
        let ends =
            arrow::column(&table, &end).map(|(array, name)| arrow::instants(array, &name)).transpose()?;
        let (values, name) = arrow::required(&table, &value)?;
        reading_rows(starts, ends, arrow::values(values, &name)?).map(Self)
    }

    /// From a table of many meters: a series for each name, in order of first sight.
    #[staticmethod]
    fn by_meter(
        data: &Bound<'_, PyAny>,
        meter: Vec<String>,
        start: Vec<String>,
        value: Vec<String>,
    ) -> PyResult<Vec<(String, Self)>> {
        let table = arrow::table(data)?;
        let (names, name) = arrow::required(&table, &meter)?;
        let names = arrow::texts(names, &name)?;
        let (starts, name) = arrow::required(&table, &start)?;
        let starts = arrow::instants(starts, &name)?;
        let (values, field) = arrow::required(&table, &value)?;
        let values = arrow::values(values, &field)?;
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut meters: Vec<(&str, Vec<NumberedRow>)> = Vec::new();
        for (row, ((name, start), value)) in (1..).zip(names.iter().zip(starts).zip(values)) {
            let place = *places.entry(name).or_insert_with(|| {
                meters.push((name, Vec::new()));
                meters.len() - 1
            });
            if let Some((_, rows)) = meters.get_mut(place) {
                rows.push((row, start, None, value));
            }
        }
        let made = |(name, rows): (&str, Vec<NumberedRow>)| {
            Ok((name.to_owned(), Self(numbered_rows(rows.into_iter())?)))
        };
        meters.into_iter().map(made).collect()
    }

    /// From seconds since 1970 and floats, each the decimal that it is shown as; NaN is a missing reading.
    #[staticmethod]
    fn from_floats(
        starts: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, f64>,
        field: &str,
    ) -> PyResult<Self> {
        let values = (1..)
            .zip(values.as_array())
            .map(|(row, value)| arrow::float_units(*value, row, field))
            .collect::<PyResult<Vec<_>>>()?;
        let starts = starts.as_array().iter().map(|start| Some(*start)).collect();
        reading_rows(starts, None, values).map(Self)
    }

    /// From seconds since 1970 and decimal text, `None` for a missing reading.
    #[staticmethod]
    fn from_texts(starts: Vec<i64>, values: Vec<Option<String>>, field: &str) -> PyResult<Self> {
        let parse = |(row, text): (u64, &Option<String>)| {
            let energy = text.as_deref().map(str::parse::<Energy>).transpose();
            energy
                .map_err(|error| error.in_field(field).in_row(row))
                .or_raise()
                .map(|energy| energy.map(Energy::units))
        };
        let values = (1..).zip(&values).map(parse).collect::<PyResult<Vec<_>>>()?;
        reading_rows(starts.into_iter().map(Some).collect(), None, values).map(Self)
    }

    #[getter]
    fn span(&self) -> Option<Seconds> {
        self.0.grid().span().map(seconds)
    }

    #[getter]
    fn minutes(&self) -> u32 {
        self.0.grid().slot_length().minutes()
    }

    #[getter]
    fn count(&self) -> usize {
        self.0.reading_count()
    }

    fn __len__(&self) -> usize {
        self.0.grid().len()
    }

    fn total(&self) -> PyResult<String> {
        self.0.total().or_raise().map(|total| total.to_string())
    }

    fn gaps(&self) -> Vec<Seconds> {
        self.0.gaps().into_iter().map(seconds).collect()
    }

    fn notices(&self) -> Vec<String> {
        sentences(self.0.notices())
    }

    /// The reading of a slot by its place.
    fn at(&self, index: usize) -> Option<String> {
        self.0.get(index).map(|energy| energy.to_string())
    }

    /// The place of the slot that holds an instant.
    fn place(&self, at: i64) -> PyResult<Option<usize>> {
        Ok(self.0.grid().index_of(instant(at)?))
    }

    fn texts(&self) -> Vec<Option<String>> {
        self.0.iter().map(|energy| energy.map(|energy| energy.to_string())).collect()
    }

    /// Seconds since 1970 and floats; a missing reading is NaN.
    fn floats<'py>(&self, py: Python<'py>) -> Columns<'py> {
        let starts: Vec<i64> = self.0.grid().slots().map(|slot| slot.span.from().timestamp()).collect();
        let values: Vec<f64> =
            self.0.iter().map(|energy| energy.map_or(f64::NAN, |energy| as_float(energy.units()))).collect();
        (starts.into_pyarray(py), values.into_pyarray(py))
    }

    fn rounded(&self, places: u32, mode: &str) -> PyResult<Self> {
        Ok(Self(self.0.rounded(places, named(mode, "rounding")?)))
    }

    fn equals(&self, other: &Self) -> bool {
        self.0.grid() == other.0.grid() && self.0.iter().eq(other.0.iter())
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

impl Readings {
    fn batch(&self) -> PyResult<RecordBatch> {
        let slots = || self.0.grid().slots();
        arrow::batch(vec![
            ("start", arrow::instant_column(slots().map(|slot| Some(slot.span.from().timestamp())))),
            ("end", arrow::instant_column(slots().map(|slot| Some(slot.span.to().timestamp())))),
            ("kwh", arrow::decimal_column(self.0.iter().map(|energy| energy.map(Energy::units)))?),
        ])
    }
}

/// Bounds of the time tables: a series that reaches there is open.
const OPEN: Seconds = (0, 4_102_444_800);

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

#[pymethods]
impl Standing {
    /// From the bytes of JSON or CSV.
    #[staticmethod]
    #[pyo3(signature = (data, vat_included=true, method=None, mode=None))]
    fn read(data: &[u8], vat_included: bool, method: Option<&str>, mode: Option<&str>) -> PyResult<Self> {
        input::standing_charges(data, &options(vat_included, method, mode)?).or_raise().map(Self)
    }

    /// One charge for all time.
    #[staticmethod]
    fn flat(pence: &str, vat_included: bool) -> PyResult<Self> {
        Ok(Self(StandingCharges::flat(Prices::only(basis(vat_included), pence.parse().or_raise()?))))
    }

    fn __len__(&self) -> usize {
        self.0.intervals().len()
    }

    fn notices(&self) -> Vec<String> {
        sentences(self.0.notices())
    }

    /// Every interval: when, without VAT, with VAT.
    fn intervals(&self) -> Vec<RateAt> {
        let text = |price: Option<Money>| price.map(|price| price.to_string());
        self.0
            .intervals()
            .iter()
            .map(|interval| {
                (
                    seconds(interval.span),
                    text(interval.prices.on(VatBasis::Exclusive)),
                    text(interval.prices.on(VatBasis::Inclusive)),
                )
            })
            .collect()
    }

    fn equals(&self, other: &Self) -> bool {
        self.0.intervals() == other.0.intervals()
    }

    /// From intervals as [`Standing::intervals`] gives them.
    #[staticmethod]
    fn from_intervals(intervals: Vec<RateAt>) -> PyResult<Self> {
        let price = |text: Option<String>| text.map(|text| text.parse::<Money>()).transpose().or_raise();
        let row = |(row, ((from, to), without, with)): (u64, RateAt)| {
            Ok(PriceRow {
                row,
                valid_from: Some(from).filter(|from| *from != OPEN.0).map(instant).transpose()?,
                valid_to: Some(to).filter(|to| *to != OPEN.1).map(instant).transpose()?,
                prices: Prices::from_options(price(without)?, price(with)?).or_raise()?,
                payment_method: None,
            })
        };
        let rows = (1..).zip(intervals).map(row).collect::<PyResult<Vec<_>>>()?;
        StandingCharges::from_rows(rows, None).or_raise().map(Self)
    }
}
