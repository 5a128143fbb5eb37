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
        str_width(&self.text)
    }

    /// Its words on lines that are no wider than this, as far as no word is.
    fn lines(&self, width: usize) -> Vec<Self> {
        if self.width() <= width {
            return vec![self.clone()];
        }
        let indent: String = self.text.chars().take_while(|mark| *mark == ' ').collect();
        let mut lines = vec![indent.clone()];
        for word in self.text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if line.trim().is_empty() => line.push_str(word),
                Some(line) if str_width(line) + 1 + str_width(word) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(indent.clone() + word),
            }
        }
        lines.into_iter().map(|line| Self::styled(line, self.style)).collect()
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
        let table = Drawn::new(self, palette);
        let Some(most) = palette.width() else { return table.lines(palette) };
        let table = if table.width() > most { table.without_bars() } else { table };
        match table.narrowed(most) {
            Some(table) => table.lines(palette),
            None => table.records(palette, most),
        }
    }
}

/// A table for a terminal, with the width of each column.
#[derive(Clone)]
struct Drawn {
    columns: Vec<(String, Align)>,
    widths: Vec<usize>,
    rows: Vec<Option<Vec<Cell>>>,
}

impl Drawn {
    fn new(table: &Table, palette: Palette) -> Self {
        // The sign of a currency may end in a space where it is written out.
        let said = |text: &str| match palette.is_plain() {
            true => palette.said(text).trim_end().to_owned(),
            false => text.to_owned(),
        };
        let cell = |cell: &Cell| Cell::styled(said(&cell.text), cell.style);
        let rows = table.rows.iter().map(|row| match row {
            Row::Cells(cells) => Some(cells.iter().map(cell).collect()),
            Row::Rule => None,
        });
        let columns = table.columns.iter().map(|(name, align)| (said(name), *align)).collect();
        let mut drawn = Self { columns, widths: Vec::new(), rows: rows.collect() };
        drawn.widths = (0..drawn.columns.len())
            .map(|column| {
                drawn
                    .header_width(column, str_width)
                    .max(drawn.cells(column).map(Cell::width).max().unwrap_or(0))
            })
            .collect();
        if palette.is_plain() { drawn.without_bars() } else { drawn }
    }

    fn header_width(&self, column: usize, of: impl Fn(&str) -> usize) -> usize {
        self.columns.get(column).map_or(0, |(name, _)| of(name))
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.rows.iter().flatten().filter_map(move |cells| cells.get(column))
    }

    /// How wide a line is.
    fn width(&self) -> usize {
        self.widths.iter().sum::<usize>() + 2 * self.widths.len().saturating_sub(1)
    }

    /// Without columns that hold bars alone: they show what a number beside them says.
    fn without_bars(mut self) -> Self {
        let is_of_bars = |column: usize| {
            let mut shown = self.cells(column).filter(|cell| !cell.text.is_empty()).peekable();
            shown.peek().is_some()
                && shown.all(|cell| cell.text.chars().all(|mark| ('▀'..='▟').contains(&mark) || mark == '#'))
        };
        let kept: Vec<bool> = (0..self.columns.len()).map(|column| !is_of_bars(column)).collect();
        let keep = |column: usize| kept.get(column).copied().unwrap_or(true);
        fn of<T>(list: Vec<T>, keep: impl Fn(usize) -> bool) -> Vec<T> {
            list.into_iter().enumerate().filter(|(place, _)| keep(*place)).map(|(_, one)| one).collect()
        }
        self.columns = of(self.columns, keep);
        self.widths = of(self.widths, keep);
        self.rows = self.rows.into_iter().map(|row| row.map(|cells| of(cells, keep))).collect();
        self
    }

    /// No wider than this, where words can be set on lines of their own: headers, and cells on the left. `None` where that is not enough.
    fn narrowed(&self, most: usize) -> Option<Self> {
        let mut narrowed = self.clone();
        loop {
            let over = narrowed.width().saturating_sub(most);
            if over == 0 {
                return Some(narrowed);
            }
            // What has most to give gives it.
            let spare = |column: usize| {
                narrowed.widths.get(column).map_or(0, |width| width.saturating_sub(self.least(column)))
            };
            let (spare, column) = (0..narrowed.widths.len()).map(|column| (spare(column), column)).max()?;
            let width = narrowed.widths.get_mut(column)?;
            *width -= spare.min(over);
            if spare == 0 {
                return None;
            }
        }
    }

    /// The least that a column takes.
    fn least(&self, column: usize) -> usize {
        let longest = |text: &str| {
            text.split(' ').map(str_width).max().unwrap_or(0)
                + text.chars().take_while(|mark| *mark == ' ').count()
        };
        let is_left = self.columns.get(column).is_some_and(|(_, align)| *align == Align::Left);
        let of_cells =
            self.cells(column).map(|cell| if is_left { longest(&cell.text) } else { cell.width() });
        of_cells.max().unwrap_or(0).max(self.header_width(column, longest))
    }

    fn lines(&self, palette: Palette) -> String {
        let mut text = String::new();
        if self.columns.iter().any(|(name, _)| !name.is_empty()) {
            let header: Vec<Cell> = self.columns.iter().map(|(name, _)| Cell::styled(name, FAINT)).collect();
            self.push_row(&mut text, &header, palette);
        }
        for row in &self.rows {
            match row {
                Some(cells) => self.push_row(&mut text, cells, palette),
                None => {
                    text.push_str(&palette.paint(FAINT, &"─".repeat(self.width())));
                    text.push('\n');
                }
            }
        }
        text
    }

    /// A row, on as many lines as its cells need.
    fn push_row(&self, text: &mut String, cells: &[Cell], palette: Palette) {
        let of = |(cell, width): (&Cell, &usize)| cell.lines(*width);
        let columns: Vec<Vec<Cell>> = cells.iter().zip(&self.widths).map(of).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0).max(1);
        for place in 0..height {
            let line: Vec<Option<&Cell>> = columns.iter().map(|lines| lines.get(place)).collect();
            self.push_line(text, &line, palette);
        }
    }

    fn push_line(&self, text: &mut String, cells: &[Option<&Cell>], palette: Palette) {
        let mut line = String::new();
        // Spaces are owed until something follows, so that no line ends in them.
        let mut owed = 0;
        for ((cell, width), (_, align)) in cells.iter().zip(&self.widths).zip(&self.columns) {
            let Some(cell) = cell.filter(|cell| !cell.text.is_empty()) else {
                owed += width + 2;
                continue;
            };
            let padding = width.saturating_sub(cell.width());
            let (before, after) = if *align == Align::Right { (padding, 0) } else { (0, padding) };
            line.push_str(&" ".repeat(owed + before));
            line.push_str(&palette.paint(cell.style, &cell.text));
            owed = after + 2;
        }
        text.push_str(&line);
        text.push('\n');
    }

    /// Each row as lines of its own: what the first column says, and below it what the others do, each behind its header.
    fn records(&self, palette: Palette, most: usize) -> String {
        let names = self.columns.iter().skip(1).map(|(name, _)| str_width(name));
        let margin = names.max().unwrap_or(0);
        let mut text = String::new();
        for row in &self.rows {
            let Some(cells) = row else {
                text.push_str(&palette.paint(FAINT, &"─".repeat(most)));
                text.push('\n');
                continue;
            };
            for (place, (cell, (name, _))) in cells.iter().zip(&self.columns).enumerate() {
                let shown = palette.paint(cell.style, cell.text.trim());
                match place {
                    _ if cell.text.trim().is_empty() => {}
                    0 => text.push_str(&format!("{shown}\n")),
                    _ => {
                        let name = palette.paint(FAINT, &format!("{name:<margin$}"));
                        text.push_str(&format!("  {name}  {shown}\n"));
                    }
                }
            }
        }
        text
    }
}

fn str_width(text: &str) -> usize {
    text.chars().count()
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
    fn a_narrow_table_sets_words_on_lines_of_their_own() {
        let mut table = Table::new(&[("when", Align::Left), ("p/kWh avg", Align::Right), ("", Align::Left)]);
        table.row(["Sat 24 Oct 23:30 to Sun 25 Oct 00:30 BST".into(), "-0.76".into(), "███▊".into()]);
        table.rule();
        table.row(["Total".into(), "12.25".into(), "".into()]);
        let at = |width| table.render(Palette::new(false).within(Some(width)));
        // The bars go first, then words.
        assert_eq!(
            at(53),
            "\
when                                      p/kWh avg
Sat 24 Oct 23:30 to Sun 25 Oct 00:30 BST      -0.76
───────────────────────────────────────────────────
Total                                         12.25
"
        );
        assert_eq!(
            at(24),
            "\
when           p/kWh avg
Sat 24 Oct         -0.76
23:30 to Sun
25 Oct 00:30
BST
────────────────────────
Total              12.25
"
        );
        // Where no word fits beside its number, each stands behind the name of its column.
        assert_eq!(
            at(11),
            "\
Sat 24 Oct 23:30 to Sun 25 Oct 00:30 BST
  p/kWh avg  -0.76
───────────
Total
  p/kWh avg  12.25
"
        );
        let plain = table.render(Palette::plain());
        assert!(plain.is_ascii() && !plain.contains('#'), "{plain}");
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
