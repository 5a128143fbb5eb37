//! Tariffs from definition files and from Kraken's products payload.

use super::clock::Clock;
use super::definition::{NightHours, Tariff, UnitRates};
use super::{
    Customer, Direction, DispatchPrices, Fuel, Levy, MonthsOfYear, Schedule, ScheduleBand, Weekdays,
};
use crate::error::{Error, Result};
use crate::names::{did_you_mean, hint};
use crate::quantity::{Money, UnitRate};
use crate::series::{PriceRow, Prices, RateSeries, StandingCharges, VatBasis};
use crate::time::{Calendar, Span};
use chrono::{DateTime, NaiveTime, Utc, Weekday};
use serde::Deserialize;

/// A tariff as a definition file says it; any serde format. Decimals are text (or JSON numbers, taken digit by digit), times without
/// a zone, bands and weekdays go by the clock of `time_zone`, or by the calendar that the file is read with where it names no zone.
///
/// ```
/// use kwhen::tariff::TariffDefinition;
/// use kwhen::time::Calendar;
/// let tariff = TariffDefinition::from_json(br#"{
///     "code": "E-1R-GO-VAR-22-10-14-C", "clock": "local", "standing_charge": "47.85",
///     "bands": [
///         {"name": "night", "from": "00:30", "to": "05:30", "rate": "8.0953"},
///         {"name": "day", "from": "05:30", "to": "00:30", "rate": "25.6"}]}"#, Calendar::great_britain())?;
/// assert_eq!(tariff.unit_rates.bands().len(), 2);
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TariffDefinition {
    code: String,
    #[serde(default)]
    fuel: Option<Fuel>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    customer: Option<Customer>,
    #[serde(default)]
    vat: Option<VatBasis>,
    #[serde(default)]
    time_zone: Option<String>,
    #[serde(default)]
    clock: ClockName,
    #[serde(default)]
    standing_charge: Option<Money>,
    #[serde(default)]
    standing_charges: Vec<DatedPrice<Money>>,
    #[serde(default)]
    unit_rate: Option<UnitRate>,
    #[serde(default)]
    bands: Vec<BandDefinition>,
    #[serde(default)]
    rates: Vec<DatedPrice<UnitRate>>,
    #[serde(default)]
    periods: Vec<PeriodDefinition>,
    #[serde(default)]
    unit_rate_uplift: Option<UnitRate>,
    #[serde(default)]
    climate_change_levy: Option<ClimateChangeLevy>,
    #[serde(default)]
    dispatch_rate: Option<UnitRate>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClockName {
    #[default]
    Local,
    Utc,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BandDefinition {
    #[serde(default)]
    name: Option<String>,
    from: String,
    to: String,
    #[serde(default)]
    days: Vec<String>,
    #[serde(default)]
    months: Vec<u32>,
    rate: UnitRate,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatedPrice<T> {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    price: T,
}

/// Unit rates that hold for a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodDefinition {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    clock: Option<ClockName>,
    #[serde(default)]
    unit_rate: Option<UnitRate>,
    #[serde(default)]
    bands: Vec<BandDefinition>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClimateChangeLevy {
    #[serde(default)]
    relief_percent: u8,
}

/// The bounds of the time tables, where an open side begins or ends.
fn open_span() -> Span {
    Span::from_seconds(0, 4_102_444_800)
}

impl TariffDefinition {
    /// Reads a tariff from JSON; `calendar` is its clock unless it names one.
    pub fn from_json(bytes: &[u8], calendar: Calendar) -> Result<Tariff> {
        let definition: Self = serde_json::from_slice(bytes).map_err(|error| {
            Error::syntax(did_you_mean(&format!("this is no tariff definition: {error}")))
        })?;
        definition.tariff(calendar)
    }

    /// To whom it says itself that it is sold, whatever its code says.
    #[must_use]
    pub const fn said_customer(&self) -> Option<Customer> {
        self.customer
    }

    /// Which way it says itself that the energy goes, whatever its code says.
    #[must_use]
    pub const fn said_direction(&self) -> Option<Direction> {
        self.direction
    }

    /// The tariff that it defines. `calendar` is the clock that its dates, weekdays and times of day go by, unless it names a `time_zone`.
    ///
    /// Which way it goes is said by `direction` or by the code; where neither says it, it is an import tariff.
    ///
    /// An error where the two disagree, where it gives no unit rates or gives them in more than one way, for bands that leave a gap or overlap, and for
    /// periods that overlap.
    pub fn tariff(self, calendar: Calendar) -> Result<Tariff> {
        let calendar = match &self.time_zone {
            Some(name) => Calendar::named(name)?,
            None => calendar,
        };
        let basis = self.vat.unwrap_or(VatBasis::Exclusive);
        let reader = Reader { calendar, basis };
        let code: Option<super::TariffCode> = self.code.parse().ok();
        let fuel = self
            .fuel
            .or_else(|| code.as_ref().and_then(super::TariffCode::fuel))
            .unwrap_or(Fuel::Electricity);
        let direction = Direction::agreed(&[
            ("the tariff's direction", self.direction),
            (&format!("its code {}", self.code), Direction::of_code(&self.code)),
        ])?;
        let mut unit_rates = self.read_unit_rates(&reader)?;
        if let Some(uplift) = self.unit_rate_uplift {
            unit_rates = unit_rates.uplifted(uplift)?;
        }
        let levies =
            self.climate_change_levy.iter().map(|levy| Levy::climate_change(fuel, levy.relief_percent));
        let tariff = Tariff {
            fuel,
            direction: direction.unwrap_or(Direction::Import),
            customer: Customer::Domestic,
            standing_charges: self.read_standing_charges(&reader)?,
            levies: levies.collect::<Result<_>>()?,
            dispatch_prices: self.dispatch_rate.map(|rate| DispatchPrices::Fixed(Prices::only(basis, rate))),
            unit_rates,
            code: self.code,
        };
        Ok(tariff.sold_to(self.customer))
    }

    fn read_unit_rates(&self, reader: &Reader) -> Result<UnitRates> {
        let ways = [
            self.unit_rate.is_some(),
            !self.bands.is_empty(),
            !self.rates.is_empty(),
            !self.periods.is_empty(),
        ];
        match ways.iter().filter(|way| **way).count() {
            1 => {}
            0 => {
                return Err(Error::missing("has no unit rates: give unit_rate, bands, rates or periods")
                    .with_value(&self.code));
            }
            _ => {
                return Err(Error::conflict(
                    "gives unit rates in more than one way: keep one of unit_rate, bands, rates and periods",
                )
                .with_value(&self.code));
            }
        }
        if !self.rates.is_empty() {
            return Ok(UnitRates::Series(RateSeries::from_rows(reader.rows(&self.rates)?, None)?));
        }
        if self.periods.is_empty() {
            return reader.rates(self.unit_rate, &self.bands, self.clock);
        }
        let mut parts: Vec<(Span, UnitRates)> = Vec::new();
        for (place, period) in self.periods.iter().enumerate() {
            let numbered = |error: Error| error.in_row(place as u64 + 1);
            let span = reader.span(period.from.as_deref(), period.to.as_deref()).map_err(numbered)?;
            let rates = reader.rates(period.unit_rate, &period.bands, period.clock.unwrap_or(self.clock));
            parts.push((span, rates.map_err(numbered)?));
        }
        parts.sort_by_key(|(span, _)| *span);
        for (earlier, later) in parts.iter().zip(parts.iter().skip(1)) {
            if earlier.0.intersection(later.0).is_some() {
                return Err(Error::overlap(format!(
                    "two periods of the tariff overlap: {} and {}",
                    earlier.0, later.0
                )));
            }
        }
        Ok(UnitRates::Dated(parts))
    }

    fn read_standing_charges(&self, reader: &Reader) -> Result<Option<StandingCharges>> {
        match (self.standing_charge, self.standing_charges.is_empty()) {
            (None, true) => Ok(None),
            (Some(price), true) => Ok(Some(StandingCharges::flat(Prices::only(reader.basis, price)))),
            (None, false) => {
                Ok(Some(StandingCharges::from_rows(reader.rows(&self.standing_charges)?, None)?))
            }
            (Some(_), false) => {
                Err(Error::conflict("gives both standing_charge and standing_charges").with_value(&self.code))
            }
        }
    }
}

/// How the texts of a definition are read.
struct Reader {
    calendar: Calendar,
    basis: VatBasis,
}

impl Reader {
    fn instant(&self, text: Option<&str>, field: &str) -> Result<Option<DateTime<Utc>>> {
        text.map(|text| self.calendar.parse(text).map_err(|error| error.in_field(field))).transpose()
    }

    fn span(&self, from: Option<&str>, to: Option<&str>) -> Result<Span> {
        let open = open_span();
        let from = self.instant(from, "from")?.unwrap_or(open.from());
        Span::new(from, self.instant(to, "to")?.unwrap_or(open.to())).map_err(|error| error.in_field("to"))
    }

    fn rows<T: Copy>(&self, prices: &[DatedPrice<T>]) -> Result<Vec<PriceRow<T>>> {
        let row = |(place, dated): (usize, &DatedPrice<T>)| {
            let row = place as u64 + 1;
            let numbered = |error: Error| error.in_row(row);
            Ok(PriceRow {
                row,
                valid_from: self.instant(dated.from.as_deref(), "from").map_err(numbered)?,
                valid_to: self.instant(dated.to.as_deref(), "to").map_err(numbered)?,
                prices: Prices::only(self.basis, dated.price),
                payment_method: None,
            })
        };
        prices.iter().enumerate().map(row).collect()
    }

    fn rates(
        &self,
        unit_rate: Option<UnitRate>,
        bands: &[BandDefinition],
        clock: ClockName,
    ) -> Result<UnitRates> {
        match (unit_rate, bands.is_empty()) {
            (Some(rate), true) => Ok(UnitRates::Series(RateSeries::flat(Prices::only(self.basis, rate)))),
            (None, false) => {
                let clock = match clock {
                    ClockName::Local => Clock::Local(self.calendar),
                    ClockName::Utc => Clock::Utc,
                };
                let bands = bands.iter().enumerate().map(|(place, band)| {
                    self.band(place, band).map_err(|error| error.in_row(place as u64 + 1))
                });
                Ok(UnitRates::Schedule(Schedule::new(clock, bands.collect::<Result<_>>()?)?))
            }
            (None, true) => Err(Error::missing("has no unit rates: give unit_rate or bands")),
            (Some(_), false) => Err(Error::conflict("gives both unit_rate and bands")),
        }
    }

    fn band(&self, place: usize, band: &BandDefinition) -> Result<ScheduleBand> {
        let weekdays = if band.days.is_empty() {
            Weekdays::ALL
        } else {
            let day = |text: &String| {
                text.parse::<Weekday>().map_err(|_| {
                    const DAYS: [&str; 7] =
                        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
                    Error::syntax(format!("not a weekday such as monday{}", hint(text, DAYS)))
                        .with_value(text)
                        .in_field("days")
                })
            };
            Weekdays::of(band.days.iter().map(day).collect::<Result<Vec<_>>>()?)
        };
        let months = if band.months.is_empty() {
            MonthsOfYear::ALL
        } else {
            MonthsOfYear::of(band.months.iter().copied()).map_err(|error| error.in_field("months"))?
        };
        Ok(ScheduleBand {
            name: band.name.clone().unwrap_or_else(|| format!("band {}", place + 1)),
            from: time_of_day(&band.from).map_err(|error| error.in_field("from"))?,
            to: time_of_day(&band.to).map_err(|error| error.in_field("to"))?,
            weekdays,
            months,
            prices: Prices::only(self.basis, band.rate),
        })
    }
}

fn time_of_day(text: &str) -> Result<NaiveTime> {
    match text {
        "24:00" => Ok(NaiveTime::MIN),
        text => NaiveTime::parse_from_str(text, "%H:%M")
            .map_err(|_| Error::syntax("not a time of day such as 00:30").with_value(text)),
    }
}

#[derive(Deserialize)]
struct KrakenProduct {
    code: String,
    #[serde(default)]
    is_business: bool,
    #[serde(default)]
    tariffs: Vec<KrakenTariff>,
}

#[derive(Deserialize)]
struct KrakenTariff {
    fuel: String,
    tariff_code: String,
    #[serde(default)]
    unit_rates: Vec<KrakenPrice<UnitRate>>,
    #[serde(default)]
    standing_charges: Vec<KrakenPrice<Money>>,
}

#[derive(Deserialize)]
struct KrakenPrice<T> {
    value: T,
    valid_from_date: Option<String>,
    valid_to_date: Option<String>,
    rate_type: Option<String>,
}

/// Reads the products payload of Kraken's data import (its documentation, "Importing products"): every tariff of every product.
///
/// Values are taken as pence without VAT. A dual-register tariff needs the times at which the night register counts, which the
/// payload does not say: `night` gives them (a smart meter's 00:30 to 07:30 UTC by default). Times without a zone are the calendar's.
pub fn kraken_products(
    bytes: &[u8],
    calendar: Calendar,
    night: Option<(Clock, NaiveTime, NaiveTime)>,
) -> Result<Vec<Tariff>> {
    let products: Vec<KrakenProduct> = serde_json::from_slice(bytes)
        .map_err(|error| Error::syntax(format!("this is no products payload: {error}")))?;
    let night = night.map_or_else(NightHours::default, |(clock, from, to)| NightHours { clock, from, to });
    let mut tariffs = Vec::new();
    for product in products {
        for tariff in product.tariffs {
            let customer = if product.is_business { Customer::Business } else { Customer::Domestic };
            let read = kraken_tariff(tariff, customer, calendar, night);
            tariffs.push(read.map_err(|error| error.in_source(format!("product {}", product.code)))?);
        }
    }
    if tariffs.is_empty() {
        return Err(Error::missing("holds no tariffs"));
    }
    Ok(tariffs)
}

fn kraken_tariff(
    tariff: KrakenTariff,
    customer: Customer,
    calendar: Calendar,
    night: NightHours,
) -> Result<Tariff> {
    let code = tariff.tariff_code;
    let fuel = match tariff.fuel.as_str() {
        "ELECTRICITY" => Fuel::Electricity,
        "GAS" => Fuel::Gas,
        other => {
            return Err(Error::unsupported("is neither ELECTRICITY nor GAS")
                .with_value(other)
                .in_field("fuel"));
        }
    };
    let reader = Reader { calendar, basis: VatBasis::Exclusive };
    let of_type = |wanted: &[&str]| -> Result<Vec<PriceRow<UnitRate>>> {
        let named = |price: &&KrakenPrice<UnitRate>| {
            wanted.contains(&price.rate_type.as_deref().unwrap_or("STANDARD"))
        };
        tariff
            .unit_rates
            .iter()
            .filter(named)
            .enumerate()
            .map(|(place, price)| reader.kraken_row(place, price))
            .collect()
    };
    let known = ["STANDARD", "ECO7_DAY", "ECO7_NIGHT"];
    if let Some(other) = tariff
        .unit_rates
        .iter()
        .filter_map(|price| price.rate_type.as_deref())
        .find(|name| !known.contains(name))
    {
        return Err(Error::unsupported("is none of STANDARD, ECO7_DAY and ECO7_NIGHT")
            .with_value(other)
            .in_field("rate_type"));
    }
    let (standard, day, nights) =
        (of_type(&["STANDARD"])?, of_type(&["ECO7_DAY"])?, of_type(&["ECO7_NIGHT"])?);
    let unit_rates = match (standard.is_empty(), day.is_empty(), nights.is_empty()) {
        (false, true, true) => UnitRates::Series(RateSeries::from_rows(standard, None)?),
        (true, false, false) => {
            let (day, nights) = (RateSeries::from_rows(day, None)?, RateSeries::from_rows(nights, None)?);
            UnitRates::day_and_night(&day, &nights, night)?
        }
        _ => {
            return Err(Error::conflict("needs STANDARD rates, or both ECO7_DAY and ECO7_NIGHT")
                .with_value(&code)
                .in_field("rate_type"));
        }
    };
    let standing = tariff.standing_charges.iter().enumerate();
    let standing =
        standing.map(|(place, price)| reader.kraken_row(place, price)).collect::<Result<Vec<_>>>()?;
    Ok(Tariff {
        fuel,
        direction: Direction::of_code(&code).unwrap_or(Direction::Import),
        customer,
        unit_rates,
        standing_charges: if standing.is_empty() {
            None
        } else {
            Some(StandingCharges::from_rows(standing, None)?)
        },
        levies: Vec::new(),
        dispatch_prices: None,
        code,
    })
}

impl Reader {
    fn kraken_row<T: Copy>(&self, place: usize, price: &KrakenPrice<T>) -> Result<PriceRow<T>> {
        let row = place as u64 + 1;
        Ok(PriceRow {
            row,
            valid_from: self
                .instant(price.valid_from_date.as_deref(), "valid_from_date")
                .map_err(|error| error.in_row(row))?,
            valid_to: self
                .instant(price.valid_to_date.as_deref(), "valid_to_date")
                .map_err(|error| error.in_row(row))?,
            prices: Prices::Exclusive(price.value),
            payment_method: None,
        })
    }
}

#[cfg(test)]
mod tests;
