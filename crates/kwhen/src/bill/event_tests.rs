//! Cars beside homes, and hours that are free.

use super::*;
use crate::tariff::{DispatchCount, Tariff, TariffDefinition};
use crate::time::{Calendar, Grid, PeriodKind, SlotLength, instant_text};

const FOUR_RATES: &str = r#"{"code": "E-1R-IOG-SMB-TOU-25-12-12-C", "dispatch_rate": "7", "dispatch_hours": 6,
    "bands": [{"name": "night", "from": "23:30", "to": "05:30", "rate": "7"}, {"name": "day", "from": "05:30", "to": "23:30", "rate": "27"}],
    "device": {"off_peak_rate": "6", "peak_rate": "30"}}"#;

fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), Calendar::great_britain()).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    let calendar = Calendar::great_britain();
    Span::new(calendar.parse(from).unwrap(), calendar.parse(to).unwrap()).unwrap()
}

/// A day's half-hours, all alike but for some.
fn day(usual: &str, others: &[(&str, &str)]) -> Consumption {
    let grid = Grid::covering(span("2026-01-10", "2026-01-11"), SlotLength::HALF_HOUR).unwrap();
    let other = |at: &str| {
        others.iter().find(|(time, _)| at.ends_with(&format!("T{time}:00Z"))).map(|(_, value)| *value)
    };
    let values: Vec<Option<Energy>> = grid
        .slots()
        .map(|slot| match other(&instant_text(slot.span.from())).unwrap_or(usual) {
            "" => None,
            value => Some(value.parse().unwrap()),
        })
        .collect();
    Consumption::on_slots(grid, &values).unwrap()
}

const DISPATCHED: [&str; 6] = ["01:00", "01:30", "02:00", "02:30", "14:00", "14:30"];

fn home_and_car() -> (Consumption, Consumption, Vec<Span>) {
    let mut whole: Vec<(&str, &str)> = DISPATCHED.iter().map(|time| (*time, "4")).collect();
    whole.push(("20:00", "1.5"));
    let mut car: Vec<(&str, &str)> = DISPATCHED.iter().map(|time| (*time, "3.5")).collect();
    car.push(("20:00", "1"));
    let dispatches = vec![
        span("2026-01-09T13:00", "2026-01-09T17:50"),
        span("2026-01-10T01:00", "2026-01-10T03:00"),
        span("2026-01-10T14:00", "2026-01-10T15:00"),
    ];
    (day("0.5", &whole), day("", &car), dispatches)
}

/// By hand. Five hours of six are used on the day before, so that 01:00 and 01:30 are cheap for the car and 02:00 and 02:30 are not, at night;
/// from midday on six hours are free again. Home: 12 half-hours of the night and 2 dispatched ones × 0.5 kWh at 7 p, 34 × 0.5 and the 1 kWh of 20:00,
/// which nobody dispatched, at 27 p. Car: 4 × 3.5 kWh at 6 p, 2 × 3.5 at 30 p. 49 + 486 + 84 + 210 = 829 p.
#[test]
fn a_car_within_and_beyond_its_hours_beside_the_home() {
    let (whole, car, dispatches) = home_and_car();
    let period = span("2026-01-10", "2026-01-11");
    let events = Events { device: Some(&car), ..Events::dispatched(&dispatches) };
    let bill = tariff(FOUR_RATES).bill_with(&whole, None, period, events, &BillOptions::default()).unwrap();
    assert_eq!(bill.net_minor.to_string(), "829");
    let lines: Vec<(String, String)> =
        bill.lines.iter().map(|line| (line.description.clone(), line.kwh.unwrap().to_string())).collect();
    let line = |text: &str, kwh: &str| (text.to_owned(), kwh.to_owned());
    assert_eq!(
        lines,
        [
            line("Energy at 7 p/kWh", "7"),
            line("Energy at 27 p/kWh", "18"),
            line("Energy of the car at 6 p/kWh", "14"),
            line("Energy of the car at 30 p/kWh", "7"),
        ]
    );
    assert_eq!(bill.kwh.to_string(), "46");
    let device = bill.device.unwrap();
    assert_eq!(
        (device.kwh.to_string().as_str(), device.undispatched_kwh.to_string().as_str(), device.capped_slots),
        ("21", "1", 0)
    );
    // By minutes 4:50 were used, 5:50 after 01:30: 02:00 is cheap too, and its 3.5 kWh cost 6 p and not 30 p. With VAT: 84 × 1.05.
    let allowance = bill.allowance.unwrap();
    assert_eq!((allowance.hours, allowance.cheap_slots, allowance.beyond_slots), (6, 4, 2));
    let other = allowance.otherwise;
    assert_eq!((other.counted, other.cheap_slots, other.beyond_slots), (DispatchCount::Minutes, 5, 1));
    assert_eq!(
        (other.total_minor.to_string().as_str(), other.difference_minor.to_string().as_str()),
        ("782.25", "-88.2")
    );
    let by_minutes = BillOptions { dispatch_count: DispatchCount::Minutes, ..BillOptions::default() };
    let bill = tariff(FOUR_RATES).bill_with(&whole, None, period, events, &by_minutes).unwrap();
    assert_eq!(bill.total_minor.to_string(), "782.25");
    assert_eq!(bill.allowance.unwrap().otherwise.difference_minor.to_string(), "88.2");
}

/// What the customer asked for is at the car's dearer price, in the night too, and takes nothing of the hours.
#[test]
fn a_charge_that_was_asked_for_is_at_the_peak_price() {
    let (whole, car, dispatches) = home_and_car();
    let period = span("2026-01-10", "2026-01-11");
    let asked = [dispatches[1]];
    let planned = [dispatches[2]];
    let events = Events { dispatches: &planned, asked_for: &asked, device: Some(&car), free_hours: &[] };
    let bill = tariff(FOUR_RATES).bill_with(&whole, None, period, events, &BillOptions::default()).unwrap();
    // 49 + 486, 2 × 3.5 at 6, 4 × 3.5 at 30.
    assert_eq!(bill.net_minor.to_string(), "997");
    assert_eq!(bill.allowance.unwrap().beyond_slots, 0);
}

/// One price for home and car: of two hours one is cheap. 48 half-hours × 0.5 kWh: 12 and 2 at 7 p, 34 at 27 p.
#[test]
fn beyond_the_hours_a_dispatch_costs_what_the_clock_says() {
    let two = tariff(
        &FOUR_RATES
            .replace(",\n    \"device\": {\"off_peak_rate\": \"6\", \"peak_rate\": \"30\"}", "")
            .replace("\"dispatch_hours\": 6", "\"dispatch_hours\": 1"),
    );
    let (whole, dispatches) = (day("0.5", &[]), [span("2026-01-10T14:00", "2026-01-10T16:00")]);
    let period = span("2026-01-10", "2026-01-11");
    let bill = two.bill(&whole, period, &dispatches, &BillOptions::default()).unwrap();
    assert_eq!(bill.net_minor.to_string(), "508");
    let allowance = bill.allowance.unwrap();
    assert_eq!((allowance.cheap_slots, allowance.beyond_slots), (2, 2));
    assert_eq!(allowance.otherwise.difference_minor.to_string(), "0");
    // Without a dispatch in the bill nothing is said of it.
    assert_eq!(two.bill(&whole, period, &[], &BillOptions::default()).unwrap().allowance, None);
}

#[test]
fn what_the_car_drew_is_needed_where_it_is_priced_and_there_alone() {
    let (whole, car, dispatches) = home_and_car();
    let period = span("2026-01-10", "2026-01-11");
    let four = tariff(FOUR_RATES);
    let refused = |tariff: &Tariff, events: Events<'_>| {
        tariff.bill_with(&whole, None, period, events, &BillOptions::default()).unwrap_err().to_string()
    };
    let dispatched = Events::dispatched(&dispatches);
    assert!(refused(&four, dispatched).contains("--device-consumption"));
    let lacking = day("", &[("01:00", "3.5")]);
    let error = refused(&four, Events { device: Some(&lacking), ..dispatched });
    assert!(error.contains("2026-01-10T01:30:00Z"), "{error}");
    let one_price = tariff(r#"{"code": "FLAT", "unit_rate": "20"}"#);
    assert!(refused(&one_price, Events { device: Some(&car), ..Events::default() }).contains("of no use"));
    // A reading above the meter's counts as that.
    let much = day("", &DISPATCHED.map(|time| (time, "5")));
    let bill = four
        .bill_with(
            &whole,
            None,
            period,
            Events { device: Some(&much), ..dispatched },
            &BillOptions::default(),
        )
        .unwrap();
    let device = bill.device.unwrap();
    assert_eq!((device.kwh.to_string().as_str(), device.capped_slots), ("24", 6));
}

/// An hour with 2 × 10 kWh at 20 p: 16 kWh are free, 320 p. Where the second half-hour's price is below zero it stays, and 10 kWh are free.
#[test]
fn a_free_hour_is_free_up_to_its_limit_and_a_negative_price_stays() {
    let whole = day("0.5", &[("13:00", "10"), ("13:30", "10")]);
    let period = span("2026-01-10", "2026-01-11");
    let free = |limit: Option<&str>| {
        [FreeHours {
            span: span("2026-01-10T13:00", "2026-01-10T14:00"),
            limit: limit.map(|kwh| kwh.parse().unwrap()),
        }]
    };
    let billed = |tariff: &Tariff, hours: &[FreeHours], rules: BillingRules| {
        let options = BillOptions { rules, working: true, ..BillOptions::default() };
        tariff
            .bill_with(&whole, None, period, Events { free_hours: hours, ..Events::default() }, &options)
            .unwrap()
    };
    let flat = tariff(r#"{"code": "FLAT", "unit_rate": "20"}"#);
    let bill = billed(&flat, &free(Some("16")), BillingRules::exact());
    // 43 kWh × 20 − 320.
    assert_eq!(bill.net_minor.to_string(), "540");
    let line = bill.lines.iter().find(|line| line.kind == LineKind::FreeHours).unwrap();
    assert_eq!(line.description, "Free electricity, 16 of 20 kWh, Sat 10 Jan 2026 13:00 to 14:00");
    assert_eq!(line.net_minor.to_string(), "-320");
    assert_eq!(billed(&flat, &free(None), BillingRules::exact()).net_minor.to_string(), "460");
    let changing = tariff(
        r#"{"code": "AGILE", "rates": [{"from": "2026-01-01", "to": "2026-01-10T13:30", "price": "20"},
            {"from": "2026-01-10T13:30", "to": "2026-01-10T14:00", "price": "-5"}, {"from": "2026-01-10T14:00", "price": "20"}]}"#,
    );
    let bill = billed(&changing, &free(None), BillingRules::exact());
    // 33 kWh at 20 and 10 at −5 are 610; 10 kWh at 20 are taken off.
    assert_eq!(bill.net_minor.to_string(), "410");
    for rules in BillingRules::presets() {
        let bill = billed(&flat, &free(Some("16")), rules);
        let sum = Money::sum(bill.lines.iter().map(|line| line.net_minor)).unwrap();
        assert_eq!(sum, bill.net_minor, "{}", bill.rules);
    }
    let odd = [FreeHours { span: span("2026-01-10T13:10", "2026-01-10T14:00"), limit: None }];
    let events = Events { free_hours: &odd, ..Events::default() };
    assert!(
        flat.bill_with(&whole, None, period, events, &BillOptions::default()).unwrap_err().is_misaligned()
    );
}

/// Free from 23:00 to 01:00 over the night in which VAT goes from 5 % to nothing, 1 kWh a half-hour at 20 p: at each rate what was used at it, in
/// its own half-hours, and two days together are the two days.
#[test]
fn free_hours_over_a_change_of_tax_are_taken_off_at_each_rate_and_slot_by_slot() {
    let (first, second, last) = ("2026-09-30", "2026-10-01", "2026-10-02");
    let grid = Grid::covering(span(first, last), SlotLength::HALF_HOUR).unwrap();
    let usage = Consumption::constant(grid, "1".parse().unwrap());
    let flat = tariff(r#"{"code": "FLAT", "unit_rate": "20"}"#);
    let hours = [FreeHours { span: span("2026-09-30T23:00", "2026-10-01T01:00"), limit: None }];
    let billed = |from: &str, to: &str, grouping: Option<Grouping>| {
        let options = BillOptions { grouping, ..BillOptions::default() };
        let events = Events { free_hours: &hours, ..Events::default() };
        flat.bill_with(&usage, None, span(from, to), events, &options).unwrap()
    };
    let whole = billed(first, last, Some(Grouping::Slots));
    // 92 half-hours at 20 p, and 5 % on the 46 of September.
    assert_eq!(
        (whole.net_minor.to_string(), whole.vat_minor.to_string()),
        ("1840".to_owned(), "46".to_owned())
    );
    let apart = [billed(first, second, None), billed(second, last, None)];
    let sum = Money::sum(apart.iter().map(|bill| bill.total_minor)).unwrap();
    assert_eq!(sum, whole.total_minor);
    let pieces = whole.periods.unwrap();
    let free: Vec<&BillPeriod> = pieces.iter().filter(|piece| piece.net_minor.is_zero()).collect();
    assert_eq!(free.len(), 4);
    assert!(free.iter().all(|piece| hours[0].span.contains(piece.period.span.from())));
    let days = billed(first, last, Some(Grouping::Periods(PeriodKind::Day))).periods.unwrap();
    let nets: Vec<String> = days.iter().map(|day| day.net_minor.to_string()).collect();
    assert_eq!(nets, ["920", "920"]);
}

#[test]
fn a_car_that_drew_less_than_nothing_and_free_hours_of_export_are_refused() {
    let period = span("2026-01-10", "2026-01-11");
    let (whole, _, dispatches) = home_and_car();
    let below = day("", &DISPATCHED.map(|time| (time, "-1")));
    let events = Events { device: Some(&below), ..Events::dispatched(&dispatches) };
    let refused = tariff(FOUR_RATES).bill_with(&whole, None, period, events, &BillOptions::default());
    assert!(refused.unwrap_err().to_string().contains("what a car drew is 0 or more"));
    let hours = [FreeHours { span: span("2026-01-10T13:00", "2026-01-10T14:00"), limit: None }];
    let events = Events { free_hours: &hours, ..Events::default() };
    let export = tariff(r#"{"code": "OUT", "direction": "export", "unit_rate": "15"}"#);
    let refused = export.bill_with(&whole, None, period, events, &BillOptions::default());
    assert!(refused.unwrap_err().to_string().contains("which no session makes free"));
}
