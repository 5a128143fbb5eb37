//! Exchanged meters: by hand, and whatever they may give beside the true consumption.

use super::*;
use crate::store::row::Row;
use crate::store::write;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const POINT: &str = "2000024512368";
/// 2026-11-01T00:00Z.
const START: i64 = 1_793_491_200;
const SLOT: i64 = 1800;

fn always() -> (DateTime<Utc>, DateTime<Utc>) {
    let always = kwhen::time::Span::always();
    (always.from(), always.to())
}

/// Writes readings, in units of 0.1 kWh by the number of the half-hour.
fn write(store: &Store, serial_number: &str, readings: &[(i64, i64)]) {
    let meter =
        StoredMeter { is_gas: false, meter_point: POINT.to_owned(), serial_number: serial_number.to_owned() };
    let series = Series::Readings(meter);
    let rows = readings.iter().map(|(slot, tenths)| Row {
        method: String::new(),
        start: START + slot * SLOT,
        stop: Some(START + (slot + 1) * SLOT),
        exc: Some(format!("{}.{}", tenths / 10, tenths % 10)),
        inc: None,
        fetched_at: START,
    });
    let rows: Vec<Row> = rows.collect();
    let key = series.key().unwrap();
    store
        .writing(|transaction| {
            let id = write::series_id(transaction, &key)?;
            write::write_rows(transaction, &series, id, &rows).map(|_| ())
        })
        .unwrap();
}

fn joined(store: &Store) -> (BTreeMap<i64, i64>, Vec<String>) {
    let found = store.point_readings(POINT, None, always()).unwrap();
    let tenths = |row: &ReadingRow| row.energy.unwrap().units() / 10_i64.pow(Energy::SCALE - 1);
    let slot = |row: &ReadingRow| (row.start.timestamp() - START) / SLOT;
    (found.rows.iter().map(|row| (slot(row), tenths(row))).collect(), found.notes)
}

fn total(readings: &BTreeMap<i64, i64>) -> i64 {
    readings.values().sum()
}

fn run(slots: std::ops::Range<i64>, tenths: i64) -> Vec<(i64, i64)> {
    slots.map(|slot| (slot, tenths)).collect()
}

/// 116 half-hours at 1 kWh, then 76 at 2 kWh: 268 kWh, whatever the old serial number says after the exchange.
#[test]
fn an_old_meter_s_zeros_are_no_readings() {
    let store = Store::in_memory().unwrap();
    write(&store, "OLD1", &run(0..116, 10));
    write(&store, "NEW2", &run(116..192, 20));
    let (readings, notes) = joined(&store);
    assert_eq!((total(&readings), readings.len(), notes), (2680, 192, Vec::new()));
    write(&store, "OLD1", &run(116..200, 0));
    let (readings, notes) = joined(&store);
    // The old one's zeros beyond the new one's last reading are none either.
    assert_eq!((total(&readings), readings.len()), (2680, 192));
    assert_eq!(
        notes,
        [
            "meter OLD1 gives zeros for 84 half-hours from 2026-11-03T10:00:00Z to 2026-11-05T03:30:00Z, when another served: they are no readings"
        ]
    );
    // A half-hour that the new one lacks is a gap, not a zero.
    let lacking = Store::in_memory().unwrap();
    write(&lacking, "OLD1", &[run(0..116, 10), run(116..192, 0)].concat());
    write(&lacking, "NEW2", &[run(116..150, 20), run(151..192, 20)].concat());
    let (readings, _) = joined(&lacking);
    assert_eq!((total(&readings), readings.get(&150)), (2660, None));
}

#[test]
fn the_same_readings_under_two_serial_numbers_count_once() {
    let store = Store::in_memory().unwrap();
    write(&store, "OLD1", &run(0..192, 10));
    write(&store, "NEW2", &run(0..192, 10));
    let (readings, notes) = joined(&store);
    assert_eq!(total(&readings), 1920);
    assert!(
        notes.len() == 1 && notes[0].contains("192 half-hours") && notes[0].contains("count once"),
        "{notes:?}"
    );
    // Where they differ the later one counts, which is said.
    write(&store, "NEW2", &[(100, 15), (192, 10)]);
    let (readings, notes) = joined(&store);
    assert_eq!((total(&readings), notes.len()), (1935, 2));
    assert!(
        notes[1].contains("2026-11-03T02:00:00Z: those of NEW2, which was fitted later, count"),
        "{notes:?}"
    );
    // One of them by name.
    let alone = store.point_readings(POINT, Some("OLD1"), always()).unwrap();
    assert_eq!((alone.rows.len(), alone.notes), (192, Vec::new()));
}

/// A row of another time decides which of two meters counts: where it is not the one that was written, nothing is decided.
#[test]
fn damage_of_another_time_does_not_decide_which_meter_counts() {
    let store = Store::in_memory().unwrap();
    write(&store, "OLD1", &[run(0..116, 10), vec![(116, 3)], run(117..3000, 0)].concat());
    write(&store, "NEW2", &[vec![(116, 4)], run(117..192, 10)].concat());
    let at = |slot: i64| crate::store::series::instant(START + slot * SLOT).unwrap();
    let hour = (at(116), at(118));
    let before = store.point_readings(POINT, None, hour).unwrap().rows;
    assert_eq!(before[0].energy.unwrap().to_string(), "0.7");
    let change = |value: &str| {
        let sql = "UPDATE row SET exc = ?1 WHERE start = ?2 AND series = 1";
        store.writing(|transaction| transaction.execute(sql, (value, START + 2500 * SLOT))).unwrap();
    };
    // Were the old one believed to have counted weeks later, only one reading of the exchange would count.
    for value in ["5.0", "abc"] {
        change(value);
        let error = store.point_readings(POINT, None, hour).unwrap_err().to_string();
        assert!(error.contains("electricity 2000024512368 OLD1: damaged between 2026-12-"), "{error}");
    }
    // Where one meter counted and no zero is in question, no other row matters.
    assert_eq!(store.point_readings(POINT, None, (at(10), at(12))).unwrap().rows.len(), 2);
    change("0.0");
    assert_eq!(store.point_readings(POINT, None, hour).unwrap().rows, before);
}

/// 0.3 kWh on the old one and 0.4 on the new one.
#[test]
fn within_the_half_hour_of_the_exchange_both_count() {
    let store = Store::in_memory().unwrap();
    write(&store, "OLD1", &[run(0..116, 10), vec![(116, 3)]].concat());
    write(&store, "NEW2", &[vec![(116, 4)], run(117..192, 10)].concat());
    let (readings, notes) = joined(&store);
    assert_eq!((total(&readings), readings[&116]), (1917, 7));
    assert!(
        notes.len() == 1 && notes[0].contains("exchanged within the half-hour of 2026-11-03T10:00:00Z"),
        "{notes:?}"
    );
}

#[test]
fn a_house_in_which_nothing_was_used_has_zeros_and_no_gaps() {
    // The only meter; and one of two that never counted.
    let store = Store::in_memory().unwrap();
    write(&store, "OLD1", &run(0..48, 0));
    assert_eq!(joined(&store).0.len(), 48);
    write(&store, "NEW2", &[run(48..60, 0), run(60..96, 5)].concat());
    let (readings, notes) = joined(&store);
    assert_eq!((readings.len(), total(&readings), notes), (96, 180, Vec::new()));
    write(&store, "NEW3", &run(96..144, 0));
    assert_eq!(joined(&store).0.len(), 144);
}

/// A meter's service and what its serial number gives beyond it.
#[derive(Clone, Debug)]
struct Service {
    /// Half-hours until the next exchange.
    length: i64,
    /// Whether the exchange at its end is within its last half-hour.
    within: bool,
    zeros_before: bool,
    zeros_after: bool,
}

fn service() -> impl Strategy<Value = Service> {
    (3..40_i64, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(length, within, zeros_before, zeros_after)| Service { length, within, zeros_before, zeros_after },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn joins_with_exchanges_and_revisions_are_the_true_consumption(
        services in prop::collection::vec(service(), 1..5),
        used in prop::collection::vec(prop_oneof![2 => Just(0_i64), 3 => 2..30_i64], 160),
        missing in prop::collection::btree_set(0..160_i64, 0..20),
        revised in prop::collection::btree_set(0..160_i64, 0..20),
    ) {
        let end: i64 = services.iter().map(|service| service.length).sum();
        let mut truth: BTreeMap<i64, i64> = BTreeMap::new();
        let mut given: Vec<BTreeMap<i64, i64>> = Vec::new();
        let mut from = 0;
        let mut shared = 0;
        for (place, service) in services.iter().enumerate() {
            let to = from + service.length;
            let mut own: BTreeMap<i64, i64> = (from..to).map(|slot| (slot, used[slot as usize])).collect();
            truth.extend(own.clone());
            if shared > 0 {
                // What the meter before had already counted of this one's first half-hour.
                *own.get_mut(&from).unwrap() = 1;
                *truth.get_mut(&from).unwrap() = 1 + shared;
                given.last_mut().unwrap().insert(from, shared);
            }
            let is_last = place + 1 == services.len();
            shared = if service.within && !is_last { 2 } else { 0 };
            given.push(own);
            from = to;
        }
        // Half-hours that did not come: never where nobody could tell who served.
        for meter in &mut given {
            let counted: Vec<i64> = meter.iter().filter(|(_, used)| **used > 0).map(|(slot, _)| *slot).collect();
            if let (Some(first), Some(last)) = (counted.first(), counted.last()) {
                for slot in missing.iter().filter(|slot| first < *slot && *slot < last) {
                    if meter.remove(slot).is_some() {
                        truth.remove(slot);
                    }
                }
            }
        }
        let mut from = 0;
        for (service, meter) in services.iter().zip(&mut given) {
            // The last one, if it never counted, cannot be told from a number that always gives zeros.
            let told = from + service.length < end || meter.values().any(|used| *used > 0);
            let before = if service.zeros_before && told { 0..from } else { 0..0 };
            let after = if service.zeros_after { from + service.length..end } else { 0..0 };
            from += service.length;
            for slot in before.chain(after) {
                meter.entry(slot).or_insert(0);
            }
        }
        let store = Store::in_memory().unwrap();
        let revised: BTreeSet<i64> = revised;
        for (place, meter) in given.iter().enumerate() {
            // First as it was before it was corrected, then as it is.
            let first = meter.iter().map(|(slot, used)| (*slot, if revised.contains(slot) { used + 7 } else { *used }));
            write(&store, &format!("M{place}"), &first.collect::<Vec<_>>());
            write(&store, &format!("M{place}"), &meter.iter().map(|(slot, used)| (*slot, *used)).collect::<Vec<_>>());
        }
        let (readings, notes) = joined(&store);
        prop_assert_eq!(readings, truth, "{:?} {:?}", given, notes);
    }
}
