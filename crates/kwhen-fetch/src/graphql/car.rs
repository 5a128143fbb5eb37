//! The car that the service charges, and what its owner wants of it.

use super::{Call, envelope};
use crate::protocol::{Next, Operation, Request, Response, Session};
use crate::wire::{Extra, Number, Raw, wire};
use crate::{Error, Result};
use serde_json::json;

wire! {
    /// A car with its charge point, and when it shall be how full.
    RegisteredCar {
        /// What is registered.
        device: Option<KrakenflexDevice>,
        /// What its owner wants.
        preferences: Option<VehicleChargingPreferences>,
    }

    /// A device that the service charges at times of its own.
    KrakenflexDevice {
        /// Its number.
        krakenflex_device_id as "krakenflexDeviceId": Option<String>,
        /// Who connects it: `OHME`, `TESLA`, …
        provider: Option<String>,
        /// The car's maker.
        vehicle_make as "vehicleMake": Option<String>,
        /// The car's model.
        vehicle_model as "vehicleModel": Option<String>,
        /// What its battery holds, in kWh.
        vehicle_battery_size_kwh as "vehicleBatterySizeInKwh": Option<Number>,
        /// The charge point's maker.
        charge_point_make as "chargePointMake": Option<String>,
        /// The charge point's model.
        charge_point_model as "chargePointModel": Option<String>,
        /// The charge point's power, in kW.
        charge_point_power_kw as "chargePointPowerInKw": Option<Number>,
        /// `Live`, …
        status: Option<String>,
        /// Whether it is left alone for now.
        suspended: Option<bool>,
        /// The most that it is charged to; the documents do not say in which fields.
        state_of_charge_limit as "stateOfChargeLimit": Option<Raw>,
    }

    /// When a car shall be how full.
    VehicleChargingPreferences {
        /// On weekdays, by this local time of day: `07:00`.
        weekday_target_time as "weekdayTargetTime": Option<String>,
        /// On weekdays, so many per cent.
        weekday_target_soc as "weekdayTargetSoc": Option<Number>,
        /// At weekends, by this local time of day.
        weekend_target_time as "weekendTargetTime": Option<String>,
        /// At weekends, so many per cent.
        weekend_target_soc as "weekendTargetSoc": Option<Number>,
        /// The least that may be asked for, in per cent.
        minimum_soc as "minimumSocPercentage": Option<Number>,
        /// The most that may be asked for, in per cent.
        maximum_soc as "maximumSocPercentage": Option<Number>,
    }
}

const DEVICE: &str = "krakenflexDeviceId provider vehicleMake vehicleModel vehicleBatterySizeInKwh chargePointMake chargePointModel \
    chargePointPowerInKw status suspended";
const PREFERENCES: &str = "weekdayTargetTime weekdayTargetSoc weekendTargetTime weekendTargetSoc minimumSocPercentage maximumSocPercentage";

/// The device that the service charges.
pub fn registered_device(account: &str) -> Result<Call<KrakenflexDevice>> {
    let document = format!(
        "query Device($accountNumber: String!) {{ registeredKrakenflexDevice(accountNumber: $accountNumber) {{ {DEVICE} }} }}"
    );
    let variables = json!({ "accountNumber": account });
    Call::query(document, "registeredKrakenflexDevice").with(&variables).map(Call::reading)
}

/// When the car shall be how full.
pub fn vehicle_charging_preferences(account: &str) -> Result<Call<VehicleChargingPreferences>> {
    let document = format!(
        "query Preferences($accountNumber: String!) {{ vehicleChargingPreferences(accountNumber: $accountNumber) {{ {PREFERENCES} }} }}"
    );
    let variables = json!({ "accountNumber": account });
    Call::query(document, "vehicleChargingPreferences").with(&variables).map(Call::reading)
}

/// Both in one request.
#[derive(Clone, Debug)]
pub struct Car(Call);

impl Car {
    /// Of the account of this number.
    pub fn new(account: &str) -> Result<Self> {
        let document = format!(
            "query Car($accountNumber: String!) {{ registeredKrakenflexDevice(accountNumber: $accountNumber) {{ {DEVICE} }} \
             vehicleChargingPreferences(accountNumber: $accountNumber) {{ {PREFERENCES} }} }}"
        );
        Call::query(document, "registeredKrakenflexDevice")
            .with(&json!({ "accountNumber": account }))
            .map(Self)
    }
}

impl Operation for Car {
    type Output = RegisteredCar;

    fn request(&self, session: &Session) -> Result<Request> {
        self.0.request(session)
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<RegisteredCar>> {
        let mut fields = envelope::data(response)?;
        let mut taken = |name: &str| fields.remove(name).filter(|raw| raw.get() != "null");
        let named = |name: &'static str| move |error: Error| Error::malformed(format!("{name}: {error}"));
        let device = taken("registeredKrakenflexDevice").map(|raw| raw.read()).transpose();
        let preferences = taken("vehicleChargingPreferences").map(|raw| raw.read()).transpose();
        Ok(Next::Done(RegisteredCar {
            device: device.map_err(named("registeredKrakenflexDevice"))?,
            preferences: preferences.map_err(named("vehicleChargingPreferences"))?,
            extra: Extra::new(),
        }))
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        envelope::refused(response)
    }
}
