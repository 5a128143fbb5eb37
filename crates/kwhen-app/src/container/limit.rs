//! How much a packed file may expand to.

use std::io::Read;

/// The most that a packed file may expand to: ten years of minutes, as text, are a fifth of it.
pub(super) const MOST: u64 = 1 << 30;

/// All that a reader gives, up to the limit.
pub(super) fn all_of(reader: impl Read, kind: &str) -> Result<Vec<u8>, String> {
    let mut inner = Vec::new();
    let read = reader.take(MOST + 1).read_to_end(&mut inner);
    read.map_err(|error| format!("cannot be unpacked as {kind}: {error}; is it whole?"))?;
    if inner.len() as u64 > MOST {
        return Err(format!("expands to more than {} MiB", MOST >> 20));
    }
    Ok(inner)
}
