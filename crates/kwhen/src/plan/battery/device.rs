//! The battery and its inverter.

use super::units::{Efficiency, Ratio};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, UnitRate};

/// One direction of conversion: how much power, and what is lost on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converter {
    most: Power,
    least: Power,
    points: Vec<(Power, Efficiency)>,
}

impl Converter {
    /// Up to `most` power at one efficiency.
    #[must_use]
    pub fn new(most: Power, efficiency: Efficiency) -> Self {
        Self { most, least: Power::ZERO, points: vec![(most, efficiency)] }
    }

    /// An efficiency that depends on the power: `(power, efficiency at that power)` in ascending order of power.
    ///
    /// Between two points, and from nothing to the first, the power on the store's side is a straight line. The last
    /// point is the most power. An error for no point, powers that do not rise, or a curve on which more power at
    /// the bus would mean less in the store.
    pub fn with_curve(points: Vec<(Power, Efficiency)>) -> Result<Self> {
        let Some(&(most, _)) = points.last() else {
            return Err(Error::missing("an efficiency curve needs at least one point"));
        };
        let mut before = Power::ZERO;
        for &(power, _) in &points {
            if power <= before {
                return Err(
                    Error::order("the powers of an efficiency curve must rise").with_value(power.to_string())
                );
            }
            before = power;
        }
        let converter = Self { most, least: Power::ZERO, points };
        for stored in [true, false] {
            if converter.stretches(stored)?.iter().any(|(_, ratio)| ratio.numerator <= 0) {
                return Err(Error::out_of_range(
                    "on this efficiency curve more power would move less stored energy",
                ));
            }
        }
        Ok(converter)
    }

    /// When it runs, it runs with at least this power. An error above the most power.
    pub fn at_least(mut self, least: Power) -> Result<Self> {
        if least > self.most {
            return Err(Error::out_of_range("the least power is above the most power")
                .with_value(format!("{least} kW of {} kW", self.most)));
        }
        self.least = least;
        Ok(self)
    }

    /// The most power.
    #[must_use]
    pub const fn most(&self) -> Power {
        self.most
    }

    /// The least power other than none.
    #[must_use]
    pub const fn least(&self) -> Power {
        self.least
    }

    /// Whether there is one efficiency at every power.
    pub(crate) fn is_single(&self) -> bool {
        self.points.len() == 1
    }

    /// The same efficiency up to another power. An error where the least power is above it.
    pub(crate) fn resized(&self, most: Power) -> Result<Self> {
        let points = self.points.first().map(|(_, efficiency)| (most, *efficiency)).into_iter().collect();
        Self { most, least: Power::ZERO, points }.at_least(self.least)
    }

    /// Stretches of bus power from 0 up, each with store power a bus power: charging stores, discharging draws.
    pub(crate) fn stretches(&self, charging: bool) -> Result<Vec<(i64, Ratio)>> {
        let too_fine = || Error::precision("the efficiency curve has too many digits to be held exactly");
        let mut stretches = Vec::with_capacity(self.points.len());
        let (mut bus_before, mut store_before) = (0_i64, Ratio { numerator: 0, denominator: 1 });
        for &(power, efficiency) in &self.points {
            let ratio = if charging { efficiency.ratio() } else { efficiency.ratio().inverse() };
            let bus = power.units();
            let scaled = i128::from(bus).checked_mul(ratio.numerator).ok_or_else(too_fine)?;
            let store = Ratio::new(scaled, ratio.denominator);
            // store - store_before, over bus - bus_before.
            let left = store.numerator.checked_mul(store_before.denominator).ok_or_else(too_fine)?;
            let right = store_before.numerator.checked_mul(store.denominator).ok_or_else(too_fine)?;
            let denominator = store
                .denominator
                .checked_mul(store_before.denominator)
                .and_then(|product| product.checked_mul(i128::from(bus - bus_before)))
                .ok_or_else(too_fine)?;
            if bus > bus_before {
                stretches.push((bus - bus_before, Ratio::new(left - right, denominator)));
            }
            (bus_before, store_before) = (bus, store);
        }
        Ok(stretches)
    }
}

/// An inverter that the battery and the solar panels share on its DC side.
///
/// Without one, battery and solar each have their own converter and meet on the AC side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HybridInverter {
    /// The most AC power that it gives.
    pub output: Power,
    /// AC energy given for DC energy taken.
    pub output_efficiency: Efficiency,
    /// The most AC power that it takes to charge from the grid; zero for one that cannot.
    pub input: Power,
    /// DC energy given for AC energy taken.
    pub input_efficiency: Efficiency,
}

/// A battery, its converters, and what using it costs. The store counts DC kWh.
///
/// ```
/// use kwhen::plan::battery::{Battery, Efficiency};
/// let battery = Battery::new("10".parse()?, "5".parse()?)?
///     .with_efficiency("0.95".parse()?, "0.95".parse()?)
///     .with_wear("1.5".parse()?)?;
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Battery {
    pub(crate) capacity: Energy,
    pub(crate) charge: Converter,
    pub(crate) discharge: Converter,
    pub(crate) store_charge: Option<Power>,
    pub(crate) store_discharge: Option<Power>,
    pub(crate) hybrid: Option<HybridInverter>,
    pub(crate) standing_loss: Power,
    pub(crate) standby: Power,
    pub(crate) wear: UnitRate,
}

impl Battery {
    /// Usable capacity in kWh and the most power each way at the AC side, losing nothing. An error for a capacity below zero.
    pub fn new(capacity: Energy, power: Power) -> Result<Self> {
        if capacity.is_negative() {
            return Err(Error::out_of_range("a capacity may not be below zero")
                .in_field("capacity")
                .with_value(capacity.to_string()));
        }
        let converter = Converter::new(power, Efficiency::PERFECT);
        Ok(Self {
            capacity,
            charge: converter.clone(),
            discharge: converter,
            store_charge: None,
            store_discharge: None,
            hybrid: None,
            standing_loss: Power::ZERO,
            standby: Power::ZERO,
            wear: UnitRate::ZERO,
        })
    }

    /// One efficiency each way at every power: charging takes `D / charge` from the AC side to store `D`, discharging
    /// `D` gives `discharge * D`. Keeps the powers; replaces curves and least powers.
    #[must_use]
    pub fn with_efficiency(mut self, charge: Efficiency, discharge: Efficiency) -> Self {
        self.charge = Converter::new(self.charge.most, charge);
        self.discharge = Converter::new(self.discharge.most, discharge);
        self
    }

    /// The charging side: powers, curve, least power.
    #[must_use]
    pub fn with_charger(mut self, charge: Converter) -> Self {
        self.charge = charge;
        self
    }

    /// The discharging side: powers, curve, least power.
    #[must_use]
    pub fn with_discharger(mut self, discharge: Converter) -> Self {
        self.discharge = discharge;
        self
    }

    /// The most power into and out of the store itself (DC), whatever the converters could do.
    #[must_use]
    pub fn with_store_power(mut self, charge: Power, discharge: Power) -> Self {
        self.store_charge = Some(charge);
        self.store_discharge = Some(discharge);
        self
    }

    /// Battery and solar share this inverter on its DC side. The converters then stand between the store and that DC
    /// side, and powers and wear count there.
    #[must_use]
    pub fn behind(mut self, inverter: HybridInverter) -> Self {
        self.hybrid = Some(inverter);
        self
    }

    /// What the store loses while there is anything in it.
    #[must_use]
    pub fn with_standing_loss(mut self, loss: Power) -> Self {
        self.standing_loss = loss;
        self
    }

    /// What the device takes from the AC side all the time.
    #[must_use]
    pub fn with_standby(mut self, standby: Power) -> Self {
        self.standby = standby;
        self
    }

    /// With another usable capacity of the store. An error below zero.
    pub fn with_capacity(mut self, capacity: Energy) -> Result<Self> {
        if capacity.is_negative() {
            return Err(Error::out_of_range("a capacity may not be below zero")
                .in_field("capacity_kwh")
                .with_value(capacity.to_string()));
        }
        self.capacity = capacity;
        Ok(self)
    }

    /// What discharging wears off the battery, in p per kWh that it gives at the AC side. An error below zero.
    pub fn with_wear(mut self, wear: UnitRate) -> Result<Self> {
        if wear.is_negative() {
            return Err(Error::out_of_range("wear may not be below zero")
                .in_field("wear")
                .with_value(wear.to_string()));
        }
        self.wear = wear;
        Ok(self)
    }

    /// The most that it can take from the meter or give to it, apart from sun behind it.
    pub(crate) fn most_power(&self) -> Power {
        let through = self.hybrid.map_or(Power::ZERO, |hybrid| hybrid.output.max(hybrid.input));
        self.charge.most().max(self.discharge.most()).max(through)
    }

    /// Whether it stands behind an inverter that it shares with solar.
    #[must_use]
    pub const fn has_hybrid_inverter(&self) -> bool {
        self.hybrid.is_some()
    }

    /// Usable capacity in kWh.
    #[must_use]
    pub const fn capacity(&self) -> Energy {
        self.capacity
    }

    /// The charging side.
    #[must_use]
    pub const fn charger(&self) -> &Converter {
        &self.charge
    }

    /// The discharging side.
    #[must_use]
    pub const fn discharger(&self) -> &Converter {
        &self.discharge
    }
}
