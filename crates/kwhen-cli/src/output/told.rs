//! Sessions, register readings and products of a home as they are listed.

use crate::end::Result;
use crate::face::Format;
use kwhen_fetch::graphql::EnergyProduct;
use kwhen_fetch::store::{MeterRegisters, StoredSessions};
use kwhen_page::csv::Csv;
use kwhen_page::json;
use kwhen_page::style::Palette;
use kwhen_page::table::{Align, Table};
use serde::Serialize;

/// A session that was joined, or is offered.
#[derive(Serialize)]
pub(crate) struct Session {
    account: String,
    start: String,
    end: String,
    /// What kind it is, as the service says it in lower case with dashes.
    kind: String,
    /// Whether the account has joined it, or booked it.
    joined: bool,
    /// Its code, with which it is joined.
    code: Option<String>,
    /// Points for a kWh.
    points_per_kwh: Option<String>,
    /// Points that it brought.
    points: Option<String>,
}

impl Session {
    /// What is kept of an account: those that it has joined, then those that it has not.
    pub(crate) fn of(account: &str, kept: &StoredSessions) -> Vec<Self> {
        let kind =
            |said: &Option<String>| said.as_deref().unwrap_or_default().to_lowercase().replace('_', "-");
        let text = |said: &Option<String>| said.clone().unwrap_or_default();
        let joined = kept.joined.iter().map(|one| {
            let event = kept.offered.iter().find(|event| event.id.is_some() && event.id == one.event_id);
            Self {
                account: account.to_owned(),
                start: text(&one.start_at),
                end: text(&one.end_at),
                kind: kind(&one.event_type),
                joined: true,
                code: event.and_then(|event| event.code.clone()),
                points_per_kwh: event
                    .and_then(|event| event.reward_per_kwh_in_octo_points.as_ref())
                    .map(ToString::to_string),
                points: one.reward_given_in_octo_points.as_ref().map(ToString::to_string),
            }
        });
        let is_joined = |id| kept.joined.iter().any(|one| one.event_id == id);
        let offered = kept.offered.iter().filter(|event| !is_joined(event.id.clone())).map(|event| Self {
            account: account.to_owned(),
            start: text(&event.start_at),
            end: text(&event.end_at),
            kind: kind(&event.event_type),
            joined: false,
            code: event.code.clone(),
            points_per_kwh: event.reward_per_kwh_in_octo_points.as_ref().map(ToString::to_string),
            points: None,
        });
        joined.chain(offered).collect()
    }
}

/// What one register showed.
#[derive(Serialize)]
pub(crate) struct Reading {
    meter_point: String,
    meter: String,
    register: String,
    at: String,
    reading: Option<String>,
    /// Who read it, as the service says it.
    source: Option<String>,
    /// Whether the service holds it back.
    quarantined: bool,
}

impl Reading {
    /// All of a meter.
    pub(crate) fn of(meter_point: &str, meter: &MeterRegisters) -> Vec<Self> {
        let rows = meter.readings.iter().flat_map(|reading| {
            reading.registers.iter().map(move |register| {
                let name = register.name.as_ref().or(register.identifier.as_ref());
                Self {
                    meter_point: meter_point.to_owned(),
                    meter: meter.serial_number.clone(),
                    register: name.map(|name| name.to_lowercase()).unwrap_or_default(),
                    at: reading.read_at.clone().unwrap_or_default(),
                    reading: register.value.as_ref().map(ToString::to_string),
                    source: reading.source.clone(),
                    quarantined: register.is_quarantined == Some(true),
                }
            })
        });
        rows.collect()
    }
}

/// A product that a meter point may have.
#[derive(Serialize)]
pub(crate) struct Product {
    pub(crate) code: String,
    name: Option<String>,
    direction: Option<String>,
    term: Option<String>,
    is_fixed: Option<bool>,
    exit_fees: Option<String>,
    exit_fees_type: Option<String>,
}

impl Product {
    /// As the service tells it.
    pub(crate) fn of(told: &EnergyProduct) -> Self {
        Self {
            code: told.code.clone().unwrap_or_default(),
            name: told.display_name.clone(),
            direction: told.direction.clone(),
            term: told.term.as_ref().map(ToString::to_string),
            is_fixed: told.is_fixed,
            exit_fees: told.exit_fees.as_ref().map(ToString::to_string),
            exit_fees_type: told.exit_fees_type.clone(),
        }
    }
}

/// A row of a list: its cells by their heads.
pub(crate) trait Listed: Serialize {
    /// The heads.
    const HEADS: &'static [&'static str];
    /// The cells.
    fn cells(&self) -> Vec<String>;
    /// Whether it stands in CSV, which other commands read.
    fn is_in_csv(&self) -> bool {
        true
    }
}

fn or_empty(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

impl Listed for Session {
    const HEADS: &'static [&'static str] =
        &["account", "start", "end", "kind", "joined", "code", "points_per_kwh", "points"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.account.clone(),
            self.start.clone(),
            self.end.clone(),
            self.kind.clone(),
            if self.joined { "yes" } else { "no" }.to_owned(),
            or_empty(&self.code),
            or_empty(&self.points_per_kwh),
            or_empty(&self.points),
        ]
    }

    /// What is offered alone is on no bill.
    fn is_in_csv(&self) -> bool {
        self.joined
    }
}

impl Listed for Reading {
    const HEADS: &'static [&'static str] =
        &["meter_point", "meter", "register", "at", "reading", "source", "quarantined"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.meter_point.clone(),
            self.meter.clone(),
            self.register.clone(),
            self.at.clone(),
            or_empty(&self.reading),
            or_empty(&self.source),
            if self.quarantined { "yes" } else { "no" }.to_owned(),
        ]
    }
}

impl Listed for Product {
    const HEADS: &'static [&'static str] =
        &["code", "name", "direction", "term", "fixed", "exit_fees", "exit_fees_type"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.code.clone(),
            or_empty(&self.name),
            or_empty(&self.direction),
            or_empty(&self.term),
            self.is_fixed.map(|fixed| if fixed { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
            or_empty(&self.exit_fees),
            or_empty(&self.exit_fees_type),
        ]
    }
}

/// A list in any format.
pub(crate) fn show<T: Listed>(rows: &[T], format: Format, palette: Palette) -> Result<String> {
    match format {
        Format::Json => Ok(json(&rows)?),
        Format::Csv => {
            let mut csv = Csv::new(T::HEADS);
            for row in rows.iter().filter(|row| row.is_in_csv()) {
                csv.row(&row.cells());
            }
            Ok(csv.into_text())
        }
        Format::Text => {
            let heads: Vec<(&str, Align)> = T::HEADS.iter().map(|head| (*head, Align::Left)).collect();
            let mut table = Table::new(&heads);
            for row in rows {
                table.row(row.cells().into_iter().map(Into::into).collect::<Vec<_>>());
            }
            Ok(table.render(palette))
        }
    }
}
