//! Tariffs that others publish as data, made into definitions: grid tariffs of Norway and Belgium, Denmark's price list, Australia's plans.
//!
//! What a definition cannot express is named, never dropped. Numbers are taken digit by digit.

mod australia;
mod belgium;
mod denmark;
mod draft;
mod hours;
mod norway;
mod tree;

use crate::error::{Error, Result};
use crate::tariff::TariffDefinition;
use crate::time::Calendar;
use draft::Draft;
pub use draft::Wanted;
use serde::Serialize;
use serde_json::Value;

/// A definition made from what others publish.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Imported {
    /// Who publishes it.
    pub source: &'static str,
    /// Under which licence, as the publisher says it.
    pub licence: &'static str,
    /// The address that it was fetched from, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The date that it bears, where it bears one.
    pub dated: Option<String>,
    /// What of it the definition does not express, a sentence each.
    pub left_out: Vec<String>,
    /// What was taken to be so, a sentence each.
    pub taken: Vec<String>,
    /// The definition as TOML, with where it comes from and what it leaves out above it.
    pub toml: String,
    /// Whether it goes by the clock that was given, for the file names none.
    #[serde(skip)]
    pub goes_by_clock: bool,
    /// The definition, as a file of one would say it.
    #[serde(skip)]
    pub definition: Value,
}

/// Reads a file of another's tariffs: YAML or JSON, told by its content.
///
/// `calendar` is the clock of files that name none, Australia's alone.
///
/// An error for content that is none of these, for several tariffs of which none is named, and where a number has more digits than are held.
pub fn import(bytes: &[u8], wanted: Wanted<'_>, calendar: &Calendar) -> Result<Imported> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
        .map_err(|_| Error::syntax("is not text in UTF-8"))?;
    let root = tree::read(text)?;
    let records = root.get("records").unwrap_or(&root).list().unwrap_or(&[]);
    let (source, licence, dated, draft) = if root.get("tariffer").is_some() {
        let dated = root.text("sist_oppdatert").map(str::to_owned);
        ("fri-nettleie (kraftsystemet.no)", "CC BY 4.0", dated, norway::draft(&root, wanted)?)
    } else if records.iter().any(|record| record.get("ChargeTypeCode").is_some()) {
        (
            "Energi Data Service, DatahubPricelist (Energinet)",
            "free to use where Energinet is named as the source",
            denmark::dated(records),
            denmark::draft(records, wanted)?,
        )
    } else if let Some(plan) = australia::plan(&root)? {
        let dated = plan.text("lastUpdated").map(str::to_owned);
        (
            "Consumer Data Right, energy product reference data (Australia)",
            "public under the CDR rules; the file names no licence",
            dated,
            australia::draft(plan, wanted, calendar)?,
        )
    } else if records.iter().any(|entry| entry.get("start").is_some()) {
        let dated = records.last().and_then(|entry| entry.text("start")).map(str::to_owned);
        ("EnergieID, energy-cost (Belgium)", "MIT", dated, belgium::draft(records, wanted)?)
    } else {
        return Err(Error::unsupported(
            "is none of the tariffs that are known: a file of fri-nettleie (tariffer), of EnergieID's energy-cost (a list of start, consumption, capacity), of \
             DatahubPricelist (records with ChargeTypeCode) or a plan of the Consumer Data Right (electricityContract)",
        ));
    };
    let Draft { mut fields, components, left_out, taken, goes_by_clock } = draft;
    if !components.is_empty() {
        fields.insert("components".into(), Value::Array(components));
    }
    let definition = Value::Object(fields);
    check(&definition)?;
    let toml = String::new();
    let address = wanted.address.map(str::to_owned);
    let mut imported =
        Imported { source, licence, address, dated, left_out, taken, toml, goes_by_clock, definition };
    imported.toml = imported.written()?;
    Ok(imported)
}

/// That the definition is one: with a market's price where it needs one.
fn check(definition: &Value) -> Result<()> {
    let read: TariffDefinition = serde_json::from_value(definition.clone())
        .map_err(|error| Error::syntax(format!("makes no tariff definition: {error}")))?;
    let market = crate::series::RateSeries::flat(crate::series::Prices::Exclusive(crate::UnitRate::ZERO));
    read.tariff_at(Calendar::great_britain(), Some(&market)).map(|_| ())
}

impl Imported {
    fn written(&self) -> Result<String> {
        let mut text = format!("# From {}; licence: {}\n", self.source, self.licence);
        if let Some(address) = &self.address {
            text.push_str(&format!("# Fetched from {address}\n"));
        }
        if let Some(dated) = &self.dated {
            text.push_str(&format!("# Dated {dated}\n"));
        }
        for what in &self.left_out {
            text.push_str(&format!("# Not expressed: {what}\n"));
        }
        for what in &self.taken {
            text.push_str(&format!("# Taken: {what}\n"));
        }
        let body = toml::to_string_pretty(&self.definition)
            .map_err(|error| Error::syntax(format!("cannot be written as TOML: {error}")))?;
        Ok(format!("{text}\n{body}"))
    }
}
