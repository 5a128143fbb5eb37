//! How a bill was worked, term by term.

use super::style::{FAINT, Palette, TITLE};
use super::table::{Align, Cell, Table};
use kwhen::bill::{Bill, BillingRules, LinePrice, LineWorking, RoundTo, TaxWorking, Term, VatOn, Working};
use kwhen::series::VatBasis;
use kwhen::tariff::{GasStep, GasUnit};
use kwhen::{Money, Rounding};

/// The whole working of a bill, every figure with all of its digits; nothing where it was not asked for.
pub(crate) fn working(bill: &Bill, palette: Palette) -> String {
    let Some(working) = &bill.working else { return String::new() };
    let minor = bill.currency.minor();
    let mut page = format!("\n{}\n", palette.paint(TITLE, "How it was worked"));
    page.push_str(&palette.paint(FAINT, &rules(working, minor)));
    page.push('\n');
    if !working.gas.is_empty() {
        page.push_str(&gas(&working.gas, palette));
    }
    for (place, line) in working.lines.iter().enumerate() {
        page.push_str(&of_line(place + 1, line, &working.rules, (minor, &bill.tax_name), palette));
    }
    page.push_str(&format!("\n{}\n", palette.paint(TITLE, &bill.tax_name)));
    for tax in &working.taxes {
        page.push_str(&of_tax(tax, working, minor, &bill.tax_name));
    }
    page.push_str(&format!(
        "Without {tax}: {} {minor}. {tax}: {} {minor}. Total: {} {minor}.\n",
        bill.net_minor,
        bill.vat_minor,
        bill.total_minor,
        tax = bill.tax_name
    ));
    page
}

/// What is rounded, in a sentence.
fn rules(working: &Working, minor: &str) -> String {
    let BillingRules { name, reading, day_energy, slot_cost, line, subtotal, vat, vat_on, .. } =
        &working.rules;
    let rounded: Vec<String> = [
        (reading, "each reading", "kWh"),
        (day_energy, "the energy of each day at one rate", "kWh"),
        (slot_cost, "the cost of each slot", minor),
        (line, "each line", minor),
        (subtotal, "the sum of the lines", minor),
        (vat, if *vat_on == VatOn::Line { "VAT on each line" } else { "VAT" }, minor),
    ]
    .into_iter()
    .filter_map(|(to, what, unit)| Some(format!("{what} {}", rounding((*to)?, unit))))
    .collect();
    if rounded.is_empty() {
        return format!("Rules {name}: nothing is rounded.");
    }
    format!("Rules {name}: rounded is {}.", rounded.join("; "))
}

fn rounding(to: RoundTo, unit: &str) -> String {
    let mode = mode(to.rounding);
    match to.places {
        0 => format!("to a whole {unit} ({mode})"),
        places => format!("to {places} decimals of a {unit} ({mode})"),
    }
}

const fn mode(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::HalfEven => "half to even",
        Rounding::HalfUp => "half away from zero",
        Rounding::TowardZero => "toward zero",
        Rounding::AwayFromZero => "away from zero",
        Rounding::Floor => "down",
        Rounding::Ceiling => "up",
    }
}

/// Volumes to kWh.
fn gas(steps: &[GasStep], palette: Palette) -> String {
    let Some(first) = steps.first() else { return String::new() };
    let (unit, metres) = match first.unit {
        GasUnit::CubicMetres => ("m³", String::new()),
        GasUnit::HundredsOfCubicFeet => ("100 ft³", " × 2.83 m³".to_owned()),
        GasUnit::KilowattHours => ("kWh", String::new()),
    };
    let mut table = Table::new(&[
        ("", Align::Left),
        ("readings", Align::Right),
        (unit, Align::Right),
        ("MJ/m³", Align::Right),
        ("kWh", Align::Right),
    ]);
    for step in steps {
        table.row([
            step.label.as_str().into(),
            step.readings.to_string().into(),
            step.volume.to_string().into(),
            step.calorific_value.to_string().into(),
            step.kwh.to_string().into(),
        ]);
    }
    format!(
        "\n{}\n{}\n{}",
        palette.paint(TITLE, "Gas to kWh"),
        palette.paint(
            FAINT,
            &format!(
                "Each reading{metres} × {} × calorific value / 3.6, rounded to {} decimals of a kWh ({}); then summed.",
                first.correction,
                first.kwh_places,
                mode(first.rounding)
            )
        ),
        table.render(palette)
    )
}

/// A column of terms: its heading, and a term's cell.
type Column<'a> = (String, Box<dyn Fn(&Term) -> Option<String> + 'a>);

fn of_line(
    number: usize,
    line: &LineWorking,
    rules: &BillingRules,
    (minor, tax): (&str, &str),
    palette: Palette,
) -> String {
    let basis =
        if line.price_basis == VatBasis::Inclusive { format!(" with {tax} in") } else { String::new() };
    let counted = |count: usize| (count > 0).then(|| count.to_string());
    let each = |price: LinePrice| match price {
        LinePrice::PerKwh(rate) => rate.to_string(),
        LinePrice::PerDay(charge) => charge.to_string(),
    };
    let columns: Vec<Column<'_>> = vec![
        ("slots".into(), Box::new(move |term| counted(term.slots))),
        ("estimated".into(), Box::new(move |term| counted(term.estimated_slots))),
        ("kWh as read".into(), Box::new(|term| term.read_kwh.map(|energy| energy.to_string()))),
        ("kWh".into(), Box::new(|term| term.kwh.map(|energy| energy.to_string()))),
        ("days".into(), Box::new(|term| term.days.map(|days| days.to_string()))),
        (format!("× {minor} each"), Box::new(move |term| term.price.map(each))),
        (format!("= {minor} exactly"), Box::new(|term| term.exact_minor.map(|money| money.to_string()))),
    ];
    let columns: Vec<Column<'_>> =
        columns.into_iter().filter(|(_, cell)| line.terms.iter().any(|term| cell(term).is_some())).collect();
    let amount = format!("= {minor}{basis}");
    let named = columns.iter().map(|(name, _)| (name.as_str(), Align::Right));
    let is_said = line.terms.iter().any(|term| term.said.is_some());
    let heading: Vec<(&str, Align)> = [("", Align::Left)]
        .into_iter()
        .chain(named)
        .chain([(amount.as_str(), Align::Right)])
        .chain(is_said.then_some(("", Align::Left)))
        .collect();
    let mut table = Table::new(&heading);
    for term in &line.terms {
        let cells = columns.iter().map(|(_, cell)| Cell::from(cell(term).unwrap_or_default()));
        let said = is_said.then(|| Cell::styled(term.said.clone().unwrap_or_default(), FAINT));
        table.row(
            [Cell::from(term.label.as_str())]
                .into_iter()
                .chain(cells)
                .chain([term.amount_minor.to_string().into()])
                .chain(said),
        );
    }
    let mut sum = |name: &str, amount: Money| {
        let between = columns.iter().map(|_| Cell::from(""));
        table.row([name.into()].into_iter().chain(between).chain([amount.to_string().into()]));
    };
    if line.terms.len() > 1 {
        sum("Sum", line.sum_minor);
    }
    if rules.line.is_some() {
        sum("Rounded", line.amount_minor);
    }
    let own = line.terms.iter().any(|term| term.price.is_none() && term.kwh.is_some());
    let note = if own {
        palette.paint(
            FAINT,
            "Each day is the sum of its slots' own kWh × rate; --by half-hour shows every one of them.",
        ) + "\n"
    } else {
        String::new()
    };
    let title = format!("{number}. {}", line.description);
    format!("\n{}\n{note}{}", palette.paint(TITLE, &title), table.render(palette))
}

fn of_tax(tax: &TaxWorking, working: &Working, minor: &str, name: &str) -> String {
    let percent = tax.vat_percent;
    let numbers = |basis: VatBasis| {
        let of = working
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.vat_percent == tax.vat_percent && line.price_basis == basis);
        of.map(|(place, _)| (place + 1).to_string()).collect::<Vec<_>>().join(" + ")
    };
    let rounded = |exact: Money, to: Money| {
        if exact == to { String::new() } else { format!(", rounded {to} {minor}") }
    };
    let mut text = String::new();
    let lines = numbers(VatBasis::Exclusive);
    if !lines.is_empty() {
        text.push_str(&format!(
            "Lines {lines}: {} {minor}{}; {name} at {percent}{}: {} {minor}{}\n",
            tax.sum_minor,
            rounded(tax.sum_minor, tax.subtotal_minor),
            if working.rules.vat_on == VatOn::Line { ", line by line" } else { "" },
            tax.exact_vat_minor,
            rounded(tax.exact_vat_minor, tax.vat_minor)
        ));
    }
    let lines = numbers(VatBasis::Inclusive);
    if !lines.is_empty() {
        text.push_str(&format!(
            "Lines {lines}: {} {minor} with {name} at {percent} in; / (1 + {percent}): {} {minor} without\n",
            tax.inclusive_minor, tax.inclusive_net_minor
        ));
    }
    text
}
