//! What a solved battery knows at every level, as pages of text and as rows.

use super::Page;
use super::csv::Csv;
use super::number::{kwh, per_kwh, rate};
use super::style::Palette;
use super::table::{Align, Cell, Table};
use super::when::Clock;
use kwhen::Energy;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::policy::{PolicyDocument, PolicyEntry, ValueDocument};

impl Page for PolicyDocument {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let clock = Clock(calendar);
        let skies = self.policy.iter().any(|entry| entry.sky.is_some());
        let mut table = Table::new(&with_sky(
            skies,
            &[
                ("when", Align::Left),
                ("stored from", Align::Right),
                ("to kWh", Align::Right),
                ("best action", Align::Left),
            ],
        ));
        let mut before = None;
        for entry in &self.policy {
            let when = if before == Some(entry.slot) { String::new() } else { clock.range(entry.slot) };
            before = Some(entry.slot);
            let first = std::iter::once(Cell::from(when)).chain(sky(skies, entry.sky));
            table.row(first.chain([
                kwh(entry.from_kwh).into(),
                kwh(entry.to_kwh).into(),
                action(entry).into(),
            ]));
        }
        table.render(palette)
    }

    fn csv(&self) -> String {
        let text = |energy: Option<Energy>| energy.map(|energy| energy.to_string()).unwrap_or_default();
        let skies = self.policy.iter().any(|entry| entry.sky.is_some());
        let mut columns = vec!["from", "to", "from_kwh", "to_kwh", "move_kwh", "go_to_kwh"];
        columns.extend(skies.then_some("sky"));
        let mut csv = Csv::new(&columns);
        for entry in &self.policy {
            let mut row = vec![
                instant_text(entry.slot.from()),
                instant_text(entry.slot.to()),
                entry.from_kwh.to_string(),
                entry.to_kwh.to_string(),
                text(entry.move_kwh),
                text(entry.go_to_kwh),
            ];
            row.extend(skies.then(|| entry.sky.unwrap_or_default().to_owned()));
            csv.row(&row);
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().cloned().collect()
    }

    fn first(&self) -> Option<&str> {
        self.notices.first()
    }
}

impl Page for ValueDocument {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let clock = Clock(calendar);
        let skies = self.value.iter().any(|entry| entry.sky.is_some());
        let worth = format!("worth {}", per_kwh(self.frame.currency));
        let mut table = Table::new(&with_sky(
            skies,
            &[
                ("at the start of", Align::Left),
                ("stored from", Align::Right),
                ("to kWh", Align::Right),
                (worth.as_str(), Align::Right),
            ],
        ));
        let mut before = None;
        for entry in &self.value {
            let when = if before == Some(entry.slot) { String::new() } else { clock.range(entry.slot) };
            before = Some(entry.slot);
            let first = std::iter::once(Cell::from(when)).chain(sky(skies, entry.sky));
            table.row(first.chain([
                kwh(entry.from_kwh).into(),
                kwh(entry.to_kwh).into(),
                rate(entry.value_minor_per_kwh).into(),
            ]));
        }
        table.render(palette)
    }

    fn csv(&self) -> String {
        let skies = self.value.iter().any(|entry| entry.sky.is_some());
        let mut columns = vec!["from", "to", "from_kwh", "to_kwh", "cost_to_go_minor", "value_minor_per_kwh"];
        columns.extend(skies.then_some("sky"));
        let mut csv = Csv::new(&columns);
        for entry in &self.value {
            let mut row = vec![
                instant_text(entry.slot.from()),
                instant_text(entry.slot.to()),
                entry.from_kwh.to_string(),
                entry.to_kwh.to_string(),
                entry.cost_to_go_minor.to_string(),
                entry.value_minor_per_kwh.to_string(),
            ];
            row.extend(skies.then(|| entry.sky.unwrap_or_default().to_owned()));
            csv.row(&row);
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().cloned().collect()
    }

    fn first(&self) -> Option<&str> {
        self.notices.first()
    }
}

/// The columns of a table, after the first one the sky, where rows are by it.
fn with_sky<'a>(skies: bool, columns: &[(&'a str, Align)]) -> Vec<(&'a str, Align)> {
    let mut all = columns.to_vec();
    if skies {
        all.insert(1, ("sky", Align::Left));
    }
    all
}

/// The sky of a row, where rows are by it.
fn sky(skies: bool, sky: Option<&'static str>) -> Option<Cell> {
    skies.then(|| Cell::from(sky.unwrap_or_default()))
}

fn action(entry: &PolicyEntry) -> String {
    match (entry.move_kwh, entry.go_to_kwh) {
        (Some(energy), _) if energy.is_zero() => "leave it".to_owned(),
        (Some(energy), _) if energy.is_negative() => format!("draw {} kWh", kwh(-energy)),
        (Some(energy), _) => format!("store {} kWh", kwh(energy)),
        (None, Some(level)) => format!("go to {} kWh", kwh(level)),
        (None, None) => String::new(),
    }
}
