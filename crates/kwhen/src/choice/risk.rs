//! How the difference between two tariffs may turn out, and whether advice holds.

use crate::draws::Draws;
use crate::error::{Error, Result};
use crate::quantity::Money;
use crate::time::{Calendar, Period, PeriodKind, Span};
use chrono::{Datelike, TimeDelta};
use serde::Serialize;

/// The most histories that are drawn.
pub(super) const MOST_DRAWS: usize = 100_000;
/// How many days in a row a draw takes, since days that follow each other are alike.
const BLOCK: usize = 7;
/// How far from the day of the year that it stands for a block may be taken.
const SEASON: u32 = 30;

/// What an offer costs more than the one it is set beside (negative: less), over drawn histories as long as the period.
///
/// A history is drawn a week at a time: from the weeks that begin within 30 days of the same day of the year, in whichever year; the same
/// week for both offers, so that what is common to both does not blur the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Range {
    /// One in ten is below.
    pub p10_minor: Money,
    /// Half are below.
    pub p50_minor: Money,
    /// Nine in ten are below.
    pub p90_minor: Money,
    /// In how many of the histories it costs less.
    pub cheaper: usize,
    /// How many were drawn.
    pub draws: usize,
}

/// The weeks that stand for each week of the period, of as many histories as are asked for.
pub(super) struct Histories {
    /// First days of the weeks of a history, and how long each is.
    weeks: Vec<Vec<usize>>,
    lengths: Vec<usize>,
}

impl Histories {
    /// Draws them. An error for more than are drawn, and for a period shorter than a week.
    pub(super) fn drawn(days: &[Period], calendar: &Calendar, draws: usize, seed: u64) -> Result<Self> {
        if draws > MOST_DRAWS {
            return Err(Error::out_of_range(format!("at most {MOST_DRAWS} histories are drawn"))
                .with_value(draws.to_string()));
        }
        if days.len() < BLOCK {
            return Err(Error::missing("histories are drawn week by week: the period has no whole week"));
        }
        let of_year: Vec<u32> = days.iter().map(|day| calendar.local(day.span.from()).ordinal0()).collect();
        let near = |one: u32, other: u32| {
            let apart = one.abs_diff(other);
            apart.min(365_u32.saturating_sub(apart)) <= SEASON
        };
        let firsts = (0..days.len()).step_by(BLOCK);
        let lengths: Vec<usize> = firsts.clone().map(|first| BLOCK.min(days.len() - first)).collect();
        let candidates: Vec<Vec<usize>> = firsts
            .zip(&lengths)
            .map(|(first, length)| {
                let wanted = of_year.get(first).copied().unwrap_or(0);
                let starts = of_year.iter().take(days.len() - length + 1).enumerate();
                starts.filter(|(_, day)| near(**day, wanted)).map(|(place, _)| place).collect()
            })
            .collect();
        let mut drawn = Draws::new(seed);
        let mut history = || {
            let weeks = candidates.iter().map(|starts| starts.get(drawn.below(starts.len())).copied());
            weeks.map(|start| start.unwrap_or(0)).collect()
        };
        Ok(Self { weeks: (0..draws).map(|_| history()).collect(), lengths })
    }

    /// How the difference turns out in them; `None` where there is none.
    pub(super) fn range(&self, offer: &[Money], beside: &[Money]) -> Result<Option<Range>> {
        let mut sums = vec![0_i128];
        for (one, other) in offer.iter().zip(beside) {
            let more = one.units().checked_sub(other.units());
            let sum = more.and_then(|more| sums.last().copied().unwrap_or(0).checked_add(more));
            sums.push(sum.ok_or_else(|| Error::out_of_range("a difference is beyond the range of p"))?);
        }
        let at = |place: usize| sums.get(place).copied().unwrap_or(0);
        let total = |weeks: &Vec<usize>| -> i128 {
            weeks.iter().zip(&self.lengths).map(|(start, length)| at(start + length) - at(*start)).sum()
        };
        let mut totals: Vec<i128> = self.weeks.iter().map(total).collect();
        totals.sort_unstable();
        let Some(last) = totals.len().checked_sub(1) else { return Ok(None) };
        let hundredth =
            |hundredths: usize| Money::from_units(totals.get(hundredths * last / 100).copied().unwrap_or(0));
        Ok(Some(Range {
            p10_minor: hundredth(10)?,
            p50_minor: hundredth(50)?,
            p90_minor: hundredth(90)?,
            cheaper: totals.partition_point(|total| *total < 0),
            draws: totals.len(),
        }))
    }
}

/// Whether advice holds: in each month (or year) the offer that was cheapest in the one before is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Advice {
    /// How long advice is followed before it is given anew.
    pub every: AdviceEvery,
    /// How often it was put to the test.
    pub rounds: usize,
    /// How often the offer that was advised was the cheapest again.
    pub right: usize,
    /// What following it came to, over the rounds.
    pub followed_minor: Money,
    /// What the cheapest offer of each round would have come to.
    pub hindsight_minor: Money,
    /// What following the advice cost more than hindsight: its regret.
    pub regret_minor: Money,
    /// What staying on the present tariff would have cost more than hindsight, where the present one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stay_regret_minor: Option<Money>,
}

/// How long advice is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AdviceEvery {
    /// A month.
    Month,
    /// Twelve months.
    Year,
}

/// The places of the months that are whole.
pub(super) fn whole_months(months: &[Period], calendar: &Calendar) -> Result<Vec<usize>> {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(Vec::new()) };
    let around = Span::new(first.span.from() - TimeDelta::days(40), last.span.to() + TimeDelta::days(40))?;
    let whole = calendar.cut(PeriodKind::Month, around)?;
    let is_whole = |month: &Period| whole.iter().any(|other| other.span == month.span);
    Ok(months.iter().enumerate().filter(|(_, month)| is_whole(month)).map(|(place, _)| place).collect())
}

/// Puts advice to the test on costs of whole months, an offer a row.
pub(super) fn advice(offers: &[Vec<Money>], present: Option<usize>) -> Result<Vec<Advice>> {
    let months = offers.first().map_or(0, Vec::len);
    let mut all = Vec::new();
    for (every, length) in [(AdviceEvery::Month, 1), (AdviceEvery::Year, 12)] {
        let rounds = (months / length).saturating_sub(1);
        if rounds == 0 || offers.len() < 2 {
            continue;
        }
        let cost = |offer: &Vec<Money>, round: usize| {
            Money::sum(offer.iter().skip(round * length).take(length).copied())
        };
        let (mut right, mut followed, mut hindsight, mut stayed) = (0, Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let of = |round| offers.iter().map(|offer| cost(offer, round)).collect::<Result<Vec<_>>>();
            let (before, after) = (of(round)?, of(round + 1)?);
            let cheapest = |costs: &[Money]| {
                costs.iter().enumerate().min_by_key(|(_, cost)| **cost).map(|(place, _)| place)
            };
            let (Some(advised), Some(best)) = (cheapest(&before), cheapest(&after)) else { continue };
            let at = |place: usize| after.get(place).copied().unwrap_or_default();
            right += usize::from(at(advised) == at(best));
            followed.push(at(advised));
            hindsight.push(at(best));
            stayed.extend(present.map(at));
        }
        let (followed, hindsight) = (Money::sum(followed)?, Money::sum(hindsight)?);
        let beyond = || Error::out_of_range("a difference is beyond the range of p");
        let stayed = present.map(|_| Money::sum(stayed)).transpose()?;
        let stayed = stayed.map(|stayed| stayed.checked_sub(hindsight).ok_or_else(beyond)).transpose()?;
        all.push(Advice {
            every,
            rounds,
            right,
            followed_minor: followed,
            hindsight_minor: hindsight,
            regret_minor: followed.checked_sub(hindsight).ok_or_else(beyond)?,
            stay_regret_minor: stayed,
        });
    }
    Ok(all)
}
