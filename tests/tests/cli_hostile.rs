//! Files that mean harm, through every reader: numbers without end, a line of 10 MB, 100,000 columns, brackets 1,000,000 deep, what is cut off
//! in the middle. Each run may take 300 MB more than an ordinary bill does, and ends in one message: no panic, no crash, no silence.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use flate2::Compression;
use flate2::write::GzEncoder;
use kwhen_tests::command::{Outcome, executable, shell};
use kwhen_tests::folder::Folder;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a run may take beyond what an ordinary one does.
const MORE_KIB: usize = 300 * 1024;
/// Nothing takes this long: it is there so that what hangs fails.
const SECONDS: usize = 120;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn csv(header: &str, row: impl Fn(usize) -> String, rows: usize) -> Vec<u8> {
    let rows: String = (0..rows).map(|place| row(place) + "\n").collect();
    format!("{header}\n{rows}").into_bytes()
}

/// Half-hours of March 2026, one after another.
fn at(place: usize) -> String {
    format!("2026-03-{:02}T{:02}:{:02}:00Z", 1 + place / 48, place % 48 / 2, place % 2 * 30)
}

/// Files that are hostile to whoever reads them.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |text: &str, times: usize| text.repeat(times).into_bytes();
    let noise = |length: usize| -> Vec<u8> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .take(length)
        .collect()
    };
    let good = csv("start,kwh", |place| format!("{},0.5", at(place)), 96);
    let packed = gz(&good);
    let wide = format!(
        "start,kwh,{}\n",
        (0..100_000).map(|column| format!("c{column}")).collect::<Vec<_>>().join(",")
    );
    let laughs = (1..10).fold("<!ENTITY a0 \"ha\">".to_owned(), |all, level| {
        all + &format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10))
    });
    vec![
        ("nothing", Vec::new()),
        ("a NUL", b"\0".to_vec()),
        ("NULs", vec![0; 1_000_000]),
        ("spaces", repeated(" ", 5_000_000)),
        ("line ends", repeated("\n", 2_000_000)),
        ("a line of 10 MB", repeated("a", 10_000_000)),
        ("a line of 10 MB of digits", repeated("7", 10_000_000)),
        ("a field of 10 MB", [b"start,kwh\n\"".to_vec(), repeated("x", 10_000_000)].concat()),
        ("quotes that never end", repeated("\"\"\"", 1_000_000)),
        ("100,000 columns", wide.into_bytes()),
        ("commas", repeated(",", 3_000_000)),
        ("semicolons and line ends", repeated(";;;\n", 200_000)),
        ("noise", noise(300_000)),
        ("no UTF-8", repeated("start,kwh\n", 1).into_iter().chain([0xFF, 0xFE, 0xC0, 0x80, 0xF5]).collect()),
        ("UTF-16 that is cut off", b"\xFF\xFEs\0t\0a\0r\0t\0,\0k".to_vec()),
        ("1e400", csv("start,kwh", |place| format!("{},1e400", at(place)), 3)),
        ("1e-400", csv("start,kwh", |place| format!("{},1e-400", at(place)), 3)),
        ("1e99999999999999999999", csv("start,kwh", |place| format!("{},1e99999999999999999999", at(place)), 3)),
        ("thirty digits", csv("start,kwh", |place| format!("{},123456789012345678901234567890", at(place)), 3)),
        ("a million digits", csv("start,kwh", |place| format!("{},{}", at(place), "9".repeat(1_000_000)), 2)),
        ("no number", csv("start,kwh", |place| format!("{},NaN", at(place)), 3)),
        ("infinity", csv("start,kwh", |place| format!("{},-inf", at(place)), 3)),
        ("the year 99999", csv("start,kwh", |place| format!("{}999{},1", place, at(place)), 3)),
        ("the year 2100", csv("start,kwh", |place| format!("2100-01-01T00:{:02}:00Z,1", place), 3)),
        ("the year -1", csv("start,kwh", |place| format!("-0001-01-01T00:{:02}:00Z,1", place), 3)),
        ("seconds of the epoch without end", csv("start,kwh", |place| format!("999999999999999999999{place},1"), 3)),
        ("a row a century", csv("start,kwh", |place| format!("{}-01-01T00:00:00Z,1", 1970 + place * 100), 2)),
        ("one time over and over", csv("start,kwh", |place| format!("2026-03-01T00:00:00Z,{place}"), 50_000)),
        ("control characters", csv("start,kwh", |place| format!("{},\u{1b}]0;x\u{7}\u{202e}{place}", at(place)), 3)),
        ("brackets 1,000,000 deep", repeated("[", 1_000_000)),
        ("objects 200,000 deep", repeated("{\"a\":", 200_000)),
        ("JSON that is cut off", b"{\"results\": [{\"consumption\": 0.5, \"interval_start\": \"2026-03-01T00:00".to_vec()),
        ("JSON of 1e400", br#"{"results": [{"consumption": 1e400, "interval_start": "2026-03-01T00:00:00Z", "interval_end": "2026-03-01T00:30:00Z"}]}"#.to_vec()),
        ("JSON of thirty digits", br#"[{"value_exc_vat": 123456789012345678901234567890, "value_inc_vat": 1, "valid_from": "2026-03-01T00:00:00Z", "valid_to": null}]"#.to_vec()),
        ("JSON of one long text", [b"{\"code\": \"".to_vec(), repeated("x", 10_000_000), b"\"}".to_vec()].concat()),
        ("a million nulls", format!("[{}null]", "null,".repeat(1_000_000)).into_bytes()),
        ("keys that repeat", format!("{{{}\"a\":1}}", "\"code\":\"x\",".repeat(100_000)).into_bytes()),
        ("tables 100,000 deep", [b"a = ".to_vec(), repeated("[", 100_000)].concat()),
        ("a key of 100,000 parts", repeated("a.", 100_000)),
        ("100,000 tables", (0..100_000).map(|table| format!("[[bands]]\nname = \"b{table}\"\n")).collect::<String>().into_bytes()),
        ("entities that laugh", format!("<?xml version=\"1.0\"?><!DOCTYPE l [{laughs}]><l>&a9;</l>").into_bytes()),
        ("an entity of a file", b"<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Publication_MarketDocument>&x;</Publication_MarketDocument>".to_vec()),
        ("elements 200,000 deep", repeated("<a>", 200_000)),
        ("gzip that is cut off", packed[..packed.len() / 2].to_vec()),
        ("gzip whose sum is wrong", packed[..packed.len() - 8].iter().chain(&[0; 8]).copied().collect()),
        ("gzip of gzip of gzip of gzip of gzip", (0..5).fold(good.clone(), |inner, _| gz(&inner))),
        ("gzip of 25 MB of zeros", gz(&vec![b'0'; 25_000_000])),
        ("a zip without an end", [b"PK\x03\x04".to_vec(), noise(10_000)].concat()),
        ("a zip whose directory is elsewhere", b"PK\x05\x06\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\0\0".to_vec()),
        ("Zstandard that is cut off", b"\x28\xB5\x2F\xFD\xA4\xFF\xFF\xFF\xFF\x7F\0".to_vec()),
        ("Parquet of nothing", b"PAR1\xFF\xFF\xFF\x7FPAR1".to_vec()),
        ("Parquet of noise", [b"PAR1".to_vec(), noise(50_000), b"\x10\x27\0\0PAR1".to_vec()].concat()),
        ("Arrow of noise", [b"ARROW1\0\0".to_vec(), noise(50_000), b"\xFF\xFF\xFF\x7FARROW1".to_vec()].concat()),
        ("a database of noise", [b"SQLite format 3\0".to_vec(), noise(50_000)].concat()),
        ("NEM12 that is cut off", b"100,NEM12,202603010000,A,B\n200,1234567890,E1,E1,E1,N1,METER,KWH,30,\n300,20260301,1e400".to_vec()),
    ]
}

/// Every way in: `{file}` is the hostile one, and the rest is as it should be.
const READERS: [&str; 14] = [
    "bill --rates {rates} --consumption {file}",
    "bill --consumption {use} --rates {file}",
    "bill --consumption {use} --tariff {file}.toml",
    "bill --consumption {use} --tariff {file}.json",
    "bill --tariff {flat} --consumption {file}",
    "bill --tariff {flat} --registers {file}",
    "bill --tariff {flat} --consumption {use} --rules {file}",
    "bill --tariff {flat} --account {file}.toml",
    "bill --tariff {flat} --consumption {use} --dispatches {file}",
    "cheapest --rates {file} --duration 1h",
    "battery --rates {rates} --battery {file}.toml",
    "reconcile --tariff {flat} --consumption {use} --statement {file}",
    "tariff import {file}",
    "cheapest --ask {file}",
];

/// The least memory, in steps of 32 MiB, in which an ordinary bill is made.
fn ordinary_kib(line: &str) -> usize {
    (1..64)
        .map(|steps| steps * 32 * 1024)
        .find(|limit| limited(line, *limit).code == 0)
        .expect("an ordinary bill in 2 GiB")
}

fn limited(line: &str, kib: usize) -> Outcome {
    let kwhen = executable().display();
    shell(&format!("ulimit -c 0; ulimit -v {kib}; exec timeout {SECONDS} {kwhen} {line}"))
}

/// What is wrong with how a run ended.
fn fault(outcome: &Outcome) -> Option<String> {
    let told = outcome.stderr.trim_end();
    let message = match told.lines().filter(|line| line.starts_with("error: ")).collect::<Vec<_>>()[..] {
        [message] => message,
        _ => return Some(format!("exit {}, and not one message: {:.300}", outcome.code, told)),
    };
    let wrong = if ![1, 2].contains(&outcome.code) {
        "not exit 1 or 2"
    } else if !outcome.stdout.is_empty() {
        "something is printed"
    } else if told.contains("panicked") {
        "a panic"
    } else if told.chars().any(|mark| mark.is_control() && mark != '\n') {
        "a control character"
    } else if message.len() > 2_000 {
        "a message without end"
    } else {
        return None;
    };
    Some(format!("{wrong}: exit {}: {:.300}", outcome.code, told))
}

#[test]
fn hostile_files_end_in_words_within_bounds() {
    let folder = Folder::new();
    let flat = folder.file("flat.toml", "code = \"E-1R-VAR-22-11-01-C\"\nunit_rate = \"20\"\n");
    let readings = folder.file("use.csv", csv("start,kwh", |place| format!("{},0.5", at(place)), 96));
    let rates = folder.file("rates.csv", csv("start,rate", |place| format!("{},20", at(place)), 96));
    let base = ordinary_kib(&format!("bill --tariff {flat} --consumption {readings}"));
    let files = files();
    let mut runs = Vec::new();
    for (place, (name, bytes)) in files.iter().enumerate() {
        let path = folder.file(&place.to_string(), bytes);
        for kind in ["toml", "json"] {
            std::fs::hard_link(&path, format!("{path}.{kind}")).unwrap();
        }
        // Each file goes through two or three readers, so that all of them see all kinds of file; `inspect` sees every one.
        let readers =
            (0..READERS.len()).filter(|reader| (place + reader) % 5 == 0).map(|reader| READERS[reader]);
        for reader in readers.chain(["inspect {file}"]) {
            let line = reader.replace("{file}", &path).replace("{flat}", &flat);
            runs.push((*name, reader, line.replace("{use}", &readings).replace("{rates}", &rates)));
        }
    }
    assert!(runs.len() >= 150, "{}", runs.len());
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            let mut wrong = Vec::new();
            while let Some((name, reader, line)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = limited(line, base + MORE_KIB);
                wrong.extend(fault(&outcome).map(|fault| format!("{name}, {reader}: {fault}")));
            }
            wrong
        };
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), runs.len());
}
