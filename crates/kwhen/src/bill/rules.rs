//! Billing rules: what is rounded, where and how.

use crate::quantity::{Money, Rounding};
use serde::{Deserialize, Serialize};

/// A rounding at a stated place: to so many decimals, by a named mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoundTo {
    /// Decimals that stay: of a kWh for energy, of a penny for money.
    pub places: u32,
    /// How the rest is dropped.
    pub rounding: Rounding,
}

impl RoundTo {
    /// To so many decimals, by a named mode.
    #[must_use]
    pub const fn new(places: u32, rounding: Rounding) -> Self {
        Self { places, rounding }
    }

    pub(crate) fn money(self, money: Money) -> Money {
        money.round(self.places, self.rounding)
    }
}

/// The arithmetic of a bill: where quantities are rounded before they go on. `None` means not at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BillingRules {
    /// A name for reports.
    pub name: String,
    /// Each reading, in kWh, before it is priced.
    pub reading: Option<RoundTo>,
    /// The cost of each slot, in pence without VAT, before it is summed.
    pub slot_cost: Option<RoundTo>,
    /// VAT, in pence, on the subtotal.
    pub vat: Option<RoundTo>,
}

impl BillingRules {
    /// Nothing is rounded: every digit of the bill is exact.
    #[must_use]
    pub fn exact() -> Self {
        Self { name: "exact".into(), reading: None, slot_cost: None, vat: None }
    }

    /// As Octopus documents it: each half-hour is rounded to 0.01 kWh, half to even, before it is priced (its developer guide),
    /// and VAT is charged once on the subtotal, to the penny (the layout of its statements).
    #[must_use]
    pub fn octopus() -> Self {
        Self {
            name: "octopus".into(),
            reading: Some(RoundTo::new(2, Rounding::HalfEven)),
            slot_cost: None,
            vat: Some(RoundTo::new(0, Rounding::HalfUp)),
        }
    }
}
