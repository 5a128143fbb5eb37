//! The components of a definition: grid fees, taxes a kWh, tiers, capacity charges, fees, support, minimums.

use super::every::EveryName;
use super::exported::{CountsName, ScaleDefinition};
use super::reader::{BandDefinition, ClockName, DatedPrice, PeriodDefinition, Reader, dates, time_of_day};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{Prices, RateSeries, VatBasis};
use crate::tariff::{
    CapacityCharge, CapacityPrice, Charge, Component, ComponentKind, ComponentTax, DayClasses, Every, Hours,
    Portion, Schedule, ScheduleBand, SpotSupport, SpotTerms, UnitRates, VatRate,
};
use crate::time::SlotLength;
use chrono::{NaiveDate, Timelike};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One of `components`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentDefinition {
    name: String,
    kind: Option<KindName>,
    from: Option<String>,
    to: Option<String>,
    tax: Option<String>,
    vat: Option<VatBasis>,
    clock: Option<ClockName>,
    unit_rate: Option<UnitRate>,
    #[serde(default)]
    bands: Vec<BandDefinition>,
    #[serde(default)]
    rates: Vec<DatedPrice<UnitRate>>,
    #[serde(default)]
    periods: Vec<PeriodDefinition>,
    spot: Option<SpotDefinition>,
    refund: Option<RefundDefinition>,
    fixed_price: Option<UnitRate>,
    #[serde(default)]
    hours: Vec<HoursDefinition>,
    portion: Option<PortionDefinition>,
    tiers: Option<TiersDefinition>,
    capacity: Option<CapacityDefinition>,
    fee: Option<Money>,
    scale: Option<ScaleDefinition>,
    counts: Option<CountsName>,
    not_below_zero: Option<EveryName>,
    minimum: Option<Money>,
    #[serde(default)]
    every: Option<EveryName>,
    cycle: Option<CycleDefinition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindName {
    GridFee,
    Tax,
    Support,
}

/// So many days, from a date on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CycleDefinition {
    days: u32,
    first: String,
}

impl CycleDefinition {
    fn every(&self) -> Result<Every> {
        let first = self.first.parse::<NaiveDate>().map_err(|_| {
            Error::syntax("not a date such as 2026-07-01").with_value(&self.first).in_field("first")
        })?;
        if !(1..=366).contains(&self.days) {
            return Err(Error::out_of_range("a cycle has 1 to 366 days")
                .with_value(self.days.to_string())
                .in_field("days"));
        }
        Ok(Every::Cycle { days: self.days, first })
    }
}

/// Prices made from the market's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpotDefinition {
    factor: Option<UnitRate>,
    markup: Option<UnitRate>,
    cap: Option<UnitRate>,
    floor: Option<UnitRate>,
    mean_of: Option<EveryName>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundDefinition {
    above: UnitRate,
    share: UnitRate,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HoursDefinition {
    from: String,
    to: String,
    #[serde(default)]
    days: Vec<String>,
    #[serde(default)]
    months: Vec<u32>,
    factor: Option<UnitRate>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortionDefinition {
    every: Option<EveryName>,
    cycle: Option<CycleDefinition>,
    from_kwh: Option<Energy>,
    to_kwh: Option<Energy>,
    #[serde(default)]
    per_day: bool,
    #[serde(default)]
    pro_rata: bool,
}

/// Prices by how much was used in a period.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TiersDefinition {
    every: Option<EveryName>,
    cycle: Option<CycleDefinition>,
    #[serde(default)]
    per_day: bool,
    #[serde(default)]
    pro_rata: bool,
    steps: Vec<TierDefinition>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierDefinition {
    up_to_kwh: Option<Energy>,
    rate: UnitRate,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapacityDefinition {
    slot_minutes: u32,
    #[serde(default = "one")]
    peaks: usize,
    #[serde(default)]
    different_days: bool,
    #[serde(default = "one_month")]
    months: u32,
    #[serde(default)]
    months_before: u32,
    minimum_kw: Option<Energy>,
    price_per_kw: Option<Money>,
    every: Option<EveryName>,
    #[serde(default)]
    steps: Vec<StepDefinition>,
    #[serde(default)]
    edge: EdgeName,
    ceiling_per_kwh: Option<UnitRate>,
    #[serde(default)]
    known_peaks: BTreeMap<String, Energy>,
}

const fn one() -> usize {
    1
}

const fn one_month() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EdgeName {
    /// A power that is just the edge belongs to the step below it.
    #[default]
    Inside,
    /// It belongs to the next.
    Outside,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepDefinition {
    up_to_kw: Option<Energy>,
    price: Money,
}

impl SpotDefinition {
    /// The terms that it gives.
    pub(super) fn terms(&self) -> SpotTerms {
        SpotTerms {
            factor: self.factor.unwrap_or(whole()),
            markup: self.markup.unwrap_or_default(),
            cap: self.cap,
            floor: self.floor,
            mean_of: self.mean_of.map(EveryName::every),
        }
    }
}

/// 1.
pub(super) fn whole() -> UnitRate {
    UnitRate::from_units(10_i64.pow(UnitRate::SCALE)).unwrap_or_default()
}

/// The period that is named, or given as a cycle; exactly one.
fn every(name: Option<EveryName>, cycle: Option<&CycleDefinition>) -> Result<Every> {
    match (name, cycle) {
        (Some(name), None) => Ok(name.every()),
        (None, Some(cycle)) => cycle.every(),
        (None, None) => Err(Error::missing(
            "has no period: say every = \"day\", \"month\", \"quarter\" or \"year\", or a cycle of days",
        )
        .in_field("every")),
        (Some(_), Some(_)) => Err(Error::conflict("gives both every and cycle").in_field("every")),
    }
}

impl TiersDefinition {
    /// Its steps as components, one each.
    pub(super) fn components(
        &self,
        name: &str,
        shape: &Component,
        basis: VatBasis,
    ) -> Result<Vec<Component>> {
        let every = every(self.every, self.cycle.as_ref())?;
        let mut from_kwh = Energy::ZERO;
        let mut components = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            let row = |error: Error| error.in_row(place as u64 + 1).in_field("steps");
            let is_last = place + 1 == self.steps.len();
            if step.up_to_kwh.is_some_and(|edge| edge <= from_kwh) || step.up_to_kwh.is_none() != is_last {
                return Err(row(Error::order(
                    "steps rise from one up_to_kwh to the next, and the last has none: all above costs its rate",
                )));
            }
            let portion = Portion {
                every,
                from_kwh,
                to_kwh: step.up_to_kwh,
                per_day: self.per_day,
                pro_rata: self.pro_rata,
            };
            let unit = if self.per_day { "kWh a day" } else { "kWh" };
            let label = match (place, step.up_to_kwh) {
                (_, Some(edge)) => format!("{name}, {from_kwh} to {edge} {unit} a {}", every.name()),
                (0, None) => name.to_owned(),
                (_, None) => format!("{name}, above {from_kwh} {unit} a {}", every.name()),
            };
            let hours = match &shape.charge {
                Charge::PerKwh { hours, .. } => hours.clone(),
                _ => None,
            };
            let rates = UnitRates::Series(RateSeries::flat(Prices::only(basis, step.rate)));
            let charge = Charge::PerKwh { rates, hours, portion: Some(portion) };
            components.push(Component { name: label, charge, ..shape.clone() });
            from_kwh = step.up_to_kwh.unwrap_or(from_kwh);
        }
        if components.is_empty() {
            return Err(Error::missing("has no steps").in_field("tiers"));
        }
        Ok(components)
    }
}

impl ComponentDefinition {
    /// Whether it goes by a market's prices.
    pub(super) const fn goes_by_market(&self) -> bool {
        self.spot.is_some() || self.refund.is_some() || self.fixed_price.is_some()
    }

    /// The components that it defines: one, or one a tier.
    pub(super) fn components(&self, reader: &Reader, market: Option<&RateSeries>) -> Result<Vec<Component>> {
        self.read(reader, market).map_err(|error| error.in_source(&self.name))
    }

    fn read(&self, reader: &Reader, market: Option<&RateSeries>) -> Result<Vec<Component>> {
        let span = reader.span(self.from.as_deref(), self.to.as_deref())?;
        let basis = self.vat.unwrap_or(reader.basis);
        let tax = match &self.tax {
            None => ComponentTax::OfTariff,
            Some(text) => ComponentTax::Rate(text.parse::<VatRate>().map_err(|error| error.in_field("tax"))?),
        };
        let of_kind = Reader { basis, classes: reader.classes.clone(), calendar: reader.calendar };
        let ways = [
            ("unit_rate", self.unit_rate.is_some()),
            ("bands", !self.bands.is_empty()),
            ("rates", !self.rates.is_empty()),
            ("periods", !self.periods.is_empty()),
            ("spot", self.spot.is_some()),
            ("refund", self.refund.is_some()),
            ("fixed_price", self.fixed_price.is_some()),
            ("tiers", self.tiers.is_some()),
            ("capacity", self.capacity.is_some()),
            ("fee", self.fee.is_some()),
            ("scale", self.scale.is_some()),
            ("minimum", self.minimum.is_some()),
        ];
        let given: Vec<&str> = ways.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        let way = match given.as_slice() {
            [way] => *way,
            [] => {
                return Err(Error::missing(
                    "charges nothing: give unit_rate, bands, rates, periods, spot, refund, fixed_price, tiers, capacity, fee, scale or minimum",
                ));
            }
            several => {
                return Err(Error::conflict(format!(
                    "charges in more than one way: keep one of {}",
                    several.join(", ")
                )));
            }
        };
        let is_per_kwh = !matches!(way, "capacity" | "fee" | "scale" | "minimum");
        let counts = self.counts.map(CountsName::counts).unwrap_or_default();
        self.refuse_unused(way, is_per_kwh)?;
        let hours = self.hours_of(&of_kind)?;
        let kind = match (way, self.kind) {
            ("capacity", _) => ComponentKind::Capacity,
            ("fee" | "scale", _) => ComponentKind::Fee,
            ("minimum", _) => ComponentKind::Minimum,
            _ if counts.is_export() => ComponentKind::Export,
            ("refund" | "fixed_price", None) | (_, Some(KindName::Support)) => ComponentKind::Support,
            (_, Some(KindName::Tax)) => ComponentKind::Tax,
            (_, Some(KindName::GridFee) | None) => ComponentKind::GridFee,
        };
        let charge = match way {
            "capacity" => Charge::Capacity(Box::new(self.capacity_of(hours.clone())?)),
            "fee" | "minimum" => {
                let every = every(self.every, self.cycle.as_ref())?;
                let amount = self.fee.or(self.minimum).unwrap_or_default();
                if way == "fee" { Charge::Fee { amount, every } } else { Charge::Minimum { amount, every } }
            }
            "scale" => match &self.scale {
                Some(scale) => scale.charge()?,
                None => return Err(Error::missing("has no scale")),
            },
            "tiers" => {
                let rates = UnitRates::Series(RateSeries::flat(Prices::only(basis, UnitRate::ZERO)));
                Charge::PerKwh { rates, hours, portion: None }
            }
            _ => {
                let portion = self.portion.as_ref().map(PortionDefinition::portion).transpose()?;
                Charge::PerKwh { rates: self.rates_of(&of_kind, way, market)?, hours, portion }
            }
        };
        let not_below_zero = self.not_below_zero.map(EveryName::every);
        let name = self.name.clone();
        let component = Component { name, kind, span, tax, basis, counts, not_below_zero, charge };
        match &self.tiers {
            Some(tiers) => tiers.components(&self.name, &component, basis),
            None => Ok(vec![component]),
        }
    }

    /// An error that names a field which what it charges does not go by.
    fn refuse_unused(&self, way: &str, is_per_kwh: bool) -> Result<()> {
        let unused = [
            ("kind", self.kind.is_some() && !is_per_kwh),
            ("hours", !self.hours.is_empty() && !is_per_kwh && way != "capacity"),
            ("portion", self.portion.is_some() && (!is_per_kwh || way == "tiers")),
            ("every", self.every.is_some() && is_per_kwh || self.every.is_some() && way == "capacity"),
            ("cycle", self.cycle.is_some() && (is_per_kwh || way == "capacity")),
            ("every", self.every.is_some() && way == "scale"),
            ("cycle", self.cycle.is_some() && way == "scale"),
            ("counts", self.counts.is_some() && !is_per_kwh && way != "scale"),
            ("not_below_zero", self.not_below_zero.is_some() && (!is_per_kwh || way == "tiers")),
            ("clock", self.clock.is_some() && way != "bands" && self.hours.is_empty()),
        ];
        match unused.iter().find(|(_, unused)| *unused) {
            Some((field, _)) => {
                Err(Error::conflict(format!("means nothing for a component of {way}: leave it out"))
                    .in_field(*field))
            }
            None => Ok(()),
        }
    }

    fn rates_of(&self, reader: &Reader, way: &str, market: Option<&RateSeries>) -> Result<UnitRates> {
        let spot = || {
            market.ok_or_else(|| {
                Error::missing("goes by the market's prices: give them (--spot FILE)").in_field("spot")
            })
        };
        if let Some(definition) = &self.spot {
            return Ok(UnitRates::Series(definition.terms().prices(spot()?, &reader.calendar)?));
        }
        if let Some(RefundDefinition { above, share }) = &self.refund {
            let refund = SpotSupport::Refund { above: *above, share: *share };
            return Ok(UnitRates::Series(refund.prices(spot()?)?));
        }
        if let Some(price) = self.fixed_price {
            return Ok(UnitRates::Series(SpotSupport::FixedPrice { price }.prices(spot()?)?));
        }
        let clock = self.clock.unwrap_or_default();
        match way {
            "rates" => Ok(UnitRates::Series(RateSeries::from_rows(reader.rows(&self.rates)?, None)?)),
            "periods" => reader.periods(&self.periods, clock),
            _ => reader.rates(self.unit_rate, &self.bands, clock),
        }
    }

    fn hours_of(&self, reader: &Reader) -> Result<Option<Hours>> {
        if self.hours.is_empty() {
            return Ok(None);
        }
        hours(&self.hours, reader, self.clock.unwrap_or_default()).map(Some)
    }

    fn capacity_of(&self, hours: Option<Hours>) -> Result<CapacityCharge> {
        let Some(capacity) = &self.capacity else { return Err(Error::missing("has no capacity")) };
        let price = match (capacity.price_per_kw, capacity.steps.is_empty()) {
            (Some(price), true) => {
                let every = match capacity.every {
                    Some(EveryName::Month) => Every::Month,
                    Some(EveryName::Year) => Every::Year,
                    _ => {
                        return Err(Error::missing("a price a kW is for every = \"month\" or \"year\"")
                            .in_field("every"));
                    }
                };
                CapacityPrice::PerKw { price, every }
            }
            (None, false) => {
                let steps = capacity.steps.iter().map(|step| (step.up_to_kw, step.price)).collect();
                let every = match capacity.every {
                    None | Some(EveryName::Month) => Every::Month,
                    Some(EveryName::Year) => Every::Year,
                    Some(_) => {
                        return Err(Error::out_of_range("steps are for every = \"month\" or \"year\"")
                            .in_field("every"));
                    }
                };
                CapacityPrice::steps(every, steps, capacity.edge == EdgeName::Inside)?
            }
            _ => {
                return Err(Error::conflict("a capacity charge has either price_per_kw or steps")
                    .in_field("capacity"));
            }
        };
        if capacity.peaks == 0
            || capacity.peaks > 31
            || !(1..=24).contains(&capacity.months)
            || capacity.months_before > 12
        {
            return Err(Error::out_of_range("1 to 31 peaks, of 1 to 24 months, at most 12 months before")
                .in_field("capacity"));
        }
        let mut known = BTreeMap::new();
        for (month, kw) in &capacity.known_peaks {
            let parsed = month.split_once('-').and_then(|(year, month)| {
                Some((
                    year.parse::<i32>().ok()?,
                    month.parse::<u32>().ok().filter(|month| (1..=12).contains(month))?,
                ))
            });
            let month = parsed.ok_or_else(|| {
                Error::syntax("not a month such as 2026-01").with_value(month).in_field("known_peaks")
            })?;
            known.insert(month, *kw);
        }
        Ok(CapacityCharge {
            slot: SlotLength::from_minutes(capacity.slot_minutes)
                .map_err(|error| error.in_field("slot_minutes"))?,
            peaks: capacity.peaks,
            different_days: capacity.different_days,
            hours,
            months: capacity.months,
            months_before: capacity.months_before,
            minimum_kw: capacity.minimum_kw.unwrap_or_default(),
            price,
            ceiling: capacity.ceiling_per_kwh,
            known,
        })
    }
}

impl PortionDefinition {
    fn portion(&self) -> Result<Portion> {
        let from_kwh = self.from_kwh.unwrap_or_default();
        if self.to_kwh.is_some_and(|to| to <= from_kwh) || from_kwh.is_negative() {
            return Err(Error::order("ends at more kWh than it begins with, and begins with none or more")
                .in_field("to_kwh"));
        }
        Ok(Portion {
            every: every(self.every, self.cycle.as_ref()).map_err(|error| error.in_field("portion"))?,
            from_kwh,
            to_kwh: self.to_kwh,
            per_day: self.per_day,
            pro_rata: self.pro_rata,
        })
    }
}

/// Hours that count, each with its factor, and the rest, which does not.
fn hours(definitions: &[HoursDefinition], reader: &Reader, clock: ClockName) -> Result<Hours> {
    let mut bands = Vec::new();
    for (place, hours) in definitions.iter().enumerate() {
        let band = BandDefinition {
            name: None,
            from: hours.from.clone(),
            to: hours.to.clone(),
            days: hours.days.clone(),
            months: hours.months.clone(),
            rate: hours.factor.unwrap_or(whole()),
        };
        let band =
            reader.band(place, &band).map_err(|error| error.in_row(place as u64 + 1).in_field("hours"))?;
        bands.push(ScheduleBand { prices: Prices::Exclusive(band.prices.paid()), ..band });
    }
    let clock = reader.clock(clock);
    let schedule = Schedule::filled(clock, bands, Prices::Exclusive(UnitRate::ZERO), &reader.classes)
        .map_err(|error| error.in_field("hours"))?;
    Ok(Hours { clock, bands: schedule })
}

/// The dates of classes of days: `holidays`, `day_classes`, and when a day begins.
pub(super) fn day_classes(
    holidays: &[String],
    classes: &BTreeMap<String, Vec<String>>,
    starts: Option<&str>,
) -> Result<DayClasses> {
    let starts = starts.map(time_of_day).transpose().map_err(|error| error.in_field("day_starts"))?;
    let mut days = DayClasses::starting_at(starts.map_or(0, |at| at.hour() * 60 + at.minute()));
    if !holidays.is_empty() {
        let dates = dates(holidays).map_err(|error| error.in_field("holidays"))?;
        days.add("holiday", &dates).map_err(|error| error.in_field("holidays"))?;
    }
    for (name, texts) in classes {
        let dates = dates(texts).map_err(|error| error.in_field("day_classes"))?;
        days.add(name, &dates).map_err(|error| error.in_field("day_classes"))?;
    }
    Ok(days)
}
