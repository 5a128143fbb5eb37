//! What a slot costs at the meter where no battery acts.

use super::lattice::{RAW, raw_power};
use super::site::Site;

impl Site {
    /// What a slot costs with so much load and sun (10^-8 kWh; a load below zero is energy that devices give), in energy units times rate
    /// units: of the sun as much is curtailed as is cheapest. `None` where the connection does not carry it.
    pub(crate) fn meter_cost(&self, index: usize, load: i64, solar: i64) -> Option<i128> {
        let (import, export) = (i128::from(self.import_units(index)), i128::from(self.export_units(index)));
        let most = |limit| {
            let power: Option<crate::plan::Power> = limit;
            power.map(|power| raw_power(power, self.seconds_of(index)) / RAW)
        };
        let (most_in, most_out) = (most(self.import_limit), most(self.export_limit));
        let cost = |curtailed: i64| {
            let net = i128::from(load) - i128::from(solar) + i128::from(curtailed);
            let fits = if net >= 0 {
                most_in.is_none_or(|most| net <= most)
            } else {
                most_out.is_none_or(|most| -net <= most)
            };
            fits.then(|| net * if net >= 0 { import } else { export })
        };
        if !self.curtailment {
            return cost(0);
        }
        let within = |curtailed: i128| i64::try_from(curtailed.clamp(0, i128::from(solar))).unwrap_or(0);
        let over = i128::from(solar) - i128::from(load);
        let turns = [
            Some(0),
            Some(i128::from(solar)),
            Some(over),
            most_out.map(|most| over - most),
            most_in.map(|most| over + most),
        ];
        turns.into_iter().flatten().filter_map(|curtailed| cost(within(curtailed))).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::UnitRate;
    use crate::time::{Grid, SlotLength, parse_instant};

    fn site(import: &str, export: &str) -> Site {
        let grid =
            Grid::new(parse_instant("2026-03-10T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, 1).unwrap();
        let rate = |text: &str| text.parse::<UnitRate>().unwrap();
        Site::new(grid, &[rate(import)]).unwrap().export(&[rate(export)]).unwrap()
    }

    #[test]
    fn sun_is_curtailed_where_that_is_cheaper_and_limits_are_kept() {
        let kwh = |tenths: i64| tenths * 10_000_000;
        let cost = |site: &Site, load, solar| site.meter_cost(0, kwh(load), kwh(solar));
        let unit = i128::from(kwh(1)) * 100_000_000;
        let usual = site("20", "5");
        assert_eq!(cost(&usual, 30, 10), Some(20 * 20 * unit));
        assert_eq!(cost(&usual, 10, 30), Some(-20 * 5 * unit));
        // A load below zero is sold too.
        assert_eq!(cost(&usual, -10, 0), Some(-10 * 5 * unit));
        // Export that costs is not made; import that is paid for is taken in full.
        assert_eq!(cost(&site("20", "-5"), 10, 30), Some(0));
        assert_eq!(cost(&site("-3", "-5"), 10, 30), Some(-3 * 10 * unit));
        let limited = usual.clone().export_limit("2".parse().unwrap()).import_limit("4".parse().unwrap());
        assert_eq!(cost(&limited, 10, 30), Some(-10 * 5 * unit));
        assert_eq!(cost(&limited, 20, 0), Some(20 * 20 * unit));
        assert_eq!(cost(&limited, 21, 0), None);
        assert_eq!(cost(&usual.without_curtailment().export_limit("2".parse().unwrap()), 10, 30), None);
    }
}
