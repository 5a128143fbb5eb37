//! What all meters on one tariff share, cut once.

use super::bands::{BandedRates, Cell};
use super::readings::Readings;
use super::request::{MOST_BANDS, PlanRequest};
use super::rows::{BandAmount, BatchRow, BillRows};
use crate::bill::totals::Subtotal;
use crate::bill::{BillingRules, VatOn, billed_basis};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};
use crate::series::{Consumption, StandingCharges, VatBasis, energy_from_sum};
use crate::tariff::{VatRate, VatTable};
use crate::time::{Calendar, DayCount, Grid, Period, PeriodKind, SlotLength, Span};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Periods, VAT parts, standing charges and rated stretches of one tariff over one span. Meters share it; a copy is cheap.
#[derive(Clone, Debug)]
pub struct BillPlan {
    shared: Arc<Shared>,
    span: Span,
    /// The slots that it bills, as places of the shared grid.
    slots: Range<usize>,
    periods: Arc<[Period]>,
    pieces: Arc<[Piece]>,
    parts: Arc<[Part]>,
}

/// What a plan has in common with the plans that are cut from it.
#[derive(Debug)]
pub(super) struct Shared {
    calendar: Calendar,
    kind: PeriodKind,
    vat: VatTable,
    rules: BillingRules,
    standing_charges: Option<StandingCharges>,
    basis: VatBasis,
    grid: Grid,
    rates: BandedRates,
    by_slot: OnceLock<Vec<Option<(u8, i64)>>>,
}

/// The part of a period at one VAT rate.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    period: usize,
    vat: VatRate,
    slots: usize,
    days: i64,
    standing: Subtotal,
    /// Its stretches, as places in the plan's parts.
    parts: Range<usize>,
}

/// A stretch of slots of one piece.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) piece: usize,
    pub(super) slots: Range<usize>,
}

impl BillPlan {
    /// Cuts the plan. An error where a rate changes inside a slot, and for rules that a batch does not apply.
    pub fn new(request: &PlanRequest<'_>) -> Result<Self> {
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
        let basis = billed_basis(request.rates);
        let column = request.rates.known_column(basis)?;
        let rates = BandedRates::new(column, &grid, &request.rates.segments(&grid)?, request.bands)?;
        Self::cut(
            Arc::new(Shared {
                calendar: request.calendar,
                kind: request.periods,
                vat: request.vat.clone(),
                rules: rules.clone(),
                standing_charges: request.standing_charges.cloned(),
                basis,
                grid,
                rates,
                by_slot: OnceLock::new(),
            }),
            request.span,
        )
    }

    /// The plan of an agreement that holds only within a span: the same rates, periods and charges cut to it. `None` where the two
    /// share no time.
    pub fn within(&self, span: Span) -> Result<Option<Self>> {
        match self.span.intersection(span) {
            None => Ok(None),
            Some(span) if span == self.span => Ok(Some(self.clone())),
            Some(span) => Self::cut(Arc::clone(&self.shared), span).map(Some),
        }
    }

    fn cut(shared: Arc<Shared>, span: Span) -> Result<Self> {
        let periods: Arc<[Period]> = shared.calendar.cut(shared.kind, span)?.into();
        let (mut pieces, mut parts) = (Vec::with_capacity(periods.len()), Vec::with_capacity(periods.len()));
        let mut day_count = DayCount::new(shared.calendar);
        let mut add = |period: usize, vat: VatRate, spans: &[Span]| -> Result<()> {
            let first = parts.len();
            let (mut slots, mut days, mut standing) = (0, 0, Subtotal::default());
            for span in spans {
                let range = shared.grid.slots_starting_in(*span);
                slots += range.len();
                parts.push(Part { piece: pieces.len(), slots: range });
                days += shared.add_standing(*span, &mut day_count, &mut standing)?;
            }
            pieces.push(Piece { period, vat, slots, days, standing, parts: first..parts.len() });
            Ok(())
        };
        for (period, span) in periods.iter().map(|period| period.span).enumerate() {
            if let Some(vat) = shared.vat.throughout(span) {
                add(period, vat, &[span])?;
                continue;
            }
            let mut by_vat: Vec<(VatRate, Vec<Span>)> = Vec::new();
            for (part, vat) in shared.vat.cut(span) {
                match by_vat.iter_mut().find(|(known, _)| *known == vat) {
                    Some((_, spans)) => spans.push(part),
                    None => by_vat.push((vat, vec![part])),
                }
            }
            for (vat, spans) in by_vat {
                add(period, vat, &spans)?;
            }
        }
        let slots = shared.grid.slots_starting_in(span);
        Ok(Self { slots, shared, span, periods, pieces: pieces.into(), parts: parts.into() })
    }

    /// What it bills.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The length of the slots that it bills.
    #[must_use]
    pub fn slot_length(&self) -> SlotLength {
        self.shared.grid.slot_length()
    }

    /// The periods that rows are about.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The names of the rate bands, in the order of a row's amounts.
    #[must_use]
    pub fn bands(&self) -> &[String] {
        self.shared.rates.names()
    }

    /// Whether VAT is in the unit rates that it bills by, and so in the amounts of bands.
    #[must_use]
    pub fn basis(&self) -> VatBasis {
        self.shared.basis
    }

    /// Bills a meter: adds a row for each period. An error, and no row, where the meter's slots are of another length or lie off the
    /// plan's grid, where nothing at all can be billed, and beyond the range of a quantity.
    pub fn bill(&self, consumption: &Consumption, out: &mut BillRows) -> Result<()> {
        let before = out.lengths();
        let result = self.add_rows(consumption, out).and_then(|()| out.billed_since(before));
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    /// Adds a row for each period, whether or not anything of it can be billed.
    pub(super) fn add_rows(&self, consumption: &Consumption, out: &mut BillRows) -> Result<()> {
        let shift = self.shift(consumption.grid())?;
        let len = consumption.grid().len();
        let (column, validity) = (consumption.column(), consumption.validity());
        let (rates, rounding) = (&self.shared.rates, self.shared.rules.reading);
        self.write_rows(out, |_, piece, cells| {
            let mut billed = 0;
            for part in self.parts.get(piece.parts.clone()).unwrap_or(&[]) {
                let there = shifted(&part.slots, shift, len);
                if there.is_empty() {
                    continue;
                }
                let here = shifted(&there, -shift, usize::MAX);
                let count = |slots: Range<usize>| validity.count_in(shifted(&slots, shift, len));
                let view = column.view(there);
                if rounding.is_none() {
                    billed += rates.add(&here, &view, count, cells);
                    continue;
                }
                // Readings of a series are within the range of energy, so none is left out.
                Readings::of_lane(view.lane(), view.step()).each_chunk(rounding, |offset, view| {
                    let chunk = here.start + offset..here.start + offset + view.len();
                    billed += rates.add(&chunk, view, count, cells);
                });
            }
            billed
        })
    }

    /// Writes a row for each period. `gather` adds the readings of a piece to cells that hold nothing, one a band, and says how many
    /// slots of it are billed.
    pub(super) fn write_rows(
        &self,
        out: &mut BillRows,
        mut gather: impl FnMut(usize, &Piece, &mut [Cell]) -> usize,
    ) -> Result<()> {
        let bands = self.bands().len();
        let mut pieces = self.pieces.iter().enumerate().peekable();
        for period in 0..self.periods.len() {
            let mut row = BatchRow { plan: 0, period, first_band: out.bands.len(), bands, ..BatchRow::EMPTY };
            let mut whole = [Cell::default(); MOST_BANDS];
            while let Some((place, piece)) = pieces.next_if(|(_, piece)| piece.period == period) {
                let mut cells = [Cell::default(); MOST_BANDS];
                let cells = cells.get_mut(..bands).unwrap_or(&mut []);
                row.billed_slots += gather(place, piece, cells);
                let mut cost = 0;
                for (sum, cell) in whole.iter_mut().zip(cells.iter()) {
                    cost = i128::saturating_add(cost, cell.cost);
                    sum.add(*cell);
                }
                let (mut subtotal, cost) = (piece.standing, Money::from_product_units(cost)?);
                match self.shared.basis {
                    VatBasis::Exclusive => {
                        subtotal.without_vat = Money::sum([subtotal.without_vat, cost])?;
                    }
                    VatBasis::Inclusive => subtotal.with_vat = Money::sum([subtotal.with_vat, cost])?,
                }
                let (net, vat) = subtotal.settle(piece.vat, &self.shared.rules)?;
                row.slots += piece.slots;
                row.days += piece.days;
                row.net_minor = Money::sum([row.net_minor, net])?;
                row.vat_minor = Money::sum([row.vat_minor, vat])?;
            }
            for cell in whole.iter().take(bands) {
                let kwh = energy_from_sum(cell.energy)?;
                row.kwh = Energy::sum([row.kwh, kwh])?;
                out.bands.push(BandAmount { kwh, amount_minor: Money::from_product_units(cell.cost)? });
            }
            row.total_minor = Money::sum([row.net_minor, row.vat_minor])?;
            out.rows.push(row);
        }
        Ok(())
    }

    /// What to add to a place in the plan's grid for the place in a meter's.
    fn shift(&self, grid: &Grid) -> Result<i64> {
        let own = &self.shared.grid;
        let (length, seconds) = (own.slot_length().seconds(), own.start_seconds() - grid.start_seconds());
        if grid.slot_length() != own.slot_length() || seconds % length != 0 {
            return Err(Error::misaligned(format!(
                "the readings are on {}-minute slots from {}, the plan on {}-minute slots from {}",
                grid.slot_length().minutes(),
                crate::time::instant_text(grid.start()),
                own.slot_length().minutes(),
                crate::time::instant_text(own.start()),
            )));
        }
        Ok(seconds / length)
    }

    pub(super) fn grid(&self) -> &Grid {
        &self.shared.grid
    }

    pub(super) const fn slots(&self) -> &Range<usize> {
        &self.slots
    }

    pub(super) fn rates(&self) -> &BandedRates {
        &self.shared.rates
    }

    pub(super) fn rules(&self) -> &BillingRules {
        &self.shared.rules
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn piece_count(&self) -> usize {
        self.pieces.len()
    }

    /// The band and the rate in units of each slot of the grid.
    pub(super) fn by_slot(&self) -> &[Option<(u8, i64)>] {
        self.shared.by_slot.get_or_init(|| self.shared.rates.by_slot(self.shared.grid.len()))
    }
}

impl Shared {
    /// Adds the standing charges of the days that start in a span; gives their number.
    fn add_standing(&self, span: Span, days: &mut DayCount, standing: &mut Subtotal) -> Result<i64> {
        let Some(charges) = &self.standing_charges else { return Ok(0) };
        let mut all = 0;
        for interval in charges.intervals() {
            let Some(part) = interval.span.intersection(span) else { continue };
            let days = days.starting_in(part)?;
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
}

/// A range of the plan's places as those of a meter, cut to what the meter has.
fn shifted(slots: &Range<usize>, shift: i64, len: usize) -> Range<usize> {
    let place = |place: usize| usize::try_from(place as i64 + shift).unwrap_or(0).min(len);
    place(slots.start)..place(slots.end)
}
