//! Many days as a drawing on a page of HTML: a column a day from midnight at the top, coloured by half-hours.

use super::figure::{Mark, shown};
use super::markup::fragment;
use super::plot::{Key, Plot, Tick, per_cent, share};
use super::when::Clock;
use chrono::{Datelike as _, NaiveDate, Timelike as _};
use kwhen::time::{Calendar, Grid, PeriodKind, Span};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// Rows of a day at most; shorter slots share one.
const ROWS: usize = 48;
/// How wide a day is drawn: two, for the hour that comes twice.
const DAY: i64 = 2;
/// From so many days on the months are written below, not the days.
const MONTHS: usize = 62;

/// The colours of values, from low to high.
const RAMP: [&str; 6] = ["h0", "h1", "h2", "h3", "h4", "h5"];
/// Below zero, and what a plan does.
const BELOW: usize = RAMP.len();
const TAKES: usize = BELOW + 1;
const GIVES: usize = TAKES + 1;
const KINDS: usize = GIVES + 1;

/// Days of slots, by what each is.
#[derive(Debug)]
pub(crate) struct Days<'a> {
    /// The slots.
    pub grid: &'a Grid,
    /// Those that are shown.
    pub shown: Span,
    /// On whose clock.
    pub calendar: Calendar,
}

impl Days<'_> {
    /// Values, such as rates, in colours from low to high; what a plan does is in its own, `chosen` saying what it is to take.
    pub(crate) fn values(
        &self,
        value: impl Fn(usize) -> Option<i64>,
        mark: impl Fn(Span) -> Mark,
        unit: &str,
        chosen: &str,
    ) -> String {
        let known: Vec<i64> = self.grid.slots_starting_in(self.shown).filter_map(&value).collect();
        let bounds = bounds(known.clone());
        let kind = |slots: Range<usize>| {
            let marks = slots.clone().filter_map(|index| self.grid.slot(index)).map(|slot| mark(slot.span));
            match marks.fold(Mark::Idle, |found, mark| if found == Mark::Idle { mark } else { found }) {
                Mark::Takes => return Some(TAKES),
                Mark::Gives => return Some(GIVES),
                Mark::Idle => {}
            }
            let mean = mean(slots.map(&value))?;
            Some(if mean < 0 {
                BELOW
            } else {
                ramp(bounds.iter().filter(|bound| mean >= **bound).count(), bounds.len())
            })
        };
        let heads = [unit.to_owned() + " avg", "lowest".to_owned(), "highest".to_owned()];
        let of_day = |slots: Range<usize>| {
            let known: Vec<i64> = slots.filter_map(&value).collect();
            let text =
                |value: Option<i64>| value.map_or_else(|| "not known".to_owned(), |value| shown(value, unit));
            vec![
                text(mean(known.iter().copied().map(Some))),
                text(known.iter().min().copied()),
                text(known.iter().max().copied()),
            ]
        };
        let mut words: BTreeMap<usize, String> = ranges(&bounds, unit);
        words.insert(BELOW, "below 0".to_owned());
        words.insert(TAKES, chosen.to_owned());
        words.insert(GIVES, "gives energy".to_owned());
        let said = match (known.iter().max(), known.iter().min()) {
            (Some(most), Some(least)) => {
                format!("highest {}, lowest {}", shown(*most, unit), shown(*least, unit))
            }
            _ => "nothing is known".to_owned(),
        };
        self.drawn(kind, &words, unit, &said, heads.to_vec(), of_day)
    }

    /// What a plan does; `of_day` has the values of a day's slots under the heads.
    pub(crate) fn marks(
        &self,
        mark: impl Fn(Span) -> Mark,
        title: &str,
        heads: &[&str],
        of_day: impl Fn(Range<usize>) -> Vec<String>,
    ) -> String {
        let kind = |mut slots: Range<usize>| {
            let found = slots.find_map(|index| {
                let mark = mark(self.grid.slot(index)?.span);
                (mark != Mark::Idle).then_some(mark)
            })?;
            Some(if found == Mark::Takes { TAKES } else { GIVES })
        };
        let words = BTreeMap::from([(TAKES, "charges".to_owned()), (GIVES, "gives energy".to_owned())]);
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        self.drawn(kind, &words, title, "by day and time of day", heads, of_day)
    }

    fn drawn(
        &self,
        kind: impl Fn(Range<usize>) -> Option<usize>,
        words: &BTreeMap<usize, String>,
        unit: &str,
        said: &str,
        heads: Vec<String>,
        of_day: impl Fn(Range<usize>) -> Vec<String>,
    ) -> String {
        let days = self.calendar.cut(PeriodKind::Day, self.shown).unwrap_or_default();
        let mut paths: [Paths; KINDS] = Default::default();
        let (mut ticks, mut lines, mut values) = (Vec::new(), String::new(), Vec::new());
        for (number, day) in days.iter().enumerate() {
            let slots = self.grid.slots_starting_in(day.span);
            self.column(number, slots.clone(), &kind, &mut paths);
            let date = self.calendar.local(day.span.from()).date();
            let starts_month = date.day() == 1;
            if starts_month && number > 0 {
                let _ =
                    write!(lines, "<i class=\"day\" style=\"left:{}\"></i>", per_cent(number, days.len()));
            }
            if let Some(text) = tick(date, number, days.len()) {
                ticks.push(Tick { place: share(number, days.len()), text, rank: 0 });
            }
            let mut row = vec![Clock(self.calendar).date(day.span.from())];
            row.extend(of_day(slots));
            values.push(row);
        }
        let (mut drawn, mut key) = (String::new(), Vec::new());
        let classes = RAMP.iter().copied().chain(["paid", "best", "gives"]);
        // Below zero comes first, then from low to high, then what is done.
        let mut shown: Vec<(usize, &'static str)> = classes.enumerate().collect();
        shown.sort_by_key(|(kind, _)| (*kind != BELOW, *kind));
        for (kind, class) in shown {
            let Some(paths) = paths.get(kind).filter(|paths| !paths.is_empty()) else { continue };
            let _ = write!(drawn, "<path class=\"run {class}\" d=\"{}\"/>", paths.whole);
            if !paths.halves.is_empty() {
                let _ = write!(drawn, "<path class=\"{class}\" d=\"{}\"/>", paths.halves);
            }
            key.push(Key { class, words: words.get(&kind).cloned().unwrap_or_default() });
        }
        let two = paths.iter().any(|paths| !paths.halves.is_empty());
        let plot = Plot {
            unit: unit.to_owned(),
            said: format!("{said}. A column is a day, midnight at the top"),
            notes: two
                .then_some("Where the clocks go back, the hour that comes twice stands side by side.")
                .into_iter()
                .collect(),
            rows: [0_i64, 6, 12, 18].map(|hour| (hour * 1000 / 24, format!("{hour:02}:00"))).into(),
            lines,
            size: (DAY * i64::try_from(days.len()).unwrap_or(1).max(1), i64::try_from(ROWS).unwrap_or(48)),
            drawn,
            strip: String::new(),
            ticks,
            key,
            first: 0,
            heads: std::iter::once(("day".to_owned(), false))
                .chain(heads.into_iter().map(|head| (head, true)))
                .collect(),
            values,
        };
        fragment(&plot.html()) + "\n"
    }

    /// The cells of a day, each where it is on the clock; equal ones one below the other are drawn as one.
    fn column(
        &self,
        number: usize,
        slots: Range<usize>,
        kind: impl Fn(Range<usize>) -> Option<usize>,
        paths: &mut [Paths; KINDS],
    ) {
        let minutes = usize::try_from(self.grid.slot_length().minutes()).unwrap_or(30).max(1);
        let joined = (24 * 60 / ROWS).div_ceil(minutes).max(1);
        let height = (minutes * joined * ROWS / (24 * 60)).max(1);
        let mut cells: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for first in slots.clone().step_by(joined) {
            let Some(slot) = self.grid.slot(first) else { continue };
            let Some(kind) = kind(first..(first + joined).min(slots.end)) else { continue };
            let local = self.calendar.local(slot.span.from());
            let minute = usize::try_from(local.num_seconds_from_midnight() / 60).unwrap_or(0);
            cells.entry(minute * ROWS / (24 * 60)).or_default().push(kind);
        }
        let x = DAY * i64::try_from(number).unwrap_or(0);
        let mut run: Option<(usize, usize, usize)> = None;
        let mut close = |run: Option<(usize, usize, usize)>| {
            if let Some((kind, from, to)) = run
                && let Some(paths) = paths.get_mut(kind)
            {
                let _ = write!(paths.whole, "M{} {from}v{}", x + 1, to - from);
            }
        };
        let mut halves: Vec<(usize, i64, usize)> = Vec::new();
        for (row, kinds) in cells {
            match kinds.as_slice() {
                [one] => match &mut run {
                    Some((kind, _, to)) if kind == one && *to == row => *to += height,
                    _ => {
                        close(run);
                        run = Some((*one, row, row + height));
                    }
                },
                twice => {
                    halves.extend((0_i64..).zip(twice.iter().take(2)).map(|(side, kind)| (*kind, side, row)))
                }
            }
        }
        close(run);
        for (kind, side, row) in halves {
            if let Some(paths) = paths.get_mut(kind) {
                let _ = write!(paths.halves, "M{} {row}h1v{height}h-1z", x + side);
            }
        }
    }
}

/// What is drawn in one colour: runs down the whole width of a day as lines, and halves of it as areas.
#[derive(Debug, Default)]
struct Paths {
    whole: String,
    halves: String,
}

impl Paths {
    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.halves.is_empty()
    }
}

/// The day or the month below a column.
fn tick(date: NaiveDate, number: usize, days: usize) -> Option<String> {
    if days < MONTHS {
        return Some(date.format("%-d %b").to_string());
    }
    let format = if date.month() == 1 || number == 0 { "%b %Y" } else { "%b" };
    (date.day() == 1 || number == 0).then(|| date.format(format).to_string())
}

/// The mean; `None` where a value is missing.
fn mean(values: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    let (mut number, mut sum) = (0_i128, 0_i128);
    for value in values {
        number += 1;
        sum += i128::from(value?);
    }
    i64::try_from(sum.checked_div(number)?).ok()
}

/// Where one colour ends and the next begins: near the 10th, 30th, 50th, 70th and 90th hundredth of the values from zero on, at numbers of
/// two digits.
fn bounds(mut values: Vec<i64>) -> Vec<i64> {
    values.retain(|value| *value >= 0);
    values.sort_unstable();
    let mut bounds: Vec<i64> = [10, 30, 50, 70, 90]
        .into_iter()
        .filter_map(|per_cent| values.get(values.len() * per_cent / 100).copied().map(two_digits))
        .filter(|bound| *bound > 0)
        .collect();
    bounds.dedup();
    bounds
}

/// Rounded down to two digits.
fn two_digits(value: i64) -> i64 {
    let mut power = 1_i64;
    while value / power >= 100 {
        power = power.saturating_mul(10);
    }
    value / power * power
}

/// The colour of the range with this number, of one more than so many bounds: from one end of the ramp to the other.
fn ramp(range: usize, bounds: usize) -> usize {
    (range * (RAMP.len() - 1)).checked_div(bounds).unwrap_or(RAMP.len() / 2)
}

/// Each colour in words.
fn ranges(bounds: &[i64], unit: &str) -> BTreeMap<usize, String> {
    let text = |value: i64| {
        let text = shown(value, unit);
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        text.to_owned()
    };
    (0..=bounds.len())
        .map(|range| {
            let low = range.checked_sub(1).and_then(|before| bounds.get(before));
            let words = match (low, bounds.get(range)) {
                (None, None) => "as usual".to_owned(),
                (None, Some(to)) => format!("to {}", text(*to)),
                (Some(from), Some(to)) => format!("{} to {}", text(*from), text(*to)),
                (Some(from), None) => format!("{} and more", text(*from)),
            };
            (ramp(range, bounds.len()), words)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::{SlotLength, parse_instant};

    const PENNY: i64 = 100_000_000;

    #[test]
    fn colours_lie_between_round_numbers() {
        let values: Vec<i64> = (0..100).map(|number| number * PENNY + 1).chain([-PENNY]).collect();
        let bounds = bounds(values);
        assert_eq!(bounds, [10, 30, 50, 70, 90].map(|bound| bound * PENNY));
        assert_eq!((0..=5).map(|range| ramp(range, 5)).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(ranges(&bounds, "p/kWh").values().next_back().unwrap(), "90 and more");
        // One rate throughout has one bound, and two colours at the ends of the ramp.
        assert_eq!(super::bounds(vec![14 * PENNY; 10]), [14 * PENNY]);
        assert_eq!((ramp(0, 1), ramp(1, 1), ramp(0, 0)), (0, 5, 3));
        assert_eq!(super::bounds(Vec::new()), [0_i64; 0]);
    }

    #[test]
    fn the_hour_that_comes_twice_stands_side_by_side_and_the_one_that_is_left_out_is_empty() {
        let calendar = Calendar::great_britain();
        let page = |date: &str, days: usize| {
            let from = calendar.day(date.parse().unwrap()).unwrap().from();
            let grid = Grid::new(from, SlotLength::HALF_HOUR, 48 * days).unwrap();
            let days = Days { grid: &grid, shown: grid.span().unwrap(), calendar };
            // Rates that change at 01:00 UTC, where the clocks change.
            let turn = parse_instant(&format!("{date}T01:00:00Z")).unwrap();
            let value =
                |index: usize| Some(if grid.slot(index)?.span.from() < turn { PENNY } else { 9 * PENNY });
            days.values(value, |_| Mark::Idle, "p/kWh", "chosen")
        };
        // Dear from the second 01:00 on: the left half of that hour is cheap, the right half dear, the rest of the night dear.
        let autumn = page("2026-10-25", 1);
        for part in
            ["d=\"M0 2h1v1h-1zM0 3h1v1h-1z\"", "d=\"M1 2h1v1h-1zM1 3h1v1h-1z\"", "M1 0v2", "side by side"]
        {
            assert!(autumn.contains(part), "{part}: {autumn}");
        }
        // In spring nothing stands between 01:00 and 02:00.
        let spring = page("2026-03-29", 1);
        assert!(
            spring.contains("M1 0v2\"") && spring.contains("M1 4v44") && !spring.contains("side by side"),
            "{spring}"
        );
    }

    #[test]
    fn a_year_has_its_months_below() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(tick(date("2025-11-05"), 0, 365).as_deref(), Some("Nov 2025"));
        assert_eq!(tick(date("2025-12-01"), 26, 365).as_deref(), Some("Dec"));
        assert_eq!(tick(date("2026-01-01"), 57, 365).as_deref(), Some("Jan 2026"));
        assert_eq!(tick(date("2026-01-02"), 58, 365), None);
        assert_eq!(tick(date("2026-01-02"), 5, 30).as_deref(), Some("2 Jan"));
    }
}
