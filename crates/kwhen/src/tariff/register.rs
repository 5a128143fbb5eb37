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
pub fn advances(readings: &[RegisterReading], digits: Option<u32>) -> Result<Vec<Advance>> {
    let whole_turn = match digits {
        Some(digits @ 1..=9) => Some(Energy::from_units(10_i64.pow(digits + Energy::SCALE))?),
        Some(other) => {
            return Err(Error::out_of_range("a counter has 1 to 9 digits").with_value(other.to_string()));
        }
        None => None,
    };
    let mut registers: BTreeMap<&str, Vec<&RegisterReading>> = BTreeMap::new();
    for reading in readings {
        if reading.reading.is_negative() {
            return Err(Error::out_of_range("a counter cannot show less than 0")
                .with_value(reading.reading.to_string())
                .in_field("reading")
                .in_row(reading.row));
        }
        registers.entry(&reading.register).or_default().push(reading);
    }
    let mut advances = Vec::new();
    for (register, mut readings) in registers {
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
                register: register.to_owned(),
                span: Span::new(last.at, next.at)?,
                energy: advance(last, next, whole_turn)?,
                opening: last.reading,
                closing: next.reading,
            });
        }
        if advances.len() == before {
            return Err(Error::missing(format!(
                "register {register} was read only once; an advance needs two readings"
            )));
        }
    }
    if advances.is_empty() {
        return Err(Error::missing("holds no register readings"));
    }
    Ok(advances)
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
