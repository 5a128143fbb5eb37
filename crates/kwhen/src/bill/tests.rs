use super::*;
use crate::quantity::{Rounding, UnitRate};
use crate::series::{Consumption, Prices, RateRow, ReadingRow, StandingChargeRow};
use crate::tariff::VatRate;
use crate::time::{Calendar, Grid, PeriodKind, SlotLength, parse_instant};
use proptest::prelude::*;

fn span(from: &str, to: &str) -> Span {
    Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn constant(period: Span, kwh: &str) -> Consumption {
    Consumption::constant(Grid::covering(period, SlotLength::HALF_HOUR).unwrap(), kwh.parse().unwrap())
}

#[test]
fn a_clock_change_day_bears_one_standing_charge_and_its_own_slots() {
    let rates = RateSeries::flat(Prices::Exclusive("10".parse().unwrap()));
    let standing = StandingCharges::flat(Prices::Exclusive(money("48")));
    for (date, slots) in [("2026-03-29", 46), ("2026-07-01", 48), ("2025-10-26", 50)] {
        let day = Calendar::great_britain().day(date.parse().unwrap()).unwrap();
        let consumption = constant(day, "0.1");
        let request =
            BillRequest::new(&consumption, &rates, day).standing_charges(&standing).grouping(Grouping::Slots);
        let bill = Bill::new(&request).unwrap();
        assert_eq!(bill.coverage.slots, slots, "{date}");
        assert_eq!(
            bill.net_minor,
            money("48").checked_add(money("1").times(slots as i64).unwrap()).unwrap(),
            "{date}"
        );
        let periods = bill.periods.unwrap();
        assert_eq!(periods.len(), slots);
        assert_eq!(periods.iter().map(|piece| piece.days).sum::<i64>(), 1);
    }
}

#[test]
fn vat_goes_by_date_and_not_by_the_printed_price() {
    // An open record whose printed price already has 0 % VAT: September still bears 5 %.
    let rates =
        RateSeries::flat(Prices::Both { exc_vat: "20".parse().unwrap(), inc_vat: "20".parse().unwrap() });
    let period = span("2026-09-30T21:00:00Z", "2026-10-01T01:00:00Z");
    let consumption = constant(period, "1");
    let bill = Bill::new(&BillRequest::new(&consumption, &rates, period)).unwrap();
    // Four half-hours before local midnight at 5 %, four after at 0 %.
    assert_eq!((bill.net_minor, bill.vat_minor, bill.total_minor), (money("160"), money("4"), money("164")));
    let percents: Vec<_> =
        bill.lines.iter().map(|line| (line.vat_percent.percent(), line.net_minor.to_string())).collect();
    assert_eq!(percents, [("5".into(), "80".into()), ("0".into(), "80".into())]);
}

#[test]
fn rates_known_only_with_vat_total_to_their_sum() {
    let rates = RateSeries::flat(Prices::Inclusive("21".parse().unwrap()));
    let period = span("2026-01-01T00:00:00Z", "2026-01-01T05:00:00Z");
    let consumption = constant(period, "1");
    let standing = StandingCharges::flat(Prices::Both { exc_vat: money("40"), inc_vat: money("42") });
    let request = BillRequest::new(&consumption, &rates, period).standing_charges(&standing);
    let bill = Bill::new(&request).unwrap();
    assert_eq!((bill.net_minor, bill.vat_minor, bill.total_minor), (money("240"), money("12"), money("252")));
}

#[test]
fn documented_rules_round_half_hours_to_even_hundredths_and_vat_to_the_penny() {
    let period = span("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
    let grid = Grid::covering(period, SlotLength::HALF_HOUR).unwrap();
    let consumption =
        Consumption::on_slots(grid, &[Some("0.015".parse().unwrap()), Some("0.025".parse().unwrap())])
            .unwrap();
    let rates = RateSeries::flat(Prices::Exclusive("1000".parse().unwrap()));
    let bill = |rules| Bill::new(&BillRequest::new(&consumption, &rates, period).rules(rules)).unwrap();
    let octopus = bill(BillingRules::octopus());
    // 0.02 + 0.02 kWh at 1000 p = 40 p; VAT 2 p
    assert_eq!(
        (octopus.kwh.to_string().as_str(), octopus.net_minor, octopus.vat_minor),
        ("0.04", money("40"), money("2"))
    );
    let exact = bill(BillingRules::exact());
    assert_eq!((exact.net_minor, exact.vat_minor), (money("40"), money("2")));
    let ladder = BillingRules {
        slot_cost: Some(RoundTo::new(0, Rounding::HalfUp)),
        vat: Some(RoundTo::new(0, Rounding::HalfUp)),
        ..BillingRules::exact()
    };
    let rates = RateSeries::flat(Prices::Exclusive("300".parse().unwrap()));
    let bill = Bill::new(&BillRequest::new(&consumption, &rates, period).rules(ladder)).unwrap();
    // 4.5 p and 7.5 p round to 5 p and 8 p; VAT 0.65 p to 1 p
    assert_eq!((bill.net_minor, bill.vat_minor), (money("13"), money("1")));
}

#[test]
fn nothing_at_all_to_bill_is_an_error_and_a_gap_is_named() {
    let january = span("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let consumption = constant(january, "1");
    let rates = RateSeries::flat(Prices::Exclusive("10".parse().unwrap()));
    let june = span("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let error = Bill::new(&BillRequest::new(&consumption, &rates, june)).unwrap_err();
    assert!(error.is_missing() && error.to_string().contains("2026-01-01T00:00:00Z"), "{error}");
    let both = span("2026-01-31T23:00:00Z", "2026-02-01T01:00:00Z");
    let bill = Bill::new(&BillRequest::new(&consumption, &rates, both)).unwrap();
    assert_eq!((bill.coverage.slots, bill.coverage.billed_slots, bill.net_minor), (4, 2, money("20")));
    assert_eq!(bill.coverage.missing_consumption, [span("2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z")]);
}

#[test]
fn days_without_a_known_standing_charge_are_named() {
    let period = span("2026-01-01T00:00:00Z", "2026-01-11T00:00:00Z");
    let consumption = constant(period, "1");
    let rates = RateSeries::flat(Prices::Exclusive("10".parse().unwrap()));
    let rows = vec![StandingChargeRow {
        row: 1,
        valid_from: Some(parse_instant("2026-01-04T00:00:00Z").unwrap()),
        valid_to: None,
        prices: Prices::Exclusive(money("50")),
        payment_method: None,
    }];
    let standing = StandingCharges::from_rows(rows, None).unwrap();
    let request = BillRequest::new(&consumption, &rates, period).standing_charges(&standing);
    let bill = Bill::new(&request).unwrap();
    assert_eq!(bill.missing_standing_charges, [span("2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")]);
    assert_eq!(bill.lines.last().unwrap().days, Some(7));
}

/// Random readings and half-hourly rates around the autumn clock change and the VAT change of 2026.
fn scene() -> impl Strategy<Value = (Consumption, RateSeries)> {
    let readings = prop::collection::vec(prop::option::weighted(0.95, 0_i64..4_000), 1_400..1_500);
    let rates = prop::collection::vec(-2_000_i64..9_000, 1_500);
    (readings, rates, any::<bool>()).prop_map(|(readings, rates, inclusive)| {
        let start = parse_instant("2026-09-28T00:00:00Z").unwrap();
        let grid = Grid::new(start, SlotLength::HALF_HOUR, readings.len()).unwrap();
        let readings: Vec<_> =
            readings.into_iter().map(|wh| wh.map(|wh| Energy::from_units(wh * 100_000).unwrap())).collect();
        let basis = if inclusive { VatBasis::Inclusive } else { VatBasis::Exclusive };
        let rates: Vec<_> =
            rates.into_iter().map(|rate| Some(UnitRate::from_units(rate * 1_000_000).unwrap())).collect();
        let rate_grid = Grid::new(start, SlotLength::HALF_HOUR, rates.len()).unwrap();
        (
            Consumption::on_slots(grid, &readings).unwrap(),
            RateSeries::on_slots(&rate_grid, basis, &rates).unwrap(),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pieces_and_lines_sum_to_the_bill_under_every_rule((consumption, rates) in scene(), rules in 0_usize..7, kind in 0_usize..5) {
        let rules = [
            BillingRules::exact(),
            BillingRules::octopus(),
            BillingRules { slot_cost: Some(RoundTo::new(2, Rounding::HalfEven)), ..BillingRules::octopus() },
            BillingRules::octopus_statement(),
            BillingRules::ladder(),
            BillingRules { day_energy: Some(RoundTo::new(2, Rounding::HalfEven)), ..BillingRules::octopus() },
            BillingRules { line: Some(RoundTo::new(1, Rounding::HalfUp)), vat_on: VatOn::Line, ..BillingRules::octopus() },
        ][rules].clone();
        let grouping = [
            Grouping::Slots,
            Grouping::Periods(PeriodKind::Day),
            Grouping::Periods(PeriodKind::MarketDay),
            Grouping::Periods(PeriodKind::Month),
            Grouping::Periods(PeriodKind::Week),
        ][kind];
        let standing = StandingCharges::flat(Prices::Exclusive(money("37.6525")));
        let period = consumption.grid().span().unwrap();
        let request = BillRequest::new(&consumption, &rates, period).standing_charges(&standing).rules(rules).grouping(grouping);
        let bill = Bill::new(&request).unwrap();
        let pieces = bill.periods.as_ref().unwrap();
        prop_assert_eq!(Money::sum(pieces.iter().map(|piece| piece.net_minor)).unwrap(), bill.net_minor);
        prop_assert_eq!(Money::sum(pieces.iter().map(|piece| piece.vat_minor)).unwrap(), bill.vat_minor);
        prop_assert_eq!(Money::sum(pieces.iter().map(|piece| piece.total_minor)).unwrap(), bill.total_minor);
        prop_assert_eq!(Energy::sum(pieces.iter().map(|piece| piece.kwh)).unwrap(), bill.kwh);
        prop_assert!(bill.lines.iter().any(|line| line.kind == LineKind::Energy));
        prop_assert_eq!(pieces.iter().map(|piece| piece.slots).sum::<usize>(), bill.coverage.slots);
        prop_assert_eq!(Money::sum(bill.lines.iter().map(|line| line.net_minor)).unwrap(), bill.net_minor);
    }

    #[test]
    fn a_bill_split_at_any_instant_sums_to_the_whole((consumption, rates) in scene(), minute in 1_i64..40_000) {
        let standing = StandingCharges::flat(Prices::Exclusive(money("37.6525")));
        let whole = consumption.grid().span().unwrap();
        let cut = whole.from() + chrono::TimeDelta::minutes(minute.min(whole.seconds() / 60 - 1));
        // With no readings at all in a part there is no bill for it.
        let bill = |period| Bill::new(&BillRequest::new(&consumption, &rates, period).standing_charges(&standing));
        let whole_bill = bill(whole).unwrap();
        if let (Ok(first), Ok(second)) = (bill(Span::new(whole.from(), cut).unwrap()), bill(Span::new(cut, whole.to()).unwrap())) {
            prop_assert_eq!(Energy::sum([first.kwh, second.kwh]).unwrap(), whole_bill.kwh);
            let total = Money::sum([first.total_minor, second.total_minor]).unwrap();
            prop_assert_eq!(total, whole_bill.total_minor);
            if rates.has(VatBasis::Exclusive) {
                prop_assert_eq!(Money::sum([first.net_minor, second.net_minor]).unwrap(), whole_bill.net_minor);
            }
        }
    }

    /// Readings, rates and standing charges as rows, each list shuffled by itself.
    #[test]
    fn the_order_of_rows_never_changes_the_bill((consumption, rates) in scene(), seeds in any::<[u64; 3]>()) {
        let readings: Vec<ReadingRow> = (1..)
            .zip(consumption.grid().slots().zip(consumption.iter()))
            .map(|(row, (slot, energy))| ReadingRow { row, start: slot.span.from(), end: Some(slot.span.to()), energy })
            .filter(|row| row.energy.is_some())
            .collect();
        let rates: Vec<RateRow> = (1..)
            .zip(rates.intervals())
            .map(|(row, interval)| RateRow {
                row,
                valid_from: Some(interval.span.from()),
                valid_to: Some(interval.span.to()),
                prices: interval.prices,
                payment_method: None,
            })
            .collect();
        let period = consumption.grid().span().unwrap();
        // A price of its own each week, and an open one at the end.
        let standing: Vec<StandingChargeRow> = (0..5)
            .map(|week| StandingChargeRow {
                row: week + 1,
                valid_from: Some(period.from() + chrono::TimeDelta::weeks(week as i64)),
                valid_to: (week < 4).then(|| period.from() + chrono::TimeDelta::weeks(week as i64 + 1)),
                prices: Prices::Exclusive(Money::from_units((37 + i128::from(week)) * 10_i128.pow(Money::SCALE)).unwrap()),
                payment_method: None,
            })
            .collect();
        let bill = |readings: &[ReadingRow], rates: Vec<RateRow>, standing: Vec<StandingChargeRow>| {
            let consumption = Consumption::from_rows(readings).unwrap();
            let (rates, standing) = (RateSeries::from_rows(rates, None).unwrap(), StandingCharges::from_rows(standing, None).unwrap());
            let request = BillRequest::new(&consumption, &rates, period).standing_charges(&standing).grouping(Grouping::Slots);
            Bill::new(&request).unwrap()
        };
        let in_order = bill(&readings, rates.clone(), standing.clone());
        let any_order = bill(&shuffled(readings, seeds[0]), shuffled(rates, seeds[1]), shuffled(standing, seeds[2]));
        prop_assert_eq!(in_order, any_order);
    }
}

/// Fisher and Yates's shuffle over a linear congruence.
fn shuffled<T>(mut rows: Vec<T>, mut seed: u64) -> Vec<T> {
    for last in (1..rows.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(last, (seed >> 33) as usize % (last + 1));
    }
    rows
}

#[test]
fn the_order_of_rate_rows_does_not_change_the_bill() {
    let period = span("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    let consumption = constant(period, "0.3");
    let rows: Vec<RateRow> = Grid::covering(period, SlotLength::HALF_HOUR)
        .unwrap()
        .slots()
        .map(|slot| RateRow {
            row: slot.index as u64 + 1,
            valid_from: Some(slot.span.from()),
            valid_to: Some(slot.span.to()),
            prices: Prices::Exclusive(
                UnitRate::from_units(slot.index as i64 * 37_000_000 - 200_000_000).unwrap(),
            ),
            payment_method: None,
        })
        .collect();
    let mut reversed = rows.clone();
    reversed.reverse();
    let bills = [rows, reversed].map(|rows| {
        Bill::new(&BillRequest::new(&consumption, &RateSeries::from_rows(rows, None).unwrap(), period))
            .unwrap()
    });
    assert_eq!(bills[0], bills[1]);
    // 0.3 x sum over 48 slots of (0.37 n - 2) = 0.3 x (0.37 x 1128 - 96)
    assert_eq!(bills[0].net_minor, money("96.408"));
    assert_eq!(VatRate::FIVE_PERCENT.on(bills[0].net_minor).unwrap(), bills[0].vat_minor);
}

fn rate_row(row: u64, from: &str, to: &str, rate: &str) -> RateRow {
    RateRow {
        row,
        valid_from: Some(parse_instant(from).unwrap()),
        valid_to: Some(parse_instant(to).unwrap()),
        prices: Prices::Exclusive(rate.parse().unwrap()),
        payment_method: None,
    }
}

fn dates_of(rows: Vec<RateRow>, period: Span) -> Vec<(String, Span)> {
    let rates = RateSeries::from_rows(rows, None).unwrap();
    let bill = Bill::new(&BillRequest::new(&constant(period, "0.5"), &rates, period)).unwrap();
    bill.lines.into_iter().map(|line| (line.description, line.span)).collect()
}

/// A price that changes at 11:00 on 10 March: each line has the span in which its price held, not more.
#[test]
fn a_line_carries_the_span_in_which_its_price_held() {
    let march = span("2026-03-01T00:00:00Z", "2026-03-29T00:00:00Z");
    let change = "2026-03-10T11:00:00Z";
    let rows = || {
        vec![
            rate_row(1, "2025-01-01T00:00:00Z", change, "20"),
            rate_row(2, change, "2026-06-01T00:00:00Z", "25"),
        ]
    };
    let before = ("Energy at 20 p/kWh".to_owned(), span("2026-03-01T00:00:00Z", change));
    let after = ("Energy at 25 p/kWh".to_owned(), span(change, "2026-03-29T00:00:00Z"));
    assert_eq!(dates_of(rows(), march), [before, after]);
    // A third price that comes and goes.
    let mut broken = rows();
    broken[0].valid_to = Some(parse_instant("2026-03-05T02:00:00Z").unwrap());
    broken.push(rate_row(3, "2026-03-05T02:00:00Z", "2026-03-05T05:00:00Z", "9"));
    broken.push(rate_row(4, "2026-03-05T05:00:00Z", change, "20"));
    let dates = dates_of(broken, march);
    assert_eq!(
        dates[1],
        ("Energy at 9 p/kWh".to_owned(), span("2026-03-05T02:00:00Z", "2026-03-05T05:00:00Z"))
    );
    assert_eq!(dates[0], ("Energy at 20 p/kWh".to_owned(), span("2026-03-01T00:00:00Z", change)));
    assert_eq!(dates[2].1, span(change, "2026-03-29T00:00:00Z"));
}

/// Night from 00:30 to 04:30 and day, until 15 March; other prices after it.
#[test]
fn bands_that_take_turns_are_dated_from_first_to_last() {
    let period = span("2026-03-13T00:00:00Z", "2026-03-17T00:00:00Z");
    let mut rows = Vec::new();
    for day in 12..18 {
        let (night, rest) = if day < 15 { ("8", "28") } else { ("9", "31") };
        let at = |time: &str| format!("2026-03-{day}T{time}:00Z");
        let next = format!("2026-03-{}T00:30:00Z", day + 1);
        rows.push(rate_row(rows.len() as u64 + 1, &at("00:30"), &at("04:30"), night));
        rows.push(rate_row(rows.len() as u64 + 1, &at("04:30"), &next, rest));
    }
    let dates: Vec<Span> = dates_of(rows, period).into_iter().map(|(_, span)| span).collect();
    // The first of the bill's days has a night and a day, so has its last: those edges are the bill's own.
    let (start, end) = ("2026-03-13T00:00:00Z", "2026-03-17T00:00:00Z");
    assert_eq!(
        dates,
        [
            span(start, "2026-03-14T04:30:00Z"),
            span(start, "2026-03-15T00:30:00Z"),
            span("2026-03-15T00:30:00Z", end),
            span("2026-03-15T04:30:00Z", end),
        ]
    );
}

/// A component by a schedule is looked at a day at a time; the same prices as a series are joined slot by slot.
#[test]
fn a_component_by_days_bills_what_it_bills_by_slots() {
    use crate::tariff::{
        Charge, Clock, Component, ComponentKind, ComponentTax, Counts, Schedule, ScheduleBand, UnitRates,
    };
    let time = |text| chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    let band = |name, from, to, rate: &str| {
        ScheduleBand::daily(name, time(from), time(to), Prices::Exclusive(rate.parse().unwrap()))
    };
    let bands = vec![
        band("low", "00:00", "05:00", "1.51"),
        band("usual", "05:00", "17:00", "7.53"),
        band("high", "17:00", "20:00", "15.05"),
        band("usual", "20:00", "00:00", "7.53"),
    ];
    let schedule = Schedule::new(Clock::great_britain(), bands).unwrap();
    let all = span("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let grid = Grid::covering(all, SlotLength::HALF_HOUR).unwrap();
    let reading = |n: usize| Some(Energy::from_units((n * n % 1_499) as i64 * 100_000).unwrap());
    let whole = Consumption::on_slots(grid, &(0..grid.len()).map(reading).collect::<Vec<_>>()).unwrap();
    let holed: Vec<_> = (0..grid.len()).map(|n| reading(n).filter(|_| n % 500 != 7)).collect();
    let holed = Consumption::on_slots(grid, &holed).unwrap();
    let rates = RateSeries::flat(Prices::Exclusive("10".parse().unwrap()));
    let component = |rates| Component {
        name: "Netzentgelt".into(),
        kind: ComponentKind::GridFee,
        span: Span::always(),
        tax: ComponentTax::OfTariff,
        basis: VatBasis::Exclusive,
        counts: Counts::Import,
        not_below_zero: None,
        charge: Charge::PerKwh { rates, hours: None, portion: None },
    };
    let by_days = [component(UnitRates::Schedule(schedule.clone()))];
    let by_slots = [component(UnitRates::Series(schedule.rate_series(all).unwrap()))];
    let periods = [
        all,
        span("2026-03-28T13:30:00Z", "2026-10-25T00:30:00Z"),
        span("2026-05-01T06:10:00Z", "2026-05-01T16:40:00Z"),
    ];
    let groupings =
        [None, Some(Grouping::Periods(PeriodKind::Month)), Some(Grouping::Periods(PeriodKind::Day))];
    for readings in [&whole, &holed] {
        for period in periods {
            for grouping in groupings {
                for rules in [BillingRules::exact(), BillingRules::octopus()] {
                    let bill = |components| {
                        let rules = rules.clone();
                        let request = BillRequest {
                            components,
                            grouping,
                            rules,
                            ..BillRequest::new(readings, &rates, period)
                        };
                        Bill::new(&request).unwrap()
                    };
                    assert_eq!(bill(&by_days), bill(&by_slots));
                }
            }
        }
    }
}
