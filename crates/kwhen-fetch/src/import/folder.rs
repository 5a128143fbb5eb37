//! Payloads that lie in a folder.

use crate::{Error, Result};
use std::io::Read as _;
use std::path::Path;

/// The most files that one folder may hold.
const MOST_FILES: usize = 100_000;
/// The most bytes that one file may hold.
const MOST_BYTES: u64 = 64 << 20;

/// A file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFile {
    /// Its name, without the folder's.
    pub name: String,
    /// What it holds, or why it cannot be read.
    pub bytes: std::result::Result<Vec<u8>, String>,
}

/// The files of a folder whose names end in `.json`, in the order of their names; or the one file that is named. Folders in it are not looked
/// into. A file that cannot be read, or holds over 64 MiB, takes no other with it: it says why; so does what has such a name and is no file.
///
/// # Errors
/// The folder cannot be read, holds no such file, or too many.
pub fn read_folder(path: &Path) -> Result<Vec<FolderFile>> {
    let failed = |path: &Path, error: std::io::Error| {
        Error::invalid(format!("{}: cannot be read: {error}", path.display()))
    };
    let mut paths = Vec::new();
    let is_folder = std::fs::metadata(path).map_err(|error| failed(path, error))?.is_dir();
    if is_folder {
        for entry in std::fs::read_dir(path).map_err(|error| failed(path, error))? {
            let found = entry.map_err(|error| failed(path, error))?.path();
            let is_json = found.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
            if is_json {
                paths.push(found);
            }
            if paths.len() > MOST_FILES {
                return Err(Error::invalid(format!(
                    "{}: more than {MOST_FILES} files: send them folder by folder",
                    path.display()
                )));
            }
        }
        paths.sort();
    } else {
        paths.push(path.to_owned());
    }
    if paths.is_empty() {
        return Err(Error::invalid(format!(
            "{}: no file in it ends in .json: a payload is one such file each",
            path.display()
        )));
    }
    let named = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        // What a folder holds is read only where it is a file: a pipe would be waited for.
        let bytes = if is_folder && !path.is_file() { Err("is no file".to_owned()) } else { read(&path) };
        FolderFile { name, bytes }
    };
    Ok(paths.into_iter().map(named).collect())
}

fn read(path: &Path) -> std::result::Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("over 64 MiB: send it in parts".to_owned());
    }
    Ok(bytes)
}
