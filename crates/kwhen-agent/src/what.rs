//! What is fetched.

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Unit rates and standing charges.
    Rates,
    /// Readings of the meters.
    Readings,
    /// When the supplier is going to have a car charge.
    PlannedDispatches,
    /// When it had it charge.
    Dispatches,
}

impl What {
    /// All of it, what matters most first.
    pub const ALL: [Self; 4] = [Self::Rates, Self::PlannedDispatches, Self::Readings, Self::Dispatches];
}

impl What {
    /// For messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rates => "rates",
            Self::Readings => "readings",
            Self::PlannedDispatches => "planned dispatches",
            Self::Dispatches => "dispatches",
        }
    }
}
