//! The bill of a period.

use super::billed::{Billed, BilledArguments, OneTariff};
use crate::answer::bill::{AccountStatement, Input, OneBill, UnderRules};
use crate::answer::{Answer, Exported};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::metered::Readings;
use crate::source::{bills, definition};
use crate::words::parse_time;
use clap::{Args, ValueEnum};
use kwhen::bill::export::{
    Ledger, LedgerAccounts, SupplyChargeNames, journal, kraken_supply_charge, opened_accounts,
};
use kwhen::bill::{Bill, BillOptions, BillingRules, Grouping};
use kwhen::tariff::{Tariff, TariffCode};
use kwhen::time::{PeriodKind, Span, instant_text};
use std::path::PathBuf;

/// Make the bill of a period
///
/// Joins readings to unit rates by instant, adds standing charges by local day and VAT by date. What lacks a reading or a rate is
/// left out and named, never billed as zero. With --account it makes the statement of import, export and gas together.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen bill --rates rates.csv --consumption consumption.csv --from 2026-03-01 --to 2026-04-01
  kwhen bill --rates rates.json --consumption consumption.json --standing-charges standing.json --by day
  kwhen bill --tariff go.toml --consumption consumption.csv --rules all
  kwhen bill --tariff economy-7.toml --registers readings.csv
  kwhen bill --rates rates.csv --consumption consumption.csv --during 2026-03-29 --by half-hour --show-working
  kwhen bill --tariff go.toml --consumption consumption.csv --during last-month
  kwhen bill --tariff netting.toml --consumption 'import-*.csv' --export-consumption export.csv
  kwhen bill --account account.toml --tariff go.toml --tariff gas.toml --from 2026-03-01 --to 2026-04-01
  kwhen bill --store kwhen.db --gas-unit cubic-metres --calorific-value 39.2 --from 2026-03-01 --to 2026-04-01
  kwhen bill --rates rates.csv --consumption - --format json < consumption.csv")]
pub struct BillArguments {
    #[command(flatten)]
    billed: BilledArguments,
    /// Exported energy: readings as for --consumption, for a tariff that sets it off or pays for it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account", "registers", "rates", "project_to"])]
    export_consumption: Option<PathBuf>,
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
    /// Show how each line was worked, by local day, so that it can be worked again by hand; with --by half-hour, every half-hour
    #[arg(long, conflicts_with = "export")]
    show_working: bool,
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
    /// What rows have no place for: the flag, and whether it is given.
    #[must_use]
    pub fn beyond_rows(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("--rules all", self.rules == ALL_RULES),
            ("--project-to", self.project_to.is_some()),
            ("--show-working", self.show_working),
        ]
    }

    /// The bill, or the statement of an account, or the bill as another program takes it.
    ///
    /// # Errors
    /// What is asked does not go together, or cannot be read or billed.
    pub fn answer(&self, ctx: &Context) -> Result<Answer> {
        let calendar = ctx.calendar()?;
        let all_rules = self.rules == ALL_RULES;
        if self.no_open && self.export.is_none() {
            return Err(Failure::usage("--no-open goes with --export beancount or hledger"));
        }
        if self.export.is_some() && all_rules {
            return Err(Failure::usage("--rules all does not go with --export, which has a form of its own"));
        }
        let rules = if all_rules { BillingRules::exact() } else { definition::rules(ctx, &self.rules)? };
        let options = BillOptions {
            grouping: self.by.map(Piece::grouping),
            working: self.show_working,
            ..self.billed.options(calendar, rules)
        };
        let billed = match self.billed.read(ctx)? {
            Billed::One(billed) => billed,
            Billed::Account(account) => {
                self.refuse_for_account()?;
                let statement = account.statement(&options)?;
                let account_lines = match account.stored.is_empty() {
                    true => Vec::new(),
                    false => bills::account_lines(ctx, account.period, &calendar)?,
                };
                let stored = account.stored;
                return Ok(Answer::Statement(AccountStatement { statement, stored, account_lines }));
            }
        };
        let OneTariff { tariff, metered, happened, period, printed, .. } = billed.as_ref();
        let sold = self.export_consumption.as_deref();
        let sold = sold.map(|path| self.billed.exported(ctx, path, &billed)).transpose()?;
        let bill_by = |rules: BillingRules| billed.bill(sold.as_ref(), rules, &options);
        let bill = bill_by(options.rules.clone())?;
        if let Some(export) = self.export {
            let text = exported(&bill, export, self.no_open, tariff, calendar)?;
            let notes = bill.notices.iter().map(ToString::to_string).collect();
            return Ok(Answer::Exported(Exported { text, notes }));
        }
        let under_rules = if all_rules {
            let bills =
                BillingRules::presets().into_iter().map(bill_by).collect::<kwhen::Result<Vec<_>>>()?;
            Some(bills.iter().map(|other| UnderRules::new(other, &bill)).collect::<kwhen::Result<Vec<_>>>()?)
        } else {
            None
        };
        let projection = match &self.project_to {
            Some(end) => {
                let end = parse_time(ctx, end, "--project-to")?;
                Some(bill.project(Span::new(period.from(), end)?, &calendar)?)
            }
            None => None,
        };
        let input = match metered {
            Readings::Slots(consumption) => {
                let rates = tariff.rate_series(*period, &happened.dispatches.spans)?;
                Some(Input::new(&rates, consumption, tariff.standing_charges.as_ref()))
            }
            Readings::Registers(_) => None,
        };
        let printed = bill.beside(printed)?;
        Ok(Answer::Bill(Box::new(OneBill {
            bill,
            under_rules,
            projection,
            input,
            printed,
            fuel: tariff.fuel,
        })))
    }

    /// What makes sense for one tariff only.
    fn refuse_for_account(&self) -> Result<()> {
        let refused = [
            (self.rules == ALL_RULES, "--rules all"),
            (self.project_to.is_some(), "--project-to"),
            (self.export.is_some(), "--export"),
            (self.export_consumption.is_some(), "--export-consumption"),
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
            let known = code.parse::<TariffCode>().ok();
            let names = SupplyChargeNames {
                transaction_id: &id,
                product_code: known.as_ref().map_or(code, |code| code.product().as_str()),
                reference: &id,
                display_note: tariff.fuel.title(),
            };
            kraken_supply_charge(bill, &names, &calendar)? + "\n"
        }
        Export::Beancount => entry(Ledger::Beancount)?,
        Export::Hledger => entry(Ledger::Hledger)?,
    })
}
