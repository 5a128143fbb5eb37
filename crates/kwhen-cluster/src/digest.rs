//! A number that tells whether a file has changed.

use crate::error::refused;
use datafusion::error::Result;
use kwhen_batch::parquet_files;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A number for the contents of Parquet files, or folders of them: 64-bit FNV-1a, for mistakes and not for malice.
pub fn digest_of<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<String> {
    let mut digest = Digest(0xcbf2_9ce4_8422_2325);
    for path in paths {
        for file in parquet_files(path).map_err(refused)? {
            digest.add(&file).map_err(|error| refused(format!("{}: {error}", file.display())))?;
        }
    }
    Ok(format!("{:016x}", digest.0))
}

struct Digest(u64);

impl Digest {
    fn add(&mut self, path: &Path) -> std::io::Result<()> {
        let mut file = std::fs::File::open(path)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = file.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            for byte in buffer.iter().take(length) {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}
