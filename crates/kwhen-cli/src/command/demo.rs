//! `kwhen demo`

use crate::end::Result;
use crate::face::{Format, Shared};
use crate::output::file;
use clap::Args;
use kwhen::time::Calendar;
use kwhen_app::ask;
use kwhen_app::context::Context;
use kwhen_page::{Page as _, html, json};

/// Show it all on a bundled sample, offline
///
/// A made-up London home on Agile Octopus. It is the Saturday on which the clocks go back, half past four in the afternoon: the
/// rates up to Sunday 23:00 have just been published.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen demo
  kwhen demo --html report.html")]
pub(crate) struct DemoArguments {}

impl DemoArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        ctx.only(&[])?;
        let calendar = Calendar::great_britain();
        let demo = ask::demo(ctx)?;
        if let Some(path) = &shared.html {
            file::replace(path, html::page(&demo, calendar)?.as_bytes())?;
        }
        match shared.format {
            Format::Text => {
                let page = demo.text(calendar, shared.palette());
                let written =
                    shared.html.as_ref().map(|path| format!("\nThe report is in {}\n", path.display()));
                Ok(page + &written.unwrap_or_default())
            }
            Format::Json => Ok(json(&demo)?),
            Format::Csv => Ok(demo.csv()),
        }
    }
}
