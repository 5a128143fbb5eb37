//! `kwhen self-test`

use crate::command::ask;
use crate::end::Result;
use crate::face::Shared;
use clap::Args;
use kwhen_app::answer::Answer;
use kwhen_app::context::Context;

/// Work the golden cases that are built into this command
///
/// Bills, tariffs, registers, clock changes and batteries whose figures other programs worked, to the last digit. No file is read and
/// no network is used. Exit code 1 where one of them comes out otherwise.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen self-test
  kwhen self-test --format json")]
pub(crate) struct SelfTestArguments {}

impl SelfTestArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        ctx.only(&[])?;
        let told = kwhen_app::ask::self_test(ctx)?;
        ask::show(&Answer::SelfTest(Box::new(told)), ctx, shared)
    }
}
