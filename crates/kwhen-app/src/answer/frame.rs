//! What every plan's answer says of itself: when, by which clock, in which currency, and what was noticed.

use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span, TZDB_VERSION};
use serde::{Serialize, Serializer};

/// When a plan is, and what its times and amounts are in.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Frame {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// The clock of times of day.
    pub time_zone: &'static str,
    /// The version of the time zone tables.
    pub tzdb: &'static str,
    /// An ISO 4217 code; `XXX`, the code of no currency, where it is not known.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is: 2 for pence, 0 for yen.
    pub minor_digits: u8,
}

impl Frame {
    /// By a clock, in a currency.
    #[must_use]
    pub fn new(span: Span, calendar: &Calendar, currency: Currency) -> Self {
        Self {
            span,
            time_zone: calendar.name(),
            tzdb: TZDB_VERSION,
            currency,
            minor_digits: currency.minor_digits(),
        }
    }
}

/// What was noticed, in sentences; written as one list.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    first: Option<String>,
    others: Vec<String>,
}

impl Remarks {
    /// `first` is what a reader must know before anything else: that the plan is of the past.
    #[must_use]
    pub const fn new(first: Option<String>, others: Vec<String>) -> Self {
        Self { first, others }
    }

    /// What is to be said before anything else.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    /// The others.
    #[must_use]
    pub fn others(&self) -> &[String] {
        &self.others
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        self.first.iter().chain(&self.others)
    }

    /// Whether nothing was noticed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }
}

impl Serialize for Remarks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Remarks {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Remarks".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<String>::json_schema(generator)
    }
}
