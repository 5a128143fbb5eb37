//! What was found in payloads and what became of them, as plain data.

use super::faults::FieldError;
use super::operation::ImportOutcome;
use super::parcel::{Parcel, Sent, SentOutcome};
use crate::Error;
use crate::wire::Raw;
use serde::Serialize;

/// How much something that was found matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The service would refuse it.
    Fault,
    /// It may be meant.
    Warning,
}

impl Level {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
        }
    }
}

/// Something that was found in a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The file's name.
    pub file: String,
    /// How much it matters.
    pub level: Level,
    /// Who found it: `kwhen` or `service`.
    pub by: &'static str,
    /// Where: names and indices with dots between; empty where the whole file is meant.
    pub attr: String,
    /// For programs; `unreadable` where the file holds no payload.
    pub code: String,
    /// For people.
    pub detail: String,
}

const UNREADABLE: &str = "unreadable";

impl Found {
    fn new(file: &str, level: Level, by: &'static str, found: &FieldError) -> Self {
        let FieldError { attr, code, detail, .. } = found.clone();
        Self { file: file.to_owned(), level, by, attr, code, detail }
    }

    /// Whether it stops sending.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        self.level == Level::Fault
    }

    /// Whether the file holds no payload at all.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.code == UNREADABLE
    }

    /// All that was found here: of files that cannot be read, then of payloads in the order of sending.
    #[must_use]
    pub fn all(read: &[Parcel], unreadable: &[(String, Error)]) -> Vec<Self> {
        let bad = unreadable.iter().map(|(file, error)| Self {
            file: file.clone(),
            level: Level::Fault,
            by: "kwhen",
            attr: String::new(),
            code: UNREADABLE.to_owned(),
            detail: error.to_string(),
        });
        let of_parcel = |parcel: &Parcel| {
            let by = |level, list: &[FieldError]| {
                let each = list.iter().map(|found| Self::new(&parcel.file, level, "kwhen", found));
                each.collect::<Vec<_>>()
            };
            let faults = by(Level::Fault, &parcel.findings.faults);
            faults.into_iter().chain(by(Level::Warning, &parcel.findings.warnings))
        };
        bad.chain(read.iter().flat_map(of_parcel)).collect()
    }

    /// What the service found.
    #[must_use]
    pub fn told(parcel: &Parcel, outcome: &ImportOutcome<Raw>) -> Vec<Self> {
        match outcome {
            ImportOutcome::Refused(errors) => {
                errors.iter().map(|error| Self::new(&parcel.file, Level::Fault, "service", error)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The file's name.
    pub file: String,
    /// What it holds.
    pub kind: &'static str,
    /// How it would be sent.
    pub method: &'static str,
    /// Where to.
    pub path: String,
}

impl Planned {
    /// Of parcels, in the order of sending.
    ///
    /// # Errors
    /// Transactions do not say whose they are.
    pub fn all(parcels: &[Parcel]) -> crate::Result<Vec<Self>> {
        let planned = parcels.iter().map(|parcel| {
            let path = parcel.payload.sending()?.path();
            Ok(Self { file: parcel.file.clone(), kind: parcel.payload.kind(), method: "POST", path })
        });
        planned.collect()
    }
}

/// What became of a parcel, in words.
#[derive(Clone, Debug, Serialize)]
pub struct SentReport {
    /// The file's name.
    pub file: String,
    /// What it holds.
    pub kind: &'static str,
    /// `taken`, `imported before`, `would succeed`, `refused`, `failed` or `not sent`.
    pub outcome: &'static str,
    /// Why, or what came of it.
    pub detail: String,
    /// What the service answered where it took it.
    pub answer: Option<Raw>,
}

impl From<&Sent<'_>> for SentReport {
    fn from(sent: &Sent<'_>) -> Self {
        let mut answer = None;
        let (outcome, detail) = match &sent.outcome {
            SentOutcome::Answered(ImportOutcome::Accepted(raw)) => {
                answer = Some(raw.clone());
                ("taken", String::new())
            }
            SentOutcome::Answered(ImportOutcome::WouldSucceed) => {
                ("would succeed", "a trial: nothing was made".to_owned())
            }
            SentOutcome::Answered(ImportOutcome::AlreadyImported(before)) => {
                ("imported before", before.kraken_account_number.clone())
            }
            SentOutcome::Answered(ImportOutcome::Refused(errors)) => {
                let each = |error: &FieldError| format!("{}: {} ({})", error.attr, error.detail, error.code);
                ("refused", errors.iter().map(each).collect::<Vec<_>>().join("; "))
            }
            SentOutcome::Answered(ImportOutcome::TransactionFailed(failed)) => {
                let id = failed.transaction_data.as_ref().and_then(|data| {
                    let data: serde_json::Value = data.read().ok()?;
                    Some(data.get("transaction_id")?.as_str()?.to_owned())
                });
                let why = failed.error_detail.as_deref().unwrap_or("the service does not say why");
                ("refused", format!("transaction {}: {why}", id.as_deref().unwrap_or("?")))
            }
            SentOutcome::Failed(error) => ("failed", error.to_string()),
            SentOutcome::Withheld(file) => ("not sent", format!("{file} was not taken")),
        };
        Self { file: sent.parcel.file.clone(), kind: sent.parcel.payload.kind(), outcome, detail, answer }
    }
}
