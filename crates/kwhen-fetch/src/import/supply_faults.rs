//! Checks of a place's meter points, meters, registers and readings, and of payment instructions.

use super::faults::{Faults, Findings, Validate};
use super::payload::AccountData;
use super::supply::{
    AnnualConsumption, MeterData, MeterPointData, PaymentInstruction, PropertyAdministrator, RegisterReading,
};
use crate::wire::Number;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

pub(super) fn check(faults: &mut Faults, account: &AccountData) {
    let mut seen = BTreeSet::new();
    for (index, address) in account.supply_addresses.iter().flatten().enumerate() {
        let place = format!("supply_addresses.{index}");
        faults.optional_date(
            format!("{place}.customer_at_supply_address_from_date"),
            address.customer_at_supply_address_from_date.as_deref(),
        );
        for (number, point) in address.meter_points.iter().flatten().enumerate() {
            let place = format!("{place}.meter_points.{number}");
            check_meter_point(faults, &place, point);
            if !seen.insert(point.mpxn.as_str()) {
                faults.add(format!("{place}.mpxn"), "unique", "Another meter point has this number.");
            }
        }
        for (number, person) in address.property_administrators.iter().flatten().enumerate() {
            check_administrator(faults, &format!("{place}.property_administrators.{number}"), person);
        }
    }
    if seen.is_empty() {
        return;
    }
    for (index, contract) in account.contracts.iter().flatten().enumerate() {
        if !contract.mpxn.trim().is_empty() && !seen.contains(contract.mpxn.as_str()) {
            let words = format!("{} is no meter point of this account's supply_addresses", contract.mpxn);
            faults.add(format!("contracts.{index}.mpxn"), "invalid", words);
        }
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn check_meter_point(faults: &mut Faults, place: &str, point: &MeterPointData) {
    let at = |field: &str| format!("{place}.{field}");
    // The check digit is left to the service: real lists carry numbers whose last digit is wrong.
    let mpxn = point.mpxn.as_str();
    if mpxn.trim().is_empty() {
        faults.needed(at("mpxn"), mpxn);
    } else if !all_digits(mpxn) || !matches!(mpxn.len(), 6..=11 | 13) {
        let words = format!("{mpxn} is neither an MPAN (13 digits) nor an MPRN (6 to 11)");
        faults.add(at("mpxn"), "invalid", words);
    }
    faults.optional_date(at("supply_start_date"), point.supply_start_date.as_deref());
    if let Some(class) = &point.profile_class
        && !matches!(class.as_str(), "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8")
    {
        faults.add(at("profile_class"), "invalid", format!("{class} is not a profile class from 0 to 8"));
    }
    code(faults, at("ssc"), point.ssc.as_deref(), 4);
    let mut serial_numbers = BTreeSet::new();
    for (index, meter) in point.meters.iter().flatten().enumerate() {
        let place = at(&format!("meters.{index}"));
        check_meter(faults, &place, meter);
        if !serial_numbers.insert(meter.meter_serial_number.as_str()) {
            let words = "Another meter of this meter point has this serial number.";
            faults.add(format!("{place}.meter_serial_number"), "unique", words);
        }
    }
    if let Some(refusal) = &point.smart_refusal_interest {
        faults.needed(at("smart_refusal_interest.type"), &refusal.kind);
        faults.optional_date(at("smart_refusal_interest.date"), refusal.date.as_deref());
    }
    for (name, history) in [("eac_history", &point.eac_history), ("aq_history", &point.aq_history)] {
        for (index, year) in history.iter().flatten().enumerate() {
            check_year(faults, &at(&format!("{name}.{index}")), year);
        }
    }
}

/// A code of so many digits.
fn code(faults: &mut Faults, attr: String, text: Option<&str>, length: usize) {
    if let Some(text) = text
        && (!all_digits(text) || text.len() != length)
    {
        faults.add(attr, "invalid", format!("{text} is not a code of {length} digits"));
    }
}

fn check_year(faults: &mut Faults, place: &str, year: &AnnualConsumption) {
    faults.date(format!("{place}.effective_from"), &year.effective_from);
    faults.optional_date(format!("{place}.effective_to"), year.effective_to.as_deref());
    faults.order(format!("{place}.effective_to"), &year.effective_from, year.effective_to.as_deref());
    code(faults, format!("{place}.tpr"), year.tpr.as_deref(), 5);
}

fn check_meter(faults: &mut Faults, place: &str, meter: &MeterData) {
    let at = |field: &str| format!("{place}.{field}");
    faults.needed(at("meter_serial_number"), &meter.meter_serial_number);
    faults.optional_date(at("installed_on"), meter.installed_on.as_deref());
    digits(faults, at("gas_number_of_digits"), meter.gas_number_of_digits);
    let mut registers = BTreeSet::new();
    for (index, register) in meter.registers.iter().flatten().enumerate() {
        let at = |field: &str| format!("{place}.registers.{index}.{field}");
        faults.needed(at("register_id"), &register.register_id);
        if !registers.insert(register.register_id.as_str()) {
            faults.add(at("register_id"), "unique", "Another register of this meter has this id.");
        }
        code(faults, at("tpr"), register.tpr.as_deref(), 5);
        digits(faults, at("number_of_digits"), register.number_of_digits);
    }
    let lists =
        [("transfer_readings", &meter.transfer_readings), ("reading_history", &meter.reading_history)];
    for (name, list) in lists {
        for (index, reading) in list.iter().flatten().enumerate() {
            check_reading(faults, &at(&format!("{name}.{index}")), reading, &registers);
        }
    }
    let Some(prepay) = &meter.prepay_details else { return };
    faults.optional_date(
        at("prepay_details.transfer_vend_read_date"),
        prepay.transfer_vend_read_date.as_deref(),
    );
    if let Some(debt) = &prepay.gas_debt_repayment_options
        && let (Some(least), Some(most)) = (decimal(&debt.weekly_min), decimal(&debt.weekly_max))
        && most < least
    {
        let attr = at("prepay_details.gas_debt_repayment_options.weekly_max");
        faults.add(attr, "invalid", format!("{most} is below weekly_min, {least}"));
    }
}

fn decimal(number: &Option<Number>) -> Option<Decimal> {
    number.as_ref().and_then(|number| number.decimal().ok())
}

fn digits(faults: &mut Faults, attr: String, count: Option<i64>) {
    if let Some(count) = count
        && count < 1
    {
        faults.add(attr, "min_value", format!("{count} digits show nothing; at least 1 is needed"));
    }
}

fn check_reading(faults: &mut Faults, place: &str, reading: &RegisterReading, registers: &BTreeSet<&str>) {
    let at = |field: &str| format!("{place}.{field}");
    match &reading.register_id {
        Some(id) if !registers.contains(id.as_str()) => {
            faults.add(at("register_id"), "invalid", format!("{id} is no register of this meter"));
        }
        None if !registers.is_empty() => {
            faults.add(at("register_id"), "required", "This field is required: the meter has registers.");
        }
        Some(_) | None => {}
    }
    faults.date(at("reading_date"), &reading.reading_date);
    match reading.reading_value.decimal() {
        Ok(value) if !value.is_sign_negative() || value.is_zero() => {}
        _ => {
            let words = format!("{} is not what a register can show", reading.reading_value);
            faults.add(at("reading_value"), "invalid", words);
        }
    }
}

fn check_administrator(faults: &mut Faults, place: &str, person: &PropertyAdministrator) {
    let at = |field: &str| format!("{place}.{field}");
    faults.email(at("email"), person.email.as_deref());
    faults.phone(at("mobile"), person.mobile.as_deref());
    faults.phone(at("landline"), person.landline.as_deref());
    faults.optional_date(at("date_of_birth"), person.date_of_birth.as_deref());
}

impl Validate for PaymentInstruction {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        let fields = [
            ("import_supplier", &self.import_supplier),
            ("external_account_number", &self.external_account_number),
            ("vendor", &self.vendor),
            ("instruction_reference", &self.instruction_reference),
            ("type", &self.kind),
        ];
        for (attr, text) in fields {
            faults.needed(attr, text);
        }
        faults.0
    }
}
