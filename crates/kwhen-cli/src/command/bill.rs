//! `kwhen bill`

use super::account::{self, AccountRequest, Readings};
use crate::arguments::{Format, PeriodArguments, Pricing, Shared, parse_time};
use crate::definition::{self, Between, Missing};
use crate::failure::{Failure, Result};
use crate::input::{Source, at_most_one_standard_input};
use crate::output::number::{kwh, pence, pounds};
use crate::output::style::Palette;
use crate::output::table::{Align, Table};
use crate::output::{bill as page, csv::Csv, json};
use clap::{Args, ValueEnum};
use kwhen::bill::export::{Ledger, LedgerAccounts, SupplyChargeNames, journal, kraken_supply_charge};
use kwhen::bill::{Bill, BillOptions, BillingRules, Grouping, Projection};
use kwhen::series::StandingCharges;
use kwhen::tariff::Tariff;
use kwhen::time::{PeriodKind, Span, instant_text};
use kwhen::{Consumption, Money, RateSeries};
use serde::Serialize;
use std::path::PathBuf;

/// Make the bill of a period
///
/// Joins readings to unit rates by instant, adds standing charges by local day and VAT by date. What lacks a reading or a rate is
/// left out and named, never billed as zero. With --account it makes the statement of import, export and gas together.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen bill --rates rates.csv --consumption consumption.csv --from 2026-03-01 --to 2026-04-01
  kwhen bill --rates rates.json --consumption consumption.json --standing standing.json --by day
  kwhen bill --tariff go.toml --consumption consumption.csv --rules all
  kwhen bill --tariff economy-7.toml --registers readings.csv
  kwhen bill --account account.toml --tariff go.toml --tariff gas.toml --from 2026-03-01 --to 2026-04-01
  kwhen bill --rates rates.csv --consumption - --format json < consumption.csv")]
pub(crate) struct BillArguments {
    /// Unit rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE", required_unless_present_any = ["tariffs", "account", "store"], conflicts_with = "tariffs")]
    rates: Option<PathBuf>,
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE", required_unless_present_any = ["account", "store", "registers"])]
    consumption: Option<PathBuf>,
    /// Readings of meter registers in place of half-hours: register, at and reading in kWh
    #[arg(long, value_name = "FILE", conflicts_with_all = ["consumption", "account", "dispatches", "project_to", "by"])]
    registers: Option<PathBuf>,
    /// How many digits the registers have, where one went round from 99999 to 0
    #[arg(long, value_name = "DIGITS", requires = "registers")]
    register_digits: Option<u32>,
    /// What is done where a rate, VAT or the agreement changes between two readings of a register
    #[arg(long, value_enum, default_value_t)]
    between_readings: Between,
    /// Standing charges in pence a day
    #[arg(long, value_name = "FILE", conflicts_with = "tariffs")]
    standing: Option<PathBuf>,
    /// A tariff in place of rates: a definition (TOML, JSON) or unit rates, with standing charges after a comma; several with --account
    #[arg(long = "tariff", value_name = "FILE[,STANDING]")]
    tariffs: Vec<String>,
    /// An account: its supplies and their agreements (TOML, JSON)
    #[arg(long, value_name = "FILE", requires = "tariffs", conflicts_with_all = ["rates", "consumption", "dispatches", "project_to", "export"])]
    account: Option<PathBuf>,
    #[command(flatten)]
    period: PeriodArguments,
    /// What is rounded: exact, octopus (as documented), octopus-statement (as its statements behave), ladder, a file, or all side by side
    #[arg(long, default_value = "exact", value_name = "RULES")]
    rules: String,
    /// What is done where there is no reading
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    /// Spans in which the supplier charged the car: from and to
    #[arg(long, value_name = "FILE", requires = "tariffs")]
    dispatches: Option<PathBuf>,
    /// Say what the bill will come to if it goes on like this to the end of a period
    #[arg(long, value_name = "DATE")]
    project_to: Option<String>,
    /// Write the bill for another program instead
    #[arg(long, value_enum, value_name = "PROGRAM")]
    export: Option<Export>,
    /// Show the bill in pieces too
    #[arg(long, value_enum, value_name = "PIECE")]
    by: Option<Piece>,
    #[command(flatten)]
    pricing: Pricing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Export {
    /// A SUPPLY_CHARGE transaction of Kraken's data import
    Kraken,
    /// A Beancount entry
    Beancount,
    /// An hledger entry
    Hledger,
}

/// The argument of --rules that asks for every preset.
const ALL_RULES: &str = "all";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Piece {
    Month,
    Week,
    Day,
    /// 23:00 to 23:00, the day that day-ahead prices are made for
    MarketDay,
    HalfHour,
}

impl Piece {
    const fn grouping(self) -> Grouping {
        match self {
            Self::Month => Grouping::Periods(PeriodKind::Month),
            Self::Week => Grouping::Periods(PeriodKind::Week),
            Self::Day => Grouping::Periods(PeriodKind::Day),
            Self::MarketDay => Grouping::Periods(PeriodKind::MarketDay),
            Self::HalfHour => Grouping::Slots,
        }
    }
}

impl BillArguments {
    pub(crate) fn run(&self, shared: &Shared) -> Result<String> {
        let files = [&self.rates, &self.consumption, &self.registers, &self.standing, &self.dispatches];
        at_most_one_standard_input(files.into_iter().flatten().map(PathBuf::as_path))?;
        let calendar = shared.calendar()?;
        let rules =
            if self.rules == ALL_RULES { BillingRules::exact() } else { definition::rules(&self.rules)? };
        let options = BillOptions {
            calendar,
            rules,
            missing: self.missing.policy(),
            grouping: self.by.map(Piece::grouping),
            between_readings: self.between_readings.policy(),
        };
        let palette = Palette::for_stdout(shared.color);
        let from_store = self.rates.is_none() && self.tariffs.is_empty() && self.account.is_none();
        if let Some(file) = self.account.as_deref().or(shared.store.as_deref().filter(|_| from_store)) {
            if self.rules == ALL_RULES {
                return Err(Failure::usage("--rules all goes with one tariff, not with --account"));
            }
            let run = if from_store { crate::store::statement } else { account::run };
            return run(&AccountRequest {
                file,
                tariffs: &self.tariffs,
                pricing: &self.pricing,
                period: &self.period,
                options,
                format: shared.format,
                palette,
            });
        }
        let tariff = self.tariff()?;
        let (consumption, registers) = (self.consumption.as_deref(), self.registers.as_deref());
        if consumption.is_none() && registers.is_none() {
            return Err(Failure::usage("--consumption or --registers is needed"));
        }
        let metered = Readings::read(consumption, registers, self.register_digits, &calendar)?;
        let whole = metered.span().ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let period = self.period.within(&calendar, whole)?;
        let dispatches =
            self.dispatches.as_deref().map(|path| account::dispatches(path, &calendar)).transpose()?;
        let dispatches = dispatches.unwrap_or_default();
        let bill_by = |rules: BillingRules| {
            let options = BillOptions { rules, ..options.clone() };
            match &metered {
                Readings::Slots(consumption) => tariff.bill(consumption, period, &dispatches, &options),
                Readings::Registers(advances) => tariff.bill_registers(advances, period, &options),
            }
        };
        let bill = bill_by(options.rules.clone())?;
        if let Some(export) = self.export {
            return exported(&bill, export, &tariff.code, calendar);
        }
        let under_rules = if self.rules == ALL_RULES {
            let bills =
                BillingRules::presets().into_iter().map(bill_by).collect::<kwhen::Result<Vec<_>>>()?;
            Some(bills.iter().map(|other| UnderRules::new(other, &bill)).collect::<kwhen::Result<Vec<_>>>()?)
        } else {
            None
        };
        let projection = match &self.project_to {
            Some(end) => {
                let end = parse_time(&calendar, end, "--project-to")?;
                Some(bill.project(Span::new(period.from(), end)?, &calendar)?)
            }
            None => None,
        };
        let input = match &metered {
            Readings::Slots(consumption) => {
                let rates = tariff.rate_series(period, &dispatches)?;
                Some(Input::new(&rates, consumption, tariff.standing_charges.as_ref()))
            }
            Readings::Registers(_) => None,
        };
        match shared.format {
            Format::Text => {
                let mut page = page::text(&bill, input.as_ref(), calendar, palette);
                page.push_str(
                    &under_rules.as_deref().map(|rules| rules_table(rules, palette)).unwrap_or_default(),
                );
                page.push_str(&projection.as_ref().map(projected).unwrap_or_default());
                Ok(page)
            }
            Format::Json => {
                json(&BillAndInput { bill: &bill, under_rules, projection, input: input.as_ref() })
            }
            Format::Csv => {
                Ok(if self.by.is_some() { periods_csv(&bill) } else { kwhen::bill::export::lines_csv(&bill) })
            }
        }
    }

    /// The tariff of --tariff, or one of --rates and --standing.
    fn tariff(&self) -> Result<Tariff> {
        let Some(rates) = &self.rates else {
            let mut tariffs = Vec::new();
            for argument in &self.tariffs {
                tariffs.extend(definition::tariffs(argument, &self.pricing)?);
            }
            let count = tariffs.len();
            return match tariffs.pop() {
                Some(tariff) if count == 1 => Ok(tariff),
                _ => Err(Failure::usage(format!(
                    "one tariff makes a bill, not {count}; see kwhen compare, or --account"
                ))),
            };
        };
        let series = Source::read(rates)?.rates(&self.pricing)?;
        let standing = self.standing.as_deref().map(Source::read).transpose()?;
        let standing = standing.map(|source| source.standing_charges(&self.pricing)).transpose()?;
        let code = rates.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(Tariff::from_series(code.unwrap_or_default(), series, standing))
    }
}

fn exported(bill: &Bill, export: Export, code: &str, calendar: kwhen::time::Calendar) -> Result<String> {
    let accounts = LedgerAccounts::default();
    Ok(match export {
        Export::Kraken => {
            let id = format!("{code}-{}", instant_text(bill.period.from()));
            let names = SupplyChargeNames {
                transaction_id: &id,
                product_code: code,
                reference: &id,
                display_note: "Electricity",
            };
            kraken_supply_charge(bill, &names, &calendar)? + "\n"
        }
        Export::Beancount => journal(bill, Ledger::Beancount, &accounts, code, &calendar)?,
        Export::Hledger => journal(bill, Ledger::Hledger, &accounts, code, &calendar)?,
    })
}

/// The same bill under other rules.
#[derive(Serialize)]
struct UnderRules {
    rules: String,
    kwh: kwhen::Energy,
    net_pence: Money,
    vat_pence: Money,
    total_pence: Money,
    /// Beyond the exact bill.
    difference_pence: Money,
}

impl UnderRules {
    fn new(bill: &Bill, exact: &Bill) -> kwhen::Result<Self> {
        Ok(Self {
            rules: bill.rules.clone(),
            kwh: bill.kwh,
            net_pence: bill.net_pence,
            vat_pence: bill.vat_pence,
            total_pence: bill.total_pence,
            difference_pence: Money::sum([bill.total_pence, -exact.total_pence])?,
        })
    }
}

fn rules_table(rules: &[UnderRules], palette: Palette) -> String {
    let mut table = Table::new(&[
        ("rules", Align::Left),
        ("kWh", Align::Right),
        ("net p", Align::Right),
        ("VAT p", Align::Right),
        ("total p", Align::Right),
        ("difference p", Align::Right),
    ]);
    for rules in rules {
        table.row([
            rules.rules.as_str().into(),
            kwh(rules.kwh).into(),
            pence(rules.net_pence).into(),
            pence(rules.vat_pence).into(),
            pence(rules.total_pence).into(),
            pence(rules.difference_pence).into(),
        ]);
    }
    format!("\n{}", table.render(palette))
}

fn projected(projection: &Projection) -> String {
    let rests = &projection.rests_on;
    format!(
        "\nTo the end of the period: {} ({} kWh). It rests on {rests}.\n",
        pounds(projection.total_pence),
        kwh(projection.kwh)
    )
}

/// What was read.
#[derive(Debug, Serialize)]
pub(crate) struct Input {
    pub(crate) rates: usize,
    pub(crate) rates_span: Span,
    pub(crate) rate_gaps: Vec<Span>,
    pub(crate) readings: usize,
    pub(crate) readings_span: Option<Span>,
    pub(crate) reading_gaps: Vec<Span>,
    pub(crate) slot_minutes: u32,
    pub(crate) standing_charges: usize,
}

impl Input {
    pub(crate) fn new(
        rates: &RateSeries,
        consumption: &Consumption,
        standing: Option<&StandingCharges>,
    ) -> Self {
        Self {
            rates: rates.len(),
            rates_span: rates.span(),
            rate_gaps: rates.gaps(),
            readings: consumption.reading_count(),
            readings_span: consumption.grid().span(),
            reading_gaps: consumption.gaps(),
            slot_minutes: consumption.grid().slot_length().minutes(),
            standing_charges: standing.map_or(0, |standing| standing.intervals().len()),
        }
    }
}

#[derive(Serialize)]
struct BillAndInput<'a> {
    #[serde(flatten)]
    bill: &'a Bill,
    #[serde(skip_serializing_if = "Option::is_none")]
    under_rules: Option<Vec<UnderRules>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection: Option<Projection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Input>,
}

fn periods_csv(bill: &Bill) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "label",
        "slots",
        "billed_slots",
        "days",
        "kwh",
        "net_pence",
        "vat_pence",
        "total_pence",
    ]);
    for piece in bill.periods.iter().flatten() {
        csv.row(&[
            instant_text(piece.period.span.from()),
            instant_text(piece.period.span.to()),
            piece.period.label.clone(),
            piece.slots.to_string(),
            piece.billed_slots.to_string(),
            piece.days.to_string(),
            piece.kwh.to_string(),
            piece.net_pence.to_string(),
            piece.vat_pence.to_string(),
            piece.total_pence.to_string(),
        ]);
    }
    csv.into_text()
}
