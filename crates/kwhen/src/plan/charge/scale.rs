//! One number for all that decides, and no larger than it must be.

use super::super::gcd;
use super::function::Number;
use super::model::Problem;
use crate::error::{Error, Result};

/// Shortfall, money, starts and closeness in one number, so that comparing it compares them in that order; and the common
/// divisors of all energies and of all prices, since an optimum lies on whole multiples of the first.
pub(super) struct Scale {
    pub(super) energy: i64,
    price: i64,
    pub(super) short: i128,
    pub(super) money: i128,
    pub(super) start: i128,
    pub(super) largest: i128,
}

impl Scale {
    pub(super) fn of(problem: &Problem) -> Result<Self> {
        let steps = &problem.steps;
        let energies = steps
            .iter()
            .flat_map(|step| {
                [step.most, if step.least > 1 { step.least } else { 0 }].into_iter().chain(step.brim)
            })
            .chain(problem.targets.iter().map(|target| target.level))
            .chain(problem.taper.iter().flat_map(|taper| taper.most.iter().copied().chain([taper.up_to])))
            .chain(steps.iter().flat_map(|step| step.tranches.iter().rev().skip(1).map(|tranche| tranche.0)))
            .chain([problem.capacity, problem.grain]);
        let prices = || steps.iter().flat_map(|step| step.tranches.iter().map(|tranche| tranche.1));
        let energy = energies.fold(0, gcd).max(1);
        let price = prices().fold(0, gcd).max(1);
        let dearest = prices().map(|price| i128::from(price).abs()).max().unwrap_or(0) / i128::from(price);
        let capacity = i128::from(problem.capacity.max(1)) / i128::from(energy) + 1;
        let moved: i128 = steps.iter().map(|step| i128::from(step.closer).abs()).sum();
        let start = 2 * moved + 1;
        let money = start * (steps.len() as i128 + 2);
        let draws: i128 = steps.iter().map(|step| i128::from(step.most) / i128::from(energy) + 1).sum();
        let too_large = || Error::out_of_range("the energies and prices are too large to plan with");
        let spent = dearest
            .checked_mul(capacity.min(draws))
            .and_then(|spent| spent.checked_mul(2))
            .ok_or_else(too_large)?;
        let short = spent.checked_add(2).and_then(|spent| spent.checked_mul(money)).ok_or_else(too_large)?;
        let missing = capacity
            .checked_mul(problem.targets.len() as i128 + 1)
            .and_then(|missing| missing.checked_add(draws));
        let largest = missing
            .and_then(|missing| missing.checked_mul(short))
            .and_then(|largest| largest.checked_mul(4))
            .filter(|largest| *largest < <i128 as Number>::LIMIT)
            .ok_or_else(too_large)?;
        Ok(Self { energy, price, short, money, start, largest })
    }

    /// A cost in units of the common divisors.
    pub(super) fn priced(&self, cost: i128) -> i128 {
        cost / (i128::from(self.energy) * i128::from(self.price))
    }

    /// The same with so much more on each start; `None` where that would be too large.
    pub(super) fn with_toll(&self, toll: i128, steps: usize) -> Option<Self> {
        let start = self.start.checked_add(toll)?;
        let tolls = toll.checked_mul(steps as i128 + 1)?.checked_mul(4)?;
        let largest = self.largest.checked_add(tolls).filter(|largest| *largest < <i128 as Number>::LIMIT)?;
        Some(Self { start, largest, ..*self })
    }

    /// What a plan comes to, of a problem in these units.
    pub(super) fn value(&self, problem: &Problem, draws: &[i64], starts: usize) -> i128 {
        let used = problem.steps.iter().zip(draws).filter(|(_, draw)| **draw > 0);
        let closer: i128 = used.map(|(step, _)| i128::from(step.closer)).sum();
        i128::from(problem.shortfall(draws)) * self.short
            + problem.money(draws) * self.money
            + starts as i128 * self.start
            - closer
    }

    /// In units of the common divisors.
    pub(super) fn down(&self, problem: &Problem) -> Problem {
        let mut scaled = problem.clone();
        let energy = |units: &mut i64| *units /= self.energy;
        for step in &mut scaled.steps {
            energy(&mut step.most);
            if step.least > 1 {
                energy(&mut step.least);
            }
            step.brim.iter_mut().for_each(energy);
            let ended = step.tranches.len().saturating_sub(1);
            for (place, tranche) in step.tranches.iter_mut().enumerate() {
                if place < ended {
                    energy(&mut tranche.0);
                }
                tranche.1 /= self.price;
            }
        }
        scaled.targets.iter_mut().for_each(|target| energy(&mut target.level));
        for taper in &mut scaled.taper {
            energy(&mut taper.up_to);
            taper.most.iter_mut().for_each(energy);
        }
        energy(&mut scaled.capacity);
        scaled
    }
}
