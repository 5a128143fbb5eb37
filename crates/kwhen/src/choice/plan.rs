//! What the devices do under one tariff: knowing all of the time, or from day to day.

use super::member::{Member, Moves};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::backtest::{Backtest, Forecast, Known, MeanOfDays, PastDays, SlotForecast, Strategy};
use crate::plan::battery::{Battery, BatteryRequest, DispatchSlot, EndValue, Site};
use crate::plan::fleet::{Heating, RecurringLoad};
use crate::quantity::{Energy, Money};
use crate::time::{Calendar, Publication, Span};

/// What comes of it, slot by slot.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pub(super) import: Vec<Energy>,
    pub(super) export: Vec<Energy>,
    /// Of each device, in their order: what it takes and what it gives at the AC side.
    pub(super) devices: Vec<Moves>,
    /// What the plan went by: grid, wear, soft levels and the worth of what is left at the end.
    pub(super) objective: Money,
}

/// The most rounds in which devices plan beside each other.
const ROUNDS: usize = 8;

/// The least cost of all: the exact plan of one device; of several, each planned exactly beside the others, turn by turn, until none can
/// do better. `known` says in which slots anything is done at all.
pub(super) fn foresight(site: &Site, members: &[Member], known: &[bool]) -> Result<Done> {
    match members {
        [] => alone(site),
        [Member::Store(device)] => {
            let dispatch = device.battery.planned(site, &device.request, false)?;
            Ok(of_slots(dispatch.slots(), dispatch.cost()))
        }
        members => by_turns(site, members, known),
    }
}

/// The site without a device.
fn alone(site: &Site) -> Result<Done> {
    let nothing = Battery::new(Energy::ZERO, Power::ZERO)?;
    let dispatch = nothing.plan(site, &BatteryRequest::default())?;
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

fn moves(slots: &[DispatchSlot]) -> Moves {
    slots.iter().map(|slot| (slot.charge, slot.discharge)).collect()
}

/// The site with what some devices add to its load.
fn beside<'a>(site: &Site, flows: impl Iterator<Item = &'a Vec<i64>>) -> Site {
    let mut site = site.clone();
    flows.for_each(|flow| site.add_to_load(flow));
    site
}

/// Several devices can take turns where they meet at one point behind the meter.
fn expect_one_point(members: &[Member]) -> Result<()> {
    let hybrid = members.iter().find_map(|member| match member {
        Member::Store(device) => device.battery.has_hybrid_inverter().then_some(&device.name),
        Member::Load(..) | Member::Heat(_) => None,
    });
    match hybrid {
        Some(name) if members.len() > 1 => Err(Error::unsupported(format!(
            "{name} has a hybrid inverter: beside other devices such a one is planned by `kwhen battery` alone"
        ))),
        _ => Ok(()),
    }
}

/// The places of the devices in the order in which they plan: appliances and heat first, so that the last says what the meter sees.
fn in_order(members: &[Member]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..members.len()).collect();
    places.sort_by_key(|place| match members.get(*place) {
        Some(Member::Load(..)) | None => 0,
        Some(Member::Heat(_)) => 1,
        Some(Member::Store(_)) => 2,
    });
    places
}

fn by_turns(site: &Site, members: &[Member], known: &[bool]) -> Result<Done> {
    expect_one_point(members)?;
    let mut flows = vec![Vec::new(); members.len()];
    let mut moved = vec![Vec::new(); members.len()];
    // Of each device what is not the meter's: wear, soft levels, less the worth of what is left.
    let mut own = vec![Money::ZERO; members.len()];
    // Whether another device has changed what it does since this one planned.
    let mut stale = vec![true; members.len()];
    // What the meter sees, as the device that planned last leaves it, and what that costs.
    let mut meter: Option<(Done, Money)> = None;
    let mut done: Option<Done> = None;
    let order = in_order(members);
    for _ in 0..ROUNDS {
        for place in order.iter().copied() {
            let Some(member) = members.get(place).filter(|_| stale.get(place) == Some(&true)) else {
                continue;
            };
            set(&mut stale, place, false);
            let others = flows.iter().enumerate().filter(|(other, _)| *other != place);
            let site = beside(site, others.map(|(_, flow)| flow));
            let moves = match member {
                Member::Store(device) => {
                    let dispatch = device.battery.planned(&site, &device.request, false)?;
                    let grid = dispatch.costs().grid;
                    set(&mut own, place, dispatch.cost().checked_sub(grid).ok_or_else(beyond)?);
                    let slots = dispatch.slots();
                    meter = Some((of_slots(slots, Money::ZERO), grid));
                    moves(slots)
                }
                Member::Load(load, windows) => run_of(load, windows, site.grid().len(), |_, window| {
                    load.cheapest(window, site.grid(), |slot, energy| {
                        known.get(slot).copied().unwrap_or(false).then_some(())?;
                        more(&site, slot, (site.load_units(slot), site.solar_units(slot)), energy)
                    })
                }),
                Member::Heat(store) => {
                    let heated = Heating::new(store, &site, known)?.foreseen(at_meter(&site))?;
                    set(&mut own, place, heated.own);
                    heated.taken.into_iter().map(|taken| (taken, Energy::ZERO)).collect()
                }
            };
            let flow = member.flow(&site, &moves);
            if flows.get(place) != Some(&flow) {
                stale.iter_mut().enumerate().for_each(|(other, stale)| *stale |= other != place);
            }
            set(&mut flows, place, flow);
            set(&mut moved, place, moves);
        }
        let (this, grid) = match &meter {
            Some(meter) => meter.clone(),
            // Appliances and heat alone.
            None => {
                let alone = alone(&beside(site, flows.iter()))?;
                let grid = alone.objective;
                (alone, grid)
            }
        };
        let objective = Money::sum(own.iter().copied().chain([grid]))?;
        let is_better = done.as_ref().is_none_or(|done| objective < done.objective);
        if is_better {
            done = Some(Done { objective, devices: moved.clone(), ..this });
        }
        if !is_better || stale.iter().all(|stale| !stale) {
            break;
        }
    }
    done.ok_or_else(|| Error::missing("there is no device"))
}

/// What an appliance takes in each slot, once within each of its times, as `pick` places it.
fn run_of(
    load: &RecurringLoad,
    windows: &[Span],
    slots: usize,
    mut pick: impl FnMut(&RecurringLoad, Span) -> Option<Vec<(usize, Energy)>>,
) -> Moves {
    let mut moves = vec![(Energy::ZERO, Energy::ZERO); slots];
    for window in windows {
        for (slot, energy) in pick(load, *window).unwrap_or_default() {
            if let Some(cell) = moves.get_mut(slot) {
                cell.0 = cell.0.checked_add(energy).unwrap_or(cell.0);
            }
        }
    }
    moves
}

/// What taking more in a slot costs beside so much load and sun; `None` where the connection does not carry it.
fn more(site: &Site, slot: usize, (load, solar): (i64, i64), energy: i64) -> Option<i128> {
    let with = site.meter_cost(slot, load.saturating_add(energy), solar)?;
    Some(with - site.meter_cost(slot, load, solar).unwrap_or(0))
}

/// What taking each of some energies in a slot costs at the meter.
fn at_meter(site: &Site) -> impl Fn(usize, &[i64]) -> Vec<Option<i128>> {
    move |slot, energies| {
        let beside = (site.load_units(slot), site.solar_units(slot));
        energies.iter().map(|energy| more(site, slot, beside, *energy)).collect()
    }
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
/// the next plans are made. When an appliance runs is settled when it may first start.
pub(super) fn rolling(
    whole: &Site,
    site: &Site,
    (members, known_slots): (&[Member], &[bool]),
    known: &KnownThen,
) -> Result<Done> {
    if members.is_empty() {
        return alone(site);
    }
    expect_one_point(members)?;
    let past = whole.grid().len() - site.grid().len();
    let (mut seen, mut site) = (whole.clone(), site.clone());
    let (mut own, mut moved) = (Vec::new(), vec![Vec::new(); members.len()]);
    let mut added = vec![0_i64; site.grid().len()];
    let mut last = None;
    let (nothing, no_request) = (Battery::new(Energy::ZERO, Power::ZERO)?, BatteryRequest::default());
    for place in in_order(members) {
        let Some(member) = members.get(place) else { continue };
        let (battery, request) = match member {
            Member::Store(device) => (&device.battery, &device.request),
            Member::Load(..) | Member::Heat(_) => (&nothing, &no_request),
        };
        let test = Backtest::new(battery, &site, request)
            .in_calendar(known.calendar)
            .published(known.publication)
            .fixed_rates_ahead(two_days(&site))
            .after(&seen)?;
        let history = test.history();
        let days = MeanOfDays::new(known.days, &history);
        let moments = test.moments()?;
        let moves = match member {
            Member::Load(load, windows) => {
                let then =
                    Then { moments: &moments, past, seen: &seen, site: &site, days, known: known_slots };
                run_of(load, windows, site.grid().len(), |load, window| then.run(load, window))
            }
            Member::Heat(store) => {
                let firsts = moments.iter().map(|(slot, _)| past + slot).collect();
                let forecast = Seen { days, added: &added, past, moments: firsts, bare: whole };
                let then =
                    Then { moments: &moments, past, seen: &seen, site: &site, days, known: known_slots };
                let heating = Heating::new(store, &site, known_slots)?;
                let horizons = then.horizons(two_days(&site));
                let expected =
                    |now: usize, slot: usize, energies: &[i64]| then.heat(&forecast, now, slot, energies);
                let heated = heating.day_by_day(&horizons, expected, at_meter(&site))?;
                own.push(heated.own);
                heated.taken.into_iter().map(|taken| (taken, Energy::ZERO)).collect()
            }
            Member::Store(device) => {
                if matches!(device.request.end_value, EndValue::RepeatingDay(_)) {
                    return Err(Error::unsupported(format!(
                        "{}: the worth of a repeating day at the end is known with foresight alone: give a value, or the level at the end",
                        device.name
                    )));
                }
                let moments = moments.into_iter().map(|(slot, _)| past + slot).collect();
                let forecast = Seen { days, added: &added, past, moments, bare: whole };
                // Where prices are known, what is not is the load and the sun alone: to charge for the mean would be too little as often as not.
                let by_chance = members.len() == 1 && known.publication.is_none();
                let (outcome, slots) =
                    match by_chance.then(|| test.dispatched(&Strategy::Expected(known.days))) {
                        Some(Ok(done)) => done,
                        Some(Err(error)) if !error.is_precision() => return Err(error),
                        _ => test.dispatched(&Strategy::Rolling(&forecast))?,
                    };
                let grid = paid(&site, &slots)?;
                own.push(outcome.cost.checked_sub(grid).ok_or_else(beyond)?);
                let moves = moves(&slots);
                last = Some((of_slots(&slots, Money::ZERO), grid));
                moves
            }
        };
        let flow = member.flow(&site, &moves);
        set(&mut moved, place, moves);
        added.iter_mut().zip(&flow).for_each(|(sum, flow)| *sum = sum.saturating_add(*flow));
        site.add_to_load(&flow);
        seen.add_to_load(&[vec![0; past], flow].concat());
    }
    let (done, grid) = match last {
        Some(last) => last,
        None => {
            let alone = alone(&site)?;
            let grid = alone.objective;
            (alone, grid)
        }
    };
    let objective = Money::sum(own.into_iter().chain([grid]))?;
    Ok(Done { devices: moved, objective, ..done })
}

/// What is known when a plan is made.
struct Then<'a> {
    /// When plans are made, and which prices are known then.
    moments: &'a [(usize, usize)],
    past: usize,
    seen: &'a Site,
    site: &'a Site,
    days: MeanOfDays<'a>,
    known: &'a [bool],
}

impl Then<'_> {
    /// What is known in a slot in which plans may be made, and the first slot whose prices are not.
    fn known(&self, first: usize) -> Option<(Known<'_>, usize)> {
        let grid = self.site.grid();
        let latest = self.moments.partition_point(|(slot, _)| *slot <= first).checked_sub(1)?;
        let (_, until) = *self.moments.get(latest)?;
        let slots_a_day = usize::try_from(86_400 / grid.slot_length().seconds().max(1)).unwrap_or(48);
        let known =
            Known { site: self.seen, now: self.past + first, rates_until: self.past + until, slots_a_day };
        Some((known, until))
    }

    /// What taking more costs, as far as is expected: at the site's own prices where they are known, else at those that are expected.
    fn costs(&self, expected: &SlotForecast, (slot, is_known): (usize, bool), energy: i64) -> i128 {
        let (load, solar) = (expected.load.units(), expected.solar.units());
        if is_known {
            // What is expected may be beyond the connection; what comes may not.
            return more(self.site, slot, (load, solar), energy)
                .unwrap_or_else(|| i128::from(self.site.import_units(slot)) * i128::from(energy));
        }
        let price = |net: i128| {
            let rate = if net >= 0 { expected.import.units() } else { expected.export.units() };
            net * i128::from(rate)
        };
        let net = i128::from(load) - i128::from(solar);
        price(net + i128::from(energy)) - price(net)
    }

    /// When it runs within a time, as far as is known when that begins.
    fn run(&self, load: &RecurringLoad, window: Span) -> Option<Vec<(usize, Energy)>> {
        let grid = self.site.grid();
        let (known, until) = self.known(grid.index_of(window.from())?)?;
        // Without a day before it a price that is not published can be anything.
        let is_priced = |slot: usize| {
            slot < until || self.past + slot >= known.slots_a_day && until + self.past >= known.slots_a_day
        };
        let cost = |slot: usize, energy: i64| {
            self.known.get(slot).copied().unwrap_or(false).then_some(())?;
            let expected = self.days.forecast(&known, self.past + slot);
            is_priced(slot).then(|| self.costs(&expected, (slot, slot < until), energy))
        };
        load.cheapest(window, grid, cost).or_else(|| {
            // As early as it may where nothing else is known.
            load.cheapest(window, grid, |slot, _| self.known.get(slot).copied().unwrap_or(false).then_some(0))
        })
    }

    /// When plans are made and how far each looks: so many slots, or as far as prices are known where no day was seen yet.
    fn horizons(&self, ahead: usize) -> Vec<(usize, usize)> {
        let slots = self.site.grid().len();
        let horizon = |(first, until): &(usize, usize)| {
            let has_seen =
                self.known(*first).is_some_and(|(known, _)| self.past + until >= known.slots_a_day);
            (*first, if has_seen { (first + ahead).min(slots) } else { *until })
        };
        self.moments.iter().map(horizon).collect()
    }

    /// What a store of heat expects taking each of some energies to cost, when a plan is made.
    fn heat(&self, forecast: &Seen<'_>, now: usize, slot: usize, energies: &[i64]) -> Vec<Option<i128>> {
        let Some((known, until)) = self.known(now) else { return vec![None; energies.len()] };
        let expected = forecast.forecast(&known, self.past + slot);
        energies.iter().map(|energy| Some(self.costs(&expected, (slot, slot < until), *energy))).collect()
    }
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
