//! An account's statement: import, export and gas together, each billed agreement by agreement.

use super::events::{AllowanceUse, CountedOtherwise, DeviceRequest, Events};
use super::{Bill, BillOptions, BillRequest, Grouping, portions};
use crate::error::{Error, Result};
use crate::quantity::{Currency, Energy, Money, Rounding, divide};
use crate::series::{Consumption, Coverage};
use crate::tariff::{
    Advance, Agreements, Allowed, Clock, Direction, DispatchCount, Fuel, GasConversion, Tariff, check_lengths,
};
use crate::time::{Calendar, Grid, Period, PeriodKind, Span, TZDB_VERSION};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::borrow::Cow;

impl Tariff {
    /// The bill of a period under this tariff. `dispatches` are half-hours that its dispatch price is laid over.
    ///
    /// An error where it [counts exported energy](Self::counts_export): see [`bill_both`](Self::bill_both).
    pub fn bill(
        &self,
        consumption: &Consumption,
        period: Span,
        dispatches: &[Span],
        options: &BillOptions,
    ) -> Result<Bill> {
        self.bill_both(consumption, None, period, dispatches, options)
    }

    /// The bill of a period with exported energy beside the imported, for tariffs that set one off against the other or pay for it.
    pub fn bill_both(
        &self,
        consumption: &Consumption,
        exported: Option<&Consumption>,
        period: Span,
        dispatches: &[Span],
        options: &BillOptions,
    ) -> Result<Bill> {
        self.bill_with(consumption, exported, period, Events::dispatched(dispatches), options)
    }

    /// The bill of a period with all that happened beside what the meter read: dispatches, of which so many hours a day may be cheap, what
    /// a car drew that has prices of its own, hours that are free.
    ///
    /// An error where the tariff has prices for the car and its readings are not given, or lack a dispatched half-hour.
    pub fn bill_with(
        &self,
        consumption: &Consumption,
        exported: Option<&Consumption>,
        period: Span,
        events: Events<'_>,
        options: &BillOptions,
    ) -> Result<Bill> {
        self.vat().check(period)?;
        check_lengths(events.dispatches)?;
        check_lengths(events.asked_for)?;
        let count = options.dispatch_count;
        let allowed = self.allowed(events.dispatches, count, &options.calendar)?;
        let bill =
            |allowed: &Allowed| self.bill_of(consumption, exported, period, (events, allowed), options);
        let mut billed = bill(&allowed)?;
        let is_dispatched = events.dispatches.iter().any(|one| one.intersection(period).is_some());
        if let Some(allowance) = self.allowance.filter(|_| is_dispatched) {
            let otherwise = self.allowed(events.dispatches, count.other(), &options.calendar)?;
            let other = if otherwise == allowed { billed.clone() } else { bill(&otherwise)? };
            let of = allowance_use(allowance.hours, count, (&billed, &allowed), (&other, &otherwise))?;
            billed.allowance = Some(of);
        }
        Ok(billed)
    }

    /// The bill with those half-hours cheap that are allowed.
    fn bill_of(
        &self,
        consumption: &Consumption,
        exported: Option<&Consumption>,
        period: Span,
        (events, allowed): (Events<'_>, &Allowed),
        options: &BillOptions,
    ) -> Result<Bill> {
        let rates = self.rate_series(period, &allowed.cheap)?;
        let device = match (&self.device_rates, events.device) {
            (None, None) => None,
            (Some(rates), Some(consumption)) => Some(DeviceRequest {
                consumption,
                rates: rates.series(period, &allowed.cheap)?,
                dispatched: events.dispatches.iter().chain(events.asked_for).copied().collect(),
            }),
            (Some(_), None) => {
                return Err(Error::missing(
                    "has prices of its own for the car: give what the car drew (--device-consumption FILE)",
                )
                .with_value(&self.code)
                .in_field("device-consumption"));
            }
            (None, Some(_)) => {
                return Err(Error::conflict(
                    "has one price for all energy, whatever the car drew: --device-consumption is of no use",
                )
                .with_value(&self.code)
                .in_field("device-consumption"));
            }
        };
        if self.direction == Direction::Export && !events.free_hours.is_empty() {
            return Err(Error::conflict(
                "pays for what is exported, which no session makes free: leave sessions out",
            )
            .with_value(&self.code)
            .in_field("sessions"));
        }
        let request = BillRequest::new(consumption, &rates, period).under(self).exported(exported);
        let request = request.device(device).free_hours(events.free_hours).options(options);
        let mut bill = Bill::new(&request)?;
        bill.notices.extend(self.tax_notice(period));
        let tax_name = self.taxes.name().to_owned();
        Ok(Bill { tariff_clock: self.clock().map(Clock::name), tax_name, ..bill })
    }
}

impl Tariff {
    /// When the first part of energy that a bill of a period prices began to be counted: a month's tiers go by what was used before the bill
    /// too. The period's beginning where there are none.
    pub fn counted_from(&self, period: Span, calendar: &Calendar) -> Result<DateTime<Utc>> {
        portions::counted_from(self.components.iter(), period, calendar)
    }
}

/// Of a bill whose allowed half-hours these are, beside the bill that is counted otherwise.
fn allowance_use(
    hours: u8,
    counted: DispatchCount,
    (bill, allowed): (&Bill, &Allowed),
    (other, allowed_otherwise): (&Bill, &Allowed),
) -> Result<AllowanceUse> {
    let within = |spans: &[Span]| spans.iter().filter(|slot| bill.period.contains(slot.from())).count();
    Ok(AllowanceUse {
        hours,
        counted,
        cheap_slots: within(&allowed.cheap),
        beyond_slots: within(&allowed.beyond),
        otherwise: CountedOtherwise {
            counted: counted.other(),
            cheap_slots: within(&allowed_otherwise.cheap),
            beyond_slots: within(&allowed_otherwise.beyond),
            total_minor: other.total_minor,
            difference_minor: Money::sum([other.total_minor, -bill.total_minor])?,
        },
    })
}

/// What a meter tells.
#[derive(Clone, Copy, Debug)]
pub enum Metered<'a> {
    /// Energy slot by slot.
    Slots(&'a Consumption),
    /// What registers counted between readings. An agreement's change needs a reading, or [`BetweenReadings::ByTime`](super::BetweenReadings::ByTime).
    Registers(&'a [Advance]),
}

/// One meter point of an account.
#[derive(Clone, Debug)]
pub struct Supply<'a> {
    /// Its name on the statement: an MPAN, an MPRN, `import`.
    pub name: String,
    /// Metered energy; for gas in the unit that `gas` names.
    pub metered: Metered<'a>,
    /// Which tariff holds when.
    pub agreements: &'a Agreements,
    /// How gas becomes kWh; needed for gas, and for gas alone.
    pub gas: Option<&'a GasConversion>,
    /// What happened beside: dispatches, what the car drew, hours that are free.
    pub events: Events<'a>,
}

impl BillOptions {
    /// The parts of a period that a working goes by: local days, or slots where the bill's pieces are slots.
    fn working_parts(&self, grid: &Grid, period: Span) -> Result<Vec<Period>> {
        if self.grouping != Some(Grouping::Slots) || self.rules.day_energy.is_some() {
            return self.calendar.cut(PeriodKind::Day, period);
        }
        let slots = grid.extended_over(period)?.slots();
        let part = |span: Span| {
            let label = self.calendar.local_text(span.from());
            Some(Period { span: span.intersection(period)?, label })
        };
        Ok(slots.filter_map(|slot| part(slot.span)).collect())
    }
}

impl Bill {
    /// Says of a bill of gas that says how it was worked how the volumes became kWh: those of its period, of a conversion over
    /// `statement`, the period that mean calorific values are of.
    ///
    /// # Errors
    /// A calorific value is not known.
    pub fn with_gas(
        self,
        volumes: Metered<'_>,
        gas: &GasConversion,
        statement: Span,
        options: &BillOptions,
    ) -> Result<Self> {
        let Some(mut working) = self.working else { return Ok(self) };
        working.gas = match volumes {
            Metered::Slots(volumes) => {
                let parts = options.working_parts(volumes.grid(), self.period)?;
                gas.steps(volumes, statement, &parts, &options.calendar)?
            }
            Metered::Registers(advances) => gas.advance_steps(advances, self.period, &options.calendar)?,
        };
        Ok(Self { working: Some(working), ..self })
    }
}

/// A statement. Money is in pence; credits for export are taken off.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// What was asked for.
    #[serde(flatten)]
    pub period: Span,
    /// The zone that days were counted in.
    pub time_zone: &'static str,
    /// The rules' name.
    pub rules: String,
    /// The version of the time zone tables.
    pub tzdb: &'static str,
    /// What it is paid in: an ISO 4217 code.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is.
    pub minor_digits: u8,
    /// Charges with VAT.
    pub charges_minor: Money,
    /// Credits for export.
    pub credits_minor: Money,
    /// Charges less credits.
    pub total_minor: Money,
    /// Meter point by meter point.
    pub supplies: Vec<SupplyStatement>,
}

/// What one meter point comes to.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SupplyStatement {
    /// Its name.
    pub name: String,
    /// What it delivers.
    pub fuel: Fuel,
    /// Which way.
    pub direction: Direction,
    /// The sum of its bills.
    pub total_minor: Money,
    /// Its bills, one for each agreement, in order.
    pub agreements: Vec<AgreementBill>,
    /// Where no agreement is in force.
    pub without_agreement: Vec<Span>,
}

/// The bill of one agreement.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgreementBill {
    /// The tariff.
    pub tariff: String,
    /// Its bill.
    #[serde(flatten)]
    pub bill: Bill,
}

impl Statement {
    /// Makes the statement of a period. `tariffs` are found by the names that the agreements have.
    ///
    /// An error where a tariff is not among them, where gas comes without what its readings count, where the tariffs of one meter point are of different fuels or directions, and where
    /// an agreement of the period has nothing at all that could be billed.
    pub fn new(
        period: Span,
        supplies: &[Supply<'_>],
        tariffs: &[Tariff],
        options: &BillOptions,
    ) -> Result<Self> {
        let agreed = |supply: &Supply<'_>| {
            let names: Vec<_> =
                supply.agreements.within(period).into_iter().map(|agreed| agreed.tariff).collect();
            tariffs.iter().filter(move |tariff| names.contains(&tariff.code))
        };
        let currency = Tariff::one_currency(supplies.iter().flat_map(agreed))?;
        let supplies = supplies.iter().map(|supply| {
            supply_statement(period, supply, tariffs, options).map_err(|error| error.in_source(&supply.name))
        });
        let supplies = supplies.collect::<Result<Vec<_>>>()?;
        let sum = |direction| {
            Money::sum(
                supplies
                    .iter()
                    .filter(|supply| supply.direction == direction)
                    .map(|supply| supply.total_minor),
            )
        };
        let (charges_minor, credits_minor) = (sum(Direction::Import)?, sum(Direction::Export)?);
        Ok(Self {
            period,
            time_zone: options.calendar.name(),
            rules: options.rules.name.clone(),
            tzdb: TZDB_VERSION,
            currency,
            minor_digits: currency.minor_digits(),
            charges_minor,
            credits_minor,
            total_minor: Money::sum([charges_minor, -credits_minor])?,
            supplies,
        })
    }
}

/// What was metered, in kWh.
enum Owned<'a> {
    Slots(Cow<'a, Consumption>),
    Registers(Cow<'a, [Advance]>),
}

fn supply_statement(
    period: Span,
    supply: &Supply<'_>,
    tariffs: &[Tariff],
    options: &BillOptions,
) -> Result<SupplyStatement> {
    let mut bills = Vec::new();
    let mut kind: Option<(Fuel, Direction)> = None;
    let mut metered: Option<Owned<'_>> = None;
    for agreement in supply.agreements.within(period) {
        let tariff = tariffs.iter().find(|tariff| tariff.code == agreement.tariff).ok_or_else(|| {
            Error::missing("no tariff of this name was given")
                .with_value(&agreement.tariff)
                .in_field("tariff")
        })?;
        let this = (tariff.fuel, tariff.direction);
        if *kind.get_or_insert(this) != this {
            return Err(Error::conflict("is of another fuel or direction than the tariff before it")
                .with_value(&tariff.code));
        }
        let in_kwh = match metered.take() {
            Some(known) => known,
            None => match supply.metered {
                Metered::Slots(volumes) => {
                    Owned::Slots(tariff.in_kwh(volumes, supply.gas, period, &options.calendar)?)
                }
                Metered::Registers(advances) => {
                    Owned::Registers(tariff.advances_in_kwh(advances, supply.gas, &options.calendar)?)
                }
            },
        };
        let bill = match &in_kwh {
            Owned::Slots(consumption) => {
                // Of an account that changes its tariff the car's readings concern those alone that price them.
                let device = supply.events.device.filter(|_| tariff.device_rates.is_some());
                let events = Events { device, ..supply.events };
                tariff.bill_with(consumption, None, agreement.span, events, options)?
            }
            Owned::Registers(_) if supply.events.touch(agreement.span) => {
                return Err(Error::unsupported(
                    "dispatched half-hours and free hours need half-hourly readings; registers do not say when they counted",
                ));
            }
            Owned::Registers(advances) => tariff.bill_registers(advances, agreement.span, options)?,
        };
        let bill = match supply.gas {
            Some(gas) => bill.with_gas(supply.metered, gas, period, options)?,
            None => bill,
        };
        metered = Some(in_kwh);
        bills.push(AgreementBill { tariff: tariff.code.clone(), bill });
    }
    let Some((fuel, direction)) = kind else {
        return Err(Error::missing("no agreement is in force in the period").with_value(period.to_string()));
    };
    Ok(SupplyStatement {
        name: supply.name.clone(),
        fuel,
        direction,
        total_minor: Money::sum(bills.iter().map(|bill| bill.bill.total_minor))?,
        agreements: bills,
        without_agreement: supply.agreements.gaps(period),
    })
}

/// What a period will come to at its end, if it goes on as it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Projection {
    /// The whole period.
    #[serde(flatten)]
    pub period: Span,
    /// The energy so far and what it would come to.
    pub kwh: Energy,
    /// Without VAT.
    pub net_minor: Money,
    /// The VAT.
    pub vat_minor: Money,
    /// Both.
    pub total_minor: Money,
    /// Slots that were billed: what the projection rests on.
    pub billed_slots: usize,
    /// Slots of the whole period.
    pub slots: usize,
    /// In words.
    pub rests_on: String,
}

impl Bill {
    /// Projects a bill of the beginning of a period to the whole of it: energy lines grow with the slots, standing charges with the
    /// local days, VAT keeps its share. An error unless the bill begins where the period does.
    pub fn project(&self, period: Span, calendar: &Calendar) -> Result<Projection> {
        if !self.registers.is_empty() {
            return Err(Error::unsupported(
                "a bill from register readings is not projected: they do not say when energy was used",
            ));
        }
        let is_days = |line: &&super::BillLine| line.kind == super::LineKind::StandingCharge;
        Begun {
            period: self.period,
            kwh: self.kwh,
            net_minor: self.net_minor,
            vat_minor: self.vat_minor,
            standing_minor: Money::sum(self.lines.iter().filter(is_days).map(|line| line.net_minor))?,
            coverage: &self.coverage,
        }
        .project(period, calendar)
    }
}

impl Projection {
    /// Takes off what export will earn, if it goes on as in the slots that were priced.
    pub(super) fn less_export(&mut self, earned: Money, coverage: &Coverage) -> Result<()> {
        let wide = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
        let earned = scaled(earned, wide(self.slots), wide(coverage.billed_slots.max(1)))?;
        self.net_minor = Money::sum([self.net_minor, -earned])?;
        self.total_minor = Money::sum([self.total_minor, -earned])?;
        self.rests_on.push_str(&format!("; export as in {} slots", coverage.billed_slots));
        Ok(())
    }
}

/// What the beginning of a period came to.
pub(super) struct Begun<'a> {
    pub(super) period: Span,
    pub(super) kwh: Energy,
    pub(super) net_minor: Money,
    pub(super) vat_minor: Money,
    /// Of the net amount, standing charges.
    pub(super) standing_minor: Money,
    pub(super) coverage: &'a Coverage,
}

impl Begun<'_> {
    pub(super) fn project(&self, period: Span, calendar: &Calendar) -> Result<Projection> {
        if self.period.from() != period.from() || self.period.to() > period.to() {
            return Err(Error::misaligned("a projection goes from the bill's own start to a later end")
                .with_value(period.to_string()));
        }
        let seconds = i128::from(self.period.seconds());
        let slots = i128::try_from(self.coverage.slots).unwrap_or(i128::MAX);
        let all_slots = slots * i128::from(period.seconds()) / seconds.max(1);
        let billed = i128::try_from(self.coverage.billed_slots).unwrap_or(i128::MAX).max(1);
        let energy = Money::sum([self.net_minor, -self.standing_minor])?;
        let days = i128::from(calendar.days_starting_in(self.period)?.max(1));
        let all_days = i128::from(calendar.days_starting_in(period)?);
        let net_minor =
            Money::sum([scaled(energy, all_slots, billed)?, scaled(self.standing_minor, all_days, days)?])?;
        let vat_minor = if self.net_minor.is_zero() {
            Money::ZERO
        } else {
            share(self.vat_minor, net_minor, self.net_minor)?
        };
        let kwh = divide(i128::from(self.kwh.units()) * all_slots, billed, Rounding::HalfEven);
        Ok(Projection {
            period,
            kwh: i64::try_from(kwh)
                .ok()
                .and_then(|units| Energy::from_units(units).ok())
                .ok_or_else(beyond)?,
            net_minor,
            vat_minor,
            total_minor: Money::sum([net_minor, vat_minor])?,
            billed_slots: self.coverage.billed_slots,
            slots: usize::try_from(all_slots).unwrap_or(usize::MAX),
            rests_on: format!(
                "{billed} billed slots of {all_slots}; energy as in them, {all_days} days of standing charge"
            ),
        })
    }
}

fn beyond() -> Error {
    Error::out_of_range("a projection is beyond the range of its quantity")
}

/// amount × times / by, half to even at the last decimal.
fn scaled(amount: Money, times: i128, by: i128) -> Result<Money> {
    let (whole, rest) = (amount.units() / by, amount.units() % by);
    let units = whole.checked_mul(times).ok_or_else(beyond)? + divide(rest * times, by, Rounding::HalfEven);
    Ok(Money::from_units(units)?)
}

/// part × whole / of, to 10^-8 p: the products of the full scale would not fit.
fn share(part: Money, whole: Money, of: Money) -> Result<Money> {
    const STEP: i128 = 1_000_000_000_000;
    let of_steps = of.units() / STEP;
    if of_steps == 0 {
        return Ok(Money::ZERO);
    }
    let product = (part.units() / STEP).checked_mul(whole.units() / STEP).ok_or_else(beyond)?;
    let (product, of_steps) = if of_steps < 0 { (-product, -of_steps) } else { (product, of_steps) };
    Ok(Money::from_units(
        divide(product, of_steps, Rounding::HalfEven).checked_mul(STEP).ok_or_else(beyond)?,
    )?)
}

#[cfg(test)]
mod tests;
