//! One device of a fleet: its exact answer to the others, and its exact best under prices, whatever kind of device it is.

use super::graph::Graph;
use super::settled::Bounds;
use super::store::Store;
use super::terms::Terms;
use super::walk::{Linear, Walk};
use crate::error::Result;
use crate::plan::battery::Site;

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
