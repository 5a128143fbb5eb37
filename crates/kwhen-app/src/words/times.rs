//! Times and periods as people say them, on the clock of --time-zone and at the moment at which the question is asked.

use crate::context::Context;
use crate::failure::{Failure, Result};
use chrono::{DateTime, Utc};
use clap::Args;
use kwhen::time::{Span, instant_text, time_of_day};

/// A period on the local clock.
#[derive(Args, Clone, Debug)]
pub struct PeriodArguments {
    /// Start of the period: a date (its local midnight) or a time; also today, yesterday, -7d, now, 7am
    #[arg(long, help_heading = "Period", value_name = "DATE", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// End of the period, itself not in it
    #[arg(long, help_heading = "Period", value_name = "DATE", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// The period in a word: 2026-03, 2026, 2026-03-29, today, yesterday, tomorrow, tonight, this-week, last-month …; one that is not
    /// over yet ends where the data ends
    #[arg(long, help_heading = "Period", value_name = "PERIOD", conflicts_with_all = ["from", "to"])]
    pub during: Option<String>,
}

impl PeriodArguments {
    /// That a plan is of the past, where nobody said from when to when it is to be.
    pub fn past(&self, span: Span, now: DateTime<Utc>) -> Option<String> {
        let said = self.from.is_some() || self.to.is_some() || self.during.is_some();
        if said { None } else { kwhen::plan::past_remark(span, now) }
    }

    /// What --from and --to say; an end that is a time of day or so much later is counted from its beginning.
    fn ends(&self, ctx: &Context) -> Result<[Option<DateTime<Utc>>; 2]> {
        let from = self.from.as_deref().map(|text| parse_time(ctx, text, "--from")).transpose()?;
        let end = |text: &str| match from {
            Some(from) => parse_moment(ctx, text, from, "--to"),
            None => parse_time(ctx, text, "--to"),
        };
        Ok([from, self.to.as_deref().map(end).transpose()?])
    }

    /// The period asked for, before anything was read: what is to be read of a store. Where an end is not said, all.
    pub fn asked(&self, ctx: &Context) -> Result<Span> {
        if let Some(text) = &self.during {
            return parse_period(ctx, text, "--during");
        }
        let whole = Span::always();
        let [from, to] = self.ends(ctx)?;
        let (from, to) = (from.unwrap_or(whole.from()), to.unwrap_or(whole.to()));
        // A period that ends before it begins is refused when it is cut to what there is.
        Ok(Span::new(from, to).unwrap_or(whole))
    }

    /// The period asked for, with the ends of what there is where one is not said.
    pub fn within(&self, ctx: &Context, whole: Span) -> Result<Span> {
        if let Some(text) = &self.during {
            let period = parse_period(ctx, text, "--during")?;
            let end = if period.to() > ctx.now() { period.to().min(whole.to()) } else { period.to() };
            return Span::new(period.from(), end).map_err(|_| {
                Failure::work(format!("--during {text} is {period}, after the data, which is {whole}"))
            });
        }
        let [from, to] = self.ends(ctx)?;
        let (from, to) = (from.unwrap_or(whole.from()), to.unwrap_or(whole.to()));
        match (&self.from, &self.to) {
            (Some(from_text), Some(to_text)) if to <= from => Err(Failure::usage(format!(
                "--to {to_text} must be after --from {from_text}: the end is not in the period"
            ))),
            (Some(text), None) if to <= from => {
                Err(Failure::work(format!("--from {text} is after the data, which is {whole}")))
            }
            (None, Some(text)) if to <= from => {
                Err(Failure::work(format!("--to {text} is before the data, which is {whole}")))
            }
            _ => Ok(Span::new(from, to)?),
        }
    }
}

/// An instant from text ([`Calendar::parse_at`](kwhen::time::Calendar::parse_at)). One that depends on what time it is, is said beside
/// the answer. What is no time at all is wrong usage, a time that cannot be is work that cannot be done.
pub fn parse_time(ctx: &Context, text: &str, flag: &str) -> Result<DateTime<Utc>> {
    let calendar = ctx.calendar()?;
    if let Ok(instant) = calendar.parse(text) {
        return Ok(instant);
    }
    let instant = calendar.parse_at(text, ctx.now()).map_err(|error| refused(&error, flag))?;
    if !is_dated(text) {
        ctx.note(format!("{flag} {text} is {}", calendar.local_text(instant)));
    }
    Ok(instant)
}

/// A period from text ([`Calendar::period_at`](kwhen::time::Calendar::period_at)), said beside the answer likewise.
fn parse_period(ctx: &Context, text: &str, flag: &str) -> Result<Span> {
    let period = ctx.calendar()?.period_at(text, ctx.now()).map_err(|error| refused(&error, flag))?;
    if !is_dated(text) {
        ctx.note(format!(
            "{flag} {text} is {} to {}",
            instant_text(period.from()),
            instant_text(period.to())
        ));
    }
    Ok(period)
}

/// Whether text means the same whatever time it is: it begins with a year.
fn is_dated(text: &str) -> bool {
    text.trim_start().bytes().take_while(u8::is_ascii_digit).count() >= 4
}

fn refused(error: &kwhen::Error, flag: &str) -> Failure {
    let message = format!("{flag}: {error}");
    if error.is_syntax() { Failure::Usage(message) } else { Failure::Work(message) }
}

/// An instant from text that ends what begins at `after` ([`Calendar::parse_end`](kwhen::time::Calendar::parse_end)).
pub fn parse_moment(ctx: &Context, text: &str, after: DateTime<Utc>, flag: &str) -> Result<DateTime<Utc>> {
    if !text.trim_start().starts_with('+') && time_of_day(text).is_none() {
        return parse_time(ctx, text, flag);
    }
    ctx.calendar()?.parse_end(text, after, ctx.now()).map_err(|error| refused(&error, flag))
}

/// Two times on the local clock, such as `2026-10-13T18:00..2026-10-13T20:00`.
pub fn parse_times(ctx: &Context, text: &str, flag: &str) -> Result<Span> {
    let (from, to) = text.split_once("..").ok_or_else(|| {
        Failure::usage(format!("{flag}: not two times such as 2026-10-13T18:00..2026-10-13T20:00: {text:?}"))
    })?;
    let (from, to) = (parse_time(ctx, from, flag)?, parse_time(ctx, to, flag)?);
    Span::new(from, to).map_err(|error| Failure::usage(format!("{flag}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::{Calendar, parse_instant};

    fn ctx() -> Context {
        Context::plain(parse_instant("2026-07-03T11:00:00Z").unwrap())
    }

    fn whole() -> Span {
        Calendar::great_britain().day("2026-07-01".parse().unwrap()).unwrap()
    }

    fn period(from: Option<&str>, to: Option<&str>, during: Option<&str>) -> Result<Span> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        PeriodArguments { from: owned(from), to: owned(to), during: owned(during) }.within(&ctx(), whole())
    }

    #[test]
    fn a_period_is_inside_what_there_is_unless_it_says_otherwise() {
        assert_eq!(period(None, None, None).unwrap(), whole());
        assert_eq!(
            period(Some("2026-06-01"), None, None).unwrap().to_string(),
            "2026-05-31T23:00:00Z to 2026-07-01T23:00:00Z"
        );
        assert!(matches!(period(Some("2026-07-02"), None, None), Err(Failure::Work(_))));
        assert!(matches!(period(Some("2026-07-02"), Some("2026-07-01"), None), Err(Failure::Usage(_))));
        assert!(matches!(period(Some("gestern"), None, None), Err(Failure::Usage(_))));
        assert!(matches!(period(None, Some("2100-02-01"), None), Err(Failure::Work(_))));
        assert_eq!(
            period(Some("-3d"), Some("yesterday"), None).unwrap().to_string(),
            "2026-06-29T23:00:00Z to 2026-07-01T23:00:00Z"
        );
    }

    #[test]
    fn a_period_that_is_not_over_ends_with_the_data() {
        let cut = period(None, None, Some("this-month")).unwrap();
        assert_eq!(cut, whole());
        // One that is over is what it is, whatever the data.
        assert_eq!(
            period(None, None, Some("2026-06")).unwrap().to_string(),
            "2026-05-31T23:00:00Z to 2026-06-30T23:00:00Z"
        );
        let refused = period(None, None, Some("today")).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("--during today is 2026-07-02T23:00:00Z to 2026-07-03T23:00:00Z, after the data")
        );
        assert!(matches!(period(None, None, Some("7am")), Err(Failure::Usage(_))));
    }

    #[test]
    fn what_depends_on_the_time_is_said() {
        let ctx = ctx();
        parse_time(&ctx, "2026-07-01", "--from").unwrap();
        parse_time(&ctx, "2026-07", "--from").unwrap();
        assert!(ctx.take_notes().is_empty());
        parse_time(&ctx, "yesterday", "--from").unwrap();
        assert_eq!(ctx.take_notes(), ["--from yesterday is 2026-07-02T00:00:00+01:00"]);
    }

    /// The same table as the wheel's tests read: what is said means the same in both.
    #[test]
    fn one_table_of_times() {
        let table = include_str!("../../../../tests/cases/said-times.csv");
        for row in table.lines().skip(1) {
            let fields: Vec<&str> = row.split(',').collect();
            let [now, kind, text, from, to] = fields.as_slice() else { panic!("{row}") };
            let ctx = Context::plain(parse_instant(now).unwrap());
            let expected = || Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap();
            let of = |from: Option<&str>, to: Option<&str>, during: Option<&str>| {
                let owned = |text: Option<&str>| text.map(str::to_owned);
                PeriodArguments { from: owned(from), to: owned(to), during: owned(during) }.asked(&ctx)
            };
            match *kind {
                "instant" => {
                    assert_eq!(
                        parse_time(&ctx, text, "--from").unwrap(),
                        parse_instant(from).unwrap(),
                        "{row}"
                    );
                }
                "period" => assert_eq!(of(None, None, Some(text)).unwrap(), expected(), "{row}"),
                "ends" => {
                    let (from, to) = text.split_once("..").unwrap();
                    assert_eq!(of(Some(from), Some(to), None).unwrap(), expected(), "{row}");
                }
                "no instant" => {
                    assert!(matches!(parse_time(&ctx, text, "--from"), Err(Failure::Usage(_))), "{row}")
                }
                _ => assert!(matches!(of(None, None, Some(text)), Err(Failure::Usage(_))), "{row}"),
            }
        }
    }
}
