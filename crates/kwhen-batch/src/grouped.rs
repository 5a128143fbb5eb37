//! Readings in groups, for query engines: the states of many meters, told apart by the engine's own numbers.

use crate::biller::{Open, RowFaults};
use crate::book::{Assigned, Assignment, Book};
use crate::column::{Instants, MeterRef, Meters, same_until};
use crate::energy::Energies;
use crate::error::{Error, Result};
use crate::meter::MeterName;
use crate::names::{KWH, METER, START, WH};
use crate::outcomes::{Outcomes, Verdict};
use crate::packed::{pack, unpack};
use crate::report::{Reason, Unbilled};
use crate::usual::{usual_meter, with_usual_types};
use arrow_array::builder::{Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::filter::filter_record_batch;
use kwhen::batch::{BillPlan, BillState};
use kwhen::time::Span;
use std::sync::Arc;

/// What groups of readings are billed by. A copy is cheap.
#[derive(Clone, Debug)]
pub struct Billing(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Book(Arc<Book>),
    /// One plan for every group, and its span.
    Plan(Arc<[Assigned]>, Span),
}

impl Billing {
    /// Each meter by its own agreements.
    #[must_use]
    pub const fn by_book(book: Arc<Book>) -> Self {
        Self(Kind::Book(book))
    }

    /// Every group by one plan, under a name for the tariff.
    #[must_use]
    pub fn by_plan(tariff: &str, plan: BillPlan) -> Self {
        let span = plan.span();
        Self(Kind::Plan(Arc::new([Assigned { tariff: tariff.into(), plan }]), span))
    }

    /// What is billed.
    fn span(&self) -> Span {
        match &self.0 {
            Kind::Book(book) => book.span,
            Kind::Plan(_, span) => *span,
        }
    }

    /// Whether groups must say which meter they are.
    #[must_use]
    pub const fn needs_meters(&self) -> bool {
        matches!(self.0, Kind::Book(_))
    }

    /// Whether meters of such names can be billed by it; an error that says why not.
    pub fn check(&self, names: MeterColumn) -> Result<()> {
        let Kind::Book(book) = &self.0 else { return Ok(()) };
        match names {
            MeterColumn::Numbers => book.check_names(true),
            MeterColumn::Text => book.check_names(false),
            MeterColumn::Absent => {
                Err(Error::schema("meters have agreements of their own, so a group must name its meter"))
            }
        }
    }

    fn assignment(&self, name: Option<MeterRef<'_>>) -> Assignment {
        match (&self.0, name) {
            (Kind::Plan(assigned, _), _) => Ok(Arc::clone(assigned)),
            (Kind::Book(book), Some(name)) => Open::new(name, book).assignment,
            (Kind::Book(_), None) => Err(Arc::new(Unbilled {
                meter: None,
                reason: Reason::NoMeter,
                message: format!("rows have no {METER}"),
            })),
        }
    }
}

/// What numbers of energy count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EnergyUnit {
    /// kWh: decimals and floats.
    Kwh,
    /// Wh: whole numbers too.
    Wh,
}

/// How meters are named in the states that groups send each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterColumn {
    /// They are not: one plan bills all groups.
    Absent,
    /// By 64-bit integers.
    Numbers,
    /// By text.
    Text,
}

impl MeterColumn {
    /// For a column of meters of a type; an error for one that names no meters.
    pub fn of(kind: &DataType) -> Result<Self> {
        match usual_meter(kind) {
            DataType::Int32 | DataType::Int64 | DataType::Float64 => Ok(Self::Numbers),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                Ok(Self::Text)
            }
            _ => Err(Error::schema(format!("meters are of type {kind}; text or an integer is wanted"))),
        }
    }

    /// The type of the names in a state; `None` where there are none.
    #[must_use]
    pub const fn state_type(self) -> Option<DataType> {
        match self {
            Self::Absent => None,
            Self::Numbers => Some(DataType::Int64),
            Self::Text => Some(DataType::Utf8),
        }
    }
}

/// The states of groups of readings, each of one meter. They come in any order and any split; states merge into that of all.
#[derive(Debug)]
pub struct Groups {
    billing: Billing,
    names: MeterColumn,
    unit: Option<EnergyUnit>,
    groups: Vec<Option<Group>>,
    bytes: usize,
}

#[derive(Debug)]
struct Group {
    /// `None` for readings that name no meter, and where one plan bills all.
    name: Option<MeterName>,
    open: Open,
    rows: u64,
}

impl Groups {
    /// None yet. Without a unit integers are Wh, and decimals and floats kWh.
    #[must_use]
    pub const fn new(billing: Billing, names: MeterColumn, unit: Option<EnergyUnit>) -> Self {
        Self { billing, names, unit, groups: Vec::new(), bytes: 0 }
    }

    /// The same with no group.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self::new(self.billing.clone(), self.names, self.unit)
    }

    /// About how many bytes the states take.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.bytes
    }

    /// How many groups there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Adds readings: for each row its group, its meter unless one plan bills all, the start of its slot, and its energy. Only
    /// rows of which the filter is true count. An error for a type that cannot be taken and for a group of more than one meter; what
    /// is wrong with a meter's readings is kept until it is billed.
    pub fn update(
        &mut self,
        meters: Option<&ArrayRef>,
        starts: &ArrayRef,
        energy: &ArrayRef,
        groups: &[usize],
        only: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.reserve(total);
        let wh = self.unit.map_or(energy.data_type().is_integer(), |unit| unit == EnergyUnit::Wh);
        let mut fields = vec![
            Field::new(START, starts.data_type().clone(), true),
            Field::new(if wh { WH } else { KWH }, energy.data_type().clone(), true),
        ];
        let mut columns = vec![Arc::clone(starts), Arc::clone(energy)];
        if let Some(meters) = meters {
            fields.push(Field::new(METER, meters.data_type().clone(), true));
            columns.push(Arc::clone(meters));
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        let Some(only) = only else { return self.add(&batch, groups) };
        let counts = |row: &usize| only.is_valid(*row) && only.value(*row);
        let groups: Vec<usize> =
            (0..groups.len()).filter(counts).filter_map(|row| groups.get(row).copied()).collect();
        self.add(&filter_record_batch(&batch, only)?, &groups)
    }

    fn add(&mut self, batch: &RecordBatch, groups: &[usize]) -> Result<()> {
        let batch = &with_usual_types(batch)?;
        let meters = match batch.column_by_name(METER) {
            Some(_) => Some(Meters::of(batch, METER)?),
            None => None,
        };
        let instants = Instants::of(batch, START)?;
        let energies = Energies::of(batch, WH, KWH)?;
        let nulls = NullBuffer::union(instants.nulls, energies.nulls.as_ref());
        let inside = instants.ticks(self.billing.span());
        let mut row = 0;
        while let Some(group) = groups.get(row) {
            let mut end = same_until(groups, row);
            if let Some(meters) = &meters {
                end = meters.run_end(row, end.min(batch.num_rows()));
            }
            let name = meters.as_ref().and_then(|meters| meters.get(row));
            let group = self.group(*group, name)?;
            group.rows += (end - row) as u64;
            group.open.add(row..end, &instants, &energies, nulls.as_ref(), &inside)?;
            row = end;
        }
        Ok(())
    }

    /// Names and states of the first groups, all of them if no number is given, which are forgotten.
    pub fn take_states(&mut self, count: Option<usize>) -> Result<(Option<ArrayRef>, ListArray)> {
        let taken = self.take(count);
        self.states_of(&taken)
    }

    /// Names and states of all groups, which are kept.
    pub fn states(&self) -> Result<(Option<ArrayRef>, ListArray)> {
        self.states_of(&self.groups)
    }

    fn states_of(&self, taken: &[Option<Group>]) -> Result<(Option<ArrayRef>, ListArray)> {
        let mut words = Vec::new();
        let mut packed = Vec::new();
        let mut offsets: Vec<i32> = Vec::with_capacity(taken.len() + 1);
        offsets.push(0);
        for group in taken {
            if let Some(group) = group {
                group.write(&mut words);
                pack(&words, &mut packed);
            }
            offsets.push(i32::try_from(packed.len()).map_err(|_| {
                Error::limit("the states of these meters take more than 16 GiB; use more partitions")
            })?);
        }
        let valid = NullBuffer::from_iter(taken.iter().map(Option::is_some));
        let states = ListArray::try_new(
            Arc::new(Field::new_list_field(DataType::Int64, true)),
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            Arc::new(Int64Array::from(packed)),
            Some(valid),
        )?;
        Ok((self.names_of(taken), states))
    }

    fn names_of(&self, taken: &[Option<Group>]) -> Option<ArrayRef> {
        let names = taken.iter().map(|group| group.as_ref().and_then(|group| group.name.as_ref()));
        match self.names {
            MeterColumn::Absent => None,
            MeterColumn::Numbers => {
                let mut out = Int64Builder::with_capacity(taken.len());
                for name in names {
                    out.append_option(match name {
                        Some(MeterName::Number(number)) => Some(*number),
                        Some(MeterName::Text(_)) | None => None,
                    });
                }
                Some(Arc::new(out.finish()))
            }
            MeterColumn::Text => {
                let mut out = StringBuilder::new();
                for name in names {
                    out.append_option(match name {
                        Some(MeterName::Text(text)) => Some(text),
                        Some(MeterName::Number(_)) | None => None,
                    });
                }
                Some(Arc::new(out.finish()))
            }
        }
    }

    /// Adds states that [`take_states`](Self::take_states) gave, each to its group.
    pub fn merge(
        &mut self,
        names: Option<&ArrayRef>,
        states: &ListArray,
        groups: &[usize],
        total: usize,
    ) -> Result<()> {
        self.reserve(total);
        let batch = match names {
            Some(names) => {
                Some(RecordBatch::try_from_iter_with_nullable([(METER, Arc::clone(names), true)])?)
            }
            None => None,
        };
        let meters = match &batch {
            Some(batch) => Some(Meters::of(batch, METER)?),
            None => None,
        };
        for (row, group) in groups.iter().enumerate().take(states.len()) {
            if states.is_null(row) {
                continue;
            }
            let name = meters.as_ref().and_then(|meters| meters.get(row));
            let words = states.value(row);
            let words = words.as_primitive_opt::<Int64Type>().and_then(|words| unpack(words.values()));
            let group = self.group(*group, name)?;
            let (rows, open) =
                words.and_then(|words| read(&words, group.open.assignment.clone())).ok_or_else(|| {
                    Error::broken("the state of a meter is of other tariffs or another version")
                })?;
            group.rows += rows;
            group.open.merge(open)?;
        }
        Ok(())
    }

    /// Bills the first groups, all of them if no number is given, which are forgotten: see
    /// [`outcome_type`](crate::outcome_type). A group without a reading has a null.
    pub fn take_outcomes(&mut self, count: Option<usize>) -> Result<StructArray> {
        let taken = self.take(count);
        self.outcomes_of(&taken)
    }

    /// The same of all groups, which are kept.
    pub fn outcomes(&self) -> Result<StructArray> {
        self.outcomes_of(&self.groups)
    }

    fn outcomes_of(&self, taken: &[Option<Group>]) -> Result<StructArray> {
        let mut outcomes = Outcomes::with_capacity(taken.len());
        for group in taken {
            match group {
                None => outcomes.push(Verdict::Nothing),
                Some(group) => match (&group.open.assignment, self.names, &group.name) {
                    (Err(_), MeterColumn::Numbers | MeterColumn::Text, None) => {
                        outcomes.push(Verdict::Unbilled(Unbilled {
                            meter: None,
                            reason: Reason::NoMeter,
                            message: format!("{} rows have no {METER}", group.rows),
                        }));
                    }
                    (_, _, name) => outcomes.bill(name.as_ref(), &group.open),
                },
            }
        }
        outcomes.finish()
    }

    /// Makes sure that there are so many groups, with readings or without.
    pub fn reserve(&mut self, total: usize) {
        if self.groups.len() < total {
            self.bytes += (total - self.groups.len()) * size_of::<Option<Group>>();
            self.groups.resize_with(total, || None);
        }
    }

    fn take(&mut self, count: Option<usize>) -> Vec<Option<Group>> {
        let count = count.unwrap_or(self.groups.len()).min(self.groups.len());
        let rest = self.groups.split_off(count);
        let taken = std::mem::replace(&mut self.groups, rest);
        let size = |group: &Option<Group>| {
            size_of::<Option<Group>>() + group.as_ref().map_or(0, |group| group.open.size())
        };
        self.bytes = self.bytes.saturating_sub(taken.iter().map(size).sum());
        taken
    }

    fn group(&mut self, place: usize, name: Option<MeterRef<'_>>) -> Result<&mut Group> {
        let total = self.groups.len();
        let slot = self
            .groups
            .get_mut(place)
            .ok_or_else(|| Error::broken(format!("there is no group {place} among {total}")))?;
        let group = match slot {
            Some(group) => group,
            None => {
                let open = Open::of(self.billing.assignment(name));
                self.bytes += open.size();
                slot.insert(Group { name: name.map(MeterName::from), open, rows: 0 })
            }
        };
        if group.name.as_ref().map(MeterName::as_ref) != name {
            let shown = |name: Option<MeterRef<'_>>| {
                name.map_or_else(|| "none".to_owned(), |name| MeterName::from(name).to_string())
            };
            return Err(Error::data(format!(
                "a group has readings of more than one meter ({} and {}); group by the meter",
                shown(group.name.as_ref().map(MeterName::as_ref)),
                shown(name)
            )));
        }
        Ok(group)
    }
}

impl Group {
    /// Rows, faults, and for each agreement the length of its state and the state.
    fn write(&self, words: &mut Vec<i64>) {
        let RowFaults { without_start, refused, broken } = self.open.faults;
        words.clear();
        words.extend([self.rows, without_start, refused, broken].map(|count| count as i64));
        for state in &self.open.states {
            let state = state.to_words();
            words.push(state.len() as i64);
            words.extend(state);
        }
    }
}

fn read(words: &[i64], assignment: Assignment) -> Option<(u64, Open)> {
    let ([rows, without_start, refused, broken], mut rest) = words.split_first_chunk::<4>()?;
    let mut open = Open::of(assignment);
    open.faults =
        RowFaults { without_start: *without_start as u64, refused: *refused as u64, broken: *broken as u64 };
    if let Ok(assigned) = &open.assignment {
        for (state, assigned) in open.states.iter_mut().zip(assigned.iter()) {
            let (length, after) = rest.split_first()?;
            let (own, after) = after.split_at_checked(usize::try_from(*length).ok()?)?;
            *state = BillState::from_words(&assigned.plan, own).ok()?;
            rest = after;
        }
    }
    rest.is_empty().then_some((*rows as u64, open))
}
