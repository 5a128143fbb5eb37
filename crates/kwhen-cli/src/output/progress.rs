//! How far work has come, on a terminal's standard error; nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::time::Duration;

/// Work that is done sooner shows nothing.
const AT_ONCE: Duration = Duration::from_millis(500);

/// A bar with how much is done, how fast, and how long what is left will take.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of so many of something, such as `plans`; of what has no name the share alone is said.
    pub(crate) fn new(unit: Option<&str>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let count = unit
            .map_or_else(String::new, |unit| format!("{{human_pos}} of {{human_len}} {unit}, {{rate}}, "));
        let template = format!("{{bar:20}} {{percent:>3}} %  {count}{{eta}} left  {{wide_msg}}");
        // The template is a constant but for the unit; where it could not be read the usual bar is as good.
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, to: &mut dyn Write| {
            // A rate that cannot be written is not shown; the work goes on.
            let _ = write!(to, "{:.0}/s", state.per_sec());
        };
        bar.set_style(style.progress_chars("#>-").with_key("rate", rate));
        Self { bar }
    }

    /// So much of so much is done; `beside` is said behind it.
    pub(crate) fn show(&self, done: u64, whole: u64, beside: &str) {
        if self.bar.elapsed() < AT_ONCE || self.bar.is_hidden() {
            return;
        }
        if !beside.is_empty() {
            self.bar.set_message(beside.to_owned());
        }
        self.bar.update(|state| {
            state.set_len(whole);
            state.set_pos(done);
        });
    }
}

impl Drop for Progress {
    /// Wipes it.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
