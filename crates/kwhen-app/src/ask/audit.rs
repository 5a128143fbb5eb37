//! The statements of an account beside the engine's own, with the likeliest causes of what differs.

use super::billed::{Billed, BilledArguments};
use crate::answer::audit::{Audited, BesideEnergy};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::{Source, bills, definition, store};
use clap::Args;
use kwhen::Money;
use kwhen::bill::audit::{
    Audit, Cause, Known, OtherPrices, ReplacedReading, StatedStatement, audit, stated_statements,
};
use kwhen::bill::reconcile::StatementLineKind;
use kwhen::bill::{BillOptions, Supply};
use kwhen::tariff::{AgreementRow, Agreements, Fuel, GasConversion, GasTerms, GasUnit, Tariff};
use kwhen::time::{Calendar, Span, instant_text};
use std::path::PathBuf;

/// Say of every statement of an account whether it is right
///
/// Lays each statement beside the engine's own, line by line: what agrees to the last printed digit, what differs, and the likeliest
/// causes, each tried by billing anew: a rule of rounding, a reading that was estimated or replaced later, a tariff that changed on
/// another day, a dispatched half-hour at the full rate, VAT at its change, an earlier deal's standing charge, a stretch without readings,
/// another payment method's prices. What cannot be told is said. Readings and tariffs are given as to kwhen bill. Without --statements the
/// bills of the stored account are audited, which kwhen fetch everything brings.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen audit --store kwhen.db
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
    /// The statements: typed (see below), JSON with from, to and lines, or CSV with the columns statement_from and statement_to; the stored
    /// account's bills if not said
    #[arg(long, value_name = "FILE")]
    statements: Option<PathBuf>,
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
        let asked = self.billed.asked(ctx)?;
        let (place, Said { statements, others: beside_energy, extras, notes: said, billed }) = match &self
            .statements
        {
            Some(path) => {
                let source = Source::file(ctx, path)?;
                let statements = stated_statements(source.bytes(), &calendar)
                    .map_err(|error| error.in_source(source.name()))?;
                // What lies outside is refused before anything else is read.
                within(&statements, asked, source.name())?;
                let billed = self.billed.read(ctx)?;
                let said =
                    Said { statements, others: Vec::new(), extras: Vec::new(), notes: Vec::new(), billed };
                (source.name().to_owned(), said)
            }
            None => (STORE.to_owned(), self.stored(ctx, &calendar)?),
        };
        within(&statements, asked, &place)?;
        let named = |error: kwhen::Error| error.in_source(&place);
        let (statements, others): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|one| is_within(one, asked));
        let mut notes = billed.notices();
        notes.extend(said);
        let of_time: Vec<&str> = statements.iter().map(|one| one.name.as_str()).collect();
        let beside_energy =
            beside_energy.into_iter().filter(|one| of_time.contains(&one.statement.as_str())).collect();
        notes.extend(others.iter().map(|one| {
            format!("statement {} is passed over: it does not lie wholly in the time asked for", one.name)
        }));
        let (mut found, currency) = match &billed {
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
                    events: one.happened.events(),
                }];
                let tariffs = std::slice::from_ref(&one.tariff);
                let other_prices = self.billed.other_prices(ctx, tariffs, one.period)?;
                let known = (&supplies[..], tariffs, &other_prices[..], &[][..]);
                (run(&statements, known, &options).map_err(named)?, one.tariff.currency)
            }
        };
        if self.statements.is_none() {
            in_all(&mut found, extras)?;
        }
        Ok(Audited { audit: found, currency, minor_digits: currency.minor_digits(), beside_energy, notes })
    }
}

/// What the bills of the store are called in messages.
const STORE: &str = "the stored bills";

/// Statements and what they are compared with.
struct Said {
    statements: Vec<StatedStatement>,
    others: Vec<BesideEnergy>,
    extras: Vec<bills::Extra>,
    notes: Vec<String>,
    billed: Billed,
}

fn is_within(statement: &StatedStatement, asked: Span) -> bool {
    asked.from() <= statement.period.from() && statement.period.to() <= asked.to()
}

/// An error where no statement lies wholly in the time asked for.
fn within(statements: &[StatedStatement], asked: Span, place: &str) -> Result<()> {
    if statements.iter().any(|one| is_within(one, asked)) {
        return Ok(());
    }
    Err(Failure::work(format!("{place}: no statement lies wholly in {asked}")))
}

impl AuditArguments {
    /// The bills of the stored account, and what it is billed under.
    fn stored(&self, ctx: &Context, calendar: &Calendar) -> Result<Said> {
        if ctx.store().is_none() {
            return Err(Failure::usage(
                "--statements FILE is needed, or --store FILE with the bills of the account, which kwhen fetch everything brings",
            ));
        }
        let billed = self.billed.read(ctx)?;
        let Billed::Account(account) = &billed else {
            return Err(Failure::usage(
                "the stored bills are of the stored account: without --statements leave out --tariff, --rates and --account",
            ));
        };
        if account.stored.is_empty() {
            return Err(Failure::usage(
                "the stored bills are of the stored account: without --statements leave out --account",
            ));
        }
        let names: Vec<&str> = account.supplies.iter().map(|supply| supply.name.as_str()).collect();
        let bills::StoredStatements { statements, others, extras, notes } =
            bills::stated(ctx, &names, calendar)?;
        Ok(Said { statements, others, extras, notes, billed })
    }
}

/// What stored statements come to: the sum of what is charged, credits for export off, since a bill says each charge's total alone. Where a
/// charge stands on a bill twice, and where the bill's own totals are other ones, that is a cause of its own.
fn in_all(found: &mut Audit, mut extras: Vec<bills::Extra>) -> Result<()> {
    for one in &mut found.statements {
        let totals = one.lines.iter().filter(|line| line.kind == StatementLineKind::Total);
        let (mut stated, mut difference) = (Money::ZERO, Some(Money::ZERO));
        let mut any = false;
        for line in totals {
            any = true;
            let is_credit = line.supply.as_deref().is_some_and(|name| name.starts_with("export "));
            let signed = |money: Money| if is_credit { -money } else { money };
            stated = Money::sum([stated, signed(line.stated_minor)])?;
            difference = match (difference, line.difference_minor) {
                (Some(sum), Some(more)) => Some(Money::sum([sum, signed(more)])?),
                _ => None,
            };
        }
        if !any {
            continue;
        }
        let explains_all = one.agrees;
        while let Some(place) = extras.iter().rposition(|extra| extra.statement == one.statement) {
            let bills::Extra { kind, evidence, amount: more, .. } = extras.swap_remove(place);
            stated = Money::sum([stated, more])?;
            difference = difference.map(|sum| Money::sum([sum, more])).transpose()?;
            one.agrees = false;
            let rows = Vec::new();
            one.causes.insert(0, Cause { kind, explains_all, rows, evidence, difference_minor: more });
        }
        one.stated_minor = Some(stated);
        one.difference_minor = difference;
        one.computed_minor = difference.map(|difference| Money::sum([stated, -difference])).transpose()?;
    }
    found.agreeing = found.statements.iter().filter(|one| one.agrees).count();
    found.differing = found.statements.len() - found.agreeing;
    found.difference_minor = Money::sum(found.statements.iter().filter_map(|one| one.difference_minor))?;
    Ok(())
}

type Parts<'a> = (&'a [Supply<'a>], &'a [Tariff], &'a [OtherPrices], &'a [ReplacedReading]);

fn run(
    statements: &[StatedStatement],
    (supplies, tariffs, other_prices, replaced): Parts<'_>,
    options: &BillOptions,
) -> kwhen::Result<Audit> {
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
