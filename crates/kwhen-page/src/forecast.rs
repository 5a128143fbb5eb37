//! Forecasts beside what came, as a page of text and as rows.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{count, per_kwh, percent, plural};
use super::style::{CHOSEN, FAINT, Palette, TITLE, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::quantity::Currency;
use kwhen::time::Calendar;
use kwhen::{Money, Rounding};
use kwhen_app::answer::backtest::{ForecastRow, QualityRow, Quantity};
use kwhen_app::answer::forecast::Forecasts;

/// What each quantity is called, in the order in which it is shown.
const QUANTITIES: [(Quantity, &str, &str); 3] = [
    (Quantity::Load, "Load", "load"),
    (Quantity::Solar, "Sun", "solar"),
    (Quantity::Rates, "Rates not published", "rates"),
];

impl Page for Forecasts {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        page(self, Clock(calendar), palette)
    }

    fn csv(&self) -> String {
        rows(self)
    }

    fn notes(&self) -> Vec<String> {
        self.notices.clone()
    }
}

fn page(document: &Forecasts, clock: Clock, palette: Palette) -> String {
    let title = format!("Forecasts beside what came, {}", clock.period(document.frame.span));
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    page.push_str(&head(document, palette));
    for (quantity, name, _) in QUANTITIES {
        let of: Vec<&ForecastRow> =
            document.forecasts.iter().filter(|row| row.quantity == quantity).collect();
        if !of.is_empty() {
            page.push_str(&section(name, &of, document.frame.currency, palette));
        }
    }
    page.push_str(&by_hour(document, palette));
    let days = plural(usize::try_from(document.days).unwrap_or(0), "day");
    let facts = format!(
        "{days}; each forecast was made with what was known then, past days up to {} back. A mean error of a slot; the pinball loss is \
         the mean over 10, 50 and 90 hundredths, and smaller is better; of 100 slots 80 should lie between the 10th and the 90th.",
        document.past_days
    );
    page.push_str(&format!("\n{}\n", palette.paint(FAINT, &facts)));
    page.push_str(&noted(&document.notices, palette));
    page
}

/// The best forecast of each quantity: that which is least far off.
fn head(document: &Forecasts, palette: Palette) -> String {
    let mut list = Vec::new();
    for (quantity, name, _) in QUANTITIES {
        let of = document.forecasts.iter().filter(|row| row.quantity == quantity);
        if let Some(best) = best(of) {
            let unit = unit(quantity, document.frame.currency);
            let error = shown(&best.all.mean_absolute_error);
            list.push(Card::new(
                name,
                format!("{error} {unit}"),
                format!("off on average; best: {}", best.name),
            ));
        }
    }
    cards(list, palette)
}

fn best<'r>(rows: impl Iterator<Item = &'r ForecastRow>) -> Option<&'r ForecastRow> {
    rows.min_by_key(|row| number(&row.all.mean_absolute_error))
}

fn unit(quantity: Quantity, currency: Currency) -> String {
    match quantity {
        Quantity::Load | Quantity::Solar => "kWh".to_owned(),
        Quantity::Rates => per_kwh(currency),
    }
}

/// What is written with eight decimals, as a number.
fn number(text: &str) -> Money {
    text.parse().unwrap_or(Money::ZERO)
}

/// To a thousandth.
fn shown(text: &str) -> String {
    format!("{:.3}", number(text).round(3, Rounding::HalfEven))
}

fn section(name: &str, rows: &[&ForecastRow], currency: Currency, palette: Palette) -> String {
    let best = best(rows.iter().copied()).map(|row| row.name.as_str());
    let unit = rows.first().map(|row| unit(row.quantity, currency)).unwrap_or_default();
    let error = format!("mean error, {unit}");
    let mut table = Table::new(&[
        (name, Align::Left),
        (&error, Align::Right),
        ("pinball loss", Align::Right),
        ("between 10 and 90", Align::Right),
        ("slots", Align::Right),
    ]);
    for row in rows {
        let style = if best == Some(row.name.as_str()) { CHOSEN } else { anstyle::Style::new() };
        table.row([
            Cell::styled(row.name.clone(), style),
            shown(&row.all.mean_absolute_error).into(),
            shown(&row.all.pinball_loss).into(),
            row.all.coverage.as_deref().map(percent).unwrap_or_default().into(),
            count(row.all.slots).into(),
        ]);
    }
    format!("{}\n", table.render(palette))
}

/// The mean error by the hour of the local day, of the best forecast of each quantity.
fn by_hour(document: &Forecasts, palette: Palette) -> String {
    let mut columns = vec![("hour".to_owned(), Align::Left)];
    let mut of = Vec::new();
    for (quantity, name, _) in QUANTITIES {
        if let Some(row) = best(document.forecasts.iter().filter(|row| row.quantity == quantity)) {
            columns.push((format!("{name}, {}", unit(quantity, document.frame.currency)), Align::Right));
            of.push(row);
        }
    }
    let columns: Vec<(&str, Align)> = columns.iter().map(|(name, align)| (name.as_str(), *align)).collect();
    let mut table = Table::new(&columns);
    for hour in 0..24 {
        let error = |row: &&ForecastRow| {
            let quality: Option<&QualityRow> = row.by_hour.get(hour).filter(|quality| quality.slots > 0);
            Cell::from(quality.map(|quality| shown(&quality.mean_absolute_error)).unwrap_or_default())
        };
        let first = Cell::from(format!("{hour:02}:00"));
        table.row(std::iter::once(first).chain(of.iter().map(error)).collect::<Vec<_>>());
    }
    let title = palette.paint(TITLE, "Mean error by the hour, of the best of each");
    format!("{title}\n{}", table.render(palette))
}

/// In all, and by the hour of the local day.
fn rows(document: &Forecasts) -> String {
    let mut csv = Csv::new(&[
        "quantity",
        "forecast",
        "hour",
        "slots",
        "mean_absolute_error",
        "pinball_loss",
        "coverage",
    ]);
    for row in &document.forecasts {
        let named = QUANTITIES.iter().find(|(quantity, ..)| *quantity == row.quantity);
        let word = named.map(|(.., word)| *word).unwrap_or_default();
        let all = std::iter::once((String::new(), &row.all));
        let hours = row.by_hour.iter().enumerate().map(|(hour, quality)| (hour.to_string(), quality));
        for (hour, quality) in all.chain(hours).filter(|(_, quality)| quality.slots > 0) {
            csv.row(&[
                word.to_owned(),
                row.name.clone(),
                hour,
                quality.slots.to_string(),
                quality.mean_absolute_error.clone(),
                quality.pinball_loss.clone(),
                quality.coverage.clone().unwrap_or_default(),
            ]);
        }
    }
    csv.into_text()
}
