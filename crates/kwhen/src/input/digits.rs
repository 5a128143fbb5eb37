//! Numbers and times of day from bytes, eight at a time: no branch goes by how many digits there are.

const POWERS: [i64; 9] = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// The value and the length of the digits at the front: from one to seven, or eight that nothing or no digit follows.
#[inline(always)]
fn run(bytes: &[u8]) -> Option<(i64, usize)> {
    let Some(eight) = bytes.first_chunk::<8>() else { return slow_run(bytes) };
    let word = u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030;
    // The high bit of each byte that is no digit: above 9, or with a high bit of its own.
    let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
    if others == 0 {
        return slow_run(bytes);
    }
    let length = others.trailing_zeros() / 8;
    if length == 0 {
        return None;
    }
    // The digits at the end of the word, zeros before them.
    let word = word << (64 - length * 8);
    let pairs = (word.wrapping_mul(10)).wrapping_add(word >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100)).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let value = (fours.wrapping_mul(10_000)).wrapping_add(fours >> 32) & 0xffff_ffff;
    Some((i64::try_from(value).ok()?, length as usize))
}

/// The same one by one, near the end of the bytes and of eight digits.
#[cold]
fn slow_run(bytes: &[u8]) -> Option<(i64, usize)> {
    let mut value = 0_i64;
    let mut count = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + i64::from(digit);
        count += 1;
        if count > 8 {
            return None;
        }
    }
    (count > 0).then_some((value, count))
}

/// From one to eight digits, and no zero before others.
#[inline(always)]
pub(super) fn whole_number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (value, length) = run(bytes)?;
    let is_spelled_well = length == 1 || bytes.first() != Some(&b'0');
    Some((value, bytes.get(length..)?)).filter(|_| is_spelled_well)
}

/// A number that is not below zero, with up to eight digits on each side of its mark and no zero before others, in 10^-8.
#[inline(always)]
pub(crate) fn magnitude(bytes: &[u8], mark: u8) -> Option<(i64, &[u8])> {
    let (whole, left) = whole_number(bytes)?;
    match left.split_first() {
        Some((first, fraction)) if *first == mark => {
            let (part, length) = run(fraction)?;
            let power = POWERS.get(length)?;
            Some((whole * 100_000_000 + part * power, fraction.get(length..)?))
        }
        _ => Some((whole * 100_000_000, left)),
    }
}

/// The same with a sign before it.
#[inline(always)]
pub(super) fn number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match bytes.strip_prefix(b"-") {
        None => magnitude(bytes, b'.'),
        Some(digits) => magnitude(digits, b'.').map(|(value, left)| (-value, left)),
    }
}

/// Seconds into the day of `01:30`, before 24:00.
#[inline]
pub(crate) fn of_day(text: &[u8; 5]) -> Option<i64> {
    let [h1, h2, b':', m1, m2] = *text else { return None };
    let digits = [h1, h2, m1, m2].map(|byte| i64::from(byte.wrapping_sub(b'0')));
    let [h1, h2, m1, m2] = digits;
    let (hour, minute) = (h1 * 10 + h2, m1 * 10 + m2);
    // Without a branch each: almost all are times.
    let is_time = (h1 < 10) & (h2 < 10) & (m1 < 10) & (m2 < 10) & (hour < 24) & (minute < 60);
    is_time.then_some(hour * 3_600 + minute * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_at_a_time_is_one_by_one() {
        for digits in ["1", "12", "120", "1234567", "12345678", "99999999", "90000001"] {
            for behind in ["", ",", ".", "}", ",abcdefghij", "\u{e4}bcdefghij", " 123456789"] {
                let text = format!("{digits}{behind}");
                assert_eq!(run(text.as_bytes()), Some((digits.parse().unwrap(), digits.len())), "{text}");
            }
        }
        for none in ["", "a", "-1", ".5", "123456789", "/12345678", ":12345678"] {
            assert_eq!(run(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn numbers_have_a_digit_on_each_side() {
        let read = |text: &str| magnitude(text.as_bytes(), b'.').map(|(value, left)| (value, left.len()));
        assert_eq!(read("0.125,x"), Some((12_500_000, 2)));
        assert_eq!(read("12345678.12345678,2026-07-01"), Some((1_234_567_812_345_678, 11)));
        assert_eq!(read("7}"), Some((700_000_000, 1)));
        assert_eq!((read("01.5"), read(".5"), read("5."), read("1.123456789")), (None, None, None, None));
        assert_eq!(magnitude(b"0,5", b','), Some((50_000_000, &b""[..])));
        assert_eq!(number(b"-2.00,1").map(|(value, _)| value), Some(-200_000_000));
        assert_eq!(
            (of_day(b"23:59"), of_day(b"24:00"), of_day(b"1:300"), of_day(b"0/:00")),
            (Some(86_340), None, None, None)
        );
    }
}
