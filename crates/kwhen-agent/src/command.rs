//! What people and programs say to the agent over MQTT: a topic of a device, and what is said.

use crate::device::{Device, Level};
use chrono::{DateTime, Utc};
use kwhen::Energy;
use kwhen::names::nearest;
use kwhen::time::{Calendar, instant_text, time_of_day};

/// What was said of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// So much is stored now.
    Level(Energy),
    /// So much is to be stored, by the time that is said beside it or was said before.
    Target(Energy),
    /// By when the target is to be stored.
    By(DateTime<Utc>),
    /// Charge now, or no longer.
    ChargeNow(bool),
    /// Neither charge nor discharge, or do so again.
    Hold(bool),
    /// An appliance is to run once by then.
    Run(DateTime<Utc>),
    /// An appliance need not run.
    RunNot,
}

/// The last words of the topics that are heard.
pub const HEARD: [&str; 6] = ["level", "target", "by", "charge_now", "hold", "run"];

/// The word behind which a topic is one that is heard.
pub const SET: &str = "set";

/// How long a run of an appliance may wait where no time is said.
const WITHIN: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// The longest text that is looked at: nothing that can be said is nearly as long.
const LONGEST: usize = 200;

/// What a message asks, and of which device.
///
/// # Errors
/// There is no such device or word, or what is said is not one of the kind: why, in a sentence.
pub fn read<'a>(
    devices: &'a [Device],
    base: &str,
    topic: &str,
    payload: &[u8],
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Result<(&'a Device, Vec<Command>), String> {
    let inner = topic.strip_prefix(base).and_then(|rest| rest.strip_prefix("/device/"));
    let parts: Vec<&str> = inner.unwrap_or_default().split('/').collect();
    let [id, what, SET] = parts.as_slice() else {
        return Err(format!("{topic}: not a topic that is heard"));
    };
    let device = devices.iter().find(|device| device.id == *id).ok_or_else(|| {
        let near = nearest(id, devices.iter().map(|device| device.id.as_str()));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        format!("there is no device {id}{near}")
    })?;
    let text = payload.get(..payload.len().min(LONGEST + 1)).unwrap_or_default();
    let text = std::str::from_utf8(text).map_err(|_| format!("{what}: not a text"))?.trim();
    if text.len() > LONGEST {
        return Err(format!("{what}: longer than {LONGEST} characters"));
    }
    let commands = said(device, what, text, now, calendar).map_err(|why| format!("{what}: {why}"))?;
    Ok((device, commands))
}

fn said(
    device: &Device,
    what: &str,
    text: &str,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Result<Vec<Command>, String> {
    let of_store = || {
        device.capacity.ok_or_else(|| format!("{} stores nothing: only run/set is heard of it", device.name))
    };
    let level = |text: &str| Level::parse(text)?.of(of_store()?);
    match what {
        "level" => Ok(vec![Command::Level(level(text)?)]),
        "target" => match text.split_once('@') {
            Some((target, by)) => {
                Ok(vec![Command::Target(level(target)?), Command::By(moment(by, now, calendar)?)])
            }
            None => Ok(vec![Command::Target(level(text)?)]),
        },
        "by" => {
            of_store()?;
            Ok(vec![Command::By(moment(text, now, calendar)?)])
        }
        "charge_now" => {
            of_store()?;
            Ok(vec![Command::ChargeNow(switch(text)?)])
        }
        "hold" => {
            of_store()?;
            Ok(vec![Command::Hold(switch(text)?)])
        }
        "run" if device.capacity.is_some() => {
            Err(format!("{} is no appliance: say target/set or charge_now/set", device.name))
        }
        "run" => Ok(vec![match switch(text) {
            Ok(true) => Command::Run(now + WITHIN),
            Ok(false) => Command::RunNot,
            Err(_) => Command::Run(moment(text, now, calendar)?),
        }]),
        _ => Err(format!("no such word; {} are heard", HEARD.join(", "))),
    }
}

/// A time of day, the next one, or a time with its date; it must lie ahead, within what can be planned.
fn moment(text: &str, now: DateTime<Utc>, calendar: &Calendar) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    let at = match time_of_day(text) {
        // The one reason is that the clock skips it that night, which is said.
        Some(time) => calendar.next(time, now).map_err(|error| error.to_string())?,
        None => calendar
            .parse(text)
            .map_err(|_| format!("not a time such as 07:00 or 2026-10-25T07:00: {text:?}"))?,
    };
    if at <= now {
        return Err(format!("{} is over", instant_text(at)));
    }
    if at - now > chrono::TimeDelta::days(7) {
        return Err(format!("{} is more than a week away", instant_text(at)));
    }
    Ok(at)
}

fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_uppercase().as_str() {
        "ON" | "TRUE" | "1" => Ok(true),
        "OFF" | "FALSE" | "0" => Ok(false),
        _ => Err(format!("not ON or OFF: {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::plan::Power;
    use kwhen::time::parse_instant;

    fn devices() -> Vec<Device> {
        let of = |id: &str, capacity: Option<&str>| Device {
            id: id.to_owned(),
            name: id.to_uppercase(),
            capacity: capacity.map(|kwh| kwh.parse().unwrap()),
            most: Power::ZERO,
        };
        vec![of("car", Some("60")), of("dishwasher", None)]
    }

    fn heard(topic: &str, payload: &[u8]) -> Result<(String, Vec<Command>), String> {
        let now = parse_instant("2026-10-24T18:00:00Z").unwrap();
        let devices = devices();
        read(&devices, "kwhen", topic, payload, now, &Calendar::great_britain())
            .map(|(device, commands)| (device.id.clone(), commands))
    }

    #[test]
    fn what_is_said_is_taken() {
        let kwh = |text: &str| text.parse::<Energy>().unwrap();
        let at = |text: &str| parse_instant(text).unwrap();
        for (topic, payload, commands) in [
            ("kwhen/device/car/level/set", "30.5", vec![Command::Level(kwh("30.5"))]),
            ("kwhen/device/car/level/set", "50%", vec![Command::Level(kwh("30"))]),
            // The night on which the clock goes back: 07:00 is an hour further away.
            ("kwhen/device/car/by/set", "07:00", vec![Command::By(at("2026-10-25T07:00:00Z"))]),
            (
                "kwhen/device/car/target/set",
                "80%@07:00",
                vec![Command::Target(kwh("48")), Command::By(at("2026-10-25T07:00:00Z"))],
            ),
            ("kwhen/device/car/charge_now/set", "on", vec![Command::ChargeNow(true)]),
            ("kwhen/device/car/hold/set", "OFF", vec![Command::Hold(false)]),
            ("kwhen/device/dishwasher/run/set", "06:30", vec![Command::Run(at("2026-10-25T06:30:00Z"))]),
            ("kwhen/device/dishwasher/run/set", "ON", vec![Command::Run(at("2026-10-25T18:00:00Z"))]),
            ("kwhen/device/dishwasher/run/set", "OFF", vec![Command::RunNot]),
        ] {
            assert_eq!(heard(topic, payload.as_bytes()).unwrap().1, commands, "{topic} {payload}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_why() {
        for (topic, payload, why) in [
            ("kwhen/device/cat/level/set", "1", "there is no device cat; did you mean car?"),
            ("kwhen/device/car/level/set", "61", "level: 61 kWh is more than the 60 kWh that it stores"),
            ("kwhen/device/car/target/set", "101%", "target: not a level"),
            ("kwhen/device/car/by/set", "2026-10-24T18:00:00Z", "by: 2026-10-24T18:00:00Z is over"),
            ("kwhen/device/car/by/set", "2027-10-24T18:00:00Z", "more than a week away"),
            ("kwhen/device/car/by/set", "soon", "by: not a time such as"),
            ("kwhen/device/car/run/set", "ON", "run: CAR is no appliance"),
            ("kwhen/device/dishwasher/level/set", "1", "DISHWASHER stores nothing"),
            ("kwhen/device/car/speed/set", "1", "speed: no such word"),
            ("kwhen/device/car/level", "1", "not a topic that is heard"),
            ("elsewhere", "1", "not a topic that is heard"),
        ] {
            let refused = heard(topic, payload.as_bytes()).unwrap_err();
            assert!(refused.contains(why), "{topic} {payload}: {refused}");
        }
        let (night, calendar) = (parse_instant("2026-03-28T18:00:00Z").unwrap(), Calendar::great_britain());
        let skipped = moment("01:30", night, &calendar).unwrap_err();
        assert!(skipped.contains("is skipped by the clock of Europe/London"), "{skipped}");
        assert!(heard("kwhen/device/car/level/set", &[0xff, 0xfe]).unwrap_err().contains("not a text"));
        assert!(heard("kwhen/device/car/level/set", &[b'1'; 1_000_000]).unwrap_err().contains("longer than"));
    }
}
