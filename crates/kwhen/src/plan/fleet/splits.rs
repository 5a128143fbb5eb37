//! Where a mix is not a plan.

use super::answers::Plan;
use super::columns::{Known, Mix};
use super::halves::Split;
use super::linear::KWH;
use super::linear::{Column, Relaxation};
use super::meter::{Corner, Ways};
use super::node::{Node, Problem, hull};
use super::relaxation::Point;
use super::settled::{Bounds, May};
use super::walk::{Linear, Walk};

/// What devices take and give in a slot in kWh, and what those take less what they give that no rule binds.
#[derive(Clone, Copy, Debug, Default)]
struct SlotSums {
    taken: f64,
    given: f64,
    free: f64,
}

impl Linear {
    /// Where a mix stores more, or draws less, than its mean power would: by how many kWh, and the two halves at the bend that makes
    /// it so. With `either` where it differs at all: what is lost may be worth something.
    fn power_split(
        &self,
        own: &[(f64, &Walk)],
        device: usize,
        slot: usize,
        may: &May,
        either: bool,
    ) -> Option<(f64, Split)> {
        let moved = || own.iter().filter_map(|(weight, walk)| Some((*weight, *walk.moved.get(slot)?)));
        let mean: f64 = moved().map(|(weight, energy)| weight * energy).sum();
        let charging = mean > 0.0;
        let mixed: f64 =
            moved().map(|(weight, energy)| weight * self.converted(charging, energy.abs())).sum();
        let alone = self.converted(charging, mean.abs());
        let gained = if charging { mixed - alone } else { alone - mixed };
        let (least, most) = if charging { may.charge_within } else { may.discharge_within };
        // The bend between which and either end the conversion is even.
        let stretches = if charging { &self.charge } else { &self.discharge };
        let mut length = 0.0;
        let mut bend: Option<(f64, i64)> = None;
        for pair in stretches.windows(2) {
            let [a, b] = pair else { continue };
            length += a.0;
            let at = (length / self.bus).round() as i64;
            let off = (length - mean.abs()).abs();
            let better = either || if charging { a.1 < b.1 } else { a.1 > b.1 };
            if better && at > least && at < most && bend.is_none_or(|(nearest, _)| off < nearest) {
                bend = Some((off, at));
            }
        }
        let (_, at) = bend?;
        let gained = if either { gained.abs() } else { gained };
        (gained > 1e-9).then_some((gained, Split::Power { device, slot, charging, at }))
    }
}

impl Linear {
    /// Where the end is worth more to a mix than to its mean: by how much, and the halves at the bend that makes it so.
    fn end_split(&self, own: &[(f64, &Walk)], device: usize) -> Option<(f64, Split)> {
        let cost = |level: f64| {
            let (mut from, mut sum) = (0.0, 0.0);
            for (to, rate) in &self.end {
                sum += (level.min(*to) - from).max(0.0) * rate;
                from = *to;
            }
            sum
        };
        let last = || {
            own.iter().filter_map(|(weight, walk)| Some((*weight, *walk.levels.last()? as f64 * self.level)))
        };
        let boundary = own.first()?.1.levels.len().checked_sub(1)?;
        let mean: f64 = last().map(|(weight, level)| weight * level).sum();
        let mixed: f64 = last().map(|(weight, level)| weight * cost(level)).sum();
        let least = last().map(|(_, level)| level).fold(f64::INFINITY, f64::min);
        let most = last().map(|(_, level)| level).fold(0.0, f64::max);
        let bends = self.end.windows(2).filter_map(|pair| match pair {
            [a, b] if a.1 > b.1 && a.0 > least && a.0 < most => Some(a.0),
            _ => None,
        });
        let bend = bends.min_by(|a, b| (a - mean).abs().total_cmp(&(b - mean).abs()))?;
        let gained = cost(mean) - mixed;
        let level = (bend / self.level).round() as i64;
        (gained > 1e-9).then_some((gained, Split::Level { device, boundary, level }))
    }

    /// Where a mix loses less standing than its mean does, since some of it is empty: by how many kWh, and empty or not.
    fn loss_split(&self, own: &[(f64, &Walk)], device: usize, slot: usize) -> Option<(f64, Split)> {
        if self.loss <= 0.0 {
            return None;
        }
        let drawn = self.draws.get(slot).copied().unwrap_or(0.0);
        let (mut lost, mut empty, mut filled) = (0.0, 0.0, 0.0);
        for (weight, walk) in own {
            let (before, after) = (*walk.levels.get(slot)?, *walk.levels.get(slot + 1)?);
            let moved = *walk.moved.get(slot)?;
            let stored = self.converted(moved > 0.0, moved.abs()) * moved.signum();
            lost += weight * (stored - drawn - (after - before) as f64 * self.level);
            *(if after == 0 { &mut empty } else { &mut filled }) += weight;
        }
        let kept = self.loss * self.lengths.get(slot).copied().unwrap_or(1.0) - lost;
        let split = Split::Level { device, boundary: slot + 1, level: 0 };
        (kept > 1e-9 && empty > 1e-6 && filled > 1e-6).then_some((kept, split))
    }
}

impl Problem<'_> {
    /// How a slot's meter is settled further: its way, and then whether it stands still where a rule makes that a choice.
    fn way_split(&self, node: &Node, slot: usize) -> Option<Split> {
        let ways = node.ways.get(slot).copied()?;
        if ways == Ways::BOTH {
            return Some(Split::Ways { slot });
        }
        let open = |pick: fn(&Bounds, &May) -> bool| {
            node.bounds.iter().any(|bounds| bounds.may.get(slot).is_some_and(|may| pick(bounds, may)))
        };
        let import = ways.import && open(|bounds, may| bounds.surplus_only && may.charge);
        let export = ways.export && open(|bounds, may| bounds.load_only && may.discharge);
        (import || export).then_some(Split::Still { slot })
    }

    /// What each device takes and gives on average in a mix, in kWh.
    pub(super) fn mixed(&self, known: &[Known], mix: &Mix) -> Vec<Vec<(f64, f64)>> {
        let mut energies = vec![vec![(0.0, 0.0); self.meter.slots.len()]; self.engines.len()];
        for (weight, place) in &mix.weights {
            let Some(one) = known.get(*place) else { continue };
            let Some(device) = energies.get_mut(one.device) else { continue };
            for (cell, flow) in device.iter_mut().zip(&one.walk.flows) {
                let energy = flow.nearest() as f64 * KWH * weight;
                if energy > 0.0 {
                    cell.0 += energy;
                } else {
                    cell.1 -= energy;
                }
            }
        }
        energies
    }

    /// What all devices take and give in a slot.
    fn sums_of_slot(&self, energies: &[Vec<(f64, f64)>], slot: usize) -> SlotSums {
        let mut sums = SlotSums::default();
        for (linear, own) in self.linear.iter().zip(energies) {
            let (taken, given) = own.get(slot).copied().unwrap_or_default();
            *(if linear.less_given { &mut sums.free } else { &mut sums.taken }) += taken;
            if linear.less_taken {
                sums.free -= given;
            } else {
                sums.given += given;
            }
        }
        sums
    }

    /// Where a mix of walks is not a plan, the worst first.
    pub(super) fn splits_of_mix(&self, node: &Node, known: &[Known], mix: &Mix) -> Vec<(f64, Split)> {
        let energies = self.mixed(known, mix);
        let mut splits = Vec::new();
        for slot in 0..node.ways.len() {
            let sums = self.sums_of_slot(&energies, slot);
            let off = self.real_cost(slot, &sums) - mix.meter.get(slot).copied().unwrap_or(0.0);
            if off > 1e-7 {
                splits.extend(self.way_split(node, slot).map(|split| (off, split)));
            }
        }
        if !self.turns.is_empty() {
            let walks: Vec<_> = (0..self.engines.len()).map(|device| mix.of_device(known, device)).collect();
            let running = |device: usize, slot: usize| {
                let runs = |walk: &Walk| walk.doing.get(slot).is_some_and(|doing| *doing != 0);
                let own = walks.get(device).into_iter().flatten();
                own.filter(|(_, walk)| runs(walk)).map(|(weight, _)| weight).sum()
            };
            (0..self.turns.len()).for_each(|place| self.turn_at_once(node, place, &mut splits, running));
        }
        for (device, (linear, bounds)) in self.linear.iter().zip(&node.bounds).enumerate() {
            let own = mix.of_device(known, device);
            for (slot, may) in bounds.may.iter().enumerate() {
                let share = |wanted: i8| -> f64 {
                    own.iter()
                        .filter(|(_, walk)| walk.doing.get(slot) == Some(&wanted))
                        .map(|(weight, _)| weight)
                        .sum()
                };
                let (charging, discharging) = (share(1), share(-1));
                let (taken, given) =
                    energies.get(device).and_then(|d| d.get(slot)).copied().unwrap_or_default();
                let price = node.prices.meter.get(slot).map_or(1.0, |p| p.0.abs().max(p.1.abs())) + 0.1;
                let both = charging > 1e-6 && discharging > 1e-6;
                let curved = linear.charge.len() > 1 || linear.discharge.len() > 1;
                if curved
                    && !both
                    && let Some((gained, split)) = linear.power_split(&own, device, slot, may, false)
                {
                    splits.push((gained * price, split));
                }
                for (part, energy, least, open, split) in [
                    (charging, taken, linear.least.0, may.charge, Split::Charge { device, slot }),
                    (discharging, given, linear.least.1, may.discharge, Split::Discharge { device, slot }),
                ] {
                    let settled = !(may.idle || may.charge && may.discharge);
                    let low = least > 0.0 && energy > 1e-7 && energy < least - 1e-7;
                    let fraction = part.min(1.0 - part);
                    if open && !settled && fraction > 1e-6 && (both || low || linear.counts) {
                        splits.push((fraction * price * energy.max(0.05), split));
                    }
                }
            }
            splits.extend(linear.end_split(&own, device));
            let price =
                |slot: usize| node.prices.meter.get(slot).map_or(1.0, |p| p.0.abs().max(p.1.abs())) + 0.1;
            let empty = (0..bounds.may.len()).filter_map(|slot| {
                let (kept, split) = linear.loss_split(&own, device, slot)?;
                Some((kept * price(slot), split))
            });
            splits.extend(empty);
        }
        splits.sort_by(|a, b| b.0.total_cmp(&a.0));
        splits
    }

    /// Where two members of an exclusion have a part in one slot: the lesser of them rests, or all others do.
    fn turn_at_once(
        &self,
        node: &Node,
        place: usize,
        splits: &mut Vec<(f64, Split)>,
        share: impl Fn(usize, usize) -> f64,
    ) {
        let Some(turn) = self.turns.get(place) else { return };
        for slot in 0..node.ways.len() {
            let members = (0..self.engines.len()).filter(|device| turn.has(*device));
            let mut shares: Vec<(f64, usize)> = members.map(|device| (share(device, slot), device)).collect();
            shares.sort_by(|a, b| b.0.total_cmp(&a.0));
            if let Some((least, device)) = shares.get(1).copied().filter(|(least, _)| *least > 1e-6) {
                let price = node.prices.meter.get(slot).map_or(1.0, |p| p.0.abs().max(p.1.abs())) + 0.1;
                let energy = turn.reach(device, slot) as f64 * KWH;
                splits.push((least * price * energy, Split::Turn { turn: place, device, slot }));
            }
        }
    }

    /// Levels in which a mix's walks differ, the widest first: what is left where nothing says why a mix is no plan.
    pub(super) fn levels_of_mix(&self, node: &Node, known: &[Known], mix: &Mix) -> Vec<(f64, Split)> {
        let mut splits = Vec::new();
        for (device, (linear, bounds)) in self.linear.iter().zip(&node.bounds).enumerate() {
            let own = mix.of_device(known, device);
            for (slot, may) in bounds.may.iter().enumerate() {
                let split = linear.power_split(&own, device, slot, may, true);
                splits.extend(split.map(|(off, split)| (off + 1_000.0, split)));
            }
            for (boundary, (lo, hi)) in bounds.lo.iter().zip(&bounds.hi).enumerate().skip(1) {
                let (mut least, mut most, mut mean) = (i64::MAX, i64::MIN, 0.0);
                for (weight, walk) in &own {
                    let Some(level) = walk.levels.get(boundary).copied() else { continue };
                    (least, most, mean) = (least.min(level), most.max(level), mean + weight * level as f64);
                }
                let level = (mean as i64).clamp(least, most.saturating_sub(1).max(least));
                let wide = (most.saturating_sub(least)) as f64 * linear.level;
                if least < most && wide > 1e-7 && level >= *lo && level < *hi {
                    splits.push((wide, Split::Level { device, boundary, level }));
                }
            }
        }
        splits.sort_by(|a, b| b.0.total_cmp(&a.0));
        splits
    }

    /// What each device takes from the meter's side and gives there in kWh.
    pub(super) fn energies(&self, point: &Point, relaxation: &Relaxation) -> Vec<Vec<(f64, f64)>> {
        self.sums(point, relaxation, |column| column.meter)
    }

    /// Values by device and slot of the columns that `pick` takes: those above zero and those below.
    fn sums(
        &self,
        point: &Point,
        relaxation: &Relaxation,
        pick: impl Fn(&Column) -> Option<(usize, f64)>,
    ) -> Vec<Vec<(f64, f64)>> {
        let mut energies = vec![vec![(0.0, 0.0); relaxation.stages.len()]; self.engines.len()];
        for (slot, (stage, values)) in relaxation.stages.iter().zip(&point.columns).enumerate() {
            for (column, value) in stage.columns.iter().zip(values) {
                let Some((device, way)) = pick(column) else { continue };
                if let Some(cell) = energies.get_mut(device).and_then(|device| device.get_mut(slot)) {
                    if way > 0.0 {
                        cell.0 += value;
                    } else {
                        cell.1 += value;
                    }
                }
            }
        }
        energies
    }

    /// Where a relaxation's mix is not a plan, the worst first, in pence.
    pub(super) fn splits(
        &self,
        node: &Node,
        point: &Point,
        relaxation: &Relaxation,
        corners: &[Vec<Corner>],
    ) -> Vec<(f64, Split)> {
        let energies = self.energies(point, relaxation);
        let mut splits = Vec::new();
        for (slot, corners) in corners.iter().enumerate() {
            let sums = self.sums_of_slot(&energies, slot);
            let (Some(stage), Some(values)) = (relaxation.stages.get(slot), point.columns.get(slot)) else {
                continue;
            };
            let mixed: f64 = stage
                .columns
                .iter()
                .zip(values)
                .filter(|(c, _)| c.store.is_none())
                .map(|(c, x)| c.cost * x)
                .sum();
            if let Some(split) = self.way_split(node, slot) {
                let base = if self.meter.is_paired(slot) {
                    0.0
                } else {
                    hull(corners).first().map_or(0.0, |corner| corner.cost as f64 * 1e-8 * KWH)
                };
                let real = self.real_cost(slot, &sums);
                let off = real - mixed - base;
                if off > 1e-9 {
                    splits.push((off, split));
                }
            }
        }
        for (place, turn) in self.turns.iter().enumerate() {
            self.turn_at_once(node, place, &mut splits, |device, slot| {
                let (taken, given) =
                    energies.get(device).and_then(|d| d.get(slot)).copied().unwrap_or_default();
                (taken + given) * turn.share(device, slot)
            });
        }
        // What its battery does, at the bus of a hybrid inverter where it has one.
        let moved = self.sums(point, relaxation, |column| column.store);
        for (device, (linear, energies)) in self.linear.iter().zip(&moved).enumerate() {
            for (slot, (taken, given)) in energies.iter().copied().enumerate() {
                let may = node.bounds.get(device).and_then(|b| b.may.get(slot)).copied().unwrap_or(May::ALL);
                let price = point.prices.get(slot).map_or(0.0, |p| p[0].abs()) + 0.01;
                if may.charge && may.discharge && taken > 1e-7 && given > 1e-7 {
                    let stored = linear.charge.first().map_or(1.0, |c| c.1);
                    let drawn = linear.discharge.first().map_or(1.0, |c| c.1);
                    let lost = taken.min(given) * (1.0 - stored / drawn) * price;
                    if lost > 1e-9 {
                        let split = if taken < given {
                            Split::Charge { device, slot }
                        } else {
                            Split::Discharge { device, slot }
                        };
                        splits.push((lost, split));
                    }
                }
                for (energy, least, open, split) in [
                    (taken, linear.least.0, may.charge, Split::Charge { device, slot }),
                    (given, linear.least.1, may.discharge, Split::Discharge { device, slot }),
                ] {
                    if open && may.idle && energy > 1e-7 && energy < least - 1e-7 {
                        splits.push((energy.min(least - energy) * price, split));
                    }
                }
            }
        }
        splits.sort_by(|a, b| b.0.total_cmp(&a.0));
        splits
    }

    /// The boundary at which a device's bests under the prices and its part of the plan differ most.
    pub(super) fn level_split(&self, node: &Node, walks: &[Walk], plan: &Plan) -> Option<(f64, Split)> {
        let mut best: Option<(f64, Split)> = None;
        for (device, (priced, planned)) in walks.iter().zip(&plan.walks).enumerate() {
            let unit = self.linear.get(device)?.level;
            for (boundary, (a, b)) in priced.levels.iter().zip(&planned.levels).enumerate().skip(1) {
                let bounds = node.bounds.get(device)?;
                let (lo, hi) = (*bounds.lo.get(boundary)?, *bounds.hi.get(boundary)?);
                let level = a.midpoint(*b);
                let off = (a - b).abs() as f64 * unit;
                if lo < hi
                    && level >= lo
                    && level < hi
                    && off > 1e-7
                    && best.as_ref().is_none_or(|(most, _)| off > *most)
                {
                    best = Some((off, Split::Level { device, boundary, level }));
                }
            }
        }
        best
    }

    /// What the meter really costs where the devices take and give so much, in p; huge where it cannot be.
    fn real_cost(&self, slot: usize, sums: &SlotSums) -> f64 {
        let SlotSums { taken, given, free } = *sums;
        let Some(slot) = self.meter.slots.get(slot) else { return 0.0 };
        let energy = |raw: i64| raw as f64 * KWH;
        let used = if self.meter.curtailment { 0.0 } else { energy(slot.solar) };
        let net = taken - given + free + energy(slot.load);
        let (low, high) = (net - energy(slot.solar), net - used);
        let import = self.meter.grid_charging || taken < 1e-9;
        let export = self.meter.battery_export || given < 1e-9;
        let (most, least) = (
            if import { energy(slot.import_limit) } else { 0.0 },
            if export { -energy(slot.export_limit) } else { 0.0 },
        );
        let price = |net: f64| net * 1e-8 * if net > 0.0 { slot.import as f64 } else { slot.export as f64 };
        let (from, to) = (low.max(least - 1e-9), high.min(most + 1e-9));
        if from > to + 1e-9 {
            return 1e6;
        }
        price(from).min(price(to)).min(if from <= 0.0 && to >= 0.0 { 0.0 } else { f64::INFINITY })
    }
}
