//! The store of `--store` as a place to read from, beside files.

use crate::arguments::Pricing;
use crate::command::account::{self, Read};
use crate::failure::{Failure, Result};
use crate::input::STANDARD_INPUT;
use chrono::{DateTime, Utc};
use kwhen::series::{ReadingRow, StandingCharges};
use kwhen::tariff::{
    AgreementRow, Agreements, Customer, Direction, Fuel, GasConversion, RegisterKind, Tariff, TariffCode,
    UnitRates,
};
use kwhen::time::Span;
use kwhen::{Consumption, RateSeries};
use kwhen_fetch::store::{ChargeKind, Meter, Series, Store};
use kwhen_fetch::wire::Account;
use std::collections::BTreeMap;
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

/// A tariff's unit rates, interval by interval; an error for those of two registers, which follow the hours of the night.
pub(crate) fn rates(tariff: &str, pricing: &Pricing) -> Result<RateSeries> {
    match unit_rates(&existing()?, tariff, pricing)? {
        UnitRates::Series(series) => Ok(series),
        UnitRates::Schedule(_) | UnitRates::Dated(_) => Err(Failure::work(format!(
            "{tariff} has two registers, whose rates follow the hours of the night; kwhen bill and compare take it, as --tariff {tariff}"
        ))),
    }
}

fn unit_rates(store: &Store, code: &str, pricing: &Pricing) -> Result<UnitRates> {
    let method = pricing.payment_method();
    let of = |kind| store.rates(code, kind, always(), method.as_ref());
    let registers = code.parse::<TariffCode>().ok().and_then(|code| code.registers().cloned());
    match registers {
        Some(RegisterKind::Dual | RegisterKind::FlatDual) => {
            let (day, night) = (of(ChargeKind::DayUnitRates)?, of(ChargeKind::NightUnitRates)?);
            Ok(UnitRates::day_and_night(&day, &night, pricing.night_hours())?)
        }
        _ => Ok(UnitRates::Series(of(ChargeKind::UnitRates)?)),
    }
}

pub(crate) fn standing_charges(tariff: &str, pricing: &Pricing) -> Result<StandingCharges> {
    let method = pricing.payment_method();
    Ok(existing()?.standing_charges(tariff, always(), method.as_ref())?)
}

/// Whether an argument names something in the store rather than a file.
pub(crate) fn holds(argument: &Path) -> bool {
    is_in_use() && argument.as_os_str() != STANDARD_INPUT && !argument.exists()
}

/// Readings by meter point, or by meter point and serial number with a slash between. Where a meter was exchanged they are those of all
/// its meters; where two have the same half-hour, those of the one with more readings.
pub(crate) fn consumption(name: &str) -> Result<Consumption> {
    let store = existing()?;
    let (point, serial) = name.split_once('/').map_or((name, None), |(point, serial)| (point, Some(serial)));
    let held = store.list()?.into_iter().filter_map(|held| match held.series {
        Series::Readings(meter) if held.rows > 0 => Some((held.rows, meter)),
        Series::Readings(_) | Series::Charges(..) => None,
    });
    let fits = |meter: &Meter| {
        meter.meter_point == point && serial.is_none_or(|serial| meter.serial_number == serial)
    };
    let mut found: Vec<(u64, Meter)> = held.filter(|(_, meter)| fits(meter)).collect();
    if found.is_empty() {
        return Err(Failure::work(format!(
            "{name}: neither a file nor a meter point with readings in the store; fetch it first"
        )));
    }
    found.sort_by(|a, b| b.cmp(a));
    let (from, to) = always();
    let mut rows = BTreeMap::new();
    for (_, meter) in &found {
        for row in store.reading_rows(meter, from, to)? {
            rows.entry(row.start).or_insert(row);
        }
    }
    let rows: Vec<ReadingRow> =
        (1..).zip(rows.into_values()).map(|(row, read)| ReadingRow { row, ..read }).collect();
    Ok(Consumption::from_rows(&rows)?)
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

/// The supplies of the stored accounts: each meter point's readings and agreements. Gas counts what `gas` says.
pub(crate) fn supplies(gas: Option<&GasConversion>) -> Result<Vec<Read>> {
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
            let direction = if point.is_export == Some(true) { "export" } else { "import" };
            supplies.extend(supply(direction, &point.mpan, &point.agreement_rows()?, None)?);
        }
        for point in &property.gas_meter_points {
            let Some(gas) = gas else {
                eprintln!(
                    "note: gas at {} is left out; say what its readings count: --gas-unit, --calorific-value",
                    point.mprn
                );
                continue;
            };
            supplies.extend(supply("gas", &point.mprn, &point.agreement_rows()?, Some(gas))?);
        }
    }
    if supplies.is_empty() {
        return Err(Failure::work(
            "the store holds no readings of the account's meter points; kwhen fetch consumption",
        ));
    }
    Ok(supplies)
}

/// The tariffs that the agreements of a period name.
pub(crate) fn agreed_tariffs(supplies: &[Read], period: Span, pricing: &Pricing) -> Result<Vec<Tariff>> {
    let mut tariffs: Vec<Tariff> = Vec::new();
    for agreement in supplies.iter().flat_map(|supply| supply.agreements.within(period)) {
        if tariffs.iter().all(|tariff| tariff.code != agreement.tariff) {
            tariffs.push(tariff(&agreement.tariff, pricing)?);
        }
    }
    Ok(tariffs)
}

/// A meter point with readings and agreements; none where either is missing, which is said.
fn supply(
    what: &str,
    point: &str,
    rows: &[AgreementRow],
    gas: Option<&GasConversion>,
) -> Result<Option<Read>> {
    let left_out = |lacking: &str| {
        eprintln!("note: {point} is left out: it has no {lacking}");
        Ok(None)
    };
    if rows.is_empty() {
        return left_out("agreements");
    }
    let Ok(consumption) = consumption(point) else { return left_out("readings in the store") };
    Ok(Some(Read {
        name: format!("{what} {point}"),
        metered: account::Readings::Slots(consumption),
        agreements: Agreements::from_rows(rows)?,
        gas: gas.cloned(),
        dispatches: Vec::new(),
    }))
}

/// A tariff with its unit rates and standing charges.
pub(crate) fn tariff(code: &str, pricing: &Pricing) -> Result<Tariff> {
    let tariff = tariff_without_standing_charges(code, pricing)?;
    let standing = existing()?.standing_charges(code, always(), pricing.payment_method().as_ref());
    Ok(Tariff { standing_charges: Some(standing.map_err(|error| unfetched(&error, code))?), ..tariff })
}

/// A tariff with its unit rates only.
pub(crate) fn tariff_without_standing_charges(code: &str, pricing: &Pricing) -> Result<Tariff> {
    let rates = unit_rates(&existing()?, code, pricing);
    let unit_rates = rates.map_err(|failure| unfetched(&failure, code))?;
    let parsed: Option<TariffCode> = code.parse().ok();
    let outgoing = parsed.as_ref().is_some_and(|code| code.product().is_outgoing());
    Ok(Tariff {
        code: code.to_owned(),
        fuel: parsed.as_ref().and_then(TariffCode::fuel).unwrap_or(Fuel::Electricity),
        direction: if outgoing { Direction::Export } else { Direction::Import },
        customer: Customer::Domestic,
        unit_rates,
        standing_charges: None,
        levies: Vec::new(),
        dispatch_prices: None,
    })
}

fn unfetched(error: &dyn std::fmt::Display, code: &str) -> Failure {
    Failure::work(format!("{error} (kwhen fetch rates --tariff {code})"))
}
