//! Prefix sums of a consumption by time of day: what makes a schedule's price a handful of lookups.

use crate::bill::missing;
use crate::bill::{BetweenReadings, MissingReadings};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money};
use crate::series::{Consumption, Coverage, Prices, RateInSlot, RateSeries, VatBasis, merge};
use crate::tariff::{Clock, Schedule, VatRate, VatTable};
use crate::tariff::{DayOfClock, DayPart};
use crate::time::{Calendar, DAY_SECONDS, Period, PeriodKind, Span};
use std::collections::BTreeMap;

/// A consumption made ready for many tariffs: cut into local months and by VAT rate, summed by time of day on both clocks.
#[derive(Debug)]
pub struct Workload<'a> {
    pub(super) consumption: std::borrow::Cow<'a, Consumption>,
    pub(super) calendar: Calendar,
    pub(super) period: Span,
    pub(super) months: Vec<Period>,
    pub(super) pieces: Vec<Piece>,
    pub(super) coverage: Coverage,
    /// All readings of the period.
    pub(super) energy: Energy,
    pub(super) estimated_slots: usize,
    pub(super) between_readings: BetweenReadings,
    pub(super) rate_in_slot: RateInSlot,
    /// When the local days of the period start, in seconds.
    day_starts: Vec<i64>,
    local: Sums,
    utc: Sums,
}

/// Part of a month under one VAT rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) span: Span,
    pub(super) month: usize,
    pub(super) vat: VatRate,
    /// Readings in it, as a sum of energy units.
    pub(super) energy: i128,
    pub(super) days: i64,
}

/// Energy by piece, month and weekday of a clock, and time of day.
#[derive(Debug)]
struct Sums {
    clock: Clock,
    slot_minutes: u32,
    /// Whether slots begin on whole slots of the clock's day; if not, a band's edge would fall inside one.
    aligned: bool,
    /// For each piece: its sheets, and the sum of them all.
    pieces: Vec<(Vec<Sheet>, Vec<i128>)>,
}

/// Energy on the days of one weekday in one month: running sums over the slots of the day.
#[derive(Debug)]
struct Sheet {
    month: usize,
    weekday: usize,
    running: Vec<i128>,
}

impl<'a> Workload<'a> {
    /// Cuts and sums the readings of a period. An error beyond the range of a quantity, and by the policy for missing readings.
    pub fn new(
        consumption: &'a Consumption,
        period: Span,
        calendar: Calendar,
        vat: &VatTable,
        missing: MissingReadings,
    ) -> Result<Self> {
        Self::counting(consumption, (period, period), calendar, vat, missing)
    }

    /// The same, where tariffs count what was used from before the period on: what is missing there is filled too.
    pub(super) fn counting(
        consumption: &'a Consumption,
        (period, counted): (Span, Span),
        calendar: Calendar,
        vat: &VatTable,
        missing: MissingReadings,
    ) -> Result<Self> {
        let filled = missing::fill(consumption, (period, counted), missing, &calendar)?;
        let estimated_slots = filled.as_ref().map_or(0, |filled| filled.estimates.slots);
        let consumption = match filled {
            Some(filled) => std::borrow::Cow::Owned(filled.consumption),
            None => std::borrow::Cow::Borrowed(consumption),
        };
        let flat = RateSeries::flat(Prices::Exclusive(crate::UnitRate::ZERO));
        let coverage = merge(&consumption, &flat)?.coverage(period)?;
        let days = calendar.cut(PeriodKind::Day, period)?;
        let first_counts = days.first().is_none_or(|day| calendar.starts_day(day.span.from()));
        let day_starts: Vec<i64> =
            days.iter().skip(usize::from(!first_counts)).map(|day| day.span.start_seconds()).collect();
        let months = calendar.cut(PeriodKind::Month, period)?;
        let mut pieces = Vec::new();
        for (month, cut) in months.iter().enumerate() {
            for (span, vat) in vat.cut(cut.span) {
                let slots = consumption.grid().slots_starting_in(span);
                let energy = consumption.column().sum(slots);
                pieces.push(Piece { span, month, vat, energy, days: count_between(&day_starts, span) });
            }
        }
        let energy = consumption.total_in(consumption.grid().slots_starting_in(period))?;
        let local = Sums::new(&consumption, Clock::Local(calendar), &pieces);
        let utc = Sums::new(&consumption, Clock::Utc, &pieces);
        Ok(Self {
            consumption,
            calendar,
            period,
            months,
            pieces,
            coverage,
            energy,
            estimated_slots,
            between_readings: BetweenReadings::Refuse,
            rate_in_slot: RateInSlot::Refuse,
            day_starts,
            local,
            utc,
        })
    }

    /// Says what is done where a unit rate changes inside a slot; without it such a tariff is refused.
    #[must_use]
    pub fn between_readings(self, between_readings: BetweenReadings) -> Self {
        Self { between_readings, ..self }
    }

    /// Whether a slot in which the unit rate changes is priced at the mean of its rates; refused unless said.
    #[must_use]
    pub fn rate_in_slot(self, rate_in_slot: RateInSlot) -> Self {
        Self { rate_in_slot, ..self }
    }

    /// Local days that start in a span.
    pub(super) fn days_in(&self, span: Span) -> i64 {
        count_between(&self.day_starts, span)
    }

    /// The energy of the period, in kWh.
    #[must_use]
    pub const fn energy(&self) -> Energy {
        self.energy
    }

    /// What each piece costs under a schedule on one basis; `None` where its bands do not fall on whole slots of the same clock, so
    /// that the long way has to be taken.
    pub(super) fn schedule_costs(&self, schedule: &Schedule, basis: VatBasis) -> Option<Result<Vec<Money>>> {
        if schedule.is_special() {
            return None;
        }
        let sums = [&self.local, &self.utc].into_iter().find(|sums| sums.clock == schedule.clock())?;
        let rates: Vec<i128> = schedule
            .bands()
            .iter()
            .map(|band| Some(i128::from(band.prices.on(basis)?.units())))
            .collect::<Option<_>>()?;
        sums.costs(schedule, &rates)
    }
}

fn count_between(sorted: &[i64], span: Span) -> i64 {
    let before = |seconds| sorted.partition_point(|start| *start < seconds);
    i64::try_from(before(span.to_seconds()) - before(span.start_seconds())).unwrap_or(i64::MAX)
}

impl Sums {
    fn new(consumption: &Consumption, clock: Clock, pieces: &[Piece]) -> Self {
        let grid = consumption.grid();
        let slot = grid.slot_length().seconds();
        let slots_a_day = usize::try_from(DAY_SECONDS / slot).unwrap_or(0);
        let column = consumption.column();
        let mut summed = Vec::with_capacity(pieces.len());
        let mut aligned = true;
        for piece in pieces {
            let mut sheets: BTreeMap<(usize, usize), Vec<i128>> = BTreeMap::new();
            for stretch in clock.stretches(piece.span) {
                let span = Span::from_seconds(stretch.from, stretch.to);
                let slots = grid.slots_starting_in(span);
                aligned &= (grid.start_seconds() + stretch.offset) % slot == 0;
                let mut at = slots.start;
                while at < slots.end {
                    // The slots of one day of the clock in one go.
                    let local = grid.start_seconds() + at as i64 * slot + stretch.offset;
                    let day = DayOfClock::of_seconds(local);
                    let of_day = usize::try_from(local.rem_euclid(DAY_SECONDS) / slot).unwrap_or(0);
                    let count = (slots_a_day - of_day).min(slots.end - at);
                    let sums = sheets.entry((day.month, day.weekday)).or_insert_with(|| vec![0; slots_a_day]);
                    for (sum, index) in sums.iter_mut().skip(of_day).zip(at..at + count) {
                        *sum += i128::from(column.units(index));
                    }
                    at += count;
                }
            }
            let mut all = vec![0; slots_a_day + 1];
            let sheets: Vec<Sheet> = sheets
                .into_iter()
                .map(|((month, weekday), sums)| {
                    let mut running = Vec::with_capacity(slots_a_day + 1);
                    let mut sum = 0;
                    running.push(0);
                    for energy in sums {
                        sum += energy;
                        running.push(sum);
                    }
                    for (total, part) in all.iter_mut().zip(&running) {
                        *total += part;
                    }
                    Sheet { month, weekday, running }
                })
                .collect();
            summed.push((sheets, all));
        }
        Self { clock, slot_minutes: grid.slot_length().minutes(), aligned, pieces: summed }
    }

    fn costs(&self, schedule: &Schedule, rates: &[i128]) -> Option<Result<Vec<Money>>> {
        if !self.aligned {
            return None;
        }
        let mut costs = Vec::with_capacity(self.pieces.len());
        for (sheets, all) in &self.pieces {
            let mut tables = sheets.iter().map(|sheet| schedule.day_parts(sheet.month, sheet.weekday));
            let first = tables.next();
            let one_table = tables.all(|table| first.is_some_and(|first| std::ptr::eq(table, first)));
            let mut cost = 0_i128;
            match first {
                Some(parts) if one_table => cost = self.cost(parts, all, rates)?,
                _ => {
                    for sheet in sheets {
                        cost +=
                            self.cost(schedule.day_parts(sheet.month, sheet.weekday), &sheet.running, rates)?;
                    }
                }
            }
            match Money::from_product_units(cost) {
                Ok(cost) => costs.push(cost),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(costs))
    }

    fn cost(&self, parts: &[DayPart], running: &[i128], rates: &[i128]) -> Option<i128> {
        let mut cost = 0_i128;
        let mut before = 0_i128;
        for part in parts {
            if part.to % self.slot_minutes != 0 {
                return None;
            }
            let until = *running.get((part.to / self.slot_minutes) as usize)?;
            cost += (until - before) * rates.get(part.band)?;
            before = until;
        }
        Some(cost)
    }
}

/// The error of a tariff that could price nothing of the period.
pub(super) fn prices_nothing(code: &str, period: Span) -> Error {
    Error::missing(format!("{code} has no unit rate in any slot of the period that has a reading"))
        .with_value(period.to_string())
}
