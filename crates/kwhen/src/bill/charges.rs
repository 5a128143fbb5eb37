//! What components come to: prices a kWh joined to the energy that they count, and amounts that are none.

use super::engine::{Engine, Falls, Join, Posted};
use super::netting::Flows;
use super::portions::{Counted, Edges, Unread};
use super::priced::{Daily, Priced};
use super::request::rates_in_slots;
use super::{BetweenReadings, BillRequest, LineKind, capacity, portions};
use crate::error::{Error, Result};
use crate::quantity::Money;
use crate::series::{Consumption, RateSeries};
use crate::tariff::{Charge, Component, ComponentKind, Counts, Every, UnitRates};
use crate::time::Span;
use std::borrow::Cow;

/// What components charge in a bill.
pub(super) struct Charged<'a> {
    /// Prices a kWh.
    pub(super) prices: Vec<Price<'a>>,
    /// Amounts that are no prices a kWh.
    pub(super) posted: Vec<Posted>,
    /// What periods of the bill come to at least.
    minimums: Vec<(&'a Component, Money, Every, Span)>,
    /// The periods that were asked for last: the tiers of a price ask for the same ones.
    periods: Option<(Every, Span, Vec<Span>)>,
    edges: Edges<'a>,
    /// Credits that never come to more than energy costs: the place of their join.
    floors: Vec<(usize, &'a Component, Every, Span)>,
}

/// A price a kWh.
pub(super) struct Price<'a> {
    component: &'a Component,
    /// When it holds in the bill.
    span: Span,
    rated: Rated<'a>,
}

/// The energy that a price counts, and the price.
enum Rated<'a> {
    /// With its rates in the slots of the readings.
    Slots(Box<(Counted<'a>, Cow<'a, RateSeries>)>),
    /// All that was read, by a schedule that is looked at a day at a time.
    Days(Daily<'a>),
}

impl ComponentKind {
    const fn line(self) -> LineKind {
        match self {
            Self::Energy => LineKind::Energy,
            Self::GridFee => LineKind::GridFee,
            Self::Tax => LineKind::EnergyTax,
            Self::Capacity => LineKind::Capacity,
            Self::Fee => LineKind::Fee,
            Self::Support => LineKind::Support,
            Self::Minimum => LineKind::Minimum,
            Self::Export => LineKind::Export,
        }
    }
}

impl<'a> Charged<'a> {
    /// `measured`: no reading is an estimate, so that no line need say where it holds one.
    pub(super) fn new(request: &BillRequest<'a>, flows: Flows<'a>, measured: bool) -> Result<Self> {
        let mut charged = Self {
            prices: Vec::with_capacity(request.components.len()),
            posted: Vec::new(),
            minimums: Vec::new(),
            periods: None,
            edges: Edges::default(),
            floors: Vec::new(),
        };
        for component in request.components {
            let Some(span) = component.span.intersection(request.period) else { continue };
            charged
                .add(request, flows, (component, span), measured)
                .map_err(|error| error.in_source(&component.name))?;
        }
        Ok(charged)
    }

    fn add(
        &mut self,
        request: &BillRequest<'a>,
        flows: Flows<'a>,
        (component, span): (&'a Component, Span),
        measured: bool,
    ) -> Result<()> {
        let calendar = &request.calendar;
        let readings = flows.counted(component.counts)?;
        match &component.charge {
            Charge::PerKwh { rates, hours, portion } => {
                if let Some(every) = component.not_below_zero {
                    self.floors.push((1 + self.prices.len(), component, every, span));
                }
                if let (UnitRates::Schedule(schedule), None, None) = (rates, hours, portion)
                    && measured
                    && let Some(days) = Daily::new(schedule, readings, span, request)
                {
                    let rated = Rated::Days(days);
                    self.prices.push(Price { component, span, rated });
                    return Ok(());
                }
                let portion = match portion {
                    Some(portion) => {
                        let periods = periods_of(&mut self.periods, portion.every, request, span)?;
                        Some((portion, periods, &mut self.edges))
                    }
                    None => None,
                };
                let mut counted = portions::counted(readings, span, calendar, hours.as_ref(), portion)?;
                if request.between_readings == BetweenReadings::ByTime {
                    counted = Counted { energy: Cow::Owned(counted.by_slot()?), part: None };
                }
                let mut rates = match rates {
                    UnitRates::Series(series) => Cow::Borrowed(series),
                    _ => Cow::Owned(rates.series(span)?),
                };
                let means = match rates_in_slots(request.rate_in_slot, &counted.energy, &rates)? {
                    (Cow::Owned(means), _) => Some(means),
                    (Cow::Borrowed(_), _) => None,
                };
                if let Some(means) = means {
                    rates = Cow::Owned(means);
                }
                let rated = Rated::Slots(Box::new((counted, rates)));
                self.prices.push(Price { component, span, rated });
            }
            Charge::Capacity(charge) => {
                let counted = flows.counted(Counts::WholeImport)?;
                let months = capacity::charges(charge, counted, span, calendar, &component.name)?;
                self.posted.reserve(months.len());
                for month in months {
                    let said = request.working.then(|| month.said(charge, request.currency));
                    self.posted.push(posted(component, month.label, month.span, month.amount, said));
                }
            }
            Charge::Fee { amount, every } => {
                for whole in every.periods(calendar, span)? {
                    let Some(part) = whole.intersection(span) else { continue };
                    let (days, all) = (calendar.days_starting_in(part)?, calendar.days_starting_in(whole)?);
                    if days == 0 {
                        continue;
                    }
                    let share = share_of(*amount, days, all)?;
                    let cut = if days == all { String::new() } else { format!(", {days} of {all} days") };
                    let from = calendar.date(whole.from());
                    let label = format!("{}, {} from {from}{cut}", component.name, every.name());
                    let said = request.working.then(|| format!("{amount} × {days} of {all} days"));
                    self.posted.push(posted(component, label, part, share, said));
                }
            }
            Charge::Scale(scale) => {
                for whole in scale.every.periods(calendar, span)? {
                    let Some(part) = whole.intersection(span) else { continue };
                    let (days, all) = (calendar.days_starting_in(part)?, calendar.days_starting_in(whole)?);
                    let energy = match scale.expected {
                        Some(energy) => energy,
                        None => energy_of(readings, (whole, part), scale, calendar)?,
                    };
                    let amount = scale.amount(energy);
                    let share = share_of(amount, days, all)?;
                    let cut = if days == all { String::new() } else { format!(", {days} of {all} days") };
                    let from = calendar.date(whole.from());
                    let every = scale.every.name();
                    let label = format!("{}, {energy} kWh in the {every} from {from}{cut}", component.name);
                    let said =
                        request.working.then(|| format!("{energy} kWh: {amount} × {days} of {all} days"));
                    self.posted.push(posted(component, label, part, share, said));
                }
            }
            Charge::Minimum { amount, every } => self.minimums.push((component, *amount, *every, span)),
        }
        Ok(())
    }

    /// Joins the prices to the energy that they count. An error where a component has no price at some time at which it holds.
    pub(super) fn join(&'a self, request: &BillRequest<'a>, joins: &mut Vec<Join<'a>>) -> Result<()> {
        for Price { component, span, rated } in &self.prices {
            let priced = match rated {
                Rated::Days(days) => Priced::Daily(days),
                Rated::Slots(slots) => {
                    let (counted, rates) = slots.as_ref();
                    let merged = request.between_readings.merge(&counted.energy, rates);
                    let merged = merged.map_err(|error| error.in_source(&component.name))?;
                    if let Some(missing) = merged.missing_rates(*span)?.first() {
                        return Err(
                            Error::missing(format!("has no price from {missing}")).in_source(&component.name)
                        );
                    }
                    Priced::Merged(match &counted.part {
                        Some(part) => merged.within(&part.whole, &part.partial),
                        None => merged,
                    })
                }
            };
            joins.push(Join {
                basis: priced.basis(),
                priced,
                name: &component.name,
                kind: component.kind.line(),
                span: *span,
                tax: component.tax,
            });
        }
        Ok(())
    }

    /// What is taken back of credits that come to more than the energy of their period costs.
    pub(super) fn floors(&self, engine: &Engine<'_>) -> Result<Vec<Posted>> {
        let mut lost = Vec::new();
        for (place, component, every, span) in &self.floors {
            let calendar = &engine.request.calendar;
            let wholes = every.periods(calendar, *span)?;
            let parts: Vec<Span> = wholes.iter().filter_map(|whole| whole.intersection(*span)).collect();
            // Energy that costs less than nothing by itself is no reason to take back more than the credit.
            let costs = engine.net_of_each(&parts, |entry| entry.kind == LineKind::Energy)?;
            let credits = engine.net_of_each(&parts, |entry| entry.source.is_of(*place))?;
            for ((part, cost), credit) in parts.iter().zip(costs).zip(credits) {
                let left = Money::sum([cost, credit])?;
                if left.is_negative() && credit.is_negative() {
                    let label = format!(
                        "{}, above what energy costs in the {} from {}",
                        component.name,
                        every.name(),
                        calendar.date(part.from())
                    );
                    let said = engine.request.working.then(|| {
                        format!("energy costs {cost}, the credit is {credit}: no less than nothing is left")
                    });
                    lost.push(posted(component, label, *part, -left.max(credit), said));
                }
            }
        }
        Ok(lost)
    }

    /// What raises each period to its minimum.
    pub(super) fn minimums(&self, engine: &Engine<'_>) -> Result<Vec<Posted>> {
        let mut raised = Vec::new();
        for (component, amount, every, span) in &self.minimums {
            let calendar = &engine.request.calendar;
            let wholes = every.periods(calendar, *span)?;
            let parts: Vec<Span> = wholes.iter().filter_map(|whole| whole.intersection(*span)).collect();
            for ((part, whole), net) in parts.iter().zip(&wholes).zip(engine.net_of_each(&parts, |_| true)?) {
                let (days, all) = (calendar.days_starting_in(*part)?, calendar.days_starting_in(*whole)?);
                let least = share_of(*amount, days, all)?;
                if net < least {
                    let label =
                        format!("{}, {} from {}", component.name, every.name(), calendar.date(part.from()));
                    let said = engine
                        .request
                        .working
                        .then(|| format!("at least {amount} × {days} of {all} days = {least}, less {net}"));
                    raised.push(posted(component, label, *part, Money::sum([least, -net])?, said));
                }
            }
        }
        Ok(raised)
    }
}

/// The periods of a kind that touch a span: those that were asked for last, or new ones in their place.
fn periods_of<'p>(
    known: &'p mut Option<(Every, Span, Vec<Span>)>,
    every: Every,
    request: &BillRequest<'_>,
    span: Span,
) -> Result<&'p [Span]> {
    let is_known = known.as_ref().is_some_and(|(kind, of, _)| (*kind, *of) == (every, span));
    if !is_known {
        *known = Some((every, span, every.periods(&request.calendar, span)?));
    }
    Ok(known.as_ref().map_or(&[], |(_, _, periods)| periods))
}

fn posted(component: &Component, label: String, span: Span, amount: Money, said: Option<String>) -> Posted {
    let (basis, tax, falls) = (component.basis, component.tax, Falls::AtStart(amount));
    Posted { label, kind: component.kind.line(), span, basis, tax, falls, said }
}

/// All energy of a period. An error unless it was read from its beginning to its end: only what the bill holds of it may have holes, which
/// the bill names.
fn energy_of(
    readings: &Consumption,
    (whole, billed): (Span, Span),
    scale: &crate::tariff::Scale,
    calendar: &crate::time::Calendar,
) -> Result<crate::quantity::Energy> {
    let grid = readings.grid();
    let known = grid.span().is_some_and(|span| span.from() <= whole.from() && whole.to() <= span.to());
    if !known {
        return Err(Error::missing(format!(
            "goes by the energy of the whole {}, and that from {} is not read whole: give its readings, or say expected_kwh",
            scale.every.name(),
            calendar.date(whole.from())
        ))
        .in_field("scale"));
    }
    if let Some(unread) = Unread::outside(readings, whole, billed) {
        return Err(Error::missing(format!(
            "goes by the energy of the whole {} from {}, and outside of the bill {unread}: give those readings, or say expected_kwh",
            scale.every.name(),
            calendar.date(whole.from())
        ))
        .in_field("scale"));
    }
    readings.total_in(grid.slots_starting_in(whole))
}

/// The share that some of the days of a period bear.
fn share_of(amount: Money, days: i64, all: i64) -> Result<Money> {
    if days == all {
        Ok(amount)
    } else {
        capacity::ratio(amount.units(), &[i128::from(days)], &[i128::from(all.max(1))])
    }
}
