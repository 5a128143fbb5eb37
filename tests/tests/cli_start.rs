//! A new user's path, its commands counted: from a key to the own bill, and to tonight's plan for the car.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail, and a user's day is today"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_fake_api::{ACCOUNT, AGILE, KEY, Server};
use kwhen_tests::command::{Outcome, kwhen_with};
use kwhen_tests::folder::Folder;

/// A user with a key and an empty folder; what they type is counted.
struct User {
    folder: Folder,
    typed: Vec<String>,
}

impl User {
    fn new() -> Self {
        Self { folder: Folder::new(), typed: Vec::new() }
    }

    fn types(&mut self, line: &str, key: &str) -> Outcome {
        self.typed.push(line.to_owned());
        let file = self.folder.at("kwhen.toml");
        // The file is written where the user stands, which for a test is not the working directory.
        let line = line.replace("init", &format!("init {file}"));
        // Nobody reads of a file that is yet to be made.
        let config = if line.starts_with("init") { "none" } else { &file };
        kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", key), ("KWHEN_CONFIG", config)])
    }
}

/// The service as it is today: rates to the end of tomorrow, readings to last midnight.
fn today() -> Server {
    let server = Server::start().unwrap();
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    server.change(|world| {
        world.now = now.date_naive().and_hms_opt(20, 0, 0).unwrap().and_utc();
        world.readings_until = now.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::days(1);
    });
    server
}

#[test]
fn from_a_key_to_the_own_bill_are_two_commands_and_tonights_plan_is_one() {
    let server = today();
    let elsewhere = format!("--instance {} --allow-http", server.url());
    let mut user = User::new();
    let made = user.types(&format!("init --kw 7.4 --kwh 20 {elsewhere}"), KEY);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains(ACCOUNT) && !made.stdout.contains(KEY), "{}", made.stdout);
    // A bill of last month, every half-hour of the electricity in it.
    let bill = user.types("bill", KEY);
    assert_eq!(bill.code, 0, "{}", bill.stderr);
    assert!(bill.stderr.contains("--during last-month is"), "{}", bill.stderr);
    assert!(bill.stdout.contains(AGILE) && bill.stdout.contains("Total"), "{}", bill.stdout);
    assert_eq!(user.typed.len(), 2);

    // Tonight's plan, the rate now and today: one command each, and none asks the service.
    server.forget();
    let before = user.typed.len();
    let plan = user.types("charge", "");
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert!(
        plan.stderr.contains("--by 7am") || plan.stdout.contains("kWh"),
        "{}{}",
        plan.stdout,
        plan.stderr
    );
    assert_eq!(user.typed.len() - before, 1);
    for line in ["now", "today", "watch now --times 1"] {
        let shown = user.types(line, "");
        assert_eq!(shown.code, 0, "{line}: {}", shown.stderr);
        assert!(shown.stdout.contains("p/kWh"), "{line}: {}", shown.stdout);
    }
    assert!(server.seen().is_empty());
    // What is new is brought by a command without a flag, from the service that was named once.
    let fetched = user.types("fetch rates", KEY);
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
}

#[test]
fn what_cannot_be_fetched_leaves_a_file_that_goes_on() {
    let server = today();
    let mut user = User::new();
    let line = format!("init --no-fetch --from 2026-01-01 --instance {} --allow-http", server.url());
    let made = user.types(&line, KEY);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("kwhen fetch rates"), "{}", made.stdout);
    let text = std::fs::read_to_string(user.folder.at("kwhen.toml")).unwrap();
    assert!(text.contains("[command.fetch.rates]\nfrom = \"2026-01-01\""), "{text}");
    assert!(text.contains("during = \"last-month\"") && text.contains("# kw = "), "{text}");
    // A key that is refused says where the right one is.
    let mut other = User::new();
    let refused = other.types(&format!("init --instance {} --allow-http", server.url()), "sk_wrong");
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("API access"), "{}", refused.stderr);
    assert!(!std::path::Path::new(&other.folder.at("kwhen.toml")).exists());
    // No key at all: a file to begin with, and what to do.
    let made = other.types("init", "");
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("KWHEN_API_KEY"), "{}", made.stdout);
}
