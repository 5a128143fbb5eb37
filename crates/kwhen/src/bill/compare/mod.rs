//! One consumption under many tariffs.
//!
//! The readings are summed once, by month, VAT rate, weekday and time of day on both clocks. A schedule is then priced by a few
//! lookups a month, whatever the number of slots; a series by one pass over its runs of equal rate. Nothing is approximated: under
//! exact rules every figure is the one that [`Bill`] gives.

mod profile;
mod request;

use super::request::rates_in_slots;
use super::statement::{Begun, Projection};
use super::totals::Totals;
use super::{Bill, BillRequest, BillingRules, Grouping};
use crate::error::{Error, Result};
use crate::quantity::{Currency, Energy, Money, Rounding, UnitRate, divide, power_of_ten};
use crate::series::{Consumption, Coverage, RateSeries, VatBasis};
use crate::tariff::{Clock, Direction, GasConversion, Tariff, UnitRates};
use crate::time::{Calendar, Period, PeriodKind, Span, TZDB_VERSION};
pub use profile::Workload;
use profile::prices_nothing;
pub use request::CompareRequest;
use serde::Serialize;
use std::borrow::Cow;

/// Tariffs in order, and who won when.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comparison {
    /// What was asked for.
    #[serde(flatten)]
    pub period: Span,
    /// The zone that days were counted in.
    pub time_zone: &'static str,
    /// The version of the time zone tables.
    pub tzdb: &'static str,
    /// What all of them are paid in: an ISO 4217 code.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is.
    pub minor_digits: u8,
    /// The rules' name.
    pub rules: String,
    /// Cheapest first; those that price much less of the history than others come after them, whatever they cost.
    pub tariffs: Vec<Compared>,
    /// Tariffs that could price nothing, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<Unpriced>,
    /// For each month the tariff that was cheapest among those that can be compared.
    pub months: Vec<MonthWinner>,
}

impl Comparison {
    /// What each tariff will come to at the end of a longer period, if it goes on as it began: in the order of `tariffs`. Energy and
    /// export grow with the slots, standing charges with the local days, VAT keeps its share. An error unless the period begins with
    /// the one that was compared.
    pub fn project(&self, period: Span, calendar: &Calendar) -> Result<Vec<Projection>> {
        let project = |tariff: &Compared| {
            let earned = tariff.export_minor.unwrap_or_default();
            let begun = Begun {
                period: self.period,
                kwh: tariff.kwh,
                net_minor: Money::sum([tariff.net_minor, earned])?,
                vat_minor: tariff.vat_minor,
                standing_minor: tariff.standing_minor,
                coverage: &tariff.coverage,
            };
            let mut projection = begun.project(period, calendar)?;
            if let Some(coverage) = &tariff.export_coverage {
                projection.less_export(earned, coverage)?;
            }
            Ok(projection)
        };
        self.tariffs.iter().map(project).collect()
    }
}

/// A tariff, or an import and an export tariff together. Money is in pence, what is paid for export taken off.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compared {
    /// Its place, from 1.
    pub rank: usize,
    /// The import tariff.
    pub code: String,
    /// The export tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_code: Option<String>,
    /// The clock that the import tariff's times of day go by, if it has any: a zone, or `UTC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff_clock: Option<&'static str>,
    /// Without VAT.
    pub net_minor: Money,
    /// The VAT.
    pub vat_minor: Money,
    /// What is to pay.
    pub total_minor: Money,
    /// Of it, standing charges without VAT.
    pub standing_minor: Money,
    /// What is paid for export; it is taken off the total already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_minor: Option<Money>,
    /// The energy that was priced.
    pub kwh: Energy,
    /// The total by kWh, in p/kWh to 4 decimals; `None` where nothing was used.
    pub average_minor_per_kwh: Option<UnitRate>,
    /// Whether it prices at least 99 % of what any other does; totals over less cannot be laid side by side.
    pub comparable: bool,
    /// What could be priced and what is missing.
    pub coverage: Coverage,
    /// The same of export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_coverage: Option<Coverage>,
    /// Slots whose energy is an estimate.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub estimated_slots: usize,
    /// Its total month by month.
    pub months: Vec<MonthTotal>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_none_at_all(count: &usize) -> bool {
    *count == 0
}

/// What a month comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MonthTotal {
    /// When.
    #[serde(flatten)]
    pub period: Period,
    /// What is to pay.
    pub total_minor: Money,
}

/// Which tariff was cheapest in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MonthWinner {
    /// When.
    #[serde(flatten)]
    pub period: Period,
    /// The cheapest import tariff.
    pub code: String,
    /// With this export tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_code: Option<String>,
    /// What it came to.
    pub total_minor: Money,
    /// What the overall winner came to, beyond it.
    pub saved_minor: Money,
}

/// A tariff that could price nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unpriced {
    /// The tariff.
    pub code: String,
    /// Why.
    pub reason: String,
}

/// One tariff on one workload.
#[derive(Clone, Debug)]
pub struct Priced {
    /// Without VAT.
    pub net_minor: Money,
    /// The VAT.
    pub vat_minor: Money,
    /// Both.
    pub total_minor: Money,
    /// Standing charges without VAT.
    pub standing_minor: Money,
    /// The energy that was priced.
    pub kwh: Energy,
    /// What could be priced.
    pub coverage: Coverage,
    /// What is to pay, for each month of the workload.
    pub months: Vec<Money>,
}

/// Basis and costs of the pieces, what is priced in all, and the energy of each piece.
type Costs = (VatBasis, Vec<Money>, Coverage, Energy, Vec<i128>);

impl Workload<'_> {
    /// Prices the workload under a tariff, exactly. An error where nothing of it can be priced.
    pub fn price(&self, tariff: &Tariff) -> Result<Priced> {
        tariff.refuse_device_rates("a comparison")?;
        let rules = BillingRules::exact();
        if !tariff.components.is_empty() {
            return self.price_by_bill(tariff, &rules);
        }
        tariff.vat().check(self.period)?;
        let series;
        let (basis, costs, coverage, kwh, energies) = match &tariff.unit_rates {
            UnitRates::Schedule(schedule) => {
                let all_exclusive =
                    schedule.bands().iter().all(|band| band.prices.on(VatBasis::Exclusive).is_some());
                let basis = if all_exclusive { VatBasis::Exclusive } else { VatBasis::Inclusive };
                match self.schedule_costs(schedule, basis) {
                    Some(costs) => {
                        let energies = self.pieces.iter().map(|piece| piece.energy).collect();
                        (basis, costs?, self.coverage.clone(), self.energy, energies)
                    }
                    None => {
                        series = tariff.unit_rates.series(self.period)?;
                        self.series_costs(&series)?
                    }
                }
            }
            UnitRates::Series(series) => self.series_costs(series)?,
            UnitRates::Dated(_) => {
                series = tariff.unit_rates.series(self.period)?;
                self.series_costs(&series)?
            }
        };
        if coverage.billed_slots == 0 {
            return Err(prices_nothing(&tariff.code, self.period));
        }
        let charges = tariff.standing_charges.as_ref().map_or(&[][..], |charges| charges.intervals());
        let mut whole = Totals::default();
        let mut standing_net = Totals::default();
        let mut month = Totals::default();
        let mut months = Vec::with_capacity(self.months.len());
        for ((piece, cost), energy) in self.pieces.iter().zip(costs).zip(energies) {
            while months.len() < piece.month {
                months.push(std::mem::take(&mut month).settle(&rules)?.total()?);
            }
            let mut add = |basis, amount| {
                whole.add(piece.vat, basis, amount, &rules)?;
                month.add(piece.vat, basis, amount, &rules)
            };
            add(basis, cost)?;
            for levy in &tariff.levies {
                for (span, rate) in levy.cut(piece.span)? {
                    let energy = if span == piece.span { energy } else { self.energy_in(span)? };
                    let units = energy.checked_mul(i128::from(rate.units()));
                    let beyond = || Error::out_of_range("a levy is beyond the range of p");
                    add(VatBasis::Exclusive, Money::from_product_units(units.ok_or_else(beyond)?)?)?;
                }
            }
            for interval in charges {
                let Some(span) = interval.span.intersection(piece.span) else { continue };
                let days = if span == piece.span { piece.days } else { self.days_in(span) };
                let (basis, price) = match interval.prices.on(VatBasis::Exclusive) {
                    Some(price) => (VatBasis::Exclusive, price),
                    None => (VatBasis::Inclusive, interval.prices.paid()),
                };
                let amount = price.times(days)?;
                add(basis, amount)?;
                standing_net.add(piece.vat, basis, amount, &rules)?;
            }
        }
        while months.len() < self.months.len() {
            months.push(std::mem::take(&mut month).settle(&rules)?.total()?);
        }
        let settled = whole.settle(&rules)?;
        Ok(Priced {
            net_minor: settled.net,
            vat_minor: settled.vat,
            total_minor: settled.total()?,
            standing_minor: standing_net.net()?,
            kwh,
            coverage,
            months,
        })
    }

    fn energy_in(&self, span: Span) -> Result<i128> {
        Ok(i128::from(self.consumption.total_in(self.consumption.grid().slots_starting_in(span))?.units()))
    }

    fn series_costs(&self, series: &RateSeries) -> Result<Costs> {
        let (series, _) = rates_in_slots(self.rate_in_slot, &self.consumption, series)?;
        let basis = if series.has(VatBasis::Exclusive) { VatBasis::Exclusive } else { VatBasis::Inclusive };
        let merged = self.between_readings.merge(&self.consumption, &series)?;
        let slots = |piece: &profile::Piece| merged.grid().slots_starting_in(piece.span);
        let costs =
            self.pieces.iter().map(|piece| merged.cost(slots(piece), basis)).collect::<Result<Vec<_>>>()?;
        let energies = self.pieces.iter().map(|piece| Ok(i128::from(merged.energy(slots(piece))?.units())));
        let energies = energies.collect::<Result<Vec<_>>>()?;
        let kwh = merged.energy(merged.grid().slots_starting_in(self.period))?;
        Ok((basis, costs, merged.coverage(self.period)?, kwh, energies))
    }

    /// The same under rules that round: a bill, month by month.
    fn price_by_bill(&self, tariff: &Tariff, rules: &BillingRules) -> Result<Priced> {
        tariff.refuse_device_rates("a comparison")?;
        tariff.vat().check(self.period)?;
        let rates = tariff.unit_rates.series(self.period)?;
        let bill = Bill::new(
            &BillRequest::new(&self.consumption, &rates, self.period)
                .under(tariff)
                .calendar(self.calendar)
                .rules(rules.clone())
                .grouping(Grouping::Periods(PeriodKind::Month))
                .between_readings(self.between_readings)
                .rate_in_slot(self.rate_in_slot),
        )?;
        let standing = bill.lines.iter().filter(|line| line.kind == super::LineKind::StandingCharge);
        Ok(Priced {
            net_minor: bill.net_minor,
            vat_minor: bill.vat_minor,
            total_minor: bill.total_minor,
            standing_minor: Money::sum(standing.map(|line| line.net_minor))?,
            kwh: bill.kwh,
            coverage: bill.coverage,
            months: bill.periods.iter().flatten().map(|month| month.total_minor).collect(),
        })
    }
}

/// Compares tariffs. An error where they are paid in two currencies, where none of them could price anything, where they are not all of one fuel, and where gas comes without
/// what its readings count.
pub fn compare(request: &CompareRequest<'_>) -> Result<Comparison> {
    let mut unpriced = Vec::new();
    let currency = Tariff::one_currency(request.tariffs.iter().chain(request.export_tariffs))?;
    let consumption = in_kwh(request, request.consumption, request.gas, request.tariffs)?;
    let imports = price_all(request, &consumption, request.tariffs, Direction::Import, &mut unpriced)?;
    let exports = match request.export {
        Some(export) => {
            let export = in_kwh(request, export, None, request.export_tariffs)?;
            price_all(request, &export, request.export_tariffs, Direction::Export, &mut unpriced)?
        }
        None => (Vec::new(), 0),
    };
    let periods = request.calendar.cut(PeriodKind::Month, request.period)?;
    let mut tariffs = Vec::new();
    for (import, priced) in &imports.0 {
        let alone = [None];
        let with_exports: Vec<_> = exports.0.iter().map(Some).collect();
        let combinations = if with_exports.is_empty() { &alone[..] } else { with_exports.as_slice() };
        for export in combinations {
            let mut compared =
                combine(import, priced, export.map(|(tariff, priced)| (*tariff, priced)), &periods)?;
            compared.estimated_slots = imports.1 + exports.1;
            tariffs.push(compared);
        }
    }
    let most = tariffs.iter().map(priced_slots).max();
    let Some(most) = most else {
        let reasons: Vec<String> = unpriced.into_iter().map(|unpriced| unpriced.reason).collect();
        return Err(Error::missing(format!("no tariff could price anything: {}", reasons.join("; "))));
    };
    for tariff in &mut tariffs {
        tariff.comparable = priced_slots(tariff) * 100 >= most * COMPARABLE_PERCENT;
    }
    tariffs.sort_by(|a, b| {
        let key = |tariff: &Compared| (!tariff.comparable, tariff.total_minor);
        key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code)).then_with(|| a.export_code.cmp(&b.export_code))
    });
    for (place, tariff) in tariffs.iter_mut().enumerate() {
        tariff.rank = place + 1;
    }
    Ok(Comparison {
        period: request.period,
        time_zone: request.calendar.name(),
        tzdb: TZDB_VERSION,
        currency,
        minor_digits: currency.minor_digits(),
        rules: request.rules.name.clone(),
        months: winners(&tariffs, &periods)?,
        tariffs,
        unpriced,
    })
}

/// The readings in kWh under tariffs that must all be of one fuel.
fn in_kwh<'a>(
    request: &CompareRequest<'_>,
    readings: &'a Consumption,
    gas: Option<&GasConversion>,
    tariffs: &[Tariff],
) -> Result<Cow<'a, Consumption>> {
    let Some(first) = tariffs.first() else { return Ok(Cow::Borrowed(readings)) };
    if let Some(other) = tariffs.iter().find(|tariff| tariff.fuel != first.fuel) {
        return Err(Error::conflict(format!(
            "is of another fuel than {}: one consumption is either gas or electricity",
            first.code
        ))
        .with_value(&other.code));
    }
    first.in_kwh(readings, gas, request.period, &request.calendar)
}

/// A few missing rates make no tariff incomparable; a missing season does.
const COMPARABLE_PERCENT: usize = 99;

fn priced_slots(tariff: &Compared) -> usize {
    tariff.coverage.billed_slots + tariff.export_coverage.as_ref().map_or(0, |coverage| coverage.billed_slots)
}

type PricedTariffs<'a> = (Vec<(&'a Tariff, Priced)>, usize);

fn price_all<'a>(
    request: &CompareRequest<'a>,
    consumption: &Consumption,
    tariffs: &'a [Tariff],
    direction: Direction,
    unpriced: &mut Vec<Unpriced>,
) -> Result<PricedTariffs<'a>> {
    let mut priced = Vec::with_capacity(tariffs.len());
    // Tariffs that are taxed alike share the sums.
    let mut workloads: Vec<(crate::tariff::VatTable, Workload<'_>)> = Vec::new();
    // Tiers go by what was used since their period began, which is filled by the same policy.
    let from = tariffs.iter().map(|tariff| tariff.counted_from(request.period, &request.calendar));
    let from = from.collect::<Result<Vec<_>>>()?.into_iter().min().unwrap_or_else(|| request.period.from());
    let counted = Span::new(from, request.period.to())?;
    for tariff in tariffs {
        if tariff.direction != direction {
            let wanted = if direction == Direction::Import { "an import" } else { "an export" };
            return Err(
                Error::unsupported(format!("{wanted} tariff is wanted here")).with_value(&tariff.code)
            );
        }
        let vat = tariff.vat();
        if !workloads.iter().any(|(known, _)| *known == vat) {
            let workload = Workload::counting(
                consumption,
                (request.period, counted),
                request.calendar,
                &vat,
                request.missing,
            )?
            .between_readings(request.between_readings)
            .rate_in_slot(request.rate_in_slot);
            workloads.push((vat.clone(), workload));
        }
        let Some((_, workload)) = workloads.iter().find(|(known, _)| *known == vat) else { continue };
        let result = if request.rules.is_exact() {
            workload.price(tariff)
        } else {
            workload.price_by_bill(tariff, &request.rules)
        };
        match result {
            Ok(result) => priced.push((tariff, result)),
            Err(error) => unpriced.push(Unpriced { code: tariff.code.clone(), reason: error.to_string() }),
        }
    }
    let estimated = workloads.first().map_or(0, |(_, workload)| workload.estimated_slots);
    Ok((priced, estimated))
}

fn combine(
    import: &Tariff,
    priced: &Priced,
    export: Option<(&Tariff, &Priced)>,
    periods: &[Period],
) -> Result<Compared> {
    let credit = |amount: fn(&Priced) -> Money| export.map_or(Money::ZERO, |(_, export)| -amount(export));
    let total_minor = Money::sum([priced.total_minor, credit(|export| export.total_minor)])?;
    let months = periods.iter().enumerate().map(|(place, period)| {
        let of = |priced: &Priced| priced.months.get(place).copied().unwrap_or_default();
        let total_minor = Money::sum([of(priced), export.map_or(Money::ZERO, |(_, export)| -of(export))])?;
        Ok(MonthTotal { period: period.clone(), total_minor })
    });
    Ok(Compared {
        rank: 0,
        code: import.code.clone(),
        export_code: export.map(|(tariff, _)| tariff.code.clone()),
        tariff_clock: import.clock().map(Clock::name),
        net_minor: Money::sum([priced.net_minor, credit(|export| export.net_minor)])?,
        vat_minor: Money::sum([priced.vat_minor, credit(|export| export.vat_minor)])?,
        total_minor,
        standing_minor: Money::sum([priced.standing_minor, credit(|export| export.standing_minor)])?,
        export_minor: export.map(|(_, export)| export.total_minor),
        kwh: priced.kwh,
        average_minor_per_kwh: average(total_minor, priced.kwh),
        comparable: true,
        coverage: priced.coverage.clone(),
        export_coverage: export.map(|(_, export)| export.coverage.clone()),
        estimated_slots: 0,
        months: months.collect::<Result<_>>()?,
    })
}

/// p/kWh to 4 decimals.
fn average(total: Money, energy: Energy) -> Option<UnitRate> {
    if energy.units() <= 0 {
        return None;
    }
    // 10^-20 p by 10^-8 kWh is 10^-12 p/kWh.
    let step = power_of_ten(Money::SCALE - Energy::SCALE - 4);
    let units = divide(total.units(), i128::from(energy.units()).checked_mul(step)?, Rounding::HalfEven);
    UnitRate::from_units(i64::try_from(units.checked_mul(power_of_ten(UnitRate::SCALE - 4))?).ok()?).ok()
}

fn winners(tariffs: &[Compared], periods: &[Period]) -> Result<Vec<MonthWinner>> {
    let mut winners = Vec::with_capacity(periods.len());
    let Some(overall) = tariffs.first() else { return Ok(winners) };
    for (place, period) in periods.iter().enumerate() {
        let of = |tariff: &Compared| tariff.months.get(place).map(|month| month.total_minor);
        let best = tariffs.iter().filter(|tariff| tariff.comparable).min_by_key(|tariff| of(tariff));
        if let Some((best, (total, overall))) = best.and_then(|best| Some((best, (of(best)?, of(overall)?))))
        {
            winners.push(MonthWinner {
                period: period.clone(),
                code: best.code.clone(),
                export_code: best.export_code.clone(),
                total_minor: total,
                saved_minor: Money::sum([overall, -total])?,
            });
        }
    }
    Ok(winners)
}

#[cfg(test)]
mod tests;
