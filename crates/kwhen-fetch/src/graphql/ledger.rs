//! What an account was asked to pay and has paid: bills with their transactions, transactions, payments.
//!
//! The documents name these lists and not the fields of their rows: the fields that are asked for are seen in use at Great Britain's
//! installation. What else an installation sends stays in `extra`.

use super::connection::{Page, Progress};
use super::envelope;
use crate::protocol::{Authorisation, Next, Operation, Request, Response, Session};
use crate::wire::{Extra, Number, Raw, wire};
use crate::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeSet;

wire! {
    /// All that is known of an account's money.
    AccountLedger {
        /// Bills.
        bills: Vec<AccountBill>,
        /// Charges, credits, payments and refunds, whether on a bill or not.
        transactions: Vec<AccountTransaction>,
        /// Payments by what they are paid with.
        payments: Vec<AccountPayment>,
    }

    /// A bill of an account. Amounts are minor units (pence).
    AccountBill {
        /// `StatementType`, `InvoiceType`, `PreKrakenBillType`, …; transactions and totals are those of a `StatementType`.
        kind as "__typename": Option<String>,
        /// Its number.
        id: String,
        /// `STATEMENT`, …
        bill_type as "billType": Option<String>,
        /// From which date.
        from_date as "fromDate": Option<String>,
        /// Until which date.
        to_date as "toDate": Option<String>,
        /// When it was sent.
        issued_date as "issuedDate": Option<String>,
        /// The balance before it.
        opening_balance as "openingBalance": Option<Number>,
        /// The balance after it.
        closing_balance as "closingBalance": Option<Number>,
        /// What all charges on it come to.
        total_charges as "totalCharges": Option<BillTotals>,
        /// What all credits on it come to.
        total_credits as "totalCredits": Option<BillTotals>,
        /// Its first fifty transactions.
        transactions: Option<BillTransactions>,
    }

    /// What several amounts come to, in minor units.
    BillTotals {
        /// Without tax.
        net as "netTotal": Option<Number>,
        /// The tax.
        tax as "taxTotal": Option<Number>,
        /// With tax.
        gross as "grossTotal": Option<Number>,
    }

    /// The transactions of a bill.
    BillTransactions {
        /// Whether there are more than were asked for.
        page as "pageInfo": Option<Raw>,
        /// The transactions.
        edges: Vec<TransactionEdge>,
    }

    /// One of them.
    TransactionEdge {
        /// Itself.
        node: AccountTransaction,
    }

    /// A charge, a credit, a payment or a refund. Amounts are minor units (pence).
    AccountTransaction {
        /// `Charge`, `Credit`, `Payment`, `Refund`.
        kind as "__typename": Option<String>,
        /// Its number.
        id: String,
        /// On which date.
        posted_date as "postedDate": Option<String>,
        /// What it is for, in words.
        title: Option<String>,
        /// More words.
        note: Option<String>,
        /// How much.
        amounts: Option<TransactionAmounts>,
        /// Whether it was taken back.
        is_reversed as "isReversed": Option<bool>,
        /// The bill that it is on.
        bill as "billingDocumentIdentifier": Option<String>,
        /// Of a charge, whether it is for exported energy.
        is_export as "isExport": Option<bool>,
        /// Of a charge for energy, how much and what for.
        consumption: Option<ChargedConsumption>,
    }

    /// An amount in minor units.
    TransactionAmounts {
        /// Without tax.
        net: Option<Number>,
        /// The tax.
        tax: Option<Number>,
        /// With tax.
        gross: Option<Number>,
    }

    /// What a charge for energy is made of.
    ChargedConsumption {
        /// From which date.
        start_date as "startDate": Option<String>,
        /// Until which date. Nothing says whether that day is in it.
        end_date as "endDate": Option<String>,
        /// How much, in `unit`.
        quantity: Option<Number>,
        /// `kWh`, `MJ`.
        unit: Option<String>,
        /// What the energy costs, in minor units. Nothing says whether tax is in it.
        usage_cost as "usageCost": Option<Number>,
        /// What the days cost, in minor units.
        supply_charge as "supplyCharge": Option<Number>,
    }

    /// A payment.
    AccountPayment {
        /// Its number.
        id: String,
        /// How much, in minor units.
        amount: Option<Number>,
        /// On which date.
        payment_date as "paymentDate": Option<String>,
        /// `CLEARED`, `FAILED`, …
        status: Option<String>,
    }
}

impl AccountBill {
    /// Whether it has transactions that did not come.
    #[must_use]
    pub fn has_more_transactions(&self) -> bool {
        #[derive(Deserialize)]
        struct Info {
            #[serde(rename = "hasNextPage", default)]
            more: bool,
        }
        let page = self.transactions.as_ref().and_then(|list| list.page.as_ref());
        page.and_then(|page| page.read::<Info>().ok()).is_some_and(|info| info.more)
    }
}

const TRANSACTION: &str = "__typename id postedDate title note isReversed billingDocumentIdentifier amounts { net tax gross } \
    ... on Charge { isExport consumption { startDate endDate quantity unit usageCost supplyCharge } }";

/// The lists of an account's money.
const LISTS: [&str; 3] = ["bills", "transactions", "payments"];

fn document() -> String {
    let totals = "{ netTotal taxTotal grossTotal }";
    let page = "pageInfo { hasNextPage endCursor } edges { node";
    format!(
        "query Ledger($accountNumber: String!, $bills: Boolean!, $billsAfter: String, $transactions: Boolean!, \
         $transactionsAfter: String, $payments: Boolean!, $paymentsAfter: String) {{ account(accountNumber: $accountNumber) {{ number \
         bills(first: 50, after: $billsAfter) @include(if: $bills) {{ {page} {{ __typename id billType fromDate toDate issuedDate \
         ... on StatementType {{ openingBalance closingBalance totalCharges {totals} totalCredits {totals} \
         transactions(first: 50) {{ pageInfo {{ hasNextPage }} edges {{ node {{ {TRANSACTION} }} }} }} }} }} }} }} \
         transactions(first: 100, after: $transactionsAfter) @include(if: $transactions) {{ {page} {{ {TRANSACTION} }} }} }} \
         payments(first: 100, after: $paymentsAfter) @include(if: $payments) {{ {page} {{ id amount paymentDate status }} }} }} }} }}"
    )
}

/// One of the lists, as far as it has come.
#[derive(Clone, Debug, Default)]
struct List {
    is_done: bool,
    progress: Progress,
}

/// All bills, transactions and payments of an account. The lists are read side by side, so that one request brings what is new.
#[derive(Clone, Debug)]
pub struct Ledger {
    account: String,
    known: [BTreeSet<String>; 3],
    lists: [List; 3],
    found: AccountLedger,
}

impl Ledger {
    /// Of the account of this number. Of what is `known` already, pages further back are not asked for, where a list comes newest first.
    #[must_use]
    pub fn new(account: &str, known: Option<&AccountLedger>) -> Self {
        fn ids<'a>(ids: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
            ids.cloned().collect()
        }
        let known = known.map(|known| {
            [
                ids(known.bills.iter().map(|one| &one.id)),
                ids(known.transactions.iter().map(|one| &one.id)),
                ids(known.payments.iter().map(|one| &one.id)),
            ]
        });
        let found = AccountLedger {
            bills: Vec::new(),
            transactions: Vec::new(),
            payments: Vec::new(),
            extra: Extra::new(),
        };
        Self {
            account: account.to_owned(),
            known: known.unwrap_or_default(),
            lists: <[List; 3]>::default(),
            found,
        }
    }

    /// Takes a page of the list at a place; `dated` says a row's number and date.
    fn take<T: DeserializeOwned>(
        &mut self,
        place: usize,
        fields: &mut Extra,
        most_pages: u32,
        dated: impl Fn(&T) -> (&String, Option<&String>),
    ) -> Result<Vec<T>> {
        let name = LISTS.get(place).copied().unwrap_or_default();
        let (Some(list), Some(known)) = (self.lists.get_mut(place), self.known.get(place)) else {
            return Ok(Vec::new());
        };
        if list.is_done {
            return Ok(Vec::new());
        }
        let raw = fields.remove(name).filter(|raw| raw.get() != "null");
        let raw = raw.ok_or_else(|| Error::malformed(format!("the answer has no {name}")))?;
        let page: Page<T> = raw.read().map_err(|error| Error::malformed(format!("{name}: {error}")))?;
        let (rows, next) = list.progress.rows(page, name)?;
        let dates: Vec<_> = rows.iter().map(|row| dated(row).1).collect();
        let is_newest_first =
            dates.iter().zip(dates.iter().skip(1)).all(|(one, next)| one.is_some() && one >= next)
                && dates.first() > dates.last();
        let reaches_known = rows.last().is_some_and(|last| known.contains(dated(last).0));
        match next.filter(|_| !(is_newest_first && reaches_known)) {
            Some(cursor) => list.progress.go_on(cursor, most_pages, name)?,
            None => list.is_done = true,
        }
        Ok(rows)
    }
}

impl Operation for Ledger {
    type Output = AccountLedger;

    fn request(&self, session: &Session) -> Result<Request> {
        let [bills, transactions, payments] = &self.lists;
        let variables = json!({ "accountNumber": self.account,
            "bills": !bills.is_done, "billsAfter": bills.progress.after,
            "transactions": !transactions.is_done, "transactionsAfter": transactions.progress.after,
            "payments": !payments.is_done, "paymentsAfter": payments.progress.after });
        let body = json!({ "query": document(), "variables": variables }).to_string();
        let url = session.instance().graphql().clone();
        Ok(Request::post(url, Authorisation::Token, body.into_bytes(), true))
    }

    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<AccountLedger>> {
        let mut fields: Extra = envelope::field(response, "account")?.read()?;
        let most = session.settings().limits.pages;
        let bills = self.take(0, &mut fields, most, |one: &AccountBill| {
            (&one.id, one.issued_date.as_ref().or(one.to_date.as_ref()))
        })?;
        let transactions =
            self.take(1, &mut fields, most, |one: &AccountTransaction| (&one.id, one.posted_date.as_ref()))?;
        let payments =
            self.take(2, &mut fields, most, |one: &AccountPayment| (&one.id, one.payment_date.as_ref()))?;
        self.found.bills.extend(bills);
        self.found.transactions.extend(transactions);
        self.found.payments.extend(payments);
        if self.lists.iter().all(|list| list.is_done) {
            return Ok(Next::Done(self.found.clone()));
        }
        Ok(Next::Request)
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        envelope::refused(response)
    }
}
