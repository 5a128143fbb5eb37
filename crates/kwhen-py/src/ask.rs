//! Any question of the command, by its name and the names of its flags.

use crate::arguments::{Seconds, instant, json, span};
use crate::errors::{bad_argument, raise};
use crate::tariff::Tariff;
use kwhen::time::Span;
use kwhen_app::answer::Answer;
use kwhen_app::ask::Listener;
use kwhen_app::context::Context;
use kwhen_app::desk::{Desk, Refused};
use kwhen_app::failure::Failure;
use kwhen_app::source::definition;
use kwhen_app::words::Pricing;
use kwhen_app::words::selling::Selling;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What is asked for over and over is described once.
fn desk(now: i64) -> PyResult<&'static Desk> {
    static DESK: OnceLock<Desk> = OnceLock::new();
    let now = instant(now)?;
    Ok(DESK.get_or_init(|| Desk::of_owner(now)))
}

/// The answer as JSON, and what was noticed beside it. `fields` is an object of JSON, `now` the time of asking.
#[pyfunction]
#[pyo3(signature = (name, fields, now, progress=None))]
pub(crate) fn ask(
    py: Python<'_>,
    name: &str,
    fields: &str,
    now: i64,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    let desk = desk(now)?;
    let at = instant(now)?;
    // Plans are made on threads of their own: what the callback raises there is raised at the end.
    let raised: Mutex<Option<PyErr>> = Mutex::new(None);
    let keep = |error: PyErr| {
        raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    };
    let plans = |done: usize, total: usize| {
        if let Some(progress) = &progress
            && let Err(error) = Python::attach(|py| progress.call1(py, (done, total)).map(drop))
        {
            keep(error);
        }
    };
    let mut search = |_, _: &_, _| match Python::attach(|py| py.check_signals()) {
        Ok(()) => true,
        Err(error) => {
            keep(error);
            false
        }
    };
    let answered = py.detach(|| {
        desk.ask_told(name, fields.as_bytes(), at, &mut Listener { search: &mut search, plans: &plans })
    });
    if let Some(error) = raised.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let (answer, notes) = answered.map_err(|refused| match refused {
        Refused::Work(message) => raise("KwhenError", &message, None, None),
        Refused::Unknown(message) | Refused::NoRequest(message) | Refused::Usage(message) => {
            bad_argument(&message)
        }
    })?;
    match answer {
        // What another program takes is a text of its own.
        Answer::Exported(exported) => {
            Ok((json(&exported.text)?, notes.into_iter().chain(exported.notes).collect()))
        }
        answer => Ok((json(&answer)?, notes)),
    }
}

/// What is to be known of an answer that is none.
fn refused(failure: Failure) -> PyErr {
    match failure {
        Failure::Work(message) => raise("KwhenError", &message, None, None),
        Failure::Usage(message) => bad_argument(&message),
    }
}

/// The tariffs of an argument as the command takes them: a definition, products, a list of what is on sale, unit rates with standing charges, or
/// a code in the store; and what was noticed.
#[pyfunction]
pub(crate) fn read_tariffs(
    argument: &str,
    store: Option<String>,
    during: Option<Seconds>,
    zone: String,
    payment_method: Option<String>,
    now: i64,
) -> PyResult<(Vec<Tariff>, Vec<String>)> {
    let ctx = Context::plain(instant(now)?).with_setting(zone, store.map(PathBuf::from));
    let span = during.map_or_else(|| Ok(Span::always()), span)?;
    let mut pricing = Pricing::default();
    pricing.payment_method = payment_method;
    let calendar = ctx.calendar().map_err(refused)?;
    let read = definition::tariffs(&ctx, argument, &pricing, &Selling::default(), &calendar, span);
    let tariffs = read.map_err(refused)?.into_iter().map(Tariff::without_definition).collect();
    Ok((tariffs, ctx.take_notes()))
}

/// The names of what can be asked, and the schema of each request as JSON.
#[pyfunction]
pub(crate) fn questions(now: i64) -> PyResult<Vec<(String, String)>> {
    let desk = desk(now)?;
    let schema = |name: &str| match desk.schema(name) {
        Some(schema) => Ok((name.to_owned(), json(&schema)?)),
        None => Err(bad_argument(&format!("there is no question {name}"))),
    };
    desk.names_of_questions().map(schema).collect()
}
