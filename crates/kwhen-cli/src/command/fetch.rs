//! `kwhen fetch`

use crate::arguments::{Format, Shared, parse_time};
use crate::failure::{Failure, Result};
use crate::output::style::Palette;
use crate::output::table::{Align, Table};
use crate::output::{fetched, json};
use crate::store;
use clap::{Args, Subcommand};
use kwhen::tariff::{RegisterKind, TariffCode};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::driver::{Clock, SystemClock};
use kwhen_fetch::protocol::Settings;
use kwhen_fetch::rest;
use kwhen_fetch::store::{ChargeKind, Meter, Series, Sync, SyncOptions};
use kwhen_fetch::wire::{Account, Product};
use kwhen_fetch::{Credentials, Instance, Secret};
use std::path::PathBuf;

/// Fetch rates, readings, products or an account from the Octopus (Kraken) API
///
/// What comes is kept in the file of --store; a further run asks only for what is not there yet, and for the last week's readings,
/// which may come late or be corrected. The key is read from the variable KWHEN_API_KEY or from --key-file, and is sent only where
/// it is needed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen fetch account A-12AB34CD --store kwhen.db
  kwhen fetch consumption --store kwhen.db --from 2025-01-01
  kwhen fetch rates --store kwhen.db --from 2025-01-01
  kwhen bill --store kwhen.db --from 2026-03-01 --to 2026-04-01
  kwhen fetch rates --tariff E-1R-AGILE-24-10-01-C --store kwhen.db --from 2026-03-01
  kwhen cheapest --store kwhen.db --rates E-1R-AGILE-24-10-01-C --duration 3h
  kwhen fetch products")]
pub(crate) struct FetchArguments {
    #[command(subcommand)]
    what: What,
    /// Another installation of Kraken: gb, japan, or its address
    #[arg(long, global = true, default_value = "gb", value_name = "INSTANCE")]
    instance: String,
    /// Allow an address without TLS, for a server on this machine
    #[arg(long, global = true)]
    allow_http: bool,
    /// A file that holds the API key
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Unit rates and standing charges of a tariff, or of all tariffs of the stored account
    Rates(RatesArguments),
    /// Readings of a meter, or of all meters of the stored account
    Consumption(ConsumptionArguments),
    /// The products on sale
    Products(ProductsArguments),
    /// An account with its meters and agreements
    Account(AccountArguments),
    /// What the store holds and what is missing
    Status,
}

#[derive(Args, Debug)]
struct RatesArguments {
    /// A tariff's code; may be given several times
    #[arg(long = "tariff", value_name = "CODE")]
    tariffs: Vec<String>,
    #[command(flatten)]
    range: RangeArguments,
}

#[derive(Args, Debug)]
struct ConsumptionArguments {
    /// MPAN, or MPRN with --gas
    #[arg(long, value_name = "NUMBER", requires = "serial_number")]
    meter_point: Option<String>,
    /// The meter's serial number
    #[arg(long, value_name = "NUMBER", requires = "meter_point")]
    serial_number: Option<String>,
    /// The meter point is one of gas
    #[arg(long, requires = "meter_point")]
    gas: bool,
    /// How many days back from the news to ask again, for readings that came late or were corrected
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    recheck: u16,
    #[command(flatten)]
    range: RangeArguments,
}

#[derive(Args, Debug)]
struct RangeArguments {
    /// From when: a date (its local midnight) or a time
    #[arg(long, value_name = "DATE", required = true)]
    from: Option<String>,
    /// Until when, itself not in it; two days from now if not said
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
}

#[derive(Args, Debug)]
struct ProductsArguments {
    /// On sale at this time
    #[arg(long, value_name = "DATE")]
    available_at: Option<String>,
    /// For businesses
    #[arg(long)]
    business: bool,
}

#[derive(Args, Debug)]
struct AccountArguments {
    /// The account's number, A-12AB34CD
    number: String,
}

impl FetchArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let palette = Palette::for_stdout(shared.color);
        match &self.what {
            What::Status => fetched::status(&store::existing()?, SystemClock.now(), shared.format, palette),
            What::Products(arguments) => self.products(arguments, shared, palette),
            What::Account(arguments) => self.account(arguments, shared.format),
            What::Rates(arguments) => self.rates(arguments, shared, palette),
            What::Consumption(arguments) => self.consumption(arguments, shared, palette),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a key does not belong on the command line, where others can see it"
    )]
    fn client(&self) -> Result<Client> {
        let instance = match self.instance.as_str() {
            "gb" => Instance::great_britain(),
            "japan" => Instance::japan(),
            address if self.allow_http => Instance::allowing_plain_http(address)?,
            address => Instance::at(address)?,
        };
        let mut settings = Settings::new(instance);
        let key = match &self.key_file {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .map_err(|error| Failure::work(format!("{}: cannot be read: {error}", path.display())))?,
            ),
            None => std::env::var("KWHEN_API_KEY").ok(),
        };
        if let Some(key) = key.filter(|key| !key.trim().is_empty()) {
            settings = settings.with_credentials(Credentials::ApiKey(Secret::new(key)));
        }
        Ok(Client::new(settings)?)
    }

    fn products(&self, arguments: &ProductsArguments, shared: &Shared, palette: Palette) -> Result<String> {
        let calendar = shared.calendar()?;
        let at = arguments.available_at.as_deref().map(|text| parse_time(&calendar, text, "--available-at"));
        let filter = rest::ProductFilter {
            is_business: arguments.business.then_some(true),
            available_at: at.transpose()?,
            ..rest::ProductFilter::default()
        };
        let products = self.client()?.run(rest::products(&filter))?;
        if shared.format == Format::Json {
            return json(&products);
        }
        let mut table =
            Table::new(&[("code", Align::Left), ("name", Align::Left), ("sold from", Align::Left)]);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        for Product { code, display_name, available_from, .. } in &products {
            table.row([code.clone().into(), text(display_name).into(), text(available_from).into()]);
        }
        Ok(table.render(palette))
    }

    fn account(&self, arguments: &AccountArguments, format: Format) -> Result<String> {
        let account = self.client()?.run(rest::account(&arguments.number))?;
        if store::is_in_use() {
            let json = serde_json::to_string(&account).map_err(|error| Failure::work(error.to_string()))?;
            store::to_fill()?.keep_document(
                store::ACCOUNT,
                &account.number,
                &json,
                SystemClock.now().timestamp(),
            )?;
        }
        if format == Format::Json {
            return json(&account);
        }
        let mut text = format!("{}\n", account.number);
        for point in account.properties.iter().flat_map(|property| &property.electricity_meter_points) {
            let direction = if point.is_export == Some(true) { "export" } else { "import" };
            text.push_str(&format!("electricity {direction} {}\n", point.mpan));
            for agreement in &point.agreements {
                let (from, to) = (agreement.valid_from.as_deref(), agreement.valid_to.as_deref());
                text.push_str(&format!(
                    "  {} from {} to {}\n",
                    agreement.tariff_code,
                    from.unwrap_or("the start"),
                    to.unwrap_or("further notice")
                ));
            }
        }
        for point in account.properties.iter().flat_map(|property| &property.gas_meter_points) {
            text.push_str(&format!("gas {}\n", point.mprn));
        }
        Ok(text)
    }

    fn rates(&self, arguments: &RatesArguments, shared: &Shared, palette: Palette) -> Result<String> {
        let store = store::to_fill()?;
        let options = arguments.range.options(shared)?;
        let mut tariffs = arguments.tariffs.clone();
        if tariffs.is_empty() {
            tariffs = agreed_tariffs(&store::accounts(&store)?);
        }
        if tariffs.is_empty() {
            return Err(Failure::usage("--tariff CODE is needed, or an account in the store"));
        }
        let mut work = Vec::new();
        for tariff in &tariffs {
            let code: TariffCode =
                tariff.parse().map_err(|error| Failure::usage(format!("--tariff: {error}")))?;
            let kinds: &[ChargeKind] = match code.registers() {
                Some(RegisterKind::Dual | RegisterKind::FlatDual) => {
                    &[ChargeKind::DayUnitRates, ChargeKind::NightUnitRates, ChargeKind::StandingCharges]
                }
                _ => &[ChargeKind::UnitRates, ChargeKind::StandingCharges],
            };
            for kind in kinds {
                work.push(Sync::charges(&store, tariff, *kind, options.clone())?);
            }
        }
        self.fill(work, shared.format, palette)
    }

    fn consumption(
        &self,
        arguments: &ConsumptionArguments,
        shared: &Shared,
        palette: Palette,
    ) -> Result<String> {
        let store = store::to_fill()?;
        let recheck = chrono::TimeDelta::days(arguments.recheck.into());
        let options = SyncOptions { recheck, ..arguments.range.options(shared)? };
        let meters = match (&arguments.meter_point, &arguments.serial_number) {
            (Some(point), Some(serial)) => {
                vec![Meter {
                    is_gas: arguments.gas,
                    meter_point: point.clone(),
                    serial_number: serial.clone(),
                }]
            }
            _ => meters(&store::accounts(&store)?),
        };
        if meters.is_empty() {
            return Err(Failure::usage(
                "--meter-point and --serial-number are needed, or an account in the store",
            ));
        }
        let work = meters.iter().map(|meter| Ok(Sync::readings(&store, meter, options.clone())?));
        self.fill(work.collect::<Result<_>>()?, shared.format, palette)
    }

    /// Carries syncs out one after another, and says what came of each. One that fails takes none of the others with it, unless the
    /// service cannot be reached at all: then the rest is not tried.
    fn fill(&self, work: Vec<Sync<'_>>, format: Format, palette: Palette) -> Result<String> {
        let client = self.client()?;
        let mut done = Vec::with_capacity(work.len());
        let mut failed: Vec<(Series, String)> = Vec::new();
        let mut unreachable = false;
        for sync in work {
            let series = sync.series().clone();
            if unreachable && !sync.is_done() {
                failed.push((series, "not tried, since the service cannot be reached".to_owned()));
                continue;
            }
            let bar = fetched::Bar::new(series.to_string());
            let report = if sync.is_done() {
                sync.report()
            } else {
                client.run_with(sync, |sync, _| bar.show(sync.progress())).0
            };
            bar.clear();
            match report {
                Ok(report) => done.push((series, report)),
                Err(error) => {
                    unreachable = error.is_offline();
                    failed.push((series, error.to_string()));
                }
            }
        }
        let said = fetched::said(&done, &failed, SystemClock.now(), format, palette)?;
        match failed.as_slice() {
            [] => Ok(said),
            failed => {
                let what = match failed {
                    [(series, reason)] => format!("{series}: {reason}"),
                    [(series, reason), rest @ ..] => {
                        format!("{series}: {reason}; and {} more failed, listed above", rest.len())
                    }
                    [] => String::new(),
                };
                let kept = "what came before it is in the store, and a further run goes on from there";
                let message = format!("{what} ({kept})");
                Err(Failure::Partly { done: said, message })
            }
        }
    }
}

impl RangeArguments {
    fn options(&self, shared: &Shared) -> Result<SyncOptions> {
        let calendar = shared.calendar()?;
        let now = SystemClock.now();
        let at = |text: &Option<String>, flag: &str| {
            text.as_deref().map(|text| parse_time(&calendar, text, flag)).transpose()
        };
        let from = at(&self.from, "--from")?.unwrap_or(now);
        let to = at(&self.to, "--to")?.unwrap_or(now + chrono::TimeDelta::days(2));
        if to <= from {
            return Err(Failure::usage("--to must be after --from"));
        }
        Ok(SyncOptions::new(from, to, now))
    }
}

fn agreed_tariffs(accounts: &[Account]) -> Vec<String> {
    let properties = accounts.iter().flat_map(|account| &account.properties);
    let agreements = properties.flat_map(|property| {
        let electricity = property.electricity_meter_points.iter().flat_map(|point| &point.agreements);
        electricity.chain(property.gas_meter_points.iter().flat_map(|point| &point.agreements))
    });
    let mut codes: Vec<String> = agreements.map(|agreement| agreement.tariff_code.clone()).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn meters(accounts: &[Account]) -> Vec<Meter> {
    let mut meters = Vec::new();
    for property in accounts.iter().flat_map(|account| &account.properties) {
        let electricity =
            property.electricity_meter_points.iter().map(|point| (false, &point.mpan, &point.meters));
        let gas = property.gas_meter_points.iter().map(|point| (true, &point.mprn, &point.meters));
        for (is_gas, point, held) in electricity.chain(gas) {
            meters.extend(held.iter().map(|meter| Meter {
                is_gas,
                meter_point: point.clone(),
                serial_number: meter.serial_number.clone(),
            }));
        }
    }
    meters
}
