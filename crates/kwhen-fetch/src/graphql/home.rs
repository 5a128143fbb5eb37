//! Typed queries about a home's deals, meters and devices. Fields that the documents do not spell out stay JSON ([`Raw`]); what is seen in
//! use and not in the documents is said so.

use super::{Call, Connection};
use crate::Result;
use crate::rest::sent;
use crate::wire::{Number, Raw, wire};
use chrono::{DateTime, Utc};
use serde_json::json;

wire! {
    /// The terms of an agreement.
    AgreementTerms {
        /// Its number.
        id: Option<Raw>,
        /// From when it holds.
        valid_from as "validFrom": Option<String>,
        /// Until when; none for as long as it goes on.
        valid_to as "validTo": Option<String>,
        /// From when it was agreed.
        agreed_from as "agreedFrom": Option<String>,
        /// Until when it was agreed.
        agreed_to as "agreedTo": Option<String>,
        /// Whether it was taken back.
        is_revoked as "isRevoked": Option<bool>,
    }

    /// What an account goes on to when a deal ends.
    FollowOnProduct {
        /// From when it is the one.
        active_from as "activeFrom": Option<String>,
        /// Until when.
        active_to as "activeTo": Option<String>,
        /// `DOMESTIC`, `BUSINESS`.
        account_type as "accountType": Option<String>,
        /// `DIRECT_DEBIT`, …
        payment_method as "paymentMethod": Option<String>,
        /// The products, as selected; the documents do not spell their fields out.
        renewal_products as "renewalProducts": Option<Raw>,
        /// When that was said.
        created_at as "createdAt": Option<String>,
    }

    /// The products that a meter point may have.
    AvailableProducts {
        /// MPAN or MPRN.
        mpxn: Option<String>,
        /// The products.
        products: Vec<EnergyProduct>,
    }

    /// A product that is sold.
    EnergyProduct {
        /// `AGILE-24-10-01`.
        code: Option<String>,
        /// Its name for people.
        display_name as "displayName": Option<String>,
        /// `IMPORT` or `EXPORT`.
        direction: Option<String>,
        /// How many months it lasts, if that is fixed.
        term: Option<Number>,
        /// Whether its prices stay as they are.
        is_fixed as "isFixed": Option<bool>,
        /// Whether half-hours are charged.
        is_charged_half_hourly as "isChargedHalfHourly": Option<bool>,
        /// From when it is sold.
        available_from as "availableFrom": Option<String>,
        /// Until when.
        available_to as "availableTo": Option<String>,
        /// What leaving it early costs.
        exit_fees as "exitFees": Option<Number>,
        /// What that is counted by.
        exit_fees_type as "exitFeesType": Option<String>,
    }

    /// Whether a meter point may have a product.
    ProductEligibility {
        /// It may.
        is_eligible as "isEligible": Option<bool>,
    }

    /// What the registers of a meter showed at a moment. The documents name this type and not its fields: these are seen in use at Great
    /// Britain's installation.
    MeterReading {
        /// Its number.
        id: Option<Raw>,
        /// When it was read.
        read_at as "readAt": Option<String>,
        /// Who says so: `CUSTOMER`, `SMART`, `ESTIMATED`, …
        source as "readingSource": Option<String>,
        /// Register by register.
        registers: Vec<MeterRegister>,
    }

    /// What one register showed.
    MeterRegister {
        /// Its number at the meter.
        identifier: Option<String>,
        /// `DAY`, `NIGHT`, `STANDARD`, …
        name: Option<String>,
        /// What it showed, in the unit of the meter.
        value: Option<Number>,
        /// Whether the service holds it back as doubtful.
        is_quarantined as "isQuarantined": Option<bool>,
    }

    /// The meters of an account with the numbers that [`meter_readings`] takes.
    AccountMeters {
        /// Its properties.
        properties: Vec<PropertyMeters>,
    }

    /// The meters of a property.
    PropertyMeters {
        /// Its electricity meter points.
        electricity as "electricityMeterPoints": Vec<PointMeters>,
        /// Its gas meter points.
        gas as "gasMeterPoints": Vec<PointMeters>,
    }

    /// The meters of a meter point.
    PointMeters {
        /// Of electricity.
        mpan: Option<String>,
        /// Of gas.
        mprn: Option<String>,
        /// Its meters, those that were exchanged too.
        meters: Vec<NumberedMeter>,
    }

    /// A meter.
    NumberedMeter {
        /// The service's number of it.
        id: Option<Raw>,
        /// What is printed on it.
        serial_number as "serialNumber": Option<String>,
    }

    /// A discount that goes by the wind at a turbine (the fan club). The documents do not spell the four lists out.
    FanClubStatus {
        /// Which turbine.
        discount_source as "discountSource": Option<String>,
        /// At which wind the discount is how much.
        thresholds: Option<Raw>,
        /// What holds now.
        current: Option<Raw>,
        /// What held.
        historic: Option<Raw>,
        /// What is expected.
        forecast: Option<Raw>,
    }

    /// A heat pump that the service may steer.
    HeatPumpDevice {
        /// Its number.
        krakenflex_device_id as "krakenflexDeviceId": Option<String>,
        /// `HEAT_PUMPS`, …
        device_type as "deviceType": Option<String>,
        /// Who connects it.
        provider: Option<String>,
    }

    /// How green electricity is expected to be for a time: an index, no grams. The periods need not be of one length, contiguous or in order.
    GreennessPeriod {
        /// From when.
        valid_from as "validFrom": Option<String>,
        /// Until when.
        valid_to as "validTo": Option<String>,
        /// The higher, the greener.
        score as "greennessScore": Option<Number>,
        /// `LOW`, `MEDIUM`, `HIGH`.
        index as "greennessIndex": Option<String>,
        /// Whether it stands out.
        is_highlighted as "highlightFlag": Option<bool>,
    }

    /// How electricity is made now.
    EnergyMix {
        /// An index in words; no grams.
        carbon_intensity_index as "carbonIntensityIndex": Option<String>,
    }
}

/// Electricity or gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commodity {
    /// Electricity.
    Electricity,
    /// Gas.
    Gas,
}

/// The terms of an agreement by its number, as an account's agreements show it.
pub fn agreement_terms(commodity: Commodity, id: &str) -> Result<Call<AgreementTerms>> {
    let field = match commodity {
        Commodity::Electricity => "electricityAgreement",
        Commodity::Gas => "gasAgreement",
    };
    let document = format!(
        "query Agreement($id: ID!) {{ {field}(id: $id) {{ id validFrom validTo agreedFrom agreedTo isRevoked }} }}"
    );
    Call::query(document, field).with(&json!({ "id": id })).map(Call::reading)
}

/// What an account goes on to when an agreement ends; `renewal` is the selection of a renewal product, `__typename` at the least.
pub fn follow_on_product(
    account: &str,
    (commodity, agreement): (Commodity, &str),
    valid_at: DateTime<Utc>,
    renewal: &str,
) -> Result<Call<FollowOnProduct>> {
    let document = format!(
        "query FollowOnProduct($accountNumber: String!, $electricityAgreementId: ID, $gasAgreementId: ID, $validAt: DateTime!) {{ \
         followOnProduct(accountNumber: $accountNumber, electricityAgreementId: $electricityAgreementId, gasAgreementId: $gasAgreementId, \
         validAt: $validAt) {{ activeFrom activeTo accountType paymentMethod renewalProducts {{ {renewal} }} createdAt }} }}"
    );
    let (electricity, gas) = match commodity {
        Commodity::Electricity => (Some(agreement), None),
        Commodity::Gas => (None, Some(agreement)),
    };
    let variables = json!({ "accountNumber": account, "electricityAgreementId": electricity, "gasAgreementId": gas, "validAt": sent(valid_at) });
    Call::query(document, "followOnProduct").with(&variables).map(Call::reading)
}

/// The products that meter points of an account may have at a moment.
pub fn available_products(
    account: &str,
    meter_points: &[&str],
    at: DateTime<Utc>,
) -> Result<Call<Vec<AvailableProducts>>> {
    let document = "query AvailableProducts($accountNumber: String!, $mpxns: [String]!, $availableAt: DateTime!) { \
        availableProductsForMeterPoint(accountNumber: $accountNumber, mpxns: $mpxns, availableAt: $availableAt) { mpxn products { code \
        displayName direction term isFixed isChargedHalfHourly availableFrom availableTo exitFees exitFeesType } } }";
    let variables = json!({ "accountNumber": account, "mpxns": meter_points, "availableAt": sent(at) });
    Call::query(document, "availableProductsForMeterPoint").with(&variables).map(Call::reading)
}

/// Whether a meter point may have a product.
pub fn product_eligibility(
    account: &str,
    meter_point: &str,
    product: &str,
) -> Result<Call<ProductEligibility>> {
    let document = "query Eligibility($accountNumber: String!, $mpxn: String!, $productCode: String!) { \
        meterPointProductEligibility(accountNumber: $accountNumber, mpxn: $mpxn, productCode: $productCode) { isEligible } }";
    let variables = json!({ "accountNumber": account, "mpxn": meter_point, "productCode": product });
    Call::query(document, "meterPointProductEligibility").with(&variables).map(Call::reading)
}

/// The meters of an account with their numbers.
pub fn account_meters(account: &str) -> Result<Call<AccountMeters>> {
    let document = "query Meters($accountNumber: String!) { account(accountNumber: $accountNumber) { properties { \
        electricityMeterPoints { mpan meters { id serialNumber } } gasMeterPoints { mprn meters { id serialNumber } } } } }";
    Call::query(document, "account").with(&json!({ "accountNumber": account })).map(Call::reading)
}

/// What the registers of a meter showed, all pages of it; `meter` is the service's number of it ([`account_meters`]).
#[must_use]
pub fn meter_readings(account: &str, commodity: Commodity, meter: &str) -> Connection<MeterReading> {
    let field = match commodity {
        Commodity::Electricity => "electricityMeterReadings",
        Commodity::Gas => "gasMeterReadings",
    };
    let document = format!(
        "query MeterReadings($accountNumber: String!, $meterId: String!, $first: Int, $after: String) {{ {field}(accountNumber: $accountNumber, \
         meterId: $meterId, first: $first, after: $after) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ id readAt readingSource \
         registers {{ identifier name value isQuarantined }} }} }} }} }}"
    );
    Connection::new(document, json!({ "accountNumber": account, "meterId": meter }), &[field], 100)
}

/// An account's discounts by the wind; `lists` is the selection of each of their lists, `__typename` at the least.
pub fn fan_club_status(account: &str, lists: &str) -> Result<Call<Vec<FanClubStatus>>> {
    let document = format!(
        "query FanClub($accountNumber: String) {{ fanClubStatus(accountNumber: $accountNumber) {{ discountSource thresholds {{ {lists} }} \
         current {{ {lists} }} historic {{ {lists} }} forecast {{ {lists} }} }} }}"
    );
    Call::query(document, "fanClubStatus").with(&json!({ "accountNumber": account })).map(Call::reading)
}

/// The heat pump of a property.
pub fn heat_pump_device(account: &str, property: i64) -> Result<Call<HeatPumpDevice>> {
    let document = "query HeatPump($accountNumber: String!, $propertyId: Int!) { heatPumpDevice(accountNumber: $accountNumber, \
        propertyId: $propertyId) { krakenflexDeviceId deviceType provider } }";
    let variables = json!({ "accountNumber": account, "propertyId": property });
    Call::query(document, "heatPumpDevice").with(&variables).map(Call::reading)
}

/// How green electricity is expected to be.
#[must_use]
pub fn greenness_forecast() -> Call<Vec<GreennessPeriod>> {
    let document = "query Greenness { greennessForecast { validFrom validTo greennessScore greennessIndex highlightFlag } }";
    Call::query(document, "greennessForecast").reading()
}

/// How electricity is made now.
#[must_use]
pub fn energy_mix() -> Call<EnergyMix> {
    Call::query("query Mix { energyMixData { carbonIntensityIndex } }", "energyMixData").reading()
}
