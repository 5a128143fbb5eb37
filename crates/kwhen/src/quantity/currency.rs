//! Currencies: which one an amount is in, how many digits its minor unit has, and how people write it.

use super::Money;
use super::Rounding;
use crate::error::{Error, Result};
use crate::names::hint;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A currency by its ISO 4217 code. Amounts ([`Money`], [`UnitRate`](crate::UnitRate)) count its *minor unit*: pence, cents, øre, and
/// yen, which have none smaller.
///
/// ```
/// use kwhen::quantity::Currency;
/// let (pound, yen): (Currency, Currency) = ("GBP".parse()?, "JPY".parse()?);
/// assert_eq!((pound.minor_digits(), yen.minor_digits()), (2, 0));
/// assert_eq!(pound.shown("123456.49".parse()?), "£1,234.56");
/// assert_eq!(yen.shown("8123.9".parse()?), "¥8,123");
/// assert!("PNY".parse::<Currency>().is_err());
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    minor_digits: u8,
}

/// ISO 4217 as of 2026 (list one, with Bulgaria's lev, which the euro replaced in 2026, for bills of before), by decimal digits of the
/// minor unit; `XXX` is no currency.
const CODES: [(u8, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF XXX"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK \
         DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT \
         LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN \
         QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS \
         VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// Symbol of the currency, whether it stands before the number, and the word of the minor unit, where people write them so.
const WRITTEN: [(&str, &str, bool, &str); 18] = [
    ("GBP", "£", true, "p"),
    ("EUR", "€", true, "ct"),
    ("JPY", "¥", true, "¥"),
    ("USD", "$", true, "¢"),
    ("AUD", "$", true, "c"),
    ("NZD", "$", true, "c"),
    ("CAD", "$", true, "¢"),
    ("NOK", "kr", false, "øre"),
    ("DKK", "kr", false, "øre"),
    ("SEK", "kr", false, "öre"),
    ("ISK", "kr", false, "kr"),
    ("PLN", "zł", false, "gr"),
    ("CZK", "Kč", false, "h"),
    ("HUF", "Ft", false, "f"),
    ("RON", "lei", false, "bani"),
    ("CHF", "CHF", true, "Rp."),
    ("KRW", "₩", true, "₩"),
    ("ILS", "₪", true, "agorot"),
];

impl Currency {
    /// The pound sterling.
    pub const GBP: Self = Self { code: "GBP", minor_digits: 2 };
    /// The euro.
    pub const EUR: Self = Self { code: "EUR", minor_digits: 2 };
    /// The yen.
    pub const JPY: Self = Self { code: "JPY", minor_digits: 0 };
    /// No currency that is known.
    pub const NONE: Self = Self { code: "XXX", minor_digits: 0 };

    /// All codes, in no order that means anything.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CODES.iter().flat_map(|(_, codes)| codes.split_whitespace())
    }

    /// `GBP`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many decimals of the currency its minor unit is: 2 for pence, 0 for yen.
    #[must_use]
    pub const fn minor_digits(self) -> u8 {
        self.minor_digits
    }

    /// Whether a kWh costs about as many of its minor unit as of pence: so with the pound, the euro, dollars and the franc.
    #[must_use]
    pub fn is_like_the_pound(self) -> bool {
        ["GBP", "EUR", "USD", "CHF", "AUD", "NZD", "CAD"].contains(&self.code)
    }

    /// How many of its minor unit one of it is: 100 for the pound, 1 for the yen.
    #[must_use]
    pub fn minor_units(self) -> i64 {
        10_i64.pow(u32::from(self.minor_digits))
    }

    /// An amount in whole minor units, as pages and exports have it: halves go away from zero; of a currency without a smaller unit what is
    /// less than one is cut off.
    #[must_use]
    pub fn whole(self, money: Money) -> Money {
        money.round(0, if self.minor_digits == 0 { Rounding::TowardZero } else { Rounding::HalfUp })
    }

    fn written(self) -> Option<&'static (&'static str, &'static str, bool, &'static str)> {
        WRITTEN.iter().find(|(code, ..)| *code == self.code)
    }

    /// How people write the currency: `£`, `kr`, or its code.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.written().map_or(self.code, |(_, symbol, ..)| symbol)
    }

    /// How people write its minor unit: `p`, `ct`, `øre`; `¥`, which has none; else the code with the share that it is, `KWD/1000`.
    #[must_use]
    pub fn minor(self) -> &'static str {
        match (self.written(), self.minor_digits) {
            (Some((_, _, _, minor)), _) => minor,
            (None, 2) => "cents",
            (None, 3) => "thousandths",
            (None, 4) => "ten-thousandths",
            (None, _) => self.code,
        }
    }

    /// An amount for people, to the minor unit: `£1,234.56`, `-€0.07`, `1,234.50 kr`. Halves go away from zero. Of a currency without a
    /// smaller unit what is less than one is cut off, as Japan's suppliers cut their totals: `¥8,123` (docs/billing-rules.md).
    #[must_use]
    pub fn shown(self, money: Money) -> String {
        let rounded = self.whole(money);
        let digits = usize::from(self.minor_digits);
        let text = format!("{:.0}", if rounded.is_negative() { -rounded } else { rounded });
        let padded = format!("{text:0>width$}", width = digits + 1);
        let (whole, minor) = padded.split_at_checked(padded.len() - digits).unwrap_or((&padded, ""));
        let sign = if rounded.is_negative() { "-" } else { "" };
        let point = if digits > 0 { "." } else { "" };
        let number = format!("{}{point}{minor}", grouped(whole));
        match self.written() {
            Some((_, symbol, true, _)) if symbol.len() < 3 || !symbol.is_ascii() => {
                format!("{sign}{symbol}{number}")
            }
            Some((_, symbol, true, _)) => format!("{sign}{symbol} {number}"),
            Some((_, symbol, false, _)) => format!("{sign}{number} {symbol}"),
            None => format!("{sign}{number} {}", self.code),
        }
    }

    /// Refuses two currencies in one sum: an error that names both and who says what.
    pub fn same(self, other: Self, who: &str, whose: &str) -> Result<Self> {
        if self == other {
            return Ok(self);
        }
        Err(Error::conflict(format!(
            "{who} is in {self} and {whose} in {other}; amounts of two currencies are never added or compared: convert one of them before"
        ))
        .in_field("currency"))
    }
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

impl Default for Currency {
    /// The pound, of Great Britain's tariffs.
    fn default() -> Self {
        Self::GBP
    }
}

impl FromStr for Currency {
    type Err = Error;

    /// Reads an ISO 4217 code; an error with the nearest one for any other text.
    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.trim().to_ascii_uppercase();
        for (minor_digits, codes) in CODES {
            if let Some(code) = codes.split_whitespace().find(|code| *code == wanted) {
                return Ok(Self { code, minor_digits });
            }
        }
        let hint = hint(&wanted, Self::codes());
        Err(Error::syntax(format!("not a currency of ISO 4217 such as EUR{hint}")).with_value(text))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_do() {
        let shown =
            |code: &str, amount: &str| code.parse::<Currency>().unwrap().shown(amount.parse().unwrap());
        for (code, amount, text) in [
            ("GBP", "0", "£0.00"),
            ("GBP", "6.5", "£0.07"),
            ("GBP", "-6.5", "-£0.07"),
            ("GBP", "-0.4", "£0.00"),
            ("EUR", "123456.5", "€1,234.57"),
            ("NOK", "-4", "-0.04 kr"),
            ("PLN", "100", "1.00 zł"),
            ("CHF", "1205", "CHF 12.05"),
            ("USD", "123456", "$1,234.56"),
            ("JPY", "1234567.99", "¥1,234,567"),
            ("JPY", "-0.99", "¥0"),
            ("KWD", "1234", "1.234 KWD"),
            ("XXX", "7", "7 XXX"),
        ] {
            assert_eq!(shown(code, amount), text, "{amount} {code}");
        }
    }

    #[test]
    fn codes_are_of_three_letters_each_once_and_others_are_refused() {
        let mut codes: Vec<_> = Currency::codes().collect();
        codes.sort_unstable();
        assert!(
            codes.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
        );
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "a code stands twice");
        for constant in [Currency::GBP, Currency::EUR, Currency::JPY, Currency::NONE] {
            assert_eq!(constant.code().parse::<Currency>().unwrap(), constant);
        }
        assert_eq!("eur".parse::<Currency>().unwrap(), Currency::EUR);
        let error = "EURO".parse::<Currency>().unwrap_err().to_string();
        assert!(error.contains("EUR"), "{error}");
        let error = Currency::EUR.same(Currency::JPY, "a.toml", "b.toml").unwrap_err().to_string();
        assert!(error.contains("a.toml is in EUR and b.toml in JPY"), "{error}");
    }

    /// By ISO 4217: its list one, edition of 2024.
    #[test]
    fn a_currency_says_its_minor_unit() {
        for (code, digits, units, symbol, minor) in [
            ("GBP", 2, 100, "£", "p"),
            ("NOK", 2, 100, "kr", "øre"),
            ("JPY", 0, 1, "¥", "¥"),
            ("BRL", 2, 100, "BRL", "cents"),
            ("KWD", 3, 1_000, "KWD", "thousandths"),
            ("CLF", 4, 10_000, "CLF", "ten-thousandths"),
            ("CLP", 0, 1, "CLP", "CLP"),
        ] {
            let currency: Currency = code.parse().unwrap();
            let said = (currency.minor_digits(), currency.minor_units(), currency.symbol(), currency.minor());
            assert_eq!(said, (digits, units, symbol, minor), "{code}");
            assert_eq!(format!("{currency:?} {currency}"), format!("{code} {code}"));
        }
        assert!(Currency::codes().count() > 100);
        assert!(Currency::EUR.is_like_the_pound() && !Currency::JPY.is_like_the_pound());
        // What rounds to nothing owes nothing; groups of three begin from the right.
        assert_eq!(Currency::GBP.shown("-0.1".parse().unwrap()), "£0.00");
        assert_eq!(Currency::GBP.shown("12345.6".parse().unwrap()), "£123.46");
    }

    #[test]
    fn a_code_is_read_from_json_and_no_other_text() {
        assert_eq!(serde_json::from_str::<Currency>("\"SEK\"").unwrap().code(), "SEK");
        assert_eq!(serde_json::to_string(&Currency::JPY).unwrap(), "\"JPY\"");
        assert!(serde_json::from_str::<Currency>("\"krona\"").is_err());
    }
}
