//! The files of a site: read over the time that they share, or over their past and what lies ahead.

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::planned::{Planned, planned};
use crate::source::{Source, dispatched};
use crate::words::selling::Market;
use crate::words::{
    Metering, PeriodArguments, Pricing, Slots, UnitOfRates, doubts, parse_power, without_end,
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kwhen::input::PriceRole;
use kwhen::plan::battery::Site;
use kwhen::plan::{Filled, Power, filled_from_other_days, slots_over};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Grid, Span, instant_text};
use kwhen::{Consumption, RateSeries, UnitRate};
use rust_decimal::{Decimal, RoundingStrategy};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The files that say what a home pays and uses, the time, and how they are read.
#[derive(Args, Clone, Debug)]
pub(crate) struct SeriesArguments {
    /// Import rates: JSON as the API gives it, or CSV; or a tariff's definition
    #[arg(long, value_name = "FILE")]
    rates: PathBuf,
    #[command(flatten)]
    market: Market,
    /// The load: half-hourly readings in kWh
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Solar generation: half-hourly readings in kWh
    #[arg(long, value_name = "FILE")]
    solar: Option<PathBuf>,
    /// Fill missing rates and readings with those of the nearest day before (or after) at the same local time, and say how many
    #[arg(long)]
    fill_gaps: bool,
    #[command(flatten)]
    pub period: PeriodArguments,
    #[command(flatten)]
    slots: Slots,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
}

/// The files of a site and the limits of its connection.
#[derive(Args, Debug)]
pub(crate) struct SiteArguments {
    #[command(flatten)]
    pub series: SeriesArguments,
    /// Export rates, or the definition of a tariff for export; without them export earns nothing
    #[arg(long, value_name = "FILE")]
    export_rates: Option<PathBuf>,
    /// Carbon intensity of imported energy in g/kWh: rows as for rates, the intensity in the column `rate`
    #[arg(long, requires = "carbon_price", value_name = "FILE")]
    carbon: Option<PathBuf>,
    /// What a tonne of carbon is held to cost, in pounds (euros, yen): it decides the plan and is shown beside the grid's cost
    #[arg(long, requires = "carbon", value_name = "POUNDS")]
    carbon_price: Option<Decimal>,
    /// The most that the connection imports, in kW
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    import_limit_kw: Option<Power>,
    /// The most that the connection exports, in kW; 0 for none
    #[arg(long, value_parser = parse_power, value_name = "KW")]
    export_limit_kw: Option<Power>,
    /// Use, store or export all solar generation
    #[arg(long)]
    no_curtailment: bool,
    /// Charge from surplus solar only
    #[arg(long)]
    no_grid_charging: bool,
    /// Discharge into the load only
    #[arg(long)]
    no_battery_export: bool,
}

impl SeriesArguments {
    /// Whether there is load, and whether there is sun.
    pub(crate) const fn measured(&self) -> (bool, bool) {
        (self.load.is_some(), self.solar.is_some())
    }

    /// A home that sells nothing and has no limits, over the time that all files cover or the period asked for.
    pub(crate) fn read(&self, ctx: &Context, calendar: &Calendar) -> Result<ReadSite> {
        let site = SiteArguments {
            series: self.clone(),
            export_rates: None,
            carbon: None,
            carbon_price: None,
            import_limit_kw: None,
            export_limit_kw: None,
            no_curtailment: false,
            no_grid_charging: false,
            no_battery_export: false,
        };
        site.read(ctx, calendar)
    }
}

/// Forty years: a span beyond it is that of rates without an end.
const LONGEST_SECONDS: i64 = 40 * 366 * 86_400;

/// What was read of the files.
struct Files<'a> {
    asked: &'a SiteArguments,
    rates_file: PathBuf,
    rates: RateSeries,
    currency: Currency,
    left_out: Vec<String>,
    export: Option<RateSeries>,
    load: Option<Consumption>,
    solar: Option<Consumption>,
    carbon: Option<RateSeries>,
}

impl Files<'_> {
    /// When the files beside the import rates are.
    fn others(&self) -> impl Iterator<Item = (&Path, Span)> {
        let priced = [(&self.asked.export_rates, &self.export), (&self.asked.carbon, &self.carbon)]
            .map(|(path, series)| (path, series.as_ref().map(RateSeries::span)));
        let measured = [(&self.asked.series.load, &self.load), (&self.asked.series.solar, &self.solar)]
            .map(|(path, series)| (path, series.as_ref().and_then(|series| series.grid().span())));
        priced.into_iter().chain(measured).filter_map(|(path, span)| Some((path.as_deref()?, span?)))
    }

    /// The slots of a plan over a span.
    fn grid(&self, span: Span, slots: Slots) -> Result<Grid> {
        let series = std::iter::once(&self.rates).chain(&self.export).chain(&self.carbon);
        let readings = [&self.load, &self.solar].into_iter().flatten();
        Ok(slots_over(span, slots.slot, series, readings)?)
    }
}

/// The slots in which rates and energies are known.
struct Reach {
    rates: Range<usize>,
    energies: Range<usize>,
    /// Whether what is missing of them may be taken from other days, whatever the flags say.
    late: bool,
}

/// From when a plan looks ahead.
pub(crate) struct Moment<'a> {
    /// When it begins.
    pub now: DateTime<Utc>,
    /// Where it ends, if that is said.
    pub to: Option<DateTime<Utc>>,
    /// From when on rates are taken as unknown, if that is said.
    pub rates_until: Option<DateTime<Utc>>,
    /// How far back the past is looked at.
    pub past: TimeDelta,
    /// Whether readings and rates that are late are taken from other days, and said, rather than refused.
    pub late: bool,
    /// When the supplier is going to have a car charge.
    pub dispatches: &'a [Span],
}

/// A site over its past and what lies ahead: of the latter nothing is known but rates.
pub(crate) struct ReadAhead {
    pub site: Site,
    /// When the first slot that is planned begins.
    pub now: DateTime<Utc>,
    pub rates_until: DateTime<Utc>,
    /// Whether the rates of all the past are known.
    pub past_rates: bool,
    pub notices: Vec<String>,
}

/// The most days that a plan for what is not known looks ahead.
const LONGEST_AHEAD_DAYS: i64 = 14;

/// A site read from files, with what to show beside the plan.
pub(crate) struct ReadSite {
    pub site: Site,
    pub span: Span,
    pub import: Vec<UnitRate>,
    pub notices: Vec<String>,
}

impl SiteArguments {
    /// The file of import rates.
    pub(crate) fn rates(&self) -> &Path {
        &self.series.rates
    }

    /// The prices that tariffs of the market go by.
    pub(crate) const fn market(&self) -> &Market {
        &self.series.market
    }

    /// How files of rates and of readings are read.
    pub(crate) const fn reading(&self) -> (&Pricing, &Metering) {
        (&self.series.pricing, &self.series.metering)
    }

    /// Whether there is load or sun, whose past says how they may turn out.
    pub(crate) const fn past_is_read(&self) -> bool {
        self.series.load.is_some() || self.series.solar.is_some()
    }

    /// Whether solar generation may be left unused.
    pub(crate) const fn curtails(&self) -> bool {
        !self.no_curtailment
    }

    /// Whether carbon has a price.
    pub(crate) const fn prices_carbon(&self) -> bool {
        self.carbon.is_some() || self.carbon_price.is_some()
    }

    /// What to say of a battery that does nothing because there is nothing that it could do.
    pub(crate) fn nothing_to_serve(&self) -> Option<String> {
        (self.series.load.is_none() && self.export_rates.is_none()).then(|| {
            "nothing uses what the battery would give: give the load (--load) or what export earns (--export-rates)"
                .to_owned()
        })
    }

    /// Reads the files over the time that all of them cover, or over the period asked for.
    pub(crate) fn read(&self, ctx: &Context, calendar: &Calendar) -> Result<ReadSite> {
        self.read_with(ctx, &self.series.rates, calendar)
    }

    /// Likewise, with the import rates of another file.
    pub(crate) fn read_with(
        &self,
        ctx: &Context,
        rates_file: &Path,
        calendar: &Calendar,
    ) -> Result<ReadSite> {
        let files = self.files(ctx, rates_file, calendar, self.series.period.asked(ctx)?)?;
        let mut common = files.rates.span();
        for (path, other) in files.others() {
            common = common.intersection(other).ok_or_else(|| {
                Failure::work(format!(
                    "the files have no time in common: {} is for {other}, those before it for {common}",
                    path.display()
                ))
            })?;
        }
        let span = self.series.period.within(ctx, common)?;
        if span.seconds() > LONGEST_SECONDS {
            return Err(Failure::usage(format!(
                "{}: give --from and --to",
                without_end(span, "forty years")
            )));
        }
        let grid = files.grid(span, self.series.slots)?;
        let whole = 0..grid.len();
        let known = Reach { rates: whole.clone(), energies: whole, late: false };
        let (site, import, notices) = self.site(&files, span, &grid, &known, calendar)?;
        Ok(ReadSite { site: site.during(span)?, span, import, notices })
    }

    /// Reads the files over the past and up to an end, where load and sun are known before `now` alone, and rates as far as the files have
    /// them, at most to `rates_until`. `past` is how much of the past is looked at.
    pub(crate) fn read_ahead(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        moment: &Moment<'_>,
    ) -> Result<ReadAhead> {
        let begin = Span::always().from().max(moment.now - moment.past);
        let asked = Span::new(begin, moment.to.unwrap_or_else(|| Span::always().to()))?;
        let mut files = self.files(ctx, &self.series.rates, calendar, asked)?;
        files.rates = dispatched::laid_over(&self.series.rates, files.rates, moment.dispatches, calendar)?;
        let priced = [Some(&files.rates), files.export.as_ref(), files.carbon.as_ref()];
        let priced = || priced.into_iter().flatten().map(RateSeries::span);
        let rates_from = priced().map(|span| span.from()).max().unwrap_or(begin);
        let priced_to = priced().map(|span| span.to()).min().unwrap_or(begin);
        let known_to = moment.rates_until.map_or(priced_to, |until| until.min(priced_to));
        if rates_from > moment.now || known_to <= moment.now && !moment.late {
            return Err(Failure::work(format!(
                "{}: has no rate for {}, when the plan begins; rates are known from {} to {}",
                self.series.rates.display(),
                instant_text(moment.now),
                instant_text(rates_from),
                instant_text(known_to)
            )));
        }
        let two_days = moment.now + TimeDelta::hours(48);
        // Fixed rates have no end: they are known as far as is planned.
        let to =
            moment.to.unwrap_or_else(|| match known_to - moment.now > TimeDelta::days(LONGEST_AHEAD_DAYS) {
                true => two_days,
                false => two_days.max(known_to),
            });
        if to - moment.now > TimeDelta::days(LONGEST_AHEAD_DAYS) {
            return Err(Failure::usage(format!(
                "a plan for what is not known looks {LONGEST_AHEAD_DAYS} days ahead at most: give an earlier --to"
            )));
        }
        let open = known_to < to;
        let read = [(&self.series.load, &files.load), (&self.series.solar, &files.solar)];
        let mut start = begin;
        for (path, series) in read {
            let (Some(path), Some(span)) = (path, series.as_ref().and_then(|series| series.grid().span()))
            else {
                continue;
            };
            if span.to() < moment.now && !moment.late || span.from() >= moment.now {
                return Err(Failure::work(format!(
                    "{}: has no reading up to {}, when the plan begins; its readings are of {span}",
                    path.display(),
                    instant_text(moment.now)
                )));
            }
            start = start.max(span.from());
        }
        // Past rates say how those that are not known may turn out.
        let start = if open { start.max(rates_from) } else { start };
        let wide = files.grid(Span::new(start, to)?, self.series.slots)?;
        let grid = wide.part(wide.slots_starting_in(Span::new(start, wide.end())?));
        let place = |at: DateTime<Utc>| grid.slots().take_while(|slot| slot.span.from() < at).count();
        let now = grid.slots().take_while(|slot| slot.span.to() <= moment.now).count();
        let rates = place(rates_from.min(moment.now))..place(known_to).max(now);
        let known = Reach { rates, energies: 0..now, late: moment.late };
        let span = grid.span().ok_or_else(|| Failure::work("there is no slot to plan for"))?;
        let (site, _, notices) = self.site(&files, span, &grid, &known, calendar)?;
        let first = grid.slot(now).map_or(moment.now, |slot| slot.span.from());
        Ok(ReadAhead {
            site,
            now: first,
            rates_until: known_to.max(first).min(to),
            past_rates: known.rates.start == 0,
            notices,
        })
    }

    /// Opens and reads the files.
    fn files(&self, ctx: &Context, rates_file: &Path, calendar: &Calendar, asked: Span) -> Result<Files<'_>> {
        let source = |path: &Path| Ok::<_, Failure>(Source::read(ctx, path)?.during(asked));
        let read = |path: &Path, role| {
            planned(ctx, path, (&self.series.pricing, &self.series.market), calendar, Some(role), asked)
        };
        let Planned { rates, currency, left_out } = read(rates_file, PriceRole::Import)?;
        let export =
            self.export_rates.as_deref().map(|path| Ok::<_, Failure>((path, read(path, PriceRole::Export)?)));
        let (export, left_out) = match export.transpose()? {
            None => (None, left_out),
            Some((path, sold)) => {
                let names = [rates_file, path].map(|path| path.display().to_string());
                let [bought, paid] = &names;
                currency.same(sold.currency, bought, paid)?;
                (Some(sold.rates), left_out.into_iter().chain(sold.left_out).collect())
            }
        };
        let readings = |path: &Path| source(path)?.consumption(&self.series.pricing, &self.series.metering);
        let load = self.series.load.as_deref().map(readings).transpose()?;
        let solar = self.series.solar.as_deref().map(readings).transpose()?;
        // Grams have no unit of money.
        let grams = Pricing { rate_unit: UnitOfRates::Pence, ..self.series.pricing.clone() };
        let carbon =
            self.carbon.as_deref().map(|path| source(path)?.rates(&grams, calendar, None)).transpose()?;
        Ok(Files {
            asked: self,
            rates_file: rates_file.to_owned(),
            rates,
            currency,
            left_out,
            export,
            load,
            solar,
            carbon,
        })
    }

    /// The site of the files over a grid, the import rates, and what is said of them.
    fn site(
        &self,
        files: &Files<'_>,
        span: Span,
        grid: &Grid,
        known: &Reach,
        calendar: &Calendar,
    ) -> Result<(Site, Vec<UnitRate>, Vec<String>)> {
        let Files { rates_file, rates, currency, left_out, export, load, solar, carbon, .. } = files;
        let mut notices: Vec<String> =
            rates.notices().iter().filter(|notice| notice.concerns(span)).map(ToString::to_string).collect();
        notices.extend(left_out.iter().cloned());
        let priced = (grid, &known.rates, calendar, known.late);
        let import = rates.on_grid(grid, rates.paid_basis())?;
        let import = self.filled(rates_file, "rate", priced, import.iter(), &mut notices)?;
        let mut site = Site::new(*grid, &import)?.paid_in(*currency);
        if let (Some(export), Some(path)) = (export, &self.export_rates) {
            notices.extend(
                export
                    .notices()
                    .iter()
                    .filter(|notice| notice.concerns(span))
                    .map(|notice| format!("{}: {notice}", path.display())),
            );
            let rates = export.on_grid(grid, export.paid_basis())?;
            site = site.export(&self.filled(path, "rate", priced, rates.iter(), &mut notices)?)?;
        }
        for (series, path, is_load) in [(load, &self.series.load, true), (solar, &self.series.solar, false)] {
            let (Some(series), Some(path)) = (series, path) else { continue };
            notices.extend(series.notices().iter().map(ToString::to_string));
            let length = series.grid().slot_length();
            if length > grid.slot_length() {
                notices.push(format!(
                    "{}: readings of {} minutes are spread evenly over slots of {}",
                    path.display(),
                    length.minutes(),
                    grid.slot_length().minutes()
                ));
            }
            let readings = series.on_grid(grid);
            let measured = (grid, &known.energies, calendar, known.late);
            let readings = self.filled(path, "reading", measured, readings.iter(), &mut notices)?;
            let read = if is_load { site.load(&readings) } else { site.solar(&readings) };
            site = read.map_err(in_file(path))?;
        }
        if let (Some(carbon), Some(path), Some(price)) = (carbon, &self.carbon, self.carbon_price) {
            let grams = carbon.on_grid(grid, carbon.paid_basis())?;
            let grams = self.filled(path, "carbon intensity", priced, grams.iter(), &mut notices)?;
            site = site.carbon(&carbon_prices(&grams, price, *currency).map_err(in_file(path))?)?;
        }
        notices.extend(doubts([
            ("--import-limit-kw", self.import_limit_kw),
            ("--export-limit-kw", self.export_limit_kw),
        ]));
        Ok((self.limited(site), import, notices))
    }

    /// Every value of a series that is known; where one is missing, that of another day, if that is allowed. What is not known is nothing.
    fn filled<T: Copy + Default>(
        &self,
        path: &Path,
        what: &str,
        (grid, known, calendar, late): (&Grid, &Range<usize>, &Calendar, bool),
        values: impl Iterator<Item = Option<T>>,
        notices: &mut Vec<String>,
    ) -> Result<Vec<T>> {
        let values: Vec<Option<T>> = values.skip(known.start).take(known.len()).collect();
        let part = grid.part(known.clone());
        if let Some(slot) = part.slots().find(|slot| values.get(slot.index).is_none_or(Option::is_none))
            && !self.series.fill_gaps
            && !late
        {
            return Err(Failure::work(format!(
                "{}: no {what} for {}; --fill-gaps takes that of another day",
                path.display(),
                slot.span
            )));
        }
        let Filled { values, filled } = filled_from_other_days(&part, &values, calendar)
            .map_err(|error| Failure::work(format!("{}: {what}: {error}", path.display())))?;
        if filled > 0 {
            let verb = if filled == 1 { " was" } else { "s were" };
            notices.push(format!("{}: {filled} missing {what}{verb} filled from other days", path.display()));
        }
        let before = std::iter::repeat_n(T::default(), known.start);
        let after = std::iter::repeat_n(T::default(), grid.len().saturating_sub(known.end));
        Ok(before.chain(values).chain(after).collect())
    }

    /// A site within the connection's limits.
    fn limited(&self, mut site: Site) -> Site {
        if let Some(limit) = self.import_limit_kw {
            site = site.import_limit(limit);
        }
        if let Some(limit) = self.export_limit_kw {
            site = site.export_limit(limit);
        }
        if self.no_curtailment {
            site = site.without_curtailment();
        }
        if self.no_grid_charging {
            site = site.without_grid_charging();
        }
        if self.no_battery_export {
            site = site.without_battery_export();
        }
        site
    }
}

/// p/kWh from g/kWh and pounds a tonne, rounded half to even at 10⁻⁴ p: a gram at £1 a tonne is 10⁻⁴ p, at ¥1 a millionth of a yen.
fn carbon_prices(grams: &[UnitRate], a_tonne: Decimal, currency: Currency) -> kwhen::Result<Vec<UnitRate>> {
    let a_gram = a_tonne.checked_mul(Decimal::new(currency.minor_units(), 6));
    let price = |grams: &UnitRate| {
        let price = a_gram.and_then(|price| price.checked_mul(grams.to_decimal()));
        let price = price.map(|price| price.round_dp_with_strategy(4, RoundingStrategy::MidpointNearestEven));
        UnitRate::from_decimal(price.unwrap_or(Decimal::MAX))
    };
    grams.iter().map(price).collect()
}

pub(crate) fn in_file(path: &Path) -> impl Fn(kwhen::Error) -> Failure {
    move |error| Failure::work(format!("{}: {error}", path.display()))
}
