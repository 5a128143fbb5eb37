//! Dispatched half-hours laid over a schedule: the supplier charges the car outside the cheap window and bills the cheap rate.

use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::series::{Prices, RateInterval, RateRow, RateSeries, VatBasis};
use crate::time::{Calendar, PeriodKind, SlotLength, Span, from_seconds};
use std::collections::BTreeMap;

/// What a dispatched half-hour costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchPrices {
    /// This, at any time.
    Fixed(Prices<UnitRate>),
    /// The lower of the two unit rates of its local day in Great Britain. A day that has not two says nothing, which is an error.
    LowerOfDay,
}

impl DispatchPrices {
    /// The rates with those dispatches laid over them that lie within a span.
    pub(super) fn lay(self, rates: &RateSeries, dispatches: &[Span], within: Span) -> Result<RateSeries> {
        let dispatches = dispatches.iter().filter_map(|dispatch| dispatch.intersection(within));
        match self {
            Self::Fixed(prices) => {
                overlay_dispatches(rates, &dispatches.collect::<Vec<_>>(), prices, SlotLength::HALF_HOUR)
            }
            Self::LowerOfDay => {
                let calendar = Calendar::great_britain();
                let mut priced: BTreeMap<i64, (Prices<UnitRate>, Vec<Span>)> = BTreeMap::new();
                for dispatch in dispatches {
                    for part in calendar.cut(PeriodKind::Day, dispatch)? {
                        let day = calendar.day(calendar.local(part.span.from()).date())?;
                        let (units, lower) = lower_of(rates, day, &part.label)?;
                        priced.entry(units).or_insert((lower, Vec::new())).1.push(part.span);
                    }
                }
                let mut laid = rates.clone();
                for (prices, spans) in priced.values() {
                    laid = overlay_dispatches(&laid, spans, *prices, SlotLength::HALF_HOUR)?;
                }
                Ok(laid)
            }
        }
    }
}

/// The lower of the two rates of a day, and its size.
fn lower_of(rates: &RateSeries, day: Span, label: &str) -> Result<(i64, Prices<UnitRate>)> {
    let mut found: BTreeMap<i64, Prices<UnitRate>> = BTreeMap::new();
    for interval in rates.intervals().filter(|interval| interval.span.intersection(day).is_some()) {
        let price =
            interval.prices.on(VatBasis::Exclusive).or_else(|| interval.prices.on(VatBasis::Inclusive));
        found.extend(price.map(|price| (price.units(), interval.prices)));
    }
    match found.pop_first() {
        Some(lower) if found.len() == 1 => Ok(lower),
        other => Err(Error::missing(format!(
            "the tariff has {} unit rates on {label}, which does not say what a dispatched half-hour costs; a tariff file says it with dispatch_rate",
            found.len() + usize::from(other.is_some())
        ))),
    }
}

/// Lays one price over a series of rates in every slot that a dispatch touches.
///
/// A dispatch is widened to whole slots: settlement is by half-hour, so a half-hour in which a dispatch ran is billed as a whole.
/// Dispatches may come in any order and overlap. Where the series knows no rate none is laid.
pub fn overlay_dispatches(
    rates: &RateSeries,
    dispatches: &[Span],
    dispatched: Prices<UnitRate>,
    slot_length: SlotLength,
) -> Result<RateSeries> {
    let slot = slot_length.seconds();
    let mut widened: Vec<(i64, i64)> = dispatches
        .iter()
        .map(|span| {
            let from = span.start_seconds().div_euclid(slot) * slot;
            (from, (span.to_seconds() + slot - 1).div_euclid(slot) * slot)
        })
        .collect();
    widened.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::with_capacity(widened.len());
    for (from, to) in widened {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    let mut rows = Vec::new();
    let mut first = 0;
    for RateInterval { span, prices } in rates.intervals() {
        while joined.get(first).is_some_and(|(_, end)| *end <= span.start_seconds()) {
            first += 1;
        }
        let mut at = span.start_seconds();
        for (from, to) in joined.iter().skip(first).take_while(|(from, _)| *from < span.to_seconds()) {
            let (from, to) = ((*from).max(at), (*to).min(span.to_seconds()));
            push(&mut rows, at, from, prices);
            push(&mut rows, from, to, dispatched);
            at = to.max(at);
        }
        push(&mut rows, at, span.to_seconds(), prices);
    }
    Ok(RateSeries::from_known_rows(rows, None)?.with_notices(rates.notices().iter().copied()))
}

fn push(rows: &mut Vec<RateRow>, from: i64, to: i64, prices: Prices<UnitRate>) {
    if from < to {
        rows.push(RateRow {
            row: rows.len() as u64 + 1,
            valid_from: Some(from_seconds(from)),
            valid_to: Some(from_seconds(to)),
            prices,
            payment_method: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;
    use proptest::prelude::*;

    fn price(text: &str) -> Prices<UnitRate> {
        Prices::Exclusive(text.parse().unwrap())
    }

    #[test]
    fn a_dispatch_makes_its_whole_half_hours_cheap() {
        let base = RateSeries::flat(price("25"));
        let span = |from, to| Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap();
        let dispatches = [
            span("2026-01-01T14:10:00Z", "2026-01-01T14:40:00Z"),
            span("2026-01-01T14:20:00Z", "2026-01-01T14:30:00Z"),
        ];
        let laid = overlay_dispatches(&base, &dispatches, price("7"), SlotLength::HALF_HOUR).unwrap();
        let at = |text| laid.at(parse_instant(text).unwrap()).unwrap();
        assert_eq!(at("2026-01-01T13:59:59Z"), price("25"));
        assert_eq!(at("2026-01-01T14:00:00Z"), price("7"));
        assert_eq!(at("2026-01-01T14:59:59Z"), price("7"));
        assert_eq!(at("2026-01-01T15:00:00Z"), price("25"));
        assert_eq!(laid.len(), 3);
    }

    proptest! {
        #[test]
        fn every_half_hour_is_as_the_dispatches_say(
            dispatches in prop::collection::vec((0_i64..4_000, 1_i64..200), 0..12),
            changes in prop::collection::btree_set(1_i64..140, 0..20),
        ) {
            let start = parse_instant("2026-01-01T00:00:00Z").unwrap().timestamp();
            let mut edges = vec![0];
            edges.extend(changes);
            edges.push(144);
            let mut rows = Vec::new();
            for (place, pair) in edges.windows(2).enumerate() {
                push(&mut rows, start + pair[0] * 1800, start + pair[1] * 1800, Prices::Exclusive(UnitRate::from_units(place as i64).unwrap()));
            }
            let base = RateSeries::from_rows(rows, None).unwrap();
            let spans: Vec<Span> = dispatches.iter().map(|(from, length)| Span::from_seconds(start + from * 60, start + (from + length) * 60)).collect();
            let laid = overlay_dispatches(&base, &spans, price("7"), SlotLength::HALF_HOUR).unwrap();
            for slot in 0..144 {
                let slot = Span::from_seconds(start + slot * 1800, start + (slot + 1) * 1800);
                let touched = spans.iter().any(|span| span.intersection(slot).is_some());
                let expected = if touched { Some(price("7")) } else { base.at(slot.from()) };
                prop_assert_eq!(laid.at(slot.from()), expected);
            }
        }
    }
}
