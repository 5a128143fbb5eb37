use super::super::{ChargeDecision, ChargePlan, ChargeRequest, Level, Store};
use crate::plan::{Binding, Power, Prefer, Share, SlotPrices};
use crate::time::{Grid, SlotLength, Span, parse_instant};
use crate::{Energy, Money, UnitRate};
use chrono::{DateTime, Utc};

fn rate(text: &str) -> UnitRate {
    text.parse().unwrap()
}

fn kwh(text: &str) -> Energy {
    text.parse().unwrap()
}

fn kw(text: &str) -> Power {
    text.parse().unwrap()
}

fn share(text: &str) -> Share {
    text.parse().unwrap()
}

fn at(time: &str) -> DateTime<Utc> {
    parse_instant(&format!("2026-01-01T{time}:00Z")).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

/// Half-hours from midnight on; `-` has no price.
fn prices(rates: &str) -> SlotPrices {
    let rates: Vec<Option<UnitRate>> = rates.split_whitespace().map(|text| text.parse().ok()).collect();
    let grid = Grid::new(at("00:00"), SlotLength::HALF_HOUR, rates.len()).unwrap();
    SlotPrices::new(grid, rates).unwrap()
}

fn whole(prices: &SlotPrices) -> Span {
    prices.grid().span().unwrap()
}

/// `from-to kWh` of each block.
fn texts(plan: &ChargePlan) -> Vec<String> {
    let text = |block: &super::super::Block| {
        format!("{}-{} {}", block.span.from().format("%H:%M"), block.span.to().format("%H:%M"), block.kwh)
    };
    plan.blocks.iter().map(text).collect()
}

fn energy(prices: &SlotPrices, energy: &str, power: &str) -> ChargeRequest {
    ChargeRequest::energy(kwh(energy), kw(power), whole(prices)).unwrap()
}

#[test]
fn the_dearest_slot_used_takes_what_is_left() {
    let night = prices("20 5 10 30 8");
    let plan = energy(&night, "9", "7.4").plan(&night).unwrap();
    // 3.7 at 5 p, 3.7 at 8 p, 1.6 at 10 p.
    assert_eq!(texts(&plan), ["00:30-01:00 3.7", "01:00-01:30 1.6", "02:00-02:30 3.7"]);
    assert_eq!(plan.cost_minor.to_string(), "64.1");
    assert_eq!((plan.starts, plan.feasible, plan.reason.as_deref()), (2, true, None));
    // At once: 3.7 at 20 p, 3.7 at 5 p, 1.6 at 10 p. On average: 14.6 p.
    assert_eq!(plan.at_once_minor.unwrap().to_string(), "108.5");
    assert_eq!(plan.at_average_minor.unwrap().to_string(), "131.4");
    assert_eq!(plan.saving_against_at_once().unwrap().to_string(), "44.4");
}

#[test]
fn the_frontier_trades_starts_for_money() {
    let night = prices("10 30 10 30 10 20");
    let plans = energy(&night, "3", "2").frontier(&night).unwrap();
    let costs: Vec<(usize, String)> =
        plans.iter().map(|plan| (plan.starts, plan.cost_minor.to_string())).collect();
    // One start: 10, 30, 10; two: 10 and 10, 20; three: 10, 10, 10.
    assert_eq!(costs, [(1, "50".to_owned()), (2, "40".to_owned()), (3, "30".to_owned())]);
}

#[test]
fn a_least_power_is_kept_for_as_long_as_it_draws() {
    let night = prices("10 5 20");
    // 3.5 kWh at 5 p, and a quarter of an hour at 2 kW just before.
    let plan = energy(&night, "4", "7").min_power(kw("2")).plan(&night).unwrap();
    assert_eq!(texts(&plan), ["00:15-00:30 0.5", "00:30-01:00 3.5"]);
    assert_eq!((plan.cost_minor.to_string(), plan.starts), ("22.5".to_owned(), 1));
    // Between two slots that it draws through, it stops and starts again.
    let uneven = prices("5 10 5");
    let plan = energy(&uneven, "3.5", "3").min_power(kw("3")).plan(&uneven).unwrap();
    assert_eq!(texts(&plan), ["00:00-00:40 2", "01:00-01:30 1.5"]);
    assert_eq!((plan.cost_minor.to_string(), plan.starts), ("20".to_owned(), 2));
    // With a least run of an hour, all of the hour is drawn through.
    let hour = energy(&uneven, "2", "3").min_power(kw("3")).min_run(60).plan(&uneven).unwrap();
    assert_eq!((hour.feasible, hour.binds), (false, Some(Binding::Runs)));
    let most = energy(&uneven, "2", "3").min_power(kw("3")).min_run(40).plan(&uneven).unwrap();
    assert_eq!(texts(&most), ["00:00-00:40 2"]);
    // Less surplus than the least power draws is taken in whole slots only.
    let sun = vec![kwh("0.5"), kwh("0"), kwh("0")];
    let surplus = energy(&uneven, "1", "3").min_power(kw("3")).surplus(sun, rate("1")).plan(&uneven).unwrap();
    assert_eq!(texts(&surplus), ["01:00-01:20 1"]);
}

#[test]
fn a_cap_leaves_some_out_and_names_its_price() {
    let night = prices("30 12 10 25 18");
    let plan = energy(&night, "8", "6").price_cap(rate("15")).plan(&night).unwrap();
    assert_eq!((plan.feasible, plan.binds), (false, Some(Binding::Price)));
    assert_eq!((plan.kwh, plan.missing_kwh), (kwh("6"), kwh("2")));
    assert_eq!(plan.price_to_be_full, Some(rate("18")));
    let reason = plan.reason.unwrap();
    assert!(reason.contains("6 of 8 kWh") && reason.contains("18 p/kWh"), "{reason}");
}

#[test]
fn reasons_say_what_binds() {
    let night = prices("30 12 - 25 18");
    let binds = |request: ChargeRequest| request.plan(&night).unwrap().binds;
    assert_eq!(binds(energy(&night, "12", "6")), None);
    assert_eq!(binds(energy(&night, "13", "6")), Some(Binding::Data));
    assert_eq!(binds(energy(&night, "16", "6")), Some(Binding::Power));
    assert_eq!(binds(energy(&night, "12", "6").max_starts(1)), Some(Binding::Runs));
    // Either of the two would do: the missing price is named first.
    assert_eq!(binds(energy(&night, "12", "6").blocked([span("00:00", "00:10")])), Some(Binding::Data));
    assert_eq!(binds(energy(&night, "12", "6").blocked([span("00:00", "01:00")])), Some(Binding::Time));
    assert_eq!(binds(energy(&night, "1", "6").min_power(kw("4"))), None);
    assert_eq!(binds(energy(&night, "1", "6").min_power(kw("4")).min_run(30)), Some(Binding::Runs));
}

#[test]
fn several_targets_are_met_in_turn() {
    let day = prices("30 20 10 5 5 5");
    let battery = Store { capacity: kwh("10"), state_of_charge: share("0.2") };
    let request = ChargeRequest::battery(battery, share("80%"), kw("6"), whole(&day)).unwrap();
    // 3 kWh by 01:00, 3 more by the end: not the 30 p slot, and the 5 p slots last.
    let plan = request.level(at("01:00"), share("0.5")).plan(&day).unwrap();
    assert_eq!(texts(&plan), ["00:30-01:00 3", "01:30-02:00 3"]);
    assert_eq!(plan.cost_minor.to_string(), "75");
}

#[test]
fn half_full_always_means_at_once() {
    let day = prices("30 20 10 5 5 5");
    let battery = Store { capacity: kwh("10"), state_of_charge: share("0.2") };
    let request = ChargeRequest::battery(battery, share("80%"), kw("4"), whole(&day)).unwrap();
    // 3 kWh as fast as 4 kW gives, whatever the price and the cap; the rest at 5 p.
    let plan = request.always(share("0.5")).price_cap(rate("7")).plan(&day).unwrap();
    assert_eq!(texts(&plan), ["00:00-00:30 2", "00:30-01:00 1", "01:30-02:00 2", "02:00-02:30 1"]);
    assert_eq!(plan.cost_minor.to_string(), "95");
    assert!(plan.feasible);
}

#[test]
fn a_full_battery_takes_less() {
    let day = prices("9 8 7 30");
    let battery = Store { capacity: kwh("10"), state_of_charge: share("0.5") };
    let request = ChargeRequest::battery(battery, Share::ALL, kw("8"), whole(&day)).unwrap();
    // Up to 80 % 4 kWh a slot, from there on 1 kWh.
    let plan = request.taper([(share("0.8"), kw("2"))]).plan(&day).unwrap();
    assert_eq!(texts(&plan), ["00:00-00:30 3", "00:30-01:30 2"]);
    assert_eq!(plan.cost_minor.to_string(), "42");
}

#[test]
fn what_is_lost_is_drawn_too() {
    let day = prices("10 20");
    let plan = energy(&day, "1.8", "4").efficiency(share("0.9")).plan(&day).unwrap();
    assert_eq!(
        (plan.kwh, plan.stored_kwh, plan.cost_minor.to_string()),
        (kwh("2"), kwh("1.8"), "20".to_owned())
    );
}

#[test]
fn surplus_comes_first() {
    let day = prices("10 20 30");
    let surplus = vec![kwh("0"), kwh("0.5"), kwh("1")];
    let plan = energy(&day, "2", "2").surplus(surplus, rate("4")).plan(&day).unwrap();
    // 1 kWh of surplus at 4 p in the last slot, 1 kWh at 10 p or 0.5 at 4 p and 0.5 at 10 p: the latter.
    assert_eq!(plan.cost_minor.to_string(), "11");
    assert_eq!(Energy::sum(plan.blocks.iter().map(|block| block.surplus_kwh)).unwrap(), kwh("1.5"));
}

#[test]
fn the_last_minutes_warm_the_battery() {
    let night = prices("5 5 5 30");
    let plan = energy(&night, "3", "3").precondition(30).plan(&night).unwrap();
    // Next to it rather than at 00:00, for the same money: one start less.
    assert_eq!(texts(&plan), ["01:00-02:00 3"]);
    assert_eq!(plan.cost_minor.to_string(), "52.5");
}

#[test]
fn a_dispatch_is_taken_at_its_rate() {
    let night = prices("9 30 8 7");
    let request = energy(&night, "4", "4").dispatch(span("00:30", "01:00"), Some(rate("6")));
    let plan = request.plan(&night).unwrap();
    assert_eq!(texts(&plan), ["00:30-01:00 2", "01:30-02:00 2"]);
    assert_eq!(plan.cost_minor.to_string(), "26");
}

#[test]
fn a_running_load_goes_on_without_a_start() {
    let night = prices("10 11 5 30");
    let request = energy(&night, "4", "4").max_starts(1);
    let fresh = request.plan(&night).unwrap();
    assert_eq!((fresh.starts, fresh.cost_minor.to_string()), (1, "32".to_owned()));
    let running = request.clone().running_for(10).plan(&night).unwrap();
    assert_eq!((running.starts, running.cost_minor.to_string()), (1, "30".to_owned()));
    let bound = request.min_run(60).running_for(10).plan(&night).unwrap();
    assert_eq!((texts(&bound), bound.starts), (vec!["00:00-01:00 4".to_owned()], 0));
}

#[test]
fn equal_plans_are_decided_by_starts_then_closeness_then_time() {
    let night = prices("5 5 9 5 5");
    let request = energy(&night, "2", "2");
    let first = |request: &ChargeRequest| texts(&request.plan(&night).unwrap());
    assert_eq!(first(&request), ["00:00-01:00 2"]);
    assert_eq!(first(&request.clone().prefer(Prefer::Latest)), ["01:30-02:30 2"]);
    let kept = energy(&night, "1", "2")
        .blocked([span("00:00", "01:30")])
        .prefer(Prefer::Latest)
        .plan(&night)
        .unwrap();
    assert_eq!(first(&request.previous(kept.blocks)), ["01:30-02:30 2"]);
}

#[test]
fn a_plan_is_kept_until_another_saves_enough() {
    let night = prices("10 8 7 20");
    let request = energy(&night, "1", "2");
    let in_force = request.clone().blocked([span("01:00", "01:30")]).plan(&night).unwrap().blocks;
    let by = |pence: &str| request.keep_unless_better(&night, &in_force, pence.parse().unwrap()).unwrap();
    assert_eq!(
        (by("1").decision, by("1").keeping_costs_minor),
        (ChargeDecision::Keep, Some("1".parse().unwrap()))
    );
    assert_eq!(texts(&by("1").plan), ["00:30-01:00 1"]);
    assert_eq!(
        (by("0.99").decision, texts(&by("0.99").plan)),
        (ChargeDecision::Change, vec!["01:00-01:30 1".to_owned()])
    );
    let more = energy(&night, "2", "2").keep_unless_better(&night, &in_force, "99".parse().unwrap()).unwrap();
    assert_eq!((more.decision, more.keeping_costs_minor), (ChargeDecision::Replace, None));
}

#[test]
fn why_not_then_has_an_answer() {
    let night = prices("10 8 7 20 -");
    let request = energy(&night, "2", "2");
    let dear = request.why_not(&night, at("00:00")).unwrap();
    assert_eq!(dear.dearer_by_minor, Some("2".parse().unwrap()));
    assert!(dear.message.contains("2.0000 p dearer"), "{}", dear.message);
    assert_eq!(request.why_not(&night, at("01:10")).unwrap().dearer_by_minor, Some(Money::ZERO));
    assert_eq!(request.why_not(&night, at("02:00")).unwrap().plan, None);
}

#[test]
fn what_has_no_meaning_is_refused() {
    let night = prices("10 8");
    let plan = |request: ChargeRequest| request.plan(&night).unwrap_err();
    assert!(plan(energy(&night, "1", "2").max_starts(1).min_power(Power::ZERO)).is_unsupported());
    assert!(plan(energy(&night, "1", "2").level(at("00:30"), share("0.5"))).is_unsupported());
    assert!(plan(energy(&night, "1", "2").min_power(kw("3"))).is_out_of_range());
    assert!(ChargeRequest::energy(Energy::ZERO, kw("2"), whole(&night)).unwrap_err().is_out_of_range());
    assert!(ChargeRequest::energy(kwh("1"), Power::ZERO, whole(&night)).unwrap_err().is_out_of_range());
    assert_eq!(Level::from(kwh("1")), Level::Stored(kwh("1")));
}

#[test]
fn negative_prices_may_fill_more_than_asked() {
    let day = prices("-3 5 -1 -2");
    let plan = energy(&day, "1", "2").up_to(kwh("2.5")).plan(&day).unwrap();
    assert_eq!((plan.kwh, plan.cost_minor.to_string()), (kwh("2.5"), "-5.5".to_owned()));
    assert_eq!(energy(&day, "1", "2").plan(&day).unwrap().cost_minor.to_string(), "-3");
}

#[test]
fn a_plan_may_begin_and_end_within_a_slot() {
    let night = prices("5 10 4");
    let request = ChargeRequest::energy(kwh("2"), kw("3"), span("00:10", "01:20")).unwrap();
    let plan = request.plan(&night).unwrap();
    // 20 minutes at 5 p and 20 at 4 p are a kWh each.
    assert_eq!(texts(&plan), ["00:10-00:30 1", "01:00-01:20 1"]);
}

#[test]
fn extremes_are_planned_or_refused_but_never_panic() {
    let night = prices("1000000000 -1000000000 0 0.00000001 -");
    for energy in ["1000000000", "0.00000001", "1"] {
        for power in ["1000000000", "0.00000001", "3"] {
            for efficiency in ["1", "0.00000001", "0.3"] {
                let request = self::energy(&night, energy, power).efficiency(share(efficiency));
                for request in
                    [request.clone(), request.clone().max_starts(1).min_run(60), request.min_power(kw(power))]
                {
                    match request.plan(&night) {
                        Ok(plan) => assert!(plan.feasible || plan.reason.is_some()),
                        Err(error) => assert!(error.is_out_of_range(), "{error}"),
                    }
                }
            }
        }
    }
}
