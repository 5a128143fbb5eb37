//! `kwhen_local_day` and `kwhen_market_day`: the day that an instant is in.

use crate::bill::text_of;
use crate::error::refused;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array};
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampSecondType};
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use kwhen::time::Calendar;
use std::sync::Arc;

/// `kwhen_local_day(instant [, time_zone])`: the date on the clock at an instant, `Europe/London` if no other zone is named. Bills and
/// standing charges go by it.
#[must_use]
pub fn local_day() -> ScalarUDF {
    ScalarUDF::new_from_impl(Day::new(Kind::Local))
}

/// `kwhen_market_day(instant [, time_zone])`: the day from 23:00 to 23:00 on the clock, named by the date on which it ends: in Great
/// Britain the CET day that day-ahead prices are made for.
#[must_use]
pub fn market_day() -> ScalarUDF {
    ScalarUDF::new_from_impl(Day::new(Kind::Market))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Day {
    kind: Kind,
    signature: Signature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Local,
    Market,
}

impl Kind {
    /// The day of a local time.
    fn date(self, local: NaiveDateTime) -> NaiveDate {
        match self {
            Self::Local => local.date(),
            Self::Market => local.checked_add_signed(TimeDelta::hours(1)).unwrap_or(local).date(),
        }
    }
}

impl Day {
    fn new(kind: Kind) -> Self {
        Self { kind, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

/// The type that instants are taken in.
pub(crate) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Second, Some("UTC".into()))
}

/// Refuses what is no instant.
pub(crate) fn check_instant(function: &str, kind: &DataType) -> Result<()> {
    match kind {
        DataType::Timestamp(..) | DataType::Null => Ok(()),
        _ => plan_err!("{function}: an instant is a timestamp in UTC, not {kind}"),
    }
}

/// The instants of a column of [`instant_type`].
pub(crate) fn instants(array: &ArrayRef) -> impl Iterator<Item = Option<DateTime<Utc>>> + '_ {
    let seconds = array.as_primitive_opt::<TimestampSecondType>();
    (0..array.len()).map(move |row| {
        let seconds = seconds.filter(|seconds| seconds.is_valid(row))?.value(row);
        DateTime::from_timestamp(seconds, 0)
    })
}

/// Whether all arguments are scalars; their answer is one too.
pub(crate) fn answer(args: &ScalarFunctionArgs, array: ArrayRef) -> Result<ColumnarValue> {
    let scalar = |value: &ColumnarValue| matches!(value, ColumnarValue::Scalar(_));
    if args.args.iter().all(scalar) && !array.is_empty() {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
    }
    Ok(ColumnarValue::Array(array))
}

/// The constant text of an argument.
pub(crate) fn constant(args: &ScalarFunctionArgs, place: usize, function: &str) -> Result<Option<String>> {
    match args.args.get(place) {
        None => Ok(None),
        Some(ColumnarValue::Scalar(value)) => text_of(value, function).map(Some),
        Some(ColumnarValue::Array(_)) => {
            exec_err!("{function}: argument {} must be a constant text", place + 1)
        }
    }
}

/// How many rows an answer has.
pub(crate) fn rows_of(args: &ScalarFunctionArgs) -> usize {
    let lengths = args.args.iter().filter_map(|value| match value {
        ColumnarValue::Array(array) => Some(array.len()),
        ColumnarValue::Scalar(_) => None,
    });
    lengths.max().unwrap_or(1)
}

impl ScalarUDFImpl for Day {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Local => "kwhen_local_day",
            Kind::Market => "kwhen_market_day",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        match kinds {
            [instant] => {
                check_instant(self.name(), instant)?;
                Ok(vec![instant_type()])
            }
            [instant, _zone] => {
                check_instant(self.name(), instant)?;
                Ok(vec![instant_type(), DataType::Utf8])
            }
            _ => plan_err!("{} takes an instant and, if not Europe/London, a time zone", self.name()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let calendar = match constant(&args, 1, self.name())? {
            Some(zone) => Calendar::named(&zone).map_err(refused)?,
            None => Calendar::great_britain(),
        };
        let Some(instant) = args.args.first() else { return exec_err!("{} needs an instant", self.name()) };
        let array = instant.to_array(rows_of(&args))?;
        let days = instants(&array).map(|instant| {
            let date = self.kind.date(calendar.local(instant?));
            i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
        });
        let days: Date32Array = days.collect();
        answer(&args, Arc::new(days))
    }
}
