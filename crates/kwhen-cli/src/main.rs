//! The `kwhen` command: bills, cheapest windows and plans from files of half-hourly rates and readings.
//!
//! Exit codes: 0 done; 1 the work could not be done; 2 wrong usage.
#![forbid(unsafe_code)]

mod command;
mod end;
mod face;
mod given;
mod interrupt;
mod output;

use end::End;
use given::Given;
use kwhen_app::context::Context;
use kwhen_page::style::Palette;
use output::file;
use std::process::ExitCode;

#[expect(
    clippy::disallowed_methods,
    reason = "the command is the outermost face: here the clock is read, and handed on"
)]
fn now() -> chrono::DateTime<chrono::Utc> {
    std::time::SystemTime::now().into()
}

fn main() -> ExitCode {
    let began = now();
    let Given { matches, arguments, config, defaults } =
        match given::read(std::env::args_os().collect(), began) {
            Ok(read) => read,
            Err(end) => {
                file::fail(&end, Palette::new(false));
                return end.exit_code();
            }
        };
    let ctx = match Context::new(arguments.shared.setting.clone(), &matches, began) {
        Ok(ctx) => ctx.with_config(config, defaults).with_key(given::has_key()),
        Err(failure) => {
            file::fail(&failure, Palette::new(false));
            return End::from(failure).exit_code();
        }
    };
    let palette = arguments.shared.error_palette();
    let result = arguments.run(&ctx, now);
    file::note(ctx.take_notes(), palette);
    match result.and_then(|text| file::print(&arguments.shared.shown(&text))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(end) => {
            if let End::Partly { done, .. } = &end
                && let Err(unprinted) = file::print(&arguments.shared.shown(done))
            {
                file::fail(&unprinted, palette);
            }
            file::fail(&end, palette);
            end.exit_code()
        }
    }
}
