//! Tariffs that others publish, read from an address, and bills that others published, made again.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{Answer, Fault, Server};
use kwhen_tests::command::{json, run};
use std::path::Path;

const FJORDNETT: &str = "tests/cases/published-tariffs/fjordnett.yml";

fn published(server: &Server, fault: Fault) -> String {
    server.fail_with([fault]);
    format!("{}/tariffer/fjordnett.yml", server.url())
}

/// What a file would be read as, with the address that it came from; source, licence and date are those of the file.
#[test]
fn a_tariff_is_imported_from_its_address() {
    let server = Server::start().unwrap();
    let text = std::fs::read(kwhen_tests::repository().join(FJORDNETT)).unwrap();
    let as_file = run(&format!("tariff import {FJORDNETT}")).stdout_of_success();
    let address = published(&server, Fault::answer(&Answer::json(200, text.clone())));
    let fetched = run(&format!("tariff import {address} --allow-http")).stdout_of_success();
    let (first, rest) = as_file.split_once('\n').unwrap();
    assert_eq!(fetched, format!("{first}\n# Fetched from {address}\n{rest}"));
    assert!(first.contains("CC BY 4.0") && rest.starts_with("# Dated 2026-02-01"), "{as_file}");
    assert!(server.seen().iter().all(|seen| seen.authorization.is_none()));

    let address = published(&server, Fault::answer(&Answer::json(200, text)));
    let answer = json(&format!("tariff import {address} --allow-http"));
    assert_eq!((&answer["address"], &answer["dated"]), (&address.as_str().into(), &"2026-02-01".into()));
}

#[test]
fn an_address_that_gives_no_tariff_is_refused_with_what_came() {
    let server = Server::start().unwrap();
    let not_found = Fault::answer(&Answer::html(404, "<html>Not Found</html>"));
    let page = Fault::answer(&Answer::html(200, "<html>The tariffs of Fjordnett</html>"));
    let elsewhere = Fault::redirect(302, "https://example.org/fjordnett.yml");
    for (fault, wanted) in [
        (not_found, vec!["fjordnett.yml", "404"]),
        (page, vec!["fjordnett.yml", "a web page came instead of a file", "the address of the file itself"]),
        (elsewhere, vec!["fjordnett.yml", "example.org"]),
        (Fault::answer(&Answer::json(200, "")), vec!["an empty document came"]),
        (Fault::answer(&Answer::json(200, "{}")), vec!["none of the tariffs that are known"]),
        (Fault::oversized(40), vec!["fjordnett.yml", "32"]),
    ] {
        let address = published(&server, fault);
        let message = run(&format!("tariff import {address} --allow-http")).refusal();
        for wanted in wanted {
            assert!(message.contains(wanted), "{wanted:?} in {message}");
        }
    }
    let address = format!("{}/fjordnett.yml", server.url());
    let message = run(&format!("tariff import {address}")).refusal();
    assert!(message.contains("http:// is not https"), "{message}");
    let message = run("tariff import ftp://example.org/fjordnett.yml").refusal();
    assert!(message.contains("ftp:// is not https"), "{message}");
    drop(server);
    let message = run(&format!("tariff import {address} --allow-http")).refusal();
    assert!(message.contains("fjordnett.yml"), "{message}");
    let refused = run(&format!("tariff import {FJORDNETT} --allow-http"));
    assert!(refused.code == 2 && refused.stderr.contains("--allow-http is of no use"), "{}", refused.stderr);
}

/// BKK's part of fri-nettleie's form, with the prices that the network prints for 2026 without tax.
const BKK: &str = "\
netteier: 'BKK AS'
sist_oppdatert: '2026-01-01'
tariffer:
  - kundegrupper: [husholdning, fritid]
    gyldig_fra: '2026-01-01'
    fastledd:
      metode: TRE_DØGNMAX_MND
      terskel_inkludert: true
      terskler:
        - {terskel: 0, pris: 1488}
        - {terskel: 2, pris: 2400}
        - {terskel: 5, pris: 3984}
        - {terskel: 10, pris: 5760}
    energiledd:
      grunnpris: 10.50
      unntak:
        - {navn: 'Høylast virkedag', timer: 6-21, dager: [virkedag], pris: 28.77}
";

/// What the source of the network leaves out, and the invoice has: Norway's tax on electricity and Enova's fee.
const TAXES: &str = "
[[components]]
name = \"Forbruksavgift\"
kind = \"tax\"
unit_rate = \"7.13\"

[[components]]
name = \"Enovaavgift\"
kind = \"tax\"
unit_rate = \"1\"
";

/// An hour of each kind has the same energy, but for the three peaks and what the sums leave over.
fn hours_of_march(folder: &Path) {
    let oslo = kwhen::time::Calendar::named("Europe/Oslo").unwrap();
    let (mut at, end) = (oslo.parse("2026-03-01").unwrap(), oslo.parse("2026-04-01").unwrap());
    let peaks = [("2026-03-25T16", "4.798"), ("2026-03-06T17", "4.557"), ("2026-03-26T19", "4.534")];
    let mut text = "interval_start,interval_end,consumption\n".to_owned();
    let (mut days, mut nights) = (0, 0);
    while at < end {
        let local = oslo.local_text(at);
        let is_working_day = !matches!(
            chrono::Datelike::weekday(&oslo.local(at)),
            chrono::Weekday::Sat | chrono::Weekday::Sun
        );
        let is_day = is_working_day && (6..22).contains(&chrono::Timelike::hour(&oslo.local(at)));
        let peak = peaks.iter().find(|(hour, _)| local.starts_with(hour)).map(|(_, kwh)| *kwh);
        let kwh = match (peak, is_day) {
            (Some(kwh), _) => kwh,
            (None, true) => {
                days += 1;
                if days == 1 { "2.515" } else { "2.343" }
            }
            (None, false) => {
                nights += 1;
                if nights == 1 { "1.899" } else { "1.845" }
            }
        };
        let next = at + chrono::TimeDelta::hours(1);
        text.push_str(&format!(
            "{},{},{kwh}\n",
            kwhen::time::instant_text(at),
            kwhen::time::instant_text(next)
        ));
        at = next;
    }
    assert_eq!((days, nights), (349, 391));
    std::fs::write(folder.join("use.csv"), text).unwrap();
}

/// An invoice of BKK for March 2026 that a customer published (fredrik-lindseth/Stromkalkulator, docs/fakturaer/bkk-mars-2026.md): 831.768 kWh
/// by day for 299.13 crowns with tax, 721.449 kWh at night for 94.69, capacity of 2-5 kW 250.00, electricity tax 138.43, Enova 19.41; 801.66.
/// The three peaks are of 25, 6 and 26 March, of the month that is billed. Its hours are not those of the customer; sums and peaks are.
#[test]
fn a_norwegian_invoice_is_made_again_to_the_ore() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    hours_of_march(folder.path());
    std::fs::write(folder.path().join("bkk.yml"), BKK).unwrap();
    let imported = run(&format!("tariff import {path}/bkk.yml")).stdout_of_success();
    std::fs::write(folder.path().join("bkk.toml"), format!("{imported}{TAXES}")).unwrap();
    let rules = "name = \"invoice\"\nvat_on = \"line\"\nline = { places = 0, rounding = \"half-up\" }\nvat = { places = 0, rounding = \"half-up\" }\n";
    std::fs::write(folder.path().join("rules.toml"), rules).unwrap();
    let bill = json(&format!(
        "bill --tariff {path}/bkk.toml --consumption {path}/use.csv --rules {path}/rules.toml --tax 25% --time-zone Europe/Oslo --from 2026-03-01 --to 2026-04-01"
    ));
    assert_eq!((&bill["kwh"], &bill["currency"]), (&"1553.217".into(), &"NOK".into()));
    let lines: Vec<(String, String, String)> = bill["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] != "energy")
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            (text("description"), text("kwh"), text("net_minor"))
        })
        .collect();
    let line = |name: &str, kwh: &str| {
        let found = lines.iter().find(|(text, of, _)| text.starts_with(name) && of == kwh);
        found.unwrap_or_else(|| panic!("{name} {kwh}: {lines:?}")).2.clone()
    };
    // In øre without tax: with a quarter more, rounded, they are the invoice's 299.13, 94.69, 250.00, 138.43 and 19.41.
    assert_eq!(line("Energiledd", "831.768"), "23930");
    assert_eq!(line("Energiledd", "721.449"), "7575");
    assert_eq!(line("Fastledd 4.630 kW", ""), "20000");
    assert_eq!(line("Forbruksavgift", "1553.217"), "11074");
    assert_eq!(line("Enovaavgift", "1553.217"), "1553");
    assert_eq!((&bill["net_minor"], &bill["total_minor"]), (&"64132".into(), &"80166".into()));
}

/// Twelve months' peaks of a home in Flanders as Wikibooks has them (Energietransitie/Capaciteitstarief): those below 2.5 kW count 2.5, the
/// mean is 1.782 times 2.5, which is 4.456 (the page prints its digits as 4.546). At 40 euros a kW and year May costs a twelfth by days.
#[test]
fn flanders_mean_of_twelve_months_is_the_published_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let peaks = ["4.6", "0", "1.028", "3.444", "4.164", "4.564", "6", "9.2", "5", "4.12", "4.88"];
    let months = ["06", "07", "08", "09", "10", "11", "12", "01", "02", "03", "04"];
    let known: Vec<String> = months
        .iter()
        .zip(peaks)
        .map(|(month, peak)| format!("\"{}-{month}\" = \"{peak}\"", if *month < "05" { 2026 } else { 2025 }))
        .collect();
    let definition = format!(
        "code = \"V\"\ntime_zone = \"Europe/Brussels\"\ntax = \"none\"\nunit_rate = \"0\"\n[[components]]\nname = \"Capaciteitstarief\"\n[components.capacity]\n\
         slot_minutes = 15\nmonths = 12\nminimum_kw = \"2.5\"\nprice_per_kw = \"4000\"\nevery = \"year\"\nknown_peaks = {{ \"2025-05\" = \"0.632\", {} }}\n",
        known.join(", ")
    );
    std::fs::write(folder.path().join("v.toml"), definition).unwrap();
    // April: its twelve months begin in May of the year before.
    let readings = "interval_start,interval_end,consumption\n2026-03-31T22:00:00Z,2026-03-31T22:15:00Z,0.1\n";
    std::fs::write(folder.path().join("use.csv"), readings).unwrap();
    let bill = json(&format!(
        "bill --tariff {path}/v.toml --consumption {path}/use.csv --time-zone Europe/Brussels --from 2026-04-01 --to 2026-05-01"
    ));
    let line = bill["lines"].as_array().unwrap().iter().find(|line| line["kind"] == "capacity").unwrap();
    assert!(line["description"].as_str().unwrap().contains("4.456 kW, 2026-04"), "{line}");
    // 4.456 kW × 4,000 ct × 30 days of 365.
    assert!(line["net_minor"].as_str().unwrap().starts_with("1464.98630136"), "{line}");
}

/// The tax of a definition is known, so that its prices with it are: 26.4 × 1.05 and, from October 2026, 26.4.
#[test]
fn the_prices_of_a_definition_are_shown_with_the_tax_that_is_billed() {
    let shown =
        |date: &str, more: &str| json(&format!("tariff show data/tariffs/go.toml --date {date} {more}"));
    let rates = |answer: &serde_json::Value| -> Vec<(String, String)> {
        let rates = answer[0]["rates"].as_array().unwrap().iter();
        let text = |rate: &serde_json::Value, name: &str| rate[name].as_str().unwrap_or("-").to_owned();
        rates.map(|rate| (text(rate, "value_exc_vat"), text(rate, "value_inc_vat"))).collect()
    };
    let pair = |exc: &str, inc: &str| (exc.to_owned(), inc.to_owned());
    let march = rates(&shown("2026-03-09", ""));
    assert_eq!(march, [pair("26.4", "27.72"), pair("8.0953", "8.500065"), pair("26.4", "27.72")]);
    let november = rates(&shown("2026-11-09", ""));
    assert_eq!(november[0], pair("26.4", "26.4"));
    let page = run("tariff show data/tariffs/go.toml --date 2026-03-09").stdout_of_success();
    assert!(page.contains("27.72") && !page.lines().any(|line| line.ends_with(" -")), "{page}");
    let rows = run("tariff show data/tariffs/go.toml --date 2026-03-09 --format csv").stdout_of_success();
    assert!(rows.contains(",8.0953,8.500065"), "{rows}");
    // Where nobody knows the tax there is none to show.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("u.toml");
    std::fs::write(&file, "code = \"U\"\ntime_zone = \"Europe/Warsaw\"\nunit_rate = \"1\"\n").unwrap();
    assert_eq!(rates(&json(&format!("tariff show {}", file.display()))), [pair("1", "-")]);
}
