//! Tariffs of Belgium as EnergieID's energy-cost has them: a list by start, with formulas for consumption, injection, capacity and fixed
//! costs. Prices are euros, a MWh or a MW.

use super::draft::{Draft, Wanted, dated, put, scaled};
use super::hours::{DAYS, bands};
use super::tree::Node;
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};

/// Kinds of meter that consumption may be told apart by.
const METERS: [&str; 5] = ["all", "single_rate", "tou_peak", "tou_offpeak", "night_only"];
/// What a formula is made of.
const FORMULA: [&str; 8] =
    ["constant_cost", "variable_costs", "schedule", "bands", "period", "formula", "mode", "capacity_based"];

pub(super) fn draft(entries: &[Node], wanted: Wanted<'_>) -> Result<Draft> {
    let mut draft = Draft::default();
    draft.set("code", wanted.called);
    draft.set("time_zone", "Europe/Brussels");
    draft.set("currency", "EUR");
    draft.set("unit_rate", "0");
    draft.leave_out("whether this is the supplier's part or the network's: unit_rate is 0, and all that it charges is a component");
    draft.leave_out("the tax: the file does not say it (--tax 6%)");
    for (place, entry) in entries.iter().enumerate() {
        let from = entry.need("start").map_err(|error| error.in_row(place as u64 + 1))?;
        let next = entries.get(place + 1).and_then(|next| next.text("start"));
        let span = (from, entry.text("end").or(next));
        for (name, part) in entry.entries() {
            match name.as_str() {
                "start" | "end" => {}
                "consumption" => priced(part, "Consumption", span, false, &mut draft)?,
                "injection" => priced(part, "Injection", span, true, &mut draft)?,
                "fixed" | "periodic" => priced(part, "Fixed", span, false, &mut draft)?,
                "capacity" => capacity(part, span, &mut draft)?,
                other => draft.leave_out(format!("{other} from {from}")),
            }
        }
    }
    Ok(draft)
}

/// The formulas of a part, by name: itself, those of kinds of meter, or of groups of cost.
fn priced(
    part: &Node,
    name: &str,
    span: (&str, Option<&str>),
    exported: bool,
    draft: &mut Draft,
) -> Result<()> {
    if part.entries().iter().any(|(key, _)| FORMULA.contains(&key.as_str())) {
        let made = formula(part).map_err(|error| error.in_source(name))?;
        return match made {
            Ok(fields) => {
                let mut component = Value::Object(fields);
                put(&mut component, "name", json!(name));
                if exported && component.get("fee").is_none() {
                    put(&mut component, "counts", json!("export"));
                }
                if let Some(index) = part.all("variable_costs").first().and_then(|cost| cost.text("index")) {
                    draft.take(format!(
                        "{name}: the market's prices that are given are those of the index {index}"
                    ));
                }
                draft.components.push(dated(component, Some(span.0), span.1));
                Ok(())
            }
            Err(why) => {
                draft.leave_out(format!("{name} from {}: {why}", span.0));
                Ok(())
            }
        };
    }
    let inner = part.get("by_meter_type").unwrap_or(part);
    for (key, child) in inner.entries() {
        let called = match key.as_str() {
            "all" | "single_rate" => name.to_owned(),
            meter if METERS.contains(&meter) => {
                draft.leave_out(format!(
                    "{name} of the meter {meter} from {}: a definition is of one meter",
                    span.0
                ));
                continue;
            }
            group => format!("{name}, {}", group.replace('_', " ")),
        };
        priced(child, &called, span, exported, draft)?;
    }
    Ok(())
}

/// `day`, `month`, `year`.
fn every(period: &str) -> Option<&'static str> {
    match period {
        "P1D" | "daily" => Some("day"),
        "P1M" | "monthly" => Some("month"),
        "P3M" | "quarterly" => Some("quarter"),
        "P1Y" | "yearly" => Some("year"),
        _ => None,
    }
}

/// A formula as the fields of a component; or why it is none.
fn formula(node: &Node) -> Result<std::result::Result<Map<String, Value>, String>> {
    let node = match (node.get("formula"), node.get("bands"), node.get("schedule")) {
        (Some(inner), None, None) => inner,
        _ => node,
    };
    let mut fields = Map::new();
    if node.get("capacity_based").is_some() {
        return Ok(Err("it goes by capacity within a formula of energy".into()));
    }
    if let Some(period) = node.text("period") {
        let Some(every) = every(period) else { return Ok(Err(format!("its period is {period}"))) };
        if node.get("variable_costs").is_some() {
            return Ok(Err("a fixed cost that goes by an index".into()));
        }
        fields.insert("fee".into(), json!(scaled(node.need("constant_cost")?, 100, 1)?));
        fields.insert("every".into(), json!(every));
        return Ok(Ok(fields));
    }
    if node.get("schedule").is_some() {
        return scheduled(node);
    }
    if node.get("bands").is_some() {
        return tiered(node);
    }
    let constant = node.text("constant_cost").unwrap_or("0");
    match node.all("variable_costs").as_slice() {
        [] => {
            fields.insert("unit_rate".into(), json!(scaled(node.need("constant_cost")?, 1, 10)?));
        }
        [one] => {
            let factor = one.text("scalar").unwrap_or("1");
            fields.insert("spot".into(), json!({"factor": factor, "markup": scaled(constant, 1, 10)?}));
        }
        several => return Ok(Err(format!("it goes by {} indexes", several.len()))),
    }
    Ok(Ok(fields))
}

/// What costs the same whenever it is: euros a MWh as cents a kWh.
fn constant(node: &Node) -> Result<Option<String>> {
    let node = node.get("formula").unwrap_or(node);
    let plain = node.entries().iter().all(|(key, _)| key == "constant_cost");
    node.text("constant_cost").filter(|_| plain).map(|cost| scaled(cost, 1, 10)).transpose()
}

fn tiered(node: &Node) -> Result<std::result::Result<Map<String, Value>, String>> {
    if node.text("mode") == Some("banded") {
        return Ok(Err("the band that all energy of a period lies in prices all of it".into()));
    }
    let Some(every) = node.text("band_period").and_then(every) else {
        return Ok(Err("its bands have no period that is known".into()));
    };
    let mut steps = Vec::new();
    for band in node.all("bands") {
        let Some(rate) = constant(band)? else {
            return Ok(Err("a band has more than a constant cost".into()));
        };
        let mut step = json!({"rate": rate});
        if let Some(edge) = band.text("up_to") {
            put(&mut step, "up_to_kwh", json!(scaled(edge, 1_000, 1)?));
        }
        steps.push(step);
    }
    let mut fields = Map::new();
    fields.insert("tiers".into(), json!({"every": every, "steps": steps}));
    Ok(Ok(fields))
}

/// A time of day, in minutes.
fn minutes(text: &str) -> Result<u32> {
    let malformed = || Error::syntax("not a time of day such as 06:00:00").with_value(text);
    let mut parts = text.split(':').map(|part| part.parse::<u32>().ok());
    let (Some(Some(hour)), Some(Some(minute))) = (parts.next(), parts.next()) else {
        return Err(malformed());
    };
    if parts.any(|part| part != Some(0)) || hour > 24 || minute > 59 || hour * 60 + minute > 1_440 {
        return Err(malformed());
    }
    Ok(hour * 60 + minute)
}

/// When a price holds: days (their places), from and to in minutes.
struct When {
    days: Vec<usize>,
    from: u32,
    to: u32,
}

fn scheduled(node: &Node) -> Result<std::result::Result<Map<String, Value>, String>> {
    let mut prices: Vec<(Vec<When>, String)> = Vec::new();
    for part in node.all("schedule") {
        let Some(rate) = constant(part)? else {
            return Ok(Err("a time of its schedule has more than a constant cost".into()));
        };
        let mut times = Vec::new();
        for when in part.all("when") {
            let named = when.texts("days");
            let days: Vec<usize> = (0..7)
                .filter(|day| named.is_empty() || DAYS.get(*day).is_some_and(|name| named.contains(name)))
                .collect();
            let to = when.text("end").map_or(Ok(1_440), minutes)?;
            let from = when.text("start").map_or(Ok(0), minutes)?;
            times.push(When { days, from, to: if to == 0 { 1_440 } else { to } });
        }
        prices.push((times, rate));
    }
    let holds = |when: &When, day: usize, minute: u32| {
        let at = if when.from < when.to {
            (when.from..when.to).contains(&minute)
        } else {
            minute >= when.from || minute < when.to
        };
        at && when.days.contains(&day)
    };
    let price_of = |day: usize, minute: u32| {
        let first = prices
            .iter()
            .find(|(times, _)| times.is_empty() || times.iter().any(|when| holds(when, day, minute)));
        first.map(|(_, rate)| rate.clone())
    };
    let edges: Vec<u32> =
        prices.iter().flat_map(|(times, _)| times).flat_map(|when| [when.from, when.to]).chain([0]).collect();
    if (0..7).any(|day| edges.iter().any(|edge| price_of(day, edge % 1_440).is_none())) {
        return Ok(Err("its schedule leaves times without a price".into()));
    }
    let bands = bands(&edges, false, |_, day, minute| price_of(day, minute).unwrap_or_default());
    let mut fields = Map::new();
    fields.insert("bands".into(), json!(bands));
    Ok(Ok(fields))
}

/// A price a MW and month, with a least power where it is written as a constant cost up to one.
fn capacity(node: &Node, span: (&str, Option<&str>), draft: &mut Draft) -> Result<()> {
    let slot = match node.text("measurement_period").unwrap_or("PT15M") {
        "PT15M" => 15,
        "PT30M" => 30,
        "PT1H" | "PT60M" => 60,
        other => {
            draft.leave_out(format!("capacity from {}: power is measured over {other}", span.0));
            return Ok(());
        }
    };
    let every = node.text("billing_period").map_or(Some("month"), every);
    let Some(every) = every.filter(|every| ["month", "year"].contains(every)) else {
        draft.leave_out(format!("capacity from {}: its billing period is no month or year", span.0));
        return Ok(());
    };
    let mut charge = json!({"slot_minutes": slot, "every": every, "months": 1});
    if let Some(months) = node.text("window_periods") {
        put(
            &mut charge,
            "months",
            json!(months.parse::<u32>().map_err(|_| {
                Error::syntax("not a number of months").with_value(months).in_field("window_periods")
            })?),
        );
    }
    let formula = node.get("formula").unwrap_or(node);
    let bands = formula.all("bands");
    let price = match bands.as_slice() {
        [] => formula.text("constant_cost"),
        [least, above] => {
            let (edge, flat) =
                (least.text("up_to"), least.get("formula").and_then(|inner| inner.text("constant_cost")));
            let above = above.get("formula").and_then(|inner| inner.text("constant_cost"));
            let same = match (edge, flat, above) {
                (Some(edge), Some(flat), Some(above)) => is_product(flat, edge, above)?,
                _ => false,
            };
            if same {
                put(&mut charge, "minimum_kw", json!(scaled(edge.unwrap_or("0"), 1_000, 1)?));
                draft.take(format!(
                    "the constant cost up to {} MW from {} is the least power at the price above it, to the digits that are printed",
                    edge.unwrap_or("0"),
                    span.0
                ));
                above
            } else {
                None
            }
        }
        _ => None,
    };
    let Some(price) = price else {
        draft.leave_out(format!("capacity from {}: its formula is no price a MW with a least power", span.0));
        return Ok(());
    };
    put(&mut charge, "price_per_kw", json!(scaled(price, 1, 10)?));
    draft.components.push(dated(json!({"name": "Capacity", "capacity": charge}), Some(span.0), span.1));
    Ok(())
}

/// Whether a printed amount is a product, but for the digits that are not printed.
fn is_product(amount: &str, edge: &str, price: &str) -> Result<bool> {
    let edge: crate::Energy = edge.parse()?;
    let price: crate::UnitRate = price.parse()?;
    let places = amount.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let amount: crate::Money = amount.parse()?;
    let off = crate::Money::sum([edge * price, -amount])?;
    let one = crate::quantity::power_of_ten(crate::Money::SCALE - u32::try_from(places.min(19)).unwrap_or(0));
    Ok(off.units().abs() < one)
}
