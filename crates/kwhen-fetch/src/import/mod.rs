//! The Kraken data-import API: typed payloads, validation before anything is sent, and its endpoints.
//!
//! Validation here finds what the documents state (`docs/data-import.md` has it rule by rule); the service may find more. Both say where with
//! the same `attr` paths (`customers.0.landline`). What changes something is checked before it is sent, unless it is
//! [`unchecked`](Check::unchecked).

mod answer;
mod faults;
mod folder;
mod operation;
mod parcel;
mod payload;
mod product_faults;
mod report;
mod request;
mod supply;
mod supply_faults;
mod transaction_faults;
mod validate;

pub use answer::{
    AccountStatus, ImportProcess, ProcessRequest, Processed, ProductCreated, RegistrationFlow,
    RegistrationFlows, Staged, TransactionResult, TransactionResults,
};
pub use faults::{FieldError, Findings, Validate};
pub use folder::{FolderFile, read_folder};
pub use operation::{Check, Import, ImportOutcome, ImportedBefore, TransactionFailed};
pub use parcel::{Addressee, Parcel, Payload, Sent, SentOutcome, parcels, send_parcels};
pub use payload::{
    AccountCampaign, AccountData, AccountReference, AgedDebt, Contract, Customer, CustomerPreferences, Debt,
    DocumentPath, DunningPath, LineItem, Note, NoteBatch, NoteResult, PaymentSchedule, PriorityService,
    ProductData, StandingCharge, Statement, TariffData, TaxItem, Transaction, TransactionBatch, UnitRate,
    WarmHomeDiscount,
};
pub use report::{Found, Level, Planned, SentReport};
pub use request::{
    account_imports, account_status, create_notes, create_payment_instruction, create_products,
    create_transactions, done_imports, dry_run, meter_point_statuses, pending_imports, process_account,
    send_registration_flows, stage_account, validate_account, validate_products,
};
pub use supply::{
    AnnualConsumption, DebtRepayment, MeterData, MeterPointData, MeterPointStatus, PaymentInstruction,
    PaymentInstructionCreated, PrepayDetails, PropertyAdministrator, RegisterData, RegisterReading,
    SmartRefusalInterest, SupplyAddress,
};
