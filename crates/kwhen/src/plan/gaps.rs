//! What is not known of a slot, taken from other days.

use crate::error::{Error, Result};
use crate::time::{Calendar, Grid};
use chrono::TimeDelta;

/// Values with none missing, and how many of them are another day's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled<T> {
    /// One a slot.
    pub values: Vec<T>,
    /// How many slots had none of their own.
    pub filled: usize,
}

/// Fills slots without a value with that of the nearest day before, or else after, at the same time on the calendar's clock. A time that a
/// day's clock skips is there the end of the skip, one that it shows twice the first of the two.
///
/// An error that names the first slot for which no day has a value, and unless there are as many values as slots.
///
/// ```
/// use kwhen::plan::filled_from_other_days;
/// use kwhen::time::{Calendar, Grid, SlotLength};
/// let gb = Calendar::great_britain();
/// // Two days of hours, the second one of 23 hours; its noon is missing.
/// let grid = Grid::new(gb.parse("2026-03-28T00:00")?, SlotLength::HOUR, 47)?;
/// let mut hours: Vec<Option<usize>> = (0..47).map(Some).collect();
/// hours[24 + 11] = None;
/// let full = filled_from_other_days(&grid, &hours, &gb)?;
/// assert_eq!((full.values[24 + 11], full.filled), (12, 1)); // noon of the day before, not 24 hours before
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn filled_from_other_days<T: Copy>(
    grid: &Grid,
    values: &[Option<T>],
    calendar: &Calendar,
) -> Result<Filled<T>> {
    if values.len() != grid.len() {
        return Err(Error::misaligned(format!("{} values for {} slots", values.len(), grid.len())));
    }
    let of_day = |slot: usize, days: i64| {
        let at = calendar.local(grid.slot(slot)?.span.from()).checked_add_signed(TimeDelta::days(days))?;
        // Days beyond the calendar hold no slot of the grid.
        Some(
            grid.index_of(calendar.instant_of(at).ok()?)
                .and_then(|place| values.get(place).copied().flatten()),
        )
    };
    let days = grid.span().map_or(0, |span| span.seconds() / 86_400 + 1);
    let mut filled = 0;
    let mut all = Vec::with_capacity(values.len());
    for (slot, value) in values.iter().enumerate() {
        let value = value.or_else(|| {
            filled += 1;
            let before = (1..=days).map(|days| -days);
            before.chain(1..=days).find_map(|days| of_day(slot, days).flatten())
        });
        all.push(value.ok_or_else(|| {
            let when = grid.slot(slot).map_or_else(String::new, |slot| slot.span.to_string());
            Error::missing(format!("none for {when}, nor at that time on any other day"))
        })?);
    }
    Ok(Filled { values: all, filled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SlotLength;

    fn days_of(first: &str, count: i64) -> (Calendar, Grid) {
        let gb = Calendar::great_britain();
        let from = gb.parse(first).unwrap();
        let end = gb.local(from).checked_add_signed(TimeDelta::days(count)).unwrap();
        let slots = (gb.instant_of(end).unwrap() - from).num_minutes() / 30;
        (gb, Grid::new(from, SlotLength::HALF_HOUR, usize::try_from(slots).unwrap()).unwrap())
    }

    #[test]
    fn a_gap_has_the_local_time_of_the_nearest_day_before_or_else_after() {
        // 24, 25 (50 half-hours) and 26 October.
        let (gb, grid) = days_of("2026-10-24", 3);
        assert_eq!(grid.len(), 48 + 50 + 48);
        let known: Vec<Option<usize>> = (0..grid.len()).map(Some).collect();
        let noon_of = |text: &str| grid.index_of(gb.parse(text).unwrap()).unwrap();
        let [first, second, third] =
            ["2026-10-24T12:00", "2026-10-25T12:00", "2026-10-26T12:00"].map(noon_of);
        let filled = |missing: &[usize]| {
            let mut values = known.clone();
            missing.iter().for_each(|place| values[*place] = None);
            filled_from_other_days(&grid, &values, &gb)
        };
        assert_eq!(filled(&[]).unwrap().filled, 0);
        let one = filled(&[second]).unwrap();
        assert_eq!((one.values[second], one.filled), (first, 1));
        let two = filled(&[first, second]).unwrap();
        assert_eq!((two.values[first], two.values[second], two.filled), (third, third, 2));
        // A time that comes twice: both have the one time of the day before.
        let twice = noon_of("2026-10-25T01:30+01:00");
        let both = filled(&[twice, twice + 2]).unwrap();
        assert_eq!((both.values[twice], both.values[twice + 2]), (3, 3));
        let error = filled(&[first, second, third]).unwrap_err();
        assert!(error.is_missing(), "{error}");
        assert!(error.to_string().contains("2026-10-24T11:00:00Z to 2026-10-24T11:30:00Z"), "{error}");
        assert!(filled_from_other_days(&grid, &known[1..], &gb).is_err());
    }

    #[test]
    fn nothing_is_asked_of_an_empty_grid() {
        let (gb, grid) = days_of("2026-03-29", 1);
        let none = grid.part(0..0);
        assert!(filled_from_other_days::<u8>(&none, &[], &gb).unwrap().values.is_empty());
        assert!(filled_from_other_days::<u8>(&grid, &[None; 46], &gb).is_err());
    }
}
