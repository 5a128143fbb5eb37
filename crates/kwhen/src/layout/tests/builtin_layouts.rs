//! Every built-in layout of readings that is a table: written by what it says of itself and read back, over both clock changes.

use super::*;

/// Layouts that are no plain tables of readings; each has a test of its own in `shapes` or `loggers`.
const OTHERWISE: [&str; 4] = [
    // A day a row.
    "ausgrid-solar-homes",
    // What stands beside the rows in JSON.
    "glow",
    "n3rgy",
    // Hours that are numbered, or written 24:00, and twice the same on the autumn night.
    "spanish-distributors",
];

/// How a file of the property test is written.
#[derive(Clone, Copy, Debug)]
struct Written {
    minutes: i64,
    backwards: bool,
    comma: bool,
    seed: i64,
}

/// A time as a layout writes it: on its clock, or in UTC with a zone where it has none.
fn shown(layout: &Layout, at: i64) -> (String, String) {
    let instant = chrono::DateTime::from_timestamp(at, 0).unwrap();
    let date = match layout.date_order {
        Some(DateOrder::DayFirst) => "%d-%m-%Y",
        _ => "%Y-%m-%d",
    };
    let (local, zone) = match layout.clock {
        Some(LayoutClock::Zone(calendar)) => (calendar.local(instant), ""),
        Some(LayoutClock::Fixed(offset)) => {
            (instant.naive_utc() + chrono::TimeDelta::seconds(i64::from(offset)), "")
        }
        None => (instant.naive_utc(), "Z"),
    };
    (local.format(date).to_string(), format!("{}{zone}", local.format("%H:%M")))
}

/// The file, and what it holds in units of the core.
fn file(layout: &Layout, span: Span, written: Written) -> (String, i64) {
    let series =
        layout.series.iter().find(|series| series.unit.measure() == definition::Measure::Reading).unwrap();
    let mut names: Vec<&String> = Vec::new();
    let conditions = series.rows.iter().map(|condition| &condition.column);
    let values = std::iter::once(&series.column).chain(&series.plus);
    let all = layout.columns.iter().chain(&layout.start).chain(&layout.end).chain(&layout.meter);
    for name in all.chain(conditions).chain(values) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let seconds = written.minutes * 60;
    let slots = span.seconds() / seconds;
    let power = matches!(series.unit, Unit::Kw | Unit::W);
    let (mut rows, mut total, mut registers) = (Vec::new(), 0, vec![1_000_000_i64; series.plus.len() + 1]);
    for slot in 0..slots {
        let at = span.from().timestamp() + slot * seconds;
        let mut fields = Vec::new();
        for name in &names {
            let place = std::iter::once(&series.column).chain(&series.plus).position(|value| value == *name);
            let field = if let Some(place) = place {
                // Thousandths of the unit; of powers as many as make whole energy of any length.
                let value = (slot * written.seed + 7 * place as i64) % 397 * 12 + 12;
                let units = match series.unit {
                    Unit::Kwh | Unit::M3 => value * 100_000,
                    Unit::Wh => value * 100,
                    Unit::Kw => value * 100_000 * written.minutes / 60,
                    Unit::W => value * 100 * written.minutes / 60,
                    other => panic!("{other:?}"),
                };
                let shown = match series.register {
                    None => value,
                    Some(RegisterAt::Time) => registers[place],
                    Some(RegisterAt::End) => registers[place] + value,
                };
                registers[place] += value;
                // Of a register that is read at its time the last row begins nothing; of one that is read at the end of its slot
                // the first row has nothing before it.
                let counts = match series.register {
                    None => true,
                    Some(RegisterAt::Time) => slot + 1 < slots,
                    Some(RegisterAt::End) => slot > 0,
                };
                total += if counts { units } else { 0 };
                let mark = if written.comma { ',' } else { '.' };
                format!("{}{mark}{:03}", shown / 1000, shown % 1000)
            } else if let Some(condition) = series.rows.iter().find(|condition| condition.column == **name) {
                condition.begins[0].clone()
            } else if let Some(part) = layout.start.iter().position(|column| column == *name) {
                time(layout, at, part, layout.start.len())
            } else if let Some(part) = layout.end.iter().position(|column| column == *name) {
                time(layout, at + seconds, part, layout.end.len())
            } else if layout.series.iter().any(|other| other.column == **name || other.plus.contains(name)) {
                // A series that this file has nothing of.
                String::new()
            } else {
                "x".to_owned()
            };
            fields.push(field);
        }
        rows.push(fields.join(";"));
    }
    if written.backwards {
        rows.reverse();
    }
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    assert!(!power || written.minutes % 5 == 0);
    (format!("{}\n{}\n", names.join(";"), rows.join("\n")), total)
}

fn time(layout: &Layout, at: i64, part: usize, parts: usize) -> String {
    let (date, clock) = shown(layout, at);
    match (part, parts) {
        (_, 1) => format!("{date} {clock}"),
        (0, _) => date,
        _ => clock,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn every_layout_of_readings_is_read_back_as_it_is_written(
        night in 0_usize..6, minutes in prop::sample::select(vec![5_i64, 15, 30, 60]), backwards: bool, comma: bool, seed in 1_i64..900
    ) {
        let mut tried = 0;
        for layout in layouts() {
            let is_of_readings = layout.series.iter().any(|series| series.unit.measure() == definition::Measure::Reading);
            if !is_of_readings || OTHERWISE.contains(&layout.name.as_str()) {
                continue;
            }
            let minutes = layout.slot_minutes.map_or(minutes, i64::from);
            let calendar = match layout.clock {
                Some(LayoutClock::Zone(calendar)) => calendar,
                _ => Calendar::great_britain(),
            };
            // Three whole days with a night between them on which some clock changes.
            let first = calendar.day(NIGHTS[night].parse().unwrap()).unwrap().from();
            let days = Span::new(first, first + chrono::TimeDelta::days(6)).unwrap();
            let days = calendar.cut(PeriodKind::Day, days).unwrap();
            let span = Span::new(days[0].span.from(), days[3].span.to()).unwrap();
            let (text, total) = file(layout, span, Written { minutes, backwards, comma, seed });
            let taken = readings(&text);
            let taken = match taken {
                Ok(taken) => taken,
                Err(error) => return Err(TestCaseError::fail(format!("{}: {error}\n{}", layout.name, &text[..300]))),
            };
            prop_assert_eq!(&taken.file.layout, &layout.name);
            prop_assert_eq!(taken.series.total().unwrap(), Energy::from_units(total).unwrap(), "{}\n{}", layout.name, &text[..300]);
            let step = chrono::TimeDelta::minutes(minutes);
            let (from, to) = match layout.series[0].register {
                None => (span.from(), span.to()),
                Some(RegisterAt::Time) => (span.from(), span.to() - step),
                Some(RegisterAt::End) => (span.from() + step, span.to()),
            };
            prop_assert_eq!(taken.series.grid().span().unwrap(), Span::new(from, to).unwrap(), "{}", layout.name);
            tried += 1;
        }
        prop_assert!(tried >= 18, "{tried}");
    }
}

/// Layouts of prices that are no list of rows with a price each; a test of its own in `loggers`.
const PRICES_OTHERWISE: [&str; 1] = ["nord-pool"];

/// A list of rows as JSON, and the rates that it holds in units of the core.
fn prices(layout: &Layout, span: Span, written: Written) -> (String, Vec<i64>) {
    let series = layout.series.iter().find(|series| series.preferred).unwrap_or(&layout.series[0]);
    let seconds = written.minutes * 60;
    let (mut rows, mut units) = (Vec::new(), Vec::new());
    for slot in 0..span.seconds() / seconds {
        let at = span.from().timestamp() + slot * seconds;
        // Thousandths of the unit, below zero too.
        let value = (slot * written.seed) % 397 * 12 - 600;
        units.push(match series.unit {
            Unit::MinorPerKwh => value * 100_000,
            Unit::MajorPerKwh => value * 10_000_000,
            Unit::MajorPerMwh => value * 10_000,
            other => panic!("{other:?}"),
        });
        let mut row = serde_json::Map::new();
        let conditions = series.rows.iter().map(|condition| &condition.column);
        for name in layout.columns.iter().chain(&layout.start).chain(&layout.end).chain(conditions) {
            let condition = series.rows.iter().find(|condition| condition.column == *name);
            let field = if *name == series.column {
                format!(
                    "{}{}.{:03}",
                    if value < 0 { "-" } else { "" },
                    value.abs() / 1000,
                    value.abs() % 1000
                )
            } else if let Some(condition) = condition {
                condition.begins[0].clone()
            } else if layout.start.contains(name) {
                stamp(at)
            } else if layout.end.contains(name) {
                stamp(at + seconds)
            } else if layout.series.iter().any(|other| other.column == *name) {
                continue;
            } else {
                "x".to_owned()
            };
            row.insert(name.clone(), field.into());
        }
        rows.push(serde_json::Value::Object(row));
    }
    if written.backwards {
        rows.reverse();
    }
    let list = layout.list.as_deref().unwrap_or("data");
    (serde_json::json!({ list: rows }).to_string(), units)
}

fn stamp(at: i64) -> String {
    instant_text(chrono::DateTime::from_timestamp(at, 0).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn every_layout_of_prices_is_read_back_as_it_is_written(
        night in 0_usize..6, minutes in prop::sample::select(vec![15_i64, 30, 60]), backwards: bool, seed in 1_i64..397
    ) {
        let mut tried = 0;
        for layout in layouts() {
            let is_of_prices = layout.series.iter().all(|series| series.unit.measure() == definition::Measure::Rate);
            if !is_of_prices || PRICES_OTHERWISE.contains(&layout.name.as_str()) {
                continue;
            }
            let minutes = layout.slot_minutes.map_or(minutes, i64::from);
            let calendar = Calendar::great_britain();
            let first = calendar.day(NIGHTS[night].parse().unwrap()).unwrap();
            let span = Span::new(first.from(), first.from() + chrono::TimeDelta::days(3)).unwrap();
            let (text, units) = prices(layout, span, Written { minutes, backwards, comma: false, seed });
            let taken = match rates(&text) {
                Ok(taken) => taken,
                Err(error) => return Err(TestCaseError::fail(format!("{}: {error}\n{}", layout.name, &text[..300]))),
            };
            prop_assert_eq!(&taken.file.layout, &layout.name);
            let length = crate::time::SlotLength::from_minutes(u32::try_from(minutes).unwrap()).unwrap();
            let grid = crate::time::Grid::new(span.from(), length, units.len()).unwrap();
            let read = taken.series.on_grid(&grid, taken.series.paid_basis()).unwrap();
            prop_assert_eq!(read.known_count(), units.len(), "{}", layout.name);
            prop_assert_eq!(read.units(), &units[..], "{}\n{}", layout.name, &text[..300]);
            tried += 1;
        }
        prop_assert!(tried >= 10, "{tried}");
    }
}
