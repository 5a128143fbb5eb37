//! What a query engine says of each meter: its bills, or why it has none; and the file of bills made of that.

use crate::biller::{Open, unseen};
use crate::book::{Assigned, Book};
use crate::column::Meters;
use crate::error::{Error, Result};
use crate::meter::MeterName;
use crate::report::{Reason, Unbilled};
use crate::result::{Billed, Bills, bill_schema};
use crate::sink::Sink;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StructArray, UInt32Array, new_empty_array};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Fields};
use arrow_select::take::take;
use kwhen::batch::BillRows;
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BILLS: &str = "bills";
const REASON: &str = "reason";
const MESSAGE: &str = "message";

/// The columns of a bill but the meter.
fn bill_fields() -> Fields {
    bill_schema(true).fields().iter().skip(1).cloned().collect()
}

fn item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Struct(bill_fields()), true))
}

fn outcome_fields() -> Fields {
    Fields::from(vec![
        Field::new(BILLS, DataType::List(item()), true),
        Field::new(REASON, DataType::Utf8, true),
        Field::new(MESSAGE, DataType::Utf8, true),
    ])
}

/// The type of what is said of a group of readings: `bills`, a list with the columns of a bill but the meter
/// ([`bill_schema`](crate::bill_schema)); or `reason`, a word ([`Reason::name`]), and `message`.
#[must_use]
pub fn outcome_type() -> DataType {
    DataType::Struct(outcome_fields())
}

/// What became of one group.
pub(crate) enum Verdict {
    /// It has no reading at all.
    Nothing,
    /// It cannot be billed.
    Unbilled(Unbilled),
}

/// Outcomes in the making.
pub(crate) struct Outcomes<'a> {
    nameless: MeterName,
    rows: BillRows,
    /// What is billed: by which agreements, and where the rows are.
    entries: Vec<(&'a [Assigned], Range<usize>)>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
    reasons: StringBuilder,
    messages: StringBuilder,
}

impl<'a> Outcomes<'a> {
    pub(crate) fn with_capacity(groups: usize) -> Self {
        Self {
            nameless: MeterName::Number(0),
            rows: BillRows::default(),
            entries: Vec::with_capacity(groups),
            lengths: Vec::with_capacity(groups),
            valid: Vec::with_capacity(groups),
            reasons: StringBuilder::new(),
            messages: StringBuilder::new(),
        }
    }

    pub(crate) fn bill(&mut self, name: Option<&MeterName>, open: &'a Open) {
        match open.bill(name.unwrap_or(&self.nameless), &mut self.rows) {
            Ok(rows) => {
                self.lengths.push(rows.len());
                self.valid.push(true);
                self.reasons.append_null();
                self.messages.append_null();
                if let Ok(assigned) = &open.assignment {
                    self.entries.push((assigned, rows));
                }
            }
            Err(unbilled) => self.push(Verdict::Unbilled(unbilled)),
        }
    }

    pub(crate) fn push(&mut self, verdict: Verdict) {
        self.lengths.push(0);
        match verdict {
            Verdict::Nothing => {
                self.valid.push(false);
                self.reasons.append_null();
                self.messages.append_null();
            }
            Verdict::Unbilled(unbilled) => {
                self.valid.push(true);
                self.reasons.append_value(unbilled.reason.name());
                self.messages.append_value(&unbilled.message);
            }
        }
    }

    pub(crate) fn finish(mut self) -> Result<StructArray> {
        let entries: Vec<Billed<'_>> = self
            .entries
            .iter()
            .map(|(assigned, rows)| Billed { name: &self.nameless, assigned, rows: rows.clone() })
            .collect();
        let items: ArrayRef = match (Bills { entries: &entries, rows: &self.rows }).batch()? {
            Some(batch) => {
                let columns = batch.columns().iter().skip(1).cloned().collect();
                Arc::new(StructArray::try_new(bill_fields(), columns, None)?)
            }
            None => new_empty_array(&DataType::Struct(bill_fields())),
        };
        let mut offsets: Vec<i32> = vec![0];
        let mut end = 0;
        for length in &self.lengths {
            end += length;
            offsets.push(i32::try_from(end).map_err(|_| Error::limit("more than 2³¹ bills in one batch"))?);
        }
        let billed = NullBuffer::from_iter(self.lengths.iter().map(|length| *length > 0));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let bills = ListArray::try_new(item(), offsets, items, Some(billed))?;
        let columns: Vec<ArrayRef> =
            vec![Arc::new(bills), Arc::new(self.reasons.finish()), Arc::new(self.messages.finish())];
        Ok(StructArray::try_new(outcome_fields(), columns, Some(NullBuffer::from(self.valid)))?)
    }
}

/// A file of bills in the making, from outcomes of meters that come in the order of their names. It is there whole or not at all.
pub struct BillFile {
    sink: Sink,
    out: PathBuf,
    numbers: bool,
    seen: HashSet<MeterName>,
    unbilled: Vec<Unbilled>,
    billed: u64,
}

impl BillFile {
    /// Begins the file of the meters of a book.
    pub fn create(out: &Path, book: &Book) -> Result<Self> {
        let numbers = book.meters.has_numbers();
        Ok(Self {
            sink: Sink::bills(out, numbers)?,
            out: out.to_path_buf(),
            numbers,
            seen: HashSet::new(),
            unbilled: Vec::new(),
            billed: 0,
        })
    }

    /// Adds outcomes: `meters` names them, `outcomes` are of [`outcome_type`].
    pub fn write(&mut self, meters: &ArrayRef, outcomes: &ArrayRef) -> Result<()> {
        let wanted = || Error::schema("these are no outcomes of meters");
        let outcomes = outcomes.as_struct_opt().ok_or_else(wanted)?;
        let column = |name| outcomes.column_by_name(name).ok_or_else(wanted);
        let bills = column(BILLS)?.as_list_opt::<i32>().ok_or_else(wanted)?;
        let reasons = cast(column(REASON)?, &DataType::Utf8)?;
        let messages = cast(column(MESSAGE)?, &DataType::Utf8)?;
        let (reasons, messages) = (reasons.as_string::<i32>(), messages.as_string::<i32>());
        let name = if self.numbers { DataType::Int64 } else { DataType::Utf8 };
        let meters = cast(meters, &name)?;
        let batch = RecordBatch::try_from_iter_with_nullable([("meter", Arc::clone(&meters), true)])?;
        let names = Meters::of(&batch, "meter")?;
        let (mut places, mut items): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let offsets = bills.value_offsets();
        for row in 0..outcomes.len() {
            let meter = names.get(row).map(MeterName::from);
            if let Some(meter) = &meter {
                self.seen.insert(meter.clone());
            }
            if !reasons.is_null(row) {
                let word = StrDeserializer::<serde::de::value::Error>::new(reasons.value(row));
                let reason = Reason::deserialize(word).map_err(|_| wanted())?;
                let message = if messages.is_null(row) { "" } else { messages.value(row) };
                self.unbilled.push(Unbilled { meter, reason, message: message.to_owned() });
            } else if !bills.is_null(row) {
                let place =
                    u32::try_from(row).map_err(|_| Error::limit("more than 2³² meters in one batch"))?;
                let (from, to) = (offsets.get(row).copied(), offsets.get(row + 1).copied());
                for item in from.unwrap_or(0)..to.unwrap_or(0) {
                    places.push(place);
                    items.push(u32::try_from(item).unwrap_or(0));
                }
                self.billed += 1;
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        let items = take(bills.values(), &UInt32Array::from(items), None)?;
        let items = items.as_struct_opt().ok_or_else(wanted)?;
        let mut columns = vec![take(&meters, &UInt32Array::from(places), None)?];
        let schema = bill_schema(self.numbers);
        for (field, column) in schema.fields().iter().skip(1).zip(items.columns()) {
            columns.push(if column.data_type() == field.data_type() {
                Arc::clone(column)
            } else {
                cast(column, field.data_type())?
            });
        }
        let batch = RecordBatch::try_new(schema, columns)?;
        self.sink.write(&batch)
    }

    /// Ends the file and gives it its name. The meters without a bill, in order, among them those of the book that were never seen, and
    /// how many were billed.
    pub fn finish(self, book: &Book) -> Result<(Vec<Unbilled>, u64)> {
        self.sink.finish()?;
        let mut unbilled = self.unbilled;
        if self.seen.len() as u64 != book.meter_count() as u64 || !unbilled.is_empty() {
            unbilled.extend(unseen(book, |name| self.seen.contains(&MeterName::from(name))));
        }
        unbilled.sort();
        Ok((unbilled, self.billed))
    }
}

impl std::fmt::Debug for BillFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BillFile({}, {} billed)", self.out.display(), self.billed)
    }
}
