//! Answers as pages of HTML.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::run;
use kwhen_tests::folder::Folder;

const BATTERY: &str = "battery --rates data/rates.csv --export-rates data/export-rates.csv --load data/consumption.csv --solar data/solar.csv --capacity-kwh 10 --kw 5 --wear 1.5 --fill-gaps";

/// Every question's page of its own data; what is printed is what is printed without it.
#[test]
fn every_answer_is_a_page_that_needs_nothing_else() {
    let folder = Folder::new();
    let statement = "kind,kwh,rate,days,amount_minor\nenergy,400,24.5,,9800\n";
    folder.file("statement.csv", statement);
    let battery = format!("{BATTERY} --from 2026-10-24T16:30 --to 2026-10-25T23:00");
    let backtest =
        format!("backtest {} --from 2026-03-01 --to 2026-03-08", BATTERY.trim_start_matches("battery "));
    for line in [
        "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --during 2026-03 --by day",
        "compare --tariff data/rates.csv --tariff data/tariffs/go.toml --consumption data/consumption.csv --during 2026-03",
        "compare --tariff data/rates.csv --tariff data/tariffs/go.toml --consumption data/consumption.csv --from 2026-03-01 --to 2026-05-01 --battery data/batteries/ten.toml --now rates --resample 50",
        "cheapest --rates data/rates.csv --duration 3h --from 2026-10-24T16:30 --to 2026-10-25T23:00",
        "charge --rates data/rates.csv --kwh 22 --kw 7.4 --from 2026-01-14T18:00 --by 07:00",
        "now --rates data/rates.csv --at 2026-10-24T16:30",
        "today --rates data/rates.csv --at 2026-10-24T16:30",
        "tariff show data/tariffs/go.toml --date 2026-03-09",
        "reconcile --statement @/statement.csv --tariff data/tariffs/flat.toml --consumption data/consumption.csv --during 2026-03",
        &battery,
        &backtest,
    ] {
        let outcome = folder.run(&format!("{line} --html @/page.html"));
        assert_eq!(outcome.code, 0, "{line}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, folder.run(line).stdout, "{line}");
        assert_eq!(outcome.stderr, "", "{line}");
        let page = std::fs::read_to_string(folder.at("page.html")).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"), "{line}");
        for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{line}: {outside}");
        }
        assert_eq!(page.matches("<h1>").count(), 1, "{line}");
        assert!(!page.contains(['\u{1}', '\u{2}', '\u{1b}']), "{line}");
        // Tags are closed, and each chart has its table.
        for tag in ["table", "figure", "details", "svg", "div", "ul", "tr"] {
            let opened =
                page.matches(&format!("<{tag} ")).count() + page.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{line}: {tag}");
        }
        assert_eq!(page.matches("<figure").count(), page.matches("The figures as a table").count(), "{line}");
    }
}

#[test]
fn a_page_says_what_the_terminal_says() {
    let folder = Folder::new();
    let _ = folder.run("bill --rates data/rates.csv --consumption data/consumption.csv --during 2026-03 --by day --html @/page.html");
    let page = std::fs::read_to_string(folder.at("page.html")).unwrap();
    let bill = kwhen_tests::command::json(
        "bill --rates data/rates.csv --consumption data/consumption.csv --during 2026-03 --by day",
    );
    // A bar and a row of its table for each day.
    assert_eq!(page.matches("<td class=\"short\">2026-03-").count(), 31);
    assert!(page.contains("All 1,486 half-hours billed."), "{page}");
    assert_eq!(bill["periods"].as_array().unwrap().len(), 31);
    // The night on which the clocks go back: its second 01:00 is named by its zone, and the change is drawn.
    let _ = folder.run("cheapest --rates data/rates.csv --duration 3h --from 2026-10-24T16:30 --to 2026-10-25T23:00 --html @/night.html");
    let page = std::fs::read_to_string(folder.at("night.html")).unwrap();
    for part in [
        "Sun 25 Oct 01:00 to 01:30 BST",
        "Sun 25 Oct 01:00 to 01:30 GMT",
        "class=\"change\"",
        "<b>01:00 GMT</b>",
        "The clocks change",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_year_is_a_small_page() {
    let folder = Folder::new();
    let outcome = folder.run(&format!("{BATTERY} --from 2025-11-01 --to 2026-11-01 --html @/year.html"));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let size = std::fs::metadata(folder.at("year.html")).unwrap().len();
    assert!(size < 400_000, "{size}");
}

#[test]
fn what_is_read_is_not_written_over_and_names_are_text() {
    let folder = Folder::new();
    let rates = "valid_from,valid_to,value_inc_vat\n2026-03-09T00:00:00Z,2026-03-10T00:00:00Z,20\n";
    folder.file("rates.csv", rates);
    let refused = folder.refused("cheapest --rates @/rates.csv --duration 1h --html @/rates.csv");
    assert!(refused.contains("is a file that is read; name another"), "{refused}");
    std::os::unix::fs::symlink(folder.at("rates.csv"), folder.at("link.html")).unwrap();
    assert!(
        folder.refused("cheapest --rates @/rates.csv --duration 1h --html @/link.html").contains("is read")
    );
    assert_eq!(std::fs::read_to_string(folder.at("rates.csv")).unwrap(), rates);
    // A name that is markup is shown as it is.
    folder.file("<b>&\"x.csv", rates);
    folder.file("go.toml", "code = \"<script>alert(1)</script>\"\nunit_rate = 20\nstanding_charge = 40\n");
    let consumption = "start,kwh\n2026-03-09T00:00:00Z,1\n";
    folder.file("readings.csv", consumption);
    let outcome = folder.run("compare --tariff @/go.toml --consumption @/readings.csv --html @/page.html");
    if outcome.code == 0 {
        let page = std::fs::read_to_string(folder.at("page.html")).unwrap();
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    }
    assert_eq!(run("schema bill --html /nonexistent/x.html").code, 2);
}
