//! Bills from the readings of meter registers: a day and a night counter, three of them, or one.

use super::lines::{Entry, Ledger, LineKind, LinePrice, Source, standing_parts};
use super::totals::Settled;
use super::working::{Term, of_ledger};
use super::{BetweenReadings, Bill, BillOptions, BillingRules};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::series::{Coverage, Prices, VatBasis};
use crate::tariff::{Advance, Clock, Tariff, UnitRates};
use crate::time::{Span, TZDB_VERSION, from_seconds, instant_text};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a register counted between two readings, and what of it is in the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisterUse {
    /// The meter's serial number, where readings name it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meter: String,
    /// The register.
    pub register: String,
    /// From one reading to the next.
    #[serde(flatten)]
    pub span: Span,
    /// What it showed at the start; of gas in the meter's own unit.
    pub opening_reading: Energy,
    /// What it showed at the end.
    pub closing_reading: Energy,
    /// What it counted, in kWh.
    pub counted_kwh: Energy,
    /// What of it is in the bill.
    pub billed_kwh: Energy,
    /// Whether it was shared out over the time between its readings.
    pub apportioned: bool,
}

/// An advance at a change has more parts than this only where rates are half-hourly, which no counter can be billed at.
const MOST_CHANGES: usize = 32;

/// A part of an advance in which nothing changes.
struct Piece {
    span: Span,
    energy: Energy,
    apportioned: bool,
}

impl Tariff {
    /// The bill of a period from the advances of registers: each at the rate of the band of its register's name, or at the tariff's one
    /// rate. Standing charges, VAT, levies and rules are as in any bill; of the rules, `reading` rounds each advance and `slot_cost`
    /// its cost, and `day_energy` does nothing.
    ///
    /// An error where the advances do not reach over the whole period, where the tariff has no band of a register's name or a band has
    /// no register, where pieces of the bill are asked for, and, unless `options` say that advances are to be shared out, where
    /// something changes between two readings.
    pub fn bill_registers(&self, advances: &[Advance], period: Span, options: &BillOptions) -> Result<Bill> {
        if options.grouping.is_some() {
            return Err(Error::unsupported(
                "register readings do not say when energy was used, so their bill has no pieces; give half-hourly readings",
            ));
        }
        self.refuse_device_rates("a register")?;
        if let Some(component) = self.components.first() {
            return Err(Error::unsupported(format!(
                "{}: register readings do not say when energy was used, and a component needs it; give half-hourly readings",
                component.name
            ))
            .with_value(&self.code));
        }
        self.vat().check(period)?;
        check_reach(&self.unit_rates, advances, period)?;
        let rules = &options.rules;
        let mut ledger = Ledger { entries: Vec::new() };
        let mut terms: Vec<Vec<Term>> = Vec::new();
        let mut levied = Vec::new();
        let mut uses = Vec::new();
        for advance in advances {
            let pieces = self.pieces(advance, period, options.between_readings)?;
            let Some(first) = pieces.first() else { continue };
            let apportioned = first.apportioned;
            let billed_kwh = Energy::sum(pieces.iter().map(|piece| piece.energy))?;
            for piece in &pieces {
                let energy =
                    rules.reading.map_or(piece.energy, |to| piece.energy.round(to.places, to.rounding));
                let place = self.add_piece(&mut ledger, advance, piece, energy, options)?;
                if options.working {
                    terms.resize(terms.len().max(place + 1), Vec::new());
                    if let (Some(own), Some(entry)) = (terms.get_mut(place), ledger.entries.get(place)) {
                        own.push(term(entry, advance, piece, energy, rules));
                    }
                }
                levied.push((piece.span, energy));
            }
            uses.push(RegisterUse {
                meter: advance.meter.clone(),
                register: advance.register.clone(),
                span: advance.span,
                opening_reading: advance.opening,
                closing_reading: advance.closing,
                counted_kwh: advance.energy,
                billed_kwh,
                apportioned,
            });
        }
        self.add_levies(&mut ledger, &levied)?;
        self.add_standing_charges(&mut ledger, period, options)?;
        let Settled { net: net_minor, vat: vat_minor, .. } = ledger.settle(rules)?;
        let working =
            options.working.then(|| of_ledger(&ledger, terms, |_| None, rules).map(Box::new)).transpose()?;
        Ok(Bill {
            period,
            time_zone: options.calendar.name(),
            tariff_clock: self.clock().map(Clock::name),
            currency: self.currency,
            minor_digits: self.currency.minor_digits(),
            rules: rules.name.clone(),
            tax_name: self.taxes.name().to_owned(),
            shown: rules.shown,
            tzdb: TZDB_VERSION,
            kwh: ledger.energy()?,
            net_minor,
            vat_minor,
            total_minor: Money::sum([net_minor, vat_minor])?,
            coverage: Coverage {
                slots: 0,
                billed_slots: 0,
                missing_consumption: Vec::new(),
                missing_rates: Vec::new(),
            },
            left_out_slots: 0,
            shared_slots: 0,
            mean_rate_slots: 0,
            estimates: None,
            device: None,
            allowance: None,
            missing_standing_charges: super::missing_standing_charges(self.standing_charges.as_ref(), period),
            registers: uses,
            lines: ledger.lines(rules, period)?,
            periods: None,
            working,
            notices: self.tax_notice(period).into_iter().collect(),
        })
    }

    /// The parts of an advance that lie in the period, cut where something changes.
    fn pieces(&self, advance: &Advance, period: Span, policy: BetweenReadings) -> Result<Vec<Piece>> {
        let Some(part) = advance.span.intersection(period) else { return Ok(Vec::new()) };
        let mut edges: BTreeSet<i64> = BTreeSet::new();
        rate_changes(&self.unit_rates, part, &mut edges);
        if edges.len() > MOST_CHANGES {
            return Err(Error::unsupported(format!(
                "the tariff's rate changes {} times between two readings of the register; it needs half-hourly readings",
                edges.len()
            ))
            .with_value(&advance.register)
            .in_field("register"));
        }
        edges.extend(self.vat().cut(part).iter().map(|(span, _)| span.start_seconds()));
        for levy in &self.levies {
            edges.extend(levy.cut(part)?.iter().map(|(span, _)| span.start_seconds()));
        }
        edges.insert(part.start_seconds());
        edges.insert(part.to_seconds());
        let apportioned = edges.len() > 2 || part != advance.span;
        if apportioned && policy == BetweenReadings::Refuse {
            let inside = edges
                .iter()
                .find(|edge| **edge != advance.span.start_seconds() && **edge != advance.span.to_seconds());
            let change = inside.map_or_else(|| part.from(), |edge| from_seconds(*edge));
            return Err(Error::misaligned(format!(
                "the register was not read at {}, where a rate, VAT, a levy, the agreement or the bill changes; give a reading then, or have \
                 the advance of {} kWh from {} shared out by time",
                instant_text(change),
                advance.energy,
                advance.span
            ))
            .with_value(&advance.register)
            .in_field("register"));
        }
        let edges: Vec<i64> = edges.into_iter().collect();
        let spans = edges.iter().zip(edges.iter().skip(1)).map(|(from, to)| Span::from_seconds(*from, *to));
        spans
            .map(|span| {
                // The difference of two running sums, so that the parts of an advance sum to it.
                let upto = |at| advance_upto(advance, at);
                let energy = Energy::sum([upto(span.to_seconds())?, -upto(span.start_seconds())?])?;
                Ok(Piece { span, energy, apportioned })
            })
            .collect()
    }

    fn add_piece(
        &self,
        ledger: &mut Ledger,
        advance: &Advance,
        piece: &Piece,
        energy: Energy,
        options: &BillOptions,
    ) -> Result<usize> {
        let prices = register_prices(&self.unit_rates, &advance.register, piece.span)?;
        let (basis, rate, words) = match prices.on(VatBasis::Exclusive) {
            Some(rate) => (VatBasis::Exclusive, rate, ""),
            None => (VatBasis::Inclusive, prices.paid(), " with VAT in"),
        };
        let shared = if piece.apportioned { ", shared out by time" } else { "" };
        let label =
            format!("Energy, {}, at {rate} {}/kWh{words}{shared}", advance.register, self.currency.minor());
        let vat = self.vat().at(piece.span.from());
        let cost = energy * rate;
        let cost = options.rules.slot_cost.map_or(cost, |to| to.money(cost));
        let mut known = ledger.entries.iter_mut().enumerate();
        if let Some((place, entry)) = known.find(|(_, entry)| entry.vat == vat && entry.label == label) {
            entry.span =
                Span::new(entry.span.from().min(piece.span.from()), entry.span.to().max(piece.span.to()))?;
            entry.add(energy, cost)?;
            return Ok(place);
        }
        let price = Some(LinePrice::PerKwh(rate));
        let mut entry = Entry::new(Source::Register, LineKind::Energy, label, piece.span, vat, basis, price);
        entry.add(energy, cost)?;
        ledger.entries.push(entry);
        Ok(ledger.entries.len() - 1)
    }

    fn add_levies(&self, ledger: &mut Ledger, levied: &[(Span, Energy)]) -> Result<()> {
        for levy in &self.levies {
            let mut entries: BTreeMap<Span, Entry> = BTreeMap::new();
            for (span, energy) in levied {
                // No levy changes inside a piece.
                for (part, rate) in levy.cut(*span)? {
                    let vat = self.vat().at(part.from());
                    let label = format!("{} at {rate} {}/kWh", levy.name(), self.currency.minor());
                    let price = Some(LinePrice::PerKwh(rate));
                    let entry = entries.entry(part).or_insert_with(|| {
                        Entry::new(
                            Source::Register,
                            LineKind::Levy,
                            label,
                            part,
                            vat,
                            VatBasis::Exclusive,
                            price,
                        )
                    });
                    entry.add(*energy, *energy * rate)?;
                }
            }
            ledger.entries.extend(entries.into_values());
        }
        Ok(())
    }

    fn add_standing_charges(&self, ledger: &mut Ledger, period: Span, options: &BillOptions) -> Result<()> {
        let Some(charges) = &self.standing_charges else { return Ok(()) };
        for (part, vat) in self.vat().cut(period) {
            for standing in standing_parts(charges, &options.calendar, part)? {
                let days = options.calendar.days_starting_in(standing.span)?;
                let mut entry = Entry::new(
                    Source::Days(standing.price),
                    LineKind::StandingCharge,
                    "Standing charge".to_owned(),
                    standing.span,
                    vat,
                    standing.basis,
                    Some(LinePrice::PerDay(standing.price)),
                );
                entry.add(Energy::ZERO, standing.price.times(days)?)?;
                entry.days = days;
                ledger.entries.push(entry);
            }
        }
        Ok(())
    }
}

/// How a part of an advance was priced.
fn term(entry: &Entry, advance: &Advance, piece: &Piece, energy: Energy, rules: &BillingRules) -> Term {
    let exact = entry.price.and_then(LinePrice::per_kwh).map_or(Money::ZERO, |rate| energy * rate);
    let shared = if piece.apportioned {
        format!(
            "{} kWh of {} counted over {} s of {} s",
            piece.energy,
            advance.energy,
            piece.span.seconds(),
            advance.span.seconds()
        )
    } else {
        format!("{} to {}", advance.opening, advance.closing)
    };
    Term {
        read_kwh: rules.reading.map(|_| piece.energy),
        kwh: Some(energy),
        price: entry.price,
        exact_minor: rules.slot_cost.map(|_| exact),
        said: Some(shared),
        ..Term::new(piece.span, advance.register.clone(), rules.slot_cost.map_or(exact, |to| to.money(exact)))
    }
}

/// What an advance shared out evenly comes to up to an instant inside it.
fn advance_upto(advance: &Advance, at: i64) -> Result<Energy> {
    let elapsed = i128::from(at - advance.span.start_seconds());
    let units = divide(
        i128::from(advance.energy.units()) * elapsed,
        advance.span.seconds().into(),
        Rounding::HalfEven,
    );
    let beyond = || Error::out_of_range("an advance is beyond the range of kWh");
    Ok(Energy::from_units(i64::try_from(units).map_err(|_| beyond())?)?)
}

/// Each register must be known over the whole period, and each band in force must have one.
fn check_reach(rates: &UnitRates, advances: &[Advance], period: Span) -> Result<()> {
    let mut reach: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for advance in advances {
        if let Some(part) = advance.span.intersection(period) {
            reach.entry(&advance.register).or_default().push(part);
        }
    }
    if reach.is_empty() {
        return Err(Error::missing("no register was read over the period").with_value(period.to_string()));
    }
    for (register, parts) in &reach {
        // Advances go from reading to reading, so only the ends can be bare.
        let from = parts.iter().map(|part| part.from()).min().unwrap_or(period.to());
        let to = parts.iter().map(|part| part.to()).max().unwrap_or(period.from());
        if from > period.from() || to < period.to() {
            return Err(Error::missing(format!(
                "readings of the register reach only from {} to {}, and the bill from {} to {}",
                instant_text(from),
                instant_text(to),
                instant_text(period.from()),
                instant_text(period.to())
            ))
            .with_value(*register)
            .in_field("register"));
        }
    }
    let mut wanted = BTreeSet::new();
    band_names(rates, period, &mut wanted);
    let names = || reach.keys().copied().collect::<Vec<_>>().join(", ");
    match wanted.iter().find(|name| !reach.contains_key(name.as_str())) {
        Some(name) => Err(Error::missing(format!(
            "the tariff has a band of this name and no register of it was read; registers: {}",
            names()
        ))
        .with_value(name)
        .in_field("register")),
        None => Ok(()),
    }
}

fn band_names(rates: &UnitRates, period: Span, names: &mut BTreeSet<String>) {
    match rates {
        UnitRates::Series(_) => {}
        UnitRates::Schedule(schedule) => names.extend(schedule.bands().iter().map(|band| band.name.clone())),
        UnitRates::Dated(parts) => {
            for (span, rates) in parts {
                if let Some(part) = span.intersection(period) {
                    band_names(rates, part, names);
                }
            }
        }
    }
}

/// Instants strictly inside a span at which the rates of every register may change.
fn rate_changes(rates: &UnitRates, part: Span, edges: &mut BTreeSet<i64>) {
    match rates {
        UnitRates::Schedule(_) => {}
        UnitRates::Series(series) => {
            let mut last: Option<Prices<UnitRate>> = None;
            for interval in series.intervals() {
                let Some(within) = interval.span.intersection(part) else { continue };
                if last.is_some_and(|last| last != interval.prices) {
                    edges.insert(within.start_seconds());
                }
                last = Some(interval.prices);
            }
        }
        UnitRates::Dated(parts) => {
            for (span, rates) in parts {
                if let Some(within) = span.intersection(part) {
                    if within.start_seconds() > part.start_seconds() {
                        edges.insert(within.start_seconds());
                    }
                    rate_changes(rates, within, edges);
                }
            }
        }
    }
}

/// The price of a register over a span in which nothing changes.
fn register_prices(rates: &UnitRates, register: &str, span: Span) -> Result<Prices<UnitRate>> {
    let none = || Error::missing("the tariff has no unit rate then").with_value(span.to_string());
    match rates {
        UnitRates::Series(series) => {
            let covered: i64 = series
                .intervals()
                .filter_map(|interval| Some(interval.span.intersection(span)?.seconds()))
                .sum();
            series.at(span.from()).filter(|_| covered == span.seconds()).ok_or_else(none)
        }
        UnitRates::Schedule(schedule) => {
            let mut named = schedule.bands().iter().filter(|band| band.name == register);
            let first = named.next().ok_or_else(|| {
                let names: BTreeSet<&str> = schedule.bands().iter().map(|band| band.name.as_str()).collect();
                let names: Vec<&str> = names.into_iter().collect();
                Error::missing(format!("the tariff has no band of this name; it has {}", names.join(", ")))
                    .with_value(register)
                    .in_field("register")
            })?;
            if named.any(|band| band.prices != first.prices) {
                return Err(Error::conflict(
                    "the tariff has bands of this name at different prices, and a register does not say in which it counted",
                )
                .with_value(register)
                .in_field("register"));
            }
            Ok(first.prices)
        }
        UnitRates::Dated(parts) => {
            let part = parts.iter().find(|(part, _)| part.intersection(span) == Some(span));
            register_prices(&part.ok_or_else(none)?.1, register, span)
        }
    }
}

#[cfg(test)]
mod tests;
