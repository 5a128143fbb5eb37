//! `kwhen.toml`: what commands take where their flags do not say it. Its keys are the names of flags, read by the same rule as a
//! request in JSON ([`request`](crate::request)); those in `[command.NAME]` are for one command alone.

use crate::failure::{Failure, Result};
use crate::request::{asked, given_as, key, takes_value};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use kwhen::names::nearest;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The name of the file in the working directory and in the folder of configurations.
pub const FILE_NAME: &str = "kwhen.toml";
/// What is said instead of a file where none is to be read.
pub const NONE: &str = "none";
/// The table whose tables are for one command each.
const OF_COMMANDS: &str = "command";
/// What readings of gas count is for what the stored account holds, not for files that are named beside it.
const OF_GAS: [&str; 5] =
    ["gas_unit", "calorific_value", "calorific_values", "calorific_value_places", "gas_kwh_places"];
const NAMES_WHAT_IS_BILLED: [&str; 4] = ["rates", "tariff", "consumption", "registers"];

/// What a file says.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// One key of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The words of the command that it is for; none: for every command that has the flag.
    pub command: Vec<String>,
    /// The flag's name, with underscores.
    pub key: String,
    /// The line on which it stands.
    pub line: usize,
    value: serde_json::Value,
}

/// What a command takes from the file.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// As they are written on a command line.
    pub flags: Vec<String>,
    /// Which of the command's flags they are, each with its line.
    pub from: Vec<(String, usize)>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or holds what is no value of a flag; the message names the file and the line.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::work(format!("{name}: cannot be read: {error}")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let line = |place: usize| text.get(..place).unwrap_or(text).matches('\n').count() + 1;
        let table = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            Failure::work(format!("{name}: line {}: {}", line(place), error.message()))
        })?;
        let mut entries = Vec::new();
        for (key, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::Table(commands) if key.get_ref() == OF_COMMANDS => {
                    for (command, held) in commands {
                        let DeValue::Table(held) = held.get_ref() else {
                            return Err(Failure::work(format!(
                                "{name}: line {}: {OF_COMMANDS}.{}: must be a table of flags",
                                line(command.span().start),
                                command.get_ref()
                            )));
                        };
                        let words = vec![command.get_ref().to_string()];
                        fill(&mut entries, held, &words, &line)
                            .map_err(|failure| failure.within(&name.to_string()))?;
                    }
                }
                DeValue::Table(_) => {
                    return Err(Failure::work(format!(
                        "{name}: line {}: [{}]: no such table; flags of one command stand in [{OF_COMMANDS}.NAME]",
                        line(key.span().start),
                        key.get_ref()
                    )));
                }
                value => {
                    let line = line(key.span().start);
                    entries.push(
                        entry(&[], key.get_ref(), line, value)
                            .map_err(|failure| failure.within(&name.to_string()))?,
                    );
                }
            }
        }
        entries.sort_by_key(|entry| entry.line);
        Ok(Self { path: path.to_owned(), entries })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All that it says, in the order of its lines.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Refuses what no command has.
    ///
    /// # Errors
    /// A command or a flag that there is not; the message names the line and the nearest that there is.
    pub fn check(&self, whole: &Command) -> Result<()> {
        for entry in &self.entries {
            let mut command = whole;
            for word in &entry.command {
                let known =
                    || command.get_subcommands().map(Command::get_name).filter(|name| *name != "help");
                command = known()
                    .find(|name| name == word)
                    .and_then(|name| command.find_subcommand(name))
                    .ok_or_else(|| {
                        self.refused(
                            entry,
                            &format!(
                                "{OF_COMMANDS}.{}: there is no such command{}",
                                entry.command.join("."),
                                near(word, known())
                            ),
                        )
                    })?;
            }
            let mut keys = Vec::new();
            keys_of(command, &mut keys);
            if !keys.contains(&entry.key) {
                let whose = match entry.command.as_slice() {
                    [] => "no command has".to_owned(),
                    words => format!("kwhen {} does not have", words.join(" ")),
                };
                let near = near(&entry.key, keys.iter().map(String::as_str));
                return Err(self.refused(entry, &format!("{}: {whose} a flag of this name{near}", entry.key)));
            }
        }
        Ok(())
    }

    /// Refuses addresses of services in a file that was only come across, in a folder that may be another's: the API key would be sent there.
    ///
    /// # Errors
    /// It names an address; the message names the line.
    pub fn check_as_found(&self) -> Result<()> {
        let is_address = |entry: &&Entry| {
            entry.key == "allow_http" || entry.key == "instance" && entry.shown().contains(':')
        };
        match self.entries.iter().find(is_address) {
            Some(entry) => Err(self.refused(
                entry,
                &format!(
                    "{}: where the key is sent is not taken from a file that only lies here; name the file with --config or KWHEN_CONFIG if it is yours",
                    entry.key
                ),
            )),
            None => Ok(()),
        }
    }

    fn refused(&self, entry: &Entry, what: &str) -> Failure {
        Failure::work(format!("{}: line {}: {what}", self.path.display(), entry.line))
    }

    /// What a command takes of it, given what its line says. A flag of the line wins, and shuts out what excludes it. What is said for
    /// the command wins over what is said for all; of two keys that exclude each other the first in the file is taken.
    ///
    /// # Errors
    /// A value that the flag does not take; the message names the line.
    pub fn defaults(&self, command: &Command, words: &[&str], line: &ArgMatches) -> Result<Defaults> {
        let is_given = |arg: &Arg| {
            let id = arg.get_id().as_str();
            // An argument that the line's own command does not know is not given.
            let known = line.try_contains_id(id).is_ok();
            known && line.value_source(id) == Some(ValueSource::CommandLine)
        };
        let mut taken: Vec<&Arg> = asked(command).filter(|arg| is_given(arg)).collect();
        let names_what_is_billed = taken.iter().any(|arg| NAMES_WHAT_IS_BILLED.contains(&key(arg).as_str()));
        let mut chosen: BTreeMap<&str, &Entry> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.is_for(words)) {
            match chosen.get(entry.key.as_str()) {
                Some(other) if other.command.len() >= entry.command.len() => {}
                _ => {
                    chosen.insert(&entry.key, entry);
                }
            }
        }
        let mut chosen: Vec<&Entry> = chosen.into_values().collect();
        chosen.sort_by_key(|entry| (std::cmp::Reverse(entry.command.len()), entry.line));
        let mut defaults = Defaults::default();
        for entry in chosen {
            let Some(arg) = asked(command).find(|arg| key(arg) == entry.key && arg.get_long().is_some())
            else {
                continue;
            };
            let excludes = |one: &Arg, other: &Arg| {
                command.get_arg_conflicts_with(one).iter().any(|excluded| excluded.get_id() == other.get_id())
            };
            let shut_out = taken
                .iter()
                .any(|other| other.get_id() == arg.get_id() || excludes(arg, other) || excludes(other, arg));
            let of_another_kind = entry.command.is_empty() && form(arg).contains("PARQUET");
            let of_other_readings = names_what_is_billed && OF_GAS.contains(&entry.key.as_str());
            if shut_out || of_another_kind || of_other_readings {
                continue;
            }
            let place = format!("{}: line {}", self.path.display(), entry.line);
            let flags = given_as(arg, &entry.placed(arg, self.folder()), &place)?;
            // `false` leaves a flag out.
            if !flags.is_empty() {
                defaults.flags.extend(flags);
                defaults.from.push((arg.get_id().to_string(), entry.line));
                taken.push(arg);
            }
        }
        Ok(defaults)
    }

    /// Where relative paths count from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

impl Entry {
    /// Whether it is for the command of these words.
    fn is_for(&self, words: &[&str]) -> bool {
        self.command.len() <= words.len() && self.command.iter().zip(words).all(|(own, word)| own == word)
    }

    /// As it is written, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(list) => {
                let texts =
                    list.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                texts.collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        }
    }

    /// Its value, relative paths from the file's folder.
    fn placed(&self, arg: &Arg, folder: &Path) -> serde_json::Value {
        let form = form(arg);
        let is_path = ["FILE", "PARQUET", "CSV", "FOLDER"].iter().any(|kind| form.contains(kind));
        let placed = |text: &str| match is_path {
            true => text.split(',').map(|part| path_from(folder, part, arg)).collect::<Vec<_>>().join(","),
            false => text.to_owned(),
        };
        match &self.value {
            serde_json::Value::String(text) => placed(text).into(),
            serde_json::Value::Array(list) => list
                .iter()
                .map(|value| value.as_str().map_or_else(|| value.clone(), |text| placed(text).into()))
                .collect(),
            other => other.clone(),
        }
    }

    /// The files that it names, from the file's folder.
    #[must_use]
    pub fn files(&self, whole: &Command, folder: &Path) -> Vec<PathBuf> {
        self.named_files(whole, folder).into_iter().map(|(_, path)| path).collect()
    }

    /// The files that it names: each as it stands there, and from the file's folder.
    pub(crate) fn named_files(&self, whole: &Command, folder: &Path) -> Vec<(String, PathBuf)> {
        let Some(arg) = arg_of(whole, &self.key) else { return Vec::new() };
        if !form(arg).contains("FILE") {
            return Vec::new();
        }
        let texts = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => vec![text.clone()],
            serde_json::Value::Array(list) => {
                list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        let parts = |value: &serde_json::Value| -> Vec<String> {
            texts(value).iter().flat_map(|text| text.split(',')).map(str::to_owned).collect()
        };
        let placed = parts(&self.placed(arg, folder)).into_iter().map(PathBuf::from);
        parts(&self.value).into_iter().zip(placed).collect()
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The flag's name, with underscores.
    pub key: String,
    /// Its value; a relative path as it is taken.
    pub value: String,
    /// The file and its line, or the default.
    pub from: String,
    /// The command that it is for; empty: for every command that has the flag.
    #[serde(rename = "for")]
    pub command: String,
}

/// What a file holds; or, with the words of a command, what that takes where its line says nothing.
///
/// # Errors
/// There is no such command, or a value is none of its flag.
pub fn shown(config: Option<&Config>, whole: &Command, words: &[&str]) -> Result<Vec<Shown>> {
    let place =
        |line: usize| config.map_or_else(String::new, |config| format!("{}:{line}", config.path.display()));
    if words.is_empty() {
        let of = |entry: &Entry| Shown {
            key: entry.key.clone(),
            value: entry.shown(),
            from: place(entry.line),
            command: entry.command.join(" "),
        };
        return Ok(config.map_or_else(Vec::new, |config| config.entries.iter().map(of).collect()));
    }
    let mut command = whole;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known = command.get_subcommands().map(Command::get_name);
            Failure::usage(format!("{word}: there is no such command{}", near(word, known)))
        })?;
    }
    let nothing = ArgMatches::default();
    let defaults = match config {
        Some(config) => config.defaults(command, words, &nothing)?,
        None => Defaults::default(),
    };
    let mut rows = Vec::new();
    for arg in asked(command) {
        let Some(long) = arg.get_long() else { continue };
        let from = defaults.from.iter().find(|(id, _)| id == arg.get_id().as_str());
        let own: Vec<String> = defaults
            .flags
            .iter()
            .filter_map(|flag| match flag.strip_prefix("--")?.split_once('=') {
                Some((name, value)) => (name == long).then(|| value.to_owned()),
                None => (flag.strip_prefix("--")? == long).then(|| "true".to_owned()),
            })
            .collect();
        let (value, from) = match from {
            Some((_, line)) => (own.join(", "), place(*line)),
            None => {
                let default: Vec<_> =
                    arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
                if default.is_empty() || !takes_value(arg) {
                    continue;
                }
                (default.join(","), "default".to_owned())
            }
        };
        rows.push(Shown { key: key(arg), value, from, command: words.join(" ") });
    }
    Ok(rows)
}

/// A path from a folder; a name that is no file there and has no ending is one of something in the store.
fn path_from(folder: &Path, text: &str, arg: &Arg) -> String {
    let (path, joined) = (Path::new(text), folder.join(text));
    let always = ["store", "key_file"].contains(&arg.get_id().as_str());
    let is_file = always || path.extension().is_some() || joined.exists();
    if text == "-" || path.is_absolute() || !is_file {
        return text.to_owned();
    }
    joined.display().to_string()
}

/// The form of a flag's value.
pub(crate) fn form(arg: &Arg) -> &str {
    arg.get_value_names().and_then(<[_]>::first).filter(|_| takes_value(arg)).map_or("", |name| name.as_str())
}

/// The first flag of a key, of a command or of those under it.
pub(crate) fn arg_of<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    asked(command)
        .find(|arg| arg.get_long().is_some() && key(arg) == name)
        .or_else(|| command.get_subcommands().find_map(|deeper| arg_of(deeper, name)))
}

/// The keys of a command and of those under it.
fn keys_of(command: &Command, keys: &mut Vec<String>) {
    keys.extend(asked(command).filter(|arg| arg.get_long().is_some()).map(key));
    command.get_subcommands().for_each(|deeper| keys_of(deeper, keys));
}

fn near<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(wrong, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

/// The entries of a command's table, and of those of the commands under it.
fn fill(
    entries: &mut Vec<Entry>,
    table: &DeTable<'_>,
    words: &[String],
    line: &impl Fn(usize) -> usize,
) -> Result<()> {
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Table(deeper) => {
                let words = [words, &[key.get_ref().to_string()]].concat();
                fill(entries, deeper, &words, line)?;
            }
            value => entries.push(entry(words, key.get_ref(), line(key.span().start), value)?),
        }
    }
    Ok(())
}

fn entry(command: &[String], key: &str, line: usize, value: &DeValue<'_>) -> Result<Entry> {
    let value = json(value).map_err(|what| Failure::work(format!("line {line}: {key}: {what}")))?;
    Ok(Entry { command: command.to_vec(), key: key.replace('-', "_"), line, value })
}

/// A value as a request has it: numbers digit by digit, as texts.
fn json(value: &DeValue<'_>) -> Result<serde_json::Value, String> {
    Ok(match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().trim_start_matches('+').into(),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_err(|error| error.to_string())?
            .to_string()
            .into(),
        DeValue::Float(number) => number.as_str().trim_start_matches('+').into(),
        DeValue::Boolean(given) => (*given).into(),
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(list) => {
            list.iter().map(|value| json(value.get_ref())).collect::<Result<Vec<_>, String>>()?.into()
        }
        DeValue::Table(_) => return Err("must be the value of a flag, not a table".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Args as _;

    fn whole() -> Command {
        #[derive(clap::Args)]
        struct Bill {
            #[arg(long, value_name = "FILE", conflicts_with = "_tariffs")]
            _rates: Option<String>,
            #[arg(long = "tariff", value_name = "FILE[,STANDING]")]
            _tariffs: Vec<String>,
            #[arg(long, value_name = "KW")]
            _kw: Option<String>,
            #[arg(long)]
            _split: bool,
        }
        let mut whole = Command::new("kwhen").subcommand(Bill::augment_args(Command::new("bill")));
        whole.build();
        whole
    }

    fn config(text: &str) -> std::result::Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, text).unwrap();
        let read = Config::read(&path).and_then(|config| config.check(&whole()).map(|()| config));
        read.map_err(|failure| failure.to_string().split_once("kwhen.toml: ").unwrap().1.to_owned())
            .map(|config| Config { path: "/home/kwhen.toml".into(), ..config })
    }

    fn flags(text: &str, line: &str) -> Vec<String> {
        let whole = whole();
        let matches = whole.clone().try_get_matches_from(line.split(' ')).unwrap();
        let (name, deeper) = matches.subcommand().unwrap();
        config(text).unwrap().defaults(whole.find_subcommand(name).unwrap(), &[name], deeper).unwrap().flags
    }

    #[test]
    fn keys_are_flags_and_the_line_wins() {
        assert_eq!(flags("kw = 7.40\nsplit = true\n", "kwhen bill"), ["--kw=7.40", "--split"]);
        assert_eq!(flags("kw = 1_000\n", "kwhen bill --kw 3"), Vec::<String>::new());
        assert_eq!(flags("split = false\n", "kwhen bill"), Vec::<String>::new());
    }

    #[test]
    fn paths_count_from_the_file_and_names_are_left() {
        assert_eq!(flags("rates = \"a/b.csv\"", "kwhen bill"), ["--rates=/home/a/b.csv"]);
        assert_eq!(flags("rates = \"/x/b.csv\"", "kwhen bill"), ["--rates=/x/b.csv"]);
        assert_eq!(
            flags("rates = \"E-1R-AGILE-24-10-01-C\"", "kwhen bill"),
            ["--rates=E-1R-AGILE-24-10-01-C"]
        );
        assert_eq!(
            flags("tariff = [\"a.toml,s.csv\", \"-\"]", "kwhen bill"),
            ["--tariff=/home/a.toml,/home/s.csv", "--tariff=-"]
        );
    }

    #[test]
    fn of_keys_that_exclude_each_other_one_is_taken() {
        let both = "rates = \"E-1\"\ntariff = \"E-2\"\n";
        assert_eq!(flags(both, "kwhen bill"), ["--rates=E-1"]);
        assert_eq!(flags("tariff = \"E-2\"\nrates = \"E-1\"\n", "kwhen bill"), ["--tariff=E-2"]);
        assert_eq!(flags(both, "kwhen bill --tariff E-3"), Vec::<String>::new());
        assert_eq!(
            flags("rates = \"E-1\"\n[command.bill]\ntariff = \"E-2\"\n", "kwhen bill"),
            ["--tariff=E-2"]
        );
        assert_eq!(flags("kw = 1\n[command.bill]\nkw = 2\n", "kwhen bill"), ["--kw=2"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |text: &str| config(text).unwrap_err();
        assert_eq!(
            wrong("\ntarif = 1\n"),
            "line 2: tarif: no command has a flag of this name; did you mean tariff?"
        );
        assert_eq!(
            wrong("[command.bil]\nkw = 1\n"),
            "line 2: command.bil: there is no such command; did you mean bill?"
        );
        assert!(
            wrong("[command.bill]\nkv = 1\n")
                .starts_with("line 2: kv: kwhen bill does not have a flag of this name")
        );
        assert!(wrong("[bill]\nkw = 1\n").contains("flags of one command stand in [command.NAME]"));
        assert!(wrong("kw = {a = 1}\n").starts_with("line 1: "));
        assert!(wrong("kw = 1\nkw = 2\n").starts_with("line 2: "));
        assert!(wrong("kw = \n").starts_with("line 1: "));
    }
}
