//! Exported energy set off against what was imported.

use super::Every;

/// Exported energy that is set off against imported energy, kWh by kWh, before anything is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Netting {
    /// Within which periods; `None`: within each slot. A bill that cuts a period sets off what it has of it.
    pub every: Option<Every>,
    /// Only against energy at the same unit rate, as the registers of a meter with two of them are set off each by itself.
    pub by_rate: bool,
}
