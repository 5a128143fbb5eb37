//! What the amounts of an answer are in.

use kwhen::quantity::Currency;
use kwhen::tariff::Country;
use kwhen::time::Calendar;
use serde::Serialize;

/// The currency of an answer's amounts.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Paid {
    /// An ISO 4217 code; `XXX` where it is not known.
    pub currency: Currency,
    /// How many decimals of the currency its minor unit is: 2 for pence, 0 for yen.
    pub minor_digits: u8,
}

impl Paid {
    /// That of the country that goes by a clock, where it is known: prices that come without one are taken to be in it.
    pub fn by_clock(calendar: &Calendar) -> Self {
        let currency = Country::of_clock(calendar).map_or(Currency::NONE, Country::currency);
        Self { currency, minor_digits: currency.minor_digits() }
    }
}
