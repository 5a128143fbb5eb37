//! A folder of files made for a test, gone when the test is.

use crate::command::{Outcome, kwhen};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A folder of its own, and lines of the command in which `@/` is it.
pub struct Folder(TempDir);

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Folder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// One with these files.
    pub fn of<'f>(files: impl IntoIterator<Item = (&'f str, Vec<u8>)>) -> Self {
        let folder = Self::new();
        for (name, bytes) in files {
            folder.file(name, bytes);
        }
        folder
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.at(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// The path of a name in it, whether or not there is such a file.
    #[must_use]
    pub fn at(&self, name: &str) -> String {
        self.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs a line of the command.
    #[must_use]
    #[track_caller]
    pub fn run(&self, line: &str) -> Outcome {
        kwhen(self.words(line))
    }

    /// The words of a line.
    #[must_use]
    pub fn words(&self, line: &str) -> Vec<String> {
        let folder = format!("{}/", self.path().display());
        line.split_whitespace().map(|word| word.replace("@/", &folder)).collect()
    }

    /// The answer of a line, whatever is noted beside it.
    #[must_use]
    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        let outcome = self.run(&format!("{line} --format json"));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout))
    }

    /// The message of a line that failed and showed nothing.
    #[must_use]
    #[track_caller]
    pub fn refused(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_ne!(outcome.code, 0, "{line}: {}", outcome.stdout);
        assert_eq!(outcome.stdout, "", "{line}");
        outcome.stderr
    }
}
