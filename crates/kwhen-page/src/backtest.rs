//! A back-test as a page of text.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{count, kwh, percent, plural};
use super::ranking::{Rank, ranking};
use super::style::{CHOSEN, FAINT, Palette, TITLE, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::Money;
use kwhen::plan::backtest::SweepRow;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::backtest::{BacktestResult, PairedRow, Quantity, SweepDocument};
use kwhen_app::answer::frame::Frame;

/// Periods that a page lists; more are left to the machine-readable formats.
const SHOWN_PERIODS: usize = 62;

/// The strategy that plans with what is known and how the rest may turn out.
const KNOWN_THEN: &str = "expected value";

impl Page for BacktestResult {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        page(self, calendar, palette)
    }

    fn csv(&self) -> String {
        rows(self, self.with_payback)
    }

    fn notes(&self) -> Vec<String> {
        self.notices.clone()
    }
}

impl Page for SweepDocument {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let mut page = sweep(&self.rows, self.days, self.frame, calendar, palette);
        page.push_str(&noted(&self.notices, palette));
        page
    }

    fn csv(&self) -> String {
        kwhen::plan::backtest::rows_to_csv(&self.rows)
    }

    fn notes(&self) -> Vec<String> {
        self.notices.clone()
    }
}

fn page(compared: &BacktestResult, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let title = format!("Back-test, {}", clock.period(compared.frame.span));
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    page.push_str(&head(compared, palette));
    let (currency, symbol) = (compared.frame.currency, compared.frame.currency.symbol());
    let (cost, saved) = (format!("cost {symbol}"), format!("saved {symbol}"));
    let paying = compared.strategies.iter().any(|row| row.payback_years.is_some());
    let mut columns = vec![
        ("strategy", Align::Left),
        (cost.as_str(), Align::Right),
        (saved.as_str(), Align::Right),
        ("of the best", Align::Right),
    ];
    let (less, between) = (format!("{} a day", currency.minor()), "95 in 100 between");
    columns.extend([(less.as_str(), Align::Right), (between, Align::Right)]);
    if paying {
        columns.push(("years to pay back", Align::Right));
    }
    let mut table = Table::new(&columns);
    for row in &compared.strategies {
        let style = if row.name == KNOWN_THEN { CHOSEN } else { anstyle::Style::new() };
        let mut cells = vec![
            Cell::styled(row.name.clone(), style),
            currency.shown(row.cost_minor).into(),
            row.saving_minor.map(|saving| currency.shown(saving)).unwrap_or_default().into(),
            row.share_of_perfect.as_deref().map(percent).unwrap_or_default().into(),
        ];
        let paired = row.beside_one_forecast.as_ref();
        cells.push(paired.map(|row| signed(row.mean_minor_a_day)).unwrap_or_default().into());
        let ends =
            |row: &PairedRow| format!("{} and {}", signed(row.low_minor_a_day), signed(row.high_minor_a_day));
        cells.push(paired.map(ends).unwrap_or_default().into());
        if paying {
            cells.push(row.payback_years.clone().unwrap_or_default().into());
        }
        table.row(cells);
    }
    page.push_str(&table.render(palette));
    page.push_str(&periods(compared, palette));
    let facts = format!(
        "{}; the plans were made {} times, each time with what was known then, past days up to {} back. \"a day\" is what a plan costs \
         beside the one on one forecast.",
        plural(usize::try_from(compared.days).unwrap_or(0), "day"),
        count(compared.plans),
        compared.past_days,
    );
    page.push_str(&format!("\n{}\n", palette.paint(FAINT, &facts)));
    if let Some(coverage) = coverage(compared) {
        page.push_str(&format!("{}\n", palette.paint(FAINT, &coverage)));
    }
    page.push_str(&noted(&compared.notices, palette));
    page
}

/// What matters most: what the plan made with what was known saves, and what each strategy does.
fn head(compared: &BacktestResult, palette: Palette) -> String {
    let currency = compared.frame.currency;
    let shown = |money: Option<Money>| money.map(|money| currency.shown(money)).unwrap_or_default();
    let named = |name: &str| compared.strategies.iter().find(|row| row.name == name);
    let mut list = Vec::new();
    if let Some(row) = named(KNOWN_THEN) {
        let share =
            row.share_of_perfect.as_deref().map(percent).map(|share| format!("{share} of the best possible"));
        list.push(Card::new("Saved", shown(row.saving_minor), share.unwrap_or_default()).styled(CHOSEN));
        list.push(Card::new(
            "Cost",
            shown(Some(row.cost_minor)),
            plural(usize::try_from(compared.days).unwrap_or(0), "day"),
        ));
    }
    if let Some(best) = compared.strategies.first() {
        list.push(Card::new("Best possible", shown(best.saving_minor), best.name.clone()));
    }
    if let Some(paired) = named(KNOWN_THEN).and_then(|row| row.beside_one_forecast.as_ref()) {
        list.push(Card::new(
            "Beside one forecast",
            format!("{} {} a day", signed(paired.mean_minor_a_day), currency.minor()),
            format!(
                "95 in 100 between {} and {}",
                signed(paired.low_minor_a_day),
                signed(paired.high_minor_a_day)
            ),
        ));
    }
    let ranks: Vec<Rank> = compared
        .strategies
        .iter()
        .filter_map(|row| {
            let saving = row.saving_minor?;
            let share = row.share_of_perfect.as_deref().map(percent).unwrap_or_default();
            let between = row.beside_one_forecast.as_ref().map(|paired| {
                let (low, high) = (signed(paired.low_minor_a_day), signed(paired.high_minor_a_day));
                format!("; {low} to {high} {} a day beside one forecast", currency.minor())
            });
            Some(Rank {
                name: row.name.clone(),
                amount: saving,
                shown: format!("{} saved", currency.shown(saving)),
                note: share + &between.unwrap_or_default(),
                style: if row.name == KNOWN_THEN { CHOSEN } else { anstyle::Style::new() },
            })
        })
        .collect();
    cards(list, palette) + &ranking(&ranks, palette)
}

/// How often what came lay in the middle 80 of a hundred of past days.
fn coverage(compared: &BacktestResult) -> Option<String> {
    let of = |quantity: Quantity, word: &str| {
        let row =
            compared.forecasts.iter().find(|row| row.quantity == quantity && row.all.coverage.is_some())?;
        Some(format!("{word} {}", percent(row.all.coverage.as_deref()?)))
    };
    let parts =
        [(Quantity::Load, "load"), (Quantity::Solar, "sun"), (Quantity::Rates, "rates not published")];
    let parts: Vec<String> = parts.into_iter().filter_map(|(quantity, word)| of(quantity, word)).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Between the 10th and the 90th of a hundred past days by weight lay: {}; 80 % would be right.",
            parts.join(", ")
        )
    })
}

/// A difference with its sign, to a hundredth.
fn signed(money: Money) -> String {
    let rounded = money.round(2, kwhen::Rounding::HalfUp);
    if rounded > Money::ZERO { format!("+{rounded:.2}") } else { format!("{rounded:.2}") }
}

fn periods(compared: &BacktestResult, palette: Palette) -> String {
    let Some(first) = compared.strategies.first().filter(|row| !row.periods.is_empty()) else {
        return String::new();
    };
    let mut columns = vec![("period", Align::Left)];
    columns.extend(compared.strategies.iter().map(|row| (row.name.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    for (index, period) in first.periods.iter().enumerate().take(SHOWN_PERIODS) {
        let mut cells = vec![Cell::from(period.label.clone())];
        cells.extend(compared.strategies.iter().map(|row| {
            Cell::from(
                row.periods
                    .get(index)
                    .map(|period| compared.frame.currency.shown(period.cost_minor))
                    .unwrap_or_default(),
            )
        }));
        table.row(cells);
    }
    let mut text = format!("\n{}", table.render(palette));
    if first.periods.len() > SHOWN_PERIODS {
        let more = count(first.periods.len() - SHOWN_PERIODS);
        text.push_str(&palette.paint(FAINT, &format!("… and {more} more; --format csv has them all.\n")));
    }
    text
}

fn sweep(rows: &[SweepRow], days: i64, frame: Frame, calendar: Calendar, palette: Palette) -> String {
    let title = format!("Best possible saving by size, {}", Clock(calendar).period(frame.span));
    let (currency, symbol) = (frame.currency, frame.currency.symbol());
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    // The tariff's name only where there are several.
    let several = rows.iter().any(|row| rows.first().is_some_and(|first| first.site != row.site));
    let (cost, saved) = (format!("cost {symbol}"), format!("saved {symbol}"));
    let a_year = format!("{saved} a year");
    let mut columns = vec![
        ("rates", Align::Left),
        ("kWh", Align::Right),
        ("kW", Align::Right),
        (cost.as_str(), Align::Right),
        (saved.as_str(), Align::Right),
        (a_year.as_str(), Align::Right),
    ];
    if !several {
        columns.remove(0);
    }
    let mut table = Table::new(&columns);
    for row in rows {
        let yearly = row.saving().and_then(|saving| yearly(saving, days));
        let name = several.then(|| Cell::from(row.site.as_str()));
        table.row(name.into_iter().chain([
            kwh(row.capacity).into(),
            row.power.to_string().into(),
            currency.shown(row.cost).into(),
            row.saving().map(|saving| currency.shown(saving)).unwrap_or_default().into(),
            Cell::styled(yearly.map(|saving| currency.shown(saving)).unwrap_or_default(), CHOSEN),
        ]));
    }
    page.push_str(&table.render(palette));
    page.push_str(&palette.paint(FAINT, "With perfect foresight: no way to run the battery saves more.\n"));
    page
}

/// A saving over so many days as one over 365.25.
fn yearly(saving: Money, days: i64) -> Option<Money> {
    let units = saving.units() / (4 * i128::from(days.max(1))) * 1461;
    Money::from_units(units).ok()
}

fn rows(compared: &BacktestResult, with_payback: bool) -> String {
    let mut columns =
        vec!["strategy", "period", "from", "to", "cost_minor", "saving_minor", "share_of_perfect"];
    columns.extend(["beside_minor_a_day", "low_minor_a_day", "high_minor_a_day"]);
    columns.extend(with_payback.then_some("payback_years"));
    let mut csv = Csv::new(&columns);
    for row in &compared.strategies {
        let mut all = vec![
            row.name.clone(),
            "all".to_owned(),
            instant_text(compared.frame.span.from()),
            instant_text(compared.frame.span.to()),
            row.cost_minor.to_string(),
            row.saving_minor.map_or_else(String::new, |saving| saving.to_string()),
            row.share_of_perfect.clone().unwrap_or_default(),
        ];
        all.extend(match &row.beside_one_forecast {
            Some(row) => [row.mean_minor_a_day, row.low_minor_a_day, row.high_minor_a_day]
                .map(|money| money.to_string()),
            None => Default::default(),
        });
        all.extend(with_payback.then(|| row.payback_years.clone().unwrap_or_default()));
        csv.row(&all);
        for period in &row.periods {
            let mut part = vec![
                row.name.clone(),
                period.label.clone(),
                instant_text(period.span.from()),
                instant_text(period.span.to()),
                period.cost_minor.to_string(),
            ];
            // What is saved is known of the whole alone.
            part.resize(columns.len(), String::new());
            csv.row(&part);
        }
    }
    csv.into_text()
}
