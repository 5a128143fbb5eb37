//! The dispatches that a store knows: for the bills of a stored account, and for what lies ahead.

use crate::context::Context;
use crate::failure::{Failure, Result};
use chrono::{DateTime, Utc};
use kwhen::RateSeries;
use kwhen::input::Dispatches;
use kwhen::tariff::{Agreements, TariffCode, overlay_dispatches};
use kwhen::time::{Calendar, PeriodKind, SlotLength, Span, instant_text};
use kwhen_fetch::store::Store;
use std::collections::BTreeMap;
use std::path::Path;

/// The completed dispatches of the time in which a supply is on a tariff that pays for them. The hours of that time that the store does not know
/// are said; nothing is said where it was never asked for any.
pub(super) fn known(
    ctx: &Context,
    store: &Store,
    agreements: &Agreements,
    period: Span,
    calendar: &Calendar,
) -> Result<Dispatches> {
    let mut dispatches = Dispatches::default();
    let paid = agreements.within(period).into_iter().filter(|agreement| is_dispatched(&agreement.tariff));
    let paid: Vec<Span> = paid.map(|agreement| agreement.span).collect();
    if paid.is_empty() {
        return Ok(dispatches);
    }
    for account in store.dispatched_accounts()? {
        let known = store.dispatches(&account)?;
        for span in &paid {
            let (from, to) = (span.from().max(period.from()), span.to().min(period.to()));
            // Hours a day count from midday: those of the day before the bill are read too.
            let since = from - chrono::TimeDelta::days(1);
            let within = known.list.iter().filter(|one| one.from < to && one.to > since);
            let told: Vec<_> = within.map(|one| &one.told).collect();
            if !told.is_empty() {
                let json = serde_json::to_vec(&told).map_err(|error| Failure::work(error.to_string()))?;
                let read = kwhen::input::dispatches(&json, calendar)
                    .map_err(|error| error.in_source("the stored dispatches"))?;
                dispatches.spans.extend(read.spans);
                dispatches.asked_for.extend(read.asked_for);
                dispatches.drawn.extend(read.drawn);
                dispatches.notices.extend(read.notices);
            }
            for note in in_words(&known.unknown((from, to))) {
                ctx.note(format!("the store does not know the dispatches of {account} {note}"));
            }
        }
    }
    Ok(dispatches)
}

/// The rates of a tariff with what planned dispatches cost laid over them: the lower of a day's two rates, for the whole home. A tariff that does
/// not charge dispatches at another price, and a day that has not two rates, are left as they are.
///
/// # Errors
/// The rates cannot be laid over.
pub(crate) fn laid_over(
    tariff: &Path,
    rates: RateSeries,
    dispatches: &[Span],
    calendar: &Calendar,
) -> Result<RateSeries> {
    if dispatches.is_empty() || !tariff.to_str().is_some_and(is_dispatched) {
        return Ok(rates);
    }
    let mut laid = rates.clone();
    for dispatch in dispatches {
        for part in calendar.cut(PeriodKind::Day, *dispatch)? {
            let day = calendar.day(calendar.date(part.span.from()))?;
            let within = rates.intervals().filter(|interval| interval.span.intersection(day).is_some());
            let basis = rates.paid_basis();
            let prices: BTreeMap<i64, _> = within
                .filter_map(|interval| Some((interval.prices.on(basis)?.units(), interval.prices)))
                .collect();
            if let ([_, _], Some(lower)) =
                (prices.keys().collect::<Vec<_>>().as_slice(), prices.values().next())
            {
                laid = overlay_dispatches(&laid, &[part.span], *lower, SlotLength::HALF_HOUR)?;
            }
        }
    }
    Ok(laid)
}

/// Whether a tariff charges what the supplier dispatches at another price: the Intelligent ones but Flux.
fn is_dispatched(tariff: &str) -> bool {
    let code = tariff.parse::<TariffCode>();
    code.is_ok_and(|code| {
        let product = code.product().as_str();
        code.has_device_rates() || product.starts_with("INTELLI-") && !product.starts_with("INTELLI-FLUX")
    })
}

/// Stretches of time: the first few, and how many more.
fn in_words(stretches: &[(DateTime<Utc>, DateTime<Utc>)]) -> Vec<String> {
    const SHOWN: usize = 3;
    let said = |(from, to): &(DateTime<Utc>, DateTime<Utc>)| {
        format!(
            "from {} to {}: charging in that time is billed at the usual rate (--dispatches FILE says what there was)",
            instant_text(*from),
            instant_text(*to)
        )
    };
    let mut notes: Vec<String> = stretches.iter().take(SHOWN).map(said).collect();
    if let Some(more) = stretches.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        notes.push(format!("in {more} further stretches of time"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::UnitRate;
    use kwhen::series::VatBasis;
    use kwhen::time::{Grid, parse_instant};

    #[test]
    fn a_planned_dispatch_makes_the_whole_home_cheap_where_the_tariff_says_so() {
        let at = |text: &str| parse_instant(text).unwrap();
        // Two days of a winter: 7 p up to 05:30, 27 p after it.
        let grid = Grid::new(at("2026-01-10T00:00:00Z"), SlotLength::HALF_HOUR, 96).unwrap();
        let rate = |place: usize| if place % 48 < 11 { "7" } else { "27" };
        let values: Vec<Option<UnitRate>> = (0..96).map(|place| rate(place).parse().ok()).collect();
        let rates = RateSeries::on_slots(&grid, VatBasis::Inclusive, &values).unwrap();
        let span = |from: &str, to: &str| Span::new(at(from), at(to)).unwrap();
        let dispatches = [span("2026-01-10T18:10:00Z", "2026-01-10T19:00:00Z")];
        let calendar = Calendar::great_britain();
        let of = |tariff: &str, rates: &RateSeries| {
            let laid = laid_over(Path::new(tariff), rates.clone(), &dispatches, &calendar).unwrap();
            let on = laid.on_grid(&grid, VatBasis::Inclusive).unwrap();
            (35..39).map(|place| on.iter().nth(place).unwrap().unwrap().to_string()).collect::<Vec<_>>()
        };
        let go = "E-1R-INTELLI-VAR-24-10-29-C";
        // Half-hours that a dispatch touches, whole.
        assert_eq!(of(go, &rates), ["27", "7", "7", "27"]);
        assert_eq!(of("E-1R-AGILE-24-10-01-C", &rates), ["27"; 4]);
        assert_eq!(of("E-1R-INTELLI-FLUX-IMPORT-23-07-14-C", &rates), ["27"; 4]);
        // A day of one rate, or of three, does not say what a dispatch costs.
        let one: Vec<Option<UnitRate>> = (0..96).map(|_| "27".parse().ok()).collect();
        let one = RateSeries::on_slots(&grid, VatBasis::Inclusive, &one).unwrap();
        assert_eq!(of(go, &one), ["27"; 4]);
        let three: Vec<Option<UnitRate>> = (0..96)
            .map(|place: usize| if place == 40 { "40".parse().ok() } else { rate(place).parse().ok() })
            .collect();
        let three = RateSeries::on_slots(&grid, VatBasis::Inclusive, &three).unwrap();
        assert_eq!(of(go, &three), ["27"; 4]);
    }
}
