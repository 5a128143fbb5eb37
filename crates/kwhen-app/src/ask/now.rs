//! The rate now and what lies ahead, and the rates of today.

use super::billed::{Billed, BilledArguments};
use crate::answer::frame::{Frame, Remarks};
use crate::answer::now::{CostSoFar, Day, Looked, Now, PlanNow, Today};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::planned::{Planned, planned};
use crate::source::{BlocksOf, plan_in_force, store};
use crate::words::selling::Market;
use crate::words::{Metering, Pricing, parse_duration, parse_time};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kwhen::RateSeries;
use kwhen::bill::{Bill, BillOptions, BillingRules};
use kwhen::plan::outlook::Outlook;
use kwhen::plan::statistics::RateAt;
use kwhen::plan::window::{Window, WindowRequest};
use kwhen::plan::{SlotPrices, slots_over};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, SlotLength, Span, instant_text};
use std::path::{Path, PathBuf};

/// Whose rates are looked at, and from when.
#[derive(Args, Debug)]
struct LookedAt {
    /// Unit rates: JSON as the API gives it, or CSV; or a tariff's definition; if not said, those that the stored account's agreement names
    #[arg(long, value_name = "FILE", required_unless_present = "store")]
    rates: Option<PathBuf>,
    #[command(flatten)]
    market: Market,
    /// How long something runs whose cheapest time is wanted; several with commas between
    #[arg(long, value_parser = parse_duration, value_delimiter = ',', default_values = ["1h", "3h"], value_name = "DURATION")]
    duration: Vec<u32>,
    /// The moment that is looked from; now if not said
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    #[command(flatten)]
    pricing: Pricing,
}

/// Rates that were looked up.
struct Found {
    looked: Looked,
    rates: RateSeries,
    currency: Currency,
    /// To when they hold.
    until: DateTime<Utc>,
    /// The meter point of the stored account whose agreement names them.
    meter_point: Option<String>,
    notes: Vec<String>,
}

impl LookedAt {
    /// Of these rates, from now on.
    fn of(rates: &Path, (pricing, market): (&Pricing, &Market), duration: &[u32]) -> Self {
        Self {
            rates: Some(rates.to_owned()),
            market: market.clone(),
            duration: duration.to_vec(),
            at: None,
            pricing: pricing.clone(),
        }
    }

    /// Of a span that has now in it.
    fn find(&self, ctx: &Context, calendar: &Calendar, now: DateTime<Utc>, span: Span) -> Result<Found> {
        let (path, until, meter_point, mut notes) = match &self.rates {
            Some(path) => (path.clone(), span.to(), None, Vec::new()),
            None => {
                let agreed = store::agreed(ctx, now)?;
                let until = agreed.until.filter(|end| *end < span.to());
                let note = until.map(|end| {
                    format!(
                        "the agreement on {} ends at {}; what follows is not looked at",
                        agreed.tariff,
                        instant_text(end)
                    )
                });
                let soon = agreed
                    .until
                    .filter(|end| until.is_none() && !agreed.is_followed && *end < now + ENDS_SOON);
                let note = note.or_else(|| soon.map(|end| ends(&agreed.tariff, end, calendar)));
                let until = until.unwrap_or(span.to());
                (PathBuf::from(&agreed.tariff), until, Some(agreed.meter_point), note.into_iter().collect())
            }
        };
        let Planned { rates, currency, left_out } =
            planned(ctx, &path, (&self.pricing, &self.market), calendar, None, span)?;
        let rates = if until < span.to() { cut(&rates, Span::new(span.from(), until)?)? } else { rates };
        let fetched_at =
            if store::holds(ctx, &path) { store::rates_fetched_at(ctx, &path, span)? } else { None };
        let noticed = rates.notices().iter().filter(|notice| notice.concerns(span)).map(ToString::to_string);
        notes.extend(noticed.chain(left_out));
        let looked = Looked { now, tariff: path.display().to_string(), fetched_at };
        Ok(Found { looked, rates, currency, until, meter_point, notes })
    }

    /// The moment that is looked from, to the second.
    fn now(&self, ctx: &Context) -> Result<DateTime<Utc>> {
        match &self.at {
            Some(text) => parse_time(ctx, text, "--at"),
            None => Ok(ctx.now()),
        }
    }

    /// The cheapest time for each duration that has room.
    fn windows(&self, prices: &SlotPrices, within: Span) -> Result<Vec<Window>> {
        let mut windows = Vec::new();
        for minutes in &self.duration {
            windows.extend(
                WindowRequest::unbroken(*minutes)?.during(within).find(prices)?.windows.into_iter().next(),
            );
        }
        Ok(windows)
    }
}

/// How long before a deal ends that is said.
const ENDS_SOON: TimeDelta = TimeDelta::days(30);

/// That a deal ends.
fn ends(tariff: &str, end: DateTime<Utc>, calendar: &Calendar) -> String {
    format!(
        "the agreement on {tariff} ends on {}: kwhen compare says what other tariffs cost, kwhen fetch products --meter-point NUMBER which may be had",
        calendar.date(end)
    )
}

/// Rates in a span alone.
fn cut(rates: &RateSeries, span: Span) -> Result<RateSeries> {
    let (slots, basis) = (slots_over(span, SlotLength::HALF_HOUR, [rates], [])?, rates.paid_basis());
    let known: Vec<_> = rates.on_grid(&slots, basis)?.iter().collect();
    Ok(RateSeries::on_slots(&slots, basis, &known)?)
}

/// The day of a moment, and the one after it.
fn days(calendar: &Calendar, now: DateTime<Utc>) -> Result<(Span, Span)> {
    let date = calendar.date(now);
    let tomorrow = date.succ_opt().ok_or_else(|| Failure::work("there is no day after this one"))?;
    Ok((calendar.day(date)?, calendar.day(tomorrow)?))
}

/// Say the rate now, the next change and the cheapest time ahead
///
/// Of the rates of a file, or of what the stored account's agreement names. It looks ahead to the end of tomorrow, or of what is known.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen now --store kwhen.db
  kwhen now --rates rates.csv --duration 2h30m
  kwhen now --store kwhen.db --previous plan.json --format json")]
pub struct NowArguments {
    #[command(flatten)]
    looked_at: LookedAt,
    /// The plan in force, as --format json wrote it: whether it runs now, and when it does next
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
}

impl NowArguments {
    /// Of these rates.
    pub(crate) fn of(rates: &Path, reading: (&Pricing, &Market), duration: &[u32]) -> Self {
        Self { looked_at: LookedAt::of(rates, reading, duration), previous: None }
    }

    /// The rate now, and what lies ahead.
    ///
    /// # Errors
    /// What is asked cannot be read, or no rate is known now.
    pub fn answer(&self, ctx: &Context) -> Result<Now> {
        let calendar = ctx.calendar()?;
        let now = self.looked_at.now(ctx)?;
        let (today, tomorrow) = days(&calendar, now)?;
        let span = Span::new(today.from(), tomorrow.to())?;
        let found = self.looked_at.find(ctx, &calendar, now, span)?;
        let outlook = Outlook::at(&found.rates, now, found.until).ok_or_else(|| unknown(ctx, &found, now))?;
        let ahead = Span::new(now, outlook.known_to)?;
        let prices = SlotPrices::over(&found.rates, ahead, SlotLength::HALF_HOUR)?.paid_in(found.currency);
        let plan = self.previous.as_deref().map(|path| plan_now(ctx, path, now)).transpose()?;
        Ok(Now {
            frame: Frame::new(ahead, &calendar, found.currency),
            windows: self.looked_at.windows(&prices, ahead)?,
            looked: found.looked,
            outlook,
            plan,
            notices: Remarks::new(None, found.notes),
            prices,
        })
    }
}

/// Why there is no rate now, and what to do.
fn unknown(ctx: &Context, found: &Found, now: DateTime<Utc>) -> Failure {
    let (name, held) = (&found.looked.tariff, found.rates.span());
    let what = if held.contains(now) {
        format!("no rate is known at {}", instant_text(now))
    } else {
        format!("no rate is known at {}: its rates are for {held}", instant_text(now))
    };
    let command = || store::existing(ctx).ok()?.fetching(name, now).ok();
    let command = found.looked.fetched_at.and_then(|_| command());
    let advice = command.map(|command| format!("; {command} brings newer ones")).unwrap_or_default();
    Failure::work(format!("{name}: {what}{advice}"))
}

/// What a plan does now, whichever command made it.
fn plan_now(ctx: &Context, path: &Path, now: DateTime<Utc>) -> Result<PlanNow> {
    let blocks = plan_in_force(ctx, path, BlocksOf::Either)?;
    Ok(PlanNow::at(now, &blocks.into_iter().map(|(span, _)| span).collect::<Vec<_>>()))
}

/// Show today's rates, tomorrow's where they are known, the cheapest times and the cost so far
///
/// A half-hour is cheap or dear among those of its own day: in its cheapest or its dearest quarter.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen today --store kwhen.db
  kwhen today --rates rates.csv --consumption consumption.csv --standing-charges standing.csv
  kwhen today --rates rates.csv --duration 2h --at 2026-10-24T16:30")]
pub struct TodayArguments {
    #[command(flatten)]
    looked_at: LookedAt,
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    consumption: Option<PathBuf>,
    /// Standing charges in pence a day
    #[arg(long, value_name = "FILE")]
    standing_charges: Option<PathBuf>,
    #[command(flatten)]
    metering: Metering,
}

impl TodayArguments {
    /// The rates of today and tomorrow.
    ///
    /// # Errors
    /// What is asked does not go together or cannot be read, or no rate of today is known.
    pub fn answer(&self, ctx: &Context) -> Result<Today> {
        if self.standing_charges.is_some()
            && self.consumption.is_none()
            && !ctx.is_default("standing_charges")
        {
            return Err(Failure::usage("--standing-charges goes with --consumption"));
        }
        let calendar = ctx.calendar()?;
        let now = self.looked_at.now(ctx)?;
        let (today, tomorrow) = days(&calendar, now)?;
        let span = Span::new(today.from(), tomorrow.to())?;
        let mut found = self.looked_at.find(ctx, &calendar, now, span)?;
        let mut shown = vec![self.day(&found, today, now)?];
        if shown.first().is_none_or(|day| day.bands.is_empty()) {
            return Err(unknown(ctx, &found, now));
        }
        let next = self.day(&found, tomorrow, now)?;
        if next.bands.is_empty() {
            found.notes.push("no rate of tomorrow is known yet".to_owned());
        } else {
            shown.push(next);
        }
        let so_far = Span::new(today.from(), now).ok();
        let (cost_so_far, notes) = self.cost(ctx, &calendar, found.meter_point.as_deref(), so_far)?;
        found.notes.extend(notes);
        let end = shown.last().map_or(today.to(), |day| day.span.to());
        Ok(Today {
            frame: Frame::new(Span::new(today.from(), end)?, &calendar, found.currency),
            looked: found.looked,
            days: shown,
            cost_so_far,
            notices: Remarks::new(None, found.notes),
        })
    }

    fn day(&self, found: &Found, day: Span, now: DateTime<Utc>) -> Result<Day> {
        let prices = SlotPrices::over(&found.rates, day, SlotLength::HALF_HOUR)?.paid_in(found.currency);
        let rates = || {
            let known = |slot: kwhen::time::Slot| {
                Some(RateAt { span: slot.span, minor_per_kwh: prices.paid(slot.index)? })
            };
            prices.grid().slots().filter_map(known)
        };
        let ahead = Span::new(now.max(day.from()), day.to())?;
        Ok(Day {
            span: day,
            missing_rates: prices.gaps(),
            mean_minor_per_kwh: prices.mean(),
            cheapest: rates().min_by_key(|rate| (rate.minor_per_kwh, rate.span)),
            dearest: rates().min_by_key(|rate| (-rate.minor_per_kwh, rate.span)),
            bands: prices.bands(),
            windows: self.looked_at.windows(&prices, ahead)?,
            prices,
        })
    }

    /// Of these rates and readings.
    pub(crate) fn of(
        rates: &Path,
        (consumption, standing_charges): (Option<&Path>, Option<&Path>),
        (pricing, metering, market): (&Pricing, &Metering, &Market),
        duration: &[u32],
    ) -> Self {
        Self {
            looked_at: LookedAt::of(rates, (pricing, market), duration),
            consumption: consumption.map(Path::to_owned),
            standing_charges: standing_charges.map(Path::to_owned),
            metering: metering.clone(),
        }
    }

    /// What the slots of a span cost that are over, where there are readings of any.
    pub(crate) fn cost(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        meter_point: Option<&str>,
        so_far: Option<Span>,
    ) -> Result<(Option<CostSoFar>, Vec<String>)> {
        let half_hour = SlotLength::HALF_HOUR.seconds();
        let whole = |span: Span| {
            let end = span.to() - TimeDelta::seconds(span.to().timestamp().rem_euclid(half_hour));
            Span::new(span.from(), end).ok()
        };
        let Some(span) = so_far.and_then(whole) else { return Ok((None, Vec::new())) };
        let point = match (&self.consumption, meter_point) {
            (Some(path), _) => path.clone(),
            (None, Some(point)) => PathBuf::from(point),
            (None, None) => return Ok((None, Vec::new())),
        };
        let none = |end: DateTime<Utc>| {
            let note =
                format!("the readings of {} end at {}, before today", point.display(), instant_text(end));
            Ok((None, vec![note]))
        };
        if store::holds(ctx, &point) {
            match store::extent_if_any(ctx, &point.to_string_lossy())? {
                Some(extent) if extent.to() > span.from() => {}
                Some(extent) => return none(extent.to()),
                None if self.consumption.is_none() => return Ok((None, Vec::new())),
                None => {}
            }
        }
        let billed = BilledArguments::over(
            span,
            (self.looked_at.rates.as_deref(), self.standing_charges.as_deref(), &point),
            (&self.looked_at.pricing, &self.metering, &self.looked_at.market),
        );
        let options = billed.options(*calendar, BillingRules::exact());
        Ok((summed(span, &bills(&billed.read(ctx)?, &options)?)?, Vec::new()))
    }
}

/// The bills of what was read.
pub(super) fn bills(billed: &Billed, options: &BillOptions) -> Result<Vec<Bill>> {
    Ok(match billed {
        Billed::One(one) => vec![one.bill(None, options.rules.clone(), options)?],
        Billed::Account(account) => {
            let supplies = account.statement(options)?.supplies.into_iter();
            supplies.flat_map(|supply| supply.agreements).map(|agreed| agreed.bill).collect()
        }
    })
}

/// Their sum; `None` where nothing was read.
fn summed(span: Span, bills: &[Bill]) -> Result<Option<CostSoFar>> {
    if bills.iter().all(|bill| bill.coverage.billed_slots == 0) {
        return Ok(None);
    }
    let mut sum = CostSoFar {
        span,
        kwh: kwhen::Energy::ZERO,
        net_minor: kwhen::Money::ZERO,
        vat_minor: kwhen::Money::ZERO,
        total_minor: kwhen::Money::ZERO,
        missing_consumption: Vec::new(),
    };
    for bill in bills {
        let beyond = || Failure::work("the sum of today's cost is beyond what can be held");
        sum.kwh = sum.kwh.checked_add(bill.kwh).ok_or_else(beyond)?;
        sum.net_minor = sum.net_minor.checked_add(bill.net_minor).ok_or_else(beyond)?;
        sum.vat_minor = sum.vat_minor.checked_add(bill.vat_minor).ok_or_else(beyond)?;
        sum.total_minor = sum.total_minor.checked_add(bill.total_minor).ok_or_else(beyond)?;
        sum.missing_consumption.extend(bill.coverage.missing_consumption.iter().copied());
    }
    Ok(Some(sum))
}
