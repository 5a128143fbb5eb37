//! A choice under rates of other years, beside the plain one.

use super::style::{CHOSEN, FAINT, Palette};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::Money;
use kwhen::choice::{Choice, Offer};
use kwhen_app::answer::compare::Scenario;

pub(crate) fn page(plain: &Choice, scenario: &Scenario, clock: Clock, palette: Palette) -> String {
    let (other, symbol) = (&scenario.choice, plain.currency.symbol());
    let names = [format!("as it was {symbol}"), format!("then {symbol}"), format!("more {symbol}")];
    let [was, then, more] = &names;
    let mut table = Table::new(&[
        ("under rates of other years", Align::Left),
        (was, Align::Right),
        (then, Align::Right),
        (more, Align::Right),
    ]);
    for offer in &other.offers {
        let before = plain.offers.iter().find(|one| is_same(one, offer)).map(|one| one.chosen().cost_minor);
        let now = offer.chosen().cost_minor;
        let more = before.and_then(|before| now.checked_sub(before));
        let shown = |money: Option<Money>| money.map(|money| plain.currency.shown(money)).unwrap_or_default();
        let style = if offer.rank == 1 { CHOSEN } else { anstyle::Style::new() };
        let mark = if other.present == Some(offer.rank - 1) { " (now)" } else { "" };
        table.row([
            Cell::styled(format!("{}{mark}", offer.name()), style),
            shown(before).into(),
            Cell::styled(shown(Some(now)), style),
            shown(more).into(),
        ]);
    }
    let mut page = format!("\n{}", table.render(palette));
    if let (Some(first), Some(best)) = (plain.offers.first(), other.offers.first()) {
        let line = match is_same(first, best) {
            true => format!("{} is the cheapest there too.", best.name()),
            false => {
                let worse = other.offers.iter().find(|one| is_same(one, first));
                let worse =
                    worse.and_then(|one| one.chosen().cost_minor.checked_sub(best.chosen().cost_minor));
                format!(
                    "There {} is the cheapest; {} costs {} more.",
                    best.name(),
                    first.name(),
                    plain.currency.shown(worse.unwrap_or_default())
                )
            }
        };
        page.push_str(&format!("\n{}\n", palette.paint(CHOSEN, &line)));
    }
    for rates in &scenario.rates {
        let days: Vec<String> = rates
            .days
            .iter()
            .map(|days| {
                format!(
                    "from {} on those from {} on",
                    clock.date(days.span.from()),
                    clock.date(days.taken_from)
                )
            })
            .collect();
        let days = match days.as_slice() {
            [] => String::new(),
            days => format!(": {}", days.join("; ")),
        };
        let line = format!(
            "{} with the rates of {}{days}. Standing charges stay.",
            rates.codes.join(", "),
            rates.file
        );
        page.push_str(&format!("{}\n", palette.paint(FAINT, &line)));
    }
    page
}

fn is_same(one: &Offer, other: &Offer) -> bool {
    (&one.code, &one.export_code) == (&other.code, &other.export_code)
}
