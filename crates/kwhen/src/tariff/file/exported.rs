//! What a definition says of exported energy, and fees by how much of a year's energy there was.

use super::every::EveryName;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};
use crate::tariff::{Charge, Counts, Netting, Scale};
use serde::Deserialize;

/// `netting = { every = "year", by_rate = true }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NettingDefinition {
    every: NettingName,
    #[serde(default)]
    by_rate: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NettingName {
    Slot,
    Day,
    Month,
    Quarter,
    Year,
}

impl NettingDefinition {
    /// As bills take it.
    pub(super) const fn netting(&self) -> Netting {
        let every = match self.every {
            NettingName::Slot => None,
            NettingName::Day => Some(EveryName::Day.every()),
            NettingName::Month => Some(EveryName::Month.every()),
            NettingName::Quarter => Some(EveryName::Quarter.every()),
            NettingName::Year => Some(EveryName::Year.every()),
        };
        Netting { every, by_rate: self.by_rate }
    }
}

/// `counts` of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CountsName {
    Import,
    Export,
    WholeImport,
    WholeExport,
}

impl CountsName {
    pub(super) const fn counts(self) -> Counts {
        match self {
            Self::Import => Counts::Import,
            Self::Export => Counts::Export,
            Self::WholeImport => Counts::WholeImport,
            Self::WholeExport => Counts::WholeExport,
        }
    }
}

/// An amount by the energy of a period: `scale = { every = "year", steps = [{ up_to_kwh = "500", amount = "3000" }, { amount = "9000" }] }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScaleDefinition {
    every: EveryName,
    /// What the energy of a period is taken to be; else it is what was read.
    expected_kwh: Option<Energy>,
    steps: Vec<ScaleStep>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScaleStep {
    up_to_kwh: Option<Energy>,
    amount: Money,
}

impl ScaleDefinition {
    pub(super) fn charge(&self) -> Result<Charge> {
        let mut below = Energy::ZERO;
        for (place, step) in self.steps.iter().enumerate() {
            let is_last = place + 1 == self.steps.len();
            if step.up_to_kwh.is_some_and(|edge| edge <= below) || step.up_to_kwh.is_none() != is_last {
                return Err(Error::order(
                    "steps rise from one up_to_kwh to the next, and the last has none: all above costs its amount",
                )
                .in_row(place as u64 + 1)
                .in_field("scale"));
            }
            below = step.up_to_kwh.unwrap_or(below);
        }
        if self.steps.is_empty() {
            return Err(Error::missing("has no steps").in_field("scale"));
        }
        Ok(Charge::Scale(Scale {
            every: self.every.every(),
            expected: self.expected_kwh,
            steps: self.steps.iter().map(|step| (step.up_to_kwh, step.amount)).collect(),
        }))
    }
}
