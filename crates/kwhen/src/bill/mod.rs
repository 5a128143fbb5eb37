//! Bills: energy, standing charges and VAT over any period, with what could not be billed.
//!
//! ```
//! use kwhen::bill::{Bill, BillRequest, BillingRules};
//! use kwhen::series::{Consumption, Prices, RateSeries, StandingCharges};
//! use kwhen::tariff::{Customer, Direction, Fuel, VatTable};
//! use kwhen::time::{Calendar, Grid, SlotLength};
//!
//! let gb = Calendar::great_britain();
//! let day = gb.day("2026-03-29".parse().unwrap())?; // the clocks go forward: 46 half-hours
//! let consumption = Consumption::constant(Grid::covering(day, SlotLength::HALF_HOUR)?, "0.5".parse()?);
//! let rates = RateSeries::flat(Prices::Exclusive("20".parse()?));
//! let standing = StandingCharges::flat(Prices::Exclusive("45".parse()?));
//! let bill = Bill::new(&BillRequest::new(&consumption, &rates, day).standing_charges(&standing))?;
//! assert_eq!(bill.net_minor.to_string(), "505"); // 23 kWh at 20 p, one day at 45 p
//! assert_eq!(bill.vat_minor.to_string(), "25.25");
//! # Ok::<(), kwhen::Error>(())
//! ```

pub mod audit;
mod capacity;
mod charges;
pub mod compare;
mod engine;
mod events;
pub mod export;
mod free;
mod lines;
mod missing;
mod netting;
mod portions;
mod priced;
mod printed;
pub mod reconcile;
mod register;
mod request;
mod rules;
mod statement;
pub(crate) mod totals;
mod working;

use crate::error::{Error, Result};
use crate::quantity::{Currency, Energy, Money};
use crate::series::{Consumption, Coverage, Notice, RateSeries, StandingCharges, VatBasis};
use crate::tariff::{Component, ComponentTax, Counts};
use crate::time::{Span, TZDB_VERSION};
use charges::Charged;
use engine::{Engine, Join};
pub use events::{AllowanceUse, CountedOtherwise, DeviceUse, Events, FreeHours};
pub use lines::{BillLine, BillPeriod, LineKind, LinePrice};
pub(crate) use missing::filled;
pub use missing::{Estimates, MissingReadings};
use netting::{Flows, Netted};
use priced::Priced;
pub use printed::PrintedCheck;
pub use register::RegisterUse;
use request::rates_in_slots;
pub use request::{BetweenReadings, BillOptions, BillRequest, Grouping};
pub use rules::{BillingRules, RoundTo, Shown, VatOn};
use serde::{Serialize, Serializer};
pub use statement::{AgreementBill, Metered, Projection, Statement, Supply, SupplyStatement};
use totals::Settled;
pub use totals::TaxWorking;
pub use working::{LineWorking, Term, Working};

/// A bill. Money is in minor units of its currency; `net` is without VAT, `total` with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bill {
    /// What was asked for.
    #[serde(flatten)]
    pub period: Span,
    /// The zone that days were counted in.
    pub time_zone: &'static str,
    /// The clock that the tariff's times of day go by, if it has any: a zone, or `UTC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff_clock: Option<&'static str>,
    /// What it is paid in: an ISO 4217 code.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is: 2 for pence, 0 for yen.
    pub minor_digits: u8,
    /// The rules' name.
    pub rules: String,
    /// The tax as people call it where it is charged.
    #[serde(skip_serializing_if = "is_vat")]
    pub tax_name: String,
    /// Decimals that the rules show its figures with; `None`: all. The figures here have every digit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The version of the time zone tables.
    pub tzdb: &'static str,
    /// The energy that was billed.
    pub kwh: Energy,
    /// Without VAT.
    pub net_minor: Money,
    /// The VAT.
    pub vat_minor: Money,
    /// What is to pay.
    pub total_minor: Money,
    /// What could be billed and what is missing.
    pub coverage: Coverage,
    /// Slots that the file of readings leaves out since nothing was used in them: billed as no energy, and no gaps.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub left_out_slots: usize,
    /// Slots in which the rate changes and whose energy was shared out between the rates, evenly over the slot's time.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub shared_slots: usize,
    /// Slots in which the rate changes and that were priced at the mean of its rates, weighted by time.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub mean_rate_slots: usize,
    /// What of it is estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimates: Option<Estimates>,
    /// What a car with prices of its own drew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceUse>,
    /// How much of what was dispatched is cheap, where it is so many hours a day alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowance: Option<AllowanceUse>,
    /// Where a standing charge was asked for and none is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_standing_charges: Vec<Span>,
    /// The register readings that it rests on; none where it rests on readings slot by slot, and `coverage` then counts slots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registers: Vec<RegisterUse>,
    /// The lines; their sum is `net_minor`.
    pub lines: Vec<BillLine>,
    /// The pieces that were asked for; their sums are the bill's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periods: Option<Vec<BillPeriod>>,
    /// How it was worked, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working: Option<Box<Working>>,
    /// What was repaired in the input.
    #[serde(serialize_with = "as_sentences", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub notices: Vec<Notice>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_none_at_all(count: &usize) -> bool {
    *count == 0
}

fn is_vat(name: &str) -> bool {
    name == "VAT"
}

fn as_sentences<S: Serializer>(notices: &[Notice], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(notices.iter().map(Notice::to_string))
}

impl Bill {
    /// Makes the bill. A slot that lacks a reading or a rate is left out and named in the coverage.
    ///
    /// An error where nothing at all of the period can be billed, where a rate changes inside a slot that is not to be shared out, and
    /// beyond the range of a quantity.
    pub fn new(request: &BillRequest<'_>) -> Result<Self> {
        one_clock(request)?;
        let counted = (request.period, counted_span(request, |_| true)?);
        let filled = missing::fill(request.consumption, counted, request.missing, &request.calendar)?;
        let known = filled.as_ref().map_or(request.consumption, |filled| &filled.consumption);
        let apart = request.device.as_ref().map(|device| device.apart(known, request.period)).transpose()?;
        let known = apart.as_ref().map_or(known, |apart| &apart.home);
        let rounded = request.rules.reading.map(|to| known.rounded(to.places, to.rounding));
        let readings = rounded.as_ref().unwrap_or(known);
        let (rates, means) = rates_in_slots(request.rate_in_slot, readings, request.rates)?;
        let netted = netted(request, readings, &rates)?;
        let flows = Flows { whole_import: readings, netted: netted.as_ref() };
        let readings = flows.counted(Counts::Import)?;
        let merged = request.between_readings.merge(readings, &rates)?;
        let coverage = merged.coverage(request.period)?;
        if coverage.billed_slots == 0 {
            return Err(nothing_to_bill(request));
        }
        let estimated = filled.as_ref().map(|filled| &filled.estimated);
        let billed = merged.grid().slots_starting_in(request.period);
        let mean_rate_slots =
            means.iter().filter(|slot| billed.contains(slot) && readings.get(**slot).is_some()).count();
        let shared_slots = merged.shared_slots(merged.grid().slots_starting_in(request.period));
        let charged = Charged::new(request, flows, estimated.is_none())?;
        let mut joins = Vec::with_capacity(1 + charged.prices.len());
        joins.push(Join {
            priced: Priced::Merged(merged),
            basis: billed_basis(request.rates),
            name: "Energy",
            kind: LineKind::Energy,
            span: request.period,
            tax: ComponentTax::OfTariff,
        });
        charged.join(request, &mut joins)?;
        let drawn = apart.as_ref().map(|apart| {
            request
                .rules
                .reading
                .map_or_else(|| apart.device.clone(), |to| apart.device.rounded(to.places, to.rounding))
        });
        if let (Some(device), Some(drawn)) = (&request.device, &drawn) {
            joins.push(device_join(request, drawn, &device.rates)?);
        }
        let energy_by_components = request.energy_by_components;
        let mut engine =
            Engine { request, joins: &joins, posted: &charged.posted, estimated, energy_by_components };
        let lost = charged.floors(&engine)?;
        let with_lost: Vec<_>;
        if !lost.is_empty() {
            with_lost = charged.posted.iter().cloned().chain(lost).collect();
            engine.posted = &with_lost;
        }
        let freed = free::credits(request.free_hours, &engine)?;
        let with_freed: Vec<_>;
        if !freed.is_empty() {
            with_freed = engine.posted.iter().cloned().chain(freed).collect();
            engine.posted = &with_freed;
        }
        let raised = charged.minimums(&engine)?;
        let posted: Vec<_>;
        if !raised.is_empty() {
            posted = engine.posted.iter().cloned().chain(raised).collect();
            engine.posted = &posted;
        }
        let mut ledger = engine.ledger()?;
        let empty = request.grouping.map(|grouping| (grouping, ledger.clone()));
        engine.accrue(&mut ledger, request.period)?;
        let working = request.working.then(|| engine.working(&ledger, known)).transpose()?;
        let Settled { net: net_minor, vat: vat_minor, .. } = ledger.settle(&request.rules)?;
        let notices = request.rates.notices().iter().chain(request.consumption.notices());
        let standing_notices = request.standing_charges.map_or(&[][..], StandingCharges::notices);
        Ok(Self {
            period: request.period,
            time_zone: request.calendar.name(),
            tariff_clock: None,
            currency: request.currency,
            minor_digits: request.currency.minor_digits(),
            rules: request.rules.name.clone(),
            tax_name: "VAT".into(),
            shown: request.rules.shown,
            tzdb: TZDB_VERSION,
            kwh: ledger.energy()?,
            net_minor,
            vat_minor,
            total_minor: Money::sum([net_minor, vat_minor])?,
            coverage,
            left_out_slots: request.consumption.left_out_in(request.period),
            shared_slots,
            mean_rate_slots,
            estimates: filled.as_ref().map(|filled| filled.estimates.clone()),
            device: apart.as_ref().map(|apart| apart.used),
            allowance: None,
            missing_standing_charges: missing_standing_charges(request.standing_charges, request.period),
            registers: Vec::new(),
            lines: ledger.lines(&request.rules, request.period)?,
            periods: empty.map(|(grouping, empty)| engine.periods(grouping, empty)).transpose()?,
            working: working.map(Box::new),
            notices: notices
                .chain(standing_notices)
                .filter(|notice| notice.concerns(request.period))
                .copied()
                .collect(),
        })
    }
}

/// What the car drew, at prices of its own.
fn device_join<'a>(
    request: &BillRequest<'_>,
    drawn: &'a Consumption,
    rates: &'a RateSeries,
) -> Result<Join<'a>> {
    let basis = billed_basis(rates);
    let beside = [
        (!request.levies.is_empty(), "levies"),
        (!request.components.is_empty(), "components"),
        (request.exported.is_some(), "exported energy"),
        (basis != billed_basis(request.rates), "prices of the home of which VAT is known otherwise"),
    ];
    if let Some((_, what)) = beside.iter().find(|(is, _)| *is) {
        return Err(Error::unsupported(format!("has prices of its own for the car beside {what}")));
    }
    let merged = request.between_readings.merge(drawn, rates)?;
    if let Some(missing) = merged.missing_rates(request.period)?.first() {
        return Err(Error::missing(format!("has no price of the car's energy from {missing}")));
    }
    Ok(Join {
        priced: Priced::Merged(merged),
        basis,
        name: "Energy of the car",
        kind: LineKind::Energy,
        span: request.period,
        tax: ComponentTax::OfTariff,
    })
}

/// Imported and exported energy, set off against each other where that is asked for; `None` where none is exported.
fn netted(request: &BillRequest<'_>, readings: &Consumption, rates: &RateSeries) -> Result<Option<Netted>> {
    let Some(exported) = request.exported else {
        return match request.netting {
            None => Ok(None),
            Some(_) => Err(Error::missing(
                "sets exported energy off against imported energy: give its readings (--export-consumption FILE)",
            )
            .in_field("netting")),
        };
    };
    let sold = request.netting.is_some();
    let counted = counted_span(request, |component| sold || component.counts.is_export())?;
    let exported = netting::exported_on(exported, readings.grid(), counted, readings)?;
    let Some(rules) = request.netting else {
        let (import, export) = (readings.clone(), exported.clone());
        return Ok(Some(Netted { import, export, whole_export: exported }));
    };
    let both = (readings, &exported);
    let (import, export) =
        netting::net(rules, both, (rates, billed_basis(rates)), counted, &request.calendar)?;
    Ok(Some(Netted { import, export, whole_export: exported }))
}

/// The bill's period, from where the first part of energy that such components price began to be counted: a month's tiers go by what was
/// bought before the bill too.
fn counted_span(request: &BillRequest<'_>, concerned: impl Fn(&Component) -> bool) -> Result<Span> {
    let concerned = request.components.iter().filter(|component| concerned(component));
    let from = portions::counted_from(concerned, request.period, &request.calendar)?;
    Span::new(from, request.period.to())
}

/// Without VAT where that is known: VAT then goes by date and not by what the source printed.
pub(crate) const fn billed_basis(rates: &RateSeries) -> VatBasis {
    if rates.has(VatBasis::Exclusive) { VatBasis::Exclusive } else { VatBasis::Inclusive }
}

/// Days and months are counted on one clock: an error where a tariff counts them on another than the bill.
fn one_clock(request: &BillRequest<'_>) -> Result<()> {
    let goes_by_days = |component: &&Component| component.goes_by_days();
    let (Some(own), Some(component)) =
        (request.tariff_calendar, request.components.iter().find(goes_by_days))
    else {
        return Ok(());
    };
    if own == request.calendar {
        return Ok(());
    }
    Err(Error::conflict(format!(
        "counts days and months on the clock of {}, and the bill on that of {}: give --time-zone {0}",
        own.name(),
        request.calendar.name()
    ))
    .in_field("time_zone")
    .in_source(&component.name))
}

fn nothing_to_bill(request: &BillRequest<'_>) -> Error {
    let readings = request.consumption.grid().span().map_or_else(|| "none".into(), |span| span.to_string());
    Error::missing(format!(
        "nothing from {} can be billed: no slot of it has both a reading and a rate; readings: {readings}; rates: {}",
        request.period,
        request.rates.span()
    ))
}

/// Where of a period no standing charge is known, if there are any at all.
fn missing_standing_charges(charges: Option<&StandingCharges>, period: Span) -> Vec<Span> {
    let Some(charges) = charges else { return Vec::new() };
    let mut missing = Vec::new();
    let mut from = period.from();
    for part in charges.intervals().iter().filter_map(|interval| interval.span.intersection(period)) {
        missing.extend(Span::between(from, part.from()));
        from = part.to();
    }
    missing.extend(Span::between(from, period.to()));
    missing
}

#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod tests;
