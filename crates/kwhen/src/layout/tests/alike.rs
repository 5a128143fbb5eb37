//! What is read in one pass is what is read row by row.

use super::*;

/// Reads with the pass and without it: a limit that no reading comes near keeps it away.
fn both(text: &str, calendar: &Calendar) -> [Result<Taken<Consumption>>; 2] {
    let limited =
        ReadingOptions { most_an_hour: Some("100000".parse().unwrap()), ..ReadingOptions::default() };
    [ReadingOptions::default(), limited]
        .map(|options| consumption(text.as_bytes(), &Said::default(), &options, calendar, None))
}

fn assert_same(text: &str, calendar: &Calendar) {
    match both(text, calendar) {
        [Ok(one), Ok(other)] => {
            assert_eq!(one.file, other.file, "{text}");
            assert_eq!(one.series.grid(), other.series.grid(), "{text}");
            assert!(one.series.iter().eq(other.series.iter()), "{text}");
            assert_eq!(one.series.notices(), other.series.notices(), "{text}");
        }
        [Err(one), Err(other)] => assert_eq!(one.to_string(), other.to_string(), "{text}"),
        [one, other] => panic!("{one:?}\n{other:?}\n{text}"),
    }
}

/// Files of four days around a clock change.
fn files(calendar: &Calendar, night: &str, minutes: i64) -> Vec<String> {
    let first = calendar.day(night.parse().unwrap()).unwrap().from();
    // To the midnight behind the fourth day, which may be an hour sooner or later.
    let end = calendar.day(calendar.local(first + chrono::TimeDelta::hours(100)).date()).unwrap().from();
    let count = (end - first).num_minutes() / minutes;
    let at = |slot: i64| first + chrono::TimeDelta::minutes(slot * minutes);
    let local = |slot: i64| calendar.local(at(slot));
    let value = |slot: i64| format!("{}.{:03}", slot % 2, slot * 37 % 1_000);
    let join = |head: &str, row: &dyn Fn(i64) -> String| {
        let rows: Vec<String> = (0..count).map(row).collect();
        format!("{head}\n{}\n", rows.join("\n"))
    };
    let mut backward: Vec<String> =
        (0..count).map(|slot| format!("{};{}", local(slot), value(slot))).collect();
    backward.push("when;kwh".to_owned());
    backward.reverse();
    vec![
        join("Zeit;Verbrauch (kWh)", &|slot| {
            format!("{};{}", local(slot).format("%d.%m.%Y %H:%M"), value(slot).replace('.', ","))
        }),
        join("date,time,usage", &|slot| {
            format!("{},{},{}", local(slot).format("%Y-%m-%d"), local(slot).format("%H:%M:%S"), value(slot))
        }),
        join("interval end,load (W)", &|slot| {
            format!("{},{}", local(slot + 1).format("%d/%m/%Y %H:%M"), slot * 12)
        }),
        join("from\tto\tWh", &|slot| {
            let form = "%Y-%m-%dT%H:%M";
            format!("{}\t{}\t{}", local(slot).format(form), local(slot + 1).format(form), slot)
        }),
        join("start,meter,kwh,note", &|slot| {
            format!("{},7, {} ,x", calendar.local_text(at(slot)), value(slot))
        }),
        join("ts,kwh", &|slot| format!("{},{}", at(slot).timestamp() * 1_000, value(slot))),
        join("start,kwh", &|slot| format!("{},{}", local(slot).format("%d-%b-%Y %I:%M %p"), value(slot))),
        backward.join("\r\n"),
    ]
}

#[test]
fn both_ways_of_reading_agree_at_both_clock_changes() {
    for (zone, nights) in [
        ("Europe/London", ["2026-03-27", "2026-10-23"]),
        ("Australia/Lord_Howe", ["2026-04-03", "2026-10-02"]),
        ("Asia/Kolkata", ["2026-03-27", "2026-10-23"]),
    ] {
        let calendar = Calendar::named(zone).unwrap();
        for night in nights {
            for minutes in [15, 30] {
                for text in files(&calendar, night, minutes) {
                    assert_same(&text, &calendar);
                }
            }
        }
    }
}

#[test]
fn both_ways_of_reading_agree_on_files_that_are_changed_at_random() {
    let calendar = Calendar::great_britain();
    let mut seed = 7_u64;
    let mut below = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let mut read = 0;
    for text in files(&calendar, "2026-10-23", 30) {
        read += usize::from(both(&text, &calendar)[0].is_ok());
        for _ in 0..60 {
            let mut changed: Vec<char> = text.chars().collect();
            for _ in 0..=below(2) {
                let place = below(changed.len());
                match below(3) {
                    0 => changed[place] = b"0123456789 ,.;:-Z\n\"T"[below(20)].into(),
                    1 => drop(changed.remove(place)),
                    _ => changed.insert(place, b"0123456789 ,.;:-Z\n\"T"[below(20)].into()),
                }
            }
            assert_same(&changed.into_iter().collect::<String>(), &calendar);
        }
    }
    assert_eq!(read, 8);
}
