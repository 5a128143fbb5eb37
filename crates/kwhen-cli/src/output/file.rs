//! Writing: the whole result at once, or not at all.

use crate::end::{End, Result};
use kwhen::text::visible;
use kwhen_page::style::{ERROR, FAINT, Palette};
use std::fs::File;
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

/// Writes a file through a temporary one beside it, so that the old content stays until the new is whole and on the disk.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let held = std::fs::metadata(path).ok();
    // A device or a pipe has nothing to keep, and must not be replaced by a file.
    if held.as_ref().is_some_and(|held| !held.is_file()) {
        return std::fs::write(path, bytes).map_err(|error| unwritten(path, &error));
    }
    // A link stays one: what it leads to is replaced.
    let linked = path.is_symlink().then(|| std::fs::canonicalize(path).ok()).flatten();
    let path = linked.as_deref().unwrap_or(path);
    beside(path, bytes, |temporary| {
        if let Some(held) = held {
            std::fs::set_permissions(temporary, held.permissions())?;
        }
        std::fs::rename(temporary, path)
    })
}

/// Writes a file that is not there yet, whole or not at all.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    beside(path, bytes, |temporary| match std::fs::hard_link(temporary, path) {
        // It is there; that its other name may stay is the lesser evil.
        Ok(()) => {
            let _ = std::fs::remove_file(temporary);
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A file system without links.
        Err(_) if path.symlink_metadata().is_err() => std::fs::rename(temporary, path),
        Err(error) => Err(error),
    })
}

/// Writes a file under another name, and has it given its own once it is on the disk.
fn beside(path: &Path, bytes: &[u8], named: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let mut name =
        path.file_name().ok_or_else(|| unwritten(path, &ErrorKind::InvalidInput.into()))?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| named(&temporary));
    written.map_err(|error| {
        // The message is about the file that was asked for; that the temporary one may stay is the lesser evil.
        let _ = std::fs::remove_file(&temporary);
        unwritten(path, &error)
    })
}

fn unwritten(path: &Path, error: &std::io::Error) -> End {
    let name = path.display();
    End::work(match error.kind() {
        ErrorKind::AlreadyExists => format!("{name}: is there already, and is not written over"),
        _ => format!("{name}: cannot be written: {error}"),
    })
}
