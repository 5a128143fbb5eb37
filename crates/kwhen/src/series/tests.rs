use super::*;
use crate::quantity::{Energy, Money, UnitRate};
use crate::time::{Grid, SlotLength, Span, parse_instant};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    parse_instant(text).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

fn rate(text: &str) -> UnitRate {
    text.parse().unwrap()
}

fn row(number: u64, from: &str, to: &str, exc: &str) -> RateRow {
    RateRow {
        row: number,
        valid_from: Some(at(from)),
        valid_to: (!to.is_empty()).then(|| at(to)),
        prices: Prices::Exclusive(rate(exc)),
        payment_method: None,
    }
}

fn reading(number: u64, start: &str, end: &str, kwh: &str) -> ReadingRow {
    ReadingRow {
        row: number,
        start: at(start),
        end: (!end.is_empty()).then(|| at(end)),
        energy: (!kwh.is_empty()).then(|| kwh.parse().unwrap()),
    }
}

fn kinds(notices: &[Notice]) -> Vec<(NoticeKind, usize, u64)> {
    notices.iter().map(|notice| (notice.kind, notice.count, notice.first_row)).collect()
}

#[test]
fn rates_newest_first_with_repeats_become_one_run() {
    let series = RateSeries::from_rows(
        vec![
            row(1, "2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z", "3"),
            row(2, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "2"),
            row(3, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00+00:00", "2"),
            row(4, "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "-1.5"),
        ],
        None,
    )
    .unwrap();
    assert_eq!(series.len(), 3);
    assert_eq!(kinds(series.notices()), [(NoticeKind::Repeat, 1, 3)]);
    assert_eq!(series.at(at("2026-01-01T00:29:59Z")), Some(Prices::Exclusive(rate("-1.5"))));
    assert_eq!(series.at(at("2026-01-01T01:30:00Z")), None);
    assert!(series.gaps().is_empty());
}

#[test]
fn an_open_end_is_closed_by_the_next_row_and_gaps_are_named() {
    let series = RateSeries::from_rows(
        vec![
            row(1, "2026-04-01T00:00:00Z", "", "26"),
            row(2, "2026-01-01T00:00:00Z", "", "24"),
            row(3, "2025-01-01T00:00:00Z", "2025-12-01T00:00:00Z", "20"),
        ],
        None,
    )
    .unwrap();
    assert_eq!(kinds(series.notices()), [(NoticeKind::OpenEndClosed, 1, 2)]);
    assert_eq!(series.gaps(), [span("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z")]);
    assert_eq!(series.at(at("2026-03-31T23:59:59Z")), Some(Prices::Exclusive(rate("24"))));
    assert_eq!(series.at(at("2099-01-01T00:00:00Z")), Some(Prices::Exclusive(rate("26"))));
}

#[test]
fn disagreeing_rows_are_refused_by_number() {
    let same = RateSeries::from_rows(
        vec![
            row(7, "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "1"),
            row(9, "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "2"),
        ],
        None,
    )
    .unwrap_err();
    assert!(same.is_conflict() && same.row() == Some(9), "{same}");
    assert!(same.to_string().contains("row 7"), "{same}");
    let overlapping = RateSeries::from_rows(
        vec![
            row(1, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "1"),
            row(2, "2026-01-01T00:30:00Z", "2026-01-01T01:30:00Z", "2"),
        ],
        None,
    )
    .unwrap_err();
    assert!(overlapping.is_overlap(), "{overlapping}");
    let backwards =
        RateSeries::from_rows(vec![row(3, "2026-01-01T01:00:00Z", "2026-01-01T00:30:00Z", "1")], None)
            .unwrap_err();
    assert!(
        backwards.is_order() && backwards.row() == Some(3) && backwards.field() == Some("valid_to"),
        "{backwards}"
    );
    assert!(RateSeries::from_rows(Vec::new(), None).unwrap_err().is_missing());
}

#[test]
fn payment_methods_are_the_callers_choice() {
    let rows = || {
        let mut rows = vec![
            row(1, "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "24"),
            row(2, "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "26"),
        ];
        rows[0].payment_method = Some(PaymentMethod::DirectDebit);
        rows[1].payment_method = Some(PaymentMethod::named("non-direct-debit"));
        rows
    };
    let undecided = RateSeries::from_rows(rows(), None).unwrap_err();
    assert!(
        undecided.to_string().contains("choose a payment method: DIRECT_DEBIT or NON_DIRECT_DEBIT"),
        "{undecided}"
    );
    for (method, expected) in [(PaymentMethod::DirectDebit, "24"), (PaymentMethod::NonDirectDebit, "26")] {
        let mut reversed = rows();
        reversed.reverse();
        for rows in [rows(), reversed] {
            let series = RateSeries::from_rows(rows, Some(&method)).unwrap();
            assert_eq!(series.at(at("2026-02-01T00:00:00Z")), Some(Prices::Exclusive(rate(expected))));
            assert_eq!(series.notices().len(), 1);
        }
    }
    assert!(
        RateSeries::from_rows(rows(), Some(&PaymentMethod::named("PREPAYMENT"))).unwrap_err().is_missing()
    );
}

#[test]
fn a_reading_that_ends_before_or_when_it_starts_is_refused() {
    // The third row of the API document's example ends on the day it starts, at 00:00.
    let read = |end: &str| {
        Consumption::from_rows(&[
            reading(1, "2018-05-19T00:30:00+0100", "2018-05-19T01:00:00+0100", "0.063"),
            reading(2, "2018-05-19T00:00:00+0100", "2018-05-19T00:30:00+0100", "0.071"),
            reading(3, "2018-05-18T23:30:00+0100", end, "0.073"),
        ])
    };
    for end in ["2018-05-18T00:00:00+0100", "2018-05-18T23:30:00+0100"] {
        let error = read(end).unwrap_err();
        assert!(
            error.is_order() && error.row() == Some(3) && error.field() == Some("interval_end"),
            "{error}"
        );
    }
    let values: Vec<_> =
        read("2018-05-19T00:00:00+0100").unwrap().iter().map(|value| value.unwrap().to_string()).collect();
    assert_eq!(values, ["0.073", "0.071", "0.063"]);
}

#[test]
fn what_no_home_has_is_noticed() {
    let read = |kwh: &str| {
        let rows = [
            reading(1, "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "0.1"),
            reading(2, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", kwh),
        ];
        kinds(Consumption::from_rows(&rows).unwrap().notices())
    };
    // 69 kW for half an hour are 34.5 kWh.
    assert_eq!(read("34.5"), []);
    assert_eq!(read("34.501"), [(NoticeKind::BeyondConnection, 1, 2)]);
    assert_eq!(read("16777.215"), [(NoticeKind::MeterErrorValue, 1, 2)]);
    assert_eq!(read("4294967.295"), [(NoticeKind::MeterErrorValue, 1, 2)]);
    let row = |from: &str, to: Option<&str>, price: &str| RateRow {
        row: 1,
        valid_from: Some(at(from)),
        valid_to: to.map(at),
        prices: Prices::Inclusive(rate(price)),
        payment_method: None,
    };
    let day = |price: &str| {
        let rows = vec![
            row("2026-01-01T00:00:00Z", Some("2026-01-01T00:30:00Z"), price),
            row("2026-01-01T00:30:00Z", Some("2026-01-01T01:00:00Z"), price),
        ];
        kinds(RateSeries::from_rows(rows, None).unwrap().notices())
    };
    assert_eq!(day("0.2450"), [(NoticeKind::LikelyPounds, 2, 1)]);
    assert_eq!(day("1"), []);
    assert_eq!(day("-0.5"), []);
    assert_eq!(day("75"), []);
    assert_eq!(day("85"), [(NoticeKind::LikelyPerMegawattHour, 2, 1)]);
    let flat = |price: &str| {
        kinds(RateSeries::from_rows(vec![row("2026-01-01T00:00:00Z", None, price)], None).unwrap().notices())
    };
    assert_eq!(flat("35.98"), []);
    assert_eq!(flat("48.788145"), [(NoticeKind::LikelyStandingCharges, 1, 1)]);
}

#[test]
fn the_two_one_oclocks_of_an_autumn_night_stay_apart() {
    let consumption = Consumption::from_rows(&[
        reading(1, "2026-10-25T01:00:00+01:00", "2026-10-25T01:30:00+01:00", "0.1"),
        reading(2, "2026-10-25T01:30:00+01:00", "2026-10-25T01:00:00Z", "0.2"),
        reading(3, "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "0.3"),
        reading(4, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z", "0.4"),
    ])
    .unwrap();
    assert_eq!(consumption.reading_count(), 4);
    assert!(consumption.notices().is_empty());
    assert_eq!(consumption.total().unwrap().to_string(), "1");
}

#[test]
fn irregular_readings_have_one_outcome_each() {
    let regular = || {
        vec![
            reading(1, "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "0.1"),
            reading(2, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "0.2"),
        ]
    };
    let with = |extra: ReadingRow| {
        let mut rows = regular();
        rows.push(extra);
        Consumption::from_rows(&rows)
    };
    let repeat = with(reading(3, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "0.20")).unwrap();
    assert_eq!(kinds(repeat.notices()), [(NoticeKind::Repeat, 1, 3)]);
    let empty = with(reading(3, "2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z", "")).unwrap();
    assert_eq!((empty.reading_count(), empty.grid().len()), (2, 3));
    assert_eq!(kinds(empty.notices()), [(NoticeKind::EmptyReading, 1, 3)]);
    let negative = with(reading(3, "2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z", "-0.1")).unwrap();
    assert_eq!(kinds(negative.notices()), [(NoticeKind::NegativeReading, 1, 3)]);
    let conflict = with(reading(3, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "0.3")).unwrap_err();
    assert!(
        conflict.is_conflict() && conflict.row() == Some(3) && conflict.to_string().contains("row 2"),
        "{conflict}"
    );
    let off_grid = with(reading(3, "2026-01-01T01:10:00Z", "2026-01-01T01:40:00Z", "0.3")).unwrap_err();
    assert!(off_grid.is_misaligned() && off_grid.row() == Some(3), "{off_grid}");
    let long = with(reading(3, "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", "0.3")).unwrap_err();
    assert!(long.is_misaligned() && long.field() == Some("interval_end"), "{long}");
    let far = with(reading(3, "2089-01-01T01:00:00Z", "2089-01-01T01:30:00Z", "0.3"));
    assert!(far.is_ok(), "119 years of half-hours are held");
    assert!(Consumption::from_rows(&[]).unwrap_err().is_missing());
    let gap = with(reading(3, "2026-01-01T03:00:00Z", "2026-01-01T03:30:00Z", "0.3")).unwrap();
    assert_eq!(gap.gaps(), [span("2026-01-01T01:00:00Z", "2026-01-01T03:00:00Z")]);
}

#[test]
fn a_missing_slot_is_named_and_never_joined_by_place() {
    let consumption = Consumption::from_rows(&[
        reading(1, "2026-01-01T00:00:00Z", "", "1"),
        reading(2, "2026-01-01T00:30:00Z", "", "2"),
        reading(3, "2026-01-01T01:30:00Z", "", "4"),
    ])
    .unwrap();
    let rates = RateSeries::from_rows(
        vec![
            row(1, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "10"),
            row(2, "2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z", "100"),
            row(3, "2026-01-01T01:30:00Z", "2026-01-01T02:00:00Z", "1000"),
        ],
        None,
    )
    .unwrap();
    let merged = merge(&consumption, &rates).unwrap();
    assert_eq!(merged.cost(0..4, VatBasis::Exclusive).unwrap().to_string(), "4020");
    assert_eq!(merged.energy(0..4).unwrap().to_string(), "6");
    let coverage = merged.coverage(span("2025-12-31T23:00:00Z", "2026-01-01T03:00:00Z")).unwrap();
    assert_eq!((coverage.slots, coverage.billed_slots), (8, 2));
    assert_eq!(
        coverage.missing_consumption,
        [
            span("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"),
            span("2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z"),
            span("2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z"),
        ]
    );
    assert_eq!(
        coverage.missing_rates,
        [
            span("2025-12-31T23:00:00Z", "2026-01-01T00:30:00Z"),
            span("2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z")
        ]
    );
    assert!(merged.cost(0..4, VatBasis::Inclusive).unwrap_err().is_missing());
    let apart = merged.coverage(span("2027-01-01T00:00:00Z", "2027-01-01T01:00:00Z")).unwrap();
    assert_eq!((apart.slots, apart.billed_slots), (2, 0));
    assert_eq!(apart.missing_consumption, [span("2027-01-01T00:00:00Z", "2027-01-01T01:00:00Z")]);
}

#[test]
fn a_rate_that_changes_inside_a_slot_is_refused_and_one_that_does_not_is_taken() {
    let consumption = Consumption::constant(
        Grid::new(at("2026-01-01T00:00:00Z"), SlotLength::HALF_HOUR, 2).unwrap(),
        "1".parse().unwrap(),
    );
    let series = |second: &str| {
        let rows = vec![
            row(1, "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z", "5"),
            row(2, "2026-01-01T00:10:00Z", "2026-01-01T00:30:00Z", second),
            row(3, "2026-01-01T00:30:00Z", "2026-01-01T00:45:00Z", "7"),
        ];
        RateSeries::from_rows(rows, None).unwrap()
    };
    let changing = series("6");
    assert!(merge(&consumption, &changing).unwrap_err().is_misaligned());
    let steady = series("5");
    let merged = merge(&consumption, &steady).unwrap();
    assert_eq!(merged.cost(0..2, VatBasis::Exclusive).unwrap().to_string(), "5");
    assert_eq!(merged.billed_slots(0..2), 1, "the second slot is covered in part only");
}

/// By hand: 1 kWh at 5 p for 10 of 30 minutes and at 6 p for 20 is 0.33333333 × 5 + 0.66666667 × 6; parts sum to the reading.
#[test]
fn energy_of_a_slot_in_which_the_rate_changes_is_shared_out_by_time() {
    let grid = Grid::new(at("2026-01-01T00:00:00Z"), SlotLength::HALF_HOUR, 4).unwrap();
    let kwh = |text: &str| Some(text.parse().unwrap());
    let consumption = Consumption::on_slots(grid, &[kwh("1"), kwh("2"), None, kwh("3")]).unwrap();
    let rates = RateSeries::from_rows(
        vec![
            row(1, "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z", "5"),
            row(2, "2026-01-01T00:10:00Z", "2026-01-01T00:30:00Z", "6"),
            row(3, "2026-01-01T00:30:00Z", "2026-01-01T01:16:00Z", "7"),
            row(4, "2026-01-01T01:16:00Z", "2026-01-01T01:40:00Z", "8"),
        ],
        None,
    )
    .unwrap();
    assert!(merge(&consumption, &rates).unwrap_err().to_string().contains("from 2026-01-01T00:00:00Z: 5"));
    let merged = merge_by_time(&consumption, &rates).unwrap();
    assert_eq!(merged.cost(0..1, VatBasis::Exclusive).unwrap().to_string(), "5.66666667");
    assert_eq!(merged.cost(0..4, VatBasis::Exclusive).unwrap().to_string(), "19.66666667");
    assert_eq!(merged.energy(0..4).unwrap().to_string(), "3");
    // The third slot has no reading, the fourth a rate for its first ten minutes only.
    assert_eq!((merged.billed_slots(0..4), merged.shared_slots(0..4)), (2, 1));
    let coverage = merged.coverage(grid.span().unwrap()).unwrap();
    assert_eq!(coverage.missing_consumption, [span("2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z")]);
    assert_eq!(coverage.missing_rates, [span("2026-01-01T01:30:00Z", "2026-01-01T02:00:00Z")]);
    let mut parts: Vec<_> = merged
        .billed(0..4, VatBasis::Exclusive)
        .unwrap()
        .map(|slot| (slot.index, slot.energy.to_string(), slot.rate.to_string()))
        .collect();
    parts.sort();
    let part = |index, energy: &str, rate: &str| (index, energy.to_owned(), rate.to_owned());
    assert_eq!(parts, [part(0, "0.33333333", "5"), part(0, "0.66666667", "6"), part(1, "2", "7")]);
}

#[test]
fn mixed_bases_are_refused_only_when_neither_is_whole() {
    let mut rows = vec![
        row(1, "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "1"),
        row(2, "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "2"),
    ];
    rows[1].prices = Prices::Both { exc_vat: rate("2"), inc_vat: rate("2.1") };
    let series = RateSeries::from_rows(rows.clone(), None).unwrap();
    assert!(series.has(VatBasis::Exclusive) && !series.has(VatBasis::Inclusive));
    rows[1].prices = Prices::Inclusive(rate("2.1"));
    assert!(RateSeries::from_rows(rows, None).unwrap_err().is_missing());
}

/// Rates and readings with holes, at random; the plain way is a loop over instants.
fn scene() -> impl Strategy<Value = (Consumption, RateSeries, usize)> {
    let start = at("2026-03-28T20:00:00Z");
    (
        prop::collection::vec(prop::option::weighted(0.9, -50_000_i64..300_000), 1..120),
        prop::collection::vec((prop::option::weighted(0.9, -20_000_i64..90_000), 1_usize..5), 1..60),
        0_usize..40,
    )
        .prop_filter("at least one rate", |(_, rates, _)| rates.iter().any(|(rate, _)| rate.is_some()))
        .prop_map(move |(readings, rates, shift)| {
            let grid = Grid::new(
                start + TimeDelta::minutes(30 * shift as i64),
                SlotLength::HALF_HOUR,
                readings.len(),
            )
            .unwrap();
            let readings: Vec<_> = readings
                .into_iter()
                .map(|value| value.map(|value| Energy::from_units(value * 100_000).unwrap()))
                .collect();
            let consumption = Consumption::on_slots(grid, &readings).unwrap();
            let mut from = start;
            let mut rows = Vec::new();
            for (number, (value, slots)) in rates.into_iter().enumerate() {
                let to = from + TimeDelta::minutes(30 * slots as i64);
                if let Some(value) = value {
                    rows.push(RateRow {
                        row: number as u64,
                        valid_from: Some(from),
                        valid_to: Some(to),
                        prices: Prices::Exclusive(UnitRate::from_units(value * 1_000).unwrap()),
                        payment_method: None,
                    });
                }
                from = to;
            }
            (consumption, RateSeries::from_rows(rows, None).unwrap(), shift)
        })
}

proptest! {
    #[test]
    fn merging_equals_looking_up_each_slot((consumption, rates, _) in scene(), cut in 0_usize..120) {
        let merged = merge(&consumption, &rates).unwrap();
        let len = consumption.grid().len();
        let mut expected = Money::ZERO;
        let mut billed = 0;
        for slot in consumption.grid().slots() {
            if let (Some(energy), Some(Prices::Exclusive(rate))) = (consumption.get(slot.index), rates.at(slot.span.from())) {
                expected = expected.checked_add(energy * rate).unwrap();
                billed += 1;
            }
        }
        prop_assert_eq!(merged.cost(0..len, VatBasis::Exclusive).unwrap(), expected);
        prop_assert_eq!(merged.billed_slots(0..len), billed);
        prop_assert_eq!(merged.billed(0..len, VatBasis::Exclusive).unwrap().count(), billed);
        let coverage = merged.coverage(consumption.grid().span().unwrap()).unwrap();
        prop_assert_eq!((coverage.slots, coverage.billed_slots), (len, billed));
        // Split anywhere, the parts sum to the whole.
        let cut = cut.min(len);
        let parts = [merged.cost(0..cut, VatBasis::Exclusive).unwrap(), merged.cost(cut..len, VatBasis::Exclusive).unwrap()];
        prop_assert_eq!(Money::sum(parts).unwrap(), expected);
        // Rates on the grid say the same.
        let on_grid = rates.on_grid(consumption.grid(), VatBasis::Exclusive).unwrap();
        for slot in consumption.grid().slots() {
            prop_assert_eq!(on_grid.get(slot.index), rates.at(slot.span.from()).and_then(|prices| prices.on(VatBasis::Exclusive)));
        }
    }

    #[test]
    fn the_order_of_rows_never_matters((_, rates, _) in scene(), seed in any::<u64>()) {
        let mut rows: Vec<RateRow> = rates.intervals().enumerate().map(|(number, interval)| RateRow {
            row: number as u64,
            valid_from: Some(interval.span.from()),
            valid_to: Some(interval.span.to()),
            prices: interval.prices,
            payment_method: None,
        }).collect();
        let mut state = seed;
        for index in (1..rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            rows.swap(index, (state >> 33) as usize % (index + 1));
        }
        let again = RateSeries::from_rows(rows, None).unwrap();
        prop_assert!(again.intervals().eq(rates.intervals()));
    }
}
