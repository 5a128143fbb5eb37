use super::super::super::{Aim, Binding, Unpublished};
use super::super::{Alternatives, WindowDecision, WindowRequest};
use super::prices;
use crate::UnitRate;
use crate::time::{Calendar, Grid, LocalBand, SlotLength, Span, parse_instant};

fn rate(text: &str) -> UnitRate {
    text.parse().unwrap()
}

fn texts(blocks: &[Span]) -> Vec<String> {
    blocks
        .iter()
        .map(|span| format!("{}-{}", span.from().format("%H:%M"), span.to().format("%H:%M")))
        .collect()
}

#[test]
fn a_run_may_end_on_a_boundary() {
    // 45 minutes: 15 at 10 p and 30 at 5 p is 6.67 p a kWh; from a boundary on it would be 8.33 p.
    let day = prices(30, &[Some(30), Some(10), Some(5), Some(20)]);
    let window = WindowRequest::unbroken(45).unwrap().find(&day).unwrap().windows.remove(0);
    assert_eq!(texts(&window.blocks), ["00:45-01:30"]);
    assert_eq!(window.average_minor_per_kwh.to_string(), "6.66666667");
}

#[test]
fn a_band_over_midnight_and_a_clock_change_is_real_time() {
    let calendar = Calendar::great_britain();
    let band: LocalBand = "22:00..08:00".parse().unwrap();
    for (day, hours) in [("2026-03-28", 9), ("2026-10-24", 11), ("2026-06-10", 10)] {
        let start = calendar.parse(&format!("{day}T22:00")).unwrap();
        let noon = parse_instant(&format!("{day}T12:00:00Z")).unwrap();
        let grid = Grid::new(noon, SlotLength::HALF_HOUR, 48).unwrap();
        let day = super::super::super::SlotPrices::new(grid, (0..48).map(|_| Some(rate("10")))).unwrap();
        let nights = calendar.band_spans(band, grid.span().unwrap());
        let asked = |minutes: u32| {
            WindowRequest::unbroken(minutes)
                .unwrap()
                .within(nights.iter().copied())
                .find(&day)
                .unwrap()
                .windows
        };
        let whole = asked(hours * 60).remove(0);
        assert_eq!((whole.blocks[0].from(), whole.duration_minutes), (start, i64::from(hours) * 60));
        assert!(asked(hours * 60 + 1).is_empty());
    }
}

#[test]
fn three_hours_across_the_change_are_three_hours() {
    let start = parse_instant("2026-03-28T22:00:00Z").unwrap();
    let grid = Grid::new(start, SlotLength::HALF_HOUR, 12).unwrap();
    // 00:00 to 03:00 UTC is cheap; on the clock that is 00:00 to 04:00.
    let rates = (0..12).map(|slot| Some(rate(if (4..10).contains(&slot) { "5" } else { "20" })));
    let night = super::super::super::SlotPrices::new(grid, rates).unwrap();
    let window = WindowRequest::unbroken(180).unwrap().find(&night).unwrap().windows.remove(0);
    assert_eq!(window.blocks[0].seconds(), 3 * 3600);
    let calendar = Calendar::great_britain();
    assert_eq!(calendar.local_text(window.blocks[0].to()), "2026-03-29T04:00:00+01:00");
}

#[test]
fn a_gap_is_never_straddled_and_is_named() {
    let day = prices(30, &[Some(1), None, Some(1), Some(9), Some(9)]);
    let window = WindowRequest::unbroken(60).unwrap().find(&day).unwrap().windows.remove(0);
    assert_eq!(texts(&window.blocks), ["01:00-02:00"]);
    let shortage = WindowRequest::unbroken(150).unwrap().find(&day).unwrap().shortage.unwrap();
    assert_eq!(shortage.binds, Binding::Data);
    assert_eq!(texts(&shortage.nearest.unwrap().blocks), ["01:00-02:30"]);
}

#[test]
fn reasons_say_what_binds() {
    let day = prices(30, &[Some(1), Some(20), Some(1), Some(9), Some(9)]);
    let binds = |request: WindowRequest| request.find(&day).unwrap().shortage.map(|shortage| shortage.binds);
    assert_eq!(binds(WindowRequest::unbroken(180).unwrap()), Some(Binding::Time));
    assert_eq!(binds(WindowRequest::unbroken(120).unwrap().price_cap(rate("10"))), Some(Binding::Price));
    assert_eq!(
        binds(WindowRequest::split(120).unwrap().price_cap(rate("10")).max_starts(1)),
        Some(Binding::Runs)
    );
    assert_eq!(binds(WindowRequest::split(120).unwrap().price_cap(rate("10"))), None);
}

#[test]
fn greed_is_not_enough_for_two_blocks() {
    // The cheapest hour is in the middle; the cheapest two hours in at most one start are not around it.
    let day = prices(60, &[Some(4), Some(4), Some(9), Some(3), Some(9), Some(5)]);
    let found = WindowRequest::split(180).unwrap().max_starts(2).find(&day).unwrap().windows.remove(0);
    assert_eq!(texts(&found.blocks), ["00:00-02:00", "03:00-04:00"]);
    let frontier = WindowRequest::split(180).unwrap().frontier(&day).unwrap();
    let averages: Vec<String> =
        frontier.iter().map(|window| window.average_minor_per_kwh.to_string()).collect();
    assert_eq!(averages, ["5.33333333", "3.66666667"]);
}

#[test]
fn the_dearest_time_is_found_for_export() {
    let day = prices(30, &[Some(1), Some(20), Some(30), Some(9)]);
    let window = WindowRequest::unbroken(60).unwrap().aim(Aim::Dearest).find(&day).unwrap().windows.remove(0);
    assert_eq!(
        (texts(&window.blocks), window.average_minor_per_kwh),
        (vec!["00:30-01:30".to_owned()], rate("25"))
    );
}

#[test]
fn what_is_added_decides_but_is_not_paid() {
    let day = prices(30, &[Some(10), Some(11)]).with_added(&[rate("5"), rate("0")]).unwrap();
    let window = WindowRequest::unbroken(30).unwrap().find(&day).unwrap().windows.remove(0);
    assert_eq!(
        (texts(&window.blocks), window.average_minor_per_kwh),
        (vec!["00:30-01:00".to_owned()], rate("11"))
    );
    let free = prices(30, &[Some(10), Some(11)]);
    let second = free.grid().slot(1).unwrap().span;
    let window =
        WindowRequest::unbroken(30).unwrap().find(&free.with_rate_in(second, UnitRate::ZERO)).unwrap();
    assert_eq!(texts(&window.windows[0].blocks), ["00:30-01:00"]);
}

#[test]
fn unpublished_prices_are_closed_assumed_or_refused() {
    let day = prices(30, &[Some(10), Some(11), None]);
    let known = parse_instant("2026-01-01T01:00:00Z").unwrap();
    let found = |choice| day.clone().with_unpublished(known, choice);
    let first =
        |prices| texts(&WindowRequest::unbroken(30).unwrap().find(&prices).unwrap().windows[0].blocks);
    assert_eq!(first(found(Unpublished::Closed).unwrap()), ["00:00-00:30"]);
    assert_eq!(first(found(Unpublished::Assume(rate("9"))).unwrap()), ["01:00-01:30"]);
    assert!(found(Unpublished::Refuse).unwrap_err().is_missing());
}

#[test]
fn a_plan_is_kept_until_another_is_better_by_enough() {
    let day = prices(30, &[Some(10), Some(8), Some(7), Some(20)]);
    let slot = |index| day.grid().slot(index).unwrap().span;
    let request = WindowRequest::unbroken(30).unwrap();
    let kept = request.keep_unless_better(&day, &[slot(1)], rate("1")).unwrap();
    assert_eq!((kept.decision, kept.keeping_costs_minor_per_kwh), (WindowDecision::Keep, Some(rate("1"))));
    let changed = request.keep_unless_better(&day, &[slot(1)], rate("0.99")).unwrap();
    assert_eq!(
        (changed.decision, texts(&changed.window.unwrap().blocks)),
        (WindowDecision::Change, vec!["01:00-01:30".to_owned()])
    );
    let replaced =
        request.clone().price_cap(rate("9")).keep_unless_better(&day, &[slot(3)], rate("5")).unwrap();
    assert_eq!((replaced.decision, replaced.keeping_costs_minor_per_kwh), (WindowDecision::Replace, None));
}

#[test]
fn why_not_then_has_an_answer() {
    let day = prices(30, &[Some(10), Some(8), Some(7), Some(20), None]);
    let at = |text: &str| parse_instant(&format!("2026-01-01T{text}:00Z")).unwrap();
    let request = WindowRequest::unbroken(60).unwrap();
    let answer = request.why_not(&day, at("00:00")).unwrap();
    assert_eq!(answer.dearer_by_minor_per_kwh, Some(rate("1.5")));
    assert_eq!(answer.message, "2026-01-01T00:00:00Z: 1.5000 p/kWh dearer on average than the best");
    assert_eq!(request.why_not(&day, at("01:30")).unwrap().window, None);
    // In two blocks, one of which starts at 00:00.
    let split = WindowRequest::split(60).unwrap().why_not(&day, at("00:00")).unwrap().window.unwrap();
    assert_eq!(texts(&split.blocks), ["00:00-00:30", "01:00-01:30"]);
}

#[test]
fn alternatives_may_be_asked_to_share_no_time() {
    let day = prices(30, &[Some(10), Some(8), Some(7), Some(9), Some(30), Some(12), Some(12)]);
    let starts = |alternatives| {
        let found = WindowRequest::unbroken(60).unwrap().top(3, alternatives).find(&day).unwrap().windows;
        found.iter().flat_map(|window| texts(&window.blocks)).collect::<Vec<_>>()
    };
    assert_eq!(starts(Alternatives::Different), ["00:30-01:30", "01:00-02:00", "00:00-01:00"]);
    assert_eq!(starts(Alternatives::Apart), ["00:30-01:30", "02:30-03:30", "01:30-02:30"]);
}
