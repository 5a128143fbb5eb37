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

#[test]
fn days_at_a_time_have_what_their_pieces_have() {
    let band = |name: &str, from, to, days, months: &[u32]| ScheduleBand {
        weekdays: days,
        months: MonthsOfYear::of(months.iter().copied()).unwrap(),
        ..ScheduleBand::daily(name, time(from), time(to), price("1"))
    };
    let mut classes = DayClasses::default();
    let dates: Vec<NaiveDate> = ["2025-12-25", "2026-04-06", "2026-10-25", "2026-12-25"]
        .iter()
        .map(|date| date.parse().unwrap())
        .collect();
    classes.add("holiday", &dates).unwrap();
    let (all, summer, winter) = ((1..=12).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9], [1, 2, 3, 10, 11, 12]);
    let berlin = Calendar::named("Europe/Berlin").unwrap();
    let schedule = |clock| {
        let bands = vec![
            band("night", "22:00", "06:00", Weekdays::ALL, &all),
            band("day", "06:00", "22:00", Weekdays::WORKING, &summer),
            band("day", "06:00", "17:00", Weekdays::WORKING, &winter),
            band("peak", "17:00", "22:00", Weekdays::WORKING, &winter),
            band("weekend", "06:00", "22:00", Weekdays::WEEKEND, &all),
            band("holiday", "00:00", "00:00", Weekdays::class(0), &all),
        ];
        Schedule::with_classes(clock, bands, &classes).unwrap()
    };
    let at = |text: &str| parse_instant(text).unwrap();
    for (clock, length) in [
        (Clock::Local(berlin), SlotLength::QUARTER_HOUR),
        (Clock::Utc, SlotLength::HALF_HOUR),
        (Clock::Local(Calendar::named("Australia/Lord_Howe").unwrap()), SlotLength::HALF_HOUR),
        (Clock::great_britain(), SlotLength::HOUR),
    ] {
        let schedule = schedule(clock);
        let start = at("2025-12-30T00:00:00Z");
        let slots = (371 * 24 * 60 / length.minutes()) as usize;
        let grid = Grid::new(start, length, slots).unwrap();
        for scale in [1, 30_000_000, 100_000_000_000] {
            let column = crate::series::column::Column::new(
                (0..slots as i64).map(|n| (n * n % 997 - 40) * scale).collect(),
            );
            for (from, to) in [
                ("2025-12-31T00:00:00Z", "2026-12-31T00:00:00Z"),
                ("2026-03-28T15:00:00Z", "2026-03-29T12:00:00Z"),
                ("2026-10-20T23:07:00Z", "2026-10-26T01:10:00Z"),
                ("2026-04-06T03:00:00Z", "2026-04-06T04:00:00Z"),
            ] {
                let span = Span::new(at(from), at(to)).unwrap();
                assert!(schedule.is_on_slots(&grid, span));
                let mut found: Vec<by_day::BandUse> = schedule.band_uses(span, &grid, &column);
                let mut by_piece: Vec<by_day::BandUse> = Vec::new();
                for piece in schedule.pieces(span) {
                    let slots = grid.slots_starting_in(piece.span);
                    let held = (piece.span.start_seconds(), piece.span.to_seconds());
                    let energy = slots.clone().map(|slot| i128::from(column.units(slot))).sum::<i128>();
                    match by_piece.iter_mut().find(|known| known.band == piece.band) {
                        Some(known) => {
                            known.slots += slots.len();
                            known.energy += energy;
                            known.held.1 = held.1;
                        }
                        None => by_piece.push(by_day::BandUse {
                            band: piece.band,
                            slots: slots.len(),
                            energy,
                            held,
                        }),
                    }
                }
                found.sort_by_key(|known| known.band);
                by_piece.sort_by_key(|known| known.band);
                assert_eq!(found, by_piece, "{} {length:?} {from}", clock.name());
            }
        }
    }
    let grid = |length| Grid::new(at("2026-01-01T00:00:00Z"), length, 48).unwrap();
    let day = Span::new(at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z")).unwrap();
    let of = |minutes| SlotLength::from_minutes(minutes).unwrap();
    assert!(!schedule(Clock::Utc).is_on_slots(&grid(of(240)), day), "bands of 4 hours from midnight");
    let kathmandu = Clock::Local(Calendar::named("Asia/Kathmandu").unwrap());
    assert!(!schedule(kathmandu).is_on_slots(&grid(SlotLength::HALF_HOUR), day), "the clock is 5:45 ahead");
    assert!(schedule(kathmandu).is_on_slots(&grid(SlotLength::QUARTER_HOUR), day));
}
