//! Tables in text: what parts the fields, where the header is, and the rows.

use crate::error::{Error, Result};
use std::borrow::Cow;

/// Lines of fields, one after another, with quotes as in RFC 4180.
pub(super) struct Lines<'a> {
    rest: &'a str,
    delimiter: u8,
}

impl<'a> Lines<'a> {
    pub(super) const fn new(text: &'a str, delimiter: u8) -> Self {
        Self { rest: text, delimiter }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// The fields of the next line that is not blank, trimmed; `false` at the end.
    pub(super) fn next(&mut self, fields: &mut Vec<Cow<'a, str>>) -> bool {
        loop {
            fields.clear();
            if self.rest.is_empty() {
                return false;
            }
            let end = memchr::memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
            let line = self.rest.get(..end).unwrap_or("");
            if memchr::memchr(b'"', line.as_bytes()).is_some() {
                self.quoted(fields);
            } else {
                self.rest = self.rest.get(end + 1..).unwrap_or("");
                self.plain(line, fields);
            }
            if fields.iter().any(|field| !field.is_empty()) {
                return true;
            }
        }
    }

    fn plain(&self, line: &'a str, fields: &mut Vec<Cow<'a, str>>) {
        let mut from = 0;
        for at in memchr::memchr_iter(self.delimiter, line.as_bytes()) {
            fields.push(Cow::Borrowed(trimmed(line.get(from..at).unwrap_or(""))));
            from = at + 1;
        }
        fields.push(Cow::Borrowed(trimmed(line.get(from..).unwrap_or(""))));
    }

    /// A line with quotes in it: a quoted field may hold the delimiter, a doubled quote and line ends. Excel's `="123"` is its content.
    fn quoted(&mut self, fields: &mut Vec<Cow<'a, str>>) {
        loop {
            let text = self.rest;
            let lead = text.len() - text.trim_start_matches([' ', '\u{feff}']).len();
            let start = text.get(lead..).unwrap_or("");
            let start = start.strip_prefix('=').filter(|rest| rest.starts_with('"')).unwrap_or(start);
            let (field, rest) = match start.strip_prefix('"') {
                Some(inner) => {
                    let (field, rest) = closed(inner);
                    // What stands behind the closing quote, to the delimiter, is no part of it.
                    let skipped = ends(rest, self.delimiter);
                    (field, rest.get(skipped..).unwrap_or(""))
                }
                None => {
                    let end = ends(text, self.delimiter);
                    (Cow::Borrowed(trimmed(text.get(..end).unwrap_or(""))), text.get(end..).unwrap_or(""))
                }
            };
            fields.push(field);
            match rest.as_bytes().first() {
                Some(first) if *first == self.delimiter => self.rest = rest.get(1..).unwrap_or(""),
                _ => {
                    let rest = rest.strip_prefix('\r').unwrap_or(rest);
                    self.rest = rest.strip_prefix('\n').unwrap_or(rest);
                    return;
                }
            }
        }
    }
}

fn trimmed(text: &str) -> &str {
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(first), Some(last)) if *first > b' ' && *last > b' ' && first.is_ascii() && last.is_ascii() => {
            text
        }
        _ => text.trim(),
    }
}

/// Where a field without quotes ends.
fn ends(text: &str, delimiter: u8) -> usize {
    memchr::memchr3(delimiter, b'\n', b'\r', text.as_bytes()).unwrap_or(text.len())
}

/// The content of a quoted field behind its opening quote, and what follows the closing one.
fn closed(inner: &str) -> (Cow<'_, str>, &str) {
    let mut from = 0;
    let mut doubled = false;
    while let Some(at) = memchr::memchr(b'"', inner.as_bytes().get(from..).unwrap_or(&[])).map(|at| at + from)
    {
        if inner.as_bytes().get(at + 1) == Some(&b'"') {
            doubled = true;
            from = at + 2;
            continue;
        }
        let content = inner.get(..at).unwrap_or("").trim();
        let content =
            if doubled { Cow::Owned(content.replace("\"\"", "\"")) } else { Cow::Borrowed(content) };
        return (content, inner.get(at + 1..).unwrap_or(""));
    }
    (Cow::Borrowed(inner.trim()), "")
}

/// How many lines are looked at to tell what parts the fields.
const LOOKED_AT: usize = 200;

/// What parts the fields: the mark by which most lines have equally many of them.
pub(super) fn delimiter(text: &str) -> Option<u8> {
    let mut best: Option<(usize, usize, u8)> = None;
    for mark in [b';', b'\t', b'|', b','] {
        let mut lines = Lines::new(text, mark);
        let mut counts: Vec<usize> = Vec::new();
        let mut fields = Vec::new();
        while counts.len() < LOOKED_AT && lines.next(&mut fields) {
            counts.push(fields.len());
        }
        let mut sorted: Vec<usize> = counts.into_iter().filter(|count| *count > 1).collect();
        sorted.sort_unstable();
        let modal = sorted.chunk_by(|a, b| a == b).max_by_key(|group| (group.len(), group.first().copied()));
        let Some(modal) = modal else { continue };
        let found = (modal.len(), modal.first().copied().unwrap_or(0));
        if best.is_none_or(|(lines, count, _)| found > (lines, count)) {
            best = Some((found.0, found.1, mark));
        }
    }
    best.map(|(_, _, mark)| mark)
}

/// Bytes as text; an error that says what else they are.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        Error::syntax("is not UTF-8 text").with_value(format!("byte {}", error.valid_up_to()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, delimiter: u8) -> Vec<Vec<String>> {
        let mut lines = Lines::new(text, delimiter);
        let mut fields = Vec::new();
        let mut found = Vec::new();
        while lines.next(&mut fields) {
            found.push(fields.iter().map(|field| field.to_string()).collect());
        }
        found
    }

    #[test]
    fn quotes_hold_delimiters_and_line_ends() {
        let text = "a, \"b, c\" ,\"d \"\"e\"\"\"\r\n\r\n\"line\nend\",=\"0123\",\n";
        assert_eq!(all(text, b','), [vec!["a", "b, c", "d \"e\""], vec!["line\nend", "0123", ""]]);
        assert_eq!(all("\"open", b','), [["open"]]);
        assert_eq!(all("a;b", b';'), [["a", "b"]]);
        assert!(all(" \n\r\n ,\n", b',').is_empty());
    }

    #[test]
    fn the_delimiter_is_what_most_lines_agree_on() {
        assert_eq!(delimiter("Zeit;kWh\n25.10.2026 00:00;0,1\n25.10.2026 00:30;0,1\n"), Some(b';'));
        assert_eq!(delimiter("a,b\n1,2\n"), Some(b','));
        assert_eq!(delimiter("a\tb\n1,5\t2,5\n"), Some(b'\t'));
        assert_eq!(delimiter("nothing\n"), None);
    }
}
