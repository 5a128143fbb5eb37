//! Files of any layout.

use crate::arguments::calendar;
use crate::errors::{OrRaise, bad_argument, raise};
use crate::rates::Rates;
use crate::readings::Readings;
use crate::series::{options, reading_options};
use crate::standing::Standing;
use kwhen::layout::{self, DateOrder, Held, Label, Layout, LayoutClock, Said, layout_named};
use pyo3::prelude::*;
use pyo3::types::PyAny;
use std::collections::HashMap;

/// A series of whatever kind, and the line that says what was taken for granted, if anything was.
type Read = (Py<PyAny>, Option<String>);

/// What is said of a file beforehand: names of arguments and their values.
struct Words(HashMap<String, String>);

impl Words {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// One of a few names.
    fn one_of<T: Copy>(&self, name: &str, known: &[(&str, T)]) -> PyResult<Option<T>> {
        let Some(said) = self.get(name) else { return Ok(None) };
        let found = known.iter().find(|(known, _)| *known == said).map(|(_, value)| *value);
        found.map(Some).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            bad_argument(&format!("{name} {said:?} is none of {}", names.join(", ")))
        })
    }

    fn said(&self, layouts: &[String]) -> PyResult<Said> {
        let layout = |text: &String| {
            // The text of a layout has lines; a name has not.
            if text.contains('\n') { Layout::from_toml(text) } else { layout_named(text) }.or_raise()
        };
        let text = |name: &str| self.get(name).map(str::to_owned);
        Ok(Said {
            layouts: layouts.iter().map(layout).collect::<PyResult<_>>()?,
            column: text("column"),
            time_column: text("time_column"),
            label: self.one_of("label", &[("start", Label::Start), ("end", Label::End)])?,
            clock: self.get("clock").map(LayoutClock::named).transpose().or_raise()?,
            date_order: self.one_of(
                "date_order",
                &[("day-first", DateOrder::DayFirst), ("month-first", DateOrder::MonthFirst)],
            )?,
            channel: text("channel"),
            meter: text("meter"),
            ..Said::default()
        })
    }
}

/// Reads files of any layout as one series.
#[pyfunction]
#[pyo3(signature = (files, layouts, words, snap, vat_included))]
pub(crate) fn read(
    py: Python<'_>,
    files: Vec<Vec<u8>>,
    layouts: Vec<String>,
    words: HashMap<String, String>,
    snap: u32,
    vat_included: bool,
) -> PyResult<Read> {
    let words = Words(words);
    let said = words.said(&layouts)?;
    let mode = words.get("rounding");
    let unit = words.get("reading_unit").unwrap_or("kwh");
    let readings = reading_options(mode, unit, snap, words.get("connection_kw"))?;
    let calendar = calendar(words.get("time_zone").unwrap_or("Europe/London"))?;
    let rate_unit = words.get("rate_unit").unwrap_or("pence");
    let prices = options(vat_included, words.get("payment_method"), mode, rate_unit, snap)?;
    let prices = kwhen::input::PriceOptions { calendar, ..prices };
    let kinds = [("consumption", 0), ("rates", 1), ("standing_charges", 2)];
    let kind = words.one_of("kind", &kinds)?;
    let one = |bytes: &Vec<u8>| match kind {
        Some(0) => layout::consumption(bytes, &said, &readings, &calendar, None).map(Held::Readings),
        Some(1) => layout::unit_rates(bytes, &said, &prices).map(Held::Rates),
        Some(_) => layout::standing_charges(bytes, &said, &prices).map(Held::StandingCharges),
        None => layout::held(bytes, &said, &readings, &prices),
    };
    let unpacked =
        |file| kwhen_app::container::unpacked(file).map_err(|what| raise("ParseError", &what, None, None));
    let files: Vec<Vec<u8>> = py.detach(|| files.into_iter().map(unpacked).collect::<PyResult<_>>())?;
    let held =
        py.detach(|| files.iter().map(one).collect::<kwhen::Result<Vec<_>>>().and_then(layout::joined));
    let held = held.or_raise()?;
    let file = held.file();
    if file.is_gas && said.column.is_none() && words.get("gas").is_none() {
        return Err(raise(
            "ConflictError",
            "says that it is of gas; say gas=True to read what it counts, or name a column of electricity",
            None,
            None,
        ));
    }
    let line = file.line().filter(|_| !file.guesses.is_empty());
    let series = match held {
        Held::Readings(taken) => Py::new(py, Readings(taken.series))?.into_any(),
        Held::Rates(taken) => Py::new(py, Rates(taken.series))?.into_any(),
        Held::StandingCharges(taken) => Py::new(py, Standing(taken.series))?.into_any(),
    };
    Ok((series, line))
}
