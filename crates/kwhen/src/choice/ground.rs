//! The half-hours that all tariffs are set beside each other over, and the site in them.

use super::request::ChoiceRequest;
use crate::bill::filled;
use crate::error::{Error, Result};
use crate::plan::battery::Site;
use crate::plan::{filled_from_other_days, slots_over};
use crate::quantity::{Energy, UnitRate};
use crate::series::{Consumption, RateSeries, SlotRates};
use crate::tariff::{PlanRates, Tariff};
use crate::time::{Calendar, Grid, SlotLength, Span};
use chrono::TimeDelta;

/// What a tariff is planned by, or why it cannot be.
pub(super) type Prices = std::result::Result<PlanRates, String>;

/// Load and sun, slot by slot.
struct Home {
    load: Vec<Energy>,
    solar: Vec<Energy>,
}

/// What all tariffs share.
pub(super) struct Ground {
    /// The common span.
    pub(super) period: Span,
    pub(super) grid: Grid,
    /// Slots in which there is a reading and every tariff has a price.
    pub(super) known: Vec<bool>,
    /// The stretches of the others.
    pub(super) still: Vec<Span>,
    home: Home,
    /// The home in the slots just before the period, which tell what to expect in its first days.
    past: Home,
    /// The readings, without those of slots that stand still.
    pub(super) consumption: Consumption,
    pub(super) export: Option<Consumption>,
    /// What was read before the period, in slots of its grid.
    imported_before: Vec<Option<Energy>>,
    exported_before: Vec<Option<Energy>>,
    /// Readings that are estimates.
    pub(super) estimated: usize,
    pub(super) imports: Vec<Prices>,
    pub(super) exports: Vec<Prices>,
}

/// The prices that a plan goes by; a tariff that has none still has its bill.
fn prices(tariff: &Tariff, period: Span) -> Prices {
    tariff.plan_rates(period).map_err(|error| error.to_string())
}

impl Ground {
    /// Reads out what is common. An error where nothing is.
    pub(super) fn new(request: &ChoiceRequest<'_>) -> Result<Self> {
        let (period, calendar) = (request.period, &request.calendar);
        let (consumption, mut estimated) = filled(request.consumption, period, request.missing, calendar)?;
        let export =
            request.export.map(|export| filled(export, period, request.missing, calendar)).transpose()?;
        estimated += export.as_ref().map_or(0, |(_, estimated)| *estimated);
        let export = export.map(|(export, _)| export);
        // Earlier prices tell what to expect; where they cannot be had the first days go without.
        let earlier = request.rolling.map_or(period, |days| earlier_too(period, days.days()));
        let all_time = |tariff: &Tariff| prices(tariff, earlier).or_else(|_| prices(tariff, period));
        let whole = |tariffs: &[Tariff]| tariffs.iter().map(all_time).collect();
        let (imports, exports): (Vec<Prices>, Vec<Prices>) =
            (whole(request.tariffs), whole(request.export_tariffs));
        let known_rates = || imports.iter().chain(&exports).flatten().map(|planned| &planned.rates);
        let readings = || std::iter::once(&*consumption).chain(export.as_deref()).chain(request.solar);
        let mut common = period;
        let spans = readings().filter_map(|series| series.grid().span()).map(|span| ("the readings", span));
        let named = request.tariffs.iter().chain(request.export_tariffs);
        let priced = named.zip(imports.iter().chain(&exports));
        let priced = priced
            .filter_map(|(tariff, prices)| Some((tariff.code.as_str(), prices.as_ref().ok()?.rates.span())));
        for (who, span) in spans.chain(priced) {
            common = common.intersection(span).ok_or_else(|| {
                Error::missing(format!(
                    "there is no time that all have in common: {who} {} for {span}, what comes before for {common}",
                    if who == "the readings" { "are" } else { "is" }
                ))
            })?;
        }
        let grid = slots_over(common, SlotLength::HALF_HOUR, known_rates(), readings())?;
        // Whole slots alone: a part of one has no reading of its own.
        let grid = grid.part(grid.slots_starting_in(common));
        let grid = grid.part(0..grid.len() - usize::from(grid.end() > common.to()));
        let period = grid.span().ok_or_else(|| Error::missing("there is no whole slot to plan for"))?;
        let mut known = vec![true; grid.len()];
        let on_grid = |rates: &RateSeries| rates.on_grid(&grid, rates.paid_basis());
        for rates in known_rates() {
            let rates = on_grid(rates)?;
            let slots = known.iter_mut().enumerate();
            slots.for_each(|(index, known)| *known &= rates.is_known(index));
        }
        for series in readings() {
            leave_out(&mut known, series, &grid);
        }
        let masked = |series: &Consumption| without(series, &known, &grid, period);
        let still = stretches(&known, &grid);
        let home = |grid: &Grid| -> Result<Home> {
            let of = |series: &Consumption| energies(series, grid, calendar);
            let export = export.as_deref().map_or_else(|| vec![Energy::ZERO; grid.len()], of);
            let panels = request.solar.map_or_else(Vec::new, of);
            let more = panels.into_iter().chain(std::iter::repeat(Energy::ZERO));
            let solar = export.into_iter().zip(more).map(|(own, more)| own.checked_add(more));
            let solar =
                solar.collect::<Option<_>>().ok_or_else(|| Error::out_of_range("the sun is beyond range"))?;
            Ok(Home { load: of(&consumption), solar })
        };
        Ok(Self {
            period,
            imported_before: before(Some(&consumption), &grid)?,
            exported_before: before(export.as_deref(), &grid)?,
            past: home(&past_of(&grid, earlier, readings())?)?,
            home: home(&grid)?,
            consumption: masked(&consumption)?,
            export: export.as_deref().map(masked).transpose()?,
            estimated,
            grid,
            still,
            known,
            imports,
            exports,
        })
    }

    /// How many slots are known before the period.
    fn past(&self) -> usize {
        self.past.load.len()
    }

    /// How many days they are.
    pub(super) fn days_before(&self) -> usize {
        let seconds = usize::try_from(self.grid.slot_length().seconds()).unwrap_or(1);
        self.past() * seconds / 86_400
    }

    /// The site under a tariff and an export tariff, after the slots before the period in which all is known: prices too, where they are
    /// only known from day to day.
    pub(super) fn site(
        &self,
        request: &ChoiceRequest<'_>,
        (import, export): (&PlanRates, Option<&PlanRates>),
        (tariff, published_day_ahead): (&Tariff, bool),
    ) -> Result<Site> {
        let whole = before_too(&self.grid, self.past())?;
        let rates = |planned: &PlanRates| planned.rates.on_grid(&whole, planned.rates.paid_basis());
        let (bought, sold) = (rates(import)?, export.map(rates).transpose()?);
        let known =
            |slot: usize| bought.is_known(slot) && sold.as_ref().is_none_or(|sold| sold.is_known(slot));
        let unknown = (0..self.past()).rev().find(|slot| published_day_ahead && !known(*slot));
        let first = unknown.map_or(0, |slot| slot + 1);
        let after = |series: Vec<UnitRate>| series.into_iter().skip(first).collect::<Vec<_>>();
        let energies = |past: &[Energy], own: &[Energy]| -> Vec<Energy> {
            past.iter().skip(first).chain(own).copied().collect()
        };
        let mut site = Site::new(whole.part(first..whole.len()), &after(carried_on(&bought)))?
            .paid_in(tariff.currency)
            .load(&energies(&self.past.load, &self.home.load))?;
        if let Some(sold) = &sold {
            site = site.export(&after(carried_on(sold)))?;
        }
        if let Some(limit) = request.import_limit {
            site = site.import_limit(limit);
        }
        if let Some(limit) = request.export_limit {
            site = site.export_limit(limit);
        }
        if self.home.solar.iter().any(|energy| !energy.is_zero()) {
            site = site.solar(&energies(&self.past.solar, &self.home.solar))?;
        }
        Ok(site)
    }

    /// A plan's energies as readings: none where all stands still.
    fn readings(&self, before: &[Option<Energy>], energies: &[Energy]) -> Result<Consumption> {
        let planned = energies.iter().zip(&self.known).map(|(energy, known)| known.then_some(*energy));
        let readings: Vec<Option<Energy>> = before.iter().copied().chain(planned).collect();
        Consumption::on_slots(before_too(&self.grid, before.len())?, &readings)
    }

    /// What a plan imports, after what was imported before it.
    pub(super) fn imported(&self, energies: &[Energy]) -> Result<Consumption> {
        self.readings(&self.imported_before, energies)
    }

    /// What a plan exports, likewise.
    pub(super) fn exported(&self, energies: &[Energy]) -> Result<Consumption> {
        self.readings(&self.exported_before, energies)
    }

    /// Nothing used, where there is a reading.
    pub(super) fn nothing(series: &Consumption) -> Result<Consumption> {
        let readings: Vec<Option<Energy>> =
            series.iter().map(|reading| reading.map(|_| Energy::ZERO)).collect();
        Consumption::on_slots(*series.grid(), &readings)
    }
}

/// Rates with none missing: where one is not known nothing is done, and past days are looked at without a price of nothing.
fn carried_on(rates: &SlotRates) -> Vec<UnitRate> {
    let mut last = rates.iter().flatten().next().unwrap_or_default();
    let carried = rates.iter().map(|rate| {
        last = rate.unwrap_or(last);
        last
    });
    carried.collect()
}

/// Leaves out the slots of every reading that is not whole: one that is missing, or of which a slot has no price.
fn leave_out(known: &mut [bool], series: &Consumption, grid: &Grid) {
    let mut place = 0;
    while place < grid.len() {
        let at = grid.slots_span(place, place + 1);
        let reading = series.grid().index_of_seconds(at.start_seconds());
        let of_reading = reading.map(|reading| series.grid().slots_span(reading, reading + 1));
        let slots = of_reading.map_or(place..place + 1, |span| grid.slots_starting_in(span));
        let end = slots.end.max(place + 1);
        let has = reading.is_some_and(|reading| series.get(reading).is_some());
        let whole = known.get(slots.clone()).is_some_and(|slots| slots.iter().all(|known| *known));
        if !has || !whole {
            known.get_mut(slots).into_iter().flatten().for_each(|known| *known = false);
        }
        place = end;
    }
}

/// Readings without those of slots that stand still. What was read before the period stays: tiers and peaks may look at it.
fn without(series: &Consumption, known: &[bool], grid: &Grid, period: Span) -> Result<Consumption> {
    let own = series.grid();
    let readings: Vec<Option<Energy>> = own
        .slots()
        .map(|slot| {
            let slots = grid.slots_starting_in(slot.span);
            let all = known.get(slots).is_some_and(|slots| slots.iter().all(|known| *known));
            series.get(slot.index).filter(|_| all || !period.contains(slot.span.from()))
        })
        .collect();
    Consumption::on_slots(*own, &readings)
}

/// The sky is judged beside the fortnight before; and a day for a change of the clock.
const DAYS_BEFORE_PAST_DAYS: usize = 15;

/// A period with the time before it that plans from day to day look at, where there are readings and prices of it.
#[must_use]
pub fn earlier_too(period: Span, past_days: usize) -> Span {
    let days = i64::try_from(past_days.saturating_add(DAYS_BEFORE_PAST_DAYS)).unwrap_or(i64::MAX);
    let days = TimeDelta::try_days(days).unwrap_or_default();
    let from = period.from().checked_sub_signed(days);
    from.and_then(|from| Span::new(from, period.to()).ok()).unwrap_or(period)
}

/// The slots just before a grid, from a time on, in which there are readings of all that is read.
fn past_of<'a>(grid: &Grid, earlier: Span, readings: impl Iterator<Item = &'a Consumption>) -> Result<Grid> {
    let starts = readings.map(|series| series.grid().start()).chain([earlier.from()]);
    let first = starts.max().unwrap_or(grid.start()).min(grid.start());
    let length = grid.slot_length().seconds();
    let slots = usize::try_from((grid.start() - first).num_seconds() / length).unwrap_or(0);
    let whole = before_too(grid, slots)?;
    Ok(whole.part(0..slots))
}

/// A grid with so many slots before its first.
fn before_too(grid: &Grid, slots: usize) -> Result<Grid> {
    let seconds = grid.slot_length().seconds().saturating_mul(i64::try_from(slots).unwrap_or(i64::MAX));
    Grid::new(grid.start() - TimeDelta::seconds(seconds), grid.slot_length(), grid.len() + slots)
}

/// The energies of slots; those that are missing as at that time on other days.
fn energies(series: &Consumption, grid: &Grid, calendar: &Calendar) -> Vec<Energy> {
    let own: Vec<Option<Energy>> = series.on_grid(grid).iter().collect();
    match filled_from_other_days(grid, &own, calendar) {
        Ok(filled) => filled.values,
        Err(_) => own.into_iter().map(Option::unwrap_or_default).collect(),
    }
}

/// The slots before a grid over which there are readings, as the home was then.
fn before(series: Option<&Consumption>, grid: &Grid) -> Result<Vec<Option<Energy>>> {
    let Some(series) = series.filter(|series| series.grid().start() < grid.start()) else {
        return Ok(Vec::new());
    };
    let span = Span::new(series.grid().start(), grid.start())?;
    let earlier = Grid::covering(span, grid.slot_length())?;
    Ok(series.on_grid(&earlier).iter().collect())
}

/// The stretches of slots that are not known.
fn stretches(known: &[bool], grid: &Grid) -> Vec<Span> {
    let mut stretches = Vec::new();
    let mut from = None;
    for (place, known) in known.iter().chain(std::iter::once(&true)).enumerate() {
        match (from, known) {
            (None, false) => from = Some(place),
            (Some(first), true) => {
                stretches.push(grid.slots_span(first, place));
                from = None;
            }
            _ => {}
        }
    }
    stretches
}
