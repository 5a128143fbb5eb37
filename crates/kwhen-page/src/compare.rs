//! Tariffs compared, as a page of text and as rows.

use super::Page;
use super::bought::bought;
use super::cards::{Card, cards};
use super::choice;
use super::csv::Csv;
use super::number::{count, kwh, rate};
use super::ranking::{Rank, ranking};
use super::scenario;
use super::style::{CHOSEN, DEAR, FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::bill::Projection;
use kwhen::bill::compare::Comparison;
use kwhen::time::Calendar;
use kwhen_app::answer::compare::Compared;

impl Page for Compared {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        if let Some(choice) = &self.choice {
            let mut page = choice::page(choice, &self.comparison, Clock(calendar), palette);
            if let Some(scenario) = &self.scenario {
                page.push_str(&scenario::page(choice, scenario, Clock(calendar), palette));
            }
            page.push_str(&bought(choice, &self.sizes, palette));
            return page + &noted(&self.notes, palette);
        }
        let mut page = table(&self.comparison, Clock(calendar), palette);
        if let (Some(projections), Some(end)) = (&self.projections, &self.project_to) {
            page.push_str(&projected(&self.comparison, projections, end, palette));
        }
        page.push_str(&noted(&self.notes, palette));
        page
    }

    fn csv(&self) -> String {
        if let Some(choice) = &self.choice {
            return choice::rows(choice);
        }
        rows(&self.comparison, self.projections.as_deref())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// What each will come to, and what that rests on.
fn projected(comparison: &Comparison, projections: &[Projection], end: &str, palette: Palette) -> String {
    let mut table = Table::new(&[
        (&format!("by {end}, if it goes on like this"), Align::Left),
        ("kWh", Align::Right),
        (&format!("{} inc VAT", comparison.currency.symbol()), Align::Right),
    ]);
    for (tariff, projection) in comparison.tariffs.iter().zip(projections) {
        table.row([
            name(tariff).into(),
            kwh(projection.kwh).into(),
            comparison.currency.shown(projection.total_minor).into(),
        ]);
    }
    let mut page = format!("\n{}", table.render(palette));
    if let Some(first) = projections.first() {
        page.push_str(&palette.paint(FAINT, &format!("It rests on {}.", first.rests_on)));
        page.push('\n');
    }
    page
}

fn name(tariff: &kwhen::bill::compare::Compared) -> String {
    match &tariff.export_code {
        Some(export) => format!("{} with {export}", tariff.code),
        None => tariff.code.clone(),
    }
}

/// What matters most: the cheapest, and by how much each other is dearer.
fn head(comparison: &Comparison, palette: Palette) -> String {
    let currency = comparison.currency;
    let comparable = || comparison.tariffs.iter().filter(|tariff| tariff.comparable);
    let (Some(best), Some(worst)) = (comparable().next(), comparable().next_back()) else {
        return String::new();
    };
    let price = |tariff: &kwhen::bill::compare::Compared| {
        let average = tariff.average_minor_per_kwh.map(rate);
        average.map(|average| format!("{average} {}/kWh all in", currency.minor())).unwrap_or_default()
    };
    let mut list = vec![
        Card::new("Cheapest", currency.shown(best.total_minor), format!("{}, {}", name(best), price(best)))
            .styled(CHOSEN),
    ];
    if comparable().count() > 1 {
        let above = worst.total_minor.checked_sub(best.total_minor);
        let above = above.map(|above| currency.shown(above)).unwrap_or_default();
        list.push(Card::new("The dearest costs more by", above, name(worst)).styled(DEAR));
    }
    list.push(Card::new("Used", format!("{} kWh", kwh(best.kwh)), ""));
    let ranks: Vec<Rank> = comparable()
        .map(|tariff| Rank {
            name: name(tariff),
            amount: tariff.total_minor,
            shown: currency.shown(tariff.total_minor),
            note: match tariff.total_minor.checked_sub(best.total_minor) {
                Some(above) if !above.is_zero() => format!("{} more", currency.shown(above)),
                _ => String::new(),
            },
            style: if tariff.rank == 1 { CHOSEN } else { anstyle::Style::new() },
        })
        .collect();
    cards(list, palette) + &ranking(&ranks, palette)
}

fn table(comparison: &Comparison, clock: Clock, palette: Palette) -> String {
    let title = format!("Tariffs compared, {}", clock.period(comparison.period));
    let under = format!("{} · rules: {}", comparison.time_zone, comparison.rules);
    let mut page = format!("{}\n{}\n\n", palette.paint(TITLE, &title), palette.paint(FAINT, &under));
    page.push_str(&head(comparison, palette));
    let mut table = Table::new(&[
        ("", Align::Right),
        ("tariff", Align::Left),
        ("kWh", Align::Right),
        (&format!("{}/kWh all in", comparison.currency.minor()), Align::Right),
        (&format!("{} inc VAT", comparison.currency.symbol()), Align::Right),
        ("months won", Align::Right),
        ("priced", Align::Right),
    ]);
    for tariff in &comparison.tariffs {
        let won = comparison
            .months
            .iter()
            .filter(|month| month.code == tariff.code && month.export_code == tariff.export_code)
            .count();
        let style = match tariff {
            tariff if !tariff.comparable => WARNING,
            tariff if tariff.rank == 1 => CHOSEN,
            _ => anstyle::Style::new(),
        };
        let priced = tariff.coverage.billed_slots * 100 / tariff.coverage.slots.max(1);
        table.row([
            tariff.rank.to_string().into(),
            Cell::styled(name(tariff), style),
            kwh(tariff.kwh).into(),
            tariff.average_minor_per_kwh.map(rate).unwrap_or_default().into(),
            Cell::styled(comparison.currency.shown(tariff.total_minor), style),
            won.to_string().into(),
            format!("{priced} %").into(),
        ]);
    }
    page.push_str(&table.render(palette));
    page.push('\n');
    if comparison.tariffs.iter().any(|tariff| !tariff.comparable) {
        page.push_str(&palette.paint(
            WARNING,
            "Tariffs that price much less of the history come last: their totals cannot be compared.",
        ));
        page.push('\n');
    }
    for tariff in &comparison.tariffs {
        if let Some(other) = tariff.tariff_clock.filter(|clock| *clock != comparison.time_zone) {
            let line = format!("{}: times of day by the clock of {other}", tariff.code);
            page.push_str(&palette.paint(FAINT, &line));
            page.push('\n');
        }
    }
    for unpriced in &comparison.unpriced {
        page.push_str(
            &palette.paint(WARNING, &format!("{} was left out: {}", unpriced.code, unpriced.reason)),
        );
        page.push('\n');
    }
    if let Some(estimated) =
        comparison.tariffs.first().map(|tariff| tariff.estimated_slots).filter(|slots| *slots > 0)
    {
        page.push_str(&palette.paint(WARNING, &format!("{} slots are estimates.", count(estimated))));
        page.push('\n');
    }
    let overall = comparison.tariffs.first();
    let others = comparison.months.iter().filter(|month| {
        overall.is_some_and(|overall| month.code != overall.code || month.export_code != overall.export_code)
    });
    for month in others {
        page.push_str(&format!(
            "{}: {} would have won by {}\n",
            month.period.label,
            month.code,
            comparison.currency.shown(month.saved_minor)
        ));
    }
    page
}

fn rows(comparison: &Comparison, projections: Option<&[Projection]>) -> String {
    let mut csv = Csv::new(&[
        "rank",
        "code",
        "export_code",
        "kwh",
        "net_minor",
        "vat_minor",
        "total_minor",
        "slots",
        "billed_slots",
        "comparable",
        "projected_total_minor",
    ]);
    for (place, tariff) in comparison.tariffs.iter().enumerate() {
        let projection = projections.and_then(|projections| projections.get(place));
        csv.row(&[
            tariff.rank.to_string(),
            tariff.code.clone(),
            tariff.export_code.clone().unwrap_or_default(),
            tariff.kwh.to_string(),
            tariff.net_minor.to_string(),
            tariff.vat_minor.to_string(),
            tariff.total_minor.to_string(),
            tariff.coverage.slots.to_string(),
            tariff.coverage.billed_slots.to_string(),
            tariff.comparable.to_string(),
            projection.map(|projection| projection.total_minor.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_text()
}
