//! What else than readings a bill goes by: when a car was dispatched, what it drew, and hours that are free.

use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};
use crate::series::{Consumption, RateSeries};
use crate::tariff::DispatchCount;
use crate::time::{Grid, SlotLength, Span, instant_text};
use serde::Serialize;
use std::collections::BTreeSet;

/// What happened at a meter point beside what its meter read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events<'a> {
    /// When the supplier charged the car by its plan. Those since the midday before the bill count in an allowance.
    pub dispatches: &'a [Span],
    /// When it charged since the customer asked for it: at the usual rate, and at that of the car where it has one.
    pub asked_for: &'a [Span],
    /// What the car drew, as the tariffs with prices of its own need it; what it drew in half-hours that nobody dispatched is the home's.
    pub device: Option<&'a Consumption>,
    /// Hours whose energy is free.
    pub free_hours: &'a [FreeHours],
}

impl<'a> Events<'a> {
    /// Dispatches alone.
    #[must_use]
    pub const fn dispatched(dispatches: &'a [Span]) -> Self {
        Self { dispatches, asked_for: &[], device: None, free_hours: &[] }
    }

    /// Whether anything of it lies within a span.
    pub(crate) fn touch(&self, span: Span) -> bool {
        self.device.is_some()
            || self.dispatches.iter().chain(self.asked_for).any(|one| one.intersection(span).is_some())
            || self.free_hours.iter().any(|hours| hours.span.intersection(span).is_some())
    }
}

/// Hours whose energy costs nothing, up to a limit: a booked happy hour, a free electricity session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeHours {
    /// When: whole slots of the readings.
    pub span: Span,
    /// How much is free; what is used beyond it costs what it costs. `None`: all.
    pub limit: Option<Energy>,
}

/// How much of what was dispatched in a bill is cheap, where it is so many hours a day alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AllowanceUse {
    /// Hours from local midday to midday.
    pub hours: u8,
    /// What of a dispatch counts towards them.
    pub counted: DispatchCount,
    /// Half-hours of the bill that were dispatched within them.
    pub cheap_slots: usize,
    /// Half-hours of the bill that were dispatched beyond them.
    pub beyond_slots: usize,
    /// The bill if the other way were counted.
    pub otherwise: CountedOtherwise,
}

/// A bill whose dispatches are counted in the other way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountedOtherwise {
    /// What of a dispatch counts then.
    pub counted: DispatchCount,
    /// Half-hours of the bill that were dispatched within the hours then.
    pub cheap_slots: usize,
    /// Half-hours of the bill that were dispatched beyond them then.
    pub beyond_slots: usize,
    /// What is to pay then.
    pub total_minor: Money,
    /// That, less what is to pay.
    pub difference_minor: Money,
}

/// What a car with prices of its own drew in a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceUse {
    /// The energy that is billed at its own prices.
    pub kwh: Energy,
    /// What it drew in half-hours that nobody dispatched: billed with the home's.
    pub undispatched_kwh: Energy,
    /// Slots in which its reading is above the meter's, and counts as that.
    pub capped_slots: usize,
}

/// What is billed of a device apart from the home.
#[derive(Clone, Debug)]
pub(crate) struct DeviceRequest<'a> {
    pub(super) consumption: &'a Consumption,
    pub(super) rates: RateSeries,
    /// When it was dispatched, by plan or on demand.
    pub(super) dispatched: Vec<Span>,
}

/// Readings taken apart.
pub(super) struct Apart {
    pub(super) home: Consumption,
    pub(super) device: Consumption,
    pub(super) used: DeviceUse,
}

impl DeviceRequest<'_> {
    /// The half-hours that the dispatches touch.
    fn touched(&self) -> BTreeSet<i64> {
        let slot = SlotLength::HALF_HOUR.seconds();
        let ends =
            |span: &Span| span.start_seconds().div_euclid(slot)..=(span.to_seconds() - 1).div_euclid(slot);
        self.dispatched.iter().flat_map(ends).collect()
    }

    /// What the meter read, taken apart. An error where the device's reading of a slot is needed and missing.
    pub(super) fn apart(&self, readings: &Consumption, period: Span) -> Result<Apart> {
        let (own, grid) = (self.consumption.grid().slot_length(), *readings.grid());
        let half_hour = SlotLength::HALF_HOUR;
        if grid.slot_length() != half_hour || own.seconds() > half_hour.seconds() {
            return Err(Error::misaligned(
                "what the car drew is billed apart by half-hours: give its readings and the meter's in half-hours or shorter",
            )
            .with_value(format!("{} and {} minutes", own.minutes(), grid.slot_length().minutes()))
            .in_field("device-consumption"));
        }
        let drawn = self.consumption.on_grid(&grid);
        let touched = self.touched();
        let mut used = DeviceUse { kwh: Energy::ZERO, undispatched_kwh: Energy::ZERO, capped_slots: 0 };
        let (mut home, mut device) = (Vec::with_capacity(grid.len()), Vec::with_capacity(grid.len()));
        for slot in 0..grid.len() {
            let (whole, at) = (readings.get(slot), slot_start(&grid, slot));
            let is_billed = period.contains(at) && whole.is_some();
            let is_dispatched = touched.contains(&at.timestamp().div_euclid(half_hour.seconds()));
            let drew = match drawn.get(slot) {
                None if is_dispatched && is_billed => {
                    return Err(Error::missing(
                        "the car was dispatched in this half-hour and its readings lack it: what it drew is billed at a price of its own",
                    )
                    .with_value(instant_text(at))
                    .in_field("device-consumption"));
                }
                Some(below) if below < Energy::ZERO && is_billed => {
                    return Err(Error::out_of_range(
                        "what a car drew is 0 or more; what it gave back is no reading of it",
                    )
                    .with_value(format!("{below} at {}", instant_text(at)))
                    .in_field("device-consumption"));
                }
                drew => drew.unwrap_or_default().max(Energy::ZERO),
            };
            let part = if is_dispatched {
                whole.map(|whole| drew.min(whole.max(Energy::ZERO)))
            } else {
                whole.map(|_| Energy::ZERO)
            };
            if is_billed && is_dispatched {
                used.kwh = Energy::sum([used.kwh, part.unwrap_or_default()])?;
                used.capped_slots += usize::from(part.is_some_and(|part| drew > part));
            } else if is_billed {
                used.undispatched_kwh = Energy::sum([used.undispatched_kwh, drew])?;
            }
            let rest = whole.zip(part).map(|(whole, part)| Energy::sum([whole, -part])).transpose()?;
            home.push(rest);
            device.push(part);
        }
        let kept = |values: &[Option<Energy>]| Consumption::on_slots(grid, values);
        let home = kept(&home)?.with_notices(readings.notices().to_vec());
        Ok(Apart { home, device: kept(&device)?, used })
    }
}

fn slot_start(grid: &Grid, slot: usize) -> chrono::DateTime<chrono::Utc> {
    grid.slots_span(slot, slot + 1).from()
}
