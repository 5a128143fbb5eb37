//! GraphQL: one call for every documented query and mutation, and typed operations for what the engine uses.
//!
//! ```
//! use kwhen_fetch::graphql::Call;
//! // Any query with its own document and variables; the answer's field comes back as JSON with its digits kept.
//! let viewer = Call::query("query { viewer { accounts { number } } }", "viewer");
//! # let _ = viewer;
//! ```

mod car;
mod connection;
mod envelope;
mod home;
mod ledger;
#[cfg(feature = "mutations")]
pub mod mutations;
mod queries;
mod sessions;
pub(crate) mod token;

pub use car::{
    Car, KrakenflexDevice, RegisteredCar, VehicleChargingPreferences, registered_device,
    vehicle_charging_preferences,
};
pub use connection::Connection;
pub use home::{
    AccountMeters, AgreementTerms, AvailableProducts, Commodity, EnergyMix, EnergyProduct, FanClubStatus,
    FollowOnProduct, GreennessPeriod, HeatPumpDevice, MeterReading, MeterRegister, NumberedMeter,
    PointMeters, ProductEligibility, PropertyMeters, account_meters, agreement_terms, available_products,
    energy_mix, fan_club_status, follow_on_product, greenness_forecast, heat_pump_device, meter_readings,
    product_eligibility,
};
pub use ledger::{
    AccountBill, AccountLedger, AccountPayment, AccountTransaction, BillTotals, BillTransactions,
    ChargedConsumption, Ledger, TransactionAmounts, TransactionEdge,
};
pub use queries::{
    AGREEMENT, AccountDetails, AgreedTariff, AgreedUnitRate, Agreement, ApplicableRate, ConsumptionEstimate,
    ConsumptionEstimates, CostOfCharge, CostOfUsage, Dispatch, Measurement, RateLimit,
    SmartMeterDataPreferences, SmartTariffComparison, Telemetry, ViewedAccount, Viewer, account,
    applicable_rates, completed_dispatches, consumption_estimates, cost_of_charge, cost_of_usage,
    cost_of_usage_details, measurements, planned_dispatches, rate_limit, smart_meter_data_preferences,
    smart_meter_telemetry, smart_tariff_comparison, tracker_tariff_daily_pricing, viewer,
};

pub use sessions::{
    JoinedEvent, SavingSessions, SavingSessionsAccount, SavingSessionsEvent, saving_sessions,
};

use crate::protocol::{Authorisation, Next, Operation, Request, Response, Session};
use crate::wire::Raw;
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// One query or mutation.
#[derive(Clone, Debug)]
pub struct Call<T = Raw> {
    document: String,
    variables: Option<Raw>,
    field: String,
    idempotent: bool,
    authorisation: Authorisation,
    kind: PhantomData<fn() -> T>,
}

impl Call {
    /// A query by its own document; `field` is the one of the data that is wanted.
    #[must_use]
    pub fn query(document: impl Into<String>, field: impl Into<String>) -> Self {
        Self::new(document.into(), field.into(), true)
    }

    /// A mutation by its own document: never sent twice.
    #[must_use]
    pub fn mutation(document: impl Into<String>, field: impl Into<String>) -> Self {
        Self::new(document.into(), field.into(), false)
    }
}

impl<T> Call<T> {
    fn new(document: String, field: String, idempotent: bool) -> Self {
        let authorisation = Authorisation::Token;
        Self { document, variables: None, field, idempotent, authorisation, kind: PhantomData }
    }

    /// With variables.
    pub fn with(mut self, variables: &impl Serialize) -> Result<Self> {
        self.variables = Some(Raw::of(variables)?);
        Ok(self)
    }

    /// Without a token: for what the service answers to anybody.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.authorisation = Authorisation::Public;
        self
    }

    /// Read as another type.
    #[must_use]
    pub fn reading<U>(self) -> Call<U> {
        Call {
            document: self.document,
            variables: self.variables,
            field: self.field,
            idempotent: self.idempotent,
            authorisation: self.authorisation,
            kind: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Operation for Call<T> {
    type Output = T;

    fn request(&self, session: &Session) -> Result<Request> {
        let variables = self.variables.as_ref().map_or("{}", Raw::get);
        let body = format!(
            r#"{{"query":{},"variables":{variables}}}"#,
            serde_json::Value::from(self.document.as_str())
        );
        let url = session.instance().graphql().clone();
        Ok(Request::post(url, self.authorisation, body.into_bytes(), self.idempotent))
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<T>> {
        let raw = match envelope::field(response, &self.field) {
            // A field that may be null is null, not missing, where the type allows it.
            Err(error) if error.is_not_found() && error.codes().is_empty() => {
                return serde_json::from_str("null").map(Next::Done).map_err(|_| error);
            }
            raw => raw?,
        };
        raw.read().map(Next::Done).map_err(|error| Error::malformed(format!("{}: {error}", self.field)))
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        envelope::refused(response)
    }
}
