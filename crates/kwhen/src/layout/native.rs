//! The API's own layouts, which have a reader of their own.

use super::definition::Label;
use super::meters;
use super::said::{NATIVE, Said, TakenFor};
use crate::error::{Error, Result};

pub(super) fn own_file() -> TakenFor {
    TakenFor {
        layout: NATIVE.to_owned(),
        title: "the API's own layout".to_owned(),
        guesses: Vec::new(),
        series: Vec::new(),
        label: Label::Start,
        clock: "UTC".to_owned(),
        runs_forward: None,
        is_gas: false,
        printed: Vec::new(),
        settled: None,
    }
}

/// What is said of a file of prices: which meter is wanted is said of readings, and names an area only in a file that has several.
pub(super) fn of_no_meter(said: &Said) -> Said {
    Said { meter: None, ..said.clone() }
}

/// What the reader of the API's own layouts says of a file.
pub(super) enum Native<T> {
    Own(T),
    /// It is of another layout; why its own reader refused it, if that was asked.
    Other(Option<Error>),
}

/// Reads what is of the API's own layout; an error in such a file is the file's.
pub(super) fn native<T>(
    bytes: &[u8],
    said: &Said,
    read: impl Fn(&[u8]) -> Result<T>,
    is_own: impl Fn(&[u8]) -> bool,
) -> Result<Native<T>> {
    if said.is_of_values() || is_website_export(bytes) || meters::are_several(bytes) {
        return Ok(Native::Other(None));
    }
    match read(bytes) {
        Ok(series) => Ok(Native::Own(series)),
        // Of this layout, or of the API's for other rows ("holds unit rates, not consumption").
        Err(error) if is_own(bytes) || error.is_syntax() && error.to_string().contains(", not ") => {
            Err(error)
        }
        // A heading that is there twice: which of the two is meant is not to be guessed.
        Err(error) if error.is_conflict() && error.row().is_none() => Err(error),
        Err(error) => Ok(Native::Other(Some(error))),
    }
}

/// Whether the header is that of the website's half-hourly export, which has a layout of its own.
fn is_website_export(bytes: &[u8]) -> bool {
    let head = bytes.get(..400.min(bytes.len())).unwrap_or(&[]);
    let head = String::from_utf8_lossy(head).to_lowercase();
    head.lines()
        .next()
        .is_some_and(|line| line.contains("standing charge inc. tax") || line.contains("consumption (m"))
}
