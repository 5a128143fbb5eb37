//! Product codes and tariff codes.

use super::{Fuel, Region};
use crate::error::{Error, Result};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The code of a product, such as `AGILE-24-10-01`: capitals, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductCode(String);

/// The registers of a meter that a tariff is for, as its code says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisterKind {
    /// `1R`: one register.
    Single,
    /// `2R`: day and night registers with a price each.
    Dual,
    /// `FLAT2R`: two registers with one price.
    FlatDual,
    /// Any other, as written.
    Other(String),
}

/// A tariff code: fuel and registers (some codes have neither), product, region.
///
/// ```
/// use kwhen::tariff::{Fuel, Region, RegisterKind, TariffCode};
/// let code: TariffCode = "E-1R-AGILE-24-10-01-C".parse()?;
/// assert_eq!(code.product().as_str(), "AGILE-24-10-01");
/// assert_eq!((code.fuel(), code.registers(), code.region()), (Some(Fuel::Electricity), Some(&RegisterKind::Single), Region::London));
/// assert_eq!(code.to_string(), "E-1R-AGILE-24-10-01-C");
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TariffCode {
    prefix: Option<(CodeFuel, RegisterKind)>,
    product: ProductCode,
    region: Region,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum CodeFuel {
    Electricity,
    Gas,
}

impl ProductCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a domestic Agile import product, whose rates follow the half-hourly day-ahead price. The business product
    /// *Shape Shifters: Agile* has a formula of its own, and outgoing Agile is an export product; neither counts.
    #[must_use]
    pub fn is_agile_import(&self) -> bool {
        self.0.starts_with("AGILE-")
            && !["OUTGOING", "EXPORT", "BUS"].iter().any(|word| self.0.contains(word))
    }

    /// The tariff of this product in a region for one register of electricity.
    #[must_use]
    pub fn electricity_in(&self, region: Region) -> TariffCode {
        TariffCode {
            prefix: Some((CodeFuel::Electricity, RegisterKind::Single)),
            product: self.clone(),
            region,
        }
    }
}

impl FromStr for ProductCode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |message: &str| Err(Error::syntax(message).with_value(text));
        if text.is_empty() || text.starts_with('-') || text.ends_with('-') {
            return refuse("not a product code such as AGILE-24-10-01");
        }
        match text.chars().find(|c| !matches!(c, 'A'..='Z' | '0'..='9' | '-')) {
            Some(other) => refuse(&format!("a product code has capitals, digits and hyphens, not {other:?}")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for ProductCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RegisterKind {
    fn as_str(&self) -> &str {
        match self {
            Self::Single => "1R",
            Self::Dual => "2R",
            Self::FlatDual => "FLAT2R",
            Self::Other(other) => other,
        }
    }
}

impl TariffCode {
    /// What it delivers; `None` where the code does not say.
    #[must_use]
    pub fn fuel(&self) -> Option<Fuel> {
        self.prefix.as_ref().map(|(fuel, _)| match fuel {
            CodeFuel::Electricity => Fuel::Electricity,
            CodeFuel::Gas => Fuel::Gas,
        })
    }

    /// The registers that it is for; `None` where the code does not say.
    #[must_use]
    pub fn registers(&self) -> Option<&RegisterKind> {
        self.prefix.as_ref().map(|(_, registers)| registers)
    }

    /// Whether it has prices of its own for the car beside a day and a night rate of the home: Intelligent Go of 2026, whose codes begin
    /// with `IOG-SMB` and name one register, or name four.
    #[must_use]
    pub fn has_device_rates(&self) -> bool {
        self.product.0.starts_with("IOG-SMB-")
            || matches!(self.registers(), Some(RegisterKind::Other(other)) if other == "4R")
    }

    /// The product.
    #[must_use]
    pub const fn product(&self) -> &ProductCode {
        &self.product
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }
}

impl FromStr for TariffCode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || Error::syntax("not a tariff code such as E-1R-AGILE-24-10-01-C").with_value(text);
        let (rest, region) = text.rsplit_once('-').ok_or_else(malformed)?;
        let region = match region.len() {
            1 => region.parse::<Region>().map_err(|_| {
                Error::syntax(format!(
                    "ends in {region:?}, which is no region letter (A to P without I and O)"
                ))
                .with_value(text)
            })?,
            _ => return Err(malformed()),
        };
        let mut pieces = rest.splitn(3, '-');
        let prefix = match (pieces.next(), pieces.next(), pieces.next()) {
            (Some(fuel), Some(registers), Some(product))
                if fuel.len() == 1 && fuel.chars().all(|c| c.is_ascii_uppercase()) =>
            {
                Some((fuel, registers, product))
            }
            _ => None,
        };
        let Some((fuel, registers, product)) = prefix else {
            return Ok(Self {
                prefix: None,
                product: rest.parse().map_err(|error: Error| error.with_value(text))?,
                region,
            });
        };
        let fuel = match fuel {
            "E" => CodeFuel::Electricity,
            "G" => CodeFuel::Gas,
            other => {
                return Err(Error::unsupported(format!(
                    "the fuel {other:?} is neither E (electricity) nor G (gas)"
                ))
                .with_value(text));
            }
        };
        let registers = match registers {
            "1R" => RegisterKind::Single,
            "2R" => RegisterKind::Dual,
            "FLAT2R" => RegisterKind::FlatDual,
            other if !other.is_empty() && other.chars().all(|c| matches!(c, 'A'..='Z' | '0'..='9')) => {
                RegisterKind::Other(other.to_owned())
            }
            _ => return Err(malformed()),
        };
        Ok(Self {
            prefix: Some((fuel, registers)),
            product: product.parse().map_err(|_| malformed())?,
            region,
        })
    }
}

impl fmt::Display for TariffCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((fuel, registers)) = &self.prefix {
            let letter = match fuel {
                CodeFuel::Electricity => 'E',
                CodeFuel::Gas => 'G',
            };
            write!(f, "{letter}-{}-", registers.as_str())?;
        }
        write!(f, "{}-{}", self.product, self.region)
    }
}

impl Serialize for TariffCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn real_codes_are_taken_apart() {
        for (text, fuel, registers, product, letter) in [
            ("E-1R-AGILE-24-10-01-C", Some(Fuel::Electricity), Some("1R"), "AGILE-24-10-01", 'C'),
            ("E-2R-VAR-22-11-01-P", Some(Fuel::Electricity), Some("2R"), "VAR-22-11-01", 'P'),
            ("E-FLAT2R-SUPER-PROD-V1-B", Some(Fuel::Electricity), Some("FLAT2R"), "SUPER-PROD-V1", 'B'),
            ("G-1R-SILVER-2017-1-J", Some(Fuel::Gas), Some("1R"), "SILVER-2017-1", 'J'),
            (
                "E-1R-OUTGOING-SEG-FIX-12M-20-07-07-A",
                Some(Fuel::Electricity),
                Some("1R"),
                "OUTGOING-SEG-FIX-12M-20-07-07",
                'A',
            ),
            ("AGILE-18-02-21-A", None, None, "AGILE-18-02-21", 'A'),
            ("ELEC-1234-J", None, None, "ELEC-1234", 'J'),
            ("GO-K", None, None, "GO", 'K'),
        ] {
            let code: TariffCode = text.parse().unwrap();
            assert_eq!(code.to_string(), text);
            assert_eq!(code.fuel(), fuel, "{text}");
            assert_eq!(code.registers().map(RegisterKind::as_str), registers, "{text}");
            assert_eq!((code.product().as_str(), code.region().letter()), (product, letter), "{text}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "not a tariff code"),
            ("C", "not a tariff code"),
            ("-C", "not a product code"),
            ("E-1R-C", "E-1R-C"),
            ("E-1R-AGILE-24-10-01", "not a tariff code"),
            ("E-1R-AGILE-24-10-01-I", "no region letter"),
            ("E-1R-AGILE-24-10-01-Z", "no region letter"),
            ("E-1R-agile-24-10-01-C", "not a tariff code"),
            ("AGILE 24-C", "not ' '"),
            ("W-1R-WATER-24-C", "neither E"),
            ("E--AGILE-C", "not a tariff code"),
        ] {
            match text.parse::<TariffCode>() {
                Err(error) => assert!(error.to_string().contains(reason), "{text}: {error}"),
                Ok(code) => assert_eq!(code.to_string(), reason, "read without a prefix"),
            }
        }
        for (code, has) in [
            ("E-1R-IOG-SMB-TOU-25-12-12-H", true),
            ("E-4R-IOG-SMB-VAR-24-10-29-C", true),
            ("E-4R-GO-25-01-01-C", true),
            ("E-1R-INTELLI-VAR-24-10-29-C", false),
            ("E-2R-VAR-22-11-01-P", false),
        ] {
            assert_eq!(code.parse::<TariffCode>().unwrap().has_device_rates(), has, "{code}");
        }
        assert!("AGILE-24-10-01".parse::<ProductCode>().unwrap().is_agile_import());
        assert!(!"AGILE-OUTGOING-19-05-13".parse::<ProductCode>().unwrap().is_agile_import());
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_printed_back(text in "([EG]-(1R|2R|FLAT2R|4R)-)?[A-Z0-9]{1,6}(-[A-Z0-9]{1,4}){0,4}-[A-P]") {
            if let Ok(code) = text.parse::<TariffCode>() {
                prop_assert_eq!(code.to_string(), text);
            }
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<TariffCode>();
        }
    }
}
