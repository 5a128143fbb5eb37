//! The known name that is nearest to one that is not known: "did you mean"; and names that repeat.

use std::collections::BTreeSet;

/// The known name that was most likely meant: one that differs in case or in its dashes alone, begins or ends like it, or is few
/// letters off. `None` where none is near.
///
/// ```
/// use kwhen::names::nearest;
/// assert_eq!(nearest("standing_chrage", ["code", "standing_charge", "unit_rate"]), Some("standing_charge"));
/// assert_eq!(nearest("tomato", ["code", "standing_charge", "unit_rate"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(unknown);
    let most = 1 + wanted.len() / 5;
    let distance = |name: &'a str| Some((distance(&wanted, &plain(name), most)?, name));
    known.into_iter().filter_map(distance).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The end of a message about an unknown name: `; did you mean octopus?`, or nothing where none is near.
pub(crate) fn hint<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// The first name that is there before, if any; names of nothing do not count.
pub(crate) fn repeated(names: &[String]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    names.iter().map(String::as_str).find(|name| !name.is_empty() && !seen.insert(*name))
}

/// A message of serde's that names an unknown field or variant and those that are known, with the one that was most likely meant at its
/// end. Any other message is given back as it is.
///
/// ```
/// use kwhen::names::did_you_mean;
/// let message = "unknown field `cod`, expected one of `code`, `fuel`, `bands`";
/// assert_eq!(did_you_mean(message), format!("{message}; did you mean `code`?"));
/// ```
#[must_use]
pub fn did_you_mean(message: &str) -> String {
    let hint = || {
        let told =
            ["unknown field `", "unknown variant `"].iter().find_map(|told| message.split_once(told))?;
        let (unknown, after) = told.1.split_once('`')?;
        let known = after.strip_prefix(", expected ")?.split('`').skip(1).step_by(2);
        nearest(unknown, known)
    };
    hint().map_or_else(|| message.to_owned(), |known| format!("{message}; did you mean `{known}`?"))
}

/// The longest name that is looked at; a longer one is no slip of the finger.
const LONGEST: usize = 64;

fn plain(name: &str) -> Vec<char> {
    let name = name.chars().take(LONGEST).flat_map(char::to_lowercase);
    name.map(|letter| if matches!(letter, '-' | ' ' | '.') { '_' } else { letter }).collect()
}

/// How many letters are missing, too many, other or swapped with the next one; a part that is left out at an end
/// counts as more than any letters that are few enough.
fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    let is_part =
        |whole: &[char], part: &[char]| part.len() >= 3 && (whole.starts_with(part) || whole.ends_with(part));
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (at(&last, j) + usize::from(letter != other)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(other) && b.get(j - 1) == Some(letter);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    let letters = last.last().copied().filter(|letters| *letters <= most);
    letters.or_else(|| (is_part(a, b) || is_part(b, a)).then_some(most + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_that_repeats_one_before_it() {
        let names = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(repeated(&names("a,,b,,c")), None);
        assert_eq!(repeated(&names("a,b,c,c,b")), Some("c"));
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["code", "fuel", "unit_rate", "standing_charge", "standing_charges", "bands", "rates"];
        for (unknown, expected) in [
            ("cod", Some("code")),
            ("Code", Some("code")),
            ("unit-rate", Some("unit_rate")),
            ("unitrate", Some("unit_rate")),
            ("untirate", Some("unit_rate")),
            ("standing", Some("standing_charge")),
            ("standing_chrage", Some("standing_charge")),
            ("standing_charge", Some("standing_charge")),
            ("band", Some("bands")),
            ("rate", Some("rates")),
            ("tomato", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(unknown, known), expected, "{unknown}");
        }
        assert_eq!(nearest("x", []), None);
        let long = "a".repeat(1_000_000);
        assert_eq!(nearest(&long, known), None);
    }

    #[test]
    fn a_message_keeps_its_words_and_gets_a_hint_where_there_is_one() {
        for (message, hint) in [
            ("unknown field `cod`, expected `code` or `fuel` at line 1 column 9", "; did you mean `code`?"),
            ("unknown variant `exprot`, expected `import` or `export`", "; did you mean `export`?"),
            ("unknown field `tomato`, expected `code`", ""),
            ("unknown field `x`, there are no fields", ""),
            ("unknown field `", ""),
            ("missing field `code`", ""),
        ] {
            assert_eq!(did_you_mean(message), format!("{message}{hint}"));
        }
    }
}
