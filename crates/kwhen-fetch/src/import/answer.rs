//! The service's answers, and what an account is made of.

use crate::wire::{Raw, wire};

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
