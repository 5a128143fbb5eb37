//! The bills of many meters.

use crate::answer::batch::{BatchSummary, NameInFile, UnbilledMeter};
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::source::definition;
use crate::words::parse_time;
use crate::words::selling::SoldTo;
use clap::{Args, ValueEnum};
use kwhen::tariff::{VatRate, VatTable};
use kwhen::time::{PeriodKind, SlotLength, Span};
use kwhen_batch::{Job, MeterName, Progress, Summary, Terms, Unbilled};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is billed, from which files, to which file.
#[derive(Args, Debug)]
pub struct BatchRun {
    /// Readings: meter, interval_start, consumption (kWh) or wh; a file, several, or a folder of them
    #[arg(long, value_name = "PARQUET")]
    consumption: PathBuf,
    /// Unit rates and standing charges: tariff, kind, valid_from, valid_to, value_exc_vat or value_inc_vat, band
    #[arg(long, value_name = "PARQUET")]
    rates: PathBuf,
    /// Which meter is on which tariff: meter, tariff, valid_from, valid_to
    #[arg(long, value_name = "PARQUET")]
    agreements: PathBuf,
    /// The bills; the file appears when all of them are made
    #[arg(long, value_name = "PARQUET")]
    out: PathBuf,
    /// The meters that could not be billed and why, as CSV
    #[arg(long, value_name = "CSV")]
    report: Option<PathBuf>,
    /// What is billed: from a date
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Up to a date, which is not billed
    #[arg(long, value_name = "DATE")]
    to: String,
    /// The periods that are billed, each on its own
    #[arg(long, value_enum, default_value_t, value_name = "PERIOD")]
    by: Period,
    /// What is rounded: exact, octopus, or a file
    #[arg(long, default_value = "exact", value_name = "RULES")]
    rules: String,
    /// The length of the meters' slots
    #[arg(long, default_value_t = 30, value_name = "MINUTES", allow_negative_numbers = true)]
    slot_minutes: u32,
    /// Go on with a run that was killed
    #[arg(long)]
    resume: bool,
    /// The most memory that meters may take of which the files may hold more
    #[arg(long, default_value_t = 1024, value_name = "MIB", allow_negative_numbers = true)]
    memory: usize,
    /// Threads; as many as there are cores, if not given
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Take times without a time zone as UTC; without this they are refused
    #[arg(long)]
    assume_utc: bool,
    // Not the flag of the other commands: clap takes all of `run` as not given where one of its parts is flattened into it.
    /// To whom the tariffs are sold, where neither their codes nor their prices say it
    #[arg(long, value_enum, value_name = "WHO")]
    customer: Option<SoldTo>,
    /// The tax on all tariffs, where their codes and the country that goes by the clock do not say it: 21% or none
    #[arg(long, value_name = "PERCENT")]
    tax: Option<VatRate>,
}

fn threads(text: &str) -> Result<usize, String> {
    let most = kwhen_batch::MOST_THREADS;
    let threads = text.parse().ok().filter(|threads| (1..=most).contains(threads));
    threads.ok_or_else(|| format!("it must be a whole number from 1 to {most}"))
}

/// The periods that are billed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Period {
    #[default]
    Month,
    Week,
    Day,
    Year,
}

impl Period {
    const fn kind(self) -> PeriodKind {
        match self {
            Self::Month => PeriodKind::Month,
            Self::Week => PeriodKind::Week,
            Self::Day => PeriodKind::Day,
            Self::Year => PeriodKind::Year,
        }
    }
}

impl From<kwhen_batch::Error> for Failure {
    fn from(error: kwhen_batch::Error) -> Self {
        Self::work(error.to_string())
    }
}

impl BatchRun {
    /// Where the meters that could not be billed are wanted as CSV.
    #[must_use]
    pub fn report(&self) -> Option<&Path> {
        self.report.as_deref()
    }

    /// Makes the file of the bills. `told` hears how far it is, and says whether to go on.
    ///
    /// # Errors
    /// What is asked does not go together, or a file cannot be read or written.
    pub fn answer(&self, ctx: &Context, told: impl FnMut(Progress) -> bool + Send) -> Result<BatchSummary> {
        ctx.only(&[Flag::TimeZone, Flag::Customer])?;
        let calendar = ctx.calendar()?;
        let span = Span::new(parse_time(ctx, &self.from, "--from")?, parse_time(ctx, &self.to, "--to")?)?;
        let terms = Terms {
            calendar,
            periods: self.by.kind(),
            slot_length: SlotLength::from_minutes(self.slot_minutes)?,
            rules: definition::rules(ctx, &self.rules)?,
            assume_utc: self.assume_utc,
            customer: self.customer.map(SoldTo::customer),
            vat: self.tax.map(VatTable::flat),
            ..Terms::new(span)
        };
        if let Some(report) = &self.report {
            kwhen_batch::refuse_over(report, [self.consumption.as_path(), &self.rates, &self.agreements])?;
            if kwhen_batch::is_same_file(report, &self.out) {
                return Err(Failure::usage("--report and --out are one file"));
            }
        }
        let mut job = Job::new(
            self.consumption.clone(),
            self.rates.clone(),
            self.agreements.clone(),
            self.out.clone(),
            terms,
        );
        job.resume = self.resume;
        job.memory = self.memory.saturating_mul(1 << 20);
        let summary = kwhen_batch::on_threads(self.threads, || kwhen_batch::run(&job, told))??;
        Ok(self.summed(summary))
    }

    fn summed(&self, summary: Summary) -> BatchSummary {
        let mut reasons = BTreeMap::new();
        for unbilled in &summary.unbilled {
            *reasons.entry(unbilled.reason.name()).or_default() += 1;
        }
        BatchSummary {
            out: self.out.display().to_string(),
            billed: summary.billed,
            rows: summary.rows,
            resumed: summary.resumed,
            assume_utc: self.assume_utc,
            reasons,
            report: Unbilled::csv(&summary.unbilled),
            unbilled: summary.unbilled.into_iter().map(unbilled).collect(),
            notices: summary.notices,
            peak_state_bytes: summary.peak_state_bytes,
            peak_resident_bytes: peak_resident_bytes(),
        }
    }
}

fn unbilled(unbilled: Unbilled) -> UnbilledMeter {
    let meter = unbilled.meter.map(|meter| match meter {
        MeterName::Number(number) => NameInFile::Number(number),
        MeterName::Text(text) => NameInFile::Text(text.into()),
    });
    UnbilledMeter { meter, reason: unbilled.reason.name(), message: unbilled.message }
}

/// The most memory that the process had at once, as Linux tells it.
fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
}
