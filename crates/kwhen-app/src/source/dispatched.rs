//! The dispatches that a store knows, for the bills of a stored account.

use crate::context::Context;
use crate::failure::{Failure, Result};
use chrono::{DateTime, Utc};
use kwhen::input::Dispatches;
use kwhen::tariff::{Agreements, TariffCode};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen_fetch::store::Store;

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
            let within = known.list.iter().filter(|one| one.from < to && one.to > from);
            let told: Vec<_> = within.map(|one| &one.told).collect();
            if !told.is_empty() {
                let json = serde_json::to_vec(&told).map_err(|error| Failure::work(error.to_string()))?;
                let read = kwhen::input::dispatches(&json, calendar)
                    .map_err(|error| error.in_source("the stored dispatches"))?;
                dispatches.spans.extend(read.spans);
                dispatches.notices.extend(read.notices);
            }
            for note in in_words(&known.unknown((from, to))) {
                ctx.note(format!("the store does not know the dispatches of {account} {note}"));
            }
        }
    }
    Ok(dispatches)
}

/// Whether a tariff charges what the supplier dispatches at another price: the Intelligent ones but Flux.
fn is_dispatched(tariff: &str) -> bool {
    let code = tariff.parse::<TariffCode>();
    code.is_ok_and(|code| {
        let product = code.product().as_str();
        product.starts_with("INTELLI-") && !product.starts_with("INTELLI-FLUX")
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
