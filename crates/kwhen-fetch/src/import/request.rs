//! The endpoints of data import.

use super::answer::{
    AccountStatus, ImportProcess, ProcessRequest, Processed, ProductCreated, RegistrationFlows, Staged,
    TransactionResults,
};
use super::operation::{Check, Import};
use super::payload::{AccountData, NoteBatch, NoteResult, ProductData, TransactionBatch};
use super::supply::{MeterPointStatus, PaymentInstruction, PaymentInstructionCreated};
use crate::Result;
use crate::wire::Raw;
use chrono::NaiveDate;

/// Has account data checked by the service. Nothing is changed, and nothing is checked here before.
pub fn validate_account(account: &AccountData) -> Result<Check<Raw>> {
    Import::post(&["validate-account"], account, true).map(Check::of)
}

/// Stages account data, or replaces what was staged: sent again, it does no more.
pub fn stage_account(account: &AccountData) -> Result<Check<Staged>> {
    Check::after(account, Import::post(&["account-import-process", "create-or-update"], account, true)?)
}

/// Makes a staged account. Never sent twice, except after a 429, which says that it was not begun. One that was made before comes as
/// [`ImportOutcome::AlreadyImported`](super::ImportOutcome::AlreadyImported). For [`dry runs`](dry_run) there is another operation.
pub fn process_account(request: &ProcessRequest) -> Result<Check<Processed>> {
    let trial = request.dry_run == Some(true);
    Check::after(request, Import::post(&["account-import-process", "process"], request, trial)?)
}

/// Tries whether a staged account could be made: [`ImportOutcome::WouldSucceed`](super::ImportOutcome::WouldSucceed) where it could.
pub fn dry_run(request: &ProcessRequest) -> Result<Check<Processed>> {
    process_account(&ProcessRequest { dry_run: Some(true), ..request.clone() })
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

/// Has products checked by the service. Nothing is changed, and nothing is checked here before.
pub fn validate_products(products: &[ProductData]) -> Result<Check<Raw>> {
    Import::post(&["validate-products"], &products, true).map(Check::of)
}

/// Makes products. Never sent twice.
pub fn create_products(products: &[ProductData]) -> Result<Check<ProductCreated>> {
    Check::after(products, Import::post(&["products"], &products, false)?)
}

/// Adds transactions to an account. The service is told to leave out what it has already, so sending them again does no more.
pub fn create_transactions(
    batch: &TransactionBatch,
    force_current_statement: bool,
) -> Result<Check<TransactionResults>> {
    let mut import = Import::post(&["transactions", "create"], batch, true)?;
    import.ask("check_previously_added", "true".to_owned());
    import.ask("force_add_to_current_statement", force_current_statement.to_string());
    Check::after(batch, import)
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
    Check::after(batch, Import::post(&["notes", "create"], batch, true)?)
}

/// Makes a payment instruction of one that the payment service holds. The documents ask for a 500 to be tried again as it is, and for a
/// 400 not to be.
pub fn create_payment_instruction(
    instruction: &PaymentInstruction,
) -> Result<Check<PaymentInstructionCreated>> {
    Check::after(instruction, Import::post(&["payment-instruction", "create"], instruction, true)?)
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
    let mut import = Import::post_without_body(&segments);
    if let Some(date) = supply_start_date {
        import.ask("supply_start_date", date.to_string());
    }
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
