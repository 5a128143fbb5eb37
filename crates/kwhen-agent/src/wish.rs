//! What is asked of a plan: what was said of each device, its level as it is reckoned by now, and the plan in force.

use crate::device::{Device, Ready};
use crate::payload::Ages;
use crate::state::{KeptDevice, Plan, State, Told, instant};
use chrono::{DateTime, Utc};
use kwhen::Energy;
use kwhen::time::Calendar;
use kwhen_app::answer::home::Block;
use kwhen_app::ask::Said;
use std::collections::BTreeMap;

/// How many times a daily level is asked for ahead.
const DAYS: usize = 2;

/// What goes into the question, by the name of each device.
pub(crate) fn said(
    devices: &[Device],
    ready: &[Ready],
    state: &State,
    now: DateTime<Utc>,
    ages: Ages,
    calendar: &Calendar,
) -> BTreeMap<String, Said> {
    let nothing = Told::default();
    let of = |device: &Device| {
        let told = state.devices.get(&device.id).unwrap_or(&nothing);
        let plan = state.plan.as_ref().filter(|plan| plan.until > now.timestamp());
        let kept = plan.and_then(|plan| plan.device(&device.id));
        let capacity = device.capacity.unwrap_or_default();
        Said {
            level: reckoned(told, kept, capacity, now, ages),
            targets: targets(device, told, ready, now, calendar),
            charge_to: told.charge_now.then(|| told.target.unwrap_or(capacity)),
            hold: told.hold,
            done_by: told.run_by.map(instant),
            running_since: kept.and_then(|kept| running(kept, now)),
            in_force: plan.zip(kept).map(|(plan, kept)| in_force(plan, kept)),
        }
    };
    devices.iter().map(|device| (device.name.clone(), of(device))).collect()
}

fn in_force(plan: &Plan, kept: &KeptDevice) -> (DateTime<Utc>, Vec<Block>) {
    (instant(plan.until), kept.blocks.iter().filter_map(crate::state::KeptBlock::block).collect())
}

/// Since when an appliance goes through its programme.
pub(crate) fn running(kept: &KeptDevice, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let block = kept.blocks.iter().find(|block| block.is_at(now.timestamp()))?;
    (block.doing == kwhen_app::answer::home::Runs::Running).then(|| instant(block.from))
}

/// What is stored now: what was said last, and what the device has moved since by the plan that it follows. A device that is told nothing
/// moves nothing.
pub(crate) fn reckoned(
    told: &Told,
    kept: Option<&KeptDevice>,
    capacity: Energy,
    now: DateTime<Utc>,
    ages: Ages,
) -> Option<Energy> {
    let now = now.timestamp();
    let (level, said) = told.level?;
    if now - said > ages.refused {
        return Some(level);
    }
    let (level, since) = told.reckoned.filter(|(_, at)| *at >= said).unwrap_or((level, said));
    let moved = kept.and_then(|kept| kept.level(now)?.checked_sub(kept.level(since)?));
    let reckoned = level.checked_add(moved.unwrap_or_default()).unwrap_or(level);
    Some(reckoned.max(Energy::ZERO).min(capacity))
}

/// The levels to have, and by when: what was said last, and the daily ones after it.
pub(crate) fn targets(
    device: &Device,
    told: &Told,
    ready: &[Ready],
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Vec<(DateTime<Utc>, Energy)> {
    let Some(capacity) = device.capacity else { return Vec::new() };
    let mut daily = Vec::new();
    for ready in ready.iter().filter(|ready| ready.name == device.name) {
        let Ok(level) = ready.level.of(capacity) else { continue };
        // Once a day: in a night in which the clock shows the time twice by the first, and where it skips it by the moment it goes on.
        let dates = calendar.local(now).date().iter_days();
        let times = dates.map_while(|date| calendar.instant_of(date.and_time(ready.by)).ok());
        daily.extend(times.filter(|by| *by > now).take(DAYS).map(|by| (by, level)));
    }
    daily.sort();
    let first = daily.first().copied();
    let by = told.by.map(instant).filter(|by| *by > now);
    let own = match (told.target, by) {
        (Some(target), Some(by)) => Some((by, target)),
        // The next time at which a level is wanted anyway, or the level that is wanted anyway.
        (Some(target), None) => first.map(|(by, _)| (by, target)),
        (None, Some(by)) => first.map(|(_, level)| (by, level)),
        (None, None) => None,
    };
    let Some(own) = own else { return daily };
    daily.retain(|(by, _)| *by > own.0);
    std::iter::once(own).chain(daily).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::KeptDevice;
    use kwhen::plan::Power;
    use kwhen::time::parse_instant;

    fn kwh(text: &str) -> Energy {
        text.parse().unwrap()
    }

    const AGES: Ages = Ages { stale: 600, refused: 3_600 };

    #[test]
    fn a_level_goes_on_by_the_plan_until_it_is_too_old() {
        let said = parse_instant("2026-10-24T20:00:00Z").unwrap().timestamp();
        let told = Told { level: Some((kwh("10"), said)), ..Told::default() };
        let kept = KeptDevice {
            levels: vec![(said, kwh("10")), (said + 1_800, kwh("13")), (said + 7_200, kwh("13"))],
            ..KeptDevice::default()
        };
        let at = |after: i64, kept: Option<&KeptDevice>, told: &Told| {
            reckoned(told, kept, kwh("12"), instant(said + after), AGES)
        };
        assert_eq!(at(600, Some(&kept), &told), Some(kwh("11")));
        // Never more than it stores; and without a plan it is what was said.
        assert_eq!(at(1_800, Some(&kept), &told), Some(kwh("12")));
        assert_eq!(at(600, None, &told), Some(kwh("10")));
        // From an hour on the device is told nothing, so it has moved nothing that is known.
        assert_eq!(at(3_601, Some(&kept), &told), Some(kwh("10")));
        // A plan that was made since goes on from what was reckoned then.
        let told = Told { reckoned: Some((kwh("11"), said + 600)), ..told };
        let later = KeptDevice {
            levels: vec![(said + 600, kwh("11")), (said + 1_800, kwh("9"))],
            ..KeptDevice::default()
        };
        assert_eq!(at(1_200, Some(&later), &told), Some(kwh("10")));
    }

    #[test]
    fn a_daily_level_is_wanted_once_in_each_night_whatever_the_clock_does() {
        let device =
            Device { id: "car".into(), name: "Car".into(), capacity: Some(kwh("60")), most: Power::ZERO };
        let calendar = Calendar::great_britain();
        let wanted = |now: &str| {
            let (now, ready) = (parse_instant(now).unwrap(), [Ready::parse("Car=80%@01:30").unwrap()]);
            let list = targets(&device, &Told::default(), &ready, now, &calendar);
            list.iter().map(|(by, _)| calendar.local_text(*by)).collect::<Vec<_>>()
        };
        // 01:30 is skipped: the clock goes on at 02:00, which is 01:00 UTC.
        assert_eq!(
            wanted("2026-03-28T18:00:00Z"),
            ["2026-03-29T02:00:00+01:00", "2026-03-30T01:30:00+01:00"]
        );
        assert_eq!(
            wanted("2026-03-29T01:00:00Z"),
            ["2026-03-30T01:30:00+01:00", "2026-03-31T01:30:00+01:00"]
        );
        // It is shown twice: by the first.
        assert_eq!(
            wanted("2026-10-24T18:00:00Z"),
            ["2026-10-25T01:30:00+01:00", "2026-10-26T01:30:00+00:00"]
        );
        assert_eq!(
            wanted("2026-10-25T00:45:00Z"),
            ["2026-10-26T01:30:00+00:00", "2026-10-27T01:30:00+00:00"]
        );
    }

    #[test]
    fn what_was_said_last_stands_before_the_daily_level() {
        let device =
            Device { id: "car".into(), name: "Car".into(), capacity: Some(kwh("60")), most: Power::ZERO };
        let calendar = Calendar::great_britain();
        let now = parse_instant("2026-10-24T18:00:00Z").unwrap();
        let ready = [Ready::parse("Car=80%@07:00").unwrap(), Ready::parse("Bike=1@07:00").unwrap()];
        let texts = |told: &Told| {
            let list = targets(&device, told, &ready, now, &calendar);
            list.iter()
                .map(|(by, level)| format!("{level} by {}", calendar.local_text(*by)))
                .collect::<Vec<_>>()
        };
        let daily = ["48 by 2026-10-25T07:00:00+00:00", "48 by 2026-10-26T07:00:00+00:00"];
        assert_eq!(texts(&Told::default()), daily);
        let by = parse_instant("2026-10-25T05:00:00Z").unwrap().timestamp();
        assert_eq!(
            texts(&Told { target: Some(kwh("20")), by: Some(by), ..Told::default() }),
            ["20 by 2026-10-25T05:00:00+00:00", daily[0], daily[1]]
        );
        // One of the two is enough where a daily level says the other.
        assert_eq!(
            texts(&Told { target: Some(kwh("20")), ..Told::default() }),
            ["20 by 2026-10-25T07:00:00+00:00", daily[1]]
        );
        assert_eq!(
            texts(&Told { by: Some(by), ..Told::default() }),
            ["48 by 2026-10-25T05:00:00+00:00", daily[0], daily[1]]
        );
        assert!(
            targets(&device, &Told { target: Some(kwh("20")), ..Told::default() }, &[], now, &calendar)
                .is_empty()
        );
    }
}
