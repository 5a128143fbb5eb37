//! REST.

mod consumption;
mod moment;
mod products;
mod regions;

use crate::server::{Seen, World};
use crate::{ACCOUNT, Answer, EXPORT_MPAN, GAS_METER, KEY, METER, MPAN, MPRN, SECOND_METER, SECOND_MPAN};
use moment::moment;
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
        ("GET", ["electricity-meter-points", mpan]) => regions::meter_point(mpan),
        (
            "GET",
            [
                kind @ ("electricity-meter-points" | "gas-meter-points"),
                point,
                "meters",
                serial,
                "consumption",
            ],
        ) => context.consumption(kind, point, serial),
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

impl Context<'_> {
    fn grid_supply_points(&self) -> Answer {
        let groups = match self.seen.parameter("postcode") {
            None => regions::LETTERS.to_owned(),
            Some(postcode) => regions::of_postcode(postcode).to_owned(),
        };
        let list: Vec<String> =
            groups.chars().map(|letter| format!(r#"{{"group_id":"_{letter}"}}"#)).collect();
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
            let base = self.world.links_to.as_deref().unwrap_or(self.base);
            format!("\"{base}{}?{}\"", self.seen.path, query.finish())
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

fn account(world: &World) -> Value {
    let mut account = json!({"number": ACCOUNT, "properties": [{"id": 1_234_567, "moved_in_at": "2023-12-01T00:00:00Z", "moved_out_at": null,
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
             "agreements": [{"tariff_code": crate::GAS, "valid_from": "2023-12-31T00:00:00Z", "valid_to": null}]}]}]});
    if world.second_import
        && let Some(points) =
            account.pointer_mut("/properties/0/electricity_meter_points").and_then(Value::as_array_mut)
    {
        points.push(json!({"mpan": SECOND_MPAN, "profile_class": 1, "consumption_standard": 900, "is_export": false,
            "meters": [{"serial_number": SECOND_METER, "registers": []}],
            "agreements": [{"tariff_code": crate::FLEXIBLE, "valid_from": "2024-01-01T00:00:00Z", "valid_to": null}]}));
    }
    let held = account.pointer_mut("/properties/0/electricity_meter_points/0/agreements");
    if let (Some(agreements), Some(held)) = (&world.agreements, held) {
        let agreement = |(code, from, to): &(String, String, Option<String>)| json!({"tariff_code": code, "valid_from": from, "valid_to": to});
        *held = agreements.iter().map(agreement).collect();
    }
    let held = account.pointer_mut("/properties/0/electricity_meter_points/1/agreements");
    if let (Some(since), Some(held)) = (&world.export_since, held) {
        *held = json!([{"tariff_code": crate::OUTGOING, "valid_from": since, "valid_to": null}]);
    }
    account
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
