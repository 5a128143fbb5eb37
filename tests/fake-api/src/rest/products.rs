//! Products, their tariffs and what those charge.

use super::{Context, moment, regions};
use crate::Answer;
use crate::data::{self, HALF_HOUR, decimal, instant, utc_text};
use chrono::TimeZone;
use serde_json::{Map, Value, json};

/// One record and when it holds.
struct Record {
    from: i64,
    to: Option<i64>,
    method: Option<&'static str>,
    exc: i64,
    /// The VAT in per cent that is printed.
    vat: i64,
}

impl Record {
    /// Whether it holds somewhere in `[from, to)`, however far it sticks out.
    fn overlaps(&self, (from, to): (Option<i64>, Option<i64>)) -> bool {
        to.is_none_or(|to| self.from < to) && from.is_none_or(|from| self.to.is_none_or(|end| end > from))
    }

    fn json(&self) -> String {
        let text = |value: Option<String>| value.map_or("null".to_owned(), |value| format!("\"{value}\""));
        format!(
            r#"{{"value_exc_vat":{},"value_inc_vat":{},"valid_from":"{}","valid_to":{},"payment_method":{}}}"#,
            decimal(self.exc, 4),
            decimal(self.exc * (100 + self.vat), 6),
            utc_text(instant(self.from)),
            text(self.to.map(|to| utc_text(instant(to)))),
            text(self.method.map(str::to_owned)),
        )
    }
}

/// The kinds of charges of a tariff, as its code begins; none for a code of another kind.
fn kinds(tariff: &str) -> Option<&'static [&'static str]> {
    // A code of one register, and four rates.
    let begins =
        if tariff.get(5..)?.starts_with(crate::FOUR_RATE_PRODUCT) { "E-4R-" } else { tariff.get(..5)? };
    Some(match begins {
        "E-1R-" | "G-1R-" => &["standard-unit-rates", "standing-charges"],
        "E-2R-" => &["day-unit-rates", "night-unit-rates", "standing-charges"],
        "E-4R-" => &[
            "day-unit-rates",
            "night-unit-rates",
            "ev-device-peak-unit-rates",
            "ev-device-off-peak-unit-rates",
            "standing-charges",
        ],
        _ => return None,
    })
}

/// What a tariff of long records charges.
fn records(product: &str, charge: &str) -> Vec<Record> {
    let since = |from: &str| data::at(from).timestamp();
    if product == "AGILE-24-10-01" {
        return vec![Record {
            from: since("2024-09-15T23:00:00Z"),
            to: None,
            method: None,
            exc: 376_525,
            vat: 5,
        }];
    }
    if product == crate::OUTGOING_PRODUCT {
        let exc = if charge == "standing-charges" { 0 } else { 150_000 };
        return vec![Record { from: since("2023-12-31T00:00:00Z"), to: None, method: None, exc, vat: 0 }];
    }
    if product == crate::INTELLIGENT_PRODUCT && charge == "standard-unit-rates" {
        return nights();
    }
    if product == crate::FOUR_RATE_PRODUCT {
        let exc = match charge {
            "night-unit-rates" => 66_670,
            "ev-device-off-peak-unit-rates" => 60_000,
            "ev-device-peak-unit-rates" => 300_000,
            "standing-charges" => 453_600,
            _ => 267_800,
        };
        return vec![Record { from: since("2025-12-12T00:00:00Z"), to: None, method: None, exc, vat: 5 }];
    }
    let (direct, other) = match charge {
        "night-unit-rates" | "ev-device-off-peak-unit-rates" => (131_200, 137_500),
        "standing-charges" => (376_525, 436_525),
        _ => (243_100, 256_400),
    };
    // A price that changed once, for each of two payment methods.
    let (first, change) = (since("2023-12-31T00:00:00Z"), since("2025-03-31T23:00:00Z"));
    let mut records = Vec::new();
    for (method, exc) in [("DIRECT_DEBIT", direct), ("NON_DIRECT_DEBIT", other)] {
        records.push(Record { from: first, to: Some(change), method: Some(method), exc, vat: 5 });
        records.push(Record { from: change, to: None, method: Some(method), exc: exc + 10_000, vat: 5 });
    }
    records
}

/// Cheap from 23:30 to 05:30 of London's clock, dear by day: the years from 2024 to 2027.
fn nights() -> Vec<Record> {
    let at = |day: i64, hour: u32| {
        let date = data::at("2023-12-31T00:00:00Z").date_naive() + chrono::Duration::days(day);
        let clock = date.and_hms_opt(hour, 30, 0).unwrap_or_default();
        chrono_tz::Europe::London.from_local_datetime(&clock).earliest().map_or(0, |local| local.timestamp())
    };
    let record = |from, to, exc| Record { from, to: Some(to), method: None, exc, vat: 5 };
    let day = |day| [record(at(day, 5), at(day, 23), 252_500), record(at(day, 23), at(day + 1, 5), 66_670)];
    (0..1_461).flat_map(day).collect()
}

impl Context<'_> {
    fn link(&self, path: &str, rel: &str) -> Value {
        json!({"href": format!("{}/v1/products/{path}/", self.base), "method": "GET", "rel": rel})
    }

    fn about(&self, code: &str) -> Option<Map<String, Value>> {
        let (name, from) = match code {
            "AGILE-24-10-01" => ("Agile Octopus October 2024 v1", "2024-10-01T00:00:00+01:00"),
            "VAR-22-11-01" => ("Flexible Octopus November 2022 v1", "2022-11-01T00:00:00Z"),
            crate::OUTGOING_PRODUCT => ("Outgoing Octopus", "2019-05-13T00:00:00+01:00"),
            crate::INTELLIGENT_PRODUCT => ("Intelligent Octopus Go", "2024-10-29T00:00:00Z"),
            crate::FOUR_RATE_PRODUCT => ("Intelligent Octopus Go", "2025-12-12T00:00:00Z"),
            _ => return None,
        };
        let about = json!({"code": code, "full_name": name, "display_name": name, "description": "Made up.",
            "is_variable": true, "is_green": true, "is_tracker": false, "is_prepay": false, "is_business": false,
            "is_restricted": code == crate::INTELLIGENT_PRODUCT, "term": null, "available_from": from, "available_to": null,
            "brand": "OCTOPUS_ENERGY", "links": [self.link(code, "self")]});
        match about {
            Value::Object(about) => Some(about),
            _ => None,
        }
    }

    pub(super) fn products(&self) -> Answer {
        let at = match self.seen.parameter("available_at").map(moment) {
            None => self.world.now,
            Some(Some(at)) => at,
            Some(None) => return Answer::json(400, r#"{"available_at":["Enter a valid date/time."]}"#),
        };
        let flag = |name: &str, default: Option<bool>| match self.seen.parameter(name) {
            None => default,
            Some(text) => Some(text.eq_ignore_ascii_case("true") || text == "1"),
        };
        let mut list = Vec::new();
        let usual = || vec!["AGILE-24-10-01", "VAR-22-11-01"];
        for code in self.world.listed.clone().unwrap_or_else(usual) {
            let Some(mut about) = self.about(code) else { continue };
            let fits = |name: &str, default: Option<bool>| {
                flag(name, default)
                    .is_none_or(|wanted| about.get(name).and_then(Value::as_bool) == Some(wanted))
            };
            let flags = ["is_variable", "is_green", "is_tracker", "is_prepay"];
            let begins = about.get("available_from").and_then(Value::as_str).and_then(moment);
            let is_sold = begins.is_none_or(|from| from <= at);
            let brand = self.seen.parameter("brand");
            let is_branded =
                brand.is_none_or(|brand| about.get("brand").and_then(Value::as_str) == Some(brand));
            if is_sold
                && is_branded
                && fits("is_business", Some(false))
                && flags.iter().all(|name| fits(name, None))
            {
                let direction = if code == crate::OUTGOING_PRODUCT { "EXPORT" } else { "IMPORT" };
                about.insert("direction".into(), direction.into());
                list.push(Value::Object(about).to_string());
            }
        }
        // The size of a page is fixed.
        self.page(list.len(), |index| list.get(index).cloned(), 100, 100)
    }

    pub(super) fn product(&self, code: &str) -> Answer {
        let Some(mut body) = self.about(code) else {
            return Answer::detail(404, "No EnergyProduct matches the given query.");
        };
        let at = match self.seen.parameter("tariffs_active_at").map(moment) {
            None => self.world.now,
            Some(Some(at)) => at,
            Some(None) => return Answer::json(400, r#"{"tariffs_active_at":["Enter a valid date/time."]}"#),
        };
        let (single, dual, four, gas): (&[&str], &[&str], &[&str], &[&str]) = match code {
            "AGILE-24-10-01" | crate::OUTGOING_PRODUCT | crate::INTELLIGENT_PRODUCT => {
                (&["direct_debit_monthly"], &[], &[], &[])
            }
            crate::FOUR_RATE_PRODUCT => (&[], &[], &["direct_debit_monthly"], &[]),
            _ => {
                let both = &["direct_debit_monthly", "varying"];
                (both, both, both, both)
            }
        };
        body.insert("tariffs_active_at".into(), utc_text(at).into());
        for (group, prefix, methods) in [
            ("single_register_electricity_tariffs", "E-1R", single),
            ("dual_register_electricity_tariffs", "E-2R", dual),
            (
                "four_rate_ev_electricity_tariffs",
                if code == crate::FOUR_RATE_PRODUCT { "E-1R" } else { "E-4R" },
                four,
            ),
            ("single_register_gas_tariffs", "G-1R", gas),
        ] {
            let regions = if methods.is_empty() { "" } else { regions::LETTERS };
            let region = |letter: char| {
                let tariff = |method: &&str| {
                    ((*method).to_owned(), self.tariff(code, prefix, letter, method, at.timestamp()))
                };
                (format!("_{letter}"), Value::Object(methods.iter().map(tariff).collect()))
            };
            body.insert(group.into(), Value::Object(regions.chars().map(region).collect()));
        }
        let quote = |letter: char| {
            let quoted = |method: &&str| ((*method).to_owned(), sample_quotes(!dual.is_empty()));
            (format!("_{letter}"), Value::Object(single.iter().map(quoted).collect()))
        };
        body.insert("sample_quotes".into(), Value::Object(regions::LETTERS.chars().map(quote).collect()));
        body.insert("sample_consumption".into(), json!({"electricity_single_rate": {"electricity_standard": 2900},
            "electricity_dual_rate": {"electricity_day": 2436, "electricity_night": 1764},
            "dual_fuel_single_rate": {"electricity_standard": 2900, "gas_standard": 12000},
            "dual_fuel_dual_rate": {"electricity_day": 2436, "electricity_night": 1764, "gas_standard": 12000}}));
        Answer::json(200, Value::Object(body).to_string())
    }

    /// One tariff as its product shows it: what it charges at an instant, and where its charges are listed.
    fn tariff(&self, product: &str, prefix: &str, letter: char, method: &str, at: i64) -> Value {
        let code = format!("{prefix}-{product}-{letter}");
        let mut tariff = Map::from_iter([("code".to_owned(), Value::from(code.as_str()))]);
        let mut put = |name: String, exc: String, inc: String| {
            let number = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
            tariff.insert(format!("{name}_exc_vat"), number(&exc));
            tariff.insert(format!("{name}_inc_vat"), number(&inc));
        };
        for name in ["online_discount", "dual_fuel_discount", "exit_fees"] {
            put(name.into(), "0".into(), "0".into());
        }
        let mut links = Vec::new();
        for charge in kinds(&code).unwrap_or_default() {
            let name = charge.trim_end_matches('s').replace('-', "_");
            let paid = if method == "varying" { "NON_DIRECT_DEBIT" } else { "DIRECT_DEBIT" };
            let held = records(product, charge);
            let now = held.iter().find(|one| {
                one.overlaps((Some(at), Some(at + 1))) && one.method.is_none_or(|method| method == paid)
            });
            if product == "AGILE-24-10-01" && *charge == "standard-unit-rates" {
                let start = instant(at.div_euclid(HALF_HOUR) * HALF_HOUR);
                let exc = data::agile_rate(start, self.world);
                put(name, decimal(exc, 2), decimal(exc * (100 + data::vat(start)), 4));
            } else if let Some(now) = now {
                put(name, decimal(now.exc, 4), decimal(now.exc * 105, 6));
            }
            let fuel = if prefix.starts_with('G') { "gas" } else { "electricity" };
            links.push(
                self.link(&format!("{product}/{fuel}-tariffs/{code}/{charge}"), &charge.replace('-', "_")),
            );
        }
        tariff.insert("exit_fees_type".into(), "NONE".into());
        tariff.insert("links".into(), Value::Array(links));
        Value::Object(tariff)
    }

    pub(super) fn charges(&self, product: &str, kind: &str, tariff: &str, charge: &str) -> Answer {
        let belongs = tariff
            .get(5..)
            .and_then(|rest| rest.strip_prefix(product))
            .and_then(|rest| rest.strip_prefix('-'));
        let region = belongs.and_then(|rest| rest.parse::<char>().ok());
        let kinds = kinds(tariff).filter(|_| region.is_some_and(|letter| regions::LETTERS.contains(letter)));
        let (Some(kinds), Some(_)) = (kinds, self.about(product)) else {
            return Answer::detail(404, "No Tariff matches the given query.");
        };
        if (kind == "gas-tariffs") != tariff.starts_with("G-")
            || product == "AGILE-24-10-01" && !tariff.starts_with("E-1R-")
        {
            return Answer::detail(404, "No Tariff matches the given query.");
        }
        if !kinds.contains(&charge) {
            return match charge {
                "standard-unit-rates" => {
                    Answer::detail(400, "This tariff has day and night rates, not standard.")
                }
                "day-unit-rates" | "night-unit-rates" => {
                    Answer::detail(400, "This tariff has standard rates, not day and night.")
                }
                _ => super::not_found(),
            };
        }
        let range = match self.range() {
            Ok(range) => range,
            Err(refused) => return refused,
        };
        if (product, charge) == ("AGILE-24-10-01", "standard-unit-rates") {
            return self.half_hours(range);
        }
        let mut records = records(product, charge);
        records.retain(|record| record.overlaps(range));
        // Newest first, whatever order_by says.
        records.sort_by_key(|record| std::cmp::Reverse(record.from));
        let list: Vec<String> = records.iter().map(Record::json).collect();
        self.list(&list, 1500)
    }

    fn half_hours(&self, range: (Option<i64>, Option<i64>)) -> Answer {
        let first = data::at("2024-09-15T23:00:00Z").timestamp();
        let until = data::published_until(self.world.now).timestamp();
        let from = range.0.map_or(first, |from| from.div_euclid(HALF_HOUR) * HALF_HOUR).max(first);
        let to = range.1.unwrap_or(until).min(until);
        let count = usize::try_from((to - from + HALF_HOUR - 1).div_euclid(HALF_HOUR)).unwrap_or(0);
        // Newest first, whatever order_by says.
        let row = |index: usize| {
            let start = from + HALF_HOUR * i64::try_from(count - 1 - index).ok()?;
            let exc = data::agile_rate(instant(start), self.world);
            let inc = exc * (100 + data::vat(instant(start)));
            Some(format!(
                r#"{{"value_exc_vat":{},"value_inc_vat":{},"valid_from":"{}","valid_to":"{}","payment_method":null}}"#,
                decimal(exc, 2),
                decimal(inc, 4),
                utc_text(instant(start)),
                utc_text(instant(start + HALF_HOUR)),
            ))
        };
        self.page(count, row, 100, 1500)
    }
}

fn sample_quotes(has_all: bool) -> Value {
    let cost = |pence: i64| json!({"annual_cost_inc_vat": pence * 105 / 100, "annual_cost_exc_vat": pence});
    if has_all {
        json!({"electricity_single_rate": cost(87_142), "electricity_dual_rate": cost(99_010),
            "dual_fuel_single_rate": cost(160_885), "dual_fuel_dual_rate": cost(172_753)})
    } else {
        json!({"electricity_single_rate": cost(81_400)})
    }
}
