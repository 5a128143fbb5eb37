//! The subcommands: those that ask a question, and a file each for those that do something.

mod api;
mod ask;
mod batch;
mod check;
mod completions;
mod config;
mod convert;
mod demo;
mod fetch;
mod here;
mod import;
mod init;
mod run;
mod schema;
mod self_test;
mod serve;
mod watch;

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use kwhen_app::answer::Answer;
use kwhen_app::ask::{DoctorArguments, Question};
use kwhen_app::context::Context;
use kwhen_page::fit;

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
    Api(api::ApiArguments),
    Import(import::ImportArguments),
    Store(check::StoreArguments),
    Convert(Box<convert::ConvertArguments>),
    Init(Box<init::InitArguments>),
    Doctor(DoctorArguments),
    SelfTest(self_test::SelfTestArguments),
    Config(config::ConfigArguments),
    Schema(schema::SchemaArguments),
    Completions(completions::CompletionsArguments),
    Watch(Box<watch::WatchArguments>),
    Run(Box<run::RunArguments>),
    Serve(Box<serve::ServeArguments>),
}

impl Arguments {
    /// Whether what is answered can be a page.
    fn has_page(&self) -> bool {
        match &self.command {
            Command::Demo(_)
            | Command::Question(_)
            | Command::Doctor(_)
            | Command::SelfTest(_)
            | Command::Watch(_) => true,
            Command::Batch(arguments) => arguments.bills(),
            _ => false,
        }
    }

    /// Does the work and gives all of the text that goes to standard output. `clock` is asked by what goes on for longer.
    pub(crate) fn run(&self, ctx: &Context, clock: fn() -> DateTime<Utc>) -> Result<String> {
        let shared = &self.shared;
        if shared.html.is_some() && !self.has_page() {
            return Err(End::usage("--html is of no use: it is for commands that answer a question"));
        }
        if let Some(path) = &shared.html {
            ctx.refuse_over_input(path, "--html")?;
        }
        if shared.plain && shared.format != Format::Text {
            return Err(End::usage("--plain goes with --format text: json and csv are for programs"));
        }
        let result = self.result(ctx, clock);
        // What is no page for people stays as it is, and what answers a question fits already.
        let as_it_is = matches!(
            self.command,
            Command::Question(_)
                | Command::Api(_)
                | Command::Import(_)
                | Command::Run(_)
                | Command::Serve(_)
                | Command::Watch(_)
                | Command::Completions(_)
                | Command::Schema(_)
        );
        if as_it_is || shared.format != Format::Text {
            return result;
        }
        let fitted = |text: String| fit(&text, shared.palette());
        match result {
            Ok(text) => Ok(fitted(text)),
            Err(End::Partly { done, message }) => Err(End::Partly { done: fitted(done), message }),
            Err(end) => Err(end),
        }
    }

    fn result(&self, ctx: &Context, clock: fn() -> DateTime<Utc>) -> Result<String> {
        let shared = &self.shared;
        match &self.command {
            Command::Demo(arguments) => arguments.run(ctx, shared),
            Command::Question(question) => ask::run(question, ctx, shared),
            Command::Batch(arguments) => arguments.run(ctx, shared),
            Command::Fetch(arguments) => arguments.run(ctx, shared),
            Command::Api(arguments) => arguments.run(ctx, shared),
            Command::Import(arguments) => arguments.run(ctx, shared),
            Command::Store(arguments) => arguments.run(ctx, shared),
            Command::Convert(arguments) => arguments.run(ctx, shared),
            Command::Init(arguments) => arguments.run(ctx, shared),
            Command::Doctor(arguments) => {
                let mut whole = <Self as clap::CommandFactory>::command();
                whole.build();
                let found = arguments.answer(ctx, &whole)?;
                ctx.refuse_unused()?;
                ask::show(&Answer::Doctor(found), ctx, shared)
            }
            Command::SelfTest(arguments) => arguments.run(ctx, shared),
            Command::Config(arguments) => {
                arguments.run(ctx, shared, <Self as clap::CommandFactory>::command())
            }
            Command::Watch(arguments) => arguments.run(ctx, shared, clock),
            Command::Run(arguments) => arguments.run(ctx, shared, clock),
            Command::Serve(arguments) => arguments.run(ctx, shared, clock),
            Command::Completions(arguments) => arguments.run(ctx, <Self as clap::CommandFactory>::command()),
            Command::Schema(arguments) => arguments.run(ctx, <Self as clap::CommandFactory>::command()),
        }
    }
}
