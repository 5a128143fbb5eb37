//! What the sample holds, as the table in its README.

use crate::clock::{HOME_FROM, HOME_TO, RATES_FROM, RATES_TO, VAT_CHANGE, local_half_hour};
use crate::household::is_lost;
use crate::market::with_vat;
use crate::table::{Sample, decimal, is_unpublished};

/// The figures of a sample, a Markdown table.
#[must_use]
pub fn summary(sample: &Sample) -> String {
    let rates: Vec<(i64, i64)> = (RATES_FROM..RATES_TO)
        .zip(&sample.prices.import)
        .filter(|&(slot, _)| !is_unpublished(slot))
        .map(|(slot, &rate)| (slot, with_vat(slot, rate)))
        .collect();
    let peak = |slot: i64| (32..38).contains(&local_half_hour(slot));
    let inclusive = || rates.iter().map(|&(_, rate)| rate);
    let held: Vec<i64> = (HOME_FROM..HOME_TO)
        .zip(&sample.consumption)
        .filter(|&(slot, _)| !is_lost(slot))
        .map(|(_, &watt_hours)| watt_hours)
        .collect();
    let outgoing = &sample.prices.outgoing;
    let rows = [
        ("Unit rates", rates.len().to_string()),
        ("mean, VAT in", pence(mean(inclusive()))),
        ("mean from 16:00 to 19:00", pence(mean(rates.iter().filter(|r| peak(r.0)).map(|r| r.1)))),
        ("mean at other times", pence(mean(rates.iter().filter(|r| !peak(r.0)).map(|r| r.1)))),
        (
            "lowest and highest",
            format!(
                "{} and {}",
                pence(inclusive().min().unwrap_or(0)),
                pence(inclusive().max().unwrap_or(0))
            ),
        ),
        ("below zero", rates.iter().filter(|r| r.1 < 0).count().to_string()),
        ("with VAT at 0 %", rates.iter().filter(|r| r.0 >= VAT_CHANGE).count().to_string()),
        ("Outgoing rates", outgoing.len().to_string()),
        ("mean, no VAT", pence(mean(outgoing.iter().map(|rate| rate * 100)))),
        ("at the floor of zero", outgoing.iter().filter(|&&rate| rate == 0).count().to_string()),
        ("Consumption readings", held.len().to_string()),
        ("half-hours lost", (sample.consumption.len() - held.len()).to_string()),
        ("sum of the readings", kwh(held.iter().sum())),
        ("largest half-hour", kwh(held.iter().copied().max().unwrap_or(0))),
        ("Solar readings", sample.solar.len().to_string()),
        ("sum of the generation", kwh(sample.solar.iter().sum())),
    ];
    let mut text = String::from("| figure | value |\n|---|---|\n");
    for (figure, value) in rows {
        text += &format!("| {figure} | {value} |\n");
    }
    text
}

fn mean(values: impl Iterator<Item = i64>) -> i64 {
    let (count, sum) = values.fold((0, 0), |(count, sum), value| (count + 1, sum + value));
    if count == 0 { 0 } else { sum / count }
}

fn pence(ten_thousandths: i64) -> String {
    decimal(ten_thousandths, 4, 2) + " p/kWh"
}

fn kwh(watt_hours: i64) -> String {
    decimal(watt_hours, 3, 3) + " kWh"
}
