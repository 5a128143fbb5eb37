//! Slots as the columns of a chart.

use super::figure::{Column, Mark};
use super::style::Palette;
use super::when::Clock;
use chrono::{DateTime, Timelike as _, Utc};
use kwhen::time::{Calendar, Grid, Span};

/// A column for each slot that starts in a span, with its value and mark; where there are more slots than may be columns, so many slots
/// share one column, which shows their mean and the first mark among them.
pub(crate) fn columns(
    grid: &Grid,
    shown: Span,
    value: impl Fn(usize) -> Option<i64>,
    mark: impl Fn(Span) -> Mark,
    calendar: Calendar,
    most: usize,
) -> Vec<Column> {
    let slots = grid.slots_starting_in(shown);
    let end = slots.end;
    let joined = slots.len().div_ceil(most.max(1)).max(1);
    let mut before = None;
    slots
        .step_by(joined)
        .filter_map(|first| {
            let members = first..(first + joined).min(end);
            let spans = || members.clone().filter_map(|index| grid.slot(index)).map(|slot| slot.span);
            let whole = Span::new(spans().next()?.from(), spans().next_back()?.to()).ok()?;
            let column = of_slots(whole, joined, &mut before, calendar);
            Some(Column {
                value: mean(members.clone().map(&value)),
                mark: spans().map(&mark).find(|mark| *mark != Mark::Idle).unwrap_or_default(),
                ..column
            })
        })
        .collect()
}

/// A column of so many slots without its value: its times, its day and what the clock does; `before` is the zone of the one before it.
pub(crate) fn of_slots(
    whole: Span,
    joined: usize,
    before: &mut Option<String>,
    calendar: Calendar,
) -> Column {
    let (clock, start) = (Clock(calendar), whole.from());
    let (zone, local) = (calendar.abbreviation(start), calendar.local(start));
    let is_first = before.is_none();
    let changes = before.replace(zone.clone()).is_some_and(|before| before != zone);
    let is_day = local.num_seconds_from_midnight() == 0 || is_first;
    Column {
        when: clock.range(whole),
        change: changes.then(|| format!("{} {zone}", clock.time(start))),
        label: label(start, calendar, joined),
        rank: match local.hour() {
            12 => 1,
            6 | 18 => 2,
            _ => 3,
        },
        day: is_day.then(|| local.format("%a %-d %b").to_string()),
        span: Some(whole),
        ..Column::default()
    }
}

/// Whether there are more slots than columns, over days enough to be drawn each as one.
pub(crate) fn is_dense(grid: &Grid, shown: Span, palette: Palette) -> bool {
    const DAYS: i64 = 4;
    grid.slots_starting_in(shown).len() > palette.columns() && shown.seconds() > DAYS * 86_400
}

/// The mean; `None` where a value is missing, so that a gap stays to be seen.
fn mean(values: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    let (mut number, mut sum) = (0_i128, 0_i128);
    for value in values {
        number += 1;
        sum += i128::from(value?);
    }
    i64::try_from(sum.checked_div(number)?).ok()
}

/// Every third local hour; where more than a few days are drawn, the date at midnight.
fn label(start: DateTime<Utc>, calendar: Calendar, joined: usize) -> Option<String> {
    let local = calendar.local(start);
    let (every, format) = match joined {
        1 => (3, "%H:%M"),
        2 => (6, "%H:%M"),
        _ => (24, "%-d %b"),
    };
    (local.minute() == 0 && local.hour().is_multiple_of(every)).then(|| local.format(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::{SlotLength, parse_instant};

    #[test]
    fn many_slots_share_columns_and_gaps_stay() {
        let grid =
            Grid::new(parse_instant("2026-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, 200).unwrap();
        let value = |index: usize| (index != 7).then_some(i64::try_from(index).unwrap());
        let mark = |span: Span| if span == grid.slot(4).unwrap().span { Mark::Takes } else { Mark::Idle };
        let shown = columns(&grid, grid.span().unwrap(), value, mark, Calendar::great_britain(), 68);
        assert_eq!(shown.len(), 67);
        assert_eq!(shown[0].value, Some(1));
        assert_eq!(shown[2].value, None);
        assert_eq!(shown[66].value, Some(198));
        assert_eq!(shown.iter().filter(|column| column.mark == Mark::Takes).count(), 1);
        assert_eq!((shown[0].label.as_deref(), shown[16].label.as_deref()), (Some("1 Jan"), Some("2 Jan")));
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let grid =
            Grid::new(parse_instant("2026-01-01T00:00:00Z").unwrap(), SlotLength::FIVE_MINUTES, 100_000)
                .unwrap();
        let most = 100_000_000_000_000_000;
        let shown = columns(
            &grid,
            grid.span().unwrap(),
            |_| Some(most),
            |_| Mark::Idle,
            Calendar::great_britain(),
            68,
        );
        assert!(shown.iter().all(|column| column.value == Some(most)));
    }
}
