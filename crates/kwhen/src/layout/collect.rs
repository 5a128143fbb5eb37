//! The rows of a table by a settled layout: times and values of each series, then the clock, the order and the label.

use super::channel::{Cell, Channel, Found, most_common, parse};
use super::clock::{Evidence, Shown, check, evidence, first_after, instants, local_text, standard_offset};
use super::definition::{
    Condition, DateOrder, DecimalMark, Label, Layout, LayoutClock, Measure, RegisterAt, SeriesColumn,
};
use super::moment::{DAY, Moment, Spelled, ordinal, spelled};
use super::number::{is_blank, mark, plain};
use super::said::{FREE, Said, SeriesFound, TakenFor, default_clock};
use super::table::Table;
use super::titles;
use super::wide::{Wide, wide_columns};
use crate::Rounding;
use crate::error::{Error, Result};
use crate::series::{NoticeKind, Notices, doubts};
use crate::time::{Calendar, SlotLength, instant_text};
use std::borrow::Cow;

/// What is known beside a layout when a table is read by it.
pub(super) struct Terms<'a> {
    pub(super) said: &'a Said,
    pub(super) calendar: &'a Calendar,
    pub(super) rounding: Option<Rounding>,
    /// Whether a label that nothing tells is taken for a start: prices.
    pub(super) start_if_untold: bool,
    pub(super) guesses: Vec<String>,
}

/// Where the fields of a series are.
struct Place<'a> {
    series: &'a SeriesColumn,
    name: String,
    column: Option<usize>,
    conditions: Vec<(usize, &'a Condition)>,
}

/// A row of one series, its times as they are spelled.
struct Raw {
    row: u64,
    start: Option<Spelled>,
    end: Option<Spelled>,
    /// The number of its slot in the day, from 1; 0: it says a time.
    ordinal: u16,
    value: Option<i128>,
}

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
    let mut notices = Notices::default();
    let mut raws: Vec<Vec<Raw>> = places.iter().map(|_| Vec::new()).collect();
    let meters: Vec<usize> = layout.meter.iter().filter_map(|name| table.column(name)).collect();
    let mut meter: Option<String> = terms.said.meter.clone();
    if let Some(wanted) = meter.as_ref().filter(|_| meters.is_empty()) {
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
                    "is of another meter than the rows before it, {}; name the one that is wanted",
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
                    raws.push(Raw { row, start, end, ordinal, value: value(column)? });
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
                found.push(Place { series, name, column: Some(column), conditions: Vec::new() });
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
        found.push(Place { series, name, column, conditions: conditions.collect::<Result<_>>()? });
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

/// Day-first or month-first: what all dates allow, else the order in which days follow each other, else an error that shows both.
fn date_order(raws: &[Vec<Raw>]) -> Result<DateOrder> {
    use super::moment::Date;
    let dates = || {
        raws.iter().flatten().filter_map(|raw| match raw.start.or(raw.end) {
            Some(Spelled::Dated { date: date @ Date::Either { .. }, .. }) => Some((raw.row, date)),
            _ => None,
        })
    };
    let Some((first_row, first)) = dates().next() else { return Ok(DateOrder::DayFirst) };
    let all = |order| dates().find(|(_, date)| date.days(order).is_none());
    match (all(DateOrder::DayFirst), all(DateOrder::MonthFirst)) {
        (None, Some(_)) => return Ok(DateOrder::DayFirst),
        (Some(_), None) => return Ok(DateOrder::MonthFirst),
        (Some((row, _)), Some(_)) => {
            return Err(Error::syntax("no order of day and month makes dates of all rows").in_row(row));
        }
        (None, None) => {}
    }
    let longest_step = |order: DateOrder| {
        let mut days: Vec<i64> = dates().filter_map(|(_, date)| date.days(order)).collect();
        days.sort_unstable();
        days.dedup();
        days.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).max().unwrap_or(0)
    };
    match (longest_step(DateOrder::DayFirst), longest_step(DateOrder::MonthFirst)) {
        (1, step) if step > 1 => Ok(DateOrder::DayFirst),
        (step, 1) if step > 1 => Ok(DateOrder::MonthFirst),
        _ => {
            let text = |order| first.days(order).map(|days| local_text(days * DAY)).unwrap_or_default();
            let (day_first, month_first) = (text(DateOrder::DayFirst), text(DateOrder::MonthFirst));
            Err(Error::conflict(format!(
                "dates can be read with the day first ({}) or the month first ({}); say which (--date-order day-first or month-first)",
                day_first.get(..10).unwrap_or_default(),
                month_first.get(..10).unwrap_or_default(),
            ))
            .in_row(first_row))
        }
    }
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
        None => date_order(&raws)?,
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
        (true, None) => clock_of(&timed, terms)?,
    };
    let label = label_of(layout, &timed, terms, wide, clock)?;
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
    let is_gas = table.names.iter().any(|name| titles::is_gas(name))
        || table.beside.iter().any(|(name, text)| name == "classifier" && titles::is_gas(text))
        || channels.iter().any(|channel| channel.unit == super::definition::Unit::M3);
    let settled = Layout {
        delimiter: table.delimiter.map(char::from),
        decimal: Some(decimal),
        date_order: Some(order),
        clock: has_local.then_some(clock),
        start: if label == Label::End && layout.end.is_empty() { Vec::new() } else { layout.start.clone() },
        end: if label == Label::End && layout.end.is_empty() {
            layout.start.clone()
        } else {
            layout.end.clone()
        },
        ..layout.clone()
    };
    Ok(Found {
        taken: TakenFor {
            layout: layout.name.clone(),
            title: layout.title.clone(),
            guesses: std::mem::take(&mut terms.guesses),
            series,
            label,
            clock: clock.to_string(),
            runs_forward: forward,
            is_gas,
            settled: Some(settled),
        },
        channels,
        notices: std::mem::take(notices),
        left_out_is_zero: layout.left_out_is_zero,
        snap_seconds: layout.snap_seconds,
    })
}

fn runs_forward(channels: &[Channel]) -> Option<bool> {
    let steps = || {
        channels.iter().flat_map(|channel| {
            channel.cells.windows(2).filter_map(|pair| Some(pair.last()?.from - pair.first()?.from))
        })
    };
    match (steps().any(|step| step > 0), steps().any(|step| step < 0)) {
        (_, false) => Some(true),
        (false, true) => Some(false),
        (true, true) => None,
    }
}

/// The clock of local times: what the nights of change show, else the calendar's.
fn clock_of(timed: &[Vec<(Raw, Moment)>], terms: &mut Terms<'_>) -> Result<LayoutClock> {
    if let Some(clock) = terms.said.clock {
        return Ok(clock);
    }
    let mut found = Evidence::None;
    for rows in timed {
        let shown: Vec<Shown> = rows
            .iter()
            .filter(|(raw, _)| raw.value.is_some() && raw.ordinal == 0)
            .filter_map(|(raw, moment)| match moment {
                Moment::Local(local) => Some(Shown { row: raw.row, local: *local }),
                Moment::Instant(_) => None,
            })
            .collect();
        let name = terms.calendar.name();
        found = evidence(&shown, terms.calendar);
        match found {
            Evidence::None => {}
            Evidence::Civil => return Ok(default_clock(terms.calendar)),
            Evidence::Both(local) => {
                return Err(Error::conflict(format!(
                    "the nights on which the clock of {name} changes disagree: one is read as civil time, the one of {} as a clock that stands still; say which (--clock {name} or --clock +00:00)",
                    local_text(local).get(..10).unwrap_or_default()
                )));
            }
            Evidence::Fixed => {
                let standard = standard_offset(&shown, terms.calendar);
                if standard != 0 {
                    let standard = LayoutClock::Fixed(i32::try_from(standard).unwrap_or(0));
                    return Err(Error::conflict(format!(
                        "its clock stands still on the night on which that of {name} changes: it may be UTC or {standard}; say which (--clock UTC or --clock {standard})"
                    )));
                }
                terms.guesses.push(format!(
                    "its clock stands still on the night on which that of {name} changes, so times are UTC (--clock says otherwise)"
                ));
                return Ok(LayoutClock::Fixed(0));
            }
        }
    }
    if found == Evidence::None {
        terms.guesses.push(format!("times are of {} (--clock says otherwise)", terms.calendar.name()));
    }
    Ok(default_clock(terms.calendar))
}

/// Whether rows are labelled at their start or end: by the layout, else by the days that they fill.
fn label_of(
    layout: &Layout,
    timed: &[Vec<(Raw, Moment)>],
    terms: &mut Terms<'_>,
    wide: Option<&Wide>,
    clock: LayoutClock,
) -> Result<Label> {
    if let Some(label) = terms.said.label
        && (layout.start.is_empty() || layout.end.is_empty())
    {
        return Ok(label);
    }
    if layout.series.iter().any(|series| series.register.is_some()) {
        return Ok(Label::Start);
    }
    if terms.said.label.is_some() && !layout.start.is_empty() && !layout.end.is_empty() {
        return Err(Error::conflict(
            "its rows say both when they start and when they end; a label is of no use",
        ));
    }
    // A wide row gives the start of each of its columns.
    if wide.is_some() && layout.series.iter().all(|series| series.column == "*") {
        return Ok(Label::Start);
    }
    if layout.start.is_empty() {
        return Ok(Label::End);
    }
    if !layout.end.is_empty()
        || (layout.name != FREE && !layout.label_by_days)
        || layout.start.iter().any(|name| titles::label(name) == Some(Label::Start))
    {
        return Ok(Label::Start);
    }
    let Some(rows) = timed.iter().find(|rows| !rows.is_empty()) else { return Ok(Label::Start) };
    if rows.iter().any(|(raw, _)| raw.ordinal > 0)
        || rows.iter().all(|(raw, _)| raw.start.is_some_and(Spelled::is_date_alone))
    {
        return Ok(Label::Start);
    }
    let shown: Vec<i64> = rows
        .iter()
        .map(|(_, moment)| match (*moment, clock) {
            (Moment::Local(local), _) => local,
            (Moment::Instant(at), _) => at + terms.calendar.offset_at(at),
        })
        .collect();
    let (Some(first), Some(last)) = (shown.iter().min(), shown.iter().max()) else { return Ok(Label::Start) };
    let mut sorted = shown.clone();
    sorted.sort_unstable();
    let step = most_common(
        sorted.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).filter(|step| *step > 0),
    );
    let Some(step) = step else {
        return Ok(Label::Start);
    };
    let is_midnight = |local: i64| local.rem_euclid(DAY) == 0;
    let fills_from_start = is_midnight(*first) && is_midnight(last + step);
    let fills_to_end = is_midnight(first - step) && is_midnight(*last);
    match (fills_from_start, fills_to_end) {
        (true, false) => Ok(Label::Start),
        (false, true) => {
            terms.guesses.push(
                "rows are labelled at their end, since so they fill whole days (--label says otherwise)"
                    .to_owned(),
            );
            Ok(Label::End)
        }
        _ if terms.start_if_untold => {
            terms.guesses.push("prices are labelled at their start (--label says otherwise)".to_owned());
            Ok(Label::Start)
        }
        _ => {
            let from = |local: i64| local_text(local).get(5..).unwrap_or_default().to_owned();
            Err(Error::conflict(format!(
                "does not tell whether its times are the starts or the ends of rows: the first row may be {} to {} or {} to {}; say which (--label start or --label end)",
                from(*first),
                from(first + step),
                from(first - step),
                from(*first)
            ))
            .in_field(layout.start.join(" ")))
        }
    }
}

/// The rows of one series on the UTC line.
fn cells(
    rows: Vec<(Raw, Moment)>,
    layout: &Layout,
    clock: LayoutClock,
    label: Label,
    order: DateOrder,
) -> Result<Vec<Cell>> {
    let length = layout.slot_minutes.map(|minutes| i64::from(minutes) * 60);
    let shown = |rows: &[(Raw, Moment)], shift: i64| -> Vec<Shown> {
        rows.iter()
            .filter_map(|(raw, moment)| match moment {
                Moment::Local(local) if raw.ordinal == 0 => {
                    Some(Shown { row: raw.row, local: local + shift })
                }
                _ => None,
            })
            .collect()
    };
    let locals: Vec<i64> = {
        let mut sorted: Vec<i64> = rows
            .iter()
            .map(|(_, moment)| match moment {
                Moment::Local(at) | Moment::Instant(at) => *at,
            })
            .collect();
        sorted.sort_unstable();
        sorted
    };
    let step = most_common(
        locals.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).filter(|step| *step > 0),
    );
    let step = length.or(step).unwrap_or(1_800);
    // An end such as 00:29 or 00:59:59 is the last minute that is in the row.
    let is_last_in = |nudge: &i64| {
        label == Label::End
            && step >= 300
            && locals.first().is_some_and(|first| (first + nudge).rem_euclid(step.min(1_800)) == 0)
    };
    let nudge = [60, 1].into_iter().find(is_last_in).unwrap_or(0);
    let mut shift_of_start = 0;
    let resolved = match instants(&shown(&rows, nudge), clock) {
        Ok(resolved) => resolved,
        // Ends may be written as the start on paper and a slot more.
        Err(error) if label == Label::End => {
            shift_of_start = step;
            instants(&shown(&rows, nudge - step), clock).map_err(|_| error)?
        }
        Err(error) => return Err(error),
    };
    let mut resolved = resolved.into_iter();
    let usual =
        most_common(rows.iter().filter_map(|(raw, _)| raw.local_length(order)).filter(|length| *length > 0));
    let mut cells = Vec::with_capacity(rows.len());
    for (raw, moment) in rows {
        let at = match moment {
            Moment::Instant(at) => at + nudge,
            Moment::Local(local) if raw.ordinal > 0 => {
                let number = i64::from(raw.ordinal);
                let midnight =
                    instants(&[Shown { row: raw.row, local: local.div_euclid(DAY) * DAY }], clock)?;
                midnight.first().copied().unwrap_or(local) + (number - 1) * length.unwrap_or(1_800)
            }
            Moment::Local(local) => resolved.next().unwrap_or(local) + shift_of_start,
        };
        let is_numbered = raw.ordinal > 0;
        let from = if label == Label::End && !is_numbered { at - step } else { at };
        let to = match (raw.end, raw.start) {
            (Some(end), Some(_)) => end_of(&raw, end, from, usual, clock, order)?,
            _ if label == Label::End || length.is_some() || is_numbered => Some(from + step),
            _ if raw.start.is_some_and(Spelled::is_date_alone) => Some(next_midnight(from, clock)?),
            _ => None,
        };
        if from < 0 {
            return Err(Error::out_of_range("a time must be in the years 1970 to 2099").in_row(raw.row));
        }
        cells.push(Cell { row: raw.row, from, to, value: raw.value });
    }
    Ok(cells)
}

/// The next midnight of a clock.
fn next_midnight(from: i64, clock: LayoutClock) -> Result<i64> {
    let local = match clock {
        LayoutClock::Fixed(offset) => from + i64::from(offset),
        LayoutClock::Zone(calendar) => from + calendar.offset_at(from),
    };
    let next = (local.div_euclid(DAY) + 1) * DAY;
    let found = instants(&[Shown { row: 0, local: next }], clock)?;
    Ok(found.first().copied().unwrap_or(next))
}

impl Raw {
    /// From its start to its end as a clock on paper has them.
    fn local_length(&self, order: DateOrder) -> Option<i64> {
        match (self.start?.moment(order)?, self.end?.moment(order)?) {
            (Moment::Local(start), Moment::Local(end)) | (Moment::Instant(start), Moment::Instant(end)) => {
                Some(end - start)
            }
            _ => None,
        }
    }
}

/// When a row ends that says it: the clock on paper for rows of an hour or less that are as long as most, else the first time after the
/// start that the clock shows so.
fn end_of(
    raw: &Raw,
    end: Spelled,
    from: i64,
    usual: Option<i64>,
    clock: LayoutClock,
    order: DateOrder,
) -> Result<Option<i64>> {
    let refused = || Error::syntax("there is no such date").in_row(raw.row);
    let usual = usual.map(|usual| if usual % 300 == 240 { usual + 60 } else { usual });
    let local = match end.moment(order).ok_or_else(refused)? {
        Moment::Instant(at) if usual.is_some_and(|usual| at - from + 60 == usual) => {
            return Ok(Some(at + 60));
        }
        Moment::Instant(at) => return Ok(Some(at)),
        Moment::Local(local) => local,
    };
    let length = raw.local_length(order);
    if let (Some(usual), Some(length)) = (usual, length)
        && usual <= 3_600
        && (length == usual || length + 60 == usual)
    {
        return Ok(Some(from + usual));
    }
    check(Shown { row: raw.row, local })?;
    first_after(local, from, clock).map(Some).ok_or_else(|| {
        Error::order(format!("ends before it starts, at {}", instant_text(crate::time::from_seconds(from))))
            .with_value(local_text(local))
            .in_row(raw.row)
    })
}

/// The fewest rows by which a register is told.
const FEWEST_OF_REGISTER: usize = 24;

/// Whether values never go down in time and end at more than a large home takes in a row: the readings of a register.
fn only_goes_up(cells: &[Cell], series: &SeriesColumn) -> bool {
    let mut sorted: Vec<(i64, i128)> =
        cells.iter().filter_map(|cell| Some((cell.from, cell.value?))).collect();
    sorted.sort_unstable();
    let steps = || sorted.windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
    let length = most_common(steps().map(|(before, after)| after.0 - before.0)).unwrap_or(0);
    let slot = u32::try_from(length / 60).ok().and_then(|minutes| SlotLength::from_minutes(minutes).ok());
    let last = sorted.last().and_then(|(_, value)| i64::try_from(*value).ok());
    !series.unit.is_power()
        && sorted.len() >= FEWEST_OF_REGISTER
        && steps().all(|(before, after)| before.1 <= after.1)
        && slot.zip(last).is_some_and(|(slot, last)| doubts::is_beyond_a_home(last, slot))
}

/// What flowed between readings of a register. A register that goes down was reset or exchanged: what flowed until then is not known.
fn differences(
    mut cells: Vec<Cell>,
    at: RegisterAt,
    column: &str,
    notices: &mut Notices,
) -> Result<Vec<Cell>> {
    cells.sort_by_key(|cell| (cell.from, cell.row));
    let length = most_common(
        cells
            .windows(2)
            .filter_map(|pair| Some(pair.last()?.from - pair.first()?.from))
            .filter(|step| *step > 0),
    );
    let Some(length) = length else {
        return Err(
            Error::missing("a register needs two readings to say what flowed between them").in_field(column)
        );
    };
    let mut found = Vec::with_capacity(cells.len());
    for pair in cells.windows(2) {
        let [before, after] = pair else { continue };
        if after.from == before.from {
            if after.value != before.value {
                return Err(Error::conflict(format!(
                    "has another reading than row {} at one time",
                    before.row
                ))
                .in_field(column)
                .in_row(after.row));
            }
            continue;
        }
        let energy = match (before.value, after.value) {
            (Some(low), Some(high)) if high >= low => Some(high - low),
            (Some(_), Some(_)) => {
                notices.note(NoticeKind::RegisterReset, after.row);
                None
            }
            _ => None,
        };
        let shift = match at {
            RegisterAt::Time => 0,
            RegisterAt::End => length,
        };
        let step = after.from - before.from;
        if step == length {
            let from = before.from + shift;
            found.push(Cell { row: after.row, from, to: Some(from + length), value: energy });
        } else if energy.is_some_and(|energy| energy != 0) {
            notices.note(NoticeKind::RegisterGap, after.row);
        } else if energy == Some(0) && step % length == 0 {
            // Nothing flowed in all of it.
            for part in 0..step / length {
                let from = before.from + shift + part * length;
                found.push(Cell { row: after.row, from, to: Some(from + length), value: Some(0) });
            }
        }
    }
    Ok(found)
}
