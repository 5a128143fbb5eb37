//! What an audit finds.

use super::cause::Cause;
use crate::bill::reconcile::ReconciledLine;
use crate::quantity::Money;
use crate::time::Span;
use serde::Serialize;

/// What came of a statement.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditedStatement {
    /// Its name.
    pub statement: String,
    /// When.
    #[serde(flatten)]
    pub period: Span,
    /// Whether every line agrees to its last printed digit.
    pub agrees: bool,
    /// What it asks for, where it has a total.
    pub stated_minor: Option<Money>,
    /// What the engine's own comes to, rounded as the statement prints its total.
    pub computed_minor: Option<Money>,
    /// Stated less computed; above zero: too much was asked for.
    pub difference_minor: Option<Money>,
    /// The likeliest causes of what differs, at most five, the likeliest first.
    pub causes: Vec<Cause>,
    /// Rows of the lines that differ and that no cause explains.
    pub unexplained_rows: Vec<u64>,
    /// What cannot be told, in words.
    pub remarks: Vec<String>,
    /// Line by line.
    pub lines: Vec<ReconciledLine>,
}

/// All statements of an account.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Audit {
    /// The rules that lines were judged by.
    pub rules: String,
    /// How many statements agree in every line.
    pub agreeing: usize,
    /// How many differ in one or more.
    pub differing: usize,
    /// The sum of what differs in their totals; above zero: too much was asked for.
    pub difference_minor: Money,
    /// Statement by statement, in order of time.
    pub statements: Vec<AuditedStatement>,
}
