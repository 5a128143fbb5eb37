//! Joining consumption to unit rates by instant.

use super::consumption::energy_from_sum;
use super::rates::{ChangingSlot, Segment, SegmentRates};
use super::{Consumption, RateSeries, VatBasis};
use crate::error::Result;
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::time::{Grid, Span};
use serde::Serialize;
use std::ops::Range;

/// Consumption joined to the rates in force in each of its slots.
///
/// A slot is *billed* when it has both a reading and a rate. Nothing is joined by place in a list, and a slot that lacks either is
/// named in the [`Coverage`], never taken as zero.
#[derive(Clone, Debug)]
pub struct Merged<'a> {
    consumption: &'a Consumption,
    rates: &'a RateSeries,
    segments: Vec<Segment>,
    /// Slots in which the rate changes, where their energy is to be shared out.
    shared: Vec<ChangingSlot>,
    /// Slots of which a part counts, in order.
    partial: Vec<Share>,
}

/// How much of a period could be billed, and what is missing, as runs of slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    /// Slots that start in the period.
    pub slots: usize,
    /// Slots that have both a reading and a rate.
    pub billed_slots: usize,
    /// Where there is no reading.
    pub missing_consumption: Vec<Span>,
    /// Where there is no rate, whether or not there is a reading.
    pub missing_rates: Vec<Span>,
}

impl Coverage {
    /// Whether every slot was billed.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.slots == self.billed_slots
    }
}

/// Joins consumption to rates by instant. An error where a rate changes inside a slot of the consumption.
///
/// ```
/// use kwhen::series::{Consumption, Prices, RateSeries, VatBasis, merge};
/// use kwhen::time::{Grid, SlotLength, parse_instant};
/// let hour = Grid::new(parse_instant("2026-01-01T00:00:00Z")?, SlotLength::HALF_HOUR, 2)?;
/// let consumption = Consumption::on_slots(hour, &[Some("0.182".parse()?), None])?;
/// let rates = RateSeries::flat(Prices::Exclusive("24.5".parse()?));
/// let merged = merge(&consumption, &rates)?;
/// assert_eq!(merged.cost(0..2, VatBasis::Exclusive)?.to_string(), "4.459");
/// assert_eq!(merged.billed_slots(0..2), 1);
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn merge<'a>(consumption: &'a Consumption, rates: &'a RateSeries) -> Result<Merged<'a>> {
    Ok(Merged {
        consumption,
        rates,
        segments: rates.segments(consumption.grid())?,
        shared: Vec::new(),
        partial: Vec::new(),
    })
}

/// The same, where the energy of a slot in which the rate changes is shared out evenly over its time: each rate bears its part. The parts
/// sum to the reading.
pub fn merge_by_time<'a>(consumption: &'a Consumption, rates: &'a RateSeries) -> Result<Merged<'a>> {
    let (segments, shared) = rates.segments_and_changes(consumption.grid())?;
    Ok(Merged { consumption, rates, segments, shared, partial: Vec::new() })
}

/// One billed slot, or one rate's part of a slot in which it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BilledSlot {
    /// Its place in the grid of the consumption.
    pub index: usize,
    /// Its reading in kWh, or this rate's part of it.
    pub energy: Energy,
    /// Its rate in p/kWh on the basis that was asked for.
    pub rate: UnitRate,
}

impl Merged<'_> {
    /// Only some of the slots: whole ones by ranges of places, in order, and parts of others, by place and 10⁻⁸ kWh. The rate must not
    /// change inside a slot.
    pub(crate) fn within(self, whole: &[Range<usize>], partial: &[(usize, i64)]) -> Self {
        let mut segments = Vec::with_capacity(whole.len());
        for (part, segment) in whole.iter().flat_map(|range| self.parts(range.clone())) {
            let rates = match segment.rates {
                SegmentRates::Dense(first) => SegmentRates::Dense(first + (part.start - segment.slots.start)),
                constant @ SegmentRates::Constant(_) => constant,
            };
            segments.push(Segment { slots: part, rates });
        }
        let share = |(slot, units): &(usize, i64)| {
            let (part, segment) = self.parts(*slot..*slot + 1).next()?;
            let place = match segment.rates {
                SegmentRates::Dense(first) => first + (part.start - segment.slots.start),
                SegmentRates::Constant(place) => place,
            };
            Some(Share { slot: *slot, place, units: *units })
        };
        let mut shares = Vec::with_capacity(partial.len());
        shares.extend(partial.iter().filter_map(share));
        Merged { segments, partial: shares, ..self }
    }

    /// The energy of the billed slots of a range by rate, each exactly: of a stretch at one rate the sum of its readings.
    pub(crate) fn energy_by_rate(
        &self,
        slots: Range<usize>,
        basis: VatBasis,
    ) -> Result<Vec<(UnitRate, Energy)>> {
        let rates = self.rates.known_column(basis)?;
        let (column, validity) = (self.consumption.column(), self.consumption.validity());
        let mut sums: Vec<(i64, i128)> = Vec::new();
        let mut last = 0;
        let mut add = |rate: i64, units: i128| {
            if sums.get(last).is_none_or(|(known, _)| *known != rate) {
                last = sums.iter().position(|(known, _)| *known == rate).unwrap_or_else(|| {
                    sums.push((rate, 0));
                    sums.len() - 1
                });
            }
            if let Some((_, sum)) = sums.get_mut(last) {
                *sum += units;
            }
        };
        for (part, segment) in self.parts(slots.clone()) {
            match segment.rates {
                SegmentRates::Constant(place) => {
                    if validity.count_in(part.clone()) > 0 {
                        add(rates.units(place), column.sum(part));
                    }
                }
                SegmentRates::Dense(first) => {
                    for index in part.filter(|index| validity.get(*index)) {
                        let place = first + (index - segment.slots.start);
                        add(rates.units(place), i128::from(column.units(index)));
                    }
                }
            }
        }
        for share in self.shares(slots) {
            add(rates.units(share.place), i128::from(share.units));
        }
        sums.into_iter().map(|(rate, sum)| Ok((UnitRate::from_units(rate)?, energy_from_sum(sum)?))).collect()
    }

    /// The rates of the billed slots of a range, cheapest first; `None` where there are more than `most`.
    pub(crate) fn rates_in(
        &self,
        slots: Range<usize>,
        basis: VatBasis,
        most: usize,
    ) -> Result<Option<Vec<UnitRate>>> {
        let rates = self.rates.known_column(basis)?;
        let validity = self.consumption.validity();
        let mut found: Vec<i64> = Vec::new();
        let mut last = None;
        let mut note = |rate: i64| {
            if last.replace(rate) != Some(rate)
                && let Err(place) = found.binary_search(&rate)
            {
                found.insert(place, rate);
            }
            found.len() <= most
        };
        for (part, segment) in self.parts(slots.clone()) {
            let few = match segment.rates {
                SegmentRates::Constant(place) => {
                    validity.count_in(part.clone()) == 0 || note(rates.units(place))
                }
                SegmentRates::Dense(first) => part
                    .filter(|index| validity.get(*index))
                    .all(|index| note(rates.units(first + (index - segment.slots.start)))),
            };
            if !few {
                return Ok(None);
            }
        }
        if !self.shares(slots).all(|share| note(rates.units(share.place))) {
            return Ok(None);
        }
        found.into_iter().map(|units| Ok(UnitRate::from_units(units)?)).collect::<Result<_>>().map(Some)
    }

    /// The slots of the consumption.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        self.consumption.grid()
    }

    /// The rates.
    pub(crate) const fn rates(&self) -> &RateSeries {
        self.rates
    }

    /// Σ reading × rate over the billed slots of a range of places, exactly. An error where the basis is not known, or beyond the
    /// range of [`Money`].
    pub fn cost(&self, slots: Range<usize>, basis: VatBasis) -> Result<Money> {
        let rates = self.rates.known_column(basis)?;
        let energies = self.consumption.column();
        let mut sum = 0_i128;
        for (part, segment) in self.parts(slots.clone()) {
            sum += match segment.rates {
                SegmentRates::Dense(first) => {
                    energies.dot(part.clone(), rates, first + (part.start - segment.slots.start))
                }
                SegmentRates::Constant(place) => energies.sum(part) * i128::from(rates.units(place)),
            };
        }
        sum += self
            .shares(slots)
            .map(|share| i128::from(share.units) * i128::from(rates.units(share.place)))
            .sum::<i128>();
        Money::from_product_units(sum)
    }

    /// Like [`cost`](Self::cost), with the cost of each slot rounded before they are summed.
    pub fn cost_rounded_by_slot(
        &self,
        slots: Range<usize>,
        basis: VatBasis,
        places: u32,
        rounding: Rounding,
    ) -> Result<Money> {
        let costs = self.billed(slots, basis)?.map(|slot| (slot.energy * slot.rate).round(places, rounding));
        Money::sum(costs)
    }

    /// The energy of the billed slots of a range of places.
    pub fn energy(&self, slots: Range<usize>) -> Result<Energy> {
        let whole: i128 =
            self.parts(slots.clone()).map(|(part, _)| self.consumption.column().sum(part)).sum();
        energy_from_sum(whole + self.shares(slots).map(|share| i128::from(share.units)).sum::<i128>())
    }

    /// How many slots of a range of places have both a reading and a rate.
    #[must_use]
    pub fn billed_slots(&self, slots: Range<usize>) -> usize {
        self.shared_slots(slots.clone())
            + self.partial_in(slots.clone()).len()
            + self.parts(slots).map(|(part, _)| self.consumption.validity().count_in(part)).sum::<usize>()
    }

    /// How many of them are shared out between two rates or more.
    #[must_use]
    pub fn shared_slots(&self, slots: Range<usize>) -> usize {
        self.shared_in(slots).filter(|shared| self.consumption.validity().get(shared.slot)).count()
    }

    /// Every billed slot of a range of places, in order of time; after them the parts of those in which the rate changes. An error where
    /// the basis is not known.
    pub fn billed(
        &self,
        slots: Range<usize>,
        basis: VatBasis,
    ) -> Result<impl Iterator<Item = BilledSlot> + '_> {
        let rates = self.rates.known_column(basis)?;
        let shares = self.shares(slots.clone()).filter_map(move |share| {
            let rate = UnitRate::from_units(rates.units(share.place)).ok()?;
            Some(BilledSlot { index: share.slot, energy: Energy::from_units(share.units).ok()?, rate })
        });
        let whole = self.parts(slots).flat_map(move |(part, segment)| {
            let (rates_of, first_slot) = (segment.rates, segment.slots.start);
            part.filter_map(move |index| {
                let place = match rates_of {
                    SegmentRates::Dense(first) => first + (index - first_slot),
                    SegmentRates::Constant(place) => place,
                };
                let rate = UnitRate::from_units(rates.units(place)).ok()?;
                Some(BilledSlot { index, energy: self.consumption.get(index)?, rate })
            })
        });
        Ok(whole.chain(shares))
    }

    /// What of a period is billed and what is missing. The period may reach beyond the consumption: what is beyond is missing.
    pub fn coverage(&self, period: Span) -> Result<Coverage> {
        let grid = self.grid();
        let whole = grid.extended_over(period)?;
        let inside = grid.slots_starting_in(period);
        let mut missing_consumption = Vec::new();
        let beyond = |from: i64, to: i64| (from < to).then(|| Span::from_seconds(from, to));
        missing_consumption
            .extend(beyond(whole.start_seconds(), whole.end_seconds().min(grid.start_seconds())));
        let gaps = self.consumption.validity().gaps_in(inside.clone());
        missing_consumption.extend(gaps.into_iter().map(|gap| grid.slots_span(gap.start, gap.end)));
        missing_consumption
            .extend(beyond(whole.start_seconds().max(grid.end_seconds()), whole.end_seconds()));
        Ok(Coverage {
            slots: whole.len(),
            billed_slots: self.billed_slots(inside),
            missing_consumption: join(missing_consumption),
            missing_rates: self.unrated(&whole)?,
        })
    }

    /// Where in a period no rate is known, as runs of slots.
    pub(crate) fn missing_rates(&self, period: Span) -> Result<Vec<Span>> {
        self.unrated(&self.grid().extended_over(period)?)
    }

    /// The stretches of a grid in which no rate is known.
    fn unrated(&self, grid: &Grid) -> Result<Vec<Span>> {
        if self.rates.is_known_throughout(grid.start_seconds(), grid.end_seconds()) {
            return Ok(Vec::new());
        }
        let (segments, shared) = self.rates.segments_and_changes(grid)?;
        let mut rated: Vec<Range<usize>> = segments.into_iter().map(|segment| segment.slots).collect();
        if !shared.is_empty() {
            rated.extend(shared.iter().map(|shared| shared.slot..shared.slot + 1));
            rated.sort_by_key(|slots| slots.start);
        }
        Ok(unrated(grid, &rated))
    }

    fn partial_in(&self, slots: Range<usize>) -> &[Share] {
        let place = |edge: usize| self.partial.partition_point(|share| share.slot < edge);
        self.partial.get(place(slots.start)..place(slots.end)).unwrap_or(&[])
    }

    fn shared_in(&self, slots: Range<usize>) -> impl Iterator<Item = &ChangingSlot> {
        let first = self.shared.partition_point(|shared| shared.slot < slots.start);
        self.shared.iter().skip(first).take_while(move |shared| shared.slot < slots.end)
    }

    /// The parts of the readings of slots in which the rate changes: differences of running sums, so that they sum to the reading.
    fn shares(&self, slots: Range<usize>) -> impl Iterator<Item = Share> + '_ {
        let read = |shared: &&ChangingSlot| self.consumption.validity().get(shared.slot);
        let partial = self.partial_in(slots.clone()).iter().copied();
        let shared = self.shared_in(slots).filter(read).flat_map(|shared| {
            let reading = i128::from(self.consumption.column().units(shared.slot));
            let whole = i128::from(self.grid().slot_length().seconds());
            let mut elapsed = 0_i128;
            shared.pieces.iter().map(move |(place, seconds)| {
                let upto = |elapsed: i128| divide(reading * elapsed, whole, Rounding::HalfEven);
                let before = upto(elapsed);
                elapsed += i128::from(*seconds);
                // No part is beyond the reading.
                let units = i64::try_from(upto(elapsed) - before).unwrap_or_default();
                Share { slot: shared.slot, place: *place, units }
            })
        });
        shared.chain(partial)
    }

    /// The rated stretches of a range of places, each with the segment that it lies in.
    fn parts(&self, slots: Range<usize>) -> impl Iterator<Item = (Range<usize>, &Segment)> {
        let first = self.segments.partition_point(|segment| segment.slots.end <= slots.start);
        let end = slots.end;
        self.segments.iter().skip(first).take_while(move |segment| segment.slots.start < end).map(
            move |segment| (segment.slots.start.max(slots.start)..segment.slots.end.min(slots.end), segment),
        )
    }
}

/// One rate's part of a reading.
#[derive(Clone, Copy, Debug)]
struct Share {
    slot: usize,
    /// The place of the rate.
    place: usize,
    units: i64,
}

/// The stretches of a grid that no rated slots cover.
fn unrated(grid: &Grid, rated: &[Range<usize>]) -> Vec<Span> {
    let mut gaps = Vec::new();
    let mut next = 0;
    for slots in rated {
        if slots.start > next {
            gaps.push(grid.slots_span(next, slots.start));
        }
        next = slots.end;
    }
    if next < grid.len() {
        gaps.push(grid.slots_span(next, grid.len()));
    }
    gaps
}

/// Joins spans that adjoin.
fn join(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.to_seconds() == span.start_seconds() => {
                *last = Span::from_seconds(last.start_seconds(), span.to_seconds());
            }
            _ => joined.push(span),
        }
    }
    joined
}
