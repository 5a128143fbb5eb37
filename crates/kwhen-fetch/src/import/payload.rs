//! The payloads of products, accounts and transactions.

use super::supply::SupplyAddress;
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

    /// An account to import: every field of the documents' example. Others go into `extra` by their names.
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
        /// Where bills go: first line.
        billing_address1: Option<String>,
        /// Second line.
        billing_address2: Option<String>,
        /// Third line.
        billing_address3: Option<String>,
        /// Fourth line.
        billing_address4: Option<String>,
        /// Fifth line.
        billing_address5: Option<String>,
        /// Where bills go: postcode.
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
        /// Its numbers in other systems.
        references: Option<Vec<AccountReference>>,
        /// Notes.
        notes: Option<Vec<Note>>,
        /// Old bills as documents.
        statements: Option<Vec<Statement>>,
        /// Warm home discounts.
        warm_home_discount: Option<Vec<WarmHomeDiscount>>,
        /// Where it stands in the collection of debt.
        dunning_path: Option<DunningPath>,
        /// Debt that an agency collects.
        debt: Option<Debt>,
        /// `2019-06-01`.
        last_payment_review_date: Option<String>,
        /// `2019-09-20`.
        next_bill_due_date: Option<String>,
        /// `DIRECT`, …
        sales_channel: Option<String>,
        /// Within the channel.
        sales_subchannel: Option<String>,
        /// `HALF_HOURLY`, …
        smart_read_frequency: Option<String>,
        /// The day of the month.
        smart_read_cycle_day: Option<i64>,
        /// `ONLINE`, …
        communication_preference: Option<String>,
        /// `LARGE_PRINT`, …
        document_accessibility: Option<String>,
        /// Campaigns that it takes part in.
        account_campaigns: Option<Vec<AccountCampaign>>,
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
        /// `Mr`, …
        title: Option<String>,
        /// How to address them.
        salutation: Option<String>,
        /// Needs on the priority services register.
        psr: Option<Vec<PriorityService>>,
        /// What they want to hear of.
        customer_preferences: Option<CustomerPreferences>,
    }

    /// A need on the priority services register.
    PriorityService {
        /// The electricity industry's code, `01`.
        elec_industry_code: Option<String>,
        /// The gas industry's code, `01`.
        gas_industry_code: Option<String>,
        /// `2012-01-01`.
        effective_from: Option<String>,
    }

    /// What a customer agreed to.
    CustomerPreferences {
        /// Text messages.
        opted_into_sms: Option<bool>,
        /// Recommendations.
        opted_into_recommended: Option<bool>,
        /// News.
        opted_into_updates: Option<bool>,
        /// Third parties.
        opted_into_third_parties: Option<bool>,
        /// Offers.
        opted_into_offers: Option<bool>,
        /// The priority services register.
        is_user_psr_consent_obtained: Option<bool>,
    }

    /// A number in another system.
    AccountReference {
        /// Whose, `tentacle-energy.allpay-client-reference-number`.
        namespace: String,
        /// The number.
        value: String,
    }

    /// An old bill as a document.
    Statement {
        /// `2019-06-01`.
        bill_period_from_date: String,
        /// `2019-07-01`.
        bill_period_to_date: String,
        /// Where it is stored.
        statement_path: Option<String>,
        /// Its number.
        statement_id: Option<String>,
    }

    /// A warm home discount.
    WarmHomeDiscount {
        /// `2017/18`.
        tax_year: String,
        /// `CREDIT`, …
        account_type: Option<String>,
        /// `CORE`, …
        group: Option<String>,
    }

    /// Where an account stands in the collection of debt.
    DunningPath {
        /// `standard_domestic`.
        path_name: String,
        /// `2020-03-26`.
        start_date: Option<String>,
    }

    /// Debt that an agency collects.
    Debt {
        /// Whose agency.
        agency_name: Option<String>,
        /// `2019-03-26`.
        start_date: Option<String>,
        /// Whether the customer cannot pay.
        is_insolvent: Option<bool>,
        /// The debt by age.
        aged_debt: Option<Vec<AgedDebt>>,
    }

    /// A part of a debt.
    AgedDebt {
        /// Pounds.
        debt_amount: Number,
        /// `2020-12-01`.
        due_date: Option<String>,
    }

    /// A campaign that an account takes part in.
    AccountCampaign {
        /// `super_account`.
        slug: String,
        /// For the staff.
        campaign_note: Option<String>,
    }

    /// A tariff of a meter point: the agreement that the account has for it.
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
        /// Whether it pays a debt back.
        is_debt_repayment_plan: Option<bool>,
        /// Of the amount, what pays the debt back. Pounds.
        debt_repayment_element: Option<Number>,
        /// `2020-03-26`.
        debt_repayment_end_date: Option<String>,
    }

    /// A note.
    Note {
        /// When.
        created_at: Option<String>,
        /// Its text; this or documents are needed.
        body: Option<String>,
        /// Documents; this or a text is needed.
        document_paths: Option<Vec<DocumentPath>>,
        /// Whether it stays on top.
        is_pinned: Option<bool>,
        /// Until when it stays on top.
        unpin_at: Option<String>,
    }

    /// Where a document is stored.
    DocumentPath {
        /// Below the import's root.
        document_path: String,
    }

    /// Notes to add to an account.
    NoteBatch {
        /// The supplier under which accounts are grouped.
        import_supplier: String,
        /// The number in the other system.
        external_account_number: String,
        /// The notes.
        notes: Vec<Note>,
    }

    /// What became of a note.
    NoteResult {
        /// When the note was made.
        created_at: Option<String>,
        /// Its text.
        body: Option<String>,
        /// `NOTE_CREATION_SUCCESS` or `NOTE_ALREADY_EXISTS`.
        status: String,
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
