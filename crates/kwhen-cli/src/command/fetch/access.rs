//! How the service is reached, and who asks.

use crate::end::{End, Result};
use crate::face::KEY_VARIABLE;
use crate::output::{fetched, file};
use clap::Args;
use kwhen_app::context::Context;
use kwhen_app::words::parse_duration;
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::graphql;
use kwhen_fetch::protocol::{Operation, Settings, Statistics};
use kwhen_fetch::rest;
use kwhen_fetch::store::Store;
use kwhen_fetch::wire::Account;
use kwhen_fetch::{Credentials, Instance, Secret, is_open_to_others};
use kwhen_page::style::Palette;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The installation that is asked if nothing is said.
const USUAL: &str = "gb";

/// Where the service is, and the key.
#[derive(Args, Clone, Debug)]
pub(crate) struct Access {
    /// Another installation of Kraken: gb, japan, or its address; several addresses of one, with commas between, are tried in their order
    #[arg(long, help_heading = "Service", global = true, default_value = USUAL, value_name = "INSTANCE", value_delimiter = ',')]
    instance: Vec<String>,
    /// Allow an address without TLS, for a server on this machine
    #[arg(long, help_heading = "Service", global = true)]
    allow_http: bool,
    /// How long all that is fetched may take together, such as 5m; what came by then is kept
    #[arg(long, help_heading = "Service", global = true, default_value = "30m", value_parser = parse_duration, value_name = "DURATION")]
    time_limit: u32,
    /// A file that holds the API key
    #[arg(long, help_heading = "Service", global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// What kind of key opens what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    /// A customer's.
    Customer,
    /// An organisation's.
    Organisation,
}

impl Access {
    #[expect(
        clippy::disallowed_methods,
        reason = "a key does not belong on the command line, where others can see it"
    )]
    fn client_with(&self, kind: KeyKind) -> Result<Client> {
        let instance = Instance::named(&self.instance, self.allow_http)?;
        let mut settings = Settings::new(instance);
        settings.within = Some(Duration::from_secs(u64::from(self.time_limit) * 60));
        let key = match &self.key_file {
            Some(path) => {
                let failed = |error| End::work(format!("{}: cannot be read: {error}", path.display()));
                let key = std::fs::read_to_string(path).map_err(failed)?;
                if is_open_to_others(path).map_err(failed)? {
                    let note = format!("{}: others on this machine can read it: chmod 600", path.display());
                    file::note([note], Palette::new(false));
                }
                Some(key)
            }
            None => match std::env::var(KEY_VARIABLE) {
                Ok(key) => Some(key),
                Err(std::env::VarError::NotPresent) => None,
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(End::work("KWHEN_API_KEY holds bytes that are no text, so no key"));
                }
            },
        };
        if let Some(key) = key.filter(|key| !key.trim().is_empty()) {
            let key = Secret::new(key);
            settings = settings.with_credentials(match kind {
                KeyKind::Customer => Credentials::ApiKey(key),
                KeyKind::Organisation => Credentials::OrganisationKey(key),
            });
        }
        Ok(Client::new(settings)?)
    }

    /// A client with a customer's key.
    pub(crate) fn client(&self) -> Result<Client> {
        self.client_with(KeyKind::Customer)
    }

    /// A client with an organisation's key.
    pub(crate) fn organisation(&self) -> Result<Client> {
        self.client_with(KeyKind::Organisation)
    }

    /// The zone that the customers of the installation live by.
    pub(crate) fn zone(&self) -> Result<&'static str> {
        Ok(Instance::named(&self.instance, self.allow_http)?.time_zone())
    }

    /// The file of the key.
    pub(crate) fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    /// Whether there is a key.
    pub(crate) fn has_key(&self, ctx: &Context) -> bool {
        self.key_file.is_some() || ctx.has_key()
    }

    /// Which installation is asked, where it is not the usual one, and whether without TLS.
    pub(crate) fn elsewhere(&self) -> (Option<String>, bool) {
        let named = self.instance.join(",");
        ((named != USUAL).then_some(named), self.allow_http)
    }

    /// The numbers of the accounts that the key opens.
    pub(crate) fn numbers(&self) -> Result<Vec<String>> {
        let (viewer, _) = ask(&self.client()?, graphql::viewer())?;
        Ok(viewer.accounts.into_iter().map(|account| account.number).collect())
    }

    /// An account, which is kept where there is a store; one is opened when there is something to keep.
    pub(crate) fn account(
        &self,
        ctx: &Context,
        number: &str,
        open: impl FnOnce() -> Result<Option<Store>>,
    ) -> Result<(Account, Option<Store>)> {
        let (account, answered_by) = ask(&self.client()?, rest::account(number))?;
        let store = open()?;
        if let Some(store) = &store {
            let json = serde_json::to_string(&account).map_err(|error| End::work(error.to_string()))?;
            let now = ctx.now().timestamp();
            store.keep_document(Store::ACCOUNT, &account.number, &json, now)?;
            fetched::keep_answered_by(store, &format!("account {}", account.number), &answered_by, now)?;
        }
        Ok((account, store))
    }
}

/// Carries a reading out, and says which address answered; aloud if the first did not.
pub(super) fn ask<O: Operation>(client: &Client, operation: O) -> kwhen_fetch::Result<(O::Output, String)> {
    let (output, statistics) = client.run_with(operation, |_, _| {});
    Ok((output?, answered_by(client, statistics)))
}

/// The address that answered; one that is not the first to be tried is said.
pub(super) fn answered_by(client: &Client, statistics: Statistics) -> String {
    let place = statistics.answered_by.unwrap_or(0);
    let address =
        |place| client.instance().addresses().nth(place).map(ToString::to_string).unwrap_or_default();
    if place > 0 {
        eprintln!("note: {} answered, not {}", address(place), address(0));
    }
    address(place)
}
