//! A price on the peak: what the highest import of the horizon costs.
//!
//! A plan is looked for under a limit on every slot's import, the limit that the relaxation finds cheapest. The bound is that of the
//! fleet with dearer imports: no peak is lower than any weighted mean of the imports, so that prices on single slots' imports whose
//! sum is no more than the peak's price never count more than the peak does.

use super::answers::Plan;
use super::linear::KWH;
use super::meter::Corner;
use super::node::{Problem, hull};
use super::search::{PROVEN, Standing, search};
use super::{Fleet, FleetPlan};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::battery::{RAW, Site};
use crate::quantity::{Energy, Money, PRODUCT_TO_MONEY};

/// What the highest import costs, as the mean power over a slot.
#[derive(Clone, Copy, Debug)]
pub struct PeakPrice {
    /// What each kW costs, tax included.
    pub per_kw: Money,
    /// The highest import of the billing period so far: what stays below it costs nothing more.
    pub so_far: Power,
}

/// Steps in which the cheapest limit is closed in upon.
const STEPS: usize = 48;

/// The limits that a plan is looked for under, near a limit that floats have found: the round number that it must have meant, and some
/// above it. In 10⁻⁸ kW.
fn near(peak: i64) -> impl Iterator<Item = i64> {
    // Within what floats leave open, the lowest that a plan is found under is the best.
    let next = [-2, -1, 0, 1, 2, 8].into_iter().map(move |off| peak.saturating_add(off).max(0));
    let up = move |unit: i64| peak.saturating_add(unit - 1).div_euclid(unit).saturating_mul(unit);
    let round = peak.saturating_add(5_000).div_euclid(10_000).saturating_mul(10_000);
    let meant = ((round - peak).abs() <= 64).then_some(round);
    meant.into_iter().chain(next).chain([100, 10_000, 1_000_000].into_iter().map(up))
}

/// Parts that are looked at for any plan under a limit.
const PARTS: usize = 6;

/// Power units to a kW.
const UNITS: i128 = 100_000_000;

impl PeakPrice {
    fn check(&self) -> Result<()> {
        if self.per_kw.is_negative() {
            return Err(Error::out_of_range("a price on the peak may not be below zero")
                .with_value(self.per_kw.to_string()));
        }
        if self.so_far < Power::ZERO {
            return Err(Error::out_of_range("the peak so far may not be below zero")
                .with_value(self.so_far.to_string()));
        }
        Ok(())
    }

    /// What a peak costs beyond the one so far, in 10⁻²⁰ p rounded up; in power units.
    fn charge(&self, peak: i64) -> Option<i128> {
        let beyond = i128::from((peak - self.so_far.units()).max(0));
        Some(self.per_kw.units().checked_mul(beyond)?.checked_add(UNITS - 1)?.div_euclid(UNITS))
    }
}

/// The relaxation under a limit on the import that may be passed at a price.
struct Elastic {
    cost: f64,
    /// By slot, what an import there is dearer than its rate, in p/kWh.
    surcharges: Vec<f64>,
}

impl Problem<'_> {
    /// With every import limited to a power, in power units.
    fn limit(&mut self, own: &[i64], peak: i64) {
        for ((slot, own), index) in self.meter.slots.iter_mut().zip(own).zip(0..) {
            slot.import_limit = (*own).min(peak.saturating_mul(self.site.seconds_of(index)));
        }
    }

    /// The relaxation with imports up to `peak`, and beyond it at `dear` more a kWh.
    fn elastic(&mut self, own: &[i64], peak: i64, dear: f64) -> Option<Elastic> {
        let root = self.root();
        self.limit(own, i64::MAX);
        let open: Vec<Vec<Corner>> = (0..own.len()).map(|index| self.corners(&root, index)).collect();
        self.limit(own, peak);
        let mut base = 0.0;
        let mut corners = Vec::with_capacity(own.len());
        for (index, open) in open.iter().enumerate() {
            let mut within = self.corners(&root, index);
            let net = |corner: &Corner| corner.charge - corner.discharge;
            let most = within.iter().map(net).max()?;
            let beyond = open.iter().filter(|corner| net(corner) > most).map(|corner| Corner {
                cost: corner.cost + (dear * 1e8 * (net(corner) - most) as f64) as i128,
                ..*corner
            });
            within.extend(beyond);
            if !self.meter.is_paired(index) {
                base += hull(&within).first().map_or(0.0, |corner| corner.cost as f64 * 1e-8 * KWH);
            }
            corners.push(within);
        }
        let point =
            self.relaxation(&root, &corners).solve(&mut || true).filter(|point| point.cost.is_finite())?;
        let prices = self.prices(&point).meter;
        let slots = prices.iter().zip(&self.meter.slots).zip(own);
        let surcharge = |((price, slot), own): ((&(f64, f64), &super::meter::MeterSlot), &i64)| {
            if slot.import_limit < *own { (price.0 - slot.import as f64 * 1e-8).max(0.0) } else { 0.0 }
        };
        Some(Elastic { cost: point.cost + base, surcharges: slots.map(surcharge).collect() })
    }

    /// What surcharges on all slots come to a kW of peak, in p.
    fn weight(&self, surcharges: &[f64]) -> f64 {
        let hours = |index: usize| self.site.seconds_of(index) as f64 / 3_600.0;
        surcharges.iter().enumerate().map(|(index, surcharge)| surcharge * hours(index)).sum()
    }

    /// The cheapest limit in power units, and surcharges that show it.
    fn cheapest_peak(&mut self, own: &[i64], price: &PeakPrice) -> Option<(i64, Vec<f64>)> {
        let per_kw = price.per_kw.units() as f64 * 1e-20;
        let shortest = (0..own.len()).map(|index| self.site.seconds_of(index)).min()?.max(1);
        let dear = 2.0 * per_kw * 3_600.0 / shortest as f64;
        let so_far = price.so_far.units();
        let root = self.root();
        let mut top = so_far;
        for index in 0..own.len() {
            let take: i64 = self
                .engines
                .iter()
                .zip(&root.bounds)
                .map(|(engine, bounds)| engine.reach(index, bounds).0)
                .sum();
            let load = self.meter.slots.get(index).map_or(0, |slot| slot.load.max(0));
            top = top.max(take.saturating_add(load) / self.site.seconds_of(index).max(1) + 1);
        }
        let total = |problem: &mut Self, peak: i64| {
            let elastic = problem.elastic(own, peak, dear);
            elastic.map_or(f64::INFINITY, |e| e.cost + per_kw * (peak - so_far) as f64 * 1e-8)
        };
        // Golden section: the relaxation's cost is convex in the limit.
        let (mut low, mut high) = (so_far, top);
        let inner = |low: i64, high: i64| {
            let part = ((high - low) as f64 * 0.381_966_011_250_105) as i64;
            (low + part, high - part)
        };
        let (mut a, mut b) = inner(low, high);
        let (mut at_a, mut at_b) = (total(self, a), total(self, b));
        for _ in 0..STEPS {
            if high - low < 8 {
                break;
            }
            if at_a > at_b || at_a.is_infinite() {
                low = a;
                (a, at_a) = (b, at_b);
                b = inner(low, high).1;
                at_b = total(self, b);
            } else {
                high = b;
                (b, at_b) = (a, at_a);
                a = inner(low, high).0;
                at_a = total(self, a);
            }
        }
        let ends = [(total(self, so_far), so_far), (at_a, a), (at_b, b)];
        let peak = ends.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, peak)| peak)?;
        // On both sides of the cheapest limit: a mean of their surcharges comes to the price of the peak.
        let aside = (top / 10_000).max(100);
        let above = self.elastic(own, peak + aside, dear)?;
        let below = (peak - aside >= so_far).then(|| self.elastic(own, peak - aside, dear)).flatten();
        // Where the lines on both sides meet is the limit, more exactly than any search finds it.
        let mut peak = peak;
        if let Some(below) = &below {
            let slopes = (self.weight(&below.surcharges), self.weight(&above.surcharges));
            let apart = 2.0 * aside as f64 * 1e-8;
            let off = (below.cost - above.cost - slopes.1 * apart) / (slopes.0 - slopes.1);
            if off.is_finite() && off > 0.0 && off < apart {
                peak = peak - aside + (off * 1e8).round() as i64;
            }
        }
        let above = above.surcharges;
        let below = below.map_or_else(|| above.clone(), |elastic| elastic.surcharges);
        let (over, under) = (self.weight(&below), self.weight(&above));
        let part = if over > under { ((per_kw - under) / (over - under)).clamp(0.0, 1.0) } else { 0.0 };
        let mean: Vec<f64> = above.iter().zip(&below).map(|(a, b)| a + part * (b - a)).collect();
        let weight = self.weight(&mean);
        let scale = if weight > per_kw { per_kw / weight } else { 1.0 };
        Some((peak, mean.iter().map(|surcharge| surcharge * scale).collect()))
    }

    /// Imports dearer by whole surcharges, together never more than the peak's price; what they come to a power unit of peak, in
    /// 10⁻²⁰ p times `RAW`.
    fn surcharge(&mut self, own: &[i64], surcharges: &[f64], price: &PeakPrice) -> i128 {
        self.limit(own, i64::MAX);
        let most = price.per_kw.units().saturating_mul(RAW) / UNITS;
        let mut weight = 0_i128;
        for (index, (slot, surcharge)) in self.meter.slots.iter_mut().zip(surcharges).enumerate() {
            let seconds = i128::from(self.site.seconds_of(index).max(1));
            let room = (most - weight).max(0) / (seconds * PRODUCT_TO_MONEY);
            let whole = ((surcharge * 1e8).floor() as i64).clamp(0, i64::try_from(room).unwrap_or(i64::MAX));
            slot.import = slot.import.saturating_add(whole);
            weight += i128::from(whole) * seconds * PRODUCT_TO_MONEY;
        }
        // What rounding down has left is shared out, one unit a slot.
        for (index, (slot, _)) in self
            .meter
            .slots
            .iter_mut()
            .zip(surcharges)
            .enumerate()
            .filter(|(_, (_, surcharge))| **surcharge > 0.0)
        {
            let one = i128::from(self.site.seconds_of(index).max(1)) * PRODUCT_TO_MONEY;
            if weight + one <= most {
                slot.import = slot.import.saturating_add(1);
                weight += one;
            }
        }
        weight
    }
}

impl Fleet {
    /// The cheapest plan found where the highest import costs too, with a bound; both with what the peak costs beyond the one so far.
    /// `go_on` is asked as by `plan_while`.
    pub fn plan_with_peak(
        &self,
        site: &Site,
        price: &PeakPrice,
        go_on: &mut dyn FnMut(&Standing) -> bool,
    ) -> Result<FleetPlan> {
        price.check()?;
        self.with_problem(site, |problem| {
            let own: Vec<i64> = problem.meter.slots.iter().map(|slot| slot.import_limit).collect();
            let mut limited = problem.clone();
            let Some((peak, surcharges)) = limited.cheapest_peak(&own, price) else {
                return Err(self.no_plan(site, false, None));
            };
            let mut dearer = problem.clone();
            let weight = dearer.surcharge(&own, &surcharges, price);
            let bound = search(&dearer, PROVEN, go_on);
            if bound.least == i128::MAX {
                return Err(self.no_plan(site, true, bound.refused));
            }
            // No peak is below the one so far.
            let free = weight.saturating_mul(i128::from(price.so_far.units())).div_euclid(RAW) + 1;
            let least = bound.least.saturating_sub(free);
            let mut best: Option<(i128, Plan, i64)> = None;
            let mut parts = bound.parts;
            for peak in near(peak) {
                limited.limit(&own, peak);
                // A limit that is a trifle too low is not searched for long.
                let mut go_on = |standing: &Standing| {
                    go_on(standing) && (standing.cost.is_some() || standing.parts < PARTS)
                };
                let found = search(&limited, PROVEN, &mut go_on);
                parts += found.parts;
                let (Some(plan), Some(charge)) = (found.plan, price.charge(peak)) else { continue };
                let cost = plan.cost.saturating_add(charge);
                if best.as_ref().is_none_or(|(known, ..)| cost < *known) {
                    best = Some((cost, plan, peak));
                }
                if cost.saturating_sub(least) <= PROVEN {
                    break;
                }
            }
            let Some((cost, plan, peak)) = best else {
                return Err(self.no_plan(site, false, bound.refused));
            };
            limited.limit(&own, peak);
            let (cost, bound) = (Money::from_units(cost)?, Money::from_units(least.min(cost))?);
            let plan = self.shown(&limited, &plan, cost, bound, parts)?;
            Ok(FleetPlan { peak: Some(Power::per_hour(Energy::from_units(peak)?)), ..plan })
        })
    }
}
