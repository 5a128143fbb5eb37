//! Exact quantities: [`Energy`], [`UnitRate`] and [`Money`].
//!
//! Each is a whole number of a stated small unit, so that sums, products and comparisons never lose a digit.
//!
//! | type | unit | holds | range |
//! |---|---|---|---|
//! | [`Energy`] | 10⁻⁸ kWh | meter readings (3 decimals), gas in kWh | ±10⁹ kWh |
//! | [`UnitRate`] | 10⁻⁸ p/kWh | API rates (2 to 6 decimals, VAT in or out) | ±10⁹ p/kWh |
//! | [`Money`] | 10⁻²⁰ pence | every product of the two, and 0.01 % steps of VAT on it | ±10¹⁸ pence |
//!
//! `Energy * UnitRate = Money` is exact and cannot overflow. Adding is checked. Dropping digits always names a [`Rounding`].
//!
//! ```
//! use kwhen::{Energy, Money, UnitRate};
//! let energy: Energy = "0.182".parse()?;
//! let rate: UnitRate = "28.95858".parse()?;
//! let cost: Money = energy * rate;
//! assert_eq!(cost.to_string(), "5.27046156");
//! # Ok::<(), kwhen::Error>(())
//! ```

mod currency;
mod rounding;
mod text;
mod wire;
pub(crate) use wire::exact;

use crate::error::{Error, Result};
pub use currency::Currency;
pub use rounding::Rounding;
pub(crate) use rounding::{divide, gcd, quotient};
use rust_decimal::Decimal;
use std::fmt;
use std::ops::{Mul, Neg};
use std::str::FromStr;
pub(crate) use text::percent;
pub(crate) use text::power_of_ten;

macro_rules! quantity {
    (
        $(#[$doc:meta])*
        $name:ident($repr:ty), scale $scale:literal, limit $limit:expr, unit $unit:literal
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            /// Decimals that are held exactly.
            pub const SCALE: u32 = $scale;
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest value; the smallest is its negative.
            pub const MAX: Self = Self($limit);

            #[doc = concat!("From a whole number of 10^-", stringify!($scale), " ", $unit, "; an error beyond the range.")]
            pub const fn from_units(units: $repr) -> Result<Self, OutOfRange> {
                if units > $limit || units < -$limit { Err(OutOfRange) } else { Ok(Self(units)) }
            }

            #[doc = concat!("The value as a whole number of 10^-", stringify!($scale), " ", $unit, ".")]
            #[must_use]
            pub const fn units(self) -> $repr {
                self.0
            }

            fn from_wide(units: i128, shown: impl FnOnce() -> String) -> Result<Self> {
                <$repr>::try_from(units)
                    .ok()
                    .and_then(|units| Self::from_units(units).ok())
                    .ok_or_else(|| Error::out_of_range(concat!("beyond the range of ", $unit)).with_value(shown()))
            }

            /// Reads decimal text; digits beyond the scale are rounded as named.
            pub fn parse_rounded(text: &str, rounding: Rounding) -> Result<Self> {
                Self::from_wide(text::parse(text, $scale, Some(rounding))?, || text.to_owned())
            }

            /// Reads decimal text that counts units of 10^`power` of this quantity; digits beyond the scale are rounded, if a mode is
            /// named, or refused.
            pub(crate) fn parse_in(text: &str, power: i32, rounding: Option<Rounding>) -> Result<Self> {
                let scale = u32::saturating_add_signed($scale, power);
                Self::from_wide(text::parse(text, scale, rounding)?, || text.to_owned())
            }

            /// From a [`Decimal`]; an error where it has more digits than the scale holds.
            pub fn from_decimal(decimal: Decimal) -> Result<Self> {
                let decimal = decimal.normalize();
                if decimal.scale() > $scale {
                    return Err(Error::precision(concat!("has more than the ", stringify!($scale), " decimals that are held exactly"))
                        .with_value(decimal.to_string()));
                }
                let units = decimal.mantissa().checked_mul(power_of_ten($scale - decimal.scale()));
                Self::from_wide(units.unwrap_or(i128::MAX), || decimal.to_string())
            }

            /// The sum, or `None` beyond the range.
            #[must_use]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).and_then(|units| Self::from_units(units).ok())
            }

            /// The difference, or `None` beyond the range.
            #[must_use]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).and_then(|units| Self::from_units(units).ok())
            }

            /// The sum of many; an error beyond the range.
            pub fn sum(values: impl IntoIterator<Item = Self>) -> Result<Self> {
                values
                    .into_iter()
                    .try_fold(Self::ZERO, Self::checked_add)
                    .ok_or_else(|| Error::out_of_range(concat!("a sum is beyond the range of ", $unit)))
            }

            /// Rounded to so many decimals; unchanged where there are no more than that.
            #[must_use]
            pub fn round(self, places: u32, rounding: Rounding) -> Self {
                if places >= $scale {
                    return self;
                }
                let step = power_of_ten($scale - places);
                let units = divide(i128::from(self.0), step, rounding) * step;
                // The limit is a whole power of ten, so rounding cannot pass it.
                Self(<$repr>::try_from(units).unwrap_or(self.0))
            }

            /// Whether it is below zero.
            #[must_use]
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Whether it is nothing.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Reads decimal text exactly (`-0.50`, `1.5`, `1e-3`); an error for more digits than the scale holds.
            fn from_str(text: &str) -> Result<Self> {
                Self::from_wide(text::parse(text, $scale, None)?, || text.to_owned())
            }
        }

        impl fmt::Display for $name {
            /// Exact decimal text with no needless zeros. `{:.2}` rounds half to even for show.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                text::print(i128::from(self.0), $scale, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} ", $unit, ")"), self)
            }
        }

        impl Neg for $name {
            type Output = Self;

            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl TryFrom<Decimal> for $name {
            type Error = Error;

            fn try_from(decimal: Decimal) -> Result<Self> {
                Self::from_decimal(decimal)
            }
        }

        wire::serialise_as_decimal_text!($name);
    };
}

/// A whole number of units beyond the range of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("beyond the range of the quantity")
    }
}

impl std::error::Error for OutOfRange {}

impl From<OutOfRange> for Error {
    fn from(_: OutOfRange) -> Self {
        Self::out_of_range("beyond the range of the quantity")
    }
}

quantity! {
    /// Energy in kWh, exact to 10⁻⁸ kWh, within ±10⁹ kWh.
    ///
    /// The API gives three decimals (its developer guide, "consumption"); the rest is room for gas and for planners.
    ///
    /// ```
    /// use kwhen::{Energy, Rounding};
    /// let reading: Energy = "0.025".parse()?;
    /// assert_eq!(reading.round(2, Rounding::HalfEven).to_string(), "0.02");
    /// assert!("0.123456789".parse::<Energy>().unwrap_err().is_precision());
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    Energy(i64), scale 8, limit 100_000_000_000_000_000, unit "kWh"
}

quantity! {
    /// A unit rate in p/kWh, exact to 10⁻⁸ p, within ±10⁹ p/kWh; may be negative. Whether VAT is in it is for its holder to say.
    UnitRate(i64), scale 8, limit 100_000_000_000_000_000, unit "p/kWh"
}

quantity! {
    /// Money in pence, exact to 10⁻²⁰ p, within ±10¹⁸ p.
    ///
    /// 16 decimals hold any product of an [`Energy`] and a [`UnitRate`]; four more hold VAT in steps of 0.01 % on it.
    Money(i128), scale 20, limit 100_000_000_000_000_000_000_000_000_000_000_000_000, unit "p"
}

/// 10^(20 - 8 - 8): what a product of units lacks to be units of money.
pub(crate) const PRODUCT_TO_MONEY: i128 = power_of_ten(Money::SCALE - Energy::SCALE - UnitRate::SCALE);

const _: () = assert!(Energy::MAX.0 as i128 * UnitRate::MAX.0 as i128 * PRODUCT_TO_MONEY <= Money::MAX.0);

impl Energy {
    /// As a [`Decimal`] in kWh, exactly.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Self::SCALE).normalize()
    }
}

impl UnitRate {
    /// As a [`Decimal`] in p/kWh, exactly.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Self::SCALE).normalize()
    }
}

impl Money {
    /// From a count of 10^-16 p: the product of energy units and unit-rate units.
    pub(crate) fn from_product_units(units: i128) -> Result<Self> {
        units
            .checked_mul(PRODUCT_TO_MONEY)
            .and_then(|units| Self::from_units(units).ok())
            .ok_or_else(|| Error::out_of_range("a sum is beyond the range of p"))
    }

    /// As a [`Decimal`] in pence; an error where its 96 bits do not hold every digit.
    pub fn to_decimal(self) -> Result<Decimal> {
        let (mut units, mut scale) = (self.0, Self::SCALE);
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Decimal::try_from_i128_with_scale(units, scale).map_err(|_| {
            Error::precision("has more digits than a Decimal holds; round it first")
                .with_value(self.to_string())
        })
    }

    /// So many times over (a standing charge for 31 days); an error beyond the range.
    pub fn times(self, count: i64) -> Result<Self> {
        self.0
            .checked_mul(i128::from(count))
            .and_then(|units| Self::from_units(units).ok())
            .ok_or_else(|| Error::out_of_range("a product is beyond the range of p"))
    }
}

impl Mul<UnitRate> for Energy {
    type Output = Money;

    /// kWh × p/kWh = pence, exactly. Cannot overflow: see the ranges of the two.
    fn mul(self, rate: UnitRate) -> Money {
        Money(i128::from(self.0) * i128::from(rate.0) * PRODUCT_TO_MONEY)
    }
}

impl Mul<Energy> for UnitRate {
    type Output = Money;

    fn mul(self, energy: Energy) -> Money {
        energy * self
    }
}

#[cfg(test)]
mod tests;
