//! The demo as a page, and last month by day as rows.

use super::Page;
use super::battery as battery_page;
use super::bill as bill_page;
use super::cards::{Card, cards};
use super::charge as charge_page;
use super::csv::Csv;
use super::figure::Mark;
use super::number::{kwh, rate};
use super::rates::Rates;
use super::style::{CHOSEN, FAINT, Palette, TITLE};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use super::windows::chart;
use kwhen::Money;
use kwhen::time::{Calendar, Span};
use kwhen_app::answer::demo::Demo;

impl Page for Demo {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        text(self, calendar, palette)
    }

    fn csv(&self) -> String {
        csv(self)
    }
}

fn text(demo: &Demo, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let mut page = format!(
        "{}\n{}\n\n",
        palette.paint(TITLE, "A made-up London home on Agile Octopus (bundled sample, nothing is fetched)"),
        palette.paint(
            FAINT,
            &format!(
                "It is {} {}; tonight the clocks go back.\nRates are published until {}.",
                clock.date(demo.now),
                clock.time(demo.now),
                clock.short(demo.known.to())
            )
        ),
    );
    page.push_str(&head(demo, clock, palette));
    section(&mut page, 1, "Last month's bill", palette);
    if palette.is_html() {
        page.push_str(&palette.paint(FAINT, &clock.period(demo.bill.period)));
        page.push_str("\n\n");
    } else {
        page.push_str(&bill_page::heading(&demo.bill, kwhen::tariff::Fuel::Electricity, clock, palette));
    }
    page.push_str(&bill_page::lines(&demo.bill, clock, palette));
    page.push('\n');
    page.push_str(&bill_page::coverage(&demo.bill, &demo.input, clock, palette));
    page.push_str(&month(demo, calendar, palette));
    page.push('\n');

    section(&mut page, 2, "When to run things", palette);
    page.push_str(&jobs(demo, clock, palette));
    if let Some(last) = demo.jobs.last() {
        page.push('\n');
        let blocks = &last.window.blocks;
        page.push_str(&chart(&demo.prices, blocks, Some(demo.known), Some(demo.now), calendar, palette));
        page.push('\n');
        let sign = if palette.is_html() { "Chosen: " } else { "▲ " };
        page.push_str(&palette.paint(FAINT, &format!("{sign}{}. A bar is a half-hour.", last.name)));
        page.push('\n');
    }
    page.push('\n');
    section(&mut page, 3, "The car: 24 kWh by 07:00, at up to 7.4 kW", palette);
    page.push_str(&charge_page::blocks(&demo.charge.plan, demo.charge.frame.currency, clock, palette));
    page.push('\n');
    if palette.is_html() {
        let blocks: Vec<Span> = demo.charge.plan.blocks.iter().map(|block| block.span).collect();
        let shown = demo.charge.frame.span;
        page.push_str(&chart(&demo.prices, &blocks, Some(shown), Some(demo.now), calendar, palette));
    }
    page.push_str(&charge_page::comparison(&demo.charge.plan, demo.charge.frame.currency, palette));
    page.push('\n');
    section(&mut page, 4, "A battery of 10 kWh and 5 kW, with panels on the roof", palette);
    page.push_str(&battery_page::money(&demo.battery, palette));
    page.push('\n');
    page.push_str(&battery_page::charts(&demo.battery, &demo.prices, calendar, palette));
    page.push('\n');
    page.push_str(&battery_page::reasons(&demo.battery, 6, palette));
    page
}

/// What matters most.
fn head(demo: &Demo, clock: Clock, palette: Palette) -> String {
    let currency = demo.bill.currency;
    let shown = |money: Option<Money>| money.map(|money| currency.shown(money)).unwrap_or_default();
    let best = demo.jobs.last().map(|job| {
        let when = job.window.blocks.first().map(|block| clock.brief(*block)).unwrap_or_default();
        let price = format!("{} p/kWh", rate(job.window.average_minor_per_kwh));
        Card::new("Cheapest 3 hours", price, format!("{when}; {} now", rate(job.now_minor_per_kwh)))
            .styled(CHOSEN)
    });
    let bill =
        Card::new("Last month", shown(Some(demo.bill.total_minor)), format!("{} kWh", kwh(demo.bill.kwh)));
    let at_once = format!("{} if it began at once", shown(demo.charge.plan.at_once_minor));
    let car = Card::new("Car, 24 kWh by 07:00", shown(Some(demo.charge.plan.cost_minor)), at_once);
    let saving = shown(demo.battery.saving_minor);
    let battery = Card::new("Battery saves", saving, "until tomorrow 23:00, wear paid");
    cards([Some(bill), best, Some(car), Some(battery)].into_iter().flatten(), palette)
}

/// Last month by day and by half-hour, where there is room for it.
fn month(demo: &Demo, calendar: Calendar, palette: Palette) -> String {
    if !palette.is_html() {
        return String::new();
    }
    let (bill, prices) = (&demo.bill, &demo.month_prices);
    let days = bill.periods.as_deref().unwrap_or_default();
    let rates = Rates { prices, shown: bill.period, now: None, calendar }.chart(|_| Mark::Idle, palette);
    bill_page::drawn(days, bill.currency, Clock(calendar), palette) + &rates
}

fn section(page: &mut String, number: u8, name: &str, palette: Palette) {
    page.push_str(&palette.paint(TITLE, &format!("{number}. {name}")));
    page.push_str("\n\n");
}

fn jobs(demo: &Demo, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("best time", Align::Left),
        ("p/kWh", Align::Right),
        ("now", Align::Right),
    ]);
    for job in &demo.jobs {
        for (place, block) in job.window.blocks.iter().enumerate() {
            let first = |text: String| if place == 0 { text } else { String::new() };
            table.row([
                first(job.name.to_owned()).into(),
                Cell::styled(clock.brief(*block), CHOSEN),
                first(rate(job.window.average_minor_per_kwh)).into(),
                first(rate(job.now_minor_per_kwh)).into(),
            ]);
        }
    }
    table.render(palette)
}

/// The rows that a spreadsheet would want: last month's bill by day.
fn csv(demo: &Demo) -> String {
    let mut csv = Csv::new(&["day", "kwh", "net_minor", "vat_minor", "total_minor"]);
    for day in demo.bill.periods.iter().flatten() {
        csv.row(&[
            day.period.label.clone(),
            day.kwh.to_string(),
            day.net_minor.to_string(),
            day.vat_minor.to_string(),
            day.total_minor.to_string(),
        ]);
    }
    csv.into_text()
}
