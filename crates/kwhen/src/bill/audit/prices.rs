//! Billing anew at other prices, taxes and standing charges.

use super::cause::CauseKind;
use super::trials::Trials;
use crate::bill::reconcile::{StatementLineKind, as_money};
use crate::bill::{LineKind, LinePrice, SupplyStatement};
use crate::quantity::{Money, Rounding, divide, power_of_ten};
use crate::series::{Prices, StandingCharges};
use crate::tariff::{Direction, Tariff, Taxes, VatRate, VatTable};
use crate::time::{from_seconds, instant_text};
use chrono::TimeDelta;

impl Trials<'_> {
    /// Bills anew with everything about prices changed, one thing at a time.
    pub(super) fn by_prices(&mut self) {
        self.payment_method();
        self.vat();
        self.standing();
        self.other_tariff();
    }

    fn payment_method(&mut self) {
        for other in self.known.other_prices {
            let tariffs = self.replacing(&other.tariff.code, |_| other.tariff.clone());
            self.attempt(CauseKind::PaymentMethod, self.supplies, &tariffs, self.options, || {
                format!("its figures come out at the prices of {} {}", other.tariff.code, other.label)
            });
        }
    }

    fn vat(&mut self) {
        for rate in [VatRate::ZERO, VatRate::FIVE_PERCENT, VatRate::TWENTY_PERCENT] {
            let flat = |tariff: &Tariff| {
                if tariff.direction == Direction::Export {
                    tariff.clone()
                } else {
                    Tariff { taxes: Taxes::flat(rate, None), ..tariff.clone() }
                }
            };
            let tariffs: Vec<Tariff> = self.known.tariffs.iter().map(flat).collect();
            let held = self.held_vat();
            self.attempt(CauseKind::VatRate, self.supplies, &tariffs, self.options, || {
                format!("its figures come out at {} % VAT for the whole period; {held}", rate.percent())
            });
        }
        // Its change on the day before or after, and for the whole of either side.
        let Some(tariff) = self.supplies.iter().flat_map(|supply| self.tariffs_of(supply)).find(|tariff| {
            tariff.direction == Direction::Import && tariff.vat().cut(self.statement.period).len() > 1
        }) else {
            return;
        };
        let parts = tariff.vat().cut(self.statement.period);
        let ([(_, before), ..], Some((after_span, after))) = (parts.as_slice(), parts.get(1)) else { return };
        let change = after_span.from();
        for days in (1..=7).flat_map(|days| [-days, days]) {
            let moved = change + TimeDelta::days(days);
            let table = VatTable::dated([(from_seconds(0), Some(*before)), (moved, Some(*after))]);
            let taxed = |tariff: &Tariff| {
                if tariff.direction == Direction::Export {
                    tariff.clone()
                } else {
                    Tariff {
                        taxes: Taxes::Given { name: "VAT".into(), table: table.clone() },
                        ..tariff.clone()
                    }
                }
            };
            let tariffs: Vec<Tariff> = self.known.tariffs.iter().map(taxed).collect();
            self.attempt(CauseKind::VatRate, self.supplies, &tariffs, self.options, || {
                format!(
                    "its figures come out where VAT changes from {} % to {} % at {}; it changed at {}",
                    before.percent(),
                    after.percent(),
                    instant_text(moved),
                    instant_text(change)
                )
            });
        }
    }

    /// Which rates of VAT hold, in words.
    fn held_vat(&self) -> String {
        let imported = self.supplies.iter().find(|supply| self.is_imported(supply));
        let table = imported.and_then(|supply| self.tariffs_of(supply).next()).map(Tariff::vat);
        let parts = table.map(|table| table.cut(self.statement.period)).unwrap_or_default();
        let said = parts
            .iter()
            .map(|(span, rate)| format!("{} % from {}", rate.percent(), instant_text(span.from())));
        format!("what holds is {}", said.collect::<Vec<_>>().join(", "))
    }

    /// Another standing charge, or another number of days of the same.
    fn standing(&mut self) {
        let Some(own) = self.own.clone() else { return };
        let imported = || own.supplies.iter().filter(|billed| billed.direction == Direction::Import);
        let days_of = |billed: &SupplyStatement| -> i64 {
            let lines = billed.agreements.iter().flat_map(|part| &part.bill.lines);
            lines.filter(|line| line.kind == LineKind::StandingCharge).filter_map(|line| line.days).sum()
        };
        let all_days: i64 = imported().map(days_of).sum();
        for billed in imported() {
            // Where the statement says how many days it counts, and those are right, it is not the days.
            let counts_right = self.statement.lines.iter().any(|line| {
                let own_days = match &line.supply {
                    Some(name) if *name == billed.name => days_of(billed),
                    Some(_) => return false,
                    None => all_days,
                };
                line.kind == StatementLineKind::StandingCharge && line.days == Some(own_days)
            });
            for part in &billed.agreements {
                let lines = part.bill.lines.iter().filter(|line| line.kind == LineKind::StandingCharge);
                let lines: Vec<_> = lines.collect();
                let [line] = lines.as_slice() else { continue };
                let (Some(days), Some(LinePrice::PerDay(price))) = (line.days, line.price) else { continue };
                if days < 1 {
                    continue;
                }
                if !counts_right {
                    self.standing_days(&part.tariff, days, price);
                }
                self.standing_charge(&part.tariff, days, price);
            }
        }
    }

    fn standing_charge(&mut self, code: &str, days: i64, price: Money) {
        let mut tried: Vec<(Money, String)> = Vec::new();
        // What other tariffs charge: those before and after, and the same at other prices.
        let others =
            self.known.tariffs.iter().chain(self.known.other_prices.iter().map(|other| &other.tariff));
        for tariff in others {
            for charge in tariff.standing_charges.iter().flat_map(StandingCharges::intervals) {
                let net = match charge.prices {
                    Prices::Exclusive(net) | Prices::Both { exc_vat: net, .. } => net,
                    Prices::Inclusive(_) => continue,
                };
                tried.push((net, format!("as {} charges it at some time", tariff.code)));
            }
        }
        // What the statement's own lines say: the rate, or what the amount leaves for a day.
        let said = || "as its own line has it".to_owned();
        for (line, compared) in self.statement.lines.iter().zip(&self.base.lines) {
            if line.kind != StatementLineKind::StandingCharge || compared.agrees {
                continue;
            }
            if let Some(rate) = line.rate {
                tried.push((as_money(rate.value), said()));
                // It says what it charges: nothing else is read out of its amount.
                continue;
            }
            let Some(computed) = compared.computed_minor else { continue };
            let off = line.amount.value.units() - computed.units();
            let implied =
                Money::from_units(price.units() + divide(off, i128::from(days), Rounding::HalfEven));
            let Ok(implied) = implied else { continue };
            // The amount is rounded, so some prices to a hundredth of a penny give it.
            let step = power_of_ten(Money::SCALE - 2);
            let near = implied.round(2, Rounding::HalfUp);
            let most = 1 + i128::from(50 / days);
            let steps = (0..=most).flat_map(|count| [count, -count]);
            let moved = steps.map(|count| Money::from_units(near.units() + count * step));
            tried.extend(moved.flatten().map(|charge| (charge, said())));
            tried.extend((3..=6).map(|places| (implied.round(places, Rounding::HalfUp), said())));
        }
        let mut seen: Vec<Money> = vec![price];
        for (charge, said) in tried {
            if seen.contains(&charge) || charge.is_negative() {
                continue;
            }
            seen.push(charge);
            let tariffs = self.charging(code, charge);
            self.attempt(CauseKind::StandingCharge, self.supplies, &tariffs, self.options, || {
                format!(
                    "its figures come out at a standing charge of {charge} p a day, {said}; the prices of {code} have {price} p. The deal that was agreed may be another than the one on sale"
                )
            });
        }
    }

    fn standing_days(&mut self, code: &str, days: i64, price: Money) {
        for more in (1..=7).flat_map(|more| [more, -more]).filter(|more| days + more >= 0) {
            let product = price.units().checked_mul(i128::from(days + more));
            let scaled = product
                .and_then(|product| Money::from_units(divide(product, days.into(), Rounding::HalfEven)).ok());
            let Some(charge) = scaled else { continue };
            let tariffs = self.charging(code, charge);
            self.attempt(CauseKind::StandingDays, self.supplies, &tariffs, self.options, || {
                format!(
                    "its figures come out with {} days of standing charge of {code}; the calendar has {days}",
                    days + more
                )
            });
        }
    }

    fn charging(&self, code: &str, charge: Money) -> Vec<Tariff> {
        self.replacing(code, |tariff| Tariff {
            standing_charges: Some(StandingCharges::flat(Prices::Exclusive(charge))),
            ..tariff.clone()
        })
    }

    fn other_tariff(&mut self) {
        for agreed in self.supplies.iter().flat_map(|supply| self.tariffs_of(supply)).collect::<Vec<_>>() {
            for other in self.known.tariffs {
                let alike = (other.fuel, other.direction) == (agreed.fuel, agreed.direction);
                if other.code == agreed.code || !alike {
                    continue;
                }
                let tariffs =
                    self.replacing(&agreed.code, |_| Tariff { code: agreed.code.clone(), ..other.clone() });
                self.attempt(CauseKind::OtherTariff, self.supplies, &tariffs, self.options, || {
                    format!(
                        "its figures come out at the prices of {} in place of {}",
                        other.code, agreed.code
                    )
                });
            }
        }
    }

    /// The tariffs with one of them changed.
    fn replacing(&self, code: &str, change: impl Fn(&Tariff) -> Tariff) -> Vec<Tariff> {
        let of = |tariff: &Tariff| if tariff.code == code { change(tariff) } else { tariff.clone() };
        self.known.tariffs.iter().map(of).collect()
    }
}
