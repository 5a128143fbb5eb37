//! Bills in the forms that other systems read: CSV, Kraken's data import, plain-text accounting.

mod journal;

use super::{Bill, BillLine, LineKind, LinePrice};
use crate::error::{Error, Result};
use crate::quantity::{Currency, Money, Rounding};
use crate::series::VatBasis;
use crate::tariff::VatRate;
use crate::text::csv_field;
use crate::time::{Calendar, instant_text};
pub use journal::{Ledger, LedgerAccounts, journal, opened_accounts};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use serde_json::value::RawValue;

/// The lines of a bill as CSV with a header.
#[must_use]
pub fn lines_csv(bill: &Bill) -> String {
    let mut text =
        "kind,description,from,to,kwh,days,rate_minor_per_kwh,charge_minor_per_day,vat_percent,net_minor\n"
            .to_owned();
    for line in &bill.lines {
        let or_empty = |text: Option<String>| text.unwrap_or_default();
        let fields = [
            line.kind.name().to_owned(),
            csv_field(&line.description).into_owned(),
            instant_text(line.span.from()),
            instant_text(line.span.to()),
            or_empty(line.kwh.map(|kwh| kwh.to_string())),
            or_empty(line.days.map(|days| days.to_string())),
            or_empty(line.price.and_then(LinePrice::per_kwh).map(|rate| rate.to_string())),
            or_empty(line.price.and_then(LinePrice::per_day).map(|charge| charge.to_string())),
            line.vat_percent.percent(),
            line.net_minor.to_string(),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

/// Names that a transaction needs and a bill does not have.
#[derive(Clone, Debug)]
pub struct SupplyChargeNames<'a> {
    /// The transaction's own id.
    pub transaction_id: &'a str,
    /// The product's code.
    pub product_code: &'a str,
    /// Its reference.
    pub reference: &'a str,
    /// What the customer reads.
    pub display_note: &'a str,
}

#[derive(Serialize)]
struct SupplyCharge<'a> {
    transaction_id: &'a str,
    transaction_date: String,
    amount: Box<RawValue>,
    #[serde(rename = "type")]
    kind: &'static str,
    display_note: &'a str,
    reference: &'a str,
    product_code: &'a str,
    line_items: Vec<LineItem>,
    tax_items: Vec<TaxItem>,
}

#[derive(Serialize)]
struct LineItem {
    rate_band: &'static str,
    start_date: String,
    end_date: String,
    number_of_units: Box<RawValue>,
    net_amount: Box<RawValue>,
    price_per_unit: Box<RawValue>,
}

#[derive(Serialize)]
struct TaxItem {
    amount: Box<RawValue>,
    tax_type: &'static str,
    value_taxed: Box<RawValue>,
    rate: Box<RawValue>,
    unit_type: &'static str,
}

/// The bill as a `SUPPLY_CHARGE` transaction of Kraken's data import (its documentation, "Importing transactions"): `line_items` for
/// energy, levies and standing charges, `tax_items` by VAT rate. Amounts are in the bill's currency (pounds), the transaction's to the
/// minor unit (the penny); dates are local,
/// `end_date` is the day after the last. Numbers are written digit by digit, never through a float. The import wants a price of every line: where
/// a line has several (half-hourly rates), only one with VAT, or rounding has moved its amount, it is what a unit cost on average without VAT, to
/// twelve decimals of the minor unit.
pub fn kraken_supply_charge(
    bill: &Bill,
    names: &SupplyChargeNames<'_>,
    calendar: &Calendar,
) -> Result<String> {
    let digits = known_digits(bill)?;
    if let Some(line) = bill.lines.iter().find(|line| rate_band(line).is_none()) {
        return Err(Error::unsupported(
            "the import names no band for what is neither energy, a levy nor a standing charge",
        )
        .with_value(&line.description)
        .in_field(line.kind.name()));
    }
    let date = |instant| calendar.date(instant).to_string();
    let mut line_items = Vec::with_capacity(bill.lines.len());
    for line in &bill.lines {
        let units = units(line)?.normalize().to_string();
        line_items.push(LineItem {
            rate_band: rate_band(line).unwrap_or_default(),
            start_date: date(line.span.from()),
            end_date: date(line.span.to()),
            number_of_units: number(&units)?,
            net_amount: number(&major(line.net_minor, digits, None))?,
            price_per_unit: number(&major_text(&price_per_unit(line)?, digits, None))?,
        });
    }
    let mut tax_items: Vec<(VatRate, Money)> = Vec::new();
    for line in &bill.lines {
        match tax_items.iter_mut().find(|(percent, _)| *percent == line.vat_percent) {
            Some((_, taxed)) => *taxed = Money::sum([*taxed, line.net_minor])?,
            None => tax_items.push((line.vat_percent, line.net_minor)),
        }
    }
    tax_items.retain(|(rate, _)| *rate != VatRate::ZERO);
    // VAT under the bill's own rules: all of it belongs to the rates above 0, in the order of their shares.
    let mut rest = bill.vat_minor;
    let last = tax_items.len().saturating_sub(1);
    let mut items = Vec::with_capacity(tax_items.len());
    // A share is a hundredth of a percent, as a pound is a hundred pence.
    let one = Money::from_units(crate::quantity::power_of_ten(Money::SCALE) * 100)?;
    for (place, (rate, taxed)) in tax_items.into_iter().enumerate() {
        let amount = if place == last { rest } else { rate.on(taxed)? };
        rest = Money::sum([rest, -amount])?;
        items.push(TaxItem {
            amount: number(&major(amount, digits, None))?,
            tax_type: "VAT",
            value_taxed: number(&major(taxed, digits, None))?,
            rate: number(&major(rate.on(one)?, 2, None))?,
            unit_type: "PROPORTION",
        });
    }
    let charge = SupplyCharge {
        transaction_id: names.transaction_id,
        transaction_date: date(bill.period.to()),
        amount: number(&major(bill.currency.whole(bill.total_minor), digits, Some(u32::from(digits))))?,
        kind: "SUPPLY_CHARGE",
        display_note: names.display_note,
        reference: names.reference,
        product_code: names.product_code,
        line_items,
        tax_items: items,
    };
    serde_json::to_string_pretty(&charge).map_err(|error| Error::syntax(error.to_string()))
}

/// How many units a line is for: kWh, days, or one of itself.
fn units(line: &BillLine) -> Result<Decimal> {
    Ok(match (line.kwh, line.days) {
        (Some(kwh), _) => kwh.to_decimal(),
        (None, Some(days)) => days.into(),
        (None, None) => Decimal::ONE,
    })
}

/// What a unit of a line costs without VAT, in minor units: the line's own price where units at it are its amount, else the average.
fn price_per_unit(line: &BillLine) -> Result<String> {
    let (units, net) = (units(line)?, line.net_minor.to_decimal()?);
    if let Some(price) = line.price.filter(|_| line.price_basis == VatBasis::Exclusive) {
        let price = price.money();
        if units.checked_mul(price.to_decimal()?) == Some(net) {
            return Ok(price.to_string());
        }
    }
    // Of nothing, the price is of no consequence.
    let average = net.checked_div(units).unwrap_or(Decimal::ZERO);
    Ok(average.round_dp_with_strategy(12, RoundingStrategy::MidpointAwayFromZero).normalize().to_string())
}

/// The name of a line's band in Kraken's import; none where it knows none.
const fn rate_band(line: &BillLine) -> Option<&'static str> {
    match line.kind {
        LineKind::Energy | LineKind::Rounding => Some("CONSUMPTION_STANDARD"),
        LineKind::Levy => Some("CLIMATE_CHANGE_LEVY"),
        LineKind::StandingCharge => Some("STANDING_CHARGE"),
        _ => None,
    }
}

/// The digits of the bill's minor unit; an error where nobody knows its currency.
fn known_digits(bill: &Bill) -> Result<u8> {
    if bill.currency == Currency::NONE {
        return Err(Error::missing(
            "the bill's currency is not known: say it (--currency EUR, or currency in the tariff)",
        )
        .in_field("currency"));
    }
    Ok(bill.currency.minor_digits())
}

/// An amount of the minor unit in the currency itself: pence as pounds, by its digits. Exact, or to so many decimals, halves up.
fn major(minor: Money, digits: u8, places: Option<u32>) -> String {
    let rounded = places
        .map_or(minor, |places| minor.round(places.saturating_sub(u32::from(digits)), Rounding::HalfUp));
    major_text(&rounded.to_string(), digits, places)
}

/// The same of an amount's digits.
fn major_text(text: &str, digits: u8, places: Option<u32>) -> String {
    let shift = usize::from(digits);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{whole:0>width$}", width = shift + 1);
    let (pounds, pence) = padded.split_at_checked(padded.len() - shift).unwrap_or((&padded, ""));
    let decimals = format!("{pence}{decimals}");
    let shown = match places {
        Some(places) => format!("{decimals:0<width$}", width = places as usize),
        None => decimals.trim_end_matches('0').to_owned(),
    };
    if shown.is_empty() { format!("{sign}{pounds}") } else { format!("{sign}{pounds}.{shown}") }
}

fn number(text: &str) -> Result<Box<RawValue>> {
    RawValue::from_string(text.to_owned()).map_err(|error| Error::syntax(error.to_string()).with_value(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::BillOptions;
    use crate::series::Consumption;
    use crate::tariff::{Direction, Fuel, TariffDefinition};
    use crate::time::{Grid, SlotLength, Span};

    fn bill() -> Bill {
        let calendar = Calendar::great_britain();
        let day = |text| calendar.parse(text).unwrap();
        let period = Span::new(day("2026-09-01"), day("2026-11-01")).unwrap();
        let consumption = Consumption::constant(
            Grid::covering(period, SlotLength::HALF_HOUR).unwrap(),
            "0.1".parse().unwrap(),
        );
        let tariff = TariffDefinition::from_json(
            br#"{"code": "FLAT", "unit_rate": "20.125", "standing_charge": "50"}"#,
            calendar,
        )
        .unwrap();
        tariff.bill(&consumption, period, &[], &BillOptions::default()).unwrap()
    }

    #[test]
    fn a_supply_charge_holds_lines_and_taxes_that_add_up() {
        let names = SupplyChargeNames {
            transaction_id: "7",
            product_code: "FLAT",
            reference: "r",
            display_note: "n",
        };
        let text = kraken_supply_charge(&bill(), &names, &Calendar::great_britain()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["type"], "SUPPLY_CHARGE");
        assert_eq!(json["transaction_date"], "2026-11-01");
        // September: 144 kWh × 20.125 p and 30 × 50 p, at 5 %; October: 149 kWh and 31 days, at 0 %.
        assert_eq!(json["line_items"][0]["net_amount"].to_string(), "28.98");
        assert_eq!(json["line_items"][0]["price_per_unit"].to_string(), "0.20125");
        assert_eq!(json["line_items"][3]["number_of_units"].to_string(), "31");
        assert_eq!(json["tax_items"].as_array().unwrap().len(), 1);
        assert_eq!(json["tax_items"][0]["rate"].to_string(), "0.05");
        assert_eq!(json["tax_items"][0]["value_taxed"].to_string(), "43.98");
        assert_eq!(json["tax_items"][0]["amount"].to_string(), "2.199");
        // 28.98 + 15 + 2.199 + 29.98625 + 15.5
        assert_eq!(json["amount"].to_string(), "91.67");
    }

    #[test]
    fn a_journal_entry_balances_to_the_penny() {
        let accounts = LedgerAccounts::default();
        let text =
            journal(&bill(), Ledger::Beancount, &accounts, "Octopus \"Energy\"", &Calendar::great_britain())
                .unwrap();
        let expected = "2026-10-31 * \"Octopus Energy\" \"293 kWh, 2026-09-01 to 2026-10-31\"\n  Expenses:Electricity:Energy  58.97 GBP\n  Expenses:Electricity:Standing-Charge  30.50 GBP\n  Expenses:Electricity:VAT  2.20 GBP\n  Liabilities:Supplier  -91.67 GBP\n";
        assert_eq!(text, expected);
        let text =
            journal(&bill(), Ledger::Hledger, &accounts, "Octopus", &Calendar::great_britain()).unwrap();
        assert!(text.contains("    Liabilities:Supplier  £-91.67\n"), "{text}");
        let opened = |ledger, accounts: &LedgerAccounts| {
            opened_accounts(&bill(), ledger, accounts, &Calendar::great_britain())
        };
        assert_eq!(
            opened(Ledger::Beancount, &accounts).unwrap(),
            "2026-09-01 open Expenses:Electricity:Energy GBP\n2026-09-01 open Expenses:Electricity:Standing-Charge GBP\n\
             2026-09-01 open Expenses:Electricity:VAT GBP\n2026-09-01 open Liabilities:Supplier GBP\n\n"
        );
        assert!(opened(Ledger::Hledger, &accounts).unwrap().contains("\naccount Expenses:Electricity:VAT\n"));
        // Export is earned: the supplier owes it.
        let earned = LedgerAccounts::of(Fuel::Electricity, Direction::Export);
        let text =
            journal(&bill(), Ledger::Beancount, &earned, "Octopus", &Calendar::great_britain()).unwrap();
        assert!(text.contains("  Income:Electricity:Export  -58.97 GBP\n"), "{text}");
        assert!(text.contains("  Liabilities:Supplier  91.67 GBP\n"), "{text}");
        assert_eq!(LedgerAccounts::of(Fuel::Gas, Direction::Import).vat, "Expenses:Gas:VAT");
        for (ledger, name) in [
            (Ledger::Beancount, "Electricity"),
            (Ledger::Beancount, "Expenses"),
            (Ledger::Beancount, "Expenses:electricity"),
            (Ledger::Beancount, "Expenses:Standing Charge"),
            (Ledger::Beancount, "Expenses::VAT"),
            (Ledger::Hledger, ""),
            (Ledger::Hledger, "a  b"),
            (Ledger::Hledger, "a:;b"),
        ] {
            let accounts = LedgerAccounts { energy: name.into(), ..LedgerAccounts::default() };
            assert!(opened(ledger, &accounts).unwrap_err().is_syntax(), "{name}");
            let entry = journal(&bill(), ledger, &accounts, "x", &Calendar::great_britain());
            assert!(entry.unwrap_err().is_syntax(), "{name}");
        }
        assert_eq!(major("-5".parse().unwrap(), 2, Some(2)), "-0.05");
        assert_eq!(major("1234.9".parse().unwrap(), 0, Some(0)), "1235");
        assert_eq!(major("123.45".parse().unwrap(), 2, None), "1.2345");
        assert_eq!(lines_csv(&bill()).lines().count(), 5);
    }
}
