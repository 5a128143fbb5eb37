//! `kwhen init`

use super::fetch::{self, Access};
use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::file;
use chrono::{Datelike as _, Months, NaiveDate};
use clap::Args;
use kwhen::Energy;
use kwhen::plan::Power;
use kwhen::tariff::{Agreements, Direction, Fuel, TariffCode};
use kwhen_app::config;
use kwhen_app::context::{Context, Flag};
use kwhen_app::installation;
use kwhen_app::words::{parse_energy, parse_power_above_zero, parse_time};
use kwhen_fetch::store::{Store, StoredPoint};
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

/// The store beside the file, where none is named.
const STORE: &str = "kwhen.db";

/// Write a file of defaults with comments (docs/configuration.md) and fetch what bills and plans need; nothing is written over
///
/// With a key (KWHEN_API_KEY or --key-file) it finds the account, keeps it in the store, writes down its meter points, tariffs and region, and
/// fetches rates and readings. On a terminal it asks for what it cannot find out.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen init
  kwhen init --kw 7.4 --kwh 20
  kwhen init --account A-12AB34CD --from 2024-01-01
  kwhen init ~/.config/kwhen/kwhen.toml --key-file ~/.octopus-key --no-fetch")]
pub(crate) struct InitArguments {
    /// The file that is written
    #[arg(value_name = "FILE", default_value = config::FILE_NAME)]
    file: PathBuf,
    /// The account's number, A-12AB34CD; if not said, the one that the key opens
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// From when rates and readings are fetched: a date (its local midnight) or a time; the first of this month a year ago if not said
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    from: Option<String>,
    /// Fetch the account alone, no rates and no readings
    #[arg(long)]
    no_fetch: bool,
    /// The power of the car's charger, in kW, for kwhen charge
    #[arg(long, value_parser = parse_power_above_zero, allow_negative_numbers = true, value_name = "KW")]
    kw: Option<Power>,
    /// What the car usually needs in a night, in kWh, for kwhen charge
    #[arg(long, value_parser = parse_energy, allow_negative_numbers = true, value_name = "KWH")]
    kwh: Option<Energy>,
    #[command(flatten)]
    access: Access,
}

/// What the file is to say.
struct Written<'a> {
    store: &'a Path,
    zone: &'static str,
    access: &'a Access,
    /// The account's number and its meter points.
    account: Option<(&'a str, &'a [StoredPoint])>,
    /// From when rates and readings are fetched.
    from: NaiveDate,
    kw: Option<Power>,
    kwh: Option<Energy>,
}

impl InitArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile, Flag::TimeLimit]);
        ctx.of_installation(self.access.zone()?);
        ctx.only(&[Flag::Store, Flag::TimeZone])?;
        let calendar = ctx.calendar()?;
        let from = match &self.from {
            Some(text) => calendar.date(parse_time(ctx, text, "--from")?),
            None => a_year_before(calendar.date(ctx.now())),
        };
        let name = self.file.display();
        if self.file.symlink_metadata().is_ok() {
            return Err(End::work(format!(
                "{name}: is there already, and is not written over; take it away, or name another"
            )));
        }
        let folder =
            self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let store = ctx.store().map_or_else(|| folder.join(STORE), Path::to_path_buf);
        let mut points = Vec::new();
        let mut kept = None;
        let account = match self.number(ctx)? {
            Some(number) => {
                let (account, opened) = self.access.account(ctx, &number, || {
                    let store = Store::open(&store)?;
                    installation::keep(&store, self.access.zone()?, ctx.now())?;
                    Ok(Some(store))
                })?;
                points = opened.as_ref().map(Store::points).transpose()?.unwrap_or_default();
                kept = opened;
                Some(account.number)
            }
            None => {
                // What is said of the service and the store must hold for the commands that come after.
                self.access.client()?;
                let above = store.parent().filter(|above| !above.as_os_str().is_empty());
                if let Some(above) = above.filter(|above| above.exists() && !above.is_dir()) {
                    return Err(End::work(format!(
                        "--store {}: {} is no folder",
                        store.display(),
                        above.display()
                    )));
                }
                None
            }
        };
        let named = match ctx.store() {
            // As it was said, which counted from here.
            Some(path) => std::path::absolute(path)
                .map_err(|error| End::work(format!("{}: {error}", path.display())))?,
            None => PathBuf::from(STORE),
        };
        let question = "The power of the car's charger in kW, such as 7.4 (nothing for none): ";
        let kw = self.kw.map_or_else(|| asked_for(question, parse_power_above_zero), |kw| Ok(Some(kw)))?;
        let question = "What the car usually needs in a night in kWh, such as 20 (nothing for none): ";
        let kwh = match (self.kwh, kw) {
            (None, Some(_)) => asked_for(question, parse_energy)?,
            (kwh, _) => kwh,
        };
        let text = written(
            &Written {
                store: &named,
                zone: calendar.name(),
                access: &self.access,
                account: account.as_deref().map(|number| (number, points.as_slice())),
                from,
                kw,
                kwh,
            },
            ctx,
        );
        file::create(&self.file, text.as_bytes())?;
        let (Some(number), Some(kept)) = (&account, &kept) else {
            return Ok(format!(
                "{name} is written. It knows no account: with a key in KWHEN_API_KEY, kwhen init reads all of it. kwhen doctor says what is still to be done.\n"
            ));
        };
        let charge = if kw.is_some() && kwh.is_some() { "\n  kwhen charge" } else { "" };
        let next = format!("Next:\n  kwhen bill\n  kwhen now{charge}\n");
        let known =
            format!("{name} is written. It knows account {number} with {} meter points.", points.len());
        if self.no_fetch {
            return Ok(format!("{known} Next:\n  kwhen fetch rates\n  kwhen fetch consumption\n"));
        }
        let shared = Shared { format: Format::Text, ..shared.clone() };
        let began = calendar.parse(&from.to_string())?;
        match fetch::everything(&self.access, kept, began, ctx, &shared) {
            Ok(said) => Ok(format!("{known}\n\n{said}\n{next}")),
            Err(End::Partly { done, message }) => Err(End::Partly {
                done: format!("{known}\n\n{done}\n"),
                message: format!("{message}: kwhen fetch rates and kwhen fetch consumption"),
            }),
            Err(End::Failed(failure)) => Err(End::Partly {
                done: format!("{known}\n"),
                message: format!("{failure} (kwhen fetch rates and kwhen fetch consumption try again)"),
            }),
        }
    }

    /// The account's number: as it is said, or the one that the key opens; none without a key.
    fn number(&self, ctx: &Context) -> Result<Option<String>> {
        if let Some(number) = &self.account {
            return Ok(Some(number.clone()));
        }
        if !self.access.has_key(ctx) {
            return Ok(None);
        }
        let numbers = self.access.numbers()?;
        match numbers.as_slice() {
            [] => Err(End::work("the key opens no account; --account NUMBER names one")),
            [number] => Ok(Some(number.clone())),
            several => {
                let numbers = several.join(", ");
                let question = format!("The key opens {numbers}. The number of the account that is meant: ");
                let found =
                    asked_for(&question, |text| match several.iter().find(|number| *number == text) {
                        Some(number) => Ok(number.clone()),
                        None => Err(format!("{text}: the key opens {numbers}")),
                    })?;
                found.map(Some).ok_or_else(|| {
                    End::usage(format!("the key opens {numbers}; --account NUMBER says which is meant"))
                })
            }
        }
    }
}

/// The first of the month of a date, a year before.
fn a_year_before(date: NaiveDate) -> NaiveDate {
    date.with_day(1).and_then(|first| first.checked_sub_months(Months::new(12))).unwrap_or(date)
}

/// What is answered to a question on a terminal; none where there is no terminal or nothing is said.
fn asked_for<T>(question: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    eprint!("{question}");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| End::work(format!("standard input: {error}")))?;
    let said = line.trim();
    if said.is_empty() { Ok(None) } else { parse(said).map(Some).map_err(End::usage) }
}

/// Text as TOML has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for mark in text.chars() {
        match mark {
            '"' | '\\' => quoted.extend(['\\', mark]),
            mark if mark.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(mark))),
            mark => quoted.push(mark),
        }
    }
    quoted + "\""
}

fn written(what: &Written<'_>, ctx: &Context) -> String {
    let mut text = String::from(
        "# What kwhen takes where a command's line does not say it: a key is a flag's name (docs/configuration.md).\n\
         # `kwhen config show` lists it, `kwhen doctor` says whether it holds.\n\n",
    );
    let mut line = |line: String| text.push_str(&(line + "\n"));
    let points = what.account.map_or(&[][..], |(_, points)| points);
    if let Some((number, _)) = what.account {
        line(format!("# Account {}", number.escape_debug()));
        for point in points {
            line(format!("#   {}", of_point(point, ctx)));
        }
    }
    line("# What kwhen fetch keeps: account, rates and readings".to_owned());
    line(format!("store = {}", quoted(&what.store.display().to_string())));
    line(format!("time_zone = {}", quoted(what.zone)));
    match what.access.key_file() {
        Some(path) => line(format!(
            "key_file = {}    # holds the API key",
            quoted(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string())
        )),
        None => line(
            "# key_file = \"octopus-key\"      # a file that holds the API key; else KWHEN_API_KEY"
                .to_owned(),
        ),
    }
    let (instance, allow_http) = what.access.elsewhere();
    if let Some(instance) = instance {
        line(format!("instance = {}", quoted(&instance)));
    }
    if allow_http {
        line("allow_http = true".to_owned());
    }
    line("\n# From when what is new is fetched".to_owned());
    for command in ["rates", "consumption"] {
        line(format!("[command.fetch.{command}]"));
        line(format!("from = \"{}\"", what.from));
    }
    line("\n[command.bill]".to_owned());
    if what.account.is_some() {
        line("during = \"last-month\"".to_owned());
    } else {
        line("# during = \"last-month\"".to_owned());
    }
    if points.iter().any(|point| point.fuel == Fuel::Gas) {
        line("# What the gas meter counts decides its bill, and no service says it: kwh or cubic-metres, and these with their calorific value".to_owned());
        line("# gas_unit = \"cubic-metres\"".to_owned());
        line("# calorific_value = 39.5".to_owned());
    }
    let import = points.iter().find_map(|point| tariff_now(point, ctx, false));
    let export = points.iter().find_map(|point| tariff_now(point, ctx, true));
    line("\n# Rates to plan by: a file, or a tariff in the store. A bill of the stored account goes by its agreements.".to_owned());
    for command in ["cheapest", "charge", "battery", "backtest"] {
        let set = |key: &str, value: Option<String>, other: &str| match value {
            Some(value) => format!("{key} = {value}"),
            None => format!("# {key} = {other}"),
        };
        line(format!("[command.{command}]"));
        line(set("rates", import.as_deref().map(quoted), "\"rates.csv\""));
        if command == "charge" {
            line(set(
                "kw",
                what.kw.map(|kw| kw.to_string()),
                "7.4                        # the charger's power",
            ));
            line(set(
                "kwh",
                what.kwh.map(|kwh| kwh.to_string()),
                "20                        # what the car needs",
            ));
            let is_whole = what.kw.is_some() && what.kwh.is_some();
            line(set("from", is_whole.then(|| quoted("now")), "\"now\""));
            line(set("by", is_whole.then(|| quoted("7am")), "\"7am\""));
        }
        if ["battery", "backtest"].contains(&command) {
            line(set("export_rates", export.as_deref().map(quoted), "\"export-rates.csv\""));
            line("# load = \"consumption.csv\"       # half-hourly readings of the home".to_owned());
            line("# battery = \"home.toml\"          # a battery or a car (docs/battery-files.md); kwhen battery takes several".to_owned());
        }
        line(String::new());
    }
    text
}

/// The tariff of a meter point of electricity that is in force now.
fn tariff_now(point: &StoredPoint, ctx: &Context, export: bool) -> Option<String> {
    let is_export = point.direction == Some(Direction::Export);
    if point.fuel != Fuel::Electricity || is_export != export {
        return None;
    }
    let agreements = Agreements::from_rows(&point.agreements).ok()?;
    let agreement = agreements.list().iter().find(|agreement| agreement.span.contains(ctx.now()))?;
    Some(agreement.tariff.clone())
}

/// A meter point in words.
fn of_point(point: &StoredPoint, ctx: &Context) -> String {
    let what = match (point.fuel, point.direction) {
        (Fuel::Gas, _) => "gas",
        (_, Some(Direction::Export)) => "exported electricity",
        _ => "electricity",
    };
    let agreements = Agreements::from_rows(&point.agreements).ok();
    let tariff = agreements
        .iter()
        .flat_map(|agreements| agreements.list())
        .find(|agreement| agreement.span.contains(ctx.now()))
        .map(|agreement| agreement.tariff.clone());
    let mut text = format!("{what} at {}", point.meter_point.escape_debug());
    match tariff {
        Some(code) => {
            let _ = write!(text, " on {}", code.escape_debug());
            if let Ok(code) = code.parse::<TariffCode>() {
                let _ = write!(text, ", region {} ({})", code.region().letter(), code.region().name());
            }
        }
        None => text.push_str(", without an agreement now"),
    }
    text
}
