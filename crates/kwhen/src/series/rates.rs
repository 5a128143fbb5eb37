//! Unit rates over time.

mod segments;

use super::bitmap::Bitmap;
use super::column::Column;
use super::interval::{Interval, resolve};
use super::notice::{Notice, Notices};
use super::row::{BEGINNING, OPEN_END, RateRow};
use super::{PaymentMethod, Prices, VatBasis, doubts};
use crate::error::{Error, Result};
use crate::quantity::{UnitRate, gcd};
use crate::time::{Grid, SlotLength, Span, from_seconds, instant_text};
use chrono::{DateTime, Utc};
pub(crate) use segments::{ChangingSlot, Segment, SegmentRates};
use std::sync::Arc;

/// Unit rates in p/kWh over time: sorted, disjoint intervals `[from, to)`; the last may be open.
///
/// Half-hourly series are kept as dense runs, so that joining them to consumption is arithmetic on slices.
#[derive(Clone, Debug)]
pub struct RateSeries {
    runs: Vec<Run>,
    exc_vat: Option<Arc<Column>>,
    inc_vat: Option<Arc<Column>>,
    notices: Vec<Notice>,
}

/// Adjoining intervals of one length: the one at place `first + n` of the columns holds in `[start + n step, start + (n+1) step)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: i64,
    step: i64,
    first: usize,
    count: usize,
}

impl Run {
    const fn end(&self) -> i64 {
        self.start + self.step * self.count as i64
    }
}

/// A rate and when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateInterval {
    /// When it holds. An open side reaches to the bounds of the time tables (1970, 2100).
    pub span: Span,
    /// The rate in p/kWh.
    pub prices: Prices<UnitRate>,
}

impl RateSeries {
    /// Builds a series from rows in any order.
    ///
    /// - Rows for another payment method than `payment_method` are left out; where none is chosen and the methods disagree, that is
    ///   an error which names them.
    /// - Exact repeats are dropped, overlaps that agree are joined, an open end is closed by the next row: each with a notice.
    /// - Overlaps that disagree, a row that ends before it starts and an empty list are errors.
    ///
    /// A basis (VAT in or out) is kept where every row has it. Rates that no tariff has (pounds for pence, prices of a MWh, standing
    /// charges) are kept, with a notice.
    pub fn from_rows(rows: Vec<RateRow>, payment_method: Option<&PaymentMethod>) -> Result<Self> {
        let doubts = doubts::unit_rates(&rows);
        Ok(Self::from_known_rows(rows, payment_method)?.with_notices(doubts))
    }

    /// The same of rates that were looked at before.
    pub(crate) fn from_known_rows(
        rows: Vec<RateRow>,
        payment_method: Option<&PaymentMethod>,
    ) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::missing("holds no unit rates"));
        }
        let mut notices = Notices::default();
        let intervals = resolve(rows, payment_method, &mut notices)?;
        if intervals.is_empty() {
            let method = payment_method.map_or("", PaymentMethod::name);
            return Err(Error::missing(format!("holds no unit rates for payment method {method}")));
        }
        Self::from_intervals(&intervals, notices)
    }

    fn from_intervals(intervals: &[Interval<UnitRate>], notices: Notices) -> Result<Self> {
        let column = |basis| {
            let units = intervals.iter().map(|interval| interval.prices.on(basis).map(UnitRate::units));
            units.collect::<Option<Vec<_>>>().map(|units| Arc::new(Column::new(units)))
        };
        let (exc_vat, inc_vat) = (column(VatBasis::Exclusive), column(VatBasis::Inclusive));
        if exc_vat.is_none() && inc_vat.is_none() {
            return Err(Error::missing(
                "some rows have a rate only with VAT and others only without; give one of the two for every row",
            ));
        }
        let mut runs: Vec<Run> = Vec::new();
        for (place, interval) in intervals.iter().enumerate() {
            let step = interval.to - interval.from;
            match runs.last_mut() {
                Some(run) if run.end() == interval.from && run.step == step => run.count += 1,
                _ => runs.push(Run { start: interval.from, step, first: place, count: 1 }),
            }
        }
        Ok(Self { runs, exc_vat, inc_vat, notices: notices.into_list() })
    }

    /// Rates that are known to be in order of their starts, each with its start and end; `None` unless each ends after it starts, by when
    /// the next begins.
    pub(crate) fn from_sorted(
        spans: impl Iterator<Item = (i64, i64)>,
        exc_vat: Vec<i64>,
        inc_vat: Vec<i64>,
    ) -> Option<Self> {
        let mut runs: Vec<Run> = Vec::new();
        let mut last = i64::MIN;
        for (place, (start, end)) in spans.enumerate() {
            let step = end - start;
            if step <= 0 || start < last {
                return None;
            }
            last = end;
            match runs.last_mut() {
                Some(run) if run.end() == start && run.step == step => run.count += 1,
                _ => runs.push(Run { start, step, first: place, count: 1 }),
            }
        }
        let column = |units| Some(Arc::new(Column::new(units)));
        Some(Self { runs, exc_vat: column(exc_vat), inc_vat: column(inc_vat), notices: Vec::new() })
    }

    /// One rate for all time.
    pub fn flat(prices: Prices<UnitRate>) -> Self {
        let column = |basis| prices.on(basis).map(|rate: UnitRate| Arc::new(Column::new(vec![rate.units()])));
        Self {
            runs: vec![Run { start: BEGINNING, step: OPEN_END - BEGINNING, first: 0, count: 1 }],
            exc_vat: column(VatBasis::Exclusive),
            inc_vat: column(VatBasis::Inclusive),
            notices: Vec::new(),
        }
    }

    /// One rate per slot of a grid; `None` where there is none. An error unless there are as many values as slots, and at least one rate.
    pub fn on_slots(grid: &Grid, basis: VatBasis, rates: &[Option<UnitRate>]) -> Result<Self> {
        if rates.len() != grid.len() {
            return Err(Error::misaligned(format!("{} rates for {} slots", rates.len(), grid.len())));
        }
        let row = |(slot, rate): (crate::time::Slot, &Option<UnitRate>)| {
            rate.map(|rate| RateRow {
                row: slot.index as u64 + 1,
                valid_from: Some(slot.span.from()),
                valid_to: Some(slot.span.to()),
                prices: Prices::only(basis, rate),
                payment_method: None,
            })
        };
        Self::from_rows(grid.slots().zip(rates).filter_map(row).collect(), None)
    }

    /// How many intervals there are; at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a series is never empty")]
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.count).sum()
    }

    /// What was repaired or left out when it was built.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether every rate is known on a basis.
    #[must_use]
    pub const fn has(&self, basis: VatBasis) -> bool {
        match basis {
            VatBasis::Exclusive => self.exc_vat.is_some(),
            VatBasis::Inclusive => self.inc_vat.is_some(),
        }
    }

    /// The basis that the customer pays on: VAT in where it is known, else VAT out. Plans go by it.
    #[must_use]
    pub const fn paid_basis(&self) -> VatBasis {
        if self.has(VatBasis::Inclusive) { VatBasis::Inclusive } else { VatBasis::Exclusive }
    }

    /// From the first start to the last end; an open side reaches to the bounds of the time tables.
    #[must_use]
    pub fn span(&self) -> Span {
        let from = self.runs.first().map_or(BEGINNING, |run| run.start);
        Span::from_seconds(from, self.runs.last().map_or(OPEN_END, Run::end))
    }

    /// Whether a rate is known at any time of a stretch, in seconds, as one run of intervals alone says it.
    pub(crate) fn is_known_throughout(&self, from: i64, to: i64) -> bool {
        let run = self.runs.get(self.runs.partition_point(|run| run.end() <= from));
        run.is_some_and(|run| run.start <= from && to <= run.end())
    }

    /// The length of the shortest interval, where that is a slot length; else half an hour.
    #[must_use]
    pub fn slot_length(&self) -> SlotLength {
        let shortest =
            self.runs.iter().map(|run| run.step / 60).min().and_then(|minutes| u32::try_from(minutes).ok());
        shortest.and_then(|minutes| SlotLength::from_minutes(minutes).ok()).unwrap_or(SlotLength::HALF_HOUR)
    }

    /// The greatest length that divides another, in seconds, and on whose boundaries on the UTC clock every change of rate inside a
    /// span falls, and where it can every end of a gap. An error where a rate changes off a whole minute.
    pub(crate) fn common_slot(&self, span: Span, mut length: i64) -> Result<i64> {
        let (from, to) = (span.start_seconds(), span.to_seconds());
        let inside = |edge: i64| from < edge && edge < to;
        let mut before: Option<&Run> = None;
        let first = self.runs.partition_point(|run| run.end() <= from);
        for run in self.runs.iter().skip(first).take_while(|run| run.start < to) {
            let joined = before.filter(|before| before.end() == run.start);
            let changes = joined
                .is_none_or(|before| self.prices(before.first + before.count - 1) != self.prices(run.first));
            for edge in before
                .filter(|before| before.end() != run.start)
                .map(Run::end)
                .into_iter()
                .chain(changes.then_some(run.start))
            {
                if inside(edge) {
                    length = divided(length, edge, joined.is_some())?;
                }
            }
            if run.start % length != 0 || run.step % length != 0 {
                let skipped = (from - run.start).div_euclid(run.step).max(0);
                for n in usize::try_from(skipped).unwrap_or(0) + 1..run.count {
                    let edge = run.start + run.step * n as i64;
                    if edge >= to {
                        break;
                    }
                    if inside(edge)
                        && edge % length != 0
                        && self.prices(run.first + n - 1) != self.prices(run.first + n)
                    {
                        length = divided(length, edge, true)?;
                    }
                }
            }
            before = Some(run);
        }
        if let Some(end) = before.map(Run::end).filter(|end| inside(*end)) {
            length = divided(length, end, false)?;
        }
        Ok(length)
    }

    /// When each of some rates (sorted, none twice) first and last holds within a span.
    pub(crate) fn held(
        &self,
        basis: VatBasis,
        within: Span,
        rates: &[UnitRate],
    ) -> Result<Vec<Option<Span>>> {
        let column = self.known_column(basis)?;
        let (from, to) = (within.start_seconds(), within.to_seconds());
        let first = self.runs.partition_point(|run| run.end() <= from);
        let end = self.runs.partition_point(|run| run.start < to);
        let places = self.runs.get(first..end).unwrap_or(&[]).iter().flat_map(|run| {
            let skipped = (from - run.start).div_euclid(run.step).max(0);
            let reached = (to - run.start + run.step - 1).div_euclid(run.step).min(run.count as i64);
            (skipped..reached).map(move |n| (run.first + n as usize, run.start + run.step * n, run.step))
        });
        let place_of =
            |place: usize| rates.binary_search_by_key(&column.units(place), |rate| rate.units()).ok();
        let (mut starts, mut ends) = (vec![None; rates.len()], vec![None; rates.len()]);
        note_each(places.clone().map(|(place, start, _)| (place_of(place), start.max(from))), &mut starts);
        note_each(
            places.rev().map(|(place, start, step)| (place_of(place), (start + step).min(to))),
            &mut ends,
        );
        Ok(starts.into_iter().zip(ends).map(|(start, end)| Some(Span::from_seconds(start?, end?))).collect())
    }

    /// The stretches between its first start and last end in which no rate is known.
    #[must_use]
    pub fn gaps(&self) -> Vec<Span> {
        let pairs = self.runs.iter().zip(self.runs.iter().skip(1));
        pairs
            .filter(|(run, next)| run.end() < next.start)
            .map(|(run, next)| Span::from_seconds(run.end(), next.start))
            .collect()
    }

    /// Every interval in order of time.
    pub fn intervals(&self) -> impl Iterator<Item = RateInterval> + '_ {
        self.runs.iter().flat_map(move |run| {
            (0..run.count).map(move |n| {
                let from = run.start + run.step * n as i64;
                RateInterval {
                    span: Span::from_seconds(from, from + run.step),
                    prices: self.prices(run.first + n),
                }
            })
        })
    }

    /// The rate in force at an instant, if one is known.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> Option<Prices<UnitRate>> {
        let seconds = instant.timestamp();
        let run = self.runs.get(self.runs.partition_point(|run| run.start <= seconds).checked_sub(1)?)?;
        let place = usize::try_from((seconds - run.start) / run.step).ok()?;
        (place < run.count).then(|| self.prices(run.first + place))
    }

    /// The rates of the slots of a grid on a basis; a slot that no rate covers whole has none. An error where the basis is not known,
    /// or where a rate changes inside a slot.
    pub fn on_grid(&self, grid: &Grid, basis: VatBasis) -> Result<SlotRates> {
        let column = self.column(basis).ok_or_else(|| missing_basis(basis))?;
        let mut units = vec![0; grid.len()];
        let mut validity = Bitmap::new(grid.len());
        for segment in self.segments(grid)? {
            for (offset, slot) in segment.slots.enumerate() {
                let place = match segment.rates {
                    SegmentRates::Dense(first) => first + offset,
                    SegmentRates::Constant(place) => place,
                };
                if let Some(value) = units.get_mut(slot) {
                    *value = column.units(place);
                }
                validity.set(slot);
            }
        }
        Ok(SlotRates { grid: *grid, units, validity })
    }

    pub(crate) fn column(&self, basis: VatBasis) -> Option<&Arc<Column>> {
        match basis {
            VatBasis::Exclusive => self.exc_vat.as_ref(),
            VatBasis::Inclusive => self.inc_vat.as_ref(),
        }
    }

    /// The column on a basis, or the error that says it is not known.
    pub(crate) fn known_column(&self, basis: VatBasis) -> Result<&Arc<Column>> {
        self.column(basis).ok_or_else(|| missing_basis(basis))
    }

    pub(super) fn prices(&self, place: usize) -> Prices<UnitRate> {
        let rate = |column: &Arc<Column>| UnitRate::from_units(column.units(place)).unwrap_or_default();
        match (&self.exc_vat, &self.inc_vat) {
            (Some(exc), Some(inc)) => Prices::Both { exc_vat: rate(exc), inc_vat: rate(inc) },
            (Some(exc), None) => Prices::Exclusive(rate(exc)),
            (None, inc) => Prices::Inclusive(inc.as_ref().map(rate).unwrap_or_default()),
        }
    }

    /// Without the doubts that go by what prices are in pounds and pence: for another currency, whose prices are other numbers.
    #[must_use]
    pub fn without_doubts_of_pounds(mut self) -> Self {
        self.notices.retain(|notice| !notice.kind.goes_by_pounds());
        self
    }

    /// The same with more notices.
    pub(crate) fn with_notices(mut self, notices: impl IntoIterator<Item = Notice>) -> Self {
        self.notices.extend(notices);
        self
    }
}

/// Notes the first instant at each place, until all have one.
fn note_each(instants: impl Iterator<Item = (Option<usize>, i64)>, noted: &mut [Option<i64>]) {
    let mut left = noted.len();
    for (place, instant) in instants {
        if let Some(empty @ None) = place.and_then(|place| noted.get_mut(place)) {
            *empty = Some(instant);
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }
}

/// The greatest length that divides another and has a boundary at an edge. Off a whole minute a change is an error, and the edge of a
/// gap is let be: the minute that it lies in has no rate.
fn divided(length: i64, edge: i64, is_change: bool) -> Result<i64> {
    match edge % 60 {
        0 => Ok(gcd(length, edge)),
        _ if is_change => Err(Error::misaligned(
            "a rate changes off a whole minute: plans are made in slots of whole minutes",
        )
        .with_value(instant_text(from_seconds(edge)))),
        _ => Ok(length),
    }
}

fn missing_basis(basis: VatBasis) -> Error {
    Error::missing(match basis {
        VatBasis::Exclusive => "the rates are known only with VAT in",
        VatBasis::Inclusive => "the rates are known only without VAT",
    })
}

/// Unit rates on a grid, on one basis: what plans and charts take. A slot may have none.
#[derive(Clone)]
pub struct SlotRates {
    grid: Grid,
    units: Vec<i64>,
    validity: Bitmap,
}

impl SlotRates {
    /// One rate per slot, `None` where it is unknown. An error unless there are as many values as slots.
    pub fn new(grid: Grid, rates: &[Option<UnitRate>]) -> Result<Self> {
        if rates.len() != grid.len() {
            return Err(Error::misaligned(format!("{} rates for {} slots", rates.len(), grid.len())));
        }
        let validity = Bitmap::from_flags(rates.iter().map(Option::is_some));
        Ok(Self {
            grid,
            units: rates.iter().map(|rate| rate.unwrap_or_default().units()).collect(),
            validity,
        })
    }

    /// The slots.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The rate of a slot, if it is known.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<UnitRate> {
        let units = *self.units.get(index).filter(|_| self.is_known(index))?;
        UnitRate::from_units(units).ok()
    }

    /// Whether the rate of a slot is known.
    #[must_use]
    pub fn is_known(&self, index: usize) -> bool {
        self.validity.get(index)
    }

    /// How many slots have a rate.
    #[must_use]
    pub fn known_count(&self) -> usize {
        self.validity.count()
    }

    /// The rate of every slot in order of time.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<UnitRate>> + '_ {
        (0..self.grid.len()).map(|index| self.get(index))
    }

    /// The rates in units of 10^-8 p/kWh, one a slot; 0 where a slot has none.
    #[must_use]
    pub fn units(&self) -> &[i64] {
        &self.units
    }

    /// The stretches of slots without a rate.
    #[must_use]
    pub fn gaps(&self) -> Vec<Span> {
        self.validity
            .gaps_in(0..self.grid.len())
            .into_iter()
            .map(|gap| self.grid.slots_span(gap.start, gap.end))
            .collect()
    }

    /// The part that starts in a span.
    #[must_use]
    pub fn part(&self, span: Span) -> Self {
        let places = self.grid.slots_starting_in(span);
        let validity = Bitmap::from_flags(places.clone().map(|place| self.is_known(place)));
        Self {
            grid: self.grid.part(places.clone()),
            units: self.units.get(places).unwrap_or(&[]).to_vec(),
            validity,
        }
    }
}

impl std::fmt::Debug for SlotRates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlotRates({:?}, {} known)", self.grid, self.known_count())
    }
}
