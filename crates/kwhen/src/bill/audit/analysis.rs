//! Causes that are seen in the statement's own figures, without billing anew.

use super::cause::{Cause, CauseKind};
use super::found::AuditedStatement;
use super::trials::{Trials, missing};
use crate::bill::reconcile::{ReconciledLine, StatementLine, StatementLineKind};
use crate::bill::{LineKind, Supply, billed_basis};
use crate::quantity::{Energy, Money, Rounding, UnitRate, power_of_ten};
use crate::tariff::{Direction, VatRate};
use crate::time::{Span, instant_text};

fn is_sum(kind: StatementLineKind) -> bool {
    matches!(kind, StatementLineKind::Subtotal | StatementLineKind::Vat | StatementLineKind::Total)
}

/// One unit of the last printed digit.
fn unit(places: u32) -> Money {
    let units = power_of_ten(Money::SCALE.saturating_sub(places));
    Money::from_units(units).unwrap_or(Money::ZERO)
}

fn magnitude(money: Money) -> Money {
    if money.is_negative() { -money } else { money }
}

fn less(one: Money, other: Money) -> Money {
    Money::sum([one, -other]).unwrap_or(Money::ZERO)
}

/// Whether two amounts are the same but for `count` roundings at the last printed digit, each of half a unit.
fn is_near(one: Money, other: Money, places: u32, count: usize) -> bool {
    let most = unit(places).times(i64::try_from(count).unwrap_or(i64::MAX)).unwrap_or(Money::ZERO);
    magnitude(less(one, other)).units() * 2 <= most.units()
}

/// A group of lines whose sums are about the same supply, or about all.
struct Group<'a> {
    details: Vec<&'a StatementLine>,
    subtotal: Option<&'a StatementLine>,
    vat: Option<&'a StatementLine>,
    total: Option<&'a StatementLine>,
}

impl<'a> Trials<'a> {
    fn groups(&self) -> Vec<Group<'a>> {
        let lines = &self.statement.lines;
        let whole = self.statement.period;
        let span = |line: &StatementLine| line.span.unwrap_or(whole);
        // An account's statement may charge a supply in several parts, each with sums of its own.
        let mut keys: Vec<(Option<&str>, Span)> = Vec::new();
        for line in lines.iter().filter(|line| is_sum(line.kind)) {
            let key = (line.supply.as_deref(), span(line));
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let group = |(name, part): (Option<&str>, Span)| {
            let of_it = |line: &&'a StatementLine| line.supply.as_deref() == name;
            let sum = |kind| lines.iter().filter(of_it).find(|line| line.kind == kind && span(line) == part);
            let is_detail = |line: &&'a StatementLine| {
                let own = span(line);
                !is_sum(line.kind) && part.from() <= own.from() && own.to() <= part.to()
            };
            let own: Vec<_> = lines.iter().filter(of_it).filter(is_detail).collect();
            let details =
                if own.is_empty() && name.is_none() { lines.iter().filter(is_detail).collect() } else { own };
            Group {
                details,
                subtotal: sum(StatementLineKind::Subtotal),
                vat: sum(StatementLineKind::Vat),
                total: sum(StatementLineKind::Total),
            }
        };
        keys.into_iter().map(group).collect()
    }

    /// A line's amount as it counts in sums: credits off.
    fn signed(&self, line: &StatementLine) -> Money {
        let of = |name: &String| self.own.as_ref()?.supplies.iter().find(|supply| supply.name == *name);
        let exported =
            line.supply.as_ref().and_then(of).is_some_and(|one| one.direction == Direction::Export);
        if exported { -line.amount.value } else { line.amount.value }
    }

    fn compared(&self, row: u64) -> Option<&'a ReconciledLine> {
        self.base.lines.iter().find(|line| line.row == row)
    }

    fn differs(&self, line: &StatementLine) -> bool {
        self.compared(line.row).is_some_and(|line| !line.agrees)
    }

    /// The rows of sums that differ.
    fn sum_rows(&self) -> Vec<u64> {
        let lines = self.base.lines.iter();
        lines.filter(|line| !line.agrees && is_sum(line.kind)).map(|line| line.row).collect()
    }
}

/// Sums that do not add up, and lines that stand twice.
pub(super) fn of_its_own_lines(trials: &Trials<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for group in trials.groups() {
        let Group { details, subtotal, vat, total } = group;
        if let Some(subtotal) = subtotal
            && !details.is_empty()
        {
            let sum = Money::sum(details.iter().map(|line| trials.signed(line))).unwrap_or(Money::ZERO);
            let places = details.iter().map(|line| line.amount.places).chain([subtotal.amount.places]).min();
            if !is_near(sum, subtotal.amount.value, places.unwrap_or(0), details.len() + 2)
                && trials.differs(subtotal)
            {
                let rows = rows_of_sums(trials, &[Some(subtotal), vat, total]);
                let evidence = format!(
                    "its lines add up to {sum} p, its subtotal (line {}) says {} p",
                    subtotal.row, subtotal.amount.value
                );
                causes.push(trials.cause(CauseKind::Sums, rows, evidence));
            }
        }
        if let (Some(subtotal), Some(vat), Some(total)) = (subtotal, vat, total) {
            let sum = Money::sum([subtotal.amount.value, vat.amount.value]).unwrap_or(Money::ZERO);
            if !is_near(sum, total.amount.value, total.amount.places, 4) && trials.differs(total) {
                let evidence = format!(
                    "its subtotal and VAT add up to {sum} p, its total (line {}) says {} p",
                    total.row, total.amount.value
                );
                causes.push(trials.cause(CauseKind::Sums, rows_of_sums(trials, &[Some(total)]), evidence));
            }
        }
        causes.extend(twice(trials, &details, [subtotal, vat, total]));
    }
    causes
}

fn rows_of_sums(trials: &Trials<'_>, lines: &[Option<&StatementLine>]) -> Vec<u64> {
    lines.iter().flatten().filter(|line| trials.differs(line)).map(|line| line.row).collect()
}

/// A line that stands twice, where the sums hold it twice.
fn twice(
    trials: &Trials<'_>,
    details: &[&StatementLine],
    sums: [Option<&StatementLine>; 3],
) -> Option<Cause> {
    let whole = trials.statement.period;
    let span = |line: &StatementLine| line.span.unwrap_or(whole);
    let same = |one: &StatementLine, other: &StatementLine| {
        (one.kind, &one.supply, one.amount.value, one.rate)
            == (other.kind, &other.supply, other.amount.value, other.rate)
            && span(one) == span(other)
    };
    let pair = details.iter().enumerate().find_map(|(place, line)| {
        let second = details.iter().skip(place + 1).find(|other| same(line, other))?;
        Some((*line, *second))
    });
    let (first, second) = pair?;
    let [subtotal, _, total] = sums;
    let extra = trials.signed(second);
    let stated = |line: &StatementLine| trials.compared(line.row).and_then(|line| line.difference_minor);
    let is_extra = match (subtotal, total) {
        (Some(subtotal), _) => is_near(stated(subtotal)?, extra, subtotal.amount.places, 4),
        (None, Some(total)) => {
            let rate = trials.vat_at(whole)?;
            let with_vat = Money::sum([extra, rate.on(extra).ok()?]).ok()?;
            is_near(stated(total)?, with_vat, total.amount.places, 4)
        }
        (None, None) => false,
    };
    let evidence = format!(
        "lines {} and {} are the same ({} p), and its sums hold both",
        first.row, second.row, second.amount.value
    );
    is_extra.then(|| trials.cause(CauseKind::CountedTwice, rows_of_sums(trials, &sums), evidence))
}

impl Trials<'_> {
    /// The one rate of VAT on what is imported in a span.
    fn vat_at(&self, span: Span) -> Option<VatRate> {
        let own = self.own.as_ref()?;
        let mut rates = own
            .supplies
            .iter()
            .filter(|supply| supply.direction == Direction::Import)
            .flat_map(|supply| &supply.agreements)
            .flat_map(|part| &part.bill.lines)
            .filter(|line| line.span.intersection(span).is_some())
            .map(|line| line.vat_percent);
        let first = rates.next()?;
        rates.all(|rate| rate == first).then_some(first)
    }
}

/// VAT on prices that hold it already, and credits that were not taken off.
pub(super) fn of_taxes_and_credits(trials: &Trials<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let lines = || trials.statement.lines.iter().zip(&trials.base.lines);
    if let Some(rate) = trials.vat_at(trials.statement.period).filter(|rate| *rate > VatRate::ZERO) {
        let is_raised = |(line, compared): &(&StatementLine, &ReconciledLine)| {
            let raised = compared
                .computed_minor
                .and_then(|computed| Money::sum([computed, rate.on(computed).ok()?]).ok());
            raised.is_some_and(|raised| is_near(line.amount.value, raised, line.amount.places, 2))
        };
        let is_detail = |(line, _): &(&StatementLine, &ReconciledLine)| !is_sum(line.kind);
        let mut differing = lines().filter(is_detail).filter(|(_, compared)| !compared.agrees).peekable();
        if differing.peek().is_some() && differing.all(|pair| is_raised(&pair)) {
            let mut rows: Vec<u64> =
                lines().filter(is_detail).filter(|(_, one)| !one.agrees).map(|(line, _)| line.row).collect();
            if adds_up(trials) {
                rows.extend(trials.sum_rows());
            }
            let evidence = format!(
                "every line that differs is {} % above the computed one: prices with VAT in were taken as prices without it",
                rate.percent()
            );
            causes.push(trials.cause(CauseKind::VatTwice, rows, evidence));
        }
    }
    let credits = trials.own.as_ref().map_or(Money::ZERO, |own| own.credits_minor);
    let total = lines().find(|(line, _)| line.kind == StatementLineKind::Total && line.supply.is_none());
    if let (false, Some((line, compared))) = (credits.is_zero(), total)
        && compared
            .difference_minor
            .is_some_and(|difference| is_near(difference, credits, line.amount.places, 2))
    {
        let evidence =
            format!("its total is {credits} p too high, which is what was earned by export in the period");
        let rows = rows_of_sums(
            trials,
            &trials.groups().iter().flat_map(|group| [group.subtotal, group.total]).collect::<Vec<_>>(),
        );
        causes.push(trials.cause(CauseKind::ExportCredit, rows, evidence));
    }
    causes
}

/// Energy that is not what was read, at the computed price.
pub(super) fn of_energy(trials: &Trials<'_>) -> Vec<Cause> {
    let mut rows = Vec::new();
    let mut said = Vec::new();
    // Whether more is billed than counted where readings are missing: then it is not told that any was estimated.
    let mut lacks = false;
    for (line, compared) in trials.statement.lines.iter().zip(&trials.base.lines) {
        let (StatementLineKind::Energy, false) = (line.kind, compared.agrees) else { continue };
        let (Some(stated), Some(difference)) = (line.kwh, compared.difference_kwh) else { continue };
        if difference.is_zero() {
            continue;
        }
        let Some(price) = trials.price_of(line) else {
            if let Some(words) = trials.at_prices_of_its_time(line, compared, difference) {
                rows.push(line.row);
                let span = line.span.unwrap_or(trials.statement.period);
                lacks |= !difference.is_negative()
                    && trials.supply_of(line).is_some_and(|supply| missing(supply, span).is_some());
                said.push(words);
            }
            continue;
        };
        let product = stated.value * price;
        // The printed energy is rounded too, and what it leaves out is priced.
        let left_out = Energy::from_units(5 * 10_i64.pow(Energy::SCALE.saturating_sub(stated.places + 1)));
        let slack = left_out.map_or(Money::ZERO, |left_out| magnitude(left_out * price));
        let off = magnitude(less(product, line.amount.value));
        let most = Money::sum([slack, unit(line.amount.places)]).unwrap_or(Money::ZERO);
        if off.units() > most.units() {
            continue;
        }
        rows.push(line.row);
        let span = line.span.unwrap_or(trials.statement.period);
        let gap = trials.supply_of(line).and_then(|supply| missing(supply, span));
        let gap = gap.filter(|_| !difference.is_negative());
        lacks |= gap.is_some();
        let gap = gap.map(|(slots, first)| {
            format!("; {slots} slots have no reading here, the first from {}", instant_text(first))
        });
        let than = if difference.is_negative() { "less" } else { "more" };
        let difference = if difference.is_negative() { -difference } else { difference };
        said.push(format!(
            "line {} bills {} kWh, {difference} kWh {than} than the readings from {} to {} count, at the computed price of {price} p",
            line.row,
            stated.value,
            instant_text(span.from()),
            instant_text(span.to()),
        ) + &gap.unwrap_or_default());
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let others = trials.base.lines.iter().filter(|line| !line.agrees && !is_sum(line.kind));
    let follows = others.map(|line| line.row).all(|row| rows.contains(&row));
    if follows && adds_up(trials) {
        rows.extend(trials.sum_rows());
    }
    let kind = if lacks { CauseKind::MissingReadings } else { CauseKind::EstimatedReading };
    vec![trials.cause(kind, rows, said.join("; "))]
}

/// Whether the statement's own sums add up.
fn adds_up(trials: &Trials<'_>) -> bool {
    of_its_own_lines(trials).iter().all(|cause| cause.kind != CauseKind::Sums)
}

impl Trials<'_> {
    /// The supply that a line is of; where it names none, the one that is imported.
    fn supply_of(&self, line: &StatementLine) -> Option<&Supply<'_>> {
        self.supplies.iter().find(|supply| match &line.supply {
            Some(name) => supply.name == *name,
            None => self.is_imported(supply),
        })
    }

    /// That what a line bills too much or too little is what its kWh are, at a price that its time has: in words. Where prices change within it,
    /// it cannot be told which of them the energy bears.
    fn at_prices_of_its_time(
        &self,
        line: &StatementLine,
        compared: &ReconciledLine,
        kwh: Energy,
    ) -> Option<String> {
        let money = compared.difference_minor?;
        let span = line.span.unwrap_or(self.statement.period);
        let (least, most) = self.prices_in(line, span)?;
        let (low, high) =
            if kwh.is_negative() { (kwh * most, kwh * least) } else { (kwh * least, kwh * most) };
        let slack = unit(line.amount.places);
        if less(low, slack).units() > money.units() || money.units() > Money::sum([high, slack]).ok()?.units()
        {
            return None;
        }
        let (than, much, off) = if kwh.is_negative() { ("less", -kwh, -money) } else { ("more", kwh, money) };
        Some(format!(
            "line {} bills {} kWh, {much} kWh {than} than the readings from {} to {} count; the {off} p {than} are within what so much costs at the \
             prices of its time, {least} to {most} p: which of its half-hours it is cannot be told",
            line.row,
            line.kwh?.value,
            instant_text(span.from()),
            instant_text(span.to()),
        ))
    }

    /// The least and the highest price a kWh of a line's supply in a span, as it is billed.
    fn prices_in(&self, line: &StatementLine, span: Span) -> Option<(UnitRate, UnitRate)> {
        let supply = self.supply_of(line)?;
        let mut found: Option<(UnitRate, UnitRate)> = None;
        for tariff in self.tariffs_of(supply) {
            let rates = tariff.rate_series(span, &[]).ok()?;
            let basis = billed_basis(&rates);
            for interval in rates.intervals() {
                let (Some(_), Some(price)) = (interval.span.intersection(span), interval.prices.on(basis))
                else {
                    continue;
                };
                found =
                    Some(found.map_or((price, price), |(least, most)| (least.min(price), most.max(price))));
            }
        }
        found
    }

    /// The one price of the energy of a line: that of the bill's lines of energy of its supply and span.
    fn price_of(&self, line: &StatementLine) -> Option<UnitRate> {
        let own = self.own.as_ref()?;
        let span = line.span.unwrap_or(self.statement.period);
        let of_it = own.supplies.iter().filter(|supply| match &line.supply {
            Some(name) => supply.name == *name,
            None => supply.direction == Direction::Import,
        });
        let lines = of_it.flat_map(|supply| &supply.agreements).flat_map(|part| &part.bill.lines);
        let mut prices = lines
            .filter(|own| own.kind == LineKind::Energy && own.span.intersection(span).is_some())
            .map(|own| own.price.and_then(|price| price.per_kwh()));
        let shown = |price: UnitRate| {
            line.rate.is_none_or(|rate| price.round(rate.places, Rounding::HalfUp) == rate.value)
        };
        let fitting: Vec<_> = prices.by_ref().filter(|price| price.is_none_or(shown)).collect();
        match fitting.as_slice() {
            [Some(price)] => Some(*price),
            [Some(price), rest @ ..] if rest.iter().all(|other| other == &Some(*price)) => Some(*price),
            _ => None,
        }
    }
}

/// Says of an estimated reading that the next statement takes back what this one bills too much.
pub(super) fn mark_taken_back(statements: &mut [AuditedStatement]) {
    let energy = |statement: &AuditedStatement| {
        let lines = statement.lines.iter().filter(|line| line.kind == StatementLineKind::Energy);
        Energy::sum(lines.filter_map(|line| line.difference_kwh)).unwrap_or(Energy::ZERO)
    };
    let differences: Vec<Energy> = statements.iter().map(energy).collect();
    for (place, statement) in statements.iter_mut().enumerate() {
        let Some(this) = differences.get(place).filter(|this| !this.is_zero()) else { continue };
        let next = differences.get(place + 1);
        let before = place.checked_sub(1).and_then(|place| differences.get(place));
        let is_back = |other: Option<&Energy>| other.is_some_and(|other| *other == -*this);
        let words = if is_back(next) {
            "; the next statement takes the same energy back"
        } else if is_back(before) {
            "; it takes back what the statement before it billed"
        } else {
            continue;
        };
        for cause in statement.causes.iter_mut().filter(|cause| cause.kind == CauseKind::EstimatedReading) {
            cause.evidence.push_str(words);
        }
    }
}
