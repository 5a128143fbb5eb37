//! Checks of transactions: their lines and their taxes.

use super::faults::{Faults, Findings, Validate};
use super::payload::{LineItem, TaxItem, Transaction, TransactionBatch};
use crate::wire::Number;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

impl Validate for TransactionBatch {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        faults.needed("import_supplier", &self.import_supplier);
        faults.needed("external_account_number", &self.external_account_number);
        if self.transactions.is_empty() {
            faults.add("transactions".to_owned(), "required", "There is no transaction to add.");
        }
        check_transactions(&mut faults, "transactions", &self.transactions, &mut BTreeSet::new());
        faults.0
    }
}

impl Validate for Transaction {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        check_transaction(&mut faults, |field| field.to_owned(), self);
        faults.0
    }
}

/// `ids` are those of the account's other transactions.
pub(super) fn check_transactions<'a>(
    faults: &mut Faults,
    list: &str,
    transactions: &'a [Transaction],
    ids: &mut BTreeSet<&'a str>,
) {
    for (index, transaction) in transactions.iter().enumerate() {
        let at = |field: &str| format!("{list}.{index}.{field}");
        if !ids.insert(&transaction.transaction_id) {
            let words =
                "Another transaction has this id: the service would take one for the other and leave it out.";
            faults.warn(at("transaction_id"), "unique", words);
        }
        check_transaction(faults, at, transaction);
    }
}

fn check_transaction(faults: &mut Faults, at: impl Fn(&str) -> String, transaction: &Transaction) {
    faults.needed(at("transaction_id"), &transaction.transaction_id);
    faults.date(at("transaction_date"), &transaction.transaction_date);
    faults.one_of(
        at("type"),
        &transaction.kind,
        &["CHARGE", "CREDIT", "PAYMENT", "REPAYMENT", "SUPPLY_CHARGE"],
    );
    if transaction.kind == "SUPPLY_CHARGE" && transaction.line_items.as_ref().is_none_or(Vec::is_empty) {
        faults.warn(at("line_items"), "missing", "A supply charge without lines says not what it is for.");
    }
    for (place, item) in transaction.line_items.iter().flatten().enumerate() {
        check_line(faults, &at(&format!("line_items.{place}")), item);
    }
    for (place, item) in transaction.tax_items.iter().flatten().enumerate() {
        // Tax may be rounded line by line.
        let lines = transaction.line_items.as_ref().map_or(1, |lines| lines.len().max(1));
        check_tax(faults, &at(&format!("tax_items.{place}")), item, lines);
    }
}

fn check_line(faults: &mut Faults, place: &str, item: &LineItem) {
    let at = |field: &str| format!("{place}.{field}");
    faults.needed(at("rate_band"), &item.rate_band);
    faults.date(at("start_date"), &item.start_date);
    faults.date(at("end_date"), &item.end_date);
    faults.order(at("end_date"), &item.start_date, Some(&item.end_date));
    // A price that was rounded may be half a unit of its last place off, a kWh.
    if let [Some(units), Some(price), Some(net)] =
        [&item.number_of_units, &item.price_per_unit, &item.net_amount].map(decimal)
        && let Some(product) = units.checked_mul(price)
        && let Some(slack) = units.abs().checked_mul(half_of_last_place(price))
        && (product - net).abs() > slack + half_of_last_place(net)
    {
        let words =
            format!("{net} is not {units} units at {price}, which is {}", product.round_dp(6).normalize());
        faults.warn(at("net_amount"), "mismatch", words);
    }
}

fn check_tax(faults: &mut Faults, place: &str, item: &TaxItem, lines: usize) {
    let at = |field: &str| format!("{place}.{field}");
    faults.needed(at("tax_type"), &item.tax_type);
    faults.shown(at("unit_type"), item.unit_type.as_deref(), &["PROPORTION"]);
    let (Some(taxed), Some(rate)) = (&item.value_taxed, &item.rate) else { return };
    if let [Some(amount), Some(taxed), Some(rate)] = [&item.amount, taxed, rate].map(decimal)
        && let Some(due) = taxed.checked_mul(rate)
        && let Some(slack) = rounding_of(amount, taxed).checked_mul(lines.into())
        && (due - amount).abs() > slack
    {
        let words = format!("{amount} is not {rate} of {taxed}, which is {}", due.round_dp(6).normalize());
        faults.warn(at("amount"), "mismatch", words);
    }
}

/// By how much rounding may move a tax: half a penny, or half of a whole unit where neither amount has decimals (yen).
fn rounding_of(amount: Decimal, taxed: Decimal) -> Decimal {
    let places = if amount.scale() == 0 && taxed.scale() == 0 { 0 } else { 2 };
    half_of_place(places)
}

fn half_of_last_place(number: Decimal) -> Decimal {
    half_of_place(number.scale())
}

fn half_of_place(places: u32) -> Decimal {
    // 28 places are the most that a decimal holds; one more would be nothing.
    if places < 27 { Decimal::new(5, places + 1) } else { Decimal::ZERO }
}

fn decimal(number: &Number) -> Option<Decimal> {
    number.decimal().ok()
}
