//! What is told of a home on demand, kept in a store: its sessions, and what the registers of its meters showed.

use super::blocking::Client;
use crate::Result;
use crate::graphql::{self, Commodity, PointMeters};
use crate::protocol::{Operation, Statistics};
use crate::store::Store;
use chrono::{DateTime, Utc};

/// Carries an operation out; `told` hears who answered.
fn asked<O: Operation>(client: &Client, operation: O, told: &mut dyn FnMut(Statistics)) -> Result<O::Output> {
    let (output, statistics) = client.run_with(operation, |_, _| {});
    let output = output?;
    told(statistics);
    Ok(output)
}

/// Asks for the sessions of an account and keeps them; how many are new. `told` hears who answered.
pub fn keep_sessions(
    client: &Client,
    store: &Store,
    account: &str,
    now: DateTime<Utc>,
    told: &mut dyn FnMut(Statistics),
) -> Result<usize> {
    let sessions = asked(client, graphql::saving_sessions(account)?, told)?;
    store.keep_sessions(account, &sessions, now)
}

/// Asks for what the registers of all meters of an account showed and keeps it; the meter points that have meters, and how many readings are new.
pub fn keep_registers(
    client: &Client,
    store: &Store,
    account: &str,
    now: DateTime<Utc>,
    told: &mut dyn FnMut(Statistics),
) -> Result<(Vec<String>, usize)> {
    let (mut points, mut added) = (Vec::new(), 0);
    let meters = asked(client, graphql::account_meters(account)?, told)?;
    for property in &meters.properties {
        let of = |commodity: Commodity, points: &[PointMeters]| {
            points.iter().map(|point| (commodity, point.clone())).collect::<Vec<_>>()
        };
        let mut all = of(Commodity::Electricity, &property.electricity);
        all.extend(of(Commodity::Gas, &property.gas));
        for (commodity, point) in all {
            let Some(name) = point.mpan.as_ref().or(point.mprn.as_ref()) else { continue };
            for meter in &point.meters {
                let Some(id) = &meter.id else { continue };
                let id = id.get().trim_matches('"');
                let readings = asked(client, graphql::meter_readings(account, commodity, id), told)?;
                let serial = meter.serial_number.as_deref().unwrap_or_default();
                if !readings.is_empty() {
                    added += store.keep_registers(name, serial, &readings, now)?;
                }
            }
            points.push(name.clone());
        }
    }
    Ok((points, added))
}
