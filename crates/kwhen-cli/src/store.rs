//! The store of `--store` as a place to read from, beside files.

use crate::arguments::Pricing;
use crate::command::account::{self, AccountRequest, Read};
use crate::failure::{Failure, Result};
use chrono::{DateTime, Utc};
use kwhen::series::StandingCharges;
use kwhen::tariff::{Agreements, Direction, Tariff, TariffCode};
use kwhen::{Consumption, RateSeries};
use kwhen_fetch::store::{ChargeKind, Meter, Series, Store};
use kwhen_fetch::wire::{Account, ElectricityMeterPoint};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static FILE: OnceLock<PathBuf> = OnceLock::new();

/// Says once which file it is.
pub(crate) fn use_file(path: Option<&Path>) {
    if let Some(path) = path {
        let _ = FILE.set(path.to_owned());
    }
}

pub(crate) fn is_in_use() -> bool {
    FILE.get().is_some()
}

/// The kind of payload under which accounts are kept.
pub(crate) const ACCOUNT: &str = "account";

/// Opens it to read; one that is not there is an error here and is not made.
pub(crate) fn existing() -> Result<Store> {
    let path = FILE.get().ok_or_else(|| Failure::usage("--store is needed"))?;
    if !path.exists() {
        return Err(Failure::work(format!(
            "{}: there is no store yet; kwhen fetch makes one",
            path.display()
        )));
    }
    Ok(Store::open(path)?)
}

/// Opens it to fill; makes it if need be.
pub(crate) fn to_fill() -> Result<Store> {
    let path = FILE
        .get()
        .ok_or_else(|| Failure::usage("--store FILE is needed: it says where to keep what is fetched"))?;
    Ok(Store::open(path)?)
}

impl From<kwhen_fetch::Error> for Failure {
    fn from(error: kwhen_fetch::Error) -> Self {
        Self::work(error.to_string())
    }
}

/// Everything that can be in a store.
pub(crate) fn always() -> (DateTime<Utc>, DateTime<Utc>) {
    (DateTime::UNIX_EPOCH, DateTime::from_timestamp(4_102_444_800, 0).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

pub(crate) fn rates(tariff: &str, pricing: &Pricing) -> Result<RateSeries> {
    let method = pricing.payment_method();
    Ok(existing()?.rates(tariff, ChargeKind::UnitRates, always(), method.as_ref())?)
}

pub(crate) fn standing_charges(tariff: &str, pricing: &Pricing) -> Result<StandingCharges> {
    let method = pricing.payment_method();
    Ok(existing()?.standing_charges(tariff, always(), method.as_ref())?)
}

/// Readings by meter point; where it had several meters, the one with the most readings.
pub(crate) fn consumption(name: &str) -> Result<Consumption> {
    let store = existing()?;
    let (point, serial) = name.split_once('/').map_or((name, None), |(point, serial)| (point, Some(serial)));
    let held = store.list()?.into_iter().filter_map(|held| match held.series {
        Series::Readings(meter) => Some((held.rows, meter)),
        Series::Charges(..) => None,
    });
    let fits = |meter: &Meter| {
        meter.meter_point == point && serial.is_none_or(|serial| meter.serial_number == serial)
    };
    let found = held.filter(|(_, meter)| fits(meter)).max_by_key(|(rows, _)| *rows);
    let (_, meter) = found.ok_or_else(|| {
        Failure::work(format!("{name}: neither a file nor a meter point in the store; fetch it first"))
    })?;
    let (from, to) = always();
    Ok(store.consumption(&meter, from, to)?)
}

/// The accounts that were fetched.
pub(crate) fn accounts(store: &Store) -> Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for number in store.documents(ACCOUNT)? {
        let Some((json, _)) = store.document(ACCOUNT, &number)? else { continue };
        let account = serde_json::from_str(&json);
        accounts
            .push(account.map_err(|error| Failure::work(format!("the stored account {number}: {error}")))?);
    }
    Ok(accounts)
}

/// The statement of the stored accounts: each meter point's readings under the tariffs of its agreements.
pub(crate) fn statement(request: &AccountRequest<'_>) -> Result<String> {
    let store = existing()?;
    let accounts = accounts(&store)?;
    if accounts.is_empty() {
        return Err(Failure::work(
            "the store holds no account; kwhen fetch account does that, or name --rates and --consumption",
        ));
    }
    let mut supplies = Vec::new();
    for property in accounts.iter().flat_map(|account| &account.properties) {
        for point in &property.electricity_meter_points {
            supplies.extend(supply(point)?);
        }
        for point in &property.gas_meter_points {
            eprintln!(
                "note: gas at {} is left out; its unit and calorific value are needed: see --account",
                point.mprn
            );
        }
    }
    if supplies.is_empty() {
        return Err(Failure::work(
            "the store holds no readings of the account's meter points; kwhen fetch consumption",
        ));
    }
    let period = request.period.within(&request.options.calendar, account::whole(&supplies)?)?;
    let mut tariffs: Vec<Tariff> = Vec::new();
    for agreement in supplies.iter().flat_map(|supply| supply.agreements.within(period)) {
        if tariffs.iter().all(|tariff| tariff.code != agreement.tariff) {
            tariffs.push(tariff(&store, &agreement.tariff, request.pricing)?);
        }
    }
    account::state(request, period, &supplies, &tariffs)
}

/// A meter point with readings and agreements; none where either is missing, which is said.
fn supply(point: &ElectricityMeterPoint) -> Result<Option<Read>> {
    let rows = point.agreement_rows()?;
    let left_out = |what: &str| {
        eprintln!("note: {} is left out: it has no {what}", point.mpan);
        Ok(None)
    };
    if rows.is_empty() {
        return left_out("agreements");
    }
    let Ok(consumption) = consumption(&point.mpan) else { return left_out("readings in the store") };
    let direction = if point.is_export == Some(true) { "export" } else { "import" };
    Ok(Some(Read {
        name: format!("{direction} {}", point.mpan),
        metered: account::Readings::Slots(consumption),
        agreements: Agreements::from_rows(&rows)?,
        gas: None,
        dispatches: Vec::new(),
    }))
}

fn tariff(store: &Store, code: &str, pricing: &Pricing) -> Result<Tariff> {
    let method = pricing.payment_method();
    let rates = store.rates(code, ChargeKind::UnitRates, always(), method.as_ref());
    let rates =
        rates.map_err(|error| Failure::work(format!("{error} (kwhen fetch rates --tariff {code})")))?;
    let standing = store.standing_charges(code, always(), method.as_ref());
    let standing =
        standing.map_err(|error| Failure::work(format!("{error} (kwhen fetch rates --tariff {code})")))?;
    let mut tariff = Tariff::from_series(code, rates, Some(standing));
    if code.parse::<TariffCode>().is_ok_and(|code| code.product().is_outgoing()) {
        tariff.direction = Direction::Export;
    }
    Ok(tariff)
}
