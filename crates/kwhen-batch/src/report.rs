//! Meters that could not be billed, and why.

use crate::meter::MeterName;
use kwhen::text::csv_field;
use serde::{Deserialize, Serialize};

/// Why a meter could not be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It has readings and no agreement, or none in the span.
    NoAgreement,
    /// Its agreements contradict each other.
    Agreements,
    /// An agreement names a tariff that is not among the rates.
    UnknownTariff,
    /// The rates of its tariff cannot be taken.
    Tariff,
    /// It has an agreement and no reading in the span, or none with a rate.
    NoReadings,
    /// A reading has no start, or lies off the grid.
    OffGrid,
    /// A slot has more than one reading.
    Repeated,
    /// A reading is not a number, or is beyond the range of kWh.
    Value,
    /// Readings name no meter.
    NoMeter,
    /// The amounts are beyond what is held.
    OutOfRange,
}

impl Reason {
    /// A short word for it, as in the report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAgreement => "no-agreement",
            Self::Agreements => "agreements",
            Self::UnknownTariff => "unknown-tariff",
            Self::Tariff => "tariff",
            Self::NoReadings => "no-readings",
            Self::OffGrid => "off-grid",
            Self::Repeated => "repeated",
            Self::Value => "value",
            Self::NoMeter => "no-meter",
            Self::OutOfRange => "out-of-range",
        }
    }
}

/// A meter that could not be billed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unbilled {
    /// Which; `None` for readings that name none.
    pub meter: Option<MeterName>,
    /// Why.
    pub reason: Reason,
    /// In words: what was seen, the first instance, what to do.
    pub message: String,
}

impl Unbilled {
    /// The report as CSV: `meter,reason,message`.
    #[must_use]
    pub fn csv(list: &[Self]) -> String {
        let mut text = String::from("meter,reason,message\n");
        for unbilled in list {
            let meter = unbilled.meter.as_ref().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!(
                "{},{},{}\n",
                csv_field(&meter),
                unbilled.reason.name(),
                csv_field(&unbilled.message)
            ));
        }
        text
    }
}
