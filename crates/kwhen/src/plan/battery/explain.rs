//! Why each action is taken, in sentences.

use super::Battery;
use super::dispatch::{Dispatch, DispatchSlot, Lane, marginal, on_lane};
use super::site::Site;
use crate::Rounding;
use crate::quantity::{Energy, Money, UnitRate};
use crate::time::{Calendar, Span};
use std::collections::VecDeque;

/// What a run of slots does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// The battery charges.
    Charging,
    /// The battery discharges.
    Discharging,
    /// The battery keeps its level.
    Waiting,
}

/// A run of slots in which the battery does one thing, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// When.
    pub span: Span,
    /// What.
    pub doing: Doing,
    /// Energy in or out of the battery.
    pub energy: Energy,
    /// What it costs or brings on average, in p per kWh of that energy: import paid or saved, export earned or forgone.
    pub price: Option<UnitRate>,
    /// The reason in a sentence.
    pub text: String,
}

/// Energy that a charge has put in and that no discharge has taken out yet.
struct Parcel {
    run: usize,
    stored: i128,
}

/// Where a charge's energy goes: the discharges that take it, with the energy given and its money.
#[derive(Default)]
struct Use {
    given: i128,
    money: i128,
    first: Option<Span>,
    last: Option<Span>,
    stored: i128,
}

impl Dispatch {
    /// The plan's runs of charging, discharging and waiting with their reasons, in local time of a calendar.
    ///
    /// Stored energy is taken out in the order in which it went in.
    #[must_use]
    pub fn explain(&self, battery: &Battery, site: &Site, calendar: &Calendar) -> Vec<Reason> {
        let runs = self.runs();
        let uses = self.uses(&runs, site);
        let mut reasons = Vec::with_capacity(runs.len());
        for (number, (doing, places)) in runs.iter().enumerate() {
            let slots = self.slots().get(places.clone()).unwrap_or(&[]);
            let (Some(first), Some(last)) = (slots.first(), slots.last()) else { continue };
            let span = Span::from_seconds(first.span.start_seconds(), last.span.to_seconds());
            let (mut energy, mut money) = (0_i128, 0_i128);
            for (slot, index) in slots.iter().zip(places.clone()) {
                energy += i128::from(slot.charge.units().max(slot.discharge.units()));
                money += moved_money(slot, site, index);
            }
            let price = per_kwh(money, energy);
            let when = clock(calendar, span);
            let kwh = shown_energy(energy);
            let text = match doing {
                Doing::Charging => {
                    charging_text(&when, &kwh, price, energy, uses.get(number), battery, calendar, money)
                }
                Doing::Discharging => {
                    let wear = if battery.wear.is_zero() {
                        String::new()
                    } else {
                        format!(", less {} wear", shown_rate(Some(battery.wear)))
                    };
                    format!("Discharge {kwh} {when}: each kWh is worth {}{wear}.", shown_rate(price))
                }
                Doing::Waiting => {
                    let value = self.last_worth(places.end);
                    waiting_text(&when, battery, site, last, places.clone(), value)
                }
            };
            reasons.push(Reason { span, doing: *doing, energy: energy_of(energy), price, text });
        }
        reasons
    }

    /// Runs of slots that do one thing.
    fn runs(&self) -> Vec<(Doing, std::ops::Range<usize>)> {
        let mut runs: Vec<(Doing, std::ops::Range<usize>)> = Vec::new();
        for (index, slot) in self.slots().iter().enumerate() {
            let doing = if !slot.charge.is_zero() {
                Doing::Charging
            } else if !slot.discharge.is_zero() {
                Doing::Discharging
            } else {
                Doing::Waiting
            };
            match runs.last_mut() {
                Some((last, places)) if *last == doing => places.end = index + 1,
                _ => runs.push((doing, index..index + 1)),
            }
        }
        runs
    }

    /// For every run, where the energy that it stores goes.
    fn uses(&self, runs: &[(Doing, std::ops::Range<usize>)], site: &Site) -> Vec<Use> {
        let mut uses: Vec<Use> = runs.iter().map(|_| Use::default()).collect();
        let mut queue: VecDeque<Parcel> = VecDeque::new();
        let mut level = self.level_before(0);
        let run_of = |index: usize| runs.iter().position(|(_, places)| places.contains(&index)).unwrap_or(0);
        queue.push_back(Parcel { run: usize::MAX, stored: i128::from(level) });
        for (index, slot) in self.slots().iter().enumerate() {
            let after = slot.stored.units();
            let change = i128::from(after - level);
            level = after;
            if !slot.charge.is_zero() && change > 0 {
                queue.push_back(Parcel { run: run_of(index), stored: change });
                continue;
            }
            let (mut left, whole) = (-change, -change);
            while left > 0 {
                let Some(parcel) = queue.front_mut() else { break };
                let taken = parcel.stored.min(left);
                parcel.stored -= taken;
                left -= taken;
                if let Some(used) = uses.get_mut(parcel.run)
                    && !slot.discharge.is_zero()
                {
                    used.given += i128::from(slot.discharge.units()) * taken / whole;
                    used.money += moved_money(slot, site, index) / whole * taken;
                    used.stored += taken;
                    used.first.get_or_insert(slot.span);
                    used.last = Some(slot.span);
                }
                if parcel.stored == 0 {
                    queue.pop_front();
                }
            }
        }
        uses
    }

    /// What the last stored kWh is worth at a boundary of the plan; the first one where the store is empty.
    fn last_worth(&self, boundary: usize) -> Option<UnitRate> {
        let state = *self.states.get(boundary)?;
        on_lane!(&self.lane, solved => {
            let function = solved.function(boundary, state);
            marginal(&self.lattice, function, state.level - 1).or_else(|| marginal(&self.lattice, function, state.level))
        })
    }

    fn level_before(&self, index: usize) -> i64 {
        self.states.get(index).map_or(0, |state| self.lattice.stored_energy(state.level))
    }
}

/// What a slot's battery energy costs (charging) or brings (discharging), in 10⁻¹⁶ p: import and export as they change by it.
fn moved_money(slot: &DispatchSlot, site: &Site, index: usize) -> i128 {
    let moved = slot.charge.units() - slot.discharge.units();
    let net = slot.import.units() - slot.export.units();
    let price = |net: i64| {
        let rate = if net > 0 { site.import_units(index) } else { site.export_units(index) };
        i128::from(net) * i128::from(rate)
    };
    let cost = price(net) - price(net - moved);
    if moved >= 0 { cost } else { -cost }
}

fn per_kwh(money: i128, energy: i128) -> Option<UnitRate> {
    if energy == 0 {
        return None;
    }
    let units = crate::quantity::divide(money, energy, Rounding::HalfEven);
    UnitRate::from_units(i64::try_from(units).ok()?).ok()
}

fn energy_of(units: i128) -> Energy {
    i64::try_from(units).ok().and_then(|units| Energy::from_units(units).ok()).unwrap_or_default()
}

fn shown_energy(units: i128) -> String {
    format!("{:.2} kWh", energy_of(units))
}

fn shown_rate(rate: Option<UnitRate>) -> String {
    rate.map_or_else(|| "an unknown price".to_owned(), |rate| format!("{rate:.1} p"))
}

fn clock(calendar: &Calendar, span: Span) -> String {
    let time = |instant| calendar.local(instant).format("%H:%M").to_string();
    format!("{}-{}", time(span.from()), time(span.to()))
}

#[expect(clippy::too_many_arguments, reason = "the parts of one sentence, put together in one place")]
fn charging_text(
    when: &str,
    kwh: &str,
    price: Option<UnitRate>,
    energy: i128,
    used: Option<&Use>,
    battery: &Battery,
    calendar: &Calendar,
    money: i128,
) -> String {
    let at = shown_rate(price);
    let Some((used, first, last)) = used.and_then(|used| Some((used, used.first?, used.last?))) else {
        return if money < 0 {
            format!("Charge {kwh} {when} at {at}: the import is paid for.")
        } else {
            format!("Charge {kwh} {when} at {at}, kept for the end of the plan.")
        };
    };
    let worth = shown_rate(per_kwh(used.money, used.given));
    let uses = clock(calendar, Span::from_seconds(first.start_seconds(), last.to_seconds()));
    let wear = i128::from(battery.wear.units()) * used.given;
    let gain = per_kwh(used.money - wear - money, energy);
    let after = if battery.wear.is_zero() { "after losses" } else { "after losses and wear" };
    format!(
        "Charge {kwh} {when} at {at} to use {uses} at {worth}: {after} {} gained a kWh charged.",
        shown_rate(gain)
    )
}

fn waiting_text(
    when: &str,
    battery: &Battery,
    site: &Site,
    last: &DispatchSlot,
    places: std::ops::Range<usize>,
    value: Option<UnitRate>,
) -> String {
    let range = |series: &[i64]| {
        let rates = series.get(places.clone()).unwrap_or(&[]);
        let shown =
            |units: Option<&i64>| shown_rate(units.and_then(|units| UnitRate::from_units(*units).ok()));
        match (rates.iter().min(), rates.iter().max()) {
            (least, most) if least == most => shown(least),
            (least, most) => format!("{} to {}", shown(least), shown(most)),
        }
    };
    let worth = value.map_or_else(String::new, |value| format!(" and a stored kWh is worth {value:.1} p"));
    let level = if last.stored.is_zero() {
        "empty".to_owned()
    } else if last.stored == battery.capacity {
        "full".to_owned()
    } else {
        format!("at {:.2} kWh", last.stored)
    };
    let export =
        if site.export.is_empty() { String::new() } else { format!(", export {}", range(&site.export)) };
    let prices = format!("import is {}{export}", range(&site.import));
    format!("Wait {when}, {level}: {prices}{worth}, so neither charging nor discharging pays.")
}

impl Reason {
    /// Energy times price; `None` where nothing moves.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        Some(self.energy * self.price?)
    }
}
