//! `kwhen fetch`

mod access;
mod agreed;
mod home;
mod on_sale;
mod seldom;
mod told;
mod work;

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::told as lists;
use crate::output::{dispatched, fetched, listed};
pub(crate) use access::Access;
use access::ask;
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use kwhen::tariff::TariffCode;
use kwhen_app::context::{Context, Flag};
use kwhen_app::installation;
use kwhen_app::source::store;
use kwhen_app::words::parse_time;
use kwhen_fetch::rest;
use kwhen_fetch::store::{Store, StoredMeter, SyncOptions};
use kwhen_page::style::Palette;
use work::{Done, Work, carry_out, fill};

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
  kwhen fetch everything --store kwhen.db --from 2025-01-01
  kwhen fetch dispatches --store kwhen.db
  kwhen fetch sessions --store kwhen.db --format csv > sessions.csv
  kwhen fetch registers --store kwhen.db
  kwhen fetch products
  kwhen fetch products --meter-point 2000024512368 --store kwhen.db
  kwhen fetch on-sale --region C --store kwhen.db")]
pub(crate) struct FetchArguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    access: Access,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Unit rates, standing charges and product of a tariff, or of all tariffs of the stored account
    Rates(RatesArguments),
    /// Readings of a meter, or of all meters of the stored account
    Consumption(ConsumptionArguments),
    /// The products on sale
    Products(ProductsArguments),
    /// The products on sale on a day with their tariffs, and that day's prices in a region: for kwhen tariff on-sale
    OnSale(on_sale::OnSaleArguments),
    /// An account with its meters and agreements
    Account(AccountArguments),
    /// All of an account: itself, the rates of its agreements, readings, completed dispatches, how often its meters send readings
    Everything(EverythingArguments),
    /// Completed dispatches of the stored accounts, which the service tells of for twelve hours only; or those that are planned
    Dispatches(DispatchesArguments),
    /// The sessions of the stored accounts: those that were joined or booked, and those that are offered
    Sessions,
    /// What the registers of the stored accounts' meters showed, as read by anybody
    Registers,
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
    #[arg(long, value_name = "DATE", required = true, allow_hyphen_values = true)]
    from: Option<String>,
    /// Until when, itself not in it; two days from now if not said
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    to: Option<String>,
}

#[derive(Args, Debug)]
struct ProductsArguments {
    /// On sale at this time
    #[arg(long, value_name = "DATE")]
    available_at: Option<String>,
    /// For businesses
    #[arg(long, conflicts_with = "meter_point")]
    business: bool,
    /// Those alone that this meter point of a stored account may have
    #[arg(long, value_name = "NUMBER")]
    meter_point: Option<String>,
}

#[derive(Args, Debug)]
struct AccountArguments {
    /// The account's number, A-12AB34CD
    number: String,
}

#[derive(Args, Debug)]
struct EverythingArguments {
    /// The account's number, A-12AB34CD; the stored accounts if not said, or else those that the key opens
    number: Option<String>,
    #[command(flatten)]
    range: RangeArguments,
}

#[derive(Args, Debug)]
struct DispatchesArguments {
    /// Those that are planned for the next 24 hours, which are not kept
    #[arg(long)]
    planned: bool,
}

impl FetchArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        let palette = shared.palette();
        if !matches!(self.what, What::Status) {
            ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile, Flag::TimeLimit]);
            ctx.of_installation(self.access.zone()?);
        }
        ctx.only(match &self.what {
            What::Status | What::Account(_) | What::Dispatches(_) | What::Sessions | What::Registers => {
                &[Flag::Store]
            }
            What::Products(arguments) if arguments.meter_point.is_some() => match arguments.available_at {
                Some(_) => &[Flag::Store, Flag::TimeZone],
                None => &[Flag::Store],
            },
            What::Products(arguments) if arguments.available_at.is_none() => &[],
            What::Products(_) => &[Flag::TimeZone],
            What::Rates(_) | What::Consumption(_) | What::Everything(_) | What::OnSale(_) => {
                &[Flag::Store, Flag::TimeZone]
            }
        })?;
        match &self.what {
            What::Status => fetched::status(store::existing(ctx)?, ctx.now(), shared.format, palette),
            What::Products(arguments) => self.products(arguments, ctx, shared, palette),
            What::OnSale(arguments) => on_sale::fetch(&self.access, arguments, ctx, shared),
            What::Account(arguments) => self.account(arguments, ctx, shared.format),
            What::Sessions => {
                let rows = home::sessions(&self.access, &self.to_fill(ctx)?, ctx.now())?;
                lists::show(&rows, shared.format, palette)
            }
            What::Registers => {
                let rows = home::registers(&self.access, &self.to_fill(ctx)?, ctx.now())?;
                lists::show(&rows, shared.format, palette)
            }
            What::Rates(arguments) => self.rates(arguments, ctx, shared, palette),
            What::Consumption(arguments) => self.consumption(arguments, ctx, shared, palette),
            What::Everything(arguments) => self.everything(arguments, ctx, shared),
            What::Dispatches(arguments) => {
                let store = self.to_fill(ctx)?;
                let rows = told::dispatches(&self.access, &store, arguments.planned, ctx.now())?;
                dispatched::show(&rows, shared.format, palette)
            }
        }
    }

    /// The store, to be filled from the installation that is asked.
    fn to_fill(&self, ctx: &Context) -> Result<Store> {
        let store = store::to_fill(ctx)?;
        installation::keep(&store, self.access.zone()?, ctx.now())?;
        Ok(store)
    }

    fn products(
        &self,
        arguments: &ProductsArguments,
        ctx: &Context,
        shared: &Shared,
        palette: Palette,
    ) -> Result<String> {
        // A zone that is none is refused, whether or not a time goes by it.
        ctx.calendar()?;
        let at = arguments.available_at.as_deref().map(|text| parse_time(ctx, text, "--available-at"));
        if let Some(point) = &arguments.meter_point {
            let at = at.transpose()?.unwrap_or_else(|| ctx.now());
            let rows = home::available(&self.access, store::existing(ctx)?, point, at)?;
            return lists::show(&rows, shared.format, palette);
        }
        let filter = rest::ProductFilter {
            is_business: arguments.business.then_some(true),
            available_at: at.transpose()?,
            ..rest::ProductFilter::default()
        };
        let products = ask(&self.access.client()?, rest::products(&filter))?.0;
        listed::products(&products, shared.format, palette)
    }

    fn account(&self, arguments: &AccountArguments, ctx: &Context, format: Format) -> Result<String> {
        let (account, _) = self
            .access
            .account(ctx, &arguments.number, || ctx.store().map(|_| self.to_fill(ctx)).transpose())?;
        listed::account(&account, format)
    }

    fn rates(
        &self,
        arguments: &RatesArguments,
        ctx: &Context,
        shared: &Shared,
        palette: Palette,
    ) -> Result<String> {
        let store = self.to_fill(ctx)?;
        let options = arguments.range.options(ctx)?;
        let given = arguments.tariffs.iter().map(|tariff| {
            tariff.parse::<TariffCode>().map_err(|error| End::usage(format!("--tariff: {error}")))
        });
        let mut tariffs = given.collect::<Result<Vec<_>>>()?;
        let mut passed_over = Vec::new();
        if tariffs.is_empty() {
            (tariffs, passed_over) = agreed::tariffs(&store::accounts(&store)?, (options.from, options.to));
        }
        if tariffs.is_empty() && passed_over.is_empty() {
            return Err(End::usage(
                "--tariff CODE is needed, or an account in the store, which kwhen fetch account NUMBER puts there",
            ));
        }
        let mut work = Work { passed_over, ..Work::default() };
        work.add_tariffs(&store, &tariffs, &options)?;
        fill(&self.access, &store, work, ctx, shared, palette)
    }

    fn consumption(
        &self,
        arguments: &ConsumptionArguments,
        ctx: &Context,
        shared: &Shared,
        palette: Palette,
    ) -> Result<String> {
        let store = self.to_fill(ctx)?;
        let recheck = TimeDelta::days(arguments.recheck.into());
        let options = SyncOptions { recheck, ..arguments.range.options(ctx)? };
        let (meters, passed_over) = match (&arguments.meter_point, &arguments.serial_number) {
            (Some(point), Some(serial)) => {
                let (meter_point, serial_number) = (point.clone(), serial.clone());
                (vec![StoredMeter { is_gas: arguments.gas, meter_point, serial_number }], Vec::new())
            }
            _ => agreed::meters(&store::accounts(&store)?),
        };
        if meters.is_empty() && passed_over.is_empty() {
            return Err(End::usage(
                "--meter-point and --serial-number are needed, or an account in the store, which kwhen fetch account NUMBER puts there",
            ));
        }
        let mut work = Work { passed_over, ..Work::default() };
        work.add_meters(&store, &meters, &options)?;
        fill(&self.access, &store, work, ctx, shared, palette)
    }
}

impl FetchArguments {
    fn everything(&self, arguments: &EverythingArguments, ctx: &Context, shared: &Shared) -> Result<String> {
        let store = self.to_fill(ctx)?;
        let options = arguments.range.options(ctx)?;
        let mut numbers = match &arguments.number {
            Some(number) => vec![number.clone()],
            None => told::stored_numbers(&store)?,
        };
        if numbers.is_empty() {
            numbers = self.access.numbers()?;
        }
        if numbers.is_empty() {
            return Err(End::work("the key opens no account: say its number, A-12AB34CD"));
        }
        for number in &numbers {
            self.access.account(ctx, number, || self.to_fill(ctx).map(Some))?;
        }
        let work = Work { accounts: numbers, ..Work::of_accounts(&store, &options)? };
        fill(&self.access, &store, work, ctx, shared, shared.palette())
    }
}

/// Fetches the rates and the readings of all that the stored accounts name, from an instant to two days from now: of a tariff those of the time
/// in which it is agreed.
pub(crate) fn everything(
    access: &Access,
    store: &Store,
    from: DateTime<Utc>,
    ctx: &Context,
    shared: &Shared,
) -> Result<String> {
    let options = SyncOptions::new(from, ctx.now() + AHEAD, ctx.now());
    let work = Work::of_accounts(store, &options)?;
    fill(access, store, work, ctx, shared, shared.palette())
}

/// What of the stored accounts is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewed {
    /// The prices of all tariffs.
    Rates,
    /// The readings of all meters.
    Readings,
    /// The planned dispatches.
    PlannedDispatches,
    /// The dispatches that were carried out.
    Dispatches,
}

/// Fetches what is new of the stored accounts' rates, readings or dispatches, and says how many rows are; beside them of a tariff that is named.
pub(crate) fn renew(
    access: &Access,
    ctx: &Context,
    what: Renewed,
    tariff: Option<&TariffCode>,
    from: DateTime<Utc>,
) -> Result<u64> {
    let store = store::to_fill(ctx)?;
    let options = SyncOptions::new(from, ctx.now() + AHEAD, ctx.now());
    let accounts = store::accounts(&store)?;
    let mut work = Work::default();
    match what {
        Renewed::Rates => {
            let (mut tariffs, _) = agreed::tariffs(&accounts, (options.from, options.to));
            tariffs.extend(tariff.cloned());
            tariffs.sort();
            tariffs.dedup();
            work.add_tariffs(&store, &tariffs, &options)?;
        }
        Renewed::PlannedDispatches => return told::renew(access, &store, true, ctx.now()),
        Renewed::Dispatches => return told::renew(access, &store, false, ctx.now()),
        Renewed::Readings => work.add_meters(&store, &agreed::meters(&accounts).0, &options)?,
    }
    let Done { done, failed, .. } = carry_out(access, &store, work, ctx.now(), &|_| Box::new(|_| {}))?;
    let new = done.iter().map(|(_, report, _)| report.added + report.revisions.len()).sum::<usize>();
    match failed.as_slice() {
        [] => Ok(u64::try_from(new).unwrap_or(u64::MAX)),
        [(what, why), ..] => Err(End::work(format!("{what}: {why}"))),
    }
}

/// How far ahead is asked for, where nothing is said: day-ahead prices reach to the end of tomorrow.
const AHEAD: TimeDelta = TimeDelta::days(2);

impl RangeArguments {
    fn options(&self, ctx: &Context) -> Result<SyncOptions> {
        let now = ctx.now();
        let at = |text: &Option<String>, flag: &str| {
            text.as_deref().map(|text| parse_time(ctx, text, flag)).transpose()
        };
        let from = at(&self.from, "--from")?.unwrap_or(now);
        let to = at(&self.to, "--to")?.unwrap_or(now + AHEAD);
        if to <= from {
            return Err(End::usage("--to must be after --from"));
        }
        Ok(SyncOptions::new(from, to, now))
    }
}
