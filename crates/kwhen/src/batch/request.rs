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
    pub rates: &'a RateSeries,
    /// Standing charges in pence per local day, if there are any.
    pub standing_charges: Option<&'a StandingCharges>,
    /// What is billed.
    pub span: Span,
    /// The periods that it is billed in; each is a bill of its own.
    pub periods: PeriodKind,
    /// The length of the meters' slots. They start on multiples of it, counted from the span's start.
    pub slot_length: SlotLength,
    /// The clock that days and periods go by.
    pub calendar: Calendar,
    /// VAT by date.
    pub vat: VatTable,
    /// What is rounded. Rules that round slots, days or lines are refused.
    pub rules: BillingRules,
    /// How energy is told apart within a period.
    pub bands: RateBands<'a>,
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
}
