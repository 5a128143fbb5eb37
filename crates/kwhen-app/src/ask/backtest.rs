//! A battery over months or years, with only what was known at each moment.

use super::device::{Device, DeviceArguments};
use super::site::SiteArguments;
use crate::answer::Answer;
use crate::answer::backtest::{
    BacktestResult, ForecastRow, PairedRow, PeriodRow, StrategyRow, SweepDocument,
};
use crate::answer::frame::Frame;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::words::{parse_band, parse_power};
use clap::{Args, ValueEnum};
use kwhen::plan::Power;
use kwhen::plan::backtest::{
    Backtest, Forecast, MeanOfDays, PastDays, PerfectLoadAndSolar, Persistence, SameWeekday, Strategy,
    StrategyOutcome, Sweep, SweepSite, payback_years,
};
use kwhen::time::{Calendar, LocalBand, PeriodKind, Publication};
use kwhen::{Energy, Money};
use std::path::{Path, PathBuf};

/// Back-test a battery over months or years, with only what was known at each moment
///
/// A rolling plan is made whenever rates are published (about 16:00, up to 23:00 of the next day) and knows no later rate, load or
/// sun: on the expected value over past days, on their mean, or on one forecast. They stand beside perfect foresight, a plan that knows
/// load and sun, a fixed timer, the cheapest slots of each day, plain self-use and no battery.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen backtest --rates rates.csv --load consumption.csv --capacity-kwh 10 --kw 5
  kwhen backtest --rates rates.csv --export-rates export-rates.csv --load consumption.csv --solar solar.csv \\
      --capacity-kwh 10 --kw 5 --wear 1.5 --by month --capital 4500
  kwhen backtest --rates rates.csv --load consumption.csv --capacity-kwh 10 --kw 5 --dearest-percent 30
  kwhen backtest --rates rates.csv --load consumption.csv --capacity-kwh 10 --kw 5 --sweep-capacity-kwh 2,5,10,15 --sweep-kw 3,5 --format csv")]
pub struct BacktestArguments {
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    device: DeviceArguments,
    /// How the plan on one forecast forecasts load, sun and unpublished rates
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    forecast: ForecastChoice,
    /// How many past days the expected value and the mean of days look at; days like the one to come count more
    #[arg(long, default_value_t = 28, value_name = "DAYS")]
    past_days: u16,
    /// Beside the expected value a plan on the dearest ways of each slot alone, as PERCENT of their weight: robust, for whoever would rather
    /// be safe than right in the mean
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=99), value_name = "PERCENT")]
    dearest_percent: Option<u8>,
    /// Band of local time in which the fixed timer charges
    #[arg(long, default_value = "02:00..05:00", value_parser = parse_band, value_name = "HH:MM..HH:MM")]
    timer: LocalBand,
    /// How many of each day's cheapest slots are charged in, and dearest discharged in
    #[arg(long, default_value_t = 6, value_name = "K")]
    cheapest_slots: u16,
    /// All rates are known from the start, as on a tariff with fixed times
    #[arg(long)]
    all_rates_known: bool,
    /// Costs by period as well
    #[arg(long, value_enum, value_name = "PERIOD")]
    by: Option<Period>,
    /// What the battery costs, in pounds (euros), for the years until it has paid for itself
    #[arg(long, value_name = "POUNDS")]
    capital: Option<Money>,
    /// Instead of strategies: the best possible saving at each of these capacities
    #[arg(long, value_delimiter = ',', conflicts_with_all = STRATEGIES, value_name = "KWH,KWH")]
    sweep_capacity_kwh: Vec<Energy>,
    /// Instead of strategies: the best possible saving at each of these powers
    #[arg(long, value_delimiter = ',', conflicts_with_all = STRATEGIES, value_parser = parse_power, value_name = "KW,KW")]
    sweep_kw: Vec<Power>,
    /// Instead of strategies: the best possible saving on each of these files of import rates too, beside --rates
    #[arg(long, value_delimiter = ',', conflicts_with_all = STRATEGIES, value_name = "FILE,FILE")]
    sweep_rates: Vec<PathBuf>,
}

/// What says how strategies are run and shown, and nothing of a sweep.
const STRATEGIES: [&str; 8] = [
    "forecast",
    "past_days",
    "dearest_percent",
    "timer",
    "cheapest_slots",
    "all_rates_known",
    "by",
    "capital",
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ForecastChoice {
    /// As a day before
    #[default]
    Persistence,
    /// As a week before
    SameWeekday,
}

impl ForecastChoice {
    fn forecast(self) -> &'static dyn Forecast {
        match self {
            Self::Persistence => &Persistence,
            Self::SameWeekday => &SameWeekday,
        }
    }
}

/// What costs are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Period {
    Day,
    /// Monday to Monday
    Week,
    Month,
    Year,
    /// 23:00 to 23:00
    MarketDay,
}

impl Period {
    const fn kind(self) -> PeriodKind {
        match self {
            Self::Day => PeriodKind::Day,
            Self::Week => PeriodKind::Week,
            Self::Month => PeriodKind::Month,
            Self::Year => PeriodKind::Year,
            Self::MarketDay => PeriodKind::MarketDay,
        }
    }
}

impl BacktestArguments {
    /// The strategies beside each other, or a sweep over sizes. `told` hears how many of a sweep's plans are made, of how many.
    ///
    /// # Errors
    /// What is asked does not go together, cannot be read, or there is no plan.
    pub fn answer(&self, ctx: &Context, told: &(dyn Fn(usize, usize) + Sync)) -> Result<Answer> {
        let calendar = ctx.calendar()?;
        if self.sweep_capacity_kwh.is_empty() && self.sweep_kw.is_empty() && self.sweep_rates.is_empty() {
            Ok(Answer::Backtest(Box::new(self.compare(ctx, &calendar)?)))
        } else {
            Ok(Answer::Sweep(self.sweep(ctx, &calendar, told)?))
        }
    }

    fn compare(&self, ctx: &Context, calendar: &Calendar) -> Result<BacktestResult> {
        let read = self.site.read(ctx, calendar)?;
        let Device { battery, request, .. } = self.device.device(ctx, calendar, &read.site)?;
        let publication = (!self.all_rates_known).then(|| Publication::day_ahead(calendar));
        let test =
            Backtest::new(&battery, &read.site, &request).in_calendar(*calendar).published(publication);
        let past = PastDays::alike(usize::from(self.past_days))?;
        let history = test.history();
        let mean = MeanOfDays::new(past, &history);
        let run = |strategies: &[Strategy<'_>]| {
            strategies.iter().map(|strategy| Ok(test.run(strategy)?)).collect::<Result<Vec<_>>>()
        };
        let perfect = test.run(&Strategy::Perfect)?;
        let dearest = self.dearest_percent.map(|percent| past.dearest(percent)).transpose()?;
        let chances = [Strategy::Rolling(&PerfectLoadAndSolar), Strategy::Expected(past)];
        let strategies: Vec<_> = chances
            .into_iter()
            .chain(dearest.map(Strategy::Expected))
            .chain([Strategy::Rolling(&mean)])
            .collect();
        let better = run(&strategies)?;
        let one = test.run(&Strategy::Rolling(self.forecast.forecast()))?;
        let simple = run(&[
            Strategy::CheapestSlots(usize::from(self.cheapest_slots)),
            Strategy::Timer(self.timer),
            Strategy::SelfUse,
        ])?;
        let nothing = test.run(&Strategy::NoBattery)?;
        let days = calendar.days_starting_in(read.span)?.max(1);
        let currency = read.site.currency();
        let capital = self.capital.map(|capital| capital.times(currency.minor_units())).transpose()?;
        let row =
            |outcome: &StrategyOutcome| self.row(outcome, (&perfect, &nothing), capital, days, calendar);
        let beside = |outcome: &StrategyOutcome| {
            let paired = outcome.beside(&one, calendar)?;
            let beside_one_forecast = Some(PairedRow {
                mean_minor_a_day: paired.mean,
                low_minor_a_day: paired.low,
                high_minor_a_day: paired.high,
            });
            Ok(StrategyRow { beside_one_forecast, ..row(outcome)? })
        };
        let first = std::iter::once(row(&perfect)).chain(better.iter().map(beside));
        let rest = std::iter::once(&one).chain(&simple).chain(std::iter::once(&nothing));
        let rows = first.chain(rest.map(row)).collect::<Result<Vec<_>>>()?;
        let unplanned = better.iter().chain([&one]).filter(|outcome| outcome.unplanned > 0).map(|outcome| {
            format!(
                "{}: {} of {} times no plan kept to every limit in all that was thought possible, and the level was kept as near as it could be",
                outcome.name, outcome.unplanned, outcome.plans
            )
        });
        let left_out = better.iter().filter(|outcome| outcome.left_out > 0).map(|outcome| {
            format!(
                "{}: {} times a past day was left out of a slot, since nothing that the battery does would have kept to the limits in it",
                outcome.name, outcome.left_out
            )
        });
        let robust = self.dearest_percent.map(|percent| {
            format!(
                "dearest share: a plan on the dearest {percent} % of the ways in which each slot may turn out"
            )
        });
        let short = (days < i64::try_from(past.days()).unwrap_or(i64::MAX)).then(|| {
            format!(
                "the period has {days} days, fewer than the {} past days asked for: plans looked at as many as there were, and on the \
                 first day took load and sun for none",
                past.days()
            )
        });
        Ok(BacktestResult {
            frame: Frame::new(read.span, calendar, read.site.currency()),
            days,
            plans: one.plans,
            past_days: past.days(),
            forecasts: test.measured(past)?.iter().map(ForecastRow::from).collect(),
            strategies: rows,
            with_payback: self.capital.is_some(),
            notices: read
                .notices
                .into_iter()
                .chain(self.device.doubts())
                .chain(short)
                .chain(robust)
                .chain(unplanned)
                .chain(left_out)
                .collect(),
        })
    }

    fn row(
        &self,
        outcome: &StrategyOutcome,
        (perfect, nothing): (&StrategyOutcome, &StrategyOutcome),
        capital: Option<Money>,
        days: i64,
        calendar: &Calendar,
    ) -> Result<StrategyRow> {
        let saving = outcome.saving_against(nothing);
        let share = outcome.share_of_perfect(nothing, perfect).map(|share| {
            let (sign, size) = (if share < 0 { "-" } else { "" }, share.unsigned_abs());
            format!("{sign}{}.{:05}", size / 100_000, size % 100_000)
        });
        let payback = capital.zip(saving).and_then(|(capital, saving)| {
            payback_years(capital, saving, u32::try_from(days).unwrap_or(u32::MAX))
        });
        let periods = match self.by {
            None => Vec::new(),
            Some(period) => outcome
                .by(period.kind(), calendar)?
                .into_iter()
                .map(|period| PeriodRow { label: period.label, span: period.span, cost_minor: period.cost })
                .collect(),
        };
        Ok(StrategyRow {
            name: outcome.name.clone(),
            cost_minor: outcome.cost,
            saving_minor: saving,
            share_of_perfect: share,
            beside_one_forecast: None,
            bound_minor: (!outcome.bound.is_zero()).then_some(outcome.bound),
            payback_years: payback,
            periods,
        })
    }

    fn sweep(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<SweepDocument> {
        let read = self.site.read(ctx, calendar)?;
        let frame = Frame::new(read.span, calendar, read.site.currency());
        let mut sites = vec![(name(self.site.rates()), read.site)];
        for file in &self.sweep_rates {
            let other = self.site.read_with(ctx, file, calendar)?;
            if other.span != read.span {
                return Err(Failure::work(format!(
                    "{} covers {}, {} covers {}: give --from and --to, so that like is set beside like",
                    self.site.rates().display(),
                    read.span,
                    file.display(),
                    other.span
                )));
            }
            frame.currency.same(other.site.currency(), &name(self.site.rates()), &name(file))?;
            sites.push((name(file), other.site));
        }
        let named = || sites.iter().map(|(name, site)| SweepSite { name, site });
        let Some(first) = named().next() else { return Err(Failure::work("there is no site to sweep")) };
        let Device { battery, request, .. } = self.device.device(ctx, calendar, first.site)?;
        let mut sweep = Sweep::new(&battery, &request)?.over_sites(named().collect());
        if !self.sweep_capacity_kwh.is_empty() {
            sweep = sweep.over_capacities(self.sweep_capacity_kwh.clone());
        }
        if !self.sweep_kw.is_empty() {
            sweep = sweep.over_powers(self.sweep_kw.clone());
        }
        let rows = sweep.run(told)?;
        let days = calendar.days_starting_in(read.span)?.max(1);
        let notices = read.notices.into_iter().chain(self.device.doubts()).collect();
        Ok(SweepDocument::new(frame, rows, days, notices))
    }
}

/// What a file's tariff is called in the rows.
fn name(file: &Path) -> String {
    file.file_stem().map_or_else(|| file.display().to_string(), |stem| stem.to_string_lossy().into_owned())
}
