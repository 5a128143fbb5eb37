//! The Kraken data-import API: typed payloads, validation before anything is sent, and its endpoints.
//!
//! Validation here finds what the documents state; the service may find more. Both say where with the same `attr` paths
//! (`customers.0.landline`).

mod faults;
mod payload;
mod supply;
mod supply_faults;
mod validate;

pub use faults::{FieldError, Validate};
pub use payload::{
    AccountCampaign, AccountData, AccountReference, AgedDebt, Contract, Customer, CustomerPreferences, Debt,
    DocumentPath, DunningPath, LineItem, Note, NoteBatch, NoteResult, PaymentSchedule, PriorityService,
    ProductData, StandingCharge, Statement, TariffData, TaxItem, Transaction, TransactionBatch, UnitRate,
    WarmHomeDiscount,
};
pub use supply::{
    AnnualConsumption, DebtRepayment, MeterData, MeterPointData, MeterPointStatus, PaymentInstruction,
    PaymentInstructionCreated, PrepayDetails, PropertyAdministrator, RegisterData, RegisterReading,
    SmartRefusalInterest, SupplyAddress,
};

use crate::protocol::{Authorisation, Next, Operation, Request, Response, Session};
use crate::wire::{Raw, wire};
use crate::{Error, Result};
use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// What the service says to a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome<T> {
    /// It took it.
    Accepted(T),
    /// It found fault with it, by field.
    Refused(Vec<FieldError>),
}

wire! {
    /// The answer to staging.
    Staged {
        /// The supplier under which accounts are grouped.
        import_supplier: String,
        /// The number in the other system.
        external_account_number: String,
    }

    /// The answer to processing.
    Processed {
        /// `A-E8981832`; empty for a dry run that would have succeeded.
        kraken_account_number: String,
    }

    /// Where an account's import stands.
    AccountStatus {
        /// `UNKNOWN`, `IN_PROGRESS` or `COMPLETED`.
        status: String,
        /// Empty where there is none yet.
        kraken_account_number: String,
    }

    /// An account's import in a list.
    ImportProcess {
        /// The number in the other system.
        external_account_number: String,
        /// None while pending.
        kraken_account_number: Option<String>,
        /// None while pending.
        account_created_at: Option<String>,
    }

    /// What became of transactions.
    TransactionResults {
        /// One entry each.
        results: Vec<TransactionResult>,
    }

    /// What became of a transaction.
    TransactionResult {
        /// `TRANSACTION_ADDED_TO_ACCOUNT` or `TRANSACTION_ALREADY_EXISTS`.
        status: String,
        /// The transaction.
        transaction_data: Option<Raw>,
    }

    /// The product that was made.
    ProductCreated {
        /// Its code.
        code: String,
    }

    /// What to make an account of.
    ProcessRequest {
        /// The supplier under which accounts are grouped.
        import_supplier: String,
        /// The number in the other system.
        external_account_number: String,
        /// The team that the account will belong to.
        operations_team_name: String,
        /// Only to see whether it would work.
        dry_run: Option<bool>,
    }

    /// What became of the meter points of an account that were to be registered.
    RegistrationFlows {
        /// The supplier under which accounts are grouped.
        import_supplier_code: String,
        /// The number in the other system.
        external_account_number: String,
        /// Meter point by meter point.
        meter_points: Vec<RegistrationFlow>,
    }

    /// What became of a meter point that was to be registered.
    RegistrationFlow {
        /// MPAN or MPRN.
        mpxn: String,
        /// `REGISTRATION_FLOW_SUCCESS` (it is marked; the registration itself may still fail) or `REGISTRATION_FLOW_ERROR`.
        status: String,
        /// Why not.
        error_detail: Option<String>,
    }

    #[doc(hidden)]
    NotFound {
        error_detail: Option<String>,
        error: Option<String>,
    }

    #[doc(hidden)]
    Errors {
        detail: Option<String>,
        code: Option<String>,
        errors: Vec<FieldError>,
    }
}

impl ProcessRequest {
    /// For real.
    #[must_use]
    pub fn new(import_supplier: &str, external_account_number: &str, operations_team_name: &str) -> Self {
        Self {
            import_supplier: import_supplier.to_owned(),
            external_account_number: external_account_number.to_owned(),
            operations_team_name: operations_team_name.to_owned(),
            dry_run: None,
            extra: crate::wire::Extra::new(),
        }
    }
}

/// A request of data import.
#[derive(Clone, Debug)]
pub struct Import<T> {
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Raw>,
    /// Whether it is sent to change something though it has no body.
    is_post: bool,
    idempotent: bool,
    reading: PhantomData<fn() -> T>,
}

impl<T> Import<T> {
    fn get(segments: &[&str]) -> Self {
        Self::new(segments, None, true)
    }

    fn post(segments: &[&str], body: &impl Serialize, idempotent: bool) -> Result<Self> {
        Ok(Self::new(segments, Some(Raw::of(body)?), idempotent))
    }

    fn new(segments: &[&str], body: Option<Raw>, idempotent: bool) -> Self {
        let segments =
            ["v1", "data-import"].iter().chain(segments).map(|segment| (*segment).to_owned()).collect();
        Self { segments, query: Vec::new(), body, is_post: false, idempotent, reading: PhantomData }
    }

    fn build(&self, session: &Session) -> Result<Request> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let url = session.instance().rest_url(&segments, &self.query)?;
        let mut request = match &self.body {
            Some(body) => {
                let body = body.get().as_bytes().to_vec();
                Request::post(url, Authorisation::ImportToken, body, self.idempotent)
            }
            None if self.is_post => {
                let request = Request::post(url, Authorisation::ImportToken, Vec::new(), self.idempotent);
                Request { body: None, ..request }
            }
            None => return Ok(Request::get(url, Authorisation::ImportToken)),
        };
        // The documents: requests beyond the limit are rejected and should be sent again later.
        request.repeat_when_refused = true;
        Ok(request)
    }
}

impl<T: DeserializeOwned> Operation for Import<T> {
    type Output = T;

    fn request(&self, session: &Session) -> Result<Request> {
        self.build(session)
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<T>> {
        response.json().map(Next::Done)
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        // What is not there is told in a list of one.
        let told: Vec<NotFound> = if response.status == 404 { response.json().ok()? } else { return None };
        let words = told.into_iter().find_map(|told| told.error_detail.or(told.error))?;
        Some(Error::not_found(crate::error::excerpt(&words)))
    }
}

/// A request whose 400 is an answer: the fields that the service finds fault with.
#[derive(Clone, Debug)]
pub struct Check<T>(Import<T>);

impl<T: DeserializeOwned> Operation for Check<T> {
    type Output = ImportOutcome<T>;

    fn request(&self, session: &Session) -> Result<Request> {
        self.0.build(session)
    }

    fn accepts(&self, status: u16) -> bool {
        (200..300).contains(&status) || status == 400
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<ImportOutcome<T>>> {
        if response.status != 400 {
            return response.json().map(ImportOutcome::Accepted).map(Next::Done);
        }
        match response.json::<Errors>() {
            Ok(found) if !found.errors.is_empty() => Ok(Next::Done(ImportOutcome::Refused(found.errors))),
            Ok(found) => {
                Err(Error::rejected(found.detail.unwrap_or_else(|| response.excerpt())).with_status(400))
            }
            Err(_) => Err(Error::rejected(response.excerpt()).with_status(400)),
        }
    }
}

/// Has account data checked.
pub fn validate_account(account: &AccountData) -> Result<Check<Raw>> {
    Import::post(&["validate-account"], account, true).map(Check)
}

/// Stages account data, or replaces what was staged: sent again, it does no more.
pub fn stage_account(account: &AccountData) -> Result<Check<Staged>> {
    Import::post(&["account-import-process", "create-or-update"], account, true).map(Check)
}

/// Makes a staged account. Never sent twice, except after a 429, which says that it was not begun. For [`dry runs`](dry_run) there is
/// another operation.
pub fn process_account(request: &ProcessRequest) -> Result<Import<Processed>> {
    Import::post(&["account-import-process", "process"], request, false)
}

/// Tries whether a staged account could be made. The service answers 400 where it could, with words that say so.
pub fn dry_run(request: &ProcessRequest) -> Result<DryRun> {
    let request = ProcessRequest { dry_run: Some(true), ..request.clone() };
    Import::post(&["account-import-process", "process"], &request, true).map(DryRun)
}

/// A trial of processing.
#[derive(Clone, Debug)]
pub struct DryRun(Import<Processed>);

impl Operation for DryRun {
    type Output = ();

    fn request(&self, session: &Session) -> Result<Request> {
        self.0.build(session)
    }

    fn accepts(&self, status: u16) -> bool {
        status == 400
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<()>> {
        let said = String::from_utf8_lossy(&response.body);
        if said.contains("Rolled back due to Dry Run") {
            return Ok(Next::Done(()));
        }
        Err(Error::rejected(response.excerpt()).with_status(400))
    }
}

/// Where an account's import stands.
#[must_use]
pub fn account_status(import_supplier: &str, external_account_number: &str) -> Import<AccountStatus> {
    Import::get(&["account-transfer-status", import_supplier, external_account_number])
}

/// All imports of a supplier, pending and done.
#[must_use]
pub fn account_imports(import_supplier: &str) -> Import<Vec<ImportProcess>> {
    Import::get(&["all-account-import-processes", import_supplier])
}

/// Has products checked.
pub fn validate_products(products: &[ProductData]) -> Result<Check<Raw>> {
    Import::post(&["validate-products"], &products, true).map(Check)
}

/// Makes products. Never sent twice.
pub fn create_products(products: &[ProductData]) -> Result<Check<ProductCreated>> {
    Import::post(&["products"], &products, false).map(Check)
}

/// Adds transactions to an account. The service is told to leave out what it has already, so sending them again does no more.
pub fn create_transactions(
    batch: &TransactionBatch,
    force_current_statement: bool,
) -> Result<Check<TransactionResults>> {
    let mut import = Import::post(&["transactions", "create"], batch, true)?;
    import.query.push(("check_previously_added", "true".to_owned()));
    import.query.push(("force_add_to_current_statement", force_current_statement.to_string()));
    Ok(Check(import))
}

/// Imports of a supplier that are staged but not done, of one account.
#[must_use]
pub fn pending_imports(import_supplier: &str, external_account_number: &str) -> Import<Vec<ImportProcess>> {
    Import::get(&["pending-account-import-processes", import_supplier, external_account_number])
}

/// Imports of a supplier that are done, of one account.
#[must_use]
pub fn done_imports(import_supplier: &str, external_account_number: &str) -> Import<Vec<ImportProcess>> {
    Import::get(&["imported-account-import-processes", import_supplier, external_account_number])
}

/// Adds notes to an account. The service leaves out what it has already, so sending them again does no more.
pub fn create_notes(batch: &NoteBatch) -> Result<Check<Vec<NoteResult>>> {
    Import::post(&["notes", "create"], batch, true).map(Check)
}

/// Makes a payment instruction of one that the payment service holds. The documents ask for a 500 to be tried again as it is, and for a
/// 400 not to be.
pub fn create_payment_instruction(
    instruction: &PaymentInstruction,
) -> Result<Check<PaymentInstructionCreated>> {
    Import::post(&["payment-instruction", "create"], instruction, true).map(Check)
}

/// Has the meter points of an imported account registered, from a date or else from the earliest that is valid. The service marks them and
/// registers them later. Never sent twice, except after a 429.
#[must_use]
pub fn send_registration_flows(
    import_supplier: &str,
    external_account_number: &str,
    supply_start_date: Option<NaiveDate>,
) -> Import<Vec<RegistrationFlows>> {
    let segments = ["send-registration-flows", import_supplier, external_account_number];
    let mut import = Import { is_post: true, ..Import::new(&segments, None, false) };
    import.query.extend(supply_start_date.map(|date| ("supply_start_date", date.to_string())));
    import
}

/// Where the meter points of an imported account stand.
#[must_use]
pub fn meter_point_statuses(
    import_supplier: &str,
    external_account_number: &str,
) -> Import<Vec<MeterPointStatus>> {
    Import::get(&["meterpoint-statuses-for-account", import_supplier, external_account_number])
}
