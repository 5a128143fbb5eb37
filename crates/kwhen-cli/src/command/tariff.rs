//! `kwhen tariff`

use crate::arguments::{Format, Pricing, Shared, parse_time};
use crate::definition;
use crate::failure::{Failure, Result};
use crate::output::style::{FAINT, Palette, TITLE};
use crate::output::table::{Align, Table};
use crate::output::{json, when::Clock as ClockText};
use crate::selling::Selling;
use clap::{ArgGroup, Args, Subcommand};
use kwhen::UnitRate;
use kwhen::tariff::{AgileFormula, Clock, Sureness, Tariff, TariffCode};
use kwhen::time::{Calendar, Span, instant_text};
use serde::Serialize;

/// Look into tariffs
#[derive(Args, Debug)]
pub(crate) struct TariffArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Show(ShowArguments),
    Explain(ExplainArguments),
}

/// Show what a tariff file holds, and its unit rates on one day
#[derive(Args, Debug)]
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
    #[arg(long, value_parser = unit_rate, value_name = "P", requires = "at", allow_hyphen_values = true)]
    wholesale: Option<UnitRate>,
    /// A unit rate in p/kWh without VAT: give the day-ahead prices that lead to it
    #[arg(long, value_parser = unit_rate, value_name = "P", requires = "at", allow_hyphen_values = true)]
    rate: Option<UnitRate>,
}

/// An exact decimal number of pence a kWh.
fn unit_rate(text: &str) -> Result<UnitRate, String> {
    text.parse().map_err(|error: kwhen::Error| error.to_string())
}

impl TariffArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        match &self.what {
            What::Show(arguments) => arguments.run(shared),
            What::Explain(arguments) => arguments.run(shared),
        }
    }
}

#[derive(Serialize)]
struct Shown {
    code: String,
    fuel: kwhen::tariff::Fuel,
    direction: kwhen::tariff::Direction,
    customer: kwhen::tariff::Customer,
    clock: Option<String>,
    bands: Vec<String>,
    date: String,
    vat_percent: Vec<String>,
    standing_charge: Option<String>,
    rates: Vec<ShownRate>,
}

#[derive(Serialize)]
struct ShownRate {
    #[serde(flatten)]
    span: Span,
    value_exc_vat: Option<UnitRate>,
    value_inc_vat: Option<UnitRate>,
}

impl ShowArguments {
    fn run(&self, shared: &Shared) -> Result<String> {
        let calendar = shared.calendar()?;
        let span = match &self.date {
            Some(text) => calendar.day(calendar.date(parse_time(&calendar, text, "--date")?))?,
            None => crate::arguments::always()?,
        };
        let tariffs = definition::tariffs(&self.file, &self.pricing, &self.selling, &calendar, span)?;
        let mut shown = Vec::with_capacity(tariffs.len());
        for tariff in &tariffs {
            shown.push(self.shown(tariff, &calendar)?);
        }
        match shared.format {
            Format::Json => json(&shown),
            Format::Text => Ok(shown
                .iter()
                .map(|shown| page(shown, calendar, Palette::for_stdout(shared.color)))
                .collect::<Vec<_>>()
                .join("\n")),
            Format::Csv => Ok(rates_csv(&shown)),
        }
    }

    /// The day asked for; else the first day that the tariff has rates for, or, where it always had, the first of 2026.
    fn day(&self, tariff: &Tariff, calendar: &Calendar) -> Result<Span> {
        let at = match &self.date {
            Some(text) => parse_time(calendar, text, "--date")?,
            None => {
                let start = match &tariff.unit_rates {
                    kwhen::tariff::UnitRates::Series(series) => Some(series.span().from()),
                    kwhen::tariff::UnitRates::Schedule(_) => None,
                    kwhen::tariff::UnitRates::Dated(parts) => parts.last().map(|(span, _)| span.from()),
                };
                match start.filter(|start| start.timestamp() > 0) {
                    Some(start) => start,
                    None => calendar.parse("2026-01-01")?,
                }
            }
        };
        Ok(calendar.day(calendar.date(at))?)
    }

    fn shown(&self, tariff: &Tariff, calendar: &Calendar) -> Result<Shown> {
        let day = self.day(tariff, calendar)?;
        let series = tariff.rate_series(day, &[])?;
        let rates = series.intervals().filter_map(|interval| {
            let span = interval.span.intersection(day)?;
            let on = |basis| interval.prices.on(basis);
            Some(ShownRate {
                span,
                value_exc_vat: on(kwhen::series::VatBasis::Exclusive),
                value_inc_vat: on(kwhen::series::VatBasis::Inclusive),
            })
        });
        let standing = tariff.standing_charges.iter().flat_map(|charges| charges.intervals());
        let standing = standing.into_iter().find(|interval| interval.span.contains(day.from()));
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
            vat_percent: tariff.vat().cut(day).into_iter().map(|(_, vat)| vat.to_string()).collect(),
            standing_charge: standing.map(|interval| interval.prices.to_string()),
            rates: rates.collect(),
        })
    }
}

fn page(shown: &Shown, calendar: Calendar, palette: Palette) -> String {
    let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let mut page = format!("{}\n", palette.paint(TITLE, &shown.code));
    let about = format!("{} {} · {}", name(&shown.fuel), name(&shown.direction), name(&shown.customer));
    page.push_str(&format!("{}\n\n", palette.paint(FAINT, &about)));
    if let Some(clock) = &shown.clock {
        page.push_str(&format!("Times of day by the clock of {clock}:\n"));
        for band in &shown.bands {
            page.push_str(&format!("  {band}\n"));
        }
        page.push('\n');
    }
    let standing = shown.standing_charge.as_deref().unwrap_or("none known");
    page.push_str(&format!(
        "On {}: VAT {}, standing charge {standing}\n",
        shown.date,
        shown.vat_percent.join(", then ")
    ));
    let mut table =
        Table::new(&[("", Align::Left), ("p/kWh exc VAT", Align::Right), ("p/kWh inc VAT", Align::Right)]);
    let or_dash = |rate: Option<UnitRate>| rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string());
    for rate in &shown.rates {
        table.row([
            ClockText(calendar).range(rate.span).into(),
            or_dash(rate.value_exc_vat).into(),
            or_dash(rate.value_inc_vat).into(),
        ]);
    }
    page.push_str(&table.render(palette));
    page
}

fn rates_csv(shown: &[Shown]) -> String {
    let mut csv = crate::output::csv::Csv::new(&["code", "from", "to", "value_exc_vat", "value_inc_vat"]);
    let or_empty = |rate: Option<UnitRate>| rate.map(|rate| rate.to_string()).unwrap_or_default();
    for tariff in shown {
        for rate in &tariff.rates {
            csv.row(&[
                tariff.code.clone(),
                instant_text(rate.span.from()),
                instant_text(rate.span.to()),
                or_empty(rate.value_exc_vat),
                or_empty(rate.value_inc_vat),
            ]);
        }
    }
    csv.into_text()
}

#[derive(Serialize)]
struct Explained {
    code: String,
    fuel: Option<kwhen::tariff::Fuel>,
    registers: Option<String>,
    product: String,
    region: char,
    region_name: &'static str,
    distributor_id: u8,
    agile: Option<ExplainedAgile>,
}

#[derive(Serialize)]
struct ExplainedAgile {
    cap_exc_vat: Option<UnitRate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_rate_exc_vat: Option<UnitRate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limited: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sureness: Option<Sureness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wholesale_from: Option<UnitRate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wholesale_to: Option<UnitRate>,
}

impl ExplainArguments {
    fn run(&self, shared: &Shared) -> Result<String> {
        let code: TariffCode = self.code.parse()?;
        let explained = Explained {
            fuel: code.fuel(),
            registers: code.registers().map(|registers| format!("{registers:?}")),
            product: code.product().to_string(),
            region: code.region().letter(),
            region_name: code.region().name(),
            distributor_id: code.region().distributor_id(),
            agile: self.agile(&code, shared)?,
            code: code.to_string(),
        };
        match shared.format {
            Format::Json => json(&explained),
            Format::Csv => Err(Failure::usage("--format csv: this has no rows; take text or json")),
            Format::Text => Ok(explanation(&explained, Palette::for_stdout(shared.color))),
        }
    }

    fn agile(&self, code: &TariffCode, shared: &Shared) -> Result<Option<ExplainedAgile>> {
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
        let at = parse_time(&shared.calendar()?, at, "--at")?;
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

fn explanation(explained: &Explained, palette: Palette) -> String {
    let mut page = format!("{}\n", palette.paint(TITLE, &explained.code));
    let fuel = explained
        .fuel
        .map_or_else(|| "not said by the code".to_owned(), |fuel| format!("{fuel:?}").to_lowercase());
    page.push_str(&format!("Fuel       {fuel}\n"));
    if let Some(registers) = &explained.registers {
        page.push_str(&format!("Registers  {}\n", registers.to_lowercase()));
    }
    page.push_str(&format!("Product    {}\n", explained.product));
    page.push_str(&format!(
        "Region     {} {} (MPAN begins {})\n",
        explained.region, explained.region_name, explained.distributor_id
    ));
    let Some(agile) = &explained.agile else { return page };
    page.push_str("Formula    of the half-hourly day-ahead price; see docs/billing-rules.md\n");
    if let Some(cap) = agile.cap_exc_vat {
        page.push_str(&format!("Cap        {cap} p/kWh exc VAT\n"));
    }
    if let Some(rate) = agile.unit_rate_exc_vat {
        let mut notes = Vec::new();
        notes.extend(agile.peak.filter(|peak| *peak).map(|_| "peak".to_owned()));
        notes.extend(agile.limited.filter(|limited| *limited).map(|_| "at its limit".to_owned()));
        notes.extend(agile.sureness.map(|sureness| format!("{sureness:?}").to_lowercase()));
        page.push_str(&format!("Unit rate  {rate} p/kWh exc VAT ({})\n", notes.join(", ")));
    }
    if agile.wholesale_from.is_some() || agile.wholesale_to.is_some() {
        let end =
            |end: Option<UnitRate>, open: &str| end.map_or_else(|| open.to_owned(), |rate| rate.to_string());
        let (from, to) = (end(agile.wholesale_from, "anything"), end(agile.wholesale_to, "anything"));
        page.push_str(&format!("Wholesale  {from} to {to} p/kWh\n"));
    }
    page
}
