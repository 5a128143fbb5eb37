//! Whether prices are known long before, or from day to day.

use crate::series::{RateSeries, VatBasis};
use crate::time::{Calendar, PeriodKind, Span};
use std::collections::BTreeSet;

/// More prices than this in most weeks: no times of day that are known long before have as many.
const FEW_PRICES: usize = 4;

/// Whether rates are taken as published from day to day: most weeks have more than four prices of their own.
pub(super) fn is_published_day_ahead(rates: &RateSeries, period: Span, calendar: &Calendar) -> bool {
    let Ok(weeks) = calendar.cut(PeriodKind::Week, period) else { return false };
    let basis = rates.paid_basis();
    let mut prices: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); weeks.len()];
    for interval in rates.intervals() {
        let first = weeks.partition_point(|week| week.span.to() <= interval.span.from());
        let reached = weeks.iter().enumerate().skip(first);
        for (place, _) in reached.take_while(|(_, week)| week.span.from() < interval.span.to()) {
            let price = interval.prices.on(basis).or_else(|| interval.prices.on(VatBasis::Exclusive));
            if let (Some(week), Some(price)) = (prices.get_mut(place), price) {
                week.insert(price.units());
            }
        }
    }
    prices.iter().filter(|week| week.len() > FEW_PRICES).count() * 2 > weeks.len()
}
