//! What could be bought, each thing on the tariff that is best with it.

use super::style::{CHOSEN, FAINT, Palette};
use super::table::{Align, Cell, Table};
use kwhen::Money;
use kwhen::choice::{Choice, Weighed};

/// What to buy.
pub(crate) fn bought(choice: &Choice, sizes: &[Weighed], palette: Palette) -> String {
    if sizes.is_empty() {
        return String::new();
    }
    let symbol = choice.currency.symbol();
    let names = ["price", "saved a year", "worth beyond its price"].map(|name| format!("{name} {symbol}"));
    let [price, saved, value] = &names;
    let ranged = sizes.iter().any(|size| size.net_present_value_range_minor.is_some());
    let mut columns = vec![
        ("what to buy", Align::Left),
        ("best on", Align::Left),
        (price, Align::Right),
        (saved, Align::Right),
        ("years to pay back", Align::Right),
        (value, Align::Right),
    ];
    columns.extend(ranged.then_some(("8 in 10 between", Align::Right)));
    let columns: Vec<(&str, Align)> = columns;
    let mut table = Table::new(&columns);
    let best = sizes.iter().map(|size| size.net_present_value_minor).max();
    for size in sizes {
        let shown = |money: Money| choice.currency.shown(money);
        let is_best =
            Some(size.net_present_value_minor) == best && size.net_present_value_minor > Money::ZERO;
        let style = if is_best { CHOSEN } else { anstyle::Style::new() };
        let on = match &size.export_code {
            Some(export) => format!("{} with {export}", size.code),
            None => size.code.clone(),
        };
        let mut cells = vec![
            Cell::styled(size.name.clone(), style),
            on.into(),
            shown(size.price_minor).into(),
            shown(size.saved_a_year_minor).into(),
            size.payback_years.clone().unwrap_or_else(|| "never".to_owned()).into(),
            Cell::styled(shown(size.net_present_value_minor), style),
        ];
        if let Some([low, high]) = size.net_present_value_range_minor {
            cells.push(format!("{} and {}", shown(low), shown(high)).into());
        }
        table.row(cells);
    }
    let besides = [
        (
            sizes.iter().any(|size| size.capacity_kwh.is_some()),
            "of a size beside the home without the first battery",
        ),
        (sizes.iter().any(|size| size.capacity_kwh.is_none()), "of an option beside the home as it is"),
    ];
    let besides: Vec<&str> =
        besides.into_iter().filter_map(|(is_there, text)| is_there.then_some(text)).collect();
    let said = format!(
        "Savings are {}, on the tariff that is best without it; each year is as this period was.",
        besides.join(", ")
    );
    format!("\n{}\n{}\n", table.render(palette), palette.paint(FAINT, &said))
}
