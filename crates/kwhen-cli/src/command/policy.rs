//! The tables of a solved battery: what to do, and what energy is worth, at every level.

use crate::arguments::{Format, Shared};
use crate::failure::Result;
use crate::output::csv::Csv;
use crate::output::json;
use crate::output::number::{kwh, rate};
use crate::output::style::Palette;
use crate::output::table::{Align, Table};
use crate::output::when::Clock;
use kwhen::plan::battery::{Action, Dispatch};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money, UnitRate};
use serde::Serialize;

/// What to do in a slot between two levels.
#[derive(Debug, Serialize)]
struct PolicyEntry {
    #[serde(flatten)]
    slot: Span,
    from_kwh: Energy,
    to_kwh: Energy,
    /// Store so much (draw, where negative), whatever the level.
    #[serde(skip_serializing_if = "Option::is_none")]
    move_kwh: Option<Energy>,
    /// Bring the store to this level.
    #[serde(skip_serializing_if = "Option::is_none")]
    go_to_kwh: Option<Energy>,
}

/// What a stored kWh is worth at the start of a slot between two levels.
#[derive(Debug, Serialize)]
struct ValueEntry {
    #[serde(flatten)]
    slot: Span,
    from_kwh: Energy,
    to_kwh: Energy,
    /// The least cost from the start of the slot to the end, at the lower level.
    cost_to_go_minor: Money,
    value_minor_per_kwh: UnitRate,
}

#[derive(Debug, Serialize)]
struct PolicyDocument {
    policy: Vec<PolicyEntry>,
}

#[derive(Debug, Serialize)]
struct ValueDocument {
    value: Vec<ValueEntry>,
}

/// The best action at every level of every slot.
pub(crate) fn policy(dispatch: &Dispatch, calendar: Calendar, shared: &Shared) -> Result<String> {
    let mut entries = Vec::new();
    for slot in dispatch.grid().slots() {
        for row in dispatch.policy(slot.index)? {
            let (move_kwh, go_to_kwh) = match row.action {
                Action::Move(energy) => (Some(energy), None),
                Action::GoTo(level) => (None, Some(level)),
            };
            entries.push(PolicyEntry {
                slot: slot.span,
                from_kwh: row.from,
                to_kwh: row.to,
                move_kwh,
                go_to_kwh,
            });
        }
    }
    let text = |energy: Option<Energy>| energy.map(|energy| energy.to_string()).unwrap_or_default();
    match shared.format {
        Format::Json => json(&PolicyDocument { policy: entries }),
        Format::Csv => {
            let mut csv = Csv::new(&["from", "to", "from_kwh", "to_kwh", "move_kwh", "go_to_kwh"]);
            for entry in &entries {
                csv.row(&[
                    instant_text(entry.slot.from()),
                    instant_text(entry.slot.to()),
                    entry.from_kwh.to_string(),
                    entry.to_kwh.to_string(),
                    text(entry.move_kwh),
                    text(entry.go_to_kwh),
                ]);
            }
            Ok(csv.into_text())
        }
        Format::Text => {
            let clock = Clock(calendar);
            let mut table = Table::new(&[
                ("when", Align::Left),
                ("stored from", Align::Right),
                ("to kWh", Align::Right),
                ("best action", Align::Left),
            ]);
            let mut before = None;
            for entry in &entries {
                let when = if before == Some(entry.slot) { String::new() } else { clock.range(entry.slot) };
                before = Some(entry.slot);
                table.row([
                    when.into(),
                    kwh(entry.from_kwh).into(),
                    kwh(entry.to_kwh).into(),
                    action(entry).into(),
                ]);
            }
            Ok(table.render(Palette::for_stdout(shared.color)))
        }
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

/// What one more stored kWh is worth at every level, at the start of every slot.
pub(crate) fn value(dispatch: &Dispatch, calendar: Calendar, shared: &Shared) -> Result<String> {
    let mut entries = Vec::new();
    for slot in dispatch.grid().slots() {
        entries.extend(dispatch.value_function(slot.index)?.into_iter().map(|piece| ValueEntry {
            slot: slot.span,
            from_kwh: piece.from,
            to_kwh: piece.to,
            cost_to_go_minor: piece.cost_to_go,
            value_minor_per_kwh: piece.value,
        }));
    }
    match shared.format {
        Format::Json => json(&ValueDocument { value: entries }),
        Format::Csv => {
            let mut csv =
                Csv::new(&["from", "to", "from_kwh", "to_kwh", "cost_to_go_minor", "value_minor_per_kwh"]);
            for entry in &entries {
                csv.row(&[
                    instant_text(entry.slot.from()),
                    instant_text(entry.slot.to()),
                    entry.from_kwh.to_string(),
                    entry.to_kwh.to_string(),
                    entry.cost_to_go_minor.to_string(),
                    entry.value_minor_per_kwh.to_string(),
                ]);
            }
            Ok(csv.into_text())
        }
        Format::Text => {
            let clock = Clock(calendar);
            let mut table = Table::new(&[
                ("at the start of", Align::Left),
                ("stored from", Align::Right),
                ("to kWh", Align::Right),
                ("worth p/kWh", Align::Right),
            ]);
            let mut before = None;
            for entry in &entries {
                let when = if before == Some(entry.slot) { String::new() } else { clock.range(entry.slot) };
                before = Some(entry.slot);
                table.row([
                    when.into(),
                    kwh(entry.from_kwh).into(),
                    kwh(entry.to_kwh).into(),
                    rate(entry.value_minor_per_kwh).into(),
                ]);
            }
            Ok(table.render(Palette::for_stdout(shared.color)))
        }
    }
}
