//! Series of several files as one.

use super::row::BEGINNING;
use super::{Consumption, Notice, NoticeKind, PriceRow, Prices, RateSeries, StandingCharges};
use crate::error::{Error, Result};
use crate::quantity::Energy;
use crate::time::{Grid, Span, instant_text};

impl Consumption {
    /// Readings of several sources, in any order, as one series. Slots that two of them have and agree on are taken once, with a notice;
    /// slots that they disagree on, other slot lengths and slots that lie across each other are errors.
    pub fn joined(parts: Vec<Self>) -> Result<Self> {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { return Err(Error::missing("holds no readings")) };
        let rest: Vec<Self> = parts.collect();
        if rest.is_empty() {
            return Ok(first);
        }
        let length = first.grid().slot_length();
        let all = || std::iter::once(&first).chain(&rest);
        if let Some(other) = all().find(|part| part.grid().slot_length() != length) {
            return Err(Error::misaligned(format!(
                "readings of {} minutes are not joined to readings of {}",
                length.minutes(),
                other.grid().slot_length().minutes()
            )));
        }
        let spans = || all().filter_map(|part| part.grid().span());
        let (Some(start), Some(end)) =
            (spans().map(|span| span.from()).min(), spans().map(|span| span.to()).max())
        else {
            return Ok(first);
        };
        let grid = Grid::covering(Span::new(start, end)?, length)?;
        let mut readings: Vec<Option<Energy>> = vec![None; grid.len()];
        let (mut repeats, mut first_repeat) = (0, 0);
        for part in all() {
            for (slot, reading) in part.grid().slots().zip(part.iter()) {
                let Some(reading) = reading else { continue };
                let at = slot.span.from();
                let place = grid
                    .index_of(at)
                    .filter(|index| grid.slot(*index).is_some_and(|slot| slot.span.from() == at));
                let Some(known) = place.and_then(|place| readings.get_mut(place)) else {
                    return Err(Error::misaligned(format!(
                        "slots lie across each other: one begins at {}",
                        instant_text(at)
                    )));
                };
                match known {
                    None => *known = Some(reading),
                    Some(known) if *known == reading => {
                        repeats += 1;
                        if first_repeat == 0 {
                            first_repeat = slot.index as u64 + 1;
                        }
                    }
                    Some(known) => {
                        return Err(Error::conflict(format!(
                            "two files disagree on the slot from {}: {known} and {reading} kWh; remove the wrong one",
                            instant_text(at)
                        )));
                    }
                }
            }
        }
        let repeated = (repeats > 0).then_some(Notice {
            kind: NoticeKind::Repeat,
            count: repeats,
            first_row: first_repeat,
        });
        let notices: Vec<Notice> = all().flat_map(Self::notices).copied().chain(repeated).collect();
        let left_out = all().flat_map(Self::left_out).copied().collect();
        Ok(Self::on_slots(grid, &readings)?.with_notices(notices).with_left_out(left_out))
    }
}

/// Rows of the intervals of series, one after another: an open side says no time.
fn rows<T>(prices: impl Iterator<Item = (Span, Prices<T>)>) -> Vec<PriceRow<T>> {
    let row = |(row, (span, prices)): (u64, (Span, Prices<T>))| PriceRow {
        row,
        valid_from: (span.start_seconds() > BEGINNING).then(|| span.from()),
        valid_to: (!span.is_open_ended()).then(|| span.to()),
        prices,
        payment_method: None,
    };
    (1..).zip(prices).map(row).collect()
}

fn of_all(error: Error) -> Error {
    Error::conflict(format!("the files do not go together, rows counted over all of them: {error}"))
}

impl RateSeries {
    /// Unit rates of several sources, in any order, as one series, by the rules of [`RateSeries::from_rows`]: an open end is closed where
    /// the next begins, overlaps that agree are joined, those that disagree are errors.
    pub fn joined(mut parts: Vec<Self>) -> Result<Self> {
        if parts.len() < 2
            && let Some(only) = parts.pop()
        {
            return Ok(only);
        }
        let notices: Vec<Notice> = parts.iter().flat_map(Self::notices).copied().collect();
        let prices = parts.iter().flat_map(Self::intervals).map(|interval| (interval.span, interval.prices));
        Ok(Self::from_known_rows(rows(prices), None).map_err(of_all)?.with_notices(notices))
    }
}

impl StandingCharges {
    /// Standing charges of several sources as one series, by the same rules as [`RateSeries::joined`].
    pub fn joined(mut parts: Vec<Self>) -> Result<Self> {
        if parts.len() < 2
            && let Some(only) = parts.pop()
        {
            return Ok(only);
        }
        let notices: Vec<Notice> = parts.iter().flat_map(Self::notices).copied().collect();
        let prices = parts.iter().flat_map(Self::intervals).map(|interval| (interval.span, interval.prices));
        Ok(Self::from_rows(rows(prices), None).map_err(of_all)?.with_notices(notices))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{PriceOptions, ReadingOptions, consumption, unit_rates};

    fn readings(rows: &[(&str, &str)]) -> Consumption {
        let rows: String =
            rows.iter().map(|(start, kwh)| format!("2026-07-01T{start}:00Z,{kwh}\n")).collect();
        consumption(format!("start,kwh\n{rows}").as_bytes(), &ReadingOptions::default()).unwrap()
    }

    #[test]
    fn readings_of_two_files_are_one_series() {
        let (morning, noon) = (
            readings(&[("00:00", "1"), ("00:30", "2"), ("01:00", "3")]),
            readings(&[("01:00", "3"), ("01:30", "4"), ("02:00", "5")]),
        );
        let all = Consumption::joined(vec![noon.clone(), morning.clone()]).unwrap();
        assert_eq!((all.reading_count(), all.total().unwrap().to_string().as_str()), (5, "15"));
        assert_eq!(all.notices().len(), 1);
        let other = readings(&[("01:00", "9"), ("01:30", "4"), ("02:00", "5")]);
        let error = Consumption::joined(vec![morning.clone(), other]).unwrap_err().to_string();
        assert!(error.contains("2026-07-01T01:00:00Z: 3 and 9 kWh"), "{error}");
        let across = readings(&[("03:15", "9"), ("03:45", "4"), ("04:15", "5")]);
        assert!(Consumption::joined(vec![morning.clone(), across]).is_err());
        let hours = readings(&[("03:00", "9"), ("04:00", "4"), ("05:00", "5")]);
        let error = Consumption::joined(vec![morning, hours]).unwrap_err().to_string();
        assert!(error.contains("30 minutes") && error.contains("60"), "{error}");
    }

    #[test]
    fn an_open_price_ends_where_the_next_file_begins() {
        let rates = |text: &str| unit_rates(text.as_bytes(), &PriceOptions::default()).unwrap();
        let old = rates("valid_from,valid_to,value_inc_vat\n2026-01-01T00:00:00Z,,20\n");
        let new = rates("valid_from,valid_to,value_inc_vat\n2026-04-01T00:00:00Z,,25\n");
        let all = RateSeries::joined(vec![new.clone(), old]).unwrap();
        let spans: Vec<String> = all.intervals().map(|interval| interval.span.to_string()).collect();
        assert_eq!(spans.len(), 2);
        assert!(spans[0].ends_with("2026-04-01T00:00:00Z"), "{spans:?}");
        let other = rates("valid_from,valid_to,value_inc_vat\n2026-04-01T00:00:00Z,,26\n");
        let error = RateSeries::joined(vec![new, other]).unwrap_err().to_string();
        assert!(error.contains("counted over all"), "{error}");
    }
}
