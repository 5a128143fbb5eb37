//! Green Button: the ESPI XML of North American utilities. Times are seconds since 1970.

use super::channel::{Cell, Channel, Found};
use super::definition::{Label, Unit};
use super::said::TakenFor;
use super::xml::Element;
use crate::error::{Error, Result};
use crate::input::PriceRole;
use crate::quantity::power_of_ten;
use crate::series::Notices;

/// What a reading type says of its readings.
#[derive(Clone, Copy, Debug)]
struct ReadingType {
    unit: Option<Unit>,
    power: i32,
    role: Option<PriceRole>,
}

/// An entry of the feed: what it is, and its links.
struct Entry<'e> {
    own: Option<&'e str>,
    up: Option<&'e str>,
    related: Vec<&'e str>,
    content: &'e Element,
}

fn entries(feed: &Element) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    for entry in feed.all("entry") {
        let link = |rel: &str| {
            entry
                .all("link")
                .filter(|link| link.attribute("rel") == Some(rel))
                .filter_map(|link| link.attribute("href"))
                .collect::<Vec<_>>()
        };
        for content in entry.all("content").flat_map(|content| content.children.iter()) {
            found.push(Entry {
                own: link("self").first().copied(),
                up: link("up").first().copied(),
                related: link("related"),
                content,
            });
        }
    }
    found
}

/// Reads it: one series for each direction and unit.
pub(super) fn read(feed: &Element) -> Result<Found> {
    let entries = entries(feed);
    let of = |name: &'static str| entries.iter().filter(move |entry| entry.content.name == name);
    let types: Vec<(Option<&str>, ReadingType)> = of("ReadingType")
        .map(|entry| Ok((entry.own, reading_type(entry.content)?)))
        .collect::<Result<_>>()?;
    let mut channels: Vec<Channel> = Vec::new();
    let mut row = 0;
    let mut left_out: Option<i64> = None;
    for block in of("IntervalBlock") {
        let meter = of("MeterReading").find(|meter| match (meter.own, block.up) {
            (Some(own), Some(up)) => {
                up.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            _ => false,
        });
        let linked = meter.and_then(|meter| {
            types
                .iter()
                .find(|(own, _)| own.is_some_and(|own| meter.related.contains(&own)))
                .map(|(_, found)| *found)
        });
        let found = match (linked, types.as_slice()) {
            (Some(found), _) => found,
            (None, [(_, only)]) => *only,
            (None, []) => {
                return Err(
                    Error::missing("no ReadingType says what the intervals count").in_field("ReadingType")
                );
            }
            (None, _) => {
                return Err(Error::conflict(
                    "several ReadingTypes are there and no link says which one the intervals are of",
                )
                .in_field("ReadingType"));
            }
        };
        let Some(unit) = found.unit else {
            left_out = Some(left_out.unwrap_or(0) + 1);
            continue;
        };
        let mut cells = Vec::new();
        for reading in block.content.all("IntervalReading") {
            row += 1;
            cells.push(cell(reading, found, row)?);
        }
        let name = match found.role {
            Some(PriceRole::Import) => "import",
            Some(PriceRole::Export) => "export",
            None => "readings",
        };
        match channels.iter_mut().find(|channel| channel.name == name) {
            Some(channel) => channel.cells.append(&mut cells),
            None => channels.push(Channel {
                name: name.to_owned(),
                unit,
                role: found.role,
                vat: None,
                preferred: false,
                cells,
            }),
        }
    }
    if channels.is_empty() {
        return Err(match left_out {
            Some(_) => Error::unsupported("its intervals count no electric energy or power (uom 72 or 38)")
                .in_field("uom"),
            None => Error::missing("holds no IntervalBlock with readings"),
        });
    }
    let series = channels.iter().map(Channel::found).collect();
    Ok(Found {
        taken: TakenFor {
            layout: "green-button".to_owned(),
            title: "Green Button (ESPI)".to_owned(),
            guesses: Vec::new(),
            series,
            label: Label::Start,
            clock: "UTC".to_owned(),
            runs_forward: Some(true),
            is_gas: false,
            printed: Vec::new(),
            settled: None,
        },
        channels,
        notices: Notices::default(),
        left_out_is_zero: false,
        snap_seconds: 0,
        series: None,
    })
}

fn reading_type(element: &Element) -> Result<ReadingType> {
    let number = |name: &str| -> Result<Option<i64>> {
        let Some(text) = element.text_of(name) else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| Error::syntax("is no whole number").with_value(text).in_field(name))
    };
    let unit = match number("uom")? {
        Some(72) => Some(Unit::Kwh),
        Some(38) => Some(Unit::Kw),
        _ => None,
    };
    let power = number("powerOfTenMultiplier")?.unwrap_or(0);
    let power = i32::try_from(power).ok().filter(|power| (-12..=12).contains(power)).ok_or_else(|| {
        Error::out_of_range("is no power of ten from -12 to 12")
            .with_value(power.to_string())
            .in_field("powerOfTenMultiplier")
    })?;
    let role = match number("flowDirection")? {
        Some(1) => Some(PriceRole::Import),
        Some(19) => Some(PriceRole::Export),
        _ => None,
    };
    Ok(ReadingType { unit, power, role })
}

fn cell(reading: &Element, of: ReadingType, row: u64) -> Result<Cell> {
    let period = reading
        .child("timePeriod")
        .ok_or_else(|| Error::missing("is not there").in_field("timePeriod").in_row(row))?;
    let number = |element: &Element, name: &str| {
        let text =
            element.text_of(name).ok_or_else(|| Error::missing("is not there").in_field(name).in_row(row))?;
        text.parse::<i64>()
            .map_err(|_| Error::syntax("is no whole number").with_value(text).in_field(name).in_row(row))
    };
    let (from, duration) = (number(period, "start")?, number(period, "duration")?);
    if !(0..crate::time::LAST).contains(&from) || !(60..=31 * 86_400).contains(&duration) {
        return Err(Error::out_of_range(
            "a time must be in the years 1970 to 2099, and an interval from a minute to a month",
        )
        .in_field("timePeriod")
        .in_row(row));
    }
    // Wh times a power of ten, in 10^-8 kWh.
    let value = i128::from(number(reading, "value")?);
    let power = of.power + 5;
    let units = if power >= 0 {
        value.checked_mul(power_of_ten(power.unsigned_abs()))
    } else {
        let divisor = power_of_ten(power.unsigned_abs());
        Some(value / divisor).filter(|_| value % divisor == 0)
    };
    let units = units.ok_or_else(|| {
        Error::precision("is no whole number of 10^-8 kWh")
            .with_value(value.to_string())
            .in_field("value")
            .in_row(row)
    })?;
    Ok(Cell { row, from, to: Some(from + duration), value: Some(units) })
}
