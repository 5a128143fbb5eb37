//! What crosses kwhen's crates: golden bills, the command run as a user runs it.

#![allow(clippy::expect_used, clippy::panic, reason = "the helpers of tests fail by panicking, as tests do")]

pub mod command;
pub mod contract;
pub mod folder;
pub mod process;

use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}
