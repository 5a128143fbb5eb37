//! What is known of a meter so far, which merges exactly: the kernel that engines wrap.

use super::bands::Cell;
use super::plan::{BillPlan, Part};
use super::readings::Readings;
use super::rows::BillRows;
use crate::error::{Error, Result};
use crate::series::bitmap::Bitmap;
use crate::series::lanes;
use crate::time::{from_seconds, instant_text};
use std::ops::Range;

/// What a count of time stands for, as in Arrow's timestamps. Counted from 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// 1 s.
    Second,
    /// 10⁻³ s.
    Millisecond,
    /// 10⁻⁶ s.
    Microsecond,
    /// 10⁻⁹ s.
    Nanosecond,
}

impl TimeUnit {
    /// How many there are in a second.
    #[must_use]
    pub const fn per_second(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Millisecond => 1_000,
            Self::Microsecond => 1_000_000,
            Self::Nanosecond => 1_000_000_000,
        }
    }
}

/// One meter under one plan so far: exact sums by VAT part and rate band, and which slots were seen.
///
/// Readings come in any order and any split; states of disjoint sets of them merge into the state of them all, bit for bit. Nothing is
/// rounded and no standing charge, VAT or subtotal is applied before [`finish`](Self::finish), so that
/// `update(a); update(b)` and `merge` of the two give the same bill. A meter with several agreements has a state for each
/// ([`BillPlan::within`]); readings outside a plan's span are passed over, so every one may be offered to every state.
///
/// ```
/// use kwhen::batch::{BillPlan, BillRows, BillState, PlanRequest, Readings, TimeUnit};
/// use kwhen::series::{Prices, RateSeries};
/// use kwhen::time::{Span, parse_instant};
///
/// let day = Span::new(parse_instant("2025-01-01T00:00:00Z")?, parse_instant("2025-01-02T00:00:00Z")?)?;
/// let plan = BillPlan::new(&PlanRequest::new(&RateSeries::flat(Prices::Exclusive("20".parse()?)), day))?;
/// let starts: Vec<i64> = (0..48).map(|slot| 1_735_689_600_000 + slot * 1_800_000).collect();
/// let wh = vec![500_i32; 48];
/// let (mut one, mut other) = (BillState::new(&plan), BillState::new(&plan));
/// one.update(&plan, &starts[..7], TimeUnit::Millisecond, Readings::of_32_bits(&wh[..7], 3)?)?;
/// other.update(&plan, &starts[7..], TimeUnit::Millisecond, Readings::of_32_bits(&wh[7..], 3)?)?;
/// let sent = BillState::from_words(&plan, &other.to_words())?;
/// one.merge(&sent)?;
/// let mut rows = BillRows::default();
/// one.finish(&plan, &mut rows)?;
/// assert_eq!(rows.rows[0].total_minor.to_string(), "504"); // 24 kWh x 20 p, and 5 % VAT
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BillState {
    /// The cells of the plan's pieces, band by band.
    cells: Vec<Cell>,
    /// Billed slots of each piece.
    billed: Vec<u64>,
    /// Slots of the plan that had a reading.
    seen: Bitmap,
    faults: Faults,
}

/// What was wrong with readings: counts, and the earliest of each kind, which no order of merging changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Faults {
    off_grid: u64,
    /// In seconds from 1970, rounded down.
    first_off_grid: i64,
    repeated: u64,
    /// A place in the plan.
    first_repeated: u64,
    out_of_range: u64,
}

const NO_FAULTS: Faults = Faults {
    off_grid: 0,
    first_off_grid: i64::MAX,
    repeated: 0,
    first_repeated: u64::MAX >> 1,
    out_of_range: 0,
};

/// Words of a cell and of the faults.
const CELL_WORDS: usize = 4;
const FAULT_WORDS: usize = 5;

/// Runs of fewer slots go row by row.
const SHORT_RUN: usize = 16;

impl BillState {
    /// Of a meter without a reading.
    #[must_use]
    pub fn new(plan: &BillPlan) -> Self {
        Self {
            cells: vec![Cell::default(); plan.piece_count() * plan.bands().len()],
            billed: vec![0; plan.piece_count()],
            seen: Bitmap::new(plan.slots().len()),
            faults: NO_FAULTS,
        }
    }

    /// Makes it new again, for another meter or another plan, in the memory that it has.
    pub fn reset(&mut self, plan: &BillPlan) {
        self.cells.clear();
        self.cells.resize(plan.piece_count() * plan.bands().len(), Cell::default());
        self.billed.clear();
        self.billed.resize(plan.piece_count(), 0);
        self.seen.reset(plan.slots().len());
        self.faults = NO_FAULTS;
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.cells.len() * size_of::<Cell>()
            + (self.billed.len() + self.seen.words().len()) * size_of::<u64>()
    }

    /// How many readings of the plan's span it has seen.
    #[must_use]
    pub const fn reading_count(&self) -> usize {
        self.seen.count()
    }

    /// Adds readings, each with the start of its slot, in any order; runs of consecutive slots are quickest.
    ///
    /// A start off the grid, a second reading of a slot and a reading beyond the range of [`Energy`](crate::Energy) are kept as
    /// faults that [`finish`](Self::finish) reports. An error where the two lists differ in length or the state is of another plan.
    pub fn update(
        &mut self,
        plan: &BillPlan,
        starts: &[i64],
        unit: TimeUnit,
        readings: Readings<'_>,
    ) -> Result<()> {
        self.check(plan)?;
        if starts.len() != readings.len() {
            return Err(Error::misaligned(format!(
                "{} starts for {} readings",
                starts.len(),
                readings.len()
            )));
        }
        let slot_ticks = plan.grid().slot_length().seconds() * unit.per_second();
        let mut from = 0;
        while let Some(first) = starts.get(from) {
            let length = lanes::steady_length(starts.get(from..).unwrap_or(&[]), slot_ticks);
            match self.slot_of(plan, *first, unit) {
                Some(slot) => self.add_run(plan, slot, readings.part(from..from + length)),
                None => self.note_off_grid(plan, *first, length, slot_ticks, unit),
            }
            from += length;
        }
        Ok(())
    }

    /// Adds readings of consecutive slots from an instant on, given in whole units since 1970.
    pub fn update_run(
        &mut self,
        plan: &BillPlan,
        start: i64,
        unit: TimeUnit,
        readings: Readings<'_>,
    ) -> Result<()> {
        self.check(plan)?;
        match self.slot_of(plan, start, unit) {
            Some(slot) => self.add_run(plan, slot, readings),
            None => {
                let slot_ticks = plan.grid().slot_length().seconds() * unit.per_second();
                self.note_off_grid(plan, start, readings.len(), slot_ticks, unit);
            }
        }
        Ok(())
    }

    /// Adds what another state of the same meter and plan has. An error where it is of another plan.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.cells.len() != other.cells.len()
            || self.billed.len() != other.billed.len()
            || self.seen.len() != other.seen.len()
        {
            return Err(other_plan());
        }
        for (cell, theirs) in self.cells.iter_mut().zip(&other.cells) {
            cell.add(*theirs);
        }
        for (billed, theirs) in self.billed.iter_mut().zip(&other.billed) {
            *billed = billed.saturating_add(*theirs);
        }
        let repeated = self.seen.join(&other.seen);
        self.note_repeated(repeated);
        let (own, theirs) = (&mut self.faults, &other.faults);
        own.off_grid = own.off_grid.saturating_add(theirs.off_grid);
        own.first_off_grid = own.first_off_grid.min(theirs.first_off_grid);
        own.repeated = own.repeated.saturating_add(theirs.repeated);
        own.first_repeated = own.first_repeated.min(theirs.first_repeated);
        own.out_of_range = own.out_of_range.saturating_add(theirs.out_of_range);
        Ok(())
    }

    /// Bills the meter: adds a row for each period of the plan. An error, and no row, for readings at fault (their kind, their number
    /// and the first of them), where no slot has both a reading and a rate, and beyond the range of a quantity.
    pub fn finish(&self, plan: &BillPlan, out: &mut BillRows) -> Result<()> {
        let before = out.lengths();
        let result = self.add_rows(plan, out).and_then(|()| out.billed_since(before));
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    /// Like [`finish`](Self::finish), with rows for a span in which nothing could be billed too: for one agreement among several.
    pub fn finish_part(&self, plan: &BillPlan, out: &mut BillRows) -> Result<()> {
        let before = out.lengths();
        let result = self.add_rows(plan, out);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    fn add_rows(&self, plan: &BillPlan, out: &mut BillRows) -> Result<()> {
        self.check(plan)?;
        self.fault(plan)?;
        let bands = plan.bands().len();
        plan.write_rows(out, |place, _, cells| {
            let own = self.cells.get(place * bands..(place + 1) * bands).unwrap_or(&[]);
            for (cell, own) in cells.iter_mut().zip(own) {
                *cell = *own;
            }
            self.billed.get(place).map_or(0, |billed| usize::try_from(*billed).unwrap_or(usize::MAX))
        })
    }

    /// As numbers that another process can take up, with [`from_words`](Self::from_words) and the same plan: a list of 64-bit integers
    /// in an Arrow column.
    #[must_use]
    pub fn to_words(&self) -> Vec<i64> {
        let mut words =
            Vec::with_capacity(word_count(self.cells.len(), self.billed.len(), self.seen.words().len()));
        for sum in self.cells.iter().flat_map(|cell| [cell.energy, cell.cost]) {
            words.extend([sum as i64, (sum >> 64) as i64]);
        }
        words.extend(self.billed.iter().map(|billed| *billed as i64));
        let Faults { off_grid, first_off_grid, repeated, first_repeated, out_of_range } = self.faults;
        words.extend([
            off_grid as i64,
            first_off_grid,
            repeated as i64,
            first_repeated as i64,
            out_of_range as i64,
        ]);
        words.extend(self.seen.words().iter().map(|word| *word as i64));
        words
    }

    /// From [`to_words`](Self::to_words) of a state of the same plan; an error where they cannot be that.
    pub fn from_words(plan: &BillPlan, words: &[i64]) -> Result<Self> {
        let mut state = Self::new(plan);
        let seen = state.seen.words().len();
        if words.len() != word_count(state.cells.len(), state.billed.len(), seen) {
            return Err(other_plan());
        }
        let mut next = words.iter().copied();
        let mut word = || next.next().unwrap_or(0);
        for cell in &mut state.cells {
            let mut sum = || i128::from(word() as u64) | i128::from(word()) << 64;
            *cell = Cell { energy: sum(), cost: sum() };
        }
        for billed in &mut state.billed {
            *billed = word() as u64;
        }
        state.faults = Faults {
            off_grid: word() as u64,
            first_off_grid: word(),
            repeated: word() as u64,
            first_repeated: word() as u64,
            out_of_range: word() as u64,
        };
        let words = (0..seen).map(|_| word() as u64).collect();
        state.seen = Bitmap::from_words(plan.slots().len(), words).ok_or_else(other_plan)?;
        Ok(state)
    }

    fn check(&self, plan: &BillPlan) -> Result<()> {
        let fits = self.billed.len() == plan.piece_count()
            && self.cells.len() == plan.piece_count() * plan.bands().len()
            && self.seen.len() == plan.slots().len();
        if fits { Ok(()) } else { Err(other_plan()) }
    }

    /// The place in the grid of a slot that starts at an instant; it may lie before or after the grid. `None` off the grid.
    fn slot_of(&self, plan: &BillPlan, start: i64, unit: TimeUnit) -> Option<i64> {
        let slot_ticks = plan.grid().slot_length().seconds() * unit.per_second();
        let offset = start.saturating_sub(plan.grid().start_seconds().saturating_mul(unit.per_second()));
        (offset % slot_ticks == 0).then(|| offset / slot_ticks)
    }

    fn note_off_grid(&mut self, plan: &BillPlan, first: i64, length: usize, slot_ticks: i64, unit: TimeUnit) {
        for place in 0..length {
            let seconds =
                first.saturating_add(slot_ticks.saturating_mul(place as i64)).div_euclid(unit.per_second());
            if (plan.span().start_seconds()..plan.span().to_seconds()).contains(&seconds) {
                self.faults.off_grid += 1;
                self.faults.first_off_grid = self.faults.first_off_grid.min(seconds);
            }
        }
    }

    fn note_repeated(&mut self, (count, first): (usize, Option<usize>)) {
        self.faults.repeated = self.faults.repeated.saturating_add(count as u64);
        if let Some(first) = first {
            self.faults.first_repeated = self.faults.first_repeated.min(first as u64);
        }
    }

    /// Adds readings of consecutive slots of the grid; what lies outside the plan is passed over.
    fn add_run(&mut self, plan: &BillPlan, slot: i64, readings: Readings<'_>) {
        let (first, end) = (plan.slots().start as i64, plan.slots().end as i64);
        let from = slot.max(first);
        let to = slot.saturating_add(readings.len() as i64).min(end);
        if from >= to {
            return;
        }
        let place = |slot: i64| usize::try_from(slot).unwrap_or(0);
        let readings = readings.part(place(from - slot)..place(to - slot));
        let repeated = self.seen.set_range(place(from - first)..place(to - first));
        self.note_repeated(repeated);
        let slots = place(from)..place(to);
        if slots.len() < SHORT_RUN {
            for (offset, slot) in slots.enumerate() {
                self.add_one(plan, slot, readings, offset);
            }
            return;
        }
        let bands = plan.bands().len();
        for part in plan.parts() {
            let here = part.slots.start.max(slots.start)..part.slots.end.min(slots.end);
            if here.start >= here.end {
                continue;
            }
            let values = readings.part(here.start - slots.start..here.end - slots.start);
            let Some(cells) = self.cells.get_mut(part.piece * bands..(part.piece + 1) * bands) else {
                continue;
            };
            let mut billed = 0;
            let left_out = values.each_chunk(plan.rules().reading, |offset, view| {
                let chunk = here.start + offset..here.start + offset + view.len();
                billed += plan.rates().add(&chunk, view, |slots: Range<usize>| slots.len(), cells);
            });
            self.faults.out_of_range += left_out as u64;
            if let Some(sum) = self.billed.get_mut(part.piece) {
                *sum += billed as u64;
            }
        }
    }

    fn add_one(&mut self, plan: &BillPlan, slot: usize, readings: Readings<'_>, offset: usize) {
        let Some(units) = readings.units(offset, plan.rules().reading) else {
            self.faults.out_of_range += 1;
            return;
        };
        let Some(Some((band, rate))) = plan.by_slot().get(slot) else { return };
        let of_slot = |part: &&Part| part.slots.contains(&slot);
        let Some(Part { piece, .. }) = plan.parts().iter().find(of_slot) else { return };
        if let Some(cell) = self.cells.get_mut(piece * plan.bands().len() + usize::from(*band)) {
            let energy = i128::from(units);
            cell.add(Cell { energy, cost: energy * i128::from(*rate) });
        }
        if let Some(sum) = self.billed.get_mut(*piece) {
            *sum += 1;
        }
    }

    fn fault(&self, plan: &BillPlan) -> Result<()> {
        let faults = &self.faults;
        let minutes = plan.grid().slot_length().minutes();
        if faults.off_grid > 0 {
            return Err(Error::misaligned(format!(
                "{} readings start off the {minutes}-minute grid, the first in the second from {}",
                faults.off_grid,
                instant_text(from_seconds(faults.first_off_grid))
            ))
            .in_field("interval_start"));
        }
        if faults.repeated > 0 {
            let slot = usize::try_from(faults.first_repeated).unwrap_or(0) + plan.slots().start;
            let at = plan.grid().start_seconds() + slot as i64 * plan.grid().slot_length().seconds();
            return Err(Error::conflict(format!(
                "{} readings are of slots that have one already, the first of the slot from {}; remove the repeats",
                faults.repeated,
                instant_text(from_seconds(at))
            ))
            .in_field("interval_start"));
        }
        if faults.out_of_range > 0 {
            return Err(Error::out_of_range(format!(
                "readings beyond the range of kWh, {} at most",
                faults.out_of_range
            ))
            .in_field("consumption"));
        }
        Ok(())
    }
}

impl std::fmt::Debug for BillState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BillState({} readings, {} bytes)", self.reading_count(), self.size())
    }
}

const fn word_count(cells: usize, pieces: usize, seen: usize) -> usize {
    cells * CELL_WORDS + pieces + FAULT_WORDS + seen
}

fn other_plan() -> Error {
    Error::misaligned("the state is of another plan than the one it is used with")
}
