//! Bills as entries of plain-text accounting: Beancount and hledger.

use super::{known_digits, major};
use crate::bill::{Bill, LineKind};
use crate::error::{Error, Result};
use crate::quantity::{Currency, Money};
use crate::tariff::{Direction, Fuel};
use crate::time::Calendar;
use std::collections::BTreeSet;

/// Which plain-text accounting program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ledger {
    /// Beancount.
    Beancount,
    /// hledger.
    Hledger,
}

/// Accounts that postings go to, and which way.
#[derive(Clone, Debug)]
pub struct LedgerAccounts {
    /// Energy and levies.
    pub energy: String,
    /// Standing charges.
    pub standing_charge: String,
    /// VAT.
    pub vat: String,
    /// What is owed to the supplier, or by it.
    pub supplier: String,
    /// Import is owed to the supplier; export is earned, so every amount changes its sign.
    pub direction: Direction,
}

impl Default for LedgerAccounts {
    /// Those of imported electricity.
    fn default() -> Self {
        Self::of(Fuel::Electricity, Direction::Import)
    }
}

impl LedgerAccounts {
    /// `Expenses:Electricity:Energy` and so on, `Expenses:Gas:…`, or `Income:Electricity:Export`; the supplier is `Liabilities:Supplier`.
    #[must_use]
    pub fn of(fuel: Fuel, direction: Direction) -> Self {
        let fuel = match fuel {
            Fuel::Electricity => "Electricity",
            Fuel::Gas => "Gas",
        };
        let energy = match direction {
            Direction::Import => format!("Expenses:{fuel}:Energy"),
            Direction::Export => format!("Income:{fuel}:Export"),
        };
        Self {
            energy,
            standing_charge: format!("Expenses:{fuel}:Standing-Charge"),
            vat: format!("Expenses:{fuel}:VAT"),
            supplier: "Liabilities:Supplier".into(),
            direction,
        }
    }

    const fn all(&self) -> [&String; 4] {
        [&self.energy, &self.standing_charge, &self.vat, &self.supplier]
    }
}

/// What a file needs before the entries of [`journal`]: the accounts, opened for Beancount on the first local day of the bill, declared for
/// hledger (whose `check --strict` wants that). Written once a file: Beancount refuses to open an account twice.
///
/// An error for a name that the program does not take as an account.
pub fn opened_accounts(
    bill: &Bill,
    ledger: Ledger,
    accounts: &LedgerAccounts,
    calendar: &Calendar,
) -> Result<String> {
    let first = calendar.date(bill.period.from());
    let names: BTreeSet<&String> = accounts.all().into_iter().collect();
    let mut text = match ledger {
        Ledger::Beancount => String::new(),
        Ledger::Hledger => commodity(bill)?,
    };
    for name in names {
        check(name, ledger)?;
        text.push_str(&match ledger {
            Ledger::Beancount => format!("{first} open {name} {}\n", bill.currency),
            Ledger::Hledger => format!("account {name}\n"),
        });
    }
    text.push('\n');
    Ok(text)
}

/// How hledger writes the bill's currency: `£1,000.00`, `1,000.00 EUR`, `1,000. JPY` (whose point says that the comma is none).
fn commodity(bill: &Bill) -> Result<String> {
    let decimals = "0".repeat(usize::from(known_digits(bill)?));
    Ok(if bill.currency == Currency::GBP {
        format!("commodity £1,000.{decimals}\n")
    } else {
        format!("commodity 1,000.{decimals} {}\n", bill.currency)
    })
}

/// Beancount's accounts begin with one of five words and have parts of letters, digits and dashes that begin with a capital or a digit;
/// hledger's end at two spaces.
fn check(name: &str, ledger: Ledger) -> Result<()> {
    let refused = |what| Err(Error::syntax(what).with_value(name).in_field("account"));
    match ledger {
        Ledger::Beancount => {
            let mut parts = name.split(':');
            let root = parts.next().unwrap_or_default();
            let part = |part: &str| {
                part.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit())
                    && part.chars().all(|other| other.is_alphanumeric() || other == '-')
            };
            let known = ["Assets", "Liabilities", "Equity", "Income", "Expenses"].contains(&root);
            if !known || name == root || !parts.all(part) {
                return refused(
                    "not an account of Beancount, such as Expenses:Electricity:Energy: it begins with Assets, Liabilities, Equity, Income or \
                     Expenses, and each part with a capital or a digit",
                );
            }
        }
        Ledger::Hledger => {
            let bad = name.is_empty()
                || name.trim() != name
                || name.contains("  ")
                || name.contains([';', '\t', '\n']);
            if bad || name.split(':').any(str::is_empty) || name.starts_with(['(', '[']) {
                return refused("not an account of hledger, such as Expenses:Electricity:Energy");
            }
        }
    }
    Ok(())
}

/// The bill as one balanced journal entry in its currency, to the minor unit (the penny), dated the last local day of its period. The total is the bill's,
/// rounded; what rounding moves goes to the energy line, so that the entry always balances. It stands in a file that has its
/// [accounts](opened_accounts).
///
/// An error for a name that the program does not take as an account.
pub fn journal(
    bill: &Bill,
    ledger: Ledger,
    accounts: &LedgerAccounts,
    payee: &str,
    calendar: &Calendar,
) -> Result<String> {
    let digits = known_digits(bill)?;
    let penny = |money: Money| bill.currency.whole(money);
    let standing = bill.lines.iter().filter(|line| line.kind == LineKind::StandingCharge);
    let standing = penny(Money::sum(standing.map(|line| line.net_minor))?);
    let (vat, total) = (penny(bill.vat_minor), penny(bill.total_minor));
    let energy = Money::sum([total, -vat, -standing])?;
    let date = calendar.date(bill.period.to() - chrono::TimeDelta::seconds(1));
    let first = calendar.date(bill.period.from());
    let words = format!("{} kWh, {first} to {date}", bill.kwh);
    // What the programs give a meaning of their own in a description.
    let special: &[char] = match ledger {
        Ledger::Beancount => &['"', '\\'],
        Ledger::Hledger => &[';', '|', '(', ')'],
    };
    let payee: String = payee.chars().filter(|c| !c.is_control() && !special.contains(c)).collect();
    let mut text = match ledger {
        Ledger::Beancount => format!("{date} * \"{payee}\" \"{words}\"\n"),
        Ledger::Hledger => format!("{date} * {payee} | {words}\n"),
    };
    let amounts = [energy, standing, vat, -total];
    for (account, amount) in accounts.all().into_iter().zip(amounts) {
        check(account, ledger)?;
        let amount = match accounts.direction {
            Direction::Import => amount,
            Direction::Export => -amount,
        };
        let amount = major(amount, digits, Some(u32::from(digits)));
        text.push_str(&match ledger {
            Ledger::Beancount => format!("  {account}  {amount} {}\n", bill.currency),
            Ledger::Hledger if bill.currency == Currency::GBP => format!("    {account}  £{amount}\n"),
            Ledger::Hledger => format!("    {account}  {amount} {}\n", bill.currency),
        });
    }
    Ok(text)
}
