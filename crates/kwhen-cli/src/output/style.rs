//! Colours, only where they are wanted.

use crate::arguments::ColorChoice;
use anstyle::{AnsiColor, Style};
use std::io::IsTerminal as _;

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    enabled: bool,
}

/// Titles.
pub(crate) const TITLE: Style = Style::new().bold();
/// What the eye may skip.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What was chosen.
pub(crate) const CHOSEN: Style = AnsiColor::Green.on_default().bold();
/// What costs much.
pub(crate) const DEAR: Style = AnsiColor::Red.on_default();
/// What pays the customer.
pub(crate) const NEGATIVE: Style = AnsiColor::Cyan.on_default();
/// Everything else that is drawn.
pub(crate) const PLAIN: Style = AnsiColor::Blue.on_default();
/// What should be looked at.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
/// What failed.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Palette {
    pub(crate) const fn new(enabled: bool) -> Self {
        Self { enabled }
    }

    /// For standard output: `auto` means on a terminal, unless `NO_COLOR` is set to anything (no-color.org) or the terminal is dumb.
    pub(crate) fn for_stdout(choice: ColorChoice) -> Self {
        Self::new(choose(choice, std::io::stdout().is_terminal()))
    }

    /// For standard error, by the same rule.
    pub(crate) fn for_stderr(choice: ColorChoice) -> Self {
        Self::new(choose(choice, std::io::stderr().is_terminal()))
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.enabled && !text.is_empty() && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

fn choose(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// A page with what is to be said before anything else, if there is something.
pub(crate) fn first(remark: Option<String>, page: String, palette: Palette) -> String {
    match remark {
        Some(remark) => format!("{}\n\n{page}", palette.paint(WARNING, &format!("{remark}."))),
        None => page,
    }
}
