//! What every drawing on a page of HTML has: a caption that says in words what is drawn, axes with words beside them, a key, a slider that
//! tells each value, and a table of them all.

use super::markup::escaped;
use std::fmt::Write as _;

/// A time, or another word, below a drawing.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    /// How far from the left, in hundredths of a per cent.
    pub place: i64,
    /// The word.
    pub text: String,
    /// Words of 0 come first, others where there is room left.
    pub rank: u8,
}

/// A part of a drawing's key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Its class in the style sheet.
    pub class: &'static str,
    /// What it stands for.
    pub words: String,
}

/// A drawing with all that belongs to it.
#[derive(Debug, Default)]
pub(crate) struct Plot {
    /// What the values are in, or what is drawn.
    pub unit: String,
    /// What is to be seen, in words: for those who do not see it.
    pub said: String,
    /// How the drawing is to be read, where that is not plain.
    pub notes: Vec<&'static str>,
    /// Words beside it, each at so many thousandths from the top.
    pub rows: Vec<(i64, String)>,
    /// What lies under the drawing: lines and their words, as HTML.
    pub lines: String,
    /// The drawing's own units: its width and height.
    pub size: (i64, i64),
    /// The drawing itself, as the inside of an SVG.
    pub drawn: String,
    /// A further drawing below, 10 units high.
    pub strip: String,
    /// Words below.
    pub ticks: Vec<Tick>,
    /// What its colours mean.
    pub key: Vec<Key>,
    /// The place that is told before any is asked for.
    pub first: usize,
    /// The table's heads; the values of those that are units are numbers.
    pub heads: Vec<(String, bool)>,
    /// The table's rows; the first cell of each says when.
    pub values: Vec<Vec<String>>,
}

impl Plot {
    /// As HTML.
    pub(crate) fn html(&self) -> String {
        let unit = escaped(&self.unit);
        let mut axis = String::new();
        for (top, text) in &self.rows {
            let _ = write!(axis, "<span style=\"top:{}.{}%\">{}</span>", top / 10, top % 10, escaped(text));
        }
        let mut key = String::new();
        for part in &self.key {
            let _ = write!(key, "<span><i class=\"{}\"></i>{}</span>", part.class, escaped(&part.words));
        }
        let (width, height) = self.size;
        let strip = if self.strip.is_empty() {
            String::new()
        } else {
            format!(
                "<svg class=\"strip\" viewBox=\"0 0 {width} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}</svg>",
                self.strip
            )
        };
        let mut notes = String::new();
        for note in &self.notes {
            let _ = write!(notes, "<span class=\"note\">{}</span>", escaped(note));
        }
        let said = escaped(&self.said);
        let last = self.values.len().saturating_sub(1);
        format!(
            "<figure class=\"chart\"><figcaption><b>{unit}</b> {said}{notes}</figcaption>\
             <div class=\"plot\" role=\"img\" aria-label=\"{unit}: {said}\"><div class=\"y\">{axis}</div>\
             <div class=\"area\">{}<svg viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}</svg>\
             <i class=\"cursor\" hidden></i></div>{strip}<div class=\"x\">{}</div></div>\
             <div class=\"read\" hidden><input type=\"range\" min=\"0\" max=\"{last}\" value=\"{}\" aria-label=\"Place on the chart, {unit}\"><output></output></div>\
             <div class=\"key\">{key}</div>\
             <details><summary>The figures as a table</summary>{}</details></figure>",
            self.lines,
            self.drawn,
            words(&self.ticks),
            self.first.min(last),
            self.table()
        )
    }

    fn table(&self) -> String {
        let unit = escaped(&self.unit);
        let mut html = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures, {unit}\"><table><thead><tr>"
        );
        for (head, is_number) in &self.heads {
            let class = if *is_number { " class=\"n\"" } else { "" };
            let tag = if head.is_empty() { "td" } else { "th" };
            let scope = if head.is_empty() { "" } else { " scope=\"col\"" };
            let _ = write!(html, "<{tag}{scope}{class}>{}</{tag}>", escaped(head));
        }
        html.push_str("</tr></thead><tbody>");
        for row in &self.values {
            html.push_str("<tr>");
            for (cell, (_, is_number)) in row.iter().zip(&self.heads) {
                let class = if *is_number { " class=\"n\"" } else { "" };
                let _ = write!(html, "<td{class}>{}</td>", escaped(cell));
            }
            html.push_str("</tr>");
        }
        html + "</tbody></table></div>"
    }
}

/// A share as a per cent with two decimals.
pub(crate) fn per_cent(part: usize, whole: usize) -> String {
    let share = share(part, whole);
    format!("{}.{:02}%", share / 100, share % 100)
}

/// A share in hundredths of a per cent.
pub(crate) fn share(part: usize, whole: usize) -> i64 {
    let share = part.saturating_mul(10_000).checked_div(whole).unwrap_or(0);
    i64::try_from(share).unwrap_or(10_000)
}

/// How wide one sign and the room after a word are, in hundredths of a per cent: on the narrowest of wide pages, which paper is too, and on a phone.
const WIDE: (i64, i64) = (112, 100);
const NARROW: (i64, i64) = (270, 280);

/// The words that have room: each on a wide page, on a phone, or on both.
fn words(ticks: &[Tick]) -> String {
    let (wide, narrow) = (fitting(ticks, WIDE), fitting(ticks, NARROW));
    let mut html = String::new();
    for (number, tick) in ticks.iter().enumerate() {
        let class = match (wide.contains(&number), narrow.contains(&number)) {
            (true, true) => "",
            (true, false) => " class=\"wide\"",
            (false, true) => " class=\"narrow\"",
            (false, false) => continue,
        };
        let (whole, part) = (tick.place / 100, tick.place % 100);
        let _ = write!(html, "<span{class} style=\"left:{whole}.{part:02}%\">{}</span>", escaped(&tick.text));
    }
    html
}

/// Those of the first rank, every so many of them that none runs into another; then those of each further rank that have room, as long as
/// most have.
fn fitting(ticks: &[Tick], (sign, room): (i64, i64)) -> Vec<usize> {
    let span = |number: &usize| {
        let tick = ticks.get(*number)?;
        let signs = i64::try_from(tick.text.chars().count()).ok()?;
        Some((tick.place, tick.place + signs * sign)).filter(|(_, end)| *end <= 10_000)
    };
    let is_free = |taken: &[usize], (from, end): (i64, i64)| {
        taken.iter().filter_map(span).all(|(other, last)| end + room <= other || last + room <= from)
    };
    let mut taken: Vec<usize> = Vec::new();
    for rank in 0..=ticks.iter().map(|tick| tick.rank).max().unwrap_or(0) {
        let of_rank =
            || (0..ticks.len()).filter(|number| ticks.get(*number).is_some_and(|tick| tick.rank == rank));
        // Those that reach over the end of the page are not counted as left out.
        let with = |(every, skipped): (usize, usize)| {
            let (mut tried, mut left_out) = (taken.clone(), 0);
            for number in of_rank().skip(skipped).step_by(every) {
                match span(&number) {
                    Some(place) if is_free(&tried, place) => tried.push(number),
                    Some(_) => left_out += 1,
                    None => {}
                }
            }
            (tried, left_out)
        };
        if taken.is_empty() {
            // Where the first is too near the second, such as the day of an evening before its midnight, it gives way.
            let strides = [(1, 0), (1, 1)].into_iter().chain((2..=ticks.len()).map(|every| (every, 0)));
            let fits = strides.map(with).find(|(_, left_out)| *left_out == 0);
            taken = fits.map(|(tried, _)| tried).unwrap_or_default();
        } else {
            let (tried, left_out) = with((1, 0));
            if left_out * 2 > of_rank().count() {
                break;
            }
            taken = tried;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(place: i64, text: &str, rank: u8) -> Tick {
        Tick { place, text: text.to_owned(), rank }
    }

    #[test]
    fn words_do_not_run_into_each_other() {
        // A day of three-hourly times: a phone has room for every sixth hour.
        let ticks: Vec<Tick> = (0..8)
            .map(|number| {
                let rank = [0, 3, 2, 3, 1, 3, 2, 3][number];
                tick(share(number, 8), ["Mon 1 Jun", "03:00"][usize::from(number > 0)], rank)
            })
            .collect();
        assert_eq!(fitting(&ticks, WIDE).len(), 8);
        assert_eq!(fitting(&ticks, NARROW), [0, 4, 6]);
        // A month of days: every so many.
        let days: Vec<Tick> = (0..31).map(|day| tick(share(day, 31), "12 Mar", 0)).collect();
        assert_eq!(fitting(&days, NARROW), [0, 6, 12, 18, 24]);
        // An evening and the day after it.
        let night = [tick(0, "Sat 24 Oct", 0), tick(2_400, "Sun 25 Oct", 0), tick(6_200, "12:00", 1)];
        assert_eq!((fitting(&night, WIDE), fitting(&night, NARROW)), (vec![0, 1, 2], vec![1, 2]));
        // A word that is wider than the page is left out.
        assert_eq!(fitting(&[tick(0, &"x".repeat(200), 0)], NARROW), [0_usize; 0]);
        assert_eq!(fitting(&[], NARROW), [0_usize; 0]);
    }

    #[test]
    fn shares_are_of_the_whole() {
        assert_eq!(
            (per_cent(1, 3), per_cent(0, 0), per_cent(2, 2)),
            ("33.33%".into(), "0.00%".into(), "100.00%".into())
        );
    }
}
