//! The payloads of a place (its meter points, meters, registers and readings) and of payment instructions.

use crate::wire::{Number, wire};

wire! {
    /// A place that is supplied.
    SupplyAddress {
        /// First line.
        supply_address1: Option<String>,
        /// Second line.
        supply_address2: Option<String>,
        /// Third line.
        supply_address3: Option<String>,
        /// Fourth line.
        supply_address4: Option<String>,
        /// Fifth line.
        supply_address5: Option<String>,
        /// Postcode.
        supply_postcode: Option<String>,
        /// Whether the customer lets it.
        is_landlord: Option<bool>,
        /// `2019-01-01`.
        customer_at_supply_address_from_date: Option<String>,
        /// The meter points.
        meter_points: Option<Vec<MeterPointData>>,
        /// Who looks after it.
        property_administrators: Option<Vec<PropertyAdministrator>>,
    }

    /// A meter point. An MPAN has 13 digits, the last of which checks the others; an MPRN has 6 to 10. Its agreements are the
    /// account's contracts with the same `mpxn`.
    MeterPointData {
        /// MPAN or MPRN.
        mpxn: String,
        /// The supplier's market participant id.
        mpid: Option<String>,
        /// The shipper's market participant id; gas.
        shipper_mpid: Option<String>,
        /// `2019-01-01`.
        supply_start_date: Option<String>,
        /// 0 to 8; electricity.
        profile_class: Option<Number>,
        /// Standard settlement configuration, `0393`; electricity.
        ssc: Option<String>,
        /// The meters.
        meters: Option<Vec<MeterData>>,
        /// Whether an erroneous transfer is being undone.
        et_in_progress: Option<bool>,
        /// Whether a disputed reading is being settled.
        dr_in_progress: Option<bool>,
        /// Why the customer wants no smart meter.
        smart_refusal_interest: Option<SmartRefusalInterest>,
        /// Estimated annual consumption over time; electricity.
        eac_history: Option<Vec<AnnualConsumption>>,
        /// Annual quantity over time; gas.
        aq_history: Option<Vec<AnnualConsumption>>,
    }

    /// A meter.
    MeterData {
        /// Its serial number.
        meter_serial_number: String,
        /// `2001-01-01`.
        installed_on: Option<String>,
        /// Its registers; electricity.
        registers: Option<Vec<RegisterData>>,
        /// How many digits it shows; gas.
        gas_number_of_digits: Option<i64>,
        /// `SMETS1`, …
        smart_type: Option<String>,
        /// The readings at the transfer.
        transfer_readings: Option<Vec<RegisterReading>>,
        /// The readings before it.
        reading_history: Option<Vec<RegisterReading>>,
        /// Whether it is paid in advance.
        is_prepay: Option<bool>,
        /// Of a prepayment meter.
        prepay_details: Option<PrepayDetails>,
    }

    /// A register of an electricity meter.
    RegisterData {
        /// `1`.
        register_id: String,
        /// Time pattern regime, `00001`.
        tpr: Option<String>,
        /// How many digits it shows.
        number_of_digits: Option<i64>,
        /// Whether it counts for settlement.
        is_settlement: Option<bool>,
    }

    /// What a register showed.
    RegisterReading {
        /// Whose; not for gas.
        register_id: Option<String>,
        /// `2019-08-01`.
        reading_date: String,
        /// In the meter's own unit.
        reading_value: Number,
        /// `CUSTOMER`, `ROUTINE`, …
        reading_type: Option<String>,
        /// Whether a bill used it.
        billed: Option<bool>,
    }

    /// Of a prepayment meter. Amounts are pounds.
    PrepayDetails {
        /// What is owed.
        debt_balance: Option<Number>,
        /// What is left.
        credit_balance: Option<Number>,
        /// `2019-07-31`.
        transfer_vend_read_date: Option<String>,
        /// How a debt for gas is paid back.
        gas_debt_repayment_options: Option<DebtRepayment>,
    }

    /// How a debt is paid back. Amounts are pounds a week.
    DebtRepayment {
        /// At least.
        weekly_min: Option<Number>,
        /// At most.
        weekly_max: Option<Number>,
    }

    /// Why a customer wants no smart meter.
    SmartRefusalInterest {
        /// `NOT_INTERESTED`, …
        kind as "type": String,
        /// `2020-04-01`.
        date: Option<String>,
        /// `DO_NOT_OWN_HOME`, …
        refusal_reason: Option<String>,
        /// `EMAIL`, …
        source: Option<String>,
    }

    /// A year's consumption as the industry estimated it.
    AnnualConsumption {
        /// `2019-10-01`.
        effective_from: String,
        /// `2019-12-31`.
        effective_to: Option<String>,
        /// kWh.
        consumption: Number,
        /// Time pattern regime, `00001`; electricity.
        tpr: Option<String>,
        /// The industry's flow that said so, `D0019`.
        source: Option<String>,
    }

    /// Someone who looks after a place.
    PropertyAdministrator {
        /// First name.
        given_name: Option<String>,
        /// Last name.
        family_name: Option<String>,
        /// E-mail.
        email: Option<String>,
        /// Telephone.
        mobile: Option<String>,
        /// Telephone.
        landline: Option<String>,
        /// `1955-02-23`.
        date_of_birth: Option<String>,
        /// `Mr`, …
        title: Option<String>,
        /// How to address them.
        salutation: Option<String>,
        /// First line.
        address1: Option<String>,
        /// Second line.
        address2: Option<String>,
        /// Third line.
        address3: Option<String>,
        /// Fourth line.
        address4: Option<String>,
        /// Fifth line.
        address5: Option<String>,
        /// Postcode.
        postcode: Option<String>,
    }

    /// A way to pay that a payment service holds already.
    PaymentInstruction {
        /// The supplier under which accounts are grouped.
        import_supplier: String,
        /// The number in the other system.
        external_account_number: String,
        /// The payment service, `STRIPE`.
        vendor: String,
        /// Its reference.
        instruction_reference: String,
        /// `CARD`, …
        kind as "type": String,
    }

    /// The payment instruction that was made.
    PaymentInstructionCreated {
        /// Of the account, `A-C90DC431`.
        kraken_account_number: String,
        /// The payment service's reference.
        reference: String,
    }

    /// Where a meter point of an imported account stands.
    MeterPointStatus {
        /// MPAN or MPRN.
        mpxn: String,
        /// `PRE_REGISTRATION`, …
        status: String,
    }
}
