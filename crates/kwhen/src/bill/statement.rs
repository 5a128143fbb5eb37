//! An account's statement: import, export and gas together, each billed agreement by agreement.

use super::{Bill, BillRequest, BillingRules, Grouping, MissingReadings};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, Rounding, UnitRate, divide};
use crate::series::{Consumption, Prices, VatBasis};
use crate::tariff::{Advance, Agreements, Direction, Fuel, GasConversion, GasUnit, Tariff, UnitRates};
use crate::time::{Calendar, Span, TZDB_VERSION};
use serde::Serialize;
use std::borrow::Cow;

/// How a bill is made, whatever is billed.
#[derive(Clone, Debug)]
pub struct BillOptions {
    /// The clock that days are counted by.
    pub calendar: Calendar,
    /// What is rounded.
    pub rules: BillingRules,
    /// What is done where there is no reading.
    pub missing: MissingReadings,
    /// Pieces to show beside the whole.
    pub grouping: Option<Grouping>,
}

impl Default for BillOptions {
    /// Great Britain's clock, exact, missing readings left out and named, no pieces.
    fn default() -> Self {
        Self {
            calendar: Calendar::great_britain(),
            rules: BillingRules::exact(),
            missing: MissingReadings::Exclude,
            grouping: None,
        }
    }
}

impl Tariff {
    /// The bill of a period under this tariff. `dispatches` are half-hours that its dispatch price is laid over.
    pub fn bill(
        &self,
        consumption: &Consumption,
        period: Span,
        dispatches: &[Span],
        options: &BillOptions,
    ) -> Result<Bill> {
        let rates = self.rate_series(period, dispatches)?;
        Bill::new(&BillRequest {
            standing_charges: self.standing_charges.as_ref(),
            calendar: options.calendar,
            vat: self.vat(),
            levies: &self.levies,
            rules: options.rules.clone(),
            missing: options.missing,
            grouping: options.grouping,
            ..BillRequest::new(consumption, &rates, period)
        })
    }
}

/// One meter point of an account.
#[derive(Clone, Debug)]
pub struct Supply<'a> {
    /// Its name on the statement: an MPAN, an MPRN, `import`.
    pub name: String,
    /// Metered energy; for gas in the unit that `gas` names.
    pub consumption: &'a Consumption,
    /// Which tariff holds when.
    pub agreements: &'a Agreements,
    /// How gas becomes kWh; `None`: it is kWh already.
    pub gas: Option<&'a GasConversion>,
    /// When a dispatch ran.
    pub dispatches: &'a [Span],
}

/// A statement. Money is in pence; credits for export are taken off.
#[derive(Clone, Debug, Serialize)]
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
    /// Charges with VAT.
    pub charges_pence: Money,
    /// Credits for export.
    pub credits_pence: Money,
    /// Charges less credits.
    pub total_pence: Money,
    /// Meter point by meter point.
    pub supplies: Vec<SupplyStatement>,
}

/// What one meter point comes to.
#[derive(Clone, Debug, Serialize)]
pub struct SupplyStatement {
    /// Its name.
    pub name: String,
    /// What it delivers.
    pub fuel: Fuel,
    /// Which way.
    pub direction: Direction,
    /// The sum of its bills.
    pub total_pence: Money,
    /// Its bills, one for each agreement, in order.
    pub agreements: Vec<AgreementBill>,
    /// Where no agreement is in force.
    pub without_agreement: Vec<Span>,
}

/// The bill of one agreement.
#[derive(Clone, Debug, Serialize)]
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
    /// An error where a tariff is not among them, where the tariffs of one meter point are of different fuels or directions, and where
    /// an agreement of the period has nothing at all that could be billed.
    pub fn new(
        period: Span,
        supplies: &[Supply<'_>],
        tariffs: &[Tariff],
        options: &BillOptions,
    ) -> Result<Self> {
        let supplies = supplies.iter().map(|supply| {
            supply_statement(period, supply, tariffs, options).map_err(|error| error.in_source(&supply.name))
        });
        let supplies = supplies.collect::<Result<Vec<_>>>()?;
        let sum = |direction| {
            Money::sum(
                supplies
                    .iter()
                    .filter(|supply| supply.direction == direction)
                    .map(|supply| supply.total_pence),
            )
        };
        let (charges_pence, credits_pence) = (sum(Direction::Import)?, sum(Direction::Export)?);
        Ok(Self {
            period,
            time_zone: options.calendar.name(),
            rules: options.rules.name.clone(),
            tzdb: TZDB_VERSION,
            charges_pence,
            credits_pence,
            total_pence: Money::sum([charges_pence, -credits_pence])?,
            supplies,
        })
    }
}

fn supply_statement(
    period: Span,
    supply: &Supply<'_>,
    tariffs: &[Tariff],
    options: &BillOptions,
) -> Result<SupplyStatement> {
    let mut bills = Vec::new();
    let mut kind: Option<(Fuel, Direction)> = None;
    let consumption = match supply.gas {
        Some(gas) if gas.unit != GasUnit::KilowattHours => {
            Cow::Owned(gas.consumption(supply.consumption, period, &options.calendar)?)
        }
        _ => Cow::Borrowed(supply.consumption),
    };
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
        let bill = tariff.bill(&consumption, agreement.span, supply.dispatches, options)?;
        bills.push(AgreementBill { tariff: tariff.code.clone(), bill });
    }
    let Some((fuel, direction)) = kind else {
        return Err(Error::missing("no agreement is in force in the period").with_value(period.to_string()));
    };
    Ok(SupplyStatement {
        name: supply.name.clone(),
        fuel,
        direction,
        total_pence: Money::sum(bills.iter().map(|bill| bill.bill.total_pence))?,
        agreements: bills,
        without_agreement: supply.agreements.gaps(period),
    })
}

/// What the advance of one register comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterLine {
    /// The register.
    pub register: String,
    /// From one reading to the next.
    #[serde(flatten)]
    pub span: Span,
    /// What it counted.
    pub kwh: Energy,
    /// p/kWh; on the basis of the tariff.
    pub rate: UnitRate,
    /// Whether VAT is in the rate.
    pub basis: VatBasis,
    /// kWh × rate.
    pub amount_pence: Money,
}

impl Tariff {
    /// What the advances of registers cost: each at the rate of the band of its register's name.
    ///
    /// An error where the tariff has no band of that name, and where the rate changes between two readings: a reading at the change is
    /// needed, since a counter does not say when it counted.
    pub fn register_lines(&self, advances: &[Advance]) -> Result<Vec<RegisterLine>> {
        advances.iter().map(|advance| self.register_line(advance)).collect()
    }

    fn register_line(&self, advance: &Advance) -> Result<RegisterLine> {
        let prices = register_prices(&self.unit_rates, advance)?;
        let (basis, rate) = match prices.on(VatBasis::Exclusive) {
            Some(rate) => (VatBasis::Exclusive, rate),
            None => (VatBasis::Inclusive, prices.paid()),
        };
        Ok(RegisterLine {
            register: advance.register.clone(),
            span: advance.span,
            kwh: advance.energy,
            rate,
            basis,
            amount_pence: advance.energy * rate,
        })
    }
}

fn register_prices(rates: &UnitRates, advance: &Advance) -> Result<Prices<UnitRate>> {
    let changes = || {
        Error::misaligned(
            "the rate changes between two readings of the register; give a reading at the change",
        )
        .with_value(&advance.register)
        .in_field("register")
    };
    match rates {
        UnitRates::Series(series) => {
            let mut within =
                series.intervals().filter(|interval| interval.span.intersection(advance.span).is_some());
            match (within.next(), within.next()) {
                (Some(interval), None) if interval.span.intersection(advance.span) == Some(advance.span) => {
                    Ok(interval.prices)
                }
                (None, _) => {
                    Err(Error::missing("the tariff has no unit rate then")
                        .with_value(advance.span.to_string()))
                }
                _ => Err(changes()),
            }
        }
        UnitRates::Schedule(schedule) => {
            let mut named =
                schedule.bands().iter().filter(|band| band.name == advance.register).map(|band| band.prices);
            let first = named.next().ok_or_else(|| {
                let names: Vec<&str> = schedule.bands().iter().map(|band| band.name.as_str()).collect();
                Error::missing(format!("the tariff has no band of this name; it has {}", names.join(", ")))
                    .with_value(&advance.register)
                    .in_field("register")
            })?;
            if named.any(|prices| prices != first) { Err(changes()) } else { Ok(first) }
        }
        UnitRates::Dated(parts) => {
            let mut within = parts.iter().filter(|(span, _)| span.intersection(advance.span).is_some());
            match (within.next(), within.next()) {
                (Some((span, rates)), None) if span.intersection(advance.span) == Some(advance.span) => {
                    register_prices(rates, advance)
                }
                (None, _) => {
                    Err(Error::missing("the tariff has no unit rate then")
                        .with_value(advance.span.to_string()))
                }
                _ => Err(changes()),
            }
        }
    }
}

/// What a period will come to at its end, if it goes on as it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Projection {
    /// The whole period.
    #[serde(flatten)]
    pub period: Span,
    /// The energy so far and what it would come to.
    pub kwh: Energy,
    /// Without VAT.
    pub net_pence: Money,
    /// The VAT.
    pub vat_pence: Money,
    /// Both.
    pub total_pence: Money,
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
        if self.period.from() != period.from() || self.period.to() > period.to() {
            return Err(Error::misaligned("a projection goes from the bill's own start to a later end")
                .with_value(period.to_string()));
        }
        let seconds = i128::from(self.period.seconds());
        let slots = i128::try_from(self.coverage.slots).unwrap_or(i128::MAX);
        let all_slots = slots * i128::from(period.seconds()) / seconds.max(1);
        let billed = i128::try_from(self.coverage.billed_slots).unwrap_or(i128::MAX).max(1);
        let is_days = |line: &&super::BillLine| line.kind == super::LineKind::StandingCharge;
        let standing = Money::sum(self.lines.iter().filter(is_days).map(|line| line.net_pence))?;
        let energy = Money::sum([self.net_pence, -standing])?;
        let days = i128::from(calendar.days_starting_in(self.period)?.max(1));
        let all_days = i128::from(calendar.days_starting_in(period)?);
        let net_pence = Money::sum([scaled(energy, all_slots, billed)?, scaled(standing, all_days, days)?])?;
        let vat_pence = if self.net_pence.is_zero() {
            Money::ZERO
        } else {
            share(self.vat_pence, net_pence, self.net_pence)?
        };
        let kwh = divide(i128::from(self.kwh.units()) * all_slots, billed, Rounding::HalfEven);
        Ok(Projection {
            period,
            kwh: i64::try_from(kwh)
                .ok()
                .and_then(|units| Energy::from_units(units).ok())
                .ok_or_else(beyond)?,
            net_pence,
            vat_pence,
            total_pence: Money::sum([net_pence, vat_pence])?,
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
