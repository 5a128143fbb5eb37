//! Pages for people: as wide as there is room, in ASCII where that is wanted, and again and again.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, executable, kwhen_with, run};
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

/// A line of every kind of page.
const PAGES: [&str; 25] = [
    "demo",
    "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --during 2026-02 --by day",
    "bill --rates data/rates.csv --consumption data/consumption.csv --during 2026-01 --rules all",
    "bill --tariff data/tariffs/economy-7.toml --consumption data/consumption.csv --from 2026-07-20 --to 2026-08-10",
    "bill --rates tests/cases/hourly-meter/quarter-hour-prices.csv --consumption tests/cases/hourly-meter/hourly-meter.csv --time-zone Europe/Berlin --rate-in-slot mean",
    "compare --consumption data/consumption.csv --tariff data/rates.csv,data/standing-charges.csv --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml",
    "cheapest --rates data/rates.csv --duration 3h --from 2026-03-28T12:00 --to 2026-03-29T12:00 --top 3 --statistics",
    "cheapest --rates data/rates.csv --duration 9h --split --max-starts 3 --from 2026-10-24T16:00 --to 2026-10-25T23:00 --frontier --why-not 18:00",
    "charge --rates data/rates.csv --kwh 22 --kw 7.4 --from 2026-01-14T18:00 --by 07:00 --frontier --why-not 02:30",
    "battery --rates data/rates.csv --load data/consumption.csv --capacity-kwh 10 --kw 5 --from 2026-07-01 --to 2026-07-03",
    "battery --rates data/rates.csv --load data/consumption.csv --capacity-kwh 10 --kw 5 --from 2026-07-01 --to 2026-07-02 --explain",
    "battery --rates data/rates.csv --capacity-kwh 10 --kw 5 --from 2026-07-01 --to 2026-07-02 --show policy",
    "battery --battery data/batteries/home.toml --rates data/rates.csv --load data/consumption.csv --appliance data/batteries/dishwasher.toml --from 2026-10-14T17:00 --to 2026-10-15T17:00 --budget 2s",
    "backtest --rates data/rates.csv --load data/consumption.csv --capacity-kwh 10 --kw 5 --from 2026-03-01 --to 2026-03-08",
    "backtest --rates data/rates.csv --load data/consumption.csv --capacity-kwh 10 --kw 5 --from 2026-03-01 --to 2026-03-04 --sweep-capacity-kwh 5,10 --sweep-kw 3,5",
    "now --rates data/rates.csv --at 2026-10-24T16:30",
    "today --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --at 2026-10-24T16:30",
    "tariff show data/tariffs/economy-7.toml",
    "tariff show data/rates.csv --date 2026-10-25",
    "tariff explain E-2R-VAR-22-11-01-C",
    "inspect data/consumption.csv",
    "doctor",
    "self-test",
    "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --during 2026-02 --rules octopus --show-working",
    "bill --rates data/rates.csv --consumption data/consumption.csv --from 2026-03-29 --to 2026-03-30 --by half-hour --rules ladder --show-working",
];

fn at(line: &str, columns: &str) -> Outcome {
    kwhen_with(line.split_whitespace(), b"", &[("COLUMNS", columns), ("KWHEN_API_KEY", "")])
}

/// The page without the second at which it was made, which `doctor` shows.
fn timeless(page: &str) -> String {
    page.lines()
        .filter(|line| !line.contains("clock: it is "))
        .fold(String::new(), |all, line| all + line + "\n")
}

fn length(line: &str) -> usize {
    line.chars().count()
}

#[test]
fn no_line_of_a_page_is_wider_than_the_terminal() {
    for page in PAGES {
        let whole = run(page);
        assert_eq!(whole.code, 0, "{page}: {}", whole.stderr);
        for columns in ["40", "80", "120"] {
            let outcome = at(page, columns);
            assert_eq!(outcome.code, 0, "{page}: {}", outcome.stderr);
            let widest = outcome.stdout.lines().max_by_key(|line| length(line)).unwrap();
            assert!(length(widest) <= columns.parse().unwrap(), "{page} at {columns}: {widest}");
            assert!(outcome.stdout.lines().all(|line| line.trim_end() == line), "{page} at {columns}");
        }
        // Where there is room for all it is as it ever was.
        assert_eq!(timeless(&at(page, "1000").stdout), timeless(&whole.stdout), "{page}");
        // A bound that is none is passed over.
        assert_eq!(timeless(&at(page, "wide").stdout), timeless(&whole.stdout), "{page}");
    }
}

#[test]
fn a_plain_page_is_ascii_without_colours_boxes_and_charts() {
    for page in PAGES {
        let outcome = at(&format!("{page} --plain"), "80");
        assert_eq!(outcome.code, 0, "{page}: {}", outcome.stderr);
        let odd: String =
            outcome.stdout.chars().filter(|mark| !mark.is_ascii() || *mark == '\u{1b}').collect();
        assert_eq!(odd, "", "{page}: {}", outcome.stdout);
        assert!(
            !outcome.stdout.contains("##") && !outcome.stdout.contains(" | "),
            "{page}: {}",
            outcome.stdout
        );
    }
    let page =
        run("bill --rates data/rates.csv --consumption data/consumption.csv --during 2026-02 --plain").stdout;
    assert!(page.contains("Europe/London - rules: exact") && page.contains("  GBP 73.18\n"), "{page}");
    // The chart's extremes are said.
    let page = run("now --rates data/rates.csv --at 2026-10-24T16:30 --plain").stdout;
    assert!(page.contains("p/kWh: at the least ") && page.contains(", at the most "), "{page}");
    for (line, what) in [("--format json", "--format text"), ("--color always", "cannot be used with")] {
        let outcome = run(&format!("now --rates data/rates.csv --at 2026-10-24T16:30 --plain {line}"));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{line}");
        assert!(outcome.stderr.contains(what), "{}", outcome.stderr);
    }
}

#[test]
fn every_help_has_an_example_and_groups_its_flags() {
    let commands: Vec<String> = {
        let help = run("--help").stdout_of_success();
        let within =
            help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        within
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned))
            .filter(|name| !name.is_empty() && name != "help")
            .collect()
    };
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let help = run(&format!("{command} --help")).stdout_of_success();
        assert!(help.contains("Examples:\n  kwhen "), "{command}: {help}");
        assert!(help.contains("Common options:"), "{command}: {help}");
    }
    for (command, headings) in [
        ("bill", ["Period:", "How files are read:", "Tax, currency and market:", "Gas:"].as_slice()),
        ("charge", ["How files are read:"].as_slice()),
        ("fetch", ["Service:"].as_slice()),
    ] {
        let help = run(&format!("{command} --help")).stdout_of_success();
        for heading in headings {
            assert!(help.contains(heading), "{command} has no {heading}\n{help}");
        }
    }
}

#[test]
fn a_watched_answer_is_shown_again_until_ctrl_c() {
    let line = "watch now --rates data/rates.csv --at 2026-10-24T16:30 --every 10ms";
    let once = run(&format!("{line} --times 1"));
    assert_eq!(once.stdout, run("now --rates data/rates.csv --at 2026-10-24T16:30").stdout);
    assert_eq!(run(&format!("{line} --times 3")).stdout, once.stdout.repeat(3));
    // Without an end it goes on, and Ctrl-C ends it in order.
    let mut child = Command::new(executable())
        .args(line.split_whitespace())
        .env("KWHEN_CONFIG", "none")
        .current_dir(repository())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    while seen < 2 {
        seen += usize::from(lines.next().unwrap().unwrap().contains("p/kWh until"));
    }
    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(pressed.success());
    let reader = std::thread::spawn(move || lines.for_each(drop));
    let ended = child.wait().unwrap();
    reader.join().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((ended.code(), said.as_str()), (Some(0), ""));
    for (flag, what) in
        [("--every 0s", "more than no time"), ("--times 0", "0"), ("--every soon", "not a time such as")]
    {
        let outcome = run(&format!("watch now --rates data/rates.csv --at 2026-10-24T16:30 {flag}"));
        assert_eq!(outcome.code, 2, "{flag}");
        assert!(outcome.stderr.contains(what), "{}", outcome.stderr);
    }
}

#[test]
fn what_is_watched_takes_the_defaults_of_its_own_command() {
    let folder = Folder::new();
    folder.file("kwhen.toml", "[command.now]\nrates = \"rates.csv\"\n");
    std::fs::copy(repository().join("data/rates.csv"), folder.at("rates.csv")).unwrap();
    let shown = folder.run("watch now --config @/kwhen.toml --at 2026-10-24T16:30 --times 1");
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("p/kWh until"), "{}", shown.stdout);
}
