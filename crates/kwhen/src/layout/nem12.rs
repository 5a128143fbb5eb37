//! NEM12: interval data of Australia's National Electricity Market. Days of the market's time, UTC+10 all year.

use super::channel::{Cell, Channel, Found};
use super::definition::{Label, Unit};
use super::moment::{DAY, days};
use super::said::{Said, TakenFor};
use super::text::Lines;
use crate::Rounding;
use crate::error::{Error, Result};
use crate::input::PriceRole;
use crate::series::{NoticeKind, Notices};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Seconds east of UTC.
const MARKET_TIME: i64 = 36_000;

/// Whether text begins as a NEM12 file does, with its header or its first data.
pub(super) fn is_nem12(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let mut fields = first.split(',').map(str::trim);
    match (fields.next(), fields.next()) {
        (Some("100"), Some(version)) => version.eq_ignore_ascii_case("NEM12"),
        (Some("200"), Some(nmi)) => (10..=11).contains(&nmi.len()) && first.split(',').count() >= 9,
        _ => false,
    }
}

/// What a 200 record says of the 300 records that follow it.
struct Stream {
    suffix: String,
    unit: Option<Unit>,
    minutes: i64,
}

/// A day of a stream, as it was sent last.
struct Day {
    row: u64,
    /// When it was updated and when it was loaded: later counts.
    updated: (String, String),
    values: Vec<Option<i128>>,
    minutes: i64,
}

fn field<'f>(fields: &'f [Cow<'_, str>], place: usize) -> &'f str {
    fields.get(place).map_or("", |field| field.as_ref())
}

/// Reads it; streams that count no active energy (reactive, volts) are left out.
pub(super) fn read(text: &str, said: &Said, rounding: Option<Rounding>) -> Result<Found> {
    let mut lines = Lines::new(text, b',');
    let mut fields = Vec::new();
    let mut row = 0;
    let mut stream: Option<Stream> = None;
    let mut meter: Option<String> = said.meter.clone();
    let mut is_wanted = true;
    let mut notices = Notices::default();
    let mut days_of: BTreeMap<(String, i64), Day> = BTreeMap::new();
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    let mut last_day: Option<(String, i64)> = None;
    let mut has_ended = false;
    while lines.next(&mut fields) {
        row += 1;
        if has_ended && field(&fields, 0) != "100" {
            return Err(Error::syntax("stands behind the end of the file, record 900").in_row(row));
        }
        match field(&fields, 0) {
            "100" => has_ended = false,
            "500" => {}
            "900" => has_ended = true,
            "200" => {
                let nmi = field(&fields, 1);
                match &meter {
                    None => meter = Some(nmi.to_owned()),
                    Some(known) if known != nmi && said.meter.is_none() => {
                        return Err(Error::conflict(format!(
                            "is of another meter than the rows before it, {known}; name the one that is wanted (--meter)"
                        ))
                        .with_value(nmi)
                        .in_field("NMI")
                        .in_row(row));
                    }
                    Some(_) => {}
                }
                is_wanted = meter.as_deref() == Some(nmi);
                let suffix = field(&fields, 4).to_ascii_uppercase();
                let minutes: i64 = field(&fields, 8).parse().map_err(|_| {
                    Error::syntax("is no number of minutes")
                        .with_value(field(&fields, 8))
                        .in_field("IntervalLength")
                        .in_row(row)
                })?;
                if !matches!(minutes, 1 | 5 | 10 | 15 | 30 | 60) {
                    return Err(Error::unsupported("intervals are of 5, 15 or 30 minutes")
                        .with_value(field(&fields, 8))
                        .in_field("IntervalLength")
                        .in_row(row));
                }
                let unit = match field(&fields, 7).to_ascii_lowercase().as_str() {
                    "kwh" => Some(Unit::Kwh),
                    "wh" => Some(Unit::Wh),
                    "mwh" => Some(Unit::Mwh),
                    "kw" => Some(Unit::Kw),
                    "w" => Some(Unit::W),
                    _ => None,
                };
                if let Some(unit) = unit {
                    units.insert(suffix.clone(), unit);
                }
                stream = Some(Stream { suffix, unit, minutes });
            }
            "300" => {
                let stream = stream.as_ref().ok_or_else(|| {
                    Error::syntax(
                        "an interval record (300) stands before any record (200) that says what it is of",
                    )
                    .in_row(row)
                })?;
                let Some(unit) = stream.unit.filter(|_| is_wanted) else {
                    last_day = None;
                    continue;
                };
                let (at, day) = day(&fields, row, stream.minutes, unit, rounding, &mut notices)?;
                let key = (stream.suffix.clone(), at);
                last_day = Some(key.clone());
                keep(&mut days_of, key, day)?;
            }
            "400" => {
                // What of the day before is null.
                let Some(day) = last_day.as_ref().and_then(|key| days_of.get_mut(key)) else { continue };
                let place = |at: usize| {
                    field(&fields, at)
                        .parse::<usize>()
                        .ok()
                        .filter(|place| (1..=day.values.len()).contains(place))
                        .ok_or_else(|| {
                            Error::syntax("is no interval of the day")
                                .with_value(field(&fields, at))
                                .in_row(row)
                        })
                };
                let (from, to) = (place(1)?, place(2)?);
                let quality = field(&fields, 3).chars().next().unwrap_or('A').to_ascii_uppercase();
                for value in day.values.iter_mut().take(to).skip(from.saturating_sub(1)) {
                    match quality {
                        'N' => *value = None,
                        'E' | 'F' | 'S' => notices.note(NoticeKind::Estimated, row),
                        _ => {}
                    }
                }
            }
            other => {
                return Err(Error::syntax("is no record of NEM12 (100, 200, 300, 400, 500, 900)")
                    .with_value(other)
                    .in_row(row));
            }
        }
    }
    if let Some(wanted) = &said.meter
        && days_of.is_empty()
    {
        return Err(Error::missing("no record is of this meter").with_value(wanted));
    }
    if days_of.is_empty() {
        return Err(Error::missing("holds no interval record (300) of active energy"));
    }
    let mut channels: Vec<Channel> = Vec::new();
    for ((suffix, at), day) in days_of {
        let length = day.minutes * 60;
        let cells = day.values.iter().zip(0_i64..).map(|(value, place)| {
            let from = at * DAY - MARKET_TIME + place * length;
            Cell { row: day.row, from, to: Some(from + length), value: *value }
        });
        match channels.iter_mut().find(|channel| channel.name == suffix) {
            Some(channel) => channel.cells.extend(cells),
            None => {
                let role = match suffix.as_bytes().first() {
                    Some(b'E') => Some(PriceRole::Import),
                    Some(b'B') => Some(PriceRole::Export),
                    _ => None,
                };
                let unit = units.get(&suffix).copied().unwrap_or(Unit::Kwh);
                channels.push(Channel {
                    name: suffix,
                    unit,
                    role,
                    vat: None,
                    preferred: false,
                    cells: cells.collect(),
                });
            }
        }
    }
    let series = channels.iter().map(Channel::found).collect();
    Ok(Found {
        taken: TakenFor {
            layout: "nem12".to_owned(),
            title: "NEM12".to_owned(),
            guesses: Vec::new(),
            series,
            label: Label::Start,
            clock: "+10:00".to_owned(),
            runs_forward: Some(true),
            is_gas: false,
            printed: Vec::new(),
            settled: None,
        },
        channels,
        notices,
        left_out_is_zero: false,
        snap_seconds: 0,
        series: None,
    })
}

fn day(
    fields: &[Cow<'_, str>],
    row: u64,
    minutes: i64,
    unit: Unit,
    rounding: Option<Rounding>,
    notices: &mut Notices,
) -> Result<(i64, Day)> {
    let text = field(fields, 1);
    let number =
        |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i64>().ok());
    let date = number(0..4).zip(number(4..6)).zip(number(6..8)).filter(|_| text.len() == 8);
    let at =
        date.and_then(|((year, month), day)| days(year, month, day)).filter(|at| (1..47_480).contains(at));
    let at = at.ok_or_else(|| {
        Error::syntax("is no date such as 20261004").with_value(text).in_field("IntervalDate").in_row(row)
    })?;
    let count = usize::try_from(DAY / (minutes * 60)).unwrap_or(0);
    if fields.len() < count + 3 {
        return Err(Error::missing(format!(
            "a day of intervals of {minutes} minutes has {count} values and what is said of them; this one has {} fields",
            fields.len()
        ))
        .in_row(row));
    }
    let quality = field(fields, count + 2).chars().next().unwrap_or('A').to_ascii_uppercase();
    if matches!(quality, 'E' | 'F' | 'S') {
        notices.note(NoticeKind::Estimated, row);
    }
    let mut values = Vec::with_capacity(count);
    for place in 2..count + 2 {
        let text = field(fields, place);
        values.push(if text.is_empty() || quality == 'N' {
            None
        } else {
            let units = super::channel::parse(text, unit, rounding);
            Some(units.map_err(|error| {
                error.with_value(text).in_field(format!("interval {}", place - 1)).in_row(row)
            })?)
        });
    }
    let updated = (field(fields, count + 5).to_owned(), field(fields, count + 6).to_owned());
    Ok((at, Day { row, updated, values, minutes }))
}

/// Of two days of one stream the one that was updated later.
fn keep(days: &mut BTreeMap<(String, i64), Day>, key: (String, i64), day: Day) -> Result<()> {
    match days.get(&key) {
        Some(known) if known.updated > day.updated => {}
        Some(known) if known.updated == day.updated && known.values != day.values => {
            return Err(Error::conflict(format!(
                "the day is there twice, in row {} too, with other values and one time of update: which counts cannot be told",
                known.row
            ))
            .with_value(&day.updated.0)
            .in_field("UpdateDateTime")
            .in_row(day.row));
        }
        _ => {
            days.insert(key, day);
        }
    }
    Ok(())
}
