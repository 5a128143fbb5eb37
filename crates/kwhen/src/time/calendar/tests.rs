use super::*;
use crate::time::parse_instant;

fn at(text: &str) -> DateTime<Utc> {
    parse_instant(text).unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::new(at(from), at(to)).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The last Sunday of a month, by the calendar alone.
fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let mut day = NaiveDate::from_ymd_opt(year, month, 31).unwrap();
    while day.weekday() != chrono::Weekday::Sun {
        day = day.pred_opt().unwrap();
    }
    day
}

/// Since 1996 the clocks of both countries change on the last Sundays of March and October at 01:00 UTC (Directive 94/21/EC and
/// its successors). The expected count comes from that rule, not from the zone tables.
#[test]
fn every_local_day_from_1996_to_2099_has_46_48_or_50_slots() {
    for zone in ["Europe/London", "Europe/Dublin"] {
        let calendar = Calendar::named(zone).unwrap();
        let mut days = 0;
        let mut previous_end = None;
        for day in date("1996-01-01").iter_days().take_while(|day| day.year() < 2100) {
            let span = calendar.day(day).unwrap();
            let expected = if day == last_sunday(day.year(), 3) {
                46
            } else if day == last_sunday(day.year(), 10) {
                50
            } else {
                48
            };
            assert_eq!(span.seconds(), expected * 1800, "{day} in {zone}");
            assert!(previous_end.is_none_or(|end| end == span.from()), "{day} does not follow on");
            previous_end = Some(span.to());
            days += 1;
        }
        assert_eq!(days, 37_986, "104 years with 26 leap days");
        assert_eq!(
            calendar.days_starting_in(span("1996-01-01T00:00:00Z", "2100-01-01T00:00:00Z")).unwrap(),
            days
        );
    }
}

#[test]
fn cutting_by_day_month_and_market_day_leaves_nothing_out() {
    let gb = Calendar::great_britain();
    let year = span("2025-11-03T10:30:00Z", "2026-11-03T09:00:00Z");
    for (kind, count) in [
        (PeriodKind::Day, 366),
        (PeriodKind::Week, 53),
        (PeriodKind::Month, 13),
        (PeriodKind::Year, 2),
        (PeriodKind::MarketDay, 366),
    ] {
        let periods = gb.cut(kind, year).unwrap();
        assert_eq!(periods.len(), count, "{kind:?}");
        assert_eq!(periods.first().unwrap().span.from(), year.from());
        assert_eq!(periods.last().unwrap().span.to(), year.to());
        assert!(periods.windows(2).all(|pair| pair[0].span.to() == pair[1].span.from()), "{kind:?}");
    }
}

#[test]
fn market_days_are_cet_days() {
    let brussels = Calendar::named("Europe/Brussels").unwrap();
    let year = span("2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z");
    let market_days = Calendar::great_britain().cut(PeriodKind::MarketDay, year).unwrap();
    assert_eq!(market_days, brussels.cut(PeriodKind::Day, year).unwrap());
    let lengths: Vec<_> = market_days
        .iter()
        .filter(|day| day.span.seconds() != 86_400)
        .map(|day| (day.label.as_str(), day.span.seconds() / 1800))
        .collect();
    assert_eq!(lengths, [("2026-03-29", 46), ("2026-10-25", 50)]);
    // From 23:00 local on it is the next market day.
    let evening = Calendar::great_britain()
        .cut(PeriodKind::MarketDay, span("2026-07-01T21:30:00Z", "2026-07-01T22:30:00Z"))
        .unwrap();
    assert_eq!(
        evening.iter().map(|day| day.label.as_str()).collect::<Vec<_>>(),
        ["2026-07-01", "2026-07-02"]
    );
}

#[test]
fn bands_over_midnight_and_clock_changes() {
    let gb = Calendar::great_britain();
    let night: LocalBand = "22:00..08:00".parse().unwrap();
    let hours = |from, to| {
        gb.band_spans(night, span(from, to)).iter().map(|open| open.seconds() / 3600).collect::<Vec<_>>()
    };
    assert_eq!(hours("2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z"), [10, 9, 10]);
    assert_eq!(hours("2026-10-23T12:00:00Z", "2026-10-26T12:00:00Z"), [10, 11, 10]);
    assert_eq!(hours("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), [8, 2], "cut to the span");
    // 01:30 does not exist on the spring night: the band opens when the clock goes on, at 01:00 UTC.
    let skipped: LocalBand = "01:30..05:00".parse().unwrap();
    assert_eq!(
        gb.band_spans(skipped, span("2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z")),
        [span("2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z")]
    );
    // 01:30 comes twice on the autumn night, and so does the band: 01:00 to 01:30 GMT is not in it.
    assert_eq!(
        gb.band_spans(skipped, span("2026-10-25T00:00:00Z", "2026-10-25T12:00:00Z")),
        [
            span("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
            span("2026-10-25T01:30:00Z", "2026-10-25T05:00:00Z")
        ]
    );
    let all_day: LocalBand = "00:00..24:00".parse().unwrap();
    assert_eq!(
        gb.band_spans(all_day, span("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")),
        [
            span("2026-10-24T12:00:00Z", "2026-10-24T23:00:00Z"),
            span("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
            span("2026-10-26T00:00:00Z", "2026-10-26T12:00:00Z")
        ]
    );
}

#[test]
fn civil_text_is_read_as_a_person_means_it() {
    let gb = Calendar::great_britain();
    assert_eq!(gb.parse("2026-07-01").unwrap(), at("2026-06-30T23:00:00Z"));
    assert_eq!(gb.parse("2026-07-01 07:00").unwrap(), at("2026-07-01T06:00:00Z"));
    assert_eq!(gb.parse("2026-07-01T07:00:00Z").unwrap(), at("2026-07-01T07:00:00Z"));
    let twice = gb.parse("2026-10-25 01:30").unwrap_err();
    assert!(twice.is_conflict() && twice.to_string().contains("2026-10-25T01:30:00+00:00"), "{twice}");
    assert!(gb.parse("2026-03-29 01:30").unwrap_err().is_missing());
    assert!(gb.parse("2100-06-01").unwrap_err().is_out_of_range());
}

#[test]
fn zones_that_change_at_midnight_or_skip_a_day() {
    let sao_paulo = Calendar::named("America/Sao_Paulo").unwrap();
    assert_eq!(
        sao_paulo.day(date("2018-11-04")).unwrap(),
        span("2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z")
    );
    assert_eq!(sao_paulo.day(date("2018-02-17")).unwrap().seconds(), 25 * 3600);
    let apia = Calendar::named("Pacific/Apia").unwrap();
    assert!(apia.day(date("2011-12-30")).is_err());
    let year_end = span("2011-12-28T10:00:00Z", "2012-01-01T10:00:00Z");
    let labels: Vec<_> =
        apia.cut(PeriodKind::Day, year_end).unwrap().into_iter().map(|day| day.label).collect();
    assert_eq!(labels, ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]);
    assert_eq!(apia.days_starting_in(year_end).unwrap(), 4);
    let kathmandu = Calendar::named("Asia/Kathmandu").unwrap();
    assert_eq!(kathmandu.day(date("2026-01-01")).unwrap().from(), at("2025-12-31T18:15:00Z"));
    assert!(Calendar::named("Europe/Londen").unwrap_err().is_syntax());
}

#[test]
fn days_are_counted_where_they_start_so_that_parts_sum_to_the_whole() {
    let gb = Calendar::great_britain();
    let count = |from, to| gb.days_starting_in(span(from, to)).unwrap();
    assert_eq!(count("2026-03-01T00:00:00Z", "2026-03-31T23:00:00Z"), 31);
    assert_eq!(
        count("2026-03-01T00:00:00Z", "2026-03-15T10:00:00Z")
            + count("2026-03-15T10:00:00Z", "2026-03-31T23:00:00Z"),
        31
    );
    assert_eq!(count("2026-03-15T00:30:00Z", "2026-03-15T10:00:00Z"), 0);
}

#[test]
fn the_ends_of_the_calendar_are_errors_and_not_panics() {
    for calendar in [
        Calendar::great_britain(),
        Calendar::named("Pacific/Kiritimati").unwrap(),
        Calendar::named("Pacific/Niue").unwrap(),
    ] {
        for date in [NaiveDate::MIN, NaiveDate::MAX, date("0001-01-01"), date("2100-01-01")] {
            assert!(calendar.day(date).is_err(), "{date}");
        }
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let _ = (calendar.local(instant), calendar.local_text(instant), calendar.abbreviation(instant));
            assert!(crate::time::Publication::agile().known_until(instant).is_err());
            assert!(crate::time::Publication::agile().published(instant).is_err());
            assert!(Span::new(instant, instant).is_err());
        }
        for local in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            assert!(calendar.instant_of(local).is_err());
        }
    }
}

/// What a clock shows is asked for minute by minute around odd changes: half an hour (Lord Howe), two hours (Troll), at midnight and back
/// behind it, for Ramadan, and over a day that never was.
#[test]
fn bands_hold_while_the_clock_shows_their_times_in_every_kind_of_zone() {
    for (zone, change) in [
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
        ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
        ("Atlantic/Azores", "2026-03-29T01:00:00Z"),
        ("America/Havana", "2025-11-02T05:00:00Z"),
        ("America/St_Johns", "2010-11-07T02:31:00Z"),
        ("America/Asuncion", "2024-03-24T03:00:00Z"),
        ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
        ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ] {
        let calendar = Calendar::named(zone).unwrap();
        let around = Span::new(at(change) - TimeDelta::hours(30), at(change) + TimeDelta::hours(30)).unwrap();
        assert_eq!(calendar.stretches(around).len(), 2, "{zone} changes at {change}");
        for band in [
            "01:30..05:00",
            "22:00..08:00",
            "23:45..00:15",
            "13:16..14:10",
            "02:10..02:20",
            "00:00..01:00",
            "06:00..06:00",
        ] {
            let band: LocalBand = band.parse().unwrap();
            let spans = calendar.band_spans(band, around);
            assert!(spans.windows(2).all(|pair| pair[0].to() <= pair[1].from()), "{zone} {band}");
            let mut minute = around.from();
            while minute < around.to() {
                let shown = calendar.local(minute).time();
                let open = if band.from < band.to {
                    band.from <= shown && shown < band.to
                } else {
                    band.from <= shown || shown < band.to
                };
                let found = spans.iter().any(|span| span.contains(minute));
                assert_eq!(found, open, "{band} in {zone} at {minute}");
                minute += TimeDelta::minutes(1);
            }
        }
    }
}

/// The first instant of a date, worked from the offsets on both sides of a change alone: its midnight by the old offset where that comes
/// before the change, and otherwise its midnight by the new one, or the change itself where the clock has then passed it.
#[test]
fn days_start_at_the_first_instant_of_their_date_and_are_counted_once_in_every_zone() {
    const PROBES: [i64; 17] = [
        -25 * 3600,
        -24 * 3600,
        -23 * 3600,
        -3600,
        -1,
        0,
        1,
        60,
        1_800,
        3_540,
        3_600,
        5_400,
        7_200,
        23 * 3600,
        24 * 3600,
        25 * 3600,
        49 * 3600,
    ];
    let whole = Span::from_seconds(10 * DAY_SECONDS, 2_200_000_000);
    let (mut changes, mut at_midnight) = (0, 0);
    for zone in Calendar::names() {
        let calendar = Calendar::named(zone).unwrap();
        for pair in calendar.stretches(whole).windows(2) {
            // Of the span of both stretches, so that dates on either side are found by a sum.
            let mut in_turn = DayStarts::new(calendar, Span::from_seconds(pair[0].from, pair[1].to));
            let [before, after] = pair else { unreachable!() };
            let change = before.to;
            let first = (change + before.offset).div_euclid(DAY_SECONDS) - 3;
            let starts: Vec<i64> = (first..first + 8)
                .map(|day| {
                    let midnight = day * DAY_SECONDS - before.offset;
                    if midnight < change { midnight } else { change.max(day * DAY_SECONDS - after.offset) }
                })
                .collect();
            for (place, start) in starts.iter().enumerate() {
                let date = from_seconds((first + place as i64) * DAY_SECONDS).date_naive();
                assert_eq!(calendar.day_start(date).unwrap().timestamp(), *start, "{date} in {zone}");
                assert_eq!(in_turn.of(date).unwrap(), *start, "{date} in {zone}, after those before");
                let after = DayStarts::new(calendar, Span::from_seconds(change, pair[1].to)).of(date);
                assert_eq!(after.unwrap(), *start, "{date} in {zone}, of a span from the change on");
            }
            let mut distinct = starts.clone();
            distinct.dedup();
            let count =
                |from: i64, to: i64| distinct.iter().filter(|start| (from..to).contains(start)).count();
            let mut days = DayCount::new(calendar);
            for probes in PROBES.windows(2) {
                let (from, to) = (change + probes[0], change + probes[1]);
                let counted = days.starting_in(Span::from_seconds(from, to)).unwrap();
                let apart = calendar.days_starting_in(Span::from_seconds(from, change + 49 * 3600)).unwrap();
                assert_eq!(counted, count(from, to) as i64, "{zone} {}", from_seconds(from));
                assert_eq!(apart, count(from, change + 49 * 3600) as i64, "{zone} {}", from_seconds(from));
                let place = starts.iter().rposition(|start| *start <= from).unwrap() as i64;
                let date = from_seconds((first + place) * DAY_SECONDS).date_naive();
                assert_eq!(calendar.date(from_seconds(from)), date, "{zone} {}", from_seconds(from));
                let starts_day = starts.contains(&from);
                assert_eq!(
                    calendar.starts_day(from_seconds(from)),
                    starts_day,
                    "{zone} {}",
                    from_seconds(from)
                );
            }
            changes += 1;
            at_midnight += usize::from(starts.contains(&change));
        }
    }
    assert!(changes > 20_000 && at_midnight > 500, "{changes} changes, {at_midnight} where a day starts");
}

proptest::proptest! {
    #[test]
    fn any_zone_cuts_any_span_without_a_hole(zone in 0..zone::names().count(), from in 0_i64..4_000_000_000, days in 1_i64..800) {
        let calendar = Calendar::named(zone::names().nth(zone).unwrap()).unwrap();
        let from = from_seconds(from);
        let span = Span::new(from, from + TimeDelta::days(days)).unwrap();
        for kind in [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Year, PeriodKind::MarketDay] {
            let periods = calendar.cut(kind, span).unwrap();
            proptest::prop_assert_eq!(periods.first().unwrap().span.from(), span.from());
            proptest::prop_assert_eq!(periods.last().unwrap().span.to(), span.to());
            proptest::prop_assert!(periods.windows(2).all(|pair| pair[0].span.to() == pair[1].span.from()));
        }
    }
}

/// Boundaries are guessed from the one before, and the guess is checked by the clock: in no zone does a clock that shows a time twice
/// mislead it.
#[test]
fn periods_start_where_their_first_local_time_does_in_every_zone() {
    let whole = Span::new(from_seconds(10 * 86_400), from_seconds(4_102_444_800 - 10 * 86_400)).unwrap();
    for zone in Calendar::names() {
        let calendar = Calendar::named(zone).unwrap();
        for (kind, format) in
            [(PeriodKind::Week, "%F"), (PeriodKind::Month, "%Y-%m"), (PeriodKind::Year, "%Y")]
        {
            let periods = calendar.cut(kind, whole).unwrap();
            let mut date = kind.first(calendar.local(whole.from()).date());
            for pair in periods.windows(2) {
                let [period, after] = pair else { unreachable!() };
                assert_eq!(period.label, date.format(format).to_string());
                date = kind.next(date);
                let start = calendar.instant_of(date.and_time(NaiveTime::MIN)).unwrap();
                assert_eq!((period.span.to(), after.span.from()), (start, start), "{zone} {}", after.label);
            }
        }
    }
}

/// Every change of every zone's clock from 1970 to 2099, as Python's zoneinfo finds it (tests/golden/clocks/work.py).
#[test]
fn every_clock_of_the_world_changes_when_a_second_implementation_says() {
    let golden = include_str!("../../../../../tests/golden/clocks/zones.csv");
    let whole = Span::from_seconds(0, 4_102_444_800);
    let mut seen = 0;
    for line in golden.lines().skip(1) {
        let [name, changes, hash] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let stretches = Calendar::named(name).unwrap().stretches(whole);
        assert_eq!((stretches.len() - 1).to_string(), changes, "{name}");
        let text: String =
            stretches.iter().map(|stretch| format!("{} {}\n", stretch.from, stretch.offset)).collect();
        let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(format!("{fnv:016x}"), hash, "{name}");
        seen += 1;
    }
    assert_eq!(seen, Calendar::names().count());
}

/// Where the tables of 2025b were wrong.
#[test]
fn zones_that_changed_their_law_since_2025_show_what_they_show_now() {
    let golden = include_str!("../../../../../tests/golden/clocks/instants.csv");
    for line in golden.lines().skip(1) {
        let [name, instant, local] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(Calendar::named(name).unwrap().local_text(at(instant)), local, "{name} {instant}");
    }
    assert_eq!(golden.lines().count(), 31);
}

fn market_days(zone: &str, from: &str, to: &str) -> Vec<(String, i64)> {
    let days = Calendar::named(zone).unwrap().cut(PeriodKind::MarketDay, span(from, to)).unwrap();
    days.into_iter().map(|day| (day.label, day.span.seconds() / 900)).collect()
}

/// By hand: the CET day of 29 March 2026 begins at 23:00Z of the 28th and has 92 quarter-hours; Lisbon and London are at 23:00 then,
/// Helsinki at 01:00. The 25th of October has 100.
#[test]
fn the_day_of_the_coupled_auction_is_one_everywhere() {
    let expected = [("2026-03-29".to_owned(), 92), ("2026-03-30".to_owned(), 96)];
    for zone in ["Europe/Berlin", "Europe/Lisbon", "Europe/Helsinki", "Europe/Dublin", "Europe/London"] {
        assert_eq!(market_days(zone, "2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z"), expected, "{zone}");
    }
    let autumn = market_days("Europe/Tallinn", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    assert_eq!(autumn, [("2026-10-25".to_owned(), 100)]);
}

/// Japan's day is its own; Australia's runs from 04:00 on a clock without summer time (18:00Z), and is named by the date it begins on.
#[test]
fn other_markets_have_days_of_their_own() {
    let tokyo = market_days("Asia/Tokyo", "2026-03-28T15:00:00Z", "2026-03-29T15:00:00Z");
    assert_eq!(tokyo, [("2026-03-29".to_owned(), 96)]);
    let sydney = market_days("Australia/Sydney", "2026-04-03T18:00:00Z", "2026-04-05T18:00:00Z");
    assert_eq!(sydney, [("2026-04-04".to_owned(), 96), ("2026-04-05".to_owned(), 96)]);
    let havana = market_days("America/Havana", "2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z");
    assert_eq!(havana, [("2026-05-31".to_owned(), 16), ("2026-06-01".to_owned(), 32)]);
}
