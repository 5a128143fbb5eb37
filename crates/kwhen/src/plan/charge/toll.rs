//! A limit on starts by a price on each: where the best plan under some price has as many starts as are allowed, no plan with so many or
//! fewer is better, and which of its equals is taken is the same.

use super::model::Draws;
use crate::error::Result;

/// A plan, its starts and its cost without any price on them.
pub(super) struct Priced {
    pub(super) cost: i128,
    pub(super) starts: usize,
    pub(super) draws: Draws,
}

/// What a search for a price found.
pub(super) enum Tolled {
    /// The best plan under the limit.
    Found(Draws),
    /// No price gives as many starts as are allowed. The nearest below and above that one gives, where there are such.
    Between(Option<(usize, usize)>),
}

/// How often a price is tried at most, each time with a search of its own. Each that is tried between two plans either finds a third
/// between them or shows that there is none.
const TRIALS: usize = 16;

/// The best plan with at most so many starts, from the best with any number (which has more), a first price to try, and the best plan
/// under a price, if there is one.
pub(super) fn at_most(
    limit: usize,
    free: Priced,
    first: i128,
    mut plan: impl FnMut(i128) -> Result<Option<Priced>>,
) -> Result<Tolled> {
    let mut above = free;
    let mut toll = first.max(1);
    let mut trials = 0..TRIALS;
    let mut below = loop {
        if trials.next().is_none() {
            return Ok(Tolled::Between(None));
        }
        let Some(found) = plan(toll)? else { return Ok(Tolled::Between(None)) };
        if found.starts == limit {
            return Ok(Tolled::Found(found.draws));
        }
        if found.starts < limit {
            break found;
        }
        above = found;
        match toll.checked_mul(4) {
            Some(dearer) => toll = dearer,
            None => return Ok(Tolled::Between(None)),
        }
    };
    for _ in trials {
        // Under this price both cost the same, and any plan that lies between them and below their chord less.
        let fewer = above.starts.saturating_sub(below.starts).max(1) as i128;
        let toll = (below.cost - above.cost).max(0) / fewer;
        let Some(found) = plan(toll)? else { break };
        if found.starts == limit {
            return Ok(Tolled::Found(found.draws));
        }
        if found.starts <= below.starts || found.starts >= above.starts {
            break;
        }
        if found.starts > limit { above = found } else { below = found }
    }
    Ok(Tolled::Between(Some((below.starts, above.starts))))
}
