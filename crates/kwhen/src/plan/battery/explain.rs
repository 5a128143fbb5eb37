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

impl DispatchSlot {
    /// What the battery does in the slot.
    #[must_use]
    pub const fn doing(&self) -> Doing {
        if !self.charge.is_zero() {
            Doing::Charging
        } else if !self.discharge.is_zero() {
            Doing::Discharging
        } else {
            Doing::Waiting
        }
    }
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

/// Energies are multiplied by this before they are shared out, so that the division loses nothing that is shown.
const SHARE: i128 = 1 << 20;

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
    /// Of what the run stored, how much they take.
    taken: i128,
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
        let minor = site.currency().minor();
        let mut reasons = Vec::with_capacity(runs.len());
        let clock = Clock { calendar, dated: site.span().seconds() > 86_400 };
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
            let when = clock.text(span);
            let kwh = shown_energy(energy);
            let text = match doing {
                Doing::Charging => {
                    charging_text(&when, &kwh, price, energy, uses.get(number), battery, clock, money, minor)
                }
                Doing::Discharging => {
                    let wear = if battery.wear.is_zero() {
                        String::new()
                    } else {
                        format!(", less {} wear", shown_rate(Some(battery.wear), minor))
                    };
                    format!("Discharge {kwh} {when}: each kWh is worth {}{wear}.", shown_rate(price, minor))
                }
                Doing::Waiting => {
                    let value = self.last_worth(places.end);
                    let allowed = self.allowed(places.start);
                    waiting_text(&when, battery, site, last, places.clone(), value, allowed)
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
            let doing = slot.doing();
            let alike =
                |before: usize| doing != Doing::Waiting || self.allowed(before) == self.allowed(index);
            match runs.last_mut() {
                Some((last, places)) if *last == doing && alike(places.start) => places.end = index + 1,
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
                let run = run_of(index);
                if let Some(used) = uses.get_mut(run) {
                    used.stored += change;
                }
                queue.push_back(Parcel { run, stored: change });
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
                    used.taken += taken;
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

    /// Whether the battery may charge and discharge in a slot.
    fn allowed(&self, index: usize) -> (bool, bool) {
        on_lane!(&self.lane, solved => {
            solved.model.slots.get(index).map_or((true, true), |slot| (slot.may_charge, slot.may_discharge))
        })
    }

    /// What the last stored kWh is worth at a boundary of the plan; the first one where the store is empty.
    fn last_worth(&self, boundary: usize) -> Option<UnitRate> {
        let state = *self.states.get(boundary)?;
        on_lane!(&self.lane, solved => {
            let function = solved.function(boundary, state);
            marginal(&self.lattice, &function, state.level - 1).or_else(|| marginal(&self.lattice, &function, state.level))
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

fn shown_rate(rate: Option<UnitRate>, minor: &str) -> String {
    rate.map_or_else(|| "an unknown price".to_owned(), |rate| format!("{rate:.1} {minor}"))
}

/// How times are said: with the day of the week where the plan is longer than a day.
#[derive(Clone, Copy)]
struct Clock<'a> {
    calendar: &'a Calendar,
    dated: bool,
}

impl Clock<'_> {
    fn text(self, span: Span) -> String {
        let (from, to) = (self.calendar.local(span.from()), self.calendar.local(span.to()));
        let time = |with_day: bool| if with_day { "%a %H:%M" } else { "%H:%M" };
        let other_day = from.date() != to.date();
        format!("{}-{}", from.format(time(self.dated)), to.format(time(self.dated && other_day)))
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one sentence, put together in one place")]
fn charging_text(
    when: &str,
    kwh: &str,
    price: Option<UnitRate>,
    energy: i128,
    used: Option<&Use>,
    battery: &Battery,
    clock: Clock<'_>,
    money: i128,
    minor: &str,
) -> String {
    let at = shown_rate(price, minor);
    let Some((used, first, last)) = used.and_then(|used| Some((used, used.first?, used.last?))) else {
        return if money < 0 {
            format!("Charge {kwh} {when} at {at}: the import is paid for.")
        } else {
            format!("Charge {kwh} {when} at {at}, kept for the end of the plan.")
        };
    };
    let worth = shown_rate(per_kwh(used.money, used.given), minor);
    let uses = clock.text(Span::from_seconds(first.start_seconds(), last.to_seconds()));
    let wear = i128::from(battery.wear.units()) * used.given;
    // What stays in the store to the end has its worth there: only the share that is used is weighed.
    let share = |whole: i128| if used.stored > 0 { whole / used.stored * used.taken } else { whole };
    let gain = per_kwh(used.money - wear - share(money), share(energy * SHARE) / SHARE);
    let kept = match used.stored - used.taken {
        0 => String::new(),
        kept => format!("; {} of it stays stored at the end", shown_energy(kept)),
    };
    let after = if battery.wear.is_zero() { "after losses" } else { "after losses and wear" };
    format!(
        "Charge {kwh} {when} at {at} to use {uses} at {worth}: {after} {} gained a kWh charged{kept}.",
        shown_rate(gain, minor)
    )
}

fn waiting_text(
    when: &str,
    battery: &Battery,
    site: &Site,
    last: &DispatchSlot,
    places: std::ops::Range<usize>,
    value: Option<UnitRate>,
    (may_charge, may_discharge): (bool, bool),
) -> String {
    let minor = site.currency().minor();
    let range = |series: &[i64]| {
        let rates = series.get(places.clone()).unwrap_or(&[]);
        let shown = |units: Option<&i64>| {
            shown_rate(units.and_then(|units| UnitRate::from_units(*units).ok()), minor)
        };
        match (rates.iter().min(), rates.iter().max()) {
            (least, most) if least == most => shown(least),
            (least, most) => format!("{} to {}", shown(least), shown(most)),
        }
    };
    let worth =
        value.map_or_else(String::new, |value| format!(" and a stored kWh is worth {value:.1} {minor}"));
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
    match (may_charge, may_discharge) {
        (true, true) => {
            format!("Wait {when}, {level}: {prices}{worth}, so neither charging nor discharging pays.")
        }
        (true, false) => format!(
            "Wait {when}, {level}: discharging is held as asked, and with {prices}{worth} charging does not pay."
        ),
        (false, true) => format!(
            "Wait {when}, {level}: charging is held as asked, and with {prices}{worth} discharging does not pay."
        ),
        (false, false) => format!("Wait {when}, {level}: held as asked."),
    }
}

impl Reason {
    /// Energy times price; `None` where nothing moves.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        Some(self.energy * self.price?)
    }
}
