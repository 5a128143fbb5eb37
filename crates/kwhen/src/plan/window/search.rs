//! From a request to its windows.

use super::super::{Aim, Binding, Prefer, SlotPrices, gcd};
use super::contiguous::{Start, cheapest_in, cost_of_run};
use super::opening::{self, Segments};
use super::request::Load;
use super::split::{Pattern, Quantum, Split};
use super::{Alternatives, Amount, Found, Shortage, Window, WindowRequest, WindowWhyNot, pay, rate_of};
use crate::error::Result;
use crate::quantity::UnitRate;
use crate::time::{Span, instant_text};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

impl WindowRequest {
    /// The best windows, or why there is none. An error only for a request that makes no sense, or that is too large to be
    /// searched exactly.
    pub fn find(&self, prices: &SlotPrices) -> Result<Found> {
        self.check_with(prices)?;
        let search = Search::new(self, prices);
        let open = search.open();
        let windows = search.windows(&open, self.top)?;
        let shortage = if windows.is_empty() { Some(search.shortage(&open)?) } else { None };
        Ok(Found { windows, shortage })
    }

    /// The least cost for each number of starts, fewest first, as far as more starts lower it: one call for the whole choice between
    /// convenience and money. For a split run; at most so many starts as the request allows, or 16 where it says nothing.
    pub fn frontier(&self, prices: &SlotPrices) -> Result<Vec<Window>> {
        self.check_with(prices)?;
        let search = Search::new(self, prices);
        let open = search.open();
        let Load::Split(_) = self.load else { return search.windows(&open, 1) };
        let Some(mut frame) = search.frame(&open) else { return Ok(Vec::new()) };
        frame.split.max_starts = Some(self.max_starts.unwrap_or(16));
        if frame.split.needed > frame.split.quanta.len() && !frame.split.up_to {
            return Ok(Vec::new());
        }
        Ok(frame.split.frontier()?.iter().map(|pattern| search.window_of(&frame, pattern)).collect())
    }

    /// Why the load does not start at an instant: the best plan that does, and how much dearer it is.
    pub fn why_not(&self, prices: &SlotPrices, start: DateTime<Utc>) -> Result<WindowWhyNot> {
        self.check_with(prices)?;
        let search = Search::new(self, prices);
        let open = search.open();
        let best = search.windows(&open, 1)?.into_iter().next();
        let window = search.starting_at(&open, search.prices.offset(start.timestamp()))?;
        let (dearer, message) = match (&window, &best) {
            (None, _) => (None, "no run as asked for can start then".to_owned()),
            (Some(window), Some(best)) => {
                let dearer = window.dearer_than(best);
                let minor = prices.currency().minor();
                let message = if window.score == best.score {
                    "as good as the best".to_owned()
                } else if prices.is_tied() && dearer == UnitRate::ZERO {
                    "as cheap as the best, and less green".to_owned()
                } else if self.aim == Aim::Dearest {
                    format!("{:.4} {minor}/kWh less on average than the best", -dearer)
                } else {
                    format!("{dearer:.4} {minor}/kWh dearer on average than the best")
                };
                (Some(dearer), message)
            }
            (Some(_), None) => (None, "the best was not found".to_owned()),
        };
        Ok(WindowWhyNot {
            start,
            window,
            dearer_by_minor_per_kwh: dearer,
            message: format!("{}: {message}", instant_text(start)),
        })
    }
}

/// A request on prices.
pub(super) struct Search<'a> {
    request: &'a WindowRequest,
    /// As they decide: turned round where the dearest is wanted.
    prices: Cow<'a, SlotPrices>,
    /// As they are paid.
    paid: &'a SlotPrices,
}

/// A split search in quanta of time.
struct Frame {
    split: Split,
    quantum: i64,
    start: i64,
}

impl<'a> Search<'a> {
    pub(super) fn new(request: &'a WindowRequest, paid: &'a SlotPrices) -> Self {
        let prices = match request.aim {
            Aim::Cheapest => Cow::Borrowed(paid),
            Aim::Dearest => Cow::Owned(paid.negated()),
        };
        Self { request, prices, paid }
    }

    /// The time allowed, whatever the prices.
    fn allowed(&self) -> Segments {
        let end = self.paid.grid().len() as i64 * self.paid.slot_seconds();
        let mut allowed = Vec::from([(0, end)]);
        let during = self.request.during.as_ref().map(std::slice::from_ref);
        for spans in [self.request.within.as_deref(), during].into_iter().flatten() {
            allowed = opening::intersect(&allowed, &opening::of_spans(self.paid, spans));
        }
        if !self.request.blocked.is_empty() {
            allowed = opening::subtract(&allowed, &opening::around_spans(self.paid, &self.request.blocked));
        }
        allowed
    }

    fn open_with(&self, prices: &SlotPrices, floor: Option<UnitRate>, ceiling: Option<UnitRate>) -> Segments {
        let priced = opening::priced(prices, floor, ceiling);
        let open = opening::intersect(&self.allowed(), &priced);
        if self.request.whole_slots { opening::whole_slots(&open, self.paid.slot_seconds()) } else { open }
    }

    /// The time that may be used.
    pub(super) fn open(&self) -> Segments {
        self.open_with(self.paid, self.request.price_floor, self.request.price_cap)
    }

    pub(super) fn windows(&self, open: &[(i64, i64)], count: usize) -> Result<Vec<Window>> {
        if count <= 1 || self.request.alternatives == Alternatives::Different {
            return self.different(open, count);
        }
        let mut open = open.to_vec();
        let mut windows = Vec::new();
        while windows.len() < count {
            let Some(window) = self.different(&open, 1)?.into_iter().next() else { break };
            open = opening::subtract(&open, &opening::of_spans(self.paid, &window.blocks));
            windows.push(window);
        }
        Ok(windows)
    }

    fn different(&self, open: &[(i64, i64)], count: usize) -> Result<Vec<Window>> {
        match &self.request.load {
            Load::Profile(profile) if self.request.amount == Amount::AtMost => {
                // Time before price: as much of the profile as the longest stretch has room for.
                let longest = open.iter().map(|(from, to)| (to - from) / 60 * 60).max().unwrap_or(0);
                let Some(profile) = profile.beginning(longest.min(profile.length())) else {
                    return Ok(Vec::new());
                };
                let request = WindowRequest {
                    load: Load::Profile(profile),
                    amount: Amount::Exactly,
                    ..self.request.clone()
                };
                Search::new(&request, self.paid).different(open, count)
            }
            Load::Unbroken(seconds)
                if self.request.amount == Amount::Exactly && self.request.running_for.is_none() =>
            {
                Ok(self.unbroken(open, *seconds, count))
            }
            Load::Profile(profile) => {
                let values = self.prices.deciding_units();
                let slot = self.prices.slot_seconds();
                let mut starts: Vec<Start> = Vec::new();
                for segment in open {
                    starts.extend(profile.candidates(values, slot, *segment));
                    let cost = |second| Start { second, cost: profile.cost_at(values, slot, second) };
                    starts.extend(self.previous_edges(*segment, profile.length()).map(cost));
                }
                Ok(self.ranked(starts, count))
            }
            Load::Unbroken(_) | Load::Split(_) => self.split(open, count),
        }
    }

    fn unbroken(&self, open: &[(i64, i64)], seconds: i64, count: usize) -> Vec<Window> {
        let slot = self.prices.slot_seconds();
        let mut starts: Vec<Start> = Vec::new();
        for segment in open {
            if count == 1 && self.request.previous.is_empty() {
                starts.extend(cheapest_in(&self.prices, *segment, seconds, self.request.prefer));
                continue;
            }
            let (from, last) = (segment.0, segment.1 - seconds);
            let values = self.prices.deciding_units();
            let cost = |second| Start { second, cost: cost_of_run(values, slot, second, second + seconds) };
            // Starts on a boundary, ends on one, and the ends of the time allowed.
            let on = |phase: i64| {
                let first = from + (phase - from).rem_euclid(slot);
                (first..=last).step_by(usize::try_from(slot).unwrap_or(1))
            };
            let ends = [from, last].into_iter().filter(|_| from <= last);
            starts.extend(on(0).chain(on(-seconds)).chain(ends).map(cost));
            starts.extend(self.previous_edges(*segment, seconds).map(cost));
        }
        self.ranked(starts, count)
    }

    /// The starts at which a run begins or ends where a block of the plan in force does: among equally cheap starts, one of
    /// these, or one that is tried anyway, shares most with it.
    fn previous_edges(&self, segment: (i64, i64), seconds: i64) -> impl Iterator<Item = i64> {
        let blocks = opening::of_spans(self.paid, &self.request.previous);
        blocks
            .into_iter()
            .flat_map(move |(from, to)| [from, to, from - seconds, to - seconds])
            .filter(move |start| *start >= segment.0 && start + seconds <= segment.1)
    }

    fn ranked(&self, mut starts: Vec<Start>, count: usize) -> Vec<Window> {
        let previous = opening::of_spans(self.paid, &self.request.previous);
        let seconds = self.request.seconds();
        let key = |start: &Start| {
            let shared = opening::shared(&[(start.second, start.second + seconds)], &previous);
            let order = match self.request.prefer {
                Prefer::Earliest => start.second,
                Prefer::Latest => -start.second,
            };
            (start.cost, -shared, order)
        };
        if previous.is_empty() && count == 1 {
            let best = starts.into_iter().min_by_key(|start| match self.request.prefer {
                Prefer::Earliest => (start.cost, start.second),
                Prefer::Latest => (start.cost, -start.second),
            });
            return best.iter().map(|start| self.window_at(*start)).collect();
        }
        starts.sort_by_key(key);
        starts.dedup_by_key(|start| start.second);
        starts.truncate(count);
        starts.iter().map(|start| self.window_at(*start)).collect()
    }

    fn window_at(&self, start: Start) -> Window {
        let seconds = self.request.seconds();
        let blocks = [(start.second, start.second + seconds)];
        let paid = match &self.request.load {
            Load::Profile(profile) => {
                let cost = profile.cost_at(self.paid.paid_units(), self.paid.slot_seconds(), start.second);
                (cost, profile.weight())
            }
            Load::Unbroken(_) | Load::Split(_) => pay(self.paid, &blocks),
        };
        self.window(&blocks, 1, start.cost, paid)
    }

    fn window(&self, blocks: &[(i64, i64)], starts: usize, score: i128, paid: (i128, i128)) -> Window {
        Window {
            blocks: blocks.iter().map(|(from, to)| self.paid.span_of(*from, *to)).collect(),
            duration_minutes: opening::total(blocks) / 60,
            average_minor_per_kwh: rate_of(paid.0, paid.1),
            starts,
            score,
            paid,
        }
    }

    /// A window of constant power from its blocks.
    pub(super) fn window_of_blocks(&self, blocks: &[(i64, i64)], starts: usize) -> Window {
        let slot = self.prices.slot_seconds();
        let values = self.prices.deciding_units();
        let score = blocks.iter().map(|(from, to)| cost_of_run(values, slot, *from, *to)).sum();
        self.window(blocks, starts, score, pay(self.paid, blocks))
    }

    fn split(&self, open: &[(i64, i64)], count: usize) -> Result<Vec<Window>> {
        let Some(mut frame) = self.frame(open) else { return Ok(Vec::new()) };
        if frame.split.up_to {
            frame.split.needed = frame.split.needed.min(frame.split.quanta.len());
        } else if frame.split.needed > frame.split.quanta.len() {
            return Ok(Vec::new());
        }
        if count == 1 && !frame.split.settle_by_price() {
            return Ok(Vec::new());
        }
        let patterns = frame.split.best(count)?;
        Ok(patterns
            .iter()
            .filter(|pattern| pattern.contains(&true))
            .map(|pattern| self.window_of(&frame, pattern))
            .collect())
    }

    /// The search in quanta, over the time from the first minute that is open to the last.
    fn frame(&self, open: &[(i64, i64)]) -> Option<Frame> {
        let request = self.request;
        // Blocks begin and end on whole minutes: by the second the table would be too large.
        let open = opening::whole_minutes(open);
        let (first, last) = (open.first()?.0, open.last()?.1);
        let running = request.running_for.and(request.during);
        let now = |span: Span| (self.paid.offset(span.start_seconds()) + 59).div_euclid(60) * 60;
        let start = running.map_or(first, |span| now(span).clamp(0, first));
        let slot = self.prices.slot_seconds();
        let seconds = request.seconds();
        let must_run = request.running_for.map(|seconds| (request.min_run - seconds).max(0));
        let previous = opening::whole_minutes(&opening::of_spans(self.paid, &request.previous));
        let edges = open.iter().chain(&previous).flat_map(|(from, to)| [*from, *to]);
        let quantum = [slot, seconds, request.min_run, request.min_pause, start, must_run.unwrap_or(0)]
            .into_iter()
            .chain(edges)
            .fold(0, gcd);
        let values = self.prices.deciding_units();
        let worth = match (request.amount, request.aim) {
            (Amount::AtLeast, Aim::Cheapest) => request.worth.units(),
            (Amount::AtLeast, Aim::Dearest) => -request.worth.units(),
            (Amount::Exactly | Amount::AtMost, _) => 0,
        };
        let (mut segments, mut kept) = (open.iter().peekable(), previous.iter().peekable());
        let within = |segments: &mut std::iter::Peekable<std::slice::Iter<'_, (i64, i64)>>, second: i64| {
            while segments.next_if(|segment| segment.1 <= second).is_some() {}
            segments.peek().is_some_and(|segment| segment.0 <= second)
        };
        let quanta: Vec<Quantum> = (start..last)
            .step_by(usize::try_from(quantum).unwrap_or(1))
            .map(|second| {
                let index = usize::try_from(second / slot).unwrap_or(usize::MAX);
                let value = values.get(index).copied().unwrap_or(0);
                // All quanta are of one length, so their prices compare as their costs do.
                let cost = i128::from(value) - i128::from(worth);
                let closer = if previous.is_empty() {
                    0
                } else if within(&mut kept, second) {
                    1
                } else {
                    -1
                };
                Quantum { cost, closer, open: within(&mut segments, second), forced: false }
            })
            .collect();
        let places = |seconds: i64| usize::try_from(seconds / quantum).unwrap_or(usize::MAX);
        let max_starts = match request.load {
            Load::Unbroken(_) => Some(usize::from(request.running_for.is_none())),
            Load::Split(_) | Load::Profile(_) => request.max_starts,
        };
        let split = Split {
            quanta,
            needed: places(seconds),
            or_more: request.amount == Amount::AtLeast,
            up_to: request.amount == Amount::AtMost,
            max_starts,
            min_run: places(request.min_run).max(1),
            min_pause: places(request.min_pause).max(1),
            running: must_run.map(places),
            prefer: request.prefer,
        };
        Some(Frame { split, quantum, start })
    }

    fn window_of(&self, frame: &Frame, pattern: &Pattern) -> Window {
        let second = |place: usize| frame.start + place as i64 * frame.quantum;
        let mut blocks = Segments::new();
        for (place, _) in pattern.iter().enumerate().filter(|(_, runs)| **runs) {
            match blocks.last_mut() {
                Some(block) if block.1 == second(place) => block.1 += frame.quantum,
                _ => blocks.push((second(place), second(place + 1))),
            }
        }
        let runs_on = frame.split.running.is_some() && pattern.first().copied().unwrap_or(false);
        self.window_of_blocks(&blocks, blocks.len() - usize::from(runs_on && !blocks.is_empty()))
    }

    /// The window of an unbroken run that starts at a place.
    pub(super) fn starting(&self, second: i64) -> Window {
        let values = self.prices.deciding_units();
        let slot = self.prices.slot_seconds();
        let cost = match &self.request.load {
            Load::Profile(profile) => profile.cost_at(values, slot, second),
            Load::Unbroken(length) | Load::Split(length) => {
                cost_of_run(values, slot, second, second + length)
            }
        };
        self.window_at(Start { second, cost })
    }

    /// The best plan that starts at a place.
    fn starting_at(&self, open: &[(i64, i64)], second: i64) -> Result<Option<Window>> {
        let length = self.request.seconds();
        if !matches!(self.request.load, Load::Split(_)) && self.request.amount == Amount::Exactly {
            let fits = open.iter().any(|segment| segment.0 <= second && second + length <= segment.1);
            return Ok(fits.then(|| self.starting(second)));
        }
        // The quantum before is closed, and the one after must run: it is rewarded with more than any plan can cost.
        let around: Segments = open.iter().flat_map(|segment| cut(*segment, second)).collect();
        let Some(mut frame) = self.frame(&around) else { return Ok(None) };
        let Ok(place) = usize::try_from((second - frame.start).div_euclid(frame.quantum)) else {
            return Ok(None);
        };
        let reward: i128 = frame.split.quanta.iter().map(|quantum| quantum.cost.abs()).sum::<i128>() * 2 + 1;
        if let Some(before) = place.checked_sub(1).and_then(|before| frame.split.quanta.get_mut(before)) {
            before.open = false;
        }
        let Some(quantum) = frame.split.quanta.get_mut(place) else { return Ok(None) };
        quantum.cost -= reward;
        if frame.split.needed > frame.split.quanta.len() {
            return Ok(None);
        }
        let pattern = frame.split.best(1)?.into_iter().next();
        Ok(pattern
            .filter(|pattern| pattern.get(place).copied().unwrap_or(false))
            .map(|pattern| self.window_of(&frame, &pattern)))
    }

    /// Why nothing fits, and what comes nearest.
    fn shortage(&self, open: &[(i64, i64)]) -> Result<Shortage> {
        let request = self.request;
        let seconds = request.seconds();
        let fits = |open: &[(i64, i64)]| match request.load {
            Load::Split(_) => opening::total(open) >= seconds,
            Load::Unbroken(_) | Load::Profile(_) => open.iter().any(|(from, to)| to - from >= seconds),
        };
        let allowed = self.allowed();
        let unpriced = self.open_with(self.paid, None, None);
        let bad_prices = opening::subtract(&unpriced, &self.open());
        let without_gaps = opening::subtract(&allowed, &bad_prices);
        let (binds, message) = if fits(open) {
            (Binding::Runs, "the time is there, but not with these starts, runs and pauses")
        } else if !fits(&allowed) {
            (Binding::Time, "the time allowed is too short")
        } else if fits(&unpriced) {
            (Binding::Price, "too little of the time allowed is within the price floor and ceiling")
        } else if fits(&without_gaps) {
            (Binding::Data, "prices are missing for too much of the time allowed")
        } else {
            (
                Binding::Data,
                "prices are missing, or beyond the floor or ceiling, for too much of the time allowed",
            )
        };
        let nearest = self.nearest(open)?;
        let longest = nearest.as_ref().map_or(0, |window| window.duration_minutes);
        let message = format!("{message}: {} minutes were asked for, {longest} can be had", seconds / 60);
        Ok(Shortage { binds, message, nearest })
    }

    fn nearest(&self, open: &[(i64, i64)]) -> Result<Option<Window>> {
        let relaxed = match &self.request.load {
            Load::Profile(_) => WindowRequest { amount: Amount::AtMost, ..self.request.clone() },
            Load::Unbroken(seconds) => {
                let Some(longest) = open.iter().map(|(from, to)| (to - from) / 60 * 60).max() else {
                    return Ok(None);
                };
                WindowRequest { load: Load::Unbroken(longest.min(*seconds)), ..self.request.clone() }
            }
            Load::Split(_) => WindowRequest { amount: Amount::AtMost, ..self.request.clone() },
        };
        Ok(Search::new(&relaxed, self.paid).different(open, 1)?.into_iter().next())
    }
}

fn cut(segment: (i64, i64), second: i64) -> Vec<(i64, i64)> {
    if segment.0 < second && second < segment.1 {
        Vec::from([(segment.0, second), (second, segment.1)])
    } else {
        Vec::from([segment])
    }
}
