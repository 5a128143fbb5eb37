//! `kwhen_unit_rate` and `kwhen_cheapest_window`: what a tariff says of an instant and of a span.

use crate::days::{answer, check_instant, constant, instant_type, instants, rows_of};
use crate::error::refused;
use crate::plan::{Kept, tariff_of};
use chrono::{DateTime, Datelike, Utc};
use datafusion::arrow::array::{
    ArrayRef, AsArray, Decimal128Builder, NullBufferBuilder, StructArray, TimestampMillisecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int64Type, TimeUnit};
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use kwhen::UnitRate;
use kwhen::plan::SlotPrices;
use kwhen::plan::window::{Window, WindowRequest};
use kwhen::series::{RateSeries, VatBasis};
use kwhen::tariff::{Tariff, UnitRates};
use kwhen::time::{Grid, SlotLength, Span, parse_instant};
use std::sync::Arc;

const UNIT_RATE: &str = "kwhen_unit_rate";
const CHEAPEST_WINDOW: &str = "kwhen_cheapest_window";

/// Rates in p/kWh.
const RATE: DataType = DataType::Decimal128(18, UnitRate::SCALE as i8);

/// `kwhen_unit_rate(tariff, instant [, basis])`: the rate in p/kWh at an instant, as an exact decimal; null where none is known.
///
/// `tariff` is a constant, the JSON of a [`TariffDefinition`](kwhen::tariff::TariffDefinition), which names its `time_zone` unless
/// that is Europe/London. `basis` is `inclusive` or `exclusive` of
/// VAT, and the answer is null where the tariff does not say that price; without it the price is the one with VAT where the tariff says
/// that, else the other.
#[must_use]
pub fn unit_rate() -> ScalarUDF {
    ScalarUDF::new_from_impl(Rate { signature: Signature::user_defined(Volatility::Immutable) })
}

/// `kwhen_cheapest_window(tariff, from, to, minutes)`: the cheapest unbroken run of so many minutes between two instants, a struct of
/// `from`, `to` and `average_minor_per_kwh`; the earliest of equals; null where the time or the known rates leave no room.
///
/// `tariff` is a constant, the JSON of a [`TariffDefinition`](kwhen::tariff::TariffDefinition), which names its `time_zone` unless
/// that is Europe/London.
#[must_use]
pub fn cheapest_window() -> ScalarUDF {
    ScalarUDF::new_from_impl(Cheapest { signature: Signature::user_defined(Volatility::Immutable) })
}

/// The rates of a tariff in a calendar year of UTC; `None` where it has none then.
fn rates_of(text: &str, tariff: &Tariff, year: i32) -> Result<Option<Arc<RateSeries>>> {
    static YEARS: Kept<Option<Arc<RateSeries>>> = Kept::new();
    // A series is the same in every year.
    let year = if matches!(tariff.unit_rates, UnitRates::Series(_)) { 0 } else { year };
    YEARS.of(&format!("{year} {text}"), || {
        let start = |year: i32| parse_instant(&format!("{year:04}-01-01T00:00:00Z"));
        let span = match year {
            0 => start(1970).and_then(|from| Span::new(from, start(2099)?)),
            _ => start(year).and_then(|from| Span::new(from, start(year + 1)?)),
        };
        match span.and_then(|span| tariff.unit_rates.series(span)) {
            Ok(series) => Ok(Some(Arc::new(series))),
            Err(error) if error.is_missing() || error.is_out_of_range() => Ok(None),
            Err(error) => Err(refused(error)),
        }
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Rate {
    signature: Signature,
}

impl ScalarUDFImpl for Rate {
    fn name(&self) -> &str {
        UNIT_RATE
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        let ([_, instant] | [_, instant, _]) = kinds else {
            return plan_err!("{UNIT_RATE} takes a tariff, an instant and, if wanted, a basis");
        };
        check_instant(UNIT_RATE, instant)?;
        let mut kinds = vec![DataType::Utf8; kinds.len()];
        if let Some(instant) = kinds.get_mut(1) {
            *instant = instant_type();
        }
        Ok(kinds)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(RATE)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(text) = constant(&args, 0, UNIT_RATE)? else {
            return exec_err!("{UNIT_RATE} needs a tariff");
        };
        let basis = match constant(&args, 2, UNIT_RATE)?.as_deref() {
            None => None,
            Some("inclusive") => Some(VatBasis::Inclusive),
            Some("exclusive") => Some(VatBasis::Exclusive),
            Some(other) => {
                return exec_err!("{UNIT_RATE}: the basis is inclusive or exclusive, not {other:?}");
            }
        };
        let tariff = tariff_of(&text)?;
        let Some(instant) = args.args.get(1) else { return exec_err!("{UNIT_RATE} needs an instant") };
        let array = instant.to_array(rows_of(&args))?;
        let mut out = Decimal128Builder::with_capacity(array.len()).with_data_type(RATE);
        let mut known: Option<(i32, Option<Arc<RateSeries>>)> = None;
        for instant in instants(&array) {
            let Some(instant) = instant else {
                out.append_null();
                continue;
            };
            let year = instant.year();
            let series = match &known {
                Some((of, series)) if *of == year => series,
                _ => &known.insert((year, rates_of(&text, &tariff, year)?)).1,
            };
            let prices = series.as_ref().and_then(|series| series.at(instant));
            let rate = prices.and_then(|prices| match basis {
                Some(basis) => prices.on(basis),
                None => Some(prices.paid()),
            });
            out.append_option(rate.map(|rate| i128::from(rate.units())));
        }
        answer(&args, Arc::new(out.finish()))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Cheapest {
    signature: Signature,
}

fn window_fields() -> Fields {
    // Parquet has no seconds: a query's answer that is written to a file would be bare numbers.
    let instant = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    Fields::from(vec![
        Field::new("from", instant(), true),
        Field::new("to", instant(), true),
        Field::new("average_minor_per_kwh", RATE, true),
    ])
}

impl ScalarUDFImpl for Cheapest {
    fn name(&self) -> &str {
        CHEAPEST_WINDOW
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        let [_, from, to, minutes] = kinds else {
            return plan_err!("{CHEAPEST_WINDOW} takes a tariff, two instants and a number of minutes");
        };
        check_instant(CHEAPEST_WINDOW, from)?;
        check_instant(CHEAPEST_WINDOW, to)?;
        if !minutes.is_integer() {
            return plan_err!("{CHEAPEST_WINDOW}: minutes are a whole number, not {minutes}");
        }
        Ok(vec![DataType::Utf8, instant_type(), instant_type(), DataType::Int64])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(window_fields()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = rows_of(&args);
        let [_, from, to, minutes] = &*args.args else {
            return exec_err!("{CHEAPEST_WINDOW} takes four arguments");
        };
        let Some(text) = constant(&args, 0, CHEAPEST_WINDOW)? else {
            return exec_err!("{CHEAPEST_WINDOW} needs a tariff");
        };
        let tariff = tariff_of(&text)?;
        let (from, to, minutes) = (from.to_array(rows)?, to.to_array(rows)?, minutes.to_array(rows)?);
        let minutes = minutes.as_primitive::<Int64Type>().iter();
        let starts = || TimestampMillisecondBuilder::with_capacity(rows).with_timezone("UTC");
        let (mut begins, mut ends) = (starts(), starts());
        let mut averages = Decimal128Builder::with_capacity(rows).with_data_type(RATE);
        let mut valid = NullBufferBuilder::new(rows);
        for ((from, to), minutes) in instants(&from).zip(instants(&to)).zip(minutes) {
            let found = match (from, to, minutes) {
                (Some(from), Some(to), Some(minutes)) => window(&tariff, from, to, minutes)?,
                _ => None,
            };
            let block = found.as_ref().and_then(|window| window.blocks.first());
            begins.append_option(block.map(|block| block.from().timestamp_millis()));
            ends.append_option(block.map(|block| block.to().timestamp_millis()));
            averages.append_option(found.as_ref().map(|window| window.average_minor_per_kwh.units().into()));
            valid.append(found.is_some());
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(begins.finish()), Arc::new(ends.finish()), Arc::new(averages.finish())];
        answer(&args, Arc::new(StructArray::try_new(window_fields(), columns, valid.finish())?))
    }
}

/// The cheapest window; `None` where there is none.
fn window(tariff: &Tariff, from: DateTime<Utc>, to: DateTime<Utc>, minutes: i64) -> Result<Option<Window>> {
    let slot = SlotLength::HALF_HOUR;
    let Ok(minutes) = u32::try_from(minutes) else {
        return exec_err!("{CHEAPEST_WINDOW}: {minutes} minutes");
    };
    let find = || {
        let during = Span::new(from, to)?;
        // Half-hours start on the half-hour, whatever the span does.
        let down = |instant: DateTime<Utc>| instant.timestamp().div_euclid(slot.seconds());
        let first = down(from);
        let count = usize::try_from(down(to + chrono::TimeDelta::seconds(slot.seconds() - 1)) - first);
        let start = DateTime::from_timestamp(first * slot.seconds(), 0).unwrap_or(from);
        let grid = Grid::new(start, slot, count.unwrap_or(0))?;
        let series = tariff.unit_rates.series(Span::new(grid.start(), grid.end())?)?;
        let rates = series.on_grid(&grid, series.paid_basis())?;
        WindowRequest::unbroken(minutes)?.during(during).find(&SlotPrices::from_rates(&rates))
    };
    match find() {
        Ok(found) => Ok(found.windows.into_iter().next()),
        Err(error) if error.is_missing() || error.is_infeasible() || error.is_order() => Ok(None),
        Err(error) => Err(refused(error)),
    }
}
