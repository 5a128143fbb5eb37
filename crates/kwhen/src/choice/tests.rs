//! The choice on worlds small enough to be worked by hand.

use super::request::{ChoiceRequest, HomeDevice};
use super::risk::{AdviceEvery, Histories, advice};
use super::{Choice, Offer, Purchase, Stay, choose, weigh};
use crate::bill::compare::{CompareRequest, compare};
use crate::bill::{Bill, BillRequest};
use crate::plan::battery::{Battery, BatteryDefinition, BatteryRequest, Efficiency};
use crate::plan::fleet::FleetDevice;
use crate::plan::forecast::PastDays;
use crate::quantity::{Energy, Money};
use crate::series::Consumption;
use crate::tariff::{Tariff, TariffDefinition};
use crate::time::{Calendar, Grid, PeriodKind, SlotLength, Span};

pub(super) fn tariff(json: &str) -> Tariff {
    TariffDefinition::from_json(json.as_bytes(), Calendar::great_britain()).unwrap()
}

pub(super) const NIGHT: &str = r#"{"code": "NIGHT", "standing_charge": "40", "bands": [
    {"name": "night", "from": "00:00", "to": "05:00", "rate": "10"}, {"name": "day", "from": "05:00", "to": "00:00", "rate": "30"}]}"#;
pub(super) const FLAT: &str = r#"{"code": "FLAT", "unit_rate": "20"}"#;

pub(super) fn period(from: &str, to: &str) -> Span {
    let calendar = Calendar::great_britain();
    Span::new(calendar.parse(from).unwrap(), calendar.parse(to).unwrap()).unwrap()
}

pub(super) fn constant(period: Span, kwh: &str) -> Consumption {
    Consumption::constant(Grid::covering(period, SlotLength::HALF_HOUR).unwrap(), kwh.parse().unwrap())
}

pub(super) fn described(name: &str, kwh: &str, kw: &str, wear: &str) -> HomeDevice {
    let battery = Battery::new(kwh.parse().unwrap(), kw.parse().unwrap())
        .unwrap()
        .with_efficiency(Efficiency::PERFECT, Efficiency::PERFECT)
        .with_wear(wear.parse().unwrap())
        .unwrap();
    let device = FleetDevice { name: name.to_owned(), battery, request: BatteryRequest::default() };
    HomeDevice::Described(Box::new(device))
}

pub(super) fn chosen(request: &ChoiceRequest<'_>) -> Choice {
    choose(request, &|_, _| {}).unwrap().0
}

pub(super) fn offer<'a>(choice: &'a Choice, code: &str) -> &'a Offer {
    choice.offers.iter().find(|offer| offer.code == code).unwrap()
}

pub(super) fn pence(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn a_battery_turns_the_order_round_and_the_parts_sum_to_the_whole() {
    let day = period("2026-03-10", "2026-03-11");
    let consumption = constant(day, "0.5");
    let tariffs = [tariff(NIGHT), tariff(FLAT)];
    let devices = [described("Battery", "10", "5", "0")];
    let request =
        ChoiceRequest::new(&consumption, &tariffs, &devices, day).present(1, 0).rolling(PastDays::default());
    let (choice, used) = choose(&request, &|_, _| {}).unwrap();
    // As used: 5 kWh at 10 and 19 at 30 are 620, 40 a day: 660 and 5 % are 693. Flat: 24 at 20 are 480 and 5 %: 504.
    let order: Vec<&str> = used.tariffs.iter().map(|tariff| tariff.code.as_str()).collect();
    assert_eq!(order, ["FLAT", "NIGHT"]);
    let night = offer(&choice, "NIGHT");
    assert_eq!((night.used.cost_minor, night.used.fixed_minor), (pence("693"), pence("42")));
    // 10 kWh more by night: 15 at 10 and 9 at 30 are 420, and 40: 460 and 5 %.
    let best = night.foresight.as_ref().unwrap();
    assert_eq!((best.total_minor, best.kwh), (pence("483"), "24".parse().unwrap()));
    // From day to day the first day knows nothing of the load to come.
    assert!(night.rolling.as_ref().unwrap().cost_minor >= best.cost_minor);
    let foresight = chosen(&ChoiceRequest { rolling: None, ..request.clone() });
    let order: Vec<&str> = foresight.offers.iter().map(|offer| offer.code.as_str()).collect();
    assert_eq!(order, ["NIGHT", "FLAT"]);
    assert_eq!(foresight.present, Some(1));
    let night = offer(&foresight, "NIGHT");
    let beside = night.beside_present.unwrap();
    // 483 - 504; the same use: 651 - 504; 42 a day; the battery: -210.
    assert_eq!(beside.cost_minor, pence("-21"));
    assert_eq!(beside.price_minor, pence("147"));
    assert_eq!((beside.fixed_minor, beside.shifting_minor), (pence("42"), pence("-210")));
    assert_eq!(night.shifted(), Some(pence("210")));
    assert!(offer(&foresight, "FLAT").beside_present.is_none());
    let moves = |fee: &str| {
        let request = ChoiceRequest { rolling: None, ..request.clone() }.exit_fee(pence(fee));
        chosen(&request).moving.unwrap()
    };
    assert_eq!((moves("20.9").saves_minor, moves("20.9").stay), (pence("21"), None));
    assert_eq!(moves("21").stay, Some(Stay::ExitFee));
    let at_best = chosen(&ChoiceRequest { rolling: None, ..request.clone() }.present(0, 0));
    assert_eq!(at_best.moving.unwrap().stay, Some(Stay::Cheapest));
    // Without a device nothing is shifted.
    let none = chosen(&ChoiceRequest { devices: &[], ..request.clone() });
    assert_eq!(offer(&none, "NIGHT").foresight.as_ref().unwrap().total_minor, pence("693"));
}

/// Eight days of prices that are all their own, and a load that is not the same every day.
pub(super) fn lively() -> (Span, Consumption, Tariff) {
    let span = period("2026-03-10", "2026-03-18");
    let grid = Grid::covering(span, SlotLength::HALF_HOUR).unwrap();
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let readings: Vec<Option<Energy>> =
        (0..grid.len()).map(|_| Some(Energy::from_units((next(900) * 100_000) as i64).unwrap())).collect();
    let rows: Vec<String> = grid
        .slots()
        .map(|slot| {
            let price = next(4_000) as i64 - 500;
            format!(
                r#"{{"from": "{}", "to": "{}", "price": "{}"}}"#,
                crate::time::instant_text(slot.span.from()),
                crate::time::instant_text(slot.span.to()),
                rust_decimal::Decimal::new(price, 2)
            )
        })
        .collect();
    let lively =
        tariff(&format!(r#"{{"code": "LIVELY", "standing_charge": "50", "rates": [{}]}}"#, rows.join(",")));
    (span, Consumption::on_slots(grid, &readings).unwrap(), lively)
}

#[test]
fn every_cell_is_the_bill_of_its_plan_and_none_beats_foresight() {
    let (span, consumption, lively) = lively();
    let tariffs = [lively, tariff(NIGHT), tariff(FLAT)];
    let outgoing = [tariff(r#"{"code": "OUT", "direction": "export", "unit_rate": "12"}"#)];
    let sun = constant(span, "0.2");
    let devices = [described("Battery", "6", "3", "1.5")];
    let request = ChoiceRequest::new(&consumption, &tariffs, &devices, span)
        .exported(&sun)
        .export_tariffs(&outgoing)
        .rolling(PastDays::default());
    let choice = chosen(&request);
    assert_eq!(choice.offers.len(), 3);
    assert!(offer(&choice, "LIVELY").published_day_ahead && !offer(&choice, "NIGHT").published_day_ahead);
    let plain = CompareRequest::new(&consumption, &tariffs, span).exported(&sun, &outgoing);
    let plain = compare(&plain).unwrap();
    for offer in &choice.offers {
        let used = plain.tariffs.iter().find(|tariff| tariff.code == offer.code).unwrap();
        assert_eq!(used.total_minor, offer.used.total_minor);
        let months = used.months.iter().map(|month| (&month.period, month.total_minor));
        assert!(months.eq(offer.used.months.iter().map(|month| (&month.period, month.cost_minor))));
        let (best, rolled) = (offer.foresight.as_ref().unwrap(), offer.rolling.as_ref().unwrap());
        assert!(rolled.objective_minor.unwrap() >= best.objective_minor.unwrap(), "{}", offer.code);
        assert!(best.cost_minor <= offer.used.cost_minor);
        for cell in [best, rolled] {
            let months = Money::sum(cell.months.iter().map(|month| month.cost_minor)).unwrap();
            assert_eq!(months, cell.cost_minor);
        }
        assert_eq!(Money::sum(offer.daily.iter().copied()).unwrap(), offer.chosen().cost_minor);
    }
    // The plan again, by hand: the battery's own planner and the biller.
    for tariff in &tariffs {
        let import = tariff.plan_rates(span).unwrap();
        let export = outgoing[0].plan_rates(span).unwrap();
        let grid = *consumption.grid();
        let on_grid = |rates: &crate::RateSeries| rates.on_grid(&grid, rates.paid_basis()).unwrap();
        let site = crate::plan::battery::Site::from_rates(&on_grid(&import.rates)).unwrap();
        let site = site.export_rates(&on_grid(&export.rates)).unwrap();
        let site = site.load_readings(&consumption).unwrap().solar_readings(&sun).unwrap();
        let HomeDevice::Described(device) = &devices[0] else { panic!() };
        let plan = device.battery.plan(&site, &device.request).unwrap();
        let readings = |pick: fn(&crate::plan::battery::DispatchSlot) -> Energy| {
            let readings: Vec<Option<Energy>> = plan.slots().iter().map(|slot| Some(pick(slot))).collect();
            Consumption::on_slots(grid, &readings).unwrap()
        };
        let bill = |readings: &Consumption, tariff: &Tariff| {
            let rates = tariff.unit_rates.series(span).unwrap();
            Bill::new(&BillRequest::new(readings, &rates, span).under(tariff)).unwrap().total_minor
        };
        let bought = bill(&readings(|slot| slot.import), tariff);
        let earned = bill(&readings(|slot| slot.export), &outgoing[0]);
        let cell = offer(&choice, &tariff.code).foresight.as_ref().unwrap();
        assert_eq!(cell.total_minor, Money::sum([bought, -earned]).unwrap(), "{}", tariff.code);
        assert_eq!(
            cell.wear_minor.round(12, crate::Rounding::HalfEven),
            plan.costs().wear.round(12, crate::Rounding::HalfEven)
        );
    }
}

#[test]
fn what_is_not_known_stands_still_for_all_and_the_common_span_is_said() {
    let span = period("2026-03-10", "2026-03-13");
    let grid = Grid::covering(span, SlotLength::HALF_HOUR).unwrap();
    let readings: Vec<Option<Energy>> =
        (0..grid.len()).map(|slot| (slot != 5).then(|| "0.5".parse().unwrap())).collect();
    let consumption = Consumption::on_slots(grid, &readings).unwrap();
    let short =
        tariff(r#"{"code": "SHORT", "rates": [{"from": "2026-03-01", "to": "2026-03-12", "price": "9"}]}"#);
    let tariffs = [tariff(NIGHT), short];
    let devices = [described("Battery", "10", "5", "0")];
    let request = ChoiceRequest::new(&consumption, &tariffs, &devices, span);
    let choice = chosen(&request);
    assert_eq!(choice.period, period("2026-03-10", "2026-03-12"));
    assert_eq!((choice.slots, choice.planned_slots), (96, 95));
    assert!(
        choice.notices.iter().any(|notice| notice.contains("in common: 2026-03-10")),
        "{:?}",
        choice.notices
    );
    assert!(choice.notices.iter().any(|notice| notice.starts_with("in 1 slots")), "{:?}", choice.notices);
    // 95 half-hours, both days: nothing is charged for free in the one that is missing.
    assert_eq!(offer(&choice, "NIGHT").used.kwh, "47.5".parse().unwrap());
    // The day before the last the night has one slot less: 9.5 hours of charging are more than enough for 10 kWh a night.
    let night = offer(&choice, "NIGHT").foresight.as_ref().unwrap();
    assert_eq!(night.kwh, "47.5".parse().unwrap());
    // Two days: 29.5 kWh by night at 10 (of 4.5 and 5 hours 9.5 kWh, and 20 stored), 18 by day at 30, 40 a day, 5 %.
    assert_eq!(night.total_minor, pence("960.75"));
    let never =
        [tariff(NIGHT), tariff(r#"{"code": "NEVER", "rates": [{"to": "2025-04-01", "price": "1"}]}"#)];
    let choice = chosen(&ChoiceRequest { tariffs: &never, ..request.clone() });
    assert_eq!(choice.offers.len(), 1);
    let twice = [tariff(FLAT), tariff(FLAT)];
    assert!(
        choose(&ChoiceRequest { tariffs: &twice, ..request.clone() }, &|_, _| {}).unwrap_err().is_conflict()
    );
    let early = tariff(r#"{"code": "EARLY", "rates": [{"to": "2026-03-11", "price": "1"}]}"#);
    let late = tariff(r#"{"code": "LATE", "rates": [{"from": "2026-03-12", "price": "1"}]}"#);
    let apart = choose(&ChoiceRequest { tariffs: &[early, late], ..request }, &|_, _| {}).unwrap_err();
    assert!(apart.is_missing() && apart.to_string().contains("LATE"), "{apart}");
}

#[test]
fn a_car_that_leaves_every_day_is_charged_when_it_is_cheap_beside_a_battery() {
    let span = period("2026-03-10", "2026-03-17");
    let consumption = constant(span, "0.25");
    let car = BatteryDefinition::from_json(
        br#"{"name": "Car", "capacity_kwh": 50, "kw": 7, "discharge": {"kw": 0}, "start_kwh": 20,
            "trips": [{"days": ["mon", "tue", "wed", "thu", "fri"], "leave": "08:00", "back": "18:00", "kwh": 8, "at_least_kwh": 20}]}"#,
    )
    .unwrap();
    let car = HomeDevice::Defined { name: "Car".to_owned(), definition: Box::new(car) };
    let tariffs = [tariff(NIGHT), tariff(FLAT)];
    let both = [car.clone(), described("Battery", "6", "3", "0")];
    let alone = std::slice::from_ref(&car);
    let request = ChoiceRequest::new(&consumption, &tariffs, alone, span).rolling(PastDays::default());
    let choice = chosen(&request);
    let night = offer(&choice, "NIGHT");
    let best = night.foresight.as_ref().unwrap();
    // Five trips of 8 kWh; the first leaves with what there is, the last need not be made good: 20 stored, at least 20 at each departure,
    // so that four times 8 kWh are charged, at 10. 84 kWh of load: 7 nights of 2.5 at 10, the rest at 30; 40 a day; 5 %.
    assert_eq!(best.total_minor, pence("2908.5"));
    assert_eq!(night.rolling.as_ref().unwrap().total_minor, best.total_minor);
    let choice = chosen(&ChoiceRequest { devices: &both, ..request.clone() });
    let night = offer(&choice, "NIGHT");
    // The battery moves 6 kWh of each of seven days from 30 to 10.
    assert_eq!(night.foresight.as_ref().unwrap().total_minor, pence("2026.5"));
    assert!(
        night.rolling.as_ref().unwrap().objective_minor >= night.foresight.as_ref().unwrap().objective_minor
    );
    let flat = offer(&choice, "FLAT").foresight.as_ref().unwrap();
    // 116 kWh at 20 and 5 %.
    assert_eq!(flat.total_minor, pence("2436"));
}

#[test]
fn histories_are_paired_and_the_same_each_time() {
    let calendar = Calendar::great_britain();
    let days = calendar.cut(PeriodKind::Day, period("2024-01-01", "2026-01-01")).unwrap();
    let money = |pence: i64| Money::from_units(i128::from(pence) * 10_i128.pow(Money::SCALE)).unwrap();
    let wild: Vec<Money> = (0..days.len()).map(|day| money((day * 7_919 % 1_009) as i64)).collect();
    let dearer: Vec<Money> = wild.iter().map(|cost| cost.checked_add(money(3)).unwrap()).collect();
    let histories = Histories::drawn(&days, &calendar, 200, 7).unwrap();
    let range = histories.range(&dearer, &wild).unwrap().unwrap();
    // 731 days of 3 p, whatever is drawn: both have the same weeks.
    assert_eq!((range.p10_minor, range.p90_minor, range.cheaper), (money(2_193), money(2_193), 0));
    let mirrored: Vec<Money> = wild.iter().rev().copied().collect();
    let range = histories.range(&mirrored, &wild).unwrap().unwrap();
    assert!(range.p10_minor < range.p50_minor && range.p50_minor < range.p90_minor && range.cheaper > 0);
    let again = Histories::drawn(&days, &calendar, 200, 7).unwrap().range(&mirrored, &wild).unwrap();
    assert_eq!(again, Some(range));
    let other = Histories::drawn(&days, &calendar, 200, 8).unwrap().range(&mirrored, &wild).unwrap();
    assert_ne!(other, Some(range));
    // A season is not mixed with another: what is dear in winter alone stays as dear in every history.
    let winter: Vec<Money> = days
        .iter()
        .map(|day| {
            money(if [12, 1, 2].contains(&chrono::Datelike::month(&calendar.local(day.span.from()))) {
                100
            } else {
                0
            })
        })
        .collect();
    let range = histories.range(&winter, &vec![Money::ZERO; days.len()]).unwrap().unwrap();
    assert!(range.p10_minor > money(15_000) && range.p90_minor < money(21_000), "{range:?}");
    assert!(Histories::drawn(&days, &calendar, 100_001, 0).is_err());
    assert!(Histories::drawn(&days[..6], &calendar, 1, 0).is_err());
}

#[test]
fn advice_is_put_to_the_test() {
    let money = |pence: &[i64]| -> Vec<Money> {
        pence
            .iter()
            .map(|pence| Money::from_units(i128::from(*pence) * 10_i128.pow(Money::SCALE)).unwrap())
            .collect()
    };
    // Cheapest: the first, the second, the second, the first. Advice: first, second, second.
    let offers = [money(&[10, 20, 30, 10]), money(&[11, 15, 25, 14])];
    let advice = advice(&offers, Some(0)).unwrap();
    assert_eq!(advice.len(), 1);
    let month = &advice[0];
    assert_eq!((month.every, month.rounds, month.right), (AdviceEvery::Month, 3, 1));
    assert_eq!((month.followed_minor, month.hindsight_minor), (pence("59"), pence("50")));
    assert_eq!((month.regret_minor, month.stay_regret_minor), (pence("9"), Some(pence("10"))));
    let two_years = [money(&[1; 24]), money(&[2; 24])];
    let years = super::risk::advice(&two_years, None).unwrap();
    assert_eq!((years[1].every, years[1].rounds, years[1].right), (AdviceEvery::Year, 1, 1));
}

#[test]
fn a_size_is_weighed_on_the_tariff_that_is_best_with_it() {
    let day = period("2026-03-10", "2026-03-11");
    let consumption = constant(day, "0.5");
    let tariffs = [tariff(NIGHT), tariff(FLAT)];
    let devices = [described("Battery", "1", "5", "0")];
    let request = ChoiceRequest::new(&consumption, &tariffs, &devices, day);
    let purchase = Purchase {
        sizes: vec![("0.00000001".parse().unwrap(), pence("0")), ("10".parse().unwrap(), pence("20000"))],
        options: Vec::new(),
        years: 2,
        discount_percent: "25".parse().unwrap(),
    };
    let weighed = weigh(&request, &purchase, &|_, _| {}).unwrap();
    let [none, ten] = weighed.as_slice() else { panic!() };
    assert_eq!(
        (none.code.as_str(), none.saved_minor, none.payback_years.as_deref()),
        ("FLAT", Money::ZERO, None)
    );
    // Without it 504 on FLAT, with it 483 on NIGHT: 21 a day, 7670.25 a year.
    assert_eq!(
        (ten.code.as_str(), ten.saved_minor, ten.saved_a_year_minor),
        ("NIGHT", pence("21"), pence("7670.25"))
    );
    // 20000 / 7670.25 are 2.6075 years; 7670.25 / 1.25 + 7670.25 / 1.5625 are 6136.2 and 4908.96.
    assert_eq!(ten.payback_years.as_deref(), Some("2.61"));
    assert_eq!(ten.net_present_value_minor, pence("-8954.84"));
    assert!(weigh(&request, &Purchase { years: 61, ..purchase.clone() }, &|_, _| {}).is_err());
    let none = Purchase { sizes: vec![(Energy::ZERO, pence("1"))], ..purchase.clone() };
    assert!(none.check().is_err() && weigh(&request, &none, &|_, _| {}).is_err());
    let paid = Purchase { sizes: vec![("1".parse().unwrap(), pence("-1"))], ..purchase.clone() };
    assert!(paid.check().is_err());
    assert!(
        request.clone().resampled(9, 1).check().is_err()
            && request.clone().exit_fee(pence("-1")).check().is_err()
    );
    assert!(weigh(&request.clone().devices(&[]), &purchase, &|_, _| {}).unwrap_err().is_missing());
}

#[test]
fn tiers_begun_before_the_period_count_what_was_used_then() {
    let month = period("2026-03-01", "2026-03-12");
    let span = period("2026-03-10", "2026-03-12");
    let consumption = constant(month, "0.5");
    let tiers = tariff(
        r#"{"code": "TIERS", "tiers": {"every": "month", "steps": [{"up_to_kwh": "240", "rate": "20"}, {"rate": "40"}]}}"#,
    );
    let tariffs = [tiers, tariff(NIGHT)];
    let devices = [described("Battery", "10", "5", "0")];
    let choice = chosen(&ChoiceRequest::new(&consumption, &tariffs, &devices, span));
    // Nine days of 24 kWh before: 24 kWh more at 20, the other 24 at 40, and 5 %.
    let tiers = offer(&choice, "TIERS");
    assert_eq!(tiers.used.total_minor, pence("1512"));
    assert!(tiers.foresight.is_none() && tiers.unplanned.as_ref().unwrap().contains("tiers"));
    let night = offer(&choice, "NIGHT").foresight.as_ref().unwrap();
    assert_eq!(night.kwh, "48".parse().unwrap());
}

#[test]
fn days_before_the_period_tell_its_first_day_what_to_expect() {
    let (all, day) = (period("2026-03-03", "2026-03-11"), period("2026-03-10", "2026-03-11"));
    let devices = [described("Battery", "10", "5", "0")];
    let tariffs = [tariff(NIGHT), tariff(FLAT)];
    // As every day before, so the tenth of March: planned from day to day it is as cheap as with foresight.
    let known = constant(all, "0.5");
    let request = ChoiceRequest::new(&known, &tariffs, &devices, day).rolling(PastDays::default());
    let choice = chosen(&request);
    let night = offer(&choice, "NIGHT");
    assert_eq!(night.foresight.as_ref().unwrap().total_minor, pence("483"));
    assert_eq!(night.rolling.as_ref().unwrap().total_minor, pence("483"));
    assert!(choice.notices.iter().any(|notice| notice.ends_with("7 of them before this time")), "{choice:?}");
    // With nothing to go by the first night is not charged for.
    let unknown = constant(day, "0.5");
    let choice = chosen(&ChoiceRequest { consumption: &unknown, ..request.clone() });
    assert!(offer(&choice, "NIGHT").rolling.as_ref().unwrap().total_minor > pence("483"));
    assert!(choice.notices.iter().any(|notice| notice.ends_with("its first day has none")));
}

#[test]
fn what_a_plan_looks_back_at_takes_nothing_from_the_time_to_come() {
    let (span, consumption, lively) = lively();
    let days = Calendar::great_britain().cut(PeriodKind::Day, span).unwrap();
    let within = Span::new(days[5].span.from(), span.to()).unwrap();
    let tariffs = [lively, tariff(NIGHT)];
    let devices = [described("Battery", "10", "3", "1"), described("Car", "20", "7", "0")];
    for devices in [&devices[..1], &devices[..]] {
        let request =
            ChoiceRequest::new(&consumption, &tariffs, devices, within).rolling(PastDays::default());
        for offer in chosen(&request).offers {
            let (best, rolled) = (offer.foresight.as_ref().unwrap(), offer.rolling.as_ref().unwrap());
            assert!(rolled.objective_minor >= best.objective_minor, "{}", offer.code);
            // What is used in the last hours is not known in the first ones.
            let end = days[7].span.to();
            let change = |kwh: &str| {
                let readings: Vec<Option<Energy>> = consumption
                    .grid()
                    .slots()
                    .map(|slot| match (end - slot.span.from()).num_hours() {
                        ..=6 => Some(kwh.parse().unwrap()),
                        _ => consumption.get(slot.index),
                    })
                    .collect();
                Consumption::on_slots(*consumption.grid(), &readings).unwrap()
            };
            let first_days = |kwh: &str| {
                let consumption = change(kwh);
                let choice = chosen(&ChoiceRequest { consumption: &consumption, ..request.clone() });
                let offer = self::offer(&choice, &offer.code);
                offer.daily[..2].to_vec()
            };
            assert_eq!(first_days("0"), first_days("3"), "{}", offer.code);
        }
    }
}
