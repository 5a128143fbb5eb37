//! What `kwhen battery --past-days` answers: a plan for what is not known yet.

use super::frame::{Frame, Remarks};
use super::policy::{PolicyDocument, PolicyEntry, ValueDocument, ValueEntry};
use crate::failure::Result;
use chrono::{DateTime, Utc};
use kwhen::plan::prospect::{ExpectedPlan, ExpectedRun, Prospect};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money, UnitRate};
use serde::{Serialize, Serializer};

/// The names of the states of the sky, in their order.
const SKIES: [&str; 3] = ["dull", "mixed", "bright"];

/// A plan on expected values.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpectedDocument {
    /// When, by which clock, in which currency.
    #[serde(flatten)]
    pub frame: Frame,
    /// To when rates are known; those after it are as on past days, or as forecast.
    #[serde(serialize_with = "as_instant")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub rates_known_to: DateTime<Utc>,
    /// The expected cost, by the value functions.
    pub cost_minor: Money,
    /// The most by which the expected cost may be off.
    pub bound_minor: Money,
    /// What the plan costs in 10 of 100 scenarios at the most.
    pub p10_minor: Option<Money>,
    /// Likewise in 50.
    pub p50_minor: Option<Money>,
    /// Likewise in 90.
    pub p90_minor: Option<Money>,
    /// What the plan costs in the scenarios on average.
    pub mean_minor: Option<Money>,
    /// What it would cost on average, had each scenario been known from the start.
    pub known_minor: Option<Money>,
    /// The difference: what a perfect forecast would be worth.
    pub perfect_forecast_minor: Option<Money>,
    /// What following a plan on the mean of all scenarios would cost on average.
    pub mean_plan_minor: Option<Money>,
    /// Past days as scenarios: what following the plan would have cost in each.
    pub scenarios: Vec<ScenarioRow>,
    /// Where more is held back, or more room left, than by the plan on the mean, and what that is worth; where reasons are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub insurance: Vec<Insured>,
    /// What the battery is called.
    #[serde(skip)]
    pub name: String,
    /// What is done when, if each slot turns out as on average.
    #[serde(skip)]
    pub runs: Vec<ExpectedRun>,
    /// Slot by slot, if each turns out as on average.
    pub slots: Vec<ExpectedRow>,
    /// What was noticed.
    #[serde(skip_serializing_if = "Remarks::is_empty")]
    pub notices: Remarks,
}

fn as_instant<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*instant))
}

/// A past day as a scenario.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScenarioRow {
    /// How many days ago it began.
    pub days_back: Option<usize>,
    /// How much it counts beside the others.
    pub weight: u64,
    /// What following the plan would have cost.
    pub cost_minor: Money,
    /// The least cost, had it been known from the start.
    pub known_minor: Money,
    /// What following a plan on the mean would have cost.
    pub mean_plan_minor: Money,
}

/// A time in which the plan stores more or less than one on the mean.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Insured {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// The most that is stored beyond the plan on the mean; below zero where room is left.
    pub extra_kwh: Energy,
    /// What a kWh is worth there on average over all scenarios.
    pub value_minor_per_kwh: UnitRate,
    /// What it would be worth, if all turned out as on average.
    pub mean_value_minor_per_kwh: UnitRate,
    /// In words.
    pub reason: String,
}

/// A slot of the plan, if it turns out as on average; energies in kWh.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpectedRow {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// The load on average.
    pub load_kwh: Energy,
    /// Solar generation on average.
    pub solar_kwh: Energy,
    /// The import rate, on average where it is not known.
    pub import_minor_per_kwh: UnitRate,
    /// The export rate, likewise.
    pub export_minor_per_kwh: UnitRate,
    /// Taken at the AC side.
    pub charge_kwh: Energy,
    /// Given at the AC side.
    pub discharge_kwh: Energy,
    /// Taken from the grid.
    pub import_kwh: Energy,
    /// Sent to the grid.
    pub export_kwh: Energy,
    /// Solar generation left unused.
    pub curtailed_kwh: Energy,
    /// In the store at the end.
    pub stored_kwh: Energy,
    /// In the store at the end in 10 of 100 scenarios at the most.
    pub stored_p10_kwh: Energy,
    /// Likewise in 90.
    pub stored_p90_kwh: Energy,
    /// What one more kWh in the store is worth at the end of the slot.
    pub value_minor_per_kwh: Option<UnitRate>,
}

impl ExpectedDocument {
    /// From a plan.
    ///
    /// # Errors
    /// There is no slot, or a sum is beyond its range.
    pub fn new(
        prospect: &Prospect,
        plan: &ExpectedPlan,
        rates_known_to: DateTime<Utc>,
        calendar: &Calendar,
        explain: bool,
    ) -> Result<Self> {
        let site = prospect.site();
        let minor = site.currency().minor();
        let (mean, known) = (plan.mean_cost()?, plan.mean_known()?);
        let insurance = plan.insured.iter().filter(|_| explain).map(|one| Insured {
            span: one.span,
            extra_kwh: one.extra,
            value_minor_per_kwh: one.value,
            mean_value_minor_per_kwh: one.single_value,
            reason: reason(one, calendar, minor),
        });
        Ok(Self {
            frame: Frame::new(site.span(), calendar, site.currency()),
            rates_known_to,
            cost_minor: plan.cost,
            bound_minor: plan.bound,
            p10_minor: plan.cost_quantile(10),
            p50_minor: plan.cost_quantile(50),
            p90_minor: plan.cost_quantile(90),
            mean_minor: mean,
            known_minor: known,
            perfect_forecast_minor: mean.zip(known).and_then(|(mean, known)| mean.checked_sub(known)),
            mean_plan_minor: plan.mean_single()?,
            scenarios: plan
                .scenarios
                .iter()
                .map(|one| ScenarioRow {
                    days_back: one.days_back,
                    weight: one.weight,
                    cost_minor: one.cost,
                    known_minor: one.known,
                    mean_plan_minor: one.single,
                })
                .collect(),
            insurance: insurance.collect(),
            name: String::new(),
            runs: plan.runs()?,
            slots: plan.slots.iter().map(ExpectedRow::from).collect(),
            notices: Remarks::default(),
        })
    }
}

impl From<&kwhen::plan::prospect::ExpectedSlot> for ExpectedRow {
    fn from(slot: &kwhen::plan::prospect::ExpectedSlot) -> Self {
        let (mean, done) = (slot.mean, slot.dispatch);
        Self {
            span: done.span,
            load_kwh: mean.load,
            solar_kwh: mean.solar,
            import_minor_per_kwh: mean.import,
            export_minor_per_kwh: mean.export,
            charge_kwh: done.charge,
            discharge_kwh: done.discharge,
            import_kwh: done.import,
            export_kwh: done.export,
            curtailed_kwh: done.curtailed,
            stored_kwh: done.stored,
            stored_p10_kwh: slot.stored_range.0,
            stored_p90_kwh: slot.stored_range.1,
            value_minor_per_kwh: done.value,
        }
    }
}

/// Why more or less is stored, in a sentence.
fn reason(one: &kwhen::plan::prospect::Insurance, calendar: &Calendar, minor: &str) -> String {
    let (from, to) = (calendar.local(one.span.from()), calendar.local(one.span.to()));
    let end = if from.date() == to.date() { to.format("%H:%M") } else { to.format("%a %H:%M") };
    let when = format!("{}-{end}", from.format("%a %H:%M"));
    let (value, other) = (one.value, one.single_value);
    if one.extra.is_negative() {
        format!(
            "Leave up to {:.2} kWh more room {when}: on average over what may come a kWh there is worth {value:.1} {minor}, less than the {other:.1} {minor} that it would be if all came as on average.",
            -one.extra
        )
    } else {
        format!(
            "Hold back up to {:.2} kWh more {when} as insurance: on average over what may come a kWh there is worth {value:.1} {minor}, more than the {other:.1} {minor} that it would be if all came as on average.",
            one.extra
        )
    }
}

/// The name of a state of the sky, where there are several.
fn sky(plan: &ExpectedPlan, state: usize) -> Option<&'static str> {
    if plan.states() == 1 { None } else { SKIES.get(state).copied() }
}

impl PolicyDocument {
    /// Of a plan on expected values, for each state of the sky that a slot may lead to.
    ///
    /// # Errors
    /// A level is beyond its range.
    pub fn expected(frame: Frame, plan: &ExpectedPlan, notices: Remarks) -> Result<Self> {
        let mut policy = Vec::new();
        for (index, slot) in plan.slots.iter().enumerate() {
            for state in 0..plan.states() {
                let rows = plan.policy(index, state)?;
                policy.extend(
                    rows.iter().map(|row| PolicyEntry::new(slot.dispatch.span, sky(plan, state), row)),
                );
            }
        }
        Ok(Self { frame, policy, notices })
    }
}

impl ValueDocument {
    /// Of a plan on expected values, for each state of the sky before a slot.
    ///
    /// # Errors
    /// A value is beyond its range.
    pub fn expected(frame: Frame, plan: &ExpectedPlan, notices: Remarks) -> Result<Self> {
        let mut value = Vec::new();
        for (index, slot) in plan.slots.iter().enumerate() {
            for state in 0..plan.states() {
                let pieces = plan.value_function(index, state)?;
                value.extend(
                    pieces.iter().map(|piece| ValueEntry::new(slot.dispatch.span, sky(plan, state), piece)),
                );
            }
        }
        Ok(Self { frame, value, notices })
    }
}
