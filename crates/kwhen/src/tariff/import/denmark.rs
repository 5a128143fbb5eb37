//! Denmark's price list of grid companies and Energinet, as Energi Data Service gives it: subscriptions (D01), fees (D02) and tariffs (D03),
//! in crowns without VAT, by hour of the day where their resolution is an hour.

use super::draft::{Draft, Wanted, dated as with_dates, only, put, scaled};
use super::hours::bands;
use super::tree::Node;
use crate::error::{Error, Result};
use serde_json::{Value, json};

/// The latest date from which a record holds.
pub(super) fn dated(records: &[Node]) -> Option<String> {
    records.iter().filter_map(|record| record.text("ValidFrom")).max().map(|date| day(date).to_owned())
}

/// The date of a time at midnight.
fn day(text: &str) -> &str {
    text.strip_suffix("T00:00:00").unwrap_or(text)
}

pub(super) fn draft(records: &[Node], wanted: Wanted<'_>) -> Result<Draft> {
    let mut draft = Draft::default();
    let is_wanted = |record: &&Node| {
        wanted.name.is_none_or(|name| {
            ["ChargeOwner", "GLN_Number", "ChargeTypeCode", "Note"]
                .iter()
                .any(|field| record.text(field).is_some_and(|text| text.contains(name)))
        })
    };
    let mut found: Vec<&Node> = records.iter().filter(is_wanted).collect();
    only(found.iter().map(|record| record.text("ChargeOwner").unwrap_or_default()), "charge owner")?;
    let owner = found.first().and_then(|record| record.text("ChargeOwner")).unwrap_or(wanted.called);
    draft.set("code", owner);
    draft.set("time_zone", "Europe/Copenhagen");
    draft.set("currency", "DKK");
    draft.set("tax", "25%");
    draft.set("unit_rate", "0");
    draft.leave_out(
        "the energy price: unit_rate is 0, put the supplier's in its place (spot = {} for the market's)",
    );
    draft.take("VAT is 25 %, which the class D02 of the records stands for");
    found.sort_by_key(|record| (record.text("ChargeTypeCode"), record.text("ValidFrom")));
    let codes: Vec<(&str, &str)> = {
        let mut codes: Vec<_> = found
            .iter()
            .map(|record| {
                (record.text("ChargeType").unwrap_or(""), record.text("ChargeTypeCode").unwrap_or(""))
            })
            .collect();
        codes.dedup();
        codes
    };
    for (kind, code) in codes {
        let own: Vec<&Node> = found
            .iter()
            .copied()
            .filter(|record| {
                record.text("ChargeTypeCode") == Some(code) && record.text("ChargeType") == Some(kind)
            })
            .collect();
        match kind {
            "D01" => own.iter().try_for_each(|record| subscription(record, &mut draft))?,
            "D03" => tariff(&own, code, &mut draft)?,
            other => draft.leave_out(format!(
                "{} ({code}): a charge of type {other} falls once",
                name(own.first().copied(), code)
            )),
        }
    }
    Ok(draft)
}

fn name(record: Option<&Node>, code: &str) -> String {
    let text = record.and_then(|record| record.text("Note").or_else(|| record.text("Description")));
    text.unwrap_or(code).to_owned()
}

/// The tax of a record, where it is none.
fn untaxed(component: &mut Value, record: &Node) {
    if record.text("VATClass") == Some("D01") {
        put(component, "tax", json!("none"));
    }
}

fn subscription(record: &Node, draft: &mut Draft) -> Result<()> {
    let code = record.text("ChargeTypeCode").unwrap_or("");
    let every = match record.text("ResolutionDuration") {
        Some("P1M") => "month",
        Some("P1D") => "day",
        Some("P1Y") => "year",
        other => {
            draft.leave_out(format!(
                "{} ({code}): its resolution is {}",
                name(Some(record), code),
                other.unwrap_or("not said")
            ));
            return Ok(());
        }
    };
    let fee = scaled(record.need("Price1")?, 100, 1)?;
    let mut component = json!({"name": name(Some(record), code), "fee": fee, "every": every});
    untaxed(&mut component, record);
    let (from, to) = (record.text("ValidFrom").map(day), record.text("ValidTo").map(day));
    draft.components.push(with_dates(component, from, to));
    Ok(())
}

/// The records of one code: a period each.
fn tariff(records: &[&Node], code: &str, draft: &mut Draft) -> Result<()> {
    let mut periods = Vec::new();
    let called = name(records.last().copied(), code);
    for (place, record) in records.iter().enumerate() {
        let from = day(record.need("ValidFrom")?);
        let mut prices = Vec::new();
        for hour in 1..=24 {
            let price = record.text(&format!("Price{hour}"));
            let first = record.need("Price1")?;
            prices.push(scaled(price.unwrap_or(first), 100, 1).map_err(|error| error.in_field("Price1"))?);
        }
        let flat = prices.iter().all(|price| prices.first() == Some(price));
        let mut period = match record.text("ResolutionDuration") {
            Some("PT1H") if !flat => {
                let edges: Vec<u32> = (0..24).map(|hour| hour * 60).collect();
                let price = |_: u32, _: usize, minute: u32| {
                    usize::try_from(minute / 60)
                        .ok()
                        .and_then(|hour| prices.get(hour))
                        .cloned()
                        .unwrap_or_default()
                };
                json!({"from": from, "bands": bands(&edges, false, price)})
            }
            Some("PT1H" | "P1D" | "P1M") => json!({"from": from, "unit_rate": prices.first()}),
            other => {
                draft.leave_out(format!(
                    "{called} ({code}) from {from}: its resolution is {}",
                    other.unwrap_or("not said")
                ));
                continue;
            }
        };
        let next = records.get(place + 1).and_then(|next| next.text("ValidFrom")).map(day);
        if let Some(to) = record.text("ValidTo").map(day).or(next) {
            if next.is_some_and(|next| next < to) {
                return Err(Error::conflict("its times overlap those of the next record")
                    .with_value(format!("{code} from {from}"))
                    .in_field("ValidTo"));
            }
            put(&mut period, "to", json!(to));
        }
        periods.push(period);
    }
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(()) };
    let kind = if records.iter().any(|record| matches!(record.text("TaxIndicator"), Some("1" | "true"))) {
        "tax"
    } else {
        "grid-fee"
    };
    // A component holds where its periods do.
    let (from, to) = (first.get("from").cloned().unwrap_or_default(), last.get("to").cloned());
    let mut component = json!({"name": called, "kind": kind, "from": from, "periods": periods});
    if let Some(to) = to {
        put(&mut component, "to", to);
    }
    if let Some(record) = records.last() {
        untaxed(&mut component, record);
    }
    draft.components.push(component);
    Ok(())
}
