//! What is charged for energy on a stored bill, and for which meter point.

use crate::failure::Result;
use chrono::NaiveDate;
use kwhen::bill::reconcile::Printed;
use kwhen::quantity::Rounding;
use kwhen::tariff::{Direction, Fuel};
use kwhen::time::Span;
use kwhen::{Energy, Money};
use kwhen_fetch::store::{Store, StoredPoint};

/// What a charge is for: the beginning of a supply's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Import,
    Export,
    Gas,
    /// Its title names neither.
    Untold,
}

impl What {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
            Self::Gas => "gas",
            Self::Untold => "energy that it does not name",
        }
    }
}

/// A charge for energy.
#[derive(PartialEq)]
pub(super) struct Charge {
    pub(super) what: What,
    /// What it is called, where meter points may be named.
    pub(super) title: String,
    pub(super) from: NaiveDate,
    /// As it is written.
    pub(super) last: NaiveDate,
    pub(super) kwh: Option<Printed<Energy>>,
    pub(super) energy: Option<Printed<Money>>,
    pub(super) standing: Option<Printed<Money>>,
    pub(super) net: Option<Printed<Money>>,
    pub(super) tax: Option<Printed<Money>>,
    pub(super) gross: Option<Printed<Money>>,
}

/// What is known of the meter points of the stored account.
pub(super) struct Known<'a> {
    /// The names of those that are audited.
    pub(super) supplies: &'a [&'a str],
    /// All of the account, each with what it measures.
    pub(super) points: &'a [(What, String)],
    /// What a meter point used in a span, where its readings say it in kWh.
    pub(super) used: &'a dyn Fn(&str, Span) -> Option<Energy>,
}

/// Whose some charges are.
pub(super) enum Supplied {
    /// Of the supply of this name.
    Audited(String),
    /// Of one that is not billed here.
    NotBilled,
    /// Nothing tells of which of these meter points.
    Untold(Vec<String>),
}

impl Known<'_> {
    /// The charges of one kind and one span by the meter point that they are for: the only one there is, or the one that a charge names, or whose
    /// readings come to the kWh of the charge, or the only one that is left for the only charge that is.
    pub(super) fn sorted<'c>(
        &self,
        what: What,
        span: Span,
        charges: &[&'c Charge],
    ) -> Vec<(Supplied, Vec<&'c Charge>)> {
        let audited: Vec<&str> = self
            .supplies
            .iter()
            .copied()
            .filter(|name| name.split(' ').next() == Some(what.name()))
            .collect();
        let points: Vec<&str> =
            self.points.iter().filter(|(kind, _)| *kind == what).map(|(_, point)| point.as_str()).collect();
        let supplied = |point: &str| {
            let named = audited.iter().find(|name| name.split(' ').nth(1) == Some(point));
            named.map_or(Supplied::NotBilled, |name| Supplied::Audited((*name).to_owned()))
        };
        if points.len() < 2 {
            let supply =
                audited.first().map_or(Supplied::NotBilled, |name| Supplied::Audited((*name).to_owned()));
            return vec![(supply, charges.to_vec())];
        }
        let mut told: Vec<(&str, Vec<&'c Charge>)> =
            points.iter().map(|point| (*point, Vec::new())).collect();
        let mut unnamed: Vec<&'c Charge> = Vec::new();
        for charge in charges {
            match told.iter_mut().find(|(point, _)| charge.title.contains(point)) {
                Some((_, own)) => own.push(charge),
                None => unnamed.push(charge),
            }
        }
        // The kWh tell where they are those of one meter point alone.
        if !unnamed.is_empty() {
            let used: Vec<Option<Energy>> = points.iter().map(|point| (self.used)(point, span)).collect();
            for charge in std::mem::take(&mut unnamed) {
                let is_of = |place: &usize, fits: fn(Energy, Printed<Energy>) -> bool| {
                    let used = used.get(*place).copied().flatten();
                    used.zip(charge.kwh).is_some_and(|(used, stated)| fits(used, stated))
                };
                let told_by = |fits: fn(Energy, Printed<Energy>) -> bool| {
                    let mut places = (0..used.len()).filter(|place| is_of(place, fits));
                    places.next().filter(|_| places.next().is_none())
                };
                let place = told_by(is_so).or_else(|| told_by(is_near));
                match place.and_then(|place| told.get_mut(place)) {
                    Some((_, own)) => own.push(charge),
                    None => unnamed.push(charge),
                }
            }
        }
        // One charge and one meter point that has none.
        let mut without = told.iter_mut().filter(|(_, own)| own.is_empty());
        if let (Some((_, own)), None, [charge]) = (without.next(), without.next(), unnamed.as_slice()) {
            own.push(charge);
            unnamed.clear();
        }
        let told = told.into_iter().filter(|(_, own)| !own.is_empty());
        let mut sorted: Vec<_> = told.map(|(point, own)| (supplied(point), own)).collect();
        if !unnamed.is_empty() {
            let names = points.iter().map(|point| (*point).to_owned()).collect();
            sorted.push((Supplied::Untold(names), unnamed));
        }
        sorted
    }
}

/// Whether a figure is another one within a fiftieth: readings are rounded in more than one way before they are added up.
fn is_near(exact: Energy, stated: Printed<Energy>) -> bool {
    let off = (i128::from(exact.units()) - i128::from(stated.value.units())).abs();
    off * 50 <= i128::from(exact.units()).abs()
}

/// Whether a figure is another one as it is printed.
fn is_so(exact: Energy, stated: Printed<Energy>) -> bool {
    [Rounding::HalfUp, Rounding::HalfEven]
        .iter()
        .any(|rounding| exact.round(stated.places, *rounding) == stated.value)
}

/// The meter points of the stored accounts that have agreements.
pub(super) fn points(store: &Store) -> Result<Vec<(What, String)>> {
    let agreed = store.points()?.into_iter().filter(|point| !point.agreements.is_empty());
    let what = |point: StoredPoint| match (point.fuel, point.direction) {
        (Fuel::Gas, _) => (What::Gas, point.meter_point),
        (Fuel::Electricity, Some(Direction::Export)) => (What::Export, point.meter_point),
        (Fuel::Electricity, _) => (What::Import, point.meter_point),
    };
    Ok(agreed.map(what).collect())
}
