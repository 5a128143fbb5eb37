//! Imported and exported energy set off against each other.

use crate::error::{Error, Result};
use crate::quantity::Energy;
use crate::series::{Consumption, RateSeries, VatBasis};
use crate::tariff::{Counts, Netting};
use crate::time::{Calendar, Grid, Span, instant_text};
use std::collections::BTreeMap;

/// Imported and exported energy after what is set off, and exported energy before it.
#[derive(Debug)]
pub(super) struct Netted {
    pub(super) import: Consumption,
    pub(super) export: Consumption,
    pub(super) whole_export: Consumption,
}

/// The energy of a bill by what components count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flows<'a> {
    /// All that was imported.
    pub(super) whole_import: &'a Consumption,
    /// What else there is, where exported energy is given.
    pub(super) netted: Option<&'a Netted>,
}

/// Exported readings on the grid of the imported ones. An error where they have slots of another length, or lack one of the period.
pub(super) fn exported_on(
    exported: &Consumption,
    grid: &Grid,
    period: Span,
    imported: &Consumption,
) -> Result<Consumption> {
    let (own, wanted) = (exported.grid().slot_length(), grid.slot_length());
    if own != wanted {
        return Err(Error::misaligned(format!(
            "exported energy is read in slots of {} minutes and imported energy of {}: give both in slots of one length",
            own.minutes(),
            wanted.minutes()
        )));
    }
    let exported = exported.on_grid(grid);
    let lacks = |slot: &usize| exported.get(*slot).is_none() && imported.get(*slot).is_some();
    if let Some(slot) = grid.slots_starting_in(period).find(lacks) {
        let at = grid.slots_span(slot, slot + 1).from();
        return Err(Error::missing(
            "imported energy is known of a slot and exported energy is not: the bill counts both, give both",
        )
        .with_value(instant_text(at))
        .in_field("export-consumption"));
    }
    Ok(exported)
}

/// Sets exported energy off against imported energy, in order of time within each period, and within each unit rate where that is asked for.
pub(super) fn net(
    netting: Netting,
    (imported, exported): (&Consumption, &Consumption),
    (rates, basis): (&RateSeries, VatBasis),
    period: Span,
    calendar: &Calendar,
) -> Result<(Consumption, Consumption)> {
    let grid = *imported.grid();
    let mut bought: Vec<Option<Energy>> = imported.iter().collect();
    let mut sold: Vec<Option<Energy>> = exported.iter().collect();
    let at_rates = if netting.by_rate { Some(rates.on_grid(&grid, basis)?) } else { None };
    let rate_of = |slot: usize| at_rates.as_ref().and_then(|rates| rates.get(slot));
    let periods = match netting.every {
        None => Vec::new(),
        Some(every) => every.periods(calendar, period)?,
    };
    if netting.every.is_none() {
        for slot in grid.slots_starting_in(period) {
            set_off(&mut bought, &mut sold, &[slot])?;
        }
    }
    for part in periods.into_iter().filter_map(|whole| whole.intersection(period)) {
        let mut alike: BTreeMap<Option<crate::UnitRate>, Vec<usize>> = BTreeMap::new();
        for slot in grid.slots_starting_in(part) {
            alike.entry(rate_of(slot)).or_default().push(slot);
        }
        for slots in alike.values() {
            set_off(&mut bought, &mut sold, slots)?;
        }
    }
    Ok((Consumption::on_slots(grid, &bought)?, Consumption::on_slots(grid, &sold)?))
}

/// Takes the lesser of both sums off both, the first slots first.
fn set_off(bought: &mut [Option<Energy>], sold: &mut [Option<Energy>], slots: &[usize]) -> Result<()> {
    let known = |of: &[Option<Energy>]| {
        let units = slots.iter().filter_map(|slot| of.get(*slot).copied().flatten());
        units.map(|energy| i128::from(energy.units().max(0))).sum::<i128>()
    };
    let both = known(bought).min(known(sold));
    for side in [bought, sold] {
        let mut left = both;
        for slot in slots {
            let Some(Some(energy)) = side.get_mut(*slot) else { continue };
            let off = left.min(i128::from(energy.units().max(0)));
            left -= off;
            let rest = i128::from(energy.units()) - off;
            *energy = Energy::from_units(i64::try_from(rest).unwrap_or_default())?;
        }
    }
    Ok(())
}

impl<'a> Flows<'a> {
    /// The energy that a component counts. An error where it counts exported energy and none was given.
    pub(super) fn counted(&self, counts: Counts) -> Result<&'a Consumption> {
        let netted = || {
            self.netted.ok_or_else(|| {
                Error::missing("counts exported energy: give its readings (--export-consumption FILE)")
                    .in_field("counts")
            })
        };
        Ok(match counts {
            Counts::Import => self.netted.map_or(self.whole_import, |netted| &netted.import),
            Counts::WholeImport => self.whole_import,
            Counts::Export => &netted()?.export,
            Counts::WholeExport => &netted()?.whole_export,
        })
    }
}
