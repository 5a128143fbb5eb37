//! Thermal stores: a hot-water tank behind an immersion heater or a heat pump.

use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, UnitRate};
use crate::time::Span;
use chrono::{DateTime, Utc};

/// Levels that a store is held in unless the step is said.
const LEVELS: i64 = 4_000;

/// The most levels of one store.
const MOST_LEVELS: i64 = 50_000;

/// Whole units: 1 as a share or a factor.
pub(super) const ONE: i64 = 100_000_000;

/// What a store is held to over a time.
#[derive(Clone, Copy, Debug)]
pub struct ThermalBand {
    /// The ends of the slots that start in it.
    pub span: Span,
    /// Never less heat than this; with a price each kWh short of it costs so much at every slot's end instead.
    pub at_least: Option<Energy>,
    /// Never more heat than this.
    pub at_most: Option<Energy>,
    /// Makes `at_least` soft.
    pub price: Option<UnitRate>,
}

/// A store of heat that electricity fills at one of a few powers, a slot at a time. Heat is counted above the temperature at which it is of
/// no more use.
///
/// In each slot the store loses a share of what it held at the slot's beginning, gains what its power gives, and gives what is drawn. Levels
/// are whole counts of a step. What is between two counts is held to be lost in the plan, and to be won in the bound: a plan's level is
/// never above the true one, so that what is asked for is there, and the true one is above it by no more than
/// [`ThermalPlan::error`] says. The bound is that of no plan whatever at these powers.
#[derive(Clone, Debug)]
pub struct ThermalStore {
    pub(super) name: String,
    pub(super) capacity: Energy,
    /// Rising.
    pub(super) powers: Vec<Power>,
    pub(super) heat_per_kwh: i64,
    pub(super) heat_for_a_time: Vec<(Span, i64)>,
    pub(super) loss_per_hour: i64,
    pub(super) start: Energy,
    pub(super) step: Energy,
    pub(super) draws: Vec<(DateTime<Utc>, Energy)>,
    pub(super) bands: Vec<ThermalBand>,
    pub(super) end_at_least: Energy,
    pub(super) end_value: UnitRate,
}

fn above_nothing(energy: Energy, field: &'static str) -> Result<Energy> {
    if energy.units() <= 0 {
        return Err(Error::out_of_range("must be above nothing")
            .in_field(field)
            .with_value(energy.to_string()));
    }
    Ok(energy)
}

impl ThermalStore {
    /// A store of so much heat, filled at one of these powers (in kW, of electricity) or not, a kWh giving a kWh of heat. An error for no
    /// capacity, no power, or a power of nothing or less.
    pub fn new(name: impl Into<String>, capacity: Energy, powers: &[Power]) -> Result<Self> {
        let capacity = above_nothing(capacity, "capacity_kwh")?;
        let mut powers = powers.to_vec();
        powers.sort_unstable();
        powers.dedup();
        match powers.first() {
            None => return Err(Error::missing("needs a power at which it is filled").in_field("kw")),
            Some(power) if *power <= Power::ZERO => {
                return Err(Error::out_of_range("must be above nothing; standing still needs no mention")
                    .in_field("kw")
                    .with_value(power.to_string()));
            }
            Some(_) => {}
        }
        let step = Energy::from_units((capacity.units() / LEVELS).max(1))?;
        Ok(Self {
            name: name.into(),
            capacity,
            powers,
            heat_per_kwh: ONE,
            heat_for_a_time: Vec::new(),
            loss_per_hour: 0,
            start: Energy::ZERO,
            step,
            draws: Vec::new(),
            bands: Vec::new(),
            end_at_least: Energy::ZERO,
            end_value: UnitRate::ZERO,
        })
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The heat that a kWh of electricity gives: a heat pump's coefficient of performance. An error for none.
    pub fn heat_per_kwh(mut self, heat: Energy) -> Result<Self> {
        self.heat_per_kwh = above_nothing(heat, "cop")?.units();
        Ok(self)
    }

    /// The same in the slots that start in a time; the last that is said counts. An error for none.
    pub fn heat_per_kwh_for(mut self, span: Span, heat: Energy) -> Result<Self> {
        self.heat_for_a_time.push((span, above_nothing(heat, "cop")?.units()));
        Ok(self)
    }

    /// What a stored kWh loses in an hour, in kWh: a share of what is stored at each slot's beginning. An error below nothing or above
    /// all.
    pub fn loss_per_hour(mut self, loss: Energy) -> Result<Self> {
        if loss.is_negative() || loss.units() > ONE {
            return Err(Error::out_of_range("a kWh loses from nothing to itself in an hour")
                .in_field("loss_per_hour")
                .with_value(loss.to_string()));
        }
        self.loss_per_hour = loss.units();
        Ok(self)
    }

    /// The heat at the start. An error outside the store.
    pub fn starting_at(mut self, heat: Energy) -> Result<Self> {
        self.start = self.within(heat, "start_kwh")?;
        Ok(self)
    }

    /// The step in which levels are held; finer steps make the error smaller and planning slower. An error for none, or for more than
    /// 50,000 levels.
    pub fn level_step(mut self, step: Energy) -> Result<Self> {
        let step = above_nothing(step, "level_step_kwh")?;
        if self.capacity.units() / step.units() > MOST_LEVELS {
            return Err(Error::out_of_range(format!(
                "{} kWh come to more than {MOST_LEVELS} levels: give a wider step",
                self.capacity
            ))
            .in_field("level_step_kwh")
            .with_value(step.to_string()));
        }
        self.step = step;
        Ok(self)
    }

    /// Heat that leaves in the slot at an instant: a bath. An error below nothing.
    pub fn draw(mut self, at: DateTime<Utc>, heat: Energy) -> Result<Self> {
        if heat.is_negative() {
            return Err(Error::out_of_range("may not be below nothing")
                .in_field("draws.kwh")
                .with_value(heat.to_string()));
        }
        self.draws.push((at, heat));
        Ok(self)
    }

    /// What it is held to over a time: a comfort band. An error for a band of nothing, a level outside the store, a least above the most,
    /// and a price without a least or below nothing.
    pub fn band(mut self, band: ThermalBand) -> Result<Self> {
        let levels = [(band.at_least, "bands.at_least_kwh"), (band.at_most, "bands.at_most_kwh")];
        for (level, field) in levels {
            if let Some(level) = level {
                self.within(level, field)?;
            }
        }
        if band.at_least.is_none() && (band.at_most.is_none() || band.price.is_some()) {
            return Err(Error::missing(
                "needs at_least_kwh or at_most_kwh; a price needs at_least_kwh, which it is for",
            )
            .in_field("bands"));
        }
        if let (Some(least), Some(most)) = (band.at_least, band.at_most)
            && least > most
        {
            return Err(Error::order(format!("at_least_kwh of {least} is above at_most_kwh of {most}"))
                .in_field("bands"));
        }
        if band.price.is_some_and(UnitRate::is_negative) {
            return Err(Error::out_of_range("a price may not be below nothing").in_field("bands.price"));
        }
        self.bands.push(band);
        Ok(self)
    }

    /// At least so much heat at the end. An error outside the store.
    pub fn ending_at_least(mut self, heat: Energy) -> Result<Self> {
        self.end_at_least = self.within(heat, "end.at_least_kwh")?;
        Ok(self)
    }

    /// What a kWh of heat is worth that is left at the end. An error below nothing.
    pub fn end_value(mut self, value: UnitRate) -> Result<Self> {
        if value.is_negative() {
            return Err(Error::out_of_range("may not be below nothing")
                .in_field("end.value")
                .with_value(value.to_string()));
        }
        self.end_value = value;
        Ok(self)
    }

    /// The highest power.
    pub(super) fn most_power(&self) -> Power {
        self.powers.last().copied().unwrap_or_default()
    }

    /// The same with nothing asked of it: for messages.
    pub(super) fn unbound(&self) -> Self {
        Self {
            draws: Vec::new(),
            bands: Vec::new(),
            end_at_least: Energy::ZERO,
            end_value: UnitRate::ZERO,
            ..self.clone()
        }
    }

    fn within(&self, level: Energy, field: &'static str) -> Result<Energy> {
        if level.is_negative() || level > self.capacity {
            return Err(Error::out_of_range(format!("is outside the store's {} kWh", self.capacity))
                .in_field(field)
                .with_value(level.to_string()));
        }
        Ok(level)
    }
}

/// What a thermal store does.
#[derive(Clone, Debug)]
pub struct ThermalPlan {
    pub(super) name: String,
    pub(super) slots: Vec<ThermalSlot>,
    pub(super) error: Energy,
}

/// What it does in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThermalSlot {
    /// Electricity taken.
    pub taken: Energy,
    /// The heat that gave.
    pub heat: Energy,
    /// The heat at the slot's end: what the plan counts on. There is no less, and no more than the plan's error above it.
    pub stored: Energy,
}

impl ThermalPlan {
    /// Of which store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Slot by slot.
    #[must_use]
    pub fn slots(&self) -> &[ThermalSlot] {
        &self.slots
    }

    /// How far the true heat may be above what the plan counts on, at most, at any time.
    #[must_use]
    pub const fn error(&self) -> Energy {
        self.error
    }
}
