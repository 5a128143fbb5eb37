//! The choice of units in which every quantity of a problem is a whole number.
//!
//! Let `q` be the greatest common divisor of all energies, so that a *grid unit* is `q`. The inverter and the
//! converters scale energies by fractions; a *bus unit* and a *store unit* divide the grid unit so finely that each of
//! those scalings takes whole units to whole units. A *cost unit* divides (price unit x grid unit) in the same way, so
//! that every slope is a whole number of cost units a store unit.

use super::device::Battery;
use super::kernel::Slope;
use super::units::{Ratio, gcd, lcm};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Money, Rounding, divide, quotient};

/// Energies are held in 3600ths of 10⁻⁸ kWh, so that a power over whole seconds is a whole number.
pub(crate) const RAW: i128 = 3600;

/// A watt-hour: the lattice is at least this fine, so that levels may be asked about to the watt-hour.
const WATT_HOUR: i128 = 100_000 * RAW;

/// Levels and bus flows stay below this.
pub(crate) const LARGEST_LEVEL: i128 = 1 << 60;

/// Costs of the whole horizon stay below this.
const LARGEST_COST: i128 = 1 << 124;

/// The units of one problem.
#[derive(Clone, Debug)]
pub(crate) struct Lattice {
    /// Raw energy of a grid unit.
    pub(crate) grid_unit: i128,
    /// 10⁻⁸ p/kWh of a price unit.
    pub(crate) price_unit: i128,
    /// Bus units to a grid unit, store units to a bus unit.
    pub(crate) bus: i128,
    pub(crate) store: i128,
    /// Bus units to a grid unit that goes out, or comes in, through the inverter.
    pub(crate) bus_out: i128,
    pub(crate) bus_in: i128,
    /// Stretches of bus power each way with store units a bus unit.
    pub(crate) charge: Vec<(i64, i128)>,
    pub(crate) discharge: Vec<(i64, i128)>,
    /// Cost units to a price unit times a grid unit.
    pub(crate) cost: i128,
}

fn too_fine() -> Error {
    Error::precision(
        "the problem has too many digits to be solved exactly: give rates, energies or efficiencies with fewer decimals",
    )
}

impl Lattice {
    /// Chooses the units. `energies` and `prices` are common divisors of all energies (raw) and prices.
    pub(crate) fn choose(battery: &Battery, energies: i128, prices: i128, fixed: &[Money]) -> Result<Self> {
        let one = Ratio::ONE;
        let (out, inward) = battery
            .hybrid
            .map_or((one, one), |h| (h.output_efficiency.ratio().inverse(), h.input_efficiency.ratio()));
        let bus = lcm(out.denominator, inward.denominator).ok_or_else(too_fine)?;
        let scaled = |ratio: Ratio, by: i128| {
            (by / ratio.denominator).checked_mul(ratio.numerator).ok_or_else(too_fine)
        };
        let (bus_out, bus_in) = (scaled(out, bus)?, scaled(inward, bus)?);
        let charge = battery.charge.stretches(true)?;
        let discharge = battery.discharge.stretches(false)?;
        let mut store = 1;
        for (_, ratio) in charge.iter().chain(&discharge) {
            store = lcm(store, ratio.denominator).ok_or_else(too_fine)?;
        }
        let grid_unit = gcd(energies, WATT_HOUR);
        let price_unit = prices.max(1);
        let mut cost = bus.checked_mul(store).ok_or_else(too_fine)?;
        for (_, ratio) in charge.iter().chain(&discharge) {
            let units = scaled(*ratio, store)?;
            for direction in [bus_out, bus_in, bus] {
                cost = lcm(cost, direction.checked_mul(units).ok_or_else(too_fine)?).ok_or_else(too_fine)?;
            }
        }
        let stretch = |parts: &[(i64, Ratio)]| {
            parts.iter().map(|&(power, ratio)| Ok((power, scaled(ratio, store)?))).collect::<Result<Vec<_>>>()
        };
        let mut lattice = Self {
            grid_unit,
            price_unit,
            bus,
            store,
            bus_out,
            bus_in,
            charge: stretch(&charge)?,
            discharge: stretch(&discharge)?,
            cost,
        };
        for money in fixed {
            let ratio = lattice.cost_ratio(*money).ok_or_else(too_fine)?;
            lattice.cost = lattice.cost.checked_mul(ratio.denominator).ok_or_else(too_fine)?;
        }
        Ok(lattice)
    }

    /// 10⁻²⁰ p to a cost unit, as a fraction: `price_unit x grid_unit x 10^4 / (3600 x cost)`.
    fn money_per_cost(&self) -> Option<Ratio> {
        let numerator =
            self.price_unit.checked_mul(self.grid_unit)?.checked_mul(crate::quantity::PRODUCT_TO_MONEY)?;
        Some(Ratio::new(numerator, RAW.checked_mul(self.cost)?))
    }

    /// Money in cost units, as a fraction.
    fn cost_ratio(&self, money: Money) -> Option<Ratio> {
        let per_cost = self.money_per_cost()?;
        let first = Ratio::new(money.units(), per_cost.numerator);
        let second = Ratio::new(per_cost.denominator, first.denominator);
        Some(Ratio {
            numerator: first.numerator.checked_mul(second.numerator)?,
            denominator: second.denominator,
        })
    }

    /// Money in whole cost units, rounded down.
    pub(crate) fn cost_units(&self, money: Money) -> Option<i128> {
        self.cost_ratio(money).map(|ratio| ratio.numerator.div_euclid(ratio.denominator.max(1)))
    }

    /// A cost as money, rounded half to even at 10⁻²⁰ p.
    pub(crate) fn money(&self, cost: i128) -> Result<Money> {
        let beyond = || Error::out_of_range("a cost is beyond the range of p");
        let Ratio { numerator, denominator } = self.money_per_cost().ok_or_else(too_fine)?;
        let whole = (cost / denominator).checked_mul(numerator).ok_or_else(beyond)?;
        let rest = (cost % denominator).checked_mul(numerator).ok_or_else(beyond)?;
        let rest = divide(rest, denominator, Rounding::HalfEven);
        Ok(Money::from_units(whole.checked_add(rest).ok_or_else(beyond)?)?)
    }

    /// Money in cost units; fixed prices were made whole when the units were chosen.
    pub(crate) fn cost_of(&self, money: Money) -> Result<i128> {
        self.cost_ratio(money)
            .filter(|ratio| ratio.denominator == 1)
            .map(|ratio| ratio.numerator)
            .ok_or_else(too_fine)
    }

    /// Energy (10⁻⁸ kWh) at the grid in grid units.
    pub(crate) fn grid_units(&self, energy: i64) -> i64 {
        narrow(quotient(i128::from(energy) * RAW, self.grid_unit))
    }

    /// Energy (10⁻⁸ kWh) at the bus in bus units.
    pub(crate) fn bus_units(&self, energy: i64) -> i64 {
        narrow(quotient(i128::from(energy) * RAW, self.grid_unit).saturating_mul(self.bus))
    }

    /// Stored energy (10⁻⁸ kWh) in store units.
    pub(crate) fn store_units(&self, energy: i64) -> i64 {
        narrow(
            quotient(i128::from(energy) * RAW, self.grid_unit)
                .saturating_mul(self.bus)
                .saturating_mul(self.store),
        )
    }

    /// Raw energy in store units, were all of it stored at the highest ratio; more than that is not asked of it.
    pub(crate) fn stored(&self, raw: i128) -> i128 {
        (raw / self.grid_unit).saturating_add(1).saturating_mul(self.bus_out.max(self.bus_in)).saturating_mul(
            self.charge.iter().chain(&self.discharge).map(|(_, ratio)| *ratio).max().unwrap_or(1).max(1),
        )
    }

    /// A power over so many seconds in grid units.
    pub(crate) fn grid_power(&self, power: Power, seconds: i64) -> i64 {
        narrow(raw_power(power, seconds) / self.grid_unit)
    }

    /// A power over so many seconds in bus units.
    pub(crate) fn bus_power(&self, power: Power, seconds: i64) -> i64 {
        narrow((raw_power(power, seconds) / self.grid_unit).saturating_mul(self.bus))
    }

    /// A power over so many seconds in store units.
    pub(crate) fn store_power(&self, power: Power, seconds: i64) -> i64 {
        narrow(
            (raw_power(power, seconds) / self.grid_unit).saturating_mul(self.bus).saturating_mul(self.store),
        )
    }

    /// `numerator / denominator` store units as 10⁻⁸ kWh, rounded half to even.
    pub(crate) fn stored_energy(&self, units: i64) -> i64 {
        self.energy(i128::from(units), self.bus * self.store)
    }

    /// `numerator / denominator` grid units as 10⁻⁸ kWh, rounded half to even.
    pub(crate) fn energy(&self, numerator: i128, denominator: i128) -> i64 {
        let narrow = |factor: i128, unit: i128| {
            i64::try_from(factor).ok()?.checked_mul(i64::try_from(unit).ok()?).map(i128::from)
        };
        let narrow = narrow(numerator, self.grid_unit).zip(narrow(denominator, RAW));
        if let Some((numerator, denominator)) = narrow {
            return i64::try_from(divide(numerator, denominator, Rounding::HalfEven)).unwrap_or(i64::MAX);
        }
        // The grid unit is at most a watt-hour, so neither product leaves the range that was checked.
        let (numerator, denominator) =
            (numerator.saturating_mul(self.grid_unit), denominator.saturating_mul(RAW));
        i64::try_from(divide(numerator, denominator, Rounding::HalfEven)).unwrap_or(i64::MAX)
    }

    /// Cost units a store unit for one price unit on stored energy.
    pub(crate) fn stored_price_factor(&self) -> i128 {
        self.cost / (self.bus * self.store)
    }

    /// A price in price units.
    pub(crate) fn price<S: Slope>(&self, units: i64) -> Option<S> {
        S::narrow(quotient(i128::from(units), self.price_unit))
    }

    /// Refuses a problem whose largest products could overflow.
    pub(crate) fn expect_in_range(&self, level: i128, slope: i128, slots: usize) -> Result<()> {
        let in_range = level < LARGEST_LEVEL
            && slope
                .checked_mul(level.max(1))
                .and_then(|cost| cost.checked_mul(4 * (slots as i128 + 2)))
                .is_some_and(|cost| cost < LARGEST_COST);
        if in_range { Ok(()) } else { Err(too_fine()) }
    }
}

/// Raw energy of a power over so many seconds.
pub(crate) fn raw_power(power: Power, seconds: i64) -> i128 {
    i128::from(power.units()) * i128::from(seconds)
}

/// A count of units; one beyond the largest level stays recognisable as such and can still be added to.
fn narrow(units: i128) -> i64 {
    i64::try_from(units.min(LARGEST_LEVEL)).unwrap_or(0)
}
