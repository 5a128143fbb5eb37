//! Every reader of the command, given what holds nothing: none takes it for an empty list.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{Outcome, kwhen};
use kwhen_tests::folder::Folder;

/// A reader: its name, the header that it wants, a whole row of it as CSV and as JSON, and the command line that reads FILE.
struct Reader {
    name: &'static str,
    header: &'static str,
    row: &'static str,
    line: &'static str,
}

const RATES_HEADER: &str = "valid_from,valid_to,value_inc_vat";
const RATES_ROW: &str = "2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,20";
const READINGS_HEADER: &str = "interval_start,interval_end,consumption";
const READINGS_ROW: &str = "2026-03-01T00:00:00Z,2026-03-01T00:30:00Z,0.5";

/// Every argument of the command that names a file of rows or a definition.
const READERS: [Reader; 27] = [
    Reader {
        name: "unit rates",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "bill --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --rates FILE",
    },
    Reader {
        name: "rates of a window",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "cheapest --duration 1h --rates FILE",
    },
    Reader {
        name: "rates added",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "cheapest --duration 1h --rates data/rates.csv --from 2026-03-01T12:00 --to 2026-03-01T14:00 --added FILE",
    },
    Reader {
        name: "rates of a charge",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "charge --kwh 5 --kw 7 --rates FILE",
    },
    Reader {
        name: "surplus",
        header: READINGS_HEADER,
        row: READINGS_ROW,
        line: "charge --kwh 5 --kw 7 --rates data/rates.csv --from 2026-03-01 --by 2026-03-01T06:00 --surplus FILE",
    },
    Reader {
        name: "standing charges",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "bill --rates data/rates.csv --from 2026-03-01 --to 2026-03-02 --consumption data/consumption.csv --standing-charges FILE",
    },
    Reader {
        name: "a tariff of rates",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "compare --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --tariff FILE",
    },
    Reader {
        name: "a tariff's standing charges",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "compare --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --tariff data/rates.csv,FILE",
    },
    Reader { name: "a tariff shown", header: RATES_HEADER, row: RATES_ROW, line: "tariff show FILE" },
    Reader {
        name: "consumption",
        header: READINGS_HEADER,
        row: READINGS_ROW,
        line: "bill --rates data/rates.csv --consumption FILE",
    },
    Reader {
        name: "consumption compared",
        header: READINGS_HEADER,
        row: READINGS_ROW,
        line: "compare --tariff data/rates.csv --consumption FILE",
    },
    Reader {
        name: "exported energy",
        header: READINGS_HEADER,
        row: READINGS_ROW,
        line: "compare --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --tariff data/rates.csv --export-tariff data/export-rates.csv --export-consumption FILE",
    },
    Reader {
        name: "an export tariff",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "compare --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --tariff data/rates.csv --export-consumption data/solar.csv --export-tariff FILE",
    },
    Reader {
        name: "load",
        header: READINGS_HEADER,
        row: READINGS_ROW,
        line: "battery --rates data/rates.csv --capacity-kwh 5 --kw 3 --from 2026-03-01 --to 2026-03-01T00:30 --load FILE",
    },
    Reader {
        name: "solar",
        header: READINGS_HEADER,
        row: READINGS_ROW,
        line: "battery --rates data/rates.csv --capacity-kwh 5 --kw 3 --from 2026-03-01 --to 2026-03-01T00:30 --solar FILE",
    },
    Reader {
        name: "export rates",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "battery --rates data/rates.csv --capacity-kwh 5 --kw 3 --from 2026-03-01 --to 2026-03-02 --export-rates FILE",
    },
    Reader {
        name: "carbon",
        header: RATES_HEADER,
        row: RATES_ROW,
        line: "battery --rates data/rates.csv --capacity-kwh 5 --kw 3 --from 2026-03-01 --to 2026-03-02 --carbon-price 100 --carbon FILE",
    },
    Reader {
        name: "levels of another plan",
        header: "from,stored_kwh",
        row: "2026-03-01T00:00:00Z,0",
        line: "battery --rates data/rates.csv --capacity-kwh 5 --kw 3 --from 2026-03-01 --to 2026-03-01T00:30 --cost-of FILE",
    },
    Reader {
        name: "a battery",
        header: "",
        row: "",
        line: "battery --rates data/rates.csv --from 2026-03-01 --to 2026-03-02 --battery FILE",
    },
    Reader {
        name: "register readings",
        header: "register,at,reading",
        row: "",
        line: "bill --tariff FLAT --registers FILE",
    },
    Reader {
        name: "dispatches",
        header: "start,end",
        row: "2026-03-01T13:00:00Z,2026-03-01T14:00:00Z",
        line: "bill --tariff FLAT --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --dispatches FILE",
    },
    Reader {
        name: "calorific values",
        header: "from,to,calorific_value",
        row: "2026-03-01,2026-03-02,39.2",
        line: "bill --tariff GAS --gas-unit cubic-metres --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --calorific-values FILE",
    },
    Reader {
        name: "a statement",
        header: "kind,kwh,amount_minor",
        row: "energy,48,480",
        line: "reconcile --tariff FLAT --consumption data/consumption.csv --from 2026-03-01 --to 2026-03-02 --statement FILE",
    },
    Reader {
        name: "statements",
        header: "",
        row: "",
        line: "audit --tariff FLAT --consumption data/consumption.csv --statements FILE",
    },
    Reader { name: "an account", header: "", row: "", line: "bill --tariff FLAT --account FILE" },
    Reader {
        name: "a window in force",
        header: "",
        row: "",
        line: "cheapest --duration 1h --rates data/rates.csv --from 2026-03-01 --to 2026-03-02 --previous FILE",
    },
    Reader {
        name: "a charge in force",
        header: "",
        row: "",
        line: "charge --kwh 5 --kw 7 --rates data/rates.csv --from 2026-03-01 --by 2026-03-01T06:00 --previous FILE",
    },
];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("flat.toml", "code = \"FLAT\"\nunit_rate = \"10\"\ndispatch_rate = \"7\"\n");
    folder.file("gas.toml", "code = \"G-1R-VAR-22-11-01-C\"\nunit_rate = \"6\"\n");
    folder
}

fn run(folder: &Folder, reader: &Reader, text: &str, format: &str) -> Outcome {
    let file = folder.file("input", text);
    let line = reader.line.replace("FLAT", &folder.at("flat.toml")).replace("GAS", &folder.at("gas.toml"));
    let arguments = line.split(' ').map(|word| word.replace("FILE", &file));
    kwhen(arguments.chain(["--format".to_owned(), format.to_owned()]))
}

#[test]
fn nothing_is_read_as_an_empty_list_in_silence() {
    let folder = folder();
    for reader in &READERS {
        let bare_header = format!("{}\n", reader.header);
        for text in [
            "",
            " \n\n",
            "{}",
            "[]",
            "[{}]",
            "[null]",
            "null",
            r#"{"results": []}"#,
            r#"{"results": null}"#,
            r#"{"count": 0, "next": null, "previous": null, "results": []}"#,
            r#"{"data": {"completedDispatches": []}}"#,
            r#"{"detail": "Not found."}"#,
            &bare_header,
            "begin,finish\n",
            "begin,finish\n2026-03-01T00:00:00Z,2026-03-01T00:30:00Z\n",
            r#"{"begin": "2026-03-01T00:00:00Z", "finish": "2026-03-01T00:30:00Z"}"#,
            r#"[{"begin": "2026-03-01T00:00:00Z", "finish": "2026-03-01T00:30:00Z"}]"#,
        ] {
            let outcome = run(&folder, reader, text, "csv");
            let what = format!("{}, given {text:?}", reader.name);
            assert!(outcome.code == 1 || outcome.code == 2, "{what}: {} {}", outcome.code, outcome.stdout);
            assert_eq!(outcome.stdout, "", "{what}");
            assert!(outcome.stderr.starts_with("error: "), "{what}: {}", outcome.stderr);
            assert!(!outcome.stderr.contains("panicked"), "{what}: {}", outcome.stderr);
        }
    }
}

#[test]
fn one_row_is_read_alike_in_every_form() {
    let folder = folder();
    for reader in
        READERS.iter().filter(|reader| !reader.row.is_empty() && reader.name != "levels of another plan")
    {
        let csv = format!("{}\n{}\n", reader.header, reader.row);
        let fields = reader.header.split(',').zip(reader.row.split(','));
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name:?}: {value:?}")).collect();
        let object = format!("{{{}}}", fields.join(", "));
        let expected = run(&folder, reader, &csv, "json");
        for text in [
            format!("[{object}]"),
            object.clone(),
            format!("{object}\n"),
            format!(r#"{{"results": [{object}]}}"#),
            format!(r#"{{"count": 1, "next": null, "previous": null, "results": [{object}]}}"#),
            format!(r#"{{"data": {{"some_list": [{object}]}}}}"#),
        ] {
            let outcome = run(&folder, reader, &text, "json");
            assert_eq!(
                (outcome.code, &outcome.stdout, &outcome.stderr),
                (expected.code, &expected.stdout, &expected.stderr),
                "{}, given {text}",
                reader.name
            );
        }
        // What standing charges, tariffs and the like say of this row differs; what is asked is that none refuses its own rows.
        assert_eq!(expected.code, 0, "{}: {}", reader.name, expected.stderr);
    }
}

#[test]
fn a_heading_or_a_key_that_is_there_twice_is_refused_by_every_reader_of_rows() {
    let folder = folder();
    for reader in READERS.iter().filter(|reader| !reader.row.is_empty()) {
        let (name, value) = (reader.header.split(',').next().unwrap(), reader.row.split(',').next().unwrap());
        let csv = format!("{name},{}\n{value},{}\n", reader.header, reader.row);
        let outcome = run(&folder, reader, &csv, "text");
        assert!(outcome.refusal().contains(&format!("field {name}")), "{}", reader.name);
        if reader.name == "levels of another plan" {
            continue;
        }
        let fields = reader.header.split(',').zip(reader.row.split(','));
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name:?}: {value:?}")).collect();
        let twice = format!("[{{{}, {name:?}: {value:?}}}]", fields.join(", "));
        let message = run(&folder, reader, &twice, "text").refusal();
        assert!(message.contains(&format!("row 1, field {name}")), "{}: {message}", reader.name);
    }
}

#[test]
fn a_definition_with_a_key_twice_is_refused() {
    let folder = folder();
    let tariff = folder.file("twice.json", r#"{"code": "A", "unit_rate": "10", "unit_rate": "20"}"#);
    assert!(kwhen(["tariff", "show", &tariff]).refusal().contains("unit_rate"));
    let tariff = folder.file("twice.toml", "code = \"A\"\nunit_rate = \"10\"\nunit_rate = \"20\"\n");
    assert!(kwhen(["tariff", "show", &tariff]).refusal().contains("duplicate key"));
    let window = r#"{"windows": [{"blocks": [{"from": "2026-03-01T00:00:00Z", "from": "2026-03-01T00:30:00Z", "to": "2026-03-01T01:00:00Z"}]}]}"#;
    let plan = folder.file("plan.json", window);
    let cheapest = [
        "cheapest",
        "--duration",
        "1h",
        "--rates",
        "data/rates.csv",
        "--from",
        "2026-03-01",
        "--to",
        "2026-03-02",
        "--previous",
        &plan,
    ];
    assert!(kwhen(cheapest).refusal().contains("duplicate field `from`"));
}
