//! Aligned tables.

use super::markup::{escaped, fragment};
use super::style::{FAINT, Palette, class};
use anstyle::Style;
use std::fmt::Write as _;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// Text with a style.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// Text in a style.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

/// A cell of a page of HTML: its text and its class.
#[derive(Clone, Debug)]
struct Shown {
    text: String,
    class: Option<&'static str>,
}

/// Rows under a header; columns as wide as their widest cell, two spaces apart.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Row>,
}

#[derive(Debug)]
enum Row {
    Cells(Vec<Cell>),
    Rule,
}

impl Table {
    /// With these columns and no row.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Self {
            columns: columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect(),
            rows: Vec::new(),
        }
    }

    /// A further row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(Row::Cells(cells.into_iter().collect()));
    }

    /// A line under the numbers above, before their sum.
    pub fn rule(&mut self) {
        self.rows.push(Row::Rule);
    }

    /// The text.
    pub fn render(&self, palette: Palette) -> String {
        if palette.is_html() {
            let shown = |cell: &Cell| Shown { text: cell.text.clone(), class: class(cell.style) };
            let rows = self.rows.iter().map(|row| match row {
                Row::Cells(cells) => Some(cells.iter().map(shown).collect()),
                Row::Rule => None,
            });
            return fragment(&as_html(&self.columns, &rows.collect::<Vec<_>>())) + "\n";
        }
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| self.width(column)).collect();
        let mut text = String::new();
        if self.columns.iter().any(|(name, _)| !name.is_empty()) {
            let header: Vec<Cell> = self.columns.iter().map(|(name, _)| Cell::styled(name, FAINT)).collect();
            self.push_line(&mut text, &header, &widths, palette);
        }
        for row in &self.rows {
            match row {
                Row::Cells(cells) => self.push_line(&mut text, cells, &widths, palette),
                Row::Rule => {
                    let length = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
                    text.push_str(&palette.paint(FAINT, &"─".repeat(length)));
                    text.push('\n');
                }
            }
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let header = self.columns.get(column).map_or(0, |(name, _)| name.chars().count());
        let cells = self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => cells.get(column).map(Cell::width),
            Row::Rule => None,
        });
        cells.fold(header, usize::max)
    }

    fn push_line(&self, text: &mut String, cells: &[Cell], widths: &[usize], palette: Palette) {
        let mut line = String::new();
        // Spaces are owed until something follows, so that no line ends in them.
        let mut owed = 0;
        for ((cell, width), (_, align)) in cells.iter().zip(widths).zip(&self.columns) {
            let padding = width - cell.width();
            let (before, after) = if *align == Align::Right { (padding, 0) } else { (0, padding) };
            if !cell.text.is_empty() {
                line.push_str(&" ".repeat(owed + before));
                line.push_str(&palette.paint(cell.style, &cell.text));
                owed = after + 2;
            } else {
                owed += width + 2;
            }
        }
        text.push_str(&line);
        text.push('\n');
    }
}

/// A table. It can be scrolled where it is wider than the page, by keys too.
fn as_html(columns: &[(String, Align)], rows: &[Option<Vec<Shown>>]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::CHOSEN;

    fn table() -> Table {
        let mut table = Table::new(&[("what", Align::Left), ("kWh", Align::Right), ("", Align::Left)]);
        table.row(["Energy".into(), "1,204.500".into(), "ok".into()]);
        table.rule();
        table.row(["Total £".into(), Cell::styled("-3.125", CHOSEN), "".into()]);
        table
    }

    #[test]
    fn columns_line_up_and_no_line_ends_in_spaces() {
        let expected = "\
what           kWh
Energy   1,204.500  ok
──────────────────────
Total £     -3.125
";
        assert_eq!(table().render(Palette::new(false)), expected);
    }

    #[test]
    fn colours_do_not_move_anything() {
        let coloured = table().render(Palette::new(true));
        assert!(coloured.contains("\u{1b}["));
        let mut bare = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            bare.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        bare.push_str(rest);
        assert_eq!(bare, table().render(Palette::new(false)));
    }
}
