//! `kwhen import`

use super::fetch::Access;
use crate::end::{End, Result};
use crate::face::Shared;
use crate::output::{file, imported};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use kwhen_app::context::{Context, Flag};
use kwhen_fetch::driver::blocking::Client;
use kwhen_fetch::import::{
    Addressee, Found, Parcel, Planned, SentReport, account_imports, account_status, meter_point_statuses,
    parcels, read_folder, send_parcels, send_registration_flows,
};
use std::path::PathBuf;

/// Check and send payloads of Kraken's data import
///
/// A payload is a file of JSON, told by its fields: products, an account, its making, transactions, notes, a payment instruction, or what
/// `kwhen bill --export kraken` writes. Nothing is sent without --yes, and nothing in which a fault was found. The key is an organisation's.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen import check payloads
  kwhen import check payloads --service
  kwhen import send payloads
  kwhen import send payloads --yes
  kwhen import register TENTACLE_ENERGY EXTERNAL-1234 --supply-start-date 2026-04-01 --yes
  kwhen import status TENTACLE_ENERGY EXTERNAL-1234")]
pub(crate) struct ImportArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Check payloads by the documented rules; nothing is sent unless --service is given, and nothing is changed
    Check(CheckArguments),
    /// Send payloads in the order that the service needs; without --yes say what would be sent
    Send(Box<SendArguments>),
    /// Have the meter points of an imported account registered; without --yes say what would be sent
    Register(RegisterArguments),
    /// Where imports stand: those of a supplier, or an account and its meter points
    Status(StatusArguments),
}

#[derive(Args, Debug)]
struct Payloads {
    /// A folder whose files end in .json, or one file
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// For transactions that do not say it: the supplier under which accounts are grouped
    #[arg(long, value_name = "CODE", requires = "external_account_number", value_parser = NonEmptyStringValueParser::new())]
    import_supplier: Option<String>,
    /// For transactions that do not say it: the account's number in the other system
    #[arg(long, value_name = "NUMBER", requires = "import_supplier", value_parser = NonEmptyStringValueParser::new())]
    external_account_number: Option<String>,
}

#[derive(Args, Debug)]
struct CheckArguments {
    #[command(flatten)]
    payloads: Payloads,
    /// Have the service check products and accounts too
    #[arg(long)]
    service: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
struct SendArguments {
    #[command(flatten)]
    payloads: Payloads,
    /// Send it
    #[arg(long)]
    yes: bool,
    /// Send what has faults too: the service alone decides
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
struct RegisterArguments {
    /// The supplier under which accounts are grouped
    import_supplier: String,
    /// The account's number in the other system
    external_account_number: String,
    /// From when; the earliest date that is valid if not said
    #[arg(long, value_name = "DATE")]
    supply_start_date: Option<chrono::NaiveDate>,
    /// Send it
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Args, Debug)]
struct StatusArguments {
    /// The supplier under which accounts are grouped
    import_supplier: String,
    /// The account's number in the other system; all imports of the supplier if not said
    external_account_number: Option<String>,
    #[command(flatten)]
    access: Access,
}

impl Payloads {
    /// The parcels in the order of sending, and the findings of all files as rows.
    fn read(&self) -> Result<(Vec<Parcel>, Vec<Found>)> {
        let to = match (&self.import_supplier, &self.external_account_number) {
            (Some(supplier), Some(number)) => {
                Some(Addressee { import_supplier: supplier.clone(), external_account_number: number.clone() })
            }
            _ => None,
        };
        let (read, unreadable) = parcels(read_folder(&self.folder)?, to.as_ref());
        let found = Found::all(&read, &unreadable);
        Ok((read, found))
    }
}

impl ImportArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        let access = match &self.what {
            What::Check(arguments) => &arguments.access,
            What::Send(arguments) => &arguments.access,
            What::Register(arguments) => &arguments.access,
            What::Status(arguments) => &arguments.access,
        };
        ctx.used(&[Flag::Instance, Flag::AllowHttp, Flag::KeyFile, Flag::TimeLimit]);
        ctx.only(&[])?;
        // A wrong address or file of the key is told before anything else.
        let client = access.organisation()?;
        match &self.what {
            What::Check(arguments) => arguments.run(&client, shared),
            What::Send(arguments) => arguments.run(&client, shared),
            What::Register(arguments) => {
                let (supplier, number) = (&arguments.import_supplier, &arguments.external_account_number);
                let flows = send_registration_flows(supplier, number, arguments.supply_start_date);
                if !arguments.yes {
                    let planned = Planned {
                        file: String::new(),
                        kind: "registration",
                        method: "POST",
                        path: flows.path(),
                    };
                    return imported::would_send(&[planned], shared);
                }
                let flows = client.run(flows)?;
                imported::registered(&flows, shared)
            }
            What::Status(arguments) => {
                let supplier = &arguments.import_supplier;
                let Some(number) = &arguments.external_account_number else {
                    return imported::imports(&client.run(account_imports(supplier))?, shared);
                };
                let status = client.run(account_status(supplier, number))?;
                let points = match client.run(meter_point_statuses(supplier, number)) {
                    Ok(points) => points,
                    Err(error) if error.is_not_found() => Vec::new(),
                    Err(error) => return Err(error.into()),
                };
                imported::status(number, &status, &points, shared)
            }
        }
    }
}

impl CheckArguments {
    fn run(&self, client: &Client, shared: &Shared) -> Result<String> {
        let (read, mut found) = self.payloads.read()?;
        if self.service {
            for parcel in &read {
                if let Some(asked) = parcel.payload.asking()? {
                    found.extend(Found::told(parcel, &client.run(asked)?));
                }
            }
        }
        let page = imported::checked(&read, &found, shared)?;
        if let Err(error) = Planned::all(&read) {
            file::note([format!("not to be sent so: {error}")], shared.error_palette());
        }
        match imported::faults(&found) {
            0 => Ok(page),
            faults => Err(End::Partly { done: page, message: imported::counted(faults) }),
        }
    }
}

impl SendArguments {
    fn run(&self, client: &Client, shared: &Shared) -> Result<String> {
        let (read, found) = self.payloads.read()?;
        let unreadable = found.iter().any(Found::is_unreadable);
        let faults = imported::faults(&found);
        if unreadable || faults > 0 && !self.unchecked {
            let page = imported::checked(&read, &found, shared)?;
            let cure = if unreadable { "" } else { "; --unchecked sends it all the same" };
            let message = format!("nothing was sent: {}{cure}", imported::counted(faults));
            return Err(End::Partly { done: page, message });
        }
        let planned = Planned::all(&read)?;
        file::note(found.iter().map(imported::line), shared.error_palette());
        if !self.yes {
            return imported::would_send(&planned, shared);
        }
        let sent = send_parcels(&read, !self.unchecked, |operation| client.run(operation));
        let page = imported::sent(&sent.iter().map(SentReport::from).collect::<Vec<_>>(), shared)?;
        let undone = sent.iter().filter(|sent| !sent.outcome.is_done()).count();
        if undone > 0 {
            let message = format!("{undone} of {} payloads were not taken", sent.len());
            return Err(End::Partly { done: page, message });
        }
        Ok(page)
    }
}
