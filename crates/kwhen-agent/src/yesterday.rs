//! Yesterday beside the plans that were in force.

use crate::device::Device;
use crate::past::{HALF_HOUR, Past, PastDevice, PastSlot};
use crate::payload::{ground, money};
use crate::state::instant;
use chrono::{DateTime, Utc};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span};
use kwhen::{Energy, Money};
use kwhen_app::answer::home::Home;
use kwhen_app::answer::published::{At, DeviceSlot, DeviceYesterday, SlotYesterday, Yesterday};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The local day before that of a moment.
pub(crate) fn day(calendar: &Calendar, now: DateTime<Utc>) -> Option<Span> {
    calendar.day(calendar.date(now).pred_opt()?).ok()
}

/// A slot, with what is known of both.
struct Cell {
    span: Span,
    /// The half-hours of it, joined.
    planned: Planned,
    used: Option<(Energy, Money)>,
}

#[derive(Default)]
struct Planned {
    seconds: i64,
    slot: PastSlot,
}

impl Planned {
    fn add(&mut self, slot: &PastSlot) {
        let sum = &mut self.slot;
        self.seconds += slot.seconds;
        sum.import = sum.import.checked_add(slot.import).unwrap_or(sum.import);
        sum.cost = sum.cost.checked_add(slot.cost).unwrap_or(sum.cost);
        sum.export = sum.export.checked_add(slot.export).unwrap_or(sum.export);
        sum.earns = sum.earns.checked_add(slot.earns).unwrap_or(sum.earns);
        for (id, device) in &slot.devices {
            join(sum.devices.entry(id.clone()).or_default(), device);
        }
    }
}

/// Adds what was planned for and told of a device later on.
fn join(sum: &mut PastDevice, later: &PastDevice) {
    sum.taken = sum.taken.checked_add(later.taken).unwrap_or(sum.taken);
    sum.given = sum.given.checked_add(later.given).unwrap_or(sum.given);
    sum.cost = sum.cost.checked_add(later.cost).unwrap_or(sum.cost);
    sum.level = later.level.or(sum.level);
    let Some(more) = later.deviation else { return };
    // What a part of it is worth that is not known is not known of the sum.
    sum.worth = match (sum.deviation, sum.worth, later.worth) {
        (None, _, worth) => worth,
        (Some(_), Some(sum), Some(worth)) => sum.checked_add(worth),
        (Some(_), _, _) => None,
    };
    sum.deviation = sum.deviation.unwrap_or_default().checked_add(more);
}

/// The slots of a day: half-hours, or those of the readings where these are longer.
fn cells(home: &Home, past: &Past, day: Span) -> Vec<Cell> {
    let (from, to) = (day.from().timestamp(), day.to().timestamp());
    let used = &home.yesterday;
    let is_long = used.iter().any(|slot| slot.span.seconds() > HALF_HOUR);
    let spans: Vec<Span> = if is_long {
        used.iter().map(|slot| slot.span).collect()
    } else {
        let starts = (from..to).step_by(usize::try_from(HALF_HOUR).unwrap_or(1));
        starts.filter_map(|at| Span::new(instant(at), instant((at + HALF_HOUR).min(to))).ok()).collect()
    };
    let cell = |span: Span| {
        let (from, to) = (span.from().timestamp(), span.to().timestamp());
        let mut planned = Planned::default();
        past.slots.range(from..to).for_each(|(_, slot)| planned.add(slot));
        let within = used.iter().filter(|slot| span.intersection(slot.span) == Some(slot.span));
        let mut sum = (0, Energy::ZERO, Money::ZERO);
        for slot in within {
            sum = (
                sum.0 + slot.span.seconds(),
                sum.1.checked_add(slot.kwh).unwrap_or(sum.1),
                sum.2.checked_add(slot.cost_minor).unwrap_or(sum.2),
            );
        }
        let used = (sum.0 == span.seconds()).then_some((sum.1, sum.2));
        Cell { span, planned, used }
    };
    spans.into_iter().map(cell).collect()
}

impl Cell {
    /// What was planned, where a plan was in force for all of it.
    fn planned(&self) -> Option<&PastSlot> {
        (self.planned.seconds >= self.span.seconds()).then_some(&self.planned.slot)
    }

    fn said(&self, currency: Currency) -> SlotYesterday {
        let planned = self.planned();
        let device = |(id, device): (&String, &PastDevice)| {
            let net = device.taken.checked_sub(device.given).unwrap_or_default();
            let kw = net.to_decimal() * Decimal::from(3_600) / Decimal::from(self.span.seconds().max(1));
            let said = DeviceSlot {
                planned_kw: kw.round_dp(3).normalize().to_string(),
                level_kwh: device.level,
                deviation_kwh: device.deviation,
            };
            (id.clone(), said)
        };
        SlotYesterday {
            from: At(self.span.from()),
            to: At(self.span.to()),
            planned_kwh: planned.map(|slot| slot.import),
            planned_cost: planned.and_then(|slot| money(slot.cost, currency)),
            planned_export_kwh: planned.map(|slot| slot.export),
            planned_export_earnings: planned.and_then(|slot| money(slot.earns, currency)),
            kwh: self.used.map(|(kwh, _)| kwh),
            cost: self.used.and_then(|(_, cost)| money(cost, currency)),
            devices: self.planned.slot.devices.iter().map(device).collect(),
        }
    }
}

/// Yesterday, by what was kept of it and what was read since.
pub(crate) fn of(
    home: &Home,
    past: &Past,
    devices: &[Device],
    calendar: &Calendar,
    currency: Currency,
) -> Yesterday {
    let day = day(calendar, home.now);
    let cells = day.map(|day| cells(home, past, day)).unwrap_or_default();
    let (mut minutes, mut planned, mut used) = (0, (Energy::ZERO, Money::ZERO), (Energy::ZERO, Money::ZERO));
    for cell in &cells {
        let (Some(slot), Some(read)) = (cell.planned(), cell.used) else { continue };
        minutes += cell.span.seconds() / 60;
        let add = |sum: &mut (Energy, Money), (kwh, cost): (Energy, Money)| {
            *sum = (sum.0.checked_add(kwh).unwrap_or(sum.0), sum.1.checked_add(cost).unwrap_or(sum.1));
        };
        add(&mut planned, (slot.import, slot.cost));
        add(&mut used, read);
    }
    let mut told: BTreeMap<&str, PastDevice> = BTreeMap::new();
    for (id, device) in cells.iter().flat_map(|cell| &cell.planned.slot.devices) {
        join(told.entry(id).or_default(), device);
    }
    let device = |device: &Device| {
        let of = told.get(device.id.as_str());
        DeviceYesterday {
            id: device.id.clone(),
            name: device.name.clone(),
            planned_taken_kwh: of.map(|of| of.taken),
            planned_given_kwh: of.map(|of| of.given),
            planned_cost: of.and_then(|of| money(of.cost, currency)),
            deviation_kwh: of.and_then(|of| of.deviation),
            deviation_worth: of.and_then(|of| of.worth).and_then(|worth| money(worth, currency)),
        }
    };
    let any = minutes > 0;
    let said = |cost: Money| money(cost, currency).filter(|_| any);
    let now = At(home.now);
    Yesterday {
        ground: ground(home),
        currency: currency.code().to_string(),
        from: day.map_or(now, |day| At(day.from())),
        to: day.map_or(now, |day| At(day.to())),
        minutes: day.map_or(0, |day| day.seconds() / 60),
        compared_minutes: minutes,
        planned_kwh: any.then_some(planned.0),
        planned_cost: said(planned.1),
        kwh: any.then_some(used.0),
        cost: said(used.1),
        difference: used.1.checked_sub(planned.1).and_then(said),
        devices: devices.iter().map(device).collect(),
        slots: cells.iter().map(|cell| cell.said(currency)).collect(),
    }
}
