//! Times as parameters give them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::London;

/// A time of ISO 8601, with or without seconds and a zone. Naive and date-only values are taken as London's time; a `+` that was not
/// escaped has become a space, and is refused.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let date: NaiveDate = date.parse().ok()?;
    let rest = rest.strip_prefix(['T', 't', ' ']).or_else(|| rest.is_empty().then_some("00:00"))?;
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = (rest.get(..zone)?, rest.get(zone..)?);
    let time = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok())?;
    let naive = date.and_time(time);
    let local = match zone {
        "" => return London.from_local_datetime(&naive).earliest().map(|local| local.with_timezone(&Utc)),
        "Z" | "z" => return Some(naive.and_utc()),
        zone => offset(zone)?.from_local_datetime(&naive).single()?,
    };
    Some(local.with_timezone(&Utc))
}

/// `+01:00`, `+0100` or `+01`.
fn offset(zone: &str) -> Option<FixedOffset> {
    let digits: String = zone.get(1..)?.split(':').collect();
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<i32>().ok());
    let minutes = match digits.len() {
        2 => number(Some(&digits))? * 60,
        4 => number(digits.get(..2))? * 60 + number(digits.get(2..))?,
        _ => return None,
    };
    FixedOffset::east_opt(if zone.starts_with('-') { -minutes * 60 } else { minutes * 60 })
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn every_form_of_iso_8601() {
        for (text, expected) in [
            // The documents' own example has no seconds.
            ("2020-02-12T00:00Z", Some("2020-02-12T00:00:00Z")),
            ("2020-07-12T00:00", Some("2020-07-11T23:00:00Z")),
            ("2020-07-12", Some("2020-07-11T23:00:00Z")),
            ("2020-07-12 00:30:15", Some("2020-07-11T23:30:15Z")),
            ("2020-07-12T00:00:00.500Z", Some("2020-07-12T00:00:00.500Z")),
            ("2018-05-19T00:30:00+0100", Some("2018-05-18T23:30:00Z")),
            ("2018-05-19T00:30+01:00", Some("2018-05-18T23:30:00Z")),
            ("2018-05-19T00:30:00-05", Some("2018-05-19T05:30:00Z")),
            // A plus that was not escaped.
            ("2018-05-19T00:30:00 01:00", None),
            ("2018-05-19T25:00Z", None),
            ("2018-05-32", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text), expected.and_then(|text| text.parse().ok()), "{text}");
        }
    }
}
