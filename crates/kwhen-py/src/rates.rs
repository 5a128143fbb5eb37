//! Unit rates, and the ways in and out of them.

use crate::arguments::{Seconds, basis, instant, payment_method, seconds, slot_length, span};
use crate::arrow;
use crate::errors::{OrRaise, raise};
use crate::series::{OPEN, RateAt, as_float, options, parsed, quantity, same_length, sentences, there};
use arrow_array::RecordBatch;
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::series::{Prices, RateRow, VatBasis, implied_ends};
use kwhen::time::{Calendar, Grid, SlotLength, Span};
use kwhen::{RateSeries, UnitRate, input};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

/// What is paid at an instant, then without and with VAT, as text.
type PaidAt = (String, Option<String>, Option<String>);

/// Starts and ends in Unix seconds, and values.
type Floats<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

/// Unit rates.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Rates(pub(crate) RateSeries);

#[pymethods]
impl Rates {
    /// From the bytes of JSON or CSV.
    #[staticmethod]
    #[pyo3(signature = (data, vat_included=true, method=None, mode=None, unit="pence", snap=0))]
    fn read(
        py: Python<'_>,
        data: &[u8],
        vat_included: bool,
        method: Option<&str>,
        mode: Option<&str>,
        unit: &str,
        snap: u32,
    ) -> PyResult<Self> {
        let options = options(vat_included, method, mode, unit, snap)?;
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
        payment_methods: Vec<String>,
        tariffs: Vec<String>,
        vat_included: bool,
        minutes: Option<u32>,
        method: Option<&str>,
    ) -> PyResult<Self> {
        let table = arrow::table(data)?;
        arrow::only_one(&table, &tariffs, "rates")?;
        arrow::only_one(&table, &["kind".to_owned()], "rates")?;
        let (starts, name) = arrow::required(&table, &start)?;
        let starts = arrow::instants(starts, &name)?;
        let ends =
            arrow::column(&table, &end)?.map(|(array, name)| arrow::instants(array, &name)).transpose()?;
        let prices = |names: &[String]| {
            arrow::column(&table, names)?.map(|(array, name)| arrow::values(array, &name)).transpose()
        };
        let (mut without, mut with) = (prices(&exc_vat)?, prices(&inc_vat)?);
        if without.is_none() && with.is_none() {
            let (array, name) = arrow::required(&table, &bare)?;
            let values = Some(arrow::values(array, &name)?);
            if vat_included { with = values } else { without = values }
        }
        let methods = arrow::column(&table, &payment_methods)?
            .map(|(array, name)| arrow::optional_texts(array, &name))
            .transpose()?;
        Columns { starts, ends, exc_vat: without, inc_vat: with, methods, minutes }.rates(method).map(Self)
    }

    /// From seconds since 1970 and floats, each the decimal that it is shown as. A NaN leaves its slot without a rate.
    #[staticmethod]
    fn from_floats(
        starts: PyReadonlyArray1<'_, i64>,
        ends: Option<PyReadonlyArray1<'_, i64>>,
        values: PyReadonlyArray1<'_, f64>,
        vat_included: bool,
        minutes: Option<u32>,
        field: &str,
    ) -> PyResult<Self> {
        let values = (1..)
            .zip(values.as_array())
            .map(|(row, value)| arrow::float_units(*value, row, field))
            .collect::<PyResult<Vec<_>>>()?;
        let starts = starts.as_array().iter().map(|start| there(*start)).collect();
        let ends = ends.map(|ends| ends.as_array().iter().map(|end| there(*end)).collect());
        let (exc_vat, inc_vat) = if vat_included { (None, Some(values)) } else { (Some(values), None) };
        Columns { starts, ends, exc_vat, inc_vat, methods: None, minutes }.rates(None).map(Self)
    }

    /// From seconds since 1970 and decimal text without and with VAT; a row with neither leaves its slot without a rate.
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "one for each column")]
    fn from_texts(
        starts: Vec<i64>,
        ends: Option<Vec<i64>>,
        exc_vat: Option<Vec<Option<String>>>,
        inc_vat: Option<Vec<Option<String>>>,
        methods: Option<Vec<Option<String>>>,
        minutes: Option<u32>,
        method: Option<&str>,
        fields: (String, String),
    ) -> PyResult<Self> {
        let column = |values: Option<Vec<Option<String>>>, field: &str| {
            values.map(|values| parsed(&values, field, UnitRate::units)).transpose()
        };
        let (exc_vat, inc_vat) = (column(exc_vat, &fields.0)?, column(inc_vat, &fields.1)?);
        let starts = starts.into_iter().map(there).collect();
        let ends = ends.map(|ends| ends.into_iter().map(there).collect());
        Columns { starts, ends, exc_vat, inc_vat, methods, minutes }.rates(method).map(Self)
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

    /// What is paid in a span, row by row: starts, ends and floats; NaN where no rate is known. Rows are slots, see [`Rates::rows`].
    fn floats<'py>(&self, py: Python<'py>, during: Seconds, minutes: Option<u32>) -> PyResult<Floats<'py>> {
        let rows = self.rows(span(during)?, minutes)?;
        let starts: Vec<i64> = rows.iter().map(|row| row.from).collect();
        let ends: Vec<i64> = rows.iter().map(|row| row.to).collect();
        let values: Vec<f64> =
            rows.iter().map(|row| row.rate.map_or(f64::NAN, |rate| as_float(rate.units()))).collect();
        Ok((starts.into_pyarray(py), ends.into_pyarray(py), values.into_pyarray(py)))
    }

    /// The same as text.
    fn texts(&self, during: Seconds, minutes: Option<u32>) -> PyResult<Vec<Option<String>>> {
        let rows = self.rows(span(during)?, minutes)?;
        Ok(rows.into_iter().map(|row| row.rate.map(|rate| rate.to_string())).collect())
    }

    /// Minutes of the slots that rows of a span are where none are asked for; `None` where there is a row for each record.
    fn slot_of(&self, during: Seconds) -> PyResult<Option<u32>> {
        Ok(self.even_slot(span(during)?).map(SlotLength::minutes))
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

/// A stretch of time and what is paid in it, if that is known.
struct Row {
    from: i64,
    to: i64,
    rate: Option<UnitRate>,
}

impl Rates {
    /// A span as rows that leave no time out. Where a slot length is asked for, and where every record is a whole number of the
    /// shortest one, rows are slots; else there is a row for each record and for each gap.
    fn rows(&self, during: Span, minutes: Option<u32>) -> PyResult<Vec<Row>> {
        let asked = slot_length(minutes)?;
        let Some(slot) = asked.or_else(|| self.even_slot(during)) else { return Ok(self.records(during)) };
        let grid = Grid::covering(during, slot).or_raise()?;
        let rates = self.0.on_grid(&grid, self.0.paid_basis()).or_raise()?;
        let row = |(slot, rate): (kwhen::time::Slot, Option<UnitRate>)| {
            let (from, to) = seconds(slot.span);
            Row { from, to, rate }
        };
        Ok(grid.slots().zip(rates.iter()).map(row).collect())
    }

    /// The length of the shortest record, where that is a slot length of which every other and the span are whole numbers.
    fn even_slot(&self, during: Span) -> Option<SlotLength> {
        let records = || self.0.intervals().map(|interval| seconds(interval.span));
        let shortest = records().map(|(from, to)| to - from).min()?;
        let slot = SlotLength::from_minutes(u32::try_from(shortest / 60).ok()?).ok()?;
        let (start, end) = seconds(during);
        let whole = |time: i64| (time - start) % slot.seconds() == 0;
        let even = whole(end) && records().all(|(from, to)| whole(from) && whole(to));
        (even && slot.seconds() == shortest).then_some(slot)
    }

    fn records(&self, during: Span) -> Vec<Row> {
        let (mut at, end) = seconds(during);
        let mut rows = Vec::new();
        for interval in self.0.intervals() {
            let Some((from, to)) = interval.span.intersection(during).map(seconds) else { continue };
            if at < from {
                rows.push(Row { from: at, to: from, rate: None });
            }
            rows.push(Row { from, to, rate: Some(interval.prices.paid()) });
            at = to;
        }
        if at < end {
            rows.push(Row { from: at, to: end, rate: None });
        }
        rows
    }
}

/// Columns of rates: seconds since 1970, and prices in units of 10^-8.
struct Columns {
    starts: Vec<Option<i64>>,
    ends: Option<Vec<Option<i64>>>,
    exc_vat: Option<Vec<Option<i64>>>,
    inc_vat: Option<Vec<Option<i64>>>,
    methods: Option<Vec<Option<String>>>,
    minutes: Option<u32>,
}

impl Columns {
    /// When each row ends: as its column says, or after the slot length that was given, or as starts alone imply.
    fn ends(&self) -> PyResult<Vec<Option<DateTime<Utc>>>> {
        if let Some(ends) = &self.ends {
            return ends.iter().map(|end| end.map(instant).transpose()).collect();
        }
        let starts =
            self.starts.iter().flatten().map(|start| instant(*start)).collect::<PyResult<Vec<_>>>()?;
        let ends = match self.minutes {
            Some(minutes) => {
                let slot = SlotLength::from_minutes(minutes).or_raise()?;
                self.on_the_grid_of(slot)?;
                starts
                    .iter()
                    .map(|start| start.checked_add_signed(TimeDelta::seconds(slot.seconds())))
                    .collect()
            }
            None => {
                let ends = implied_ends(&starts, &Calendar::great_britain()).or_raise()?;
                ends.into_iter().map(Some).collect::<Vec<_>>()
            }
        };
        let mut ends = ends.into_iter();
        Ok(self.starts.iter().map(|start| start.and_then(|_| ends.next().flatten())).collect())
    }

    /// An error unless all starts are a whole number of slots apart.
    fn on_the_grid_of(&self, slot: SlotLength) -> PyResult<()> {
        let phase = self.starts.iter().flatten().next().map_or(0, |first| first.rem_euclid(slot.seconds()));
        let off = |start: &Option<i64>| start.is_some_and(|start| start.rem_euclid(slot.seconds()) != phase);
        let Some(place) = self.starts.iter().position(off) else { return Ok(()) };
        let (row, minutes) = (place as u64 + 1, slot.minutes());
        let message = format!(
            "row {row}: starts off the {minutes}-minute grid of the rows before, which slot asks for"
        );
        Err(raise("MisalignedError", &message, Some(row), None))
    }

    fn rates(self, method: Option<&str>) -> PyResult<RateSeries> {
        for column in [&self.exc_vat, &self.inc_vat].into_iter().flatten() {
            same_length(self.starts.len(), column.len(), "rates")?;
        }
        let at = |column: &Option<Vec<Option<i64>>>, place: usize| {
            column.as_ref().and_then(|column| column.get(place).copied().flatten())
        };
        let mut rows = Vec::with_capacity(self.starts.len());
        for (place, (start, end)) in self.starts.iter().zip(self.ends()?).enumerate() {
            let row = place as u64 + 1;
            let without = quantity(at(&self.exc_vat, place), UnitRate::from_units, row)?;
            let with = quantity(at(&self.inc_vat, place), UnitRate::from_units, row)?;
            if without.is_none() && with.is_none() {
                continue;
            }
            let named = self.methods.as_ref().and_then(|methods| methods.get(place)?.as_deref());
            rows.push(RateRow {
                row,
                valid_from: start.map(instant).transpose()?,
                valid_to: end,
                prices: Prices::from_options(without, with).or_raise()?,
                payment_method: payment_method(named),
            });
        }
        RateSeries::from_rows(rows, payment_method(method).as_ref()).or_raise()
    }
}
