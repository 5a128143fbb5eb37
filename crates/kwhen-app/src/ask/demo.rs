//! The whole story on a bundled sample: a made-up London home on Agile Octopus. It is the Saturday on which the clocks go back, half past
//! four in the afternoon: the rates up to Sunday 23:00 have just been published.

use crate::answer::battery::BatteryPlan;
use crate::answer::bill::Input;
use crate::answer::charge::Charge;
use crate::answer::demo::{Demo, Job};
use crate::answer::frame::{Frame, Remarks};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::sample;
use crate::words::{Metering, Pricing};
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::bill::{Bill, BillRequest, BillingRules, Grouping};
use kwhen::plan::window::{Alternatives, WindowRequest};
use kwhen::plan::{SlotPrices, battery, charge, slots_over};
use kwhen::time::{Calendar, PeriodKind, Publication, SlotLength, Span};
use kwhen::{Consumption, RateSeries, UnitRate};

/// When the demo plays, on the London clock.
const NOW: &str = "2026-10-24T16:30";
/// The month that is billed.
const MONTH: (&str, &str) = ("2026-09-01", "2026-10-01");

/// All that the demo shows, from the bundled sample.
///
/// # Errors
/// None, as long as the sample is what it is.
pub fn demo(ctx: &Context) -> Result<Demo> {
    let calendar = &Calendar::great_britain();
    let pricing = Pricing::default();
    let rates = sample::rates(ctx).rates(&pricing, calendar, None)?;
    let consumption = sample::consumption(ctx).consumption(&pricing, &Metering::default())?;
    let standing = sample::standing_charges(ctx).standing_charges(&pricing, calendar)?;

    let month = Span::new(calendar.parse(MONTH.0)?, calendar.parse(MONTH.1)?)?;
    let bill = Bill::new(
        &BillRequest::new(&consumption, &rates, month)
            .standing_charges(&standing)
            .rules(BillingRules::octopus())
            .grouping(Grouping::Periods(PeriodKind::Day)),
    )?;

    let now = calendar.parse(NOW)?;
    let known = Span::new(now, Publication::day_ahead(calendar).known_until(now)?)?;
    let prices = SlotPrices::over(&rates, known, SlotLength::HALF_HOUR)?;
    Ok(Demo {
        now,
        known,
        bill,
        input: Input::new(&rates, &consumption, Some(&standing)),
        month_prices: SlotPrices::over(&rates, month, SlotLength::HALF_HOUR)?,
        mean_minor_per_kwh: prices.mean(),
        jobs: jobs(&prices, known, calendar)?,
        charge: charge(&prices, now, calendar)?,
        battery: battery(ctx, &rates, &consumption, known, calendar)?,
        prices,
    })
}

fn jobs(prices: &SlotPrices, known: Span, calendar: &Calendar) -> Result<Vec<Job>> {
    let until = |text: &str| -> Result<Span> { Ok(Span::new(known.from(), calendar.parse(text)?)?) };
    let night = until("2026-10-25T08:00")?;
    let tomorrow = Span::new(calendar.parse("2026-10-25T08:00")?, calendar.parse("2026-10-25T20:00")?)?;
    [
        ("Dishwasher, 1 h 30 min, by 08:00", WindowRequest::unbroken(90)?, night),
        (
            "Pool pump, 9 h, blocks of 1 h or more",
            WindowRequest::split(540)?.min_run(60).max_starts(3),
            known,
        ),
        ("Washing, 2 h, tomorrow 08:00 to 20:00", WindowRequest::unbroken(120)?, tomorrow),
        ("Anything, 3 h, by tomorrow 23:00", WindowRequest::unbroken(180)?, known),
    ]
    .into_iter()
    .map(|(name, request, allowed)| {
        let found = request.during(allowed).top(1, Alternatives::Apart).find(prices)?;
        let window = found.windows.into_iter().next();
        let window = window.ok_or_else(|| Failure::work(format!("{name}: no time for it in the sample")))?;
        let minutes = u32::try_from(window.duration_minutes).unwrap_or(u32::MAX);
        let at_once = Span::new(known.from(), known.from() + TimeDelta::minutes(window.duration_minutes))?;
        let at_once = WindowRequest::unbroken(minutes)?.during(at_once).find(prices)?;
        let now_minor_per_kwh =
            at_once.windows.first().map_or(UnitRate::ZERO, |window| window.average_minor_per_kwh);
        Ok(Job { name, allowed, window, now_minor_per_kwh })
    })
    .collect()
}

/// 24 kWh for the car by the morning.
fn charge(prices: &SlotPrices, now: DateTime<Utc>, calendar: &Calendar) -> Result<Charge> {
    let span = Span::new(now, calendar.parse("2026-10-25T07:00")?)?;
    let plan = charge::ChargeRequest::energy("24".parse()?, "7.4".parse()?, span)?.plan(prices)?;
    Ok(Charge {
        frame: Frame::new(span, calendar, prices.currency()),
        saving_minor: plan.saving_against_at_once(),
        plan,
        frontier: Vec::new(),
        why_not: None,
        comparison: None,
        notices: Remarks::default(),
        prices: prices.clone(),
    })
}

/// 10 kWh and 5 kW behind the home's meter, with the roof's generation as it will be: what a perfect forecast would plan.
fn battery(
    ctx: &Context,
    rates: &RateSeries,
    load: &Consumption,
    known: Span,
    calendar: &Calendar,
) -> Result<BatteryPlan> {
    let pricing = Pricing::default();
    let export = sample::export_rates(ctx).rates(&pricing, calendar, None)?;
    let solar = sample::solar(ctx).consumption(&pricing, &Metering::default())?;
    let grid = slots_over(known, SlotLength::HALF_HOUR, [rates, &export], [load, &solar])?;
    let paid = |rates: &RateSeries| rates.on_grid(&grid, rates.paid_basis());
    let site = battery::Site::from_rates(&paid(rates)?)?
        .export_rates(&paid(&export)?)?
        .load_readings(load)?
        .solar_readings(&solar)?;
    let battery = battery::Battery::new("10".parse()?, "5".parse()?)?
        .with_efficiency("0.95".parse()?, "0.95".parse()?)
        .with_wear("1".parse()?)?;
    let level = "2".parse()?;
    let dispatch =
        battery.plan(&site, &battery::BatteryRequest::starting_at(level).ending_at_least(level))?;
    BatteryPlan::new(&battery, &site, &dispatch, calendar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::instant_text;

    #[test]
    fn the_demo_plays_after_publication_and_before_the_clocks_go_back() {
        let demo = demo(&Context::plain(DateTime::UNIX_EPOCH)).unwrap();
        assert_eq!(instant_text(demo.known.from()), "2026-10-24T15:30:00Z");
        assert_eq!(instant_text(demo.known.to()), "2026-10-25T23:00:00Z");
        assert_eq!(demo.bill.coverage.slots, 1440);
        for job in &demo.jobs {
            assert!(job.window.average_minor_per_kwh < job.now_minor_per_kwh, "{}", job.name);
            assert!(job.window.blocks.iter().all(|block| block.intersection(job.allowed) == Some(*block)));
        }
    }
}
