//! The car of the stored account: what its battery holds, what its charge point gives, and when it shall be how full.

use super::store;
use crate::context::Context;
use crate::failure::{Failure, Result};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use kwhen::Energy;
use kwhen::plan::{Power, Share};
use kwhen::time::Calendar;
use kwhen_fetch::graphql::{RegisteredCar, VehicleChargingPreferences};
use kwhen_fetch::wire::Number;
use std::str::FromStr;

/// The car of a stored account.
#[derive(Debug)]
pub(crate) struct StoredCar {
    account: String,
    car: RegisteredCar,
}

/// The one car of the stored accounts.
///
/// # Errors
/// The store has none, or several.
pub(crate) fn stored(ctx: &Context) -> Result<StoredCar> {
    let mut cars = store::existing(ctx)?.cars()?;
    match (cars.pop(), cars.len()) {
        (Some((account, car)), 0) => Ok(StoredCar { account, car }),
        (None, _) => Err(Failure::work(
            "the store knows no car: kwhen fetch everything brings the one that the supplier charges, or say --capacity-kwh, --kw and --target",
        )),
        (Some(_), more) => Err(Failure::work(format!(
            "the store knows {} cars: say --capacity-kwh, --kw and --target of the one that is meant",
            more + 1
        ))),
    }
}

impl StoredCar {
    fn number<T: FromStr<Err = kwhen::Error>>(
        &self,
        number: Option<&Number>,
        (what, flag, unit): (&str, &str, &str),
    ) -> Result<T> {
        let missing = || {
            Failure::work(format!(
                "the service does not say {what} of the car of {}; say {flag}",
                self.account
            ))
        };
        let text = format!("{}{unit}", number.ok_or_else(missing)?);
        let bad = |error: kwhen::Error| {
            Failure::work(format!("{what} of the car of {}: {error}; say {flag}", self.account))
        };
        text.parse().map_err(bad)
    }

    /// What its battery holds.
    pub(crate) fn capacity(&self) -> Result<Energy> {
        let size = self.car.device.as_ref().and_then(|device| device.vehicle_battery_size_kwh.as_ref());
        self.number(size, ("the battery's size", "--capacity-kwh", ""))
    }

    /// What its charge point gives.
    pub(crate) fn power(&self) -> Result<Power> {
        let power = self.car.device.as_ref().and_then(|device| device.charge_point_power_kw.as_ref());
        self.number(power, ("the charge point's power", "--kw", ""))
    }

    fn preferences(&self) -> Option<&VehicleChargingPreferences> {
        self.car.preferences.as_ref()
    }

    /// How full it shall be at a time of that date.
    pub(crate) fn target(&self, date: NaiveDate) -> Result<Share> {
        let target = self.preferences().and_then(|wanted| match is_weekend(date) {
            true => wanted.weekend_target_soc.as_ref(),
            false => wanted.weekday_target_soc.as_ref(),
        });
        self.number(target, ("how full it shall be", "--target", "%"))
    }

    /// When it shall be full next after an instant, by its owner's times for weekdays and weekends.
    pub(crate) fn next(&self, after: DateTime<Utc>, calendar: &Calendar) -> Result<DateTime<Utc>> {
        let first = calendar.date(after);
        for days in 0..=2 {
            let Some(date) = first.checked_add_days(Days::new(days)) else { continue };
            let at = self.moment(date, calendar)?;
            if at > after {
                return Ok(at);
            }
        }
        Err(Failure::work("there is no such time in the next two days; say --by"))
    }

    fn moment(&self, date: NaiveDate, calendar: &Calendar) -> Result<DateTime<Utc>> {
        let text = self.preferences().and_then(|wanted| match is_weekend(date) {
            true => wanted.weekend_target_time.as_ref(),
            false => wanted.weekday_target_time.as_ref(),
        });
        let unknown = || {
            Failure::work(format!(
                "the service does not say by when the car of {} shall be full; say --by",
                self.account
            ))
        };
        let text = text.ok_or_else(unknown)?;
        // As 07:00 or 07:00:00.
        let time: NaiveTime = text.parse().map_err(|_| unknown())?;
        Ok(calendar.parse(&format!("{date}T{}", time.format("%H:%M")))?)
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}
