//! A table, whatever it came from: names of columns and rows of text.

use super::moment::{Spelled, spelled};
use super::node::Node;
use super::text::{Lines, delimiter};
use super::titles;
use crate::error::{Error, Result};
use crate::names::repeated;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names and rows.
pub(super) struct Table<'a> {
    /// As the file has them.
    pub(super) titles: Vec<String>,
    /// In lower case, trimmed, runs of spaces as one.
    pub(super) names: Vec<String>,
    rows: Rows<'a>,
    /// What the file says beside its rows: names in lower case.
    pub(super) beside: Vec<(String, String)>,
    /// The key in JSON under which its rows lie, in lower case.
    pub(super) list: String,
    /// What parts its fields; `None` of JSON.
    pub(super) delimiter: Option<u8>,
    /// Whether its first line was a row.
    pub(super) is_headerless: bool,
}

enum Rows<'a> {
    Text { text: &'a str, delimiter: u8 },
    Held(Vec<Vec<Cow<'a, str>>>),
}

/// How many lines may stand above the header.
const PREAMBLE: usize = 60;

/// A name as names are compared.
pub(super) fn plain_name(name: &str) -> String {
    name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

impl<'a> Table<'a> {
    fn new(titles: Vec<String>, rows: Rows<'a>) -> Self {
        let names = titles.iter().map(|title| plain_name(title)).collect();
        Self {
            titles,
            names,
            rows,
            beside: Vec::new(),
            list: String::new(),
            delimiter: None,
            is_headerless: false,
        }
    }

    /// From text in lines. The header is the line above the first row with a time in it, where that has as many fields.
    pub(super) fn from_text(text: &'a str, said: Option<char>) -> Result<Self> {
        let mark = match said {
            Some(said) => u8::try_from(said).map_err(|_| {
                Error::unsupported("fields are parted by one ASCII character").with_value(said.to_string())
            })?,
            None => delimiter(text).ok_or_else(|| {
                Error::syntax("is no table: no line has two fields parted by a comma, a semicolon or a tab")
                    .with_value(text.lines().next().unwrap_or(""))
            })?,
        };
        let mut lines = Lines::new(text, mark);
        let mut fields = Vec::new();
        let mut above: Vec<Vec<Cow<'a, str>>> = Vec::new();
        let mut before = lines.rest();
        let mut header: Option<(Vec<Cow<'a, str>>, &'a str)> = None;
        let width = usual_width(text, mark);
        while above.len() <= PREAMBLE && lines.next(&mut fields) {
            let is_row = fields.len().abs_diff(width) <= 1 && fields.iter().any(|field| is_dated(field));
            if is_row && !is_header_of_times(&fields) {
                header = above.pop().filter(|line| line.len() + 1 >= fields.len()).map(|line| (line, before));
                if header.is_none() {
                    let titles = (1..=fields.len()).map(|column| format!("column {column}")).collect();
                    let mut table = Self::new(titles, Rows::Text { text: before, delimiter: mark });
                    (table.is_headerless, table.delimiter) = (true, Some(mark));
                    return Ok(table);
                }
                break;
            }
            above.push(fields.clone());
            before = lines.rest();
        }
        let Some((line, rows)) = header else {
            let seen = above.first().map(|line| line.join(",")).unwrap_or_default();
            return Err(no_time(&seen));
        };
        let titles = line.iter().map(|title| title.trim_start_matches('\u{feff}').to_string()).collect();
        let mut table = Self::new(titles, Rows::Text { text: rows, delimiter: mark });
        table.number_marks();
        if let Some(name) = repeated(&table.names) {
            return Err(
                Error::conflict("the header has this column twice; keep one of the two").in_field(name)
            );
        }
        table.delimiter = Some(mark);
        for line in above {
            if let [name, value, ..] = line.as_slice() {
                table.beside.push((plain_name(name), value.to_string()));
            } else if let [title] = line.as_slice() {
                table.beside.push(("title".to_owned(), title.to_string()));
            }
        }
        Ok(table)
    }

    /// Columns of marks (`Estado`, `quality`) may each stand beside the column that they mark, under one name: the second is numbered 2.
    fn number_marks(&mut self) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in self.names.iter_mut().filter(|name| titles::is_mark(name)) {
            let before = seen.entry(name.clone()).or_default();
            *before += 1;
            if *before > 1 {
                *name = format!("{name} {before}");
            }
        }
    }

    /// Rows that were gathered under names.
    fn held(titles: Vec<String>, rows: Vec<Vec<Cow<'a, str>>>) -> Self {
        Self::new(titles, Rows::Held(rows))
    }

    /// Every table in a JSON value, those of the same columns as one.
    pub(super) fn all_from_json(node: &Node<'a>) -> Vec<Self> {
        let mut gathered = Gathered::default();
        gathered.look(node, "", 0);
        let beside = gathered.beside;
        let tables = gathered.tables.into_iter().map(|(list, titles, rows)| {
            let mut table = Self::held(titles, rows);
            table.beside.clone_from(&beside);
            table.list = list;
            table
        });
        tables.collect()
    }

    /// The text of its rows and what parts their fields, where it is text.
    pub(super) const fn text(&self) -> Option<(&'a str, u8)> {
        match &self.rows {
            Rows::Text { text, delimiter } => Some((text, *delimiter)),
            Rows::Held(_) => None,
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let name = plain_name(name);
        self.names.iter().position(|known| *known == name)
    }

    /// Calls for every row with its number, counted from 1, and its fields.
    pub(super) fn each(&self, mut row: impl FnMut(u64, &[Cow<'a, str>]) -> Result<()>) -> Result<()> {
        match &self.rows {
            Rows::Held(rows) => rows.iter().zip(1..).try_for_each(|(fields, number)| row(number, fields)),
            Rows::Text { text, delimiter } => {
                let mut lines = Lines::new(text, *delimiter);
                let mut fields = Vec::with_capacity(self.names.len());
                let mut number = 0;
                while lines.next(&mut fields) {
                    number += 1;
                    row(number, &fields)?;
                }
                Ok(())
            }
        }
    }

    /// The fields of some rows: the first and others spread over all.
    pub(super) fn sample(&self) -> Vec<Vec<Cow<'a, str>>> {
        let mut found = Vec::new();
        let stop = || Error::missing("enough");
        let _ = self.each(|number, fields| {
            if number > 400 {
                return Err(stop());
            }
            found.push(fields.to_vec());
            Ok(())
        });
        found
    }
}

/// The usual number of fields of a line.
fn usual_width(text: &str, delimiter: u8) -> usize {
    let mut lines = Lines::new(text, delimiter);
    let mut fields = Vec::new();
    let mut counts = Vec::new();
    while counts.len() < 200 && lines.next(&mut fields) {
        counts.push(fields.len());
    }
    counts.sort_unstable();
    counts
        .chunk_by(|a, b| a == b)
        .max_by_key(|group| group.len())
        .and_then(|group| group.first().copied())
        .unwrap_or(0)
}

fn is_dated(field: &str) -> bool {
    matches!(spelled(field), Some(Spelled::Dated { .. } | Spelled::Epoch(_)))
}

/// A header of which the columns are instants, as some dashboards write it.
fn is_header_of_times(fields: &[Cow<'_, str>]) -> bool {
    fields.len() > 3
        && fields.iter().filter(|field| is_dated(field)).count() * 2 > fields.len()
        && fields.first().is_some_and(|field| !is_dated(field))
}

pub(super) fn no_time(seen: &str) -> Error {
    Error::syntax("no column is a time that is known (such as 2026-03-29 01:00, 29/03/2026 01:00 or seconds since 1970)")
        .with_value(seen)
}

/// The key that they lie under, the names and the rows.
type GatheredRows<'a> = (String, Vec<String>, Vec<Vec<Cow<'a, str>>>);

#[derive(Default)]
struct Gathered<'a> {
    tables: Vec<GatheredRows<'a>>,
    beside: Vec<(String, String)>,
}

impl<'a> Gathered<'a> {
    fn add(&mut self, key: &str, titles: Vec<String>, row: Vec<Cow<'a, str>>) {
        match self.tables.iter_mut().find(|(_, known, _)| *known == titles) {
            Some((_, _, rows)) => rows.push(row),
            None => self.tables.push((key.to_owned(), titles, vec![row])),
        }
    }

    fn look(&mut self, node: &Node<'a>, key: &str, depth: usize) {
        match node {
            Node::List(items) => items.iter().for_each(|item| match item {
                Node::Object(_) => self.row(item, key, depth),
                Node::List(values) if values.iter().all(|value| value.scalar().is_some()) => {
                    let titles = (1..=values.len()).map(|column| format!("column {column}")).collect();
                    self.add(key, titles, values.iter().filter_map(Node::scalar).collect());
                }
                other => self.look(other, key, depth + 1),
            }),
            Node::Object(fields) => self.object(node, fields, key, depth),
            _ => {}
        }
    }

    /// An object that is no row: lists side by side, a table split into names and rows, or what holds tables.
    fn object(&mut self, node: &Node<'a>, fields: &[(Cow<'a, str>, Node<'a>)], key: &str, depth: usize) {
        if let (Some(Node::List(names)), Some(Node::List(rows))) = (node.field("columns"), node.field("data"))
            && !names.is_empty()
        {
            // pandas' `orient="split"`: the index may be the time.
            let index = match node.field("index") {
                Some(Node::List(index)) if index.len() == rows.len() => Some(index),
                _ => None,
            };
            let mut titles: Vec<String> = index.map(|_| "index".to_owned()).into_iter().collect();
            titles.extend(names.iter().filter_map(Node::scalar).map(Cow::into_owned));
            for (place, row) in rows.iter().enumerate() {
                let Node::List(values) = row else { continue };
                let mut cells: Vec<Cow<'a, str>> =
                    index.and_then(|index| index.get(place)?.scalar()).into_iter().collect();
                cells.extend(values.iter().filter_map(Node::scalar));
                self.add(key, titles.clone(), cells);
            }
            return;
        }
        let columns: Vec<(&str, Vec<Cow<'a, str>>)> =
            fields.iter().filter_map(|(name, value)| Some((name.as_ref(), column(value)?))).collect();
        let length = columns.first().map_or(0, |(_, values)| values.len());
        if columns.len() > 1 && length > 1 && columns.iter().all(|(_, values)| values.len() == length) {
            let titles: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
            for place in 0..length {
                let row = columns.iter().filter_map(|(_, values)| values.get(place).cloned()).collect();
                self.add(key, titles.clone(), row);
            }
        }
        for (name, value) in fields {
            match value.scalar() {
                Some(text) => self.beside.push((plain_name(name), text.into_owned())),
                None => self.look(value, &plain_name(name), depth + 1),
            }
        }
    }

    /// An object of a list: a row, and what lies in it.
    fn row(&mut self, item: &Node<'a>, key: &str, depth: usize) {
        let item = item.field("node").filter(|node| matches!(node, Node::Object(_))).unwrap_or(item);
        let mut titles = Vec::new();
        let mut row = Vec::new();
        self.cells(item, "", depth, &mut titles, &mut row);
        // What holds tables and says no time itself is no row.
        if row.iter().any(|cell| is_dated(cell)) {
            self.add(key, titles, row);
        } else {
            self.beside.extend(
                titles.iter().map(|title| plain_name(title)).zip(row.into_iter().map(Cow::into_owned)),
            );
        }
    }

    fn cells(
        &mut self,
        node: &Node<'a>,
        prefix: &str,
        depth: usize,
        titles: &mut Vec<String>,
        row: &mut Vec<Cow<'a, str>>,
    ) {
        let Node::Object(fields) = node else { return };
        for (name, value) in fields {
            let name = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
            match (value.scalar(), value) {
                (Some(text), _) => {
                    titles.push(name);
                    row.push(text);
                }
                (None, Node::Object(_)) if depth < 12 => self.cells(value, &name, depth + 1, titles, row),
                _ => self.look(value, &plain_name(&name), depth + 1),
            }
        }
    }
}

/// A list of plain values, or an object whose keys are 0, 1, 2 … (pandas' `orient="columns"`).
fn column<'a>(node: &Node<'a>) -> Option<Vec<Cow<'a, str>>> {
    match node {
        Node::List(values) => values.iter().map(Node::scalar).collect(),
        Node::Object(fields) => {
            let numbered =
                |(place, (name, _)): (usize, &(Cow<'_, str>, Node<'_>))| **name == *place.to_string();
            if fields.is_empty() || !fields.iter().enumerate().all(numbered) {
                return None;
            }
            fields.iter().map(|(_, value)| value.scalar()).collect()
        }
        _ => None,
    }
}
