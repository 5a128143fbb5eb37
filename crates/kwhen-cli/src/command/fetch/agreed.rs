//! What the stored accounts name to be fetched: tariffs and meters, and those of them that cannot be.

use crate::output::fetched::PassedOver;
use chrono::{DateTime, Utc};
use kwhen::tariff::TariffCode;
use kwhen_fetch::store::StoredMeter;
use kwhen_fetch::wire::{Account, WireAgreement};
use std::collections::BTreeMap;

/// The tariffs of all agreements, and the codes that are no codes of tariffs, each with its agreements. One whose agreements all lie
/// outside `[from, to)` lacks nothing there.
pub(super) fn tariffs(
    accounts: &[Account],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> (Vec<TariffCode>, Vec<PassedOver>) {
    let properties = accounts.iter().flat_map(|account| &account.properties);
    let agreements = properties.flat_map(|property| {
        let electricity =
            property.electricity_meter_points.iter().map(|point| (&point.mpan, &point.agreements));
        electricity.chain(property.gas_meter_points.iter().map(|point| (&point.mprn, &point.agreements)))
    });
    let mut known = Vec::new();
    let mut odd: BTreeMap<&str, PassedOver> = BTreeMap::new();
    for (point, agreement) in agreements.flat_map(|(point, list)| list.iter().map(move |one| (point, one))) {
        let code = agreement.tariff_code.as_deref().unwrap_or_default();
        match code.parse::<TariffCode>() {
            Ok(code) => known.push(code),
            Err(error) => {
                let passed = odd.entry(code).or_insert_with(|| PassedOver {
                    what: if code.is_empty() {
                        "an agreement without a tariff code".into()
                    } else {
                        code.into()
                    },
                    reason: format!("it cannot be fetched: {error}; it is agreed"),
                    is_lacking: false,
                });
                passed.reason.push_str(&format!(" for {point} {}", when(agreement)));
                passed.is_lacking |= overlaps(agreement, from, to);
            }
        }
    }
    known.sort();
    known.dedup();
    (known, odd.into_values().collect())
}

/// When a tariff is agreed within `[from, to)`, over all meter points; in order and apart. An agreement whose times cannot be read holds throughout.
pub(super) fn spans(
    accounts: &[Account],
    tariff: &TariffCode,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let properties = accounts.iter().flat_map(|account| &account.properties);
    let agreements = properties.flat_map(|property| {
        let electricity = property.electricity_meter_points.iter().flat_map(|point| &point.agreements);
        electricity.chain(property.gas_meter_points.iter().flat_map(|point| &point.agreements))
    });
    let at = |text: &Option<String>| text.as_deref().and_then(|text| kwhen::time::parse_instant(text).ok());
    let is_of = |code: &Option<String>| code.as_deref() == Some(tariff.to_string().as_str());
    let mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)> = agreements
        .filter(|agreement| is_of(&agreement.tariff_code))
        .map(|agreement| {
            let (begins, ends) = (at(&agreement.valid_from), at(&agreement.valid_to));
            (begins.map_or(from, |begins| begins.max(from)), ends.map_or(to, |ends| ends.min(to)))
        })
        .filter(|(from, to)| from < to)
        .collect();
    spans.sort();
    let mut apart: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// From when until when, as the account says it.
pub(super) fn when(agreement: &WireAgreement) -> String {
    let from = agreement.valid_from.as_deref().unwrap_or("the start");
    format!("from {from} to {}", agreement.valid_to.as_deref().unwrap_or("further notice"))
}

/// Whether an agreement holds somewhere in `[from, to)`; one whose times cannot be read may.
fn overlaps(agreement: &WireAgreement, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    let at = |text: &Option<String>| text.as_deref().and_then(|text| kwhen::time::parse_instant(text).ok());
    at(&agreement.valid_from).is_none_or(|begins| begins < to)
        && at(&agreement.valid_to).is_none_or(|ends| ends > from)
}

/// The meters of all meter points; a meter without a serial number cannot be asked for.
pub(super) fn meters(accounts: &[Account]) -> (Vec<StoredMeter>, Vec<PassedOver>) {
    let (mut meters, mut odd) = (Vec::new(), Vec::new());
    for property in accounts.iter().flat_map(|account| &account.properties) {
        let electricity =
            property.electricity_meter_points.iter().map(|point| (false, &point.mpan, &point.meters));
        let gas = property.gas_meter_points.iter().map(|point| (true, &point.mprn, &point.meters));
        for (is_gas, point, held) in electricity.chain(gas) {
            for meter in held {
                match meter.serial_number.as_deref().map(str::trim).filter(|serial| !serial.is_empty()) {
                    Some(serial) => meters.push(StoredMeter {
                        is_gas,
                        meter_point: point.clone(),
                        serial_number: serial.to_owned(),
                    }),
                    None => odd.push(PassedOver {
                        what: format!("{} {point}", if is_gas { "gas" } else { "electricity" }),
                        reason: "a meter of it has no serial number, so its readings cannot be fetched"
                            .into(),
                        is_lacking: true,
                    }),
                }
            }
        }
    }
    (meters, odd)
}
