//! What the devices do under one tariff: knowing all of the time, or from day to day.

use super::ground::Ground;
use crate::error::{Error, Result};
use crate::plan::backtest::{Backtest, Forecast, Known, MeanOfDays, PastDays, SlotForecast, Strategy};
use crate::plan::battery::{Battery, DispatchSlot, EndValue, Hold, RAW, Site, raw_power};
use crate::plan::fleet::FleetDevice;
use crate::quantity::{Energy, Money};
use crate::time::{Calendar, Publication};

/// What comes of it, slot by slot.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pub(super) import: Vec<Energy>,
    pub(super) export: Vec<Energy>,
    /// Of each device, in their order: what it takes and what it gives at the AC side.
    pub(super) devices: Vec<Vec<(Energy, Energy)>>,
    /// What the plan went by: grid, wear, soft levels and the worth of what is left at the end.
    pub(super) objective: Money,
}

/// The most rounds in which devices plan beside each other.
const ROUNDS: usize = 8;

/// The devices with what stands still.
pub(super) fn held(devices: Vec<FleetDevice>, ground: &Ground) -> Vec<FleetDevice> {
    let held = devices.into_iter().map(|mut device| {
        for span in &ground.still {
            device.request = device.request.hold(*span, Hold::Level);
        }
        device
    });
    held.collect()
}

/// The least cost of all: the exact plan of one device; of several, each planned exactly beside the others, turn by turn, until none can
/// do better.
pub(super) fn foresight(site: &Site, devices: &[FleetDevice]) -> Result<Done> {
    match devices {
        [] => alone(site),
        [device] => {
            let dispatch = device.battery.plan(site, &device.request)?;
            Ok(of_slots(dispatch.slots(), dispatch.cost()))
        }
        devices => by_turns(site, devices),
    }
}

/// The site without a device.
fn alone(site: &Site) -> Result<Done> {
    let nothing = Battery::new(Energy::ZERO, crate::plan::Power::ZERO)?;
    let dispatch = nothing.plan(site, &crate::plan::battery::BatteryRequest::default())?;
    Ok(Done { devices: Vec::new(), ..of_slots(dispatch.slots(), dispatch.cost()) })
}

fn of_slots(slots: &[DispatchSlot], objective: Money) -> Done {
    Done {
        import: slots.iter().map(|slot| slot.import).collect(),
        export: slots.iter().map(|slot| slot.export).collect(),
        devices: vec![moves(slots)],
        objective,
    }
}

fn moves(slots: &[DispatchSlot]) -> Vec<(Energy, Energy)> {
    slots.iter().map(|slot| (slot.charge, slot.discharge)).collect()
}

/// What a device adds to the load, its standby with it.
fn flow(device: &FleetDevice, site: &Site, moves: &[(Energy, Energy)]) -> Vec<i64> {
    let flow = moves.iter().enumerate().map(|(index, (charge, discharge))| {
        let standby = raw_power(device.battery.standby, site.seconds_of(index)) / RAW;
        let standby = i64::try_from(standby).unwrap_or(i64::MAX);
        (charge.units() - discharge.units()).saturating_add(standby)
    });
    flow.collect()
}

/// The site with what some devices add to its load.
fn beside<'a>(site: &Site, flows: impl Iterator<Item = &'a Vec<i64>>) -> Site {
    let mut site = site.clone();
    flows.for_each(|flow| site.add_to_load(flow));
    site
}

/// Several devices can take turns where they meet at one point behind the meter.
fn expect_one_point(devices: &[FleetDevice]) -> Result<()> {
    match devices.iter().find(|device| device.battery.has_hybrid_inverter()) {
        Some(device) if devices.len() > 1 => Err(Error::unsupported(format!(
            "{} has a hybrid inverter: beside other devices such a one is planned by `kwhen battery` alone",
            device.name
        ))),
        _ => Ok(()),
    }
}

fn by_turns(site: &Site, devices: &[FleetDevice]) -> Result<Done> {
    expect_one_point(devices)?;
    let mut flows = vec![Vec::new(); devices.len()];
    let mut moved = vec![Vec::new(); devices.len()];
    // Of each device what is not the meter's: wear, soft levels, less the worth of what is left.
    let mut own = vec![Money::ZERO; devices.len()];
    let mut done: Option<Done> = None;
    for _ in 0..ROUNDS {
        let before = done.as_ref().map(|done| done.objective);
        for (place, device) in devices.iter().enumerate() {
            let others = flows.iter().enumerate().filter(|(other, _)| *other != place);
            let site = beside(site, others.map(|(_, flow)| flow));
            let dispatch = device.battery.plan(&site, &device.request)?;
            let grid = dispatch.costs().grid;
            let ours = dispatch.cost().checked_sub(grid).ok_or_else(beyond)?;
            let slots = dispatch.slots();
            set(&mut own, place, ours);
            set(&mut flows, place, flow(device, &site, &moves(slots)));
            set(&mut moved, place, moves(slots));
            let objective = Money::sum(own.iter().copied().chain([grid]))?;
            done = Some(Done { objective, ..of_slots(slots, objective) });
        }
        if done.as_ref().map(|done| done.objective) >= before && before.is_some() {
            break;
        }
    }
    let done = done.ok_or_else(|| Error::missing("there is no device"))?;
    Ok(Done { devices: moved, ..done })
}

fn set<T>(list: &mut [T], place: usize, value: T) {
    if let Some(cell) = list.get_mut(place) {
        *cell = value;
    }
}

fn beyond() -> Error {
    Error::out_of_range("a sum is beyond the range of p")
}

/// What is known of the prices when.
#[derive(Clone, Copy)]
pub(super) struct KnownThen {
    pub(super) calendar: Calendar,
    /// When prices are published; `None` where all are known long before.
    pub(super) publication: Option<Publication>,
    pub(super) days: PastDays,
}

/// Planned whenever more is known, on what is known then, the time before the site among it: one device under prices that are all known on
/// the expected value over past days, all else on their mean. Of several devices each plans after those before it, and sees what they do until
/// the next plans are made.
pub(super) fn rolling(whole: &Site, site: &Site, devices: &[FleetDevice], known: &KnownThen) -> Result<Done> {
    if devices.is_empty() {
        return alone(site);
    }
    expect_one_point(devices)?;
    let past = whole.grid().len() - site.grid().len();
    let (mut seen, mut site) = (whole.clone(), site.clone());
    let (mut own, mut moved) = (Vec::new(), Vec::new());
    let mut added = vec![0_i64; site.grid().len()];
    let mut last = None;
    for device in devices {
        if matches!(device.request.end_value, EndValue::RepeatingDay(_)) {
            return Err(Error::unsupported(format!(
                "{}: the worth of a repeating day at the end is known with foresight alone: give a value, or the level at the end",
                device.name
            )));
        }
        let test = Backtest::new(&device.battery, &site, &device.request)
            .in_calendar(known.calendar)
            .published(known.publication)
            .fixed_rates_ahead(two_days(&site))
            .after(&seen)?;
        let moments = test.moments()?.into_iter().map(|(slot, _)| past + slot).collect();
        let history = test.history();
        let days = MeanOfDays::new(known.days, &history);
        let forecast = Seen { days, added: &added, past, moments, bare: whole };
        // Where prices are known, what is not is the load and the sun alone: to charge for the mean would be too little as often as not.
        let by_chance = devices.len() == 1 && known.publication.is_none();
        let (outcome, slots) = match by_chance.then(|| test.dispatched(&Strategy::Expected(known.days))) {
            Some(Ok(done)) => done,
            Some(Err(error)) if !error.is_precision() => return Err(error),
            _ => test.dispatched(&Strategy::Rolling(&forecast))?,
        };
        let moves = moves(&slots);
        let grid = paid(&site, &slots)?;
        own.push(outcome.cost.checked_sub(grid).ok_or_else(beyond)?);
        let flow = flow(device, &site, &moves);
        moved.push(moves);
        added.iter_mut().zip(&flow).for_each(|(sum, flow)| *sum = sum.saturating_add(*flow));
        site.add_to_load(&flow);
        seen.add_to_load(&[vec![0; past], flow].concat());
        last = Some((slots, grid));
    }
    let (slots, grid) = last.ok_or_else(|| Error::missing("there is no device"))?;
    let objective = Money::sum(own.into_iter().chain([grid]))?;
    Ok(Done { devices: moved, ..of_slots(&slots, objective) })
}

fn two_days(site: &Site) -> usize {
    usize::try_from(2 * 86_400 / site.grid().slot_length().seconds().max(1)).unwrap_or(1)
}

/// What the meter's energies come to at the site's rates.
fn paid(site: &Site, slots: &[DispatchSlot]) -> Result<Money> {
    let mut sum = 0_i128;
    for (index, slot) in slots.iter().enumerate() {
        let bought = i128::from(slot.import.units()) * i128::from(site.import_units(index));
        let sold = i128::from(slot.export.units()) * i128::from(site.export_units(index));
        sum = sum.checked_add(bought - sold).ok_or_else(beyond)?;
    }
    Money::from_product_units(sum)
}

/// The mean of past days, with what the devices before do until the next plans are made.
struct Seen<'a> {
    days: MeanOfDays<'a>,
    added: &'a [i64],
    /// How many slots are seen before the first of what was added.
    past: usize,
    /// When plans are made.
    moments: Vec<usize>,
    bare: &'a Site,
}

impl Forecast for Seen<'_> {
    fn forecast(&self, known: &Known<'_>, slot: usize) -> SlotForecast {
        let next = self.moments.partition_point(|moment| *moment <= known.now());
        if self.moments.get(next).is_none_or(|next| slot >= *next) {
            return self.days.forecast(known, slot);
        }
        let forecast = self.days.forecast(&Known { site: self.bare, ..*known }, slot);
        let load =
            forecast.load.units().saturating_add(self.added.get(slot - self.past).copied().unwrap_or(0));
        SlotForecast { load: Energy::from_units(load).unwrap_or(forecast.load), ..forecast }
    }

    fn name(&self) -> &'static str {
        "mean of days"
    }
}
