//! The stand-in for the API answers as the documents say, whatever client asks.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, AGILE, ECONOMY_7, EXPORT_MPAN, GAS_METER, KEY, METER, MPAN, MPRN, Server};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

/// One exchange, as any client has it.
fn exchange(server: &Server, head: &str, body: &str) -> (u16, Value) {
    let mut stream = std::net::TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let length = body.len();
    write!(stream, "{head}\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn get(server: &Server, path: &str) -> (u16, Value) {
    exchange(server, &format!("GET {path} HTTP/1.1\r\nAuthorization: Basic c2tfdGVzdF9mYWtlOg=="), "")
}

fn ask(server: &Server, token: &str, body: &Value) -> (u16, Value) {
    exchange(server, &format!("POST /v1/graphql/ HTTP/1.1\r\nAuthorization: {token}"), &body.to_string())
}

#[test]
fn the_documents_own_example_is_answered() {
    let server = Server::start().unwrap();
    // The documents have no seconds in it.
    let path = format!("/v1/products/AGILE-24-10-01/electricity-tariffs/{AGILE}/standard-unit-rates/");
    let (status, page) =
        get(&server, &format!("{path}?period_from=2026-02-12T00:00Z&period_to=2026-02-13T00:00Z"));
    assert_eq!((status, &page["count"]), (200, &48.into()), "{page}");
    let (status, _) = get(&server, &format!("{path}?period_from=2026-02-12T00:00:00%2B0000"));
    assert_eq!(status, 200);
    for bad in ["period_from=2026-02-12T00:00:00+01:00", "period_to=2026-02-13T00:00Z", "period_from=soon"] {
        assert_eq!(get(&server, &format!("{path}?{bad}")).0, 400, "{bad}");
    }
}

#[test]
fn readings_of_gas_and_export_are_their_own() {
    let server = Server::start().unwrap();
    let range = "period_from=2026-02-01T00:00Z&period_to=2026-02-02T00:00Z&order_by=period";
    let read = |point: &str, meter: &str| -> Vec<Value> {
        let (status, page) = get(&server, &format!("/v1/{point}/meters/{meter}/consumption/?{range}"));
        assert_eq!(status, 200);
        page["results"].as_array().unwrap().iter().map(|row| row["consumption"].clone()).collect()
    };
    let import = read(&format!("electricity-meter-points/{MPAN}"), METER);
    let export = read(&format!("electricity-meter-points/{EXPORT_MPAN}"), METER);
    let gas = read(&format!("gas-meter-points/{MPRN}"), GAS_METER);
    assert!(import != export && import != gas && gas != export);
    assert_eq!([import.len(), export.len(), gas.len()], [48; 3]);
    assert!(export[..10].iter().all(|kwh| kwh.as_f64() == Some(0.0)), "the sun does not shine by night");
    assert!(export[24].as_f64() > Some(0.3), "{export:?}");
    // A meter point is of one fuel.
    assert_eq!(get(&server, &format!("/v1/gas-meter-points/{MPAN}/meters/{METER}/consumption/")).0, 404);
}

#[test]
fn readings_are_added_up_by_local_days() {
    let server = Server::start().unwrap();
    let path = format!("/v1/electricity-meter-points/{MPAN}/meters/{METER}/consumption/");
    // The week in which the clocks go forward: seven days, one of 23 hours.
    let range = "period_from=2025-03-24&period_to=2025-03-31";
    let page = |group: &str| -> Vec<Value> {
        let (status, page) = get(&server, &format!("{path}?{range}&order_by=period&page_size=1000{group}"));
        assert_eq!(status, 200, "{page}");
        page["results"].as_array().unwrap().clone()
    };
    let wh = |rows: &[Value]| -> i64 {
        rows.iter().map(|row| (row["consumption"].as_f64().unwrap() * 1000.0).round() as i64).sum()
    };
    let half_hours = page("");
    assert_eq!(half_hours.len(), 7 * 48 - 2);
    for (group, count) in [("hour", 7 * 24 - 1), ("day", 7), ("week", 1), ("month", 1), ("quarter", 1)] {
        let rows = page(&format!("&group_by={group}"));
        assert_eq!((rows.len(), wh(&rows)), (count, wh(&half_hours)), "{group}");
    }
    let days = page("&group_by=day");
    assert_eq!(days[6]["interval_start"], "2025-03-30T00:00:00Z");
    assert_eq!(days[6]["interval_end"], "2025-03-31T00:00:00+01:00");
    assert_eq!(wh(&days[6..]), wh(&half_hours[6 * 48..]), "46 half-hours");
    assert_eq!(get(&server, &format!("{path}?group_by=fortnight")).0, 400);
    // Newest first unless it is said otherwise.
    let (_, newest) = get(&server, &format!("{path}?{range}&group_by=day"));
    assert_eq!(newest["results"][6], days[0]);
}

#[test]
fn every_link_of_every_product_leads_somewhere() {
    let server = Server::start().unwrap();
    let (_, list) = get(&server, "/v1/products/");
    let mut followed = 0;
    for product in list["results"].as_array().unwrap() {
        let path =
            |link: &Value| link["href"].as_str().unwrap().strip_prefix(&server.url()).unwrap().to_owned();
        let own = path(&product["links"][0]);
        let (status, detail) = get(&server, &own);
        assert_eq!((status, &detail["code"]), (200, &product["code"]));
        for group in [
            "single_register_electricity_tariffs",
            "dual_register_electricity_tariffs",
            "four_rate_ev_electricity_tariffs",
            "single_register_gas_tariffs",
        ] {
            for (region, methods) in detail[group].as_object().unwrap() {
                for (method, tariff) in methods.as_object().unwrap() {
                    let links = tariff["links"].as_array().unwrap();
                    assert!(links.len() >= 2, "{tariff}");
                    for link in links.iter().filter(|_| region == "_C") {
                        let (status, page) = get(&server, &path(link));
                        assert_eq!((status, page["count"].as_u64() > Some(0)), (200, true), "{link}");
                        // The product shows what the list says, for this way of paying.
                        let wanted = if method == "varying" { "NON_DIRECT_DEBIT" } else { "DIRECT_DEBIT" };
                        let pays =
                            |row: &&Value| row["payment_method"].is_null() || row["payment_method"] == wanted;
                        let rel = link["rel"].as_str().unwrap().trim_end_matches('s');
                        let now = if product["code"] == "AGILE-24-10-01" && rel == "standard_unit_rate" {
                            let (_, page) = get(
                                &server,
                                &format!(
                                    "{}?period_from=2026-03-02T17:00Z&period_to=2026-03-02T17:30Z",
                                    path(link)
                                ),
                            );
                            page["results"][0].clone()
                        } else {
                            page["results"].as_array().unwrap().iter().find(pays).unwrap().clone()
                        };
                        for vat in ["exc_vat", "inc_vat"] {
                            assert_eq!(
                                tariff[format!("{rel}_{vat}")].as_f64(),
                                now[format!("value_{vat}")].as_f64(),
                                "{link} {tariff}"
                            );
                        }
                        followed += 1;
                    }
                }
            }
        }
    }
    assert_eq!(followed, 2 + 2 * (2 + 3 + 5 + 2));
    let (_, flexible) = get(&server, "/v1/products/VAR-22-11-01/");
    let economy = &flexible["dual_register_electricity_tariffs"]["_C"]["direct_debit_monthly"];
    assert_eq!(economy["code"], ECONOMY_7);
    assert_eq!(
        (&economy["day_unit_rate_exc_vat"], &economy["night_unit_rate_exc_vat"]),
        (&json!(25.31), &json!(14.12))
    );
    assert!(economy.get("standard_unit_rate_exc_vat").is_none());
    // Before its price rose.
    let (_, earlier) = get(&server, "/v1/products/VAR-22-11-01/?tariffs_active_at=2025-01-01T00:00Z");
    assert_eq!(
        earlier["dual_register_electricity_tariffs"]["_C"]["direct_debit_monthly"]["day_unit_rate_exc_vat"],
        24.31
    );
    for (filter, count) in [
        ("is_business=true", 0),
        ("is_green=true", 2),
        ("is_tracker=true", 0),
        ("brand=OTHER", 0),
        ("available_at=2023-01-01T00:00Z", 1),
    ] {
        assert_eq!(get(&server, &format!("/v1/products/?{filter}")).1["count"], count, "{filter}");
    }
}

#[test]
fn regions_of_postcodes_and_meter_points() {
    let server = Server::start().unwrap();
    let of = |postcode: &str| {
        get(&server, &format!("/v1/industry/grid-supply-points/?postcode={postcode}")).1["results"].clone()
    };
    assert_eq!(of("W1A%201AA"), json!([{"group_id": "_C"}]));
    assert_eq!(of("M1"), json!([{"group_id": "_G"}]));
    assert_eq!(of("BT1%201AA"), json!([]));
    let (_, point) = get(&server, "/v1/electricity-meter-points/2000024512368/");
    assert_eq!(
        point,
        json!({"gsp": "_H", "mpan": "2000024512368", "profile_class": 1}),
        "as in the documents"
    );
}

#[test]
fn graphql_takes_arguments_in_the_document_and_gives_what_is_selected() {
    let server = Server::start().unwrap();
    let login = format!(r#"mutation {{ obtainKrakenToken(input: {{ APIKey: "{KEY}" }}) {{ jwt: token }} }}"#);
    let (status, answer) = ask(&server, "", &json!({ "query": login }));
    assert_eq!((status, &answer), (200, &json!({"data": {"obtainKrakenToken": {"jwt": "token-1"}}})));
    let with_variable =
        "mutation Login($key: String!) { obtainKrakenToken(input: {APIKey: $key}) { token payload } }";
    let (_, answer) = ask(&server, "", &json!({"query": with_variable, "variables": {"key": KEY}}));
    assert!(answer["data"]["obtainKrakenToken"]["payload"]["exp"].is_u64(), "{answer}");
    let (_, refused) = ask(&server, "", &json!({"query": login.replace(KEY, "other")}));
    assert_eq!(refused["errors"][0]["extensions"]["errorCode"], "KT-CT-1139");

    // Aliases, fragments and several fields at once; with the token bare as with JWT before it.
    let document = format!(
        r#"query Both($with: Boolean = false) {{
            mine: account(accountNumber: "{ACCOUNT}") {{ ...Numbered status @include(if: $with) agreements: electricityAgreements {{
                tariff {{ ... on TariffType {{ tariffCode }} ... on DayNightTariff {{ dayRate }} }} }} }}
            viewer {{ accounts {{ number }} }}
        }}
        fragment Numbered on AccountType {{ number }}"#
    );
    let mine = json!({"number": ACCOUNT, "agreements": [{"tariff": {"tariffCode": AGILE}}]});
    let expected = json!({"data": {"mine": mine, "viewer": {"accounts": [{"number": ACCOUNT}]}}});
    assert_eq!(ask(&server, "token-1", &json!({ "query": document })).1, expected);
    let (_, answer) = ask(&server, "JWT token-1", &json!({"query": document, "variables": {"with": true}}));
    assert_eq!(answer["data"]["mine"]["status"], "ACTIVE");

    // Two pages under two names in one document.
    let document = r#"{ property(id: 1) {
        first: measurements(first: 1) { edges { node { value ... on IntervalMeasurementType { startAt } } } pageInfo { endCursor } }
        second: measurements(first: 1, after: "cursor-1") { edges { node { value } } pageInfo { hasNextPage } } } }"#;
    let (_, answer) = ask(&server, "JWT token-1", &json!({ "query": document }));
    let property = &answer["data"]["property"];
    assert_eq!(
        property["first"]["edges"][0]["node"],
        json!({"value": "0.1320", "startAt": "2026-03-01T00:00:00+00:00"})
    );
    assert_eq!(property["first"]["pageInfo"], json!({"endCursor": "cursor-1"}));
    assert_eq!(
        property["second"],
        json!({"edges": [{"node": {"value": 0.2}}], "pageInfo": {"hasNextPage": false}})
    );

    for (document, status, said) in [
        ("{ rateLimit { limit points } }", 200, "Cannot query field 'points'"),
        ("{ rateLimit }", 200, "must have a selection"),
        ("{ rateLimit { limit { x } } }", 200, "must not have a selection"),
        ("{ noSuchField { x } }", 200, "Disabled GraphQL field"),
        ("{ account(accountNumber: \"A-00000000\") { number } }", 200, "Unauthorized"),
        ("{ rateLimit { ...Missing } }", 200, "Unknown fragment"),
        ("{ rateLimit { limit }", 400, "Syntax Error"),
        ("query A { rateLimit { limit } } query B { rateLimit { limit } }", 400, "operation name"),
        ("query Q($number: String!) { account(accountNumber: $number) { number } }", 400, "$number"),
    ] {
        let (came, answer) = ask(&server, "JWT token-1", &json!({ "query": document }));
        assert!(
            came == status && answer["errors"][0]["message"].as_str().unwrap().contains(said),
            "{document}: {answer}"
        );
    }
    let (_, answer) = ask(&server, "", &json!({"query": "{ rateLimit { limit } }"}));
    assert_eq!(answer["errors"][0]["extensions"]["errorCode"], "KT-CT-1112");
}
