//! The fields that there are, with all that they hold.

use super::select::{INTERFACES, pages, sized, whole};
use super::{Refusal, own_account};
use crate::server::World;
use crate::{ACCOUNT, AGILE, EXPORT_MPAN, GAS_METER, KEY, METER, MPAN, MPRN};
use serde_json::{Map, Value, json};

type Arguments = Map<String, Value>;

/// A token for credentials that are known, or for a refresh token.
pub(super) fn token(arguments: &Arguments, world: &mut World) -> Result<Value, Refusal> {
    let text = |name: &str| arguments.get("input")?.get(name)?.as_str();
    let known = text("APIKey") == Some(KEY)
        || text("email") == Some("chris@example.com") && text("password") == Some("correct horse")
        || text("preSignedKey") == Some("pre-signed")
        || text("organizationSecretKey") == Some("organisation")
        || text("refreshToken").is_some_and(|refresh| refresh.starts_with("refresh-"));
    if !known {
        return Err(Refusal::new("KT-CT-1139", "Authentication failed.", "VALIDATION"));
    }
    world.tokens += 1;
    let now = world.now.timestamp();
    Ok(json!({"__typename": "ObtainKrakenJSONWebToken", "token": format!("token-{}", world.tokens),
        "payload": whole(json!({"exp": now + 3600})), "refreshToken": format!("refresh-{}", world.tokens),
        "refreshExpiresIn": now + 7 * 86_400, "possibleErrors": []}))
}

pub(super) fn consumption_estimates() -> Value {
    let level = |level: i64| json!({"electricityStandard": level, "electricityDay": level, "electricityNight": level, "gasStandard": level});
    json!({"low": level(1800), "medium": level(2700), "high": level(4100)})
}

/// A query's field; none that is not known here.
pub(super) fn query(name: &str, arguments: &Arguments, world: &World) -> Result<Option<Value>, Refusal> {
    own_account(arguments)?;
    Ok(Some(match name {
        "viewer" => {
            json!({"__typename": "AccountUserType", "id": "1", "givenName": "Chris", "familyName": "Example",
            "email": "chris@example.com", "accounts": [account(world)]})
        }
        "account" => account(world),
        "plannedDispatches" => dispatches(world),
        "completedDispatches" if world.has_no_device => {
            return Err(Refusal::new("KT-CT-4301", "Unable to find device for given account.", "NOT_FOUND"));
        }
        "completedDispatches" => dispatches(world),
        "smartMeterDataPreferences" => json!({"readingFrequency": world.reading_frequency,
            "readingsAnalysisConsentProvided": true, "readingsAnalysisConsentUpdatedDatetime": "2024-01-01T00:00:00+00:00"}),
        "rateLimit" => json!({"limit": 50000, "remainingPoints": 49990, "usedPoints": 10}),
        "applicableRates" => pages(json!([
            {"value": 9.2715, "validFrom": "2025-10-26T00:00:00+00:00", "validTo": "2025-10-26T00:30:00+00:00"},
            {"value": "-1.575", "validFrom": "2025-10-26T00:30:00+00:00", "validTo": "2025-10-26T01:00:00+00:00"}])),
        "property" => {
            json!({"__typename": "PropertyType", "id": arguments.get("id"), "measurements": measurements()})
        }
        "registeredKrakenflexDevice" => {
            json!({"krakenflexDeviceId": "device-1", "provider": "OHME", "vehicleMake": "Made Up",
            "vehicleModel": "One", "vehicleBatterySizeInKwh": 64.0, "chargePointMake": "Made Up", "chargePointModel": "Wall",
            "chargePointPowerInKw": 7.0, "status": "Live", "suspended": false, "hasToken": true, "createdAt": "2024-01-01T00:00:00+00:00",
            "stateOfChargeLimit": null, "testDispatchFailureReason": "NONE"})
        }
        "vehicleChargingPreferences" => {
            json!({"weekdayTargetTime": "07:00", "weekdayTargetSoc": 80, "weekendTargetTime": "09:00", "weekendTargetSoc": 90,
            "minimumSocPercentage": 10, "maximumSocPercentage": 100})
        }
        "costOfCharge" => {
            json!([{"costOfChargeId": "1", "krakenflexDeviceId": "device-1", "reportDate": "2026-03-01",
            "isSmartCharge": true, "totalConsumption": 10.52, "totalCostExclTax": "70.10", "totalCostInclTax": 73.605}])
        }
        "costOfUsage" => json!({"costEnabled": true, "direction": "CONSUMPTION",
            "details": pages(json!([{"__typename": "CostOfUsageNode", "day": 1}, {"__typename": "CostOfUsageNode", "day": 2},
                {"__typename": "CostOfUsageNode", "day": 3}]))}),
        "electricityMeterReadings" | "gasMeterReadings" => register_readings(arguments),
        "smartMeterTelemetry" => {
            json!([{"readAt": "2026-03-01T00:00:10+00:00", "consumption": 1234567.0, "demand": "412.000",
            "consumptionDelta": 1.0, "costDelta": null, "costDeltaWithTax": null}])
        }
        "savingSessions" => {
            json!({"eventCount": 2, "events": [{"id": 1, "code": "EVENT_1", "startAt": "2026-01-15T17:00:00+00:00",
            "endAt": "2026-01-15T18:00:00+00:00", "rewardPerKwhInOctoPoints": 1800, "eventType": "TURN_DOWN"},
            {"id": 2, "code": "EVENT_2", "startAt": "2026-02-28T12:00:00+00:00", "endAt": "2026-02-28T13:00:00+00:00",
            "rewardPerKwhInOctoPoints": 0, "eventType": "WEEKEND_HAPPY_HOUR"}],
            "account": {"hasJoinedCampaign": true, "joinedEvents": world.joined_sessions.iter().map(joined).collect::<Vec<_>>()}})
        }
        "availableProductsForMeterPoint" => {
            let product = |code: &str, term: Value| {
                json!({"__typename": "EnergyProductType", "code": code, "displayName": code, "direction": "IMPORT",
                "term": term, "isFixed": !term.is_null(), "isChargedHalfHourly": code.starts_with("AGILE"), "availableFrom": null,
                "availableTo": null, "exitFees": null, "exitFeesType": "NONE"})
            };
            let points = arguments.get("mpxns").and_then(Value::as_array).cloned().unwrap_or_default();
            let of = |point: &Value| {
                json!({"__typename": "MPxNProductType", "mpxn": point,
                "products": [product("AGILE-24-10-01", Value::Null), product("VAR-22-11-01", Value::Null)]})
            };
            points.iter().map(of).collect()
        }
        "smartTariffComparison" => json!({"currentCost": 101.5, "currentCostWithTax": "106.575",
            "costComparisons": [{"__typename": "TariffComparisonType"}]}),
        _ => return Ok(None),
    }))
}

/// A mutation's field; none that is not known here.
pub(super) fn mutation(name: &str, arguments: &Arguments) -> Option<Value> {
    let device = json!({"possibleErrors": [], "krakenflexDevice": {"__typename": "KrakenFlexDeviceType", "krakenflexDeviceId": "device-1"}});
    let input =
        |name: &str| arguments.get("input").and_then(|input| input.get(name)).cloned().unwrap_or_default();
    let error =
        |code: &str, message: &str| json!([{"code": code, "message": message, "description": message}]);
    Some(match name {
        "setVehicleChargePreferences" => json!({"krakenflexDevice": null, "possibleErrors":
            error("KT-CT-4353", "An error occurred while trying to update your charging preferences.")}),
        "triggerBoostCharge" | "deleteBoostCharge" => device,
        "setBatteryChargingPreferences" => {
            json!({"possibleErrors": [], "krakenflexDevice": {"__typename": "BatteryDeviceType"}})
        }
        "setDevicePreferences" => json!({"id": input("deviceId")}),
        "joinSavingSessionsEvent" if input("eventCode") == "EVENT_1" => {
            json!({"possibleErrors": [], "joinedEventCodes": [input("eventCode")]})
        }
        "joinSavingSessionsEvent" => json!({"joinedEventCodes": null,
            "possibleErrors": error("KT-GB-5114", "Saving Sessions event not found.")}),
        _ => return None,
    })
}

fn dispatches(world: &World) -> Value {
    if let Some(dispatched) = &world.dispatched {
        let row = |(from, to): &(String, String)| {
            json!({"startDt": from, "endDt": to, "start": from, "end": to, "deltaKwh": -3, "delta": "-3.10",
                "meta": {"source": "smart-charge", "location": "AT_HOME"}})
        };
        return dispatched.iter().map(row).collect();
    }
    json!([{"startDt": "2026-03-02 23:30:00+00:00", "endDt": "2026-03-03 01:00:00+00:00",
        "start": "2026-03-02T23:30:00+00:00", "end": "2026-03-03T01:00:00+00:00",
        "deltaKwh": -10, "delta": "-10.52", "meta": {"source": "smart-charge", "location": "AT_HOME"}}])
}

/// A session that the account has joined, as it is listed: number, from when, until when, kind.
fn joined((id, from, to, kind): &(i64, String, String, String)) -> Value {
    json!({"eventId": id, "startAt": from, "endAt": to, "eventType": kind, "rewardGivenInOctoPoints": null})
}

/// What registers showed at three moments: of the import's meter day and night, of the gas meter one.
fn register_readings(arguments: &Arguments) -> Value {
    let meter = arguments.get("meterId").and_then(Value::as_str).unwrap_or_default();
    let register = |name: &str, value: &str| json!({"identifier": name.get(..1), "name": name, "value": value, "isQuarantined": false});
    let row = |(id, at, source, registers): (i64, &str, &str, Vec<Value>)| {
        json!({"__typename": "MeterReadingType", "id": id.to_string(),
        "readAt": at, "readingSource": source, "registers": registers})
    };
    let rows: Vec<Value> = match meter {
        "101" => [
            (
                1,
                "2026-03-01T00:00:00+00:00",
                "CUSTOMER",
                vec![register("DAY", "10700.0"), register("NIGHT", "5150.00")],
            ),
            (
                2,
                "2026-02-01T00:00:00+00:00",
                "SMART",
                vec![register("DAY", "10400.5"), register("NIGHT", "5000.25")],
            ),
            (
                3,
                "2026-01-01T00:00:00+00:00",
                "ESTIMATED",
                vec![register("DAY", "10000.0"), register("NIGHT", "4800.00")],
            ),
        ]
        .map(row)
        .to_vec(),
        "201" => [
            (4, "2026-03-01T00:00:00+00:00", "CUSTOMER", vec![register("STANDARD", "4321.1")]),
            (5, "2026-02-01T00:00:00+00:00", "CUSTOMER", vec![register("STANDARD", "4200.0")]),
        ]
        .map(row)
        .to_vec(),
        _ => Vec::new(),
    };
    pages(Value::Array(rows))
}

fn measurements() -> Value {
    let node = |value: Value, start: &str, end: &str| {
        json!({"__typename": "IntervalMeasurementType", INTERFACES: ["MeasurementInterface"], "value": value, "unit": "kwh",
            "readAt": end, "startAt": start, "endAt": end,
            "metaData": {"statistics": [{"type": "CONSUMPTION_COST", "label": null, "value": null,
                "costInclTax": {"estimatedAmount": "2.47380", "costCurrency": "GBP", "pricePerUnit": null}, "costExclTax": null}]}})
    };
    pages(json!([
        node(json!("0.1320"), "2026-03-01T00:00:00+00:00", "2026-03-01T00:30:00+00:00"),
        node(json!(0.2), "2026-03-01T00:30:00+00:00", "2026-03-01T01:00:00+00:00"),
    ]))
}

/// A bill's transactions with all the fields that there are.
fn transactions(bill: &Value) -> Vec<Value> {
    let listed = bill.get("transactions").and_then(Value::as_array);
    let whole = |row: &Value| {
        let mut made = json!({"__typename": "Charge", INTERFACES: ["TransactionType"], "title": null, "note": null, "isReversed": false,
            "billingDocumentIdentifier": bill.get("id"), "postedDate": bill.get("issuedDate"), "isExport": null, "consumption": null,
            "amounts": null});
        if let (Some(made), Some(row)) = (made.as_object_mut(), row.as_object()) {
            made.extend(row.clone());
        }
        made
    };
    listed.into_iter().flatten().map(whole).collect()
}

/// A bill with all the fields that there are.
fn bill(row: &Value) -> Value {
    let mut made = json!({"__typename": "StatementType", INTERFACES: ["BillInterface"], "billType": "STATEMENT", "openingBalance": null,
        "closingBalance": null, "totalCharges": null, "totalCredits": null, "issuedDate": null});
    if let (Some(made), Some(row)) = (made.as_object_mut(), row.as_object()) {
        made.extend(row.clone());
        made.insert("transactions".to_owned(), sized(&transactions(&Value::Object(row.clone()))));
    }
    made
}

/// The account as GraphQL shows it: of the same meter points and tariffs as REST shows.
fn account(world: &World) -> Value {
    let tariff = |code: &str| {
        let product =
            code.splitn(3, '-').nth(2).and_then(|rest| rest.rsplit_once('-')).map(|(product, _)| product);
        let (kind, rates) =
            if code == AGILE { ("HalfHourlyTariff", "unitRates") } else { ("StandardTariff", "unitRate") };
        let rates_value = if code == AGILE {
            json!([{"value": 9.2715, "validFrom": "2025-10-26T00:00:00+00:00", "validTo": "2025-10-26T00:30:00+00:00"}])
        } else {
            json!(26.5755)
        };
        json!({"__typename": kind, INTERFACES: ["TariffType"], "id": code, "displayName": product, "fullName": product,
            "tariffCode": code, "productCode": product, "standingCharge": 39.535125, rates: rates_value})
    };
    let agreement = |id: i64, code: &str, from: &str, point: Value| json!({"id": id, "validFrom": from, "validTo": null, "tariff": tariff(code), "meterPoint": point});
    let electricity = |mpan: &str| {
        let id = if mpan == MPAN { "101" } else { "102" };
        json!({"mpan": mpan, "meters": [{"id": id, "serialNumber": METER, "smartDevices": [{"deviceId": "12-34"}]}]})
    };
    let gas = json!({"mprn": MPRN, "meters": [{"id": "201", "serialNumber": GAS_METER, "smartDevices": []}]});
    let now = agreement(1, &world.agreed, "2024-10-01T00:00:00+01:00", electricity(MPAN));
    let gas_now = agreement(2, crate::GAS, "2023-12-31T00:00:00+00:00", gas.clone());
    json!({"__typename": "AccountType", INTERFACES: ["AccountInterface"], "number": ACCOUNT, "status": "ACTIVE", "balance": -1234, "aNewField": [1.10],
        "electricityAgreements": [now], "gasAgreements": [gas_now],
        "trackerTariffDailyPricing": {"__typename": "TrackerTariffDailyPricing"},
        "bills": sized(&world.bills.iter().map(bill).collect::<Vec<_>>()),
        "transactions": sized(&world.bills.iter().flat_map(transactions).collect::<Vec<_>>()), "payments": sized(&world.payments),
        "properties": [{"__typename": "PropertyType", "id": "1234567", "postcode": "W1A 1AA",
            "electricityMeterPoints": [electricity(MPAN), electricity(EXPORT_MPAN)], "gasMeterPoints": [gas]}]})
}
