//! Tariffs and their codes, looked into.

use super::on_sale::OnSaleArguments;
use crate::answer::Answer;
use crate::answer::tariff::{Explained, ExplainedAgile, Shown, ShownDevice, ShownRate};
use crate::container;
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use crate::source::{Source, definition};
use crate::words::selling::Selling;
use crate::words::{Pricing, parse, parse_time};
use clap::{ArgGroup, Args, Subcommand};
use kwhen::UnitRate;
use kwhen::series::{RateSeries, VatBasis};
use kwhen::tariff::{
    AgileFormula, Clock, Component, DispatchPrices, Tariff, TariffCode, UnitRates, Wanted, import,
};
use kwhen::time::{Calendar, Span};
use kwhen_fetch::document::Document;
use std::path::PathBuf;

/// Look into tariffs
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen tariff show go.toml
  kwhen tariff explain E-1R-AGILE-24-10-01-C")]
pub struct TariffArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Show(ShowArguments),
    Explain(ExplainArguments),
    Import(ImportArguments),
    OnSale(Box<OnSaleArguments>),
}

/// Make a definition of a tariff that others publish as data
///
/// Reads grid tariffs of fri-nettleie (Norway, YAML) and of EnergieID's energy-cost (Belgium, YAML), DatahubPricelist of Energi Data
/// Service (Denmark, JSON), and plans of the Consumer Data Right (Australia, JSON). The definition is written as TOML, with its source,
/// licence and date; what it cannot express is named in it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen tariff import bkk.yml > grid.toml
  kwhen tariff import bkk.yml --name fritid > cabin.toml
  kwhen tariff import pricelist.json --name 'Radius' --format json
  kwhen tariff import https://raw.githubusercontent.com/kraftsystemet/fri-nettleie/main/tariffer/bkk.yml > grid.toml")]
struct ImportArguments {
    /// The file, or its address (https://…)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Allow an address without TLS, for a server on this machine
    #[arg(long)]
    allow_http: bool,
    /// Which of several tariffs of the file: a customer group, an owner, a code, a name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
}

/// Show what a tariff file holds, and its unit rates on one day
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen tariff show go.toml
  kwhen tariff show rates.csv,standing-charges.csv --date 2026-03-29")]
struct ShowArguments {
    /// A definition (TOML, JSON), a products payload, or unit rates, with standing charges after a comma
    #[arg(value_name = "FILE[,STANDING]")]
    file: String,
    /// The local day whose rates are shown
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    #[command(flatten)]
    selling: Selling,
    #[command(flatten)]
    pricing: Pricing,
}

/// Take a tariff code apart; for Agile, work its formula either way
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("formula").args(["wholesale", "rate"]).multiple(true), after_help = "\
Examples:
  kwhen tariff explain E-1R-AGILE-24-10-01-C
  kwhen tariff explain E-1R-AGILE-24-10-01-C --wholesale 8.531 --at 2026-03-10T17:30
  kwhen tariff explain E-1R-AGILE-24-10-01-C --rate 29.06 --at 2026-03-10T17:30")]
struct ExplainArguments {
    /// A tariff code
    #[arg(value_name = "CODE")]
    code: String,
    /// The start of a half-hour, for the formula
    #[arg(long, value_name = "TIME", requires = "formula")]
    at: Option<String>,
    /// A day-ahead price in p/kWh (£/MWh by 10): give the unit rate
    #[arg(long, value_parser = parse::<UnitRate>, value_name = "P", requires = "at", allow_hyphen_values = true)]
    wholesale: Option<UnitRate>,
    /// A unit rate in p/kWh without VAT: give the day-ahead prices that lead to it
    #[arg(long, value_parser = parse::<UnitRate>, value_name = "P", requires = "at", allow_hyphen_values = true)]
    rate: Option<UnitRate>,
}

impl TariffArguments {
    /// What rows have no place for: the flag, and whether it is given.
    #[must_use]
    pub fn beyond_rows(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("tariff explain", matches!(self.what, What::Explain(_))),
            ("tariff import", matches!(self.what, What::Import(_))),
            ("--codes", matches!(&self.what, What::OnSale(arguments) if arguments.codes_alone())),
        ]
    }

    /// What a tariff file holds, or a code taken apart.
    ///
    /// # Errors
    /// What is asked cannot be read.
    pub fn answer(&self, ctx: &Context) -> Result<Answer> {
        match &self.what {
            What::Show(arguments) => arguments.answer(ctx),
            What::Explain(arguments) => arguments.answer(ctx),
            What::Import(arguments) => arguments.answer(ctx),
            What::OnSale(arguments) => Ok(Answer::OnSale(Box::new(arguments.answer(ctx)?))),
        }
    }
}

impl ShowArguments {
    fn answer(&self, ctx: &Context) -> Result<Answer> {
        let calendar = ctx.calendar()?;
        let span = match &self.date {
            Some(text) => calendar.day(calendar.date(parse_time(ctx, text, "--date")?))?,
            None => Span::always(),
        };
        let tariffs = definition::tariffs(ctx, &self.file, &self.pricing, &self.selling, &calendar, span)?;
        let mut shown = Vec::with_capacity(tariffs.len());
        for tariff in &tariffs {
            shown.push(self.shown(ctx, tariff, &calendar)?);
        }
        Ok(Answer::Tariffs(shown))
    }

    /// The day asked for; else the first day that the tariff has rates for, or, where it always had, the first of 2026.
    fn day(&self, ctx: &Context, tariff: &Tariff, calendar: &Calendar) -> Result<Span> {
        let at = match &self.date {
            Some(text) => parse_time(ctx, text, "--date")?,
            None => {
                let start = match &tariff.unit_rates {
                    UnitRates::Series(series) => Some(series.span().from()),
                    UnitRates::Schedule(_) => None,
                    UnitRates::Dated(parts) => parts.last().map(|(span, _)| span.from()),
                };
                match start.filter(|start| start.timestamp() > 0) {
                    Some(start) => start,
                    None => calendar.parse("2026-01-01")?,
                }
            }
        };
        Ok(calendar.day(calendar.date(at))?)
    }

    fn shown(&self, ctx: &Context, tariff: &Tariff, calendar: &Calendar) -> Result<Shown> {
        let day = self.day(ctx, tariff, calendar)?;
        let vat = tariff.vat();
        let rates = rates_of(tariff, &tariff.rate_series(day, &[])?, day)?;
        let device = tariff.device_rates.as_ref().map(|device| {
            let of = |rates: &UnitRates| rates_of(tariff, &rates.series(day)?, day);
            Ok::<_, Failure>(ShownDevice {
                off_peak_rates: of(&device.off_peak)?,
                peak_rates: of(&device.peak)?,
            })
        });
        let standing = tariff.standing_charges.iter().flat_map(|charges| charges.intervals());
        let standing = standing.into_iter().find(|interval| interval.span.contains(day.from()));
        let known = vat.cut(day).into_iter().filter(|(span, _)| vat.known_at(span.from()).is_some());
        Ok(Shown {
            code: tariff.code.clone(),
            fuel: tariff.fuel,
            direction: tariff.direction,
            customer: tariff.customer,
            clock: tariff.clock().map(|clock| match clock {
                Clock::Utc => "UTC all year".to_owned(),
                Clock::Local(calendar) => calendar.name().to_owned(),
            }),
            bands: tariff.unit_rates.bands().into_iter().map(ToString::to_string).collect(),
            date: calendar.date(day.from()).to_string(),
            vat_percent: known.map(|(_, vat)| vat.to_string()).collect(),
            standing_charge: standing.map(|interval| interval.prices.to_string()),
            currency: tariff.currency,
            minor_digits: tariff.currency.minor_digits(),
            dispatch_rate: match tariff.dispatch_prices {
                Some(DispatchPrices::Fixed(price)) => Some(price.to_string()),
                Some(DispatchPrices::LowerOfDay) | None => None,
            },
            dispatch_hours: tariff.allowance.map(|allowance| allowance.hours),
            device: device.transpose()?,
            components: tariff.components.iter().map(|component| component.name.clone()).collect(),
            needs: tariff.conditions.needs.clone(),
            unpriced_in_plans: tariff.components.iter().filter_map(Component::unpriced_in_plans).collect(),
            rates,
        })
    }
}

/// A tariff's rates on a day. What the source prints is shown; where it prints none the price bears the tax that is billed, as far as that is known.
fn rates_of(tariff: &Tariff, series: &RateSeries, day: Span) -> Result<Vec<ShownRate>> {
    let vat = tariff.vat();
    let mut rates = Vec::new();
    for interval in series.intervals() {
        let Some(span) = interval.span.intersection(day) else { continue };
        let (without, printed) =
            (interval.prices.on(VatBasis::Exclusive), interval.prices.on(VatBasis::Inclusive));
        let parts = if printed.is_some() {
            vec![span]
        } else {
            vat.cut(span).into_iter().map(|(part, _)| part).collect()
        };
        for span in parts {
            let value_inc_vat = match (printed, vat.known_at(span.from()), without) {
                (Some(printed), ..) => Some(printed),
                (None, Some(vat), Some(rate)) => Some(vat.on_rate(rate)?),
                (None, ..) => None,
            };
            rates.push(ShownRate { span, value_exc_vat: without, value_inc_vat });
        }
    }
    Ok(rates)
}

impl ImportArguments {
    fn answer(&self, ctx: &Context) -> Result<Answer> {
        let document = match self.file.to_str().filter(|text| text.contains("://")) {
            Some(address) => {
                ctx.used(&[Flag::AllowHttp]);
                let document = Document::at(address, self.allow_http);
                Some(document.map_err(|error| Failure::from(error).within(address))?)
            }
            None => None,
        };
        let (name, stem, bytes) = match &document {
            Some(document) => {
                let name = document.address().to_owned();
                let bytes = document.read(self.allow_http);
                let bytes = bytes.map_err(|error| Failure::from(error).within(&name))?;
                let bytes =
                    container::unpacked(bytes).map_err(|what| Failure::work(format!("{name}: {what}")))?;
                (name, document.stem().map(str::to_owned), bytes)
            }
            None => {
                let source = Source::file(ctx, &self.file)?;
                let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                (source.name().to_owned(), stem, source.bytes().to_vec())
            }
        };
        let called = stem.as_deref().unwrap_or("IMPORTED");
        let address = document.as_ref().map(Document::address);
        let wanted = Wanted { name: self.name.as_deref(), called, address };
        let read =
            |calendar: &Calendar| import(&bytes, wanted, calendar).map_err(|error| error.in_source(&name));
        let mut imported = read(&Calendar::great_britain())?;
        if imported.goes_by_clock {
            imported = read(&ctx.calendar()?)?;
        }
        Ok(Answer::TariffImported(Box::new(imported)))
    }
}

impl ExplainArguments {
    fn answer(&self, ctx: &Context) -> Result<Answer> {
        let code: TariffCode = self.code.parse()?;
        Ok(Answer::Explained(Box::new(Explained {
            fuel: code.fuel(),
            registers: code.registers().map(|registers| format!("{registers:?}")),
            product: code.product().to_string(),
            region: code.region().letter(),
            region_name: code.region().name(),
            distributor_id: code.region().distributor_id(),
            agile: self.agile(&code, ctx)?,
            code: code.to_string(),
        })))
    }

    fn agile(&self, code: &TariffCode, ctx: &Context) -> Result<Option<ExplainedAgile>> {
        let asked = self.wholesale.is_some() || self.rate.is_some();
        let formula = match AgileFormula::new(code.product(), code.region()) {
            Ok(formula) => formula,
            Err(error) if asked => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        let mut agile = ExplainedAgile {
            cap_exc_vat: formula.cap(),
            unit_rate_exc_vat: None,
            limited: None,
            peak: None,
            sureness: None,
            wholesale_from: None,
            wholesale_to: None,
        };
        let Some(at) = &self.at else { return Ok(Some(agile)) };
        let at = parse_time(ctx, at, "--at")?;
        if let Some(wholesale) = self.wholesale {
            let price = formula.price(wholesale, at)?;
            agile.unit_rate_exc_vat = Some(price.rate);
            agile.limited = Some(price.limited);
            agile.peak = Some(price.peak);
            agile.sureness = Some(price.sureness);
        }
        if let Some(rate) = self.rate {
            let range = formula.wholesale(rate, at)?;
            (agile.wholesale_from, agile.wholesale_to) = (range.least, range.greatest);
        }
        Ok(Some(agile))
    }
}
