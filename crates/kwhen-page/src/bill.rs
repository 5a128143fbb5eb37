//! A bill as a page of text.

use super::Page;
use super::cards::{Card, cards};
use super::chart::{bar, bars};
use super::csv::Csv;
use super::figure::Column;
use super::number::{Unit, average, count, kwh, pence, plural, rate, to_places};
use super::style::{DEAR, FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::timeline::of_slots;
use super::when::Clock;
use super::working::working;
use kwhen::bill::{
    Bill, BillLine, BillPeriod, LineKind, LinePrice, PrintedCheck, Projection, RegisterUse, Shown,
};
use kwhen::layout::CostKind;
use kwhen::quantity::Currency;
use kwhen::series::VatBasis;
use kwhen::tariff::{Fuel, VatRate};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money, Rounding, UnitRate};
use kwhen_app::answer::bill::{Input, OneBill, UnderRules};
use std::collections::BTreeSet;

/// Gaps that a page names one by one.
const SHOWN_GAPS: usize = 6;

/// Decimals of a price that VAT was taken out of.
const PLACES_WITHOUT_VAT: u32 = 4;

impl Page for OneBill {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let mut page = whole(&self.bill, self.fuel, self.input.as_ref(), Clock(calendar), palette);
        for check in &self.printed {
            page.push_str(&printed(check, &self.bill, palette));
        }
        page.push_str(&working(&self.bill, palette));
        page.push_str(
            &self
                .under_rules
                .as_deref()
                .map(|rules| rules_table(rules, self.bill.currency, palette))
                .unwrap_or_default(),
        );
        page.push_str(
            &self.projection.as_ref().map(|to| projected(to, self.bill.currency)).unwrap_or_default(),
        );
        page
    }

    fn csv(&self) -> String {
        if self.bill.periods.is_some() {
            periods_csv(&self.bill)
        } else {
            kwhen::bill::export::lines_csv(&self.bill)
        }
    }

    fn notes(&self) -> Vec<String> {
        self.bill.notices.iter().map(ToString::to_string).collect()
    }
}

fn whole(bill: &Bill, delivered: Fuel, input: Option<&Input>, clock: Clock, palette: Palette) -> String {
    let mut page = heading(bill, delivered, clock, palette);
    page.push_str(&head(bill, palette));
    page.push_str(&lines(bill, clock, palette));
    page.push('\n');
    if let Some(input) = input {
        page.push_str(&coverage(bill, input, clock, palette));
        page.push_str(&read(input, palette));
    }
    if bill.shared_slots > 0 {
        let slots = plural(bill.shared_slots, "slot");
        page.push_str(&format!("In {slots} the rate changes; their energy is shared out by time.\n"));
    }
    if bill.mean_rate_slots > 0 {
        let slots = plural(bill.mean_rate_slots, "slot");
        page.push_str(&format!(
            "In {slots} the rate changes; they are priced at the mean of their rates by time.\n"
        ));
    }
    for line in dispatched(bill) {
        page.push_str(&line);
        page.push('\n');
    }
    for used in &bill.registers {
        page.push_str(&format!("Register {}\n", register(used, clock)));
    }
    if input.is_none() {
        page.push_str(&gaps("no standing charge", &bill.missing_standing_charges, clock));
    }
    page.push_str(&noted(&bill.notices, palette));
    if let Some(periods) = &bill.periods {
        page.push('\n');
        page.push_str(&pieces(periods, bill, clock, palette));
    }
    page
}

/// What the file of readings says that they cost, beside the bill.
fn printed(check: &PrintedCheck, bill: &Bill, palette: Palette) -> String {
    let unit = unit(bill);
    let what = match check.kind {
        CostKind::Energy => "",
        CostKind::StandingCharge => " a day",
    };
    let (file, own) = (unit.show(check.file_minor), unit.show(check.bill_minor));
    let text = format!("The file's own {}: {file} {}{what}, this bill's {own}", check.column, unit.name());
    if check.agrees {
        format!("{}\n", palette.paint(FAINT, &format!("{text}.")))
    } else {
        let more = unit.show(check.difference_minor);
        format!("{}\n", palette.paint(WARNING, &format!("{text}: {more} more.")))
    }
}

/// What the car drew, and how much of what was dispatched is cheap: a sentence each.
pub(crate) fn dispatched(bill: &Bill) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(device) = &bill.device {
        let apart = shown_kwh(device.kwh, bill.shown);
        let mut text = format!("The car: {apart} kWh at prices of its own");
        if device.undispatched_kwh != Energy::ZERO {
            let rest = shown_kwh(device.undispatched_kwh, bill.shown);
            text.push_str(&format!(
                "; {rest} kWh that it drew without a dispatch are billed with the home's"
            ));
        }
        if device.capped_slots > 0 {
            let slots = plural(device.capped_slots, "half-hour");
            text.push_str(&format!("; in {slots} its reading is above the meter's and counts as that"));
        }
        said.push(text + ".");
    }
    if let Some(allowance) = &bill.allowance {
        let hours = plural(usize::from(allowance.hours), "hour");
        let within = |cheap: usize, beyond: usize| {
            format!("{} within {hours} from midday to midday, {beyond} beyond", plural(cheap, "half-hour"))
        };
        let other = &allowance.otherwise;
        let mut text = format!(
            "Dispatched: {}, counted by {}.",
            within(allowance.cheap_slots, allowance.beyond_slots),
            allowance.counted.name()
        );
        if (other.cheap_slots, other.beyond_slots) == (allowance.cheap_slots, allowance.beyond_slots) {
            text.push_str(&format!(" By {} it is the same.", other.counted.name()));
        } else {
            let unit = unit(bill);
            text.push_str(&format!(
                " By {}: {} within, {} beyond, and {} in all, {} more.",
                other.counted.name(),
                other.cheap_slots,
                other.beyond_slots,
                unit.said(other.total_minor),
                unit.said(other.difference_minor)
            ));
        }
        said.push(text);
    }
    said
}

/// A register's readings and what they came to.
pub(crate) fn register(used: &RegisterUse, clock: Clock) -> String {
    let meter = if used.meter.is_empty() { String::new() } else { format!(", meter {}", used.meter) };
    let text = format!(
        "{}{meter}: {} to {}, {} kWh, {}",
        used.register,
        used.opening_reading,
        used.closing_reading,
        used.counted_kwh,
        clock.period(used.span)
    );
    if used.apportioned {
        format!("{text}; {} kWh of it here, shared out by time", used.billed_kwh)
    } else {
        text
    }
}

/// What it is, when, by which clocks and rules.
pub(crate) fn heading(bill: &Bill, delivered: Fuel, clock: Clock, palette: Palette) -> String {
    let title = format!("{}, {}", delivered.title(), clock.period(bill.period));
    let told_by = bill.tariff_clock.filter(|name| *name != bill.time_zone);
    let told_by = told_by.map(|name| format!(", the tariff's times of day {name}")).unwrap_or_default();
    let rules = format!("{}{told_by} · rules: {}", bill.time_zone, bill.rules);
    format!("{}\n{}\n\n", palette.paint(TITLE, &title), palette.paint(FAINT, &rules))
}

/// The lines, the subtotal, VAT and the total.
pub(crate) fn lines(bill: &Bill, clock: Clock, palette: Palette) -> String {
    let unit = unit(bill);
    let kwh = |energy: Energy| shown_kwh(energy, bill.shown);
    // Where a line names a price with tax in it, the one beside it, which has none, says so.
    let named_with = bill
        .lines
        .iter()
        .any(|line| line.price_basis == VatBasis::Inclusive && line.vat_percent != VatRate::ZERO);
    let without = if named_with { format!(" ex {}", bill.tax_name) } else { String::new() };
    let mut table = Table::new(&[
        ("", Align::Left),
        ("kWh", Align::Right),
        (&format!("{} each{without}", bill.currency.minor()), Align::Right),
        (unit.name(), Align::Right),
    ]);
    for line in &bill.lines {
        table.row([
            line.description.as_str().into(),
            line.kwh.map(kwh).unwrap_or_default().into(),
            price(line, bill.shown).into(),
            unit.show(line.net_minor).into(),
        ]);
        if let Some(part) = part(line, bill, clock) {
            table.row([Cell::styled(format!("  {part}"), FAINT)]);
        }
    }
    table.rule();
    let mut sum = |name: &str, energy: &str, money: Money, style| {
        table.row([
            Cell::styled(name, style),
            Cell::styled(energy, style),
            "".into(),
            Cell::styled(unit.show(money), style),
        ]);
    };
    let plain = anstyle::Style::new();
    sum("Subtotal", "", bill.net_minor, plain);
    sum(&vat_name(bill), "", bill.vat_minor, plain);
    sum("Total", &kwh(bill.kwh), bill.total_minor, TITLE);
    table.render(palette)
}

/// When a line's price held, where that is less than the bill's period. Of prices that take turns it says the dates: from the first hour
/// to the last of such a price others hold too.
fn part(line: &BillLine, bill: &Bill, clock: Clock) -> Option<String> {
    let is_shared = line.kind == LineKind::Energy
        && bill.lines.iter().any(|other| {
            other.kind == LineKind::Energy && other != line && other.span.intersection(line.span).is_some()
        });
    let span = if is_shared {
        clock.whole_days(line.span).and_then(|days| days.intersection(bill.period)).unwrap_or(line.span)
    } else {
        line.span
    };
    (span != bill.period).then(|| clock.part(span, bill.period))
}

/// What one kWh or one day costs, without VAT as the amount beside it: exactly where the line has one price, on average where it has many.
fn price(line: &BillLine, shown: Option<Shown>) -> String {
    let average = || line.kwh.and_then(|energy| average(line.net_minor, energy));
    match line.price {
        Some(price) => match (shown, price_without_vat(line, price)) {
            (Some(shown), net) => {
                let money = net.unwrap_or_else(|| price.money());
                to_places(money.round(shown.rate, Rounding::HalfUp), shown.rate)
            }
            (None, Some(net)) => net.round(PLACES_WITHOUT_VAT, Rounding::HalfUp).to_string(),
            (None, None) => price_text(price),
        },
        None => average().map(|price| format!("avg {}", shown_rate(price, shown))).unwrap_or_default(),
    }
}

/// A price that is known only with VAT, without it.
fn price_without_vat(line: &BillLine, price: LinePrice) -> Option<Money> {
    let has_vat = line.price_basis == VatBasis::Inclusive && line.vat_percent != VatRate::ZERO;
    has_vat.then(|| line.vat_percent.net_of(price.money()).ok()).flatten()
}

fn price_text(price: LinePrice) -> String {
    match price {
        LinePrice::PerKwh(rate) => rate.to_string(),
        LinePrice::PerDay(charge) => charge.to_string(),
    }
}

/// How amounts are shown: as the rules say, or by their size.
fn unit(bill: &Bill) -> Unit {
    bill.shown.map_or_else(
        || Unit::of(bill.total_minor, bill.currency),
        |shown| Unit::MinorTo(bill.currency, shown.pence),
    )
}

/// An average rate at the decimals that the rules show, or two.
fn shown_rate(average: UnitRate, shown: Option<Shown>) -> String {
    shown.map_or_else(
        || rate(average),
        |shown| to_places(average.round(shown.rate, Rounding::HalfUp), shown.rate),
    )
}

/// kWh at the decimals that the rules show, or three.
pub(crate) fn shown_kwh(energy: Energy, shown: Option<Shown>) -> String {
    shown.map_or_else(|| kwh(energy), |shown| to_places(energy.round(shown.kwh, Rounding::HalfUp), shown.kwh))
}

pub(crate) fn vat_name(bill: &Bill) -> String {
    let rates: BTreeSet<VatRate> = bill.lines.iter().map(|line| line.vat_percent).collect();
    let rates: Vec<String> = rates.iter().map(VatRate::to_string).collect();
    format!("{} at {}", bill.tax_name, rates.join(" and "))
}

fn slots(input: &Input, number: usize) -> String {
    match input.slot_minutes {
        30 => plural(number, "half-hour"),
        60 => plural(number, "hour"),
        minutes => plural(number, &format!("{minutes}-minute slot")),
    }
}

pub(crate) fn coverage(bill: &Bill, input: &Input, clock: Clock, palette: Palette) -> String {
    let coverage = &bill.coverage;
    let all = slots(input, coverage.slots);
    let mut text = if coverage.billed_slots == coverage.slots {
        format!("All {all} billed.\n")
    } else {
        let left_out = slots(input, coverage.slots - coverage.billed_slots);
        let sentence = format!("{} of {all} billed; {left_out} left out:", count(coverage.billed_slots));
        format!("{}\n", palette.paint(WARNING, &sentence))
    };
    if bill.left_out_slots > 0 {
        let left_out = slots(input, bill.left_out_slots);
        text.push_str(&format!(
            "{left_out} of them are not in the file, which leaves out those of no use.\n"
        ));
    }
    text.push_str(&gaps("no reading", &coverage.missing_consumption, clock));
    if let Some(estimates) = &bill.estimates {
        text.push_str(&gaps("estimated", &estimates.spans, clock));
        text.push_str(&gaps("estimated before the bill, where its tiers begin", &estimates.before, clock));
    }
    text.push_str(&gaps("no unit rate", &coverage.missing_rates, clock));
    text.push_str(&gaps("no standing charge", &bill.missing_standing_charges, clock));
    text
}

/// One line for each gap, and one for those that there is no room for.
pub(crate) fn gaps(what: &str, spans: &[Span], clock: Clock) -> String {
    let mut text: String = spans
        .iter()
        .take(SHOWN_GAPS)
        .map(|span| format!("  {what}: {}\n", clock.dated_range(*span)))
        .collect();
    if let Some(more) = spans.len().checked_sub(SHOWN_GAPS).filter(|more| *more > 0) {
        text.push_str(&format!("  {what}: {} more (all of them: --format json)\n", count(more)));
    }
    text
}

/// What was read, whether or not it was billed.
fn read(input: &Input, palette: Palette) -> String {
    let gap =
        |spans: &[Span]| if spans.is_empty() { "no gap".to_owned() } else { plural(spans.len(), "gap") };
    let text = format!(
        "Read {} ({}) and {} ({}).",
        plural(input.rates, "unit rate"),
        gap(&input.rate_gaps),
        plural(input.readings, "reading"),
        gap(&input.reading_gaps)
    );
    format!("{}\n", palette.paint(FAINT, &text))
}

fn pieces(periods: &[BillPeriod], bill: &Bill, clock: Clock, palette: Palette) -> String {
    const BAR: i128 = 20;
    let unit = unit(bill);
    let kwh = |energy: Energy| shown_kwh(energy, bill.shown);
    let by_slot = periods.first().is_some_and(|piece| piece.slots == 1);
    let mut table = Table::new(&[
        ("", Align::Left),
        ("slots", Align::Right),
        ("kWh", Align::Right),
        (&format!("{}/kWh avg", bill.currency.minor()), Align::Right),
        (&format!("{} inc VAT", unit.name()), Align::Right),
        ("", Align::Left),
    ]);
    let largest = periods.iter().map(|piece| piece.total_minor.units()).max().unwrap_or(0);
    let drawn = if palette.is_html() { drawn(periods, bill.currency, clock, palette) } else { String::new() };
    for piece in periods {
        let label =
            if by_slot { clock.told_apart(piece.period.span.from()) } else { piece.period.label.clone() };
        let slots = if piece.billed_slots == piece.slots {
            piece.slots.to_string()
        } else {
            format!("{} of {}", piece.billed_slots, piece.slots)
        };
        table.row([
            label.into(),
            slots.into(),
            kwh(piece.kwh).into(),
            energy_average(piece, bill.shown).unwrap_or_default().into(),
            unit.show(piece.total_minor).into(),
            Cell::styled(bar(piece.total_minor.units(), largest, BAR), super::style::PLAIN),
        ]);
    }
    table.rule();
    table.row([
        Cell::styled("Total", TITLE),
        bill.coverage.billed_slots.to_string().into(),
        kwh(bill.kwh).into(),
        "".into(),
        Cell::styled(unit.show(bill.total_minor), TITLE),
        "".into(),
    ]);
    drawn + &table.render(palette)
}

/// What each piece costs, as bars; neighbours share one where they are very many.
pub(crate) fn drawn(periods: &[BillPeriod], currency: Currency, clock: Clock, palette: Palette) -> String {
    // 10^-20 minor units in 10^-8 major ones.
    let major = 10_i128.pow(12 + u32::from(currency.minor_digits()));
    let joined = periods.len().div_ceil(palette.columns()).max(1);
    let mut before = None;
    let column = |pieces: &[BillPeriod]| {
        let (first, last) = (pieces.first()?, pieces.last()?);
        let sum: i128 = pieces.iter().map(|piece| piece.total_minor.units()).sum();
        let whole = Span::new(first.period.span.from(), last.period.span.to()).ok()?;
        let value = i64::try_from(sum / major).ok();
        if first.slots == 1 {
            return Some(Column { value, ..of_slots(whole, joined, &mut before, clock.0) });
        }
        let label = &first.period.label;
        let is_day = label.len() == 10 || joined > 1;
        Some(Column {
            value,
            label: Some(if is_day { clock.day_and_month(whole.from()) } else { label.clone() }),
            when: if joined > 1 { clock.range(whole) } else { label.clone() },
            ..Column::default()
        })
    };
    let columns: Vec<Column> = periods.chunks(joined).filter_map(column).collect();
    bars(&columns, &format!("{} inc VAT", currency.symbol()), palette)
}

/// What matters most.
fn head(bill: &Bill, palette: Palette) -> String {
    let per_kwh = average(bill.total_minor, bill.kwh).map(|price| shown_rate(price, bill.shown));
    let minor = bill.currency.minor();
    let coverage = &bill.coverage;
    let dearest =
        bill.periods.iter().flatten().filter(|piece| piece.slots > 1).max_by_key(|piece| piece.total_minor);
    let mut list = vec![
        Card::new("Total", bill.currency.shown(bill.total_minor), format!("{} in", bill.tax_name))
            .styled(TITLE),
        Card::new("Used", format!("{} kWh", shown_kwh(bill.kwh, bill.shown)), ""),
        Card::new(
            "A kWh comes to",
            per_kwh.map(|price| format!("{price} {minor}")).unwrap_or_default(),
            "with everything in",
        ),
    ];
    list.extend(dearest.map(|piece| {
        Card::new("Dearest", bill.currency.shown(piece.total_minor), piece.period.label.clone()).styled(DEAR)
    }));
    let left_out = coverage.slots.saturating_sub(coverage.billed_slots);
    list.extend((left_out > 0).then(|| {
        Card::new("Left out", count(left_out), format!("of {} slots", count(coverage.slots))).styled(WARNING)
    }));
    cards(list, palette)
}

/// What a kWh costs with everything in, standing charge too.
fn energy_average(piece: &BillPeriod, shown: Option<Shown>) -> Option<String> {
    if piece.kwh == Energy::ZERO {
        return None;
    }
    average(piece.total_minor, piece.kwh).map(|average| shown_rate(average, shown))
}

fn rules_table(rules: &[UnderRules], currency: Currency, palette: Palette) -> String {
    let minor = currency.minor();
    let mut table = Table::new(&[
        ("rules", Align::Left),
        ("kWh", Align::Right),
        (&format!("net {minor}"), Align::Right),
        (&format!("VAT {minor}"), Align::Right),
        (&format!("total {minor}"), Align::Right),
        (&format!("difference {minor}"), Align::Right),
    ]);
    for rules in rules {
        table.row([
            rules.rules.as_str().into(),
            kwh(rules.kwh).into(),
            pence(rules.net_minor).into(),
            pence(rules.vat_minor).into(),
            pence(rules.total_minor).into(),
            pence(rules.difference_minor).into(),
        ]);
    }
    format!("\n{}", table.render(palette))
}

fn projected(projection: &Projection, currency: Currency) -> String {
    let rests = &projection.rests_on;
    format!(
        "\nTo the end of the period: {} ({} kWh). It rests on {rests}.\n",
        currency.shown(projection.total_minor),
        kwh(projection.kwh)
    )
}

fn periods_csv(bill: &Bill) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "label",
        "slots",
        "billed_slots",
        "days",
        "kwh",
        "net_minor",
        "vat_minor",
        "total_minor",
    ]);
    for piece in bill.periods.iter().flatten() {
        csv.row(&[
            instant_text(piece.period.span.from()),
            instant_text(piece.period.span.to()),
            piece.period.label.clone(),
            piece.slots.to_string(),
            piece.billed_slots.to_string(),
            piece.days.to_string(),
            piece.kwh.to_string(),
            piece.net_minor.to_string(),
            piece.vat_minor.to_string(),
            piece.total_minor.to_string(),
        ]);
    }
    csv.into_text()
}
