//! What is told of a home on demand: its sessions, what the registers of its meters showed, the products that it may have.

use super::access::{Access, answered_by, ask};
use super::told::stored_numbers;
use crate::end::{End, Result};
use crate::output::told::{Product, Reading, Session};
use chrono::{DateTime, Utc};
use kwhen::time::instant_text;
use kwhen_fetch::driver::home::{keep_registers, keep_sessions};
use kwhen_fetch::graphql;
use kwhen_fetch::store::Store;

const NO_ACCOUNT: &str = "an account in the store is needed, which kwhen fetch account NUMBER puts there";

fn numbers(store: &Store) -> Result<Vec<String>> {
    let numbers = stored_numbers(store)?;
    if numbers.is_empty() { Err(End::usage(NO_ACCOUNT)) } else { Ok(numbers) }
}

/// Asks for the sessions of the stored accounts, keeps them, and gives those that were joined and those that are offered.
pub(super) fn sessions(access: &Access, store: &Store, now: DateTime<Utc>) -> Result<Vec<Session>> {
    let client = access.client()?;
    let mut rows = Vec::new();
    for number in &numbers(store)? {
        let mut told = |statistics| drop(answered_by(&client, statistics));
        keep_sessions(&client, store, number, now, &mut told)?;
        let kept = store.sessions(number)?.map(|(kept, _)| kept).unwrap_or_default();
        rows.extend(Session::of(number, &kept));
    }
    Ok(rows)
}

/// Asks for what the registers of all meters of the stored accounts showed, keeps it, and gives all that is kept.
pub(super) fn registers(access: &Access, store: &Store, now: DateTime<Utc>) -> Result<Vec<Reading>> {
    let client = access.client()?;
    let mut rows = Vec::new();
    for number in &numbers(store)? {
        let mut told = |statistics| drop(answered_by(&client, statistics));
        let (points, _) = keep_registers(&client, store, number, now, &mut told)?;
        for name in &points {
            rows.extend(store.meter_registers(name)?.iter().flat_map(|meter| Reading::of(name, meter)));
        }
    }
    Ok(rows)
}

/// The products that meter points of the stored accounts may have; of one, where it is named.
pub(super) fn available(
    access: &Access,
    store: &Store,
    wanted: &str,
    at: DateTime<Utc>,
) -> Result<Vec<Product>> {
    let client = access.client()?;
    let accounts = kwhen_app::source::store::accounts(store)?;
    let holds = |account: &&kwhen_fetch::wire::Account| {
        account.properties.iter().any(|property| {
            property.electricity_meter_points.iter().any(|point| point.mpan == wanted)
                || property.gas_meter_points.iter().any(|point| point.mprn == wanted)
        })
    };
    let account = accounts.iter().find(holds).ok_or_else(|| {
        End::usage(format!("--meter-point {wanted}: no stored account has it; kwhen fetch account NUMBER --store FILE puts one there"))
    })?;
    let (told, _) = ask(&client, graphql::available_products(&account.number, &[wanted], at)?)?;
    let mut rows: Vec<Product> = told.iter().flat_map(|point| &point.products).map(Product::of).collect();
    rows.sort_by(|one, other| one.code.cmp(&other.code));
    if rows.is_empty() {
        return Err(End::work(format!(
            "{wanted}: the service names no product that it may have at {}",
            instant_text(at)
        )));
    }
    let codes: Vec<String> = rows.iter().map(|product| product.code.clone()).collect();
    store.keep_available(wanted, &codes, at)?;
    Ok(rows)
}
