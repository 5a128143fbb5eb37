//! One consumption under many tariffs.

use super::billed::towards;
use super::choice::{ChoiceArguments, Chosen, Home};
use super::conditions;
use super::scenario::{Both, laid_over};
use crate::answer::compare::{Compared, Scenario};
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::source::gas::GasArguments;
use crate::source::{Source, Taking, definition, store};
use crate::words::bills::{Between, InSlot, Missing};
use crate::words::selling::Selling;
use crate::words::{Metering, PeriodArguments, Pricing, parse_time};
use clap::Args;
use kwhen::Consumption;
use kwhen::bill::BillingRules;
use kwhen::bill::compare::{CompareRequest, compare};
use kwhen::choice::ChoiceRequest;
use kwhen::names::nearest;
use kwhen::tariff::{Direction, Tariff};
use kwhen::time::{Calendar, Span};
use std::path::{Path, PathBuf};

/// Price one consumption under many tariffs
///
/// Cheapest first. A tariff that can price less than 99 % of what another can comes after those that do, whatever it costs. Shows the months in
/// which another would have won. With --battery (or --solar) each is also priced with the devices planned for it: as well as can be, and from
/// day to day on what was known then.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen compare --consumption consumption.csv --tariff agile.csv,standing.csv --tariff go.toml --tariff flat.toml
  kwhen compare --consumption use.csv --tariff flux.json --export-consumption solar.csv --export-tariff outgoing.toml
  kwhen compare --consumption use.csv --tariff agile.csv,standing.csv --tariff go.toml --now E-1R-GO-VAR-22-10-14-C --battery home.toml --battery car.toml
  kwhen compare --consumption use.csv --tariff agile.csv,standing.csv --tariff go.toml --thermal cylinder.toml
  kwhen compare --consumption gas.csv --tariff tracker-gas.toml --tariff fixed-gas.toml --gas-unit m3 --calorific-value 39.1")]
pub struct CompareArguments {
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    consumption: PathBuf,
    /// A tariff: a definition (TOML, JSON), a products payload, or unit rates, with standing charges after a comma
    #[arg(long = "tariff", value_name = "FILE[,STANDING]", required = true, num_args = 1..)]
    tariffs: Vec<String>,
    /// Readings of energy sent to the grid
    #[arg(long, value_name = "FILE", requires = "export_tariffs")]
    export_consumption: Option<PathBuf>,
    /// An export tariff; each is combined with each import tariff
    #[arg(long = "export-tariff", value_name = "FILE", num_args = 1..)]
    export_tariffs: Vec<String>,
    #[command(flatten)]
    period: PeriodArguments,
    #[command(flatten)]
    choice: ChoiceArguments,
    /// Say what each will come to if it goes on like this to the end of a longer period
    #[arg(long, value_name = "DATE", conflicts_with = "home")]
    project_to: Option<String>,
    /// What is rounded: exact, octopus, octopus-statement, ladder, or a file
    #[arg(long, default_value = "exact", value_name = "RULES")]
    rules: String,
    /// What is done where there is no reading
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    #[command(flatten)]
    selling: Selling,
    /// What is done where a unit rate changes inside a half-hour
    #[arg(long, value_enum, default_value_t, conflicts_with = "home")]
    between_readings: Between,
    /// How a slot is priced in which the unit rate changes: not at all, or at the mean of its rates by time (quarter-hour prices, an hourly meter)
    #[arg(long, value_enum, default_value_t, conflicts_with = "home")]
    rate_in_slot: InSlot,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
    #[command(flatten)]
    gas: GasArguments,
}

/// What a message says of a present tariff that is neither among the tariffs nor can be read.
fn none_of(name: &str, tariffs: &[Tariff]) -> String {
    let codes: Vec<&str> = tariffs.iter().map(|tariff| tariff.code.as_str()).collect();
    let near = nearest(name, codes.iter().copied());
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    format!("--now {name} is none of the tariffs ({}{near}), nor one more of them", codes.join(", "))
}

/// What was read of a home and of tariffs.
struct HomeRead<'a> {
    consumption: &'a Consumption,
    export: Option<&'a Consumption>,
    solar: Option<&'a Consumption>,
    /// Import tariffs, and export tariffs.
    tariffs: Both,
    /// The code of the tariff that the home is on.
    now: Option<&'a str>,
    /// How a file of readings is read.
    readings: &'a dyn Fn(&Path) -> Result<Consumption>,
}

impl CompareArguments {
    /// The comparison. `told` hears how many tariffs are planned for, of how many.
    ///
    /// # Errors
    /// What is asked does not go together, or cannot be read, planned or priced.
    pub fn answer(&self, ctx: &Context, told: &(dyn Fn(usize, usize) + Sync)) -> Result<Compared> {
        let at_best = self.choice.is_asked(ctx);
        if !self.export_tariffs.is_empty() && self.export_consumption.is_none() && !at_best {
            return Err(Failure::usage(
                "--export-tariff needs --export-consumption, or a home that may export: --battery or --solar",
            ));
        }
        let calendar = ctx.calendar()?;
        let rules = definition::rules(ctx, &self.rules)?;
        ctx.used(&[Flag::Missing]);
        let reach =
            store::reach(self.choice.looking_back(ctx, self.period.asked(ctx)?), self.missing.policy())?;
        let taking = Taking { is_gas: ctx.is_given(Flag::GasUnit), left_out: self.missing.left_out(ctx) };
        let readings = |path: &Path| {
            let source = Source::read(ctx, path)?.during(reach).taking(taking);
            source.consumption(&self.pricing, &self.metering)
        };
        let consumption = readings(&self.consumption)?;
        let export = self.export_consumption.as_deref().map(readings).transpose()?;
        let whole =
            consumption.grid().span().ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let period = self.period.within(ctx, whole)?;
        let solar = self.choice.solar.as_deref().map(readings).transpose()?;
        let span = self.choice.looking_back(ctx, period);
        let mut tariffs = self.read_all(ctx, &self.tariffs, &calendar, span)?;
        let mut now = self.choice.now.clone();
        if let Some(name) = &now
            && tariffs.iter().all(|tariff| tariff.code != *name)
        {
            // The present one is one more of them.
            let present = self.read_all(ctx, std::slice::from_ref(name), &calendar, span);
            let present = present.map_err(|failure| failure.within(&none_of(name, &tariffs)))?;
            match <[Tariff; 1]>::try_from(present) {
                Ok([tariff]) => {
                    now = Some(tariff.code.clone());
                    if tariffs.iter().all(|other| other.code != tariff.code) {
                        tariffs.push(tariff);
                    }
                }
                Err(several) => {
                    return Err(Failure::usage(format!(
                        "--now {name}: a home is on one tariff, not on {}",
                        several.len()
                    )));
                }
            }
        }
        let of_point = |path: &Path| match store::holds(ctx, path) {
            true => store::direction(ctx, &path.to_string_lossy()),
            false => Ok(None),
        };
        let point = of_point(&self.consumption)?;
        let tariffs = tariffs.into_iter().map(|tariff| towards(tariff, point.as_ref()));
        let tariffs = tariffs.collect::<Result<Vec<_>>>()?;
        // A file of unit rates does not say which way it goes; it was named as an export tariff.
        let named = Some(("--export-tariff".to_owned(), Some(Direction::Export)));
        let export_tariffs = self.read_all(ctx, &self.export_tariffs, &calendar, span)?.into_iter();
        let export_tariffs = export_tariffs.map(|tariff| towards(tariff, named.as_ref()));
        let export_tariffs = export_tariffs.collect::<Result<Vec<_>>>()?;
        if let Some((who, Some(Direction::Import))) =
            self.export_consumption.as_deref().map(of_point).transpose()?.flatten()
        {
            return Err(Failure::work(format!("--export-consumption: {who} says import")));
        }
        let gas = self.gas.conversion(ctx, &self.metering)?;
        if let Some(tariff) = tariffs.first() {
            self.gas.check(ctx, tariff, gas.as_ref())?;
        }
        if at_best {
            return self.at_best(
                ctx,
                (calendar, rules, period),
                told,
                HomeRead {
                    consumption: &consumption,
                    export: export.as_ref(),
                    solar: solar.as_ref(),
                    tariffs: (tariffs, export_tariffs),
                    now: now.as_deref(),
                    readings: &readings,
                },
            );
        }
        let request = CompareRequest::new(&consumption, &tariffs, period)
            .gas(gas.as_ref())
            .exported(export.as_ref(), &export_tariffs)
            .calendar(calendar)
            .rules(rules)
            .missing(self.missing.policy())
            .between_readings(self.between_readings.policy())
            .rate_in_slot(self.rate_in_slot.policy());
        let comparison = compare(&request)?;
        let projections = match &self.project_to {
            Some(end) => {
                let end = parse_time(ctx, end, "--project-to")?;
                Some(comparison.project(Span::new(comparison.period.from(), end)?, &calendar)?)
            }
            None => None,
        };
        let read = consumption.notices().iter().chain(export.iter().flat_map(Consumption::notices));
        let mut notes: Vec<String> = read.map(ToString::to_string).collect();
        for tariff in tariffs.iter().chain(&export_tariffs) {
            let noticed = tariff.notices(comparison.period);
            notes.extend(noticed.iter().map(|notice| format!("{}: {notice}", tariff.code)));
        }
        Ok(Compared {
            comparison,
            choice: None,
            scenario: None,
            sizes: Vec::new(),
            projections,
            project_to: self.project_to.clone(),
            notes,
        })
    }

    /// The same with the home at its best on each.
    fn at_best(
        &self,
        ctx: &Context,
        (calendar, rules, period): (Calendar, BillingRules, Span),
        told: &(dyn Fn(usize, usize) + Sync),
        home: HomeRead<'_>,
    ) -> Result<Compared> {
        let at = self.choice.moment(ctx)?;
        let (mut tariffs, mut export_tariffs) = home.tariffs;
        let account = conditions::complete(ctx, (&mut tariffs, home.now), at, &calendar)?;
        conditions::complete(ctx, (&mut export_tariffs, None), at, &calendar)?;
        let (tariffs, export_tariffs) = (tariffs.as_slice(), export_tariffs.as_slice());
        let asked = (self.choice.scenario.as_slice(), self.choice.scenario_cap);
        let other = match asked.0 {
            [] => None,
            _ => Some(laid_over(
                ctx,
                asked,
                (&self.pricing, &self.selling),
                (tariffs, export_tariffs),
                (period, self.choice.looking_back(ctx, period), &calendar),
            )?),
        };
        let request = ChoiceRequest::new(home.consumption, tariffs, &[], period)
            .exported(home.export)
            .export_tariffs(export_tariffs)
            .solar(home.solar)
            .calendar(calendar)
            .rules(rules)
            .missing(self.missing.policy());
        let chosen = self.choice.answer(
            ctx,
            request,
            &Home {
                tariffs: (tariffs, export_tariffs),
                scenario: other.as_ref().map(|((import, export), _)| (import.as_slice(), export.as_slice())),
                now: home.now,
                account: &account,
                readings: home.readings,
            },
            told,
        )?;
        let Chosen { choice, used: comparison, weighed, scenario } = chosen;
        let read = [Some(home.consumption), home.export, home.solar].into_iter().flatten();
        let mut notes: Vec<String> = read.flat_map(Consumption::notices).map(ToString::to_string).collect();
        for tariff in tariffs.iter().chain(export_tariffs) {
            let noticed = tariff.notices(comparison.period);
            notes.extend(noticed.iter().map(|notice| format!("{}: {notice}", tariff.code)));
        }
        notes.extend(choice.notices.iter().cloned());
        let rates = other.map(|(_, rates)| rates).unwrap_or_default();
        Ok(Compared {
            comparison,
            choice: Some(choice),
            scenario: scenario.map(|choice| Scenario { rates, choice }),
            sizes: weighed,
            projections: None,
            project_to: None,
            notes,
        })
    }

    fn read_all(
        &self,
        ctx: &Context,
        arguments: &[String],
        calendar: &Calendar,
        span: Span,
    ) -> Result<Vec<Tariff>> {
        let mut tariffs = Vec::with_capacity(arguments.len());
        for argument in arguments {
            tariffs.extend(definition::tariffs(ctx, argument, &self.pricing, &self.selling, calendar, span)?);
        }
        Ok(tariffs)
    }
}
