//! Several files in one argument: joined by commas, or named by a pattern.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The files that an argument names, in order of their names where it is a pattern; none where it is the name of one file.
///
/// # Errors
/// No file has a name of a pattern, or it is no pattern ([`Error::is_data`]).
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let Some(text) = path.to_str().filter(|_| !path.exists()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
    // Where a piece is no file, the message is about that piece.
    let is_list =
        pieces.len() > 1 && pieces.iter().any(|piece| Path::new(piece).exists() || is_pattern(piece));
    if !is_list && !is_pattern(text) {
        return Ok(found);
    }
    for piece in if is_list { pieces } else { vec![text] } {
        if Path::new(piece).exists() || !is_pattern(piece) {
            found.push(PathBuf::from(piece));
            continue;
        }
        let wrong = |what: String| Error::data(format!("is not a pattern of files: {what}")).in_source(piece);
        let before = found.len();
        for file in glob::glob(piece).map_err(|error| wrong(error.to_string()))? {
            found.push(file.map_err(|error| wrong(error.to_string()))?);
        }
        if found.len() == before {
            return Err(Error::io("no file has such a name").in_source(piece));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|file| seen.insert(file.clone()));
    Ok(found)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn lists_and_patterns() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b-2.csv", "b-1.csv", "a.csv", "with,comma.csv", "odd[1].csv"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let at = |name: &str| folder.path().join(name);
        let named = |text: String| {
            let files = files(Path::new(&text)).unwrap();
            files
                .iter()
                .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let shown = |name: &str| at(name).display().to_string();
        assert_eq!(named(shown("b-*.csv")), ["b-1.csv", "b-2.csv"]);
        assert_eq!(named(format!("{},{}", shown("b-2.csv"), shown("a.csv"))), ["b-2.csv", "a.csv"]);
        assert_eq!(named(format!("{},{}", shown("b-?.csv"), shown("b-1.csv"))), ["b-1.csv", "b-2.csv"]);
        // A file that is there is that file, whatever is in its name.
        assert!(named(shown("with,comma.csv")).is_empty() && named(shown("odd[1].csv")).is_empty());
        assert!(named(shown("none.csv")).is_empty());
        assert!(files(&at("none-*.csv")).unwrap_err().to_string().contains("no file has such a name"));
    }
}
