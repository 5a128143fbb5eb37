//! Places beyond Great Britain: clocks that changed their law, prices of quarter-hours for meters that count hours.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, TimeDelta};
use kwhen_tests::command::{json, run};
use kwhen_tests::folder::Folder;

/// Since November 2026 the clock of Edmonton stays six hours behind UTC: 06:30Z on 1 December is 00:30 there.
#[test]
fn edmonton_bills_its_first_half_hours_of_december_in_december() {
    let place = "tests/cases/edmonton-stays-in-summer-time";
    let bill = json(&format!(
        "bill --rates {place}/edmonton-rates.csv --consumption {place}/edmonton.csv --time-zone America/Edmonton --tax 5% --by day"
    ));
    assert_eq!(bill["tzdb"], "2026f");
    let days = bill["periods"].as_array().unwrap();
    assert_eq!(days.len(), 1, "{days:?}");
    assert_eq!((&days[0]["label"], &days[0]["kwh"]), (&"2026-12-01".into(), &"2".into()));
}

/// 25 hours of 0.4 kWh under quarter-hourly prices: 204.0 for 10.0 kWh, each hour at the mean of its four.
#[test]
fn an_hourly_meter_under_quarter_hourly_prices_pays_the_mean_where_that_is_asked_for() {
    let place = "tests/cases/hourly-meter";
    let line = format!(
        "bill --rates {place}/quarter-hour-prices.csv --consumption {place}/hourly-meter.csv --time-zone Europe/Berlin --rate-vat exc"
    );
    let refused = run(&line);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("--rate-in-slot mean"), "{}", refused.stderr);
    let bill = json(&format!("{line} --rate-in-slot mean"));
    assert_eq!((&bill["kwh"], &bill["net_minor"]), (&"10".into(), &"204".into()));
    assert_eq!(bill["mean_rate_slots"], 25);
    let page = run(&format!("{line} --rate-in-slot mean")).stdout_of_success();
    assert!(page.contains("In 25 slots the rate changes; they are priced at the mean"), "{page}");
}

/// On the night on which the clock skips 01:30 a deadline at 01:30 is no time, however it is written.
#[test]
fn a_deadline_that_the_clock_skips_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rates = folder.path().join("rates.csv");
    let mut text = "start,rate\n".to_owned();
    for slot in 0..24 {
        let start =
            kwhen::time::parse_instant("2026-03-28T20:00:00Z").unwrap() + TimeDelta::minutes(30 * slot);
        text.push_str(&format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), 10 + slot % 5));
    }
    std::fs::write(&rates, text).unwrap();
    let plan = |by: &str| {
        run(&format!("charge --rates {} --kwh 2 --kw 2 --from 2026-03-28T20:00 --by {by}", rates.display()))
    };
    for by in ["01:30", "2026-03-29T01:30"] {
        let refused = plan(by);
        assert_eq!(refused.code, 1, "{by}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("is skipped by the clock of Europe/London on that day"),
            "{}",
            refused.stderr
        );
    }
    for by in ["02:00", "00:30"] {
        assert_eq!(plan(by).code, 0, "{by}");
    }
}

/// A folder with half-hours of 1 kWh over a local day, and definitions.
fn folder(zone: &str, definitions: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let calendar = kwhen::time::Calendar::named(zone).unwrap();
    let day = calendar.day("2026-06-01".parse().unwrap()).unwrap();
    let mut text = "start,kwh\n".to_owned();
    let mut at = day.from();
    while at < day.to() {
        text.push_str(&format!("{},1\n", kwhen::time::instant_text(at)));
        at += TimeDelta::minutes(30);
    }
    std::fs::write(folder.path().join("use.csv"), text).unwrap();
    for (name, definition) in definitions {
        std::fs::write(folder.path().join(name), definition).unwrap();
    }
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

const TOKYO: &str = r#"code = "TOKYO"
time_zone = "Asia/Tokyo"
vat = "inclusive"
tiers = { every = "day", steps = [{ up_to_kwh = "20", rate = "29.8" }, { rate = "36.4" }] }
"#;
const BERLIN: &str = r#"code = "BERLIN"
time_zone = "Europe/Berlin"
unit_rate = "25"
[[components]]
name = "Netzentgelt"
bands = [{ from = "00:00", to = "06:00", rate = "1.5" }, { from = "06:00", to = "24:00", rate = "7.5" }]
"#;

/// By hand: 20 kWh at 29.8 yen and 28 at 36.4 are 1615.2 yen with 10 % in them; the page cuts off what is less than a yen.
#[test]
fn tokyo_pays_yen_by_tiers_and_its_tax_is_in_the_table() {
    let (_kept, path) = folder("Asia/Tokyo", &[("tokyo.toml", TOKYO)]);
    let line = format!("bill --tariff {path}/tokyo.toml --consumption {path}/use.csv --time-zone Asia/Tokyo");
    let bill = json(&line);
    assert_eq!((&bill["currency"], &bill["minor_digits"]), (&"JPY".into(), &0.into()));
    assert_eq!((&bill["total_minor"], &bill["kwh"]), (&"1615.2".into(), &"48".into()));
    let page = run(&line).stdout_of_success();
    assert!(page.contains("¥1,615") && page.contains("consumption tax at 10 %"), "{page}");
    assert!(page.contains("Energy, 0 to 20 kWh a day at 29.8 ¥/kWh with VAT in"), "{page}");
}

/// By hand: 48 kWh at 25 ct, 12 of them at a fee of 1.5 and 36 at 7.5: 1488 ct, and 19 % on it are 282.72.
#[test]
fn berlin_pays_euros_with_a_grid_fee_of_its_own() {
    let (_kept, path) = folder("Europe/Berlin", &[("berlin.toml", BERLIN)]);
    let line =
        format!("bill --tariff {path}/berlin.toml --consumption {path}/use.csv --time-zone Europe/Berlin");
    let bill = json(&line);
    assert_eq!((&bill["net_minor"], &bill["vat_minor"]), (&"1488".into(), &"282.72".into()));
    assert_eq!((&bill["currency"], &bill["tax_name"]), (&"EUR".into(), &"USt".into()));
    let page = run(&line).stdout_of_success();
    assert!(page.contains("Netzentgelt at 7.5 ct/kWh") && page.contains("€17.71"), "{page}");
    let compared = json(&format!(
        "compare --tariff {path}/berlin.toml --consumption {path}/use.csv --time-zone Europe/Berlin"
    ));
    assert_eq!(
        (&compared["currency"], &compared["tariffs"][0]["total_minor"]),
        (&"EUR".into(), &"1770.72".into())
    );
}

/// Files in the shapes that others publish, each made into a definition that bills; what it does not express stands in it.
#[test]
fn published_tariffs_become_definitions_that_bill() {
    let folder = "tests/cases/published-tariffs";
    let (_kept, path) = folder_of_hours();
    for (file, zone, source, left, tax) in [
        ("fjordnett.yml", "Europe/Oslo", "CC BY 4.0", "OV_TREFASE", "--tax 25%"),
        ("imewo.yml", "Europe/Brussels", "MIT", "night_only", "--tax 6%"),
        ("pricelist.json", "Europe/Copenhagen", "Energinet", "GEBYR", ""),
        ("plan.json", "Australia/Sydney", "CDR", "Pay on time", ""),
    ] {
        let line = format!("tariff import {folder}/{file}");
        let text = run(&line).stdout_of_success();
        assert!(text.starts_with("# From ") && text.contains(source), "{text}");
        assert!(text.contains("# Not expressed: ") && text.contains(left), "{text}");
        let answer = json(&line);
        assert_eq!(answer["toml"], text.as_str());
        let said = answer["left_out"].as_array().unwrap();
        assert!(said.iter().any(|said| said.as_str().unwrap().contains(left)), "{said:?}");
        std::fs::write(format!("{path}/tariff.toml"), &text).unwrap();
        let exported = if text.contains("counts = \"export\"") {
            format!("--export-consumption {path}/use.csv")
        } else {
            String::new()
        };
        let market = if text.contains(".spot]") || text.contains("spot = {f") {
            format!("--spot {path}/market.csv --rate-vat exc")
        } else {
            String::new()
        };
        let bill = json(&format!(
            "bill --tariff {path}/tariff.toml --consumption {path}/use.csv {exported} {market} {tax} --time-zone {zone} --from 2026-05-06 --to 2026-05-07"
        ));
        assert_eq!(bill["kwh"], "24", "{file}");
    }
    assert!(
        run(&format!("tariff import {folder}/plan.json --time-zone Australia/Perth"))
            .stdout_of_success()
            .contains("Australia/Perth")
    );
    for (line, code, wanted) in [
        (
            format!("tariff import {folder}/fjordnett.yml --time-zone Europe/Oslo"),
            2,
            "--time-zone is of no use",
        ),
        (format!("tariff import {folder}/fjordnett.yml --name bedrift"), 1, "no tariff of that name"),
        (format!("tariff import {folder}/fjordnett.yml --format csv"), 2, "csv"),
        ("tariff import data/rates.csv".to_owned(), 1, "none of the tariffs that are known"),
        (format!("tariff import {path}/nosuch.yml"), 1, "cannot be read"),
    ] {
        let refused = run(&line);
        assert!(
            refused.code == code && refused.stderr.contains(wanted),
            "{line}: {} {}",
            refused.code,
            refused.stderr
        );
    }
}

/// 1 kW in every quarter of an hour from New Year's Eve 2025 into May 2026.
fn folder_of_hours() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let start = kwhen::time::parse_instant("2025-12-31T12:00:00Z").unwrap();
    let mut text = "interval_start,interval_end,consumption\n".to_owned();
    for quarter in 0..130_i64 * 96 {
        let at = |quarter| kwhen::time::instant_text(start + TimeDelta::minutes(15 * quarter));
        text.push_str(&format!("{},{},0.25\n", at(quarter), at(quarter + 1)));
    }
    std::fs::write(folder.path().join("use.csv"), text).unwrap();
    std::fs::write(folder.path().join("market.csv"), "valid_from,valid_to,rate\n2026-01-01T00:00:00Z,,10\n")
        .unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

/// Bad input abroad: one message with what, where and what to do, and the code of usage (2) or of work (1).
#[test]
fn bad_input_abroad_is_refused_in_one_message() {
    let tiers = "code = \"T\"\ntax = \"none\"\ntiers = { steps = [{ up_to_kwh = \"9\", rate = \"1\" }, { rate = \"2\" }] }\n";
    let holidays = "code = \"H\"\ntax = \"none\"\nholidays = [\"2025-12-25\"]\nbands = [{ from = \"00:00\", to = \"24:00\", rate = \"1\" }, \
        { from = \"00:00\", to = \"24:00\", days = [\"holiday\"], rate = \"2\" }]\n";
    let currency = "code = \"C\"\ncurrency = \"EURO\"\nunit_rate = \"1\"\n";
    let untaxed = "code = \"U\"\ntime_zone = \"Europe/Brussels\"\nunit_rate = \"1\"\n";
    let early =
        "code = \"E\"\nunit_rate = \"1\"\n[tax]\nrates = [{ from = \"2026-07-01\", rate = \"21%\" }]\n";
    let netting = "code = \"N\"\ntax = \"none\"\nunit_rate = \"1\"\nnetting = { every = \"fortnight\" }\n";
    let counts = "code = \"X\"\ntax = \"none\"\nunit_rate = \"1\"\n[[components]]\nname = \"S\"\ncounts = \"export\"\nunit_rate = \"-1\"\n";
    let (_kept, path) = folder(
        "Europe/Brussels",
        &[
            ("tiers.toml", tiers),
            ("holidays.toml", holidays),
            ("currency.toml", currency),
            ("untaxed.toml", untaxed),
            ("early.toml", early),
            ("netting.toml", netting),
            ("counts.toml", counts),
            ("tokyo.toml", TOKYO),
            ("berlin.toml", BERLIN),
            ("plain.toml", "code = \"P\"\nunit_rate = \"1\"\n"),
        ],
    );
    let common = format!("--consumption {path}/use.csv --time-zone Europe/Brussels");
    for (line, code, wanted) in [
        (
            format!("bill --tariff {path}/currency.toml {common}"),
            1,
            vec!["currency.toml", "EURO", "did you mean EUR"],
        ),
        (
            format!("bill --tariff {path}/plain.toml {common} --tax none --currency EURO"),
            2,
            vec!["EURO", "did you mean EUR"],
        ),
        (
            format!("bill --tariff {path}/untaxed.toml {common}"),
            1,
            vec!["tax", "2026-05-31T22:00:00Z", "--tax 21%"],
        ),
        (
            format!("bill --tariff {path}/early.toml {common}"),
            1,
            vec!["tax", "not known from 2026-05-31T22:00:00Z", "--tax 21%"],
        ),
        (
            format!("compare --tariff {path}/tokyo.toml --tariff {path}/berlin.toml {common}"),
            1,
            vec!["TOKYO is in JPY and BERLIN in EUR", "convert one"],
        ),
        (format!("bill --tariff {path}/tiers.toml {common}"), 1, vec!["tiers.toml", "every", "\"month\""]),
        (
            format!("bill --tariff {path}/holidays.toml {common}"),
            1,
            vec!["holiday", "2026", "add its dates of that year"],
        ),
        (
            format!("bill --tariff {path}/netting.toml {common}"),
            1,
            vec!["netting.toml", "fortnight", "month"],
        ),
        (
            format!("bill --tariff {path}/counts.toml {common}"),
            1,
            vec!["S", "counts", "--export-consumption FILE"],
        ),
        (
            format!("bill --tariff {path}/berlin.toml {common} --export-consumption {path}/use.csv"),
            2,
            vec!["--export-consumption is of no use", "netting"],
        ),
        (format!("compare --tariff {path}/counts.toml {common}"), 1, vec!["S", "--export-consumption"]),
    ] {
        let refused = run(&line);
        assert_eq!(refused.code, code, "{line}: {}", refused.stderr);
        for wanted in wanted {
            assert!(refused.stderr.contains(wanted), "{line}: {wanted:?} in {}", refused.stderr);
        }
        let messages = refused.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert!(refused.stdout.is_empty() && messages == 1, "{line}: {}", refused.stderr);
    }
    // By hand: 48 half-hours of 1 kWh in and out at 1 less 1.
    let bill =
        json(&format!("bill --tariff {path}/counts.toml {common} --export-consumption {path}/use.csv"));
    assert_eq!((&bill["total_minor"], &bill["kwh"]), (&"0".into(), &"48".into()));
    assert!(
        bill["lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["kind"] == "export" && line["net_minor"] == "-48")
    );
}

#[test]
fn what_money_does_not_say_of_itself_is_asked_for() {
    let plain = "code = \"PLAIN\"\nunit_rate = \"20\"\n";
    let market = "code = \"SPOT\"\ntax = \"none\"\nspot = { markup = \"2\", factor = \"1.1\" }\n";
    let (_kept, path) = folder(
        "Europe/Brussels",
        &[("tokyo.toml", TOKYO), ("berlin.toml", BERLIN), ("plain.toml", plain), ("spot.toml", market)],
    );
    let bill =
        format!("bill --tariff {path}/plain.toml --consumption {path}/use.csv --time-zone Europe/Brussels");
    let refused = run(&bill);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("--tax 21%"), "{}", refused.stderr);
    assert_eq!(json(&format!("{bill} --tax 6%"))["vat_minor"], "57.6");
    assert_eq!(json(&format!("{bill} --tax none"))["total_minor"], "960");
    assert_eq!(json(&format!("{bill} --tax none --currency CHF"))["currency"], "CHF");
    assert_eq!(run(&format!("{bill} --tax 6")).code, 2);
    let unknown = run(&format!("{bill} --tax none --currency EURO"));
    assert!(unknown.code == 2 && unknown.stderr.contains("did you mean EUR"), "{}", unknown.stderr);
    let two = run(&format!(
        "compare --tariff {path}/tokyo.toml --tariff {path}/berlin.toml --consumption {path}/use.csv --time-zone Europe/Berlin"
    ));
    assert!(two.code == 1 && two.stderr.contains("TOKYO is in JPY and BERLIN in EUR"), "{}", two.stderr);
    // By hand: a market price of 10 is 13, so 48 kWh are 624.
    std::fs::write(format!("{path}/market.csv"), "valid_from,valid_to,rate\n2026-05-01T00:00:00Z,,10\n")
        .unwrap();
    let spot =
        format!("bill --tariff {path}/spot.toml --consumption {path}/use.csv --time-zone Europe/Brussels");
    let refused = run(&spot);
    assert!(refused.code == 1 && refused.stderr.contains("--spot FILE"), "{}", refused.stderr);
    assert_eq!(json(&format!("{spot} --spot {path}/market.csv --rate-vat exc"))["total_minor"], "624");
    // The market's prices are without tax, as the help says, whether or not the flag is given.
    assert_eq!(json(&format!("{spot} --spot {path}/market.csv"))["total_minor"], "624");
    assert_eq!(run(&format!("{bill} --tax none --spot {path}/market.csv")).code, 2);
}

/// Days and months are counted on one clock: a tariff that names its own is not billed by another's months.
#[test]
fn a_tariff_of_months_is_billed_on_its_own_clock() {
    let folder = Folder::new();
    // An hour of 9 kWh at midnight of 1 April in Brussels, which is 31 March in London; else 1 kWh an hour.
    let mut rows = "start,kwh\n".to_owned();
    for hour in 0..24 * 40 {
        let at = DateTime::from_timestamp(1_772_319_600 + hour * 3_600, 0).unwrap();
        let kwh = if at.to_rfc3339().starts_with("2026-03-31T22:00") { 9 } else { 1 };
        rows.push_str(&format!("{},{kwh}\n", at.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    folder.file("use.csv", rows);
    let tariff = |extra: &str| {
        format!(
            "code = \"TZ\"\ntime_zone = \"Europe/Brussels\"\ncurrency = \"EUR\"\ntax = \"none\"\nunit_rate = \"0\"\n{extra}"
        )
    };
    folder.file(
        "peak.toml",
        tariff("[[components]]\nname = \"Cap\"\n[components.capacity]\nslot_minutes = 60\nprice_per_kw = \"100\"\nevery = \"month\"\n"),
    );
    let bill = "bill --tariff @/peak.toml --consumption @/use.csv --from 2026-04-01 --to 2026-04-08";
    let message = folder.refused(bill);
    for part in ["Cap", "time_zone", "Europe/Brussels", "Europe/London", "give --time-zone Europe/Brussels"] {
        assert!(message.contains(part), "{message}");
    }
    // By hand: 9 kW of 7 days out of 30, at 100 ct: 210 ct.
    assert_eq!(folder.json(&format!("{bill} --time-zone Europe/Brussels"))["total_minor"], "210");
    // What goes by energy and time alone may have a clock of its own.
    folder.file("flat.toml", tariff("[[components]]\nname = \"Grid\"\nunit_rate = \"2\"\n"));
    assert_eq!(
        folder
            .run("bill --tariff @/flat.toml --consumption @/use.csv --from 2026-03-02 --to 2026-03-03")
            .code,
        0
    );
}

/// By hand: a kWh comes in every half-hour of four days, and goes out again in the first two: of the month 96 kWh are bought, all on the last two
/// days. 48 at 1 p, 48 at 3 p and 5 p more for each of the first 48: 432 p, whether or not the bill begins where they do.
#[test]
fn tiers_go_by_what_was_bought_before_the_bill_less_what_was_set_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let rows = |kwh: fn(usize) -> u8| -> String {
        let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let row = |slot: usize| {
            let at = start + TimeDelta::minutes(30 * i64::try_from(slot).unwrap());
            format!("{},{}\n", at.format("%Y-%m-%dT%H:%M:%SZ"), kwh(slot))
        };
        std::iter::once("start,kwh\n".to_owned()).chain((0..192).map(row)).collect()
    };
    std::fs::write(path("in.csv"), rows(|_| 1)).unwrap();
    std::fs::write(path("out.csv"), rows(|slot| u8::from(slot < 96))).unwrap();
    let tiers = "code = \"T\"\ntax = \"none\"\nunit_rate = \"0\"\nnetting = { every = \"EVERY\" }\n\
        [[components]]\nname = \"Q\"\ntiers = { every = \"month\", steps = [{ up_to_kwh = \"48\", rate = \"1\" }, { rate = \"3\" }] }\n\
        [[components]]\nname = \"P\"\nunit_rate = \"5\"\nportion = { every = \"month\", from_kwh = \"0\", to_kwh = \"48\" }\n";
    for every in ["slot", "day"] {
        std::fs::write(path("t.toml"), tiers.replace("EVERY", every)).unwrap();
        for (from, to, total) in [
            ("01", "05", "432"),
            ("01", "03", "0"),
            ("03", "05", "432"),
            ("03", "04", "288"),
            ("04", "05", "144"),
        ] {
            let line = format!(
                "bill --consumption {} --export-consumption {} --tariff {} --from 2026-01-{from} --to 2026-01-{to}",
                path("in.csv"),
                path("out.csv"),
                path("t.toml")
            );
            let bill = json(&line);
            assert_eq!(bill["total_minor"], total, "{every} {from} {to}: {bill}");
        }
    }
}

/// What was used before the bill moves its tiers: a hole there is never counted as nothing without a word.
#[test]
fn a_hole_before_the_bill_moves_no_tier_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    // One kWh each half-hour of five days; none was read on the second day, from 06:00 to 12:00.
    let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    let row = |slot: usize| {
        let at = start + TimeDelta::minutes(30 * i64::try_from(slot).unwrap());
        (!(60..72).contains(&slot)).then(|| format!("{},1\n", at.format("%Y-%m-%dT%H:%M:%SZ")))
    };
    let rows: String = std::iter::once("start,kwh\n".to_owned()).chain((0..240).filter_map(row)).collect();
    std::fs::write(path("in.csv"), rows).unwrap();
    let tariff = |what: &str| {
        let text = format!(
            "code = \"T\"\ntax = \"none\"\nunit_rate = \"0\"\n[[components]]\nname = \"Q\"\n{what}\n"
        );
        std::fs::write(path("t.toml"), text).unwrap();
    };
    let refused = |line: &str| run(line).refusal();
    let line = |from: &str, to: &str, more: &str| {
        format!(
            "bill --consumption {} --tariff {} --from 2026-01-{from} --to 2026-01-{to} {more}",
            path("in.csv"),
            path("t.toml")
        )
    };
    // 144 kWh were used before the fourth day, 132 of them read: the cheap tier ends with 150.
    tariff(
        "tiers = { every = \"month\", steps = [{ up_to_kwh = \"150\", rate = \"1\" }, { rate = \"3\" }] }",
    );
    for more in ["", "--missing refuse", "--missing exclude"] {
        let said = refused(&line("04", "05", more));
        for word in
            ["2026-01-02T06:00:00Z to 2026-01-02T12:00:00Z", "12 slots", "--missing zero", "pro_rata", "Q"]
        {
            assert!(said.contains(word), "{more}: {word}: {said}");
        }
        assert_eq!(said.matches("Q").count(), 1, "{said}");
    }
    // Zero: 18 kWh at 1 p, 30 at 3 p. As usual: 6 at 1 p, 42 at 3 p.
    for (policy, total) in [("zero", "108"), ("profile", "132")] {
        let bill = json(&line("04", "05", &format!("--missing {policy}")));
        assert_eq!(bill["total_minor"], total, "{policy}: {bill}");
        assert_eq!(bill["estimates"]["slots"], 0, "{bill}");
        assert_eq!(bill["estimates"]["before"][0]["from"], "2026-01-02T06:00:00Z", "{bill}");
        let text = run(&line("04", "05", &format!("--missing {policy}"))).stdout_of_success();
        assert!(text.contains("before the bill"), "{text}");
    }
    // A bill that begins with its period holds the hole itself and names it: no tier is moved unseen.
    assert_eq!(
        json(&line("01", "05", ""))["coverage"]["missing_consumption"][0]["from"],
        "2026-01-02T06:00:00Z"
    );
    // A day's tiers begin anew each day; a year's reach back to its start.
    tariff("tiers = { every = \"day\", steps = [{ up_to_kwh = \"150\", rate = \"1\" }, { rate = \"3\" }] }");
    assert_eq!(json(&line("04", "05", ""))["total_minor"], "48");
    tariff("tiers = { every = \"year\", steps = [{ up_to_kwh = \"150\", rate = \"1\" }, { rate = \"3\" }] }");
    assert!(refused(&line("04", "05", "")).contains("2026-01-02T06:00:00Z"));
    // A quota of the month, and an amount by the month's energy.
    tariff("unit_rate = \"5\"\nportion = { every = \"month\", from_kwh = \"0\", to_kwh = \"150\" }");
    assert!(refused(&line("04", "05", "")).contains("2026-01-02T06:00:00Z"));
    assert_eq!(json(&line("04", "05", "--missing profile"))["total_minor"], "30");
    // The highest power of the month may have been in the hole.
    tariff("[components.capacity]\nslot_minutes = 60\npeaks = 1\nprice_per_kw = \"100\"\nevery = \"month\"");
    let said = refused(&line("04", "05", ""));
    assert!(said.contains("2026-01-02T06:00:00Z") && said.contains("known_peaks"), "{said}");
}
