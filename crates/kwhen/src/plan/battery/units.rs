//! Efficiencies and the exact fractions behind them.

use crate::error::{Error, Result};
use crate::quantity::power_of_ten;
use rust_decimal::Decimal;
use std::fmt;
use std::str::FromStr;

/// An efficiency: above 0, at most 1, with at most six decimals.
///
/// ```
/// use kwhen::plan::battery::Efficiency;
/// assert_eq!("95%".parse::<Efficiency>()?, "0.95".parse()?);
/// assert!("0".parse::<Efficiency>().unwrap_err().is_out_of_range());
/// assert!("1.05".parse::<Efficiency>().is_err());
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Efficiency(Decimal);

impl Efficiency {
    /// Nothing is lost.
    pub const PERFECT: Self = Self(Decimal::ONE);

    /// From a decimal; an error unless it is above 0 and at most 1 with at most six decimals.
    pub fn new(efficiency: Decimal) -> Result<Self> {
        let efficiency = efficiency.normalize();
        if efficiency <= Decimal::ZERO || efficiency > Decimal::ONE {
            return Err(Error::out_of_range("an efficiency is above 0 and at most 1")
                .with_value(efficiency.to_string()));
        }
        if efficiency.scale() > 6 {
            return Err(
                Error::precision("an efficiency has at most six decimals").with_value(efficiency.to_string())
            );
        }
        Ok(Self(efficiency))
    }

    /// As a decimal.
    #[must_use]
    pub const fn to_decimal(self) -> Decimal {
        self.0
    }

    pub(crate) fn ratio(self) -> Ratio {
        Ratio::new(self.0.mantissa(), power_of_ten(self.0.scale()))
    }
}

impl FromStr for Efficiency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (digits, parts) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent.trim(), Decimal::ONE_HUNDRED),
            None => (text, Decimal::ONE),
        };
        let decimal = digits.parse::<Decimal>().map_err(|_| {
            Error::syntax("not an efficiency such as 0.95 or 95%").in_field("efficiency").with_value(text)
        })?;
        Self::new(decimal / parts)
    }
}

impl<'de> serde::Deserialize<'de> for Efficiency {
    /// From decimal text or a JSON number, with no float in between.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        crate::quantity::exact(deserializer)
    }
}

impl fmt::Display for Efficiency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A positive fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    pub(crate) numerator: i128,
    pub(crate) denominator: i128,
}

impl Ratio {
    pub(crate) const ONE: Self = Self { numerator: 1, denominator: 1 };

    pub(crate) fn new(numerator: i128, denominator: i128) -> Self {
        let divisor = gcd(numerator, denominator).max(1);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    pub(crate) fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }
}

/// The greatest common divisor of two magnitudes; that of 0 and a number is the number.
pub(crate) fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(i128::MAX)
}

/// The least common multiple, or `None` where it does not fit.
pub(crate) fn lcm(a: i128, b: i128) -> Option<i128> {
    (a / gcd(a, b).max(1)).checked_mul(b)
}
