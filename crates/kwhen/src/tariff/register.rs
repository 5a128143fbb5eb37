//! Meter registers: what was used between readings of a counter.

use crate::error::{Error, Result};
use crate::quantity::Energy;
use crate::time::{Span, instant_text};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What a counter showed at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterReading {
    /// Its number for messages, counted from 1.
    pub row: u64,
    /// The meter's serial number, where one was exchanged; empty where there was one meter all along.
    pub meter: String,
    /// The register's name: `day`, `night`, `off-peak`, or the meter's own.
    pub register: String,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// What it showed, in kWh since the counter began.
    pub reading: Energy,
}

/// What one register counted between two readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The meter's serial number, or empty.
    pub meter: String,
    /// The register's name.
    pub register: String,
    /// From one reading to the next.
    pub span: Span,
    /// What it counted in between.
    pub energy: Energy,
    /// What it showed at the start.
    pub opening: Energy,
    /// What it showed at the end.
    pub closing: Energy,
}

/// The advances of every register, by name and in order of time.
///
/// A counter of a known number of `digits` may have gone round once (99999 to 0); without that, a reading below the one before is an
/// error. So are two different readings of a register at one instant, and a register read only once.
///
/// Where a meter was exchanged, each has its own readings, and each register of the new one begins when the old one of its name was
/// read last: a time in which none or both of them counted is an error.
pub fn advances(readings: &[RegisterReading], digits: Option<u32>) -> Result<Vec<Advance>> {
    let whole_turn = match digits {
        Some(digits @ 1..=9) => Some(Energy::from_units(10_i64.pow(digits + Energy::SCALE))?),
        Some(other) => {
            return Err(Error::out_of_range("a counter has 1 to 9 digits").with_value(other.to_string()));
        }
        None => None,
    };
    let mut registers: BTreeMap<(&str, &str), Vec<&RegisterReading>> = BTreeMap::new();
    for reading in readings {
        if reading.reading.is_negative() {
            return Err(Error::out_of_range("a counter cannot show less than 0")
                .with_value(reading.reading.to_string())
                .in_field("reading")
                .in_row(reading.row));
        }
        registers.entry((&reading.register, &reading.meter)).or_default().push(reading);
    }
    let mut advances = Vec::new();
    for ((register, meter), mut readings) in registers {
        readings.sort_by_key(|reading| (reading.at, reading.row));
        let before = advances.len();
        for (last, next) in readings.iter().zip(readings.iter().skip(1)) {
            if last.at == next.at {
                if last.reading == next.reading {
                    continue;
                }
                return Err(Error::conflict(format!(
                    "register {register} was read twice at {}: {} and, in row {}, {}",
                    instant_text(next.at),
                    next.reading,
                    last.row,
                    last.reading
                ))
                .in_row(next.row));
            }
            advances.push(Advance {
                meter: meter.to_owned(),
                register: register.to_owned(),
                span: Span::new(last.at, next.at)?,
                energy: advance(last, next, whole_turn)?,
                opening: last.reading,
                closing: next.reading,
            });
        }
        if advances.len() == before {
            return Err(Error::missing(format!(
                "register {register}{} was read only once; an advance needs two readings",
                of(meter)
            )));
        }
    }
    if advances.is_empty() {
        return Err(Error::missing("holds no register readings"));
    }
    advances.sort_by(|a, b| (&a.register, a.span).cmp(&(&b.register, b.span)));
    for (last, next) in advances.iter().zip(advances.iter().skip(1)) {
        let met = last.span.to() == next.span.from();
        if last.register == next.register && !met {
            // Advances of one meter go from reading to reading, so these are of two.
            return Err(Error::misaligned(format!(
                "register {}{} was read last at {}, and{} first at {}; an exchange of meters needs both read at one time",
                next.register,
                of(&last.meter),
                instant_text(last.span.to()),
                of(&next.meter),
                instant_text(next.span.from())
            ))
            .with_value(&next.meter)
            .in_field("meter"));
        }
    }
    Ok(advances)
}

/// ` of meter S1`, where it is named.
fn of(meter: &str) -> String {
    if meter.is_empty() { String::new() } else { format!(" of meter {meter}") }
}

fn advance(last: &RegisterReading, next: &RegisterReading, whole_turn: Option<Energy>) -> Result<Energy> {
    let located =
        |error: Error| error.with_value(next.reading.to_string()).in_field("reading").in_row(next.row);
    let beyond = || located(Error::out_of_range("an advance is beyond the range of kWh"));
    let forward = next.reading.checked_sub(last.reading).ok_or_else(beyond)?;
    if !forward.is_negative() {
        return Ok(forward);
    }
    match whole_turn {
        Some(turn) if last.reading < turn => forward.checked_add(turn).ok_or_else(beyond),
        _ => Err(located(Error::order(format!(
            "register {} runs backwards from {} in row {}; if the counter went round say how many digits it has",
            next.register, last.reading, last.row
        )))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;

    fn reading(row: u64, register: &str, at: &str, kwh: &str) -> RegisterReading {
        RegisterReading {
            row,
            meter: String::new(),
            register: register.into(),
            at: parse_instant(at).unwrap(),
            reading: kwh.parse().unwrap(),
        }
    }

    #[test]
    fn readings_in_any_order_become_advances() {
        let readings = [
            reading(1, "night", "2026-03-01T00:00:00Z", "150"),
            reading(2, "day", "2026-02-01T00:00:00Z", "99990"),
            reading(3, "night", "2026-02-01T00:00:00Z", "100.5"),
            reading(4, "day", "2026-03-01T00:00:00Z", "12"),
            reading(5, "day", "2026-03-01T00:00:00Z", "12"),
        ];
        let found = advances(&readings, Some(5)).unwrap();
        let shown: Vec<_> =
            found.iter().map(|advance| (advance.register.as_str(), advance.energy.to_string())).collect();
        assert_eq!(shown, [("day", "22".to_owned()), ("night", "49.5".to_owned())]);
        let error = advances(&readings, None).unwrap_err();
        assert!(error.is_order() && error.row() == Some(4), "{error}");
        assert!(error.to_string().contains("runs backwards from 99990"), "{error}");
    }

    /// By hand: 9990 to 10000 of the old meter, 0 to 5.5 of the new one.
    #[test]
    fn an_exchanged_meter_goes_on_where_the_old_one_was_read_last() {
        let of = |meter: &str, read: RegisterReading| RegisterReading { meter: meter.into(), ..read };
        let exchanged = |first: &str| {
            [
                of("NEW", reading(1, "day", "2026-03-01T00:00:00Z", "5.5")),
                of("OLD", reading(2, "day", "2026-02-01T00:00:00Z", "9990")),
                of("NEW", reading(3, "day", first, "0")),
                of("OLD", reading(4, "day", "2026-02-10T12:00:00Z", "10000")),
            ]
        };
        let found = advances(&exchanged("2026-02-10T12:00:00Z"), None).unwrap();
        let shown: Vec<_> =
            found.iter().map(|advance| (advance.meter.as_str(), advance.energy.to_string())).collect();
        assert_eq!(shown, [("OLD", "10".to_owned()), ("NEW", "5.5".to_owned())]);
        for apart in ["2026-02-10T13:00:00Z", "2026-02-10T11:00:00Z"] {
            let error = advances(&exchanged(apart), None).unwrap_err();
            let text = error.to_string();
            assert!(error.is_misaligned() && text.contains("of meter OLD was read last"), "{text}");
            assert!(
                text.contains("of meter NEW first at") && text.contains("both read at one time"),
                "{text}"
            );
        }
        // Without names the new one's 0 is a counter that runs backwards.
        let unnamed = exchanged("2026-02-10T13:00:00Z").map(|read| of("", read));
        assert!(advances(&unnamed, None).unwrap_err().is_order());
    }

    #[test]
    fn what_is_no_advance_is_refused() {
        let once = [reading(1, "day", "2026-03-01T00:00:00Z", "1")];
        assert!(advances(&once, None).unwrap_err().is_missing());
        assert!(advances(&[], None).unwrap_err().is_missing());
        let twice =
            [reading(1, "day", "2026-03-01T00:00:00Z", "1"), reading(2, "day", "2026-03-01T00:00:00Z", "2")];
        assert!(advances(&twice, None).unwrap_err().is_conflict());
        let below = [reading(1, "day", "2026-03-01T00:00:00Z", "-1")];
        assert!(advances(&below, None).unwrap_err().is_out_of_range());
        assert!(advances(&once, Some(0)).unwrap_err().is_out_of_range());
    }
}
