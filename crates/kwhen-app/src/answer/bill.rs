//! Bills and statements, and what stands beside them.

use kwhen::bill::{Bill, PrintedCheck, Projection, Statement};
use kwhen::series::StandingCharges;
use kwhen::tariff::Fuel;
use kwhen::time::Span;
use kwhen::{Consumption, Money, RateSeries};
use serde::Serialize;

/// What was read.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// Unit rates.
    pub rates: usize,
    /// From the first to the last.
    pub rates_span: Span,
    /// Where there is none between them.
    pub rate_gaps: Vec<Span>,
    /// Readings.
    pub readings: usize,
    /// From the first to the last.
    pub readings_span: Option<Span>,
    /// Where there is none between them.
    pub reading_gaps: Vec<Span>,
    /// How long a slot of the readings is.
    pub slot_minutes: u32,
    /// Standing charges.
    pub standing_charges: usize,
}

impl Input {
    /// Of the series that a bill was made from.
    pub fn new(rates: &RateSeries, consumption: &Consumption, standing: Option<&StandingCharges>) -> Self {
        Self {
            rates: rates.len(),
            rates_span: rates.span(),
            rate_gaps: rates.gaps(),
            readings: consumption.reading_count(),
            readings_span: consumption.grid().span(),
            reading_gaps: consumption.gaps(),
            slot_minutes: consumption.grid().slot_length().minutes(),
            standing_charges: standing.map_or(0, |standing| standing.intervals().len()),
        }
    }
}

/// A bill, and what was asked beside it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneBill {
    /// The bill.
    #[serde(flatten)]
    pub bill: Bill,
    /// The same under every known set of rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under_rules: Option<Vec<UnderRules>>,
    /// What it will come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection: Option<Projection>,
    /// What was read, where it was read slot by slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// What the file of readings says that they cost, beside the bill.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<PrintedCheck>,
    /// What is delivered.
    #[serde(skip)]
    pub fuel: Fuel,
}

/// A statement, and how old its readings are where they came from the store.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountStatement {
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
    /// How old the readings are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stored: Vec<Age>,
    /// What the stored account was credited or charged in the time beside energy: in no sum of the statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub account_lines: Vec<AccountLine>,
}

/// A credit, a reward, a refund or a charge for something else than energy, as the supplier posted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountLine {
    /// `credit`, `charge`, `refund`, as the service says it.
    pub kind: String,
    /// What it is for, in the service's words.
    pub title: String,
    /// On which date.
    pub date: Option<String>,
    /// How much, with its tax, with the sign that the service gives it.
    pub amount_minor: Option<Money>,
    /// Whether it was taken back.
    pub taken_back: bool,
}

/// How old the readings of a meter point are that came from the store.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Age {
    /// Of which supply.
    pub name: String,
    /// When the newest reading ends.
    pub readings_to: String,
    /// When it came.
    pub fetched_at: Option<String>,
}

/// The same bill under other rules.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnderRules {
    /// Their name.
    pub rules: String,
    /// The energy that is billed.
    pub kwh: kwhen::Energy,
    /// Without VAT.
    pub net_minor: Money,
    /// The VAT.
    pub vat_minor: Money,
    /// Both.
    pub total_minor: Money,
    /// Beyond the exact bill.
    pub difference_minor: Money,
}

impl UnderRules {
    /// A bill beside the exact one.
    ///
    /// # Errors
    /// The difference is beyond the range of money.
    pub fn new(bill: &Bill, exact: &Bill) -> kwhen::Result<Self> {
        Ok(Self {
            rules: bill.rules.clone(),
            kwh: bill.kwh,
            net_minor: bill.net_minor,
            vat_minor: bill.vat_minor,
            total_minor: bill.total_minor,
            difference_minor: Money::sum([bill.total_minor, -exact.total_minor])?,
        })
    }
}
