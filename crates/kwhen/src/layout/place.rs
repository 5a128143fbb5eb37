//! Where the fields of a series are, and what a table is taken for, whichever way its rows are read.

use super::definition::{Condition, DateOrder, DecimalMark, Label, Layout, LayoutClock, SeriesColumn};
use super::raw::Terms;
use super::said::TakenFor;
use super::table::Table;
use super::titles;

/// Where the fields of a series are.
pub(super) struct Place<'a> {
    pub(super) series: &'a SeriesColumn,
    pub(super) name: String,
    pub(super) column: Option<usize>,
    /// Other columns, of which the values are added.
    pub(super) plus: Vec<usize>,
    pub(super) conditions: Vec<(usize, &'a Condition)>,
}

/// What a table is taken for, but for its series and their order.
pub(super) fn taken(
    table: &Table<'_>,
    layout: &Layout,
    terms: &mut Terms<'_>,
    places: &[Place<'_>],
    (label, clock, order, decimal): (Label, LayoutClock, DateOrder, DecimalMark),
    has_local: bool,
) -> TakenFor {
    // A column of readings beside those that are read says nothing of them.
    let is_read = |column: usize| places.iter().any(|place| place.column == Some(column));
    let mut said =
        table.names.iter().enumerate().filter(|(column, name)| is_read(*column) || !titles::is_reading(name));
    let is_gas = said.any(|(_, name)| titles::is_gas(name))
        || table.beside.iter().any(|(name, text)| name == "classifier" && titles::is_gas(text));
    let (start, end) = if label == Label::End && layout.end.is_empty() {
        (Vec::new(), layout.start.clone())
    } else {
        (layout.start.clone(), layout.end.clone())
    };
    let settled = Layout {
        delimiter: table.delimiter.map(char::from),
        decimal: Some(decimal),
        date_order: Some(order),
        clock: has_local.then_some(clock),
        start,
        end,
        ..layout.clone()
    };
    TakenFor {
        layout: layout.name.clone(),
        title: layout.title.clone(),
        guesses: std::mem::take(&mut terms.guesses),
        series: Vec::new(),
        label,
        clock: clock.to_string(),
        runs_forward: None,
        is_gas,
        printed: Vec::new(),
        settled: Some(settled),
    }
}
