//! Agreements: which tariff an account was on, and when.

use crate::error::{Error, Result};
use crate::series::{NoticeKind, OPEN_END};
use crate::time::{Span, from_seconds, instant_text, seconds};
use chrono::{DateTime, Utc};

/// One entry of an account's list of agreements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementRow {
    /// Its number for messages, counted from 1.
    pub row: u64,
    /// The tariff's code or name.
    pub tariff: String,
    /// When it begins (inclusive).
    pub valid_from: DateTime<Utc>,
    /// When it ends (exclusive); `None`: it has not.
    pub valid_to: Option<DateTime<Utc>>,
}

/// A tariff and when it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The tariff's code or name.
    pub tariff: String,
    /// When. An open end reaches to the bounds of the time tables (2100).
    pub span: Span,
}

/// Agreements in order, disjoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreements {
    list: Vec<Agreement>,
    notices: Vec<(NoticeKind, u64)>,
}

impl Agreements {
    /// Puts the entries of an account in order.
    ///
    /// - An entry of no length is left out, an open one is closed where a later one begins, overlaps of one tariff are joined: each
    ///   with a notice of its row.
    /// - An entry that ends before it starts, overlaps of closed entries of different tariffs and an empty list are errors.
    pub fn from_rows(rows: &[AgreementRow]) -> Result<Self> {
        let mut notices = Vec::new();
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let located = |error: Error, field: &str| error.in_field(field).in_row(row.row);
            let from = seconds(row.valid_from).map_err(|error| located(error, "valid_from"))?;
            let to = match row.valid_to {
                Some(to) => seconds(to).map_err(|error| located(error, "valid_to"))?,
                None => OPEN_END,
            };
            if to < from {
                let message = format!("ends before it starts, at {}", instant_text(row.valid_from));
                return Err(located(
                    Error::order(message).with_value(instant_text(from_seconds(to))),
                    "valid_to",
                ));
            }
            if to == from {
                notices.push((NoticeKind::ZeroLength, row.row));
            } else {
                entries.push((from, to, row));
            }
        }
        entries.sort_by_key(|(from, to, row)| (*from, *to, row.row));
        let mut list: Vec<Agreement> = Vec::with_capacity(entries.len());
        let mut last_open = false;
        let mut last_row = 0;
        for (from, to, row) in entries {
            if let Some(last) = list.last_mut().filter(|last| from < last.span.to_seconds()) {
                let (start, end) = (last.span.start_seconds(), last.span.to_seconds());
                if last.tariff == row.tariff {
                    notices.push((NoticeKind::AgreeingOverlap, row.row));
                    last.span = Span::from_seconds(start, end.max(to));
                    last_open |= row.valid_to.is_none();
                    continue;
                }
                if !last_open || start == from {
                    return Err(Error::overlap(format!(
                        "overlaps row {last_row} from {}: {} and {}; end one where the other begins",
                        instant_text(row.valid_from),
                        last.tariff,
                        row.tariff
                    ))
                    .in_field("valid_from")
                    .in_row(row.row));
                }
                notices.push((NoticeKind::OpenEndClosed, last_row));
                last.span = Span::from_seconds(start, from);
            }
            list.push(Agreement { tariff: row.tariff.clone(), span: Span::from_seconds(from, to) });
            last_open = row.valid_to.is_none();
            last_row = row.row;
        }
        if list.is_empty() {
            return Err(Error::missing("holds no agreement of any length"));
        }
        Ok(Self { list, notices })
    }

    /// Every agreement, in order.
    #[must_use]
    pub fn list(&self) -> &[Agreement] {
        &self.list
    }

    /// What was left out or changed, with the row.
    #[must_use]
    pub fn notices(&self) -> &[(NoticeKind, u64)] {
        &self.notices
    }

    /// The agreements of a span, each cut to it, in order.
    #[must_use]
    pub fn within(&self, span: Span) -> Vec<Agreement> {
        let cut = |agreement: &Agreement| {
            let span = agreement.span.intersection(span)?;
            Some(Agreement { tariff: agreement.tariff.clone(), span })
        };
        self.list.iter().filter_map(cut).collect()
    }

    /// The stretches of a span in which no agreement is in force.
    #[must_use]
    pub fn gaps(&self, span: Span) -> Vec<Span> {
        let mut gaps = Vec::new();
        let mut from = span.start_seconds();
        for agreement in self.within(span) {
            if from < agreement.span.start_seconds() {
                gaps.push(Span::from_seconds(from, agreement.span.start_seconds()));
            }
            from = agreement.span.to_seconds();
        }
        if from < span.to_seconds() {
            gaps.push(Span::from_seconds(from, span.to_seconds()));
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;

    fn row(number: u64, tariff: &str, from: &str, to: Option<&str>) -> AgreementRow {
        AgreementRow {
            row: number,
            tariff: tariff.into(),
            valid_from: parse_instant(from).unwrap(),
            valid_to: to.map(|to| parse_instant(to).unwrap()),
        }
    }

    #[test]
    fn entries_are_put_in_order_and_what_was_done_is_told() {
        let agreements = Agreements::from_rows(&[
            row(1, "GO", "2026-02-01T00:00:00Z", None),
            row(2, "VAR", "2025-01-01T00:00:00Z", None),
            row(3, "AGILE", "2026-02-01T00:00:00Z", Some("2026-02-01T00:00:00+00:00")),
            row(4, "AGILE", "2025-06-01T00:00:00+01:00", Some("2026-01-01T00:00:00Z")),
        ])
        .unwrap();
        let tariffs: Vec<&str> =
            agreements.list().iter().map(|agreement| agreement.tariff.as_str()).collect();
        assert_eq!(tariffs, ["VAR", "AGILE", "GO"]);
        assert_eq!(agreements.notices(), [(NoticeKind::ZeroLength, 3), (NoticeKind::OpenEndClosed, 2)]);
        let year = Span::new(
            parse_instant("2025-07-01T00:00:00Z").unwrap(),
            parse_instant("2027-01-01T00:00:00Z").unwrap(),
        )
        .unwrap();
        assert_eq!(agreements.within(year).len(), 2);
        assert_eq!(agreements.gaps(year).iter().map(|gap| gap.seconds() / 86_400).collect::<Vec<_>>(), [31]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_row() {
        let error =
            Agreements::from_rows(&[row(1, "GO", "2026-02-01T00:00:00Z", Some("2026-01-31T00:00:00Z"))])
                .unwrap_err();
        assert!(error.is_order() && error.row() == Some(1), "{error}");
        let error = Agreements::from_rows(&[
            row(1, "GO", "2026-02-01T00:00:00Z", Some("2026-04-01T00:00:00Z")),
            row(2, "VAR", "2026-03-01T00:00:00Z", None),
        ])
        .unwrap_err();
        assert!(error.is_overlap() && error.to_string().contains("row 1"), "{error}");
        assert!(Agreements::from_rows(&[]).unwrap_err().is_missing());
        let joined = Agreements::from_rows(&[
            row(1, "GO", "2026-02-01T00:00:00Z", Some("2026-04-01T00:00:00Z")),
            row(2, "GO", "2026-03-01T00:00:00Z", None),
        ])
        .unwrap();
        assert_eq!(joined.list().len(), 1);
    }
}
