//! The prices that plans go by: unit rates of a file or the store as they are, or a definition with all that it asks by the kWh.

use super::{Source, definition};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::words::Pricing;
use crate::words::selling::{Market, Selling, currency_of};
use kwhen::RateSeries;
use kwhen::input::PriceRole;
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span};
use std::path::Path;

/// Prices to plan by.
#[derive(Debug)]
pub struct Planned {
    /// Minor units a kWh.
    pub rates: RateSeries,
    /// What they are in.
    pub currency: Currency,
    /// What of a tariff is not in them, a sentence each.
    pub left_out: Vec<String>,
}

/// The prices of a file, of what the store holds by that name, or of a definition, over a span.
///
/// # Errors
/// They cannot be read; a definition has no price a slot; the message names the source.
pub fn planned(
    ctx: &Context,
    path: &Path,
    (pricing, market): (&Pricing, &Market),
    calendar: &Calendar,
    role: Option<PriceRole>,
    span: Span,
) -> Result<Planned> {
    let source = Source::read(ctx, path)?.during(span);
    if source.is_stored() || !definition::defines_a_tariff(source.bytes()) {
        let rates = source.rates(pricing, calendar, role)?;
        return Ok(Planned { rates, currency: currency_of(calendar), left_out: Vec::new() });
    }
    let tariff = definition::defined(ctx, &source, pricing, &Selling::in_market(market), calendar)?;
    let planned = tariff.plan_rates(span).map_err(|error| Failure::from(error.in_source(source.name())))?;
    let left_out = planned.left_out.into_iter().map(|text| format!("{}: {text}", source.name())).collect();
    Ok(Planned { rates: planned.rates, currency: tariff.currency, left_out })
}
