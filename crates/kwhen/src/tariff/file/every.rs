//! Lengths of time as definitions name them.

use crate::tariff::Every;
use serde::Deserialize;

/// `day`, `month`, `quarter`, `year`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EveryName {
    Day,
    Month,
    Quarter,
    Year,
}

impl EveryName {
    pub(super) const fn every(self) -> Every {
        match self {
            Self::Day => Every::Day,
            Self::Month => Every::Month,
            Self::Quarter => Every::Quarter,
            Self::Year => Every::Year,
        }
    }
}
