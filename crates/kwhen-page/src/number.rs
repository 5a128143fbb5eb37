//! Numbers for people. Machines get every digit; see JSON and CSV.

use kwhen::quantity::Currency;
use kwhen::{Energy, Money, Rounding, UnitRate};

/// Pounds to the penny: `£1,234.56`, `-£0.07`.
pub fn pounds(money: Money) -> String {
    Currency::GBP.shown(money)
}

/// How the amounts of one table are shown: sums of a few pounds in pence, so that they visibly add up.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// The currency, to its minor unit.
    Major(Currency),
    /// The minor unit to two decimals; one that has no smaller is whole.
    Minor(Currency),
    /// The minor unit with so many decimals, where billing rules say how they are shown.
    MinorTo(Currency, u32),
}

impl Unit {
    /// By the largest amount.
    pub fn of(amount: Money, currency: Currency) -> Self {
        const TEN_POUNDS: i128 = 1_000 * 10_i128.pow(Money::SCALE);
        let is_small = amount.units().abs() < TEN_POUNDS && currency.minor_digits() > 0;
        if is_small { Self::Minor(currency) } else { Self::Major(currency) }
    }

    /// The minor unit; whole ones of a currency that has none smaller.
    pub const fn minor(currency: Currency) -> Self {
        if currency.minor_digits() == 0 { Self::Major(currency) } else { Self::Minor(currency) }
    }

    /// An amount with its unit, in a sentence: `12.34 p`, `€12.34`.
    pub fn said(self, money: Money) -> String {
        match self {
            Self::Major(_) => self.show(money),
            Self::Minor(currency) | Self::MinorTo(currency, _) => {
                format!("{} {}", self.show(money), currency.minor())
            }
        }
    }

    /// The column's heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Major(currency) => currency.symbol(),
            Self::Minor(currency) | Self::MinorTo(currency, _) => minor_name(currency),
        }
    }

    /// An amount in it.
    pub fn show(self, money: Money) -> String {
        match self {
            Self::Major(currency) => currency.shown(money),
            Self::Minor(_) => pence(money),
            Self::MinorTo(_, places) => to_places(money.round(places, Rounding::HalfUp), places),
        }
    }
}

/// The minor unit as a heading: `pence`, `ct`.
fn minor_name(currency: Currency) -> &'static str {
    if currency == Currency::GBP { "pence" } else { currency.minor() }
}

/// What unit rates are in: `p/kWh`, `ct/kWh`.
pub fn per_kwh(currency: Currency) -> String {
    format!("{}/kWh", currency.minor())
}

/// Pence to two decimals: `1,234.56`.
pub fn pence(money: Money) -> String {
    spaced(&format!("{:.2}", money.round(2, Rounding::HalfUp)))
}

/// Pence a kWh to two decimals: `21.25`.
pub fn rate(rate: UnitRate) -> String {
    let rounded = rate.round(2, Rounding::HalfUp);
    format!("{rounded:.2}")
}

/// kWh to three decimals: `1,234.567`.
pub fn kwh(energy: Energy) -> String {
    spaced(&format!("{:.3}", energy.round(3, Rounding::HalfUp)))
}

/// A quantity that is rounded to so many decimals, with all of them shown and thousands apart.
pub fn to_places(rounded: impl std::fmt::Display, places: u32) -> String {
    let text = rounded.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let whole =
        whole.strip_prefix('-').map_or_else(|| grouped(whole), |digits| format!("-{}", grouped(digits)));
    match places {
        0 => whole,
        places => format!("{whole}.{decimals:0<width$}", width = places as usize),
    }
}

/// Decimal text with thousands apart.
fn spaced(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    match digits.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", grouped(whole)),
        None => text.to_owned(),
    }
}

/// A count with thousands apart: `17,520`.
pub fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// `1 half-hour`, `48 half-hours`.
pub fn plural(number: usize, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The average price of energy, where there is any.
pub fn average(money: Money, energy: Energy) -> Option<UnitRate> {
    // 10^-20 p over 10^-8 kWh is 10^-12 p/kWh.
    let units = money.units().checked_div(i128::from(energy.units()))? / 10_000;
    i64::try_from(units).ok().and_then(|units| UnitRate::from_units(units).ok())
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.93865` as `93.9 %`.
pub fn percent(share: &str) -> String {
    share.parse::<Money>().map_or_else(
        |_| share.to_owned(),
        |share| match share.times(100) {
            Ok(percent) => format!("{:.1} %", percent.round(1, Rounding::HalfUp)),
            Err(_) => String::new(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_on_a_bill() {
        let shown = |pence: &str| pounds(pence.parse().unwrap());
        assert_eq!(shown("0"), "£0.00");
        assert_eq!(shown("6.5"), "£0.07");
        assert_eq!(shown("-6.5"), "-£0.07");
        assert_eq!(shown("-0.4"), "£0.00");
        assert_eq!(shown("123456.49"), "£1,234.56");
        assert_eq!(shown("100000000"), "£1,000,000.00");
    }

    #[test]
    fn energy_and_rates_keep_their_sign() {
        assert_eq!(pence("1234.565".parse().unwrap()), "1,234.57");
        assert_eq!(kwh("-1234.5".parse().unwrap()), "-1,234.500");
        assert_eq!(rate("-0.505".parse().unwrap()), "-0.51");
        assert_eq!((plural(1, "slot"), plural(1_490, "slot")), ("1 slot".into(), "1,490 slots".into()));
    }

    #[test]
    fn an_average_needs_energy() {
        assert_eq!(average("30".parse().unwrap(), "2".parse().unwrap()).unwrap().to_string(), "15");
        assert_eq!(average("30".parse().unwrap(), Energy::ZERO), None);
    }
}
