//! A battery and what is asked of it, as a file says it.

use super::trips::TripDefinition;
use super::{
    Battery, BatteryRequest, Converter, Count, Efficiency, EndValue, Hold, HybridInverter, PowerBand, Site,
};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, Money, UnitRate};
use crate::time::{Calendar, Span};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

/// A battery, or an electric car, as a definition file says it; any serde format. Decimals are text (or JSON numbers, taken digit by
/// digit), powers are kW at the AC side, the store counts DC kWh, prices are pence, times without a zone are those of the calendar.
///
/// ```
/// use kwhen::plan::battery::BatteryDefinition;
/// let definition = BatteryDefinition::from_json(br#"{
///     "capacity_kwh": 60, "kw": "7.4", "charge": {"efficiency": "0.9"}, "start_kwh": 20,
///     "holds": [{"from": "2026-10-14T08:00", "to": "2026-10-14T18:00", "keep": "level"}],
///     "draws": [{"at": "2026-10-14T08:00", "kwh": 12}],
///     "levels": [{"at": "2026-10-15T07:00", "at_least_kwh": 50}]}"#)?;
/// assert_eq!(definition.battery()?.capacity().to_string(), "60");
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatteryDefinition {
    #[serde(default)]
    name: Option<String>,
    capacity_kwh: Energy,
    kw: Power,
    #[serde(default)]
    charge: ConverterDefinition,
    #[serde(default)]
    discharge: ConverterDefinition,
    #[serde(default)]
    store_charge_kw: Option<Power>,
    #[serde(default)]
    store_discharge_kw: Option<Power>,
    #[serde(default)]
    inverter: Option<InverterDefinition>,
    #[serde(default)]
    wear: UnitRate,
    #[serde(default)]
    standing_loss_kw: Power,
    #[serde(default)]
    standby_kw: Power,
    #[serde(default)]
    start_kwh: Energy,
    #[serde(default)]
    reserve_kwh: Energy,
    #[serde(default)]
    soft_reserve: Option<SoftReserve>,
    #[serde(default)]
    end: EndDefinition,
    #[serde(default)]
    levels: Vec<LevelDefinition>,
    #[serde(default)]
    holds: Vec<HoldDefinition>,
    #[serde(default)]
    draws: Vec<DrawDefinition>,
    #[serde(default)]
    trips: Vec<TripDefinition>,
    #[serde(default)]
    changes: Option<ChangesDefinition>,
    #[serde(default)]
    import_limits: Vec<LimitDefinition>,
    #[serde(default)]
    export_limits: Vec<LimitDefinition>,
    #[serde(default)]
    powers: Vec<PowerDefinition>,
    #[serde(default)]
    surplus_only: bool,
    #[serde(default)]
    load_only: bool,
}

/// One direction: its own power where it differs, and one efficiency or a curve.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConverterDefinition {
    kw: Option<Power>,
    min_kw: Option<Power>,
    efficiency: Option<Efficiency>,
    #[serde(default)]
    curve: Vec<CurvePoint>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurvePoint {
    kw: Power,
    efficiency: Efficiency,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InverterDefinition {
    output_kw: Power,
    #[serde(default = "perfect")]
    output_efficiency: Efficiency,
    #[serde(default)]
    input_kw: Power,
    #[serde(default = "perfect")]
    input_efficiency: Efficiency,
}

const fn perfect() -> Efficiency {
    Efficiency::PERFECT
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SoftReserve {
    kwh: Energy,
    price: UnitRate,
}

/// What is left at the end: a level, and what it is worth in one way.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndDefinition {
    kwh: Option<Energy>,
    at_least_kwh: Option<Energy>,
    value: Option<UnitRate>,
    #[serde(default)]
    bands: Vec<ValueBand>,
    repeating_day: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueBand {
    up_to_kwh: Energy,
    value: UnitRate,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelDefinition {
    at: String,
    at_least_kwh: Option<Energy>,
    at_most_kwh: Option<Energy>,
    /// Makes `at_least_kwh` soft: what each kWh short of it costs.
    price: Option<UnitRate>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldDefinition {
    from: String,
    to: String,
    keep: Keep,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Keep {
    Level,
    NoDischarge,
    NoCharge,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DrawDefinition {
    at: String,
    kwh: Energy,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangesDefinition {
    count: Counted,
    at_most: Option<u16>,
    price: Option<Money>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Counted {
    ChargeStarts,
    DischargeStarts,
    Starts,
    Changes,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitDefinition {
    from: String,
    to: String,
    kw: Power,
}

/// The device's powers for a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PowerDefinition {
    from: String,
    to: String,
    charge_at_least_kw: Option<Power>,
    charge_at_most_kw: Option<Power>,
    discharge_at_least_kw: Option<Power>,
    discharge_at_most_kw: Option<Power>,
}

impl BatteryDefinition {
    /// Reads a definition from JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes)
            .map_err(|error| Error::syntax(format!("this is no battery definition: {error}")))
    }

    /// The same with another capacity; whether it can be is said when the battery is made.
    #[must_use]
    pub fn with_capacity(self, capacity: Energy) -> Self {
        Self { capacity_kwh: capacity, ..self }
    }

    /// Whether nothing is stored at the start, as where nothing is said.
    #[must_use]
    pub const fn starts_empty(&self) -> bool {
        self.start_kwh.is_zero()
    }

    /// Whether stored energy leaves it otherwise than to the home: a car that goes on trips.
    #[must_use]
    pub fn goes_on_trips(&self) -> bool {
        !self.trips.is_empty() || !self.draws.is_empty()
    }

    /// What it is called, if anything.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The battery with its converters and inverter. An error names the field that cannot be.
    pub fn battery(&self) -> Result<Battery> {
        let mut battery = Battery::new(self.capacity_kwh, not_negative(self.kw, "kw")?)
            .map_err(|error| error.in_field("capacity_kwh"))?
            .with_charger(self.charge.converter(self.kw).map_err(|error| error.in_field("charge"))?)
            .with_discharger(self.discharge.converter(self.kw).map_err(|error| error.in_field("discharge"))?)
            .with_standing_loss(not_negative(self.standing_loss_kw, "standing_loss_kw")?)
            .with_standby(not_negative(self.standby_kw, "standby_kw")?)
            .with_wear(self.wear)?;
        match (self.store_charge_kw, self.store_discharge_kw) {
            (None, None) => {}
            (Some(charge), Some(discharge)) => {
                battery = battery.with_store_power(
                    not_negative(charge, "store_charge_kw")?,
                    not_negative(discharge, "store_discharge_kw")?,
                );
            }
            _ => return Err(Error::missing("store_charge_kw and store_discharge_kw go together: give both")),
        }
        if let Some(inverter) = self.inverter {
            battery = battery.behind(HybridInverter {
                output: not_negative(inverter.output_kw, "inverter.output_kw")?,
                output_efficiency: inverter.output_efficiency,
                input: not_negative(inverter.input_kw, "inverter.input_kw")?,
                input_efficiency: inverter.input_efficiency,
            });
        }
        Ok(battery)
    }

    /// What is asked of a plan on a site: levels, holds, draws, limits and the worth of what is left.
    ///
    /// Of `end`, `repeating_day` is a date, whole within the site, `average`: the site's mean day, or `period`: all its slots. An error names the row and
    /// field that cannot be read, or that is at odds with another.
    pub fn request(&self, calendar: &Calendar, site: &Site) -> Result<BatteryRequest> {
        self.request_within(calendar, site, site)
    }

    /// As `request`, for a plan of a part of a site alone: what is said of dates and of the worth of what is left goes by the whole site, trips
    /// that come again are those of the part.
    pub fn request_within(&self, calendar: &Calendar, site: &Site, part: &Site) -> Result<BatteryRequest> {
        let mut request = BatteryRequest::starting_at(self.start_kwh).reserve(self.reserve_kwh);
        if let Some(soft) = self.soft_reserve {
            request = request.soft_reserve(soft.kwh, soft.price).map_err(in_list("soft_reserve", 0))?;
        }
        for (place, level) in self.levels.iter().enumerate() {
            request = level.add_to(request, calendar).map_err(in_list("levels", place))?;
        }
        for (place, hold) in self.holds.iter().enumerate() {
            let span = span(calendar, site, [(&hold.from, "holds.from"), (&hold.to, "holds.to")])
                .map_err(in_list("holds", place))?;
            request = request.hold(
                span,
                match hold.keep {
                    Keep::Level => Hold::Level,
                    Keep::NoDischarge => Hold::NoDischarge,
                    Keep::NoCharge => Hold::NoCharge,
                },
            );
        }
        for (place, draw) in self.draws.iter().enumerate() {
            let at = calendar.parse(&draw.at).and_then(|at| on_boundary(at, site));
            let at = at.map_err(in_list("draws.at", place))?;
            request = request.draw(at, draw.kwh);
        }
        for (place, trip) in self.trips.iter().enumerate() {
            request = trip.add_to(request, calendar, part).map_err(in_list("trips", place))?;
        }
        for (place, limit) in self.import_limits.iter().enumerate() {
            let span =
                span(calendar, site, [(&limit.from, "import_limits.from"), (&limit.to, "import_limits.to")])
                    .map_err(in_list("import_limits", place))?;
            let kw = not_negative(limit.kw, "import_limits.kw").map_err(in_list("import_limits", place))?;
            request = request.import_limit(span, kw);
        }
        for (place, limit) in self.export_limits.iter().enumerate() {
            let span =
                span(calendar, site, [(&limit.from, "export_limits.from"), (&limit.to, "export_limits.to")])
                    .map_err(in_list("export_limits", place))?;
            let kw = not_negative(limit.kw, "export_limits.kw").map_err(in_list("export_limits", place))?;
            request = request.export_limit(span, kw);
        }
        for (place, power) in self.powers.iter().enumerate() {
            let span = span(calendar, site, [(&power.from, "powers.from"), (&power.to, "powers.to")])
                .map_err(in_list("powers", place))?;
            request = request.power(span, power.band()).map_err(in_list("powers", place))?;
        }
        if self.surplus_only {
            request = request.from_surplus_only();
        }
        if self.load_only {
            request = request.into_load_only();
        }
        if let Some(changes) = self.changes {
            request = changes.add_to(request).map_err(|error| error.in_field("changes"))?;
        }
        self.end.add_to(request, calendar, site).map_err(|error| error.in_field("end"))
    }
}

impl ConverterDefinition {
    fn converter(&self, power: Power) -> Result<Converter> {
        let converter = match (self.efficiency, self.curve.as_slice()) {
            (Some(_), [_, ..]) => {
                return Err(Error::conflict("gives both an efficiency and a curve: keep one"));
            }
            (None, [_, ..]) if self.kw.is_some() => {
                return Err(Error::conflict(
                    "gives both kw and a curve: the curve's last point is the most power",
                ));
            }
            (None, [_, ..]) => {
                Converter::with_curve(self.curve.iter().map(|point| (point.kw, point.efficiency)).collect())?
            }
            (efficiency, []) => Converter::new(
                not_negative(self.kw.unwrap_or(power), "kw")?,
                efficiency.unwrap_or(Efficiency::PERFECT),
            ),
        };
        converter.at_least(not_negative(self.min_kw.unwrap_or_default(), "min_kw")?)
    }
}

impl PowerDefinition {
    const fn band(&self) -> PowerBand {
        PowerBand {
            charge_at_least: self.charge_at_least_kw,
            charge_at_most: self.charge_at_most_kw,
            discharge_at_least: self.discharge_at_least_kw,
            discharge_at_most: self.discharge_at_most_kw,
        }
    }
}

impl LevelDefinition {
    fn add_to(&self, mut request: BatteryRequest, calendar: &Calendar) -> Result<BatteryRequest> {
        let at = calendar.parse(&self.at).map_err(|error| error.in_field("levels.at"))?;
        match (self.at_least_kwh, self.price) {
            (Some(level), Some(price)) => request = request.soft_level(at, level, price)?,
            (Some(level), None) => request = request.level_at_least(at, level),
            (None, Some(_)) => return Err(Error::missing("a price needs at_least_kwh, which it is for")),
            (None, None) if self.at_most_kwh.is_none() => {
                return Err(Error::missing("needs at_least_kwh or at_most_kwh"));
            }
            (None, None) => {}
        }
        Ok(match self.at_most_kwh {
            Some(level) => request.level_at_most(at, level),
            None => request,
        })
    }
}

impl ChangesDefinition {
    fn add_to(self, mut request: BatteryRequest) -> Result<BatteryRequest> {
        let count = match self.count {
            Counted::ChargeStarts => Count::ChargeStarts,
            Counted::DischargeStarts => Count::DischargeStarts,
            Counted::Starts => Count::Starts,
            Counted::Changes => Count::Changes,
        };
        if self.at_most.is_none() && self.price.is_none() {
            return Err(Error::missing("needs at_most, or a price"));
        }
        if let Some(at_most) = self.at_most {
            request = request.at_most(usize::from(at_most), count);
        }
        match self.price {
            Some(price) => request.price_per_change(price, count),
            None => Ok(request),
        }
    }
}

impl EndDefinition {
    fn add_to(
        &self,
        mut request: BatteryRequest,
        calendar: &Calendar,
        site: &Site,
    ) -> Result<BatteryRequest> {
        request = match (self.kwh, self.at_least_kwh) {
            (Some(_), Some(_)) => {
                return Err(Error::conflict("gives both kwh and at_least_kwh: keep one"));
            }
            (Some(level), None) => request.ending_at(level),
            (None, Some(level)) => request.ending_at_least(level),
            (None, None) => request,
        };
        let value = match (self.value, self.bands.as_slice(), &self.repeating_day) {
            (None, [], None) => return Ok(request),
            (Some(value), [], None) => EndValue::Rate(value),
            (None, [_, ..], None) => {
                EndValue::Bands(self.bands.iter().map(|band| (band.up_to_kwh, band.value)).collect())
            }
            (None, [], Some(day)) => EndValue::RepeatingDay(Box::new(repeating_day(day, calendar, site)?)),
            _ => {
                return Err(Error::conflict(
                    "says in more than one way what is left is worth: keep one of value, bands and repeating_day",
                ));
            }
        };
        Ok(request.end_value(value))
    }
}

fn repeating_day(day: &str, calendar: &Calendar, site: &Site) -> Result<Site> {
    match day {
        "average" => return site.average_day(),
        "period" => return Ok(site.clone()),
        _ => {}
    }
    let date: NaiveDate = day.parse().map_err(|_| {
        Error::syntax("repeating_day is a date such as 2026-10-14, average or period").with_value(day)
    })?;
    let day = calendar.day(date)?;
    if site.span().intersection(day) != Some(day) {
        return Err(
            Error::missing("the repeating day is not whole within the period").with_value(date.to_string())
        );
    }
    site.part(site.slots_starting_in(day))
}

fn span(calendar: &Calendar, site: &Site, ends: [(&str, &'static str); 2]) -> Result<Span> {
    let [from, to] = ends.map(|(text, field)| {
        calendar.parse(text).and_then(|at| on_boundary(at, site)).map_err(|error| error.in_field(field))
    });
    Span::new(from?, to?)
}

/// A slot is held, bound or drawn from as a whole: what begins within one is refused, not moved.
fn on_boundary(at: DateTime<Utc>, site: &Site) -> Result<DateTime<Utc>> {
    let grid = site.grid();
    if (at - grid.start()).num_seconds().rem_euclid(grid.slot_length().seconds()) == 0 {
        return Ok(at);
    }
    Err(Error::misaligned(format!(
        "is within a slot of {} minutes: name a slot boundary",
        grid.slot_length().minutes()
    ))
    .with_value(crate::time::instant_text(at)))
}

fn not_negative(power: Power, field: &'static str) -> Result<Power> {
    if power < Power::ZERO {
        return Err(Error::out_of_range("a power may not be below zero")
            .in_field(field)
            .with_value(power.to_string()));
    }
    Ok(power)
}

/// An error that names the list and the place in it.
fn in_list(list: &'static str, place: usize) -> impl Fn(Error) -> Error {
    move |error| error.in_field(list).in_row(place as u64 + 1)
}
