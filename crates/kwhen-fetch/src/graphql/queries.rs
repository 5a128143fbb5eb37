//! The typed queries. Where the documents do not spell a type's fields out, the selection is an argument with a stated default and
//! what comes is kept as JSON.

use super::Call;
use super::connection::Connection;
use crate::Result;
use crate::rest::sent;
use crate::wire::{Number, Raw, wire};
use chrono::{DateTime, Utc};
use serde_json::json;

wire! {
    /// A stretch of charging that the service plans or has carried out.
    Dispatch {
        /// From when.
        start: Option<String>,
        /// Until when.
        end: Option<String>,
        /// From when, as text that the service formats.
        start_text as "startDt": Option<String>,
        /// Until when, as text that the service formats.
        end_text as "endDt": Option<String>,
        /// Whole kWh, below zero for charging.
        delta_kwh as "deltaKwh": Option<Number>,
        /// kWh, below zero for charging.
        delta: Option<Number>,
        /// Why and where.
        meta: Option<Raw>,
    }

    /// How often an account's smart meters send readings, and whether they may be looked at.
    SmartMeterDataPreferences {
        /// `DAILY`; `HALF_HOURLY` and `MONTHLY` are not in the documents but seen in use.
        reading_frequency as "readingFrequency": Option<String>,
        /// Whether the customer agreed to it that readings are analysed.
        readings_analysis_consent_provided as "readingsAnalysisConsentProvided": Option<bool>,
        /// When that was said.
        readings_analysis_consent_updated_at as "readingsAnalysisConsentUpdatedDatetime": Option<String>,
    }

    /// How much of the rate limit is left, in points of an hour.
    RateLimit {
        /// All.
        limit: Number,
        /// Left.
        remaining_points as "remainingPoints": Number,
        /// Used.
        used_points as "usedPoints": Number,
    }

    /// A unit rate that applies to an account's meter point.
    ApplicableRate {
        /// With VAT, p/kWh.
        value: Number,
        /// From when.
        valid_from as "validFrom": Option<String>,
        /// Until when.
        valid_to as "validTo": Option<String>,
    }

    /// A moment of a smart meter's telemetry.
    Telemetry {
        /// When.
        read_at as "readAt": String,
        /// The register in Wh.
        consumption: Option<Number>,
        /// The power in W.
        demand: Option<Number>,
        /// Wh since the moment before.
        consumption_delta as "consumptionDelta": Option<Number>,
        /// Its cost in pence, without VAT.
        cost_delta as "costDelta": Option<Number>,
        /// Its cost in pence, with VAT.
        cost_delta_with_tax as "costDeltaWithTax": Option<Number>,
    }

    /// What an EV's charging cost.
    CostOfCharge {
        /// Its number.
        cost_of_charge_id as "costOfChargeId": Option<String>,
        /// The device.
        device_id as "krakenflexDeviceId": Option<String>,
        /// The day.
        report_date as "reportDate": Option<String>,
        /// Whether the service planned it.
        is_smart_charge as "isSmartCharge": Option<bool>,
        /// kWh.
        total_consumption as "totalConsumption": Option<Number>,
        /// Without VAT.
        total_cost_excl_tax as "totalCostExclTax": Option<Number>,
        /// With VAT.
        total_cost_incl_tax as "totalCostInclTax": Option<Number>,
    }

    /// What usage cost.
    CostOfUsage {
        /// Whether costs are shown for this account.
        cost_enabled as "costEnabled": Option<bool>,
        /// `CONSUMPTION` or `GENERATION`.
        direction: Option<String>,
        /// The selected details.
        details: Option<Raw>,
    }

    /// What the service thinks other tariffs would cost.
    SmartTariffComparison {
        /// On the present tariff.
        current_cost as "currentCost": Option<Number>,
        /// The same with VAT.
        current_cost_with_tax as "currentCostWithTax": Option<Number>,
        /// On others, as selected.
        cost_comparisons as "costComparisons": Option<Raw>,
    }

    /// Typical consumption by the regulator's statistics.
    ConsumptionEstimates {
        /// A small home's.
        low: Option<ConsumptionEstimate>,
        /// A middling home's.
        medium: Option<ConsumptionEstimate>,
        /// A large home's.
        high: Option<ConsumptionEstimate>,
    }

    /// kWh a year.
    ConsumptionEstimate {
        /// On one register.
        electricity_standard as "electricityStandard": Option<Number>,
        /// By day.
        electricity_day as "electricityDay": Option<Number>,
        /// By night.
        electricity_night as "electricityNight": Option<Number>,
        /// Gas.
        gas_standard as "gasStandard": Option<Number>,
    }

    /// Who a key belongs to.
    Viewer {
        /// The accounts that it opens.
        accounts: Vec<ViewedAccount>,
    }

    /// An account as a key's owner sees it.
    ViewedAccount {
        /// `A-12AB34CD`.
        number: String,
    }

    /// An account with what it has agreed to.
    AccountDetails {
        /// `A-12AB34CD`.
        number: Option<String>,
        /// `ACTIVE`, …
        status: Option<String>,
        /// Pence; above zero is credit.
        balance: Option<Number>,
        /// With their tariffs, as [`AGREEMENT`] selects them; past ones too.
        electricity_agreements as "electricityAgreements": Option<Vec<Agreement>>,
        /// With its tariff, as selected.
        gas_agreements as "gasAgreements": Option<Vec<Raw>>,
        /// Today's and tomorrow's prices of a tracker, as selected.
        tracker_tariff_daily_pricing as "trackerTariffDailyPricing": Option<Raw>,
    }

    /// A tariff that an account has agreed to, for a time.
    Agreement {
        /// Its number.
        id: Option<Raw>,
        /// From when.
        valid_from as "validFrom": Option<String>,
        /// Until when; none for as long as it goes on.
        valid_to as "validTo": Option<String>,
        /// The tariff; none where the service does not show it.
        tariff: Option<AgreedTariff>,
    }

    /// An agreed tariff of any kind. Which rates it has goes by its kind; the documents do not say whether VAT is in them.
    AgreedTariff {
        /// `HalfHourlyTariff`, `StandardTariff`, `DayNightTariff`, `ThreeRateTariff`, `PrepayTariff`, …
        kind as "__typename": Option<String>,
        /// Its name for people.
        display_name as "displayName": Option<String>,
        /// `E-1R-AGILE-24-10-01-C`.
        tariff_code as "tariffCode": Option<String>,
        /// `AGILE-24-10-01`.
        product_code as "productCode": Option<String>,
        /// Pence a day.
        standing_charge as "standingCharge": Option<Number>,
        /// Of a half-hourly tariff.
        unit_rates as "unitRates": Option<Vec<AgreedUnitRate>>,
        /// Of a standard or prepay tariff, in p/kWh.
        unit_rate as "unitRate": Option<Number>,
        /// Of a tariff of two or three registers, in p/kWh.
        day_rate as "dayRate": Option<Number>,
        /// Of a tariff of two or three registers, in p/kWh.
        night_rate as "nightRate": Option<Number>,
        /// Of a tariff of three registers, in p/kWh.
        off_peak_rate as "offPeakRate": Option<Number>,
    }

    /// A unit rate of an agreed half-hourly tariff.
    AgreedUnitRate {
        /// p/kWh.
        value: Number,
        /// From when.
        valid_from as "validFrom": Option<String>,
        /// Until when.
        valid_to as "validTo": Option<String>,
    }

    /// What was measured over an interval.
    Measurement {
        /// How much.
        value: Option<Number>,
        /// `kwh`, …
        unit: Option<String>,
        /// From when.
        start_at as "startAt": Option<String>,
        /// Until when.
        end_at as "endAt": Option<String>,
        /// Statistics with costs. The amounts are pence although the currency says GBP.
        meta_data as "metaData": Option<Raw>,
    }
}

/// The tariff fields that are asked of an agreement: half-hourly tariffs bring their `unitRates`.
pub const AGREEMENT: &str = "id validFrom validTo tariff { __typename \
    ... on HalfHourlyTariff { displayName tariffCode productCode standingCharge unitRates { value validFrom validTo } } \
    ... on StandardTariff { displayName tariffCode productCode standingCharge unitRate } \
    ... on DayNightTariff { displayName tariffCode productCode standingCharge dayRate nightRate } \
    ... on ThreeRateTariff { displayName tariffCode productCode standingCharge dayRate nightRate offPeakRate } \
    ... on PrepayTariff { displayName tariffCode productCode standingCharge unitRate } }";

/// The accounts that the key opens.
pub fn viewer() -> Call<Viewer> {
    Call::query("query Viewer { viewer { accounts { number } } }", "viewer").reading()
}

/// An account with its agreements and tariffs. `more` is added to the selection.
pub fn account(number: &str, more: &str) -> Result<Call<AccountDetails>> {
    let document = format!(
        "query Account($accountNumber: String!) {{ account(accountNumber: $accountNumber) {{ number status balance \
         electricityAgreements(active: false) {{ {AGREEMENT} }} {more} }} }}"
    );
    Call::query(document, "account").with(&json!({ "accountNumber": number })).map(Call::reading)
}

/// A tracker's prices; the selection is that of `TrackerTariffDailyPricing`.
pub fn tracker_tariff_daily_pricing(number: &str, selection: &str) -> Result<Call<AccountDetails>> {
    let document = format!(
        "query Account($accountNumber: String!) {{ account(accountNumber: $accountNumber) {{ number \
         trackerTariffDailyPricing {{ {selection} }} }} }}"
    );
    Call::query(document, "account").with(&json!({ "accountNumber": number })).map(Call::reading)
}

/// The rates that apply to a meter point, all pages of them.
pub fn applicable_rates(
    account: &str,
    meter_point: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Connection<ApplicableRate> {
    let document = "query ApplicableRates($accountNumber: String!, $mpxn: String!, $startAt: DateTime!, $endAt: DateTime!, \
        $first: Int, $after: String) { applicableRates(accountNumber: $accountNumber, mpxn: $mpxn, startAt: $startAt, endAt: $endAt, \
        first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node { value validFrom validTo } } } }";
    let variables =
        json!({ "accountNumber": account, "mpxn": meter_point, "startAt": sent(from), "endAt": sent(to) });
    Connection::new(document, variables, &["applicableRates"], 100)
}

/// Half-hourly measurements of a property, all pages of them. Ask for a few days at a time: over wide ranges the statistics come
/// back empty without a word. `direction` is `CONSUMPTION` or `GENERATION`.
pub fn measurements(
    property: &str,
    market_supply_point: &str,
    direction: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Connection<Measurement> {
    let document = "query Measurements($propertyId: ID!, $startAt: DateTime!, $endAt: DateTime!, $first: Int!, $after: String, \
        $filters: [UtilityFiltersInput!]) { property(id: $propertyId) { measurements(startAt: $startAt, endAt: $endAt, first: $first, \
        after: $after, utilityFilters: $filters) { pageInfo { hasNextPage endCursor } edges { node { value unit \
        ... on IntervalMeasurementType { startAt endAt } metaData { statistics { type label value \
        costInclTax { estimatedAmount costCurrency pricePerUnit { amount unit } } \
        costExclTax { estimatedAmount costCurrency pricePerUnit { amount unit } } } } } } } } }";
    let variables = json!({ "propertyId": property, "startAt": sent(from), "endAt": sent(to), "filters": [{ "electricityFilters": {
        "readingFrequencyType": "THIRTY_MIN_INTERVAL", "marketSupplyPointId": market_supply_point, "readingDirection": direction } }] });
    Connection::new(document, variables, &["property", "measurements"], 100)
}

/// How often an account's smart meters send readings: where that is daily, there are no half-hours.
pub fn smart_meter_data_preferences(account: &str) -> Result<Call<SmartMeterDataPreferences>> {
    let document = "query SmartMeterDataPreferences($accountNumber: String!) { \
        smartMeterDataPreferences(accountNumber: $accountNumber) { readingFrequency readingsAnalysisConsentProvided \
        readingsAnalysisConsentUpdatedDatetime } }";
    let variables = json!({ "accountNumber": account });
    Call::query(document, "smartMeterDataPreferences").with(&variables).map(Call::reading)
}

/// Dispatches planned for the next 24 hours.
pub fn planned_dispatches(account: &str) -> Result<Call<Vec<Dispatch>>> {
    dispatches("plannedDispatches", account)
}

/// Dispatches of the last 12 hours, newest first.
pub fn completed_dispatches(account: &str) -> Result<Call<Vec<Dispatch>>> {
    dispatches("completedDispatches", account)
}

fn dispatches(field: &str, account: &str) -> Result<Call<Vec<Dispatch>>> {
    let document = format!(
        "query Dispatches($accountNumber: String!) {{ {field}(accountNumber: $accountNumber) \
         {{ start end startDt endDt deltaKwh delta meta {{ source location }} }} }}"
    );
    Call::query(document, field).with(&json!({ "accountNumber": account })).map(Call::reading)
}

/// A smart meter's telemetry; the latest alone without a range. The service allows about 100 calls an hour.
pub fn smart_meter_telemetry(
    device: &str,
    range: Option<(DateTime<Utc>, DateTime<Utc>)>,
    grouping: Option<&str>,
) -> Result<Call<Vec<Telemetry>>> {
    let document = "query SmartMeterTelemetry($deviceId: String!, $start: DateTime, $end: DateTime, $grouping: TelemetryGrouping) { \
        smartMeterTelemetry(deviceId: $deviceId, start: $start, end: $end, grouping: $grouping) { readAt consumption demand \
        consumptionDelta costDelta costDeltaWithTax } }";
    let (start, end) = (range.map(|range| sent(range.0)), range.map(|range| sent(range.1)));
    let variables = json!({ "deviceId": device, "start": start, "end": end, "grouping": grouping });
    Call::query(document, "smartMeterTelemetry").with(&variables).map(Call::reading)
}

/// What an EV's charging cost; `frequency` is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`.
pub fn cost_of_charge(account: &str, frequency: &str) -> Result<Call<Vec<CostOfCharge>>> {
    let document = "query CostOfCharge($accountNumber: String!, $frequency: DataFrequency!) { \
        costOfCharge(accountNumber: $accountNumber, frequency: $frequency) { costOfChargeId krakenflexDeviceId reportDate isSmartCharge \
        totalConsumption totalCostExclTax totalCostInclTax } }";
    let variables = json!({ "accountNumber": account, "frequency": frequency });
    Call::query(document, "costOfCharge").with(&variables).map(Call::reading)
}

/// What usage cost; `fuel` is `ELECTRICITY` or `GAS`, `grouping` such as `HALF_HOUR` or `DAY`. `details` is the selection of a detail
/// node, `__typename` at the least. Days and months are those of `zone`, the home's (`Europe/London`); one meter's, or all of the fuel's.
pub fn cost_of_usage(
    account: &str,
    (fuel, meter): (&str, Option<&str>),
    from: DateTime<Utc>,
    (grouping, zone): (&str, &str),
    details: &str,
) -> Result<Call<CostOfUsage>> {
    let document = format!(
        "query CostOfUsage($accountNumber: String, $meterId: String, $fuelType: FuelType, $startAt: DateTime, \
         $grouping: ConsumptionGroupings!, $timezone: String) {{ costOfUsage(accountNumber: $accountNumber, meterId: $meterId, \
         fuelType: $fuelType, startAt: $startAt, grouping: $grouping, timezone: $timezone) {{ costEnabled direction details {{ edges {{ node {{ {details} }} }} }} }} }}"
    );
    let variables = json!({ "accountNumber": account, "meterId": meter, "fuelType": fuel, "startAt": sent(from),
        "grouping": grouping, "timezone": zone });
    Call::query(document, "costOfUsage").with(&variables).map(Call::reading)
}

/// The details of what usage cost, all pages of them; as [`cost_of_usage`], whose first page alone it is not. That the list takes `first` and
/// `after` as every list of the service does is not in the documents.
#[must_use]
pub fn cost_of_usage_details(
    account: &str,
    (fuel, meter): (&str, Option<&str>),
    from: DateTime<Utc>,
    (grouping, zone): (&str, &str),
    details: &str,
) -> Connection<Raw> {
    let document = format!(
        "query CostOfUsage($accountNumber: String, $meterId: String, $fuelType: FuelType, $startAt: DateTime, \
         $grouping: ConsumptionGroupings!, $timezone: String, $first: Int, $after: String) {{ costOfUsage(accountNumber: $accountNumber, \
         meterId: $meterId, fuelType: $fuelType, startAt: $startAt, grouping: $grouping, timezone: $timezone) {{ \
         details(first: $first, after: $after) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {details} }} }} }} }} }}"
    );
    let variables = json!({ "accountNumber": account, "meterId": meter, "fuelType": fuel, "startAt": sent(from),
        "grouping": grouping, "timezone": zone });
    Connection::new(document, variables, &["costOfUsage", "details"], 100)
}

/// What the service thinks other tariffs would cost; the selection is that of `TariffComparisonType`.
pub fn smart_tariff_comparison(mpan: &str, selection: &str) -> Result<Call<SmartTariffComparison>> {
    let document = format!(
        "query SmartTariffComparison($mpan: String) {{ smartTariffComparison(mpan: $mpan) {{ currentCost currentCostWithTax \
         costComparisons {{ {selection} }} }} }}"
    );
    Call::query(document, "smartTariffComparison").with(&json!({ "mpan": mpan })).map(Call::reading)
}

/// Typical consumption; anybody may ask.
#[must_use]
pub fn consumption_estimates() -> Call<ConsumptionEstimates> {
    let level = "{ electricityStandard electricityDay electricityNight gasStandard }";
    let document = format!(
        "query ConsumptionEstimates {{ consumptionEstimates {{ low {level} medium {level} high {level} }} }}"
    );
    Call::query(document, "consumptionEstimates").public().reading()
}

/// How much of the rate limit is left.
#[must_use]
pub fn rate_limit() -> Call<RateLimit> {
    Call::query("query RateLimit { rateLimit { limit remainingPoints usedPoints } }", "rateLimit").reading()
}
