//! Value added tax by date, fuel, kind of customer and direction.

use crate::error::{Error, Result};
use crate::quantity::{Money, Rounding, UnitRate, divide, percent, power_of_ten};
use crate::time::{Span, from_seconds, instant_text};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fuel {
    /// Electricity.
    Electricity,
    /// Gas.
    Gas,
}

impl Fuel {
    /// As a heading has it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Electricity => "Electricity",
            Self::Gas => "Gas",
        }
    }
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Customer {
    /// A home.
    Domestic,
    /// A business.
    Business,
}

/// Which way the energy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the grid; the customer pays.
    Import,
    /// To the grid; the customer is paid.
    Export,
}

/// A rate of VAT in steps of 0.01 %, from 0 to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VatRate {
    hundredths_of_percent: u16,
}

const WHOLE: i128 = power_of_ten(4);

impl VatRate {
    /// No VAT.
    pub const ZERO: Self = Self { hundredths_of_percent: 0 };
    /// 5 %: domestic fuel and power.
    pub const FIVE_PERCENT: Self = Self { hundredths_of_percent: 500 };
    /// 20 %: the standard rate.
    pub const TWENTY_PERCENT: Self = Self { hundredths_of_percent: 2_000 };

    /// From hundredths of a percent (500 is 5 %); an error above 100 %.
    pub fn from_hundredths_of_percent(hundredths_of_percent: u16) -> Result<Self> {
        if hundredths_of_percent > 10_000 {
            return Err(Error::out_of_range("a VAT rate is at most 100 %")
                .with_value(hundredths_of_percent.to_string()));
        }
        Ok(Self { hundredths_of_percent })
    }

    /// The rate in hundredths of a percent.
    #[must_use]
    pub const fn hundredths_of_percent(self) -> u16 {
        self.hundredths_of_percent
    }

    /// The rate in percent, as `5`, `17.5`.
    #[must_use]
    pub fn percent(self) -> String {
        percent(self.hundredths_of_percent.into())
    }

    /// The VAT on an amount without VAT. Exact for every product of an [`Energy`](crate::Energy) and a
    /// [`UnitRate`](crate::UnitRate); beyond that, half to even at the last of the 20 decimals.
    pub fn on(self, net: Money) -> Result<Money> {
        let share = |amount: i128| amount * i128::from(self.hundredths_of_percent);
        // Whole steps and the rest apart, so that no product overflows.
        let whole = net.units() / WHOLE;
        let rest = net.units() - whole * WHOLE;
        Ok(Money::from_units(share(whole) + divide(share(rest), WHOLE, Rounding::HalfEven))?)
    }

    /// A rate without VAT with VAT in, half to even at its eighth decimal; an error beyond the range.
    pub fn on_rate(self, rate: UnitRate) -> Result<UnitRate> {
        let share = WHOLE + i128::from(self.hundredths_of_percent);
        let units = divide(i128::from(rate.units()) * share, WHOLE, Rounding::HalfEven);
        let beyond = || Error::out_of_range("a rate with VAT is beyond the range of rates");
        Ok(UnitRate::from_units(i64::try_from(units).map_err(|_| beyond())?)?)
    }

    /// The amount without VAT that an amount with VAT contains, half to even at the last of the 20 decimals.
    pub fn net_of(self, gross: Money) -> Result<Money> {
        let whole_and_vat = WHOLE + i128::from(self.hundredths_of_percent);
        let (whole, rest) = (gross.units() / whole_and_vat, gross.units() % whole_and_vat);
        Ok(Money::from_units(whole * WHOLE + divide(rest * WHOLE, whole_and_vat, Rounding::HalfEven))?)
    }
}

impl FromStr for VatRate {
    type Err = Error;

    /// Reads `21%`, `13.5 %` or `none`; at most two decimals.
    fn from_str(text: &str) -> Result<Self> {
        let malformed = || Error::syntax("not a rate of tax such as 21%, 13.5% or none").with_value(text);
        let number = match text.trim() {
            "none" => return Ok(Self::ZERO),
            text => text.strip_suffix('%').ok_or_else(malformed)?.trim_end(),
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 3
            || decimals.len() > 2
            || !is_number(whole)
            || !is_number(decimals)
        {
            return Err(malformed());
        }
        let digits = format!("{whole}{decimals:0<2}");
        Self::from_hundredths_of_percent(digits.parse().map_err(|_| malformed())?)
    }
}

impl fmt::Display for VatRate {
    /// As `5 %`, `17.5 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

/// VAT rates over time.
///
/// VAT goes by the date of supply, not by the *inc VAT* price of a record: the API prints the VAT rate of a record's last day, so an
/// open record shows the wrong price for its past (docs/billing-rules.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatTable {
    /// Rates and the seconds from which they hold, in order; the first holds from the beginning. `None`: not known.
    changes: Vec<(i64, Option<VatRate>)>,
}

/// 2026-10-01 00:00 in Great Britain: domestic electricity goes to 0 %.
const DOMESTIC_ELECTRICITY_ZERO_FROM: i64 = 1_790_809_200;
/// 2027-04-01 00:00 in Great Britain: the end of that window, announced as 2027-03-31.
const DOMESTIC_ELECTRICITY_ZERO_TO: i64 = 1_806_534_000;

impl VatTable {
    /// One rate for all time.
    #[must_use]
    pub fn flat(rate: VatRate) -> Self {
        Self { changes: vec![(i64::MIN, Some(rate))] }
    }

    /// No rate is known at any time: nothing can be billed with it.
    #[must_use]
    pub fn unknown() -> Self {
        Self { changes: vec![(i64::MIN, None)] }
    }

    /// Rates and the instants from which they hold, in any order; before the first, and where it is `None`, none is known.
    #[must_use]
    pub fn dated(rates: impl IntoIterator<Item = (DateTime<Utc>, Option<VatRate>)>) -> Self {
        let mut changes = vec![(i64::MIN, None)];
        changes.extend(rates.into_iter().map(|(from, rate)| (from.timestamp(), rate)));
        changes.sort_by_key(|(from, _)| *from);
        Self { changes }
    }

    /// An error that names the first instant of a span at which no rate is known.
    pub fn check(&self, span: Span) -> Result<()> {
        let ends = self.changes.iter().skip(1).map(|(from, _)| *from).chain([i64::MAX]);
        let unknown = self.changes.iter().zip(ends).find(|((from, rate), end)| {
            rate.is_none() && *from < span.to_seconds() && *end > span.start_seconds()
        });
        let Some(((from, _), _)) = unknown else { return Ok(()) };
        let at = instant_text(from_seconds((*from).max(span.start_seconds())));
        Err(Error::missing(format!(
            "the tax on this energy is not known from {at} on: give its rate (--tax 21%, or [tax] in the tariff), or say that there is none (--tax none)"
        ))
        .in_field("tax"))
    }

    /// Great Britain: homes pay 5 %, on electricity 0 % from 2026-10-01 to 2027-03-31; businesses 20 %; credits for export bear none.
    ///
    /// The 0 % window's start is confirmed, its end likely; that 5 % follows it is taken, not known (docs/billing-rules.md).
    #[must_use]
    pub fn great_britain(fuel: Fuel, customer: Customer, direction: Direction) -> Self {
        match (direction, customer, fuel) {
            (Direction::Export, _, _) => Self::flat(VatRate::ZERO),
            (Direction::Import, Customer::Business, _) => Self::flat(VatRate::TWENTY_PERCENT),
            (Direction::Import, Customer::Domestic, Fuel::Gas) => Self::flat(VatRate::FIVE_PERCENT),
            (Direction::Import, Customer::Domestic, Fuel::Electricity) => Self {
                changes: vec![
                    (i64::MIN, Some(VatRate::FIVE_PERCENT)),
                    (DOMESTIC_ELECTRICITY_ZERO_FROM, Some(VatRate::ZERO)),
                    (DOMESTIC_ELECTRICITY_ZERO_TO, Some(VatRate::FIVE_PERCENT)),
                ],
            },
        }
    }

    /// The rate in force at an instant; none where it is not known, which bills check before ([`check`](Self::check)).
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> VatRate {
        self.known_at(instant).unwrap_or(VatRate::ZERO)
    }

    /// The rate in force at an instant, where it is known.
    #[must_use]
    pub fn known_at(&self, instant: DateTime<Utc>) -> Option<VatRate> {
        let seconds = instant.timestamp();
        self.changes.iter().rev().find(|(from, _)| *from <= seconds).and_then(|(_, rate)| *rate)
    }

    /// When the rate changes inside a span, in seconds, in order.
    fn changes_inside(&self, span: Span) -> impl Iterator<Item = i64> {
        let changes = self.changes.iter().map(|(change, _)| *change);
        changes.filter(move |change| span.start_seconds() < *change && *change < span.to_seconds())
    }

    /// The rate that is in force throughout a span; `None` where it changes. A [`cut`](Self::cut) that takes no memory.
    pub(crate) fn throughout(&self, span: Span) -> Option<VatRate> {
        self.changes_inside(span).next().is_none().then(|| self.at(span.from()))
    }

    /// A span cut where the rate changes.
    #[must_use]
    pub fn cut(&self, span: Span) -> Vec<(Span, VatRate)> {
        let mut parts = Vec::with_capacity(1);
        let mut from = span.start_seconds();
        for to in self.changes_inside(span).chain([span.to_seconds()]) {
            parts.push((Span::from_seconds(from, to), self.at(from_seconds(from))));
            from = to;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        parse_instant(text).unwrap()
    }

    #[test]
    fn domestic_electricity_bears_none_from_october_2026_to_march_2027() {
        let electricity = VatTable::great_britain(Fuel::Electricity, Customer::Domestic, Direction::Import);
        for (instant, expected) in [
            ("2018-01-01T00:00:00Z", "5 %"),
            ("2026-09-30T22:59:59Z", "5 %"),
            ("2026-09-30T23:00:00Z", "0 %"),
            ("2027-03-31T22:59:59Z", "0 %"),
            ("2027-03-31T23:00:00Z", "5 %"),
        ] {
            assert_eq!(electricity.at(at(instant)).to_string(), expected, "{instant}");
        }
        let gas = VatTable::great_britain(Fuel::Gas, Customer::Domestic, Direction::Import);
        assert_eq!(gas.at(at("2026-11-01T00:00:00Z")), VatRate::FIVE_PERCENT);
        let year = Span::new(at("2026-06-01T00:00:00Z"), at("2027-06-01T00:00:00Z")).unwrap();
        let parts = electricity.cut(year);
        assert_eq!(parts.iter().map(|(_, rate)| rate.to_string()).collect::<Vec<_>>(), ["5 %", "0 %", "5 %"]);
        assert_eq!(parts[1].0, Span::new(at("2026-09-30T23:00:00Z"), at("2027-03-31T23:00:00Z")).unwrap());
        assert_eq!(gas.cut(year), [(year, VatRate::FIVE_PERCENT)]);
    }

    #[test]
    fn a_rate_holds_throughout_a_span_that_is_not_cut() {
        let table = VatTable::great_britain(Fuel::Electricity, Customer::Domestic, Direction::Import);
        let (zero, after) = (at("2026-09-30T23:00:00Z"), at("2027-03-31T23:00:00Z"));
        let (early, late) = (at("2026-09-01T00:00:00Z"), at("2027-05-01T00:00:00Z"));
        for (from, to, throughout, parts) in [
            (early, zero, Some(VatRate::FIVE_PERCENT), 1),
            (zero, after, Some(VatRate::ZERO), 1),
            (after, late, Some(VatRate::FIVE_PERCENT), 1),
            (early, after, None, 2),
            (early, late, None, 3),
        ] {
            let span = Span::new(from, to).unwrap();
            assert_eq!((table.throughout(span), table.cut(span).len()), (throughout, parts), "{span}");
        }
    }

    #[test]
    fn vat_of_worked_amounts() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(VatRate::FIVE_PERCENT.on(money("2318.2934375")).unwrap(), money("115.914671875"));
        assert_eq!(VatRate::FIVE_PERCENT.net_of(money("9.2715")).unwrap(), money("8.83"));
        assert_eq!(VatRate::TWENTY_PERCENT.on(money("-10")).unwrap(), money("-2"));
        let half = VatRate::from_hundredths_of_percent(1750).unwrap();
        assert_eq!((half.to_string().as_str(), half.on(money("2")).unwrap()), ("17.5 %", money("0.35")));
        assert!(VatRate::from_hundredths_of_percent(10_001).is_err());
        assert!(VatRate::TWENTY_PERCENT.on(Money::MAX).is_ok());
        assert!(VatRate::ZERO.net_of(Money::MAX).is_ok());
    }

    proptest! {
        #[test]
        fn vat_on_products_is_exact_and_undone(energy in -10_i64.pow(12)..10_i64.pow(12), rate in -10_i64.pow(12)..10_i64.pow(12), percent in 0_u16..=10_000) {
            let net = crate::Energy::from_units(energy).unwrap() * UnitRate::from_units(rate).unwrap();
            let vat = VatRate::from_hundredths_of_percent(percent).unwrap();
            let tax = vat.on(net).unwrap();
            prop_assert_eq!(tax.units() * 10_000, net.units() * i128::from(percent));
            prop_assert_eq!(vat.net_of(net.checked_add(tax).unwrap()).unwrap(), net);
        }
    }
}
