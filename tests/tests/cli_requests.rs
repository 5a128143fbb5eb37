//! How many requests a first fetch of an account takes, and a daily one.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fake_api::{ACCOUNT, AGILE, KEY, MPAN, Seen, Server};
use kwhen_tests::command::{Outcome, kwhen_with};
use kwhen_tests::folder::Folder;

fn fetch(url: &str, store: &str, words: &[&str]) -> Outcome {
    let place = ["--instance", url, "--allow-http", "--store", store];
    kwhen_with([&["fetch"], words, &place].concat(), b"", &[("KWHEN_API_KEY", KEY)])
}

/// Rows of half-hourly rates come 1,500 a page and readings 25,000: of three years, which are 52,608 half-hours, those are 36 and 3. Here it is a year and a
/// half, and each series takes the pages that its rows need and no more.
#[test]
fn a_first_fetch_takes_the_pages_that_its_rows_need_and_a_daily_one_a_handful() {
    let (server, folder) = (Server::start().unwrap(), Folder::new());
    let (store, url) = (folder.at("kwhen.db"), server.url());
    server.change(|world| {
        world.agreements = Some(vec![(AGILE.to_owned(), "2024-09-15T23:00:00Z".to_owned(), None)])
    });
    let made = fetch(&url, &store, &["everything", ACCOUNT, "--from", "2024-09-16", "--to", "2026-03-01"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let seen = server.seen();
    let count = |is: &dyn Fn(&Seen) -> bool| seen.iter().filter(|seen| is(seen)).count();
    let half_hours = 531 * 48;
    let rates = count(&|seen| seen.path.contains(AGILE));
    // Unit rates, and a page of standing charges: at most 38 of three years.
    assert!(rates <= half_hours / 1_500 + 3, "{rates}");
    let readings = count(&|seen| seen.path.contains(MPAN) && seen.path.contains("consumption"));
    assert!(readings <= half_hours / 25_000 + 2, "{readings}");
    let beside = seen.len() - rates - count(&|seen| seen.path.contains("consumption"));
    eprintln!("{} requests: {rates} of the half-hourly tariff, {beside} beside it and readings", seen.len());
    assert!(beside <= 10, "{:?}", seen.iter().map(|seen| &seen.path).collect::<Vec<_>>());
    server.forget();
    let daily = fetch(&url, &store, &["everything", ACCOUNT, "--from", "2024-09-16", "--to", "2026-03-02"]);
    assert_eq!(daily.code, 0, "{}", daily.stderr);
    let seen = server.seen();
    let paths: Vec<String> = seen.iter().map(|seen| seen.path.clone()).collect();
    eprintln!("{} requests of a day: {paths:?}", paths.len());
    let told = paths.iter().filter(|path| path.contains("graphql")).count();
    // The account; the half-hourly unit rates, readings of four meters. Prices that go on without an end are asked for once a week.
    assert!(paths.len() - told <= 6, "{paths:?}");
    // A token; dispatches, bills. The car and how often meters send are known of late.
    assert!(told <= 3, "{paths:?}");
    // Dispatches apart, which are asked for several times a day.
    assert!(paths.len() - 1 <= 8, "{paths:?}");
    // Who asks for a tariff's prices gets them.
    server.forget();
    let asked =
        fetch(&url, &store, &["rates", "--tariff", AGILE, "--from", "2024-09-16", "--to", "2026-03-02"]);
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    assert_eq!(server.seen().iter().filter(|seen| seen.path.contains("standing-charges")).count(), 1);
}
