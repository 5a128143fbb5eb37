//! What a row belongs to.

use crate::rest::{Fuel, List, Rates};
use crate::wire::Rate;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use kwhen::tariff::TariffCode;
use std::fmt;

/// Which of a tariff's charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargeKind {
    /// Unit rates of a tariff with one register.
    UnitRates,
    /// The day register's unit rates.
    DayUnitRates,
    /// The night register's unit rates.
    NightUnitRates,
    /// What a dispatched car's energy costs within its hours.
    DeviceOffPeakUnitRates,
    /// What its energy costs beyond them.
    DevicePeakUnitRates,
    /// Standing charges.
    StandingCharges,
}

impl ChargeKind {
    /// The last part of its address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnitRates => "standard-unit-rates",
            Self::DayUnitRates => "day-unit-rates",
            Self::NightUnitRates => "night-unit-rates",
            Self::DeviceOffPeakUnitRates => "ev-device-off-peak-unit-rates",
            Self::DevicePeakUnitRates => "ev-device-peak-unit-rates",
            Self::StandingCharges => "standing-charges",
        }
    }

    /// The kinds of charges that a tariff has, as its code says: unit rates of one register or of two, those of the car where it has its own, and
    /// standing charges.
    pub fn of(code: &TariffCode) -> impl Iterator<Item = Self> {
        let unit_rates = Rates::kinds_of(code).iter().filter_map(|name| Self::named(name));
        unit_rates.chain([Self::StandingCharges])
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    const ALL: [Self; 6] = [
        Self::UnitRates,
        Self::DayUnitRates,
        Self::NightUnitRates,
        Self::DeviceOffPeakUnitRates,
        Self::DevicePeakUnitRates,
        Self::StandingCharges,
    ];
}

/// A meter at a meter point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredMeter {
    /// Whether its meter point is one of gas.
    pub is_gas: bool,
    /// MPAN or MPRN.
    pub meter_point: String,
    /// The serial number.
    pub serial_number: String,
}

impl StoredMeter {
    /// What it measures.
    #[must_use]
    pub const fn fuel(&self) -> Fuel {
        if self.is_gas { Fuel::Gas } else { Fuel::Electricity }
    }
}

/// One series of the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// A tariff's charges.
    Charges(String, ChargeKind),
    /// A meter's readings.
    Readings(StoredMeter),
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Charges(tariff, kind) => write!(f, "{tariff} {}", kind.name()),
            Self::Readings(meter) => {
                let fuel = if meter.is_gas { "gas" } else { "electricity" };
                write!(f, "{fuel} {} {}", meter.meter_point, meter.serial_number)
            }
        }
    }
}

impl Series {
    /// As the store writes it; [`Series::from_key`] reads it.
    pub(super) fn key(&self) -> Result<String> {
        let parts = match self {
            Self::Charges(tariff, kind) => vec!["charges", tariff, kind.name()],
            Self::Readings(meter) => {
                let fuel = if meter.is_gas { "gas" } else { "electricity" };
                vec!["readings", fuel, &meter.meter_point, &meter.serial_number]
            }
        };
        if parts.iter().any(|part| part.is_empty() || part.contains('/')) {
            return Err(Error::invalid(format!("'{self}' cannot be stored under its name")));
        }
        Ok(parts.join("/"))
    }

    pub(super) fn from_key(key: &str) -> Option<Self> {
        let parts: Vec<&str> = key.split('/').collect();
        match *parts.as_slice() {
            ["charges", tariff, kind] => {
                let kind = ChargeKind::named(kind)?;
                Some(Self::Charges(tariff.to_owned(), kind))
            }
            ["readings", fuel @ ("gas" | "electricity"), meter_point, serial_number] => {
                Some(Self::Readings(StoredMeter {
                    is_gas: fuel == "gas",
                    meter_point: meter_point.to_owned(),
                    serial_number: serial_number.to_owned(),
                }))
            }
            _ => None,
        }
    }
}

pub(super) fn instant(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

pub(super) fn charges(tariff: &str, kind: ChargeKind) -> Result<List<Rate>> {
    Rates::of(tariff, kind.name())
}
