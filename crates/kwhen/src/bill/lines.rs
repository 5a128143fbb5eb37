//! The lines of a bill: what each is for, and how amounts gather in them.

use super::Engine;
use super::rules::BillingRules;
use super::totals::{Settled, Totals};
use crate::error::Result;
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{StandingCharges, VatBasis};
use crate::tariff::VatRate;
use crate::time::{Calendar, Span};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Energy at unit rates.
    Energy,
    /// A levy on energy.
    Levy,
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
            Self::StandingCharge => "standing_charge",
            Self::Rounding => "rounding",
        }
    }
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
    /// Slots of the line whose energy is an estimate.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub estimated_slots: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_none_at_all(count: &usize) -> bool {
    *count == 0
}

/// With more rates than this a bill shows one line for all of them: half-hourly rates would fill pages.
const MOST_BANDS: usize = 8;

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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Band {
    energy: Energy,
    cost: Money,
}

/// A line in the making: amounts gather in it, and are rounded only when the ledger is settled.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) source: Source,
    pub(super) kind: LineKind,
    pub(super) label: String,
    pub(super) span: Span,
    pub(super) vat: VatRate,
    pub(super) basis: VatBasis,
    pub(super) price: Option<Money>,
    pub(super) energy: Energy,
    pub(super) amount: Money,
    pub(super) days: i64,
    pub(super) estimated_slots: usize,
    pub(super) used: bool,
}

/// Where an entry's amounts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Energy at one rate.
    Band(UnitRate),
    /// Energy at whatever rates.
    AllRates,
    /// Energy times a levy.
    Levy(UnitRate),
    /// Days at a price.
    Days(Money),
    /// The advances of a register: added whole, for a counter does not say when it counted.
    Register,
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
    pub(super) fn lines(&self, rules: &BillingRules, period: Span) -> Result<Vec<BillLine>> {
        let mut totals = Totals::default();
        let mut lines = Vec::with_capacity(self.entries.len());
        for entry in self.entries.iter().filter(|entry| entry.used) {
            let before = totals.net()?;
            totals.add(entry.vat, entry.basis, entry.rounded(rules), rules)?;
            let is_days = entry.kind == LineKind::StandingCharge;
            lines.push(BillLine {
                kind: entry.kind,
                description: entry.description(),
                span: entry.span,
                kwh: (!is_days).then_some(entry.energy),
                days: is_days.then_some(entry.days),
                price_pence: entry.price,
                vat_percent: percent(entry.vat)?,
                net_pence: Money::sum([totals.net()?, -before])?,
                estimated_slots: entry.estimated_slots,
            });
        }
        let settled = totals.settle(rules)?;
        if !settled.rounding.is_zero() {
            lines.push(BillLine {
                kind: LineKind::Rounding,
                description: "Rounding of the subtotal".into(),
                span: period,
                kwh: None,
                days: None,
                price_pence: None,
                vat_percent: Money::ZERO,
                net_pence: settled.rounding,
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
        price: Option<Money>,
    ) -> Self {
        Self {
            source,
            kind,
            label,
            span,
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

    fn rounded(&self, rules: &BillingRules) -> Money {
        rules.line.map_or(self.amount, |to| to.money(self.amount))
    }

    pub(super) fn add(&mut self, energy: Energy, amount: Money) -> Result<()> {
        self.energy = Energy::sum([self.energy, energy])?;
        self.amount = Money::sum([self.amount, amount])?;
        self.used = true;
        Ok(())
    }

    fn description(&self) -> String {
        let mut text = self.label.clone();
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

impl Engine<'_> {
    /// The lines of the whole period with nothing in them yet: energy by rate band (or in one line), levies, standing charges.
    pub(super) fn ledger(&self) -> Result<Ledger> {
        let mut entries = Vec::new();
        let parts = self.request.vat.cut(self.request.period);
        for (part, vat) in &parts {
            let words = self.basis_words();
            let energy = |source, label, price| {
                Entry::new(source, LineKind::Energy, label, *part, *vat, self.basis, price)
            };
            match self.rates_of(self.merged.grid().slots_starting_in(*part))? {
                Some(rates) => entries.extend(rates.into_iter().map(|rate| {
                    let label = format!("Energy at {rate} p/kWh{words}");
                    energy(Source::Band(rate), label, Some(one_kwh() * rate))
                })),
                None => {
                    let minutes = self.merged.grid().slot_length().minutes();
                    let kind =
                        if minutes == 30 { "half-hourly".to_owned() } else { format!("{minutes}-minute") };
                    entries.push(energy(Source::AllRates, format!("Energy at {kind} rates{words}"), None));
                }
            }
        }
        for levy in self.request.levies {
            for (part, vat) in &parts {
                for (part, rate) in levy.cut(*part)? {
                    let label = format!("{} at {rate} p/kWh", levy.name());
                    let price = Some(one_kwh() * rate);
                    entries.push(Entry::new(
                        Source::Levy(rate),
                        LineKind::Levy,
                        label,
                        part,
                        *vat,
                        VatBasis::Exclusive,
                        price,
                    ));
                }
            }
        }
        if let Some(charges) = self.request.standing_charges {
            for (part, vat) in &parts {
                for standing in standing_parts(charges, &self.request.calendar, *part)? {
                    let source = Source::Days(standing.price);
                    let label = "Standing charge".to_owned();
                    entries.push(Entry::new(
                        source,
                        LineKind::StandingCharge,
                        label,
                        standing.span,
                        *vat,
                        standing.basis,
                        Some(standing.price),
                    ));
                }
            }
        }
        Ok(Ledger { entries })
    }

    /// Adds all that falls in a span; gives the days counted.
    pub(super) fn accrue(&self, ledger: &mut Ledger, span: Span) -> Result<i64> {
        let mut days = 0;
        // The bands of one part stand side by side: its slots are looked at once for all of them.
        let mut known: Option<(Span, BTreeMap<UnitRate, Band>)> = None;
        for entry in &mut ledger.entries {
            let Some(part) = entry.span.intersection(span) else { continue };
            let slots = self.merged.grid().slots_starting_in(part);
            match entry.source {
                Source::Band(rate) => {
                    if known.as_ref().is_none_or(|(known, _)| *known != part) {
                        known = Some((part, self.by_rate(entry.span, part)?));
                    }
                    let band = known.as_ref().and_then(|(_, bands)| bands.get(&rate));
                    if let Some(band) = band {
                        entry.add(band.energy, band.cost)?;
                        entry.estimated_slots += self.estimated_in(slots, Some(rate))?;
                    }
                }
                Source::AllRates => {
                    if self.merged.billed_slots(slots.clone()) > 0 {
                        let (energy, cost) = self.all_rates(entry.span, part)?;
                        entry.add(energy, cost)?;
                        entry.estimated_slots += self.estimated_in(slots, None)?;
                    }
                }
                Source::Levy(rate) => {
                    if self.merged.billed_slots(slots.clone()) > 0 {
                        let energy = self.merged.energy(slots)?;
                        entry.add(energy, energy * rate)?;
                    }
                }
                Source::Register => {}
                Source::Days(price) => {
                    let count = self.request.calendar.days_starting_in(part)?;
                    if count > 0 {
                        entry.add(Energy::ZERO, price.times(count)?)?;
                        entry.days += count;
                        days += count;
                    }
                }
            }
        }
        Ok(days)
    }

    const fn basis_words(&self) -> &'static str {
        match self.basis {
            VatBasis::Exclusive => "",
            VatBasis::Inclusive => " with VAT in",
        }
    }

    /// The rates of the billed slots of a range, cheapest first; `None` where there are too many to list.
    fn rates_of(&self, slots: Range<usize>) -> Result<Option<Vec<UnitRate>>> {
        let mut rates: Vec<UnitRate> = Vec::new();
        let mut last = None;
        for slot in self.merged.billed(slots, self.basis)? {
            if last == Some(slot.rate) {
                continue;
            }
            last = Some(slot.rate);
            if let Err(place) = rates.binary_search(&slot.rate) {
                if rates.len() == MOST_BANDS {
                    return Ok(None);
                }
                rates.insert(place, slot.rate);
            }
        }
        Ok(Some(rates))
    }

    /// Energy and cost by rate of the billed slots of `span`, which lies in `whole`.
    fn by_rate(&self, whole: Span, span: Span) -> Result<BTreeMap<UnitRate, Band>> {
        let mut bands = BTreeMap::new();
        if self.request.rules.day_energy.is_some() {
            for (upto_end, upto_start) in self.days_around(whole, span)? {
                self.gather(upto_end, &mut bands, true)?;
                if let Some(before) = upto_start {
                    let mut already = BTreeMap::new();
                    self.gather(before, &mut already, true)?;
                    for (rate, band) in already {
                        let sum: &mut Band = bands.entry(rate).or_default();
                        sum.energy = Energy::sum([sum.energy, -band.energy])?;
                        sum.cost = Money::sum([sum.cost, -band.cost])?;
                    }
                }
            }
        } else {
            self.gather(span, &mut bands, false)?;
        }
        Ok(bands)
    }

    /// Adds the slots of a span, by rate. Where days are rounded the span lies in one day.
    fn gather(&self, span: Span, bands: &mut BTreeMap<UnitRate, Band>, in_day: bool) -> Result<()> {
        let rules = &self.request.rules;
        let slots = self.merged.grid().slots_starting_in(span);
        let mut add = |rate: UnitRate, energy: Energy, cost: Money| -> Result<()> {
            let band: &mut Band = bands.entry(rate).or_default();
            band.energy = Energy::sum([band.energy, energy])?;
            band.cost = Money::sum([band.cost, cost])?;
            Ok(())
        };
        if let (Some(to), true) = (rules.day_energy, in_day) {
            let mut energies: BTreeMap<UnitRate, Energy> = BTreeMap::new();
            for slot in self.merged.billed(slots, self.basis)? {
                let energy = energies.entry(slot.rate).or_default();
                *energy = Energy::sum([*energy, slot.energy])?;
            }
            for (rate, energy) in energies {
                let energy = energy.round(to.places, to.rounding);
                add(rate, energy, energy * rate)?;
            }
            return Ok(());
        }
        for slot in self.merged.billed(slots, self.basis)? {
            let cost = slot.energy * slot.rate;
            add(slot.rate, slot.energy, rules.slot_cost.map_or(cost, |to| to.money(cost)))?;
        }
        Ok(())
    }

    /// For each local day that `span` touches: the day up to the end of `span`, and up to its start where that lies inside the day.
    /// What the first comes to less what the second does is what `span` adds, so pieces of a rounded day sum to it.
    fn days_around(&self, whole: Span, span: Span) -> Result<Vec<(Span, Option<Span>)>> {
        let calendar = &self.request.calendar;
        let mut days = Vec::new();
        let mut at = span.from();
        while at < span.to() {
            let day = calendar.day(calendar.date(at))?;
            let start = day.from().max(whole.from());
            days.push((Span::new(start, day.to().min(span.to()))?, Span::new(start, at).ok()));
            at = day.to();
        }
        Ok(days)
    }

    /// Energy and cost of the billed slots of `span`, which lies in `whole`, at whatever rates.
    fn all_rates(&self, whole: Span, span: Span) -> Result<(Energy, Money)> {
        let rules = &self.request.rules;
        let slots = self.merged.grid().slots_starting_in(span);
        if rules.day_energy.is_some() {
            let bands = self.by_rate(whole, span)?;
            return Ok((
                Energy::sum(bands.values().map(|band| band.energy))?,
                Money::sum(bands.values().map(|band| band.cost))?,
            ));
        }
        let cost = match rules.slot_cost {
            Some(to) => {
                self.merged.cost_rounded_by_slot(slots.clone(), self.basis, to.places, to.rounding)?
            }
            None => self.merged.cost(slots.clone(), self.basis)?,
        };
        Ok((self.merged.energy(slots)?, cost))
    }

    /// How many billed slots of a range, at one rate or at any, hold an estimate.
    fn estimated_in(&self, slots: Range<usize>, rate: Option<UnitRate>) -> Result<usize> {
        let Some(estimated) = self.estimated else { return Ok(0) };
        let billed = self.merged.billed(slots, self.basis)?;
        let wanted = |at: UnitRate| rate.is_none_or(|rate| rate == at);
        Ok(billed.filter(|slot| wanted(slot.rate) && estimated.get(slot.index)).count())
    }
}

fn percent(vat: VatRate) -> Result<Money> {
    vat.on(Money::from_units(crate::quantity::power_of_ten(Money::SCALE) * 100)?)
}

pub(super) fn one_kwh() -> Energy {
    Energy::from_units(10_i64.pow(Energy::SCALE)).unwrap_or_default()
}
