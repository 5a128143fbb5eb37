//! Schedules at clock changes and beyond.

use super::*;
use crate::time::{Calendar, Grid, SlotLength, parse_instant};
use chrono::{Days, NaiveDate};

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn price(text: &str) -> Prices<UnitRate> {
    Prices::Exclusive(text.parse().unwrap())
}

fn two(clock: Clock, from: &str, to: &str) -> Schedule {
    Schedule::new(
        clock,
        vec![
            ScheduleBand::daily("night", time(from), time(to), price("8")),
            ScheduleBand::daily("day", time(to), time(from), price("25")),
        ],
    )
    .unwrap()
}

fn night_slots(schedule: &Schedule, date: NaiveDate) -> i64 {
    let day = Calendar::great_britain().day(date).unwrap();
    schedule.pieces(day).iter().filter(|piece| piece.band == 0).map(|piece| piece.span.seconds() / 1800).sum()
}

#[test]
fn economy_7_has_14_night_slots_every_day_and_go_8_10_or_12() {
    let economy_7 = two(Clock::Utc, "00:30", "07:30");
    let go = two(Clock::great_britain(), "00:30", "05:30");
    let mut date: NaiveDate = "2020-01-01".parse().unwrap();
    while date < "2030-01-01".parse().unwrap() {
        assert_eq!(night_slots(&economy_7, date), 14, "{date}");
        let day = Calendar::great_britain().day(date).unwrap();
        let expected = match day.seconds() / 3600 {
            23 => 8,
            25 => 12,
            _ => 10,
        };
        assert_eq!(night_slots(&go, date), expected, "{date}");
        date = date + Days::new(1);
    }
}

#[test]
fn pieces_agree_with_the_band_of_each_half_hour() {
    let cosy = Schedule::new(
        Clock::great_britain(),
        vec![
            ScheduleBand::daily("cheap", time("04:00"), time("07:00"), price("12")),
            ScheduleBand::daily("cheap", time("13:00"), time("16:00"), price("12")),
            ScheduleBand::daily("cheap", time("22:00"), time("00:00"), price("12")),
            ScheduleBand::daily("peak", time("16:00"), time("19:00"), price("40")),
            ScheduleBand::daily("day", time("00:00"), time("04:00"), price("25")),
            ScheduleBand::daily("day", time("07:00"), time("13:00"), price("25")),
            ScheduleBand::daily("day", time("19:00"), time("22:00"), price("25")),
        ],
    )
    .unwrap();
    let weekend = Schedule::new(
        Clock::great_britain(),
        vec![
            ScheduleBand {
                weekdays: Weekdays::WEEKEND,
                ..ScheduleBand::daily("weekend", time("00:00"), time("00:00"), price("10"))
            },
            ScheduleBand {
                weekdays: Weekdays::WORKING,
                months: MonthsOfYear::of([11, 12, 1, 2]).unwrap(),
                ..ScheduleBand::daily("winter", time("16:00"), time("16:00"), price("30"))
            },
            ScheduleBand {
                weekdays: Weekdays::WORKING,
                months: MonthsOfYear::of(3..=10).unwrap(),
                ..ScheduleBand::daily("summer", time("01:30"), time("01:30"), price("20"))
            },
        ],
    )
    .unwrap();
    let span = Span::new(
        parse_instant("2025-10-01T00:30:00Z").unwrap(),
        parse_instant("2026-11-05T13:00:00Z").unwrap(),
    )
    .unwrap();
    for schedule in [cosy, weekend, two(Clock::Utc, "23:30", "06:30")] {
        let pieces = schedule.pieces(span);
        assert_eq!(pieces.iter().map(|piece| piece.span.seconds()).sum::<i64>(), span.seconds());
        let series = schedule.rate_series(span).unwrap();
        for slot in Grid::covering(span, SlotLength::HALF_HOUR).unwrap().slots() {
            let band = schedule.band_at(slot.span.from());
            let piece = pieces.iter().find(|piece| piece.span.contains(slot.span.from())).unwrap();
            assert_eq!(piece.band, band, "{}", slot.span);
            assert_eq!(series.at(slot.span.from()), Some(schedule.bands()[band].prices));
        }
    }
}

#[test]
fn a_gap_or_an_overlap_is_named() {
    let gap = Schedule::new(
        Clock::Utc,
        vec![
            ScheduleBand::daily("night", time("00:30"), time("05:30"), price("8")),
            ScheduleBand::daily("day", time("06:00"), time("00:30"), price("25")),
        ],
    );
    let error = gap.unwrap_err();
    assert!(error.is_missing() && error.to_string().contains("05:30 to 06:00"), "{error}");
    let overlap = Schedule::new(
        Clock::Utc,
        vec![
            ScheduleBand::daily("night", time("00:30"), time("06:00"), price("8")),
            ScheduleBand::daily("day", time("05:30"), time("00:30"), price("25")),
        ],
    );
    let error = overlap.unwrap_err();
    assert!(error.is_overlap() && error.to_string().contains("at 05:30"), "{error}");
    let weekdays = ScheduleBand {
        weekdays: Weekdays::WORKING,
        ..ScheduleBand::daily("all", time("00:00"), time("00:00"), price("8"))
    };
    let error = Schedule::new(Clock::Utc, vec![weekdays]).unwrap_err();
    assert!(error.to_string().contains("00:00 to 24:00 on Saturdays"), "{error}");
    assert!(Schedule::new(Clock::Utc, Vec::new()).unwrap_err().is_missing());
    assert!(MonthsOfYear::of([13]).is_err());
}
