//! The series that is wanted of those that a file holds.

use super::channel::Channel;
use super::definition::Measure;
use super::said::{Said, TakenFor};
use crate::error::{Error, Result};
use crate::input::{PriceOptions, PriceRole};
use crate::series::VatBasis;

/// The series that is wanted of those in a file: by name, by the way that the energy goes, the preferred one; else an error that names all.
pub(super) fn pick(
    channels: Vec<Channel>,
    measure: Measure,
    role: Option<PriceRole>,
    said: &Said,
    taken: &mut TakenFor,
) -> Result<Vec<Channel>> {
    let names = |channels: &[Channel]| {
        channels.iter().map(|channel| channel.name.clone()).collect::<Vec<_>>().join(", ")
    };
    let all = names(&channels);
    let mut left: Vec<Channel> =
        channels.into_iter().filter(|channel| channel.unit.measure() == measure).collect();
    if left.is_empty() {
        let wanted = match measure {
            Measure::Reading => "readings",
            Measure::Rate => "unit rates",
            Measure::StandingCharge => "standing charges",
            Measure::Cost => "costs",
        };
        return Err(Error::syntax(format!("{} holds no {wanted}", taken_name(taken))).with_value(all));
    }
    if let Some(wanted) = &said.channel {
        let mut chosen = Vec::new();
        for name in wanted.split('+').map(str::trim) {
            let short = |channel: &Channel| {
                channel.name.eq_ignore_ascii_case(name)
                    || channel.name.rsplit(' ').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
            };
            let place = left.iter().position(short).ok_or_else(|| {
                Error::missing(format!("has no series of this name; it has {}", names(&left)))
                    .with_value(name)
            })?;
            chosen.push(left.remove(place));
        }
        return Ok(chosen);
    }
    if left.len() > 1 {
        let wanted = role.unwrap_or(PriceRole::Import);
        let of = |role: Option<PriceRole>, left: &[Channel]| {
            left.iter().filter(|channel| channel.role == role).count()
        };
        if of(Some(wanted), &left) > 0 {
            let others: Vec<Channel>;
            (left, others) = left.into_iter().partition(|channel| channel.role == Some(wanted));
            if role.is_none() && left.len() == 1 && !others.is_empty() {
                taken.guesses.push(format!(
                    "{} is read; there is {} too (--channel)",
                    names(&left),
                    names(&others)
                ));
            }
        } else if of(None, &left) > 0 {
            left.retain(|channel| channel.role.is_none());
        }
    }
    if left.len() > 1 && left.iter().filter(|channel| channel.preferred).count() == 1 {
        let others: Vec<Channel>;
        (left, others) = left.into_iter().partition(|channel| channel.preferred);
        taken.guesses.push(format!("{} is read; there is {} too (--channel)", names(&left), names(&others)));
    }
    // Two columns that say the same throughout are one.
    let is_same = |pair: &[Channel]| matches!(pair, [a, b] if a.unit == b.unit && a.cells == b.cells);
    if left.len() > 1 && left.windows(2).all(is_same) {
        left.truncate(1);
    }
    match left.as_slice() {
        [only] => {
            if let (Some(said), Some(wanted)) = (only.role, role)
                && said != wanted
                && measure == Measure::Rate
            {
                let (is, is_not) = match said {
                    PriceRole::Import => ("import", "export"),
                    PriceRole::Export => ("export", "import"),
                };
                return Err(Error::conflict(format!("says that it is of {is}, not of {is_not}"))
                    .with_value(&only.name));
            }
            Ok(left)
        }
        _ => Err(Error::conflict("holds several series; name the one that is wanted (--channel)")
            .with_value(names(&left))),
    }
}

fn taken_name(taken: &TakenFor) -> String {
    if taken.title.is_empty() { "the file".to_owned() } else { taken.title.clone() }
}

pub(super) fn one(mut channels: Vec<Channel>) -> Result<Channel> {
    match (channels.pop(), channels.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Error::unsupported("prices of several series are not summed; name one")),
    }
}

/// Says on what basis prices are taken where the file does not say it, and which way they go.
pub(super) fn note_tax(channel: &Channel, options: &PriceOptions, taken: &mut TakenFor) {
    if channel.vat.is_none() {
        let basis = match options.bare_price {
            VatBasis::Inclusive => "with VAT in them",
            VatBasis::Exclusive => "without VAT",
        };
        let role = match options.role.filter(|_| channel.role.is_none()) {
            Some(PriceRole::Import) => "for import, ",
            Some(PriceRole::Export) => "for export, ",
            None => "",
        };
        taken.guesses.push(format!("prices are taken {role}{basis} (--rate-vat says otherwise)"));
    }
}
