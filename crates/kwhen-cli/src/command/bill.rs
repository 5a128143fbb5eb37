//! `kwhen bill`

use crate::arguments::{Format, PeriodArguments, Pricing, Shared};
use crate::failure::{Failure, Result};
use crate::input::{Source, at_most_one_standard_input};
use crate::output::style::Palette;
use crate::output::{bill as page, csv::Csv, json};
use clap::{Args, ValueEnum};
use kwhen::bill::{Bill, BillRequest, BillingRules, Grouping};
use kwhen::series::StandingCharges;
use kwhen::time::{PeriodKind, Span, instant_text};
use kwhen::{Consumption, RateSeries};
use serde::Serialize;
use std::path::PathBuf;

/// Make the bill of a period
///
/// Joins readings to unit rates by instant, adds standing charges by local day and VAT by date. What lacks a reading or a rate is
/// left out and named, never billed as zero.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen bill --rates rates.csv --consumption consumption.csv --from 2026-03-01 --to 2026-04-01
  kwhen bill --rates rates.json --consumption consumption.json --standing standing.json --by day
  kwhen bill --rates rates.csv --consumption - --format json < consumption.csv")]
pub(crate) struct BillArguments {
    /// Unit rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    consumption: PathBuf,
    /// Standing charges in pence a day
    #[arg(long, value_name = "FILE")]
    standing: Option<PathBuf>,
    #[command(flatten)]
    period: PeriodArguments,
    /// What is rounded: nothing, or each half-hour to 0.01 kWh and VAT to the penny as Octopus documents it
    #[arg(long, value_enum, default_value_t)]
    rules: Rules,
    /// Show the bill in pieces too
    #[arg(long, value_enum, value_name = "PIECE")]
    by: Option<Piece>,
    #[command(flatten)]
    pricing: Pricing,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Rules {
    #[default]
    Exact,
    Octopus,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Piece {
    Month,
    Week,
    Day,
    /// 23:00 to 23:00, the day that day-ahead prices are made for
    MarketDay,
    HalfHour,
}

impl Piece {
    const fn grouping(self) -> Grouping {
        match self {
            Self::Month => Grouping::Periods(PeriodKind::Month),
            Self::Week => Grouping::Periods(PeriodKind::Week),
            Self::Day => Grouping::Periods(PeriodKind::Day),
            Self::MarketDay => Grouping::Periods(PeriodKind::MarketDay),
            Self::HalfHour => Grouping::Slots,
        }
    }
}

impl BillArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let files = [Some(&self.rates), Some(&self.consumption), self.standing.as_ref()];
        at_most_one_standard_input(files.into_iter().flatten().map(PathBuf::as_path))?;
        let calendar = shared.calendar()?;
        let rates = Source::read(&self.rates)?.rates(&self.pricing)?;
        let consumption = Source::read(&self.consumption)?.consumption()?;
        let standing = self.standing.as_deref().map(Source::read).transpose()?;
        let standing = standing.map(|source| source.standing_charges(&self.pricing)).transpose()?;

        let readings = consumption.grid().span();
        let readings = readings.ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let bill = Bill::new(&BillRequest {
            standing_charges: standing.as_ref(),
            calendar,
            rules: match self.rules {
                Rules::Exact => BillingRules::exact(),
                Rules::Octopus => BillingRules::octopus(),
            },
            grouping: self.by.map(Piece::grouping),
            ..BillRequest::new(&consumption, &rates, self.period.within(&calendar, readings)?)
        })?;
        let input = Input::new(&rates, &consumption, standing.as_ref());
        match shared.format {
            Format::Text => Ok(page::text(&bill, &input, calendar, Palette::for_stdout(shared.color))),
            Format::Json => json(&BillAndInput { bill: &bill, input: &input }),
            Format::Csv => Ok(if self.by.is_some() { periods_csv(&bill) } else { lines_csv(&bill) }),
        }
    }
}

/// What was read.
#[derive(Debug, Serialize)]
pub(crate) struct Input {
    pub(crate) rates: usize,
    pub(crate) rates_span: Span,
    pub(crate) rate_gaps: Vec<Span>,
    pub(crate) readings: usize,
    pub(crate) readings_span: Option<Span>,
    pub(crate) reading_gaps: Vec<Span>,
    pub(crate) slot_minutes: u32,
    pub(crate) standing_charges: usize,
}

impl Input {
    pub(crate) fn new(
        rates: &RateSeries,
        consumption: &Consumption,
        standing: Option<&StandingCharges>,
    ) -> Self {
        Self {
            rates: rates.len(),
            rates_span: rates.span(),
            rate_gaps: rates.gaps(),
            readings: consumption.reading_count(),
            readings_span: consumption.grid().span(),
            reading_gaps: consumption.gaps(),
            slot_minutes: consumption.grid().slot_length().minutes(),
            standing_charges: standing.map_or(0, |standing| standing.intervals().len()),
        }
    }
}

#[derive(Serialize)]
struct BillAndInput<'a> {
    #[serde(flatten)]
    bill: &'a Bill,
    input: &'a Input,
}

fn lines_csv(bill: &Bill) -> String {
    let header =
        ["kind", "description", "from", "to", "kwh", "days", "price_pence", "vat_percent", "net_pence"];
    let mut csv = Csv::new(&header);
    let or_empty = |text: Option<String>| text.unwrap_or_default();
    for line in &bill.lines {
        csv.row(&[
            line.kind.name().to_owned(),
            line.description.clone(),
            instant_text(line.span.from()),
            instant_text(line.span.to()),
            or_empty(line.kwh.map(|kwh| kwh.to_string())),
            or_empty(line.days.map(|days| days.to_string())),
            or_empty(line.price_pence.map(|price| price.to_string())),
            line.vat_percent.to_string(),
            line.net_pence.to_string(),
        ]);
    }
    csv.into_text()
}

fn periods_csv(bill: &Bill) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "label",
        "slots",
        "billed_slots",
        "days",
        "kwh",
        "net_pence",
        "vat_pence",
        "total_pence",
    ]);
    for piece in bill.periods.iter().flatten() {
        csv.row(&[
            instant_text(piece.period.span.from()),
            instant_text(piece.period.span.to()),
            piece.period.label.clone(),
            piece.slots.to_string(),
            piece.billed_slots.to_string(),
            piece.days.to_string(),
            piece.kwh.to_string(),
            piece.net_pence.to_string(),
            piece.vat_pence.to_string(),
            piece.total_pence.to_string(),
        ]);
    }
    csv.into_text()
}
