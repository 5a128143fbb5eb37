//! GraphQL: known fields by name; what is asked of them is not checked.

use crate::server::{Seen, World};
use crate::{ACCOUNT, Answer, KEY};
use serde_json::{Value, json};

pub(crate) fn answer(seen: &Seen, world: &mut World) -> Answer {
    let Ok(body) = serde_json::from_str::<Value>(&seen.body) else {
        return Answer::json(400, r#"{"errors":[{"message":"POST body sent invalid JSON."}]}"#);
    };
    let document = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let variables = body.get("variables").cloned().unwrap_or_default();
    let asks = |name: &str| document.split(|c: char| !c.is_alphanumeric()).any(|word| word == name);
    if asks("obtainKrakenToken") {
        return token(&variables, world);
    }
    if asks("consumptionEstimates") {
        let level = |level: i64| json!({"electricityStandard": level, "electricityDay": level, "electricityNight": level, "gasStandard": level});
        return data(
            json!({"consumptionEstimates": {"low": level(1800), "medium": level(2700), "high": level(4100)}}),
        );
    }
    let given = seen.authorization.as_deref().unwrap_or_default();
    let given = given
        .strip_prefix("JWT ")
        .unwrap_or(given)
        .strip_prefix("token-")
        .and_then(|number| number.parse::<u32>().ok());
    match given {
        None => return error("KT-CT-1112", "'Authorization' header not provided.", "AUTHORIZATION"),
        Some(number) if number < world.expired_below => {
            return error("KT-CT-1124", "Signature of the JWT has expired.", "APPLICATION");
        }
        Some(number) if number > world.tokens => {
            return error("KT-CT-1111", "Unauthorized.", "AUTHORIZATION");
        }
        Some(_) => {}
    }
    if asks("plannedDispatches") || asks("completedDispatches") {
        let name = if asks("plannedDispatches") { "plannedDispatches" } else { "completedDispatches" };
        return data(
            json!({name: [{"startDt": "2026-03-02 23:30:00+00:00", "endDt": "2026-03-03 01:00:00+00:00",
            "start": "2026-03-02T23:30:00+00:00", "end": "2026-03-03T01:00:00+00:00",
            "deltaKwh": -10, "delta": "-10.52", "meta": {"source": "smart-charge", "location": "AT_HOME"}}]}),
        );
    }
    if asks("rateLimit") {
        return data(json!({"rateLimit": {"limit": 50000, "remainingPoints": 49990, "usedPoints": 10}}));
    }
    if asks("applicableRates") {
        let after = variables.get("after").and_then(Value::as_str);
        let node = |value: Value, from: &str, to: &str| json!({"node": {"value": value, "validFrom": from, "validTo": to}});
        let (edges, more) = match after {
            None => {
                (json!([node(json!(9.2715), "2025-10-26T00:00:00+00:00", "2025-10-26T00:30:00+00:00")]), true)
            }
            Some(_) => (
                json!([node(json!("-1.575"), "2025-10-26T00:30:00+00:00", "2025-10-26T01:00:00+00:00")]),
                false,
            ),
        };
        return data(
            json!({"applicableRates": {"edges": edges, "pageInfo": {"hasNextPage": more, "endCursor": "cursor-1"}}}),
        );
    }
    if let Some(found) = known_field(&asks, &variables) {
        return data(found);
    }
    if asks("setVehicleChargePreferences") {
        return data(json!({"setVehicleChargePreferences": {"possibleErrors": [
            {"code": "KT-CT-4353", "message": "An error occurred while trying to update your charging preferences."}], "krakenflexDevice": null}}));
    }
    if asks("triggerBoostCharge") {
        return data(
            json!({"triggerBoostCharge": {"possibleErrors": [], "krakenflexDevice": {"krakenflexDeviceId": "device-1"}}}),
        );
    }
    if asks("account") {
        return data(
            json!({"account": {"number": ACCOUNT, "status": "ACTIVE", "balance": -1234, "aNewField": [1.10]}}),
        );
    }
    error("KT-CT-1113", "Disabled GraphQL field requested.", "VALIDATION")
}

/// The fields whose answers depend on nothing but their name.
fn known_field(asks: &impl Fn(&str) -> bool, variables: &Value) -> Option<Value> {
    let device = json!({"possibleErrors": [], "krakenflexDevice": {"krakenflexDeviceId": "device-1"}});
    let input = |name: &str| variables.pointer(&format!("/input/{name}")).cloned().unwrap_or_default();
    Some(if asks("costOfCharge") {
        json!({"costOfCharge": [{"costOfChargeId": "1", "krakenflexDeviceId": "device-1", "reportDate": "2026-03-01",
            "isSmartCharge": true, "totalConsumption": 10.52, "totalCostExclTax": "70.10", "totalCostInclTax": 73.605}]})
    } else if asks("costOfUsage") {
        json!({"costOfUsage": {"costEnabled": true, "direction": "CONSUMPTION",
            "details": {"edges": [{"node": {"__typename": "CostOfUsageNode"}}]}}})
    } else if asks("smartMeterTelemetry") {
        json!({"smartMeterTelemetry": [{"readAt": "2026-03-01T00:00:10+00:00", "consumption": 1234567.0, "demand": "412.000",
            "consumptionDelta": 1.0, "costDelta": null, "costDeltaWithTax": null}]})
    } else if asks("savingSessions") {
        json!({"savingSessions": {"eventCount": 1, "events": [{"id": 1, "code": "EVENT_1", "startAt": "2026-01-15T17:00:00+00:00",
            "endAt": "2026-01-15T18:00:00+00:00", "rewardPerKwhInOctoPoints": 1800}],
            "account": {"hasJoinedCampaign": true, "joinedEvents": []}}})
    } else if asks("smartTariffComparison") {
        json!({"smartTariffComparison": {"currentCost": 101.5, "currentCostWithTax": "106.575",
            "costComparisons": [{"__typename": "TariffComparisonType"}]}})
    } else if asks("trackerTariffDailyPricing") {
        json!({"account": {"number": ACCOUNT, "trackerTariffDailyPricing": {"__typename": "TrackerTariffDailyPricing"}}})
    } else if asks("measurements") {
        let node = |value: Value, start: &str, end: &str| {
            json!({"node": {"value": value, "unit": "kwh", "startAt": start, "endAt": end,
            "metaData": {"statistics": [{"type": "CONSUMPTION_COST", "label": null, "value": null,
                "costInclTax": {"estimatedAmount": "2.47380", "costCurrency": "GBP"}, "costExclTax": null}]}}})
        };
        let first = variables.get("after").is_none_or(Value::is_null);
        let node = if first {
            node(json!("0.1320"), "2026-03-01T00:00:00+00:00", "2026-03-01T00:30:00+00:00")
        } else {
            node(json!(0.2), "2026-03-01T00:30:00+00:00", "2026-03-01T01:00:00+00:00")
        };
        json!({"property": {"measurements": {"edges": [node], "pageInfo": {"hasNextPage": first, "endCursor": "cursor-1"}}}})
    } else if asks("electricityAgreements") {
        json!({"account": {"number": ACCOUNT, "status": "ACTIVE", "balance": -1234, "aNewField": [1.10],
            "electricityAgreements": [{"id": 1, "validFrom": "2024-10-01T00:00:00+01:00", "validTo": null, "tariff": {
                "__typename": "HalfHourlyTariff", "tariffCode": crate::AGILE, "productCode": "AGILE-24-10-01", "standingCharge": 39.535125,
                "unitRates": [{"value": 9.2715, "validFrom": "2025-10-26T00:00:00+00:00", "validTo": "2025-10-26T00:30:00+00:00"}]}}]}})
    } else if asks("setBatteryChargingPreferences") {
        json!({"setBatteryChargingPreferences": {"possibleErrors": [], "krakenflexDevice": {"__typename": "BatteryDeviceType"}}})
    } else if asks("setDevicePreferences") {
        json!({"setDevicePreferences": {"id": input("deviceId")}})
    } else if asks("deleteBoostCharge") {
        json!({"deleteBoostCharge": device})
    } else if asks("joinSavingSessionsEvent") && input("eventCode") == "EVENT_1" {
        json!({"joinSavingSessionsEvent": {"possibleErrors": [], "joinedEventCodes": [input("eventCode")]}})
    } else if asks("joinSavingSessionsEvent") {
        json!({"joinSavingSessionsEvent": {"joinedEventCodes": null, "possibleErrors": [
            {"code": "KT-GB-5114", "message": "Saving Sessions event not found."}]}})
    } else {
        return None;
    })
}

fn token(variables: &Value, world: &mut World) -> Answer {
    let input = variables.get("input").cloned().unwrap_or_default();
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let known = text("APIKey") == Some(KEY)
        || text("email") == Some("chris@example.com") && text("password") == Some("correct horse")
        || text("preSignedKey") == Some("pre-signed")
        || text("organizationSecretKey") == Some("organisation")
        || text("refreshToken").is_some_and(|refresh| refresh.starts_with("refresh-"));
    if !known {
        return error("KT-CT-1139", "Authentication failed.", "VALIDATION");
    }
    world.tokens += 1;
    let expires = world.now.timestamp() + 3600;
    data(
        json!({"obtainKrakenToken": {"token": format!("token-{}", world.tokens), "payload": {"exp": expires},
        "refreshToken": format!("refresh-{}", world.tokens), "refreshExpiresIn": world.now.timestamp() + 7 * 86_400}}),
    )
}

fn data(data: Value) -> Answer {
    Answer::json(200, json!({ "data": data }).to_string())
}

fn error(code: &str, message: &str, kind: &str) -> Answer {
    let errors = json!([{"message": message, "extensions": {"errorType": kind, "errorCode": code, "errorDescription": message}}]);
    Answer::json(200, json!({"errors": errors, "data": null}).to_string())
}
