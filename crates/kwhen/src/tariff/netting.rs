//! What a tariff makes of exported energy: set off against what was imported, paid for, charged.

use super::{Every, Tariff};

/// Exported energy that is set off against imported energy, kWh by kWh, before anything is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Netting {
    /// Within which periods; `None`: within each slot. A bill that cuts a period sets off what it has of it.
    pub every: Option<Every>,
    /// Only against energy at the same unit rate, as the registers of a meter with two of them are set off each by itself.
    pub by_rate: bool,
}

/// Which energy a component counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// What is imported, less what is set off against it.
    #[default]
    Import,
    /// What is exported, less what is set off.
    Export,
    /// All that is imported, whatever is set off.
    WholeImport,
    /// All that is exported, whatever is set off.
    WholeExport,
}

impl Counts {
    /// Whether it is of exported energy.
    #[must_use]
    pub const fn is_export(self) -> bool {
        matches!(self, Self::Export | Self::WholeExport)
    }
}

impl Tariff {
    /// Whether it can be billed only where the exported energy is known beside the imported.
    #[must_use]
    pub fn counts_export(&self) -> bool {
        self.netting.is_some() || self.components.iter().any(|component| component.counts.is_export())
    }
}
