//! Past days as the ways in which a day to come may turn out.

use super::history::History;
use super::known::{Forecast, Known, SlotForecast};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, UnitRate, divide};

/// One way in which a slot may turn out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Load and sun, and the rates where they are not published.
    pub slot: SlotForecast,
    /// How much it counts beside the others of the slot.
    pub weight: u32,
    /// The state of the sky that it followed.
    pub before: usize,
    /// The state of the sky after it.
    pub after: usize,
    /// How many days before the slot it was.
    pub days_back: usize,
}

/// Past days of the home, weighted by likeness: how long ago they are, whether they are working days or weekends as the day to come is,
/// whether midday's published rates stand as high above their day's, and which state of the sky was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastDays {
    days: usize,
    half_life: usize,
    other_kind: u32,
    alike: u32,
    rates_apart: Option<UnitRate>,
    dearest_percent: u8,
}

/// The weight of a day that is like in all.
const WHOLE: u32 = 256;

/// All ways of a slot count.
const ALL: u8 = 100;

/// The most days that are looked at: about ten years.
const MOST_DAYS: usize = 3_660;

impl Default for PastDays {
    /// 28 days; one of 28 days ago counts half, as does one of the other kind; 16 times as much under the same sky; half as much where
    /// midday's rates stand 2 p/kWh further from their day's.
    fn default() -> Self {
        Self {
            days: 28,
            half_life: 28,
            other_kind: 2,
            alike: 16,
            rates_apart: Some(UnitRate::from_units(200_000_000).unwrap_or_default()),
            dearest_percent: ALL,
        }
    }
}

impl PastDays {
    /// So many days, each counting the same; fewer as long as there are not so many. An error for none, and for more than ten years.
    pub fn latest(days: usize) -> Result<Self> {
        if days == 0 || days > MOST_DAYS {
            return Err(Error::out_of_range(format!("from 1 to {MOST_DAYS} past days are looked at"))
                .with_value(days.to_string()));
        }
        let rates_apart = None;
        Ok(Self { days, half_life: usize::MAX, other_kind: 1, alike: 1, rates_apart, dearest_percent: ALL })
    }

    /// As many days as said, weighted by likeness as by default. Errors as `latest`.
    pub fn alike(days: usize) -> Result<Self> {
        Ok(Self { days: Self::latest(days)?.days, ..Self::default() })
    }

    /// Rates say nothing of how alike days are: for a past without rates.
    #[must_use]
    pub const fn without_rates(mut self) -> Self {
        self.rates_apart = None;
        self
    }

    /// Of each slot's ways only the dearest count, so many hundredths of their weight together: what the slot costs with the store at rest
    /// says which is dearer. With rates that are not below zero, and where no state of the sky is told apart, the value of a plan is then the
    /// mean of the worst share, slot by slot (the conditional value at risk, nested over time). An error for none, and for more than all.
    pub fn dearest(mut self, percent: u8) -> Result<Self> {
        if percent == 0 || percent > ALL {
            return Err(Error::out_of_range(
                "from 1 to 100 % of the ways in which a slot may turn out count",
            )
            .with_value(percent.to_string()));
        }
        self.dearest_percent = percent;
        Ok(self)
    }

    /// Whether some of a slot's ways do not count because others are dearer.
    #[must_use]
    pub const fn is_robust(&self) -> bool {
        self.dearest_percent < ALL
    }

    /// How many days, at most.
    #[must_use]
    pub const fn days(&self) -> usize {
        self.days
    }

    /// The most that the outcomes of a slot count together.
    pub(crate) fn most_weight(&self) -> i128 {
        self.days as i128 * i128::from(WHOLE) * i128::from(self.alike.max(1))
    }

    /// From the state of the sky that it followed an outcome counts so many times as much as from another.
    pub(crate) const fn times_alike(&self) -> u32 {
        self.alike
    }

    /// The ways in which a slot may turn out, from what is known: none where no day is.
    ///
    /// The load of a past day is that of the same time on the calendar's clock, its sun that of the same time by the sun.
    pub fn outcomes(&self, history: &History, known: &Known<'_>, slot: usize, out: &mut Vec<Outcome>) {
        out.clear();
        let day = history.slots_a_day();
        // The latest day on which the same time is over.
        let first = slot.checked_sub(known.now()).map_or(1, |over| over / day + 1);
        // How midday's rates stand on the day itself. Bright middays are cheap ones.
        let own_dip = self.rates_apart.and_then(|_| history.dip(slot, known.rates_until()));
        for age in 0..self.days {
            let days = first + age;
            let Some(sun_at) = history.hours_before(slot, days) else { break };
            let Some(load_at) = history.days_before(slot, days) else { continue };
            // Where the clock has changed the same time may not be over yet: then 24 hours before it.
            let load_at = if load_at >= known.now() { load_at.saturating_sub(day) } else { load_at };
            let (Some(load), Some(solar)) = (known.load(load_at), known.solar(sun_at)) else { continue };
            let (import, export) =
                if slot < known.rates_until() { Default::default() } else { known.rates_like(slot, age) };
            out.push(Outcome {
                slot: SlotForecast { load, solar, import, export },
                weight: self.weight(
                    history,
                    (slot, sun_at),
                    age,
                    own_dip.zip(history.dip(sun_at, known.rates_until())),
                ),
                before: history.state_after(sun_at.saturating_sub(1)),
                after: history.state_after(sun_at),
                days_back: days,
            });
        }
    }

    /// Of the ways in which a slot may turn out those that count; `rates`: import and export where they are published.
    pub(crate) fn keep_counted(&self, ways: &mut Vec<Outcome>, rates: Option<(UnitRate, UnitRate)>) {
        if self.is_robust() {
            keep_dearest(ways, rates, self.dearest_percent);
        }
    }

    /// How much a slot's way of another day counts; `dips`: how midday's rates stand on both days, where they are known.
    fn weight(
        &self,
        history: &History,
        (slot, other): (usize, usize),
        age: usize,
        dips: Option<(i128, i128)>,
    ) -> u32 {
        let (halves, rest) = (age / self.half_life, age % self.half_life);
        let mut weight = WHOLE.checked_shr(u32::try_from(halves).unwrap_or(u32::MAX)).unwrap_or(0);
        // Between two halvings in a straight line. A half-life that is no number of days halves nothing.
        let whole = u64::try_from(self.half_life).ok().and_then(|days| days.checked_mul(2));
        let part = whole.map_or(0, |whole| u64::from(weight) * rest as u64 / whole);
        weight -= u32::try_from(part).unwrap_or(0);
        if !history.same_kind_of_day(slot, other) {
            weight /= self.other_kind;
        }
        if let (Some(scale), Some((one, other))) = (self.rates_apart, dips) {
            weight = u32::try_from(beside(weight, (one - other).abs(), scale)).unwrap_or(0);
        }
        weight.max(1)
    }
}

/// A weight where midday's rates stand so far apart: half where that is the scale.
fn beside(weight: u32, apart: i128, scale: UnitRate) -> i128 {
    let scale = (scale.units() / 1_000).max(1);
    if let Ok(apart) = i64::try_from(apart) {
        // As whole numbers of 64 bits, where they are enough.
        let apart = apart / 1_000;
        let squares = scale.checked_mul(scale);
        let all = squares.zip(apart.checked_mul(apart)).and_then(|(one, other)| one.checked_add(other));
        let counted = squares.and_then(|squares| squares.checked_mul(i64::from(weight)));
        if let (Some(counted), Some(all)) = (counted, all) {
            return i128::from(counted / all.max(1));
        }
    }
    let (apart, scale) = (apart / 1_000, i128::from(scale));
    let squares = scale * scale;
    i128::from(weight) * squares / (squares + apart.saturating_mul(apart)).max(1)
}

/// Keeps the ways that cost most with the store at rest, so many hundredths of all weight, in the order in which they are; the last that is
/// kept counts for what is left. `rates`: import and export where they are published.
fn keep_dearest(ways: &mut Vec<Outcome>, rates: Option<(UnitRate, UnitRate)>, percent: u8) {
    let cost = |way: &Outcome| {
        let net = i128::from(way.slot.load.units()) - i128::from(way.slot.solar.units());
        let (import, export) = rates.unwrap_or((way.slot.import, way.slot.export));
        net * i128::from(if net > 0 { import.units() } else { export.units() })
    };
    let total: u64 = ways.iter().map(|way| u64::from(way.weight)).sum();
    let mut left = (total * u64::from(percent)).div_ceil(u64::from(ALL));
    let mut order: Vec<usize> = (0..ways.len()).collect();
    order.sort_by_cached_key(|place| std::cmp::Reverse(ways.get(*place).map(cost)));
    for place in order {
        if let Some(way) = ways.get_mut(place) {
            let counted = u64::from(way.weight).min(left);
            left -= counted;
            way.weight = u32::try_from(counted).unwrap_or(way.weight);
        }
    }
    ways.retain(|way| way.weight > 0);
}

/// The weighted mean of past days, as one forecast.
#[derive(Clone, Copy, Debug)]
pub struct MeanOfDays<'a> {
    days: PastDays,
    history: &'a History,
}

impl<'a> MeanOfDays<'a> {
    /// The mean of these days.
    #[must_use]
    pub const fn new(days: PastDays, history: &'a History) -> Self {
        Self { days, history }
    }
}

impl Forecast for MeanOfDays<'_> {
    fn forecast(&self, known: &Known<'_>, slot: usize) -> SlotForecast {
        let mut outcomes = Vec::new();
        self.days.outcomes(self.history, known, slot, &mut outcomes);
        mean(&outcomes)
    }

    fn name(&self) -> &'static str {
        "mean of days"
    }
}

/// The weighted mean of the ways in which a slot may turn out: energies to a watt-hour and rates to 10⁻⁴ p/kWh, as fine as they are written.
pub(crate) fn mean(outcomes: &[Outcome]) -> SlotForecast {
    let total: i128 = outcomes.iter().map(|outcome| i128::from(outcome.weight)).sum();
    let mean = |pick: fn(&SlotForecast) -> i64, digit: i128| {
        let sum: i128 =
            outcomes.iter().map(|outcome| i128::from(outcome.weight) * i128::from(pick(&outcome.slot))).sum();
        let rounded = divide(sum, (total * digit).max(1), Rounding::HalfEven) * digit;
        i64::try_from(rounded).unwrap_or(0)
    };
    let energy = |units| Energy::from_units(units).unwrap_or_default();
    let rate = |units| UnitRate::from_units(units).unwrap_or_default();
    SlotForecast {
        load: energy(mean(|slot| slot.load.units(), ENERGY_DIGIT)),
        solar: energy(mean(|slot| slot.solar.units(), ENERGY_DIGIT)),
        import: rate(mean(|slot| slot.import.units(), RATE_DIGIT)),
        export: rate(mean(|slot| slot.export.units(), RATE_DIGIT)),
    }
}

/// A millionth of p/kWh: price units are at least this fine where values are divided by weights, so that little is lost by rounding.
pub(crate) const FINE: i128 = 100;

/// Units of the last digit of energies and rates that are computed: a watt-hour, and 10⁻⁴ p/kWh.
pub(crate) const ENERGY_DIGIT: i128 = 100_000;
pub(crate) const RATE_DIGIT: i128 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn way(load: &str, solar: &str, weight: u32) -> Outcome {
        let slot = SlotForecast {
            load: load.parse().unwrap(),
            solar: solar.parse().unwrap(),
            import: "20".parse().unwrap(),
            export: "5".parse().unwrap(),
        };
        Outcome { slot, weight, before: 0, after: 0, days_back: 1 }
    }

    fn kept(percent: u8, rates: Option<(&str, &str)>) -> Vec<(String, u32)> {
        // At rest: 20, -10, 60 and 40 p at 20 p and 5 p for what is given back.
        let mut ways = vec![way("1", "0", 10), way("0", "2", 20), way("4", "1", 30), way("2", "0", 40)];
        let rates = rates.map(|(import, export)| (import.parse().unwrap(), export.parse().unwrap()));
        PastDays::default().dearest(percent).unwrap().keep_counted(&mut ways, rates);
        ways.iter().map(|way| (way.slot.load.to_string(), way.weight)).collect()
    }

    /// Worked by hand: half of a weight of 100 is the dearest way's 30 and 20 of the next one's 40.
    #[test]
    fn the_dearest_share_counts_in_its_order() {
        let counted = |ways: &[(&str, u32)]| -> Vec<(String, u32)> {
            ways.iter().map(|(load, weight)| ((*load).to_owned(), *weight)).collect()
        };
        assert_eq!(kept(50, None), counted(&[("4", 30), ("2", 20)]));
        assert_eq!(kept(75, None), counted(&[("1", 5), ("4", 30), ("2", 40)]));
        assert_eq!(kept(1, None), counted(&[("4", 1)]));
        assert_eq!(kept(100, None), counted(&[("1", 10), ("0", 20), ("4", 30), ("2", 40)]));
        // Published rates win over a way's own: below zero who uses least pays most.
        assert_eq!(kept(20, Some(("-10", "5"))), counted(&[("1", 10), ("0", 10)]));
    }

    #[test]
    fn no_share_and_more_than_all_are_refused() {
        for percent in [0, 101] {
            assert!(PastDays::default().dearest(percent).is_err());
        }
    }
}
