//! What happened at a meter point beside what its meter read: dispatches, what the car drew, sessions.

use crate::context::{Context, Flag};
use crate::failure::Result;
use kwhen::Consumption;
use kwhen::Energy;
use kwhen::bill::Events;
use kwhen::input::{Dispatches, Sessions};
use kwhen::series::Notice;
use kwhen::tariff::Tariff;
use kwhen::time::{Grid, SlotLength, Span};

/// What happened, as it was read.
#[derive(Clone, Debug, Default)]
pub struct Happened {
    /// When the supplier charged the car.
    pub dispatches: Dispatches,
    /// What the car drew.
    pub device: Option<Consumption>,
    /// Hours that are free.
    pub sessions: Sessions,
}

impl Happened {
    /// As a bill takes it.
    pub fn events(&self) -> Events<'_> {
        Events {
            dispatches: &self.dispatches.spans,
            asked_for: &self.dispatches.asked_for,
            device: self.device.as_ref(),
            free_hours: &self.sessions.free,
        }
    }

    /// What was left out when it was read.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.dispatches.notices.iter().chain(&self.sessions.notices)
    }

    /// Says which flags had a use for it, billed under these tariffs in a period.
    pub fn used(&self, ctx: &Context, tariffs: &[&Tariff], period: Span) {
        if self.dispatches.spans.iter().any(|one| one.intersection(period).is_some()) {
            ctx.used(&[Flag::DispatchHours]);
            if tariffs.iter().any(|tariff| tariff.allowance.is_some()) {
                ctx.used(&[Flag::DispatchCount]);
            }
        }
        if tariffs.iter().any(|tariff| tariff.device_rates.is_some()) {
            ctx.used(&[Flag::DeviceConsumption]);
        }
    }

    /// For tariffs that price what the car drew by itself: where nobody gave its readings, what its dispatches say, which is noted. `known`:
    /// whether it is known when it was dispatched, so that a time without dispatches is one in which it drew nothing.
    ///
    /// # Errors
    /// What the dispatches say is beyond the range of energy.
    pub fn drawn_by_dispatches(
        &mut self,
        ctx: &Context,
        name: &str,
        (tariffs, period, known): (&[&Tariff], Span, bool),
    ) -> Result<()> {
        if self.device.is_some() || tariffs.iter().all(|tariff| tariff.device_rates.is_none()) {
            return Ok(());
        }
        self.device = self.dispatches.consumption()?;
        if self.device.is_some() {
            ctx.note(format!(
                "{name}: what the car drew is what its dispatches say, evenly over each; --device-consumption FILE takes its place"
            ));
        } else if known && self.dispatches.drawn.is_empty() {
            let grid = Grid::new(period.from(), SlotLength::HALF_HOUR, 1)?;
            self.device = Some(Consumption::constant(grid, Energy::ZERO));
        }
        Ok(())
    }
}
