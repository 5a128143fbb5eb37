//! The reader of regular rows gives what the general one gives, or nothing.

use super::options::{PriceOptions, PriceRole, ReadingOptions};
use super::regular::{consumption, unit_rates};
use super::{general_consumption, general_unit_rates};
use proptest::prelude::*;
use std::fmt::Write as _;

fn readings_csv() -> String {
    let mut text = "consumption,interval_start,interval_end\n".to_owned();
    for (value, from, to) in [
        ("0.182", "2025-10-26T01:00:00+01:00", "2025-10-26T01:30:00+01:00"),
        ("0.2", "2025-10-26T01:30:00+01:00", "2025-10-26T01:00:00Z"),
        ("1", "2025-10-26T02:00:00+0000", "2025-10-26T02:30:00Z"),
    ] {
        let _ = writeln!(text, "{value},{from},{to}");
    }
    text
}

fn readings_json() -> String {
    "{\"count\": 2, \"next\": null, \"previous\": null, \"results\": [\n {\"consumption\": 0.063, \"interval_start\": \"2018-05-19T00:30:00+0100\", \"interval_end\": \"2018-05-19T01:00:00+0100\"},\n {\"consumption\": 0.5, \"interval_start\": \"2018-05-19T00:00:00+0100\", \"interval_end\": \"2018-05-19T00:30:00+0100\"}\n]}\n".to_owned()
}

fn rates_json() -> String {
    "[{\"value_exc_vat\":4.86,\"value_inc_vat\":5.103,\"valid_from\":\"2020-12-26T22:30:00Z\",\"valid_to\":\"2020-12-26T23:00:00Z\",\"payment_method\":null},{\"value_exc_vat\":-4,\"value_inc_vat\":-4.2,\"valid_from\":\"2020-12-26T22:00:00Z\",\"valid_to\":\"2020-12-26T22:30:00Z\",\"payment_method\":null}]".to_owned()
}

fn rates_csv() -> String {
    "value_exc_vat,value_inc_vat,valid_from,valid_to\r\n8.83,9.2715,2025-10-26T00:00:00Z,2025-10-26T00:30:00Z\r\n-1.50,-1.575,2025-10-26T00:30:00Z,2025-10-26T01:00:00Z".to_owned()
}

/// What this reader gives, the general one gives too.
fn agrees(bytes: &[u8]) -> bool {
    let mut is_read = false;
    if let Some(fast) = consumption(bytes, &ReadingOptions::default()) {
        let slow =
            general_consumption(bytes, &ReadingOptions::default()).expect("the general reader reads it too");
        assert_eq!(fast.grid(), slow.grid());
        assert!(fast.iter().eq(slow.iter()));
        assert_eq!(fast.notices(), slow.notices());
        is_read = true;
    }
    for role in [None, Some(PriceRole::Import), Some(PriceRole::Export)] {
        let options = PriceOptions { role, ..PriceOptions::default() };
        if let Some(fast) = unit_rates(bytes, &options) {
            let slow = general_unit_rates(bytes, &options).expect("the general reader reads it too");
            assert!(fast.intervals().eq(slow.intervals()));
            assert_eq!(fast.notices(), slow.notices());
            is_read = true;
        }
    }
    is_read
}

#[test]
fn regular_rows_are_read_here() {
    for text in [readings_csv(), readings_json(), rates_json(), rates_csv()] {
        assert!(agrees(text.as_bytes()), "{text}");
    }
}

#[test]
fn what_is_not_regular_is_left() {
    for (from, to) in [
        ("0.182", "0.1820000001"),
        ("0.182", "-0.182"),
        ("0.182", "1e2"),
        ("0.182", "99"),
        ("0.182", ""),
        ("T01:00:00+01:00,2025", "T01:00:01+01:00,2025"),
        ("T01:00:00+01:00,2025", "T01:00:00,2025"),
        ("interval_end", "end"),
        ("0.2,2025-10-26T01:30", "0.2,2025-10-26T01:00"),
    ] {
        let text = readings_csv().replace(from, to);
        assert!(!agrees(text.as_bytes()), "{text}");
    }
    for (from, to) in [
        ("\"count\": 2", "\"count\": 3"),
        ("\"next\": null", "\"next\": \"x\""),
        ("]}", "]"),
        ("\"interval_end\"", "\"interval_start\""),
    ] {
        assert!(!agrees(readings_json().replace(from, to).as_bytes()), "{to}");
    }
}

/// The same with one row, in whose damage no second row is left to disagree.
fn one_row_each() -> [String; 2] {
    [
        "{ \"count\" : 1 , \"next\": null, \"previous\": null, \"results\": [\n {\"consumption\": 0.063, \"interval_start\": \"2018-05-19T00:30:00+0100\", \"interval_end\": \"2018-05-19T01:00:00+0100\"}\n] }\n".to_owned(),
        "[{\"value_exc_vat\": 15.0, \"value_inc_vat\" : 15.75, \"valid_from\": \"2020-12-26T22:30:00Z\", \"valid_to\": \"2020-12-26T23:00:00Z\", \"payment_method\": null }]".to_owned(),
    ]
}

#[test]
fn what_is_not_json_is_left() {
    let [readings, rates] = one_row_each();
    for text in [&readings, &rates] {
        assert!(agrees(text.as_bytes()), "{text}");
    }
    for (from, to) in [
        ("0.063", "00.063"),
        ("\"count\" : 1", "\"co unt\" : 1"),
        ("\"count\" : 1", "\"count\" : 01"),
        ("\"count\" : 1", "\"count\" : +1"),
        ("\"count\" : 1", "\"count\" : 1.5"),
        ("\"consumption\": ", "\"consumption\" "),
        ("\"consumption\": ", "\"consumption\":: "),
        (", \"interval_end\"", ",,\"interval_end\""),
        ("{\"consumption\"", "{,\"consumption\""),
        ("\n {", "\u{c}{"),
        ("\n] }", "\u{c}] }"),
        ("] }\n", "] }\u{c}"),
        ("{ \"count\"", "\u{c}{ \"count\""),
        ("{ \"count\"", "{\u{c}\"count\""),
        ("\"}\n", "\"\u{c}}\n"),
    ] {
        let text = readings.replacen(from, to, 1);
        assert_ne!(text, readings);
        assert!(!agrees(text.as_bytes()), "{text}");
    }
    assert!(!agrees(rates.replace("15.0,", "015.0,").as_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]
    #[test]
    fn a_file_with_a_byte_changed_is_read_alike_or_left(which in 0_usize..6, at in 0_usize..500, byte in any::<u8>(), kind in 0_u8..5) {
        let [one_reading, one_rate] = one_row_each();
        let mut bytes =
            [readings_csv(), readings_json(), rates_json(), rates_csv(), one_reading, one_rate][which].clone().into_bytes();
        let at = at % bytes.len();
        match kind {
            0 => bytes[at] = byte,
            1 => bytes.truncate(at),
            2 => bytes.insert(at, b"0123456789-+.,\":{}[]TZ\r\n\x0ce"[usize::from(byte) % 26]),
            3 => drop(bytes.remove(at)),
            _ => bytes[at] = b"0123456789-+.,\":{}[]TZ\r\n e"[usize::from(byte) % 26],
        }
        agrees(&bytes);
    }
}
