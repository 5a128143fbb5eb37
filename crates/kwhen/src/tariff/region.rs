//! The fourteen grid supply point groups of Great Britain: the regions that prices differ by.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

macro_rules! regions {
    ($($variant:ident, $letter:literal, $distributor:literal, $name:literal;)*) => {
        /// A grid supply point group. Named by the letter that ends a tariff code (A to P without I and O).
        ///
        /// ```
        /// use kwhen::tariff::Region;
        /// let region: Region = "_C".parse()?;
        /// assert_eq!((region, region.name(), region.distributor_id()), (Region::London, "London", 12));
        /// # Ok::<(), kwhen::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Region {
            $(#[doc = concat!($name, ": letter ", $letter, ", distributor ", $distributor, ".")] $variant,)*
        }

        impl Region {
            /// Every region, by letter.
            pub const ALL: [Self; 14] = [$(Self::$variant),*];

            /// Its letter.
            #[must_use]
            pub const fn letter(self) -> char {
                match self { $(Self::$variant => $letter),* }
            }

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The distributor's number: the first two digits of an MPAN there.
            #[must_use]
            pub const fn distributor_id(self) -> u8 {
                match self { $(Self::$variant => $distributor),* }
            }
        }
    };
}

regions! {
    Eastern, 'A', 10, "Eastern England";
    EastMidlands, 'B', 11, "East Midlands";
    London, 'C', 12, "London";
    MerseysideAndNorthWales, 'D', 13, "Merseyside and Northern Wales";
    WestMidlands, 'E', 14, "West Midlands";
    NorthEastern, 'F', 15, "North Eastern England";
    NorthWestern, 'G', 16, "North Western England";
    Southern, 'H', 20, "Southern England";
    SouthEastern, 'J', 19, "South Eastern England";
    SouthWales, 'K', 21, "Southern Wales";
    SouthWestern, 'L', 22, "South Western England";
    Yorkshire, 'M', 23, "Yorkshire";
    SouthScotland, 'N', 18, "Southern Scotland";
    NorthScotland, 'P', 17, "Northern Scotland";
}

impl Region {
    /// By its letter; an error for any but A to P without I and O.
    pub fn from_letter(letter: char) -> Result<Self> {
        Self::ALL.into_iter().find(|region| region.letter() == letter).ok_or_else(|| {
            Error::syntax("not a region letter: A to P without I and O").with_value(letter.to_string())
        })
    }

    /// By a distributor's number, 10 to 23; `None` for others, which are independent networks and lie in no one region.
    #[must_use]
    pub fn from_distributor_id(distributor_id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.distributor_id() == distributor_id)
    }
}

impl FromStr for Region {
    type Err = Error;

    /// Reads `C` or the API's group id `_C`.
    fn from_str(text: &str) -> Result<Self> {
        let mut letters = text.strip_prefix('_').unwrap_or(text).chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Self::from_letter(letter).map_err(|error| error.with_value(text)),
            _ => Err(Error::syntax("not a region such as C or _C").with_value(text)),
        }
    }
}

impl fmt::Display for Region {
    /// Its letter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_and_distributor_is_read_back() {
        let mut distributors = Vec::new();
        for letter in 'A'..='Z' {
            let region = Region::from_letter(letter);
            assert_eq!(
                region.is_ok(),
                ('A'..='P').contains(&letter) && letter != 'I' && letter != 'O',
                "{letter}"
            );
            let Ok(region) = region else { continue };
            assert_eq!(format!("_{region}").parse::<Region>().unwrap(), region);
            assert_eq!(Region::from_distributor_id(region.distributor_id()), Some(region));
            distributors.push(region.distributor_id());
        }
        distributors.sort_unstable();
        assert_eq!(distributors, (10..=23).collect::<Vec<_>>());
        assert_eq!(Region::from_distributor_id(24), None);
        for text in ["", "_", "I", "_O", "c", "CC", "__C", "Ç"] {
            assert!(text.parse::<Region>().unwrap_err().is_syntax(), "{text}");
        }
    }
}
