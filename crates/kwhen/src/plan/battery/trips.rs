//! Trips that come again, day by day: what a car's definition says once for years.

use super::{BatteryRequest, Hold, Site};
use crate::error::{Error, Result};
use crate::quantity::Energy;
use crate::time::{Calendar, Span, instant_text, time_of_day};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde::Deserialize;

/// A trip on some days of the week.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TripDefinition {
    /// `mon` to `sun`; all if none is named.
    #[serde(default)]
    days: Vec<String>,
    /// When it leaves, by the clock on the wall.
    leave: String,
    /// When it is back; of the next day where that is not later.
    back: String,
    /// What it takes out of the store.
    kwh: Energy,
    /// What is stored at least when it leaves, if more than the trip takes.
    at_least_kwh: Option<Energy>,
}

impl TripDefinition {
    /// Adds every trip that leaves, or is still away, within a site. Away, the device does nothing.
    pub(super) fn add_to(
        &self,
        mut request: BatteryRequest,
        calendar: &Calendar,
        site: &Site,
    ) -> Result<BatteryRequest> {
        let days = self.days.iter().map(|day| {
            day.parse::<Weekday>().map_err(|_| {
                Error::syntax("a day is mon, tue, wed, thu, fri, sat or sun")
                    .in_field("trips.days")
                    .with_value(day)
            })
        });
        let days = days.collect::<Result<Vec<_>>>()?;
        let time = |text: &str, field| {
            time_of_day(text).ok_or_else(|| {
                Error::syntax("is no time of day such as 08:00").in_field(field).with_value(text)
            })
        };
        let (leave, back) = (time(&self.leave, "trips.leave")?, time(&self.back, "trips.back")?);
        if self.kwh.is_negative() {
            return Err(Error::out_of_range("a trip may not take less than nothing")
                .in_field("trips.kwh")
                .with_value(self.kwh.to_string()));
        }
        let span = site.span();
        let last = calendar.local(span.to()).date();
        let mut date = calendar.local(span.from()).date() - TimeDelta::days(1);
        while date <= last {
            if days.is_empty() || days.contains(&date.weekday()) {
                let home = if back > leave { date } else { date + TimeDelta::days(1) };
                let (from, to) = (at(calendar, date, leave)?, at(calendar, home, back)?);
                request = match from == to {
                    // All of its time is skipped by the clock.
                    true => self.taken(request, from, site)?,
                    false => self.away(request, Span::new(from, to)?, site)?,
                };
            }
            date += TimeDelta::days(1);
        }
        Ok(request)
    }

    fn away(&self, request: BatteryRequest, away: Span, site: &Site) -> Result<BatteryRequest> {
        let Some(within) = away.intersection(site.span()) else { return Ok(request) };
        expect_boundary(site, away.from())?;
        expect_boundary(site, away.to())?;
        self.taken(request.hold(within, Hold::Level), away.from(), site)
    }

    /// What the trip takes when it leaves, if that is within the site.
    fn taken(&self, request: BatteryRequest, leaves: DateTime<Utc>, site: &Site) -> Result<BatteryRequest> {
        if !site.span().contains(leaves) {
            return Ok(request);
        }
        expect_boundary(site, leaves)?;
        let needed = self.at_least_kwh.unwrap_or(self.kwh).max(self.kwh);
        Ok(request.level_at_least(leaves, needed).draw(leaves, self.kwh))
    }
}

/// An error for an instant that is within a slot.
fn expect_boundary(site: &Site, at: DateTime<Utc>) -> Result<()> {
    let grid = site.grid();
    match (at - grid.start()).num_seconds().rem_euclid(grid.slot_length().seconds()) {
        0 => Ok(()),
        _ => Err(Error::misaligned(format!(
            "is within a slot of {} minutes: name a slot boundary",
            grid.slot_length().minutes()
        ))
        .in_field("trips")
        .with_value(instant_text(at))),
    }
}

fn at(calendar: &Calendar, date: NaiveDate, time: NaiveTime) -> Result<DateTime<Utc>> {
    calendar.instant_of(date.and_time(time))
}
