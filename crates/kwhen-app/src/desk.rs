//! Questions from elsewhere, by a name and an object of JSON, as over a network: the same words and the same answers as on a command line,
//! but nothing is opened that the owner of this machine has not named, nothing is written, and nobody else is asked.

use crate::answer::Answer;
use crate::ask::{Listener, Question};
use crate::config::{Config, Defaults, arg_of, form};
use crate::context::{Context, STANDARD_INPUT, Setting};
use crate::failure::{Failure, Result};
use crate::request;
use chrono::{DateTime, Utc};
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _, Parser};
use kwhen::names::nearest;
use kwhen::tariff::TariffCode;
use kwhen::text::{html_escaped, visible};
use kwhen::time::Calendar;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A line that asks a question.
#[derive(Parser, Debug)]
#[command(name = "kwhen")]
struct Line {
    #[command(flatten)]
    setting: Setting,
    #[command(subcommand)]
    question: Question,
}

/// What is asked here, and the words of its command. What asks a service, or makes a file, is not among them.
const ASKED: [(&str, &[&str]); 14] = [
    ("audit", &["audit"]),
    ("backtest", &["backtest"]),
    ("battery", &["battery"]),
    ("bill", &["bill"]),
    ("charge", &["charge"]),
    ("cheapest", &["cheapest"]),
    ("compare", &["compare"]),
    ("forecast", &["forecast"]),
    ("inspect", &["inspect"]),
    ("now", &["now"]),
    ("reconcile", &["reconcile"]),
    ("tariff-explain", &["tariff", "explain"]),
    ("tariff-show", &["tariff", "show"]),
    ("today", &["today"]),
];

/// What the owner asks here beside those.
const OWNERS_ASKED: [(&str, &[&str]); 2] =
    [("tariff-import", &["tariff", "import"]), ("tariff-on-sale", &["tariff", "on-sale"])];

/// What the owner alone says, or what has another form than JSON.
const OWNERS: [&str; 6] = ["allow_http", "export", "instance", "key_file", "no_open", "store"];
/// Forms of values that are the name of something built in, or a file.
const NAMED_OR_FILE: [&str; 2] = ["LAYOUT", "RULES"];

/// How long the best plan of several devices is looked for at most.
const LONGEST_SEARCH: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Debug)]
pub enum Refused {
    /// There is no such question: the message names the nearest.
    Unknown(String),
    /// It is no object of JSON.
    NoRequest(String),
    /// It makes no sense.
    Usage(String),
    /// It cannot be answered by what is known.
    Work(String),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Usage(message) => Self::Usage(message),
            Failure::Work(message) => Self::Work(message),
        }
    }
}

/// Where questions are asked.
#[derive(Debug)]
pub struct Desk {
    whole: Command,
    setting: Setting,
    config: Option<Config>,
    /// Files that may be opened, by the names that are said and shown.
    files: BTreeMap<String, String>,
    /// Paths that are not shown, the longest first, and what is shown instead.
    hidden: Vec<(String, String)>,
    /// Whether the owner of this machine asks, who may open any file.
    is_owners: bool,
}

impl Desk {
    /// By the file of defaults and the arguments of a context: files that these name may be asked about, by the names that the file of
    /// defaults has for them, or the last part of their path.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        let mut whole = Line::command();
        // Gives the flags that every command takes to each of them.
        whole.build();
        let config = ctx.config().cloned();
        let mut desk = Self {
            whole,
            setting: ctx.setting().clone(),
            config,
            files: BTreeMap::new(),
            hidden: Vec::new(),
            is_owners: false,
        };
        let named: Vec<(String, String)> = desk
            .config
            .iter()
            .flat_map(|config| {
                let folder = config.folder();
                config.entries().iter().flat_map(|entry| entry.named_files(&desk.whole, folder))
            })
            .map(|(name, path)| (name, path.display().to_string()))
            .collect();
        named.into_iter().for_each(|(name, path)| desk.names(name, path));
        for (id, value) in ctx.values() {
            for path in value.split(',').map(str::trim).filter(|path| is_path(path)) {
                // What no question takes, such as the file of a key or a password, is nobody's to ask about.
                if desk.is_asked_about(id) {
                    desk.names(desk.free_name(path), path.to_owned());
                } else {
                    desk.hides(path);
                }
            }
        }
        if let Some(store) = ctx.store() {
            desk.hides(&store.display().to_string());
        }
        desk.hidden.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        desk
    }

    /// For the owner of this machine, in a program of his own: any file may be opened, and any flag said. No file of defaults is read.
    #[must_use]
    pub fn of_owner(now: DateTime<Utc>) -> Self {
        Self { is_owners: true, ..Self::new(&Context::plain(now)) }
    }

    /// Whether an argument names files that questions are asked about.
    fn is_asked_about(&self, id: &str) -> bool {
        !OWNERS.contains(&id) && arg_of(&self.whole, id).is_some_and(is_of_files)
    }

    /// The last part of a path, with as many of those before it as tell it from others of that name.
    fn free_name(&self, path: &str) -> String {
        let parts: Vec<&str> =
            path.split(['/', std::path::MAIN_SEPARATOR]).filter(|part| !part.is_empty()).collect();
        let named = (0..parts.len()).rev().map(|first| parts.get(first..).unwrap_or_default().join("/"));
        let mut free = named.filter(|name| self.files.get(name).is_none_or(|known| known == path));
        free.next().unwrap_or_default()
    }

    fn names(&mut self, name: String, path: String) {
        self.hides(&path);
        if !name.is_empty() && (is_pattern(&path) || Path::new(&path).exists()) {
            self.files.entry(name).or_insert(path);
        }
    }

    fn hides(&mut self, path: &str) {
        if let Some(name) = Path::new(path).file_name().filter(|name| *name != path) {
            self.hidden.push((path.to_owned(), name.to_string_lossy().into_owned()));
        }
    }

    /// A text without the paths of this machine: of each the last part alone.
    #[must_use]
    pub fn shown(&self, text: String) -> String {
        let without = |text: String, (path, name): &(String, String)| {
            let as_json = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
            let as_shown = |text: &str| visible(text).into_owned();
            let forms: [&dyn Fn(&str) -> String; 5] =
                [&str::to_owned, &as_json, &as_shown, &html_escaped, &|text| html_escaped(&as_shown(text))];
            forms.iter().fold(text, |text, form| text.replace(&form(path), &form(name)))
        };
        self.hidden.iter().fold(text, without)
    }

    /// The name under which a request names a path, or what is no path as it is.
    #[must_use]
    pub fn name_of(&self, path: &str) -> String {
        let named = |part: &str| {
            let known = self.files.iter().find(|(_, known)| *known == part.trim());
            known.map_or_else(|| part.to_owned(), |(name, _)| name.clone())
        };
        path.split(',').map(named).collect::<Vec<String>>().join(",")
    }

    /// The names of what can be asked.
    pub fn names_of_questions(&self) -> impl Iterator<Item = &'static str> {
        self.asked().map(|(name, _)| *name)
    }

    /// What is asked here, and the words of its command.
    fn asked(&self) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
        ASKED.iter().chain(OWNERS_ASKED.iter().filter(|_| self.is_owners))
    }

    fn words_of(&self, name: &str) -> Option<&'static [&'static str]> {
        self.asked().find(|(known, _)| *known == name).map(|(_, words)| *words)
    }

    /// The schema of what is asked under a name.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<Value> {
        let command = self.command(self.words_of(name)?)?;
        let title = format!("kwhen {}", name.replace('-', " "));
        let is_taken = |arg: &Arg| self.is_owners || !OWNERS.contains(&request::key(arg).as_str());
        Some(request::schema_of(command, &title, is_taken))
    }

    fn command(&self, words: &[&str]) -> Option<&Command> {
        words.iter().try_fold(&self.whole, |command, word| command.find_subcommand(word))
    }

    /// Asks; gives the answer, and what was noticed beside it. A plan of several devices is looked for no longer than others may wait.
    ///
    /// # Errors
    /// There is no such question, it makes no sense, or it cannot be answered.
    pub fn ask(&self, name: &str, json: &[u8], now: DateTime<Utc>) -> Result<(Answer, Vec<String>), Refused> {
        let mut search = |spent: Duration, _: &_, _| spent < LONGEST_SEARCH;
        self.ask_told(name, json, now, &mut Listener { search: &mut search, plans: &|_, _| () })
    }

    /// The same, and says how it goes.
    ///
    /// # Errors
    /// As [`Desk::ask`].
    pub fn ask_told(
        &self,
        name: &str,
        json: &[u8],
        now: DateTime<Utc>,
        listener: &mut Listener<'_>,
    ) -> Result<(Answer, Vec<String>), Refused> {
        let found = self.words_of(name).and_then(|words| Some((words, self.command(words)?)));
        let Some((words, command)) = found else {
            let near = nearest(name, self.names_of_questions());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Refused::Unknown(format!("there is no question {name}{near}")));
        };
        if !matches!(serde_json::from_slice(json), Ok(Value::Object(_))) {
            return Err(Refused::NoRequest("a request is an object of JSON, such as {}".to_owned()));
        }
        let flags = request::arguments_as(command, json, name, |arg, text| self.taken(arg, text))?;
        let mut line: Vec<String> = vec!["kwhen".to_owned()];
        line.extend(words.iter().map(|word| (*word).to_owned()));
        let behind = line.len();
        line.extend(flags);
        let defaults = match self.is_owners {
            true => Defaults::default(),
            false => self.defaults(command, words, &line)?,
        };
        line.splice(behind..behind, defaults.flags.iter().cloned());
        let refused = |error: clap::Error| {
            let text = error.to_string();
            let words = text.trim_start_matches("error: ").lines().map(str::trim);
            Refused::Usage(words.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" "))
        };
        let matches = self.whole.clone().try_get_matches_from(line).map_err(refused)?;
        let Line { setting, question } = Line::from_arg_matches(&matches).map_err(refused)?;
        let ctx = Context::new(setting, &matches, now)?.with_config(self.config.clone(), defaults);
        let answer = question.answer(&ctx, listener)?;
        ctx.refuse_unused()?;
        Ok((answer, ctx.take_notes()))
    }

    /// What the file of defaults adds, and where it says nothing the store and the clock that go for all.
    fn defaults(&self, command: &Command, words: &[&str], line: &[String]) -> Result<Defaults> {
        let seen = Line::command().ignore_errors(true).try_get_matches_from(line).unwrap_or_default();
        let own =
            words.iter().fold(&seen, |matches, word| matches.subcommand_matches(word).unwrap_or(matches));
        let mut defaults = match &self.config {
            Some(config) => config.defaults(command, words, own)?,
            None => Defaults::default(),
        };
        let mut add = |id: &str, flag: &str, value: String| {
            let given = line.iter().any(|word| word.starts_with(&format!("{flag}=")));
            if !given && !defaults.from.iter().any(|(known, _)| known == id) {
                defaults.flags.push(format!("{flag}={value}"));
                defaults.from.push((id.to_owned(), 0));
            }
        };
        if let Some(store) = &self.setting.store {
            add("store", "--store", store.display().to_string());
        }
        add("time_zone", "--time-zone", self.setting.time_zone.clone());
        Ok(defaults)
    }

    /// A value as it is taken: a file by the path that the owner has given it.
    fn taken(&self, arg: &Arg, text: String) -> Result<String, String> {
        if self.is_owners {
            return Ok(text);
        }
        if OWNERS.contains(&request::key(arg).as_str()) {
            return Err("is for the owner of this machine to say".to_owned());
        }
        let form = form(arg);
        if is_of_files(arg) {
            let parts = text.split(',').map(|part| self.opened(part.trim()));
            return Ok(parts.collect::<Result<Vec<_>, String>>()?.join(","));
        }
        if NAMED_OR_FILE.contains(&form) {
            let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            return match self.files.get(&text) {
                Some(path) => Ok(path.clone()),
                None if is_name && !Path::new(&text).exists() => Ok(text),
                None => Err(self.no_file(&text)),
            };
        }
        Ok(text)
    }

    /// What may be opened: a file that the owner has named, or what the store holds by its own name.
    fn opened(&self, text: &str) -> Result<String, String> {
        if let Some(path) = self.files.get(text) {
            return Ok(path.clone());
        }
        let is_meter_point = (6..=21).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_stored = is_meter_point || text.parse::<TariffCode>().is_ok();
        if is_stored && text != STANDARD_INPUT && !Path::new(text).exists() {
            return Ok(text.to_owned());
        }
        Err(self.no_file(text))
    }

    fn no_file(&self, text: &str) -> String {
        let near = nearest(text, self.files.keys().map(String::as_str));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        format!(
            "{text:?} is no tariff code or meter point, and no file that the owner of this machine has named in kwhen.toml{near}"
        )
    }
}

/// Whether an argument names files.
fn is_of_files(arg: &Arg) -> bool {
    ["FILE", "PARQUET", "CSV", "FOLDER"].iter().any(|kind| form(arg).contains(kind))
}

/// Whether a path is a pattern of several files.
fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Whether a value of an argument is the path of a file in some folder.
fn is_path(value: &str) -> bool {
    let has_folder = value.contains(std::path::MAIN_SEPARATOR) || value.contains('/');
    let exists = Path::new(value).exists();
    exists || is_pattern(value) || (has_folder && !value.contains("://") && Calendar::named(value).is_err())
}
