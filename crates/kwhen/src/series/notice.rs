//! What was repaired or left out while a series was built.

use super::row::OPEN_END;
use crate::quantity::percent;
use crate::time::{Span, from_seconds, instant_text};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What a builder did with rows that it could neither take as they were nor had to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The row says exactly what an earlier one says; it was dropped.
    Repeat,
    /// The row is for a payment method other than the one asked for; it was left out.
    OtherPaymentMethod,
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
    /// The row is on a further page of the source, which the input does not hold; a count of 0 is one that the source does not say.
    OnFurtherPages,
    /// The row says no end and the next begins later than most do; it was taken to last until then.
    HeldUntilNext,
    /// The row says no end and in a list of slots the next begins later; it was taken to last one slot.
    HoleAfter,
    /// The row says no end and no other follows.
    LastEndAssumed {
        /// From when it holds, in seconds since 1970.
        from: i64,
        /// Until when it was taken to last: as long as the shortest of its list. In seconds since 1970.
        until: i64,
    },
    /// A time of the row was some seconds off the minute and was taken as the minute, as was allowed.
    Snapped,
    /// The dispatch was a charge that the customer asked for, which is billed at the usual rate; it was left out.
    AskedForByCustomer,
    /// The session pays points, which are on no bill; it was left out.
    PaysPoints,
    /// The reading is more than a large home's connection carries (three phases of 100 A, 69 kW); it was kept as it is.
    BeyondConnection,
    /// The reading is what meters send in place of one: a number with all bits set. It was kept as it is.
    MeterErrorValue,
    /// The reading is more than the connection carries, as was said; it was left out.
    AboveConnection,
    /// No rate is as high as 1 p/kWh: these may be pounds.
    LikelyPounds,
    /// The rates are higher on average than any tariff's: these may be prices of a MWh.
    LikelyPerMegawattHour,
    /// The rates hold for days and are as high as standing charges are.
    LikelyStandingCharges,
    /// No standing charge is as high as 1 p a day: these may be pounds.
    LikelyPoundsADay,
    /// The rate has no VAT in it at a time when imported energy had: it may be for export.
    LikelyExport,
    /// The rate has VAT in it, which energy given to the grid has not: it may be for import.
    LikelyImport,
    /// The slot has no row, and the file leaves rows of no energy out; it was taken as none.
    LeftOutZero,
    /// The reading was longer than the slots and was spread evenly over them, as was allowed.
    SpreadEvenly,
    /// The register stands lower than before: it was reset or exchanged, and what flowed until then is not known.
    RegisterReset,
    /// The register was not read for longer than a slot; what flowed in each is not known.
    RegisterGap,
    /// The reading is an estimate, as the file says.
    Estimated,
    /// The price bears other VAT than it is billed with. It is no row's but the price's that holds first.
    OtherVat {
        /// From when the first of them holds, in seconds since 1970.
        from: i64,
        /// What it bears, in tenths of a percent.
        borne_per_mille: i64,
        /// What is billed, in hundredths of a percent.
        billed_hundredths: i64,
        /// What is taxed, such as `domestic electricity`.
        taxed: &'static str,
    },
}

impl NoticeKind {
    /// Whether it is a doubt that goes by what prices are in pounds (or euros) and pence.
    pub(crate) const fn goes_by_pounds(&self) -> bool {
        matches!(
            self,
            Self::LikelyPounds
                | Self::LikelyPoundsADay
                | Self::LikelyPerMegawattHour
                | Self::LikelyStandingCharges
        )
    }

    /// What is said of such rows; where of one it is said otherwise than of several, `{of one|of several}`.
    const fn sentence(self) -> &'static str {
        match self {
            Self::Repeat => "{repeats|repeat} an earlier row exactly and {was|were} dropped",
            Self::OtherPaymentMethod => "{is|are} for another payment method and {was|were} left out",
            Self::OpenEndClosed => "had no end and {was|were} taken to end where the next row begins",
            Self::AgreeingOverlap => {
                "{overlaps|overlap} another row that agrees with {it|them} and {was|were} joined to it"
            }
            Self::EmptyReading => "{holds|hold} no reading; {its slot counts|their slots count} as missing",
            Self::NegativeReading => "{holds|hold} a reading below zero, kept as it is",
            Self::ZeroLength => "{ends when it starts|end when they start} and {was|were} left out",
            Self::OnFurtherPages => "{is|are} on further pages that the input does not hold",
            Self::HeldUntilNext => {
                "{says|say} no end and {was|were} taken to hold until the next begins, longer than the shortest of the list"
            }
            Self::HoleAfter => {
                "{says|say} no end, and in a list of slots the next begins later; {it|each} was taken to hold for one slot, and what follows lacks a price"
            }
            Self::LastEndAssumed { .. } => "{says|say} no end and none follows",
            Self::Snapped => "{has|have} times some seconds off the minute, taken as the minute",
            Self::PaysPoints => {
                "{is a session that pays|are sessions that pay} points, which are on no bill, and {was|were} left out"
            }
            Self::AskedForByCustomer => {
                "{stands|stand} for a charge that the customer asked for (bump, boost), billed at the usual rate, and {was|were} left out"
            }
            Self::BeyondConnection => {
                "{holds|hold} more than 69 kW, which is beyond a connection of three phases of 100 A, and {was|were} kept; if {it counts|they count} Wh, read {it|them} so (--reading-unit wh); to leave out what cannot be, say what the connection carries (--connection-kw 23)"
            }
            Self::MeterErrorValue => {
                "{holds|hold} a number with all bits set, which meters send in place of a reading, and {was|were} kept; to leave out what cannot be, say what the connection carries (--connection-kw 23)"
            }
            Self::AboveConnection => {
                "{holds|hold} more than the connection carries and {was|were} left out; {its slot counts|their slots count} as missing"
            }
            Self::LikelyPounds => {
                "{is|are all} below 1 p/kWh; if {it is|they are} in pounds, read {it|them} so (--rate-unit pounds)"
            }
            Self::LikelyPerMegawattHour => {
                "{is|are} dearer on average than any tariff; if {it is|they are} for a MWh, read {it|them} so (--rate-unit pounds-per-mwh)"
            }
            Self::LikelyStandingCharges => {
                "{holds for days and is|hold for days and are} as high as a charge a day; if {it is a standing charge, give it|they are standing charges, give them} as such (--standing-charges)"
            }
            Self::LikelyPoundsADay => "{is|are all} below 1 p a day; standing charges are read in pence",
            Self::LikelyExport => {
                "{has no VAT in it|have no VAT in them} at a time when import had; if {it is|they are} for export, give {it|them} as such (--export-rates, or a tariff with direction export)"
            }
            Self::LikelyImport => {
                "{has VAT in it|have VAT in them}, which export has not; if {it is|they are} for import, give {it|them} as such (--rates)"
            }
            Self::LeftOutZero => {
                "{is|are} left out of a file that leaves half-hours of no use out, and {was|were} taken as no energy"
            }
            Self::SpreadEvenly => {
                "{is|are} longer than the slots and {was|were} spread evenly over them, which is an estimate"
            }
            Self::RegisterReset => {
                "{stands|stand} lower than the reading before, as after a reset or an exchange of the meter; what flowed until then counts as missing"
            }
            Self::RegisterGap => {
                "{comes|come} later than one slot after the reading before; what flowed in each slot between counts as missing"
            }
            Self::Estimated => "{holds|hold} an estimate, as the file says, kept as it is",
            Self::OtherVat { .. } => "{bears other VAT than it is|bear other VAT than they are} billed with",
        }
    }
}

/// How many rows met one fate, and the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// What was done.
    pub kind: NoticeKind,
    /// With how many rows.
    pub count: usize,
    /// The first of them, counted from 1.
    pub first_row: u64,
}

impl Notice {
    /// Whether it has to do with a span: how long the last price of a list lasts is of no matter to what ends before it begins.
    #[must_use]
    pub const fn concerns(&self, span: Span) -> bool {
        match self.kind {
            NoticeKind::LastEndAssumed { from, .. } => from < span.to_seconds(),
            _ => true,
        }
    }
}

/// A sentence with `{of one|of several}` in it, of one row or of several.
fn said(sentence: &str, is_one: bool) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, forms, after)) = rest
        .split_once('{')
        .and_then(|(before, rest)| rest.split_once('}').map(|(forms, after)| (before, forms, after)))
    {
        let (one, several) = forms.split_once('|').unwrap_or((forms, forms));
        text.push_str(before);
        text.push_str(if is_one { one } else { several });
        rest = after;
    }
    text + rest
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let NoticeKind::LastEndAssumed { until, .. } = self.kind {
            let row = self.first_row;
            return if until == OPEN_END {
                write!(f, "row {row} says no end and none follows; it was taken to hold from then on")
            } else {
                let until = instant_text(from_seconds(until));
                write!(f, "row {row} says no end and none follows; it was taken to hold until {until}")
            };
        }
        if let NoticeKind::OtherVat { from, borne_per_mille, billed_hundredths, taxed } = self.kind {
            let (borne, billed) = (percent(borne_per_mille.saturating_mul(10)), percent(billed_hundredths));
            let more = if self.count > 1 { format!(" and {} more", self.count - 1) } else { String::new() };
            let from = instant_text(from_seconds(from));
            return write!(
                f,
                "the prices bear {borne} % VAT from {from}{more}, {taxed} is billed with {billed} %"
            );
        }
        if self.count == 0 {
            return write!(f, "more rows {}", said(self.kind.sentence(), false));
        }
        let sentence = said(self.kind.sentence(), self.count == 1);
        match self.count {
            1 => write!(f, "row {} {sentence}", self.first_row),
            count => write!(f, "{count} rows (first: row {}) {sentence}", self.first_row),
        }
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

#[cfg(test)]
#[allow(clippy::panic, reason = "a test may fail")]
mod tests {
    use super::{Notice, NoticeKind};

    #[test]
    fn one_row_is_spoken_of_as_one() {
        for (kind, said) in [
            (NoticeKind::Repeat, "row 3 repeats an earlier row exactly and was dropped"),
            (NoticeKind::OtherPaymentMethod, "row 3 is for another payment method and was left out"),
            (NoticeKind::OpenEndClosed, "row 3 had no end and was taken to end where the next row begins"),
            (
                NoticeKind::AgreeingOverlap,
                "row 3 overlaps another row that agrees with it and was joined to it",
            ),
            (NoticeKind::EmptyReading, "row 3 holds no reading; its slot counts as missing"),
            (NoticeKind::NegativeReading, "row 3 holds a reading below zero, kept as it is"),
            (NoticeKind::ZeroLength, "row 3 ends when it starts and was left out"),
            (
                NoticeKind::HeldUntilNext,
                "row 3 says no end and was taken to hold until the next begins, longer than the shortest of the list",
            ),
            (
                NoticeKind::AboveConnection,
                "row 3 holds more than the connection carries and was left out; its slot counts as missing",
            ),
            (
                NoticeKind::LikelyStandingCharges,
                "row 3 holds for days and is as high as a charge a day; if it is a standing charge, give it as such (--standing-charges)",
            ),
            (
                NoticeKind::LikelyPounds,
                "row 3 is below 1 p/kWh; if it is in pounds, read it so (--rate-unit pounds)",
            ),
            (
                NoticeKind::LikelyExport,
                "row 3 has no VAT in it at a time when import had; if it is for export, give it as such (--export-rates, or a tariff with direction export)",
            ),
            (NoticeKind::Estimated, "row 3 holds an estimate, as the file says, kept as it is"),
            (NoticeKind::OnFurtherPages, "row 3 is on further pages that the input does not hold"),
        ] {
            assert_eq!(Notice { kind, count: 1, first_row: 3 }.to_string(), said);
        }
        let two = Notice { kind: NoticeKind::Repeat, count: 2, first_row: 3 };
        assert_eq!(two.to_string(), "2 rows (first: row 3) repeat an earlier row exactly and were dropped");
    }
}
