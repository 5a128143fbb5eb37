//! What a plan believes of the slots that it cannot know yet.

use crate::plan::battery::Site;
use crate::quantity::{Energy, UnitRate};

/// What is known at the moment of planning: everything before `now`, and the rates of slots before `rates_until`.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub(crate) site: &'a Site,
    pub(crate) now: usize,
    pub(crate) rates_until: usize,
    pub(crate) slots_a_day: usize,
}

impl Known<'_> {
    /// The first slot that has not begun yet.
    #[must_use]
    pub const fn now(&self) -> usize {
        self.now
    }

    /// The first slot whose rates are not published yet.
    #[must_use]
    pub const fn rates_until(&self) -> usize {
        self.rates_until
    }

    /// Slots in 24 hours.
    #[must_use]
    pub const fn slots_a_day(&self) -> usize {
        self.slots_a_day
    }

    /// The load of a slot in the past; `None` for one that has not ended.
    #[must_use]
    pub fn load(&self, slot: usize) -> Option<Energy> {
        (slot < self.now).then(|| Energy::from_units(self.site.load_units(slot)).unwrap_or_default())
    }

    /// The solar generation of a slot in the past; `None` for one that has not ended.
    #[must_use]
    pub fn solar(&self, slot: usize) -> Option<Energy> {
        (slot < self.now).then(|| Energy::from_units(self.site.solar_units(slot)).unwrap_or_default())
    }

    /// The import and export rate of a slot; `None` for one that is not published.
    #[must_use]
    pub fn rates(&self, slot: usize) -> Option<(UnitRate, UnitRate)> {
        let rate = |units| UnitRate::from_units(units).unwrap_or_default();
        (slot < self.rates_until)
            .then(|| (rate(self.site.import_units(slot)), rate(self.site.export_units(slot))))
    }

    /// The rates of a slot that are not published: as at that time on the latest day that is, or so many days before that, the latest such
    /// day that there is.
    pub(crate) fn rates_like(&self, slot: usize, days: usize) -> (UnitRate, UnitRate) {
        let day = self.slots_a_day.max(1);
        let first = slot.checked_sub(self.rates_until).map_or(1, |over| over / day + 1);
        let same = (0..=days).rev().find_map(|back| slot.checked_sub((first + back) * day));
        same.and_then(|slot| self.rates(slot)).unwrap_or_default()
    }
}

/// A forecast of one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotForecast {
    /// Load in kWh.
    pub load: Energy,
    /// Solar generation in kWh.
    pub solar: Energy,
    /// Import rate; not asked where it is published.
    pub import: UnitRate,
    /// Export rate; not asked where it is published.
    pub export: UnitRate,
}

/// A way to forecast. It sees only what is known.
pub trait Forecast: Sync {
    /// What to expect of a slot from `known.now()` on.
    fn forecast(&self, known: &Known<'_>, slot: usize) -> SlotForecast;

    /// What a plan on it is called.
    fn name(&self) -> &'static str {
        "one forecast"
    }
}

/// As it was so many days before, at the latest such day that is known. Nothing where none is.
fn days_before(known: &Known<'_>, slot: usize, days: usize) -> SlotForecast {
    let step = days.max(1) * known.slots_a_day.max(1);
    let back = |limit: usize| {
        // The first whole number of steps that lands before the limit.
        let steps = slot.checked_sub(limit).map_or(0, |over| over / step + 1).max(1);
        slot.checked_sub(steps * step)
    };
    let energy = back(known.now);
    let rates = back(known.rates_until).and_then(|slot| known.rates(slot)).unwrap_or_default();
    SlotForecast {
        load: energy.and_then(|slot| known.load(slot)).unwrap_or_default(),
        solar: energy.and_then(|slot| known.solar(slot)).unwrap_or_default(),
        import: rates.0,
        export: rates.1,
    }
}

/// As it was a day before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Persistence;

impl Forecast for Persistence {
    fn forecast(&self, known: &Known<'_>, slot: usize) -> SlotForecast {
        days_before(known, slot, 1)
    }
}

/// As it was a week before; as a day before in the first week.
#[derive(Clone, Copy, Debug, Default)]
pub struct SameWeekday;

impl Forecast for SameWeekday {
    fn forecast(&self, known: &Known<'_>, slot: usize) -> SlotForecast {
        let week = known.slots_a_day * 7;
        days_before(known, slot, if slot < week || known.now < week { 1 } else { 7 })
    }
}

/// Load and solar as they will be, unpublished rates as a day before: what a perfect weather and load forecast would bring.
#[derive(Clone, Copy, Debug, Default)]
pub struct PerfectLoadAndSolar;

impl Forecast for PerfectLoadAndSolar {
    fn forecast(&self, known: &Known<'_>, slot: usize) -> SlotForecast {
        let energy = |units| Energy::from_units(units).unwrap_or_default();
        SlotForecast {
            load: energy(known.site.load_units(slot)),
            solar: energy(known.site.solar_units(slot)),
            ..days_before(known, slot, 1)
        }
    }

    fn name(&self) -> &'static str {
        "load and sun known"
    }
}
