#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use super::*;
use crate::Energy;
use crate::error::Result;
use crate::input::{PriceOptions, PriceRole, ReadingOptions};
use crate::series::{Consumption, RateSeries};
use crate::time::Calendar;
use crate::time::{PeriodKind, Span, instant_text, parse_instant};
use proptest::prelude::*;
use std::fmt::Write as _;

mod alike;
mod builtin_layouts;
mod loggers;
mod shapes;

fn readings(text: &str) -> Result<Taken<Consumption>> {
    readings_as(text, &Said::default())
}

fn readings_as(text: &str, said: &Said) -> Result<Taken<Consumption>> {
    consumption(text.as_bytes(), said, &ReadingOptions::default(), &Calendar::great_britain(), None)
}

fn rates(text: &str) -> Result<Taken<RateSeries>> {
    unit_rates(text.as_bytes(), &Said::default(), &PriceOptions::default())
}

/// From when to when, how many readings, and their sum.
fn summary(taken: &Taken<Consumption>) -> String {
    let series = &taken.series;
    format!("{} {} {}", series.grid().span().unwrap(), series.reading_count(), series.total().unwrap())
}

/// The half-hours of a local day of London, each with its start as the clock shows it, and a value that is no other's.
fn day(date: &str) -> Vec<(i64, String, String)> {
    let calendar = Calendar::great_britain();
    let span = calendar.day(date.parse().unwrap()).unwrap();
    let count = span.seconds() / 1800;
    (0..count)
        .map(|slot| {
            let at = span.from() + chrono::TimeDelta::seconds(slot * 1800);
            let local = calendar.local(at).format("%Y-%m-%d %H:%M").to_string();
            (at.timestamp(), local, format!("0.{:03}", slot + 1))
        })
        .collect()
}

const SPRING: &str = "2026-03-29T00:00:00Z to 2026-03-29T23:00:00Z 46 1.081";
const AUTUMN: &str = "2026-10-24T23:00:00Z to 2026-10-26T00:00:00Z 50 1.275";

fn both_days(write: impl Fn(&[(i64, String, String)]) -> String) {
    for (date, wanted) in [("2026-03-29", SPRING), ("2026-10-25", AUTUMN)] {
        let text = write(&day(date));
        let taken = readings(&text).unwrap_or_else(|error| panic!("{date}: {error}\n{text}"));
        assert_eq!(summary(&taken), wanted, "{text}");
        // The order is kept too: the second of the day is the second value.
        assert_eq!(taken.series.get(1).unwrap().to_string(), "0.002", "{text}");
    }
}

#[test]
fn local_times_at_both_clock_changes() {
    both_days(|day| {
        let rows = day.iter().map(|(_, local, value)| format!("{},{},{value}\n", &local[..10], &local[11..]));
        format!("Date,Time,kWh\n{}", rows.collect::<String>())
    });
    both_days(|day| {
        let rows = day.iter().map(|(_, local, value)| {
            let (y, m, d) = (&local[..4], &local[5..7], &local[8..10]);
            format!("{d}.{m}.{y} {};{}\n", &local[11..], value.replace('.', ","))
        });
        format!("Zeit;Verbrauch (kWh)\n{}", rows.collect::<String>())
    });
    both_days(|day| {
        let rows = day.iter().rev().map(|(_, local, value)| format!("{local},{value}\n"));
        format!("when,usage\n{}", rows.collect::<String>())
    });
}

#[test]
fn ends_with_an_offset_newest_first() {
    both_days(|day| {
        let rows = day.iter().rev().map(|(at, _, value)| {
            let end = instant_text(chrono::DateTime::from_timestamp(at + 1800, 0).unwrap());
            format!("{},{value}\n", end.replace('T', " ").replace('Z', "+00:00"))
        });
        format!("halfhour ending at,usage\n{}", rows.collect::<String>())
    });
}

#[test]
fn ends_on_paper_and_ends_as_the_clock_shows_them() {
    let calendar = Calendar::great_britain();
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| {
            let end = calendar.local(chrono::DateTime::from_timestamp(at + 1800, 0).unwrap());
            format!("{},{value}\n", end.format("%d/%m/%Y %H:%M"))
        });
        format!("interval end,kWh\n{}", rows.collect::<String>())
    });
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| {
            let start = calendar.local(chrono::DateTime::from_timestamp(*at, 0).unwrap());
            let end = start + chrono::TimeDelta::minutes(30);
            format!("{},{},{value}\n", start.format("%d/%m/%Y %H:%M"), end.format("%d/%m/%Y %H:%M"))
        });
        format!("from,to,kWh\n{}", rows.collect::<String>())
    });
}

#[test]
fn epochs_and_bracketed_zones_and_capitals() {
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| format!("{{\"TS\":{},\"KWH\":{value}}}", at * 1000));
        rows.collect::<Vec<_>>().join("\n")
    });
    let calendar = Calendar::great_britain();
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| {
            let text = calendar.local_text(chrono::DateTime::from_timestamp(*at, 0).unwrap());
            format!("{text}[Europe/London],{value}\n")
        });
        format!("START,KWH\n{}", rows.collect::<String>())
    });
    both_days(|day| {
        let column = |f: &dyn Fn(&(i64, String, String)) -> String| {
            let cells = day.iter().enumerate().map(|(place, row)| format!("\"{place}\":{}", f(row)));
            cells.collect::<Vec<_>>().join(",")
        };
        format!(
            "{{\"start\":{{{}}},\"kwh\":{{{}}}}}",
            column(&|(at, _, _)| (at * 1000).to_string()),
            column(&|(_, _, value)| value.clone())
        )
    });
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| format!("[{at},{value}]"));
        format!("{{\"columns\":[\"time\",\"kwh\"],\"data\":[{}]}}", rows.collect::<Vec<_>>().join(","))
    });
}

/// Electricity and gas beside each other: gas is what is read of the column of gas alone.
#[test]
fn a_column_of_gas_beside_says_nothing_of_the_other() {
    let mut text = "timestamp,elec_import_kwh,gas_kwh\n".to_owned();
    for slot in 0..48 {
        let at = chrono::DateTime::from_timestamp(1_774_828_800 + slot * 1800, 0).unwrap();
        let _ = writeln!(text, "{},0.1,0.5", at.format("%Y-%m-%dT%H:%M:%SZ"));
    }
    let of = |column: &str| {
        let said = Said { column: Some(column.to_owned()), label: Some(Label::Start), ..Said::default() };
        readings_as(&text, &said).unwrap().file.is_gas
    };
    assert_eq!((of("elec_import_kwh"), of("gas_kwh")), (false, true));
}

#[test]
fn a_clock_that_stands_still_is_utc_in_london() {
    let mut text = "timestamp,kwh\n".to_owned();
    for slot in 0..48 * 3 {
        let at = chrono::DateTime::from_timestamp(1_774_656_000 + slot * 1800, 0).unwrap();
        let _ = writeln!(text, "{},0.1", at.format("%Y-%m-%d %H:%M"));
    }
    let taken = readings(&text).unwrap();
    assert_eq!(summary(&taken), "2026-03-28T00:00:00Z to 2026-03-31T00:00:00Z 144 14.4");
    assert!(taken.file.line().unwrap().contains("stands still"), "{:?}", taken.file);
    let london = Said { clock: Some(LayoutClock::named("Europe/London").unwrap()), ..Said::default() };
    let error = readings_as(&text, &london).unwrap_err().to_string();
    assert!(error.contains("2026-03-29 01:00") && error.contains("is skipped"), "{error}");
    // In Berlin it may be UTC or UTC+1.
    let berlin = Calendar::named("Europe/Berlin").unwrap();
    let error = consumption(text.as_bytes(), &Said::default(), &ReadingOptions::default(), &berlin, None)
        .unwrap_err();
    assert!(error.to_string().contains("--clock UTC or --clock +01:00"), "{error}");
}

#[test]
fn two_readings_of_a_file_are_refused_with_both() {
    let cases = [
        ("time,kwh\n01/02/2026 00:00,1\n01/02/2026 00:30,1\n", "2026-02-01) or the month first (2026-01-02)"),
        (
            "time,kwh\n2026-07-01 10:00,1\n2026-07-01 10:30,1\n",
            "07-01 10:00 to 07-01 10:30 or 07-01 09:30 to 07-01 10:00",
        ),
        ("start;kwh\n2026-07-01 00:00;1,234\n2026-07-01 00:30;2,500\n", "the comma may be the decimal mark"),
        ("start,a,b\n2026-07-01 00:00,1,2\n2026-07-01 00:30,2,3\n", "several columns may be the values"),
        (
            "start,kwh\n2026-10-25 00:30,1\n2026-10-25 01:00,2\n2026-10-25 01:00,3\n2026-10-25 01:30,1\n2026-10-25 01:30,1\n2026-10-25 02:00,1\n",
            "fits neither",
        ),
        ("start,kwh\n2026-03-29 00:30,1\n2026-03-29 02:30,1\nx,1\n", "row 3, value \"x\": not a time"),
        ("start,import kwh,import kwh 2\n2026-07-01 00:00,1,2\n2026-07-01 00:30,2,3\n", "several series"),
    ];
    for (text, wanted) in cases {
        let error = readings(text).expect_err(text).to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    let said = Said { date_order: Some(DateOrder::MonthFirst), label: Some(Label::Start), ..Said::default() };
    let taken = readings_as("time,kwh\n01/02/2026 00:00,1\n01/02/2026 00:30,1\n", &said).unwrap();
    assert_eq!(summary(&taken), "2026-01-02T00:00:00Z to 2026-01-02T01:00:00Z 2 2");
}

#[test]
fn what_is_no_file_of_readings_is_named() {
    for (bytes, wanted) in [
        (&b"\x1f\x8b\x08"[..], "gzip"),
        (b"PK\x03\x04abc", "zip archive"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"<foo/>", "XML of a kind"),
        (b"<Publication_MarketDocument><TimeSeries>", "not whole XML"),
        (b"timestamp,price\n2026-07-01 00:00,1\n2026-07-01 00:30,1\n", "holds prices, not readings"),
        (b"%PDF-1.7", "PDF"),
        (b"SQLite format 3\0", "SQLite"),
    ] {
        let read = consumption(
            bytes,
            &Said::default(),
            &ReadingOptions::default(),
            &Calendar::great_britain(),
            None,
        );
        let error = read.unwrap_err().to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
}

#[test]
fn mean_powers_are_energy_exactly() {
    let text = "start,load (kW)\n2026-07-01 00:00Z,0.2\n2026-07-01 00:30Z,0.4\n";
    assert_eq!(summary(&readings(text).unwrap()), "2026-07-01T00:00:00Z to 2026-07-01T01:00:00Z 2 0.3");
    let watts = "start,watts\n2026-07-01 00:00Z,200\n2026-07-01 00:15Z,400\n";
    assert_eq!(summary(&readings(watts).unwrap()), "2026-07-01T00:00:00Z to 2026-07-01T00:30:00Z 2 0.15");
    let uneven = "start,load (kW)\n2026-07-01 00:00Z,0.1\n2026-07-01 00:05Z,0.1\n";
    assert!(readings(uneven).unwrap_err().is_precision());
}

#[test]
fn slots_of_another_length() {
    let text = "start,kwh\n2026-07-01T00:00:00Z,0.1\n2026-07-01T00:15:00Z,0.2\n2026-07-01T00:30:00Z,0.3\n2026-07-01T01:00:00Z,0.4\n2026-07-01T01:15:00Z,0.4\n";
    let said = Said { slot: Some(crate::time::SlotLength::HALF_HOUR), ..Said::default() };
    let taken = readings_as(text, &said).unwrap();
    assert_eq!(summary(&taken), "2026-07-01T00:00:00Z to 2026-07-01T01:30:00Z 2 1.1");
    assert_eq!(taken.series.get(1), None, "a slot that lacks a part has none");
    let hours = "start,kwh\n2026-07-01T00:00:00Z,0.3\n2026-07-01T01:00:00Z,0.2\n";
    assert!(readings_as(hours, &said).unwrap_err().to_string().contains("longer than slots"));
    let split = Said { split_evenly: true, ..said };
    let taken = readings_as(hours, &split).unwrap();
    assert_eq!(summary(&taken), "2026-07-01T00:00:00Z to 2026-07-01T02:00:00Z 4 0.5");
    assert!(
        taken.series.notices().iter().any(|notice| notice.kind == crate::series::NoticeKind::SpreadEvenly)
    );
}

/// How a file is written for the property test.
#[derive(Clone, Debug)]
struct Style {
    minutes: i64,
    zone: &'static str,
    is_local: bool,
    ends: bool,
    backwards: bool,
    delimiter: char,
    comma: bool,
    dates: u8,
    split: bool,
    preamble: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let zones = prop::sample::select(vec![
        "Europe/London",
        "Europe/Berlin",
        "Australia/Sydney",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
    ]);
    let minutes = prop::sample::select(vec![5_i64, 10, 15, 30, 60]);
    (minutes, zones, any::<[bool; 6]>(), prop::sample::select(vec![';', '\t', '|']), 0_u8..4).prop_map(
        |(minutes, zone, [is_local, ends, backwards, comma, split, preamble], delimiter, dates)| Style {
            minutes: if zone == "Australia/Lord_Howe" { minutes.min(30) } else { minutes },
            zone,
            is_local,
            ends,
            backwards,
            delimiter,
            comma,
            dates,
            split: split && is_local,
            preamble,
        },
    )
}

/// Days of a year on both sides of which a clock changes somewhere.
const NIGHTS: [&str; 6] =
    ["2026-03-27", "2026-10-23", "2026-04-03", "2026-10-02", "2026-03-06", "2026-10-30"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read_back(style in style(), night in 0_usize..6, seed in 1_i64..900) {
        let calendar = Calendar::named(style.zone).unwrap();
        let first = calendar.day(NIGHTS[night].parse().unwrap()).unwrap();
        let days = calendar.cut(PeriodKind::Day, Span::new(first.from(), first.from() + chrono::TimeDelta::days(5)).unwrap()).unwrap();
        let span = Span::new(days[0].span.from(), days[3].span.to()).unwrap();
        let length = style.minutes * 60;
        prop_assume!(span.seconds() % length == 0);
        let mut rows = Vec::new();
        let mut total = 0;
        for slot in 0..span.seconds() / length {
            let at = span.from().timestamp() + slot * length;
            let value = (slot * seed) % 997;
            total += value;
            let label = chrono::DateTime::from_timestamp(if style.ends { at + length } else { at }, 0).unwrap();
            let (shown, zone) = if style.is_local { (calendar.local(label), "") } else { (label.naive_utc(), "Z") };
            let date = match style.dates { 0 => "%Y-%m-%d", 1 => "%d/%m/%Y", 2 => "%d-%b-%Y", _ => "%d.%m.%Y" };
            let between = if style.split { style.delimiter } else { ' ' };
            let value = format!("{}{}{:03}", value / 1000, if style.comma { ',' } else { '.' }, value % 1000);
            rows.push(format!("{}{between}{}{zone}{}{value}", shown.format(date), shown.format("%H:%M"), style.delimiter));
        }
        if style.backwards {
            rows.reverse();
        }
        let names = if style.split { format!("date{0}time{0}kwh", style.delimiter) } else { format!("stamp{}kwh", style.delimiter) };
        let above = if style.preamble { format!("Account{}A-1\n\n", style.delimiter) } else { String::new() };
        let text = format!("{above}{names}\n{}\n", rows.join("\n"));
        let taken = consumption(text.as_bytes(), &Said::default(), &ReadingOptions::default(), &calendar, None);
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{}", &text[..300]))),
        };
        prop_assert_eq!(taken.series.grid().span().unwrap(), span);
        prop_assert_eq!(taken.series.total().unwrap(), Energy::from_units(total * 100_000).unwrap());
        prop_assert_eq!(taken.series.get(1).unwrap(), Energy::from_units(seed % 997 * 100_000).unwrap());
        // The layout that it was settled on, written and read again, reads the same.
        let layout = Layout::from_toml(&taken.file.settled.as_ref().unwrap().to_toml()).unwrap();
        let said = Said { layouts: vec![layout], ..Said::default() };
        let again = consumption(text.as_bytes(), &said, &ReadingOptions::default(), &calendar, None).unwrap();
        prop_assert!(again.series.iter().eq(taken.series.iter()));
        prop_assert!(!again.file.guesses.iter().any(|guess| guess.contains("--clock")), "{:?}", again.file.guesses);
    }
}

#[test]
fn nothing_panics_on_cuts_of_a_file() {
    let text = "Zeit;Verbrauch (kWh)\n25.10.2026 00:00;\"0,1\"\n25.10.2026 00:30;0,1\n";
    for cut in 0..text.len() {
        let _ = readings(&text[..cut]);
        let _ = rates(&text[cut..]);
    }
    assert!(parse_instant("2026-10-25T00:00:00Z").is_ok());
}

/// Two meters of one file are never one meter: not where the second goes on where the first ends, nor where both read the same, whatever
/// the column is called. One of them can be asked for.
#[test]
fn rows_of_several_meters_are_told_apart() {
    let start = parse_instant("2026-03-28T00:00:00Z").unwrap();
    let at = |slot: i64| instant_text(start + chrono::TimeDelta::minutes(30 * slot));
    for name in ["meter", "mpan", "NMI", "meter_id"] {
        for (shift, value, sum) in [(48, "0.5", "24"), (0, "0.5", "24"), (0, "0.7", "33.6")] {
            let mut text = format!("{name},start,kwh\n");
            let mut json = Vec::new();
            for (meter, from, kwh) in [("A1", 0, "0.5"), ("B2", shift, value)] {
                for slot in from..from + 48 {
                    writeln!(text, "{meter},{},{kwh}", at(slot)).unwrap();
                    json.push(format!("{{\"{name}\":\"{meter}\",\"start\":\"{}\",\"kwh\":{kwh}}}", at(slot)));
                }
            }
            let json = format!("[{}]", json.join(","));
            for text in [&text, &json] {
                let refused = readings(text).unwrap_err().to_string();
                assert!(refused.contains("of another meter") && refused.contains("--meter"), "{refused}");
                let second = Said { meter: Some("B2".to_owned()), ..Said::default() };
                let taken = readings_as(text, &second).unwrap();
                assert_eq!(taken.series.reading_count(), 48);
                assert_eq!(taken.series.total().unwrap().to_string(), sum);
                assert_eq!(
                    taken.series.grid().span().unwrap().from(),
                    start + chrono::TimeDelta::minutes(30 * shift)
                );
            }
        }
    }
    // One meter by its name is read as without it, and what a meter stands at is no name.
    let of_one = |column: &str, value: &dyn Fn(i64) -> String| {
        let rows: String = (0..48).map(|slot| format!("{},{},0.5\n", value(slot), at(slot))).collect();
        readings(&format!("{column},start,kwh\n{rows}")).unwrap()
    };
    for taken in [of_one("mpan", &|_| "A1".to_owned()), of_one("meter", &|slot| format!("{}.5", 1000 + slot))]
    {
        assert_eq!((taken.file.layout.as_str(), taken.series.reading_count()), ("api", 48));
    }
}
