//! Billing rules: what is rounded, where and how. Sources: docs/billing-rules.md.

use crate::error::{Error, Result};
use crate::names::{did_you_mean, hint};
use crate::quantity::{Money, Rounding};
use serde::{Deserialize, Serialize};

/// A rounding at a stated place: to so many decimals, by a named mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
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

/// What VAT is taken on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VatOn {
    /// Once, on the sum of all lines of one VAT rate.
    #[default]
    Subtotal,
    /// On each line; the rounding of VAT, if any, is on each line too.
    Line,
}

/// Decimals that a statement shows. They change nothing that is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Of a kWh.
    pub kwh: u32,
    /// Of a unit rate in p/kWh.
    pub rate: u32,
    /// Of an amount in pence.
    pub pence: u32,
}

/// The arithmetic of a bill: where quantities are rounded before they go on. `None` means not at all.
///
/// From JSON or any other serde format: every field but the name may be left out.
///
/// ```
/// use kwhen::bill::BillingRules;
/// let rules = BillingRules::from_json(br#"{"name": "mine", "line": {"places": 0, "rounding": "half-up"}}"#)?;
/// assert!(rules.line.is_some() && rules.reading.is_none());
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BillingRules {
    /// A name for reports.
    pub name: String,
    /// Each reading, in kWh, before it is priced.
    #[serde(default)]
    pub reading: Option<RoundTo>,
    /// The energy of each local day at one unit rate, in kWh, before it is priced.
    #[serde(default)]
    pub day_energy: Option<RoundTo>,
    /// The cost of each slot, in pence without VAT, before it is summed.
    #[serde(default)]
    pub slot_cost: Option<RoundTo>,
    /// Each line, in pence, before lines are summed.
    #[serde(default)]
    pub line: Option<RoundTo>,
    /// The sum of the lines of one VAT rate, in pence, before VAT is taken on it.
    #[serde(default)]
    pub subtotal: Option<RoundTo>,
    /// VAT, in pence.
    #[serde(default)]
    pub vat: Option<RoundTo>,
    /// What VAT is taken on.
    #[serde(default)]
    pub vat_on: VatOn,
    /// Decimals that are shown; `None`: all.
    #[serde(default)]
    pub shown: Option<Shown>,
}

impl BillingRules {
    /// Nothing is rounded: every digit of the bill is exact.
    #[must_use]
    pub fn exact() -> Self {
        Self {
            name: "exact".into(),
            reading: None,
            day_energy: None,
            slot_cost: None,
            line: None,
            subtotal: None,
            vat: None,
            vat_on: VatOn::Subtotal,
            shown: None,
        }
    }

    /// As Octopus documents it: each half-hour is rounded to 0.01 kWh, half to even, before it is priced (its developer guide),
    /// and VAT is charged once on the subtotal, to the penny (the layout of its statements).
    #[must_use]
    pub fn octopus() -> Self {
        Self {
            name: "octopus".into(),
            reading: Some(RoundTo::new(2, Rounding::HalfEven)),
            vat: Some(RoundTo::new(0, Rounding::HalfUp)),
            ..Self::exact()
        }
    }

    /// As rows of a real statement behave: unrounded kWh × unrounded rate, to 0.001 p a row; rate and kWh are shown with 2 decimals.
    #[must_use]
    pub fn octopus_statement() -> Self {
        Self {
            name: "octopus-statement".into(),
            slot_cost: Some(RoundTo::new(3, Rounding::HalfEven)),
            vat: Some(RoundTo::new(0, Rounding::HalfUp)),
            shown: Some(Shown { kwh: 2, rate: 2, pence: 3 }),
            ..Self::exact()
        }
    }

    /// The model of third parties, inferred and not documented: kWh to 0.01, cost to 0.01 p, sum to the penny, each half to even, VAT on top.
    #[must_use]
    pub fn ladder() -> Self {
        Self {
            name: "ladder".into(),
            reading: Some(RoundTo::new(2, Rounding::HalfEven)),
            slot_cost: Some(RoundTo::new(2, Rounding::HalfEven)),
            subtotal: Some(RoundTo::new(0, Rounding::HalfEven)),
            vat: Some(RoundTo::new(0, Rounding::HalfEven)),
            ..Self::exact()
        }
    }

    /// Every preset.
    #[must_use]
    pub fn presets() -> [Self; 4] {
        [Self::exact(), Self::octopus(), Self::octopus_statement(), Self::ladder()]
    }

    /// A preset by its name; an error that lists them for any other.
    pub fn named(name: &str) -> Result<Self> {
        Self::presets().into_iter().find(|rules| rules.name == name).ok_or_else(|| {
            let names: Vec<String> = Self::presets().into_iter().map(|rules| rules.name).collect();
            let hint = hint(name, names.iter().map(String::as_str));
            Error::unsupported(format!("no billing rules of this name; there are {}{hint}", names.join(", ")))
                .with_value(name)
        })
    }

    /// Reads rules from JSON; an error that says what is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes)
            .map_err(|error| Error::syntax(did_you_mean(&format!("these are no billing rules: {error}"))))
    }

    /// Whether nothing is rounded at all.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.reading.is_none()
            && self.day_energy.is_none()
            && self.slot_cost.is_none()
            && self.line.is_none()
            && self.subtotal.is_none()
            && self.vat.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_back_as_they_were_written() {
        for rules in BillingRules::presets() {
            let json = serde_json::to_vec(&rules).unwrap();
            assert_eq!(BillingRules::from_json(&json).unwrap(), rules);
            assert_eq!(BillingRules::named(&rules.name).unwrap(), rules);
            assert_eq!(rules.is_exact(), rules.name == "exact");
        }
        let error = BillingRules::named("ocotpus").unwrap_err();
        assert!(error.to_string().contains("octopus-statement"), "{error}");
        for json in [
            "{}",
            r#"{"name": "x", "lines": null}"#,
            r#"{"name": "x", "line": {"places": 2, "rounding": "nearest"}}"#,
            "[",
        ] {
            assert!(BillingRules::from_json(json.as_bytes()).unwrap_err().is_syntax(), "{json}");
        }
    }
}
