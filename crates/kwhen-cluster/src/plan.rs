//! What a function is told to bill by: a small JSON text that travels in the query.

use crate::error::{refused, words_of};
use crate::location::Location;
use crate::tables::Tables;
use datafusion::error::Result;
use kwhen::batch::{BillPlan, PlanRequest};
use kwhen::bill::BillingRules;
use kwhen::tariff::{Tariff, TariffDefinition};
use kwhen::time::{Calendar, PeriodKind, SlotLength, Span};
use kwhen_batch::{Billing, EnergyUnit, Terms};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What [`bill`](crate::bill) bills by, and for when.
///
/// As JSON it is the first argument of `kwhen_bill`. Every process that takes part in a query reads it once and keeps what it made of it.
/// It has either a `tariff` (a definition as [`TariffDefinition`] reads it), which bills every group; or the places of `rates` and
/// `agreements`, the Parquet tables of `kwhen batch`, which every process must be able to open.
///
/// ```
/// use kwhen_cluster::Plan;
///
/// let plan: Plan = serde_json::from_str(r#"{
///     "from": "2025-01-01", "to": "2026-01-01",
///     "tariff": {"code": "FLAT", "unit_rate": "24.5", "standing_charge": "53.35"}}"#)?;
/// assert!(!plan.billing()?.needs_meters());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What is billed: from a local date or an instant.
    pub from: String,
    /// Up to a local date, which is not billed, or an instant.
    pub to: String,
    /// The periods, each a bill of its own.
    #[serde(default)]
    pub periods: Periods,
    /// The name of a preset of [`BillingRules`], or rules spelt out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// The length of the meters' slots in minutes; 30, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_minutes: Option<u32>,
    /// The clock of days and periods; `Europe/London`, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `wh` or `kwh`; if it is not said, integers are Wh, and decimals and floats kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<EnergyUnit>,
    /// Whether times without a time zone in the files are UTC; else they are refused. (A query's own timestamps are UTC.)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assume_utc: bool,
    /// The tariff of every group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Box<RawValue>>,
    /// Where the rates are: a Parquet file or object, or a folder of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Location>,
    /// Where the agreements are: a Parquet file or object, or a folder of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreements: Option<Location>,
    /// What [`digest_of`](crate::digest_of) says of rates and agreements. A process that finds other contents there refuses to bill by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Periods, in lower case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Periods {
    /// Local days.
    Day,
    /// Local weeks, from Monday.
    Week,
    /// Local months.
    #[default]
    Month,
    /// Local years.
    Year,
    /// Days from 23:00 to 23:00, named by the date on which they end.
    MarketDay,
}

impl From<Periods> for PeriodKind {
    fn from(periods: Periods) -> Self {
        match periods {
            Periods::Day => Self::Day,
            Periods::Week => Self::Week,
            Periods::Month => Self::Month,
            Periods::Year => Self::Year,
            Periods::MarketDay => Self::MarketDay,
        }
    }
}

/// Billing rules by name or spelt out.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Rules {
    /// A preset.
    Named(String),
    /// All of them.
    Custom(Box<BillingRules>),
}

impl Plan {
    /// Reads it from JSON.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| refused(format!("this is no plan to bill by: {error}")))
    }

    /// As JSON: the literal of a query.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(refused)
    }

    /// Span, periods and rules.
    pub fn terms(&self) -> Result<Terms> {
        let calendar = match &self.time_zone {
            Some(name) => Calendar::named(name).map_err(refused)?,
            None => Calendar::great_britain(),
        };
        let instant = |text: &str| calendar.parse(text).map_err(refused);
        let span = Span::new(instant(&self.from)?, instant(&self.to)?).map_err(refused)?;
        let mut terms = Terms::new(span);
        terms.assume_utc = self.assume_utc;
        terms.calendar = calendar;
        terms.periods = self.periods.into();
        if let Some(minutes) = self.slot_minutes {
            terms.slot_length = SlotLength::from_minutes(minutes).map_err(refused)?;
        }
        match &self.rules {
            Some(Rules::Named(name)) => terms.rules = BillingRules::named(name).map_err(refused)?,
            Some(Rules::Custom(rules)) => terms.rules = BillingRules::clone(rules),
            None => {}
        }
        Ok(terms)
    }

    /// Reads the tariff or the tables, and cuts them. An error that says what is wrong with them.
    pub fn billing(&self) -> Result<Billing> {
        let terms = self.terms()?;
        match (&self.tariff, &self.rates, &self.agreements) {
            (Some(tariff), None, None) => by_tariff(&definition(tariff.get(), terms.calendar)?, &terms),
            (None, Some(rates), Some(agreements)) => {
                let tables = Tables::open_now(rates, agreements)?;
                if let Some(digest) = &self.digest
                    && *digest != tables.digest()?
                {
                    return Err(refused(format!(
                        "{rates} and {agreements} are not what the query was made for; do all processes see the same files?"
                    )));
                }
                let book = tables.book(&terms)?;
                Ok(Billing::by_book(Arc::new(book)))
            }
            _ => Err(refused("a plan to bill by has either a tariff, or rates and agreements")),
        }
    }
}

/// A tariff by the clock of `calendar`, unless it names its own.
pub(crate) fn definition(json: &str, calendar: Calendar) -> Result<Tariff> {
    TariffDefinition::from_json(json.as_bytes(), calendar).map_err(refused)
}

fn by_tariff(tariff: &Tariff, terms: &Terms) -> Result<Billing> {
    if !tariff.levies.is_empty() {
        return Err(refused(format!("tariff {}: levies are not billed here", tariff.code)));
    }
    if let Some(component) = tariff.components.first() {
        return Err(refused(format!(
            "tariff {}: its component {} is not billed here",
            tariff.code, component.name
        )));
    }
    tariff.vat().check(terms.span).map_err(refused)?;
    let rates = tariff.unit_rates.series(terms.span).map_err(refused)?;
    let request = PlanRequest::new(&rates, terms.span)
        .standing_charges(tariff.standing_charges.as_ref())
        .periods(terms.periods)
        .slot_length(terms.slot_length)
        .calendar(terms.calendar)
        .vat(tariff.vat())
        .rules(terms.rules.clone());
    Ok(Billing::by_plan(&tariff.code, BillPlan::new(&request).map_err(refused)?))
}

/// So many plans are kept; of more the one that was asked for longest ago is forgotten.
const KEPT: usize = 16;

/// What was made of texts, the last asked for at the end.
pub(crate) struct Kept<T: 'static> {
    entries: Mutex<Vec<Entry<T>>>,
}

type Entry<T> = (Arc<str>, Arc<OnceLock<std::result::Result<T, String>>>);

impl<T: Clone> Kept<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Mutex::new(Vec::new()) }
    }

    /// What was made of a text; makes it if need be. Whoever asks meanwhile waits. A failure is not kept.
    pub(crate) fn of(&self, text: &str, make: impl FnOnce() -> Result<T>) -> Result<T> {
        let cell = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = match entries.iter().position(|(known, _)| &**known == text) {
                Some(place) => entries.remove(place),
                None => (Arc::from(text), Arc::default()),
            };
            let cell = Arc::clone(&entry.1);
            entries.push(entry);
            if entries.len() > KEPT {
                entries.remove(0);
            }
            cell
        };
        let made = cell.get_or_init(|| make().map_err(words_of));
        made.clone().map_err(|message| {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.retain(|(_, kept)| !Arc::ptr_eq(kept, &cell));
            refused(message)
        })
    }
}

/// The billing that a plan's JSON asks for and the unit of its readings, made once in a process.
pub(crate) fn billing_of(text: &str) -> Result<(Billing, Option<EnergyUnit>)> {
    static BILLINGS: Kept<(Billing, Option<EnergyUnit>)> = Kept::new();
    BILLINGS.of(text, || {
        let plan = Plan::from_json(text)?;
        Ok((plan.billing()?, plan.unit))
    })
}

/// The tariff that a definition says, read once in a process.
pub(crate) fn tariff_of(text: &str) -> Result<Arc<Tariff>> {
    static TARIFFS: Kept<Arc<Tariff>> = Kept::new();
    TARIFFS.of(text, || definition(text, Calendar::great_britain()).map(Arc::new))
}
