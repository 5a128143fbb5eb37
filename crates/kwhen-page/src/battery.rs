//! A battery plan as a page of text.

use super::Page;
use super::cards::{Card, cards};
use super::chart::bars;
use super::csv::Csv;
use super::figure::Mark;
use super::heat::Days;
use super::number::{Unit, kwh, per_kwh, plural, rate};
use super::rates::Rates;
use super::style::{CHOSEN, FAINT, Palette, TITLE, noted};
use super::table::{Align, Cell, Table};
use super::timeline::{columns, is_dense};
use super::when::Clock;
use kwhen::plan::SlotPrices;
use kwhen::plan::battery::Doing;
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money};
use kwhen_app::answer::battery::{BatteryPlan, Slot};

/// Runs that a page lists one by one.
const SHOWN_RUNS: usize = 16;

impl Page for BatteryPlan {
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

fn page(plan: &BatteryPlan, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let mut page =
        format!("{}\n\n", palette.paint(TITLE, &format!("{}, {}", plan.name, clock.period(plan.frame.span))));
    page.push_str(&head(plan, palette));
    let drawn = plan.prices.as_ref().map(|prices| charts(plan, prices, calendar, palette) + "\n");
    let mut parts = [money(plan, palette) + "\n", drawn.unwrap_or_default()];
    if palette.is_html() {
        // The cards have said what matters of the money.
        parts.reverse();
    }
    page.extend(parts);
    let explain = !plan.reasons.is_empty();
    let list = if explain { reasons(plan, usize::MAX, palette) } else { actions(plan, clock, palette) };
    page.push_str(&list);
    page.push_str(&noted(plan.notices.others(), palette));
    page
}

/// What the battery does, run by run.
fn actions(plan: &BatteryPlan, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("when", Align::Left),
        ("", Align::Left),
        ("kWh", Align::Right),
        (&format!("{} avg", per_kwh(plan.frame.currency)), Align::Right),
        ("stored after", Align::Right),
    ]);
    let moving = || plan.runs.iter().filter(|why| why.doing != Doing::Waiting);
    for why in moving().take(SHOWN_RUNS) {
        let (word, style) = match why.doing {
            Doing::Charging => ("charge", CHOSEN),
            Doing::Discharging | Doing::Waiting => ("discharge", anstyle::Style::new()),
        };
        let last = plan.slots.iter().rev().find(|slot| slot.span.to() == why.span.to());
        table.row([
            clock.range(why.span).into(),
            Cell::styled(word, style),
            kwh(why.energy).into(),
            why.price.map(rate).unwrap_or_default().into(),
            last.map(|slot| kwh(slot.stored_kwh)).unwrap_or_default().into(),
        ]);
    }
    let mut text = table.render(palette);
    if let Some(more) = moving().count().checked_sub(SHOWN_RUNS).filter(|more| *more > 0) {
        text.push_str(
            &palette
                .paint(FAINT, &format!("And {more} more; --explain lists all of them with their reasons.")),
        );
        text.push('\n');
    }
    text
}

/// What it costs with and without the battery.
pub(crate) fn money(plan: &BatteryPlan, palette: Palette) -> String {
    let unit = Unit::of(plan.baseline_minor.unwrap_or(plan.cost_minor), plan.frame.currency);
    let mut table = Table::new(&[("", Align::Left), (unit.name(), Align::Right)]);
    table.row(["Grid".into(), unit.show(plan.grid_minor).into()]);
    if !plan.wear_minor.is_zero() {
        table.row(["Wear".into(), unit.show(plan.wear_minor).into()]);
    }
    let parts = [
        ("Carbon", plan.carbon_minor),
        ("Short of levels", plan.shortfall_minor),
        ("Changes", plan.changes_minor),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            table.row([name.into(), unit.show(part).into()]);
        }
    }
    if let Some(value) = plan.end_value_minor {
        table.row(["Worth of what is left".into(), unit.show(-value).into()]);
    }
    table.rule();
    table.row([Cell::styled("With the battery", TITLE), Cell::styled(unit.show(plan.cost_minor), TITLE)]);
    let baseline = plan.baseline_minor.map_or_else(|| "not possible".to_owned(), |cost| unit.show(cost));
    table.row(["Without it".into(), baseline.into()]);
    if let Some(saving) = plan.saving_minor {
        table.row([Cell::styled("Saving", TITLE), Cell::styled(unit.show(saving), TITLE)]);
    }
    if let Some(other) = &plan.other_plan {
        table.row(["The other plan".into(), unit.show(other.cost_minor).into()]);
        table.row(["Dearer than the best by".into(), unit.show(other.dearer_by_minor).into()]);
    }
    let curtailed = if plan.curtailed_kwh.is_zero() {
        String::new()
    } else {
        format!("; {} kWh of solar is left unused", kwh(plan.curtailed_kwh))
    };
    let energies = wrapped(
        palette,
        &format!(
            "Charges {} kWh and gives {} kWh; the home imports {} kWh and exports {} kWh{}.",
            kwh(plan.charged_kwh),
            kwh(plan.discharged_kwh),
            kwh(plan.import_kwh),
            kwh(plan.export_kwh),
            curtailed
        ),
    );
    format!("{}\n{}\n", table.render(palette), palette.paint(FAINT, energies.trim_end()))
}

/// What matters most.
fn head(plan: &BatteryPlan, palette: Palette) -> String {
    let currency = plan.frame.currency;
    let shown = |money: Option<Money>| money.map(|money| currency.shown(money)).unwrap_or_default();
    cards(
        [
            Card::new("Saving", shown(plan.saving_minor), "beside no battery").styled(CHOSEN),
            Card::new("With the battery", shown(Some(plan.cost_minor)), "wear and all else in"),
            Card::new("Without it", shown(plan.baseline_minor), ""),
            Card::new(
                "Charged",
                format!("{} kWh", kwh(plan.charged_kwh)),
                format!("{} kWh given back", kwh(plan.discharged_kwh)),
            ),
        ],
        palette,
    )
}

/// The rates with what the battery does below, and what is stored. The first slots only, where a page does not hold them all.
pub(crate) fn charts(
    plan: &BatteryPlan,
    prices: &SlotPrices,
    calendar: Calendar,
    palette: Palette,
) -> String {
    let grid = prices.grid();
    // A terminal shows the first of them, a page of HTML all.
    let most = palette.columns();
    let held = if palette.is_html() { grid.len() } else { most };
    let Some(shown) = grid.part(0..held.min(grid.len())).span() else { return String::new() };
    let mark = |span: Span| {
        let slot = grid.index_of(span.from()).and_then(|index| plan.slots.get(index));
        match slot {
            Some(slot) if slot.charge_kwh > Energy::ZERO => Mark::Takes,
            Some(slot) if slot.discharge_kwh > Energy::ZERO => Mark::Gives,
            _ => Mark::Idle,
        }
    };
    if palette.is_html() && is_dense(grid, shown, palette) {
        // A year's rates are seen better without the plan over them.
        let rates = Rates { prices, shown, now: None, calendar }.chart(|_| Mark::Idle, palette);
        return rates + &doing(plan, Days { grid, shown, calendar }, mark);
    }
    let mut text = Rates { prices, shown, now: None, calendar }.chart(mark, palette);
    if !palette.is_html() && !palette.is_plain() {
        text.push_str(&palette.paint(FAINT, "▲ charges, ▼ gives"));
        text.push_str("\n\n");
    }
    let stored = |index: usize| plan.slots.get(index).map(|slot| slot.stored_kwh.units());
    text.push_str(&bars(
        &columns(grid, shown, stored, |_| Mark::Idle, calendar, most),
        "kWh stored",
        palette,
    ));
    if grid.len() > held {
        text.push_str(&palette.paint(FAINT, &format!("The first {held} of {}.", plural(grid.len(), "slot"))));
        text.push('\n');
    }
    text
}

/// When the battery charges and gives, over many days.
fn doing(plan: &BatteryPlan, days: Days<'_>, mark: impl Fn(Span) -> Mark) -> String {
    let sum = |slots: std::ops::Range<usize>, part: fn(&Slot) -> Energy| {
        Energy::sum(plan.slots.get(slots).unwrap_or_default().iter().map(part)).map(kwh).unwrap_or_default()
    };
    let of_day = |slots: std::ops::Range<usize>| {
        let last = slots.end.checked_sub(1).and_then(|last| plan.slots.get(last));
        vec![
            sum(slots.clone(), |slot| slot.charge_kwh),
            sum(slots, |slot| slot.discharge_kwh),
            last.map(|slot| kwh(slot.stored_kwh)).unwrap_or_default(),
        ]
    };
    days.marks(mark, "What the battery does", &["kWh charged", "kWh given", "kWh stored at midnight"], of_day)
}

/// What is done and why, the first so many runs.
pub(crate) fn reasons(plan: &BatteryPlan, most: usize, palette: Palette) -> String {
    let mut text: String = plan.runs.iter().take(most).map(|why| wrapped(palette, &why.reason)).collect();
    if let Some(more) = plan.reasons.len().checked_sub(most).filter(|more| *more > 0) {
        text.push_str(
            &palette.paint(FAINT, &format!("And {more} more (all of them: kwhen battery --explain).")),
        );
        text.push('\n');
    }
    text
}

/// A sentence in lines of at most 78 characters, the later ones indented; on a page of HTML a line, which its reader wraps.
fn wrapped(palette: Palette, sentence: &str) -> String {
    if palette.is_html() {
        return format!("{sentence}\n");
    }
    const WIDTH: usize = 78;
    let mut text = String::new();
    let mut line = String::new();
    for word in sentence.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = format!("  {word}");
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    text + &line + "\n"
}

fn rows(plan: &BatteryPlan) -> String {
    let mut csv = Csv::new(&[
        "from",
        "to",
        "charge_kwh",
        "discharge_kwh",
        "import_kwh",
        "export_kwh",
        "curtailed_kwh",
        "stored_kwh",
        "value_minor_per_kwh",
    ]);
    for slot in &plan.slots {
        csv.row(&[
            instant_text(slot.span.from()),
            instant_text(slot.span.to()),
            slot.charge_kwh.to_string(),
            slot.discharge_kwh.to_string(),
            slot.import_kwh.to_string(),
            slot.export_kwh.to_string(),
            slot.curtailed_kwh.to_string(),
            slot.stored_kwh.to_string(),
            slot.value_minor_per_kwh.map(|value| value.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}

#[cfg(test)]
mod tests {
    use super::{Palette, wrapped};

    #[test]
    fn long_sentences_are_wrapped_at_words() {
        let text = wrapped(Palette::new(false), &"word ".repeat(40));
        assert!(text.lines().all(|line| line.len() <= 78) && text.lines().count() == 3, "{text}");
        assert_eq!(wrapped(Palette::new(false), "one two"), "one two\n");
    }
}
