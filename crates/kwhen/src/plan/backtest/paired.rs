//! Two strategies day by day: whether one is better, or was lucky.

use super::StrategyOutcome;
use crate::draws::Draws;
use crate::error::{Error, Result};
use crate::quantity::{Money, Rounding, divide};
use crate::time::{Calendar, PeriodKind};

/// How many histories are drawn, how many days in a row each draw takes, and what the draws begin with: always the same.
const DRAWS: usize = 2_000;
const BLOCK: usize = 7;
const SEED: u64 = 0x6b77_6865_6e20_6461;

/// The mean daily difference between two strategies over the same days, and the interval in which it lies 95 times in a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paired {
    /// What the one costs more a day on average (negative: less), rounded half to even at 10⁻²⁰ p.
    pub mean: Money,
    /// The 2.5th hundredth of the means of drawn histories.
    pub low: Money,
    /// The 97.5th.
    pub high: Money,
    /// How many days there are.
    pub days: usize,
}

impl StrategyOutcome {
    /// The cost day by day beside another outcome of the same back-test: the mean difference and a 95 % interval by a block bootstrap (2 000
    /// histories, drawn a week in a row since days that follow each other are alike; the draws are the same each time). An error where the
    /// outcomes are of different periods or there is no day.
    pub fn beside(&self, other: &Self, calendar: &Calendar) -> Result<Paired> {
        let (own, others) = (self.by(PeriodKind::Day, calendar)?, other.by(PeriodKind::Day, calendar)?);
        if own.len() != others.len() || self.site.span() != other.site.span() {
            return Err(Error::misaligned("two outcomes of different periods are not compared day by day"));
        }
        let differences = own.iter().zip(&others).map(|(own, other)| {
            own.cost
                .checked_sub(other.cost)
                .ok_or_else(|| Error::out_of_range("a difference is beyond the range of p"))
        });
        paired(&differences.collect::<Result<Vec<_>>>()?)
    }
}

/// The mean of daily differences and its interval.
fn paired(differences: &[Money]) -> Result<Paired> {
    let days = differences.len();
    if days == 0 {
        return Err(Error::missing("there is no day to compare"));
    }
    let sum = |units: i128| Money::from_units(divide(units, days as i128, Rounding::HalfEven));
    let whole: i128 = differences.iter().map(|difference| difference.units()).sum();
    let block = BLOCK.min(days);
    // The sum of each block, round the end to the beginning, and of each shorter last one.
    let around = |start: usize, length: usize| -> i128 {
        differences.iter().cycle().skip(start).take(length).map(|difference| difference.units()).sum()
    };
    let blocks: Vec<i128> = (0..days).map(|start| around(start, block)).collect();
    let rest = days % block;
    let rests: Vec<i128> = (0..days).map(|start| around(start, rest)).collect();
    let mut draws = Draws::new(SEED);
    let mut draw = |sums: &[i128]| sums.get(draws.below(sums.len())).copied().unwrap_or(0);
    let mut means: Vec<i128> =
        (0..DRAWS).map(|_| (0..days / block).map(|_| draw(&blocks)).sum::<i128>() + draw(&rests)).collect();
    means.sort_unstable();
    let at = |hundredths: usize| means.get(hundredths * (DRAWS - 1) / 1_000).copied().unwrap_or(whole);
    Ok(Paired { mean: sum(whole)?, low: sum(at(25))?, high: sum(at(975))?, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(units: &[i64]) -> Vec<Money> {
        units.iter().map(|pence| Money::from_units(i128::from(*pence) * 10_i128.pow(20)).unwrap()).collect()
    }

    #[test]
    fn the_interval_holds_the_mean_and_is_the_same_each_time() {
        let differences = money(&(0..365).map(|day| (day * 7919 % 23) - 8).collect::<Vec<i64>>());
        let one = paired(&differences).unwrap();
        assert!(one.low <= one.mean && one.mean <= one.high, "{one:?}");
        assert_eq!(one, paired(&differences).unwrap());
        // The mean of 0..23 less 8 is 3; a few days are over.
        assert!(one.low > Money::ZERO, "{one:?}");
        // Days in a row differ more than the interval of days drawn alone: a long spell makes it wider.
        let spell: Vec<i64> = (0..364).map(|day| if day % 28 < 14 { 10 } else { -4 }).collect();
        let (spell, mixed): (Paired, Paired) = (
            paired(&money(&spell)).unwrap(),
            paired(&money(&(0..364).map(|day| if day % 2 == 0 { 10 } else { -4 }).collect::<Vec<i64>>()))
                .unwrap(),
        );
        assert_eq!(spell.mean, mixed.mean);
        assert!(spell.high.units() - spell.low.units() > 2 * (mixed.high.units() - mixed.low.units()));
    }

    #[test]
    fn equal_days_leave_no_doubt() {
        let same = paired(&money(&[-3; 10])).unwrap();
        assert_eq!((same.low, same.mean, same.high, same.days), (same.mean, same.mean, same.mean, 10));
        assert!(paired(&[]).is_err());
    }
}
