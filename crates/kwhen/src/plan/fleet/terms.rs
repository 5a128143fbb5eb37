//! A device's model under other terms: prices, limits and flows of the others, and what a search has settled.

use super::settled::Bounds;
use crate::plan::battery::engine::{Model, Piece, Slope};

/// What a device meets in a slot: prices in 10⁻⁸ p/kWh, or 10⁻¹² p/kWh where it is asked under prices, energies in raw units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) import: i64,
    pub(super) export: i64,
    pub(super) load: i64,
    /// `None` where the device has its own.
    pub(super) solar: Option<i64>,
    pub(super) import_limit: i64,
    pub(super) export_limit: i64,
}

/// The model without what binds the device to the meter.
pub(super) fn relaxed<S: Slope>(mut model: Model<S>) -> Model<S> {
    for device in model.devices.all_mut() {
        (device.grid_charging, device.battery_export) = (true, true);
    }
    model
}

/// The model with all costs in finer units; `None` where they do not fit.
pub(super) fn scaled<S: Slope>(model: &Model<S>, factor: i64) -> Option<Model<S>> {
    let by = i128::from(factor);
    let slope = |slope: S| {
        S::narrow(slope.wide().checked_mul(by)?.checked_mul(16)?)
            .map(|_| ())
            .and(S::narrow(slope.wide() * by))
    };
    let mut model = model.clone();
    for device in model.devices.all_mut() {
        device.wear = slope(device.wear)?;
    }
    for piece in &mut model.terminal {
        *piece = Piece::through(
            piece.lo,
            piece.hi,
            slope(piece.slope)?,
            piece.lo,
            piece.at(piece.lo).checked_mul(by)?,
        );
    }
    for soft in &mut model.soft {
        soft.price = slope(soft.price)?;
    }
    if let Some(limits) = &mut model.modes {
        limits.price = limits.price.checked_mul(by)?;
    }
    Some(model)
}

/// The model under other terms and tighter bounds.
pub(super) fn restricted<S: Slope>(
    base: &Model<S>,
    bounds: &Bounds,
    terms: impl Fn(usize) -> Terms,
    rules: (bool, bool),
    units: (i64, i64),
) -> Model<S> {
    let (price_unit, unit) = units;
    let mut model = base.clone();
    for device in model.devices.all_mut() {
        (device.grid_charging, device.battery_export) = rules;
    }
    let most = model.devices.whole.charge_max.saturating_add(model.devices.whole.discharge_max);
    for (index, slot) in model.slots.iter_mut().enumerate() {
        let terms = terms(index);
        let price = |price: i64| S::narrow(i128::from(price / price_unit)).unwrap_or_default();
        (slot.import, slot.export) = (price(terms.import), price(terms.export));
        // Limits count beside the load as it is held here: what rounding it leaves out may not pass them.
        slot.load = (terms.load + unit / 2).div_euclid(unit);
        // A hybrid inverter has its sun behind it.
        if let Some(solar) = terms.solar {
            slot.solar = solar / unit;
        }
        let import_limit = (terms.import_limit - terms.load).div_euclid(unit) + slot.load;
        let export_limit = (terms.export_limit + terms.load).div_euclid(unit) - slot.load;
        // A limit that nothing reaches is cut so that sums stay in range.
        let widest = [slot.solar, most, 1];
        let widest = widest.into_iter().fold(slot.load.saturating_abs(), i64::saturating_add);
        (slot.import_limit, slot.export_limit) = (import_limit.min(widest), export_limit.min(widest));
        if let Some(may) = bounds.may.get(index) {
            (slot.may_idle, slot.may_charge, slot.may_discharge) = (may.idle, may.charge, may.discharge);
            (slot.charge_within, slot.discharge_within) = (may.charge_within, may.discharge_within);
        }
    }
    model.lo.clone_from(&bounds.lo);
    model.hi.clone_from(&bounds.hi);
    model
}
