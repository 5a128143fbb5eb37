//! What the plan in force said, written down as time goes by.

use crate::past::{HALF_HOUR, Past, PastSlot};
use crate::state::{KeptSlot, Plan};
use kwhen::{Energy, Money};
use kwhen_app::answer::home::Runs;

/// Writes down what a plan says up to now: it was in force since it was written down last.
pub(crate) fn go_on(past: &mut Past, plan: Option<&Plan>, now: i64) {
    // Plans begin at whole minutes.
    let until = now - now.rem_euclid(60);
    let since = past.to.unwrap_or(i64::MIN);
    for (plan, slot) in plan.iter().flat_map(|plan| plan.slots.iter().map(move |slot| (plan, slot))) {
        let (from, to) = (slot.from.max(since), slot.to.min(until));
        let mut begins = from;
        while begins < to {
            let half_hour = begins - begins.rem_euclid(HALF_HOUR);
            let ends = to.min(half_hour + HALF_HOUR);
            add(past.slots.entry(half_hour).or_default(), plan, slot, (begins, ends));
            begins = ends;
        }
    }
    past.to = Some(until.max(since));
}

/// Adds what a slot of a plan says for a part of it.
fn add(sum: &mut PastSlot, plan: &Plan, slot: &KeptSlot, (from, to): (i64, i64)) {
    let whole = (slot.from, slot.to);
    let import = part(slot.import, whole, (from, to));
    let export = part(slot.export, whole, (from, to));
    sum.seconds += to - from;
    add_energy(&mut sum.import, import);
    add_money(&mut sum.cost, import * slot.rate);
    add_energy(&mut sum.export, export);
    add_money(&mut sum.earns, export * slot.export_rate);
    for (id, kept) in &plan.devices {
        for block in &kept.blocks {
            let both = (from.max(block.from), to.min(block.to));
            if both.0 >= both.1 {
                continue;
            }
            let moved = part(block.kwh, (block.from, block.to), both);
            let device = sum.devices.entry(id.clone()).or_default();
            if block.doing == Runs::Discharging {
                add_energy(&mut device.given, moved);
            } else {
                add_energy(&mut device.taken, moved);
                add_money(&mut device.cost, moved * slot.rate);
            }
        }
    }
}

/// What of an energy that goes evenly over a time goes in a part of it. The parts of a whole add up to it exactly.
fn part(energy: Energy, (begins, ends): (i64, i64), (from, to): (i64, i64)) -> Energy {
    let whole = i128::from(ends - begins).max(1);
    let up_to = |at: i64| i128::from(energy.units()) * i128::from(at - begins) / whole;
    let units = i64::try_from(up_to(to) - up_to(from)).unwrap_or(0);
    Energy::from_units(units).unwrap_or_default()
}

// A sum beyond what can be held stays where it is: kWh and pounds of a half-hour are far from that.
fn add_energy(sum: &mut Energy, more: Energy) {
    *sum = sum.checked_add(more).unwrap_or(*sum);
}

fn add_money(sum: &mut Money, more: Money) {
    *sum = sum.checked_add(more).unwrap_or(*sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{KeptBlock, KeptDevice};
    use kwhen::UnitRate;
    use std::collections::BTreeMap;

    fn kwh(text: &str) -> Energy {
        text.parse().unwrap()
    }

    /// A plan of half-hours from an instant on, each with so much import at so much, and a car that charges in the first of them.
    fn plan(from: i64, imports: &[(&str, &str)]) -> Plan {
        let slots = imports.iter().zip(0..).map(|((import, rate), place)| KeptSlot {
            from: (from - from.rem_euclid(HALF_HOUR) + place * HALF_HOUR).max(from),
            to: from - from.rem_euclid(HALF_HOUR) + (place + 1) * HALF_HOUR,
            import: kwh(import),
            export: Energy::ZERO,
            rate: rate.parse().unwrap(),
            export_rate: UnitRate::default(),
        });
        let slots: Vec<KeptSlot> = slots.collect();
        let first = slots[0];
        let block = KeptBlock {
            from: first.from,
            to: first.to,
            doing: Runs::Charging,
            kwh: kwh("1"),
            kw: "2".parse().unwrap(),
        };
        let car = KeptDevice { blocks: vec![block], ..KeptDevice::default() };
        Plan {
            made: from,
            until: slots[slots.len() - 1].to,
            rates_known_to: 0,
            cost_minor: Money::ZERO,
            devices: BTreeMap::from([("car".to_owned(), car)]),
            slots,
        }
    }

    #[test]
    fn each_minute_is_as_the_plan_had_it_that_was_in_force_then() {
        let mut past = Past::default();
        let first = plan(0, &[("1", "10"), ("3", "20")]);
        go_on(&mut past, None, 0);
        // Looked at again ten minutes later, and four seconds: another plan is in force from the tenth minute on.
        go_on(&mut past, Some(&first), 604);
        assert_eq!(past.to, Some(600));
        let second = plan(600, &[("0.4", "10"), ("6", "20")]);
        go_on(&mut past, Some(&second), 1_800);
        go_on(&mut past, Some(&second), 2_700);
        let [one, other] = [0, HALF_HOUR].map(|at| past.slots[&at].clone());
        // A third of 1 kWh, and 0.4 kWh in the other two; at 10 p.
        assert_eq!((one.seconds, one.import.to_string().as_str()), (1_800, "0.73333333"));
        assert_eq!(one.cost.to_string(), "7.3333333");
        // A third of the car's kWh by the first, and all of it by the second.
        assert_eq!(one.devices["car"].taken.to_string(), "1.33333333");
        // The half of the next half-hour that is over.
        assert_eq!((other.seconds, other.import.to_string().as_str()), (900, "3"));
        assert_eq!(other.cost.to_string(), "60");
        assert!(other.devices.is_empty());
        // The rest makes it whole: no digit is lost in between. What is over is not written down twice.
        go_on(&mut past, Some(&second), 7_200);
        go_on(&mut past, Some(&second), 9_000);
        assert_eq!(past.slots[&HALF_HOUR].import.to_string(), "6");
        past.forget(HALF_HOUR + 5);
        assert_eq!(past.slots.keys().copied().collect::<Vec<_>>(), [HALF_HOUR]);
    }
}
