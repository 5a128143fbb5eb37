//! Numbers as files write them.

use super::definition::DecimalMark;
use crate::error::{Error, Result};
use std::borrow::Cow;

/// Texts that stand for no value.
pub(super) fn is_blank(text: &str) -> bool {
    matches!(text, "" | "-" | "--")
        || (text.len() <= 7
            && ["null", "na", "n/a", "nan", "none", "missing", "nd"]
                .iter()
                .any(|blank| text.eq_ignore_ascii_case(blank)))
}

/// Whether a text is a number, with either mark.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+', '£', '€', '$']).unwrap_or(text);
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b' ' | b'\'' | b'e' | b'E' | b'-')
        })
}

/// The number with a point as its mark and nothing between its digits.
pub(super) fn plain(text: &str, mark: DecimalMark) -> Cow<'_, str> {
    let is_plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    if mark == DecimalMark::Point && text.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|c| match (c, mark) {
        (',', DecimalMark::Comma) => Some('.'),
        (',', DecimalMark::Point) | ('.', DecimalMark::Comma) => None,
        (' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '£' | '€' | '$', _) => None,
        (other, _) => Some(other),
    });
    Cow::Owned(kept.collect())
}

/// The decimal mark of some numbers; an error where they could be read with either.
pub(super) fn mark<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Result<DecimalMark> {
    let numbers = || texts.clone().filter(|text| is_number(text));
    let with_comma = || numbers().filter(|text| text.contains(','));
    let Some(first) = with_comma().next() else { return Ok(DecimalMark::Point) };
    if let Some(both) = numbers().find(|text| text.contains(',') && text.contains('.')) {
        return Ok(if both.rfind(',') > both.rfind('.') { DecimalMark::Comma } else { DecimalMark::Point });
    }
    let is_decimal = |text: &str| {
        let digits = text.trim_start_matches(['-', '+', '£', '€', '$']);
        let (whole, fraction) = digits.split_once(',').unwrap_or((digits, ""));
        digits.matches(',').count() == 1
            && (fraction.len() != 3 || whole.is_empty() || whole.starts_with('0') || whole.len() > 3)
    };
    if with_comma().any(is_decimal) {
        return Ok(DecimalMark::Comma);
    }
    if with_comma().any(|text| text.matches(',').count() > 1) || numbers().any(|text| text.contains('.')) {
        return Ok(DecimalMark::Point);
    }
    Err(Error::conflict("the comma may be the decimal mark or part the thousands; say which")
        .with_value(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&'static str]) -> Option<DecimalMark> {
        mark(texts.iter().copied()).ok()
    }

    #[test]
    fn the_mark_is_told_from_all_numbers() {
        assert_eq!(found(&["0.5", "12"]), Some(DecimalMark::Point));
        assert_eq!(found(&["0,5", "1,234"]), Some(DecimalMark::Comma));
        assert_eq!(found(&["0,123", "0,456"]), Some(DecimalMark::Comma));
        assert_eq!(found(&["1.234,5"]), Some(DecimalMark::Comma));
        assert_eq!(found(&["1,234.5"]), Some(DecimalMark::Point));
        assert_eq!(found(&["1,234,567"]), Some(DecimalMark::Point));
        assert_eq!(found(&["1,234", "2,500"]), None);
        assert_eq!(plain("1.234,50", DecimalMark::Comma), "1234.50");
        assert_eq!(plain("£1,234.50", DecimalMark::Point), "1234.50");
        assert_eq!(plain("-0.5", DecimalMark::Point), "-0.5");
    }
}
