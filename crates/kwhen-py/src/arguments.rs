//! Arguments as the Python half hands them over.

use crate::errors::{OrRaise, bad_argument, read};
use kwhen::Rounding;
use kwhen::bill::{BillOptions, BillingRules, Grouping, MissingReadings};
use kwhen::series::{PaymentMethod, VatBasis};
use kwhen::time::{Calendar, PeriodKind, SlotLength, Span};
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A span as seconds since 1970.
pub(crate) type Seconds = (i64, i64);

/// The instant of a second.
pub(crate) fn instant(seconds: i64) -> PyResult<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| bad_argument(&format!("{seconds} seconds since 1970 is no instant")))
}

/// A span of seconds.
pub(crate) fn span((from, to): Seconds) -> PyResult<Span> {
    Span::new(instant(from)?, instant(to)?).or_raise()
}

/// A slot length in minutes, if one is given.
pub(crate) fn slot_length(minutes: Option<u32>) -> PyResult<Option<SlotLength>> {
    minutes.map(SlotLength::from_minutes).transpose().or_raise()
}

/// Spans of seconds.
pub(crate) fn spans(pairs: &[Seconds]) -> PyResult<Vec<Span>> {
    pairs.iter().map(|pair| span(*pair)).collect()
}

/// A span as seconds.
pub(crate) fn seconds(span: Span) -> Seconds {
    (span.from().timestamp(), span.to().timestamp())
}

/// A value of serde's by its name, such as a rounding mode or a policy.
pub(crate) fn named<T: DeserializeOwned>(name: &str, what: &str) -> PyResult<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|error| bad_argument(&format!("{what}: {error}")))
}

/// A rounding mode by its name.
pub(crate) fn rounding(name: Option<&str>) -> PyResult<Option<Rounding>> {
    name.map(|name| named(name, "rounding")).transpose()
}

/// Whether VAT is in a bare price.
pub(crate) const fn basis(vat_included: bool) -> VatBasis {
    if vat_included { VatBasis::Inclusive } else { VatBasis::Exclusive }
}

/// A payment method by its name.
pub(crate) fn payment_method(name: Option<&str>) -> Option<PaymentMethod> {
    name.map(PaymentMethod::named)
}

/// A calendar by the zone's name.
pub(crate) fn calendar(zone: &str) -> PyResult<Calendar> {
    Calendar::named(zone).or_raise()
}

/// Rules by a preset's name, or from JSON where it begins with a brace.
pub(crate) fn rules(text: &str) -> PyResult<BillingRules> {
    if text.trim_start().starts_with('{') {
        BillingRules::from_json(text.as_bytes()).or_raise()
    } else {
        BillingRules::named(text).or_raise()
    }
}

/// A kind of period by its name.
pub(crate) fn period_kind(name: &str) -> PyResult<PeriodKind> {
    Ok(match name {
        "day" => PeriodKind::Day,
        "week" => PeriodKind::Week,
        "month" => PeriodKind::Month,
        "year" => PeriodKind::Year,
        "market-day" => PeriodKind::MarketDay,
        _ => {
            return Err(bad_argument(&format!(
                "{name:?} is no period: day, week, month, year or market-day"
            )));
        }
    })
}

/// Pieces of a bill by their name.
pub(crate) fn grouping(name: Option<&str>) -> PyResult<Option<Grouping>> {
    Ok(match name {
        None => None,
        Some("half-hour" | "slot") => Some(Grouping::Slots),
        Some(name) => Some(Grouping::Periods(period_kind(name)?)),
    })
}

/// How a bill is made.
pub(crate) fn options(
    zone: &str,
    rules_text: &str,
    missing: &str,
    by: Option<&str>,
) -> PyResult<BillOptions> {
    Ok(BillOptions {
        calendar: calendar(zone)?,
        rules: rules(rules_text)?,
        missing: named::<MissingReadings>(missing, "missing")?,
        grouping: grouping(by)?,
        ..BillOptions::default()
    })
}

/// A request that came as JSON of the Python half, so that its lines and columns are nobody's.
pub(crate) fn request<T: DeserializeOwned>(json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        bad_argument(text.split_once(" at line ").map_or(text.as_str(), |(message, _)| message))
    })
}

/// An answer as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> PyResult<String> {
    read(serde_json::to_string(value))
}
