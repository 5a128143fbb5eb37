//! Running sums by VAT rate, and what they come to under the rules.

use super::rules::{BillingRules, VatOn};
use crate::error::Result;
use crate::quantity::Money;
use crate::series::VatBasis;
use crate::tariff::VatRate;
use serde::{Serialize, Serializer};

/// Sums by VAT rate and by whether VAT is in them. Rounding happens when they are settled, once, on the sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals(Vec<(VatRate, Subtotal)>);

/// The sums at one VAT rate.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subtotal {
    pub(crate) without_vat: Money,
    pub(crate) with_vat: Money,
    /// VAT taken line by line, where the rules say so.
    pub(crate) vat_of_lines: Money,
}

/// What sums come to. `rounding` is what rounding of subtotals added to `net`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) net: Money,
    pub(super) vat: Money,
    pub(super) rounding: Money,
}

/// What lines at one rate of VAT sum to and what VAT is on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TaxWorking {
    /// The rate; written as percent (`"5"`).
    #[serde(serialize_with = "as_percent")]
    pub vat_percent: VatRate,
    /// The sum of the lines whose amounts are without VAT.
    pub sum_minor: Money,
    /// The same, rounded where the rules round subtotals.
    pub subtotal_minor: Money,
    /// The VAT on it before the rules round it; where they take VAT line by line, the sum of the lines' VAT.
    pub exact_vat_minor: Money,
    /// The VAT on it.
    pub vat_minor: Money,
    /// The sum of the lines whose amounts have VAT in them, rounded where the rules round subtotals.
    pub inclusive_minor: Money,
    /// What of it is no VAT: the sum over 1 and the rate.
    pub inclusive_net_minor: Money,
}

/// A rate of VAT as percent.
pub(super) fn as_percent<S: Serializer>(
    vat: &VatRate,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&vat.percent())
}

impl Settled {
    pub(super) fn total(&self) -> Result<Money> {
        Money::sum([self.net, self.vat])
    }
}

impl Subtotal {
    /// The amounts without VAT and of VAT, rounded as the rules say.
    pub(crate) fn settle(&self, vat: VatRate, rules: &BillingRules) -> Result<(Money, Money)> {
        let rounded = |amount: Money| rules.subtotal.map_or(amount, |to| to.money(amount));
        let (without_vat, with_vat) = (rounded(self.without_vat), rounded(self.with_vat));
        let due = match rules.vat_on {
            VatOn::Line => self.vat_of_lines,
            VatOn::Subtotal => {
                let due = vat.on(without_vat)?;
                rules.vat.map_or(due, |to| to.money(due))
            }
        };
        let contained_net = net_of(with_vat, vat)?;
        Ok((Money::sum([without_vat, contained_net])?, Money::sum([due, with_vat, -contained_net])?))
    }
}

/// What of an amount with VAT in is no VAT; most bills have none, and no division then.
fn net_of(with_vat: Money, vat: VatRate) -> Result<Money> {
    if with_vat.is_zero() { Ok(Money::ZERO) } else { vat.net_of(with_vat) }
}

impl Totals {
    pub(super) fn add(
        &mut self,
        vat: VatRate,
        basis: VatBasis,
        amount: Money,
        rules: &BillingRules,
    ) -> Result<()> {
        // One or two rates: a search is quicker than a tree.
        let place = match self.0.iter().position(|(known, _)| *known == vat) {
            Some(place) => place,
            None => {
                self.0.push((vat, Subtotal::default()));
                self.0.len() - 1
            }
        };
        let Some((_, subtotal)) = self.0.get_mut(place) else { return Ok(()) };
        match basis {
            VatBasis::Exclusive => {
                subtotal.without_vat = Money::sum([subtotal.without_vat, amount])?;
                if rules.vat_on == VatOn::Line {
                    let due = vat.on(amount)?;
                    let due = rules.vat.map_or(due, |to| to.money(due));
                    subtotal.vat_of_lines = Money::sum([subtotal.vat_of_lines, due])?;
                }
            }
            VatBasis::Inclusive => subtotal.with_vat = Money::sum([subtotal.with_vat, amount])?,
        }
        Ok(())
    }

    /// How each rate's sums come to what they do.
    pub(super) fn working(&self, rules: &BillingRules) -> Result<Vec<TaxWorking>> {
        let rounded = |amount: Money| rules.subtotal.map_or(amount, |to| to.money(amount));
        let worked = self.0.iter().map(|(vat, sums)| {
            let subtotal = rounded(sums.without_vat);
            let inclusive = rounded(sums.with_vat);
            let exact = match rules.vat_on {
                VatOn::Line => sums.vat_of_lines,
                VatOn::Subtotal => vat.on(subtotal)?,
            };
            let alone = Subtotal { with_vat: Money::ZERO, ..*sums };
            Ok(TaxWorking {
                vat_percent: *vat,
                sum_minor: sums.without_vat,
                subtotal_minor: subtotal,
                exact_vat_minor: exact,
                vat_minor: alone.settle(*vat, rules)?.1,
                inclusive_minor: inclusive,
                inclusive_net_minor: vat.net_of(inclusive)?,
            })
        });
        worked.collect()
    }

    /// The amount without VAT, before any rounding of subtotals.
    pub(super) fn net(&self) -> Result<Money> {
        self.0.iter().try_fold(Money::ZERO, |net, (vat, subtotal)| {
            Money::sum([net, subtotal.without_vat, net_of(subtotal.with_vat, *vat)?])
        })
    }

    /// The amounts without VAT and of VAT. VAT that is already in a price is the part that the price contains; it is not rounded.
    pub(super) fn settle(&self, rules: &BillingRules) -> Result<Settled> {
        let (mut net, mut vat_sum) = (Money::ZERO, Money::ZERO);
        for (vat, subtotal) in &self.0 {
            let (part_net, part_vat) = subtotal.settle(*vat, rules)?;
            net = Money::sum([net, part_net])?;
            vat_sum = Money::sum([vat_sum, part_vat])?;
        }
        let rounding = match rules.subtotal {
            Some(_) => Money::sum([net, -self.net()?])?,
            None => Money::ZERO,
        };
        Ok(Settled { net, vat: vat_sum, rounding })
    }
}
