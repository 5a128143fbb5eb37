//! `kwhen charge`

use crate::arguments::{Format, Pricing, Shared, parse_band, parse_duration, parse_exact, parse_time};
use crate::command::cheapest::prices;
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::output::style::Palette;
use crate::output::{charge as page, csv::Csv, json};
use chrono::{DateTime, Days, NaiveTime, Utc};
use clap::Args;
use kwhen::plan::charge::{Plan, Request};
use kwhen::plan::{Power, Prefer, Share};
use kwhen::time::{Calendar, LocalBand, Span, TZDB_VERSION, instant_text};
use kwhen::{Energy, UnitRate};
use serde::Serialize;
use std::path::PathBuf;

/// Plan a car's charge, or any load with an energy to draw by a deadline
///
/// The cheapest plan to the last digit. Where it cannot all be done, the plan that comes nearest and the reason are given.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen charge --rates rates.csv --kwh 22 --kw 7.4 --from 2026-10-24T18:00 --by 07:00
  kwhen charge --rates rates.csv --kwh 22 --kw 7.4 --by 07:00 --max-starts 2 --min-run 1h
  kwhen charge --rates rates.csv --kwh 40 --kw 7.4 --by 07:00 --price-cap 15 --format json")]
pub(crate) struct ChargeArguments {
    /// Unit rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    /// How much to store, in kWh
    #[arg(long, value_parser = parse_exact::<Energy>, value_name = "KWH")]
    kwh: Energy,
    /// The most power, in kW
    #[arg(long, value_parser = parse_exact::<Power>, value_name = "KW")]
    kw: Power,
    /// When the load is there: a date or a time; the start of the rates, if not said
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// The deadline: a time of day (the first after the start), or a date and time; the end of the rates, if not said
    #[arg(long, value_name = "TIME")]
    by: Option<String>,
    /// Only within this band of local time; it may cross midnight
    #[arg(long, value_parser = parse_band, value_name = "HH:MM..HH:MM")]
    within: Option<LocalBand>,
    /// At most so many starts
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    max_starts: Option<u16>,
    /// No run shorter than this
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    min_run: Option<u32>,
    /// No less power than this where there is any, in kW
    #[arg(long, value_parser = parse_exact::<Power>, value_name = "KW")]
    min_kw: Option<Power>,
    /// How much of what is drawn is stored: 0.9 or 90%
    #[arg(long, value_parser = parse_exact::<Share>, value_name = "SHARE")]
    efficiency: Option<Share>,
    /// Never at more than this, in p/kWh, even if less is stored
    #[arg(long, value_parser = parse_exact::<UnitRate>, value_name = "P", allow_hyphen_values = true)]
    price_cap: Option<UnitRate>,
    /// Of equally cheap plans take the latest, not the earliest
    #[arg(long)]
    latest: bool,
    #[command(flatten)]
    pricing: Pricing,
}

/// What was planned, and for when.
#[derive(Debug, Serialize)]
pub(crate) struct Charge {
    /// From when the load is there to its deadline.
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) time_zone: &'static str,
    pub(crate) tzdb: &'static str,
    #[serde(flatten)]
    pub(crate) plan: Plan,
}

impl ChargeArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let rates = Source::read(&self.rates)?.rates(&self.pricing)?;
        let span = self.span(&calendar, rates.span())?;
        let prices = prices(&rates, span)?;
        let mut request = Request::energy(self.kwh, self.kw, span)?;
        if let Some(starts) = self.max_starts {
            request = request.max_starts(usize::from(starts));
        }
        if let Some(minutes) = self.min_run {
            request = request.min_run(minutes);
        }
        if let Some(power) = self.min_kw {
            request = request.min_power(power);
        }
        if let Some(efficiency) = self.efficiency {
            request = request.efficiency(efficiency);
        }
        if let Some(rate) = self.price_cap {
            request = request.price_cap(rate);
        }
        if let Some(band) = self.within {
            request = request.within(calendar.band_spans(band, span)?);
        }
        let prefer = if self.latest { Prefer::Latest } else { Prefer::Earliest };
        let plan = request.prefer(prefer).plan(&prices)?;
        let charge = Charge { span, time_zone: calendar.name(), tzdb: TZDB_VERSION, plan };
        match shared.format {
            Format::Text => {
                let asked = format!("{} kWh at up to {} kW", self.kwh, self.kw);
                Ok(page::text(&charge, &prices, &asked, calendar, Palette::for_stdout(shared.color)))
            }
            Format::Json => json(&charge),
            Format::Csv => Ok(csv(&charge.plan)),
        }
    }

    fn span(&self, calendar: &Calendar, whole: Span) -> Result<Span> {
        let from = match &self.from {
            Some(text) => parse_time(calendar, text, "--from")?,
            None => whole.from(),
        };
        let to = match &self.by {
            Some(text) => deadline(calendar, from, text)?,
            None => whole.to(),
        };
        if to <= from {
            return Err(match (&self.from, &self.by) {
                (Some(from), None) => {
                    Failure::work(format!("--from {from} is after the rates, which are {whole}"))
                }
                _ => Failure::usage("--by must be after --from"),
            });
        }
        Ok(Span::new(from, to)?)
    }
}

/// A deadline from text: a time of day is the first one after the start.
fn deadline(calendar: &Calendar, from: DateTime<Utc>, text: &str) -> Result<DateTime<Utc>> {
    let Ok(time) = NaiveTime::parse_from_str(text, "%H:%M") else {
        return parse_time(calendar, text, "--by");
    };
    let today = calendar.local(from).date();
    let at = calendar.instant_of(today.and_time(time))?;
    if at > from {
        return Ok(at);
    }
    let tomorrow =
        today.checked_add_days(Days::new(1)).ok_or_else(|| Failure::work("--by is beyond the calendar"))?;
    Ok(calendar.instant_of(tomorrow.and_time(time))?)
}

fn csv(plan: &Plan) -> String {
    let mut csv = Csv::new(&["from", "to", "kw", "kwh", "cost_pence"]);
    for block in &plan.blocks {
        csv.row(&[
            instant_text(block.span.from()),
            instant_text(block.span.to()),
            block.kw.to_string(),
            block.kwh.to_string(),
            block.cost_pence.to_string(),
        ]);
    }
    csv.into_text()
}
