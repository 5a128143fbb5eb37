//! What is answered, as plain data: the contract of every face. Decimals in JSON are strings, instants are RFC 3339 in UTC; money is in
//! minor units of the currency (pence).

pub mod audit;
pub mod backtest;
pub mod batch;
pub mod battery;
pub mod bill;
pub mod charge;
pub mod compare;
pub mod demo;
pub mod doctor;
pub mod expected;
pub mod fleet;
pub mod forecast;
pub mod frame;
pub mod home;
pub mod hours;
pub mod inspect;
pub mod now;
pub mod on_sale;
pub mod overview;
pub mod policy;
pub mod published;
pub mod reconcile;
pub mod self_test;
pub mod tariff;
pub mod windows;

use serde::Serialize;

/// The answer to any question.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A bill.
    Bill(Box<bill::OneBill>),
    /// A bill as another program takes it.
    Exported(Exported),
    /// An account's statement.
    Statement(bill::AccountStatement),
    /// Tariffs beside each other.
    Compared(Box<compare::Compared>),
    /// A statement's lines beside the engine's.
    Reconciled(reconcile::Reconciled),
    /// The statements of an account beside the engine's own.
    Audited(Box<audit::Audited>),
    /// What tariffs hold.
    Tariffs(Vec<tariff::Shown>),
    /// The tariffs that are on sale.
    OnSale(Box<on_sale::OnSale>),
    /// A definition made of what others publish.
    TariffImported(Box<kwhen::tariff::Imported>),
    /// A tariff code taken apart.
    Explained(Box<tariff::Explained>),
    /// The rate now.
    Now(Box<now::Now>),
    /// The rates of today.
    Today(Box<now::Today>),
    /// The cheapest windows.
    Windows(Box<windows::Cheapest>),
    /// A charging plan.
    Charge(Box<charge::Charge>),
    /// The bills of many meters.
    Batch(Box<batch::BatchSummary>),
    /// A battery's plan.
    Battery(Box<battery::BatteryPlan>),
    /// A battery's plan for what is not known yet.
    Expected(Box<expected::ExpectedDocument>),
    /// The plan of several devices.
    Fleet(Box<fleet::FleetPlan>),
    /// The best action at every level.
    Policy(policy::PolicyDocument),
    /// What energy is worth at every level.
    Value(policy::ValueDocument),
    /// The golden cases of the command itself.
    SelfTest(Box<self_test::SelfTest>),
    /// How things stand.
    Doctor(doctor::Doctor),
    /// What a file is taken for.
    Inspected(Box<inspect::Inspected>),
    /// Strategies beside each other.
    Backtest(Box<backtest::BacktestResult>),
    /// Sizes beside each other.
    Sweep(backtest::SweepDocument),
    /// Forecasts beside what came.
    Forecasts(forecast::Forecasts),
}

/// A text in another program's form, and what it has no place for.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// What was noticed.
    pub notes: Vec<String>,
}

/// The schema (JSON Schema 2020-12) of each answer, by the name of its question.
#[cfg(feature = "schema")]
#[must_use]
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    fn of<T: schemars::JsonSchema>() -> serde_json::Value {
        schemars::generate::SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<T>()
            .into()
    }
    vec![
        ("audit", of::<audit::Audited>()),
        ("backtest", of::<backtest::BacktestResult>()),
        ("backtest-sweep", of::<backtest::SweepDocument>()),
        ("batch", of::<batch::BatchSummary>()),
        ("battery", of::<battery::BatteryPlan>()),
        ("battery-expected", of::<expected::ExpectedDocument>()),
        ("battery-fleet", of::<fleet::FleetPlan>()),
        ("battery-policy", of::<policy::PolicyDocument>()),
        ("battery-value", of::<policy::ValueDocument>()),
        ("bill", of::<bill::OneBill>()),
        ("bill-account", of::<bill::AccountStatement>()),
        ("charge", of::<charge::Charge>()),
        ("cheapest", of::<windows::Cheapest>()),
        ("compare", of::<compare::Compared>()),
        ("demo", of::<demo::Demo>()),
        ("forecast", of::<forecast::Forecasts>()),
        ("inspect", of::<inspect::Inspected>()),
        ("now", of::<now::Now>()),
        ("reconcile", of::<reconcile::Reconciled>()),
        ("self-test", of::<self_test::SelfTest>()),
        ("tariff-explain", of::<tariff::Explained>()),
        ("tariff-import", of::<kwhen::tariff::Imported>()),
        ("tariff-on-sale", of::<on_sale::OnSale>()),
        ("tariff-show", of::<Vec<tariff::Shown>>()),
        ("today", of::<now::Today>()),
    ]
}
