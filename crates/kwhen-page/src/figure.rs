//! Bars as a drawing on a page of HTML.

use super::markup::escaped;
use super::number::to_places;
use super::plot::{Key, Plot, Tick, per_cent, share};
use kwhen::time::Span;
use kwhen::{Rounding, UnitRate};
use std::fmt::Write as _;

/// What a plan does in a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing.
    #[default]
    Idle,
    /// It takes energy: ▲.
    Takes,
    /// It gives energy: ▼.
    Gives,
}

/// One column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    /// A rate or an energy in units of 10^-8, if it is known.
    pub value: Option<i64>,
    /// What is done then.
    pub mark: Mark,
    /// The time to write below, where there is room.
    pub label: Option<String>,
    /// Times of 0 are written first, others where there is room left.
    pub rank: u8,
    /// The day that starts here.
    pub day: Option<String>,
    /// When it is, in full.
    pub when: String,
    /// When it is, where it is a time.
    pub span: Option<Span>,
    /// The time and the name of the zone that holds from here, where another held before.
    pub change: Option<String>,
    /// Whether it is now.
    pub now: bool,
}

/// How wide a column is drawn, and how high the plot is, in the drawing's own units.
const COLUMN: i64 = 10;
const HEIGHT: i64 = 1000;
/// From so many columns on they stand without a gap.
const DENSE: usize = 150;
/// The least height of a bar: a thing that is very small is still to be seen.
const LEAST: i64 = 12;

/// The rows of a chart's scale: the highest and lowest, and how far they are apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) above: i64,
    pub(crate) below: i64,
    pub(crate) step: i64,
}

impl Scale {
    /// Thousandths of the plot's height from its top.
    fn y(self, value: i64) -> i64 {
        let whole = (i128::from(self.above) + i128::from(self.below)).max(1) * i128::from(self.step.max(1));
        let above = i128::from(self.above) * i128::from(self.step) - i128::from(value);
        i64::try_from(above * i128::from(HEIGHT) / whole).unwrap_or(0).clamp(0, HEIGHT)
    }
}

/// A value with the decimals that people read: two, of energy three.
pub(crate) fn shown(value: i64, unit: &str) -> String {
    let places = if unit.starts_with("kWh") { 3 } else { 2 };
    UnitRate::from_units(value)
        .map(|value| to_places(value.round(places, Rounding::HalfUp), places))
        .unwrap_or_default()
}

/// What the bars of a chart are, by their class.
fn kinds(gives: bool) -> [(&'static str, &'static str); 5] {
    [
        ("bar", "as usual"),
        ("dear", "1.5 times the mean or more"),
        ("paid", "below 0"),
        ("best", if gives { "charges" } else { "chosen" }),
        ("gives", "gives energy"),
    ]
}

/// Columns as bars.
pub(crate) fn figure(
    columns: &[Column],
    unit: &str,
    scale: Scale,
    dear: i64,
    label: impl Fn(i64) -> String,
) -> String {
    let is_of_rates = unit.ends_with("/kWh");
    let gives = columns.iter().any(|column| column.mark == Mark::Gives);
    let (mut bars, mut bands): ([String; 5], [String; 2]) = Default::default();
    let (mut lines, mut values, mut ticks) = (String::new(), Vec::new(), Vec::new());
    let gap = if columns.len() < DENSE { 1 } else { 0 };
    for (number, column) in columns.iter().enumerate() {
        let x = COLUMN * i64::try_from(number).unwrap_or(0);
        let left = per_cent(number, columns.len());
        let place = share(number, columns.len());
        if let Some(day) = &column.day {
            ticks.push(Tick { place, text: day.clone(), rank: 0 });
            if number > 0 {
                let _ = write!(lines, "<i class=\"day\" style=\"left:{left}\"></i>");
            }
        } else if let Some(time) = &column.label {
            ticks.push(Tick { place, text: time.clone(), rank: column.rank });
        }
        if let Some(change) = &column.change {
            let _ = write!(lines, "<i class=\"change\" style=\"left:{left}\"><b>{}</b></i>", escaped(change));
        }
        if column.now {
            let _ = write!(lines, "<i class=\"now\" style=\"left:{left}\"><b>now</b></i>");
        }
        let (does, band) = match column.mark {
            Mark::Idle => ("", None),
            Mark::Takes if gives => ("charges", Some(0)),
            Mark::Takes => ("chosen", Some(0)),
            Mark::Gives => ("gives", Some(1)),
        };
        if let Some(path) = band.and_then(|band| bands.get_mut(band)) {
            let _ = write!(path, "M{x} 0h{COLUMN}v10h-{COLUMN}z");
        }
        let value = column.value.map_or_else(|| "not known".to_owned(), |value| shown(value, unit));
        values.push(vec![column.when.clone(), value, does.to_owned()]);
        let Some(value) = column.value else { continue };
        let kind = match (column.mark, value) {
            (Mark::Takes, _) => 3,
            (Mark::Gives, _) => 4,
            (_, value) if value < 0 => 2,
            (_, value) if is_of_rates && value >= dear => 1,
            _ => 0,
        };
        let (top, bottom) = (scale.y(value.max(0)), scale.y(value.min(0)));
        if let Some(path) = bars.get_mut(kind) {
            let is_seen = value != 0 || is_of_rates;
            let height = (bottom - top).max(if is_seen { LEAST } else { 0 });
            let top = top.min(HEIGHT - height);
            let width = COLUMN - 2 * gap;
            let _ = write!(path, "M{} {top}h{width}v{height}h-{width}z", x + gap);
        }
    }
    let mut rows = Vec::new();
    for row in -scale.below..=scale.above {
        let top = scale.y(row * scale.step);
        let class = if row == 0 { " class=\"zero\"" } else { "" };
        let _ = write!(lines, "<i{class} style=\"top:{}.{}%\"></i>", top / 10, top % 10);
        if row % 2 == 0 {
            rows.push((top, label(row * scale.step)));
        }
    }
    let (mut drawn, mut strip) = (String::new(), String::new());
    for (class, path) in ["best", "gives"].iter().zip(&bands).filter(|(_, path)| !path.is_empty()) {
        let _ = write!(strip, "<path class=\"{class}\" d=\"{path}\"/>");
        // What is chosen is seen even where its bars have no height.
        let _ = write!(drawn, "<path class=\"band {class}\" transform=\"scale(1 100)\" d=\"{path}\"/>");
    }
    let mut key = Vec::new();
    for ((class, words), path) in kinds(gives).into_iter().zip(&bars).filter(|(_, path)| !path.is_empty()) {
        let _ = write!(drawn, "<path class=\"{class}\" d=\"{path}\"/>");
        key.push(Key { class, words: words.to_owned() });
    }
    // One kind of bars needs no key.
    if key.len() < 2 {
        key.clear();
    }
    let mut notes = Vec::new();
    if columns.iter().any(|column| column.change.is_some()) {
        notes.push("The clocks change at the dashed line; times after it are in the zone named there.");
    }
    let first = |is_it: fn(&Column) -> bool| columns.iter().position(is_it);
    Plot {
        unit: unit.to_owned(),
        said: said(columns, unit),
        notes,
        rows,
        lines,
        size: (COLUMN * i64::try_from(columns.len()).unwrap_or(1).max(1), HEIGHT),
        drawn,
        strip,
        ticks,
        key,
        first: first(|column| column.now).or_else(|| first(|column| column.mark != Mark::Idle)).unwrap_or(0),
        heads: vec![
            ("when".to_owned(), false),
            (unit.to_owned(), true),
            (if bands.iter().all(String::is_empty) { "" } else { "plan" }.to_owned(), false),
        ],
        values,
    }
    .html()
}

/// What is to be seen: from when to when, the highest and the lowest.
fn said(columns: &[Column], unit: &str) -> String {
    let known = || columns.iter().filter_map(|column| column.value.map(|value| (value, column)));
    // The first of equals.
    let (Some(highest), Some(lowest)) =
        (known().rev().max_by_key(|(value, _)| *value), known().min_by_key(|(value, _)| *value))
    else {
        return "nothing is known".to_owned();
    };
    if highest.0 == lowest.0 {
        return format!("{} throughout", shown(highest.0, unit));
    }
    format!(
        "highest {}, {}; lowest {}, {}",
        shown(highest.0, unit),
        highest.1.when,
        shown(lowest.0, unit),
        lowest.1.when
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_from_its_highest_line_to_its_lowest() {
        let scale = Scale { above: 3, below: 1, step: 10 };
        assert_eq!([30, 0, -10, 10].map(|value| scale.y(value)), [0, 750, 1000, 500]);
        let flat = Scale { above: 0, below: 0, step: 1 };
        assert_eq!(flat.y(0), 0);
    }

    #[test]
    fn a_chart_is_said_in_words() {
        let column =
            |value: Option<i64>, when: &str| Column { value, when: when.to_owned(), ..Column::default() };
        let penny = 100_000_000;
        let columns = [
            column(Some(3 * penny), "a"),
            column(None, "b"),
            column(Some(-penny), "c"),
            column(Some(3 * penny), "d"),
        ];
        assert_eq!(said(&columns, "p/kWh"), "highest 3.00, a; lowest -1.00, c");
        assert_eq!(said(&columns[..1], "kWh stored"), "3.000 throughout");
        assert_eq!(said(&columns[1..2], "p/kWh"), "nothing is known");
    }
}
