//! What a run over many meters came to, as a page of text and as rows.

use super::Page;
use super::cards::{Card, cards};
use super::number::{count, plural};
use super::style::{Palette, TITLE, WARNING, noted};
use kwhen::time::Calendar;
use kwhen_app::answer::batch::{BatchSummary, NameInFile};

/// Meters that are named one by one on the page.
const SHOWN: usize = 10;

impl Page for BatchSummary {
    fn text(&self, _: Calendar, palette: Palette) -> String {
        let mut page = format!(
            "{}: {} billed from {}{}{}\n",
            self.out,
            plural(whole(self.billed), "meter"),
            plural(whole(self.rows), "row"),
            if self.resumed { ", resumed" } else { "" },
            if self.assume_utc { "; times without a time zone are taken as UTC" } else { "" }
        );
        if palette.is_html() {
            page = palette.paint(TITLE, &format!("Bills of many meters: {}", self.out)) + "\n" + &page;
        }
        let unbilled = if self.unbilled.is_empty() { String::new() } else { count(self.unbilled.len()) };
        page.push_str(&cards(
            [
                Card::new("Meters billed", count(whole(self.billed)), ""),
                Card::new("Rows", count(whole(self.rows)), ""),
                Card::new("Not billed", unbilled, "").styled(WARNING),
            ],
            palette,
        ));
        if !self.unbilled.is_empty() {
            let reasons: Vec<String> =
                self.reasons.iter().map(|(reason, meters)| format!("{reason} {meters}")).collect();
            page.push_str(&format!(
                "{} could not be billed: {}\n",
                count(self.unbilled.len()),
                reasons.join(", ")
            ));
        }
        for unbilled in self.unbilled.iter().take(SHOWN) {
            let meter = match &unbilled.meter {
                None => "-".to_owned(),
                Some(NameInFile::Number(number)) => number.to_string(),
                Some(NameInFile::Text(text)) => text.clone(),
            };
            page.push_str(&format!("  {meter}  {}: {}\n", unbilled.reason, unbilled.message));
        }
        if let Some(more) = self.unbilled.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            page.push_str(&format!("  and {} more; --report has them all\n", count(more)));
        }
        page.push_str(&noted(&self.notices, palette));
        page
    }

    fn csv(&self) -> String {
        self.report.clone()
    }

    fn notes(&self) -> Vec<String> {
        self.notices.clone()
    }
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
