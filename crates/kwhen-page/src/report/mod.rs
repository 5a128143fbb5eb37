//! The demo as one self-contained HTML file: no script, no font, no picture from elsewhere.

mod svg;

use super::number::{Unit, average, kwh, pence, pounds, rate};
use super::when::Clock;
use kwhen::Money;
use kwhen::bill::{Bill, LineKind};
use kwhen::time::{Calendar, Span, TZDB_VERSION};
use kwhen_app::answer::demo::{Demo, Job};
use svg::escaped;

const STYLE: &str = include_str!("report.css");

/// The whole file.
pub fn html(demo: &Demo, calendar: Calendar) -> String {
    let clock = Clock(calendar);
    let mut body = String::new();
    body.push_str(&header(demo, clock));
    body.push_str(&cards(demo, clock));
    body.push_str(&windows(demo, clock));
    body.push_str(&car(demo, clock));
    body.push_str(&battery(demo, clock));
    body.push_str(&bill(demo, clock));
    body.push_str(&format!(
        "<footer>Made by kwhen {} from its bundled sample. Amounts are exact and shown rounded; time zone tables {TZDB_VERSION}.</footer>",
        env!("CARGO_PKG_VERSION")
    ));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>kwhen: a home on Agile Octopus</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
}

fn header(demo: &Demo, clock: Clock) -> String {
    format!(
        "<header><h1>A home on Agile Octopus</h1><p>A made-up London household, from the sample that comes with <b>kwhen</b>. \
         It is <b>{} {}</b>; rates are published until {}. Tonight the clocks go back, so that tomorrow has 50 half-hours.</p></header>\n",
        escaped(&clock.date(demo.now)),
        clock.time(demo.now),
        escaped(&clock.short(demo.known.to()))
    )
}

fn card(name: &str, value: &str, note: &str) -> String {
    format!(
        "<div class=\"card\"><div class=\"name\">{}</div><div class=\"value\">{}</div><div class=\"note\">{}</div></div>\n",
        escaped(name),
        escaped(value),
        escaped(note)
    )
}

fn cards(demo: &Demo, clock: Clock) -> String {
    let bill = &demo.bill;
    let energy_net = bill.lines.iter().find(|line| line.kind == LineKind::Energy);
    let paid = energy_net.and_then(|line| average(line.net_minor, line.kwh?)).map(rate);
    let mut cards = card(
        "Last month",
        &pounds(bill.total_minor),
        &format!("{} kWh, {} p/kWh before VAT", kwh(bill.kwh), paid.unwrap_or_default()),
    );
    if let Some(best) = demo.jobs.last() {
        let block = best.window.blocks.first();
        cards.push_str(&card(
            "Cheapest 3 hours",
            &format!("{} p/kWh", rate(best.window.average_minor_per_kwh)),
            &format!(
                "{}; {} if started now",
                block.map(|block| clock.brief(*block)).unwrap_or_default(),
                rate(best.now_minor_per_kwh)
            ),
        ));
    }
    let mut sum = |name: &str, value: Option<Money>, note: &str| {
        cards.push_str(&card(name, &value.map(pounds).unwrap_or_default(), note));
    };
    let car = &demo.charge.plan;
    let at_once = car.at_once_minor.map(pounds).unwrap_or_default();
    sum("Car, 24 kWh by 07:00", Some(car.cost_minor), &format!("{at_once} if it began at once"));
    sum("Battery saves", demo.battery.saving_minor, "until tomorrow 23:00, wear paid");
    format!("<section class=\"cards\">\n{cards}</section>\n")
}

fn windows(demo: &Demo, clock: Clock) -> String {
    let mut rows = String::new();
    for job in &demo.jobs {
        rows.push_str(&job_row(job, clock));
    }
    let best = demo.jobs.last();
    let blocks = best.map(|job| job.window.blocks.as_slice()).unwrap_or_default();
    let chart = svg::rates(&demo.prices, demo.known, blocks, clock);
    format!(
        "<section><h2>When to run things</h2>\n<figure>{chart}<figcaption>Unit rate of each half-hour, VAT in. Green: {}.</figcaption></figure>\n\
         <div class=\"scroll\"><table><thead><tr><th>What</th><th>Best time</th><th class=\"n\">p/kWh</th><th class=\"n\">started now</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></section>\n",
        escaped(best.map_or("", |job| job.name))
    )
}

fn car(demo: &Demo, clock: Clock) -> String {
    let plan = &demo.charge.plan;
    let blocks: Vec<Span> = plan.blocks.iter().map(|block| block.span).collect();
    let rows: String = plan
        .blocks
        .iter()
        .map(|block| {
            format!(
                "<tr><td>{}</td><td class=\"n\">{:.2}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                escaped(&clock.range(block.span)),
                block.kw,
                kwh(block.kwh),
                pence(block.cost_minor)
            )
        })
        .collect();
    let saving = plan.saving_against_at_once().map(pounds).unwrap_or_default();
    format!(
        "<section><h2>The car: 24 kWh by 07:00, at up to 7.4 kW</h2>\n<figure>{}<figcaption>Green: charging. {} dearer if it began at once.</figcaption></figure>\n\
         <div class=\"scroll\"><table><thead><tr><th>When</th><th class=\"n\">kW</th><th class=\"n\">kWh</th><th class=\"n\">pence</th></tr></thead>\
         <tbody>{rows}</tbody><tfoot><tr class=\"total\"><td>Total</td><td></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr></tfoot></table></div></section>\n",
        svg::rates(&demo.prices, demo.charge.frame.span, &blocks, clock),
        escaped(&saving),
        kwh(plan.kwh),
        pence(plan.cost_minor)
    )
}

fn battery(demo: &Demo, clock: Clock) -> String {
    let plan = &demo.battery;
    let unit = Unit::of(plan.baseline_minor.unwrap_or(plan.cost_minor), plan.frame.currency);
    let row = |name: &str, money: Option<Money>| {
        let amount = money.map_or_else(|| "not possible".to_owned(), |money| unit.show(money));
        format!("<tr><td>{name}</td><td class=\"n\">{amount}</td></tr>\n")
    };
    let reasons: String =
        plan.reasons.iter().map(|why| format!("<li>{}</li>\n", escaped(&why.reason))).collect();
    format!(
        "<section><h2>A battery of 10 kWh and 5 kW, with panels on the roof</h2>\n\
         <figure>{}<figcaption>Above: the unit rate, green while the battery charges, amber while it gives. Below: what is stored, kWh.</figcaption></figure>\n\
         <div class=\"scroll\"><table><thead><tr><th></th><th class=\"n\">{}</th></tr></thead><tbody>{}{}{}</tbody>\
         <tfoot>{}</tfoot></table></div>\n<details><summary>Every action and its reason</summary><ol>{reasons}</ol></details></section>\n",
        svg::battery(plan, &demo.prices, clock),
        unit.name(),
        row("Grid, with the battery", Some(plan.grid_minor)),
        row("Wear", Some(plan.wear_minor)),
        row("Without the battery", plan.baseline_minor),
        row("Saving", plan.saving_minor).replace("<tr>", "<tr class=\"total\">")
    )
}

fn job_row(job: &Job, clock: Clock) -> String {
    let times: Vec<String> = job.window.blocks.iter().map(|block| escaped(&clock.brief(*block))).collect();
    format!(
        "<tr><td>{}</td><td>{}</td><td class=\"n best\">{}</td><td class=\"n\">{}</td></tr>\n",
        escaped(job.name),
        times.join("<br>"),
        rate(job.window.average_minor_per_kwh),
        rate(job.now_minor_per_kwh)
    )
}

fn bill(demo: &Demo, clock: Clock) -> String {
    let bill = &demo.bill;
    let rows: String = bill
        .lines
        .iter()
        .map(|line| {
            format!(
                "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                escaped(&line.description),
                line.kwh.map(kwh).unwrap_or_default(),
                pounds(line.net_minor)
            )
        })
        .collect();
    let sums = format!(
        "<tr><td>Subtotal</td><td></td><td class=\"n\">{}</td></tr><tr><td>VAT</td><td></td><td class=\"n\">{}</td></tr>\
         <tr class=\"total\"><td>Total</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        pounds(bill.net_minor),
        pounds(bill.vat_minor),
        kwh(bill.kwh),
        pounds(bill.total_minor)
    );
    format!(
        "<section><h2>{}</h2>\n<div class=\"scroll\"><table><thead><tr><th></th><th class=\"n\">kWh</th><th class=\"n\">£</th></tr></thead>\
         <tbody>{rows}</tbody><tfoot>{sums}</tfoot></table></div>\n{}\n\
         <figure>{}<figcaption>Each day's cost, VAT and standing charge in.</figcaption></figure>\n\
         <figure>{}<figcaption>Every half-hour of the month: a column is a day, midnight at the top. {}</figcaption></figure></section>\n",
        escaped(&format!("The bill: {}", clock.period(bill.period))),
        coverage(bill, clock),
        svg::days(bill),
        svg::heat(&demo.month_prices, bill.period, clock),
        svg::heat_key()
    )
}

/// What could not be billed, in a sentence or two.
fn coverage(bill: &Bill, clock: Clock) -> String {
    let coverage = &bill.coverage;
    let gaps: Vec<String> = coverage
        .missing_consumption
        .iter()
        .map(|span| format!("no reading {}", clock.range(*span)))
        .chain(coverage.missing_rates.iter().map(|span| format!("no rate {}", clock.range(*span))))
        .collect();
    let words = if gaps.is_empty() {
        format!("All {} half-hours are billed.", coverage.slots)
    } else {
        format!(
            "{} of {} half-hours are billed; the others are left out, not guessed: {}.",
            coverage.billed_slots,
            coverage.slots,
            gaps.join("; ")
        )
    };
    format!("<p class=\"note\">{} Rules: {}.</p>", escaped(&words), escaped(&bill.rules))
}
