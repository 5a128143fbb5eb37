//! Flags that say what a file does not: its layout, or single things of it.

use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use clap::{Args, ValueEnum};
use kwhen::layout::{DateOrder, Label, Layout, LayoutClock, Said, TakenFor, layout_named};
use std::path::Path;

/// Whether rows are labelled at their start or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowLabel {
    /// A row's time is when it begins
    Start,
    /// A row's time is when it ends
    End,
}

/// Whether the day or the month comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderOfDates {
    /// 31/01/2026
    DayFirst,
    /// 01/31/2026
    MonthFirst,
}

/// What of a file a column is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOf {
    /// Readings.
    Kwh,
    /// Unit rates.
    Rate,
    /// Standing charges.
    Standing,
    /// Times.
    Time,
}

/// How files are read that do not say all of it themselves.
#[derive(Args, Clone, Debug, Default)]
pub struct LayoutFlags {
    /// A layout for files that have its columns: a TOML file, or the name of one that is built in
    #[arg(long, help_heading = super::FILES, value_name = "LAYOUT")]
    pub layout: Vec<String>,
    /// Which column holds what: kwh=NAME, rate=NAME, standing=NAME or time=NAME
    #[arg(long, help_heading = super::FILES, value_parser = parse_column, value_name = "WHAT=NAME")]
    pub column: Vec<(ColumnOf, String)>,
    /// Whether times in files are the starts or the ends of rows
    #[arg(long, help_heading = super::FILES, value_enum, value_name = "SIDE")]
    pub label: Option<RowLabel>,
    /// The clock of times in files that name no zone: Europe/London, UTC, +10:00
    #[arg(long, help_heading = super::FILES, value_parser = parse_clock, value_name = "CLOCK")]
    pub clock: Option<LayoutClock>,
    /// Whether the day or the month comes first in dates such as 01/02/2026
    #[arg(long, help_heading = super::FILES, value_enum, value_name = "ORDER")]
    pub date_order: Option<OrderOfDates>,
    /// Which of several series of a file; several joined by + are summed
    #[arg(long, help_heading = super::FILES, value_name = "NAME")]
    pub channel: Option<String>,
    /// Which of several meters of a file
    #[arg(long, help_heading = super::FILES, value_name = "ID")]
    pub meter: Option<String>,
}

fn parse_column(text: &str) -> std::result::Result<(ColumnOf, String), String> {
    let malformed =
        || format!("not such as kwh=usage; before the = stands kwh, rate, standing or time: {text:?}");
    let (what, name) = text.split_once('=').ok_or_else(malformed)?;
    let what = match what {
        "kwh" => ColumnOf::Kwh,
        "rate" => ColumnOf::Rate,
        "standing" => ColumnOf::Standing,
        "time" => ColumnOf::Time,
        _ => return Err(malformed()),
    };
    if name.trim().is_empty() { Err(malformed()) } else { Ok((what, name.trim().to_owned())) }
}

fn parse_clock(text: &str) -> std::result::Result<LayoutClock, String> {
    LayoutClock::named(text).map_err(|error| error.to_string())
}

impl LayoutFlags {
    /// What is said of a file of which these columns are wanted.
    pub fn said(&self, of: ColumnOf) -> Result<Said> {
        let column =
            |of: ColumnOf| self.column.iter().find(|(what, _)| *what == of).map(|(_, name)| name.clone());
        Ok(Said {
            layouts: self.layouts()?,
            column: column(of),
            time_column: column(ColumnOf::Time),
            label: self.label.map(|label| match label {
                RowLabel::Start => Label::Start,
                RowLabel::End => Label::End,
            }),
            clock: self.clock,
            date_order: self.date_order.map(|order| match order {
                OrderOfDates::DayFirst => DateOrder::DayFirst,
                OrderOfDates::MonthFirst => DateOrder::MonthFirst,
            }),
            channel: self.channel.clone(),
            meter: self.meter.clone(),
            ..Said::default()
        })
    }

    /// Likewise, of a file of which it is not known what it holds.
    pub fn said_of_all(&self) -> Result<Said> {
        let mut of = self.column.iter().map(|(what, _)| *what).filter(|what| *what != ColumnOf::Time);
        match (of.next(), of.next()) {
            (Some(_), Some(_)) => Err(Failure::usage("--column: one kind of values is read of a file")),
            (what, _) => self.said(what.unwrap_or(ColumnOf::Kwh)),
        }
    }

    /// What of a file of which it is not known what it holds is wanted, where a column is named.
    pub fn wanted(&self) -> Option<ColumnOf> {
        self.column.iter().map(|(what, _)| *what).find(|what| *what != ColumnOf::Time)
    }

    /// Says that the flags were of use to a file of a layout that is not the API's own.
    pub fn used_by(ctx: &Context, file: &TakenFor) {
        if file.line().is_none() {
            return;
        }
        ctx.used(&[Flag::Layout, Flag::Column, Flag::Label, Flag::DateOrder, Flag::Channel, Flag::Meter]);
        // Where times say their zone a clock is of no use.
        if file.settled.as_ref().is_some_and(|layout| layout.clock.is_some()) {
            ctx.used(&[Flag::Clock]);
        }
    }

    fn layouts(&self) -> Result<Vec<Layout>> {
        let read = |name: &String| {
            let path = Path::new(name);
            if !path.is_file() {
                return layout_named(name)
                    .map_err(|error| Failure::usage(format!("--layout: {error}, nor is there such a file")));
            }
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::work(format!("{name}: cannot be read: {error}")))?;
            Layout::from_toml(&text).map_err(|error| Failure::from(error.in_source(name)))
        };
        self.layout.iter().map(read).collect()
    }

    /// Says that the flags were of use to a file, and what it was taken for where that is not its own word.
    pub fn applied(&self, ctx: &Context, name: &str, file: &TakenFor) {
        Self::used_by(ctx, file);
        if let Some(line) = file.line().filter(|_| !file.guesses.is_empty()) {
            ctx.note(format!("{name}: {line}; `kwhen inspect {name}` shows all of it"));
        }
    }
}
