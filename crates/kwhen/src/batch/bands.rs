//! Rates laid along the slots of a plan, told apart by band.

use super::request::{MOST_BANDS, RateBands};
use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::series::column::{Column, ColumnView};
use crate::series::rates::{Segment, SegmentRates};
use crate::time::Grid;
use std::ops::Range;
use std::sync::Arc;

/// With more distinct rates than this they are one band, as on a bill.
const MOST_RATES: usize = 8;

/// Segments of fewer slots than this on average are laid out slot by slot.
const SHORT_SEGMENT: usize = 96;

/// Energy in units and its cost in products of units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) energy: i128,
    pub(super) cost: i128,
}

impl Cell {
    /// Sums beyond any quantity saturate; they are refused where they become one.
    pub(super) const fn add(&mut self, other: Self) {
        self.energy = self.energy.saturating_add(other.energy);
        self.cost = self.cost.saturating_add(other.cost);
    }
}

/// The rates of a grid's slots by band.
#[derive(Debug)]
pub(super) struct BandedRates {
    names: Vec<String>,
    /// Stretches that have a rate, in order and disjoint.
    stretches: Vec<Stretch>,
    layout: Layout,
}

#[derive(Clone, Debug)]
struct Stretch {
    slots: Range<usize>,
    rates: SegmentRates,
    band: usize,
}

#[derive(Debug)]
enum Layout {
    /// Each stretch is in one band; its rates are at places of this column.
    Stretches(Arc<Column>),
    /// Stretches hold several bands; each has columns of its own, slot by slot.
    Slots(Vec<BandColumns>),
}

/// One band along all slots.
#[derive(Debug)]
struct BandColumns {
    /// 1 where a slot is in the band.
    mask: Column,
    cost: BandCost,
}

#[derive(Debug)]
enum BandCost {
    /// One rate throughout, in units.
    Constant(i64),
    /// Its rates, 0 where a slot is in another band.
    BySlot(Column),
}

impl BandedRates {
    pub(super) fn new(
        column: &Arc<Column>,
        grid: &Grid,
        segments: &[Segment],
        bands: RateBands<'_>,
    ) -> Result<Self> {
        let mut names = Vec::new();
        let mut stretches = Vec::with_capacity(segments.len());
        match bands {
            RateBands::ByRate => match distinct_rates(column, segments) {
                Some(rates) if rates.len() > 1 => {
                    for rate in &rates {
                        names.push(UnitRate::from_units(*rate)?.to_string());
                    }
                    by_rate(column, segments, &rates, &mut stretches);
                }
                one => {
                    names.push(match one.as_deref() {
                        Some([rate]) => UnitRate::from_units(*rate)?.to_string(),
                        _ => "all".to_owned(),
                    });
                    let whole = |segment: &Segment| Stretch {
                        slots: segment.slots.clone(),
                        rates: segment.rates,
                        band: 0,
                    };
                    stretches.extend(segments.iter().map(whole));
                }
            },
            RateBands::Named(spans) => by_name(grid, segments, spans, &mut names, &mut stretches)?,
        }
        let mut banded = Self { names, stretches, layout: Layout::Stretches(Arc::clone(column)) };
        if banded.stretches.len() > 8 && grid.len() / banded.stretches.len() < SHORT_SEGMENT {
            banded.lay_out(column, grid.len());
        }
        Ok(banded)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The band and the rate in units of every slot; `None` where it has no rate.
    pub(super) fn by_slot(&self, len: usize) -> Vec<Option<(u8, i64)>> {
        let mut slots = vec![None; len];
        for stretch in &self.stretches {
            for slot in stretch.slots.clone() {
                let found = match &self.layout {
                    Layout::Stretches(column) => Some((
                        stretch.band,
                        column.units(place_of(stretch.rates, slot - stretch.slots.start)),
                    )),
                    Layout::Slots(bands) => {
                        let band = bands.iter().position(|band| band.mask.units(slot) != 0);
                        band.and_then(|at| bands.get(at).map(|band| (at, band.rate(slot))))
                    }
                };
                if let Some(entry) = slots.get_mut(slot) {
                    *entry = found.map(|(band, rate)| (u8::try_from(band).unwrap_or(u8::MAX), rate));
                }
            }
        }
        slots
    }

    /// Adds the readings of a range of slots to the cells of their bands. `count` says how many of a range have a reading; the sum of
    /// what it said of the slots with a rate is given back.
    pub(super) fn add(
        &self,
        slots: &Range<usize>,
        readings: &ColumnView<'_>,
        count: impl Fn(Range<usize>) -> usize,
        cells: &mut [Cell],
    ) -> usize {
        let first = self.stretches.partition_point(|stretch| stretch.slots.end <= slots.start);
        let mut billed = 0;
        for stretch in self.stretches.get(first..).unwrap_or(&[]) {
            if stretch.slots.start >= slots.end {
                break;
            }
            let part = stretch.slots.start.max(slots.start)..stretch.slots.end.min(slots.end);
            let values = readings.part(part.start - slots.start..part.end - slots.start);
            billed += count(part.clone());
            match &self.layout {
                Layout::Stretches(column) => {
                    let Some(cell) = cells.get_mut(stretch.band) else { continue };
                    let (energy, cost) = match stretch.rates {
                        SegmentRates::Constant(place) => {
                            let sum = values.sum();
                            (sum, sum.saturating_mul(column.units(place).into()))
                        }
                        SegmentRates::Dense(first) => {
                            let first = first + part.start - stretch.slots.start;
                            values.sum_and_dot(&column.view(first..first + part.len()))
                        }
                    };
                    cell.add(Cell { energy, cost });
                }
                Layout::Slots(bands) => add_slots(bands, &part, &values, cells),
            }
        }
        billed
    }

    /// Gives each band columns along the slots, and joins stretches that adjoin.
    fn lay_out(&mut self, column: &Column, len: usize) {
        let columns = (0..self.names.len()).map(|band| {
            let (mut mask, mut rates) = (vec![0; len], vec![0; len]);
            let mut only = None;
            let mut constant = true;
            for stretch in self.stretches.iter().filter(|stretch| stretch.band == band) {
                for (offset, slot) in stretch.slots.clone().enumerate() {
                    let rate = column.units(place_of(stretch.rates, offset));
                    constant &= *only.get_or_insert(rate) == rate;
                    if let (Some(mask), Some(value)) = (mask.get_mut(slot), rates.get_mut(slot)) {
                        (*mask, *value) = (1, rate);
                    }
                }
            }
            let cost = if constant {
                BandCost::Constant(only.unwrap_or(0))
            } else {
                BandCost::BySlot(Column::new(rates))
            };
            BandColumns { mask: Column::new(mask), cost }
        });
        self.layout = Layout::Slots(columns.collect());
        let mut joined: Vec<Stretch> = Vec::new();
        for stretch in self.stretches.drain(..) {
            match joined.last_mut() {
                Some(last) if last.slots.end == stretch.slots.start => last.slots.end = stretch.slots.end,
                _ => joined.push(stretch),
            }
        }
        self.stretches = joined;
    }
}

/// Adds the readings of slots each of which is in one of several bands. Of bands of one rate each the last has what the others leave of the
/// sum, which comes with the first one's pass.
fn add_slots(bands: &[BandColumns], slots: &Range<usize>, values: &ColumnView<'_>, cells: &mut [Cell]) {
    let constant = bands.len() > 1 && bands.iter().all(|band| matches!(band.cost, BandCost::Constant(_)));
    let mut left = None;
    for (place, (band, cell)) in bands.iter().zip(cells.iter_mut()).enumerate() {
        let mask = || band.mask.view(slots.clone());
        let (energy, cost) = match &band.cost {
            BandCost::BySlot(rates) if bands.len() == 1 => values.sum_and_dot(&rates.view(slots.clone())),
            BandCost::BySlot(rates) => (values.dot(&mask()), values.dot(&rates.view(slots.clone()))),
            BandCost::Constant(rate) => {
                let energy = match left {
                    Some(left) if place + 1 == bands.len() => left,
                    None if constant => {
                        let (all, own) = values.sum_and_dot(&mask());
                        left = Some(all - own);
                        own
                    }
                    _ => {
                        let own = values.dot(&mask());
                        left = left.map(|left| left - own);
                        own
                    }
                };
                (energy, energy.saturating_mul((*rate).into()))
            }
        };
        cell.add(Cell { energy, cost });
    }
}

impl BandColumns {
    fn rate(&self, slot: usize) -> i64 {
        match &self.cost {
            BandCost::Constant(rate) => *rate,
            BandCost::BySlot(rates) => rates.units(slot),
        }
    }
}

const fn place_of(rates: SegmentRates, offset: usize) -> usize {
    match rates {
        SegmentRates::Constant(place) => place,
        SegmentRates::Dense(first) => first + offset,
    }
}

/// The rates that segments have, in order; `None` where there are too many to tell apart.
fn distinct_rates(column: &Column, segments: &[Segment]) -> Option<Vec<i64>> {
    let mut rates: Vec<i64> = Vec::new();
    for segment in segments {
        let places = match segment.rates {
            SegmentRates::Constant(place) => place..place + 1,
            SegmentRates::Dense(first) => first..first + segment.slots.len(),
        };
        for rate in places.map(|place| column.units(place)) {
            if let Err(place) = rates.binary_search(&rate) {
                if rates.len() == MOST_RATES {
                    return None;
                }
                rates.insert(place, rate);
            }
        }
    }
    Some(rates)
}

fn by_rate(column: &Column, segments: &[Segment], rates: &[i64], stretches: &mut Vec<Stretch>) {
    for segment in segments {
        let slots = match segment.rates {
            SegmentRates::Constant(_) => segment.slots.end,
            SegmentRates::Dense(_) => segment.slots.start + 1,
        };
        // A constant segment goes whole; a dense one is cut where its rate changes.
        let mut from = segment.slots.start;
        let mut to = slots;
        while from < segment.slots.end {
            let place = place_of(segment.rates, from - segment.slots.start);
            let rate = column.units(place);
            while to < segment.slots.end
                && column.units(place_of(segment.rates, to - segment.slots.start)) == rate
            {
                to += 1;
            }
            let band = rates.binary_search(&rate).unwrap_or(0);
            stretches.push(Stretch { slots: from..to, rates: SegmentRates::Constant(place), band });
            from = to;
            to = from + 1;
        }
    }
}

fn by_name(
    grid: &Grid,
    segments: &[Segment],
    spans: &[(crate::time::Span, String)],
    names: &mut Vec<String>,
    stretches: &mut Vec<Stretch>,
) -> Result<()> {
    let mut band_of = vec![usize::MAX; grid.len()];
    for (span, name) in spans {
        let band = band_named(names, name)?;
        for slot in band_of.get_mut(grid.slots_starting_in(*span)).unwrap_or(&mut []) {
            if *slot != usize::MAX && *slot != band {
                return Err(Error::overlap(format!("two rate bands hold at once: {}", span))
                    .in_field("band")
                    .with_value(name));
            }
            *slot = band;
        }
    }
    for segment in segments {
        let mut from = segment.slots.start;
        while from < segment.slots.end {
            let named = band_of.get(from).copied().unwrap_or(usize::MAX);
            let rest = band_of.get(from..segment.slots.end).unwrap_or(&[]);
            let length = rest.iter().take_while(|band| **band == named).count().max(1);
            let band = if named == usize::MAX { band_named(names, "")? } else { named };
            let rates = match segment.rates {
                SegmentRates::Dense(first) => SegmentRates::Dense(first + from - segment.slots.start),
                constant @ SegmentRates::Constant(_) => constant,
            };
            stretches.push(Stretch { slots: from..from + length, rates, band });
            from += length;
        }
    }
    if names.is_empty() {
        names.push(String::new());
    }
    Ok(())
}

fn band_named(names: &mut Vec<String>, name: &str) -> Result<usize> {
    if let Some(place) = names.iter().position(|known| known == name) {
        return Ok(place);
    }
    if names.len() == MOST_BANDS {
        return Err(Error::unsupported(format!(
            "a tariff has more than {MOST_BANDS} rate bands; give rates a band each or none"
        ))
        .in_field("band")
        .with_value(name));
    }
    names.push(name.to_owned());
    Ok(names.len() - 1)
}
