//! Which layout a table has: one that is known by its columns, else what names and contents say.

use super::definition::{Condition, Label, Layout, LayoutClock, Measure, SeriesColumn, Unit};
use super::meters;
use super::moment::{Spelled, ordinal, spelled};
use super::number::{is_blank, is_number};
use super::said::{FREE, Refused, Said};
use super::table::{Table, no_time};
use super::titles;
use super::wide::wide_columns;
use crate::error::{Error, Result};
use std::borrow::Cow;

/// What is wanted of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) measure: Measure,
    /// What values count where neither the file nor a flag says it.
    pub(super) unit: Unit,
    /// What values count, as was said.
    pub(super) said_unit: Option<Unit>,
}

/// What a column of a sample holds.
struct Content {
    dated: bool,
    of_day: bool,
    date_alone: bool,
    instants: bool,
    number: bool,
    ordinal: bool,
}

fn content(sample: &[Vec<Cow<'_, str>>], column: usize) -> Content {
    let cells = || {
        sample
            .iter()
            .filter_map(|row| row.get(column))
            .map(AsRef::as_ref)
            .filter(|text: &&str| !is_blank(text))
    };
    let there = cells().next().is_some();
    // Most of them: what is not like the others is named by its row when it is read.
    let all = |is: &dyn Fn(&str) -> bool| {
        let (hits, count) =
            cells().fold((0, 0), |(hits, count), cell| (hits + usize::from(is(cell)), count + 1));
        there && hits * 5 >= count * 3
    };
    let times: Vec<Option<Spelled>> = cells().map(spelled).collect();
    let all_times = |is: &dyn Fn(&Spelled) -> bool| {
        let hits = times.iter().flatten().filter(|time| is(time)).count();
        !times.is_empty() && hits * 5 >= times.len() * 3
    };
    Content {
        dated: all_times(&|time| matches!(time, Spelled::Dated { .. } | Spelled::Epoch(_))),
        of_day: all_times(&|time| matches!(time, Spelled::OfDay(_))),
        date_alone: all_times(&|time| matches!(time, Spelled::Dated { seconds: None | Some(0), .. })),
        instants: all_times(&|time| {
            matches!(time, Spelled::Epoch(_) | Spelled::Dated { offset: Some(_), .. })
        }),
        number: all(&is_number),
        ordinal: all(&|text| ordinal(text).is_some()),
    }
}

/// The known layout that a table has: of those whose columns are all there, the one that names most.
pub(super) fn known<'l>(table: &Table<'_>, layouts: impl Iterator<Item = &'l Layout>) -> Option<&'l Layout> {
    let fits = |layout: &&Layout| {
        let beside = |condition: &Condition| {
            table.beside.iter().any(|(name, text)| {
                *name == super::table::plain_name(&condition.column)
                    && condition.begins.iter().any(|begin| {
                        text.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin))
                    })
            })
        };
        // A layout of one's own that names no columns is known by those that it reads.
        let read =
            layout.start.iter().chain(&layout.end).chain(
                layout.series.iter().map(|series| &series.column).filter(|column| !column.ends_with('*')),
            );
        let has_columns = if layout.columns.is_empty() {
            read.into_iter().all(|name| table.column(name).is_some())
        } else {
            layout.columns.iter().all(|name| table.column(name).is_some())
        };
        has_columns
            && !layout.without.iter().any(|name| table.column(name).is_some())
            && layout.beside.iter().all(beside)
            && layout.list.as_ref().is_none_or(|list| *list == table.list)
    };
    let score = |layout: &Layout| layout.columns.len() + layout.beside.len();
    layouts.filter(fits).fold(None, |best: Option<&Layout>, layout| match best {
        Some(best) if score(best) >= score(layout) => Some(best),
        _ => Some(layout),
    })
}

/// A layout from names and contents.
pub(super) fn free(
    table: &Table<'_>,
    wish: Wish,
    said: &Said,
    guesses: &mut Vec<String>,
) -> std::result::Result<Layout, Refused> {
    let sample = table.sample();
    let contents: Vec<Content> = (0..table.names.len()).map(|column| content(&sample, column)).collect();
    let mut layout = Layout { name: FREE.to_owned(), ..Layout::default() };
    times(table, &contents, said, &mut layout).map_err(Refused::Unknown)?;
    values(table, &contents, wish, said, &mut layout, guesses).map_err(Refused::Recognised)?;
    if wish.measure == Measure::Reading {
        layout.meter =
            meters::column(table, &sample).map(|column| title(table, column)).into_iter().collect();
    }
    Ok(layout)
}

fn title(table: &Table<'_>, column: usize) -> String {
    table.titles.get(column).cloned().unwrap_or_default()
}

fn times(table: &Table<'_>, contents: &[Content], said: &Said, layout: &mut Layout) -> Result<()> {
    let name = |column: usize| table.names.get(column).map_or("", String::as_str);
    if let Some(wanted) = &said.time_column {
        let column = table.column(wanted).ok_or_else(|| {
            Error::missing("the file has no column of this name")
                .with_value(table.titles.join(","))
                .in_field(wanted)
        })?;
        layout.start = vec![title(table, column)];
        if titles::is_utc(name(column)) {
            layout.clock = Some(LayoutClock::Fixed(0));
        }
        if titles::label(name(column)) == Some(Label::End) {
            layout.end = std::mem::take(&mut layout.start);
        }
        return Ok(());
    }
    let dated: Vec<usize> = contents
        .iter()
        .enumerate()
        .filter(|(column, content)| content.dated && !(content.number && titles::is_mark(name(*column))))
        .map(|(column, _)| column)
        .collect();
    let about_rows: Vec<usize> =
        dated.iter().copied().filter(|column| !titles::is_about_the_file(name(*column))).collect();
    let dated = if about_rows.is_empty() { dated } else { about_rows };
    let best = |wanted: Option<Label>| {
        let quality = |column: usize| {
            contents
                .get(column)
                .map_or(0, |content| 2 * u8::from(content.instants) + u8::from(titles::is_utc(name(column))))
        };
        let of_label = dated.iter().copied().filter(|column| titles::label(name(*column)) == wanted);
        of_label.fold(None, |best: Option<usize>, column| match best {
            Some(best) if quality(best) >= quality(column) => Some(best),
            _ => Some(column),
        })
    };
    let (start, end) = (best(Some(Label::Start)).or_else(|| best(None)), best(Some(Label::End)));
    let Some(main) = start.or(end) else { return Err(no_time(&table.titles.join(","))) };
    // A column of times of day, or of the numbers of slots, beside one of dates.
    let beside = |column: usize| {
        let date_alone = contents.get(column).is_some_and(|content| content.date_alone);
        if !date_alone {
            return None;
        }
        let times: Vec<usize> = contents
            .iter()
            .enumerate()
            .filter(|(_, content)| content.of_day)
            .map(|(column, _)| column)
            .collect();
        let by_label = |label| times.iter().copied().find(|column| titles::label(name(*column)) == label);
        if let Some(found) =
            by_label(Some(Label::Start)).or_else(|| by_label(None)).or_else(|| by_label(Some(Label::End)))
        {
            return Some(found);
        }
        let is_number_of_slot = |column: usize| {
            contents.get(column).is_some_and(|content| content.ordinal)
                && ["hour", "hora", "period", "settlement", "sp", "interval"]
                    .iter()
                    .any(|part| name(column).contains(part))
        };
        (0..table.names.len()).find(|column| is_number_of_slot(*column))
    };
    let time = beside(main);
    let columns = |column: usize, time: Option<usize>| {
        [Some(column), time].into_iter().flatten().map(|column| title(table, column)).collect::<Vec<_>>()
    };
    if titles::is_utc(name(main)) {
        layout.clock = Some(LayoutClock::Fixed(0));
    }
    if let Some(time) = time
        && contents.get(time).is_some_and(|content| content.ordinal)
    {
        layout.slot_minutes =
            Some(if name(time).contains("hour") || name(time).contains("hora") { 60 } else { 30 });
    }
    let is_end_by_time = time.is_some_and(|time| titles::label(name(time)) == Some(Label::End));
    match (start, end) {
        (Some(start), None) if is_end_by_time => layout.end = columns(start, time),
        (Some(start), Some(end)) if time.is_none() => {
            layout.start = columns(start, None);
            layout.end = columns(end, None);
        }
        (Some(start), _) => layout.start = columns(start, time),
        (None, Some(end)) => layout.end = columns(end, time),
        (None, None) => {}
    }
    Ok(())
}

/// What the file's other fields say that its values count.
fn unit_beside(table: &Table<'_>) -> Result<Option<Unit>> {
    let is_unit = |name: &str| ["unit", "units", "unite", "unité"].contains(&name);
    let Some((name, text)) = table.beside.iter().find(|(name, text)| is_unit(name) && !is_blank(text)) else {
        return Ok(None);
    };
    let known = titles::unit(&super::table::plain_name(text));
    known.map(Some).ok_or_else(|| {
        Error::unsupported("the file counts what is no energy or price that is known; say what (--reading-unit, --rate-unit)")
            .with_value(text)
            .in_field(name)
    })
}

fn values(
    table: &Table<'_>,
    contents: &[Content],
    wish: Wish,
    said: &Said,
    layout: &mut Layout,
    guesses: &mut Vec<String>,
) -> Result<()> {
    let name = |column: usize| table.names.get(column).map_or("", String::as_str);
    let is_time =
        |column: usize| layout.start.iter().chain(&layout.end).any(|used| table.column(used) == Some(column));
    let series = |column: String, unit: Unit, title: &str| SeriesColumn {
        name: None,
        column,
        plus: Vec::new(),
        unit,
        role: titles::role(title),
        vat: titles::vat(title),
        rows: Vec::new(),
        preferred: false,
        register: None,
        negate: false,
    };
    if wish.measure == Measure::Reading
        && said.column.is_none()
        && let Some(wide) = wide_columns(table)
    {
        let known = match wish.said_unit {
            None => unit_beside(table)?,
            said => said,
        };
        let unit = known.unwrap_or_else(|| {
            guesses.push(format!("values are {} (--reading-unit, --rate-unit)", wish.unit.name()));
            wish.unit
        });
        layout.slot_minutes = wide.minutes();
        let end_of_date = layout.start.is_empty();
        if end_of_date {
            layout.start = std::mem::take(&mut layout.end);
        }
        layout.start.truncate(1);
        layout.end.clear();
        layout.series =
            vec![SeriesColumn { name: Some("values".to_owned()), ..series("*".to_owned(), unit, "") }];
        return Ok(());
    }
    let numeric: Vec<usize> = contents
        .iter()
        .enumerate()
        .filter(|(column, content)| content.number && !is_time(*column))
        .map(|(column, _)| column)
        .collect();
    let chosen: Vec<usize> = if let Some(wanted) = &said.column {
        vec![table.column(wanted).ok_or_else(|| {
            Error::missing("the file has no column of this name")
                .with_value(table.titles.join(","))
                .in_field(wanted)
        })?]
    } else {
        let is_of_wish = |column: &usize| {
            let name = name(*column);
            let is_standing = name.contains("standing");
            !titles::is_mark(name)
                && match wish.measure {
                    Measure::Reading => titles::is_reading(name),
                    Measure::Rate => titles::is_price(name) && !is_standing,
                    Measure::StandingCharge => titles::is_price(name) && is_standing,
                    Measure::Cost => titles::is_cost(name),
                }
        };
        let named: Vec<usize> = numeric.iter().copied().filter(is_of_wish).collect();
        // A column whose unit is in its name goes before those that only sound alike.
        let with_unit: Vec<usize> =
            named.iter().copied().filter(|column| titles::unit(name(*column)).is_some()).collect();
        match (with_unit.is_empty(), named.is_empty()) {
            (false, _) => with_unit,
            (true, false) => named,
            (true, true) => {
                let other = numeric.iter().copied().filter(|column| {
                    let name = name(*column);
                    let is_other = match wish.measure {
                        Measure::Reading => titles::is_price(name) || titles::is_cost(name),
                        _ => titles::is_cost(name) || (titles::is_reading(name) && name != "value"),
                    };
                    !titles::is_mark(name) && !is_other
                });
                let other: Vec<usize> = other.collect();
                match other.as_slice() {
                    [only] => {
                        guesses.push(format!(
                            "values are those of column {} (--column says otherwise)",
                            title(table, *only)
                        ));
                        vec![*only]
                    }
                    [] => return Err(none_of_wish(table, &numeric, wish)),
                    several => {
                        let names: Vec<String> = several.iter().map(|column| title(table, *column)).collect();
                        return Err(Error::conflict(
                            "several columns may be the values; name the one that is wanted (--column)",
                        )
                        .with_value(names.join(", ")));
                    }
                }
            }
        }
    };
    for column in chosen {
        let said_by_name = titles::unit(name(column)).filter(|unit| unit.measure() == wish.measure);
        let unit = match wish.said_unit.or(said_by_name) {
            None => unit_beside(table)?.filter(|unit| unit.measure() == wish.measure),
            known => known,
        };
        let unit = unit.unwrap_or_else(|| {
            guesses.push(format!(
                "{} counts {} (--reading-unit, --rate-unit)",
                title(table, column),
                wish.unit.name()
            ));
            wish.unit
        });
        layout.series.push(series(title(table, column), unit, name(column)));
    }
    Ok(())
}

fn none_of_wish(table: &Table<'_>, numeric: &[usize], wish: Wish) -> Error {
    let any = |is: fn(&str) -> bool| {
        numeric.iter().any(|column| table.names.get(*column).is_some_and(|name| is(name)))
    };
    let wanted = match wish.measure {
        Measure::Reading => "readings",
        Measure::Rate => "unit rates",
        Measure::StandingCharge => "standing charges",
        Measure::Cost => "costs",
    };
    let instead = match wish.measure {
        Measure::Reading if any(titles::is_price) => "holds prices",
        Measure::Rate | Measure::StandingCharge if any(titles::is_reading) => "holds readings",
        _ => "has no column of numbers that may be",
    };
    Error::syntax(format!("{instead}, not {wanted}")).in_field("header").with_value(table.titles.join(","))
}
