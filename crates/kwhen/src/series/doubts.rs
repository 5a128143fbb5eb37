//! What no home has: energy that no connection carries and prices that no tariff has. Such values are kept and noticed, since a large
//! customer or a strange market may have them; only what cannot be at all is refused.

use super::Prices;
use super::notice::{Notice, NoticeKind};
use super::row::{PriceRow, RateRow, StandingChargeRow};
use crate::error::{Error, Result};
use crate::input::PriceRole;
use crate::quantity::{Energy, Money};
use crate::time::SlotLength;

/// What three phases of 100 A carry at 230 V, in 10⁻⁸ kWh an hour.
const MOST_AN_HOUR: i64 = 69 * 100_000_000;
/// A Wh in 10⁻⁸ kWh.
const WATT_HOUR: i64 = 100_000;
/// Counts of Wh that meters send in place of a reading: all bits of 16, 24 and 32, with and without the one for the sign.
const ERROR_VALUES: [i64; 6] = [0x7fff, 0xffff, 0x7f_ffff, 0xff_ffff, 0x7fff_ffff, 0xffff_ffff];

/// One pence a kWh in 10⁻⁸ p/kWh.
const PENNY: i64 = 100_000_000;
/// No tariff's average is higher: the Agile cap was 100 p, and its dearest month far below.
const DEAREST_AVERAGE: i64 = 75 * PENNY;
/// No tariff with one rate for days has been dearer under the price guarantee (35.98 p with VAT), and most standing charges are.
const DEAREST_FLAT: i64 = 36 * PENNY;
const A_DAY: i64 = 86_400;
/// A standing charge holds for a day or more; the shortest local day has 23 hours.
const SHORTEST_DAY: i64 = 23 * 3_600;
/// 2026-10-01T00:00 in London: VAT on a home's electricity is nothing from then on.
const IMPORT_VAT_ENDS: i64 = 1_790_809_200;

/// Whether a slot's reading is above what is carried in an hour.
pub(super) fn is_above(energy: Energy, slot: SlotLength, most_an_hour: Energy) -> bool {
    i128::from(energy.units()) * 3_600 > i128::from(most_an_hour.units()) * i128::from(slot.seconds())
}

/// What is strange about a reading.
pub(super) fn reading(energy: Energy, slot: SlotLength) -> Option<NoticeKind> {
    let units = energy.units();
    if !is_beyond_a_home(units, slot) {
        return None;
    }
    let is_error_value = units % WATT_HOUR == 0 && ERROR_VALUES.contains(&(units / WATT_HOUR));
    Some(if is_error_value { NoticeKind::MeterErrorValue } else { NoticeKind::BeyondConnection })
}

/// Whether a slot's reading in 10⁻⁸ kWh is more than a large home's connection carries.
pub(crate) fn is_beyond_a_home(units: i64, slot: SlotLength) -> bool {
    i128::from(units) * 3_600 > i128::from(MOST_AN_HOUR) * i128::from(slot.seconds())
}

/// Whether anything may be strange about rates of an hour or less, of which these are what is paid, in 10⁻⁸ p/kWh.
pub(crate) fn are_strange(paid: &[i64]) -> bool {
    let dearest = paid.iter().max().copied().unwrap_or(0);
    let sum: i128 = paid.iter().map(|units| i128::from(*units)).sum();
    dearest < PENNY || sum > i128::from(DEAREST_FLAT) * paid.len() as i128
}

/// Whether a rate with and without VAT that ended at a time can only be for export.
pub(crate) const fn is_likely_export(exc_vat: i64, inc_vat: i64, ended: i64) -> bool {
    ended <= IMPORT_VAT_ENDS && exc_vat == inc_vat && exc_vat > 0
}

/// What is strange about unit rates.
pub(super) fn unit_rates(rows: &[RateRow]) -> Option<Notice> {
    let paid = || rows.iter().map(|row| row.prices.paid().units());
    let dearest = paid().max()?;
    let sum: i128 = paid().map(i128::from).sum();
    let average_above = |limit: i64| sum > i128::from(limit) * rows.len() as i128;
    let lasts_for_days = |row: &RateRow| length(row).is_none_or(|length| length > 2 * A_DAY);
    let kind = if dearest > 0 && dearest < PENNY {
        NoticeKind::LikelyPounds
    } else if average_above(DEAREST_FLAT) && rows.iter().all(lasts_for_days) {
        NoticeKind::LikelyStandingCharges
    } else if average_above(DEAREST_AVERAGE) {
        NoticeKind::LikelyPerMegawattHour
    } else {
        return None;
    };
    Some(Notice { kind, count: rows.len(), first_row: first_row(rows) })
}

/// What is strange about standing charges.
pub(super) fn standing_charges(rows: &[StandingChargeRow]) -> Option<Notice> {
    let dearest = rows.iter().map(|row| row.prices.paid()).max()?;
    let penny: Money = "1".parse().ok()?;
    (dearest > Money::ZERO && dearest < penny).then(|| Notice {
        kind: NoticeKind::LikelyPoundsADay,
        count: rows.len(),
        first_row: first_row(rows),
    })
}

/// Refuses standing charges most of which hold for less than a day.
pub(crate) fn check_standing_charges(rows: &[StandingChargeRow]) -> Result<()> {
    let is_short = |row: &&StandingChargeRow| length(row).is_some_and(|length| length < SHORTEST_DAY);
    let short = rows.iter().filter(is_short).count();
    match rows.iter().find(is_short) {
        Some(row) if short * 2 > rows.len() => Err(Error::unsupported(format!(
            "holds for {} minutes, and a standing charge holds for days: are these unit rates?",
            length(row).unwrap_or(0) / 60
        ))
        .in_field("valid_to")
        .in_row(row.row)),
        _ => Ok(()),
    }
}

/// Rates that can only be for energy that goes the other way. A record is told by its VAT where it ended while import had VAT: the API
/// puts the VAT of today into records that have not ended.
pub(crate) fn wrong_role(rows: &[RateRow], role: PriceRole) -> Option<Notice> {
    let is_wrong = |row: &&RateRow| {
        let Prices::Both { exc_vat, inc_vat } = row.prices else { return false };
        match role {
            PriceRole::Import => row
                .valid_to
                .is_some_and(|to| is_likely_export(exc_vat.units(), inc_vat.units(), to.timestamp())),
            PriceRole::Export => exc_vat != inc_vat,
        }
    };
    let kind = match role {
        PriceRole::Import => NoticeKind::LikelyExport,
        PriceRole::Export => NoticeKind::LikelyImport,
    };
    let first = rows.iter().find(is_wrong)?;
    Some(Notice { kind, count: rows.iter().filter(is_wrong).count(), first_row: first.row })
}

fn length<T>(row: &PriceRow<T>) -> Option<i64> {
    Some((row.valid_to? - row.valid_from?).num_seconds())
}

fn first_row<T>(rows: &[PriceRow<T>]) -> u64 {
    rows.iter().map(|row| row.row).min().unwrap_or(1)
}
