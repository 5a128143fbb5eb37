use super::*;
use proptest::prelude::*;

fn rate(text: &str) -> Result<UnitRate> {
    text.parse()
}

#[test]
fn text_is_read_and_printed_exactly() {
    for (text, units, printed) in [
        ("0", 0, "0"),
        ("-0", 0, "0"),
        ("-0.50", -50_000_000, "-0.5"),
        ("1.5", 150_000_000, "1.5"),
        ("1.05", 105_000_000, "1.05"),
        ("0.1234567", 12_345_670, "0.1234567"),
        ("0.00000001", 1, "0.00000001"),
        ("48.788145", 4_878_814_500, "48.788145"),
        ("+3", 300_000_000, "3"),
        (".5", 50_000_000, "0.5"),
        ("5.", 500_000_000, "5"),
        ("1e2", 10_000_000_000, "100"),
        ("1E-8", 1, "0.00000001"),
        ("123456e-6", 12_345_600, "0.123456"),
        ("1.0000000000000000000000000000000000000000000000", 100_000_000, "1"),
        ("0000000000000000000000000000000000000000000000001", 100_000_000, "1"),
        ("0e999999999999999999999999", 0, "0"),
    ] {
        let value = rate(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(value.units(), units, "{text}");
        assert_eq!(value.to_string(), printed, "{text}");
    }
}

#[test]
fn what_is_not_a_number_is_refused() {
    for text in [
        "", "-", ".", "e5", "1e", "1e+", "1.2.3", "--1", "1,5", "NaN", "inf", "0x10", " 1", "1 ", "١",
        "1_000", "£1",
    ] {
        assert!(rate(text).unwrap_err().is_syntax(), "{text:?}");
    }
}

#[test]
fn more_digits_than_the_scale_are_refused_or_rounded_by_name() {
    assert!(rate("0.000000001").unwrap_err().is_precision());
    assert!(rate("1e-9").unwrap_err().is_precision());
    for (text, mode, printed) in [
        ("0.000000015", Rounding::HalfEven, "0.00000002"),
        ("0.000000025", Rounding::HalfEven, "0.00000002"),
        ("0.000000025000000000000000000000000000000000001", Rounding::HalfEven, "0.00000003"),
        ("0.000000025", Rounding::HalfUp, "0.00000003"),
        ("-0.000000025", Rounding::HalfUp, "-0.00000003"),
        ("0.000000006", Rounding::HalfEven, "0.00000001"),
        ("0.000000005", Rounding::HalfEven, "0"),
        ("-0.000000001", Rounding::Floor, "-0.00000001"),
        ("-0.000000009", Rounding::TowardZero, "0"),
        ("1e-400", Rounding::Ceiling, "0.00000001"),
        ("1e-400", Rounding::HalfUp, "0"),
    ] {
        assert_eq!(UnitRate::parse_rounded(text, mode).unwrap().to_string(), printed, "{text} {mode:?}");
    }
}

#[test]
fn beyond_the_range_is_refused() {
    assert_eq!(rate("1000000000").unwrap(), UnitRate::MAX);
    for text in
        ["1000000000.00000001", "-1000000001", "1e300", "9".repeat(500).as_str(), "1e99999999999999999999"]
    {
        assert!(rate(text).unwrap_err().is_out_of_range(), "{text}");
    }
    assert_eq!(UnitRate::MAX.checked_add("0.00000001".parse().unwrap()), None);
    assert!(Energy::sum([Energy::MAX, Energy::MAX]).unwrap_err().is_out_of_range());
}

#[test]
fn the_largest_and_the_smallest_are_read_back_from_their_own_text() {
    for (text, largest) in [("1000000000000000000", Money::MAX), ("1e18", Money::MAX)] {
        assert_eq!(text.parse::<Money>().unwrap(), largest);
        assert_eq!(format!("-{text}").parse::<Money>().unwrap(), -largest);
    }
    assert_eq!(Money::MAX.to_string().parse::<Money>().unwrap(), Money::MAX);
    assert_eq!(Energy::MAX.to_string().parse::<Energy>().unwrap(), Energy::MAX);
    let below = Money::from_units(Money::MAX.units() - 1).unwrap();
    assert_eq!(below.to_string().parse::<Money>().unwrap(), below);
    for text in [
        "1000000000000000000.00000000000000000001",
        "-1000000000000000001",
        "9999999999999999999",
        "1701411834604692317.31687303715884105727",
        "99999999999999999999999999999999999999999",
        "1e19",
        "1e38",
    ] {
        assert!(text.parse::<Money>().unwrap_err().is_out_of_range(), "{text}");
    }
}

#[test]
fn the_largest_product_fits() {
    assert_eq!((Energy::MAX * UnitRate::MAX), Money::MAX);
    assert_eq!((Energy::MAX * -UnitRate::MAX), -Money::MAX);
}

#[test]
fn money_is_multiplied_and_handed_over_exactly() {
    let money = |text: &str| text.parse::<Money>().unwrap();
    let energy: Energy = "0.025".parse().unwrap();
    assert_eq!(rate("24.5").unwrap() * energy, money("0.6125"));
    assert_eq!(energy * rate("24.5").unwrap(), money("0.6125"));
    // 0.025 kWh at 24.5 p in units of 10^-16 p.
    assert_eq!(Money::from_product_units(6_125_000_000_000_000).unwrap(), money("0.6125"));
    assert_eq!(Money::from_product_units(i128::MAX).unwrap_err().to_string().lines().count(), 1);
    assert_eq!(money("48.788145").times(31).unwrap(), money("1512.432495"));
    assert_eq!(money("-1.5").times(-2).unwrap(), money("3"));
    assert!(Money::MAX.times(2).is_err());
    for text in ["0", "0.6125", "-12.5", "1512.432495", "1000", "0.00000000000000000001"] {
        let decimal = money(text).to_decimal().unwrap();
        assert_eq!(decimal, text.parse::<Decimal>().unwrap(), "{text}");
        assert_eq!(decimal.to_string(), text);
    }
    assert!(money("1000000000.00000000000000000001").to_decimal().unwrap_err().is_precision());
    assert_eq!(OutOfRange.to_string(), "beyond the range of the quantity");
}

#[test]
fn hundredths_of_a_percent_have_no_needless_zeros() {
    for (hundredths, text) in [
        (0, "0"),
        (500, "5"),
        (-500, "-5"),
        (1_750, "17.5"),
        (-5, "-0.05"),
        (2_103, "21.03"),
        (-1_010, "-10.1"),
        (7, "0.07"),
    ] {
        assert_eq!(percent(hundredths), text);
    }
}

#[test]
fn what_is_no_number_is_named_with_what_is_expected() {
    for json in ["{}", "{\"units\": 5}", "[1]", "true"] {
        let error = serde_json::from_str::<Money>(json).unwrap_err().to_string();
        assert!(error.contains("not a decimal number"), "{json}: {error}");
    }
    for toml in ["a = true", "a = { units = 5 }"] {
        let error =
            toml::from_str::<std::collections::BTreeMap<String, Money>>(toml).unwrap_err().to_string();
        assert!(error.contains("a decimal number or decimal text"), "{toml}: {error}");
    }
}

#[test]
fn a_precision_asked_for_rounds_for_show() {
    let value: Money = "-12.3450".parse().unwrap();
    assert_eq!(format!("{value:.2}"), "-12.34");
    assert_eq!(format!("{value:>10.1}"), "     -12.3");
    assert_eq!(format!("{value:.5}"), "-12.34500");
    assert_eq!(format!("{:.0}", "0.5".parse::<Money>().unwrap()), "0");
    assert_eq!(format!("{:.25}", "1".parse::<Money>().unwrap()), "1.0000000000000000000000000");
}

#[test]
fn json_numbers_do_not_pass_through_a_float() {
    // 0.1 + 2^-60-ish digits would be lost by f64; 16 significant digits are kept here.
    let read = |json: &str| serde_json::from_str::<UnitRate>(json);
    assert_eq!(read("12345678.12345679").unwrap().to_string(), "12345678.12345679");
    assert_eq!(read("999999999.99999999").unwrap().to_string(), "999999999.99999999");
    assert_eq!(read("\"-0.50\"").unwrap().to_string(), "-0.5");
    assert_eq!(read("\"\\u0031.5\"").unwrap().to_string(), "1.5");
    assert_eq!(read(" 1.5e-3 ").unwrap().to_string(), "0.0015");
    assert_eq!(read("7").unwrap().to_string(), "7");
    for bad in ["true", "null", "[1]", "{\"a\":1}", "\"x\"", "1e400", "0.123456789"] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert_eq!(serde_json::to_string(&rate("28.95858").unwrap()).unwrap(), "\"28.95858\"");
    #[derive(serde::Deserialize)]
    struct Row {
        value: Option<UnitRate>,
    }
    let row: Row = serde_json::from_str("{\"value\": 999999999.99999999}").unwrap();
    assert_eq!(row.value.unwrap().to_string(), "999999999.99999999");
    let row: Row = serde_json::from_str("{\"value\": null}").unwrap();
    assert_eq!(row.value, None);
}

#[test]
fn formats_that_know_only_floats_are_refused_not_trusted() {
    let read = <UnitRate as serde::Deserialize>::deserialize(serde::de::value::F64Deserializer::<
        serde::de::value::Error,
    >::new(0.1));
    assert!(read.unwrap_err().to_string().contains("give it as text"));
}

proptest! {
    #[test]
    fn printed_text_reads_back(units in -100_000_000_000_000_000_i64..=100_000_000_000_000_000) {
        let value = UnitRate::from_units(units).unwrap();
        prop_assert_eq!(value.to_string().parse::<UnitRate>().unwrap(), value);
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<UnitRate>(&json).unwrap(), value);
        prop_assert_eq!(UnitRate::from_decimal(value.to_decimal()).unwrap(), value);
    }

    #[test]
    fn agrees_with_rust_decimal(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000, places in 0_u32..9) {
        let (energy, rate) = (Energy::from_units(a).unwrap(), UnitRate::from_units(b).unwrap());
        let expected = energy.to_decimal() * rate.to_decimal();
        prop_assert_eq!((energy * rate).to_decimal().unwrap(), expected.normalize());
        let rounded = energy.to_decimal().round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointNearestEven);
        prop_assert_eq!(energy.round(places, Rounding::HalfEven).to_decimal(), rounded.normalize());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", digits in "[-+]?[0-9.eE+-]{0,60}") {
        for text in [text, digits] {
            let _ = rate(&text);
            let _ = Money::parse_rounded(&text, Rounding::HalfEven);
        }
    }

    #[test]
    fn rounded_text_is_the_nearest(units in -1_000_000_000_000_i64..1_000_000_000_000, extra in 1_u32..6) {
        // units x 10^-(8+extra): parsing with rounding equals integer division with the same rounding
        for mode in [Rounding::HalfEven, Rounding::HalfUp, Rounding::TowardZero, Rounding::AwayFromZero, Rounding::Floor, Rounding::Ceiling] {
            let text = format!("{units}e-{}", 8 + extra);
            let expected = divide(i128::from(units), power_of_ten(extra), mode);
            prop_assert_eq!(i128::from(UnitRate::parse_rounded(&text, mode).unwrap().units()), expected, "{} {:?}", text, mode);
        }
    }
}
