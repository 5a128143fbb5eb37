//! Running sums by VAT rate, and what they come to under the rules.

use super::rules::BillingRules;
use crate::error::Result;
use crate::quantity::Money;
use crate::series::VatBasis;
use crate::tariff::VatRate;
use std::collections::BTreeMap;

/// Sums by VAT rate and by whether VAT is in them. Rounding happens when they are settled, once, on the sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals(BTreeMap<VatRate, Subtotal>);

#[derive(Clone, Copy, Debug, Default)]
struct Subtotal {
    without_vat: Money,
    with_vat: Money,
}

impl Totals {
    pub(super) fn add(&mut self, vat: VatRate, basis: VatBasis, amount: Money) -> Result<()> {
        let subtotal = self.0.entry(vat).or_default();
        let sum = match basis {
            VatBasis::Exclusive => &mut subtotal.without_vat,
            VatBasis::Inclusive => &mut subtotal.with_vat,
        };
        *sum = Money::sum([*sum, amount])?;
        Ok(())
    }

    /// The amount without VAT, before any rounding of VAT.
    pub(super) fn net(&self) -> Result<Money> {
        let parts = self
            .0
            .iter()
            .map(|(vat, subtotal)| Money::sum([subtotal.without_vat, vat.net_of(subtotal.with_vat)?]));
        Money::sum(parts.collect::<Result<Vec<_>>>()?)
    }

    /// The amounts without VAT and of VAT. VAT that is already in a price is the part that the price contains; it is not rounded.
    pub(super) fn settle(&self, rules: &BillingRules) -> Result<(Money, Money)> {
        let mut vat_sum = Money::ZERO;
        for (vat, subtotal) in &self.0 {
            let due = vat.on(subtotal.without_vat)?;
            let due = rules.vat.map_or(due, |to| to.money(due));
            let contained = Money::sum([subtotal.with_vat, -vat.net_of(subtotal.with_vat)?])?;
            vat_sum = Money::sum([vat_sum, due, contained])?;
        }
        Ok((self.net()?, vat_sum))
    }
}
