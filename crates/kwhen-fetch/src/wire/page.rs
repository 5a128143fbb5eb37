//! One page of a list.

use super::Raw;
use serde::Deserialize;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// How many rows the whole list has; some lists do not say.
    pub count: Option<u64>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The rows, each as it was written.
    pub results: Vec<Raw>,
}
