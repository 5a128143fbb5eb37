//! A statement's lines beside the engine's: what agrees, what differs, by how much, and which rules would explain it.

use super::{Bill, BillOptions, BillingRules, Events, LineKind, LinePrice, Statement, Supply};
use crate::error::{Error, Result};
use crate::input::record::{Record, Records};
use crate::input::wanted::Wanted;
use crate::quantity::{Energy, Money, Rounding, UnitRate};
use crate::series::Consumption;
use crate::tariff::{Advance, Direction, Tariff};
use crate::time::{Calendar, Span};
use serde::Serialize;

/// What a line of a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatementLineKind {
    /// Energy, all of it or at one rate.
    Energy,
    /// Days at a standing charge.
    StandingCharge,
    /// A levy.
    Levy,
    /// The sum without VAT.
    Subtotal,
    /// VAT.
    Vat,
    /// What is to pay.
    Total,
}

impl StatementLineKind {
    fn named(name: &str) -> Result<Self> {
        Ok(match name.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "energy" => Self::Energy,
            "standing_charge" | "standing" => Self::StandingCharge,
            "levy" => Self::Levy,
            "subtotal" | "net" => Self::Subtotal,
            "vat" => Self::Vat,
            "total" => Self::Total,
            _ => {
                return Err(Error::syntax(
                    "is none of energy, standing_charge, levy, subtotal, vat and total",
                ));
            }
        })
    }
}

/// A printed number and how many decimals it was printed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed<T> {
    /// The number.
    pub value: T,
    /// Its decimals: what it was rounded to.
    pub places: u32,
}

impl<T: std::str::FromStr<Err = Error>> Printed<T> {
    fn read(text: &str) -> Result<Self> {
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end().len());
        Ok(Self { value: text.parse()?, places: u32::try_from(decimals).unwrap_or(u32::MAX) })
    }
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Its number for messages, counted from 1.
    pub row: u64,
    /// What it is for.
    pub kind: StatementLineKind,
    /// When; `None`: the whole statement.
    pub span: Option<Span>,
    /// Which supply of an account, by its name; `None`: all of them together.
    pub supply: Option<String>,
    /// Energy.
    pub kwh: Option<Printed<Energy>>,
    /// Its unit rate in p/kWh, or its charge in pence a day, without VAT.
    pub rate: Option<Printed<UnitRate>>,
    /// Days.
    pub days: Option<i64>,
    /// Pence: without VAT but for `vat` and `total`.
    pub amount: Printed<Money>,
}

const AMOUNT_PENCE: &[&str] = &["amount_minor"];
const AMOUNT: &[&str] = &["amount"];

const LINES: Wanted = Wanted {
    rows: "lines of a statement",
    columns: &[&["kind"], &["amount_minor", "amount"]],
    others: &["from", "to", "supply", "kwh", "rate", "days"],
    lists: &["lines"],
    unlike: &[],
    mistaken: &[
        (&["consumption", "interval_start"], "consumption"),
        (&["value_inc_vat", "value_exc_vat"], "prices"),
    ],
    none: "",
    headerless: false,
};

/// Reads the lines of a statement from JSON (an array of objects, a page of them, or an object with a list `lines`) or CSV with a header.
///
/// Fields: `kind`; `from` and `to` (dates or times; `to` is not in the line; both or neither); `supply` (whose line it is, on an
/// account's statement); `kwh`; `rate` (p/kWh or p/day); `days`; and `amount_minor`, or `amount` in pounds. How many decimals a number is written with says what it was rounded to.
pub fn statement_lines(bytes: &[u8], calendar: &Calendar) -> Result<Vec<StatementLine>> {
    let line = |row: Record<'_>| statement_line(&row, calendar).map_err(|error| error.in_row(row.row()));
    Records::whole(bytes, &LINES)?.iter().map(line).collect()
}

fn statement_line(row: &Record<'_>, calendar: &Calendar) -> Result<StatementLine> {
    let instant = |text: &str| calendar.parse(text);
    let span = match (row.parsed(&["from"], instant)?, row.parsed(&["to"], instant)?) {
        (Some(from), Some(to)) => Some(Span::new(from, to).map_err(|error| error.in_field("to"))?),
        (None, None) => None,
        _ => return Err(Error::missing("give both from and to, or neither").in_field("from")),
    };
    let kind = row.parsed(&["kind"], StatementLineKind::named)?;
    let amount = match row.parsed(AMOUNT_PENCE, Printed::<Money>::read)? {
        Some(amount) => Some(amount),
        None => row.parsed(AMOUNT, pounds)?,
    };
    Ok(StatementLine {
        row: row.row(),
        kind: kind.ok_or_else(|| Error::missing("says not what it is for").in_field("kind"))?,
        span,
        supply: row.parsed(&["supply"], |text| Ok(text.to_owned()))?,
        kwh: row.parsed(&["kwh"], Printed::read)?,
        rate: row.parsed(&["rate"], Printed::read)?,
        days: row.parsed(&["days"], |text| {
            text.parse().map_err(|_| Error::syntax("not a whole number of days"))
        })?,
        amount: amount.ok_or_else(|| Error::missing("has no amount").in_field("amount_minor"))?,
    })
}

/// Pounds, with or without their sign, as pence.
fn pounds(text: &str) -> Result<Printed<Money>> {
    let text = text.replace(['£', ','], "");
    let printed = Printed::<Money>::read(&text)?;
    Ok(Printed { value: printed.value.times(100)?, places: printed.places.saturating_sub(2) })
}

/// How a line of the statement compares.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReconciledLine {
    /// Its number.
    pub row: u64,
    /// What it is for.
    pub kind: StatementLineKind,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Which supply of an account it is about; none: all of them together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supply: Option<String>,
    /// What the statement says.
    pub stated_minor: Money,
    /// What the chosen rules give, to all digits.
    pub computed_minor: Option<Money>,
    /// Stated less computed, the latter rounded to the decimals that the statement shows.
    pub difference_minor: Option<Money>,
    /// Whether they agree.
    pub agrees: bool,
    /// The energy that the statement says less the one computed, at the decimals that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference_kwh: Option<Energy>,
    /// The rules among the presets and the chosen ones under which the line agrees.
    pub explained_by: Vec<String>,
    /// What else was seen, in words.
    pub remarks: Vec<String>,
}

/// A statement compared line by line.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reconciliation {
    /// When.
    #[serde(flatten)]
    pub period: Span,
    /// The chosen rules' name.
    pub rules: String,
    /// How many lines agree.
    pub agreeing: usize,
    /// How many differ.
    pub differing: usize,
    /// Rules under which every line agrees.
    pub explained_by: Vec<String>,
    /// Line by line.
    pub lines: Vec<ReconciledLine>,
}

/// What a line comes to under some rules.
struct Computed {
    amount: Money,
    kwh: Option<Energy>,
    days: Option<i64>,
    missing_slots: usize,
}

/// A bill that a line is compared with; of several the sums are taken, credits off.
struct Part {
    bill: Bill,
    is_credit: bool,
}

/// Compares the lines of a statement with the bills of the same spans. `events` are what happened beside what the meter read.
pub fn reconcile(
    lines: &[StatementLine],
    tariff: &Tariff,
    consumption: &Consumption,
    events: Events<'_>,
    period: Span,
    options: &BillOptions,
) -> Result<Reconciliation> {
    reconcile_by(lines, period, options, |line, span, options| {
        one_tariff(line)?;
        Ok(vec![Part { bill: tariff.bill_with(consumption, None, span, events, options)?, is_credit: false }])
    })
}

/// The same from the advances of registers. A line's own span needs readings at its ends, unless `options` share advances out by time.
pub fn reconcile_registers(
    lines: &[StatementLine],
    tariff: &Tariff,
    advances: &[Advance],
    period: Span,
    options: &BillOptions,
) -> Result<Reconciliation> {
    reconcile_by(lines, period, options, |line, span, options| {
        one_tariff(line)?;
        Ok(vec![Part { bill: tariff.bill_registers(advances, span, options)?, is_credit: false }])
    })
}

/// The same for an account: a line that names its supply is compared with the bills of that supply under its agreements, any other with
/// those of all supplies together, what is paid for export taken off. An error for a supply of an unknown name.
pub fn reconcile_account(
    lines: &[StatementLine],
    supplies: &[Supply<'_>],
    tariffs: &[Tariff],
    period: Span,
    options: &BillOptions,
) -> Result<Reconciliation> {
    reconcile_by(lines, period, options, |line, span, options| {
        account_parts(line, span, (supplies, tariffs), options)
    })
}

/// The same by the chosen rules alone: `explained_by` names no others.
pub(super) fn beside(
    lines: &[StatementLine],
    supplies: &[Supply<'_>],
    tariffs: &[Tariff],
    period: Span,
    options: &BillOptions,
) -> Result<Reconciliation> {
    let chosen = vec![options.rules.clone()];
    reconcile_under(lines, chosen, period, options, |line, span, options| {
        account_parts(line, span, (supplies, tariffs), options)
    })
}

/// The bills that a line of an account's statement is compared with.
fn account_parts(
    line: &StatementLine,
    span: Span,
    (supplies, tariffs): (&[Supply<'_>], &[Tariff]),
    options: &BillOptions,
) -> Result<Vec<Part>> {
    let named: Vec<Supply<'_>> = match &line.supply {
        None => supplies.to_vec(),
        Some(name) => supplies.iter().filter(|supply| supply.name == *name).cloned().collect(),
    };
    if let (Some(name), true) = (&line.supply, named.is_empty()) {
        let names: Vec<&str> = supplies.iter().map(|supply| supply.name.as_str()).collect();
        let message = format!("the account has no supply of this name; it has {}", names.join(", "));
        return Err(Error::conflict(message).with_value(name).in_field("supply"));
    }
    let whole = line.supply.is_none();
    let statement = Statement::new(span, &named, tariffs, options)?;
    let parts = statement.supplies.into_iter().flat_map(|supply| {
        // A line of an export supply prints its credit as it is.
        let is_credit = whole && supply.direction == Direction::Export;
        supply.agreements.into_iter().map(move |part| Part { bill: part.bill, is_credit })
    });
    Ok(parts.collect())
}

fn one_tariff(line: &StatementLine) -> Result<()> {
    match &line.supply {
        None => Ok(()),
        Some(name) => {
            Err(Error::conflict("names a supply, and there is one tariff and one meter; give an account")
                .with_value(name)
                .in_field("supply"))
        }
    }
}

fn reconcile_by(
    lines: &[StatementLine],
    period: Span,
    options: &BillOptions,
    bills_of: impl Fn(&StatementLine, Span, &BillOptions) -> Result<Vec<Part>>,
) -> Result<Reconciliation> {
    let mut candidates = vec![options.rules.clone()];
    candidates.extend(BillingRules::presets().into_iter().filter(|preset| preset.name != options.rules.name));
    reconcile_under(lines, candidates, period, options, bills_of)
}

/// Judges by the first of some rules, and says which of them explain a line.
fn reconcile_under(
    lines: &[StatementLine],
    candidates: Vec<BillingRules>,
    period: Span,
    options: &BillOptions,
    bills_of: impl Fn(&StatementLine, Span, &BillOptions) -> Result<Vec<Part>>,
) -> Result<Reconciliation> {
    type Billed<'a> = ((usize, Span, Option<&'a str>), Option<Vec<Part>>);
    let mut bills: Vec<Billed<'_>> = Vec::new();
    let mut reconciled = Vec::with_capacity(lines.len());
    for line in lines {
        let span = line.span.unwrap_or(period);
        let mut results = Vec::with_capacity(candidates.len());
        for (place, rules) in candidates.iter().enumerate() {
            let key = (place, span, line.supply.as_deref());
            if !bills.iter().any(|(known, _)| *known == key) {
                let options = BillOptions { rules: rules.clone(), grouping: None, ..options.clone() };
                let parts = match bills_of(line, span, &options) {
                    Ok(parts) => Some(parts),
                    Err(error) if error.is_missing() => None,
                    Err(error) => return Err(error.in_row(line.row)),
                };
                bills.push((key, parts));
            }
            let parts = bills.iter().find(|(known, _)| *known == key);
            results.push(match parts.and_then(|(_, parts)| parts.as_ref()) {
                Some(parts) => compute(line, parts)?,
                None => None,
            });
        }
        reconciled.push(judge(line, &candidates, &results)?);
    }
    let agreeing = reconciled.iter().filter(|line| line.agrees).count();
    let explains_all =
        |rules: &&BillingRules| reconciled.iter().all(|line| line.explained_by.contains(&rules.name));
    Ok(Reconciliation {
        period,
        rules: options.rules.name.clone(),
        agreeing,
        differing: reconciled.len() - agreeing,
        explained_by: candidates.iter().filter(explains_all).map(|rules| rules.name.clone()).collect(),
        lines: reconciled,
    })
}

/// What the bills have for a line; `None` where they have no such line.
fn compute(line: &StatementLine, parts: &[Part]) -> Result<Option<Computed>> {
    let missing_slots =
        parts.iter().map(|part| part.bill.coverage.slots - part.bill.coverage.billed_slots).sum();
    let signed = |is_credit: bool, amount: Money| if is_credit { -amount } else { amount };
    let whole = |amount: fn(&Bill) -> Money| -> Result<Option<Computed>> {
        Ok(Some(Computed {
            amount: Money::sum(parts.iter().map(|part| signed(part.is_credit, amount(&part.bill))))?,
            kwh: Some(Energy::sum(parts.iter().map(|part| part.bill.kwh))?),
            days: None,
            missing_slots,
        }))
    };
    let wanted = match line.kind {
        StatementLineKind::Subtotal => return whole(|bill| bill.net_minor),
        StatementLineKind::Vat => return whole(|bill| bill.vat_minor),
        StatementLineKind::Total => return whole(|bill| bill.total_minor),
        StatementLineKind::Energy => LineKind::Energy,
        StatementLineKind::StandingCharge => LineKind::StandingCharge,
        StatementLineKind::Levy => LineKind::Levy,
    };
    let own_lines = parts.iter().flat_map(|part| part.bill.lines.iter().map(|own| (part.is_credit, own)));
    let all: Vec<_> = own_lines.filter(|(_, own)| own.kind == wanted).collect();
    // A rate picks the lines whose price shows so; where none does, all lines are taken and the rate is remarked upon.
    let priced: Vec<_> = all.iter().copied().filter(|(_, own)| shows_rate(line, own.price)).collect();
    let chosen = if line.rate.is_some() && !priced.is_empty() { priced } else { all };
    if chosen.is_empty() {
        return Ok(None);
    }
    let days = || chosen.iter().filter_map(|(_, own)| own.days).sum();
    Ok(Some(Computed {
        amount: Money::sum(chosen.iter().map(|(is_credit, own)| signed(*is_credit, own.net_minor)))?,
        kwh: if wanted == LineKind::StandingCharge {
            None
        } else {
            Some(Energy::sum(chosen.iter().filter_map(|(_, own)| own.kwh))?)
        },
        days: (wanted == LineKind::StandingCharge).then(days),
        missing_slots,
    }))
}

/// Whether a price, shown as the line shows its rate, is that rate.
fn shows_rate(line: &StatementLine, price: Option<LinePrice>) -> bool {
    match (line.rate, price) {
        (Some(rate), Some(price)) => {
            price.money().round(rate.places, Rounding::HalfUp) == as_money(rate.value)
        }
        _ => false,
    }
}

/// A rate as the amount of one kWh, or of one day.
pub(super) fn as_money(rate: UnitRate) -> Money {
    let units = i128::from(rate.units()) * crate::quantity::power_of_ten(Money::SCALE - UnitRate::SCALE);
    Money::from_units(units).unwrap_or(Money::ZERO)
}

fn agrees(line: &StatementLine, computed: &Computed) -> bool {
    let at = |rounding| computed.amount.round(line.amount.places, rounding) == line.amount.value;
    // Which way a tie was shown is not known.
    at(Rounding::HalfUp) || at(Rounding::HalfEven)
}

fn judge(
    line: &StatementLine,
    candidates: &[BillingRules],
    results: &[Option<Computed>],
) -> Result<ReconciledLine> {
    let explained_by = candidates
        .iter()
        .zip(results)
        .filter(|(_, computed)| computed.as_ref().is_some_and(|computed| agrees(line, computed)))
        .map(|(rules, _)| rules.name.clone())
        .collect();
    let computed = results.first().and_then(Option::as_ref);
    let mut remarks = Vec::new();
    let mut difference_kwh = None;
    if let Some(computed) = computed {
        if computed.missing_slots > 0 {
            remarks.push(format!("{} slots could not be billed", computed.missing_slots));
        }
        if let (Some(stated), Some(kwh)) = (line.kwh, computed.kwh) {
            let shown = kwh.round(stated.places, Rounding::HalfUp);
            let difference = Energy::sum([stated.value, -shown])?;
            if !difference.is_zero() {
                remarks.push(format!("the statement has {} kWh, the readings {kwh}", stated.value));
            }
            difference_kwh = Some(difference);
        }
        if let (Some(stated), Some(days)) = (line.days, computed.days)
            && stated != days
        {
            remarks.push(format!("the statement has {stated} days, the calendar {days}"));
        }
    } else {
        remarks.push("the bill has no such line".to_owned());
    }
    if let Some(remark) = own_arithmetic(line)? {
        remarks.push(remark);
    }
    let difference_minor = computed.map(|computed| {
        let shown = computed.amount.round(line.amount.places, Rounding::HalfUp);
        let other = computed.amount.round(line.amount.places, Rounding::HalfEven);
        let shown = if other == line.amount.value { other } else { shown };
        Money::sum([line.amount.value, -shown])
    });
    Ok(ReconciledLine {
        row: line.row,
        kind: line.kind,
        span: line.span,
        supply: line.supply.clone(),
        stated_minor: line.amount.value,
        computed_minor: computed.map(|computed| computed.amount),
        difference_minor: difference_minor.transpose()?,
        agrees: computed.is_some_and(|computed| agrees(line, computed)),
        difference_kwh,
        explained_by,
        remarks,
    })
}

/// Whether the printed kWh times the printed rate is the printed amount: where not, the statement shows fewer digits than it used.
fn own_arithmetic(line: &StatementLine) -> Result<Option<String>> {
    let product = match (line.kind, line.kwh, line.days, line.rate) {
        (StatementLineKind::Energy | StatementLineKind::Levy, Some(kwh), _, Some(rate)) => {
            kwh.value * rate.value
        }
        (StatementLineKind::StandingCharge, _, Some(days), Some(rate)) => {
            (one_kwh()? * rate.value).times(days)?
        }
        _ => return Ok(None),
    };
    let shown = product.round(line.amount.places, Rounding::HalfUp);
    Ok((shown != line.amount.value)
        .then(|| format!("its own figures multiply to {shown}, so it uses more digits than it shows")))
}

fn one_kwh() -> Result<Energy> {
    Ok(Energy::from_units(10_i64.pow(Energy::SCALE))?)
}

#[cfg(test)]
mod tests;
