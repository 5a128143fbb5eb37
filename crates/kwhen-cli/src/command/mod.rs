//! The subcommands: those that ask a question, and a file each for those that do something.

mod ask;
mod batch;
mod check;
mod completions;
mod config;
mod convert;
mod demo;
mod fetch;
mod init;
mod schema;

use crate::end::{End, Result};
use crate::face::Shared;
use clap::{Parser, Subcommand};
use kwhen_app::answer::Answer;
use kwhen_app::ask::{DoctorArguments, Question};
use kwhen_app::context::Context;

/// kWh, and when: exact bills and best times for half-hourly electricity tariffs.
#[derive(Parser, Debug)]
#[command(name = "kwhen", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::DemoArguments),
    #[command(flatten)]
    Question(Question),
    Batch(Box<batch::BatchArguments>),
    Fetch(Box<fetch::FetchArguments>),
    Store(check::StoreArguments),
    Convert(Box<convert::ConvertArguments>),
    Init(Box<init::InitArguments>),
    Doctor(DoctorArguments),
    Config(config::ConfigArguments),
    Schema(schema::SchemaArguments),
    Completions(completions::CompletionsArguments),
}

impl Arguments {
    /// Whether what is answered can be a page.
    fn has_page(&self) -> bool {
        match &self.command {
            Command::Demo(_) | Command::Question(_) | Command::Doctor(_) => true,
            Command::Batch(arguments) => arguments.bills(),
            _ => false,
        }
    }

    /// Does the work and gives all of the text that goes to standard output.
    pub(crate) fn run(&self, ctx: &Context) -> Result<String> {
        let shared = &self.shared;
        if shared.html.is_some() && !self.has_page() {
            return Err(End::usage("--html is of no use: it is for commands that answer a question"));
        }
        if let Some(path) = &shared.html {
            ctx.refuse_over_input(path, "--html")?;
        }
        match &self.command {
            Command::Demo(arguments) => arguments.run(ctx, shared),
            Command::Question(question) => ask::run(question, ctx, shared),
            Command::Batch(arguments) => arguments.run(ctx, shared),
            Command::Fetch(arguments) => arguments.run(ctx, shared),
            Command::Store(arguments) => arguments.run(ctx, shared),
            Command::Convert(arguments) => arguments.run(ctx, shared),
            Command::Init(arguments) => arguments.run(ctx),
            Command::Doctor(arguments) => {
                let mut whole = <Self as clap::CommandFactory>::command();
                whole.build();
                let found = arguments.answer(ctx, &whole)?;
                ctx.refuse_unused()?;
                ask::show(&Answer::Doctor(found), ctx, shared)
            }
            Command::Config(arguments) => {
                arguments.run(ctx, shared, <Self as clap::CommandFactory>::command())
            }
            Command::Completions(arguments) => arguments.run(ctx, <Self as clap::CommandFactory>::command()),
            Command::Schema(arguments) => arguments.run(ctx, <Self as clap::CommandFactory>::command()),
        }
    }
}
