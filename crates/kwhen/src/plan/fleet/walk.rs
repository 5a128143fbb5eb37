//! What every kind of device of a fleet says of itself: its walks, and itself in floats.

use super::meter::Flow;
use crate::plan::battery::{RAW, Site};

/// Prices on the shared flow are whole counts of 10⁻¹² p/kWh: so many to a unit of a rate.
pub(super) const PRICE: i64 = 10_000;

/// The highest price on the shared flow, as a multiple of the highest rate.
pub(super) const MOST: i128 = 64;

/// What a device does from slot to slot.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// The least cost, the device's part of the meter included, and its own costs alone; in 10⁻²⁰ p.
    pub(super) least: i128,
    pub(super) own: i128,
    /// By boundary, in store units.
    pub(super) levels: Vec<i64>,
    /// What it takes from the meter's side, standby apart.
    pub(super) flows: Vec<Flow>,
    /// What is charged (below zero: discharged) at the bus, in kWh: it steers.
    pub(super) moved: Vec<f64>,
    /// 1 charges, -1 discharges, 0 rests.
    pub(super) doing: Vec<i8>,
    /// By boundary, the state of a device that has some; nothing for a battery.
    pub(super) states: Vec<u32>,
}

impl Walk {
    /// About how many bytes a slot takes: a level, a flow, what is moved and done, and a state.
    pub(super) const BYTES_A_SLOT: usize = 4 * size_of::<i64>() + size_of::<Flow>() + 1;
}

/// The highest price that a device of a site is asked under.
pub(super) fn most_price(site: &Site) -> i64 {
    let prices = site.import.iter().chain(&site.export).chain(&site.carbon);
    let highest = prices.map(|price| price.saturating_abs()).max().unwrap_or(0).max(1);
    highest.saturating_mul(PRICE).saturating_mul(MOST as i64 / 2)
}

/// A hybrid inverter in floats: what goes through it is at its bus, where its sun and its battery meet.
#[derive(Clone, Debug)]
pub(super) struct Inverter {
    /// The most out of the bus and into it in a whole slot in kWh, and kWh at the bus a kWh on the meter's side.
    pub(super) output: (f64, f64),
    pub(super) input: (f64, f64),
    pub(super) sun: Vec<f64>,
    pub(super) curtailment: bool,
}

/// A device in floats.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    /// Stretches of bus energy each way in kWh, with kWh stored or drawn a kWh.
    pub(super) charge: Vec<(f64, f64)>,
    pub(super) discharge: Vec<(f64, f64)>,
    /// The least energy other than none each way.
    pub(super) least: (f64, f64),
    pub(super) most_stored: f64,
    pub(super) most_drawn: f64,
    pub(super) wear: f64,
    pub(super) loss: f64,
    /// kWh a store unit, and a bus unit.
    pub(super) level: f64,
    pub(super) bus: f64,
    pub(super) start: f64,
    pub(super) draws: Vec<f64>,
    /// Soft floors by boundary: level and p a kWh short of it.
    pub(super) soft: Vec<Vec<(f64, f64)>>,
    /// The cost of the level at the end: stretches up to a level, and p a kWh.
    pub(super) end: Vec<(f64, f64)>,
    /// Which part of a whole slot's energy each slot allows.
    pub(super) lengths: Vec<f64>,
    /// Whether changes are counted.
    pub(super) counts: bool,
    /// Where what is taken and what is given have prices of their own: whether what it takes counts as less given, since no rule on charging
    /// binds it, and what it gives as less taken.
    pub(super) less_given: bool,
    pub(super) less_taken: bool,
    pub(super) inverter: Option<Inverter>,
}

impl Linear {
    /// What it pays for what it takes and is paid for what it gives, where the slots' prices are these.
    pub(super) fn own_prices(&self, prices: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let own = |(taken, given): &(i64, i64)| {
            (if self.less_given { *given } else { *taken }, if self.less_taken { *taken } else { *given })
        };
        prices.iter().map(own).collect()
    }

    /// What a charge (discharge) of so many kWh stores (draws).
    pub(super) fn converted(&self, charging: bool, energy: f64) -> f64 {
        let stretches = if charging { &self.charge } else { &self.discharge };
        let (mut left, mut sum) = (energy, 0.0);
        for (length, ratio) in stretches {
            let part = left.min(*length);
            sum += part * ratio;
            left -= part;
        }
        sum
    }

    /// Whether the relaxation of single slots sees all of it but the choice between charging and discharging.
    pub(super) fn is_plain(&self) -> bool {
        let even = self.end.windows(2).all(|pair| matches!(pair, [a, b] if a.1 <= b.1));
        let single = self.charge.len() <= 1 && self.discharge.len() <= 1;
        even && single
            && !self.counts
            && self.inverter.is_none()
            && self.loss <= 0.0
            && self.least.0 <= 0.0
            && self.least.1 <= 0.0
    }
}

/// Raw units in kWh.
pub(super) fn kwh(raw: i128) -> f64 {
    1e-8 / RAW as f64 * raw as f64
}
