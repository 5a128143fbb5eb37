//! `kwhen bill`

use super::billed::{Billed, BilledArguments, OneTariff};
use crate::answer::bill::Input;
use crate::arguments::{Format, Shared, parse_time, refuse_in_rows};
use crate::definition;
use crate::failure::{Failure, Result};
use crate::metered::Readings;
use crate::output::number::{kwh, pence, pounds};
use crate::output::style::Palette;
use crate::output::table::{Align, Table};
use crate::output::{bill as page, csv::Csv, file, json};
use clap::{Args, ValueEnum};
use kwhen::Money;
use kwhen::bill::export::{
    Ledger, LedgerAccounts, SupplyChargeNames, journal, kraken_supply_charge, opened_accounts,
};
use kwhen::bill::{Bill, BillOptions, BillingRules, Grouping, Projection};
use kwhen::tariff::Tariff;
use kwhen::time::{PeriodKind, Span, instant_text};
use serde::Serialize;

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
  kwhen bill --store kwhen.db --gas-unit cubic-metres --calorific-value 39.2 --from 2026-03-01 --to 2026-04-01
  kwhen bill --rates rates.csv --consumption - --format json < consumption.csv")]
pub(crate) struct BillArguments {
    #[command(flatten)]
    billed: BilledArguments,
    /// What is rounded: exact, octopus (as documented), octopus-statement (as its statements behave), ladder, a file, or all side by side
    #[arg(long, default_value = "exact", value_name = "RULES")]
    rules: String,
    /// Say what the bill will come to if it goes on like this to the end of a period
    #[arg(long, value_name = "DATE", conflicts_with_all = ["registers", "account"])]
    project_to: Option<String>,
    /// Write the bill for another program instead
    #[arg(long, value_enum, value_name = "PROGRAM", conflicts_with_all = ["account", "project_to", "by"])]
    export: Option<Export>,
    /// With --export beancount or hledger: the entry alone, for a file that has its accounts already
    #[arg(long, requires = "export")]
    no_open: bool,
    /// Show the bill in pieces too
    #[arg(long, value_enum, value_name = "PIECE", conflicts_with = "registers")]
    by: Option<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Export {
    /// A SUPPLY_CHARGE transaction of Kraken's data import
    Kraken,
    /// A Beancount file: the accounts, opened, and an entry
    Beancount,
    /// An hledger file: the accounts, declared, and an entry
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
        let calendar = shared.calendar()?;
        let all_rules = self.rules == ALL_RULES;
        if self.no_open && self.export.is_none() {
            return Err(Failure::usage("--no-open goes with --export beancount or hledger"));
        }
        if self.export.is_some() && (all_rules || shared.format != Format::Text) {
            let flag = if all_rules { "--rules all" } else { "--format" };
            return Err(Failure::usage(format!(
                "{flag} does not go with --export, which has a form of its own"
            )));
        }
        if shared.format == Format::Csv {
            refuse_in_rows([("--rules all", all_rules), ("--project-to", self.project_to.is_some())])?;
        }
        let rules =
            if self.rules == ALL_RULES { BillingRules::exact() } else { definition::rules(&self.rules)? };
        let options =
            BillOptions { grouping: self.by.map(Piece::grouping), ..self.billed.options(calendar, rules) };
        let palette = Palette::for_stdout(shared.color);
        let billed = match self.billed.read(shared, &[])? {
            Billed::One(billed) => billed,
            Billed::Account(account) => {
                self.refuse_for_account()?;
                let statement = account.statement(&options)?;
                if shared.format == Format::Csv {
                    file::note(super::account::noticed(&statement), shared.color);
                }
                return super::account::page(&statement, &account.stored, shared.format, calendar, palette);
            }
        };
        let OneTariff { tariff, metered, dispatches, period } = billed.as_ref();
        let bill_by = |rules: BillingRules| billed.bill(rules, &options);
        let bill = bill_by(options.rules.clone())?;
        if self.export.is_some() || shared.format == Format::Csv {
            file::note(&bill.notices, shared.color);
        }
        if let Some(export) = self.export {
            return exported(&bill, export, self.no_open, tariff, calendar);
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
        let input = match metered {
            Readings::Slots(consumption) => {
                let rates = tariff.rate_series(*period, &dispatches.spans)?;
                Some(Input::new(&rates, consumption, tariff.standing_charges.as_ref()))
            }
            Readings::Registers(_) => None,
        };
        match shared.format {
            Format::Text => {
                let mut page = page::text(&bill, tariff, input.as_ref(), calendar, palette);
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

    /// What makes sense for one tariff only.
    fn refuse_for_account(&self) -> Result<()> {
        let refused = [
            (self.rules == ALL_RULES, "--rules all"),
            (self.project_to.is_some(), "--project-to"),
            (self.export.is_some(), "--export"),
        ];
        match refused.iter().find(|(asked, _)| *asked) {
            Some((_, flag)) => {
                Err(Failure::usage(format!("{flag} goes with one tariff, not with an account's agreements")))
            }
            None => Ok(()),
        }
    }
}

fn exported(
    bill: &Bill,
    export: Export,
    no_open: bool,
    tariff: &Tariff,
    calendar: kwhen::time::Calendar,
) -> Result<String> {
    let code = tariff.code.as_str();
    let accounts = LedgerAccounts::of(tariff.fuel, tariff.direction);
    let entry = |ledger| {
        let opened =
            if no_open { String::new() } else { opened_accounts(bill, ledger, &accounts, &calendar)? };
        Ok::<_, kwhen::Error>(opened + &journal(bill, ledger, &accounts, code, &calendar)?)
    };
    Ok(match export {
        Export::Kraken if no_open => {
            return Err(Failure::usage(
                "--no-open goes with --export beancount or hledger; a transaction of Kraken opens no accounts",
            ));
        }
        Export::Kraken => {
            let id = format!("{code}-{}", instant_text(bill.period.from()));
            let names = SupplyChargeNames {
                transaction_id: &id,
                product_code: code,
                reference: &id,
                display_note: page::fuel(tariff.fuel),
            };
            kraken_supply_charge(bill, &names, &calendar)? + "\n"
        }
        Export::Beancount => entry(Ledger::Beancount)?,
        Export::Hledger => entry(Ledger::Hledger)?,
    })
}

/// The same bill under other rules.
#[derive(Serialize)]
struct UnderRules {
    rules: String,
    kwh: kwhen::Energy,
    net_minor: Money,
    vat_minor: Money,
    total_minor: Money,
    /// Beyond the exact bill.
    difference_minor: Money,
}

impl UnderRules {
    fn new(bill: &Bill, exact: &Bill) -> kwhen::Result<Self> {
        Ok(Self {
            rules: bill.rules.clone(),
            kwh: bill.kwh,
            net_minor: bill.net_minor,
            vat_minor: bill.vat_minor,
            total_minor: bill.total_minor,
            difference_minor: Money::sum([bill.total_minor, -exact.total_minor])?,
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
            pence(rules.net_minor).into(),
            pence(rules.vat_minor).into(),
            pence(rules.total_minor).into(),
            pence(rules.difference_minor).into(),
        ]);
    }
    format!("\n{}", table.render(palette))
}

fn projected(projection: &Projection) -> String {
    let rests = &projection.rests_on;
    format!(
        "\nTo the end of the period: {} ({} kWh). It rests on {rests}.\n",
        pounds(projection.total_minor),
        kwh(projection.kwh)
    )
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
        "net_minor",
        "vat_minor",
        "total_minor",
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
            piece.net_minor.to_string(),
            piece.vat_minor.to_string(),
            piece.total_minor.to_string(),
        ]);
    }
    csv.into_text()
}
