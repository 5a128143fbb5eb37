//! The same home under rates of other years.

use crate::answer::compare::ScenarioRates;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::definition;
use crate::words::Pricing;
use crate::words::selling::Selling;
use kwhen::UnitRate;
use kwhen::choice::{moved, with_rates};
use kwhen::tariff::{Tariff, UnitRates};
use kwhen::time::{Calendar, Span};
use std::path::Path;

/// Import tariffs, and export tariffs.
pub(super) type Both = (Vec<Tariff>, Vec<Tariff>);

/// That a tariff's unit rates can take the place of another's.
fn unit_rates_alone(source: &Tariff, tariff: &Tariff) -> std::result::Result<(), String> {
    if source.currency != tariff.currency {
        let (theirs, ours) = (source.currency.code(), tariff.currency.code());
        return Err(format!("its rates are in {theirs}, and {} is in {ours}", tariff.code));
    }
    if source.fuel != tariff.fuel || source.direction != tariff.direction {
        return Err(format!(
            "its rates are not for what {} is for: the same fuel, bought or sold",
            tariff.code
        ));
    }
    if source.energy_by_components || !source.components.is_empty() || source.device_rates.is_some() {
        return Err("prices energy by more than unit rates, which are all that is taken".to_owned());
    }
    Ok(())
}

/// Lays the rates of each `FILE`, or `CODE=FILE`, over tariffs.
pub(super) fn laid_over(
    ctx: &Context,
    (asked, at_most): (&[String], Option<UnitRate>),
    (pricing, selling): (&Pricing, &Selling),
    (tariffs, export_tariffs): (&[Tariff], &[Tariff]),
    (period, span, calendar): (Span, Span, &Calendar),
) -> Result<(Both, Vec<ScenarioRates>)> {
    let (mut tariffs, mut export_tariffs) = (tariffs.to_vec(), export_tariffs.to_vec());
    let mut told = Vec::with_capacity(asked.len());
    for argument in asked {
        let (code, file) = match argument.split_once('=') {
            Some((code, file)) if !Path::new(argument).exists() => (Some(code), file),
            _ => (None, argument.as_str()),
        };
        let within = |failure: Failure| failure.within(&format!("--scenario {argument}"));
        if file.contains(',') && !Path::new(file).exists() {
            return Err(within(Failure::usage(
                "name a file of rates alone: standing charges stay as the tariff has them",
            )));
        }
        let read =
            definition::tariffs(ctx, file, pricing, selling, calendar, Span::always()).map_err(within)?;
        let [source] = read.as_slice() else {
            return Err(within(Failure::usage(format!("holds {} tariffs: name a file of one", read.len()))));
        };
        let refused = |error: kwhen::Error| within(Failure::from(error));
        let meant = |tariff: &&Tariff| code.is_none_or(|code| tariff.code == code);
        if let Some(tariff) = tariffs.iter().chain(&export_tariffs).find(meant) {
            unit_rates_alone(source, tariff).map_err(|why| within(Failure::usage(why)))?;
        }
        // Rates that hold always are those of every year.
        let is_always = match &source.unit_rates {
            UnitRates::Schedule(_) => true,
            UnitRates::Series(series) => series.span() == Span::always(),
            UnitRates::Dated(_) => false,
        };
        let (rates, days) = if is_always && at_most.is_none() {
            (source.unit_rates.clone(), Vec::new())
        } else if is_always {
            return Err(within(Failure::usage(
                "--scenario-cap is for rates of other years, and these hold always",
            )));
        } else {
            let whole = match &source.unit_rates {
                UnitRates::Dated(parts) => match (parts.first(), parts.last()) {
                    (Some((first, _)), Some((last, _))) => {
                        Span::new(first.from(), last.to()).map_err(refused)?
                    }
                    _ => period,
                },
                UnitRates::Series(series) => series.span(),
                UnitRates::Schedule(_) => period,
            };
            let series = source.unit_rates.series(whole).map_err(refused)?;
            let (series, days) = moved(&series, (period, span), calendar, at_most).map_err(refused)?;
            (UnitRates::Series(series), days)
        };
        let is_export = code.is_some_and(|code| export_tariffs.iter().any(|tariff| tariff.code == code));
        let list = if is_export { &mut export_tariffs } else { &mut tariffs };
        let (replaced, codes) = with_rates(list, code, &rates, (period, calendar)).map_err(refused)?;
        *list = replaced;
        told.push(ScenarioRates { codes, file: file.to_owned(), days });
    }
    Ok(((tariffs, export_tariffs), told))
}
