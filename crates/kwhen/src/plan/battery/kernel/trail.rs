//! The cost-to-go functions of all boundaries in little memory: where a function is convex, only what was cut off it is kept, and from some
//! boundary that is kept whole it is had again by undoing one step after another.

use super::convex::{Convex, Stretch};
use super::function::{Piece, Slope, is_convex};
use super::model::Model;
use super::slot_cost::SlotCosts;
use super::values::Values;
use std::sync::Arc;

/// One of so many convex functions is kept whole.
const WHOLE_EVERY: usize = 64;

/// What is known of a boundary.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// The end of what was cut off here, and how much of it at the lower end.
    end: u32,
    lower: u32,
    /// The place among those that are kept whole.
    whole: Option<u32>,
}

/// The cost-to-go functions of all boundaries.
#[derive(Clone, Debug)]
pub(crate) struct Trail<S> {
    wholes: Values<S>,
    /// Boundary `n` comes first.
    marks: Vec<Mark>,
    cut_off: Vec<Stretch<S>>,
    since_whole: usize,
    pieces: usize,
    /// Tells this one from others.
    own: Arc<()>,
}

/// Where a walk along the boundaries stands.
#[derive(Debug)]
pub(crate) struct Cursor<S> {
    of: Option<(Arc<()>, usize)>,
    convex: Convex<S>,
    function: Vec<Piece<S>>,
    costs: SlotCosts<S>,
    change: Vec<Piece<S>>,
}

impl<S> Default for Cursor<S> {
    fn default() -> Self {
        Self {
            of: None,
            convex: Convex::default(),
            function: Vec::new(),
            costs: SlotCosts::default(),
            change: Vec::new(),
        }
    }
}

impl<S: Slope> Trail<S> {
    pub(super) fn with_boundaries(boundaries: usize) -> Self {
        Self {
            wholes: Values::with_boundaries(boundaries / WHOLE_EVERY + 1),
            marks: Vec::with_capacity(boundaries),
            cut_off: Vec::with_capacity(boundaries.saturating_mul(4)),
            since_whole: 0,
            pieces: 0,
            own: Arc::new(()),
        }
    }

    /// Appends the function of the boundary before the last one appended, whole.
    pub(super) fn push(&mut self, function: &[Piece<S>]) {
        self.pieces += function.len();
        self.mark(0);
        self.keep(function);
    }

    /// Appends one that comes from the last one appended by joining and cutting.
    pub(super) fn push_cut(&mut self, convex: &Convex<S>, (off, lower): (&[Stretch<S>], usize), whole: bool) {
        self.pieces += convex.pieces(convex.ended(off, lower));
        self.cut_off.extend_from_slice(off);
        self.mark(lower);
        self.since_whole += 1;
        if whole || self.since_whole >= WHOLE_EVERY {
            self.keep_convex(convex);
        }
    }

    /// Keeps the last one appended whole, where it is not.
    pub(super) fn keep_convex(&mut self, convex: &Convex<S>) {
        if let Some(last) = self.marks.last().filter(|last| last.whole.is_none()) {
            let mut function = Vec::new();
            let off = self.cut_off_at(self.marks.len() - 1);
            convex.read(convex.ended(off, last.lower as usize), (i64::MIN, i64::MAX), &mut function);
            self.keep(&function);
        }
    }

    /// Counts beyond 32 bits are beyond any memory that is allowed.
    fn mark(&mut self, lower: usize) {
        self.marks.push(Mark { end: self.cut_off.len() as u32, lower: lower as u32, whole: None });
    }

    fn keep(&mut self, function: &[Piece<S>]) {
        let place = self.wholes.len() as u32;
        self.wholes.push(function);
        self.since_whole = 0;
        if let Some(last) = self.marks.last_mut() {
            last.whole = Some(place);
        }
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.wholes.bytes()
            + self.marks.capacity() * size_of::<Mark>()
            + self.cut_off.capacity() * size_of::<Stretch<S>>()
    }

    fn cut_off_at(&self, place: usize) -> &[Stretch<S>] {
        let end_at = |place: usize| self.marks.get(place).map_or(0, |mark| mark.end as usize);
        let start = place.checked_sub(1).map_or(0, end_at);
        self.cut_off.get(start..end_at(place)).unwrap_or(&[])
    }

    /// Unpacks the pieces of the cost-to-go at a boundary that have a part from one level to another, both included, into `out`; nothing for
    /// a boundary that is not there. `known` is the cost of change in the slot before it, where that is at hand. Quickest in order of time.
    pub(crate) fn read_within(
        &self,
        model: &Model<S>,
        boundary: usize,
        within: (i64, i64),
        known: Option<&[Piece<S>]>,
        cursor: &mut Cursor<S>,
        out: &mut Vec<Piece<S>>,
    ) {
        out.clear();
        let Some(mark) = self.mark_of(boundary) else { return };
        match mark.whole {
            Some(whole) => self.wholes.read_at(whole as usize, within, out),
            None => {
                self.go_to(model, boundary, known, cursor);
                self.read_here(boundary, mark, within, cursor, out);
            }
        }
    }

    /// The best draw in a slot without loss and trips from a level on, where the cost-to-go at its end is convex; leaves that around the level
    /// that is left in `out`. `None` where it is not, or nothing can be drawn.
    pub(crate) fn best_draw(
        &self,
        model: &Model<S>,
        (slot, level): (usize, i64),
        change: &[Piece<S>],
        cursor: &mut Cursor<S>,
        out: &mut Vec<Piece<S>>,
    ) -> Option<i64> {
        let boundary = slot + 1;
        let mark = self.mark_of(boundary).filter(|mark| mark.whole.is_none())?;
        if !is_convex(change) {
            return None;
        }
        self.go_to(model, boundary, Some(change), cursor);
        let drawn = cursor.convex.best_draw(change, level)?;
        let left = level - drawn;
        self.read_here(boundary, mark, (left - 1, left + 1), cursor, out);
        Some(drawn)
    }

    fn place_of(&self, boundary: usize) -> Option<usize> {
        self.marks.len().checked_sub(boundary.saturating_add(1))
    }

    fn mark_of(&self, boundary: usize) -> Option<Mark> {
        self.place_of(boundary).and_then(|place| self.marks.get(place)).copied()
    }

    /// Reads the function at a boundary that the cursor stands at.
    fn read_here(
        &self,
        boundary: usize,
        mark: Mark,
        within: (i64, i64),
        cursor: &Cursor<S>,
        out: &mut Vec<Piece<S>>,
    ) {
        let off = self.place_of(boundary).map_or(&[][..], |place| self.cut_off_at(place));
        cursor.convex.read(cursor.convex.ended(off, mark.lower as usize), within, out);
    }

    /// Brings the cursor to a boundary that is not kept whole.
    fn go_to(&self, model: &Model<S>, boundary: usize, known: Option<&[Piece<S>]>, cursor: &mut Cursor<S>) {
        let held = match &cursor.of {
            Some((of, held)) if Arc::ptr_eq(of, &self.own) && *held <= boundary => Some(*held),
            _ => None,
        };
        // The nearest before it that is at hand or kept whole.
        let mut from = boundary;
        while Some(from) != held {
            if let Some(whole) = self.mark_of(from).and_then(|mark| mark.whole) {
                self.wholes.read_at(whole as usize, (i64::MIN, i64::MAX), &mut cursor.function);
                cursor.convex.load(&cursor.function);
                break;
            }
            let Some(before) = from.checked_sub(1) else { break };
            from = before;
        }
        for slot in from..boundary {
            let (Some(place), Some(mark)) = (self.place_of(slot), self.mark_of(slot)) else { break };
            cursor.convex.mend(self.cut_off_at(place), mark.lower as usize);
            match known.filter(|_| slot + 1 == boundary) {
                Some(change) => cursor.convex.part(change),
                None => {
                    let Some(of_slot) = model.slots.get(slot) else { break };
                    cursor.costs.build(model.devices.at(slot), of_slot, &mut cursor.change);
                    cursor.convex.part(&cursor.change);
                }
            }
        }
        match &mut cursor.of {
            Some((_, at)) if held.is_some() => *at = boundary,
            of => *of = Some((Arc::clone(&self.own), boundary)),
        }
    }

    /// How many pieces all functions have.
    pub(crate) const fn pieces(&self) -> usize {
        self.pieces
    }
}

#[cfg(test)]
mod tests {
    use super::super::function::{add_shortfall, at};
    use super::super::model::{Device, Devices, Slot, SoftFloor, StoreSegment};
    use super::super::solve::{Stepper, cut_to, optimum, solve};
    use super::*;
    use crate::plan::window::Dice;

    fn device() -> Device<i64> {
        let charge = StoreSegment {
            bus_lo: -50,
            bus_hi: 0,
            store_lo: -950,
            ratio: 19,
            inward: 20,
            outward: 20,
            throughput: 0,
        };
        let discharge = StoreSegment {
            bus_lo: 0,
            bus_hi: 50,
            store_lo: 0,
            ratio: 20,
            inward: 19,
            outward: 19,
            throughput: 19,
        };
        Device {
            segments: vec![charge, discharge],
            charge_max: 50,
            discharge_max: 50,
            charge_min: 0,
            discharge_min: 0,
            store_charge_max: 950,
            store_discharge_max: 1_000,
            bus_out: 1,
            bus_in: 1,
            inverter_in: 1 << 40,
            inverter_out: 1 << 40,
            cost_out: 380,
            cost_in: 380,
            cost_throughput: 380,
            wear: 2,
            loss: 0,
            curtailment: true,
            grid_charging: true,
            battery_export: true,
        }
    }

    /// Prices that are mostly above zero, now and then a trip, a floor or a soft level, and a stretch of prices below zero.
    fn model(dice: &mut Dice) -> Model<i64> {
        let count = 1 + dice.below(300) as usize;
        let capacity = 100 + dice.below(6_000) as i64;
        let quiet = dice.chance(2);
        let slots: Vec<Slot<i64>> = (0..count)
            .map(|_| Slot {
                import: dice.below(60) as i64 - if !quiet && dice.chance(20) { 40 } else { 0 },
                export: if quiet { 0 } else { dice.below(20) as i64 },
                load: dice.below(40) as i64,
                solar: dice.below(30) as i64,
                import_limit: 200,
                export_limit: 30,
                may_charge: true,
                may_discharge: true,
                may_idle: true,
                charge_within: (0, i64::MAX),
                discharge_within: (0, i64::MAX),
                draw: if !quiet && dice.chance(40) { dice.below(200) as i64 } else { 0 },
            })
            .collect();
        let floor = |dice: &mut Dice| if dice.chance(30) { dice.below(90) as i64 } else { 0 };
        let soft = if quiet { 0 } else { dice.below(4) };
        let mut soft: Vec<SoftFloor<i64>> = (0..soft)
            .map(|_| SoftFloor {
                boundary: dice.below(count as u64 + 1) as usize,
                level: dice.below(capacity as u64) as i64,
                price: dice.below(500) as i64,
            })
            .collect();
        soft.sort_by_key(|floor| floor.boundary);
        Model {
            devices: Devices { whole: device(), first: None, last: None },
            slots,
            lo: (0..=count).map(|_| floor(dice)).collect(),
            hi: (0..=count).map(|_| capacity - floor(dice) / 2).collect(),
            capacity,
            start: dice.below(100) as i64,
            terminal: vec![Piece::flat(0, capacity, 0)],
            soft,
            modes: None,
        }
    }

    /// The functions as the general step makes them, from the start on; `None` where there is none at some boundary.
    fn every(model: &Model<i64>) -> Option<Vec<Vec<Piece<i64>>>> {
        let mut stepper = Stepper::new();
        let mut functions = Vec::new();
        let mut current = model.terminal.clone();
        cut_to(&mut current, model, model.slots.len());
        for boundary in (0..=model.slots.len()).rev() {
            for floor in model.soft.iter().filter(|floor| floor.boundary == boundary) {
                add_shortfall(&mut current, floor.level, floor.price);
            }
            if current.is_empty() {
                return None;
            }
            functions.push(current.clone());
            if boundary > 0 {
                let mut before = Vec::new();
                stepper.step(model, boundary - 1, &current, &mut before);
                current = before;
            }
        }
        functions.reverse();
        Some(functions)
    }

    #[test]
    fn every_function_is_had_again() {
        let (mut read, mut kept_whole, mut all, mut bytes) = (Vec::new(), 0, 0, 0);
        let everywhere = (i64::MIN, i64::MAX);
        for seed in 0..600 {
            let mut dice = Dice::new(seed);
            let model = model(&mut dice);
            let functions = every(&model);
            let least = functions.as_ref().and_then(|functions| at(&functions[0], model.start));
            assert_eq!(optimum(&model).ok(), least, "seed {seed}");
            let trail = solve(&model);
            let (Some(functions), Some(_)) = (functions, least) else {
                assert!(trail.is_err(), "seed {seed}");
                continue;
            };
            let trail = trail.unwrap();
            let mut cursor = Cursor::default();
            if model.soft.is_empty() && model.slots.iter().all(|slot| slot.draw == 0 && slot.import >= 0) {
                kept_whole += trail.marks.iter().filter(|mark| mark.whole.is_some()).count();
                all += functions.len();
                bytes += trail.bytes();
            }
            assert_eq!(trail.pieces(), functions.iter().map(Vec::len).sum::<usize>(), "seed {seed}");
            for (boundary, function) in functions.iter().enumerate() {
                trail.read_within(&model, boundary, everywhere, None, &mut cursor, &mut read);
                assert_eq!(&read, function, "seed {seed}, boundary {boundary}");
            }
            for _ in 0..20 {
                let boundary = dice.below(functions.len() as u64 + 2) as usize;
                let low = dice.below(model.capacity as u64) as i64;
                let (low, high) = (low, low + dice.below(500) as i64);
                trail.read_within(&model, boundary, (low, high), None, &mut cursor, &mut read);
                let function = functions.get(boundary).map_or(&[][..], Vec::as_slice);
                let within = function.iter().filter(|piece| piece.lo <= high && piece.hi >= low);
                assert!(read.iter().eq(within), "seed {seed}, boundary {boundary}");
            }
        }
        // A year of half-hours within 6 MB, in plans that are much shorter.
        assert!(bytes < all * 340, "{} bytes a boundary", bytes / all);
        assert!(all > 10_000 && kept_whole * 10 < all, "{kept_whole} of {all} are kept whole");
    }
}
