//! What files are packed in: compression, archives, spreadsheets, databases, columns, encodings. Each becomes the text that the core reads.
//!
//! Nothing expands to more than a gibibyte.

mod archive;
#[cfg(feature = "ask")]
mod arrow;
#[cfg(feature = "ask")]
mod columns;
#[cfg(feature = "ask")]
mod database;
mod encoding;
mod limit;
mod sheet;

#[cfg(feature = "ask")]
pub use columns::to_parquet;

use limit::all_of;

/// The content of a file as text of a kind that the core reads; what is packed in nothing is given as it is.
///
/// # Errors
/// What the file is, where it cannot be unpacked.
pub fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    unpacked_within(bytes, 0)
}

/// What is read whole, not unpacked.
#[derive(Clone, Copy)]
enum Table {
    Parquet,
    Arrow,
    Database,
}

#[cfg(feature = "ask")]
fn text_of(table: Table, bytes: Vec<u8>) -> Result<String, String> {
    match table {
        Table::Parquet => columns::from_parquet(bytes),
        Table::Arrow => arrow::from_arrow(bytes),
        Table::Database => database::home_assistant(&bytes),
    }
}

/// Columns and databases are for those who have a reader of them.
#[cfg(not(feature = "ask"))]
fn text_of(table: Table, _bytes: Vec<u8>) -> Result<String, String> {
    let what = match table {
        Table::Parquet => {
            "is a Parquet file: read it with a library of columns, and give those to from_arrow"
        }
        Table::Arrow => "is an Arrow file: read it with a library of columns, and give those to from_arrow",
        Table::Database => "is an SQLite database: give what its tables hold",
    };
    Err(what.to_owned())
}

/// How deep files may be packed in each other: an archive of a compressed file.
const DEEPEST: u32 = 3;

fn unpacked_within(bytes: Vec<u8>, depth: u32) -> Result<Vec<u8>, String> {
    let is = |magic: &[u8]| bytes.starts_with(magic);
    let inner = if is(b"\x1f\x8b") {
        all_of(flate2::read::MultiGzDecoder::new(bytes.as_slice()), "gzip")?
    } else if is(b"\x28\xb5\x2f\xfd") {
        let reader = zstd::stream::read::Decoder::new(bytes.as_slice());
        let reader = reader.map_err(|error| format!("cannot be unpacked as zstd: {error}"))?;
        all_of(reader, "zstd")?
    } else if is(b"PK\x03\x04") || is(b"PK\x05\x06") {
        let members = archive::members(&bytes)?;
        if sheet::is_workbook(&members) {
            return sheet::as_text(&bytes, &members).map(String::into_bytes);
        }
        archive::only_member(&bytes, &members)?
    } else if is(b"PAR1") {
        return text_of(Table::Parquet, bytes).map(String::into_bytes);
    } else if is(b"ARROW1") {
        return text_of(Table::Arrow, bytes).map(String::into_bytes);
    } else if is(b"SQLite format 3\0") {
        return text_of(Table::Database, bytes).map(String::into_bytes);
    } else {
        return encoding::as_utf8(bytes);
    };
    if depth >= DEEPEST {
        return Err("is packed in itself too often".to_owned());
    }
    unpacked_within(inner, depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const TEXT: &[u8] = b"start,kwh\n2026-07-01T00:00:00Z,0.5\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A zip archive of deflated members.
    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut archive, mut list) = (Vec::new(), Vec::new());
        for (name, bytes) in members {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            let packed = encoder.finish().unwrap();
            let offset = u32::try_from(archive.len()).unwrap();
            let sizes =
                [packed.len(), bytes.len()].map(|size| u32::try_from(size).unwrap().to_le_bytes()).concat();
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            let crc = crc32fast::hash(bytes).to_le_bytes();
            let common = [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..], &crc, &sizes, &length, &[0, 0]].concat();
            archive.extend([&b"PK\x03\x04"[..], &common[..], name.as_bytes(), &packed].concat());
            list.extend(
                [&b"PK\x01\x02\x14\x00"[..], &common[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()]
                    .concat(),
            );
        }
        let count = u16::try_from(members.len()).unwrap().to_le_bytes();
        let (size, at) = (u32::try_from(list.len()).unwrap(), u32::try_from(archive.len()).unwrap());
        archive.extend(&list);
        archive.extend(
            [&b"PK\x05\x06\0\0\0\0"[..], &count[..], &count, &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]]
                .concat(),
        );
        archive
    }

    #[test]
    fn what_is_packed_reads_as_what_is_not() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(String::from_utf8_lossy(TEXT).encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        for packed in [
            TEXT.to_vec(),
            gzip(TEXT),
            zstd::encode_all(TEXT, 1).unwrap(),
            zip(&[("__MACOSX/._a.csv", b"x"), ("a.csv", TEXT)]),
            gzip(&zip(&[("a.csv.gz", &gzip(TEXT))])),
            utf16,
        ] {
            assert_eq!(unpacked(packed).unwrap(), TEXT);
        }
        let latin = b"Z\xe4hler;m\xb3\n".to_vec();
        assert_eq!(unpacked(latin).unwrap(), "Zähler;m³\n".as_bytes());
    }

    #[test]
    fn what_cannot_be_unpacked_is_named() {
        let mut nested = TEXT.to_vec();
        for _ in 0..6 {
            nested = gzip(&nested);
        }
        let zeros = gzip(&vec![0; 1 << 16]);
        let many: Vec<(String, &[u8])> = (0..1000).map(|place| (format!("{place}.csv"), TEXT)).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        // A byte of what is packed, beside the names and sizes.
        let mut damaged = zip(&[("a.csv", TEXT)]);
        let crc = damaged.len() - 22 - 5 - 46 + 16;
        damaged[crc] ^= 1;
        for (packed, wanted) in [
            (zeros[..zeros.len() - 9].to_vec(), "is it whole?"),
            (gzip(TEXT)[..20].to_vec(), "is it whole?"),
            (b"PK\x03\x04nothing".to_vec(), "zip"),
            (zip(&many), "1000 files"),
            (zip(&[]), "no file"),
            (nested, "too often"),
            (damaged, "checksum of a.csv"),
            (b"PAR1".to_vec(), "Parquet"),
            (b"ARROW1".to_vec(), "Arrow"),
            (b"SQLite format 3\0".to_vec(), "SQLite"),
        ] {
            let error = unpacked(packed).unwrap_err();
            assert!(error.contains(wanted), "{wanted}: {error}");
        }
    }
}
