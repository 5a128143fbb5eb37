//! A charging plan as a page of text.

use super::number::{average, kwh, pence, plural, rate};
use super::style::{CHOSEN, FAINT, Palette, TITLE, WARNING};
use super::table::{Align, Cell, Table};
use super::timeline::COLUMNS;
use super::when::Clock;
use super::windows::{chart, chart_span};
use crate::command::charge::Charge;
use kwhen::plan::SlotPrices;
use kwhen::plan::charge::{Block, Plan};
use kwhen::time::{Calendar, Span};

pub(crate) fn text(
    charge: &Charge,
    prices: &SlotPrices,
    asked: &str,
    calendar: Calendar,
    palette: Palette,
) -> String {
    let clock = Clock(calendar);
    let plan = &charge.plan;
    let mut page = format!("{}\n\n", palette.paint(TITLE, &format!("{asked}, {}", clock.range(charge.span))));
    if let Some(reason) = &plan.reason {
        page.push_str(&palette.paint(WARNING, &format!("Not all of it: {reason}.")));
        page.push_str("\n\n");
    }
    page.push_str(&blocks(plan, clock, palette));
    page.push('\n');
    let spans = spans(&plan.blocks);
    page.push_str(&chart(prices, &spans, shown(charge.span, &spans, prices, calendar), calendar, palette));
    page.push('\n');
    page.push_str(&comparison(plan, palette));
    page
}

pub(crate) fn spans(blocks: &[Block]) -> Vec<Span> {
    blocks.iter().map(|block| block.span).collect()
}

/// The whole time allowed where a page holds it, else the day of the plan.
fn shown(allowed: Span, spans: &[Span], prices: &SlotPrices, calendar: Calendar) -> Option<Span> {
    if prices.grid().slots_starting_in(allowed).len() <= COLUMNS || spans.is_empty() {
        return Some(allowed);
    }
    chart_span(spans, prices, calendar)
}

pub(crate) fn blocks(plan: &Plan, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("when", Align::Left),
        ("kW", Align::Right),
        ("kWh", Align::Right),
        ("p/kWh", Align::Right),
        ("pence", Align::Right),
    ]);
    for block in &plan.blocks {
        table.row([
            Cell::styled(clock.range(block.span), CHOSEN),
            format!("{:.2}", block.kw).into(),
            kwh(block.kwh).into(),
            average(block.cost_pence, block.kwh).map(rate).unwrap_or_default().into(),
            pence(block.cost_pence).into(),
        ]);
    }
    table.rule();
    table.row([
        Cell::styled(plural(plan.starts, "start"), TITLE),
        "".into(),
        kwh(plan.kwh).into(),
        plan.average_p_per_kwh.map(rate).unwrap_or_default().into(),
        Cell::styled(pence(plan.cost_pence), TITLE),
    ]);
    table.render(palette)
}

pub(crate) fn comparison(plan: &Plan, palette: Palette) -> String {
    let at_once = plan.at_once_pence.zip(plan.saving_against_at_once());
    let at_average = plan.at_average_pence.zip(plan.saving_against_average());
    let sentence = |name: &str, pair: Option<(kwhen::Money, kwhen::Money)>| {
        pair.map(|(cost, saving)| format!("{name} {} p, {} p more", pence(cost), pence(saving)))
    };
    let sentences: Vec<String> =
        [sentence("At once:", at_once), sentence("at the average rate:", at_average)]
            .into_iter()
            .flatten()
            .collect();
    if sentences.is_empty() {
        return String::new();
    }
    format!("{}\n", palette.paint(FAINT, &format!("{}.", sentences.join("; "))))
}
