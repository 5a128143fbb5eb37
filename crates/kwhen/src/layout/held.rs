//! Files of which it is not said what they hold.

use super::read::{consumption, standing_charges, unit_rates};
use super::said::{Said, Taken, TakenFor};
use crate::error::{Error, Result};
use crate::input::{PriceOptions, ReadingOptions};
use crate::series::{Consumption, RateSeries, StandingCharges};

/// What a file holds, whatever that is.
#[derive(Clone, Debug)]
pub enum Held {
    /// Readings of a meter.
    Readings(Taken<Consumption>),
    /// Unit rates.
    Rates(Taken<RateSeries>),
    /// Standing charges.
    StandingCharges(Taken<StandingCharges>),
}

impl Held {
    /// What the file was taken for.
    #[must_use]
    pub const fn file(&self) -> &TakenFor {
        match self {
            Self::Readings(taken) => &taken.file,
            Self::Rates(taken) => &taken.file,
            Self::StandingCharges(taken) => &taken.file,
        }
    }
}

/// What several files hold as one: all readings, or all unit rates, or all standing charges. What they were taken for is what the first
/// was, with the guesses and series of all.
pub fn joined(parts: Vec<Held>) -> Result<Held> {
    let (mut readings, mut rates, mut charges, mut file) = (Vec::new(), Vec::new(), Vec::new(), None);
    for part in parts {
        let found: &mut TakenFor = file.get_or_insert_with(|| part.file().clone());
        if *found != *part.file() {
            let new = |guess: &&String| !found.guesses.contains(guess);
            let guesses: Vec<String> = part.file().guesses.iter().filter(new).cloned().collect();
            found.guesses.extend(guesses);
            found.series.extend(part.file().series.iter().cloned());
            found.is_gas |= part.file().is_gas;
        }
        match part {
            Held::Readings(taken) => readings.push(taken.series),
            Held::Rates(taken) => rates.push(taken.series),
            Held::StandingCharges(taken) => charges.push(taken.series),
        }
    }
    let file = file.ok_or_else(|| Error::missing("no file is given"))?;
    match (readings.is_empty(), rates.is_empty(), charges.is_empty()) {
        (false, true, true) => Ok(Held::Readings(Taken { series: Consumption::joined(readings)?, file })),
        (true, false, true) => Ok(Held::Rates(Taken { series: RateSeries::joined(rates)?, file })),
        (true, true, false) => {
            Ok(Held::StandingCharges(Taken { series: StandingCharges::joined(charges)?, file }))
        }
        _ => Err(Error::conflict("some of the files hold readings and some prices; give them apart")),
    }
}

/// Reads a file as readings, else as unit rates, else as standing charges.
pub fn held(bytes: &[u8], said: &Said, readings: &ReadingOptions, prices: &PriceOptions) -> Result<Held> {
    let first = match consumption(bytes, said, readings, &prices.calendar, None) {
        Ok(taken) => return Ok(Held::Readings(taken)),
        Err(error) => error,
    };
    let second = match unit_rates(bytes, said, prices) {
        Ok(taken) => return Ok(Held::Rates(taken)),
        Err(error) => error,
    };
    match standing_charges(bytes, said, prices) {
        Ok(taken) => Ok(Held::StandingCharges(taken)),
        // The error of what the file is, not of what it is not.
        Err(_) if first.to_string().contains("holds ") && !second.to_string().contains("holds ") => {
            Err(second)
        }
        Err(_) => Err(first),
    }
}
