//! What a question is asked in: the clock, the store, the time, and which flags were given and of use.
//!
//! A flag that is given is used or refused, never ignored. Some flags say how one kind of input is read, and whether there is such an
//! input is known only when all of it has been read. What reads it says so here; at the end, a flag that nothing had a use for is
//! refused. Flags that exclude each other whatever is read say that where they are described.

use crate::config::{Config, Defaults};
use crate::failure::{Failure, Result};
use crate::installation;
use chrono::{DateTime, Utc};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use kwhen::time::Calendar;
use kwhen_fetch::store::Store;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};

/// A flag that only some inputs have a use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a flag's own line of help says what it is")]
pub enum Flag {
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
    Spot,
    GasUnit,
    Instance,
    AllowHttp,
    KeyFile,
    Layout,
    Column,
    Label,
    Clock,
    DateOrder,
    Channel,
    Meter,
    DispatchHours,
    DispatchCount,
    DeviceConsumption,
    TimeLimit,
}

/// Why a flag about the layout of files may be of no use.
const EVERY_FILE_SAYS_IT: &str =
    "it says what files do not say themselves, and every file that is read here says it";

impl Flag {
    const ALL: [Self; 28] = [
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
        Self::Spot,
        Self::GasUnit,
        Self::Instance,
        Self::AllowHttp,
        Self::KeyFile,
        Self::Layout,
        Self::Column,
        Self::Label,
        Self::Clock,
        Self::DateOrder,
        Self::Channel,
        Self::Meter,
        Self::DispatchHours,
        Self::DispatchCount,
        Self::DeviceConsumption,
        Self::TimeLimit,
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
            Self::Spot => ("--spot", "no tariff here goes by the market's prices"),
            Self::GasUnit => ("--gas-unit", "no gas is billed here"),
            Self::Instance => ("--instance", "no service is asked here"),
            Self::AllowHttp => ("--allow-http", "nothing is fetched here"),
            Self::KeyFile => ("--key-file", "no service is asked here"),
            Self::Layout => ("--layout", EVERY_FILE_SAYS_IT),
            Self::Column => ("--column", EVERY_FILE_SAYS_IT),
            Self::Label => ("--label", EVERY_FILE_SAYS_IT),
            Self::Clock => ("--clock", EVERY_FILE_SAYS_IT),
            Self::DateOrder => ("--date-order", EVERY_FILE_SAYS_IT),
            Self::Channel => ("--channel", EVERY_FILE_SAYS_IT),
            Self::Meter => ("--meter", EVERY_FILE_SAYS_IT),
            Self::DispatchHours => ("--dispatch-hours", "nothing that is billed was dispatched"),
            Self::DispatchCount => (
                "--dispatch-count",
                "no tariff here has so many cheap hours a day (--dispatch-hours says them), or nothing was dispatched",
            ),
            Self::TimeLimit => ("--time-limit", "nothing is fetched here"),
            Self::DeviceConsumption => {
                ("--device-consumption", "no tariff here has prices of its own for the car")
            }
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What every question takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub struct Setting {
    /// The clock that dates, days and bands of time go by (an IANA name)
    #[arg(long, default_value = "Europe/London", global = true, value_name = "ZONE")]
    pub(crate) time_zone: String,
    /// What `kwhen fetch` keeps; an argument that is no file is then a tariff code or a meter point in it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// Defaults for flags, as TOML: a file, or none; kwhen.toml here, or in the folder of configurations, if not said
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The whole request as JSON: an object whose keys are the names of flags (`kwhen schema` says which)
    #[arg(long, global = true, value_name = "FILE")]
    ask: Option<PathBuf>,
}

/// Where an argument's file is: `-` is standard input.
pub const STANDARD_INPUT: &str = "-";

/// What a question is asked in.
#[derive(Debug)]
pub struct Context {
    setting: Setting,
    now: DateTime<Utc>,
    given: u32,
    config: Option<Config>,
    defaults: Defaults,
    has_key: bool,
    /// What the arguments hold that may be the name of a file that is read, each by its argument.
    values: Vec<(String, String)>,
    used: Cell<u32>,
    notes: RefCell<Vec<String>>,
    /// The store, once it is open: what is asked of it several times is read from the file once.
    opened: OnceCell<Store>,
    /// The zone of the installation that is asked, where it is not the usual one.
    installation: Cell<Option<&'static str>>,
}

impl Context {
    /// For a question that stands in these arguments, asked at `now`.
    ///
    /// # Errors
    /// More than one file is standard input, which can be read once.
    pub fn new(setting: Setting, matches: &ArgMatches, now: DateTime<Utc>) -> Result<Self> {
        let arguments = deepest(matches);
        one_standard_input(arguments)?;
        Ok(Self { given: given(arguments), values: values(arguments), setting, ..Self::plain(now) })
    }

    /// For a question that stands in no arguments: on the London clock, without a store.
    #[must_use]
    pub fn plain(now: DateTime<Utc>) -> Self {
        // Every instant here is a whole second.
        let now = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        let setting = Setting {
            time_zone: Calendar::great_britain().name().to_owned(),
            store: None,
            config: None,
            ask: None,
        };
        Self {
            setting,
            now,
            given: 0,
            config: None,
            defaults: Defaults::default(),
            has_key: false,
            values: Vec::new(),
            used: Cell::new(0),
            notes: RefCell::default(),
            opened: OnceCell::new(),
            installation: Cell::new(None),
        }
    }

    /// With a clock that is gone by and a store, as a program says them.
    #[must_use]
    pub fn with_setting(self, time_zone: String, store: Option<PathBuf>) -> Self {
        Self { setting: Setting { time_zone, store, ..self.setting.clone() }, ..self }
    }

    /// The same question asked at another moment, with nothing read and nothing said yet.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Self {
        Self {
            setting: self.setting.clone(),
            given: self.given,
            config: self.config.clone(),
            defaults: self.defaults.clone(),
            has_key: self.has_key,
            values: self.values.clone(),
            ..Self::plain(now)
        }
    }

    /// The clock, the store and the rest that every question takes.
    pub(crate) const fn setting(&self) -> &Setting {
        &self.setting
    }

    /// What the arguments hold that may be the name of a file that is read, each by its argument.
    pub(crate) fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// The store of a path, opened where it is not open yet.
    pub(crate) fn opened(&self, path: &Path) -> Result<&Store> {
        if let Some(store) = self.opened.get() {
            return Ok(store);
        }
        let store = Store::open(path)?;
        Ok(self.opened.get_or_init(|| store))
    }

    /// With a file of defaults, and which of its defaults stand in the arguments.
    #[must_use]
    pub fn with_config(self, config: Option<Config>, defaults: Defaults) -> Self {
        Self { config, defaults, ..self }
    }

    /// With whether the environment holds a key; the key itself is not wanted here.
    #[must_use]
    pub fn with_key(self, has_key: bool) -> Self {
        Self { has_key, ..self }
    }

    /// Whether the environment holds a key.
    pub const fn has_key(&self) -> bool {
        self.has_key
    }

    /// The file of defaults, if there is one.
    pub const fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// Whether a flag stands in the arguments because the file of defaults says it, by its name with underscores. Such a flag may be of
    /// no use to what is asked.
    pub fn is_default(&self, name: &str) -> bool {
        self.defaults.from.iter().any(|(id, _)| id == name)
    }

    /// What time it is. Read once, in the outermost face.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Says whose customers are asked about, by the zone that they live by.
    pub fn of_installation(&self, zone: &'static str) {
        self.installation.set((zone != Calendar::great_britain().name()).then_some(zone));
    }

    /// The zone that is gone by: as it is said, else that of the installation that is asked, or that the store in use was filled from.
    fn zone(&self) -> Result<Cow<'_, str>> {
        let said = Cow::Borrowed(self.setting.time_zone.as_str());
        if self.is_given(Flag::TimeZone) || self.is_default("time_zone") {
            return Ok(said);
        }
        if let Some(zone) = self.installation.get() {
            return Ok(Cow::Borrowed(zone));
        }
        let store = self.store().filter(|path| path.is_file()).and_then(|path| self.opened(path).ok());
        Ok(store.map(installation::zone_of).transpose()?.flatten().map_or(said, Cow::Owned))
    }

    /// The calendar of --time-zone, to go by; of the installation that is asked or stored, where it is not said.
    ///
    /// # Errors
    /// A zone that is not known.
    pub fn calendar(&self) -> Result<Calendar> {
        self.used(&[Flag::TimeZone]);
        Calendar::named(&self.zone()?).map_err(|error| Failure::usage(format!("--time-zone: {error}")))
    }

    /// The file of --store, if there is one.
    pub fn store(&self) -> Option<&Path> {
        self.setting.store.as_deref()
    }

    /// Whether a flag was given.
    pub const fn is_given(&self, flag: Flag) -> bool {
        self.given & flag.bit() != 0
    }

    /// Says that something had a use for these flags, had they been given.
    pub fn used(&self, flags: &[Flag]) {
        self.used.set(flags.iter().fold(self.used.get(), |bits, flag| bits | flag.bit()));
    }

    /// Refuses a flag that was given and that nothing had a use for. Called when all is read, and before anything is written.
    ///
    /// # Errors
    /// There is such a flag; the message names it and says why.
    pub fn refuse_unused(&self) -> Result<()> {
        let used = self.used.get();
        let is_default =
            |flag: Flag| self.is_default(&flag.described().0.trim_start_matches('-').replace('-', "_"));
        let is_unused = |flag: &Flag| self.is_given(*flag) && used & flag.bit() == 0 && !is_default(*flag);
        match Flag::ALL.into_iter().find(is_unused) {
            None => Ok(()),
            Some(flag) => {
                let (name, why) = flag.described();
                Err(Failure::usage(format!("{name} is of no use: {why}")))
            }
        }
    }

    /// For a question that has a use for these alone: refuses the others before it begins.
    ///
    /// # Errors
    /// As [`Context::refuse_unused`].
    pub fn only(&self, flags: &[Flag]) -> Result<()> {
        self.used(flags);
        self.refuse_unused()
    }

    /// Refuses to write over a file that is read.
    ///
    /// # Errors
    /// The path leads to a file that another argument names; `flag` is the one that names it here.
    pub fn refuse_over_input(&self, path: &Path, flag: &str) -> Result<()> {
        let config = self.config.iter().map(|config| config.path().to_owned());
        let named = self.values.iter().flat_map(|(_, value)| {
            let files = kwhen_batch::named_files(Path::new(value)).unwrap_or_default();
            files.into_iter().chain(value.split(',').map(PathBuf::from))
        });
        match named.chain(config).find(|read| read.is_file() && kwhen_batch::is_same_file(read, path)) {
            None => Ok(()),
            Some(read) => Err(Failure::usage(format!(
                "{flag} {}: {} is a file that is read; name another",
                path.display(),
                read.display()
            ))),
        }
    }

    /// Says something beside the answer, such as what was left out. What is said twice is said once.
    pub fn note(&self, note: impl Into<String>) {
        let (note, mut notes) = (note.into(), self.notes.borrow_mut());
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What was said beside the answer so far; it is said once.
    pub fn take_notes(&self) -> Vec<String> {
        self.notes.take()
    }
}

/// The arguments of the command that is run.
fn deepest(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, deeper)| deepest(deeper))
}

/// Refuses a second file that is standard input, the request of --ask among them.
fn one_standard_input(arguments: &ArgMatches) -> Result<()> {
    let mut taken = Vec::new();
    for id in arguments.ids().map(clap::Id::as_str) {
        let values = arguments.try_get_raw(id).ok().flatten().into_iter().flatten();
        let files = values.filter_map(|value| value.to_str()).flat_map(|value| value.split(','));
        let inputs = files.filter(|file| file.trim() == STANDARD_INPUT).count();
        taken.extend(std::iter::repeat_n(format!("--{}", id.replace('_', "-")), inputs));
    }
    if taken.len() > 1 {
        return Err(Failure::usage(format!(
            "only one file can be `-`, standard input: {} are; give the others by their names",
            taken.join(" and ")
        )));
    }
    Ok(())
}

/// The values of the arguments that name no file to be written.
fn values(arguments: &ArgMatches) -> Vec<(String, String)> {
    const WRITTEN: [&str; 3] = ["html", "out", "report"];
    let ids = arguments.ids().map(clap::Id::as_str).filter(|id| !WRITTEN.contains(id));
    let raw = ids.flat_map(|id| {
        let values = arguments.try_get_raw(id).ok().flatten().into_iter().flatten();
        values.filter_map(move |value| Some((id.to_owned(), value.to_str()?.to_owned())))
    });
    raw.collect()
}

/// Which of the flags stand in the arguments, a bit each.
fn given(arguments: &ArgMatches) -> u32 {
    let given: Vec<String> = arguments
        .ids()
        .map(clap::Id::as_str)
        .filter(|id| arguments.value_source(id) == Some(ValueSource::CommandLine))
        .map(|id| format!("--{}", id.replace('_', "-")))
        .collect();
    let stands = |flag: &&Flag| given.iter().any(|given| given == flag.described().0);
    Flag::ALL.iter().filter(stands).fold(0, |bits, flag| bits | flag.bit())
}
