//! Power in kW.

use crate::error::Result;
use crate::quantity::{Energy, Rounding};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Power in kW, exact to 10⁻⁸ kW: what is drawn in an hour, per hour.
///
/// ```
/// use kwhen::plan::Power;
/// let charger: Power = "7.4".parse()?;
/// assert_eq!(charger.over_minutes(30).to_string(), "3.7");
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Power(Energy);

impl Power {
    /// No power.
    pub const ZERO: Self = Self(Energy::ZERO);

    /// The power that draws so much in an hour.
    #[must_use]
    pub const fn per_hour(energy: Energy) -> Self {
        Self(energy)
    }

    /// What makes it unlikely that this power of one home's device is meant, as a sentence without its full stop: above 100 kW it is
    /// rather watts. `None` below that.
    #[must_use]
    pub fn doubt(self) -> Option<String> {
        const LIKELY: i64 = 100 * 100_000_000;
        (self.units() > LIKELY).then(|| {
            format!("{self} kW is more than the connection of a home carries: powers are in kW, not W")
        })
    }

    /// As a whole number of 10⁻⁸ kW.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0.units()
    }

    /// What is drawn in so many minutes, rounded down to a whole unit of energy so that the power is never passed.
    #[must_use]
    pub fn over_minutes(self, minutes: u32) -> Energy {
        Energy::from_units(self.over_seconds(i64::from(minutes) * 60)).unwrap_or(Energy::MAX)
    }

    /// What is drawn in so many seconds, in units of energy and rounded down likewise; nothing in less than none.
    pub(crate) fn over_seconds(self, seconds: i64) -> i64 {
        let product = i128::from(self.units()) * i128::from(seconds.max(0));
        match i64::try_from(product) {
            Ok(narrow) => narrow.div_euclid(3600),
            Err(_) => i64::try_from(product.div_euclid(3600)).unwrap_or(i64::MAX),
        }
    }

    /// The average power of so much energy in so many seconds, rounded half to even at 10⁻⁸ kW; nothing in no time.
    pub(crate) fn average(energy: Energy, seconds: i64) -> Self {
        if seconds <= 0 {
            return Self::ZERO;
        }
        let units = crate::quantity::divide(
            i128::from(energy.units()) * 3600,
            i128::from(seconds),
            Rounding::HalfEven,
        );
        Self(
            i64::try_from(units).ok().and_then(|units| Energy::from_units(units).ok()).unwrap_or(Energy::MAX),
        )
    }
}

impl FromStr for Power {
    type Err = crate::error::Error;

    /// Reads decimal text exactly, in kW.
    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Power({self} kW)")
    }
}
