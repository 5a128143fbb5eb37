//! What was read of meters.

use kwhen::Consumption;
use kwhen::input::Dispatches;
use kwhen::tariff::{Advance, Agreements, GasConversion, Tariff};
use kwhen::time::{Calendar, Span};
use serde::Serialize;

/// What a meter tells: slot by slot, or by registers.
pub(crate) enum Readings {
    Slots(Consumption),
    Registers(Vec<Advance>),
}

impl Readings {
    /// In kWh, under a tariff.
    pub(crate) fn in_kwh(
        self,
        tariff: &Tariff,
        gas: Option<&GasConversion>,
        period: Span,
        calendar: &Calendar,
    ) -> kwhen::Result<Self> {
        Ok(match self {
            Self::Slots(readings) => {
                Self::Slots(tariff.in_kwh(&readings, gas, period, calendar)?.into_owned())
            }
            Self::Registers(counted) => {
                Self::Registers(tariff.advances_in_kwh(&counted, gas, calendar)?.into_owned())
            }
        })
    }

    /// From the first reading to the last.
    pub(crate) fn span(&self) -> Option<Span> {
        match self {
            Self::Slots(consumption) => consumption.grid().span(),
            Self::Registers(advances) => {
                let from = advances.iter().map(|advance| advance.span.from()).min()?;
                let to = advances.iter().map(|advance| advance.span.to()).max()?;
                Span::new(from, to).ok()
            }
        }
    }
}

/// What was read of one supply.
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) metered: Readings,
    pub(crate) agreements: Agreements,
    pub(crate) gas: Option<GasConversion>,
    pub(crate) dispatches: Dispatches,
}

/// How old the readings of a meter point are that came from the store.
#[derive(Debug, Serialize)]
pub(crate) struct Age {
    pub(crate) name: String,
    /// When the newest reading ends.
    pub(crate) readings_to: String,
    /// When it came.
    pub(crate) fetched_at: Option<String>,
}
