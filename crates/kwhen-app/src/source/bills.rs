//! The statements of the stored account, from its bills and what is charged on them.
//!
//! Of a charge for energy the service says how much, what it costs, what the days cost, and from when until when. It does not say
//! whether the last date is in it, nor whether tax is in the two costs: the charges themselves tell both.

use super::charge::{Charge, Known, Supplied, What, points};
use crate::answer::audit::BesideEnergy;
use crate::answer::bill::AccountLine;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::store;
use chrono::{Days, NaiveDate};
use kwhen::Money;
use kwhen::bill::audit::{CauseKind, StatedStatement};
use kwhen::bill::reconcile::{Printed, StatementLine, StatementLineKind};
use kwhen::time::{Calendar, Span};
use kwhen_fetch::graphql::{AccountBill, AccountTransaction, TransactionAmounts};
use kwhen_fetch::wire::Number;
use std::collections::BTreeSet;

/// What the stored bills say.
#[derive(Debug, Default)]
pub(crate) struct StoredStatements {
    /// What is charged for energy, statement by statement, in order of time.
    pub(crate) statements: Vec<StatedStatement>,
    /// What else is on them.
    pub(crate) others: Vec<BesideEnergy>,
    /// What statements ask for beside what is compared line by line.
    pub(crate) extras: Vec<Extra>,
    /// What was noticed, in sentences.
    pub(crate) notes: Vec<String>,
}

/// What a statement asks for beside what is compared line by line: a charge that stands on it twice, totals that are not what is charged.
#[derive(Debug)]
pub(crate) struct Extra {
    /// On which statement.
    pub(crate) statement: String,
    /// What is wrong with it.
    pub(crate) kind: CauseKind,
    /// In words.
    pub(crate) evidence: String,
    /// What is too much.
    pub(crate) amount: Money,
}

/// The statements of the stored bills of the accounts. `supplies` are the names of those that are audited; what is charged for others is
/// left out, and said.
pub(crate) fn stated(ctx: &Context, supplies: &[&str], calendar: &Calendar) -> Result<StoredStatements> {
    let store = store::existing(ctx)?;
    let mut bills: Vec<AccountBill> = Vec::new();
    for account in store::accounts(store)? {
        if let Some((ledger, _)) = store.ledger(&account.number)? {
            bills.extend(ledger.bills);
        }
    }
    let mut read = Vec::with_capacity(bills.len());
    let mut found = StoredStatements::default();
    for bill in &bills {
        match charges(bill, calendar) {
            Ok(charges) => read.push((bill, charges)),
            Err(error) => {
                found.notes.push(format!("bill {} is passed over: it cannot be read: {error}", bill.id))
            }
        }
    }
    if read.iter().all(|(_, charges)| charges.is_empty()) {
        return Err(Failure::work(
            "the store holds no bill of the account that says what its energy cost: kwhen fetch everything brings the bills, or name the \
             statements with --statements FILE",
        ));
    }
    let (last_is_in, is_told) = last_day_is_in(read.iter().flat_map(|(_, charges)| charges));
    if !is_told {
        found.notes.push(
            "no charge begins where another ends, so that nothing tells whether the last date of a charge is in it: it is taken to be"
                .to_owned(),
        );
    }
    let points = points(store)?;
    let used = |point: &str, span: Span| store::readings(ctx, point, span).ok()?.0.total().ok();
    for (bill, charges) in &read {
        let named = |error: kwhen::Error| Failure::work(format!("the stored bill {}: {error}", bill.id));
        found.others.extend(beside_energy(bill));
        if charges.is_empty() {
            if bill.kind.as_deref() == Some("StatementType") {
                found.notes.push(format!("statement {} is passed over: no energy is charged on it", bill.id));
            } else {
                let kind = bill.kind.as_deref().unwrap_or("a kind that is not told");
                found.notes.push(format!(
                    "bill {} is passed over: it is of {kind}, which says not what is charged",
                    bill.id
                ));
            }
            continue;
        }
        let (once, again) = apart_from_repeats(charges);
        let is_audited = |charge: &&&Charge| {
            supplies.iter().any(|name| name.split(' ').next() == Some(charge.what.name()))
        };
        for charge in again.iter().filter(is_audited) {
            let gross = charge.gross.map_or(Money::ZERO, |gross| gross.value);
            let evidence = format!(
                "the charge for {} from {} to {} stands on it twice ({gross} p with tax), and its totals hold both",
                charge.what.name(),
                charge.from,
                charge.last
            );
            let amount = if charge.what == What::Export { -gross } else { gross };
            let (statement, kind) = (bill.id.clone(), CauseKind::CountedTwice);
            found.extras.push(Extra { statement, kind, evidence, amount });
        }
        if let Some((evidence, amount)) = wrong_sum(bill).map_err(named)? {
            let (statement, kind) = (bill.id.clone(), CauseKind::Sums);
            found.extras.push(Extra { statement, kind, evidence, amount });
        }
        let known = Known { supplies, points: &points, used: &used };
        let made = statement(bill, &once, (&known, last_is_in), calendar, &mut found.notes).map_err(named)?;
        found.statements.extend(made);
    }
    found.statements.sort_by_key(|statement| statement.period);
    Ok(found)
}

/// Charges, each once, and those that stand there again with every figure the same.
fn apart_from_repeats(charges: &[Charge]) -> (Vec<&Charge>, Vec<&Charge>) {
    let (mut once, mut again): (Vec<&Charge>, Vec<&Charge>) = (Vec::new(), Vec::new());
    for charge in charges {
        let is_whole = charge.energy.is_some() && charge.net.is_some() && charge.gross.is_some();
        if is_whole && once.contains(&charge) { again.push(charge) } else { once.push(charge) }
    }
    (once, again)
}

/// Whether the last date of a charge is in it: told by where the next one of the same supply begins. Where nothing tells it, it is, as the
/// service says of the last day of a statement's consumption; whether anything told it comes second.
fn last_day_is_in<'a>(charges: impl Iterator<Item = &'a Charge>) -> (bool, bool) {
    let charges: Vec<&Charge> = charges.collect();
    let starts: BTreeSet<(What, NaiveDate)> = charges.iter().map(|one| (one.what, one.from)).collect();
    let count = |days: u64| {
        let next = |one: &&&Charge| {
            one.last.checked_add_days(Days::new(days)).is_some_and(|next| starts.contains(&(one.what, next)))
        };
        charges.iter().filter(next).count()
    };
    let (in_it, not_in_it) = (count(1), count(0));
    (in_it >= not_in_it, in_it != not_in_it)
}

fn printed<T: std::str::FromStr<Err = kwhen::Error>>(
    number: Option<&Number>,
) -> kwhen::Result<Option<Printed<T>>> {
    let Some(number) = number else { return Ok(None) };
    let decimals = number.as_str().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let places = u32::try_from(decimals).unwrap_or(u32::MAX);
    Ok(Some(Printed { value: number.as_str().parse()?, places }))
}

fn date(text: Option<&String>, field: &str, calendar: &Calendar) -> kwhen::Result<NaiveDate> {
    let read = calendar.parse(text.map(String::as_str).unwrap_or_default());
    read.map(|instant| calendar.date(instant)).map_err(|error| error.in_field(field))
}

fn transactions(bill: &AccountBill) -> impl Iterator<Item = &AccountTransaction> {
    bill.transactions.iter().flat_map(|list| &list.edges).map(|edge| &edge.node)
}

fn is_taken_back(row: &AccountTransaction) -> bool {
    row.is_reversed == Some(true)
}

/// What is charged for energy on a bill, what was taken back left out.
fn charges(bill: &AccountBill, calendar: &Calendar) -> kwhen::Result<Vec<Charge>> {
    let mut found = Vec::new();
    for row in transactions(bill).filter(|row| !is_taken_back(row)) {
        let Some(used) = &row.consumption else { continue };
        let title = row.title.clone().unwrap_or_default().to_lowercase();
        let what = match row.is_export {
            Some(true) => What::Export,
            _ if title.contains("gas") => What::Gas,
            _ if title.contains("electric") => What::Import,
            _ => What::Untold,
        };
        let is_kwh = used.unit.as_deref().is_none_or(|unit| unit.eq_ignore_ascii_case("kwh"));
        let amounts = row.amounts.as_ref();
        // A line of export prints its credit as it is, whatever its sign among the charges.
        let plain = |number: Option<&Number>| -> kwhen::Result<Option<Printed<Money>>> {
            let amount = printed::<Money>(number)?;
            Ok(amount.map(|amount| match what == What::Export && amount.value.is_negative() {
                true => Printed { value: -amount.value, ..amount },
                false => amount,
            }))
        };
        found.push(Charge {
            what,
            title,
            from: date(used.start_date.as_ref(), "startDate", calendar)?,
            last: date(used.end_date.as_ref(), "endDate", calendar)?,
            kwh: if is_kwh { printed(used.quantity.as_ref())? } else { None },
            energy: plain(used.usage_cost.as_ref())?,
            standing: plain(used.supply_charge.as_ref())?,
            net: plain(amounts.and_then(|amounts| amounts.net.as_ref()))?,
            tax: plain(amounts.and_then(|amounts| amounts.tax.as_ref()))?,
            gross: plain(amounts.and_then(|amounts| amounts.gross.as_ref()))?,
        });
    }
    Ok(found)
}

/// What is on a bill beside energy.
fn beside_energy(bill: &AccountBill) -> Vec<BesideEnergy> {
    let rows = transactions(bill).filter(|row| row.consumption.is_none() || is_taken_back(row));
    let amount = |row: &AccountTransaction| {
        row.amounts.as_ref().and_then(|all| all.gross.clone().or_else(|| all.net.clone()))
    };
    rows.map(|row| BesideEnergy {
        statement: bill.id.clone(),
        kind: row.kind.as_deref().unwrap_or("transaction").to_lowercase(),
        title: row.title.clone().unwrap_or_default(),
        date: row.posted_date.clone(),
        amount_minor: amount(row).and_then(|number| number.pence().ok()),
        taken_back: is_taken_back(row),
    })
    .collect()
}

/// What the stored accounts were credited or charged in a period beside energy; payments are not among it.
pub(crate) fn account_lines(ctx: &Context, period: Span, calendar: &Calendar) -> Result<Vec<AccountLine>> {
    let store = store::existing(ctx)?;
    let mut lines = Vec::new();
    for account in store::accounts(store)? {
        let Some((ledger, _)) = store.ledger(&account.number)? else { continue };
        let on_bills = ledger.bills.iter().flat_map(transactions);
        let mut seen = BTreeSet::new();
        for row in ledger.transactions.iter().chain(on_bills).filter(|row| row.consumption.is_none()) {
            let posted = row.posted_date.as_deref().and_then(|date| calendar.parse(date).ok());
            let kind = row.kind.as_deref().unwrap_or("transaction").to_lowercase();
            let is_wanted = posted.is_some_and(|at| period.contains(at)) && kind != "payment";
            if is_wanted && seen.insert(row.id.clone()) {
                let amounts = row.amounts.as_ref();
                let amount = amounts.and_then(|all| all.gross.as_ref().or(all.net.as_ref()));
                lines.push(AccountLine {
                    kind,
                    title: row.title.clone().unwrap_or_default(),
                    date: row.posted_date.clone(),
                    amount_minor: amount.and_then(|number| number.pence().ok()),
                    taken_back: is_taken_back(row),
                });
            }
        }
    }
    lines.sort_by(|one, other| one.date.cmp(&other.date));
    Ok(lines)
}

/// Whether two amounts are the same but for a minor unit.
fn is_near(one: Money, other: Money) -> bool {
    let unit = "1".parse().unwrap_or(Money::ZERO);
    apart(one, other) <= unit
}

/// How far two amounts are apart.
fn apart(one: Money, other: Money) -> Money {
    let off = Money::sum([one, -other]).unwrap_or(Money::ZERO);
    if off.is_negative() { -off } else { off }
}

fn sum_of(amounts: impl Iterator<Item = Option<Printed<Money>>>) -> kwhen::Result<Option<Printed<Money>>> {
    let (mut all, mut places) = (Vec::new(), 0);
    for amount in amounts {
        let Some(amount) = amount else { return Ok(None) };
        places = places.max(amount.places);
        all.push(amount.value);
    }
    Ok(Some(Printed { value: Money::sum(all)?, places }))
}

/// One statement as it can be compared.
fn statement(
    bill: &AccountBill,
    charges: &[&Charge],
    (known, last_is_in): (&Known<'_>, bool),
    calendar: &Calendar,
    notes: &mut Vec<String>,
) -> kwhen::Result<Option<StatedStatement>> {
    let name = &bill.id;
    let span = |charge: &Charge| -> kwhen::Result<Span> {
        let days = u64::from(last_is_in);
        let end = charge.last.checked_add_days(Days::new(days)).unwrap_or(charge.last);
        Span::new(calendar.day(charge.from)?.from(), calendar.day(end)?.from())
            .map_err(|error| error.in_field("endDate"))
    };
    let mut lines: Vec<StatementLine> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut kinds: Vec<What> = charges.iter().map(|charge| charge.what).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for what in kinds {
        if what == What::Untold {
            notes.push(format!(
                "statement {name}: a charge for energy whose title says neither electricity nor gas is not audited"
            ));
            continue;
        }
        let mut by_span: Vec<(Span, Vec<&Charge>)> = Vec::new();
        for charge in charges.iter().copied().filter(|charge| charge.what == what) {
            let span = span(charge)?;
            match by_span.iter_mut().find(|(known, _)| *known == span) {
                Some((_, same)) => same.push(charge),
                None => by_span.push((span, vec![charge])),
            }
        }
        by_span.sort_by_key(|(span, _)| *span);
        let mut own: Vec<(String, Span, Vec<&Charge>)> = Vec::new();
        let (mut not_billed, mut untold) = (false, Vec::new());
        for (span, same) in by_span {
            for (supply, charges) in known.sorted(what, span, &same) {
                match supply {
                    Supplied::Audited(supply) => own.push((supply, span, charges)),
                    Supplied::NotBilled => not_billed = true,
                    Supplied::Untold(points) => untold = points,
                }
            }
        }
        if not_billed {
            notes.push(format!(
                "statement {name}: what it charges for {} is not audited, since that is not billed here",
                what.name()
            ));
        }
        if !untold.is_empty() {
            notes.push(format!(
                "statement {name}: what it charges for {} is not audited, since neither its words nor its kWh tell for which of the meter points {}: \
                 --statements FILE takes its lines with the supply of each",
                what.name(),
                untold.join(" and ")
            ));
        }
        own.sort_by(|one, next| (&one.0, one.1).cmp(&(&next.0, next.1)));
        for (one, next) in own.iter().zip(own.iter().skip(1)) {
            if one.0 == next.0 && one.1.to() > next.1.from() {
                notes.push(format!("statement {name}: its charges for {} overlap in time", one.0));
            }
        }
        for (supply, span, of_it) in own {
            let lacking = [
                ("its cost", of_it.iter().any(|charge| charge.energy.is_none())),
                ("what it comes to without tax", of_it.iter().any(|charge| charge.net.is_none())),
                ("what it comes to with tax", of_it.iter().any(|charge| charge.gross.is_none())),
            ];
            for (what, _) in lacking.iter().filter(|(_, lacks)| *lacks) {
                notes.push(format!(
                    "statement {name}: a charge for {supply} does not say {what}, which is not compared"
                ));
            }
            let mut line = |kind, amount: Option<Printed<Money>>, kwh| {
                lines.extend(amount.map(|amount| StatementLine {
                    row: 0,
                    kind,
                    span: Some(span),
                    supply: Some(supply.clone()),
                    kwh,
                    rate: None,
                    days: None,
                    amount,
                }));
            };
            for charge in of_it.iter().filter(|charge| are_without_tax(charge)) {
                line(StatementLineKind::Energy, charge.energy, charge.kwh);
                // Export has no standing charge, and a statement says nothing with a zero.
                let standing =
                    charge.standing.filter(|amount| what != What::Export || !amount.value.is_zero());
                line(StatementLineKind::StandingCharge, standing, None);
            }
            line(StatementLineKind::Subtotal, sum_of(of_it.iter().map(|charge| charge.net))?, None);
            line(StatementLineKind::Vat, sum_of(of_it.iter().map(|charge| charge.tax))?, None);
            line(StatementLineKind::Total, sum_of(of_it.iter().map(|charge| charge.gross))?, None);
            spans.push(span);
        }
    }
    let (Some(from), Some(to)) =
        (spans.iter().map(|span| span.from()).min(), spans.iter().map(|span| span.to()).max())
    else {
        return Ok(None);
    };
    let period = Span::new(from, to)?;
    if bill.has_more_transactions() {
        notes.push(format!(
            "statement {name}: it has more than 50 transactions, of which the first are known alone"
        ));
    }
    if transactions(bill).any(is_taken_back) {
        notes.push(format!("statement {name}: a charge on it was taken back; it is left out here"));
    }
    for (row, line) in (1..).zip(&mut lines) {
        line.row = row;
    }
    let issued = bill.issued_date.as_deref().and_then(|text| text.parse().ok());
    let issued = issued.map(|date| calendar.day(date)).transpose()?.map(|day| day.from());
    Ok(Some(StatedStatement { name: name.clone(), period, issued, lines }))
}

/// Whether the costs of a charge's energy and days are without tax: they come to its net amount, or at least not to its gross one.
fn are_without_tax(charge: &Charge) -> bool {
    let (Some(energy), Some(net), Some(gross)) = (charge.energy, charge.net, charge.gross) else {
        return true;
    };
    let standing = charge.standing.map_or(Money::ZERO, |amount| amount.value);
    let both = Money::sum([energy.value, standing]).unwrap_or(Money::ZERO);
    is_near(both, net.value) || !is_near(both, gross.value)
}

/// Where a statement's own totals are not what its charges come to: in words, and what is too much. `None` where they are, where it has no
/// totals, and where not all that is on it is known. It is not told whether the credits for export are among the charges or the credits:
/// either will do.
fn wrong_sum(bill: &AccountBill) -> kwhen::Result<Option<(String, Money)>> {
    let Some(totals) = &bill.total_charges else { return Ok(None) };
    if bill.has_more_transactions() || transactions(bill).any(is_taken_back) {
        return Ok(None);
    }
    let charged = transactions(bill).filter(|row| row.kind.as_deref().is_none_or(|kind| kind == "Charge"));
    let charged: Vec<&AccountTransaction> = charged.collect();
    let sum = |pick: Pick, exports: bool| {
        let of = charged.iter().filter(|row| exports || row.is_export != Some(true));
        sum_of(
            of.map(|row| printed::<Money>(row.amounts.as_ref().and_then(pick)))
                .collect::<kwhen::Result<Vec<_>>>()?
                .into_iter(),
        )
    };
    for (pick, stated, what) in [
        ((|all| all.net.as_ref()) as Pick, &totals.net, "without tax"),
        (|all| all.tax.as_ref(), &totals.tax, "of tax"),
        (|all| all.gross.as_ref(), &totals.gross, "with tax"),
    ] {
        let (Some(stated), Some(all), Some(imported)) =
            (printed::<Money>(stated.as_ref())?, sum(pick, true)?, sum(pick, false)?)
        else {
            continue;
        };
        // Credits for export count less, whichever sign they are written with.
        let export = apart(all.value, imported.value);
        let sums = [imported.value, Money::sum([imported.value, -export])?];
        if sums.iter().any(|sum| apart(*sum, stated.value).is_zero()) {
            continue;
        }
        let nearest = sums.into_iter().min_by_key(|sum| apart(*sum, stated.value)).unwrap_or(imported.value);
        let words = format!("its charges come to {nearest} p {what}, and it says {} p in all", stated.value);
        return Ok(Some((words, Money::sum([stated.value, -nearest])?)));
    }
    Ok(None)
}

/// One of an amount's parts.
type Pick = fn(&TransactionAmounts) -> Option<&Number>;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bill(charges: &serde_json::Value) -> AccountBill {
        let edges: Vec<_> =
            charges.as_array().unwrap().iter().map(|charge| json!({ "node": charge })).collect();
        serde_json::from_value(json!({"id": "S-1", "transactions": {"edges": edges}})).unwrap()
    }

    fn charge(title: &str, dates: (&str, &str), amounts: &serde_json::Value) -> serde_json::Value {
        json!({"id": "1", "title": title, "amounts": amounts,
            "consumption": {"startDate": dates.0, "endDate": dates.1, "quantity": "10", "unit": "kWh", "usageCost": 200}})
    }

    #[test]
    fn what_a_charge_does_not_say_is_said_and_not_made_up() {
        let london = Calendar::great_britain();
        let days = ("2026-01-01", "2026-01-31");
        let sums = json!({"net": 200, "tax": 10, "gross": 210});
        let notes = |rows: &serde_json::Value| {
            let (bill, mut notes) = (bill(rows), Vec::new());
            let charges = charges(&bill, &london).unwrap();
            let made = statement(
                &bill,
                &charges.iter().collect::<Vec<_>>(),
                (&Known { supplies: &["import 1"], points: &[], used: &|_, _| None }, true),
                &london,
                &mut notes,
            )
            .unwrap();
            (made.map_or(0, |made| made.lines.len()), notes)
        };
        assert_eq!(notes(&json!([charge("Electricity", days, &sums)])), (4, vec![]));
        let (lines, said) = notes(&json!([charge("Electricity", days, &json!(null))]));
        assert_eq!((lines, said.len()), (1, 2));
        assert!(
            said[1].contains("does not say what it comes to with tax, which is not compared"),
            "{said:?}"
        );
        let (lines, said) = notes(&json!([charge("Energy Charge", days, &sums)]));
        assert_eq!(lines, 0);
        assert!(said[0].contains("says neither electricity nor gas is not audited"), "{said:?}");
        assert!(charges(&bill(&json!([charge("Gas", ("soon", "2026-01-31"), &sums)])), &london).is_err());
    }

    #[test]
    fn the_charges_tell_whether_their_last_day_is_in_them_or_nothing_does() {
        let london = Calendar::great_britain();
        let told = |dates: &[(&str, &str)]| {
            let rows: Vec<_> = dates.iter().map(|ends| charge("Gas", *ends, &json!(null))).collect();
            last_day_is_in(charges(&bill(&json!(rows)), &london).unwrap().iter())
        };
        assert_eq!(told(&[("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")]), (true, true));
        assert_eq!(told(&[("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")]), (false, true));
        assert_eq!(told(&[("2026-01-01", "2026-02-01")]), (true, false));
    }
}
