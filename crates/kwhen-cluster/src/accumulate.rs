//! DataFusion's accumulators over the states of meters.

use crate::error::refused;
use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use kwhen_batch::Groups;
use std::sync::Arc;

/// The states of groups.
pub(crate) struct States(pub(crate) Groups);

impl States {
    fn add(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        only: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let (meters, starts, energy) = match values {
            [_, starts, energy] => (None, starts, energy),
            [_, meters, starts, energy] => (Some(meters), starts, energy),
            _ => return exec_err!("{} columns of readings", values.len()),
        };
        self.0.update(meters, starts, energy, groups, only, total).map_err(refused)
    }

    fn join(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        let (names, words) = match values {
            [words] => (None, words),
            [names, words] => (Some(names), words),
            _ => return exec_err!("{} columns of states", values.len()),
        };
        let Some(words) = words.as_list_opt::<i32>() else {
            return exec_err!("states of meters are of type {}", words.data_type());
        };
        self.0.merge(names, words, groups, total).map_err(refused)
    }

    fn states(&mut self, count: Option<usize>) -> Result<Vec<ArrayRef>> {
        let (names, words) = self.0.take_states(count).map_err(refused)?;
        Ok(names.into_iter().chain([Arc::new(words) as ArrayRef]).collect())
    }
}

const fn count_of(emit: EmitTo) -> Option<usize> {
    match emit {
        EmitTo::All => None,
        EmitTo::First(count) => Some(count),
    }
}

impl GroupsAccumulator for States {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        only: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.add(values, groups, only, total)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.join(values, groups, total)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.take_outcomes(count_of(emit)).map_err(refused)?))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.states(count_of(emit))
    }

    fn convert_to_state(&self, values: &[ArrayRef], only: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |column| column.len());
        let mut each = Self(self.0.emptied());
        let groups: Vec<usize> = (0..rows).collect();
        each.add(values, &groups, only, rows)?;
        each.states(None)
    }

    fn size(&self) -> usize {
        self.0.size()
    }
}

/// All rows as one group: a query without GROUP BY.
pub(crate) struct OneGroup(pub(crate) States);

impl std::fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OneGroup({} bytes)", self.0.0.size())
    }
}

fn one(array: &ArrayRef) -> Result<ScalarValue> {
    ScalarValue::try_from_array(array, 0)
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |column| column.len());
        self.0.add(values, &vec![0; rows], None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |column| column.len());
        self.0.join(states, &vec![0; rows], 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.0.reserve(1);
        let outcomes: ArrayRef = Arc::new(self.0.0.outcomes().map_err(refused)?);
        one(&outcomes)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.0.reserve(1);
        let (names, words) = self.0.0.states().map_err(refused)?;
        names.into_iter().chain([Arc::new(words) as ArrayRef]).map(|array| one(&array)).collect()
    }

    fn size(&self) -> usize {
        self.0.0.size()
    }
}
