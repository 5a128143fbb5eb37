//! The rows of a table by a settled layout: times and values of each series, then the clock, the order and the label.

use super::cells::{cells, differences, may_be_register, only_goes_up};
use super::channel::{Channel, Found, parse};
use super::clock::{Shown, check};
use super::definition::{Condition, DecimalMark, Label, Layout, LayoutClock, Measure, RegisterAt};
use super::moment::{Moment, Spelled, ordinal, spelled};
use super::number::{is_blank, mark, plain};
use super::place::{Place, taken};
use super::raw::{Raw, Terms};
use super::said::{FREE, SeriesFound};
use super::table::Table;
use super::told::{clock_of, date_order, dates_of, label_of, runs_forward, shown_of};
use super::wide::{Wide, wide_columns};
use crate::error::{Error, Result};
use crate::series::Notices;
use std::borrow::Cow;

/// One time of a row: the columns of date and time.
struct TimeColumns {
    date: usize,
    time: Option<usize>,
}

fn time_columns(table: &Table<'_>, names: &[String]) -> Result<Option<TimeColumns>> {
    let column = |name: &String| {
        table.column(name).ok_or_else(|| {
            Error::missing("the file has no column of this name")
                .with_value(table.titles.join(","))
                .in_field(name)
        })
    };
    let Some(date) = names.first() else { return Ok(None) };
    Ok(Some(TimeColumns { date: column(date)?, time: names.get(1).map(column).transpose()? }))
}

impl TimeColumns {
    /// The time of a row, and its number in the day where that stands in place of a time.
    fn read(&self, fields: &[Cow<'_, str>], row: u64) -> Result<(Spelled, u16)> {
        let field = |column: usize| fields.get(column).map_or("", |field| field.as_ref());
        let text = field(self.date);
        let malformed = |text: &str| {
            Error::syntax(
                "not a time that is known, such as 2026-03-29 01:00, 29/03/2026 01:00 or seconds since 1970",
            )
            .with_value(text)
            .in_row(row)
        };
        let date = spelled(text).ok_or_else(|| malformed(text))?;
        let Some(column) = self.time else {
            return match date {
                Spelled::OfDay(_) => Err(malformed(text)),
                date => Ok((date, 0)),
            };
        };
        let time = field(column);
        if let Some(number) = ordinal(time) {
            return Ok((date, number));
        }
        let whole = spelled(time).and_then(|time| date.at(time)).ok_or_else(|| malformed(time))?;
        Ok((whole, 0))
    }
}

/// Reads a table by a layout.
pub(super) fn collect(table: &Table<'_>, layout: &Layout, terms: &mut Terms<'_>) -> Result<Found> {
    let start = time_columns(table, &layout.start)?;
    let end = time_columns(table, &layout.end)?;
    let wide = wide_columns(table);
    let places = places(table, layout)?;
    let decimal = match layout.decimal {
        Some(decimal) => decimal,
        None => decimal_of(table, &places, wide.as_ref())?,
    };
    if let Some(found) = super::alike::read(table, layout, decimal, &places, terms).filter(|_| wide.is_none())
    {
        return Ok(found);
    }
    let mut notices = Notices::default();
    let mut raws: Vec<Vec<Raw>> = places.iter().map(|_| Vec::new()).collect();
    let meters: Vec<usize> = layout.meter.iter().filter_map(|name| table.column(name)).collect();
    let mut meter: Option<String> = terms.said.meter.clone();
    if let Some(wanted) = meter.as_ref().filter(|_| meters.is_empty() && !terms.start_if_untold) {
        return Err(
            Error::missing("the file has no column that says which meter a row is of").with_value(wanted)
        );
    }
    table.each(|row, fields| {
        let id = || {
            meters
                .iter()
                .filter_map(|column| fields.get(*column))
                .map(AsRef::as_ref)
                .collect::<Vec<&str>>()
                .join(" ")
        };
        if !meters.is_empty() {
            let is_other = meter.as_ref().is_some_and(|wanted| *wanted != id());
            if is_other && terms.said.meter.is_some() {
                return Ok(());
            }
            if is_other {
                return Err(Error::conflict(format!(
                    "is of another meter than the rows before it, {}; name the one that is wanted (--meter)",
                    meter.as_deref().unwrap_or_default()
                ))
                .with_value(id())
                .in_row(row));
            }
            if meter.is_none() {
                meter = Some(id());
            }
        }
        for (place, raws) in places.iter().zip(&mut raws) {
            if !place.conditions.iter().all(|(column, condition)| meets(fields.get(*column), condition)) {
                continue;
            }
            let value = |column: usize| -> Result<Option<i128>> {
                let text = fields.get(column).map_or("", |field| field.as_ref());
                if is_blank(text) {
                    return Ok(None);
                }
                let units =
                    parse(&plain(text, decimal), place.series.unit, terms.rounding).map_err(|error| {
                        let field = table.titles.get(column).cloned().unwrap_or_default();
                        error.with_value(text).in_field(field).in_row(row)
                    })?;
                Ok(Some(if place.series.negate { -units } else { units }))
            };
            let time = |columns: &Option<TimeColumns>| {
                columns.as_ref().map(|columns| columns.read(fields, row)).transpose()
            };
            match (place.column, &wide) {
                (Some(column), _) => {
                    // A row without time and value is no row.
                    if fields.iter().all(|field| is_blank(field)) {
                        continue;
                    }
                    let (start, end) = (time(&start)?, time(&end)?);
                    let ordinal = start.or(end).map_or(0, |(_, ordinal)| ordinal);
                    let (start, end) = (start.map(|(start, _)| start), end.map(|(end, _)| end));
                    let mut sum = value(column)?;
                    for other in &place.plus {
                        sum = sum.zip(value(*other)?).map(|(sum, other)| sum + other);
                    }
                    raws.push(Raw { row, start, end, ordinal, value: sum });
                }
                (None, Some(wide)) => {
                    let Some((date, _)) = time(&start)?.or(time(&end)?) else { continue };
                    wide.each(date, |column, start, ordinal| {
                        // A time that the clock skips is a blank column of its day.
                        if let Some(value) = value(column)? {
                            raws.push(Raw {
                                row,
                                start: Some(start),
                                end: None,
                                ordinal,
                                value: Some(value),
                            });
                        }
                        Ok(())
                    })?;
                }
                (None, None) => {}
            }
        }
        Ok(())
    })?;
    if let Some(wanted) = &terms.said.meter
        && raws.iter().all(Vec::is_empty)
    {
        return Err(Error::missing("no row is of this meter").with_value(wanted));
    }
    settle(table, layout, terms, &places, raws, wide.as_ref(), decimal, &mut notices)
}

fn places<'a>(table: &Table<'_>, layout: &'a Layout) -> Result<Vec<Place<'a>>> {
    let mut found = Vec::new();
    for series in &layout.series {
        if let Some(prefix) = series.column.strip_suffix('*').filter(|prefix| !prefix.is_empty()) {
            for (column, name) in table.names.iter().enumerate().filter(|(_, name)| name.starts_with(prefix))
            {
                let name = name.get(prefix.len()..).unwrap_or(name).to_uppercase();
                let (plus, conditions) = (Vec::new(), Vec::new());
                found.push(Place { series, name, column: Some(column), plus, conditions });
            }
            continue;
        }
        let is_wide = series.column == "*";
        let column = table.column(&series.column);
        if column.is_none() && !is_wide {
            // A layout may name columns that only some of its files have.
            continue;
        }
        let conditions = series.rows.iter().map(|condition| {
            let column = table.column(&condition.column).ok_or_else(|| {
                Error::missing("the file has no column of this name").in_field(&condition.column)
            })?;
            Ok((column, condition))
        });
        let title = column.and_then(|column| table.titles.get(column)).cloned();
        let name = series.name.clone().or(title).unwrap_or_else(|| layout.name.clone());
        let plus = series.plus.iter().filter_map(|name| table.column(name)).collect();
        found.push(Place { series, name, column, plus, conditions: conditions.collect::<Result<_>>()? });
    }
    if found.is_empty() {
        let wanted: Vec<&str> = layout.series.iter().map(|series| series.column.as_str()).collect();
        return Err(Error::missing(format!("has none of the columns {}", wanted.join(", ")))
            .with_value(table.titles.join(",")));
    }
    Ok(found)
}

fn meets(field: Option<&Cow<'_, str>>, condition: &Condition) -> bool {
    let text = field.map_or("", |field| field.as_ref()).trim();
    condition
        .begins
        .iter()
        .any(|begin| text.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin)))
}

fn decimal_of(table: &Table<'_>, places: &[Place<'_>], wide: Option<&Wide>) -> Result<DecimalMark> {
    let sample = table.sample();
    let columns: Vec<usize> = places
        .iter()
        .filter_map(|place| place.column)
        .chain(wide.into_iter().flat_map(Wide::columns))
        .collect();
    mark(
        sample.iter().flat_map(|row| columns.iter().filter_map(|column| row.get(*column)).map(AsRef::as_ref)),
    )
}

#[expect(clippy::too_many_arguments, reason = "what one pass over the rows gave")]
fn settle(
    table: &Table<'_>,
    layout: &Layout,
    terms: &mut Terms<'_>,
    places: &[Place<'_>],
    raws: Vec<Vec<Raw>>,
    wide: Option<&Wide>,
    decimal: DecimalMark,
    notices: &mut Notices,
) -> Result<Found> {
    let order = match layout.date_order {
        Some(order) => order,
        None => date_order(|| dates_of(&raws))?,
    };
    let is_by_start = !layout.start.is_empty();
    let mut has_local = false;
    let mut timed: Vec<Vec<(Raw, Moment)>> = Vec::with_capacity(raws.len());
    for raws in raws {
        let mut rows = Vec::with_capacity(raws.len());
        for raw in raws {
            let spelled = if is_by_start { raw.start } else { raw.end.or(raw.start) };
            let moment = spelled
                .and_then(|spelled| spelled.moment(order))
                .ok_or_else(|| Error::syntax("there is no such date").in_row(raw.row))?;
            if let Moment::Local(local) = moment {
                check(Shown { row: raw.row, local })?;
                has_local = true;
            } else if let Moment::Instant(at) = moment {
                check(Shown { row: raw.row, local: at })?;
            }
            rows.push((raw, moment));
        }
        timed.push(rows);
    }
    let clock = match (has_local, layout.clock) {
        (false, _) => LayoutClock::Fixed(0),
        (true, Some(clock)) => clock,
        (true, None) => clock_of(timed.iter().map(|rows| shown_of(rows).into_iter()), terms)?,
    };
    let label = match label_of(layout, &timed, terms, wide) {
        // A register was read at its times, whichever end of a row others label.
        Err(_)
            if layout.name == FREE
                && places.iter().zip(&timed).all(|(place, rows)| may_be_register(rows, place.series)) =>
        {
            Label::Start
        }
        label => label?,
    };
    let mut channels = Vec::new();
    for (place, rows) in places.iter().zip(timed) {
        if rows.is_empty() {
            continue;
        }
        let cells = cells(rows, layout, clock, label, order)?;
        let untold = layout.name == FREE && terms.said.register.is_none();
        let register = place.series.register.or_else(|| {
            let is_register = untold && place.series.unit.measure() == Measure::Reading && only_goes_up(&cells, place.series);
            is_register.then(|| {
                terms.guesses.push(format!(
                    "{} only ever goes up, to more than a connection carries, so it is taken for a register (a layout says otherwise)",
                    place.name
                ));
                RegisterAt::Time
            })
        });
        let cells = match register {
            Some(at) => differences(cells, at, place.series.column.as_str(), notices)?,
            None => cells,
        };
        channels.push(Channel {
            name: place.name.clone(),
            unit: place.series.unit,
            role: place.series.role,
            vat: place.series.vat,
            preferred: place.series.preferred,
            cells,
        });
    }
    if channels.is_empty() {
        return Err(Error::missing(format!("no row of it is one of {}", layout.title_or_name())));
    }
    terms.guesses.extend(layout.unsure.iter().cloned());
    let forward = runs_forward(&channels);
    let series: Vec<SeriesFound> = channels.iter().map(Channel::found).collect();
    let is_gas = channels.iter().any(|channel| channel.unit == super::definition::Unit::M3);
    let mut taken = taken(table, layout, terms, places, (label, clock, order, decimal), has_local);
    (taken.series, taken.runs_forward) = (series, forward);
    taken.is_gas |= is_gas;
    Ok(Found {
        taken,
        channels,
        notices: std::mem::take(notices),
        left_out_is_zero: layout.left_out_is_zero,
        snap_seconds: layout.snap_seconds,
        series: None,
    })
}
