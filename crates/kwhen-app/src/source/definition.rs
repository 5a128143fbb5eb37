//! Definitions that people write: tariffs, billing rules, accounts; JSON or TOML.

use super::on_sale::{Offer, Offered};
use super::{Source, store};
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::words::selling::{SaidOfMoney, Selling};
use crate::words::{Pricing, RateVat};
use kwhen::bill::BillingRules;
use kwhen::names::did_you_mean;
use kwhen::tariff::{Customer, NightHours, Tariff, TariffDefinition, kraken_products};
use kwhen::time::{Calendar, Span};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::path::{Path, PathBuf};

/// Reads a definition: TOML, or JSON where it begins with a bracket.
pub fn read<T: DeserializeOwned>(source: &Source<'_>) -> Result<T> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::work(format!("{}: {}", source.name(), did_you_mean(&error.to_string())))
    };
    if is_json(source.bytes()) {
        return serde_json::from_slice(source.bytes()).map_err(|error| broken(&error));
    }
    let text = std::str::from_utf8(source.bytes()).map_err(|error| broken(&error))?;
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
        broken(&format!("line {}: {}", before.lines().count().max(1), error.message()))
    })
}

fn first_byte(bytes: &[u8]) -> Option<u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// Whether text is JSON: an object, or an array, which no bare word begins as it does a TOML table's name.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    let in_brackets = || bytes.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != b'[');
    match first_byte(bytes) {
        Some(b'{') => true,
        Some(b'[') => in_brackets().is_none_or(|byte| !byte.is_ascii_alphabetic()),
        _ => false,
    }
}

/// Whether text is TOML rather than CSV: its first line that is no comment sets a key or opens a table.
fn is_toml(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or_default()).into_owned();
    let line = head.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    !is_json(bytes)
        && line.is_some_and(|line| {
            line.starts_with('[') || line.split_once('=').is_some_and(|(key, _)| !key.contains(','))
        })
}

#[derive(Deserialize)]
struct Probe {
    code: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ProductProbe {
    #[serde(rename = "tariffs")]
    _tariffs: IgnoredAny,
}

/// Whether a file defines a tariff, in TOML or JSON.
pub fn defines_a_tariff(bytes: &[u8]) -> bool {
    is_toml(bytes)
        || first_byte(bytes) == Some(b'{')
            && serde_json::from_slice::<Probe>(bytes).is_ok_and(|probe| probe.code.is_some())
}

/// The tariff that a file defines.
pub fn defined(
    ctx: &Context,
    source: &Source<'_>,
    pricing: &Pricing,
    selling: &Selling,
    calendar: &Calendar,
) -> Result<Tariff> {
    of_definition(ctx, read(source)?, source.name(), (pricing, selling), calendar)
}

/// The tariff of a definition that stands in a file of this name.
fn of_definition(
    ctx: &Context,
    definition: TariffDefinition,
    name: &str,
    (pricing, selling): (&Pricing, &Selling),
    calendar: &Calendar,
) -> Result<Tariff> {
    let named = |error: kwhen::Error| Failure::from(error.in_source(name));
    let market = selling.spot().filter(|_| definition.goes_by_market());
    let market = market
        .map(|path| {
            ctx.used(&[Flag::Spot]);
            // The market knows no tax, whatever is said of other prices.
            let untaxed = Pricing { rate_vat: RateVat::Exc, ..pricing.clone() };
            Source::read(ctx, path)?.rates(&untaxed, calendar, None)
        })
        .transpose()?;
    let says = definition.said_customer();
    let own = SaidOfMoney { currency: definition.said_currency(), tax: definition.says_tax() };
    let tariff = definition.tariff_at(*calendar, market.as_ref()).map_err(named)?;
    let tariff = selling.beside(ctx, own).defined(tariff, name, own, calendar)?;
    let says = says.or_else(|| Customer::of_code(&tariff.code));
    selling.agreed(ctx, tariff, name, says)
}

/// The tariffs of an argument: a definition, Kraken's products payload, or a file of unit rates (`rates.csv`, or with standing
/// charges `rates.csv,standing.csv`), told from the content. A definition goes by the calendar's clock unless it names its own.
///
/// Of a tariff in the store, what holds somewhere in the span; a file is read whole.
pub fn tariffs(
    ctx: &Context,
    argument: &str,
    pricing: &Pricing,
    selling: &Selling,
    calendar: &Calendar,
    span: Span,
) -> Result<Vec<Tariff>> {
    let (file, standing) = match argument.split_once(',') {
        Some((file, standing)) if !Path::new(argument).exists() => (file, Some(standing)),
        _ => (argument, None),
    };
    let path = PathBuf::from(file);
    let source = Source::read(ctx, &path)?;
    let bytes = source.bytes();
    let named = |error: kwhen::Error| Failure::from(error.in_source(source.name()));
    if defines_a_tariff(bytes) {
        if let Some(standing) = standing {
            return Err(Failure::usage(format!(
                "{argument}: {file} defines its standing charge itself; {standing} goes with a file of unit rates"
            )));
        }
        return Ok(vec![defined(ctx, &source, pricing, selling, calendar)?]);
    }
    if first_byte(bytes) == Some(b'[')
        && serde_json::from_slice::<Vec<ProductProbe>>(bytes).is_ok_and(|products| !products.is_empty())
    {
        let NightHours { clock, from, to } = pricing.night_hours();
        if let Some(standing) = standing {
            return Err(Failure::usage(format!(
                "{argument}: {file} has the standing charges of its products; {standing} goes with a file of unit rates"
            )));
        }
        let tariffs = kraken_products(bytes, *calendar, Some((clock, from, to))).map_err(named)?;
        if tariffs.iter().any(|tariff| !tariff.unit_rates.bands().is_empty()) {
            ctx.used(&[Flag::NightHours]);
        }
        let agreed = |tariff: Tariff| {
            let says = Some(tariff.customer);
            let who = format!("{}: the product of {}", source.name(), tariff.code);
            selling.agreed(ctx, selling.placed(tariff, calendar), &who, says)
        };
        return tariffs.into_iter().map(agreed).collect();
    }
    if let Some(offered) = Offered::of(bytes) {
        if let Some(standing) = standing {
            return Err(Failure::usage(format!(
                "{argument}: {file} has the standing charges of its tariffs; {standing} goes with a file of unit rates"
            )));
        }
        let mut priced = Vec::new();
        for offer in offered.offers(source.name())? {
            match offer {
                Offer::Defined(definition) => {
                    priced.push(of_definition(
                        ctx,
                        *definition,
                        source.name(),
                        (pricing, selling),
                        calendar,
                    )?);
                }
                Offer::Stored(code) => {
                    let role = store::Role { direction: None, customer: selling.customer() };
                    match store::tariff(ctx, &code, pricing, span, &role) {
                        Ok(tariff) => {
                            selling.concerns(ctx, &tariff);
                            priced.push(selling.placed(tariff, calendar));
                        }
                        // The others of the list are compared without it.
                        Err(failure) => ctx.note(format!(
                            "{}: {code} is left out: its prices are not in the list, and of the store: {failure}",
                            source.name()
                        )),
                    }
                }
            }
        }
        if priced.is_empty() {
            return Err(Failure::work(format!("{}: no tariff of the list has prices", source.name())));
        }
        return Ok(priced);
    }
    let standing = standing
        .map(|standing| {
            Source::read(ctx, Path::new(standing))?.during(span).standing_charges(pricing, calendar)
        })
        .transpose()?;
    if source.is_stored() {
        // The store has a tariff's standing charges under the same name.
        let role = store::Role { direction: None, customer: selling.customer() };
        let tariff = store::tariff(ctx, file, pricing, span, &role)?;
        selling.concerns(ctx, &tariff);
        let tariff = selling.placed(tariff, calendar);
        return Ok(vec![Tariff { standing_charges: standing.or(tariff.standing_charges), ..tariff }]);
    }
    let rates = source.rates(pricing, calendar, None)?;
    let code = path.file_stem().map_or_else(|| file.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let tariff = selling.placed(Tariff::from_series(code, rates, standing), calendar);
    Ok(vec![selling.of_code(ctx, tariff)?])
}

/// Rules by the name of a preset, or from a file.
pub fn rules(ctx: &Context, argument: &str) -> Result<BillingRules> {
    match BillingRules::named(argument) {
        Ok(rules) => Ok(rules),
        Err(_) if Path::new(argument).is_file() => read(&Source::file(ctx, Path::new(argument))?),
        Err(error) => Err(Failure::usage(format!("--rules: {error}; or name a file (TOML or JSON)"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_is_told_from_csv_and_json() {
        assert!(is_toml(b"# a tariff\n\ncode = \"GO\"\n"));
        assert!(
            is_toml(b"[[bands]]\n")
                && !is_json(b"\n[[bands]]\n")
                && !is_json(b"code = 1")
                && is_json(b" [1]")
        );
        assert!(!is_toml(b"start,rate\n2026-01-01T00:00:00Z,1\n"));
        assert!(!is_toml(b"{\"code\": \"a=b\"}"));
        assert!(!is_toml(b""));
    }
}
