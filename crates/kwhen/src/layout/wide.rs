//! A day a row: the columns that are times of day, or numbers of slots.

use super::definition::Label;
use super::moment::{DAY, Spelled, ordinal, spelled};
use super::table::Table;
use crate::error::Result;

/// The columns of a wide table, in order.
pub(super) struct Wide {
    columns: Vec<Column>,
    step: i64,
}

enum Column {
    /// It holds what flowed from so many seconds into the day.
    From(usize, i64),
    /// It holds what flowed in the slot of this number.
    Numbered(usize, u16),
}

/// The fewest columns that make a table wide.
const FEWEST: usize = 23;

/// Tells the columns; `None` where the table is not wide.
pub(super) fn wide_columns(table: &Table<'_>) -> Option<Wide> {
    let times: Vec<(usize, i64)> = table
        .names
        .iter()
        .enumerate()
        .filter_map(|(column, name)| {
            let first = name.split(['-', '–']).next().unwrap_or(name).trim();
            let last = first.rsplit([' ', '_']).next().unwrap_or(first);
            match spelled(last) {
                Some(Spelled::OfDay(seconds)) => Some((column, i64::from(seconds))),
                _ => None,
            }
        })
        .collect();
    if times.len() >= FEWEST {
        return by_times(&times);
    }
    let numbers: Vec<(usize, u16)> = table
        .names
        .iter()
        .enumerate()
        .filter_map(|(column, name)| {
            let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let (before, number) = name.split_at_checked(name.len() - digits)?;
            let before = before.trim_end_matches([' ', '_']);
            let is_slot = before.is_empty()
                || [
                    "hh",
                    "h",
                    "period",
                    "p",
                    "kwh",
                    "hour",
                    "slot",
                    "interval",
                    "v",
                    "sp",
                    "t",
                    "e",
                    "value",
                    "consumption",
                    "qty",
                ]
                .contains(&before.rsplit([' ', '_']).next().unwrap_or(before));
            is_slot.then(|| ordinal(number)).flatten().map(|number| (column, number))
        })
        .collect();
    let is_in_order = numbers.iter().zip(1..).all(|((_, number), wanted)| *number == wanted);
    let step = match numbers.len() {
        24 | 25 => 3_600,
        48 | 50 => 1_800,
        96 | 100 => 900,
        288 | 300 => 300,
        _ => return None,
    };
    let columns = numbers.iter().map(|(column, number)| Column::Numbered(*column, *number)).collect();
    is_in_order.then_some(Wide { columns, step })
}

fn by_times(times: &[(usize, i64)]) -> Option<Wide> {
    let (first, second) = (times.first()?.1, times.get(1)?.1);
    let step = second - first;
    if step <= 0 || DAY % step != 0 || usize::try_from(DAY / step).ok()? != times.len() {
        return None;
    }
    let label = match first {
        0 => Label::Start,
        first if first == step => Label::End,
        _ => return None,
    };
    let mut columns = Vec::with_capacity(times.len());
    for ((column, at), number) in times.iter().zip(0_i64..) {
        let from = number * step;
        let shown = if label == Label::Start { from } else { from + step };
        if at % DAY != shown % DAY {
            return None;
        }
        columns.push(Column::From(*column, from));
    }
    Some(Wide { columns, step })
}

impl Wide {
    /// How long a column is, in minutes.
    pub(super) fn minutes(&self) -> Option<u32> {
        u32::try_from(self.step / 60).ok()
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.columns.iter().map(|column| match column {
            Column::From(column, _) | Column::Numbered(column, _) => *column,
        })
    }

    /// Calls for each column of a row of a date with its start and number.
    pub(super) fn each(
        &self,
        date: Spelled,
        mut cell: impl FnMut(usize, Spelled, u16) -> Result<()>,
    ) -> Result<()> {
        for column in &self.columns {
            match column {
                Column::From(column, seconds) => {
                    let seconds = u32::try_from(*seconds).unwrap_or(0);
                    let at = date.at(Spelled::OfDay(seconds)).unwrap_or(date);
                    cell(*column, at, 0)?;
                }
                Column::Numbered(column, number) => cell(*column, date, *number)?,
            }
        }
        Ok(())
    }
}
