//! The job in a plain DataFusion session, against the same job of `kwhen_batch`, byte for byte.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]

mod support;

use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use kwhen::bill::BillingRules;
use kwhen::time::{PeriodKind, Span};
use kwhen_batch::{Layout, Sample, Terms, Unbilled, generate};
use kwhen_cluster::job::{Job, run, tuned};
use kwhen_cluster::{Periods, Plan, Rules, digest_of};
use std::path::{Path, PathBuf};
use support::span;
use tempfile::TempDir;

fn half_year() -> Span {
    span("2025-09-01T00:00:00Z", "2025-12-31T00:00:00Z")
}

/// Inside the readings on both sides, at local midnights.
fn billed() -> Span {
    span("2025-09-30T23:00:00Z", "2025-12-01T00:00:00Z")
}

fn world(meters: u32, layout: Layout) -> TempDir {
    let folder = TempDir::new().unwrap();
    generate(&Sample { meters, span: half_year(), seed: 3, layout }, folder.path()).unwrap();
    folder
}

fn plan(folder: &Path, agreements: &str) -> Plan {
    Plan {
        from: "2025-10-01".into(),
        to: "2025-12-01".into(),
        periods: Periods::Week,
        rules: Some(Rules::Named("octopus".into())),
        slot_minutes: None,
        time_zone: None,
        unit: None,
        assume_utc: false,
        tariff: None,
        rates: Some(folder.join("rates.parquet").into()),
        agreements: Some(folder.join(agreements).into()),
        digest: None,
    }
}

/// What `kwhen_batch` makes of it.
fn alone(folder: &Path, consumption: &str, agreements: &str) -> (Vec<u8>, String) {
    let terms = Terms { periods: PeriodKind::Week, rules: BillingRules::octopus(), ..Terms::new(billed()) };
    let out = folder.join("alone.parquet");
    let (rates, agreements) = (folder.join("rates.parquet"), folder.join(agreements));
    let job = kwhen_batch::Job::new(folder.join(consumption), rates, agreements, out.clone(), terms);
    let summary = kwhen_batch::run(&job, |_| true).unwrap();
    assert!(summary.billed > 0);
    (std::fs::read(out).unwrap(), Unbilled::csv(&summary.unbilled))
}

async fn in_session(
    context: &SessionContext,
    folder: &Path,
    consumption: &str,
    agreements: &str,
) -> (Vec<u8>, String) {
    let out = folder.join("session.parquet");
    let job = Job {
        consumption: folder.join(consumption).into(),
        out: out.clone(),
        plan: plan(folder, agreements),
    };
    let summary = run(context, &job).await.unwrap();
    (std::fs::read(out).unwrap(), Unbilled::csv(&summary.unbilled))
}

fn context(partitions: usize) -> SessionContext {
    let context =
        SessionContext::new_with_config(tuned(SessionConfig::new().with_target_partitions(partitions)));
    kwhen_cluster::register_all(&context);
    context
}

/// Writes a table anew under other types.
async fn rewrite(from: PathBuf, to: PathBuf, columns: &str) {
    let context = context(1);
    context.register_parquet("t", from.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
    let frame = context.sql(&format!("SELECT {columns} FROM t")).await.unwrap();
    let options = DataFrameWriteOptions::new().with_single_file_output(true);
    frame.write_parquet(to.to_str().unwrap(), options, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_column_gives_the_bytes_of_kwhen_batch() {
    let world = world(12, Layout::LongWh);
    let folder = world.path();
    let wanted = alone(folder, "consumption.parquet", "agreements.parquet");
    assert_eq!(in_session(&context(3), folder, "consumption.parquet", "agreements.parquet").await, wanted);
    for (name, meter, energy) in [
        ("dictionary", "arrow_cast(meter, 'Dictionary(Int32, Utf8)') AS meter", "wh"),
        ("large", "arrow_cast(meter, 'LargeUtf8') AS meter", "CAST(wh AS DOUBLE) AS wh"),
        ("decimal", "meter", "CAST(wh AS DECIMAL(12, 2)) AS wh"),
        ("kwh", "meter", "CAST(wh AS DECIMAL(12, 3)) / 1000.0 AS consumption"),
    ] {
        let file = format!("{name}.parquet");
        let columns = format!("{meter}, interval_start, {energy}");
        rewrite(folder.join("consumption.parquet"), folder.join(&file), &columns).await;
        let said = in_session(&context(2), folder, &file, "agreements.parquet").await;
        assert!(said == wanted, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_a_name_and_no_pattern() {
    let world = world(2, Layout::LongWh);
    let folder = world.path();
    let wanted = alone(folder, "consumption.parquet", "agreements.parquet");
    let odd = "[a] 100 %25 * ü#?";
    std::fs::copy(folder.join("consumption.parquet"), folder.join(odd)).unwrap();
    assert!(in_session(&context(2), folder, odd, "agreements.parquet").await == wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn meters_may_be_numbers() {
    let world = world(5, Layout::LongKwh);
    let folder = world.path();
    for (table, rest) in
        [("consumption", "interval_start, consumption"), ("agreements", "tariff, valid_from, valid_to")]
    {
        let columns = format!("CAST(meter AS BIGINT) AS meter, {rest}");
        let (from, to) = (format!("{table}.parquet"), format!("{table}-numbers.parquet"));
        rewrite(folder.join(from), folder.join(to), &columns).await;
    }
    let (consumption, agreements) = ("consumption-numbers.parquet", "agreements-numbers.parquet");
    let wanted = alone(folder, consumption, agreements);
    assert!(in_session(&context(3), folder, consumption, agreements).await == wanted);
    // Names of two kinds cannot meet.
    let job = Job {
        consumption: folder.join(consumption).into(),
        out: folder.join("mixed.parquet"),
        plan: plan(folder, "agreements.parquet"),
    };
    let error = run(&context(2), &job).await.unwrap_err().to_string();
    assert!(error.contains("holds integers here and text in the agreements"), "{error}");
    assert!(!job.out.exists());
}

/// With 1.4 MB; at half of that DataFusion gives up.
#[tokio::test(flavor = "multi_thread")]
async fn little_memory_changes_nothing() {
    let world = world(300, Layout::LongWh);
    let folder = world.path();
    let wanted = alone(folder, "consumption.parquet", "agreements.parquet");
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(1_400_000, 1.0).build_arc().unwrap();
    let mut config = tuned(SessionConfig::new().with_target_partitions(2).with_batch_size(1_024));
    config.options_mut().execution.sort_spill_reservation_bytes = 200_000;
    let context = SessionContext::new_with_config_rt(config, runtime);
    kwhen_cluster::register_all(&context);
    assert!(in_session(&context, folder, "consumption.parquet", "agreements.parquet").await == wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_files_than_the_query_was_made_for_are_refused() {
    let world = world(2, Layout::LongWh);
    let mut plan = plan(world.path(), "agreements.parquet");
    plan.digest = Some(
        digest_of(&["rates.parquet", "agreements.parquet"].map(|name| world.path().join(name))).unwrap(),
    );
    assert!(plan.billing().unwrap().needs_meters());
    std::fs::copy(world.path().join("rates.parquet"), world.path().join("agreements.parquet")).unwrap();
    let error = plan.billing().unwrap_err().to_string();
    assert!(error.contains("do all processes see the same files?"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dense_layout_is_refused_with_a_hint() {
    let world = world(1, Layout::Dense);
    let out = world.path().join("bills.parquet");
    let job = Job {
        consumption: world.path().join("consumption.parquet").into(),
        out: out.clone(),
        plan: plan(world.path(), "agreements.parquet"),
    };
    let error = run(&context(2), &job).await.unwrap_err().to_string();
    assert!(error.contains("kwhen batch convert --to long"), "{error}");
    assert!(!out.exists());
}
