//! What a file is taken for.

use crate::answer::inspect::{ChangeDay, Inspected, Month, RatesInFile, SeriesInFile};
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::source::Source;
use crate::words::layout::{ColumnOf, LayoutFlags};
use crate::words::{Metering, Pricing, parse_slot};
use clap::{Args, ValueEnum};
use kwhen::input::PriceRole;
use kwhen::layout::{
    Held, Label, Said, SeriesFound, TakenFor, consumption, held, joined, standing_charges, unit_rates,
};
use kwhen::series::{Notice, NoticeKind, VatBasis};
use kwhen::time::{Calendar, PeriodKind, SlotLength, Span};
use kwhen::{Energy, RateSeries};
use std::path::PathBuf;

/// Say what a file is taken for and why: layout, columns, unit, clock, gaps, totals
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen inspect readings.csv
  kwhen inspect house.csv.gz --column kwh=elec_import_kwh --clock Europe/London --label start
  kwhen inspect meter.csv --slot 1h")]
pub struct InspectArguments {
    /// The file; `-` is standard input, several are joined by commas or named by a pattern such as '2026-*.csv'
    #[arg(value_name = "FILE")]
    file_name: PathBuf,
    #[command(flatten)]
    slots: SlotFlags,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
}

/// How readings of one length become readings of another.
#[derive(Args, Clone, Debug, Default)]
pub struct SlotFlags {
    /// Sum readings into slots of this length: 30m, 1h
    #[arg(long, value_parser = parse_slot, value_name = "DURATION")]
    pub slot: Option<SlotLength>,
    /// How readings longer than --slot are spread over its slots
    #[arg(long, value_enum, requires = "slot", value_name = "HOW")]
    pub spread: Option<Spread>,
}

/// How longer readings are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Spread {
    /// Evenly, which is an estimate
    Even,
}

/// Reads a file of whatever is in it.
///
/// # Errors
/// It is of no layout that is known, or a flag goes with what it does not hold.
pub fn whatever(
    source: &Source<'_>,
    slots: &SlotFlags,
    pricing: &Pricing,
    metering: &Metering,
    ctx: &Context,
) -> Result<Held> {
    let calendar = ctx.calendar()?;
    let said = Said {
        unit: metering.reading_unit.power(),
        slot: slots.slot,
        split_evenly: slots.spread.is_some(),
        ..pricing.file.said_of_all()?
    };
    let (readings, prices) = (metering.options(pricing), pricing.options(&calendar, None));
    let read = source.each(|bytes| match pricing.file.wanted() {
        Some(ColumnOf::Rate) => unit_rates(bytes, &said, &prices).map(Held::Rates),
        Some(ColumnOf::Standing) => standing_charges(bytes, &said, &prices).map(Held::StandingCharges),
        Some(ColumnOf::Kwh) => consumption(bytes, &said, &readings, &calendar, None).map(Held::Readings),
        Some(ColumnOf::Time) | None => held(bytes, &said, &readings, &prices),
    });
    let read = joined(read?).map_err(|error| source.refused(error))?;
    ctx.used(&[Flag::Snap, Flag::Round]);
    LayoutFlags::used_by(ctx, read.file());
    match &read {
        Held::Readings(_) => ctx.used(&[Flag::ReadingUnit, Flag::ConnectionKw]),
        Held::Rates(_) => ctx.used(&[Flag::RateUnit, Flag::RateVat, Flag::PaymentMethod]),
        Held::StandingCharges(_) => ctx.used(&[Flag::RateVat, Flag::PaymentMethod]),
    }
    let Held::Readings(taken) = &read else {
        return if slots.slot.is_some() {
            Err(Failure::usage("--slot is of no use: it is about readings, and the file holds prices"))
        } else {
            Ok(read)
        };
    };
    let is_spread = taken.series.notices().iter().any(|notice| notice.kind == NoticeKind::SpreadEvenly);
    if slots.spread.is_some() && !is_spread {
        return Err(Failure::usage("--spread is of no use: no reading is longer than --slot"));
    }
    Ok(read)
}

impl InspectArguments {
    pub(super) fn answer(&self, ctx: &Context) -> Result<Inspected> {
        let source = Source::files(ctx, &self.file_name)?;
        let held = whatever(&source, &self.slots, &self.pricing, &self.metering, ctx)?;
        inspected(source.name(), &held, &ctx.calendar()?)
    }
}

fn inspected(name: &str, held: &Held, calendar: &Calendar) -> Result<Inspected> {
    let TakenFor { layout, title, guesses, label, clock, runs_forward, is_gas, series, settled, .. } =
        held.file();
    let mut found = Inspected {
        file: name.to_owned(),
        layout: layout.clone(),
        title: title.clone(),
        holds: "",
        guesses: guesses.clone(),
        label: match label {
            Label::Start => "start",
            Label::End => "end",
        },
        clock: clock.clone(),
        runs_forward: *runs_forward,
        is_gas: *is_gas,
        series: series.iter().map(series_in_file).collect(),
        span: None,
        slot_minutes: None,
        slots: 0,
        rows: 0,
        kwh: None,
        rates: None,
        gaps: Vec::new(),
        clock_changes: Vec::new(),
        months: Vec::new(),
        days: Vec::new(),
        notices: Vec::new(),
        settled: settled.as_ref().map(kwhen::layout::Layout::to_toml),
    };
    let texts = |notices: &[Notice]| notices.iter().map(ToString::to_string).collect();
    let readings = match held {
        Held::Readings(taken) => &taken.series,
        Held::Rates(taken) => {
            found.holds = "unit rates";
            found.rows = taken.series.len();
            found.rates = rates_in_file(&taken.series);
            found.gaps = taken.series.gaps();
            found.notices = texts(taken.series.notices());
            found.span = Some(taken.series.span());
            return Ok(found);
        }
        Held::StandingCharges(taken) => {
            let intervals = taken.series.intervals();
            found.holds = "standing charges";
            found.rows = intervals.len();
            found.notices = texts(taken.series.notices());
            let ends = intervals.first().zip(intervals.last());
            found.span = ends.and_then(|(first, last)| Span::new(first.span.from(), last.span.to()).ok());
            return Ok(found);
        }
    };
    found.holds = "readings";
    found.slot_minutes = Some(readings.grid().slot_length().minutes());
    (found.slots, found.rows) = (readings.grid().len(), readings.reading_count());
    found.kwh = readings.total().ok();
    found.gaps = readings.gaps();
    found.notices = texts(readings.notices());
    found.span = readings.grid().span();
    let Some(span) = found.span else { return Ok(found) };
    let there = |span: Span| readings.grid().slots_starting_in(span).filter_map(|slot| readings.get(slot));
    for day in calendar.cut(PeriodKind::Day, span)? {
        let whole = day.label.parse().ok().and_then(|date| calendar.day(date).ok());
        if whole.is_some_and(|whole| whole == day.span && whole.seconds() != 86_400) {
            let slots = readings.grid().slots_starting_in(day.span).len();
            found.clock_changes.push(ChangeDay { date: day.label.clone(), slots });
        }
        found.days.push((day.label, Energy::sum(there(day.span)).ok()));
    }
    for month in calendar.cut(PeriodKind::Month, span)? {
        found.months.push(Month {
            slots: readings.grid().slots_starting_in(month.span).len(),
            readings: there(month.span).count(),
            kwh: Energy::sum(there(month.span)).ok(),
            label: month.label,
        });
    }
    Ok(found)
}

fn rates_in_file(series: &RateSeries) -> Option<RatesInFile> {
    let paid = || series.intervals().map(|interval| interval.prices.paid());
    let negative = paid().filter(|rate| rate.is_negative()).count();
    Some(RatesInFile { lowest: paid().min()?, highest: paid().max()?, negative })
}

fn series_in_file(found: &SeriesFound) -> SeriesInFile {
    SeriesInFile {
        name: found.name.clone(),
        unit: found.unit.name(),
        role: found.role.map(|role| match role {
            PriceRole::Import => "import",
            PriceRole::Export => "export",
        }),
        vat: found.vat.map(|vat| match vat {
            VatBasis::Inclusive => "inclusive",
            VatBasis::Exclusive => "exclusive",
        }),
        rows: found.rows,
        span: found.span,
    }
}
