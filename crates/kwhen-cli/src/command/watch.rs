//! `kwhen watch`: an answer that is shown again and again, in its place.

use super::ask;
use crate::end::Result;
use crate::face::{Format, Shared};
use crate::interrupt::Interrupt;
use crate::output::file;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use kwhen::text::visible;
use kwhen_app::answer::Answer;
use kwhen_app::ask::{NowArguments, TodayArguments};
use kwhen_app::context::Context;
use kwhen_app::words::parse_budget;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

/// Show the rate now, or today's rates, again and again in one place, until Ctrl-C
///
/// Each time what it is asked of is read anew, so that rates which were fetched meanwhile are in it. What is shown last stays.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen watch now --store kwhen.db
  kwhen watch today --rates rates.csv --every 5m")]
pub(crate) struct WatchArguments {
    #[command(subcommand)]
    what: Watched,
    /// How long it stands: 30s, 5m
    #[arg(long, global = true, value_parser = parse_budget, default_value = "1m", value_name = "TIME")]
    every: Duration,
    /// Show it so often and end; until Ctrl-C if not said
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    times: Option<u32>,
}

#[derive(Subcommand, Debug)]
enum Watched {
    Now(Box<NowArguments>),
    Today(Box<TodayArguments>),
}

/// A screen of its own without a cursor, and the way back.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";
/// How long Ctrl-C may go unnoticed.
const LOOK: Duration = Duration::from_millis(50);

impl WatchArguments {
    /// `clock` is asked each time what time it is. Gives what is left to print at the end.
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared, clock: fn() -> DateTime<Utc>) -> Result<String> {
        let in_place = shared.format == Format::Text && !shared.plain && std::io::stdout().is_terminal();
        let mut interrupt = Interrupt::default();
        let mut page = self.page(&ctx.at(clock()), shared)?;
        let mut shown = 1;
        if in_place {
            file::print(ENTER)?;
        }
        let ended = loop {
            let drawn = if in_place { drawn(&page, height()) } else { page.clone() };
            if let Err(end) = file::print(&drawn) {
                break Err(end);
            }
            if self.times.is_some_and(|times| shown >= times) || !wait(self.every, &mut interrupt) {
                break Ok(());
            }
            shown = shown.saturating_add(1);
            // What stands in the way now may be gone the next time: a file that is being written, rates that are late.
            page = self
                .page(&ctx.at(clock()), shared)
                .unwrap_or_else(|end| visible(&format!("{end}\n")).into_owned());
        };
        if in_place {
            file::print(LEAVE)?;
        }
        ended.map(|()| if in_place { page } else { String::new() })
    }

    fn page(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        let answer = match &self.what {
            Watched::Now(question) => Answer::Now(Box::new(question.answer(ctx)?)),
            Watched::Today(question) => Answer::Today(Box::new(question.answer(ctx)?)),
        };
        ctx.refuse_unused()?;
        let mut page = ask::show(&answer, ctx, shared)?;
        let notes = ctx.take_notes();
        if shared.format == Format::Text {
            for note in notes {
                let _ = writeln!(page, "note: {note}");
            }
        } else {
            file::note(notes, shared.error_palette());
        }
        Ok(shared.shown(&page).into_owned())
    }
}

/// Waits; `false` where Ctrl-C was pressed meanwhile.
#[expect(clippy::disallowed_methods, reason = "a person looks at what is shown until it is shown anew")]
fn wait(every: Duration, interrupt: &mut Interrupt) -> bool {
    let mut left = every;
    while !left.is_zero() {
        if interrupt.is_pressed() {
            return false;
        }
        let nap = left.min(LOOK);
        std::thread::sleep(nap);
        left -= nap;
    }
    !interrupt.is_pressed()
}

/// Lines of the terminal.
fn height() -> usize {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(24, |(_, height)| usize::from(height.0))
}

/// A page from the first line on, each line wiped behind its end, and all below; as much as the terminal holds.
fn drawn(page: &str, height: usize) -> String {
    let lines: Vec<&str> = page.lines().take(height.saturating_sub(1).max(1)).collect();
    format!("\u{1b}[H{}\u{1b}[K\u{1b}[J", lines.join("\u{1b}[K\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_drawn_over_the_one_before() {
        assert_eq!(
            drawn("one\ntwo\nthree\n", 24),
            "\u{1b}[Hone\u{1b}[K\r\ntwo\u{1b}[K\r\nthree\u{1b}[K\u{1b}[J"
        );
        // No more than the terminal holds, or it would scroll.
        assert_eq!(drawn("one\ntwo\nthree\n", 3), "\u{1b}[Hone\u{1b}[K\r\ntwo\u{1b}[K\u{1b}[J");
    }
}
