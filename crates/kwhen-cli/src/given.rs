//! The command line as it was given, with the request of --ask in its place.

use crate::command::Arguments;
use crate::end::{End, Result};
use chrono::{DateTime, Utc};
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use kwhen_app::context::Context;
use kwhen_app::request;
use kwhen_app::source::Source;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The arguments. Where they make no sense clap says so and the process ends.
pub(crate) fn read(mut line: Vec<OsString>, now: DateTime<Utc>) -> Result<(ArgMatches, Arguments)> {
    let mut whole = Arguments::command();
    // Gives the flags that every command takes to each of them.
    whole.build();
    let asked = ask(&line);
    if let Some(path) = &asked {
        let command = named(&whole, &line);
        let ctx = Context::plain(now);
        let source = Source::file(&ctx, path)?;
        line.extend(
            request::arguments(command, source.bytes(), source.name())?.into_iter().map(OsString::from),
        );
    }
    let read = whole.try_get_matches_from(line).and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((matches, arguments))
    });
    read.map_err(|error| match asked {
        // The flag that clap names is a field of the request.
        Some(path) if error.use_stderr() => {
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            End::usage(format!("{}: {}", source_name(&path), text.trim_end()))
        }
        _ => error.exit(),
    })
}

/// What messages call the request.
fn source_name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// The file of --ask, if there is one.
fn ask(line: &[OsString]) -> Option<PathBuf> {
    let before = line.iter().take_while(|word| *word != "--");
    let mut words = before.into_iter();
    while let Some(word) = words.next() {
        if word == "--ask" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--ask=")) {
            return Some(PathBuf::from(path));
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
