//! What the store knows of the conditions of tariffs and of the home that is to choose among them.

use crate::context::Context;
use crate::failure::Result;
use crate::source::on_sale::Listing;
use crate::source::store;
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::tariff::{Customer, Direction, Fuel, Need, Tariff, TariffCode};
use kwhen::time::Calendar;
use kwhen_fetch::store::StoredPoint;

/// How long it is taken to hold which products a meter point may have.
const OF_LATE: TimeDelta = TimeDelta::days(31);

/// What the account says of the home.
#[derive(Default)]
pub(super) struct Account {
    /// What it has.
    pub has: Vec<Need>,
    /// The tariff that pays for its export.
    pub exports_on: Option<String>,
}

/// Adds to conditions what the store knows: which products are not sold any more, and when the present deal ends. Gives what the account says of
/// the home.
pub(super) fn complete(
    ctx: &Context,
    (tariffs, now): (&mut [Tariff], Option<&str>),
    at: DateTime<Utc>,
    calendar: &Calendar,
) -> Result<Account> {
    if ctx.store().is_none_or(|path| !path.exists()) {
        return Ok(Account::default());
    }
    let store = store::existing(ctx)?;
    if let Some((day, listing)) = Listing::newest(store, calendar.date(at))? {
        let asked = calendar.day(day)?.from();
        for tariff in tariffs.iter_mut().filter(|tariff| tariff.customer == Customer::Domestic) {
            let Some(code) = tariff.code.parse::<TariffCode>().ok() else { continue };
            let is_named = listing.named.iter().any(|product| product == code.product().as_str());
            // What a definition or the product says itself goes before.
            if !is_named && tariff.conditions.sold_until.is_none() && tariff.conditions.prices_of.is_none() {
                tariff.conditions.sold_until = Some(asked);
            }
        }
    }
    let agreed = store::agreed(ctx, at).ok();
    if let Some(agreed) = agreed.filter(|agreed| Some(agreed.tariff.as_str()) == now) {
        for tariff in tariffs.iter_mut().filter(|tariff| tariff.code == agreed.tariff) {
            tariff.conditions.ends = tariff.conditions.ends.or(agreed.until);
        }
    }
    let points = store.points()?;
    for point in &points {
        let Some((products, asked)) = store.available(&point.meter_point)? else { continue };
        let is_of_late =
            DateTime::from_timestamp(asked, 0).is_some_and(|asked| (at - asked).abs() <= OF_LATE);
        if point.fuel != Fuel::Electricity || !is_of_late {
            continue;
        }
        let alike = |other: &&StoredPoint| other.fuel == point.fuel && other.direction == point.direction;
        let is_alone = points.iter().filter(alike).count() == 1;
        for tariff in tariffs.iter_mut().filter(|_| is_alone) {
            let Some(code) = tariff.code.parse::<TariffCode>().ok() else { continue };
            let is_for = point.direction.is_some_and(|direction| direction == tariff.direction);
            let is_offered = products.iter().any(|product| product == code.product().as_str());
            tariff.conditions.is_refused |= is_for && !is_offered && tariff.customer == Customer::Domestic;
        }
    }
    let mut exporting = points.iter().filter(|point| point.direction == Some(Direction::Export));
    let agreed = exporting.find_map(|point| {
        let is_agreed = |row: &&kwhen::tariff::AgreementRow| {
            row.valid_from <= at && row.valid_to.is_none_or(|to| to > at)
        };
        point.agreements.iter().find(is_agreed).map(|row| row.tariff.clone())
    });
    Ok(Account { has: agreed.iter().map(|_| Need::Export).collect(), exports_on: agreed })
}
