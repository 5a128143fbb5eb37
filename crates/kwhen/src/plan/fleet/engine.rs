//! One device of a fleet: its exact answer to the others, and its exact best under prices, whatever kind of device it is.

use super::graph::Graph;
use super::meter::Flow;
use super::settled::Bounds;
use super::store::Store;
use super::terms::Terms;
use crate::error::Result;
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

/// A device ready to be asked.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// A battery or a car.
    Store(Box<Store>),
    /// A device that goes from state to state and only takes.
    Graph(Box<Graph>),
}

impl Engine {
    pub(super) const fn store(&self) -> Option<&Store> {
        match self {
            Self::Store(store) => Some(store),
            Self::Graph(_) => None,
        }
    }

    pub(super) const fn has_hybrid_inverter(&self) -> bool {
        matches!(self, Self::Store(store) if store.battery.has_hybrid_inverter())
    }

    /// Prices under which it is asked are multiples of this, and not beyond `most_price`, in 10⁻¹² p/kWh.
    pub(super) const fn step(&self) -> i64 {
        match self {
            Self::Store(store) => store.step,
            Self::Graph(_) => 1,
        }
    }

    pub(super) const fn most_price(&self) -> i64 {
        match self {
            Self::Store(store) => store.most_price,
            Self::Graph(graph) => graph.most_price,
        }
    }

    /// The most that it takes and gives in a slot, in raw units.
    pub(super) fn reach(&self, index: usize, bounds: &Bounds) -> (i64, i64) {
        match self {
            Self::Store(store) => store.reach(index, bounds),
            Self::Graph(graph) => (graph.reach(index, bounds), 0),
        }
    }

    /// What is asked of it allows.
    pub(super) fn bounds(&self) -> Bounds {
        match self {
            Self::Store(store) => store.bounds(),
            Self::Graph(graph) => graph.bounds(),
        }
    }

    /// Its best under prices of its own for what it takes and what it gives (in 10⁻¹² p/kWh), apart from all limits of the meter; with
    /// `free` its own costs count as nothing.
    pub(super) fn under_prices(
        &self,
        bounds: &Bounds,
        prices: &[(i64, i64)],
        site: &Site,
        free: bool,
    ) -> Result<Walk> {
        match self {
            Self::Store(store) => store.under_prices(bounds, prices, site, free),
            Self::Graph(graph) => graph.under_prices(bounds, prices, free),
        }
    }

    /// Its best answer to the others at the meter.
    pub(super) fn answer(
        &self,
        bounds: &Bounds,
        terms: impl Fn(usize) -> Terms,
        rules: (bool, bool),
        site: &Site,
    ) -> Result<Walk> {
        match self {
            Self::Store(store) => store.answer(bounds, terms, rules, site),
            Self::Graph(graph) => graph.answer(bounds, terms),
        }
    }

    /// Raw units of a bus unit, where it has no hybrid inverter.
    pub(super) fn unit(&self) -> i64 {
        match self {
            Self::Store(store) => store.unit(),
            Self::Graph(_) => 1,
        }
    }

    /// Its parts for a relaxation, in kWh and p.
    pub(super) fn linear(&self) -> Linear {
        match self {
            Self::Store(store) => store.linear(),
            Self::Graph(graph) => graph.linear.clone(),
        }
    }
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
