//! What bills are asked to do where something is not known.

use crate::context::{Context, Flag};
use kwhen::bill::{BetweenReadings, MissingReadings};
use kwhen::series::RateInSlot;

/// What is done where there is no reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Missing {
    /// Leave it out and name it
    #[default]
    Exclude,
    /// Make no bill
    Refuse,
    /// Take the same local half-hour of the week before
    PreviousWeek,
    /// Take the mean of that time of day
    Profile,
    /// Take nothing to have been used
    Zero,
    /// Take nothing to have been used in what a file without a zero leaves out between its rows; if --missing is not given, so are
    /// files read that are known to leave it out
    LeftOutZero,
}

impl Missing {
    /// Whether what a file leaves out between its rows is of no use; `None`: as its layout has it.
    pub fn left_out(self, ctx: &Context) -> Option<bool> {
        ctx.is_given(Flag::Missing).then_some(self == Self::LeftOutZero)
    }

    /// As the engine takes it.
    pub const fn policy(self) -> MissingReadings {
        match self {
            Self::Exclude | Self::LeftOutZero => MissingReadings::Exclude,
            Self::Refuse => MissingReadings::Refuse,
            Self::PreviousWeek => MissingReadings::PreviousWeek,
            Self::Profile => MissingReadings::Profile,
            Self::Zero => MissingReadings::Zero,
        }
    }
}

/// What is done where something changes between two readings of a register, or a rate inside a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Between {
    /// Make no bill: a reading is needed there
    #[default]
    Refuse,
    /// Share the energy out evenly over the time between the readings, and say so
    ByTime,
}

impl Between {
    /// As the engine takes it.
    pub const fn policy(self) -> BetweenReadings {
        match self {
            Self::Refuse => BetweenReadings::Refuse,
            Self::ByTime => BetweenReadings::ByTime,
        }
    }
}

/// How a slot is priced in which the unit rate changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InSlot {
    /// Make no bill: a meter does not say when in the slot the energy was used
    #[default]
    Refuse,
    /// At the mean of its rates, each weighted by how long it holds, and say so
    Mean,
}

impl InSlot {
    /// As the engine takes it.
    pub const fn policy(self) -> RateInSlot {
        match self {
            Self::Refuse => RateInSlot::Refuse,
            Self::Mean => RateInSlot::Mean,
        }
    }
}
