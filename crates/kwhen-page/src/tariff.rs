//! Tariffs and their codes, as pages of text and as rows.

use super::Page;
use super::csv::Csv;
use super::style::{FAINT, Palette, TITLE};
use super::table::{Align, Table};
use super::when::Clock;
use kwhen::UnitRate;
use kwhen::tariff::Imported;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::tariff::{Explained, Shown};

impl Page for Vec<Shown> {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let pages: Vec<String> = self.iter().map(|shown| page(shown, Clock(calendar), palette)).collect();
        pages.join("\n")
    }

    fn csv(&self) -> String {
        rows(self)
    }

    fn notes(&self) -> Vec<String> {
        let devices = self.iter().filter(|shown| shown.device.is_some());
        let note =
            |shown: &Shown| format!("{} has rates for the car by itself, which are no rows", shown.code);
        devices.map(note).collect()
    }
}

impl Page for Explained {
    fn text(&self, _: Calendar, palette: Palette) -> String {
        explanation(self, palette)
    }

    /// A code has no rows.
    fn csv(&self) -> String {
        String::new()
    }
}

impl Page for Imported {
    fn text(&self, _: Calendar, _: Palette) -> String {
        self.toml.clone()
    }

    /// A definition has no rows.
    fn csv(&self) -> String {
        String::new()
    }
}

fn page(shown: &Shown, clock: Clock, palette: Palette) -> String {
    let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let mut page = format!("{}\n", palette.paint(TITLE, &shown.code));
    let about = format!("{} {} · {}", name(&shown.fuel), name(&shown.direction), name(&shown.customer));
    page.push_str(&format!("{}\n\n", palette.paint(FAINT, &about)));
    if let Some(clock) = &shown.clock {
        page.push_str(&format!("Times of day by the clock of {clock}:\n"));
        for band in &shown.bands {
            page.push_str(&format!("  {band}\n"));
        }
        page.push('\n');
    }
    let standing = shown.standing_charge.as_deref().unwrap_or("none known");
    page.push_str(&format!(
        "On {}: VAT {}, standing charge {standing}\n",
        shown.date,
        if shown.vat_percent.is_empty() { "not known".to_owned() } else { shown.vat_percent.join(", then ") }
    ));
    page.push_str(&dispatched(shown));
    for component in &shown.components {
        page.push_str(&format!("Beside it: {component}\n"));
    }
    if !shown.needs.is_empty() {
        let needs: Vec<&str> = shown.needs.iter().map(|need| need.words()).collect();
        page.push_str(&format!("Needs: {}\n", needs.join(" and ")));
    }
    for remark in &shown.unpriced_in_plans {
        page.push_str(&format!("Note: {remark}.\n"));
    }
    let minor = shown.currency.minor();
    let mut table = Table::new(&[
        ("", Align::Left),
        (&format!("{minor}/kWh exc VAT"), Align::Right),
        (&format!("{minor}/kWh inc VAT"), Align::Right),
    ]);
    let or_dash = |rate: Option<UnitRate>| rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string());
    for rate in &shown.rates {
        table.row([
            clock.range(rate.span).into(),
            or_dash(rate.value_exc_vat).into(),
            or_dash(rate.value_inc_vat).into(),
        ]);
    }
    page.push_str(&table.render(palette));
    if let Some(device) = &shown.device {
        let mut table = Table::new(&[
            ("The car by itself", Align::Left),
            (&format!("{minor}/kWh exc VAT"), Align::Right),
            (&format!("{minor}/kWh inc VAT"), Align::Right),
        ]);
        let groups = [("within its hours", &device.off_peak_rates), ("beyond them", &device.peak_rates)];
        for (when, rate) in groups.iter().flat_map(|(when, rates)| rates.iter().map(move |rate| (when, rate)))
        {
            table.row([
                format!("{when}, {}", clock.range(rate.span)).into(),
                or_dash(rate.value_exc_vat).into(),
                or_dash(rate.value_inc_vat).into(),
            ]);
        }
        page.push_str(&format!("\n{}", table.render(palette)));
    }
    page
}

/// What a half-hour costs in which the supplier charges a car.
fn dispatched(shown: &Shown) -> String {
    let hours = shown.dispatch_hours.map(|hours| format!("{hours} hours of it from one midday to the next"));
    match (&shown.dispatch_rate, hours) {
        (None, None) => String::new(),
        (Some(rate), None) => format!("While the supplier charges the car: {rate}\n"),
        (Some(rate), Some(hours)) => format!("While the supplier charges the car: {rate}, for {hours}\n"),
        (None, Some(hours)) => {
            format!("While the supplier charges the car: the lower of the day's two rates, for {hours}\n")
        }
    }
}

fn rows(shown: &[Shown]) -> String {
    let mut csv = Csv::new(&["code", "from", "to", "value_exc_vat", "value_inc_vat"]);
    let or_empty = |rate: Option<UnitRate>| rate.map(|rate| rate.to_string()).unwrap_or_default();
    for tariff in shown {
        for rate in &tariff.rates {
            csv.row(&[
                tariff.code.clone(),
                instant_text(rate.span.from()),
                instant_text(rate.span.to()),
                or_empty(rate.value_exc_vat),
                or_empty(rate.value_inc_vat),
            ]);
        }
    }
    csv.into_text()
}

fn explanation(explained: &Explained, palette: Palette) -> String {
    let mut page = format!("{}\n", palette.paint(TITLE, &explained.code));
    let fuel = explained
        .fuel
        .map_or_else(|| "not said by the code".to_owned(), |fuel| format!("{fuel:?}").to_lowercase());
    page.push_str(&format!("Fuel       {fuel}\n"));
    if let Some(registers) = &explained.registers {
        page.push_str(&format!("Registers  {}\n", registers.to_lowercase()));
    }
    page.push_str(&format!("Product    {}\n", explained.product));
    page.push_str(&format!(
        "Region     {} {} (MPAN begins {})\n",
        explained.region, explained.region_name, explained.distributor_id
    ));
    let Some(agile) = &explained.agile else { return page };
    page.push_str("Formula    of the half-hourly day-ahead price; see docs/billing-rules.md\n");
    if let Some(cap) = agile.cap_exc_vat {
        page.push_str(&format!("Cap        {cap} p/kWh exc VAT\n"));
    }
    if let Some(rate) = agile.unit_rate_exc_vat {
        let mut notes = Vec::new();
        notes.extend(agile.peak.filter(|peak| *peak).map(|_| "peak".to_owned()));
        notes.extend(agile.limited.filter(|limited| *limited).map(|_| "at its limit".to_owned()));
        notes.extend(agile.sureness.map(|sureness| format!("{sureness:?}").to_lowercase()));
        page.push_str(&format!("Unit rate  {rate} p/kWh exc VAT ({})\n", notes.join(", ")));
    }
    if agile.wholesale_from.is_some() || agile.wholesale_to.is_some() {
        let end =
            |end: Option<UnitRate>, open: &str| end.map_or_else(|| open.to_owned(), |rate| rate.to_string());
        let (from, to) = (end(agile.wholesale_from, "anything"), end(agile.wholesale_to, "anything"));
        page.push_str(&format!("Wholesale  {from} to {to} p/kWh\n"));
    }
    page
}
