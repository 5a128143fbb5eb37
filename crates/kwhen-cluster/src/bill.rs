//! `kwhen_bill`: bills by meter and period as an aggregate function.

use crate::accumulate::{OneGroup, States};
use crate::error::refused;
use crate::plan::billing_of;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_plan::PhysicalExpr;
use kwhen_batch::{Groups, MeterColumn, outcome_type};
use std::sync::Arc;

/// The name of the function in SQL.
pub const BILL: &str = "kwhen_bill";

/// `kwhen_bill(plan, [meter,] interval_start, energy)`: the bills of a group of readings.
///
/// `plan` is a constant, the JSON of a [`Plan`](crate::Plan). `interval_start` is a timestamp in UTC of any unit; `energy` is a decimal
/// or a 64-bit float in kWh (a float is rounded to 6 decimals), or an integer in Wh, unless the plan says its unit. `meter`, text or an integer, is needed where the plan
/// has agreements; the query then groups by it.
///
/// Gives a struct: `bills`, a list of structs (tariff, from, to, period, slots, billed_slots, days, kwh, net_minor, vat_minor,
/// total_minor, bands), energy and money as exact decimals; or `reason` and `message` where the group cannot be billed, so that
/// one bad meter does not stop a query. A reading without energy is passed over. The function merges exactly: any partitioning and
/// any order of the rows gives the same digits.
#[must_use]
pub fn bill() -> AggregateUDF {
    AggregateUDF::new_from_impl(Bill { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bill {
    signature: Signature,
}

/// The plan's type. A constant of it costs one copy a batch; as plain text it would be copied to every row.
pub(crate) fn constant_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

pub(crate) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

impl AggregateUDFImpl for Bill {
    fn name(&self) -> &str {
        BILL
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        let (plan, meter, start, energy) = match kinds {
            [plan, start, energy] => (plan, None, start, energy),
            [plan, meter, start, energy] => (plan, Some(meter), start, energy),
            _ => {
                return plan_err!(
                    "{BILL} takes 3 or 4 arguments: plan, [meter,] interval_start, energy; here are {}",
                    kinds.len()
                );
            }
        };
        if !is_text(plan) {
            return plan_err!("{BILL}: the plan is JSON text, not {plan}");
        }
        if let Some(meter) = meter {
            MeterColumn::of(meter).map_err(refused)?;
        }
        if !matches!(start, DataType::Timestamp(..)) {
            return plan_err!("{BILL}: interval_start is a timestamp in UTC, not {start}");
        }
        let energy = match energy {
            DataType::Int8 | DataType::UInt8 => DataType::Int16,
            DataType::UInt16 => DataType::Int32,
            DataType::UInt32 | DataType::UInt64 => DataType::Int64,
            DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float64
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..) => energy.clone(),
            _ => {
                return plan_err!(
                    "{BILL}: energy is a decimal or a 64-bit float in kWh, or an integer in Wh, not {energy}"
                );
            }
        };
        Ok([Some(constant_type()), meter.cloned(), Some(start.clone()), Some(energy)]
            .into_iter()
            .flatten()
            .collect())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(outcome_type())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let kinds: Vec<&DataType> = args.input_fields.iter().map(|field| field.data_type()).collect();
        let names = names_of(&kinds)?;
        let name = names.state_type().map(|kind| Field::new(format!("{}[meter]", args.name), kind, true));
        let words = DataType::new_list(DataType::Int64, true);
        let words = Field::new(format!("{}[state]", args.name), words, true);
        Ok(name.into_iter().chain([words]).map(Arc::new).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(states(&args)?)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(states(&args)?))
    }

    fn default_value(&self, kind: &DataType) -> Result<ScalarValue> {
        ScalarValue::try_from(kind)
    }
}

fn names_of(kinds: &[&DataType]) -> Result<MeterColumn> {
    match kinds {
        [_, meter, _, _] => MeterColumn::of(meter).map_err(refused),
        _ => Ok(MeterColumn::Absent),
    }
}

fn states(args: &AccumulatorArgs<'_>) -> Result<States> {
    if args.is_distinct {
        return exec_err!("{BILL} has no DISTINCT: two equal readings of one slot are a fault to be told");
    }
    let Some(plan) = args.exprs.first() else { return exec_err!("{BILL} needs a plan") };
    let (billing, unit) = billing_of(&constant(plan, BILL)?)?;
    let kinds: Vec<&DataType> = args.expr_fields.iter().map(|field| field.data_type()).collect();
    let names = names_of(&kinds)?;
    billing.check(names).map_err(refused)?;
    Ok(States(Groups::new(billing, names, unit)))
}

/// The text of an argument that is the same for all rows.
fn constant(argument: &Arc<dyn PhysicalExpr>, function: &str) -> Result<String> {
    // An expression that reads a column fails on a batch without any.
    let none = RecordBatch::new_empty(Arc::new(Schema::empty()));
    match argument.evaluate(&none) {
        Ok(ColumnarValue::Scalar(value)) => text_of(&value, function),
        _ => exec_err!("{function}: the plan must be a constant; it is {argument}"),
    }
}

pub(crate) fn text_of(value: &ScalarValue, function: &str) -> Result<String> {
    match value {
        ScalarValue::Dictionary(_, value) => text_of(value, function),
        _ => match value.try_as_str() {
            Some(Some(text)) => Ok(text.to_owned()),
            _ => exec_err!("{function}: a constant JSON text is needed; it is {value}"),
        },
    }
}
