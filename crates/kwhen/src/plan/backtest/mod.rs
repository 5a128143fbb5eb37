//! Back-tests: what a battery would have cost over years, with only what was known at each moment.
//!
//! Every strategy is walked over the same history, priced in the same exact units, and held to the same limits. Perfect
//! foresight is the least cost that any of them could reach.

mod expected;
mod measure;
mod paired;
pub(super) mod run;
mod strategy;
mod sweep;
#[cfg(test)]
mod tests;

pub use crate::plan::forecast::{
    Forecast, History, Known, MeanOfDays, PastDays, PerfectLoadAndSolar, Persistence, SameWeekday,
    SlotForecast,
};
pub use measure::{Forecasted, Measured, Quality};
pub use paired::Paired;
pub use strategy::Strategy;
pub use sweep::{Sweep, SweepRow, SweepSite, rows_to_csv};

use crate::error::{Error, Result};
use crate::plan::battery::engine::{Mode, Model, Slope, closed_model, dispatched, flow_of};
use crate::plan::battery::{Battery, BatteryRequest, DispatchSlot, Lattice, Prepared, Site, gcd};
use crate::plan::forecast::FINE;
use crate::quantity::Money;
use crate::time::{Calendar, PeriodKind, Publication, Span};
use run::{Moments, Walked, Wish};

/// A history to run strategies over.
#[derive(Clone, Debug)]
pub struct Backtest<'a> {
    battery: &'a Battery,
    site: &'a Site,
    /// The site with what was before it.
    seen: &'a Site,
    request: &'a BatteryRequest,
    calendar: Calendar,
    publication: Option<Publication>,
    ahead: usize,
    fixed_ahead: Option<usize>,
}

/// The cost of a strategy in a period of local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodCost {
    /// When.
    pub span: Span,
    /// Its name: `2026-03-29`, `2026-03`, `2026`.
    pub label: String,
    /// The objective's part in it: grid and wear, carbon and soft levels where they are priced.
    pub cost: Money,
}

/// What a strategy cost.
#[derive(Clone, Debug)]
pub struct StrategyOutcome {
    /// The strategy's name.
    pub name: String,
    /// What it minimised, over the whole history: as [`Dispatch::cost`](crate::plan::battery::Dispatch::cost).
    pub cost: Money,
    /// How many times plans were made.
    pub plans: usize,
    /// How many of those times there was none that keeps to every limit in all that was thought possible: the level was then kept as near
    /// as it could be until the next.
    pub unplanned: usize,
    /// The most by which an expected value that a plan went by may be off, where pieces were joined: proven, rounded half to even at
    /// 10⁻²⁰ p. Zero for all other strategies. What is paid is exact throughout.
    pub bound: Money,
    /// How many ways in which a slot might have turned out the plans left out, over all of them: in those no level keeps to the limits,
    /// whatever is done.
    pub left_out: usize,
    by_slot: Vec<i128>,
    lattice: Lattice,
    site: Site,
}

impl StrategyOutcome {
    /// The cost by local day, month, year or market day.
    pub fn by(&self, kind: PeriodKind, calendar: &Calendar) -> Result<Vec<PeriodCost>> {
        calendar
            .cut(kind, self.site.span())?
            .into_iter()
            .map(|period| {
                let places = self.site.slots_starting_in(period.span);
                let sum = self.by_slot.get(places).unwrap_or(&[]).iter().sum();
                Ok(PeriodCost { span: period.span, label: period.label, cost: self.lattice.money(sum)? })
            })
            .collect()
    }

    /// What it saves against another outcome, such as that of no battery.
    #[must_use]
    pub fn saving_against(&self, other: &Self) -> Option<Money> {
        other.cost.checked_sub(self.cost)
    }

    /// The share of the best possible saving, in thousandths of a percent rounded to even: 100 000 for perfect foresight.
    /// `None` where perfect foresight saves nothing.
    #[must_use]
    pub fn share_of_perfect(&self, nothing: &Self, perfect: &Self) -> Option<i64> {
        let best = perfect.saving_against(nothing)?;
        let own = self.saving_against(nothing)?;
        if best <= Money::ZERO {
            return None;
        }
        // Money is at most 10^38 units: the ratio is taken at ten digits fewer, far beyond a thousandth of a percent.
        let scale = 10_000_000_000;
        let (own, best) = (own.units() / scale, best.units() / scale);
        let share =
            crate::quantity::divide(own.checked_mul(100_000)?, best.max(1), crate::Rounding::HalfEven);
        i64::try_from(share).ok()
    }
}

/// Years until savings at this rate have paid for a capital cost, to a hundredth, rounded up; `None` where nothing is saved.
#[must_use]
pub fn payback_years(capital: Money, saving: Money, days: u32) -> Option<String> {
    if saving <= Money::ZERO || days == 0 || capital.is_negative() {
        return None;
    }
    // capital / (saving / days * 365.25), in hundredths.
    let scale = 1_000_000_000_000;
    let numerator = (capital.units() / scale).checked_mul(100 * 100 * i128::from(days))?;
    let denominator = (saving.units() / scale).max(1).checked_mul(36_525)?;
    let hundredths = crate::quantity::divide(numerator, denominator, crate::Rounding::Ceiling);
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

impl<'a> Backtest<'a> {
    /// A battery over a site's history, from the request's start level on. Rates are published as Agile's are; plans look 48 hours ahead.
    #[must_use]
    pub fn new(battery: &'a Battery, site: &'a Site, request: &'a BatteryRequest) -> Self {
        let slots_a_day = (24 * 60 / site.grid().slot_length().minutes()) as usize;
        Self {
            battery,
            site,
            seen: site,
            request,
            calendar: Calendar::great_britain(),
            publication: Some(Publication::agile()),
            ahead: 2 * slots_a_day,
            fixed_ahead: None,
        }
    }

    /// The slots of the site by its calendar: what forecasts from past days go by.
    #[must_use]
    pub fn history(&self) -> History {
        History::new(self.seen, &self.calendar)
    }

    /// The same site with time before its start, whose load, sun and rates the first plans look at already. An error unless it ends as the
    /// site does: the site is a [`part`](Site::part) of it.
    pub fn after(mut self, whole: &'a Site) -> Result<Self> {
        let past = whole.grid().len().checked_sub(self.site.grid().len());
        let own = past.and_then(|past| whole.part(past..whole.grid().len()).ok());
        if own.is_none_or(|own| !own.is_as(self.site)) {
            return Err(Error::misaligned("a site with its past ends in all as the site does"));
        }
        self.seen = whole;
        Ok(self)
    }

    /// The calendar of days and timers.
    #[must_use]
    pub fn in_calendar(mut self, calendar: Calendar) -> Self {
        self.calendar = calendar;
        self
    }

    /// When rates are published; `None` where all are known from the start. Plans are then made once a local day.
    #[must_use]
    pub fn published(mut self, publication: Option<Publication>) -> Self {
        self.publication = publication;
        self
    }

    /// How many slots a plan looks ahead, at least as far as rates are known.
    #[must_use]
    pub fn looking_ahead(mut self, slots: usize) -> Self {
        self.ahead = slots.max(1);
        self
    }

    /// Where all rates are known from the start ([`Backtest::published`] with `None`), plans go by so many slots of them and no more:
    /// years of daily plans to the end of the history would take time by its square. Without it all are gone by.
    #[must_use]
    pub fn fixed_rates_ahead(mut self, slots: usize) -> Self {
        self.fixed_ahead = Some(slots.max(1));
        self
    }

    /// Runs one strategy. An error where the limits cannot be kept, or where changes are counted.
    pub fn run(&self, strategy: &Strategy<'_>) -> Result<StrategyOutcome> {
        self.outcome(strategy, false).map(|(outcome, _)| outcome)
    }

    /// Runs one strategy, and says what it did in each slot; what a stored kWh is worth is not said. Errors as [`Backtest::run`].
    pub fn dispatched(&self, strategy: &Strategy<'_>) -> Result<(StrategyOutcome, Vec<DispatchSlot>)> {
        self.outcome(strategy, true)
    }

    fn outcome(&self, strategy: &Strategy<'_>, shown: bool) -> Result<(StrategyOutcome, Vec<DispatchSlot>)> {
        if self.request.changes.is_some() {
            return Err(Error::unsupported("a back-test does not count changes yet"));
        }
        if matches!(strategy, Strategy::NoBattery) {
            let nothing = Battery::new(crate::Energy::ZERO, crate::plan::Power::ZERO)?;
            let request = self.request.connection_only();
            let site = self.site;
            let alone = Backtest {
                battery: &nothing,
                site,
                seen: self.seen,
                request: &request,
                calendar: self.calendar,
                publication: self.publication,
                ahead: self.ahead,
                fixed_ahead: self.fixed_ahead,
            };
            return alone.walk(strategy, shown);
        }
        self.walk(strategy, shown)
    }

    fn walk(&self, strategy: &Strategy<'_>, shown: bool) -> Result<(StrategyOutcome, Vec<DispatchSlot>)> {
        let own = Prepared::new(self.battery, self.site, self.request)?;
        // Values that are summed over past days before they are divided again must fit as well, and divide with little rest.
        let (prepared, times) = match strategy {
            Strategy::Expected(days) => {
                let (grid, price) = (own.lattice.grid_unit, gcd(own.lattice.price_unit, FINE));
                let fine = Prepared::with_units(self.battery, self.site, self.request, grid, price)?;
                (fine, days.most_weight())
            }
            _ => (own, 1),
        };
        let narrow =
            closed_model::<i64>(&prepared)?.filter(|model| times == 1 || prepared.holds(model, times, 0));
        let (walked, slots) = match narrow {
            Some(model) => self.walk_model(strategy, &model, &prepared.lattice, shown)?,
            None => {
                let wide = closed_model::<i128>(&prepared)?
                    .filter(|model| times == 1 || prepared.holds(model, times, 0));
                let model = wide.ok_or_else(|| {
                    Error::precision("the problem has too many digits to be solved exactly")
                })?;
                self.walk_model(strategy, &model, &prepared.lattice, shown)?
            }
        };
        let outcome = StrategyOutcome {
            name: strategy.name().to_owned(),
            cost: prepared.lattice.money(walked.costs.iter().sum())?,
            plans: walked.plans,
            unplanned: walked.unplanned,
            bound: prepared.lattice.money(walked.bound)?,
            left_out: walked.left_out,
            by_slot: walked.costs,
            lattice: prepared.lattice,
            site: self.site.clone(),
        };
        Ok((outcome, slots))
    }

    /// What a walk did in each slot.
    fn shown<S: Slope>(&self, model: &Model<S>, lattice: &Lattice, walked: &Walked) -> Vec<DispatchSlot> {
        let moves = model.slots.iter().zip(walked.drawn.iter().zip(&walked.levels)).enumerate();
        let slots = moves.map(|(index, (slot, (&drawn, &level)))| {
            let mode = match drawn.signum() {
                0 => Mode::Idle,
                1 => Mode::Discharge,
                _ => Mode::Charge,
            };
            let flow = flow_of(model.devices.at(index), slot, mode, drawn);
            dispatched(self.battery, self.site, (lattice, model), index, &flow, level)
        });
        slots.collect()
    }

    fn walk_model<S: Slope>(
        &self,
        strategy: &Strategy<'_>,
        model: &Model<S>,
        lattice: &Lattice,
        shown: bool,
    ) -> Result<(Walked, Vec<DispatchSlot>)> {
        let walked = match strategy {
            Strategy::Perfect => run::perfect(model),
            Strategy::Rolling(forecast) => {
                let planner = run::OneForecast::new(model, lattice, *forecast);
                run::rolling(model, self.seen, planner, &self.moments()?, self.ahead)
            }
            Strategy::Expected(days) => {
                let history = self.history();
                let planner = expected::OnPastDays::new(model, lattice, days, &history);
                run::rolling(model, self.seen, planner, &self.moments()?, self.ahead)
            }
            Strategy::Timer(band) => {
                let mut wishes = vec![Wish::SelfUse; self.site.grid().len()];
                for open in self.calendar.band_spans(*band, self.site.span()) {
                    for wish in wishes.get_mut(self.site.slots_starting_in(open)).into_iter().flatten() {
                        *wish = Wish::Charge;
                    }
                }
                run::rule(model, |index| wishes.get(index).copied().unwrap_or(Wish::SelfUse))
            }
            Strategy::CheapestSlots(k) => {
                let days = self.calendar.cut(PeriodKind::MarketDay, self.site.span())?;
                let stretches: Vec<_> =
                    days.iter().map(|day| self.site.slots_starting_in(day.span)).collect();
                let wishes = run::cheapest_and_dearest(self.site, &stretches, *k);
                run::rule(model, |index| wishes.get(index).copied().unwrap_or(Wish::SelfUse))
            }
            Strategy::SelfUse | Strategy::NoBattery => run::rule(model, |_| Wish::SelfUse),
        };
        let walked = walked.map_err(|stuck| run::stuck(strategy.name(), &stuck, self.site))?;
        let slots = if shown { self.shown(model, lattice, &walked) } else { Vec::new() };
        Ok((walked, slots))
    }

    /// When plans are made: at the start and whenever the published rates reach further.
    pub(crate) fn moments(&self) -> Result<Moments> {
        let site = self.site;
        let Some(publication) = &self.publication else {
            let days = self.calendar.cut(PeriodKind::Day, site.span())?;
            let count = site.grid().len();
            let until = |first: usize| self.fixed_ahead.map_or(count, |slots| (first + slots).min(count));
            let firsts = days.iter().map(|day| site.slots_starting_in(day.span).start);
            return Ok(firsts.map(|first| (first, until(first))).collect());
        };
        let mut moments = Moments::new();
        let mut known_before = None;
        for index in 0..site.grid().len() {
            let slot = site.span_of(index);
            let until = publication.known_until(slot.from())?;
            if known_before != Some(until) {
                let places = Span::new(site.span().from(), until.max(slot.to()))
                    .map(|span| site.slots_starting_in(span));
                moments.push((index, places.map_or(index + 1, |places| places.end)));
                known_before = Some(until);
            }
        }
        Ok(moments)
    }
}
