//! A bill's lines and pieces filled from slots.

use super::lines::{BillPeriod, Entry, Ledger, LineKind, LinePrice, Source, standing_parts};
use super::priced::Priced;
use super::request::{BillRequest, Grouping};
use super::totals::Settled;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::bitmap::Bitmap;
use crate::series::{Merged, VatBasis};
use crate::tariff::{ComponentTax, VatRate};
use crate::time::{Grid, Period, Span};
use chrono::{DateTime, Utc};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// With more rates than this a bill shows one line for all of them: half-hourly rates would fill pages.
const MOST_BANDS: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) energy: Energy,
    pub(super) cost: Money,
}

/// The request with its joins: the energy price first, then those of components.
pub(super) struct Engine<'a> {
    pub(super) request: &'a BillRequest<'a>,
    pub(super) joins: &'a [Join<'a>],
    pub(super) posted: &'a [Posted],
    pub(super) estimated: Option<&'a Bitmap>,
    /// Whether the energy's own rates are none: components of that kind price it.
    pub(super) energy_by_components: bool,
}

/// Readings joined to prices a kWh, whose lines have a name.
pub(super) struct Join<'a> {
    pub(super) priced: Priced<'a>,
    pub(super) basis: VatBasis,
    pub(super) name: &'a str,
    pub(super) kind: LineKind,
    pub(super) span: Span,
    pub(super) tax: ComponentTax,
}

/// An amount that is no price a kWh.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    pub(super) label: String,
    pub(super) kind: LineKind,
    /// What it is for.
    pub(super) span: Span,
    pub(super) basis: VatBasis,
    pub(super) tax: ComponentTax,
    pub(super) falls: Falls,
    /// How it came about, where the working is asked for.
    pub(super) said: Option<String>,
}

/// When an amount falls.
#[derive(Clone, Debug)]
pub(super) enum Falls {
    /// All of it where what it is for begins.
    AtStart(Money),
    /// In parts, each where a slot begins.
    InSlots(Vec<(DateTime<Utc>, Money)>),
}

impl Engine<'_> {
    /// The lines of the whole period with nothing in them yet: energy by rate band (or in one line), by when each first held and then
    /// cheapest first; levies, standing charges.
    pub(super) fn ledger(&self) -> Result<Ledger> {
        let mut entries = Vec::with_capacity(4 * self.joins.len() + self.posted.len() + 2);
        let parts = self.request.vat.cut(self.request.period);
        let own = usize::from(self.energy_by_components);
        for (which, join) in self.joins.iter().enumerate().skip(own) {
            for (part, vat) in self.taxed(join.tax, join.span) {
                self.energy_entries(&mut entries, which, join, part, vat)?;
            }
        }
        for (which, posted) in self.posted.iter().enumerate() {
            let Some((part, vat)) = self.first_taxed(posted.tax, posted.span) else { continue };
            let (kind, basis) = (posted.kind, posted.basis);
            let entry = Entry::new(Source::Posted(which), kind, posted.label.clone(), part, vat, basis, None);
            entries.push(Entry { held: posted.span, ..entry });
        }
        for levy in self.request.levies {
            for (part, vat) in &parts {
                for (part, rate) in levy.cut(*part)? {
                    let label = format!("{} at {rate} {}/kWh", levy.name(), self.request.currency.minor());
                    let price = Some(LinePrice::PerKwh(rate));
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
                        Some(LinePrice::PerDay(standing.price)),
                    ));
                }
            }
        }
        Ok(Ledger { entries })
    }

    /// The parts of a span of the bill by the rate of tax.
    pub(super) fn taxed(&self, tax: ComponentTax, span: Span) -> Vec<(Span, VatRate)> {
        let Some(span) = span.intersection(self.request.period) else { return Vec::new() };
        match tax {
            ComponentTax::OfTariff => self.request.vat.cut(span),
            ComponentTax::Rate(rate) => vec![(span, rate)],
        }
    }

    /// The first of those parts; most often it is all of them.
    fn first_taxed(&self, tax: ComponentTax, span: Span) -> Option<(Span, VatRate)> {
        let span = span.intersection(self.request.period)?;
        match (tax, self.request.vat.throughout(span)) {
            (ComponentTax::Rate(rate), _) | (ComponentTax::OfTariff, Some(rate)) => Some((span, rate)),
            (ComponentTax::OfTariff, None) => self.request.vat.cut(span).into_iter().next(),
        }
    }

    /// The lines of one price a kWh within a part of the bill.
    fn energy_entries(
        &self,
        entries: &mut Vec<Entry>,
        which: usize,
        join: &Join<'_>,
        part: Span,
        vat: VatRate,
    ) -> Result<()> {
        let words = basis_words(join.basis);
        let (name, minor) = (join.name, self.request.currency.minor());
        let energy =
            |source, label, price| Entry::new(source, join.kind, label, part, vat, join.basis, price);
        match join.priced.rates_in(part, MOST_BANDS)? {
            Some(rates) => {
                let mut held: Vec<(UnitRate, Span)> =
                    rates.iter().copied().zip(self.held(join, &rates, part)?).collect();
                held.sort_by_key(|(_, span)| span.from());
                entries.extend(held.into_iter().map(|(rate, held)| {
                    let label = format!("{name} at {rate} {minor}/kWh{words}");
                    Entry { held, ..energy(Source::Band(which, rate), label, Some(LinePrice::PerKwh(rate))) }
                }));
            }
            None => {
                let minutes = join.priced.grid().slot_length().minutes();
                let kind = if minutes == 30 { "half-hourly".to_owned() } else { format!("{minutes}-minute") };
                entries.push(energy(Source::AllRates(which), format!("{name} at {kind} rates{words}"), None));
            }
        }
        Ok(())
    }

    pub(super) fn join(&self, which: usize) -> Result<&Join<'_>> {
        self.joins.get(which).ok_or_else(|| Error::missing("the bill lacks its own prices"))
    }

    /// The join of the energy price.
    pub(super) fn merged(&self) -> Result<&Merged<'_>> {
        self.join(0).and_then(|join| join.priced.by_slot())
    }

    /// Adds all that falls in a span; gives the days counted.
    pub(super) fn accrue(&self, ledger: &mut Ledger, span: Span) -> Result<i64> {
        let mut days = 0;
        // The bands of one part stand side by side: its slots are looked at once for all of them.
        let mut known: Option<(usize, Span, BTreeMap<UnitRate, Band>)> = None;
        for entry in &mut ledger.entries {
            let Some(part) = entry.span.intersection(span) else { continue };
            let slots = || Ok::<_, Error>(self.merged()?.grid().slots_starting_in(part));
            match entry.source {
                Source::Band(which, rate) => {
                    let join = self.join(which)?;
                    if known.as_ref().is_none_or(|(of, known, _)| (*of, *known) != (which, part)) {
                        known = Some((which, part, self.by_rate(join, entry.span, part)?));
                    }
                    let band = known.as_ref().and_then(|(_, _, bands)| bands.get(&rate));
                    if let Some(band) = band {
                        entry.add(band.energy, band.cost)?;
                        entry.estimated_slots += self.estimated_in(join, slots()?, Some(rate))?;
                    }
                }
                Source::AllRates(which) => {
                    let join = self.join(which)?;
                    if join.priced.billed_slots(slots()?) > 0 {
                        let (energy, cost) = self.all_rates(join, entry.span, part)?;
                        entry.add(energy, cost)?;
                        entry.estimated_slots += self.estimated_in(join, slots()?, None)?;
                    }
                }
                Source::Levy(rate) => {
                    let (merged, slots) = (self.merged()?, slots()?);
                    if merged.billed_slots(slots.clone()) > 0 {
                        let energy = merged.energy(slots)?;
                        entry.add(energy, energy * rate)?;
                    }
                }
                Source::Posted(which) => {
                    let Some(posted) = self.posted.get(which) else { continue };
                    match &posted.falls {
                        Falls::InSlots(slots) => {
                            let within = slots.iter().filter(|(at, _)| part.contains(*at));
                            entry.add(Energy::ZERO, Money::sum(within.map(|(_, amount)| *amount))?)?;
                        }
                        Falls::AtStart(amount) if span.contains(entry.span.from()) => {
                            entry.add(Energy::ZERO, *amount)?;
                        }
                        Falls::AtStart(_) => {}
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

    /// When each of the rates held within a part of the bill, from first to last. What takes turns with another rate and holds on the
    /// part's first or last local day has the part's own beginning or end.
    fn held(&self, join: &Join<'_>, rates: &[UnitRate], part: Span) -> Result<Vec<Span>> {
        let known = join.priced.held(part, rates)?;
        let spans: Vec<Span> = known.into_iter().map(|held| held.unwrap_or(part)).collect();
        let date = |at| self.request.calendar.date(at);
        let last_of = |span: Span| date(span.to() - chrono::TimeDelta::seconds(1));
        // The part's own first and last day, asked for once.
        let ends = OnceCell::new();
        let shown = |(place, held): (usize, &Span)| -> Result<Span> {
            let mut others = spans.iter().enumerate().filter(|(other, _)| *other != place);
            if !others.any(|(_, span)| span.intersection(*held).is_some()) {
                return Ok(*held);
            }
            let (first, last) = ends.get_or_init(|| (date(part.from()), last_of(part)));
            let from = if date(held.from()) == *first { part.from() } else { held.from() };
            Span::new(from, if last_of(*held) == *last { part.to() } else { held.to() })
        };
        spans.iter().enumerate().map(shown).collect()
    }

    /// Energy and cost by rate of the billed slots of `span`, which lies in `whole`.
    pub(super) fn by_rate(
        &self,
        join: &Join<'_>,
        whole: Span,
        span: Span,
    ) -> Result<BTreeMap<UnitRate, Band>> {
        let mut bands = BTreeMap::new();
        if self.request.rules.day_energy.is_some() {
            for (upto_end, upto_start) in self.days_around(whole, span)? {
                self.gather(join, upto_end, &mut bands, true)?;
                if let Some(before) = upto_start {
                    let mut already = BTreeMap::new();
                    self.gather(join, before, &mut already, true)?;
                    for (rate, band) in already {
                        let sum: &mut Band = bands.entry(rate).or_default();
                        sum.energy = Energy::sum([sum.energy, -band.energy])?;
                        sum.cost = Money::sum([sum.cost, -band.cost])?;
                    }
                }
            }
        } else {
            self.gather(join, span, &mut bands, false)?;
        }
        Ok(bands)
    }

    /// Adds the slots of a span, by rate. Where days are rounded the span lies in one day.
    fn gather(
        &self,
        join: &Join<'_>,
        span: Span,
        bands: &mut BTreeMap<UnitRate, Band>,
        in_day: bool,
    ) -> Result<()> {
        let rules = &self.request.rules;
        let slots = join.priced.grid().slots_starting_in(span);
        let mut add = |rate: UnitRate, energy: Energy, cost: Money| -> Result<()> {
            let band: &mut Band = bands.entry(rate).or_default();
            band.energy = Energy::sum([band.energy, energy])?;
            band.cost = Money::sum([band.cost, cost])?;
            Ok(())
        };
        if let (Some(to), true) = (rules.day_energy, in_day) {
            let mut energies: BTreeMap<UnitRate, Energy> = BTreeMap::new();
            for slot in join.priced.by_slot()?.billed(slots, join.basis)? {
                let energy = energies.entry(slot.rate).or_default();
                *energy = Energy::sum([*energy, slot.energy])?;
            }
            for (rate, energy) in energies {
                let energy = energy.round(to.places, to.rounding);
                add(rate, energy, energy * rate)?;
            }
            return Ok(());
        }
        let Some(to) = rules.slot_cost else {
            // Without rounding a sum of products at one rate is the product of the sum.
            for (rate, energy) in join.priced.energy_by_rate(span)? {
                add(rate, energy, energy * rate)?;
            }
            return Ok(());
        };
        for slot in join.priced.by_slot()?.billed(slots, join.basis)? {
            add(slot.rate, slot.energy, to.money(slot.energy * slot.rate))?;
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
            days.push((Span::new(start, day.to().min(span.to()))?, Span::between(start, at)));
            at = day.to();
        }
        Ok(days)
    }

    /// Energy and cost of the billed slots of `span`, which lies in `whole`, at whatever rates.
    pub(super) fn all_rates(&self, join: &Join<'_>, whole: Span, span: Span) -> Result<(Energy, Money)> {
        let rules = &self.request.rules;
        if rules.day_energy.is_some() {
            let bands = self.by_rate(join, whole, span)?;
            return Ok((
                Energy::sum(bands.values().map(|band| band.energy))?,
                Money::sum(bands.values().map(|band| band.cost))?,
            ));
        }
        let Some(to) = rules.slot_cost else { return join.priced.energy_and_cost(span) };
        let merged = join.priced.by_slot()?;
        let slots = merged.grid().slots_starting_in(span);
        let cost = merged.cost_rounded_by_slot(slots.clone(), join.basis, to.places, to.rounding)?;
        Ok((merged.energy(slots)?, cost))
    }

    /// How many billed slots of a range, at one rate or at any, hold an estimate.
    pub(super) fn estimated_in(
        &self,
        join: &Join<'_>,
        slots: Range<usize>,
        rate: Option<UnitRate>,
    ) -> Result<usize> {
        let Some(estimated) = self.estimated else { return Ok(0) };
        let billed = join.priced.by_slot()?.billed(slots, join.basis)?;
        let wanted = |at: UnitRate| rate.is_none_or(|rate| rate == at);
        Ok(billed.filter(|slot| wanted(slot.rate) && estimated.get(slot.index)).count())
    }

    /// What some of the lines of each period of a list come to without tax.
    pub(super) fn net_of_each(
        &self,
        periods: &[Span],
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Vec<Money>> {
        let mut ledger = self.ledger()?;
        ledger.entries.retain(wanted);
        let mut before = Money::ZERO;
        let mut amounts = Vec::with_capacity(periods.len());
        for period in periods {
            self.accrue(&mut ledger, *period)?;
            let net = ledger.settle(&self.request.rules)?.net;
            amounts.push(Money::sum([net, -before])?);
            before = net;
        }
        Ok(amounts)
    }

    pub(super) fn periods(&self, grouping: Grouping, mut ledger: Ledger) -> Result<Vec<BillPeriod>> {
        let merged = self.merged()?;
        let grid = merged.grid();
        let periods = match grouping {
            Grouping::Periods(kind) => self.request.calendar.cut(kind, self.request.period)?,
            Grouping::Slots => self.slot_periods()?,
        };
        let (mut before, mut energy_before) = (Settled::default(), Energy::ZERO);
        let mut pieces = Vec::with_capacity(periods.len());
        for period in periods {
            let days = self.accrue(&mut ledger, period.span)?;
            let (settled, energy) = (ledger.settle(&self.request.rules)?, ledger.energy()?);
            let slots = grid.slots_starting_in(period.span);
            let net_minor = Money::sum([settled.net, -before.net])?;
            let vat_minor = Money::sum([settled.vat, -before.vat])?;
            pieces.push(BillPeriod {
                slots: self.extended_grid()?.slots_starting_in(period.span).len(),
                billed_slots: merged.billed_slots(slots),
                days,
                kwh: Energy::sum([energy, -energy_before])?,
                net_minor,
                vat_minor,
                total_minor: Money::sum([net_minor, vat_minor])?,
                period,
            });
            (before, energy_before) = (settled, energy);
        }
        Ok(pieces)
    }

    /// The consumption's grid, gone on with over the whole period.
    fn extended_grid(&self) -> Result<Grid> {
        self.merged()?.grid().extended_over(self.request.period)
    }

    fn slot_periods(&self) -> Result<Vec<Period>> {
        let label = |span: Span| self.request.calendar.local_text(span.from());
        let cut = |span: Span| span.intersection(self.request.period);
        Ok(self
            .extended_grid()?
            .slots()
            .filter_map(|slot| Some(Period { span: cut(slot.span)?, label: label(slot.span) }))
            .collect())
    }
}

const fn basis_words(basis: VatBasis) -> &'static str {
    match basis {
        VatBasis::Exclusive => "",
        VatBasis::Inclusive => " with VAT in",
    }
}
