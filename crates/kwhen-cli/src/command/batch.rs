//! `kwhen batch`: many meters from Parquet files.

use super::ask;
use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::file;
use crate::output::progress::Progress;
use clap::{Args, Subcommand, ValueEnum};
use kwhen::time::{SlotLength, Span};
use kwhen_app::answer::Answer;
use kwhen_app::ask::BatchRun;
use kwhen_app::context::{Context, Flag};
use kwhen_batch::{Layout, Sample};
use kwhen_page::number;
use serde::Serialize;
use std::path::PathBuf;

/// The bills of many meters, from Parquet files to a Parquet file
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  kwhen batch --consumption consumption.parquet --rates rates.parquet --agreements agreements.parquet --from 2026-01-01 --to 2026-02-01 --out bills.parquet
  kwhen batch generate --meters 1000 --out sample
  kwhen batch convert --consumption long.parquet --to dense --out dense.parquet"
)]
pub(crate) struct BatchArguments {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    run: Option<BatchRun>,
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
    /// Whether meters are billed: else files are made.
    pub(crate) fn bills(&self) -> bool {
        self.other.is_none()
    }

    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        match (&self.other, &self.run) {
            (Some(Other::Generate(arguments)), _) => arguments.run(ctx, shared),
            (Some(Other::Convert(arguments)), _) => arguments.run(ctx, shared),
            (None, Some(run)) => bill(run, ctx, shared),
            (None, None) => Err(End::usage("batch needs --consumption, --rates, --agreements and --out")),
        }
    }
}

/// Bills all meters, and shows what it came to.
fn bill(run: &BatchRun, ctx: &Context, shared: &Shared) -> Result<String> {
    let bar = Progress::new(Some("rows"));
    let answered = run.answer(ctx, |progress| {
        bar.show(progress.rows, progress.of_rows, &format!("{} meters", count(progress.billed)));
        // Nobody stops the run from here.
        true
    });
    drop(bar);
    let summary = answered?;
    if let Some(path) = run.report() {
        file::replace(path, summary.report.as_bytes())?;
    }
    let nothing = (summary.billed == 0).then(|| format!("{}: no meter could be billed", summary.out));
    let done = ask::show(&Answer::Batch(Box::new(summary)), ctx, shared)?;
    match nothing {
        Some(message) => Err(End::Partly { done, message }),
        None => Ok(done),
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
