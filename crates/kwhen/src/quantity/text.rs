//! Decimal text to scaled integers and back, exactly.

use super::rounding::{Rounding, divide};
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::fmt;

/// Digits that an `i128` always holds. The largest amount of money has one more: there each step is checked.
const WIDEST: usize = 38;

/// Reads decimal text (`-0.50`, `1.5`, `.5`, `1e-3`) as an integer number of 10^-`scale`.
///
/// More digits than the scale holds are refused, or rounded where a mode is named.
pub(super) fn parse(text: &str, scale: u32, rounding: Option<Rounding>) -> Result<i128> {
    let not_a_number = || Error::syntax("not a decimal number such as 24.5 or -0.50").with_value(text);
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mantissa, exponent) = match rest.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => {
            let (mantissa, exponent) = rest.split_at(at);
            (mantissa, parse_exponent(exponent.get(1..).unwrap_or(&[])).ok_or_else(not_a_number)?)
        }
        None => (rest, 0),
    };
    let (whole, fraction) = match mantissa.iter().position(|&b| b == b'.') {
        Some(at) => (mantissa.get(..at).unwrap_or(&[]), mantissa.get(at + 1..).unwrap_or(&[])),
        None => (mantissa, &[][..]),
    };
    if whole.is_empty() && fraction.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(not_a_number());
    }

    let digits = || whole.iter().chain(fraction).map(|b| b - b'0');
    let leading = digits().take_while(|&d| d == 0).count();
    let total = whole.len() + fraction.len();
    if leading == total {
        return Ok(0);
    }
    let trailing = whole.iter().chain(fraction).rev().take_while(|&&b| b == b'0').count();
    let significant = total - leading - trailing;
    // value = the significant digits as one whole number x 10^shift, in units of the scale
    let shift = exponent
        .saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX))
        .saturating_add(i64::try_from(trailing).unwrap_or(i64::MAX))
        .saturating_add(i64::from(scale));
    let kept = match usize::try_from(shift) {
        Ok(padding) if significant.saturating_add(padding) > WIDEST + 1 => return Err(too_large(text)),
        Ok(_) => significant,
        Err(_) => significant.saturating_sub(usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let kept_digits = || digits().skip(leading).take(kept).map(i128::from);
    let mut magnitude = match kept {
        0..=WIDEST => kept_digits().fold(0_i128, |sum, digit| sum * 10 + digit),
        _ => kept_digits()
            .try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(digit))
            .ok_or_else(|| too_large(text))?,
    };
    if shift >= 0 {
        let padding = power_of_ten(u32::try_from(shift).unwrap_or(0));
        magnitude = magnitude.checked_mul(padding).ok_or_else(|| too_large(text))?;
    } else {
        let Some(mode) = rounding else {
            return Err(Error::precision(format!(
                "has more than the {scale} decimals that are held exactly; give fewer digits"
            ))
            .with_value(text));
        };
        if mode.rounds_up_magnitude(
            negative,
            magnitude % 2 != 0,
            dropped_against_half(digits().skip(leading), significant, shift),
        ) {
            magnitude += 1;
        }
    }
    Ok(if negative { -magnitude } else { magnitude })
}

fn too_large(text: &str) -> Error {
    Error::out_of_range("too large a number").with_value(text)
}

/// Compares the dropped digits with one half of the last kept digit.
fn dropped_against_half(
    significant_digits: impl Iterator<Item = u8>,
    significant: usize,
    shift: i64,
) -> Ordering {
    let dropped = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
    if dropped > significant {
        return Ordering::Less;
    }
    let mut tail = significant_digits.skip(significant - dropped).take(dropped);
    let first = tail.next().unwrap_or(0);
    first.cmp(&5).then_with(|| if tail.any(|d| d != 0) { Ordering::Greater } else { Ordering::Equal })
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // A saturated exponent is out of every range, so nothing is lost by it.
    let magnitude =
        digits.iter().fold(0_i64, |sum, b| sum.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    Some(if negative { -magnitude } else { magnitude })
}

/// 10^`exponent`, or `i128::MAX` where that does not fit.
pub(crate) const fn power_of_ten(exponent: u32) -> i128 {
    10_i128.saturating_pow(exponent)
}

/// Prints units of 10^-`scale` exactly, with no needless zeros; a precision asked of the formatter rounds half to even and pads.
pub(super) fn print(units: i128, scale: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (units, scale, places) = match f.precision() {
        Some(places) => {
            let places = u32::try_from(places).unwrap_or(u32::MAX);
            if places < scale {
                (divide(units, power_of_ten(scale - places), Rounding::HalfEven), places, places)
            } else {
                (units, scale, places)
            }
        }
        None => {
            let (units, scale) = without_needless_zeros(units, scale);
            if let Ok(magnitude) = u64::try_from(units.unsigned_abs()) {
                return print_in_64(units >= 0, magnitude, scale, f);
            }
            (units, scale, scale)
        }
    };
    let magnitude = units.unsigned_abs();
    let one = power_of_ten(scale).unsigned_abs();
    let mut text = (magnitude / one).to_string();
    if places > 0 {
        let fraction = format!("{:0width$}", magnitude % one, width = scale as usize);
        text.push('.');
        if scale > 0 {
            text.push_str(&fraction);
        }
        text.extend(std::iter::repeat_n('0', (places - scale) as usize));
    }
    f.pad_integral(units >= 0, "", &text)
}

/// The same value at the least scale that holds it.
fn without_needless_zeros(units: i128, scale: u32) -> (i128, u32) {
    const EIGHT: i128 = power_of_ten(8);
    let (mut units, mut scale) = (units, scale);
    // Numbers of 128 bits are divided at many times the cost: eight zeros at once, until they fit 64.
    while scale >= 8 && i64::try_from(units).is_err() && units % EIGHT == 0 {
        units /= EIGHT;
        scale -= 8;
    }
    if let Ok(mut small) = i64::try_from(units) {
        while scale > 0 && small % 10 == 0 {
            small /= 10;
            scale -= 1;
        }
        return (small.into(), scale);
    }
    while scale > 0 && units % 10 == 0 {
        units /= 10;
        scale -= 1;
    }
    (units, scale)
}

/// Prints a magnitude of at most 64 bits, of which so many digits are decimals: of no quantity more than twenty.
fn print_in_64(
    is_nonnegative: bool,
    magnitude: u64,
    decimals: u32,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut text = [b'0'; 44];
    let mut first = text.len();
    let mut left = magnitude;
    let mut push = |byte: u8| {
        first = first.saturating_sub(1);
        if let Some(place) = text.get_mut(first) {
            *place = byte;
        }
    };
    for _ in 0..decimals {
        push(b'0' + (left % 10) as u8);
        left /= 10;
    }
    if decimals > 0 {
        push(b'.');
    }
    loop {
        push(b'0' + (left % 10) as u8);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    let text = text.get(first..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default();
    f.pad_integral(is_nonnegative, "", text)
}

/// Percent from hundredths of it, as `5`, `17.5`, `-0.05`.
pub(crate) fn percent(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match rest {
        0 => format!("{sign}{whole}"),
        tens if tens % 10 == 0 => format!("{sign}{whole}.{}", tens / 10),
        rest => format!("{sign}{whole}.{rest:02}"),
    }
}
