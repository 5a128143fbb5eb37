//! What to buy: sizes of a battery, and whatever else, each on the tariff that is best with it.

use super::cells::{Cell, Offer};
use super::days::ShownDay;
use super::offer::choose;
use super::request::{ChoiceRequest, HomeDevice};
use super::risk::{Histories, Range};
use crate::error::{Error, Result};
use crate::plan::backtest::payback_years;
use crate::quantity::{Energy, Money, Rounding, divide};
use crate::series::Consumption;
use crate::time::PeriodKind;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeSet;

/// What is weighed.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Capacities of the first device, and what each costs to buy, in minor units: beside the home without that device.
    pub sizes: Vec<(Energy, Money)>,
    /// What else could be bought: beside the home as it is.
    pub options: Vec<BuyOption>,
    /// How many years it serves, where an option does not say it.
    pub years: u16,
    /// What money is worth a year, in percent: what a saving a year later is worth less.
    pub discount_percent: Decimal,
}

/// Something to buy: devices or panels beside those of the home, in place of some of them.
#[derive(Clone, Debug)]
pub struct BuyOption {
    /// What it is called.
    pub name: String,
    /// What it costs to buy, in minor units.
    pub price: Money,
    /// The devices that come with it.
    pub devices: Vec<HomeDevice>,
    /// The devices of the home that it takes the place of, by their names.
    pub replaces: Vec<String>,
    /// The generation of the panels that come with it, beside that of the home.
    pub solar: Option<Consumption>,
    /// What it saves a year beside the bill, in minor units: fuel that a car does not burn. Below zero for what it costs.
    pub saves_a_year: Money,
    /// How many years it serves, where that is another number than for the others.
    pub years: Option<u16>,
}

impl Purchase {
    /// Whether it can be weighed at all; [`weigh`] asks first, and so may who plans something else before. An error for a size of none or
    /// above 10,000 kWh, a price below zero, two options of one name, no year or more than 60, and a discount outside 0 to 100 %.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: String, field: &str, value: String| {
            Err(Error::out_of_range(message).in_field(field).with_value(value))
        };
        let too_cheap = |price: &Money, field: &str| {
            price.is_negative().then(|| {
                Error::out_of_range("a price may not be below zero")
                    .in_field(field)
                    .with_value(price.to_string())
            })
        };
        for (size, price) in &self.sizes {
            if !(1..=MOST_KWH * 10_i64.pow(Energy::SCALE)).contains(&size.units()) {
                let message = format!("a size is above 0 and up to {MOST_KWH} kWh");
                return wrong(message, "size_kwh", size.to_string());
            }
            if let Some(error) = too_cheap(price, "size_price") {
                return Err(error);
            }
        }
        let mut names = BTreeSet::new();
        for option in &self.options {
            let named = |error: Error| error.in_source(option.name.as_str());
            if !names.insert(option.name.as_str()) {
                return Err(Error::conflict("two options are called so: give each a name of its own")
                    .with_value(&option.name));
            }
            if let Some(error) = too_cheap(&option.price, "price") {
                return Err(named(error));
            }
            if option.devices.is_empty() && option.solar.is_none() {
                return Err(named(Error::missing("buys nothing: give it a battery, an appliance or solar")));
            }
        }
        let years = self.options.iter().filter_map(|option| option.years);
        if let Some(years) = years.chain([self.years]).find(|years| !(1..=MOST_YEARS).contains(years)) {
            let message = format!("a device serves from 1 to {MOST_YEARS} years");
            return wrong(message, "years", years.to_string());
        }
        annuity(self.years, self.discount_percent).map(drop)
    }

    /// Whether there is anything to weigh.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty() && self.options.is_empty()
    }
}

/// Something to buy, on the offer that is best with it, beside the home without it on the offer that is best without. Money is in minor units.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Weighed {
    /// What it is called; of a size what it stores, `10 kWh`.
    pub name: String,
    /// What it stores, where a size is weighed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_kwh: Option<Energy>,
    /// What it costs to buy.
    pub price_minor: Money,
    /// The import tariff that is best with it.
    pub code: String,
    /// The export tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_code: Option<String>,
    /// What the home costs over the period, wear in.
    pub cost_minor: Money,
    /// What it costs less than without; below zero for what uses more than it saves, as a car does.
    pub saved_minor: Money,
    /// The same in a year of 365.25 days, with what it saves beside the bill.
    pub saved_a_year_minor: Money,
    /// How many years it serves.
    pub years: u16,
    /// Years until it has paid for itself, if it ever does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payback_years: Option<String>,
    /// What it is worth today beyond its price: the savings of its years, each worth less the later it comes.
    pub net_present_value_minor: Money,
    /// The net present value that one drawn history in ten falls short of, and the one that one in ten passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_present_value_range_minor: Option<[Money; 2]>,
    /// The bill and the wear of the plan that this rests on, month by month.
    pub cell: Cell,
    /// What that plan does on its cheapest and on its dearest day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<ShownDay>,
}

/// The most that a battery to buy stores: more is a slip of the finger.
const MOST_KWH: i64 = 10_000;

/// The most years.
const MOST_YEARS: u16 = 60;

/// What is weighed against what: a home before, and the same with what is bought.
struct Weighing<'a> {
    purchase: &'a Purchase,
    histories: Option<Histories>,
    days: usize,
}

/// A thing to weigh.
struct Thing {
    name: String,
    capacity: Option<Energy>,
    price: Money,
    saves_a_year: Money,
    years: u16,
}

/// Weighs the sizes, then the options. An error where there is no device whose size could be weighed, where an option replaces a device that
/// there is not, and as [`Purchase::check`] and [`choose`].
pub fn weigh(
    request: &ChoiceRequest<'_>,
    purchase: &Purchase,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Weighed>> {
    purchase.check()?;
    let all = [purchase.sizes.len(), purchase.options.len()];
    let all: usize = all.iter().filter(|count| **count > 0).map(|count| count + 1).sum();
    let mut done = 0;
    let mut next = || {
        done += 1;
        told(done, all);
    };
    let mut weighed = Vec::with_capacity(all);
    if !purchase.sizes.is_empty() {
        let Some((device, others)) = request.devices.split_first() else {
            return Err(Error::missing("there is no device whose size could be weighed"));
        };
        let (weighing, without) = Weighing::of(request, purchase, others)?;
        next();
        for (capacity, price) in &purchase.sizes {
            let devices: Vec<HomeDevice> =
                std::iter::once(device.sized(*capacity)?).chain(others.iter().cloned()).collect();
            let offer = best(request, &devices, request.solar)?;
            let thing = Thing {
                name: format!("{capacity} kWh"),
                capacity: Some(*capacity),
                price: *price,
                saves_a_year: Money::ZERO,
                years: purchase.years,
            };
            weighed.push(weighing.weighed(thing, offer, &without)?);
            next();
        }
    }
    if !purchase.options.is_empty() {
        let (weighing, without) = Weighing::of(request, purchase, request.devices)?;
        next();
        for option in &purchase.options {
            let named = |error: Error| error.in_source(option.name.as_str());
            let devices = with_option(request.devices, option).map_err(named)?;
            let solar = match (request.solar, &option.solar) {
                (Some(own), Some(more)) => Some(together(own, more).map_err(named)?),
                (None, Some(more)) => Some(more.clone()),
                (own, None) => own.cloned(),
            };
            let offer = best(request, &devices, solar.as_ref()).map_err(named)?;
            let thing = Thing {
                name: option.name.clone(),
                capacity: None,
                price: option.price,
                saves_a_year: option.saves_a_year,
                years: option.years.unwrap_or(purchase.years),
            };
            weighed.push(weighing.weighed(thing, offer, &without)?);
            next();
        }
    }
    Ok(weighed)
}

/// The devices of a home with what an option brings and without what it replaces.
fn with_option(devices: &[HomeDevice], option: &BuyOption) -> Result<Vec<HomeDevice>> {
    for name in &option.replaces {
        if devices.iter().all(|device| device.name() != name) {
            let names: Vec<&str> = devices.iter().map(HomeDevice::name).collect();
            return Err(Error::missing(format!("is no device of the home, which has {}", names.join(", ")))
                .in_field("replaces")
                .with_value(name));
        }
    }
    let kept = devices.iter().filter(|device| !option.replaces.iter().any(|name| name == device.name()));
    Ok(kept.chain(&option.devices).cloned().collect())
}

/// Two generations in one.
fn together(one: &Consumption, other: &Consumption) -> Result<Consumption> {
    let beside = other.on_grid(one.grid());
    let sums: Vec<Option<Energy>> = one
        .iter()
        .zip(beside.iter())
        .map(|(one, other)| one.and_then(|one| one.checked_add(other?)))
        .collect();
    Consumption::on_slots(*one.grid(), &sums)
}

/// The best offer that a home with these devices can have.
fn best(request: &ChoiceRequest<'_>, devices: &[HomeDevice], solar: Option<&Consumption>) -> Result<Offer> {
    let request = ChoiceRequest { present: None, draws: 0, solar, devices, ..request.clone() };
    let (choice, _) = choose(&request, &|_, _| {})?;
    choice.offers.into_iter().next().ok_or_else(|| Error::missing("no tariff could price anything"))
}

impl<'a> Weighing<'a> {
    /// The weighing beside a home with these devices, and the best offer that it has.
    fn of(
        request: &ChoiceRequest<'_>,
        purchase: &'a Purchase,
        devices: &[HomeDevice],
    ) -> Result<(Self, Offer)> {
        let without = best(request, devices, request.solar)?;
        let days = request.calendar.cut(PeriodKind::Day, without.span)?;
        let histories = match request.draws {
            0 => None,
            draws => Some(Histories::drawn(&days, &request.calendar, draws, request.seed)?),
        };
        Ok((Self { purchase, histories, days: days.len() }, without))
    }

    fn weighed(&self, thing: Thing, offer: Offer, without: &Offer) -> Result<Weighed> {
        let beyond = || Error::out_of_range("a sum is beyond the range of p");
        if offer.span != without.span {
            return Err(Error::missing(format!(
                "what is bought has readings for {} alone, and the home without it for {}: give the same time of both",
                offer.span, without.span
            ))
            .in_source(thing.name));
        }
        let days = i128::try_from(self.days.max(1)).unwrap_or(1);
        // 1,461 days are four years.
        let a_year = |saved: Money| -> Result<Money> {
            let units = saved.units().checked_mul(1_461).ok_or_else(beyond)?;
            let a_year = Money::from_units(divide(units, 4 * days, Rounding::HalfEven))?;
            a_year.checked_add(thing.saves_a_year).ok_or_else(beyond)
        };
        let worth = annuity(thing.years, self.purchase.discount_percent)?;
        let saved = without.chosen().cost_minor.checked_sub(offer.chosen().cost_minor).ok_or_else(beyond)?;
        let value = |saved: Money| present_value(a_year(saved)?, worth, thing.price);
        let range = self.histories.as_ref().map(|histories| histories.range(&offer.daily, &without.daily));
        let range = range.transpose()?.flatten().map(|Range { p10_minor, p90_minor, .. }| {
            Ok::<_, Error>([value(-p90_minor)?, value(-p10_minor)?])
        });
        let beside = thing.saves_a_year.units().checked_mul(4 * days).ok_or_else(beyond)?;
        let beside = Money::from_units(divide(beside, 1_461, Rounding::HalfEven))?;
        let in_all = saved.checked_add(beside).ok_or_else(beyond)?;
        Ok(Weighed {
            capacity_kwh: thing.capacity,
            price_minor: thing.price,
            code: offer.code.clone(),
            export_code: offer.export_code.clone(),
            cost_minor: offer.chosen().cost_minor,
            saved_minor: saved,
            saved_a_year_minor: a_year(saved)?,
            years: thing.years,
            payback_years: payback_years(thing.price, in_all, u32::try_from(days).unwrap_or(u32::MAX)),
            net_present_value_minor: value(saved)?,
            net_present_value_range_minor: range.transpose()?,
            cell: offer.chosen().clone(),
            days: offer.days,
            name: thing.name,
        })
    }
}

/// What a saving of 1 at the end of each year is worth today.
fn annuity(years: u16, percent: Decimal) -> Result<Decimal> {
    if percent.is_sign_negative() || percent > Decimal::ONE_HUNDRED {
        return Err(Error::out_of_range("a discount is from 0 to 100 %")
            .in_field("discount")
            .with_value(percent.to_string()));
    }
    let year = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    let (mut worth, mut sum) = (Decimal::ONE, Decimal::ZERO);
    for _ in 0..years {
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
