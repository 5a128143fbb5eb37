//! The Climate Change Levy: so much a kWh, paid by businesses, before VAT.

use super::Fuel;
use crate::error::{Error, Result};
use crate::quantity::{Rounding, UnitRate, divide};
use crate::time::{Span, from_seconds};
use chrono::{DateTime, Utc};

/// A levy per kWh over time, with what a relief leaves of it.
///
/// Homes, charities and those who use little do not pay it: give no levy then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levy {
    name: String,
    /// Rates and the seconds from which they hold, in order; the first holds from the beginning.
    changes: Vec<(i64, UnitRate)>,
}

/// Main rates in 10^-8 p/kWh from the 1 April of a year: seconds of local midnight, electricity, gas (gov.uk, Climate Change Levy rates).
const CLIMATE_CHANGE_LEVY: [(i64, i64, i64); 9] = [
    (1_522_537_200, 58_300_000, 20_300_000), // 2018
    (1_554_073_200, 84_700_000, 33_900_000),
    (1_585_695_600, 81_100_000, 40_600_000),
    (1_617_231_600, 77_500_000, 46_500_000),
    (1_648_767_600, 77_500_000, 56_800_000),
    (1_680_303_600, 77_500_000, 67_200_000),
    (1_711_926_000, 77_500_000, 77_500_000),
    (1_743_462_000, 77_500_000, 77_500_000),
    (1_774_998_000, 80_100_000, 80_100_000), // 2026
];

impl Levy {
    /// The main rates of the Climate Change Levy, known from 2018-04-01 on, less a relief in percent (92 for electricity under a
    /// climate change agreement); an error for a relief above 100 %.
    pub fn climate_change(fuel: Fuel, relief_percent: u8) -> Result<Self> {
        if relief_percent > 100 {
            return Err(
                Error::out_of_range("a relief is at most 100 %").with_value(relief_percent.to_string())
            );
        }
        let rest = 100 - i128::from(relief_percent);
        let changes = CLIMATE_CHANGE_LEVY.iter().map(|(from, electricity, gas)| {
            let main = match fuel {
                Fuel::Electricity => *electricity,
                Fuel::Gas => *gas,
            };
            let units =
                i64::try_from(divide(i128::from(main) * rest, 100, Rounding::HalfEven)).unwrap_or(main);
            Ok((*from, UnitRate::from_units(units)?))
        });
        Ok(Self { name: "Climate Change Levy".into(), changes: changes.collect::<Result<_>>()? })
    }

    /// A levy of one rate for all time.
    #[must_use]
    pub fn flat(name: impl Into<String>, rate: UnitRate) -> Self {
        Self { name: name.into(), changes: vec![(0, rate)] }
    }

    /// Its name on a bill.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rate in force at an instant; `None` before the first that is known.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> Option<UnitRate> {
        let seconds = instant.timestamp();
        self.changes.iter().rev().find(|(from, _)| *from <= seconds).map(|(_, rate)| *rate)
    }

    /// A span cut where the rate changes; an error where it reaches before the first rate that is known.
    pub fn cut(&self, span: Span) -> Result<Vec<(Span, UnitRate)>> {
        let mut edges = vec![span.start_seconds()];
        edges.extend(
            self.changes
                .iter()
                .map(|(from, _)| *from)
                .filter(|from| (span.start_seconds() + 1..span.to_seconds()).contains(from)),
        );
        edges.push(span.to_seconds());
        let pairs = edges.iter().zip(edges.iter().skip(1));
        pairs
            .map(|(from, to)| {
                let rate = self.at(from_seconds(*from)).ok_or_else(|| {
                    Error::missing(format!("no rate of the {} is known then", self.name))
                        .with_value(span.to_string())
                })?;
                Ok((Span::from_seconds(*from, *to), rate))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Calendar, parse_instant};

    #[test]
    fn main_rates_change_at_local_midnight_on_the_first_of_april() {
        let calendar = Calendar::great_britain();
        for (year, (from, ..)) in (2018..).zip(CLIMATE_CHANGE_LEVY) {
            assert_eq!(calendar.local_text(from_seconds(from)), format!("{year}-04-01T00:00:00+01:00"));
        }
        let levy = Levy::climate_change(Fuel::Electricity, 0).unwrap();
        let at = |text| levy.at(parse_instant(text).unwrap()).map(|rate| rate.to_string());
        assert_eq!(at("2026-03-31T22:59:59Z").as_deref(), Some("0.775"));
        assert_eq!(at("2026-03-31T23:00:00Z").as_deref(), Some("0.801"));
        assert_eq!(at("2017-01-01T00:00:00Z"), None);
        let relieved = Levy::climate_change(Fuel::Electricity, 92).unwrap();
        assert_eq!(relieved.at(parse_instant("2025-01-01T00:00:00Z").unwrap()).unwrap().to_string(), "0.062");
        let span = |from, to| Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap();
        assert_eq!(levy.cut(span("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")).unwrap().len(), 2);
        assert!(levy.cut(span("2017-03-01T00:00:00Z", "2026-05-01T00:00:00Z")).unwrap_err().is_missing());
        assert!(Levy::climate_change(Fuel::Gas, 101).is_err());
    }
}
