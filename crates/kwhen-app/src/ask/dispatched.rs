//! What the supplier has planned to do with a car of the home.

use super::member::DeviceShape;
use crate::answer::home::DispatchesAhead;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::store;
use chrono::{DateTime, Utc};
use kwhen::time::{Span, instant_text};

/// What the supplier has planned to do with the car that is named, if one is. What cannot be read, or is too old to go by, is among the problems.
///
/// # Errors
/// There is no store, or no battery or car of that name.
pub(super) fn ahead(
    ctx: &Context,
    name: Option<&str>,
    shapes: impl FnOnce() -> Result<Vec<DeviceShape>>,
    problems: &mut Vec<String>,
) -> Result<Option<DispatchesAhead>> {
    let Some(name) = name else { return Ok(None) };
    if ctx.store().is_none() {
        return Err(Failure::usage("--dispatched goes with --store, whose account has the dispatches"));
    }
    let mut say = |problem: String| {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    let found = shapes().and_then(|shapes| {
        let names = || shapes.iter().map(|shape| shape.name.as_str());
        if !names().any(|other| other == name) {
            let near = kwhen::names::nearest(name, names());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Failure::usage(format!("--dispatched: there is no battery or car {name}{near}")));
        }
        told(ctx, name)
    });
    match found {
        Ok(found) => {
            if let Some(told) = found.as_ref().filter(|told| told.is_old) {
                let at = instant_text(told.told_at);
                say(format!("planned dispatches were told at {at}, too long ago to go by"));
            }
            Ok(found)
        }
        Err(Failure::Usage(message)) => Err(Failure::Usage(message)),
        Err(failure) => {
            say(failure.to_string());
            Ok(None)
        }
    }
}

/// How long what was told of planned dispatches holds: the supplier plans them anew all the time.
const HOLDS_FOR: chrono::TimeDelta = chrono::TimeDelta::hours(2);

/// The planned dispatches of the stored accounts that are not over; none where they were told too long ago to go by. `None` where it was
/// never asked for any.
fn told(ctx: &Context, device: &str) -> Result<Option<DispatchesAhead>> {
    let (store, now) = (store::existing(ctx)?, ctx.now());
    let (mut planned, mut told_at) = (Vec::new(), None::<DateTime<Utc>>);
    for account in store.planned_accounts()? {
        let Some((list, at)) = store.planned_dispatches(&account)? else { continue };
        told_at = Some(told_at.map_or(at, |other| other.min(at)));
        for one in list {
            planned.push(Span::new(one.from, one.to)?);
        }
    }
    let Some(told_at) = told_at else {
        if store.accounts()?.is_empty() {
            let text = "--dispatched: the store holds no account whose car the supplier charges: kwhen fetch account";
            return Err(Failure::work(text));
        }
        return Ok(None);
    };
    let is_old = now - told_at > HOLDS_FOR;
    planned.retain(|span| span.to() > now && !is_old);
    planned.sort();
    // Two accounts may tell of the same car.
    let mut apart: Vec<Span> = Vec::with_capacity(planned.len());
    for span in planned {
        match apart.last_mut() {
            Some(last) if span.from() <= last.to() => {
                *last = Span::new(last.from(), last.to().max(span.to()))?
            }
            _ => apart.push(span),
        }
    }
    Ok(Some(DispatchesAhead { device: device.to_owned(), planned: apart, told_at, is_old }))
}
