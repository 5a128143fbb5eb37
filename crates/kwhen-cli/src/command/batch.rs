//! `kwhen batch`: many meters from Parquet files.

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::file;
use clap::{Args, Subcommand, ValueEnum};
use kwhen::tariff::{VatRate, VatTable};
use kwhen::time::{PeriodKind, SlotLength, Span};
use kwhen_app::context::{Context, Flag};
use kwhen_app::source::definition;
use kwhen_app::words::parse_time;
use kwhen_app::words::selling::SoldTo;
use kwhen_batch::{Job, Layout, Progress, Sample, Summary, Terms, Unbilled};
use kwhen_page::number;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// The bills of many meters, from Parquet files to a Parquet file
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BatchArguments {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    run: Option<RunArguments>,
}

#[derive(Args, Debug)]
struct RunArguments {
    /// Readings: meter, interval_start, consumption (kWh) or wh; a file or a folder of them
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

#[derive(Subcommand, Debug)]
enum Other {
    /// Make up meters, tariffs and agreements as Parquet: the same for the same seed
    Generate(GenerateArguments),
    /// Rewrite consumption: rows sorted by meter and time as one list for each meter and month, or back
    Convert(ConvertArguments),
}

#[derive(Args, Debug)]
struct GenerateArguments {
    /// The folder that consumption.parquet, rates.parquet and agreements.parquet go to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many meters
    #[arg(long, default_value_t = 1_000, allow_negative_numbers = true)]
    meters: u32,
    /// How many years, from 2025-01-01 on
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    years: u16,
    /// Where the numbers come from
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// How the readings are laid out
    #[arg(long, value_enum, default_value_t)]
    layout: LayoutName,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum LayoutName {
    /// A row a reading, in kWh as DECIMAL(9, 3)
    #[default]
    Kwh,
    /// A row a reading, in whole Wh
    Wh,
    /// A list for each meter and month
    Dense,
}

#[derive(Args, Debug)]
struct ConvertArguments {
    /// Readings, long or dense; a file or a folder of them
    #[arg(long, value_name = "PARQUET")]
    consumption: PathBuf,
    /// The file in the other layout
    #[arg(long, value_name = "PARQUET")]
    out: PathBuf,
    /// What to write
    #[arg(long, value_enum, value_name = "LAYOUT")]
    to: Target,
    /// The length of the meters' slots
    #[arg(long, default_value_t = 30, value_name = "MINUTES", allow_negative_numbers = true)]
    slot_minutes: u32,
    /// Take times without a time zone as UTC; without this they are refused
    #[arg(long)]
    assume_utc: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Target {
    /// A list for each meter and month
    Dense,
    /// A row a reading
    Long,
}

impl From<kwhen_batch::Error> for End {
    fn from(error: kwhen_batch::Error) -> Self {
        Self::work(error.to_string())
    }
}

impl BatchArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        match (&self.other, &self.run) {
            (Some(Other::Generate(arguments)), _) => arguments.run(ctx, shared),
            (Some(Other::Convert(arguments)), _) => arguments.run(ctx, shared),
            (None, Some(arguments)) => arguments.run(ctx, shared),
            (None, None) => Err(End::usage("batch needs --consumption, --rates, --agreements and --out")),
        }
    }
}

impl RunArguments {
    fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        ctx.only(&[Flag::TimeZone, Flag::Customer])?;
        let calendar = ctx.calendar()?;
        let span = Span::new(
            parse_time(&calendar, &self.from, "--from")?,
            parse_time(&calendar, &self.to, "--to")?,
        )?;
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
        let mut job = Job::new(
            self.consumption.clone(),
            self.rates.clone(),
            self.agreements.clone(),
            self.out.clone(),
            terms,
        );
        job.resume = self.resume;
        job.memory = self.memory.saturating_mul(1 << 20);
        let mut bar = Bar::new();
        let work = || kwhen_batch::run(&job, |progress| bar.show(progress));
        let summary = kwhen_batch::on_threads(self.threads, work)?;
        bar.clear();
        let summary = summary?;
        if shared.format != Format::Json {
            file::note(&summary.notices, shared.error_palette());
        }
        if let Some(path) = &self.report {
            kwhen_batch::write_whole(path, Unbilled::csv(&summary.unbilled).as_bytes())?;
        }
        match shared.format {
            Format::Text => Ok(page(&summary, self)),
            Format::Json => Ok(kwhen_page::json(&Page::new(&summary, self))?),
            Format::Csv => Ok(Unbilled::csv(&summary.unbilled)),
        }
    }
}

impl GenerateArguments {
    fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        // Its own --layout is how the readings it makes are laid out.
        ctx.only(&[Flag::TimeZone, Flag::Layout])?;
        let calendar = ctx.calendar()?;
        let year = |year: u16| calendar.parse(&format!("{year}-01-01"));
        Made::check(shared.format)?;
        let last = 2025_u16.saturating_add(self.years);
        if self.meters == 0 || self.years == 0 {
            return Err(End::usage("--meters and --years are at least 1"));
        }
        let sample = Sample {
            meters: self.meters,
            span: Span::new(year(2025)?, year(last)?)?,
            seed: self.seed,
            layout: match self.layout {
                LayoutName::Kwh => Layout::LongKwh,
                LayoutName::Wh => Layout::LongWh,
                LayoutName::Dense => Layout::Dense,
            },
        };
        let readings = kwhen_batch::generate(&sample, &self.out)?;
        let said = Made { out: self.out.display().to_string(), rows: readings };
        said.written(shared.format, || {
            format!(
                "{} readings of {} meters, 2025-01-01 to {last}-01-01",
                count(readings),
                count(self.meters.into())
            )
        })
    }
}

impl ConvertArguments {
    fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        Made::check(shared.format)?;
        let by_the_clock: &[Flag] = match self.to {
            Target::Dense => &[Flag::TimeZone],
            Target::Long => &[],
        };
        ctx.only(by_the_clock)?;
        let slot_length = SlotLength::from_minutes(self.slot_minutes)?;
        let from = &self.consumption;
        let (rows, what) = match self.to {
            Target::Dense => {
                let calendar = ctx.calendar()?;
                let made = kwhen_batch::to_dense(from, &self.out, &calendar, slot_length, self.assume_utc);
                (made?, "lists")
            }
            Target::Long => {
                (kwhen_batch::to_long(from, &self.out, slot_length, self.assume_utc)?, "readings")
            }
        };
        let said = Made { out: self.out.display().to_string(), rows };
        said.written(shared.format, || format!("{} {what}", count(rows)))
    }
}

/// What was written, and how many rows.
#[derive(Serialize)]
struct Made {
    out: String,
    rows: u64,
}

impl Made {
    fn check(format: Format) -> Result<()> {
        match format {
            Format::Text | Format::Json => Ok(()),
            Format::Csv => Err(End::usage("--format csv: this has no rows; take text or json")),
        }
    }

    fn written(&self, format: Format, sentence: impl Fn() -> String) -> Result<String> {
        match format {
            Format::Json => Ok(kwhen_page::json(self)?),
            Format::Text | Format::Csv => Ok(format!("{}: {}\n", self.out, sentence())),
        }
    }
}

fn count(number: u64) -> String {
    number::count(usize::try_from(number).unwrap_or(usize::MAX))
}

fn plural(number: u64, one: &str) -> String {
    number::plural(usize::try_from(number).unwrap_or(usize::MAX), one)
}

/// Meters that are named one by one on the page.
const SHOWN: usize = 10;

fn page(summary: &Summary, run: &RunArguments) -> String {
    let mut page = format!(
        "{}: {} billed from {}{}{}\n",
        run.out.display(),
        plural(summary.billed, "meter"),
        plural(summary.rows, "row"),
        if summary.resumed { ", resumed" } else { "" },
        if run.assume_utc { "; times without a time zone are taken as UTC" } else { "" }
    );
    if summary.unbilled.is_empty() {
        return page;
    }
    let reasons: Vec<String> =
        reasons(&summary.unbilled).into_iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    page.push_str(&format!(
        "{} could not be billed: {}\n",
        count(summary.unbilled.len() as u64),
        reasons.join(", ")
    ));
    for unbilled in summary.unbilled.iter().take(SHOWN) {
        let meter = unbilled.meter.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        page.push_str(&format!("  {meter}  {}: {}\n", unbilled.reason.name(), unbilled.message));
    }
    if let Some(more) = summary.unbilled.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        page.push_str(&format!("  and {} more; --report has them all\n", count(more as u64)));
    }
    page
}

fn reasons(unbilled: &[Unbilled]) -> BTreeMap<&'static str, usize> {
    let mut reasons = BTreeMap::new();
    for unbilled in unbilled {
        *reasons.entry(unbilled.reason.name()).or_default() += 1;
    }
    reasons
}

#[derive(Serialize)]
struct Page<'a> {
    out: String,
    billed: u64,
    rows: u64,
    resumed: bool,
    assume_utc: bool,
    reasons: BTreeMap<&'static str, usize>,
    unbilled: &'a [Unbilled],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notices: &'a [String],
    peak_state_bytes: usize,
    /// Where the system tells it.
    peak_resident_bytes: Option<u64>,
}

impl<'a> Page<'a> {
    fn new(summary: &'a Summary, run: &RunArguments) -> Self {
        Self {
            out: run.out.display().to_string(),
            billed: summary.billed,
            rows: summary.rows,
            resumed: summary.resumed,
            assume_utc: run.assume_utc,
            reasons: reasons(&summary.unbilled),
            unbilled: &summary.unbilled,
            notices: &summary.notices,
            peak_state_bytes: summary.peak_state_bytes,
            peak_resident_bytes: peak_resident_bytes(),
        }
    }
}

/// The most memory that the process had at once, as Linux tells it.
fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A line on the terminal that says how far the work has come.
struct Bar {
    shown: bool,
    last: u64,
}

impl Bar {
    fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal(), last: u64::MAX }
    }

    /// Always `true`: nobody stops the run from here.
    fn show(&mut self, progress: Progress) -> bool {
        const WIDTH: u64 = 40;
        let share = |of: u64| progress.rows * of / progress.of_rows.max(1);
        if self.shown && share(1_000) != self.last {
            self.last = share(1_000);
            let full = usize::try_from(share(WIDTH)).unwrap_or(0);
            let empty = usize::try_from(WIDTH).unwrap_or(0).saturating_sub(full);
            eprint!(
                "\r{}{} {:>3} %  {} meters",
                "█".repeat(full),
                "░".repeat(empty),
                share(100),
                count(progress.billed)
            );
            // A progress bar that cannot be shown is no reason to stop.
            let _ = std::io::stderr().flush();
        }
        true
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
