//! Texts from outside (names of meters, codes of tariffs, what a service answers) as they can be shown and written without acting on who
//! reads them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text with what is not seen, but acted on, by its number: control characters but for line ends and tabs, and what turns the direction of
/// writing around. The numbers are written as in JSON, so that a document of JSON stays the same document.
///
/// ```
/// use kwhen::text::visible;
/// assert_eq!(visible("Car \u{1b}[2J\u{202e}"), "Car \\u001b[2J\\u202e");
/// assert_eq!(visible("Küche\t7 kW\n"), "Küche\t7 kW\n");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_line = letter == '\r' && letters.peek() == Some(&'\n');
        if is_hidden(letter) && !ends_line {
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        letter => letter.is_control(),
    }
}

/// A text as it stands in HTML, between tags or in quotes.
///
/// ```
/// assert_eq!(kwhen::text::html_escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
/// ```
#[must_use]
pub fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A field of CSV (RFC 4180): in quotes where it needs them, and behind an apostrophe where a spreadsheet would take it for a formula.
/// Numbers stay as they are.
///
/// ```
/// use kwhen::text::csv_field;
/// assert_eq!(csv_field("a, \"b\""), "\"a, \"\"b\"\"\"");
/// assert_eq!(csv_field("=1+1"), "'=1+1");
/// assert_eq!(csv_field("-0.0019"), "-0.0019");
/// ```
#[must_use]
pub fn csv_field(text: &str) -> Cow<'_, str> {
    let text = if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
    if text.contains([',', '"', '\n', '\r']) {
        return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
    }
    text
}

/// Whether a spreadsheet takes a field for a formula: it begins like one and is no number.
fn is_formula(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['=', '+', '-', '@', '\t', '\r']) else { return false };
    let is_signed = text.starts_with(['+', '-']);
    let is_number = rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.')
        && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_plain = rest.is_empty() || is_signed && is_number;
    !is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown_by_its_number() {
        for (text, shown) in [
            ("", ""),
            ("plain £1.20 – ¥", "plain £1.20 – ¥"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("a\rb\u{7f}\u{9b}31m", "a\\u000db\\u007f\\u009b31m"),
            ("\u{2066}x\u{2069}", "\\u2066x\\u2069"),
            ("line\n\ttab", "line\n\ttab"),
            ("BEGIN:VCALENDAR\r\nEND\r\n", "BEGIN:VCALENDAR\r\nEND\r\n"),
            ("a\r\rb\r\n\r", "a\\u000d\\u000db\r\n\\u000d"),
        ] {
            assert_eq!(visible(text), shown);
            assert_eq!(visible(shown), shown, "once and again are the same");
        }
    }

    #[test]
    fn a_document_of_json_stays_the_same() {
        let value = serde_json::json!({ "name": "a\u{1b}[31m\u{85}\u{202e}\"\\" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = visible(&text);
        assert!(!shown.contains(is_hidden));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn fields_are_quoted_and_no_formulas() {
        for (field, written) in [
            ("", ""),
            ("1,5", "\"1,5\""),
            ("say \"when\"", "\"say \"\"when\"\"\""),
            ("a\nb", "\"a\nb\""),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+44 20", "'+44 20"),
            ("-1+1", "'-1+1"),
            ("\tx", "'\tx"),
            ("-12.5", "-12.5"),
            ("+3", "+3"),
            ("-", "-"),
            ("2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        ] {
            assert_eq!(csv_field(field), written);
        }
    }
}
