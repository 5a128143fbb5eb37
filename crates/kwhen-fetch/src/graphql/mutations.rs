//! Mutations that carry a plan out (feature `mutations`). None of them is sent twice, and none is ever sent by itself.

use super::Call;
use crate::Result;
use crate::wire::Raw;
use serde::Serialize;
use serde_json::json;

fn device_mutation(
    field: &str,
    input_type: &str,
    selection: &str,
    input: &impl Serialize,
) -> Result<Call<Raw>> {
    let document =
        format!("mutation Change($input: {input_type}) {{ {field}(input: $input) {{ {selection} }} }}");
    Call::mutation(document, field).with(&json!({ "input": Raw::of(input)? }))
}

const DEVICE: &str = "possibleErrors { code message } krakenflexDevice { krakenflexDeviceId }";

/// When an electric vehicle should be charged, and how full. Times are local, `07:00`; states of charge are per cent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VehicleChargePreferences {
    /// The account.
    pub account_number: String,
    /// By when on weekdays.
    pub weekday_target_time: String,
    /// How full on weekdays.
    pub weekday_target_soc: u8,
    /// By when at weekends.
    pub weekend_target_time: String,
    /// How full at weekends.
    pub weekend_target_soc: u8,
}

/// Sets when an electric vehicle should be charged.
pub fn set_vehicle_charge_preferences(preferences: &VehicleChargePreferences) -> Result<Call<Raw>> {
    device_mutation("setVehicleChargePreferences", "VehicleChargingPreferencesInput", DEVICE, preferences)
}

/// Sets a device's preferences; `input` is a `SmartFlexDevicePreferencesInput`, which differs by kind of device.
pub fn set_device_preferences(input: &impl Serialize) -> Result<Call<Raw>> {
    device_mutation("setDevicePreferences", "SmartFlexDevicePreferencesInput!", "id", input)
}

/// Sets a home battery's preferences; `input` is a `BatteryChargingPreferencesInput`.
pub fn set_battery_charging_preferences(input: &impl Serialize) -> Result<Call<Raw>> {
    let selection = "possibleErrors { code message } krakenflexDevice { __typename }";
    device_mutation("setBatteryChargingPreferences", "BatteryChargingPreferencesInput", selection, input)
}

/// Charges an electric vehicle now, until it is full.
pub fn trigger_boost_charge(account: &str) -> Result<Call<Raw>> {
    device_mutation("triggerBoostCharge", "AccountNumberInput", DEVICE, &json!({ "accountNumber": account }))
}

/// Stops boost charging.
pub fn delete_boost_charge(account: &str) -> Result<Call<Raw>> {
    device_mutation(
        "deleteBoostCharge",
        "DeleteBoostChargeInput",
        DEVICE,
        &json!({ "accountNumber": account }),
    )
}

/// Joins an event in which using less is rewarded.
pub fn join_saving_sessions_event(account: &str, event_code: &str) -> Result<Call<Raw>> {
    let selection = "possibleErrors { code message } joinedEventCodes";
    let input = json!({ "accountNumber": account, "eventCode": event_code });
    device_mutation("joinSavingSessionsEvent", "JoinSavingSessionsEventInput!", selection, &input)
}
