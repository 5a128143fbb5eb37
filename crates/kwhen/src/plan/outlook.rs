//! Rates as a person looks at them: which holds now, what comes next, how far they are known, and a day in bands.

use super::SlotPrices;
use super::statistics::RateAt;
use crate::quantity::UnitRate;
use crate::series::RateSeries;
use crate::time::Span;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// What holds at a moment and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outlook {
    /// The rate that holds, from when to when it is the same.
    pub current: RateAt,
    /// The next one, where it is known.
    pub next: Option<RateAt>,
    /// To when rates are known without a gap, looked at no further than was asked.
    #[serde(serialize_with = "as_instant")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub known_to: DateTime<Utc>,
}

fn as_instant<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::time::instant_text(*instant))
}

impl Outlook {
    /// At a moment, looking no further than `until`; `None` where no rate is known then. Rates are those that the customer pays.
    #[must_use]
    pub fn at(rates: &RateSeries, now: DateTime<Utc>, until: DateTime<Utc>) -> Option<Self> {
        let mut runs: Vec<RateAt> = Vec::new();
        for interval in rates.intervals() {
            if interval.span.from() >= until {
                break;
            }
            let (span, minor_per_kwh) = (interval.span, interval.prices.paid());
            match runs.last_mut() {
                Some(last) if last.minor_per_kwh == minor_per_kwh && last.span.to() == span.from() => {
                    last.span = Span::from_seconds(last.span.start_seconds(), span.to_seconds());
                }
                Some(last) if last.span.to() <= now => {
                    runs.clear();
                    runs.push(RateAt { span, minor_per_kwh });
                }
                _ => runs.push(RateAt { span, minor_per_kwh }),
            }
        }
        let mut runs = runs.into_iter();
        let current = runs.next().filter(|run| run.span.contains(now))?;
        let (mut next, mut known_to) = (None, current.span.to());
        for run in runs {
            if run.span.from() != known_to {
                break;
            }
            next = next.or(Some(run));
            known_to = run.span.to();
        }
        Some(Self { current, next, known_to: known_to.min(until) })
    }
}

/// How a slot's rate compares with the others of its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Less than nothing: using energy is paid for.
    BelowZero,
    /// Among the cheapest quarter, and below the middle rate.
    Cheap,
    /// Neither.
    Usual,
    /// Among the dearest quarter, and above the middle rate.
    Dear,
}

/// Slots one after another that compare alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RateBand {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// How they compare.
    pub level: Level,
    /// Their mean rate.
    pub mean_minor_per_kwh: UnitRate,
    /// The lowest of their rates.
    pub least_minor_per_kwh: UnitRate,
    /// The highest.
    pub most_minor_per_kwh: UnitRate,
}

impl SlotPrices {
    /// The slots in bands, each among all that are here; slots without a rate are in none.
    #[must_use]
    pub fn bands(&self) -> Vec<RateBand> {
        let (Some(low), Some(middle), Some(high)) = (self.quantile(25), self.quantile(50), self.quantile(75))
        else {
            return Vec::new();
        };
        let level = |rate: UnitRate| match rate {
            rate if rate.is_negative() => Level::BelowZero,
            rate if rate <= low && rate < middle => Level::Cheap,
            rate if rate >= high && rate > middle => Level::Dear,
            _ => Level::Usual,
        };
        let mut bands: Vec<(RateBand, i128, i128)> = Vec::new();
        for slot in self.grid().slots() {
            let Some(rate) = self.paid(slot.index) else { continue };
            let (level, units) = (level(rate), i128::from(rate.units()));
            match bands.last_mut() {
                Some((band, count, sum)) if band.level == level && band.span.to() == slot.span.from() => {
                    band.span = Span::from_seconds(band.span.start_seconds(), slot.span.to_seconds());
                    band.least_minor_per_kwh = band.least_minor_per_kwh.min(rate);
                    band.most_minor_per_kwh = band.most_minor_per_kwh.max(rate);
                    (*count, *sum) = (*count + 1, *sum + units);
                    // A mean of rates is a rate that can be.
                    if let Some(mean) =
                        i64::try_from(*sum / *count).ok().and_then(|units| UnitRate::from_units(units).ok())
                    {
                        band.mean_minor_per_kwh = mean;
                    }
                }
                _ => bands.push((
                    RateBand {
                        span: slot.span,
                        level,
                        mean_minor_per_kwh: rate,
                        least_minor_per_kwh: rate,
                        most_minor_per_kwh: rate,
                    },
                    1,
                    units,
                )),
            }
        }
        bands.into_iter().map(|(band, ..)| band).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Prices, RateRow};
    use crate::time::{Grid, SlotLength, parse_instant};

    fn at(text: &str) -> DateTime<Utc> {
        parse_instant(text).unwrap()
    }

    fn rate(text: &str) -> UnitRate {
        text.parse().unwrap()
    }

    /// 10 p to 05:00, 20 p to 16:00, 20 p again to 17:00, a gap of an hour, 30 p to 20:00.
    fn series() -> RateSeries {
        let rows = [("00", "05", "10"), ("05", "16", "20"), ("16", "17", "20"), ("18", "20", "30")];
        let row = |(number, (from, to, price)): (u64, &(&str, &str, &str))| RateRow {
            row: number,
            valid_from: Some(at(&format!("2026-01-05T{from}:00:00Z"))),
            valid_to: Some(at(&format!("2026-01-05T{to}:00:00Z"))),
            prices: Prices::Inclusive(rate(price)),
            payment_method: None,
        };
        RateSeries::from_rows((1..).zip(&rows).map(row).collect(), None).unwrap()
    }

    #[test]
    fn a_rate_holds_until_another_comes_or_none_is_known() {
        let end = at("2026-01-06T00:00:00Z");
        let seen = Outlook::at(&series(), at("2026-01-05T04:59:59Z"), end).unwrap();
        assert_eq!(
            (seen.current.minor_per_kwh, seen.current.span.to()),
            (rate("10"), at("2026-01-05T05:00:00Z"))
        );
        let next = seen.next.unwrap();
        assert_eq!(next.span.to_string(), "2026-01-05T05:00:00Z to 2026-01-05T17:00:00Z");
        assert_eq!((next.minor_per_kwh, seen.known_to), (rate("20"), at("2026-01-05T17:00:00Z")));
        let seen = Outlook::at(&series(), at("2026-01-05T16:30:00Z"), end).unwrap();
        assert_eq!((seen.current.span.from(), seen.next), (at("2026-01-05T05:00:00Z"), None));
        let seen = Outlook::at(&series(), at("2026-01-05T19:00:00Z"), at("2026-01-05T19:30:00Z")).unwrap();
        assert_eq!(seen.known_to, at("2026-01-05T19:30:00Z"));
        for nothing in ["2026-01-04T23:59:59Z", "2026-01-05T17:00:00Z", "2026-01-05T20:00:00Z"] {
            assert_eq!(Outlook::at(&series(), at(nothing), end), None, "{nothing}");
        }
        let flat = RateSeries::flat(Prices::Inclusive(rate("25")));
        let seen = Outlook::at(&flat, at("2026-01-05T12:00:00Z"), end).unwrap();
        assert_eq!((seen.next, seen.known_to, seen.current.minor_per_kwh), (None, end, rate("25")));
    }

    fn bands(rates: &[&str]) -> Vec<(String, Level, String)> {
        let grid = Grid::new(at("2026-01-05T00:00:00Z"), SlotLength::HALF_HOUR, rates.len()).unwrap();
        let rates = rates.iter().map(|text| (*text != "-").then(|| rate(text)));
        let hours = |span: Span| format!("{}-{}", span.from().format("%H:%M"), span.to().format("%H:%M"));
        SlotPrices::new(grid, rates)
            .unwrap()
            .bands()
            .into_iter()
            .map(|band| (hours(band.span), band.level, band.mean_minor_per_kwh.to_string()))
            .collect()
    }

    #[test]
    fn a_day_is_cut_where_its_rates_change_their_rank() {
        // Sorted: -1 4 5 | 10 10 10 10 10 | 20 30 40: of eleven the 3rd is the quarter, the 6th the middle, the 9th three quarters.
        let found = bands(&["4", "5", "10", "10", "20", "30", "40", "10", "-1", "10", "10"]);
        assert_eq!(
            found,
            [
                ("00:00-01:00".to_owned(), Level::Cheap, "4.5".to_owned()),
                ("01:00-02:00".to_owned(), Level::Usual, "10".to_owned()),
                ("02:00-03:30".to_owned(), Level::Dear, "30".to_owned()),
                ("03:30-04:00".to_owned(), Level::Usual, "10".to_owned()),
                ("04:00-04:30".to_owned(), Level::BelowZero, "-1".to_owned()),
                ("04:30-05:30".to_owned(), Level::Usual, "10".to_owned()),
            ]
        );
        // Two rates: a short cheap time, or a short dear one; one rate is neither; nothing is no band.
        assert_eq!(bands(&["7", "27", "27", "27", "27"]).first().unwrap().1, Level::Cheap);
        assert_eq!(bands(&["7", "27", "27", "27", "27"]).last().unwrap().1, Level::Usual);
        assert_eq!(bands(&["7", "7", "7", "7", "27"]).first().unwrap().1, Level::Usual);
        assert_eq!(bands(&["7", "7", "7", "7", "27"]).last().unwrap().1, Level::Dear);
        assert_eq!(bands(&["25", "25", "-", "25"]).len(), 2);
        assert_eq!(bands(&["-", "-"]), []);
    }
}
