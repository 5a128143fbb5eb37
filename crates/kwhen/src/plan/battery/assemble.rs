//! From a battery, a site and a request to the problem in lattice units.

use super::check::{boundary, check, outside, power_of, powers};
use super::device::Battery;
use super::kernel::{Device, Devices, Mode, ModeLimits, Model, Piece, Slope, Slot, SoftFloor, StoreSegment};
use super::lattice::{LARGEST_LEVEL, Lattice, RAW, raw_power};
use super::request::{BatteryRequest, Count, EndValue, Hold, PowerBand};
use super::site::Site;
use super::units::gcd;
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, Money, UnitRate};

/// A problem checked and put into units, before the width of its slopes is chosen.
pub(crate) struct Prepared<'a> {
    battery: &'a Battery,
    site: &'a Site,
    request: &'a BatteryRequest,
    pub(crate) lattice: Lattice,
}

/// The common divisor of a series and what came before; most steps are one remainder.
fn divisor(before: i64, values: &[i64]) -> i64 {
    let mut common = before.unsigned_abs();
    for value in values {
        let value = value.unsigned_abs();
        if common == 0 || value % common != 0 {
            let (mut a, mut b) = (common, value);
            while b != 0 {
                (a, b) = (b, a % b);
            }
            common = a;
        }
        if common == 1 {
            break;
        }
    }
    i64::try_from(common).unwrap_or(i64::MAX)
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(battery: &'a Battery, site: &'a Site, request: &'a BatteryRequest) -> Result<Self> {
        Self::with_levels(battery, site, request, &[])
    }

    /// As `new`, on a lattice that holds these levels as well.
    pub(crate) fn with_levels(
        battery: &'a Battery,
        site: &'a Site,
        request: &'a BatteryRequest,
        others: &[Energy],
    ) -> Result<Self> {
        check(battery, site, request)?;
        let mut energy = 0;
        let mut price = 0;
        let day = match &request.end_value {
            EndValue::RepeatingDay(day) => Some(&**day),
            _ => None,
        };
        for site in [Some(site), day].into_iter().flatten() {
            energy = divisor(divisor(energy, &site.load), &site.solar);
            price = divisor(divisor(divisor(price, &site.import), &site.export), &site.carbon);
        }
        let levels =
            request.floors.iter().chain(&request.ceilings).chain(&request.draws).map(|(_, level)| *level);
        let soft =
            request.soft_floors.iter().map(|(_, level, _)| *level).chain(request.soft_reserve.map(|s| s.0));
        let ends = [request.end.0, request.end.1].into_iter().flatten();
        let bands: &[(Energy, UnitRate)] = match &request.end_value {
            EndValue::Bands(bands) => bands,
            _ => &[],
        };
        let fixed = [battery.capacity, request.start, request.reserve];
        let all = fixed
            .into_iter()
            .chain(others.iter().copied())
            .chain(levels)
            .chain(soft)
            .chain(ends)
            .chain(bands.iter().map(|band| band.0));
        energy = all.fold(energy, |energy, level| divisor(energy, &[level.units()]));
        let mut raw = i128::from(energy) * RAW;
        let last = site.grid.len().saturating_sub(1);
        let mut lengths = vec![site.grid.slot_length().seconds(), site.seconds_of(0), site.seconds_of(last)];
        lengths.dedup();
        for power in powers(battery, site, request, day) {
            raw = lengths.iter().fold(raw, |raw, seconds| gcd(raw, raw_power(power, *seconds)));
        }
        let rates = request
            .soft_floors
            .iter()
            .map(|soft| soft.2)
            .chain(request.soft_reserve.map(|soft| soft.1))
            .chain(bands.iter().map(|band| band.1))
            .chain([battery.wear])
            .chain(match request.end_value {
                EndValue::Rate(rate) => Some(rate),
                _ => None,
            });
        price = rates.fold(price, |price, rate| divisor(price, &[rate.units()]));
        let fees: Vec<Money> = request.changes.iter().map(|limit| limit.price).collect();
        let lattice = Lattice::choose(battery, raw, i128::from(price), &fees)?;
        Ok(Self { battery, site, request, lattice })
    }

    /// As `new`, on a lattice of given units: for a device that shares a meter with others, whose flows are of any fineness. Both
    /// units must divide those that `new` chooses.
    pub(crate) fn with_units(
        battery: &'a Battery,
        site: &'a Site,
        request: &'a BatteryRequest,
        grid_unit: i128,
        price_unit: i128,
    ) -> Result<Self> {
        check(battery, site, request)?;
        let fees: Vec<Money> = request.changes.iter().map(|limit| limit.price).collect();
        let lattice = Lattice::choose(battery, grid_unit, price_unit, &fees)?;
        Ok(Self { battery, site, request, lattice })
    }

    /// Whether the model would still be solved exactly with slopes so many times as steep, beside a flow of so many raw units at the
    /// meter.
    pub(crate) fn holds<S: Slope>(&self, model: &Model<S>, times: i128, beside: i128) -> bool {
        let slope = steepest(model).saturating_mul(times);
        let level = largest(model).saturating_add(self.lattice.stored(beside));
        self.lattice.expect_in_range(level, slope, model.slots.len()).is_ok()
            && S::narrow(slope.saturating_mul(4)).is_some()
    }

    /// The model with slopes of one width; `None` where they do not fit it. An error where no width holds the problem.
    pub(crate) fn model<S: Slope>(&self) -> Result<Option<Model<S>>> {
        let Some(devices) = self.devices::<S>(self.site) else { return Ok(None) };
        let lattice = &self.lattice;
        let slots = match self.slots::<S>(self.site) {
            Some(slots) => slots,
            None => return Ok(None),
        };
        let (slots, lo, hi, soft) = self.apply_request(slots)?;
        let Some(soft) = soft else { return Ok(None) };
        let Some(terminal) = self.terminal() else { return Ok(None) };
        let changes = match &self.request.changes {
            None => None,
            Some(limit) => Some(ModeLimits {
                counted: counted(limit.count),
                // More changes than slots cannot bind.
                at_most: limit.at_most.filter(|most| *most < self.site.grid.len()),
                price: lattice.cost_of(limit.price)?,
                before: Mode::Idle,
            }),
        };
        let model = Model {
            devices,
            slots,
            lo,
            hi,
            capacity: lattice.store_units(self.battery.capacity.units()),
            start: lattice.store_units(self.request.start.units()),
            terminal,
            soft,
            modes: changes,
        };
        let slope = steepest(&model);
        lattice.expect_in_range(largest(&model), slope, model.slots.len())?;
        Ok(S::narrow(slope.saturating_mul(4)).map(|_| model))
    }

    /// The model of the day whose value function closes the horizon, if one does.
    pub(crate) fn repeating_day<S: Slope>(&self, model: &Model<S>) -> Option<Model<S>> {
        let EndValue::RepeatingDay(day) = &self.request.end_value else { return None };
        let slots = self.slots::<S>(day)?;
        let reserve = self.lattice.store_units(self.request.reserve.units());
        let boundaries = slots.len() + 1;
        Some(Model {
            devices: self.devices::<S>(day)?,
            slots,
            lo: vec![reserve; boundaries],
            hi: vec![model.capacity; boundaries],
            terminal: vec![Piece::flat(0, model.capacity, 0)],
            soft: Vec::new(),
            modes: None,
            ..model.clone()
        })
    }

    fn devices<S: Slope>(&self, site: &Site) -> Option<Devices<S>> {
        let whole = site.grid.slot_length().seconds();
        let last = site.grid.len().saturating_sub(1);
        let cut = |index: usize| Some(site.seconds_of(index)).filter(|seconds| *seconds != whole);
        let first = match cut(0) {
            Some(seconds) => Some(self.device(site, seconds)?),
            None => None,
        };
        let last = match cut(last) {
            Some(seconds) => Some((last, self.device(site, seconds)?)),
            None => None,
        };
        Some(Devices { whole: self.device(site, whole)?, first, last })
    }

    /// The device over so many seconds.
    fn device<S: Slope>(&self, site: &Site, seconds: i64) -> Option<Device<S>> {
        let (battery, lattice) = (self.battery, &self.lattice);
        let mut segments = Vec::new();
        let (mut bus, mut store) = (0_i64, 0_i64);
        for &(power, ratio) in &lattice.charge {
            let length = lattice.bus_power(power_of(power), seconds);
            let ratio = i64::try_from(ratio).ok()?;
            bus = bus.checked_sub(length)?;
            store = store.checked_sub(length.checked_mul(ratio)?)?;
            segments.push(self.segment(bus, bus + length, store, ratio, false)?);
        }
        segments.reverse();
        let charge_max = -bus;
        let store_charge = -store;
        (bus, store) = (0, 0);
        for &(power, ratio) in &lattice.discharge {
            let length = lattice.bus_power(power_of(power), seconds);
            let ratio = i64::try_from(ratio).ok()?;
            segments.push(self.segment(bus, bus.checked_add(length)?, store, ratio, true)?);
            bus = bus.checked_add(length)?;
            store = store.checked_add(length.checked_mul(ratio)?)?;
        }
        let most = |limit: Option<Power>, own: i64| {
            limit.map_or(own, |power| lattice.store_power(power, seconds).min(own))
        };
        let unlimited = i64::try_from(LARGEST_LEVEL).ok()?;
        let (inverter_in, inverter_out) = match battery.hybrid {
            None => (unlimited, unlimited),
            Some(hybrid) => (
                lattice.grid_power(hybrid.input, seconds).checked_mul(i64::try_from(lattice.bus_in).ok()?)?,
                lattice
                    .grid_power(hybrid.output, seconds)
                    .checked_mul(i64::try_from(lattice.bus_out).ok()?)?,
            ),
        };
        if segments.is_empty() {
            segments.push(self.segment(0, 0, 0, 1, true)?);
        }
        Some(Device {
            segments,
            charge_max,
            discharge_max: bus,
            charge_min: lattice.bus_power(battery.charge.least(), seconds),
            discharge_min: lattice.bus_power(battery.discharge.least(), seconds),
            store_charge_max: most(battery.store_charge, store_charge),
            store_discharge_max: most(battery.store_discharge, store),
            bus_out: i64::try_from(lattice.bus_out).ok()?,
            bus_in: i64::try_from(lattice.bus_in).ok()?,
            inverter_in,
            inverter_out,
            cost_out: lattice.cost / lattice.bus_out,
            cost_in: lattice.cost / lattice.bus_in,
            cost_throughput: lattice.cost / lattice.bus,
            wear: lattice.price(battery.wear.units())?,
            loss: lattice.store_power(battery.standing_loss, seconds),
            curtailment: site.curtailment,
            grid_charging: site.grid_charging && !self.request.surplus_only,
            battery_export: site.battery_export && !self.request.load_only,
        })
    }

    fn segment<S: Slope>(
        &self,
        bus_lo: i64,
        bus_hi: i64,
        store_lo: i64,
        ratio: i64,
        out: bool,
    ) -> Option<StoreSegment<S>> {
        let lattice = &self.lattice;
        let wide = i128::from(ratio);
        // The dummy segment of a device that cannot move has no slope of its own.
        let factor = |direction: i128| S::narrow(lattice.cost / direction.checked_mul(wide)?);
        Some(StoreSegment {
            bus_lo,
            bus_hi,
            store_lo,
            ratio,
            inward: factor(lattice.bus_in)?,
            outward: factor(lattice.bus_out)?,
            throughput: if out { factor(lattice.bus)? } else { S::default() },
        })
    }

    fn slots<S: Slope>(&self, site: &Site) -> Option<Vec<Slot<S>>> {
        let lattice = &self.lattice;
        let whole = site.grid.slot_length().seconds();
        let standby = lattice.grid_power(self.battery.standby, whole);
        // Without a limit of its own, the meter carries at most everything at once.
        let widest = |series: &[i64]| series.iter().map(|units| units.saturating_abs()).max().unwrap_or(0);
        let everything = lattice
            .grid_units(widest(&site.load))
            .saturating_add(standby)
            .saturating_add(lattice.grid_units(widest(&site.solar)))
            .saturating_add(lattice.grid_power(self.battery.charge.most(), whole))
            .saturating_add(lattice.grid_power(self.battery.discharge.most(), whole))
            .saturating_add(1);
        let everything = self.battery.hybrid.map_or(everything, |hybrid| {
            everything
                .saturating_add(lattice.grid_power(hybrid.input, whole))
                .saturating_add(lattice.grid_power(hybrid.output, whole))
        });
        let limit = |power: Option<Power>, seconds: i64| {
            power.map_or(everything, |power| lattice.grid_power(power, seconds).min(everything))
        };
        let of_length = |seconds: i64| {
            (
                limit(site.import_limit, seconds),
                limit(site.export_limit, seconds),
                lattice.grid_power(self.battery.standby, seconds),
            )
        };
        let of_whole = of_length(whole);
        (0..site.grid.len())
            .map(|index| {
                let seconds = site.seconds_of(index);
                let (import_limit, export_limit, standby) =
                    if seconds == whole { of_whole } else { of_length(seconds) };
                Some(Slot {
                    import: lattice.price(site.import_units(index).checked_add(site.carbon_units(index))?)?,
                    export: lattice.price(site.export_units(index))?,
                    load: lattice.grid_units(site.load_units(index)).checked_add(standby)?,
                    solar: lattice.bus_units(site.solar_units(index)),
                    import_limit,
                    export_limit,
                    may_charge: true,
                    may_discharge: true,
                    may_idle: true,
                    charge_within: (0, i64::MAX),
                    discharge_within: (0, i64::MAX),
                    draw: 0,
                })
            })
            .collect()
    }

    /// Holds, draws, limits and levels by slot and boundary.
    #[expect(
        clippy::type_complexity,
        reason = "the parts of one model, taken apart at once by the only caller"
    )]
    fn apply_request<S: Slope>(
        &self,
        mut slots: Vec<Slot<S>>,
    ) -> Result<(Vec<Slot<S>>, Vec<i64>, Vec<i64>, Option<Vec<SoftFloor<S>>>)> {
        let (request, lattice, site) = (self.request, &self.lattice, self.site);
        for &(span, hold) in &request.holds {
            for slot in slots.get_mut(site.slots_starting_in(span)).into_iter().flatten() {
                slot.may_charge &= hold == Hold::NoDischarge;
                slot.may_discharge &= hold == Hold::NoCharge;
            }
        }
        for &(span, limit) in &request.import_limits {
            for index in site.slots_starting_in(span) {
                let Some(slot) = slots.get_mut(index) else { break };
                slot.import_limit = slot.import_limit.min(lattice.grid_power(limit, site.seconds_of(index)));
            }
        }
        for &(span, limit) in &request.export_limits {
            for index in site.slots_starting_in(span) {
                let Some(slot) = slots.get_mut(index) else { break };
                slot.export_limit = slot.export_limit.min(lattice.grid_power(limit, site.seconds_of(index)));
            }
        }
        for (span, band) in &request.powers {
            self.expect_reach(*band)?;
            for index in site.slots_starting_in(*span) {
                let Some(slot) = slots.get_mut(index) else { break };
                let units = |power: Power| lattice.bus_power(power, site.seconds_of(index));
                if let Some(least) = band.charge_at_least {
                    (slot.may_idle, slot.may_discharge) = (false, false);
                    slot.charge_within.0 = slot.charge_within.0.max(units(least));
                }
                if let Some(least) = band.discharge_at_least {
                    (slot.may_idle, slot.may_charge) = (false, false);
                    slot.discharge_within.0 = slot.discharge_within.0.max(units(least));
                }
                let most = band.charge_at_most.map_or(i64::MAX, units);
                slot.charge_within.1 = slot.charge_within.1.min(most);
                let most = band.discharge_at_most.map_or(i64::MAX, units);
                slot.discharge_within.1 = slot.discharge_within.1.min(most);
            }
        }
        for &(at, energy) in &request.draws {
            let index = site.grid.index_of(at).filter(|_| site.span().contains(at));
            let slot = index
                .and_then(|index| slots.get_mut(index))
                .ok_or_else(|| outside(at, site).in_field("draws.at"))?;
            slot.draw = slot.draw.saturating_add(lattice.store_units(energy.units()));
        }
        let capacity = lattice.store_units(self.battery.capacity.units());
        let reserve = lattice.store_units(request.reserve.units());
        let mut lo = vec![reserve; slots.len() + 1];
        let mut hi = vec![capacity; slots.len() + 1];
        // Where the battery already stands is not for the plan to choose.
        lo.iter_mut().take(request.reserve_after + 1).for_each(|lo| *lo = 0);
        let ends = [request.end.0.map(|level| (site.span().to(), level))];
        for (at, level) in request.floors.iter().copied().chain(ends.into_iter().flatten()) {
            if let Some(lo) = lo.get_mut(boundary(at, site)?) {
                *lo = (*lo).max(lattice.store_units(level.units()));
            }
        }
        let ends = [request.end.1.map(|level| (site.span().to(), level))];
        for (at, level) in request.ceilings.iter().copied().chain(ends.into_iter().flatten()) {
            if let Some(hi) = hi.get_mut(boundary(at, site)?) {
                *hi = (*hi).min(lattice.store_units(level.units()));
            }
        }
        for (index, (lo, hi)) in lo.iter().zip(&hi).enumerate() {
            if lo > hi {
                return Err(Error::infeasible(format!(
                    "at {} the level would have to be at least {} kWh and at most {} kWh",
                    site.boundary_text(index),
                    shown(lattice.stored_energy(*lo)),
                    shown(lattice.stored_energy(*hi)),
                )));
            }
        }
        let mut soft = Vec::new();
        for &(at, level, price) in &request.soft_floors {
            soft.push((boundary(at, site)?, level, price));
        }
        if let Some((level, price)) = request.soft_reserve {
            soft.extend((1..=slots.len()).map(|boundary| (boundary, level, price)));
        }
        soft.sort_by_key(|(boundary, ..)| *boundary);
        let soft = soft
            .into_iter()
            .map(|(boundary, level, price)| {
                let price = S::narrow(
                    lattice.price::<i128>(price.units())?.checked_mul(lattice.stored_price_factor())?,
                )?;
                Some(SoftFloor { boundary, level: lattice.store_units(level.units()), price })
            })
            .collect();
        Ok((slots, lo, hi, soft))
    }

    /// An error for a least power that the device cannot reach.
    fn expect_reach(&self, band: PowerBand) -> Result<()> {
        for (least, most, what) in [
            (band.charge_at_least, self.battery.charge.most(), "charge"),
            (band.discharge_at_least, self.battery.discharge.most(), "discharge"),
        ] {
            if let Some(least) = least.filter(|least| *least > most) {
                return Err(Error::out_of_range(format!(
                    "the device is to {what} at {least} kW at least, but its power is {most} kW: lower the least, or raise the power"
                ))
                .in_field("powers"));
            }
        }
        Ok(())
    }

    /// The cost of the level at the end: minus its value.
    fn terminal<S: Slope>(&self) -> Option<Vec<Piece<S>>> {
        let lattice = &self.lattice;
        let capacity = lattice.store_units(self.battery.capacity.units());
        let bands: Vec<(i64, i64)> = match &self.request.end_value {
            EndValue::Nothing | EndValue::RepeatingDay(_) => Vec::new(),
            EndValue::Rate(rate) => vec![(capacity, rate.units())],
            EndValue::Bands(bands) => {
                bands.iter().map(|(level, rate)| (lattice.store_units(level.units()), rate.units())).collect()
            }
        };
        let mut terminal = Vec::new();
        let (mut x, mut y, mut lo) = (0, 0_i128, 0);
        for (level, rate) in bands.into_iter().chain([(capacity, 0)]) {
            let level = level.min(capacity);
            let slope =
                lattice.price::<i128>(rate)?.checked_mul(lattice.stored_price_factor())?.checked_neg()?;
            if level >= lo {
                terminal.push(Piece::through(lo, level, S::narrow(slope)?, x, y));
                y = y.checked_add(slope.checked_mul(i128::from(level - x))?)?;
                (x, lo) = (level, level + 1);
            }
        }
        Some(terminal)
    }
}

fn counted(count: Count) -> [[bool; 3]; 3] {
    let [idle, charge, discharge] = Mode::ALL.map(Mode::index);
    let mut counted = [[false; 3]; 3];
    for (from, row) in counted.iter_mut().enumerate() {
        for (to, cell) in row.iter_mut().enumerate() {
            *cell = from != to
                && match count {
                    Count::ChargeStarts => to == charge,
                    Count::DischargeStarts => to == discharge,
                    Count::Starts => to != idle,
                    Count::Changes => true,
                };
        }
    }
    counted
}

/// The largest level or flow.
fn largest<S: Slope>(model: &Model<S>) -> i128 {
    let device = &model.devices.whole;
    let bus_out = i128::from(device.bus_out.max(device.bus_in));
    let slot = model.slots.iter().fold(0, |largest, slot| {
        let meter = i128::from(slot.load).abs() + i128::from(slot.import_limit.max(slot.export_limit));
        largest.max(meter * bus_out + i128::from(slot.solar)).max(i128::from(slot.draw))
    });
    let own = [
        model.capacity,
        model.start,
        device.store_charge_max,
        device.store_discharge_max,
        device.charge_max,
        device.discharge_max,
        device.loss,
    ];
    let ratio = device.segments.iter().map(|segment| i128::from(segment.ratio)).max().unwrap_or(1);
    own.into_iter().fold(slot.saturating_mul(ratio.max(1)), |largest, own| largest.max(i128::from(own)))
}

/// The steepest slope that can arise, in cost units a store unit.
fn steepest<S: Slope>(model: &Model<S>) -> i128 {
    let price = model.slots.iter().fold(0, |most: u128, slot| {
        most.max(slot.import.wide().unsigned_abs()).max(slot.export.wide().unsigned_abs())
    });
    let price = i128::try_from(price).unwrap_or(i128::MAX);
    let device = &model.devices.whole;
    let factor = |pick: fn(&StoreSegment<S>) -> S| {
        device.segments.iter().map(|segment| pick(segment).wide()).max().unwrap_or(0)
    };
    let energy = price.saturating_mul(factor(|s| s.inward).max(factor(|s| s.outward)));
    let wear = device.wear.wide().saturating_mul(factor(|s| s.throughput));
    let end = model.terminal.iter().map(|piece| piece.slope.wide().saturating_abs()).max().unwrap_or(0);
    let soft = model.soft.iter().fold(0_i128, |sum, soft| sum.saturating_add(soft.price.wide()));
    energy.saturating_add(wear).saturating_add(end).saturating_add(soft)
}

pub(crate) fn shown(units: i64) -> String {
    Energy::from_units(units).map_or_else(|_| units.to_string(), |energy| format!("{energy:.3}"))
}
