//! A chart as a drawing on a page of HTML.

use super::markup::escaped;
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
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// A rate or an energy in units of 10^-8, if it is known.
    pub value: Option<i64>,
    /// What is done then.
    pub mark: Mark,
    /// The time to write below, where there is room.
    pub label: Option<String>,
    /// When it is, in full.
    pub when: String,
    /// The name of the zone that holds from here, where another held before.
    pub change: Option<String>,
}

/// How wide a column is drawn, and how high the plot is, in the drawing's own units.
const COLUMN: i64 = 10;
const HEIGHT: i64 = 1000;
/// How many times stand below a chart on a wide page and on a narrow one.
const TIMES: (usize, usize) = (9, 4);

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

/// Columns as a drawing, with a slider that tells each value and a table of them all.
pub(crate) fn figure(
    columns: &[Column],
    unit: &str,
    scale: Scale,
    dear: i64,
    label: impl Fn(i64) -> String,
) -> String {
    let is_of_rates = unit.ends_with("/kWh");
    let gives = columns.iter().any(|column| column.mark == Mark::Gives);
    let kinds: [(&str, &str); 5] = [
        ("bar", "as usual"),
        ("dear", "half as much again as the mean, or more"),
        ("paid", "below 0"),
        ("best", if gives { "charges" } else { "chosen" }),
        ("gives", "gives energy"),
    ];
    let (mut bars, mut strips): ([String; 5], [String; 2]) = Default::default();
    let (mut lines, mut times, mut rows) = (String::new(), String::new(), String::new());
    let width = COLUMN * i64::try_from(columns.len()).unwrap_or(1).max(1);
    let labelled = columns.iter().filter(|column| column.label.is_some()).count();
    let every = |most: usize| labelled.div_ceil(most).max(1);
    let mut place = 0;
    for (number, column) in columns.iter().enumerate() {
        let x = COLUMN * i64::try_from(number).unwrap_or(0);
        let share = format!("{:.2}%", 100.0 * (number as f64) / (columns.len().max(1) as f64));
        if let Some(time) = &column.label {
            // One at the very end has no room.
            let has_room = (number + 1) * 100 < columns.len() * 95 || columns.len() < 20;
            let class = match place {
                _ if !has_room => None,
                place if place % every(TIMES.1) == 0 => Some(""),
                place if place % every(TIMES.0) == 0 => Some(" class=\"wide\""),
                _ => None,
            };
            if let Some(class) = class {
                let _ = write!(times, "<span{class} style=\"left:{share}\">{}</span>", escaped(time));
            }
            place += 1;
        }
        if let Some(zone) = &column.change {
            let _ = write!(lines, "<i class=\"change\" style=\"left:{share}\"><b>{}</b></i>", escaped(zone));
        }
        let strip = match column.mark {
            Mark::Idle => None,
            Mark::Takes => Some(0),
            Mark::Gives => Some(1),
        };
        if let Some(path) = strip.and_then(|strip| strips.get_mut(strip)) {
            let _ = write!(path, "M{x} 0h{COLUMN}v10h-{COLUMN}z");
        }
        let does = match column.mark {
            Mark::Idle => "",
            Mark::Takes if gives => "charges",
            Mark::Takes => "chosen",
            Mark::Gives => "gives",
        };
        let shown = column.value.map_or_else(|| "not known".to_owned(), &label);
        let _ = write!(
            rows,
            "<tr><td>{}</td><td class=\"n\">{}</td><td>{does}</td></tr>",
            escaped(&column.when),
            escaped(&shown)
        );
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
            // A thing that is very small is still to be seen.
            let height = (bottom - top).max(6);
            let _ = write!(path, "M{} {top}h{}v{height}h-{}z", x + 1, COLUMN - 2, COLUMN - 2);
        }
    }
    let mut axis = String::new();
    for row in -scale.below..=scale.above {
        let top = scale.y(row * scale.step);
        let share = format!("{}.{}%", top / 10, top % 10);
        let class = if row == 0 { " class=\"zero\"" } else { "" };
        let _ = write!(lines, "<i{class} style=\"top:{share}\"></i>");
        if row % 2 == 0 {
            let _ = write!(axis, "<span style=\"top:{share}\">{}</span>", escaped(&label(row * scale.step)));
        }
    }
    let mut drawn = String::new();
    let mut key = String::new();
    for ((class, words), path) in kinds.iter().zip(&bars).filter(|(_, path)| !path.is_empty()) {
        let _ = write!(drawn, "<path class=\"{class}\" d=\"{path}\"/>");
        let _ = write!(key, "<span><i class=\"{class}\"></i>{words}</span>");
    }
    let mut strip = String::new();
    for (class, path) in ["best", "gives"].iter().zip(&strips).filter(|(_, path)| !path.is_empty()) {
        let _ = write!(strip, "<path class=\"{class}\" d=\"{path}\"/>");
    }
    let strip = if strip.is_empty() {
        String::new()
    } else {
        format!(
            "<svg class=\"strip\" viewBox=\"0 0 {width} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{strip}</svg>"
        )
    };
    let twice = if columns.iter().any(|column| column.change.is_some()) {
        " · <span class=\"note\">the clocks change at the dashed line; times after it are in the zone named there</span>"
    } else {
        ""
    };
    let last = columns.len().saturating_sub(1);
    // One kind of bars needs no key.
    if bars.iter().filter(|path| !path.is_empty()).count() < 2 {
        key.clear();
    }
    let unit = escaped(unit);
    format!(
        "<figure class=\"chart\"><figcaption>{unit}{twice}</figcaption><div class=\"plot\"><div class=\"y\" aria-hidden=\"true\">{axis}</div>\
         <div class=\"area\">{lines}<svg class=\"bars\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{drawn}</svg>\
         <i class=\"cursor\" hidden></i></div>{strip}<div class=\"x\" aria-hidden=\"true\">{times}</div></div>\
         <div class=\"key\">{key}</div>\
         <div class=\"read\" hidden><input type=\"range\" min=\"0\" max=\"{last}\" value=\"0\" aria-label=\"Time on the chart, {unit}\"><output></output></div>\
         <details><summary>The figures as a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of the chart\"><table>\
         <thead><tr><th scope=\"col\">when</th><th scope=\"col\" class=\"n\">{unit}</th><th scope=\"col\">plan</th></tr></thead><tbody>{rows}</tbody></table></div></details></figure>"
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
}
