//! Energy that somebody else pays back, such as an employer what a car charges: a line of its own, which no tariff knows of.

use crate::answer::home::{PaidBack, PaidBackIn};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, store};
use crate::words::{Metering, Pricing};
use chrono::{Datelike as _, NaiveDate};
use clap::Args;
use kwhen::time::{Calendar, SlotLength, Span};
use kwhen::{Energy, Money, UnitRate};
use std::path::PathBuf;

/// What is paid back.
#[derive(Args, Debug)]
pub(crate) struct PaidBackArguments {
    /// Readings of energy that somebody else pays back, such as an employer what a car charges: a file, or a meter point in the store. What is paid
    /// is a line of its own beside what energy costs
    #[arg(long, requires = "paid_back_rate", value_name = "FILE")]
    paid_back: Option<PathBuf>,
    /// What is paid back for a kWh, in pence, such as 8, or 8@2026-09-01 from a local day on; may be repeated
    #[arg(long, requires = "paid_back", value_parser = parse_rate, value_name = "P[@DATE]")]
    paid_back_rate: Vec<RateFrom>,
}

/// A rate, and the local day from which on it holds: from ever, where none is said.
type RateFrom = (Option<NaiveDate>, UnitRate);

fn parse_rate(text: &str) -> std::result::Result<RateFrom, String> {
    let (rate, from) = text.split_once('@').map_or((text, None), |(rate, from)| (rate, Some(from)));
    let from = from.map(|from| {
        from.trim().parse::<NaiveDate>().map_err(|_| format!("not a date such as 2026-09-01: {from:?}"))
    });
    let rate: UnitRate =
        rate.trim().parse().map_err(|error| format!("not a rate such as 8 or 8@2026-09-01: {error}"))?;
    if rate.is_negative() {
        return Err(format!("what is paid back is not below zero: {text:?}"));
    }
    Ok((from.transpose()?, rate))
}

impl PaidBackArguments {
    /// Whether anything is.
    pub(super) const fn is_named(&self) -> bool {
        self.paid_back.is_some()
    }

    /// What is paid back for today and this month, up to the last slot that is over.
    pub(super) fn answer(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        (pricing, metering): (&Pricing, &Metering),
    ) -> Result<Option<PaidBack>> {
        let Some(path) = &self.paid_back else { return Ok(None) };
        self.one_rate_a_date()?;
        let now = ctx.now();
        let date = calendar.date(now);
        let today = calendar.day(date)?;
        let first = calendar.day(date.with_day(1).unwrap_or(date))?;
        let slot = SlotLength::HALF_HOUR.seconds();
        let end = now - chrono::TimeDelta::seconds(now.timestamp().rem_euclid(slot));
        let whole = Span::new(first.from(), end).ok();
        let part = Span::new(today.from(), end).ok();
        let Some(whole) = whole else { return Ok(Some(PaidBack::default())) };
        let extent = match store::holds(ctx, path) {
            true => store::extent_if_any(ctx, &path.to_string_lossy())?,
            false => Some(Span::always()),
        };
        let of = |span: Option<Span>| -> Result<Option<PaidBackIn>> {
            let Some(span) = span else { return Ok(None) };
            let mut sum = PaidBackIn {
                span,
                kwh: Energy::ZERO,
                paid_minor: Money::ZERO,
                missing_seconds: span.seconds(),
            };
            if extent.and_then(|extent| extent.intersection(span)).is_none() {
                return Ok(Some(sum));
            }
            let readings = Source::read(ctx, path)?.during(span).consumption(pricing, metering)?;
            for (slot, kwh) in readings.grid().slots().zip(readings.iter()) {
                let Some(kwh) = kwh.filter(|_| span.intersection(slot.span) == Some(slot.span)) else {
                    continue;
                };
                sum.missing_seconds -= slot.span.seconds();
                // Before the first rate nothing is paid.
                let Some(rate) = self.rate_at(calendar.date(slot.span.from())) else { continue };
                let beyond = || Failure::work("what is paid back is beyond what can be held");
                sum.kwh = sum.kwh.checked_add(kwh).ok_or_else(beyond)?;
                sum.paid_minor = sum.paid_minor.checked_add(kwh * rate).ok_or_else(beyond)?;
            }
            Ok(Some(sum))
        };
        Ok(Some(PaidBack { today: of(part)?, month: of(Some(whole))? }))
    }

    /// Refuses two rates from one date on.
    fn one_rate_a_date(&self) -> Result<()> {
        for (place, (from, rate)) in self.paid_back_rate.iter().enumerate() {
            let earlier = self.paid_back_rate.iter().take(place).find(|(other, _)| other == from);
            if let Some((_, other)) = earlier {
                let when = from.map_or_else(|| "without a date".to_owned(), |from| format!("from {from} on"));
                return Err(Failure::usage(format!(
                    "--paid-back-rate: {other} and {rate} both {when}: say one of them"
                )));
            }
        }
        Ok(())
    }

    /// What is paid for a kWh of a local day: what holds since the latest date up to it; none before the first.
    fn rate_at(&self, date: NaiveDate) -> Option<UnitRate> {
        let held = self.paid_back_rate.iter().filter(|(from, _)| from.is_none_or(|from| from <= date));
        held.max_by_key(|(from, _)| *from).map(|(_, rate)| *rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_hold_from_their_day_on() {
        let paid = |texts: &[&str]| PaidBackArguments {
            paid_back: None,
            paid_back_rate: texts.iter().map(|text| parse_rate(text).unwrap()).collect(),
        };
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let of = |texts: &[&str], day: &str| {
            paid(texts).rate_at(date(day)).map_or_else(|| "none".to_owned(), |rate| rate.to_string())
        };
        assert_eq!(of(&["8"], "2026-01-01"), "8");
        let dated = ["9@2026-09-01", "7", "8.5@2026-06-01"];
        assert_eq!(of(&dated, "2026-05-31"), "7");
        assert_eq!(of(&dated, "2026-06-01"), "8.5");
        assert_eq!(of(&dated, "2026-12-01"), "9");
        assert_eq!(of(&["9@2026-09-01"], "2026-08-31"), "none");
        for two in [["7", "8"], ["7@2026-09-01", "8@2026-09-01"]] {
            assert!(paid(&two).one_rate_a_date().unwrap_err().to_string().contains("say one of them"));
        }
        assert!(paid(&dated).one_rate_a_date().is_ok());
        for text in ["", "x", "-1", "8@", "8@soon", "8@2026-02-30"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
