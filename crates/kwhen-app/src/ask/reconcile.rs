//! A statement's lines beside the engine's.

use super::billed::{Billed, BilledArguments, OneTariff};
use crate::answer::reconcile::Reconciled;
use crate::context::Context;
use crate::failure::Result;
use crate::source::metered::Readings;
use crate::source::{Source, definition};
use clap::Args;
use kwhen::bill::reconcile::{reconcile, reconcile_account, reconcile_registers, statement_lines};
use kwhen::tariff::Tariff;
use std::path::PathBuf;

/// Lay a statement's lines beside the engine's
///
/// Says line by line what agrees, what differs and by how much, and which billing rules would explain it. Fields of a line: kind
/// (energy, standing_charge, levy, subtotal, vat, total), from, to, kwh, rate, days, and amount_minor or amount (pounds); with an account
/// also supply, the name of the one that the line is about. Readings and tariffs are given as to kwhen bill.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen reconcile --statement statement.csv --tariff go.toml --consumption consumption.csv --from 2026-03-01 --to 2026-04-01
  kwhen reconcile --statement statement.csv --tariff economy-7.toml --registers readings.csv
  kwhen reconcile --statement statement.csv --account account.toml --tariff go.toml --tariff gas.toml")]
pub struct ReconcileArguments {
    /// The statement's lines: CSV with a header, or a JSON array
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    #[command(flatten)]
    billed: BilledArguments,
    /// The rules that lines are judged by: exact, octopus, octopus-statement, ladder, or a file
    #[arg(long, default_value = "octopus-statement", value_name = "RULES")]
    rules: String,
}

impl ReconcileArguments {
    /// The lines beside each other.
    ///
    /// # Errors
    /// What is asked does not go together, or cannot be read or billed.
    pub fn answer(&self, ctx: &Context) -> Result<Reconciled> {
        let calendar = ctx.calendar()?;
        let options = self.billed.options(calendar, definition::rules(ctx, &self.rules)?);
        let billed = self.billed.read(ctx)?;
        let statement = Source::file(ctx, &self.statement)?;
        let named = |error: kwhen::Error| error.in_source(statement.name());
        let lines = statement_lines(statement.bytes(), &calendar).map_err(named)?;
        let found = match &billed {
            Billed::Account(account) => {
                reconcile_account(&lines, &account.supplies(), &account.tariffs, account.period, &options)
            }
            Billed::One(billed) => {
                let OneTariff { tariff, metered, happened, period, .. } = billed.as_ref();
                match metered {
                    Readings::Slots(consumption) => {
                        reconcile(&lines, tariff, consumption, happened.events(), *period, &options)
                    }
                    Readings::Registers(advances) => {
                        reconcile_registers(&lines, tariff, advances, *period, &options)
                    }
                }
            }
        }
        .map_err(named)?;
        let currency = match &billed {
            Billed::Account(account) => Tariff::one_currency(&account.tariffs)?,
            Billed::One(one) => one.tariff.currency,
        };
        Ok(Reconciled {
            reconciliation: found,
            currency,
            minor_digits: currency.minor_digits(),
            notes: billed.notices(),
        })
    }
}
