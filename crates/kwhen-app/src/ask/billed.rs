//! What is billed: readings and tariffs, from files or from the store, for every question about bills.

use crate::answer::bill::Age;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::account::{self, Reading};
use crate::source::definition;
use crate::source::gas::GasArguments;
use crate::source::happened::Happened;
use crate::source::metered::{Read, Readings};
use crate::source::store::{self, Role, StoredAccount};
use crate::source::{Source, Taking};
use crate::words::bills::{Beside, Between, InSlot, Missing};
use crate::words::selling::{Market, Selling};
use crate::words::{Metering, PeriodArguments, Pricing};
use clap::{Args, ValueEnum};
use kwhen::Consumption;
use kwhen::bill::audit::OtherPrices;
use kwhen::bill::{Bill, BillOptions, BillingRules, Statement, Supply};
use kwhen::input::PriceRole;
use kwhen::layout::PrintedCosts;
use kwhen::tariff::{Direction, Fuel, GasConversion, Tariff};
use kwhen::time::{Calendar, Span, instant_text};
use std::path::{Path, PathBuf};

/// What is billed, from when to when, and how what is not known is treated.
#[derive(Args, Debug)]
pub(crate) struct BilledArguments {
    /// Unit rates: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE", required_unless_present_any = ["tariffs", "account", "store"], conflicts_with = "tariffs")]
    rates: Option<PathBuf>,
    /// Meter readings: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE", required_unless_present_any = ["account", "store", "registers"])]
    consumption: Option<PathBuf>,
    /// Readings of meter registers in place of half-hours: register, at and reading in kWh, and meter where one was exchanged
    #[arg(long, value_name = "FILE", conflicts_with_all = ["consumption", "account", "dispatches"])]
    registers: Option<PathBuf>,
    /// How many digits the registers have, where one went round from 99999 to 0
    #[arg(long, value_name = "DIGITS", requires = "registers")]
    register_digits: Option<u32>,
    /// What is done where a rate, VAT or the agreement changes between two readings of a register, or a rate inside a half-hour
    #[arg(long, value_enum, default_value_t)]
    between_readings: Between,
    /// How a slot is priced in which the unit rate changes: not at all, or at the mean of its rates by time (quarter-hour prices, an hourly meter)
    #[arg(long, value_enum, default_value_t)]
    rate_in_slot: InSlot,
    /// Standing charges in pence a day
    #[arg(long, value_name = "FILE", conflicts_with = "tariffs")]
    standing_charges: Option<PathBuf>,
    /// A tariff in place of rates: a definition (TOML, JSON) or unit rates, with standing charges after a comma; several with --account
    #[arg(long = "tariff", value_name = "FILE[,STANDING]")]
    tariffs: Vec<String>,
    /// An account: its supplies and their agreements (TOML, JSON)
    #[arg(long, value_name = "FILE", requires = "tariffs", conflicts_with_all = ["rates", "consumption", "dispatches", "gas_unit"])]
    account: Option<PathBuf>,
    #[command(flatten)]
    period: PeriodArguments,
    /// What is done where there is no reading
    #[arg(long, value_enum, default_value_t)]
    missing: Missing,
    #[command(flatten)]
    selling: Selling,
    /// Of the stored account, the meter points of one fuel alone
    #[arg(long, value_enum, value_name = "FUEL", requires = "store", conflicts_with_all = ["rates", "tariffs", "account"])]
    fuel: Option<OfFuel>,
    /// Spans in which the supplier charged the car: from and to
    #[arg(long, value_name = "FILE")]
    dispatches: Option<PathBuf>,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
    #[command(flatten)]
    gas: GasArguments,
}

/// What a meter point measures.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum OfFuel {
    Electricity,
    Gas,
}

impl OfFuel {
    pub(super) const fn fuel(self) -> Fuel {
        match self {
            Self::Electricity => Fuel::Electricity,
            Self::Gas => Fuel::Gas,
        }
    }
}

/// A tariff that goes the way that somebody else says; an error that names both where its code or its file says another.
pub(crate) fn towards(tariff: Tariff, said: Option<&(String, Option<Direction>)>) -> Result<Tariff> {
    let Some((who, direction)) = said else { return Ok(tariff) };
    let own = Direction::of_code(&tariff.code)
        .or_else(|| (tariff.direction == Direction::Export).then_some(Direction::Export));
    let agreed = Direction::agreed(&[(who, *direction), (&format!("the tariff {}", tariff.code), own)])?;
    Ok(Tariff { direction: agreed.unwrap_or(tariff.direction), ..tariff })
}

/// The time whose prices a bill of a period takes: with dispatches, the whole days at its ends too, whose rates say what a dispatched
/// half-hour costs.
fn priced_over(period: Span, dispatched: bool) -> Result<Span> {
    let day = chrono::TimeDelta::days(if dispatched { 1 } else { 0 });
    Ok(Span::new(period.from() - day, period.to() + day)?)
}

/// All that bills are made from.
pub(crate) enum Billed {
    One(Box<OneTariff>),
    Account(WholeAccount),
}

impl Billed {
    /// What was noticed when it was read, in sentences.
    pub(crate) fn notices(&self) -> Vec<String> {
        let said = |name: &str, metered: &Readings, happened: &Happened| -> Vec<String> {
            let slots = match metered {
                Readings::Slots(consumption) => consumption.notices(),
                Readings::Registers(_) => &[],
            };
            let place = if name.is_empty() { String::new() } else { format!("{name}: ") };
            slots.iter().chain(happened.notices()).map(|notice| format!("{place}{notice}")).collect()
        };
        match self {
            Self::One(one) => {
                let mut notices = said("", &one.metered, &one.happened);
                notices.extend(one.tariff.notices(one.period).iter().map(ToString::to_string));
                notices
            }
            Self::Account(account) => {
                let of = |read: &Read| said(&read.name, &read.metered, &read.happened);
                let taxed = account.tariffs.iter().filter_map(|tariff| {
                    Some(format!("{}: {}", tariff.code, tariff.tax_notice(account.period)?))
                });
                account.supplies.iter().flat_map(of).chain(taxed).collect()
            }
        }
    }
}

/// One tariff and one meter.
pub(crate) struct OneTariff {
    pub tariff: Tariff,
    /// In kWh.
    pub metered: Readings,
    pub happened: Happened,
    pub period: Span,
    /// What the file of readings says that they cost.
    pub printed: Vec<PrintedCosts>,
    /// Of gas, what the meter counted and how it became kWh.
    pub volumes: Option<(Readings, GasConversion)>,
}

impl OneTariff {
    /// With exported energy beside, where it is given.
    pub(crate) fn bill(
        &self,
        exported: Option<&Consumption>,
        rules: BillingRules,
        options: &BillOptions,
    ) -> kwhen::Result<Bill> {
        let options = BillOptions { rules, ..options.clone() };
        let bill = match &self.metered {
            Readings::Slots(consumption) => {
                let events = self.happened.events();
                let bill = self.tariff.bill_with(consumption, exported, self.period, events, &options)?;
                let notices = bill.notices.into_iter().chain(self.happened.notices().copied());
                Bill { notices: notices.collect(), ..bill }
            }
            Readings::Registers(advances) => self.tariff.bill_registers(advances, self.period, &options)?,
        };
        match &self.volumes {
            Some((volumes, gas)) => bill.with_gas(volumes.borrowed(), gas, self.period, &options),
            None => Ok(bill),
        }
    }
}

/// The supplies of an account.
pub(crate) struct WholeAccount {
    pub supplies: Vec<Read>,
    pub tariffs: Vec<Tariff>,
    pub period: Span,
    /// How old what came from the store is.
    pub stored: Vec<Age>,
}

impl WholeAccount {
    pub(crate) fn supplies(&self) -> Vec<Supply<'_>> {
        let borrowed = self.supplies.iter().map(|supply| Supply {
            name: supply.name.clone(),
            metered: supply.metered.borrowed(),
            agreements: &supply.agreements,
            gas: supply.gas.as_ref(),
            events: supply.happened.events(),
        });
        borrowed.collect()
    }

    pub(crate) fn statement(&self, options: &BillOptions) -> Result<Statement> {
        let mut statement = Statement::new(self.period, &self.supplies(), &self.tariffs, options)?;
        for (billed, read) in statement.supplies.iter_mut().zip(&self.supplies) {
            if let Some(first) = billed.agreements.first_mut() {
                first.bill.notices.extend(read.happened.notices().copied());
            }
        }
        Ok(statement)
    }
}

impl BilledArguments {
    /// What readings of a span cost under rates, or under the agreements of the stored account where there are none.
    pub(crate) fn over(
        span: Span,
        (rates, standing_charges, consumption): (Option<&Path>, Option<&Path>, &Path),
        (pricing, metering, market): (&Pricing, &Metering, &Market),
    ) -> Self {
        Self {
            rates: rates.map(Path::to_owned),
            consumption: Some(consumption.to_owned()),
            registers: None,
            register_digits: None,
            between_readings: Between::default(),
            rate_in_slot: InSlot::default(),
            standing_charges: standing_charges.map(Path::to_owned),
            tariffs: Vec::new(),
            account: None,
            period: PeriodArguments {
                from: Some(instant_text(span.from())),
                to: Some(instant_text(span.to())),
                during: None,
            },
            missing: Missing::default(),
            selling: Selling::in_market(market),
            fuel: None,
            dispatches: None,
            beside: Beside::default(),
            pricing: pricing.clone(),
            metering: metering.clone(),
            gas: GasArguments::default(),
        }
    }

    /// Options of a bill by these rules.
    pub(crate) fn options(&self, calendar: Calendar, rules: BillingRules) -> BillOptions {
        BillOptions {
            calendar,
            rules,
            missing: self.missing.policy(),
            grouping: None,
            between_readings: self.between_readings.policy(),
            rate_in_slot: self.rate_in_slot.policy(),
            dispatch_count: self.beside.dispatch_count.policy(),
            working: false,
        }
    }

    /// The time that --from, --to and --during ask for; all time where they say nothing.
    pub(crate) fn asked(&self, ctx: &Context) -> Result<Span> {
        self.period.asked(ctx)
    }

    /// Tariffs at the prices of other payment methods, where their sources have such.
    pub(crate) fn other_prices(
        &self,
        ctx: &Context,
        tariffs: &[Tariff],
        period: Span,
    ) -> Result<Vec<OtherPrices>> {
        let calendar = ctx.calendar()?;
        let span = priced_over(period, true)?;
        let is_stored = ctx.store().is_some() && self.rates.is_none() && self.tariffs.is_empty();
        let mut found = Vec::new();
        for (method, label) in
            [("direct-debit", "by direct debit"), ("non-direct-debit", "without direct debit")]
        {
            let pricing = Pricing { payment_method: Some(method.to_owned()), ..self.pricing.clone() };
            for tariff in tariffs {
                // Standard input is read once; what has no prices of a method has none that could be others.
                let other = if is_stored {
                    let role = Role { direction: None, customer: Some(tariff.customer) };
                    store::tariff(ctx, &tariff.code, &pricing, span, &role).ok()
                } else {
                    let files = self.tariffs.iter().filter(|argument| !argument.starts_with('-'));
                    let read = files.filter_map(|argument| {
                        definition::tariffs(ctx, argument, &pricing, &self.selling, &calendar, span).ok()
                    });
                    read.flatten().find(|other| other.code == tariff.code)
                };
                if let Some(other) = other.filter(|other| !store::have_same_prices(other, tariff, period)) {
                    let (direction, taxes) = (tariff.direction, tariff.taxes.clone());
                    let tariff = Tariff { direction, taxes, currency: tariff.currency, ..other };
                    found.push(OtherPrices { label: label.to_owned(), tariff });
                }
            }
        }
        Ok(found)
    }

    /// How files of readings are read.
    fn reading(&self, ctx: &Context) -> Reading<'_> {
        let taking = Taking { is_gas: false, left_out: self.missing.left_out(ctx) };
        Reading { pricing: &self.pricing, metering: &self.metering, during: None, taking }
    }

    /// Reads exported energy, for a tariff that counts it; refuses it for one that does not.
    pub(crate) fn exported(&self, ctx: &Context, path: &Path, one: &OneTariff) -> Result<Consumption> {
        if !one.tariff.counts_export() {
            return Err(Failure::usage(
                "--export-consumption is of no use: the tariff has no netting, and no component that counts exported energy",
            ));
        }
        Source::read(ctx, path)?.consumption(&self.pricing, &self.metering)
    }

    /// Reads everything.
    pub(crate) fn read(&self, ctx: &Context) -> Result<Billed> {
        let calendar = ctx.calendar()?;
        if self.register_digits.is_some() && self.registers.is_none() {
            return Err(Failure::usage("--register-digits goes with --registers"));
        }
        let gas = self.gas.conversion(ctx, &self.metering)?;
        if let Some(file) = &self.account {
            let supplies = account::supplies(ctx, file, &calendar, &self.reading(ctx))?;
            let period = self.period.within(ctx, account::whole(&supplies)?)?;
            let dispatched = supplies.iter().any(|supply| !supply.happened.dispatches.spans.is_empty());
            let tariffs = self.tariffs_of(ctx, &calendar, priced_over(period, dispatched)?)?;
            let tariffs: Vec<Tariff> =
                tariffs.into_iter().map(|tariff| self.beside.allowing(tariff)).collect();
            for supply in &supplies {
                supply.happened.used(ctx, &supply.under(&tariffs, period), period);
            }
            return Ok(Billed::Account(WholeAccount { supplies, tariffs, period, stored: Vec::new() }));
        }
        if ctx.store().is_some() && self.rates.is_none() && self.tariffs.is_empty() {
            return Ok(Billed::Account(self.stored_account(ctx, &calendar, gas.as_ref())?));
        }
        let (consumption, registers) = (self.consumption.as_deref(), self.registers.as_deref());
        if consumption.is_none() && registers.is_none() {
            return Err(Failure::usage("--consumption or --registers is needed"));
        }
        let asked = store::reach(self.period.asked(ctx)?, self.missing.policy())?;
        let reading = self.reading(ctx);
        let taking = Taking { is_gas: gas.is_some(), ..reading.taking };
        let read = |during: Span| {
            let reading = Reading { during: Some(during), taking, ..reading };
            Readings::read(ctx, consumption, registers, self.register_digits, &calendar, &reading)
        };
        let (mut metered, printed) = read(asked)?;
        let whole = metered.span().ok_or_else(|| Failure::work("the consumption holds no readings"))?;
        let period = self.period.within(ctx, whole)?;
        let span = priced_over(period, self.dispatches.is_some())?;
        let mut tariff = towards(self.tariff(ctx, &calendar, span)?, self.direction_of_point(ctx)?.as_ref())?;
        let counted = tariff.counted_from(period, &calendar)?;
        if counted < asked.from() && consumption.is_some_and(|name| store::holds(ctx, name)) {
            // Tiers go by what was used before the bill, which the store may hold too.
            metered = read(Span::new(counted, asked.to())?)?.0;
        }
        if self.rates.is_some()
            && gas.is_some()
            && tariff.tariff_code().is_none_or(|code| code.fuel().is_none())
        {
            // A file of unit rates does not say what they are for; its readings were said to be of gas.
            tariff.fuel = Fuel::Gas;
        }
        self.gas.check(ctx, &tariff, gas.as_ref())?;
        let volumes = gas.as_ref().map(|gas| (metered.clone(), gas.clone()));
        let metered = metered.in_kwh(&tariff, gas.as_ref(), period, &calendar)?;
        let tariff = self.beside.allowing(tariff);
        let mut happened = self.happened(ctx, &calendar)?;
        happened.drawn_by_dispatches(ctx, "the car", (&[&tariff], period, false))?;
        happened.used(ctx, &[&tariff], period);
        Ok(Billed::One(Box::new(OneTariff { tariff, metered, happened, period, printed, volumes })))
    }

    /// The stored account under its agreements, or the one meter point of it that --consumption names.
    fn stored_account(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        gas: Option<&GasConversion>,
    ) -> Result<WholeAccount> {
        let refused = [
            (self.standing_charges.is_some(), "--standing-charges goes with --rates"),
            (self.registers.is_some(), "--registers goes with --tariff or --rates"),
        ];
        if let Some((_, flag)) = refused.iter().find(|(given, _)| *given) {
            return Err(Failure::usage(format!(
                "{flag}; without them the stored account is billed under the tariffs of its agreements"
            )));
        }
        let wanted = match &self.consumption {
            Some(path) if !store::holds(ctx, path) => {
                return Err(Failure::usage(format!(
                    "--consumption {} is a file, and the store does not say under which tariff; name --tariff CODE",
                    path.display()
                )));
            }
            path => path.as_ref().map(|path| path.to_string_lossy().into_owned()),
        };
        let account = StoredAccount::open(ctx, wanted.as_deref(), self.fuel.map(OfFuel::fuel), gas)?;
        let period = self.period.within(ctx, account.extent(ctx)?)?;
        let reach = store::reach(period, self.missing.policy())?;
        let account = account.within(ctx, period)?;
        let (mut supplies, stored) = account.supplies(ctx, wanted.as_deref(), reach, gas)?;
        let dispatched = self.happened_to(ctx, &account, &mut supplies, period, calendar)?;
        let span = priced_over(period, dispatched)?;
        let (mut supplies, tariffs) =
            account.priced(ctx, supplies, (period, span), &self.pricing, &self.selling)?;
        let known = dispatched || !store::existing(ctx)?.dispatched_accounts()?.is_empty();
        let tariffs: Vec<Tariff> = tariffs.into_iter().map(|tariff| self.beside.allowing(tariff)).collect();
        for supply in &mut supplies {
            let of = supply.under(&tariffs, period);
            supply.happened.drawn_by_dispatches(ctx, &supply.name, (&of, period, known))?;
            supply.happened.used(ctx, &of, period);
        }
        let stored = stored.into_iter().filter(|age| supplies.iter().any(|read| read.name == age.name));
        let stored = stored.collect();
        Ok(WholeAccount { supplies, tariffs, period, stored })
    }

    /// What the flags say that happened beside what the meter read.
    fn happened(&self, ctx: &Context, calendar: &Calendar) -> Result<Happened> {
        let dispatches = self.dispatches.as_deref().map(|path| account::dispatches(ctx, path, calendar));
        let device = self.beside.device_consumption.as_deref();
        let device = device.map(|path| Source::read(ctx, path)?.consumption(&self.pricing, &self.metering));
        let sessions = self.beside.sessions.as_deref().map(|path| account::sessions(ctx, path, calendar));
        Ok(Happened {
            dispatches: dispatches.transpose()?.unwrap_or_default(),
            device: device.transpose()?,
            sessions: sessions.transpose()?.unwrap_or_default(),
        })
    }

    /// What happened to the supplies of the stored account: as the flags say it, and where they do not, as the store does. Whether anything was dispatched.
    fn happened_to(
        &self,
        ctx: &Context,
        account: &StoredAccount,
        supplies: &mut [Read],
        period: Span,
        calendar: &Calendar,
    ) -> Result<bool> {
        let said = self.happened(ctx, calendar)?;
        let mut dispatched = self.dispatches.is_some();
        if !dispatched {
            dispatched = account.dispatch_by_store(ctx, supplies, period, calendar)?;
        }
        let flags = [
            ("--dispatches", self.dispatches.is_some()),
            ("--device-consumption", said.device.is_some()),
            ("--sessions", self.beside.sessions.is_some()),
        ];
        if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
            let happened = &mut account.importing(supplies, flag)?.happened;
            if self.dispatches.is_some() {
                happened.dispatches = said.dispatches;
            }
            happened.device = said.device.or(happened.device.take());
            if self.beside.sessions.is_some() {
                happened.sessions = said.sessions;
            }
        }
        Ok(dispatched)
    }

    /// Which way the energy of the stored meter point of --consumption goes.
    fn direction_of_point(&self, ctx: &Context) -> Result<Option<(String, Option<Direction>)>> {
        let point = self.consumption.as_deref().filter(|path| store::holds(ctx, path));
        Ok(point.map(|point| store::direction(ctx, &point.to_string_lossy())).transpose()?.flatten())
    }

    /// The tariffs of --tariff; of those in the store, what is charged over a span.
    fn tariffs_of(&self, ctx: &Context, calendar: &Calendar, span: Span) -> Result<Vec<Tariff>> {
        let mut tariffs = Vec::new();
        for argument in &self.tariffs {
            tariffs.extend(definition::tariffs(ctx, argument, &self.pricing, &self.selling, calendar, span)?);
        }
        Ok(tariffs)
    }

    /// The tariff of --tariff, or one of --rates and --standing-charges; likewise.
    fn tariff(&self, ctx: &Context, calendar: &Calendar, span: Span) -> Result<Tariff> {
        let Some(rates) = &self.rates else {
            let mut tariffs = self.tariffs_of(ctx, calendar, span)?;
            let count = tariffs.len();
            return match tariffs.pop() {
                Some(tariff) if count == 1 => Ok(tariff),
                _ => Err(Failure::usage(format!(
                    "one tariff makes a bill, not {count}; see kwhen compare, or --account"
                ))),
            };
        };
        let source = Source::read(ctx, rates)?;
        let standing = self.standing_charges.as_deref().map(|path| Source::read(ctx, path)).transpose()?;
        let standing = standing
            .map(|source| source.during(span).standing_charges(&self.pricing, calendar))
            .transpose()?;
        if source.is_stored() {
            let role = Role { direction: self.direction_of_point(ctx)?, customer: self.selling.customer() };
            let tariff = store::tariff(ctx, source.name(), &self.pricing, span, &role)?;
            self.selling.concerns(ctx, &tariff);
            let tariff = self.selling.placed(tariff, calendar);
            return Ok(Tariff { standing_charges: standing.or(tariff.standing_charges), ..tariff });
        }
        let series = source.rates(&self.pricing, calendar, Some(PriceRole::Import))?;
        let code = rates.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let tariff = Tariff::from_series(code.unwrap_or_default(), series, standing);
        self.selling.of_code(ctx, self.selling.placed(tariff, calendar))
    }
}
