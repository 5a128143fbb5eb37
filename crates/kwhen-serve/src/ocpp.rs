//! The plan of a car as a charging profile of OCPP 1.6 and 2.0.1: what a charger may draw from when on. Limits are whole tenths, rounded
//! down, so that a plan's power is never exceeded.

use crate::problem::Problem;
use kwhen::Energy;
use kwhen::plan::Power;
use kwhen::time::{instant_text, parse_instant};
use kwhen_app::answer::home::{Block, Runs};
use kwhen_app::answer::published::{At, NamedDevice, Said, Status};
use serde::Serialize;
use serde_json::value::RawValue;

/// Units of power in a tenth of a watt, of which a kW has 10,000.
const UNITS: i64 = 10_i64.pow(Energy::SCALE) / 10_000;
/// The most periods that 2.0.1 takes in a schedule; what a charger of 1.6 takes it says itself (`ChargingScheduleMaxPeriods`).
const MOST_PERIODS: usize = 1024;
/// Below so many tenths of an ampere a car does not charge (IEC 61851).
const LEAST_TENTHS: i64 = 60;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
enum Unit {
    A,
    W,
}

/// What is asked for beside the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    is_201: bool,
    unit: Unit,
    volts: i64,
    phases: i64,
    periods: usize,
    connector: u32,
}

/// The keys of a query, each with what it may be.
pub(crate) const KEYS: [(&str, &str); 6] = [
    ("version", "1.6 or 2.0.1; 1.6, if not said"),
    ("unit", "W or A; W, if not said"),
    ("volts", "from 100 to 500, between a phase and neutral, for A; 230, if not said"),
    ("phases", "1, 2 or 3; 1, if not said"),
    ("periods", "how many the charger takes at most, from 1 to 1024"),
    ("connector", "the connector or EVSE, from 0 to 100; 1, if not said"),
];

impl Asked {
    /// From the query of an address.
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let mut asked =
            Self { is_201: false, unit: Unit::W, volts: 230, phases: 1, periods: MOST_PERIODS, connector: 1 };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some((_, form)) = KEYS.iter().find(|(known, _)| *known == key) else {
                let near = kwhen::names::nearest(key, KEYS.iter().map(|(known, _)| *known));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                return Err(Problem::unprocessable(format!(
                    "{key}: nothing of this name is asked here{near}"
                )));
            };
            let number =
                |least: i64, most: i64| value.parse().ok().filter(|number| (least..=most).contains(number));
            let taken = match (key, value) {
                ("version", "1.6" | "2.0.1") => {
                    asked.is_201 = value == "2.0.1";
                    Some(())
                }
                ("unit", "A" | "W") => {
                    asked.unit = if value == "A" { Unit::A } else { Unit::W };
                    Some(())
                }
                ("volts", _) => number(100, 500).map(|number| asked.volts = number),
                ("phases", _) => number(1, 3).map(|number| asked.phases = number),
                ("periods", _) => {
                    number(1, 1024).map(|number| asked.periods = usize::try_from(number).unwrap_or(1))
                }
                ("connector", _) => {
                    number(0, 100).map(|number| asked.connector = u32::try_from(number).unwrap_or(1))
                }
                _ => None,
            };
            if taken.is_none() {
                return Err(Problem::unprocessable(format!("{key}: must be {form}, not {value:?}")));
            }
        }
        Ok(asked)
    }

    /// A power as tenths of the unit, rounded down; and whether something was lost.
    fn tenths(&self, power: Power) -> (i64, bool) {
        let by = if self.unit == Unit::A { UNITS * self.volts * self.phases } else { UNITS };
        (power.units().div_euclid(by), power.units().rem_euclid(by) != 0)
    }
}

/// A time from which on a limit holds.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Period {
    /// Seconds from the start of the schedule.
    start_period: i64,
    /// The most that is drawn: whole tenths of the unit.
    #[schemars(with = "f64")]
    limit: Box<RawValue>,
    number_phases: i64,
}

/// The schedule of both versions; 2.0.1 numbers it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    /// Seconds.
    duration: i64,
    start_schedule: At,
    charging_rate_unit: Unit,
    charging_schedule_period: Vec<Period>,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Profile16 {
    charging_profile_id: u32,
    stack_level: u32,
    charging_profile_purpose: &'static str,
    charging_profile_kind: &'static str,
    valid_from: At,
    valid_to: At,
    charging_schedule: Schedule,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Profile201 {
    id: u32,
    stack_level: u32,
    charging_profile_purpose: &'static str,
    charging_profile_kind: &'static str,
    valid_from: At,
    valid_to: At,
    charging_schedule: Vec<Schedule>,
}

/// What the message holds.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
enum Payload {
    /// Of OCPP 1.6.
    #[serde(rename_all = "camelCase")]
    V16 {
        /// The connector of the charger; 0 for all.
        connector_id: u32,
        /// The profile.
        cs_charging_profiles: Profile16,
    },
    /// Of OCPP 2.0.1.
    #[serde(rename_all = "camelCase")]
    V201 {
        /// The EVSE of the charger; 0 for all.
        evse_id: u32,
        /// The profile.
        charging_profile: Profile201,
    },
}

/// A message to a charger, and what is to be known of it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Profile {
    /// Which message it is: always `SetChargingProfile`.
    action: &'static str,
    /// What it holds.
    payload: Payload,
    /// What was rounded or left out, a sentence each.
    notes: Vec<String>,
}

/// The plan of a device as a profile.
pub(crate) fn profile(said: &Said, named: &NamedDevice, asked: Asked) -> Result<Profile, Problem> {
    let (name, device) = (&named.name, &named.device);
    if device.stored.is_none() {
        return Err(Problem::conflict(format!(
            "{name} stores nothing: a charging profile is a car's or a battery's"
        )));
    }
    match device.status {
        Status::Unplanned => return Err(Problem::conflict(format!("there is no plan for {name}"))),
        Status::LevelUnknown => {
            return Err(Problem::conflict(format!(
                "{name} is told nothing: nobody has said its level lately; say it first"
            )));
        }
        _ => {}
    }
    let start = device.ground.at;
    let Some(end) = said.plan.until.filter(|end| end.0 > start.0) else {
        return Err(Problem::conflict(format!("the plan of {name} is over")));
    };
    let (whole, end, notes) = periods(name, &device.blocks, (start, end), asked);
    let schedule = Schedule {
        id: asked.is_201.then_some(1),
        duration: (end.0 - start.0).num_seconds(),
        start_schedule: start,
        charging_rate_unit: asked.unit,
        charging_schedule_period: whole,
    };
    let (purpose, kind) = ("TxDefaultProfile", "Absolute");
    let payload = if asked.is_201 {
        Payload::V201 {
            evse_id: asked.connector,
            charging_profile: Profile201 {
                id: 1,
                stack_level: 0,
                charging_profile_purpose: purpose,
                charging_profile_kind: kind,
                valid_from: start,
                valid_to: end,
                charging_schedule: vec![schedule],
            },
        }
    } else {
        Payload::V16 {
            connector_id: asked.connector,
            cs_charging_profiles: Profile16 {
                charging_profile_id: 1,
                stack_level: 0,
                charging_profile_purpose: purpose,
                charging_profile_kind: kind,
                valid_from: start,
                valid_to: end,
                charging_schedule: schedule,
            },
        }
    };
    Ok(Profile { action: "SetChargingProfile", payload, notes })
}

/// The periods from a start on, where they end, and what is to be said of them.
fn periods(
    name: &str,
    blocks: &[Block],
    (start, end): (At, At),
    asked: Asked,
) -> (Vec<Period>, At, Vec<String>) {
    let (mut limits, mut notes): (Vec<(i64, i64)>, Vec<String>) = (vec![(0, 0)], Vec::new());
    let (mut is_rounded, mut is_low) = (false, false);
    let mut from = |second: i64, limit: i64| {
        if limits.last().is_some_and(|(before, _)| *before == second) {
            limits.pop();
        }
        if limits.last().is_none_or(|(_, before)| *before != limit) {
            limits.push((second, limit));
        }
    };
    for block in blocks.iter().filter(|block| block.doing == Runs::Charging) {
        let second = |at: chrono::DateTime<chrono::Utc>| (at - start.0).num_seconds().max(0);
        let (limit, lost) = asked.tenths(block.kw);
        is_rounded |= lost;
        is_low |= asked.unit == Unit::A && limit > 0 && limit < LEAST_TENTHS;
        from(second(block.span.from()), limit);
        from(second(block.span.to()), 0);
    }
    let mut end = end;
    if let Some((second, _)) = limits.get(asked.periods).copied() {
        limits.truncate(asked.periods);
        let cut = start.0 + chrono::TimeDelta::seconds(second);
        let text = instant_text(cut);
        notes.push(format!(
            "the charger takes {} periods: what follows {text} is left out, ask again by then",
            asked.periods
        ));
        end = parse_instant(&text).map_or(end, At);
    }
    let unit = if asked.unit == Unit::A { "A" } else { "W" };
    if is_rounded {
        notes.push(format!("limits are rounded down to tenths of {unit}: the plan's power is not exceeded"));
    }
    if is_low {
        notes.push("a limit is below 6 A, with which no car charges".to_owned());
    }
    if blocks.iter().any(|block| block.doing == Runs::Discharging) {
        notes.push(format!(
            "{name} discharges in its plan, which this profile does not say: it has the limit 0 then"
        ));
    }
    let period = |(start_period, tenths): (i64, i64)| {
        let text = if tenths % 10 == 0 {
            (tenths / 10).to_string()
        } else {
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let limit = RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Period { start_period, limit, number_phases: asked.phases }
    };
    (limits.into_iter().map(period).collect(), end, notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::Span;

    fn at(text: &str) -> At {
        At(parse_instant(text).unwrap())
    }

    fn block(from: &str, to: &str, doing: Runs, kw: &str) -> Block {
        let span = Span::new(at(from).0, at(to).0).unwrap();
        Block { span, doing, kwh: "1".parse().unwrap(), kw: kw.parse().unwrap() }
    }

    fn limits(blocks: &[Block], query: &str) -> (String, String, Vec<String>) {
        let ends = (at("2026-10-24T22:00:00Z"), at("2026-10-25T06:00:00Z"));
        let (periods, end, notes) = periods("Car", blocks, ends, Asked::parse(query).unwrap());
        let text = periods.iter().map(|period| format!("{}:{}", period.start_period, period.limit));
        (text.collect::<Vec<_>>().join(" "), instant_text(end.0), notes)
    }

    #[test]
    fn limits_are_whole_tenths_rounded_down() {
        let night = [
            block("2026-10-24T21:30:00Z", "2026-10-24T22:30:00Z", Runs::Charging, "7.36"),
            block("2026-10-24T22:30:00Z", "2026-10-24T23:00:00Z", Runs::Charging, "7.36"),
            block("2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", Runs::Discharging, "3"),
            block("2026-10-25T04:00:00Z", "2026-10-25T05:00:00Z", Runs::Charging, "2.123456"),
        ];
        // 7.36 kW are 7360 W, and 32 A at 230 V; 2.123456 kW are 2123.456 W, and 9.2324 A.
        let (text, end, notes) = limits(&night, "unit=W");
        assert_eq!(text, "0:7360 3600:0 21600:2123.4 25200:0");
        assert_eq!(end, "2026-10-25T06:00:00Z");
        assert_eq!(notes.len(), 2, "{notes:?}");
        let (text, ..) = limits(&night, "unit=A");
        assert_eq!(text, "0:32 3600:0 21600:9.2 25200:0");
        let (text, _, notes) = limits(&night, "unit=A&phases=3");
        assert_eq!(text, "0:10.6 3600:0 21600:3 25200:0");
        assert!(notes.iter().any(|note| note.contains("below 6 A")), "{notes:?}");
        // 240 V give fewer amperes: 30.66.
        assert!(limits(&night, "unit=A&volts=240").0.starts_with("0:30.6 "));
    }

    #[test]
    fn no_more_periods_than_the_charger_takes() {
        let night = [
            block("2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z", Runs::Charging, "7"),
            block("2026-10-25T04:00:00Z", "2026-10-25T05:00:00Z", Runs::Charging, "7"),
        ];
        let (text, end, notes) = limits(&night, "periods=3");
        assert_eq!((text.as_str(), end.as_str()), ("0:0 3600:7000 7200:0", "2026-10-25T04:00:00Z"));
        assert!(notes[0].contains("3 periods: what follows 2026-10-25T04:00:00Z is left out"), "{notes:?}");
        assert_eq!(limits(&night, "periods=5").0, "0:0 3600:7000 7200:0 21600:7000 25200:0");
        assert!(limits(&night, "periods=5").2.is_empty());
        assert_eq!(limits(&[], "").0, "0:0");
    }

    #[test]
    fn what_is_asked_is_checked() {
        for (query, why) in [
            ("version=2.1", "version: must be 1.6 or 2.0.1"),
            ("unit=kW", "unit: must be W or A"),
            ("volts=0", "volts: must be from 100"),
            ("phases=4", "phases: must be 1, 2 or 3"),
            ("periods=0", "periods: must be"),
            ("phase=3", "did you mean phases?"),
            ("connector=-1", "connector: must be"),
        ] {
            let problem = Asked::parse(query).unwrap_err();
            assert!(problem.status == 422 && problem.message.contains(why), "{query}: {}", problem.message);
        }
        assert!(Asked::parse("version=2.0.1&&unit=A").unwrap().is_201);
    }
}
