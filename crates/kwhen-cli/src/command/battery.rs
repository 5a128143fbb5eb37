//! `kwhen battery`

use super::device::{DeviceArguments, ReadSite, SiteArguments};
use crate::arguments::{Format, Shared};
use crate::failure::Result;
use crate::output::style::Palette;
use crate::output::{battery as page, csv::Csv, json};
use clap::Args;
use kwhen::plan::battery::{Battery, Count, Dispatch, EndValue, Reason, Request};
use kwhen::time::instant_text;
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

/// One slot of the plan.
#[derive(Debug, Serialize)]
struct SlotRow {
    from: String,
    to: String,
    charge_kwh: Energy,
    discharge_kwh: Energy,
    import_kwh: Energy,
    export_kwh: Energy,
    curtailed_kwh: Energy,
    stored_kwh: Energy,
    value_p_per_kwh: Option<UnitRate>,
}

/// The plan for machines.
#[derive(Debug, Serialize)]
struct Document {
    from: String,
    to: String,
    time_zone: &'static str,
    tzdb: &'static str,
    objective_pence: Money,
    grid_pence: Money,
    wear_pence: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_value_pence: Option<Money>,
    baseline_pence: Option<Money>,
    saving_pence: Option<Money>,
    slots: Vec<SlotRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ReasonRow {
    from: String,
    to: String,
    text: String,
}

/// A plan with what it was made for.
pub(crate) struct Planned {
    pub(crate) read: ReadSite,
    pub(crate) battery: Battery,
    pub(crate) plan: Dispatch,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) explain: bool,
}

impl BatteryArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let read = self.site.read(&calendar)?;
        let battery = self.device.battery()?;
        let plan = battery.plan(&read.site, &self.request())?;
        let reasons = plan.explain(&battery, &read.site, &calendar);
        let planned = Planned { read, battery, plan, reasons, explain: self.explain };
        match shared.format {
            Format::Text => Ok(page::text(&planned, calendar, Palette::for_stdout(shared.color))),
            Format::Json => json(&document(&planned, calendar.name())),
            Format::Csv => Ok(csv(&planned)),
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

fn rows(plan: &Dispatch) -> Vec<SlotRow> {
    let row = |slot: &kwhen::plan::battery::DispatchSlot| SlotRow {
        from: instant_text(slot.span.from()),
        to: instant_text(slot.span.to()),
        charge_kwh: slot.charge,
        discharge_kwh: slot.discharge,
        import_kwh: slot.import,
        export_kwh: slot.export,
        curtailed_kwh: slot.curtailed,
        stored_kwh: slot.stored,
        value_p_per_kwh: slot.value,
    };
    plan.slots().iter().map(row).collect()
}

fn document(planned: &Planned, time_zone: &'static str) -> Document {
    let Planned { read, plan, .. } = planned;
    let reason = |reason: &Reason| ReasonRow {
        from: instant_text(reason.span.from()),
        to: instant_text(reason.span.to()),
        text: reason.text.clone(),
    };
    let reasons = if planned.explain { planned.reasons.iter().map(reason).collect() } else { Vec::new() };
    Document {
        from: instant_text(read.span.from()),
        to: instant_text(read.span.to()),
        time_zone,
        tzdb: kwhen::time::TZDB_VERSION,
        objective_pence: plan.objective(),
        grid_pence: plan.costs().grid,
        wear_pence: plan.costs().wear,
        end_value_pence: Some(plan.costs().end_value).filter(|value| !value.is_zero()),
        baseline_pence: plan.baseline(),
        saving_pence: plan.saving(),
        slots: rows(plan),
        reasons,
        notices: read.notices.clone(),
    }
}

fn csv(planned: &Planned) -> String {
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
    for row in rows(&planned.plan) {
        csv.row(&[
            row.from,
            row.to,
            row.charge_kwh.to_string(),
            row.discharge_kwh.to_string(),
            row.import_kwh.to_string(),
            row.export_kwh.to_string(),
            row.curtailed_kwh.to_string(),
            row.stored_kwh.to_string(),
            row.value_p_per_kwh.map_or_else(String::new, |value| value.to_string()),
        ]);
    }
    csv.into_text()
}
