//! The bills of many meters from Parquet files to a Parquet file: what `kwhen batch` does, by any DataFusion session.

use crate::bill::bill;
use crate::error::refused;
use crate::location::Location;
use crate::plan::Plan;
use crate::tables::{Tables, addresses};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DFSchema, ScalarValue, exec_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{cast, col, lit};
use datafusion::prelude::{DataFrame, Expr, ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt;
use kwhen::time::Span;
use kwhen_batch::{BillFile, EnergyUnit, MeterColumn, Unbilled, check_instants};
use std::path::PathBuf;

/// The tables, the file that is made of them, and what is billed.
#[derive(Clone, Debug)]
pub struct Job {
    /// Readings in rows: a file or an object, or a folder of them, which every process opens.
    pub consumption: Location,
    /// The file of bills. It appears when the job is done.
    pub out: PathBuf,
    /// What is billed and by what: a plan with rates and agreements, which every process opens too.
    pub plan: Plan,
}

/// What a job came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Meters billed.
    pub billed: u64,
    /// The meters without a bill, in order.
    pub unbilled: Vec<Unbilled>,
}

/// Settings without which a job would be slow.
#[must_use]
pub fn tuned(mut config: SessionConfig) -> SessionConfig {
    // Where the first rows are of as many meters DataFusion would give up adding rows to states and send a state for every row.
    config.options_mut().execution.skip_partial_aggregation_probe_ratio_threshold = 2.0;
    config
}

/// Runs a job in a session that knows the functions, on a cluster or on this machine. The file has the bytes that `kwhen batch` gives it;
/// both pass over rows outside the billed span. A session that reads from object storage knows its stores ([`store::runtime`](crate::store::runtime)).
pub async fn run(context: &SessionContext, job: &Job) -> Result<Summary> {
    let mut plan = job.plan.clone();
    let (Some(rates), Some(agreements)) = (&plan.rates, &plan.agreements) else {
        return exec_err!("a job needs rates and agreements");
    };
    let (rates, agreements) = (rates.absolute()?, agreements.absolute()?);
    let terms = plan.terms()?;
    let tables = Tables::open(&rates, &agreements).await?;
    plan.digest = Some(tables.digest()?);
    let book = tables.book(&terms)?;
    drop(tables);
    (plan.rates, plan.agreements) = (Some(rates), Some(agreements));

    let outcomes = outcomes(context, &job.consumption, &plan, terms.span).await?;
    let mut file = BillFile::create(&job.out, &book).map_err(refused)?;
    let mut stream = outcomes.execute_stream().await?;
    while let Some(batch) = stream.next().await {
        let batch: RecordBatch = batch.map_err(told)?;
        let [meters, outcomes] = batch.columns() else { return exec_err!("{} columns", batch.num_columns()) };
        file.write(meters, outcomes).map_err(refused)?;
    }
    let (unbilled, billed) = file.finish(&book).map_err(refused)?;
    Ok(Summary { billed, unbilled })
}

/// The failure of a task as the executor put it, without the layers that Ballista wraps it in.
fn told(error: DataFusionError) -> DataFusionError {
    let DataFusionError::Execution(message) = &error else { return error };
    let cause = message.split_once("Task failed due to runtime execution error: ").and_then(|(_, cause)| {
        // It is shown as Rust shows a string in an enum of an enum; its escapes are mostly those of JSON.
        let quoted = cause.get(cause.find("(\"")? + 1..=cause.rfind("\")")?)?;
        serde_json::from_str::<String>(quoted).ok()
    });
    cause.map_or(error, |cause| refused(format!("an executor failed: {cause}")))
}

/// The query: every meter and its outcome, in the order of their names.
async fn outcomes(
    context: &SessionContext,
    consumption: &Location,
    plan: &Plan,
    span: Span,
) -> Result<DataFrame> {
    let files = addresses(&consumption.absolute()?).await?;
    // What is named is read, whatever its name ends in.
    let readings = context.read_parquet(files, ParquetReadOptions::default().file_extension("")).await?;
    let schema = readings.schema().clone();
    let named = |name: &str| schema.field_with_unqualified_name(name).map(|field| field.data_type().clone());
    if named("readings").is_ok() {
        return exec_err!(
            "{consumption} is in the dense layout, which a cluster does not read; `kwhen batch convert --to long` rewrites it"
        );
    }
    let missing =
        |name: &str| refused(format!("{consumption} has no column {name}; it has {}", columns(&schema)));
    let energy = ["wh", "consumption"].into_iter().find(|name| named(name).is_ok());
    let energy = energy.ok_or_else(|| missing("consumption (kWh) or wh"))?;
    let meter = named("meter").map_err(|_| missing("meter"))?;
    let start = named("interval_start").map_err(|_| missing("interval_start"))?;
    let names = MeterColumn::of(&meter).map_err(refused)?;
    let meter = cast(col("meter"), names.state_type().unwrap_or(DataType::Utf8));
    let mut plan = plan.clone();
    plan.unit = Some(if energy == "wh" { EnergyUnit::Wh } else { EnergyUnit::Kwh });
    let arguments = vec![lit(plan.to_json()?), col("meter"), col("interval_start"), col(energy)];
    readings
        .filter(within(span, &start, plan.assume_utc)?)?
        .aggregate(vec![col("meter")], vec![bill().call(arguments).alias("outcome")])?
        .select(vec![meter.alias("meter"), col("outcome")])?
        .sort(vec![col("meter").sort(true, true)])
}

fn columns(schema: &DFSchema) -> String {
    schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ")
}

/// Rows of a span, and those that do not say when they are: a fault to be told. Times without a time zone are UTC or an error.
fn within(span: Span, kind: &DataType, assume_utc: bool) -> Result<Expr> {
    check_instants("interval_start", kind, assume_utc).map_err(refused)?;
    let DataType::Timestamp(unit, zone) = kind else {
        return exec_err!("column interval_start is of type {kind}");
    };
    let instant = |seconds: i64| {
        let (count, zone) = (|each: i64| Some(seconds.saturating_mul(each)), zone.clone());
        lit(match unit {
            TimeUnit::Second => ScalarValue::TimestampSecond(count(1), zone),
            TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(count(1_000), zone),
            TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(count(1_000_000), zone),
            TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(count(1_000_000_000), zone),
        })
    };
    let start = || col("interval_start");
    let inside =
        start().gt_eq(instant(span.from().timestamp())).and(start().lt(instant(span.to().timestamp())));
    Ok(start().is_null().or(inside))
}
