//! Small tables that are neither rates nor consumption: register readings, calorific values, agreements.

use super::record::{Record, Records};
use super::wanted::Wanted;
use crate::error::{Error, Result};
use crate::tariff::{AgreementRow, Agreements, CalorificValue, RegisterReading};
use crate::time::Calendar;
use chrono::NaiveDate;
use std::collections::BTreeMap;

const REGISTER: &[&str] = &["register", "register_id"];
const READ_AT: &[&str] = &["at", "reading_date", "read_at"];
const REGISTER_READING: &[&str] = &["reading", "reading_value"];
const METER: &[&str] = &["meter", "serial_number"];

const REGISTER_READINGS: Wanted = Wanted {
    rows: "register readings",
    columns: &[REGISTER_READING, REGISTER, READ_AT],
    others: METER,
    lists: &["readings", "register_readings"],
    unlike: &[],
    mistaken: &[(&["consumption", "kwh"], "consumption"), (&["value_inc_vat", "rate"], "unit rates")],
    none: "",
    headerless: false,
};

const CALORIFIC_VALUE: &[&str] = &["calorific_value", "value", "applicable_calorific_value"];
const DAY: &[&str] = &["date", "day", "applicable_for"];

const CALORIFIC_VALUES: Wanted = Wanted {
    rows: "calorific values",
    columns: &[CALORIFIC_VALUE, &["date", "day", "applicable_for", "from"]],
    others: &["to"],
    lists: &["calorific_values"],
    unlike: &[],
    mistaken: &[(&["consumption", "kwh"], "consumption"), (&["value_inc_vat", "rate"], "unit rates")],
    none: "",
    headerless: false,
};

const TARIFF: &[&str] = &["tariff", "tariff_code"];
const VALID_FROM: &[&str] = &["valid_from", "from"];
const VALID_TO: &[&str] = &["valid_to", "to"];

const AGREEMENTS: Wanted = Wanted {
    rows: "agreements",
    columns: &[TARIFF, VALID_FROM],
    others: VALID_TO,
    lists: &["agreements"],
    unlike: &[],
    mistaken: &[(&["consumption", "kwh"], "consumption"), (&["value_inc_vat", "rate"], "unit rates")],
    none: "",
    headerless: false,
};

/// Reads the readings of meter registers: `register`, `at` (a time, or a date: its local midnight), `reading` in kWh, and `meter` (its
/// serial number) where one was exchanged.
pub fn register_readings(bytes: &[u8], calendar: &Calendar) -> Result<Vec<RegisterReading>> {
    let reading = |row: Record<'_>| {
        Ok(RegisterReading {
            row: row.row(),
            meter: row.parsed(METER, |text| Ok(text.to_owned()))?.unwrap_or_default(),
            register: row.needed(REGISTER, |text| Ok(text.to_owned()))?,
            at: row.needed(READ_AT, |text| calendar.parse(text))?,
            reading: row.needed(REGISTER_READING, str::parse)?,
        })
    };
    Records::whole(bytes, &REGISTER_READINGS)?.iter().map(reading).collect()
}

/// Reads calorific values in MJ/m³ by local day: `calorific_value` (or `value`) and `date`, or `from` and `to` for a period that a
/// statement prints one value for (`to` is not in it).
///
/// An error for a value that cannot be, a period that ends before it starts, and two different values for one day.
pub fn calorific_values(bytes: &[u8]) -> Result<BTreeMap<NaiveDate, CalorificValue>> {
    let date =
        |text: &str| text.parse::<NaiveDate>().map_err(|_| Error::syntax("not a date such as 2026-03-31"));
    let mut values: BTreeMap<NaiveDate, CalorificValue> = BTreeMap::new();
    for row in Records::whole(bytes, &CALORIFIC_VALUES)?.iter() {
        let value: CalorificValue = row.needed(CALORIFIC_VALUE, str::parse)?;
        let (first, after) = match row.parsed(DAY, date)? {
            Some(day) => (day, day.succ_opt()),
            None => (row.needed(&["from"], date)?, Some(row.needed(&["to"], date)?)),
        };
        let after = after.filter(|after| first < *after && *after <= last_date(first));
        let after = after.ok_or_else(|| {
            Error::order(format!(
                "a period ends after its start, {first}, and within {LONGEST_DAYS} days of it"
            ))
            .in_field("to")
            .in_row(row.row())
        })?;
        for day in first.iter_days().take_while(|day| *day < after) {
            if values.insert(day, value).is_some_and(|known| known != value) {
                return Err(Error::conflict(format!("another row has another value for {day}"))
                    .with_value(value.to_decimal().to_string())
                    .in_field("calorific_value")
                    .in_row(row.row()));
            }
        }
    }
    Ok(values)
}

/// No statement is longer than a few years.
const LONGEST_DAYS: u64 = 3_660;

fn last_date(first: NaiveDate) -> NaiveDate {
    first.checked_add_days(chrono::Days::new(LONGEST_DAYS)).unwrap_or(NaiveDate::MAX)
}

/// Reads an account's agreements: `tariff` (or `tariff_code`), `valid_from` and, unless it is open, `valid_to`.
pub fn agreements(bytes: &[u8], calendar: &Calendar) -> Result<Agreements> {
    let entry = |row: Record<'_>| {
        Ok(AgreementRow {
            row: row.row(),
            tariff: row.needed(TARIFF, |text| Ok(text.to_owned()))?,
            valid_from: row.needed(VALID_FROM, |text| calendar.parse(text))?,
            valid_to: row.parsed(VALID_TO, |text| calendar.parse(text))?,
        })
    };
    Agreements::from_rows(&Records::whole(bytes, &AGREEMENTS)?.iter().map(entry).collect::<Result<Vec<_>>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_from_json_and_csv() {
        let calendar = Calendar::great_britain();
        let csv = b"register,at,reading\nday,2026-07-01,100.5\nday,2026-08-01,120\n";
        let json = br#"[{"register": "day", "at": "2026-07-01", "reading": 100.5}, {"register": "day", "at": "2026-07-31T23:00:00Z", "reading": "120"}]"#;
        assert_eq!(register_readings(csv, &calendar).unwrap(), register_readings(json, &calendar).unwrap());
        let error = register_readings(b"register,at,reading\nday,2026-07-01,\n", &calendar).unwrap_err();
        assert!(error.is_missing() && error.row() == Some(1) && error.field() == Some("reading"), "{error}");
        let list =
            agreements(br#"[{"tariff_code": "A", "valid_from": "2026-01-01", "valid_to": null}]"#, &calendar)
                .unwrap();
        assert_eq!(list.list().len(), 1);
        let days = calorific_values(b"date,calorific_value\n2026-03-28,39.1\n2026-03-29,39.2\n").unwrap();
        let period =
            calorific_values(br#"[{"from": "2026-03-28", "to": "2026-04-01", "value": 39.3}]"#).unwrap();
        assert_eq!((days.len(), period.len()), (2, 4));
        for (text, reason) in [
            ("date,calorific_value\n2026-03-28,0\n", "row 1, field calorific_value"),
            ("date,calorific_value\n2026-03-28,39\n2026-03-28,39.1\n", "row 2"),
            ("from,to,calorific_value\n2026-03-28,2026-03-28,39\n", "row 1, field to"),
            ("from,to,calorific_value\n2026-03-28,9999-12-31,39\n", "row 1, field to"),
            ("date,calorific_value\n28/03/2026,39\n", "not a date"),
            ("date,calorific_value\n", "no calorific values"),
        ] {
            let error = calorific_values(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        for broken in [&b""[..], b"[1]", b"[{\"a\": {}}]", b"register\n\xff\n"] {
            assert!(register_readings(broken, &calendar).is_err());
        }
    }
}
