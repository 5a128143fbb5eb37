//! Arrow and Parquet files with one byte changed, at every byte: a series, or one message of one line; nothing of the library's panics is
//! shown, and the process lives on.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use kwhen::input::ReadingOptions;
use kwhen::layout::{Said, consumption};
use kwhen::time::Calendar;
use kwhen_app::container::unpacked;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterVersion};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

static SHOWN: AtomicUsize = AtomicUsize::new(0);
static COUNTED: Once = Once::new();

/// Counts from here on each panic that is shown. The reader's own hook, which is set once in a process, must come after this one: so every
/// test here that reads calls this first.
fn count_what_is_shown() {
    COUNTED.call_once(|| {
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            SHOWN.fetch_add(1, Ordering::Relaxed);
            shown(panic);
        }));
    });
}

fn rows() -> RecordBatch {
    let starts = [0_i64, 1, 2].map(|slot| 1_772_409_600_000 + slot * 1_800_000);
    let texts = ["2026-03-02T00:00:00Z", "2026-03-02T00:30:00Z", "2026-03-02T01:00:00Z"];
    let meters: DictionaryArray<Int32Type> = ["one", "one", "one"].into_iter().collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("interval_start", Arc::new(TimestampMillisecondArray::from(starts.to_vec()).with_timezone("UTC"))),
        ("consumption", Arc::new(Float64Array::from(vec![Some(0.5), None, Some(0.25)]))),
        ("shown", Arc::new(StringArray::from(texts.to_vec()))),
        ("meter", Arc::new(meters)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn arrow_file(compression: Option<CompressionType>) -> Vec<u8> {
    arrow_file_of(&rows(), compression)
}

fn arrow_file_of(rows: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &rows.schema(), options).unwrap();
    writer.write(rows).unwrap();
    writer.write(&rows.slice(0, 0)).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn parquet_file(properties: WriterProperties) -> Vec<u8> {
    let rows = rows();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.into_inner().unwrap()
}

/// How much a file holds, or why it is not read.
fn read(bytes: Vec<u8>) -> Result<String, String> {
    let text = unpacked(bytes)?;
    let calendar = Calendar::great_britain();
    consumption(&text, &Said::default(), &ReadingOptions::default(), &calendar, None)
        .and_then(|taken| taken.series.total())
        .map(|total| total.to_string())
        .map_err(|error| error.to_string())
}

#[test]
fn a_changed_byte_is_a_series_or_one_message() {
    count_what_is_shown();
    let new = WriterProperties::builder;
    let files = [
        ("Arrow", arrow_file(None)),
        ("Arrow, LZ4", arrow_file(Some(CompressionType::LZ4_FRAME))),
        ("Arrow, Zstandard", arrow_file(Some(CompressionType::ZSTD))),
        ("Parquet", parquet_file(new().build())),
        ("Parquet, packed", parquet_file(new().set_compression(Compression::SNAPPY).build())),
        (
            "Parquet, second form",
            parquet_file(
                new()
                    .set_writer_version(WriterVersion::PARQUET_2_0)
                    .set_dictionary_enabled(false)
                    .set_column_encoding("shown".into(), Encoding::DELTA_BYTE_ARRAY)
                    .set_column_encoding("meter".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
                    .build(),
            ),
        ),
    ];
    // All 255 others of a byte where that is asked for, else two of its bits and what claims most.
    let all: Vec<u8> = (1..=255).collect();
    let some = [1, 8, 0x7f, 0x80, 0xff];
    let changes = if std::env::var_os("KWHEN_EVERY_BYTE").is_some() { &all[..] } else { &some[..] };
    let mut failed = Vec::new();
    for (kind, file) in files {
        assert_eq!(read(file.clone()), Ok("0.75".to_owned()), "{kind}");
        let mut refused = 0;
        for at in 0..file.len() {
            for change in changes {
                let mut changed = file.clone();
                changed[at] ^= change;
                let Err(error) = read(changed) else { continue };
                refused += 1;
                if error.is_empty() || error.contains('\n') {
                    failed.push(format!("{kind}: {at} by {change}: {error}"));
                }
            }
        }
        // Not all was read for something else.
        assert!(refused > file.len(), "{kind}: {refused} of {} bytes", file.len());
    }
    assert_eq!(SHOWN.load(Ordering::Relaxed), 0, "panics that were shown");
    assert!(failed.is_empty(), "{} messages, the first: {:?}", failed.len(), failed.first());
}

/// 5,000 half-hours of two columns of 40,000 bytes each.
fn many_rows() -> RecordBatch {
    let starts: Vec<i64> = (0..5_000).map(|slot| 1_772_409_600_000 + slot * 1_800_000).collect();
    let values: Vec<f64> = (0..5_000_u32).map(|slot| f64::from(slot % 48) / 64.0).collect();
    let columns: [(&str, ArrayRef); 2] = [
        ("interval_start", Arc::new(TimestampMillisecondArray::from(starts).with_timezone("UTC"))),
        ("consumption", Arc::new(Float64Array::from(values))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// What is written compressed is what is written plain; what does not shrink stands as it is between buffers that do.
#[test]
fn compressed_arrow_is_plain_arrow() {
    count_what_is_shown();
    let plain = arrow_file_of(&many_rows(), None);
    for kind in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let packed = arrow_file_of(&many_rows(), Some(kind));
        assert!(packed.len() * 3 < plain.len() * 2, "{kind:?}: {} of {}", packed.len(), plain.len());
        assert_eq!(unpacked(packed), unpacked(plain.clone()), "{kind:?}");
    }
}

/// A buffer that says that it expands to more than the limit is refused before room is made for it.
#[test]
fn what_compressed_arrow_expands_to_is_bounded() {
    count_what_is_shown();
    for kind in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let file = arrow_file_of(&many_rows(), Some(kind));
        let at = file.windows(8).position(|window| window == 40_000_i64.to_le_bytes()).expect("a length");
        let saying = |length: i64| {
            let mut changed = file.clone();
            changed[at..at + 8].copy_from_slice(&length.to_le_bytes());
            unpacked(changed).unwrap_err()
        };
        for more in [1 << 31, i64::MAX] {
            let error = saying(more);
            assert!(error.contains("expands to more than 1024 MiB"), "{kind:?}: {error}");
        }
        for wrong in [39_999, 40_001, 1] {
            let error = saying(wrong);
            assert!(error.contains("is it whole?"), "{kind:?}, {wrong}: {error}");
        }
    }
}
