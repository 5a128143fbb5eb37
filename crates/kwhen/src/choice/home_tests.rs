//! What a home can have, what it does with appliances, what it could buy, and rates of other years: worked by hand.

use super::request::{ChoiceRequest, HomeDevice};
use super::tests::{FLAT, NIGHT, chosen, constant, described, lively, offer, pence, period, tariff};
use super::{BuyOption, Purchase, Stay, moved, weigh, with_rates};
use crate::bill::{Bill, BillRequest};
use crate::plan::battery::BatteryDefinition;
use crate::plan::fleet::ApplianceDefinition;
use crate::plan::forecast::PastDays;
use crate::quantity::{Energy, Money};
use crate::series::{Consumption, Prices, RateRow, RateSeries};
use crate::tariff::{Need, Tariff, UnitRates};
use crate::time::{Calendar, Grid, SlotLength, Span, parse_instant};
use chrono::{DateTime, TimeDelta, Utc};

fn at(text: &str) -> DateTime<Utc> {
    Calendar::great_britain().parse(text).unwrap()
}

fn with(mut tariff: Tariff, change: impl Fn(&mut crate::tariff::Conditions)) -> Tariff {
    change(&mut tariff.conditions);
    tariff
}

fn washer(json: &str) -> HomeDevice {
    let definition: ApplianceDefinition = serde_json::from_str(json).unwrap();
    HomeDevice::Appliance(Box::new(definition.recurring("Washer").unwrap()))
}

/// Two hours at 1 kW on every evening or night.
const WASHER: &str =
    r#"{"program": {"step_minutes": 60, "kw": [1, 1]}, "runs": [{"earliest": "20:00", "latest": "07:00"}]}"#;

#[test]
fn what_is_not_sold_is_not_advised_and_who_leaves_it_does_not_come_back() {
    let day = period("2026-03-10", "2026-03-11");
    let consumption = constant(day, "0.5");
    let devices = [described("Battery", "10", "5", "0")];
    let gone = |tariff: Tariff| with(tariff, |terms| terms.sold_until = Some(at("2026-03-01")));
    let now = at("2026-03-12");
    // NIGHT is the cheapest, 483 to 504, and is not sold any more.
    let tariffs = [gone(tariff(NIGHT)), tariff(FLAT)];
    let request = ChoiceRequest::new(&consumption, &tariffs, &devices, day).at(now);
    let choice = chosen(&request.clone().present(1, 0));
    let codes: Vec<(&str, bool)> =
        choice.offers.iter().map(|offer| (offer.code.as_str(), offer.can_be_had)).collect();
    assert_eq!(codes, [("FLAT", true), ("NIGHT", false)]);
    assert_eq!(choice.moving.as_ref().unwrap().stay, Some(Stay::Cheapest));
    assert!(offer(&choice, "NIGHT").terms.as_ref().unwrap().withdrawn);
    // The home that is on it has it.
    let choice = chosen(&request.clone().present(0, 0));
    assert_eq!((choice.offers[0].code.as_str(), choice.offers[0].can_be_had), ("NIGHT", true));
    // Before that day it could be had.
    let choice = chosen(&request.clone().at(at("2026-02-28")));
    assert!(choice.offers.iter().all(|offer| offer.can_be_had));
    // Who leaves FLAT, which is gone, does not come back.
    let tariffs = [tariff(NIGHT), gone(tariff(FLAT))];
    let request = ChoiceRequest { tariffs: &tariffs, ..request };
    let moving = chosen(&request.clone().present(1, 0)).moving.unwrap();
    assert_eq!((moving.stay, moving.no_way_back, moving.saves_minor), (None, true, pence("21")));
    assert!(!chosen(&request.clone().present(0, 0)).moving.unwrap().no_way_back);
}

#[test]
fn a_deal_is_left_when_that_costs_less_than_waiting_for_its_end() {
    let day = period("2026-03-10", "2026-03-11");
    let consumption = constant(day, "0.5");
    let devices = [described("Battery", "10", "5", "0")];
    // Moving to NIGHT saves 21 a day.
    let stay = |ends: Option<&str>, fee: &str| {
        let deal = with(tariff(FLAT), |terms| {
            terms.ends = ends.map(at);
            terms.exit_fee = Some(pence(fee));
        });
        let tariffs = [tariff(NIGHT), deal];
        let request = ChoiceRequest::new(&consumption, &tariffs, &devices, day).at(at("2026-03-11"));
        let moving = chosen(&request.present(1, 0)).moving.unwrap();
        (moving.stay, moving.exit_fee_minor, moving.ends.is_some())
    };
    // Ten days until the end: 210.
    assert_eq!(stay(Some("2026-03-21"), "209"), (None, pence("209"), true));
    assert_eq!(stay(Some("2026-03-21"), "210"), (Some(Stay::UntilEnd), pence("210"), true));
    assert_eq!(stay(Some("2026-03-11"), "210"), (None, Money::ZERO, false));
    assert_eq!(stay(None, "21"), (Some(Stay::ExitFee), pence("21"), false));
    assert_eq!(stay(None, "20"), (None, pence("20"), false));
    // A fee that is named counts instead.
    let deal = with(tariff(FLAT), |terms| terms.exit_fee = Some(pence("1000")));
    let tariffs = [tariff(NIGHT), deal];
    let request = ChoiceRequest::new(&consumption, &tariffs, &devices, day).present(1, 0);
    assert_eq!(chosen(&request.clone().exit_fee(pence("5"))).moving.unwrap().stay, None);
    assert_eq!(chosen(&request).moving.unwrap().stay, Some(Stay::ExitFee));
}

#[test]
fn what_a_tariff_needs_is_asked_of_the_home() {
    let day = period("2026-03-10", "2026-03-11");
    let consumption = constant(day, "0.5");
    let devices = [described("Battery", "10", "5", "0")];
    let needing = |need: Need| with(tariff(NIGHT), |terms| terms.needs = vec![need]);
    let told = |need: Need, has: Vec<Need>, is_all: bool| {
        let tariffs = [needing(need), tariff(FLAT)];
        let request = ChoiceRequest::new(&consumption, &tariffs, &devices, day).having(has, is_all);
        let choice = chosen(&request);
        let night = offer(&choice, "NIGHT");
        let terms = night.terms.clone().unwrap();
        (night.can_be_had, terms.lacks, terms.unsure)
    };
    // The battery is among the devices.
    assert_eq!(told(Need::Battery, vec![], true), (true, vec![], vec![]));
    assert_eq!(told(Need::HeatPump, vec![], false), (true, vec![], vec![Need::HeatPump]));
    assert_eq!(told(Need::HeatPump, vec![], true), (false, vec![Need::HeatPump], vec![]));
    assert_eq!(told(Need::HeatPump, vec![Need::HeatPump], true), (true, vec![], vec![]));
    assert_eq!(told(Need::Car, vec![], true), (false, vec![Need::Car], vec![]));
}

#[test]
fn an_appliance_runs_when_it_is_cheap_on_each_tariff() {
    let days = period("2026-03-10", "2026-03-12");
    let consumption = constant(days, "0.5");
    let tariffs = [tariff(NIGHT), tariff(FLAT)];
    let washer = [washer(WASHER)];
    let request = ChoiceRequest::new(&consumption, &tariffs, &washer, days).rolling(PastDays::default());
    let choice = chosen(&request);
    // One run lies whole within the two days. As used 5 kWh by night at 10 and 19 by day at 30 a day, 40 a day; the run by night: 20; 5 %.
    let night = offer(&choice, "NIGHT");
    let best = night.foresight.as_ref().unwrap();
    assert_eq!((best.total_minor, best.kwh), (pence("1407"), "50".parse().unwrap()));
    // What it costs is known before: planned on what is known at eight in the evening it is the same.
    assert_eq!(night.rolling.as_ref().unwrap().total_minor, pence("1407"));
    assert_eq!(offer(&choice, "FLAT").foresight.as_ref().unwrap().total_minor, pence("1050"));
    let slots = &night.days[0].slots;
    assert_eq!(slots.len(), 48);
    // Beside a battery that gives all of the day's energy the washer may run at any time: nobody is worse off.
    let both = [described("Battery", "100", "50", "0"), washer[0].clone()];
    let choice = chosen(&ChoiceRequest { devices: &both, ..request.clone() });
    // All 50 kWh at 10, 40 a day, 5 %.
    assert_eq!(offer(&choice, "NIGHT").foresight.as_ref().unwrap().total_minor, pence("609"));
    let wrong = |json: &str| {
        let definition: ApplianceDefinition = serde_json::from_str(json).unwrap();
        definition.recurring("x").unwrap_err().to_string()
    };
    assert!(wrong(r#"{"program": {"step_minutes": 60, "kw": [1]}}"#).contains("[[runs]]"));
    let twice = r#"{"program": {"step_minutes": 60, "kw": [1]}, "cycles": 2, "runs": [{"earliest": "1:00", "latest": "5:00"}]}"#;
    assert!(wrong(twice).contains("cycles"));
    let at_noon =
        r#"{"program": {"step_minutes": 60, "kw": [1]}, "runs": [{"earliest": "noon", "latest": "5:00"}]}"#;
    assert!(wrong(at_noon).contains("runs.earliest") && wrong(at_noon).contains("noon"));
    let short = r#"{"program": {"step_minutes": 60, "kw": [1, 1]}, "runs": [{"earliest": "20:00", "latest": "21:00"}]}"#;
    assert!(
        wrong(short).contains("120 minutes") && wrong(short).contains("20:00 to 21:00"),
        "{}",
        wrong(short)
    );
    let two = self::washer(
        r#"{"program": {"step_minutes": 60, "kw": [1]}, "runs": [{"earliest": "20:00", "latest": "07:00"}, {"earliest": "06:00", "latest": "09:00"}]}"#,
    );
    let error = super::choose(&ChoiceRequest { devices: &[two], ..request }, &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
}

#[test]
fn a_run_that_the_clock_cuts_too_short_is_left_out_and_said() {
    let flat = [tariff(FLAT)];
    let two_hours = |earliest: &str, latest: &str, minutes: u32| {
        washer(&format!(
            r#"{{"program": {{"step_minutes": {minutes}, "kw": [1]}}, "runs": [{{"earliest": "{earliest}", "latest": "{latest}"}}]}}"#
        ))
    };
    let told = |from: &str, to: &str, device: HomeDevice| {
        let days = period(from, to);
        let consumption = constant(days, "0.5");
        let devices = [device];
        let request = ChoiceRequest::new(&consumption, &flat, &devices, days).rolling(PastDays::default());
        let choice = chosen(&request);
        let offer = &choice.offers[0];
        let both = [&offer.foresight, &offer.rolling].map(|cell| cell.as_ref().unwrap().clone());
        assert_eq!(both[0].kwh, both[1].kwh);
        let said = choice.notices.iter().filter(|notice| notice.contains("does not run")).cloned();
        (both[0].kwh.to_string(), both[0].total_minor, said.collect::<Vec<String>>())
    };
    // 47 hours at 1 kW and the first night's two kWh are 49, at 20 and 5 %. In the second night one hour is left between half past midnight and half past two.
    let (kwh, total, said) = told("2026-03-28", "2026-03-30", two_hours("00:30", "02:30", 120));
    assert_eq!((kwh.as_str(), total, said.len()), ("49", pence("1029"), 1));
    assert!(said[0].starts_with("Washer does not run in its time that begins on 2026-03-29:"), "{said:?}");
    assert!(said[0].contains("120 minutes"), "{said:?}");
    // What still fits runs: 47 and one in each night.
    let (kwh, total, said) = told("2026-03-28", "2026-03-30", two_hours("00:30", "02:30", 60));
    assert_eq!((kwh.as_str(), total, said.len()), ("49", pence("1029"), 0));
    // A time that is skipped as a whole.
    let (kwh, _, said) = told("2026-03-28", "2026-03-30", two_hours("01:00", "01:45", 30));
    assert_eq!((kwh.as_str(), said.len()), ("47.5", 1));
    // The other way the time is an hour longer: 49 hours, and two kWh in each night; there is no tax on energy by then.
    let (kwh, total, said) = told("2026-10-24", "2026-10-26", two_hours("00:30", "02:30", 120));
    assert_eq!((kwh.as_str(), total, said.len()), ("53", pence("1060"), 0));
    // The evening before stands for its night.
    let (kwh, _, said) = told("2026-03-28", "2026-03-30", two_hours("21:00", "02:30", 300));
    assert_eq!((kwh.as_str(), said.len()), ("47", 1));
    assert!(said[0].contains("begins on 2026-03-28"), "{said:?}");
}

#[test]
fn a_run_that_the_compared_time_cuts_is_said() {
    let flat = [tariff(FLAT)];
    let told = |from: &str, to: &str, earliest: &str, latest: &str| {
        let days = period(from, to);
        let consumption = constant(days, "0.5");
        let devices = [washer(&format!(
            r#"{{"program": {{"step_minutes": 60, "kw": [1]}}, "runs": [{{"earliest": "{earliest}", "latest": "{latest}"}}]}}"#
        ))];
        let choice = chosen(&ChoiceRequest::new(&consumption, &flat, &devices, days));
        let said = choice.notices.iter().filter(|notice| notice.contains("not planned")).cloned();
        (choice.offers[0].foresight.as_ref().unwrap().kwh.to_string(), said.collect::<Vec<String>>())
    };
    // 48 hours at 1 kW; the second night ends after the second day.
    let (kwh, said) = told("2026-01-10", "2026-01-12", "21:00", "07:00");
    assert_eq!((kwh.as_str(), said.len()), ("49", 1), "{said:?}");
    for part in ["1 of the runs of Washer", "2026-01-11", "2026-01-10T00:00:00Z to 2026-01-12T00:00:00Z"] {
        assert!(said[0].contains(part), "{part}: {said:?}");
    }
    // By day each is whole.
    assert_eq!(told("2026-01-10", "2026-01-12", "07:00", "21:00"), ("50".to_owned(), Vec::new()));
}

#[test]
fn a_trip_in_the_hour_that_the_clock_skips_takes_what_it_takes() {
    let car: BatteryDefinition = serde_json::from_str(
        r#"{"capacity_kwh": 20, "kw": 10, "charge": {"kw": 10, "efficiency": 1}, "discharge": {"kw": 10, "efficiency": 1},
            "start_kwh": 8, "trips": [{"leave": "01:00", "back": "01:30", "kwh": 4}]}"#,
    )
    .unwrap();
    let flat = [tariff(FLAT)];
    let devices = [HomeDevice::Defined { name: "Car".to_owned(), definition: Box::new(car) }];
    let kwh = |from: &str, to: &str| {
        let days = period(from, to);
        let consumption = constant(days, "0.5");
        let choice = chosen(&ChoiceRequest::new(&consumption, &flat, &devices, days));
        choice.offers[0].foresight.as_ref().unwrap().kwh.to_string()
    };
    // A home at 1 kW, three trips of 4 kWh and what was stored: 72 hours, 71 and 73.
    assert_eq!(kwh("2026-03-10", "2026-03-13"), "76");
    assert_eq!(kwh("2026-03-28", "2026-03-31"), "75");
    assert_eq!(kwh("2026-10-24", "2026-10-27"), "77");
}

#[test]
fn an_appliance_starts_where_no_other_start_costs_less() {
    let (span, consumption, lively) = lively();
    let tariffs = [lively];
    let washer = [washer(
        r#"{"program": {"step_minutes": 30, "kw": ["2", "0.3", "1.1"]}, "runs": [{"days": ["wed"], "earliest": "09:00", "latest": "17:00"}]}"#,
    )];
    let sun = constant(span, "0.4");
    let request =
        ChoiceRequest::new(&consumption, &tariffs, &washer, span).exported(&sun).rolling(PastDays::default());
    let choice = chosen(&request);
    let offer = &choice.offers[0];
    let grid = Grid::covering(span, SlotLength::HALF_HOUR).unwrap();
    let calendar = Calendar::great_britain();
    let days = calendar.cut(crate::time::PeriodKind::Day, span).unwrap();
    // 11 March is a Wednesday: every start of that day from nine on, billed.
    let first = grid.index_of(days[1].span.from()).unwrap() + 18;
    let rates = tariffs[0].unit_rates.series(span).unwrap();
    let bill = |start: usize| {
        let program = ["1", "0.15", "0.55"].map(|kwh| kwh.parse::<Energy>().unwrap());
        let net = |slot: usize| {
            let load = consumption.get(slot).unwrap();
            let more =
                slot.checked_sub(start).and_then(|place| program.get(place)).copied().unwrap_or_default();
            let net = load.checked_add(more).unwrap().checked_sub(sun.get(slot).unwrap()).unwrap();
            // Where the price is below zero the sun is shut off.
            let price = rates.at(grid.slots_span(slot, slot + 1).from()).unwrap().paid();
            Some(if price.is_negative() { load.checked_add(more).unwrap() } else { net.max(Energy::ZERO) })
        };
        let readings: Vec<Option<Energy>> = (0..grid.len()).map(net).collect();
        let readings = Consumption::on_slots(grid, &readings).unwrap();
        Bill::new(&BillRequest::new(&readings, &rates, span).under(&tariffs[0])).unwrap().total_minor
    };
    let least = (first..first + 14).map(bill).min().unwrap();
    assert_eq!(offer.foresight.as_ref().unwrap().total_minor, least);
    let rolled = offer.rolling.as_ref().unwrap();
    assert!(
        rolled.total_minor >= least && (first..first + 14).any(|start| bill(start) == rolled.total_minor)
    );
}

#[test]
fn no_rolling_plan_of_several_devices_is_better_than_foresight() {
    let (span, consumption, lively) = lively();
    let tariffs = [lively, tariff(NIGHT), tariff(FLAT)];
    let sun = constant(span, "0.3");
    let washer = washer(WASHER);
    for capacity in ["2", "7.5", "13"] {
        let devices =
            [described("Battery", capacity, "3", "1"), washer.clone(), described("Other", "5", "2.5", "0")];
        let request = ChoiceRequest::new(&consumption, &tariffs, &devices, span)
            .exported(&sun)
            .rolling(PastDays::default());
        for offer in chosen(&request).offers {
            let (best, rolled) = (offer.foresight.as_ref().unwrap(), offer.rolling.as_ref().unwrap());
            assert!(best.objective_minor <= rolled.objective_minor, "{} {capacity}", offer.code);
        }
    }
}

#[test]
fn whatever_can_be_bought_is_weighed_beside_the_home_as_it_is() {
    let day = period("2026-03-10", "2026-03-11");
    let consumption = constant(day, "0.5");
    let tariffs = [tariff(NIGHT), tariff(FLAT)];
    let request = ChoiceRequest::new(&consumption, &tariffs, &[], day);
    let option = |name: &str, price: &str| BuyOption {
        name: name.to_owned(),
        price: pence(price),
        devices: vec![described("New", "10", "5", "0")],
        replaces: Vec::new(),
        solar: None,
        saves_a_year: Money::ZERO,
        years: None,
    };
    let purchase = |options: Vec<BuyOption>| Purchase {
        sizes: Vec::new(),
        options,
        years: 2,
        discount_percent: "25".parse().unwrap(),
    };
    let sun = BuyOption {
        devices: Vec::new(),
        solar: Some(constant(day, "0.5")),
        years: Some(1),
        saves_a_year: pence("100"),
        ..option("Sun", "0")
    };
    let weighed =
        weigh(&request, &purchase(vec![option("Battery", "20000"), sun.clone()]), &|_, _| {}).unwrap();
    let [battery, panels] = weighed.as_slice() else { panic!() };
    // As a size of 10 kWh: 504 on FLAT without, 483 on NIGHT with it.
    assert_eq!((battery.name.as_str(), battery.code.as_str()), ("Battery", "NIGHT"));
    assert_eq!((battery.saved_minor, battery.net_present_value_minor), (pence("21"), pence("-8954.84")));
    assert_eq!((battery.cell.cost_minor, battery.capacity_kwh), (battery.cost_minor, None));
    // All of the load, of which FLAT charges nothing: 504 a day, 184086 a year, and 100 beside it; after a year worth 1/1.25.
    assert_eq!((panels.code.as_str(), panels.cost_minor), ("FLAT", Money::ZERO));
    assert_eq!((panels.saved_a_year_minor, panels.years), (pence("184186"), 1));
    assert_eq!(panels.net_present_value_minor, pence("147348.8"));
    assert_eq!(panels.payback_years.as_deref(), Some("0.00"));
    // In place of what is there; beside the sun that is there.
    let small = [described("Old", "5", "2.5", "0")];
    let home = request.clone().devices(&small);
    let sun_there = constant(day, "0.25");
    let replacing = BuyOption { replaces: vec!["Old".to_owned()], ..option("Battery", "0") };
    let weighed = weigh(&home, &purchase(vec![replacing.clone()]), &|_, _| {}).unwrap();
    // The old one: 10 kWh by night and 14 by day are 520, 40, 5 %: 588 on NIGHT; FLAT is 504.
    assert_eq!((weighed[0].cost_minor, weighed[0].saved_minor), (pence("483"), pence("21")));
    let half = BuyOption { solar: Some(sun_there.clone()), ..sun.clone() };
    let weighed = weigh(&request.clone().solar(&sun_there), &purchase(vec![half]), &|_, _| {}).unwrap();
    assert_eq!((weighed[0].cost_minor, weighed[0].saved_minor), (Money::ZERO, pence("252")));
    let refused =
        |options: Vec<BuyOption>| weigh(&home, &purchase(options), &|_, _| {}).unwrap_err().to_string();
    let other = BuyOption { replaces: vec!["Odd".to_owned()], ..replacing.clone() };
    assert!(
        refused(vec![other]).contains("Odd")
            && refused(vec![replacing.clone(), replacing.clone()]).contains("name of its own")
    );
    let nothing = BuyOption { devices: Vec::new(), ..option("Nothing", "1") };
    assert!(refused(vec![nothing]).contains("buys nothing"));
    assert!(refused(vec![option("Cheap", "-1")]).contains("below zero"));
    assert!(refused(vec![BuyOption { years: Some(61), ..option("Long", "1") }]).contains("60 years"));
    let short = BuyOption { solar: Some(constant(period("2026-03-10", "2026-03-10 12:00"), "1")), ..sun };
    assert!(refused(vec![short]).contains("the same time of both"));
}

/// Half-hours whose price says when they are: the day of March 2022, and the half-hour of the local day.
fn telling(from: &str, to: &str) -> RateSeries {
    let calendar = Calendar::great_britain();
    let grid = Grid::covering(period(from, to), SlotLength::HALF_HOUR).unwrap();
    let rows = grid.slots().map(|slot| {
        let local = calendar.local(slot.span.from());
        let minutes = chrono::Timelike::hour(&local) * 60 + chrono::Timelike::minute(&local);
        let price = format!("{}.{:02}", chrono::Datelike::day(&local), minutes / 30);
        RateRow {
            row: 0,
            valid_from: Some(slot.span.from()),
            valid_to: Some(slot.span.to()),
            prices: Prices::Exclusive(price.parse().unwrap()),
            payment_method: None,
        }
    });
    RateSeries::from_rows(rows.collect(), None).unwrap()
}

fn twice(span: Span) -> (Span, Span) {
    (span, span)
}

#[test]
fn rates_of_another_year_keep_their_weekday_their_season_and_their_time_of_day() {
    let calendar = Calendar::great_britain();
    // March 2022 begins on a Tuesday, March 2026 on a Sunday: Tuesday the 10th has the rates of Tuesday the 8th.
    let source = telling("2022-03-01", "2022-04-01");
    let onto = period("2026-03-10", "2026-03-31");
    let (rates, days) = moved(&source, (onto, onto), &calendar, None).unwrap();
    let price = |text: &str| rates.at(at(text)).map(|prices| prices.paid().to_string());
    assert_eq!(price("2026-03-10T00:00").as_deref(), Some("8"));
    assert_eq!(price("2026-03-10T17:30").as_deref(), Some("8.35"));
    assert_eq!(price("2026-03-16T09:00").as_deref(), Some("14.18"));
    // On 29 March 2026 the clock goes forward, and on 27 March 2022 it did: neither has an hour from one to two.
    assert_eq!(price("2026-03-29T00:30").as_deref(), Some("27.01"));
    assert_eq!(price("2026-03-29T02:00").as_deref(), Some("27.04"));
    assert_eq!((days.len(), days[0].taken_from), (1, at("2022-03-08")));
    assert_eq!(rates.gaps(), Vec::<Span>::new());
    // Where the day of the source lacks the hour, it has the prices of the hour before: 27 March 2022 for Sunday 28 March 2027 has it not either,
    // but Sunday 22 March does.
    let (early, _) = moved(&source, twice(period("2026-03-22", "2026-03-23")), &calendar, None).unwrap();
    assert_eq!(early.at(at("2026-03-22T01:30")).unwrap().paid().to_string(), "20.03");
    let only = telling("2022-03-27", "2022-03-28");
    let (lacking, _) = moved(&only, twice(period("2026-03-22", "2026-03-23")), &calendar, None).unwrap();
    assert_eq!(lacking.at(at("2026-03-22T01:30")).unwrap().paid().to_string(), "27.01");
    // A source that is short begins anew, at the same weekday.
    let short = telling("2022-03-08", "2022-03-22");
    let (_, days) = moved(&short, (onto, onto), &calendar, None).unwrap();
    let taken: Vec<DateTime<Utc>> = days.iter().map(|days| days.taken_from).collect();
    assert_eq!(taken[..2], [at("2022-03-08"), at("2022-03-15")], "{days:?}");
    let capped = moved(&source, (onto, onto), &calendar, Some("8.2".parse().unwrap())).unwrap().0;
    assert_eq!(capped.at(at("2026-03-10T17:30")).unwrap().paid().to_string(), "8.2");
    assert_eq!(capped.at(at("2026-03-10T00:30")).unwrap().paid().to_string(), "8.01");
    let error = moved(&source, twice(period("2026-07-01", "2026-07-02")), &calendar, None).unwrap_err();
    assert!(error.is_missing() && error.to_string().contains("2026-07-01"), "{error}");
    let flat = RateSeries::flat(Prices::Exclusive("9".parse().unwrap()));
    assert!(moved(&flat, (onto, onto), &calendar, None).unwrap_err().is_unsupported());
}

/// The days before tell what to expect: those before in the source, and none where it has none of their season.
#[test]
fn days_before_the_time_that_is_compared_need_no_rates() {
    let calendar = Calendar::great_britain();
    let (onto, looked_at) = (period("2026-03-24", "2026-03-28"), period("2026-02-09", "2026-03-28"));
    // The 25th of March of 2021 was a Thursday, as the 26th is of 2026.
    let source = telling("2021-03-15", "2021-04-05");
    let (alone, days) = moved(&source, (onto, onto), &calendar, None).unwrap();
    let (both, same) = moved(&source, (onto, looked_at), &calendar, None).unwrap();
    assert_eq!(days, same);
    assert_eq!(days[0].taken_from, at("2021-03-23"));
    let at_noon =
        |rates: &RateSeries, day: &str| rates.at(at(&format!("{day}T12:00"))).map(|prices| prices.paid());
    for day in ["2026-03-24", "2026-03-27"] {
        assert_eq!(at_noon(&alone, day), at_noon(&both, day));
    }
    assert_eq!(at_noon(&alone, "2026-03-23"), None);
    assert_eq!(at_noon(&both, "2026-03-23"), at_noon(&source, "2021-03-22"));
    // Eight days earlier the source begins; days of its season stand for those before, as far as they are of the season.
    let first = both.span().from();
    assert!(first > at("2026-02-09") && first < at("2026-03-16"), "{first}");
    // With days of other seasons alone there is nothing to compare.
    assert!(moved(&telling("2021-07-01", "2021-07-20"), (onto, looked_at), &calendar, None).is_err());
}

#[test]
fn other_rates_are_laid_over_what_is_published_a_day_ahead_or_over_what_is_named() {
    let (span, _, lively) = lively();
    let tariffs = [lively, tariff(FLAT)];
    let calendar = Calendar::great_britain();
    let rates = UnitRates::Series(RateSeries::flat(Prices::Exclusive("9".parse().unwrap())));
    let laid = |code: Option<&str>| with_rates(&tariffs, code, &rates, (span, &calendar));
    assert_eq!(laid(None).unwrap().1, ["LIVELY"]);
    let (others, codes) = laid(Some("FLAT")).unwrap();
    assert_eq!(codes, ["FLAT"]);
    let price = |tariff: &Tariff| {
        let at = parse_instant("2026-03-10T12:00:00Z").unwrap();
        let span = Span::new(at, at + TimeDelta::minutes(30)).unwrap();
        tariff.unit_rates.series(span).unwrap().at(at).unwrap().paid().to_string()
    };
    assert_eq!((price(&others[1]), price(&others[0]) == "9"), ("9".to_owned(), false));
    assert!(laid(Some("NONE")).unwrap_err().to_string().contains("LIVELY, FLAT"));
    let none = with_rates(&tariffs[1..], None, &rates, (span, &calendar));
    assert!(none.unwrap_err().to_string().contains("CODE=FILE"));
}
