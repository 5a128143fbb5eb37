//! What the command prints: formats, colours, standard input, and figures worked elsewhere.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{kwhen, kwhen_with};
use serde_json::{Value, json};

const SAMPLE: [&str; 6] = [
    "--rates",
    "data/rates.csv",
    "--consumption",
    "data/consumption.csv",
    "--standing-charges",
    "data/standing-charges.csv",
];

fn bill(more: &[&str]) -> Value {
    kwhen(["bill"].iter().chain(&SAMPLE).chain(more).chain(&["--format", "json"])).json()
}

/// The sum of exact decimal strings, in units of 10^-20.
fn sum<'a>(texts: impl Iterator<Item = &'a Value>) -> i128 {
    texts.map(|text| units(text.as_str().unwrap())).sum()
}

fn units(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{fraction:0<20}").parse::<i128>().unwrap()
}

#[test]
fn a_bills_json_holds_the_promised_fields_and_adds_up() {
    for rules in ["exact", "octopus"] {
        for by in ["month", "week", "day", "market-day", "half-hour"] {
            let bill = bill(&["--rules", rules, "--by", by]);
            assert_eq!(bill["from"], "2025-11-01T00:00:00Z");
            assert_eq!(bill["to"], "2026-11-01T00:00:00Z");
            assert_eq!((&bill["time_zone"], &bill["rules"]), (&json!("Europe/London"), &json!(rules)));
            assert_eq!(bill["coverage"]["slots"], 17_520);
            assert_eq!(bill["coverage"]["billed_slots"], 17_520 - 58 - 1);
            assert_eq!(bill["coverage"]["missing_consumption"].as_array().unwrap().len(), 7);
            assert_eq!(
                bill["coverage"]["missing_rates"],
                json!([{"from": "2026-02-11T04:30:00Z", "to": "2026-02-11T05:00:00Z"}])
            );
            let lines = bill["lines"].as_array().unwrap();
            let periods = bill["periods"].as_array().unwrap();
            let of = |field: &str| units(bill[field].as_str().unwrap());
            assert_eq!(sum(lines.iter().map(|line| &line["net_minor"])), of("net_minor"));
            assert_eq!(of("net_minor") + of("vat_minor"), of("total_minor"));
            for field in ["kwh", "net_minor", "vat_minor", "total_minor"] {
                assert_eq!(
                    sum(periods.iter().map(|period| &period[field])),
                    of(field),
                    "{rules} {by} {field}"
                );
            }
            let slots: u64 = periods.iter().map(|period| period["slots"].as_u64().unwrap()).sum();
            assert_eq!(slots, 17_520);
        }
    }
}

#[test]
fn clock_change_days_have_their_own_slots_and_one_standing_charge() {
    for (date, next, slots) in [("2026-03-29", "2026-03-30", 46), ("2026-10-25", "2026-10-26", 50)] {
        let bill = bill(&["--from", date, "--to", next]);
        assert_eq!(bill["coverage"]["slots"], slots);
        let standing =
            bill["lines"].as_array().unwrap().iter().find(|line| line["kind"] == "standing_charge").unwrap();
        assert_eq!(standing["days"], 1);
    }
}

/// Worked from the files with awk, apart from any code of this project:
///
/// ```sh
/// awk -F, 'NR==FNR { if (FNR>1) rate[$3]=$1; next } FNR>1 && $2>="2026-01-14T" && $2<"2026-01-15T" { k+=$1; c+=$1*rate[$2] }
///   END { printf "%.3f %.5f\n", k, c }' data/rates.csv data/consumption.csv
/// ```
#[test]
fn a_winter_day_costs_what_awk_says() {
    let bill = bill(&["--from", "2026-01-14", "--to", "2026-01-15"]);
    let energy = &bill["lines"][0];
    assert_eq!((&energy["kwh"], &energy["net_minor"]), (&json!("10.953"), &json!("277.49479")));
}

#[test]
fn csv_has_a_header_and_as_many_fields_in_every_row() {
    for more in [&["--by", "day"][..], &[]] {
        let csv =
            kwhen(["bill"].iter().chain(&SAMPLE).chain(more).chain(&["--format", "csv"])).stdout_of_success();
        let mut rows = csv.lines();
        let header = rows.next().unwrap();
        assert!(header.contains("net_minor"));
        // The words of a standing charge hold a comma.
        let fields =
            |row: &str| row.split('"').step_by(2).map(|part| part.matches(',').count()).sum::<usize>();
        assert!(rows.clone().count() >= 3);
        assert!(rows.all(|row| fields(row) == fields(header)), "{csv}");
    }
}

#[test]
fn cheapest_agrees_with_trying_every_start() {
    // Every 3-hour run of 14 January 2026 that starts on a half-hour, straight from the file.
    let text = std::fs::read_to_string(kwhen_tests::repository().join("data/rates.csv")).unwrap();
    let day: Vec<(String, f64)> = text
        .lines()
        .filter(|row| row.contains(",2026-01-14T") && !row.ends_with(",2026-01-14T00:00:00Z"))
        .map(|row| {
            let fields: Vec<&str> = row.split(',').collect();
            (fields[2].to_owned(), fields[1].parse().unwrap())
        })
        .collect();
    assert_eq!(day.len(), 48);
    let (start, average) = day
        .windows(6)
        .map(|run| (run[0].0.clone(), run.iter().map(|(_, rate)| rate).sum::<f64>() / 6.0))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap();
    let arguments = [
        "cheapest",
        "--rates",
        "data/rates.csv",
        "--duration",
        "3h",
        "--from",
        "2026-01-14",
        "--to",
        "2026-01-15",
    ];
    let found = kwhen(arguments.into_iter().chain(["--format", "json"])).json();
    let best = &found["windows"][0];
    assert_eq!(best["blocks"][0]["from"], start);
    assert_eq!((&best["duration_minutes"], &best["starts"]), (&json!(180), &json!(1)));
    let found_average: f64 = best["average_minor_per_kwh"].as_str().unwrap().parse().unwrap();
    assert!((found_average - average).abs() < 1e-6, "{found_average} {average}");
}

#[test]
fn windows_come_best_first_and_apart() {
    let arguments = [
        "cheapest",
        "--rates",
        "data/rates.csv",
        "--duration",
        "90m",
        "--top",
        "5",
        "--within",
        "22:00..07:00",
    ];
    let found = kwhen(arguments.into_iter().chain([
        "--from",
        "2026-10-24",
        "--to",
        "2026-10-27",
        "--format",
        "json",
    ]))
    .json();
    let windows = found["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 5);
    let averages: Vec<f64> = windows
        .iter()
        .map(|window| window["average_minor_per_kwh"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(averages.is_sorted(), "{averages:?}");
    let mut spans: Vec<(&str, &str)> = windows
        .iter()
        .map(|window| {
            (window["blocks"][0]["from"].as_str().unwrap(), window["blocks"][0]["to"].as_str().unwrap())
        })
        .collect();
    spans.sort_unstable();
    assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{spans:?}");
}

#[test]
fn no_run_crosses_the_missing_rate() {
    let arguments = [
        "cheapest",
        "--rates",
        "data/rates.csv",
        "--from",
        "2026-02-11T00:00:00Z",
        "--to",
        "2026-02-11T09:30:00Z",
    ];
    let found = kwhen(arguments.into_iter().chain(["--duration", "4h30m", "--format", "json"])).json();
    // 00:00 to 04:30 and 05:00 to 09:30 are the only runs of that length.
    let from = found["windows"][0]["blocks"][0]["from"].as_str().unwrap();
    assert!(["2026-02-11T00:00:00Z", "2026-02-11T05:00:00Z"].contains(&from), "{from}");
    let _ = kwhen(arguments.into_iter().chain(["--duration", "5h"])).refusal();
}

#[test]
fn standard_input_is_a_dash() {
    let rates = std::fs::read(kwhen_tests::repository().join("data/rates.csv")).unwrap();
    let arguments = |file| {
        let times = ["--from", "2026-07-30", "--to", "2026-07-31"];
        ["cheapest", "--rates", file, "--duration", "2h", "--format", "csv"].into_iter().chain(times)
    };
    let piped = kwhen_with(arguments("-"), &rates, &[]).stdout_of_success();
    assert_eq!(piped, kwhen(arguments("data/rates.csv")).stdout_of_success());
}

#[test]
fn json_rates_and_csv_rates_are_the_same_rates() {
    let text = std::fs::read_to_string(kwhen_tests::repository().join("data/rates.csv")).unwrap();
    // Newest first and cut into two pages, as the API gives them.
    let mut rows: Vec<String> = text
        .lines()
        .skip(1)
        .map(|row| {
            let fields: Vec<&str> = row.split(',').collect();
            format!(
                r#"{{"value_exc_vat":{},"value_inc_vat":{},"valid_from":"{}","valid_to":"{}","payment_method":null}}"#,
                fields[0], fields[1], fields[2], fields[3]
            )
        })
        .collect();
    rows.reverse();
    let (first, second) = rows.split_at(rows.len() / 2);
    let page = |rows: &[String]| {
        format!(r#"{{"count":{},"results":[{}]}}"#, text.lines().count() - 1, rows.join(","))
    };
    let pages = format!("{}\n{}\n", page(first), page(second));
    let bill = |file| {
        ["bill", "--rates", file, "--consumption", "data/consumption.csv", "--by", "day", "--format", "csv"]
    };
    let from_json = kwhen_with(bill("-"), pages.as_bytes(), &[]).stdout_of_success();
    assert_eq!(from_json, kwhen(bill("data/rates.csv")).stdout_of_success());
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let arguments = [
        "cheapest",
        "--rates",
        "data/rates.csv",
        "--duration",
        "3h",
        "--from",
        "2026-07-30",
        "--to",
        "2026-07-31",
    ];
    let plain = kwhen(arguments).stdout_of_success();
    assert!(!plain.contains('\u{1b}'));
    let forced = kwhen(arguments.into_iter().chain(["--color", "always"])).stdout_of_success();
    assert!(forced.contains('\u{1b}'));
    let unwanted = kwhen_with(arguments.into_iter().chain(["--color", "auto"]), b"", &[("NO_COLOR", "1")]);
    assert_eq!(unwanted.stdout_of_success(), plain);
    for format in ["json", "csv"] {
        let output =
            kwhen(arguments.into_iter().chain(["--color", "always", "--format", format])).stdout_of_success();
        assert!(!output.contains('\u{1b}'), "{format}");
    }
}

#[test]
fn pages_fit_eighty_columns() {
    for arguments in [
        &[
            "bill",
            "--rates",
            "data/rates.csv",
            "--consumption",
            "data/consumption.csv",
            "--standing-charges",
            "data/standing-charges.csv",
            "--by",
            "month",
        ][..],
        &["cheapest", "--rates", "data/rates.csv", "--duration", "3h", "--top", "3"],
        &["cheapest", "--rates", "data/rates.csv", "--duration", "40h", "--split", "--max-starts", "3"],
        &["demo"],
    ] {
        let page = kwhen(arguments).stdout_of_success();
        for line in page.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            assert_eq!(line, line.trim_end(), "ends in blanks");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let outcome = kwhen_tests::command::shell(
        "kwhen bill --rates data/rates.csv --consumption data/consumption.csv --by half-hour | head -n 1",
    );
    assert_eq!((outcome.code, outcome.stderr.as_str(), outcome.stdout.lines().count()), (0, "", 1));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let arguments = ["demo", "--format", "json"];
    assert_eq!(kwhen(arguments).stdout_of_success(), kwhen(arguments).stdout_of_success());
}

#[test]
fn on_a_terminal_there_are_colours_unless_no_color_is_set() {
    // util-linux's `script` gives the command a terminal.
    let on_terminal = |set: &str| {
        let command = "kwhen cheapest --rates data/rates.csv --duration 3h";
        kwhen_tests::command::shell(&format!(
            "{set} TERM=xterm script --quiet --return --command '{command}' /dev/null"
        ))
    };
    let coloured = on_terminal("");
    if coloured.code != 0 {
        println!("skipped: no `script` to make a terminal with: {}", coloured.stderr);
        return;
    }
    assert!(coloured.stdout.contains('\u{1b}'), "{}", coloured.stdout);
    let plain = on_terminal("NO_COLOR=1").stdout;
    assert!(plain.contains("p/kWh") && !plain.contains('\u{1b}'), "{plain}");
}
