//! `kwhen store`

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use clap::{Args, Subcommand};
use kwhen_app::context::{Context, Flag};
use kwhen_fetch::store::{Damage, Store};
use kwhen_page::{csv::Csv, json};
use serde::Serialize;

/// Look after the store of --store
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen store check --store kwhen.db")]
pub(crate) struct StoreArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Look the whole store through for damage and name all of it; nothing is changed
    Check,
}

#[derive(Serialize)]
struct Named<'a> {
    place: &'a str,
    what: &'a str,
}

impl StoreArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        match self.what {
            What::Check => check(ctx, shared),
        }
    }
}

fn check(ctx: &Context, shared: &Shared) -> Result<String> {
    ctx.only(&[Flag::Store])?;
    let path = ctx.store().ok_or_else(|| End::usage("--store is needed"))?;
    if !path.exists() {
        return Err(End::work(format!("{}: there is no store", path.display())));
    }
    let found = Store::check(path)?;
    let done = written(&found, shared.format)?;
    match found.len() {
        0 if shared.format == Format::Text => Ok(format!("{}: no damage found\n", path.display())),
        0 => Ok(done),
        _ => {
            let message = format!("{}: {}, listed above", path.display(), Damage::counted(&found));
            Err(End::Partly { done, message })
        }
    }
}

fn written(found: &[Damage], format: Format) -> Result<String> {
    let named = found.iter().map(|damage| Named { place: &damage.place, what: &damage.what });
    match format {
        Format::Json => Ok(json(&named.collect::<Vec<_>>())?),
        Format::Csv => {
            let mut csv = Csv::new(&["place", "what"]);
            named.for_each(|damage| csv.row(&[damage.place.to_owned(), damage.what.to_owned()]));
            Ok(csv.into_text())
        }
        Format::Text => Ok(named.map(|damage| format!("{}: {}\n", damage.place, damage.what)).collect()),
    }
}
