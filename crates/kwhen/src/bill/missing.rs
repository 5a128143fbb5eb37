//! What is done about readings that are not there: a stated policy, never a silent zero.

use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, divide, power_of_ten};
use crate::series::Consumption;
use crate::series::bitmap::Bitmap;
use crate::time::{Calendar, Span, instant_text};
use chrono::{DateTime, Days, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What to do where a slot of the period has no reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MissingReadings {
    /// Leave the slot out and name it.
    #[default]
    Exclude,
    /// Make no bill.
    Refuse,
    /// Take the reading of the same local half-hour a week before, or up to four weeks before. Only real readings are taken.
    PreviousWeek,
    /// Take the mean of the readings at the same local time of day, to 0.001 kWh.
    Profile,
    /// Take nothing to have been used.
    Zero,
}

/// What of a bill is estimated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Estimates {
    /// How.
    pub method: MissingReadings,
    /// How many slots.
    pub slots: usize,
    /// The energy in them.
    pub kwh: Energy,
    /// When, as runs of slots.
    pub spans: Vec<Span>,
    /// When before the bill, as runs of slots: tiers and quotas go by what was used since their period began. None of it is billed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Span>,
}

/// Weeks that are looked back for a reading.
const WEEKS: u64 = 4;

/// A consumption with estimates in it, and which slots they are in.
pub(super) struct Filled {
    pub(super) consumption: Consumption,
    pub(super) estimated: Bitmap,
    pub(super) estimates: Estimates,
}

/// The readings of a period with the missing ones by the policy, and how many of them are estimates.
pub(crate) fn filled<'a>(
    consumption: &'a Consumption,
    period: Span,
    policy: MissingReadings,
    calendar: &Calendar,
) -> Result<(Cow<'a, Consumption>, usize)> {
    Ok(match fill(consumption, (period, period), policy, calendar)? {
        Some(filled) => (Cow::Owned(filled.consumption), filled.estimates.slots),
        None => (Cow::Borrowed(consumption), 0),
    })
}

/// Fills the slots of a period that have no reading, by the policy, and those of what it is counted from. `None`: nothing was to be filled
/// or nothing could be.
pub(super) fn fill(
    consumption: &Consumption,
    (period, counted): (Span, Span),
    policy: MissingReadings,
    calendar: &Calendar,
) -> Result<Option<Filled>> {
    let grid = consumption.grid();
    if policy == MissingReadings::Exclude {
        return Ok(None);
    }
    let reach = if policy == MissingReadings::Refuse { period } else { counted };
    let wanted = grid.extended_over(reach)?;
    let first = wanted.start_seconds().min(grid.start_seconds());
    let last = wanted.end_seconds().max(grid.end_seconds());
    let whole = grid.extended_over(Span::from_seconds(first, last))?;
    let reading_at = |instant: DateTime<Utc>| consumption.get(grid.index_of(instant)?);
    let mut readings: Vec<Option<Energy>> = whole.slots().map(|slot| reading_at(slot.span.from())).collect();
    let missing: Vec<usize> = whole
        .slots_starting_in(reach)
        .filter(|index| readings.get(*index).is_none_or(Option::is_none))
        .collect();
    let Some(first_missing) = missing.first() else { return Ok(None) };
    if policy == MissingReadings::Refuse {
        let at = whole.slot(*first_missing).map(|slot| instant_text(slot.span.from())).unwrap_or_default();
        return Err(Error::missing(format!(
            "{} slots of the period have no reading, the first from {at}, and the policy is to refuse",
            missing.len()
        )));
    }
    let profile = if policy == MissingReadings::Profile {
        mean_by_time(consumption, calendar)
    } else {
        BTreeMap::new()
    };
    let mut estimated = Bitmap::new(whole.len());
    let mut estimates =
        Estimates { method: policy, slots: 0, kwh: Energy::ZERO, spans: Vec::new(), before: Vec::new() };
    for index in missing {
        let Some(slot) = whole.slot(index) else { continue };
        let start = slot.span.from();
        let estimate = match policy {
            MissingReadings::Zero => Some(Energy::ZERO),
            MissingReadings::Profile => profile.get(&minute_of_day(calendar, start)).copied(),
            MissingReadings::PreviousWeek => (1..=WEEKS).find_map(|weeks| {
                let local = calendar.local(start).checked_sub_days(Days::new(7 * weeks))?;
                reading_at(calendar.instant_of(local).ok()?)
            }),
            MissingReadings::Exclude | MissingReadings::Refuse => None,
        };
        let (Some(estimate), Some(place)) = (estimate, readings.get_mut(index)) else { continue };
        *place = Some(estimate);
        estimated.set(index);
        let spans = if start < period.from() {
            &mut estimates.before
        } else {
            estimates.slots += 1;
            estimates.kwh = Energy::sum([estimates.kwh, estimate])?;
            &mut estimates.spans
        };
        match spans.last_mut() {
            Some(last) if last.to_seconds() == slot.span.start_seconds() => {
                *last = Span::from_seconds(last.start_seconds(), slot.span.to_seconds());
            }
            _ => spans.push(slot.span),
        }
    }
    if estimated.count() == 0 {
        return Ok(None);
    }
    Ok(Some(Filled { consumption: Consumption::on_slots(whole, &readings)?, estimated, estimates }))
}

fn minute_of_day(calendar: &Calendar, instant: DateTime<Utc>) -> u32 {
    calendar.local(instant).num_seconds_from_midnight() / 60
}

/// The mean reading at each local time of day.
fn mean_by_time(consumption: &Consumption, calendar: &Calendar) -> BTreeMap<u32, Energy> {
    let mut sums: BTreeMap<u32, (i128, i128)> = BTreeMap::new();
    for (slot, reading) in consumption.grid().slots().zip(consumption.iter()) {
        let Some(reading) = reading else { continue };
        let (sum, count) = sums.entry(minute_of_day(calendar, slot.span.from())).or_default();
        *sum += i128::from(reading.units());
        *count += 1;
    }
    let step = power_of_ten(Energy::SCALE - 3);
    sums.into_iter()
        .filter_map(|(minute, (sum, count))| {
            let units = divide(sum, count * step, Rounding::HalfEven) * step;
            Some((minute, Energy::from_units(i64::try_from(units).ok()?).ok()?))
        })
        .collect()
}
