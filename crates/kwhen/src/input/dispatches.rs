//! Dispatches: when the supplier charged the car.

use super::record::{Record, Records};
use super::wanted::Wanted;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, divide};
use crate::series::{Consumption, Notice, NoticeKind, Notices};
use crate::time::{Calendar, Grid, SlotLength, Span};
use std::collections::BTreeMap;

/// When the supplier charged the car at its dispatch price, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatches {
    /// When; in the order of the source.
    pub spans: Vec<Span>,
    /// When it charged since the customer asked for it.
    pub asked_for: Vec<Span>,
    /// What the car drew in each of both, where the rows say it.
    pub drawn: Vec<(Span, Option<Energy>)>,
    /// What was left out.
    pub notices: Vec<Notice>,
}

const FROM: &[&str] = &["start", "from", "start_dt", "startdt", "startdtutc"];
const TO: &[&str] = &["end", "to", "end_dt", "enddt", "enddtutc"];
/// Who asked for the charge, in the row itself or in its `meta`.
const SOURCE: &[&str] = &["source", "type"];

/// What the car drew, in kWh; the API writes energy that it took below zero.
const DRAWN: &[&str] = &["delta", "charge_in_kwh", "energyaddedkwh", "kwh"];
const OTHERS: &[&str] = &["source", "type", "delta", "charge_in_kwh", "energyaddedkwh", "kwh"];

const DISPATCHES: Wanted = Wanted {
    rows: "dispatches",
    columns: &[FROM, TO],
    others: OTHERS,
    lists: &["completeddispatches", "completed_dispatches", "dispatches"],
    unlike: &[
        ("planneddispatches", PLANNED),
        ("planned_dispatches", PLANNED),
        ("flexplanneddispatches", PLANNED),
    ],
    mistaken: &[(&["consumption", "kwh"], "consumption"), (&["value_inc_vat", "rate"], "unit rates")],
    none: "; leave it out where there were none",
    headerless: false,
};

const PLANNED: &str = "holds what was planned; what is billed are completed dispatches";

/// Charges that the supplier planned, at its dispatch price; and those that the customer asked for, at the usual one.
const PLANNED_BY_SUPPLIER: [&str; 3] = ["smart-charge", "smart", "smart-charging"];
const ASKED_FOR: [&str; 4] = ["bump-charge", "bump", "boost", "boost-charge"];

/// More half-hours than two decades have: rows that lie further apart are an error in the dates.
const MOST_SLOTS: usize = 400_000;

/// Reads dispatches: `start` and `end` (or `from` and `to`), and `source` where it is said, in the row or in its `meta`. JSON may be the
/// API's answer as it came (`completedDispatches` within `data`), a page, an array, or rows one after another.
///
/// A charge that the customer asked for (`bump-charge`, `BOOST`) is billed at the usual rate and is left out, with a notice. An error
/// for any other source, for a dispatch that ends when or before it starts, and for an input that holds none.
pub fn dispatches(bytes: &[u8], calendar: &Calendar) -> Result<Dispatches> {
    let (mut spans, mut asked_for, mut drawn) = (Vec::new(), Vec::new(), Vec::new());
    let mut notices = Notices::default();
    for row in Records::whole(bytes, &DISPATCHES)?.iter() {
        let from = row.needed(FROM, |text| calendar.parse(text))?;
        let to = row.needed(TO, |text| calendar.parse(text))?;
        let span = Span::new(from, to).map_err(|error| error.in_field("end").in_row(row.row()))?;
        let energy = row.parsed(DRAWN, str::parse::<Energy>)?;
        drawn.push((span, energy.map(|energy| if energy.is_negative() { -energy } else { energy })));
        if is_at_dispatch_price(&row)? {
            spans.push(span);
        } else {
            asked_for.push(span);
            notices.note(NoticeKind::AskedForByCustomer, row.row());
        }
    }
    Ok(Dispatches { spans, asked_for, drawn, notices: notices.into_list() })
}

impl Dispatches {
    /// What the car drew by half-hours, as its dispatches say it: of each evenly over its time, nothing in between. `None` where one of them
    /// does not say it, or there are none.
    ///
    /// # Errors
    /// Sums are beyond the range of energy.
    pub fn consumption(&self) -> Result<Option<Consumption>> {
        let spans: Vec<Span> = self.drawn.iter().map(|(span, _)| *span).collect();
        crate::tariff::check_lengths(&spans)?;
        let slot = SlotLength::HALF_HOUR.seconds();
        let mut sums: BTreeMap<i64, i128> = BTreeMap::new();
        for (span, energy) in &self.drawn {
            let Some(energy) = energy else { return Ok(None) };
            let (from, to) = (span.start_seconds(), span.to_seconds());
            // Up to an instant: the differences sum to the whole.
            let upto = |at: i64| {
                let (part, whole) = (i128::from(at.clamp(from, to) - from), i128::from(to - from));
                divide(i128::from(energy.units()) * part, whole.max(1), Rounding::HalfEven)
            };
            for place in from.div_euclid(slot)..=(to - 1).div_euclid(slot) {
                *sums.entry(place).or_default() += upto((place + 1) * slot) - upto(place * slot);
            }
        }
        let (Some(first), Some(last)) = (sums.keys().next(), sums.keys().next_back()) else {
            return Ok(None);
        };
        let slots = usize::try_from(last - first + 1).unwrap_or_default();
        if slots > MOST_SLOTS {
            return Err(Error::out_of_range(format!(
                "the dispatches reach over {slots} half-hours; check their dates"
            )));
        }
        let grid = Grid::from_seconds(first * slot, SlotLength::HALF_HOUR, slots)?;
        let beyond = || Error::out_of_range("what the dispatches drew is beyond the range of energy");
        let value = |place: i64| -> Result<Option<Energy>> {
            let units = sums.get(&place).copied().unwrap_or_default();
            Ok(Some(Energy::from_units(i64::try_from(units).map_err(|_| beyond())?)?))
        };
        let values = (*first..=*last).map(value).collect::<Result<Vec<_>>>()?;
        Consumption::on_slots(grid, &values).map(Some)
    }
}

fn is_at_dispatch_price(row: &Record<'_>) -> Result<bool> {
    let said = row.parsed(SOURCE, |text| Ok(text.to_owned()))?;
    let said = match said {
        Some(said) => Some(said),
        None => row.text_within("meta", "source").map_err(|error| error.in_row(row.row()))?,
    };
    let Some(said) = said else { return Ok(true) };
    let name = said.trim().to_ascii_lowercase().replace('_', "-");
    if ASKED_FOR.contains(&name.as_str()) {
        return Ok(false);
    }
    if PLANNED_BY_SUPPLIER.contains(&name.as_str()) {
        return Ok(true);
    }
    Err(Error::unsupported(
        "is neither smart-charge, which is billed at the dispatch price, nor bump-charge (boost), which is not",
    )
    .with_value(said)
    .in_field("source")
    .in_row(row.row()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"start": "2026-11-02T13:00:00Z", "end": "2026-11-02T14:00:00Z"}"#;

    fn read(text: &str) -> Result<Dispatches> {
        dispatches(text.as_bytes(), &Calendar::great_britain())
    }

    #[test]
    fn the_same_dispatch_in_every_form_that_it_is_saved_in() {
        for text in [
            format!("[{ROW}]"),
            ROW.to_owned(),
            format!("{ROW}\n{ROW}\n"),
            format!(r#"{{"count": 1, "next": null, "previous": null, "results": [{ROW}]}}"#),
            format!(r#"{{"completedDispatches": [{ROW}]}}"#),
            format!(r#"{{"data": {{"completedDispatches": [{ROW}], "plannedDispatches": []}}}}"#),
            format!(r#"{{"state": "on", "attributes": {{"planned_dispatches": [], "completed_dispatches": [{ROW}]}}}}"#),
            r#"[{"start": "2026-11-02T13:00:00Z", "end": "2026-11-02T14:00:00Z", "delta": "-3.5", "meta": {"source": "smart-charge", "location": null}}]"#.to_owned(),
            "start,end\n2026-11-02T13:00:00Z,2026-11-02T14:00:00Z\n".to_owned(),
            "from,to,source\n2026-11-02T13:00,2026-11-02T14:00,SMART\n".to_owned(),
        ] {
            let read = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(read.spans[0].to_string(), "2026-11-02T13:00:00Z to 2026-11-02T14:00:00Z", "{text}");
            assert_eq!(read.notices, [], "{text}");
        }
    }

    #[test]
    fn a_charge_that_the_customer_asked_for_is_left_out() {
        for source in
            ["\"source\": \"bump-charge\"", "\"type\": \"BOOST\"", "\"meta\": {\"source\": \"bump-charge\"}"]
        {
            let asked =
                format!("{{\"start\": \"2026-11-02T17:00Z\", \"end\": \"2026-11-02T18:00Z\", {source}}}");
            let read = read(&format!("[{ROW}, {asked}]")).unwrap();
            assert_eq!(read.spans.len(), 1, "{source}");
            assert_eq!(
                (read.notices[0].kind, read.notices[0].first_row),
                (NoticeKind::AskedForByCustomer, 2)
            );
        }
    }

    /// 3.5 kWh over 50 minutes are 0.7 in the first 10, 2.1 in 30 and 0.7 in 10; half an hour later one that was asked for.
    #[test]
    fn what_the_car_drew_is_spread_over_each_dispatch() {
        let rows = r#"[{"start": "2026-11-02T13:20:00Z", "end": "2026-11-02T14:10:00Z", "delta": "-3.5"},
            {"start": "2026-11-02T15:00:00Z", "end": "2026-11-02T15:30:00Z", "delta": -1.25, "meta": {"source": "bump-charge"}}]"#;
        let read = read(rows).unwrap();
        let drawn = read.consumption().unwrap().unwrap();
        assert_eq!(drawn.grid().span().unwrap().to_string(), "2026-11-02T13:00:00Z to 2026-11-02T15:30:00Z");
        let values: Vec<String> = drawn.iter().map(|value| value.unwrap().to_string()).collect();
        assert_eq!(values, ["0.7", "2.1", "0.7", "0", "1.25"]);
        assert_eq!((read.spans.len(), read.asked_for.len()), (1, 1));
        let unsaid = format!(
            "[{ROW}, {}]",
            r#"{"start": "2026-11-02T15:00:00Z", "end": "2026-11-02T15:30:00Z", "delta": 1}"#
        );
        assert_eq!(
            dispatches(unsaid.as_bytes(), &Calendar::great_britain())
                .unwrap()
                .consumption()
                .unwrap()
                .map(|_| ()),
            None
        );
    }

    #[test]
    fn what_holds_no_dispatch_is_refused() {
        for (text, reason) in [
            ("", "is empty"),
            ("{}", "is not dispatches"),
            ("[]", "leave it out where there were none"),
            ("{\"data\": {\"completedDispatches\": []}}", "no dispatches are in it"),
            ("{\"data\": {\"completedDispatches\": null}}", "is not dispatches"),
            ("{\"data\": {\"plannedDispatches\": [{}]}}", "what was planned"),
            ("{\"a\": [{}], \"b\": [{}]}", "several lists"),
            ("{\"errors\": [{\"message\": \"Unauthorized.\"}], \"data\": null}", "Unauthorized"),
            ("begin,finish\n2026-11-02T13:00:00Z,2026-11-02T14:00:00Z\n", "none of the columns start, from"),
            ("start,end\n", "a header and no rows"),
            (
                "start,start,end\n2026-11-02T13:00:00Z,2026-11-02T13:00:00Z,2026-11-02T14:00:00Z\n",
                "field start",
            ),
            (
                "[{\"start\": \"2026-11-02T13:00:00Z\", \"start\": \"2026-11-02T13:30:00Z\", \"end\": \"2026-11-02T14:00:00Z\"}]",
                "row 1, field start",
            ),
            ("start,end\n2026-11-02T13:00:00Z,2026-11-02T13:00:00Z\n", "row 1, field end"),
            (
                "start,end,source\n2026-11-02T13:00:00Z,2026-11-02T14:00:00Z,TEST\n",
                "row 1, field source, value \"TEST\"",
            ),
            (
                "{\"count\": 5, \"next\": \"https://example.org/?page=2\", \"results\": [{\"start\": \"2026-11-02T13:00:00Z\", \"end\": \"2026-11-02T14:00:00Z\"}]}",
                "4 rows",
            ),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
