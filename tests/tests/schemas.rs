//! The contract is written down: `docs/schema` holds what `kwhen schema` prints, and a request as JSON gives the answer of its flags.
//!
//! That every answer in JSON keeps to its schema is checked wherever a test runs the command (`kwhen_tests::contract`).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{kwhen, kwhen_with};
use kwhen_tests::{contract, repository};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Fields whose form depends on the question: `by` is a deadline to charge and a piece of a bill, times may be asked for beside dates, and
/// a batch reads Parquet.
const KNOWN_FORMS: [&str; 6] = ["by", "consumption", "dispatches", "file", "from", "rates"];

#[test]
fn the_schemas_of_the_documents_are_those_of_the_command() {
    let folder = repository().join("docs/schema");
    let names = kwhen(["schema"]).stdout_of_success();
    for name in names.lines() {
        let path = folder.join(format!("{name}.json"));
        let printed = kwhen(["schema", name]).stdout_of_success();
        if std::env::var_os("KWHEN_WRITE_SCHEMAS").is_some_and(|value| value == "1") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &printed).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == printed,
            "docs/schema/{name}.json is not current; KWHEN_WRITE_SCHEMAS=1 writes it anew"
        );
    }
    let kept = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(kept, names.lines().count(), "docs/schema holds a file that is no schema of the command");
}

/// Every field of every request: one name, one form.
#[test]
fn a_field_has_one_name_and_one_form() {
    let folder = repository().join("docs/schema");
    let mut fields: BTreeMap<String, BTreeMap<String, (BTreeSet<String>, String)>> = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Some(command) = name.strip_suffix("-ask") else { continue };
        let schema: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (field, says) in schema["properties"].as_object().unwrap() {
            let form = match (&says["x-form"], &says["type"]) {
                (Value::String(form), _) => form.clone(),
                (_, Value::String(kind)) if kind == "boolean" => "true or false".to_owned(),
                _ => "text".to_owned(),
            };
            let help = says["description"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
            let seen = fields.entry(field.clone()).or_default().entry(form).or_default();
            seen.0.insert(command.to_owned());
            seen.1 = help.to_owned();
        }
    }
    let mut text = "# Every field by its name\n\nA field is a flag of the command (with dashes) and a key of a request in JSON (with underscores). \
        Made from `kwhen schema`; a test compares.\n\n| field | form | asked in | what it is |\n|---|---|---|---|\n"
        .to_owned();
    for (field, forms) in &fields {
        for (form, (commands, help)) in forms {
            let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
            let form = form.replace('|', "\\|");
            text.push_str(&format!(
                "| `{field}` | {form} | {} | {} |\n",
                commands.join(", "),
                help.replace('|', "\\|")
            ));
        }
    }
    let path = repository().join("docs/words.md");
    if std::env::var_os("KWHEN_WRITE_SCHEMAS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "docs/words.md is not current; KWHEN_WRITE_SCHEMAS=1 writes it anew"
    );
    // One name means one thing: a field is given in one form, but for these.
    let several: Vec<&str> =
        fields.iter().filter(|(_, forms)| forms.len() > 1).map(|(field, _)| field.as_str()).collect();
    assert_eq!(several, KNOWN_FORMS, "fields of two forms");
}

/// The flags of a line as a request.
fn request(line: &str) -> Value {
    let mut fields = Map::new();
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut place = 0;
    while place < words.len() {
        let field = words[place].strip_prefix("--").unwrap().replace('-', "_");
        let value = words.get(place + 1).filter(|next| !next.starts_with("--"));
        place += 1 + usize::from(value.is_some());
        let value = value.map_or(Value::Bool(true), |value| (*value).into());
        match fields.get_mut(&field) {
            None => {
                fields.insert(field, value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(before) => *before = Value::Array(vec![before.take(), value]),
        }
    }
    Value::Object(fields)
}

#[test]
fn a_request_gives_the_answer_of_its_flags() {
    for (command, line) in [
        (
            "bill",
            "--rates data/rates.csv --consumption data/consumption.csv --from 2026-03-01 --to 2026-04-01 --rules octopus --by day",
        ),
        (
            "bill",
            "--tariff data/rates.csv,data/standing-charges.csv --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-03 --missing zero",
        ),
        (
            "compare",
            "--consumption data/consumption.csv --tariff data/rates.csv --tariff data/export-rates.csv --from 2026-03-01 --to 2026-04-01",
        ),
        (
            "cheapest",
            "--rates data/rates.csv --duration 3h --split --max-starts 2 --from 2026-03-01 --to 2026-03-02",
        ),
        (
            "charge",
            "--rates data/rates.csv --kwh 22 --kw 7.4 --from 2026-10-13T18:00 --by 07:00 --levels 5@2026-10-13T22:00",
        ),
        (
            "battery",
            "--rates data/rates.csv --capacity-kwh 10 --kw 5 --from 2026-10-14 --to 2026-10-16 --explain",
        ),
        (
            "backtest",
            "--rates data/rates.csv --load data/consumption.csv --capacity-kwh 10 --kw 5 --from 2026-10-01 --to 2026-10-08",
        ),
    ] {
        let asked = request(line);
        assert!(contract::is_request(command, &asked), "{asked}");
        let flags: Vec<&str> = line.split_whitespace().collect();
        let words = |last: &[&'static str]| [&["--format", "json"], last].concat();
        let by_flags = kwhen([&[command], flags.as_slice(), &words(&[])].concat());
        let by_request =
            kwhen_with([&[command][..], &words(&["--ask", "-"])].concat(), asked.to_string().as_bytes(), &[]);
        assert_eq!(by_request.stdout_of_success(), by_flags.stdout_of_success(), "{command} {line}");
    }
}

#[test]
fn a_wrong_request_is_refused_by_field_and_value() {
    let refused = |command: &str, asked: Value| {
        let made = kwhen_with([command, "--ask", "-"], asked.to_string().as_bytes(), &[]);
        assert_eq!((made.code, made.stdout.as_str()), (2, ""), "{}", made.stderr);
        made.stderr
    };
    let message = refused("charge", json!({"rates": "data/rates.csv", "kwH": "22"}));
    assert!(message.contains("field kwH: charge has none of this name; did you mean kwh?"), "{message}");
    let message = refused("charge", json!({"rates": "data/rates.csv", "kwh": "much", "kw": "7"}));
    assert!(message.contains("invalid value 'much' for '--kwh <KWH>'"), "{message}");
    let message = refused("bill", json!({"rates": 5, "no_open": "yes"}));
    assert!(message.contains("field no_open: must be true or false, not \"yes\""), "{message}");
    let message = refused("cheapest", json!({"duration": "3h"}));
    assert!(message.contains("--rates <FILE>"), "{message}");
    assert!(!contract::is_request("charge", &json!({"rates": "data/rates.csv", "kwH": "22"})));
}

#[test]
fn an_unknown_schema_names_the_nearest() {
    let made = kwhen(["schema", "bil"]);
    assert_eq!((made.code, made.stdout.as_str()), (2, ""));
    assert!(made.stderr.contains("did you mean bill?"), "{}", made.stderr);
}
