//! What several sources say of one thing.

use crate::error::{Error, Result};

/// What all who know say; `None` where nobody does. An error that names both where two say different things.
pub(super) fn agreed<T: Copy + PartialEq>(
    said: &[(&str, Option<T>)],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>> {
    let mut known = said.iter().filter_map(|(who, what)| Some((*who, (*what)?)));
    let Some((before, first)) = known.next() else { return Ok(None) };
    match known.find(|(_, what)| *what != first) {
        None => Ok(Some(first)),
        Some((who, other)) => {
            Err(Error::conflict(format!("{before} says {}, {who} says {}", name(first), name(other))))
        }
    }
}
