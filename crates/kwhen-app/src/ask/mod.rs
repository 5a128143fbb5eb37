//! Every question, as plain data: a field is a flag of the command and a key of a request in JSON, by one name, with one line of help.

mod ahead;
mod audit;
mod backtest;
#[cfg(feature = "batch")]
mod batch;
mod battery;
mod bill;
mod billed;
mod buy;
mod charge;
mod cheapest;
mod choice;
mod compare;
mod conditions;
mod demo;
mod device;
mod dispatched;
mod doctor;
mod fleet;
mod forecast;
mod home;
mod hours;
mod inspect;
mod member;
mod meter;
mod now;
mod on_sale;
mod paid_back;
mod reconcile;
mod scenario;
mod self_test;
mod site;
mod tariff;

#[cfg(feature = "batch")]
pub use batch::BatchRun;
pub use demo::demo;
pub use doctor::DoctorArguments;
pub use home::HomeArguments;
pub use inspect::{SlotFlags, Spread, whatever};
pub use member::{DeviceShape, Said};
pub use now::{NowArguments, TodayArguments};
pub use self_test::self_test;

use crate::answer::Answer;
use crate::context::Context;
use crate::failure::Result;
use clap::Subcommand;
use kwhen::plan::fleet::Standing;
use kwhen::quantity::Currency;
use std::time::Duration;

/// What can be asked.
#[derive(Subcommand, Debug)]
#[expect(missing_docs, reason = "each says in its own first line what it is")]
pub enum Question {
    Bill(Box<bill::BillArguments>),
    Compare(Box<compare::CompareArguments>),
    Reconcile(Box<reconcile::ReconcileArguments>),
    Audit(Box<audit::AuditArguments>),
    Tariff(Box<tariff::TariffArguments>),
    Now(Box<NowArguments>),
    Today(Box<TodayArguments>),
    Cheapest(Box<cheapest::CheapestArguments>),
    Charge(Box<charge::ChargeArguments>),
    Battery(Box<battery::BatteryArguments>),
    Backtest(Box<backtest::BacktestArguments>),
    Forecast(Box<forecast::ForecastArguments>),
    Inspect(Box<inspect::InspectArguments>),
}

/// Who hears how a long question goes.
pub struct Listener<'a> {
    /// A search for the plan of several devices: for how long, how it stands, and in which currency. Where it says no, the search ends
    /// with the best plan that it has by then.
    pub search: &'a mut dyn FnMut(Duration, &Standing, Currency) -> bool,
    /// Plans made, of how many.
    pub plans: &'a (dyn Fn(usize, usize) + Sync),
}

impl Question {
    /// What the rows of CSV have no place for: the flag, and whether it is given.
    #[must_use]
    pub fn beyond_rows(&self) -> Vec<(&'static str, bool)> {
        match self {
            Self::Bill(question) => question.beyond_rows(),
            Self::Tariff(question) => question.beyond_rows(),
            Self::Cheapest(question) => question.beyond_rows(),
            Self::Charge(question) => question.beyond_rows(),
            Self::Battery(question) => question.beyond_rows(),
            Self::Now(_)
            | Self::Today(_)
            | Self::Compare(_)
            | Self::Reconcile(_)
            | Self::Audit(_)
            | Self::Backtest(_)
            | Self::Forecast(_)
            | Self::Inspect(_) => Vec::new(),
        }
    }

    /// The answer.
    ///
    /// # Errors
    /// What is asked does not go together, cannot be read, or has no answer.
    pub fn answer(&self, ctx: &Context, listener: &mut Listener<'_>) -> Result<Answer> {
        Ok(match self {
            Self::Bill(question) => question.answer(ctx)?,
            Self::Compare(question) => Answer::Compared(Box::new(question.answer(ctx, listener.plans)?)),
            Self::Reconcile(question) => Answer::Reconciled(question.answer(ctx)?),
            Self::Audit(question) => Answer::Audited(Box::new(question.answer(ctx)?)),
            Self::Tariff(question) => question.answer(ctx)?,
            Self::Now(question) => Answer::Now(Box::new(question.answer(ctx)?)),
            Self::Today(question) => Answer::Today(Box::new(question.answer(ctx)?)),
            Self::Cheapest(question) => Answer::Windows(Box::new(question.answer(ctx)?)),
            Self::Charge(question) => Answer::Charge(Box::new(question.answer(ctx)?)),
            Self::Battery(question) => question.answer(ctx, listener.search)?,
            Self::Backtest(question) => question.answer(ctx, listener.plans)?,
            Self::Forecast(question) => Answer::Forecasts(question.answer(ctx)?),
            Self::Inspect(question) => Answer::Inspected(Box::new(question.answer(ctx)?)),
        })
    }
}
