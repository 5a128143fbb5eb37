//! `kwhen cheapest`

use crate::arguments::{Format, PeriodArguments, Pricing, Shared, parse_band, parse_duration};
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::output::style::Palette;
use crate::output::when::duration;
use crate::output::{csv::Csv, json, windows as page};
use clap::Args;
use kwhen::plan::window::{Alternatives, Request, Window};
use kwhen::plan::{Aim, Prefer, SlotPrices};
use kwhen::time::{Calendar, Grid, LocalBand, Span, instant_text};
use kwhen::{RateSeries, UnitRate};
use serde::Serialize;
use std::path::PathBuf;

/// Find the cheapest time to run something
///
/// One unbroken run by default, to the minute: it need not start on the half-hour. With --split the run may come in several blocks.
/// No run crosses a slot whose rate is missing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen cheapest --rates rates.csv --duration 3h
  kwhen cheapest --rates rates.csv --duration 1h30m --within 22:00..07:00 --from 2026-10-13 --to 2026-10-15
  kwhen cheapest --rates rates.csv --duration 4h --split --max-starts 2 --min-run 1h --format json")]
pub(crate) struct CheapestArguments {
    /// Unit rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    /// How long it runs: 3h, 90m, 1h30m
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    duration: u32,
    /// Only within this band of local time; it may cross midnight
    #[arg(long, value_parser = parse_band, value_name = "HH:MM..HH:MM")]
    within: Option<LocalBand>,
    #[command(flatten)]
    period: PeriodArguments,
    /// Allow several blocks
    #[arg(long)]
    split: bool,
    /// At most so many blocks
    #[arg(long, requires = "split", value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    max_starts: Option<u16>,
    /// No block shorter than this
    #[arg(long, requires = "split", value_parser = parse_duration, value_name = "DURATION")]
    min_run: Option<u32>,
    /// How many windows to show, best first; they share no time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), value_name = "K")]
    top: u16,
    /// Let the windows of --top share time
    #[arg(long)]
    overlapping: bool,
    /// Of equally cheap windows take the latest, not the earliest
    #[arg(long)]
    latest: bool,
    #[command(flatten)]
    pricing: Pricing,
}

/// What was found, and what it is to be compared with.
#[derive(Debug, Serialize)]
pub(crate) struct Cheapest {
    /// When rates were looked at.
    #[serde(flatten)]
    pub(crate) span: Span,
    /// The clock of the band.
    pub(crate) time_zone: &'static str,
    /// The version of the time zone tables.
    pub(crate) tzdb: &'static str,
    /// Slots looked at.
    pub(crate) slots: usize,
    /// Slots among them that have no rate.
    pub(crate) missing_rates: Vec<Span>,
    /// The mean rate of the slots that have one.
    pub(crate) mean_p_per_kwh: Option<UnitRate>,
    /// The dearest window of the same kind.
    pub(crate) dearest: Option<Window>,
    /// Best first.
    pub(crate) windows: Vec<Window>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}

impl CheapestArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let rates = Source::read(&self.rates)?.rates(&self.pricing)?;
        let span = self.period.within(&calendar, rates.span())?;
        let prices = prices(&rates, span)?;
        let found = self.find(&prices, &calendar, span, &rates)?;
        match shared.format {
            Format::Text => {
                Ok(page::text(&found, &prices, &self.asked(), calendar, Palette::for_stdout(shared.color)))
            }
            Format::Json => json(&found),
            Format::Csv => Ok(csv(&found)),
        }
    }

    /// What is looked for, in words.
    fn asked(&self) -> String {
        let mut text = format!("Cheapest {}", duration(i64::from(self.duration)));
        match self.max_starts {
            Some(1) => text.push_str(" in one block"),
            Some(starts) => text.push_str(&format!(" in at most {starts} blocks")),
            None if self.split => text.push_str(" in any blocks"),
            None => {}
        }
        if let Some(minutes) = self.min_run {
            text.push_str(&format!(" of at least {}", duration(i64::from(minutes))));
        }
        if let Some(band) = self.within {
            text.push_str(&format!(", {} to {}", band.from.format("%H:%M"), band.to.format("%H:%M")));
        }
        text
    }

    fn find(
        &self,
        prices: &SlotPrices,
        calendar: &Calendar,
        span: Span,
        rates: &RateSeries,
    ) -> Result<Cheapest> {
        let request = self.request(calendar, span)?;
        let found = request.clone().find(prices)?;
        if let Some(shortage) = found.shortage {
            let message = format!("{}: {}", self.rates.display(), shortage.message);
            return Err(Failure::work(match shortage.nearest {
                Some(nearest) => format!(
                    "{message}; the longest run that there is takes {}",
                    duration(nearest.duration_minutes)
                ),
                None => message,
            }));
        }
        let dearest = request.top(1, Alternatives::Apart).aim(Aim::Dearest).find(prices)?;
        Ok(Cheapest {
            span,
            time_zone: calendar.name(),
            tzdb: kwhen::time::TZDB_VERSION,
            slots: prices.grid().len(),
            missing_rates: missing(prices),
            mean_p_per_kwh: mean(prices),
            dearest: dearest.windows.into_iter().next(),
            windows: found.windows,
            notices: rates.notices().iter().map(ToString::to_string).collect(),
        })
    }

    fn request(&self, calendar: &Calendar, span: Span) -> Result<Request> {
        let mut request =
            if self.split { Request::split(self.duration)? } else { Request::unbroken(self.duration)? };
        request = request.during(span);
        if let Some(starts) = self.max_starts {
            request = request.max_starts(usize::from(starts));
        }
        if let Some(minutes) = self.min_run {
            request = request.min_run(minutes);
        }
        if let Some(band) = self.within {
            request = request.within(calendar.band_spans(band, span)?);
        }
        let alternatives = if self.overlapping { Alternatives::Different } else { Alternatives::Apart };
        let prefer = if self.latest { Prefer::Latest } else { Prefer::Earliest };
        Ok(request.top(usize::from(self.top), alternatives).prefer(prefer))
    }
}

/// What the customer pays in each slot that touches a span.
pub(crate) fn prices(rates: &RateSeries, span: Span) -> Result<SlotPrices> {
    let slot = rates.slot_length();
    // Rates sit on slots counted from their own start, so the grid is that start gone on with over the span.
    let step = slot.seconds();
    let before = (span.from() - rates.span().from()).num_seconds().rem_euclid(step);
    let start = span.from() - chrono::TimeDelta::seconds(before);
    let slots = ((span.to() - start).num_seconds() + step - 1) / step;
    let grid = Grid::new(start, slot, usize::try_from(slots).unwrap_or(0))?;
    let paid = rates.on_grid(&grid, rates.paid_basis())?;
    Ok(SlotPrices::new(grid, paid.iter())?)
}

fn missing(prices: &SlotPrices) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for slot in prices.grid().slots().filter(|slot| prices.paid(slot.index).is_none()) {
        match spans.last_mut() {
            Some(last) if last.to() == slot.span.from() => {
                *last = Span::new(last.from(), slot.span.to()).unwrap_or(*last);
            }
            _ => spans.push(slot.span),
        }
    }
    spans
}

pub(crate) fn mean(prices: &SlotPrices) -> Option<UnitRate> {
    let (mut count, mut sum) = (0_i128, 0_i128);
    for rate in (0..prices.grid().len()).filter_map(|index| prices.paid(index)) {
        count += 1;
        sum += i128::from(rate.units());
    }
    let mean = sum.checked_div(count)?;
    i64::try_from(mean).ok().and_then(|units| UnitRate::from_units(units).ok())
}

fn csv(found: &Cheapest) -> String {
    let mut csv = Csv::new(&["window", "from", "to", "minutes", "average_p_per_kwh", "starts"]);
    for (place, window) in (1_usize..).zip(&found.windows) {
        for block in &window.blocks {
            csv.row(&[
                place.to_string(),
                instant_text(block.from()),
                instant_text(block.to()),
                (block.seconds() / 60).to_string(),
                window.average_p_per_kwh.to_string(),
                window.starts.to_string(),
            ]);
        }
    }
    csv.into_text()
}
