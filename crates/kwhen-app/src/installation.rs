//! Which installation of the service a store was filled from: its customers' clock, currency and tax.

use crate::failure::{Failure, Result};
use chrono::{DateTime, Utc};
use kwhen::tariff::{Country, Tariff, Taxes};
use kwhen::time::Calendar;
use kwhen_fetch::store::Store;

/// The kind of document under which it is kept where the installation is that a store was filled from; its zone is the one row of it.
const INSTALLATION: &str = "installation";
const ZONE: &str = "zone";

/// The zone of the installation that a store was filled from, where it is not Great Britain's.
///
/// # Errors
/// What the store holds of it cannot be read: its prices would be taken for another country's.
pub(crate) fn zone_of(store: &Store) -> Result<Option<String>> {
    let Some((json, _)) = store.document(INSTALLATION, ZONE)? else { return Ok(None) };
    let zone = serde_json::from_str(&json);
    zone.map(Some).map_err(|error| {
        Failure::work(format!("the stored installation, whose clock and currency are gone by: {error}"))
    })
}

/// Keeps the zone of the installation that a store is filled from, where it is not Great Britain's.
///
/// # Errors
/// The store was filled from another installation, or cannot be written.
pub fn keep(store: &Store, zone: &str, now: DateTime<Utc>) -> Result<()> {
    let usual = Calendar::great_britain().name();
    let is_filled = !store.accounts()?.is_empty() || !store.list()?.is_empty();
    let kept = zone_of(store)?.or_else(|| is_filled.then(|| usual.to_owned()));
    if let Some(kept) = kept.filter(|kept| kept != zone) {
        return Err(Failure::usage(format!(
            "this store was filled from an installation whose clock is that of {kept}, and {zone} is another's: take a store of its own (--store FILE)"
        )));
    }
    if zone != usual {
        store.keep_document(
            INSTALLATION,
            ZONE,
            &serde_json::Value::from(zone).to_string(),
            now.timestamp(),
        )?;
    }
    Ok(())
}

/// A tariff as it is sold where the store was filled from: its currency and tax are those of the country that goes by that clock.
pub(crate) fn sold_there(store: &Store, tariff: Tariff) -> Result<Tariff> {
    let Some(zone) = zone_of(store)? else { return Ok(tariff) };
    let Some(country) = Country::of_clock(&Calendar::named(&zone)?) else { return Ok(tariff) };
    Ok(Tariff { currency: country.currency(), taxes: Taxes::Country(country), ..tariff })
}
