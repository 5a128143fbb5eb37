//! Colours, only where they are wanted.

use super::ascii::ascii;
use super::markup::{escaped, fragment};
use anstyle::{AnsiColor, Style};
use kwhen::text::visible;
use std::borrow::Cow;

/// Paints text, or leaves it as it is; and how much room a page has.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    medium: Medium,
    /// Characters of a line; `None` for as many as it takes.
    width: Option<usize>,
}

/// What a page is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Bare,
    Coloured,
    /// ASCII alone, without colours and charts.
    Plain,
    Html,
}

/// What begins a colour, and much else that a terminal acts on.
const ESCAPE: char = '\u{1b}';

/// What is behind an escape, where it is a colour: `[1;36m`.
fn colour(behind: &str) -> Option<&str> {
    let (numbers, _) = behind.strip_prefix('[')?.split_once('m')?;
    numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';').then_some(numbers)
}

/// Columns of a chart in a terminal that has room for them.
const CHART: usize = 68;
/// What stands beside the columns of a chart: the scale, and half a time at their end.
const BESIDE_CHART: usize = 12;

/// Titles.
pub const TITLE: Style = Style::new().bold();
/// What the eye may skip.
pub const FAINT: Style = Style::new().dimmed();
// Blue, cyan and yellow are told apart by eyes that do not tell red from green; a sign or a word says the same as each colour.
/// What was chosen.
pub const CHOSEN: Style = AnsiColor::Cyan.on_default().bold();
/// What costs much.
pub const DEAR: Style = AnsiColor::Yellow.on_default();
/// What pays the customer.
pub const NEGATIVE: Style = AnsiColor::Cyan.on_default();
/// Everything else that is drawn.
pub const PLAIN: Style = AnsiColor::Blue.on_default();
/// What should be looked at.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What failed.
pub const ERROR: Style = AnsiColor::Magenta.on_default().bold();

impl Palette {
    /// Colours or none.
    #[must_use]
    pub const fn new(enabled: bool) -> Self {
        Self { medium: if enabled { Medium::Coloured } else { Medium::Bare }, width: None }
    }

    /// ASCII alone, without colours, boxes and charts.
    #[must_use]
    pub const fn plain() -> Self {
        Self { medium: Medium::Plain, width: None }
    }

    /// With lines of so many characters at most; `None` for as long as they are. A chart takes twenty.
    #[must_use]
    pub fn within(self, width: Option<usize>) -> Self {
        Self { width: width.map(|width| width.max(1)), ..self }
    }

    /// A page with what a terminal acts on by its number; our own colours stay.
    #[must_use]
    pub fn harmless(self, page: &str) -> Cow<'_, str> {
        if self.medium != Medium::Coloured {
            return visible(page);
        }
        let mut shown = String::with_capacity(page.len());
        for (number, part) in page.split(ESCAPE).enumerate() {
            let colour = colour(part).filter(|_| number > 0);
            if number > 0 {
                shown.push_str(if colour.is_some() { "\u{1b}" } else { "\\u001b" });
            }
            shown.push_str(&visible(part));
        }
        Cow::Owned(shown)
    }

    /// For a page of HTML ([`html`](crate::html)).
    pub(crate) const fn html() -> Self {
        Self { medium: Medium::Html, width: None }
    }

    /// Whether it is for one.
    pub(crate) fn is_html(self) -> bool {
        self.medium == Medium::Html
    }

    /// Whether it is ASCII alone.
    pub(crate) fn is_plain(self) -> bool {
        self.medium == Medium::Plain
    }

    /// Characters of a line, where there is a bound.
    pub(crate) fn width(self) -> Option<usize> {
        self.width
    }

    /// Columns of a chart.
    pub(crate) fn columns(self) -> usize {
        if self.is_html() {
            return 480;
        }
        self.width.map_or(CHART, |width| width.saturating_sub(BESIDE_CHART).clamp(8, CHART))
    }

    /// Text as the medium can show it.
    pub(crate) fn said(self, text: &str) -> Cow<'_, str> {
        if self.is_plain() { ascii(text) } else { Cow::Borrowed(text) }
    }

    /// Text in a style, where colours are wanted.
    pub fn paint(self, style: Style, text: &str) -> String {
        if text.is_empty() || style == Style::new() {
            return text.to_owned();
        }
        match self.medium {
            Medium::Bare => text.to_owned(),
            Medium::Plain => ascii(text).into_owned(),
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
