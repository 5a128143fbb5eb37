//! A tariff as plans take it: one price a kWh at every time, with all that goes by when energy is used, and what it leaves out.

use super::{Charge, Component, ComponentTax, Tariff, VatRate, VatTable};
use crate::error::{Error, Result};
use crate::quantity::{Rounding, UnitRate, divide, power_of_ten};
use crate::series::{Prices, RateRow, RateSeries, VatBasis};
use crate::time::{Span, from_seconds};

/// What a plan goes by.
#[derive(Clone, Debug)]
pub struct PlanRates {
    /// Minor units a kWh, with the tax in where it is known; half to even at the eighth decimal.
    pub rates: RateSeries,
    /// What of the tariff is not in them, a sentence each: what goes by a month's energy or peak, and a tax that is not known.
    pub left_out: Vec<String>,
}

/// A price a kWh that is added at the times at which it holds.
struct Part<'a> {
    component: &'a Component,
    span: Span,
    rates: RateSeries,
    /// The stretches of its hours with their factors in 10⁻⁸; none: it counts whole at all times.
    factors: Vec<(Span, i64)>,
}

/// 100 % in hundredths of a percent.
const WHOLE: i128 = 10_000;

impl Tariff {
    /// What a plan goes by over a span: the energy price, the components that ask so much a kWh whenever it is used, levies, and the tax
    /// on each. Where the tax is known at no time of the span, prices are without it; where it is not known at some, they have no price then.
    ///
    /// An error where the energy itself goes by tiers: no slot has a price of its own then.
    pub fn plan_rates(&self, span: Span) -> Result<PlanRates> {
        if self.energy_by_components {
            return Err(Error::unsupported(
                "prices its energy by tiers, so that no time is cheaper than another by itself and a plan has no price to go by: give the rate of the tier that is reached as unit_rate",
            )
            .with_value(&self.code)
            .in_field("tiers"));
        }
        let mut left_out = Vec::new();
        if self.device_rates.is_some() {
            left_out.push(
                "the prices of the car's own energy are not in the plan's prices: they are the home's"
                    .to_owned(),
            );
        }
        let mut parts = Vec::new();
        for component in &self.components {
            let Some(span) = component.span.intersection(span) else { continue };
            left_out.extend(component.unpriced_in_plans());
            if !component.is_plain_rate() {
                continue;
            }
            if let Charge::PerKwh { rates, hours, .. } = &component.charge {
                parts.push(Part {
                    component,
                    span,
                    rates: rates.series(span).map_err(|error| error.in_source(&component.name))?,
                    factors: hours.as_ref().map_or_else(Vec::new, |hours| hours.factors(span)),
                });
            }
        }
        if let Some(netting) = &self.netting {
            let within = netting.every.map_or_else(|| "slot".to_owned(), super::Every::name);
            left_out.push(format!(
                "that exported energy is set off against imported energy within each {within} is not in the plan's prices"
            ));
        }
        let energy = self.unit_rates.series(span)?;
        let table = self.vat();
        let taxed = table.cut(span).iter().any(|(part, _)| table.known_at(part.from()).is_some());
        if !taxed {
            left_out
                .push("the tax on this energy is not known, so the plan's prices are without it".to_owned());
        }
        let basis = if taxed { VatBasis::Inclusive } else { VatBasis::Exclusive };
        let mut rows = Vec::new();
        for (from, to) in self.edges(span, &energy, &parts, &table)? {
            let at = from_seconds(from);
            let Some(prices) = energy.at(at) else { continue };
            let known = table.known_at(at);
            let tax = match (taxed, known) {
                (true, Some(tax)) => tax,
                (true, None) => continue,
                (false, _) => VatRate::ZERO,
            };
            // In 10⁻⁸ minor units, times 10⁸ for the factors of hours, times 10⁴ for taxes.
            let mut sum = taxed_price(prices, tax, None);
            for levy in &self.levies {
                let rate = levy.at(at).ok_or_else(|| {
                    Error::missing(format!("no rate of the {} is known then", levy.name()))
                        .with_value(crate::time::instant_text(at))
                })?;
                sum += taxed_price(Prices::Exclusive(rate), tax, None);
            }
            for part in parts.iter().filter(|part| part.span.contains(at)) {
                let factor = match part.factors.as_slice() {
                    [] => None,
                    factors => {
                        let place = factors.partition_point(|(span, _)| span.to_seconds() <= from);
                        Some(factors.get(place).map_or(0, |(_, factor)| *factor))
                    }
                };
                let prices = part.rates.at(at).ok_or_else(|| {
                    Error::missing(format!("has no price at {}", crate::time::instant_text(at)))
                        .in_source(&part.component.name)
                })?;
                let own = match (taxed, part.component.tax) {
                    (true, ComponentTax::Rate(rate)) => rate,
                    _ => tax,
                };
                sum += taxed_price(prices, own, factor);
            }
            let units = divide(sum, power_of_ten(8) * WHOLE, Rounding::HalfEven);
            let beyond =
                || Error::out_of_range("a price is beyond the range of rates").with_value(&self.code);
            let rate = UnitRate::from_units(i64::try_from(units).map_err(|_| beyond())?)?;
            rows.push(RateRow {
                row: 0,
                valid_from: Some(at),
                valid_to: Some(from_seconds(to)),
                prices: Prices::only(basis, rate),
                payment_method: None,
            });
        }
        if rows.is_empty() {
            return Err(Error::missing("has no price for any of the time").with_value(&self.code));
        }
        let notices = match &self.unit_rates {
            super::UnitRates::Series(series) => series.notices().to_vec(),
            super::UnitRates::Schedule(_) | super::UnitRates::Dated(_) => Vec::new(),
        };
        Ok(PlanRates { rates: RateSeries::from_known_rows(rows, None)?.with_notices(notices), left_out })
    }

    /// The stretches of a span in which nothing changes.
    fn edges(
        &self,
        span: Span,
        energy: &RateSeries,
        parts: &[Part<'_>],
        table: &VatTable,
    ) -> Result<Vec<(i64, i64)>> {
        let mut edges = vec![span.start_seconds(), span.to_seconds()];
        let ends = |of: Span| [of.start_seconds(), of.to_seconds()];
        edges.extend(energy.intervals().flat_map(|interval| ends(interval.span)));
        edges.extend(table.cut(span).into_iter().flat_map(|(part, _)| ends(part)));
        for part in parts {
            edges.extend(ends(part.span));
            edges.extend(part.rates.intervals().flat_map(|interval| ends(interval.span)));
            edges.extend(part.factors.iter().flat_map(|(part, _)| ends(*part)));
        }
        for levy in &self.levies {
            edges.extend(levy.cut(span)?.into_iter().flat_map(|(part, _)| ends(part)));
        }
        edges.retain(|edge| (span.start_seconds()..=span.to_seconds()).contains(edge));
        edges.sort_unstable();
        edges.dedup();
        Ok(edges.iter().copied().zip(edges.iter().skip(1).copied()).collect())
    }
}

/// A price with its tax in, times a factor: in 10⁻²⁰ minor units.
fn taxed_price(prices: Prices<UnitRate>, tax: VatRate, factor: Option<i64>) -> i128 {
    let (units, share) = match prices.on(VatBasis::Exclusive) {
        Some(rate) => (rate.units(), WHOLE + i128::from(tax.hundredths_of_percent())),
        None => (prices.paid().units(), WHOLE),
    };
    i128::from(units) * share * factor.map_or(power_of_ten(8), i128::from)
}

#[cfg(test)]
mod tests {
    use crate::tariff::{Tariff, TariffDefinition};
    use crate::time::{Calendar, Span};

    fn tariff(text: &str) -> Tariff {
        TariffDefinition::from_json(text.as_bytes(), Calendar::named("Europe/Berlin").unwrap()).unwrap()
    }

    fn day(tariff: &Tariff) -> super::PlanRates {
        let calendar = Calendar::named("Europe/Berlin").unwrap();
        let at = |text| calendar.parse(text).unwrap();
        tariff.plan_rates(Span::new(at("2026-03-29"), at("2026-03-30")).unwrap()).unwrap()
    }

    /// By hand: (20 + 1.5) × 1.19 = 25.585 to 06:00 and (20 + 7.5) × 1.19 = 32.725 after; half of 2 more within hours, without tax.
    #[test]
    fn a_plan_goes_by_energy_grid_fee_and_tax() {
        let tariff = tariff(
            r#"{"code": "B", "unit_rate": "20", "tax": "19%", "components": [
                {"name": "Netz", "bands": [{"from": "00:00", "to": "06:00", "rate": "1.5"}, {"from": "06:00", "to": "24:00", "rate": "7.5"}]},
                {"name": "Umlage", "unit_rate": "2", "tax": "none", "hours": [{"from": "12:00", "to": "13:00", "factor": "0.5"}]},
                {"name": "Leistung", "capacity": {"slot_minutes": 15, "price_per_kw": "5", "every": "month"}},
                {"name": "Rest", "tiers": {"every": "month", "steps": [{"up_to_kwh": "9", "rate": "1"}, {"rate": "2"}]}}]}"#,
        );
        let planned = day(&tariff);
        let at = |text: &str| {
            let at = Calendar::named("Europe/Berlin").unwrap().parse(text).unwrap();
            planned.rates.at(at).unwrap().paid().to_string()
        };
        assert_eq!(at("2026-03-29T05:59"), "25.585");
        assert_eq!(at("2026-03-29T06:00"), "32.725");
        assert_eq!(at("2026-03-29T12:59"), "33.725");
        assert_eq!(at("2026-03-29T13:00"), "32.725");
        let left: Vec<&str> =
            planned.left_out.iter().map(|text| text.split(" is not").next().unwrap()).collect();
        assert_eq!(left, ["Leistung", "Rest, 0 to 9 kWh a month", "Rest, above 9 kWh a month"]);
    }

    #[test]
    fn a_tax_that_is_not_known_is_said_and_energy_by_tiers_is_refused() {
        let planned = day(&tariff(r#"{"code": "B", "unit_rate": "20", "time_zone": "Europe/Brussels"}"#));
        assert!(planned.left_out.iter().any(|text| text.contains("tax")), "{:?}", planned.left_out);
        let tiers = tariff(
            r#"{"code": "T", "tiers": {"every": "month", "steps": [{"up_to_kwh": "9", "rate": "1"}, {"rate": "2"}]}}"#,
        );
        let calendar = Calendar::great_britain();
        let span = calendar.day("2026-03-29".parse().unwrap()).unwrap();
        assert!(tiers.plan_rates(span).unwrap_err().to_string().contains("unit_rate"));
    }
}
