//! A load that draws a known power at each moment of its run.

use super::super::Power;
use super::contiguous::{Start, cost_of_run};
use crate::error::{Error, Result};
use crate::quantity::Energy;

/// The power that a load draws through one run: a wash cycle, say, as steps of so many minutes each.
///
/// ```
/// use kwhen::plan::window::Profile;
/// let powers = ["2", "2", "0.2"].map(|text| text.parse().unwrap());
/// let wash = Profile::new(20, &powers)?;
/// assert_eq!(wash.minutes(), 60);
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Where each step ends, in seconds from the start of the run, and the power in it; neighbours differ.
    steps: Vec<(i64, i64)>,
}

impl Profile {
    /// The longest run that is planned: a week.
    const LONGEST: i64 = 7 * 24 * 3600;

    /// Steps of equal length and the power in each, in kW or in any other unit that is the same for all of them. An error for no
    /// step, for a step of no length, for a profile of more than a week and for one that draws nothing or less in all.
    pub fn new(step_minutes: u32, powers: &[Power]) -> Result<Self> {
        let mut steps: Vec<(i64, i64)> = Vec::new();
        let mut end = 0;
        for power in powers {
            end += i64::from(step_minutes) * 60;
            match steps.last_mut() {
                Some(last) if last.1 == power.units() => last.0 = end,
                _ => steps.push((end, power.units())),
            }
        }
        if end == 0 || end > Self::LONGEST {
            return Err(Error::out_of_range("a profile must last between a minute and a week")
                .with_value(format!("{} steps of {step_minutes} minutes", powers.len())));
        }
        let profile = Self { steps };
        if profile.weight() <= 0 {
            return Err(Error::out_of_range("a profile must draw something in all"));
        }
        Ok(profile)
    }

    /// How long one run lasts.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        u32::try_from(self.length() / 60).unwrap_or(u32::MAX)
    }

    /// In seconds.
    pub(super) fn length(&self) -> i64 {
        self.steps.last().map_or(0, |step| step.0)
    }

    /// How long one run lasts, in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        self.length()
    }

    /// The powers of its steps.
    pub(crate) fn powers(&self) -> impl Iterator<Item = Power> + '_ {
        self.steps.iter().filter_map(|step| Some(Power::per_hour(Energy::from_units(step.1).ok()?)))
    }

    /// What a run takes between two of its seconds, in power units times seconds.
    pub(crate) fn taken(&self, from: i64, to: i64) -> i128 {
        let within = |(start, end, power): (i64, i64, i64)| {
            i128::from((end.min(to) - start.max(from)).max(0)) * i128::from(power)
        };
        self.runs(0).map(within).sum()
    }

    /// Its first so many seconds; `None` where they draw nothing or less in all.
    pub(super) fn beginning(&self, seconds: i64) -> Option<Self> {
        let cut = |(end, power): &(i64, i64)| ((*end).min(seconds), *power);
        let from = |place: usize| {
            place.checked_sub(1).and_then(|before| self.steps.get(before)).map_or(0, |step| step.0)
        };
        let steps = self.steps.iter().enumerate().filter(|(place, _)| from(*place) < seconds);
        let beginning = Self { steps: steps.map(|(_, step)| cut(step)).collect() };
        (beginning.weight() > 0).then_some(beginning)
    }

    /// Power units times seconds, in all.
    pub(super) fn weight(&self) -> i128 {
        self.runs(0).map(|(from, to, power)| i128::from(to - from) * i128::from(power)).sum()
    }

    /// The cost of a run from a place on: price units times power units times seconds.
    pub(super) fn cost_at(&self, values: &[i64], slot: i64, start: i64) -> i128 {
        self.runs(start)
            .map(|(from, to, power)| cost_of_run(values, slot, from, to) * i128::from(power))
            .sum()
    }

    /// Each step of a run that starts at a place: from, to, power.
    fn runs(&self, start: i64) -> impl Iterator<Item = (i64, i64, i64)> {
        self.steps.iter().scan(start, move |from, (end, power)| {
            let run = (*from, start + end, *power);
            *from = run.1;
            Some(run)
        })
    }

    /// Every start in a segment that can be the cheapest. The cost is linear in the start between the starts at which an end of
    /// some step crosses a slot boundary, so one of those, or an end of the segment, is the cheapest; so are the first and the last
    /// of equally cheap ones.
    pub(super) fn candidates(&self, values: &[i64], slot: i64, segment: (i64, i64)) -> Vec<Start> {
        let (from, last) = (segment.0, segment.1 - self.length());
        if last < from {
            return Vec::new();
        }
        let mut phases: Vec<i64> = std::iter::once(0)
            .chain(self.steps.iter().map(|(end, _)| (-end).rem_euclid(slot)))
            .chain([from.rem_euclid(slot), last.rem_euclid(slot)])
            .collect();
        phases.sort_unstable();
        phases.dedup();
        let mut starts = Vec::new();
        for phase in phases {
            let weights = self.weights(slot, phase);
            let first = from + (phase - from).rem_euclid(slot);
            for second in (first..=last).step_by(usize::try_from(slot).unwrap_or(1)) {
                let index = usize::try_from(second.div_euclid(slot)).unwrap_or(usize::MAX);
                let used = values.get(index..).unwrap_or_default();
                let cost = weights.iter().zip(used).map(|(weight, value)| weight * i128::from(*value)).sum();
                starts.push(Start { second, cost });
            }
        }
        starts
    }

    /// Power units times seconds in each slot that a run touches, when it starts so many seconds into a slot.
    fn weights(&self, slot: i64, phase: i64) -> Vec<i128> {
        let slots = usize::try_from((phase + self.length() + slot - 1) / slot).unwrap_or(0);
        let mut weights = vec![0; slots];
        for (mut from, to, power) in self.runs(phase) {
            while from < to {
                let end = ((from / slot + 1) * slot).min(to);
                if let Some(weight) = weights.get_mut(usize::try_from(from / slot).unwrap_or(usize::MAX)) {
                    *weight += i128::from(end - from) * i128::from(power);
                }
                from = end;
            }
        }
        weights
    }
}
