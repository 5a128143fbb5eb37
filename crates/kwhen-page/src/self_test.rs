//! The golden cases of the command itself, as a page of text.

use super::Page;
use super::csv::Csv;
use super::number::plural;
use super::style::{DEAR, FAINT, Palette, TITLE};
use super::table::{Align, Table};
use kwhen::time::Calendar;
use kwhen_app::answer::self_test::SelfTest;

impl Page for SelfTest {
    fn text(&self, _: Calendar, palette: Palette) -> String {
        let mut page = format!("{}\n\n", palette.paint(TITLE, "Golden cases of this command"));
        let mut table = Table::new(&[("", Align::Left), ("cases", Align::Right), ("failed", Align::Right)]);
        for group in &self.groups {
            table.row([
                group.what.as_str().into(),
                group.cases.to_string().into(),
                group.failed.to_string().into(),
            ]);
        }
        table.rule();
        table.row(["Total".into(), self.cases.to_string().into(), self.failed.to_string().into()]);
        page.push_str(&table.render(palette));
        for failed in &self.failures {
            page.push_str(&format!("{} {}: {}\n", palette.paint(DEAR, "failed"), failed.case, failed.found));
        }
        let sentence = match self.failed {
            0 => format!("All {} came out as other programs worked them.", plural(self.cases, "case")),
            failed => format!(
                "{} of {} failed: this command is not to be trusted.",
                failed,
                plural(self.cases, "case")
            ),
        };
        page.push_str(&format!(
            "\n{sentence}\n{}\n",
            palette.paint(FAINT, &format!("Zone tables: {}.", self.tzdb))
        ));
        page
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&["what", "cases", "failed"]);
        for group in &self.groups {
            csv.row(&[group.what.clone(), group.cases.to_string(), group.failed.to_string()]);
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.failures.iter().map(|failed| format!("{}: {}", failed.case, failed.found)).collect()
    }
}
