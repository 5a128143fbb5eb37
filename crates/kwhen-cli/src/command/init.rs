//! `kwhen init`

use super::fetch::Access;
use crate::end::{End, Result};
use clap::Args;
use kwhen::tariff::{Agreements, Direction, Fuel, TariffCode};
use kwhen_app::config;
use kwhen_app::context::{Context, Flag};
use kwhen_fetch::store::{Store, StoredPoint};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufRead as _, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// The store beside the file, where none is named.
const STORE: &str = "kwhen.db";

/// Write a file of defaults with comments (docs/configuration.md); nothing is written over
///
/// With a key (KWHEN_API_KEY or --key-file) it reads the account itself, keeps it in the store, and writes down its meter points, tariffs and
/// region. The account's number is asked for on a terminal where --account does not say it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen init
  kwhen init --account A-12AB34CD
  kwhen init ~/.config/kwhen/kwhen.toml --account A-12AB34CD --key-file ~/.octopus-key")]
pub(crate) struct InitArguments {
    /// The file that is written
    #[arg(value_name = "FILE", default_value = config::FILE_NAME)]
    file: PathBuf,
    /// The account's number, A-12AB34CD
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    #[command(flatten)]
    access: Access,
}

impl InitArguments {
    pub(crate) fn run(&self, ctx: &Context) -> Result<String> {
        ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile]);
        ctx.only(&[Flag::Store, Flag::TimeZone])?;
        let zone = ctx.calendar()?.name();
        let name = self.file.display();
        if self.file.symlink_metadata().is_ok() {
            return Err(End::work(format!(
                "{name}: is there already, and is not written over; take it away, or name another"
            )));
        }
        let folder =
            self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let store = ctx.store().map_or_else(|| folder.join(STORE), Path::to_path_buf);
        let account = match &self.account {
            Some(number) => Some(number.clone()),
            None if self.access.has_key(ctx) => asked()?,
            None => None,
        };
        let found = match &account {
            Some(number) => {
                let (account, kept) = self.access.account(number, || Ok(Some(Store::open(&store)?)))?;
                Some((account.number, kept.map(|store| store.points()).transpose()?.unwrap_or_default()))
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
        let store = match ctx.store() {
            // As it was said, which counted from here.
            Some(path) => std::path::absolute(path)
                .map_err(|error| End::work(format!("{}: {error}", path.display())))?,
            None => PathBuf::from(STORE),
        };
        let text = written(
            &store,
            zone,
            self.access.key_file(),
            found.as_ref().map(|(number, points)| (number.as_str(), points.as_slice())),
            ctx,
        );
        let failed = |error: std::io::Error| End::work(format!("{name}: cannot be written: {error}"));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(End::work(format!("{name}: is there already, and is not written over")));
            }
            Err(error) => return Err(failed(error)),
        };
        file.write_all(text.as_bytes()).map_err(failed)?;
        let next = match &found {
            Some((number, points)) => format!(
                "It knows account {number} with {} meter points. Next:\n  kwhen fetch rates --from 2026-01-01\n  kwhen fetch consumption --from 2026-01-01\n  kwhen bill --during last-month\n",
                points.len()
            ),
            None => "It knows no account: with a key in KWHEN_API_KEY, kwhen init --account NUMBER reads all of it. kwhen doctor says what is still to be done.\n".to_owned(),
        };
        Ok(format!("{name} is written. {next}"))
    }
}

/// The account's number from a terminal; none where there is no terminal or nothing is said.
fn asked() -> Result<Option<String>> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    eprint!("The account's number (A-12AB34CD; nothing for none): ");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| End::work(format!("standard input: {error}")))?;
    let number = line.trim();
    Ok((!number.is_empty()).then(|| number.to_owned()))
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

fn written(
    store: &Path,
    zone: &str,
    key_file: Option<&Path>,
    account: Option<(&str, &[StoredPoint])>,
    ctx: &Context,
) -> String {
    let mut text = String::from(
        "# What kwhen takes where a command's line does not say it: a key is a flag's name (docs/configuration.md).\n\
         # `kwhen config show` lists it, `kwhen doctor` says whether it holds.\n\n",
    );
    let mut line = |line: String| text.push_str(&(line + "\n"));
    if let Some((number, points)) = account {
        line(format!("# Account {}", number.escape_debug()));
        for point in points {
            line(format!("#   {}", of_point(point, ctx)));
        }
    }
    line("# What kwhen fetch keeps: account, rates and readings".to_owned());
    line(format!("store = {}", quoted(&store.display().to_string())));
    line(format!("time_zone = {}", quoted(zone)));
    match key_file {
        Some(path) => line(format!(
            "key_file = {}    # holds the API key",
            quoted(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string())
        )),
        None => line(
            "# key_file = \"octopus-key\"      # a file that holds the API key; else KWHEN_API_KEY"
                .to_owned(),
        ),
    }
    let import =
        account.and_then(|(_, points)| points.iter().find_map(|point| tariff_now(point, ctx, false)));
    let export = account.and_then(|(_, points)| points.iter().find_map(|point| tariff_now(point, ctx, true)));
    line("\n# Rates to plan by: a file, or a tariff in the store. A bill of the stored account goes by its agreements.".to_owned());
    for command in ["cheapest", "charge", "battery", "backtest"] {
        let set = |key: &str, value: Option<String>, other: &str| match value {
            Some(code) => format!("{key} = {}", quoted(&code)),
            None => format!("# {key} = {other}"),
        };
        line(format!("[command.{command}]"));
        line(set("rates", import.clone(), "\"rates.csv\""));
        if command == "charge" {
            line("# kw = 7.4                        # the charger's power".to_owned());
        }
        if ["battery", "backtest"].contains(&command) {
            line(set("export_rates", export.clone(), "\"export-rates.csv\""));
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
