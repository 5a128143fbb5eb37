//! `kwhen compare` with the home at its best on each tariff.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen::Money;
use kwhen_tests::command::{json, run};
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;
use serde_json::Value;

/// Fourteen days over which the clock goes forward.
const FORTNIGHT: &str = "compare --consumption data/consumption.csv --tariff data/rates.csv --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml --from 2026-03-20 --to 2026-04-03";

fn money(value: &Value) -> Money {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}

fn offer<'a>(answer: &'a Value, code: &str) -> &'a Value {
    let offers = answer["choice"]["offers"].as_array().unwrap();
    offers.iter().find(|offer| offer["code"] == code).unwrap_or_else(|| panic!("{code}"))
}

/// `tests/golden/choice/work.py`: another program, HiGHS.
#[test]
fn another_program_finds_the_same_least_costs() {
    let path = repository().join("tests/golden/choice/figures.json");
    let figures: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let penny_hundredth: Money = "0.01".parse().unwrap();
    let alone = json(&format!("{FORTNIGHT} --battery data/batteries/ten.toml --foresight"));
    let both =
        format!("{FORTNIGHT} --battery data/batteries/ten.toml --battery data/batteries/commuter.toml");
    let both = json(&format!("{both} --foresight"));
    for (code, figures) in figures.as_object().unwrap() {
        let of = |answer: &Value| money(&offer(answer, code)["foresight"]["cost_minor"]);
        let figure = |devices: &str| -> Money { figures[devices].to_string().parse().unwrap() };
        let apart = of(&alone).checked_sub(figure("battery")).unwrap();
        assert!(apart < penny_hundredth && -apart < penny_hundredth, "{code}: {apart}");
        // Devices that take turns are not proven to be at their best together: never below the optimum, and within a hundredth above it.
        let above = of(&both).checked_sub(figure("battery and car")).unwrap();
        let hundredth = Money::from_units(figure("battery and car").units() / 100).unwrap();
        assert!(-above < penny_hundredth && above < hundredth, "{code}: {above}");
    }
}

/// A tank of whole kWh that does not cool costs what another program finds; of one that cools the figure lies between two of its own; beside a
/// battery no plan is below what HiGHS proves for a tank at any power.
#[test]
fn another_program_finds_what_a_tank_costs() {
    let path = repository().join("tests/golden/choice/figures.json");
    let figures: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let folder = Folder::new();
    let cylinder = std::fs::read_to_string(repository().join("data/batteries/cylinder.toml")).unwrap();
    folder.file("whole.toml", cylinder.replace("loss_per_hour = \"0.012\"", "level_step_kwh = \"0.25\""));
    let answer =
        |devices: &str| folder.run(&format!("{FORTNIGHT} {devices} --foresight --format json")).json();
    let whole = answer("--thermal @/whole.toml");
    let cools = answer("--thermal data/batteries/cylinder.toml");
    let both = answer("--thermal @/whole.toml --battery data/batteries/ten.toml");
    let hundredth: Money = "0.01".parse().unwrap();
    for (code, figures) in figures.as_object().unwrap() {
        let of = |answer: &Value| money(&offer(answer, code)["foresight"]["cost_minor"]);
        let figure = |devices: &str| -> Money { figures[devices].to_string().parse().unwrap() };
        let apart = of(&whole).checked_sub(figure("tank")).unwrap();
        assert!(apart < hundredth && -apart < hundredth, "{code}: {apart}");
        let least = figure("tank that cools, at least");
        let most = Money::from_units(least.units() / 100 * 101).unwrap();
        assert!(of(&cools) > least.checked_sub(hundredth).unwrap() && of(&cools) < most, "{code}");
        let above = of(&both).checked_sub(figure("battery and tank, at least")).unwrap();
        assert!(
            -above < hundredth && above < Money::from_units(of(&both).units() / 25).unwrap(),
            "{code}: {above}"
        );
    }
}

#[test]
fn a_tank_is_asked_for_and_bought_like_other_devices() {
    let folder = Folder::new();
    folder.file("ask.json", format!(
        "{{\"consumption\": \"{0}/data/consumption.csv\", \"tariff\": [\"{0}/data/tariffs/go.toml\"], \"thermal\": [\"{0}/data/batteries/cylinder.toml\"], \"from\": \"2026-03-20\", \"to\": \"2026-04-03\"}}",
        repository().display()
    ));
    let asked = folder.run("compare --ask @/ask.json --format json").json();
    let line = "compare --consumption data/consumption.csv --tariff data/tariffs/go.toml --from 2026-03-20 --to 2026-04-03";
    let said = json(&format!("{line} --thermal data/batteries/cylinder.toml"));
    assert_eq!(asked["choice"], said["choice"]);
    let cells =
        ["foresight", "rolling"].map(|way| money(&offer(&said, "E-1R-GO-VAR-22-10-14-C")[way]["cost_minor"]));
    assert!(cells[0] <= cells[1]);
    // In place of a tank that cools, one that does not.
    let cylinder = std::fs::read_to_string(repository().join("data/batteries/cylinder.toml")).unwrap();
    folder.file("new.toml", cylinder.replace("name = \"Cylinder\"", "name = \"New\"").replace("0.012", "0"));
    folder.file(
        "buy.toml",
        "[[options]]\nname = \"New\"\nprice = \"300\"\nthermal = [\"new.toml\"]\nreplaces = [\"Cylinder\"]\n",
    );
    let bought = folder
        .run(&format!(
            "{line} --thermal data/batteries/cylinder.toml --foresight --buy @/buy.toml --format json"
        ))
        .json();
    assert!(money(&bought["sizes"][0]["saved_minor"]) > Money::ZERO, "{}", bought["sizes"]);
}

/// 12 kWh a day in February 2026. From the 10th to the 20th 120 kWh at a flat 40 p are £48, beside £5 of standing charges. Tiers: 108 kWh were
/// used before, so 12 kWh cost 20 p, 60 kWh 30 p and 48 kWh 40 p: £39.60, and £5.
fn february(hole: bool) -> Folder {
    let folder = Folder::new();
    let rows = (0..28 * 48).filter(|slot| !(hole && slot / 48 == 4)).map(|slot| {
        format!("2026-02-{:02}T{:02}:{:02}:00Z,0.25\n", slot / 48 + 1, slot % 48 / 2, slot % 2 * 30)
    });
    folder.file("readings.csv", format!("interval_start,consumption\n{}", rows.collect::<String>()));
    let tariff = |code: &str, price: &str| {
        format!("code = \"{code}\"\nclock = \"local\"\nstanding_charge = \"50\"\ntax = \"none\"\n{price}\n")
    };
    folder.file("flat.toml", tariff("FLAT", "unit_rate = \"40\""));
    let steps = r#"{ up_to_kwh = "120", rate = "20" }, { up_to_kwh = "180", rate = "30" }, { rate = "40" }"#;
    folder.file("tier.toml", tariff("TIER", &format!("tiers = {{ every = \"month\", steps = [{steps}] }}")));
    let scale = r#"scale = { every = "month", steps = [{ up_to_kwh = "300", amount = "1000" }, { amount = "3000" }] }"#;
    let fee = format!("unit_rate = \"10\"\n[[components]]\nname = \"Fee\"\n{scale}");
    folder.file("scale.toml", tariff("SCALE", &fee));
    folder.file(
        "tank.toml",
        "name = \"Tank\"\ncapacity_kwh = 9\nkw = [\"3\"]\n[[draws]]\nat = \"07:00\"\nkwh = 4\n",
    );
    folder.file("home.toml", "name = \"Home\"\ncapacity_kwh = 5\nkw = \"2\"\n");
    folder
}

const TEN_DAYS: &str = "compare --consumption @/readings.csv --tariff @/flat.toml --from 2026-02-10 --to 2026-02-20 --currency GBP";

/// What a tank takes is in no reading: a tariff that has no plan lacks it, and is neither first nor advised.
#[test]
fn what_has_no_plan_is_not_set_beside_what_has_one() {
    let folder = february(false);
    let line = format!("{TEN_DAYS} --tariff @/tier.toml --thermal @/tank.toml --now FLAT --exit-fee 0");
    let answer = folder.json(&line);
    let tier = offer(&answer, "TIER");
    assert_eq!((&tier["rank"], &tier["lacks_devices"]), (&2.into(), &true.into()), "{tier}");
    assert_eq!(money(&tier["used"]["cost_minor"]), "4460".parse().unwrap());
    assert!(money(&offer(&answer, "FLAT")["foresight"]["cost_minor"]) > "5300".parse().unwrap());
    assert!(tier.get("beside_present").is_none(), "{tier}");
    let page = folder.run(&line).stdout_of_success();
    assert!(!page.contains("Moving from") && !page.contains("TIER costs"), "{page}");
    let written = folder.run(&format!("{line} --html @/page.html"));
    assert_eq!(written.code, 0, "{}", written.stderr);
    let html = std::fs::read_to_string(folder.at("page.html")).unwrap();
    assert!(html.contains("as used, without the devices"), "{html}");
    // A battery only keeps what is in the readings.
    let kept = folder.json(&format!("{TEN_DAYS} --tariff @/tier.toml --battery @/home.toml"));
    assert_eq!(
        (&kept["choice"]["offers"][0]["code"], offer(&kept, "TIER").get("lacks_devices")),
        (&"TIER".into(), None)
    );
    // A bill that cannot be made of a plan leaves the other tariffs standing.
    let scaled = folder.json(&format!("{TEN_DAYS} --tariff @/scale.toml --thermal @/tank.toml"));
    assert!(offer(&scaled, "SCALE")["unplanned"].as_str().unwrap().contains("expected_kwh"), "{scaled}");
    assert!(offer(&scaled, "FLAT").get("unplanned").is_none());
}

/// Without the 12 kWh of the 5th, 96 were used before: 24 at 20 p, 60 at 30 p, 36 at 40 p and £5.
#[test]
fn what_was_used_before_is_filled_as_for_a_bill() {
    let folder = february(true);
    let total = |more: &str| {
        let answer = folder.json(&format!("{TEN_DAYS} --tariff @/tier.toml {more}"));
        let tariffs = answer["tariffs"].as_array().unwrap().clone();
        tariffs.iter().find(|tariff| tariff["code"] == "TIER").map(|tariff| money(&tariff["total_minor"]))
    };
    assert_eq!(total("--missing zero"), Some("4220".parse().unwrap()));
    assert_eq!(total("--missing profile"), Some("4460".parse().unwrap()));
    assert_eq!(total(""), None);
}

#[test]
fn as_used_it_is_the_comparison_without_devices() {
    let plain = json(FORTNIGHT);
    assert!(plain.get("choice").is_none() && plain.get("sizes").is_none());
    let best = json(&format!("{FORTNIGHT} --battery data/batteries/ten.toml"));
    for field in ["tariffs", "months", "from", "to", "currency", "rules"] {
        assert_eq!(best[field], plain[field], "{field}");
    }
    for tariff in plain["tariffs"].as_array().unwrap() {
        let offer = offer(&best, tariff["code"].as_str().unwrap());
        assert_eq!(offer["used"]["total_minor"], tariff["total_minor"]);
        let months = |months: &Value, key: &str| -> Vec<Value> {
            months.as_array().unwrap().iter().map(|month| month[key].clone()).collect()
        };
        assert_eq!(months(&offer["used"]["months"], "cost_minor"), months(&tariff["months"], "total_minor"));
        let [least, rolled] = ["foresight", "rolling"].map(|way| money(&offer[way]["objective_minor"]));
        assert!(least <= rolled, "{offer}");
        let days = offer["days"].as_array().unwrap();
        assert!(money(&days[0]["cost_minor"]) < money(&days[1]["cost_minor"]));
        assert!(days.iter().all(|day| [46, 48].contains(&day["slots"].as_array().unwrap().len())));
    }
    assert_eq!(offer(&best, "rates")["published_day_ahead"], true);
    assert_eq!(offer(&best, "E-1R-GO-VAR-22-10-14-C")["published_day_ahead"], false);
}

#[test]
fn staying_is_an_answer_and_parts_sum_to_the_whole() {
    let line = format!("{FORTNIGHT} --battery data/batteries/ten.toml --foresight --resample 200 --seed 7");
    let answer = json(&format!("{line} --now E-1R-VAR-22-11-01-C"));
    let choice = &answer["choice"];
    assert_eq!((choice["present"].as_u64(), choice["move"].get("stay")), (Some(2), None));
    for offer in choice["offers"].as_array().unwrap().iter().take(2) {
        let beside = &offer["beside_present"];
        let parts = ["price_minor", "shifting_minor", "fixed_minor"].map(|part| money(&beside[part]));
        assert_eq!(Money::sum(parts).unwrap(), money(&beside["cost_minor"]));
        let range = ["p10_minor", "p50_minor", "p90_minor"].map(|part| money(&offer["range"][part]));
        assert!(range[0] <= range[1] && range[1] <= range[2] && range[2] < Money::ZERO, "{offer}");
    }
    assert_eq!(answer, json(&format!("{line} --now data/tariffs/flat.toml")));
    let dear = json(&format!("{line} --now E-1R-VAR-22-11-01-C --exit-fee 100"));
    assert_eq!(dear["choice"]["move"]["stay"], "exit_fee");
    assert_eq!(json(&format!("{line} --now rates"))["choice"]["move"]["stay"], "cheapest");
    let page = run(&format!("{line} --now E-1R-VAR-22-11-01-C --exit-fee 100")).stdout_of_success();
    assert!(page.contains("leaving costs £100.00, moving saves £"), "{page}");
}

#[test]
fn export_is_planned_for_without_readings_of_it_and_sizes_are_weighed() {
    let folder = Folder::new();
    folder.file("out.toml", "code = \"OUT\"\ndirection = \"export\"\nunit_rate = \"15\"\n");
    let line =
        format!("{FORTNIGHT} --export-tariff @/out.toml --battery data/batteries/ten.toml --foresight");
    let answer = folder.run(&format!("{line} --size-kwh 5,10 --size-price 2000,3000 --format json")).json();
    let go = offer(&answer, "E-1R-GO-VAR-22-10-14-C");
    assert_eq!((go["export_code"].as_str(), go["used"]["export_minor"].as_str()), (Some("OUT"), Some("0")));
    assert!(money(&go["foresight"]["export_minor"]) > Money::ZERO);
    let sizes = answer["sizes"].as_array().unwrap();
    assert_eq!(sizes[1]["cost_minor"], answer["choice"]["offers"][0]["foresight"]["cost_minor"]);
    assert!(money(&sizes[0]["saved_minor"]) < money(&sizes[1]["saved_minor"]));
    assert!(sizes.iter().all(|size| size["payback_years"].is_string()));
    let rows = folder.run(&format!("{line} --format csv"));
    assert_eq!(rows.code, 0, "{}", rows.stderr);
    assert_eq!(rows.stdout.lines().count(), 7, "{}", rows.stdout);
}

#[test]
fn what_makes_no_sense_is_told() {
    let folder = Folder::new();
    folder.file("out.toml", "code = \"OUT\"\ndirection = \"export\"\nunit_rate = \"15\"\n");
    folder.file("euro.toml", "code = \"EURO\"\ncurrency = \"EUR\"\ntax = \"20%\"\nunit_rate = \"15\"\n");
    folder.file("past.toml", "code = \"PAST\"\nrates = [{ to = \"2026-03-25\", price = \"9\" }]\n");
    folder.file("late.toml", "code = \"LATE\"\nrates = [{ from = \"2026-03-26\", price = \"9\" }]\n");
    folder
        .file("odd.toml", "capacity_kwh = 5\nkw = 3\n[[trips]]\nleave = \"8h\"\nback = \"18:00\"\nkwh = 1\n");
    folder.file("day.toml", "capacity_kwh = 5\nkw = 3\n[[trips]]\ndays = [\"noday\"]\nleave = \"08:00\"\nback = \"18:00\"\nkwh = 1\n");
    folder.file("far.toml", "name = \"Far\"\ncapacity_kwh = 50\nkw = 3\n[[trips]]\nleave = \"08:00\"\nback = \"18:00\"\nkwh = 60\n");
    let battery = "--battery data/batteries/ten.toml --foresight";
    for (rest, words) in [
        (format!("{battery} --tariff @/euro.toml"), vec!["EUR", "GBP"]),
        (
            format!("{battery} --tariff @/past.toml --tariff @/late.toml"),
            vec!["no time that all have in common", "LATE"],
        ),
        (
            format!("{battery} --tariff data/tariffs/flat.toml"),
            vec!["E-1R-VAR-22-11-01-C", "code of its own"],
        ),
        (format!("{battery} --battery data/batteries/ten.toml"), vec!["Home battery", "name of its own"]),
        ("--battery @/odd.toml --foresight".to_owned(), vec!["trips", "row 1", "leave", "8h"]),
        ("--battery @/day.toml --foresight".to_owned(), vec!["trips", "days", "noday"]),
        ("--battery data/tariffs/flat.toml".to_owned(), vec!["flat.toml", "unknown field"]),
        (format!("{battery} --now nothing.toml"), vec!["nothing.toml"]),
        (
            format!("{battery} --now E-1R-GO-VAR-22-10-14"),
            vec!["none of the tariffs", "did you mean E-1R-GO-VAR-22-10-14-C?"],
        ),
        (
            format!("{battery} --now E-1R-VAR-22-11-01-C --export-tariff @/out.toml --now-export IN"),
            vec!["now_export", "\"IN\"", "OUT"],
        ),
        ("--battery @/far.toml --foresight".to_owned(), vec!["the devices can be planned under no tariff"]),
        (format!("{battery} --resample 100001"), vec!["100001", "100000"]),
    ] {
        let outcome = folder.run(&format!("{FORTNIGHT} {rest}"));
        let message = outcome.refusal();
        assert!(words.iter().all(|word| message.contains(word)), "{rest}: {message}");
    }
    for (rest, words) in [
        ("--export-tariff @/out.toml".to_owned(), vec!["--export-consumption", "--battery"]),
        ("--resample 10".to_owned(), vec!["--battery"]),
        (format!("{battery} --size-kwh 5,10 --size-price 100"), vec!["2 sizes", "1 prices"]),
        (format!("{battery} --size-kwh 5,0 --size-price 1,1"), vec!["size_kwh", "\"0\"", "above 0"]),
        (
            format!("{battery} --size-kwh 1000000000 --size-price 1"),
            vec!["size_kwh", "1000000000", "10000 kWh"],
        ),
        (format!("{battery} --size-kwh 5 --size-price=-1"), vec!["size_price", "-1", "below zero"]),
        (format!("{battery} --resample 9"), vec!["resample", "9", "10 histories at least"]),
        (format!("{battery} --resample 0"), vec!["--resample 0", "leave it out"]),
        (format!("{battery} --past-days 3"), vec!["--past-days", "--foresight"]),
        (format!("{battery} --project-to 2026-12-01"), vec!["--project-to"]),
    ] {
        let outcome = folder.run(&format!("{FORTNIGHT} {rest}"));
        assert_eq!(outcome.code, 2, "{rest}: {}", outcome.stderr);
        assert!(words.iter().all(|word| outcome.stderr.contains(word)), "{rest}: {}", outcome.stderr);
    }
    // A tariff whose energy goes by tiers has its bill, and no plan: it is said.
    folder.file(
        "tiers.toml",
        "code = \"TIERS\"\ntiers = { every = \"month\", steps = [{ up_to_kwh = \"100\", rate = \"20\" }, { rate = \"30\" }] }\n",
    );
    let tiers = folder.run(&format!("{FORTNIGHT} {battery} --tariff @/tiers.toml")).stdout_of_success();
    assert!(tiers.contains("TIERS is shown as used, for it cannot be planned"), "{tiers}");
}

#[test]
fn the_common_span_is_said_and_all_are_ranked_over_it() {
    let folder = Folder::new();
    folder.file("past.toml", "code = \"PAST\"\nrates = [{ to = \"2026-03-25\", price = \"9\" }]\n");
    let answer = folder
        .run(&format!(
            "{FORTNIGHT} --tariff @/past.toml --battery data/batteries/ten.toml --foresight --format json"
        ))
        .json();
    assert_eq!(answer["choice"]["to"], "2026-03-25T00:00:00Z");
    let slots: Vec<&Value> =
        answer["tariffs"].as_array().unwrap().iter().map(|tariff| &tariff["coverage"]["slots"]).collect();
    assert!(slots.iter().all(|slots| **slots == 240), "{slots:?}");
    assert!(answer["notices"].to_string().contains("in common: 2026-03-20"), "{}", answer["notices"]);
}
