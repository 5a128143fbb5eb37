//! What a run of `kwhen fetch` is to bring into the store, and how it is carried out.

use super::access::{Access, answered_by, ask};
use super::seldom::is_due;
use super::{agreed, told};
use crate::end::{End, Result};
use crate::face::Shared;
use crate::output::fetched::PassedOver;
use crate::output::progress::Progress;
use crate::output::{fetched, file};
use chrono::{DateTime, Utc};
use kwhen::tariff::TariffCode;
use kwhen_app::context::Context;
use kwhen_app::source::store;
use kwhen_fetch::rest;
use kwhen_fetch::store::{ChargeKind, Series, Store, StoredMeter, Sync, SyncOptions, SyncReport};
use kwhen_page::style::Palette;
use std::collections::BTreeSet;

/// What came of work.
pub(super) struct Done {
    pub(super) done: Vec<(String, SyncReport, Option<String>)>,
    /// What failed, and why.
    pub(super) failed: Vec<(String, String)>,
    passed_over: Vec<PassedOver>,
}

/// Shows how far a series has come, until it is dropped.
pub(super) type Shown = Box<dyn Fn(u64)>;

/// Carries work out, one after another. What fails takes nothing else with it, unless the service cannot be reached at all: then the
/// rest is not tried. `shown` hears how far each series has come.
pub(super) fn carry_out(
    access: &Access,
    store: &Store,
    work: Work<'_>,
    now: DateTime<Utc>,
    shown: &dyn Fn(&str) -> Shown,
) -> Result<Done> {
    let client = access.client()?;
    let Work { syncs, products, accounts, mut passed_over, seldom } = work;
    let mut done = Vec::with_capacity(syncs.len());
    let mut failed: Vec<(String, String)> = Vec::new();
    let mut unreachable = false;
    for sync in syncs {
        let series = sync.series().clone();
        if unreachable && !sync.is_done() {
            failed.push((series.to_string(), UNREACHABLE.to_owned()));
            continue;
        }
        let rests =
            seldom && sync.goes_on()? && !is_due(fetched::answered_at(store, &series.to_string())?, now);
        if sync.is_done() || rests {
            done.push((series.to_string(), sync.report()?, None));
            continue;
        }
        let bar = shown(&series.to_string());
        let (report, statistics) = client.run_with(sync, |sync, _| bar(sync.progress().into()));
        drop(bar);
        match report {
            Ok(report) => {
                let answered_by = answered_by(&client, statistics);
                fetched::keep_answered_by(store, &series.to_string(), &answered_by, now.timestamp())?;
                done.push((series.to_string(), report, Some(answered_by)));
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
    for number in accounts {
        if unreachable {
            failed.push((told::dispatches_of(&number), UNREACHABLE.to_owned()));
            continue;
        }
        let mut told = told::ask_account(&client, store, &number, now)?;
        unreachable = told.is_unreachable;
        done.append(&mut told.done);
        failed.append(&mut told.failed);
        passed_over.append(&mut told.passed_over);
    }
    Ok(Done { done, failed, passed_over })
}

/// Carries work out and says what came of each.
pub(super) fn fill(
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
pub(super) struct Work<'a> {
    pub(super) syncs: Vec<Sync<'a>>,
    /// The codes of products.
    pub(super) products: BTreeSet<String>,
    /// The accounts whose dispatches and preferences are asked for.
    pub(super) accounts: Vec<String>,
    /// What was named and cannot be asked for.
    pub(super) passed_over: Vec<PassedOver>,
    /// Whether what changes seldom is asked for seldom: prices that go on without an end.
    pub(super) seldom: bool,
}

impl<'a> Work<'a> {
    /// All that the stored accounts name: the charges of each tariff in the time in which it is agreed, and the readings of all meters.
    pub(super) fn of_accounts(store: &'a Store, options: &SyncOptions) -> Result<Self> {
        let accounts = store::accounts(store)?;
        let (tariffs, mut passed_over) = agreed::tariffs(&accounts, (options.from, options.to));
        let (meters, without_number) = agreed::meters(&accounts);
        passed_over.extend(without_number);
        let mut work = Self { passed_over, seldom: true, ..Self::default() };
        for tariff in &tariffs {
            for (from, to) in agreed::spans(&accounts, tariff, (options.from, options.to)) {
                let options = SyncOptions { from, to, ..options.clone() };
                work.add_tariffs(store, std::slice::from_ref(tariff), &options)?;
            }
        }
        work.add_meters(store, &meters, options)?;
        Ok(work)
    }

    /// The charges of tariffs, and their products.
    pub(super) fn add_tariffs(
        &mut self,
        store: &'a Store,
        tariffs: &[TariffCode],
        options: &SyncOptions,
    ) -> Result<()> {
        for code in tariffs {
            for kind in ChargeKind::of(code) {
                self.syncs.push(Sync::charges(store, &code.to_string(), kind, options.clone())?);
            }
        }
        self.products.extend(products_to_ask(store, tariffs)?);
        Ok(())
    }

    /// The readings of meters.
    pub(super) fn add_meters(
        &mut self,
        store: &'a Store,
        meters: &[StoredMeter],
        options: &SyncOptions,
    ) -> Result<()> {
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
