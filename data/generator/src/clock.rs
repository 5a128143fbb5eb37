//! The sample year on the UTC line and on the London wall clock.
//!
//! Slots are numbered from the start of the first market day, 2025-10-31T23:00Z. The two clock changes of the year
//! are written out, so that nothing here depends on a time zone table.

/// Half-hours in a day that has no clock change.
pub const SLOTS_PER_DAY: i64 = 48;
/// The first slot of the rates: the market day of 2025-11-01 starts at 23:00 the evening before.
pub const RATES_FROM: i64 = 0;
/// The end of the rates: 2026-11-01T23:00Z, 366 whole market days later.
pub const RATES_TO: i64 = 366 * SLOTS_PER_DAY;
/// The first slot of the household: local midnight of 2025-11-01.
pub const HOME_FROM: i64 = 2;
/// The end of the household's year: local midnight of 2026-11-01.
pub const HOME_TO: i64 = HOME_FROM + 365 * SLOTS_PER_DAY;
/// 2026-03-31T22:00Z, from which region C's Agile formula is lower by 3.34 p.
pub const FORMULA_CHANGE: i64 = (31 + 1 + 29 + 31 + 28 + 31) * SLOTS_PER_DAY - 2;
/// 2026-09-30T23:00Z, from which VAT on domestic electricity is 0 %.
pub const VAT_CHANGE: i64 = 334 * SLOTS_PER_DAY;

/// Days from 1970-01-01 to 2025-10-31.
const FIRST_DAY: i64 = 20_392;
/// 2026-03-29T01:00Z and 2026-10-25T01:00Z.
const SUMMER_TIME: (i64, i64) = (148 * SLOTS_PER_DAY + 4, 358 * SLOTS_PER_DAY + 4);

/// Minutes by which the London clock is ahead of UTC in a slot.
#[must_use]
pub fn offset_minutes(slot: i64) -> i64 {
    if (SUMMER_TIME.0..SUMMER_TIME.1).contains(&slot) { 60 } else { 0 }
}

/// The local half-hour of the day, 0 to 47, that a slot falls in.
#[must_use]
pub fn local_half_hour(slot: i64) -> i64 {
    (slot + 46 + offset_minutes(slot) / 30).rem_euclid(SLOTS_PER_DAY)
}

/// The local day that a slot falls in; day 0 is 2025-11-01.
#[must_use]
pub fn local_day(slot: i64) -> i64 {
    (slot - 2 + offset_minutes(slot) / 30).div_euclid(SLOTS_PER_DAY)
}

/// Day of the week of a local day: Monday is 0.
#[must_use]
pub fn weekday(day: i64) -> i64 {
    // 2025-11-01 was a Saturday.
    (day + 5).rem_euclid(7)
}

/// True on Saturdays and Sundays.
#[must_use]
pub fn is_weekend(day: i64) -> bool {
    weekday(day) >= 5
}

/// The slot that holds a wall-clock minute of a local day, and the minutes into that slot.
///
/// The clock of the day's noon is used for the whole day.
#[must_use]
pub fn slot_of(day: i64, minute_of_day: i64) -> (i64, i64) {
    let noon = day * SLOTS_PER_DAY + HOME_FROM + 24;
    let minute = (day * SLOTS_PER_DAY + HOME_FROM) * 30 + minute_of_day - offset_minutes(noon);
    (minute.div_euclid(30), minute.rem_euclid(30))
}

/// A slot's start as the API writes rates' times: UTC with `Z`.
#[must_use]
pub fn utc_text(slot: i64) -> String {
    wall_text(slot, 0) + "Z"
}

/// A slot's start as the API writes consumption's times: the wall clock and its offset.
#[must_use]
pub fn local_text(slot: i64) -> String {
    match offset_minutes(slot) {
        0 => utc_text(slot),
        ahead => wall_text(slot, ahead) + "+01:00",
    }
}

fn wall_text(slot: i64, ahead: i64) -> String {
    let minute = FIRST_DAY * 1440 + 23 * 60 + slot * 30 + ahead;
    let (year, month, day) = civil(minute.div_euclid(1440));
    let of_day = minute.rem_euclid(1440);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:00", of_day / 60, of_day % 60)
}

/// Year, month and day from days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_slots_are_the_instants_they_claim() {
        assert_eq!(utc_text(RATES_FROM), "2025-10-31T23:00:00Z");
        assert_eq!(utc_text(HOME_FROM), "2025-11-01T00:00:00Z");
        assert_eq!(utc_text(FORMULA_CHANGE), "2026-03-31T22:00:00Z");
        assert_eq!(utc_text(VAT_CHANGE), "2026-09-30T23:00:00Z");
        assert_eq!(utc_text(SUMMER_TIME.0), "2026-03-29T01:00:00Z");
        assert_eq!(utc_text(SUMMER_TIME.1), "2026-10-25T01:00:00Z");
        assert_eq!(utc_text(HOME_TO), "2026-11-01T00:00:00Z");
        assert_eq!(utc_text(RATES_TO), "2026-11-01T23:00:00Z");
    }

    #[test]
    fn the_wall_clock_skips_and_repeats_an_hour() {
        assert_eq!(local_text(SUMMER_TIME.0 - 1), "2026-03-29T00:30:00Z");
        assert_eq!(local_text(SUMMER_TIME.0), "2026-03-29T02:00:00+01:00");
        assert_eq!(local_text(SUMMER_TIME.1 - 1), "2026-10-25T01:30:00+01:00");
        assert_eq!(local_text(SUMMER_TIME.1), "2026-10-25T01:00:00Z");
        let slots_in = |day| (HOME_FROM..HOME_TO).filter(|&slot| local_day(slot) == day).count();
        assert_eq!((slots_in(148), slots_in(358), slots_in(0), slots_in(364)), (46, 50, 48, 48));
        assert_eq!((local_half_hour(SUMMER_TIME.0 - 1), local_half_hour(SUMMER_TIME.0)), (1, 4));
    }

    #[test]
    fn clock_changes_fall_on_sundays() {
        assert_eq!((weekday(0), weekday(148), weekday(358)), (5, 6, 6));
    }
}
