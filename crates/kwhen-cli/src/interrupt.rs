//! Ctrl-C: a search that can be stopped is stopped, and what it has found is shown; a second one ends the command.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a shell says of a command that a signal has ended, less the signal's number.
const ENDED: i32 = 128;

/// Whether Ctrl-C has been pressed since the first look.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    pressed: Option<Arc<AtomicBool>>,
    /// Whether a service manager's word counts too.
    terminates: bool,
}

impl Interrupt {
    /// Ctrl-C, or the signal by which a service manager ends what goes on for long.
    pub(crate) fn or_termination() -> Self {
        Self { terminates: true, ..Self::default() }
    }

    /// Looks. From the first look on Ctrl-C no longer ends the command at once.
    pub(crate) fn is_pressed(&mut self) -> bool {
        let signals: &[i32] = if self.terminates { &[SIGINT, SIGTERM] } else { &[SIGINT] };
        let pressed = self.pressed.get_or_insert_with(|| {
            let pressed = Arc::new(AtomicBool::new(false));
            for signal in signals {
                // Where the system lets nobody listen, the signal ends the command as ever.
                let _ = flag::register_conditional_shutdown(*signal, ENDED + signal, Arc::clone(&pressed))
                    .and_then(|_| flag::register(*signal, Arc::clone(&pressed)));
            }
            pressed
        });
        pressed.load(Ordering::Relaxed)
    }
}
