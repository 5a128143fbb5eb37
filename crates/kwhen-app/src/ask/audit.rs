//! The statements of an account beside the engine's own, with the likeliest causes of what differs.

use super::billed::{Billed, BilledArguments};
use crate::answer::audit::Audited;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, definition, store};
use clap::Args;
use kwhen::bill::audit::{Known, OtherPrices, ReplacedReading, StatedStatement, audit, stated_statements};
use kwhen::bill::{BillOptions, Supply};
use kwhen::tariff::{AgreementRow, Agreements, Fuel, GasConversion, GasTerms, GasUnit, Tariff};
use kwhen::time::{Span, instant_text};
use std::path::PathBuf;

/// Say of every statement of an account whether it is right
///
/// Lays each statement beside the engine's own, line by line: what agrees to the last printed digit, what differs, and the likeliest
/// causes, each tried by billing anew: a rule of rounding, a reading that was estimated or replaced later, a tariff that changed on
/// another day, a dispatched half-hour at the full rate, VAT at its change, an earlier deal's standing charge, a stretch without readings,
/// another payment method's prices. What cannot be told is said. Readings and tariffs are given as to kwhen bill.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen audit --statements statements.txt --store kwhen.db
  kwhen audit --statements statements.json --account account.toml --tariff go.toml --tariff gas.toml --html audit.html
  kwhen audit --statements statements.csv --tariff go.toml --consumption consumption.csv --dispatches dispatches.csv

A typed statement:
  statement 2026-03-01 2026-04-01 issued 2026-04-03
    energy 312.4 kWh 24.50 p £76.54
    standing 31 days 54.96 p £17.04
    vat £4.68
    total £98.26")]
pub struct AuditArguments {
    /// The statements: typed (see below), JSON with from, to and lines, or CSV with the columns statement_from and statement_to
    #[arg(long, value_name = "FILE")]
    statements: PathBuf,
    #[command(flatten)]
    billed: BilledArguments,
    /// The rules that lines are judged by: exact, octopus, octopus-statement, ladder, or a file
    #[arg(long, default_value = "octopus-statement", value_name = "RULES")]
    rules: String,
}

impl AuditArguments {
    /// The statements audited.
    ///
    /// # Errors
    /// What is asked does not go together, or cannot be read; no statement is of the time asked for.
    pub fn answer(&self, ctx: &Context) -> Result<Audited> {
        let calendar = ctx.calendar()?;
        let options = self.billed.options(calendar, definition::rules(ctx, &self.rules)?);
        let source = Source::file(ctx, &self.statements)?;
        let named = |error: kwhen::Error| error.in_source(source.name());
        let statements = stated_statements(source.bytes(), &calendar).map_err(named)?;
        let asked = self.billed.asked(ctx)?;
        let (statements, others): (Vec<_>, Vec<_>) = statements
            .into_iter()
            .partition(|one| asked.from() <= one.period.from() && one.period.to() <= asked.to());
        if statements.is_empty() {
            return Err(Failure::work(format!("{}: no statement lies wholly in {asked}", source.name())));
        }
        let billed = self.billed.read(ctx)?;
        let mut notes = billed.notices();
        notes.extend(others.iter().map(|one| {
            format!("statement {} is passed over: it does not lie wholly in the time asked for", one.name)
        }));
        let (found, currency) = match &billed {
            Billed::Account(account) => {
                let supplies = account.supplies();
                let tariffs = &account.tariffs;
                let other_prices = self.billed.other_prices(ctx, tariffs, account.period)?;
                let replaced = if account.stored.is_empty() { Vec::new() } else { replaced(ctx, &supplies)? };
                let known = (&supplies[..], &tariffs[..], &other_prices[..], &replaced[..]);
                (run(&statements, known, &options).map_err(named)?, Tariff::one_currency(tariffs)?)
            }
            Billed::One(one) => {
                let whole = Span::always();
                let row = AgreementRow {
                    row: 1,
                    tariff: one.tariff.code.clone(),
                    valid_from: whole.from(),
                    valid_to: None,
                };
                let agreements = Agreements::from_rows(&[row])?;
                // The readings are in kWh by now.
                let gas = (one.tariff.fuel == Fuel::Gas)
                    .then(|| GasConversion::new(GasUnit::KilowattHours, GasTerms::default()))
                    .transpose()?;
                let supplies = [Supply {
                    name: "import".to_owned(),
                    metered: one.metered.borrowed(),
                    agreements: &agreements,
                    gas: gas.as_ref(),
                    dispatches: &one.dispatches.spans,
                }];
                let tariffs = std::slice::from_ref(&one.tariff);
                let other_prices = self.billed.other_prices(ctx, tariffs, one.period)?;
                let known = (&supplies[..], tariffs, &other_prices[..], &[][..]);
                (run(&statements, known, &options).map_err(named)?, one.tariff.currency)
            }
        };
        Ok(Audited { audit: found, currency, minor_digits: currency.minor_digits(), notes })
    }
}

type Parts<'a> = (&'a [Supply<'a>], &'a [Tariff], &'a [OtherPrices], &'a [ReplacedReading]);

fn run(
    statements: &[StatedStatement],
    (supplies, tariffs, other_prices, replaced): Parts<'_>,
    options: &BillOptions,
) -> kwhen::Result<kwhen::bill::audit::Audit> {
    audit(statements, &Known { supplies, tariffs, other_prices, replaced }, options)
}

/// The readings of the stored supplies that came with another value at first.
fn replaced(ctx: &Context, supplies: &[Supply<'_>]) -> Result<Vec<ReplacedReading>> {
    let mut found = Vec::new();
    for supply in supplies {
        // As the store names them: `import 2000024512368`.
        let point = supply.name.rsplit(' ').next().unwrap_or_default();
        for (start, was) in store::replaced(ctx, point)? {
            match was.parse() {
                Ok(was) => found.push(ReplacedReading { supply: supply.name.clone(), start, was }),
                Err(_) => ctx.note(format!(
                    "{}: what the reading from {} was before it was replaced cannot be read",
                    supply.name,
                    instant_text(start)
                )),
            }
        }
    }
    Ok(found)
}
