//! One flipped bit, wherever it is in a file that was written here, is an error that names the file or changes nothing.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod support;

use kwhen_batch::{Layout, Unbilled, run, to_long};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::sync::Arc;
use support::*;

/// What a run says: its bills and its report, or its refusal.
fn said(world: &World) -> Result<(Vec<String>, Vec<Unbilled>), String> {
    let summary = run(&world.job("consumption.parquet"), |_| true).map_err(|error| error.to_string())?;
    Ok((world.bills(), summary.unbilled))
}

/// Flips the chosen bits of a file one after another; how many of them were refused.
fn flip(world: &World, name: &str, chosen: impl Fn(usize) -> bool) -> usize {
    let path = world.path(name);
    let whole = std::fs::read(&path).unwrap();
    let expected = said(world).unwrap();
    let mut refused = 0;
    for bit in (0..whole.len() * 8).filter(|bit| chosen(*bit)) {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, damaged).unwrap();
        match said(world) {
            Ok(found) => assert!(found == expected, "{name}, bit {bit} of {}: other bills", whole.len() * 8),
            Err(message) => {
                assert!(message.contains(name) && !world.path("bills.parquet.partial").exists(), "{message}");
                refused += 1;
            }
        }
    }
    std::fs::write(&path, whole).unwrap();
    refused
}

fn small(layout: Layout) -> World {
    World::new(3, span("2025-01-06T00:00:00Z", "2025-01-08T00:00:00Z"), layout)
}

/// Bits that are tried: of each byte one, so that the test takes seconds; all of them, if the environment says so.
fn some(bit: usize) -> bool {
    std::env::var_os("KWHEN_ALL_BITS").is_some() || bit % 8 == (bit / 8 * 5 + 3) % 8
}

#[test]
fn a_flipped_bit_of_readings_gives_no_other_bill() {
    for layout in [Layout::LongKwh, Layout::LongWh, Layout::Dense] {
        let world = small(layout);
        let refused = flip(&world, "consumption.parquet", some);
        assert!(refused > 1_000, "{layout:?}: {refused}");
    }
    let world = small(Layout::Dense);
    let long = world.path("long.parquet");
    to_long(&world.path("consumption.parquet"), &long, world.terms.slot_length, false).unwrap();
    std::fs::rename(long, world.path("consumption.parquet")).unwrap();
    assert!(flip(&world, "consumption.parquet", some) > 1_000);
}

#[test]
fn a_flipped_bit_of_rates_or_agreements_gives_no_other_bill() {
    let world = small(Layout::LongWh);
    for name in ["rates.parquet", "agreements.parquet"] {
        let refused = flip(&world, name, some);
        assert!(refused > 500, "{name}: {refused}");
    }
}

/// Many pages a column, which are read one after another.
#[test]
fn a_flipped_bit_in_one_page_of_many_gives_no_other_bill() {
    for layout in [Layout::LongKwh, Layout::Dense] {
        let world = World::new(4, span("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), layout);
        let bits = std::fs::metadata(world.path("consumption.parquet")).unwrap().len() as usize * 8;
        let step = bits / 61;
        assert!(flip(&world, "consumption.parquet", |bit| bit % step == step / 2) > 50, "{layout:?}");
    }
}

/// Other readers look for the checksum of each page, and this one of the `parquet` crate finds it.
#[test]
fn every_page_of_every_file_has_its_checksum() {
    let world = World::new(40, span("2025-01-01T00:00:00Z", "2025-03-01T00:00:00Z"), Layout::LongKwh);
    said(&world).unwrap();
    for name in ["consumption.parquet", "rates.parquet", "agreements.parquet", "bills.parquet"] {
        let whole = std::fs::read(world.path(name)).unwrap();
        let metadata = SerializedFileReader::new(File::open(world.path(name)).unwrap()).unwrap();
        let (mut pages, mut seen) = (0, 0);
        for group in metadata.metadata().row_groups() {
            for column in group.columns() {
                let (start, length) = column.byte_range();
                let rows = group.num_rows() as usize;
                // The last byte of the last page.
                let mut damaged = whole.clone();
                damaged[(start + length) as usize - 1] ^= 1;
                let reader =
                    SerializedPageReader::new(Arc::new(bytes::Bytes::from(damaged)), column, rows, None);
                seen += usize::from(reader.unwrap().any(|page| page.is_err()));
                pages += 1;
            }
        }
        assert!(pages > 0 && seen == pages, "{name}: {seen} of {pages}");
        let file = File::open(world.path(name)).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let rows: usize = builder.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
        assert!(rows > 0, "{name}");
    }
}
