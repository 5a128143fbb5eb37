//! A charging plan as a page of text.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{Unit, kwh, per_kwh, plural, rate};
use super::style::{CHOSEN, FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use super::windows::chart;
use kwhen::Energy;
use kwhen::plan::charge::{ChargeComparison, ChargeDecision, ChargePlan};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span, instant_text};
use kwhen_app::answer::charge::Charge;

impl Page for Charge {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        page(self, calendar, palette)
    }

    fn csv(&self) -> String {
        rows(self)
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().chain(&self.plan.remarks).cloned().collect()
    }

    fn first(&self) -> Option<&str> {
        self.notices.first()
    }
}

fn page(found: &Charge, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let prices = &found.prices;
    let plan = &found.plan;
    let currency = found.frame.currency;
    let title = format!("Charge {} kWh, {}", kwh(plan.kwh), clock.dated_range(found.frame.span));
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    if let Some(reason) = &plan.reason {
        page.push_str(&format!("{}\n\n", palette.paint(WARNING, &format!("Not all of it: {reason}."))));
    }
    page.push_str(&head(found, clock, palette));
    if !plan.blocks.is_empty() {
        page.push_str(&blocks(plan, currency, clock, palette));
        page.push('\n');
        let spans: Vec<Span> = plan.blocks.iter().map(|block| block.span).collect();
        page.push_str(&chart(prices, &spans, Some(found.frame.span), None, calendar, palette));
        page.push('\n');
    }
    page.push_str(&comparison(plan, currency, palette));
    if !found.frontier.is_empty() {
        page.push_str(&format!("\n{}", frontier(&found.frontier, currency, palette)));
    }
    if let Some(answer) = &found.why_not {
        let when = clock.short(answer.at);
        let message = answer.message.split_once(": ").map_or(answer.message.as_str(), |(_, message)| message);
        page.push_str(&format!("\nWhy not {when}? {message}.\n"));
    }
    if let Some(kept) = &found.comparison {
        page.push_str(&format!("\n{}\n", stability(kept, currency)));
    }
    page.push_str(&noted(plan.remarks.iter().chain(found.notices.others()), palette));
    page
}

/// What matters most.
fn head(found: &Charge, clock: Clock, palette: Palette) -> String {
    let (plan, currency) = (&found.plan, found.frame.currency);
    let unit = per_kwh(currency);
    let average = plan.average_minor_per_kwh.map(|average| format!("{} {unit}", rate(average)));
    let saving = plan.saving_against_at_once().map(|saving| currency.shown(saving)).unwrap_or_default();
    let at_once = plan.at_once_minor.map(|cost| format!("beside {} at once", currency.shown(cost)));
    let begins = plan.blocks.first().map(|block| clock.short(block.span.from())).unwrap_or_default();
    let starts = if plan.blocks.len() > 1 { plural(plan.starts, "start") } else { String::new() };
    cards(
        [
            Card::new("Costs", currency.shown(plan.cost_minor), average.unwrap_or_default()).styled(CHOSEN),
            Card::new("Saves", saving, at_once.unwrap_or_default()),
            Card::new("Begins", begins, starts),
        ],
        palette,
    )
}

pub(crate) fn blocks(plan: &ChargePlan, currency: Currency, clock: Clock, palette: Palette) -> String {
    let unit = Unit::minor(currency);
    let mut table = Table::new(&[
        ("when", Align::Left),
        ("kW", Align::Right),
        ("kWh", Align::Right),
        (&format!("{} avg", per_kwh(currency)), Align::Right),
        (unit.name(), Align::Right),
    ]);
    for block in &plan.blocks {
        let average = super::number::average(block.cost_minor, block.kwh);
        table.row([
            Cell::styled(clock.range(block.span), CHOSEN),
            format!("{:.2}", block.kw).into(),
            kwh(block.kwh).into(),
            average.map(rate).unwrap_or_default().into(),
            unit.show(block.cost_minor).into(),
        ]);
    }
    if plan.blocks.len() > 1 {
        table.rule();
        table.row([
            plural(plan.starts, "start").into(),
            String::new().into(),
            kwh(plan.kwh).into(),
            plan.average_minor_per_kwh.map(rate).unwrap_or_default().into(),
            unit.show(plan.cost_minor).into(),
        ]);
    }
    table.render(palette)
}

/// What the plan is better than.
pub(crate) fn comparison(plan: &ChargePlan, currency: Currency, palette: Palette) -> String {
    let unit = Unit::minor(currency);
    let facts: Vec<String> = [
        (plan.at_once_minor, plan.saving_against_at_once(), "At once"),
        (plan.at_average_minor, plan.saving_against_average(), "At the average rate"),
    ]
    .into_iter()
    .filter_map(|(cost, saving, what)| {
        let saving = saving?;
        let (by, how) = if saving.is_negative() { (-saving, "less") } else { (saving, "more") };
        Some(format!("{what}: {}, {} {how}", unit.said(cost?), unit.said(by)))
    })
    .collect();
    if facts.is_empty() || plan.kwh == Energy::ZERO {
        return String::new();
    }
    let mut text: String =
        facts.iter().map(|fact| format!("{}\n", palette.paint(FAINT, &format!("{fact}.")))).collect();
    if plan.stored_kwh != plan.kwh {
        text.push_str(&format!(
            "{}\n",
            palette.paint(FAINT, &format!("{} kWh of it are stored.", kwh(plan.stored_kwh)))
        ));
    }
    text
}

fn frontier(plans: &[ChargePlan], currency: Currency, palette: Palette) -> String {
    let unit = Unit::minor(currency);
    let mut table = Table::new(&[
        ("starts", Align::Right),
        ("kWh", Align::Right),
        (unit.name(), Align::Right),
        ("above least", Align::Right),
    ]);
    let least = plans.last().map(|plan| plan.cost_minor);
    for plan in plans {
        let above =
            least.and_then(|least| plan.cost_minor.checked_sub(least)).filter(|above| !above.is_zero());
        table.row([
            plan.starts.to_string().into(),
            kwh(plan.kwh).into(),
            unit.show(plan.cost_minor).into(),
            above.map(|above| format!("+{}", unit.show(above))).unwrap_or_default().into(),
        ]);
    }
    table.render(palette)
}

fn stability(kept: &ChargeComparison, currency: Currency) -> String {
    let unit = Unit::minor(currency);
    let costs = kept.keeping_costs_minor.map(|money| unit.said(money)).unwrap_or_default();
    match kept.decision {
        ChargeDecision::Keep => format!("The plan in force is kept; that costs {costs} more than the best."),
        ChargeDecision::Change => {
            format!("The plan in force is replaced: keeping it would cost {costs} more.")
        }
        ChargeDecision::Replace => {
            "The plan in force no longer does what is asked for, and is replaced.".to_owned()
        }
    }
}

/// The blocks of the plan; or of the plan for each number of starts, which then is a column more.
fn rows(found: &Charge) -> String {
    if found.plan.blocks.is_empty() && found.frontier.is_empty() {
        return String::new();
    }
    let (plans, columns): (&[ChargePlan], &[&str]) = match found.frontier.as_slice() {
        [] => (std::slice::from_ref(&found.plan), &["from", "to", "kw", "kwh", "cost_minor"]),
        plans => (plans, &["from", "to", "kw", "kwh", "cost_minor", "starts"]),
    };
    let mut csv = Csv::new(columns);
    for plan in plans {
        for block in &plan.blocks {
            let mut row = vec![
                instant_text(block.span.from()),
                instant_text(block.span.to()),
                block.kw.to_string(),
                block.kwh.to_string(),
                block.cost_minor.to_string(),
            ];
            row.extend((!found.frontier.is_empty()).then(|| plan.starts.to_string()));
            csv.row(&row);
        }
    }
    csv.into_text()
}
