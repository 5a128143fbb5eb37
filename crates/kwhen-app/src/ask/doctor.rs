//! What could stand in the way of an answer: the file of defaults, the store, the key, the clock, the zone tables.

use crate::answer::doctor::{Check, Doctor, State};
use crate::context::{Context, Flag};
use crate::failure::Result;
use crate::source::{Source, definition, store};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::{Args, Command};
use kwhen::plan::battery::BatteryDefinition;
use kwhen::plan::fleet::{ApplianceDefinition, ThermalDefinition};
use kwhen::plan::outlook::Outlook;
use kwhen::tariff::Agreements;
use kwhen::time::{TZDB_ISSUED, TZDB_VERSION, instant_text};
use kwhen_fetch::is_open_to_others;
use kwhen_fetch::store::{ChargeKind, Damage, Series, Store};
use std::path::{Path, PathBuf};

/// Readings that are older than this are late: they come a day behind.
const LATE_READINGS: TimeDelta = TimeDelta::days(3);
/// Zone tables that are older than this may not know of a country's last change.
const OLD_TABLES: TimeDelta = TimeDelta::days(550);

/// Look at the file of defaults, the store, the key, the clock and the zone tables, and say what to do
///
/// Nothing is changed, nothing is asked of the network, and the key is not shown.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen doctor
  kwhen doctor --store kwhen.db")]
pub struct DoctorArguments {}

impl DoctorArguments {
    /// What was found; the files of the file of defaults are told by the flags of all questions.
    ///
    /// # Errors
    /// A time zone that is not known.
    pub fn answer(&self, ctx: &Context, whole: &Command) -> Result<Doctor> {
        ctx.used(&[Flag::Store]);
        let calendar = ctx.calendar()?;
        let mut doctor = Doctor::default();
        of_the_file(ctx, whole, &mut doctor);
        of_devices(ctx, whole, &mut doctor);
        of_the_key(ctx, &mut doctor);
        of_the_clock(ctx, &mut doctor);
        of_the_tables(ctx, calendar.name(), &mut doctor);
        of_the_store(ctx, &mut doctor);
        Ok(doctor)
    }
}

impl Doctor {
    fn say(&mut self, what: &str, state: State, found: impl Into<String>, advice: Option<&str>) {
        let (what, advice) = (what.to_owned(), advice.map(str::to_owned));
        self.checks.push(Check { what, state, found: found.into(), advice });
    }
}

fn of_the_file(ctx: &Context, whole: &Command, doctor: &mut Doctor) {
    const WHAT: &str = "file of defaults";
    let Some(config) = ctx.config() else {
        let advice = "write kwhen.toml here or in the folder of configurations, so that commands need fewer flags (docs/configuration.md)";
        return doctor.say(WHAT, State::Absent, "none is found", Some(advice));
    };
    let missing: Vec<String> = config
        .entries()
        .iter()
        .flat_map(|entry| entry.files(whole, config.folder()).into_iter().map(move |file| (entry.line, file)))
        .filter(|(_, file)| is_path(file) && !exists(file))
        .map(|(line, file)| format!("line {line}: {} is not there", file.display()))
        .collect();
    let name = config.path().display();
    if missing.is_empty() {
        doctor.say(WHAT, State::Fine, format!("{name}: {} keys", config.entries().len()), None);
    } else {
        let advice = "put the files there, or name others; a relative path counts from the file's folder";
        doctor.say(WHAT, State::Fault, format!("{name}: {}", missing.join("; ")), Some(advice));
    }
}

/// Whether it is a file's name, not one of something in the store.
fn is_path(file: &Path) -> bool {
    file.extension().is_some() || file.is_absolute()
}

fn exists(file: &Path) -> bool {
    // A plain name, or a pattern and several with commas between.
    let all = |files: Vec<PathBuf>| !files.is_empty() && files.iter().all(|file| file.exists());
    file.exists() || kwhen_batch::named_files(file).is_ok_and(all)
}

/// Reads the name of a device's definition.
type NameOf = fn(&Source<'_>) -> Result<Option<String>>;

/// How the name of a device is read that a key of the file of defaults names; `None` for other keys.
fn name_of(key: &str) -> Option<NameOf> {
    let battery: NameOf =
        |source| definition::read::<BatteryDefinition>(source).map(|device| device.name().map(str::to_owned));
    let appliance: NameOf = |source| {
        definition::read::<ApplianceDefinition>(source).map(|device| device.name().map(str::to_owned))
    };
    let thermal: NameOf =
        |source| definition::read::<ThermalDefinition>(source).map(|device| device.name().map(str::to_owned));
    match key {
        "battery" => Some(battery),
        "appliance" => Some(appliance),
        "thermal" => Some(thermal),
        _ => None,
    }
}

fn of_devices(ctx: &Context, whole: &Command, doctor: &mut Doctor) {
    const WHAT: &str = "devices";
    let Some(config) = ctx.config() else { return };
    let of_all = config.entries().iter().filter(|entry| entry.command.is_empty());
    let of_devices = of_all.filter_map(|entry| Some((entry, name_of(&entry.key)?)));
    let files: Vec<(usize, PathBuf, NameOf)> = of_devices
        .flat_map(|(entry, name)| {
            let files = entry.files(whole, config.folder()).into_iter();
            files.map(move |file| (entry.line, file, name))
        })
        .collect();
    let mut named: Vec<(String, PathBuf)> = Vec::new();
    for (line, file, name) in &files {
        let place = format!("{}: line {line}", config.path().display());
        let name = match Source::file(ctx, file).and_then(|source| name(&source)) {
            Ok(name) => name,
            Err(failure) => {
                return doctor.say(
                    WHAT,
                    State::Fault,
                    format!("{place}: {failure}"),
                    Some("mend the definition (docs/battery-files.md)"),
                );
            }
        };
        let Some(name) = name else { continue };
        if let Some((_, other)) = named.iter().find(|(known, _)| *known == name) {
            let found = format!("{place}: {} and {} are both called {name}", other.display(), file.display());
            return doctor.say(WHAT, State::Fault, found, Some("give each device a name of its own"));
        }
        named.push((name, file.clone()));
    }
    if !files.is_empty() {
        doctor.say(WHAT, State::Fine, format!("{} can be read", files.len()), None);
    }
}

fn of_the_key(ctx: &Context, doctor: &mut Doctor) {
    const WHAT: &str = "API key";
    let file = ctx.config().and_then(|config| {
        let entry = config.entries().iter().find(|entry| entry.key == "key_file")?;
        Some(config.folder().join(entry.shown()))
    });
    match (file, ctx.has_key()) {
        (Some(file), _) => match std::fs::read_to_string(&file) {
            Ok(text) if !text.trim().is_empty() && is_open_to_others(&file).unwrap_or(false) => doctor.say(
                WHAT,
                State::Warning,
                format!("others on this machine can read {}", file.display()),
                Some("chmod 600"),
            ),
            Ok(text) if !text.trim().is_empty() => {
                doctor.say(WHAT, State::Fine, format!("{} holds one", file.display()), None);
            }
            Ok(_) => doctor.say(
                WHAT,
                State::Fault,
                format!("{} is empty", file.display()),
                Some("write the key into it"),
            ),
            Err(error) => {
                let found = format!("{}: cannot be read: {error}", file.display());
                doctor.say(WHAT, State::Fault, found, Some("write the key into it, or set KWHEN_API_KEY"));
            }
        },
        (None, true) => doctor.say(WHAT, State::Fine, "KWHEN_API_KEY holds one", None),
        (None, false) => doctor.say(
            WHAT,
            State::Absent,
            "neither KWHEN_API_KEY nor a key_file in the file of defaults",
            Some("needed for kwhen fetch account and consumption; the supplier's website shows it"),
        ),
    }
}

/// When the zone tables were issued.
fn issued() -> NaiveDate {
    TZDB_ISSUED.parse().unwrap_or_default()
}

fn of_the_clock(ctx: &Context, doctor: &mut Doctor) {
    let found = format!("it is {}", ctx.now().format("%Y-%m-%dT%H:%M:%SZ"));
    if ctx.now().date_naive() < issued() {
        doctor.say(
            "clock",
            State::Fault,
            format!("{found}, before this kwhen was made"),
            Some("set this machine's clock"),
        );
    } else {
        doctor.say("clock", State::Fine, found, None);
    }
}

fn of_the_tables(ctx: &Context, zone: &str, doctor: &mut Doctor) {
    let found = format!("{TZDB_VERSION}, of {TZDB_ISSUED}; times are shown by {zone}");
    if ctx.now().date_naive() - issued() > OLD_TABLES {
        doctor.say(
            "zone tables",
            State::Warning,
            found,
            Some("build a newer kwhen: a country may have changed its clocks since"),
        );
    } else {
        doctor.say("zone tables", State::Fine, found, None);
    }
}

fn of_the_store(ctx: &Context, doctor: &mut Doctor) {
    const WHAT: &str = "store";
    let Some(path) = ctx.store() else {
        return doctor.say(
            WHAT,
            State::Absent,
            "none is named",
            Some("name one with --store, or store = in the file of defaults"),
        );
    };
    let name = path.display();
    if !path.exists() {
        let advice = "kwhen fetch account NUMBER, fetch rates and fetch consumption make and fill it";
        return doctor.say(WHAT, State::Fault, format!("{name} is not there"), Some(advice));
    }
    let damage = match Store::check(path) {
        Ok(damage) => damage,
        Err(error) => {
            return doctor.say(
                WHAT,
                State::Fault,
                format!("{name}: {error}"),
                Some("name another file, or take it away and fetch again"),
            );
        }
    };
    if let Some(first) = damage.first() {
        let all = Damage::counted(&damage);
        let found = format!("{name}: {all}, the first in {}: {}", first.place, first.what);
        return doctor.say(WHAT, State::Fault, found, Some("kwhen store check names all of it"));
    }
    doctor.say(WHAT, State::Fine, format!("{name}: no damage found"), None);
    if let Err(failure) = of_what_is_stored(ctx, doctor) {
        doctor.say("what is stored", State::Fault, failure.to_string(), None);
    }
}

fn of_what_is_stored(ctx: &Context, doctor: &mut Doctor) -> Result<()> {
    let (store, now) = (store::existing(ctx)?, ctx.now());
    let accounts = store.accounts()?;
    if accounts.is_empty() {
        doctor.say(
            "account",
            State::Absent,
            "the store holds none",
            Some("kwhen fetch account NUMBER, so that bills know your tariffs"),
        );
    }
    for (account, fetched_at) in &accounts {
        let found = format!("{}, fetched {}", account.number, instant_text(*fetched_at));
        if *fetched_at > now + TimeDelta::minutes(5) {
            doctor.say(
                "clock",
                State::Fault,
                format!("{found}, which is after now"),
                Some("set this machine's clock"),
            );
        } else {
            doctor.say("account", State::Fine, found, None);
        }
    }
    for point in store.points()? {
        let what = format!("meter point {}", point.meter_point);
        let agreed = Agreements::from_rows(&point.agreements)?;
        let in_force = agreed.list().iter().find(|agreement| agreement.span.contains(now));
        match in_force {
            Some(agreement) => {
                let end = agreement.span.to();
                let is_followed = agreed.list().iter().any(|next| next.span.from() == end);
                if !agreement.span.is_open_ended() && !is_followed && end < now + DEAL_ENDS {
                    doctor.say(
                        &what,
                        State::Warning,
                        format!("the agreement on {} ends at {}, and none follows yet", agreement.tariff, instant_text(end)),
                        Some("kwhen compare says what others cost, kwhen fetch products --meter-point NUMBER which may be had"),
                    );
                }
                of_rates(store, &agreement.tariff, now, doctor)?;
            }
            None => doctor.say(
                &what,
                State::Warning,
                "no agreement is in force now",
                Some("kwhen fetch account brings it up to date"),
            ),
        }
        match store.extent(&point.meter_point)? {
            None => {
                doctor.say(&what, State::Warning, "no readings", Some("kwhen fetch consumption --from DATE"))
            }
            Some((from, to)) => {
                let found = format!("readings from {} to {}", instant_text(from), instant_text(to));
                if now - to > LATE_READINGS {
                    let found = format!("{found}, {} days ago", (now - to).num_days());
                    doctor.say(&what, State::Warning, found, Some("kwhen fetch consumption brings newer ones; if it does not, the meter does not send them"));
                } else {
                    doctor.say(&what, State::Fine, found, None);
                }
            }
        }
    }
    for held in store.list()? {
        let missing = store.missing(&held.series)?;
        let Some(last) = missing.last() else { continue };
        let found = format!(
            "{} gaps, the last {} to {}",
            missing.len(),
            instant_text(last.from),
            instant_text(last.to)
        );
        doctor.say(
            &held.series.to_string(),
            State::Warning,
            found,
            Some("kwhen fetch status lists them; bills leave them out and say so"),
        );
    }
    Ok(())
}

/// How long before a deal ends that is said.
const DEAL_ENDS: TimeDelta = TimeDelta::days(60);

/// How far the rates of a tariff are known.
fn of_rates(store: &Store, tariff: &str, now: DateTime<Utc>, doctor: &mut Doctor) -> Result<()> {
    let what = format!("rates of {tariff}");
    let Ok(code) = tariff.parse::<kwhen::tariff::TariffCode>() else {
        doctor.say(
            &what,
            State::Warning,
            "their code cannot be asked for",
            Some("bill that time from a file of its prices"),
        );
        return Ok(());
    };
    let kind = ChargeKind::of(&code).next().unwrap_or(ChargeKind::UnitRates);
    let until = now + TimeDelta::days(2);
    let known =
        store.rates(tariff, kind, (now, until), None).ok().and_then(|rates| Outlook::at(&rates, now, until));
    let fetched = store.fetched_at(&Series::Charges(tariff.to_owned(), kind), (now, until)).ok().flatten();
    let fetched = fetched.map(|at| format!(", fetched {}", instant_text(at))).unwrap_or_default();
    match known {
        Some(seen) => {
            doctor.say(&what, State::Fine, format!("known to {}{fetched}", instant_text(seen.known_to)), None)
        }
        None => {
            let command = store.fetching(tariff, now)?;
            doctor.say(&what, State::Warning, "none is known for now", Some(command.as_str()))
        }
    }
    Ok(())
}
