//! The API's own rows where all is regular, without a copy of anything: every row spells the same keys in the same order, times are whole
//! minutes, numbers fit, and rows follow each other in one direction. Whatever is not so is left to the general reader, which reads it
//! from the start: what this one gives is what that one would.

use super::digits::{number, of_day, whole_number};
use super::options::{EnergyUnit, PriceOptions, PriceRole, RateUnit, ReadingOptions};
use crate::series::{Consumption, RateSeries, doubts};
use crate::time::{Grid, LAST, SlotLength};
use chrono::NaiveDate;

/// What stands at a place of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// A number, the first or the second of a row.
    Number(usize),
    /// A time, likewise.
    Time(usize),
    /// Nothing: `null`, or an empty field.
    Nothing,
}

type Names = &'static [(&'static str, Field)];

const READINGS: Names = &[
    ("consumption", Field::Number(0)),
    ("interval_start", Field::Time(0)),
    ("interval_end", Field::Time(1)),
];
const RATES: Names = &[
    ("value_exc_vat", Field::Number(0)),
    ("value_inc_vat", Field::Number(1)),
    ("valid_from", Field::Time(0)),
    ("valid_to", Field::Time(1)),
    ("payment_method", Field::Nothing),
];

/// How each row is spelled: what stands before each field, and behind the last.
struct Template<'a> {
    fields: Vec<(&'a [u8], Field)>,
    tail: &'a [u8],
}

/// The values of all rows: numbers in 10^-8, times in seconds.
struct Rows {
    numbers: [Vec<i64>; 2],
    times: [Times; 2],
}

/// One time of each row. As long as each is as far from the one before it as the second is from the first, they are no list: it would be
/// as long as a fifth of the file.
#[derive(Default)]
struct Times {
    first: i64,
    step: i64,
    last: i64,
    count: usize,
    /// All of them, from the first that is not as far off on.
    listed: Vec<i64>,
}

impl Times {
    #[inline]
    fn push(&mut self, time: i64) {
        match self.count {
            0 => self.first = time,
            1 => self.step = time - self.first,
            _ => {
                if !self.listed.is_empty() {
                    self.listed.push(time);
                } else if time - self.last != self.step {
                    self.listed = self.iter().chain([time]).collect();
                }
            }
        }
        self.last = time;
        self.count += 1;
    }

    /// All of them, in the order of the rows.
    fn iter(&self) -> impl DoubleEndedIterator<Item = i64> + '_ {
        let steady = if self.listed.is_empty() { self.count } else { 0 };
        (0..steady).map(|row| self.first + self.step * row as i64).chain(self.listed.iter().copied())
    }

    /// The first and the last; `None` of no rows.
    fn ends(&self) -> Option<(i64, i64)> {
        (self.count > 0).then_some((self.first, self.last))
    }

    /// How far each is from the one before, where all are as far; `None` of fewer than two rows.
    fn steady_step(&self) -> Option<i64> {
        (self.count > 1 && self.listed.is_empty()).then_some(self.step)
    }

    /// Whether they run backwards; `None` where they run neither way throughout.
    fn is_backward(&self) -> Option<bool> {
        let (first, last) = self.ends()?;
        let is_backward = last < first;
        let mut before = None;
        let follows = |time: i64| {
            let before = before.replace(time);
            before.is_none_or(|before| before != time && (time < before) == is_backward)
        };
        let is_strict = match self.steady_step() {
            Some(step) => step != 0,
            None => self.iter().all(follows),
        };
        is_strict.then_some(is_backward)
    }
}

/// Readings, if they are regular and none is strange.
pub(super) fn consumption(bytes: &[u8], options: &ReadingOptions) -> Option<Consumption> {
    if options.unit != EnergyUnit::KilowattHours || options.most_an_hour.is_some() {
        return None;
    }
    let Rows { numbers: [mut units, _], times: [starts, ends] } = read(bytes, READINGS, 2)?;
    let ((start, last_start), (end, _)) = (starts.ends()?, ends.ends()?);
    let length = end - start;
    let slot = SlotLength::from_minutes(u32::try_from(length / 60).ok()?).ok()?;
    // A multiple of the length away from the first, for every start and end; most are one away from the row before.
    let mut before = start;
    let mut fits = |(start, end): (i64, i64)| {
        let step = start - before;
        before = start;
        end - start == length && (step == length || step == -length || step % length == 0)
    };
    let is_regular = length > 0
        && match (starts.steady_step(), ends.steady_step()) {
            (Some(step), Some(same)) => step == same && step % length == 0,
            _ => starts.iter().zip(ends.iter()).all(&mut fits),
        };
    let is_strange = units.iter().any(|units| *units < 0 || doubts::is_beyond_a_home(*units, slot));
    if !is_regular || is_strange {
        return None;
    }
    let is_backward = starts.is_backward()?;
    if is_backward {
        units.reverse();
    }
    let (first, last) = (start.min(last_start), start.max(last_start));
    let count = usize::try_from((last - first) / length + 1).ok()?;
    let grid = Grid::from_seconds(first, slot, count).ok()?;
    // Where there is a row for every slot nobody asks for its time.
    let mut listed: Vec<i64> = if count == units.len() { Vec::new() } else { starts.iter().collect() };
    if is_backward {
        listed.reverse();
    }
    Consumption::from_sorted(grid, &listed, units)
}

/// Unit rates with and without VAT, if they are regular and none is strange.
pub(super) fn unit_rates(bytes: &[u8], options: &PriceOptions) -> Option<RateSeries> {
    if options.unit != RateUnit::Pence {
        return None;
    }
    let Rows { numbers: [mut exc_vat, mut inc_vat], times: [starts, ends] } = read(bytes, RATES, 4)?;
    let is_strange = doubts::are_strange(&inc_vat)
        || match options.role {
            None => false,
            Some(PriceRole::Import) => {
                let mut rows = exc_vat.iter().zip(&inc_vat).zip(ends.iter());
                rows.any(|((exc, inc), to)| doubts::is_likely_export(*exc, *inc, to))
            }
            Some(PriceRole::Export) => exc_vat != inc_vat,
        };
    if is_strange {
        return None;
    }
    let spans = starts.iter().zip(ends.iter());
    if starts.is_backward()? {
        exc_vat.reverse();
        inc_vat.reverse();
        let mut spans: Vec<_> = spans.collect();
        spans.reverse();
        return RateSeries::from_sorted(spans.into_iter(), exc_vat, inc_vat);
    }
    RateSeries::from_sorted(spans, exc_vat, inc_vat)
}

/// Reads all rows that have these names, of which the first `needed` must be there.
fn read(bytes: &[u8], names: Names, needed: usize) -> Option<Rows> {
    match bytes.first()? {
        b'{' | b'[' => read_json(bytes, names, needed),
        _ => read_csv(bytes, names, needed),
    }
}

fn read_csv(bytes: &[u8], names: Names, needed: usize) -> Option<Rows> {
    let end = memchr::memchr(b'\n', bytes)?;
    let (header, rest) = bytes.split_at_checked(end + 1)?;
    let tail: &[u8] = if header.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let header = header.strip_suffix(tail)?;
    let mut template = Template { fields: Vec::new(), tail };
    for name in header.split(|byte| *byte == b',') {
        let before: &[u8] = if template.fields.is_empty() { b"" } else { b"," };
        template.fields.push((before, named(name, names)?));
    }
    let mut rows = Rows::with_capacity(rest.len() / 40);
    let mut clock = Clock::default();
    let mut left = rest;
    template.check(names, needed)?;
    while !left.is_empty() {
        left = rows.take(left, &template, &mut clock, b"")?;
    }
    Some(rows)
}

fn read_json(bytes: &[u8], names: Names, needed: usize) -> Option<Rows> {
    // `{"count": 1, "next": null, "previous": null, "results":`, or nothing.
    let (count, list) = match bytes.strip_prefix(b"{") {
        None => (None, bytes),
        Some(left) => {
            let (count, left) = whole_number(skip_space(after(left, &[b"\"count\"", b":"])?))?;
            let said: [&[u8]; 11] = [
                b",",
                b"\"next\"",
                b":",
                b"null",
                b",",
                b"\"previous\"",
                b":",
                b"null",
                b",",
                b"\"results\"",
                b":",
            ];
            (Some(count), skip_space(after(left, &said)?))
        }
    };
    let list = skip_space(list.strip_prefix(b"[")?);
    let template = template_of(list, names)?;
    template.check(names, needed)?;
    let mut rows = Rows::with_capacity(list.len() / 90);
    let mut clock = Clock::default();
    let mut left = rows.take(list, &template, &mut clock, b"null")?;
    // What stands between two rows stands between all.
    let between = left.get(..left.len() - skip_space(left.get(1..)?).len())?;
    while left.starts_with(b",") {
        let row = left.strip_prefix(between).filter(|row| row.starts_with(b"{"))?;
        left = rows.take(row, &template, &mut clock, b"null")?;
        if left.first() != Some(&b',') {
            break;
        }
    }
    let left = skip_space(skip_space(left).strip_prefix(b"]")?);
    let is_whole = match count {
        None => left.is_empty(),
        Some(count) => {
            let rows = i64::try_from(rows.times.first()?.count).ok()?;
            skip_space(left.strip_prefix(b"}")?).is_empty() && count == rows
        }
    };
    is_whole.then_some(rows)
}

/// What stands behind a literal; most are a comma or long.
#[inline(always)]
fn behind<'b>(bytes: &'b [u8], literal: &[u8]) -> Option<&'b [u8]> {
    match (literal, bytes) {
        ([], _) => Some(bytes),
        ([only], [first, rest @ ..]) => (only == first).then_some(rest),
        _ => bytes.strip_prefix(literal),
    }
}

/// What JSON takes for space, which is less than ASCII's.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// What stands behind the space at the front.
fn skip_space(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().take_while(|byte| is_space(**byte)).count();
    bytes.get(length..).unwrap_or_default()
}

/// What stands behind these words of JSON, with space before any.
fn after<'b>(bytes: &'b [u8], words: &[&[u8]]) -> Option<&'b [u8]> {
    words.iter().try_fold(bytes, |left, word| skip_space(left).strip_prefix(*word))
}

fn named(name: &[u8], names: Names) -> Option<Field> {
    names.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, field)| *field)
}

/// The template of rows of which this is the first.
fn template_of<'a>(row: &'a [u8], names: Names) -> Option<Template<'a>> {
    // Places are those of what is left, counted from the end.
    let between = |from: &[u8], to: &[u8]| row.get(row.len() - from.len()..row.len() - to.len());
    let mut fields = Vec::new();
    let (mut literal, mut left) = (row, row.strip_prefix(b"{")?);
    while fields.len() <= names.len() {
        // The key, and to its value.
        let key = after(left, &[b"\""])?;
        let end = memchr::memchr(b'"', key)?;
        let field = named(key.get(..end)?, names)?;
        let value = skip_space(after(key.get(end..)?, &[b"\"", b":"])?);
        let (value, length) = match field {
            Field::Time(_) => {
                let value = value.strip_prefix(b"\"")?;
                (value, memchr::memchr(b'"', value)?)
            }
            Field::Number(_) | Field::Nothing => {
                let is_behind = |byte: &u8| matches!(byte, b',' | b'}') || is_space(*byte);
                (value, value.iter().position(is_behind)?)
            }
        };
        fields.push((between(literal, value)?, field));
        literal = value.get(length..)?;
        // Behind the value: the closing quote of a time, then a comma or the end.
        let behind = if matches!(field, Field::Time(_)) { literal.get(1..)? } else { literal };
        let behind = skip_space(behind);
        match behind.split_first()? {
            (b',', rest) => left = rest,
            (b'}', rest) => return Some(Template { fields, tail: between(literal, rest)? }),
            _ => return None,
        }
    }
    None
}

impl Template<'_> {
    /// Whether no field is there twice and the first ones of the names are all there.
    fn check(&self, names: Names, needed: usize) -> Option<()> {
        let count = |wanted: Field| self.fields.iter().filter(|(_, field)| *field == wanted).count();
        let fits = names.iter().enumerate().all(|(place, (_, field))| {
            let count = count(*field);
            count == 1 || count == 0 && place >= needed
        });
        // Ends are needed too.
        (fits && count(Field::Time(1)) == 1).then_some(())
    }
}

impl Rows {
    fn with_capacity(count: usize) -> Self {
        let values = || Vec::with_capacity(count);
        Self { numbers: [values(), values()], times: <[Times; 2]>::default() }
    }

    /// Takes one row from the front.
    #[inline]
    fn take<'b>(
        &mut self,
        bytes: &'b [u8],
        template: &Template<'_>,
        clock: &mut Clock,
        nothing: &[u8],
    ) -> Option<&'b [u8]> {
        let mut left = bytes;
        for (literal, field) in &template.fields {
            left = behind(left, literal)?;
            match field {
                Field::Number(place) => {
                    let (value, rest) = number(left)?;
                    // An exponent is for the general reader.
                    if matches!(rest.first(), Some(b'e' | b'E')) {
                        return None;
                    }
                    self.numbers.get_mut(*place)?.push(value);
                    left = rest;
                }
                Field::Time(place) => {
                    let (seconds, rest) = clock.time(left)?;
                    self.times.get_mut(*place)?.push(seconds);
                    left = rest;
                }
                Field::Nothing => left = left.strip_prefix(nothing)?,
            }
        }
        match left.strip_prefix(template.tail) {
            Some(rest) => Some(rest),
            // The last line of CSV may have no end.
            None => (left.is_empty() && template.tail.ends_with(b"\n")).then_some(left),
        }
    }
}

/// Reads times, and remembers the last date: the next row has it too, most often.
#[derive(Default)]
struct Clock {
    date: [u8; 10],
    midnight: i64,
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

impl Clock {
    /// A time in whole minutes with its zone: `2026-03-29T01:00:00Z`, `…+01:00`, `…+0100`.
    #[inline]
    fn time<'b>(&mut self, bytes: &'b [u8]) -> Option<(i64, &'b [u8])> {
        let (date, left) = bytes.split_first_chunk::<10>()?;
        let (time, left) = left.split_first_chunk::<9>()?;
        let [b'T', time @ .., b':', b'0', b'0'] = time else { return None };
        if *date != self.date {
            self.midnight = midnight(date)?;
            self.date = *date;
        }
        let shown = self.midnight + of_day(time)?;
        let (offset, left) = match left {
            [b'Z', left @ ..] => (0, left),
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, left @ ..]
            | [sign @ (b'+' | b'-'), h1, h2, m1, m2, left @ ..] => {
                let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let size = hours * 3_600 + minutes * 60;
                (if *sign == b'+' { size } else { -size }, left)
            }
            _ => return None,
        };
        let seconds = shown - offset;
        (0..LAST).contains(&seconds).then_some((seconds, left))
    }
}

fn midnight(date: &[u8; 10]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else { return None };
    let year = i32::try_from(two(y1, y2)? * 100 + two(y3, y4)?).ok()?;
    let date =
        NaiveDate::from_ymd_opt(year, u32::try_from(two(m1, m2)?).ok()?, u32::try_from(two(d1, d2)?).ok()?)?;
    Some(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
}
