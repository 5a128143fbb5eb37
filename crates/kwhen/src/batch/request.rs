//! What a plan is cut from.

use crate::bill::BillingRules;
use crate::series::{RateSeries, StandingCharges};
use crate::tariff::{Customer, Direction, Fuel, VatTable};
use crate::time::{Calendar, PeriodKind, SlotLength, Span};

/// No plan tells more rate bands apart.
pub const MOST_BANDS: usize = 16;

/// How energy and its cost are told apart within a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateBands<'a> {
    /// A band for each rate, named by it (`28.5`), where there are at most eight, as on a [`Bill`](crate::bill::Bill); else one band
    /// for all, named `all`.
    #[default]
    ByRate,
    /// Named spans, in any order: the slots that start in one are in its band. Slots in none are in a band without a name.
    Named(&'a [(Span, String)]),
}

/// What a [`BillPlan`](super::BillPlan) is cut from.
#[derive(Clone, Debug)]
pub struct PlanRequest<'a> {
    /// Unit rates in p/kWh; where both bases are known the one without VAT is billed.
    pub(crate) rates: &'a RateSeries,
    /// Standing charges in pence per local day, if there are any.
    pub(crate) standing_charges: Option<&'a StandingCharges>,
    /// What is billed.
    pub(crate) span: Span,
    /// The periods that it is billed in; each is a bill of its own.
    pub(crate) periods: PeriodKind,
    /// The length of the meters' slots. They start on multiples of it, counted from the span's start.
    pub(crate) slot_length: SlotLength,
    /// The clock that days and periods go by.
    pub(crate) calendar: Calendar,
    /// VAT by date.
    pub(crate) vat: VatTable,
    /// What is rounded. Rules that round slots, days or lines are refused.
    pub(crate) rules: BillingRules,
    /// How energy is told apart within a period.
    pub(crate) bands: RateBands<'a>,
}

impl<'a> PlanRequest<'a> {
    /// Half-hours of a home in Great Britain by month and rate, exactly, with no standing charge; change what differs.
    #[must_use]
    pub fn new(rates: &'a RateSeries, span: Span) -> Self {
        Self {
            rates,
            standing_charges: None,
            span,
            periods: PeriodKind::Month,
            slot_length: SlotLength::HALF_HOUR,
            calendar: Calendar::great_britain(),
            vat: VatTable::great_britain(Fuel::Electricity, Customer::Domestic, Direction::Import),
            rules: BillingRules::exact(),
            bands: RateBands::ByRate,
        }
    }

    /// What is charged a local day, if anything.
    #[must_use]
    pub fn standing_charges(self, charges: impl Into<Option<&'a StandingCharges>>) -> Self {
        Self { standing_charges: charges.into(), ..self }
    }

    /// The periods that it is billed in; each is a bill of its own.
    #[must_use]
    pub fn periods(self, periods: PeriodKind) -> Self {
        Self { periods, ..self }
    }

    /// The length of the meters' slots. They start on multiples of it, counted from the span's start.
    #[must_use]
    pub fn slot_length(self, slot_length: SlotLength) -> Self {
        Self { slot_length, ..self }
    }

    /// The clock that days and periods go by.
    #[must_use]
    pub fn calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// VAT by date.
    #[must_use]
    pub fn vat(self, vat: VatTable) -> Self {
        Self { vat, ..self }
    }

    /// What is rounded. Rules that round slots, days or lines are refused.
    #[must_use]
    pub fn rules(self, rules: BillingRules) -> Self {
        Self { rules, ..self }
    }

    /// How energy is told apart within a period.
    #[must_use]
    pub fn bands(self, bands: RateBands<'a>) -> Self {
        Self { bands, ..self }
    }
}
