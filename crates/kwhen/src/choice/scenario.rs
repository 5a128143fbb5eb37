//! Rates of other years, moved onto the time that is compared: what a crisis would do.

use super::published::is_published_day_ahead;
use super::written::as_instant;
use crate::error::{Error, Result};
use crate::quantity::UnitRate;
use crate::series::{Prices, RateRow, RateSeries};
use crate::tariff::{Tariff, UnitRates};
use crate::time::{Calendar, Grid, PeriodKind, SlotLength, Span};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};

/// How far a day of the source may drift from the day of the year that it stands for before another is looked for.
const DRIFT: u32 = 4;
/// A day further away than this is of another season.
const SEASON: u32 = 30;

/// A stretch of days that was taken in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovedDays {
    /// The days for which the others stand.
    #[serde(flatten)]
    pub span: Span,
    /// The first of the days that stand for them: its local midnight.
    #[serde(serialize_with = "as_instant")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub taken_from: DateTime<Utc>,
}

/// Rates of other years on the days of a span, and which days stand for which. No rate is above `at_most`, on the basis that the rates have.
///
/// Each day has the rates of a day of the same weekday and season, at the same local times. Days that follow each other do so in the source,
/// from the first year that has the season on; where it ends it begins anew. Where the clock is put forward on a day of the source, the hour that it lacks
/// has the prices of the hour before. The price without tax is moved where there is one, since the tax of the time that is compared is
/// charged.
///
/// `looked_at` is the span with the time before it that tells what to expect. Those days are the ones before in the source, or else alike; from the first
/// on, going back, for which there is none, there are no rates.
///
/// An error where no day of the source is of the season of a day of the span.
pub fn moved(
    source: &RateSeries,
    (onto, looked_at): (Span, Span),
    calendar: &Calendar,
    at_most: Option<UnitRate>,
) -> Result<(RateSeries, Vec<MovedDays>)> {
    let dates = whole_dates(source.span(), calendar)?;
    let mut pieces: Vec<MovedDays> = Vec::new();
    let mut days: VecDeque<(Span, NaiveDate)> = VecDeque::new();
    for target in calendar.cut(PeriodKind::Day, onto)? {
        let date = calendar.date(target.span.from());
        let next = days.back().and_then(|(_, before)| before.checked_add_days(Days::new(1)));
        let taken = match next.filter(|next| goes_on(&dates, *next, date)) {
            Some(next) => next,
            None => first_alike(&dates, date).ok_or_else(|| none_alike(source, date))?,
        };
        match pieces.last_mut().filter(|_| next == Some(taken)) {
            Some(piece) => piece.span = Span::new(piece.span.from(), target.span.to())?,
            None => pieces.push(MovedDays { span: target.span, taken_from: calendar.day(taken)?.from() }),
        }
        days.push_back((target.span, taken));
    }
    let past = match looked_at.from() < onto.from() {
        true => calendar.cut(PeriodKind::Day, Span::new(looked_at.from(), onto.from())?)?,
        false => Vec::new(),
    };
    for target in past.into_iter().rev() {
        let date = calendar.date(target.span.from());
        let Some((after, of_after)) = days.front() else { break };
        // A day of which a part is in the span is one day.
        let apart = (calendar.date(after.from()) - date).num_days();
        let previous = of_after.checked_sub_signed(TimeDelta::days(apart));
        let previous = previous.filter(|previous| goes_on(&dates, *previous, date));
        let Some(taken) = previous.or_else(|| first_alike(&dates, date)) else { break };
        days.push_front((target.span, taken));
    }
    let length = source.slot_length().min(SlotLength::HALF_HOUR);
    let capped = |price: UnitRate| at_most.map_or(price, |most| price.min(most));
    let mut rows: Vec<RateRow> = Vec::new();
    for (span, taken) in days {
        for slot in Grid::covering(span, length)?.slots() {
            let time = calendar.local(slot.span.from()).time();
            let mut local = taken.and_time(time);
            if calendar.skips(local) {
                local -= TimeDelta::hours(1);
            }
            let Some(prices) = source.at(calendar.instant_of(local)?) else { continue };
            rows.push(RateRow {
                row: 0,
                valid_from: Some(slot.span.from()),
                valid_to: Some(slot.span.to()),
                prices: match prices {
                    Prices::Both { exc_vat, .. } | Prices::Exclusive(exc_vat) => {
                        Prices::Exclusive(capped(exc_vat))
                    }
                    Prices::Inclusive(price) => Prices::Inclusive(capped(price)),
                },
                payment_method: None,
            });
        }
    }
    Ok((RateSeries::from_rows(rows, None)?, pieces))
}

/// Whether a day that follows in the source is near enough to the time of year that it would stand for.
fn goes_on(dates: &BTreeSet<NaiveDate>, day: NaiveDate, date: NaiveDate) -> bool {
    dates.contains(&day) && apart(day, date) <= DRIFT
}

/// Tariffs with the unit rates of one of them, or of all that are published a day ahead where none is named, replaced by others; and the codes of those.
/// What else they charge stays.
///
/// An error where there is none to replace.
pub fn with_rates(
    tariffs: &[Tariff],
    code: Option<&str>,
    rates: &UnitRates,
    (period, calendar): (Span, &Calendar),
) -> Result<(Vec<Tariff>, Vec<String>)> {
    let is_meant = |tariff: &Tariff| match code {
        Some(code) => tariff.code == code,
        None => tariff
            .plan_rates(period)
            .is_ok_and(|planned| is_published_day_ahead(&planned.rates, period, calendar)),
    };
    let mut replaced = Vec::new();
    let tariffs = tariffs.iter().map(|tariff| {
        if !is_meant(tariff) {
            return tariff.clone();
        }
        replaced.push(tariff.code.clone());
        Tariff { unit_rates: rates.clone(), ..tariff.clone() }
    });
    let tariffs: Vec<Tariff> = tariffs.collect();
    match (replaced.is_empty(), code) {
        (false, _) => Ok((tariffs, replaced)),
        (true, Some(code)) => {
            let codes: Vec<&str> = tariffs.iter().map(|tariff| tariff.code.as_str()).collect();
            Err(Error::missing(format!("is none of the tariffs, which are {}", codes.join(", ")))
                .in_field("scenario")
                .with_value(code))
        }
        (true, None) => Err(Error::missing(
            "no tariff has prices that are published a day ahead: say whose rates they are, as CODE=FILE",
        )
        .in_field("scenario")),
    }
}

/// The local dates of which a span has all.
fn whole_dates(span: Span, calendar: &Calendar) -> Result<BTreeSet<NaiveDate>> {
    if span.is_open_ended() || span.from().timestamp() <= 0 {
        return Err(Error::unsupported("rates of other years need a beginning and an end"));
    }
    let mut dates = BTreeSet::new();
    for day in calendar.cut(PeriodKind::Day, span)? {
        let date = calendar.date(day.span.from());
        if calendar.day(date)? == day.span {
            dates.insert(date);
        }
    }
    Ok(dates)
}

/// How far two days are apart in the year.
fn apart(one: NaiveDate, other: NaiveDate) -> u32 {
    let apart = one.ordinal0().abs_diff(other.ordinal0());
    apart.min(365_u32.saturating_sub(apart))
}

/// The first day of the same weekday at nearly the same time of year; else the nearest of the season.
fn first_alike(dates: &BTreeSet<NaiveDate>, date: NaiveDate) -> Option<NaiveDate> {
    let alike = || dates.iter().filter(|other| other.weekday() == date.weekday());
    let near = alike().find(|other| apart(**other, date) < DRIFT);
    let nearest = alike().min_by_key(|other| apart(**other, date));
    near.or(nearest.filter(|other| apart(**other, date) <= SEASON)).copied()
}

fn none_alike(source: &RateSeries, date: NaiveDate) -> Error {
    let span = source.span();
    Error::missing(format!(
        "the rates of {span} have no whole day of the season of {date} on the same weekday"
    ))
}
