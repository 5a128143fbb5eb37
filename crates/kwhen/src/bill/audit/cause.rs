//! Why a statement may differ.

use crate::quantity::Money;
use serde::Serialize;
use std::fmt;

/// A kind of cause, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The same line stands in it twice.
    CountedTwice,
    /// The credit for export is not taken off.
    ExportCredit,
    /// The statement's own lines do not add up.
    Sums,
    /// Another rule of rounding.
    RoundingRule,
    /// A reading that was replaced later.
    ReplacedReading,
    /// A dispatched half-hour at the full rate.
    Dispatch,
    /// The change of tariff on another day.
    TariffChange,
    /// The prices of another payment method.
    PaymentMethod,
    /// A stretch without readings, estimated.
    MissingReadings,
    /// Days that begin by another clock.
    Clock,
    /// Gas in another unit.
    GasUnit,
    /// Another calorific value of gas.
    CalorificValue,
    /// Another rate of VAT, or its change on another day.
    VatRate,
    /// VAT on prices that hold it already.
    VatTwice,
    /// More or fewer days of standing charge.
    StandingDays,
    /// Another standing charge, such as that of an earlier deal.
    StandingCharge,
    /// The prices of another tariff of the account.
    OtherTariff,
    /// Energy that is not what was read: an estimated or another reading.
    EstimatedReading,
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sums => "its own lines do not add up",
            Self::CountedTwice => "a line stands in it twice",
            Self::RoundingRule => "another rule of rounding",
            Self::ReplacedReading => "a reading that was replaced later",
            Self::Dispatch => "a dispatched half-hour at the full rate",
            Self::TariffChange => "the change of tariff on another day",
            Self::PaymentMethod => "the prices of another payment method",
            Self::MissingReadings => "a stretch without readings",
            Self::Clock => "days by another clock",
            Self::GasUnit => "gas in another unit",
            Self::CalorificValue => "another calorific value of gas",
            Self::VatRate => "another rate of VAT",
            Self::VatTwice => "VAT on prices that hold it already",
            Self::ExportCredit => "the credit for export not taken off",
            Self::StandingCharge => "another standing charge",
            Self::StandingDays => "another number of days of standing charge",
            Self::OtherTariff => "the prices of another tariff",
            Self::EstimatedReading => "an estimated reading",
        })
    }
}

/// A likely cause of what differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// Of which kind.
    pub kind: CauseKind,
    /// Whether it explains every line that differs.
    pub explains_all: bool,
    /// The rows of the lines that agree under it.
    pub rows: Vec<u64>,
    /// What was changed so that they agree, with dates and figures.
    pub evidence: String,
    /// What it makes of the total, or of its lines where it does not explain the total; above zero: too much was asked for.
    pub difference_minor: Money,
}
