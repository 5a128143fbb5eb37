//! What the meter of a home does in each slot by a plan of several devices.

use crate::answer::home::SlotAhead;
use crate::failure::{Failure, Result};
use kwhen::plan::battery::{Site, SiteSlot};
use kwhen::plan::fleet::FleetPlan;
use kwhen::{Energy, UnitRate};

/// The slots of a plan. `curtails` says whether solar generation may be left unused.
pub(super) fn slots_ahead(site: &Site, plan: &FleetPlan, curtails: bool) -> Result<Vec<SlotAhead>> {
    let slots = site.slots()?;
    // A device that is alone knows the meter itself.
    if let ([dispatch], []) = (plan.dispatches(), plan.appliances()) {
        let both = slots.iter().zip(dispatch.slots());
        return Ok(both.map(|(slot, done)| ahead(slot, done.import, done.export)).collect());
    }
    let mut flows: Vec<i128> = slots.iter().map(|slot| i128::from(slot.load.units())).collect();
    for dispatch in plan.dispatches() {
        for (flow, done) in flows.iter_mut().zip(dispatch.slots()) {
            *flow += i128::from(done.charge.units()) - i128::from(done.discharge.units());
        }
    }
    for (place, taken) in
        plan.appliances().iter().flat_map(|runs| runs.cycles()).flat_map(|cycle| &cycle.slots)
    {
        if let Some(flow) = flows.get_mut(*place) {
            *flow += i128::from(taken.units());
        }
    }
    slots.iter().zip(flows).map(|(slot, flow)| metered(slot, flow, curtails)).collect()
}

/// A slot in which load and devices take so much, in units of energy: with the sun that is best used.
fn metered(slot: &SiteSlot, flow: i128, curtails: bool) -> Result<SlotAhead> {
    let solar = i128::from(slot.solar.units());
    let price = |net: i128| net * i128::from(if net > 0 { slot.import.units() } else { slot.export.units() });
    // All of it, as much as leaves the meter still, or none.
    let used = [solar, flow.clamp(0, solar), 0];
    let used = used.into_iter().take(if curtails { used.len() } else { 1 });
    let net = used.map(|used| flow - used).min_by_key(|net| price(*net)).unwrap_or(flow);
    let energy = |units: i128| {
        let units = i64::try_from(units.max(0)).ok();
        let energy = units.and_then(|units| Energy::from_units(units).ok());
        energy.ok_or_else(|| Failure::work("what the meter does is beyond the range of energy"))
    };
    Ok(ahead(slot, energy(net)?, energy(-net)?))
}

const fn ahead(slot: &SiteSlot, import_kwh: Energy, export_kwh: Energy) -> SlotAhead {
    let (import, export): (UnitRate, UnitRate) = (slot.import, slot.export);
    SlotAhead {
        span: slot.span,
        import_kwh,
        export_kwh,
        import_minor_per_kwh: import,
        export_minor_per_kwh: export,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kwhen::time::{Span, parse_instant};

    #[test]
    fn the_meter_takes_what_is_left_and_leaves_sun_unused_where_that_is_best() {
        let at = |text: &str| parse_instant(text).unwrap();
        let slot = |import: &str, export: &str, solar: &str| SiteSlot {
            span: Span::new(at("2026-06-01T12:00:00Z"), at("2026-06-01T12:30:00Z")).unwrap(),
            import: import.parse().unwrap(),
            export: export.parse().unwrap(),
            load: Energy::ZERO,
            solar: solar.parse().unwrap(),
        };
        let kwh = |text: &str| text.parse::<Energy>().unwrap();
        let of = |slot: &SiteSlot, flow: &str, curtails: bool| {
            let ahead = metered(slot, kwh(flow).units().into(), curtails).unwrap();
            (ahead.import_kwh.to_string(), ahead.export_kwh.to_string())
        };
        let pair = |import: &str, export: &str| (import.to_owned(), export.to_owned());
        // 3 kWh are taken and 1 kWh shines.
        assert_eq!(of(&slot("20", "15", "1"), "3", true), pair("2", "0"));
        // 1 kWh is taken and 3 kWh shine: two are sold, or left where that costs, if that may be.
        assert_eq!(of(&slot("20", "15", "3"), "1", true), pair("0", "2"));
        assert_eq!(of(&slot("20", "-5", "3"), "1", true), pair("0", "0"));
        assert_eq!(of(&slot("20", "-5", "3"), "1", false), pair("0", "2"));
        // What is imported is paid for: all sun is left.
        assert_eq!(of(&slot("-2", "-5", "3"), "1", true), pair("1", "0"));
        // A battery gives more than is taken.
        assert_eq!(of(&slot("20", "15", "0"), "-2.5", true), pair("0", "2.5"));
    }
}
