//! What planners decide by: one price a slot.

use super::slots_over;
use crate::error::{Error, Result};
use crate::quantity::{Currency, UnitRate, gcd};
use crate::series::{RateSeries, SlotRates};
use crate::time::{Grid, SlotLength, Span};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::ops::Range;

/// What is assumed of slots whose price is not yet published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unpublished {
    /// They are closed: nothing is planned there.
    #[default]
    Closed,
    /// They are taken to cost so much.
    Assume(UnitRate),
    /// A plan that could use them is refused.
    Refuse,
}

/// The price of each slot of a grid, where it has one: what is paid, and what decides.
///
/// The two differ where something is added that nobody bills, such as a price on carbon.
///
/// ```
/// use kwhen::plan::SlotPrices;
/// use kwhen::time::{Grid, SlotLength, parse_instant};
/// let grid = Grid::new(parse_instant("2026-01-01T00:00:00Z")?, SlotLength::HALF_HOUR, 3)?;
/// let rates = ["20.5", "", "-1"].map(|text| text.parse().ok());
/// let prices = SlotPrices::new(grid, rates)?;
/// assert_eq!(prices.missing(), 1);
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SlotPrices {
    grid: Grid,
    paid: Vec<i64>,
    deciding: Vec<i64>,
    /// Runs of slots that have a price, in order.
    runs: Vec<Range<usize>>,
    missing: usize,
    /// Every deciding price is within this, either way.
    bound: i64,
    /// Whether deciding prices are in a unit of their own, with an index for ties in them.
    is_tied: bool,
    currency: Currency,
}

impl SlotPrices {
    /// One price a slot of a grid, `None` where there is none; an error unless there are as many as slots.
    pub fn new(grid: Grid, rates: impl IntoIterator<Item = Option<UnitRate>>) -> Result<Self> {
        let rates: Vec<Option<i64>> = rates.into_iter().map(|rate| rate.map(UnitRate::units)).collect();
        if rates.len() != grid.len() {
            return Err(Error::misaligned(format!(
                "{} rates were given for {} slots",
                rates.len(),
                grid.len()
            )));
        }
        Ok(Self::from_units(grid, &rates))
    }

    /// From the rates of a series on a grid.
    #[must_use]
    pub fn from_rates(rates: &SlotRates) -> Self {
        let units: Vec<Option<i64>> = rates.iter().map(|rate| rate.map(UnitRate::units)).collect();
        Self::from_units(*rates.grid(), &units)
    }

    /// What is paid over a span, which may begin and end at any instant, in the slots of a plan: see [`slots_over`]. Slots without a rate
    /// have no price. A request then says from when to when it is for ([`during`](super::window::WindowRequest::during)).
    ///
    /// An error where a rate changes off a whole minute.
    pub fn over(rates: &RateSeries, span: Span, slot: SlotLength) -> Result<Self> {
        let grid = slots_over(span, slot, [rates], [])?;
        Ok(Self::from_rates(&rates.on_grid(&grid, rates.paid_basis())?))
    }

    fn from_units(grid: Grid, rates: &[Option<i64>]) -> Self {
        let paid: Vec<i64> = rates.iter().map(|rate| rate.unwrap_or(0)).collect();
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (index, _) in rates.iter().enumerate().filter(|(_, rate)| rate.is_some()) {
            match runs.last_mut() {
                Some(run) if run.end == index => run.end += 1,
                _ => runs.push(index..index + 1),
            }
        }
        let missing = rates.iter().filter(|rate| rate.is_none()).count();
        let bound = bound(&paid);
        Self {
            grid,
            deciding: paid.clone(),
            paid,
            runs,
            missing,
            bound,
            is_tied: false,
            currency: Currency::GBP,
        }
    }

    /// With so much added to what decides in each slot, and nothing to what is paid: carbon intensity times a price on it, say.
    /// An error unless there are as many as slots, or where a sum leaves the range of rates.
    pub fn with_added(mut self, added: &[UnitRate]) -> Result<Self> {
        if added.len() != self.grid.len() {
            return Err(Error::misaligned(format!(
                "{} weights were given for {} slots",
                added.len(),
                self.grid.len()
            )));
        }
        for (deciding, added) in self.deciding.iter_mut().zip(added) {
            *deciding = UnitRate::from_units(*deciding + added.units())?.units();
        }
        self.bound = bound(&self.deciding);
        Ok(self)
    }

    /// With an index of each slot for windows that cost the same: of equals the one with the highest mean of it is taken, such as the greenest
    /// hours; of the dearest that are alike the lowest, since what is exported then takes the place of the least green. It moves no cost. Nothing
    /// may be added or changed after it.
    ///
    /// An error unless there are as many as slots, for an index below nothing, and where prices and index have too many digits to be compared
    /// exactly.
    pub fn with_ties_by(mut self, index: &[Decimal]) -> Result<Self> {
        if index.len() != self.grid.len() {
            return Err(Error::misaligned(format!(
                "an index of {} values was given for {} slots",
                index.len(),
                self.grid.len()
            )));
        }
        let too_fine = || {
            Error::precision(
                "the prices and the index have too many digits to be compared exactly: round the index",
            )
            .in_field("greenness")
        };
        let index: Vec<Decimal> = index.iter().map(Decimal::normalize).collect();
        if let Some(below) = index.iter().find(|value| **value < Decimal::ZERO) {
            return Err(Error::out_of_range("an index is not below nothing")
                .in_field("greenness")
                .with_value(below.to_string()));
        }
        let scale = index.iter().map(Decimal::scale).max().unwrap_or(0);
        let whole = |value: &Decimal| {
            let wider = 10_i128.checked_pow(scale - value.scale())?;
            i64::try_from(value.mantissa().checked_mul(wider)?).ok()
        };
        let index = index.iter().map(whole).collect::<Option<Vec<i64>>>().ok_or_else(too_fine)?;
        // In the largest units that say all of it.
        let unit = |values: &[i64]| {
            values.iter().fold(0, |unit, value| gcd(unit, value.unsigned_abs() as i64)).max(1)
        };
        let (price_unit, index_unit) = (unit(&self.deciding), unit(&index));
        let most = index.iter().map(|value| value / index_unit).max().unwrap_or(0);
        // Costs that differ do so by a unit and a second at least: no run of the whole grid has so much of the index.
        let seconds =
            i64::try_from(self.grid.len()).ok().and_then(|slots| slots.checked_mul(self.slot_seconds()));
        let factor =
            seconds.and_then(|seconds| seconds.checked_mul(most)?.checked_add(1)).ok_or_else(too_fine)?;
        for (deciding, index) in self.deciding.iter_mut().zip(index) {
            let price = (*deciding / price_unit).checked_mul(factor);
            *deciding = price.and_then(|price| price.checked_sub(index / index_unit)).ok_or_else(too_fine)?;
        }
        // Half of what 64 bits hold, so that negated prices and their bound are in it too.
        self.bound = bound(&self.deciding);
        if self.bound > i64::MAX / 4 {
            return Err(too_fine());
        }
        self.is_tied = true;
        Ok(self)
    }

    /// Whether ties go by an index.
    pub(crate) const fn is_tied(&self) -> bool {
        self.is_tied
    }

    /// With another rate in the slots that start in a span: a free-electricity session, a dispatch at the cheap rate.
    #[must_use]
    pub fn with_rate_in(mut self, span: Span, rate: UnitRate) -> Self {
        let change = |units: &mut i64, added: i64| *units = rate.units().saturating_add(added);
        for index in self.grid.slots_starting_in(span) {
            if let (Some(paid), Some(deciding)) = (self.paid.get_mut(index), self.deciding.get_mut(index)) {
                let added = *deciding - *paid;
                change(paid, 0);
                change(deciding, added);
            }
        }
        self.bound = bound(&self.deciding);
        self
    }

    /// With a stated choice about the slots from an instant on that have no price.
    pub fn with_unpublished(self, known_until: DateTime<Utc>, choice: Unpublished) -> Result<Self> {
        let from = self.grid.first_start_from(known_until.timestamp());
        let unknown = |index: usize| index >= from && !self.has(index);
        match choice {
            Unpublished::Closed => Ok(self),
            Unpublished::Refuse => match (from..self.grid.len()).find(|index| unknown(*index)) {
                None => Ok(self),
                Some(index) => Err(Error::missing("the price is not yet published, and a plan could use it")
                    .with_value(self.grid.slot(index).map(|slot| slot.span.to_string()).unwrap_or_default())),
            },
            Unpublished::Assume(rate) => {
                let rates: Vec<Option<i64>> = (0..self.grid.len())
                    .map(|index| if unknown(index) { Some(rate.units()) } else { self.paid_at(index) })
                    .collect();
                let mut assumed = Self::from_units(self.grid, &rates).paid_in(self.currency);
                for (index, deciding) in assumed.deciding.iter_mut().enumerate() {
                    let added = self
                        .deciding
                        .get(index)
                        .zip(self.paid.get(index))
                        .map_or(0, |(deciding, paid)| deciding - paid);
                    *deciding = deciding.saturating_add(added);
                }
                assumed.bound = bound(&assumed.deciding);
                Ok(assumed)
            }
        }
    }

    /// In another currency than pounds: prices count its minor unit, and sentences name it.
    #[must_use]
    pub const fn paid_in(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// What prices are in.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// With every price turned round, so that the dearest is the cheapest.
    pub(crate) fn negated(&self) -> Self {
        Self {
            paid: self.paid.iter().map(|units| -units).collect(),
            deciding: self.deciding.iter().map(|units| -units).collect(),
            ..self.clone()
        }
    }

    /// The slots.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// How many slots have no price.
    #[must_use]
    pub const fn missing(&self) -> usize {
        self.missing
    }

    /// The runs of slots that have no price.
    #[must_use]
    pub fn gaps(&self) -> Vec<Span> {
        let mut gaps: Vec<Span> = Vec::new();
        for slot in self.grid.slots().filter(|slot| !self.has(slot.index)) {
            match gaps.last_mut().filter(|last| last.to() == slot.span.from()) {
                Some(last) => *last = Span::new(last.from(), slot.span.to()).unwrap_or(*last),
                None => gaps.push(slot.span),
            }
        }
        gaps
    }

    /// The mean of what is paid in the slots that have a price, cut to the digits that a rate holds; `None` where no slot has one.
    #[must_use]
    pub fn mean(&self) -> Option<UnitRate> {
        let (mut count, mut sum) = (0_i128, 0_i128);
        for units in (0..self.grid.len()).filter_map(|index| self.paid_at(index)) {
            count += 1;
            sum += i128::from(units);
        }
        i64::try_from(sum.checked_div(count)?).ok().and_then(|units| UnitRate::from_units(units).ok())
    }

    /// What is paid in a slot; `None` where there is no price or no such slot.
    #[must_use]
    pub fn paid(&self, index: usize) -> Option<UnitRate> {
        self.paid_at(index).and_then(|units| UnitRate::from_units(units).ok())
    }

    pub(crate) fn paid_at(&self, index: usize) -> Option<i64> {
        if self.has(index) { self.paid.get(index).copied() } else { None }
    }

    fn has(&self, index: usize) -> bool {
        self.missing == 0 && index < self.grid.len()
            || self
                .runs
                .get(self.runs.partition_point(|run| run.end <= index))
                .is_some_and(|run| run.start <= index)
    }

    pub(crate) fn paid_units(&self) -> &[i64] {
        &self.paid
    }

    pub(crate) fn deciding_units(&self) -> &[i64] {
        &self.deciding
    }

    pub(crate) fn runs(&self) -> &[Range<usize>] {
        &self.runs
    }

    pub(crate) const fn bound(&self) -> i64 {
        self.bound
    }

    pub(crate) fn slot_seconds(&self) -> i64 {
        self.grid.slot_length().seconds()
    }

    /// Seconds from the grid's start to an instant.
    pub(crate) fn offset(&self, seconds: i64) -> i64 {
        seconds - self.grid.start_seconds()
    }

    /// When a stretch between two offsets is.
    pub(crate) fn span_of(&self, from: i64, to: i64) -> Span {
        let start = self.grid.start_seconds();
        Span::from_seconds(start + from, start + to)
    }
}

/// A power of two that no value passes, either way.
fn bound(values: &[i64]) -> i64 {
    let bits = values.iter().fold(0_i64, |bits, value| bits | (value ^ (value >> 63)));
    // A negative value is one further from zero than its complement.
    if bits == 0 { 1 } else { (i64::MAX >> (bits.leading_zeros() - 1)) + 1 }
}
