//! Metered energy on a grid.

use super::bitmap::Bitmap;
use super::column::Column;
use super::doubts;
use super::notice::{Notice, NoticeKind, Notices};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding};
use crate::time::{Grid, SlotLength, Span, from_seconds, instant_text, seconds};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// One row of a list of meter readings, as the API gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingRow {
    /// Its number for messages, counted from 1.
    pub row: u64,
    /// When its interval starts.
    pub start: DateTime<Utc>,
    /// When its interval ends, if the source says so.
    pub end: Option<DateTime<Utc>>,
    /// The energy in the interval in kWh; `None` where the source has an empty value.
    pub energy: Option<Energy>,
}

/// Metered energy in kWh: a [`Grid`], one value a slot, and which slots have one.
#[derive(Clone)]
pub struct Consumption {
    grid: Grid,
    column: Column,
    validity: Bitmap,
    notices: Vec<Notice>,
    /// Slots that a file leaves out since nothing was used in them.
    left_out: Vec<Span>,
}

/// More slots than two decades of minutes: rows that lie further apart are an error in the dates.
const MOST_SLOTS: i64 = 12_000_000;

impl Consumption {
    /// Builds a series from rows in any order. The slot length is that of most rows.
    ///
    /// - Exact repeats are dropped, an empty reading counts as missing, a reading that no home's connection carries is kept: each with
    ///   a notice.
    /// - Rows that disagree on a slot, rows that end before or when they start (the API document's own example has one), rows of another
    ///   length, rows off the grid and an empty list are errors.
    pub fn from_rows(rows: &[ReadingRow]) -> Result<Self> {
        Self::from_rows_below(rows, None)
    }

    /// The same, with readings above the most that the connection carries in an hour left out.
    pub(crate) fn from_rows_below(rows: &[ReadingRow], most_an_hour: Option<Energy>) -> Result<Self> {
        let mut notices = Notices::default();
        let starts = rows
            .iter()
            .map(|row| seconds(row.start).map_err(|error| error.in_field("interval_start").in_row(row.row)))
            .collect::<Result<Vec<_>>>()?;
        let slot_length = slot_length(rows, &starts)?;
        let slot = slot_length.seconds();
        let phase = most_common(starts.iter().map(|start| start.rem_euclid(slot))).unwrap_or(0);
        let (Some(first), Some(last)) = (starts.iter().min(), starts.iter().max()) else {
            return Err(Error::missing("holds no readings"));
        };
        let first = first - (first - phase).rem_euclid(slot);
        let slots = (last - first) / slot + 1;
        if slots > MOST_SLOTS {
            return Err(Error::out_of_range(format!(
                "the readings reach from {} to {}, which is {slots} slots; check the dates",
                instant_text(from_seconds(first)),
                instant_text(from_seconds(*last)),
            )));
        }
        let grid = Grid::from_seconds(first, slot_length, usize::try_from(slots).unwrap_or(0))?;
        let mut units = vec![0; grid.len()];
        let mut validity = Bitmap::new(grid.len());
        let mut source_rows = vec![0; grid.len()];
        for (row, start) in rows.iter().zip(&starts) {
            check_row(row, *start, phase, slot_length)?;
            let index = grid.index_of_seconds(*start).unwrap_or(usize::MAX);
            let (Some(value), Some(source)) = (units.get_mut(index), source_rows.get_mut(index)) else {
                continue;
            };
            let Some(energy) = row.energy else {
                notices.note(NoticeKind::EmptyReading, row.row);
                continue;
            };
            if most_an_hour.is_some_and(|most| doubts::is_above(energy, slot_length, most)) {
                notices.note(NoticeKind::AboveConnection, row.row);
                continue;
            }
            if validity.set(index) {
                *value = energy.units();
                *source = row.row;
                if let Some(doubt) = doubts::reading(energy, slot_length) {
                    notices.note(doubt, row.row);
                }
                if energy.is_negative() {
                    notices.note(NoticeKind::NegativeReading, row.row);
                }
            } else if *value == energy.units() {
                notices.note(NoticeKind::Repeat, row.row);
            } else {
                return Err(Error::conflict(format!(
                    "disagrees with row {source} on the slot from {}: {} and {energy} kWh; remove the wrong row, or say by which clock its times go and which end of a row they label (clock, label)",
                    instant_text(row.start),
                    Energy::from_units(*value)?,
                ))
                .in_field("consumption")
                .in_row(row.row));
            }
        }
        Ok(Self {
            grid,
            column: Column::new(units),
            validity,
            notices: notices.into_list(),
            left_out: Vec::new(),
        })
    }

    /// Readings that are known to be in order, on the grid, each once, and none strange. `None` where one is not on it.
    pub(crate) fn from_sorted(grid: Grid, starts: &[i64], units: Vec<i64>) -> Option<Self> {
        if grid.len() == units.len() {
            return Some(Self {
                grid,
                column: Column::new(units),
                validity: Bitmap::full(grid.len()),
                notices: Vec::new(),
                left_out: Vec::new(),
            });
        }
        if i64::try_from(grid.len()).ok()? > MOST_SLOTS {
            return None;
        }
        let mut spread = vec![0; grid.len()];
        let mut validity = Bitmap::new(grid.len());
        for (start, units) in starts.iter().zip(units) {
            let index = grid.index_of_seconds(*start)?;
            *spread.get_mut(index)? = units;
            validity.set(index);
        }
        Some(Self { grid, column: Column::new(spread), validity, notices: Vec::new(), left_out: Vec::new() })
    }

    /// One reading per slot, `None` where it is missing. An error unless there are as many values as slots.
    pub fn on_slots(grid: Grid, readings: &[Option<Energy>]) -> Result<Self> {
        if readings.len() != grid.len() {
            return Err(Error::misaligned(format!("{} readings for {} slots", readings.len(), grid.len())));
        }
        let validity = Bitmap::from_flags(readings.iter().map(Option::is_some));
        let column =
            Column::new(readings.iter().map(|reading| reading.unwrap_or_default().units()).collect());
        Ok(Self { grid, column, validity, notices: Vec::new(), left_out: Vec::new() })
    }

    /// The readings in other slots: a reading is spread evenly over the slots within it, rounded so that their sum is the reading;
    /// readings within a slot are summed. A slot has none where a reading that it needs is missing, or where their sum is beyond the
    /// range of [`Energy`].
    #[must_use]
    pub fn on_grid(&self, grid: &Grid) -> Self {
        let reading_in = |slot: Span| {
            let (mut from, to) = (slot.start_seconds(), slot.to_seconds());
            let mut sum = 0_i64;
            while from < to {
                let place = self.grid.index_of_seconds(from)?;
                let whole = self.grid.slots_span(place, place + 1);
                let end = whole.to_seconds().min(to);
                sum = sum.checked_add(share(self.get(place)?.units(), whole, from, end))?;
                from = end;
            }
            Energy::from_units(sum).ok()
        };
        let readings: Vec<Option<Energy>> = grid.slots().map(|slot| reading_in(slot.span)).collect();
        let validity = Bitmap::from_flags(readings.iter().map(Option::is_some));
        let units = readings.iter().map(|reading| reading.unwrap_or_default().units()).collect();
        let (notices, left_out) = (self.notices.clone(), self.left_out.clone());
        Self { grid: *grid, column: Column::new(units), validity, notices, left_out }
    }

    /// The same reading in every slot.
    #[must_use]
    pub fn constant(grid: Grid, reading: Energy) -> Self {
        let column = Column::new(vec![reading.units(); grid.len()]);
        let validity = Bitmap::full(grid.len());
        Self { grid, column, validity, notices: Vec::new(), left_out: Vec::new() }
    }

    /// So many times as much in every slot, each rounded to 10^-8 kWh, half to even. An error below 0, above 1000 and beyond the range of energy.
    pub fn times(&self, factor: Decimal) -> Result<Self> {
        if factor.is_sign_negative() || factor > Decimal::ONE_THOUSAND {
            return Err(Error::out_of_range("is not from 0 to 1000").with_value(factor.to_string()));
        }
        let more = |energy: Energy| -> Result<Energy> {
            let more = energy.to_decimal().checked_mul(factor);
            let more = more.ok_or_else(|| Error::out_of_range("is beyond the range of energy"))?;
            Energy::from_decimal(more.round_dp(Energy::SCALE))
        };
        let energies = self.iter().map(|energy| energy.map(more).transpose()).collect::<Result<Vec<_>>>()?;
        Self::on_slots(self.grid, &energies)
    }

    /// The slots.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The reading of a slot in kWh, if there is one.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Energy> {
        self.validity.get(index).then(|| Energy::from_units(self.column.units(index)).unwrap_or_default())
    }

    /// The reading of every slot in order of time.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Energy>> + '_ {
        (0..self.grid.len()).map(|index| self.get(index))
    }

    /// How many slots have a reading.
    #[must_use]
    pub const fn reading_count(&self) -> usize {
        self.validity.count()
    }

    /// The sum of all readings; an error beyond the range of [`Energy`].
    pub fn total(&self) -> Result<Energy> {
        self.total_in(0..self.grid.len())
    }

    /// The sum of the readings of a range of places.
    pub(crate) fn total_in(&self, slots: std::ops::Range<usize>) -> Result<Energy> {
        energy_from_sum(self.column.sum(slots))
    }

    /// The stretches of slots between first and last that have no reading.
    #[must_use]
    pub fn gaps(&self) -> Vec<Span> {
        self.validity
            .gaps_in(0..self.grid.len())
            .into_iter()
            .map(|gap| self.grid.slots_span(gap.start, gap.end))
            .collect()
    }

    /// What was repaired or left out when it was built.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Every reading rounded to so many decimals of a kWh.
    #[must_use]
    pub fn rounded(&self, places: u32, rounding: Rounding) -> Self {
        let round =
            |units| Energy::from_units(units).map_or(units, |energy| energy.round(places, rounding).units());
        Self { column: Column::new(self.column.iter().map(round).collect()), ..self.clone() }
    }

    pub(crate) const fn column(&self) -> &Column {
        &self.column
    }

    pub(crate) const fn validity(&self) -> &Bitmap {
        &self.validity
    }

    /// How many slots of a span the file left out since nothing was used in them.
    pub(crate) fn left_out_in(&self, span: Span) -> usize {
        let slot = self.grid.slot_length().seconds();
        let seconds =
            self.left_out.iter().filter_map(|part| part.intersection(span)).map(|part| part.seconds());
        usize::try_from(seconds.sum::<i64>() / slot).unwrap_or(0)
    }

    /// What was left out of the file since nothing was used in it.
    pub(crate) fn left_out(&self) -> &[Span] {
        &self.left_out
    }

    pub(crate) fn with_left_out(mut self, left_out: Vec<Span>) -> Self {
        self.left_out = left_out;
        self
    }

    /// The same with more notices.
    pub(crate) fn with_notices(mut self, notices: impl IntoIterator<Item = Notice>) -> Self {
        self.notices.extend(notices);
        self
    }
}

pub(crate) fn energy_from_sum(units: i128) -> Result<Energy> {
    i64::try_from(units)
        .ok()
        .and_then(|units| Energy::from_units(units).ok())
        .ok_or_else(|| Error::out_of_range("a sum of energy is beyond the range of kWh"))
}

/// The length of most rows; without ends, the least distance between starts.
fn slot_length(rows: &[ReadingRow], starts: &[i64]) -> Result<SlotLength> {
    let lengths = rows
        .iter()
        .zip(starts)
        .filter_map(|(row, start)| Some(row.end?.timestamp() - start))
        .filter(|length| *length > 0);
    let seconds = most_common(lengths).or_else(|| {
        let mut sorted = starts.to_vec();
        sorted.sort_unstable();
        sorted.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).filter(|step| *step > 0).min()
    });
    let Some(seconds) = seconds else { return Ok(SlotLength::HALF_HOUR) };
    u32::try_from(seconds / 60)
        .ok()
        .filter(|_| seconds % 60 == 0)
        .and_then(|minutes| SlotLength::from_minutes(minutes).ok())
        .ok_or_else(|| {
            Error::unsupported("the rows are of a length that does not divide a day; half-hourly readings are wanted (no group_by)")
                .with_value(format!("{seconds} s"))
        })
}

fn check_row(row: &ReadingRow, start: i64, phase: i64, slot_length: SlotLength) -> Result<()> {
    let slot = slot_length.seconds();
    if start.rem_euclid(slot) != phase {
        return Err(Error::misaligned(format!(
            "is off the {}-minute grid of the other rows",
            slot_length.minutes()
        ))
        .with_value(instant_text(row.start))
        .in_field("interval_start")
        .in_row(row.row));
    }
    match row.end.map(|end| end.timestamp() - start) {
        Some(length) if length <= 0 => {
            return Err(Error::order(format!(
                "must be after interval_start, which is {}",
                instant_text(row.start)
            ))
            .with_value(row.end.map(instant_text).unwrap_or_default())
            .in_field("interval_end")
            .in_row(row.row));
        }
        Some(length) if length != slot => {
            let message = format!(
                "makes the row {} minutes long where most are {}",
                length / 60,
                slot_length.minutes()
            );
            return Err(Error::misaligned(message)
                .with_value(row.end.map(instant_text).unwrap_or_default())
                .in_field("interval_end")
                .in_row(row.row));
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// The value seen most often; the least of those on a tie.
fn most_common(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

impl std::fmt::Debug for Consumption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Consumption({:?}, {} readings)", self.grid, self.reading_count())
    }
}

/// What of an energy spread evenly over a span falls between two instants, rounded so that the parts of the span sum to it.
pub(crate) fn share(units: i64, whole: Span, from: i64, to: i64) -> i64 {
    let length = i128::from(whole.seconds());
    let until = |second: i64| {
        let part =
            i128::from(second.clamp(whole.start_seconds(), whole.to_seconds()) - whole.start_seconds());
        (i128::from(units) * part).div_euclid(length)
    };
    i64::try_from(until(to) - until(from)).unwrap_or(units)
}
