//! The commands that ask a question: they show its answer, and how the search for it goes.

use crate::end::{End, Result};
use crate::face::{Format, Shared, refuse_in_rows};
use crate::interrupt::Interrupt;
use crate::output::file;
use kwhen_app::answer::Answer;
use kwhen_app::ask::{Listener, Question};
use kwhen_app::context::Context;
use kwhen_page::{Page as _, html, json};
use std::io::{IsTerminal as _, Write as _};

/// Asks, and shows the answer.
pub(crate) fn run(question: &Question, ctx: &Context, shared: &Shared) -> Result<String> {
    if shared.format == Format::Csv {
        refuse_in_rows(question.beyond_rows())?;
    }
    let mut told = 0;
    let mut interrupt = Interrupt::default();
    let mut search = |spent: std::time::Duration,
                      standing: &kwhen::plan::fleet::Standing,
                      currency: kwhen::quantity::Currency| {
        // A line a second: a long search is not a silent one.
        if spent.as_secs() > told {
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
    let shown = std::io::stderr().is_terminal();
    let plans = |done, total| {
        if shown {
            show_progress(done, total);
        }
    };
    let answer = question.answer(ctx, &mut Listener { search: &mut search, plans: &plans })?;
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
            _ => answer.text(ctx.calendar()?, shared.palette()),
        };
        return Err(End::Partly { done, message: format!("{} of these are broken", doctor.faults()) });
    }
    match (shared.format, answer) {
        (Format::Text, Answer::Exported(_)) => {
            notes(answer, shared);
            Ok(answer.text(ctx.calendar()?, shared.palette()))
        }
        (Format::Text, _) => Ok(answer.text(ctx.calendar()?, shared.palette())),
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

/// Says beside rows what they have no place for, on standard error.
fn notes(answer: &Answer, shared: &Shared) {
    file::note(answer.notes(), shared.error_palette());
}

/// Draws a bar on the terminal; it is wiped when all is done.
fn show_progress(done: usize, total: usize) {
    const WIDTH: usize = 40;
    let filled = done * WIDTH / total.max(1);
    let mut terminal = std::io::stderr().lock();
    // A terminal that cannot be written to shows no progress; the work goes on.
    let _ = if done == total {
        write!(terminal, "\r{:1$}\r", "", WIDTH + 24)
    } else {
        write!(terminal, "\r{}{} {done} of {total}", "█".repeat(filled), "░".repeat(WIDTH - filled))
    };
    let _ = terminal.flush();
}
