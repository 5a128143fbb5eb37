//! Gas: from what the meter counts to kWh.

use super::{Advance, Fuel, Tariff};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Rounding, divide, power_of_ten};
use crate::series::Consumption;
use crate::time::{Calendar, Period, Span, instant_text};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a gas meter's figures count. Always the caller's choice: the API labels it by the kind of meter and is sometimes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GasUnit {
    /// Cubic metres.
    CubicMetres,
    /// Hundreds of cubic feet, 2.83 m³ each.
    HundredsOfCubicFeet,
    /// kWh already: nothing is converted.
    KilowattHours,
}

/// A calorific value in MJ/m³, exact to 10⁻⁴, above 0 and at most 100; in Great Britain 37.5 to 43.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalorificValue(i64);

/// Decimals of a calorific value.
const SCALE: u32 = 4;

impl CalorificValue {
    /// From a decimal in MJ/m³; an error at 0 and below, above 100, and for more than four decimals.
    pub fn from_decimal(decimal: Decimal) -> Result<Self> {
        let refuse = |error: Error| error.with_value(decimal.to_string()).in_field("calorific_value");
        let normal = decimal.normalize();
        if normal.scale() > SCALE {
            return Err(refuse(Error::precision("has more than the 4 decimals that are held exactly")));
        }
        if normal <= Decimal::ZERO || normal > Decimal::ONE_HUNDRED {
            return Err(refuse(Error::out_of_range(
                "a calorific value is above 0 and at most 100 MJ/m³; gas in Great Britain has 37.5 to 43",
            )));
        }
        let units = normal.mantissa() * power_of_ten(SCALE - normal.scale());
        Ok(Self(i64::try_from(units).unwrap_or_default()))
    }

    /// As a decimal in MJ/m³.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, SCALE).normalize()
    }
}

impl std::str::FromStr for CalorificValue {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let decimal = Decimal::from_str_exact(text).map_err(|_| {
            Error::syntax("not a decimal number such as 39.5").with_value(text).in_field("calorific_value")
        })?;
        Self::from_decimal(decimal)
    }
}

/// Which calorific value holds when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalorificValues {
    /// One for all time.
    Fixed(CalorificValue),
    /// One a local day, as the network publishes them. A day without one is an error when it is asked for.
    Daily(BTreeMap<NaiveDate, CalorificValue>),
    /// The mean of the daily values over each statement period, rounded to so many decimals by a mode: what suppliers print, to 1
    /// decimal on the statements that were seen.
    PeriodAverage {
        /// The daily values.
        daily: BTreeMap<NaiveDate, CalorificValue>,
        /// Decimals that stay, at most 4.
        places: u32,
        /// How the rest is dropped.
        rounding: Rounding,
    },
}

impl CalorificValues {
    /// The value that holds at an instant of a statement period.
    pub fn at(&self, instant: DateTime<Utc>, period: Span, calendar: &Calendar) -> Result<CalorificValue> {
        match self {
            Self::Fixed(value) => Ok(*value),
            Self::Daily(daily) => {
                let date = calendar.date(instant);
                daily.get(&date).copied().ok_or_else(|| no_value(date))
            }
            Self::PeriodAverage { daily, places, rounding } => {
                let first = calendar.date(period.from());
                let last = calendar.date(period.to() - chrono::TimeDelta::seconds(1));
                let (mut sum, mut count, mut date) = (0_i128, 0_i128, first);
                while date <= last {
                    sum += i128::from(daily.get(&date).ok_or_else(|| no_value(date))?.0);
                    count += 1;
                    date = date + chrono::Days::new(1);
                }
                let step = power_of_ten(SCALE.saturating_sub(*places));
                let mean = divide(sum, count * step, *rounding) * step;
                let mean = i64::try_from(mean).unwrap_or_default();
                Self::checked(mean)
            }
        }
    }

    fn checked(units: i64) -> Result<CalorificValue> {
        CalorificValue::from_decimal(Decimal::new(units, SCALE))
    }
}

/// The value of every day of a span; an error where they differ.
fn one_value(
    daily: &BTreeMap<NaiveDate, CalorificValue>,
    span: Span,
    calendar: &Calendar,
) -> Result<CalorificValue> {
    let first = calendar.date(span.from());
    let last = calendar.date(span.to() - chrono::TimeDelta::seconds(1));
    let value = daily.get(&first).copied().ok_or_else(|| no_value(first))?;
    for date in first.iter_days().skip(1).take_while(|date| *date <= last) {
        if daily.get(&date).copied().ok_or_else(|| no_value(date))? != value {
            return Err(Error::misaligned(
                "the calorific value changes between two readings of the counter; take the mean over the period (calorific_value_places)",
            )
            .with_value(date.to_string())
            .in_field("calorific_value"));
        }
    }
    Ok(value)
}

fn no_value(date: NaiveDate) -> Error {
    Error::missing("no calorific value is known for that day")
        .with_value(date.to_string())
        .in_field("calorific_value")
}

/// How gas volumes become kWh: volume × correction × calorific value / 3.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GasConversion {
    /// What the meter's figures count.
    pub unit: GasUnit,
    /// Calorific values.
    pub calorific_values: CalorificValues,
    /// Decimals of a kWh that stay and how the rest is dropped. `None`: 8 decimals, half to even.
    pub kwh_rounding: Option<(u32, Rounding)>,
}

/// How volumes of gas became kWh: volume × correction × calorific value / 3.6, each reading by itself and rounded once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GasStep {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// A local day, a slot's local time, a register.
    pub label: String,
    /// How many readings are in it.
    pub readings: usize,
    /// What they sum to, in the meter's unit.
    pub volume: Energy,
    /// What the meter counts; a hundred cubic feet are 2.83 m³.
    pub unit: GasUnit,
    /// The correction for temperature and pressure.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub correction: Decimal,
    /// MJ/m³.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub calorific_value: Decimal,
    /// To how many decimals of a kWh each reading is rounded.
    pub kwh_places: u32,
    /// How the rest is dropped.
    pub rounding: Rounding,
    /// What they come to.
    pub kwh: Energy,
}

fn as_text<S: Serializer>(decimal: &Decimal, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(decimal)
}

/// What is said of a gas meter beside its unit, from flags, a file or arguments. [`GasConversion::new`] says what must be.
#[derive(Clone, Debug, Default)]
pub struct GasTerms {
    /// One calorific value for all time.
    pub calorific_value: Option<CalorificValue>,
    /// Or one a local day.
    pub calorific_values: Option<BTreeMap<NaiveDate, CalorificValue>>,
    /// Takes the mean of the daily values over the statement period, to so many decimals, at most 4.
    pub calorific_value_places: Option<u32>,
    /// Decimals of a kWh that each reading is rounded to, at most 8; `None`: 8.
    pub kwh_places: Option<u32>,
    /// How those two drop the rest; `None`: half to even.
    pub rounding: Option<Rounding>,
}

impl GasConversion {
    /// From what is said. Volumes need a calorific value, one or one a day: none is assumed, for it differs by place and month by some
    /// percent and every statement prints it. kWh take none. An error for anything else.
    pub fn new(unit: GasUnit, terms: GasTerms) -> Result<Self> {
        let rounding = terms.rounding.unwrap_or(Rounding::HalfEven);
        let at_most = |places: Option<u32>, most: u32, field: &'static str| match places {
            Some(places) if places > most => Err(Error::out_of_range(format!("is at most {most}"))
                .with_value(places.to_string())
                .in_field(field)),
            places => Ok(places),
        };
        let places = at_most(terms.calorific_value_places, SCALE, "calorific_value_places")?;
        let kwh_places = at_most(terms.kwh_places, Energy::SCALE, "kwh_places")?;
        let calorific_values = match (terms.calorific_value, terms.calorific_values, places) {
            (None, None, None) if unit == GasUnit::KilowattHours => CalorificValues::Daily(BTreeMap::new()),
            _ if unit == GasUnit::KilowattHours => {
                return Err(Error::conflict("kWh are not converted, so they take no calorific value"));
            }
            (Some(value), None, None) => CalorificValues::Fixed(value),
            (None, Some(daily), None) => CalorificValues::Daily(daily),
            (None, Some(daily), Some(places)) => CalorificValues::PeriodAverage { daily, places, rounding },
            (None, None, None) => {
                return Err(Error::missing(
                    "volumes of gas need a calorific value: calorific_value, one number (the statement prints it; 37.5 to 43 in Great \
                     Britain), or calorific_values, one a day",
                ));
            }
            _ => {
                return Err(Error::conflict(
                    "gas needs either calorific_value, one number, or calorific_values, one a day; calorific_value_places goes with those",
                ));
            }
        };
        Ok(Self { unit, calorific_values, kwh_rounding: kwh_places.map(|places| (places, rounding)) })
    }
}

impl Tariff {
    /// What a meter's readings come to in kWh: electricity as it is, gas by its conversion. The gate before every price.
    ///
    /// An error where a tariff of gas does not come with what its readings count, and where one of electricity does; and as
    /// [`GasConversion::consumption`].
    pub fn in_kwh<'a>(
        &self,
        readings: &'a Consumption,
        gas: Option<&GasConversion>,
        period: Span,
        calendar: &Calendar,
    ) -> Result<Cow<'a, Consumption>> {
        Ok(match self.conversion(gas)? {
            Some(gas) => Cow::Owned(gas.consumption(readings, period, calendar)?),
            None => Cow::Borrowed(readings),
        })
    }

    /// The same of what registers counted.
    pub fn advances_in_kwh<'a>(
        &self,
        advances: &'a [Advance],
        gas: Option<&GasConversion>,
        calendar: &Calendar,
    ) -> Result<Cow<'a, [Advance]>> {
        Ok(match self.conversion(gas)? {
            Some(gas) => Cow::Owned(gas.advances(advances, calendar)?),
            None => Cow::Borrowed(advances),
        })
    }

    fn conversion<'a>(&self, gas: Option<&'a GasConversion>) -> Result<Option<&'a GasConversion>> {
        self.fuel.conversion(gas).map_err(|error| error.with_value(&self.code))
    }
}

impl Fuel {
    /// The conversion that readings of a fuel need: one for gas, none for electricity. An error where it is missing, or there and not
    /// needed.
    pub fn conversion(self, gas: Option<&GasConversion>) -> Result<Option<&GasConversion>> {
        match (self, gas) {
            (Self::Electricity, Some(_)) => Err(Error::conflict(
                "is a tariff of electricity, whose readings are kWh; one of gas has a code such as G-1R-… or says fuel = \"gas\"",
            )),
            (Self::Gas, None) => Err(Error::missing(
                "is a tariff of gas: say what its readings count, cubic metres, hundreds of cubic feet or kWh; no file and no API tells it",
            )),
            (_, gas) => Ok(gas),
        }
    }
}

/// The volume correction for temperature and pressure, 1.02264, times 10⁵ (Gas (Calculation of Thermal Energy) Regulations 1996).
const CORRECTION: i128 = 102_264;
/// m³ in a hundred cubic feet, times 100.
const HUNDRED_CUBIC_FEET: i128 = 283;

impl GasConversion {
    /// kWh of a reading under a calorific value; the reading's own number is a count of the unit.
    pub fn energy(&self, reading: Energy, value: CalorificValue) -> Result<Energy> {
        let rounded = |energy: Energy| match self.kwh_rounding {
            Some((places, rounding)) => energy.round(places, rounding),
            None => energy,
        };
        // volume × 102264/10^5 × (units / 10^4) × 10/36, with 283/100 before it for cubic feet.
        let (factor, per) = match self.unit {
            GasUnit::KilowattHours => return Ok(rounded(reading)),
            GasUnit::CubicMetres => (1, 1),
            GasUnit::HundredsOfCubicFeet => (HUNDRED_CUBIC_FEET, 100),
        };
        let beyond =
            || Error::out_of_range("the energy is beyond the range of kWh").with_value(reading.to_string());
        let numerator = i128::from(reading.units())
            .checked_mul(factor * CORRECTION * 10)
            .and_then(|product| product.checked_mul(i128::from(value.0)))
            .ok_or_else(beyond)?;
        let (places, rounding) = self.kwh_rounding.unwrap_or((Energy::SCALE, Rounding::HalfEven));
        let step = power_of_ten(Energy::SCALE.saturating_sub(places));
        let denominator = per * power_of_ten(5 + SCALE) * 36;
        // One rounding, from the exact ratio to the places that stay.
        let units = divide(numerator, denominator * step, rounding) * step;
        i64::try_from(units).ok().and_then(|units| Energy::from_units(units).ok()).ok_or_else(beyond)
    }

    /// The consumption in kWh of a statement period, where the values of `volumes` count the unit.
    pub fn consumption(
        &self,
        volumes: &Consumption,
        period: Span,
        calendar: &Calendar,
    ) -> Result<Consumption> {
        let mut known: Option<(Span, CalorificValue)> = None;
        let mut energies = Vec::with_capacity(volumes.grid().len());
        for (slot, reading) in volumes.grid().slots().zip(volumes.iter()) {
            let Some(reading) = reading else {
                energies.push(None);
                continue;
            };
            if self.unit == GasUnit::KilowattHours {
                energies.push(Some(self.energy(reading, CalorificValue(1))?));
                continue;
            }
            let start = slot.span.from();
            let value = match known {
                Some((span, value)) if span.contains(start) => value,
                _ if !period.contains(start)
                    && !matches!(self.calorific_values, CalorificValues::Fixed(_)) =>
                {
                    energies.push(None);
                    continue;
                }
                _ => {
                    let value = self.calorific_values.at(start, period, calendar)?;
                    known = Some((self.holds(start, period, calendar)?, value));
                    value
                }
            };
            let energy = self.energy(reading, value);
            energies.push(Some(energy.map_err(|error| error.in_field(instant_text(start)))?));
        }
        Ok(Consumption::on_slots(*volumes.grid(), &energies)?.with_left_out(volumes.left_out().to_vec()))
    }

    /// The advances of a gas meter's counter in kWh; its readings stay in the meter's unit.
    ///
    /// A mean calorific value is the one over each advance. An error for daily values that differ between two readings: a counter does
    /// not say on which day it counted.
    pub fn advances(&self, advances: &[Advance], calendar: &Calendar) -> Result<Vec<Advance>> {
        let convert = |advance: &Advance| {
            let value = self.value_over(advance, calendar)?;
            Ok(Advance { energy: self.energy(advance.energy, value)?, ..advance.clone() })
        };
        advances.iter().map(convert).collect()
    }

    /// How each part of a period's volumes became kWh, in the parts that are given; none where the meter counts kWh.
    ///
    /// An error as [`consumption`](Self::consumption).
    pub fn steps(
        &self,
        volumes: &Consumption,
        period: Span,
        parts: &[Period],
        calendar: &Calendar,
    ) -> Result<Vec<GasStep>> {
        if self.unit == GasUnit::KilowattHours {
            return Ok(Vec::new());
        }
        let mut steps = Vec::new();
        for part in parts {
            // A local day has one value; a part that is longer has one for all time or for the period.
            let value = self.calorific_values.at(part.span.from(), period, calendar);
            let (mut readings, mut volume, mut energy) = (0, Energy::ZERO, Energy::ZERO);
            for place in volumes.grid().slots_starting_in(part.span) {
                let Some(reading) = volumes.get(place) else { continue };
                let value = value.as_ref().map_err(Clone::clone)?;
                readings += 1;
                volume = Energy::sum([volume, reading])?;
                energy = Energy::sum([energy, self.energy(reading, *value)?])?;
            }
            if let (1.., Ok(value)) = (readings, value) {
                let label = part.label.clone();
                steps.push(self.step(part.span, label, readings, (volume, value, energy)));
            }
        }
        Ok(steps)
    }

    /// The same of what a counter counted.
    pub fn advance_steps(
        &self,
        advances: &[Advance],
        period: Span,
        calendar: &Calendar,
    ) -> Result<Vec<GasStep>> {
        if self.unit == GasUnit::KilowattHours {
            return Ok(Vec::new());
        }
        let within = advances.iter().filter(|advance| advance.span.intersection(period).is_some());
        let step = |advance: &Advance| {
            let value = self.value_over(advance, calendar)?;
            let energy = self.energy(advance.energy, value)?;
            Ok(self.step(advance.span, advance.register.clone(), 1, (advance.energy, value, energy)))
        };
        within.map(step).collect()
    }

    fn step(
        &self,
        span: Span,
        label: String,
        readings: usize,
        (volume, value, kwh): (Energy, CalorificValue, Energy),
    ) -> GasStep {
        let (kwh_places, rounding) = self.kwh_rounding.unwrap_or((Energy::SCALE, Rounding::HalfEven));
        GasStep {
            span,
            label,
            readings,
            volume,
            unit: self.unit,
            correction: Decimal::new(i64::try_from(CORRECTION).unwrap_or_default(), 5),
            calorific_value: value.to_decimal(),
            kwh_places,
            rounding,
            kwh,
        }
    }

    fn value_over(&self, advance: &Advance, calendar: &Calendar) -> Result<CalorificValue> {
        match (&self.calorific_values, self.unit) {
            (_, GasUnit::KilowattHours) => Ok(CalorificValue(1)),
            (CalorificValues::Daily(daily), _) => one_value(daily, advance.span, calendar),
            (values, _) => values.at(advance.span.from(), advance.span, calendar),
        }
    }

    /// How long the calorific value of an instant holds.
    fn holds(&self, instant: DateTime<Utc>, period: Span, calendar: &Calendar) -> Result<Span> {
        match self.calorific_values {
            CalorificValues::Daily(_) => calendar.day(calendar.date(instant)),
            CalorificValues::Fixed(_) | CalorificValues::PeriodAverage { .. } => Ok(period),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Grid, SlotLength};

    fn fixed(unit: GasUnit, value: &str, places: Option<u32>) -> GasConversion {
        GasConversion {
            unit,
            calorific_values: CalorificValues::Fixed(value.parse().unwrap()),
            kwh_rounding: places.map(|places| (places, Rounding::HalfEven)),
        }
    }

    /// By hand: 100 × 1.02264 × 39.5 / 3.6 = 1122.0633…; a hundred cubic feet is 2.83 times that.
    #[test]
    fn worked_conversions() {
        let value = "39.5".parse().unwrap();
        let energy = |conversion: &GasConversion, reading: &str| {
            conversion.energy(reading.parse().unwrap(), value).unwrap().to_string()
        };
        assert_eq!(energy(&fixed(GasUnit::CubicMetres, "39.5", None), "100"), "1122.06333333");
        assert_eq!(energy(&fixed(GasUnit::CubicMetres, "39.5", Some(3)), "100"), "1122.063");
        assert_eq!(energy(&fixed(GasUnit::HundredsOfCubicFeet, "39.5", Some(2)), "100"), "3175.44");
        assert_eq!(energy(&fixed(GasUnit::KilowattHours, "39.5", None), "100"), "100");
        assert_eq!(energy(&fixed(GasUnit::CubicMetres, "39.5", Some(3)), "-100"), "-1122.063");
        let largest = fixed(GasUnit::HundredsOfCubicFeet, "39.5", None).energy(Energy::MAX, value);
        assert!(largest.unwrap_err().is_out_of_range());
    }

    #[test]
    fn a_calorific_value_of_0_is_refused() {
        for text in ["0", "-39.5", "100.1", "0.00001", "abc", ""] {
            let error = text.parse::<CalorificValue>().unwrap_err();
            assert!(error.to_string().contains("calorific_value"), "{error}");
        }
        assert!("0".parse::<CalorificValue>().unwrap_err().is_out_of_range());
    }

    #[test]
    fn what_must_be_said_of_gas_is_said_once_and_nothing_is_assumed() {
        let value: Option<CalorificValue> = Some("39.5".parse().unwrap());
        let daily = || Some(BTreeMap::from([("2026-03-28".parse().unwrap(), "39.1".parse().unwrap())]));
        let terms = |calorific_value, calorific_values, calorific_value_places| GasTerms {
            calorific_value,
            calorific_values,
            calorific_value_places,
            ..GasTerms::default()
        };
        let (make, fixed_value) = (GasConversion::new, fixed);
        let fixed = make(GasUnit::CubicMetres, terms(value, None, None)).unwrap();
        assert_eq!(fixed, fixed_value(GasUnit::CubicMetres, "39.5", None));
        assert!(make(GasUnit::CubicMetres, terms(None, daily(), None)).is_ok());
        let mean = make(GasUnit::CubicMetres, terms(None, daily(), Some(1))).unwrap().calorific_values;
        assert!(matches!(
            mean,
            CalorificValues::PeriodAverage { places: 1, rounding: Rounding::HalfEven, .. }
        ));
        let rounded = GasTerms { kwh_places: Some(3), ..terms(value, None, None) };
        assert_eq!(make(GasUnit::CubicMetres, rounded).unwrap().kwh_rounding, Some((3, Rounding::HalfEven)));
        for unit in [GasUnit::CubicMetres, GasUnit::HundredsOfCubicFeet] {
            assert!(make(unit, GasTerms::default()).unwrap_err().is_missing());
            assert!(make(unit, terms(value, daily(), None)).unwrap_err().is_conflict());
            assert!(make(unit, terms(value, None, Some(1))).unwrap_err().is_conflict());
            assert!(make(unit, terms(None, None, Some(1))).unwrap_err().is_conflict());
            assert!(make(unit, terms(None, daily(), Some(5))).unwrap_err().is_out_of_range());
        }
        assert!(make(GasUnit::KilowattHours, GasTerms::default()).is_ok());
        assert!(make(GasUnit::KilowattHours, terms(value, None, None)).unwrap_err().is_conflict());
        let beyond = GasTerms { kwh_places: Some(9), ..GasTerms::default() };
        assert!(make(GasUnit::KilowattHours, beyond).unwrap_err().is_out_of_range());
        // The gate: gas needs it, electricity refuses it.
        assert!(Fuel::Gas.conversion(None).unwrap_err().is_missing());
        assert!(Fuel::Electricity.conversion(Some(&fixed)).unwrap_err().is_conflict());
        assert_eq!(Fuel::Gas.conversion(Some(&fixed)).unwrap(), Some(&fixed));
        assert_eq!(Fuel::Electricity.conversion(None).unwrap(), None);
    }

    #[test]
    fn daily_values_hold_by_local_day_and_average_by_period() {
        let calendar = Calendar::great_britain();
        let dates: Vec<NaiveDate> =
            ["2026-03-28", "2026-03-29", "2026-03-30"].iter().map(|date| date.parse().unwrap()).collect();
        let daily: BTreeMap<_, _> =
            dates.iter().copied().zip(["39.1", "39.2", "39.4"].map(|value| value.parse().unwrap())).collect();
        let period =
            Span::new(calendar.day(dates[0]).unwrap().from(), calendar.day(dates[2]).unwrap().to()).unwrap();
        let volumes = Consumption::constant(
            Grid::covering(period, SlotLength::HALF_HOUR).unwrap(),
            "1".parse().unwrap(),
        );
        let by_day = GasConversion {
            calorific_values: CalorificValues::Daily(daily.clone()),
            ..fixed(GasUnit::CubicMetres, "1", None)
        };
        let energies = by_day.consumption(&volumes, period, &calendar).unwrap();
        // 1.02264 × 39.1 / 3.6 = 11.107006…; the second day has 46 half-hours.
        assert_eq!(energies.get(47).unwrap().round(4, Rounding::HalfEven).to_string(), "11.107");
        assert_eq!(energies.get(48).unwrap().round(4, Rounding::HalfEven).to_string(), "11.1354");
        assert_eq!(energies.get(48 + 46).unwrap().round(4, Rounding::HalfEven).to_string(), "11.1922");
        let average =
            CalorificValues::PeriodAverage { daily: daily.clone(), places: 1, rounding: Rounding::HalfEven };
        // The mean is 39.2333…
        assert_eq!(average.at(period.from(), period, &calendar).unwrap(), "39.2".parse().unwrap());
        let longer =
            Span::new(period.from(), calendar.day("2026-03-31".parse().unwrap()).unwrap().to()).unwrap();
        assert!(average.at(period.from(), longer, &calendar).unwrap_err().to_string().contains("2026-03-31"));
    }
}
