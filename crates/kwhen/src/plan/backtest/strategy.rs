//! The ways to run a battery that a back-test compares.

use crate::plan::forecast::{Forecast, PastDays};
use crate::time::LocalBand;

/// A way to run the battery.
pub enum Strategy<'a> {
    /// Knows everything: the least cost that there is.
    Perfect,
    /// Plans again whenever rates are published, on one forecast from what is known then, and follows the plan's value functions: within
    /// each slot the inverter sees the load and solar of that slot.
    Rolling(&'a dyn Forecast),
    /// Likewise, on the expected value over past days as the ways in which each slot may turn out, or over the dearest share of them
    /// ([`PastDays::dearest`]).
    Expected(PastDays),
    /// Charges at full power in a band of local time; otherwise serves the load and stores surplus solar.
    Timer(LocalBand),
    /// Of the slots of each published day, charges at full power in the k cheapest and discharges at full power in the k dearest.
    CheapestSlots(usize),
    /// Serves the load and stores surplus solar.
    SelfUse,
    /// No battery at all.
    NoBattery,
}

impl Strategy<'_> {
    /// A short name for tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Perfect => "perfect foresight",
            Self::Rolling(forecast) => forecast.name(),
            Self::Expected(days) if days.is_robust() => "dearest share",
            Self::Expected(_) => "expected value",
            Self::Timer(_) => "fixed timer",
            Self::CheapestSlots(_) => "k cheapest",
            Self::SelfUse => "self-use",
            Self::NoBattery => "no battery",
        }
    }
}

impl std::fmt::Debug for Strategy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
