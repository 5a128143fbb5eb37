//! What each hour has used and cost, from the first reading on.

use super::billed::BilledArguments;
use super::home::HomeArguments;
use super::now::bills;
use crate::answer::home::SlotUsed;
use crate::answer::hours::{Hour, Hours};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, store};
use kwhen::bill::{BillOptions, BillPeriod, BillingRules, Grouping};
use kwhen::time::{Calendar, SlotLength};
use kwhen::{Energy, Money};
use std::collections::BTreeMap;

impl HomeArguments {
    /// The hours of all readings; `None` where no readings are named, and none where no reading has a rate.
    ///
    /// # Errors
    /// Readings or rates cannot be read, or cannot be billed.
    pub fn hours(&self, ctx: &Context) -> Result<Option<Hours>> {
        let (Some(point), standing_charges) = self.metered() else { return Ok(None) };
        let (pricing, metering, market) = self.reading();
        let readings = Source::read(ctx, point)?.consumption(pricing, metering)?;
        let Some(span) = readings.grid().span() else { return Ok(None) };
        let billed = BilledArguments::over(
            span,
            (Some(self.rates()), standing_charges, point),
            (pricing, metering, market),
        );
        let options = BillOptions {
            grouping: Some(Grouping::Slots),
            ..billed.options(ctx.calendar()?, BillingRules::exact())
        };
        let bills = bills(&billed.read(ctx)?, &options)?;
        let currency = bills.first().map_or_else(Default::default, |bill| bill.currency);
        let slots = bills.iter().flat_map(|bill| bill.periods.iter().flatten());
        Ok(Some(Hours { currency, hours: summed(slots.filter(|slot| slot.billed_slots > 0))? }))
    }
}

impl HomeArguments {
    /// What each slot of yesterday used and cost, without the standing charge; none where there are no readings of it.
    pub(super) fn yesterday(&self, ctx: &Context, calendar: &Calendar) -> Result<Vec<SlotUsed>> {
        let (Some(point), _) = self.metered() else { return Ok(Vec::new()) };
        let Some(date) = calendar.date(ctx.now()).pred_opt() else { return Ok(Vec::new()) };
        let day = calendar.day(date)?;
        if store::holds(ctx, point)
            && store::extent_if_any(ctx, &point.to_string_lossy())?
                .is_none_or(|extent| extent.to() <= day.from())
        {
            return Ok(Vec::new());
        }
        let (pricing, metering, market) = self.reading();
        let readings = Source::read(ctx, point)?.during(day).consumption(pricing, metering)?;
        let known = readings.grid().span().and_then(|span| span.intersection(day));
        let Some(span) = known else { return Ok(Vec::new()) };
        let billed =
            BilledArguments::over(span, (Some(self.rates()), None, point), (pricing, metering, market));
        let options = BillOptions {
            grouping: Some(Grouping::Slots),
            ..billed.options(*calendar, BillingRules::exact())
        };
        let bills = bills(&billed.read(ctx)?, &options)?;
        let slots = bills.iter().flat_map(|bill| bill.periods.iter().flatten());
        let used = slots.filter(|slot| slot.billed_slots > 0).map(|slot| SlotUsed {
            span: slot.period.span,
            kwh: slot.kwh,
            cost_minor: slot.total_minor,
        });
        Ok(used.collect())
    }
}

/// Slots as hours, with their running sums.
fn summed<'a>(slots: impl Iterator<Item = &'a BillPeriod>) -> Result<Vec<Hour>> {
    let beyond = || Failure::work("the sum of the hours is beyond what can be held");
    let mut sums: BTreeMap<i64, (Energy, Money)> = BTreeMap::new();
    for slot in slots {
        let hour = slot.period.span.from().timestamp().div_euclid(SlotLength::HOUR.seconds());
        let (kwh, cost) = sums.entry(hour).or_default();
        *kwh = kwh.checked_add(slot.kwh).ok_or_else(beyond)?;
        *cost = cost.checked_add(slot.total_minor).ok_or_else(beyond)?;
    }
    let (mut kwh_so_far, mut cost_so_far_minor) = (Energy::ZERO, Money::ZERO);
    let hours = sums.into_iter().map(|(hour, (kwh, cost_minor))| {
        kwh_so_far = kwh_so_far.checked_add(kwh).ok_or_else(beyond)?;
        cost_so_far_minor = cost_so_far_minor.checked_add(cost_minor).ok_or_else(beyond)?;
        let from =
            chrono::DateTime::from_timestamp(hour * SlotLength::HOUR.seconds(), 0).ok_or_else(beyond)?;
        Ok(Hour { from, kwh, cost_minor, kwh_so_far, cost_so_far_minor })
    });
    hours.collect()
}
