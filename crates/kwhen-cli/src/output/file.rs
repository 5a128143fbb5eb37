//! Writing: the whole result at once, or not at all.

use crate::end::{End, Result};
use kwhen::text::visible;
use kwhen_page::style::{ERROR, FAINT, Palette};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Writes to standard output. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(End::work(format!("standard output: cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Notes beside rows, on standard error: rows have no place for them.
pub(crate) fn note<T: std::fmt::Display>(notes: impl IntoIterator<Item = T>, palette: Palette) {
    for note in notes {
        eprintln!("{} {}", palette.paint(FAINT, "note:"), visible(&note.to_string()));
    }
}

/// What went wrong, on standard error.
pub(crate) fn fail(what: &dyn std::fmt::Display, palette: Palette) {
    eprintln!("{} {}", palette.paint(ERROR, "error:"), visible(&what.to_string()));
}

/// Writes a file through a temporary one beside it, so that the old content stays until the new is whole.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| End::work(format!("{}: cannot be written: {error}", path.display()));
    // A device or a pipe has nothing to keep, and must not be replaced by a file.
    if std::fs::metadata(path).is_ok_and(|held| !held.is_file()) {
        return std::fs::write(path, bytes).map_err(failed);
    }
    let mut name = path.file_name().ok_or_else(|| failed(ErrorKind::InvalidInput.into()))?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        // The message is about the file that was asked for; that the temporary one may stay is the lesser evil.
        let _ = std::fs::remove_file(&temporary);
        failed(error)
    })
}
