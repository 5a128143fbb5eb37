//! Text that fits a width.

use super::style::Palette;

/// A page as a palette's medium takes it: no line wider than its width, and ASCII alone where that is wanted.
#[must_use]
pub fn fit(text: &str, palette: Palette) -> String {
    let text = palette.said(text);
    match palette.width() {
        Some(width) if !palette.is_html() => wrapped(&text, width),
        _ => text.into_owned(),
    }
}

/// Lines broken at spaces; what follows a break stands two further in. A word that is too long for a line is cut.
fn wrapped(text: &str, width: usize) -> String {
    let mut fitted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        if shown_width(line) <= width {
            fitted.push_str(line);
        } else {
            let own = line.chars().take_while(|mark| *mark == ' ').count();
            let indent = if own + 2 < width / 2 { own + 2 } else { 0 };
            fitted.push_str(&broken(line, width, indent));
        }
        fitted.push_str(end);
    }
    fitted
}

/// How many places a line takes; what sets a colour takes none.
fn shown_width(line: &str) -> usize {
    marks(line).filter(|(_, shown)| *shown).count()
}

/// Each character, and whether it takes a place.
fn marks(line: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut escaped = false;
    line.chars().map(move |mark| {
        if mark == '\u{1b}' {
            escaped = true;
        }
        let shown = !escaped;
        if escaped && mark.is_ascii_alphabetic() {
            escaped = false;
        }
        (mark, shown)
    })
}

/// One line as several, those behind the first so far in.
fn broken(line: &str, width: usize, indent: usize) -> String {
    let mut text = String::new();
    // The line that is being filled, how wide it is, and where it may be broken: its bytes before and behind the space, and its width there.
    let (mut current, mut taken, mut gap) = (String::new(), 0, None);
    for (mark, shown) in marks(line) {
        if shown && taken >= width {
            let (rest, rest_width) = match gap.take() {
                // A space at the very end is dropped with the break.
                _ if mark == ' ' => (String::new(), 0),
                Some((before, behind, width_there)) => {
                    let rest = current.split_off(behind);
                    current.truncate(before);
                    (rest, taken - width_there)
                }
                None => (String::new(), 0),
            };
            text.push_str(current.trim_end_matches(' '));
            text.push('\n');
            let indent = if indent + rest_width < width { indent } else { 0 };
            current = " ".repeat(indent) + &rest;
            taken = indent + rest_width;
            if mark == ' ' {
                continue;
            }
        }
        if shown && mark == ' ' && !current.trim_start_matches(' ').is_empty() {
            gap = Some((current.len(), current.len() + 1, taken + 1));
        }
        current.push(mark);
        taken += usize::from(shown);
    }
    text + &current
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::CHOSEN;

    #[test]
    fn lines_are_broken_at_spaces_and_long_words_are_cut() {
        let at = |text: &str, width| fit(text, Palette::new(false).within(Some(width)));
        assert_eq!(at("one two three four", 9), "one two\n  three\n  four");
        assert_eq!(at("one two\nthree", 7), "one two\nthree");
        assert_eq!(at("  a bb cc\n", 6), "  a bb\ncc\n");
        assert_eq!(at("E-1R-AGILE-24-10-01-C now", 10), "E-1R-AGILE\n  -24-10-0\n  1-C now");
        assert_eq!(at("", 5), "");
        for width in 1..30 {
            let text = at("  Rates of E-1R-AGILE-24-10-01-C, known to Mon 26 Oct 00:00.", width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
            let squeezed = |text: &str| text.replace([' ', '\n'], "");
            assert_eq!(squeezed(&text), "RatesofE-1R-AGILE-24-10-01-C,knowntoMon26Oct00:00.");
        }
    }

    #[test]
    fn colours_take_no_place() {
        let palette = Palette::new(true).within(Some(9));
        let line = format!("one {} four", palette.paint(CHOSEN, "two three"));
        let fitted = fit(&line, palette);
        assert_eq!(fitted.lines().count(), 3, "{fitted:?}");
        assert!(fitted.lines().all(|line| shown_width(line) <= 9), "{fitted:?}");
    }
}
