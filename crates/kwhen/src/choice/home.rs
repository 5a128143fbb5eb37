//! Which offers a home can have, and whether it should move.

use super::cells::Offer;
use super::request::{ChoiceRequest, HomeDevice};
use super::terms::{Move, Stay, Terms};
use crate::error::{Error, Result};
use crate::quantity::Money;
use crate::tariff::{Conditions, Need, Tariff};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// What is known of the home when it is asked what it can have.
pub(super) struct Home<'a> {
    at: Option<DateTime<Utc>>,
    has: BTreeSet<Need>,
    has_all: bool,
    present: Option<(&'a str, Option<&'a str>)>,
}

impl<'a> Home<'a> {
    pub(super) fn of(request: &'a ChoiceRequest<'_>) -> Self {
        let mut has: BTreeSet<Need> = request.has.iter().copied().collect();
        has.extend(request.devices.iter().filter_map(HomeDevice::is_for));
        has.extend(request.solar.map(|_| Need::Solar));
        has.extend(request.export.map(|_| Need::Export));
        let code =
            |tariffs: &'a [Tariff], place: usize| tariffs.get(place).map(|tariff| tariff.code.as_str());
        let present = request.present.and_then(|(import, export)| {
            let export = code(request.export_tariffs, export).filter(|_| request.is_exporting);
            Some((code(request.tariffs, import)?, export))
        });
        Self { at: request.at, has, has_all: request.has_all, present }
    }

    /// The terms of an offer; `None` where nothing is known of any.
    pub(super) fn terms(&self, import: &Tariff, export: Option<&Tariff>) -> Option<Terms> {
        let both = || std::iter::once(import).chain(export);
        if both().all(|tariff| tariff.conditions == Conditions::default()) {
            return None;
        }
        let is_present =
            |code: &str| self.present.is_some_and(|(import, export)| code == import || export == Some(code));
        let unsold = |tariff: &&Tariff| self.at.is_some_and(|at| !tariff.conditions.is_sold(at));
        // What a home is on it meets.
        let needs: BTreeSet<Need> = both()
            .filter(|tariff| !is_present(&tariff.code))
            .flat_map(|tariff| tariff.conditions.needs.iter().copied())
            .filter(|need| !self.has.contains(need))
            .collect();
        let needs: Vec<Need> = needs.into_iter().collect();
        let (lacks, unsure) = if self.has_all { (needs, Vec::new()) } else { (Vec::new(), needs) };
        Some(Terms {
            sold_until: both().filter_map(|tariff| tariff.conditions.sold_until).min(),
            ends: import.conditions.ends,
            exit_fee_minor: import.conditions.exit_fee,
            withdrawn: both().any(|tariff| unsold(&tariff)),
            is_refused: both().any(|tariff| tariff.conditions.is_refused && !is_present(&tariff.code)),
            lacks,
            unsure,
            prices_of: both().filter_map(|tariff| tariff.conditions.prices_of).min(),
        })
    }

    /// Whether the home can have an offer: it is on it, or it is sold and the home is not known to lack what it needs.
    pub(super) fn can_have(&self, import: &Tariff, export: Option<&Tariff>) -> bool {
        let can_have = |tariff: &Tariff, present: Option<&str>| {
            let lacks =
                || tariff.conditions.needs.iter().any(|need| self.has_all && !self.has.contains(need));
            present == Some(&tariff.code)
                || self.at.is_none_or(|at| tariff.conditions.is_sold(at))
                    && !lacks()
                    && !tariff.conditions.is_refused
        };
        can_have(import, self.present.map(|(code, _)| code))
            && export.is_none_or(|export| can_have(export, self.present.and_then(|(_, code)| code)))
    }
}

/// Whether to move from an offer to the cheapest that the home can have.
pub(super) fn moving(request: &ChoiceRequest<'_>, now: &Offer, best: &Offer) -> Result<Move> {
    let beyond = || Error::out_of_range("a difference is beyond the range of p");
    let saves = now.chosen().cost_minor.checked_sub(best.chosen().cost_minor).ok_or_else(beyond)?;
    let of = |tariffs: &'_ [Tariff], code: &str| {
        tariffs.iter().find(|tariff| tariff.code == code).map(|tariff| tariff.conditions.clone())
    };
    let import = of(request.tariffs, &now.code).unwrap_or_default();
    let export =
        now.export_code.as_ref().and_then(|code| of(request.export_tariffs, code)).unwrap_or_default();
    // Each of the two tariffs has a fee of its own, and only what is left is paid for.
    let left = [(&import, now.code != best.code), (&export, now.export_code != best.export_code)];
    let left = || left.iter().filter(|(_, is_left)| *is_left).map(|(conditions, _)| *conditions);
    let ends = left().filter_map(|conditions| conditions.ends).max();
    let ends = ends.filter(|ends| request.at.is_none_or(|at| *ends > at));
    let fee = match request.exit_fee {
        Some(fee) => fee,
        None => Money::sum(left().map(|conditions| conditions.exit_fee_at(request.at)))?,
    };
    let is_best = (&now.code, &now.export_code) == (&best.code, &best.export_code);
    let seconds = |span: i64| i128::from(span.max(0));
    let until_end = ends.zip(request.at).map(|(ends, at)| {
        // What moving saves until the deal ends, at the pace of the span: without it leaving now is not worth its fee.
        let saved = saves.units().saturating_mul(seconds((ends - at).num_seconds()));
        saved <= fee.units().saturating_mul(seconds(request.period.seconds()))
    });
    let stay = match (is_best || saves <= Money::ZERO, until_end) {
        (true, _) => Some(Stay::Cheapest),
        (false, Some(true)) if !fee.is_zero() => Some(Stay::UntilEnd),
        (false, None) if saves <= fee => Some(Stay::ExitFee),
        _ => None,
    };
    let gone = |conditions: &Conditions| request.at.is_some_and(|at| conditions.is_withdrawn(at));
    let no_way_back = !is_best && left().any(gone);
    Ok(Move { saves_minor: saves.max(Money::ZERO), exit_fee_minor: fee, ends, no_way_back, stay })
}
