//! Rows with validity intervals, put in order: what rates and standing charges share.

use super::notice::{NoticeKind, Notices};
use super::row::{BEGINNING, OPEN_END, PriceRow};
use super::{PaymentMethod, Prices};
use crate::error::{Error, Result};
use crate::time::{from_seconds, instant_text, seconds};
use chrono::{DateTime, Utc};
use std::fmt::Display;

/// A price valid in `[from, to)`. Sorted and disjoint once resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval<T> {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) prices: Prices<T>,
    row: u64,
    closed: bool,
}

/// Sorts rows, leaves out other payment methods, drops repeats, joins or refuses overlaps.
pub(super) fn resolve<T: Copy + PartialEq + Display>(
    rows: Vec<PriceRow<T>>,
    chosen: Option<&PaymentMethod>,
    notices: &mut Notices,
) -> Result<Vec<Interval<T>>> {
    let mut intervals = Vec::with_capacity(rows.len());
    let mut methods: Vec<PaymentMethod> = Vec::new();
    for row in rows {
        if let (Some(chosen), Some(method)) = (chosen, &row.payment_method)
            && chosen != method
        {
            notices.note(NoticeKind::OtherPaymentMethod, row.row);
            continue;
        }
        if let Some(method) = &row.payment_method
            && !methods.contains(method)
        {
            methods.push(method.clone());
        }
        intervals.push(interval(&row)?);
    }
    intervals.sort_by_key(|interval: &Interval<T>| (interval.from, interval.to, interval.row));

    let mut resolved: Vec<Interval<T>> = Vec::with_capacity(intervals.len());
    for next in intervals {
        let Some(last) = resolved.last_mut() else {
            resolved.push(next);
            continue;
        };
        if next.from >= last.to {
            resolved.push(next);
        } else if next.prices == last.prices {
            let same = (next.from, next.to) == (last.from, last.to);
            notices.note(if same { NoticeKind::Repeat } else { NoticeKind::AgreeingOverlap }, next.row);
            last.to = last.to.max(next.to);
        } else if !last.closed && next.from > last.from {
            notices.note(NoticeKind::OpenEndClosed, last.row);
            last.to = next.from;
            last.closed = true;
            resolved.push(next);
        } else {
            return Err(disagreement(last, &next, &methods));
        }
    }
    Ok(resolved)
}

fn interval<T: Copy>(row: &PriceRow<T>) -> Result<Interval<T>> {
    let bound = |instant: Option<DateTime<Utc>>, field: &str, open: i64| {
        instant.map_or(Ok(open), |instant| {
            seconds(instant).map_err(|error| error.in_field(field).in_row(row.row))
        })
    };
    let from = bound(row.valid_from, "valid_from", BEGINNING)?;
    let to = bound(row.valid_to, "valid_to", OPEN_END)?;
    if to <= from {
        return Err(Error::order(format!(
            "must be after valid_from, which is {}",
            instant_text(from_seconds(from))
        ))
        .with_value(instant_text(from_seconds(to)))
        .in_field("valid_to")
        .in_row(row.row));
    }
    Ok(Interval { from, to, prices: row.prices, row: row.row, closed: row.valid_to.is_some() })
}

fn disagreement<T: Copy + Display>(
    last: &Interval<T>,
    next: &Interval<T>,
    methods: &[PaymentMethod],
) -> Error {
    let at = instant_text(from_seconds(next.from));
    let (earlier, later) = (last.row.min(next.row), last.row.max(next.row));
    let (kind, what) = if (last.from, last.to) == (next.from, next.to) {
        (Error::conflict as fn(String) -> Error, "the same interval")
    } else {
        (Error::overlap as fn(String) -> Error, "an overlapping interval")
    };
    let advice = match methods {
        [_, _, ..] => {
            let names: Vec<&str> = methods.iter().map(PaymentMethod::name).collect();
            format!("; choose a payment method: {}", names.join(" or "))
        }
        _ => "; remove the wrong row, or say by which clock its times go and which end of a row they label (clock, label)".to_owned(),
    };
    kind(format!(
        "disagrees with row {earlier} on {what} from {at}: {} and {}{advice}",
        last.prices, next.prices
    ))
    .in_field("valid_from")
    .in_row(later)
}
