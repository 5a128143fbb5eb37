//! The tariffs on sale, what a home can have, rates of other years, appliances and things to buy.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::Money;
use kwhen_fake_api::{ACCOUNT, AGILE, ECONOMY_7, FLEXIBLE, GAS, INTELLIGENT, KEY, MPAN, OUTGOING, Server};
use kwhen_tests::command::{Outcome, kwhen_with};
use kwhen_tests::folder::Folder;
use serde_json::Value;

/// Fourteen days over which the clock goes forward.
const FORTNIGHT: &str = "compare --consumption data/consumption.csv --from 2026-03-20 --to 2026-04-03 --battery data/batteries/ten.toml --foresight --at 2026-04-03";

const ALL: [&str; 4] =
    ["AGILE-24-10-01", "VAR-22-11-01", "OUTGOING-FIX-12M-19-05-13", "INTELLI-VAR-24-10-29"];

fn money(value: &Value) -> Money {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}

fn find<'a>(list: &'a Value, code: &str) -> &'a Value {
    let list = list.as_array().unwrap();
    list.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("no {code} in {list:?}"))
}

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

fn fetch(server: &Server, folder: &Folder, line: &str) -> Outcome {
    let line =
        format!("fetch {line} --store {} --instance {} --allow-http", folder.at("kwhen.db"), server.url());
    kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", KEY)])
}

/// A store that knows what was on sale on a day of March 2026.
fn filled() -> (Server, Folder) {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    server.change(|world| world.listed = Some(ALL.to_vec()));
    let done = fetch(&server, &folder, "on-sale --region C --date 2026-03-02 --restricted");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.stdout);
    (server, folder)
}

#[test]
fn what_is_on_sale_is_listed_with_the_prices_of_the_day_and_compared_at_them() {
    let (server, folder) = filled();
    let line = "tariff on-sale --region C --date 2026-03-02 --store @/kwhen.db";
    let public = folder.run(&format!("{line} --format json")).json();
    // Intelligent is not for everybody.
    assert_eq!(codes(&public["tariffs"]), [AGILE, FLEXIBLE, ECONOMY_7, "E-4R-VAR-22-11-01-C"]);
    assert_eq!(
        (public["on_sale_on"].as_str(), public["region_name"].as_str()),
        (Some("2026-03-02"), Some("London"))
    );
    let all = folder.run(&format!("{line} --restricted --format json")).json();
    let of = |code: &str| find(&all["tariffs"], code);
    let kinds = [AGILE, INTELLIGENT, FLEXIBLE, ECONOMY_7, "E-4R-VAR-22-11-01-C"]
        .map(|code| of(code)["prices"].clone());
    assert_eq!(kinds, ["half_hourly", "times_of_day", "flat", "registers", "not_known"]);
    // Of direct debit, since April 2025.
    let flat = &of(FLEXIBLE)["definition"];
    assert_eq!(
        (flat["unit_rate"].as_str(), flat["standing_charge"].as_str()),
        (Some("25.31"), Some("38.6525"))
    );
    assert_eq!((flat["prices_of"].as_str(), flat["vat"].as_str()), (Some("2026-03-02"), Some("exclusive")));
    let other = folder.run(&format!("{line} --payment-method non-direct-debit --format json")).json();
    assert_eq!(find(&other["tariffs"], FLEXIBLE)["definition"]["unit_rate"], "26.64");
    let night: Vec<(&str, &str, &str)> = of(INTELLIGENT)["definition"]["bands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|band| {
            (band["from"].as_str().unwrap(), band["to"].as_str().unwrap(), band["rate"].as_str().unwrap())
        })
        .collect();
    let expected = [("00:00", "05:30", "6.667"), ("05:30", "23:30", "25.25"), ("23:30", "00:00", "6.667")];
    assert_eq!(night, expected);
    let registers = &of(ECONOMY_7)["definition"];
    assert_eq!(
        (registers["clock"].as_str(), registers["bands"][0]["rate"].as_str()),
        (Some("utc"), Some("14.12"))
    );
    assert!(of(AGILE)["definition"].is_null());
    let export = folder.run(&format!("{line} --direction export --format json")).json();
    assert_eq!(codes(&export["tariffs"]), [OUTGOING]);
    assert_eq!(export["tariffs"][0]["definition"]["direction"], "export");
    let gas = folder.run(&format!("{line} --fuel gas --format json")).json();
    assert_eq!(
        (codes(&gas["tariffs"]), gas["tariffs"][0]["prices"].as_str()),
        (vec![GAS], Some("not_known"))
    );
    let words = folder.run(&format!("{line} --codes")).stdout_of_success();
    assert_eq!(words.lines().collect::<Vec<_>>(), codes(&public["tariffs"]));
    let page = folder.run(line).stdout_of_success();
    assert!(page.contains("On sale on 2026-03-02 in London (region C)") && page.contains("25.31"), "{page}");
    let rows = folder.run(&format!("{line} --format csv"));
    assert_eq!((rows.code, rows.stdout.lines().count()), (0, 5), "{}", rows.stderr);

    // The list is a file of tariffs: those with that day's prices all the time, the others from the store.
    let list = folder.run(&format!("{line} --restricted --priced --format json")).stdout_of_success();
    folder.file("priced.json", list);
    let answer = folder.run(&format!("{FORTNIGHT} --tariff @/priced.json --format json")).json();
    let mut found = codes(&answer["choice"]["offers"]);
    found.sort_unstable();
    assert_eq!(found, [INTELLIGENT, FLEXIBLE, ECONOMY_7]);
    folder.file("flat.toml", "code = \"BY-HAND\"\nunit_rate = \"25.31\"\nstanding_charge = \"38.6525\"\n");
    let by_hand = folder.run(&format!("{FORTNIGHT} --tariff @/flat.toml --format json")).json();
    let flexible = find(&answer["choice"]["offers"], FLEXIBLE);
    assert_eq!(flexible["used"], by_hand["choice"]["offers"][0]["used"]);
    assert_eq!(flexible["terms"]["prices_of"], "2026-03-02");
    let page = folder.run(&format!("{FORTNIGHT} --tariff @/priced.json")).stdout_of_success();
    assert!(page.contains(&format!("{FLEXIBLE}: the prices of 2026-03-02, all the time.")), "{page}");
    let list = folder.run(&format!("{line} --format json")).stdout_of_success();
    folder.file("all.json", list);
    // Without it what has no prices in the list is left out aloud, and the others are compared.
    let outcome = folder.run(&format!("{FORTNIGHT} --tariff @/all.json --format json"));
    assert!(outcome.stderr.contains(&format!("{AGILE} is left out")), "{}", outcome.stderr);
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let mut found = codes(&answer["choice"]["offers"]);
    found.sort_unstable();
    assert_eq!((outcome.code, found), (0, vec![FLEXIBLE, ECONOMY_7]));
    // With the store it has Agile's own rates.
    let done = fetch(&server, &folder, &format!("rates --tariff {AGILE} --from 2026-02-01 --to 2026-03-02"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    let cheap = "compare --consumption data/consumption.csv --from 2026-02-10 --to 2026-02-20 --battery data/batteries/ten.toml --foresight --at 2026-03-02";
    let answer = folder
        .run(&format!("{cheap} --tariff @/all.json --tariff @/flat.toml --store @/kwhen.db --format json"));
    // The fourth register's tariff has no prices anywhere.
    assert!(answer.stderr.contains("E-4R-VAR-22-11-01-C is left out"), "{}", answer.stderr);
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    let mut found = codes(&answer["choice"]["offers"]);
    found.sort_unstable();
    assert_eq!(found, ["BY-HAND", AGILE, FLEXIBLE, ECONOMY_7]);
}

#[test]
fn what_is_wrong_with_a_list_of_products_is_told() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = "--store @/kwhen.db";
    let never = folder.run(&format!("tariff on-sale --region C {store}"));
    assert!(never.stderr.contains("no store yet"), "{}", never.stderr);
    let _ = fetch(&server, &folder, "rates --tariff E-1R-VAR-22-11-01-C --from 2026-03-01 --to 2026-03-02");
    let never = folder.run(&format!("tariff on-sale --region C {store}")).refusal();
    assert!(never.contains("kwhen fetch on-sale"), "{never}");
    let nowhere = folder.run(&format!("tariff on-sale {store}"));
    assert!(nowhere.code == 1 && nowhere.stderr.contains("--region"), "{}", nowhere.stderr);
    folder.file("bad.json", "nonsense");
    folder.file("list.json", r#"{"count": 1, "results": [{"code": "AGILE-24-10-01", "links": []}]}"#);
    folder.file("none.json", "[]");
    folder.file("odd.json", r#"{"code": "X-1", "links": [], "single_register_electricity_tariffs": {"_C": {"direct_debit_monthly": {"standard_unit_rate_exc_vat": 1}}}}"#);
    folder.file(
        "past.json",
        r#"{"code": "OLD-20-01-01", "links": [], "available_to": "2024-01-01T00:00:00Z", "single_register_electricity_tariffs":
            {"_C": {"direct_debit_monthly": {"code": "E-1R-OLD-20-01-01-C", "standard_unit_rate_exc_vat": 1}}}}"#,
    );
    for (file, words) in [
        ("bad.json", vec!["holds no products", "/v1/products/CODE/"]),
        ("list.json", vec!["row 1", "without its tariffs"]),
        ("none.json", vec!["holds no products"]),
        ("odd.json", vec!["no code", "X-1"]),
        ("past.json", vec!["no tariff of that kind is on sale in region C (London) on 2026-03-02"]),
    ] {
        let message = folder.run(&format!("tariff on-sale @/{file} --region C --date 2026-03-02")).refusal();
        assert!(words.iter().all(|word| message.contains(word)), "{file}: {message}");
    }
    // A file alone knows the prices of one half-hour.
    let sold = folder.run("tariff on-sale @/past.json --region C --date 2023-06-01 --format json").json();
    assert_eq!(
        (sold["tariffs"][0]["prices"].as_str(), sold["tariffs"][0]["definition"].is_null()),
        (Some("not_known"), true)
    );
    let method =
        folder.run("tariff on-sale @/past.json --region C --date 2023-06-01 --payment-method cheque");
    assert!(method.code == 2 && method.stderr.to_lowercase().contains("cheque"), "{}", method.stderr);
    let region = folder.run("tariff on-sale @/past.json --region I");
    assert_eq!(region.code, 2, "{}", region.stderr);
}

#[test]
fn what_the_store_knows_of_a_deal_is_said() {
    let (server, folder) = filled();
    for line in [
        format!("account {ACCOUNT}"),
        format!("rates --tariff {FLEXIBLE} --tariff {INTELLIGENT} --from 2026-02-01 --to 2026-03-02"),
    ] {
        let done = fetch(&server, &folder, &line);
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
    // The region is that of the account, which is on Agile.
    let sold = folder.run("tariff on-sale --date 2026-03-02 --store @/kwhen.db --format json").json();
    assert_eq!(sold["region"], "C");
    let line = format!(
        "compare --consumption data/consumption.csv --from 2026-02-10 --to 2026-02-20 --battery data/batteries/ten.toml --foresight --tariff {FLEXIBLE} --tariff {INTELLIGENT} --payment-method direct-debit --store @/kwhen.db"
    );
    let answer = folder.run(&format!("{line} --at 2026-03-02T12:00 --format json")).json();
    assert!(
        answer["choice"]["offers"].as_array().unwrap().iter().all(|offer| offer["can_be_had"] == true),
        "{answer}"
    );
    // Two days later Intelligent is not listed any more.
    server.change(|world| world.listed = Some(ALL[..2].to_vec()));
    let done = fetch(&server, &folder, "on-sale --region C --date 2026-03-04");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let answer = folder.run(&format!("{line} --at 2026-03-05 --format json")).json();
    assert_eq!(find(&answer["choice"]["offers"], INTELLIGENT)["can_be_had"], false);
    let page = folder.run(&format!("{line} --at 2026-03-05 --now {INTELLIGENT}")).stdout_of_success();
    assert!(page.contains(&format!("Stay on {INTELLIGENT}")), "{page}");
    let page = folder.run(&format!("{line} --at 2026-03-05")).stdout_of_success();
    let gone = format!("{INTELLIGENT} cannot be had: not sold any more since Wed 4 Mar 2026.");
    assert!(page.contains(&gone), "{page}");
    // What the meter point may have: Agile and Flexible.
    let line = line.replace("--store", "--at 2026-03-03 --store");
    let offered =
        |folder: &Folder| folder.run(&format!("{line} --format json")).json()["choice"]["offers"].clone();
    assert_eq!(find(&offered(&folder), INTELLIGENT)["can_be_had"], true);
    let done = fetch(&server, &folder, &format!("products --meter-point {MPAN} --available-at 2026-03-02"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    let offers = offered(&folder);
    assert_eq!(find(&offers, INTELLIGENT)["terms"]["is_refused"], true);
    assert_eq!(find(&offers, INTELLIGENT)["can_be_had"], false);
    assert_eq!(find(&offers, FLEXIBLE)["can_be_had"], true);
    let page = folder.run(&line).stdout_of_success();
    let refused = format!("{INTELLIGENT} cannot be had: the supplier does not offer it to this meter point.");
    assert!(page.contains(&refused), "{page}");
    // Who is on it has it.
    let present = folder.run(&format!("{line} --now {INTELLIGENT} --format json")).json()["choice"].clone();
    assert_eq!(find(&present["offers"], INTELLIGENT)["can_be_had"], true);
}

#[test]
fn conditions_of_a_definition_are_kept() {
    let folder = Folder::new();
    let night = |more: &str| {
        format!(
            "code = \"NIGHT\"\n{more}\nbands = [{{ from = \"00:00\", to = \"05:00\", rate = \"8\" }}, {{ from = \"05:00\", to = \"00:00\", rate = \"26\" }}]\n"
        )
    };
    let compared = |more: &str, rest: &str| {
        folder.file("night.toml", night(more));
        let line = format!("{FORTNIGHT} --tariff @/night.toml --tariff data/tariffs/flat.toml");
        folder.run(&format!("{line} {rest}"))
    };
    let flat = "--now E-1R-VAR-22-11-01-C";
    let page = compared("needs = [\"heat-pump\"]", flat).stdout_of_success();
    assert!(page.contains("NIGHT needs a heat pump; --has says what the home has."), "{page}");
    let page = compared("needs = [\"heat-pump\"]", &format!("{flat} --has nothing")).stdout_of_success();
    assert!(
        page.contains("NIGHT cannot be had: it needs a heat pump.") && page.contains("Stay on E-1R-VAR"),
        "{page}"
    );
    let page = compared("needs = [\"heat-pump\"]", &format!("{flat} --has heat-pump")).stdout_of_success();
    assert!(
        !page.contains("heat pump") && page.contains("Moving from E-1R-VAR-22-11-01-C to NIGHT saves"),
        "{page}"
    );
    let page = compared("sold_until = \"2026-04-01\"", flat).stdout_of_success();
    assert!(page.contains("NIGHT cannot be had: not sold any more since Wed 1 Apr 2026."), "{page}");
    let rows = compared("sold_until = \"2026-04-01\"", &format!("{flat} --format csv"));
    assert!(rows.stdout.lines().next().unwrap().contains("can_be_had"), "{}", rows.stdout);
    // Who is on it and leaves it does not come back; the deal may be worth its end.
    let dear = "code = \"DEAR\"\nunit_rate = \"60\"\nsold_until = \"2026-01-01\"\nends = \"2026-04-10\"\nexit_fee = \"100\"\n";
    folder.file("dear.toml", dear);
    let line = format!("{FORTNIGHT} --tariff data/tariffs/flat.toml --now @/dear.toml");
    let page = folder.run(&line).stdout_of_success();
    assert!(
        page.contains("leaving costs £1.00")
            && page.contains("There is no way back: DEAR is not sold any more."),
        "{page}"
    );
    folder.file("dear.toml", dear.replace("\"100\"", "\"90000\""));
    let answer = folder.run(&format!("{line} --format json")).json();
    let moving = &answer["choice"]["move"];
    assert_eq!(
        (moving["stay"].as_str(), moving["ends"].as_str()),
        (Some("until_end"), Some("2026-04-09T23:00:00Z"))
    );
    let page = folder.run(&line).stdout_of_success();
    assert!(page.contains("Stay on DEAR until the deal ends on Fri 10 Apr 2026, then move to"), "{page}");
    for (more, words) in [
        ("needs = [\"yacht\"]", vec!["night.toml", "yacht"]),
        ("exit_fee = \"-1\"", vec!["exit_fee", "-1"]),
        ("ends = \"soon\"", vec!["ends", "soon"]),
        ("prices_of = \"today\"", vec!["prices_of", "today"]),
        ("sold_from = \"2026-02-01\"\nsold_until = \"2026-01-01\"", vec!["sold_until", "2026-01-01"]),
    ] {
        let message = compared(more, "").refusal();
        assert!(words.iter().all(|word| message.contains(word)), "{more}: {message}");
    }
}

#[test]
fn rates_of_other_years_are_moved_onto_the_time_and_shown_beside_it() {
    let folder = Folder::new();
    let line = format!("{FORTNIGHT} --tariff data/rates.csv --tariff data/tariffs/flat.toml");
    // The rates of the autumn before, in spring: no day of that season.
    let out = folder.run(&format!("{line} --scenario data/rates.csv --format json"));
    let same = out.json();
    assert_eq!(same["scenario"]["rates"][0]["codes"], serde_json::json!(["rates"]));
    let cost = |choice: &Value, code: &str| money(&find(&choice["offers"], code)["foresight"]["cost_minor"]);
    let (plain, other) = (&same["choice"], &same["scenario"]["choice"]);
    assert_eq!(cost(plain, "E-1R-VAR-22-11-01-C"), cost(other, "E-1R-VAR-22-11-01-C"));
    // One price that holds always is that of every year: worked as a tariff of its own.
    folder.file("dear.toml", "code = \"DEAR\"\nunit_rate = \"70\"\n");
    folder.file("dear-standing.toml", "code = \"DEAR\"\nunit_rate = \"70\"\nstanding_charge = \"44.6\"\n");
    let answer =
        folder.run(&format!("{line} --scenario E-1R-VAR-22-11-01-C=@/dear.toml --format json")).json();
    let by_hand = folder.run(&format!("{FORTNIGHT} --tariff @/dear-standing.toml --format json")).json();
    assert_eq!(cost(&answer["scenario"]["choice"], "E-1R-VAR-22-11-01-C"), cost(&by_hand["choice"], "DEAR"));
    let page = folder.run(&format!("{line} --scenario E-1R-VAR-22-11-01-C=@/dear.toml")).stdout_of_success();
    assert!(page.contains("under rates of other years") && page.contains("Standing charges stay."), "{page}");
    let capped =
        folder.run(&format!("{line} --scenario data/rates.csv --scenario-cap 20 --format json")).json();
    assert!(cost(&capped["scenario"]["choice"], "rates") <= cost(other, "rates"));
    folder.file(
        "july.toml",
        "code = \"JULY\"\nrates = [{ from = \"2022-07-01\", to = \"2022-08-01\", price = \"30\" }]\n",
    );
    for (rest, words) in [
        ("--scenario @/july.toml", vec!["--scenario", "2026-03-20", "season"]),
        ("--scenario NONE=@/dear.toml", vec!["NONE", "none of the tariffs"]),
        ("--scenario nothing.csv", vec!["nothing.csv"]),
        ("--scenario data/batteries/ten.toml", vec!["ten.toml"]),
    ] {
        let message = folder.run(&format!("{line} {rest}")).refusal();
        assert!(words.iter().all(|word| message.contains(word)), "{rest}: {message}");
    }
    let flat = format!("{FORTNIGHT} --tariff data/tariffs/flat.toml --scenario data/rates.csv");
    assert!(folder.run(&flat).refusal().contains("CODE=FILE"));
    for (rest, words) in [
        ("--scenario-cap 20", vec!["--scenario"]),
        ("--scenario E-1R-VAR-22-11-01-C=@/dear.toml --scenario-cap 20", vec!["--scenario-cap"]),
        ("--scenario data/rates.csv,data/standing-charges.csv", vec!["standing charges stay"]),
    ] {
        let outcome = folder.run(&format!("{line} {rest}"));
        assert_eq!(outcome.code, 2, "{rest}: {}", outcome.stderr);
        assert!(words.iter().all(|word| outcome.stderr.contains(word)), "{rest}: {}", outcome.stderr);
    }
}

#[test]
fn appliances_are_planned_and_anything_can_be_weighed() {
    let folder = Folder::new();
    folder.file(
        "washer.toml",
        "name = \"Washer\"\n[program]\nstep_minutes = 30\nkw = [\"2\", \"0.5\"]\n[[runs]]\ndays = [\"mon\", \"thu\"]\nearliest = \"20:00\"\nlatest = \"07:00\"\n",
    );
    let line = "compare --consumption data/consumption.csv --from 2026-03-20 --to 2026-04-03 --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml --at 2026-04-03";
    let with = folder.run(&format!("{line} --appliance @/washer.toml --format json")).json();
    let go = find(&with["choice"]["offers"], "E-1R-GO-VAR-22-10-14-C");
    // Mondays 23 and 30 March, Thursday 26; that of Thursday 2 April ends beyond the time. 1.25 kWh each at 8.0953 p, and 5 %.
    let more = money(&go["foresight"]["cost_minor"]).checked_sub(money(&go["used"]["cost_minor"])).unwrap();
    assert_eq!(more, "31.8752437500".parse().unwrap());
    assert_eq!(go["rolling"]["cost_minor"], go["foresight"]["cost_minor"]);
    let alone = folder.run(&format!("{line} --appliance data/batteries/dishwasher.toml")).refusal();
    assert!(alone.contains("dishwasher.toml") && alone.contains("[[runs]]"), "{alone}");
    let battery = folder
        .run("battery --rates data/rates.csv --appliance @/washer.toml --from 2026-03-20 --to 2026-03-21");
    assert!(battery.refusal().contains("kwhen compare"));

    std::fs::copy("../data/batteries/ten.toml", folder.at("ten.toml")).unwrap();
    std::fs::copy("../data/solar.csv", folder.at("solar.csv")).unwrap();
    folder.file("buy.toml", "[[options]]\nname = \"ten\"\nprice = \"4000\"\nbattery = [\"ten.toml\"]\n[[options]]\nname = \"half the sun\"\nprice = \"3000\"\nsolar = \"solar.csv\"\nsolar_times = \"0.5\"\nyears = 25\n");
    let answer = folder.run(&format!("{line} --buy @/buy.toml --foresight --format json")).json();
    let sizes = answer["sizes"].as_array().unwrap();
    assert_eq!((sizes[0]["name"].as_str(), sizes[1]["years"].as_u64()), (Some("ten"), Some(25)));
    // The same battery as a size of its own.
    let sized = folder.run(&format!(
        "{line} --battery @/ten.toml --size-kwh 10 --size-price 4000 --foresight --format json"
    ));
    let sized = sized.json();
    for field in ["cost_minor", "saved_minor", "payback_years", "net_present_value_minor", "code"] {
        assert_eq!(sizes[0][field], sized["sizes"][0][field], "{field}");
    }
    assert!(money(&sizes[1]["saved_minor"]) > Money::ZERO);
    let page = folder.run(&format!("{line} --buy @/buy.toml --foresight")).stdout_of_success();
    assert!(
        page.contains("half the sun") && page.contains("of an option beside the home as it is"),
        "{page}"
    );
    folder.file("empty.toml", "options = []\n");
    folder.file("odd.toml", "[[options]]\nname = \"x\"\nprice = \"1\"\nbatery = [\"ten.toml\"]\n");
    folder.file("gone.toml", "[[options]]\nname = \"x\"\nprice = \"1\"\nbattery = [\"nine.toml\"]\n");
    folder.file("times.toml", "[[options]]\nname = \"x\"\nprice = \"1\"\nsolar_times = \"2\"\n");
    folder.file(
        "other.toml",
        "[[options]]\nname = \"x\"\nprice = \"1\"\nbattery = [\"ten.toml\"]\nreplaces = [\"y\"]\n",
    );
    for (file, words) in [
        ("empty.toml", vec!["names nothing to buy"]),
        ("odd.toml", vec!["odd.toml", "batery"]),
        ("gone.toml", vec!["gone.toml: x", "nine.toml"]),
        ("times.toml", vec!["solar_times"]),
        ("other.toml", vec!["x", "\"y\""]),
    ] {
        let message = folder.run(&format!("{line} --buy @/{file} --foresight")).refusal();
        assert!(words.iter().all(|word| message.contains(word)), "{file}: {message}");
    }
}

#[test]
fn what_makes_no_sense_of_tariffs_and_devices_is_told() {
    let folder = Folder::new();
    folder.file("car.toml", "name = \"Car\"\ncapacity_kwh = 50\nkw = 7\n[[trips]]\nleave = \"00:30\"\nback = \"18:00\"\nkwh = 10\n");
    let line = "compare --consumption data/consumption.csv --tariff data/tariffs/flat.toml --from 2026-03-20 --to 2026-04-03";
    // No state is said: it begins empty, and the first trip leaves before it could be charged for.
    let outcome = folder.run(&format!("{line} --battery @/car.toml --foresight")).refusal();
    assert!(
        outcome.contains("2026-03-20") && outcome.contains("Car begins with nothing stored: its start_kwh"),
        "{outcome}"
    );
    // Rates of other years are of the same currency, fuel and direction, and rates alone.
    for (text, words) in [
        ("code = \"EUR\"\ncurrency = \"EUR\"\nunit_rate = \"8\"\n", "its rates are in EUR"),
        (
            "code = \"GAS\"\nfuel = \"gas\"\nunit_rate = \"8\"\n",
            "are not for what E-1R-VAR-22-11-01-C is for",
        ),
        (
            "code = \"OUT\"\ndirection = \"export\"\nunit_rate = \"8\"\n",
            "are not for what E-1R-VAR-22-11-01-C is for",
        ),
    ] {
        folder.file("other.toml", text);
        let scenario = "--battery data/batteries/ten.toml --scenario E-1R-VAR-22-11-01-C=@/other.toml";
        let outcome = folder.run(&format!("{line} {scenario}"));
        assert!(outcome.code == 2 && outcome.stderr.contains(words), "{text}: {}", outcome.stderr);
    }
    for (rest, code, words) in [
        ("--battery data/batteries/ten.toml --tariff data/consumption.csv", 1, vec!["data/consumption.csv"]),
        ("--battery data/batteries/ten.toml --tariff data/solar.csv", 1, vec!["data/solar.csv"]),
        ("--battery data/batteries/ten.toml --export-consumption data/solar.csv", 2, vec!["--export-tariff"]),
    ] {
        let outcome = folder.run(&format!("{line} {rest}"));
        assert_eq!(outcome.code, code, "{rest}: {}", outcome.stderr);
        assert!(words.iter().all(|word| outcome.stderr.contains(word)), "{rest}: {}", outcome.stderr);
    }
}

#[test]
fn a_scenario_of_the_season_alone_does_for_plans_from_day_to_day() {
    let folder = Folder::new();
    let all = std::fs::read_to_string("../data/rates.csv").unwrap();
    let (head, rows) = all.split_once('\n').unwrap();
    let at = head.split(',').position(|field| field == "valid_from").unwrap();
    let days = rows
        .lines()
        .filter(|row| ("2026-03-16".."2026-04-06").contains(&&row.split(',').nth(at).unwrap()[..10]));
    let days: Vec<&str> = days.collect();
    folder.file("spring.csv", format!("{head}\n{}\n", days.join("\n")));
    let line = FORTNIGHT.replace(" --foresight", "");
    let answer = folder
        .run(&format!("{line} --tariff data/rates.csv --tariff data/tariffs/flat.toml --scenario @/spring.csv --format json"))
        .json();
    let rates = &answer["scenario"]["rates"][0];
    // Days stand for themselves, and what is told is about the time that is compared.
    let told = rates["days"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["from"], "2026-03-20T00:00:00Z");
    assert_eq!(told[0]["from"], told[0]["taken_from"]);
    let (plain, other) = (&answer["choice"]["offers"], &answer["scenario"]["choice"]["offers"]);
    let foresight = |offers: &Value| money(&find(offers, "rates")["foresight"]["cost_minor"]);
    assert_eq!(foresight(plain), foresight(other));
    assert!(!find(other, "rates")["rolling"].is_null());
}

#[test]
fn one_export_tariff_is_no_sign_that_the_home_is_on_it() {
    let folder = Folder::new();
    folder.file(
        "out.toml",
        "code = \"OUT\"\ndirection = \"export\"\nunit_rate = \"15\"\nneeds = [\"export\"]\nsold_until = \"2026-01-01\"\n",
    );
    let line = format!(
        "{FORTNIGHT} --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml --export-tariff @/out.toml --now E-1R-VAR-22-11-01-C"
    );
    let of = |more: &str| folder.run(&format!("{line} {more} --format json")).json()["choice"].clone();
    let offers = of("--has nothing");
    for offer in offers["offers"].as_array().unwrap() {
        assert_eq!(offer["can_be_had"], false, "{offer}");
        assert_eq!(
            (&offer["terms"]["withdrawn"], &offer["terms"]["lacks"][0]),
            (&true.into(), &"export".into())
        );
    }
    // What cannot be had is not advised.
    assert_eq!(offers["move"]["saves_minor"], "0");
    assert_eq!(offers["move"]["stay"], "cheapest");
    // Who says that the home is on it has it.
    let on_it = of("--has nothing --now-export OUT");
    let present = &on_it["offers"][usize::try_from(on_it["present"].as_u64().unwrap()).unwrap()];
    assert_eq!(present["can_be_had"], true, "{present}");
    assert_ne!(on_it["move"]["saves_minor"], "0");
}

#[test]
fn a_night_that_is_too_short_for_a_programme_is_said() {
    let folder = Folder::new();
    folder.file(
        "washer.toml",
        "name = \"Washer\"\n[program]\nstep_minutes = 120\nkw = [\"1\"]\n[[runs]]\nearliest = \"00:30\"\nlatest = \"02:30\"\n",
    );
    let line = "compare --consumption data/consumption.csv --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml --foresight --appliance @/washer.toml";
    let spring = folder.run(&format!("{line} --from 2026-03-28 --to 2026-03-31")).stdout_of_success();
    assert!(spring.contains("Washer does not run in its time that begins on 2026-03-29"), "{spring}");
    let autumn = folder.run(&format!("{line} --from 2026-10-24 --to 2026-10-27")).stdout_of_success();
    assert!(!autumn.contains("does not run"), "{autumn}");
}

#[test]
fn a_tariff_with_rates_for_the_car_is_shown_with_them() {
    let folder = Folder::new();
    folder.file(
        "four.toml",
        "code = \"FOUR\"\ndispatch_rate = \"7\"\ndispatch_hours = 6\ndevice = { off_peak_rate = \"6\", peak_rate = \"30\" }\n[[bands]]\nname = \"night\"\nfrom = \"23:30\"\nto = \"05:30\"\nrate = \"7\"\n[[bands]]\nname = \"day\"\nfrom = \"05:30\"\nto = \"23:30\"\nrate = \"27\"\n",
    );
    let line = "tariff show @/four.toml --date 2026-03-09";
    let shown = &folder.run(&format!("{line} --format json")).json()[0];
    assert_eq!(shown["dispatch_hours"], 6);
    let device = &shown["device"];
    assert_eq!(device["off_peak_rates"][0]["value_inc_vat"], "6.3");
    assert_eq!(device["peak_rates"][0]["value_exc_vat"], "30");
    let page = folder.run(line).stdout_of_success();
    for words in [
        "While the supplier charges the car: ",
        "for 6 hours of it from one midday to the next",
        "within its hours, ",
        "31.5",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let rows = folder.run(&format!("{line} --format csv"));
    assert!(rows.stderr.contains("FOUR has rates for the car by itself"), "{}", rows.stderr);
}
