//! `kwhen completions`

use crate::end::{End, Result};
use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;
use kwhen_app::context::Context;

/// Print a shell's completions, or the manual page
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen completions bash > ~/.local/share/bash-completion/completions/kwhen
  kwhen completions zsh > ~/.zfunc/_kwhen
  kwhen completions fish > ~/.config/fish/completions/kwhen.fish
  kwhen completions man > ~/.local/share/man/man1/kwhen.1
  kwhen completions man bill | man -l -")]
pub(crate) struct CompletionsArguments {
    /// For which shell, or man for the manual
    #[arg(value_enum)]
    what: What,
    /// Of the manual, the page of this command
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    Bash,
    Elvish,
    Fish,
    Man,
    Powershell,
    Zsh,
}

impl CompletionsArguments {
    pub(crate) fn run(&self, ctx: &Context, mut whole: Command) -> Result<String> {
        ctx.only(&[])?;
        let shell = match self.what {
            What::Man => None,
            What::Bash => Some(Shell::Bash),
            What::Elvish => Some(Shell::Elvish),
            What::Fish => Some(Shell::Fish),
            What::Powershell => Some(Shell::PowerShell),
            What::Zsh => Some(Shell::Zsh),
        };
        let mut text = Vec::new();
        match shell {
            Some(_) if !self.command.is_empty() => {
                return Err(End::usage("a shell's completions are of all commands; COMMAND goes with man"));
            }
            Some(shell) => clap_complete::generate(shell, &mut whole, "kwhen", &mut text),
            None => {
                whole.build();
                let mut page = &whole;
                for word in &self.command {
                    page = page
                        .find_subcommand(word)
                        .ok_or_else(|| End::usage(format!("{word}: there is no such command")))?;
                }
                Man::new(page.clone())
                    .render(&mut text)
                    .map_err(|error| End::work(format!("the page cannot be written: {error}")))?;
            }
        }
        String::from_utf8(text).map_err(|error| End::work(error.to_string()))
    }
}
