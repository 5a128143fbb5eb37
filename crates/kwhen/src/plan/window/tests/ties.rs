//! An index that decides between windows that cost the same, and never moves a cost.

use super::super::super::{Aim, Prefer};
use super::super::{Alternatives, Amount, Profile, WindowRequest};
use super::{Dice, prices};
use rust_decimal::Decimal;

/// Of all whole-slot places of a run: the cost first, then the index, then the start.
#[test]
fn of_equally_cheap_windows_the_greenest_is_found_by_hand_too() {
    for seed in 1..400 {
        let mut dice = Dice::new(seed);
        let slots = 4 + dice.below(20) as usize;
        let length = 1 + dice.below(4).min(slots as u64 - 1) as usize;
        let rates: Vec<i64> = (0..slots).map(|_| dice.below(3) as i64 - 1).collect();
        let index: Vec<i64> = (0..slots).map(|_| dice.below(4) as i64 * 25).collect();
        let tenths: Vec<Decimal> = index.iter().map(|value| Decimal::new(*value, 1)).collect();
        let plain = prices(30, &rates.iter().map(|rate| Some(*rate)).collect::<Vec<_>>());
        let tied = plain.clone().with_ties_by(&tenths).unwrap();
        let minutes = 30 * length as u32;
        for aim in [Aim::Cheapest, Aim::Dearest] {
            let turned = |rate: i64| if aim == Aim::Dearest { -rate } else { rate };
            // The dearest time takes the place of the least green.
            let worth = |green: i64| if aim == Aim::Dearest { green } else { -green };
            let sum = |of: &[i64], from: usize| of[from..from + length].iter().sum::<i64>();
            let best = (0..=slots - length)
                .min_by_key(|from| (turned(sum(&rates, *from)), worth(sum(&index, *from)), *from))
                .unwrap();
            let request = WindowRequest::unbroken(minutes).unwrap().aim(aim);
            let (found, usual) =
                (request.find(&tied).unwrap().windows, request.find(&plain).unwrap().windows);
            assert_eq!(
                found[0].blocks,
                [tied.span_of(best as i64 * 1800, (best + length) as i64 * 1800)],
                "{seed}"
            );
            assert_eq!(found[0].average_minor_per_kwh, usual[0].average_minor_per_kwh, "{seed}");
            // In blocks of slots: the cheapest slots, of equals the greenest.
            let mut order: Vec<usize> = (0..slots).collect();
            order.sort_by_key(|slot| (turned(rates[*slot]), worth(index[*slot])));
            let green: i64 = order[..length].iter().map(|slot| index[*slot]).sum();
            let split = WindowRequest::split(minutes).unwrap().aim(aim);
            let found = split.find(&tied).unwrap().windows;
            let usual = split.find(&plain).unwrap().windows;
            assert_eq!(found[0].average_minor_per_kwh, usual[0].average_minor_per_kwh, "{seed}");
            let start = tied.grid().start().timestamp();
            let run: i64 = found[0]
                .blocks
                .iter()
                .flat_map(|block| (block.from().timestamp()..block.to().timestamp()).step_by(1800))
                .map(|second| index[((second - start) / 1800) as usize])
                .sum();
            assert_eq!(run, green, "{seed} {aim:?} {:?} {rates:?} {index:?}", found[0].blocks);
        }
    }
}

/// A run of 45 minutes need not begin with a slot: an hour and a half at one price, of which the last hour is the greenest.
#[test]
fn a_run_within_slots_goes_by_the_index_too() {
    let tied = prices(30, &[Some(5), Some(5), Some(5), Some(9)]);
    let tied = tied.with_ties_by(&[1, 3, 3, 9].map(Decimal::from)).unwrap();
    let start = |prefer: Prefer| {
        let request = WindowRequest::unbroken(45).unwrap().prefer(prefer);
        let window = &request.find(&tied).unwrap().windows[0];
        (window.blocks[0].from() - tied.grid().start()).num_minutes()
    };
    assert_eq!((start(Prefer::Earliest), start(Prefer::Latest)), (30, 45));
    let why = WindowRequest::unbroken(60).unwrap().why_not(&tied, tied.grid().start()).unwrap();
    assert!(why.message.contains("as cheap as the best, and less green"), "{}", why.message);
}

#[test]
fn what_cannot_be_decided_by_an_index_is_refused() {
    let plain = prices(30, &[Some(5), Some(5)]);
    let refused = |index: &[Decimal]| plain.clone().with_ties_by(index).unwrap_err().to_string();
    assert!(refused(&[Decimal::ONE]).contains("2 slots"));
    assert!(refused(&[Decimal::ONE, -Decimal::ONE]).contains("not below nothing"));
    assert!(refused(&[Decimal::MAX, Decimal::ONE]).contains("too many digits"));
    let tied = plain.with_ties_by(&[Decimal::ONE, Decimal::TWO]).unwrap();
    let more = WindowRequest::unbroken(30).unwrap().amount(Amount::AtLeast);
    assert!(more.find(&tied).unwrap_err().to_string().contains("greenness"));
    let profile = Profile::new(30, &["2".parse().unwrap()]).unwrap();
    let profile = WindowRequest::profile(profile);
    assert!(profile.find(&tied).unwrap_err().to_string().contains("draws different powers"));
    // The second of two windows is the less green.
    let two = WindowRequest::unbroken(30).unwrap().top(2, Alternatives::Apart).find(&tied).unwrap().windows;
    assert_eq!(two[0].blocks, [tied.span_of(1800, 3600)]);
    assert_eq!(two[1].blocks, [tied.span_of(0, 1800)]);
}
