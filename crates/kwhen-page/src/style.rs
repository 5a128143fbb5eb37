//! Colours, only where they are wanted.

use anstyle::{AnsiColor, Style};

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    enabled: bool,
}

/// Titles.
pub const TITLE: Style = Style::new().bold();
/// What the eye may skip.
pub const FAINT: Style = Style::new().dimmed();
/// What was chosen.
pub const CHOSEN: Style = AnsiColor::Green.on_default().bold();
/// What costs much.
pub const DEAR: Style = AnsiColor::Red.on_default();
/// What pays the customer.
pub const NEGATIVE: Style = AnsiColor::Cyan.on_default();
/// Everything else that is drawn.
pub const PLAIN: Style = AnsiColor::Blue.on_default();
/// What should be looked at.
pub const WARNING: Style = AnsiColor::Yellow.on_default();
/// What failed.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Palette {
    /// Colours or none.
    #[must_use]
    pub const fn new(enabled: bool) -> Self {
        Self { enabled }
    }

    /// Text in a style, where colours are wanted.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.enabled && !text.is_empty() && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Notes at the foot of a page, a line each.
pub(crate) fn noted<T: std::fmt::Display>(notes: impl IntoIterator<Item = T>, palette: Palette) -> String {
    notes.into_iter().map(|note| palette.paint(FAINT, &format!("Note: {note}.")) + "\n").collect()
}
