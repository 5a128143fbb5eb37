//! Payloads of any kind, as files hold them: told apart, checked together, sent in the order that the service needs.

use super::answer::{ProcessRequest, TransactionResults};
use super::faults::{FieldError, Findings, Validate, numbers_without_value};
use super::folder::FolderFile;
use super::operation::{Check, ImportOutcome};
use super::payload::{AccountData, NoteBatch, ProductData, Transaction, TransactionBatch};
use super::request::{
    create_notes, create_payment_instruction, create_products, create_transactions, process_account,
    stage_account, validate_account, validate_products,
};
use super::supply::PaymentInstruction;
use crate::wire::Raw;
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// A payload of data import.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload {
    /// Products to make.
    Products(Vec<ProductData>),
    /// An account to stage.
    Account(Box<AccountData>),
    /// A staged account to make.
    Process(ProcessRequest),
    /// Transactions to add.
    Transactions(TransactionBatch),
    /// Notes to add.
    Notes(NoteBatch),
    /// A payment instruction to make.
    PaymentInstruction(PaymentInstruction),
    /// Transactions that do not say whose they are, such as `kwhen bill --export kraken` writes one.
    BareTransactions(Vec<Transaction>),
}

/// Whose transactions are that do not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The supplier under which accounts are grouped.
    pub import_supplier: String,
    /// The number in the other system.
    pub external_account_number: String,
}

impl Payload {
    /// Reads one, whichever it is: its fields tell.
    ///
    /// # Errors
    /// It is no JSON, none of the payloads, or a field of it is missing or of the wrong kind, which is named.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Error::invalid(format!("not UTF-8 from byte {}", error.valid_up_to())))?;
        let not_json = |error: serde_json::Error| Error::invalid(format!("not JSON as it must be: {error}"));
        if let Ok(list) = serde_json::from_str::<Vec<Raw>>(text) {
            let first = list.first().map(|one| one.read::<BTreeMap<String, Raw>>()).transpose();
            let are_transactions = first.ok().flatten().is_some_and(|one| one.contains_key("transaction_id"));
            return if are_transactions {
                read(text).map(Self::BareTransactions)
            } else {
                read(text).map(Self::Products)
            };
        }
        let fields: BTreeMap<String, Raw> = serde_json::from_str(text).map_err(not_json)?;
        let has = |name: &str| fields.contains_key(name);
        if has("operations_team_name") {
            read(text).map(Self::Process)
        } else if has("instruction_reference") || has("vendor") {
            read(text).map(Self::PaymentInstruction)
        } else if has("customers") || has("account_type") {
            read(text).map(Box::new).map(Self::Account)
        } else if has("transactions") {
            read(text).map(Self::Transactions)
        } else if has("notes") {
            read(text).map(Self::Notes)
        } else if has("transaction_id") {
            read(text).map(|one| Self::BareTransactions(vec![one]))
        } else if has("tariffs") {
            Err(Error::invalid("a product alone: products come as a list, [ … ]"))
        } else {
            Err(Error::invalid(
                "none of the payloads of data import: a list of products has `tariffs`, an account `customers`, the making of an \
                 account `operations_team_name`, others `transactions`, `notes` or `instruction_reference`",
            ))
        }
    }

    /// In a word or two.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Products(_) => "products",
            Self::Account(_) => "account",
            Self::Process(_) => "process",
            Self::Transactions(_) | Self::BareTransactions(_) => "transactions",
            Self::Notes(_) => "notes",
            Self::PaymentInstruction(_) => "payment instruction",
        }
    }

    /// Products come first, since accounts need them, then accounts are staged and made, then comes what is added to them.
    const fn turn(&self) -> u8 {
        match self {
            Self::Products(_) => 0,
            Self::Account(_) => 1,
            Self::Process(_) => 2,
            Self::Transactions(_) | Self::BareTransactions(_) => 3,
            Self::Notes(_) => 4,
            Self::PaymentInstruction(_) => 5,
        }
    }

    /// Whose it is: supplier and number.
    fn account(&self) -> Option<(&str, &str)> {
        let (supplier, number) = match self {
            Self::Products(_) | Self::BareTransactions(_) => return None,
            Self::Account(account) => (&account.import_supplier, &account.external_account_number),
            Self::Process(process) => (&process.import_supplier, &process.external_account_number),
            Self::Transactions(batch) => (&batch.import_supplier, &batch.external_account_number),
            Self::Notes(batch) => (&batch.import_supplier, &batch.external_account_number),
            Self::PaymentInstruction(one) => (&one.import_supplier, &one.external_account_number),
        };
        Some((supplier, number))
    }

    /// The same, where it does not say whose it is with that said.
    #[must_use]
    pub fn addressed(self, to: &Addressee) -> Self {
        match self {
            Self::BareTransactions(transactions) => Self::Transactions(TransactionBatch {
                import_supplier: to.import_supplier.clone(),
                external_account_number: to.external_account_number.clone(),
                transactions,
                extra: crate::wire::Extra::new(),
            }),
            other => other,
        }
    }

    /// The request that has the service check it and changes nothing; only products and accounts have one.
    pub fn asking(&self) -> Result<Option<Check<Raw>>> {
        match self {
            Self::Products(products) => validate_products(products).map(Some),
            Self::Account(account) => validate_account(account).map(Some),
            _ => Ok(None),
        }
    }

    /// The request that sends it.
    ///
    /// # Errors
    /// Transactions do not say whose they are.
    pub fn sending(&self) -> Result<Check<Raw>> {
        Ok(match self {
            Self::Products(products) => create_products(products)?.reading(),
            Self::Account(account) => stage_account(account)?.reading(),
            Self::Process(process) => process_account(process)?.reading(),
            Self::Transactions(batch) => create_transactions(batch, true)?.reading(),
            Self::Notes(batch) => create_notes(batch)?.reading(),
            Self::PaymentInstruction(instruction) => create_payment_instruction(instruction)?.reading(),
            Self::BareTransactions(_) => {
                return Err(Error::invalid(
                    "the transactions do not say whose they are: say the import supplier and the external account number",
                ));
            }
        })
    }
}

impl Validate for Payload {
    fn findings(&self) -> Findings {
        match self {
            Self::Products(products) => checked(products.as_slice()),
            Self::Account(account) => checked(account.as_ref()),
            Self::Process(process) => checked(process),
            Self::Transactions(batch) => checked(batch),
            Self::Notes(batch) => checked(batch),
            Self::PaymentInstruction(instruction) => checked(instruction),
            Self::BareTransactions(list) => {
                let mut all = Findings::default();
                for (index, one) in list.iter().enumerate() {
                    let found = checked(one);
                    let place = |list: Vec<FieldError>| {
                        list.into_iter()
                            .map(move |found| FieldError { attr: format!("{index}.{}", found.attr), ..found })
                    };
                    all.faults.extend(place(found.faults));
                    all.warnings.extend(place(found.warnings));
                }
                all
            }
        }
    }
}

/// What is found in a payload, and the numbers in it that no amount can be.
fn checked<T: Validate + Serialize + ?Sized>(payload: &T) -> Findings {
    let mut findings = payload.findings();
    findings.faults.extend(Raw::of(&payload).map(|raw| numbers_without_value(&raw)).unwrap_or_default());
    findings
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::invalid(error.to_string()))
}

/// A file with the payload that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The file's name.
    pub file: String,
    /// What it holds.
    pub payload: Payload,
    /// What was found in it here.
    pub findings: Findings,
}

/// Reads files as payloads, in the order in which they are to be sent: products, accounts, the making of accounts, transactions, notes, payment
/// instructions, each in the order given. Of one that cannot be read comes its name and what is wrong.
#[must_use]
pub fn parcels(files: Vec<FolderFile>, to: Option<&Addressee>) -> (Vec<Parcel>, Vec<(String, Error)>) {
    let (mut read, mut unreadable) = (Vec::new(), Vec::new());
    for file in files {
        match file.bytes.map_err(Error::invalid).and_then(|bytes| Payload::from_json(&bytes)) {
            Ok(payload) => {
                let payload = match to {
                    Some(to) => payload.addressed(to),
                    None => payload,
                };
                let findings = payload.findings();
                read.push(Parcel { file: file.name, payload, findings });
            }
            Err(error) => unreadable.push((file.name, error)),
        }
    }
    read.sort_by_key(|parcel| parcel.payload.turn());
    let mut seen = BTreeSet::new();
    for parcel in &mut read {
        let owned = |(supplier, number): (&str, &str)| (supplier.to_owned(), number.to_owned());
        let account = parcel.payload.account().map(owned);
        let is_alone = matches!(parcel.payload, Payload::Account(_) | Payload::Process(_));
        if is_alone && !seen.insert((parcel.payload.turn(), account)) {
            let words = "Another file holds the same account: the later replaces the earlier.".to_owned();
            let found = FieldError::new("external_account_number".to_owned(), "unique", words);
            parcel.findings.warnings.push(found);
        }
    }
    (read, unreadable)
}

/// What became of a parcel.
#[derive(Debug)]
pub struct Sent<'a> {
    /// Which.
    pub parcel: &'a Parcel,
    /// What the service said.
    pub outcome: SentOutcome,
}

/// What became of what was to be sent.
#[derive(Debug)]
pub enum SentOutcome {
    /// The service answered.
    Answered(ImportOutcome<Raw>),
    /// There was no answer, or none that says what became of it.
    Failed(Error),
    /// It was not sent, since one before it was not taken: its file.
    Withheld(String),
}

impl SentOutcome {
    /// Whether it is done, now or before.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(
            self,
            Self::Answered(
                ImportOutcome::Accepted(_) | ImportOutcome::AlreadyImported(_) | ImportOutcome::WouldSucceed
            )
        )
    }
}

/// An answer to transactions must say of each what became of it: one that does not is none.
fn unanswered(payload: &Payload, outcome: &ImportOutcome<Raw>) -> Option<Error> {
    let (Payload::Transactions(batch), ImportOutcome::Accepted(raw)) = (payload, outcome) else {
        return None;
    };
    let told = match raw.read::<TransactionResults>() {
        Ok(told) => told.results,
        Err(_) => {
            let text = crate::error::excerpt(raw.get());
            let what = format!("the answer says not what became of the transactions: {text}");
            return Some(Error::malformed(what));
        }
    };
    let known = ["TRANSACTION_ADDED_TO_ACCOUNT", "TRANSACTION_ALREADY_EXISTS"];
    if let Some(odd) = told.iter().find(|one| !known.contains(&one.status.as_str())) {
        return Some(Error::malformed(format!(
            "the answer says {} of a transaction, which is neither added nor there already",
            crate::error::excerpt(&odd.status)
        )));
    }
    (told.len() != batch.transactions.len()).then(|| {
        Error::malformed(format!(
            "the answer says of {} transactions what became of them; {} were sent",
            told.len(),
            batch.transactions.len()
        ))
    })
}

/// Sends parcels one after another by `send`. Where products are not taken, nothing that comes after them is sent; where something of an account is
/// not taken, nothing more of that account is. What was sent is said in any case.
pub fn send_parcels<'a>(
    parcels: &'a [Parcel],
    is_checked: bool,
    mut send: impl FnMut(Check<Raw>) -> Result<ImportOutcome<Raw>>,
) -> Vec<Sent<'a>> {
    let mut failed_products: Option<&str> = None;
    let mut failed_accounts: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut sent = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        let account = parcel.payload.account();
        let before = failed_products
            .filter(|_| parcel.payload.turn() > 0)
            .or_else(|| failed_accounts.get(&account?).copied());
        let outcome = match before {
            Some(file) => SentOutcome::Withheld(file.to_owned()),
            None => {
                let operation = parcel.payload.sending();
                let operation =
                    operation.map(|sending| if is_checked { sending } else { sending.unchecked() });
                match operation.and_then(&mut send) {
                    Ok(outcome) => match unanswered(&parcel.payload, &outcome) {
                        Some(error) => SentOutcome::Failed(error),
                        None => SentOutcome::Answered(outcome),
                    },
                    Err(error) => SentOutcome::Failed(error),
                }
            }
        };
        if !outcome.is_done() {
            match account {
                _ if parcel.payload.turn() == 0 => {
                    failed_products.get_or_insert(&parcel.file);
                }
                Some(account) => {
                    failed_accounts.entry(account).or_insert(&parcel.file);
                }
                None => {}
            }
        }
        sent.push(Sent { parcel, outcome });
    }
    sent
}
