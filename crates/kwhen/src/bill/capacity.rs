//! What the highest powers of a month cost.

use super::portions::Unread;
use crate::error::{Error, Result};
use crate::quantity::{Currency, Energy, Money, Rounding, divide, power_of_ten};
use crate::series::Consumption;
use crate::tariff::{CapacityCharge, CapacityPrice, Every, component_months, month_label};
use crate::time::{Calendar, Span, instant_text};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What one month, or the part of it that a bill has, is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MonthCharge {
    pub(super) span: Span,
    pub(super) label: String,
    pub(super) amount: Money,
    power: Power,
    /// What the price makes of the power, before a ceiling.
    uncapped: Money,
}

impl MonthCharge {
    /// How the amount came about, in words.
    pub(super) fn said(&self, charge: &CapacityCharge, currency: Currency) -> String {
        let peaks = match (charge.peaks, charge.months) {
            (0 | 1, 0 | 1) => "the highest power".to_owned(),
            (peaks, 0 | 1) => format!("the mean of the {peaks} highest powers"),
            (peaks, months) => format!("the mean of the {peaks} highest powers of each of {months} months"),
        };
        let kw = Decimal::try_from_i128_with_scale(self.power.sum, SCALE).map(|sum| sum.normalize());
        let kw = match (kw, self.power.count) {
            (Ok(sum), 1) => format!("{sum} kW"),
            (Ok(sum), count) => format!("{sum} / {count} kW"),
            (Err(_), _) => "a power".to_owned(),
        };
        let price = match &charge.price {
            CapacityPrice::PerKw { price, every } => {
                format!("{price} {} a kW and {}", currency.minor(), every.name())
            }
            CapacityPrice::Steps { every, .. } => format!("the step of a {}", every.name()),
        };
        let capped = match charge.ceiling {
            Some(ceiling) if self.uncapped != self.amount => {
                format!("; at most the month's kWh × {ceiling}")
            }
            _ => String::new(),
        };
        format!("{peaks}, {kw}, at {price}, for the days of the month here: {}{capped}", self.uncapped)
    }
}

/// Kilowatts as a fraction: `sum` counts 10⁻¹² kW, over `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Power {
    sum: i128,
    count: i128,
}

const SCALE: u32 = 12;

/// The charge of each month that touches a period.
pub(super) fn charges(
    charge: &CapacityCharge,
    readings: &Consumption,
    period: Span,
    calendar: &Calendar,
    name: &str,
) -> Result<Vec<MonthCharge>> {
    let is_slot_by_slot = is_slot_by_slot(charge, readings, calendar);
    let peaks = Peaks { charge, readings, period, calendar, name, is_slot_by_slot };
    peaks.check()?;
    let mut known: BTreeMap<(i32, u32), Option<Power>> = BTreeMap::new();
    let months = component_months(calendar, period)?;
    let mut charges = Vec::with_capacity(months.len());
    let is_own_month = charge.months <= 1 && charge.months_before == 0;
    for (year, month, whole) in months.iter().copied() {
        let Some(span) = whole.intersection(period) else { continue };
        if is_own_month && let Some(power) = peaks.of_month(year, month, Some(whole))? {
            let power = power.at_least(charge).shortened();
            charges.push(peaks.month_charge(power, (year, month), span, whole)?);
            continue;
        }
        let (mut sum, mut count) = (0_i128, 0_i128);
        for back in 0..charge.months.max(1) {
            let Some((year, month)) = months_before(year, month, back + charge.months_before) else { break };
            let power = match known.get(&(year, month)) {
                Some(power) => *power,
                None => {
                    let of_bill = months.iter().find(|of_bill| (of_bill.0, of_bill.1) == (year, month));
                    let power = peaks.of_month(year, month, of_bill.map(|(_, _, whole)| *whole))?;
                    known.insert((year, month), power);
                    power
                }
            };
            let Some(power) = power else { continue };
            // Sums of few fractions of small denominators: kept over one.
            let power = power.at_least(charge);
            sum = sum * power.count + power.sum * count.max(1);
            count = if count == 0 { power.count } else { count * power.count };
            Power { sum, count } = Power { sum, count }.shortened();
        }
        let months_known = (0..charge.months.max(1))
            .filter_map(|back| months_before(year, month, back + charge.months_before))
            .filter(|month| known.get(month).is_some_and(Option::is_some))
            .count();
        let Some(months_known) = i128::try_from(months_known).ok().filter(|known| *known > 0) else {
            let (year, month) = months_before(year, month, charge.months_before).unwrap_or((year, month));
            return Err(Error::missing(format!(
                "the peak of {} is not known: give readings of that month, or its peak in known_peaks",
                month_label(year, month)
            ))
            .in_field("components"));
        };
        let power = Power { sum, count: count.max(1) * months_known };
        charges.push(peaks.month_charge(power, (year, month), span, whole)?);
    }
    Ok(charges)
}

impl Power {
    /// It, or what each month counts at least.
    fn at_least(self, charge: &CapacityCharge) -> Self {
        let least = i128::from(charge.minimum_kw.units()) * power_of_ten(SCALE - 8);
        if self.sum < least * self.count { Self { sum: least, count: 1 } } else { self }
    }

    /// The same fraction in its least numbers.
    fn shortened(self) -> Self {
        let common = if self.count > 1 { common(self.sum, self.count) } else { 1 };
        if common == 1 { self } else { Self { sum: self.sum / common, count: self.count / common } }
    }
}

/// `Capacity 6.320 kW, 2026-01`, of watts, by its own digits: `format!` takes several times as long, and a year has twelve.
fn label(name: &str, watts: i128, year: i32, month: u32) -> String {
    let Ok(watts) = u64::try_from(watts) else {
        let kw = Decimal::try_from_i128_with_scale(watts, 3).unwrap_or(Decimal::MAX);
        return format!("{name} {kw:.3} kW, {}", month_label(year, month));
    };
    let mut label = String::with_capacity(name.len() + 40);
    label.push_str(name);
    label.push(' ');
    push_digits(&mut label, watts / 1_000, 1);
    label.push('.');
    push_digits(&mut label, watts % 1_000, 3);
    label.push_str(" kW, ");
    push_digits(&mut label, year.unsigned_abs().into(), 4);
    label.push('-');
    push_digits(&mut label, month.into(), 2);
    label
}

/// Adds a number with at least so many digits.
fn push_digits(text: &mut String, number: u64, least: usize) {
    let (mut digits, mut first, mut left) = ([b'0'; 20], 20, number);
    while left > 0 || first > 20 - least {
        first -= 1;
        if let Some(digit) = digits.get_mut(first) {
            *digit = b'0' + (left % 10) as u8;
        }
        left /= 10;
    }
    text.push_str(
        digits.get(first..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default(),
    );
}

fn months_before(year: i32, month: u32, back: u32) -> Option<(i32, u32)> {
    let months = i64::from(year) * 12 + i64::from(month) - 1 - i64::from(back);
    Some((i32::try_from(months.div_euclid(12)).ok()?, u32::try_from(months.rem_euclid(12)).ok()? + 1))
}

fn beyond() -> Error {
    Error::out_of_range("a capacity charge is beyond the range of money")
}

struct Peaks<'a> {
    charge: &'a CapacityCharge,
    readings: &'a Consumption,
    /// What is billed: what is not read of it is named by the bill.
    period: Span,
    calendar: &'a Calendar,
    name: &'a str,
    is_slot_by_slot: bool,
}

/// Whether each slot of the meter is one of the power's, all hours count and so do all days.
fn is_slot_by_slot(charge: &CapacityCharge, readings: &Consumption, calendar: &Calendar) -> bool {
    let (grid, length) = (readings.grid(), charge.slot.seconds());
    let aligned =
        |stretch: &crate::time::Stretch| (grid.start_seconds() + stretch.offset).rem_euclid(length) == 0;
    length == grid.slot_length().seconds()
        && charge.hours.is_none()
        && !charge.different_days
        && grid.span().is_some_and(|span| calendar.stretches(span).iter().all(aligned))
}

impl Peaks<'_> {
    /// What a power costs that a month is charged for.
    fn month_charge(
        &self,
        power: Power,
        (year, month): (i32, u32),
        span: Span,
        whole: Span,
    ) -> Result<MonthCharge> {
        let uncapped = self.price(power, span, whole)?;
        let kw = divide(
            power.sum,
            power.count.checked_mul(power_of_ten(SCALE - 3)).ok_or_else(beyond)?,
            Rounding::HalfEven,
        );
        let (label, amount) = (label(self.name, kw, year, month), self.under_ceiling(uncapped, span)?);
        Ok(MonthCharge { span, label, amount, power, uncapped })
    }

    /// An error where the meter's slots are longer than the power's.
    fn check(&self) -> Result<()> {
        let (meter, power) = (self.readings.grid().slot_length().minutes(), self.charge.slot.minutes());
        if meter > power || power % meter != 0 {
            return Err(Error::misaligned(format!(
                "takes power over {power} minutes, and the meter counts {meter}: give readings in slots of {power} minutes or a part of that"
            )));
        }
        Ok(())
    }

    /// The mean of a month's highest powers; `None` where nothing says what they were.
    fn of_month(&self, year: i32, month: u32, whole: Option<Span>) -> Result<Option<Power>> {
        if let Some(kw) = self.charge.known.get(&(year, month)) {
            return Ok(Some(Power { sum: i128::from(kw.units()) * power_of_ten(SCALE - 8), count: 1 }));
        }
        let whole = match whole {
            Some(whole) => whole,
            None => {
                let Some(first) = chrono::NaiveDate::from_ymd_opt(year, month, 1) else { return Ok(None) };
                let Ok(day) = self.calendar.day(first) else { return Ok(None) };
                let Some(whole) = Every::Month.periods(self.calendar, day)?.first().copied() else {
                    return Ok(None);
                };
                whole
            }
        };
        let read = self.readings.grid().span().and_then(|read| read.intersection(whole));
        if let Some(unread) = read.and_then(|read| Unread::outside(self.readings, read, self.period)) {
            return Err(Error::missing(format!(
                "takes the highest power of {}, and outside of the bill {unread}: give those readings, or the month's peak in known_peaks",
                month_label(year, month)
            ))
            .in_field("capacity"));
        }
        if self.is_slot_by_slot {
            return Ok(self.highest(whole));
        }
        let mut highest = self.powers(whole)?;
        highest.sort_unstable_by_key(|(_, power)| std::cmp::Reverse(*power));
        if self.charge.different_days {
            let mut seen: Vec<i64> = Vec::new();
            highest.retain(|(day, _)| {
                let is_new = !seen.contains(day);
                if is_new && seen.len() < self.charge.peaks {
                    seen.push(*day);
                }
                is_new
            });
        }
        highest.truncate(self.charge.peaks.max(1));
        let count = i128::try_from(highest.len()).unwrap_or(1);
        let sum = highest.iter().map(|(_, power)| power).sum();
        Ok((count > 0).then_some(Power { sum, count }))
    }

    /// The mean of the highest powers of a span where they are the meter's slots; `None` where none was read.
    fn highest(&self, span: Span) -> Option<Power> {
        let grid = self.readings.grid();
        // 10⁻⁸ kWh of a slot, an hour over its length: to 10⁻¹² kW.
        let hours = 3_600 / self.charge.slot.seconds().clamp(1, 3_600);
        let power = |units: i64| i128::from(units) * i128::from(hours) * power_of_ten(SCALE - 8);
        let peaks = self.charge.peaks.max(1);
        let (column, validity) = (self.readings.column(), self.readings.validity());
        let slots = grid.slots_starting_in(span);
        let is_read = validity.count_in(slots.clone()) == slots.len();
        if is_read && peaks == 1 {
            return column.max(slots).map(|units| Power { sum: power(units), count: 1 });
        }
        let mut highest: Vec<i64> = Vec::with_capacity(peaks + 1);
        let mut least = i64::MIN;
        for start in slots.clone().step_by(64) {
            let stretch = start..slots.end.min(start + 64);
            // One in which nothing is higher is passed over at once.
            let is_known = is_read && highest.len() == peaks;
            if is_known && column.max(stretch.clone()).is_some_and(|units| units <= least) {
                continue;
            }
            for place in stretch {
                let units = column.units(place);
                if (units > least || highest.len() < peaks) && validity.get(place) {
                    let at = highest.partition_point(|known| *known > units);
                    highest.insert(at, units);
                    highest.truncate(peaks);
                    least = if highest.len() < peaks {
                        i64::MIN
                    } else {
                        highest.last().copied().unwrap_or(i64::MIN)
                    };
                }
            }
        }
        let count = i128::try_from(highest.len()).ok().filter(|count| *count > 0)?;
        Some(Power { sum: highest.into_iter().map(power).sum(), count })
    }

    /// Every power of a span that was read whole, with the number of its local day, in 10⁻¹² kW. Of different days only the highest of each.
    fn powers(&self, span: Span) -> Result<Vec<(i64, i128)>> {
        const WHOLE: i64 = 100_000_000;
        let grid = self.readings.grid();
        let length = self.charge.slot.seconds();
        let parts = length / grid.slot_length().seconds().max(1);
        let factors = self.charge.hours.as_ref().map(|hours| hours.factors(span));
        let mut factors = factors.as_ref().map(|factors| factors.iter().peekable());
        let mut powers: Vec<(i64, i128)> = Vec::new();
        let (mut open, mut sum, mut seen) = (i64::MIN, 0_i64, 0_i64);
        let mut day: Option<(Span, i64)> = None;
        let stretches = self.calendar.stretches(span);
        let mut stretches = stretches.iter().peekable();
        for place in grid.slots_starting_in(span) {
            let slot = grid.slots_span(place, place + 1);
            let start = slot.start_seconds();
            // Powers are taken over stretches of the clock: from the whole hour, the quarter.
            while stretches.next_if(|stretch| stretch.to <= start).is_some() {}
            let offset = stretches.peek().map_or(0, |stretch| stretch.offset);
            let stretch = (start + offset).div_euclid(length) * length - offset;
            if stretch != open {
                (open, sum, seen) = (stretch, 0, 0);
            }
            let Some(reading) = self.readings.get(place) else { continue };
            (sum, seen) = (sum + reading.units(), seen + 1);
            if seen < parts {
                continue;
            }
            let factor = match &mut factors {
                None => WHOLE,
                Some(factors) => {
                    while factors.next_if(|(span, _)| span.to_seconds() <= stretch).is_some() {}
                    let Some((span, factor)) = factors.peek() else { continue };
                    if span.to_seconds() < stretch + length {
                        return Err(Error::misaligned(format!(
                            "its hours change inside the {} minutes from {}",
                            self.charge.slot.minutes(),
                            instant_text(crate::time::from_seconds(stretch))
                        ))
                        .in_field("hours"));
                    }
                    *factor
                }
            };
            if factor == 0 {
                continue;
            }
            // 10⁻⁸ kWh of a stretch, an hour over its length, a factor of 10⁻⁸: to 10⁻¹² kW.
            let weighed = i128::from(sum) * i128::from(factor) * i128::from(3_600 / length.clamp(1, 3_600));
            let power = divide(weighed, power_of_ten(4), Rounding::HalfEven);
            let number = match day {
                Some((span, number)) if (span.start_seconds()..span.to_seconds()).contains(&stretch) => {
                    number
                }
                _ => {
                    let date = self.calendar.date(crate::time::from_seconds(stretch));
                    let number = i64::from(date.to_epoch_days());
                    day = Some((self.calendar.day(date)?, number));
                    number
                }
            };
            match powers.last_mut() {
                Some((last, highest)) if self.charge.different_days && *last == number => {
                    *highest = power.max(*highest);
                }
                _ => powers.push((number, power)),
            }
        }
        Ok(powers)
    }

    /// What a power costs over a part of a month.
    fn price(&self, power: Power, span: Span, whole: Span) -> Result<Money> {
        let days = |span| self.calendar.days_starting_in(span).map(i128::from);
        let is_yearly = matches!(&self.charge.price, CapacityPrice::PerKw { every: Every::Year, .. });
        let (part, of_month) =
            if span == whole && !is_yearly { (1, 1) } else { (days(span)?, days(whole)?.max(1)) };
        match &self.charge.price {
            CapacityPrice::PerKw { price, every } => {
                let (share, all) = match every {
                    Every::Year => {
                        let year = Every::Year.periods(self.calendar, span)?;
                        (part, days(year.first().copied().unwrap_or(whole))?.max(1))
                    }
                    _ => (part, of_month),
                };
                ratio(price.units(), &[power.sum, share], &[power.count, power_of_ten(SCALE), all])
            }
            CapacityPrice::Steps { every, steps, edge_inside } => {
                let step = steps.iter().find(|(edge, _)| {
                    edge.is_none_or(|edge| {
                        let edge = i128::from(edge.units()) * power_of_ten(SCALE - 8) * power.count;
                        if *edge_inside { power.sum <= edge } else { power.sum < edge }
                    })
                });
                let price = step.map_or(Money::ZERO, |(_, price)| *price);
                let months = if *every == Every::Year { 12 } else { 1 };
                ratio(price.units(), &[part], &[of_month, months])
            }
        }
    }

    fn under_ceiling(&self, amount: Money, span: Span) -> Result<Money> {
        let Some(ceiling) = self.charge.ceiling else { return Ok(amount) };
        let energy: Energy = self.readings.total_in(self.readings.grid().slots_starting_in(span))?;
        Ok(amount.min(energy * ceiling))
    }
}

/// The greatest common factor, at least 1.
fn common(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        // Most are small, and 64 bits are divided at a fraction of the cost.
        if let (Ok(mut small), Ok(mut smaller)) = (u64::try_from(a), u64::try_from(b)) {
            while smaller != 0 {
                (small, smaller) = (smaller, small % smaller);
            }
            return i128::from(small).max(1);
        }
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1).max(1)
}

/// amount × times / by, exactly up to the last decimal and half to even there.
pub(super) fn ratio(amount: i128, times: &[i128], by: &[i128]) -> Result<Money> {
    let product = |first: i128, factors: &[i128]| {
        factors.iter().try_fold(first, |product, factor| product.checked_mul(*factor))
    };
    let (over, under) = match (product(amount, times), product(1, by)) {
        (Some(over), Some(under)) => (over, under),
        _ => reduced(amount, times, by).ok_or_else(beyond)?,
    };
    let (over, under) = if under < 0 { (-over, -under) } else { (over, under) };
    Ok(Money::from_units(divide(over, under.max(1), Rounding::HalfEven))?)
}

/// The products of a fraction without what both have in common, where they are in range then.
fn reduced(amount: i128, times: &[i128], by: &[i128]) -> Option<(i128, i128)> {
    let mut over = vec![amount];
    over.extend(times);
    let mut under = 1_i128;
    for divisor in by {
        let mut divisor = *divisor;
        for factor in &mut over {
            let common = common(*factor, divisor);
            (*factor, divisor) = (*factor / common, divisor / common);
        }
        under = under.checked_mul(divisor)?;
    }
    Some((over.into_iter().try_fold(1_i128, i128::checked_mul)?, under))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_watts_and_a_month() {
        assert_eq!(label("Leistung", 6_320, 2026, 1), "Leistung 6.320 kW, 2026-01");
        assert_eq!(label("Effekt", 0, 2030, 12), "Effekt 0.000 kW, 2030-12");
        assert_eq!(label("C", 1_234_567_005, 1970, 10), "C 1234567.005 kW, 1970-10");
        assert_eq!(label("C", -1_500, 2026, 3), "C -1.500 kW, 2026-03");
    }

    /// 123456789012345678901234567890 × 10^12 / (3 × 10^12), and the same where the products are beyond 128 bits.
    #[test]
    fn a_ratio_is_the_same_whether_or_not_its_products_are_in_range() {
        let (amount, third) =
            (123_456_789_012_345_678_901_234_567_890, 41_152_263_004_115_226_300_411_522_630);
        for factor in [1, 10_i128.pow(4), 10_i128.pow(12), 10_i128.pow(30)] {
            assert_eq!(ratio(amount, &[factor], &[factor, 3]).unwrap().units(), third, "{factor}");
        }
        // 7 × 5 / 2 and 5 × 5 / 2: a half goes to the even number.
        assert_eq!(ratio(7, &[5], &[2]).unwrap().units(), 18);
        assert_eq!(ratio(5, &[5], &[2]).unwrap().units(), 12);
        assert_eq!(ratio(7, &[5 * 10_i128.pow(37)], &[2 * 10_i128.pow(37)]).unwrap().units(), 18);
        assert!(ratio(i128::MAX, &[3], &[2]).is_err());
    }
}
