//! The payloads.

use crate::wire::{Number, Raw, wire};

wire! {
    /// A product to make.
    ProductData {
        /// The brand.
        brand: String,
        /// The code.
        code: String,
        /// The name with its version.
        full_name: String,
        /// The name.
        display_name: String,
        /// In a sentence or more.
        description: String,
        /// `2019-03-26`.
        available_from_date: String,
        /// Until when.
        available_to_date: Option<String>,
        /// Whether it is not shown.
        is_hidden: Option<bool>,
        /// Whether its prices can change.
        is_variable: Option<bool>,
        /// Whether it is paid in advance.
        is_prepay: Option<bool>,
        /// Whether it is green.
        is_green: Option<bool>,
        /// Whether it is for businesses.
        is_business: Option<bool>,
        /// Whether it is the default.
        is_default: Option<bool>,
        /// Anything else.
        client_params: Option<Raw>,
        /// Tags.
        tag_codes: Option<Vec<String>>,
        /// Its tariffs.
        tariffs: Vec<TariffData>,
    }

    /// A tariff of a product.
    TariffData {
        /// `ELECTRICITY` or `GAS`.
        fuel: String,
        /// The region, `_A`.
        gsp: String,
        /// Its code.
        tariff_code: String,
        /// `DD`, …
        payment_method: String,
        /// `STANDARD`, `ECONOMY7`, `FLAT_ECONOMY7`; not for gas.
        tariff_type: Option<String>,
        /// Its unit rates.
        unit_rates: Vec<UnitRate>,
        /// Its standing charges.
        standing_charges: Vec<StandingCharge>,
    }

    /// A unit rate.
    UnitRate {
        /// The rate.
        value: Number,
        /// `2019-03-26`.
        valid_from_date: String,
        /// `STANDARD`, `ECO7_DAY`, `ECO7_NIGHT`; not for gas.
        rate_type: Option<String>,
    }

    /// A standing charge.
    StandingCharge {
        /// The charge.
        value: Number,
        /// `2019-03-26`.
        valid_from_date: String,
    }

    /// An account to import. What is not typed here goes into `extra` by its documented name.
    AccountData {
        /// The supplier under which accounts are grouped.
        import_supplier: String,
        /// The number in the other system.
        external_account_number: String,
        /// `DOMESTIC` or `BUSINESS`.
        account_type: String,
        /// Whether nobody knows who lives there.
        unknown_occupier: Option<bool>,
        /// The people.
        customers: Vec<Customer>,
        /// To whom bills go.
        billing_name: Option<String>,
        /// Where bills go.
        billing_postcode: Option<String>,
        /// The places.
        supply_addresses: Option<Vec<SupplyAddress>>,
        /// The tariffs.
        contracts: Option<Vec<Contract>>,
        /// Pounds.
        last_statement_balance: Option<Number>,
        /// `2019-08-01`.
        last_statement_issue_date: Option<String>,
        /// `2019-08-01`.
        last_billed_to_date: Option<String>,
        /// Pounds.
        transfer_balance: Option<Number>,
        /// Since the last statement.
        current_statement_transactions: Option<Vec<Transaction>>,
        /// Before it.
        historical_statement_transactions: Option<Vec<Transaction>>,
        /// How it is paid.
        payment_schedules: Option<Vec<PaymentSchedule>>,
        /// Notes.
        notes: Option<Vec<Note>>,
        /// Anything else, by key.
        metadata: Option<Vec<Raw>>,
    }

    /// A person.
    Customer {
        /// First name.
        given_name: String,
        /// Last name.
        family_name: String,
        /// E-mail.
        email: Option<String>,
        /// Telephone.
        mobile: Option<String>,
        /// Telephone.
        landline: Option<String>,
        /// `1989-01-11`.
        date_of_birth: Option<String>,
    }

    /// A place; its meter points and meters are kept as JSON.
    SupplyAddress {
        /// First line.
        supply_address1: Option<String>,
        /// Postcode.
        supply_postcode: Option<String>,
        /// `2019-01-01`.
        customer_at_supply_address_from_date: Option<String>,
        /// The meter points.
        meter_points: Option<Vec<Raw>>,
    }

    /// A tariff of a meter point.
    Contract {
        /// MPAN or MPRN.
        mpxn: String,
        /// The tariff.
        tariff_code: String,
        /// `2019-08-01`.
        effective_from: String,
        /// Exclusive.
        effective_to: Option<String>,
    }

    /// How an account is paid.
    PaymentSchedule {
        /// Pounds.
        amount: Number,
        /// The day.
        day_of_month: Option<i64>,
        /// `MONTHLY`, …
        frequency: Option<String>,
        /// `DD`, …
        means: Option<String>,
        /// `2018-01-01`.
        start_date: Option<String>,
    }

    /// A note.
    Note {
        /// When.
        created_at: Option<String>,
        /// Its text; this or documents are needed.
        body: Option<String>,
        /// Documents; this or a text is needed.
        document_paths: Option<Vec<Raw>>,
        /// Whether it stays on top.
        is_pinned: Option<bool>,
    }

    /// Transactions to add to an account.
    TransactionBatch {
        /// The supplier under which accounts are grouped.
        import_supplier: String,
        /// The number in the other system.
        external_account_number: String,
        /// The transactions.
        transactions: Vec<Transaction>,
    }

    /// A transaction. Amounts are pounds.
    Transaction {
        /// Unique within the account.
        transaction_id: String,
        /// `2019-10-01`.
        transaction_date: String,
        /// Pounds.
        amount: Number,
        /// `CHARGE`, `CREDIT`, `PAYMENT`, `REPAYMENT` or `SUPPLY_CHARGE`.
        kind as "type": String,
        /// Why.
        reason: Option<String>,
        /// For the customer.
        display_note: Option<String>,
        /// A reference.
        reference: Option<String>,
        /// For the staff.
        note: Option<String>,
        /// How it was paid.
        payment_type: Option<String>,
        /// Of a supply charge.
        product_code: Option<String>,
        /// Of a supply charge.
        line_items: Option<Vec<LineItem>>,
        /// Of a supply charge.
        tax_items: Option<Vec<TaxItem>>,
        /// For a prepay adjustment.
        to_prepay_meter_serial_number: Option<String>,
    }

    /// A line of a supply charge.
    LineItem {
        /// `CONSUMPTION_STANDARD`, …
        rate_band: String,
        /// `2019-10-01`.
        start_date: String,
        /// Exclusive.
        end_date: String,
        /// kWh or days.
        number_of_units: Number,
        /// Pounds.
        net_amount: Number,
        /// Pounds.
        price_per_unit: Number,
        /// The units' parts.
        units: Option<Vec<Number>>,
    }

    /// A tax of a supply charge.
    TaxItem {
        /// Pounds.
        amount: Number,
        /// `VAT`.
        tax_type: String,
        /// Pounds.
        value_taxed: Option<Number>,
        /// A part of one.
        rate: Option<Number>,
        /// `PROPORTION`.
        unit_type: Option<String>,
    }
}
