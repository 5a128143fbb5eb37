//! Tariffs with the home at its best on each, as a page of text and as rows.

use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{count, kwh, rate};
use super::ranking::{Rank, ranking};
use super::style::{CHOSEN, DEAR, FAINT, Palette, TITLE, WARNING};
use super::table::{Align, Cell, Table};
use super::terms::terms;
use super::when::Clock;
use kwhen::bill::compare::Comparison;
use kwhen::choice::{AdviceEvery, Choice, DaySlot, Offer, ShownDay, Stay, Way};
use kwhen::time::Span;
use kwhen::{Energy, Money};

/// Months that a table has columns for; more are left to the machine-readable formats.
const SHOWN_MONTHS: usize = 13;
/// Offers whose days are told.
const TOLD_DAYS: usize = 3;

pub(crate) fn page(choice: &Choice, comparison: &Comparison, clock: Clock, palette: Palette) -> String {
    let title = format!("Tariffs compared, {}", clock.period(choice.period));
    let devices = match choice.devices.as_slice() {
        [] => "panels".to_owned(),
        devices => devices.join(", "),
    };
    let under = format!(
        "with the home at its best on each: {devices} · {} · rules: {}",
        comparison.time_zone, comparison.rules
    );
    let mut page = format!("{}\n{}\n\n", palette.paint(TITLE, &title), palette.paint(FAINT, &under));
    page.push_str(&head(choice, palette));
    page.push_str(&offers(choice, palette));
    page.push_str(&terms(choice, clock, palette));
    page.push_str(&verdict(choice, clock, palette));
    page.push_str(&format!("\n{}\n", palette.paint(FAINT, &explained(choice))));
    page.push_str(&parts(choice, palette));
    page.push_str(&ranges(choice, palette));
    page.push_str(&months(choice, clock, palette));
    page.push_str(&days(choice, clock, palette));
    page.push_str(&advice(choice, palette));
    for unpriced in &comparison.unpriced {
        let line = format!("{} was left out: {}", unpriced.code, unpriced.reason);
        page.push_str(&format!("{}\n", palette.paint(WARNING, &line)));
    }
    page
}

/// A difference with its sign.
fn signed(choice: &Choice, money: Money) -> String {
    let text = choice.currency.shown(money);
    if money > Money::ZERO { format!("+{text}") } else { text }
}

fn less(one: Money, other: Money) -> Money {
    one.checked_sub(other).unwrap_or_default()
}

fn present(choice: &Choice) -> Option<&Offer> {
    choice.offers.get(choice.present?)
}

/// What matters most: where to go, or to stay, and what it brings.
fn head(choice: &Choice, palette: Palette) -> String {
    let currency = choice.currency;
    let Some(best) = choice.offers.first() else { return String::new() };
    let mut list =
        vec![Card::new("Cheapest", currency.shown(best.chosen().cost_minor), best.name()).styled(CHOSEN)];
    match (present(choice), &choice.moving) {
        (Some(now), Some(moving)) => {
            let next = choice.offers.get(1).filter(|next| !next.lacks_devices).map(|next| {
                let more = less(next.chosen().cost_minor, now.chosen().cost_minor);
                format!("{} costs {} more", next.name(), currency.shown(more))
            });
            let (saves, fee) = (currency.shown(moving.saves_minor), currency.shown(moving.exit_fee_minor));
            list.push(match moving.stay {
                Some(Stay::Cheapest) => {
                    Card::new("Stay", now.name(), next.unwrap_or_default()).styled(CHOSEN)
                }
                Some(Stay::UntilEnd) => {
                    Card::new("Stay till the deal ends", now.name(), format!("leaving now costs {fee}"))
                        .styled(CHOSEN)
                }
                Some(Stay::ExitFee) => {
                    Card::new("Stay", now.name(), format!("leaving costs {fee}, moving saves {saves}"))
                        .styled(CHOSEN)
                }
                None => {
                    let paid = match moving.exit_fee_minor.is_zero() {
                        true => String::new(),
                        false => format!("; leaving costs {fee}"),
                    };
                    Card::new("Moving saves", saves, format!("beside {}{paid}", now.name()))
                }
            });
        }
        _ => {
            let planned = choice.offers.iter().rev().find(|offer| !offer.lacks_devices);
            if let Some(worst) = planned.filter(|worst| worst.rank > 1) {
                let more = less(worst.chosen().cost_minor, best.chosen().cost_minor);
                let card = Card::new("The dearest costs more by", currency.shown(more), worst.name());
                list.push(card.styled(DEAR));
            }
        }
    }
    if let Some(shifted) = best.shifted() {
        list.push(Card::new(
            "The devices save there",
            currency.shown(shifted),
            "beside the home as it was used",
        ));
    }
    let ranks: Vec<Rank> = choice
        .offers
        .iter()
        .map(|offer| {
            let more = less(offer.chosen().cost_minor, best.chosen().cost_minor);
            Rank {
                name: offer.name(),
                amount: offer.chosen().cost_minor,
                shown: currency.shown(offer.chosen().cost_minor),
                note: match (offer.can_be_had, more > Money::ZERO) {
                    _ if offer.lacks_devices => "as used, without the devices".to_owned(),
                    (false, _) => "cannot be had".to_owned(),
                    (true, true) => format!("{} more", currency.shown(more)),
                    (true, false) => String::new(),
                },
                style: if offer.rank == 1 { CHOSEN } else { anstyle::Style::new() },
            }
        })
        .collect();
    cards(list, palette) + &ranking(&ranks, palette)
}

/// Whether to move, in a sentence.
fn verdict(choice: &Choice, clock: Clock, palette: Palette) -> String {
    let (Some(now), Some(best), Some(moving)) = (present(choice), choice.offers.first(), &choice.moving)
    else {
        return String::new();
    };
    let saves = choice.currency.shown(moving.saves_minor);
    let fee = choice.currency.shown(moving.exit_fee_minor);
    let line = match moving.stay {
        Some(Stay::Cheapest) => format!("Stay on {}: none of the others costs less.", now.name()),
        Some(Stay::UntilEnd) => format!(
            "Stay on {} until the deal ends on {}, then move to {}: leaving now costs {fee}, and moving saves less until then ({saves} over this period).",
            now.name(),
            moving.ends.map(|ends| clock.date(ends)).unwrap_or_default(),
            best.name()
        ),
        Some(Stay::ExitFee) => format!("Stay on {}: leaving costs {fee}, moving saves {saves}.", now.name()),
        None if moving.exit_fee_minor.is_zero() => {
            format!("Moving from {} to {} saves {saves}.", now.name(), best.name())
        }
        None => format!("Moving from {} to {} saves {saves}; leaving costs {fee}.", now.name(), best.name()),
    };
    let back = match moving.no_way_back && moving.stay.is_none() {
        true => format!("There is no way back: {} is not sold any more.\n", now.name()),
        false => String::new(),
    };
    format!("\n{}\n{back}", palette.paint(CHOSEN, &line))
}

fn style(offer: &Offer) -> anstyle::Style {
    match offer {
        offer if offer.unplanned.is_some() || !offer.can_be_had => WARNING,
        offer if offer.rank == 1 => CHOSEN,
        _ => anstyle::Style::new(),
    }
}

fn offers(choice: &Choice, palette: Palette) -> String {
    let symbol = choice.currency.symbol();
    let names = [
        format!("as used {symbol}"),
        format!("foresight {symbol}"),
        format!("known then {symbol}"),
        format!("of it wear {symbol}"),
        format!("devices save {symbol}"),
    ];
    let [used, foresight, rolling, wear, saved] = &names;
    let rolls = choice.ranked_by == Way::Rolling;
    let worn = choice.offers.iter().any(|offer| !offer.chosen().wear_minor.is_zero());
    let mut columns =
        vec![("", Align::Right), ("tariff", Align::Left), (used, Align::Right), (foresight, Align::Right)];
    columns.extend(rolls.then_some((rolling.as_str(), Align::Right)));
    columns.extend(worn.then_some((wear.as_str(), Align::Right)));
    columns.push((saved, Align::Right));
    let columns: Vec<(&str, Align)> = columns;
    let mut table = Table::new(&columns);
    for offer in &choice.offers {
        let shown =
            |money: Option<Money>| money.map(|money| choice.currency.shown(money)).unwrap_or_default();
        let chosen = |money: Option<Money>, is_chosen: bool| {
            Cell::styled(shown(money), if is_chosen { style(offer) } else { anstyle::Style::new() })
        };
        let mark = if choice.present == Some(offer.rank - 1) { " (now)" } else { "" };
        let mut cells = vec![
            offer.rank.to_string().into(),
            Cell::styled(format!("{}{mark}", offer.name()), style(offer)),
            chosen(Some(offer.used.cost_minor), offer.unplanned.is_some()),
            chosen(offer.foresight.as_ref().map(|cell| cell.cost_minor), !rolls),
        ];
        if rolls {
            cells.push(chosen(offer.rolling.as_ref().map(|cell| cell.cost_minor), true));
        }
        if worn {
            cells.push(shown(Some(offer.chosen().wear_minor)).into());
        }
        cells.push(shown(offer.shifted()).into());
        table.row(cells);
    }
    table.render(palette)
}

fn explained(choice: &Choice) -> String {
    let ranked = match choice.ranked_by {
        Way::Rolling => {
            "\"known then\" is what decides: planned from day to day on the rates that were published and on past days; \"foresight\" knows \
             all of the time, and nothing does better"
        }
        Way::Foresight | Way::Used => {
            "\"foresight\" knows all of the time: nothing does better, and no plan made in advance reaches it"
        }
    };
    let slots = format!("{} of {} slots", count(choice.planned_slots), count(choice.slots));
    format!("{ranked}. Each is the bill of its plan, and the wear of the devices. Over {slots}.")
}

/// What an offer costs more than the present one, and what that comes from.
fn parts(choice: &Choice, palette: Palette) -> String {
    let Some(now) = present(choice) else { return String::new() };
    let first = format!("beside {}", now.name());
    let whole = format!("in all {}", choice.currency.symbol());
    let mut table = Table::new(&[
        (&first, Align::Left),
        (&whole, Align::Right),
        ("prices", Align::Right),
        ("shifting", Align::Right),
        ("standing charges", Align::Right),
    ]);
    for offer in &choice.offers {
        let Some(beside) = offer.beside_present else { continue };
        table.row([
            Cell::styled(offer.name(), style(offer)),
            Cell::styled(signed(choice, beside.cost_minor), style(offer)),
            signed(choice, beside.price_minor).into(),
            signed(choice, beside.shifting_minor).into(),
            signed(choice, beside.fixed_minor).into(),
        ]);
    }
    if choice.offers.len() < 2 { String::new() } else { format!("\n{}", table.render(palette)) }
}

/// How differences turn out in drawn histories.
fn ranges(choice: &Choice, palette: Palette) -> String {
    let reference = present(choice).or_else(|| choice.offers.first());
    let Some((reference, draws)) = reference.zip(choice.offers.iter().find_map(|offer| offer.range)) else {
        return String::new();
    };
    let first = format!("costs more than {} by", reference.name());
    let names = ["P10", "P50", "P90"].map(|name| format!("{name} {}", choice.currency.symbol()));
    let [low, middle, high] = &names;
    let mut table = Table::new(&[
        (&first, Align::Left),
        (low, Align::Right),
        (middle, Align::Right),
        (high, Align::Right),
        ("cheaper in", Align::Right),
    ]);
    for offer in &choice.offers {
        let Some(range) = offer.range else { continue };
        table.row([
            Cell::styled(offer.name(), style(offer)),
            signed(choice, range.p10_minor).into(),
            signed(choice, range.p50_minor).into(),
            signed(choice, range.p90_minor).into(),
            format!("{} %", range.cheaper * 100 / range.draws.max(1)).into(),
        ]);
    }
    let said = format!(
        "From {} histories drawn week by week from the same season: one in ten is below P10, nine in ten are below P90.",
        count(draws.draws)
    );
    format!("\n{}\n{}\n", table.render(palette), palette.paint(FAINT, &said))
}

/// Whole pounds.
fn whole(choice: &Choice, money: Money) -> String {
    let pound = i128::from(choice.currency.minor_units()) * 10_i128.pow(Money::SCALE);
    let (units, half) = (money.units().unsigned_abs(), pound.unsigned_abs() / 2);
    let pounds = (units + half) / pound.unsigned_abs().max(1);
    if money.is_negative() && pounds > 0 { format!("-{pounds}") } else { pounds.to_string() }
}

/// The offers' costs month by month.
fn months(choice: &Choice, clock: Clock, palette: Palette) -> String {
    let Some(first) = choice.offers.first() else { return String::new() };
    let months = &first.chosen().months;
    if months.len() < 2 || months.len() > SHOWN_MONTHS {
        return String::new();
    }
    let first = format!("month by month, {}", choice.currency.symbol());
    let names: Vec<String> = months.iter().map(|month| clock.month(month.period.span.from())).collect();
    let mut columns = vec![(first.as_str(), Align::Left)];
    columns.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    let cheapest: Vec<Option<Money>> = (0..months.len())
        .map(|place| {
            choice
                .offers
                .iter()
                .filter_map(|offer| offer.chosen().months.get(place))
                .map(|month| month.cost_minor)
                .min()
        })
        .collect();
    for offer in &choice.offers {
        let mut cells = vec![Cell::styled(offer.name(), style(offer))];
        for (month, cheapest) in offer.chosen().months.iter().zip(&cheapest) {
            let best = if Some(month.cost_minor) == *cheapest { CHOSEN } else { anstyle::Style::new() };
            cells.push(Cell::styled(whole(choice, month.cost_minor), best));
        }
        table.row(cells);
    }
    format!("\n{}", table.render(palette))
}

/// What the home does in a row of slots.
struct Stretch {
    span: Span,
    verb: &'static str,
    energy: Energy,
    low: kwhen::UnitRate,
    high: kwhen::UnitRate,
}

fn stretches(slots: &[DaySlot]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for slot in slots {
        let (verb, energy, price) = match (slot.charge_kwh, slot.discharge_kwh) {
            (charge, discharge) if charge > discharge => ("charges", charge, slot.import_minor_per_kwh),
            (_, discharge) if !discharge.is_zero() => ("discharges", discharge, slot.import_minor_per_kwh),
            _ => continue,
        };
        match stretches.last_mut().filter(|last| last.span.to() == slot.span.from() && last.verb == verb) {
            Some(last) => {
                last.span = Span::new(last.span.from(), slot.span.to()).unwrap_or(last.span);
                last.energy = last.energy.checked_add(energy).unwrap_or(last.energy);
                (last.low, last.high) = (last.low.min(price), last.high.max(price));
            }
            None => stretches.push(Stretch { span: slot.span, verb, energy, low: price, high: price }),
        }
    }
    stretches
}

/// What the cheapest and the dearest day of the first offers, and of the present one, had the home do.
fn days(choice: &Choice, clock: Clock, palette: Palette) -> String {
    let told = choice
        .offers
        .iter()
        .enumerate()
        .filter(|(place, _)| *place < TOLD_DAYS || choice.present == Some(*place));
    let mut text = String::new();
    let minor = choice.currency.minor();
    let day = |name: &str, day: &ShownDay| {
        let done: Vec<String> = stretches(&day.slots)
            .into_iter()
            .map(|stretch| {
                let price = match (rate(stretch.low), rate(stretch.high)) {
                    (low, high) if low == high => format!("at {low}"),
                    (low, high) => format!("at {low} to {high}"),
                };
                format!(
                    "{} {} {} kWh {price} {minor}",
                    clock.brief(stretch.span),
                    stretch.verb,
                    kwh(stretch.energy)
                )
            })
            .collect();
        let done = if done.is_empty() { "nothing to do".to_owned() } else { done.join("; ") };
        let when = clock.date(day.period.span.from());
        format!("  {name} day, {when}, {}: {done}\n", choice.currency.shown(day.cost_minor))
    };
    for (_, offer) in told {
        let [cheapest, dearest] = offer.days.as_slice() else { continue };
        text.push_str(&format!("{}\n", palette.paint(TITLE, &offer.name())));
        text.push_str(&day("cheapest", cheapest));
        text.push_str(&day("dearest", dearest));
    }
    if text.is_empty() {
        return text;
    }
    let what = "What the cheapest and the dearest day, by energy and wear alone, had the home do:";
    format!("\n{}\n{text}", palette.paint(FAINT, what))
}

fn advice(choice: &Choice, palette: Palette) -> String {
    let mut text = String::new();
    for advice in &choice.advice {
        let (one, next) = match advice.every {
            AdviceEvery::Month => ("month", "next"),
            AdviceEvery::Year => ("year", "next"),
        };
        let stay = match (present(choice), advice.stay_regret_minor) {
            (Some(now), Some(stay)) => {
                format!("; staying on {} cost {} more", now.name(), choice.currency.shown(stay))
            }
            _ => String::new(),
        };
        let line = format!(
            "The tariff that was cheapest in one {one} was so in the {next} {} of {} times: following it cost {} more than hindsight{stay}.",
            advice.right,
            advice.rounds,
            choice.currency.shown(advice.regret_minor)
        );
        text.push_str(&format!("{}\n", palette.paint(FAINT, &line)));
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// A row an offer and way.
pub(crate) fn rows(choice: &Choice) -> String {
    let mut csv = Csv::new(&[
        "rank",
        "code",
        "export_code",
        "way",
        "kwh",
        "total_minor",
        "fixed_minor",
        "wear_minor",
        "cost_minor",
        "export_minor",
        "beside_present_minor",
        "price_minor",
        "shifting_minor",
        "standing_minor",
        "p10_minor",
        "p50_minor",
        "p90_minor",
        "can_be_had",
    ]);
    for offer in &choice.offers {
        let cells = [
            ("used", Some(&offer.used)),
            ("foresight", offer.foresight.as_ref()),
            ("rolling", offer.rolling.as_ref()),
        ];
        for (way, cell) in cells.into_iter().filter_map(|(way, cell)| Some((way, cell?))) {
            let is_chosen = std::ptr::eq(cell, offer.chosen());
            let beside = offer.beside_present.filter(|_| is_chosen);
            let range = offer.range.filter(|_| is_chosen);
            let text = |money: Option<Money>| money.map(|money| money.to_string()).unwrap_or_default();
            csv.row(&[
                offer.rank.to_string(),
                offer.code.clone(),
                offer.export_code.clone().unwrap_or_default(),
                way.to_owned(),
                cell.kwh.to_string(),
                cell.total_minor.to_string(),
                cell.fixed_minor.to_string(),
                cell.wear_minor.to_string(),
                cell.cost_minor.to_string(),
                text(cell.export_minor),
                text(beside.map(|beside| beside.cost_minor)),
                text(beside.map(|beside| beside.price_minor)),
                text(beside.map(|beside| beside.shifting_minor)),
                text(beside.map(|beside| beside.fixed_minor)),
                text(range.map(|range| range.p10_minor)),
                text(range.map(|range| range.p50_minor)),
                text(range.map(|range| range.p90_minor)),
                offer.can_be_had.to_string(),
            ]);
        }
    }
    csv.into_text()
}
