//! Yesterday beside the plans that were in force.

use super::number::kwh;
use super::style::{CHOSEN, FAINT, Palette, TITLE};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::time::{Span, duration_text};
use kwhen::{Energy, Money, Rounding};
use kwhen_app::answer::overview::Overview;
use kwhen_app::answer::published::SlotYesterday;

/// Yesterday beside its plans: the home, each device, and the slots that differ most.
pub(crate) fn beside(overview: &Overview, clock: Clock, palette: Palette) -> String {
    let yesterday = &overview.said.yesterday;
    let title = palette.paint(TITLE, "Yesterday beside its plans");
    let mut page = format!("\n{title}\n\n");
    let planned_any = yesterday.slots.iter().any(|slot| slot.planned_kwh.is_some());
    if !planned_any {
        let text = "No plan that was in force yesterday is kept here, so there is nothing to compare.";
        return page + &palette.paint(FAINT, text) + "\n";
    }
    let code = &yesterday.currency;
    match (&yesterday.planned_kwh, &yesterday.planned_cost, &yesterday.kwh, &yesterday.cost) {
        (Some(planned_kwh), Some(planned_cost), Some(used), Some(cost)) => {
            let difference = yesterday.difference.as_deref().unwrap_or("0");
            let (apart, word) = match difference.strip_prefix('-') {
                Some(less) => (less, "less"),
                None => (difference, "more"),
            };
            page.push_str(&format!(
                "Planned was {} {code} for {} kWh of import; it was {} {code} for {} kWh: {} {code} {word} than planned.\n",
                two(planned_cost), kwh(*planned_kwh), two(cost), kwh(*used), two(apart)
            ));
            if yesterday.compared_minutes < yesterday.minutes {
                let left = duration_text(yesterday.minutes - yesterday.compared_minutes);
                let text =
                    format!("{left} of the day are left out: no plan was in force, or no reading has come.");
                page.push_str(&(palette.paint(FAINT, &text) + "\n"));
            }
        }
        _ => page.push_str("No reading of a half-hour with a plan has come yet.\n"),
    }
    page.push_str(&devices_beside(overview, palette));
    page.push_str(&furthest(overview, clock, palette));
    page
}

/// What each device was to do, and how far it was from that.
fn devices_beside(overview: &Overview, palette: Palette) -> String {
    let yesterday = &overview.said.yesterday;
    if yesterday.devices.is_empty() {
        return String::new();
    }
    let worth = format!("worth, {}", yesterday.currency);
    let cost = format!("planned, {}", yesterday.currency);
    let mut table = Table::new(&[
        ("", Align::Left),
        ("to take, kWh", Align::Right),
        ("to give, kWh", Align::Right),
        (&cost, Align::Right),
        ("stored beside plan, kWh", Align::Right),
        (&worth, Align::Right),
    ]);
    for device in &yesterday.devices {
        table.row([
            Cell::styled(&device.name, TITLE),
            device.planned_taken_kwh.map_or_else(|| "no plan".to_owned(), kwh).into(),
            device.planned_given_kwh.map(kwh).unwrap_or_default().into(),
            device.planned_cost.as_deref().map(two).unwrap_or_default().into(),
            device.deviation_kwh.map_or_else(|| "not told".to_owned(), signed).into(),
            device.deviation_worth.as_deref().map(two).unwrap_or_default().into(),
        ]);
    }
    format!("\n{}", table.render(palette))
}

/// So many slots are shown that differ most.
const FURTHEST: usize = 5;

/// The slots whose cost differs most from what was planned, in their order.
fn furthest(overview: &Overview, clock: Clock, palette: Palette) -> String {
    let yesterday = &overview.said.yesterday;
    let mut apart: Vec<(Money, &SlotYesterday)> = Vec::new();
    for slot in &yesterday.slots {
        let of = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Money>().ok());
        let (Some(planned), Some(cost)) = (of(&slot.planned_cost), of(&slot.cost)) else { continue };
        apart.extend(cost.checked_sub(planned).map(|difference| (difference, slot)));
    }
    apart.retain(|(difference, _)| !difference.is_zero());
    apart.sort_by_key(|(difference, slot)| (-difference.units().abs(), slot.from));
    apart.truncate(FURTHEST);
    apart.sort_by_key(|(_, slot)| slot.from);
    if apart.is_empty() {
        return String::new();
    }
    let more = format!("more, {}", yesterday.currency);
    let mut table = Table::new(&[
        ("where it differed most", Align::Left),
        ("planned kWh", Align::Right),
        ("kWh", Align::Right),
        (&more, Align::Right),
    ]);
    for (difference, slot) in apart {
        let Ok(span) = Span::new(slot.from.0, slot.to.0) else { continue };
        table.row([
            Cell::styled(clock.range(span), CHOSEN),
            slot.planned_kwh.map(kwh).unwrap_or_default().into(),
            slot.kwh.map(kwh).unwrap_or_default().into(),
            hundredths(difference).into(),
        ]);
    }
    format!("\n{}", table.render(palette))
}

/// An amount that is said in the currency itself, to two decimals.
fn two(text: &str) -> String {
    text.parse::<Money>().map_or_else(|_| text.to_owned(), hundredths)
}

fn hundredths(amount: Money) -> String {
    format!("{:.2}", amount.round(2, Rounding::HalfUp))
}

/// kWh with their sign.
fn signed(energy: Energy) -> String {
    format!("{}{}", if energy.is_negative() { "" } else { "+" }, kwh(energy))
}
