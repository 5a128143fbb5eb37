//! `kwhen battery` and `kwhen backtest` with definition files, policy tables, other plans, fleets and sweeps of tariffs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen, shell};
use kwhen_tests::folder::Folder;
use serde_json::{Value, json};

const SITE: [&str; 9] = [
    "battery",
    "--rates",
    "data/rates.csv",
    "--load",
    "data/consumption.csv",
    "--from",
    "2026-10-14",
    "--to",
    "2026-10-16",
];

const FLAGS: [&str; 4] = ["--capacity-kwh", "10", "--kw", "5"];

fn battery(more: &[&str]) -> Outcome {
    kwhen(SITE.iter().chain(more))
}

/// Wrong usage or work that cannot be done: said, with nothing on standard output.
#[track_caller]
fn refused(outcome: Outcome, expected: &str) {
    assert!(outcome.code == 1 || outcome.code == 2, "{}", outcome.stderr);
    assert!(
        outcome.stdout.is_empty() && outcome.stderr.contains(expected),
        "{expected:?}: {}",
        outcome.stderr
    );
}

fn units(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no text"));
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<20}").parse::<i128>().unwrap()
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn a_definition_and_the_flags_say_the_same() {
    let (_folder, path) = file(
        "same.toml",
        "capacity_kwh = 10\nkw = 5\ncharge = { efficiency = \"0.9\" }\ndischarge = { efficiency = \"0.95\" }\n\
         wear = \"1.5\"\nstart_kwh = 2\nreserve_kwh = 1\n[end]\nkwh = 3\n[changes]\ncount = \"starts\"\nat_most = 4\n",
    );
    let defined = battery(&["--battery", &path, "--format", "json"]).json();
    let flags = [
        "--charge-efficiency",
        "0.9",
        "--wear",
        "1.5",
        "--start-kwh",
        "2",
        "--reserve-kwh",
        "1",
        "--end-kwh",
        "3",
        "--max-starts",
        "4",
        "--format",
        "json",
    ];
    let flagged = battery(&[&FLAGS[..], &flags].concat()).json();
    assert_eq!(defined, flagged);
    assert_eq!(defined["slots"].as_array().unwrap().last().unwrap()["stored_kwh"], json!("3"));
}

/// Every field is read, and those that must bind do.
#[test]
fn every_field_of_a_definition_binds() {
    let (_folder, path) = file(
        "all.toml",
        r#"
name = "All"
capacity_kwh = 10
kw = 5
charge = { kw = 4, min_kw = 1, efficiency = "0.9" }
discharge = { curve = [{ kw = 1, efficiency = "0.9" }, { kw = 3, efficiency = "0.95" }] }
store_charge_kw = 3
store_discharge_kw = 3
wear = 1
standing_loss_kw = "0.02"
standby_kw = "0.04"
start_kwh = 4
reserve_kwh = 1
soft_reserve = { kwh = 2, price = 1 }

[inverter]
output_kw = 3
output_efficiency = "0.96"
input_kw = 3
input_efficiency = "0.96"

[end]
at_least_kwh = 2
bands = [{ up_to_kwh = 5, value = 12 }, { up_to_kwh = 8, value = 6 }]

[[levels]]
at = "2026-10-15 07:00"
at_least_kwh = 6
at_most_kwh = 8

[[levels]]
at = "2026-10-14 16:00"
at_least_kwh = 8
price = 3

[[holds]]
from = "2026-10-14 18:00"
to = "2026-10-14 19:00"
keep = "no_discharge"

[[draws]]
at = "2026-10-14 10:00"
kwh = "0.5"

[changes]
count = "charge_starts"
at_most = 3
price = 2

[[import_limits]]
from = "2026-10-14 02:00"
to = "2026-10-14 05:00"
kw = 2
"#,
    );
    let plan = battery(&["--battery", &path, "--format", "json"]).json();
    let slots = plan["slots"].as_array().unwrap();
    let at = |from: &str| {
        slots.iter().find(|slot| slot["from"] == json!(from)).unwrap_or_else(|| panic!("{from}"))
    };
    let kwh = 10_i128.pow(20);
    // 07:00 BST is the end of the slot from 05:30 UTC; 02:00 to 05:00 BST is 01:00 to 04:00 UTC.
    let level = units(&at("2026-10-15T05:30:00Z")["stored_kwh"]);
    assert!((6 * kwh..=8 * kwh).contains(&level), "{level}");
    for from in ["2026-10-14T17:00:00Z", "2026-10-14T17:30:00Z"] {
        assert_eq!(at(from)["discharge_kwh"], json!("0"));
    }
    for slot in slots.iter().filter(|slot| {
        ("2026-10-14T01:00:00Z".."2026-10-14T04:00:00Z").contains(&slot["from"].as_str().unwrap())
    }) {
        assert!(units(&slot["import_kwh"]) <= kwh, "{slot}");
    }
    let starts = slots
        .windows(2)
        .filter(|pair| pair[0]["charge_kwh"] == json!("0") && pair[1]["charge_kwh"] != json!("0"))
        .count();
    assert!(starts <= 3, "{starts}");
    assert!(slots.iter().all(|slot| units(&slot["stored_kwh"]) >= kwh));
    assert!(units(&slots.last().unwrap()["stored_kwh"]) >= 2 * kwh);
}

#[test]
fn the_policy_at_the_plans_own_level_is_the_plan() {
    let flags = [&FLAGS[..], &["--format", "json"]].concat();
    let plan = battery(&flags).json();
    let policy = battery(&[&flags[..], &["--show", "policy"]].concat()).json();
    let rows = policy["policy"].as_array().unwrap();
    let mut level = 0;
    for slot in plan["slots"].as_array().unwrap() {
        let row = rows
            .iter()
            .find(|row| {
                row["from"] == slot["from"]
                    && (units(&row["from_kwh"])..=units(&row["to_kwh"])).contains(&level)
            })
            .unwrap_or_else(|| panic!("no row for {slot} at {level}"));
        let after = if row["go_to_kwh"].is_string() {
            units(&row["go_to_kwh"])
        } else {
            level + units(&row["move_kwh"])
        };
        level = units(&slot["stored_kwh"]);
        assert!((after - level).abs() <= 2 * 10_i128.pow(12), "{slot} {row}");
    }
    let value = battery(&[&flags[..], &["--show", "value"]].concat()).json();
    let first = &value["value"].as_array().unwrap()[0];
    assert_eq!((&first["from_kwh"], &first["cost_to_go_minor"]), (&json!("0"), &plan["cost_minor"]));
}

#[test]
fn another_plan_is_priced_beside_the_best() {
    let csv = battery(&[&FLAGS[..], &["--format", "csv"]].concat()).stdout_of_success();
    let (_folder, path) = file("plan.csv", &csv);
    let same = battery(&[&FLAGS[..], &["--cost-of", &path, "--format", "json"]].concat()).json();
    // Its levels are those of the plan to 10⁻⁸ kWh.
    assert!((0..10_i128.pow(16)).contains(&units(&same["other_plan"]["dearer_by_minor"])), "{same}");
    // To do nothing costs the baseline.
    let idle: String = csv
        .lines()
        .enumerate()
        .map(|(row, line)| {
            let mut fields: Vec<&str> = line.split(',').collect();
            if row > 0 {
                fields[7] = "0";
            }
            fields.join(",") + "\n"
        })
        .collect();
    let (_folder, path) = file("idle.csv", &idle);
    let priced = battery(&[&FLAGS[..], &["--cost-of", &path, "--format", "json"]].concat()).json();
    assert_eq!(priced["other_plan"]["cost_minor"], priced["baseline_minor"]);
    assert_eq!(priced["other_plan"]["dearer_by_minor"], priced["saving_minor"]);
    let (_folder, path) = file("short.csv", "stored_kwh\n0\n0\n");
    refused(battery(&[&FLAGS[..], &["--cost-of", &path]].concat()), "2 rows for 96 slots");
    let (_folder, path) = file("wrong.csv", "level\n0\n");
    refused(battery(&[&FLAGS[..], &["--cost-of", &path]].concat()), "has no column stored_kwh");
    let (_folder, path) = file("word.csv", "stored_kwh\nfull\n");
    refused(battery(&[&FLAGS[..], &["--cost-of", &path]].concat()), "row 1");
}

#[test]
fn devices_together_have_a_bound_beside_the_cost() {
    let both = ["--battery", "data/batteries/home.toml", "--battery", "data/batteries/car.toml"];
    let fleet = battery(&[&both[..], &["--budget", "5s", "--format", "json"]].concat()).json();
    let [cost, bound, gap] = ["cost_minor", "bound_minor", "gap_minor"].map(|name| units(&fleet[name]));
    assert!(bound <= cost && cost - bound == gap && 100 * gap < cost, "{fleet}");
    // One meter: the fleet cannot cost less than each device alone saves.
    let alone = battery(&["--battery", "data/batteries/home.toml", "--format", "json"]).json();
    assert!(cost >= units(&alone["cost_minor"]));
    let car = &fleet["devices"][1];
    let ready =
        car["slots"].as_array().unwrap().iter().find(|slot| slot["to"] == json!("2026-10-15T06:00:00Z"));
    assert!(units(&ready.unwrap()["stored_kwh"]) >= 45 * 10_i128.pow(20));
    let text = battery(&[&both[..], &["--budget", "500ms"]].concat()).stdout_of_success();
    assert!(text.contains("No plan costs less than"), "{text}");
    refused(battery(&[&both[..2], &["--budget", "1s"]].concat()), "--budget is for several definitions");
    refused(battery(&[&both[..], &["--budget", "0s"]].concat()), "more than no time");
    refused(battery(&[&both[..], &["--show", "policy"]].concat()), "for one battery");
}

const BOTH: [&str; 4] = ["--battery", "data/batteries/home.toml", "--battery", "data/batteries/car.toml"];

#[test]
fn devices_share_circuits_and_a_peak() {
    let with = |text: &str, more: &[&str]| {
        let (_folder, path) = file("circuits.toml", text);
        battery(&[&BOTH[..], &["--circuits", &path, "--budget", "500ms"], more].concat())
    };
    let garage =
        |devices: &str| format!("[[circuits]]\nname = \"garage\"\ndevices = [{devices}]\nimport_kw = 6\n");
    let free = battery(&[&BOTH[..], &["--budget", "500ms", "--format", "json"]].concat()).json();
    let fleet = with(&garage("\"Car\", \"Home battery\""), &["--format", "json"]).json();
    let (slots, other) = (&fleet["devices"][0]["slots"], &fleet["devices"][1]["slots"]);
    for (one, two) in slots.as_array().unwrap().iter().zip(other.as_array().unwrap()) {
        let taken = |slot: &Value| units(&slot["charge_kwh"]) - units(&slot["discharge_kwh"]);
        assert!(taken(one) + taken(two) <= 3 * 10_i128.pow(20), "{one} {two}");
    }
    assert!(units(&fleet["cost_minor"]) >= units(&free["bound_minor"]));
    refused(with(&garage(""), &[]), "circuit garage names no device");
    refused(
        with(&garage("\"car\""), &[]),
        "circuit garage names car, but the devices are Home battery, Car; did you mean Car?",
    );
    refused(
        with("[[circuits]]\nname = \"garage\"\ndevices = [\"Car\"]\nkw = 6\n", &[]),
        "unknown field `kw`",
    );
    refused(battery(&[&BOTH[..2], &BOTH[..2]].concat()), "two devices are called Home battery");
    // A price on the peak flattens it; the peak so far costs nothing.
    let peak = |price: &str, so_far: &str| {
        let priced =
            ["--peak-price", price, "--peak-so-far-kw", so_far, "--budget", "500ms", "--format", "json"];
        battery(&[&FLAGS[..], &priced].concat()).json()
    };
    let kw = |plan: &Value| plan["peak_kw"].as_str().unwrap().parse::<f64>().unwrap();
    let (cheap, dear) = (peak("0.01", "0"), peak("200", "0"));
    assert!(kw(&dear) < kw(&cheap), "{} {}", dear["peak_kw"], cheap["peak_kw"]);
    assert!(units(&dear["bound_minor"]) <= units(&dear["cost_minor"]));
    let known = peak("200", "100");
    let alone = battery(&[&FLAGS[..], &["--format", "json"]].concat()).json();
    let off = units(&known["cost_minor"]) - units(&alone["cost_minor"]);
    assert!(off.abs() <= 10_i128.pow(14), "{known}");
    refused(battery(&[&FLAGS[..], &["--peak-so-far-kw", "1"]].concat()), "--peak-price");
}

#[test]
fn appliances_are_planned_beside_batteries() {
    let dishwasher = ["--appliance", "data/batteries/dishwasher.toml"];
    // Alone: 1.95 kWh between 19:00 and 07:00 local, where three half-hours of 1, 0.05 and 0.9 kWh cost least.
    let alone = battery(&[&dishwasher[..], &["--format", "json"]].concat()).json();
    assert_eq!(alone["proven"], json!(true), "{alone}");
    assert!(alone["devices"].as_array().unwrap().is_empty());
    let runs = &alone["appliances"][0];
    assert_eq!((runs["name"].clone(), runs["taken_kwh"].clone()), (json!("Dishwasher"), json!("1.95")));
    let slots = runs["slots"].as_array().unwrap();
    let ran: Vec<usize> = (0..slots.len()).filter(|slot| slots[*slot]["kwh"] != json!("0")).collect();
    assert_eq!(ran.len(), 3, "{runs}");
    assert_eq!(ran.iter().map(|slot| slots[*slot]["kwh"].clone()).collect::<Vec<_>>(), ["1", "0.05", "0.9"]);
    // The cheapest window for the same powers is the same window.
    let window = kwhen([
        "cheapest",
        "--rates",
        "data/rates.csv",
        "--profile",
        "2,0.1,1.8",
        "--profile-step",
        "30m",
        "--whole-slots",
        "--from",
        "2026-10-14T19:00",
        "--to",
        "2026-10-15T07:00",
        "--format",
        "json",
    ])
    .json();
    assert_eq!(slots[ran[0]]["from"], window["windows"][0]["blocks"][0]["from"], "{window}");
    // Beside the battery and the car, with all three in turns at one socket: dearer than without, and each slot has one of them.
    let (_folder, turns) = file("turns.toml", "[[exclusions]]\ndevices = [\"Car\", \"Dishwasher\"]\n");
    let all = [&BOTH[..], &dishwasher, &["--budget", "500ms", "--format", "json"]].concat();
    let free = battery(&all).json();
    let held = battery(&[&all[..], &["--circuits", &turns]].concat()).json();
    assert!(units(&held["cost_minor"]) >= units(&free["bound_minor"]), "{held}");
    let car = held["devices"][1]["slots"].as_array().unwrap();
    for (car, dishes) in car.iter().zip(held["appliances"][0]["slots"].as_array().unwrap()) {
        assert!(car["charge_kwh"] == json!("0") || dishes["kwh"] == json!("0"), "{car} {dishes}");
    }
    let text =
        battery(&[&BOTH[..], &dishwasher, &["--budget", "500ms", "--explain"]].concat()).stdout_of_success();
    assert!(
        text.contains("3 devices behind one meter") && text.contains("Dishwasher: takes 1.950 kWh"),
        "{text}"
    );
    assert!(text.contains("at the import rates"), "{text}");
    let csv = battery(&[&dishwasher[..], &["--format", "csv"]].concat()).stdout_of_success();
    assert_eq!(csv.lines().filter(|line| line.starts_with("Dishwasher,")).count(), 96, "{csv}");
    // A worth: left out where it is less than what a cycle costs.
    let optional = std::fs::read_to_string("../data/batteries/dishwasher.toml").unwrap();
    let (_folder, path) = file("optional.toml", &format!("worth = \"0.5\"\n{optional}"));
    let left_out = battery(&["--appliance", &path]).stdout_of_success();
    assert!(
        left_out.contains("Dishwasher: takes 0.000 kWh, left out: it would cost more than it is worth"),
        "{left_out}"
    );
    let (_folder, path) = file("late.toml", &optional.replace("2026-10-15 07:00", "2026-10-17 07:00"));
    refused(battery(&["--appliance", &path]), "latest");
    let (_folder, path) = file("wrong.toml", &optional.replace("cycles", "cycle").replace("kw =", "kws ="));
    refused(battery(&["--appliance", &path]), "unknown field `kws`");
    refused(battery(&[]), "--capacity-kwh and --kw, or --battery");
    refused(battery(&[&dishwasher[..], &["--show", "policy"]].concat()), "for one battery");
    let (_folder, nothing) = file("nothing.toml", "");
    refused(
        battery(&[&dishwasher[..], &["--circuits", &nothing]].concat()),
        "names no circuit and no exclusion",
    );
}

#[test]
fn a_thermal_store_is_planned_beside_the_others() {
    let tank = ["--thermal", "data/batteries/tank.toml"];
    let plan = battery(&[&tank[..], &["--format", "json"]].concat()).json();
    let store = &plan["thermal"][0];
    assert!(units(&plan["bound_minor"]) <= units(&plan["cost_minor"]), "{plan}");
    // What is drawn at 19:00 and at 07:00 local is there, and 1 kWh is left at all times.
    let slots = store["slots"].as_array().unwrap();
    assert!(
        slots.len() == 96 && slots.iter().all(|slot| units(&slot["stored_kwh"]) >= 10_i128.pow(20)),
        "{store}"
    );
    // It runs at 1.2 kW or not at all.
    assert!(slots.iter().all(|slot| slot["kwh"] == json!("0") || slot["kwh"] == json!("0.6")), "{store}");
    let night = slots.iter().find(|slot| slot["from"] == json!("2026-10-14T23:00:00Z")).unwrap();
    let heat = if night["kwh"] == json!("0") { "0" } else { "1.56" };
    assert_eq!(night["heat_kwh"], json!(heat));
    let text = battery(
        &[&BOTH[..], &tank, &["--appliance", "data/batteries/dishwasher.toml", "--budget", "500ms"]].concat(),
    );
    let text = text.stdout_of_success();
    assert!(text.contains("4 devices behind one meter") && text.contains("Hot water: takes"), "{text}");
    assert!(text.contains("kWh of heat; levels are exact to"), "{text}");
    let (_folder, path) = file("cold.toml", "capacity_kwh = 5\nkw = [\"1\"]\n[end]\nat_least_kwh = 6\n");
    refused(battery(&["--thermal", &path]), "end.at_least_kwh");
}

/// A load above the limit: the slot, the load and the limit are said.
#[test]
fn a_battery_without_a_plan_says_which_slot_is_in_the_way() {
    let outcome = battery(&[&FLAGS[..], &["--import-limit-kw", "0.2"]].concat());
    assert!(outcome.stderr.contains("the import limit of 0.2 kW to 0.1 kWh"), "{}", outcome.stderr);
    refused(outcome, "the load comes to");
}

/// Stopped by Ctrl-C it shows what it has; a second one would end it.
#[test]
fn a_search_that_is_stopped_shows_the_best_plan_so_far() {
    let line = format!(
        "kwhen {} {} --budget 10m & search=$!; sleep 4; kill -INT $search; wait $search",
        SITE.join(" "),
        BOTH.join(" ")
    );
    let outcome = shell(&line);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("This plan"), "{}", outcome.stdout);
    let stopped = outcome.stdout.contains("the search was stopped: this is the best plan that it had found");
    assert!(stopped || !outcome.stdout.contains("dearer than the best"), "{}", outcome.stdout);
}

#[test]
fn carbon_has_its_price() {
    let (_folder, path) =
        file("carbon.csv", "start,end,rate\n2026-10-13T00:00:00Z,2026-10-20T00:00:00Z,100\n");
    let plan =
        battery(&[&FLAGS[..], &["--carbon", &path, "--carbon-price", "50", "--format", "json"]].concat())
            .json();
    // 100 g at £50 a tonne: half a penny a kWh imported.
    let off = units(&plan["carbon_minor"]) * 2 - units(&plan["import_kwh"]);
    assert!(off.abs() < 10_i128.pow(14), "{plan}");
    refused(battery(&[&FLAGS[..], &["--carbon", &path]].concat()), "--carbon-price");
}

#[test]
fn a_broken_definition_says_where() {
    let cases = [
        ("capacity_kwh = 10\n", "missing field `kw`"),
        ("capacity_kwh = 9.5\nkw = 5\n", "give it as text"),
        ("capacity_kwh = 10\nkw = 5\ncolour = \"red\"\n", "unknown field `colour`"),
        ("capacity_kwh = 10\nkw = 5\nstore_charge_kw = 3\n", "store_discharge_kw"),
        ("capacity_kwh = -1\nkw = 5\n", "capacity"),
        ("capacity_kwh = 10\nkw = -5\n", "kw"),
        ("capacity_kwh = 10\nkw = 5\ncharge = { efficiency = 0 }\n", "above 0 and at most 1"),
        ("capacity_kwh = 10\nkw = 5\nreserve_kwh = 11\n", "reserve"),
        (
            "capacity_kwh = 10\nkw = 5\n[[holds]]\nfrom = \"2026-10-14\"\nto = \"noon\"\nkeep = \"level\"\n",
            "holds",
        ),
        ("capacity_kwh = 10\nkw = 5\n[[levels]]\nat = \"2026-10-14 07:00\"\n", "levels"),
        ("capacity_kwh = 10\nkw = 5\n[end]\nvalue = 5\nrepeating_day = \"average\"\n", "keep one"),
        ("capacity_kwh = 10\nkw = 5\n[end]\nrepeating_day = \"2026-10-20\"\n", "2026-10-20"),
        ("capacity_kwh = 10\nkw = 5\n[changes]\ncount = \"starts\"\n", "changes"),
    ];
    for (text, expected) in cases {
        let (_folder, path) = file("broken.toml", text);
        refused(battery(&["--battery", &path]), expected);
    }
}

#[test]
fn a_sweep_sets_tariffs_side_by_side() {
    let (_folder, flat) = file("flat.csv", "start,end,rate\n2026-01-01T00:00:00Z,2026-12-01T00:00:00Z,20\n");
    let period = ["--from", "2026-10-01", "--to", "2026-10-08"];
    let arguments = ["backtest", "--rates", "data/rates.csv", "--load", "data/consumption.csv"];
    let rows = kwhen(arguments.iter().chain(&period).chain(&[
        "--capacity-kwh",
        "10",
        "--kw",
        "5",
        "--sweep-capacity-kwh",
        "5,10",
        "--sweep-rates",
        &flat,
        "--format",
        "json",
    ]))
    .json();
    let rows = rows["sweep"].as_array().unwrap();
    let named: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["rates"].as_str().unwrap(), row["capacity_kwh"].as_str().unwrap()))
        .collect();
    assert_eq!(named, [("rates", "5"), ("rates", "10"), ("flat", "5"), ("flat", "10")]);
    // On one rate all day there is nothing to save.
    assert_eq!((&rows[2]["saving_minor"], &rows[3]["saving_minor"]), (&json!("0"), &json!("0")));
    refused(
        kwhen(arguments.iter().chain(&[
            "--capacity-kwh",
            "10",
            "--kw",
            "5",
            "--fill-gaps",
            "--sweep-rates",
            &flat,
        ])),
        "give --from and --to",
    );
}

/// A slot is held or bound as a whole: a time within one is refused in every list, not moved.
#[test]
fn times_within_a_slot_are_refused() {
    let folder = Folder::new();
    let definition = "name = \"H\"\ncapacity_kwh = 10\nkw = 4\nstart_kwh = 4\n";
    for (list, field) in [
        ("[[holds]]\nfrom = \"2026-10-24T13:10\"\nto = \"2026-10-24T14:30\"\nkeep = \"level\"", "holds.from"),
        (
            "[[powers]]\nfrom = \"2026-10-24T13:00\"\nto = \"2026-10-24T13:45\"\ncharge_at_least_kw = 1",
            "powers.to",
        ),
        (
            "[[import_limits]]\nfrom = \"2026-10-24T13:10\"\nto = \"2026-10-24T14:00\"\nkw = 0",
            "import_limits.from",
        ),
        (
            "[[export_limits]]\nfrom = \"2026-10-24T13:00\"\nto = \"2026-10-24T14:00:30\"\nkw = 0",
            "export_limits.to",
        ),
        ("[[draws]]\nat = \"2026-10-24T13:07\"\nkwh = 1", "draws"),
    ] {
        folder.file("home.toml", format!("{definition}{list}\n"));
        let message = folder.refused(
            "battery --rates data/rates.csv --load data/consumption.csv --from 2026-10-24T12:00 --to 2026-10-25 \
             --battery @/home.toml",
        );
        assert!(message.contains(field) && message.contains("name a slot boundary"), "{message}");
    }
}

/// A level of another time, or within a slot: the message names the file and the field, for one device and for several.
#[test]
fn a_level_that_cannot_be_names_its_file_and_field() {
    let folder = Folder::new();
    let levels =
        |at: &str| format!("capacity_kwh = 10\nkw = 5\n[[levels]]\nat = \"{at}\"\nat_least_kwh = 3\n");
    folder.file("late.toml", levels("2020-01-01 07:00"));
    folder.file("within.toml", levels("2026-10-15 07:10"));
    for (name, why) in [("late", "is outside the plan's"), ("within", "within a slot")] {
        let file = folder.at(&format!("{name}.toml"));
        for more in [&[][..], &["--battery", "data/batteries/home.toml"]] {
            let said = battery(&[&["--battery", &file], more].concat()).refusal();
            for part in [why, name, "field levels.at"] {
                assert!(said.contains(part), "{part}: {said}");
            }
        }
    }
}
