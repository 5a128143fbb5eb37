//! Metered energy, and the ways in and out of it.

use crate::arguments::{Seconds, instant, named, seconds, slot_length, span};
use crate::arrow;
use crate::errors::{OrRaise, raise};
use crate::series::Columns as Arrays;
use crate::series::{as_float, parsed, quantity, reading_options, same_length, sentences, there};
use arrow_array::RecordBatch;
use kwhen::series::ReadingRow;
use kwhen::time::{Grid, SlotLength};
use kwhen::{Consumption, Energy, input};
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use std::collections::HashMap;

/// What was read of each meter, and why nothing was of others.
type ByMeter<T> = (Vec<(String, T)>, Vec<(String, String)>);

/// Metered energy.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Readings(pub(crate) Consumption);

/// Columns of readings: starts and ends in seconds since 1970, values in units of 10^-8. Where a slot length is given, rows without
/// an end are of that length.
struct Columns {
    starts: Vec<Option<i64>>,
    ends: Option<Vec<Option<i64>>>,
    values: Vec<Option<i64>>,
    minutes: Option<u32>,
}

impl Columns {
    fn readings(self) -> PyResult<Consumption> {
        same_length(self.starts.len(), self.values.len(), "readings")?;
        let slot = slot_length(self.minutes)?;
        let ends = self.ends.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
        let columns = (1..).zip(self.starts).zip(self.values).zip(ends);
        numbered_rows(columns.map(|(((row, start), value), end)| {
            let end = end.or_else(|| Some(start? + slot?.seconds()));
            (row, start, end, value)
        }))
    }
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
    #[pyo3(signature = (data, mode=None, unit="kwh", snap=0, connection_kw=None))]
    fn read(
        py: Python<'_>,
        data: &[u8],
        mode: Option<&str>,
        unit: &str,
        snap: u32,
        connection_kw: Option<&str>,
    ) -> PyResult<Self> {
        let options = reading_options(mode, unit, snap, connection_kw)?;
        py.detach(|| input::consumption(data, &options)).or_raise().map(Self)
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
        meters: Vec<String>,
        minutes: Option<u32>,
    ) -> PyResult<Self> {
        let table = arrow::table(data)?;
        arrow::only_one(&table, &meters, "readings")?;
        let (starts, name) = arrow::required(&table, &start)?;
        let starts = arrow::instants(starts, &name)?;
        let ends =
            arrow::column(&table, &end)?.map(|(array, name)| arrow::instants(array, &name)).transpose()?;
        let (values, name) = arrow::required(&table, &value)?;
        let values = arrow::values(values, &name)?;
        Columns { starts, ends, values, minutes }.readings().map(Self)
    }

    /// From a table of many meters: a series for each name, in order of first sight; and the meters whose rows are no series, with why.
    #[staticmethod]
    fn by_meter(
        data: &Bound<'_, PyAny>,
        tariff: Vec<String>,
        meter: Vec<String>,
        start: Vec<String>,
        end: Vec<String>,
        value: Vec<String>,
    ) -> PyResult<ByMeter<Self>> {
        let table = arrow::table(data)?;
        arrow::only_one(&table, &tariff, "readings")?;
        let (names, name) = arrow::required(&table, &meter)?;
        let names = arrow::texts(names, &name)?;
        let (starts, name) = arrow::required(&table, &start)?;
        let starts = arrow::instants(starts, &name)?;
        let ends =
            arrow::column(&table, &end)?.map(|(array, name)| arrow::instants(array, &name)).transpose()?;
        let ends = ends.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
        let (values, field) = arrow::required(&table, &value)?;
        let values = arrow::values(values, &field)?;
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut meters: Vec<(&str, Vec<NumberedRow>)> = Vec::new();
        for (row, (((name, start), end), value)) in (1..).zip(names.iter().zip(starts).zip(ends).zip(values))
        {
            let place = *places.entry(name).or_insert_with(|| {
                meters.push((name, Vec::new()));
                meters.len() - 1
            });
            if let Some((_, rows)) = meters.get_mut(place) {
                rows.push((row, start, end, value));
            }
        }
        let (mut made, mut refused) = (Vec::new(), Vec::new());
        for (name, rows) in meters {
            match numbered_rows(rows.into_iter()) {
                Ok(readings) => made.push((name.to_owned(), Self(readings))),
                Err(error) => refused.push((name.to_owned(), error.value(data.py()).to_string())),
            }
        }
        Ok((made, refused))
    }

    /// From seconds since 1970 and floats, each the decimal that it is shown as; NaN is a missing reading.
    #[staticmethod]
    fn from_floats(
        starts: PyReadonlyArray1<'_, i64>,
        ends: Option<PyReadonlyArray1<'_, i64>>,
        values: PyReadonlyArray1<'_, f64>,
        minutes: Option<u32>,
        field: &str,
    ) -> PyResult<Self> {
        let values = (1..)
            .zip(values.as_array())
            .map(|(row, value)| arrow::float_units(*value, row, field))
            .collect::<PyResult<Vec<_>>>()?;
        let starts = starts.as_array().iter().map(|start| there(*start)).collect();
        let ends = ends.map(|ends| ends.as_array().iter().map(|end| there(*end)).collect());
        Columns { starts, ends, values, minutes }.readings().map(Self)
    }

    /// From seconds since 1970 and decimal text, `None` for a missing reading.
    #[staticmethod]
    fn from_texts(
        starts: Vec<i64>,
        ends: Option<Vec<i64>>,
        values: Vec<Option<String>>,
        minutes: Option<u32>,
        field: &str,
    ) -> PyResult<Self> {
        let values = parsed(&values, field, Energy::units)?;
        let starts = starts.into_iter().map(there).collect();
        let ends = ends.map(|ends| ends.into_iter().map(there).collect());
        Columns { starts, ends, values, minutes }.readings().map(Self)
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
    fn floats<'py>(&self, py: Python<'py>) -> Arrays<'py> {
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
