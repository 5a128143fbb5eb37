//! Each tariff of a batch bears its own VAT.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use kwhen::time::{Span, parse_instant};
use kwhen::{Energy, Money};
use kwhen_batch::{Book, Terms, bill};
use std::sync::Arc;

/// What two kWh at 20 p without VAT come to under a tariff, in an hour.
fn total(code: &str, from: &str) -> Money {
    let from = parse_instant(from).unwrap();
    let at = |minutes: i64| from.timestamp_millis() + minutes * 60_000;
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let times =
        |values: Vec<i64>| Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC")) as ArrayRef;
    let table = |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter(columns).unwrap();
    let rates = table(vec![("tariff", text(&[code])), ("value_exc_vat", text(&["20"]))]);
    let agreements =
        table(vec![("meter", text(&["m"])), ("tariff", text(&[code])), ("valid_from", times(vec![at(0)]))]);
    let readings = table(vec![
        ("meter", text(&["m", "m"])),
        ("interval_start", times(vec![at(0), at(30)])),
        ("wh", Arc::new(Int64Array::from(vec![1_000, 1_000]))),
    ]);
    let span = Span::new(from, from + chrono::TimeDelta::hours(1)).unwrap();
    let book = Book::new(&[rates], &[agreements], &Terms::new(span)).unwrap();
    let outcome = bill(&[readings], &book).unwrap();
    assert_eq!(outcome.unbilled, []);
    let bills = &outcome.bills;
    let kwh = bills[0].column_by_name("kwh").unwrap().as_primitive::<Decimal128Type>().value(0);
    assert_eq!(Energy::from_units(i64::try_from(kwh).unwrap()).unwrap(), "2".parse().unwrap());
    let total = bills[0].column_by_name("total_minor").unwrap().as_primitive::<Decimal128Type>().value(0);
    Money::from_units(total).unwrap()
}

/// 40 p: electricity for homes bears 5 % until the end of September 2026 and nothing after it, gas 5 %, a business 20 %, export nothing.
#[test]
fn a_tariff_bears_the_vat_of_its_fuel_direction_and_customer() {
    let (before, after) = ("2026-09-01T00:00:00Z", "2026-10-05T00:00:00Z");
    for (code, from, pence) in [
        ("E-1R-VAR-22-11-01-C", before, "42"),
        ("E-1R-VAR-22-11-01-C", after, "40"),
        ("FLAT", before, "42"),
        ("G-1R-VAR-22-11-01-C", before, "42"),
        ("G-1R-VAR-22-11-01-C", after, "42"),
        ("E-1R-FLUX-EXPORT-23-02-14-C", before, "40"),
        ("E-1R-OUTGOING-FIX-12M-19-05-13-C", before, "40"),
        ("E-1R-BUS-12M-FIXED-22-11-01-C", after, "48"),
    ] {
        assert_eq!(total(code, from), pence.parse().unwrap(), "{code} from {from}");
    }
}
