//! The lines of a bill: what each is for, and how amounts gather in them.

use super::rules::BillingRules;
use super::totals::{Settled, Totals, as_percent};
use crate::error::Result;
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{StandingCharges, VatBasis};
use crate::tariff::VatRate;
use crate::time::{Calendar, Period, Span};
use serde::Serialize;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Energy at unit rates.
    Energy,
    /// A levy on energy.
    Levy,
    /// Use of the grid, a kWh.
    GridFee,
    /// A tax a kWh, beside VAT.
    EnergyTax,
    /// The highest powers of a month.
    Capacity,
    /// So much for a length of time, beside standing charges.
    Fee,
    /// Support, or the difference to a fixed price.
    Support,
    /// Hours whose energy is free: what it would have cost, taken off.
    FreeHours,
    /// What the bill is raised to.
    Minimum,
    /// Exported energy: what is paid or charged for it.
    Export,
    /// Days at a standing charge.
    StandingCharge,
    /// What rounding of subtotals added, where the rules round them.
    Rounding,
}

impl LineKind {
    /// Its name in JSON and CSV.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Energy => "energy",
            Self::Levy => "levy",
            Self::GridFee => "grid_fee",
            Self::EnergyTax => "energy_tax",
            Self::Capacity => "capacity",
            Self::Fee => "fee",
            Self::Support => "support",
            Self::FreeHours => "free_hours",
            Self::Minimum => "minimum",
            Self::Export => "export",
            Self::StandingCharge => "standing_charge",
            Self::Rounding => "rounding",
        }
    }
}

/// What one of something costs, in minor units of the currency (pence).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum LinePrice {
    /// One kWh.
    #[serde(rename = "rate_minor_per_kwh")]
    PerKwh(UnitRate),
    /// One day.
    #[serde(rename = "charge_minor_per_day")]
    PerDay(Money),
}

impl LinePrice {
    /// What one kWh costs, where the price is of that.
    #[must_use]
    pub const fn per_kwh(self) -> Option<UnitRate> {
        match self {
            Self::PerKwh(rate) => Some(rate),
            Self::PerDay(_) => None,
        }
    }

    /// What one day costs, where the price is of that.
    #[must_use]
    pub const fn per_day(self) -> Option<Money> {
        match self {
            Self::PerKwh(_) => None,
            Self::PerDay(charge) => Some(charge),
        }
    }

    /// What one costs, of whatever.
    #[must_use]
    pub fn money(self) -> Money {
        match self {
            Self::PerKwh(rate) => one_kwh() * rate,
            Self::PerDay(charge) => charge,
        }
    }
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BillLine {
    /// What it is for.
    pub kind: LineKind,
    /// In words.
    pub description: String,
    /// When: of a price that changed, the span in which it held; from first to last.
    #[serde(flatten)]
    pub span: Span,
    /// Energy, on a line of energy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kwh: Option<Energy>,
    /// Days, on a line of standing charges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// What one kWh or one day costs, where the line has a single price, without VAT unless only the price with VAT is known; written as
    /// `rate_minor_per_kwh` or `charge_minor_per_day`.
    #[serde(flatten)]
    pub price: Option<LinePrice>,
    /// Whether VAT is in `price`; where JSON does not say so it is not. Amounts are without VAT either way.
    #[serde(skip_serializing_if = "is_without_vat")]
    pub price_basis: VatBasis,
    /// The rate of VAT that applies; written as percent (`"5"`).
    #[serde(serialize_with = "as_percent")]
    pub vat_percent: VatRate,
    /// Pence without VAT.
    pub net_minor: Money,
    /// Slots of the line whose energy is an estimate.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub estimated_slots: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_without_vat(basis: &VatBasis) -> bool {
    *basis == VatBasis::Exclusive
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_none_at_all(count: &usize) -> bool {
    *count == 0
}

/// Days at one standing charge.
pub(super) struct StandingPart {
    pub(super) span: Span,
    pub(super) basis: VatBasis,
    pub(super) price: Money,
}

/// The days of a span by standing charge. A day bears the charge in force where it starts, and belongs to the span that it starts in.
pub(super) fn standing_parts(
    charges: &StandingCharges,
    calendar: &Calendar,
    span: Span,
) -> Result<Vec<StandingPart>> {
    let mut parts = Vec::new();
    for interval in charges.intervals() {
        let Some(span) = interval.span.intersection(span) else { continue };
        if calendar.days_starting_in(span)? == 0 {
            continue;
        }
        let (basis, price) = match interval.prices.on(VatBasis::Exclusive) {
            Some(price) => (VatBasis::Exclusive, price),
            None => (VatBasis::Inclusive, interval.prices.paid()),
        };
        parts.push(StandingPart { span, basis, price });
    }
    Ok(parts)
}

/// A line in the making: amounts gather in it, and are rounded only when the ledger is settled.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) source: Source,
    pub(super) kind: LineKind,
    pub(super) label: String,
    /// What falls in it is counted.
    pub(super) span: Span,
    /// What the line shows.
    pub(super) held: Span,
    pub(super) vat: VatRate,
    pub(super) basis: VatBasis,
    pub(super) price: Option<LinePrice>,
    pub(super) energy: Energy,
    pub(super) amount: Money,
    pub(super) days: i64,
    pub(super) estimated_slots: usize,
    pub(super) used: bool,
}

/// Where an entry's amounts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Energy at one rate of the price at this place: 0 is that of energy, the others are components'.
    Band(usize, UnitRate),
    /// Energy at whatever rates of the price at this place.
    AllRates(usize),
    /// The amount at this place, where its time begins.
    Posted(usize),
    /// Energy times a levy.
    Levy(UnitRate),
    /// Days at a price.
    Days(Money),
    /// The advances of a register: added whole, for a counter does not say when it counted.
    Register,
}

impl Source {
    /// Whether it is energy at the price at a place.
    pub(super) const fn is_of(self, place: usize) -> bool {
        matches!(self, Self::Band(which, _) | Self::AllRates(which) if which == place)
    }
}

/// All entries of a bill; they are laid out once for the whole period, so that pieces of it add to the same lines.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) entries: Vec<Entry>,
}

impl Ledger {
    fn totals(&self, rules: &BillingRules) -> Result<Totals> {
        let mut totals = Totals::default();
        for entry in &self.entries {
            totals.add(entry.vat, entry.basis, entry.rounded(rules), rules)?;
        }
        Ok(totals)
    }

    /// The energy that is billed.
    pub(super) fn energy(&self) -> Result<Energy> {
        let entries = self.entries.iter().filter(|entry| entry.kind == LineKind::Energy);
        Energy::sum(entries.map(|entry| entry.energy))
    }

    /// What the entries come to under the rules.
    pub(super) fn settle(&self, rules: &BillingRules) -> Result<Settled> {
        self.totals(rules)?.settle(rules)
    }

    /// The lines; a line's net is what the net grew by, so that lines always sum to it.
    pub(super) fn lines(self, rules: &BillingRules, period: Span) -> Result<Vec<BillLine>> {
        let mut totals = Totals::default();
        let mut lines = Vec::with_capacity(self.entries.len());
        let mut before = Money::ZERO;
        for entry in self.entries.into_iter().filter(|entry| entry.used) {
            totals.add(entry.vat, entry.basis, entry.rounded(rules), rules)?;
            let net = totals.net()?;
            let is_days = entry.kind == LineKind::StandingCharge;
            lines.push(BillLine {
                kind: entry.kind,
                span: entry.held,
                kwh: (!is_days && !matches!(entry.source, Source::Posted(_))).then_some(entry.energy),
                days: is_days.then_some(entry.days),
                price: entry.price,
                price_basis: entry.basis,
                vat_percent: entry.vat,
                net_minor: Money::sum([net, -before])?,
                estimated_slots: entry.estimated_slots,
                description: entry.description(),
            });
            before = net;
        }
        let settled = totals.settle(rules)?;
        if !settled.rounding.is_zero() {
            lines.push(BillLine {
                kind: LineKind::Rounding,
                description: "Rounding of the subtotal".into(),
                span: period,
                kwh: None,
                days: None,
                price: None,
                price_basis: VatBasis::Exclusive,
                vat_percent: VatRate::ZERO,
                net_minor: settled.rounding,
                estimated_slots: 0,
            });
        }
        Ok(lines)
    }
}

impl Entry {
    /// With nothing in it yet.
    pub(super) const fn new(
        source: Source,
        kind: LineKind,
        label: String,
        span: Span,
        vat: VatRate,
        basis: VatBasis,
        price: Option<LinePrice>,
    ) -> Self {
        Self {
            source,
            kind,
            label,
            span,
            held: span,
            vat,
            basis,
            price,
            energy: Energy::ZERO,
            amount: Money::ZERO,
            days: 0,
            estimated_slots: 0,
            used: false,
        }
    }

    pub(super) fn rounded(&self, rules: &BillingRules) -> Money {
        rules.line.map_or(self.amount, |to| to.money(self.amount))
    }

    pub(super) fn add(&mut self, energy: Energy, amount: Money) -> Result<()> {
        self.energy = Energy::sum([self.energy, energy])?;
        self.amount = Money::sum([self.amount, amount])?;
        self.used = true;
        Ok(())
    }

    pub(super) fn description(self) -> String {
        let mut text = self.label;
        if self.kind == LineKind::StandingCharge {
            let unit = if self.days == 1 { "day" } else { "days" };
            text.push_str(&format!(", {} {unit}", self.days));
        }
        if self.estimated_slots > 0 {
            text.push_str(" (partly estimated)");
        }
        text
    }
}

/// A piece of a bill. Where the rules round a sum, a piece is the difference of two rounded running sums, so pieces always sum to the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BillPeriod {
    /// When and its name.
    #[serde(flatten)]
    pub period: Period,
    /// Slots that start in it.
    pub slots: usize,
    /// Those that were billed.
    pub billed_slots: usize,
    /// Local days whose standing charge is in it.
    pub days: i64,
    /// The energy that was billed.
    pub kwh: Energy,
    /// Without VAT.
    pub net_minor: Money,
    /// The VAT.
    pub vat_minor: Money,
    /// Both.
    pub total_minor: Money,
}

fn one_kwh() -> Energy {
    Energy::from_units(10_i64.pow(Energy::SCALE)).unwrap_or_default()
}
