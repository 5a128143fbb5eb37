//! The rate now and the rates of today, through the command.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, AGILE, KEY, Server};
use kwhen_tests::command::{json, kwhen_with, run};
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;

/// The sample's Saturday on which the clocks go back. Figures by a loop over the rows of the files, in another language.
#[test]
fn the_rate_now_the_next_one_and_the_cheapest_time_ahead() {
    let now = json("now --rates data/rates.csv --at 2026-10-24T16:30");
    assert_eq!((&now["now"], &now["from"]), (&"2026-10-24T15:30:00Z".into(), &"2026-10-24T15:30:00Z".into()));
    assert_eq!(now["current"]["minor_per_kwh"], "9.68");
    assert_eq!(now["current"]["to"], "2026-10-24T16:00:00Z");
    assert_eq!(
        (&now["next"]["minor_per_kwh"], &now["next"]["to"]),
        (&"16.14".into(), &"2026-10-24T16:30:00Z".into())
    );
    // To the end of tomorrow, which has 25 hours.
    assert_eq!(now["known_to"], "2026-10-26T00:00:00Z");
    assert_eq!(now["fetched_at"], serde_json::Value::Null);
    let window = |place: usize| {
        (&now["windows"][place]["blocks"][0]["from"], &now["windows"][place]["average_minor_per_kwh"])
    };
    assert_eq!(window(0), (&"2026-10-24T22:30:00Z".into(), &"-0.76".into()));
    assert_eq!(window(1).0, &"2026-10-24T21:30:00Z");
    let page = run("now --rates data/rates.csv --at 2026-10-24T16:30").stdout_of_success();
    assert!(page.contains("9.68 p/kWh until 17:00, then 16.14 p/kWh until 17:30."), "{page}");
    assert!(page.contains("Rates of data/rates.csv, known to Mon 26 Oct 00:00."), "{page}");
    let one = json("now --rates data/rates.csv --at 2026-10-24T16:30 --duration 1h");
    assert_eq!(one["windows"].as_array().unwrap().len(), 1);
}

#[test]
fn a_rate_without_a_change_and_a_time_without_a_rate() {
    let folder = Folder::new();
    folder.file("flat.csv", "valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,,20\n");
    folder
        .file("old.csv", "valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,20\n");
    let page = folder.run("now --rates @/flat.csv --at 2026-03-29T12:00").stdout;
    assert!(page.contains("20.00 p/kWh; no change is known."), "{page}");
    let refused = folder.refused("now --rates @/old.csv --at 2026-03-29T12:00");
    assert!(refused.contains("no rate is known at 2026-03-29T11:00:00Z"), "{refused}");
    assert!(refused.contains("its rates are for 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z"), "{refused}");
    let refused = folder.refused("today --rates @/old.csv --at 2026-03-29T12:00");
    assert!(refused.contains("no rate is known at"), "{refused}");
    // Without a time it is now.
    let now = folder.json("now --rates @/flat.csv");
    assert_eq!(now["current"]["minor_per_kwh"], "20");
    assert_eq!(run("now").code, 2);
    let refused = folder.refused("now --rates @/flat.csv --at nonsense");
    assert!(refused.contains("--at: value \"nonsense\": not a time"), "{refused}");
}

#[test]
fn a_plan_in_force_runs_or_comes() {
    let folder = Folder::new();
    let plan = folder.run(
        "charge --rates data/rates.csv --kwh 8 --kw 4 --from 2026-10-24T18:00 --by 2026-10-25T07:00 --max-starts 1 --format json",
    );
    folder.file("plan.json", &plan.stdout);
    let at =
        |time: &str| folder.json(&format!("now --rates data/rates.csv --previous @/plan.json --at {time}"));
    let before = at("2026-10-24T18:30");
    let (from, to) =
        (before["plan"]["next"]["from"].as_str().unwrap(), before["plan"]["next"]["to"].as_str().unwrap());
    assert_eq!(before["plan"]["running"], serde_json::Value::Null);
    assert_eq!(at(from)["plan"]["running"]["from"], from);
    assert_eq!(at(to)["plan"]["running"], serde_json::Value::Null);
    let windows = folder.run("cheapest --rates data/rates.csv --duration 2h --from 2026-10-24T18:00 --to 2026-10-25T07:00 --format json");
    folder.file("window.json", &windows.stdout);
    let page = folder.run("now --rates data/rates.csv --previous @/window.json --at 2026-10-25T06:59").stdout;
    assert!(page.contains("The plan in force is over."), "{page}");
}

#[test]
fn today_and_tomorrow_in_bands_with_the_cost_so_far() {
    let line = "today --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --at 2026-10-24T16:45";
    let today = json(line);
    let days = today["days"].as_array().unwrap();
    assert_eq!(days.len(), 2);
    let extremes = |day: usize| {
        (
            &days[day]["cheapest"]["minor_per_kwh"],
            &days[day]["dearest"]["minor_per_kwh"],
            &days[day]["mean_minor_per_kwh"],
        )
    };
    assert_eq!(extremes(0), (&"-5.37".into(), &"18.97".into(), &"1.63895833".into()));
    assert_eq!(extremes(1), (&"-0.69".into(), &"31.43".into(), &"13.316".into()));
    // Bands follow each other and are the whole day: 24 hours, and 25.
    for (day, hours) in [(0, 24), (1, 25)] {
        let bands = days[day]["bands"].as_array().unwrap();
        assert!(
            bands
                .windows(2)
                .all(|pair| pair[0]["to"] == pair[1]["from"] && pair[0]["level"] != pair[1]["level"])
        );
        let at =
            |text: &serde_json::Value| chrono::DateTime::parse_from_rfc3339(text.as_str().unwrap()).unwrap();
        assert_eq!((at(&bands.last().unwrap()["to"]) - at(&bands[0]["from"])).num_hours(), hours);
    }
    // Of today what is ahead: nothing that began before a quarter to five.
    assert!(days[0]["windows"][0]["blocks"][0]["from"].as_str().unwrap() >= "2026-10-24T15:45:00Z");
    let cost = &today["cost_so_far"];
    assert_eq!(
        (&cost["kwh"], &cost["net_minor"], &cost["to"]),
        (&"6.197".into(), &"35.1612".into(), &"2026-10-24T15:30:00Z".into())
    );
    let bill = json(
        "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --from 2026-10-24 --to 2026-10-24T16:30",
    );
    assert_eq!(cost["total_minor"], bill["total_minor"]);
    assert!(run(line).stdout_of_success().contains("So far 35.16 p for 6.197 kWh"));
    // At the first minute of a day nothing has been used yet; where tomorrow is not known that is said.
    let early = json(&line.replace("2026-10-24T16:45", "2026-11-01T00:10"));
    assert_eq!(early["cost_so_far"], serde_json::Value::Null);
    assert_eq!(early["days"].as_array().unwrap().len(), 1);
    assert!(early["notices"][0].as_str().unwrap().contains("no rate of tomorrow is known yet"));
    let rows = run(&format!("{line} --format csv"));
    assert_eq!(rows.stdout.lines().count(), 1 + 48 + 50);
    assert_eq!(rows.stdout.lines().nth(1).unwrap(), "2026-10-23T23:00:00Z,2026-10-23T23:30:00Z,dear,3.57");
    assert_eq!(
        run("today --rates data/rates.csv --standing-charges data/standing-charges.csv --at 2026-10-24").code,
        2
    );
}

#[test]
fn the_stored_account_says_which_tariff_is_meant() {
    let folder = Folder::new();
    let store = folder.at("whole.db");
    std::fs::copy(repository().join("tests/cases/store-error-drops-meter/whole.db"), &store).unwrap();
    let today = folder.json("today --store @/whole.db --at 2025-06-06T12:10");
    let now = folder.json("now --store @/whole.db --at 2025-06-06T12:10");
    assert_eq!(today["tariff"], now["tariff"]);
    assert!(now["tariff"].as_str().unwrap().starts_with("E-1R-"), "{now}");
    assert!(now["fetched_at"].as_str().unwrap().ends_with('Z'), "{now}");
    // What today has cost is the bill of the same half-hours of that meter point.
    let bill =
        folder.json("bill --store @/whole.db --fuel electricity --from 2025-06-06 --to 2025-06-06T12:00");
    let imported =
        bill["supplies"].as_array().unwrap().iter().find(|supply| supply["direction"] == "import").unwrap();
    assert_eq!(today["cost_so_far"]["total_minor"], imported["total_minor"]);
    let refused = folder.refused("now --store @/whole.db --at 2031-01-01");
    assert!(refused.contains("fetch"), "{refused}");
}

/// The stand-in's account has a meter for export that no agreement is for, as a roof's is before its first day.
#[test]
fn a_meter_without_an_agreement_stands_in_nobodys_way() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let store = folder.at("kwhen.db");
    for what in [vec!["account", ACCOUNT], vec!["rates", "--from", "2026-02-28", "--to", "2026-03-03"]] {
        let shared = ["--instance", &server.url(), "--allow-http", "--store", &store];
        let all = ["fetch"].iter().chain(&what).chain(&shared);
        assert_eq!(kwhen_with(all, b"", &[("KWHEN_API_KEY", KEY)]).code, 0);
    }
    let now = folder.json("now --store @/kwhen.db --at 2026-03-01T12:10");
    assert_eq!(now["tariff"], AGILE);
    let page = folder.run("now --store @/kwhen.db --at 2026-03-01T12:10 --html @/now.html");
    assert_eq!(page.code, 0, "{}", page.stderr);
    // Ten past is in the half-hour that began at twelve: the chart has it, and marks it.
    let page = std::fs::read_to_string(folder.at("now.html")).unwrap();
    assert!(page.contains("<b>now</b>") && page.contains("<td>Sun 1 Mar 12:00 to 12:30 GMT</td>"), "{page}");
}

/// The shortest command that brings the rates which a store lacks: from the day that is looked at, and without the code where the account has it.
#[test]
fn what_a_store_lacks_is_fetched_from_the_day_that_lacks_it() {
    let server = Server::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("kwhen.db").display().to_string();
    let address = server.url();
    let run = |line: &str| {
        let arguments = line.split(' ').map(str::to_owned).chain(["--store".to_owned(), store.clone()]);
        kwhen_with(arguments, b"", &[("KWHEN_API_KEY", KEY)])
    };
    let fetch = |what: &str| run(&format!("{what} --instance {address} --allow-http"));
    assert_eq!(fetch(&format!("fetch account {ACCOUNT}")).code, 0);
    assert_eq!(fetch(&format!("fetch rates --tariff {AGILE} --from 2026-01-01 --to 2026-01-03")).code, 0);
    let refused = run("today --at 2026-02-10T12:00").refusal();
    assert!(refused.contains("kwhen fetch rates --from 2026-02-10"), "{refused}");
    // Of a tariff that the account does not have the code is needed.
    let other = AGILE.replace("-C", "-A");
    let refused = run(&format!("cheapest --rates {other} --duration 1h --during 2026-02-10")).refusal();
    assert!(refused.contains(&format!("kwhen fetch rates --tariff {other} --from 2026-02-10")), "{refused}");
}
