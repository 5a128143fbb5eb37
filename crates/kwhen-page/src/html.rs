//! Pages as HTML: the same pages as in a terminal, with their tables as tables, their charts as drawings that can be asked for every
//! value, and nothing from elsewhere.
//!
//! A page is written once, for a [`Palette`]. For HTML the palette marks what it paints, and tables and charts are fragments between two
//! control characters; what stands outside of them is text, which is escaped here.

use super::chart::{Column, Mark};
use super::style::Palette;
use super::table::{Align, Shown};
use kwhen::time::{Calendar, TZDB_VERSION};
use kwhen_app::answer::Answer;
use kwhen_app::failure::{Failure, Result};
use std::fmt::Write as _;

const STYLE: &str = include_str!("html.css");
const SCRIPT: &str = include_str!("html.js");
/// Around a fragment.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// The whole file.
///
/// # Errors
/// A name in the answer holds a control character, which no page can show.
pub fn page(answer: &Answer, calendar: Calendar) -> Result<String> {
    use super::Page as _;
    if answer.text(calendar, Palette::new(false)).contains([OPEN, CLOSE]) {
        return Err(Failure::work(
            "a name in the answer holds a control character, which a page cannot show",
        ));
    }
    let text = answer.text(calendar, Palette::html());
    let body = body(&text);
    let title = text.lines().next().map(bare).unwrap_or_default();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\
         <footer>Made by kwhen {}. Amounts are exact and shown rounded; time zone tables {TZDB_VERSION}.</footer>\n</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(if title.is_empty() { "kwhen" } else { &title }),
        env!("CARGO_PKG_VERSION")
    ))
}

/// A fragment of HTML within a page's text.
pub(crate) fn fragment(html: &str) -> String {
    format!("{OPEN}{html}{CLOSE}")
}

/// Text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A line without its tags.
fn bare(line: &str) -> String {
    let (mut text, mut inside) = (String::new(), false);
    for mark in line.chars().filter(|mark| ![OPEN, CLOSE].contains(mark)) {
        match mark {
            '<' => inside = true,
            '>' => inside = false,
            mark if !inside => text.push(mark),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// A page's text as HTML: titles, tables and charts as they are, lines as paragraphs, indented ones as lists.
fn body(text: &str) -> String {
    let mut html = String::new();
    let mut listed = false;
    let mut titled = false;
    for line in text.lines() {
        let inner = inline(line);
        let is_item = line.starts_with("  ") && !line.trim().is_empty();
        if listed && !is_item {
            html.push_str("</ul>\n");
            listed = false;
        }
        let block = ["<figure", "<div"].iter().any(|tag| inner.starts_with(tag));
        if inner.trim().is_empty() {
        } else if block {
            html.push_str(&inner);
            html.push('\n');
        } else if let Some(title) = inner.strip_prefix("<b class=\"title\">") {
            let (title, rest) = title.split_once("</b>").unwrap_or((title, ""));
            let level = if titled { 2 } else { 1 };
            titled = true;
            let rest = rest.trim_start_matches(':').trim();
            let _ = writeln!(html, "<h{level}>{title}</h{level}>");
            if !rest.is_empty() {
                let _ = writeln!(html, "<p>{rest}</p>");
            }
        } else if is_item {
            if !listed {
                html.push_str("<ul>\n");
                listed = true;
            }
            let _ = writeln!(html, "<li>{}</li>", inner.trim());
        } else {
            let _ = writeln!(html, "<p>{inner}</p>");
        }
    }
    if listed {
        html.push_str("</ul>\n");
    }
    html
}

/// A line whose fragments are taken as they are and whose other text is escaped.
fn inline(line: &str) -> String {
    let mut html = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(OPEN) {
        html.push_str(&escaped(before));
        let (inside, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        html.push_str(inside);
        rest = after;
    }
    html + &escaped(rest)
}

/// A table. It can be scrolled where it is wider than the page, by keys too.
pub(crate) fn table(columns: &[(String, Align)], rows: &[Option<Vec<Shown>>]) -> String {
    let class = |align: Align| if align == Align::Right { " class=\"n\"" } else { "" };
    let mut html =
        String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>");
    if columns.iter().any(|(name, _)| !name.is_empty()) {
        html.push_str("<thead><tr>");
        for (name, align) in columns {
            let tag = if name.is_empty() { "td" } else { "th scope=\"col\"" };
            let end = tag.split(' ').next().unwrap_or(tag);
            let _ = write!(html, "<{tag}{}>{}</{end}>", class(*align), escaped(name));
        }
        html.push_str("</tr></thead>");
    }
    html.push_str("<tbody>");
    let mut ruled = false;
    for row in rows {
        let Some(cells) = row else {
            ruled = true;
            continue;
        };
        html.push_str(if ruled { "<tr class=\"rule\">" } else { "<tr>" });
        ruled = false;
        let alone = cells.len() == 1 && columns.len() > 1;
        for (cell, (_, align)) in cells.iter().zip(columns) {
            let is_bar = !cell.text.is_empty() && cell.text.chars().all(|mark| ('▀'..='▟').contains(&mark));
            if is_bar {
                let _ = write!(html, "<td class=\"blocks\" aria-hidden=\"true\">{}</td>", cell.text);
                continue;
            }
            let mut classes = vec![];
            classes.extend((*align == Align::Right).then_some("n"));
            classes.extend(cell.class);
            classes.extend(cell.text.starts_with("  ").then_some("under"));
            classes.extend((cell.text.chars().count() <= 12).then_some("short"));
            let classes =
                if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) };
            let wide = if alone { format!(" colspan=\"{}\"", columns.len()) } else { String::new() };
            let _ = write!(html, "<td{wide}{classes}>{}</td>", escaped(cell.text.trim()));
        }
        html.push_str("</tr>");
    }
    html + "</tbody></table></div>"
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
    fn text_is_escaped_and_fragments_are_not() {
        let line = format!("a < b & {}", fragment("<b class=\"title\">x</b>"));
        assert_eq!(inline(&line), "a &lt; b &amp; <b class=\"title\">x</b>");
        assert_eq!(bare(&inline(&line)), "a < b & x");
        // A fragment without an end takes nothing with it.
        assert_eq!(inline("\u{1}<i>"), "<i>");
    }

    #[test]
    fn lines_are_titles_paragraphs_and_lists() {
        let text = format!(
            "{}: more\n\nOne.\n  a\n  b\nTwo.\n{}\n",
            fragment("<b class=\"title\">T</b>"),
            fragment("<b class=\"title\">U</b>")
        );
        assert_eq!(
            body(&text),
            "<h1>T</h1>\n<p>more</p>\n<p>One.</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>Two.</p>\n<h2>U</h2>\n"
        );
    }

    #[test]
    fn a_scale_is_from_its_highest_line_to_its_lowest() {
        let scale = Scale { above: 3, below: 1, step: 10 };
        assert_eq!([30, 0, -10, 10].map(|value| scale.y(value)), [0, 750, 1000, 500]);
        let flat = Scale { above: 0, below: 0, step: 1 };
        assert_eq!(flat.y(0), 0);
    }
}
