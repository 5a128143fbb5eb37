//! Where a plan on expected values keeps more or less stored than one on the mean, and what that is worth.

use super::Prospect;
use super::solve::{Follow, Lane, on_engine};
use crate::error::Result;
use crate::plan::battery::Lattice;
use crate::plan::battery::engine::marginal;
use crate::plan::forecast::SlotForecast;
use crate::quantity::{Energy, UnitRate};
use crate::time::Span;

/// A time in which more is held back, or more room is left, than a plan on the mean alone would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insurance {
    /// When.
    pub span: Span,
    /// The most that is stored beyond the other plan; below zero where room is left.
    pub extra: Energy,
    /// What one kWh is worth there on average over all ways, in p/kWh, and what it would be worth if all turned out as the mean.
    pub value: UnitRate,
    /// The latter.
    pub single_value: UnitRate,
}

/// Less than this is not told, in 10⁻⁸ kWh: 50 Wh.
const LEAST: i64 = 5_000_000;

/// A kWh that is worth less than this more, or less, is not told of, in 10⁻⁸ p/kWh: 0.1 p.
const LEAST_WORTH: i64 = 10_000_000;

/// Walks both plans through the mean of all slots and compares what they store.
pub(super) fn insured(
    prospect: &Prospect,
    mean: &[SlotForecast],
    lattice: &Lattice,
    lane: &Lane,
) -> Result<Vec<Insurance>> {
    let skies = prospect.skies();
    let mut found: Vec<Insurance> = Vec::new();
    on_engine!(lane, engine => {
        let model = engine.model_as(lattice, mean)?;
        let state = |index: usize| skies.get(index).copied().unwrap_or(0);
        let walks = engine.walk(&model, Follow::Expected, state).ok().zip(engine.walk(&model, Follow::Single, state).ok());
        let Some((expected, single)) = walks else { return Ok(found) };
        let mut before: Option<bool> = None;
        for (index, (own, other)) in expected.levels.iter().zip(&single.levels).enumerate() {
            let extra = lattice.stored_energy(*own) - lattice.stored_energy(*other);
            let span = prospect.site.span_of(index);
            if extra.abs() < LEAST || index + 1 == expected.levels.len() {
                before = None;
                continue;
            }
            let value = |function: &[_], level: i64| marginal(lattice, function, level).unwrap_or_default();
            // The last kWh that is held back, or the first for which room is left.
            let level = if extra > 0 { own - 1 } else { *own };
            let value_here = value(&engine.function(index + 1, state(index)), level.max(0));
            let on_mean = value(&engine.single.function(index + 1, engine.single.start()), level.max(0));
            let extra = Energy::from_units(extra)?;
            match found.last_mut().filter(|_| before == Some(extra.is_negative())) {
                Some(last) => {
                    last.span = Span::from_seconds(last.span.start_seconds(), span.to_seconds());
                    if extra.units().abs() > last.extra.units().abs() {
                        (last.extra, last.value, last.single_value) = (extra, value_here, on_mean);
                    }
                }
                None => found.push(Insurance { span, extra, value: value_here, single_value: on_mean }),
            }
            before = Some(extra.is_negative());
        }
    });
    // Where a kWh is worth no more on average, holding it back is chance between equal plans and no insurance.
    found.retain(|one| {
        let more = one.value.units().saturating_sub(one.single_value.units());
        let worth = if one.extra.is_negative() { more.saturating_neg() } else { more };
        worth >= LEAST_WORTH
    });
    Ok(found)
}
