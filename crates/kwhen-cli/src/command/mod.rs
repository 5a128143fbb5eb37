//! The subcommands, one file each.

pub(crate) mod account;
pub(crate) mod backtest;
pub(crate) mod batch;
pub(crate) mod battery;
pub(crate) mod bill;
mod billed;
pub(crate) mod charge;
pub(crate) mod cheapest;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod demo;
pub(crate) mod device;
pub(crate) mod fetch;
pub(crate) mod fleet;
pub(crate) mod policy;
pub(crate) mod reconcile;
pub(crate) mod tariff;

use crate::arguments::Shared;
use crate::failure::Result;
use crate::given;
use clap::{Parser, Subcommand};

/// kWh, and when: exact bills and best times for half-hourly electricity tariffs.
#[derive(Parser, Debug)]
#[command(name = "kwhen", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::DemoArguments),
    Bill(Box<bill::BillArguments>),
    Compare(Box<compare::CompareArguments>),
    Reconcile(Box<reconcile::ReconcileArguments>),
    Tariff(tariff::TariffArguments),
    Cheapest(Box<cheapest::CheapestArguments>),
    Charge(Box<charge::ChargeArguments>),
    Battery(Box<battery::BatteryArguments>),
    Backtest(Box<backtest::BacktestArguments>),
    Batch(Box<batch::BatchArguments>),
    Fetch(Box<fetch::FetchArguments>),
    Store(check::StoreArguments),
}

impl Arguments {
    /// Does the work and gives all of the text that goes to standard output.
    pub(crate) fn run(&self) -> Result<String> {
        crate::store::use_file(self.shared.store.as_deref());
        let done = self.done()?;
        given::refuse_unused()?;
        Ok(done)
    }

    fn done(&self) -> Result<String> {
        match &self.command {
            Command::Demo(arguments) => arguments.run(&self.shared),
            Command::Bill(arguments) => arguments.run(&self.shared),
            Command::Cheapest(arguments) => arguments.run(&self.shared),
            Command::Charge(arguments) => arguments.run(&self.shared),
            Command::Battery(arguments) => arguments.run(&self.shared),
            Command::Backtest(arguments) => arguments.run(&self.shared),
            Command::Batch(arguments) => arguments.run(&self.shared),
            Command::Fetch(arguments) => arguments.run(&self.shared),
            Command::Store(arguments) => arguments.run(&self.shared),
            Command::Compare(arguments) => arguments.run(&self.shared),
            Command::Reconcile(arguments) => arguments.run(&self.shared),
            Command::Tariff(arguments) => arguments.run(&self.shared),
        }
    }
}
