//! Text in ASCII alone.

use std::borrow::Cow;

/// Text in ASCII alone; currencies by their codes.
pub(crate) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for mark in text.chars() {
        match mark {
            _ if mark.is_ascii() => plain.push(mark),
            '─' | '–' | '—' | '·' | '−' => plain.push('-'),
            '│' | '┤' => plain.push('|'),
            '┼' => plain.push('+'),
            '▀'..='▟' => plain.push('#'),
            '▲' => plain.push('^'),
            '▼' => plain.push('v'),
            '£' => plain.push_str("GBP "),
            '€' => plain.push_str("EUR "),
            '¥' => plain.push_str("JPY "),
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            mark => plain.push_str(any_ascii::any_ascii_char(mark)),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_ascii() {
        let plain = |text: &str| ascii(text).into_owned();
        assert_eq!(plain("£1.20 · 3 m³ of CO₂ in København"), "GBP 1.20 - 3 m3 of CO2 in Kobenhavn");
        assert_eq!(plain("──▄█▊ …"), "--### ...");
        assert!(plain("日本 Ελλάδα 🚗").is_ascii());
    }
}
