//! Which wishes are in each other's way: each is left out in turn, and stays out where no plan is found without it either.

use super::{Fleet, FleetDevice};
use crate::plan::battery::{BatteryRequest, Site};
use crate::time::instant_text;

/// Parts that are looked at for any plan at all.
const PARTS: usize = 8;

/// More wishes than this are not taken apart.
const MOST: usize = 64;

/// One thing that a request asks for.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Floor(usize),
    Ceiling(usize),
    Draw(usize),
    End,
    Reserve,
    Hold(usize),
    Changes,
    ImportLimit(usize),
    ExportLimit(usize),
    Power(usize),
    SurplusOnly,
    LoadOnly,
    /// The cycles of an appliance, and what a thermal store is held to.
    Cycles(usize),
    Heat(usize),
    /// A circuit or an exclusion of the fleet; it is of no device.
    Circuit(usize),
    Exclusion(usize),
}

impl Wish {
    fn all(request: &BatteryRequest) -> Vec<Self> {
        let several = |count: usize, wish: fn(usize) -> Self| (0..count).map(wish);
        let mut wishes: Vec<Self> = several(request.floors.len(), Self::Floor).collect();
        wishes.extend(several(request.ceilings.len(), Self::Ceiling));
        wishes.extend(several(request.draws.len(), Self::Draw));
        if request.end != (None, None) {
            wishes.push(Self::End);
        }
        if !request.reserve.is_zero() {
            wishes.push(Self::Reserve);
        }
        wishes.extend(several(request.holds.len(), Self::Hold));
        if request.changes.is_some_and(|limit| limit.at_most.is_some()) {
            wishes.push(Self::Changes);
        }
        wishes.extend(several(request.import_limits.len(), Self::ImportLimit));
        wishes.extend(several(request.export_limits.len(), Self::ExportLimit));
        wishes.extend(several(request.powers.len(), Self::Power));
        wishes.extend(request.surplus_only.then_some(Self::SurplusOnly));
        wishes.extend(request.load_only.then_some(Self::LoadOnly));
        wishes
    }

    fn text(self, request: &BatteryRequest) -> Option<String> {
        let at = |(at, energy): &(chrono::DateTime<chrono::Utc>, crate::Energy), how: &str| {
            format!("{how} {energy} kWh at {}", instant_text(*at))
        };
        Some(match self {
            Self::Floor(index) => at(request.floors.get(index)?, "at least"),
            Self::Ceiling(index) => at(request.ceilings.get(index)?, "at most"),
            Self::Draw(index) => at(request.draws.get(index)?, "a draw of"),
            Self::End => match request.end {
                (Some(least), Some(most)) if least == most => format!("{least} kWh at the end"),
                (Some(least), _) => format!("at least {least} kWh at the end"),
                (None, most) => format!("at most {} kWh at the end", most.unwrap_or_default()),
            },
            Self::Reserve => format!("a reserve of {} kWh", request.reserve),
            Self::Hold(index) => format!("the hold over {}", request.holds.get(index)?.0),
            Self::Changes => {
                format!("at most {} starts or changes", request.changes.and_then(|limit| limit.at_most)?)
            }
            Self::ImportLimit(index) => {
                let (span, power) = request.import_limits.get(index)?;
                format!("an import limit of {power} kW over {span}")
            }
            Self::ExportLimit(index) => {
                let (span, power) = request.export_limits.get(index)?;
                format!("an export limit of {power} kW over {span}")
            }
            Self::Power(index) => format!("the power asked for over {}", request.powers.get(index)?.0),
            Self::SurplusOnly => "charging from surplus only".to_owned(),
            Self::LoadOnly => "discharging into the load only".to_owned(),
            Self::Cycles(_) | Self::Heat(_) | Self::Circuit(_) | Self::Exclusion(_) => return None,
        })
    }
}

/// The request without some of its wishes.
fn without(request: &BatteryRequest, left_out: &[Wish]) -> BatteryRequest {
    fn rest<T: Clone>(all: &[T], is_out: impl Fn(usize) -> bool) -> Vec<T> {
        all.iter().enumerate().filter(|(index, _)| !is_out(*index)).map(|(_, one)| one.clone()).collect()
    }
    let is_out = |test: &dyn Fn(&Wish) -> bool| left_out.iter().any(test);
    let mut rested = request.clone();
    rested.floors = rest(&request.floors, |i| is_out(&|wish| matches!(wish, Wish::Floor(at) if *at == i)));
    rested.ceilings =
        rest(&request.ceilings, |i| is_out(&|wish| matches!(wish, Wish::Ceiling(at) if *at == i)));
    rested.draws = rest(&request.draws, |i| is_out(&|wish| matches!(wish, Wish::Draw(at) if *at == i)));
    rested.holds = rest(&request.holds, |i| is_out(&|wish| matches!(wish, Wish::Hold(at) if *at == i)));
    rested.import_limits =
        rest(&request.import_limits, |i| is_out(&|wish| matches!(wish, Wish::ImportLimit(at) if *at == i)));
    rested.export_limits =
        rest(&request.export_limits, |i| is_out(&|wish| matches!(wish, Wish::ExportLimit(at) if *at == i)));
    rested.powers = rest(&request.powers, |i| is_out(&|wish| matches!(wish, Wish::Power(at) if *at == i)));
    rested.surplus_only &= !is_out(&|wish| matches!(wish, Wish::SurplusOnly));
    rested.load_only &= !is_out(&|wish| matches!(wish, Wish::LoadOnly));
    if is_out(&|wish| matches!(wish, Wish::End)) {
        rested.end = (None, None);
    }
    if is_out(&|wish| matches!(wish, Wish::Reserve)) {
        rested.reserve = crate::Energy::ZERO;
    }
    if is_out(&|wish| matches!(wish, Wish::Changes)) {
        rested.changes = request.changes.map(|mut limit| {
            limit.at_most = None;
            limit
        });
    }
    rested
}

impl Fleet {
    /// Wishes for which alone no plan is found either, while there is one without any of them. Empty where there is none with nothing
    /// asked; `None` where there are too many wishes to look at.
    pub(super) fn conflict(&self, site: &Site) -> Option<Vec<String>> {
        let wishes: Vec<(usize, Wish)> = self
            .devices
            .iter()
            .enumerate()
            .flat_map(|(place, device)| Wish::all(&device.request).into_iter().map(move |wish| (place, wish)))
            .chain((0..self.appliances.len()).map(|index| (self.devices.len(), Wish::Cycles(index))))
            .chain((0..self.thermal.len()).map(|index| (self.devices.len(), Wish::Heat(index))))
            .chain((0..self.circuits.len()).map(|index| (self.devices.len(), Wish::Circuit(index))))
            .chain((0..self.exclusions.len()).map(|index| (self.devices.len(), Wish::Exclusion(index))))
            .collect();
        if wishes.len() > MOST {
            return None;
        }
        let mut kept = wishes;
        let mut left_out: Vec<(usize, Wish)> = Vec::new();
        let mut place = 0;
        while place < kept.len() {
            let wish = kept.remove(place);
            left_out.push(wish);
            if !self.is_possible_without(&left_out, site) {
                continue;
            }
            left_out.pop();
            kept.insert(place, wish);
            place += 1;
        }
        let text = |(place, wish): &(usize, Wish)| {
            if let Wish::Circuit(index) = wish {
                return self.circuits.get(*index).map(|circuit| format!("circuit {}", circuit.name));
            }
            if let Wish::Heat(index) = wish {
                return self.thermal.get(*index).map(|store| format!("{}: its levels and draws", store.name));
            }
            if let Wish::Exclusion(index) = wish {
                let devices = self.exclusions.get(*index)?.devices.join(", ");
                return Some(format!("the exclusion of {devices}"));
            }
            if let Wish::Cycles(index) = wish {
                let appliance = self.appliances.get(*index)?;
                return Some(format!("{}: {}", appliance.name, appliance.wish()));
            }
            let device = self.devices.get(*place)?;
            Some(format!("{}: {}", device.name, wish.text(&device.request)?))
        };
        kept.iter().map(text).collect()
    }

    /// Whether a plan is found without these wishes.
    fn is_possible_without(&self, left_out: &[(usize, Wish)], site: &Site) -> bool {
        let devices = self.devices.iter().enumerate().map(|(place, device)| {
            let own: Vec<Wish> =
                left_out.iter().filter(|(at, _)| *at == place).map(|(_, wish)| *wish).collect();
            FleetDevice { request: without(&device.request, &own), ..device.clone() }
        });
        let circuits = self.circuits.iter().enumerate().filter(|(index, _)| {
            !left_out.iter().any(|(_, wish)| matches!(wish, Wish::Circuit(out) if out == index))
        });
        let circuits = circuits.map(|(_, circuit)| circuit.clone()).collect();
        let appliances = self.appliances.iter().enumerate().map(|(index, appliance)| {
            let is_out = left_out.iter().any(|(_, wish)| matches!(wish, Wish::Cycles(out) if *out == index));
            if is_out { appliance.unbound() } else { appliance.clone() }
        });
        let appliances = appliances.collect();
        let exclusions = self.exclusions.iter().enumerate().filter(|(index, _)| {
            !left_out.iter().any(|(_, wish)| matches!(wish, Wish::Exclusion(out) if out == index))
        });
        let exclusions = exclusions.map(|(_, exclusion)| exclusion.clone()).collect();
        let thermal = self.thermal.iter().enumerate().map(|(index, store)| {
            let is_out = left_out.iter().any(|(_, wish)| matches!(wish, Wish::Heat(out) if *out == index));
            if is_out { store.unbound() } else { store.clone() }
        });
        let thermal = thermal.collect();
        let fleet =
            Self { devices: devices.collect(), appliances, thermal, circuits, exclusions, gap: self.gap };
        let mut go_on = |standing: &super::Standing| standing.cost.is_none() && standing.parts < PARTS;
        fleet.found(site, &mut go_on, |_, found| Ok(found.plan.is_some())).unwrap_or(false)
    }
}
