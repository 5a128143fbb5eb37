//! The core's examples say what is right. Their figures were worked out apart from the engine: by hand, or summed from the sample's
//! files with Python's `decimal`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::cargo;
use std::process::Command;
use std::sync::Once;

static BUILT: Once = Once::new();

/// What an example printed.
fn printed(name: &str) -> String {
    BUILT.call_once(|| {
        let built = cargo().args(["build", "--quiet", "--workspace", "--examples"]).status();
        assert!(built.is_ok_and(|status| status.success()), "the examples do not build");
    });
    let tests = std::env::current_exe().unwrap();
    let example = tests.ancestors().nth(2).unwrap().join("examples").join(name);
    let output =
        Command::new(&example).output().unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn says(name: &str, lines: &[&str]) {
    assert_eq!(printed(name).lines().collect::<Vec<_>>(), lines, "{name}");
}

#[test]
fn bills() {
    says(
        "bill_a_day",
        &[
            "Energy at half-hourly rates: 209.27866 p",
            "Standing charge, 1 day: 37.6525 p",
            "259.277718 p with 12.346558 p of VAT; 46 slots",
        ],
    );
    // 216 hours of 0.4 kWh at 24.5 p; 527 at 22.1 p, for the clocks went forward.
    says(
        "price_change",
        &[
            "2026-03-01T00:00:00Z to 2026-03-10T00:00:00Z: Energy at 24.5 p/kWh, 2116.8 p",
            "2026-03-10T00:00:00Z to 2026-03-31T23:00:00Z: Energy at 22.1 p/kWh, 4658.68 p",
            "2026-03-01T00:00:00Z to 2026-03-31T23:00:00Z: Standing charge, 31 days, 1653.85 p",
        ],
    );
    says("own_tariff", &["10.953 kWh: 274.96035 p"]);
    // 1 kWh at a mean of 13 p and 2 kWh at a mean of 9 p.
    says("quarter_hours", &["31 p, of which 2 hours are shared out between their prices"]);
}

#[test]
fn plans() {
    says("cheapest_three_hours", &["2026-01-15T03:00:00Z to 2026-01-15T06:00:00Z at 17.717 p/kWh"]);
    // The six cheapest half-hours of the night adjoin, so that a limit on starts costs nothing.
    let plan = printed("two_starts");
    assert_eq!(plan.lines().last(), Some("353.031 p in 1 start(s)"), "{plan}");
    says(
        "every_minute",
        &["2026-01-15T03:30:00Z to 2026-01-15T05:30:00Z planned 1 time(s), kept until it began"],
    );
    let saved = printed("battery_day");
    assert!(saved.ends_with("p saved\n"), "{saved}");
}
