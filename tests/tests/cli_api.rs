//! `kwhen api`: every documented operation listed, shown and called.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, Answer, Fault, KEY, MPAN, Server};
use kwhen_tests::command::{Outcome, kwhen, kwhen_with, run};
use serde_json::{Value, json};

fn call(server: &Server, words: &[&str]) -> Outcome {
    let url = server.url();
    let all = ["api", "call"].iter().chain(words).copied().chain(["--instance", &url, "--allow-http"]);
    kwhen_with(all, b"", &[("KWHEN_API_KEY", KEY)])
}

fn said(outcome: &Outcome, words: &str) {
    assert!(outcome.stderr.contains(words), "{words:?} is not in {}", outcome.stderr);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.code == 1 || outcome.code == 2, "{}", outcome.code);
}

#[test]
fn operations_are_listed_and_found_by_a_word() {
    let rows = run("api list --format csv").stdout_of_success();
    assert_eq!(rows.lines().count(), 313);
    assert!(rows.contains("\ncompletedDispatches,query,accountNumber: String!,"), "{rows}");
    let found = run("api list DISPATCH --format json").json();
    let names: Vec<&str> =
        found.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"completedDispatches") && names.contains(&"plannedDispatches"), "{names:?}");
    assert!(names.len() < 20, "{names:?}");
    assert!(run("api list dispatch").stdout_of_success().contains("completedDispatches"));
    said(&run("api list tomatoes"), "no documented operation has 'tomatoes'");
    let shown = run("api show costOfCharge").stdout_of_success();
    for line in ["  frequency (DataFrequency!, needed)", "  reportDate (Date)", "  isSmartCharge (boolean)"] {
        assert!(shown.contains(line), "{shown}");
    }
    let shown = run("api show deleteBoostCharge --format json").json();
    assert_eq!(shown["kind"], "mutation");
    assert_eq!(shown["errors"]["KT-CT-4301"], "Unable to find device for given account.");
    assert!(
        run("api show deleteBoostCharge").stdout_of_success().contains("KT-CT-4301 Unable to find device")
    );
    said(&run("api show completedDispaches"), "did you mean completedDispatches");
    said(&run("api show xyzzy --format csv"), "kwhen api list names all");
}

#[test]
fn a_query_brings_its_documented_fields_with_their_digits() {
    let server = Server::start().unwrap();
    let account = format!("accountNumber={ACCOUNT}");
    let called = call(&server, &["completedDispatches", "--arg", &account]);
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(called.stdout.contains("\"delta\": \"-10.52\""), "{}", called.stdout);
    assert!(called.stderr.contains("meta (UpsideDispatchMetaType)"), "{}", called.stderr);
    let chosen =
        call(&server, &["completedDispatches", "--arg", &account, "--fields", "start meta { source }"]);
    let chosen = chosen.json();
    assert_eq!(chosen[0], json!({"start": "2026-03-02T23:30:00+00:00", "meta": {"source": "smart-charge"}}));
    let costs = call(&server, &["costOfCharge", "--arg", &account, "--arg", "frequency=DAILY"]);
    assert!(costs.stdout.contains("\"totalCostExclTax\": \"70.10\""), "{} {}", costs.stdout, costs.stderr);
    // Without a key, where the service answers anybody.
    let url = server.url();
    let anybody = ["api", "call", "consumptionEstimates", "--fields", "medium { electricityStandard }"];
    let anybody = kwhen(anybody.into_iter().chain(["--instance", &url, "--allow-http"])).json();
    assert_eq!(anybody["medium"]["electricityStandard"], 2700);
    // One that this stand-in has nothing of its own for.
    let generic = call(&server, &["accountChargeReasons"]).json();
    assert_eq!(generic[0]["code"], "abc123");
}

#[test]
fn pages_are_read_to_the_end() {
    let server = Server::start().unwrap();
    let (account, point) = (format!("accountNumber={ACCOUNT}"), format!("mpxn={MPAN}"));
    let words = |more: &[&str]| -> Vec<String> {
        let fixed = ["applicableRates", "--arg", &account, "--arg", &point, "--arg"];
        let times = ["startAt=2025-10-26T00:00:00Z", "--arg", "endAt=2025-10-26T01:00:00Z"];
        fixed.iter().chain(&times).chain(more).map(|word| (*word).to_owned()).collect()
    };
    let called = |more: &[&str]| {
        let words = words(more);
        call(&server, &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let rows = called(&["--fields", "value validFrom"]).json();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(rows[1]["value"], "-1.575");
    let pages = server.seen().iter().filter(|seen| seen.body.contains("applicableRates")).count();
    assert_eq!(pages, 2);
    said(&called(&[]), "say which are wanted, such as --fields 'id'");
    said(&called(&["--fields", "edges { node { value } }"]), "say the fields of a row");
    said(&called(&["--fields", "value", "--arg", "after=x"]), "leave out after");
    said(&called(&["--fields", "value", "--arg", "first=0"]), "first is at least 1");
    let generic = call(&server, &["prepayPayments", "--arg", &account, "--fields", "id"]).json();
    assert_eq!(generic, json!([{"id": "1"}, {"id": "2"}, {"id": "3"}]));
}

#[test]
fn a_mutation_is_sent_when_that_is_said_and_never_otherwise() {
    let server = Server::start().unwrap();
    let input = |event: &str| format!("input={}", json!({"accountNumber": ACCOUNT, "eventCode": event}));
    let join = ["joinSavingSessionsEvent", "--arg", &input("EVENT_1")];
    let unsaid = call(&server, &join);
    said(&unsaid, "changes something: say --yes");
    assert_eq!(unsaid.code, 2);
    let dry = call(&server, &[&join[..], &["--dry-run"]].concat()).json();
    assert_eq!(
        dry["query"],
        "mutation JoinSavingSessionsEvent($input: JoinSavingSessionsEventInput!) { joinSavingSessionsEvent(input: $input) \
         { possibleErrors { code message } joinedEventCodes } }"
    );
    assert_eq!(dry["variables"]["input"]["eventCode"], "EVENT_1");
    assert!(server.seen().is_empty(), "nothing was sent");
    let joined = call(&server, &[&join[..], &["--yes"]].concat()).json();
    assert_eq!(joined["joinedEventCodes"], json!(["EVENT_1"]));
    let unknown = call(&server, &["joinSavingSessionsEvent", "--arg", &input("EVENT_2"), "--yes"]);
    said(&unknown, "Saving Sessions event not found. [KT-GB-5114]");
    let accepted = ["acceptTermsAndConditions", "--arg", r#"input={"version":"1"}"#, "--yes"];
    assert_eq!(call(&server, &accepted).json(), json!({"acceptedVersion": "abc123"}));
}

#[test]
fn what_is_wrong_is_said_before_anything_is_sent() {
    let server = Server::start().unwrap();
    let account = format!("accountNumber={ACCOUNT}");
    let deep = "a {".repeat(20_000);
    let cases: &[(&[&str], &str)] = &[
        (&["completedDispach", "--arg", &account], "did you mean completedDispatches"),
        (&["completedDispatches"], "needs accountNumber (String!)"),
        (&["completedDispatches", "--arg", "acountNumber=A"], "did you mean accountNumber?"),
        (&["completedDispatches", "--arg", ACCOUNT], "write NAME=VALUE, such as accountNumber=…"),
        (
            &["completedDispatches", "--arg", &account, "--arg", &account],
            "--arg accountNumber is given twice",
        ),
        (
            &["costOfCharge", "--arg", &account, "--arg", "frequency=DAILY", "--arg", "reportDate=March"],
            "is not a date",
        ),
        (
            &["prepayPayments", "--arg", &account, "--arg", "first=ten", "--fields", "id"],
            "is not a whole number",
        ),
        (
            &["triggerBoostCharge", "--arg", "input=A-1", "--yes"],
            "is an input object (AccountNumberInput): write JSON",
        ),
        (&["completedDispatches", "--arg", &account, "--fields", "start {"], "are no fields of GraphQL"),
        (
            &["completedDispatches", "--arg", &account, "--fields", "start } } query X { a { b"],
            "are no fields of GraphQL",
        ),
        (
            &["completedDispatches", "--arg", &account, "--fields", "...F"],
            "name a fragment, and there is none",
        ),
        (&["completedDispatches", "--arg", &account, "--fields", &deep], "are no fields of GraphQL"),
        (&["backendScreen", "--arg", "screenId=1"], "the documentation does not show what fields it has"),
        (&["areBlanketsAvailable", "--fields", "id"], "which has no fields to choose"),
        (&["rateLimit", "--introspect"], "--introspect needs --store"),
        (&["rateLimit", "--format", "csv"], "--format csv is of no use"),
    ];
    for (words, message) in cases {
        said(&call(&server, words), message);
    }
    assert!(server.seen().is_empty(), "nothing was sent");
}

#[test]
fn the_services_own_schema_is_kept_and_checked_by() {
    let server = Server::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("kwhen.db").display().to_string();
    let account = format!("accountNumber={ACCOUNT}");
    let with = |words: &[&str]| call(&server, &[words, &["--store", &store]].concat());
    assert_eq!(with(&["rateLimit", "--introspect"]).json()["limit"], 50000);
    let kept = std::path::PathBuf::from(format!("{store}.schema.json"));
    assert!(kept.exists() && !std::path::Path::new(&store).exists(), "the schema alone is kept");
    server.forget();
    let costs = |frequency: &str| with(&["costOfCharge", "--arg", &account, "--arg", frequency]);
    said(
        &costs("frequency=HOURLY"),
        "'HOURLY' is no DataFrequency; it is one of DAILY, WEEKLY, MONTHLY, YEARLY",
    );
    let input = format!("input={{\"accountNumber\":\"{ACCOUNT}\",\"eventcode\":\"EVENT_1\"}}");
    let join = |input: &str| with(&["joinSavingSessionsEvent", "--arg", input, "--yes"]);
    said(&join(&input), "there is no field input.eventcode; did you mean eventCode?");
    said(&join("input={}"), "needs input.accountNumber (String!), input.eventCode (String!)");
    said(
        &join(r#"input={"accountNumber":1,"eventCode":"E"}"#),
        "input.accountNumber: 1 is not text (String)",
    );
    let fields = |fields: &str| with(&["completedDispatches", "--arg", &account, "--fields", fields]);
    said(&fields("start delat"), "has no field delat; did you mean delta?");
    said(&fields("start { x }"), "has no fields");
    said(&fields("meta"), "say which of its fields are wanted");
    assert!(server.seen().is_empty(), "nothing was sent");
    assert_eq!(costs("frequency=DAILY").code, 0);
    std::fs::write(&kept, "{").unwrap();
    said(&costs("frequency=DAILY"), "is no kept schema");
}

#[test]
fn the_services_errors_come_in_words() {
    let server = Server::start().unwrap();
    let account = format!("input={}", json!({ "accountNumber": ACCOUNT }));
    let refused = |code: &str| {
        let errors: Value =
            json!({"data": null, "errors": [{"message": "No.", "extensions": {"errorCode": code}}]});
        // The token comes first.
        let token = json!({"data": {"obtainKrakenToken": {"token": "token-1", "payload": {"exp": 9_999_999_999_i64}, "refreshToken": "r", "refreshExpiresIn": 9_999_999_999_i64, "possibleErrors": []}}});
        server.fail_with([token, errors].map(|answer| Fault::answer(&Answer::json(200, answer.to_string()))));
        call(&server, &["triggerBoostCharge", "--arg", &account, "--yes"])
    };
    said(&refused("KT-CT-4301"), "No.; documented as: Unable to find device for given account.");
    said(&refused("KT-CT-1188"), "ask for fewer fields");
    said(&refused("KT-CT-1199"), "the points of this hour are used up");
    said(&refused("KT-CT-1113"), "switched off for this account or installation");
}

fn rest(server: &Server, words: &[&str]) -> Outcome {
    let url = server.url();
    let all = ["api", "rest"].iter().chain(words).copied().chain(["--instance", &url, "--allow-http"]);
    kwhen_with(all, b"", &[("KWHEN_API_KEY", KEY)])
}

#[test]
fn every_path_of_rest_is_asked_by_its_name() {
    let server = Server::start().unwrap();
    let listed = run("api rest --format csv").stdout_of_success();
    assert_eq!(listed.lines().count(), 18, "{listed}");
    assert!(run("api rest").stdout_of_success().contains("group_by (hour, day, week, month, quarter)"));
    let meter = [
        "electricity-consumption",
        "--arg",
        "mpan=2000024512368",
        "--arg",
        "serial_number=Z16N389556",
        "--arg",
        "period_from=2025-06-01T00:00:00Z",
        "--arg",
        "period_to=2025-07-01T00:00:00Z",
    ];
    let asked = |more: &[&str]| rest(&server, &[&meter[..], more].concat()).json();
    let count = |rows: &Value| rows.as_array().unwrap().len();
    // 30 days less the two half-hours that there are not; by day they begin at London's midnight, so the last reaches into July.
    assert_eq!(count(&asked(&[])), 30 * 48 - 2);
    let days = asked(&["--arg", "group_by=day", "--arg", "order_by=period"]);
    assert_eq!((count(&days), &days[1]["interval_start"]), (31, &json!("2025-06-02T00:00:00+01:00")));
    let newest = asked(&["--arg", "order_by=-period", "--arg", "page_size=1000"]);
    assert_eq!(newest[0]["interval_start"], "2025-07-01T00:30:00+01:00");
    let codes = |words: &[&str]| -> Vec<String> {
        let rows = rest(&server, &[&["products"], words].concat()).json();
        rows.as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&["--arg", "available_at=2023-01-01T00:00:00Z"]), ["VAR-22-11-01"]);
    assert_eq!(codes(&["--arg", "is_business=true"]), Vec::<String>::new());
    let at = rest(
        &server,
        &["product", "--arg", "product_code=VAR-22-11-01", "--arg", "tariffs_active_at=2025-01-01T00:00:00Z"],
    )
    .json();
    assert_eq!(at["code"], "VAR-22-11-01");
    assert_eq!(
        rest(&server, &["electricity-meter-point", "--arg", "mpan=2000024512368"]).json()["gsp"],
        "_H"
    );
    let (product, tariff) = ("product_code=VAR-22-11-01", "tariff_code=E-2R-VAR-22-11-01-C");
    for name in ["electricity-day-unit-rates", "electricity-night-unit-rates", "electricity-standing-charges"]
    {
        assert_eq!(count(&rest(&server, &[name, "--arg", product, "--arg", tariff]).json()), 4, "{name}");
    }
    assert_eq!(rest(&server, &["account", "--arg", "account_number=A-12AB34CD"]).json()["number"], ACCOUNT);
    // What makes something is sent with --yes alone.
    let folder = kwhen_tests::folder::Folder::new();
    let body = folder.file(
        "quote.json",
        r#"{"electricity_meter_points": [{"postcode": "W1F 9DE"}], "product_codes": ["VAR-22-11-01"]}"#,
    );
    server.forget();
    said(&rest(&server, &["create-quote", "--body", &body]), "makes a quote: say --yes");
    assert!(server.seen().is_empty());
    assert_eq!(rest(&server, &["create-quote", "--body", &body, "--yes"]).json()["gsp"], "_C");
    for (words, reason) in [
        (&["electricity-consumtion"][..], "did you mean electricity-consumption?"),
        (&["electricity-consumption", "--arg", "mpan=1"], "needs serial_number"),
        (&["products", "--arg", "cheap=true"], "takes no 'cheap'; it takes is_variable"),
        (&["products", "--arg", "is_green=yes"], "is_green: 'yes' is not true or false"),
        (&["products", "--arg", "available_at=2026-03-01"], "no instant with its zone"),
        (&["products", "--arg", "is_green"], "NAME=VALUE"),
        (&["products", "--body", &body], "takes no body"),
        (&["products", "--yes"], "changes nothing"),
        (&["create-quote", "--yes"], "needs a body"),
        (
            &[
                "electricity-consumption",
                "--arg",
                "mpan=1",
                "--arg",
                "serial_number=2",
                "--arg",
                "period_to=2026-01-01T00:00:00Z",
            ],
            "needs period_from",
        ),
    ] {
        server.forget();
        said(&rest(&server, words), reason);
        assert!(server.seen().is_empty(), "{words:?}");
    }
}

#[test]
fn an_organisations_key_opens_graphql() {
    let server = Server::start().unwrap();
    let url = server.url();
    let words = ["api", "call", "rateLimit", "--instance", &url, "--allow-http", "--organisation-key"];
    let answer = kwhen_with(words, b"", &[("KWHEN_API_KEY", "organisation")]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(server.seen()[0].body.contains("organizationSecretKey"));
}
