//! `kwhen api`

use super::fetch::Access;
use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::{documented, file};
use clap::{Args, Subcommand};
use kwhen_app::context::{Context, Flag};
use kwhen_fetch::api::{ApiAnswer, ApiCall, Introspection, Schema};
use kwhen_fetch::catalogue::{Catalogue, Documented};
use kwhen_fetch::rest::Endpoint;
use serde_json::Map;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Call any documented operation of the service, of GraphQL or REST
///
/// list and show need neither key nor network: they read the catalogue that was made from the service's documentation. A query that comes
/// in pages is read to its end. A mutation, which changes something, is sent with --yes alone.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen api list dispatch
  kwhen api show completedDispatches
  kwhen api call completedDispatches --arg accountNumber=A-12AB34CD
  kwhen api call account --arg accountNumber=A-12AB34CD --fields 'balance bills(first: 3) { edges { node { id } } }'
  kwhen api call triggerBoostCharge --arg 'input={\"accountNumber\": \"A-12AB34CD\"}' --dry-run
  kwhen api call rateLimit --introspect --store kwhen.db
  kwhen api rest
  kwhen api rest products --arg is_business=true --arg available_at=2026-03-01T00:00:00Z
  kwhen api rest electricity-consumption --arg mpan=2000024512368 --arg serial_number=Z16N389556 --arg group_by=day")]
pub(crate) struct ApiArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// The documented operations, or those that have a word in their name, arguments, type or fields
    List(ListArguments),
    /// What an operation takes and returns, and the errors that it may end with
    Show(ShowArguments),
    /// Call an operation and print what it answers, as JSON
    Call(Box<CallArguments>),
    /// Ask a documented path of REST and print what it answers, as JSON; without a name list them all
    Rest(Box<RestArguments>),
}

#[derive(Args, Debug)]
struct ListArguments {
    /// A word to look for, in any case
    word: Option<String>,
}

#[derive(Args, Debug)]
struct ShowArguments {
    /// The operation's name, such as completedDispatches
    name: String,
}

#[derive(Args, Debug)]
struct CallArguments {
    /// The operation's name, such as completedDispatches
    name: String,
    /// An argument; an object or a list is written as JSON. May be given several times
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    /// The fields that are wanted, in GraphQL's writing; of a list in pages those of a row. All that the documentation shows if not said
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    fields: Option<String>,
    /// Read the service's own schema and keep it beside --store; calls with that store are then checked by it before anything is sent
    #[arg(long)]
    introspect: bool,
    /// Send it though it changes something
    #[arg(long)]
    yes: bool,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// The key is an organisation's
    #[arg(long)]
    organisation_key: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
struct RestArguments {
    /// The path's name, such as electricity-consumption
    name: Option<String>,
    /// What the path or its query says. May be given several times
    #[arg(long = "arg", value_name = "NAME=VALUE", requires = "name")]
    arguments: Vec<String>,
    /// What is sent to make something: a file of JSON
    #[arg(long, value_name = "FILE", requires = "name")]
    body: Option<PathBuf>,
    /// Send it though it changes something
    #[arg(long, requires = "name")]
    yes: bool,
    #[command(flatten)]
    access: Access,
}

impl ApiArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        let catalogue = Catalogue::documented()?;
        match &self.what {
            What::List(arguments) => {
                ctx.only(&[])?;
                let found: Vec<&Documented> = match &arguments.word {
                    Some(word) => catalogue.search(word),
                    None => catalogue.operations().iter().collect(),
                };
                if let (true, Some(word)) = (found.is_empty(), &arguments.word) {
                    return Err(End::work(format!(
                        "no documented operation has '{word}' in its name, arguments, type or fields"
                    )));
                }
                documented::list(&found, shared.format, shared.palette())
            }
            What::Show(arguments) => {
                ctx.only(&[])?;
                documented::show(catalogue.find(&arguments.name)?, catalogue, shared.format, shared.palette())
            }
            What::Call(arguments) => arguments.run(catalogue, ctx, shared),
            What::Rest(arguments) => arguments.run(ctx, shared),
        }
    }
}

impl CallArguments {
    fn run(&self, catalogue: &Catalogue, ctx: &Context, shared: &Shared) -> Result<String> {
        ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile, Flag::TimeLimit]);
        ctx.only(&[Flag::Store])?;
        if shared.format == Format::Csv {
            return Err(End::usage("--format csv is of no use: what an operation answers is JSON"));
        }
        let operation = catalogue.find(&self.name)?;
        let mut given = Map::new();
        for text in &self.arguments {
            let (name, value) = operation.argument(text)?;
            if given.insert(name.clone(), value).is_some() {
                return Err(End::usage(format!("--arg {name} is given twice")));
            }
        }
        if ctx.store().is_none() && self.introspect {
            return Err(End::usage("--introspect needs --store FILE: the schema is kept beside it"));
        }
        // A wrong address or file of the key is told by a dry run too.
        let client =
            if self.organisation_key { self.access.organisation()? } else { self.access.client()? };
        let kept = ctx.store().map(beside);
        let schema = match &kept {
            Some(path) if self.introspect => {
                let schema = client.run(Introspection::default())?;
                file::replace(path, schema.to_json()?.as_bytes())?;
                Some(schema)
            }
            Some(path) => read(path)?,
            None => None,
        };
        let mut call = ApiCall::new(operation, given, self.fields.as_deref(), schema.as_ref())?;
        if self.dry_run {
            let sent = serde_json::json!({ "query": call.document(), "variables": call.variables() });
            return Ok(kwhen_page::json(&sent)?);
        }
        if call.is_mutation() && !self.yes {
            return Err(End::usage(format!(
                "{} changes something: say --yes to send it, or --dry-run to see what would be sent",
                self.name
            )));
        }
        if !self.access.has_key(ctx) && !operation.needs_key {
            call = call.public();
        }
        let left_out = call.left_out().to_vec();
        let ApiAnswer { value, .. } = client.run(call)?;
        if !left_out.is_empty() {
            let named: Vec<String> =
                left_out.iter().map(|(place, kind)| format!("{place} ({kind})")).collect();
            file::note(
                [format!(
                    "not asked for, since the documentation does not show their fields: {}; --fields names what is wanted of them",
                    named.join(", ")
                )],
                shared.error_palette(),
            );
        }
        Ok(documented::indented(value.get()))
    }
}

impl RestArguments {
    fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        let Some(name) = &self.name else {
            ctx.only(&[])?;
            return documented::paths(shared.format, shared.palette());
        };
        ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile, Flag::TimeLimit]);
        ctx.only(&[])?;
        if shared.format == Format::Csv {
            return Err(End::usage("--format csv is of no use: what a path answers is JSON"));
        }
        let endpoint = Endpoint::named(name)?;
        let mut given = BTreeMap::new();
        for text in &self.arguments {
            let (name, value) = text
                .split_once('=')
                .ok_or_else(|| End::usage(format!("--arg {text}: not as it must be, NAME=VALUE")))?;
            if given.insert(name.trim().to_owned(), value.to_owned()).is_some() {
                return Err(End::usage(format!("--arg {name} is given twice")));
            }
        }
        let body = self.body.as_ref().map(|path| {
            std::fs::read_to_string(path)
                .map_err(|error| End::work(format!("{}: cannot be read: {error}", path.display())))
        });
        let call = endpoint.call(&given, body.transpose()?.as_deref())?;
        let client = self.access.client()?;
        if endpoint.makes() && !self.yes {
            return Err(End::usage(format!("{name} makes {}: say --yes to send it", endpoint.about)));
        }
        if !endpoint.makes() && self.yes {
            return Err(End::usage(format!("{name} changes nothing: it needs no --yes")));
        }
        Ok(documented::indented(client.run(call)?.get()))
    }
}

/// Where the schema is kept.
fn beside(store: &std::path::Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".schema.json");
    name.into()
}

/// The schema that was kept, if one was.
fn read(path: &std::path::Path) -> Result<Option<Schema>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Schema::from_json(&text)
            .map(Some)
            .map_err(|error| End::work(format!("{}: {error}; --introspect reads it anew", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(End::work(format!("{}: cannot be read: {error}", path.display()))),
    }
}
