//! The half-hours that all tariffs are set beside each other over, and the site in them.

use super::request::ChoiceRequest;
use crate::bill::filled;
use crate::error::{Error, Result};
use crate::plan::battery::Site;
use crate::plan::{filled_from_other_days, slots_over};
use crate::quantity::{Energy, UnitRate};
use crate::series::{Consumption, RateSeries, SlotRates};
use crate::tariff::{PlanRates, Tariff};
use crate::time::{Grid, SlotLength, Span};
use chrono::TimeDelta;

/// What a tariff is planned by, or why it cannot be.
pub(super) type Prices = std::result::Result<PlanRates, String>;

/// What all tariffs share.
pub(super) struct Ground {
    /// The common span.
    pub(super) period: Span,
    pub(super) grid: Grid,
    /// Slots in which there is a reading and every tariff has a price.
    pub(super) known: Vec<bool>,
    /// The stretches of the others.
    pub(super) still: Vec<Span>,
    load: Vec<Energy>,
    solar: Vec<Energy>,
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
        let whole = |tariffs: &[Tariff]| tariffs.iter().map(|tariff| prices(tariff, period)).collect();
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
        let energies = |series: &Consumption| -> Vec<Energy> {
            let own: Vec<Option<Energy>> = series.on_grid(&grid).iter().collect();
            match filled_from_other_days(&grid, &own, calendar) {
                Ok(filled) => filled.values,
                Err(_) => own.into_iter().map(Option::unwrap_or_default).collect(),
            }
        };
        let mut solar = export.as_deref().map_or_else(|| vec![Energy::ZERO; grid.len()], energies);
        if let Some(panels) = request.solar {
            for (own, more) in solar.iter_mut().zip(energies(panels)) {
                *own = own.checked_add(more).ok_or_else(|| Error::out_of_range("the sun is beyond range"))?;
            }
        }
        Ok(Self {
            period,
            imported_before: before(Some(&consumption), &grid)?,
            exported_before: before(export.as_deref(), &grid)?,
            load: energies(&consumption),
            solar,
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

    /// The site under a tariff and an export tariff.
    pub(super) fn site(
        &self,
        request: &ChoiceRequest<'_>,
        (import, export): (&PlanRates, Option<&PlanRates>),
        tariff: &Tariff,
    ) -> Result<Site> {
        let rates = |planned: &PlanRates| -> Result<Vec<UnitRate>> {
            let rates = planned.rates.on_grid(&self.grid, planned.rates.paid_basis())?;
            Ok(carried_on(&rates))
        };
        let mut site = Site::new(self.grid, &rates(import)?)?.paid_in(tariff.currency);
        if let Some(export) = export {
            site = site.export(&rates(export)?)?;
        }
        if let Some(limit) = request.import_limit {
            site = site.import_limit(limit);
        }
        if let Some(limit) = request.export_limit {
            site = site.export_limit(limit);
        }
        site = site.load(&self.load)?;
        if self.solar.iter().any(|energy| !energy.is_zero()) {
            site = site.solar(&self.solar)?;
        }
        Ok(site)
    }

    /// A plan's energies as readings: none where all stands still.
    fn readings(&self, before: &[Option<Energy>], energies: &[Energy]) -> Result<Consumption> {
        let planned = energies.iter().zip(&self.known).map(|(energy, known)| known.then_some(*energy));
        let readings: Vec<Option<Energy>> = before.iter().copied().chain(planned).collect();
        let earlier = self.grid.slot_length().seconds() * i64::try_from(before.len()).unwrap_or(0);
        let start = self.grid.start() - TimeDelta::seconds(earlier);
        Consumption::on_slots(Grid::new(start, self.grid.slot_length(), readings.len())?, &readings)
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
