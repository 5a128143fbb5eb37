//! A battery's plan for what is not known yet: expected values over past days, or over forecasts in files.

use super::device::{Device, Show};
use super::site::{Moment, ReadAhead, SiteArguments};
use crate::answer::Answer;
use crate::answer::expected::ExpectedDocument;
use crate::answer::frame::{Frame, Remarks};
use crate::answer::policy::{PolicyDocument, ValueDocument};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::forecast::{self, Wanted};
use crate::words::{parse_moment, parse_time};
use chrono::TimeDelta;
use clap::Args;
use kwhen::plan::battery::Site;
use kwhen::plan::forecast::{Forecasts, PastDays};
use kwhen::plan::prospect::{ExpectedPlan, Prospect};
use kwhen::time::{Calendar, instant_text};
use std::path::PathBuf;

/// What is said of a plan for what is not known.
#[derive(Args, Debug)]
pub(crate) struct AheadArguments {
    /// Plan for what is not known: load and sun from --from (now, if not said) on may turn out as on so many past days, more as on
    /// those like the days to come; the plan is the best on average
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["cost_of", "budget", "appliance", "thermal", "circuits", "peak_price", "max_starts"])]
    pub(super) past_days: Option<u16>,
    /// Plan on the dearest ways of each slot alone, as PERCENT of their weight: robust, for whoever would rather be safe than right in the
    /// mean; the range of costs is that of all past days
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=99), value_name = "PERCENT")]
    pub(super) dearest_percent: Option<u8>,
    /// Rates from this time on are not known either; as far as the files go, if not said
    #[arg(long, value_name = "TIME")]
    pub(super) rates_until: Option<String>,
    /// A forecast of the load: readings to come, or columns p10, p50 and p90 of kWh a row; past days are moved to it
    #[arg(long, requires = "load", value_name = "FILE")]
    pub(super) load_forecast: Option<PathBuf>,
    /// A forecast of solar generation: likewise, or what Solcast gives (JSON)
    #[arg(long, requires = "solar", value_name = "FILE")]
    pub(super) solar_forecast: Option<PathBuf>,
    /// A forecast of import rates that are not known: rates, columns p10, p50 and p90 of p/kWh, or what agile_predict gives (JSON)
    #[arg(long, value_name = "FILE")]
    pub(super) rates_forecast: Option<PathBuf>,
}

/// The past before the days that are looked at, that says how bright they were.
pub(super) const BEFORE: i64 = 15;

impl AheadArguments {
    /// Whether a plan for what is not known is asked for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.past_days.is_some()
    }

    /// An error where a flag is of no use without `--past-days`. The parser cannot ask for it: it does not ask for what another given
    /// flag excludes.
    pub(crate) fn expect_asked(&self) -> Result<()> {
        let given = [
            ("--dearest-percent", self.dearest_percent.is_some()),
            ("--rates-until", self.rates_until.is_some()),
            ("--load-forecast", self.load_forecast.is_some()),
            ("--solar-forecast", self.solar_forecast.is_some()),
            ("--rates-forecast", self.rates_forecast.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) if !self.is_asked() => Err(Failure::usage(format!(
                "{flag} is of no use: it is for a plan for what is not known, which --past-days asks for"
            ))),
            _ => Ok(()),
        }
    }

    /// The plan. `device` makes the battery for the site that is planned.
    pub(crate) fn answer(
        &self,
        ctx: &Context,
        site: &SiteArguments,
        calendar: &Calendar,
        (show, explain): (Show, bool),
        device: impl FnOnce(&Site) -> Result<Device>,
        doubts: Vec<String>,
    ) -> Result<Answer> {
        let days = PastDays::alike(usize::from(self.past_days.unwrap_or_default()))?;
        let days = self.dearest_percent.map_or(Ok(days), |percent| days.dearest(percent))?;
        let period = &site.series.period;
        if period.during.is_some() {
            return Err(Failure::usage(
                "--past-days plans from a moment on: give --from and --to, not --during",
            ));
        }
        let now = match &period.from {
            Some(text) => parse_time(ctx, text, "--from")?,
            None => ctx.now(),
        };
        let after = |text: &Option<String>, flag: &str| {
            let moment = text.as_deref().map(|text| parse_moment(ctx, text, now, flag)).transpose()?;
            match moment {
                Some(moment) if moment <= now => Err(Failure::usage(format!(
                    "{flag} {} must be after {}, when the plan begins",
                    instant_text(moment),
                    instant_text(now)
                ))),
                moment => Ok(moment),
            }
        };
        let robust = self.dearest_percent.map(|percent| {
            format!(
                "robust: the plan, what the formula expects and what a kWh is worth \"on average\" go by the dearest {percent} % of the ways in \
                 which each slot may turn out; what it costs on past days is of all of them"
            )
        });
        let past = i64::try_from(days.days()).unwrap_or(0) + BEFORE;
        let moment = Moment {
            now,
            to: after(&period.to, "--to")?,
            rates_until: after(&self.rates_until, "--rates-until")?,
            past: TimeDelta::days(past),
            late: false,
            dispatches: &[],
        };
        let ReadAhead { site: whole, now, rates_until, past_rates, mut notices } =
            site.read_ahead(ctx, calendar, &moment)?;
        notices.extend(doubts);
        let days = if past_rates { days } else { days.without_rates() };
        let forecasts = self.forecasts(ctx, site, calendar, (&whole, now, rates_until), &mut notices)?;
        let prospect = Prospect::of_past(&whole, now, rates_until, calendar, days, &forecasts)?;
        let Device { name, battery, request } = device(prospect.site())?;
        let plan = prospect.plan(&battery, &request)?;
        notices.extend(remarks(&prospect, &plan, days, site.past_is_read()));
        notices.extend(robust);
        let remarks = Remarks::new(None, notices);
        let frame = || Frame::new(prospect.site().span(), calendar, prospect.site().currency());
        match show {
            Show::Policy => Ok(Answer::Policy(PolicyDocument::expected(frame(), &plan, remarks)?)),
            Show::Value => Ok(Answer::Value(ValueDocument::expected(frame(), &plan, remarks)?)),
            Show::Plan => {
                let mut document = ExpectedDocument::new(&prospect, &plan, rates_until, calendar, explain)?;
                document.name = name;
                document.notices = remarks;
                Ok(Answer::Expected(Box::new(document)))
            }
        }
    }

    /// The forecasts of files, over the slots that are planned.
    pub(super) fn forecasts(
        &self,
        ctx: &Context,
        site: &SiteArguments,
        calendar: &Calendar,
        (whole, now, rates_until): (&Site, chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>),
        notices: &mut Vec<String>,
    ) -> Result<Forecasts> {
        let first = whole.grid().index_of(now).unwrap_or(0);
        let grid = whole.grid().part(first..whole.grid().len());
        let open = grid.slots().take_while(|slot| slot.span.from() < rates_until).count();
        let (pricing, metering) = site.reading();
        let wanted = |first: usize| Wanted { pricing, metering, calendar, grid: &grid, first };
        let mut ends = |path: &PathBuf, covered: Option<usize>| {
            if let Some(end) = covered.filter(|last| last + 1 < grid.len()).and_then(|last| grid.slot(last)) {
                notices.push(format!(
                    "{}: ends {}; after that, past days alone say what may come",
                    path.display(),
                    instant_text(end.span.to())
                ));
            }
        };
        let mut forecasts = Forecasts::default();
        if let Some(path) = &self.load_forecast {
            let values = forecast::energies(ctx, path, &wanted(0))?;
            ends(path, values.iter().rposition(Option::is_some));
            forecasts = forecasts.load(&values)?;
        }
        if let Some(path) = &self.solar_forecast {
            let values = forecast::energies(ctx, path, &wanted(0))?;
            ends(path, values.iter().rposition(Option::is_some));
            forecasts = forecasts.solar(&values)?;
        }
        if let Some(path) = &self.rates_forecast {
            if open >= grid.len() {
                return Err(Failure::usage(format!(
                    "--rates-forecast: all rates up to {} are known; give a later --to or --rates-until",
                    instant_text(grid.end())
                )));
            }
            let values = forecast::rates(ctx, path, &wanted(open))?;
            ends(path, values.iter().rposition(Option::is_some));
            forecasts = forecasts.import(&values)?;
        }
        Ok(forecasts)
    }
}

/// What is to be said of the scenarios.
fn remarks(prospect: &Prospect, plan: &ExpectedPlan, days: PastDays, past_is_read: bool) -> Vec<String> {
    let found = prospect.scenarios().len();
    let short = (found < days.days()).then(|| {
        format!(
            "there are {found} past days, fewer than the {} asked for: the plan goes by those",
            days.days()
        )
    });
    let nothing = (!past_is_read).then(|| {
        "there is no load and no sun (--load, --solar): nothing but rates can turn out otherwise".to_owned()
    });
    let left_out = (plan.left_out > 0).then(|| {
        format!("{} of the ways in which single slots may turn out are left out: nothing keeps to the limits in them", plan.left_out)
    });
    let infeasible = (plan.infeasible > 0).then(|| {
        format!(
            "{} past days are not among the scenarios: nothing keeps to the limits in them",
            plan.infeasible
        )
    });
    short.into_iter().chain(nothing).chain(left_out).chain(infeasible).collect()
}
