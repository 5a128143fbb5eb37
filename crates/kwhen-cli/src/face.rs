//! How results are shown: the flags that are about that alone.

use crate::end::{End, Result};
use clap::{Args, ValueEnum};
use kwhen_app::context::Setting;
use kwhen_page::style::Palette;
use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// The variable that holds the API key.
pub(crate) const KEY_VARIABLE: &str = "KWHEN_API_KEY";

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object; decimals are strings, money is in minor units (pence), instants are UTC
    Json,
    /// Rows with a header
    Csv,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Shared {
    /// How the result is written
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) format: Format,
    /// When colours are used
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// For screen readers and old terminals: ASCII alone, without colours, boxes and charts
    #[arg(long, global = true, conflicts_with = "color")]
    pub(crate) plain: bool,
    /// Write the answer as a page of HTML too, with its charts: one file, nothing from elsewhere
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) setting: Setting,
}

impl Shared {
    /// For standard output: `auto` means on a terminal, unless `NO_COLOR` is set to anything (no-color.org) or the terminal is dumb.
    /// Its lines are as wide as the variable `COLUMNS` says, or the terminal; elsewhere as long as they are.
    pub(crate) fn palette(&self) -> Palette {
        self.of(choose(self.color, std::io::stdout().is_terminal())).within(width())
    }

    /// For standard error, by the same rule.
    pub(crate) fn error_palette(&self) -> Palette {
        self.of(choose(self.color, std::io::stderr().is_terminal()))
    }

    /// What goes to standard output: rows that a program takes as they are, all else with what a terminal acts on by its number.
    pub(crate) fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.format == Format::Csv && !std::io::stdout().is_terminal() {
            return Cow::Borrowed(text);
        }
        self.palette().harmless(text)
    }

    fn of(&self, coloured: bool) -> Palette {
        if self.plain { Palette::plain() } else { Palette::new(coloured) }
    }
}

/// No page is made narrower than this.
const NARROWEST: usize = 20;

/// Characters of a line of standard output, where there is a bound.
fn width() -> Option<usize> {
    let said = std::env::var_os("COLUMNS").and_then(|columns| columns.to_str()?.trim().parse().ok());
    let terminal =
        || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).filter(|width| *width > 0).map(|width| width.max(NARROWEST))
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

/// Refuses flags that ask for what rows have no place for.
pub(crate) fn refuse_in_rows(flags: impl IntoIterator<Item = (&'static str, bool)>) -> Result<()> {
    match flags.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(End::usage(format!(
            "{flag} goes with --format text or json: the rows of csv have no place for it"
        ))),
    }
}
