//! What is compared, and how.

use super::super::{BetweenReadings, BillingRules, MissingReadings};
use crate::series::{Consumption, RateInSlot};
use crate::tariff::{GasConversion, Tariff};
use crate::time::{Calendar, Span};

/// What is compared.
#[derive(Clone, Debug)]
pub struct CompareRequest<'a> {
    /// Energy from the grid; for gas in the unit that `gas` names.
    pub(crate) consumption: &'a Consumption,
    /// How gas becomes kWh; needed where the tariffs are of gas, and only there.
    pub(crate) gas: Option<&'a GasConversion>,
    /// Energy to the grid, if there is any.
    pub(crate) export: Option<&'a Consumption>,
    /// Import tariffs.
    pub(crate) tariffs: &'a [Tariff],
    /// Export tariffs: each import tariff is combined with each of them.
    pub(crate) export_tariffs: &'a [Tariff],
    /// What is priced.
    pub(crate) period: Span,
    /// The clock that days and months are counted by.
    pub(crate) calendar: Calendar,
    /// What is rounded.
    pub(crate) rules: BillingRules,
    /// What is done where there is no reading.
    pub(crate) missing: MissingReadings,
    /// What is done where a unit rate changes inside a slot.
    pub(crate) between_readings: BetweenReadings,
    /// Whether a slot in which the unit rate changes is priced at the mean of its rates.
    pub(crate) rate_in_slot: RateInSlot,
}

impl<'a> CompareRequest<'a> {
    /// Import of a home in Great Britain under each tariff, exactly, missing readings left out; change what differs.
    #[must_use]
    pub fn new(consumption: &'a Consumption, tariffs: &'a [Tariff], period: Span) -> Self {
        Self {
            consumption,
            gas: None,
            export: None,
            tariffs,
            export_tariffs: &[],
            period,
            calendar: Calendar::great_britain(),
            rules: BillingRules::exact(),
            missing: MissingReadings::Exclude,
            between_readings: BetweenReadings::Refuse,
            rate_in_slot: RateInSlot::Refuse,
        }
    }

    /// How gas becomes kWh; needed where the tariffs are of gas, and only there.
    #[must_use]
    pub fn gas(self, conversion: impl Into<Option<&'a GasConversion>>) -> Self {
        Self { gas: conversion.into(), ..self }
    }

    /// Energy to the grid, if there is any, and the tariffs that pay for it: each import tariff is combined with each of them.
    #[must_use]
    pub fn exported(self, export: impl Into<Option<&'a Consumption>>, tariffs: &'a [Tariff]) -> Self {
        Self { export: export.into(), export_tariffs: tariffs, ..self }
    }

    /// The clock that days and months are counted by.
    #[must_use]
    pub fn calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// What is rounded.
    #[must_use]
    pub fn rules(self, rules: BillingRules) -> Self {
        Self { rules, ..self }
    }

    /// What is done where there is no reading.
    #[must_use]
    pub fn missing(self, missing: MissingReadings) -> Self {
        Self { missing, ..self }
    }

    /// What is done where a unit rate changes inside a slot.
    #[must_use]
    pub fn between_readings(self, between_readings: BetweenReadings) -> Self {
        Self { between_readings, ..self }
    }

    /// Whether a slot in which the unit rate changes is priced at the mean of its rates.
    #[must_use]
    pub fn rate_in_slot(self, rate_in_slot: RateInSlot) -> Self {
        Self { rate_in_slot, ..self }
    }
}
