//! Small tables that are neither rates nor consumption: register readings, dispatches, agreements, statement lines.

use crate::error::{Error, Result};
use crate::tariff::{AgreementRow, Agreements, CalorificValue, RegisterReading};
use crate::time::{Calendar, Span};
use chrono::NaiveDate;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A value under the name of its column, as text.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A row and its number, counted from 1.
#[derive(Clone, Debug)]
pub(crate) struct TableRow {
    pub(crate) number: u64,
    pub(crate) fields: Vec<Field>,
}

impl TableRow {
    fn read<T>(&self, names: &[&str], parse: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
        let field = self
            .fields
            .iter()
            .find(|field| names.contains(&field.name.as_str()) && !field.text.trim().is_empty());
        let located = |error: Error, field: &Field| {
            error.with_value(&field.text).in_field(&field.name).in_row(self.number)
        };
        field.map(|field| parse(field.text.trim()).map_err(|error| located(error, field))).transpose()
    }

    fn needed<T>(&self, names: &[&str], parse: impl Fn(&str) -> Result<T>) -> Result<T> {
        self.read(names, parse)?.ok_or_else(|| {
            Error::missing("is not there")
                .in_field(names.first().copied().unwrap_or_default())
                .in_row(self.number)
        })
    }
}

/// The rows of a JSON array of flat objects, or of CSV with a header. Names are lower case; null is no field.
pub(crate) fn rows(bytes: &[u8]) -> Result<Vec<TableRow>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(Error::missing("is empty")),
        Some(b'[') => json_rows(bytes),
        Some(_) => csv_rows(bytes),
    }
}

fn json_rows(bytes: &[u8]) -> Result<Vec<TableRow>> {
    let rows: Vec<BTreeMap<String, Box<RawValue>>> = serde_json::from_slice(bytes)
        .map_err(|error| Error::syntax(format!("is no array of objects: {error}")))?;
    let row = |(object, number): (BTreeMap<String, Box<RawValue>>, u64)| {
        let mut fields = Vec::with_capacity(object.len());
        for (name, value) in object {
            let text = match value.get().as_bytes().first() {
                Some(b'n') => continue,
                Some(b'"') => serde_json::from_str(value.get())
                    .map_err(|error| Error::syntax(error.to_string()).in_field(&name).in_row(number))?,
                Some(b'-' | b'0'..=b'9') => value.get().to_owned(),
                _ => {
                    return Err(Error::syntax("is neither a number nor text")
                        .with_value(value.get())
                        .in_field(name)
                        .in_row(number));
                }
            };
            fields.push(Field { name: name.to_ascii_lowercase(), text });
        }
        Ok(TableRow { number, fields })
    };
    rows.into_iter().zip(1..).map(row).collect()
}

fn csv_rows(bytes: &[u8]) -> Result<Vec<TableRow>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let broken = |error: csv::Error| Error::syntax(format!("cannot be read as CSV: {error}"));
    let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_ascii_lowercase).collect();
    let row = |(record, number): (std::result::Result<csv::StringRecord, csv::Error>, u64)| {
        let record = record.map_err(|error| broken(error).in_row(number))?;
        let field = |(name, text): (&String, &str)| Field { name: name.clone(), text: text.to_owned() };
        Ok(TableRow { number, fields: names.iter().zip(record.iter()).map(field).collect() })
    };
    reader.records().zip(1..).map(row).collect()
}

/// Reads the readings of meter registers: `register`, `at` (a time, or a date: its local midnight), `reading` in kWh, and `meter` (its
/// serial number) where one was exchanged.
pub fn register_readings(bytes: &[u8], calendar: &Calendar) -> Result<Vec<RegisterReading>> {
    let reading = |row: &TableRow| {
        Ok(RegisterReading {
            row: row.number,
            meter: row.read(&["meter", "serial_number"], |text| Ok(text.to_owned()))?.unwrap_or_default(),
            register: row.needed(&["register", "register_id"], |text| Ok(text.to_owned()))?,
            at: row.needed(&["at", "reading_date", "read_at"], |text| calendar.parse(text))?,
            reading: row.needed(&["reading", "reading_value"], str::parse)?,
        })
    };
    rows(bytes)?.iter().map(reading).collect()
}

/// Reads spans of time, such as dispatches: `from` and `to`, or `start` and `end`.
pub fn spans(bytes: &[u8], calendar: &Calendar) -> Result<Vec<Span>> {
    let span = |row: &TableRow| {
        let from = row.needed(&["from", "start", "start_dt"], |text| calendar.parse(text))?;
        let to = row.needed(&["to", "end", "end_dt"], |text| calendar.parse(text))?;
        Span::new(from, to).map_err(|error| error.in_row(row.number))
    };
    rows(bytes)?.iter().map(span).collect()
}

/// Reads calorific values in MJ/m³ by local day: `calorific_value` (or `value`) and `date`, or `from` and `to` for a period that a
/// statement prints one value for (`to` is not in it).
///
/// An error for a value that cannot be, a period that ends before it starts, and two different values for one day.
pub fn calorific_values(bytes: &[u8]) -> Result<BTreeMap<NaiveDate, CalorificValue>> {
    let date =
        |text: &str| text.parse::<NaiveDate>().map_err(|_| Error::syntax("not a date such as 2026-03-31"));
    let mut values: BTreeMap<NaiveDate, CalorificValue> = BTreeMap::new();
    for row in rows(bytes)? {
        let value: CalorificValue =
            row.needed(&["calorific_value", "value", "applicable_calorific_value"], str::parse)?;
        let (first, after) = match row.read(&["date", "day", "applicable_for"], date)? {
            Some(day) => (day, day.succ_opt()),
            None => (row.needed(&["from"], date)?, Some(row.needed(&["to"], date)?)),
        };
        let after = after.filter(|after| first < *after && *after <= last_date(first));
        let after = after.ok_or_else(|| {
            Error::order(format!(
                "a period ends after its start, {first}, and within {LONGEST_DAYS} days of it"
            ))
            .in_field("to")
            .in_row(row.number)
        })?;
        for day in first.iter_days().take_while(|day| *day < after) {
            if values.insert(day, value).is_some_and(|known| known != value) {
                return Err(Error::conflict(format!("another row has another value for {day}"))
                    .with_value(value.to_decimal().to_string())
                    .in_field("calorific_value")
                    .in_row(row.number));
            }
        }
    }
    if values.is_empty() {
        return Err(Error::missing("holds no calorific values"));
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
    let entry = |row: &TableRow| {
        Ok(AgreementRow {
            row: row.number,
            tariff: row.needed(&["tariff", "tariff_code"], |text| Ok(text.to_owned()))?,
            valid_from: row.needed(&["valid_from", "from"], |text| calendar.parse(text))?,
            valid_to: row.read(&["valid_to", "to"], |text| calendar.parse(text))?,
        })
    };
    Agreements::from_rows(&rows(bytes)?.iter().map(entry).collect::<Result<Vec<_>>>()?)
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
        assert_eq!(
            spans(b"start,end\n2026-07-01T10:00:00Z,2026-07-01T11:00:00Z\n", &calendar).unwrap().len(),
            1
        );
        assert!(
            spans(b"start,end\n2026-07-01T10:00:00Z,2026-07-01T09:00:00Z\n", &calendar)
                .unwrap_err()
                .is_order()
        );
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
