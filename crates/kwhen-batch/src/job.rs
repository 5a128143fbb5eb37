//! A run over Parquet files: streamed by row groups, in bounded memory, resumable.

use crate::biller::{Biller, Open, Settled, nameless_rows, settle, unseen};
use crate::book::{Book, Terms};
use crate::checkpoint::{Checkpoint, Workshop};
use crate::column::{MeterRef, Meters};
use crate::error::{Error, Result};
use crate::meter::MeterName;
use crate::report::Unbilled;
use crate::result::bill_schema;
use crate::sink::{Sink, join};
use crate::source::{Table, Unit, files, read_whole, refuse_over, refuse_unless_file};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A run over Parquet files: what it reads, what it writes and within what limits.
#[derive(Clone, Debug)]
pub struct Job {
    /// A file of consumption, several joined by commas or named by a pattern, or a folder of them.
    pub consumption: PathBuf,
    /// Rates, likewise.
    pub rates: PathBuf,
    /// Agreements, likewise.
    pub agreements: PathBuf,
    /// The file of bills. It appears when the run is finished.
    pub out: PathBuf,
    /// Span, periods, rules.
    pub terms: Terms,
    /// Whether to go on with a run that was killed; a run with other inputs is refused.
    pub resume: bool,
    /// The most bytes that the states of open meters may take.
    pub memory: usize,
    /// Rows that are read between two saves of what is done.
    pub save_every: u64,
}

impl Job {
    /// With 1 GiB for open meters, saving every 250 million rows, from the beginning.
    #[must_use]
    pub fn new(
        consumption: PathBuf,
        rates: PathBuf,
        agreements: PathBuf,
        out: PathBuf,
        terms: Terms,
    ) -> Self {
        Self {
            consumption,
            rates,
            agreements,
            out,
            terms,
            resume: false,
            memory: 1 << 30,
            save_every: 250_000_000,
        }
    }

    /// What a run depends on, as text.
    fn inputs(&self, tables: &[PathBuf]) -> Result<String> {
        let mut text = format!("{} {:?}", env!("CARGO_PKG_VERSION"), self.terms);
        let small = files(&self.rates)?.into_iter().chain(files(&self.agreements)?);
        for path in tables.iter().cloned().chain(small) {
            let metadata = std::fs::metadata(&path).map_err(|error| Error::of_io(&error, &path))?;
            let changed =
                metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            text.push_str(&format!(" {} {} {:?}", path.display(), metadata.len(), changed));
        }
        Ok(text)
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Rows there are.
    pub of_rows: u64,
    /// Meters billed.
    pub billed: u64,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Meters billed.
    pub billed: u64,
    /// The meters without a bill, in order.
    pub unbilled: Vec<Unbilled>,
    /// Rows read: readings of the long layout, lists of the dense one.
    pub rows: u64,
    /// The most bytes that the states of open meters took at once.
    pub peak_state_bytes: usize,
    /// Whether it went on with a run that was killed.
    pub resumed: bool,
    /// Where a tariff's prices bear other VAT than it is billed with, in sentences.
    pub notices: Vec<String>,
}

const RATES: [&str; 7] =
    ["tariff", "kind", "valid_from", "valid_to", "value_exc_vat", "value_inc_vat", "band"];
const OF_RATES: [&[&str]; 2] = [&["tariff"], &["value_exc_vat", "value_inc_vat"]];
const AGREEMENTS: [&str; 4] = ["meter", "tariff", "valid_from", "valid_to"];
const OF_AGREEMENTS: [&[&str]; 3] = [&["meter"], &["tariff"], &["valid_from"]];

impl Book {
    /// Reads rates and agreements from Parquet files or folders of them.
    pub fn open(rates: &Path, agreements: &Path, terms: &Terms) -> Result<Self> {
        terms.check()?;
        let named = |error: Error| {
            let files = format!("{}, {}", rates.display(), agreements.display());
            Error::in_source(error, files)
        };
        let rates = read_whole(rates, &RATES, &OF_RATES)?;
        let agreements = read_whole(agreements, &AGREEMENTS, &OF_AGREEMENTS)?;
        Self::new(&rates, &agreements, terms).map_err(named)
    }
}

/// Runs a job. `watch` hears how far it has come; when it says `false` the run ends with what is done saved, as if it were killed.
pub fn run(job: &Job, watch: impl FnMut(Progress) -> bool) -> Result<Summary> {
    refuse_unless_file(&job.out)?;
    refuse_over(&job.out, [job.consumption.as_path(), &job.rates, &job.agreements])?;
    let paths = files(&job.consumption)?;
    let book = Book::open(&job.rates, &job.agreements, &job.terms)?;
    let mut tables = Vec::with_capacity(paths.len());
    for path in &paths {
        let table = Table::open(path, job.terms.assume_utc)?;
        Biller::new(&book).update(&table.empty()).map_err(|error| error.in_file(path))?;
        tables.push(table);
    }
    let mut units = Vec::new();
    for (file, table) in tables.iter().enumerate() {
        units.extend(table.units(file, job.terms.span));
    }
    units.sort_by(|one, other| {
        (&one.first, one.file, one.row_group).cmp(&(&other.first, other.file, other.row_group))
    });
    let workshop = Workshop::of(&job.out);
    let inputs = job.inputs(&paths)?;
    let kept = if job.resume { workshop.resume(&inputs)? } else { None };
    let resumed = kept.is_some();
    let done = match kept {
        Some(done) => done,
        None => {
            workshop.clear()?;
            Checkpoint { inputs, ..Checkpoint::default() }
        }
    };
    let reader = Reader { book: &book, tables: &tables, units: &units, from: done.clone() };
    let run = Run {
        job,
        book: &book,
        reader: &reader,
        sink: Sink::bills(&workshop.bills(done.parts + 1), book.meters.has_numbers())?,
        workshop: workshop.clone(),
        pending: BTreeMap::new(),
        pending_bytes: 0,
        peak: 0,
        unbilled: Vec::new(),
        saved: done.rows,
        done,
        resumed,
    };
    run.run(watch).inspect_err(|error| {
        // What can be gone on with is kept: of a run that the system stopped, and that had saved something.
        if !(workshop.has_checkpoint() && (error.is_io() || error.is_limit())) {
            // The error at hand says more than that the folder could not be removed.
            let _ = workshop.remove();
        }
    })
}

/// What reads row groups.
struct Reader<'a> {
    book: &'a Book,
    tables: &'a [Table],
    units: &'a [Unit],
    /// Where the run began: nothing, or what an earlier run had done.
    from: Checkpoint,
}

/// What a row group held, and whether an earlier run had read it.
type Read<'a> = Vec<Result<(Biller<'a>, bool)>>;

impl<'a> Reader<'a> {
    /// Reads row groups in parallel.
    fn read(&self, range: Range<usize>) -> Read<'a> {
        let units = self.units.get(range.clone()).unwrap_or(&[]);
        let read = |(place, unit): (usize, &Unit)| {
            let mut biller = Biller::new(self.book);
            let again = range.start + place < self.from.units;
            // An earlier run has billed everything in it.
            let before = self.from.before.as_ref();
            if again && unit.last.as_ref().zip(before).is_some_and(|(last, before)| last < before) {
                return Ok((biller, again));
            }
            if let Some(table) = self.tables.get(unit.file) {
                table.read(unit, |rows| biller.add(rows))?;
                let first = unit.first.as_ref().map(MeterName::as_ref);
                if let Some(meter) = biller.names().find(|name| first.is_some_and(|first| *name < first)) {
                    return Err(Error::broken(format!(
                        "row group {} holds meter {}, and its statistics say that there is none before {}; the file is damaged",
                        unit.row_group,
                        MeterName::from(meter),
                        first.map_or_else(String::new, |first| MeterName::from(first).to_string())
                    ))
                    .in_file(&table.path));
                }
            }
            Ok((biller, again))
        };
        units.par_iter().enumerate().map(read).collect()
    }
}

struct Run<'a> {
    job: &'a Job,
    book: &'a Book,
    reader: &'a Reader<'a>,
    workshop: Workshop,
    done: Checkpoint,
    /// Meters of which a row group to come may hold more.
    pending: BTreeMap<MeterName, Open>,
    pending_bytes: usize,
    peak: usize,
    /// The part in the making.
    sink: Sink,
    unbilled: Vec<Unbilled>,
    /// Rows read when it was last saved.
    saved: u64,
    resumed: bool,
}

impl<'a> Run<'a> {
    fn run(mut self, mut watch: impl FnMut(Progress) -> bool) -> Result<Summary> {
        if self.resumed && self.done.parts > 0 {
            let schema = bill_schema(self.book.meters.has_numbers());
            let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            for batch in read_whole(&self.workshop.waiting(self.done.parts), &columns, &[])? {
                self.sink.write(&batch)?;
            }
        }
        let reader = self.reader;
        let count = reader.units.len();
        let of_rows = reader.units.iter().map(|unit| unit.rows).sum();
        let window = rayon::current_num_threads().max(1) * 2;
        let after = |from: usize| from..(from + window).min(count);
        // With the last row group the last meters were billed.
        let mut next = after(if self.done.units < count { 0 } else { count });
        let mut read = reader.read(next.clone());
        while !next.is_empty() {
            let end = next.end;
            next = after(end);
            // What was read is billed and written while the next is read.
            let (emitted, then) = rayon::join(
                || self.take_up(read).and_then(|()| self.emit(end)),
                || reader.read(next.clone()),
            );
            emitted?;
            read = then;
            let (rows, billed) = (self.done.rows, self.done.billed);
            if !watch(Progress { rows, of_rows, billed }) {
                self.save(end)?;
                return Err(Error::io("stopped; run it again with resume to go on").in_file(&self.job.out));
            }
            if rows - self.saved >= self.job.save_every && end < count {
                self.save(end)?;
            }
        }
        self.conclude()
    }

    /// Takes up what row groups held, in their order.
    fn take_up(&mut self, read: Read<'_>) -> Result<()> {
        for biller in read {
            let (biller, again) = biller?;
            if !again {
                self.done.rows += biller.rows();
                self.done.nameless += biller.nameless();
            }
            for (name, open) in biller.into_meters() {
                if self.reader.from.before.as_ref().is_some_and(|before| name < *before) {
                    continue;
                }
                match self.pending.get_mut(&name) {
                    Some(known) => known.merge(open)?,
                    None => {
                        self.pending_bytes += open.size();
                        self.pending.insert(name, open);
                    }
                }
            }
        }
        self.peak = self.peak.max(self.pending_bytes);
        if self.pending_bytes > self.job.memory {
            return Err(Error::limit(format!(
                "the rows of {} meters lie so far apart that they are open at once, which takes more than {} MiB; sort the files by \
                 meter, with statistics of its column, or allow more memory",
                self.pending.len(),
                self.job.memory >> 20
            ))
            .in_file(&self.job.consumption));
        }
        Ok(())
    }

    /// Bills the meters of which no row group from a place on holds more.
    fn emit(&mut self, next: usize) -> Result<()> {
        let rest = self.reader.units.get(next..).unwrap_or(&[]);
        // In the order of their first meters: the next has the least of them.
        let done = match rest.first().map(|unit| unit.first.clone()) {
            Some(Some(first)) => {
                let later = self.pending.split_off(&first);
                if self.done.before.as_ref().is_none_or(|before| *before < first) {
                    self.done.before = Some(first);
                }
                std::mem::replace(&mut self.pending, later)
            }
            // It may hold any meter at all.
            Some(None) => return Ok(()),
            None => std::mem::take(&mut self.pending),
        };
        let meters: Vec<(MeterName, Open)> = done.into_iter().collect();
        let bytes: usize = meters.iter().map(|(_, open)| open.size()).sum();
        self.pending_bytes = self.pending_bytes.saturating_sub(bytes);
        let Settled { bills, unbilled, billed } = settle(&meters)?;
        self.unbilled.extend(unbilled);
        self.done.billed += billed;
        bills.iter().try_for_each(|batch| self.sink.write(batch))
    }

    /// Ends the part in the making and notes that everything up to here is done.
    fn save(&mut self, units: usize) -> Result<()> {
        self.saved = self.done.rows;
        let numbers = self.book.meters.has_numbers();
        let waiting = self.sink.take_waiting()?;
        let part = self.done.parts + 1;
        let mut aside = Sink::bills(&self.workshop.waiting(part), numbers)?;
        aside.write(&waiting)?;
        aside.finish()?;
        let mut next = Sink::bills(&self.workshop.bills(part + 1), numbers)?;
        next.write(&waiting)?;
        std::mem::replace(&mut self.sink, next).finish()?;
        self.done.parts = part;
        self.done.units = units.max(self.reader.from.units);
        self.workshop.save(&self.done, &self.unbilled)?;
        self.unbilled.clear();
        Ok(())
    }

    fn conclude(self) -> Result<Summary> {
        self.sink.finish()?;
        let mut unbilled = self.workshop.unbilled(self.done.parts)?;
        unbilled.extend(self.unbilled);
        let parts: Vec<PathBuf> = (1..=self.done.parts + 1).map(|part| self.workshop.bills(part)).collect();
        let mut seen: HashSet<MeterName> =
            unbilled.iter().filter_map(|unbilled| unbilled.meter.clone()).collect();
        // Only where some are absent are the names of those that were billed asked for.
        if self.done.billed + (seen.len() as u64) < self.book.meter_count() as u64
            || unbilled.iter().any(|unbilled| unbilled.reason == crate::Reason::NoAgreement)
        {
            for part in &parts {
                for batch in read_whole(part, &["meter"], &[&["meter"]])? {
                    let meters = Meters::of(&batch, "meter")?;
                    let mut last: Option<MeterRef<'_>> = None;
                    for meter in (0..batch.num_rows()).filter_map(|row| meters.get(row)) {
                        if last.replace(meter) != Some(meter) {
                            seen.insert(MeterName::from(meter));
                        }
                    }
                }
            }
            unbilled.extend(unseen(self.book, |name| seen.contains(&MeterName::from(name))));
        }
        unbilled.extend(nameless_rows(self.done.nameless));
        unbilled.sort();
        join(&parts, &self.job.out)?;
        self.workshop.remove()?;
        Ok(Summary {
            billed: self.done.billed,
            unbilled,
            rows: self.done.rows,
            peak_state_bytes: self.peak,
            resumed: self.resumed,
            notices: self.book.notices().to_vec(),
        })
    }
}
