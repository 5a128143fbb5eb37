//! What could stand in the way of an answer, as a page of text.

use super::Page;
use super::csv::Csv;
use super::style::{CHOSEN, DEAR, FAINT, Palette, TITLE, WARNING};
use kwhen::time::Calendar;
use kwhen_app::answer::doctor::{Doctor, State};

impl Page for Doctor {
    fn text(&self, _: Calendar, palette: Palette) -> String {
        let mut page = format!("{}\n\n", palette.paint(TITLE, "How things stand"));
        for check in &self.checks {
            let (word, style) = match check.state {
                State::Fine => ("fine", CHOSEN),
                State::Absent => ("absent", FAINT),
                State::Warning => ("look", WARNING),
                State::Fault => ("broken", DEAR),
            };
            page.push_str(&format!(
                "{} {}: {}\n",
                palette.paint(style, &format!("{word:<6}")),
                check.what,
                check.found
            ));
            if let Some(advice) = &check.advice {
                page.push_str(&format!("       {}\n", palette.paint(FAINT, &format!("To do: {advice}."))));
            }
        }
        page
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&["what", "state", "found", "advice"]);
        for check in &self.checks {
            let state = match check.state {
                State::Fine => "fine",
                State::Absent => "absent",
                State::Warning => "warning",
                State::Fault => "fault",
            };
            csv.row(&[
                check.what.clone(),
                state.to_owned(),
                check.found.clone(),
                check.advice.clone().unwrap_or_default(),
            ]);
        }
        csv.into_text()
    }
}
