//! `kwhen compare`

use super::billed::towards;
use crate::arguments::{Format, Metering, PeriodArguments, Pricing, Shared, parse_time};
use crate::definition::{self, Between, Missing};
use crate::failure::{Failure, Result};
use crate::gas::GasArguments;
use crate::given::{Flag, used};
use crate::input::Source;
use crate::output::number::{count, kwh, pounds, rate};
use crate::output::style::{CHOSEN, FAINT, Palette, TITLE, WARNING};
use crate::output::table::{Align, Cell, Table};
use crate::output::{csv::Csv, file, json, when::Clock};
use crate::selling::Selling;
use clap::Args;
use kwhen::Consumption;
use kwhen::bill::Projection;
use kwhen::bill::compare::{self, CompareRequest, Comparison, compare};
use kwhen::tariff::{Direction, Tariff};
use kwhen::time::{Calendar, Span};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Price one consumption under many tariffs
///
/// Cheapest first. A tariff that can price less than 99 % of what another can comes after those that do, whatever it costs. Shows the months in
/// which another would have won.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen compare --consumption consumption.csv --tariff agile.csv,standing.csv --tariff go.toml --tariff flat.toml
  kwhen compare --consumption use.csv --tariff flux.json --export-consumption solar.csv --export-tariff outgoing.toml
  kwhen compare --consumption gas.csv --tariff tracker-gas.toml --tariff fixed-gas.toml --gas-unit m3 --calorific-value 39.1")]
pub(crate) struct CompareArguments {
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
    #[arg(long = "export-tariff", value_name = "FILE", num_args = 1.., requires = "export_consumption")]
    export_tariffs: Vec<String>,
    #[command(flatten)]
    period: PeriodArguments,
    /// Say what each will come to if it goes on like this to the end of a longer period
    #[arg(long, value_name = "DATE")]
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
    #[arg(long, value_enum, default_value_t)]
    between_readings: Between,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
    #[command(flatten)]
    gas: GasArguments,
}

impl CompareArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let rules = definition::rules(&self.rules)?;
        used(&[Flag::Missing]);
        let reach = crate::store::reach(self.period.asked(&calendar)?, self.missing.policy())?;
        let readings =
            |path: &Path| Source::read(path)?.during(reach).consumption(&self.pricing, &self.metering);
        let consumption = readings(&self.consumption)?;
        let export = self.export_consumption.as_deref().map(readings).transpose()?;
        let whole =
            consumption.grid().span().ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let period = self.period.within(&calendar, whole)?;
        let tariffs = self.read_all(&self.tariffs, &calendar, period)?;
        let of_point = |path: &Path| match crate::store::holds(path) {
            true => crate::store::direction(&path.to_string_lossy()),
            false => Ok(None),
        };
        let point = of_point(&self.consumption)?;
        let tariffs = tariffs.into_iter().map(|tariff| towards(tariff, point.as_ref()));
        let tariffs = tariffs.collect::<Result<Vec<_>>>()?;
        // A file of unit rates does not say which way it goes; it was named as an export tariff.
        let named = Some(("--export-tariff".to_owned(), Some(Direction::Export)));
        let export_tariffs = self.read_all(&self.export_tariffs, &calendar, period)?.into_iter();
        let export_tariffs = export_tariffs.map(|tariff| towards(tariff, named.as_ref()));
        let export_tariffs = export_tariffs.collect::<Result<Vec<_>>>()?;
        if let Some((who, Some(Direction::Import))) =
            self.export_consumption.as_deref().map(of_point).transpose()?.flatten()
        {
            return Err(Failure::work(format!("--export-consumption: {who} says import")));
        }
        let gas = self.gas.conversion(&self.metering)?;
        if let Some(tariff) = tariffs.first() {
            self.gas.check(tariff, gas.as_ref())?;
        }
        let comparison = compare(&CompareRequest {
            consumption: &consumption,
            gas: gas.as_ref(),
            export: export.as_ref(),
            tariffs: &tariffs,
            export_tariffs: &export_tariffs,
            period,
            calendar,
            rules,
            missing: self.missing.policy(),
            between_readings: self.between_readings.policy(),
        })?;
        let projections = match &self.project_to {
            Some(end) => {
                let end = parse_time(&calendar, end, "--project-to")?;
                Some(comparison.project(Span::new(comparison.period.from(), end)?, &calendar)?)
            }
            None => None,
        };
        let noticed = consumption.notices().iter().chain(export.iter().flat_map(Consumption::notices));
        file::note(noticed, shared.color);
        for tariff in tariffs.iter().chain(&export_tariffs) {
            let noticed = tariff.notices(comparison.period);
            file::note(noticed.iter().map(|notice| format!("{}: {notice}", tariff.code)), shared.color);
        }
        match shared.format {
            Format::Text => {
                let palette = Palette::for_stdout(shared.color);
                let mut page = text(&comparison, calendar, palette);
                if let (Some(projections), Some(end)) = (&projections, &self.project_to) {
                    page.push_str(&projected(&comparison, projections, end, palette));
                }
                Ok(page)
            }
            Format::Json => json(&Compared { comparison: &comparison, projections }),
            Format::Csv => Ok(csv(&comparison, projections.as_deref())),
        }
    }

    fn read_all(&self, arguments: &[String], calendar: &Calendar, period: Span) -> Result<Vec<Tariff>> {
        let mut tariffs = Vec::with_capacity(arguments.len());
        for argument in arguments {
            tariffs.extend(definition::tariffs(argument, &self.pricing, &self.selling, calendar, period)?);
        }
        Ok(tariffs)
    }
}

/// The comparison with what each tariff will come to.
#[derive(Serialize)]
struct Compared<'a> {
    #[serde(flatten)]
    comparison: &'a Comparison,
    /// In the order of the tariffs.
    #[serde(skip_serializing_if = "Option::is_none")]
    projections: Option<Vec<Projection>>,
}

/// What each will come to, and what that rests on.
fn projected(comparison: &Comparison, projections: &[Projection], end: &str, palette: Palette) -> String {
    let mut table = Table::new(&[
        (&format!("by {end}, if it goes on like this"), Align::Left),
        ("kWh", Align::Right),
        ("£ inc VAT", Align::Right),
    ]);
    for (tariff, projection) in comparison.tariffs.iter().zip(projections) {
        table.row([name(tariff).into(), kwh(projection.kwh).into(), pounds(projection.total_minor).into()]);
    }
    let mut page = format!("\n{}", table.render(palette));
    if let Some(first) = projections.first() {
        page.push_str(&palette.paint(FAINT, &format!("It rests on {}.", first.rests_on)));
        page.push('\n');
    }
    page
}

fn name(tariff: &compare::Compared) -> String {
    match &tariff.export_code {
        Some(export) => format!("{} with {export}", tariff.code),
        None => tariff.code.clone(),
    }
}

fn text(comparison: &Comparison, calendar: Calendar, palette: Palette) -> String {
    let title = format!("Tariffs compared, {}", Clock(calendar).period(comparison.period));
    let under = format!("{} · rules: {}", comparison.time_zone, comparison.rules);
    let mut page = format!("{}\n{}\n\n", palette.paint(TITLE, &title), palette.paint(FAINT, &under));
    let mut table = Table::new(&[
        ("", Align::Right),
        ("tariff", Align::Left),
        ("kWh", Align::Right),
        ("p/kWh all in", Align::Right),
        ("£ inc VAT", Align::Right),
        ("months won", Align::Right),
        ("priced", Align::Right),
    ]);
    for tariff in &comparison.tariffs {
        let won = comparison
            .months
            .iter()
            .filter(|month| month.code == tariff.code && month.export_code == tariff.export_code)
            .count();
        let style = match tariff {
            tariff if !tariff.comparable => WARNING,
            tariff if tariff.rank == 1 => CHOSEN,
            _ => anstyle::Style::new(),
        };
        let priced = tariff.coverage.billed_slots * 100 / tariff.coverage.slots.max(1);
        table.row([
            tariff.rank.to_string().into(),
            Cell::styled(name(tariff), style),
            kwh(tariff.kwh).into(),
            tariff.average_minor_per_kwh.map(rate).unwrap_or_default().into(),
            Cell::styled(pounds(tariff.total_minor), style),
            won.to_string().into(),
            format!("{priced} %").into(),
        ]);
    }
    page.push_str(&table.render(palette));
    page.push('\n');
    if comparison.tariffs.iter().any(|tariff| !tariff.comparable) {
        page.push_str(&palette.paint(
            WARNING,
            "Tariffs that price much less of the history come last: their totals cannot be compared.",
        ));
        page.push('\n');
    }
    for tariff in &comparison.tariffs {
        if let Some(other) = tariff.tariff_clock.filter(|clock| *clock != comparison.time_zone) {
            let line = format!("{}: times of day by the clock of {other}", tariff.code);
            page.push_str(&palette.paint(FAINT, &line));
            page.push('\n');
        }
    }
    for unpriced in &comparison.unpriced {
        page.push_str(
            &palette.paint(WARNING, &format!("{} was left out: {}", unpriced.code, unpriced.reason)),
        );
        page.push('\n');
    }
    if let Some(estimated) =
        comparison.tariffs.first().map(|tariff| tariff.estimated_slots).filter(|slots| *slots > 0)
    {
        page.push_str(&palette.paint(WARNING, &format!("{} slots are estimates.", count(estimated))));
        page.push('\n');
    }
    let overall = comparison.tariffs.first();
    let others = comparison.months.iter().filter(|month| {
        overall.is_some_and(|overall| month.code != overall.code || month.export_code != overall.export_code)
    });
    for month in others {
        page.push_str(&format!(
            "{}: {} would have won by {}\n",
            month.period.label,
            month.code,
            pounds(month.saved_minor)
        ));
    }
    page
}

fn csv(comparison: &Comparison, projections: Option<&[Projection]>) -> String {
    let mut csv = Csv::new(&[
        "rank",
        "code",
        "export_code",
        "kwh",
        "net_minor",
        "vat_minor",
        "total_minor",
        "slots",
        "billed_slots",
        "comparable",
        "projected_total_minor",
    ]);
    for (place, tariff) in comparison.tariffs.iter().enumerate() {
        let projection = projections.and_then(|projections| projections.get(place));
        csv.row(&[
            tariff.rank.to_string(),
            tariff.code.clone(),
            tariff.export_code.clone().unwrap_or_default(),
            tariff.kwh.to_string(),
            tariff.net_minor.to_string(),
            tariff.vat_minor.to_string(),
            tariff.total_minor.to_string(),
            tariff.coverage.slots.to_string(),
            tariff.coverage.billed_slots.to_string(),
            tariff.comparable.to_string(),
            projection.map(|projection| projection.total_minor.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}
