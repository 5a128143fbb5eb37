//! Creating accounts and renewing tariffs, for partner organisations. Nothing here is ever called by itself.

use super::{Number, Raw, wire};

wire! {
    /// An account to create.
    AccountRequest {
        /// Unique for each switch, at most 64 characters.
        reference: String,
        /// `NAMESPACE-VALUE`.
        account_reference: Option<String>,
        /// When it was sold, with its zone.
        sold_at: String,
        /// `DOMESTIC` or `BUSINESS`.
        account_type: String,
        /// Only where an instance has several brands.
        brand_code: Option<String>,
        /// `CALL_CENTRE_INBOUND`, `CALL_CENTRE_OUTBOUND`, `FACE_TO_FACE` or `INTERNET`.
        source: String,
        /// `DIRECT`, `PRICE_COMPARISON`, …
        sales_channel: Option<String>,
        /// Within the channel.
        sales_subchannel: Option<String>,
        /// Who brought it.
        affiliate: Option<Raw>,
        /// Not together with the next.
        quote_code: Option<String>,
        /// Not together with the one before.
        quote_request_code: Option<String>,
        /// Whether the occupant is new to the property.
        is_change_of_tenancy: bool,
        /// Of the account that referred this one.
        referral_code: Option<String>,
        /// `MONTHLY`, `DAILY` or `HALF_HOURLY`.
        smart_meter_read_permission: Option<String>,
        /// Whether letters are wanted.
        requires_postal_comms: Option<bool>,
        /// `SMETS2_INTEREST_INTERESTED`, …
        smart_meter_interest: Option<String>,
        /// Restricted.
        smart_onboarding_product_type: Option<String>,
        /// When supply should start, if not as early as can be.
        preferred_ssd: Option<String>,
        /// How it is paid.
        payment: Option<Payment>,
        /// Where bills go.
        billing_address: Option<Address>,
        /// At most one.
        users: Vec<User>,
        /// At most two.
        electricity_meter_points: Vec<NewMeterPoint>,
        /// At most one.
        gas_meter_points: Vec<NewMeterPoint>,
        /// For businesses.
        business: Option<Business>,
        /// Anything else, by key.
        metadata: Option<Vec<Raw>>,
    }

    /// How an account is paid.
    Payment {
        /// `MONTHLY_DIRECT_DEBIT`, `MONTHLY_DIRECT_PAYMENT` or `BILL_TRIGGERED_DIRECT_DEBIT`.
        method: String,
        /// The bank account's holder.
        account_name: Option<String>,
        /// The bank account.
        account_number: Option<String>,
        /// Its bank.
        account_sort_code: Option<String>,
        /// 1 to 28.
        payment_day: Option<i64>,
    }

    /// A postal address.
    Address {
        /// First line.
        address_line_1: Option<String>,
        /// Second line.
        address_line_2: Option<String>,
        /// Third line.
        address_line_3: Option<String>,
        /// Town.
        town: Option<String>,
        /// County.
        county: Option<String>,
        /// Postcode.
        postcode: Option<String>,
    }

    /// A person.
    User {
        /// `Dr`.
        title: Option<String>,
        /// First name.
        given_name: String,
        /// Last name.
        family_name: String,
        /// `1966-01-01`.
        date_of_birth: Option<String>,
        /// Not that of another account.
        email: String,
        /// One of this and the next is needed.
        mobile: Option<String>,
        /// One of this and the one before is needed.
        landline: Option<String>,
        /// Whether marketing is wanted.
        opted_in_for_marketing: Option<bool>,
        /// Whether third parties may write.
        opted_in_to_third_parties: Option<bool>,
        /// Priority services.
        psr: Option<Raw>,
        /// `score` and `risk_bracket`.
        credit_score_data: Option<Raw>,
    }

    /// A meter point to supply.
    NewMeterPoint {
        /// The tariff, unless a quote request says it.
        tariff_code: Option<String>,
        /// The quoted product, with a quote request.
        quoted_product_id: Option<i64>,
        /// `annual_payment` in pence.
        quote: Option<Raw>,
        /// kWh a year.
        consumption_standard: Option<Number>,
        /// kWh a year.
        consumption_day: Option<Number>,
        /// kWh a year.
        consumption_night: Option<Number>,
        /// kWh a year.
        consumption_off_peak: Option<Number>,
        /// Of electricity.
        mpan: Option<String>,
        /// Of gas.
        mprn: Option<String>,
        /// Where it is.
        address: Option<Address>,
        /// `CREDIT` or `PREPAYMENT`.
        meter_type: Option<String>,
        /// Whether it is smart.
        has_smart_meter: Option<bool>,
        /// Who supplies it now.
        current_supplier_name: Option<String>,
        /// On which tariff.
        current_supplier_tariff: Option<String>,
        /// Commission in p/kWh, from 0 to 2.
        unit_rate_uplift: Option<Number>,
        /// A business's own rates.
        bespoke_tariff_rates: Option<Raw>,
    }

    /// A business.
    Business {
        /// Its name.
        name: String,
        /// Its registered number.
        number: Option<String>,
        /// `SOLE_TRADER`, `LIMITED`, `PARTNERSHIP`, `CHARITY` or `GOVERNMENT`.
        business_type: String,
        /// From the Climate Change Levy.
        is_ccl_exempt: Option<bool>,
        /// From VAT.
        is_vat_exempt: Option<bool>,
        /// How many work there.
        head_count: Option<i64>,
        /// In pounds.
        annual_turnover: Option<Number>,
    }

    /// The account that was created, or why it needs a person to look at it.
    AccountCreated {
        /// `A-12341234`; none where a person has to look (202).
        number: Option<String>,
        /// What is being looked into.
        detail: Option<String>,
    }

    /// New agreements for a business's account; the answer has the account's number too.
    Renewal {
        /// The account, in the answer.
        account_number: Option<String>,
        /// The agreements.
        agreements: Vec<RenewalAgreement>,
    }

    /// A new agreement.
    RenewalAgreement {
        /// MPAN or MPRN.
        mpxn: String,
        /// The tariff.
        tariff_code: String,
        /// `2019-12-01`, inclusive.
        valid_from_date: String,
        /// Exclusive.
        valid_to_date: Option<String>,
        /// By meter.
        bespoke_tariff_rates: Option<Vec<BespokeRates>>,
        /// `affiliate_organisation_name` and `unit_rate_uplift`.
        commission: Option<Raw>,
    }

    /// A meter's own rates, without VAT.
    BespokeRates {
        /// The meter.
        meter_serial_number: Option<String>,
        /// p/day.
        standing_charge: Number,
        /// p/kWh, for gas.
        unit_rate: Option<Number>,
        /// p/kWh by register, for electricity.
        registers: Option<Vec<Raw>>,
    }
}
