//! Taxes by place: which country's tax an energy bears, its rates by date as data, and what is said where no table knows.
//!
//! Every rate here has its source and sureness in `docs/billing-rules.md`. What no source says is not offered: a bill then asks for it.

use super::{Customer, Direction, Fuel, VatRate, VatTable};
use crate::error::{Error, Result};
use crate::names::hint;
use crate::quantity::Currency;
use crate::time::Calendar;
use chrono::NaiveDate;
use std::fmt;

/// A country: its currency, the clocks that it goes by, and what is known of its tax on energy.
#[derive(Clone, Copy)]
pub struct Country(&'static Entry);

struct Entry {
    code: &'static str,
    /// The tax as people there call it.
    tax: &'static str,
    currency: &'static str,
    zones: &'static [&'static str],
    rates: &'static [Rates],
}

/// Rates of what is imported, for a fuel and a kind of customer (`None`: any), from local dates on, in percent; `None` where it is not known.
struct Rates {
    fuel: Option<Fuel>,
    customer: Option<Customer>,
    from: &'static [(&'static str, Option<&'static str>)],
}

const HOMES: Option<Customer> = Some(Customer::Domestic);
const POWER: Option<Fuel> = Some(Fuel::Electricity);
const GAS: Option<Fuel> = Some(Fuel::Gas);

const COUNTRIES: &[Entry] = &[
    // The table of `VatTable::great_britain`.
    Entry {
        code: "GB",
        tax: "VAT",
        currency: "GBP",
        zones: &[
            "Europe/London",
            "GB",
            "Europe/Belfast",
            "Europe/Guernsey",
            "Europe/Isle_of_Man",
            "Europe/Jersey",
        ],
        rates: &[],
    },
    Entry {
        code: "DE",
        tax: "USt",
        currency: "EUR",
        zones: &["Europe/Berlin", "Europe/Busingen"],
        rates: &[
            Rates { fuel: POWER, customer: None, from: &[("2021-01-01", Some("19"))] },
            Rates {
                fuel: GAS,
                customer: None,
                from: &[("2021-01-01", Some("19")), ("2022-10-01", Some("7")), ("2024-04-01", Some("19"))],
            },
        ],
    },
    Entry {
        code: "ES",
        tax: "IVA",
        currency: "EUR",
        zones: &["Europe/Madrid", "Africa/Ceuta"],
        // Homes of up to 10 kW. From 2024 to 2026 the rate has hung on the market's mean and on decrees: not offered.
        rates: &[Rates {
            fuel: POWER,
            customer: HOMES,
            from: &[("2022-01-01", Some("10")), ("2022-07-01", Some("5")), ("2024-01-01", None)],
        }],
    },
    Entry {
        code: "FR",
        tax: "TVA",
        currency: "EUR",
        zones: &["Europe/Paris"],
        // Before, the standing charge bore another rate than the energy.
        rates: &[Rates { fuel: None, customer: None, from: &[("2025-08-01", Some("20"))] }],
    },
    Entry {
        code: "IE",
        tax: "VAT",
        currency: "EUR",
        zones: &["Europe/Dublin", "Eire"],
        rates: &[Rates {
            fuel: None,
            customer: None,
            from: &[("2022-01-01", Some("13.5")), ("2022-05-01", Some("9")), ("2031-01-01", None)],
        }],
    },
    Entry {
        code: "IT",
        tax: "IVA",
        currency: "EUR",
        zones: &["Europe/Rome"],
        rates: &[Rates { fuel: POWER, customer: HOMES, from: &[("2022-01-01", Some("10"))] }],
    },
    Entry {
        code: "JP",
        tax: "consumption tax",
        currency: "JPY",
        zones: &["Asia/Tokyo", "Japan"],
        rates: &[Rates { fuel: None, customer: None, from: &[("2019-10-01", Some("10"))] }],
    },
    Entry {
        code: "NL",
        tax: "btw",
        currency: "EUR",
        zones: &["Europe/Amsterdam"],
        rates: &[Rates {
            fuel: None,
            customer: None,
            from: &[("2022-01-01", Some("21")), ("2022-07-01", Some("9")), ("2023-01-01", Some("21"))],
        }],
    },
    // The currency is known; the tax must be given.
    Entry { code: "AT", tax: "USt", currency: "EUR", zones: &["Europe/Vienna"], rates: &[] },
    Entry {
        code: "AU",
        tax: "GST",
        currency: "AUD",
        zones: &[
            "Australia/Sydney",
            "Australia/Melbourne",
            "Australia/Brisbane",
            "Australia/Adelaide",
            "Australia/Perth",
            "Australia/Darwin",
            "Australia/Hobart",
            "Australia/Lord_Howe",
            "Australia/Broken_Hill",
        ],
        rates: &[],
    },
    Entry { code: "BE", tax: "btw", currency: "EUR", zones: &["Europe/Brussels"], rates: &[] },
    Entry { code: "BG", tax: "VAT", currency: "EUR", zones: &["Europe/Sofia"], rates: &[] },
    Entry { code: "CH", tax: "MWST", currency: "CHF", zones: &["Europe/Zurich"], rates: &[] },
    Entry { code: "CZ", tax: "DPH", currency: "CZK", zones: &["Europe/Prague"], rates: &[] },
    Entry {
        code: "CA",
        tax: "GST",
        currency: "CAD",
        zones: &[
            "America/Edmonton",
            "America/Halifax",
            "America/Inuvik",
            "America/Moncton",
            "America/Regina",
            "America/St_Johns",
            "America/Toronto",
            "America/Vancouver",
            "America/Whitehorse",
            "America/Winnipeg",
        ],
        rates: &[],
    },
    Entry { code: "DK", tax: "moms", currency: "DKK", zones: &["Europe/Copenhagen"], rates: &[] },
    Entry { code: "EE", tax: "VAT", currency: "EUR", zones: &["Europe/Tallinn"], rates: &[] },
    Entry {
        code: "FI",
        tax: "ALV",
        currency: "EUR",
        zones: &["Europe/Helsinki", "Europe/Mariehamn"],
        rates: &[],
    },
    Entry { code: "GR", tax: "VAT", currency: "EUR", zones: &["Europe/Athens"], rates: &[] },
    Entry { code: "HR", tax: "PDV", currency: "EUR", zones: &["Europe/Zagreb"], rates: &[] },
    Entry { code: "HU", tax: "ÁFA", currency: "HUF", zones: &["Europe/Budapest"], rates: &[] },
    Entry { code: "LT", tax: "VAT", currency: "EUR", zones: &["Europe/Vilnius"], rates: &[] },
    Entry { code: "LU", tax: "TVA", currency: "EUR", zones: &["Europe/Luxembourg"], rates: &[] },
    Entry { code: "LV", tax: "VAT", currency: "EUR", zones: &["Europe/Riga"], rates: &[] },
    Entry {
        code: "NO",
        tax: "mva",
        currency: "NOK",
        zones: &["Europe/Oslo", "Arctic/Longyearbyen"],
        rates: &[],
    },
    Entry {
        code: "NZ",
        tax: "GST",
        currency: "NZD",
        zones: &["Pacific/Auckland", "Pacific/Chatham"],
        rates: &[],
    },
    Entry { code: "PL", tax: "VAT", currency: "PLN", zones: &["Europe/Warsaw"], rates: &[] },
    Entry {
        code: "PT",
        tax: "IVA",
        currency: "EUR",
        zones: &["Europe/Lisbon", "Atlantic/Azores", "Atlantic/Madeira"],
        rates: &[],
    },
    Entry { code: "RO", tax: "TVA", currency: "RON", zones: &["Europe/Bucharest"], rates: &[] },
    Entry { code: "SE", tax: "moms", currency: "SEK", zones: &["Europe/Stockholm"], rates: &[] },
    Entry { code: "SI", tax: "DDV", currency: "EUR", zones: &["Europe/Ljubljana"], rates: &[] },
    Entry { code: "SK", tax: "DPH", currency: "EUR", zones: &["Europe/Bratislava"], rates: &[] },
    Entry {
        code: "US",
        tax: "tax",
        currency: "USD",
        zones: &[
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Phoenix",
            "America/Los_Angeles",
            "America/Anchorage",
            "Pacific/Honolulu",
        ],
        rates: &[],
    },
];

impl Country {
    /// Great Britain.
    #[must_use]
    pub fn great_britain() -> Self {
        COUNTRIES
            .first()
            .map_or(Self(&Entry { code: "GB", tax: "VAT", currency: "GBP", zones: &[], rates: &[] }), Self)
    }

    /// By its ISO 3166 code: `DE`. An error for one that is not known here.
    pub fn named(code: &str) -> Result<Self> {
        COUNTRIES.iter().find(|country| country.code.eq_ignore_ascii_case(code.trim())).map(Self).ok_or_else(
            || {
                let hint = hint(code, COUNTRIES.iter().map(|country| country.code));
                Error::syntax(format!("not a country whose currency is known here, such as DE{hint}"))
                    .with_value(code)
            },
        )
    }

    /// The country that goes by a clock, where that is known.
    #[must_use]
    pub fn of_clock(calendar: &Calendar) -> Option<Self> {
        COUNTRIES.iter().find(|country| country.zones.contains(&calendar.name())).map(Self)
    }

    /// `DE`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0.code
    }

    /// The tax as people there call it: `VAT`, `USt`, `btw`.
    #[must_use]
    pub const fn tax_name(self) -> &'static str {
        self.0.tax
    }

    /// What is paid there.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.0.currency.parse().unwrap_or(Currency::NONE)
    }

    /// Its tax by date, known or not. What is paid for energy that a home exports is known for Great Britain alone.
    #[must_use]
    pub fn tax(self, fuel: Fuel, customer: Customer, direction: Direction) -> VatTable {
        if self == Self::great_britain() {
            return VatTable::great_britain(fuel, customer, direction);
        }
        let known = self.0.rates.iter().find(|rates| {
            rates.fuel.is_none_or(|known| known == fuel)
                && rates.customer.is_none_or(|known| known == customer)
        });
        let calendar = self.0.zones.first().and_then(|zone| Calendar::named(zone).ok());
        let (Some(rates), Some(calendar), Direction::Import) = (known, calendar, direction) else {
            return VatTable::unknown();
        };
        VatTable::dated(rates.from.iter().filter_map(|(date, percent)| {
            let date: NaiveDate = date.parse().ok()?;
            let rate = percent.and_then(|percent| format!("{percent}%").parse::<VatRate>().ok());
            Some((calendar.day(date).ok()?.from(), rate))
        }))
    }
}

impl PartialEq for Country {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for Country {}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code)
    }
}

/// The tax that a tariff bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taxes {
    /// A country's, by fuel, customer, direction and date.
    Country(Country),
    /// As it was given, under this name.
    Given {
        /// `VAT`, `btw`.
        name: String,
        /// The rates.
        table: VatTable,
    },
    /// Nobody has said it: nothing is billed.
    Unknown,
}

impl Taxes {
    /// One rate for all time, by the name that a country gives it.
    #[must_use]
    pub fn flat(rate: VatRate, country: Option<Country>) -> Self {
        Self::Given { name: country.map_or("VAT", Country::tax_name).to_owned(), table: VatTable::flat(rate) }
    }

    /// The tax as people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Country(country) => country.tax_name(),
            Self::Given { name, .. } => name,
            Self::Unknown => "tax",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Span, parse_instant};

    fn rate(country: &str, fuel: Fuel, customer: Customer, at: &str) -> Option<String> {
        let table = Country::named(country).unwrap().tax(fuel, customer, Direction::Import);
        table.known_at(parse_instant(at).unwrap()).map(|rate| rate.to_string())
    }

    /// By the sources that docs/billing-rules.md names.
    #[test]
    fn rates_change_at_local_midnights() {
        use Customer::{Business, Domestic};
        use Fuel::{Electricity, Gas};
        for (country, fuel, customer, at, expected) in [
            ("DE", Electricity, Domestic, "2026-10-31T12:00:00Z", Some("19 %")),
            ("DE", Gas, Business, "2022-09-30T21:59:59Z", Some("19 %")),
            ("DE", Gas, Domestic, "2022-09-30T22:00:00Z", Some("7 %")),
            ("DE", Gas, Domestic, "2024-03-31T22:00:00Z", Some("19 %")),
            ("ES", Electricity, Domestic, "2022-06-30T22:00:00Z", Some("5 %")),
            ("ES", Electricity, Domestic, "2024-02-01T00:00:00Z", None),
            ("ES", Electricity, Business, "2023-02-01T00:00:00Z", None),
            ("FR", Electricity, Domestic, "2025-07-31T21:59:59Z", None),
            ("FR", Electricity, Domestic, "2025-07-31T22:00:00Z", Some("20 %")),
            ("IE", Electricity, Domestic, "2022-04-30T22:59:59Z", Some("13.5 %")),
            ("IE", Gas, Domestic, "2022-04-30T23:00:00Z", Some("9 %")),
            ("IE", Gas, Domestic, "2031-01-01T00:00:00Z", None),
            ("IT", Electricity, Domestic, "2026-01-01T00:00:00Z", Some("10 %")),
            ("IT", Gas, Domestic, "2026-01-01T00:00:00Z", None),
            ("JP", Electricity, Business, "2026-01-01T00:00:00Z", Some("10 %")),
            ("NL", Gas, Domestic, "2022-12-31T22:59:59Z", Some("9 %")),
            ("NL", Gas, Domestic, "2022-12-31T23:00:00Z", Some("21 %")),
            ("GB", Electricity, Domestic, "2026-10-01T00:00:00Z", Some("0 %")),
            ("BE", Electricity, Domestic, "2026-10-01T00:00:00Z", None),
        ] {
            assert_eq!(rate(country, fuel, customer, at).as_deref(), expected, "{country} {fuel:?} {at}");
        }
    }

    #[test]
    fn clocks_and_currencies_of_the_table_exist() {
        for country in COUNTRIES {
            assert_ne!(Country(country).currency(), Currency::NONE, "{}", country.code);
            for zone in country.zones {
                let found = Country::of_clock(&Calendar::named(zone).unwrap()).unwrap();
                assert_eq!(found.code(), country.code, "{zone}");
            }
        }
        assert!(Country::of_clock(&Calendar::named("Asia/Kathmandu").unwrap()).is_none());
        assert!(Country::named("XY").is_err());
    }

    #[test]
    fn what_no_table_knows_is_asked_for() {
        let month = Span::new(
            parse_instant("2023-12-31T23:00:00Z").unwrap(),
            parse_instant("2024-01-31T23:00:00Z").unwrap(),
        )
        .unwrap();
        let spain =
            Country::named("ES").unwrap().tax(Fuel::Electricity, Customer::Domestic, Direction::Import);
        let error = spain.check(month).unwrap_err().to_string();
        assert!(
            error.contains("not known from 2023-12-31T23:00:00Z on") && error.contains("--tax"),
            "{error}"
        );
        assert!(VatTable::unknown().check(month).is_err());
        assert!(VatTable::flat(VatRate::ZERO).check(month).is_ok());
        for (text, expected) in [
            ("21%", Some("21 %")),
            ("13.5 %", Some("13.5 %")),
            ("none", Some("0 %")),
            ("21", None),
            ("101%", None),
            ("1.234%", None),
            ("-5%", None),
            ("%", None),
        ] {
            assert_eq!(
                text.parse::<VatRate>().ok().map(|rate| rate.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
