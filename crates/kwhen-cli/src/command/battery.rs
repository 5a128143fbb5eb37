//! `kwhen battery`

use super::device::{DeviceArguments, SiteArguments};
use crate::arguments::{Format, Shared};
use crate::failure::{Failure, Result};
use crate::output::style::Palette;
use crate::output::{battery as page, csv::Csv, json};
use clap::Args;
use kwhen::plan::SlotPrices;
use kwhen::plan::battery::{Battery, Count, Dispatch, DispatchSlot, Doing, EndValue, Request, Site};
use kwhen::time::{Calendar, Span, TZDB_VERSION, instant_text};
use kwhen::{Energy, Money, UnitRate};
use serde::Serialize;

/// Plan a battery exactly: when to charge, discharge, import and export at the least cost
///
/// The plan is the cheapest there is, to the last digit. Powers are AC, the store counts DC kWh. Without --end-kwh or --end-value
/// what is left at the end is worth nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen battery --rates rates.csv --kwh 10 --kw 5 --from 2026-10-14 --to 2026-10-16
  kwhen battery --rates rates.csv --export-rates export-rates.csv --load consumption.csv --solar solar.csv \\
      --kwh 10 --kw 5 --wear 1.5 --export-limit 3.68 --from 2026-07-01 --to 2026-07-03 --explain
  kwhen battery --rates rates.csv --kwh 10 --kw 5 --start-kwh 4 --end-kwh 4 --max-starts 2 --format json")]
pub(crate) struct BatteryArguments {
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    device: DeviceArguments,
    /// Stored at the end, in kWh, exactly
    #[arg(long, value_name = "KWH", conflicts_with = "end_value")]
    end_kwh: Option<Energy>,
    /// What a kWh left in the store at the end is worth, in pence
    #[arg(long, value_name = "PENCE", allow_hyphen_values = true)]
    end_value: Option<UnitRate>,
    /// At most so many starts of charging or discharging
    #[arg(long, value_name = "N")]
    max_starts: Option<u16>,
    /// Give the reason for every action
    #[arg(long)]
    explain: bool,
}

/// The plan with the names that the JSON has.
#[derive(Debug, Serialize)]
pub(crate) struct BatteryPlan {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) time_zone: &'static str,
    pub(crate) tzdb: &'static str,
    pub(crate) objective_pence: Money,
    pub(crate) grid_pence: Money,
    pub(crate) wear_pence: Money,
    /// What the energy left at the end is worth, where it is worth anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_value_pence: Option<Money>,
    /// Without the battery; `None` where the connection's limits cannot be kept without it.
    pub(crate) baseline_pence: Option<Money>,
    pub(crate) saving_pence: Option<Money>,
    pub(crate) charged_kwh: Energy,
    pub(crate) discharged_kwh: Energy,
    pub(crate) import_kwh: Energy,
    pub(crate) export_kwh: Energy,
    pub(crate) curtailed_kwh: Energy,
    /// What is done when, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reasons: Vec<Why>,
    pub(crate) slots: Vec<Slot>,
    /// What was repaired in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
}

/// A run of slots in which the battery does one thing.
#[derive(Debug, Serialize)]
pub(crate) struct Why {
    #[serde(flatten)]
    pub(crate) span: Span,
    #[serde(skip)]
    pub(crate) doing: Doing,
    #[serde(skip)]
    pub(crate) energy: Energy,
    #[serde(skip)]
    pub(crate) price: Option<UnitRate>,
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Slot {
    #[serde(flatten)]
    pub(crate) span: Span,
    pub(crate) charge_kwh: Energy,
    pub(crate) discharge_kwh: Energy,
    pub(crate) import_kwh: Energy,
    pub(crate) export_kwh: Energy,
    pub(crate) curtailed_kwh: Energy,
    pub(crate) stored_kwh: Energy,
    pub(crate) value_p_per_kwh: Option<UnitRate>,
}

impl From<&DispatchSlot> for Slot {
    fn from(slot: &DispatchSlot) -> Self {
        Self {
            span: slot.span,
            charge_kwh: slot.charge,
            discharge_kwh: slot.discharge,
            import_kwh: slot.import,
            export_kwh: slot.export,
            curtailed_kwh: slot.curtailed,
            stored_kwh: slot.stored,
            value_p_per_kwh: slot.value,
        }
    }
}

impl BatteryPlan {
    pub(crate) fn new(
        battery: &Battery,
        site: &Site,
        dispatch: &Dispatch,
        calendar: &Calendar,
    ) -> Result<Self> {
        let sum = |part: fn(&DispatchSlot) -> Energy| Energy::sum(dispatch.slots().iter().map(part));
        let span = dispatch.grid().span();
        Ok(Self {
            span: span.ok_or_else(|| Failure::work("there is no slot to plan for"))?,
            time_zone: calendar.name(),
            tzdb: TZDB_VERSION,
            objective_pence: dispatch.objective(),
            grid_pence: dispatch.costs().grid,
            wear_pence: dispatch.costs().wear,
            end_value_pence: Some(dispatch.costs().end_value).filter(|value| !value.is_zero()),
            baseline_pence: dispatch.baseline(),
            saving_pence: dispatch.saving(),
            charged_kwh: sum(|slot| slot.charge)?,
            discharged_kwh: sum(|slot| slot.discharge)?,
            import_kwh: sum(|slot| slot.import)?,
            export_kwh: sum(|slot| slot.export)?,
            curtailed_kwh: sum(|slot| slot.curtailed)?,
            reasons: dispatch
                .explain(battery, site, calendar)
                .into_iter()
                .map(|reason| Why {
                    span: reason.span,
                    doing: reason.doing,
                    energy: reason.energy,
                    price: reason.price,
                    reason: reason.text,
                })
                .collect(),
            slots: dispatch.slots().iter().map(Slot::from).collect(),
            notices: Vec::new(),
        })
    }
}

impl BatteryArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let read = self.site.read(&calendar)?;
        let battery = self.device.battery()?;
        let dispatch = battery.plan(&read.site, &self.request())?;
        let mut plan = BatteryPlan::new(&battery, &read.site, &dispatch, &calendar)?;
        plan.notices = read.notices;
        match shared.format {
            Format::Text => {
                let prices = SlotPrices::new(*dispatch.grid(), read.import.into_iter().map(Some))?;
                let asked =
                    format!("A battery of {} kWh and {} kW", battery.capacity(), battery.charger().most());
                let palette = Palette::for_stdout(shared.color);
                Ok(page::text(&plan, &prices, &asked, self.explain, calendar, palette))
            }
            Format::Json => {
                if !self.explain {
                    plan.reasons.clear();
                }
                json(&plan)
            }
            Format::Csv => Ok(csv(&plan)),
        }
    }

    fn request(&self) -> Request {
        let mut request = Request::starting_at(self.device.start_kwh).with_reserve(self.device.reserve_kwh);
        if let Some(level) = self.end_kwh {
            request = request.ending_at(level);
        }
        if let Some(value) = self.end_value {
            request = request.with_end_value(EndValue::Rate(value));
        }
        if let Some(starts) = self.max_starts {
            request = request.with_at_most(usize::from(starts), Count::Starts);
        }
        request
    }
}

fn csv(plan: &BatteryPlan) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "charge_kwh",
        "discharge_kwh",
        "import_kwh",
        "export_kwh",
        "curtailed_kwh",
        "stored_kwh",
        "value_p_per_kwh",
    ]);
    for slot in &plan.slots {
        csv.row(&[
            instant_text(slot.span.from()),
            instant_text(slot.span.to()),
            slot.charge_kwh.to_string(),
            slot.discharge_kwh.to_string(),
            slot.import_kwh.to_string(),
            slot.export_kwh.to_string(),
            slot.curtailed_kwh.to_string(),
            slot.stored_kwh.to_string(),
            slot.value_p_per_kwh.map(|value| value.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}
