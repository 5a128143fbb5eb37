//! Meter point and account numbers. A wrong check digit is a warning, not an error: real documents carry such numbers.

use super::Region;
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The core of an MPAN: the 13 digits that name an electricity meter point.
///
/// ```
/// use kwhen::tariff::{Mpan, Region};
/// let mpan: Mpan = "2000024512368".parse()?;
/// assert!(mpan.check_digit_holds());
/// assert_eq!(mpan.region(), Some(Region::Southern));
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mpan([u8; 13]);

/// An MPRN: the 6 to 11 digits that name a gas meter point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mprn(Vec<u8>);

/// An account number: `A-` and eight hexadecimal digits in capitals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountNumber(String);

/// The weights of the first twelve digits of an MPAN: the primes from 3 without 11.
const MPAN_WEIGHTS: [u32; 12] = [3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43];

fn digits(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .filter(|c| *c != ' ')
        .map(|c| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()))
        .collect()
}

fn print(digits: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    digits.iter().try_for_each(|digit| write!(f, "{digit}"))
}

impl Mpan {
    /// Whether the last digit is the one that the others ask for.
    #[must_use]
    pub fn check_digit_holds(&self) -> bool {
        let sum: u32 =
            self.0.iter().zip(MPAN_WEIGHTS).map(|(digit, weight)| u32::from(*digit) * weight).sum();
        self.0.last().is_some_and(|last| u32::from(*last) == sum % 11 % 10)
    }

    /// What to tell a person about a check digit that is wrong.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (!self.check_digit_holds())
            .then(|| format!("the check digit of MPAN {self} is wrong; is a digit mistyped?"))
    }

    /// The distributor's number: the first two digits.
    #[must_use]
    pub fn distributor_id(&self) -> u8 {
        self.0.iter().take(2).fold(0, |number, digit| number * 10 + digit)
    }

    /// The region of its distributor; `None` for an independent network, which lies in no one region.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        Region::from_distributor_id(self.distributor_id())
    }
}

impl FromStr for Mpan {
    type Err = Error;

    /// Reads the 13 digits, or the 21 digits of the full number whose last 13 they are. Spaces are passed over.
    fn from_str(text: &str) -> Result<Self> {
        let digits = digits(text).unwrap_or_default();
        let core = match digits.len() {
            13 => Some(digits.as_slice()),
            21 => digits.get(8..),
            _ => None,
        };
        core.and_then(|core| core.try_into().ok()).map(Self).ok_or_else(|| {
            Error::syntax("not an MPAN, which has 13 digits (21 with its top line)").with_value(text)
        })
    }
}

impl fmt::Display for Mpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(&self.0, f)
    }
}

impl Mprn {
    /// Whether the last two digits are those that the others ask for.
    #[must_use]
    pub fn check_digits_hold(&self) -> bool {
        let Some((head, tail)) = self.0.split_last_chunk::<2>() else { return false };
        let sum: u32 = head.iter().rev().zip(1..).map(|(digit, weight)| u32::from(*digit) * weight).sum();
        tail.iter().fold(0, |number, digit| number * 10 + u32::from(*digit)) == sum % 11
    }

    /// What to tell a person about check digits that are wrong.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (!self.check_digits_hold())
            .then(|| format!("the check digits of MPRN {self} are wrong; is a digit mistyped?"))
    }
}

impl FromStr for Mprn {
    type Err = Error;

    /// Reads 6 to 11 digits. Spaces are passed over.
    fn from_str(text: &str) -> Result<Self> {
        digits(text)
            .filter(|digits| (6..=11).contains(&digits.len()))
            .map(Self)
            .ok_or_else(|| Error::syntax("not an MPRN, which has 6 to 11 digits").with_value(text))
    }
}

impl fmt::Display for Mprn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(&self.0, f)
    }
}

impl AccountNumber {
    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("A-").unwrap_or("");
        if digits.len() == 8 && digits.chars().all(|c| matches!(c, '0'..='9' | 'A'..='F')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::syntax("not an account number such as A-1B2C3D4E").with_value(text))
        }
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_meter_points_check() {
        for text in ["2000024512368", "1013004420117", "03 801 902 2000024512368"] {
            let mpan: Mpan = text.parse().unwrap();
            assert!(mpan.check_digit_holds(), "{text}");
            assert_eq!(mpan.to_string().len(), 13);
        }
        assert!("2000024512368".parse::<Mpan>().unwrap().warning().is_none());
        assert!("2000024512369".parse::<Mpan>().unwrap().warning().unwrap().contains("mistyped"));
        assert_eq!("2600024512368".parse::<Mpan>().unwrap().region(), None, "an independent network");
        for text in ["3938424403", "9353824109", "9113681703"] {
            assert!(text.parse::<Mprn>().unwrap().check_digits_hold(), "{text}");
        }
        assert!("3938424404".parse::<Mprn>().unwrap().warning().is_some());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "200002451236", "20000245123688", "200002451236x", "２000024512368"] {
            assert!(text.parse::<Mpan>().unwrap_err().is_syntax(), "{text}");
        }
        for text in ["", "12345", "123456789012", "12345a"] {
            assert!(text.parse::<Mprn>().unwrap_err().is_syntax(), "{text}");
        }
        assert_eq!("A-1B2C3D4E".parse::<AccountNumber>().unwrap().to_string(), "A-1B2C3D4E");
        for text in ["", "A-", "A-1b2c3d4e", "A-1B2C3D4", "B-1B2C3D4E", "A-1B2C3D4E5"] {
            assert!(text.parse::<AccountNumber>().unwrap_err().is_syntax(), "{text}");
        }
    }

    proptest! {
        /// The weights are prime to 11, so one mistyped digit among the first twelve changes the remainder; only the two remainders
        /// that share a digit (0 and 10) can hide it.
        #[test]
        fn a_mistyped_digit_is_seen(body in prop::collection::vec(0_u8..10, 12), place in 0_usize..12, by in 1_u8..10) {
            let sum = |body: &[u8]| body.iter().zip(MPAN_WEIGHTS).map(|(d, w)| u32::from(*d) * w).sum::<u32>() % 11;
            let mut text: String = body.iter().map(|digit| char::from(b'0' + digit)).collect();
            text.push(char::from_digit(sum(&body) % 10, 10).unwrap());
            prop_assert!(text.parse::<Mpan>().unwrap().check_digit_holds());
            let mut mistyped = body.clone();
            mistyped[place] = (mistyped[place] + by) % 10;
            let last = text.pop().unwrap();
            let mut other: String = mistyped.iter().map(|digit| char::from(b'0' + digit)).collect();
            other.push(last);
            let hidden = [0, 10].contains(&sum(&body)) && [0, 10].contains(&sum(&mistyped));
            prop_assert_eq!(other.parse::<Mpan>().unwrap().check_digit_holds(), hidden);
        }
    }
}
