//! What bills are asked to do where something is not known.

use crate::context::{Context, Flag};
use clap::Args;
use kwhen::bill::{BetweenReadings, MissingReadings};
use kwhen::series::RateInSlot;
use kwhen::tariff::{Allowance, Direction, DispatchCount, Fuel, Tariff};
use std::path::PathBuf;

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

/// What happened beside what the meter read, and how much of what was dispatched is cheap.
#[derive(Args, Clone, Debug, Default)]
pub struct Beside {
    /// What the car drew, for tariffs with prices of its own for it: readings as for --consumption; what its dispatches say of it if not said
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account", "registers"])]
    pub device_consumption: Option<PathBuf>,
    /// Of what is dispatched, so many hours from local midday to midday are cheap; what is beyond them is billed at the usual rate
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u8).range(1..=24))]
    pub dispatch_hours: Option<u8>,
    /// What of a dispatch counts towards the hours a day that are cheap
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub dispatch_count: Counted,
    /// Sessions of free electricity: start, end, kind (free-electricity, weekend-happy-hour, …) and limit_kwh
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account", "registers"])]
    pub sessions: Option<PathBuf>,
}

impl Beside {
    /// A tariff with the hours that are said, where it is one that a car is charged on.
    #[must_use]
    pub fn allowing(&self, tariff: Tariff) -> Tariff {
        match self.dispatch_hours {
            Some(hours) if tariff.fuel == Fuel::Electricity && tariff.direction == Direction::Import => {
                Tariff { allowance: Some(Allowance { hours }), ..tariff }
            }
            _ => tariff,
        }
    }
}

/// What of a dispatch counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Counted {
    /// Each half-hour that it touches, whole
    #[default]
    HalfHours,
    /// Its minutes
    Minutes,
}

impl Counted {
    /// As the engine takes it.
    pub const fn policy(self) -> DispatchCount {
        match self {
            Self::HalfHours => DispatchCount::HalfHours,
            Self::Minutes => DispatchCount::Minutes,
        }
    }
}
