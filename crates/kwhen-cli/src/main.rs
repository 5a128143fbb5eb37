//! The `kwhen` command: bills, cheapest windows and plans from files of half-hourly rates and readings.
//!
//! Exit codes: 0 done; 1 the work could not be done; 2 wrong usage.
#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod command;
mod definition;
mod failure;
mod gas;
mod given;
mod input;
mod metered;
mod output;
mod sample;
mod selling;
mod store;

use clap::{CommandFactory as _, FromArgMatches as _};
use failure::Failure;
use output::file;
use output::style::{ERROR, Palette};
use std::process::ExitCode;

#[expect(
    clippy::disallowed_methods,
    reason = "the command is the outermost face: here the clock is read, and handed on"
)]
fn now() -> chrono::DateTime<chrono::Utc> {
    std::time::SystemTime::now().into()
}

fn main() -> ExitCode {
    let matches = command::Arguments::command().get_matches();
    given::remember(&matches);
    let mut arguments = command::Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    arguments.shared.now = now();
    let palette = Palette::for_stderr(arguments.shared.color);
    match arguments.run().and_then(|text| file::print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Failure::Partly { done, .. } = &failure
                && let Err(unprinted) = file::print(done)
            {
                eprintln!("{} {unprinted}", palette.paint(ERROR, "error:"));
            }
            eprintln!("{} {failure}", palette.paint(ERROR, "error:"));
            failure.exit_code()
        }
    }
}
