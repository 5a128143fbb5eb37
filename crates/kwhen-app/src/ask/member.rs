//! A device of a home: its definition, with what is said of it from day to day in the definition's place.

use super::site::in_file;
use crate::answer::home::{Block, Runs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, definition};
use chrono::{DateTime, Utc};
use kwhen::plan::Power;
use kwhen::plan::battery::{Battery, BatteryDefinition, BatteryRequest, Hold, PowerBand, Site};
use kwhen::plan::fleet::{Appliance, ApplianceDefinition};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, UnitRate};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What is said of a device from day to day, in place of its definition's own words or beside them.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What is stored now; else what the definition says.
    pub level: Option<Energy>,
    /// Levels to have by a time, if the power allows.
    pub targets: Vec<(DateTime<Utc>, Energy)>,
    /// Charge as soon as the power allows, up to this level, whatever it costs.
    pub charge_to: Option<Energy>,
    /// Neither charge nor discharge.
    pub hold: bool,
    /// An appliance runs once by then; without it, it does not run.
    pub done_by: Option<DateTime<Utc>>,
    /// Since when an appliance runs.
    pub running_since: Option<DateTime<Utc>>,
    /// The plan in force: until when it is, and when the device runs in it; `None` where there is none.
    pub in_force: Option<(DateTime<Utc>, Vec<Block>)>,
}

/// A device as its definition describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceShape {
    /// Its name.
    pub name: String,
    /// The most that it stores; `None` for an appliance.
    pub capacity: Option<Energy>,
    /// The most power that it charges with.
    pub most: Power,
}

/// A device and the text that defines it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) shape: DeviceShape,
    path: PathBuf,
    held: Map<String, Value>,
}

/// What a kWh short of a wished level is held to cost: more than any plan could earn with it. In minor units.
const SHORT: i64 = 1_000;

/// The lists of a battery's definition that are bound to dates, and the fields that say when.
const DATED: [(&str, &str, &str); 6] = [
    ("levels", "at", "at"),
    ("draws", "at", "at"),
    ("holds", "from", "to"),
    ("import_limits", "from", "to"),
    ("export_limits", "from", "to"),
    ("powers", "from", "to"),
];

/// What a kWh short of a wished level is held to cost.
pub(crate) fn short() -> UnitRate {
    SHORT.to_string().parse().unwrap_or_default()
}

impl Member {
    /// The battery or car of a definition file.
    pub(crate) fn battery(ctx: &Context, path: &Path) -> Result<Self> {
        let held = read(ctx, path)?;
        let member = Self { shape: blank(), path: path.to_owned(), held };
        let definition = member.definition::<BatteryDefinition>(member.held.clone())?;
        let battery = definition.battery().map_err(in_file(path))?;
        let shape = DeviceShape {
            name: definition.name().map_or_else(|| stem(path), str::to_owned),
            capacity: Some(battery.capacity()),
            most: battery.charger().most(),
        };
        Ok(Self { shape, ..member })
    }

    /// The appliance of a definition file.
    pub(crate) fn appliance(ctx: &Context, path: &Path, calendar: &Calendar) -> Result<Self> {
        let held = read(ctx, path)?;
        let member = Self { shape: blank(), path: path.to_owned(), held };
        let definition = member.definition::<ApplianceDefinition>(member.held.clone())?;
        let appliance = definition.appliance(&stem(path), calendar).map_err(in_file(path))?;
        Ok(Self {
            shape: DeviceShape { name: appliance.name().to_owned(), capacity: None, most: Power::ZERO },
            ..member
        })
    }

    /// The battery, and what is asked of it on a site. What the definition asks for at times that lie outside the site is left out.
    pub(crate) fn asked(
        &self,
        said: &Said,
        calendar: &Calendar,
        whole: &Site,
        site: &Site,
    ) -> Result<(Battery, BatteryRequest)> {
        let mut held = self.held.clone();
        if let Some(level) = said.level {
            held.insert("start_kwh".to_owned(), level.to_string().into());
        }
        let span = site.span();
        for (list, from, to) in DATED {
            if let Some(Value::Array(rows)) = held.get_mut(list) {
                rows.retain(|row| {
                    let at = |field: &str| {
                        row.get(field).and_then(Value::as_str).and_then(|text| calendar.parse(text).ok())
                    };
                    // What cannot be read is left for the definition's own reader to refuse.
                    match (at(from), at(to)) {
                        (Some(from), Some(to)) => from >= span.from() && to <= span.to(),
                        _ => true,
                    }
                });
            }
        }
        let definition = self.definition::<BatteryDefinition>(held)?;
        let battery = definition.battery().map_err(in_file(&self.path))?;
        let mut request = definition.request_within(calendar, whole, site).map_err(in_file(&self.path))?;
        for (by, level) in &said.targets {
            if let Some(by) = boundary(site, *by) {
                request = request.soft_level(by, (*level).min(battery.capacity()), short())?;
            }
        }
        if let Some(level) = said.charge_to {
            request = request.soft_reserve(level.min(battery.capacity()), short())?;
        }
        if said.hold {
            request = request.hold(span, Hold::Level);
        }
        Ok((battery, request))
    }

    /// The request of a car that the supplier has charge in given times: there it takes the most that it can, as long as there is room for it. In a
    /// slot in which it may become full, and in one that a dispatch does not fill, it is left to the plan.
    pub(crate) fn dispatched(
        mut request: BatteryRequest,
        battery: &Battery,
        said: &Said,
        dispatches: &[Span],
        site: &Site,
    ) -> Result<BatteryRequest> {
        let Some(level) = said.level.filter(|_| !said.hold) else { return Ok(request) };
        let most = battery.charger().most();
        // What is lost on the way leaves more room than this.
        let mut room = battery.capacity().checked_sub(level).unwrap_or_default();
        for slot in site.slots()? {
            let is_whole = dispatches.iter().any(|span| span.intersection(slot.span) == Some(slot.span));
            let taken = Energy::from_units(most.units().saturating_mul(slot.span.seconds()) / 3_600)
                .unwrap_or_default();
            let Some(left) = room.checked_sub(taken).filter(|left| is_whole && !left.is_negative()) else {
                continue;
            };
            room = left;
            let band = PowerBand { charge_at_least: Some(most), ..PowerBand::default() };
            request = request.power(slot.span, band)?;
        }
        Ok(request)
    }

    /// The request that does in every slot what the plan in force does there, with what power it likes. Slots that the plan in force does
    /// not reach are free.
    pub(crate) fn kept(
        mut request: BatteryRequest,
        (until, in_force): &(DateTime<Utc>, Vec<Block>),
        site: &Site,
    ) -> Result<BatteryRequest> {
        for (span, doing) in doings(site, in_force).take_while(|(span, _)| span.from() < *until) {
            let none = Some(Power::ZERO);
            let band = match doing {
                Some(Runs::Charging) => PowerBand { discharge_at_most: none, ..PowerBand::default() },
                Some(Runs::Discharging) => PowerBand { charge_at_most: none, ..PowerBand::default() },
                Some(Runs::Running) | None => {
                    PowerBand { charge_at_most: none, discharge_at_most: none, ..PowerBand::default() }
                }
            };
            request = request.power(span, band)?;
        }
        Ok(request)
    }

    /// The appliance where it is to run, within a span or at a fixed time.
    pub(crate) fn cycle(
        &self,
        said: &Said,
        calendar: &Calendar,
        span: Span,
        fixed: Option<Span>,
    ) -> Result<Option<Appliance>> {
        let running = said.running_since.filter(|since| *since < span.from());
        if running.is_none() && said.done_by.is_none() {
            return Ok(None);
        }
        let mut held = self.held.clone();
        for key in ["earliest", "latest", "running_minutes"] {
            held.remove(key);
        }
        match (running, fixed) {
            (Some(since), _) => {
                let minutes = (span.from() - since).num_minutes();
                held.insert("running_minutes".to_owned(), minutes.into());
            }
            (None, Some(fixed)) => {
                held.insert("earliest".to_owned(), instant_text(fixed.from()).into());
                held.insert("latest".to_owned(), instant_text(fixed.to()).into());
            }
            (None, None) => {
                let by = said.done_by.map_or(span.to(), |by| by.min(span.to()));
                held.insert("latest".to_owned(), instant_text(by).into());
            }
        }
        let definition = self.definition::<ApplianceDefinition>(held)?;
        definition.appliance(&self.shape.name, calendar).map(Some).map_err(in_file(&self.path))
    }

    fn definition<T: serde::de::DeserializeOwned>(&self, held: Map<String, Value>) -> Result<T> {
        serde_json::from_value(Value::Object(held)).map_err(|error| {
            let text = kwhen::names::did_you_mean(&error.to_string());
            Failure::work(format!("{}: {text}", self.path.display()))
        })
    }
}

/// What the plan in force does in each slot of a site, by the instant at which the slot begins.
pub(crate) fn doings<'a>(
    site: &'a Site,
    in_force: &'a [Block],
) -> impl Iterator<Item = (Span, Option<Runs>)> + 'a {
    site.grid().slots().filter_map(move |slot| {
        let span = slot.span.intersection(site.span())?;
        let doing = in_force.iter().find(|block| block.span.contains(span.from())).map(|block| block.doing);
        Some((slot.span, doing))
    })
}

/// The last boundary of a site up to an instant; its end for a later one, none before the first.
pub(crate) fn boundary(site: &Site, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if at >= site.span().to() {
        return None;
    }
    let slots = site.grid().slots();
    slots.map(|slot| slot.span.to()).take_while(|end| *end <= at).last()
}

fn blank() -> DeviceShape {
    DeviceShape { name: String::new(), capacity: None, most: Power::ZERO }
}

/// The fields of a definition. Decimals in JSON stand as their digits from here on.
fn read(ctx: &Context, path: &Path) -> Result<Map<String, Value>> {
    let source = Source::file(ctx, path)?;
    let mut held: Map<String, Value> = definition::read(&source)?;
    if definition::is_json(source.bytes()) {
        held.values_mut().for_each(spelt);
    }
    Ok(held)
}

fn spelt(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = number.to_string().into(),
        Value::Array(list) => list.iter_mut().for_each(spelt),
        Value::Object(fields) => fields.values_mut().for_each(spelt),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "device".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
