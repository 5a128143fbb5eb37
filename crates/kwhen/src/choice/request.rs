//! What is asked: the home, its devices, and the tariffs.

use super::member::Member;
use crate::bill::{BillingRules, MissingReadings};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::battery::{BatteryDefinition, Site};
use crate::plan::fleet::{FleetDevice, RecurringHeat, RecurringLoad};
use crate::plan::forecast::PastDays;
use crate::quantity::{Energy, Money};
use crate::series::Consumption;
use crate::tariff::{Need, Tariff};
use crate::time::{Calendar, Span};
use chrono::{DateTime, Utc};

/// A battery, a car, an appliance or a thermal store of the home.
#[derive(Clone, Debug)]
pub enum HomeDevice {
    /// As it is, with what is asked of it.
    Described(Box<FleetDevice>),
    /// As a definition says it; what it asks is read anew for each tariff, since the worth of what is left may go by its prices.
    Defined {
        /// What it is called.
        name: String,
        /// The definition.
        definition: Box<BatteryDefinition>,
    },
    /// An appliance that runs again and again. Its energy is in no reading.
    Appliance(Box<RecurringLoad>),
    /// A hot-water tank or a heat pump, with what is drawn day by day. Its energy is in no reading.
    Thermal(Box<RecurringHeat>),
}

impl HomeDevice {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Described(device) => &device.name,
            Self::Defined { name, .. } => name,
            Self::Appliance(load) => load.name(),
            Self::Thermal(heat) => heat.name(),
        }
    }

    /// Whether it takes energy for something, which is in no reading: a load, heat, a car's trips. A battery at home only keeps it.
    pub(super) fn takes_energy(&self) -> bool {
        matches!(self, Self::Appliance(_) | Self::Thermal(_)) || self.is_car()
    }

    fn is_car(&self) -> bool {
        match self {
            Self::Appliance(_) | Self::Thermal(_) => false,
            Self::Described(device) => !device.request.draws.is_empty(),
            Self::Defined { definition, .. } => definition.goes_on_trips(),
        }
    }

    /// Whether it is a car for whose first trip nothing may be stored.
    pub(super) fn starts_empty_and_leaves(&self) -> bool {
        match self {
            Self::Described(_) | Self::Appliance(_) | Self::Thermal(_) => false,
            Self::Defined { definition, .. } => definition.goes_on_trips() && definition.starts_empty(),
        }
    }

    /// What a home with it has: a car where it goes on trips, a heat pump where a store gives more heat than it takes, else a battery.
    pub(super) fn is_for(&self) -> Option<Need> {
        match self {
            Self::Appliance(_) => None,
            Self::Thermal(heat) => heat.is_heat_pump().then_some(Need::HeatPump),
            Self::Described(_) | Self::Defined { .. } => {
                Some(if self.is_car() { Need::Car } else { Need::Battery })
            }
        }
    }

    /// The same device with another capacity.
    pub(super) fn sized(&self, capacity: Energy) -> Result<Self> {
        Ok(match self {
            Self::Described(device) => {
                let mut device = device.clone();
                device.battery = device.battery.with_capacity(capacity)?;
                Self::Described(device)
            }
            Self::Defined { name, definition } => Self::Defined {
                name: name.clone(),
                definition: Box::new(definition.as_ref().clone().with_capacity(capacity)),
            },
            Self::Appliance(load) => {
                return Err(Error::unsupported("an appliance stores nothing: sizes are those of a battery")
                    .with_value(load.name()));
            }
            Self::Thermal(heat) => {
                return Err(Error::unsupported("sizes are those of a battery, and this is a store of heat")
                    .with_value(heat.name()));
            }
        })
    }

    /// The device on a site. Errors of the definition.
    pub(super) fn member(&self, calendar: &Calendar, site: &Site) -> Result<Member> {
        Ok(match self {
            Self::Described(device) => Member::Store(device.clone()),
            Self::Appliance(load) => Member::load(load, calendar, site)?,
            Self::Thermal(heat) => {
                let store = heat.over(calendar, site.span());
                Member::Heat(Box::new(store.map_err(|error| error.in_source(heat.name()))?))
            }
            Self::Defined { name, definition } => {
                let named = |error: Error| error.in_source(name.as_str());
                let battery = definition.battery().map_err(named)?;
                let request = definition.request(calendar, site).map_err(named)?;
                Member::Store(Box::new(FleetDevice { name: name.clone(), battery, request }))
            }
        })
    }
}

/// How many histories are drawn at least.
const FEWEST_DRAWS: usize = 10;

/// What is asked.
#[derive(Clone, Debug)]
pub struct ChoiceRequest<'a> {
    pub(super) consumption: &'a Consumption,
    pub(super) export: Option<&'a Consumption>,
    pub(super) solar: Option<&'a Consumption>,
    pub(super) tariffs: &'a [Tariff],
    pub(super) export_tariffs: &'a [Tariff],
    pub(super) devices: &'a [HomeDevice],
    pub(super) period: Span,
    pub(super) calendar: Calendar,
    pub(super) rules: BillingRules,
    pub(super) missing: MissingReadings,
    pub(super) import_limit: Option<Power>,
    pub(super) export_limit: Option<Power>,
    pub(super) rolling: Option<PastDays>,
    pub(super) present: Option<(usize, usize)>,
    /// Whether it is known that the home is on the present export tariff, and not only taken so.
    pub(super) is_exporting: bool,
    pub(super) exit_fee: Option<Money>,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) has: Vec<Need>,
    pub(super) has_all: bool,
    pub(super) draws: usize,
    pub(super) seed: u64,
}

impl<'a> ChoiceRequest<'a> {
    /// A home in Great Britain, its import as the meter read it, with these devices under each of these tariffs; exact, missing readings
    /// left out, planned with foresight alone. Change what differs.
    #[must_use]
    pub fn new(
        consumption: &'a Consumption,
        tariffs: &'a [Tariff],
        devices: &'a [HomeDevice],
        period: Span,
    ) -> Self {
        Self {
            consumption,
            export: None,
            solar: None,
            tariffs,
            export_tariffs: &[],
            devices,
            period,
            calendar: Calendar::great_britain(),
            rules: BillingRules::exact(),
            missing: MissingReadings::Exclude,
            import_limit: None,
            export_limit: None,
            rolling: None,
            present: None,
            is_exporting: false,
            exit_fee: None,
            at: None,
            has: Vec::new(),
            has_all: false,
            draws: 0,
            seed: 0,
        }
    }

    /// Among other tariffs, in the same places.
    #[must_use]
    pub fn among(self, tariffs: &'a [Tariff], export_tariffs: &'a [Tariff]) -> Self {
        Self { tariffs, export_tariffs, ..self }
    }

    /// With these devices.
    #[must_use]
    pub fn devices(self, devices: &'a [HomeDevice]) -> Self {
        Self { devices, ..self }
    }

    /// Energy that the meter read as sent to the grid: within each slot the devices may take it first.
    #[must_use]
    pub fn exported(self, export: impl Into<Option<&'a Consumption>>) -> Self {
        Self { export: export.into(), ..self }
    }

    /// Tariffs that pay for export: each import tariff is combined with each of them. Without one, export earns nothing.
    #[must_use]
    pub fn export_tariffs(self, tariffs: &'a [Tariff]) -> Self {
        Self { export_tariffs: tariffs, ..self }
    }

    /// Solar generation that is not in the readings yet: panels to buy. It counts among the devices, not in what was used.
    #[must_use]
    pub fn solar(self, solar: impl Into<Option<&'a Consumption>>) -> Self {
        Self { solar: solar.into(), ..self }
    }

    /// The clock that days and months are counted by.
    #[must_use]
    pub fn calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// What is rounded.
    #[must_use]
    pub fn rules(self, rules: BillingRules) -> Self {
        Self { rules, ..self }
    }

    /// What is done where there is no reading.
    #[must_use]
    pub fn missing(self, missing: MissingReadings) -> Self {
        Self { missing, ..self }
    }

    /// The most that the connection imports and exports.
    #[must_use]
    pub fn limited(self, import: Option<Power>, export: Option<Power>) -> Self {
        Self { import_limit: import, export_limit: export, ..self }
    }

    /// Also plans from day to day on what was known then: the mean of these past days for load and sun, rates as they were published.
    #[must_use]
    pub fn rolling(self, days: PastDays) -> Self {
        Self { rolling: Some(days), ..self }
    }

    /// Which tariff, and which export tariff where there are any, the home is on: by their places in the lists.
    #[must_use]
    pub fn present(self, tariff: usize, export_tariff: usize) -> Self {
        Self { present: Some((tariff, export_tariff)), is_exporting: true, ..self }
    }

    /// The same by their codes; the first export tariff, where none is named: what that needs, and that it is sold, is then asked of the home as of
    /// any other. An error for a code that none of the tariffs has.
    pub fn present_named(self, code: &str, export_code: Option<&str>) -> Result<Self> {
        let place = |tariffs: &[Tariff], code: &str, field: &str| {
            tariffs.iter().position(|tariff| tariff.code == code).ok_or_else(|| {
                let codes: Vec<&str> = tariffs.iter().map(|tariff| tariff.code.as_str()).collect();
                Error::missing(format!("is none of the tariffs, which are {}", codes.join(", ")))
                    .in_field(field)
                    .with_value(code)
            })
        };
        let import = place(self.tariffs, code, "now")?;
        let export = export_code.map(|code| place(self.export_tariffs, code, "now_export")).transpose()?;
        Ok(Self { is_exporting: export.is_some(), ..self.present(import, export.unwrap_or(0)) })
    }

    /// What leaving the present tariff costs, in minor units; else what its conditions say.
    #[must_use]
    pub fn exit_fee(self, fee: Money) -> Self {
        Self { exit_fee: Some(fee), ..self }
    }

    /// The moment of the choice: what is not sold then cannot be had, and a deal that has ended costs nothing to leave.
    #[must_use]
    pub fn at(self, at: DateTime<Utc>) -> Self {
        Self { at: Some(at), ..self }
    }

    /// What the home has beside its devices, its sun and its exported energy; `is_all`: and nothing else, so that what needs more cannot be
    /// had.
    #[must_use]
    pub fn having(self, has: impl IntoIterator<Item = Need>, is_all: bool) -> Self {
        Self { has: has.into_iter().collect(), has_all: is_all, ..self }
    }

    /// Whether it can be asked at all; `choose` asks first, and so may who reads something before. An error for fewer than ten histories and
    /// an exit fee below zero.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: String, field: &str, value: String| {
            Err(Error::out_of_range(message).in_field(field).with_value(value))
        };
        if (1..FEWEST_DRAWS).contains(&self.draws) {
            let message = format!("draw {FEWEST_DRAWS} histories at least: fewer say nothing of one in ten");
            return wrong(message, "resample", self.draws.to_string());
        }
        if let Some(fee) = self.exit_fee.filter(|fee| fee.is_negative()) {
            let message = "an exit fee may not be below zero".to_owned();
            return wrong(message, "exit_fee", fee.to_string());
        }
        Ok(())
    }

    /// Also draws so many histories of the same length, beginning with a seed: how the difference between two tariffs may turn out.
    #[must_use]
    pub fn resampled(self, draws: usize, seed: u64) -> Self {
        Self { draws, seed, ..self }
    }
}
