use super::*;
use proptest::prelude::*;

fn rates(text: &str) -> Result<RateSeries> {
    unit_rates(text.as_bytes(), &PriceOptions::default())
}

fn readings(text: &str) -> Result<Consumption> {
    consumption(text.as_bytes(), None)
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
        ("start,kwh\n2026-01-01T00:00:00Z,1\n".into(), "holds consumption, not prices"),
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
    assert!(
        readings("kwh\n1\n").unwrap_err().to_string().contains("row 1, field interval_start: has no start")
    );
    let long = format!("start,rate\n{}", "9".repeat(10_000_000));
    assert!(rates(&long).unwrap_err().to_string().len() < 300);
}

#[test]
fn more_digits_than_are_held_need_a_named_rounding() {
    let text = "start,kwh\n2026-01-01T00:00:00Z,0.123456789123\n";
    assert!(readings(text).unwrap_err().is_precision());
    let rounded = consumption(text.as_bytes(), Some(Rounding::HalfEven)).unwrap();
    assert_eq!(rounded.get(0).unwrap().to_string(), "0.12345679");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), json in "[\\[\\]{}\":,a-z0-9 .e-]{0,120}", csv in "[a-z_,\\n0-9TZ:+-]{0,200}") {
        for bytes in [bytes.as_slice(), json.as_bytes(), csv.as_bytes(), format!("start,rate\n{csv}").as_bytes(), format!("[{{{json}}}]").as_bytes()] {
            let _ = unit_rates(bytes, &PriceOptions::default());
            let _ = standing_charges(bytes, &PriceOptions::default());
            let _ = consumption(bytes, Some(Rounding::HalfEven));
        }
    }
}
