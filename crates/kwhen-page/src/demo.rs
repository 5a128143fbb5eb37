//! The demo as a page of text.

use super::battery as battery_page;
use super::bill as bill_page;
use super::charge as charge_page;
use super::csv::Csv;
use super::number::rate;
use super::style::{CHOSEN, FAINT, Palette, TITLE};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use super::windows::chart;
use kwhen::time::Calendar;
use kwhen_app::answer::demo::Demo;
use std::path::Path;

/// The page; with the name of the report where one was written.
pub fn text(demo: &Demo, calendar: Calendar, report: Option<&Path>, palette: Palette) -> String {
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
    section(&mut page, 1, "Last month's bill", palette);
    page.push_str(&bill_page::heading(&demo.bill, kwhen::tariff::Fuel::Electricity, clock, palette));
    page.push_str(&bill_page::lines(&demo.bill, clock, palette));
    page.push('\n');
    page.push_str(&bill_page::coverage(&demo.bill, &demo.input, clock, palette));
    page.push('\n');

    section(&mut page, 2, "When to run things", palette);
    page.push_str(&jobs(demo, clock, palette));
    if let Some(last) = demo.jobs.last() {
        page.push('\n');
        page.push_str(&chart(&demo.prices, &last.window.blocks, Some(demo.known), calendar, palette));
        page.push('\n');
        page.push_str(&palette.paint(FAINT, &format!("▲ {}. A bar is a half-hour.", last.name)));
        page.push('\n');
    }
    page.push('\n');
    section(&mut page, 3, "The car: 24 kWh by 07:00, at up to 7.4 kW", palette);
    page.push_str(&charge_page::blocks(&demo.charge.plan, demo.charge.frame.currency, clock, palette));
    page.push('\n');
    page.push_str(&charge_page::comparison(&demo.charge.plan, demo.charge.frame.currency, palette));
    page.push('\n');
    section(&mut page, 4, "A battery of 10 kWh and 5 kW, with panels on the roof", palette);
    page.push_str(&battery_page::money(&demo.battery, palette));
    page.push('\n');
    page.push_str(&battery_page::charts(&demo.battery, &demo.prices, calendar, palette));
    page.push('\n');
    page.push_str(&battery_page::reasons(&demo.battery, 6, palette));
    if let Some(path) = report {
        page.push_str(&format!("\nThe report is in {}\n", path.display()));
    }
    page
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
pub fn csv(demo: &Demo) -> String {
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
