//! Readings that lie in somebody else's memory, handed to the kernels in the narrowest lane that each chunk allows.

use crate::bill::RoundTo;
use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding};
use crate::series::column::{ColumnView, LaneView};
use crate::series::lanes;
use std::ops::Range;

/// Whole numbers of a power of ten of a kWh, one a slot, borrowed as they lie: an Arrow buffer, a vector, a mapped file.
#[derive(Clone, Copy, Debug)]
pub struct Readings<'a> {
    lane: LaneView<'a>,
    /// What a value counts, in units of [`Energy`].
    step: i64,
}

/// How many values are looked at before a lane is chosen for them: they stay in the nearest cache.
const CHUNK: usize = 1024;

impl<'a> Readings<'a> {
    /// Values of 16 bits with so many decimals of a kWh: 3 for Wh. An error beyond 8.
    pub fn of_16_bits(values: &'a [i16], decimals: u32) -> Result<Self> {
        Ok(Self { lane: LaneView::Narrow(values), step: step(decimals)? })
    }

    /// Values of 32 bits with so many decimals of a kWh: 3 for Wh. An error beyond 8.
    pub fn of_32_bits(values: &'a [i32], decimals: u32) -> Result<Self> {
        Ok(Self { lane: LaneView::Compact(values), step: step(decimals)? })
    }

    /// Values of 64 bits with so many decimals of a kWh: 3 for Wh. An error beyond 8.
    pub fn of_64_bits(values: &'a [i64], decimals: u32) -> Result<Self> {
        Ok(Self { lane: LaneView::Wide(values), step: step(decimals)? })
    }

    pub(super) const fn of_lane(lane: LaneView<'a>, step: i64) -> Self {
        Self { lane, step }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.lane {
            LaneView::Narrow(values) => values.len(),
            LaneView::Compact(values) => values.len(),
            LaneView::Wide(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole number at a place, in the decimals that they were given with; `None` beyond the end.
    #[must_use]
    pub fn value(&self, place: usize) -> Option<i64> {
        match self.lane {
            LaneView::Narrow(values) => values.get(place).map(|value| i64::from(*value)),
            LaneView::Compact(values) => values.get(place).map(|value| i64::from(*value)),
            LaneView::Wide(values) => values.get(place).copied(),
        }
    }

    /// Those of a range of places; none where the range leaves them.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        let lane = match self.lane {
            LaneView::Narrow(values) => LaneView::Narrow(values.get(range).unwrap_or(&[])),
            LaneView::Compact(values) => LaneView::Compact(values.get(range).unwrap_or(&[])),
            LaneView::Wide(values) => LaneView::Wide(values.get(range).unwrap_or(&[])),
        };
        Self { lane, ..*self }
    }

    /// The value at a place in units of [`Energy`], rounded; `None` beyond its range and beyond the end.
    pub(super) fn units(&self, place: usize, rounding: Option<RoundTo>) -> Option<i64> {
        let units =
            self.value(place)?.checked_mul(self.step).filter(|units| units.unsigned_abs() <= LIMIT)?;
        Some(match rounding.and_then(|to| Divisor::new(1, to)) {
            Some(divisor) => divisor.apply(units) * divisor.step,
            None => units,
        })
    }

    /// Hands over all values chunk by chunk, each with its place, rounded, in the narrowest lane that holds it. Those of a chunk that
    /// is beyond the range of [`Energy`] are left out, and their number is given back.
    pub(super) fn each_chunk(
        &self,
        rounding: Option<RoundTo>,
        mut each: impl FnMut(usize, &ColumnView<'_>),
    ) -> usize {
        let divisor = rounding.and_then(|to| Divisor::new(self.step, to));
        let mut left_out = 0;
        let mut from = 0;
        while from < self.len() {
            let to = (from + CHUNK).min(self.len());
            let chunk = self.part(from..to);
            match (divisor, chunk.lane) {
                (Some(divisor), lane) => {
                    left_out += rounded(lane, self.step, divisor, |view| each(from, view))
                }
                (None, LaneView::Narrow(values)) => {
                    each(from, &ColumnView::narrow(values, self.step, bound_of_16(values)));
                }
                (None, LaneView::Compact(values)) => compact(values, self.step, |view| each(from, view)),
                (None, LaneView::Wide(values)) => {
                    left_out += wide(values, self.step, |view| each(from, view));
                }
            }
            from = to;
        }
        left_out
    }
}

const LIMIT: u64 = Energy::MAX.units().unsigned_abs();

fn step(decimals: u32) -> Result<i64> {
    let lacking = Energy::SCALE.checked_sub(decimals);
    lacking.map(|lacking| 10_i64.pow(lacking)).ok_or_else(|| {
        Error::precision("energy is held to 8 decimals of a kWh; round the readings first")
            .with_value(format!("{decimals} decimals"))
    })
}

fn bound_of_16(values: &[i16]) -> u64 {
    let bound = values.iter().fold(0_u16, |bound, value| bound.max(value.unsigned_abs()));
    bound.into()
}

fn bound_of_32(values: &[i32]) -> u64 {
    values.iter().fold(0_u32, |bound, value| bound.max(value.unsigned_abs())).into()
}

fn compact(values: &[i32], step: i64, each: impl FnOnce(&ColumnView<'_>)) {
    let mut narrow = [0_i16; CHUNK];
    let (lost, bound) = lanes::narrow(values, &mut narrow);
    match narrow.get(..values.len()) {
        Some(narrow) if lost == 0 => each(&ColumnView::narrow(narrow, step, bound.into())),
        _ => each(&ColumnView::compact(values, step, bound_of_32(values))),
    }
}

fn wide(values: &[i64], step: i64, each: impl FnOnce(&ColumnView<'_>)) -> usize {
    let mut small = [0_i32; CHUNK];
    let mut lost = 0;
    let mut bound = 0;
    for (small, value) in small.iter_mut().zip(values) {
        *small = *value as i32;
        lost |= *value ^ i64::from(*small);
        bound = bound.max(value.unsigned_abs());
    }
    if bound.saturating_mul(step.unsigned_abs()) > LIMIT {
        return values.len();
    }
    match small.get(..values.len()) {
        Some(small) if lost == 0 => compact(small, step, each),
        _ => each(&ColumnView::wide(values, step)),
    }
    0
}

/// Rounds whole numbers of one step to whole numbers of a longer one.
#[derive(Clone, Copy)]
struct Divisor {
    by: i64,
    /// The longer step, in units.
    step: i64,
    rounding: Rounding,
}

impl Divisor {
    /// `None` where nothing is lost.
    fn new(step: i64, to: RoundTo) -> Option<Self> {
        let longer = 10_i64.pow(Energy::SCALE.checked_sub(to.places)?);
        (longer > step).then(|| Self { by: longer / step, step: longer, rounding: to.rounding })
    }

    fn apply(self, value: i64) -> i64 {
        let (quotient, rest) = (value / self.by, (value % self.by).unsigned_abs());
        if rest == 0 {
            return quotient;
        }
        let half = rest.cmp(&(self.by.unsigned_abs() - rest));
        let up = self.rounding.rounds_up_magnitude(value < 0, quotient % 2 != 0, half);
        quotient + i64::from(up) * if value < 0 { -1 } else { 1 }
    }
}

fn rounded(lane: LaneView<'_>, step: i64, divisor: Divisor, each: impl FnOnce(&ColumnView<'_>)) -> usize {
    let mut buffer = [0_i64; CHUNK];
    let mut in_range = true;
    let mut put = |place: usize, value: i64| {
        in_range &= value.unsigned_abs().saturating_mul(step.unsigned_abs()) <= LIMIT;
        if let Some(slot) = buffer.get_mut(place) {
            *slot = divisor.apply(value);
        }
    };
    let len = match lane {
        LaneView::Narrow(values) => {
            values.iter().enumerate().for_each(|(place, value)| put(place, (*value).into()));
            values.len()
        }
        LaneView::Compact(values) => {
            values.iter().enumerate().for_each(|(place, value)| put(place, (*value).into()));
            values.len()
        }
        LaneView::Wide(values) => {
            values.iter().enumerate().for_each(|(place, value)| put(place, *value));
            values.len()
        }
    };
    match buffer.get(..len) {
        Some(values) if in_range => wide(values, divisor.step, each),
        _ => len,
    }
}
