//! Prices by month, day and minute as bands of a definition.

use super::draft::put;
use serde_json::{Value, json};

/// The hours of a day by their price: from, to, and what they cost.
type Runs = Vec<(u32, u32, String)>;

/// The kinds of day: Monday to Sunday, and holidays where the tariff has such.
pub(super) const DAYS: [&str; 8] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];

const MINUTES: u32 = 24 * 60;

/// The bands of a price that is known for every month (1 to 12), kind of day (its place in [`DAYS`]) and minute of the day between
/// edges. Holidays are a kind of day only `with_holidays`.
pub(super) fn bands(
    edges: &[u32],
    with_holidays: bool,
    price: impl Fn(u32, usize, u32) -> String,
) -> Vec<Value> {
    let mut edges: Vec<u32> = edges.iter().copied().filter(|edge| *edge < MINUTES).chain([0]).collect();
    edges.sort_unstable();
    edges.dedup();
    let days = if with_holidays { 8 } else { 7 };
    // Each kind of day of each month as runs of one price.
    let row = |month: u32, day: usize| {
        let mut runs: Vec<(u32, u32, String)> = Vec::new();
        let ends = edges.iter().skip(1).copied().chain([MINUTES]);
        for (from, to) in edges.iter().copied().zip(ends) {
            let price = price(month, day, from);
            match runs.last_mut() {
                Some(run) if run.2 == price => run.1 = to,
                _ => runs.push((from, to, price)),
            }
        }
        runs
    };
    let mut tables: Vec<(Vec<u32>, Vec<Runs>)> = Vec::new();
    for month in 1..=12 {
        let table: Vec<_> = (0..days).map(|day| row(month, day)).collect();
        match tables.iter_mut().find(|(_, known)| *known == table) {
            Some((months, _)) => months.push(month),
            None => tables.push((vec![month], table)),
        }
    }
    let mut bands = Vec::new();
    for (months, table) in &tables {
        let mut rows: Vec<(Vec<usize>, &Runs)> = Vec::new();
        for (day, runs) in table.iter().enumerate() {
            // A class of days has bands of its own.
            match rows
                .iter_mut()
                .find(|(days, known)| *known == runs && day < 7 && days.iter().all(|day| *day < 7))
            {
                Some((days, _)) => days.push(day),
                None => rows.push((vec![day], runs)),
            }
        }
        for (days, runs) in rows {
            for (from, to, price) in runs {
                let mut band = json!({"from": clock(*from), "to": clock(*to), "rate": price});
                if days.len() != 7 {
                    put(
                        &mut band,
                        "days",
                        days.iter().filter_map(|day| DAYS.get(*day).copied()).collect::<Vec<_>>(),
                    );
                }
                if months.len() != 12 {
                    put(&mut band, "months", json!(months));
                }
                bands.push(band);
            }
        }
    }
    bands
}

fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
