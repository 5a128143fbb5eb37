//! From rows as they are spelled to cells: instants and exact values.

use super::channel::{Cell, most_common};
use super::clock::{Shown, check, first_after, instants, local_text};
use super::definition::{DateOrder, Label, Layout, LayoutClock, RegisterAt, SeriesColumn};
use super::moment::{DAY, Moment, Spelled};
use super::raw::Raw;
use crate::error::{Error, Result};
use crate::series::{NoticeKind, Notices, doubts};
use crate::time::{SlotLength, instant_text};

/// The fewest rows by which a register is told.
const FEWEST_OF_REGISTER: usize = 24;

/// The rows of one series on the UTC line.
pub(super) fn cells(
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
    let resolved = match instants(shown(&rows, nudge).into_iter(), clock) {
        Ok(resolved) => resolved,
        // Ends may be written as the start on paper and a slot more.
        Err(error) if label == Label::End => {
            shift_of_start = step;
            instants(shown(&rows, nudge - step).into_iter(), clock).map_err(|_| error)?
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
                let midnight = instants(
                    std::iter::once(Shown { row: raw.row, local: local.div_euclid(DAY) * DAY }),
                    clock,
                )?;
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
pub(super) fn next_midnight(from: i64, clock: LayoutClock) -> Result<i64> {
    let local = match clock {
        LayoutClock::Fixed(offset) => from + i64::from(offset),
        LayoutClock::Zone(calendar) => from + calendar.offset_at(from),
    };
    let next = (local.div_euclid(DAY) + 1) * DAY;
    let found = instants(std::iter::once(Shown { row: 0, local: next }), clock)?;
    Ok(found.first().copied().unwrap_or(next))
}

/// When a row ends that says it: the clock on paper for rows of an hour or less that are as long as most, else the first time after the
/// start that the clock shows so.
pub(super) fn end_of(
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

/// Whether values never go down in time and end at more than a large home takes in a row: the readings of a register.
pub(super) fn only_goes_up(cells: &[Cell], series: &SeriesColumn) -> bool {
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

/// The same of rows whose label is not known yet: by the order of the rows, and by what a home takes in a day.
pub(super) fn may_be_register(rows: &[(Raw, Moment)], series: &SeriesColumn) -> bool {
    let values = || rows.iter().filter_map(|(raw, _)| raw.value);
    let runs = |goes: fn(i128, i128) -> bool| values().zip(values().skip(1)).all(|(a, b)| goes(a, b));
    let most = values().max().and_then(|most| i64::try_from(most).ok());
    let day = SlotLength::from_minutes(1_440).ok();
    !series.unit.is_power()
        && rows.len() >= FEWEST_OF_REGISTER
        && (runs(|a, b| a <= b) || runs(|a, b| a >= b))
        && day.zip(most).is_some_and(|(day, most)| doubts::is_beyond_a_home(most, day))
}

/// What flowed between readings of a register. A register that goes down was reset or exchanged: what flowed until then is not known.
pub(super) fn differences(
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
