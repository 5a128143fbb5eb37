//! The sample's files as text.

use std::fmt::Write as _;

use crate::clock::{HOME_FROM, HOME_TO, RATES_FROM, RATES_TO, local_text, utc_text};
use crate::household::{consumption, is_lost, solar};
use crate::market::{Prices, with_vat};
use crate::weather::Weather;

/// The seed of the sample in the repository.
pub const SEED: u64 = 2026;

/// One file of the sample.
#[derive(Debug)]
pub struct Table {
    /// The file's name inside the data folder.
    pub name: &'static str,
    /// All of its text.
    pub text: String,
}

/// Everything that the generator makes, in whole numbers.
#[derive(Debug)]
pub struct Sample {
    /// Import and outgoing prices from [`RATES_FROM`].
    pub prices: Prices,
    /// The household's watt-hours from [`HOME_FROM`].
    pub consumption: Vec<i64>,
    /// The panels' watt-hours from [`HOME_FROM`].
    pub solar: Vec<i64>,
}

impl Sample {
    /// The sample of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let weather = Weather::new(seed);
        Self { prices: Prices::new(seed, &weather), consumption: consumption(seed), solar: solar(&weather) }
    }

    /// The files, in the order of their names.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        vec![
            Table { name: "consumption.csv", text: self.consumption_text() },
            Table { name: "export-rates.csv", text: self.export_text() },
            Table { name: "rates.csv", text: self.rates_text() },
            Table { name: "solar.csv", text: self.solar_text() },
            Table { name: "standing-charges.csv", text: STANDING_CHARGES.to_owned() },
        ]
    }

    /// The API's consumption fields: wall clock with its offset, three decimals, lost slots absent.
    fn consumption_text(&self) -> String {
        let mut text = String::from("consumption,interval_start,interval_end\n");
        for (slot, &watt_hours) in (HOME_FROM..HOME_TO).zip(&self.consumption) {
            if !is_lost(slot) {
                line(
                    &mut text,
                    format_args!(
                        "{},{},{}",
                        decimal(watt_hours, 3, 3),
                        local_text(slot),
                        local_text(slot + 1)
                    ),
                );
            }
        }
        text
    }

    /// The API's unit rate fields.
    fn rates_text(&self) -> String {
        let mut text = String::from("value_exc_vat,value_inc_vat,valid_from,valid_to\n");
        for (slot, &rate) in (RATES_FROM..RATES_TO).zip(&self.prices.import) {
            if !is_unpublished(slot) {
                let inclusive = decimal(with_vat(slot, rate), 4, 1);
                let exclusive = decimal(rate, 2, 1);
                line(
                    &mut text,
                    format_args!("{exclusive},{inclusive},{},{}", utc_text(slot), utc_text(slot + 1)),
                );
            }
        }
        text
    }

    fn export_text(&self) -> String {
        let mut text = String::from("start,rate\n");
        for (slot, &rate) in (RATES_FROM..RATES_TO).zip(&self.prices.outgoing) {
            line(&mut text, format_args!("{},{}", utc_text(slot), decimal(rate, 2, 1)));
        }
        text
    }

    fn solar_text(&self) -> String {
        let mut text = String::from("start,kwh\n");
        for (slot, &watt_hours) in (HOME_FROM..HOME_TO).zip(&self.solar) {
            line(&mut text, format_args!("{},{}", utc_text(slot), decimal(watt_hours, 3, 3)));
        }
        text
    }
}

/// The half-hour that the import prices lack: 2026-02-11T04:30Z.
#[must_use]
pub fn is_unpublished(slot: i64) -> bool {
    slot == 102 * 48 + 2 + 9
}

/// London's charge; a change on 1 April 2026 and VAT at 0 % from 1 October.
const STANDING_CHARGES: &str = "\
value_exc_vat,value_inc_vat,valid_from,valid_to
37.6525,39.535125,2024-09-30T23:00:00Z,2026-03-31T23:00:00Z
41.2068,43.26714,2026-03-31T23:00:00Z,2026-09-30T23:00:00Z
41.2068,41.2068,2026-09-30T23:00:00Z,
";

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
    text.push('\n');
}

/// A whole number of `10^-scale` as decimal text, trailing zeros cut down to `least` decimals.
#[must_use]
pub fn decimal(units: i64, scale: usize, least: usize) -> String {
    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let kept = fraction.trim_end_matches('0').len().max(least);
    format!("{}{whole}.{}", if units < 0 { "-" } else { "" }, fraction.get(..kept).unwrap_or(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_sign_and_lose_only_zeros() {
        assert_eq!(decimal(-5, 2, 1), "-0.05");
        assert_eq!(decimal(212_520, 4, 1), "21.252");
        assert_eq!(decimal(1_200, 2, 1), "12.0");
        assert_eq!(decimal(40, 3, 3), "0.040");
    }

    #[test]
    fn the_missing_rate_is_the_one_that_the_readme_names() {
        let slot = (RATES_FROM..RATES_TO).find(|&slot| is_unpublished(slot)).unwrap();
        assert_eq!(utc_text(slot), "2026-02-11T04:30:00Z");
    }
}
