//! What the battery stands behind: prices, load, solar and the connection.

use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Currency, Energy, Rounding, UnitRate, divide};
use crate::series::{Consumption, SlotRates};
use crate::time::{Grid, Span};

/// Units of 10⁻⁸ in the last digit of a mean price and of a mean energy.
const PRICE_DIGIT: i128 = 10_000;
const ENERGY_DIGIT: i128 = 100_000;

/// Prices, load and solar on one grid, and the limits of the connection.
///
/// Without an export rate, export is possible and earns nothing. In no slot does the meter import and export at once.
#[derive(Clone, Debug)]
pub struct Site {
    pub(crate) grid: Grid,
    /// Seconds of the first slot that have gone by, and of the last that are not planned.
    head: i64,
    tail: i64,
    pub(crate) import: Vec<i64>,
    pub(crate) export: Vec<i64>,
    pub(crate) carbon: Vec<i64>,
    pub(crate) load: Vec<i64>,
    pub(crate) solar: Vec<i64>,
    pub(crate) import_limit: Option<Power>,
    pub(crate) export_limit: Option<Power>,
    pub(crate) curtailment: bool,
    pub(crate) grid_charging: bool,
    pub(crate) battery_export: bool,
    currency: Currency,
}

/// One slot of a site, as far as it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteSlot {
    /// When: of a slot that the site cuts, the part within it (UTC).
    pub span: Span,
    /// What an imported kWh costs, in p/kWh, tax as the rates have it.
    pub import: UnitRate,
    /// What an exported kWh earns, in p/kWh; nothing without export rates.
    pub export: UnitRate,
    /// The load in kWh.
    pub load: Energy,
    /// Solar generation in kWh.
    pub solar: Energy,
}

impl Site {
    /// The slots in their order. An error for what is beyond the range of a rate or an energy.
    pub fn slots(&self) -> Result<Vec<SiteSlot>> {
        let slot = |index: usize| {
            Ok(SiteSlot {
                span: self.span_of(index),
                import: UnitRate::from_units(self.import_units(index))?,
                export: UnitRate::from_units(self.export_units(index))?,
                load: Energy::from_units(self.load_units(index))?,
                solar: Energy::from_units(self.solar_units(index))?,
            })
        };
        (0..self.grid.len()).map(slot).collect()
    }

    /// Import rates in p/kWh, one a slot. An error unless there is one for every slot of a grid that is not empty.
    pub fn new(grid: Grid, import: &[UnitRate]) -> Result<Self> {
        expect_length(&grid, import.len(), "import rates")?;
        Self::bare(grid, import.iter().map(|rate| rate.units()).collect())
    }

    /// Import rates as a series gives them. An error where a slot's rate is not known: the gap is named.
    pub fn from_rates(import: &SlotRates) -> Result<Self> {
        Self::bare(*import.grid(), known_rates(import, "import rates")?)
    }

    fn bare(grid: Grid, import: Vec<i64>) -> Result<Self> {
        if grid.is_empty() {
            return Err(Error::missing("there is no slot to plan for"));
        }
        Ok(Self {
            grid,
            head: 0,
            tail: 0,
            import,
            export: Vec::new(),
            carbon: Vec::new(),
            load: Vec::new(),
            solar: Vec::new(),
            import_limit: None,
            export_limit: None,
            curtailment: true,
            grid_charging: true,
            battery_export: true,
            currency: Currency::GBP,
        })
    }

    /// In another currency than pounds: rates count its minor unit, and reasons name it.
    #[must_use]
    pub const fn paid_in(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// What rates are in.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Export rates in p/kWh, one a slot.
    pub fn export(mut self, export: &[UnitRate]) -> Result<Self> {
        expect_length(&self.grid, export.len(), "export rates")?;
        self.export = export.iter().map(|rate| rate.units()).collect();
        Ok(self)
    }

    /// Export rates as a series gives them, on the same grid, none unknown.
    pub fn export_rates(mut self, export: &SlotRates) -> Result<Self> {
        self.expect_grid(export.grid(), "export rates")?;
        self.export = known_rates(export, "export rates")?;
        Ok(self)
    }

    /// The load in kWh a slot. An error below zero.
    pub fn load(mut self, load: &[Energy]) -> Result<Self> {
        self.load = energies(&self.grid, load, "load")?;
        Ok(self)
    }

    /// The load as readings of any slot length ([`Consumption::on_grid`]); an error that names the first gap.
    pub fn load_readings(self, load: &Consumption) -> Result<Self> {
        let known = known_readings(&load.on_grid(&self.grid), "load")?;
        self.load(&known)
    }

    /// Solar generation in kWh a slot: at the AC side, or at the DC side of a hybrid inverter. An error below zero.
    pub fn solar(mut self, solar: &[Energy]) -> Result<Self> {
        self.solar = energies(&self.grid, solar, "solar")?;
        Ok(self)
    }

    /// Solar generation as readings of any slot length; an error that names the first gap.
    pub fn solar_readings(self, solar: &Consumption) -> Result<Self> {
        let known = known_readings(&solar.on_grid(&self.grid), "solar")?;
        self.solar(&known)
    }

    /// The site without its sun, for devices that do not have it at their side.
    pub(crate) fn without_solar(mut self) -> Self {
        self.solar.clear();
        self
    }

    /// A price on the carbon of imported energy, in p/kWh a slot: carbon intensity times what a kilogram is held to cost.
    /// It decides the plan and is reported beside the grid cost, not in it.
    pub fn carbon(mut self, carbon: &[UnitRate]) -> Result<Self> {
        expect_length(&self.grid, carbon.len(), "carbon prices")?;
        self.carbon = carbon.iter().map(|rate| rate.units()).collect();
        Ok(self)
    }

    /// The most that the connection may import.
    #[must_use]
    pub fn import_limit(mut self, limit: Power) -> Self {
        self.import_limit = Some(limit);
        self
    }

    /// The most that the connection may export; [`Power::ZERO`] for none.
    #[must_use]
    pub fn export_limit(mut self, limit: Power) -> Self {
        self.export_limit = Some(limit);
        self
    }

    /// Solar may not be curtailed: all of it is used, stored or exported.
    #[must_use]
    pub fn without_curtailment(mut self) -> Self {
        self.curtailment = false;
        self
    }

    /// The battery charges only while the meter does not import: from surplus solar.
    #[must_use]
    pub fn without_grid_charging(mut self) -> Self {
        self.grid_charging = false;
        self
    }

    /// The battery discharges only while the meter does not export: into the load.
    #[must_use]
    pub fn without_battery_export(mut self) -> Self {
        self.battery_export = false;
        self
    }

    /// The slots, whole: where the site begins or ends within one ([`Site::during`]), its first or last slot is part of it.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// From when to when the site is.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::from_seconds(self.grid.start_seconds() + self.head, self.grid.end_seconds() - self.tail)
    }

    /// The same site from one instant to another, both of any second: the first slot is the rest of the one that has begun, the last
    /// ends where the span does. Powers and limits hold as before, load and solar of a cut slot in proportion. An error unless the
    /// site is there for the whole span.
    pub fn during(&self, span: Span) -> Result<Self> {
        let own = self.span();
        if own.intersection(span) != Some(span) {
            return Err(
                Error::out_of_range(format!("is not within the site's {own}")).with_value(span.to_string())
            );
        }
        let first = self.grid.index_of_seconds(span.start_seconds()).unwrap_or(0);
        let end = self.grid.first_start_from(span.to_seconds());
        let mut site = self.part(first..end)?;
        let before = [site.span_of(0), site.span_of(site.grid.len() - 1)];
        site.head = span.start_seconds() - site.grid.start_seconds();
        site.tail = site.grid.end_seconds() - span.to_seconds();
        for series in [&mut site.load, &mut site.solar] {
            let last = series.len().saturating_sub(1);
            let places =
                if last == 0 { vec![(0, before[0])] } else { vec![(0, before[0]), (last, before[1])] };
            for (place, whole) in places {
                if let Some(value) = series.get_mut(place) {
                    *value = crate::series::share(*value, whole, span.start_seconds(), span.to_seconds());
                }
            }
        }
        Ok(site)
    }

    /// Whether the first slot or the last is not whole.
    pub(crate) const fn is_cut(&self) -> bool {
        self.head > 0 || self.tail > 0
    }

    /// How long a slot is, in seconds.
    pub(crate) fn seconds_of(&self, index: usize) -> i64 {
        // Only the first and the last may be cut.
        if index > 0 && index + 1 < self.grid.len() {
            return self.grid.slot_length().seconds();
        }
        self.span_of(index).seconds()
    }

    /// When a slot is, as far as it is planned.
    pub(crate) fn span_of(&self, index: usize) -> Span {
        let whole = self.grid.slots_span(index, index + 1);
        whole.intersection(self.span()).unwrap_or(whole)
    }

    /// The slots that start in a span.
    pub(crate) fn slots_starting_in(&self, span: Span) -> std::ops::Range<usize> {
        let places = self.grid.slots_starting_in(span);
        match self.head {
            0 => places,
            _ if span.contains(self.span().from()) => 0..places.end.max(1),
            _ => places.start.max(1)..places.end.max(1),
        }
    }

    /// When a boundary between slots is; the end for the number of slots.
    pub(crate) fn boundary_text(&self, boundary: usize) -> String {
        let at = if boundary < self.grid.len() { self.span_of(boundary).from() } else { self.span().to() };
        crate::time::instant_text(at)
    }

    /// The same site over some of its slots; an error where there is none.
    pub fn part(&self, places: std::ops::Range<usize>) -> Result<Self> {
        let grid = self.grid.part(places.clone());
        if grid.is_empty() {
            return Err(Error::missing("there is no slot to plan for"));
        }
        let first = places.start.min(self.grid.len());
        let cut = |series: &[i64]| series.get(first..first + grid.len()).unwrap_or(&[]).to_vec();
        Ok(Self {
            grid,
            head: if first == 0 { self.head } else { 0 },
            tail: if first + grid.len() == self.grid.len() { self.tail } else { 0 },
            import: cut(&self.import),
            export: cut(&self.export),
            carbon: cut(&self.carbon),
            load: cut(&self.load),
            solar: cut(&self.solar),
            ..*self
        })
    }

    /// Whether both have the same slots, prices, load and sun.
    pub(in crate::plan) fn is_as<'a>(&'a self, other: &'a Self) -> bool {
        let series = |site: &'a Self| [&site.import, &site.export, &site.carbon, &site.load, &site.solar];
        (self.grid, self.head, self.tail) == (other.grid, other.head, other.tail)
            && series(self) == series(other)
    }

    /// The site's mean day: 24 hours that follow its end, each slot with the mean of the slots at that time of day (UTC), prices
    /// rounded half to even at 10⁻⁴ p/kWh and energies at 10⁻³ kWh, so that the mean has no more digits than what people write.
    /// An error for a site shorter than a day.
    pub fn average_day(&self) -> Result<Self> {
        let day = usize::try_from(86_400 / self.grid.slot_length().seconds()).unwrap_or(usize::MAX);
        if self.grid.len() < day {
            return Err(Error::missing("an average day needs a whole day of slots"));
        }
        let offset = self.grid.len() % day;
        let mean = |series: &[i64], digits: i128| -> Vec<i64> {
            if series.is_empty() {
                return Vec::new();
            }
            let slot = |place: usize| {
                let same = || series.iter().skip((place + offset) % day).step_by(day);
                let sum: i128 = same().map(|value| i128::from(*value)).sum();
                let rounded = divide(sum, same().count() as i128 * digits, Rounding::HalfEven) * digits;
                i64::try_from(rounded).unwrap_or(i64::MAX)
            };
            (0..day).map(slot).collect()
        };
        Ok(Self {
            grid: Grid::new(self.grid.end(), self.grid.slot_length(), day)?,
            head: 0,
            tail: 0,
            import: mean(&self.import, PRICE_DIGIT),
            export: mean(&self.export, PRICE_DIGIT),
            carbon: mean(&self.carbon, PRICE_DIGIT),
            load: mean(&self.load, ENERGY_DIGIT),
            solar: mean(&self.solar, ENERGY_DIGIT),
            ..*self
        })
    }

    /// Adds flows (10^-8 kWh a slot; negative: into the site) to the load, which may fall below zero by them. Right
    /// only for devices without a hybrid inverter, for which load and flow meet at one point.
    pub(crate) fn add_to_load(&mut self, flow: &[i64]) {
        self.load.resize(self.grid.len(), 0);
        for (load, flow) in self.load.iter_mut().zip(flow) {
            *load = load.saturating_add(*flow);
        }
    }

    pub(crate) fn import_units(&self, index: usize) -> i64 {
        self.import.get(index).copied().unwrap_or(0)
    }

    pub(crate) fn export_units(&self, index: usize) -> i64 {
        self.export.get(index).copied().unwrap_or(0)
    }

    pub(crate) fn carbon_units(&self, index: usize) -> i64 {
        self.carbon.get(index).copied().unwrap_or(0)
    }

    pub(crate) fn load_units(&self, index: usize) -> i64 {
        self.load.get(index).copied().unwrap_or(0)
    }

    pub(crate) fn solar_units(&self, index: usize) -> i64 {
        self.solar.get(index).copied().unwrap_or(0)
    }

    fn expect_grid(&self, other: &Grid, what: &str) -> Result<()> {
        if *other == self.grid {
            return Ok(());
        }
        Err(Error::misaligned(format!(
            "the {what} are not on the grid of the import rates: {other:?} beside {:?}",
            self.grid
        )))
    }
}

fn expect_length(grid: &Grid, count: usize, what: &str) -> Result<()> {
    if count == grid.len() {
        return Ok(());
    }
    Err(Error::misaligned(format!("{count} {what} for {} slots", grid.len())))
}

fn known_rates(rates: &SlotRates, what: &str) -> Result<Vec<i64>> {
    match rates.gaps().first() {
        Some(gap) => Err(Error::missing(format!("the {what} are not known for {gap}"))),
        None => Ok(rates.units().to_vec()),
    }
}

fn known_readings(readings: &Consumption, what: &str) -> Result<Vec<Energy>> {
    if let Some(gap) = readings.gaps().first() {
        return Err(Error::missing(format!("no reading for {gap}")).in_field(what));
    }
    Ok(readings.iter().flatten().collect())
}

fn energies(grid: &Grid, values: &[Energy], what: &str) -> Result<Vec<i64>> {
    expect_length(grid, values.len(), what)?;
    if let Some((index, value)) = values.iter().enumerate().find(|(_, value)| value.is_negative()) {
        return Err(Error::out_of_range("may not be below zero")
            .in_row(index as u64 + 1)
            .in_field(what)
            .with_value(value.to_string()));
    }
    Ok(values.iter().map(|value| value.units()).collect())
}
