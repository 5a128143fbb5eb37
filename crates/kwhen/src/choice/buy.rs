//! What to buy: sizes of a battery, each on the tariff that is best for it.

use super::cells::{Choice, Offer};
use super::offer::choose;
use super::request::{ChoiceRequest, HomeDevice};
use super::risk::{Histories, Range};
use crate::error::{Error, Result};
use crate::plan::backtest::payback_years;
use crate::quantity::{Energy, Money, Rounding, divide};
use crate::time::PeriodKind;
use rust_decimal::Decimal;
use serde::Serialize;

/// What is weighed.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Capacities of the first device, and what each costs to buy, in minor units.
    pub sizes: Vec<(Energy, Money)>,
    /// How many years it serves.
    pub years: u16,
    /// What money is worth a year, in percent: what a saving a year later is worth less.
    pub discount_percent: Decimal,
}

impl Purchase {
    /// Whether it can be weighed at all; [`weigh`] asks first, and so may who plans something else before. An error for a size of none or
    /// above 10,000 kWh, a price below zero, no year or more than 60, and a discount outside 0 to 100 %.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: String, field: &str, value: String| {
            Err(Error::out_of_range(message).in_field(field).with_value(value))
        };
        for (size, price) in &self.sizes {
            if !(1..=MOST_KWH * 10_i64.pow(Energy::SCALE)).contains(&size.units()) {
                let message = format!("a size is above 0 and up to {MOST_KWH} kWh");
                return wrong(message, "size_kwh", size.to_string());
            }
            if price.is_negative() {
                return wrong("a price may not be below zero".to_owned(), "size_price", price.to_string());
            }
        }
        if !(1..=MOST_YEARS).contains(&self.years) {
            let message = format!("a device serves from 1 to {MOST_YEARS} years");
            return wrong(message, "years", self.years.to_string());
        }
        annuity(self).map(drop)
    }
}

/// A size, on the offer that is best with it, beside the home without the device on the offer that is best without. Money is in minor units.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Weighed {
    /// What it stores.
    pub capacity_kwh: Energy,
    /// What it costs to buy.
    pub price_minor: Money,
    /// The import tariff that is best with it.
    pub code: String,
    /// The export tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_code: Option<String>,
    /// What the home costs over the period, wear in.
    pub cost_minor: Money,
    /// What it costs less than without the device.
    pub saved_minor: Money,
    /// The same in a year of 365.25 days.
    pub saved_a_year_minor: Money,
    /// Years until it has paid for itself, if it ever does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payback_years: Option<String>,
    /// What it is worth today beyond its price: the savings of its years, each worth less the later it comes.
    pub net_present_value_minor: Money,
    /// The net present value that one drawn history in ten falls short of, and the one that one in ten passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_present_value_range_minor: Option<[Money; 2]>,
}

/// The most that a battery to buy stores: more is a slip of the finger.
const MOST_KWH: i64 = 10_000;

/// The most years.
const MOST_YEARS: u16 = 60;

/// Weighs the sizes. An error where there is no device, and as [`Purchase::check`] and [`choose`].
pub fn weigh(
    request: &ChoiceRequest<'_>,
    purchase: &Purchase,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Weighed>> {
    let Some((device, others)) = request.devices.split_first() else {
        return Err(Error::missing("there is no device whose size could be weighed"));
    };
    purchase.check()?;
    let worth = annuity(purchase)?;
    let all = purchase.sizes.len() + 1;
    let best = |devices: &[HomeDevice]| {
        let request = ChoiceRequest { present: None, draws: 0, ..request.clone() }.devices(devices);
        choose(&request, &|_, _| {}).map(|(choice, _)| choice)
    };
    let first = |choice: &Choice| -> Result<Offer> {
        choice.offers.first().cloned().ok_or_else(|| Error::missing("no tariff could price anything"))
    };
    let without = best(others)?;
    let days = request.calendar.cut(PeriodKind::Day, without.period)?;
    let without = first(&without)?;
    told(1, all);
    let histories = match request.draws {
        0 => None,
        draws => Some(Histories::drawn(&days, &request.calendar, draws, request.seed)?),
    };
    let beyond = || Error::out_of_range("a sum is beyond the range of p");
    let a_year = |saved: Money| -> Result<Money> {
        // 1,461 days are four years.
        let units = saved.units().checked_mul(1_461).ok_or_else(beyond)?;
        Ok(Money::from_units(divide(units, 4 * (days.len() as i128).max(1), Rounding::HalfEven))?)
    };
    let mut weighed = Vec::with_capacity(purchase.sizes.len());
    for (place, (capacity, price)) in purchase.sizes.iter().enumerate() {
        let devices: Vec<HomeDevice> =
            std::iter::once(device.sized(*capacity)?).chain(others.iter().cloned()).collect();
        let offer = first(&best(&devices)?)?;
        let saved = without.chosen().cost_minor.checked_sub(offer.chosen().cost_minor).ok_or_else(beyond)?;
        let value = |saved: Money| present_value(a_year(saved)?, worth, *price);
        let range = histories.as_ref().map(|histories| histories.range(&offer.daily, &without.daily));
        let range = range.transpose()?.flatten().map(|Range { p10_minor, p90_minor, .. }| {
            Ok::<_, Error>([value(-p90_minor)?, value(-p10_minor)?])
        });
        weighed.push(Weighed {
            capacity_kwh: *capacity,
            price_minor: *price,
            code: offer.code.clone(),
            export_code: offer.export_code.clone(),
            cost_minor: offer.chosen().cost_minor,
            saved_minor: saved,
            saved_a_year_minor: a_year(saved)?,
            payback_years: payback_years(*price, saved, u32::try_from(days.len()).unwrap_or(u32::MAX)),
            net_present_value_minor: value(saved)?,
            net_present_value_range_minor: range.transpose()?,
        });
        told(place + 2, all);
    }
    Ok(weighed)
}

/// What a saving of 1 at the end of each year is worth today.
fn annuity(purchase: &Purchase) -> Result<Decimal> {
    let percent = purchase.discount_percent;
    if percent.is_sign_negative() || percent > Decimal::ONE_HUNDRED {
        return Err(Error::out_of_range("a discount is from 0 to 100 %")
            .in_field("discount")
            .with_value(percent.to_string()));
    }
    let year = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    let (mut worth, mut sum) = (Decimal::ONE, Decimal::ZERO);
    for _ in 0..purchase.years {
        worth /= year;
        sum += worth;
    }
    Ok(sum)
}

/// Savings of every year less the price, to a hundredth of the minor unit.
fn present_value(a_year: Money, worth: Decimal, price: Money) -> Result<Money> {
    let beyond = || Error::out_of_range("a sum is beyond the range of p");
    let saved = a_year.round(8, Rounding::HalfEven).to_decimal()?;
    let worth = saved.checked_mul(worth.round_dp(12)).ok_or_else(beyond)?.round_dp(2);
    Money::from_decimal(worth)?.checked_sub(price).ok_or_else(beyond)
}
