//! What a caller asks for.

use super::super::{Aim, Prefer, SlotPrices, seconds};
use super::Profile;
use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::time::{SlotLength, Span};

/// What counts as an alternative when several windows are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Alternatives {
    /// Any other plan: the next best may share nearly all its time with the best. An unbroken run counts by its starts that have
    /// an end (of the run, or of a step of its profile) on a slot boundary or on an end of the time allowed.
    #[default]
    Different,
    /// Plans that share no time: each is the best of what those before it leave.
    Apart,
}

/// Whether the duration is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Amount {
    /// As long as asked for.
    #[default]
    Exactly,
    /// At least as long: more where that lowers the cost, each minute being worth the stated rate ([`WindowRequest::worth`]).
    AtLeast,
    /// As long as fits, up to what is asked for: time comes before price.
    AtMost,
}

/// A search for windows. Start with [`WindowRequest::unbroken`], [`WindowRequest::split`], [`WindowRequest::slots`] or [`WindowRequest::profile`], narrow it, then
/// [`WindowRequest::find`].
///
/// All durations are in minutes of real time: three hours across a clock change are three hours.
#[derive(Clone, Debug)]
pub struct WindowRequest {
    pub(super) load: Load,
    pub(super) amount: Amount,
    pub(super) max_starts: Option<usize>,
    /// In seconds, as are the other durations.
    pub(super) min_run: i64,
    pub(super) min_pause: i64,
    pub(super) within: Option<Vec<Span>>,
    pub(super) during: Option<Span>,
    pub(super) blocked: Vec<Span>,
    pub(super) price_floor: Option<UnitRate>,
    pub(super) price_cap: Option<UnitRate>,
    pub(super) worth: UnitRate,
    pub(super) prefer: Prefer,
    pub(super) aim: Aim,
    pub(super) top: usize,
    pub(super) alternatives: Alternatives,
    pub(super) previous: Vec<Span>,
    pub(super) running_for: Option<i64>,
    pub(super) whole_slots: bool,
}

/// What runs, and for how many seconds.
#[derive(Clone, Debug)]
pub(super) enum Load {
    Unbroken(i64),
    Split(i64),
    Profile(Profile),
}

impl WindowRequest {
    /// The longest duration that may be asked for, in minutes: ten years.
    const LONGEST: u32 = 3660 * 24 * 60;

    /// One unbroken run of so many minutes; an error for none.
    pub fn unbroken(minutes: u32) -> Result<Self> {
        Ok(Self::new(Load::Unbroken(Self::duration(minutes)?)))
    }

    /// So many minutes in any number of blocks; an error for none. See [`WindowRequest::max_starts`], [`WindowRequest::min_run`] and
    /// [`WindowRequest::min_pause`].
    pub fn split(minutes: u32) -> Result<Self> {
        Ok(Self::new(Load::Split(Self::duration(minutes)?)))
    }

    /// The so many cheapest slots, whole; an error for none.
    pub fn slots(count: u32, slot_length: SlotLength) -> Result<Self> {
        let minutes = count.saturating_mul(slot_length.minutes());
        Ok(Self { whole_slots: true, ..Self::new(Load::Split(Self::duration(minutes)?)) })
    }

    /// One run of a load that draws different powers as it goes.
    #[must_use]
    pub fn profile(profile: Profile) -> Self {
        Self::new(Load::Profile(profile))
    }

    fn new(load: Load) -> Self {
        Self {
            load,
            amount: Amount::Exactly,
            max_starts: None,
            min_run: 0,
            min_pause: 0,
            within: None,
            during: None,
            blocked: Vec::new(),
            price_floor: None,
            price_cap: None,
            worth: UnitRate::ZERO,
            prefer: Prefer::Earliest,
            aim: Aim::Cheapest,
            top: 1,
            alternatives: Alternatives::Different,
            previous: Vec::new(),
            running_for: None,
            whole_slots: false,
        }
    }

    /// In seconds.
    fn duration(minutes: u32) -> Result<i64> {
        let minutes =
            Some(minutes).filter(|minutes| (1..=Self::LONGEST).contains(minutes)).ok_or_else(|| {
                Error::out_of_range("a duration must be from a minute to ten years")
                    .with_value(format!("{minutes} minutes"))
            })?;
        Ok(i64::from(minutes) * 60)
    }

    /// Whether the duration is exact, a least or a most. A profile may be cut short at its end (a most), and is never stretched.
    #[must_use]
    pub fn amount(self, amount: Amount) -> Self {
        Self { amount, ..self }
    }

    /// At most so many starts of a split run.
    #[must_use]
    pub fn max_starts(self, starts: impl Into<Option<usize>>) -> Self {
        Self { max_starts: starts.into(), ..self }
    }

    /// No block of a split run shorter than so many minutes.
    #[must_use]
    pub fn min_run(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { min_run: seconds(minutes).unwrap_or(0), ..self }
    }

    /// No pause between blocks of a split run shorter than so many minutes.
    #[must_use]
    pub fn min_pause(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { min_pause: seconds(minutes).unwrap_or(0), ..self }
    }

    /// Only within these spans, such as the nights that [`Calendar::band_spans`](crate::time::Calendar::band_spans) gives. Spans that
    /// touch or overlap are one.
    #[must_use]
    pub fn within(self, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { within: Some(spans.into_iter().collect()), ..self }
    }

    /// Only from an earliest start to a deadline: both ends of the span, in real time.
    #[must_use]
    pub fn during(self, span: Span) -> Self {
        Self { during: Some(span), ..self }
    }

    /// Never in these spans.
    #[must_use]
    pub fn blocked(self, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { blocked: spans.into_iter().collect(), ..self }
    }

    /// Only in slots that cost at least so much.
    #[must_use]
    pub fn price_floor(self, rate: impl Into<Option<UnitRate>>) -> Self {
        Self { price_floor: rate.into(), ..self }
    }

    /// Only in slots that cost at most so much.
    #[must_use]
    pub fn price_cap(self, rate: impl Into<Option<UnitRate>>) -> Self {
        Self { price_cap: rate.into(), ..self }
    }

    /// What a kWh beyond the least duration is worth: with [`Amount::AtLeast`], slots cheaper than this are taken too. Nothing unless
    /// said, so that only negative prices are. For [`Aim::Dearest`], slots dearer than this are.
    #[must_use]
    pub fn worth(self, rate: impl Into<Option<UnitRate>>) -> Self {
        Self { worth: rate.into().unwrap_or(UnitRate::ZERO), ..self }
    }

    /// Which of equally good plans is taken.
    #[must_use]
    pub fn prefer(self, prefer: Prefer) -> Self {
        Self { prefer, ..self }
    }

    /// Cheapest or dearest.
    #[must_use]
    pub fn aim(self, aim: Aim) -> Self {
        Self { aim, ..self }
    }

    /// So many windows, best first, and what counts as another one.
    #[must_use]
    pub fn top(self, count: usize, alternatives: Alternatives) -> Self {
        Self { top: count.max(1), alternatives, ..self }
    }

    /// The plan in force: of equally cheap plans with equally many starts, the one that shares most of its time is taken.
    #[must_use]
    pub fn previous(self, blocks: impl IntoIterator<Item = Span>) -> Self {
        Self { previous: blocks.into_iter().collect(), ..self }
    }

    /// The load already runs, since so many minutes before the earliest start ([`WindowRequest::during`]); running on is not a start, and
    /// the minimum run counts from then. The duration is what is still to run.
    #[must_use]
    pub fn running_for(self, minutes: impl Into<Option<u32>>) -> Self {
        Self { running_for: seconds(minutes), ..self }
    }

    /// Only whole slots.
    #[must_use]
    pub fn whole_slots(self) -> Self {
        Self { whole_slots: true, ..self }
    }

    /// How long the load runs, in seconds.
    pub(super) fn seconds(&self) -> i64 {
        match &self.load {
            Load::Unbroken(seconds) | Load::Split(seconds) => *seconds,
            Load::Profile(profile) => profile.length(),
        }
    }

    /// Refuses what has no meaning together.
    /// The same, and whether the prices can decide it.
    pub(super) fn check_with(&self, prices: &SlotPrices) -> Result<()> {
        self.check()?;
        if !prices.is_tied() {
            return Ok(());
        }
        let why = match (&self.load, self.amount) {
            (Load::Profile(_), _) => "a load that draws different powers",
            (_, Amount::AtLeast) => "a run that may be longer",
            _ => return Ok(()),
        };
        Err(Error::unsupported(format!(
            "breaks ties between runs of one length and power, and not for {why}"
        ))
        .in_field("greenness"))
    }

    pub(super) fn check(&self) -> Result<()> {
        let unsupported = |message: &str| Err(Error::unsupported(message));
        let runs = self.max_starts.is_some() || self.min_run > 0 || self.min_pause > 0;
        match &self.load {
            Load::Unbroken(_) | Load::Profile(_) if runs => {
                unsupported("starts, minimum run and minimum pause are for a split run; this one is unbroken")
            }
            Load::Profile(_) if self.amount == Amount::AtLeast => unsupported(
                "a profile has the length that it has: it may be cut short (at most), but at least is for constant power",
            ),
            Load::Profile(_) if self.running_for.is_some() => {
                unsupported("a profile that already runs has nothing left to decide")
            }
            _ if self.running_for.is_some() && self.during.is_none() => unsupported(
                "a load that already runs needs an earliest start: the instant from which it is planned",
            ),
            _ if self.max_starts == Some(0) && self.running_for.is_none() => {
                unsupported("a load that does not run yet needs at least one start")
            }
            _ => Ok(()),
        }
    }
}
