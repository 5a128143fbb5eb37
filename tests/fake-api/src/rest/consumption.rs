//! Readings, by half-hour or added up.

use super::Context;
use crate::data::{self, HALF_HOUR, decimal, instant, local_text};
use crate::{Answer, EXPORT_MPAN, GAS_METER, METER, MPAN, MPRN, SECOND_METER, SECOND_MPAN};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Timelike, Utc};
use chrono_tz::Europe::London;
use std::collections::BTreeMap;

impl Context<'_> {
    pub(super) fn consumption(&self, kind: &str, point: &str, serial: &str) -> Answer {
        let reading: fn(&Self, DateTime<Utc>) -> i64 = match (kind, point, serial) {
            ("electricity-meter-points", MPAN, METER) => |context, start| data::reading(start, context.world),
            ("electricity-meter-points", EXPORT_MPAN, METER) => |_, start| data::exported(start),
            // A third of what the other meter counts.
            ("electricity-meter-points", SECOND_MPAN, SECOND_METER) if self.world.second_import => {
                |context, start| data::reading(start, context.world) / 3
            }
            ("gas-meter-points", MPRN, GAS_METER) => |_, start| data::gas(start),
            ("electricity-meter-points", MPAN, "OLD0001") if self.world.exchanged_at.is_some() => {
                |context, start| data::reading(start, context.world)
            }
            // Of several meters only one has data.
            ("electricity-meter-points", MPAN, "OLD0001") => return self.list(&[], 25_000),
            _ => return super::not_found(),
        };
        let range = match self.range() {
            Ok(range) => range,
            Err(refused) => return refused,
        };
        let ordered = self.seen.parameter("order_by");
        if !matches!(ordered, None | Some("period" | "-period")) {
            return Answer::json(400, r#"{"order_by":["Select a valid choice."]}"#);
        }
        let group = match self.seen.parameter("group_by") {
            None | Some("") => None,
            Some(group @ ("hour" | "day" | "week" | "month" | "quarter")) => Some(group),
            Some(_) => return Answer::json(400, r#"{"group_by":["Select a valid choice."]}"#),
        };
        let first = data::at("2024-01-01T00:00:00Z").timestamp();
        let until = self.world.readings_until.timestamp();
        // A meter has readings while it serves.
        let exchange = self.world.exchanged_at.filter(|_| point == MPAN).map(|at| at.timestamp());
        let (first, until) = match (exchange, serial) {
            (Some(at), "OLD0001") => (first, until.min(at)),
            (Some(at), _) => (first.max(at), until),
            (None, _) => (first, until),
        };
        let from = range.0.map_or(first, |from| from.div_euclid(HALF_HOUR) * HALF_HOUR).max(first);
        let to = range.1.unwrap_or(until).min(until);
        // The start of each interval, its end, and what was counted in it.
        let mut rows: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for start in (from..to).step_by(1800) {
            if self.world.holes.contains(&instant(start)) {
                continue;
            }
            let (begins, ends) = match group {
                None => (start, start + HALF_HOUR),
                Some(group) => match interval(instant(start), group) {
                    Some(bounds) => bounds,
                    None => continue,
                },
            };
            rows.entry(begins).or_insert((ends, 0)).1 += reading(self, instant(start));
        }
        let mut rows: Vec<(i64, (i64, i64))> = rows.into_iter().collect();
        if ordered != Some("period") {
            rows.reverse();
        }
        let row = |(from, (to, counted)): &(i64, (i64, i64))| {
            format!(
                r#"{{"consumption":{},"interval_start":"{}","interval_end":"{}"}}"#,
                decimal(*counted, 3),
                local_text(instant(*from)),
                local_text(instant(*to))
            )
        };
        self.page(rows.len(), |index| rows.get(index).map(row), 100, 25_000)
    }
}

/// The hour, day, week, month or quarter around an instant, which begin and end at London's midnight.
fn interval(at: DateTime<Utc>, group: &str) -> Option<(i64, i64)> {
    if group == "hour" {
        let start = at.timestamp() - i64::from(at.minute() * 60 + at.second());
        return Some((start, start + 3600));
    }
    let date = at.with_timezone(&London).date_naive();
    let (from, to) = match group {
        "day" => (date, date.checked_add_days(Days::new(1))?),
        "week" => {
            let monday = date.week(chrono::Weekday::Mon).first_day();
            (monday, monday.checked_add_days(Days::new(7))?)
        }
        group => {
            let months = if group == "month" { 1 } else { 3 };
            let first = NaiveDate::from_ymd_opt(date.year(), date.month0() / months * months + 1, 1)?;
            (first, first.checked_add_months(chrono::Months::new(months))?)
        }
    };
    let midnight = |date: NaiveDate| {
        let midnight = date.and_hms_opt(0, 0, 0)?;
        London.from_local_datetime(&midnight).earliest().map(|local| local.timestamp())
    };
    Some((midnight(from)?, midnight(to)?))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn intervals_begin_at_local_midnight() {
        for (at, group, from, to) in [
            ("2026-03-29T12:30:00Z", "hour", "2026-03-29T12:00:00Z", "2026-03-29T13:00:00Z"),
            // The night without an hour: 23 hours.
            ("2026-03-29T12:30:00Z", "day", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),
            ("2026-06-30T23:30:00Z", "day", "2026-06-30T23:00:00Z", "2026-07-01T23:00:00Z"),
            ("2026-03-29T12:30:00Z", "week", "2026-03-23T00:00:00Z", "2026-03-29T23:00:00Z"),
            ("2026-06-30T23:30:00Z", "month", "2026-06-30T23:00:00Z", "2026-07-31T23:00:00Z"),
            ("2026-05-05T00:00:00Z", "quarter", "2026-03-31T23:00:00Z", "2026-06-30T23:00:00Z"),
        ] {
            let seconds = |text: &str| crate::data::at(text).timestamp();
            assert_eq!(
                interval(crate::data::at(at), group),
                Some((seconds(from), seconds(to))),
                "{at} {group}"
            );
        }
    }
}
