//! How a source is read where it does not say it itself.

use crate::quantity::{Energy, Rounding};
use crate::series::{PaymentMethod, VatBasis};
use crate::time::Calendar;
use serde::{Deserialize, Serialize};

/// How to read rows of unit rates or standing charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceOptions {
    /// Which rows to take where a source has prices for several payment methods.
    pub payment_method: Option<PaymentMethod>,
    /// Whether VAT is in a column that does not say so itself (`rate`, `standing_charge`).
    pub bare_price: VatBasis,
    /// How to round digits beyond the scale; `None`: such a row is an error.
    pub rounding: Option<Rounding>,
    /// What unit rates are counted in.
    pub unit: RateUnit,
    /// Which way the energy goes that is priced, where that is known: prices that can only be for the other are noticed.
    pub role: Option<PriceRole>,
    /// How many seconds a time may be off the minute that it is taken for, 29 at most; 0: such a time is an error.
    pub snap_seconds: u32,
    /// The clock that daily and monthly prices change by, where rows say no end.
    pub calendar: Calendar,
}

impl Default for PriceOptions {
    fn default() -> Self {
        Self {
            payment_method: None,
            bare_price: VatBasis::Inclusive,
            rounding: None,
            unit: RateUnit::Pence,
            role: None,
            snap_seconds: 0,
            calendar: Calendar::great_britain(),
        }
    }
}

/// What a unit rate is counted in: pence and pounds, cents and euros, whatever the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RateUnit {
    /// Pence a kWh: the API's.
    #[default]
    Pence,
    /// Pounds a kWh.
    Pounds,
    /// Pounds (or euros) a MWh, as markets have it.
    PoundsPerMegawattHour,
}

impl RateUnit {
    /// The power of ten between it and pence a kWh.
    pub(super) const fn power_of_ten(self) -> i32 {
        match self {
            Self::Pence => 0,
            Self::Pounds => 2,
            Self::PoundsPerMegawattHour => -1,
        }
    }
}

/// What unit rates are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceRole {
    /// Energy that the customer takes.
    Import,
    /// Energy that the customer gives.
    Export,
}

/// How to read rows of consumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadingOptions {
    /// How to round digits beyond the scale; `None`: such a row is an error.
    pub rounding: Option<Rounding>,
    /// What readings are counted in.
    pub unit: EnergyUnit,
    /// How many seconds a time may be off the minute that it is taken for, 29 at most; 0: such a time is an error.
    pub snap_seconds: u32,
    /// The most energy that the connection carries in an hour: a reading above that is left out as missing, with a notice.
    pub most_an_hour: Option<Energy>,
}

/// What a reading is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EnergyUnit {
    /// kWh: the API's.
    #[default]
    KilowattHours,
    /// Wh.
    WattHours,
    /// MWh.
    MegawattHours,
}

impl EnergyUnit {
    /// The power of ten between it and kWh.
    pub(super) const fn power_of_ten(self) -> i32 {
        match self {
            Self::KilowattHours => 0,
            Self::WattHours => -3,
            Self::MegawattHours => 3,
        }
    }
}
