//! `kwhen_bill` in a plain DataFusion session, against `kwhen::bill::Bill`, to the digit.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]

mod support;

use kwhen::bill::{Bill, BillRequest, BillingRules};
use kwhen::series::Consumption;
use kwhen::tariff::TariffDefinition;
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use kwhen::{Energy, Money};
use support::{Random, Reading, decimal, failure, kwh, readings, rows, session, span};

const TARIFF: &str = r#"{"code": "NIGHT", "standing_charge": "47.85", "bands": [
    {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.0953"},
    {"name": "day", "from": "05:30", "to": "00:30", "rate": "25.6"}]}"#;

/// Both clock changes of 2025 are in it.
fn year() -> Span {
    span("2025-03-01T00:00:00Z", "2025-12-01T00:00:00Z")
}

fn plan(rules: &str) -> String {
    format!(r#"{{"from": "2025-03-01", "to": "2025-12-01", "rules": "{rules}", "tariff": {TARIFF}}}"#)
}

fn query(plan: &str, arguments: &str) -> String {
    format!(
        "SELECT meter, b['period'], b['slots'], b['billed_slots'], b['days'], b['kwh'], b['net_minor'], b['vat_minor'], \
         b['total_minor'], b['bands'] FROM (SELECT meter, unnest(kwhen_bill('{plan}', {arguments})['bills']) AS b \
         FROM readings GROUP BY meter) ORDER BY 1, 2"
    )
}

/// The same rows from a bill for each meter and month.
fn by_hand(meters: &[&str], all: &[Reading], rules: &BillingRules) -> Vec<String> {
    let tariff = TariffDefinition::from_json(TARIFF.as_bytes(), Calendar::great_britain()).unwrap();
    let rates = tariff.rate_series(year(), &[]).unwrap();
    let grid = Grid::covering(year(), SlotLength::HALF_HOUR).unwrap();
    let mut lines = Vec::new();
    for meter in meters {
        let mut slots: Vec<Option<Energy>> = vec![None; grid.len()];
        for (_, start, wh) in all.iter().filter(|(name, ..)| name == meter) {
            let at = usize::try_from((start - grid.start().timestamp()) / 1_800).unwrap();
            slots[at] = wh.map(kwh);
        }
        let consumption = Consumption::on_slots(grid, &slots).unwrap();
        for period in Calendar::great_britain().cut(PeriodKind::Month, year()).unwrap() {
            let bill = Bill::new(
                &BillRequest::new(&consumption, &rates, period.span)
                    .standing_charges(tariff.standing_charges.as_ref())
                    .rules(rules.clone()),
            )
            .unwrap();
            let days = Calendar::great_britain().days_starting_in(period.span).unwrap();
            let money = |money: Money| decimal(money.units(), Money::SCALE);
            lines.push(format!(
                "{meter} | {} | {} | {} | {days} | {} | {} | {} | {}",
                period.label,
                bill.coverage.slots,
                bill.coverage.billed_slots,
                decimal(bill.kwh.units().into(), Energy::SCALE),
                money(bill.net_minor),
                money(bill.vat_minor),
                money(bill.total_minor),
            ));
        }
    }
    lines
}

fn without_bands(rows: &[String]) -> Vec<String> {
    rows.iter().map(|row| row.rsplit_once(" | ").unwrap().0.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_are_those_of_the_engine_however_rows_are_cut_and_ordered() {
    let mut random = Random(1);
    let mut all = readings("alpha", year(), &mut random);
    all.extend(readings("beta", year(), &mut random));
    all.truncate(all.len() - 1_000);
    for rules in [BillingRules::exact(), BillingRules::octopus()] {
        let wanted = by_hand(&["alpha", "beta"], &all, &rules);
        assert_eq!(wanted.len(), 18);
        let sql = query(&plan(&rules.name), "interval_start, consumption");
        let sorted = rows(&session(&all, 1), &sql).await;
        assert_eq!(without_bands(&sorted), wanted);
        let mut shuffled = all.clone();
        random.shuffle(&mut shuffled);
        for partitions in [1, 3, 7] {
            assert_eq!(rows(&session(&shuffled, partitions), &sql).await, sorted);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bands_sum_to_the_bill() {
    let all = readings("alpha", span("2025-10-26T00:00:00Z", "2025-10-27T00:00:00Z"), &mut Random(3));
    let plan = r#"{"from": "2025-10-26T00:00:00Z", "to": "2025-10-27", "periods": "day",
        "tariff": {"code": "FLAT", "unit_rate": "20"}}"#;
    let total: i64 = all.iter().filter_map(|(_, _, wh)| *wh).sum();
    let rows = rows(&session(&all, 2), &query(plan, "interval_start, consumption")).await;
    let energy = decimal(i128::from(total) * 100_000, 8);
    let cost = decimal(i128::from(total) * 2 * 10_i128.pow(Money::SCALE - 2), Money::SCALE);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains(&format!(" | {energy} | {cost} | ")), "{rows:?}");
    assert!(rows[0].ends_with(&format!("[{{band: 20, kwh: {energy}, amount_minor: {cost}}}]")), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn energy_is_taken_as_decimal_integer_and_float() {
    let mut all = readings("alpha", year(), &mut Random(5));
    Random(9).shuffle(&mut all);
    let context = session(&all, 3);
    let wanted = rows(&context, &query(&plan("exact"), "interval_start, consumption")).await;
    assert!(!wanted.is_empty());
    for energy in [
        "CAST(consumption * 1000 AS INT)",
        "CAST(consumption * 1000 AS BIGINT)",
        "CAST(consumption * 1000 AS SMALLINT)",
        "CAST(consumption AS DOUBLE)",
        "arrow_cast(consumption, 'Decimal128(18, 5)')",
    ] {
        let arguments = format!("interval_start, {energy}");
        assert_eq!(rows(&context, &query(&plan("exact"), &arguments)).await, wanted, "{energy}");
    }
    for start in [
        "'Timestamp(Second, Some(\"UTC\"))'",
        "'Timestamp(Nanosecond, None)'",
        "'Timestamp(Microsecond, None)'",
    ] {
        let arguments = format!("arrow_cast(interval_start, {start}), consumption");
        assert_eq!(rows(&context, &query(&plan("exact"), &arguments)).await, wanted, "{start}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_leaves_rows_out() {
    let mut random = Random(11);
    let all = readings("alpha", year(), &mut random);
    let few: Vec<Reading> = all.iter().filter(|(_, start, _)| start % 7_200 != 0).cloned().collect();
    let sql = query(&plan("exact"), "interval_start, consumption");
    let only = sql.replace(
        "consumption)['bills']",
        "consumption) FILTER (WHERE CAST(interval_start AS BIGINT) % 7200000 <> 0)['bills']",
    );
    assert_ne!(sql, only);
    let wanted = rows(&session(&few, 1), &sql).await;
    assert_eq!(wanted.len(), 9);
    assert_ne!(wanted, rows(&session(&all, 1), &sql).await);
    assert_eq!(rows(&session(&all, 3), &only).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_groups_all_rows_are_one_meter() {
    let all = readings("alpha", year(), &mut Random(13));
    let context = session(&all, 4);
    let one = format!(
        "SELECT 'alpha', b['period'], b['total_minor'] FROM (SELECT unnest(kwhen_bill('{}', interval_start, consumption)['bills']) AS b \
         FROM readings)",
        plan("exact")
    );
    let grouped = one.replace("FROM readings", "FROM readings GROUP BY meter");
    let mut rows_of_one = rows(&context, &one).await;
    let mut rows_of_groups = rows(&context, &grouped).await;
    rows_of_one.sort();
    rows_of_groups.sort();
    assert_eq!(rows_of_one.len(), 9);
    assert_eq!(rows_of_one, rows_of_groups);
    let nothing = format!(
        "SELECT kwhen_bill('{}', interval_start, consumption) IS NULL AS nothing FROM readings WHERE 1 = 0",
        plan("exact")
    );
    assert_eq!(rows(&context, &nothing).await, ["true"]);
}

/// A state for every row: what DataFusion does where the first rows are all of other groups.
#[tokio::test(flavor = "multi_thread")]
async fn states_of_single_rows_merge_too() {
    let mut all = readings("alpha", span("2025-06-01T00:00:00Z", "2025-06-20T00:00:00Z"), &mut Random(17));
    all.extend(readings("beta", span("2025-06-01T00:00:00Z", "2025-06-20T00:00:00Z"), &mut Random(19)));
    Random(21).shuffle(&mut all);
    let context = session(&all, 3);
    let sql = query(&plan("exact"), "interval_start, consumption");
    let wanted = rows(&context, &sql).await;
    assert_eq!(wanted.len(), 18);
    for setting in [
        "datafusion.execution.skip_partial_aggregation_probe_rows_threshold = 0",
        "datafusion.execution.skip_partial_aggregation_probe_ratio_threshold = 0.0",
    ] {
        context.sql(&format!("SET {setting}")).await.unwrap().collect().await.unwrap();
    }
    assert_eq!(rows(&context, &sql).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_at_fault_stops_nobody() {
    let june = span("2025-06-01T00:00:00Z", "2025-06-03T00:00:00Z");
    let mut all = readings("good", june, &mut Random(23));
    all.extend(readings("twice", june, &mut Random(25)));
    all.push(("twice".into(), june.from().timestamp() + 3_600, Some(5)));
    all.extend(readings("off", june, &mut Random(27)));
    all.push(("off".into(), june.from().timestamp() + 60, Some(5)));
    all.push(("none".into(), june.from().timestamp(), None));
    Random(29).shuffle(&mut all);
    let sql = format!(
        "SELECT meter, o['reason'], o['bills'] IS NULL FROM \
         (SELECT meter, kwhen_bill('{}', interval_start, consumption) AS o FROM readings GROUP BY meter) ORDER BY 1",
        plan("exact")
    );
    let wanted =
        ["good |  | false", "none | no-readings | true", "off | off-grid | true", "twice | repeated | true"];
    for partitions in [1, 4] {
        assert_eq!(rows(&session(&all, partitions), &sql).await, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_with_a_reason() {
    let context = session(&readings("alpha", year(), &mut Random(31)), 2);
    let call = |arguments: &str| format!("SELECT kwhen_bill({arguments}) FROM readings GROUP BY meter");
    let good = plan("exact");
    for (arguments, reason) in [
        (format!("'{good}', interval_start"), "takes 3 or 4 arguments"),
        ("17, interval_start, consumption".into(), "the plan is JSON text"),
        ("'{}', interval_start, consumption".into(), "no plan to bill by: missing field `from`"),
        ("meter, interval_start, consumption".into(), "must be a constant"),
        (format!("'{good}', meter, consumption"), "interval_start is a timestamp"),
        (format!("'{good}', interval_start, meter"), "energy is a decimal"),
        (format!("DISTINCT '{good}', interval_start, consumption"), "DISTINCT"),
        (format!("'{}', interval_start, consumption", plan("ocotpus")), "octopus-statement"),
        (format!("'{}', interval_start, consumption", plan("ladder")), "bills one by one"),
        (
            r#"'{"from": "2025-01-01", "to": "2026-01-01"}', interval_start, consumption"#.into(),
            "either a tariff, or rates and agreements",
        ),
        (
            r#"'{"from": "2025-01-01", "to": "2026-01-01", "rates": "/nowhere/rates.parquet", "agreements": "/nowhere"}',
               interval_start, consumption"#
                .into(),
            "/nowhere/rates.parquet",
        ),
    ] {
        let message = failure(&context, &call(&arguments)).await;
        assert!(message.contains(reason), "{arguments}: {message}");
    }
}
