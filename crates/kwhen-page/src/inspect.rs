//! What a file was taken for.

use super::Page;
use super::chart::bars;
use super::csv::Csv;
use super::figure::Column;
use super::style::{FAINT, Palette, TITLE};
use super::table::{Align, Cell, Table};
use kwhen::Energy;
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::inspect::{Inspected, Month, RatesInFile};

impl Page for Inspected {
    fn text(&self, _: Calendar, palette: Palette) -> String {
        let mut text = lines(self, palette).join("\n") + "\n";
        if !self.months.is_empty() {
            let columns = [
                ("month", Align::Left),
                ("slots", Align::Right),
                ("readings", Align::Right),
                ("kWh", Align::Right),
            ];
            let mut table = Table::new(&columns);
            for Month { label, slots, readings, kwh } in &self.months {
                table.row(
                    [label.clone(), slots.to_string(), readings.to_string(), shown(*kwh)].map(Cell::from),
                );
            }
            text.push('\n');
            text.push_str(&table.render(palette));
        }
        if !self.days.is_empty() {
            text.push('\n');
            text.push_str(&chart(self, palette));
        }
        text
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&["month", "slots", "readings", "kwh"]);
        for Month { label, slots, readings, kwh } in &self.months {
            csv.row(&[label.clone(), slots.to_string(), readings.to_string(), shown(*kwh)]);
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.guesses.iter().chain(&self.notices).cloned().collect()
    }
}

/// Stretches without a rate that a page lists.
const SHOWN_GAPS: usize = 6;

fn shown(kwh: Option<Energy>) -> String {
    kwh.map_or_else(String::new, |kwh| kwh.to_string())
}

fn lines(found: &Inspected, palette: Palette) -> Vec<String> {
    let what = match (found.layout.as_str(), found.title.as_str()) {
        ("columns", _) => "a table known by its columns",
        (layout, "") => layout,
        (_, title) => title,
    };
    let order = match found.runs_forward {
        Some(true) => ", oldest first",
        Some(false) => ", newest first",
        None => "",
    };
    let length = found.slot_minutes.map_or_else(String::new, |minutes| format!(", {minutes} minutes each"));
    let mut lines = vec![
        palette.paint(TITLE, &format!("{}: {} of {what}", found.file, found.holds)),
        format!("layout    {}", found.layout),
        format!("rows      {}, labelled at their {}{order}{length}", found.rows, found.label),
        format!("clock     {}", found.clock),
    ];
    if let Some(span) = found.span {
        lines.push(format!("span      {} to {}", instant_text(span.from()), instant_text(span.to())));
    }
    for series in &found.series {
        let role = series.role.map_or_else(String::new, |role| format!(", {role}"));
        let vat = match series.vat {
            Some("inclusive") => ", VAT in it",
            Some(_) => ", without VAT",
            None => "",
        };
        lines.push(format!("series    {}: {} in {}{role}{vat}", series.name, series.rows, series.unit));
    }
    if found.is_gas {
        lines.push("fuel      gas".to_owned());
    }
    if let Some(RatesInFile { lowest, highest, negative }) = found.rates {
        lines.push(format!("rates     {lowest} to {highest} a kWh, {negative} below zero"));
        lines.extend(found.gaps.iter().take(SHOWN_GAPS).map(|gap| format!("missing   {gap}")));
        if let Some(more) = found.gaps.len().checked_sub(SHOWN_GAPS).filter(|more| *more > 0) {
            lines.push(format!("missing   {more} stretches more"));
        }
    }
    if let Some(kwh) = found.kwh {
        let missing = match found.slots - found.rows {
            0 => "none missing".to_owned(),
            missing => format!("{missing} missing in {} gaps", found.gaps.len()),
        };
        lines.push(format!("readings  {} of {} slots, {missing}; {kwh} kWh", found.rows, found.slots));
    }
    lines
        .extend(found.clock_changes.iter().map(|day| format!("changes   {}: {} slots", day.date, day.slots)));
    lines.extend(found.guesses.iter().map(|guess| format!("guessed   {guess}")));
    lines.extend(found.notices.iter().map(|notice| palette.paint(FAINT, &format!("note      {notice}"))));
    lines
}

/// The days that a chart shows at most.
const DAYS: usize = 62;

/// The energy of each of the last days.
fn chart(found: &Inspected, palette: Palette) -> String {
    let skipped = found.days.len().saturating_sub(DAYS.min(palette.columns()));
    let column = |(label, kwh): &(String, Option<Energy>)| Column {
        value: kwh.map(Energy::units),
        label: label
            .get(5..)
            .filter(|label| palette.is_html() || label.ends_with("-01") || found.days.len() < 10)
            .map(str::to_owned),
        when: label.clone(),
        ..Column::default()
    };
    let columns: Vec<Column> = found.days.iter().skip(skipped).map(column).collect();
    bars(&columns, "kWh", palette)
}
