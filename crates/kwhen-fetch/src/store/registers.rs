//! What the registers of meters showed, as they were told.

use super::Store;
use crate::graphql::MeterReading;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use kwhen::tariff::RegisterReading;
use kwhen::time::parse_instant;
use serde::{Deserialize, Serialize};

/// What the registers of one meter showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterRegisters {
    /// The meter's serial number.
    pub serial_number: String,
    /// The readings, those that are told no longer too, by when they were read.
    pub readings: Vec<MeterReading>,
}

impl Store {
    /// The kind of payload under which the register readings of a meter point are kept.
    pub const REGISTERS: &'static str = "registers";

    /// Keeps what the registers of a meter showed beside what is kept already; how many readings are new.
    ///
    /// # Errors
    /// What is kept already cannot be read; nothing is changed then.
    pub fn keep_registers(
        &self,
        meter_point: &str,
        serial_number: &str,
        told: &[MeterReading],
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let mut meters = self.meter_registers(meter_point)?;
        let place = match meters.iter().position(|meter| meter.serial_number == serial_number) {
            Some(place) => place,
            None => {
                meters.push(MeterRegisters { serial_number: serial_number.to_owned(), readings: Vec::new() });
                meters.len() - 1
            }
        };
        let mut added = 0;
        if let Some(meter) = meters.get_mut(place) {
            for reading in told {
                let key =
                    |one: &MeterReading| (one.id.as_ref().map(|id| id.get().to_owned()), one.read_at.clone());
                match meter.readings.iter_mut().find(|known| key(known) == key(reading)) {
                    Some(known) => known.clone_from(reading),
                    None => {
                        added += 1;
                        meter.readings.push(reading.clone());
                    }
                }
            }
            meter.readings.sort_by(|one, other| one.read_at.cmp(&other.read_at));
        }
        let json = serde_json::to_string(&meters).map_err(|error| Error::store(error.to_string()))?;
        self.keep_document(Self::REGISTERS, meter_point, &json, now.timestamp())?;
        Ok(added)
    }

    /// What is kept of the registers of a meter point's meters; none where they were never asked for.
    pub fn meter_registers(&self, meter_point: &str) -> Result<Vec<MeterRegisters>> {
        let Some((json, _)) = self.document(Self::REGISTERS, meter_point)? else { return Ok(Vec::new()) };
        serde_json::from_str(&json)
            .map_err(|error| Error::store(format!("the stored register readings of {meter_point}: {error}")))
    }

    /// The meter points whose registers are kept.
    pub fn points_with_registers(&self) -> Result<Vec<String>> {
        self.documents(Self::REGISTERS)
    }

    /// The register readings of a meter point as a bill takes them: names in lower case, as the bands of tariffs have them, and the serial number
    /// where there are several meters. What the service holds back as doubtful is left out; how many those are comes second.
    ///
    /// # Errors
    /// None are kept; a time or a value cannot be read.
    pub fn register_readings(&self, meter_point: &str) -> Result<(Vec<RegisterReading>, usize)> {
        let meters = self.meter_registers(meter_point)?;
        let several = meters.iter().filter(|meter| !meter.readings.is_empty()).count() > 1;
        let (mut rows, mut doubtful) = (Vec::new(), 0);
        for meter in &meters {
            for reading in &meter.readings {
                let place = |what: &str, error: String| {
                    Error::store(format!("the stored register readings of {meter_point}, {what}: {error}"))
                };
                let read_at = reading.read_at.as_deref().unwrap_or_default();
                let at = parse_instant(read_at).map_err(|error| place("readAt", error.to_string()))?;
                for register in &reading.registers {
                    if register.is_quarantined == Some(true) {
                        doubtful += 1;
                        continue;
                    }
                    let Some(value) = &register.value else { continue };
                    let name = register.name.as_ref().or(register.identifier.as_ref());
                    rows.push(RegisterReading {
                        row: rows.len() as u64 + 1,
                        meter: if several { meter.serial_number.clone() } else { String::new() },
                        register: name.map(|name| name.to_lowercase()).unwrap_or_default(),
                        at,
                        reading: value
                            .as_str()
                            .parse()
                            .map_err(|error: kwhen::Error| place("value", error.to_string()))?,
                    });
                }
            }
        }
        if rows.is_empty() {
            return Err(Error::not_stored(format!(
                "the store holds no register readings of {meter_point} (kwhen fetch registers)"
            )));
        }
        Ok((rows, doubtful))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_of_registers_are_kept_once_and_come_as_a_bill_takes_them() {
        let store = Store::in_memory().unwrap();
        let now = "2026-03-03T06:00:00Z".parse().unwrap();
        let read = |json: &str| -> Vec<MeterReading> { serde_json::from_str(json).unwrap() };
        assert!(store.register_readings("1").unwrap_err().is_not_stored());
        let first = read(
            r#"[{"id": 2, "readAt": "2026-02-01T00:00:00+00:00", "registers": [{"name": "DAY", "value": "10400.50"}, {"name": "NIGHT", "value": 5000, "isQuarantined": true}]},
                {"id": 1, "readAt": "2026-01-01T00:00:00+00:00", "registers": [{"name": "DAY", "value": "10000"}]}]"#,
        );
        assert_eq!(store.keep_registers("1", "M1", &first, now).unwrap(), 2);
        assert_eq!(store.keep_registers("1", "M1", &first, now).unwrap(), 0);
        let (rows, doubtful) = store.register_readings("1").unwrap();
        let shown: Vec<String> = rows
            .iter()
            .map(|row| format!("{}{} {} {}", row.meter, row.register, row.at.date_naive(), row.reading))
            .collect();
        assert_eq!(
            (shown, doubtful),
            (vec!["day 2026-01-01 10000".to_owned(), "day 2026-02-01 10400.5".to_owned()], 1)
        );
        // A second meter: each reading says of which it is.
        let other = read(
            r#"[{"id": 9, "readAt": "2026-02-01T00:00:00Z", "registers": [{"name": "DAY", "value": 0}]}]"#,
        );
        store.keep_registers("1", "M2", &other, now).unwrap();
        let meters: Vec<String> =
            store.register_readings("1").unwrap().0.into_iter().map(|row| row.meter).collect();
        assert_eq!(meters, ["M1", "M1", "M2"]);
        assert_eq!(store.points_with_registers().unwrap(), ["1"]);
    }
}
