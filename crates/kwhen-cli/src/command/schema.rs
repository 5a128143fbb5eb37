//! `kwhen schema`

use crate::end::{End, Result};
use clap::{Args, Command};
use kwhen::names::nearest;
use kwhen_app::answer;
use kwhen_app::context::Context;
use kwhen_app::request;
use kwhen_page::json;

/// Print the JSON Schema of a request or of an answer
///
/// A request is the object that --ask takes, an answer is what --format json prints. Without a name all names are listed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen schema
  kwhen schema bill
  kwhen schema bill-ask")]
pub(crate) struct SchemaArguments {
    /// The name of a command, for its answer; with `-ask` behind it, for its request
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl SchemaArguments {
    /// Of the requests that a whole command line may hold.
    pub(crate) fn run(&self, ctx: &Context, mut whole: Command) -> Result<String> {
        ctx.only(&[])?;
        // Gives the flags that every command takes to each of them.
        whole.build();
        let requests = questions(&whole);
        let requests: Vec<(String, &Command)> = requests
            .into_iter()
            .map(|(name, command)| (format!("{}-ask", name.replace(' ', "-")), command))
            .collect();
        let answers = answer::schemas();
        let mut names: Vec<&str> = requests.iter().map(|(name, _)| name.as_str()).collect();
        names.extend(answers.iter().map(|(name, _)| *name));
        names.sort_unstable();
        let Some(wanted) = self.name.as_deref() else {
            return Ok(names.join("\n") + "\n");
        };
        if let Some((name, command)) = requests.iter().find(|(name, _)| name == wanted) {
            let title = format!("kwhen {}", name.trim_end_matches("-ask").replace('-', " "));
            return Ok(json(&request::schema(command, &title))?);
        }
        if let Some((_, schema)) = answers.iter().find(|(name, _)| *name == wanted) {
            return Ok(json(schema)?);
        }
        let near = nearest(wanted, names.iter().copied());
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Err(End::usage(format!(
            "{wanted}: no request or answer has this name{hint}; kwhen schema lists them"
        )))
    }
}

/// The commands that answer a question, by name.
fn questions(whole: &Command) -> Vec<(String, &Command)> {
    let mut found = Vec::new();
    for command in whole.get_subcommands() {
        let name = command.get_name();
        match name {
            "api" | "demo" | "fetch" | "import" | "store" | "convert" | "init" | "doctor" | "config"
            | "completions" | "schema" | "self-test" | "run" | "serve" | "watch" | "help" => {}
            "tariff" => {
                let deeper = command.get_subcommands().filter(|deeper| deeper.get_name() != "help");
                found.extend(deeper.map(|deeper| (format!("{name} {}", deeper.get_name()), deeper)));
            }
            _ => found.push((name.to_owned(), command)),
        }
    }
    found
}
