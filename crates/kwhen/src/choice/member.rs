//! A device as it is planned under one tariff.

use crate::error::Result;
use crate::plan::battery::{Hold, RAW, Site, raw_power};
use crate::plan::fleet::{FleetDevice, RecurringLoad, ThermalStore};
use crate::quantity::{Energy, UnitRate};
use crate::time::{Calendar, Span};

/// What takes and what gives in a slot, at the AC side.
pub(super) type Moves = Vec<(Energy, Energy)>;

/// A device of the home on a site.
#[derive(Clone, Debug)]
pub(super) enum Member {
    /// A battery or a car.
    Store(Box<FleetDevice>),
    /// An appliance, and the times within each of which it runs once.
    Load(Box<RecurringLoad>, Vec<Span>),
    /// A tank or a heat pump.
    Heat(Box<ThermalStore>),
}

impl Member {
    /// An appliance on the common ground: a run that does not lie whole within it is left out, and so is one that the clock cuts too short.
    pub(super) fn load(load: &RecurringLoad, calendar: &Calendar, site: &Site) -> Result<Self> {
        let times = load.times(calendar, site.span());
        let times = times.map_err(|error| error.in_source(load.name()))?;
        Ok(Self::Load(Box::new(load.clone()), times.windows))
    }

    /// The same, standing still in some spans.
    pub(super) fn held(self, still: &[Span]) -> Self {
        match self {
            Self::Store(mut device) => {
                for span in still {
                    device.request = device.request.hold(*span, Hold::Level);
                }
                Self::Store(device)
            }
            other => other,
        }
    }

    /// What a kWh that it gives wears off it.
    pub(super) fn wear(&self) -> UnitRate {
        match self {
            Self::Store(device) => device.battery.wear,
            Self::Load(..) | Self::Heat(_) => UnitRate::ZERO,
        }
    }

    /// What it adds to the load of a site, its standby with it.
    pub(super) fn flow(&self, site: &Site, moves: &[(Energy, Energy)]) -> Vec<i64> {
        let standby = |slot: usize| match self {
            Self::Store(device) => raw_power(device.battery.standby, site.seconds_of(slot)) / RAW,
            Self::Load(..) | Self::Heat(_) => 0,
        };
        let flow = moves.iter().enumerate().map(|(slot, (charge, discharge))| {
            let standby = i64::try_from(standby(slot)).unwrap_or(i64::MAX);
            (charge.units() - discharge.units()).saturating_add(standby)
        });
        flow.collect()
    }
}
