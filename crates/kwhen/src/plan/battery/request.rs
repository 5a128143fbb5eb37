//! What is asked of a plan: where it starts, what it must keep to, and what is left at the end worth.

use super::site::Site;
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, Money, UnitRate};
use crate::time::Span;
use chrono::{DateTime, Utc};

/// What the energy that is left at the end is worth.
#[derive(Clone, Debug, Default)]
pub enum EndValue {
    /// Nothing.
    #[default]
    Nothing,
    /// So much for every stored kWh, in p/kWh.
    Rate(UnitRate),
    /// Bands from the bottom: up to a level each stored kWh is worth so much. Above the last band it is worth nothing.
    Bands(Vec<(Energy, UnitRate)>),
    /// What it would be worth if this day came again and again: the value function that the day reproduces, exactly where it
    /// comes round within 64 days. Where it only creeps (an efficiency that rises with the power), the one after 400 days, if
    /// a further day adds the same at every level to within 0.1 p; an error otherwise.
    RepeatingDay(Box<Site>),
}

/// What the battery may do of itself in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Neither charge nor discharge.
    Level,
    /// Not discharge (a hold while a car charges).
    NoDischarge,
    /// Not charge (frozen, so that solar goes out).
    NoCharge,
}

/// The powers of a device in a stretch of time, at the converters that `Battery` describes. Nothing is bound unless it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PowerBand {
    /// It charges all the time, at no less than this.
    pub charge_at_least: Option<Power>,
    /// It charges at no more than this.
    pub charge_at_most: Option<Power>,
    /// It discharges all the time, at no less than this.
    pub discharge_at_least: Option<Power>,
    /// It discharges at no more than this.
    pub discharge_at_most: Option<Power>,
}

impl PowerBand {
    /// Every power that is said.
    pub(crate) fn powers(&self) -> impl Iterator<Item = Power> {
        let all =
            [self.charge_at_least, self.charge_at_most, self.discharge_at_least, self.discharge_at_most];
        all.into_iter().flatten()
    }

    fn check(&self) -> Result<()> {
        if let Some(power) = self.powers().find(|power| *power < Power::ZERO) {
            return Err(Error::out_of_range("a power may not be below zero").with_value(power.to_string()));
        }
        if self.charge_at_least.is_some() && self.discharge_at_least.is_some() {
            return Err(Error::conflict("a device cannot be made to charge and to discharge at once"));
        }
        for (least, most) in
            [(self.charge_at_least, self.charge_at_most), (self.discharge_at_least, self.discharge_at_most)]
        {
            if let (Some(least), Some(most)) = (least, most)
                && least > most
            {
                return Err(Error::conflict(format!(
                    "the least power {least} kW is above the most, {most} kW"
                )));
            }
        }
        Ok(())
    }
}

/// Which changes of what the battery does are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Every start of charging.
    ChargeStarts,
    /// Every start of discharging.
    DischargeStarts,
    /// Every start of either.
    Starts,
    /// Every change between idle, charging and discharging.
    Changes,
}

/// A limit or a price on counted changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeLimit {
    pub(crate) count: Count,
    pub(crate) at_most: Option<usize>,
    pub(crate) price: Money,
}

/// What is asked of a plan. Without more, it starts at a level, may end at any, and what is left is worth nothing.
///
/// Spans bind the slots that start in them; levels bind at one instant, a slot boundary of the site's grid.
#[derive(Clone, Debug, Default)]
pub struct BatteryRequest {
    pub(crate) start: Energy,
    pub(crate) reserve: Energy,
    /// How many of the boundaries after the start the reserve does not bind at.
    pub(crate) reserve_after: usize,
    pub(crate) end: (Option<Energy>, Option<Energy>),
    pub(crate) end_value: EndValue,
    pub(crate) floors: Vec<(DateTime<Utc>, Energy)>,
    pub(crate) ceilings: Vec<(DateTime<Utc>, Energy)>,
    pub(crate) soft_floors: Vec<(DateTime<Utc>, Energy, UnitRate)>,
    pub(crate) soft_reserve: Option<(Energy, UnitRate)>,
    pub(crate) holds: Vec<(Span, Hold)>,
    pub(crate) draws: Vec<(DateTime<Utc>, Energy)>,
    pub(crate) changes: Option<ChangeLimit>,
    pub(crate) import_limits: Vec<(Span, Power)>,
    pub(crate) export_limits: Vec<(Span, Power)>,
    pub(crate) powers: Vec<(Span, PowerBand)>,
    pub(crate) surplus_only: bool,
    pub(crate) load_only: bool,
}

impl BatteryRequest {
    /// Starts with so much stored.
    #[must_use]
    pub fn starting_at(level: Energy) -> Self {
        Self { start: level, ..Self::default() }
    }

    /// The level may not be below this at any later boundary.
    #[must_use]
    pub fn reserve(mut self, reserve: Energy) -> Self {
        self.reserve = reserve;
        self
    }

    /// At the end exactly this level.
    #[must_use]
    pub fn ending_at(mut self, level: Energy) -> Self {
        self.end = (Some(level), Some(level));
        self
    }

    /// At the end at least this level.
    #[must_use]
    pub fn ending_at_least(mut self, level: Energy) -> Self {
        self.end.0 = Some(level);
        self
    }

    /// What the energy left at the end is worth.
    #[must_use]
    pub fn end_value(mut self, value: EndValue) -> Self {
        self.end_value = value;
        self
    }

    /// At this instant at least this level (a target, such as a car that leaves).
    #[must_use]
    pub fn level_at_least(mut self, at: DateTime<Utc>, level: Energy) -> Self {
        self.floors.push((at, level));
        self
    }

    /// At this instant at most this level.
    #[must_use]
    pub fn level_at_most(mut self, at: DateTime<Utc>, level: Energy) -> Self {
        self.ceilings.push((at, level));
        self
    }

    /// At this instant every kWh short of this level costs so much. An error for a price below zero.
    pub fn soft_level(mut self, at: DateTime<Utc>, level: Energy, price: UnitRate) -> Result<Self> {
        expect_price(price)?;
        self.soft_floors.push((at, level, price));
        Ok(self)
    }

    /// At every later boundary every kWh short of this level costs so much. An error for a price below zero.
    pub fn soft_reserve(mut self, level: Energy, price: UnitRate) -> Result<Self> {
        expect_price(price)?;
        self.soft_reserve = Some((level, price));
        Ok(self)
    }

    /// What the battery may not do in the slots that start in a span.
    #[must_use]
    pub fn hold(mut self, span: Span, hold: Hold) -> Self {
        self.holds.push((span, hold));
        self
    }

    /// So much stored energy leaves in the slot at this instant for another purpose (a car's trip). It must be there.
    #[must_use]
    pub fn draw(mut self, at: DateTime<Utc>, energy: Energy) -> Self {
        self.draws.push((at, energy));
        self
    }

    /// At most so many counted changes. Without a least power, a run may stand at no power without ending.
    #[must_use]
    pub fn at_most(mut self, changes: usize, count: Count) -> Self {
        let price = self.changes.map_or(Money::ZERO, |limit| limit.price);
        self.changes = Some(ChangeLimit { count, at_most: Some(changes), price });
        self
    }

    /// Every counted change costs so much. An error for a price below zero.
    pub fn price_per_change(mut self, price: Money, count: Count) -> Result<Self> {
        if price.is_negative() {
            return Err(
                Error::out_of_range("a price per change may not be below zero").with_value(price.to_string())
            );
        }
        let at_most = self.changes.and_then(|limit| limit.at_most);
        self.changes = Some(ChangeLimit { count, at_most, price });
        Ok(self)
    }

    /// A lower limit of the connection's import in the slots that start in a span.
    #[must_use]
    pub fn import_limit(mut self, span: Span, limit: Power) -> Self {
        self.import_limits.push((span, limit));
        self
    }

    /// A lower limit of the connection's export in the slots that start in a span.
    #[must_use]
    pub fn export_limit(mut self, span: Span, limit: Power) -> Self {
        self.export_limits.push((span, limit));
        self
    }

    /// The device's powers in the slots that start in a span: forced charging, or a most that depends on the time. An error for a power
    /// below zero, a least above the most, and for charging and discharging at once.
    pub fn power(mut self, span: Span, band: PowerBand) -> Result<Self> {
        band.check()?;
        self.powers.push((span, band));
        Ok(self)
    }

    /// This device charges only while the meter does not import, as [`Site::without_grid_charging`](super::Site::without_grid_charging)
    /// asks of all.
    #[must_use]
    pub const fn from_surplus_only(mut self) -> Self {
        self.surplus_only = true;
        self
    }

    /// This device discharges only while the meter does not export, as
    /// [`Site::without_battery_export`](super::Site::without_battery_export) asks of all.
    #[must_use]
    pub const fn into_load_only(mut self) -> Self {
        self.load_only = true;
        self
    }

    /// What the request says of the connection alone: what holds without a battery as well.
    pub(crate) fn connection_only(&self) -> Self {
        let (import_limits, export_limits) = (self.import_limits.clone(), self.export_limits.clone());
        Self { import_limits, export_limits, ..Self::default() }
    }

    /// The level at the start.
    #[must_use]
    pub const fn start(&self) -> Energy {
        self.start
    }
}

fn expect_price(price: UnitRate) -> Result<()> {
    if price.is_negative() {
        return Err(Error::out_of_range("the price of a soft level may not be below zero")
            .with_value(price.to_string()));
    }
    Ok(())
}
