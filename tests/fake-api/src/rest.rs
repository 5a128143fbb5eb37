//! REST.

use crate::data::{self, HALF_HOUR, decimal, instant, local_text, utc_text};
use crate::server::{Seen, World};
use crate::{ACCOUNT, Answer, EXPORT_MPAN, GAS_METER, KEY, METER, MPAN, MPRN};
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::London;
use serde_json::{Value, json};

pub(crate) fn not_found() -> Answer {
    Answer::detail(404, "Not found.")
}

pub(crate) fn answer(seen: &Seen, segments: &[&str], base: &str, world: &World) -> Answer {
    let private = matches!(segments, ["accounts", ..] | [_, _, "meters", ..] | ["quotes", ..]);
    if private && seen.authorization.as_deref() != Some(basic().as_str()) {
        return Answer::detail(401, "Invalid API key.");
    }
    let context = Context { seen, base, world };
    match (seen.method.as_str(), segments) {
        ("GET", ["products"]) => context.products(),
        ("GET", ["products", code]) => context.product(code),
        ("GET", ["products", product, kind, tariff, charge]) => {
            context.charges(product, kind, tariff, charge)
        }
        ("GET", ["electricity-meter-points", MPAN]) => {
            Answer::json(200, json!({"gsp": "_C", "mpan": MPAN, "profile_class": 1}).to_string())
        }
        (
            "GET",
            ["electricity-meter-points" | "gas-meter-points", point, "meters", serial, "consumption"],
        ) => context.consumption(point, serial),
        ("GET", ["industry", "grid-supply-points"]) => context.grid_supply_points(),
        ("GET", ["accounts", ACCOUNT]) => Answer::json(200, account(world).to_string()),
        ("GET", ["accounts", _]) => Answer::html(404, "<html><body>Not Found</body></html>"),
        ("POST", ["quotes"]) => context.quote(),
        ("POST", ["quotes", "50b348fcf01c4a57a5cba10c6c424b4e", "products", "4122828"]) => {
            Answer::json(204, "")
        }
        ("POST", ["accounts"]) => Answer::json(201, r#"{"number": "A-12341234"}"#),
        ("POST", ["accounts", number, "tariff-renewal"]) => renewal(seen, number),
        _ => not_found(),
    }
}

/// `Basic` of the key and no password.
fn basic() -> String {
    // The key is fixed, so its base64 is; a test of the client computes it for itself.
    debug_assert_eq!(KEY, "sk_test_fake");
    "Basic c2tfdGVzdF9mYWtlOg==".to_owned()
}

struct Context<'a> {
    seen: &'a Seen,
    base: &'a str,
    world: &'a World,
}

/// One record and when it holds.
struct Record {
    from: i64,
    to: Option<i64>,
    json: String,
}

impl Context<'_> {
    fn products(&self) -> Answer {
        let product = |code: &str, name: &str| {
            json!({"code": code, "direction": "IMPORT", "full_name": name, "display_name": name, "description": "Made up.",
                "is_variable": true, "is_green": true, "is_tracker": false, "is_prepay": false, "is_business": false,
                "is_restricted": false, "term": null, "available_from": "2024-10-01T00:00:00+01:00", "available_to": null,
                "brand": "OCTOPUS_ENERGY", "links": [{"href": format!("{}/v1/products/{code}/", self.base), "method": "GET", "rel": "self"}]})
        };
        let list = [
            product("AGILE-24-10-01", "Agile Octopus October 2024 v1"),
            product("VAR-22-11-01", "Flexible Octopus November 2022 v1"),
        ];
        let list: Vec<String> = list.iter().map(ToString::to_string).collect();
        self.list(&list, 100)
    }

    fn product(&self, code: &str) -> Answer {
        let tariff = |prefix: &str, method: &str| {
            json!({"_C": {method: {"code": format!("{prefix}-{code}-C"), "standing_charge_exc_vat": 37.6525,
                "standing_charge_inc_vat": 39.535125, "online_discount_exc_vat": 0.0, "exit_fees_exc_vat": 0.0, "exit_fees_type": "NONE",
                "standard_unit_rate_exc_vat": 24.31, "standard_unit_rate_inc_vat": 25.5255, "links": []}}})
        };
        let (single, dual, ev) = match code {
            "AGILE-24-10-01" => (tariff("E-1R", "direct_debit_monthly"), json!({}), json!({})),
            "VAR-22-11-01" => {
                (tariff("E-1R", "varying"), tariff("E-2R", "varying"), tariff("E-4R", "varying"))
            }
            _ => return Answer::detail(404, "No EnergyProduct matches the given query."),
        };
        let body = json!({"code": code, "full_name": code, "display_name": code, "description": "Made up.", "is_variable": true,
            "is_green": true, "is_tracker": false, "is_prepay": false, "is_business": false, "is_restricted": false, "term": null,
            "available_from": "2024-10-01T00:00:00+01:00", "available_to": null, "tariffs_active_at": utc_text(self.world.now),
            "single_register_electricity_tariffs": single, "dual_register_electricity_tariffs": dual,
            "four_rate_ev_electricity_tariffs": ev, "single_register_gas_tariffs": {}, "sample_quotes": {}, "sample_consumption": {},
            "links": [], "brand": "OCTOPUS_ENERGY"});
        Answer::json(200, body.to_string())
    }

    fn charges(&self, product: &str, kind: &str, tariff: &str, charge: &str) -> Answer {
        let belongs = tariff.contains(&format!("-{product}-"));
        let gas = kind == "gas-tariffs";
        if !belongs
            || gas != tariff.starts_with("G-")
            || !matches!(product, "AGILE-24-10-01" | "VAR-22-11-01")
        {
            return Answer::detail(404, "No Tariff matches the given query.");
        }
        let two_registers = tariff.starts_with("E-2R-");
        match charge {
            "standard-unit-rates" if two_registers => {
                return Answer::detail(400, "This tariff has day and night rates, not standard.");
            }
            "day-unit-rates" | "night-unit-rates" if !two_registers => {
                return Answer::detail(400, "This tariff has standard rates, not day and night.");
            }
            "standard-unit-rates" | "day-unit-rates" | "night-unit-rates" | "standing-charges" => {}
            _ => return not_found(),
        }
        let range = match self.range() {
            Ok(range) => range,
            Err(refused) => return refused,
        };
        let mut records = match (product, charge) {
            ("AGILE-24-10-01", "standard-unit-rates") => return self.half_hours(range),
            ("AGILE-24-10-01", _) => {
                vec![Record {
                    from: data::at("2024-09-15T23:00:00Z").timestamp(),
                    to: None,
                    json: long_row(376_525, "2024-09-15T23:00:00Z", None, None),
                }]
            }
            (_, "night-unit-rates") => two_methods(131_200, 137_500),
            (_, "standing-charges") => two_methods(376_525, 436_525),
            _ => two_methods(243_100, 256_400),
        };
        records.retain(|record| overlaps(record, range));
        // Newest first, whatever order_by says.
        records.sort_by_key(|record| std::cmp::Reverse(record.from));
        let list: Vec<String> = records.into_iter().map(|record| record.json).collect();
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

    fn consumption(&self, point: &str, serial: &str) -> Answer {
        let known = match point {
            MPAN => serial == METER || serial == "OLD0001",
            EXPORT_MPAN => serial == METER,
            MPRN => serial == GAS_METER,
            _ => false,
        };
        if !known {
            return not_found();
        }
        let range = match self.range() {
            Ok(range) => range,
            Err(refused) => return refused,
        };
        if serial == "OLD0001" {
            return self.list(&[], 25_000);
        }
        let first = data::at("2024-01-01T00:00:00Z").timestamp();
        let until = self.world.readings_until.timestamp();
        let from = range.0.map_or(first, |from| from.div_euclid(HALF_HOUR) * HALF_HOUR).max(first);
        let to = range.1.unwrap_or(until).min(until);
        let mut starts: Vec<i64> =
            (from..to).step_by(1800).filter(|start| !self.world.holes.contains(&instant(*start))).collect();
        let ordered = self.seen.parameter("order_by");
        if !matches!(ordered, None | Some("period" | "-period")) {
            return Answer::json(400, r#"{"order_by":["Select a valid choice."]}"#);
        }
        if ordered != Some("period") {
            starts.reverse();
        }
        let row = |start: &i64| {
            let (from, to) = (instant(*start), instant(*start + HALF_HOUR));
            let reading = decimal(data::reading(from, self.world), 3);
            format!(
                r#"{{"consumption":{reading},"interval_start":"{}","interval_end":"{}"}}"#,
                local_text(from),
                local_text(to)
            )
        };
        self.page(starts.len(), |index| starts.get(index).map(row), 100, 25_000)
    }

    fn grid_supply_points(&self) -> Answer {
        let all: Vec<String> =
            "ABCDEFGHJKLMNP".chars().map(|letter| format!(r#"{{"group_id":"_{letter}"}}"#)).collect();
        let list =
            match self.seen.parameter("postcode").map(|postcode| postcode.replace(' ', "").to_uppercase()) {
                None => all,
                Some(postcode) if postcode.starts_with("W1") => vec![r#"{"group_id":"_C"}"#.to_owned()],
                Some(postcode) if postcode.starts_with("BH") => {
                    vec![r#"{"group_id":"_H"}"#.to_owned(), r#"{"group_id":"_L"}"#.to_owned()]
                }
                Some(_) => Vec::new(),
            };
        self.list(&list, 100)
    }

    fn quote(&self) -> Answer {
        let body: Value = serde_json::from_str(&self.seen.body).unwrap_or_default();
        let codes = body.get("product_codes").and_then(Value::as_array).cloned().unwrap_or_default();
        let unknown = codes.iter().filter_map(Value::as_str).find(|code| *code != "VAR-22-11-01");
        if let Some(code) = unknown {
            let refused =
                json!({"product_codes": [format!("The following product codes are invalid: {code}.")]});
            return Answer::json(400, refused.to_string());
        }
        let made = json!({"code": "50b348fcf01c4a57a5cba10c6c424b4e", "gsp": "_C", "products": [
            {"id": 4_122_828, "code": "VAR-22-11-01", "monthly_amount": 7930, "annual_amount": 95159}]});
        Answer::json(201, made.to_string())
    }

    /// `period_from` and `period_to` as the service reads them.
    fn range(&self) -> Result<(Option<i64>, Option<i64>), Answer> {
        let read = |name: &str| match self.seen.parameter(name) {
            None => Ok(None),
            Some(text) => moment(text).map(|moment| Some(moment.timestamp())).ok_or_else(|| {
                let refused = json!({name: [format!("Enter a valid date/time. ({text})")]});
                Answer::json(400, refused.to_string())
            }),
        };
        let (from, to) = (read("period_from")?, read("period_to")?);
        match (from, to) {
            (None, Some(_)) => Err(Answer::detail(400, "period_from is required when period_to is given.")),
            (Some(from), Some(to)) if from > to => {
                Err(Answer::detail(400, "period_from must not be after period_to."))
            }
            range => Ok(range),
        }
    }

    fn list(&self, rows: &[String], most: usize) -> Answer {
        self.page(rows.len(), |index| rows.get(index).cloned(), 100, most)
    }

    /// One page of rows; a larger `page_size` than the most is cut to it without a word.
    fn page(
        &self,
        count: usize,
        row: impl Fn(usize) -> Option<String>,
        default: usize,
        most: usize,
    ) -> Answer {
        let number = |name: &str| self.seen.parameter(name).map(str::parse::<usize>);
        let size = match number("page_size") {
            None => default,
            Some(Ok(size)) if size > 0 => size.min(most),
            Some(_) => default,
        };
        let page = number("page").and_then(Result::ok).unwrap_or(1).max(1);
        let pages = count.div_ceil(size).max(1);
        if page > pages {
            return Answer::detail(404, "Invalid page.");
        }
        let link = |page: usize| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(self.seen.query.iter().filter(|(name, _)| name != "page"));
            query.append_pair("page", &page.to_string());
            format!("\"{}{}?{}\"", self.base, self.seen.path, query.finish())
        };
        let next = if page < pages { link(page + 1) } else { "null".to_owned() };
        let previous = if page > 1 { link(page - 1) } else { "null".to_owned() };
        let first = (page - 1) * size;
        let shown: Vec<String> = (first..count.min(first + size)).filter_map(&row).collect();
        let body = format!(
            r#"{{"count":{},"next":{next},"previous":{previous},"results":[{}]}}"#,
            count,
            shown.join(",")
        );
        Answer::json(200, body).with("Cache-Control", "max-age=300")
    }
}

/// Naive and date-only values are taken as London's time; a `+` that was not escaped has become a space, and is refused.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&Utc));
    }
    let naive = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let naive = naive.or_else(|| text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0))?;
    London.from_local_datetime(&naive).earliest().map(|local| local.with_timezone(&Utc))
}

/// Every record that holds somewhere in `[from, to)`, however far it sticks out.
fn overlaps(record: &Record, (from, to): (Option<i64>, Option<i64>)) -> bool {
    to.is_none_or(|to| record.from < to) && from.is_none_or(|from| record.to.is_none_or(|end| end > from))
}

fn long_row(exc: i64, from: &str, to: Option<&str>, method: Option<&str>) -> String {
    let text = |value: Option<&str>| value.map_or("null".to_owned(), |value| format!("\"{value}\""));
    format!(
        r#"{{"value_exc_vat":{},"value_inc_vat":{},"valid_from":"{from}","valid_to":{},"payment_method":{}}}"#,
        decimal(exc, 4),
        decimal(exc * 105, 6),
        text(to),
        text(method),
    )
}

/// A price that changed once, for each of two payment methods.
fn two_methods(direct: i64, other: i64) -> Vec<Record> {
    let (first, change) = ("2023-12-31T00:00:00Z", "2025-03-31T23:00:00Z");
    let mut records = Vec::new();
    for (method, exc) in [("DIRECT_DEBIT", direct), ("NON_DIRECT_DEBIT", other)] {
        let (from, to) = (data::at(first).timestamp(), data::at(change).timestamp());
        records.push(Record { from, to: Some(to), json: long_row(exc, first, Some(change), Some(method)) });
        records.push(Record { from: to, to: None, json: long_row(exc + 10_000, change, None, Some(method)) });
    }
    records
}

fn account(world: &World) -> Value {
    json!({"number": ACCOUNT, "properties": [{"id": 1_234_567, "moved_in_at": "2023-12-01T00:00:00Z", "moved_out_at": null,
        "address_line_1": "1 Made Up Street", "address_line_2": "", "address_line_3": "", "town": "LONDON", "county": "", "postcode": "W1A 1AA",
        "electricity_meter_points": [
            {"mpan": MPAN, "profile_class": 1, "consumption_standard": 3100, "is_export": false,
             "meters": [{"serial_number": "OLD0001", "registers": []},
                {"serial_number": METER, "registers": [{"identifier": "1", "rate": "STANDARD", "is_settlement_register": true}]}],
             "agreements": [
                {"tariff_code": crate::FLEXIBLE, "valid_from": "2023-12-31T00:00:00Z", "valid_to": "2025-06-01T00:00:00+01:00"},
                {"tariff_code": crate::AGILE, "valid_from": "2025-06-01T00:00:00+01:00", "valid_to": "2025-06-01T00:00:00+01:00"},
                {"tariff_code": world.agreed, "valid_from": "2025-06-01T00:00:00+01:00", "valid_to": null}]},
            {"mpan": EXPORT_MPAN, "profile_class": 8, "consumption_standard": null, "is_export": true,
             "meters": [{"serial_number": METER, "registers": []}], "agreements": []}],
        "gas_meter_points": [{"mprn": MPRN, "consumption_standard": 12000, "meters": [{"serial_number": GAS_METER}],
             "agreements": [{"tariff_code": "G-1R-VAR-22-11-01-C", "valid_from": "2023-12-31T00:00:00Z", "valid_to": null}]}]}]})
}

fn renewal(seen: &Seen, number: &str) -> Answer {
    let Ok(Value::Object(mut body)) = serde_json::from_str(&seen.body) else {
        return Answer::json(400, r#"{"errors": ["Not JSON."]}"#);
    };
    if number == ACCOUNT {
        return Answer::json(400, r#"{"errors": ["Account is not a business account."]}"#);
    }
    body.insert("account_number".into(), number.into());
    Answer::json(201, Value::Object(body).to_string())
}
