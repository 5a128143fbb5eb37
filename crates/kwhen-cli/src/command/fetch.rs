//! `kwhen fetch`

mod access;
mod agreed;

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::fetched::PassedOver;
use crate::output::progress::Progress;
use crate::output::{fetched, file, listed};
pub(crate) use access::Access;
use access::{answered_by, ask};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use kwhen::tariff::TariffCode;
use kwhen_app::context::{Context, Flag};
use kwhen_app::source::store;
use kwhen_app::words::parse_time;
use kwhen_fetch::rest;
use kwhen_fetch::store::{ChargeKind, Series, Store, StoredMeter, Sync, SyncOptions, SyncReport};
use kwhen_page::style::Palette;
use std::collections::BTreeSet;

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
    #[arg(long)]
    business: bool,
}

#[derive(Args, Debug)]
struct AccountArguments {
    /// The account's number, A-12AB34CD
    number: String,
}

impl FetchArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        let palette = shared.palette();
        if !matches!(self.what, What::Status) {
            ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile]);
        }
        ctx.only(match &self.what {
            What::Status | What::Account(_) => &[Flag::Store],
            What::Products(arguments) if arguments.available_at.is_none() => &[],
            What::Products(_) => &[Flag::TimeZone],
            What::Rates(_) | What::Consumption(_) => &[Flag::Store, Flag::TimeZone],
        })?;
        match &self.what {
            What::Status => fetched::status(store::existing(ctx)?, ctx.now(), shared.format, palette),
            What::Products(arguments) => self.products(arguments, ctx, shared, palette),
            What::Account(arguments) => self.account(arguments, ctx, shared.format),
            What::Rates(arguments) => self.rates(arguments, ctx, shared, palette),
            What::Consumption(arguments) => self.consumption(arguments, ctx, shared, palette),
        }
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
        let filter = rest::ProductFilter {
            is_business: arguments.business.then_some(true),
            available_at: at.transpose()?,
            ..rest::ProductFilter::default()
        };
        let products = ask(&self.access.client()?, rest::products(&filter))?.0;
        listed::products(&products, shared.format, palette)
    }

    fn account(&self, arguments: &AccountArguments, ctx: &Context, format: Format) -> Result<String> {
        let (account, _) = self.access.account(ctx, &arguments.number, || {
            Ok(ctx.store().map(|_| store::to_fill(ctx)).transpose()?)
        })?;
        listed::account(&account, format)
    }

    fn rates(
        &self,
        arguments: &RatesArguments,
        ctx: &Context,
        shared: &Shared,
        palette: Palette,
    ) -> Result<String> {
        let store = store::to_fill(ctx)?;
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
        let store = store::to_fill(ctx)?;
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

/// Fetches the rates and the readings of all that the stored accounts name, from an instant to two days from now.
pub(crate) fn everything(
    access: &Access,
    store: &Store,
    from: DateTime<Utc>,
    ctx: &Context,
    shared: &Shared,
) -> Result<String> {
    let options = SyncOptions::new(from, ctx.now() + AHEAD, ctx.now());
    let accounts = store::accounts(store)?;
    let (tariffs, mut passed_over) = agreed::tariffs(&accounts, (options.from, options.to));
    let (meters, without_number) = agreed::meters(&accounts);
    passed_over.extend(without_number);
    let mut work = Work { passed_over, ..Work::default() };
    work.add_tariffs(store, &tariffs, &options)?;
    work.add_meters(store, &meters, &options)?;
    fill(access, store, work, ctx, shared, shared.palette())
}

/// What came of work.
struct Done {
    done: Vec<(Series, SyncReport, Option<String>)>,
    /// What failed, and why.
    failed: Vec<(String, String)>,
    passed_over: Vec<PassedOver>,
}

/// Shows how far a series has come, until it is dropped.
type Shown = Box<dyn Fn(u64)>;

/// Carries work out, one after another. What fails takes nothing else with it, unless the service cannot be reached at all: then the
/// rest is not tried. `shown` hears how far each series has come.
fn carry_out(
    access: &Access,
    store: &Store,
    work: Work<'_>,
    now: DateTime<Utc>,
    shown: &dyn Fn(&str) -> Shown,
) -> Result<Done> {
    let client = access.client()?;
    let Work { syncs, products, mut passed_over } = work;
    let mut done = Vec::with_capacity(syncs.len());
    let mut failed: Vec<(String, String)> = Vec::new();
    let mut unreachable = false;
    for sync in syncs {
        let series = sync.series().clone();
        if unreachable && !sync.is_done() {
            failed.push((series.to_string(), UNREACHABLE.to_owned()));
            continue;
        }
        if sync.is_done() {
            done.push((series, sync.report()?, None));
            continue;
        }
        let bar = shown(&series.to_string());
        let (report, statistics) = client.run_with(sync, |sync, _| bar(sync.progress().into()));
        drop(bar);
        match report {
            Ok(report) => {
                let answered_by = answered_by(&client, statistics);
                fetched::keep_answered_by(store, &series.to_string(), &answered_by, now.timestamp())?;
                done.push((series, report, Some(answered_by)));
            }
            Err(error) => {
                unreachable = error.is_offline();
                failed.push((series.to_string(), error.to_string()));
            }
        }
    }
    for code in products {
        let what = format!("product {code}");
        if unreachable {
            failed.push((what, UNREACHABLE.to_owned()));
            continue;
        }
        match ask(&client, rest::product(&code, None)) {
            Ok((product, _)) => {
                let json = serde_json::to_string(&product);
                let json = json.map_err(|error| End::work(error.to_string()))?;
                store.keep_document(Store::PRODUCT, &code, &json, now.timestamp())?;
            }
            Err(error) if error.is_not_found() => passed_over.push(PassedOver {
                what,
                reason: format!("{error}; its code and its prices say whether it is for businesses"),
                is_lacking: false,
            }),
            Err(error) => {
                unreachable = error.is_offline();
                failed.push((what, error.to_string()));
            }
        }
    }
    Ok(Done { done, failed, passed_over })
}

/// What of the stored accounts is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewed {
    /// The prices of all tariffs.
    Rates,
    /// The readings of all meters.
    Readings,
}

/// Fetches what is new of the stored accounts' rates or readings, and says how many rows are; beside them of a tariff that is named.
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
        Renewed::Readings => work.add_meters(&store, &agreed::meters(&accounts).0, &options)?,
    }
    let Done { done, failed, .. } = carry_out(access, &store, work, ctx.now(), &|_| Box::new(|_| {}))?;
    let new = done.iter().map(|(_, report, _)| report.added + report.revisions.len()).sum::<usize>();
    match failed.as_slice() {
        [] => Ok(u64::try_from(new).unwrap_or(u64::MAX)),
        [(what, why), ..] => Err(End::work(format!("{what}: {why}"))),
    }
}

/// Carries work out and says what came of each.
fn fill(
    access: &Access,
    store: &Store,
    work: Work<'_>,
    ctx: &Context,
    shared: &Shared,
    palette: Palette,
) -> Result<String> {
    let bar = |series: &str| -> Shown {
        let (bar, series) = (Progress::new(None), series.to_owned());
        Box::new(move |done| bar.show(done, WHOLE, &series))
    };
    let Done { done, mut failed, passed_over } = carry_out(access, store, work, ctx.now(), &bar)?;
    let said = fetched::said(&done, &failed, &passed_over, ctx.now(), shared.format, palette)?;
    let lacking = passed_over.iter().filter(|passed| passed.is_lacking);
    let lacking = lacking.map(|passed| (passed.what.clone(), passed.reason.clone()));
    if done.is_empty() && failed.is_empty() {
        // Nothing that was asked for could be.
        failed.extend(lacking);
    } else {
        file::note(lacking.map(|(what, reason)| format!("{what}: {reason}")), shared.error_palette());
    }
    let what = match failed.as_slice() {
        [] => return Ok(said),
        [(what, reason)] => format!("{what}: {reason}"),
        [(what, reason), rest @ ..] => {
            format!("{what}: {reason}; and {} more failed, listed above", rest.len())
        }
    };
    let kept = "what came before it is in the store, and a further run goes on from there";
    Err(End::Partly { done: said, message: format!("{what} ({kept})") })
}

/// What a run of the command is to fetch into the store.
#[derive(Default)]
struct Work<'a> {
    syncs: Vec<Sync<'a>>,
    /// The codes of products.
    products: BTreeSet<String>,
    /// What was named and cannot be asked for.
    passed_over: Vec<PassedOver>,
}

impl<'a> Work<'a> {
    /// The charges of tariffs, and their products.
    fn add_tariffs(&mut self, store: &'a Store, tariffs: &[TariffCode], options: &SyncOptions) -> Result<()> {
        for code in tariffs {
            for kind in ChargeKind::of(code) {
                self.syncs.push(Sync::charges(store, &code.to_string(), kind, options.clone())?);
            }
        }
        self.products.extend(products_to_ask(store, tariffs)?);
        Ok(())
    }

    /// The readings of meters.
    fn add_meters(&mut self, store: &'a Store, meters: &[StoredMeter], options: &SyncOptions) -> Result<()> {
        for meter in meters {
            match Sync::readings(store, meter, options.clone()) {
                Ok(sync) => self.syncs.push(sync),
                // A name that cannot be asked for takes no other meter with it.
                Err(error) if error.is_invalid() => self.passed_over.push(PassedOver {
                    what: Series::Readings(meter.clone()).to_string(),
                    reason: error.to_string(),
                    is_lacking: true,
                }),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// How far ahead is asked for, where nothing is said: day-ahead prices reach to the end of tomorrow.
const AHEAD: TimeDelta = TimeDelta::days(2);

/// What the progress of a series is counted in: per mille.
const WHOLE: u64 = 1_000;

const UNREACHABLE: &str = "not tried, since the service cannot be reached";

/// The products of tariffs that are not in the store yet: they say to whom a tariff is sold and which way its energy goes.
fn products_to_ask(store: &Store, tariffs: &[TariffCode]) -> Result<BTreeSet<String>> {
    let mut products = BTreeSet::new();
    for tariff in tariffs {
        let code = tariff.product().as_str();
        if store.document(Store::PRODUCT, code)?.is_none() {
            products.insert(code.to_owned());
        }
    }
    Ok(products)
}

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
