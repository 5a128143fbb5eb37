//! The lines of a bill.

use super::Engine;
use super::totals::Totals;
use crate::error::Result;
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{StandingCharges, VatBasis};
use crate::tariff::VatRate;
use crate::time::{Calendar, Span};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Energy at unit rates.
    Energy,
    /// Days at a standing charge.
    StandingCharge,
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillLine {
    /// What it is for.
    pub kind: LineKind,
    /// In words.
    pub description: String,
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// Energy, on a line of energy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kwh: Option<Energy>,
    /// Days, on a line of standing charges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// What one kWh or one day costs, where the line has a single price, in pence without VAT unless only the price with VAT is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_pence: Option<Money>,
    /// The rate of VAT that applies, in percent.
    pub vat_percent: Money,
    /// Pence without VAT.
    pub net_pence: Money,
}

/// With more rates than this a bill shows one line for all of them: half-hourly rates would fill pages.
const MOST_BANDS: usize = 8;

/// Days at one standing charge.
pub(super) struct StandingPart {
    pub(super) span: Span,
    pub(super) basis: VatBasis,
    pub(super) price: Money,
    pub(super) days: i64,
    pub(super) amount: Money,
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
        let days = calendar.days_starting_in(span)?;
        if days == 0 {
            continue;
        }
        let (basis, price) = match interval.prices.on(VatBasis::Exclusive) {
            Some(price) => (VatBasis::Exclusive, price),
            None => (VatBasis::Inclusive, interval.prices.paid()),
        };
        parts.push(StandingPart { span, basis, price, days, amount: price.times(days)? });
    }
    Ok(parts)
}

struct Band {
    energy: Energy,
    cost: Money,
}

impl Engine<'_> {
    /// The lines in order of VAT rate's time: energy by rate band (or in one line), then standing charges. Each adds to the totals;
    /// a line's net is what the totals' net grew by, so the lines always sum to it.
    pub(super) fn lines(&self, totals: &mut Totals) -> Result<Vec<BillLine>> {
        let mut lines = Vec::new();
        for (part, vat) in self.request.vat.cut(self.request.period) {
            self.energy_lines(part, vat, totals, &mut lines)?;
        }
        for (part, vat) in self.request.vat.cut(self.request.period) {
            for standing in self.standing(part)? {
                let net_pence = grow(totals, vat, standing.basis, standing.amount)?;
                lines.push(BillLine {
                    kind: LineKind::StandingCharge,
                    description: format!(
                        "Standing charge, {} {}",
                        standing.days,
                        if standing.days == 1 { "day" } else { "days" }
                    ),
                    span: standing.span,
                    kwh: None,
                    days: Some(standing.days),
                    price_pence: Some(standing.price),
                    vat_percent: percent(vat)?,
                    net_pence,
                });
            }
        }
        Ok(lines)
    }

    fn energy_lines(
        &self,
        span: Span,
        vat: VatRate,
        totals: &mut Totals,
        lines: &mut Vec<BillLine>,
    ) -> Result<()> {
        let slots = self.merged.grid().slots_starting_in(span);
        if self.merged.billed_slots(slots.clone()) == 0 {
            return Ok(());
        }
        let mut push =
            |description: String, price: Option<UnitRate>, energy: Energy, cost: Money| -> Result<()> {
                lines.push(BillLine {
                    kind: LineKind::Energy,
                    description,
                    span,
                    kwh: Some(energy),
                    days: None,
                    price_pence: price.map(|rate| one_kwh() * rate),
                    vat_percent: percent(vat)?,
                    net_pence: grow(totals, vat, self.basis, cost)?,
                });
                Ok(())
            };
        match self.bands(slots.clone())? {
            Some(bands) => {
                for (rate, band) in bands {
                    push(
                        format!("Energy at {rate} p/kWh{}", self.basis_words()),
                        Some(rate),
                        band.energy,
                        band.cost,
                    )?;
                }
                Ok(())
            }
            None => {
                let minutes = self.merged.grid().slot_length().minutes();
                let kind = if minutes == 30 { "half-hourly".to_owned() } else { format!("{minutes}-minute") };
                push(
                    format!("Energy at {kind} rates{}", self.basis_words()),
                    None,
                    self.merged.energy(slots)?,
                    self.energy_cost(span)?,
                )
            }
        }
    }

    const fn basis_words(&self) -> &'static str {
        match self.basis {
            VatBasis::Exclusive => "",
            VatBasis::Inclusive => " with VAT in",
        }
    }

    /// Energy and cost by rate, dearest last; `None` where there are too many rates to list.
    fn bands(&self, slots: std::ops::Range<usize>) -> Result<Option<BTreeMap<UnitRate, Band>>> {
        let mut bands: BTreeMap<UnitRate, Band> = BTreeMap::new();
        for slot in self.merged.billed(slots, self.basis)? {
            if bands.len() == MOST_BANDS && !bands.contains_key(&slot.rate) {
                return Ok(None);
            }
            let cost = slot.energy * slot.rate;
            let cost = self.request.rules.slot_cost.map_or(cost, |to| to.money(cost));
            let band = bands.entry(slot.rate).or_insert(Band { energy: Energy::ZERO, cost: Money::ZERO });
            band.energy = Energy::sum([band.energy, slot.energy])?;
            band.cost = Money::sum([band.cost, cost])?;
        }
        Ok(Some(bands))
    }
}

/// Adds an amount and says by how much the net grew.
fn grow(totals: &mut Totals, vat: VatRate, basis: VatBasis, amount: Money) -> Result<Money> {
    let before = totals.net()?;
    totals.add(vat, basis, amount)?;
    Money::sum([totals.net()?, -before])
}

fn percent(vat: VatRate) -> Result<Money> {
    vat.on(Money::from_units(crate::quantity::power_of_ten(Money::SCALE) * 100)?)
}

fn one_kwh() -> Energy {
    Energy::from_units(10_i64.pow(Energy::SCALE)).unwrap_or_default()
}
