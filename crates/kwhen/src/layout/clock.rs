//! Local times without a zone into instants: the repeated hour by the order of the rows, and whether the clock is put forward and back
//! at all.

use super::definition::LayoutClock;
use super::moment::DAY;
use crate::error::{Error, Result};
use crate::time::{Calendar, LAST, from_seconds, instant_text};

/// A local time and the row that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) row: u64,
    pub(super) local: i64,
}

/// Local times from 1970-01-02 to 2099-12-30: what lies within a day of it has an offset.
const IN_RANGE: std::ops::Range<i64> = DAY..LAST - DAY;

/// A change of a zone's offset.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: i64,
    before: i64,
    after: i64,
}

/// What a file shows of the clock that it was written by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It covers no night on which the clock changes.
    None,
    /// It is put forward and back.
    Civil,
    /// It stands still.
    Fixed,
    /// One night says this, another that: the local time of each.
    Both {
        /// A night that is put forward or back.
        civil: i64,
        /// One that is not.
        fixed: i64,
    },
}

pub(super) fn local_text(local: i64) -> String {
    from_seconds(local.max(0)).format("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn check(shown: Shown) -> Result<()> {
    if IN_RANGE.contains(&shown.local) {
        return Ok(());
    }
    let text =
        if (0..=LAST).contains(&shown.local) { local_text(shown.local) } else { shown.local.to_string() };
    Err(Error::out_of_range("a time must be in the years 1970 to 2099").with_value(text).in_row(shown.row))
}

/// What the nights of change between the first and the last of these times show. They are checked.
pub(super) fn evidence(times: impl Iterator<Item = Shown> + Clone, calendar: &Calendar) -> Evidence {
    let locals = times.map(|shown| shown.local);
    let Some(first) = locals.clone().next() else { return Evidence::None };
    let ends = (first, first);
    let (first, last) = locals.clone().fold(ends, |(first, last), local| (first.min(local), last.max(local)));
    let (mut civil, mut fixed) = (None, None);
    for change in changes(calendar, first, last) {
        let (low, high) = (change.before.min(change.after), change.before.max(change.after));
        let (from, to) = (change.at + low, change.at + high);
        let width = to - from;
        let near = from - width..to + width;
        let near: Vec<i64> = locals.clone().filter(|local| near.contains(local)).collect();
        let count = |range: std::ops::Range<i64>| near.iter().filter(|local| range.contains(local)).count();
        if count(from - width..from) == 0 || count(to..to + width) == 0 {
            continue;
        }
        let inside = count(from..to);
        let is_civil = if change.after < change.before {
            let mut locals: Vec<i64> =
                near.iter().copied().filter(|local| (from..to).contains(local)).collect();
            locals.sort_unstable();
            locals.dedup();
            if inside == 0 {
                continue;
            }
            inside > locals.len()
        } else {
            inside == 0
        };
        let night = if is_civil { &mut civil } else { &mut fixed };
        night.get_or_insert(from);
        if let (Some(civil), Some(fixed)) = (civil, fixed) {
            return Evidence::Both { civil, fixed };
        }
    }
    match (civil, fixed) {
        (Some(_), _) => Evidence::Civil,
        (None, Some(_)) => Evidence::Fixed,
        (None, None) => Evidence::None,
    }
}

/// The changes of a zone between two local times, a day more on each side.
fn changes(calendar: &Calendar, first: i64, last: i64) -> Vec<Change> {
    let mut found = Vec::new();
    let mut from = first - DAY;
    let mut before = calendar.offset_at(from);
    while from < last + DAY {
        let to = from + DAY;
        let after = calendar.offset_at(to);
        if after != before {
            let (mut low, mut high) = (from, to);
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                if calendar.offset_at(middle) == before { low = middle } else { high = middle }
            }
            found.push(Change { at: high, before, after });
        }
        (from, before) = (to, after);
    }
    found
}

/// The standard offset of a zone over these times: the least.
pub(super) fn standard_offset(times: impl Iterator<Item = Shown>, calendar: &Calendar) -> i64 {
    let first = times.map(|shown| shown.local).min().unwrap_or(DAY);
    let year = (0..13).map(|month| calendar.offset_at((first + month * 28 * DAY).clamp(DAY, LAST - DAY)));
    year.min().unwrap_or(0)
}

/// Looks the offset up once a day where it holds all day.
struct Offsets<'a> {
    calendar: &'a Calendar,
    day: i64,
    whole: Option<i64>,
}

impl Offsets<'_> {
    /// The instants that show this local time, in order; none where the clock skips it.
    fn instants(&mut self, local: i64) -> (Option<i64>, Option<i64>) {
        let day = local.div_euclid(DAY);
        if day != self.day {
            let (before, after) =
                (self.calendar.offset_at((day - 1) * DAY), self.calendar.offset_at((day + 2) * DAY));
            (self.day, self.whole) = (day, (before == after).then_some(before));
        }
        if let Some(offset) = self.whole {
            return (Some(local - offset), None);
        }
        let (before, after) = (self.calendar.offset_at(local - DAY), self.calendar.offset_at(local + DAY));
        let at =
            |offset: i64| Some(local - offset).filter(|instant| self.calendar.offset_at(*instant) == offset);
        match (at(before), at(after)) {
            (Some(a), Some(b)) if a == b => (Some(a), None),
            (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
            (one, other) => (one.or(other), None),
        }
    }
}

/// The instants of local times in the order of their rows. A time that the clock shows twice is the first that is later than the row
/// before it (earlier, where the file runs backwards); one that it skips is an error by its row. Times are checked.
pub(super) fn instants(times: impl Iterator<Item = Shown> + Clone, clock: LayoutClock) -> Result<Vec<i64>> {
    let calendar = match clock {
        LayoutClock::Fixed(offset) => {
            return Ok(times.map(|shown| shown.local - i64::from(offset)).collect());
        }
        LayoutClock::Zone(calendar) => calendar,
    };
    // How many steps go forward less those that go back, the longest back and the longest forward.
    let mut steps = (0_i64, 0_i64, 0_i64);
    for (before, after) in times.clone().zip(times.clone().skip(1)) {
        let step = after.local - before.local;
        steps = (steps.0 + step.signum(), steps.1.min(step), steps.2.max(step));
    }
    let is_backward = steps.0 < 0;
    // A step back of no more than this is the clock's: what else runs against the order is not sorted.
    let is_sorted = if is_backward { steps.2 <= 2 * 3600 } else { steps.1 >= -2 * 3600 };
    let mut offsets = Offsets { calendar: &calendar, day: i64::MIN, whole: None };
    let mut previous: Option<i64> = None;
    let mut found = Vec::with_capacity(times.size_hint().0);
    for shown in times {
        let instant = match offsets.instants(shown.local) {
            (Some(only), None) => only,
            (Some(first), Some(second)) if is_sorted => {
                let (near, far) = if is_backward { (second, first) } else { (first, second) };
                let fits = |instant: i64| match previous {
                    None => true,
                    Some(previous) if is_backward => instant < previous,
                    Some(previous) => instant > previous,
                };
                if fits(near) {
                    near
                } else if fits(far) {
                    far
                } else {
                    return Err(fits_neither(shown, &calendar));
                }
            }
            (Some(first), Some(second)) => return Err(unsorted(shown, first, second, &calendar)),
            (None, _) => {
                return Err(Error::missing(format!(
                    "is skipped by the clock of {} on that day; if the file's clock stands still all year, say how far from UTC",
                    calendar.name()
                ))
                .with_value(local_text(shown.local))
                .in_row(shown.row));
            }
        };
        previous = Some(instant);
        found.push(instant);
    }
    Ok(found)
}

/// The first instant after another at which the clock shows this time.
pub(super) fn first_after(local: i64, after: i64, clock: LayoutClock) -> Option<i64> {
    let found = match clock {
        LayoutClock::Fixed(offset) => (Some(local - i64::from(offset)), None),
        LayoutClock::Zone(calendar) => {
            Offsets { calendar: &calendar, day: i64::MIN, whole: None }.instants(local)
        }
    };
    [found.0, found.1].into_iter().flatten().find(|instant| *instant > after)
}

fn fits_neither(shown: Shown, calendar: &Calendar) -> Error {
    Error::conflict(format!(
        "the rows stand in an order that fits neither of the two hours that the clock of {} shows that night; write offsets, or sort the file as it was measured",
        calendar.name()
    ))
    .with_value(local_text(shown.local))
    .in_row(shown.row)
}

fn unsorted(shown: Shown, first: i64, second: i64, calendar: &Calendar) -> Error {
    Error::conflict(format!(
        "is shown twice by the clock of {}, {} and {}, and the rows are in no order that tells which",
        calendar.name(),
        instant_text(from_seconds(first)),
        instant_text(from_seconds(second)),
    ))
    .with_value(local_text(shown.local))
    .in_row(shown.row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTUMN: i64 = 1_792_886_400; // 2026-10-25T00:00:00Z, which is 01:00 local

    fn shown(locals: &[i64]) -> Vec<Shown> {
        locals.iter().zip(1..).map(|(local, row)| Shown { row, local: *local }).collect()
    }

    fn london() -> LayoutClock {
        LayoutClock::Zone(Calendar::great_britain())
    }

    /// Locals of so many half-hours from an instant, as the clock of London shows them.
    fn as_shown(from: i64, count: i64) -> (Vec<i64>, Vec<i64>) {
        let calendar = Calendar::great_britain();
        let instants: Vec<i64> = (0..count).map(|slot| from + slot * 1800).collect();
        (instants.iter().map(|at| at + calendar.offset_at(*at)).collect(), instants)
    }

    #[test]
    fn the_repeated_hour_goes_by_the_order_of_the_rows() {
        for from in [AUTUMN - 7200, 1_774_742_400 - 7200] {
            let (mut locals, mut wanted) = as_shown(from, 12);
            assert_eq!(instants(shown(&locals).into_iter(), london()).unwrap(), wanted);
            locals.reverse();
            wanted.reverse();
            assert_eq!(instants(shown(&locals).into_iter(), london()).unwrap(), wanted);
            assert_eq!(evidence(shown(&locals).into_iter(), &Calendar::great_britain()), Evidence::Civil);
        }
    }

    #[test]
    fn an_order_that_fits_neither_hour_is_refused() {
        let at = |minutes: i64| AUTUMN + minutes * 60;
        for order in [[60, 60, 90, 90], [60, 90, 60, 60]] {
            let mut locals = vec![at(30)];
            locals.extend(order.map(at));
            locals.push(at(120));
            let error = instants(shown(&locals).into_iter(), london()).unwrap_err().to_string();
            assert!(error.contains("fits neither"), "{error}");
        }
    }

    #[test]
    fn a_clock_that_stands_still_is_told_by_its_nights() {
        let calendar = Calendar::great_britain();
        let still = |from: i64| shown(&(0..12).map(|slot| from + slot * 1800).collect::<Vec<_>>());
        assert_eq!(evidence(still(AUTUMN - 7200).into_iter(), &calendar), Evidence::Fixed);
        assert_eq!(evidence(still(1_774_746_000 - 7200).into_iter(), &calendar), Evidence::Fixed);
        assert_eq!(evidence(still(AUTUMN + 86_400 * 9).into_iter(), &calendar), Evidence::None);
        let skipped = instants(still(1_774_746_000 - 7200).into_iter(), london()).unwrap_err().to_string();
        assert!(skipped.contains("row 5, value \"2026-03-29 01:00\": is skipped"), "{skipped}");
    }

    /// A logger whose database keeps one row an hour: nothing at 01:00 in spring, and 01:00 once in autumn.
    #[test]
    fn nights_that_disagree_are_told_apart() {
        let calendar = Calendar::great_britain();
        const SPRING: i64 = 1_774_746_000; // 2026-03-29T01:00:00Z
        let mut hours: Vec<i64> =
            (-2..5).filter(|hour| *hour != 0).map(|hour| SPRING + hour * 3600).collect();
        hours.extend((-2..5).map(|hour| AUTUMN + hour * 3600));
        assert_eq!(
            evidence(shown(&hours).into_iter(), &calendar),
            Evidence::Both { civil: SPRING, fixed: AUTUMN + 3600 }
        );
    }

    #[test]
    fn zones_of_other_widths() {
        // Lord Howe Island goes back by half an hour, on 2026-04-05 at 02:00.
        let calendar = Calendar::named("Australia/Lord_Howe").unwrap();
        let from = 1_775_314_800 - 7200;
        let instants_wanted: Vec<i64> = (0..16).map(|slot| from + slot * 900).collect();
        let locals: Vec<i64> = instants_wanted.iter().map(|at| at + calendar.offset_at(*at)).collect();
        assert_eq!(
            instants(shown(&locals).into_iter(), LayoutClock::Zone(calendar)).unwrap(),
            instants_wanted
        );
        let offset = LayoutClock::Fixed(36_000);
        assert_eq!(instants(shown(&[36_000 + 86_400]).into_iter(), offset).unwrap(), [86_400]);
    }
}
