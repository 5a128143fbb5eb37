//! kwhen's answers as pages of text, tables, charts, CSV and HTML. A page is made from an answer alone.
#![forbid(unsafe_code)]

mod ascii;
mod audit;
mod backtest;
mod batch;
mod battery;
mod bill;
mod bought;
mod cards;
mod charge;
mod chart;
mod choice;
mod compare;
pub mod csv;
mod demo;
mod doctor;
mod expected;
mod figure;
mod fit;
mod fleet;
mod forecast;
mod heat;
pub mod html;
mod inspect;
mod markup;
mod now;
pub mod number;
mod on_sale;
mod overview;
mod plot;
mod policy;
mod ranking;
mod rates;
mod reconcile;
mod scenario;
mod self_test;
mod statement;
pub mod style;
pub mod table;
mod tariff;
mod terms;
mod timeline;
pub mod when;
mod windows;
mod working;
mod yesterday;

pub use fit::fit;
use kwhen::time::Calendar;
use kwhen_app::answer::Answer;
use kwhen_app::failure::{Failure, Result};
use style::{Palette, WARNING};

/// An answer that can be shown.
pub trait Page {
    /// For people, with times on the clock of a calendar.
    fn text(&self, calendar: Calendar, palette: Palette) -> String;

    /// Rows with a header.
    fn csv(&self) -> String;

    /// What the rows have no place for.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is to be said before anything else.
    fn first(&self) -> Option<&str> {
        None
    }
}

impl Page for Answer {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let page = match self {
            Self::Exported(exported) => exported.text.clone(),
            other => other.page().map(|page| page.text(calendar, palette)).unwrap_or_default(),
        };
        match self.first() {
            Some(remark) => format!("{}\n\n{page}", palette.paint(WARNING, &format!("{remark}."))),
            None => page,
        }
    }

    fn csv(&self) -> String {
        self.page().map(Page::csv).unwrap_or_default()
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Exported(exported) => exported.notes.clone(),
            other => other.page().map(Page::notes).unwrap_or_default(),
        }
    }

    fn first(&self) -> Option<&str> {
        self.page().and_then(Page::first)
    }
}

/// The page of an answer that has one.
trait Paged {
    fn page(&self) -> Option<&dyn Page>;
}

impl Paged for Answer {
    fn page(&self) -> Option<&dyn Page> {
        Some(match self {
            Self::Bill(answer) => answer.as_ref(),
            Self::Exported(_) => return None,
            Self::Statement(answer) => answer,
            Self::Compared(answer) => answer.as_ref(),
            Self::Reconciled(answer) => answer,
            Self::Audited(answer) => answer.as_ref(),
            Self::Tariffs(answer) => answer,
            Self::Explained(answer) => answer.as_ref(),
            Self::TariffImported(answer) => answer.as_ref(),
            Self::OnSale(answer) => answer.as_ref(),
            Self::Now(answer) => answer.as_ref(),
            Self::Today(answer) => answer.as_ref(),
            Self::Windows(answer) => answer.as_ref(),
            Self::Charge(answer) => answer.as_ref(),
            Self::Batch(answer) => answer.as_ref(),
            Self::Battery(answer) => answer.as_ref(),
            Self::Fleet(answer) => answer.as_ref(),
            Self::Expected(answer) => &**answer,
            Self::Policy(answer) => answer,
            Self::Value(answer) => answer,
            Self::SelfTest(answer) => answer.as_ref(),
            Self::Doctor(answer) => answer,
            Self::Inspected(answer) => answer.as_ref(),
            Self::Backtest(answer) => answer.as_ref(),
            Self::Sweep(answer) => answer,
            Self::Forecasts(answer) => answer,
        })
    }
}

/// JSON for machines, with a line end.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Failure::work(format!("the result cannot be written as JSON: {error}")))
}
