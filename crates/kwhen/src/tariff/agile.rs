//! The Agile price formula, both ways: from the half-hourly day-ahead price to the unit rate, and back.
//!
//! Import: `min(D·W + P·[16:00 ≤ local time < 19:00] + offset, cap)`; outgoing: `max(0, D'·W + base + adder·[16:00 ≤ local time < 19:00])`.
//! Each is rounded to 0.01 p, without VAT. W is the half-hour day-ahead price in p/kWh (£/MWh ÷ 10). Coefficients depend on the
//! region, the product and the *delivery day* (23:00 to 23:00 local); sources and sureness are in docs/billing-rules.md.

use super::{ProductCode, Region};
use crate::error::{Error, Result};
use crate::quantity::{Rounding, UnitRate, divide, power_of_ten};
use crate::series::{RateSeries, VatBasis};
use crate::time::Calendar;
use chrono::{DateTime, Timelike, Utc};
use serde::Serialize;

/// How sure a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sureness {
    /// Nobody who wrote it down says where it is from, or sources disagree.
    Unknown,
    /// Credible third parties say so; not computed again.
    Likely,
    /// Seen in primary text, or computed again from real prices.
    Confirmed,
}

/// Coefficients of a region. D in tenths, the rest in hundredths of a penny without VAT.
struct Coefficients {
    region: Region,
    import: (i64, i64),
    import_sureness: Sureness,
    /// D', base, adder, each times 100.
    outgoing: (i64, i64, i64),
    outgoing_sureness: Sureness,
}

use Sureness::{Confirmed, Likely, Unknown};

const fn row(
    region: Region,
    import: (i64, i64),
    import_sureness: Sureness,
    outgoing: (i64, i64, i64),
    outgoing_sureness: Sureness,
) -> Coefficients {
    Coefficients { region, import, import_sureness, outgoing, outgoing_sureness }
}

const COEFFICIENTS: [Coefficients; 14] = [
    row(Region::Eastern, (21, 1300), Confirmed, (95, 109, 704), Likely),
    row(Region::EastMidlands, (20, 1400), Likely, (94, 78, 627), Likely),
    row(Region::London, (20, 1200), Confirmed, (95, 130, 593), Confirmed),
    row(Region::MerseysideAndNorthWales, (22, 1300), Confirmed, (97, 126, 597), Confirmed),
    // The newest third-party table has 11 p where the others have 12 p.
    row(Region::WestMidlands, (21, 1200), Unknown, (94, 77, 650), Likely),
    row(Region::NorthEastern, (21, 1200), Likely, (95, 87, 488), Likely),
    row(Region::NorthWestern, (21, 1200), Likely, (96, 110, 589), Likely),
    row(Region::Southern, (21, 1200), Likely, (94, 93, 705), Likely),
    row(Region::SouthEastern, (22, 1200), Confirmed, (94, 109, 741), Likely),
    row(Region::SouthWales, (22, 1200), Likely, (94, 97, 546), Likely),
    row(Region::SouthWestern, (23, 1100), Likely, (93, 83, 714), Likely),
    row(Region::Yorkshire, (20, 1300), Likely, (96, 72, 578), Likely),
    row(Region::SouthScotland, (21, 1300), Likely, (97, 90, 385), Likely),
    row(Region::NorthScotland, (24, 1200), Likely, (96, 136, 268), Likely),
];

/// The delivery day from which import prices carry an offset: 2026-03-31T22:00Z.
const OFFSET_FROM: i64 = 1_774_994_400;
/// That offset in hundredths of a penny: computed again for London, likely elsewhere.
const OFFSET: i64 = -334;

/// 2022-10-01 and 2023-01-01, local: the months in which published prices hold a discount of 17 p.
const GUARANTEE_FROM: i64 = 1_664_578_800;
const GUARANTEE_TO: i64 = 1_672_531_200;
const GUARANTEE_END: i64 = 1_688_166_000;
const GUARANTEE_DISCOUNT: i64 = 17 * PENNY;

/// 10^-8 p in a penny and in its hundredth.
const PENNY: i64 = 100_000_000;
const HUNDREDTH: i64 = 1_000_000;

/// Which of the two formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    Import { cap: i64 },
    Outgoing,
}

/// The Agile formula of a product in a region.
///
/// ```
/// use kwhen::tariff::{AgileFormula, Region};
/// use kwhen::time::parse_instant;
/// let formula = AgileFormula::new(&"AGILE-24-10-01".parse()?, Region::London)?;
/// // 85.31 £/MWh at 17:30 local: 2.0 × 8.531 + 12
/// let price = formula.price("8.531".parse()?, parse_instant("2026-03-10T17:30:00Z")?)?;
/// assert_eq!(price.rate.to_string(), "29.06");
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgileFormula {
    way: Way,
    region: Region,
}

/// A price that the formula gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgilePrice {
    /// p/kWh without VAT.
    pub rate: UnitRate,
    /// Whether the cap (import) or the floor of 0 (outgoing) decided it.
    pub limited: bool,
    /// Whether the peak adder is in it.
    pub peak: bool,
    /// How sure the least sure of its coefficients is.
    pub sureness: Sureness,
}

/// The wholesale prices, in steps of 0.001 p/kWh (0.01 £/MWh), that give a unit rate. An end is open where the rate is at its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholesaleRange {
    /// The least; `None`: any below the greatest.
    pub least: Option<UnitRate>,
    /// The greatest; `None`: any above the least.
    pub greatest: Option<UnitRate>,
}

impl AgileFormula {
    /// The formula of a product; an error for one whose formula is not known, the business product *Shape Shifters: Agile* among them.
    pub fn new(product: &ProductCode, region: Region) -> Result<Self> {
        let code = product.as_str();
        if code.starts_with("AGILE-OUTGOING-") {
            return Ok(Self { way: Way::Outgoing, region });
        }
        // Caps are truncated: 35, 55, 78 and 100 p with VAT.
        let cap = match code {
            "AGILE-18-02-21" => 3333,
            "AGILE-22-07-22" => 5238,
            "AGILE-22-08-31" => 7428,
            _ if product.is_agile_import() => 9523,
            _ => {
                return Err(Error::unsupported("no Agile formula is known for this product; it is known for AGILE-… and AGILE-OUTGOING-…")
                    .with_value(code));
            }
        };
        Ok(Self { way: Way::Import { cap: cap * HUNDREDTH }, region })
    }

    /// The region that its coefficients are for.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }

    /// The cap in p/kWh without VAT; `None` for outgoing, which has a floor of 0 and no known cap.
    #[must_use]
    pub fn cap(&self) -> Option<UnitRate> {
        match self.way {
            Way::Import { cap } => UnitRate::from_units(cap).ok(),
            Way::Outgoing => None,
        }
    }

    /// The unit rate without VAT of the half-hour that starts at an instant, from its wholesale price in p/kWh.
    ///
    /// From October to December 2022 it holds the Energy Price Guarantee's discount as published, for the regions whose guaranteed
    /// rate is known (C, D, J). An error for those months elsewhere and for January to June 2023, whose discounts are not known.
    pub fn price(&self, wholesale: UnitRate, slot_start: DateTime<Utc>) -> Result<AgilePrice> {
        let (terms, peak) = self.terms(slot_start)?;
        let raw =
            i128::from(wholesale.units()) * i128::from(terms.multiplier) + i128::from(terms.addend) * 100;
        let rounded = divide(raw, 100 * i128::from(HUNDREDTH), Rounding::HalfUp) * i128::from(HUNDREDTH);
        let full = i64::try_from(rounded).map_err(|_| {
            Error::out_of_range("beyond the range of p/kWh").with_value(wholesale.to_string())
        })?;
        let (units, limited) = match self.way {
            Way::Import { cap } => (self.guaranteed(full.min(cap), slot_start)?, full > cap),
            Way::Outgoing => (full.max(0), full < 0),
        };
        Ok(AgilePrice { rate: UnitRate::from_units(units)?, limited, peak, sureness: terms.sureness })
    }

    /// The unit rates of a series of half-hourly wholesale prices (held without VAT). An error where a price of it has none.
    pub fn rates(&self, wholesale: &RateSeries) -> Result<RateSeries> {
        let rows = wholesale.intervals().enumerate().map(|(place, interval)| {
            let price = interval.prices.on(VatBasis::Exclusive);
            let price = price.ok_or_else(|| Error::missing("wholesale prices are given without VAT"))?;
            Ok(crate::series::RateRow {
                row: place as u64 + 1,
                valid_from: Some(interval.span.from()),
                valid_to: Some(interval.span.to()),
                prices: crate::series::Prices::Exclusive(self.price(price, interval.span.from())?.rate),
                payment_method: None,
            })
        });
        RateSeries::from_rows(rows.collect::<Result<Vec<_>>>()?, None)
    }

    /// The wholesale prices that give a unit rate without VAT in the half-hour that starts at an instant. An error for a rate that the
    /// formula never gives, and within the months of the Energy Price Guarantee, whose discount cannot be undone.
    pub fn wholesale(&self, rate: UnitRate, slot_start: DateTime<Utc>) -> Result<WholesaleRange> {
        if (GUARANTEE_FROM..GUARANTEE_END).contains(&slot_start.timestamp()) && self.way != Way::Outgoing {
            return Err(Error::unsupported(
                "a published rate of October 2022 to June 2023 holds a discount that cannot be undone",
            )
            .with_value(rate.to_string()));
        }
        let never = || {
            Error::infeasible("the formula never gives this rate; is VAT in it?").with_value(rate.to_string())
        };
        if rate.units() % HUNDREDTH != 0 {
            return Err(never());
        }
        let (terms, _) = self.terms(slot_start)?;
        // The first wholesale step of 0.001 p that rounds to the rate, and the first that rounds to more.
        let step = i128::from(HUNDREDTH / 10);
        let first_from = |edge: i128| -divide(-edge, i128::from(terms.multiplier) * step, Rounding::Floor);
        let edge =
            |offset: i64| (i128::from(rate.units()) + i128::from(offset) - i128::from(terms.addend)) * 100;
        let half = HUNDREDTH / 2;
        // Half up, away from zero: an exact half above belongs to the next rate for positive prices, below for negative ones.
        let (mut least, mut after) = (first_from(edge(-half)), first_from(edge(half)));
        if rate.units() <= 0 && multiple(edge(-half), terms.multiplier, step) {
            least += 1;
        }
        if rate.units() < 0 && multiple(edge(half), terms.multiplier, step) {
            after += 1;
        }
        let quantity = |steps: i128| {
            i64::try_from(steps * step)
                .ok()
                .and_then(|units| UnitRate::from_units(units).ok())
                .ok_or_else(never)
        };
        let (least_rate, greatest_rate) = (quantity(least)?, quantity(after - 1)?);
        let open = |least, greatest| Ok(WholesaleRange { least, greatest });
        match self.way {
            Way::Import { cap } if rate.units() > cap => Err(never()),
            Way::Import { cap } if rate.units() == cap => open(Some(least_rate), None),
            Way::Outgoing if rate.is_negative() => Err(never()),
            Way::Outgoing if rate.is_zero() => open(None, Some(greatest_rate)),
            _ if least >= after => Err(never()),
            _ => open(Some(least_rate), Some(greatest_rate)),
        }
    }

    /// The multiplier times 100 and the sum of what is added, in 10^-8 p.
    fn terms(&self, slot_start: DateTime<Utc>) -> Result<(Terms, bool)> {
        let coefficients = COEFFICIENTS.iter().find(|row| row.region == self.region).ok_or_else(|| {
            Error::unsupported("no coefficients are known for this region")
                .with_value(self.region.to_string())
        })?;
        let peak = (16..19).contains(&Calendar::great_britain().local(slot_start).hour());
        let adder = |adder: i64| if peak { adder } else { 0 };
        let terms = match self.way {
            Way::Import { .. } => {
                let (multiplier, peak_adder) = coefficients.import;
                let shifted = slot_start.timestamp() >= OFFSET_FROM;
                let offset_sureness = if self.region == Region::London { Confirmed } else { Likely };
                Terms {
                    multiplier: multiplier * 10,
                    addend: (adder(peak_adder) + if shifted { OFFSET } else { 0 }) * HUNDREDTH,
                    sureness: if shifted {
                        coefficients.import_sureness.min(offset_sureness)
                    } else {
                        coefficients.import_sureness
                    },
                }
            }
            Way::Outgoing => {
                let (multiplier, base, peak_adder) = coefficients.outgoing;
                Terms {
                    multiplier,
                    addend: (base + adder(peak_adder)) * HUNDREDTH,
                    sureness: coefficients.outgoing_sureness,
                }
            }
        };
        Ok((terms, peak))
    }

    /// What was published for a price in the months of the Energy Price Guarantee: unchanged up to the guaranteed rate, then that
    /// rate, then 17 p below the price.
    fn guaranteed(&self, full: i64, slot_start: DateTime<Utc>) -> Result<i64> {
        let seconds = slot_start.timestamp();
        if !(GUARANTEE_FROM..GUARANTEE_END).contains(&seconds) {
            return Ok(full);
        }
        let unknown = |what: &str| {
            Err(Error::unsupported(format!("{what}; use the published rates of those months"))
                .with_value(slot_start.to_rfc3339()))
        };
        if seconds >= GUARANTEE_TO {
            return unknown("the discounts of January to June 2023 are not known");
        }
        // Seen with VAT: 35.7945, 35.98, 35.3142 p.
        let with_vat: i128 = match self.region {
            Region::London => 357_945,
            Region::MerseysideAndNorthWales => 359_800,
            Region::SouthEastern => 353_142,
            _ => return unknown("the guaranteed rate of this region is not known"),
        };
        // To 4 decimals without VAT, as published.
        let units = divide(with_vat * 100, 105, Rounding::HalfUp) * power_of_ten(4);
        let guaranteed = i64::try_from(units).unwrap_or(full);
        Ok(if full <= guaranteed { full } else { guaranteed.max(full - GUARANTEE_DISCOUNT) })
    }
}

/// Whether an edge falls on a wholesale step exactly.
const fn multiple(edge: i128, multiplier: i64, step: i128) -> bool {
    edge % (multiplier as i128 * step) == 0
}

struct Terms {
    multiplier: i64,
    addend: i64,
    sureness: Sureness,
}

#[cfg(test)]
mod tests;
