//! Classes of days, given as lists of dates: holidays, the colours of a day, days on which prices are dear.

use crate::error::{Error, Result};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// Dates by class, and when a day begins.
///
/// The dates of a class are taken to be complete for the years from the first to the last of them: a bill beyond those years is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayClasses {
    pub(crate) names: Vec<String>,
    /// The class of a date, by days since 1970-01-01.
    pub(crate) dates: BTreeMap<i64, u8>,
    /// The first and last year of each class's dates.
    years: Vec<(i32, i32)>,
    /// At which minute of the clock a day of a class or weekday begins: 360 where it begins at 06:00.
    pub(crate) starts: u32,
}

impl DayClasses {
    /// How many classes there may be.
    pub const MOST: usize = 16;

    /// Days that begin at a minute of the clock (0 to 1439), with no class yet.
    #[must_use]
    pub fn starting_at(starts: u32) -> Self {
        Self { starts: starts.min(24 * 60 - 1), ..Self::default() }
    }

    /// Adds a class of days. An error where a date is in another class already, for a class without dates, and for more than 16 classes.
    pub fn add(&mut self, name: &str, dates: &[NaiveDate]) -> Result<()> {
        let class = u8::try_from(self.names.len()).unwrap_or(u8::MAX);
        let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else {
            return Err(Error::missing("has no dates").with_value(name));
        };
        if self.names.len() >= Self::MOST {
            return Err(Error::unsupported("there are at most 16 classes of days").with_value(name));
        }
        for date in dates {
            let number = i64::from(date.to_epoch_days());
            if let Some(other) = self.dates.insert(number, class).filter(|other| *other != class) {
                let other = self.names.get(usize::from(other)).cloned().unwrap_or_default();
                return Err(Error::conflict(format!("is in the class {other} and in {name}"))
                    .with_value(date.to_string()));
            }
        }
        self.names.push(name.to_owned());
        self.years.push((first.year(), last.year()));
        Ok(())
    }

    /// The place of a class.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The names of the classes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// With the dates of those classes alone that are used; the places stay.
    pub(crate) fn used(&self, is_used: impl Fn(usize) -> bool) -> Self {
        let mut used = self.clone();
        used.dates.retain(|_, class| is_used(usize::from(*class)));
        used
    }

    /// An error where years reach beyond those of the dates of a class that is used.
    pub(crate) fn check(&self, first: i32, last: i32) -> Result<()> {
        for (place, (name, (from, to))) in self.names.iter().zip(&self.years).enumerate() {
            let is_used = self.dates.values().any(|class| usize::from(*class) == place);
            if is_used && (first < *from || last > *to) {
                let year = if first < *from { first } else { last };
                return Err(Error::missing(format!(
                    "the dates of the class {name} are given for {from} to {to}, and the bill reaches into {year}: add its dates of that year"
                ))
                .with_value(name)
                .in_field("dates"));
            }
        }
        Ok(())
    }
}
