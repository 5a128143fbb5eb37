//! A bar chart of rates over time, for a terminal: one column a slot, bars below zero too, the chosen time marked.

use super::figure::{Column, Mark, Scale, figure};
use super::markup::fragment;
use super::number;
use super::style::{CHOSEN, DEAR, FAINT, NEGATIVE, PLAIN, Palette, WARNING};
use anstyle::Style;
use kwhen::UnitRate;

/// The sign of what is done in a column.
const fn sign(mark: Mark) -> char {
    match mark {
        Mark::Idle => ' ',
        Mark::Takes => '▲',
        Mark::Gives => '▼',
    }
}

/// Its style.
const fn style_of(mark: Mark) -> Option<Style> {
    match mark {
        Mark::Idle => None,
        Mark::Takes => Some(CHOSEN),
        Mark::Gives => Some(WARNING),
    }
}

/// Rows that bars take at most.
const HEIGHT: i64 = 11;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the columns; `unit` names the vertical axis.
pub(crate) fn bars(columns: &[Column], unit: &str, palette: Palette) -> String {
    let known = || columns.iter().filter_map(|column| column.value);
    let (highest, lowest) = (known().max().unwrap_or(0).max(0), known().min().unwrap_or(0).min(0));
    let step = step_of(highest, lowest);
    let (above, below) = (ceiling(highest, step), ceiling(-lowest, step));
    let dear = dear_from(columns);
    if palette.is_html() {
        return fragment(&figure(columns, unit, Scale { above, below, step }, dear, label)) + "\n";
    }
    if palette.is_plain() {
        return in_words(columns, unit);
    }

    let labels: Vec<String> = (-below..=above).rev().map(|row| label(row * step)).collect();
    let margin = labels.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(3);

    let mut lines = vec![palette.paint(FAINT, &format!("{unit:>margin$}"))];
    for (row, text) in (-below..=above).rev().zip(&labels) {
        let shown = if row % 2 == 0 { text.as_str() } else { "" };
        let axis = match (row, shown) {
            (0, _) => '┼',
            (_, "") => '│',
            _ => '┤',
        };
        let mut line = palette.paint(FAINT, &format!("{shown:>margin$} {axis}"));
        line.push_str(&painted(columns.iter().map(|column| mark(column, row, step, dear)), palette));
        lines.push(line);
    }
    let indent = " ".repeat(margin + 2);
    if columns.iter().any(|column| column.mark != Mark::Idle) {
        let marks =
            columns.iter().map(|column| (sign(column.mark), style_of(column.mark).unwrap_or_default()));
        lines.push(format!("{indent}{}", painted(marks, palette)));
    }
    let times =
        time_axis(columns, palette.width().map_or(usize::MAX, |width| width.saturating_sub(margin + 2)));
    if !times.is_empty() {
        lines.push(format!("{indent}{}", palette.paint(FAINT, &times)));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Marks of one style are painted together, and blanks at the end are not written.
fn painted(marks: impl Iterator<Item = (char, Style)>, palette: Palette) -> String {
    let mut text = String::new();
    let (mut run, mut style) = (String::new(), Style::new());
    let mut blanks = 0;
    for (mark, next) in marks {
        if mark == ' ' {
            blanks += 1;
            continue;
        }
        if next != style {
            text.push_str(&palette.paint(style, &run));
            run.clear();
            style = next;
        }
        run.push_str(&" ".repeat(blanks));
        run.push(mark);
        blanks = 0;
    }
    text + &palette.paint(style, &run)
}

/// The character of a column in a row; row 0 is the axis, row 1 the first above it.
fn mark(column: &Column, row: i64, step: i64, dear: i64) -> (char, Style) {
    let Some(rate) = column.value else {
        return if row == 0 { ('·', FAINT) } else { (' ', Style::new()) };
    };
    let style = match rate {
        rate if rate < 0 => NEGATIVE,
        rate if rate >= dear => DEAR,
        _ => PLAIN,
    };
    let style = style_of(column.mark).unwrap_or(style);
    match row {
        0 => ('─', style_of(column.mark).unwrap_or(FAINT)),
        row if row > 0 => {
            let filled = (rate.max(0) - (row - 1) * step).clamp(0, step);
            // Whatever reaches into a row leaves a trace there.
            let eighths = ((filled * 8 + step / 2) / step).max(i64::from(filled > 0));
            (
                usize::try_from(eighths)
                    .ok()
                    .and_then(|eighths| EIGHTHS.get(eighths))
                    .copied()
                    .unwrap_or(' '),
                style,
            )
        }
        row => {
            let filled = ((-rate).max(0) - (-row - 1) * step).clamp(0, step);
            let mark = match (filled * 8 + step / 2) / step {
                0 if filled == 0 => ' ',
                0..=2 => '▔',
                3..=5 => '▀',
                _ => '█',
            };
            (mark, style)
        }
    }
}

/// Rates from here on are drawn as dear: half as much again as the mean.
fn dear_from(columns: &[Column]) -> i64 {
    let (count, sum) = columns
        .iter()
        .filter_map(|column| column.value)
        .fold((0_i128, 0_i128), |(count, sum), value| (count + 1, sum + i128::from(value)));
    let from = if count == 0 { 0 } else { sum * 3 / (2 * count) };
    i64::try_from(from).unwrap_or(i64::MAX).max(1)
}

/// The smallest of 1, 2 and 5 times a power of ten that needs no more than [`HEIGHT`] rows.
fn step_of(highest: i64, lowest: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if ceiling(highest, step) + ceiling(-lowest, step) <= HEIGHT {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn ceiling(amount: i64, step: i64) -> i64 {
    amount / step + i64::from(amount % step != 0)
}

fn label(units: i64) -> String {
    UnitRate::from_units(units).map(|rate| rate.to_string()).unwrap_or_default()
}

/// What a chart shows that is not drawn: its extremes.
fn in_words(columns: &[Column], unit: &str) -> String {
    let known = || columns.iter().filter_map(|column| Some((column.value?, &column.when)));
    let said = |(value, when): (i64, &String)| {
        let value = UnitRate::from_units(value).map(number::rate).unwrap_or_default();
        if when.is_empty() { value } else { format!("{value} on {when}") }
    };
    let (Some(least), Some(most)) =
        (known().min_by_key(|(value, _)| *value), known().max_by_key(|(value, _)| *value))
    else {
        return format!("{unit}: nothing is known.\n");
    };
    format!("{unit}: at the least {}, at the most {}.\n", said(least), said(most))
}

/// The times below, each where its column is, as far as they do not run into each other or over the end of a line.
fn time_axis(columns: &[Column], most: usize) -> String {
    let mut axis = String::new();
    let mut end = 0;
    for (place, column) in columns.iter().enumerate() {
        let Some(label) = &column.label else { continue };
        let length = label.chars().count();
        if (place == 0 || place > end) && place + length <= most {
            axis.push_str(&" ".repeat(place - end));
            axis.push_str(label);
            end = place + length;
        }
    }
    axis
}

/// A bar of the table beside it: `part` of `whole` in so many characters, eighths included.
pub(crate) fn bar(part: i128, whole: i128, width: i128) -> String {
    if whole <= 0 || part <= 0 {
        return String::new();
    }
    let eighths = part.min(whole).saturating_mul(width * 8) / whole;
    let full = usize::try_from(eighths / 8).unwrap_or(0);
    let rest = usize::try_from(eighths % 8).unwrap_or(0);
    const LEFT: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    "█".repeat(full) + LEFT.get(rest).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rates: &[&str], chosen: std::ops::Range<usize>) -> Vec<Column> {
        rates
            .iter()
            .enumerate()
            .map(|(place, rate)| Column {
                value: rate.parse().ok().map(UnitRate::units),
                mark: if chosen.contains(&place) { Mark::Takes } else { Mark::Idle },
                label: (place % 3 == 0).then(|| format!("{place:02}")),
                ..Column::default()
            })
            .collect()
    }

    #[test]
    fn bars_stand_above_and_hang_below_the_axis() {
        let chart = bars(
            &columns(&["20", "10", "5", "-5", "-2.5", "", "0", "0.1"], 3..5),
            "p/kWh",
            Palette::new(false),
        );
        let expected = "\
p/kWh
 20 ┤█
    │█
 10 ┤██
    │███    ▁
  0 ┼─────·──
    │   █▀
        ▲▲
     00 03 06
";
        assert_eq!(chart, expected, "{chart}");
    }

    #[test]
    fn a_chart_of_nothing_or_of_extremes_is_still_a_chart() {
        for rates in [vec![], vec!["0"], vec![""], vec!["1000000000", "-1000000000"], vec!["0.00000001"]] {
            let chart = bars(&columns(&rates, 0..1), "p/kWh", Palette::new(false));
            assert!(chart.lines().count() >= 2 && chart.lines().count() < 20, "{chart}");
        }
    }

    #[test]
    fn small_bars_keep_their_share() {
        assert_eq!(bar(1, 2, 4), "██");
        assert_eq!(bar(1, 16, 2), "▏");
        assert_eq!((bar(0, 5, 4), bar(-1, 5, 4), bar(9, 5, 1)), (String::new(), String::new(), "█".into()));
    }
}
