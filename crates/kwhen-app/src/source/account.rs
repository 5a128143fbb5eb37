//! An account as its file says it: supplies, their readings and agreements.

use super::gas::GasFile;
use super::happened::Happened;
use super::metered::{Read, Readings};
use super::{Source, Taking, definition, store};
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::words::{Metering, Pricing};
use kwhen::input::{Dispatches, Sessions};
use kwhen::layout::PrintedCosts;
use kwhen::tariff::{AgreementRow, Agreements, advances};
use kwhen::time::{Calendar, Span};
use serde::Deserialize;
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
    device_consumption: Option<PathBuf>,
    sessions: Option<PathBuf>,
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
pub struct Reading<'a> {
    /// How prices are read.
    pub pricing: &'a Pricing,
    /// How readings are.
    pub metering: &'a Metering,
    /// What is wanted of readings in the store; `None`: all.
    pub during: Option<Span>,
    /// What is said of them.
    pub taking: Taking,
}

impl Readings {
    /// Reads one of two files, and what it says that its readings cost.
    pub fn read(
        ctx: &Context,
        consumption: Option<&Path>,
        registers: Option<&Path>,
        digits: Option<u32>,
        calendar: &Calendar,
        reading: &Reading<'_>,
    ) -> Result<(Self, Vec<PrintedCosts>)> {
        match (consumption, registers) {
            (Some(path), None) => {
                ctx.used(&[Flag::Missing]);
                let source = Source::read(ctx, path)?;
                let source = match reading.during {
                    Some(span) => source.during(span),
                    None => source,
                };
                let source = source.taking(reading.taking);
                let (series, printed) = source.consumption_and_costs(reading.pricing, reading.metering)?;
                Ok((Self::Slots(series), printed))
            }
            (None, Some(path)) if store::holds(ctx, path) => {
                let point = path.to_string_lossy();
                let (readings, doubtful) = store::existing(ctx)?.register_readings(&point)?;
                if doubtful > 0 {
                    ctx.note(format!(
                        "{point}: {doubtful} register readings that the supplier holds back as doubtful are left out"
                    ));
                }
                let named = |error: kwhen::Error| error.in_source(point.as_ref());
                Ok((Self::Registers(advances(&readings, digits).map_err(named)?), Vec::new()))
            }
            (None, Some(path)) => {
                let source = Source::file(ctx, path)?;
                let named = |error: kwhen::Error| error.in_source(source.name());
                let readings = kwhen::input::register_readings(source.bytes(), calendar).map_err(named)?;
                Ok((Self::Registers(advances(&readings, digits).map_err(named)?), Vec::new()))
            }
            _ => Err(Failure::work("give either consumption or registers, and one of them")),
        }
    }
}

/// Reads the supplies of an account file.
pub fn supplies(ctx: &Context, file: &Path, calendar: &Calendar, reading: &Reading<'_>) -> Result<Vec<Read>> {
    let account: Account = definition::read(&Source::file(ctx, file)?)?;
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
            .map(|gas| gas.conversion(ctx, &beside, reading.metering).map_err(within))
            .transpose()?;
        let consumption = supply.consumption.as_deref().map(beside);
        let registers = supply.registers.as_deref().map(beside);
        let metered = Readings::read(
            ctx,
            consumption.as_deref(),
            registers.as_deref(),
            supply.register_digits,
            calendar,
            &Reading { taking: Taking { is_gas: gas.is_some(), ..reading.taking }, ..*reading },
        );
        let dispatches =
            supply.dispatches.as_deref().map(|path| dispatches(ctx, &beside(path), calendar)).transpose()?;
        let device = supply.device_consumption.as_deref().map(beside);
        let device =
            device.map(|path| Source::file(ctx, &path)?.consumption(reading.pricing, reading.metering));
        let sessions =
            supply.sessions.as_deref().map(|path| sessions(ctx, &beside(path), calendar)).transpose()?;
        let happened = Happened {
            dispatches: dispatches.unwrap_or_default(),
            device: device.transpose().map_err(within)?,
            sessions: sessions.unwrap_or_default(),
        };
        supplies.push(Read {
            metered: metered.map_err(within)?.0,
            agreements: Agreements::from_rows(&rows).map_err(place)?,
            gas,
            happened,
            name: supply.name,
        });
    }
    Ok(supplies)
}

/// From the first reading of any supply to the last.
pub fn whole(supplies: &[Read]) -> Result<Span> {
    let spans = supplies.iter().filter_map(|supply| supply.metered.span());
    let whole = spans.reduce(|a, b| Span::new(a.from().min(b.from()), a.to().max(b.to())).unwrap_or(a));
    whole.ok_or_else(|| Failure::work("the account has no supplies"))
}

/// Reads dispatches.
pub fn dispatches(ctx: &Context, path: &Path, calendar: &Calendar) -> Result<Dispatches> {
    let source = Source::file(ctx, path)?;
    Ok(kwhen::input::dispatches(source.bytes(), calendar).map_err(|error| error.in_source(source.name()))?)
}

/// Reads sessions.
///
/// # Errors
/// They cannot be read; the message names the file.
pub fn sessions(ctx: &Context, path: &Path, calendar: &Calendar) -> Result<Sessions> {
    let source = Source::file(ctx, path)?;
    kwhen::input::sessions(source.bytes(), calendar)
        .map_err(|error| Failure::from(error.in_source(source.name())))
}
