//! What all meters on one tariff share, cut once.

use super::BatchRow;
use crate::bill::totals::Subtotal;
use crate::bill::{BillingRules, VatOn, billed_basis};
use crate::error::{Error, Result};
use crate::quantity::Money;
use crate::series::rates::{Segment, SegmentRates};
use crate::series::{Consumption, RateSeries, StandingCharges, VatBasis, energy_from_sum};
use crate::tariff::{Customer, Direction, Fuel, VatRate, VatTable};
use crate::time::{Calendar, Grid, Period, PeriodKind, SlotLength, Span};
use std::ops::Range;

/// What a [`BillPlan`] is cut from.
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
    /// The length of the meters' slots. They start on multiples of it, counted from 1970.
    pub slot_length: SlotLength,
    /// The clock that days and periods go by.
    pub calendar: Calendar,
    /// VAT by date.
    pub vat: VatTable,
    /// What is rounded. Rules that round slots, days or lines are refused.
    pub rules: BillingRules,
}

impl<'a> PlanRequest<'a> {
    /// Half-hours of a home in Great Britain by month, exactly, with no standing charge; change what differs.
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
        }
    }
}

/// Periods, VAT parts, standing charges and rated stretches of one tariff over one span. Meters share it.
#[derive(Clone, Debug)]
pub struct BillPlan<'a> {
    rates: &'a RateSeries,
    basis: VatBasis,
    rules: BillingRules,
    grid: Grid,
    periods: Vec<Period>,
    pieces: Vec<Piece>,
    segments: Vec<Segment>,
}

/// The part of a period at one VAT rate.
#[derive(Clone, Debug)]
struct Piece {
    period: usize,
    vat: VatRate,
    slots: usize,
    days: i64,
    standing: Subtotal,
    /// Its rated stretches, as places in the plan's segments.
    segments: Range<usize>,
}

impl<'a> BillPlan<'a> {
    /// Cuts the plan. An error where a rate changes inside a slot, and for rules that a batch does not apply.
    pub fn new(request: &PlanRequest<'a>) -> Result<Self> {
        let rules = &request.rules;
        if rules.slot_cost.is_some()
            || rules.day_energy.is_some()
            || rules.line.is_some()
            || rules.vat_on == VatOn::Line
        {
            return Err(Error::unsupported(
                "a batch rounds readings, subtotals and VAT; make bills one by one under rules that round slots, days or lines",
            )
            .with_value(&rules.name));
        }
        let grid = Grid::covering(request.span, request.slot_length)?;
        let whole = request.rates.segments(&grid)?;
        let periods = request.calendar.cut(request.periods, request.span)?;
        let mut plan = Self {
            rates: request.rates,
            basis: billed_basis(request.rates),
            rules: rules.clone(),
            grid,
            pieces: Vec::new(),
            segments: Vec::new(),
            periods,
        };
        for (period, span) in plan.periods.iter().map(|period| period.span).enumerate() {
            let mut pieces: Vec<(VatRate, Vec<Span>)> = Vec::new();
            for (part, vat) in request.vat.cut(span) {
                match pieces.iter_mut().find(|(known, _)| *known == vat) {
                    Some((_, parts)) => parts.push(part),
                    None => pieces.push((vat, vec![part])),
                }
            }
            for (vat, parts) in pieces {
                let first = plan.segments.len();
                let (mut slots, mut days, mut standing) = (0, 0, Subtotal::default());
                for part in parts {
                    let range = grid.slots_starting_in(part);
                    slots += range.len();
                    plan.segments.extend(whole.iter().filter_map(|segment| clipped(segment, &range)));
                    days += add_standing(request, part, &mut standing)?;
                }
                let segments = first..plan.segments.len();
                plan.pieces.push(Piece { period, vat, slots, days, standing, segments });
            }
        }
        Ok(plan)
    }

    /// The periods that rows are about.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// Bills a meter: adds a row for each period. An error, and no row, where the meter's slots are of another length or lie off the
    /// plan's grid, where nothing at all can be billed, and beyond the range of a quantity.
    pub fn bill(&self, consumption: &Consumption, rows: &mut Vec<BatchRow>) -> Result<()> {
        let before = rows.len();
        let result = match self.rules.reading {
            Some(to) => self.add_rows(&consumption.rounded(to.places, to.rounding), rows),
            None => self.add_rows(consumption, rows),
        };
        let billed = |rows: &[BatchRow]| rows.iter().any(|row| row.billed_slots > 0);
        let result = result.and_then(|()| match rows.get(before..) {
            Some(new) if billed(new) => Ok(()),
            _ => Err(Error::missing("no slot of the span has both a reading and a rate")),
        });
        if result.is_err() {
            rows.truncate(before);
        }
        result
    }

    fn add_rows(&self, consumption: &Consumption, rows: &mut Vec<BatchRow>) -> Result<()> {
        let shift = self.shift(consumption.grid())?;
        let rates = self.rates.known_column(self.basis)?;
        let mut pieces = self.pieces.iter().peekable();
        for period in 0..self.periods.len() {
            let mut row = BatchRow {
                period,
                slots: 0,
                billed_slots: 0,
                days: 0,
                kwh: crate::Energy::ZERO,
                net_pence: Money::ZERO,
                vat_pence: Money::ZERO,
                total_pence: Money::ZERO,
            };
            let mut energy = 0;
            while let Some(piece) = pieces.next_if(|piece| piece.period == period) {
                let mut subtotal = piece.standing;
                let mut cost = 0;
                for segment in self.segments.get(piece.segments.clone()).unwrap_or(&[]) {
                    let slots = shifted(&segment.slots, shift, consumption.grid().len());
                    if slots.is_empty() {
                        continue;
                    }
                    row.billed_slots += consumption.validity().count_in(slots.clone());
                    let sum = consumption.column().sum(slots.clone());
                    energy += sum;
                    cost += match segment.rates {
                        SegmentRates::Constant(place) => sum * i128::from(rates.units(place)),
                        SegmentRates::Dense(first) => {
                            let skipped = slots.start as i64 - shift - segment.slots.start as i64;
                            let first = first + usize::try_from(skipped).unwrap_or(0);
                            consumption.column().dot(slots, rates, first)
                        }
                    };
                }
                let cost = Money::from_product_units(cost)?;
                match self.basis {
                    VatBasis::Exclusive => {
                        subtotal.without_vat = Money::sum([subtotal.without_vat, cost])?;
                    }
                    VatBasis::Inclusive => subtotal.with_vat = Money::sum([subtotal.with_vat, cost])?,
                }
                let (net, vat) = subtotal.settle(piece.vat, &self.rules)?;
                row.slots += piece.slots;
                row.days += piece.days;
                row.net_pence = Money::sum([row.net_pence, net])?;
                row.vat_pence = Money::sum([row.vat_pence, vat])?;
            }
            row.kwh = energy_from_sum(energy)?;
            row.total_pence = Money::sum([row.net_pence, row.vat_pence])?;
            rows.push(row);
        }
        Ok(())
    }

    /// What to add to a place in the plan's grid for the place in a meter's.
    fn shift(&self, grid: &Grid) -> Result<i64> {
        let (length, seconds) =
            (self.grid.slot_length().seconds(), self.grid.start_seconds() - grid.start_seconds());
        if grid.slot_length() != self.grid.slot_length() || seconds % length != 0 {
            return Err(Error::misaligned(format!(
                "the readings are on {}-minute slots from {}, the plan on {}-minute slots from {}",
                grid.slot_length().minutes(),
                crate::time::instant_text(grid.start()),
                self.grid.slot_length().minutes(),
                crate::time::instant_text(self.grid.start()),
            )));
        }
        Ok(seconds / length)
    }
}

/// A segment cut to a range of slots, if any of it is inside.
fn clipped(segment: &Segment, range: &Range<usize>) -> Option<Segment> {
    let slots = segment.slots.start.max(range.start)..segment.slots.end.min(range.end);
    let rates = match segment.rates {
        SegmentRates::Dense(first) => SegmentRates::Dense(first + slots.start - segment.slots.start),
        constant @ SegmentRates::Constant(_) => constant,
    };
    (slots.start < slots.end).then_some(Segment { slots, rates })
}

/// A range of the plan's places as those of a meter, cut to what the meter has.
fn shifted(slots: &Range<usize>, shift: i64, len: usize) -> Range<usize> {
    let place = |place: usize| usize::try_from(place as i64 + shift).unwrap_or(0).min(len);
    place(slots.start)..place(slots.end)
}

/// Adds the standing charges of the days that start in a span; gives their number.
fn add_standing(request: &PlanRequest<'_>, span: Span, standing: &mut Subtotal) -> Result<i64> {
    let Some(charges) = request.standing_charges else { return Ok(0) };
    let mut all = 0;
    for interval in charges.intervals() {
        let Some(part) = interval.span.intersection(span) else { continue };
        let days = request.calendar.days_starting_in(part)?;
        match interval.prices.on(VatBasis::Exclusive) {
            Some(price) => standing.without_vat = Money::sum([standing.without_vat, price.times(days)?])?,
            None => {
                standing.with_vat = Money::sum([standing.with_vat, interval.prices.paid().times(days)?])?;
            }
        }
        all += days;
    }
    Ok(all)
}
