//! Day-ahead prices as ENTSO-E's transparency platform gives them: a publication document of type A44.

use super::channel::{Cell, Channel, Found, parse};
use super::definition::{Label, Unit};
use super::said::TakenFor;
use super::xml::Element;
use crate::Rounding;
use crate::error::{Error, Result};
use crate::series::{Notices, VatBasis};
use crate::time::{parse_instant, seconds};

pub(super) const ROOT: &str = "Publication_MarketDocument";
/// What the platform answers where it has nothing.
pub(super) const ANSWER: &str = "Acknowledgement_MarketDocument";

const SEQUENCE: &str = "classificationSequence_AttributeInstanceComponent.position";

/// Reads it: one series an auction, told apart by its sequence and never interleaved.
pub(super) fn read(document: &Element, rounding: Option<Rounding>) -> Result<Found> {
    let mut channels: Vec<Channel> = Vec::new();
    let mut row = 0;
    let mut currencies: Vec<String> = Vec::new();
    for series in document.all("TimeSeries") {
        let sequence = series.text_of(SEQUENCE).or_else(|| series.text_of("auction.type")).unwrap_or("1");
        let unit = match (
            series.text_of("price_Measure_Unit.name"),
            series.text_of("price_Measurement_Unit.name"),
        ) {
            (Some(unit), _) | (None, Some(unit)) if unit.eq_ignore_ascii_case("MWH") => Unit::MajorPerMwh,
            (Some(unit), _) | (None, Some(unit)) => {
                return Err(Error::unsupported("prices are for a MWh")
                    .with_value(unit)
                    .in_field("price_Measure_Unit.name"));
            }
            (None, None) => return Err(Error::unsupported("is no document of prices (A44)")),
        };
        if let Some(currency) = series.text_of("currency_Unit.name")
            && !currencies.iter().any(|known| known == currency)
        {
            currencies.push(currency.to_owned());
        }
        // A03: a position that is left out repeats the one before it. A01: each stands for itself.
        let repeats = match series.text_of("curveType") {
            Some("A03") => true,
            Some("A01") | None => false,
            Some(other) => {
                return Err(Error::unsupported("curves are of type A01 or A03")
                    .with_value(other)
                    .in_field("curveType"));
            }
        };
        let mut cells = Vec::new();
        for period in series.all("Period") {
            read_period(period, repeats, unit, rounding, &mut row, &mut cells)?;
        }
        let name = format!("sequence {sequence}");
        match channels.iter_mut().find(|channel| channel.name == name) {
            Some(channel) => channel.cells.append(&mut cells),
            None => channels.push(Channel {
                name,
                unit,
                role: None,
                vat: Some(VatBasis::Exclusive),
                preferred: sequence == "1",
                cells,
            }),
        }
    }
    if currencies.len() > 1 {
        return Err(
            Error::conflict("prices of several currencies are in one file").with_value(currencies.join(", "))
        );
    }
    if channels.iter().all(|channel| channel.cells.is_empty()) {
        return Err(Error::missing("holds no prices"));
    }
    let series = channels.iter().map(Channel::found).collect();
    Ok(Found {
        taken: TakenFor {
            layout: "entsoe-a44".to_owned(),
            title: "ENTSO-E day-ahead prices (A44)".to_owned(),
            guesses: vec!["prices are of the market, without VAT and other parts of a tariff".to_owned()],
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

/// Seconds of `PT15M`, `PT60M`, `PT1H`, `P1D`.
fn resolution(text: &str) -> Option<i64> {
    match text {
        "PT1M" => Some(60),
        "PT4S" => None,
        "PT5M" => Some(300),
        "PT10M" => Some(600),
        "PT15M" => Some(900),
        "PT30M" => Some(1_800),
        "PT60M" | "PT1H" => Some(3_600),
        _ => None,
    }
}

fn read_period(
    period: &Element,
    repeats: bool,
    unit: Unit,
    rounding: Option<Rounding>,
    row: &mut u64,
    cells: &mut Vec<Cell>,
) -> Result<()> {
    let missing = |field: &str| Error::missing("is not there").in_field(field);
    let interval = period.child("timeInterval").ok_or_else(|| missing("timeInterval"))?;
    let instant = |name: &str| {
        let text = interval.text_of(name).ok_or_else(|| missing(name))?;
        seconds(parse_instant(text)?).map_err(|error| error.in_field(name))
    };
    let (start, end) = (instant("start")?, instant("end")?);
    let text = period.text_of("resolution").ok_or_else(|| missing("resolution"))?;
    let step = resolution(text).ok_or_else(|| {
        Error::unsupported("resolutions are PT15M, PT30M and PT60M").with_value(text).in_field("resolution")
    })?;
    let count = (end - start) / step;
    if end <= start || (end - start) % step != 0 || count > 400_000 {
        return Err(Error::order(format!(
            "a period of {} minutes is no whole number of {text}",
            (end - start) / 60
        ))
        .in_field("timeInterval"));
    }
    let mut last: Option<(i64, i128)> = None;
    let mut add = |position: i64, value: i128, row: u64| {
        let from = start + (position - 1) * step;
        cells.push(Cell { row, from, to: Some(from + step), value: Some(value) });
    };
    for point in period.all("Point") {
        *row += 1;
        let text = point.text_of("position").ok_or_else(|| missing("position").in_row(*row))?;
        let position =
            text.parse::<i64>().ok().filter(|position| (1..=count).contains(position)).ok_or_else(|| {
                Error::out_of_range(format!("is no position from 1 to {count}"))
                    .with_value(text)
                    .in_field("position")
                    .in_row(*row)
            })?;
        let amount = point.text_of("price.amount").ok_or_else(|| missing("price.amount").in_row(*row))?;
        let value = parse(amount, unit, rounding)
            .map_err(|error| error.with_value(amount).in_field("price.amount").in_row(*row))?;
        if let Some((before, _)) = last
            && position <= before
        {
            return Err(Error::order("positions must go up")
                .with_value(text)
                .in_field("position")
                .in_row(*row));
        }
        if let Some((before, repeated)) = last.filter(|_| repeats) {
            for skipped in before + 1..position {
                add(skipped, repeated, *row - 1);
            }
        }
        add(position, value, *row);
        last = Some((position, value));
    }
    if let Some((before, repeated)) = last.filter(|_| repeats) {
        for skipped in before + 1..=count {
            add(skipped, repeated, *row);
        }
    }
    Ok(())
}
