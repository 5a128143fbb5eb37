//! Files as they come from sites and loggers, through the command: what is left out, what they say of their own cost, gas, several files,
//! other lengths of slots, and files that are no good.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use chrono::{DateTime, Utc};
use kwhen::time::Calendar;

use kwhen_tests::command::kwhen_with;
use kwhen_tests::folder::Folder;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;

/// The slots of a local day in London, each as the clock shows it.
fn day(date: &str, minutes: i64) -> Vec<(DateTime<Utc>, String)> {
    let calendar = Calendar::great_britain();
    let span = calendar.day(date.parse().unwrap()).unwrap();
    (0..span.seconds() / (minutes * 60))
        .map(|slot| span.from() + chrono::TimeDelta::minutes(slot * minutes))
        .map(|at| (at, calendar.local_text(at)))
        .collect()
}

/// A website's export of a day on which half-hours are left out: 0.2 kWh at 25 p each, 1.12 p of the standing charge.
fn website(left_out: &[usize]) -> String {
    let mut text =
        "Consumption (kwh), Estimated Cost Inc. Tax (p), Standing Charge Inc. Tax (p), Start, End\n"
            .to_owned();
    let slots = day("2026-07-01", 30);
    for (place, (at, local)) in slots.iter().enumerate().filter(|(place, _)| !left_out.contains(place)) {
        let end = Calendar::great_britain().local_text(*at + chrono::TimeDelta::minutes(30));
        let _ = writeln!(text, "0.200, {}, 1.12, {local}, {end}", if place % 2 == 0 { "5" } else { "5.0" });
    }
    text
}

const RATES: &str = "valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,,25\n";
const STANDING: &str = "valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,,53.76\n";
const BILL: &str = "bill --rates @/rates.csv --standing-charges @/standing.csv --consumption";

#[test]
fn half_hours_that_a_site_leaves_out_are_of_no_use_and_counted_apart() {
    let folder = Folder::of([
        ("web.csv", website(&[3, 4, 20]).into_bytes()),
        ("rates.csv", RATES.into()),
        ("standing.csv", STANDING.into()),
    ]);
    let line = format!("{BILL} @/web.csv");
    let bill = folder.json(&line);
    let coverage = |bill: &Value| {
        let count = |name: &str| bill["coverage"][name].as_u64().unwrap();
        (count("slots"), count("billed_slots"), bill["left_out_slots"].as_u64().unwrap_or(0))
    };
    assert_eq!((coverage(&bill), bill["kwh"].as_str()), ((48, 48, 3), Some("9")));
    let half = folder.json(&format!("{line} --from 2026-07-01T00:00 --to 2026-07-01T02:00"));
    assert_eq!(coverage(&half), (4, 4, 1));
    let page = folder.run(&line).stdout;
    assert!(page.contains("3 half-hours of them are not in the file"), "{page}");
    // Said otherwise they are gaps; so are those of a file that has a zero.
    for policy in ["exclude", "refuse", "zero"] {
        let outcome = folder.run(&format!("{line} --missing {policy} --format json"));
        match policy {
            "refuse" => assert!(
                outcome.stderr.contains("3 slots of the period have no reading"),
                "{}",
                outcome.stderr
            ),
            _ => {
                let bill: Value = serde_json::from_str(&outcome.stdout).unwrap();
                let billed = if policy == "zero" { 48 } else { 45 };
                assert_eq!(coverage(&bill), (48, billed, 0), "{policy}");
            }
        }
    }
    // A plain file says nothing of it; the policy does.
    let plain: String = day("2026-07-01", 30)
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != 7)
        .map(|(_, (_, local))| format!("{local},0.5\n"))
        .collect();
    fs::write(folder.path().join("plain.csv"), format!("start,kwh\n{plain}")).unwrap();
    assert_eq!(coverage(&folder.json(&format!("{BILL} @/plain.csv"))), (48, 47, 0));
    let told = folder.json(&format!("{BILL} @/plain.csv --missing left-out-zero"));
    assert_eq!(coverage(&told), (48, 48, 1));
}

#[test]
fn a_files_own_costs_check_the_bill() {
    let folder = Folder::of([
        ("web.csv", website(&[]).into_bytes()),
        ("rates.csv", RATES.into()),
        ("dearer.csv", RATES.replace(",25", ",26").into()),
        ("standing.csv", STANDING.into()),
    ]);
    // 48 half-hours at 5 p are 240 p; 48 times 1.12 p is 53.76 p a day.
    let bill = folder.json(&format!("{BILL} @/web.csv"));
    let checks = bill["printed"].as_array().unwrap();
    assert_eq!(checks.len(), 2, "{bill}");
    assert_eq!((checks[0]["kind"].as_str(), checks[0]["file_minor"].as_str()), (Some("energy"), Some("240")));
    assert_eq!(checks[1]["file_minor"].as_str(), Some("53.76"));
    assert!(checks.iter().all(|check| check["agrees"] == true), "{bill}");
    let page = folder.run(&format!("{BILL} @/web.csv")).stdout;
    assert!(
        page.contains("The file's own Estimated Cost Inc. Tax (p): 240.00 pence, this bill's 240.00."),
        "{page}"
    );
    let dearer = folder.json("bill --rates @/dearer.csv --consumption @/web.csv");
    let checks = dearer["printed"].as_array().unwrap();
    assert_eq!((checks.len(), checks[0]["agrees"].as_bool()), (1, Some(false)));
    assert_eq!(checks[0]["difference_minor"].as_str(), Some("9.6"));
}

#[test]
fn gas_in_place_of_electricity_is_named() {
    let gas = website(&[]).replace("Consumption (kwh)", "Consumption (m³)");
    let folder = Folder::of([
        ("gas.csv", gas.into_bytes()),
        ("rates.csv", RATES.into()),
        ("standing.csv", STANDING.into()),
    ]);
    let line = format!("{BILL} @/gas.csv");
    let message = folder.refused(&line);
    assert!(message.contains("says that it is of gas") && message.contains("--gas-unit"), "{message}");
    let bill = folder.json(&format!("{line} --gas-unit m3 --calorific-value 39.2"));
    assert!(bill["kwh"].as_str().unwrap().starts_with("106."), "{}", bill["kwh"]);
    assert!(folder.refused("compare --consumption @/gas.csv --tariff @/rates.csv").contains("of gas"));
}

#[test]
fn several_files_are_read_as_one() {
    let rows = |from: usize, to: usize| -> Vec<u8> {
        let rows = day("2026-10-25", 30)[from..to]
            .iter()
            .map(|(_, local)| format!("{local},0.5\n"))
            .collect::<String>();
        format!("start,kwh\n{rows}").into_bytes()
    };
    let folder = Folder::of([
        ("part-1.csv", rows(0, 20)),
        ("part-2.csv", rows(18, 50)),
        ("other.csv", b"start,kwh\n2026-10-25T00:00:00+01:00,9\n2026-10-25T00:30:00+01:00,9\n".to_vec()),
        (
            "rates-1.csv",
            b"valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,2026-10-25T01:00:00Z,20\n".to_vec(),
        ),
        ("rates-2.csv", b"valid_from,valid_to,value_inc_vat\n2026-10-25T01:00:00Z,,30\n".to_vec()),
    ]);
    for files in ["@/part-*.csv", "@/part-2.csv,@/part-1.csv", "@/part-?.csv,@/part-1.csv"] {
        let found = folder.json(&format!("inspect {files}"));
        assert_eq!((found["rows"].as_u64(), found["kwh"].as_str()), (Some(50), Some("25")), "{files}");
    }
    // Four half-hours at 20 p before one in the morning UTC, 46 at 30 p behind it: 2 kWh and 23 kWh.
    let bill = folder.json("bill --rates @/rates-*.csv --consumption @/part-*.csv");
    assert_eq!(bill["kwh"].as_str(), Some("25"));
    let printed: Vec<&str> =
        bill["lines"].as_array().unwrap().iter().filter_map(|line| line["kwh"].as_str()).collect();
    assert_eq!(printed, ["2", "23"]);
    let message = folder.refused("inspect @/part-1.csv,@/other.csv");
    assert!(message.contains("two files disagree on the slot from 2026-10-24T23:00:00Z"), "{message}");
    assert!(folder.refused("inspect @/none-*.csv").contains("no file has such a name"));
    assert!(folder.refused("inspect @/part-1.csv,@/rates-1.csv").contains("some prices"));
}

#[test]
fn slots_of_other_lengths_at_both_clock_changes() {
    for (date, hours) in [("2026-03-29", 23_u64), ("2026-10-25", 25)] {
        let rows = |minutes: i64, kwh: &str| -> Vec<u8> {
            let rows =
                day(date, minutes).iter().map(|(_, local)| format!("{local},{kwh}\n")).collect::<String>();
            format!("start,kwh\n{rows}").into_bytes()
        };
        let folder = Folder::of([("quarters.csv", rows(15, "0.1")), ("hours.csv", rows(60, "0.3"))]);
        let found = |line: &str| {
            let found = folder.json(&format!("inspect {line}"));
            (
                found["slot_minutes"].as_u64().unwrap(),
                found["rows"].as_u64().unwrap(),
                found["kwh"].as_str().unwrap().to_owned(),
            )
        };
        let energy = |tenths: u64| {
            let text = format!("{}.{}", tenths / 10, tenths % 10);
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        };
        assert_eq!(found("@/quarters.csv --slot 30m"), (30, hours * 2, energy(hours * 4)), "{date}");
        assert_eq!(found("@/quarters.csv --slot 1h"), (60, hours, energy(hours * 4)), "{date}");
        let message = folder.refused("inspect @/hours.csv --slot 30m");
        assert!(
            message.contains("longer than slots of 30") && message.contains("--spread even"),
            "{message}"
        );
        assert_eq!(
            found("@/hours.csv --slot 30m --spread even"),
            (30, hours * 2, energy(hours * 3)),
            "{date}"
        );
        let spread = folder.json("inspect @/hours.csv --slot 30m --spread even");
        assert!(spread["notices"].to_string().contains("which is an estimate"), "{spread}");
        // A quarter-hour that is not there leaves its half-hour without a reading.
        let text = fs::read_to_string(folder.path().join("quarters.csv")).unwrap();
        let lines: Vec<&str> =
            text.lines().enumerate().filter(|(place, _)| *place != 6).map(|(_, line)| line).collect();
        fs::write(folder.path().join("holed.csv"), lines.join("\n")).unwrap();
        assert_eq!(found("@/holed.csv --slot 30m"), (30, hours * 2 - 1, energy(hours * 4 - 2)), "{date}");
        let out = folder.path().join("out.csv");
        assert_eq!(folder.run("convert @/quarters.csv @/out.csv --slot 30m").code, 0);
        let converted = fs::read_to_string(&out).unwrap();
        assert_eq!(converted.lines().count() as u64, hours * 2 + 1);
        assert!(converted.lines().skip(1).all(|line| line.starts_with("0.2,")), "{converted}");
    }
}

#[test]
fn a_register_that_is_reset_on_a_night_of_change() {
    for (date, hours) in [("2026-03-29", 23_u64), ("2026-10-25", 25)] {
        let mut text = "statistic_id,start,sum\n".to_owned();
        for (place, (at, _)) in day(date, 60).iter().enumerate() {
            // From the fifth hour on a new meter counts from 0.
            let sum = if place < 4 { 1_000 + place } else { place - 4 };
            let _ = writeln!(text, "sensor.import,{},{sum}", at.timestamp());
        }
        let folder = Folder::of([("register.csv", text.into_bytes())]);
        let found = folder.json("inspect @/register.csv");
        assert_eq!(found["layout"].as_str(), Some("home-assistant-statistics"), "{found}");
        // Of so many readings one less is a difference, and that of the exchange is not known.
        assert_eq!(
            (found["rows"].as_u64(), found["kwh"].as_str()),
            (Some(hours - 2), Some(&*(hours - 2).to_string())),
            "{date}"
        );
        assert!(found["notices"].to_string().contains("stands lower than the reading before"), "{found}");
    }
}

/// A zip archive of members that are stored as they are.
fn zip(members: &[(String, &[u8])], flags: u16) -> Vec<u8> {
    let (mut archive, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let offset = u32::try_from(archive.len()).unwrap().to_le_bytes();
        let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let common = [
            &20_u16.to_le_bytes()[..],
            &flags.to_le_bytes(),
            &[0, 0, 0, 0, 0, 0],
            &crc.sum().to_le_bytes(),
            &size,
            &size,
            &length,
            &[0, 0],
        ]
        .concat();
        archive.extend([&b"PK\x03\x04"[..], &common, name.as_bytes(), bytes].concat());
        list.extend([&b"PK\x01\x02\x14\x00"[..], &common, &[0; 10], &offset, name.as_bytes()].concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let (size, at) = (u32::try_from(list.len()).unwrap(), u32::try_from(archive.len()).unwrap());
    archive.extend(list);
    archive.extend(
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]]
            .concat(),
    );
    archive
}

/// A workbook of one sheet.
fn workbook(rows: &str, behind: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData>{behind}</worksheet>");
    zip(
        &[
            (
                "xl/workbook.xml".to_owned(),
                b"<workbook><sheets><sheet name=\"a\"/></sheets></workbook>".as_slice(),
            ),
            ("xl/worksheets/sheet1.xml".to_owned(), sheet.as_bytes()),
        ],
        0,
    )
}

#[test]
fn a_workbook_is_read_and_one_with_merged_headings_is_not() {
    let text = |cells: [&str; 2]| cells.map(|cell| format!("<c t=\"str\"><v>{cell}</v></c>")).concat();
    let rows = format!(
        "<row>{}</row><row>{}</row><row>{}</row>",
        text(["start", "kwh"]),
        "<c t=\"str\"><v>2026-07-01T00:00:00Z</v></c><c><v>0.28999999999999998</v></c>",
        "<c t=\"str\"><v>2026-07-01T00:30:00Z</v></c><c><v>0.5</v></c>"
    );
    let folder = Folder::of([
        ("good.xlsx", workbook(&rows, "")),
        ("merged.xlsx", workbook(&rows, "<mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells>")),
        ("empty.xlsx", workbook("", "")),
    ]);
    assert_eq!(folder.json("inspect @/good.xlsx")["kwh"].as_str(), Some("0.79"));
    assert!(folder.refused("inspect @/merged.xlsx").contains("has merged cells"));
    assert!(folder.refused("inspect @/empty.xlsx").contains("without a table"));
}

#[test]
fn files_that_are_no_good_are_named_by_one_message() {
    let good = website(&[]).into_bytes();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &good).unwrap();
    let gzip = gzip.finish().unwrap();
    let one = [("web.csv".to_owned(), good.as_slice())];
    let many: Vec<(String, &[u8])> =
        (0..1_000).map(|place| (format!("{place}.csv"), good.as_slice())).collect();
    let whole = zip(&one, 0);
    let mut damaged = whole.clone();
    damaged[60] ^= 1;
    let page =
        b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Sign in</body></html>".to_vec();
    let folder = Folder::of([
        ("rates.csv", RATES.into()),
        ("standing.csv", STANDING.into()),
        ("whole.zip", whole.clone()),
        ("cut.csv.gz", gzip[..gzip.len() / 2].to_vec()),
        ("cut.zip", whole[..whole.len() / 2].to_vec()),
        ("damaged.zip", damaged),
        ("many.zip", zip(&many, 0)),
        ("none.zip", zip(&[], 0)),
        ("secret.zip", zip(&one, 1)),
        ("page.csv", page.clone()),
        ("page.zip", zip(&[("page.csv".to_owned(), page.as_slice())], 0)),
        ("cut.parquet", b"PAR1\x15\x04".to_vec()),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ("bill.pdf", b"%PDF-1.7\n".to_vec()),
        ("nothing.csv", Vec::new()),
        ("noise.bin", (0..=255).cycle().take(2_000).map(|byte: u16| (byte % 256) as u8).collect()),
    ]);
    assert_eq!(folder.json("inspect @/whole.zip")["rows"].as_u64(), Some(48));
    for (file, wanted) in [
        ("cut.csv.gz", "is it whole?"),
        ("cut.zip", "is it whole?"),
        ("damaged.zip", "checksum"),
        ("many.zip", "1000 files"),
        ("none.zip", "no file in it"),
        ("secret.zip", "with a password"),
        ("page.csv", "web page"),
        ("page.zip", "web page"),
        ("cut.parquet", "Parquet"),
        ("old.xls", "old Excel file"),
        ("bill.pdf", "PDF"),
        ("nothing.csv", ""),
        ("noise.bin", ""),
    ] {
        for line in
            [format!("inspect @/{file}"), format!("{BILL} @/{file}"), format!("convert @/{file} @/out.csv")]
        {
            let message = folder.refused(&line);
            assert!(message.contains(wanted) && message.contains(file), "{line}: {message}");
            assert_eq!(message.lines().filter(|line| line.contains(file)).count(), 1, "{line}: {message}");
        }
        let message = folder.refused(&format!("bill --rates @/{file} --consumption @/whole.zip"));
        assert!(message.contains(wanted) && message.contains(file), "{file}: {message}");
        assert!(!folder.path().join("out.csv").exists(), "{file}");
    }
}

/// The request and a file cannot both come from standard input; nor can two files.
#[test]
fn standard_input_is_read_once() {
    let asked = r#"{"rates":"none.csv","standing-charges":"none.csv","consumption":"-"}"#;
    let told = kwhen_with(["bill", "--ask", "-"], asked.as_bytes(), &[]);
    assert_eq!((told.code, told.stdout.as_str()), (2, ""));
    assert!(told.stderr.contains("--ask and --consumption are"), "{}", told.stderr);
    let told = kwhen_with(["inspect", "-,-"], b"x", &[]);
    assert_ne!(told.code, 0, "{}", told.stdout);
}

#[test]
fn a_folder_in_place_of_a_file_is_named_as_one() {
    let folder = Folder::of([("day.csv", website(&[]).into_bytes()), ("rates.csv", RATES.into())]);
    let here = folder.path().display().to_string();
    for line in [format!("inspect {here}"), format!("bill --rates {here} --consumption @/day.csv")] {
        let message = folder.refused(&line);
        assert!(message.contains("is a folder") && message.contains("/*.csv"), "{message}");
    }
}
