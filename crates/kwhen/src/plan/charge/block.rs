//! A stretch of a charging plan.

use super::super::Power;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};
use crate::time::Span;
use serde::Serialize;

/// A stretch of time in which a load draws the same power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    /// When. Where the load stops within a slot, its end is rounded up to the second (and likewise its beginning down).
    #[serde(flatten)]
    pub span: Span,
    /// At what power, rounded half to even at 10⁻⁸ kW; the energy is exact.
    pub kw: Power,
    /// How much is drawn in all.
    pub kwh: Energy,
    /// What it costs, exactly: the grid's part at its rate and the surplus at its worth.
    pub cost_minor: Money,
    /// How much of it is solar surplus.
    pub surplus_kwh: Energy,
}

/// Energy from units that a plan has summed.
pub(super) fn to_energy(units: i64) -> Result<Energy> {
    Energy::from_units(units).map_err(Error::from)
}
