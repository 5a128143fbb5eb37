//! What other writers make of the same columns is read as the same, or refused in words.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod support;

use arrow_array::{
    Array, ArrayRef, Decimal128Array, Float32Array, Float64Array, Int64Array, NullArray, RecordBatch,
    StringArray, TimestampMillisecondArray,
};
use arrow_cast::CastOptions;
use arrow_cast::cast::cast_with_options;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use kwhen_batch::{Layout, bill, run, to_dense, to_long};
use std::path::Path;
use std::sync::Arc;
use support::*;

fn cast(array: &ArrayRef, kind: &DataType) -> ArrayRef {
    cast_with_options(array, kind, &CastOptions { safe: false, ..CastOptions::default() }).unwrap()
}

fn small(layout: Layout) -> World {
    World::new(5, span("2025-01-06T00:00:00Z", "2025-01-08T00:00:00Z"), layout)
}

/// A table with a column in the place of another, under its name or a new one.
fn with(batch: &RecordBatch, name: &str, new: &str, array: ArrayRef) -> RecordBatch {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        if field.name() == name {
            (new, Arc::clone(&array))
        } else {
            (field.name().as_str(), Arc::clone(column))
        }
    });
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

fn one(path: &Path) -> RecordBatch {
    let batches = read(path);
    arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap()
}

/// Bills the world's meters from a file and from memory; both say the same.
fn bills(world: &World, consumption: &RecordBatch) -> Vec<String> {
    write(&world.path("other.parquet"), std::slice::from_ref(consumption), 100);
    let (summary, found) = world.run("other.parquet");
    assert_eq!(summary.unbilled, [], "{:?}", consumption.schema());
    let outcome = bill(std::slice::from_ref(consumption), &world.book()).unwrap();
    assert_eq!(outcome_lines(&outcome), found, "{:?}", consumption.schema());
    found
}

fn refused(world: &World, consumption: &RecordBatch) -> String {
    write(&world.path("other.parquet"), std::slice::from_ref(consumption), 100);
    let error = run(&world.job("other.parquet"), |_| true).unwrap_err();
    assert!(!world.path("bills.parquet").exists() && !world.path("bills.parquet.partial").exists());
    let memory = bill(std::slice::from_ref(consumption), &world.book()).unwrap_err().to_string();
    let words = error.to_string();
    assert!(words.ends_with(&memory) || words.contains("it has"), "{words}\n{memory}");
    words
}

const KEYS: [DataType; 8] = [
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::UInt8,
    DataType::UInt16,
    DataType::UInt32,
    DataType::UInt64,
];

#[test]
fn text_in_dictionaries_of_any_key_is_text() {
    let world = small(Layout::LongKwh);
    let (_, expected) = world.run("consumption.parquet");
    let consumption = one(&world.path("consumption.parquet"));
    let (rates, agreements) = (one(&world.path("rates.parquet")), one(&world.path("agreements.parquet")));
    let texts = [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View];
    let mut forms = texts.to_vec();
    forms.extend([DataType::Binary, DataType::LargeBinary]);
    for key in KEYS {
        forms.extend(
            texts.iter().map(|text| DataType::Dictionary(Box::new(key.clone()), Box::new(text.clone()))),
        );
    }
    for form in forms {
        // Arrow casts to dictionaries of large text and views by way of plain ones.
        let made = |array: &ArrayRef| match &form {
            DataType::Dictionary(key, text) => {
                let plain = cast(array, &DataType::Dictionary(key.clone(), Box::new(DataType::Utf8)));
                cast(&plain, &DataType::Dictionary(key.clone(), text.clone()))
            }
            form => cast(array, form),
        };
        let meters = made(consumption.column(0));
        assert_eq!(meters.data_type(), &form);
        if matches!(&form, DataType::Dictionary(_, text) if **text == DataType::Utf8View) {
            // The writer of Parquet cannot write these; in memory they are met.
            let table = with(&consumption, "meter", "meter", meters);
            assert_eq!(outcome_lines(&bill(&[table], &world.book()).unwrap()), expected, "{form}");
            continue;
        }
        let columns = [("tariff", &rates), ("kind", &rates)];
        let other = columns.iter().fold(rates.clone(), |table, (name, rates)| {
            with(&table, name, name, made(rates.column_by_name(name).unwrap()))
        });
        write(&world.path("rates.parquet"), &[other], 1_000);
        let other = ["meter", "tariff"].iter().fold(agreements.clone(), |table, name| {
            with(&table, name, name, made(agreements.column_by_name(name).unwrap()))
        });
        write(&world.path("agreements.parquet"), &[other], 1_000);
        assert_eq!(bills(&world, &with(&consumption, "meter", "meter", meters)), expected, "{form}");
    }
}

/// Numbers that name meters, in every type that holds them.
#[test]
fn whole_numbers_of_any_width_name_meters() {
    let world = small(Layout::LongWh);
    let (consumption, agreements) =
        (one(&world.path("consumption.parquet")), one(&world.path("agreements.parquet")));
    let numbered = |table: &RecordBatch, base: i64, kind: &DataType| {
        let names = table.column_by_name("meter").unwrap();
        let numbers = cast(names, &Int64);
        let numbers = numbers.as_any().downcast_ref::<Int64Array>().unwrap();
        let numbers: Int64Array =
            numbers.iter().map(|name| name.map(|name| base + (name - 1_000_000_000_000) / 7)).collect();
        with(table, "meter", "meter", cast(&(Arc::new(numbers) as ArrayRef), kind))
    };
    let run = |base: i64, kind: &DataType| {
        write(&world.path("agreements.parquet"), &[numbered(&agreements, base, &Int64)], 1_000);
        bills(&world, &numbered(&consumption, base, kind))
    };
    use DataType::{
        Decimal128, Dictionary, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64,
    };
    let expected = run(1, &Int64);
    let dictionary = Dictionary(Box::new(Int8), Box::new(Int32));
    for kind in
        [&Int8, &Int16, &Int32, &UInt8, &UInt16, &UInt32, &UInt64, &Float64, &Decimal128(20, 0), &dictionary]
    {
        assert_eq!(run(1, kind), expected, "{kind}");
    }
    // Numbers whose upper bit is set: in a file of signed numbers their order is another.
    let middle = i64::from(u32::MAX) / 2 - 1;
    let expected = run(middle, &Int64);
    assert_eq!(run(middle, &UInt32), expected);
    assert_eq!(run(1_000_000_000_000, &Float64), run(1_000_000_000_000, &UInt64));
    std::fs::remove_file(world.path("bills.parquet")).unwrap();
    let halves: ArrayRef =
        Arc::new(Float64Array::from_iter_values((0..consumption.num_rows()).map(|row| row as f64 / 2.0)));
    let words = refused(&world, &with(&consumption, "meter", "meter", halves));
    assert!(words.contains("column meter, value 0.5"), "{words}");
    let vast: ArrayRef =
        Arc::new(Float64Array::from_iter_values((0..consumption.num_rows()).map(|_| 9.1e15)));
    assert!(refused(&world, &with(&consumption, "meter", "meter", vast)).contains("below 2⁵³"));
}

#[test]
fn energy_of_any_width_is_the_same_energy() {
    let world = small(Layout::LongWh);
    let (_, expected) = world.run("consumption.parquet");
    let consumption = one(&world.path("consumption.parquet"));
    let wh = consumption.column_by_name("wh").unwrap();
    use DataType::{
        Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, Float64, Int16, Int32, Int64, UInt16,
        UInt32, UInt64,
    };
    let dictionary = Dictionary(Box::new(Int16), Box::new(Int32));
    for kind in [
        &Int16,
        &Int32,
        &Int64,
        &UInt16,
        &UInt32,
        &UInt64,
        &Float64,
        &Decimal32(9, 2),
        &Decimal64(18, 9),
        &Decimal128(38, 18),
        &Decimal256(60, 5),
        &dictionary,
    ] {
        assert_eq!(bills(&world, &with(&consumption, "wh", "wh", cast(wh, kind))), expected, "{kind}");
    }
    let thousandths = cast(wh, &Int64);
    let thousandths = thousandths.as_any().downcast_ref::<Int64Array>().unwrap();
    let kwh: Decimal128Array = thousandths.iter().map(|wh| wh.map(i128::from)).collect();
    let kwh: ArrayRef = Arc::new(kwh.with_precision_and_scale(18, 3).unwrap());
    for kind in [
        &Decimal128(18, 8),
        &Decimal128(18, 10),
        &Decimal128(38, 18),
        &Decimal128(38, 30),
        &Decimal256(60, 18),
        &Float64,
    ] {
        let table = with(&consumption, "wh", "consumption", cast(&kwh, kind));
        assert_eq!(bills(&world, &table), expected, "{kind}");
    }
    // A ninth decimal that counts is a reading that cannot be held.
    let fine: ArrayRef = Arc::new(
        (0..consumption.num_rows())
            .map(|row| Some(if row == 3 { 1 } else { 1_000_000 }))
            .collect::<Decimal128Array>()
            .with_precision_and_scale(20, 9)
            .unwrap(),
    );
    write(&world.path("other.parquet"), &[with(&consumption, "wh", "consumption", fine)], 100);
    let (summary, _) = world.run("other.parquet");
    assert_eq!(summary.unbilled.len(), 1);
    assert!(summary.unbilled[0].message.contains("at most 8 decimals"), "{}", summary.unbilled[0].message);
    // A narrow float and text by the digits that they show; whole numbers as kWh, unless they can only be Wh.
    let rows = || 0..consumption.num_rows();
    let tenths: ArrayRef = Arc::new(Float64Array::from_iter_values(rows().map(|_| 0.1)));
    let tenths = bills(&world, &with(&consumption, "wh", "consumption", tenths));
    let short: ArrayRef = Arc::new(Float32Array::from_iter_values(rows().map(|_| 0.1)));
    assert_eq!(bills(&world, &with(&consumption, "wh", "consumption", short)), tenths);
    let text: ArrayRef = Arc::new(StringArray::from_iter_values(rows().map(|_| "0.100")));
    assert_eq!(bills(&world, &with(&consumption, "wh", "consumption", text)), tenths);
    let two: ArrayRef = Arc::new(Float64Array::from_iter_values(rows().map(|_| 2.0)));
    let two = bills(&world, &with(&consumption, "wh", "consumption", two));
    let whole: ArrayRef = Arc::new(Int64Array::from_iter_values(rows().map(|_| 2)));
    assert_eq!(bills(&world, &with(&consumption, "wh", "consumption", whole)), two);
    std::fs::remove_file(world.path("bills.parquet")).unwrap();
    let beyond: ArrayRef = Arc::new(Int64Array::from_iter_values(rows().map(|_| 70)));
    let words = refused(&world, &with(&consumption, "wh", "consumption", beyond));
    assert!(words.contains("row 1, value 70") && words.contains("name the column wh"), "{words}");
    let nonsense: ArrayRef = Arc::new(StringArray::from_iter_values(rows().map(|_| "much")));
    let words = refused(&world, &with(&consumption, "wh", "consumption", nonsense));
    assert!(words.contains("column consumption, row 1") && words.contains("much"), "{words}");
}

#[test]
fn times_without_a_zone_are_refused_unless_they_are_said_to_be_utc() {
    let mut world = small(Layout::LongKwh);
    let (_, expected) = world.run("consumption.parquet");
    std::fs::remove_file(world.path("bills.parquet")).unwrap();
    let consumption = one(&world.path("consumption.parquet"));
    let naive = |table: &RecordBatch, name: &str| {
        let column =
            cast(table.column_by_name(name).unwrap(), &DataType::Timestamp(TimeUnit::Microsecond, None));
        with(table, name, name, column)
    };
    let words = refused(&world, &naive(&consumption, "interval_start"));
    assert!(words.contains("column interval_start has times without a time zone"), "{words}");
    assert!(words.contains("--assume-utc"), "{words}");
    let gb = kwhen::time::Calendar::great_britain();
    let (other, out, slots) =
        (world.path("other.parquet"), world.path("out.parquet"), world.terms.slot_length);
    assert!(to_dense(&other, &out, &gb, slots, false).unwrap_err().is_schema());
    to_dense(&other, &out, &gb, slots, true).unwrap();
    write(&other, &[naive(&one(&out), "start")], 100);
    assert!(to_long(&other, &out, slots, false).unwrap_err().is_schema());
    to_long(&other, &out, slots, true).unwrap();
    for (name, columns) in [("rates", ["valid_from", "valid_to"]), ("agreements", ["valid_from", "valid_to"])]
    {
        for column in columns {
            let path = world.path(&format!("{name}.parquet"));
            let whole = one(&path);
            write(&path, &[naive(&whole, column)], 1_000);
            let error = run(&world.job("consumption.parquet"), |_| true).unwrap_err().to_string();
            assert!(error.contains(&format!("column {column} has times without a time zone")), "{error}");
            write(&path, &[whole], 1_000);
        }
    }
    world.terms.assume_utc = true;
    assert_eq!(bills(&world, &naive(&consumption, "interval_start")), expected);
}

#[test]
fn refusals_name_the_columns_that_are_there() {
    let world = small(Layout::LongKwh);
    let consumption = one(&world.path("consumption.parquet"));
    let renamed = |table: &RecordBatch, names: [&str; 3]| {
        let columns = names
            .into_iter()
            .zip(table.columns())
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true));
        RecordBatch::try_new(Arc::new(Schema::new(columns.collect::<Vec<_>>())), table.columns().to_vec())
            .unwrap()
    };
    let words = refused(&world, &renamed(&consumption, ["Meter", "Interval_Start", "Consumption"]));
    assert!(
        words.contains("has no column meter; it has Meter, Interval_Start, Consumption; small letters"),
        "{words}"
    );
    let words = refused(&world, &renamed(&consumption, ["meter", "interval_start", "kwh"]));
    assert!(words.contains("has no column consumption or wh; it has meter, interval_start, kwh"), "{words}");
    let words = refused(&world, &renamed(&consumption, ["meter", "interval_start", "interval_start"]));
    assert!(words.contains("has column interval_start twice"), "{words}");
    let agreements = one(&world.path("agreements.parquet"));
    let without: Vec<usize> = (0..agreements.num_columns())
        .filter(|place| agreements.schema().field(*place).name() != "valid_from")
        .collect();
    write(&world.path("agreements.parquet"), &[agreements.project(&without).unwrap()], 1_000);
    let error = run(&world.job("consumption.parquet"), |_| true).unwrap_err().to_string();
    assert!(
        error.contains("agreements.parquet: has no column valid_from; it has meter, tariff, valid_to"),
        "{error}"
    );
}

/// Columns of nothing, as Arrow types a column that is always absent.
#[test]
fn columns_of_nothing_are_absent_values() {
    let world = small(Layout::LongKwh);
    let (_, expected) = world.run("consumption.parquet");
    let nothing = |table: &RecordBatch| -> ArrayRef { Arc::new(NullArray::new(table.num_rows())) };
    let rates = one(&world.path("rates.parquet"));
    let exc = Arc::clone(rates.column_by_name("value_exc_vat").unwrap());
    let extended = with(&rates, "value_exc_vat", "value_inc_vat", nothing(&rates));
    let mut columns: Vec<(String, ArrayRef)> = extended
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .zip(extended.columns().iter().cloned())
        .collect();
    columns.push(("value_exc_vat".into(), exc));
    columns.push(("band".into(), nothing(&rates)));
    let rates = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let agreements = one(&world.path("agreements.parquet"));
    let open: TimestampMillisecondArray = (0..agreements.num_rows()).map(|_| None).collect();
    assert_eq!(open.null_count(), agreements.num_rows());
    let book = kwhen_batch::Book::new(&[rates], &[agreements], &world.terms).unwrap();
    let outcome = bill(&[one(&world.path("consumption.parquet"))], &book).unwrap();
    assert_eq!(outcome_lines(&outcome), expected);
    let names: ArrayRef = Arc::new(StringArray::from(vec!["FLAT"]));
    let none = RecordBatch::try_from_iter([
        ("tariff", names),
        ("value_exc_vat", Arc::new(NullArray::new(1)) as ArrayRef),
    ])
    .unwrap();
    let words = kwhen_batch::Book::new(&[none], &[], &world.terms).unwrap_err().to_string();
    assert!(words.contains("row 1"), "{words}");
}
