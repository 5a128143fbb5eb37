//! What is told of an account beside its series: completed and planned dispatches, bills, how often its meters send readings.

use super::access::{Access, answered_by, ask};
use super::seldom::is_due;
use crate::end::{End, Result};
use crate::output::dispatched;
use crate::output::fetched::{self, PassedOver};
use chrono::{DateTime, Utc};
use kwhen_app::source::store;
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::graphql;
use kwhen_fetch::protocol::Operation;
use kwhen_fetch::store::{Store, SyncReport};

/// The name of an account's dispatches.
pub(super) fn dispatches_of(number: &str) -> String {
    format!("dispatches {number}")
}

/// The name of an account's bills, transactions and payments.
fn bills_of(number: &str) -> String {
    format!("bills {number}")
}

/// What came of asking an account.
#[derive(Default)]
pub(super) struct Told {
    pub(super) done: Vec<(String, SyncReport, Option<String>)>,
    pub(super) failed: Vec<(String, String)>,
    pub(super) passed_over: Vec<PassedOver>,
    pub(super) is_unreachable: bool,
}

/// Asks for an account's completed dispatches, its car, its bills and how often its meters send readings, and keeps what is told.
pub(super) fn ask_account(client: &Client, store: &Store, number: &str, now: DateTime<Utc>) -> Result<Told> {
    let mut told = Told::default();
    let what = dispatches_of(number);
    let (dispatches, statistics) = client.run_with(graphql::completed_dispatches(number)?, |_, _| {});
    match dispatches {
        Ok(list) => {
            let added = store.keep_dispatches(number, &list, now)?;
            let from = answered_by(client, statistics);
            fetched::keep_answered_by(store, &what, &from, now.timestamp())?;
            let unchanged = list.len().saturating_sub(added);
            told.done.push((
                what,
                SyncReport { pages: 1, added, unchanged, ..SyncReport::default() },
                Some(from),
            ));
            match ask_seldom(client, store, (Store::CAR, number), graphql::Car::new(number)?, now)? {
                Ok(Some(car)) => store.keep_car(number, &car, now)?,
                Ok(None) => {}
                // Not every device that is dispatched is a car.
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    told.is_unreachable = error.is_offline();
                    told.failed.push((format!("car {number}"), error.to_string()));
                    return Ok(told);
                }
            }
        }
        // An account without a car that the supplier charges lacks nothing.
        Err(error) if error.is_not_found() => told.passed_over.push(PassedOver {
            what,
            reason: format!("the account has none: {error}"),
            is_lacking: false,
        }),
        Err(error) => {
            told.is_unreachable = error.is_offline();
            told.failed.push((what, error.to_string()));
            return Ok(told);
        }
    }
    let what = format!("smart meter preferences {number}");
    let preferences = graphql::smart_meter_data_preferences(number)?;
    match ask_seldom(client, store, (Store::PREFERENCES, number), preferences, now)? {
        Ok(None) => {}
        Ok(Some(preferences)) => {
            let json = serde_json::to_string(&preferences).map_err(|error| End::work(error.to_string()))?;
            store.keep_document(Store::PREFERENCES, number, &json, now.timestamp())?;
        }
        Err(error) if error.is_not_found() => {
            told.passed_over.push(PassedOver { what, reason: error.to_string(), is_lacking: false })
        }
        Err(error) => {
            told.is_unreachable = error.is_offline();
            told.failed.push((what, error.to_string()));
            return Ok(told);
        }
    }
    let what = bills_of(number);
    let known = store.ledger(number)?.map(|(known, _)| known);
    let (ledger, statistics) = client.run_with(graphql::Ledger::new(number, known.as_ref()), |_, _| {});
    match ledger {
        Ok(ledger) => {
            let news = store.keep_ledger(number, &ledger, now)?;
            let from = answered_by(client, statistics);
            fetched::keep_answered_by(store, &what, &from, now.timestamp())?;
            // What changed takes the place of what was.
            let (added, unchanged) = (news.added + news.changed, news.unchanged);
            let pages = statistics.requests.saturating_sub(statistics.token_requests + statistics.retries);
            let report = SyncReport { pages, added, unchanged, ..SyncReport::default() };
            told.done.push((what, report, Some(from)));
        }
        Err(error) if error.is_not_found() => {
            told.passed_over.push(PassedOver { what, reason: error.to_string(), is_lacking: false })
        }
        Err(error) => {
            told.is_unreachable = error.is_offline();
            told.failed.push((what, error.to_string()));
        }
    }
    Ok(told)
}

/// What is told of something that changes seldom; none where it is known of late, under this kind and name of payload.
fn ask_seldom<O: Operation>(
    client: &Client,
    store: &Store,
    (kind, name): (&str, &str),
    operation: O,
    now: DateTime<Utc>,
) -> Result<kwhen_fetch::Result<Option<O::Output>>> {
    let asked = store.document(kind, name)?.map(|(_, at)| at);
    Ok(match is_due(asked, now) {
        true => ask(client, operation).map(|(told, _)| Some(told)),
        false => Ok(None),
    })
}

/// The numbers of the stored accounts.
pub(super) fn stored_numbers(store: &Store) -> Result<Vec<String>> {
    Ok(store::accounts(store)?.into_iter().map(|account| account.number).collect())
}

/// Asks for the planned dispatches of the stored accounts, or for those that were carried out, and keeps what is told; how many are new. An
/// account without a car that the supplier charges has none.
pub(super) fn renew(access: &Access, store: &Store, planned: bool, now: DateTime<Utc>) -> Result<u64> {
    let client = access.client()?;
    let mut new = 0;
    for number in &stored_numbers(store)? {
        let call = if planned { graphql::planned_dispatches } else { graphql::completed_dispatches };
        let told = match ask(&client, call(number)?) {
            Ok((told, _)) => told,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(End::work(format!("{}: {error}", dispatches_of(number)))),
        };
        new += match planned {
            true => store.keep_planned_dispatches(number, &told, now)?,
            false => store.keep_dispatches(number, &told, now)?,
        };
    }
    Ok(u64::try_from(new).unwrap_or(u64::MAX))
}

/// The dispatches of the stored accounts, those that were completed kept with those that are stored.
pub(super) fn dispatches(
    access: &Access,
    store: &Store,
    planned: bool,
    now: DateTime<Utc>,
) -> Result<Vec<dispatched::Row>> {
    let numbers = stored_numbers(store)?;
    if numbers.is_empty() {
        return Err(End::usage(
            "an account in the store is needed, which kwhen fetch account NUMBER puts there",
        ));
    }
    let client = access.client()?;
    let mut rows = Vec::new();
    for number in &numbers {
        if planned {
            let (planned, _) = ask(&client, graphql::planned_dispatches(number)?)?;
            rows.extend(dispatched::planned(number, &planned)?);
            continue;
        }
        let (told, from) = ask(&client, graphql::completed_dispatches(number)?)?;
        store.keep_dispatches(number, &told, now)?;
        fetched::keep_answered_by(store, &dispatches_of(number), &from, now.timestamp())?;
        rows.extend(dispatched::completed(number, &store.dispatches(number)?, now));
    }
    Ok(rows)
}
