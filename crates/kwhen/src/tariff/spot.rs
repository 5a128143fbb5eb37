//! Prices made from a market's: with a factor, a mark-up, a cap and a floor; the mean of days or months; what is given back above a threshold.

use super::Every;
use crate::error::{Error, Result};
use crate::quantity::{Rounding, UnitRate, divide, power_of_ten};
use crate::series::{Prices, RateRow, RateSeries};
use crate::time::{Calendar, Span};

/// How a market's price becomes a customer's: factor × price + mark-up, no more than the cap and no less than the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpotTerms {
    /// What the market's price is multiplied by; to the eighth decimal, half to even.
    pub factor: UnitRate,
    /// What is added, in minor units a kWh.
    pub markup: UnitRate,
    /// What it is at most.
    pub cap: Option<UnitRate>,
    /// What it is at least.
    pub floor: Option<UnitRate>,
    /// Whether it goes by the mean of a period's prices, each weighted by how long it holds, rather than by each.
    pub mean_of: Option<Every>,
}

/// What stands beside a market's price: a refund above a threshold, or the difference to a fixed price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotSupport {
    /// A share of what the price is above a threshold is given back.
    Refund {
        /// Minor units a kWh.
        above: UnitRate,
        /// 0.9 for 90 %.
        share: UnitRate,
    },
    /// The difference to a fixed price is paid or taken, so that both together are the fixed price.
    FixedPrice {
        /// Minor units a kWh.
        price: UnitRate,
    },
}

impl SpotTerms {
    /// The customer's prices. An error where none is left, and beyond the range of a rate.
    pub fn prices(&self, market: &RateSeries, calendar: &Calendar) -> Result<RateSeries> {
        let mean;
        let market = match self.mean_of {
            Some(every) => {
                mean = means(market, calendar, every)?;
                &mean
            }
            None => market,
        };
        mapped(market, |price| {
            let price = add(times(price, self.factor)?, self.markup)?;
            let capped = self.cap.map_or(price, |cap| price.min(cap));
            Ok(self.floor.map_or(capped, |floor| capped.max(floor)))
        })
    }
}

impl SpotSupport {
    /// What it adds to each kWh: mostly below zero.
    pub fn prices(&self, market: &RateSeries) -> Result<RateSeries> {
        mapped(market, |price| match self {
            Self::Refund { above, share } => {
                let over = add(price, -*above)?.max(UnitRate::ZERO);
                Ok(-times(over, *share)?)
            }
            Self::FixedPrice { price: fixed } => add(*fixed, -price),
        })
    }
}

fn beyond() -> Error {
    Error::out_of_range("a price made from a market's is beyond the range of a unit rate")
}

fn times(rate: UnitRate, factor: UnitRate) -> Result<UnitRate> {
    let product = i128::from(rate.units()) * i128::from(factor.units());
    let units = divide(product, power_of_ten(UnitRate::SCALE), Rounding::HalfEven);
    Ok(UnitRate::from_units(i64::try_from(units).map_err(|_| beyond())?)?)
}

fn add(a: UnitRate, b: UnitRate) -> Result<UnitRate> {
    a.checked_add(b).ok_or_else(beyond)
}

/// Each price made into another. Of a price that is known with tax and without, the one without counts.
fn mapped(market: &RateSeries, make: impl Fn(UnitRate) -> Result<UnitRate>) -> Result<RateSeries> {
    let rows = market.intervals().enumerate().map(|(place, interval)| {
        let prices = match interval.prices {
            Prices::Exclusive(rate) | Prices::Both { exc_vat: rate, .. } => Prices::Exclusive(make(rate)?),
            Prices::Inclusive(rate) => Prices::Inclusive(make(rate)?),
        };
        Ok(row(place, interval.span, prices))
    });
    RateSeries::from_rows(rows.collect::<Result<_>>()?, None)
}

fn row(place: usize, span: Span, prices: Prices<UnitRate>) -> RateRow {
    RateRow {
        row: place as u64 + 1,
        valid_from: Some(span.from()),
        valid_to: Some(span.to()),
        prices,
        payment_method: None,
    }
}

/// The mean of each period's prices, weighted by time, over the whole period. The first and the last may have no price for a part of them and
/// have no mean then; an error for another, and where none has one.
fn means(market: &RateSeries, calendar: &Calendar, every: Every) -> Result<RateSeries> {
    let mut rows = Vec::new();
    let mut intervals = market.intervals().peekable();
    let periods = every.periods(calendar, market.span())?;
    let last = periods.len().saturating_sub(1);
    let mut short = None;
    for (place, period) in periods.into_iter().enumerate() {
        let (mut sum, mut seconds, mut inclusive) = (0_i128, 0_i64, false);
        while let Some(interval) = intervals.peek() {
            let Some(part) = interval.span.intersection(period) else { break };
            inclusive |= matches!(interval.prices, Prices::Inclusive(_));
            let rate = match interval.prices {
                Prices::Exclusive(rate) | Prices::Both { exc_vat: rate, .. } | Prices::Inclusive(rate) => {
                    rate
                }
            };
            sum += i128::from(rate.units()) * i128::from(part.seconds());
            seconds += part.seconds();
            if interval.span.to() > period.to() {
                break;
            }
            intervals.next();
        }
        if seconds < period.seconds() {
            let error = Error::missing(format!(
                "the mean of a {} needs all of its prices, and those of {period} reach over {} of {} hours",
                every.name(),
                seconds / 3_600,
                period.seconds() / 3_600
            ));
            if place > 0 && place < last {
                return Err(error);
            }
            short = Some(error);
            continue;
        }
        let units = divide(sum, i128::from(seconds.max(1)), Rounding::HalfEven);
        let rate = UnitRate::from_units(i64::try_from(units).map_err(|_| beyond())?)?;
        let prices = if inclusive { Prices::Inclusive(rate) } else { Prices::Exclusive(rate) };
        rows.push(row(place, period, prices));
    }
    match short.filter(|_| rows.is_empty()) {
        Some(error) => Err(error),
        None => RateSeries::from_rows(rows, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::VatBasis;
    use crate::time::{Grid, SlotLength, parse_instant};

    fn market(rates: &[&str]) -> RateSeries {
        let start = parse_instant("2026-01-31T22:00:00Z").unwrap();
        let grid = Grid::new(start, SlotLength::from_minutes(60).unwrap(), rates.len()).unwrap();
        let rates: Vec<_> = rates.iter().map(|rate| Some(rate.parse().unwrap())).collect();
        RateSeries::on_slots(&grid, VatBasis::Exclusive, &rates).unwrap()
    }

    fn rates(series: &RateSeries) -> Vec<String> {
        series.intervals().map(|interval| interval.prices.paid().to_string()).collect()
    }

    #[test]
    fn a_market_price_bears_a_factor_a_mark_up_a_cap_and_a_floor() {
        let rate = |text: &str| text.parse::<UnitRate>().unwrap();
        let terms = SpotTerms {
            factor: rate("1.1"),
            markup: rate("2"),
            cap: Some(rate("40")),
            floor: Some(rate("0")),
            mean_of: None,
        };
        let prices = terms.prices(&market(&["10", "-5", "100"]), &Calendar::great_britain()).unwrap();
        assert_eq!(rates(&prices), ["13", "0", "40"]);
        let refund = SpotSupport::Refund { above: rate("77"), share: rate("0.9") };
        assert_eq!(rates(&refund.prices(&market(&["70", "77", "100"])).unwrap()), ["0", "0", "-20.7"]);
        let fixed = SpotSupport::FixedPrice { price: rate("40") };
        assert_eq!(rates(&fixed.prices(&market(&["70", "30"])).unwrap()), ["-30", "10"]);
    }

    /// The month of Oslo ends at 23:00Z: one hour of 10 in January lacks the rest of it.
    #[test]
    fn the_mean_of_a_month_needs_the_whole_month() {
        let terms = SpotTerms {
            factor: "1".parse().unwrap(),
            markup: UnitRate::ZERO,
            cap: None,
            floor: None,
            mean_of: Some(Every::Day),
        };
        let oslo = Calendar::named("Europe/Oslo").unwrap();
        let error = terms.prices(&market(&["10", "20"]), &oslo).unwrap_err();
        assert!(error.to_string().contains("reach over 1 of 24 hours"), "{error}");
        let start = oslo.parse("2026-03-29").unwrap();
        let grid = Grid::new(start, SlotLength::from_minutes(60).unwrap(), 23).unwrap();
        let of_day: Vec<_> =
            (0..23).map(|hour| Some(UnitRate::from_units(hour * 100_000_000).unwrap())).collect();
        let day = RateSeries::on_slots(&grid, VatBasis::Exclusive, &of_day).unwrap();
        assert_eq!(rates(&terms.prices(&day, &oslo).unwrap()), ["11"]);
    }
}
