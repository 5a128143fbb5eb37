//! What is checked of each payload.

use super::answer::ProcessRequest;
use super::faults::{Faults, Findings, Validate};
use super::payload::{AccountData, Contract, Note, NoteBatch, PaymentSchedule};
use super::supply_faults;
use super::transaction_faults::check_transactions;
use std::collections::BTreeSet;

impl Validate for AccountData {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        faults.needed("import_supplier", &self.import_supplier);
        faults.needed("external_account_number", &self.external_account_number);
        faults.one_of("account_type", &self.account_type, &["DOMESTIC", "BUSINESS"]);
        for (index, customer) in self.customers.iter().enumerate() {
            let at = |field: &str| format!("customers.{index}.{field}");
            faults.needed(at("given_name"), &customer.given_name);
            faults.needed(at("family_name"), &customer.family_name);
            faults.phone(at("mobile"), customer.mobile.as_deref());
            faults.phone(at("landline"), customer.landline.as_deref());
            faults.email(at("email"), customer.email.as_deref());
            faults.optional_date(at("date_of_birth"), customer.date_of_birth.as_deref());
            for (number, need) in customer.psr.iter().flatten().enumerate() {
                faults.optional_date(
                    at(&format!("psr.{number}.effective_from")),
                    need.effective_from.as_deref(),
                );
            }
        }
        supply_faults::check(&mut faults, self);
        for (index, contract) in self.contracts.iter().flatten().enumerate() {
            check_contract(&mut faults, &format!("contracts.{index}"), contract);
        }
        let lists = [
            ("current_statement_transactions", &self.current_statement_transactions),
            ("historical_statement_transactions", &self.historical_statement_transactions),
        ];
        let mut ids = BTreeSet::new();
        for (name, list) in lists {
            check_transactions(&mut faults, name, list.as_deref().unwrap_or_default(), &mut ids);
        }
        for (index, schedule) in self.payment_schedules.iter().flatten().enumerate() {
            check_schedule(&mut faults, &format!("payment_schedules.{index}"), schedule);
        }
        check_notes(&mut faults, self.notes.as_deref().unwrap_or_default());
        let mut statements = BTreeSet::new();
        for (index, statement) in self.statements.iter().flatten().enumerate() {
            let at = |field: &str| format!("statements.{index}.{field}");
            if let Some(id) = &statement.statement_id
                && !statements.insert(id)
            {
                faults.warn(at("statement_id"), "unique", "Another statement has this id.");
            }
            let (from, to) = (&statement.bill_period_from_date, &statement.bill_period_to_date);
            faults.date(at("bill_period_from_date"), from);
            faults.date(at("bill_period_to_date"), to);
            faults.order(at("bill_period_to_date"), from, Some(to));
        }
        let debt_from = self.debt.as_ref().and_then(|debt| debt.start_date.as_deref());
        let dunning_from = self.dunning_path.as_ref().and_then(|path| path.start_date.as_deref());
        let dates = [
            ("last_statement_issue_date", self.last_statement_issue_date.as_deref()),
            ("last_billed_to_date", self.last_billed_to_date.as_deref()),
            ("dunning_path.start_date", dunning_from),
            ("debt.start_date", debt_from),
            ("last_payment_review_date", self.last_payment_review_date.as_deref()),
            ("next_bill_due_date", self.next_bill_due_date.as_deref()),
        ];
        for (attr, date) in dates {
            faults.optional_date(attr, date);
        }
        let aged = self.debt.iter().flat_map(|debt| debt.aged_debt.iter().flatten());
        for (index, part) in aged.enumerate() {
            faults.optional_date(format!("debt.aged_debt.{index}.due_date"), part.due_date.as_deref());
        }
        faults.0
    }
}

fn check_schedule(faults: &mut Faults, place: &str, schedule: &PaymentSchedule) {
    if schedule.day_of_month.is_some_and(|day| !(1..=31).contains(&day)) {
        faults.add(format!("{place}.day_of_month"), "invalid", "A month has days 1 to 31.");
    }
    faults.optional_date(format!("{place}.start_date"), schedule.start_date.as_deref());
    let end = schedule.debt_repayment_end_date.as_deref();
    faults.optional_date(format!("{place}.debt_repayment_end_date"), end);
}

fn check_notes(faults: &mut Faults, notes: &[Note]) {
    for (index, note) in notes.iter().enumerate() {
        let is_bare = note.body.as_deref().is_none_or(|body| body.trim().is_empty());
        if is_bare && note.document_paths.as_ref().is_none_or(Vec::is_empty) {
            faults.add(format!("notes.{index}"), "required", "A note needs a body or document_paths.");
        }
        faults.instant(format!("notes.{index}.created_at"), note.created_at.as_deref());
        faults.instant(format!("notes.{index}.unpin_at"), note.unpin_at.as_deref());
        for (number, path) in note.document_paths.iter().flatten().enumerate() {
            faults
                .needed(format!("notes.{index}.document_paths.{number}.document_path"), &path.document_path);
        }
    }
}

impl Validate for NoteBatch {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        faults.needed("import_supplier", &self.import_supplier);
        faults.needed("external_account_number", &self.external_account_number);
        if self.notes.is_empty() {
            faults.add("notes".to_owned(), "required", "There is no note to add.");
        }
        check_notes(&mut faults, &self.notes);
        faults.0
    }
}

fn check_contract(faults: &mut Faults, place: &str, contract: &Contract) {
    faults.needed(format!("{place}.mpxn"), &contract.mpxn);
    faults.needed(format!("{place}.tariff_code"), &contract.tariff_code);
    faults.date(format!("{place}.effective_from"), &contract.effective_from);
    if let Some(to) = &contract.effective_to {
        faults.date(format!("{place}.effective_to"), to);
    }
    faults.order(format!("{place}.effective_to"), &contract.effective_from, contract.effective_to.as_deref());
}

impl Validate for ProcessRequest {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        faults.needed("import_supplier", &self.import_supplier);
        faults.needed("external_account_number", &self.external_account_number);
        faults.needed("operations_team_name", &self.operations_team_name);
        faults.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_the_services_paths() {
        let account: AccountData = serde_json::from_str(
            r#"{"import_supplier": "", "external_account_number": "1", "account_type": "HOME",
            "customers": [{"given_name": "B", "family_name": "J", "landline": "abcde", "date_of_birth": "11/01/1989"}],
            "contracts": [{"mpxn": "1", "tariff_code": "X", "effective_from": "2019-08-02", "effective_to": "2019-08-01"}],
            "current_statement_transactions": [
                {"transaction_id": "1", "transaction_date": "2019-10-01", "amount": "10.00", "type": "PAYMENT"},
                {"transaction_id": "1", "transaction_date": "2019-10-01", "amount": 10.0, "type": "GIFT"}],
            "payment_schedules": [{"amount": "6.00", "day_of_month": 0}], "notes": [{"is_pinned": true}]}"#,
        )
        .unwrap();
        let faults = account.faults();
        let paths: Vec<&str> = faults.iter().map(|fault| fault.attr.as_str()).collect();
        assert_eq!(
            paths,
            [
                "import_supplier",
                "account_type",
                "customers.0.landline",
                "customers.0.date_of_birth",
                "contracts.0.effective_to",
                "current_statement_transactions.1.type",
                "payment_schedules.0.day_of_month",
                "notes.0",
            ]
        );
        assert_eq!(faults[2].code, "invalid_phone_number");
        let odd: Vec<String> = account.warnings().into_iter().map(|found| found.attr).collect();
        assert_eq!(odd, ["current_statement_transactions.1.transaction_id"]);
    }
}
