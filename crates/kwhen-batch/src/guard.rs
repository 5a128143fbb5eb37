//! The one place where a panic of a library is caught.
//!
//! The readers of Arrow and Parquet give up on some damaged files by a panic. What stands in such a file is then at fault, and who reads
//! it gets an error like others: nothing of the panic is shown, and the process lives on.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is caught and says nothing.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What the work gives; `None` where it panicked, of which nothing is shown. Panics elsewhere are shown as before.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                shown(panic);
            }
        }));
    });
    let before = IS_QUIET.replace(true);
    let result = std::panic::catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(before);
    result.ok()
}

#[cfg(test)]
#[allow(clippy::panic, reason = "what is tested is a panic")]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_none_and_what_comes_after_is_not_quiet() {
        assert_eq!(guarded(|| 1), Some(1));
        let nested = guarded(|| {
            assert_eq!(guarded::<()>(|| panic!("of a library")), None);
            assert!(IS_QUIET.get());
            2
        });
        assert_eq!((nested, IS_QUIET.get()), (Some(2), false));
    }
}
