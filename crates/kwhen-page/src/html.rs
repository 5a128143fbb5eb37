//! Pages as HTML: the same pages as in a terminal, with their tables as tables, their charts as drawings that can be asked for every
//! value, and nothing from elsewhere.
//!
//! A page is written once, for a [`Palette`]. For HTML the palette marks what it paints, and tables and charts are fragments between two
//! control characters; what stands outside of them is text, which is escaped here.

use super::Page;
use super::markup::{CLOSE, OPEN, escaped};
use super::style::Palette;
use kwhen::time::{Calendar, TZDB_VERSION};
use kwhen_app::failure::{Failure, Result};
use std::fmt::Write as _;

const STYLE: &str = include_str!("html.css");
const SCRIPT: &str = include_str!("html.js");

/// What makes a page that is served tell what is new, and be spoken to.
const LIVE: &str = include_str!("live.js");
/// What is shown where something is new and a field has the focus.
const NEWS: &str = "<p id=\"news\" role=\"status\" hidden>There are new rates or plans. <button type=\"button\">Show them</button></p>\n";
/// No picture beside the title: none is asked for.
const ICON: &str = "<link rel=\"icon\" href=\"data:,\">\n";
/// What a page that is a file forbids itself.
const FORBIDDEN: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n";

/// The whole file.
///
/// # Errors
/// A name in the answer holds a control character, which no page can show.
pub fn page(answer: &impl Page, calendar: Calendar) -> Result<String> {
    whole(answer, calendar, FORBIDDEN, "", &format!("<script>\n{SCRIPT}</script>"))
}

/// A page that is served and asks its own server what is new. Scripts have a word that stands in the head of the answer too, where it is
/// said what the page may do; nobody else's script has it.
///
/// # Errors
/// As [`page`].
pub fn live(answer: &impl Page, calendar: Calendar, nonce: &str) -> Result<String> {
    let script = format!("<script nonce=\"{}\">\n{{\n{SCRIPT}}}\n{LIVE}</script>", escaped(nonce));
    whole(answer, calendar, ICON, NEWS, &script)
}

fn whole(answer: &impl Page, calendar: Calendar, head: &str, first: &str, script: &str) -> Result<String> {
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
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{head}\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{first}{body}\
         <footer>Made by kwhen {}. Amounts are exact and shown rounded; time zone tables {TZDB_VERSION}.</footer>\n</main>\n\
         {script}\n</body>\n</html>\n",
        escaped(if title.is_empty() { "kwhen" } else { &title }),
        env!("CARGO_PKG_VERSION")
    ))
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
        let block = ["<figure", "<div", "<dl", "<ol"].iter().any(|tag| inner.starts_with(tag));
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

#[cfg(test)]
mod tests {
    use super::super::markup::fragment;
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
}
