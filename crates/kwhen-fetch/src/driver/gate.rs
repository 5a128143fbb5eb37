//! At most so many threads inside.

use super::cancel::Cancel;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// So many places, each held by a thread for one exchange.
#[derive(Debug)]
pub(super) struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place inside; dropping it frees it.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a Gate);

impl Gate {
    #[cfg_attr(not(feature = "blocking"), expect(dead_code, reason = "the blocking client has one"))]
    pub(super) const fn new(places: usize) -> Self {
        Self { free: Mutex::new(places), freed: Condvar::new() }
    }

    /// Waits for a place; none only if the flag was raised, which is looked at after every slice.
    pub(super) fn enter(&self, slice: Duration, cancel: &Cancel) -> Option<Place<'_>> {
        // The number is whole after every statement, so a panic elsewhere does not spoil it.
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if cancel.is_cancelled() {
                return None;
            }
            if let Some(left) = free.checked_sub(1) {
                *free = left;
                return Some(Place(self));
            }
            free = self.freed.wait_timeout(free, slice).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
