//! `kwhen config`

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use clap::{Args, Command, Subcommand};
use kwhen_app::config::{Shown, shown};
use kwhen_app::context::Context;
use kwhen_page::csv::Csv;
use kwhen_page::json;
use kwhen_page::table::{Align, Table};

/// Look at the file of defaults (docs/configuration.md)
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen config show
  kwhen config show bill")]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Say what the file of defaults holds, or what a command would take, and where each value comes from
    Show(ShowArguments),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen config show
  kwhen config show bill
  kwhen config show fetch rates")]
struct ShowArguments {
    /// The words of a command
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl ConfigArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared, mut whole: Command) -> Result<String> {
        ctx.only(&[])?;
        // Gives the flags that every command takes to each of them.
        whole.build();
        let What::Show(arguments) = &self.what;
        let words: Vec<&str> = arguments.command.iter().map(String::as_str).collect();
        let rows = shown(ctx.config(), &whole, &words)?;
        if rows.is_empty() && ctx.config().is_none() {
            return Err(End::work(
                "there is no file of defaults: no kwhen.toml here, none in the folder of configurations, and --config names none; kwhen init writes one",
            ));
        }
        Ok(match shared.format {
            Format::Json => json(&rows)?,
            Format::Csv => {
                let mut csv = Csv::new(&["key", "value", "from", "for"]);
                rows.into_iter().for_each(|Shown { key, value, from, command }| {
                    csv.row(&[key, value, from, command]);
                });
                csv.into_text()
            }
            Format::Text => {
                let mut table = Table::new(&[
                    ("key", Align::Left),
                    ("value", Align::Left),
                    ("from", Align::Left),
                    ("for", Align::Left),
                ]);
                for Shown { key, value, from, command } in rows {
                    table.row([key.into(), value.into(), from.into(), command.into()]);
                }
                table.render(shared.palette())
            }
        })
    }
}
