//! Arguments that several commands share, and how their text is read.

use crate::failure::Result;
use clap::{Args, ValueEnum};
use kwhen::Energy;
use kwhen::input::{EnergyUnit, PriceOptions, PriceRole, RateUnit, ReadingOptions};
use kwhen::layout::Unit;
use kwhen::plan::Power;
use kwhen::quantity::Rounding;
use kwhen::series::{PaymentMethod, VatBasis};
use kwhen::tariff::{Clock, NightHours};
use kwhen::time::{Calendar, LocalBand, SlotLength, Span};
use std::str::FromStr;
use std::time::Duration;

pub mod bills;
pub mod layout;
pub mod selling;
mod times;

pub use times::{PeriodArguments, parse_moment, parse_time, parse_times};

/// Under which head help names the flags about files.
const FILES: &str = "How files are read";

/// A stretch of time such as `5s`, `500ms` or `2m`.
pub fn parse_budget(text: &str) -> std::result::Result<Duration, String> {
    let malformed = || format!("not a time such as 5s, 500ms or 2m: {text:?}");
    let number = |digits: &str| digits.parse::<u32>().map(u64::from).map_err(|_| malformed());
    let budget = if let Some(digits) = text.strip_suffix("ms") {
        Duration::from_millis(number(digits)?)
    } else if let Some(digits) = text.strip_suffix('s') {
        Duration::from_secs(number(digits)?)
    } else if let Some(digits) = text.strip_suffix('m') {
        Duration::from_secs(number(digits)?.saturating_mul(60))
    } else {
        return Err(malformed());
    };
    if budget.is_zero() { Err("a budget must be more than no time".to_owned()) } else { Ok(budget) }
}

/// Whether VAT is in a column that does not say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RateVat {
    /// VAT is in
    #[default]
    Inc,
    /// VAT is out
    Exc,
}

impl RateVat {
    /// As the engine takes it.
    pub const fn basis(self) -> VatBasis {
        match self {
            Self::Inc => VatBasis::Inclusive,
            Self::Exc => VatBasis::Exclusive,
        }
    }
}

/// What unit rates are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnitOfRates {
    /// Pence (cents) a kWh
    #[default]
    Pence,
    /// Pounds (euros) a kWh
    Pounds,
    /// Pounds (euros) a MWh, as markets have it
    PoundsPerMwh,
}

/// How digits are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Round {
    /// To the nearest; a tie goes to the even digit
    HalfEven,
    /// To the nearest; a tie goes away from zero
    HalfUp,
    /// Digits are cut
    TowardZero,
    /// Any remainder goes away from zero
    AwayFromZero,
    /// Down to the lower value
    Floor,
    /// Up to the higher value
    Ceiling,
}

impl Round {
    const fn mode(self) -> Rounding {
        match self {
            Self::HalfEven => Rounding::HalfEven,
            Self::HalfUp => Rounding::HalfUp,
            Self::TowardZero => Rounding::TowardZero,
            Self::AwayFromZero => Rounding::AwayFromZero,
            Self::Floor => Rounding::Floor,
            Self::Ceiling => Rounding::Ceiling,
        }
    }
}

/// How files of prices are read.
#[derive(Args, Clone, Debug, Default)]
pub struct Pricing {
    /// Whether a column `rate` has VAT in it
    #[arg(long, help_heading = FILES, value_enum, default_value_t, value_name = "BASIS")]
    pub rate_vat: RateVat,
    /// Whose prices to take where a file has several (direct-debit, non-direct-debit)
    #[arg(long, help_heading = FILES, value_name = "METHOD")]
    pub payment_method: Option<String>,
    /// When the night register of a two-register tariff counts, in UTC all year; 00:30..07:30 if not said
    #[arg(long, help_heading = FILES, value_parser = parse_band, value_name = "FROM..TO")]
    pub night_hours: Option<LocalBand>,
    /// What unit rates in files are counted in
    #[arg(long, help_heading = FILES, value_enum, default_value_t, value_name = "UNIT")]
    pub rate_unit: UnitOfRates,
    /// Take times in files that are so little off the minute as the minute, such as 1s; 29s at most
    #[arg(long, help_heading = FILES, value_parser = parse_snap, value_name = "SECONDS")]
    pub snap: Option<u32>,
    /// Round numbers in files that have more than the 8 decimals that are held; without it they are an error
    #[arg(long, help_heading = FILES, value_enum, value_name = "MODE")]
    pub round: Option<Round>,
    #[command(flatten)]
    pub(crate) file: layout::LayoutFlags,
}

impl Pricing {
    /// How a file of prices is read that are for import or for export, where that is known.
    pub fn options(&self, calendar: &Calendar, role: Option<PriceRole>) -> PriceOptions {
        PriceOptions {
            payment_method: self.payment_method(),
            bare_price: self.rate_vat.basis(),
            rounding: self.round.map(Round::mode),
            unit: match self.rate_unit {
                UnitOfRates::Pence => RateUnit::Pence,
                UnitOfRates::Pounds => RateUnit::Pounds,
                UnitOfRates::PoundsPerMwh => RateUnit::PoundsPerMegawattHour,
            },
            role,
            snap_seconds: self.snap.unwrap_or(0),
            calendar: *calendar,
        }
    }

    /// Says what a file was taken for, where that is not its own word.
    pub fn applied(&self, ctx: &crate::context::Context, name: &str, file: &kwhen::layout::TakenFor) {
        self.file.applied(ctx, name, file);
    }

    /// The night's hours, said or usual.
    pub fn night_hours(&self) -> NightHours {
        let of = |band: LocalBand| NightHours { clock: Clock::Utc, from: band.from, to: band.to };
        self.night_hours.map_or_else(NightHours::default, of)
    }

    /// Whose prices to take.
    pub fn payment_method(&self) -> Option<PaymentMethod> {
        self.payment_method.as_deref().map(PaymentMethod::named)
    }
}

/// What readings in files are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnitOfReadings {
    /// kWh
    #[default]
    Kwh,
    /// Wh
    Wh,
    /// MWh
    Mwh,
    /// kW, the mean of each row
    Kw,
    /// W, the mean of each row
    W,
}

impl UnitOfReadings {
    /// A mean power, which is for readers of layouts alone.
    pub const fn power(self) -> Option<Unit> {
        match self {
            Self::Kw => Some(Unit::Kw),
            Self::W => Some(Unit::W),
            Self::Kwh | Self::Wh | Self::Mwh => None,
        }
    }
}

/// How files of readings are read.
#[derive(Args, Clone, Debug, Default)]
pub struct Metering {
    /// What readings in files are counted in
    #[arg(long, help_heading = FILES, value_enum, default_value_t, value_name = "UNIT")]
    pub reading_unit: UnitOfReadings,
    /// The most that the connection carries, in kW: a reading above it is left out and named as missing
    #[arg(long, help_heading = FILES, value_parser = parse_exact::<Power>, value_name = "KW")]
    pub connection_kw: Option<Power>,
}

impl Metering {
    /// How a file of readings is read, given how one of prices is.
    pub fn options(&self, pricing: &Pricing) -> ReadingOptions {
        ReadingOptions {
            rounding: pricing.round.map(Round::mode),
            unit: match self.reading_unit {
                UnitOfReadings::Kwh | UnitOfReadings::Kw | UnitOfReadings::W => EnergyUnit::KilowattHours,
                UnitOfReadings::Wh => EnergyUnit::WattHours,
                UnitOfReadings::Mwh => EnergyUnit::MegawattHours,
            },
            snap_seconds: pricing.snap.unwrap_or(0),
            most_an_hour: self.connection_kw.map(|power| power.over_minutes(60)),
        }
    }
}

/// What plans are made in.
#[derive(Args, Clone, Copy, Debug)]
pub struct Slots {
    /// How long the plan's slots are, however long each rate lasts: 30m, 15m, 1h. Where a rate changes inside a slot, all are shorter
    #[arg(long, default_value = "30m", value_parser = parse_slot, value_name = "DURATION")]
    pub slot: SlotLength,
}

pub(crate) fn parse_slot(text: &str) -> Result<SlotLength, String> {
    SlotLength::from_minutes(parse_duration(text)?).map_err(|error| error.to_string())
}

/// An energy above nothing.
pub fn parse_energy(text: &str) -> Result<Energy, String> {
    let energy: Energy = parse(text)?;
    if energy > Energy::ZERO {
        Ok(energy)
    } else {
        Err(format!("an energy must be more than nothing: {text}"))
    }
}

/// An energy that is not below nothing.
pub fn parse_level(text: &str) -> Result<Energy, String> {
    let energy: Energy = parse(text)?;
    if energy.is_negative() { Err(format!("an energy may not be below zero: {text}")) } else { Ok(energy) }
}

/// A power above nothing.
pub fn parse_power_above_zero(text: &str) -> Result<Power, String> {
    let power: Power = parse(text)?;
    if power > Power::ZERO { Ok(power) } else { Err(format!("a power must be more than nothing: {text}")) }
}

/// A power that is not below nothing.
pub fn parse_power(text: &str) -> Result<Power, String> {
    let power: Power = parse(text)?;
    if power < Power::ZERO { Err(format!("a power may not be below zero: {text}")) } else { Ok(power) }
}

/// Says which flags give a power that is hardly meant.
pub fn doubts<'a>(powers: impl IntoIterator<Item = (&'a str, Option<Power>)>) -> Vec<String> {
    let doubt = |(flag, power): (&str, Option<Power>)| Some(format!("{flag}: {}", power?.doubt()?));
    powers.into_iter().filter_map(doubt).collect()
}

/// What to say of a span that is longer than can be planned: rates without an end, or very many.
pub(crate) fn without_end(span: Span, most: &str) -> String {
    if span.is_open_ended() {
        "the rates have no end".to_owned()
    } else {
        format!("the rates are for {span}, which is more than {most}")
    }
}

/// Minutes from `3h`, `90m` or `1h30m`.
pub fn parse_duration(text: &str) -> Result<u32, String> {
    let malformed = || format!("not a duration such as 3h, 90m or 1h30m: {text:?}");
    let (mut rest, mut minutes) = (text.trim(), 0_u32);
    for (unit, length) in [('h', 60), ('m', 1)] {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        let all_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = number.parse().ok().filter(|_| all_digits).ok_or_else(malformed)?;
        minutes =
            number.checked_mul(length).and_then(|added| minutes.checked_add(added)).ok_or_else(malformed)?;
        rest = after;
    }
    match minutes {
        _ if !rest.is_empty() => Err(malformed()),
        0 => Err(format!("a duration must be at least a minute: {text:?}")),
        minutes => Ok(minutes),
    }
}

/// Seconds from `1s`: less than half a minute, so that one minute only is near.
fn parse_snap(text: &str) -> Result<u32, String> {
    let seconds = text.trim().strip_suffix('s').and_then(|seconds| seconds.parse().ok());
    seconds
        .filter(|seconds| (1..=29).contains(seconds))
        .ok_or_else(|| format!("not a tolerance from 1s to 29s: {text:?}"))
}

/// Whatever the core reads from text.
pub fn parse<T: FromStr<Err = kwhen::Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: kwhen::Error| error.to_string())
}

/// A band of local time such as `18:00..07:00`.
pub fn parse_band(text: &str) -> Result<LocalBand, String> {
    parse_exact(text)
}

/// A value that reads itself exactly: an energy, a power, a rate, a share.
pub fn parse_exact<T: FromStr<Err = kwhen::Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: kwhen::Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, minutes) in [("3h", 180), ("90m", 90), ("1h30m", 90), ("45m", 45), (" 2h ", 120)] {
            assert_eq!(parse_duration(text), Ok(minutes), "{text}");
        }
        for text in
            ["", "3", "h", "3h3h", "30m1h", "-1h", "1.5h", "0m", "3 h", "99999999999h", "4294967295h", "3hé"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
