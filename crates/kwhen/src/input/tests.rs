use super::*;
use crate::quantity::Rounding;
use crate::series::{NoticeKind, VatBasis};
use proptest::prelude::*;

fn rates(text: &str) -> Result<RateSeries> {
    unit_rates(text.as_bytes(), &PriceOptions::default())
}

fn readings(text: &str) -> Result<Consumption> {
    consumption(text.as_bytes(), &ReadingOptions::default())
}

const ROW: &str = r#"{"value_exc_vat": 4.86, "value_inc_vat": 5.103, "valid_from": "2020-12-26T22:30:00Z", "valid_to": "2020-12-26T23:00:00Z"}"#;
const NEXT_ROW: &str = r#"{"value_exc_vat": 27.5796, "value_inc_vat": 28.95858, "valid_from": "2020-12-26T23:00:00Z", "valid_to": null, "payment_method": null}"#;

#[test]
fn a_page_an_array_pages_in_a_row_and_an_array_of_pages_say_the_same() {
    let forms = [
        format!(r#"{{"count": 2, "next": null, "previous": null, "results": [{NEXT_ROW}, {ROW}]}}"#),
        format!("[{ROW},{NEXT_ROW}]"),
        format!(r#"{{"results": [{ROW}]}} {{"results": [{NEXT_ROW}]}}"#),
        format!(r#"[{{"results": [{ROW}]}}, {{"results": [{NEXT_ROW}]}}]"#),
        format!("\u{feff}[{ROW},{NEXT_ROW}]"),
        "value_exc_vat,value_inc_vat,valid_from,valid_to\n4.86,5.103,2020-12-26T22:30:00Z,2020-12-26T23:00:00Z\n27.5796,28.95858,2020-12-26T23:00:00Z,\n".into(),
        " Valid_From , valid_to,VALUE_EXC_VAT,value_inc_vat,payment_method\r\n2020-12-26T22:30:00+00:00,2020-12-26T23:00:00Z,4.86,5.103,null\r\n2020-12-27T00:00:00+0100,NULL,27.5796,28.95858,\r\n".into(),
    ];
    for form in forms {
        let series = rates(&form).unwrap_or_else(|error| panic!("{error}\n{form}"));
        let seen: Vec<_> = series
            .intervals()
            .map(|interval| (interval.span.to_string(), interval.prices.to_string()))
            .collect();
        assert_eq!(
            seen,
            [
                ("2020-12-26T22:30:00Z to 2020-12-26T23:00:00Z".into(), "4.86 exc VAT (5.103 inc)".into()),
                (
                    "2020-12-26T23:00:00Z to 2100-01-01T00:00:00Z".into(),
                    "27.5796 exc VAT (28.95858 inc)".to_owned()
                ),
            ],
            "{form}"
        );
    }
}

#[test]
fn a_page_that_is_not_the_last_says_so() {
    let series =
        rates(&format!(r#"{{"count": 69885, "next": "https://example.org/?page=2", "results": [{ROW}]}}"#))
            .unwrap();
    assert_eq!(series.notices().len(), 1);
    assert!(series.notices()[0].to_string().contains("69884 rows"), "{}", series.notices()[0]);
}

#[test]
fn the_headerless_export_and_bare_columns() {
    let export = "2018-02-19T00:00:00Z,00:00,A,Eastern_England,9.2715\n2018-02-19T00:30:00Z,00:30,A,Eastern_England,9.7755\n2018-02-19T01:30:00Z,01:30,A,Eastern_England,9.3975\n";
    let series = rates(export).unwrap();
    assert_eq!((series.len(), series.gaps().len()), (3, 1));
    assert_eq!(series.paid_basis(), VatBasis::Inclusive);
    let bare = "start,rate\n2026-01-01T00:00:00Z,10\n2026-01-01T01:00:00Z,20\n";
    let options = PriceOptions { bare_price: VatBasis::Exclusive, ..PriceOptions::default() };
    let series = unit_rates(bare.as_bytes(), &options).unwrap();
    assert!(series.has(VatBasis::Exclusive) && !series.has(VatBasis::Inclusive));
    assert_eq!(series.slot_length().minutes(), 60);
    let charges =
        standing_charges(b"from,standing_charge\n2026-01-01T00:00:00Z,37.6525\n", &PriceOptions::default())
            .unwrap();
    assert_eq!(charges.intervals()[0].prices, Prices::Inclusive("37.6525".parse().unwrap()));
}

#[test]
fn readings_in_every_form() {
    let forms = [
        r#"{"count":2,"next":null,"results":[{"consumption":0.182,"interval_start":"2020-12-24T23:00:00Z","interval_end":"2020-12-24T23:30:00Z"},{"consumption":"0.2730","interval_start":"2020-12-24T23:30:00Z","interval_end":"2020-12-25T00:00:00Z"}]}"#,
        "start,kwh\n2020-12-24T23:30:00Z,0.273\n2020-12-24T23:00:00Z,0.182\n",
        "Consumption (kwh), Estimated Cost Inc. Tax (p), Standing Charge Inc. Tax (p), Start, End\n0.182,1.27,0.99,2020-12-24T23:00:00+00:00,2020-12-24T23:30:00+00:00\n0.273,1.9,0.99,2020-12-24T23:30:00+00:00,2020-12-25T00:00:00+00:00\n",
    ];
    for form in forms {
        let read = readings(form).unwrap_or_else(|error| panic!("{error}\n{form}"));
        assert_eq!(
            read.iter().map(|value| value.unwrap().to_string()).collect::<Vec<_>>(),
            ["0.182", "0.273"],
            "{form}"
        );
    }
    let holes =
        readings("start,kwh\n2020-12-24T23:00:00Z,0.1\n2020-12-24T23:30:00Z,Null\n2020-12-25T00:00:00Z,\n")
            .unwrap();
    assert_eq!((holes.grid().len(), holes.reading_count()), (3, 1));
}

#[test]
fn bad_input_is_named_by_row_field_and_value() {
    let page = |row: &str| format!(r#"{{"results": [{ROW}, {row}]}}"#);
    for (text, expected) in [
        (String::new(), "is empty"),
        ("  \n".into(), "is empty"),
        ("{\"results\": [".into(), "is not whole JSON"),
        ("{\"results\": []}".into(), "holds no rows"),
        ("{\"detail\": \"Invalid API key.\"}".into(), "Invalid API key."),
        ("[1]".into(), "row 1, value \"1\": is not an object"),
        ("<html></html>".into(), "has none of the columns"),
        ("a,b\n1,2\n".into(), "field header, value \"a,b\""),
        ("start,rate\n".into(), "holds a header and no rows"),
        (
            "start,rate\n2026-01-01T00:00:00Z\n".into(),
            "row 1, value \"2026-01-01T00:00:00Z\": has 1 fields where the header has 2",
        ),
        (
            "start,rate\n2026-01-01T00:00:00Z,NaN\n".into(),
            "row 1, field rate, value \"NaN\": not a decimal number",
        ),
        (
            "start,rate\n2026-01-01T00:00:00,1\n".into(),
            "row 1, field start, value \"2026-01-01T00:00:00\": has no time zone",
        ),
        ("start,rate\n2100-01-01T00:30:00Z,1\n".into(), "row 1, field start"),
        ("start,kwh\n2026-01-01T00:00:00Z,1\n".into(), "holds consumption, not unit rates"),
        ("start,standing_charge\n2026-01-01T00:00:00Z,40\n".into(), "holds standing charges, not unit rates"),
        (
            page(r#"{"value_inc_vat": true, "valid_from": "2020-12-26T23:00:00Z"}"#),
            "row 2, field value_inc_vat, value \"true\"",
        ),
        (
            page(r#"{"value_exc_vat": null, "value_inc_vat": null, "valid_from": "2020-12-26T23:00:00Z"}"#),
            "row 2, field value_exc_vat or value_inc_vat or rate: has no price",
        ),
        (
            page(r#"{"value_exc_vat": 1, "value_inc_vat": 1e999, "valid_from": "2020-12-26T23:00:00Z"}"#),
            "row 2, field value_inc_vat, value \"1e999\": too large",
        ),
        (
            page(
                r#"{"value_exc_vat": 1, "value_inc_vat": 2, "valid_from": "2020-12-26T23:00:00Z", "valid_to": "2020-12-26T22:30:00Z"}"#,
            ),
            "row 2, field valid_to, value \"2020-12-26T22:30:00Z\": must be after valid_from",
        ),
        (
            page(
                r#"{"value_exc_vat": 1, "value_inc_vat": 2, "valid_from": "2020-12-26T22:30:00Z", "valid_to": "2020-12-26T23:00:00Z"}"#,
            ),
            "row 2, field valid_from: disagrees with row 1",
        ),
        ("start,rate\n\u{0}\u{1},1\n".into(), "row 1, field start"),
    ] {
        let error = rates(&text).expect_err(&text).to_string();
        assert!(error.contains(expected), "{error}\nwanted: {expected}");
    }
    assert!(
        unit_rates(b"start,rate\n\xff\xfe,1\n", &PriceOptions::default())
            .unwrap_err()
            .to_string()
            .contains("row 1: is not UTF-8")
    );
    assert!(readings(&format!("[{ROW}]")).unwrap_err().to_string().contains("holds unit rates"));
    assert!(readings("kwh\n1\n").unwrap_err().to_string().contains("none of the columns interval_start"));
    let long = format!("start,rate\n{}", "9".repeat(10_000_000));
    assert!(rates(&long).unwrap_err().to_string().len() < 300);
}

#[test]
fn more_digits_than_are_held_need_a_named_rounding() {
    let text = "start,kwh\n2026-01-01T00:00:00Z,0.123456789123\n";
    assert!(readings(text).unwrap_err().is_precision());
    let options = ReadingOptions { rounding: Some(Rounding::HalfEven), ..ReadingOptions::default() };
    let rounded = consumption(text.as_bytes(), &options).unwrap();
    assert_eq!(rounded.get(0).unwrap().to_string(), "0.12345679");
}

fn intervals(series: &RateSeries) -> Vec<(String, String)> {
    let shown = |interval: crate::series::RateInterval| {
        (interval.span.to_string(), interval.prices.paid().to_string())
    };
    series.intervals().map(shown).collect()
}

fn kinds(notices: &[Notice]) -> Vec<NoticeKind> {
    notices.iter().map(|notice| notice.kind).collect()
}

#[test]
fn a_price_without_an_end_lasts_until_the_next_one_begins() {
    let series = rates("start,rate\n2026-11-02T00:00:00Z,10\n2026-11-02T02:00:00Z,12\n2026-11-02T05:00:00Z,15\n2026-11-02T06:00:00Z,16\n").unwrap();
    let expected = [
        ("2026-11-02T00:00:00Z to 2026-11-02T02:00:00Z", "10"),
        ("2026-11-02T02:00:00Z to 2026-11-02T05:00:00Z", "12"),
        ("2026-11-02T05:00:00Z to 2026-11-02T06:00:00Z", "15"),
        ("2026-11-02T06:00:00Z to 2026-11-02T07:00:00Z", "16"),
    ];
    assert_eq!(intervals(&series), expected.map(|(span, rate)| (span.to_owned(), rate.to_owned())));
    let said: Vec<String> = series.notices().iter().map(ToString::to_string).collect();
    assert!(
        said[0].contains("2 rows (first: row 1) say no end and were taken to hold until the next begins"),
        "{said:?}"
    );
    assert!(
        said[1]
            .contains("row 4 says no end and none follows; it was taken to hold until 2026-11-02T07:00:00Z"),
        "{said:?}"
    );
}

#[test]
fn the_last_price_lasts_a_step_of_its_list_on_the_local_clock() {
    for (text, last) in [
        // Local days over the spring night, which has 23 hours, and the autumn night, which has 25.
        ("start,rate\n2026-03-28T00:00:00Z,10\n2026-03-29T00:00:00Z,11\n", "2026-03-29T23:00:00Z"),
        ("start,rate\n2026-10-23T23:00:00Z,10\n2026-10-24T23:00:00Z,11\n", "2026-10-26T00:00:00Z"),
        // The longest step is 25 hours; the last lasts a day.
        ("start,rate\n2026-10-24T23:00:00Z,10\n2026-10-26T00:00:00Z,11\n", "2026-10-27T00:00:00Z"),
        // Firsts of months, and of quarters.
        (
            "start,rate\n2026-09-01T00:00:00+01:00,20\n2026-10-01T00:00:00+01:00,22\n2026-11-01T00:00:00Z,25\n",
            "2026-12-01T00:00:00Z",
        ),
        ("start,rate\n2026-01-01T00:00:00Z,20\n2026-04-01T00:00:00+01:00,22\n", "2026-06-30T23:00:00Z"),
        // Weeks.
        ("start,rate\n2026-10-11T23:00:00Z,20\n2026-10-18T23:00:00Z,22\n", "2026-10-26T00:00:00Z"),
        // Quarter-hours of which equal neighbours are left out: most steps are 30 minutes, the slot is the shortest.
        (
            "start,rate\n2026-11-02T00:00:00Z,10\n2026-11-02T00:30:00Z,11\n2026-11-02T01:00:00Z,12\n2026-11-02T01:15:00Z,13\n2026-11-02T01:45:00Z,14\n",
            "2026-11-02T02:00:00Z",
        ),
        // Newest first.
        ("start,rate\n2026-11-02T00:30:00Z,11\n2026-11-02T00:00:00Z,10\n", "2026-11-02T01:00:00Z"),
        ("start,rate\n2026-11-02T00:00:00Z,10\n", "2026-11-02T00:30:00Z"),
    ] {
        let series = rates(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(crate::time::instant_text(series.span().to()), last, "{text}");
        assert_eq!(series.gaps(), [], "{text}");
        assert!(matches!(kinds(series.notices()).last(), Some(NoticeKind::LastEndAssumed { .. })), "{text}");
    }
}

#[test]
fn a_hole_in_a_list_of_every_slot_is_no_repeat() {
    let mut text = "start,rate\n".to_owned();
    for slot in (0..48).filter(|slot| !(20..30).contains(slot)) {
        let _ = std::fmt::Write::write_fmt(
            &mut text,
            format_args!("2026-11-02T{:02}:{:02}:00Z,{}\n", slot / 2, slot % 2 * 30, 10 + slot % 7),
        );
    }
    let series = rates(&text).unwrap();
    let gaps: Vec<String> = series.gaps().iter().map(ToString::to_string).collect();
    assert_eq!(gaps, ["2026-11-02T10:00:00Z to 2026-11-02T15:00:00Z"]);
    let said: Vec<String> = series.notices().iter().map(ToString::to_string).collect();
    assert!(said[0].contains("row 20 says no end, and in a list of slots"), "{said:?}");
}

#[test]
fn a_long_hole_in_a_list_of_slots_is_no_repeat() {
    let text = "start,rate\n2026-11-02T00:00:00Z,10\n2026-11-02T00:30:00Z,11\n2026-11-02T01:00:00Z,12\n2026-11-04T01:00:00Z,13\n2026-11-04T01:30:00Z,14\n";
    let series = rates(text).unwrap();
    assert_eq!(series.gaps()[0].to_string(), "2026-11-02T01:30:00Z to 2026-11-04T01:00:00Z");
    assert_eq!(series.notices()[0].kind, NoticeKind::HoleAfter);
    assert_eq!(series.notices()[0].first_row, 3);
}

#[test]
fn ends_that_are_said_are_kept() {
    let said = "start,end,rate\n2026-11-02T00:00:00Z,2026-11-02T01:00:00Z,10\n2026-11-02T02:00:00Z,2026-11-02T03:00:00Z,12\n";
    let series = rates(said).unwrap();
    assert_eq!((series.gaps().len(), series.notices().len()), (1, 0));
    // A column of ends that is empty: each is open until the next begins, the last for good.
    let open = "valid_from,valid_to,value_inc_vat\n2026-11-02T00:00:00Z,,10\n2026-11-02T02:00:00Z,,12\n";
    assert_eq!(crate::time::instant_text(rates(open).unwrap().span().to()), "2100-01-01T00:00:00Z");
}

#[test]
fn prices_of_several_payment_methods_end_where_the_next_of_theirs_begins() {
    let text = "start,rate,payment_method\n2026-01-01T00:00:00Z,20,DIRECT_DEBIT\n2026-01-01T00:00:00Z,22,NON_DIRECT_DEBIT\n2026-02-01T00:00:00Z,22,NON_DIRECT_DEBIT\n2026-03-01T00:00:00Z,21,DIRECT_DEBIT\n";
    let options =
        PriceOptions { payment_method: Some(PaymentMethod::DirectDebit), ..PriceOptions::default() };
    let series = unit_rates(text.as_bytes(), &options).unwrap();
    assert_eq!(intervals(&series)[0].0, "2026-01-01T00:00:00Z to 2026-03-01T00:00:00Z");
}

#[test]
fn standing_charges_without_ends() {
    let read = |text: &str| standing_charges(text.as_bytes(), &PriceOptions::default());
    let one = read("from,standing_charge\n2026-01-01T00:00:00Z,37.6525\n").unwrap();
    assert_eq!(one.intervals()[0].span.to_string(), "2026-01-01T00:00:00Z to 2100-01-01T00:00:00Z");
    assert!(one.notices()[0].to_string().contains("taken to hold from then on"), "{}", one.notices()[0]);
    let two = read("from,standing_charge\n2026-01-01T00:00:00Z,37\n2026-04-01T00:00:00+01:00,38\n").unwrap();
    assert_eq!(two.intervals()[1].span.to_string(), "2026-03-31T23:00:00Z to 2026-06-30T23:00:00Z");
}

#[test]
fn rates_and_standing_charges_are_told_apart() {
    let read = |text: &str| standing_charges(text.as_bytes(), &PriceOptions::default());
    let half_hours = format!("[{ROW}]");
    let error = read(&half_hours).unwrap_err();
    assert!(error.to_string().contains("row 1, field valid_to: holds for 30 minutes"), "{error}");
    assert!(
        read("start,rate\n2026-01-01T00:00:00Z,20\n")
            .unwrap_err()
            .to_string()
            .contains("holds unit rates, not standing charges")
    );
    let page = |kind: &str| {
        format!(
            r#"{{"count": 200, "next": "https://api.example.org/v1/products/P/electricity-tariffs/E-1R-P-A/{kind}/?page=2", "results": [{NEXT_ROW}]}}"#
        )
    };
    assert!(rates(&page("standing-charges")).unwrap_err().to_string().contains("page of standing charges"));
    assert!(read(&page("standard-unit-rates")).unwrap_err().to_string().contains("page of unit rates"));
    assert!(rates(&page("standard-unit-rates")).is_ok() && read(&page("standing-charges")).is_ok());
}

#[test]
fn a_heading_or_a_key_that_is_there_twice_is_refused() {
    let error = rates("start,rate,rate\n2026-01-01T00:00:00Z,1,2\n").unwrap_err().to_string();
    assert!(error.contains("field rate, value \"start,rate,rate\""), "{error}");
    assert!(
        readings("start,kwh,KWH\n2026-01-01T00:00:00Z,1,2\n").unwrap_err().to_string().contains("field kwh")
    );
    let twice = r#"[{"value_exc_vat": 1, "value_inc_vat": 2, "value_inc_vat": 20, "valid_from": "2020-12-26T22:30:00Z", "valid_to": null}]"#;
    let error = rates(twice).unwrap_err().to_string();
    assert!(error.contains("row 1, field value_inc_vat, value \"2 and 20\""), "{error}");
    let escaped = r#"[{"kwh": 1, "\u006bwh": 2, "start": "2020-12-26T22:30:00Z"}]"#;
    assert!(readings(escaped).unwrap_err().to_string().contains("row 1, field kwh"));
    let page = format!(r#"{{"results": [{ROW}], "results": [{NEXT_ROW}]}}"#);
    assert!(rates(&page).unwrap_err().to_string().contains("field results"));
}

#[test]
fn pages_say_what_they_lack() {
    let page = |count: &str, previous: &str, next: &str, rows: &str| {
        format!(r#"{{"count": {count}, "previous": {previous}, "next": {next}, "results": [{rows}]}}"#)
    };
    let missing = |text: String| {
        let series = rates(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let notice = series.notices().iter().find(|notice| notice.kind == NoticeKind::OnFurtherPages);
        notice.map(|notice| notice.count)
    };
    let (first, second) = (page("2", "null", "\"b\"", ROW), page("2", "\"a\"", "null", NEXT_ROW));
    assert_eq!(missing(first.clone()), Some(1));
    assert_eq!(missing(second.clone()), Some(1));
    assert_eq!(missing(format!("{first}\n{second}")), None);
    assert_eq!(missing(format!("[{second}, {first}]")), None);
    assert_eq!(missing(page("5", "null", "null", ROW)), Some(4));
    assert_eq!(missing(page("null", "null", "\"b\"", ROW)), Some(0));
    // A count that is none is no page without one.
    for count in ["\"5\"", "-5", "4.5", "[5]"] {
        let error = rates(&page(count, "null", "null", ROW)).unwrap_err().to_string();
        assert!(error.contains("field count") && error.contains(count.trim_matches('"')), "{error}");
    }
    // Two queries one after the other, each with a count of its own.
    let whole = page("1", "null", "null", NEXT_ROW);
    assert_eq!(missing(format!("{}{whole}", page("1", "null", "null", ROW))), None);
    assert_eq!(missing(format!("{}{whole}", page("3", "null", "\"b\"", ROW))), Some(2));
}

#[test]
fn times_off_the_minute_are_named_and_snapped_on_request() {
    let late = "valid_from,valid_to,value_inc_vat\n2026-11-02T00:00:01Z,2026-11-02T00:30:00Z,10\n2026-11-02T00:30:01Z,2026-11-02T01:00:00Z,11\n";
    let short = "valid_from,valid_to,value_inc_vat\n2026-11-02T00:00:00Z,2026-11-02T00:29:59Z,10\n2026-11-02T00:30:00Z,2026-11-02T00:59:59Z,11\n";
    let days = "valid_from,valid_to,value_inc_vat\n2026-11-02T00:00:00Z,2026-11-02T23:59:59Z,10\n2026-11-03T00:00:00Z,2026-11-03T23:59:59Z,11\n";
    let snapping = PriceOptions { snap_seconds: 1, ..PriceOptions::default() };
    for (text, refused) in [
        (late, "is 1 s after 2026-11-02T00:00:00Z"),
        (short, "is 1 s before 2026-11-02T00:30:00Z"),
        (days, "is 1 s before 2026-11-03T00:00:00Z"),
    ] {
        let error = rates(text).unwrap_err();
        assert!(
            error.is_off_minute() && error.row() == Some(1) && error.to_string().contains(refused),
            "{error}"
        );
        let series = unit_rates(text.as_bytes(), &snapping).unwrap();
        assert_eq!((series.gaps(), series.len()), (vec![], 2));
        assert_eq!(kinds(series.notices()), [NoticeKind::Snapped]);
    }
    assert!(unit_rates(late.replace(":01Z", ":02Z").as_bytes(), &snapping).is_err());
    // A record of years that began at some second is no slot.
    assert!(rates("valid_from,valid_to,value_inc_vat\n2019-01-01T10:46:22Z,,10\n").is_ok());
    let readings_late = "interval_start,interval_end,consumption\n2026-11-02T00:00:01Z,2026-11-02T00:30:00Z,1\n2026-11-02T00:30:01Z,2026-11-02T01:00:00Z,1\n";
    assert!(readings(readings_late).unwrap_err().is_off_minute());
    let options = ReadingOptions { snap_seconds: 1, ..ReadingOptions::default() };
    assert_eq!(consumption(readings_late.as_bytes(), &options).unwrap().reading_count(), 2);
}

#[test]
fn other_units_are_read_exactly() {
    let text = "start,kwh\n2026-01-01T00:00:00Z,182.5\n";
    let wh = ReadingOptions { unit: EnergyUnit::WattHours, ..ReadingOptions::default() };
    assert_eq!(consumption(text.as_bytes(), &wh).unwrap().get(0).unwrap().to_string(), "0.1825");
    let mwh = ReadingOptions { unit: EnergyUnit::MegawattHours, ..ReadingOptions::default() };
    assert_eq!(consumption(text.as_bytes(), &mwh).unwrap().get(0).unwrap().to_string(), "182500");
    let rate = |unit| {
        let options = PriceOptions { unit, ..PriceOptions::default() };
        let series = unit_rates(b"start,rate\n2026-01-01T00:00:00Z,2.4512e-1\n", &options).unwrap();
        intervals(&series)[0].1.clone()
    };
    assert_eq!(rate(RateUnit::Pounds), "24.512");
    assert_eq!(rate(RateUnit::PoundsPerMegawattHour), "0.024512");
    let digits = "start,kwh\n2026-01-01T00:00:00Z,0.123456\n";
    let error = consumption(digits.as_bytes(), &wh).unwrap_err();
    assert!(error.is_precision() && error.to_string().contains("more than the 5 decimals"), "{error}");
    assert!(error.to_string().ends_with("give fewer digits, or name a rounding"), "{error}");
}

#[test]
fn readings_above_the_connection_are_left_out_on_request() {
    let text =
        "start,kwh\n2026-01-01T00:00:00Z,0.2\n2026-01-01T00:30:00Z,16777.215\n2026-01-01T01:00:00Z,11.5\n";
    let options = ReadingOptions { most_an_hour: Some("23".parse().unwrap()), ..ReadingOptions::default() };
    let read = consumption(text.as_bytes(), &options).unwrap();
    assert_eq!((read.reading_count(), read.total().unwrap().to_string()), (2, "11.7".to_owned()));
    assert_eq!(kinds(read.notices()), [NoticeKind::AboveConnection]);
}

#[test]
fn rates_for_the_other_way_are_noticed() {
    let read = |rows: &str, role| {
        let options = PriceOptions { role: Some(role), ..PriceOptions::default() };
        kinds(
            unit_rates(
                format!("value_exc_vat,value_inc_vat,valid_from,valid_to\n{rows}").as_bytes(),
                &options,
            )
            .unwrap()
            .notices(),
        )
    };
    let (with, without) = (
        "10,10.5,2026-03-01T00:00:00Z,2026-03-01T00:30:00Z\n",
        "10,10,2026-03-01T00:00:00Z,2026-03-01T00:30:00Z\n",
    );
    assert_eq!(read(with, PriceRole::Import), []);
    assert_eq!(read(without, PriceRole::Import), [NoticeKind::LikelyExport]);
    assert_eq!(read(with, PriceRole::Export), [NoticeKind::LikelyImport]);
    assert_eq!(read(without, PriceRole::Export), []);
    // From October 2026 import has none either, and the API puts the VAT of today into records that go on.
    assert_eq!(read("10,10,2026-10-02T00:00:00Z,2026-10-02T00:30:00Z\n", PriceRole::Import), []);
    assert_eq!(read("10,10,2026-03-01T00:00:00Z,\n", PriceRole::Import), []);
    assert_eq!(read("0,0,2026-03-01T00:00:00Z,2026-03-01T00:30:00Z\n", PriceRole::Import), []);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), json in "[\\[\\]{}\":,a-z0-9 .e-]{0,120}", csv in "[a-z_,\\n0-9TZ:+-]{0,200}") {
        for bytes in [bytes.as_slice(), json.as_bytes(), csv.as_bytes(), format!("start,rate\n{csv}").as_bytes(), format!("[{{{json}}}]").as_bytes()] {
            let _ = unit_rates(bytes, &PriceOptions::default());
            let _ = standing_charges(bytes, &PriceOptions::default());
            let _ = consumption(bytes, &ReadingOptions { snap_seconds: 1, ..ReadingOptions::default() });
            let _ = dispatches(bytes, &crate::time::Calendar::great_britain());
        }
    }
}
