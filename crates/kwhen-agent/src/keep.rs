//! The file that the agent's state is kept in: written beside and put in its place, so that it is whole whenever the process is killed.

use crate::state::{State, VERSION};
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The longest file that is read: a state is some kilobytes.
const LONGEST: u64 = 16 << 20;

/// The state of a file; a new one where there is none.
///
/// # Errors
/// It cannot be read, is no state, or one of a newer version: nothing of it is dropped silently.
pub fn read(path: &Path) -> Result<State, String> {
    let name = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(format!("{name}: cannot be read: {error}")),
        Ok(held) if held.len() > LONGEST => {
            return Err(format!("{name}: too long to be a state of kwhen run"));
        }
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    let state: State = serde_json::from_slice(&bytes).map_err(|error| {
        format!("{name}: not a state of kwhen run ({error}); move it away to begin without what was said of the devices")
    })?;
    if state.version > VERSION {
        return Err(format!(
            "{name}: kept by a newer kwhen (version {}); this one reads {VERSION}",
            state.version
        ));
    }
    Ok(state)
}

/// That no other process keeps its state in the same file, until this is dropped or the process is gone.
///
/// # Errors
/// Another one does.
pub fn claim(path: &Path) -> Result<Option<File>, String> {
    // By whatever name or link it goes.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // Where nothing can be written, that is said as it comes; a claim there would keep nobody away.
    let Ok(file) = File::create(beside(&place, ".lock")) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(format!(
            "{}: another kwhen run keeps its state there: end that one, or name another file with --state",
            path.display()
        )),
        // Not every filesystem knows of locks.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Keeps a state: on disk before it is in its place.
///
/// # Errors
/// It cannot be written; what was kept before is still there.
pub fn write(path: &Path, state: &State) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: cannot be written: {error}", path.display());
    let bytes = serde_json::to_vec(state).map_err(|error| error.to_string())?;
    let temporary = beside(path, ".new");
    let mut file = File::create(&temporary).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    // The name too is to outlast a loss of power, where the system lets a folder be synchronised.
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// One name, whichever process writes: what a killed one left is written over.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(read(&path).unwrap(), State::default());
        let mut state = State::default();
        state.devices.entry("car".to_owned()).or_default().level = Some(("30.5".parse().unwrap(), 17));
        // What a killed process left behind stands in nobody's way.
        fs::write(beside(&path, ".new"), b"{half").unwrap();
        write(&path, &state).unwrap();
        assert_eq!(read(&path).unwrap(), state);
        assert!(!beside(&path, ".new").exists());
    }

    #[test]
    fn what_cannot_be_read_is_said_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, b"{\"version\": 1").unwrap();
        assert!(read(&path).unwrap_err().contains("not a state of kwhen run"));
        fs::write(&path, b"{\"version\": 2}").unwrap();
        assert!(read(&path).unwrap_err().contains("kept by a newer kwhen (version 2)"));
        assert_eq!(fs::read(&path).unwrap(), b"{\"version\": 2}");
        assert!(write(&folder.path().join("none/state.json"), &State::default()).is_err());
    }

    #[test]
    fn two_do_not_keep_their_state_in_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let first = claim(&path).unwrap();
        assert!(first.is_some());
        assert!(claim(&path).unwrap_err().contains("state.json: another kwhen run keeps its state there"));
        assert!(claim(&folder.path().join("other.json")).unwrap().is_some());
        #[cfg(unix)]
        {
            fs::write(&path, b"{}").unwrap();
            let link = folder.path().join("link.json");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            assert!(claim(&link).unwrap_err().contains("another kwhen run"));
        }
        drop(first);
        assert!(claim(&path).unwrap().is_some());
        assert!(claim(Path::new("/nowhere/state.json")).unwrap().is_none());
    }
}
