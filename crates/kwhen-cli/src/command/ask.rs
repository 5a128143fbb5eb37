//! The commands that ask a question: they show its answer, and how the search for it goes.

use crate::end::{End, Result};
use crate::face::{Format, Shared, refuse_in_rows};
use crate::interrupt::Interrupt;
use crate::output::file;
use crate::output::progress::Progress;
use kwhen_app::answer::Answer;
use kwhen_app::ask::{Listener, Question};
use kwhen_app::context::Context;
use kwhen_page::{Page as _, fit, html, json};
use std::io::IsTerminal as _;
use std::sync::OnceLock;

/// Asks, and shows the answer.
pub(crate) fn run(question: &Question, ctx: &Context, shared: &Shared) -> Result<String> {
    if shared.format == Format::Csv {
        refuse_in_rows(question.beyond_rows())?;
    }
    let mut told = 0;
    let is_seen = std::io::stderr().is_terminal();
    let mut interrupt = Interrupt::default();
    let mut search = |spent: std::time::Duration,
                      standing: &kwhen::plan::fleet::Standing,
                      currency: kwhen::quantity::Currency| {
        // A line a second on a terminal: a long search is not a silent one.
        if is_seen && spent.as_secs() > told {
            told = spent.as_secs();
            let minor = currency.minor();
            let shown = |money: Option<kwhen::Money>| {
                money.map_or_else(|| "none yet".to_owned(), |money| format!("{money:.2} {minor}"))
            };
            eprintln!(
                "Planning for {told} s: the best plan so far costs {}, no plan costs less than {}",
                shown(standing.cost),
                shown(standing.bound)
            );
        }
        !interrupt.is_pressed()
    };
    let bar = OnceLock::new();
    let plans = |done: usize, total: usize| {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        bar.get_or_init(|| Progress::new(Some("plans"))).show(count(done), count(total), "");
    };
    let answer = question.answer(ctx, &mut Listener { search: &mut search, plans: &plans })?;
    drop(bar);
    // Before the page takes the clock: a clock that the answer had no use for is of no use to its page.
    ctx.refuse_unused()?;
    show(&answer, ctx, shared)
}

/// Shows an answer in the form that is wanted.
pub(crate) fn show(answer: &Answer, ctx: &Context, shared: &Shared) -> Result<String> {
    if matches!(answer, Answer::Exported(_)) && shared.format != Format::Text {
        return Err(End::usage("--format does not go with --export, which has a form of its own"));
    }
    if let Some(path) = &shared.html {
        if matches!(answer, Answer::Exported(_)) {
            return Err(End::usage("--html does not go with --export, which has a form of its own"));
        }
        file::replace(path, html::page(answer, ctx.calendar()?)?.as_bytes())?;
    }
    if let (Answer::Doctor(doctor), Format::Text | Format::Json) = (answer, shared.format)
        && doctor.faults() > 0
    {
        let done = match shared.format {
            Format::Json => json(answer)?,
            _ => page(answer, ctx, shared)?,
        };
        return Err(End::Partly { done, message: format!("{} of these are broken", doctor.faults()) });
    }
    if let Answer::SelfTest(told) = answer
        && told.failed > 0
    {
        let done = match shared.format {
            Format::Json => json(answer)?,
            Format::Csv => answer.csv(),
            Format::Text => page(answer, ctx, shared)?,
        };
        let message = format!("{} of {} golden cases failed", told.failed, told.cases);
        return Err(End::Partly { done, message });
    }
    match (shared.format, answer) {
        (Format::Text, Answer::Exported(_)) => {
            notes(answer, shared);
            Ok(answer.text(ctx.calendar()?, shared.palette()))
        }
        (Format::Text, _) => page(answer, ctx, shared),
        (Format::Json, _) => Ok(json(answer)?),
        (Format::Csv, _) => {
            notes(answer, shared);
            match answer {
                Answer::Charge(plan) => match plan.unmet() {
                    Some(message) => Err(End::Partly { done: answer.csv(), message }),
                    None => Ok(answer.csv()),
                },
                _ => Ok(answer.csv()),
            }
        }
    }
}

/// The answer for people, as wide as there is room.
pub(crate) fn page(answer: &Answer, ctx: &Context, shared: &Shared) -> Result<String> {
    let palette = shared.palette();
    Ok(fit(&answer.text(ctx.calendar()?, palette), palette))
}

/// Says beside rows what they have no place for, on standard error.
fn notes(answer: &Answer, shared: &Shared) {
    file::note(answer.notes(), shared.error_palette());
}
