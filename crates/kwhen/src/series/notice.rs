//! What was repaired or left out while a series was built.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What a builder did with rows that it could neither take as they were nor had to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The row says exactly what an earlier one says; it was dropped.
    Repeat,
    /// The row is for a payment method other than the one asked for; it was left out.
    OtherPaymentMethod,
    /// The row ends before or when it starts (the API document's own example does); it was taken as one slot from its start.
    EndRepaired,
    /// The row had no end, but a later row begins; it was taken to end there.
    OpenEndClosed,
    /// The row overlaps another that says the same; the two were joined.
    AgreeingOverlap,
    /// The row holds no reading (null or empty); its slot counts as missing.
    EmptyReading,
    /// The reading is below zero; it was kept as it is.
    NegativeReading,
    /// The row ends when it starts; it was left out.
    ZeroLength,
    /// The row is on a further page of the source, which the input does not hold.
    OnFurtherPages,
}

impl NoticeKind {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Repeat => "repeat an earlier row exactly and were dropped",
            Self::OtherPaymentMethod => "are for another payment method and were left out",
            Self::EndRepaired => "end before they start and were taken as one slot from their start",
            Self::OpenEndClosed => "had no end and were taken to end where the next row begins",
            Self::AgreeingOverlap => "overlap another row that agrees with them and were joined to it",
            Self::EmptyReading => "hold no reading; their slots count as missing",
            Self::NegativeReading => "hold a reading below zero, kept as it is",
            Self::ZeroLength => "end when they start and were left out",
            Self::OnFurtherPages => "are on further pages that the input does not hold",
        }
    }
}

/// How many rows met one fate, and the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What was done.
    pub kind: NoticeKind,
    /// With how many rows.
    pub count: usize,
    /// The first of them, counted from 1.
    pub first_row: u64,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.count == 1 { "row" } else { "rows" };
        write!(f, "{} {rows} (first: row {}) {}", self.count, self.first_row, self.kind.sentence())
    }
}

/// Gathers notices, one per kind however many rows there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices(BTreeMap<NoticeKind, (usize, u64)>);

impl Notices {
    pub(crate) fn note(&mut self, kind: NoticeKind, row: u64) {
        let (count, first) = self.0.entry(kind).or_insert((0, row));
        *count += 1;
        *first = row.min(*first);
    }

    pub(crate) fn into_list(self) -> Vec<Notice> {
        self.0.into_iter().map(|(kind, (count, first_row))| Notice { kind, count, first_row }).collect()
    }
}
