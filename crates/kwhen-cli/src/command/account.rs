//! A whole account's statement, for `kwhen bill --account`.

use crate::arguments::{Format, Metering, Pricing};
use crate::definition;
use crate::failure::{Failure, Result};
use crate::gas::GasFile;
use crate::given::{Flag, used};
use crate::input::Source;
use crate::metered::{Age, Read, Readings};
use crate::output::bill::shown_kwh;
use crate::output::number::Unit;
use crate::output::style::{FAINT, Palette, TITLE, WARNING};
use crate::output::table::{Align, Cell, Table};
use crate::output::{csv::Csv, json, when::Clock};
use kwhen::bill::Statement;
use kwhen::input::Dispatches;
use kwhen::tariff::{AgreementRow, Agreements, Direction, advances};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// An account as its file says it; paths are relative to the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    supplies: Vec<SupplyFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupplyFile {
    name: String,
    consumption: Option<PathBuf>,
    registers: Option<PathBuf>,
    register_digits: Option<u32>,
    agreements: Vec<AgreementFile>,
    gas: Option<GasFile>,
    dispatches: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgreementFile {
    #[serde(alias = "tariff_code")]
    tariff: String,
    valid_from: String,
    valid_to: Option<String>,
}

/// How files of readings are read.
pub(crate) struct Reading<'a> {
    pub(crate) pricing: &'a Pricing,
    pub(crate) metering: &'a Metering,
    /// What is wanted of readings in the store; `None`: all.
    pub(crate) during: Option<Span>,
}

impl Readings {
    /// Reads one of two files.
    pub(crate) fn read(
        consumption: Option<&Path>,
        registers: Option<&Path>,
        digits: Option<u32>,
        calendar: &Calendar,
        reading: &Reading<'_>,
    ) -> Result<Self> {
        match (consumption, registers) {
            (Some(path), None) => {
                used(&[Flag::Missing]);
                let source = Source::read(path)?;
                let source = match reading.during {
                    Some(span) => source.during(span),
                    None => source,
                };
                Ok(Self::Slots(source.consumption(reading.pricing, reading.metering)?))
            }
            (None, Some(path)) => {
                let source = Source::file(path)?;
                let named = |error: kwhen::Error| error.in_source(source.name());
                let readings = kwhen::input::register_readings(source.bytes(), calendar).map_err(named)?;
                Ok(Self::Registers(advances(&readings, digits).map_err(named)?))
            }
            _ => Err(Failure::work("give either consumption or registers, and one of them")),
        }
    }
}

/// Reads the supplies of an account file.
pub(super) fn supplies(file: &Path, calendar: &Calendar, reading: &Reading<'_>) -> Result<Vec<Read>> {
    let account: Account = definition::read(&Source::file(file)?)?;
    let beside = |path: &Path| file.parent().map_or_else(|| path.to_path_buf(), |folder| folder.join(path));
    let mut supplies = Vec::with_capacity(account.supplies.len());
    for supply in account.supplies {
        let place = |error: kwhen::Error| Failure::from(error.in_source(&supply.name));
        let mut rows = Vec::with_capacity(supply.agreements.len());
        for (number, agreement) in (1..).zip(supply.agreements) {
            let instant = |text: &str, field: &str| {
                calendar.parse(text).map_err(|error| place(error.in_field(field).in_row(number)))
            };
            rows.push(AgreementRow {
                row: number,
                valid_from: instant(&agreement.valid_from, "valid_from")?,
                valid_to: agreement.valid_to.as_deref().map(|to| instant(to, "valid_to")).transpose()?,
                tariff: agreement.tariff,
            });
        }
        let within = |failure: Failure| failure.within(&supply.name);
        let gas = supply
            .gas
            .as_ref()
            .map(|gas| gas.conversion(&beside, reading.metering).map_err(within))
            .transpose()?;
        let consumption = supply.consumption.as_deref().map(beside);
        let registers = supply.registers.as_deref().map(beside);
        let metered = Readings::read(
            consumption.as_deref(),
            registers.as_deref(),
            supply.register_digits,
            calendar,
            reading,
        );
        let dispatches =
            supply.dispatches.as_deref().map(|path| dispatches(&beside(path), calendar)).transpose()?;
        supplies.push(Read {
            metered: metered.map_err(within)?,
            agreements: Agreements::from_rows(&rows).map_err(place)?,
            gas,
            dispatches: dispatches.unwrap_or_default(),
            name: supply.name,
        });
    }
    Ok(supplies)
}

/// From the first reading of any supply to the last.
pub(crate) fn whole(supplies: &[Read]) -> Result<Span> {
    let spans = supplies.iter().filter_map(|supply| supply.metered.span());
    let whole = spans.reduce(|a, b| Span::new(a.from().min(b.from()), a.to().max(b.to())).unwrap_or(a));
    whole.ok_or_else(|| Failure::work("the account has no supplies"))
}

#[derive(Serialize)]
struct StatementAndAge<'a> {
    #[serde(flatten)]
    statement: &'a Statement,
    #[serde(skip_serializing_if = "<[Age]>::is_empty")]
    stored: &'a [Age],
}

/// Writes a statement, and how old its readings are where they came from the store.
pub(super) fn page(
    statement: &Statement,
    stored: &[Age],
    format: Format,
    calendar: Calendar,
    palette: Palette,
) -> Result<String> {
    match format {
        Format::Text => {
            let mut page = text(statement, Clock(calendar), palette);
            for Age { name, readings_to, fetched_at } in stored {
                let fetched = fetched_at.as_ref().map(|at| format!(", fetched {at}")).unwrap_or_default();
                let line = format!("Stored: {name}, readings to {readings_to}{fetched}");
                page.push_str(&palette.paint(FAINT, &line));
                page.push('\n');
            }
            Ok(page)
        }
        Format::Json => json(&StatementAndAge { statement, stored }),
        Format::Csv => Ok(csv(statement)),
    }
}

/// Reads dispatches.
pub(crate) fn dispatches(path: &Path, calendar: &Calendar) -> Result<Dispatches> {
    let source = Source::file(path)?;
    Ok(kwhen::input::dispatches(source.bytes(), calendar).map_err(|error| error.in_source(source.name()))?)
}

/// What was noticed of each supply, in sentences; one that several of its bills rest on is said once.
pub(super) fn noticed(statement: &Statement) -> Vec<String> {
    let mut said = Vec::new();
    for supply in &statement.supplies {
        for notice in supply.agreements.iter().flat_map(|part| &part.bill.notices) {
            let sentence = format!("{}: {notice}", supply.name);
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
    }
    said
}

fn text(statement: &Statement, clock: Clock, palette: Palette) -> String {
    let title = format!("Statement, {}", clock.period(statement.period));
    let under = format!("{} · rules: {}", statement.time_zone, statement.rules);
    let mut page = format!("{}\n{}\n\n", palette.paint(TITLE, &title), palette.paint(FAINT, &under));
    // All bills of a statement are made by the same rules.
    let shown =
        statement.supplies.iter().flat_map(|supply| &supply.agreements).find_map(|part| part.bill.shown);
    let unit = shown.map_or(Unit::Pounds, |shown| Unit::PenceTo(shown.pence));
    let mut table = Table::new(&[
        ("", Align::Left),
        ("kWh", Align::Right),
        (&format!("{} exc VAT", unit.name()), Align::Right),
        (unit.name(), Align::Right),
    ]);
    for supply in &statement.supplies {
        let sign = if supply.direction == Direction::Export { " (credit)" } else { "" };
        table.row([Cell::styled(format!("{}{sign}", supply.name), TITLE)]);
        for part in &supply.agreements {
            let bill = &part.bill;
            table.row([
                format!("  {}, {}", part.tariff, clock.period(bill.period)).into(),
                shown_kwh(bill.kwh, bill.shown).into(),
                unit.show(bill.net_minor).into(),
                unit.show(bill.total_minor).into(),
            ]);
            for line in &bill.lines {
                table.row([
                    Cell::styled(format!("    {}", line.description), FAINT),
                    Cell::styled(
                        line.kwh.map(|energy| shown_kwh(energy, bill.shown)).unwrap_or_default(),
                        FAINT,
                    ),
                    Cell::styled(unit.show(line.net_minor), FAINT),
                    "".into(),
                ]);
            }
            table.row([
                Cell::styled(format!("    {}", crate::output::bill::vat_name(bill)), FAINT),
                "".into(),
                "".into(),
                Cell::styled(unit.show(bill.vat_minor), FAINT),
            ]);
            for piece in bill.periods.iter().flatten() {
                table.row([
                    format!("    {}", piece.period.label).into(),
                    shown_kwh(piece.kwh, bill.shown).into(),
                    unit.show(piece.net_minor).into(),
                    unit.show(piece.total_minor).into(),
                ]);
            }
            if let Some(other) = part.bill.tariff_clock.filter(|clock| *clock != statement.time_zone) {
                table.row([Cell::styled(format!("    times of day by the clock of {other}"), FAINT)]);
            }
            for used in &bill.registers {
                table.row([Cell::styled(
                    format!("    {}", crate::output::bill::register(used, clock)),
                    FAINT,
                )]);
            }
            let left_out = bill.coverage.slots - bill.coverage.billed_slots;
            if left_out > 0 {
                table.row([Cell::styled(
                    format!("    {left_out} of {} slots left out", bill.coverage.slots),
                    WARNING,
                )]);
            }
        }
        for gap in &supply.without_agreement {
            table.row([Cell::styled(format!("  no agreement: {}", clock.period(*gap)), WARNING)]);
        }
    }
    table.rule();
    for (name, amount) in [
        ("Charges", statement.charges_minor),
        ("Credits", -statement.credits_minor),
        ("Total", statement.total_minor),
    ] {
        table.row([name.into(), "".into(), "".into(), unit.show(amount).into()]);
    }
    page.push_str(&table.render(palette));
    for supply in &statement.supplies {
        for part in &supply.agreements {
            for (what, spans) in [
                ("no reading", &part.bill.coverage.missing_consumption),
                ("no unit rate", &part.bill.coverage.missing_rates),
                ("no standing charge", &part.bill.missing_standing_charges),
            ] {
                page.push_str(&crate::output::bill::gaps(&format!("{}, {what}", supply.name), spans, clock));
            }
        }
    }
    for sentence in noticed(statement) {
        page.push_str(&palette.paint(FAINT, &format!("Note: {sentence}.")));
        page.push('\n');
    }
    page
}

fn csv(statement: &Statement) -> String {
    let mut csv =
        Csv::new(&["supply", "tariff", "from", "to", "kwh", "net_minor", "vat_minor", "total_minor"]);
    for supply in &statement.supplies {
        for part in &supply.agreements {
            let bill = &part.bill;
            let mut row = |span: Span, kwh: Energy, [net, vat, total]: [Money; 3]| {
                csv.row(&[
                    supply.name.clone(),
                    part.tariff.clone(),
                    instant_text(span.from()),
                    instant_text(span.to()),
                    kwh.to_string(),
                    net.to_string(),
                    vat.to_string(),
                    total.to_string(),
                ]);
            };
            match &bill.periods {
                None => row(bill.period, bill.kwh, [bill.net_minor, bill.vat_minor, bill.total_minor]),
                Some(pieces) => {
                    for piece in pieces {
                        let money = [piece.net_minor, piece.vat_minor, piece.total_minor];
                        row(piece.period.span, piece.kwh, money);
                    }
                }
            }
        }
    }
    csv.into_text()
}
