//! The command line as it was given, with the request of --ask in its place, and with what the file of defaults adds to it.

use crate::command::Arguments;
use crate::end::{End, Result};
use crate::face::KEY_VARIABLE;
use chrono::{DateTime, Utc};
use clap::error::ContextKind;
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use kwhen_app::config::{self, Config, Defaults};
use kwhen_app::context::Context;
use kwhen_app::request;
use kwhen_app::source::Source;
use std::env::var_os;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that says what --config says.
const CONFIG_VARIABLE: &str = "KWHEN_CONFIG";
/// Commands that have no use for defaults, and must work whatever the file holds.
const WITHOUT_DEFAULTS: [&str; 6] = ["completions", "demo", "help", "init", "schema", "self-test"];

/// What was given.
pub(crate) struct Given {
    pub(crate) matches: ArgMatches,
    pub(crate) arguments: Arguments,
    /// The file of defaults, if there is one.
    pub(crate) config: Option<Config>,
    /// What it adds.
    pub(crate) defaults: Defaults,
}

/// The arguments. Where they make no sense clap says so and the process ends.
pub(crate) fn read(mut line: Vec<OsString>, now: DateTime<Utc>) -> Result<Given> {
    let mut whole = Arguments::command();
    let asked = value_of(&line, "--ask").map(PathBuf::from);
    let found = place(&line);
    if asked.is_some() || found.is_some() {
        // Gives the flags that every command takes to each of them; clap does it for the one that is run.
        whole.build();
    }
    if let Some(path) = &asked {
        let command = named(&whole, &line);
        let ctx = Context::plain(now);
        let source = Source::file(&ctx, path)?;
        line.extend(
            request::arguments(command, source.bytes(), source.name())?.into_iter().map(OsString::from),
        );
    }
    let (config, defaults) = match found {
        Some(path) => with_defaults(&whole, &path, &mut line)?,
        None => (None, Defaults::default()),
    };
    let read = whole.try_get_matches_from(line).and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((matches, arguments))
    });
    match read {
        Ok((matches, arguments)) => Ok(Given { matches, arguments, config, defaults }),
        Err(error) => {
            let place = match &config {
                Some(config) => of_default(&error, config, &defaults),
                None => None,
            };
            // The flag that clap names is a field of the request, or of the file of defaults.
            match place.or(asked.map(|path| source_name(&path))) {
                Some(place) if error.use_stderr() => {
                    let text = error.to_string();
                    let text = text.strip_prefix("error: ").unwrap_or(&text);
                    Err(End::usage(format!("{place}: {}", text.trim_end())))
                }
                _ => error.exit(),
            }
        }
    }
}

/// The file of defaults, whose flags are put into the line behind the command's words.
fn with_defaults(
    whole: &Command,
    path: &Path,
    line: &mut Vec<OsString>,
) -> Result<(Option<Config>, Defaults)> {
    let nothing = (None, Defaults::default());
    // Where the line is about itself, or makes no sense, clap says so first.
    let Ok(seen) = Arguments::command().ignore_errors(true).try_get_matches_from(line.iter()) else {
        return Ok(nothing);
    };
    let (words, matches) = words(&seen);
    if words.first().is_none_or(|word| WITHOUT_DEFAULTS.contains(word)) {
        return Ok(nothing);
    }
    let config = Config::read(path)?;
    config.check(whole)?;
    if path == Path::new(config::FILE_NAME) && !is_named(line) {
        config.check_as_found()?;
    }
    let command = words.iter().fold(whole, |command, word| command.find_subcommand(word).unwrap_or(command));
    // What is watched takes what it takes by itself.
    let own = words.strip_prefix(&["watch"]).filter(|own| !own.is_empty()).unwrap_or(&words);
    let defaults = config.defaults(command, own, matches)?;
    let mut behind = 0;
    for word in &words {
        let found = line.iter().skip(behind + 1).position(|given| given == word);
        behind += found.map_or(0, |place| place + 1);
    }
    line.splice(behind + 1..behind + 1, defaults.flags.iter().map(OsString::from));
    Ok((Some(config), defaults))
}

/// The words of the command that is run, and its own arguments.
fn words(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let (mut words, mut deepest) = (Vec::new(), matches);
    while let Some((word, deeper)) = deepest.subcommand() {
        words.push(word);
        deepest = deeper;
    }
    (words, deepest)
}

/// A variable that is not empty.
fn set(name: &str) -> Option<OsString> {
    var_os(name).filter(|value| !value.is_empty())
}

/// Whether the line or the variable says which file of defaults is read.
fn is_named(line: &[OsString]) -> bool {
    value_of(line, "--config").is_some() || set(CONFIG_VARIABLE).is_some()
}

/// Where the file of defaults is: as the line says, or the variable; else here, or in the folder of configurations.
fn place(line: &[OsString]) -> Option<PathBuf> {
    if let Some(said) = value_of(line, "--config").or_else(|| set(CONFIG_VARIABLE)) {
        return (said != config::NONE).then(|| PathBuf::from(said));
    }
    let here = PathBuf::from(config::FILE_NAME);
    let home = set("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
    let there = home.map(|folder| folder.join("kwhen").join(config::FILE_NAME));
    std::iter::once(here).chain(there).find(|path| path.is_file())
}

/// Whether the variable of the key holds one.
pub(crate) fn has_key() -> bool {
    var_os(KEY_VARIABLE).is_some_and(|key| !key.is_empty())
}

/// The place in the file of defaults of the flag that an error is about.
fn of_default(error: &clap::Error, config: &Config, defaults: &Defaults) -> Option<String> {
    let named = error.get(ContextKind::InvalidArg)?.to_string();
    let is_named = |id: &str| {
        let flag = format!("--{}", id.replace('_', "-"));
        named.split([' ', '=', ',']).any(|word| word == flag)
    };
    let (_, line) = defaults.from.iter().find(|(id, _)| is_named(id))?;
    Some(format!("{}: line {line}", config.path().display()))
}

/// What messages call the request.
fn source_name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// The value of a flag that is looked at before all others, if it is given.
fn value_of(line: &[OsString], flag: &str) -> Option<OsString> {
    let before = line.iter().take_while(|word| *word != "--");
    let mut words = before.into_iter();
    while let Some(word) = words.next() {
        if word == flag {
            return words.next().cloned();
        }
        if let Some(value) = word.to_str().and_then(|word| word.strip_prefix(flag)?.strip_prefix('=')) {
            return Some(value.into());
        }
    }
    None
}

/// The deepest command that the line names.
fn named<'a>(whole: &'a Command, line: &[OsString]) -> &'a Command {
    line.iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .fold(whole, |command, word| command.find_subcommand(word).unwrap_or(command))
}
