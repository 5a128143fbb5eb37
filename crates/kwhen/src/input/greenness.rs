//! How green electricity is expected to be: an index over time, no grams.

use crate::error::{Error, Result};
use crate::time::{Span, parse_instant};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// An index over time; the higher, the greener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Greenness {
    /// In order of time, without overlap; there may be gaps.
    pub periods: Vec<(Span, Decimal)>,
}

impl Greenness {
    /// The index at an instant; `None` where none is known.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> Option<Decimal> {
        let place = self.periods.partition_point(|(span, _)| span.to() <= instant);
        self.periods.get(place).filter(|(span, _)| span.contains(instant)).map(|(_, score)| *score)
    }
}

/// Reads what `greennessForecast` of the service answers: an object of the answer, of its `data`, or the list alone, in any order.
///
/// An error names the period and the field that cannot be; also where two periods overlap, and where none has a score.
pub fn greenness(bytes: &[u8]) -> Result<Greenness> {
    const NAME: &str = "greennessForecast";
    let said: Value = serde_json::from_slice(bytes).map_err(|error| {
        Error::syntax(format!("is no JSON as {NAME} gives it (kwhen api call {NAME} --format json): {error}"))
    })?;
    let inner = said.get("data").unwrap_or(&said);
    let list = inner.get(NAME).unwrap_or(inner).as_array().ok_or_else(|| {
        Error::syntax(format!(
            "holds no list of periods as {NAME} gives it (kwhen api call {NAME} --format json)"
        ))
    })?;
    let mut periods = Vec::with_capacity(list.len());
    for (row, period) in (1..).zip(list) {
        let text = |field: &str| {
            period
                .get(field)
                .and_then(Value::as_str)
                .ok_or_else(|| Error::missing("is no text").in_field(field))
        };
        let at = |field: &str| parse_instant(text(field)?).map_err(|error| error.in_field(field));
        let read = || -> Result<(Span, Decimal)> {
            let span =
                Span::new(at("validFrom")?, at("validTo")?).map_err(|error| error.in_field("validTo"))?;
            let score = match period.get("greennessScore") {
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::String(text)) => text.clone(),
                _ => return Err(Error::missing("is no number").in_field("greennessScore")),
            };
            let wrong = |_| Error::syntax("is no number").in_field("greennessScore").with_value(&score);
            let score = score.parse().map_err(wrong)?;
            Ok((span, score))
        };
        periods.push(read().map_err(|error| error.in_row(row))?);
    }
    periods.sort_by_key(|(span, _)| *span);
    let next = periods.iter().skip(1);
    if let Some(((one, _), (other, _))) =
        periods.iter().zip(next).find(|((one, _), (next, _))| next.from() < one.to())
    {
        return Err(Error::overlap(format!("two periods overlap: {one} and {other}")).in_field("validFrom"));
    }
    if periods.is_empty() {
        return Err(Error::missing(format!("{NAME} holds no period")));
    }
    Ok(Greenness { periods })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_read_in_any_order_and_what_cannot_be_is_named() {
        let period = |from: &str, to: &str, score: &str| {
            format!(
                r#"{{"validFrom": "2026-01-01T{from}:00Z", "validTo": "2026-01-01T{to}:00Z", "greennessScore": {score}, "greennessIndex": "LOW"}}"#
            )
        };
        let (late, early) = (period("06:00", "09:00", "71"), period("00:00", "05:00", "12.5"));
        let list = format!("[{late}, {early}]");
        let whole = greenness(format!(r#"{{"data": {{"greennessForecast": {list}}}}}"#).as_bytes()).unwrap();
        assert_eq!(whole, greenness(list.as_bytes()).unwrap());
        let at = |time: &str| {
            whole.at(parse_instant(&format!("2026-01-01T{time}:00Z")).unwrap()).map(|score| score.to_string())
        };
        assert_eq!(at("04:59").as_deref(), Some("12.5"));
        assert_eq!((at("05:00"), at("06:00").as_deref()), (None, Some("71")));
        let overlapping = format!("[{early}, {}]", period("04:00", "06:00", "1"));
        for (text, part) in [
            ("[]".to_owned(), "no period"),
            ("{}".to_owned(), "no list"),
            ("start,rate".to_owned(), "no JSON"),
            (overlapping, "overlap"),
            (format!("[{}]", period("00:00", "01:00", "null")), "row 1, field greennessScore"),
            (format!("[{}]", period("01:00", "01:00", "1")), "field validTo"),
        ] {
            let error = greenness(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
