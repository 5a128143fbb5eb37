//! Ctrl-C: a search that can be stopped is stopped, and what it has found is shown; a second one ends the command.

use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a shell says of a command that Ctrl-C has ended.
const ENDED: i32 = 130;

/// Whether Ctrl-C has been pressed since the first look.
#[derive(Debug, Default)]
pub(crate) struct Interrupt(Option<Arc<AtomicBool>>);

impl Interrupt {
    /// Looks. From the first look on Ctrl-C no longer ends the command at once.
    pub(crate) fn is_pressed(&mut self) -> bool {
        let pressed = self.0.get_or_insert_with(|| {
            let pressed = Arc::new(AtomicBool::new(false));
            // Where the system lets nobody listen, Ctrl-C ends the command as ever.
            let _ = flag::register_conditional_shutdown(SIGINT, ENDED, Arc::clone(&pressed))
                .and_then(|_| flag::register(SIGINT, Arc::clone(&pressed)));
            pressed
        });
        pressed.load(Ordering::Relaxed)
    }
}
