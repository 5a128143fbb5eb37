//! What a bill is made from, and how.

use super::events::{DeviceRequest, FreeHours};
use super::missing::MissingReadings;
use super::rules::BillingRules;
use crate::error::Result;
use crate::quantity::Currency;
use crate::series::{Consumption, Merged, RateInSlot, RateSeries, StandingCharges, merge, merge_by_time};
use crate::tariff::{Component, Customer, Direction, DispatchCount, Fuel, Levy, Netting, Tariff, VatTable};
use crate::time::{Calendar, PeriodKind, Span};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a bill is made from.
#[derive(Clone, Debug)]
pub struct BillRequest<'a> {
    /// Metered energy.
    pub(crate) consumption: &'a Consumption,
    /// Unit rates in p/kWh. Where both bases are known the one without VAT is billed and VAT added by date.
    pub(crate) rates: &'a RateSeries,
    /// Standing charges in pence per local day, if there are any.
    pub(crate) standing_charges: Option<&'a StandingCharges>,
    /// What is billed.
    pub(crate) period: Span,
    /// The clock that days are counted by.
    pub(crate) calendar: Calendar,
    /// VAT by date.
    pub(crate) vat: VatTable,
    /// Levies per kWh, before VAT.
    pub(crate) levies: &'a [Levy],
    /// What is charged beside energy, levies and standing charges.
    pub(crate) components: &'a [Component],
    /// The clock that the tariff names for its days and months.
    pub(crate) tariff_calendar: Option<Calendar>,
    /// Whether the energy itself is priced by components of that kind: the rates are then none.
    pub(crate) energy_by_components: bool,
    /// Exported energy, for tariffs that count it.
    pub(crate) exported: Option<&'a Consumption>,
    /// What is billed of a car apart from the home.
    pub(crate) device: Option<DeviceRequest<'a>>,
    /// Hours whose energy is free.
    pub(crate) free_hours: &'a [FreeHours],
    /// Whether exported energy is set off against imported energy.
    pub(crate) netting: Option<Netting>,
    /// What it is paid in.
    pub(crate) currency: Currency,
    /// What is rounded.
    pub(crate) rules: BillingRules,
    /// What is done where there is no reading.
    pub(crate) missing: MissingReadings,
    /// Pieces to show beside the whole.
    pub(crate) grouping: Option<Grouping>,
    /// What is done where a unit rate changes inside a slot.
    pub(crate) between_readings: BetweenReadings,
    /// Whether a slot in which the unit rate changes is priced at the mean of its rates.
    pub(crate) rate_in_slot: RateInSlot,
    /// Whether the bill says how it was worked.
    pub(crate) working: bool,
}

impl<'a> BillRequest<'a> {
    /// A home's electricity in Great Britain, exactly, with no standing charge and no pieces; change what differs.
    #[must_use]
    pub fn new(consumption: &'a Consumption, rates: &'a RateSeries, period: Span) -> Self {
        Self {
            consumption,
            rates,
            standing_charges: None,
            period,
            calendar: Calendar::great_britain(),
            vat: VatTable::great_britain(Fuel::Electricity, Customer::Domestic, Direction::Import),
            levies: &[],
            components: &[],
            tariff_calendar: None,
            energy_by_components: false,
            exported: None,
            device: None,
            free_hours: &[],
            netting: None,
            currency: Currency::GBP,
            rules: BillingRules::exact(),
            missing: MissingReadings::Exclude,
            grouping: None,
            between_readings: BetweenReadings::Refuse,
            rate_in_slot: RateInSlot::Refuse,
            working: false,
        }
    }

    /// What is charged a local day, if anything.
    #[must_use]
    pub fn standing_charges(self, charges: impl Into<Option<&'a StandingCharges>>) -> Self {
        Self { standing_charges: charges.into(), ..self }
    }

    /// The clock that days are counted by.
    #[must_use]
    pub fn calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// VAT by date.
    #[must_use]
    pub fn vat(self, vat: VatTable) -> Self {
        Self { vat, ..self }
    }

    /// Levies per kWh, before VAT.
    #[must_use]
    pub fn levies(self, levies: &'a [Levy]) -> Self {
        Self { levies, ..self }
    }

    /// What is charged beside energy, levies and standing charges.
    #[must_use]
    pub fn components(self, components: &'a [Component]) -> Self {
        Self { components, ..self }
    }

    /// Exported energy, for tariffs that count it.
    #[must_use]
    pub fn exported(self, exported: impl Into<Option<&'a Consumption>>) -> Self {
        Self { exported: exported.into(), ..self }
    }

    /// What is billed of a car apart from the home.
    pub(crate) fn device(self, device: Option<DeviceRequest<'a>>) -> Self {
        Self { device, ..self }
    }

    /// Hours whose energy is free.
    #[must_use]
    pub fn free_hours(self, free_hours: &'a [FreeHours]) -> Self {
        Self { free_hours, ..self }
    }

    /// How exported energy is set off against imported energy.
    #[must_use]
    pub fn netting(self, netting: impl Into<Option<Netting>>) -> Self {
        Self { netting: netting.into(), ..self }
    }

    /// What it is paid in.
    #[must_use]
    pub fn currency(self, currency: Currency) -> Self {
        Self { currency, ..self }
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

    /// Pieces to show beside the whole.
    #[must_use]
    pub fn grouping(self, grouping: impl Into<Option<Grouping>>) -> Self {
        Self { grouping: grouping.into(), ..self }
    }

    /// What is done with energy in the midst of which a unit rate changes.
    #[must_use]
    pub fn between_readings(self, between_readings: BetweenReadings) -> Self {
        Self { between_readings, ..self }
    }

    /// Whether a slot in which the unit rate changes is priced at the mean of its rates.
    #[must_use]
    pub fn rate_in_slot(self, rate_in_slot: RateInSlot) -> Self {
        Self { rate_in_slot, ..self }
    }

    /// Whether the bill says how it was worked.
    #[must_use]
    pub fn working(self, working: bool) -> Self {
        Self { working, ..self }
    }

    /// How the bill is made, all at once.
    #[must_use]
    pub fn options(self, options: &BillOptions) -> Self {
        let BillOptions {
            calendar,
            rules,
            missing,
            grouping,
            between_readings,
            rate_in_slot,
            dispatch_count: _,
            working,
        } = options.clone();
        Self { calendar, rules, missing, grouping, between_readings, rate_in_slot, working, ..self }
    }

    /// All that a tariff says beside its unit rates.
    pub(crate) fn under(self, tariff: &'a Tariff) -> Self {
        Self {
            standing_charges: tariff.standing_charges.as_ref(),
            vat: tariff.vat(),
            levies: &tariff.levies,
            components: &tariff.components,
            tariff_calendar: tariff.calendar,
            energy_by_components: tariff.energy_by_components,
            netting: tariff.netting,
            currency: tariff.currency,
            ..self
        }
    }
}

/// Pieces that a bill is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grouping {
    /// Local days, weeks, months, years or market days.
    Periods(PeriodKind),
    /// Every slot.
    Slots,
}

/// How a bill is made, whatever is billed.
#[derive(Clone, Debug)]
pub struct BillOptions {
    /// The clock that days are counted by.
    pub calendar: Calendar,
    /// What is rounded.
    pub rules: BillingRules,
    /// What is done where there is no reading.
    pub missing: MissingReadings,
    /// Pieces to show beside the whole.
    pub grouping: Option<Grouping>,
    /// What is done where something changes between two readings of a register, and where a unit rate changes inside a slot.
    pub between_readings: BetweenReadings,
    /// Whether a slot in which the unit rate changes is priced at the mean of its rates.
    pub rate_in_slot: RateInSlot,
    /// What of a dispatch counts, where a tariff's price for it is for so many hours a day alone.
    pub dispatch_count: DispatchCount,
    /// Whether the bill says how it was worked: energy by local day, or slot by slot where its pieces are slots.
    pub working: bool,
}

impl Default for BillOptions {
    /// Great Britain's clock, exact, missing readings left out and named, no pieces.
    fn default() -> Self {
        Self {
            calendar: Calendar::great_britain(),
            rules: BillingRules::exact(),
            missing: MissingReadings::Exclude,
            grouping: None,
            between_readings: BetweenReadings::Refuse,
            rate_in_slot: RateInSlot::Refuse,
            dispatch_count: DispatchCount::HalfHours,
            working: false,
        }
    }
}

/// What is done with energy in the midst of which something changes: with an advance of a register the unit rate, VAT, a levy, the
/// agreement, or the bill itself; with a slot the unit rate. A counter does not say when it counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BetweenReadings {
    /// Make no bill: a reading at the change is needed.
    #[default]
    Refuse,
    /// Share the energy out evenly over the time between its readings, and say so.
    ByTime,
}

impl BetweenReadings {
    /// Joins readings to rates by the policy.
    pub(crate) fn merge<'a>(self, readings: &'a Consumption, rates: &'a RateSeries) -> Result<Merged<'a>> {
        match self {
            Self::Refuse => merge(readings, rates),
            Self::ByTime => merge_by_time(readings, rates),
        }
    }
}

/// The rates that readings are joined to, and the places of the slots that bear a mean.
pub(crate) fn rates_in_slots<'a>(
    policy: RateInSlot,
    readings: &Consumption,
    rates: &'a RateSeries,
) -> Result<(Cow<'a, RateSeries>, Vec<usize>)> {
    match policy {
        RateInSlot::Refuse => Ok((Cow::Borrowed(rates), Vec::new())),
        RateInSlot::Mean => {
            let (rates, means) = rates.averaged_slots(readings.grid())?;
            Ok((Cow::Owned(rates), means))
        }
    }
}
