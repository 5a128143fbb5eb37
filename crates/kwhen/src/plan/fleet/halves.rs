//! What may be settled about a part, and its two halves.

use super::node::Node;
use super::turn::Turn;

/// Where the mix of a relaxation is not a plan.
#[derive(Clone, Copy, Debug)]
pub(super) enum Split {
    Ways {
        slot: usize,
    },
    /// The meter's one way that is left, and none of what the rule forbids there; or the meter at a stand.
    Still {
        slot: usize,
    },
    /// Charging or not; discharging or not.
    Charge {
        device: usize,
        slot: usize,
    },
    Discharge {
        device: usize,
        slot: usize,
    },
    /// A device at rest, or all others of its exclusion.
    Turn {
        turn: usize,
        device: usize,
        slot: usize,
    },
    /// A charge (discharge) of at most so many bus units or none, or of at least so many.
    Power {
        device: usize,
        slot: usize,
        charging: bool,
        at: i64,
    },
    /// A level below or above.
    Level {
        device: usize,
        boundary: usize,
        level: i64,
    },
}

/// The two halves of a part.
pub(super) fn halves(node: &Node, split: Split, turns: &[Turn]) -> Vec<Node> {
    let (mut first, mut second) = (node.clone(), node.clone());
    match split {
        Split::Ways { slot } => {
            if let (Some(a), Some(b)) = (first.ways.get_mut(slot), second.ways.get_mut(slot)) {
                a.export = false;
                b.import = false;
            }
        }
        Split::Still { slot } => {
            let importing = first.ways.get(slot).is_some_and(|ways| ways.import);
            let ruled = first.bounds.iter_mut().filter(|bounds| match importing {
                true => bounds.surplus_only,
                false => bounds.load_only,
            });
            for may in ruled.filter_map(|bounds| bounds.may.get_mut(slot)) {
                *(if importing { &mut may.charge } else { &mut may.discharge }) = false;
            }
            if let Some(ways) = second.ways.get_mut(slot) {
                (ways.import, ways.export) = (false, false);
            }
        }
        Split::Turn { turn, device, slot } => {
            let is_member = |other: usize| turns.get(turn).is_some_and(|turn| turn.has(other));
            for other in 0..node.bounds.len() {
                let half = if other == device { &mut first } else { &mut second };
                if let Some(may) = half.bounds.get_mut(other).and_then(|b| b.may.get_mut(slot))
                    && is_member(other)
                {
                    (may.charge, may.discharge) = (false, false);
                }
            }
        }
        Split::Charge { device, slot } | Split::Discharge { device, slot } => {
            let charging = matches!(split, Split::Charge { .. });
            let cell = |node: &mut Node, must: bool| {
                let Some(may) = node.bounds.get_mut(device).and_then(|b| b.may.get_mut(slot)) else { return };
                if must {
                    (may.idle, may.charge, may.discharge) = (false, charging, !charging);
                } else if charging {
                    may.charge = false;
                } else {
                    may.discharge = false;
                }
            };
            cell(&mut first, false);
            cell(&mut second, true);
        }
        Split::Power { device, slot, charging, at } => {
            let cell = |node: &mut Node, above: bool| {
                let Some(may) = node.bounds.get_mut(device).and_then(|b| b.may.get_mut(slot)) else { return };
                let within = if charging { &mut may.charge_within } else { &mut may.discharge_within };
                if above {
                    within.0 = at;
                    (may.idle, may.charge, may.discharge) = (false, charging, !charging);
                } else {
                    within.1 = at;
                }
            };
            cell(&mut first, false);
            cell(&mut second, true);
        }
        Split::Level { device, boundary, level } => {
            if let Some(hi) = first.bounds.get_mut(device).and_then(|b| b.hi.get_mut(boundary)) {
                *hi = level;
            }
            if let Some(lo) = second.bounds.get_mut(device).and_then(|b| b.lo.get_mut(boundary)) {
                *lo = level.saturating_add(1);
            }
        }
    }
    vec![first, second]
}
