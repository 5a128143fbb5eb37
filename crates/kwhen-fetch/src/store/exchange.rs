//! The readings of a meter point whose meter was exchanged.
//!
//! The service keeps them by serial number and does not say when a meter came or went; an old serial number may go on giving zeros, or
//! give the same readings as the new one. So the meters' own advances say it: a meter served from its first reading above zero to its
//! last one.
//!
//! 1. A zero of a meter that did not serve then is no reading: while another served, once the next one gives readings, and after all.
//! 2. In the half-hour in which one meter counted last and another first, both count.
//! 3. Where two have the same reading otherwise, it counts once.
//! 4. Where two have different readings, that of the one which was fitted later counts.
//!
//! Whatever two meters say of one half-hour is told in a note. Where the advances decide, all rows of these meters are read and must be
//! as they were written, since a row of another year may be the one that decides.

use super::value::reading;
use super::{Series, Store, StoredMeter};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use kwhen::series::ReadingRow;
use kwhen::time::instant_text;
use kwhen::{Consumption, Energy};
use std::collections::BTreeMap;

/// What the store holds of a meter point over a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointReadings {
    /// The readings, in order, each half-hour once.
    pub rows: Vec<ReadingRow>,
    /// Where more than one meter spoke, and which rule decided; in words.
    pub notes: Vec<String>,
    /// When the newest of them came.
    pub fetched_at: Option<DateTime<Utc>>,
}

impl PointReadings {
    /// As consumption.
    pub fn consumption(&self) -> Result<Consumption> {
        Ok(Consumption::from_rows(&self.rows)?)
    }
}

/// A meter and the time in which it served, in Unix seconds.
#[derive(Clone, Debug)]
struct Served {
    serial_number: String,
    /// The start of its first row.
    first_row: i64,
    /// The starts of its first and last reading above (or below) zero.
    advances: Option<(i64, i64)>,
    /// From when on it gives readings after those before it counted last.
    reports_from: Option<i64>,
}

impl Served {
    fn serves(&self, at: i64) -> bool {
        self.advances.is_some_and(|(first, last)| first <= at && at <= last)
    }

    /// Whether a zero of it is a reading.
    fn may_say_zero(&self, at: i64, all: &[Self]) -> bool {
        if all.iter().any(|meter| meter.serves(at)) {
            return self.serves(at);
        }
        let coming = all.iter().filter_map(|meter| Some((meter.advances?.0, meter)));
        let next = coming.filter(|(first, _)| at < *first).min_by_key(|(first, _)| *first);
        if let Some((_, next)) = next {
            let reports = next.reports_from.is_some_and(|from| from <= at);
            return !reports || next.serial_number == self.serial_number;
        }
        match all.iter().filter_map(|meter| meter.advances).map(|(_, last)| last).max() {
            None => true,
            Some(last) => match self.advances {
                Some((_, own_last)) => own_last == last,
                // A new meter in a house where nothing is used; an old number that always gave zeros is none.
                None => last < self.first_row,
            },
        }
    }
}

impl Store {
    /// The meters that have rows at a meter point, in order of their serial numbers.
    pub fn meters_at(&self, meter_point: &str) -> Result<Vec<StoredMeter>> {
        let held = self.list()?.into_iter().filter(|held| held.rows > 0);
        let meters = held.filter_map(|held| match held.series {
            Series::Readings(meter) if meter.meter_point == meter_point => Some(meter),
            Series::Readings(_) | Series::Charges(..) => None,
        });
        Ok(meters.collect())
    }

    /// The readings of a meter point that start in `[from, to)`: those of one meter, or of all that were ever there.
    ///
    /// An error where there is none, where the meter point is one of electricity and of gas, and where anything cannot be read.
    pub fn point_readings(
        &self,
        meter_point: &str,
        serial_number: Option<&str>,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<PointReadings> {
        let mut meters = self.meters_at(meter_point)?;
        meters.retain(|meter| serial_number.is_none_or(|serial| meter.serial_number == serial));
        let Some(first) = meters.first() else {
            return Err(Error::not_stored(format!(
                "{meter_point}: no meter point with readings in the store; fetch it first"
            )));
        };
        if meters.iter().any(|meter| meter.is_gas != first.is_gas) {
            return Err(Error::store(format!("{meter_point} stands for electricity and for gas")));
        }
        let found = match meters.as_slice() {
            [meter] => {
                let series = Series::Readings(meter.clone());
                let rows = self.rows(&series, from, to)?;
                let fetched_at = rows.iter().map(|row| row.fetched_at).max();
                let starting = rows.iter().filter(|row| from.timestamp() <= row.start);
                let rows = starting.zip(1..).map(|(row, number)| reading(&series, number, row));
                (rows.collect::<Result<Vec<_>>>()?, Vec::new(), fetched_at)
            }
            several => self.joined(several, (from, to))?,
        };
        let (rows, notes, fetched_at) = found;
        if rows.is_empty() {
            let span = format!("from {} to {}", instant_text(from), instant_text(to));
            return Err(Error::not_stored(format!("{meter_point} has no readings in the store {span}")));
        }
        Ok(PointReadings { rows, notes, fetched_at: fetched_at.and_then(super::series::instant) })
    }

    fn joined(
        &self,
        meters: &[StoredMeter],
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(Vec<ReadingRow>, Vec<String>, Option<i64>)> {
        let mut all: Vec<(i64, usize, ReadingRow)> = Vec::new();
        let mut fetched_at = None;
        for (place, meter) in meters.iter().enumerate() {
            let series = Series::Readings(meter.clone());
            let rows = self.sealed_rows(&series, (from.timestamp(), to.timestamp()))?;
            for row in rows.iter().filter(|row| from.timestamp() <= row.start) {
                fetched_at = fetched_at.max(Some(row.fetched_at));
                all.push((row.start, place, reading(&series, 0, row)?));
            }
        }
        // In order of time, and then of the meters: of each they are in order already.
        all.sort_by_key(|(at, ..)| *at);
        let slots = || all.chunk_by(|(one, ..), (other, ..)| one == other);
        // One meter that counted speaks for itself.
        let is_plain = |readings: &[(i64, usize, ReadingRow)]| matches!(readings, [(.., row)] if row.energy != Some(Energy::ZERO));
        let served = if slots().all(is_plain) { Vec::new() } else { self.all_served(meters)? };
        let mut told = Told::default();
        let mut rows = Vec::with_capacity(all.len());
        for readings in slots() {
            let at = readings.first().map_or(i64::MIN, |(at, ..)| *at);
            let row = match readings {
                [(.., row)] if is_plain(readings) => Some(row.clone()),
                several => {
                    let of_meters = several.iter().map(|(_, place, row)| (*place, row.clone())).collect();
                    told.settle(at, of_meters, &served)?
                }
            };
            if let Some(row) = row {
                rows.push(ReadingRow { row: rows.len() as u64 + 1, ..row });
            }
        }
        Ok((rows, told.notes(&served), fetched_at))
    }

    /// When each meter served, by all rows that there are of it.
    fn all_served(&self, meters: &[StoredMeter]) -> Result<Vec<Served>> {
        let mut starts: Vec<Vec<i64>> = Vec::with_capacity(meters.len());
        let mut served = Vec::with_capacity(meters.len());
        for meter in meters {
            let series = Series::Readings(meter.clone());
            let rows = self.sealed_rows(&series, (i64::MIN, i64::MAX))?;
            let mut advances: Option<(i64, i64)> = None;
            for row in &rows {
                if reading(&series, 0, row)?.energy.is_some_and(|energy| energy != Energy::ZERO) {
                    advances = Some((advances.map_or(row.start, |(first, _)| first), row.start));
                }
            }
            let first = rows.first().map_or(i64::MAX, |row| row.start);
            served.push(Served {
                serial_number: meter.serial_number.clone(),
                first_row: first,
                advances,
                reports_from: None,
            });
            starts.push(rows.iter().map(|row| row.start).collect());
        }
        let last_before = |first: i64| {
            let ends = served.iter().filter_map(|other| other.advances).map(|(_, last)| last);
            ends.filter(|last| *last < first).max()
        };
        let reports = served.iter().zip(&starts).map(|(meter, starts)| {
            let (first, _) = meter.advances?;
            match last_before(first) {
                None => starts.first().copied(),
                Some(before) => starts.iter().copied().find(|start| *start > before),
            }
        });
        let reports: Vec<Option<i64>> = reports.collect();
        for (meter, reports_from) in served.iter_mut().zip(reports) {
            meter.reports_from = reports_from;
        }
        Ok(served)
    }
}

/// Which rule decided where more than one meter spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// The zero of a meter that did not serve.
    NoReading,
    BothCount,
    SameTwice,
    LaterFitted,
}

/// What is to be told: a rule, the meters that it was applied to, how often, the first time and the last.
#[derive(Debug, Default)]
struct Told(BTreeMap<(Rule, Vec<usize>), (usize, i64, i64)>);

impl Told {
    fn tell(&mut self, rule: Rule, meters: Vec<usize>, at: i64) {
        let told = self.0.entry((rule, meters)).or_insert((0, at, at));
        (told.0, told.2) = (told.0 + 1, at);
    }

    /// The reading of a half-hour; `None` where no meter that served has one.
    fn settle(
        &mut self,
        at: i64,
        readings: Vec<(usize, ReadingRow)>,
        all: &[Served],
    ) -> Result<Option<ReadingRow>> {
        let mut blank = None;
        let mut zero = None;
        let mut counted: Vec<(usize, ReadingRow, Energy)> = Vec::new();
        for (place, row) in readings {
            match row.energy {
                None => blank = Some(row),
                Some(energy) if energy == Energy::ZERO => {
                    if all.get(place).is_some_and(|meter| meter.may_say_zero(at, all)) {
                        zero = Some(row);
                    } else {
                        self.tell(Rule::NoReading, vec![place], at);
                    }
                }
                Some(energy) => counted.push((place, row, energy)),
            }
        }
        let meters: Vec<usize> = counted.iter().map(|(place, ..)| *place).collect();
        let advances = |place: usize| all.get(place).and_then(|meter| meter.advances);
        match counted.as_slice() {
            [] => Ok(zero.or(blank)),
            [(_, row, _)] => Ok(Some(row.clone())),
            [(one, row, energy), (other, _, more)]
                if is_handover(advances(*one), advances(*other), at)
                    || is_handover(advances(*other), advances(*one), at) =>
            {
                self.tell(Rule::BothCount, meters, at);
                let sum = Energy::sum([*energy, *more])?;
                Ok(Some(ReadingRow { energy: Some(sum), ..row.clone() }))
            }
            [(_, row, energy), rest @ ..] if rest.iter().all(|(_, _, other)| other == energy) => {
                self.tell(Rule::SameTwice, meters, at);
                Ok(Some(row.clone()))
            }
            several => {
                self.tell(Rule::LaterFitted, meters, at);
                let later = several.iter().max_by_key(|(place, ..)| (advances(*place), *place));
                Ok(later.map(|(_, row, _)| row.clone()))
            }
        }
    }

    fn notes(self, all: &[Served]) -> Vec<String> {
        let name = |place: &usize| all.get(*place).map_or("", |meter| meter.serial_number.as_str());
        let note = |((rule, meters), (count, first, last)): ((Rule, Vec<usize>), (usize, i64, i64))| {
            let names = meters.iter().map(name).collect::<Vec<_>>().join(" and ");
            let edge = |at| super::series::instant(at).map(instant_text).unwrap_or_default();
            let when = if count == 1 {
                format!("the half-hour of {}", edge(first))
            } else {
                format!("{count} half-hours from {} to {}", edge(first), edge(last))
            };
            match rule {
                Rule::NoReading => {
                    format!("meter {names} gives zeros for {when}, when another served: they are no readings")
                }
                Rule::BothCount => {
                    format!("meters {names} were exchanged within {when}: what both counted is added up")
                }
                Rule::SameTwice => {
                    format!("meters {names} have the same readings for {when}: they count once")
                }
                Rule::LaterFitted => {
                    let later = meters
                        .iter()
                        .max_by_key(|place| (all.get(**place).and_then(|meter| meter.advances), **place));
                    let later = later.map(name).unwrap_or_default();
                    format!(
                        "meters {names} have different readings for {when}: those of {later}, which was fitted later, count"
                    )
                }
            }
        };
        self.0.into_iter().map(note).collect()
    }
}

/// Whether one meter counted last in the half-hour in which the other counted first.
fn is_handover(old: Option<(i64, i64)>, new: Option<(i64, i64)>, at: i64) -> bool {
    let (Some((old_first, old_last)), Some((new_first, new_last))) = (old, new) else { return false };
    old_last == at && new_first == at && (old_first < at || at < new_last)
}

#[cfg(test)]
mod tests;
