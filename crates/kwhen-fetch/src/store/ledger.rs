//! What an account was asked to pay and has paid, and its car, as they were told last.

use super::Store;
use crate::graphql::{AccountLedger, RegisteredCar};
use crate::wire::Extra;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What came of keeping an account's bills, transactions and payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerNews {
    /// Rows that are new.
    pub added: usize,
    /// Rows that came again otherwise; they replace the old ones.
    pub changed: usize,
    /// Rows that came again as they were.
    pub unchanged: usize,
}

impl Store {
    /// The kind of payload under which an account's bills, transactions and payments are kept.
    pub const LEDGER: &'static str = "ledger";

    /// Keeps what was told of an account's bills, transactions and payments beside what is kept already: a row of the same number is
    /// replaced, and what is told no longer stays.
    ///
    /// # Errors
    /// What is kept already cannot be read; nothing is changed then.
    pub fn keep_ledger(&self, account: &str, told: &AccountLedger, now: DateTime<Utc>) -> Result<LedgerNews> {
        let mut news = LedgerNews::default();
        let mut kept = match self.ledger(account)? {
            Some((kept, _)) => kept,
            None => AccountLedger {
                bills: Vec::new(),
                transactions: Vec::new(),
                payments: Vec::new(),
                extra: Extra::new(),
            },
        };
        merge(&mut kept.bills, &told.bills, |one| &one.id, &mut news);
        merge(&mut kept.transactions, &told.transactions, |one| &one.id, &mut news);
        merge(&mut kept.payments, &told.payments, |one| &one.id, &mut news);
        let json = serde_json::to_string(&kept).map_err(|error| Error::store(error.to_string()))?;
        self.keep_document(Self::LEDGER, account, &json, now.timestamp())?;
        Ok(news)
    }

    /// All that is kept of an account's bills, transactions and payments, and when it was asked for last (Unix seconds); `None` where it
    /// never was.
    pub fn ledger(&self, account: &str) -> Result<Option<(AccountLedger, i64)>> {
        let Some((json, at)) = self.document(Self::LEDGER, account)? else { return Ok(None) };
        let read = serde_json::from_str(&json);
        read.map(|ledger| Some((ledger, at)))
            .map_err(|error| Error::store(format!("the stored bills of {account}: {error}")))
    }
}

impl Store {
    /// The kind of payload under which an account's car is kept.
    pub const CAR: &'static str = "car";

    /// Keeps what was told of an account's car.
    pub fn keep_car(&self, account: &str, car: &RegisteredCar, now: DateTime<Utc>) -> Result<()> {
        let json = serde_json::to_string(car).map_err(|error| Error::store(error.to_string()))?;
        self.keep_document(Self::CAR, account, &json, now.timestamp())
    }

    /// The cars of all accounts, each with its account.
    pub fn cars(&self) -> Result<Vec<(String, RegisteredCar)>> {
        let mut cars = Vec::new();
        for account in self.documents(Self::CAR)? {
            let Some((json, _)) = self.document(Self::CAR, &account)? else { continue };
            let car = serde_json::from_str(&json)
                .map_err(|error| Error::store(format!("the stored car of {account}: {error}")))?;
            cars.push((account, car));
        }
        Ok(cars)
    }
}

/// Puts rows beside those that are kept.
fn merge<T: Clone + PartialEq>(
    kept: &mut Vec<T>,
    told: &[T],
    id: impl Fn(&T) -> &String,
    news: &mut LedgerNews,
) {
    let mut places: BTreeMap<String, usize> =
        kept.iter().enumerate().map(|(place, known)| (id(known).clone(), place)).collect();
    for one in told {
        match places.get(id(one)).and_then(|place| kept.get_mut(*place)) {
            Some(known) if known == one => news.unchanged += 1,
            Some(known) => {
                news.changed += 1;
                known.clone_from(one);
            }
            None => {
                news.added += 1;
                places.insert(id(one).clone(), kept.len());
                kept.push(one.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_known_by_their_numbers() {
        let store = Store::in_memory().unwrap();
        let read = |json: &str| -> AccountLedger { serde_json::from_str(json).unwrap() };
        let now = "2026-03-03T06:00:00Z".parse().unwrap();
        assert_eq!(store.ledger("A-1").unwrap(), None);
        let first = read(
            r#"{"bills": [{"id": "1", "totalCharges": {"grossTotal": 1200}}], "payments": [{"id": "1", "amount": 1.50}]}"#,
        );
        let news = store.keep_ledger("A-1", &first, now).unwrap();
        assert_eq!(news, LedgerNews { added: 2, ..LedgerNews::default() });
        // Another total of the first, and a second; the payment is told no more.
        let second = read(
            r#"{"bills": [{"id": "2"}, {"id": "1", "totalCharges": {"grossTotal": 1300}}], "transactions": [{"id": "9", "newField": 1.10}]}"#,
        );
        let news = store.keep_ledger("A-1", &second, now).unwrap();
        assert_eq!(news, LedgerNews { added: 2, changed: 1, unchanged: 0 });
        let news = store.keep_ledger("A-1", &second, now).unwrap();
        assert_eq!(news, LedgerNews { added: 0, changed: 0, unchanged: 3 });
        let (kept, at) = store.ledger("A-1").unwrap().unwrap();
        assert_eq!((kept.bills.len(), kept.payments.len(), at), (2, 1, now.timestamp()));
        let gross = |place: usize| kept.bills[place].total_charges.as_ref()?.gross.clone();
        assert_eq!((gross(0).unwrap().as_str(), gross(1)), ("1300", None));
        // Digits and fields that are not known stay.
        assert_eq!(kept.transactions[0].extra["newField"].get(), "1.10");
        assert_eq!(kept.payments[0].amount.as_ref().unwrap().as_str(), "1.50");
        assert_eq!(store.ledger("A-2").unwrap(), None);
    }
}
