//! The made-up numbers: every one follows from its time alone.

use crate::server::World;
use chrono::{DateTime, Duration, FixedOffset, Offset, TimeZone, Utc};
use chrono_tz::Europe::London;

pub(crate) const HALF_HOUR: i64 = 1800;

/// A whole-number hash, SplitMix64's last step.
fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ word >> 31
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or(DateTime::UNIX_EPOCH)
}

pub(crate) fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A half-hour's unit rate without VAT, in hundredths of a penny: dear from 16:00 to 19:00 local, now and then below zero.
pub(crate) fn agile_rate(start: DateTime<Utc>, world: &World) -> i64 {
    use chrono::Timelike;
    if let Some(revised) = world.revised_rates.get(&start) {
        return *revised;
    }
    let word = mix(start.timestamp().unsigned_abs() / HALF_HOUR.unsigned_abs());
    let peak = if (16..19).contains(&start.with_timezone(&London).hour()) { 1200 } else { 0 };
    i64::try_from(word % 2600).unwrap_or(0) - 150 + peak
}

/// A half-hour's consumption in Wh.
pub(crate) fn reading(start: DateTime<Utc>, world: &World) -> i64 {
    let made_up = || i64::try_from(mix(start.timestamp().unsigned_abs() / 1800 + 77) % 900).unwrap_or(0) + 40;
    world.revised.get(&start).copied().unwrap_or_else(made_up)
}

/// A half-hour's export in Wh: none by night, most at noon in summer.
pub(crate) fn exported(start: DateTime<Utc>) -> i64 {
    use chrono::{Datelike, Timelike};
    let noon = 24 - i64::from(start.hour() * 2 + start.minute() / 30);
    let summer = 183 - (i64::from(start.ordinal()) - 172).abs();
    let daylight = 9 + summer / 12;
    if noon.abs() >= daylight {
        return 0;
    }
    let height = (daylight - noon.abs()) * 60;
    height + i64::try_from(mix(start.timestamp().unsigned_abs() / 1800 + 991) % 90).unwrap_or(0)
}

/// A half-hour's gas in thousandths of a cubic metre: as a smart gas meter counts.
pub(crate) fn gas(start: DateTime<Utc>) -> i64 {
    let word = mix(start.timestamp().unsigned_abs() / 1800 + 4099);
    // The boiler is off most of the time.
    if !word.is_multiple_of(3) { 0 } else { i64::try_from(word / 3 % 600).unwrap_or(0) + 20 }
}

/// Until when rates are published: 23:00 local of today, or of tomorrow after 16:00.
pub(crate) fn published_until(now: DateTime<Utc>) -> DateTime<Utc> {
    use chrono::Timelike;
    let local = now.with_timezone(&London);
    let days = if local.hour() >= 16 { 1 } else { 0 };
    let evening = (local.date_naive() + Duration::days(days)).and_hms_opt(23, 0, 0).unwrap_or_default();
    London.from_local_datetime(&evening).single().map_or(now, |local| local.with_timezone(&Utc))
}

/// VAT in per cent at an instant, as the service applies it to electricity.
pub(crate) fn vat(start: DateTime<Utc>) -> i64 {
    if start >= at("2026-09-30T23:00:00Z") { 0 } else { 5 }
}

/// Scaled integers as JSON numbers: without zeros at the end, as the service writes them.
pub(crate) fn decimal(units: i64, places: u32) -> String {
    let scale = 10_i64.pow(places);
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.abs());
    let width = places as usize;
    let text = format!("{sign}{}.{:0width$}", size / scale, size % scale);
    if places == 0 {
        format!("{sign}{size}")
    } else {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// As readings carry it: `Z` in winter and `+01:00` in summer.
pub(crate) fn local_text(instant: DateTime<Utc>) -> String {
    let offset: FixedOffset = London.offset_from_utc_datetime(&instant.naive_utc()).fix();
    let local = instant.with_timezone(&offset);
    local.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// As rates carry it: always `Z`.
pub(crate) fn utc_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
