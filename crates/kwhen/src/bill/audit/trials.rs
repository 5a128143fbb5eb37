//! Billing anew with one thing changed, to see whether the statement's figures come out.

use super::cause::{Cause, CauseKind};
use super::stated::{Known, StatedStatement};
use crate::bill::reconcile::{Reconciliation, StatementLine, StatementLineKind, beside};
use crate::bill::{BillOptions, BillingRules, Metered, MissingReadings, Statement, Supply};
use crate::error::Result;
use crate::quantity::{Energy, Money};
use crate::series::Consumption;
use crate::tariff::{
    AgreementRow, Agreements, CalorificValue, CalorificValues, Direction, GasConversion, GasUnit, Tariff,
};
use crate::time::{Span, from_seconds, instant_text};
use chrono::{DateTime, Days, TimeDelta, Utc};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// The most bills that one kind of cause may take of a statement: dispatches and replaced readings may be many.
const MOST_TRIALS: usize = 400;

/// The readings of a span, of each supply that is read slot by slot.
pub(super) fn clipped(supplies: &[Supply<'_>], span: Span) -> Result<Vec<Option<Consumption>>> {
    let cut = |supply: &Supply<'_>| -> Option<Consumption> {
        let Metered::Slots(consumption) = supply.metered else { return None };
        let grid = consumption.grid();
        // A slot that begins before the span may reach into it.
        let before = TimeDelta::seconds(grid.slot_length().seconds());
        let wide = Span::new(span.from() - before, span.to()).ok()?;
        let places = grid.slots_starting_in(wide);
        (places.len() < grid.len()).then(|| consumption.on_grid(&grid.part(places)))
    };
    Ok(supplies.iter().map(cut).collect())
}

/// The same supplies with their readings clipped.
pub(super) fn lent<'a>(supplies: &[Supply<'a>], clipped: &'a [Option<Consumption>]) -> Vec<Supply<'a>> {
    let lend = |(supply, clipped): (&Supply<'a>, &'a Option<Consumption>)| match clipped {
        Some(consumption) => Supply { metered: Metered::Slots(consumption), ..supply.clone() },
        None => supply.clone(),
    };
    supplies.iter().zip(clipped).map(lend).collect()
}

/// How many slots of a period have no reading, and when the first of them starts.
pub(super) fn missing(supply: &Supply<'_>, period: Span) -> Option<(usize, DateTime<Utc>)> {
    let Metered::Slots(consumption) = supply.metered else { return None };
    let grid = consumption.grid();
    let mut slots = 0;
    let mut first = None;
    let agreed = supply.agreements.within(period);
    for span in agreed.iter().map(|agreement| agreement.span) {
        let slot = grid.slot_length().seconds();
        let mut at = span.start_seconds();
        while at < span.to_seconds() {
            let known = grid.index_of(from_seconds(at)).is_some_and(|place| consumption.get(place).is_some());
            if !known {
                slots += 1;
                first.get_or_insert(from_seconds(at));
            }
            at += slot;
        }
    }
    first.map(|first| (slots, first))
}

/// What is tried of one statement.
pub(super) struct Trials<'a> {
    pub(super) statement: &'a StatedStatement,
    pub(super) known: &'a Known<'a>,
    pub(super) supplies: &'a [Supply<'a>],
    pub(super) base: &'a Reconciliation,
    pub(super) options: &'a BillOptions,
    pub(super) own: Option<Statement>,
    causes: Vec<Cause>,
}

impl<'a> Trials<'a> {
    pub(super) fn new(
        statement: &'a StatedStatement,
        known: &'a Known<'a>,
        supplies: &'a [Supply<'a>],
        base: &'a Reconciliation,
        options: &'a BillOptions,
    ) -> Self {
        let own = Statement::new(statement.period, supplies, known.tariffs, options).ok();
        Self { statement, known, supplies, base, options, own, causes: Vec::new() }
    }

    /// Adds what was found otherwise.
    pub(super) fn add(&mut self, causes: impl IntoIterator<Item = Cause>) {
        self.causes.extend(causes);
    }

    /// Bills anew with other rules, readings, dispatches and days.
    pub(super) fn by_readings(&mut self) {
        self.rounding();
        self.replaced();
        self.dispatches();
        self.tariff_change();
        self.missing_readings();
        self.clock();
        self.gas_unit();
        self.calorific_value();
    }

    /// The likeliest causes: those that explain everything first, then in the order in which they were tried; one of each kind.
    pub(super) fn into_causes(self, most: usize) -> Vec<Cause> {
        let mut chosen: Vec<Cause> = Vec::new();
        for cause in self.causes {
            match chosen.iter_mut().find(|known| known.kind == cause.kind) {
                Some(known) if known.rows.len() < cause.rows.len() => *known = cause,
                Some(_) => {}
                None => chosen.push(cause),
            }
        }
        chosen.sort_by_key(|cause| (!cause.explains_all, cause.kind));
        if chosen.iter().any(|cause| cause.explains_all) {
            chosen.retain(|cause| cause.explains_all);
        }
        chosen.truncate(most);
        chosen
    }

    /// Bills with something changed, and notes the cause where lines agree that did not, and none the other way.
    pub(super) fn attempt(
        &mut self,
        kind: CauseKind,
        supplies: &[Supply<'_>],
        tariffs: &[Tariff],
        options: &BillOptions,
        evidence: impl FnOnce() -> String,
    ) {
        self.attempt_over(kind, supplies, tariffs, (options, 0), evidence);
    }

    /// The same with every span moved by so many seconds at the local midnights of its ends.
    fn attempt_over(
        &mut self,
        kind: CauseKind,
        supplies: &[Supply<'_>],
        tariffs: &[Tariff],
        (options, clock): (&BillOptions, i64),
        evidence: impl FnOnce() -> String,
    ) {
        let moved = |span: Span| {
            let end = |seconds: i64| seconds + clock * options.calendar.offset_at(seconds);
            Span::from_seconds(end(span.start_seconds()), end(span.to_seconds()))
        };
        let lines: Cow<'_, [_]> = if clock == 0 {
            Cow::Borrowed(&self.statement.lines)
        } else {
            let mut lines = self.statement.lines.clone();
            for line in &mut lines {
                line.span = line.span.map(moved);
            }
            Cow::Owned(lines)
        };
        let period = if clock == 0 { self.statement.period } else { moved(self.statement.period) };
        let Ok(found) = beside(&lines, supplies, tariffs, period, options) else { return };
        let pairs = || self.base.lines.iter().zip(&found.lines);
        if pairs().any(|(before, now)| before.agrees && !now.agrees) {
            return;
        }
        let rows: Vec<u64> =
            pairs().filter(|(before, now)| !before.agrees && now.agrees).map(|(line, _)| line.row).collect();
        if !rows.is_empty() {
            self.note(kind, rows, evidence());
        }
    }

    /// Notes a cause that makes these rows agree.
    pub(super) fn cause(&self, kind: CauseKind, rows: Vec<u64>, evidence: String) -> Cause {
        let differing = self.base.lines.iter().filter(|line| !line.agrees);
        let explains_all = differing.clone().all(|line| rows.contains(&line.row));
        let of = |line: &&crate::bill::reconcile::ReconciledLine| rows.contains(&line.row);
        let total = differing.clone().filter(of).find(|line| line.kind == StatementLineKind::Total);
        let details = differing.filter(of).filter(|line| {
            !matches!(
                line.kind,
                StatementLineKind::Subtotal | StatementLineKind::Vat | StatementLineKind::Total
            )
        });
        let difference_minor = match total {
            Some(total) => total.difference_minor.unwrap_or(Money::ZERO),
            None => Money::sum(details.filter_map(|line| line.difference_minor)).unwrap_or(Money::ZERO),
        };
        Cause { kind, explains_all, rows, evidence, difference_minor }
    }

    fn note(&mut self, kind: CauseKind, rows: Vec<u64>, evidence: String) {
        let cause = self.cause(kind, rows, evidence);
        self.causes.push(cause);
    }

    pub(super) fn is_imported(&self, supply: &Supply<'_>) -> bool {
        self.tariffs_of(supply).any(|tariff| tariff.direction == Direction::Import)
    }

    pub(super) fn tariffs_of(&self, supply: &Supply<'_>) -> impl Iterator<Item = &'a Tariff> + use<'a> {
        let names: Vec<String> = supply
            .agreements
            .within(self.statement.period)
            .into_iter()
            .map(|agreement| agreement.tariff)
            .collect();
        self.known.tariffs.iter().filter(move |tariff| names.contains(&tariff.code))
    }

    fn rounding(&mut self) {
        for rules in BillingRules::presets() {
            if rules.name != self.options.rules.name {
                let name = rules.name.clone();
                let options = BillOptions { rules, ..self.options.clone() };
                self.attempt(CauseKind::RoundingRule, self.supplies, self.known.tariffs, &options, || {
                    format!(
                        "its figures come out under the rules '{name}', not under '{}'",
                        self_rules(self.base)
                    )
                });
            }
        }
    }

    fn replaced(&mut self) {
        let known = self.known;
        for (place, supply) in self.supplies.iter().enumerate() {
            let Metered::Slots(consumption) = supply.metered else { continue };
            let period = self.statement.period;
            let mine: Vec<_> = known
                .replaced
                .iter()
                .filter(|one| one.supply == supply.name && period.contains(one.start))
                .collect();
            if mine.is_empty() {
                continue;
            }
            let mut sets: Vec<Vec<_>> = vec![mine.clone()];
            if mine.len() > 1 {
                sets.extend(mine.iter().take(MOST_TRIALS).map(|one| vec![*one]));
            }
            for set in sets {
                let mut readings: Vec<_> = consumption.iter().collect();
                for one in &set {
                    let slot = consumption.grid().index_of(one.start);
                    if let Some(reading) = slot.and_then(|slot| readings.get_mut(slot)) {
                        *reading = Some(one.was);
                    }
                }
                let Ok(earlier) = Consumption::on_slots(*consumption.grid(), &readings) else { continue };
                let supplies = self.with(place, |supply| supply.metered = Metered::Slots(&earlier));
                let (first, count) = (set.first().map(|one| (one.start, one.was)), set.len());
                self.attempt(CauseKind::ReplacedReading, &supplies, known.tariffs, self.options, || {
                    let Some((start, was)) = first else { return String::new() };
                    let now = consumption.grid().index_of(start).and_then(|slot| consumption.get(slot));
                    let now = now.map_or_else(|| "no reading".to_owned(), |now| now.to_string());
                    format!(
                        "its figures come out with {count} of the readings of {} as they were before they were replaced; the first, from {}, was {was} and is {now} now",
                        supply.name,
                        instant_text(start)
                    )
                });
            }
        }
    }

    fn dispatches(&mut self) {
        let period = self.statement.period;
        for (place, supply) in self.supplies.iter().enumerate() {
            let inside: Vec<Span> = supply
                .events
                .dispatches
                .iter()
                .copied()
                .filter(|span| span.intersection(period).is_some())
                .collect();
            if inside.is_empty() {
                continue;
            }
            let outside: Vec<Span> = supply
                .events
                .dispatches
                .iter()
                .copied()
                .filter(|span| span.intersection(period).is_none())
                .collect();
            if self.known.tariffs.iter().any(|tariff| tariff.allowance.is_some()) {
                let dispatch_count = self.options.dispatch_count.other();
                let options = BillOptions { dispatch_count, ..self.options.clone() };
                self.attempt(CauseKind::Dispatch, self.supplies, self.known.tariffs, &options, || {
                    format!(
                        "its figures come out where {} of dispatches count towards the hours a day that are cheap",
                        dispatch_count.name()
                    )
                });
            }
            let slot = match supply.metered {
                Metered::Slots(consumption) => consumption.grid().slot_length().seconds(),
                Metered::Registers(_) => continue,
            };
            let mut trials: Vec<(Vec<Span>, Option<Span>)> = vec![(outside, None)];
            for span in inside.iter().take(MOST_TRIALS) {
                let others = supply.events.dispatches.iter().copied().filter(|other| other != span);
                trials.push((others.collect(), Some(*span)));
            }
            for span in &inside {
                let mut at = span.start_seconds().div_euclid(slot) * slot;
                while at < span.to_seconds() && span.seconds() > slot && trials.len() < MOST_TRIALS {
                    let taken = Span::from_seconds(at, at + slot);
                    let rest = supply.events.dispatches.iter().flat_map(|one| without(*one, taken)).collect();
                    trials.push((rest, Some(taken)));
                    at += slot;
                }
            }
            for (dispatches, taken) in trials {
                let supplies = self.with(place, |supply| supply.events.dispatches = &dispatches);
                self.attempt(CauseKind::Dispatch, &supplies, self.known.tariffs, self.options, || {
                    let what = match taken {
                        Some(span) => {
                            format!(
                                "the dispatch from {} to {}",
                                instant_text(span.from()),
                                instant_text(span.to())
                            )
                        }
                        None => format!("all {} dispatches of the period", inside.len()),
                    };
                    format!("its figures come out where {what} at {} is billed at the full rate", supply.name)
                });
            }
        }
    }

    fn tariff_change(&mut self) {
        let calendar = self.options.calendar;
        let near = |instant: DateTime<Utc>, days: i64| instant + TimeDelta::days(days);
        let period = self.statement.period;
        let Ok(wide) = Span::new(near(period.from(), -8), near(period.to(), 8)) else { return };
        for (place, supply) in self.supplies.iter().enumerate() {
            let list = supply.agreements.list();
            for (change, (before, after)) in list.iter().zip(list.iter().skip(1)).enumerate() {
                let at = after.span.from();
                if before.span.to() != at || !wide.contains(at) {
                    continue;
                }
                let date = calendar.date(at);
                let mut tried: Vec<DateTime<Utc>> = Vec::new();
                for days in 1..=7_u64 {
                    let both =
                        [date.checked_sub_days(Days::new(days)), date.checked_add_days(Days::new(days))];
                    tried.extend(
                        both.into_iter().flatten().filter_map(|date| calendar.day(date).ok()).map(Span::from),
                    );
                }
                tried.extend([period.from(), period.to()]);
                for moved in tried {
                    if moved <= before.span.from() || moved >= after.span.to() || moved == at {
                        continue;
                    }
                    let rows: Vec<AgreementRow> = list
                        .iter()
                        .enumerate()
                        .map(|(row, agreement)| AgreementRow {
                            row: 1,
                            tariff: agreement.tariff.clone(),
                            valid_from: if row == change + 1 { moved } else { agreement.span.from() },
                            valid_to: match (row == change, agreement.span.is_open_ended()) {
                                (true, _) => Some(moved),
                                (_, true) => None,
                                (_, false) => Some(agreement.span.to()),
                            },
                        })
                        .collect();
                    let Ok(agreements) = Agreements::from_rows(&rows) else { continue };
                    let supplies = self.with(place, |supply| supply.agreements = &agreements);
                    self.attempt(CauseKind::TariffChange, &supplies, self.known.tariffs, self.options, || {
                        format!(
                            "its figures come out where {} changes from {} to {} at {}; the agreements say {}",
                            supply.name,
                            before.tariff,
                            after.tariff,
                            calendar.local_text(moved),
                            calendar.local_text(at)
                        )
                    });
                }
            }
        }
    }

    fn missing_readings(&mut self) {
        let named: Vec<(String, usize, DateTime<Utc>)> = self
            .supplies
            .iter()
            .filter_map(|supply| {
                missing(supply, self.statement.period)
                    .map(|(slots, first)| (supply.name.clone(), slots, first))
            })
            .collect();
        let Some((name, slots, first)) = named.first() else { return };
        let policies = [
            (MissingReadings::PreviousWeek, "as in the same half-hours of the week before"),
            (MissingReadings::Profile, "by the home's usual use at that time"),
            (MissingReadings::Zero, "as no energy"),
            (MissingReadings::Exclude, "not at all"),
        ];
        for (policy, words) in policies {
            if policy != self.options.missing {
                let options = BillOptions { missing: policy, ..self.options.clone() };
                // Estimates are taken from all that is known.
                self.attempt(CauseKind::MissingReadings, self.known.supplies, self.known.tariffs, &options, || {
                    format!(
                        "{name} has no reading for {slots} slots, the first from {}; its figures come out where they are billed {words}",
                        instant_text(*first)
                    )
                });
            }
        }
    }

    fn clock(&mut self) {
        if self.options.calendar.offset_at(self.statement.period.start_seconds()) == 0
            && self.options.calendar.offset_at(self.statement.period.to_seconds()) == 0
        {
            return;
        }
        self.attempt_over(
            CauseKind::Clock,
            self.known.supplies,
            self.known.tariffs,
            (self.options, 1),
            || {
                "its figures come out where its days begin and end at midnight UTC in place of local midnight"
                    .to_owned()
            },
        );
    }

    fn gas_unit(&mut self) {
        let units = [
            (GasUnit::CubicMetres, "cubic metres"),
            (GasUnit::HundredsOfCubicFeet, "hundreds of cubic feet"),
            (GasUnit::KilowattHours, "kWh"),
        ];
        for (place, supply) in self.supplies.iter().enumerate() {
            let Some(gas) = supply.gas else { continue };
            for (unit, words) in units.iter().filter(|(unit, _)| *unit != gas.unit) {
                let other = GasConversion { unit: *unit, ..gas.clone() };
                let supplies = self.with(place, |supply| supply.gas = Some(&other));
                self.attempt(CauseKind::GasUnit, &supplies, self.known.tariffs, self.options, || {
                    format!("its figures come out where the readings of {} count {words}", supply.name)
                });
            }
        }
    }

    /// Bills gas at the calorific value, to one decimal as statements print it, that the stated kWh come to.
    fn calorific_value(&mut self) {
        for (place, supply) in self.supplies.iter().enumerate() {
            let Some(gas) = supply.gas else { continue };
            let Some((stated, own)) = self.gas_energy(supply) else { continue };
            // Under 1 MJ/m³: what is divided by it is a calorific value.
            let per_unit = |unit| -> Option<Decimal> {
                let one = CalorificValue::from_decimal(Decimal::ONE).ok()?;
                let fine = GasConversion { unit, kwh_rounding: None, ..gas.clone() };
                Some(fine.energy(Energy::from_units(10_i64.pow(Energy::SCALE)).ok()?, one).ok()?.to_decimal())
            };
            let volume = match (&gas.calorific_values, gas.unit) {
                (_, GasUnit::KilowattHours) => Some(own),
                (CalorificValues::Fixed(value), unit) => {
                    per_unit(unit).and_then(|per| own.checked_div(per.checked_mul(value.to_decimal())?))
                }
                _ => None,
            };
            for (unit, words) in [
                (GasUnit::CubicMetres, "cubic metres"),
                (GasUnit::HundredsOfCubicFeet, "hundreds of cubic feet"),
            ] {
                let value = volume.zip(per_unit(unit)).and_then(|(volume, per)| {
                    Some(stated.checked_div(volume.checked_mul(per)?)?.round_dp(1))
                });
                let Some(value) = value.filter(|value| usual_in_britain(*value)) else { continue };
                let Ok(fixed) = CalorificValue::from_decimal(value) else { continue };
                let other =
                    GasConversion { unit, calorific_values: CalorificValues::Fixed(fixed), ..gas.clone() };
                let supplies = self.with(place, |supply| supply.gas = Some(&other));
                self.attempt(CauseKind::CalorificValue, &supplies, self.known.tariffs, self.options, || {
                    format!(
                        "its figures come out where the readings of {} count {words} of {value} MJ/m³: what was said of the gas may be wrong, not the statement",
                        supply.name
                    )
                });
            }
        }
    }

    /// The kWh that the statement states for a supply of gas, and those that the readings count, where both are known.
    fn gas_energy(&self, supply: &Supply<'_>) -> Option<(Decimal, Decimal)> {
        let of_it = |line: &&StatementLine| {
            line.kind == StatementLineKind::Energy
                && line.supply.as_ref().is_none_or(|name| *name == supply.name)
        };
        let (mut stated, mut own) = (Energy::ZERO, Energy::ZERO);
        for line in self.statement.lines.iter().filter(of_it) {
            let compared = self.base.lines.iter().find(|compared| compared.row == line.row)?;
            let kwh = line.kwh?.value;
            stated = stated.checked_add(kwh)?;
            own = own.checked_add(kwh.checked_sub(compared.difference_kwh?)?)?;
        }
        (!own.is_zero()).then(|| (stated.to_decimal(), own.to_decimal()))
    }

    /// The supplies with one of them changed.
    fn with<'b>(&self, place: usize, change: impl FnOnce(&mut Supply<'b>)) -> Vec<Supply<'b>>
    where
        'a: 'b,
    {
        let mut supplies: Vec<Supply<'b>> = self.supplies.to_vec();
        if let Some(supply) = supplies.get_mut(place) {
            change(supply);
        }
        supplies
    }
}

/// What gas in Great Britain has (docs/billing-rules.md).
fn usual_in_britain(value: Decimal) -> bool {
    (Decimal::new(375, 1)..=Decimal::new(430, 1)).contains(&value)
}

fn self_rules(base: &Reconciliation) -> &str {
    &base.rules
}

/// A span without a part of it.
fn without(span: Span, taken: Span) -> Vec<Span> {
    let (from, to) = (span.start_seconds(), span.to_seconds());
    let before = (from, to.min(taken.start_seconds()));
    let after = (from.max(taken.to_seconds()), to);
    [before, after]
        .into_iter()
        .filter(|(from, to)| from < to)
        .map(|(from, to)| Span::from_seconds(from, to))
        .collect()
}
