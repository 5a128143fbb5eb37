//! How a bill was worked: the arithmetic of every line and of the tax, so that it can be worked again by hand.

use super::engine::Engine;
use super::lines::{Entry, Ledger, LineKind, LinePrice, Source};
use super::request::Grouping;
use super::rules::BillingRules;
use super::totals::{TaxWorking, Totals, as_percent};
use crate::error::Result;
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{Consumption, VatBasis};
use crate::tariff::{GasStep, VatRate};
use crate::time::{Period, PeriodKind, Span};
use serde::Serialize;

/// The arithmetic of a bill. Every figure has all of its digits; money is in minor units of the bill's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Working {
    /// What is rounded, where and how.
    pub rules: BillingRules,
    /// How volumes of gas became kWh, before anything else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gas: Vec<GasStep>,
    /// Line by line, in the order of the bill's.
    pub lines: Vec<LineWorking>,
    /// The tax, by its rate.
    pub taxes: Vec<TaxWorking>,
}

/// How a line came about: its terms, what they sum to, and what the rules make of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineWorking {
    /// As the bill's line has it.
    pub description: String,
    /// What is added up.
    pub terms: Vec<Term>,
    /// The sum of the terms' amounts; with VAT in it where `price_basis` says so.
    pub sum_minor: Money,
    /// The same, rounded where the rules round lines.
    pub amount_minor: Money,
    /// Whether VAT is in the amounts.
    pub price_basis: VatBasis,
    /// The rate of VAT that applies; written as percent (`"5"`).
    #[serde(serialize_with = "as_percent")]
    pub vat_percent: VatRate,
}

/// A term of a line: energy or days, times a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Term {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// A local day, a slot's local time, a register.
    pub label: String,
    /// How many slots of readings are in it.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub slots: usize,
    /// Those of them that are estimates.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub estimated_slots: usize,
    /// The energy before the rules rounded it, where they round energy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_kwh: Option<Energy>,
    /// The energy that is priced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kwh: Option<Energy>,
    /// The days that are priced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// The price of each, where there is one: without it the amount is the sum of the slots' own.
    #[serde(flatten)]
    pub price: Option<LinePrice>,
    /// The product before the rules rounded it, where they round each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact_minor: Option<Money>,
    /// What it comes to.
    pub amount_minor: Money,
    /// How an amount came about that is no product of energy or days and a price, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_none_at_all(count: &usize) -> bool {
    *count == 0
}

impl Term {
    /// An amount over a span, with nothing said of it yet.
    pub(super) const fn new(span: Span, label: String, amount: Money) -> Self {
        Self {
            span,
            label,
            slots: 0,
            estimated_slots: 0,
            read_kwh: None,
            kwh: None,
            days: None,
            price: None,
            exact_minor: None,
            amount_minor: amount,
            said: None,
        }
    }

    /// All of an entry at once: energy or days times its price, or an amount that falls at one time.
    fn whole(entry: &Entry, said: Option<String>) -> Self {
        let is_days = entry.kind == LineKind::StandingCharge;
        let has_energy = !is_days && !matches!(entry.source, Source::Posted(_));
        Self {
            kwh: has_energy.then_some(entry.energy),
            days: is_days.then_some(entry.days),
            price: entry.price,
            said,
            ..Self::new(entry.held, String::new(), entry.amount)
        }
    }
}

/// The working of a ledger whose entries have these terms; one without is one term.
pub(super) fn of_ledger(
    ledger: &Ledger,
    mut terms: Vec<Vec<Term>>,
    said: impl Fn(&Entry) -> Option<String>,
    rules: &BillingRules,
) -> Result<Working> {
    terms.resize(ledger.entries.len(), Vec::new());
    let mut totals = Totals::default();
    let mut lines = Vec::new();
    for (entry, mut terms) in ledger.entries.iter().zip(terms).filter(|(entry, _)| entry.used) {
        if terms.is_empty() {
            terms.push(Term::whole(entry, said(entry)));
        }
        let amount = entry.rounded(rules);
        totals.add(entry.vat, entry.basis, amount, rules)?;
        lines.push(LineWorking {
            description: entry.clone().description(),
            terms,
            sum_minor: entry.amount,
            amount_minor: amount,
            price_basis: entry.basis,
            vat_percent: entry.vat,
        });
    }
    Ok(Working { rules: rules.clone(), gas: Vec::new(), lines, taxes: totals.working(rules)? })
}

impl Engine<'_> {
    /// The working of a filled ledger: energy by local day, or slot by slot where the bill's pieces are slots. `read` is what was read,
    /// before the rules rounded it.
    pub(super) fn working(&self, ledger: &Ledger, read: &Consumption) -> Result<Working> {
        let rules = &self.request.rules;
        // Where days are rounded a slot has no amount of its own.
        let by_slot = self.request.grouping == Some(Grouping::Slots) && rules.day_energy.is_none();
        let days = self.request.calendar.cut(PeriodKind::Day, self.request.period)?;
        let mut terms = Vec::with_capacity(ledger.entries.len());
        for entry in &ledger.entries {
            let mut own = Vec::new();
            if let Source::Band(which, _) | Source::AllRates(which) = entry.source {
                for day in &days {
                    let Some(part) = entry.span.intersection(day.span) else { continue };
                    match by_slot {
                        true => self.slot_terms(entry, which, part, read, &mut own)?,
                        false => self.day_terms(entry, which, (day, part), read, &mut own)?,
                    }
                }
            }
            terms.push(own);
        }
        let said = |entry: &Entry| match entry.source {
            Source::Posted(which) => self.posted.get(which).and_then(|posted| posted.said.clone()),
            _ => None,
        };
        of_ledger(ledger, terms, said, rules)
    }

    /// The terms of an entry within a local day.
    fn day_terms(
        &self,
        entry: &Entry,
        which: usize,
        (day, part): (&Period, Span),
        read: &Consumption,
        terms: &mut Vec<Term>,
    ) -> Result<()> {
        let join = self.join(which)?;
        let mut add = |rate: Option<UnitRate>, energy: Energy, amount: Money| -> Result<()> {
            let slots = join.priced.slots_at(part, rate)?;
            if slots == 0 {
                return Ok(());
            }
            let grid = join.priced.grid().slots_starting_in(part);
            terms.push(Term {
                slots,
                estimated_slots: self.estimated_in(join, grid, rate)?,
                read_kwh: self.read_in(which, part, rate, read)?,
                kwh: Some(energy),
                price: rate.map(LinePrice::PerKwh),
                ..Term::new(part, day.label.clone(), amount)
            });
            Ok(())
        };
        match entry.source {
            Source::AllRates(_) if self.request.rules.day_energy.is_none() => {
                let (energy, amount) = self.all_rates(join, entry.span, part)?;
                add(None, energy, amount)
            }
            _ => {
                let bands = self.by_rate(join, entry.span, part)?;
                let wanted = |rate: &UnitRate| match entry.source {
                    Source::Band(_, own) => own == *rate,
                    _ => true,
                };
                bands
                    .into_iter()
                    .filter(|(rate, _)| wanted(rate))
                    .try_for_each(|(rate, band)| add(Some(rate), band.energy, band.cost))
            }
        }
    }

    /// The terms of an entry slot by slot.
    fn slot_terms(
        &self,
        entry: &Entry,
        which: usize,
        part: Span,
        read: &Consumption,
        terms: &mut Vec<Term>,
    ) -> Result<()> {
        let join = self.join(which)?;
        let rules = &self.request.rules;
        let grid = join.priced.grid();
        let begun = terms.len();
        for slot in join.priced.by_slot()?.billed(grid.slots_starting_in(part), join.basis)? {
            if matches!(entry.source, Source::Band(_, own) if own != slot.rate) {
                continue;
            }
            let span = grid.slots_span(slot.index, slot.index + 1);
            let exact = slot.energy * slot.rate;
            let amount = rules.slot_cost.map_or(exact, |to| to.money(exact));
            terms.push(Term {
                slots: 1,
                estimated_slots: usize::from(self.estimated.is_some_and(|known| known.get(slot.index))),
                read_kwh: rules.reading.filter(|_| which == 0).and_then(|_| read.get(slot.index)),
                kwh: Some(slot.energy),
                price: Some(LinePrice::PerKwh(slot.rate)),
                exact_minor: rules.slot_cost.map(|_| exact),
                ..Term::new(span, self.request.calendar.local_text(span.from()), amount)
            });
        }
        // Parts of slots in which the rate changes come after the whole ones.
        if let Some(added) = terms.get_mut(begun..) {
            added.sort_by_key(|term| term.span.from());
        }
        Ok(())
    }

    /// What was read in the billed slots of a part at one rate or at any, where the rules round energy; `None` where slots are shared out.
    fn read_in(
        &self,
        which: usize,
        part: Span,
        rate: Option<UnitRate>,
        read: &Consumption,
    ) -> Result<Option<Energy>> {
        let rules = &self.request.rules;
        if which != 0 || (rules.reading.is_none() && rules.day_energy.is_none()) {
            return Ok(None);
        }
        let merged = self.merged()?;
        let slots = merged.grid().slots_starting_in(part);
        if merged.shared_slots(slots.clone()) > 0 {
            return Ok(None);
        }
        let join = self.join(which)?;
        let billed = merged.billed(slots, join.basis)?;
        let wanted = billed.filter(|slot| rate.is_none_or(|rate| rate == slot.rate));
        Energy::sum(wanted.filter_map(|slot| read.get(slot.index))).map(Some)
    }
}
