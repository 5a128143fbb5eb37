//! A battery plan as a page of text.

use super::number::{count, kwh, plural, pounds, rate};
use super::style::{CHOSEN, FAINT, Palette, TITLE};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use super::windows::chart;
use crate::command::battery::Planned;
use kwhen::plan::SlotPrices;
use kwhen::plan::battery::Doing;
use kwhen::time::{Calendar, Span};
use kwhen::{Energy, Money};

/// Actions that a page lists; a longer plan is cut and says so.
const SHOWN_ACTIONS: usize = 60;

pub(crate) fn text(planned: &Planned, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let battery = &planned.battery;
    let title = format!(
        "{} kWh battery, {} kW, {}",
        battery.capacity(),
        battery.charger().most(),
        clock.period(planned.read.span)
    );
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    page.push_str(&drawing(planned, calendar, palette));
    let list =
        if planned.explain { reasons(planned, clock, palette) } else { actions(planned, clock, palette) };
    page.push_str(&list);
    page.push('\n');
    page.push_str(&money(planned, palette));
    page.push_str(&totals(planned, palette));
    for notice in &planned.read.notices {
        page.push_str(&palette.paint(FAINT, &format!("Note: {notice}.")));
        page.push('\n');
    }
    page
}

/// Import rates over the plan, the charging slots marked; nothing for a plan too long to draw.
fn drawing(planned: &Planned, calendar: Calendar, palette: Palette) -> String {
    let grid = *planned.plan.grid();
    let Some(span) = grid.span().filter(|span| span.seconds() <= 3 * 86_400) else { return String::new() };
    let Ok(prices) = SlotPrices::new(grid, planned.read.import.iter().copied().map(Some)) else {
        return String::new();
    };
    let charging: Vec<Span> = runs(planned, Doing::Charging).collect();
    let mut text = chart(&prices, &charging, Some(span), calendar, palette);
    text.push_str(&palette.paint(FAINT, "Import rates; ▲ the battery charges.\n"));
    text.push('\n');
    text
}

fn runs(planned: &Planned, doing: Doing) -> impl Iterator<Item = Span> + '_ {
    planned.reasons.iter().filter(move |reason| reason.doing == doing).map(|reason| reason.span)
}

/// What the battery does, run by run.
fn actions(planned: &Planned, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("when", Align::Left),
        ("", Align::Left),
        ("kWh", Align::Right),
        ("p/kWh avg", Align::Right),
        ("stored after", Align::Right),
    ]);
    let moving = || planned.reasons.iter().filter(|reason| reason.doing != Doing::Waiting);
    for reason in moving().take(SHOWN_ACTIONS) {
        let (word, style) = match reason.doing {
            Doing::Charging => ("charge", CHOSEN),
            Doing::Discharging | Doing::Waiting => ("discharge", anstyle::Style::new()),
        };
        let index = planned.plan.grid().slots_starting_in(reason.span).end.saturating_sub(1);
        let stored = planned.plan.slots().get(index).map(|slot| kwh(slot.stored)).unwrap_or_default();
        table.row([
            clock.range(reason.span).into(),
            Cell::styled(word, style),
            kwh(reason.energy).into(),
            reason.price.map(rate).unwrap_or_default().into(),
            stored.into(),
        ]);
    }
    let mut text = table.render(palette);
    text.push_str(&left_out(moving().count(), palette));
    text
}

/// Every run with its reason, under the day it starts on.
fn reasons(planned: &Planned, clock: Clock, palette: Palette) -> String {
    let mut text = String::new();
    let mut day = String::new();
    for reason in planned.reasons.iter().take(SHOWN_ACTIONS) {
        let date = clock.date(reason.span.from());
        if date != day {
            text.push_str(&format!("{}\n", palette.paint(TITLE, &date)));
            day = date;
        }
        let style = match reason.doing {
            Doing::Charging => CHOSEN,
            Doing::Discharging => anstyle::Style::new(),
            Doing::Waiting => FAINT,
        };
        text.push_str(&format!("  {}\n", palette.paint(style, &reason.text)));
    }
    text.push_str(&left_out(planned.reasons.len(), palette));
    text
}

fn left_out(number: usize, palette: Palette) -> String {
    if number <= SHOWN_ACTIONS {
        return String::new();
    }
    let more = format!("… and {} more; --format csv has every slot.", count(number - SHOWN_ACTIONS));
    format!("{}\n", palette.paint(FAINT, &more))
}

fn money(planned: &Planned, palette: Palette) -> String {
    let plan = &planned.plan;
    let mut table = Table::new(&[("", Align::Left), ("£", Align::Right)]);
    if let Some(baseline) = plan.baseline() {
        table.row(["Without the battery".into(), pounds(baseline).into()]);
    }
    let costs = plan.costs();
    table.row(["Import less export".into(), pounds(costs.grid).into()]);
    if costs.wear != Money::ZERO {
        table.row(["Wear".into(), pounds(costs.wear).into()]);
    }
    if costs.end_value != Money::ZERO {
        table.row(["Worth of what is left".into(), pounds(-costs.end_value).into()]);
    }
    table.rule();
    table.row(["With the battery".into(), pounds(plan.objective()).into()]);
    if let Some(saving) = plan.saving() {
        table.row(["Saved".into(), Cell::styled(pounds(saving), CHOSEN)]);
    }
    table.render(palette)
}

fn totals(planned: &Planned, palette: Palette) -> String {
    let slots = planned.plan.slots();
    let sum = |part: fn(&kwhen::plan::battery::DispatchSlot) -> Energy| {
        Energy::sum(slots.iter().map(part)).map(kwh).unwrap_or_default()
    };
    let minutes = planned.plan.grid().slot_length().minutes();
    let slot = if minutes == 30 { "half-hour".to_owned() } else { format!("{minutes}-minute slot") };
    let facts = format!(
        "{}; {} kWh charged, {} kWh discharged, {} kWh imported, {} kWh exported, {} kWh curtailed. No plan is cheaper.",
        plural(slots.len(), &slot),
        sum(|slot| slot.charge),
        sum(|slot| slot.discharge),
        sum(|slot| slot.import),
        sum(|slot| slot.export),
        sum(|slot| slot.curtailed),
    );
    format!("{}\n", palette.paint(FAINT, &facts))
}
