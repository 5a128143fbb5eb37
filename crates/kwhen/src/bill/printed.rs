//! What a file of readings says of its own cost, beside a bill of the same time.

use super::{Bill, LineKind};
use crate::error::Result;
use crate::layout::{CostKind, PrintedCosts};
use crate::quantity::{Money, divide};
use crate::time::Span;
use serde::Serialize;

/// A sum that a file of readings has, beside the bill's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrintedCheck {
    /// The file's column.
    pub column: String,
    /// What it is of.
    pub kind: CostKind,
    /// How many of its rows were compared: those of the period that were billed.
    pub rows: usize,
    /// What they come to, VAT in; of standing charges, what they come to a day.
    pub file_minor: Money,
    /// What the bill has for them, VAT in; of standing charges, a day.
    pub bill_minor: Money,
    /// The bill's less the file's.
    pub difference_minor: Money,
    /// Whether that is no more than the digits that the file leaves off may come to.
    pub agrees: bool,
}

/// 10^-2 of a minor unit, in units of money.
const HUNDREDTH: i128 = UNITS_PER_MINOR / 100;
/// Units of money in a minor unit (a penny).
const UNITS_PER_MINOR: i128 = 10_i128.pow(Money::SCALE);
const DAY: i64 = 86_400;

impl Bill {
    /// The file's own costs beside the bill's: energy in all, standing charges by the day. None where the bill charges no such thing.
    ///
    /// # Errors
    /// Sums are beyond the range of money.
    pub fn beside(&self, printed: &[PrintedCosts]) -> Result<Vec<PrintedCheck>> {
        let is_billed = |span: Span| {
            self.period.from() <= span.from()
                && span.to() <= self.period.to()
                && !self.coverage.missing_rates.iter().any(|gap| gap.intersection(span).is_some())
        };
        let mut found = Vec::new();
        for column in printed {
            let rows: Vec<_> = column.rows.iter().filter(|(span, _)| is_billed(*span)).collect();
            let sum = Money::sum(rows.iter().map(|(_, cost)| *cost))?;
            let Ok(count) = i128::try_from(rows.len()) else { continue };
            let Some((first, _)) = rows.first() else { continue };
            let of_kind = |kind: LineKind| match column.kind {
                CostKind::Energy => !matches!(kind, LineKind::StandingCharge | LineKind::Rounding),
                CostKind::StandingCharge => kind == LineKind::StandingCharge,
            };
            let lines = || self.lines.iter().filter(|line| of_kind(line.kind));
            if lines().next().is_none() {
                continue;
            }
            let with_vat =
                lines().map(|line| Money::sum([line.net_minor, line.vat_percent.on(line.net_minor)?]));
            let billed = Money::sum(with_vat.collect::<Result<Vec<_>>>()?)?;
            // Half of the last digit of every row, and a hundredth of a penny. Zeros at the end may have been left off: two digits at least.
            let last = column.rows.iter().map(|(_, cost)| digits(*cost)).max().unwrap_or(0).max(2);
            let half = UNITS_PER_MINOR / 2 / 10_i128.pow(last);
            let (file, bill, tolerance) = match column.kind {
                CostKind::Energy => (sum, billed, half * count + HUNDREDTH),
                CostKind::StandingCharge => {
                    let days: i64 = lines().filter_map(|line| line.days).sum();
                    if days == 0 {
                        continue;
                    }
                    let slots = i128::from(DAY / first.seconds().clamp(1, DAY));
                    let a_day = |units: i128, parts: i128| {
                        Money::from_units(divide(units, parts, crate::Rounding::HalfEven))
                    };
                    let of_file = a_day(sum.units().saturating_mul(slots), count)?;
                    (of_file, a_day(billed.units(), days.into())?, half * slots + HUNDREDTH)
                }
            };
            let difference = Money::sum([bill, -file])?;
            found.push(PrintedCheck {
                column: column.name.clone(),
                kind: column.kind,
                rows: rows.len(),
                file_minor: file,
                bill_minor: bill,
                difference_minor: difference,
                agrees: difference.units().abs() <= tolerance,
            });
        }
        Ok(found)
    }
}

/// Decimals of a minor unit that an amount has.
fn digits(cost: Money) -> u32 {
    (0..8).find(|places| cost.units() % (UNITS_PER_MINOR / 10_i128.pow(*places)) == 0).unwrap_or(8)
}
