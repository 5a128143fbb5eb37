//! The file of defaults, through the command.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::{executable, json, run};
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs a line in a folder, with the file of defaults that is found there.
fn here(folder: &Path, home: &Path, line: &str) -> (i32, String, String) {
    let output = Command::new(executable())
        .args(line.split_whitespace())
        .current_dir(folder)
        .env_remove("KWHEN_CONFIG")
        .env_remove("XDG_CONFIG_HOME")
        .env("HOME", home)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A folder with the sample beside a file of defaults.
fn with_sample(config: &str) -> Folder {
    let folder = Folder::new();
    for name in ["rates.csv", "consumption.csv", "standing-charges.csv", "export-rates.csv", "solar.csv"] {
        std::os::unix::fs::symlink(repository().join("data").join(name), folder.at(name)).unwrap();
    }
    folder.file("kwhen.toml", config);
    folder
}

const SAMPLE: &str = "\
# The sample's home
rates = \"rates.csv\"
consumption = \"consumption.csv\"
standing_charges = \"standing-charges.csv\"
during = \"2026-03\"
load = \"consumption.csv\"

[command.charge]
kw = 7.4
";

#[test]
fn a_command_takes_from_the_file_what_its_line_does_not_say() {
    let folder = with_sample(&SAMPLE.replace("during = \"2026-03\"\n", ""));
    let config = format!("--config {}", folder.at("kwhen.toml"));
    let long = "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv --during 2026-03";
    let bill = json(&format!("bill {config} --during 2026-03"));
    assert_eq!(bill["total_minor"], json(long)["total_minor"]);
    // A flag of the line wins.
    let flat = json(&format!("bill {config} --during 2026-03 --rates data/export-rates.csv"));
    assert_ne!(flat["total_minor"], bill["total_minor"]);
    // What the line says shuts out what excludes it: --tariff goes with neither rates nor standing charges.
    let go = json(&format!("bill {config} --during 2026-03 --tariff data/tariffs/go.toml"));
    assert_eq!(
        go["total_minor"],
        json("bill --tariff data/tariffs/go.toml --consumption data/consumption.csv --during 2026-03")["total_minor"]
    );
    // For one command alone: kw is needed by charge, and said for it.
    let charge = json(&format!("charge {config} --kwh 22 --from 2026-01-14T18:00 --by 07:00"));
    assert_eq!(
        charge["cost_minor"],
        json("charge --rates data/rates.csv --kwh 22 --kw 7.4 --from 2026-01-14T18:00 --by 07:00")["cost_minor"]
    );
    let battery = run(&format!("battery {config} --capacity-kwh 5 --from 2026-03-09 --to 2026-03-10"));
    assert_eq!(battery.code, 2);
    assert!(battery.stderr.contains("--kw"), "{}", battery.stderr);
    // A request in JSON wins too.
    let ask = folder.file("ask.json", "{\"tariff\": \"data/tariffs/go.toml\", \"during\": \"2026-03\"}");
    assert_eq!(json(&format!("bill {config} --ask {ask}"))["total_minor"], go["total_minor"]);
    // Without it nothing is known.
    assert_eq!(run("bill --config none --during 2026-03").code, 2);
}

#[test]
fn it_is_found_here_and_at_home() {
    let folder = with_sample(SAMPLE);
    let nowhere = Folder::new();
    let (code, stdout, stderr) = here(folder.path(), nowhere.path(), "bill --format json");
    assert_eq!(code, 0, "{stderr}");
    let bill: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(bill["from"], "2026-03-01T00:00:00Z");
    // Paths count from the file, wherever the command runs.
    let home = Folder::new();
    std::fs::create_dir_all(home.path().join(".config/kwhen")).unwrap();
    std::os::unix::fs::symlink(folder.at("kwhen.toml"), home.path().join(".config/kwhen/kwhen.toml"))
        .unwrap();
    let (code, _, stderr) = here(nowhere.path(), home.path(), "bill");
    // The file itself is a link: its folder is the one that it is named in.
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains(".config/kwhen/"), "{stderr}");
    let (code, stdout, _) = here(folder.path(), home.path(), "config show bill");
    assert_eq!(code, 0);
    let line = stdout.lines().find(|line| line.starts_with("consumption")).unwrap();
    assert!(line.contains("kwhen.toml:3") && line.contains("consumption.csv"), "{line}");
    assert!(stdout.lines().any(|line| line.starts_with("rules") && line.contains("default")), "{stdout}");
    let (code, _, stderr) = here(nowhere.path(), nowhere.path(), "config show");
    assert_eq!(code, 1);
    assert!(stderr.contains("there is no file of defaults"), "{stderr}");
    // The variable stands for the flag.
    let named = Command::new(executable())
        .args(["config", "show", "--format", "json"])
        .env("KWHEN_CONFIG", folder.at("kwhen.toml"))
        .output()
        .unwrap();
    let rows: Value = serde_json::from_slice(&named.stdout).unwrap();
    assert_eq!((&rows[0]["key"], &rows[0]["value"]), (&"rates".into(), &"rates.csv".into()));
    assert_eq!(rows.as_array().unwrap().last().unwrap()["for"], "charge");
}

/// A file that lies in a folder may be another's: it does not say where the key is sent. One that is named may.
#[test]
fn a_file_that_is_come_across_names_no_address() {
    let home = Folder::new();
    for wrong in [
        "instance = \"https://example.test\"\n",
        "allow_http = true\n",
        "instance = [\"gb\", \"https://example.test\"]\n",
    ] {
        let folder = with_sample(&format!("rates = \"rates.csv\"\n[command.fetch]\n{wrong}"));
        let (code, _, told) = here(folder.path(), home.path(), "now --at 2026-03-09T12:00");
        assert!(
            code == 1 && told.contains("kwhen.toml: line 3") && told.contains("--config"),
            "{code} {told}"
        );
        let (code, _, told) =
            here(folder.path(), home.path(), "--config kwhen.toml now --at 2026-03-09T12:00");
        assert_eq!(code, 0, "{told}");
    }
    let folder = with_sample("rates = \"rates.csv\"\n[command.fetch]\ninstance = \"japan\"\n");
    let (code, _, told) = here(folder.path(), home.path(), "now --at 2026-03-09T12:00");
    assert_eq!(code, 0, "{told}");
}

#[test]
fn what_is_wrong_in_it_is_named_with_its_line() {
    let folder = Folder::new();
    let refused = |text: &str| {
        folder.file("kwhen.toml", text);
        folder.refused("cheapest --rates data/rates.csv --duration 1h --config @/kwhen.toml")
    };
    for (text, parts) in [
        ("\nratse = \"a\"\n", ["kwhen.toml: line 2: ratse", "did you mean rates?"]),
        ("[command.chepest]\ntop = 2\n", ["line 2: command.chepest", "did you mean cheapest?"]),
        (
            "[command.cheapest]\nkwh = 2\n",
            ["line 2: kwh", "kwhen cheapest does not have a flag of this name"],
        ),
        ("[cheapest]\ntop = 2\n", ["line 1: [cheapest]", "[command.NAME]"]),
        ("top = \n", ["line 1", ""]),
        ("top = 1\ntop = 2\n", ["line 2", "duplicate"]),
        ("split = \"yes\"\n", ["line 1: split", "must be true or false"]),
        ("\n\ntop = \"many\"\n", ["line 3", "many"]),
        ("top = [1, 2]\n", ["line 1: top", "must be one value"]),
    ] {
        let message = refused(text);
        for part in parts {
            assert!(message.contains(part), "{text}: {message}");
        }
    }
    assert!(
        folder
            .refused("cheapest --rates data/rates.csv --duration 1h --config @/no.toml")
            .contains("cannot be read")
    );
}

#[test]
fn a_default_of_no_use_is_passed_over() {
    let folder = Folder::new();
    folder.file(
        "kwhen.toml",
        "time_zone = \"Europe/Berlin\"\nstore = \"no.db\"\nrate_vat = \"exc\"\ntax = \"21%\"\n",
    );
    let config = format!("--config {}", folder.at("kwhen.toml"));
    // The API's own columns say whether VAT is in them, and nothing here is looked up in a store.
    let outcome = run(&format!(
        "cheapest --rates data/rates.csv --duration 1h --from 2026-03-09 --to 2026-03-10 {config}"
    ));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let given =
        run("cheapest --rates data/rates.csv --duration 1h --from 2026-03-09 --to 2026-03-10 --rate-vat exc");
    assert_eq!(given.code, 2);
    assert_eq!(run(&format!("demo {config}")).code, 0);
    // A definition that says its tax itself is not asked twice.
    assert_eq!(run(&format!("tariff show data/tariffs/go.toml --date 2026-03-09 {config}")).code, 0);
}

#[test]
fn completions_and_the_manual_are_of_the_command_as_it_is() {
    for (shell, part) in [
        ("bash", "_kwhen()"),
        ("zsh", "#compdef kwhen"),
        ("fish", "complete -c kwhen"),
        ("elvish", "kwhen"),
        ("powershell", "kwhen"),
    ] {
        let text = run(&format!("completions {shell}")).stdout_of_success();
        assert!(
            text.contains(part) && text.contains("cheapest") && text.contains("state-of-charge"),
            "{shell}"
        );
    }
    let page = run("completions man").stdout_of_success();
    assert!(page.contains(".TH kwhen 1") && page.contains("cheapest"), "{page}");
    assert!(run("completions man bill").stdout_of_success().contains("standing"));
    assert_eq!(run("completions man nonsense").code, 2);
    assert_eq!(run("completions bash bill").code, 2);
}
