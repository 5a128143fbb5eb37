//! So much energy by a deadline.

use crate::answer::charge::Charge;
use crate::answer::frame::{Frame, Remarks};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::car::{self, StoredCar};
use crate::source::planned::{Planned, planned};
use crate::source::{BlocksOf, Source, plan_in_force, store};
use crate::words::selling::Market;
use crate::words::{
    Metering, Pricing, Slots, doubts, parse, parse_band, parse_duration, parse_energy, parse_moment,
    parse_power, parse_power_above_zero, parse_time, parse_times, without_end,
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use kwhen::input::PriceRole;
use kwhen::plan::charge::{Block, ChargeRequest, Deadline, Late, Level, Store};
use kwhen::plan::{Power, Prefer, Share, SlotPrices, past_remark, slots_over};
use kwhen::time::{Calendar, LocalBand, Span, instant_text, time_of_day};
use kwhen::{Consumption, Energy, Money, UnitRate};
use std::path::{Path, PathBuf};

/// Plan charging: so much energy by a deadline, as cheaply as can be
///
/// Exactly the cheapest plan, whatever is asked for together. Where not everything can be had, the plan misses as little as possible and
/// says what binds. Of the stored account's car, which kwhen fetch everything brings, the size of its battery, the power of its charge point
/// and when it shall be how full need not be said: its state alone.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen charge --rates rates.csv --kwh 22 --kw 7.4 --from 2026-10-13T18:00 --by 07:00
  kwhen charge --rates rates.csv --kwh 22 --kw 7.4 --by 07:00 --max-starts 2 --min-run 1h --frontier
  kwhen charge --rates rates.csv --capacity-kwh 60 --state-of-charge 30% --target 80% --kw 7.4 --taper 75%:3.6 --price-cap 15
  kwhen charge --store kwhen.db --state-of-charge 40%")]
pub struct ChargeArguments {
    /// Unit rates: JSON as the API gives it, or CSV; or a tariff's definition; if not said, those that the stored account's agreement names
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
    #[command(flatten)]
    market: Market,
    /// How much to store, in kWh
    #[arg(long, value_parser = parse_energy, allow_negative_numbers = true, conflicts_with_all = ["capacity_kwh", "state_of_charge", "target"], value_name = "KWH")]
    kwh: Option<Energy>,
    /// The size of the battery, in kWh: charge by its state; the stored car's if not said
    #[arg(long, value_parser = parse_energy, allow_negative_numbers = true, requires_all = ["state_of_charge", "target"], value_name = "KWH")]
    capacity_kwh: Option<Energy>,
    /// How full the battery is: 30% or 0.3
    #[arg(long, value_parser = parse::<Share>, required_unless_present = "kwh", value_name = "SHARE")]
    state_of_charge: Option<Share>,
    /// How full it shall be; what the stored car's owner wants on that day if not said
    #[arg(long, value_parser = parse::<Share>, requires = "state_of_charge", value_name = "SHARE")]
    target: Option<Share>,
    /// The most power that is drawn, in kW; that of the stored car's charge point if not said
    #[arg(long, value_parser = parse_power_above_zero, allow_negative_numbers = true, required_unless_present = "state_of_charge", value_name = "KW")]
    kw: Option<Power>,
    /// The least power, where any is drawn: then each slot may draw anything between, and where a run begins or ends that for part of a
    /// slot. As much as --kw for what is on or off
    #[arg(long, value_parser = parse_power, allow_negative_numbers = true, value_name = "KW")]
    min_kw: Option<Power>,
    /// The share of what is drawn that is stored
    #[arg(long, value_parser = parse::<Share>, value_name = "SHARE")]
    efficiency: Option<Share>,
    /// From this state on no more than this power; may be repeated
    #[arg(long, value_parser = parse_taper, requires = "state_of_charge", value_name = "SHARE:KW")]
    taper: Vec<(Share, Power)>,
    /// When charging may begin: a date or a time, also now, today, 6pm; the start of the rates if not said, of the stored account's now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// The deadline: a time of day (the next one), or a date or time; the end of the rates if not said, of the stored car the next time that
    /// its owner wants it full
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    by: Option<String>,
    /// Where the deadline has passed, or lies beyond the last rate: charge at once at any price, or plan in all the time that is priced
    #[arg(long, value_enum, value_name = "HOW")]
    late: Option<HowLate>,
    /// A level to have by an earlier time, in kWh or as a share: 50%@2026-10-13T18:00; may be repeated
    #[arg(long, value_name = "LEVEL@TIME")]
    levels: Vec<String>,
    /// A level to have as soon as the power allows, at any price
    #[arg(long, value_name = "LEVEL")]
    always: Option<String>,
    /// Charge more than asked for where that lowers the cost, up to this level
    #[arg(long, value_name = "LEVEL")]
    up_to: Option<String>,
    /// Draw nothing from the grid above this rate, in p/kWh
    #[arg(long, value_parser = parse::<UnitRate>, allow_hyphen_values = true, value_name = "P")]
    price_cap: Option<UnitRate>,
    /// Solar energy that would be exported: CSV or JSON as for consumption
    #[arg(long, value_name = "FILE")]
    surplus: Option<PathBuf>,
    /// What the surplus is worth, in p/kWh (the export rate)
    #[arg(long, value_parser = parse::<UnitRate>, allow_hyphen_values = true, requires = "surplus", value_name = "P")]
    surplus_worth: Option<UnitRate>,
    /// Charge through the last minutes before the deadline, so that the battery is warm
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    precondition: Option<u32>,
    /// At most so many starts
    #[arg(long, value_parser = clap::value_parser!(u16), value_name = "N")]
    max_starts: Option<u16>,
    /// No run shorter than this
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    min_run: Option<u32>,
    /// No pause shorter than this
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    min_pause: Option<u32>,
    /// The load already draws, since so long: going on is no start
    #[arg(long, value_parser = parse_duration, value_name = "DURATION")]
    running_for: Option<u32>,
    /// Only within this band of local time; it may cross midnight
    #[arg(long, value_parser = parse_band, value_name = "HH:MM..HH:MM")]
    within: Option<LocalBand>,
    /// Never in this time; may be repeated
    #[arg(long, value_name = "TIME..TIME")]
    blocked: Vec<String>,
    /// A time in which somebody else has the load draw, and its rate if it has one; may be repeated
    #[arg(long, value_name = "TIME..TIME[@P]")]
    dispatches: Vec<String>,
    /// Of equally good plans take the later one
    #[arg(long)]
    latest: bool,
    /// Show the least cost for each number of starts
    #[arg(long)]
    frontier: bool,
    /// Say why the plan does not draw at a time
    #[arg(long, value_name = "TIME")]
    why_not: Option<String>,
    /// The plan in force, as --format json wrote it: keep what is left of it if that is good enough
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Keep the plan in force unless the best one saves more than this, in pence
    #[arg(long, value_parser = parse::<Money>, requires = "previous", value_name = "P")]
    unless_better_by: Option<Money>,
    #[command(flatten)]
    slots: Slots,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
}

/// What to do about a deadline that cannot simply be planned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HowLate {
    /// As fast as the power allows
    AtOnce,
    /// At the least cost, as far as there are rates
    Priced,
}

impl From<HowLate> for Late {
    fn from(how: HowLate) -> Self {
        match how {
            HowLate::AtOnce => Self::AtOnce,
            HowLate::Priced => Self::Priced,
        }
    }
}

/// Ten years: rates beyond them are those without an end.
const LONGEST_SECONDS: i64 = 10 * 366 * 86_400;

impl ChargeArguments {
    /// What rows have no place for: the flag, and whether it is given.
    #[must_use]
    pub fn beyond_rows(&self) -> Vec<(&'static str, bool)> {
        vec![("--why-not", self.why_not.is_some())]
    }

    /// The plan.
    ///
    /// # Errors
    /// What is asked does not go together, cannot be read, or has no time.
    pub fn answer(&self, ctx: &Context) -> Result<Charge> {
        let calendar = ctx.calendar()?;
        let always = Span::always();
        let said = self.from.as_deref().map(|text| parse_time(ctx, text, "--from")).transpose()?;
        let mut until = None;
        let (path, from) = match &self.rates {
            Some(path) => (path.clone(), said),
            None if ctx.store().is_none() => {
                return Err(Failure::usage(
                    "--rates FILE is needed, or --store FILE with an account whose agreement names them",
                ));
            }
            None => {
                let from = said.unwrap_or_else(|| ctx.now());
                let agreed = store::agreed(ctx, from)?;
                until = agreed.until;
                (PathBuf::from(agreed.tariff), Some(from))
            }
        };
        let asked = from.map_or(Ok(always), |from| Span::new(from, always.to()))?;
        let Planned { rates, currency, left_out } =
            planned(ctx, &path, (&self.pricing, &self.market), &calendar, Some(PriceRole::Import), asked)?;
        let car = match self.is_of_the_car() {
            true if ctx.store().is_none() => return Err(unsaid()),
            true => Some(car::stored(ctx)?),
            false => None,
        };
        let by = match (&self.by, &car) {
            (Some(text), _) => Some(parse_moment(ctx, text, from.unwrap_or(rates.span().from()), "--by")?),
            (None, Some(car)) => Some(car.next(from.unwrap_or(rates.span().from()), &calendar)?),
            (None, None) => None,
        };
        let Deadline { during: span, at_once, remark } = self.deadline(rates.span(), from, by)?;
        // The rates end where they end: what lies beyond is not priced, and a plan that would need it says so.
        let priced = rates.span().intersection(span).ok_or_else(|| {
            Failure::work(format!("no rates between {span}: they are for {}", rates.span()))
        })?;
        let mut notices: Vec<String> = Vec::new();
        let undated = self.from.is_none() && self.by.as_deref().is_none_or(|by| time_of_day(by).is_some());
        let past = if undated { past_remark(span, ctx.now()) } else { None };
        notices.extend(remark);
        notices.extend(doubts([("--kw", self.kw), ("--min-kw", self.min_kw)]));
        notices
            .extend(rates.notices().iter().filter(|notice| notice.concerns(span)).map(ToString::to_string));
        notices.extend(left_out);
        if let Some(until) = until.filter(|until| *until < span.to()) {
            notices.push(format!(
                "the agreement ends at {}: what is charged after it is not known",
                calendar.local_text(until)
            ));
        }
        let surplus = self
            .surplus
            .as_deref()
            .map(|path| Source::read(ctx, path)?.during(span).consumption(&self.pricing, &self.metering))
            .transpose()?;
        let grid = slots_over(priced, self.slots.slot, [&rates], &surplus)?;
        let prices = SlotPrices::from_rates(&rates.on_grid(&grid, rates.paid_basis())?).paid_in(currency);
        let mut request = self.request(ctx, &calendar, span, car.as_ref())?;
        if let (Some(readings), Some(path)) = (&surplus, &self.surplus) {
            let surplus = in_slots(path, readings, &prices, &mut notices);
            request = request.surplus(surplus, self.surplus_worth.unwrap_or(UnitRate::ZERO));
        }
        if at_once {
            request = request.at_once();
        }
        let found = self.find(ctx, &request, &calendar, prices, span)?;
        Ok(Charge { notices: Remarks::new(past, notices), ..found })
    }

    fn find(
        &self,
        ctx: &Context,
        request: &ChargeRequest,
        calendar: &Calendar,
        prices: SlotPrices,
        span: Span,
    ) -> Result<Charge> {
        let comparison = match &self.previous {
            None => None,
            Some(path) => {
                let by = self.unless_better_by.unwrap_or(Money::ZERO);
                Some(request.keep_unless_better(&prices, &in_force(ctx, path)?, by)?)
            }
        };
        let plan = match &comparison {
            Some(comparison) => comparison.plan.clone(),
            None => request.plan(&prices)?,
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
        Ok(Charge {
            frame: Frame::new(span, calendar, prices.currency()),
            saving_minor: plan.saving_against_at_once(),
            plan,
            frontier,
            why_not,
            comparison,
            notices: Remarks::default(),
            prices,
        })
    }

    /// From when to when the plan is.
    fn deadline(
        &self,
        whole: Span,
        from: Option<DateTime<Utc>>,
        by: Option<DateTime<Utc>>,
    ) -> Result<Deadline> {
        let from = from.unwrap_or(whole.from());
        let to = by.unwrap_or(whole.to());
        if by.is_none() && (whole.to() - from).num_seconds() > LONGEST_SECONDS {
            return Err(Failure::usage(format!("{}: give --by", without_end(whole, "ten years"))));
        }
        if from >= whole.to() && to > from {
            return Err(Failure::work(format!("no rates from {}: they are for {whole}", instant_text(from))));
        }
        let settled = Deadline::settle(from, to, whole, self.late.map(Late::from));
        settled.map_err(|error| match (&self.from, &self.by) {
            _ if !error.is_order() => Failure::from(error),
            (Some(_), Some(_)) => Failure::usage(format!(
                "--by {} must be after --from {}: {error}; --late at-once or --late priced plans all the same",
                instant_text(to),
                instant_text(from)
            )),
            _ => Failure::work(format!(
                "no time is left between {} and {}: the rates are for {whole}",
                instant_text(from),
                instant_text(to)
            )),
        })
    }

    /// Whether something that is not said is the stored car's.
    fn is_of_the_car(&self) -> bool {
        self.state_of_charge.is_some()
            && (self.capacity_kwh.is_none() || self.target.is_none() || self.kw.is_none())
    }

    fn request(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        span: Span,
        car: Option<&StoredCar>,
    ) -> Result<ChargeRequest> {
        let neither =
            || Failure::usage("--kwh with --kw, or --state-of-charge with --capacity-kwh, --target and --kw");
        let of_car = || car.ok_or_else(neither);
        let kw = self.kw.map_or_else(|| of_car()?.power(), Ok)?;
        let asked = match (self.kwh, self.state_of_charge) {
            (None, Some(state_of_charge)) => {
                let capacity = self.capacity_kwh.map_or_else(|| of_car()?.capacity(), Ok)?;
                // The day of the deadline, which is not in the time itself.
                let day = calendar.date(span.to() - TimeDelta::seconds(1));
                let target = self.target.map_or_else(|| of_car()?.target(day), Ok)?;
                ChargeRequest::battery(Store { capacity, state_of_charge }, target, kw, span)?
            }
            (Some(energy), _) => ChargeRequest::energy(energy, kw, span)?,
            (None, None) => return Err(unsaid()),
        };
        let blocked: Result<Vec<Span>> =
            self.blocked.iter().map(|text| parse_times(ctx, text, "--blocked")).collect();
        let mut request = asked
            .taper(self.taper.iter().copied())
            .min_power(self.min_kw)
            .efficiency(self.efficiency)
            .price_cap(self.price_cap)
            .precondition(self.precondition)
            .blocked(blocked?)
            .max_starts(self.max_starts.map(usize::from))
            .min_run(self.min_run)
            .min_pause(self.min_pause)
            .running_for(self.running_for)
            .prefer(if self.latest { Prefer::Latest } else { Prefer::Earliest });
        for text in &self.levels {
            let malformed = || {
                Failure::usage(format!(
                    "--levels: not a level and a time such as 50%@2026-10-13T18:00: {text:?}"
                ))
            };
            let (wanted, time) = text.split_once('@').ok_or_else(malformed)?;
            request = request.level(parse_time(ctx, time, "--levels")?, level(wanted, "--levels")?);
        }
        if let Some(text) = &self.always {
            request = request.always(level(text, "--always")?);
        }
        if let Some(text) = &self.up_to {
            request = request.up_to(level(text, "--up-to")?);
        }
        for text in &self.dispatches {
            let (times, rate) = match text.split_once('@') {
                Some((times, rate)) => (
                    times,
                    Some(
                        parse::<UnitRate>(rate)
                            .map_err(|error| Failure::usage(format!("--dispatches: {error}")))?,
                    ),
                ),
                None => (text.as_str(), None),
            };
            request = request.dispatch(parse_times(ctx, times, "--dispatches")?, rate);
        }
        if let Some(band) = self.within {
            request = request.within(calendar.band_spans(band, span));
        }
        Ok(request)
    }
}

/// Not all is said that a plan goes by.
fn unsaid() -> Failure {
    Failure::usage(
        "say --kwh and --kw, or --state-of-charge with --capacity-kwh, --target and --kw, which --store FILE has of the stored account's car",
    )
}

/// A share (`50%`) or an energy in kWh (`12.5`).
fn level(text: &str, flag: &str) -> Result<Level> {
    let refused = |error: kwhen::Error| Failure::usage(format!("{flag}: {error}"));
    if text.trim().ends_with('%') {
        text.parse::<Share>().map(Level::from).map_err(refused)
    } else {
        text.trim().parse::<Energy>().map(Level::from).map_err(refused)
    }
}

fn parse_taper(text: &str) -> Result<(Share, Power), String> {
    let malformed = || format!("not a state and a power such as 80%:3.6: {text:?}");
    let (share, power) = text.split_once(':').ok_or_else(malformed)?;
    Ok((parse(share)?, parse(power)?))
}

/// The surplus in each slot of the prices; a slot that the readings do not have counts as none, and is named.
fn in_slots(
    path: &Path,
    readings: &Consumption,
    prices: &SlotPrices,
    notices: &mut Vec<String>,
) -> Vec<Energy> {
    notices.extend(readings.notices().iter().map(ToString::to_string));
    let surplus = readings.on_grid(prices.grid());
    let missing = surplus.grid().len() - surplus.reading_count();
    if missing > 0 {
        notices.push(format!("{}: {missing} slots have no value and count as no surplus", path.display()));
    }
    surplus.iter().map(Option::unwrap_or_default).collect()
}

/// The blocks of a plan that was written as JSON.
fn in_force(ctx: &Context, path: &Path) -> Result<Vec<Block>> {
    let blocks = plan_in_force(ctx, path, BlocksOf::Plan)?;
    let block = |(span, energy): (Span, Option<Energy>)| {
        let kwh = energy.ok_or_else(|| Failure::work(format!("{}: a block has no kwh", path.display())))?;
        Ok(Block { span, kw: Power::ZERO, kwh, cost_minor: Money::ZERO, surplus_kwh: Energy::ZERO })
    };
    blocks.into_iter().map(block).collect()
}
