//! A plan for what is not known yet, as a page of text and as rows.

use super::Page;
use super::csv::Csv;
use super::number::{Unit, kwh, per_kwh, plural, rate};
use super::style::{CHOSEN, FAINT, Palette, TITLE, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::Money;
use kwhen::plan::battery::Doing;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::expected::ExpectedDocument;

/// Runs that a page lists one by one.
const SHOWN_RUNS: usize = 16;

impl Page for ExpectedDocument {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        page(self, calendar, palette)
    }

    fn csv(&self) -> String {
        rows(self)
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().cloned().collect()
    }

    fn first(&self) -> Option<&str> {
        self.notices.first()
    }
}

fn page(plan: &ExpectedDocument, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let title = format!("{}, {}", plan.name, clock.period(plan.frame.span));
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    page.push_str(&money(plan, palette));
    let known = format!(
        "Rates are known to {}. What is not known may turn out as on {}.",
        clock.short(plan.rates_known_to),
        plural(plan.scenarios.len(), "past day")
    );
    page.push_str(&format!("{}\n\n", palette.paint(FAINT, &known)));
    page.push_str(&actions(plan, clock, palette));
    for one in &plan.insurance {
        page.push_str(&format!("\n{}\n", one.reason));
    }
    page.push_str(&noted(plan.notices.others(), palette));
    page
}

/// What it costs on past days, on average and in how many of a hundred, with everything known, and by the formula that made it.
fn money(plan: &ExpectedDocument, palette: Palette) -> String {
    let unit = Unit::of(plan.p90_minor.unwrap_or(plan.cost_minor), plan.frame.currency);
    let mut table = Table::new(&[("", Align::Left), (unit.name(), Align::Right)]);
    if let Some(mean) = plan.mean_minor {
        let name = Cell::styled("On past days, on average", TITLE);
        table.row([name, Cell::styled(unit.show(mean), TITLE)]);
    }
    let rows: [(&str, Option<Money>); 7] = [
        ("At most in 10 of 100", plan.p10_minor),
        ("At most in 50 of 100", plan.p50_minor),
        ("At most in 90 of 100", plan.p90_minor),
        ("With a plan on the mean day", plan.mean_plan_minor),
        ("Had each been known", plan.known_minor),
        ("Worth of a perfect forecast", plan.perfect_forecast_minor),
        ("Expected by the formula", Some(plan.cost_minor)),
    ];
    for (name, money) in rows {
        if let Some(money) = money {
            table.row([name.into(), unit.show(money).into()]);
        }
    }
    format!("{}\n", table.render(palette))
}

/// What the battery does if all turns out as on average, run by run.
fn actions(plan: &ExpectedDocument, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("on average", Align::Left),
        ("", Align::Left),
        ("kWh", Align::Right),
        (&format!("import {}", per_kwh(plan.frame.currency)), Align::Right),
        ("stored after", Align::Right),
        ("80 in 100 between", Align::Right),
    ]);
    let moving = || plan.runs.iter().filter(|run| run.doing != Doing::Waiting);
    for run in moving().take(SHOWN_RUNS) {
        let (word, style) = match run.doing {
            Doing::Charging => ("charge", CHOSEN),
            Doing::Discharging | Doing::Waiting => ("discharge", anstyle::Style::new()),
        };
        table.row([
            clock.range(run.span).into(),
            Cell::styled(word, style),
            kwh(run.energy).into(),
            rate(run.import).into(),
            kwh(run.stored).into(),
            format!("{} and {}", kwh(run.stored_range.0), kwh(run.stored_range.1)).into(),
        ]);
    }
    let mut text = table.render(palette);
    if let Some(more) = moving().count().checked_sub(SHOWN_RUNS).filter(|more| *more > 0) {
        text.push_str(&palette.paint(FAINT, &format!("And {more} more; --format csv has every slot.")));
        text.push('\n');
    }
    text
}

fn rows(plan: &ExpectedDocument) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "load_kwh",
        "solar_kwh",
        "import_minor_per_kwh",
        "export_minor_per_kwh",
        "charge_kwh",
        "discharge_kwh",
        "import_kwh",
        "export_kwh",
        "curtailed_kwh",
        "stored_kwh",
        "stored_p10_kwh",
        "stored_p90_kwh",
        "value_minor_per_kwh",
    ]);
    for slot in &plan.slots {
        csv.row(&[
            instant_text(slot.span.from()),
            instant_text(slot.span.to()),
            slot.load_kwh.to_string(),
            slot.solar_kwh.to_string(),
            slot.import_minor_per_kwh.to_string(),
            slot.export_minor_per_kwh.to_string(),
            slot.charge_kwh.to_string(),
            slot.discharge_kwh.to_string(),
            slot.import_kwh.to_string(),
            slot.export_kwh.to_string(),
            slot.curtailed_kwh.to_string(),
            slot.stored_kwh.to_string(),
            slot.stored_p10_kwh.to_string(),
            slot.stored_p90_kwh.to_string(),
            slot.value_minor_per_kwh.map(|value| value.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}
