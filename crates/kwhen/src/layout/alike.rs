//! Tables in text of one series of readings whose rows are all alike: the time is spelled the same way throughout, every row has a value,
//! and rows follow each other in one direction. They are read in one pass, without a copy of anything. Whatever is not so is left to
//! the general reader, which reads it from the start: what is given here is what that would give.

use super::channel::{Channel, Found, most_common};
use super::clock::{Shown, first_after, instants};
use super::definition::{DateOrder, DecimalMark, Label, Layout, LayoutClock, Measure, Unit};
use super::moment::{DAY, Date, Spelled, spelled};
use super::place::{Place, taken};
use super::raw::Terms;
use super::said::SeriesFound;
use super::table::Table;
use super::told::{clock_of, date_order, label_by_days, label_said};
use crate::input::digits::{magnitude, of_day};
use crate::series::{Consumption, Notices, doubts};
use crate::time::{Grid, LAST, SlotLength, Span, from_seconds};

/// Shorter files cost little either way.
const FEWEST: usize = 64;
/// Local times that have an offset, a day away from the ends of what is read.
const IN_RANGE: std::ops::Range<i64> = 2 * DAY..LAST - 2 * DAY;

/// The times of a column: seconds into the day, row by row, and from which row on which date holds.
#[derive(Default)]
struct Times {
    seconds: Vec<i64>,
    dates: Vec<(usize, Date)>,
    /// How far east of UTC the row before was, where it says that.
    offset: Option<i32>,
    shift: i64,
    /// How the row before was spelled: up to its hour, and behind its minute.
    before: Vec<u8>,
    behind: Vec<u8>,
}

impl Times {
    /// Takes the time at the front, if it is spelled as the one before it was, and gives what is behind it.
    #[inline]
    fn take_alike<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let rest = bytes.strip_prefix(self.before.as_slice()).filter(|_| !self.before.is_empty())?;
        let (time, rest) = rest.split_first_chunk::<5>()?;
        let rest = rest.strip_prefix(self.behind.as_slice())?;
        self.seconds.push(of_day(time)? - self.shift);
        Some(rest)
    }

    /// Takes the time of a row that stands in one field, and gives what is behind it.
    #[inline]
    fn take<'b>(&mut self, bytes: &'b [u8], delimiter: u8) -> Option<&'b [u8]> {
        let count = self.seconds.len();
        if let Some(rest) = self.take_alike(bytes).and_then(|rest| behind(rest, delimiter)) {
            return Some(rest);
        }
        self.seconds.truncate(count);
        let (field, rest) = field(bytes, delimiter)?;
        self.learn(field)?;
        Some(rest)
    }

    /// A time that is spelled otherwise than the one before it, if only by its date.
    #[cold]
    fn learn(&mut self, field: &[u8]) -> Option<()> {
        let (date, seconds, offset) = match spelled(std::str::from_utf8(field).ok()?)? {
            Spelled::Epoch(at) => {
                (Date::Days(i32::try_from(at.div_euclid(DAY)).ok()?), at.rem_euclid(DAY), Some(0))
            }
            Spelled::Dated { date, seconds: Some(seconds), offset } => (date, i64::from(seconds), offset),
            _ => return None,
        };
        if seconds % 60 != 0 || !self.dates.is_empty() && offset.is_some() != self.offset.is_some() {
            return None;
        }
        // An offset is taken into the seconds: it may change from row to row.
        let shift = i64::from(offset.unwrap_or(0));
        self.before.clear();
        if let Some(colon) = memchr::memchr(b':', field)
            && let Some((before, rest)) = field.split_at_checked(colon.checked_sub(2)?)
            && let Some((time, behind)) = rest.split_first_chunk::<5>()
            && of_day(time) == Some(seconds)
            // Behind it may stand AM or PM.
            && !behind.contains(&b'm')
            && !behind.contains(&b'M')
        {
            self.before.extend_from_slice(before);
            self.behind.clear();
            self.behind.extend_from_slice(behind);
        }
        (self.offset, self.shift) = (offset, shift);
        if self.dates.last().is_none_or(|(_, last)| *last != date) {
            self.dates.push((self.seconds.len(), date));
        }
        self.seconds.push(seconds - shift);
        Some(())
    }

    /// Takes the time of a row that stands in two fields.
    #[inline]
    fn take_two(&mut self, date: &[u8], time: &[u8]) -> Option<()> {
        let seconds = match time.split_first_chunk::<5>() {
            Some((time, b"" | b":00")) => of_day(time),
            _ => None,
        };
        let seconds = match seconds {
            Some(seconds) => seconds,
            None => match spelled(std::str::from_utf8(time).ok()?)? {
                Spelled::OfDay(seconds) if seconds % 60 == 0 => i64::from(seconds),
                _ => return None,
            },
        };
        if self.before != date {
            let Spelled::Dated { date: found, seconds: None | Some(0), offset: None } =
                spelled(std::str::from_utf8(date).ok()?)?
            else {
                return None;
            };
            self.before.clear();
            self.before.extend_from_slice(date);
            self.dates.push((self.seconds.len(), found));
        }
        self.seconds.push(seconds);
        Some(())
    }

    /// Seconds since 1970, as the clock shows them where no zone is said.
    fn resolved(mut self, order: DateOrder) -> Option<Vec<i64>> {
        let ends: Vec<usize> =
            self.dates.iter().skip(1).map(|(from, _)| *from).chain([self.seconds.len()]).collect();
        for ((from, date), end) in self.dates.iter().zip(ends) {
            let midnight = date.days(order)? * DAY;
            if !IN_RANGE.contains(&midnight) {
                return None;
            }
            self.seconds.get_mut(*from..end)?.iter_mut().for_each(|seconds| *seconds += midnight);
        }
        Some(self.seconds)
    }

    fn dates_of_either(&self) -> impl Iterator<Item = (u64, Date)> + '_ {
        let either = self.dates.iter().filter(|(_, date)| matches!(date, Date::Either { .. }));
        either.map(|(row, date)| (*row as u64, *date))
    }
}

/// What stands behind a field: the delimiter, or the end of its line, which is left where it is.
#[inline]
fn behind(bytes: &[u8], delimiter: u8) -> Option<&[u8]> {
    match bytes {
        [first, rest @ ..] if *first == delimiter => Some(rest),
        [b'\n', ..] | [b'\r', b'\n', ..] | [b'\r'] | [] => Some(bytes),
        [b' ', ..] => {
            let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
            match bytes.get(spaces..)? {
                [first, rest @ ..] if *first == delimiter => Some(rest),
                rest @ ([b'\n', ..] | [b'\r', b'\n', ..] | [b'\r'] | []) => Some(rest),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The field at the front, trimmed, and what is behind it.
#[inline]
fn field(bytes: &[u8], delimiter: u8) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == delimiter || *byte == b'\n').unwrap_or(bytes.len());
    let (field, rest) = bytes.split_at_checked(end)?;
    Some((field.trim_ascii(), rest.strip_prefix(&[delimiter]).unwrap_or(rest)))
}

#[inline]
fn after_spaces(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
    bytes.get(spaces..).unwrap_or(bytes)
}

/// What a column of a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Value,
    /// The time, or the date where the time of day stands in another column.
    Time,
    TimeOfDay,
    End,
    Nothing,
}

/// Reads the table; `None` where it is not as it must be.
pub(super) fn read(
    table: &Table<'_>,
    layout: &Layout,
    decimal: DecimalMark,
    places: &[Place<'_>],
    terms: &Terms<'_>,
) -> Option<Found> {
    let [place] = places else { return None };
    let (text, delimiter) = table.text()?;
    let series = place.series;
    let is_plain = !terms.is_limited
        && place.conditions.is_empty()
        && layout.meter.is_empty()
        && terms.said.meter.is_none()
        && !series.negate
        && series.plus.is_empty()
        && series.register.is_none()
        && series.unit.measure() == Measure::Reading
        && memchr::memchr(b'"', text.as_bytes()).is_none();
    if !is_plain {
        return None;
    }
    let column = |name: &String| table.column(name);
    let (start, end): (Vec<usize>, Vec<usize>) = (
        layout.start.iter().map(column).collect::<Option<_>>()?,
        layout.end.iter().map(column).collect::<Option<_>>()?,
    );
    let is_by_start = !start.is_empty();
    let main = if is_by_start { &start } else { &end };
    let mut wanted = vec![(place.column?, Holds::Value)];
    wanted.extend(main.iter().copied().zip([Holds::Time, Holds::TimeOfDay]));
    let has_two = main.len() == 2;
    let has_ends = is_by_start && !end.is_empty();
    if has_ends {
        let ([end], false) = (end.as_slice(), has_two) else { return None };
        wanted.push((*end, Holds::End));
    }
    let width = wanted.iter().map(|(column, _)| column + 1).max()?;
    let mut columns = vec![Holds::Nothing; width];
    for (column, holds) in wanted {
        let free = columns.get_mut(column).filter(|column| **column == Holds::Nothing)?;
        *free = holds;
    }
    let mark = if decimal == DecimalMark::Comma { b',' } else { b'.' };
    let (mut times, mut ends) = (Times::default(), Times::default());
    let line = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len()).max(1);
    let rows = text.len() / line + 1;
    let mut units = Vec::with_capacity(rows);
    times.seconds.reserve(rows);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        if matches!(rest, [b'\n' | b'\r', ..]) {
            // Empty lines may stand at the end.
            if rest.trim_ascii().is_empty() {
                break;
            }
            return None;
        }
        let (mut date, mut time): (&[u8], &[u8]) = (b"", b"");
        for holds in &columns {
            // A line that has too few fields gives its end again and again, which is none of these.
            rest = match holds {
                Holds::Value => {
                    let (value, after) = magnitude(after_spaces(rest), mark)?;
                    units.push(value);
                    behind(after, delimiter)?
                }
                Holds::Time if has_two => {
                    let (found, behind) = field(rest, delimiter)?;
                    date = found;
                    behind
                }
                Holds::TimeOfDay => {
                    let (found, behind) = field(rest, delimiter)?;
                    time = found;
                    behind
                }
                Holds::Time => times.take(rest, delimiter)?,
                Holds::End => ends.take(rest, delimiter)?,
                Holds::Nothing => field(rest, delimiter)?.1,
            };
        }
        if has_two {
            times.take_two(date, time)?;
        }
        rest = match rest {
            [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => rest,
            // Fields that nobody reads stand behind.
            _ => {
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                rest.get(end..)?
            }
        };
    }
    if units.len() < FEWEST {
        return None;
    }
    let mut terms = Terms { guesses: terms.guesses.clone(), ..*terms };
    settle(table, layout, place, decimal, &mut terms, times, has_ends.then_some(ends), units)
}

#[expect(clippy::too_many_arguments, reason = "what one pass over the rows gave")]
fn settle(
    table: &Table<'_>,
    layout: &Layout,
    place: &Place<'_>,
    decimal: DecimalMark,
    terms: &mut Terms<'_>,
    times: Times,
    ends: Option<Times>,
    mut units: Vec<i64>,
) -> Option<Found> {
    let order = match layout.date_order {
        Some(order) => order,
        None => date_order(|| times.dates_of_either()).ok()?,
    };
    let is_local = times.offset.is_none();
    let times = times.resolved(order)?;
    let shown = times.iter().zip(1..).map(|(local, row)| Shown { row, local: *local });
    let clock = match (is_local, layout.clock) {
        (false, _) => LayoutClock::Fixed(0),
        (true, Some(clock)) => clock,
        (true, None) => clock_of(std::iter::once(shown.clone()), terms).ok()?,
    };
    let step = usual_step(&times)?;
    let label = match label_said(layout, terms, false).ok()? {
        Some(label) => label,
        None => {
            let local = |at: i64| if is_local { at } else { at + terms.calendar.offset_at(at) };
            // The clock may show the first and the last of a night of change in another order.
            let (first, last) = (*times.iter().min()?, *times.iter().max()?);
            label_by_days(local(first), local(last), step, layout, terms).ok()?
        }
    };
    let step = layout.slot_minutes.map_or(step, |minutes| i64::from(minutes) * 60);
    if step <= 0 {
        return None;
    }
    // Ends such as 00:29 and 00:59:59 are no regular ones.
    if label == Label::End && step >= 300 {
        let first = times.iter().min()?;
        if [60, 1].iter().any(|nudge| (first + nudge).rem_euclid(step.min(1_800)) == 0) {
            return None;
        }
    }
    let mut starts = if is_local { instants(shown, clock).ok()? } else { times.clone() };
    if label == Label::End {
        starts.iter_mut().for_each(|start| *start -= step);
    }
    let length = match ends {
        None => step,
        Some(ends) => length_by_ends(&starts, &times, ends, clock, order, is_local)?,
    };
    drop(times);
    let slot = u32::try_from(length / 60).ok().and_then(|minutes| SlotLength::from_minutes(minutes).ok())?;
    if length % 60 != 0 || usual_step(&starts)? != length && layout.slot_minutes.is_none() {
        return None;
    }
    let (first, last) = (*starts.first()?, *starts.last()?);
    let is_backward = last < first;
    let follows = |pair: &[i64]| matches!(pair, [a, b] if (b < a) == is_backward && a != b);
    let is_regular = starts.windows(2).all(follows)
        && starts.iter().all(|start| (start - first) % length == 0)
        && IN_RANGE.contains(&first.min(last))
        && IN_RANGE.contains(&first.max(last));
    if !is_regular || !scale(&mut units, place.series.unit, length) {
        return None;
    }
    if units.iter().any(|units| doubts::is_beyond_a_home(*units, slot)) {
        return None;
    }
    if is_backward {
        starts.reverse();
        units.reverse();
    }
    let (first, last) = (*starts.first()?, *starts.last()?);
    let rows = units.len();
    let count = usize::try_from((last - first) / length + 1).ok()?;
    let grid = Grid::from_seconds(first, slot, count).ok()?;
    let series = Consumption::from_sorted(grid, &starts, units)?;
    let channel = Channel {
        name: place.name.clone(),
        unit: place.series.unit,
        role: place.series.role,
        vat: place.series.vat,
        preferred: place.series.preferred,
        cells: Vec::new(),
    };
    let found = SeriesFound {
        name: channel.name.clone(),
        unit: channel.unit,
        role: channel.role,
        vat: channel.vat,
        rows,
        span: Span::new(from_seconds(first), from_seconds(last + length)).ok(),
    };
    terms.guesses.extend(layout.unsure.iter().cloned());
    let is_gas = channel.unit == Unit::M3;
    let mut taken =
        taken(table, layout, terms, std::slice::from_ref(place), (label, clock, order, decimal), is_local);
    taken.runs_forward = Some(!is_backward);
    taken.is_gas |= is_gas;
    taken.series = vec![found];
    Some(Found {
        taken,
        channels: vec![channel],
        notices: Notices::default(),
        left_out_is_zero: layout.left_out_is_zero,
        snap_seconds: layout.snap_seconds,
        series: Some(series),
    })
}

/// The distance of most neighbours, where that is plain: of three in four at least.
fn usual_step(times: &[i64]) -> Option<i64> {
    let step = |pair: &[i64]| match pair {
        [a, b] => (b - a).abs(),
        _ => 0,
    };
    let pairs = || times.windows(2).map(step);
    let usual = most_common(pairs().take(256))?;
    let count = pairs().filter(|step| *step == usual).count();
    (usual > 0 && count * 4 >= times.len() * 3).then_some(usual)
}

/// The length of rows that all say an end, where that is the same of all.
fn length_by_ends(
    starts: &[i64],
    times: &[i64],
    ends: Times,
    clock: LayoutClock,
    order: DateOrder,
    is_local: bool,
) -> Option<i64> {
    if ends.offset.is_none() != is_local {
        return None;
    }
    let ends = ends.resolved(order)?;
    let usual = ends.first()? - times.first()?;
    if usual <= 0 || usual % 300 == 240 || is_local && usual > 3_600 {
        return None;
    }
    let fits = |((start, shown), end): ((&i64, &i64), &i64)| {
        // As the clock has it on paper, or on a night on which it changes.
        end - shown == usual || is_local && first_after(*end, *start, clock) == Some(start + usual)
    };
    starts.iter().zip(times).zip(&ends).all(fits).then_some(usual)
}

/// Into 10^-8 kWh; whether that is exact for all.
fn scale(units: &mut [i64], unit: Unit, length: i64) -> bool {
    let (times, by): (i64, i64) = match unit {
        Unit::Kwh | Unit::M3 => return true,
        Unit::Wh => (1, 1_000),
        Unit::Mwh => (1_000, 1),
        Unit::Kw => (length, 3_600),
        Unit::W => (length, 3_600_000),
        _ => return false,
    };
    units.iter_mut().all(|units| match units.checked_mul(times) {
        Some(product) if product % by == 0 => {
            *units = product / by;
            true
        }
        _ => false,
    })
}
