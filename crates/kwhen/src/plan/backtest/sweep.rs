//! Many sizes, powers and tariffs at once.

use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::battery::{Battery, BatteryRequest, Converter, Site};
use crate::quantity::{Energy, Money};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A site with the name of its tariff.
#[derive(Clone, Copy, Debug)]
pub struct SweepSite<'a> {
    /// What it is called in the rows.
    pub name: &'a str,
    /// Its prices, load and solar.
    pub site: &'a Site,
}

/// Perfect-foresight costs over every combination of capacity, power and site.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    battery: &'a Battery,
    request: &'a BatteryRequest,
    capacities: Vec<Energy>,
    powers: Vec<Power>,
    sites: Vec<SweepSite<'a>>,
}

/// One combination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRow {
    /// The name of the site.
    pub site: String,
    /// Usable capacity in kWh.
    pub capacity: Energy,
    /// Power each way in kW.
    pub power: Power,
    /// The least cost over the horizon.
    pub cost: Money,
    /// The cost without a battery; `None` where the site's limits cannot be kept without one.
    pub baseline: Option<Money>,
}

impl SweepRow {
    /// What the battery saves.
    #[must_use]
    pub fn saving(&self) -> Option<Money> {
        self.baseline?.checked_sub(self.cost)
    }
}

impl<'a> Sweep<'a> {
    /// Sweeps a battery's capacity and power; efficiencies, wear and the rest stay as they are. An error for a battery
    /// with an efficiency curve, whose powers cannot be scaled.
    pub fn new(battery: &'a Battery, request: &'a BatteryRequest) -> Result<Self> {
        if !battery.charger().is_single() || !battery.discharger().is_single() {
            return Err(Error::unsupported("a sweep of powers needs one efficiency each way, not a curve"));
        }
        Ok(Self {
            battery,
            request,
            capacities: vec![battery.capacity()],
            powers: vec![battery.charger().most()],
            sites: Vec::new(),
        })
    }

    /// The capacities to try.
    #[must_use]
    pub fn over_capacities(mut self, capacities: Vec<Energy>) -> Self {
        self.capacities = capacities;
        self
    }

    /// The powers to try, the same each way.
    #[must_use]
    pub fn over_powers(mut self, powers: Vec<Power>) -> Self {
        self.powers = powers;
        self
    }

    /// The sites to try.
    #[must_use]
    pub fn over_sites(mut self, sites: Vec<SweepSite<'a>>) -> Self {
        self.sites = sites;
        self
    }

    /// How many combinations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.capacities.len() * self.powers.len() * self.sites.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs all combinations, on all cores with the feature `rayon`, in the same order on any number of them.
    /// `progress` is told how many are done, of how many, from whichever thread has finished one.
    pub fn run(&self, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<SweepRow>> {
        let nothing = Battery::new(Energy::ZERO, Power::ZERO)?;
        let connection = self.request.connection_only();
        let baselines = self
            .sites
            .iter()
            .map(|site| match nothing.least_cost(site.site, &connection) {
                Ok(cost) => Ok(Some(cost)),
                Err(error) if error.is_infeasible() => Ok(None),
                Err(error) => Err(error),
            })
            .collect::<Result<Vec<_>>>()?;
        let mut jobs = Vec::with_capacity(self.len());
        for (site, baseline) in self.sites.iter().zip(&baselines) {
            for &capacity in &self.capacities {
                jobs.extend(self.powers.iter().map(|&power| (*site, *baseline, capacity, power)));
            }
        }
        let done = AtomicUsize::new(0);
        let total = jobs.len();
        let row = |&(site, baseline, capacity, power): &(SweepSite<'_>, Option<Money>, Energy, Power)| {
            let battery = self.sized(capacity, power)?;
            let cost = battery.least_cost(site.site, self.request)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(SweepRow { site: site.name.to_owned(), capacity, power, cost, baseline })
        };
        #[cfg(feature = "rayon")]
        {
            use rayon::prelude::*;
            jobs.par_iter().map(row).collect()
        }
        #[cfg(not(feature = "rayon"))]
        {
            jobs.iter().map(row).collect()
        }
    }

    fn sized(&self, capacity: Energy, power: Power) -> Result<Battery> {
        if capacity.is_negative() {
            return Err(
                Error::out_of_range("a capacity may not be below zero").with_value(capacity.to_string())
            );
        }
        let resized = |converter: &Converter| converter.resized(power);
        let mut battery = self
            .battery
            .clone()
            .with_charger(resized(self.battery.charger())?)
            .with_discharger(resized(self.battery.discharger())?);
        battery.capacity = capacity;
        Ok(battery)
    }
}

/// Rows as CSV with a header: `site,capacity_kwh,kw,cost_minor,baseline_minor,saving_minor`, exact decimals.
#[must_use]
pub fn rows_to_csv(rows: &[SweepRow]) -> String {
    let mut text = String::from("site,capacity_kwh,kw,cost_minor,baseline_minor,saving_minor\n");
    for row in rows {
        let optional = |money: Option<Money>| money.map_or_else(String::new, |money| money.to_string());
        let name = if row.site.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", row.site.replace('"', "\"\""))
        } else {
            row.site.clone()
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name},{},{},{},{},{}",
            row.capacity,
            row.power,
            row.cost,
            optional(row.baseline),
            optional(row.saving())
        );
    }
    text
}
