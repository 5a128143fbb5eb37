//! How good forecasts of load, sun and rates would have been.

use super::site::SeriesArguments;
use crate::answer::backtest::{ForecastRow, Quantity};
use crate::answer::forecast::Forecasts;
use crate::answer::frame::Frame;
use crate::context::Context;
use crate::failure::{Failure, Result};
use clap::Args;
use kwhen::Energy;
use kwhen::plan::Power;
use kwhen::plan::backtest::{Backtest, PastDays};
use kwhen::plan::battery::{Battery, BatteryRequest};
use kwhen::time::Publication;

/// How good forecasts of load, sun and unpublished rates were, each made with what was known then
///
/// Whenever rates are published (about 16:00, up to 23:00 of the next day) the next 24 hours of load and sun are forecast, and the rates
/// of the first 24 hours that are not published: as yesterday, as last week, as the mean of days and as past days by weight, which plans
/// for what is not known go by. Each is laid beside what came. What lies before --from is not looked at: each day of the time itself is
/// one to go by for those after it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen forecast --rates rates.csv --load consumption.csv
  kwhen forecast --rates rates.csv --load consumption.csv --solar solar.csv --past-days 14 --from 2026-01-01
  kwhen forecast --rates rates.csv --load consumption.csv --format csv      # by the hour of the local day")]
pub struct ForecastArguments {
    #[command(flatten)]
    series: SeriesArguments,
    /// How many past days the mean of days and past days by weight look at; days like the one to come count more
    #[arg(long, default_value_t = 28, value_name = "DAYS")]
    past_days: u16,
    /// All rates are known from the start, as on a tariff with fixed times
    #[arg(long)]
    all_rates_known: bool,
}

impl ForecastArguments {
    /// Each forecast beside what came.
    ///
    /// # Errors
    /// A file cannot be read, or the time is too short for any forecast.
    pub fn answer(&self, ctx: &Context) -> Result<Forecasts> {
        let calendar = ctx.calendar()?;
        let read = self.series.read(ctx, &calendar)?;
        // Forecasts depend on no device.
        let nothing = Battery::new(Energy::ZERO, Power::ZERO)?;
        let request = BatteryRequest::default();
        let publication = (!self.all_rates_known).then(|| Publication::day_ahead(&calendar));
        let test = Backtest::new(&nothing, &read.site, &request).in_calendar(calendar).published(publication);
        let past = PastDays::alike(usize::from(self.past_days))?;
        let rows: Vec<ForecastRow> = test.measured(past)?.iter().map(ForecastRow::from).collect();
        // Where there is no load or no sun, nothing is foreseen of it.
        let (load, solar) = self.series.measured();
        let is_asked = |row: &ForecastRow| match row.quantity {
            Quantity::Load => load,
            Quantity::Solar => solar,
            Quantity::Rates => true,
        };
        let forecasts: Vec<ForecastRow> =
            rows.into_iter().filter(|row| row.all.slots > 0 && is_asked(row)).collect();
        if forecasts.is_empty() {
            return Err(Failure::work(format!(
                "{}: too short for a forecast: each needs a whole day before it, to go by",
                read.span
            )));
        }
        let days = calendar.days_starting_in(read.span)?.max(1);
        let short = (days < i64::from(self.past_days)).then(|| {
            format!(
                "the period has {days} days, fewer than the {} past days asked for: forecasts went by as many as there were",
                self.past_days
            )
        });
        Ok(Forecasts {
            frame: Frame::new(read.span, &calendar, read.site.currency()),
            days,
            past_days: past.days(),
            forecasts,
            notices: read.notices.into_iter().chain(short).collect(),
        })
    }
}
