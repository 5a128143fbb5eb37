use super::*;
use crate::time::parse_instant;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    parse_instant(text).unwrap()
}

fn formula(product: &str, region: Region) -> AgileFormula {
    AgileFormula::new(&product.parse().unwrap(), region).unwrap()
}

fn price(formula: AgileFormula, wholesale: &str, start: &str) -> AgilePrice {
    formula.price(wholesale.parse().unwrap(), at(start)).unwrap()
}

/// By hand from the coefficients.
#[test]
fn worked_prices() {
    let eastern = formula("AGILE-18-02-21", Region::Eastern);
    // 2.1 × 4.215 = 8.8515; peak + 13
    assert_eq!(price(eastern, "4.215", "2020-01-01T12:00:00Z").rate.to_string(), "8.85");
    let peak = price(eastern, "4.215", "2020-01-01T18:30:00Z");
    assert_eq!((peak.rate.to_string().as_str(), peak.peak, peak.sureness), ("21.85", true, Confirmed));
    assert!(!price(eastern, "4.215", "2020-01-01T19:00:00Z").peak);
    assert!(price(eastern, "4.215", "2020-07-01T15:00:00Z").peak, "16:00 local in summer");
    let capped = price(eastern, "30", "2020-01-01T12:00:00Z");
    assert_eq!((capped.rate.to_string().as_str(), capped.limited), ("33.33", true));
    assert_eq!(price(eastern, "-3.456", "2020-01-01T12:00:00Z").rate.to_string(), "-7.26");

    // The delivery day of 1 April 2026 begins at 23:00 local on 31 March.
    let london = formula("AGILE-24-10-01", Region::London);
    assert_eq!(price(london, "8", "2026-03-31T21:30:00Z").rate.to_string(), "16");
    assert_eq!(price(london, "8", "2026-03-31T22:00:00Z").rate.to_string(), "12.66");
    assert_eq!(price(london, "8", "2026-03-31T22:00:00Z").sureness, Confirmed);
    let yorkshire = formula("AGILE-24-10-01", Region::Yorkshire);
    assert_eq!(price(yorkshire, "8", "2026-04-02T00:00:00Z").sureness, Likely);

    let outgoing = formula("AGILE-OUTGOING-19-05-13", Region::London);
    // 0.95 × 8 + 1.30; + 5.93 at the peak
    assert_eq!(price(outgoing, "8", "2026-04-02T00:00:00Z").rate.to_string(), "8.9");
    assert_eq!(price(outgoing, "8", "2026-04-02T15:00:00Z").rate.to_string(), "14.83");
    let floor = price(outgoing, "-5", "2026-04-02T00:00:00Z");
    assert_eq!((floor.rate, floor.limited), (UnitRate::ZERO, true));
}

#[test]
fn the_guarantee_of_2022_leaves_cheap_prices_and_takes_17_p_from_dear_ones() {
    let london = formula("AGILE-22-08-31", Region::London);
    // The guaranteed rate is 35.7945 / 1.05 = 34.09
    for (wholesale, expected) in [("10", "20"), ("20", "34.09"), ("25.545", "34.09"), ("30", "43")] {
        assert_eq!(
            price(london, wholesale, "2022-11-01T12:00:00Z").rate.to_string(),
            expected,
            "{wholesale}"
        );
    }
    assert_eq!(price(london, "30", "2022-09-30T22:30:00Z").rate.to_string(), "60");
    let unknown =
        formula("AGILE-22-08-31", Region::Eastern).price("30".parse().unwrap(), at("2022-11-01T12:00:00Z"));
    assert!(unknown.unwrap_err().is_unsupported());
    assert!(london.price("30".parse().unwrap(), at("2023-02-01T12:00:00Z")).unwrap_err().is_unsupported());
}

#[test]
fn products_without_a_known_formula_are_refused() {
    for product in ["VAR-22-11-01", "AGILE-BUS-21-01-01", "OUTGOING-FIX-12M-19-05-13"] {
        assert!(
            AgileFormula::new(&product.parse().unwrap(), Region::London).unwrap_err().is_unsupported(),
            "{product}"
        );
    }
}

#[test]
fn a_rate_that_the_formula_never_gives_is_refused() {
    let eastern = formula("AGILE-18-02-21", Region::Eastern);
    let refused = |rate: &str| {
        eastern.wholesale(rate.parse().unwrap(), at("2020-01-01T12:00:00Z")).unwrap_err().is_infeasible()
    };
    assert!(refused("34.9965") && refused("33.34") && refused("9.2715"));
    let outgoing = formula("AGILE-OUTGOING-19-05-13", Region::London);
    assert!(
        outgoing.wholesale("-1".parse().unwrap(), at("2020-01-01T12:00:00Z")).unwrap_err().is_infeasible()
    );
}

proptest! {
    #[test]
    fn a_price_leads_back_to_its_wholesale_price(milli in -60_000_i64..60_000, region in 0_usize..14, outgoing in any::<bool>(), hours in 0_i64..80_000) {
        let start = at("2018-02-21T00:00:00Z") + chrono::TimeDelta::minutes(30 * hours);
        prop_assume!(!(GUARANTEE_FROM..GUARANTEE_END).contains(&start.timestamp()));
        let product = if outgoing { "AGILE-OUTGOING-19-05-13" } else { "AGILE-24-10-01" };
        let formula = formula(product, Region::ALL[region]);
        let wholesale = UnitRate::from_units(milli * 100_000).unwrap();
        let price = formula.price(wholesale, start).unwrap();
        let range = formula.wholesale(price.rate, start).unwrap();
        prop_assert!(range.least.is_none_or(|least| least <= wholesale), "{range:?} {wholesale} {price:?}");
        prop_assert!(range.greatest.is_none_or(|greatest| greatest >= wholesale), "{range:?} {wholesale} {price:?}");
        // Every end gives the rate, and one step beyond does not.
        let step = UnitRate::from_units(100_000).unwrap();
        for (end, beyond) in [(range.least, -step), (range.greatest, step)] {
            let Some(end) = end else { continue };
            prop_assert_eq!(formula.price(end, start).unwrap().rate, price.rate);
            prop_assert_ne!(formula.price(end.checked_add(beyond).unwrap(), start).unwrap().rate, price.rate);
        }
    }
}

/// Real rates of region A, VAT in, where a copy of them is at hand.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the folder of real rates is a setting of the person who runs the tests"
)]
fn real_rates_of_region_a_hold_the_cap_the_rounding_and_the_peak_adder() {
    let folder = std::env::var("KWHEN_REAL_DATA")
        .map_or_else(|_| std::path::PathBuf::from("../../../shared/real"), std::path::PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("agile-A-2018-2021.csv")) else {
        println!("skipped: no real rates; name their folder in KWHEN_REAL_DATA");
        return;
    };
    let formula = formula("AGILE-18-02-21", Region::Eastern);
    let mut last: Option<i64> = None;
    let (mut rises, mut falls) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        let with_vat: UnitRate = fields[4].parse().unwrap();
        // exc = inc / 1.05, to 2 decimals without a remainder
        assert_eq!(with_vat.units() * 100 % 105, 0, "{line}");
        let units = with_vat.units() * 100 / 105;
        assert_eq!(units % HUNDREDTH, 0, "{line}");
        let rate = UnitRate::from_units(units).unwrap();
        assert!(rate <= formula.cap().unwrap(), "{line}");
        let range = formula.wholesale(rate, at(fields[0])).unwrap();
        assert_eq!(range.greatest.is_none(), rate == formula.cap().unwrap());
        if let Some(last) = last.filter(|last| (*last).max(units) < 33 * PENNY) {
            match fields[1] {
                "16:00" => rises.push(units - last),
                "19:00" => falls.push(last - units),
                _ => {}
            }
        }
        last = Some(units);
    }
    rises.sort_unstable();
    falls.sort_unstable();
    for jumps in [rises, falls] {
        assert!(jumps.len() > 1_000);
        let median = jumps[jumps.len() / 2];
        assert!((12 * PENNY..14 * PENNY).contains(&median), "{median}");
    }
}
