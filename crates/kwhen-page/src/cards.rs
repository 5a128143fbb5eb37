//! What matters most, at the head of a page of HTML. A terminal has it in the text below.

use super::markup::{escaped, fragment};
use super::style::{Palette, class};
use anstyle::Style;
use std::fmt::Write as _;

/// A figure with its name.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    name: String,
    value: String,
    note: String,
    style: Style,
}

impl Card {
    /// With a name, a value and what is to be said of it.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), note: note.into(), style: Style::new() }
    }

    /// In a style.
    pub(crate) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// Cards side by side, or one below the other on a phone; nothing in a terminal. Those without a value are left out.
pub(crate) fn cards(cards: impl IntoIterator<Item = Card>, palette: Palette) -> String {
    if !palette.is_html() {
        return String::new();
    }
    let mut html = String::from("<dl class=\"cards\">");
    for card in cards.into_iter().filter(|card| !card.value.is_empty()) {
        let class = class(card.style).map(|class| format!(" class=\"{class}\"")).unwrap_or_default();
        let _ = write!(
            html,
            "<div class=\"card\"><dt>{}</dt><dd{class}>{}</dd><dd class=\"note\">{}</dd></div>",
            escaped(&card.name),
            escaped(&card.value),
            escaped(&card.note)
        );
    }
    fragment(&(html + "</dl>")) + "\n"
}
