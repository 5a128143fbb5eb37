//! What a solved battery knows at every level, as pages of text and as rows.

use super::Page;
use super::csv::Csv;
use super::number::{kwh, per_kwh, rate};
use super::style::Palette;
use super::table::{Align, Table};
use super::when::Clock;
use kwhen::Energy;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::policy::{PolicyDocument, PolicyEntry, ValueDocument};

impl Page for PolicyDocument {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let clock = Clock(calendar);
        let mut table = Table::new(&[
            ("when", Align::Left),
            ("stored from", Align::Right),
            ("to kWh", Align::Right),
            ("best action", Align::Left),
        ]);
        let mut before = None;
        for entry in &self.policy {
            let when = if before == Some(entry.slot) { String::new() } else { clock.range(entry.slot) };
            before = Some(entry.slot);
            table.row([
                when.into(),
                kwh(entry.from_kwh).into(),
                kwh(entry.to_kwh).into(),
                action(entry).into(),
            ]);
        }
        table.render(palette)
    }

    fn csv(&self) -> String {
        let text = |energy: Option<Energy>| energy.map(|energy| energy.to_string()).unwrap_or_default();
        let mut csv = Csv::new(&["from", "to", "from_kwh", "to_kwh", "move_kwh", "go_to_kwh"]);
        for entry in &self.policy {
            csv.row(&[
                instant_text(entry.slot.from()),
                instant_text(entry.slot.to()),
                entry.from_kwh.to_string(),
                entry.to_kwh.to_string(),
                text(entry.move_kwh),
                text(entry.go_to_kwh),
            ]);
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
        let mut table = Table::new(&[
            ("at the start of", Align::Left),
            ("stored from", Align::Right),
            ("to kWh", Align::Right),
            (&format!("worth {}", per_kwh(self.frame.currency)), Align::Right),
        ]);
        let mut before = None;
        for entry in &self.value {
            let when = if before == Some(entry.slot) { String::new() } else { clock.range(entry.slot) };
            before = Some(entry.slot);
            table.row([
                when.into(),
                kwh(entry.from_kwh).into(),
                kwh(entry.to_kwh).into(),
                rate(entry.value_minor_per_kwh).into(),
            ]);
        }
        table.render(palette)
    }

    fn csv(&self) -> String {
        let mut csv =
            Csv::new(&["from", "to", "from_kwh", "to_kwh", "cost_to_go_minor", "value_minor_per_kwh"]);
        for entry in &self.value {
            csv.row(&[
                instant_text(entry.slot.from()),
                instant_text(entry.slot.to()),
                entry.from_kwh.to_string(),
                entry.to_kwh.to_string(),
                entry.cost_to_go_minor.to_string(),
                entry.value_minor_per_kwh.to_string(),
            ]);
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

fn action(entry: &PolicyEntry) -> String {
    match (entry.move_kwh, entry.go_to_kwh) {
        (Some(energy), _) if energy.is_zero() => "leave it".to_owned(),
        (Some(energy), _) if energy.is_negative() => format!("draw {} kWh", kwh(-energy)),
        (Some(energy), _) => format!("store {} kWh", kwh(energy)),
        (None, Some(level)) => format!("go to {} kWh", kwh(level)),
        (None, None) => String::new(),
    }
}
