//! When rows of prices end that come with starts alone: each lasts until the next one begins.

use super::notice::{Notice, NoticeKind};
use super::row::OPEN_END;
use super::{PaymentMethod, PriceRow, Prices};
use crate::error::Result;
use crate::time::{Calendar, seconds};
use chrono::{DateTime, Datelike as _, Days, Months, NaiveTime, TimeDelta, Utc};

/// How long a price lasts that is the only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alone {
    /// A half-hour: a unit rate.
    HalfHour,
    /// From then on: a standing charge.
    FromThenOn,
}

/// How far apart the starts of a list are: the shortest distance, on the clock of a calendar where they follow that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cadence {
    /// From the first of a month to that of another.
    Months(u32),
    /// From a local time to the same of another day.
    Days(u64),
    Seconds(i64),
}

/// A list of steps no longer than this is one of slots, in which a price that is left out repeats the one before it …
const LONGEST_SLOT: i64 = 3_600;
/// … but for no longer than this: day-ahead prices are made a day at a time, and what is longer is a hole.
const LONGEST_REPEAT: i64 = 86_400;

impl Cadence {
    /// Of starts in order, none twice.
    fn of(starts: &[DateTime<Utc>], calendar: &Calendar) -> Option<Self> {
        let pairs = || starts.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
        let local: Vec<_> = starts.iter().map(|start| calendar.local(*start)).collect();
        let local_pairs = || local.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
        let time = local.first()?.time();
        if local.iter().all(|local| local.time() == time) {
            let months = |date: chrono::NaiveDateTime| date.year() * 12 + date.month0() as i32;
            if time == NaiveTime::MIN && local.iter().all(|local| local.day() == 1) {
                let shortest =
                    local_pairs().map(|(a, b)| months(b) - months(a)).filter(|step| *step > 0).min();
                return shortest.and_then(|months| u32::try_from(months).ok()).map(Self::Months);
            }
            let shortest =
                local_pairs().map(|(a, b)| (b.date() - a.date()).num_days()).filter(|step| *step > 0).min();
            return shortest.and_then(|days| u64::try_from(days).ok()).map(Self::Days);
        }
        pairs().map(|(a, b)| (b - a).num_seconds()).filter(|step| *step > 0).min().map(Self::Seconds)
    }

    /// One step after a start.
    fn after(self, start: DateTime<Utc>, calendar: &Calendar) -> Option<DateTime<Utc>> {
        let local = calendar.local(start);
        let later = match self {
            Self::Months(months) => local.checked_add_months(Months::new(months)),
            Self::Days(days) => local.checked_add_days(Days::new(days)),
            Self::Seconds(length) => return start.checked_add_signed(TimeDelta::seconds(length)),
        };
        calendar.instant_of(later?).ok()
    }

    /// The longest that a price may hold for in a list of slots with these starts; `None` where it is no such list.
    ///
    /// A list in which nine of ten steps or more are one slot names every slot: what it lacks is a hole. One with fewer leaves out what
    /// repeats the price before it.
    fn longest_in_slots(self, starts: &[DateTime<Utc>]) -> Option<i64> {
        let Self::Seconds(slot) = self else { return None };
        let steps = || starts.windows(2).filter_map(|pair| Some(*pair.last()? - *pair.first()?));
        let (alike, count) = (steps().filter(|step| step.num_seconds() == slot).count(), steps().count());
        (slot <= LONGEST_SLOT && alike * 2 > count)
            .then(|| if alike * 10 >= count * 9 { slot } else { LONGEST_REPEAT })
    }
}

/// When each price ends of a source that gives starts alone, in the order of the starts: where the next one begins; the last after the
/// shortest distance of the list, on the clock of a calendar where the list follows it, and after half an hour where it is the only one. In
/// a list of slots (most of them alike, an hour or less) a price that nothing follows for more than a day lasts one slot; so does any that
/// the next slot does not follow where nine of ten do.
///
/// An error for a start outside 1970-2099.
pub fn implied_ends(starts: &[DateTime<Utc>], calendar: &Calendar) -> Result<Vec<DateTime<Utc>>> {
    let row = |(start, row): (&DateTime<Utc>, u64)| PriceRow {
        row,
        valid_from: Some(*start),
        valid_to: None,
        prices: Prices::Inclusive(()),
        payment_method: None,
    };
    let mut rows: Vec<PriceRow<()>> = starts.iter().zip(1..).map(row).collect();
    close(&mut rows, calendar, Alone::HalfHour)?;
    Ok(rows.into_iter().map(|row| row.valid_to.unwrap_or_default()).collect())
}

/// Gives each row without an end the start of the next one of its payment method. The last lasts as long as the shortest of the list,
/// which is said. In a list of slots a row that nothing follows for more than a day, or for more than a slot where nearly all are followed,
/// lasts one slot, and what follows is a hole.
pub(crate) fn close<T>(rows: &mut [PriceRow<T>], calendar: &Calendar, alone: Alone) -> Result<Vec<Notice>> {
    let mut methods: Vec<Option<PaymentMethod>> = rows.iter().map(|row| row.payment_method.clone()).collect();
    methods.sort();
    methods.dedup();
    let mut notices = Vec::new();
    for method in methods {
        let mut group: Vec<&mut PriceRow<T>> =
            rows.iter_mut().filter(|row| row.payment_method == method).collect();
        group.sort_by_key(|row| (row.valid_from, row.row));
        close_group(&mut group, calendar, alone, &mut notices)?;
    }
    Ok(notices)
}

fn close_group<T>(
    rows: &mut [&mut PriceRow<T>],
    calendar: &Calendar,
    alone: Alone,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    let mut starts: Vec<DateTime<Utc>> = rows.iter().filter_map(|row| row.valid_from).collect();
    for row in rows.iter() {
        let checked = row.valid_from.map_or(Ok(0), seconds);
        checked.map_err(|error| error.in_field("valid_from").in_row(row.row))?;
    }
    starts.dedup();
    let cadence = Cadence::of(&starts, calendar);
    let longest = cadence.and_then(|cadence| cadence.longest_in_slots(&starts));
    let (mut repeats, mut holes) = (Vec::new(), Vec::new());
    let mut last = None;
    for row in rows.iter_mut() {
        let next = match row.valid_from {
            None => starts.first(),
            Some(from) => starts.get(starts.partition_point(|start| *start <= from)),
        };
        let one_step = row.valid_from.and_then(|from| cadence?.after(from, calendar));
        row.valid_to = match (next, row.valid_from) {
            (Some(next), Some(from))
                if longest.is_some_and(|longest| (*next - from).num_seconds() > longest) =>
            {
                holes.push(row.row);
                one_step
            }
            (Some(next), _) => {
                if one_step.is_some_and(|step| step < *next) {
                    repeats.push(row.row);
                }
                Some(*next)
            }
            (None, Some(from)) => {
                let until = match (one_step, alone) {
                    (Some(until), _) => Some(until),
                    (None, Alone::HalfHour) => from.checked_add_signed(TimeDelta::minutes(30)),
                    (None, Alone::FromThenOn) => DateTime::from_timestamp(OPEN_END, 0),
                };
                last = until.map(|until| (from.timestamp(), until.timestamp(), row.row));
                until
            }
            (None, None) => None,
        };
    }
    let listed = |kind, rows: Vec<u64>| {
        let first_row = rows.iter().copied().min()?;
        Some(Notice { kind, count: rows.len(), first_row })
    };
    notices.extend(listed(NoticeKind::HeldUntilNext, repeats));
    notices.extend(listed(NoticeKind::HoleAfter, holes));
    notices.extend(last.map(|(from, until, row)| Notice {
        kind: NoticeKind::LastEndAssumed { from, until },
        count: 1,
        first_row: row,
    }));
    Ok(())
}
