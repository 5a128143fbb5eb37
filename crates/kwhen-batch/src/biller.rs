//! Readings in, bills out: every meter's state so far.

use crate::book::{Assigned, Assignment, Book};
use crate::column::{Instants, MeterRef};
use crate::dense::DenseRows;
use crate::energy::Energies;
use crate::error::Result;
use crate::meter::{MeterMap, MeterName};
use crate::names::{METER, START};
use crate::report::{Reason, Unbilled};
use crate::result::{Billed, Bills};
use crate::rows::{LongRows, Rows};
use crate::usual::with_usual_types;
use arrow_array::RecordBatch;
use arrow_buffer::NullBuffer;
use kwhen::batch::{BatchRow, BillRows, BillState};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// A meter of which readings were seen.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) assignment: Assignment,
    pub(crate) states: Vec<BillState>,
    pub(crate) faults: RowFaults,
}

/// What was wrong with rows, before they came to a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowFaults {
    pub(crate) without_start: u64,
    pub(crate) refused: u64,
    pub(crate) broken: u64,
}

/// The meters that readings were seen of, so far. Readings come in any order and any split; two of disjoint readings merge into the
/// one of them all.
#[derive(Debug)]
pub struct Biller<'b> {
    book: &'b Book,
    places: MeterMap<usize>,
    meters: Vec<Open>,
    nameless: u64,
    rows: u64,
    bytes: usize,
}

/// What a run gave: bills and what could not be billed, each by meter.
#[derive(Clone, Debug)]
pub struct BatchOutcome {
    /// A row for each meter, agreement and period: see docs/batch.md.
    pub bills: Vec<RecordBatch>,
    /// The meters without a bill, in order.
    pub unbilled: Vec<Unbilled>,
    /// How many meters were billed.
    pub billed: u64,
    /// How many readings were read.
    pub rows: u64,
}

/// Bills readings that are in memory: record batches of consumption, long or dense (docs/batch.md), in any order.
///
/// The batches are worked through in parallel; the result is the same with any number of threads.
pub fn bill(consumption: &[RecordBatch], book: &Book) -> Result<BatchOutcome> {
    let share = consumption.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
    let parts: Vec<Result<Biller<'_>>> = consumption
        .par_chunks(share)
        .map(|batches| {
            let mut biller = Biller::new(book);
            batches.iter().try_for_each(|batch| biller.update(batch))?;
            Ok(biller)
        })
        .collect();
    let mut whole = Biller::new(book);
    for part in parts {
        whole.merge(part?)?;
    }
    whole.finish()
}

impl<'b> Biller<'b> {
    /// With no readings yet.
    #[must_use]
    pub fn new(book: &'b Book) -> Self {
        Self { book, places: MeterMap::default(), meters: Vec::new(), nameless: 0, rows: 0, bytes: 0 }
    }

    /// About how many bytes the states of its meters take.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.bytes
    }

    /// How many readings it has seen.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds the readings of a batch, long or dense. An error for a missing column or a wrong type; a meter's own fault is kept until it
    /// is billed.
    pub fn update(&mut self, batch: &RecordBatch) -> Result<()> {
        self.add(Rows::of(&with_usual_types(batch)?, self.book.assume_utc)?)
    }

    pub(crate) fn add(&mut self, rows: Rows<'_>) -> Result<()> {
        match rows {
            Rows::Long(rows) => self.add_long(&rows),
            Rows::Dense(rows) => self.add_dense(rows),
        }
    }

    fn add_long(&mut self, rows: &LongRows<'_>) -> Result<()> {
        let LongRows { meters, instants, energies, len } = rows;
        self.book.check_names(meters.are_numbers())?;
        let nulls = NullBuffer::union(instants.nulls, energies.nulls.as_ref());
        let inside = instants.ticks(self.book.span);
        self.rows += *len as u64;
        for (run, meter) in meters.runs(*len) {
            let Some(meter) = meter else {
                self.nameless += instants.count_inside(run, &inside) as u64;
                continue;
            };
            let open = match self.places.get(meter) {
                Some(place) => self.meters.get_mut(*place),
                // A meter that is seen outside the span only is not seen.
                None if instants.count_inside(run.start..run.start + 1, &inside) == 0
                    && instants.count_inside(run.clone(), &inside) == 0 =>
                {
                    continue;
                }
                None => self.open(meter),
            };
            if let Some(open) = open {
                open.add(run, instants, energies, nulls.as_ref(), &inside)?;
            }
        }
        Ok(())
    }

    fn add_dense(&mut self, mut rows: DenseRows<'_>) -> Result<()> {
        self.book.check_names(rows.meters.are_numbers())?;
        for row in 0..rows.row_count() {
            let Some(meter) = rows.meters.get(row) else {
                self.nameless += 1;
                continue;
            };
            self.rows += rows.len(row);
            let Some(open) = self.open(meter) else { continue };
            let Ok(assigned) = &open.assignment else { continue };
            let (states, faults) = (&mut open.states, &mut open.faults);
            let start = rows.start(row);
            let Some((start, unit)) = start else {
                faults.without_start += 1;
                continue;
            };
            let taken = rows.runs(row, |offset, readings| {
                for (state, assigned) in states.iter_mut().zip(assigned.iter()) {
                    let ticks = assigned.plan.slot_length().seconds() * unit.per_second();
                    let start = start.saturating_add(ticks.saturating_mul(offset as i64));
                    state.update_run(&assigned.plan, start, unit, readings)?;
                }
                Ok(())
            })?;
            faults.broken += u64::from(!taken);
        }
        Ok(())
    }

    fn open(&mut self, meter: MeterRef<'_>) -> Option<&mut Open> {
        let place = match self.places.get(meter) {
            Some(place) => *place,
            None => {
                let open = Open::new(meter, self.book);
                self.bytes += open.size();
                self.places.insert(MeterName::from(meter), self.meters.len());
                self.meters.push(open);
                self.meters.len() - 1
            }
        };
        self.meters.get_mut(place)
    }

    /// Adds what another has seen.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        self.nameless += other.nameless;
        self.rows += other.rows;
        for (name, open) in other.into_meters() {
            match self.places.get(name.as_ref()).and_then(|place| self.meters.get_mut(*place)) {
                Some(known) => known.merge(open)?,
                None => {
                    self.bytes += open.size();
                    self.places.insert(name, self.meters.len());
                    self.meters.push(open);
                }
            }
        }
        Ok(())
    }

    /// The names of its meters, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = MeterRef<'_>> {
        self.places.names()
    }

    pub(crate) const fn nameless(&self) -> u64 {
        self.nameless
    }

    /// Its meters, in no order.
    pub(crate) fn into_meters(self) -> impl Iterator<Item = (MeterName, Open)> {
        let mut meters: Vec<Option<Open>> = self.meters.into_iter().map(Some).collect();
        self.places
            .into_entries()
            .filter_map(move |(name, place)| Some((name, meters.get_mut(place)?.take()?)))
    }

    /// Bills every meter, in the order of their names. Meters that have an agreement and were never seen are reported too.
    pub fn finish(self) -> Result<BatchOutcome> {
        let (book, nameless, rows) = (self.book, self.nameless, self.rows);
        let mut unseen = unseen(book, |name| self.places.get(name).is_some());
        let mut meters: Vec<(MeterName, Open)> = self.into_meters().collect();
        meters.par_sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let Settled { bills, mut unbilled, billed } = settle(&meters)?;
        unbilled.append(&mut unseen);
        unbilled.extend(nameless_rows(nameless));
        unbilled.sort();
        Ok(BatchOutcome { bills, unbilled, billed, rows })
    }
}

/// The entry of the report for readings that name no meter.
pub(crate) fn nameless_rows(count: u64) -> Option<Unbilled> {
    (count > 0).then(|| Unbilled {
        meter: None,
        reason: Reason::NoMeter,
        message: format!("{count} rows have no {METER}"),
    })
}

/// The meters that have an agreement and were not seen.
pub(crate) fn unseen(book: &Book, seen: impl Fn(MeterRef<'_>) -> bool) -> Vec<Unbilled> {
    let absent = |name: &MeterRef<'_>| !seen(*name);
    let report = |name| match book.meters.get(name) {
        Some(Err(unbilled)) => Unbilled::clone(unbilled),
        _ => Unbilled {
            meter: Some(MeterName::from(name)),
            reason: Reason::NoReadings,
            message: "has an agreement and no readings".into(),
        },
    };
    book.meters.names().filter(absent).map(report).collect()
}

/// Meters billed.
pub(crate) struct Settled {
    pub(crate) bills: Vec<RecordBatch>,
    pub(crate) unbilled: Vec<Unbilled>,
    pub(crate) billed: u64,
}

/// Meters that one task bills.
const SHARE: usize = 64;

/// Bills meters that are in order, in parallel.
pub(crate) fn settle(meters: &[(MeterName, Open)]) -> Result<Settled> {
    let parts: Vec<Result<Settled>> = meters.par_chunks(SHARE).map(settle_share).collect();
    let mut whole = Settled { bills: Vec::new(), unbilled: Vec::new(), billed: 0 };
    for part in parts {
        let part = part?;
        whole.bills.extend(part.bills);
        whole.unbilled.extend(part.unbilled);
        whole.billed += part.billed;
    }
    Ok(whole)
}

fn settle_share(meters: &[(MeterName, Open)]) -> Result<Settled> {
    let mut out = BillRows::default();
    let (mut entries, mut unbilled) = (Vec::with_capacity(meters.len()), Vec::new());
    for (name, open) in meters {
        match open.bill(name, &mut out) {
            Ok(rows) => {
                if let Ok(assigned) = &open.assignment {
                    entries.push(Billed { name, assigned, rows });
                }
            }
            Err(reason) => unbilled.push(reason),
        }
    }
    let bills = Bills { entries: &entries, rows: &out }.batch()?;
    Ok(Settled { bills: bills.into_iter().collect(), unbilled, billed: entries.len() as u64 })
}

impl Open {
    pub(crate) fn new(meter: MeterRef<'_>, book: &Book) -> Self {
        Self::of(match book.meters.get(meter) {
            Some(assignment) => assignment.clone(),
            None => Err(Arc::new(Unbilled {
                meter: Some(MeterName::from(meter)),
                reason: Reason::NoAgreement,
                message: "has readings and no agreement".into(),
            })),
        })
    }

    /// Without a reading.
    pub(crate) fn of(assignment: Assignment) -> Self {
        let states = match &assignment {
            Ok(assigned) => assigned.iter().map(|assigned| BillState::new(&assigned.plan)).collect(),
            Err(_) => Vec::new(),
        };
        Self { assignment, states, faults: RowFaults::default() }
    }

    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + 64 + self.states.iter().map(BillState::size).sum::<usize>()
    }

    /// Adds readings of this meter. Those outside the billed span, given by its ticks, are no fault.
    pub(crate) fn add(
        &mut self,
        rows: Range<usize>,
        instants: &Instants<'_>,
        energies: &Energies<'_>,
        nulls: Option<&NullBuffer>,
        inside: &Range<i64>,
    ) -> Result<()> {
        let Ok(assigned) = &self.assignment else { return Ok(()) };
        let update = |states: &mut [BillState], rows: Range<usize>| -> Result<()> {
            let starts = instants.values.get(rows.clone()).unwrap_or(&[]);
            let readings = energies.part(rows)?;
            for (state, assigned) in states.iter_mut().zip(assigned.iter()) {
                state.update(&assigned.plan, starts, instants.unit, readings)?;
            }
            Ok(())
        };
        if !energies.refused.is_empty() {
            let from = energies.refused.partition_point(|row| *row < rows.start);
            let to = energies.refused.partition_point(|row| *row < rows.end);
            let refused = energies.refused.get(from..to).unwrap_or(&[]).iter().copied();
            self.faults.refused += instants.count_inside(refused, inside) as u64;
        }
        let Some(nulls) = nulls else { return update(&mut self.states, rows) };
        if let Some(nulls) = instants.nulls {
            self.faults.without_start += nulls.slice(rows.start, rows.len()).null_count() as u64;
        }
        for (from, to) in nulls.slice(rows.start, rows.len()).valid_slices() {
            update(&mut self.states, rows.start + from..rows.start + to)?;
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        for (state, theirs) in self.states.iter_mut().zip(&other.states) {
            state.merge(theirs)?;
        }
        self.faults.without_start += other.faults.without_start;
        self.faults.refused += other.faults.refused;
        self.faults.broken += other.faults.broken;
        Ok(())
    }

    /// Adds the rows of all its agreements, and says where they are.
    pub(crate) fn bill(&self, name: &MeterName, out: &mut BillRows) -> Result<Range<usize>, Unbilled> {
        let refused = |reason, message: String| Unbilled { meter: Some(name.clone()), reason, message };
        let assigned = match &self.assignment {
            Ok(assigned) => assigned,
            Err(unbilled) => return Err(Unbilled::clone(unbilled)),
        };
        let RowFaults { without_start, refused: values, broken } = self.faults;
        if without_start > 0 {
            let message = format!("{without_start} readings have no {START}");
            return Err(refused(Reason::OffGrid, message));
        }
        if values > 0 {
            let message = format!(
                "{values} readings are no number of kWh that can be held (of at most 8 decimals, below 10⁹)"
            );
            return Err(refused(Reason::Value, message));
        }
        if broken > 0 {
            let message = format!("{broken} rows have lists whose length or width is not what they say");
            return Err(refused(Reason::Value, message));
        }
        let rows = out.rows.len();
        let result = self.write(assigned, out);
        let billed = |rows: &[BatchRow]| rows.iter().any(|row| row.billed_slots > 0);
        match result {
            Ok(()) if billed(out.rows.get(rows..).unwrap_or(&[])) => Ok(rows..out.rows.len()),
            Ok(()) => {
                out.truncate_rows(rows);
                let message = "no slot of the span has both a reading and a rate".to_owned();
                Err(refused(Reason::NoReadings, message))
            }
            Err(error) => {
                out.truncate_rows(rows);
                let reason = match () {
                    () if error.is_misaligned() => Reason::OffGrid,
                    () if error.is_conflict() => Reason::Repeated,
                    () if error.field().is_some() => Reason::Value,
                    () => Reason::OutOfRange,
                };
                Err(refused(reason, error.to_string()))
            }
        }
    }

    fn write(&self, assigned: &[Assigned], out: &mut BillRows) -> kwhen::Result<()> {
        for (place, (state, assigned)) in self.states.iter().zip(assigned).enumerate() {
            let first = out.rows.len();
            state.finish_part(&assigned.plan, out)?;
            for row in out.rows.get_mut(first..).unwrap_or(&mut []) {
                row.plan = place;
            }
        }
        Ok(())
    }
}
