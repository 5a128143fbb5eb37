//! What readers of files hand over: series of rows on the UTC line, and how they become the core's series.

use super::definition::{Measure, Unit};
use super::said::{CostKind, PrintedCosts, Said, SeriesFound, TakenFor};
use crate::error::{Error, Result};
use crate::input::minutes;
use crate::input::{PriceOptions, PriceRole, ReadingOptions};
use crate::quantity::{Energy, Money, UnitRate, divide};
use crate::series::ends::{Alone, close};
use crate::series::{
    Consumption, Notice, NoticeKind, Notices, PriceRow, Prices, RateSeries, ReadingRow, StandingCharges,
    VatBasis, doubts,
};
use crate::time::{Grid, Span, from_seconds};
use std::collections::BTreeMap;

/// One row: from when to when, where that is known, and a value in units of its measure; `None` where it is blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) row: u64,
    pub(super) from: i64,
    pub(super) to: Option<i64>,
    pub(super) value: Option<i128>,
}

/// One series of a file. Values of readings are of 10^-8 kWh (kW), of rates 10^-8 p/kWh, of standing charges 10^-20 p.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) role: Option<PriceRole>,
    pub(super) vat: Option<VatBasis>,
    pub(super) preferred: bool,
    pub(super) cells: Vec<Cell>,
}

/// What a reader found in a file.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) taken: TakenFor,
    pub(super) channels: Vec<Channel>,
    pub(super) notices: Notices,
    pub(super) left_out_is_zero: bool,
    /// How many seconds times may be off the minute, by the layout.
    pub(super) snap_seconds: u32,
    /// Its only series, where that is one already.
    pub(super) series: Option<Consumption>,
}

/// The value of a text in the units of its measure.
pub(super) fn parse(text: &str, unit: Unit, rounding: Option<crate::Rounding>) -> Result<i128> {
    let power = unit.power_of_ten();
    match unit.measure() {
        Measure::Reading => Energy::parse_in(text, power, rounding).map(|energy| energy.units().into()),
        Measure::Rate => UnitRate::parse_in(text, power, rounding).map(|rate| rate.units().into()),
        Measure::StandingCharge | Measure::Cost => Money::parse_in(text, power, rounding).map(Money::units),
    }
    .map_err(|error| {
        if error.is_precision() && rounding.is_none() {
            error.with_advice(", or name a rounding")
        } else {
            error
        }
    })
}

/// The value seen most often; the least of those on a tie.
pub(super) fn most_common(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    // Most values are what the one before was.
    let mut run: Option<(i64, usize)> = None;
    for value in values {
        match &mut run {
            Some((last, count)) if *last == value => *count += 1,
            _ => {
                if let Some((last, count)) = run.replace((value, 1)) {
                    *counts.entry(last).or_default() += count;
                }
            }
        }
    }
    if let Some((last, count)) = run {
        *counts.entry(last).or_default() += count;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

impl Channel {
    /// How long most of its rows are: by their ends, else by the distance of most neighbours.
    pub(super) fn usual_length(&self) -> Option<i64> {
        let said = most_common(
            self.cells.iter().filter_map(|cell| Some(cell.to? - cell.from)).filter(|length| *length > 0),
        );
        said.or_else(|| {
            let mut starts: Vec<i64> = self.cells.iter().map(|cell| cell.from).collect();
            starts.sort_unstable();
            starts.dedup();
            most_common(starts.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)))
        })
    }

    pub(super) fn found(&self) -> SeriesFound {
        let length = self.usual_length().unwrap_or(1_800);
        let first = self.cells.iter().map(|cell| cell.from).min();
        let last = self.cells.iter().map(|cell| cell.to.unwrap_or(cell.from + length)).max();
        let span = first.zip(last).and_then(|(first, last)| {
            let instant = |seconds| chrono::DateTime::from_timestamp(seconds, 0);
            Span::new(instant(first)?, instant(last)?).ok()
        });
        SeriesFound {
            name: self.name.clone(),
            unit: self.unit,
            role: self.role,
            vat: self.vat,
            rows: self.cells.iter().filter(|cell| cell.value.is_some()).count(),
            span,
        }
    }

    /// What its rows cost, where that is what it holds.
    pub(super) fn printed(&self) -> Option<PrintedCosts> {
        let is_cost = self.unit.measure() == Measure::Cost;
        let row = |cell: &Cell| {
            let span = Span::new(
                chrono::DateTime::from_timestamp(cell.from, 0)?,
                chrono::DateTime::from_timestamp(cell.to?, 0)?,
            );
            Some((span.ok()?, Money::from_units(cell.value?).ok()?))
        };
        let is_standing = self.name.to_lowercase().contains("standing");
        is_cost.then(|| PrintedCosts {
            name: self.name.clone(),
            kind: if is_standing { CostKind::StandingCharge } else { CostKind::Energy },
            rows: self.cells.iter().filter_map(row).collect(),
        })
    }

    /// Its readings as a series.
    pub(super) fn consumption(
        self,
        options: &ReadingOptions,
        left_out_is_zero: bool,
        mut notices: Notices,
    ) -> Result<Consumption> {
        let usual = self.usual_length();
        let length = usual.unwrap_or(1_800);
        let phase =
            most_common(self.cells.iter().map(|cell| cell.from.rem_euclid(length.max(1)))).unwrap_or(0);
        let mut rows = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            if cell.value.is_none() && cell.from.rem_euclid(length.max(1)) != phase {
                notices.note(NoticeKind::EmptyReading, cell.row);
                continue;
            }
            let energy = cell.value.map(|units| self.energy(units, cell, length, options)).transpose()?;
            let instant = |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
            // Ends that files give, and else that of the usual length, so that a hole does not make rows longer.
            let end = Some(cell.to.unwrap_or(cell.from + length)).filter(|_| usual.is_some());
            rows.push(ReadingRow { row: cell.row, start: instant(cell.from), end: end.map(instant), energy });
        }
        minutes::readings(&mut rows, options.snap_seconds, &mut notices)?;
        let series =
            Consumption::from_rows_below(&rows, options.most_an_hour)?.with_notices(notices.into_list());
        if left_out_is_zero { filled_with_zero(series) } else { Ok(series) }
    }

    /// A mean power makes energy of the row's length, exactly or as the rounding says.
    fn energy(&self, units: i128, cell: &Cell, length: i64, options: &ReadingOptions) -> Result<Energy> {
        let units = if self.unit.is_power() {
            let seconds = i128::from(cell.to.map_or(length, |to| to - cell.from));
            let product = units * seconds;
            match options.rounding {
                Some(rounding) => divide(product, 3_600, rounding),
                None if product % 3_600 == 0 => product / 3_600,
                None => {
                    return Err(Error::precision(format!(
                        "a mean power over {} minutes is no whole number of 10^-8 kWh; name a rounding",
                        seconds / 60
                    ))
                    .in_row(cell.row));
                }
            }
        } else {
            units
        };
        i64::try_from(units)
            .ok()
            .and_then(|units| Energy::from_units(units).ok())
            .ok_or_else(|| Error::out_of_range("beyond the range of kWh").in_row(cell.row))
    }

    /// Its prices as unit rates.
    pub(super) fn rates(self, options: &PriceOptions, notices: Notices) -> Result<RateSeries> {
        let role = options.role;
        let convert =
            |units: i128| i64::try_from(units).ok().and_then(|units| UnitRate::from_units(units).ok());
        let (rows, mut noted) = self.prices(options, notices, Alone::HalfHour, convert)?;
        noted.extend(role.and_then(|role| doubts::wrong_role(&rows, role)));
        Ok(RateSeries::from_rows(rows, options.payment_method.as_ref())?.with_notices(noted))
    }

    /// Its prices as standing charges.
    pub(super) fn standing_charges(
        self,
        options: &PriceOptions,
        notices: Notices,
    ) -> Result<StandingCharges> {
        let convert = |units: i128| Money::from_units(units).ok();
        let (rows, noted) = self.prices(options, notices, Alone::FromThenOn, convert)?;
        doubts::check_standing_charges(&rows)?;
        Ok(StandingCharges::from_rows(rows, options.payment_method.as_ref())?.with_notices(noted))
    }

    fn prices<T: Copy>(
        self,
        options: &PriceOptions,
        mut notices: Notices,
        alone: Alone,
        convert: impl Fn(i128) -> Option<T>,
    ) -> Result<(Vec<PriceRow<T>>, Vec<Notice>)> {
        let basis = self.vat.unwrap_or(options.bare_price);
        let mut rows = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            let Some(units) = cell.value else { continue };
            let price = convert(units)
                .ok_or_else(|| Error::out_of_range("beyond the range of prices").in_row(cell.row))?;
            let instant = |seconds| chrono::DateTime::from_timestamp(seconds, 0);
            rows.push(PriceRow {
                row: cell.row,
                valid_from: instant(cell.from),
                valid_to: cell.to.and_then(instant),
                prices: Prices::only(basis, price),
                payment_method: None,
            });
        }
        if rows.is_empty() {
            return Err(Error::missing("holds no prices: every one of them is blank"));
        }
        minutes::prices(&mut rows, options.snap_seconds, &mut notices)?;
        let mut noted = notices.into_list();
        if self.cells.iter().all(|cell| cell.to.is_none()) {
            noted.extend(close(&mut rows, &options.calendar, alone)?);
        }
        Ok((rows, noted))
    }
}

/// What is left out between readings as no energy, where there is no reading of zero at all; says how many.
pub(super) fn filled_with_zero(series: Consumption) -> Result<Consumption> {
    if series.iter().flatten().any(Energy::is_zero) {
        return Ok(series);
    }
    let left_out = series.grid().len() - series.reading_count();
    if left_out == 0 {
        return Ok(series);
    }
    let first = series.iter().position(|reading| reading.is_none()).unwrap_or(0) as u64 + 1;
    let readings: Vec<Option<Energy>> =
        series.iter().map(|reading| Some(reading.unwrap_or_default())).collect();
    let notices = series.notices().to_vec();
    let notice = Notice { kind: NoticeKind::LeftOutZero, count: left_out, first_row: first };
    let filled = Consumption::on_slots(*series.grid(), &readings)?.with_left_out(series.gaps());
    Ok(filled.with_notices(notices.into_iter().chain([notice])))
}

/// Readings in slots of another length: shorter ones are summed, and a slot that lacks a part has none; longer ones are an error unless
/// they may be spread evenly.
pub(super) fn in_slots(series: Consumption, said: &Said) -> Result<Consumption> {
    let Some(wanted) = said.slot else { return Ok(series) };
    let (grid, length) = (*series.grid(), series.grid().slot_length());
    if length == wanted || grid.is_empty() {
        return Ok(series);
    }
    let (from, to) = (length.seconds(), wanted.seconds());
    if from > to && !said.split_evenly {
        return Err(Error::unsupported(format!(
            "readings of {} minutes are longer than slots of {}; to spread each evenly, which is an estimate, say so (--spread even)",
            length.minutes(),
            wanted.minutes()
        )));
    }
    if from.max(to) % from.min(to) != 0 {
        return Err(Error::unsupported(format!(
            "readings of {} minutes do not make slots of {}",
            length.minutes(),
            wanted.minutes()
        )));
    }
    let start = grid.start().timestamp().div_euclid(to) * to;
    let end = grid.end().timestamp();
    let count = usize::try_from((end - start + to - 1) / to).unwrap_or(0);
    let coarse = series.on_grid(&Grid::new(from_seconds(start), wanted, count)?);
    if from < to {
        return Ok(coarse);
    }
    let notice = Notice { kind: NoticeKind::SpreadEvenly, count: series.reading_count(), first_row: 1 };
    Ok(coarse.with_notices([notice]))
}

/// The sum of channels, slot by slot where all have a reading.
pub(super) fn summed(parts: Vec<Consumption>) -> Result<Consumption> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Err(Error::missing("no series is named")) };
    parts.try_fold(first, |sum, part| {
        let length = sum.grid().slot_length();
        if part.grid().slot_length() != length {
            return Err(Error::misaligned("series of different slot lengths cannot be summed"));
        }
        let start = sum.grid().start().min(part.grid().start());
        let end = sum.grid().end().max(part.grid().end());
        let span = Span::new(start, end)?;
        let grid = Grid::covering(span, length)?;
        let at = |series: &Consumption, instant| {
            series.grid().index_of(instant).and_then(|index| series.get(index))
        };
        let readings: Vec<Option<Energy>> = grid
            .slots()
            .map(|slot| at(&sum, slot.span.from())?.checked_add(at(&part, slot.span.from())?))
            .collect();
        let notices: Vec<Notice> = sum.notices().iter().chain(part.notices()).copied().collect();
        Ok(Consumption::on_slots(grid, &readings)?.with_notices(notices))
    })
}
