//! A store where nothing may be written is read as it lies there, and rows that nobody asked for are not kept.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, Answer, Fault, KEY, Server};
use kwhen_tests::command::{Outcome, executable, kwhen_with, shell};
use kwhen_tests::folder::Folder;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the command as somebody for whom rights count: root may write everywhere.
fn as_nobody(line: &str, folder: &Folder) -> Option<Outcome> {
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    let is_root = shell("id -u").stdout.trim() == "0";
    if !is_root {
        return Some(shell(&format!("{} {line}", executable().display())));
    }
    if shell(&format!("{nobody} true")).code != 0 {
        eprintln!("skipped: root may write everywhere, and there is no setpriv");
        return None;
    }
    // A copy that nobody can reach, whoever owns the folder of the build.
    let copy = folder.at("kwhen");
    std::fs::copy(executable(), &copy).unwrap();
    Some(shell(&format!("cd {} && {nobody} ./kwhen {line}", folder.path().display())))
}

fn fetched(server: &Server, line: &str) -> Outcome {
    let line = format!("fetch {line} --instance {} --allow-http", server.url());
    kwhen_with(line.split_whitespace(), b"", &[("KWHEN_API_KEY", KEY)])
}

#[test]
fn a_store_in_a_folder_that_may_not_be_written_is_read() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let inner = folder.path().join("kept");
    std::fs::create_dir(&inner).unwrap();
    let store = inner.join("kwhen.db");
    for what in [
        &format!("account {ACCOUNT}"),
        "rates --from 2026-01-30 --to 2026-02-10",
        "consumption --from 2026-01-30 --to 2026-02-10",
    ] {
        let done = fetched(&server, &format!("{what} --store {}", store.display()));
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
    let line =
        format!("bill --store {} --fuel electricity --from 2026-02-01 --to 2026-02-08", store.display());
    let before = kwhen_with(line.split_whitespace(), b"", &[]);
    assert_eq!(before.code, 0, "{}", before.stderr);

    allow(folder.path(), 0o755);
    allow(&store, 0o444);
    allow(&inner, 0o555);
    let Some(read) = as_nobody(&line, &folder) else { return };
    assert_eq!((read.code, read.stdout), (0, before.stdout), "{}", read.stderr);
    let now = format!("now --rates E-1R-AGILE-24-10-01-C --store {} --at 2026-02-03T12:00", store.display());
    let now = as_nobody(&now, &folder).unwrap();
    assert_eq!(now.code, 0, "{}", now.stderr);
    let checked = as_nobody(&format!("store check --store {}", store.display()), &folder).unwrap();
    assert!(checked.code == 0 && checked.stdout.contains("no damage found"), "{checked:?}");
    // Nothing is written there, and what would have to be is refused in words.
    assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1);
    let line = format!("fetch rates --tariff E-1R-AGILE-24-10-01-C --store {}", store.display());
    let refused =
        as_nobody(&format!("{line} --instance {} --allow-http --from 2026-03-01", server.url()), &folder);
    let refused = refused.unwrap();
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains("readonly database"), "{}", refused.stderr);

    // What was not yet taken into the store's own file would be missed without a word.
    allow(&inner, 0o755);
    std::fs::write(inner.join("kwhen.db-wal"), b"x").unwrap();
    allow(&inner, 0o555);
    let line =
        format!("bill --store {} --fuel electricity --from 2026-02-01 --to 2026-02-08", store.display());
    let torn = as_nobody(&line, &folder).unwrap();
    assert_eq!(torn.code, 1, "{}", torn.stdout);
    assert!(torn.stderr.contains("in a file beside the store"), "{}", torn.stderr);
    allow(&inner, 0o755);
}

#[test]
fn a_row_outside_the_time_that_was_asked_for_is_not_kept() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let row = |from: &str, to: &str, kwh: &str| serde_json::json!({ "consumption": kwh, "interval_start": from, "interval_end": to });
    let rows = [
        row("2026-02-01T00:00:00Z", "2026-02-01T00:30:00Z", "0.1"),
        row("2026-02-01T00:30:00Z", "2026-02-01T01:00:00Z", "0.2"),
        row("2026-02-09T00:00:00Z", "2026-02-09T00:30:00Z", "77"),
        row("2019-02-01T00:00:00Z", "2019-02-01T00:30:00Z", "88"),
    ];
    let page = serde_json::json!({ "count": 4, "next": null, "previous": null, "results": rows });
    server.fail_with([Fault::answer(&Answer::json(200, page.to_string()))]);
    let store = folder.at("kwhen.db");
    let line = format!(
        "consumption --meter-point 2000024512368 --serial-number Z16N389556 --from 2026-02-01 --to 2026-02-02 --store {store}"
    );
    let done = fetched(&server, &line);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("2 rows lie outside the time that was asked for"), "{}", done.stdout);
    let kept = rusqlite::Connection::open(&store).unwrap();
    let mut kept = kept.prepare("SELECT exc FROM row ORDER BY start").unwrap();
    let kept: Vec<String> = kept.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept, ["0.1", "0.2"]);
}

#[test]
fn what_is_written_over_keeps_its_mode_and_a_link_stays_one() {
    let folder = Folder::new();
    let (page, link) = (folder.path().join("page.html"), folder.path().join("link.html"));
    std::fs::write(&page, "old").unwrap();
    allow(&page, 0o600);
    std::os::unix::fs::symlink("page.html", &link).unwrap();
    let bill =
        "bill --tariff data/tariffs/go.toml --consumption data/consumption.csv --during 2026-03 --html";
    let _ = kwhen_with(format!("{bill} {}", link.display()).split_whitespace(), b"", &[]).stdout_of_success();
    assert!(link.is_symlink() && std::fs::read_to_string(&page).unwrap().starts_with("<!"));
    assert_eq!(std::fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn tables_take_the_place_of_files_alone() {
    let folder = Folder::new();
    let (held, link, pipe) =
        (folder.at("held.parquet"), folder.at("link.parquet"), folder.at("pipe.parquet"));
    let line = format!("batch generate --meters 2 --seed 3 --out {}", folder.path().display());
    let _ = kwhen_with(line.split_whitespace(), b"", &[]).stdout_of_success();
    std::fs::write(&held, "held").unwrap();
    std::os::unix::fs::symlink(&held, &link).unwrap();
    assert_eq!(shell(&format!("mkfifo {pipe}")).code, 0);
    let tables = format!("--consumption {}", folder.at("consumption.parquet"));
    let others =
        format!("--rates {} --agreements {}", folder.at("rates.parquet"), folder.at("agreements.parquet"));
    for (out, why) in [(&link, "is a link: name the file"), (&pipe, "is there and is no file")] {
        for line in [
            format!("batch {tables} {others} --from 2025-01-01 --to 2025-02-01 --out {out}"),
            format!("batch convert {tables} --to dense --out {out}"),
        ] {
            let refused = kwhen_with(line.split_whitespace(), b"", &[]).refusal();
            assert!(refused.contains(why), "{line}: {refused}");
        }
    }
    assert!(Path::new(&link).is_symlink() && std::fs::read(&held).unwrap() == b"held");
}
