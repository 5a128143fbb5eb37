//! The mean rate of a slot that is longer than the prices: quarter-hour prices for a meter that counts hours.

use super::rates::{ChangingSlot, SegmentRates};
use super::{Prices, RateRow, RateSeries, VatBasis};
use crate::error::{Error, Result};
use crate::quantity::{Rounding, UnitRate, divide};
use crate::time::Grid;
use serde::{Deserialize, Serialize};

/// What is done where a unit rate changes inside a slot of the readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateInSlot {
    /// Make no bill: a meter does not say when in the slot the energy was used.
    #[default]
    Refuse,
    /// Price the slot at the mean of its rates, each weighted by how long it holds.
    Mean,
}

impl RateSeries {
    /// The rates of the slots of a grid, and how many of the slots bear a mean: where rates change inside a slot it bears their mean, each
    /// weighted by the time that it holds. The mean is exact where it has at most 8 decimals, else half to even at the eighth. A slot of
    /// which a part has no rate has none.
    ///
    /// ```
    /// use kwhen::series::{RateSeries, VatBasis};
    /// use kwhen::time::{Grid, SlotLength, parse_instant};
    /// let start = parse_instant("2026-10-25T00:00:00Z")?;
    /// let quarters = Grid::new(start, SlotLength::from_minutes(15)?, 4)?;
    /// let rates = ["14.5", "21.5", "15.5", "22.5"].map(|rate| rate.parse().ok());
    /// let rates = RateSeries::on_slots(&quarters, VatBasis::Exclusive, &rates)?;
    /// let (hourly, means) = rates.averaged(&Grid::new(start, SlotLength::from_minutes(60)?, 1)?)?;
    /// assert_eq!((hourly.at(start).map(|rate| rate.paid().to_string()), means), (Some("18.5".into()), 1));
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    pub fn averaged(&self, grid: &Grid) -> Result<(Self, usize)> {
        self.averaged_slots(grid).map(|(series, means)| (series, means.len()))
    }

    /// The same, with the places of the slots that bear a mean.
    pub(crate) fn averaged_slots(&self, grid: &Grid) -> Result<(Self, Vec<usize>)> {
        let (segments, changing) = self.segments_and_changes(grid)?;
        if changing.is_empty() {
            return Ok((self.clone(), Vec::new()));
        }
        let mut slots: Vec<(usize, Prices<UnitRate>)> = Vec::new();
        for segment in &segments {
            for (place, slot) in segment.slots.clone().enumerate() {
                let at = match segment.rates {
                    SegmentRates::Dense(first) => first + place,
                    SegmentRates::Constant(at) => at,
                };
                slots.push((slot, self.prices(at)));
            }
        }
        for slot in &changing {
            slots.push((slot.slot, self.mean(slot)?));
        }
        slots.sort_by_key(|(slot, _)| *slot);
        let row = |(slot, prices): &(usize, Prices<UnitRate>)| {
            let span = grid.slots_span(*slot, slot + 1);
            RateRow {
                row: *slot as u64 + 1,
                valid_from: Some(span.from()),
                valid_to: Some(span.to()),
                prices: *prices,
                payment_method: None,
            }
        };
        let series = Self::from_rows(slots.iter().map(row).collect(), None)?;
        let means = changing.iter().map(|slot| slot.slot).collect();
        Ok((series.with_notices(self.notices().iter().copied()), means))
    }

    fn mean(&self, slot: &ChangingSlot) -> Result<Prices<UnitRate>> {
        let on = |basis| -> Result<Option<UnitRate>> {
            let (mut sum, mut whole) = (0_i128, 0_i128);
            for (place, seconds) in &slot.pieces {
                let Some(rate) = self.prices(*place).on(basis) else { return Ok(None) };
                sum += i128::from(rate.units()) * i128::from(*seconds);
                whole += i128::from(*seconds);
            }
            // A mean is never beyond what it is of.
            let units = i64::try_from(divide(sum, whole.max(1), Rounding::HalfEven)).unwrap_or_default();
            Ok(Some(UnitRate::from_units(units)?))
        };
        match (on(VatBasis::Exclusive)?, on(VatBasis::Inclusive)?) {
            (Some(exc_vat), Some(inc_vat)) => Ok(Prices::Both { exc_vat, inc_vat }),
            (Some(rate), None) => Ok(Prices::Exclusive(rate)),
            (None, Some(rate)) => Ok(Prices::Inclusive(rate)),
            (None, None) => Err(Error::conflict(
                "prices with VAT and without meet in one slot; a mean of them says nothing",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{SlotLength, parse_instant};

    fn grid(start: &str, minutes: u32, count: usize) -> Grid {
        Grid::new(parse_instant(start).unwrap(), SlotLength::from_minutes(minutes).unwrap(), count).unwrap()
    }

    #[test]
    fn slots_bear_the_mean_by_time_and_none_where_a_part_has_no_rate() {
        let thirds = grid("2026-01-01T00:00:00Z", 20, 6);
        let rates = ["1", "1", "2", "4", "4", ""].map(|rate| rate.parse().ok());
        let rates = RateSeries::on_slots(&thirds, VatBasis::Inclusive, &rates).unwrap();
        let hours = grid("2026-01-01T00:00:00Z", 60, 2);
        let (mean, count) = rates.averaged(&hours).unwrap();
        let shown: Vec<_> = mean.intervals().map(|rate| rate.prices.paid().to_string()).collect();
        // 4/3 to the eighth decimal; the second hour lacks its last third.
        assert_eq!((shown, count), (vec!["1.33333333".to_owned()], 1));
        // Half-hours of which the price changes inside: 20 minutes of 1 and 10 of 1; 10 of 1 and 20 of 2.
        let (mean, count) = rates.averaged(&grid("2026-01-01T00:00:00Z", 30, 2)).unwrap();
        let shown: Vec<_> = mean.intervals().map(|rate| rate.prices.paid().to_string()).collect();
        assert_eq!((shown, count), (vec!["1".to_owned(), "1.66666667".to_owned()], 1));
        // Nothing changes inside five minutes: the series itself.
        let (same, count) = rates.averaged(&grid("2026-01-01T00:00:00Z", 5, 12)).unwrap();
        assert_eq!((same.len(), count), (rates.len(), 0));
    }
}
