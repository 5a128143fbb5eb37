//! Amounts beside each other on a page of HTML, each with its bar. A terminal has them in the table below.

use super::markup::{escaped, fragment};
use super::plot::per_cent;
use super::style::{Palette, class};
use anstyle::Style;
use kwhen::Money;
use std::fmt::Write as _;

/// One of several that are compared.
#[derive(Clone, Debug)]
pub(crate) struct Rank {
    /// Its name.
    pub name: String,
    /// How long its bar is.
    pub amount: Money,
    /// The amount in words.
    pub shown: String,
    /// How it differs from others.
    pub note: String,
    /// Its style.
    pub style: Style,
}

/// Bars of equal scale from nothing on; an amount below nothing has one in the colour of those.
pub(crate) fn ranking(ranks: &[Rank], palette: Palette) -> String {
    if !palette.is_html() || ranks.len() < 2 {
        return String::new();
    }
    let size = |rank: &Rank| rank.amount.units().unsigned_abs();
    let most = ranks.iter().map(size).max().unwrap_or(0);
    let mut html = String::from("<ol class=\"ranks\">");
    for rank in ranks {
        // Thousandths are enough for a bar.
        let part = (size(rank).saturating_mul(1_000)).checked_div(most).unwrap_or(0);
        let width = per_cent(usize::try_from(part).unwrap_or(0), 1_000);
        let colour = match class(rank.style) {
            _ if rank.amount.is_negative() => "paid",
            Some(class) => class,
            None => "bar",
        };
        let _ = write!(
            html,
            "<li><span>{}</span> <b>{}</b><i class=\"{colour}\" style=\"width:{width}\"></i><span class=\"note\">{}</span></li>",
            escaped(&rank.name),
            escaped(&rank.shown),
            escaped(&rank.note)
        );
    }
    fragment(&(html + "</ol>")) + "\n"
}
