//! Texts from outside: what a service answers and how devices are called does not act on a terminal or in a spreadsheet, and no answer shows
//! the key that was sent. What is kept is its owner's.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, Answer, Fault, KEY, Server};
use kwhen_tests::command::{Outcome, kwhen, kwhen_with};
use kwhen_tests::folder::Folder;

/// The key in a header of Basic authentication, and the beginning of it.
const SENT: [&str; 3] = [KEY, "c2tfdGVzdF9mYWtlOg==", "c2tfdGVzdF9m"];

fn asked(server: &Server, what: &str) -> Outcome {
    let line = format!("{what} --instance {} --allow-http", server.url());
    kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", KEY)])
}

fn fetch(server: &Server, folder: &Folder, more: &str) -> Outcome {
    asked(server, &format!("fetch account {ACCOUNT} --store {} {more}", folder.at("kwhen.db")))
}

#[test]
fn an_answer_that_repeats_the_request_does_not_show_the_key() {
    let server = Server::start().unwrap();
    let repeated = format!(
        "<p>Bad request</p> \u{1b}]0;yours\u{7} Authorization: Basic {} and {{\"APIKey\":\"{KEY}\"}} {}{}",
        SENT[1],
        "x".repeat(60),
        SENT[1],
    );
    let message = |answer: Answer, what: &str| {
        server.fail_with([Fault::answer(&answer)]);
        let outcome = asked(&server, what);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
        assert!(
            !outcome.stderr.contains('\u{1b}') && !outcome.stderr.contains('\u{7}'),
            "{}",
            outcome.stderr
        );
        for sent in SENT {
            assert!(!outcome.stderr.contains(sent), "{}", outcome.stderr);
        }
        outcome.stderr
    };
    let folder = Folder::new();
    let by_rest = format!("fetch account {ACCOUNT} --store {}", folder.at("kwhen.db"));
    // Cut off at any place in it.
    for before in (90..200).step_by(3) {
        message(Answer::json(400, "y".repeat(before) + &repeated), &by_rest);
    }
    let shown = message(Answer::json(400, repeated.clone()), &by_rest);
    assert!(shown.contains("\\u001b]0;yours\\u0007") && shown.contains("Basic (hidden) and"), "{shown}");
    let refused =
        serde_json::json!({ "errors": [{ "message": repeated, "extensions": { "errorCode": KEY } }] });
    let by_graphql = format!("api call completedDispatches --arg accountNumber={ACCOUNT}");
    let shown = message(Answer::json(200, refused.to_string()), &by_graphql);
    assert!(shown.contains("Basic (hidden) and") && shown.contains("[(hidden)]"), "{shown}");
}

#[test]
fn names_do_not_act_on_a_terminal_or_in_a_spreadsheet() {
    let folder = Folder::new();
    let device = |name: &str| format!("name = {name}\ncapacity_kwh = 5\nkw = 2\n");
    folder.file("a.toml", device(r#""=1+1""#));
    folder.file("b.toml", device(r#""Car\u001b[2J\u202e""#));
    let ask = |more: &str| {
        let (a, b) = (folder.at("a.toml"), folder.at("b.toml"));
        kwhen(
            format!("battery --rates data/rates.csv --battery {a} --battery {b} --during 2026-03-02 {more}")
                .split_whitespace(),
        )
        .stdout_of_success()
    };
    for more in ["--color never", "--color always", "--plain"] {
        let page = ask(more);
        assert!(page.contains("Car\\u001b[2J"), "{more}: {page}");
        assert!(!page.contains("\u{1b}[2J") && !page.contains('\u{202e}'), "{more}: {page}");
        assert_eq!(page.contains("\u{1b}["), more == "--color always", "our own colours: {page}");
    }
    let rows = ask("--format csv");
    assert!(rows.contains("\n'=1+1,") && !rows.contains("\n=1+1"), "{rows}");
    // A program gets names as they are.
    let answer: serde_json::Value = serde_json::from_str(&ask("--format json")).unwrap();
    assert!(answer.to_string().contains("\"=1+1\""), "{answer}");
}

/// A shell's script and a manual page are no pages of ours: they come through as they were made.
#[test]
fn scripts_are_not_changed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish", "man"] {
        let script = kwhen(["completions", shell]).stdout_of_success();
        assert!(!script.contains("\\u00"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn a_store_is_its_owners_and_a_key_that_others_read_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    assert_eq!(fetch(&server, &folder, "").code, 0);
    let mode = |name: &str| std::fs::metadata(folder.at(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("kwhen.db"), 0o600);
    let key = folder.file("key", KEY);
    for (mode, is_said) in [(0o644, true), (0o640, true), (0o600, false), (0o400, false)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let outcome = fetch(&server, &folder, &format!("--key-file {key}"));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert_eq!(
            outcome.stderr.contains("others on this machine can read it"),
            is_said,
            "{}",
            outcome.stderr
        );
    }
}
