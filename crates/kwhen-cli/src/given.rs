//! The flags that were given and whether they were of use: one that is given is used or refused, never ignored.
//!
//! Some flags say how one kind of input is read, and whether there is such an input is known only when all of it has been read. What
//! reads it says so here; at the end, a flag that nothing had a use for is refused. Flags that exclude each other whatever is read say
//! that to clap.

use crate::failure::{Failure, Result};
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A flag that only some inputs have a use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    Store,
    TimeZone,
    RateVat,
    PaymentMethod,
    NightHours,
    RateUnit,
    Snap,
    Round,
    ReadingUnit,
    ConnectionKw,
    Missing,
    Customer,
    GasUnit,
    Instance,
    AllowHttp,
    KeyFile,
}

impl Flag {
    const ALL: [Self; 16] = [
        Self::Store,
        Self::TimeZone,
        Self::RateVat,
        Self::PaymentMethod,
        Self::NightHours,
        Self::RateUnit,
        Self::Snap,
        Self::Round,
        Self::ReadingUnit,
        Self::ConnectionKw,
        Self::Missing,
        Self::Customer,
        Self::GasUnit,
        Self::Instance,
        Self::AllowHttp,
        Self::KeyFile,
    ];

    /// As it is written, and why it may be of no use.
    const fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::Store => (
                "--store",
                "nothing here is looked up in a store; every argument is a file, or none is needed",
            ),
            Self::TimeZone => ("--time-zone", "nothing here goes by a clock that can be chosen"),
            Self::RateVat => (
                "--rate-vat",
                "it says whether VAT is in a column that does not say it itself (rate, standing_charge), and no file of prices here has one",
            ),
            Self::PaymentMethod => (
                "--payment-method",
                "it picks prices from a file or the store, and a tariff's definition has one price for all",
            ),
            Self::NightHours => {
                ("--night-hours", "no tariff here has a day and a night register whose hours are not its own")
            }
            Self::RateUnit => ("--rate-unit", "it says how a file of unit rates is read, and none is"),
            Self::Snap => {
                ("--snap", "it says how files of prices and of half-hourly readings are read, and none is")
            }
            Self::Round => {
                ("--round", "it says how files of prices and of half-hourly readings are read, and none is")
            }
            Self::ReadingUnit => {
                ("--reading-unit", "it says how a file of half-hourly readings is read, and none is")
            }
            Self::ConnectionKw => {
                ("--connection-kw", "it says how a file of half-hourly readings is read, and none is")
            }
            Self::Missing => {
                ("--missing", "it is about half-hourly readings; those of registers have no gaps")
            }
            Self::Customer => ("--customer", "it decides VAT, and export bears none whoever is paid for it"),
            Self::GasUnit => ("--gas-unit", "no gas is billed here"),
            Self::Instance => ("--instance", "no service is asked here"),
            Self::AllowHttp => ("--allow-http", "no service is asked here"),
            Self::KeyFile => ("--key-file", "no service is asked here"),
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

static GIVEN: OnceLock<u32> = OnceLock::new();
static USED: AtomicU32 = AtomicU32::new(0);

/// Remembers which flags stand on the command line.
pub(crate) fn remember(matches: &ArgMatches) {
    let mut last = matches;
    while let Some((_, deeper)) = last.subcommand() {
        last = deeper;
    }
    let given: Vec<String> = last
        .ids()
        .map(clap::Id::as_str)
        .filter(|id| last.value_source(id) == Some(ValueSource::CommandLine))
        .map(|id| format!("--{}", id.replace('_', "-")))
        .collect();
    let stands = |flag: &&Flag| given.iter().any(|given| given == flag.described().0);
    let _ = GIVEN.set(Flag::ALL.iter().filter(stands).fold(0, |bits, flag| bits | flag.bit()));
}

/// Whether a flag stands on the command line.
pub(crate) fn is_given(flag: Flag) -> bool {
    GIVEN.get().is_some_and(|given| given & flag.bit() != 0)
}

/// Says that something had a use for these flags, had they been given.
pub(crate) fn used(flags: &[Flag]) {
    USED.fetch_or(flags.iter().fold(0, |bits, flag| bits | flag.bit()), Ordering::Relaxed);
}

/// Refuses a flag that was given and that nothing had a use for. Called when all is read, and before anything is written.
pub(crate) fn refuse_unused() -> Result<()> {
    let used = USED.load(Ordering::Relaxed);
    match Flag::ALL.into_iter().find(|flag| is_given(*flag) && used & flag.bit() == 0) {
        None => Ok(()),
        Some(flag) => {
            let (name, why) = flag.described();
            Err(Failure::usage(format!("{name} is of no use: {why}")))
        }
    }
}

/// For a command that has a use for these alone: refuses the others before it begins.
pub(crate) fn only(flags: &[Flag]) -> Result<()> {
    used(flags);
    refuse_unused()
}
