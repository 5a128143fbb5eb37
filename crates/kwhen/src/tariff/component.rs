//! What a tariff charges beside its energy price: grid fees, taxes a kWh, tiers and quotas, capacity charges, fees, support, minimums.
//!
//! A component is a line of its own on the bill (or several, where its prices differ), taxed as the tariff is or as it says itself.

use super::{Clock, Counts, UnitRates, VatRate};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{OPEN_END, VatBasis};
use crate::time::{Calendar, DayStarts, SlotLength, Span};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// A part of a tariff with a name and a line of its own.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its name on the bill.
    pub name: String,
    /// What its lines are for.
    pub kind: ComponentKind,
    /// When it holds.
    pub span: Span,
    /// Which tax it bears.
    pub tax: ComponentTax,
    /// Whether its prices have that tax in.
    pub basis: VatBasis,
    /// Which energy it counts.
    pub counts: Counts,
    /// A credit: together with what energy costs it never comes below zero in such a period; what is left of it is lost.
    pub not_below_zero: Option<Every>,
    /// What it charges.
    pub charge: Charge,
}

impl Component {
    /// Whether it goes by the days, months or years of the bill, and not by energy and time alone.
    pub(crate) const fn goes_by_days(&self) -> bool {
        !matches!(self.charge, Charge::PerKwh { portion: None, .. }) || self.not_below_zero.is_some()
    }
}

/// What the lines of a component are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComponentKind {
    /// Energy itself, where it is priced by tiers.
    Energy,
    /// Use of the grid, a kWh.
    GridFee,
    /// A tax or levy a kWh.
    Tax,
    /// The highest powers of a month.
    Capacity,
    /// So much a day, month or year.
    Fee,
    /// What is given back, or taken, beside a market price.
    Support,
    /// What a bill is raised to.
    Minimum,
    /// Exported energy: what is paid or charged for it.
    Export,
}

/// The tax that a component bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentTax {
    /// That of the tariff.
    OfTariff,
    /// This rate, at any time.
    Rate(VatRate),
}

/// What a component charges.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a tariff has a handful of them, most of the first kind")]
pub enum Charge {
    /// So much a kWh; negative rates give back.
    PerKwh {
        /// Minor units a kWh over time.
        rates: UnitRates,
        /// Energy outside of these hours does not count; all counts where there are none.
        hours: Option<Hours>,
        /// The part of the energy of each month (or day, year, ...) that counts; all of it where there is none.
        portion: Option<Portion>,
    },
    /// The highest powers.
    Capacity(Box<CapacityCharge>),
    /// So much for a length of time. A month or year that the bill cuts bears the share of its local days.
    Fee {
        /// Minor units.
        amount: Money,
        /// For how long.
        every: Every,
    },
    /// An amount by how much energy each period has.
    Scale(Scale),
    /// What the lines without tax of each period come to at least.
    Minimum {
        /// Minor units without tax.
        amount: Money,
        /// Of which period.
        every: Every,
    },
}

/// An amount for each period by the energy that it has. A bill that cuts a period bears the share of its local days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Of which period.
    pub every: Every,
    /// What the energy of a period is taken to be; `None`: what was read of it, all of it.
    pub expected: Option<Energy>,
    /// Up to how many kWh, inclusive, and minor units for the whole period; the last has no end. In order.
    pub steps: Vec<(Option<Energy>, Money)>,
}

impl Scale {
    /// What a period of so much energy costs.
    #[must_use]
    pub fn amount(&self, energy: Energy) -> Money {
        let step = self.steps.iter().find(|(edge, _)| edge.is_none_or(|edge| energy <= edge));
        step.map_or(Money::ZERO, |(_, amount)| *amount)
    }
}

/// A length of time that quotas, tiers and fees go by, on the bill's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Every {
    /// A local day.
    Day,
    /// A calendar month.
    Month,
    /// Three calendar months, from January.
    Quarter,
    /// A calendar year.
    Year,
    /// So many local days, from a first date on and before it.
    Cycle {
        /// How many days.
        days: u32,
        /// The first day of one of them.
        first: NaiveDate,
    },
}

impl Every {
    /// Its periods that touch a span, whole, in order.
    pub fn periods(self, calendar: &Calendar, span: Span) -> Result<Vec<Span>> {
        Ok(self.dated_periods(calendar, span)?.into_iter().map(|(_, period)| period).collect())
    }

    /// The same, each with the date on which it begins.
    fn dated_periods(self, calendar: &Calendar, span: Span) -> Result<Vec<(NaiveDate, Span)>> {
        let date = calendar.date(span.from());
        let beyond = || Error::out_of_range("a date beyond the calendar").with_value(date.to_string());
        let first = match self {
            Self::Day => Some(date),
            Self::Month => date.with_day(1),
            Self::Quarter => date.with_day(1).and_then(|date| date.with_month0(date.month0() / 3 * 3)),
            Self::Year => date.with_ordinal(1),
            Self::Cycle { days, first } => {
                let into = (date - first).num_days().rem_euclid(i64::from(days.max(1)));
                date.checked_sub_days(chrono::Days::new(into.unsigned_abs()))
            }
        };
        // The first day of a month, so many months later.
        let later = |date: NaiveDate, months: u32| {
            let months = date.month0() + months;
            NaiveDate::from_ymd_opt(date.year() + i32::try_from(months / 12).ok()?, months % 12 + 1, 1)
        };
        let next = |date: NaiveDate| match self {
            Self::Day => date.succ_opt(),
            Self::Month => later(date, 1),
            Self::Quarter => later(date, 3),
            Self::Year => later(date, 12),
            Self::Cycle { days, .. } => date.checked_add_days(chrono::Days::new(u64::from(days.max(1)))),
        };
        let mut starts = DayStarts::new(*calendar, span);
        let mut date = first.ok_or_else(beyond)?;
        let mut from = starts.of(date)?;
        let mut periods = Vec::new();
        while from < span.to_seconds() {
            let after = next(date).ok_or_else(beyond)?;
            // The year that 2100 begins is cut off where the tables end.
            let to = starts.of(after).unwrap_or(OPEN_END);
            if to > from {
                periods.push((date, Span::from_seconds(from, to)));
                from = to;
            } else if to == OPEN_END {
                break;
            }
            date = after;
        }
        Ok(periods)
    }

    /// `month`, `28 days`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Day => "day".into(),
            Self::Month => "month".into(),
            Self::Quarter => "quarter".into(),
            Self::Year => "year".into(),
            Self::Cycle { days, .. } => format!("{days} days"),
        }
    }
}

/// The part of the energy of each period that counts: what lies between two amounts, in the order in which it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The period that the amounts are of.
    pub every: Every,
    /// What lies below does not count.
    pub from_kwh: Energy,
    /// What lies above does not count; `None`: all above counts.
    pub to_kwh: Option<Energy>,
    /// Whether the amounts are for each day of the period, so that they grow with its days.
    pub per_day: bool,
    /// Whether a bill that begins or ends within a period scales the amounts by its share of the days and counts from its own beginning.
    /// Else the readings must reach back to the period's beginning.
    pub pro_rata: bool,
}

/// Times of the clock at which something counts, each with a factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Whose times these are.
    pub clock: Clock,
    /// The bands; the prices of the schedule are factors: 1 counts whole, 0.5 half, 0 not.
    pub bands: super::Schedule,
}

impl Hours {
    /// The stretches of a span with their factors in 10⁻⁸, in order, without a break.
    pub(crate) fn factors(&self, span: Span) -> Vec<(Span, i64)> {
        let factor = |band: usize| self.bands.bands().get(band).map_or(0, |band| band.prices.paid().units());
        self.bands.pieces(span).into_iter().map(|piece| (piece.span, factor(piece.band))).collect()
    }
}

/// A charge on the highest powers of a month.
#[derive(Clone, Debug, PartialEq)]
pub struct CapacityCharge {
    /// How long the stretches are over which power is taken: a quarter of an hour, an hour.
    pub slot: SlotLength,
    /// Of how many of the highest the mean is taken; of those that there are, where there are fewer.
    pub peaks: usize,
    /// Whether they must be of different local days.
    pub different_days: bool,
    /// Which hours count, and how much; all, where there are none.
    pub hours: Option<Hours>,
    /// The mean of so many months decides, this one and those before; of those whose peak is known.
    pub months: u32,
    /// So many months before this one the last of them is: 1 where the month before decides.
    pub months_before: u32,
    /// kW that each month counts at least.
    pub minimum_kw: Energy,
    /// What the power costs.
    pub price: CapacityPrice,
    /// A month costs at most so much for each kWh used in it.
    pub ceiling: Option<UnitRate>,
    /// Peaks of months whose readings are not given, in kW, by year and month.
    pub known: BTreeMap<(i32, u32), Energy>,
}

/// What a power costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CapacityPrice {
    /// So much for each kW and month or year. A month bears its share of the year's local days.
    PerKw {
        /// Minor units.
        price: Money,
        /// For a month, or a year.
        every: Every,
    },
    /// By steps of power: so much a month or year.
    Steps {
        /// For a month, or a year, of which a month bears a twelfth.
        every: Every,
        /// Up to how many kW, and minor units; the last has no end. In order.
        steps: Vec<(Option<Energy>, Money)>,
        /// Whether a power that is just the edge of a step belongs to it, or to the next.
        edge_inside: bool,
    },
}

impl CapacityPrice {
    /// Steps in order: an error where the edges do not rise or the last step has one.
    pub fn steps(every: Every, steps: Vec<(Option<Energy>, Money)>, edge_inside: bool) -> Result<Self> {
        let edges: Vec<_> = steps.iter().map(|(edge, _)| *edge).collect();
        let rising = edges.windows(2).all(|pair| match pair {
            [Some(lower), Some(upper)] => lower < upper,
            [Some(_), None] => true,
            _ => false,
        });
        if !rising || edges.last().is_none_or(Option::is_some) {
            return Err(Error::order(
                "steps rise from one up_to_kw to the next, and the last has none: what lies above all edges costs its price",
            )
            .in_field("steps"));
        }
        Ok(Self::Steps { every, steps, edge_inside })
    }
}

impl Component {
    /// Whether it asks so much a kWh whenever it is used, so that a plan can price it: no portion, and hours alone.
    #[must_use]
    pub const fn is_plain_rate(&self) -> bool {
        matches!(self.charge, Charge::PerKwh { portion: None, .. }) && !self.counts.is_export()
    }

    /// A remark for plans that leave it out; `None` where a plan can price it or it does not depend on when energy is used.
    #[must_use]
    pub fn unpriced_in_plans(&self) -> Option<String> {
        if self.counts.is_export() {
            return Some(format!(
                "{} is not in the plan's prices: it is of exported energy (--export-rates plans a price of that)",
                self.name
            ));
        }
        let why = match &self.charge {
            Charge::Scale(scale) => format!("it goes by the energy of a {}", scale.every.name()),
            Charge::PerKwh { portion: None, .. } | Charge::Fee { .. } => return None,
            Charge::PerKwh { portion: Some(portion), .. } => {
                format!("it goes by the energy of a {}", portion.every.name())
            }
            Charge::Capacity(_) => {
                "it goes by the month's highest powers (--peak-price plans a price on the peak)".to_owned()
            }
            Charge::Minimum { .. } => "it goes by the whole bill".to_owned(),
        };
        Some(format!("{} is not in the plan's prices: {why}", self.name))
    }
}

/// The calendar months that touch a span, whole, with year and month.
pub(crate) fn months(calendar: &Calendar, span: Span) -> Result<Vec<(i32, u32, Span)>> {
    let periods = Every::Month.dated_periods(calendar, span)?;
    Ok(periods.into_iter().map(|(date, month)| (date.year(), date.month(), month)).collect())
}

/// A date's own name among periods, for labels.
pub(crate) fn month_label(year: i32, month: u32) -> String {
    format!("{year:04}-{month:02}")
}
