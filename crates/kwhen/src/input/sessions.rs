//! Sessions: hours whose energy is free, and those that pay points.

use super::record::{Record, Records};
use super::wanted::Wanted;
use crate::bill::FreeHours;
use crate::error::{Error, Result};
use crate::quantity::Energy;
use crate::series::{Notice, NoticeKind, Notices};
use crate::time::{Calendar, Span};
use chrono::NaiveDate;

/// Hours whose energy is free, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// In order of time.
    pub free: Vec<FreeHours>,
    /// Sessions that pay points, which are on no bill.
    pub notices: Vec<Notice>,
}

const FROM: &[&str] = &["start", "from", "startat"];
const TO: &[&str] = &["end", "to", "endat"];
const KIND: &[&str] = &["kind", "eventtype", "event_type"];
const LIMIT: &[&str] = &["limit_kwh"];

const SESSIONS: Wanted = Wanted {
    rows: "sessions",
    columns: &[FROM, TO, KIND],
    others: LIMIT,
    lists: &["sessions"],
    unlike: &[
        ("completeddispatches", "holds dispatches, which go with --dispatches"),
        ("events", "holds what was offered; what counts is what was booked or joined, each with its kind"),
    ],
    mistaken: &[(&["consumption", "kwh"], "consumption"), (&["value_inc_vat", "rate"], "unit rates")],
    none: "; leave it out where there were none",
    headerless: false,
};

/// What a session does.
#[derive(Clone, Copy)]
enum Kind {
    /// Its energy is free without a limit.
    Free,
    /// A booked hour, free up to a limit.
    Booked,
    /// More use at certain hours: free at first, for points since July 2026.
    PowerUp,
    /// Less use: for points.
    Saving,
}

const KINDS: [(&[&str], Kind); 4] = [
    (&["free-electricity", "free-electricity-session", "free"], Kind::Free),
    (&["weekend-happy-hour", "happy-hour"], Kind::Booked),
    (&["power-up", "turn-up"], Kind::PowerUp),
    (&["power-down", "turn-down", "saving-session", "saving-sessions"], Kind::Saving),
];

/// The limit of a booked hour since August 2026, in kWh.
const BOOKED_LIMIT: &str = "16";

/// Reads sessions: `start`, `end` and `kind` (or `eventType`), and `limit_kwh` where so much of it is free (`none`: all). The kind is one
/// of `free-electricity`, `weekend-happy-hour`, `power-up`, `power-down` (`saving-session`), in any spelling of their dashes.
///
/// The rule goes by the kind and the date: a free electricity session has no limit, a happy hour is free up to 16 kWh from August 2026 on,
/// and power-ups and power-downs pay points since July 2026, and saving sessions always have: they are left out, with a notice. An error for a kind or
/// a date whose rule is not known, for sessions that overlap, and for an input that holds nothing; a line that names the columns alone holds none.
pub fn sessions(bytes: &[u8], calendar: &Calendar) -> Result<Sessions> {
    let (mut free, mut notices) = (Vec::new(), Notices::default());
    if is_header_alone(bytes) {
        return Ok(Sessions::default());
    }
    for row in Records::whole(bytes, &SESSIONS)?.iter() {
        let from = row.needed(FROM, |text| calendar.parse(text))?;
        let to = row.needed(TO, |text| calendar.parse(text))?;
        let span = Span::new(from, to).map_err(|error| error.in_field("end").in_row(row.row()))?;
        let limit = row.parsed(LIMIT, |text| match text {
            "none" => Ok(None),
            text => text.parse::<Energy>().map(Some),
        })?;
        if let Some(Some(below)) = limit.filter(|limit| limit.is_some_and(|limit| limit < Energy::ZERO)) {
            return Err(Error::out_of_range("so much cannot be free: 0 or more, or none for all of it")
                .with_value(below.to_string())
                .in_field("limit_kwh")
                .in_row(row.row()));
        }
        match limit_of(&row, calendar.date(from), limit)? {
            Some(limit) => free.push((row.row(), FreeHours { span, limit })),
            None => notices.note(NoticeKind::PaysPoints, row.row()),
        }
    }
    free.sort_by_key(|(_, hours)| hours.span.from());
    for pair in free.windows(2) {
        if let [(_, before), (row, after)] = pair
            && after.span.from() < before.span.to()
        {
            return Err(Error::overlap(
                "begins before another session ends: what they have in common would be free twice",
            )
            .with_value(after.span.to_string())
            .in_row(*row));
        }
    }
    Ok(Sessions { free: free.into_iter().map(|(_, hours)| hours).collect(), notices: notices.into_list() })
}

/// Whether there is one line, which names the columns: a month in which nothing was joined, as it is written.
fn is_header_alone(bytes: &[u8]) -> bool {
    const LONGEST: usize = 400;
    let Some(text) =
        bytes.get(..bytes.len().min(LONGEST + 1)).and_then(|start| std::str::from_utf8(start).ok())
    else {
        return false;
    };
    let line = text.trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
    let names: Vec<&str> = line.split([',', ';', '\t']).map(str::trim).collect();
    let has = |column: &[&str]| column.iter().any(|name| names.contains(name));
    text.len() <= LONGEST
        && !line.contains(['\n', '[', '{'])
        && [FROM, TO, KIND].iter().all(|column| has(column))
}

/// How much of a session is free; `None` where it pays points.
#[allow(clippy::option_option, reason = "nothing is free, something is, or all of it")]
fn limit_of(
    row: &Record<'_>,
    date: NaiveDate,
    said: Option<Option<Energy>>,
) -> Result<Option<Option<Energy>>> {
    let name = row.needed(KIND, |text| Ok(text.trim().to_ascii_lowercase().replace(['_', ' '], "-")))?;
    let since = |year, month| NaiveDate::from_ymd_opt(year, month, 1).is_some_and(|first| date >= first);
    let refused = |error: Error| error.with_value(&name).in_field("kind").in_row(row.row());
    let kind = KINDS.into_iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, kind)| kind);
    let kind = kind.ok_or_else(|| {
        refused(Error::unsupported(
            "is none of free-electricity, weekend-happy-hour, power-up, power-down and saving-session",
        ))
    })?;
    match (kind, said) {
        (Kind::Saving, _) => Ok(None),
        (Kind::PowerUp, _) if since(2026, 7) => Ok(None),
        (Kind::Free | Kind::Booked | Kind::PowerUp, Some(said)) => Ok(Some(said)),
        (Kind::Free, None) => Ok(Some(None)),
        (Kind::Booked, None) if since(2026, 8) => Ok(Some(Some(BOOKED_LIMIT.parse()?))),
        (Kind::Booked | Kind::PowerUp, None) => Err(refused(Error::missing(
            "had no rule that is known on that date: say how much of it was free with limit_kwh, or that all was (none)",
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sessions> {
        sessions(text.as_bytes(), &Calendar::great_britain())
    }

    fn limits(text: &str) -> Vec<Option<String>> {
        read(text).unwrap().free.iter().map(|hours| hours.limit.map(|limit| limit.to_string())).collect()
    }

    #[test]
    fn the_rule_goes_by_kind_and_date() {
        let happy = "start,end,kind\n2026-08-01T13:00,2026-08-01T14:00,WEEKEND_HAPPY_HOUR\n";
        assert_eq!(limits(happy), [Some("16".to_owned())]);
        let said = "start,end,kind,limit_kwh\n2026-07-04T13:00,2026-07-04T14:00,weekend-happy-hour,12.5\n2026-07-05T13:00,2026-07-05T14:00,happy hour,none\n";
        assert_eq!(limits(said), [Some("12.5".to_owned()), None]);
        let old = r#"[{"startAt": "2025-06-15T12:00:00Z", "endAt": "2025-06-15T13:00:00Z", "kind": "free-electricity"}]"#;
        assert_eq!(limits(old), [None]);
        let points = read("start,end,kind\n2026-09-01T17:00,2026-09-01T18:00,power-down\n2026-09-02T12:00,2026-09-02T13:00,POWER_UP\n2023-11-16T17:30,2023-11-16T18:30,saving-session\n").unwrap();
        assert_eq!((points.free.len(), points.notices[0].count), (0, 3));
    }

    #[test]
    fn a_header_alone_is_a_month_without_sessions() {
        for text in ["start,end,kind\n", "\u{feff}start;end;kind;code\r\n"] {
            assert_eq!(read(text).unwrap(), Sessions::default(), "{text:?}");
        }
        assert!(read("start,end\n").is_err() && read("").is_err());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (text, reason) in [
            (
                "start,end,kind\n2026-07-04T13:00,2026-07-04T14:00,weekend-happy-hour\n",
                "row 1, field kind, value \"weekend-happy-hour\"",
            ),
            ("start,end,kind\n2024-07-04T13:00,2024-07-04T14:00,power-up\n", "limit_kwh"),
            ("start,end,kind\n2026-08-01T13:00,2026-08-01T14:00,half-price\n", "row 1, field kind"),
            ("start,end,kind\n2026-08-01T13:00,2026-08-01T13:00,free\n", "field end"),
            (
                "start,end,kind\n2026-08-01T13:00,2026-08-01T14:00,free\n2026-08-01T13:30,2026-08-01T14:30,free\n",
                "row 2",
            ),
            ("start,end\n2026-08-01T13:00,2026-08-01T14:00\n", "kind"),
            (
                r#"{"events": [{"startAt": "2026-08-01T13:00:00Z", "endAt": "2026-08-01T14:00:00Z"}]}"#,
                "what was offered",
            ),
            (
                "start,end,kind,limit_kwh\n2026-08-01T13:00,2026-08-01T14:00,happy-hour,-3\n",
                "row 1, field limit_kwh, value \"-3\"",
            ),
            ("", "is empty"),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
