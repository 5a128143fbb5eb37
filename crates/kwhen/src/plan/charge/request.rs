//! What a caller asks for.

use super::super::{Power, Prefer, Share, seconds};
use super::block::Block;
use crate::error::{Error, Result};
use crate::quantity::{Energy, UnitRate};
use crate::time::Span;
use chrono::{DateTime, Utc};

/// How much: an energy to be stored from now on, or a state of charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// So much stored from the beginning of the plan on.
    Stored(Energy),
    /// So full; for a plan that knows its battery.
    Charged(Share),
}

impl From<Energy> for Level {
    fn from(energy: Energy) -> Self {
        Self::Stored(energy)
    }
}

impl From<Share> for Level {
    fn from(share: Share) -> Self {
        Self::Charged(share)
    }
}

/// A battery: its capacity, and how full it is when the plan begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Store {
    /// What it stores when full.
    pub capacity: Energy,
    /// How full it is.
    pub state_of_charge: Share,
}

/// A charging plan to be made: so much by a deadline, at no more than a power. Start with [`ChargeRequest::energy`] or
/// [`ChargeRequest::battery`], narrow it, then [`ChargeRequest::plan`].
///
/// A plan says how much is drawn in each slot. With a least power every slot in use draws at that or more, but that a run may begin or
/// end within a slot. Where no least power is stated ([`ChargeRequest::min_power`]), a slot may draw any energy
/// up to the limit; but where starts, runs or pauses are limited, or charging is forced, every slot in use draws all it can, save one
/// for each target that takes what is left. (Else a load could be held "on" at next to nothing through dear hours, and the limits
/// would mean nothing.)
#[derive(Clone, Debug)]
pub struct ChargeRequest {
    pub(super) target: Level,
    pub(super) battery: Option<Store>,
    pub(super) power: Power,
    pub(super) during: Span,
    pub(super) min_power: Option<Power>,
    pub(super) efficiency: Share,
    pub(super) taper: Vec<(Share, Power)>,
    pub(super) targets: Vec<(DateTime<Utc>, Level)>,
    pub(super) always: Option<Level>,
    pub(super) up_to_level: Option<Level>,
    pub(super) price_cap: Option<UnitRate>,
    pub(super) surplus: Vec<Energy>,
    pub(super) surplus_worth: UnitRate,
    /// In seconds, as are the other durations.
    pub(super) precondition: i64,
    pub(super) max_starts: Option<usize>,
    pub(super) min_run: i64,
    pub(super) min_pause: i64,
    pub(super) running_for: Option<i64>,
    pub(super) within: Option<Vec<Span>>,
    pub(super) blocked: Vec<Span>,
    pub(super) dispatches: Vec<(Span, Option<UnitRate>)>,
    pub(super) previous: Vec<Block>,
    pub(super) prefer: Prefer,
}

impl ChargeRequest {
    /// So much stored, from now to a deadline (the ends of the span), at no more than a power drawn.
    pub fn energy(energy: Energy, power: Power, during: Span) -> Result<Self> {
        Self::new(Level::Stored(energy), None, power, during)
    }

    /// A battery charged to a share of its size, from now to a deadline, at no more than a power drawn.
    pub fn battery(battery: Store, target: Share, power: Power, during: Span) -> Result<Self> {
        if battery.capacity <= Energy::ZERO {
            return Err(
                Error::out_of_range("a battery must hold something").with_value(battery.capacity.to_string())
            );
        }
        Self::new(Level::Charged(target), Some(battery), power, during)
    }

    fn new(target: Level, battery: Option<Store>, power: Power, during: Span) -> Result<Self> {
        if matches!(target, Level::Stored(energy) if energy <= Energy::ZERO) {
            return Err(Error::out_of_range("the energy must be more than nothing"));
        }
        if power <= Power::ZERO {
            return Err(
                Error::out_of_range("the power must be more than nothing").with_value(power.to_string())
            );
        }
        Ok(Self {
            target,
            battery,
            power,
            during,
            min_power: None,
            efficiency: Share::ALL,
            taper: Vec::new(),
            targets: Vec::new(),
            always: None,
            up_to_level: None,
            price_cap: None,
            surplus: Vec::new(),
            surplus_worth: UnitRate::ZERO,
            precondition: 0,
            max_starts: None,
            min_run: 0,
            min_pause: 0,
            running_for: None,
            within: None,
            blocked: Vec::new(),
            dispatches: Vec::new(),
            previous: Vec::new(),
            prefer: Prefer::Earliest,
        })
    }

    /// The load draws nothing or at least so much power (6 A of a car charger: about 1.4 kW; a heater that is on or off: all of it).
    /// Where a run begins or ends it may draw that for part of a slot, so that any energy can be had.
    #[must_use]
    pub fn min_power(self, power: impl Into<Option<Power>>) -> Self {
        Self { min_power: power.into(), ..self }
    }

    /// The share of what is drawn that is stored. Energies asked for are as stored; energies and power of the plan are as drawn.
    #[must_use]
    pub fn efficiency(self, efficiency: impl Into<Option<Share>>) -> Self {
        Self { efficiency: efficiency.into().unwrap_or(Share::ALL), ..self }
    }

    /// From a state of charge on, no more than a power: one pair for each knee, in any order. The power of a slot is constant, so it is
    /// one that the battery takes at the slot's end.
    #[must_use]
    pub fn taper(self, knees: impl IntoIterator<Item = (Share, Power)>) -> Self {
        Self { taper: knees.into_iter().collect(), ..self }
    }

    /// A level to be reached by a time before the deadline; may be said several times.
    #[must_use]
    pub fn level(mut self, time: DateTime<Utc>, level: impl Into<Level>) -> Self {
        self.targets.push((time, level.into()));
        self
    }

    /// A level to be reached as soon as the power allows, whatever the price, and so held from then on.
    #[must_use]
    pub fn always(self, level: impl Into<Level>) -> Self {
        Self { always: Some(level.into()), ..self }
    }

    /// More than the target may be charged where that lowers the cost (at negative prices), up to a level.
    #[must_use]
    pub fn up_to(self, level: impl Into<Level>) -> Self {
        Self { up_to_level: Some(level.into()), ..self }
    }

    /// Nothing is drawn from the grid at a higher price; what cannot be charged then is missing from the plan, and the plan says which
    /// price would have to be accepted.
    #[must_use]
    pub fn price_cap(self, rate: impl Into<Option<UnitRate>>) -> Self {
        Self { price_cap: rate.into(), ..self }
    }

    /// Solar energy that would be exported, one value for each slot of the prices' grid, and what it is worth there (the export
    /// rate). Drawing takes it first and the grid after it.
    #[must_use]
    pub fn surplus(self, by_slot: Vec<Energy>, worth: UnitRate) -> Self {
        Self { surplus: by_slot, surplus_worth: worth, ..self }
    }

    /// The load draws through the last so many minutes before the deadline, so that the battery is warm; less where the energy
    /// asked for does not last so long.
    #[must_use]
    pub fn precondition(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { precondition: seconds(minutes).unwrap_or(0), ..self }
    }

    /// At most so many starts.
    #[must_use]
    pub fn max_starts(self, starts: impl Into<Option<usize>>) -> Self {
        Self { max_starts: starts.into(), ..self }
    }

    /// Once started, the load draws for at least so many minutes.
    #[must_use]
    pub fn min_run(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { min_run: seconds(minutes).unwrap_or(0), ..self }
    }

    /// Once stopped, the load rests for at least so many minutes.
    #[must_use]
    pub fn min_pause(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { min_pause: seconds(minutes).unwrap_or(0), ..self }
    }

    /// The load already draws, since so many minutes: going on is not a start, and the least run counts from then.
    #[must_use]
    pub fn running_for(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { running_for: seconds(minutes), ..self }
    }

    /// Only within these spans, such as the nights that [`Calendar::band_spans`](crate::time::Calendar::band_spans) gives.
    #[must_use]
    pub fn within(self, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { within: Some(spans.into_iter().collect()), ..self }
    }

    /// Never in these spans.
    #[must_use]
    pub fn blocked(self, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { blocked: spans.into_iter().collect(), ..self }
    }

    /// A span in which somebody else has the load draw until it is full, at a rate of its own if one is given (a dispatch of an
    /// intelligent tariff); may be said several times.
    #[must_use]
    pub fn dispatch(mut self, span: Span, rate: Option<UnitRate>) -> Self {
        self.dispatches.push((span, rate));
        self
    }

    /// The plan in force: of equally cheap plans with equally many starts, the one that draws when this does is taken.
    #[must_use]
    pub fn previous(self, blocks: impl IntoIterator<Item = Block>) -> Self {
        Self { previous: blocks.into_iter().collect(), ..self }
    }

    /// Which of equally good plans is taken: the one that draws more at the first time at which they differ, or less.
    #[must_use]
    pub fn prefer(self, prefer: Prefer) -> Self {
        Self { prefer, ..self }
    }

    /// Whether every slot in use is full, but for one for each target.
    pub(super) fn runs_full(&self) -> bool {
        let limited =
            self.max_starts.is_some() || self.min_run > 0 || self.min_pause > 0 || self.running_for.is_some();
        self.min_power.is_none() && (limited || self.precondition > 0 || !self.dispatches.is_empty())
    }

    /// Refuses what has no meaning together.
    pub(super) fn check(&self, slots: usize) -> Result<()> {
        let unsupported = |message: &str| Err(Error::unsupported(message));
        let knows_battery = self.battery.is_some();
        let levels = self.targets.iter().map(|(_, level)| level).chain(&self.always).chain(&self.up_to_level);
        if !knows_battery
            && (!self.taper.is_empty() || levels.into_iter().any(|level| matches!(level, Level::Charged(_))))
        {
            return unsupported("a state of charge means nothing without a battery's size and state");
        }
        if self.efficiency == Share::NOTHING {
            return Err(Error::out_of_range("an efficiency must be above 0").in_field("efficiency"));
        }
        if self.min_power.is_some_and(|least| least > self.power) {
            return Err(Error::out_of_range("the least power is above the most").in_field("min_power"));
        }
        let limited = self.max_starts.is_some() || self.min_run > 0 || self.min_pause > 0;
        if limited && self.min_power == Some(Power::ZERO) {
            return unsupported(
                "starts, runs and pauses mean nothing for a load that may be held on at no power: state a least power above 0, or none",
            );
        }
        if self.max_starts == Some(0) && self.running_for.is_none() {
            return unsupported("a load that does not run yet needs at least one start");
        }
        if !self.surplus.is_empty() && self.surplus.len() != slots {
            return Err(Error::misaligned(format!(
                "{} surplus values for {slots} slots",
                self.surplus.len()
            )));
        }
        if self.surplus.iter().any(|energy| energy.is_negative()) {
            return Err(Error::out_of_range("a surplus cannot be below 0").in_field("surplus"));
        }
        Ok(())
    }
}
