//! Whether to keep the plan in force.

use super::super::SlotPrices;
use super::opening;
use super::request::Load;
use super::search::Search;
use super::{Amount, Window, WindowRequest};
use crate::error::Result;
use crate::quantity::UnitRate;
use crate::time::Span;
use serde::Serialize;

/// What was decided about the plan in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowDecision {
    /// It is kept: no other is better by as much as was stated.
    Keep,
    /// It is replaced by the best.
    Change,
    /// It no longer meets the request, so the best replaces it whatever it saves.
    Replace,
    /// Neither it nor any other plan meets the request.
    Nothing,
}

/// The plan in force beside the best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowComparison {
    /// What to do.
    pub decision: WindowDecision,
    /// The plan to follow from now on.
    pub window: Option<Window>,
    /// The best plan as prices stand; of equals, the one closest to the plan in force.
    pub best: Option<Window>,
    /// How much dearer each kWh is under the plan in force than under the best, on average; `None` where it no longer meets the
    /// request. Never negative (never positive where the dearest is wanted).
    pub keeping_costs_minor_per_kwh: Option<UnitRate>,
}

impl WindowRequest {
    /// Keeps the plan in force unless the best is better by more than so much a kWh on average.
    pub fn keep_unless_better(
        &self,
        prices: &SlotPrices,
        in_force: &[Span],
        by: UnitRate,
    ) -> Result<WindowComparison> {
        let request = self.clone().previous(in_force.iter().copied());
        let best = request.find(prices)?.windows.into_iter().next();
        let search = Search::new(&request, prices);
        let kept = request.meets(prices, &search, in_force);
        let costs = kept.as_ref().zip(best.as_ref()).map(|(kept, best)| kept.dearer_than(best));
        let (decision, window) = match (kept, &best, costs) {
            (Some(kept), Some(_), Some(costs)) if costs.units().abs() <= by.units() => {
                (WindowDecision::Keep, Some(kept))
            }
            (Some(_), Some(best), _) => (WindowDecision::Change, Some(best.clone())),
            (Some(kept), None, _) => (WindowDecision::Keep, Some(kept)),
            (None, Some(best), _) => (WindowDecision::Replace, Some(best.clone())),
            (None, None, _) => (WindowDecision::Nothing, None),
        };
        Ok(WindowComparison { decision, window, best, keeping_costs_minor_per_kwh: costs })
    }

    /// The plan in force as a window of this request, if it still meets it.
    fn meets(&self, prices: &SlotPrices, search: &Search<'_>, in_force: &[Span]) -> Option<Window> {
        let blocks = opening::of_spans(prices, in_force);
        let (seconds, ran) = (self.seconds(), opening::total(&blocks));
        let long_enough = match self.amount {
            Amount::Exactly => ran == seconds,
            Amount::AtLeast => ran >= seconds,
            Amount::AtMost => (1..=seconds).contains(&ran),
        };
        let runs_on = self.running_for.is_some()
            && self
                .during
                .zip(in_force.iter().min())
                .is_some_and(|(during, first)| during.from() == (*first).from());
        let starts = blocks.len().checked_sub(usize::from(runs_on))?;
        let unbroken = !matches!(self.load, Load::Split(_));
        let max_starts = if unbroken { Some(1) } else { self.max_starts };
        let already = if runs_on { self.running_for.unwrap_or(0) } else { 0 };
        let lasting = blocks
            .iter()
            .enumerate()
            .all(|(place, (from, to))| to - from + if place == 0 { already } else { 0 } >= self.min_run);
        let paused =
            blocks.iter().zip(blocks.iter().skip(1)).all(|(one, next)| next.0 - one.1 >= self.min_pause);
        let open = search.open();
        let allowed = opening::shared(&blocks, &open) == ran;
        let meets =
            long_enough && max_starts.is_none_or(|most| starts <= most) && lasting && paused && allowed;
        if !meets {
            return None;
        }
        match (&self.load, blocks.first()) {
            (Load::Profile(profile), Some((start, _))) => {
                let request = Self { load: Load::Profile(profile.beginning(ran)?), ..self.clone() };
                Some(Search::new(&request, prices).starting(*start))
            }
            _ => Some(search.window_of_blocks(&blocks, starts)),
        }
    }
}
