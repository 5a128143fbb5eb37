//! Where a connection's limit leaves a site less than its load needs, or less than its sun gives: for messages.

use super::lattice::{RAW, raw_power};
use super::request::BatteryRequest;
use super::site::Site;
use crate::plan::Power;
use crate::quantity::Energy;

/// Raw units as energy, rounded down.
fn energy(raw: i128) -> Energy {
    i64::try_from(raw / RAW).ok().and_then(|units| Energy::from_units(units).ok()).unwrap_or(Energy::MAX)
}

/// The lower of a site's limit and those of requests in a slot.
fn limit<'a>(
    site: &Site,
    index: usize,
    own: Option<Power>,
    asked: impl Iterator<Item = &'a (crate::time::Span, Power)>,
) -> Option<Power> {
    let asked = asked.filter(|(span, _)| site.slots_starting_in(*span).contains(&index));
    asked.map(|(_, power)| *power).chain(own).min()
}

/// The slot whose load passes the import limit by most, or whose sun passes the export limit where it may not be curtailed: with the
/// load, the limit and what to change. `None` where every slot keeps to its limits without any device.
pub(crate) fn tight<'a>(
    site: &Site,
    requests: impl Iterator<Item = &'a BatteryRequest> + Clone,
    standby: Power,
) -> Option<String> {
    let mut worst: Option<(i128, String)> = None;
    for index in 0..site.grid().len() {
        let seconds = site.seconds_of(index);
        let load = i128::from(site.load_units(index)) * RAW + raw_power(standby, seconds);
        let sun = i128::from(site.solar_units(index)) * RAW;
        let imports = requests.clone().flat_map(|request| &request.import_limits);
        let exports = requests.clone().flat_map(|request| &request.export_limits);
        let import = limit(site, index, site.import_limit, imports);
        let export = limit(site, index, site.export_limit, exports).filter(|_| !site.curtailment);
        let sides = [
            import.map(|power| {
                (load - sun, power, "load", "import", "must come from devices", "lower the load")
            }),
            export.map(|power| {
                (sun - load, power, "sun", "export", "must go into devices", "allow curtailment")
            }),
        ];
        for (net, power, what, way, must, change) in sides.into_iter().flatten() {
            let most = raw_power(power, seconds);
            let beyond = net - most;
            if beyond > 0 && worst.as_ref().is_none_or(|(known, _)| beyond > *known) {
                let text = format!(
                    "in the slot {} the {what} comes to {} kWh net and the {way} limit of {power} kW to {} kWh, so that {} kWh {must}: raise the limit, {change}, or ask for less of the devices",
                    site.span_of(index),
                    energy(net),
                    energy(most),
                    energy(beyond),
                );
                worst = Some((beyond, text));
            }
        }
    }
    worst.map(|(_, text)| text)
}
