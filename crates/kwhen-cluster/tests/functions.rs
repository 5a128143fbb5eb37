//! The scalar functions in a plain DataFusion session; what is expected was worked by hand.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]

mod support;

use datafusion::prelude::SessionContext;
use kwhen::time::{Calendar, PeriodKind};
use support::{failure, rows, session, span};

const TARIFF: &str = r#"{"code": "NIGHT", "standing_charge": "47.85", "bands": [
    {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.0953"},
    {"name": "day", "from": "05:30", "to": "00:30", "rate": "25.6"}]}"#;

/// A half-hour each, dearest first; a negative one; then nothing.
const AGILE: &str = r#"{"code": "AGILE", "vat": "inclusive", "rates": [
    {"from": "2025-06-01T00:00:00Z", "to": "2025-06-01T00:30:00Z", "price": "30"},
    {"from": "2025-06-01T00:30:00Z", "to": "2025-06-01T01:00:00Z", "price": "10"},
    {"from": "2025-06-01T01:00:00Z", "to": "2025-06-01T01:30:00Z", "price": "-1.5"},
    {"from": "2025-06-01T01:30:00Z", "to": "2025-06-01T02:00:00Z", "price": "20"}]}"#;

fn context() -> SessionContext {
    session(&[], 1)
}

#[tokio::test]
async fn days_follow_the_clock_and_market_days_the_hour_before() {
    let context = context();
    // Clocks go forward on 30 March at 01:00 and back on 26 October at 02:00 (01:00 UTC).
    for (instant, local, market) in [
        ("2025-03-29T22:59:59Z", "2025-03-29", "2025-03-29"),
        ("2025-03-29T23:00:00Z", "2025-03-29", "2025-03-30"),
        ("2025-03-30T00:00:00Z", "2025-03-30", "2025-03-30"),
        ("2025-03-30T21:59:59Z", "2025-03-30", "2025-03-30"),
        ("2025-03-30T22:00:00Z", "2025-03-30", "2025-03-31"),
        ("2025-03-30T23:00:00Z", "2025-03-31", "2025-03-31"),
        ("2025-10-25T23:00:00Z", "2025-10-26", "2025-10-26"),
        ("2025-10-26T22:59:59Z", "2025-10-26", "2025-10-26"),
        ("2025-10-26T23:00:00Z", "2025-10-26", "2025-10-27"),
        ("2025-10-27T00:00:00Z", "2025-10-27", "2025-10-27"),
    ] {
        let sql = format!(
            "SELECT kwhen_local_day(TIMESTAMP '{instant}'), kwhen_market_day(arrow_cast('{instant}', 'Timestamp(Nanosecond, Some(\"UTC\"))'))"
        );
        assert_eq!(rows(&context, &sql).await, [format!("{local} | {market}")], "{instant}");
    }
    let sql =
        "SELECT kwhen_local_day(TIMESTAMP '2025-06-01T22:30:00', 'Europe/Brussels'), kwhen_local_day(NULL)";
    assert_eq!(rows(&context, sql).await, ["2025-06-02 |"]);
}

/// The engine cuts a span into days one way, and the functions name the day of each instant another.
#[tokio::test(flavor = "multi_thread")]
async fn the_days_of_a_year_are_those_that_a_calendar_cuts() {
    let year = span("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
    let rows_of = support::readings("alpha", year, &mut support::Random(1));
    let context = session(&rows_of, 3);
    for (function, kind) in
        [("kwhen_local_day", PeriodKind::Day), ("kwhen_market_day", PeriodKind::MarketDay)]
    {
        let sql =
            format!("SELECT {function}(interval_start) AS day, count(*) FROM readings GROUP BY 1 ORDER BY 1");
        let cut = Calendar::great_britain().cut(kind, year).unwrap();
        let wanted: Vec<String> = cut
            .iter()
            .map(|period| format!("{} | {}", period.label, period.span.seconds() / 1_800))
            .collect();
        assert_eq!(rows(&context, &sql).await, wanted, "{function}");
    }
}

#[tokio::test]
async fn a_rate_is_that_in_force_on_the_basis_asked_for() {
    let context = context();
    for (tariff, instant, rate) in [
        // 00:30 local is 23:30 UTC in summer.
        (TARIFF, "'2025-06-01T23:29:59Z'", "25.60000000"),
        (TARIFF, "'2025-06-01T23:30:00Z'", "8.09530000"),
        (TARIFF, "'2025-12-31T23:30:00Z'", "25.60000000"),
        (TARIFF, "'2026-01-01T00:30:00Z'", "8.09530000"),
        (AGILE, "'2025-06-01T01:29:00Z'", "-1.50000000"),
        (AGILE, "'2025-06-01T02:00:00Z'", ""),
        (AGILE, "'2019-06-01T02:00:00Z'", ""),
        (AGILE, "'1925-06-01T02:00:00Z'", ""),
        (AGILE, "NULL", ""),
    ] {
        let sql = format!("SELECT kwhen_unit_rate('{tariff}', CAST({instant} AS TIMESTAMP))");
        assert_eq!(rows(&context, &sql).await, [rate], "{instant}");
    }
    let sql = format!(
        "SELECT kwhen_unit_rate('{AGILE}', TIMESTAMP '2025-06-01T00:00:00', 'inclusive'), \
         kwhen_unit_rate('{AGILE}', TIMESTAMP '2025-06-01T00:00:00', 'exclusive')"
    );
    assert_eq!(rows(&context, &sql).await, ["30.00000000 |"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_of_a_column_cross_years() {
    let span = span("2025-12-31T22:00:00Z", "2026-01-01T02:00:00Z");
    let context = session(&support::readings("alpha", span, &mut support::Random(1)), 2);
    let sql = format!(
        "SELECT kwhen_unit_rate('{TARIFF}', interval_start), count(*) FROM readings GROUP BY 1 ORDER BY 1"
    );
    // 00:30, 01:00 and 01:30.
    assert_eq!(rows(&context, &sql).await, ["8.09530000 | 3", "25.60000000 | 5"]);
}

#[tokio::test]
async fn the_cheapest_window_is_found_between_slots_and_within_bounds() {
    let context = context();
    let find = |from: &str, to: &str, minutes: u32| {
        format!(
            "SELECT w['from'], w['to'], w['average_minor_per_kwh'] FROM (SELECT kwhen_cheapest_window('{AGILE}', \
             TIMESTAMP '2025-06-01T{from}', TIMESTAMP '2025-06-01T{to}', {minutes}) AS w)"
        )
    };
    for (from, to, minutes, wanted) in [
        // Half an hour at -1.5 p and 15 minutes at 10 p: 15 minutes x (10 - 3) / 45.
        ("00:00:00", "02:00:00", 45, "2025-06-01T00:45:00Z | 2025-06-01T01:30:00Z | 2.33333333"),
        ("01:10:00", "02:00:00", 30, "2025-06-01T01:10:00Z | 2025-06-01T01:40:00Z | 5.66666667"),
        ("00:00:00", "00:20:00", 30, "|  |"),
        ("02:00:00", "09:00:00", 30, "|  |"),
        ("02:00:00", "01:00:00", 30, "|  |"),
    ] {
        let found = rows(&context, &find(from, to, minutes)).await;
        assert_eq!(found.iter().map(|row| row.trim()).collect::<Vec<_>>(), [wanted.trim()], "{from} to {to}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_a_reason() {
    let context = context();
    for (call, reason) in [
        ("kwhen_local_day('2025')", "an instant is a timestamp"),
        ("kwhen_local_day(now(), 'Europe/Lodnon')", "Europe/Lodnon"),
        ("kwhen_unit_rate('{}', now())", "no tariff definition"),
        ("kwhen_unit_rate('{}', now(), 'both')", "inclusive or exclusive"),
        ("kwhen_unit_rate('{}')", "takes a tariff, an instant"),
        ("kwhen_cheapest_window('{}', now(), now(), 1.5)", "minutes are a whole number"),
        ("kwhen_cheapest_window('{}', now(), now(), -5)", "-5 minutes"),
    ] {
        let call = call.replace(
            "'{}'",
            if reason == "-5 minutes" { "'{\"code\": \"X\", \"unit_rate\": \"1\"}'" } else { "'{}'" },
        );
        let message = failure(&context, &format!("SELECT {call}")).await;
        assert!(message.contains(reason), "{call}: {message}");
    }
}
