//! Cheapest times and plans as a calendar (iCalendar, RFC 5545), for those who subscribe to it.

use chrono::{DateTime, Utc};
use kwhen::time::duration_text;
use kwhen_app::answer::home::Runs;
use kwhen_app::answer::published::Said;

/// Octets of a line, without its end.
const LONGEST: usize = 75;

/// The calendar.
pub(crate) fn text(said: &Said) -> String {
    let mut calendar = Calendar { text: String::new(), stamp: said.rates.ground.at.0 };
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//kwhen//kwhen//EN", "CALSCALE:GREGORIAN"] {
        calendar.line(line);
    }
    calendar.line("NAME:kwhen");
    calendar.line("X-WR-CALNAME:kwhen");
    calendar.line("REFRESH-INTERVAL;VALUE=DURATION:PT30M");
    let unit = said.cost.currency.as_str();
    for (word, window) in &said.windows.windows {
        let (Some(window), Some(minutes)) = (window, word.trim_start_matches('m').parse().ok()) else {
            continue;
        };
        let summary = format!("Cheapest {}", duration_text(minutes));
        let description = format!("{} {unit}/kWh on average", window.rate);
        calendar.event(&format!("window-{minutes}"), (window.from.0, window.to.0), &summary, &description);
    }
    for named in &said.devices {
        for block in &named.device.blocks {
            let doing = match block.doing {
                Runs::Charging => "charges",
                Runs::Discharging => "discharges",
                Runs::Running => "runs",
            };
            let summary = format!("{} {doing} at {} kW", named.name, block.kw);
            let description = format!("{} kWh", block.kwh);
            let span = (block.span.from(), block.span.to());
            calendar.event(&format!("device-{}", named.id), span, &summary, &description);
        }
    }
    calendar.line("END:VCALENDAR");
    calendar.text
}

struct Calendar {
    text: String,
    stamp: DateTime<Utc>,
}

impl Calendar {
    fn event(&mut self, what: &str, span: (DateTime<Utc>, DateTime<Utc>), summary: &str, description: &str) {
        let at = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ").to_string();
        let stamp = at(self.stamp);
        self.line("BEGIN:VEVENT");
        // The same block of the same device is the same event, however often the calendar is read.
        self.line(&format!("UID:{what}-{}@kwhen", at(span.0)));
        self.line(&format!("DTSTAMP:{stamp}"));
        self.line(&format!("DTSTART:{}", at(span.0)));
        self.line(&format!("DTEND:{}", at(span.1)));
        self.line(&format!("SUMMARY:{}", escaped(summary)));
        self.line(&format!("DESCRIPTION:{}", escaped(description)));
        self.line("TRANSP:TRANSPARENT");
        self.line("END:VEVENT");
    }

    /// A line, folded where it is longer than 75 octets, never within a character.
    fn line(&mut self, line: &str) {
        let mut octets = 0;
        for letter in line.chars() {
            if octets + letter.len_utf8() > LONGEST {
                self.text.push_str("\r\n ");
                octets = 1;
            }
            self.text.push(letter);
            octets += letter.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

/// A text as a value; control characters are none of it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_texts_escaped() {
        assert_eq!(escaped("a, b; c\\d\ne\rf"), "a\\, b\\; c\\\\d\\nef");
        let mut calendar = Calendar { text: String::new(), stamp: DateTime::default() };
        calendar.line(&format!("SUMMARY:{}", "é".repeat(70)));
        let lines: Vec<&str> = calendar.text.split("\r\n").collect();
        assert!(lines.iter().all(|line| line.len() <= LONGEST), "{lines:?}");
        assert!(lines.iter().skip(1).take(1).all(|line| line.starts_with(' ')));
        let whole = calendar.text.trim_end().replace("\r\n ", "");
        assert_eq!(whole, format!("SUMMARY:{}", "é".repeat(70)));
        // A line of 75 octets is whole.
        let mut calendar = Calendar { text: String::new(), stamp: DateTime::default() };
        calendar.line(&"x".repeat(75));
        assert_eq!(calendar.text, format!("{}\r\n", "x".repeat(75)));
    }
}
