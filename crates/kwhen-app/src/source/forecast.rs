//! Forecasts in files: a series as readings or rates are given, quantiles in columns, or what a service publishes.

use super::Source;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::words::{Metering, Pricing};
use chrono::{DateTime, Utc};
use kwhen::plan::forecast::Foreseen;
use kwhen::time::{Calendar, Grid, instant_text, parse_instant};
use kwhen::{Energy, UnitRate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;

/// The columns of quantiles, from the lowest.
const QUANTILES: [&str; 3] = ["p10", "p50", "p90"];

/// The columns that may hold when a row begins.
const STARTS: [&str; 6] = ["start", "from", "valid_from", "interval_start", "date_time", "time"];

/// A row of a file of quantiles.
struct Row {
    number: usize,
    from: DateTime<Utc>,
    values: [Decimal; 3],
}

/// How a file is read, and the slots that it is wanted for.
pub struct Wanted<'a> {
    /// As for files of rates.
    pub pricing: &'a Pricing,
    /// As for files of readings.
    pub metering: &'a Metering,
    /// The clock.
    pub calendar: &'a Calendar,
    /// The slots that are planned.
    pub grid: &'a Grid,
    /// The first of them that the forecast must cover.
    pub first: usize,
}

/// A forecast of energy, slot by slot, as far as the file covers them.
///
/// # Errors
/// It cannot be read, is of something else, begins after the plan or overlaps itself; the message names file, row and value.
pub fn energies(ctx: &Context, path: &Path, wanted: &Wanted<'_>) -> Result<Vec<Option<Foreseen<Energy>>>> {
    let source = Source::read(ctx, path)?;
    let grid = wanted.grid;
    let values = match rows(&source)? {
        None => {
            let readings = source.consumption(wanted.pricing, wanted.metering)?.on_grid(grid);
            readings.iter().map(|value| value.map(Foreseen::Single)).collect()
        }
        Some((_, Unit::Rate)) => return Err(of_rates(&source)),
        Some((rows, unit)) => {
            let seconds = spacing(&source, &rows)?;
            let slot = grid.slot_length().seconds();
            if seconds % slot != 0 {
                return Err(Failure::work(format!(
                    "{}: its rows are {} minutes apart, the plan's slots {}: give --slot so that rows are whole slots",
                    source.name(),
                    seconds / 60,
                    slot / 60
                )));
            }
            let share = |value: Decimal| {
                // Power holds over the slot; energy is shared out evenly.
                let (by, over) = if unit == Unit::Power { (slot, 3_600) } else { (slot, seconds) };
                let shared =
                    value.checked_mul(Decimal::from(by)).and_then(|all| all.checked_div(Decimal::from(over)));
                shared.map(|shared| rounded(shared, 8)).unwrap_or(Decimal::MAX)
            };
            on_grid(&source, &rows, (grid, seconds), |value| Energy::from_decimal(share(value)))?
        }
    };
    covering(&source, values, wanted)
}

/// A forecast of rates, likewise.
///
/// # Errors
/// As of energies.
pub fn rates(ctx: &Context, path: &Path, wanted: &Wanted<'_>) -> Result<Vec<Option<Foreseen<UnitRate>>>> {
    let source = Source::read(ctx, path)?;
    let grid = wanted.grid;
    let values = match rows(&source)? {
        None => {
            let rates = source.rates(wanted.pricing, wanted.calendar, None)?;
            let rates = rates.on_grid(grid, rates.paid_basis())?;
            rates.iter().map(|value| value.map(Foreseen::Single)).collect()
        }
        Some((_, Unit::Power)) => {
            return Err(Failure::work(format!(
                "{}: is a forecast of power, and rates are asked for",
                source.name()
            )));
        }
        Some((rows, _)) => {
            let seconds = spacing(&source, &rows)?;
            on_grid(&source, &rows, (grid, seconds), |value| UnitRate::from_decimal(rounded(value, 4)))?
        }
    };
    covering(&source, values, wanted)
}

fn rounded(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

fn of_rates(source: &Source<'_>) -> Failure {
    Failure::work(format!("{}: is a forecast of rates, and energy is asked for", source.name()))
}

/// What the values of rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// What the file is asked for: kWh a row, or p/kWh.
    Asked,
    /// kW.
    Power,
    /// p/kWh.
    Rate,
}

/// Refuses a forecast that begins after what it is for, or covers none of it.
fn covering<T>(source: &Source<'_>, values: Vec<Option<T>>, wanted: &Wanted<'_>) -> Result<Vec<Option<T>>> {
    let begin =
        |slot: usize| wanted.grid.slot(slot).map_or_else(String::new, |slot| instant_text(slot.span.from()));
    match values.iter().skip(wanted.first).position(Option::is_some) {
        _ if wanted.first >= values.len() => Ok(values),
        Some(0) => Ok(values),
        Some(later) => Err(Failure::work(format!(
            "{}: begins at {}, after {}, from when on a forecast is needed",
            source.name(),
            begin(wanted.first + later),
            begin(wanted.first)
        ))),
        None => Err(Failure::work(format!(
            "{}: has no value from {} to {}",
            source.name(),
            begin(wanted.first),
            instant_text(wanted.grid.end())
        ))),
    }
}

/// How many seconds rows are apart: the least distance. Refuses rows that overlap.
fn spacing(source: &Source<'_>, rows: &[Row]) -> Result<i64> {
    let mut least = i64::MAX;
    for pair in rows.windows(2) {
        let [one, next] = pair else { continue };
        let seconds = (next.from - one.from).num_seconds();
        if seconds <= 0 {
            return Err(Failure::work(format!(
                "{}: row {}: {} is there twice: a forecast may not overlap itself",
                source.name(),
                next.number,
                instant_text(next.from)
            )));
        }
        least = least.min(seconds);
    }
    Ok(if least == i64::MAX { 1_800 } else { least })
}

fn on_grid<T: Copy + PartialOrd + std::fmt::Display>(
    source: &Source<'_>,
    rows: &[Row],
    (grid, seconds): (&Grid, i64),
    value: impl Fn(Decimal) -> kwhen::Result<T>,
) -> Result<Vec<Option<Foreseen<T>>>> {
    let mut values = Vec::with_capacity(grid.len());
    for slot in grid.slots() {
        let at = slot.span.from();
        let row = rows.partition_point(|row| row.from <= at).checked_sub(1).and_then(|place| rows.get(place));
        let Some(row) = row.filter(|row| (at - row.from).num_seconds() < seconds) else {
            values.push(None);
            continue;
        };
        let mut three = Vec::with_capacity(3);
        for (decimal, column) in row.values.iter().zip(QUANTILES) {
            let one =
                value(*decimal).map_err(|error| refused(source, row.number, column, &error.to_string()))?;
            three.push(one);
        }
        let [low, middle, high] = three.as_slice() else { continue };
        if low > middle || middle > high {
            let what = format!("{low}, {middle}, {high}: a lower hundredth is above a higher one");
            return Err(refused(source, row.number, "p10, p50, p90", &what));
        }
        values.push(Some(Foreseen::Quantiles([*low, *middle, *high])));
    }
    Ok(values)
}

fn refused(source: &Source<'_>, row: usize, field: &str, what: &str) -> Failure {
    Failure::work(format!("{}: row {row}, field {field}: {what}", source.name()))
}

/// The rows of quantiles, in order of time; `None` for a file that has none.
fn rows(source: &Source<'_>) -> Result<Option<(Vec<Row>, Unit)>> {
    if source.is_stored() {
        return Ok(None);
    }
    let bytes = source.bytes();
    let is_json =
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"[{".contains(byte));
    let found = if is_json { published(source)? } else { columns(source)? };
    Ok(found.map(|(mut rows, unit)| {
        rows.sort_by_key(|row| (row.from, row.number));
        (rows, unit)
    }))
}

/// Rows of CSV with columns p10, p50 and p90.
fn columns(source: &Source<'_>) -> Result<Option<(Vec<Row>, Unit)>> {
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(source.bytes());
    let Ok(header) = reader.headers().cloned() else { return Ok(None) };
    let column = |name: &str| header.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    let places = QUANTILES.map(column);
    if places.iter().all(Option::is_none) {
        return Ok(None);
    }
    let missing = |name: &str| Failure::work(format!("{}: has no column {name}", source.name()));
    if let Some((name, _)) = QUANTILES.iter().zip(places).find(|(_, place)| place.is_none()) {
        return Err(missing(&format!("{name}: a forecast has p10, p50 and p90, or one value a row")));
    }
    let start = STARTS.iter().find_map(|name| column(name)).ok_or_else(|| missing("start"))?;
    let mut rows = Vec::new();
    for (number, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|error| Failure::work(format!("{}: {error}", source.name())))?;
        let text = |place: usize| record.get(place).unwrap_or("").trim();
        let from = parse_instant(text(start))
            .map_err(|error| refused(source, number, "start", &error.to_string()))?;
        let mut values = [Decimal::ZERO; 3];
        for ((value, place), name) in values.iter_mut().zip(places).zip(QUANTILES) {
            let text = place.map_or("", text);
            *value = decimal(text)
                .ok_or_else(|| refused(source, number, name, &format!("not a number: {text:?}")))?;
        }
        rows.push(Row { number, from, values });
    }
    Ok(Some((rows, Unit::Asked)))
}

/// A finite decimal, plain or with an exponent.
fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// A forecast of Agile rates as agile_predict publishes it.
#[derive(Deserialize)]
struct Predicted<'a> {
    #[serde(borrow)]
    prices: Vec<PredictedPrice<'a>>,
}

#[derive(Deserialize)]
struct PredictedPrice<'a> {
    date_time: String,
    #[serde(borrow)]
    agile_pred: &'a RawValue,
    #[serde(borrow)]
    agile_low: Option<&'a RawValue>,
    #[serde(borrow)]
    agile_high: Option<&'a RawValue>,
}

/// A forecast of solar power as Solcast gives it.
#[derive(Deserialize)]
struct Estimated<'a> {
    #[serde(borrow)]
    forecasts: Vec<Estimate<'a>>,
}

#[derive(Deserialize)]
struct Estimate<'a> {
    period_end: String,
    period: Option<String>,
    #[serde(borrow)]
    pv_estimate: &'a RawValue,
    #[serde(borrow)]
    pv_estimate10: Option<&'a RawValue>,
    #[serde(borrow)]
    pv_estimate90: Option<&'a RawValue>,
}

/// What a service publishes as JSON; `None` for JSON of another kind.
fn published(source: &Source<'_>) -> Result<Option<(Vec<Row>, Unit)>> {
    let bytes = source.bytes();
    let number = |row: usize, field: &str, text: &str| {
        decimal(text).ok_or_else(|| refused(source, row, field, &format!("not a number: {text}")))
    };
    let instant = |row: usize, field: &str, text: &str| {
        parse_instant(text).map_err(|error| refused(source, row, field, &error.to_string()))
    };
    let three = |row: usize, fields: [(&str, Option<&RawValue>); 3]| {
        let [low, middle, high] = fields;
        let middle_text = middle.1.map_or("null", RawValue::get);
        let of = |(field, value): (&str, Option<&RawValue>)| {
            number(row, field, value.map_or(middle_text, RawValue::get))
        };
        Ok::<_, Failure>([of(low)?, of(middle)?, of(high)?])
    };
    let several: Option<Vec<Predicted<'_>>> = serde_json::from_slice(bytes)
        .ok()
        .or_else(|| serde_json::from_slice(bytes).ok().map(|one| vec![one]));
    if let Some(predicted) = several.filter(|several| !several.is_empty()) {
        let [one] = predicted.as_slice() else {
            return Err(Failure::work(format!(
                "{}: holds {} forecasts: keep the latest alone",
                source.name(),
                predicted.len()
            )));
        };
        let rows = one.prices.iter().enumerate().map(|(place, price)| {
            let fields = [
                ("agile_low", price.agile_low),
                ("agile_pred", Some(price.agile_pred)),
                ("agile_high", price.agile_high),
            ];
            Ok(Row {
                number: place + 1,
                from: instant(place + 1, "date_time", &price.date_time)?,
                values: three(place + 1, fields)?,
            })
        });
        return Ok(Some((rows.collect::<Result<_>>()?, Unit::Rate)));
    }
    let Ok(estimated) = serde_json::from_slice::<Estimated<'_>>(bytes) else { return Ok(None) };
    let rows = estimated.forecasts.iter().enumerate().map(|(place, estimate)| {
        let minutes = match estimate.period.as_deref() {
            None | Some("PT30M") => 30,
            Some("PT5M") => 5,
            Some("PT10M") => 10,
            Some("PT15M") => 15,
            Some("PT60M" | "PT1H") => 60,
            Some(other) => {
                return Err(refused(
                    source,
                    place + 1,
                    "period",
                    &format!("not a length such as PT30M: {other}"),
                ));
            }
        };
        let fields = [
            ("pv_estimate10", estimate.pv_estimate10),
            ("pv_estimate", Some(estimate.pv_estimate)),
            ("pv_estimate90", estimate.pv_estimate90),
        ];
        let end = instant(place + 1, "period_end", &estimate.period_end)?;
        let from = end - chrono::TimeDelta::minutes(minutes);
        Ok(Row { number: place + 1, from, values: three(place + 1, fields)? })
    });
    Ok(Some((rows.collect::<Result<_>>()?, Unit::Power)))
}
