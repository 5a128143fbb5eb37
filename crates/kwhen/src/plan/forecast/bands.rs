//! Forecasts that others make, slot by slot: past days are moved so that they turn out as the forecast says.

use super::days::{ENERGY_DIGIT, Outcome, RATE_DIGIT};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, UnitRate, divide};

/// What a forecast says of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreseen<T> {
    /// One value: what is expected.
    Single(T),
    /// Values below which it stays 10, 50 and 90 times in a hundred.
    Quantiles([T; 3]),
}

/// Forecasts of load, sun and rates from the moment of planning on; a slot that one does not cover is left to past days.
#[derive(Clone, Debug, Default)]
pub struct Forecasts {
    load: Vec<Option<Foreseen<i64>>>,
    solar: Vec<Option<Foreseen<i64>>>,
    import: Vec<Option<Foreseen<i64>>>,
    export: Vec<Option<Foreseen<i64>>>,
}

impl<T: Copy + PartialOrd + std::fmt::Display> Foreseen<T> {
    fn map<U>(self, of: impl Fn(T) -> U) -> Foreseen<U> {
        match self {
            Self::Single(value) => Foreseen::Single(of(value)),
            Self::Quantiles([low, middle, high]) => Foreseen::Quantiles([of(low), of(middle), of(high)]),
        }
    }

    fn expect_order(&self) -> Result<()> {
        match self {
            Self::Quantiles([low, middle, high]) if low > middle || middle > high => {
                Err(Error::conflict("the 10th hundredth is at most the 50th, and that at most the 90th")
                    .with_value(format!("{low}, {middle}, {high}")))
            }
            Self::Single(_) | Self::Quantiles(_) => Ok(()),
        }
    }
}

fn energies(values: &[Option<Foreseen<Energy>>]) -> Result<Vec<Option<Foreseen<i64>>>> {
    let mut all = Vec::with_capacity(values.len());
    for (row, value) in (1_u64..).zip(values) {
        if let Some(value) = value {
            value.expect_order().map_err(|error| error.in_row(row))?;
            let least = match value {
                Foreseen::Single(value) | Foreseen::Quantiles([value, ..]) => *value,
            };
            if least.is_negative() {
                return Err(Error::out_of_range("a forecast of energy may not be below zero")
                    .in_row(row)
                    .with_value(least.to_string()));
            }
        }
        all.push(value.map(|value| value.map(Energy::units)));
    }
    Ok(all)
}

fn rates(values: &[Option<Foreseen<UnitRate>>]) -> Result<Vec<Option<Foreseen<i64>>>> {
    let one = |(row, value): (u64, &Option<Foreseen<UnitRate>>)| {
        if let Some(value) = value {
            value.expect_order().map_err(|error| error.in_row(row))?;
        }
        Ok(value.map(|value| value.map(UnitRate::units)))
    };
    (1..).zip(values).map(one).collect()
}

impl Forecasts {
    /// A forecast of the load, one value a slot. Errors: an energy below zero, quantiles that do not ascend; the row is the slot's number.
    pub fn load(mut self, values: &[Option<Foreseen<Energy>>]) -> Result<Self> {
        self.load = energies(values)?;
        Ok(self)
    }

    /// A forecast of solar generation, likewise.
    pub fn solar(mut self, values: &[Option<Foreseen<Energy>>]) -> Result<Self> {
        self.solar = energies(values)?;
        Ok(self)
    }

    /// A forecast of import rates, used where they are not known. Errors: quantiles that do not ascend.
    pub fn import(mut self, values: &[Option<Foreseen<UnitRate>>]) -> Result<Self> {
        self.import = rates(values)?;
        Ok(self)
    }

    /// A forecast of export rates, likewise.
    pub fn export(mut self, values: &[Option<Foreseen<UnitRate>>]) -> Result<Self> {
        self.export = rates(values)?;
        Ok(self)
    }

    /// An error where there are more values than slots.
    pub(crate) fn expect_slots(&self, count: usize) -> Result<()> {
        let most = [self.load.len(), self.solar.len(), self.import.len(), self.export.len()];
        match most.into_iter().find(|own| *own > count) {
            Some(own) => {
                Err(Error::misaligned(format!("a forecast has {own} slots where {count} are planned")))
            }
            None => Ok(()),
        }
    }

    /// Moves the ways in which a slot may turn out so that they are as foreseen; rates only where they are open.
    pub(crate) fn apply(&self, slot: usize, rates_open: bool, outcomes: &mut [Outcome]) {
        let of = |series: &[Option<Foreseen<i64>>]| series.get(slot).copied().flatten();
        if let Some(load) = of(&self.load) {
            moved(
                outcomes,
                |way| way.slot.load.units(),
                load,
                Kind::Energy,
                |way, units| {
                    way.slot.load = Energy::from_units(units).unwrap_or_default();
                },
            );
        }
        if let Some(solar) = of(&self.solar) {
            moved(
                outcomes,
                |way| way.slot.solar.units(),
                solar,
                Kind::Energy,
                |way, units| {
                    way.slot.solar = Energy::from_units(units).unwrap_or_default();
                },
            );
        }
        if !rates_open {
            return;
        }
        if let Some(import) = of(&self.import) {
            moved(
                outcomes,
                |way| way.slot.import.units(),
                import,
                Kind::Rate,
                |way, units| {
                    way.slot.import = UnitRate::from_units(units).unwrap_or_default();
                },
            );
        }
        if let Some(export) = of(&self.export) {
            moved(
                outcomes,
                |way| way.slot.export.units(),
                export,
                Kind::Rate,
                |way, units| {
                    way.slot.export = UnitRate::from_units(units).unwrap_or_default();
                },
            );
        }
    }
}

/// Energies are scaled and stay at zero or above, rates are shifted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Energy,
    Rate,
}

/// Puts other values in the place of a slot's: their mean is the single value foreseen, or each is the value foreseen at its own rank.
fn moved(
    outcomes: &mut [Outcome],
    value: impl Fn(&Outcome) -> i64,
    foreseen: Foreseen<i64>,
    kind: Kind,
    mut put: impl FnMut(&mut Outcome, i64),
) {
    let total: i128 = outcomes.iter().map(|way| i128::from(way.weight)).sum();
    let digit = if kind == Kind::Energy { ENERGY_DIGIT } else { RATE_DIGIT };
    let rounded = |numerator: i128, denominator: i128| {
        let units = divide(numerator, denominator.max(1).saturating_mul(digit), Rounding::HalfEven) * digit;
        let units = if kind == Kind::Energy { units.max(0) } else { units };
        i64::try_from(units).unwrap_or(0)
    };
    match foreseen {
        Foreseen::Single(expected) => {
            let sum: i128 = outcomes.iter().map(|way| i128::from(way.weight) * i128::from(value(way))).sum();
            for way in outcomes {
                let (own, expected) = (i128::from(value(way)), i128::from(expected));
                let units = match kind {
                    Kind::Energy if sum > 0 => rounded((own * expected).saturating_mul(total), sum),
                    Kind::Energy => rounded(expected, 1),
                    Kind::Rate => rounded((own + expected) * total - sum, total),
                };
                put(way, units);
            }
        }
        Foreseen::Quantiles([low, middle, high]) => {
            // The rank of a value is the middle of the weights that share it.
            let mut order: Vec<(i64, i128)> =
                outcomes.iter().map(|way| (value(way), i128::from(way.weight))).collect();
            order.sort_unstable();
            let rank = |own: i64| {
                let below: i128 =
                    order.iter().filter(|(value, _)| *value < own).map(|(_, weight)| weight).sum();
                let same: i128 =
                    order.iter().filter(|(value, _)| *value == own).map(|(_, weight)| weight).sum();
                2 * below + same
            };
            let ranks: Vec<i128> = outcomes.iter().map(|way| rank(value(way))).collect();
            let whole = 2 * total.max(1);
            for (way, rank) in outcomes.iter_mut().zip(ranks) {
                // Straight from a tenth to the half and on to nine tenths, and as steep beyond.
                let (from, to, at, start) =
                    if 2 * rank <= whole { (low, middle, 1, low) } else { (middle, high, 5, middle) };
                let part = (10 * rank - at * whole) * (i128::from(to) - i128::from(from));
                let units = rounded(i128::from(start) * 4 * whole + part, 4 * whole);
                put(way, units);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::forecast::SlotForecast;

    fn ways(loads: &[i64]) -> Vec<Outcome> {
        let way = |watt_hours: &i64| Outcome {
            slot: SlotForecast {
                load: Energy::from_units(watt_hours * 100_000).unwrap(),
                ..Default::default()
            },
            weight: 1,
            before: 0,
            after: 0,
            days_back: 1,
        };
        loads.iter().map(way).collect()
    }

    fn applied(loads: &[i64], foreseen: Foreseen<i64>) -> Vec<i64> {
        let energy = |watt_hours: i64| Energy::from_units(watt_hours * 100_000).unwrap();
        let forecasts = Forecasts::default().load(&[Some(foreseen.map(energy))]).unwrap();
        let mut ways = ways(loads);
        forecasts.apply(0, true, &mut ways);
        ways.iter().map(|way| way.slot.load.units() / 100_000).collect()
    }

    #[test]
    fn past_days_turn_out_as_foreseen() {
        // A mean of 200 becomes 300: each half as much again.
        assert_eq!(applied(&[100, 300, 200], Foreseen::Single(300)), [150, 450, 300]);
        assert_eq!(applied(&[0, 0], Foreseen::Single(70)), [70, 70]);
        // Five values have the ranks 0.1, 0.3, 0.5, 0.7 and 0.9.
        let foreseen = Foreseen::Quantiles([100, 500, 700]);
        assert_eq!(applied(&[5, 1, 2, 4, 3], foreseen), [700, 100, 300, 600, 500]);
        // A value alone, and values that are all the same, are the middle; beyond a tenth it goes on as steeply, never below zero.
        assert_eq!(applied(&[9, 9, 9], foreseen), [500, 500, 500]);
        let many: Vec<i64> = (0..20).collect();
        let moved = applied(&many, Foreseen::Quantiles([10, 410, 810]));
        assert_eq!((moved.first(), moved.get(1), moved.last()), (Some(&0), Some(&0), Some(&885)));
        assert_eq!(moved.get(2), Some(&35));
    }

    #[test]
    fn rates_are_shifted_where_they_are_open() {
        let rate = |text: &str| text.parse::<UnitRate>().unwrap();
        let forecasts = Forecasts::default().import(&[Some(Foreseen::Single(rate("20")))]).unwrap();
        let mut two = ways(&[0, 0]);
        (two[0].slot.import, two[1].slot.import) = (rate("-4"), rate("8"));
        forecasts.apply(0, false, &mut two);
        assert_eq!(two[0].slot.import, rate("-4"));
        forecasts.apply(0, true, &mut two);
        assert_eq!((two[0].slot.import, two[1].slot.import), (rate("14"), rate("26")));
    }

    #[test]
    fn what_cannot_be_foreseen_is_refused() {
        let energy = |text: &str| text.parse::<Energy>().unwrap();
        let refused = Forecasts::default()
            .solar(&[None, Some(Foreseen::Quantiles([energy("1"), energy("0.5"), energy("2")]))])
            .unwrap_err();
        assert!(
            refused.to_string().contains("row 2") && refused.to_string().contains("1, 0.5, 2"),
            "{refused}"
        );
        let refused = Forecasts::default().load(&[Some(Foreseen::Single(-energy("1")))]).unwrap_err();
        assert!(refused.is_out_of_range(), "{refused}");
        let three = Forecasts::default().load(&[None; 3]).unwrap();
        assert!(three.expect_slots(2).is_err() && three.expect_slots(3).is_ok());
    }
}
