//! What could stand in the way, through the command.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, AGILE, KEY, MPAN, Server};
use kwhen_tests::command::{kwhen_with, run};
use kwhen_tests::folder::Folder;
use kwhen_tests::repository;
use serde_json::Value;

/// How a thing stands, and what is to be done.
fn stands(checks: &Value, what: &str) -> (String, String, String) {
    let check = checks["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["what"].as_str().unwrap().starts_with(what));
    let check = check.unwrap_or_else(|| panic!("{what}: {checks}"));
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("found"), text("advice"))
}

fn doctor(line: &str, environment: &[(&str, &str)]) -> (i32, Value) {
    let outcome = kwhen_with(format!("doctor {line} --format json").split_whitespace(), b"", environment);
    (
        outcome.code,
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr)),
    )
}

#[test]
fn nothing_is_needed_and_what_is_absent_says_what_to_do() {
    let (code, checks) = doctor("", &[("KWHEN_API_KEY", "")]);
    assert_eq!(code, 0, "{checks}");
    for what in ["file of defaults", "API key", "store"] {
        let (state, _, advice) = stands(&checks, what);
        assert!(state == "absent" && !advice.is_empty(), "{what}");
    }
    assert_eq!(stands(&checks, "clock").0, "fine");
    let (code, checks) = doctor("", &[("KWHEN_API_KEY", "sk_live_secret")]);
    assert_eq!((code, stands(&checks, "API key").0.as_str()), (0, "fine"));
    assert!(!checks.to_string().contains("sk_live_secret"));
}

#[test]
fn a_store_is_looked_through_and_its_age_is_said() {
    let folder = Folder::new();
    std::fs::copy(repository().join("tests/cases/store-error-drops-meter/whole.db"), folder.at("whole.db"))
        .unwrap();
    let (code, checks) = doctor(&format!("--store {}", folder.at("whole.db")), &[]);
    assert_eq!(code, 0, "{checks}");
    assert_eq!(stands(&checks, "store").0, "fine");
    // Its readings are of 2025.
    let (state, found, advice) = stands(&checks, "meter point 2000024512368");
    assert!(state == "warning" && !found.is_empty() && advice.contains("kwhen fetch"), "{found}: {advice}");
    // A damaged one.
    let mut bytes = std::fs::read(folder.at("whole.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 512].fill(0xAA);
    folder.file("broken.db", &bytes);
    let (code, checks) = doctor(&format!("--store {}", folder.at("broken.db")), &[]);
    assert_eq!((code, stands(&checks, "store").0.as_str()), (1, "fault"), "{checks}");
    let (code, checks) = doctor(&format!("--store {}", folder.at("none.db")), &[]);
    assert_eq!((code, stands(&checks, "store").0.as_str()), (1, "fault"));
}

#[test]
fn a_file_of_defaults_is_held_to_what_it_names() {
    let folder = Folder::new();
    let battery = std::fs::read_to_string(repository().join("data/batteries/home.toml")).unwrap();
    let name = battery.lines().find(|line| line.starts_with("name")).unwrap();
    folder.file("one.toml", &battery);
    folder.file("two.toml", &battery);
    folder.file(
        "kwhen.toml",
        "# mine\nbattery = [\"one.toml\", \"two.toml\"]\nrates = \"no.csv\"\nkey_file = \"key\"\n",
    );
    let config = format!("--config {}", folder.at("kwhen.toml"));
    let (code, checks) = doctor(&config, &[]);
    assert_eq!(code, 1);
    let (state, found, _) = stands(&checks, "file of defaults");
    assert!(state == "fault" && found.contains("line 3") && found.contains("no.csv is not there"), "{found}");
    assert_eq!(stands(&checks, "API key").0, "fault");
    let (state, found, _) = stands(&checks, "devices");
    assert!(state == "fault" && found.contains("line 2") && found.contains("are both called"), "{found}");
    // Devices of every kind.
    folder.file("washing.toml", format!("{name}\n[program]\nstep_minutes = 30\nkw = [\"2\"]\n"));
    folder.file("kwhen.toml", "battery = \"one.toml\"\nappliance = \"washing.toml\"\n");
    let (_, checks) = doctor(&config, &[]);
    let (state, found, _) = stands(&checks, "devices");
    assert!(state == "fault" && found.contains("line 2") && found.contains("are both called"), "{found}");
    folder.file("kwhen.toml", "battery = \"one.toml\"\nkey_file = \"key\"\n");
    let key = folder.file("key", "sk_live_secret\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let readable = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        readable(0o644);
        let (code, checks) = doctor(&config, &[]);
        let (state, found, _) = stands(&checks, "API key");
        assert!(code == 0 && state == "warning" && found.contains("others on this machine"), "{found}");
        readable(0o600);
    }
    let outcome = run(&format!("doctor {config}"));
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("key holds one") && !outcome.stdout.contains("sk_live_secret"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_new_file_of_defaults_knows_what_the_account_says() {
    let server = Server::start().unwrap();
    let folder = Folder::new();
    let (url, file) = (server.url(), folder.at("kwhen.toml"));
    let line = format!("init {file} --account {ACCOUNT} --instance {url} --allow-http");
    let made = kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", KEY)]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    for part in [ACCOUNT, MPAN, AGILE, "region C (London)", "store = \"kwhen.db\"", "[command.charge]"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(KEY) && !made.stdout.contains(KEY));
    // It is a file of defaults as it stands: from it the account is known.
    let shown = run(&format!("config show charge --config {file}"));
    assert!(
        shown.stdout.lines().any(|line| line.starts_with("rates") && line.contains("E-1R-")),
        "{}",
        shown.stdout
    );
    let (_, checks) = doctor(&format!("--config {file}"), &[]);
    assert_eq!(stands(&checks, "account").0, "fine");
    // Nothing is written over.
    let again = kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", KEY)]).refusal();
    assert!(again.contains("is there already, and is not written over"), "{again}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn without_an_account_it_is_a_beginning_and_a_wrong_key_writes_nothing() {
    let folder = Folder::new();
    let made = run(&format!("init {}", folder.at("kwhen.toml")));
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("It knows no account"), "{}", made.stdout);
    assert_eq!(run(&format!("config show --config {}", folder.at("kwhen.toml"))).code, 0);
    let server = Server::start().unwrap();
    let line = format!(
        "init {} --account {ACCOUNT} --instance {} --allow-http",
        folder.at("other.toml"),
        server.url()
    );
    let refused = kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", "sk_wrong")]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    for name in ["other.toml", "kwhen.db"] {
        assert!(!std::path::Path::new(&folder.at(name)).exists(), "{name}");
    }
}
