//! What was read of meters.

use super::happened::Happened;
use kwhen::Consumption;
use kwhen::bill::Metered;
use kwhen::tariff::{Advance, Agreements, GasConversion, Tariff};
use kwhen::time::{Calendar, Span};

/// What a meter tells: slot by slot, or by registers.
#[derive(Clone, Debug)]
pub enum Readings {
    /// Slot by slot.
    Slots(Consumption),
    /// By registers.
    Registers(Vec<Advance>),
}

impl Readings {
    /// In kWh, under a tariff.
    pub fn in_kwh(
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

    /// As a supply takes them.
    pub fn borrowed(&self) -> Metered<'_> {
        match self {
            Self::Slots(consumption) => Metered::Slots(consumption),
            Self::Registers(advances) => Metered::Registers(advances),
        }
    }

    /// From the first reading to the last.
    pub fn span(&self) -> Option<Span> {
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
pub struct Read {
    /// Its name.
    pub name: String,
    /// What its meter tells.
    pub metered: Readings,
    /// Which tariffs it is on, when.
    pub agreements: Agreements,
    /// What its readings count, where they are of gas.
    pub gas: Option<GasConversion>,
    /// What happened beside.
    pub happened: Happened,
}

impl Read {
    /// Of some tariffs, those that it is on somewhere in a period.
    pub fn under<'a>(&self, tariffs: &'a [Tariff], period: Span) -> Vec<&'a Tariff> {
        let agreed = self.agreements.within(period);
        tariffs.iter().filter(|tariff| agreed.iter().any(|one| one.tariff == tariff.code)).collect()
    }
}
