//! The plan of several devices, as a page of text and as rows.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::figure::Mark;
use super::number::{Unit, kwh};
use super::rates::Rates;
use super::style::{CHOSEN, Palette, TITLE, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::plan::battery::Doing;
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money};
use kwhen_app::answer::fleet::{ApplianceRuns, FleetPlan, ThermalRuns};

impl Page for FleetPlan {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        page(self, Clock(calendar), palette)
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

fn page(document: &FleetPlan, clock: Clock, palette: Palette) -> String {
    let title = format!(
        "{} behind one meter, {}",
        counted(document.devices.len() + document.appliances.len() + document.thermal.len()),
        clock.period(document.frame.span)
    );
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    let unit = Unit::of(document.baseline_minor.unwrap_or(document.cost_minor), document.frame.currency);
    page.push_str(&head(document, palette));
    let mut table = Table::new(&[("", Align::Left), (unit.name(), Align::Right)]);
    table.row([Cell::styled("This plan", TITLE), Cell::styled(unit.show(document.cost_minor), TITLE)]);
    table.row(["No plan costs less than".into(), unit.show(document.bound_minor).into()]);
    table.row(["Not proven".into(), unit.show(document.gap_minor).into()]);
    let baseline =
        document.baseline_minor.map_or_else(|| "not possible".to_owned(), |money| unit.show(money));
    table.row(["Without the devices".into(), baseline.into()]);
    page.push_str(&table.render(palette));
    if let Some(peak) = document.peak_kw {
        page.push_str(&format!("No import is above {peak} kW.\n"));
    }
    for device in &document.devices {
        let done =
            format!("charges {} kWh, gives {} kWh", kwh(device.charged_kwh), kwh(device.discharged_kwh));
        page.push_str(&format!("\n{}: {done}\n", palette.paint(TITLE, &device.name)));
        page.push_str(&drawn(document, clock, palette, |slot| match device.slots.get(slot) {
            Some(slot) if slot.charge_kwh > Energy::ZERO => Mark::Takes,
            Some(slot) if slot.discharge_kwh > Energy::ZERO => Mark::Gives,
            _ => Mark::Idle,
        }));
        if document.explain {
            for run in &device.runs {
                page.push_str(&format!("{}\n", run.reason));
            }
            continue;
        }
        let mut table = Table::new(&[("when", Align::Left), ("", Align::Left), ("kWh", Align::Right)]);
        for run in device.runs.iter().filter(|run| run.doing != Doing::Waiting) {
            let word = if run.doing == Doing::Charging { "charge" } else { "discharge" };
            table.row([clock.range(run.span).into(), word.into(), kwh(run.energy).into()]);
        }
        page.push_str(&table.render(palette));
    }
    for appliance in &document.appliances {
        page.push_str(&runs(appliance, document, clock, unit, palette));
    }
    for store in &document.thermal {
        page.push_str(&heat(store, document, clock, palette));
    }
    let open = (!document.proven).then(|| {
        format!(
            "the plan may be up to {} dearer than the best; {} looks further",
            share(document.gap_minor, document.cost_minor, document.frame.currency),
            if document.thermal.is_empty() {
                "a longer --budget"
            } else {
                "a finer level_step_kwh or a longer --budget"
            }
        )
    });
    page.push_str(&noted(document.notices.others().iter().chain(&open), palette));
    page
}

/// What matters most.
fn head(document: &FleetPlan, palette: Palette) -> String {
    let currency = document.frame.currency;
    let without = document.baseline_minor;
    let saving = without.and_then(|without| without.checked_sub(document.cost_minor));
    let shown = |money: Option<Money>| money.map(|money| currency.shown(money)).unwrap_or_default();
    let gap = share(document.gap_minor, document.cost_minor, currency);
    let proof = if document.proven { "no plan is cheaper".to_owned() } else { format!("not proven: {gap}") };
    cards(
        [
            Card::new("This plan", shown(Some(document.cost_minor)), proof).styled(CHOSEN),
            Card::new("Saving", shown(saving), "beside none of the devices"),
            Card::new("Without the devices", shown(without), ""),
        ],
        palette,
    )
}

/// The rates with what one of the devices does in each slot, on a page of HTML; in a terminal one beside the other would be too long.
fn drawn(document: &FleetPlan, clock: Clock, palette: Palette, mark: impl Fn(usize) -> Mark) -> String {
    let (prices, grid) = (&document.prices, document.prices.grid());
    let Some(shown) = grid.span().filter(|_| palette.is_html()) else { return String::new() };
    let of = |span: Span| grid.index_of(span.from()).map_or(Mark::Idle, &mark);
    Rates { prices, shown, now: None, calendar: clock.0 }.chart(of, palette)
}

fn takes(energy: Option<Energy>) -> Mark {
    if energy.is_some_and(|energy| energy > Energy::ZERO) { Mark::Takes } else { Mark::Idle }
}

/// When a thermal store is filled.
fn heat(store: &ThermalRuns, document: &FleetPlan, clock: Clock, palette: Palette) -> String {
    let mut text = format!(
        "\n{}: takes {} kWh for {} kWh of heat; levels are exact to {} kWh\n",
        palette.paint(TITLE, &store.name),
        kwh(store.taken_kwh),
        kwh(store.heat_kwh),
        kwh(store.level_error_kwh),
    );
    text.push_str(&drawn(document, clock, palette, |slot| takes(store.slots.get(slot).map(|slot| slot.kwh))));
    let mut table = Table::new(&[("when", Align::Left), ("", Align::Left), ("kWh", Align::Right)]);
    for (span, energy) in &store.runs {
        table.row([clock.range(*span).into(), "heat".into(), kwh(*energy).into()]);
    }
    text.push_str(&table.render(palette));
    text
}

/// When an appliance runs, and with reasons what that saves.
fn runs(
    appliance: &ApplianceRuns,
    document: &FleetPlan,
    clock: Clock,
    unit: Unit,
    palette: Palette,
) -> String {
    let left_out = match (appliance.left_out, appliance.cycles.is_empty()) {
        (0, _) => String::new(),
        (1, true) => ", left out: it would cost more than it is worth".to_owned(),
        (count, _) => format!(", {count} left out: they would cost more than they are worth"),
    };
    let name = palette.paint(TITLE, &appliance.name);
    let mut text = format!("\n{name}: takes {} kWh{left_out}\n", kwh(appliance.taken_kwh));
    let taken = |slot: usize| appliance.slots.get(slot).map(|slot| slot.kwh);
    text.push_str(&drawn(document, clock, palette, |slot| takes(taken(slot))));
    if document.explain {
        for cycle in &appliance.cycles {
            let earliest = match &appliance.earliest {
                Some((span, cost)) if span.from() < cycle.span.from() => format!(
                    "; at its earliest, {}, it would be {} {}",
                    clock.range(*span),
                    unit.show(*cost),
                    unit.name()
                ),
                _ => String::new(),
            };
            text.push_str(&format!(
                "Runs {} for {} kWh: {} {} at the import rates{earliest}.\n",
                clock.range(cycle.span),
                kwh(cycle.kwh),
                unit.show(cycle.at_import_rates_minor),
                unit.name(),
            ));
        }
        return text;
    }
    let mut table = Table::new(&[("when", Align::Left), ("", Align::Left), ("kWh", Align::Right)]);
    for cycle in &appliance.cycles {
        table.row([clock.range(cycle.span).into(), "run".into(), kwh(cycle.kwh).into()]);
    }
    text.push_str(&table.render(palette));
    text
}

fn counted(devices: usize) -> String {
    if devices == 1 { "One device".to_owned() } else { format!("{devices} devices") }
}

/// A gap beside what the plan costs, such as `12.85 p (3.9 %)`; without a per cent beside nothing.
fn share(gap: Money, of: Money, currency: Currency) -> String {
    let minor = currency.minor();
    let of = of.units().abs();
    let halves = gap.units().checked_mul(1_000).and_then(|gap| gap.checked_add(of / 2));
    match halves.and_then(|halves| halves.checked_div(of)) {
        Some(share) => format!("{gap:.4} {minor} ({}.{} %)", share / 10, share % 10),
        None => format!("{gap:.4} {minor}"),
    }
}

fn rows(document: &FleetPlan) -> String {
    let mut csv = Csv::new(&["device", "from", "to", "charge_kwh", "discharge_kwh", "stored_kwh"]);
    for device in &document.devices {
        for slot in &device.slots {
            csv.row(&[
                device.name.clone(),
                instant_text(slot.span.from()),
                instant_text(slot.span.to()),
                slot.charge_kwh.to_string(),
                slot.discharge_kwh.to_string(),
                slot.stored_kwh.to_string(),
            ]);
        }
    }
    for appliance in &document.appliances {
        for slot in &appliance.slots {
            csv.row(&[
                appliance.name.clone(),
                instant_text(slot.span.from()),
                instant_text(slot.span.to()),
                slot.kwh.to_string(),
                "0".to_owned(),
                String::new(),
            ]);
        }
    }
    for store in &document.thermal {
        for slot in &store.slots {
            csv.row(&[
                store.name.clone(),
                instant_text(slot.span.from()),
                instant_text(slot.span.to()),
                slot.kwh.to_string(),
                "0".to_owned(),
                slot.stored_kwh.to_string(),
            ]);
        }
    }
    csv.into_text()
}
