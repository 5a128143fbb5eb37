//! What the rows of a file tell of themselves: the order of their dates, their clock, their label.

use super::channel::{Channel, most_common};
use super::clock::{Evidence, Shown, evidence, local_text, standard_offset};
use super::definition::{DateOrder, Label, Layout, LayoutClock};
use super::moment::{DAY, Date, Moment, Spelled};
use super::raw::{Raw, Terms};
use super::said::{FREE, default_clock};
use super::titles;
use super::wide::Wide;
use crate::error::{Error, Result};

/// The dates of rows of which the day or the month may come first, with the rows that they are in.
pub(super) fn dates_of(raws: &[Vec<Raw>]) -> impl Iterator<Item = (u64, Date)> + '_ {
    raws.iter().flatten().filter_map(|raw| match raw.start.or(raw.end) {
        Some(Spelled::Dated { date: date @ Date::Either { .. }, .. }) => Some((raw.row, date)),
        _ => None,
    })
}

/// Day-first or month-first: what all dates allow, else the order in which days follow each other, else an error that shows both.
pub(super) fn date_order<I: Iterator<Item = (u64, Date)>>(dates: impl Fn() -> I) -> Result<DateOrder> {
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

pub(super) fn runs_forward(channels: &[Channel]) -> Option<bool> {
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

/// The local times of the rows of a series that have a value.
pub(super) fn shown_of(rows: &[(Raw, Moment)]) -> Vec<Shown> {
    rows.iter()
        .filter(|(raw, _)| raw.value.is_some() && raw.ordinal == 0)
        .filter_map(|(raw, moment)| match moment {
            Moment::Local(local) => Some(Shown { row: raw.row, local: *local }),
            Moment::Instant(_) => None,
        })
        .collect()
}

/// The clock of local times: what the nights of change show, else the calendar's.
pub(super) fn clock_of<I: Iterator<Item = Shown> + Clone>(
    series: impl Iterator<Item = I>,
    terms: &mut Terms<'_>,
) -> Result<LayoutClock> {
    if let Some(clock) = terms.said.clock {
        return Ok(clock);
    }
    let mut found = Evidence::None;
    for shown in series {
        let name = terms.calendar.name();
        found = evidence(shown.clone(), terms.calendar);
        match found {
            Evidence::None => {}
            Evidence::Civil => return Ok(default_clock(terms.calendar)),
            Evidence::Both { civil, fixed } => {
                let night = |local: i64| local_text(local).get(..10).unwrap_or_default().to_owned();
                let standard = LayoutClock::Fixed(
                    i32::try_from(standard_offset(shown.clone(), terms.calendar)).unwrap_or(0),
                );
                return Err(Error::conflict(format!(
                    "the nights on which the clock of {name} changes disagree: that of {} is read as civil time, that of {} as a clock that stands still; say which (--clock {name} or --clock {standard})",
                    night(civil),
                    night(fixed)
                )));
            }
            Evidence::Fixed => {
                let standard = standard_offset(shown.clone(), terms.calendar);
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
pub(super) fn label_of(
    layout: &Layout,
    timed: &[Vec<(Raw, Moment)>],
    terms: &mut Terms<'_>,
    wide: Option<&Wide>,
) -> Result<Label> {
    if let Some(label) = label_said(layout, terms, wide.is_some())? {
        return Ok(label);
    }
    let Some(rows) = timed.iter().find(|rows| !rows.is_empty()) else { return Ok(Label::Start) };
    if rows.iter().any(|(raw, _)| raw.ordinal > 0)
        || rows.iter().all(|(raw, _)| raw.start.is_some_and(Spelled::is_date_alone))
    {
        return Ok(Label::Start);
    }
    let mut sorted: Vec<i64> = rows
        .iter()
        .map(|(_, moment)| match *moment {
            Moment::Local(local) => local,
            Moment::Instant(at) => at + terms.calendar.offset_at(at),
        })
        .collect();
    sorted.sort_unstable();
    let step = most_common(
        sorted.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).filter(|step| *step > 0),
    );
    match (sorted.first(), sorted.last(), step) {
        (Some(first), Some(last), Some(step)) => label_by_days(*first, *last, step, layout, terms),
        _ => Ok(Label::Start),
    }
}

/// What a flag or the layout says of the label; `None` where neither does.
pub(super) fn label_said(layout: &Layout, terms: &Terms<'_>, is_wide: bool) -> Result<Option<Label>> {
    if let Some(label) = terms.said.label
        && (layout.start.is_empty() || layout.end.is_empty())
    {
        return Ok(Some(label));
    }
    if layout.series.iter().any(|series| series.register.is_some()) {
        return Ok(Some(Label::Start));
    }
    if terms.said.label.is_some() && !layout.start.is_empty() && !layout.end.is_empty() {
        return Err(Error::conflict(
            "its rows say both when they start and when they end; a label is of no use",
        ));
    }
    // A wide row gives the start of each of its columns.
    if is_wide && layout.series.iter().all(|series| series.column == "*") {
        return Ok(Some(Label::Start));
    }
    if layout.start.is_empty() {
        return Ok(Some(Label::End));
    }
    if !layout.end.is_empty()
        || (layout.name != FREE && !layout.label_by_days)
        || layout.start.iter().any(|name| titles::label(name) == Some(Label::Start))
    {
        return Ok(Some(Label::Start));
    }
    Ok(None)
}

/// The label by which rows fill whole days, from the local times of the first and the last of them and the distance of most.
pub(super) fn label_by_days(
    first: i64,
    last: i64,
    step: i64,
    layout: &Layout,
    terms: &mut Terms<'_>,
) -> Result<Label> {
    let is_midnight = |local: i64| local.rem_euclid(DAY) == 0;
    let fills_from_start = is_midnight(first) && is_midnight(last + step);
    let fills_to_end = is_midnight(first - step) && is_midnight(last);
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
                from(first),
                from(first + step),
                from(first - step),
                from(first)
            ))
            .in_field(layout.start.join(" ")))
        }
    }
}
