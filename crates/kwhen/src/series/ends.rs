//! When rows end that come with starts alone.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// When each row ends of a source that gives starts alone, in the order of the starts: rows hold for one slot each, which is the
/// distance that most of them have to the next; half an hour where there is but one.
#[must_use]
pub fn implied_ends(starts: &[DateTime<Utc>]) -> Vec<DateTime<Utc>> {
    let mut sorted = starts.to_vec();
    sorted.sort_unstable();
    let steps = sorted.windows(2).filter_map(|pair| Some(*pair.last()? - *pair.first()?));
    let mut counts = BTreeMap::<TimeDelta, usize>::new();
    for step in steps.filter(|step| *step > TimeDelta::zero()) {
        *counts.entry(step).or_default() += 1;
    }
    let slot = counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(TimeDelta::minutes(30), |(step, _)| step);
    starts.iter().map(|start| start.checked_add_signed(slot).unwrap_or(DateTime::<Utc>::MAX_UTC)).collect()
}
