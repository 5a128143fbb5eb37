//! A share of something, from nothing to all.

use crate::error::{Error, Result};
use crate::quantity::Energy;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// A share from 0 to 1, exact to 10⁻⁸: a state of charge, an efficiency. Reads `0.8` and `80%`.
///
/// ```
/// use kwhen::plan::Share;
/// assert_eq!("80%".parse::<Share>()?, "0.8".parse()?);
/// assert!("1.2".parse::<Share>().unwrap_err().is_out_of_range());
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Share(Energy);

impl Share {
    /// Nothing.
    pub const NOTHING: Self = Self(Energy::ZERO);
    /// All.
    pub const ALL: Self = match Energy::from_units(Self::WHOLE) {
        Ok(all) => Self(all),
        Err(_) => Self::NOTHING,
    };
    const WHOLE: i64 = 100_000_000;

    pub(crate) const fn units(self) -> i64 {
        self.0.units()
    }

    /// So much of an energy, divided by an efficiency and rounded up: what must be drawn to store it.
    pub(crate) fn drawn_for(self, of: Energy, efficiency: Self) -> i64 {
        let stored = i128::from(self.units()) * i128::from(of.units());
        let drawn = -(-stored).div_euclid(i128::from(efficiency.units().max(1)));
        i64::try_from(drawn).unwrap_or(i64::MAX)
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).filter(|rest| !rest.is_negative()).map(Self)
    }

    /// So much of what is drawn, rounded down: what is stored.
    #[must_use]
    pub fn of(self, whole: Energy) -> Energy {
        let part = (i128::from(self.units()) * i128::from(whole.units())).div_euclid(i128::from(Self::WHOLE));
        i64::try_from(part).ok().and_then(|units| Energy::from_units(units).ok()).unwrap_or_default()
    }
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let share = match text.trim().strip_suffix('%') {
            // Two decimals more: a percentage of ten decimals is refused by its precision, as any share of as many.
            Some(percent) => rust_decimal::Decimal::from_str_exact(percent.trim())
                .map_err(|_| Error::syntax("not a share such as 0.8 or 80%").with_value(text))
                .and_then(|percent| Energy::from_decimal(percent / rust_decimal::Decimal::ONE_HUNDRED))?,
            None => text.trim().parse()?,
        };
        if share.is_negative() || share > Self::ALL.0 {
            return Err(
                Error::out_of_range("a share must be from 0 to 1, or from 0% to 100%").with_value(text)
            );
        }
        Ok(Self(share))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = Energy::deserialize(deserializer)?;
        share.to_string().parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({self})")
    }
}
