//! Colours, only where they are wanted.

use super::markup::{escaped, fragment};
use anstyle::{AnsiColor, Style};

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    medium: Medium,
}

/// What a page is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Plain,
    Coloured,
    Html,
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
        Self { medium: if enabled { Medium::Coloured } else { Medium::Plain } }
    }

    /// For a page of HTML ([`html`](crate::html)).
    pub(crate) const fn html() -> Self {
        Self { medium: Medium::Html }
    }

    /// Whether it is for one.
    pub(crate) fn is_html(self) -> bool {
        self.medium == Medium::Html
    }

    /// Columns of a chart.
    pub(crate) fn columns(self) -> usize {
        if self.is_html() { 480 } else { 68 }
    }

    /// Text in a style, where colours are wanted.
    pub fn paint(self, style: Style, text: &str) -> String {
        if text.is_empty() || style == Style::new() {
            return text.to_owned();
        }
        match self.medium {
            Medium::Plain => text.to_owned(),
            Medium::Coloured => format!("{style}{text}{style:#}"),
            Medium::Html => text.split('\n').map(|line| tagged(style, line)).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// The class of a style on a page of HTML.
pub(crate) fn class(style: Style) -> Option<&'static str> {
    let classes = [
        (TITLE, "title"),
        (FAINT, "faint"),
        (CHOSEN, "best"),
        (DEAR, "dear"),
        (NEGATIVE, "paid"),
        (PLAIN, "bar"),
        (WARNING, "warn"),
        (ERROR, "warn"),
    ];
    classes.into_iter().find(|(known, _)| *known == style).map(|(_, class)| class)
}

fn tagged(style: Style, line: &str) -> String {
    if line.is_empty() {
        return String::new();
    }
    let tag = if style == TITLE { "b" } else { "span" };
    fragment(&format!("<{tag} class=\"{}\">{}</{tag}>", class(style).unwrap_or_default(), escaped(line)))
}

/// Notes at the foot of a page, a line each.
pub(crate) fn noted<T: std::fmt::Display>(notes: impl IntoIterator<Item = T>, palette: Palette) -> String {
    notes.into_iter().map(|note| palette.paint(FAINT, &format!("Note: {note}.")) + "\n").collect()
}
