//! The cheapest time to run something.

use crate::answer::frame::{Frame, Remarks};
use crate::answer::windows::Cheapest;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::planned::{Planned, planned};
use crate::source::{BlocksOf, Source, plan_in_force};
use crate::words::selling::Market;
use crate::words::{
    PeriodArguments, Pricing, Slots, parse, parse_band, parse_duration, parse_moment, parse_times,
};
use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use kwhen::plan::window::{Alternatives, Amount, Profile, WindowRequest};
use kwhen::plan::{Aim, Power, Prefer, SlotPrices, slots_over};
use kwhen::time::{Calendar, LocalBand, Span, duration_text};
use kwhen::{RateSeries, UnitRate};
use rust_decimal::Decimal;
use std::path::{Path, PathBuf};

/// Find the cheapest time to run something
///
/// One unbroken run by default, to the minute: it need not start on the half-hour. With --split the run may come in several blocks.
/// No run crosses a slot whose rate is missing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen cheapest --rates rates.csv --duration 3h
  kwhen cheapest --rates rates.csv --duration 1h30m --within 22:00..07:00 --from 2026-10-13 --to 2026-10-15
  kwhen cheapest --rates rates.csv --duration 4h --split --max-starts 2 --min-run 1h --format json
  kwhen cheapest --rates go.toml --duration 2h --greenness green.json --from 2026-10-13 --to 2026-10-14")]
pub struct CheapestArguments {
    /// Unit rates: JSON as the API gives it, or CSV; or a tariff's definition
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    #[command(flatten)]
    market: Market,
    /// How long it runs: 3h, 90m, 1h30m
    #[arg(long, value_parser = parse_duration, required_unless_present = "profile", conflicts_with = "profile", value_name = "DURATION")]
    duration: Option<u32>,
    /// A load that draws different powers as it goes: the kW of each step, such as 2,2,0.2
    #[arg(long, value_parser = parse::<Power>, value_delimiter = ',', conflicts_with = "split", value_name = "KW,KW,..")]
    profile: Vec<Power>,
    /// How long each step of the profile lasts; a slot of the plan if not said
    #[arg(long, value_parser = parse_duration, requires = "profile", value_name = "DURATION")]
    profile_step: Option<u32>,
    /// Only within this band of local time; it may cross midnight
    #[arg(long, value_parser = parse_band, value_name = "HH:MM..HH:MM")]
    within: Option<LocalBand>,
    #[command(flatten)]
    period: PeriodArguments,
    /// Only within so long of the start of the period
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    next: Option<u32>,
    /// Never in this time; may be repeated
    #[arg(long, value_name = "TIME..TIME")]
    blocked: Vec<String>,
    /// Only in slots that cost no more than this, in p/kWh
    #[arg(long, value_parser = parse::<UnitRate>, allow_hyphen_values = true, value_name = "P")]
    price_cap: Option<UnitRate>,
    /// Only in slots that cost no less than this, in p/kWh
    #[arg(long, value_parser = parse::<UnitRate>, allow_hyphen_values = true, value_name = "P")]
    price_floor: Option<UnitRate>,
    /// Rates added to those paid before windows are compared, such as a price on carbon: JSON or CSV as for rates
    #[arg(long, value_name = "FILE")]
    added: Option<PathBuf>,
    /// Of windows that cost the same take the greenest (with --dearest the least green): what `kwhen api call greennessForecast --format json`
    /// answered. It changes no cost
    #[arg(long, conflicts_with = "profile", value_name = "FILE")]
    greenness: Option<PathBuf>,
    /// The dearest time instead, for export
    #[arg(long)]
    dearest: bool,
    /// Whether the duration is exact, a least or a most
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    amount: HowLong,
    /// With --amount at-least: what running longer is worth, in p/kWh
    #[arg(long, value_parser = parse::<UnitRate>, allow_hyphen_values = true, value_name = "P")]
    worth: Option<UnitRate>,
    /// Only whole slots
    #[arg(long)]
    whole_slots: bool,
    /// Allow several blocks
    #[arg(long)]
    split: bool,
    /// At most so many blocks
    #[arg(long, requires = "split", value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    max_starts: Option<u16>,
    /// No block shorter than this
    #[arg(long, requires = "split", value_parser = parse_duration, value_name = "DURATION")]
    min_run: Option<u32>,
    /// No pause between blocks shorter than this
    #[arg(long, requires = "split", value_parser = parse_duration, value_name = "DURATION")]
    min_pause: Option<u32>,
    /// It already runs, since so long: going on is no start; the duration is what is still to run
    #[arg(long, value_parser = parse_duration, conflicts_with = "profile", value_name = "DURATION")]
    running_for: Option<u32>,
    /// Show the least cost for each number of blocks
    #[arg(long, requires = "split")]
    frontier: bool,
    /// Say why it does not start at a time
    #[arg(long, value_name = "TIME")]
    why_not: Option<String>,
    /// Say what the rates look like: quantiles, daily spread, cheap and dear times of day, spikes
    #[arg(long)]
    statistics: bool,
    /// The plan in force, as --format json wrote it: keep it if that is good enough
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Keep the plan in force unless the best is cheaper by more than this, in p/kWh on average
    #[arg(long, value_parser = parse::<UnitRate>, requires = "previous", value_name = "P")]
    unless_better_by: Option<UnitRate>,
    /// How many windows to show, best first; they share no time
    #[arg(long, default_value_t = 1, conflicts_with = "previous", value_parser = clap::value_parser!(u16).range(1..), value_name = "K")]
    top: u16,
    /// Let the windows of --top share time
    #[arg(long)]
    overlapping: bool,
    /// Of equally cheap windows take the latest, not the earliest
    #[arg(long)]
    latest: bool,
    #[command(flatten)]
    slots: Slots,
    #[command(flatten)]
    pricing: Pricing,
}

impl CheapestArguments {
    /// What rows have no place for: the flag, and whether it is given.
    #[must_use]
    pub fn beyond_rows(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("--frontier", self.frontier),
            ("--why-not", self.why_not.is_some()),
            ("--statistics", self.statistics),
        ]
    }

    /// The windows, best first.
    ///
    /// # Errors
    /// What is asked does not go together, cannot be read, or there is no such time.
    pub fn answer(&self, ctx: &Context) -> Result<Cheapest> {
        if self.worth.is_some() && self.amount != HowLong::AtLeast {
            return Err(Failure::usage("--worth goes with --amount at-least"));
        }
        if self.profile_step.is_some() && self.profile.is_empty() {
            return Err(Failure::usage("--profile-step goes with --profile"));
        }
        if self.unless_better_by.is_some() && self.previous.is_none() {
            return Err(Failure::usage("--unless-better-by goes with --previous"));
        }
        if self.greenness.is_some() && self.amount == HowLong::AtLeast {
            return Err(Failure::usage(
                "--greenness goes with a run of one length, not with --amount at-least",
            ));
        }
        if self.overlapping && self.top == 1 {
            return Err(Failure::usage("--overlapping goes with --top 2 or more"));
        }
        let calendar = ctx.calendar()?;
        let asked = self.period.asked(ctx)?;
        let Planned { rates, currency, mut left_out } =
            planned(ctx, &self.rates, (&self.pricing, &self.market), &calendar, None, asked)?;
        let span = self.period.within(ctx, rates.span())?;
        let end = self.next.map_or(span.to(), |minutes| span.from() + TimeDelta::minutes(i64::from(minutes)));
        let span = Span::new(span.from(), end.min(span.to()))?;
        let prices = self.prices(ctx, &rates, span, &calendar)?.paid_in(currency);
        let prices = self.tied(ctx, prices, span, &mut left_out)?;
        let past = self.period.past(span, ctx.now());
        self.find(ctx, prices, &calendar, span, (&rates, left_out), past)
    }

    /// What is looked for, in words.
    fn asked(&self) -> String {
        let what = if self.dearest { "Dearest" } else { "Cheapest" };
        let how = match self.amount {
            HowLong::Exactly => "",
            HowLong::AtLeast => "at least ",
            HowLong::AtMost => "up to ",
        };
        let mut text = match self.duration {
            Some(minutes) => format!("{what} {how}{}", duration_text(i64::from(minutes))),
            None => format!("{what} time for a load of {} steps", self.profile.len()),
        };
        match self.max_starts {
            Some(1) => text.push_str(" in one block"),
            Some(starts) => text.push_str(&format!(" in at most {starts} blocks")),
            None if self.split => text.push_str(" in any blocks"),
            None => {}
        }
        if let Some(minutes) = self.min_run {
            text.push_str(&format!(" of at least {}", duration_text(i64::from(minutes))));
        }
        if let Some(band) = self.within {
            text.push_str(&format!(", {} to {}", band.from.format("%H:%M"), band.to.format("%H:%M")));
        }
        text
    }

    fn find(
        &self,
        ctx: &Context,
        prices: SlotPrices,
        calendar: &Calendar,
        span: Span,
        (rates, left_out): (&RateSeries, Vec<String>),
        past: Option<String>,
    ) -> Result<Cheapest> {
        let request = self.request(ctx, calendar, span)?;
        let mut found = request.clone().find(&prices)?;
        if let Some(shortage) = found.shortage {
            let message = format!("{}: {}", self.rates.display(), shortage.message);
            return Err(Failure::work(match shortage.nearest {
                Some(nearest) => format!(
                    "{message}; the longest run that there is takes {}",
                    duration_text(nearest.duration_minutes)
                ),
                None => message,
            }));
        }
        let comparison = match &self.previous {
            None => None,
            Some(path) => {
                let in_force = blocks_of(ctx, path)?;
                let by = self.unless_better_by.unwrap_or(UnitRate::ZERO);
                let comparison = request.keep_unless_better(&prices, &in_force, by)?;
                if let Some(window) = &comparison.window {
                    found.windows = vec![window.clone()];
                }
                Some(comparison)
            }
        };
        let frontier = if self.frontier { request.frontier(&prices)? } else { Vec::new() };
        let why_not = match &self.why_not {
            None => None,
            Some(text) => {
                // A time of day may be the first of the plan.
                let after = span.from() - TimeDelta::seconds(1);
                Some(request.why_not(&prices, parse_moment(ctx, text, after, "--why-not")?)?)
            }
        };
        let opposite = if self.dearest { Aim::Cheapest } else { Aim::Dearest };
        let worst = request.top(1, Alternatives::Apart).aim(opposite).find(&prices)?;
        let noticed = rates.notices().iter().filter(|notice| notice.concerns(span));
        Ok(Cheapest {
            frame: Frame::new(span, calendar, prices.currency()),
            slots: prices.grid().len(),
            missing_rates: prices.gaps(),
            mean_minor_per_kwh: prices.mean(),
            worst: worst.windows.into_iter().next(),
            for_export: self.dearest,
            windows: found.windows,
            frontier,
            why_not,
            statistics: if self.statistics { prices.statistics(calendar)? } else { None },
            comparison,
            notices: Remarks::new(past, noticed.map(ToString::to_string).chain(left_out).collect()),
            asked: self.asked(),
            prices,
        })
    }

    fn request(&self, ctx: &Context, calendar: &Calendar, span: Span) -> Result<WindowRequest> {
        let asked = match self.duration {
            Some(minutes) if self.split => WindowRequest::split(minutes)?,
            Some(minutes) => WindowRequest::unbroken(minutes)?,
            None => {
                let step = self.profile_step.unwrap_or(self.slots.slot.minutes());
                WindowRequest::profile(Profile::new(step, &self.profile)?)
            }
        };
        let blocked: Result<Vec<Span>> =
            self.blocked.iter().map(|text| parse_times(ctx, text, "--blocked")).collect();
        let mut request = asked
            .during(span)
            .max_starts(self.max_starts.map(usize::from))
            .min_run(self.min_run)
            .min_pause(self.min_pause)
            .running_for(self.running_for)
            .blocked(blocked?)
            .amount(self.amount.into())
            .price_cap(self.price_cap)
            .price_floor(self.price_floor)
            .worth(self.worth);
        if let Some(band) = self.within {
            request = request.within(calendar.band_spans(band, span));
        }
        if self.whole_slots {
            request = request.whole_slots();
        }
        let alternatives = if self.overlapping { Alternatives::Different } else { Alternatives::Apart };
        let prefer = if self.latest { Prefer::Latest } else { Prefer::Earliest };
        let aim = if self.dearest { Aim::Dearest } else { Aim::Cheapest };
        Ok(request.top(usize::from(self.top), alternatives).prefer(prefer).aim(aim))
    }

    /// The prices with what decides between windows that cost the same. A slot without a forecast counts as the least green.
    fn tied(
        &self,
        ctx: &Context,
        prices: SlotPrices,
        span: Span,
        notices: &mut Vec<String>,
    ) -> Result<SlotPrices> {
        let Some(path) = &self.greenness else { return Ok(prices) };
        let source = Source::file(ctx, path)?;
        let named = |error: kwhen::Error| Failure::from(error.in_source(source.name()));
        let forecast = kwhen::input::greenness(source.bytes()).map_err(named)?;
        let known: Vec<Option<Decimal>> =
            prices.grid().slots().map(|slot| forecast.at(slot.span.from().max(span.from()))).collect();
        let unknown = known.iter().filter(|score| score.is_none()).count();
        if unknown == known.len() {
            return Err(Failure::work(format!(
                "{}: holds nothing of the time that is planned, {span}",
                source.name()
            )));
        }
        if unknown > 0 {
            notices.push(format!(
                "{}: tells nothing of {unknown} of {} slots, which count as the least green",
                source.name(),
                known.len()
            ));
        }
        // Below all that is known: a lone period that is told of is greener than what is not.
        let least = known.iter().flatten().min().copied().unwrap_or_default();
        let unknown = least.checked_sub(Decimal::ONE).unwrap_or(least);
        let scores: Vec<Decimal> = known.into_iter().map(|score| score.unwrap_or(unknown)).collect();
        prices.with_ties_by(&scores).map_err(named)
    }

    /// The prices in the slots of the plan, with what is added to decide by.
    fn prices(
        &self,
        ctx: &Context,
        rates: &RateSeries,
        span: Span,
        calendar: &Calendar,
    ) -> Result<SlotPrices> {
        let Some(path) = &self.added else { return Ok(SlotPrices::over(rates, span, self.slots.slot)?) };
        let added = Source::read(ctx, path)?.during(span).rates(&self.pricing, calendar, None)?;
        let grid = slots_over(span, self.slots.slot, [rates, &added], [])?;
        let prices = SlotPrices::from_rates(&rates.on_grid(&grid, rates.paid_basis())?);
        let weights: Result<Vec<UnitRate>> = prices
            .grid()
            .slots()
            .map(|slot| match added.at(slot.span.from()) {
                Some(rate) => Ok(rate.paid()),
                // Without a price the slot is closed, and what is added to it is never read.
                None if prices.paid(slot.index).is_none() => Ok(UnitRate::ZERO),
                None => Err(Failure::work(format!("{}: no value for {}", path.display(), slot.span))),
            })
            .collect();
        Ok(prices.with_added(&weights?)?)
    }
}

/// Whether a duration is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum HowLong {
    /// As long as that
    #[default]
    Exactly,
    /// At least as long: longer where that pays
    AtLeast,
    /// As long as fits, up to that
    AtMost,
}

impl From<HowLong> for Amount {
    fn from(how_long: HowLong) -> Self {
        match how_long {
            HowLong::Exactly => Self::Exactly,
            HowLong::AtLeast => Self::AtLeast,
            HowLong::AtMost => Self::AtMost,
        }
    }
}

/// The blocks of the first window of a file that was written as JSON.
fn blocks_of(ctx: &Context, path: &Path) -> Result<Vec<Span>> {
    let blocks = plan_in_force(ctx, path, BlocksOf::BestWindow)?;
    Ok(blocks.into_iter().map(|(span, _)| span).collect())
}
