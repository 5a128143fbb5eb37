#!/usr/bin/env bash
# arrow and parquet 59.3.2 (crates.io) write a column of Timestamp(Second, UTC) as a bare INT64 that only they read back as a time.
#
# Parquet's TIMESTAMP knows milliseconds, microseconds and nanoseconds, no seconds. pyarrow widens such a column to milliseconds
# as it writes; the Rust writer keeps the integers, gives them no logical type and says the type only in the hidden `ARROW:schema`
# metadata, so its own round trip looks right. Half-hourly data is in whole seconds, which invites the type.
# Expected: a timestamp for every reader, or an error. Seen: DuckDB 2.0.1 reads BIGINT, fastparquet 2026.9.0 int64.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 fastparquet==2026.9.0
mkdir -p "$work/crate/src"
cat > "$work/crate/Cargo.toml" <<'TOML'
[package]
name = "seconds"
version = "0.0.0"
edition = "2021"
[dependencies]
arrow = { version = "=59.3.2", default-features = false }
parquet = { version = "=59.3.2", default-features = false, features = ["arrow"] }
TOML
cat > "$work/crate/src/main.rs" <<'RS'
use arrow::array::{Array, ArrayRef, RecordBatch, TimestampSecondArray};
use parquet::arrow::{arrow_reader::ParquetRecordBatchReaderBuilder, ArrowWriter};
use std::{fs::File, sync::Arc};

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let times = TimestampSecondArray::from(vec![1_780_000_200, 1_780_002_000]).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([("from", Arc::new(times) as ArrayRef)]).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let back = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap().build().unwrap().next().unwrap().unwrap();
    println!("read back in Rust: {}", back.column(0).data_type());
}
RS
CARGO_TARGET_DIR="$work/target" cargo run --quiet --manifest-path "$work/crate/Cargo.toml" -- "$work/times.parquet"
cat > "$work/run.py" <<'PY'
import sys, duckdb, fastparquet

path = sys.argv[1]
duck = duckdb.sql(f"select typeof(\"from\") from '{path}'").fetchall()[0][0]
fast = str(fastparquet.ParquetFile(path).to_pandas()["from"].dtype)
print(f"DuckDB {duckdb.__version__}: {duck}; fastparquet {fastparquet.__version__}: {fast}")
assert (duck, fast) == ("BIGINT", "int64"), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py" "$work/times.parquet"
