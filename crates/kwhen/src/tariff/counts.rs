//! Which energy a component counts.

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
